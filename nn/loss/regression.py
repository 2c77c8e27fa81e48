"""Losses of input and target of one shape: regression and negative log-likelihoods."""

from __future__ import annotations

import warnings
from math import log as log_of, pi

import numpy as np

from tinygrad_edu import Tensor, exp, full_like, log, ops, where
from tinygrad_edu.engine.clock import caller_level
from tinygrad_edu.errors import InputError

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
    """Mean squared error: l = (x - t)^2.

    Parameters
    ----------
    input : Tensor, any shape
        The predictions x.
    target : Tensor, of the input's shape
        The targets t.  Input and target of two dtypes are promoted to one.
    size_average, reduce : bool, optional
        Deprecated in favour of `reduction`, which they override, with a warning: `reduce=False` is
        "none", else `size_average=False` is "sum", and True "mean".
    reduction : {"mean", "sum", "none"}, default "mean"
        "none" returns the weighted loss of each element, and "sum" their sum.  "mean" divides the
        sum by the sum of the weights, or by the number of elements where no weights are given.
    weight : Tensor, of the input's shape, optional
        The weights w, one for each element; the loss of each element is multiplied by its weight.

    Returns
    -------
    Tensor, of the input's shape for `reduction="none"`, else of shape ()

    Raises
    ------
    ValueError
        If input, target and weight are not of one shape (they are not broadcast), the input is
        empty, or the target is NaN where the loss becomes NaN.
    TypeError
        If input or target is not a tensor.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> x, t = tg.tensor([1.0, 2.0, 5.0]), tg.tensor([1.0, 4.0, 2.0])
    >>> F.mse_loss(x, t, reduction="none")
    tensor([0., 4., 9.])
    >>> F.mse_loss(x, t)
    tensor(4.3333)
    >>> F.mse_loss(x, t, weight=tg.tensor([1.0, 2.0, 1.0]))
    tensor(4.2500)
    """
    reduction = reduction_of(size_average, reduce, reduction)
    check_pair("mse_loss", input, target)
    if reduction == "mean" and weight is None:
        loss = ops.mean_squared_error(input, target)
    else:
        loss = _weighted_mean("mse_loss", ops.square(input - target), weight, reduction)
    refuse_nan("mse_loss", loss, target)
    return loss


