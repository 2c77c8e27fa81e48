"""Losses of classification: cross-entropies of probabilities, log-probabilities and logits."""

from __future__ import annotations

import warnings

import numpy as np

from tinygrad_edu import Tensor, log_softmax, ops, where
from tinygrad_edu.engine.clock import caller_level
from tinygrad_edu.errors import InputError

from .reduction import (
    WeightedLoss,
    check_between_0_and_1,
    check_class_weight,
    check_classes,
    check_pair,
    check_range,
    check_tensors,
    reduced,
    reduction_of,
    refuse_empty,
    refuse_nan,
    rows,
    weighted,
)

# ---------------------------------------------------------------- functions


def binary_cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Binary cross-entropy of probabilities: l = -w (t log p + (1 - t) log(1 - p)).

    The logarithms are clamped to at least -100, as in PyTorch, so that the loss is finite at p = 0
    and p = 1.  For logits, the numbers before a sigmoid, `binary_cross_entropy_with_logits` is more
    accurate.

    Parameters
    ----------
    input : Tensor, any shape
        The probabilities p, between 0 and 1.
    target : Tensor, of the input's shape
        The labels t: probabilities between 0 and 1, often just 0 or 1.
    weight : Tensor, optional
        The weights w.  It broadcasts to the input's shape: one weight for each element, or for each
        position of the last dimensions.
    size_average, reduce : bool, optional
        Deprecated in favour of `reduction`, which they override, with a warning: `reduce=False` is
        "none", else `size_average=False` is "sum", and True "mean".
    reduction : {"mean", "sum", "none"}, default "mean"
        "none" returns the weighted loss of each element, "sum" their sum, and "mean" their sum
        divided by the number of elements, also where weights are given.

    Returns
    -------
    Tensor, of the input's shape for `reduction="none"`, else of shape ()

    Raises
    ------
    ValueError
        If the shapes of input and target differ (they are not broadcast), the input is empty, one
        of the two is not between 0 and 1, or the weight does not broadcast to the input's shape.
    TypeError
        If input or target is not a tensor.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> p, t = tg.tensor([0.5, 0.9]), tg.tensor([1.0, 0.0])
    >>> F.binary_cross_entropy(p, t, reduction="none")
    tensor([0.6931, 2.3026])
    >>> F.binary_cross_entropy(p, t)
    tensor(1.4979)
    """
    reduction = reduction_of(size_average, reduce, reduction)
    check_pair("binary_cross_entropy", input, target)
    check_between_0_and_1("binary_cross_entropy", "input", input)
    check_between_0_and_1("binary_cross_entropy", "target", target)
    losses = weighted(
        "binary_cross_entropy: weight", ops.binary_cross_entropy(input, target), weight
    )
    return reduced("binary_cross_entropy", losses, reduction)


def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:
    """Binary cross-entropy of logits: l = -w (v t log p + (1 - t) log(1 - p)), p = sigmoid(x).

    It is computed from x without overflow: -log p = log(1 + e^-x).  Without weights the derivative
    of l with respect to x is sigmoid(x) - t.

    Parameters
    ----------
    input : Tensor, any shape
        The logits x, any numbers.
    target : Tensor, of the input's shape
        The labels t: probabilities between 0 and 1, often just 0 or 1.
    weight : Tensor, optional
        The weights w.  It broadcasts to the input's shape: one weight for each element, or for each
        position of the last dimensions.
    size_average, reduce : bool, optional
        Deprecated in favour of `reduction`, which they override, with a warning: `reduce=False` is
        "none", else `size_average=False` is "sum", and True "mean".
    reduction : {"mean", "sum", "none"}, default "mean"
        "none" returns the weighted loss of each element, "sum" their sum, and "mean" their sum
        divided by the number of elements, also where weights are given.
    pos_weight : Tensor, optional
        The weights v of the positive labels, which broadcast to the target's shape; often the
        number of negative examples divided by that of positive ones.

    Returns
    -------
    Tensor, of the input's shape for `reduction="none"`, else of shape ()

    Raises
    ------
    ValueError
        If the shapes of input and target differ (they are not broadcast), the input is empty, the
        target is not between 0 and 1, or a weight does not broadcast to the input's shape.
    TypeError
        If input or target is not a tensor.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> x, t = tg.tensor([0.0, 200.0]), tg.tensor([1.0, 0.0])
    >>> F.binary_cross_entropy_with_logits(x, t, reduction="none")
    tensor([  0.6931, 200.0000])
    >>> F.binary_cross_entropy_with_logits(x, t, reduction="none", pos_weight=tg.tensor(3.0))
    tensor([  2.0794, 200.0000])
    """
    reduction = reduction_of(size_average, reduce, reduction)
    name = "binary_cross_entropy_with_logits"
    check_pair(name, input, target)
    check_between_0_and_1(name, "target", target)
    if pos_weight is None:
        losses = ops.bce_with_logits(input, target)
    else:
        positive = weighted(f"{name}: pos_weight", target, pos_weight)
        losses = -(positive * ops.logsigmoid(input) + (1 - target) * ops.logsigmoid(-input))
    return reduced(name, weighted(f"{name}: weight", losses, weight), reduction)


def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Negative log-likelihood of classes t, given log-probabilities x: l_i = -w[t_i] x[i, t_i].

    After `log_softmax` it is `cross_entropy`.

    Parameters
    ----------
    input : Tensor, shape (N, C), (C,) or (N, C, d1, ..., dk)
        The log-probabilities x of C classes, as `log_softmax` returns them.
    target : Tensor of integers, shape (N,), () or (N, d1, ..., dk)
        The classes t, from 0 to C - 1.
    weight : Tensor, shape (C,), optional
        The weight w of each class; without it, all are 1.
    size_average, reduce : bool, optional
        Deprecated in favour of `reduction`, which they override, with a warning: `reduce=False` is
        "none", else `size_average=False` is "sum", and True "mean".
    ignore_index : int, default -100
        Targets equal to it do not contribute: their loss and their weight are 0.
    reduction : {"mean", "sum", "none"}, default "mean"
        "none" returns the weighted loss of each target, and "sum" their sum.  "mean" divides the
        sum by the sum of the weights w[t] of the targets that contribute; without weights, by their
        number.

    Returns
    -------
    Tensor, of the target's shape for `reduction="none"`, else of shape ()

    Raises
    ------
    ValueError
        If the shapes of input and target do not fit, the input is empty, or the weights of the
        targets add up to 0, so that there is no mean.  If the weight is not of shape (C,).
    IndexError
        If a target is not a class, from 0 to C - 1.
    TypeError
        If input or target is not a tensor, or the target does not hold integers.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> x = tg.tensor([[0.5, 0.5], [0.25, 0.75]]).log()
    >>> F.nll_loss(x, tg.tensor([0, 0]), reduction="none")
    tensor([0.6931, 1.3863])
    >>> F.nll_loss(x, tg.tensor([0, -100]))
    tensor(0.6931)
    >>> F.nll_loss(x, tg.tensor([0, 1]), weight=tg.tensor([3.0, 1.0]))
    tensor(0.5918)
    """
    reduction = reduction_of(size_average, reduce, reduction)
    check_tensors("nll_loss", input, target)
    target = check_classes("nll_loss", input, target)
    return _loss_of_classes("nll_loss", rows(input), target, weight, ignore_index, reduction)


