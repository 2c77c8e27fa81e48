"""Samples of Gamma and Dirichlet distributions as differentiable functions of their parameters.

No formula leads from noise to such a sample x, but its probability F(x; a) does not change as the
parameter a does.  So dx/da = -(dF/da) / f, where f is the density (Figurnov, Mohamed and Mnih,
"Implicit reparameterization gradients", 2018).  The derivative of F is an integral over one side of
x; on the side away from the peak of the density no terms cancel.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import ops
from ..autograd import Function
from ..dtypes import Array, finfo
from ..engine.grad_mode import mode
from ..functions.shape import broadcast_tensors
from ..rng import numpy_generator
from ..tensor import Tensor

__all__ = ["dirichlet", "gamma_cdf", "standard_gamma"]

# Nodes v and weights of the integral from 0 to infinity of a function that falls like e^-v: v =
# exp(t - e^-t) at evenly spaced t (Takahasi and Mori, "Double exponential formulas", 1974).
_STEP = 1 / 12
_T = np.arange(-3.75, 4.25, _STEP)
_NODES = np.exp(_T - np.exp(-_T))
_WEIGHTS = _STEP * _NODES * (1 + np.exp(-_T))


def _integral(log_ratio: Callable[[Array], Array], score: Callable[[Array], Array]) -> Array:
    """The integral of e^log_ratio(s) score(s) from 0 to infinity; log_ratio is concave, falls, and
    is 0 at 0.  It is measured in the s at which log_ratio is -1, which bisection finds."""
    low, high = np.array(-40.0), np.array(40.0)  # powers of e
    for _ in range(40):
        middle = (low + high) / 2
        near = log_ratio(np.exp(middle)) > -1
        low, high = np.where(near, middle, low), np.where(near, high, middle)
    width = np.exp(low)
    total = np.zeros_like(width)
    for node, weight in zip(_NODES, _WEIGHTS, strict=True):
        s = width * node
        total = total + weight * np.exp(log_ratio(s)) * score(s)
    return np.asarray(width * total)


def _digamma(x: Array) -> Array:
    return np.asarray(ops.digamma(x))


@np.errstate(all="ignore")
def gamma_slope(a: Array, x: Array) -> Array:
    """dx/da of a sample x of the gamma distribution with concentration a, at t = x e^s:
    f(t) dt / (x f(x)) = e^(a s - x (e^s - 1)) ds, and the score d log f / da = log t - digamma(a).
    """
    side = np.where(x < a, -1.0, 1.0)
    distance = np.log(x) - _digamma(a)
    total = _integral(
        lambda s: a * side * s - x * np.expm1(side * s), lambda s: side * s + distance
    )
    return side * x * total


@np.errstate(all="ignore")
def gamma_below(a: Array, x: Array) -> Array:
    """The probability of a gamma sample below x, by the same integral without the score."""
    side = np.where(x < a, -1.0, 1.0)
    total = _integral(lambda s: a * side * s - x * np.expm1(side * s), np.ones_like)
    share = np.exp(a * np.log(x) - x - np.asarray(ops.lgamma(a))) * total
    inside = np.where(side < 0, share, 1 - share)
    return np.where(x == 0, 0.0, np.where(x == np.inf, 1.0, inside))


@np.errstate(all="ignore")
def beta_slope(x: Array, a: Array, b: Array) -> Array:
    """dx/da / (1 - x) of a sample x of the beta distribution with concentrations a and b, at
    logit t = logit x + s: with q = 1 - x + x e^s, f(t) dt / (x (1 - x) f(x)) = e^(a s) q^-(a+b) ds,
    and the score is log t - digamma(a) + digamma(a + b)."""
    side = np.where(x * (a + b) < a, -1.0, 1.0)
    distance = np.log(x) - _digamma(a) + _digamma(a + b)

    def log_q(s: Array) -> Array:
        return np.where(s * side > 30, side * s + np.log(x), np.log1p(x * np.expm1(side * s)))

    total = _integral(
        lambda s: a * side * s - (a + b) * log_q(s), lambda s: side * s - log_q(s) + distance
    )
    return side * x * total


def _first_order_only(name: str, what: str = "a sample can be differentiated once") -> None:
    if mode.recording:
        how = "as in PyTorch; use log_prob() for more"
        raise NotImplementedError(f"{name}: {what}, {how}")


def _tensor(array: Array, like: Any) -> Tensor:
    return Tensor(np.asarray(array, like.dtype))


class _Gamma(Function):
    @staticmethod
    def forward(ctx: Any, concentration: Any) -> Any:
        drawn = numpy_generator().standard_gamma(concentration.array.astype(np.float64))
        x = _tensor(np.maximum(drawn, finfo(concentration.dtype).tiny), concentration)
        ctx.save_for_backward(concentration, x)
        return x

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        _first_order_only("Gamma.rsample")
        concentration, x = (t.array.astype(np.float64) for t in ctx.saved_tensors)
        return g * _tensor(gamma_slope(concentration, x), g)


class _Dirichlet(Function):
    @staticmethod
    def forward(ctx: Any, concentration: Any) -> Any:
        drawn = numpy_generator().standard_gamma(concentration.array.astype(np.float64))
        drawn = np.maximum(drawn, np.finfo(np.float64).tiny)
        limits = finfo(concentration.dtype)
        shares = np.clip(drawn / drawn.sum(-1, keepdims=True), limits.tiny, 1 - limits.eps / 2)
        x = _tensor(shares, concentration)
        ctx.save_for_backward(concentration, x)
        return x

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        """Each part x_i is of a beta distribution; as it grows, the others shrink alike."""
        _first_order_only("Dirichlet.rsample")
        a, x = (t.array.astype(np.float64) for t in ctx.saved_tensors)
        slope = beta_slope(x, a, a.sum(-1, keepdims=True) - a)
        arrived = g.array
        return _tensor(slope * (arrived - (x * arrived).sum(-1, keepdims=True)), g)


class _GammaCdf(Function):
    @staticmethod
    def forward(ctx: Any, a: Any, x: Any) -> Any:
        ctx.save_for_backward(a, x)
        wide = np.broadcast_arrays(a.array.astype(np.float64), x.array.astype(np.float64))
        return _tensor(gamma_below(*wide), x)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        a, x = ctx.saved_tensors
        by_x = g * ops.exp(ops.xlogy(a - 1, x) - x - ops.lgamma(a))
        if not ctx.needs_input_grad[0]:
            return None, by_x
        _first_order_only("Gamma.cdf", "is differentiated in the concentration once")
        wide = np.broadcast_arrays(a.array.astype(np.float64), x.array.astype(np.float64))
        by_a = -by_x * _tensor(gamma_slope(*wide), x)
        return by_a, by_x


def gamma_cdf(a: Any, x: Any) -> Any:
    """The probability of a sample of the gamma distribution of concentration a below x: the
    regularised lower incomplete gamma function."""
    return _GammaCdf.apply(*broadcast_tensors(a, x))


def standard_gamma(concentration: Any) -> Any:
    """A sample of the gamma distribution of rate 1 for each concentration."""
    return _Gamma.apply(concentration)


def dirichlet(concentration: Any) -> Any:
    """A sample of the Dirichlet distribution for each row of concentrations."""
    return _Dirichlet.apply(concentration)