def half_mse_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """Half the mean squared error: l = (x - t)^2 / 2.

    The derivative of the mean with respect to x is (x - t) / n, without a factor of 2.  PyTorch has
    no function of this name.

    Parameters
    ----------
    input : Tensor, any shape
        The predictions x.
    target : Tensor, of the input's shape
        The targets t.  Input and target of two dtypes are promoted to one.
    reduction : {"mean", "sum", "none"}, default "mean"
        "none" returns the loss of each element, "sum" their sum, and "mean" their sum divided by
        the number of elements.

    Returns
    -------
    Tensor, of the input's shape for `reduction="none"`, else of shape ()

    Raises
    ------
    ValueError
        If the shapes of input and target differ (they are not broadcast), the input is empty, or
        the target is NaN where the loss becomes NaN.
    TypeError
        If input or target is not a tensor.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> x = tg.tensor([3.0, 5.0], requires_grad=True)
    >>> loss = F.half_mse_loss(x, tg.tensor([1.0, 5.0]))
    >>> loss
    tensor(1., grad_fn=<DivideBackward0>)
    >>> loss.backward()
    >>> x.grad
    tensor([1., 0.])
    """
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
    """Mean absolute error: l = |x - t|.

    Its derivative with respect to x is the sign of x - t, and 0 where x = t.

    Parameters
    ----------
    input : Tensor, any shape
        The predictions x.
    target : Tensor, of the input's shape
        The targets t.  Input and target of two dtypes are promoted to one.
    size_average, reduce : bool, optional
        Deprecated in favour of `reduction`, which they override, with a warning: `reduce=False` is
        "none", else `size_average=False` is "sum", and True "mean".
    reduction : {"mean", "sum", "none"}, default "mean"
        "none" returns the weighted loss of each element, and "sum" their sum.  "mean" divides the
        sum by the sum of the weights, or by the number of elements where no weights are given.
    weight : Tensor, of the input's shape, optional
        The weights w, one for each element; the loss of each element is multiplied by its weight.

    Returns
    -------
    Tensor, of the input's shape for `reduction="none"`, else of shape ()

    Raises
    ------
    ValueError
        If input, target and weight are not of one shape (they are not broadcast), the input is
        empty, or the target is NaN where the loss becomes NaN.
    TypeError
        If input or target is not a tensor.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> x, t = tg.tensor([1.0, 2.0, 5.0]), tg.tensor([1.0, 4.0, 2.0])
    >>> F.l1_loss(x, t, reduction="none")
    tensor([0., 2., 3.])
    >>> F.l1_loss(x, t)
    tensor(1.6667)
    """
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
    """Smooth L1 loss: l = (x - t)^2 / (2 beta) where |x - t| < beta, else |x - t| - beta / 2.

    It is `huber_loss` with delta = beta, divided by beta: value and derivative are continuous, and
    the derivative stays between -1 and 1.

    Parameters
    ----------
    input : Tensor, any shape
        The predictions x.
    target : Tensor, of the input's shape
        The targets t.  Input and target of two dtypes are promoted to one.
    size_average, reduce : bool, optional
        Deprecated in favour of `reduction`, which they override, with a warning: `reduce=False` is
        "none", else `size_average=False` is "sum", and True "mean".
    reduction : {"mean", "sum", "none"}, default "mean"
        "none" returns the loss of each element, "sum" their sum, and "mean" their sum divided by
        the number of elements.
    beta : float, default 1.0
        The difference at which the square ends, at least 0; with 0 the loss is `l1_loss`.

    Returns
    -------
    Tensor, of the input's shape for `reduction="none"`, else of shape ()

    Raises
    ------
    ValueError
        If the shapes of input and target differ (they are not broadcast), the input is empty, or
        the target is NaN where the loss becomes NaN.  If `beta` is negative.
    TypeError
        If input or target is not a tensor.

    References
    ----------
    R. Girshick, "Fast R-CNN", ICCV 2015.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> F.smooth_l1_loss(tg.tensor([0.0, 0.5, 3.0]), tg.zeros(3), reduction="none")
    tensor([0.0000, 0.1250, 2.5000])
    """
    reduction = reduction_of(size_average, reduce, reduction)
    if not beta >= 0:
        raise InputError(f"smooth_l1_loss: beta is where the square ends, at least 0, not {beta}")
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
    """Huber loss: l = (x - t)^2 / 2 where |x - t| < delta, else delta (|x - t| - delta / 2).

    The derivative with respect to x is x - t, clipped to [-delta, delta], so that outliers have a
    bounded effect.

    Parameters
    ----------
    input : Tensor, any shape
        The predictions x.
    target : Tensor, of the input's shape
        The targets t.  Input and target of two dtypes are promoted to one.
    reduction : {"mean", "sum", "none"}, default "mean"
        "none" returns the weighted loss of each element, "sum" their sum, and "mean" their sum
        divided by the number of elements, also where weights are given.
    delta : float, default 1.0
        The difference at which the square ends, greater than 0.
    weight : Tensor, of the input's shape, optional
        The weights w, one for each element; the loss of each element is multiplied by its weight.

    Returns
    -------
    Tensor, of the input's shape for `reduction="none"`, else of shape ()

    Raises
    ------
    ValueError
        If input, target and weight are not of one shape (they are not broadcast), the input is
        empty, or the target is NaN where the loss becomes NaN.  If `delta` is not greater than 0.
    TypeError
        If input or target is not a tensor.

    References
    ----------
    P. J. Huber, "Robust estimation of a location parameter", Annals of Mathematical Statistics,
    1964.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> F.huber_loss(tg.tensor([0.0, 0.5, 3.0]), tg.zeros(3), reduction="none", delta=2.0)
    tensor([0.0000, 0.1250, 4.0000])
    """
    if not delta > 0:
        raise InputError(f"huber_loss: delta is where the square ends, above 0, not {delta}")
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
    """Kullback-Leibler divergence from log-probabilities x to probabilities t: l = t (log t - x).

    The input holds log-probabilities, as `log_softmax` returns them; the target holds
    probabilities, or their logarithms with `log_target`, where l = e^t (t - x).  Summed over a
    distribution, l is the divergence KL(t || e^x).  A target of 0 contributes 0; there the
    derivative with respect to t is NaN, as in PyTorch.

    Parameters
    ----------
    input : Tensor, any shape
        The log-probabilities x.
    target : Tensor, of the input's shape
        The probabilities t, or log-probabilities with `log_target`.
    size_average, reduce : bool, optional
        Deprecated in favour of `reduction`, which they override, with a warning: `reduce=False` is
        "none", else `size_average=False` is "sum", and True "mean".
    reduction : {"mean", "batchmean", "sum", "none"}, default "mean"
        "none" returns l elementwise, and "sum" their sum.  "batchmean" divides the sum by the size
        of dimension 0: the mean divergence of a row.  "mean" divides by the number of all elements,
        which is not the divergence, and warns about it.
    log_target : bool, default False
        Whether the target holds log-probabilities.

    Returns
    -------
    Tensor, of the input's shape for `reduction="none"`, else of shape ()

    Raises
    ------
    ValueError
        If the shapes of input and target differ (they are not broadcast), the input is empty, or
        the target is NaN where the loss becomes NaN.
    TypeError
        If input or target is not a tensor.

    References
    ----------
    S. Kullback and R. A. Leibler, "On information and sufficiency", Annals of Mathematical
    Statistics, 1951.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> x = tg.tensor([[0.5, 0.5], [0.9, 0.1]]).log()
    >>> t = tg.tensor([[0.5, 0.5], [0.5, 0.5]])
    >>> F.kl_div(x, t, reduction="batchmean")
    tensor(0.2554)
    """
    reduction = reduction_of(size_average, reduce, reduction)
    check_pair("kl_div", input, target)
    if reduction == "mean":
        warnings.warn(
            "kl_div: reduction='mean' divides by the number of rows and of columns; the divergence "
            "of a row is reduction='batchmean'",
            stacklevel=caller_level(),
        )
    if log_target:
        root = exp(target / 2)  # of the smallest numbers there are few digits, of their roots many
        losses = root * (target - input) * root
    else:
        losses = ops.xlogx(target) - target * input
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
    """Negative log-likelihood of counts t under a Poisson distribution: l = e^x - t x.

    The input x is the logarithm of the rate; with `log_input=False` it is the rate itself, and l =
    x - t log(x + eps).  The term log t!, which does not depend on x, is left out unless `full`.

    Parameters
    ----------
    input : Tensor, any shape
        The logarithm of the rate, or the rate with `log_input=False`.
    target : Tensor, of the input's shape
        The counts t, at least 0; they need not be integers.
    log_input : bool, default True
        Whether the input is the logarithm of the rate.
    full : bool, default False
        Whether to add Stirling's approximation of log t!: t log t - t + log(2 pi t) / 2 where t >
        1, and 0 elsewhere.
    size_average, reduce : bool, optional
        Deprecated in favour of `reduction`, which they override, with a warning: `reduce=False` is
        "none", else `size_average=False` is "sum", and True "mean".
    eps : float, default 1e-8
        Added to the rate before its logarithm is taken, if `log_input` is False.
    reduction : {"mean", "sum", "none"}, default "mean"
        "none" returns the loss of each element, "sum" their sum, and "mean" their sum divided by
        the number of elements.

    Returns
    -------
    Tensor, of the input's shape for `reduction="none"`, else of shape ()

    Raises
    ------
    ValueError
        If the shapes of input and target differ (they are not broadcast), the input is empty, a
        target or a rate is negative, or the target is NaN where the loss becomes NaN.
    TypeError
        If input or target is not a tensor.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> rate, counts = tg.tensor([1.0, 2.0]), tg.tensor([1.0, 3.0])
    >>> F.poisson_nll_loss(rate.log(), counts, reduction="none")
    tensor([ 1.0000, -0.0794])
    >>> F.poisson_nll_loss(rate, counts, log_input=False, reduction="none")
    tensor([ 1.0000, -0.0794])
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
        stirling = where(several, t * log(t) - t + log(2 * pi * t) / 2, 0)
        losses = losses + stirling.astype(losses.dtype)
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
    """Negative log-likelihood of t under N(x, v): l = (log v + (x - t)^2 / v) / 2.

    The variance v is `var`, raised to `eps` where it is below; there the gradient with respect to
    `var` is that at eps, as in PyTorch.  The constant log(2 pi) / 2 is left out unless `full`.

    Parameters
    ----------
    input : Tensor, shape (N, ...) or any other
        The expected values x.
    target : Tensor, of the input's shape
        The observed values t.
    var : Tensor or float
        The variances v, at least 0: a number, a tensor of the input's shape or of this shape with
        one dimension of size 1, or one without the last dimension, whose elements share a variance.
    full : bool, default False
        Whether to add log(2 pi) / 2, so that l = -log p(t | x, v).
    eps : float, default 1e-6
        The least variance.
    reduction : {"mean", "sum", "none"}, default "mean"
        "none" returns the loss of each element, "sum" their sum, and "mean" their sum divided by
        the number of elements.

    Returns
    -------
    Tensor, of the input's shape for `reduction="none"`, else of shape ()

    Raises
    ------
    ValueError
        If the shapes of input and target differ (they are not broadcast), `var` has none of the
        shapes above or is negative, the input is empty, or the target is NaN where the loss becomes
        NaN.
    TypeError
        If input or target is not a tensor.

    References
    ----------
    D. A. Nix and A. S. Weigend, "Estimating the mean and variance of the target probability
    distribution", ICNN 1994.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> x, t = tg.tensor([0.0, 0.0]), tg.tensor([1.0, 1.0])
    >>> F.gaussian_nll_loss(x, t, tg.tensor([1.0, 4.0]), reduction="none")
    tensor([0.5000, 0.8181])
    """
    name = "gaussian_nll_loss"
    check_pair(name, input, target)
    v = var if isinstance(var, Tensor) else full_like(input, var)
    _check_not_negative(name, "var", v, "a variance")
    v = _shared_variance(v, input)
    v = v + Tensor(np.maximum(eps - v.array, 0))
    losses = (log(v) + (input - target) / v * (input - target)) / 2
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
    """Mean squared error: l = (x - t)^2.

    The predictions x and the targets t have the same shape, which may be any.  The layer has no
    parameters, and its state dict is empty.

    Parameters
    ----------
    size_average, reduce : bool, optional
        Deprecated in favour of `reduction`, which they override, with a warning: `reduce=False` is
        "none", else `size_average=False` is "sum", and True "mean".
    reduction : {"mean", "sum", "none"}, default "mean"
        "none" returns the loss of each element, "sum" their sum, and "mean" their sum divided by
        the number of elements.

    See Also
    --------
    nn.functional.mse_loss : The function, which also takes weights.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> x = tg.tensor([1.0, 3.0], requires_grad=True)
    >>> loss = nn.MSELoss()(x, tg.tensor([1.0, 1.0]))
    >>> loss
    tensor(2., grad_fn=<MeanSquaredErrorBackward0>)
    >>> loss.backward()
    >>> x.grad
    tensor([0., 2.])
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return mse_loss(input, target, reduction=self.reduction)


