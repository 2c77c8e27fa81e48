"""Losses of classes: how likely the right ones are."""

from __future__ import annotations

import numpy as np

from tinygrad_edu import Tensor, log_softmax, ops, where

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
    """The mean of -w (t log p + (1 - t) log(1 - p)) for probabilities p; without weights, w = 1.

    From the numbers before the sigmoid, use `binary_cross_entropy_with_logits`: it cannot overflow.
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
    """The mean of -w (v t log p + (1 - t) log(1 - p)), p = sigmoid(x), computed from x without
    overflow; v, `pos_weight`, is often the number of negatives for each positive."""
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
    """The mean of -x[i, t_i] for log-probabilities x, (N, C), and classes t, (N,).

    x may also be (N, C, d1, ...) with t (N, d1, ...), or (C,) with t ().  Each class may have a
    weight, (C,); the mean is the weighted one, sum_i w[t_i] loss_i / sum_i w[t_i].  Targets
    equal to `ignore_index` do not contribute, neither to the sum nor to the count of the mean.
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
    """The mean of -log softmax(x)[i, t_i] for logits x, (N, C), and classes t, (N,).

    Shapes, weights and `ignore_index` are those of `nll_loss`.  A target of the input's shape, of
    floats, holds the probability of each class, q, and the loss is -sum_c w_c q_c log softmax(x)_c,
    whose mean is the plain one.  Label smoothing s takes (1 - s) q + s / C for q, where a class has
    its one-hot vector for q  (Szegedy et al., 2016).

    Raises ValueError for a shape and IndexError for a class that does not fit, TypeError for
    targets that are neither whole numbers nor probabilities.

    >>> import tinygrad_edu as tg
    >>> logits = tg.tensor([[2.0, 0.0], [0.0, 2.0]])
    >>> cross_entropy(logits, tg.tensor([0, -100]))
    tensor(0.1269)
    >>> cross_entropy(logits, tg.tensor([[1.0, 0.0], [0.5, 0.5]]), reduction="none")
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
        raise RuntimeError(
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
        raise RuntimeError(f"cross_entropy: label_smoothing is between 0 and 1, not {smoothing}")


# ---------------------------------------------------------------- layers


class BCELoss(WeightedLoss):
    """The mean of -w (t log p + (1 - t) log(1 - p)) for probabilities p."""

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return binary_cross_entropy(input, target, self.weight, reduction=self.reduction)


class BCEWithLogitsLoss(WeightedLoss):
    """The mean of -w (v t log p + (1 - t) log(1 - p)), p = sigmoid(x), without overflow; v is
    `pos_weight`."""

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
    """The mean of -w[t_i] x[i, t_i] for log-probabilities x and classes t, those that are not
    `ignore_index`."""

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


class CrossEntropyLoss(WeightedLoss):
    """The mean of -w[t_i] log softmax(x)[i, t_i] for logits x and classes t, or probabilities of
    classes."""

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
