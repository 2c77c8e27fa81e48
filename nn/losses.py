"""Losses as functions: one number for how far the input is from the target.

A loss takes `reduction`: "mean", "sum" or "none".  It refuses shapes that would broadcast: (N, 1)
against (N,) is N x N differences and a loss that means nothing.  PyTorch's old `size_average` and
`reduce` are taken by their names, so a setting that stands behind them is given by its name too.
"""

from __future__ import annotations

import warnings
from math import log as log_of, pi

import numpy as np

from tinygrad_edu import Tensor, exp, full_like, log, log_softmax, ops, where

from .loss_checks import (
    REDUCTIONS,
    check_all,
    check_between_0_and_1,
    check_class_weight,
    check_classes,
    check_pair,
    check_range,
    check_tensors,
    reduced,
    refuse_empty,
    refuse_nan,
    rows,
    weighted,
    with_old_settings,
)

# ---------------------------------------------------------------- losses of two equal shapes


@with_old_settings
def mse_loss(
    input: Tensor, target: Tensor, reduction: str = "mean", weight: Tensor | None = None
) -> Tensor:
    """The mean of (x - t)^2: the mean squared error; with weights, sum w (x - t)^2 / sum w."""
    check_pair("mse_loss", input, target)
    if reduction == "mean" and weight is None:
        loss = ops.mse(input, target)
    else:
        loss = _weighted_mean("mse_loss", ops.square(input - target), weight, reduction)
    refuse_nan("mse_loss", loss, target)
    return loss


def half_mse_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """The mean of (x - t)^2 / 2, whose derivative is (x - t) / n."""
    check_pair("half_mse_loss", input, target)
    loss = reduced("half_mse_loss", ops.square(input - target), reduction) / 2
    refuse_nan("half_mse_loss", loss, target)
    return loss


@with_old_settings
def l1_loss(
    input: Tensor, target: Tensor, reduction: str = "mean", weight: Tensor | None = None
) -> Tensor:
    """The mean of |x - t|: the mean absolute error; with weights, sum w |x - t| / sum w."""
    check_pair("l1_loss", input, target)
    loss = _weighted_mean("l1_loss", ops.absolute(input - target), weight, reduction)
    refuse_nan("l1_loss", loss, target)
    return loss


def _weighted_mean(name: str, losses: Tensor, weight: Tensor | None, reduction: str) -> Tensor:
    if weight is None or reduction != "mean":
        return reduced(name, _each_weighted(name, losses, weight), reduction)
    return ops.sum(_each_weighted(name, losses, weight)) / ops.sum(weight)


def _each_weighted(name: str, losses: Tensor, weight: Tensor | None) -> Tensor:
    if weight is None:
        return losses
    if weight.shape != losses.shape:
        raise ValueError(
            f"{name}: weight holds a number for each of the losses, {tuple(losses.shape)}, and has "
            f"the shape {tuple(weight.shape)}"
        )
    return losses * weight


@with_old_settings
def smooth_l1_loss(
    input: Tensor, target: Tensor, *, reduction: str = "mean", beta: float = 1.0
) -> Tensor:
    """The mean of (x - t)^2 / (2 beta) where |x - t| < beta, else |x - t| - beta / 2
    (Girshick, 2015); beta = 0 is `l1_loss`."""
    if not beta >= 0:
        raise RuntimeError(f"smooth_l1_loss: beta is where the square ends, at least 0, not {beta}")
    check_pair("smooth_l1_loss", input, target)
    d = input - target
    losses = _squared_up_to(beta, d) / beta if beta else ops.absolute(d)
    loss = reduced("smooth_l1_loss", losses, reduction)
    refuse_nan("smooth_l1_loss", loss, target)
    return loss