def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """Cross-entropy of logits x and classes t: l_i = -w[t_i] log softmax(x_i)[t_i].

    The target may instead hold probabilities q of the classes; then l_i = -sum_c w_c q_ic log
    softmax(x_i)_c.  Label smoothing s replaces q, the one-hot vector for a class, by (1 - s) q + s
    / C.

    Parameters
    ----------
    input : Tensor, shape (N, C), (C,) or (N, C, d1, ..., dk)
        The logits x of C classes, any numbers.
    target : Tensor, shape (N,), () or (N, d1, ..., dk), or the input's shape
        Integers: the classes t, from 0 to C - 1.  Floats of the input's shape: the probabilities q.
    weight : Tensor, shape (C,), optional
        The weight w of each class; without it, all are 1.
    size_average, reduce : bool, optional
        Deprecated in favour of `reduction`, which they override, with a warning: `reduce=False` is
        "none", else `size_average=False` is "sum", and True "mean".
    ignore_index : int, default -100
        Targets equal to it do not contribute: their loss and their weight are 0.  It must be
        negative if the target holds probabilities.
    reduction : {"mean", "sum", "none"}, default "mean"
        "none" returns the weighted loss of each target, and "sum" their sum.  "mean" divides the
        sum by the sum of the weights w[t] of the targets that contribute; without weights, by their
        number; for probabilities always by their number.
    label_smoothing : float, default 0.0
        The share s of the uniform distribution, between 0 and 1.

    Returns
    -------
    Tensor
        For `reduction="none"` of shape (N,), () or (N, d1, ..., dk), else of shape ().

    Raises
    ------
    ValueError
        If the shapes of input and target do not fit, the input is empty, or the weights of the
        targets add up to 0, so that there is no mean.  If the weight is not of shape (C,), or
        `label_smoothing` is not between 0 and 1.
    IndexError
        If a target is not a class, from 0 to C - 1.
    TypeError
        If input or target is not a tensor, or the target holds neither integers nor floats of the
        input's shape.

    References
    ----------
    C. Szegedy et al., "Rethinking the Inception architecture for computer vision", CVPR 2016 (label
    smoothing).

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> logits = tg.tensor([[2.0, 0.0], [0.0, 2.0]])
    >>> F.cross_entropy(logits, tg.tensor([0, 0]), reduction="none")
    tensor([0.1269, 2.1269])
    >>> F.cross_entropy(logits, tg.tensor([0, -100]))
    tensor(0.1269)
    >>> F.cross_entropy(logits, tg.tensor([[1.0, 0.0], [0.5, 0.5]]), reduction="none")
    tensor([0.1269, 1.1269])
    """
    reduction = reduction_of(size_average, reduce, reduction)
    check_tensors("cross_entropy", input, target)
    if target.array.dtype.kind == "f" and target.array.shape == input.array.shape:
        return _loss_of_probabilities(
            input, target, weight, ignore_index, reduction, label_smoothing
        )
    target = check_classes("cross_entropy", input, target)
    default = weight is None and reduction == "mean" and not label_smoothing
    if default and input.array.ndim == 2 and _all_count(target, ignore_index):
        return ops.softmax_cross_entropy(input, target)
    _check_smoothing(label_smoothing)
    logp = log_softmax(rows(input), 1)
    return _loss_of_classes(
        "cross_entropy", logp, target, weight, ignore_index, reduction, label_smoothing
    )


