"""Losses of two equal shapes: how far numbers are from their targets."""

from __future__ import annotations

import warnings
from math import log as log_of, pi

import numpy as np

from tinygrad_edu import Tensor, exp, full_like, log, ops, where

from .reduction import REDUCTIONS, Loss, check_all, check_pair, reduced, reduction_of, refuse_nan

# ---------------------------------------------------------------- functions


def mse_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """The mean of (x - t)^2: the mean squared error; with weights, sum w (x - t)^2 / sum w."""
    reduction = reduction_of(size_average, reduce, reduction)
    check_pair("mse_loss", input, target)
    if reduction == "mean" and weight is None:
        loss = ops.mean_squared_error(input, target)
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


def l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """The mean of |x - t|: the mean absolute error; with weights, sum w |x - t| / sum w."""
    reduction = reduction_of(size_average, reduce, reduction)
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


def smooth_l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    beta: float = 1.0,
) -> Tensor:
    """The mean of (x - t)^2 / (2 beta) where |x - t| < beta, else |x - t| - beta / 2
    (Girshick, 2015); beta = 0 is `l1_loss`."""
    reduction = reduction_of(size_average, reduce, reduction)
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


def kl_div(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    log_target: bool = False,
) -> Tensor:
    """The mean of t (log t - x), for log-probabilities x and probabilities t, which with
    `log_target` come as their logs.

    The mean is over all numbers; reduction="batchmean" divides the sum by the number of rows, and
    is the divergence of Kullback and Leibler (1951), KL(t || e^x), of a row.  Where t = 0, the loss
    has no derivative with respect to t: it is nan there, as in PyTorch.
    """
    reduction = reduction_of(size_average, reduce, reduction)
    check_pair("kl_div", input, target)
    if reduction == "mean":
        warnings.warn(
            "kl_div: reduction='mean' divides by the number of rows and of columns; the divergence "
            "of a row is reduction='batchmean'",
            stacklevel=3,  # past `reduction_of`: the line of the caller
        )
    losses = exp(target) * (target - input) if log_target else ops.xlogx(target) - target * input
    if reduction == "batchmean":
        loss = ops.sum(losses) / (len(losses) if losses.ndim else 1)
    else:
        loss = reduced("kl_div", losses, reduction, ("batchmean", *REDUCTIONS))
    refuse_nan("kl_div", loss, target)
    return loss


def poisson_nll_loss(
    input: Tensor,
    target: Tensor,
    log_input: bool = True,
    full: bool = False,
    size_average: bool | None = None,
    eps: float = 1e-8,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The mean of e^x - t x for counts t and the log x of the rate that is expected, or without
    `log_input` of x - t log(x + eps) for the rate x itself.

    It is -log p(t | x), but for log t!, which does not depend on x.  `full` adds it where t > 1,
    by Stirling: t log t - t + log(2 pi t) / 2.
    """
    reduction = reduction_of(size_average, reduce, reduction)
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
    v = _shared_variance(v, input)
    v = v + Tensor(np.maximum(eps - v.array, 0))
    losses = (log(v) + ops.square(input - target) / v) / 2
    loss = reduced(name, losses + log_of(2 * pi) / 2 if full else losses, reduction)
    refuse_nan(name, loss, target)
    return loss


def _shared_variance(var: Tensor, input: Tensor) -> Tensor:
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


def _check_not_negative(name: str, which: str, x: Tensor, what: str) -> None:
    check_all(name, which, x, ~(x.array < 0), f"it is {what}, and at least 0")


# ---------------------------------------------------------------- layers


class MSELoss(Loss):
    """The mean of (x - t)^2: the mean squared error."""

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return mse_loss(input, target, reduction=self.reduction)


class HalfMSELoss(Loss):
    """The mean of (x - t)^2 / 2."""

    def __init__(self, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return half_mse_loss(input, target, self.reduction)


class L1Loss(Loss):
    """The mean of |x - t|: the mean absolute error."""

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return l1_loss(input, target, reduction=self.reduction)


class SmoothL1Loss(Loss):
    """The mean of (x - t)^2 / (2 beta) where |x - t| < beta, else |x - t| - beta / 2."""

    def __init__(
        self,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
        beta: float = 1.0,
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.beta = beta

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return smooth_l1_loss(input, target, reduction=self.reduction, beta=self.beta)


class HuberLoss(Loss):
    """The mean of (x - t)^2 / 2 where |x - t| < delta, else delta (|x - t| - delta / 2)."""

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction=reduction)
        self.delta = delta

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return huber_loss(input, target, self.reduction, self.delta)


class KLDivLoss(Loss):
    """The mean of t (log t - x), for log-probabilities x and probabilities t;
    reduction="batchmean" is the divergence of a row."""

    reductions = ("batchmean", *REDUCTIONS)

    def __init__(
        self,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
        log_target: bool = False,
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.log_target = log_target

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return kl_div(input, target, reduction=self.reduction, log_target=self.log_target)


class PoissonNLLLoss(Loss):
    """The mean of e^x - t x, for counts t and logs x of their expectations: see
    `poisson_nll_loss`."""

    def __init__(
        self,
        log_input: bool = True,
        full: bool = False,
        size_average: bool | None = None,
        eps: float = 1e-8,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.log_input, self.full, self.eps = log_input, full, eps

    def forward(self, log_input: Tensor, target: Tensor) -> Tensor:
        return poisson_nll_loss(
            log_input, target, self.log_input, self.full, eps=self.eps, reduction=self.reduction
        )


class GaussianNLLLoss(Loss):
    """The mean of (log v + (x - t)^2 / v) / 2, for expectations x and variances v: see
    `gaussian_nll_loss`  (Nix and Weigend, 1994)."""

    def __init__(self, *, full: bool = False, eps: float = 1e-6, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.full, self.eps = full, eps

    def forward(self, input: Tensor, target: Tensor, var: Tensor | float) -> Tensor:
        return gaussian_nll_loss(input, target, var, self.full, self.eps, self.reduction)