def huber_loss(
    input: Tensor,
    target: Tensor,
    reduction: str = "mean",
    delta: float = 1.0,
    weight: Tensor | None = None,
) -> Tensor:
    """The mean of (x - t)^2 / 2 where |x - t| < delta, else delta (|x - t| - delta / 2)
    (Huber, 1964); with weights, the mean of w times that."""
    if not delta > 0:
        raise RuntimeError(f"huber_loss: delta is where the square ends, above 0, not {delta}")
    check_pair("huber_loss", input, target)
    losses = _each_weighted("huber_loss", _squared_up_to(delta, input - target), weight)
    loss = reduced("huber_loss", losses, reduction)
    refuse_nan("huber_loss", loss, target)
    return loss


def _squared_up_to(delta: float, d: Tensor) -> Tensor:
    """d^2 / 2 for |d| < delta, and then straight on."""
    bounded = ops.hardtanh(d, min=-delta, max=delta)
    return bounded * (d - bounded / 2)


@with_old_settings
def kl_div(
    input: Tensor, target: Tensor, *, reduction: str = "mean", log_target: bool = False
) -> Tensor:
    """The mean of t (log t - x), for log-probabilities x and probabilities t, which with
    `log_target` come as their logs.

    The mean is over all numbers; reduction="batchmean" divides the sum by the number of rows, and
    is the divergence of Kullback and Leibler (1951), KL(t || e^x), of a row.  Where t = 0, the loss
    has no derivative with respect to t: it is nan there, as in PyTorch.
    """
    check_pair("kl_div", input, target)
    if reduction == "mean":
        warnings.warn(
            "kl_div: reduction='mean' divides by the number of rows and of columns; the divergence "
            "of a row is reduction='batchmean'",
            stacklevel=3,  # past `with_old_settings`: the line of the caller
        )
    losses = exp(target) * (target - input) if log_target else ops.xlogx(target) - target * input
    if reduction == "batchmean":
        loss = ops.sum(losses) / (len(losses) if losses.ndim else 1)
    else:
        loss = reduced("kl_div", losses, reduction, ("batchmean", *REDUCTIONS))
    refuse_nan("kl_div", loss, target)
    return loss


@with_old_settings
def poisson_nll_loss(
    input: Tensor,
    target: Tensor,
    log_input: bool = True,
    full: bool = False,
    *,
    eps: float = 1e-8,
    reduction: str = "mean",
) -> Tensor:
    """The mean of e^x - t x for counts t and the log x of the rate that is expected, or without
    `log_input` of x - t log(x + eps) for the rate x itself.

    It is -log p(t | x), but for log t!, which does not depend on x.  `full` adds it where t > 1,
    by Stirling: t log t - t + log(2 pi t) / 2.
    """
    name = "poisson_nll_loss"
    check_pair(name, input, target)
    _check_not_negative(name, "the target", target, "a count")
    if log_input:
        losses = exp(input) - target * input
    else:
        _check_not_negative(name, "the input", input, "a rate, unless log_input")
        losses = input - target * log(input + eps)
    if full:
        several = target > 1
        t = where(several, target, 1)
        losses = losses + where(several, t * log(t) - t + log(2 * pi * t) / 2, 0)
    loss = reduced(name, losses, reduction)
    refuse_nan(name, loss, target)
    return loss


def gaussian_nll_loss(
    input: Tensor,
    target: Tensor,
    var: Tensor | float,
    full: bool = False,
    eps: float = 1e-6,
    reduction: str = "mean",
) -> Tensor:
    """The mean of (log v + (x - t)^2 / v) / 2, for expectations x with variances v of at least eps
    (Nix and Weigend, 1994); `full` adds log(2 pi) / 2, which makes it -log p(t | x, v).

    `var` is a number or of the input's shape; one dimension may be 1, or the last one missing,
    where its numbers share a variance.  Below eps the gradient is that at eps, as in PyTorch.
    """
    name = "gaussian_nll_loss"
    check_pair(name, input, target)
    v = var if isinstance(var, Tensor) else full_like(input, var)
    _check_not_negative(name, "var", v, "a variance")
    v = _of_shared_variance(v, input)
    v = v + Tensor(np.maximum(eps - v.array, 0))
    losses = (log(v) + ops.square(input - target) / v) / 2
    loss = reduced(name, losses + log_of(2 * pi) / 2 if full else losses, reduction)
    refuse_nan(name, loss, target)
    return loss