def _all_count(target: Tensor, ignore_index: int) -> bool:
    """Does every example count?  (False, too, where an unknown class is below 0.)"""
    classes = target.array
    least: int = classes.item(classes.argmin())  # in a quarter of the time of classes.min()
    return ignore_index < 0 <= least


def _loss_of_classes(
    name: str,
    logp: Tensor,
    target: Tensor,
    weight: Tensor | None,
    ignore_index: int,
    reduction: str,
    smoothing: float = 0.0,
) -> Tensor:
    simple = weight is None and not smoothing and target.array.ndim == 1
    if simple and _all_count(target, ignore_index):
        return reduced(name, ops.nll(logp, target), reduction)
    count = logp.shape[1]
    check_class_weight(name, weight, count)
    kept = target.array != ignore_index
    check_range(name, target.array, kept, count, "what shall not count holds ignore_index")
    kept = kept.reshape(-1)
    classes = np.where(kept, target.array.reshape(-1), 0).astype(np.int64)
    losses, share = ops.nll(logp, classes), kept.mean().item()
    if weight is not None:
        of_class = weight[classes]
        losses, share = losses * of_class, ops.mean(where(kept, of_class, 0))
    if smoothing:
        of_all = ops.sum(logp if weight is None else logp * weight, axis=1)
        losses = (1 - smoothing) * losses - (smoothing / count) * of_all
    if not kept.all():
        losses = where(kept, losses, 0)
    if reduction != "mean":
        return reduced(name, losses.reshape(target.shape), reduction)
    if share == 0:
        raise ValueError(
            f"{name}: the weights of the {kept.size} targets, of which {kept.size - kept.sum()} "
            f"hold ignore_index={ignore_index}, add up to 0: there is nothing to average"
        )
    mean: Tensor = ops.mean(losses) / share
    return mean


