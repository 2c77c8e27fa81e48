"""Losses that ask for a margin, between pairs, triplets or classes."""

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
    """The mean of log(1 + e^(-t x)) for labels t, 1 or -1, without overflow."""
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
    """The mean of x where the label t is 1, and of max(0, margin - x) where it is -1: x is a
    distance, small for pairs that are alike."""
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
    """The mean of max(0, margin - t (x1 - x2)): t is 1 where x1 shall be the larger, else -1."""
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
    """The mean of 1 - cos where the label t is 1, and of max(0, cos - margin) where it is -1, for
    the cosine of the angle between x1 and x2, (N, D), and t, (N,); or (D,) and ().

    cos = x1 . x2 / sqrt((|x1|^2 + e)(|x2|^2 + e)) with e = 1e-12 is smooth at 0 too.
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
    """The mean of max(0, margin + d(a, p) - d(a, n)): an anchor shall be nearer to what is like it
    than to what is not, by a margin  (Balntas et al., 2016).

    d is the p-norm of the difference + eps, over the last dimension of (..., D).  A dimension of 1
    before it repeats: one anchor for all.  With `swap`, the negative is compared with the nearer of
    anchor and positive.
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
    """`triplet_margin_loss` for any distance: a function of two tensors."""
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
    """The mean of sum_{c != t_i} w[t_i] max(0, margin - x[i, t_i] + x[i, c])^p / C for scores x,
    (N, C), and classes t, (N,); or (C,) and ().  The hinge of support vector machines  (Crammer and
    Singer, 2001)."""
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
    """The mean of sum_{t, c} max(0, 1 - x[i, t] + x[i, c]) / C over the classes t that example i
    has, and those c that it has not, for scores x, (N, C) or (C,).

    The target, of the same shape, lists the classes of an example; the first -1 ends the list.
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
    """`binary_cross_entropy_with_logits` of each class, meaned over the classes, which are the last
    dimension; they may have weights, (C,)."""
    reduction = reduction_of(size_average, reduce, reduction)
    name = "multilabel_soft_margin_loss"
    check_pair(name, input, target)
    check_between_0_and_1(name, "target", target)
    losses = weighted(f"{name}: weight", ops.bce_with_logits(input, target), weight)
    return reduced(name, ops.mean(losses, axis=-1), reduction)


# ---------------------------------------------------------------- layers


class SoftMarginLoss(Loss):
    """The mean of log(1 + e^(-t x)) for labels t, 1 or -1."""

    def __init__(
        self, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean"
    ) -> None:
        super().__init__(size_average, reduce, reduction)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return soft_margin_loss(input, target, reduction=self.reduction)


class HingeEmbeddingLoss(Loss):
    """The mean of x where the label t is 1, and of max(0, margin - x) where it is -1."""

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
    """The mean of max(0, margin - t (x1 - x2)): t is 1 where x1 shall be the larger, else -1."""

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
    """The mean of 1 - cos where the label t is 1, and of max(0, cos - margin) where it is -1, for
    the cosine of the angle between x1 and x2."""

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
    """The mean of max(0, margin + d(a, p) - d(a, n)), for an anchor a, what is like it and what is
    not: see `triplet_margin_loss`  (Balntas et al., 2016)."""

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
    """`TripletMarginLoss` for any distance, a function of two tensors or a module."""

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
    """The mean of sum_c w[t_i] max(0, margin - x[i, t_i] + x[i, c])^p / C over the classes c that
    are not t_i: see `multi_margin_loss`."""

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
    """The mean of sum_{t, c} max(0, 1 - x[i, t] + x[i, c]) / C over the classes t that example i
    has, and those c that it has not: see `multilabel_margin_loss`."""

    def __init__(
        self, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean"
    ) -> None:
        super().__init__(size_average, reduce, reduction)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return multilabel_margin_loss(input, target, reduction=self.reduction)


class MultiLabelSoftMarginLoss(WeightedLoss):
    """`BCEWithLogitsLoss` meaned over the classes of each example: see
    `multilabel_soft_margin_loss`."""

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return multilabel_soft_margin_loss(input, target, self.weight, reduction=self.reduction)