class HalfMSELoss(Loss):
    """Half the mean squared error: l = (x - t)^2 / 2.

    The predictions x and the targets t have the same shape, which may be any.  The layer has no
    parameters, and its state dict is empty.  PyTorch has no layer of this name.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}, default "mean"
        "none" returns the loss of each element, "sum" their sum, and "mean" their sum divided by
        the number of elements.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.HalfMSELoss()(tg.tensor([1.0, 3.0]), tg.tensor([1.0, 1.0]))
    tensor(1.)
    """

    def __init__(self, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return half_mse_loss(input, target, self.reduction)


class L1Loss(Loss):
    """Mean absolute error: l = |x - t|, with derivative 0 where x = t.

    The predictions x and the targets t have the same shape, which may be any.  The layer has no
    parameters, and its state dict is empty.

    Parameters
    ----------
    size_average, reduce : bool, optional
        Deprecated in favour of `reduction`, which they override, with a warning: `reduce=False` is
        "none", else `size_average=False` is "sum", and True "mean".
    reduction : {"mean", "sum", "none"}, default "mean"
        "none" returns the loss of each element, "sum" their sum, and "mean" their sum divided by
        the number of elements.

    See Also
    --------
    nn.functional.l1_loss : The function, which also takes weights.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.L1Loss(reduction="sum")(tg.tensor([1.0, 3.0]), tg.tensor([2.0, 1.0]))
    tensor(3.)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return l1_loss(input, target, reduction=self.reduction)


class SmoothL1Loss(Loss):
    """Smooth L1 loss: l = (x - t)^2 / (2 beta) where |x - t| < beta, else |x - t| - beta / 2.

    The predictions x and the targets t have the same shape, which may be any.  The layer has no
    parameters, and its state dict is empty.

    Parameters
    ----------
    size_average, reduce : bool, optional
        Deprecated in favour of `reduction`, which they override, with a warning: `reduce=False` is
        "none", else `size_average=False` is "sum", and True "mean".
    reduction : {"mean", "sum", "none"}, default "mean"
        "none" returns the loss of each element, "sum" their sum, and "mean" their sum divided by
        the number of elements.
    beta : float, default 1.0
        The difference at which the square ends, at least 0; with 0 the loss is that of `L1Loss`.

    References
    ----------
    R. Girshick, "Fast R-CNN", ICCV 2015.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.SmoothL1Loss()(tg.tensor([0.5, 3.0]), tg.zeros(2))
    tensor(1.3125)
    """

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
    """Huber loss: l = (x - t)^2 / 2 where |x - t| < delta, else delta (|x - t| - delta / 2).

    The predictions x and the targets t have the same shape, which may be any.  The layer has no
    parameters, and its state dict is empty.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}, default "mean"
        "none" returns the loss of each element, "sum" their sum, and "mean" their sum divided by
        the number of elements.
    delta : float, default 1.0
        The difference at which the square ends, greater than 0.

    References
    ----------
    P. J. Huber, "Robust estimation of a location parameter", Annals of Mathematical Statistics,
    1964.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.HuberLoss(delta=2.0)(tg.tensor([0.5, 3.0]), tg.zeros(2))
    tensor(2.0625)
    """

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction=reduction)
        self.delta = delta

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return huber_loss(input, target, self.reduction, self.delta)


class KLDivLoss(Loss):
    """Kullback-Leibler divergence from log-probabilities x to probabilities t: l = t (log t - x).

    Input and target have the same shape, which may be any.  With `log_target` the target holds
    log-probabilities, and l = e^t (t - x).  The layer has no parameters, and its state dict is
    empty.

    Parameters
    ----------
    size_average, reduce : bool, optional
        Deprecated in favour of `reduction`, which they override, with a warning: `reduce=False` is
        "none", else `size_average=False` is "sum", and True "mean".
    reduction : {"mean", "batchmean", "sum", "none"}, default "mean"
        "none" returns l elementwise, and "sum" their sum.  "batchmean" divides the sum by the size
        of dimension 0: the mean divergence of a row.  "mean" divides by the number of all elements,
        which is not the divergence, and warns about it.
    log_target : bool, default False
        Whether the target holds log-probabilities.

    References
    ----------
    S. Kullback and R. A. Leibler, "On information and sufficiency", Annals of Mathematical
    Statistics, 1951.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> x = tg.tensor([[0.5, 0.5], [0.9, 0.1]]).log()
    >>> t = tg.tensor([[0.5, 0.5], [0.5, 0.5]])
    >>> nn.KLDivLoss(reduction="batchmean")(x, t)
    tensor(0.2554)
    """

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
    """Negative log-likelihood of counts t under a Poisson distribution: l = e^x - t x.

    The input x is the logarithm of the rate; with `log_input=False` it is the rate itself, and l =
    x - t log(x + eps).  Input and target have the same shape, which may be any.  The layer has no
    parameters, and its state dict is empty.

    Parameters
    ----------
    log_input : bool, default True
        Whether the input is the logarithm of the rate.
    full : bool, default False
        Whether to add Stirling's approximation of log t!: t log t - t + log(2 pi t) / 2 where t >
        1, and 0 elsewhere.
    size_average, reduce : bool, optional
        Deprecated in favour of `reduction`, which they override, with a warning: `reduce=False` is
        "none", else `size_average=False` is "sum", and True "mean".
    eps : float, default 1e-8
        Added to the rate before its logarithm is taken, if `log_input` is False.
    reduction : {"mean", "sum", "none"}, default "mean"
        "none" returns the loss of each element, "sum" their sum, and "mean" their sum divided by
        the number of elements.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.PoissonNLLLoss()(tg.tensor([0.0, 1.0]), tg.tensor([1.0, 3.0]))
    tensor(0.3591)
    """

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
    """Negative log-likelihood of t under N(x, v): l = (log v + (x - t)^2 / v) / 2.

    The layer is called with the expected values x, the observed values t, of the same shape, and
    the variances v, as `nn.functional.gaussian_nll_loss` takes them.  The layer has no parameters,
    and its state dict is empty.

    Parameters
    ----------
    full : bool, default False
        Whether to add log(2 pi) / 2, so that l = -log p(t | x, v).
    eps : float, default 1e-6
        The least variance; smaller ones are raised to it.
    reduction : {"mean", "sum", "none"}, default "mean"
        "none" returns the loss of each element, "sum" their sum, and "mean" their sum divided by
        the number of elements.

    References
    ----------
    D. A. Nix and A. S. Weigend, "Estimating the mean and variance of the target probability
    distribution", ICNN 1994.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> mean, var = tg.zeros(5, 2), tg.ones(5, 2)
    >>> nn.GaussianNLLLoss()(mean, tg.ones(5, 2), var)
    tensor(0.5000)
    """

    def __init__(self, *, full: bool = False, eps: float = 1e-6, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.full, self.eps = full, eps

    def forward(self, input: Tensor, target: Tensor, var: Tensor | float) -> Tensor:
        return gaussian_nll_loss(input, target, var, self.full, self.eps, self.reduction)