def _loss_of_probabilities(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None,
    ignore_index: int,
    reduction: str,
    smoothing: float,
) -> Tensor:
    shape = input.array.shape
    if not input.array.size:
        refuse_empty("cross_entropy", input)
    if ignore_index >= 0:
        raise InputError(
            f"cross_entropy: ignore_index={ignore_index} is a class, and the target {shape} holds "
            "probabilities; give an example that shall not count probabilities of 0"
        )
    _check_smoothing(smoothing)
    logp, q = log_softmax(rows(input), 1), rows(target)
    check_class_weight("cross_entropy", weight, logp.shape[1])
    if smoothing:
        q = (1 - smoothing) * q + smoothing / logp.shape[1]
    losses = -ops.sum(logp * (q if weight is None else q * weight), axis=1)
    loss = reduced(
        "cross_entropy", losses.reshape(shape[:1] * (len(shape) > 1) + shape[2:]), reduction
    )
    refuse_nan("cross_entropy", loss, target)
    return loss


def _check_smoothing(smoothing: float) -> None:
    if not 0 <= smoothing <= 1:
        raise InputError(f"cross_entropy: label_smoothing is between 0 and 1, not {smoothing}")


# ---------------------------------------------------------------- layers


class BCELoss(WeightedLoss):
    """Binary cross-entropy of probabilities: l = -w (t log p + (1 - t) log(1 - p)).

    Input p and target t have the same shape, which may be any; both are between 0 and 1.  The
    logarithms are clamped to at least -100.  For logits use `BCEWithLogitsLoss`.  The layer has no
    parameters; its buffer `weight` is in the state dict if it is given.

    Parameters
    ----------
    weight : Tensor, optional
        The weights w.  It broadcasts to the input's shape: one weight for each element, or for each
        position of the last dimensions.
    size_average, reduce : bool, optional
        Deprecated in favour of `reduction`, which they override, with a warning: `reduce=False` is
        "none", else `size_average=False` is "sum", and True "mean".
    reduction : {"mean", "sum", "none"}, default "mean"
        "none" returns the weighted loss of each element, "sum" their sum, and "mean" their sum
        divided by the number of elements, also where weights are given.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.BCELoss()(tg.tensor([0.5, 0.9]), tg.tensor([1.0, 0.0]))
    tensor(1.4979)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return binary_cross_entropy(input, target, self.weight, reduction=self.reduction)


class BCEWithLogitsLoss(WeightedLoss):
    """Binary cross-entropy of logits: l = -w (v t log p + (1 - t) log(1 - p)), p = sigmoid(x).

    It is computed from the logits x without overflow.  Input and target have the same shape, which
    may be any; the target t is between 0 and 1.  The layer has no parameters; its buffers `weight`
    and `pos_weight` are in the state dict if they are given.

    Parameters
    ----------
    weight : Tensor, optional
        The weights w.  It broadcasts to the input's shape: one weight for each element, or for each
        position of the last dimensions.
    size_average, reduce : bool, optional
        Deprecated in favour of `reduction`, which they override, with a warning: `reduce=False` is
        "none", else `size_average=False` is "sum", and True "mean".
    reduction : {"mean", "sum", "none"}, default "mean"
        "none" returns the weighted loss of each element, "sum" their sum, and "mean" their sum
        divided by the number of elements, also where weights are given.
    pos_weight : Tensor, optional
        The weights v of the positive labels, which broadcast to the target's shape; often the
        number of negative examples divided by that of positive ones.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> x = tg.tensor([0.0, 200.0], requires_grad=True)
    >>> nn.BCEWithLogitsLoss(reduction="sum")(x, tg.tensor([1.0, 0.0])).backward()
    >>> x.grad
    tensor([-0.5000,  1.0000])
    """

    pos_weight: Tensor | None

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
        pos_weight: Tensor | None = None,
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        self.register_buffer("pos_weight", pos_weight)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return binary_cross_entropy_with_logits(
            input, target, self.weight, reduction=self.reduction, pos_weight=self.pos_weight
        )


class NLLLoss(WeightedLoss):
    """Negative log-likelihood of classes t, given log-probabilities x: l_i = -w[t_i] x[i, t_i].

    The input has shape (N, C), (C,) or (N, C, d1, ..., dk), the target of classes shape (N,), () or
    (N, d1, ..., dk).  The layer has no parameters; its buffer `weight` is in the state dict if it
    is given.

    Parameters
    ----------
    weight : Tensor, shape (C,), optional
        The weight w of each class; without it, all are 1.
    size_average, reduce : bool, optional
        Deprecated in favour of `reduction`, which they override, with a warning: `reduce=False` is
        "none", else `size_average=False` is "sum", and True "mean".
    ignore_index : int, default -100
        Targets equal to it do not contribute: their loss and their weight are 0.
    reduction : {"mean", "sum", "none"}, default "mean"
        "none" returns the weighted loss of each target, and "sum" their sum.  "mean" divides the
        sum by the sum of the weights w[t] of the targets that contribute; without weights, by their
        number.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> model = nn.Sequential(nn.Linear(20, 3), nn.LogSoftmax(dim=1))
    >>> nn.NLLLoss()(model(tg.randn(8, 20)), tg.randint(0, 3, (8,))).shape
    torch.Size([])
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        ignore_index: int = -100,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        self.ignore_index = ignore_index

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return nll_loss(
            input, target, self.weight, ignore_index=self.ignore_index, reduction=self.reduction
        )


