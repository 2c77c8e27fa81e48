"""Losses with a margin: of pairs, of triplets and of classes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tinygrad_edu import Tensor, clamp_min, gather, ops, where

from ..distance import PairwiseDistance, pairwise_distance
from .reduction import (
    Loss,
    WeightedLoss,
    check_all,
    check_between_0_and_1,
    check_class_weight,
    check_classes,
    check_pair,
    check_range,
    check_tensors,
    reduced,
    reduction_of,
    refuse_empty,
    rows,
    weighted,
)

# ---------------------------------------------------------------- losses of labels 1 and -1


def soft_margin_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Logistic loss of labels 1 and -1: l = log(1 + e^(-t x)).

    It is computed without overflow for any x.

    Parameters
    ----------
    input : Tensor, any shape
        The scores x.
    target : Tensor, of the input's shape
        The labels t, 1 or -1.
    size_average, reduce : bool, optional
        Deprecated in favour of `reduction`, which they override, with a warning: `reduce=False` is
        "none", else `size_average=False` is "sum", and True "mean".
    reduction : {"mean", "sum", "none"}, default "mean"
        "none" returns the loss of each element, "sum" their sum, and "mean" their sum divided by
        the number of elements.

    Returns
    -------
    Tensor, of the input's shape for `reduction="none"`, else of shape ()

    Raises
    ------
    ValueError
        If the shapes differ (they are not broadcast), the input is empty, or a label is neither 1
        nor -1 (from labels 0 and 1, compute 2 t - 1).
    TypeError
        If an argument is not a tensor.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> F.soft_margin_loss(tg.tensor([0.0, 2.0]), tg.tensor([1.0, -1.0]), reduction="none")
    tensor([0.6931, 2.1269])
    """
    reduction = reduction_of(size_average, reduce, reduction)
    check_pair("soft_margin_loss", input, target)
    _check_labels("soft_margin_loss", target)
    return reduced("soft_margin_loss", -ops.logsigmoid(target * input), reduction)