def _of_shared_variance(var: Tensor, input: Tensor) -> Tensor:
    shape, whole = var.shape, input.shape
    if shape == whole:
        return var
    if shape == whole[:-1]:
        return var[..., None]
    shared = [m for m, n in zip(shape, whole, strict=False) if m != n]
    if len(shape) == len(whole) and shared == [1]:
        return var
    raise ValueError(
        f"gaussian_nll_loss: var is a number, or of the input's shape {tuple(whole)} but for one "
        f"dimension of 1, or without the last; not of the shape {tuple(shape)}"
    )


@with_old_settings
def binary_cross_entropy(
    input: Tensor, target: Tensor, weight: Tensor | None = None, *, reduction: str = "mean"
) -> Tensor:
    """The mean of -w (t log p + (1 - t) log(1 - p)) for probabilities p; without weights, w = 1.

    From the numbers before the sigmoid, use `binary_cross_entropy_with_logits`: it cannot overflow.
    """
    check_pair("binary_cross_entropy", input, target)
    check_between_0_and_1("binary_cross_entropy", "input", input)
    check_between_0_and_1("binary_cross_entropy", "target", target)
    losses = weighted(
        "binary_cross_entropy: weight", ops.binary_cross_entropy(input, target), weight
    )
    return reduced("binary_cross_entropy", losses, reduction)


@with_old_settings
def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    *,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:
    """The mean of -w (v t log p + (1 - t) log(1 - p)), p = sigmoid(x), computed from x without
    overflow; v, `pos_weight`, is often the number of negatives for each positive."""
    name = "binary_cross_entropy_with_logits"
    check_pair(name, input, target)
    check_between_0_and_1(name, "target", target)
    if pos_weight is None:
        losses = ops.bce_with_logits(input, target)
    else:
        positive = weighted(f"{name}: pos_weight", target, pos_weight)
        losses = -(positive * ops.logsigmoid(input) + (1 - target) * ops.logsigmoid(-input))
    return reduced(name, weighted(f"{name}: weight", losses, weight), reduction)


def _check_not_negative(name: str, which: str, x: Tensor, what: str) -> None:
    check_all(name, which, x, ~(x.array < 0), f"it is {what}, and at least 0")


# ---------------------------------------------------------------- losses of classes


@with_old_settings
def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> Tensor:
    """The mean of -x[i, t_i] for log-probabilities x, (N, C), and classes t, (N,).

    x may also be (N, C, d1, ...) with t (N, d1, ...), or (C,) with t ().  Each class may have a
    weight, (C,); the mean is the weighted one, sum_i w[t_i] loss_i / sum_i w[t_i].  Where t is
    `ignore_index` nothing is lost, and the mean does not count it.
    """
    check_tensors("nll_loss", input, target)
    check_classes("nll_loss", input, target)
    return _of_classes("nll_loss", rows(input), target, weight, ignore_index, reduction)


@with_old_settings
def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    *,
    ignore_index: int = -100,
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
    check_tensors("cross_entropy", input, target)
    if target.array.dtype.kind == "f" and target.array.shape == input.array.shape:
        return _of_probabilities(input, target, weight, ignore_index, reduction, label_smoothing)
    check_classes("cross_entropy", input, target)
    default = weight is None and reduction == "mean" and not label_smoothing
    if default and input.array.ndim == 2 and _all_count(target, ignore_index):
        return ops.cross_entropy(input, target)
    _check_smoothing(label_smoothing)
    logp = log_softmax(rows(input), 1)
    return _of_classes(
        "cross_entropy", logp, target, weight, ignore_index, reduction, label_smoothing
    )


def _all_count(target: Tensor, ignore_index: int) -> bool:
    """Does every example count?  (False, too, where an unknown class is below 0.)"""
    classes = target.array
    least: int = classes.item(classes.argmin())  # in a quarter of the time of classes.min()
    return ignore_index < 0 <= least


def _of_classes(
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


def _of_probabilities(
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