class NLLLoss2d(NLLLoss):
    """`NLLLoss` by an old name, with PyTorch's FutureWarning.

    Parameters
    ----------
    weight : Tensor, shape (C,), optional
        The weight of each class; 1 if not given.
    size_average : bool, optional
        Deprecated; see `reduction`.
    ignore_index : int, default -100
        Targets equal to it do not contribute.
    reduce : bool, optional
        Deprecated; see `reduction`.
    reduction : {"mean", "sum", "none"}, default "mean"
        As in `NLLLoss`.

    Examples
    --------
    >>> import nn
    >>> import warnings
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")
    ...     loss = nn.NLLLoss2d(reduction="sum")
    >>> loss
    NLLLoss2d()
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        ignore_index: int = -100,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        why = "`NLLLoss2d` has been deprecated. Please use `NLLLoss` instead."
        warnings.warn(why, FutureWarning, stacklevel=caller_level())
        super().__init__(weight, size_average, ignore_index, reduce, reduction)


class CrossEntropyLoss(WeightedLoss):
    """Cross-entropy of logits x and classes t: l_i = -w[t_i] log softmax(x_i)[t_i].

    The input has shape (N, C), (C,) or (N, C, d1, ..., dk).  The target holds classes, of shape
    (N,), () or (N, d1, ..., dk), or probabilities of the classes, floats of the input's shape.
    Label smoothing s replaces the one-hot vector q of a class, or the probabilities q, by (1 - s) q
    + s / C. The layer has no parameters; its buffer `weight` is in the state dict if it is given.

    Parameters
    ----------
    weight : Tensor, shape (C,), optional
        The weight w of each class; without it, all are 1.
    size_average, reduce : bool, optional
        Deprecated in favour of `reduction`, which they override, with a warning: `reduce=False` is
        "none", else `size_average=False` is "sum", and True "mean".
    ignore_index : int, default -100
        Targets equal to it do not contribute: their loss and their weight are 0.  It must be
        negative if the target holds probabilities.
    reduction : {"mean", "sum", "none"}, default "mean"
        "none" returns the weighted loss of each target, and "sum" their sum.  "mean" divides the
        sum by the sum of the weights w[t] of the targets that contribute; without weights, by their
        number; for probabilities always by their number.
    label_smoothing : float, default 0.0
        The share s of the uniform distribution, between 0 and 1.

    References
    ----------
    C. Szegedy et al., "Rethinking the Inception architecture for computer vision", CVPR 2016 (label
    smoothing).

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> logits = tg.tensor([[2.0, 0.0], [0.0, 2.0]], requires_grad=True)
    >>> loss = nn.CrossEntropyLoss()(logits, tg.tensor([0, 0]))
    >>> loss
    tensor(1.1269, grad_fn=<SoftmaxCrossEntropyBackward0>)
    >>> loss.backward()
    >>> logits.grad
    tensor([[-0.0596,  0.0596],
            [-0.4404,  0.4404]])
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        ignore_index: int = -100,
        reduce: bool | None = None,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        self.ignore_index = ignore_index
        self.label_smoothing = label_smoothing

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return cross_entropy(
            input,
            target,
            self.weight,
            ignore_index=self.ignore_index,
            reduction=self.reduction,
            label_smoothing=self.label_smoothing,
        )