def hinge_embedding_loss(
    input: Tensor,
    target: Tensor,
    margin: float = 1.0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Hinge loss of distances x: l = x where t = 1, and max(0, margin - x) where t = -1.

    The distance of a similar pair, labelled 1, shall be small; that of a dissimilar pair, labelled
    -1, shall be at least `margin`.  At x = margin the derivative is -1, as in PyTorch.

    Parameters
    ----------
    input : Tensor, any shape
        The distances x.
    target : Tensor, of the input's shape
        The labels t, 1 or -1.
    margin : float, default 1.0
        The distance that dissimilar pairs shall have.
    size_average, reduce : bool, optional
        Deprecated in favour of `reduction`, which they override, with a warning: `reduce=False` is
        "none", else `size_average=False` is "sum", and True "mean".
    reduction : {"mean", "sum", "none"}, default "mean"
        "none" returns the loss of each element, "sum" their sum, and "mean" their sum divided by
        the number of elements.

    Returns
    -------
    Tensor, of the input's shape for `reduction="none"`, else of shape ()

    Raises
    ------
    ValueError
        If the shapes differ (they are not broadcast), the input is empty, or a label is neither 1
        nor -1 (from labels 0 and 1, compute 2 t - 1).
    TypeError
        If an argument is not a tensor.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> x, t = tg.tensor([0.3, 0.3, 2.0]), tg.tensor([1.0, -1.0, -1.0])
    >>> F.hinge_embedding_loss(x, t, reduction="none")
    tensor([0.3000, 0.7000, 0.0000])
    """
    reduction = reduction_of(size_average, reduce, reduction)
    check_pair("hinge_embedding_loss", input, target)
    _check_labels("hinge_embedding_loss", target)
    losses = where(target == 1, input, clamp_min(margin - input, 0))
    return reduced("hinge_embedding_loss", losses, reduction)


def margin_ranking_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0.0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Ranking loss of two scores: l = max(0, margin - t (x1 - x2)).

    The label t is 1 where x1 shall be the larger, and -1 where x2 shall be.  At the kink the
    derivative is that of the slope, -t with respect to x1, as in PyTorch.

    Parameters
    ----------
    input1, input2 : Tensor, any shape
        The scores x1 and x2, of one shape.
    target : Tensor, of the same shape
        The labels t, 1 or -1.
    margin : float, default 0.0
        The difference from which on the loss is 0.
    size_average, reduce : bool, optional
        Deprecated in favour of `reduction`, which they override, with a warning: `reduce=False` is
        "none", else `size_average=False` is "sum", and True "mean".
    reduction : {"mean", "sum", "none"}, default "mean"
        "none" returns the loss of each element, "sum" their sum, and "mean" their sum divided by
        the number of elements.

    Returns
    -------
    Tensor, of the input's shape for `reduction="none"`, else of shape ()

    Raises
    ------
    ValueError
        If the shapes differ (they are not broadcast), the input is empty, or a label is neither 1
        nor -1 (from labels 0 and 1, compute 2 t - 1).
    TypeError
        If an argument is not a tensor.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> x1, x2 = tg.tensor([1.0, 3.0]), tg.tensor([2.0, 1.0])
    >>> F.margin_ranking_loss(x1, x2, tg.tensor([1.0, 1.0]), margin=0.5, reduction="none")
    tensor([1.5000, 0.0000])
    """
    reduction = reduction_of(size_average, reduce, reduction)
    name = "margin_ranking_loss"
    check_pair(name, input1, input2, "input1 and input2")
    check_pair(name, input1, target, "input1 and target")
    _check_labels(name, target)
    return reduced(name, clamp_min(margin - target * (input1 - input2), 0), reduction)


def cosine_embedding_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0.0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Cosine embedding loss: l = 1 - cos where t = 1, else max(0, cos - margin).

    The cosine of the angle between x1 and x2 is cos = x1 . x2 / sqrt((|x1|^2 + e) (|x2|^2 + e))
    with e = 1e-12, which keeps value and derivative finite for vectors of zeros.

    Parameters
    ----------
    input1, input2 : Tensor, shape (N, D) or (D,)
        The vectors x1 and x2, of one shape.
    target : Tensor, shape (N,) or ()
        The labels t, 1 for similar vectors and -1 for dissimilar ones.
    margin : float, default 0.0
        The cosine up to which dissimilar vectors have no loss, between -1 and 1.
    size_average, reduce : bool, optional
        Deprecated in favour of `reduction`, which they override, with a warning: `reduce=False` is
        "none", else `size_average=False` is "sum", and True "mean".
    reduction : {"mean", "sum", "none"}, default "mean"
        "none" returns the loss of each example, "sum" their sum, and "mean" their sum divided by N.

    Returns
    -------
    Tensor, shape (N,) or () for `reduction="none"`, else ()

    Raises
    ------
    ValueError
        If the shapes differ (they are not broadcast), the input is empty, or a label is neither 1
        nor -1 (from labels 0 and 1, compute 2 t - 1).
    TypeError
        If an argument is not a tensor.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> x1, x2 = tg.tensor([[1.0, 0.0], [1.0, 0.0]]), tg.tensor([[1.0, 1.0], [1.0, 1.0]])
    >>> F.cosine_embedding_loss(x1, x2, tg.tensor([1.0, -1.0]), reduction="none")
    tensor([0.2929, 0.7071])
    """
    reduction = reduction_of(size_average, reduce, reduction)
    name = "cosine_embedding_loss"
    check_pair(name, input1, input2, "input1 and input2")
    check_tensors(name, input1, target)
    if input1.ndim not in (1, 2) or target.shape != input1.shape[:-1]:
        raise ValueError(
            f"{name}: the inputs are (N, D) and the target (N,), or (D,) and (), not "
            f"{tuple(input1.shape)} and {tuple(target.shape)}"
        )
    _check_labels(name, target)
    dot, square1, square2 = [
        ops.sum(a * b, axis=-1) for a, b in ((input1, input2), (input1, input1), (input2, input2))
    ]
    cosine = dot / ops.sqrt((square1 + 1e-12) * (square2 + 1e-12))
    losses = where(target == 1, 1 - cosine, clamp_min(cosine - margin, 0))
    return reduced(name, losses, reduction)


def _check_labels(name: str, target: Tensor) -> None:
    right = np.absolute(target.array) == 1
    check_all(name, "the target", target, right, "it is 1 or -1: from 0 and 1, make 2 * target - 1")


# ---------------------------------------------------------------- losses of three


def triplet_margin_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float = 1.0,
    p: float = 2.0,
    eps: float = 1e-6,
    swap: bool = False,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Triplet loss: l = max(0, margin + d(a, p) - d(a, n)).

    An anchor a shall be nearer to a similar vector p than to a dissimilar vector n, by a margin.
    The distance d(x, y) is the p-norm of x - y + eps along the last dimension.

    Parameters
    ----------
    anchor, positive, negative : Tensor, shape (..., D)
        The vectors a, p and n.  All three have the same number of dimensions; a dimension of size 1
        before the last is broadcast, as one anchor for all.
    margin : float, default 1.0
        By how much the positive shall be nearer than the negative, greater than 0.
    p : float, default 2.0
        The order of the norm.
    eps : float, default 1e-6
        Added to each difference before the norm is taken.
    swap : bool, default False
        Whether the negative is compared with the nearer of anchor and positive: d(a, n) becomes
        min(d(a, n), d(p, n)).
    size_average, reduce : bool, optional
        Deprecated in favour of `reduction`, which they override, with a warning: `reduce=False` is
        "none", else `size_average=False` is "sum", and True "mean".
    reduction : {"mean", "sum", "none"}, default "mean"
        "none" returns the loss of each triplet, "sum" their sum, and "mean" their sum divided by
        the number of triplets.

    Returns
    -------
    Tensor, of the broadcast shape without the last dimension for `reduction="none"`, else ()

    Raises
    ------
    ValueError
        If the three have unequal numbers of dimensions or unequal last dimensions, one is empty, or
        `margin` is not greater than 0.
    TypeError
        If one of the three is not a tensor.

    References
    ----------
    V. Balntas et al., "Learning local feature descriptors with triplets and shallow convolutional
    neural networks", BMVC 2016.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> anchor, positive = tg.tensor([[0.0, 0.0]]), tg.tensor([[3.0, 4.0]])
    >>> F.triplet_margin_loss(anchor, positive, tg.tensor([[0.0, 5.5]]))
    tensor(0.5000)
    """
    reduction = reduction_of(size_average, reduce, reduction)
    name = "triplet_margin_loss"
    _check_triplet(name, anchor, positive, negative)
    if not anchor.shape[-1:] == positive.shape[-1:] == negative.shape[-1:]:
        raise ValueError(
            f"{name}: distances are between vectors of equal length, the last dimension, not "
            f"{tuple(anchor.shape)}, {tuple(positive.shape)} and {tuple(negative.shape)}"
        )

    def distance(x1: Tensor, x2: Tensor) -> Tensor:
        return pairwise_distance(x1, x2, p, eps)

    return _triplet(name, anchor, positive, negative, distance, margin, swap, reduction)


def triplet_margin_with_distance_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    *,
    distance_function: Callable[[Tensor, Tensor], Tensor] | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Tensor:
    """Triplet loss for any distance d: l = max(0, margin + d(a, p) - d(a, n)).

    An anchor a shall be nearer to a similar vector p than to a dissimilar vector n, by a margin.

    Parameters
    ----------
    anchor, positive, negative : Tensor, shape (..., D)
        The vectors a, p and n.  All three have the same number of dimensions; a dimension of size 1
        before the last is broadcast, as one anchor for all.
    distance_function : callable, optional
        A function (or module) d of two tensors that returns their distances; by default the
        distance of `nn.PairwiseDistance()`.
    margin : float, default 1.0
        By how much the positive shall be nearer than the negative, greater than 0.
    swap : bool, default False
        Whether the negative is compared with the nearer of anchor and positive: d(a, n) becomes
        min(d(a, n), d(p, n)).
    reduction : {"mean", "sum", "none"}, default "mean"
        "none" returns the losses in the shape of the distances, "sum" their sum, and "mean" their
        sum divided by their number.

    Returns
    -------
    Tensor, of the shape of the distances for `reduction="none"`, else of shape ()

    Raises
    ------
    ValueError
        If the three have unequal numbers of dimensions, one is empty, or `margin` is not greater
        than 0.
    TypeError
        If one of the three is not a tensor.

    References
    ----------
    V. Balntas et al., "Learning local feature descriptors with triplets and shallow convolutional
    neural networks", BMVC 2016.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> def manhattan(x, y):
    ...     return (x - y).abs().sum(-1)
    >>> a, p, n = tg.tensor([[0.0, 0.0]]), tg.tensor([[1.0, 1.0]]), tg.tensor([[2.0, 0.5]])
    >>> F.triplet_margin_with_distance_loss(a, p, n, distance_function=manhattan)
    tensor(0.5000)
    """
    if distance_function is None:
        return triplet_margin_loss(
            anchor, positive, negative, margin, swap=swap, reduction=reduction
        )
    name = "triplet_margin_with_distance_loss"
    _check_triplet(name, anchor, positive, negative)
    return _triplet(name, anchor, positive, negative, distance_function, margin, swap, reduction)


def _triplet(
    name: str,
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    distance: Callable[[Tensor, Tensor], Tensor],
    margin: float,
    swap: bool,
    reduction: str,
) -> Tensor:
    check_margin(name, margin)
    far = distance(anchor, negative)
    if swap:
        far = ops.minimum(far, distance(positive, negative))
    losses: Tensor = clamp_min(margin + distance(anchor, positive) - far, 0)
    return reduced(name, losses, reduction)


def check_margin(name: str, margin: float) -> None:
    if not margin > 0:
        raise ValueError(f"{name}: margin is by how much nearer, above 0, not {margin}")


def _check_triplet(name: str, anchor: Tensor, positive: Tensor, negative: Tensor) -> None:
    for one in (positive, negative):
        check_tensors(name, anchor, one)
        if one.ndim != anchor.ndim or not anchor.ndim:
            raise ValueError(
                f"{name}: anchor, positive and negative are (..., D), with as many dimensions as "
                f"each other, not {tuple(anchor.shape)}, {tuple(positive.shape)} and "
                f"{tuple(negative.shape)}"
            )
        if not (anchor.array.size and one.array.size):
            refuse_empty(name, one)


# ---------------------------------------------------------------- losses of classes


def multi_margin_loss(
    input: Tensor,
    target: Tensor,
    p: int = 1,
    margin: float = 1.0,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Hinge loss of classes: l_i = w[t_i] sum_{c != t_i} max(0, m - x[i, t_i] + x[i, c])^p / C.

    It is the loss of a multiclass support vector machine.  At the kink the derivative is 0.

    Parameters
    ----------
    input : Tensor, shape (N, C) or (C,)
        The scores x of C classes.
    target : Tensor of integers, shape (N,) or ()
        The classes t, from 0 to C - 1.  For an input (C,), the shape (1,) is taken too.
    p : {1, 2}, default 1
        The power of the hinge.
    margin : float, default 1.0
        The m by which the score of the right class shall exceed the others.
    weight : Tensor, shape (C,), optional
        The weight w of each class; without it, all are 1.
    size_average, reduce : bool, optional
        Deprecated in favour of `reduction`, which they override, with a warning: `reduce=False` is
        "none", else `size_average=False` is "sum", and True "mean".
    reduction : {"mean", "sum", "none"}, default "mean"
        "none" returns the weighted loss of each example, "sum" their sum, and "mean" their sum
        divided by N, also where weights are given.

    Returns
    -------
    Tensor, shape (N,) or () for `reduction="none"`, else ()

    Raises
    ------
    ValueError
        If the shapes of input and target do not fit, the input is empty, or `p` is neither 1 nor 2.
        If the weight is not of shape (C,).
    IndexError
        If a target is not a class, from 0 to C - 1.
    TypeError
        If input or target is not a tensor, or the target does not hold integers.

    References
    ----------
    K. Crammer and Y. Singer, "On the algorithmic implementation of multiclass kernel-based vector
    machines", Journal of Machine Learning Research, 2001.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> x = tg.tensor([[0.1, 0.2, 0.4, 0.8]])
    >>> F.multi_margin_loss(x, tg.tensor([3]))
    tensor(0.3250)
    """
    reduction = reduction_of(size_average, reduce, reduction)
    name = "multi_margin_loss"
    check_power(name, p)
    check_tensors(name, input, target)
    if input.ndim > 2:
        raise ValueError(f"{name}: input is (N, classes) or (classes,), not {tuple(input.shape)}")
    check_classes(name, input, target)
    x, classes = rows(input), target.array.reshape(-1)
    check_class_weight(name, weight, x.shape[1])
    below = ops.relu(margin + ops.nll(x, classes)[:, None] + x)
    others = Tensor(np.arange(x.shape[1]) != classes[:, None])
    losses = ops.mean(where(others, below if p == 1 else ops.square(below), 0), axis=1)
    if weight is not None:
        losses = losses * weight[classes]
    return reduced(name, losses.reshape(target.shape), reduction)


def check_power(name: str, p: int) -> None:
    if p not in (1, 2):
        raise ValueError(f"{name}: p is 1 or 2, not {p}")


def multilabel_margin_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Hinge loss of several classes: l_i = sum_{t, c} max(0, 1 - x[i, t] + x[i, c]) / C.

    The sum is over the classes t that example i has, and the classes c that it has not: each of the
    former shall have a score greater by 1 than each of the latter.  At the kink the derivative is
    0.

    Parameters
    ----------
    input : Tensor, shape (N, C) or (C,)
        The scores x of C classes.
    target : Tensor of integers, of the input's shape
        Each row lists the classes that its example has; the first -1 ends the list.
    size_average, reduce : bool, optional
        Deprecated in favour of `reduction`, which they override, with a warning: `reduce=False` is
        "none", else `size_average=False` is "sum", and True "mean".
    reduction : {"mean", "sum", "none"}, default "mean"
        "none" returns the loss of each example, "sum" their sum, and "mean" their sum divided by N.

    Returns
    -------
    Tensor, shape (N,) or () for `reduction="none"`, else ()

    Raises
    ------
    ValueError
        If the shapes differ or have more than two dimensions, the input is empty, or the target
        does not hold integers.
    IndexError
        If a target is neither -1 nor a class, from 0 to C - 1.
    TypeError
        If input or target is not a tensor.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> x = tg.tensor([[0.1, 0.2, 0.4, 0.8]])
    >>> F.multilabel_margin_loss(x, tg.tensor([[3, 0, -1, 1]]))  # the example has classes 3 and 0
    tensor(0.8500)
    """
    reduction = reduction_of(size_average, reduce, reduction)
    name = "multilabel_margin_loss"
    check_pair(name, input, target)
    if input.ndim not in (1, 2) or target.dtype.kind not in "iu":
        raise ValueError(
            f"{name}: input and target are (N, classes) or (classes,), and the target lists "
            f"classes, whole numbers; not {tuple(input.shape)} and {target.dtype}"
        )
    x = rows(input)
    lists: np.ndarray = target.array.reshape(x.shape)
    check_range(name, lists, lists != -1, x.shape[1], "-1 ends a list of classes")
    listed = np.logical_and.accumulate(lists != -1, axis=1)
    classes = np.where(listed, lists, 0).astype(np.int64)
    had = np.zeros(x.shape, bool)
    example, place = np.nonzero(listed)
    had[example, classes[example, place]] = True
    longest = listed.sum(axis=1).max()  # no list goes on behind it
    compared = Tensor(listed[:, :longest, None] & ~had[:, None, :])
    ours = gather(x, 1, Tensor(classes[:, :longest]))
    below = ops.relu(1 - ours[:, :, None] + x[:, None, :])
    losses = ops.sum(where(compared, below, 0), axis=(1, 2))
    return reduced(name, (losses / x.shape[1]).reshape(input.shape[:-1]), reduction)


def multilabel_soft_margin_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Binary cross-entropy of several classes: l_i = -mean_c w_c (t log p + (1 - t) log(1 - p)).

    Here p = sigmoid(x) for the logit x[i, c], and t = t[i, c] says whether example i has class c.
    It is `binary_cross_entropy_with_logits`, averaged over the classes first.

    Parameters
    ----------
    input : Tensor, shape (..., C)
        The logits x.
    target : Tensor, of the input's shape
        The labels t, between 0 and 1.
    weight : Tensor, shape (C,) or of the input's shape, optional
        The weight w of each class, or of each element.
    size_average, reduce : bool, optional
        Deprecated in favour of `reduction`, which they override, with a warning: `reduce=False` is
        "none", else `size_average=False` is "sum", and True "mean".
    reduction : {"mean", "sum", "none"}, default "mean"
        "none" returns the weighted loss of each example, "sum" their sum, and "mean" their sum
        divided by N, also where weights are given.

    Returns
    -------
    Tensor, shape (...) for `reduction="none"`, else ()

    Raises
    ------
    ValueError
        If the shapes of input and target differ (they are not broadcast), the input is empty, or a
        label is not between 0 and 1.
    TypeError
        If input or target is not a tensor.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> x, t = tg.tensor([[0.0, 2.0], [0.0, 0.0]]), tg.tensor([[1.0, 0.0], [0.0, 1.0]])
    >>> F.multilabel_soft_margin_loss(x, t, reduction="none")
    tensor([1.4100, 0.6931])
    """
    reduction = reduction_of(size_average, reduce, reduction)
    name = "multilabel_soft_margin_loss"
    check_pair(name, input, target)
    check_between_0_and_1(name, "target", target)
    losses = weighted(f"{name}: weight", ops.bce_with_logits(input, target), weight)
    return reduced(name, ops.mean(losses, axis=-1), reduction)


# ---------------------------------------------------------------- layers


class SoftMarginLoss(Loss):
    """Logistic loss of labels 1 and -1: l = log(1 + e^(-t x)).

    The scores x and the labels t have the same shape, which may be any.  The layer has no
    parameters, and its state dict is empty.

    Parameters
    ----------
    size_average, reduce : bool, optional
        Deprecated in favour of `reduction`, which they override, with a warning: `reduce=False` is
        "none", else `size_average=False` is "sum", and True "mean".
    reduction : {"mean", "sum", "none"}, default "mean"
        "none" returns the loss of each element, "sum" their sum, and "mean" their sum divided by
        the number of elements.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.SoftMarginLoss()(tg.tensor([0.0, 2.0]), tg.tensor([1.0, -1.0]))
    tensor(1.4100)
    """

    def __init__(
        self, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean"
    ) -> None:
        super().__init__(size_average, reduce, reduction)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return soft_margin_loss(input, target, reduction=self.reduction)


class HingeEmbeddingLoss(Loss):
    """Hinge loss of distances x: l = x where t = 1, and max(0, margin - x) where t = -1.

    The distances x and the labels t, 1 for similar pairs and -1 for dissimilar ones, have the same
    shape, which may be any.  The layer has no parameters, and its state dict is empty.

    Parameters
    ----------
    margin : float, default 1.0
        The distance that dissimilar pairs shall have.
    size_average, reduce : bool, optional
        Deprecated in favour of `reduction`, which they override, with a warning: `reduce=False` is
        "none", else `size_average=False` is "sum", and True "mean".
    reduction : {"mean", "sum", "none"}, default "mean"
        "none" returns the loss of each element, "sum" their sum, and "mean" their sum divided by
        the number of elements.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> x, t = tg.tensor([0.3, 0.3, 2.0]), tg.tensor([1.0, -1.0, -1.0])
    >>> nn.HingeEmbeddingLoss(reduction="sum")(x, t)
    tensor(1.)
    """

    def __init__(
        self,
        margin: float = 1.0,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.margin = margin

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return hinge_embedding_loss(input, target, self.margin, reduction=self.reduction)


class MarginRankingLoss(Loss):
    """Ranking loss of two scores: l = max(0, margin - t (x1 - x2)).

    The label t is 1 where x1 shall be the larger, and -1 where x2 shall be.  Scores and labels have
    the same shape, which may be any.  The layer has no parameters, and its state dict is empty.

    Parameters
    ----------
    margin : float, default 0.0
        The difference from which on the loss is 0.
    size_average, reduce : bool, optional
        Deprecated in favour of `reduction`, which they override, with a warning: `reduce=False` is
        "none", else `size_average=False` is "sum", and True "mean".
    reduction : {"mean", "sum", "none"}, default "mean"
        "none" returns the loss of each element, "sum" their sum, and "mean" their sum divided by
        the number of elements.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> x1, x2 = tg.tensor([1.0, 3.0]), tg.tensor([2.0, 1.0])
    >>> nn.MarginRankingLoss(margin=0.5)(x1, x2, tg.tensor([1.0, 1.0]))
    tensor(0.7500)
    """

    def __init__(
        self,
        margin: float = 0.0,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.margin = margin

    def forward(self, input1: Tensor, input2: Tensor, target: Tensor) -> Tensor:
        return margin_ranking_loss(input1, input2, target, self.margin, reduction=self.reduction)


class CosineEmbeddingLoss(Loss):
    """Cosine embedding loss: l = 1 - cos where t = 1, else max(0, cos - margin).

    The vectors x1 and x2 have shape (N, D), the labels t shape (N,); or (D,) and ().  The layer has
    no parameters, and its state dict is empty.

    Parameters
    ----------
    margin : float, default 0.0
        The cosine up to which dissimilar vectors have no loss, between -1 and 1.
    size_average, reduce : bool, optional
        Deprecated in favour of `reduction`, which they override, with a warning: `reduce=False` is
        "none", else `size_average=False` is "sum", and True "mean".
    reduction : {"mean", "sum", "none"}, default "mean"
        "none" returns the loss of each example, "sum" their sum, and "mean" their sum divided by N.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> x1, x2 = tg.tensor([[1.0, 0.0], [1.0, 0.0]]), tg.tensor([[1.0, 1.0], [1.0, 1.0]])
    >>> nn.CosineEmbeddingLoss()(x1, x2, tg.tensor([1.0, -1.0]))
    tensor(0.5000)
    """

    def __init__(
        self,
        margin: float = 0.0,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.margin = margin

    def forward(self, input1: Tensor, input2: Tensor, target: Tensor) -> Tensor:
        return cosine_embedding_loss(input1, input2, target, self.margin, reduction=self.reduction)


class TripletMarginLoss(Loss):
    """Triplet loss: l = max(0, margin + d(a, p) - d(a, n)).

    An anchor a shall be nearer to a similar vector p than to a dissimilar vector n, by a margin.
    The layer is called with a, p and n, each of shape (..., D); the distance d(x, y) is the p-norm
    of x - y + eps along the last dimension.  The layer has no parameters, and its state dict is
    empty.

    Parameters
    ----------
    margin : float, default 1.0
        By how much the positive shall be nearer than the negative, greater than 0.
    p : float, default 2.0
        The order of the norm.
    eps : float, default 1e-6
        Added to each difference before the norm is taken.
    swap : bool, default False
        Whether the negative is compared with the nearer of anchor and positive: d(a, n) becomes
        min(d(a, n), d(p, n)).
    size_average, reduce : bool, optional
        Deprecated in favour of `reduction`, which they override, with a warning: `reduce=False` is
        "none", else `size_average=False` is "sum", and True "mean".
    reduction : {"mean", "sum", "none"}, default "mean"
        "none" returns the loss of each triplet, "sum" their sum, and "mean" their sum divided by
        the number of triplets.

    References
    ----------
    V. Balntas et al., "Learning local feature descriptors with triplets and shallow convolutional
    neural networks", BMVC 2016.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> anchor, positive = tg.tensor([[0.0, 0.0]]), tg.tensor([[3.0, 4.0]])
    >>> nn.TripletMarginLoss()(anchor, positive, tg.tensor([[0.0, 5.5]]))
    tensor(0.5000)
    """

    def __init__(
        self,
        margin: float = 1.0,
        p: float = 2.0,
        eps: float = 1e-6,
        swap: bool = False,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        check_margin("TripletMarginLoss", margin)
        self.margin, self.p, self.eps, self.swap = margin, p, eps, swap

    def forward(self, anchor: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        return triplet_margin_loss(
            anchor,
            positive,
            negative,
            self.margin,
            self.p,
            self.eps,
            self.swap,
            reduction=self.reduction,
        )


class TripletMarginWithDistanceLoss(Loss):
    """Triplet loss for any distance d: l = max(0, margin + d(a, p) - d(a, n)).

    An anchor a shall be nearer to a similar vector p than to a dissimilar vector n, by a margin.
    The layer is called with a, p and n.  It has no parameters, unless the distance is a module that
    has some: they stand in the state dict behind `distance_function.`.

    Parameters
    ----------
    distance_function : callable, optional
        A function (or module) d of two tensors that returns their distances; by default the
        distance of `nn.PairwiseDistance()`.
    margin : float, default 1.0
        By how much the positive shall be nearer than the negative, greater than 0.
    swap : bool, default False
        Whether the negative is compared with the nearer of anchor and positive: d(a, n) becomes
        min(d(a, n), d(p, n)).
    reduction : {"mean", "sum", "none"}, default "mean"
        "none" returns the losses in the shape of the distances, "sum" their sum, and "mean" their
        sum divided by their number.

    References
    ----------
    V. Balntas et al., "Learning local feature descriptors with triplets and shallow convolutional
    neural networks", BMVC 2016.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> def manhattan(x, y):
    ...     return (x - y).abs().sum(-1)
    >>> loss = nn.TripletMarginWithDistanceLoss(distance_function=manhattan, margin=2.0)
    >>> loss(tg.zeros(1, 2), tg.ones(1, 2), tg.tensor([[2.0, 0.5]]))
    tensor(1.5000)
    """

    def __init__(
        self,
        *,
        distance_function: Callable[[Tensor, Tensor], Tensor] | None = None,
        margin: float = 1.0,
        swap: bool = False,
        reduction: str = "mean",
    ) -> None:
        super().__init__(reduction=reduction)
        check_margin("TripletMarginWithDistanceLoss", margin)
        self.distance_function = distance_function or PairwiseDistance()
        self.margin, self.swap = margin, swap

    def forward(self, anchor: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        return triplet_margin_with_distance_loss(
            anchor,
            positive,
            negative,
            distance_function=self.distance_function,
            margin=self.margin,
            swap=self.swap,
            reduction=self.reduction,
        )


class MultiMarginLoss(WeightedLoss):
    """Hinge loss of classes: l_i = w[t_i] sum_{c != t_i} max(0, m - x[i, t_i] + x[i, c])^p / C.

    The scores x have shape (N, C), the classes t shape (N,); or (C,) and ().  The layer has no
    parameters; its buffer `weight` is in the state dict if it is given.

    Parameters
    ----------
    p : {1, 2}, default 1
        The power of the hinge.
    margin : float, default 1.0
        The m by which the score of the right class shall exceed the others.
    weight : Tensor, shape (C,), optional
        The weight w of each class; without it, all are 1.
    size_average, reduce : bool, optional
        Deprecated in favour of `reduction`, which they override, with a warning: `reduce=False` is
        "none", else `size_average=False` is "sum", and True "mean".
    reduction : {"mean", "sum", "none"}, default "mean"
        "none" returns the weighted loss of each example, "sum" their sum, and "mean" their sum
        divided by N, also where weights are given.

    References
    ----------
    K. Crammer and Y. Singer, "On the algorithmic implementation of multiclass kernel-based vector
    machines", Journal of Machine Learning Research, 2001.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.MultiMarginLoss()(tg.tensor([[0.1, 0.2, 0.4, 0.8]]), tg.tensor([3]))
    tensor(0.3250)
    """

    def __init__(
        self,
        p: int = 1,
        margin: float = 1.0,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        check_power("MultiMarginLoss", p)
        self.p, self.margin = p, margin

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return multi_margin_loss(
            input, target, self.p, self.margin, self.weight, reduction=self.reduction
        )


class MultiLabelMarginLoss(Loss):
    """Hinge loss of several classes: l_i = sum_{t, c} max(0, 1 - x[i, t] + x[i, c]) / C.

    The sum is over the classes t that example i has, and the classes c that it has not.  The scores
    x have shape (N, C) or (C,).  The target, integers of the same shape, lists in each row the
    classes that the example has; the first -1 ends the list.  The layer has no parameters, and its
    state dict is empty.

    Parameters
    ----------
    size_average, reduce : bool, optional
        Deprecated in favour of `reduction`, which they override, with a warning: `reduce=False` is
        "none", else `size_average=False` is "sum", and True "mean".
    reduction : {"mean", "sum", "none"}, default "mean"
        "none" returns the loss of each example, "sum" their sum, and "mean" their sum divided by N.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> x = tg.tensor([[0.1, 0.2, 0.4, 0.8]])
    >>> nn.MultiLabelMarginLoss()(x, tg.tensor([[3, 0, -1, 1]]))  # the example has classes 3 and 0
    tensor(0.8500)
    """

    def __init__(
        self, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean"
    ) -> None:
        super().__init__(size_average, reduce, reduction)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return multilabel_margin_loss(input, target, reduction=self.reduction)


class MultiLabelSoftMarginLoss(WeightedLoss):
    """Binary cross-entropy of several classes: l_i = -mean_c w_c (t log p + (1 - t) log(1 - p)).

    Here p = sigmoid(x) for the logit x[i, c], and t = t[i, c], between 0 and 1, says whether
    example i has class c.  Input and target have the same shape, (..., C).  The layer has no
    parameters; its buffer `weight` is in the state dict if it is given.

    Parameters
    ----------
    weight : Tensor, shape (C,) or of the input's shape, optional
        The weight w of each class, or of each element.
    size_average, reduce : bool, optional
        Deprecated in favour of `reduction`, which they override, with a warning: `reduce=False` is
        "none", else `size_average=False` is "sum", and True "mean".
    reduction : {"mean", "sum", "none"}, default "mean"
        "none" returns the weighted loss of each example, "sum" their sum, and "mean" their sum
        divided by N, also where weights are given.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> x, t = tg.tensor([[0.0, 2.0], [0.0, 0.0]]), tg.tensor([[1.0, 0.0], [0.0, 1.0]])
    >>> nn.MultiLabelSoftMarginLoss()(x, t)
    tensor(1.0516)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return multilabel_soft_margin_loss(input, target, self.weight, reduction=self.reduction)
