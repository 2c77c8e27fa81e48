"""Transforms: invertible functions, with the logarithm of the determinant of their Jacobian.

>>> import tinygrad_edu as tg
>>> exp = tg.distributions.transforms.ExpTransform()
>>> exp(tg.tensor(0.0)), exp.inv(tg.tensor(1.0))
(tensor(1.), tensor(0.))
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import ops
from ..creation import arange, full
from ..dtypes import finfo
from ..size import Size
from ..tensor import Tensor
from . import constraints
from .distribution import sum_rightmost
from .matrix_transforms import (
    CatTransform,
    CorrCholeskyTransform,
    CumulativeDistributionTransform,
    LowerCholeskyTransform,
    PositiveDefiniteTransform,
    StackTransform,
)
from .transform import (
    ComposeTransform,
    IndependentTransform,
    ReshapeTransform,
    Transform,
    identity_transform,
)

__all__ = [
    "AbsTransform",
    "AffineTransform",
    "CatTransform",
    "ComposeTransform",
    "CorrCholeskyTransform",
    "CumulativeDistributionTransform",
    "ExpTransform",
    "IndependentTransform",
    "LowerCholeskyTransform",
    "PositiveDefiniteTransform",
    "PowerTransform",
    "ReshapeTransform",
    "SigmoidTransform",
    "SoftmaxTransform",
    "SoftplusTransform",
    "StackTransform",
    "StickBreakingTransform",
    "TanhTransform",
    "Transform",
    "identity_transform",
]


def __dir__() -> list[str]:
    return __all__


class ExpTransform(Transform):
    """Exponential: y = e^x, log |dy/dx| = x.

    Parameters
    ----------
    cache_size : {0, 1}, default 0
        1 keeps the last input and result, so that the inverse of the result is the input itself.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.distributions.ExpTransform()(tg.tensor(1.0))
    tensor(2.7183)
    """

    bijective, codomain, _sign = True, constraints.positive, 1

    def _call(self, x: Any) -> Any:
        return ops.exp(x)

    def _inverse(self, y: Any) -> Any:
        return ops.log(y)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return x


class PowerTransform(Transform):
    """Power: y = x^exponent for x > 0, log |dy/dx| = log |exponent y / x|.

    Parameters
    ----------
    exponent : float or Tensor
        The exponent, not 0.
    cache_size : {0, 1}, default 0
        1 keeps the last input and result, so that the inverse of the result is the input itself.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.distributions.PowerTransform(2.0)(tg.tensor(3.0))
    tensor(9.)
    """

    bijective, domain, codomain = True, constraints.positive, constraints.positive

    def __init__(self, exponent: Any, cache_size: int = 0) -> None:
        super().__init__(cache_size)
        self.exponent = exponent

    @property
    def sign(self) -> Any:
        return np.sign(self.exponent)

    def _call(self, x: Any) -> Any:
        return x**self.exponent

    def _inverse(self, y: Any) -> Any:
        return y ** (1 / self.exponent)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return (self.exponent * y / x).abs().log()

    def _settings(self) -> Any:
        return np.asarray(self.exponent).tolist()


class SigmoidTransform(Transform):
    """Sigmoid: y = 1 / (1 + e^-x), log |dy/dx| = log y + log(1 - y).

    The result is clamped to the open interval (0, 1), so that its inverse is finite.

    Parameters
    ----------
    cache_size : {0, 1}, default 0
        1 keeps the last input and result, so that the inverse of the result is the input itself.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.distributions.SigmoidTransform()(tg.tensor(0.0))
    tensor(0.5000)
    """

    bijective, codomain, _sign = True, constraints.unit_interval, 1

    def _call(self, x: Any) -> Any:
        limits = finfo(x.dtype)
        return ops.sigmoid(x).clamp(limits.tiny, 1 - limits.eps)

    def _inverse(self, y: Any) -> Any:
        limits = finfo(y.dtype)
        y = y.clamp(limits.tiny, 1 - limits.eps)
        return y.log() - ops.log1p(-y)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return ops.logsigmoid(x) + ops.logsigmoid(-x)


class SoftplusTransform(Transform):
    """Softplus: y = log(1 + e^x), log |dy/dx| = log sigmoid(x).

    Parameters
    ----------
    cache_size : {0, 1}, default 0
        1 keeps the last input and result, so that the inverse of the result is the input itself.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.distributions.SoftplusTransform()(tg.tensor(0.0))
    tensor(0.6931)
    """

    bijective, codomain, _sign = True, constraints.positive, 1

    def _call(self, x: Any) -> Any:
        return -ops.logsigmoid(-x)

    def _inverse(self, y: Any) -> Any:
        return (-ops.expm1(-y)).log() + y

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return ops.logsigmoid(x)


class TanhTransform(Transform):
    """Hyperbolic tangent: y = tanh x, log |dy/dx| = log(1 - y^2).

    Parameters
    ----------
    cache_size : {0, 1}, default 0
        1 keeps the last input and result, so that the inverse of the result is the input itself.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.distributions.TanhTransform()(tg.tensor(0.5))
    tensor(0.4621)
    """

    bijective, codomain, _sign = True, constraints.interval(-1.0, 1.0), 1

    def _call(self, x: Any) -> Any:
        return ops.tanh(x)

    def _inverse(self, y: Any) -> Any:
        return ops.atanh(y)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        # log(1 - tanh^2 x), without overflow
        return 2 * (math.log(2) - x + ops.logsigmoid(2 * x))


class AbsTransform(Transform):
    """Absolute value: y = |x|, which is not one to one; its `inv` returns x = y.

    Parameters
    ----------
    cache_size : {0, 1}, default 0
        1 keeps the last input and result, so that the inverse of the result is the input itself.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.distributions.AbsTransform()(tg.tensor(-2.0))
    tensor(2.)
    """

    codomain = constraints.positive

    def _call(self, x: Any) -> Any:
        return x.abs()

    def _inverse(self, y: Any) -> Any:
        return y


class AffineTransform(Transform):
    """Affine map: y = loc + scale x, log |dy/dx| = log |scale|.

    Parameters
    ----------
    loc, scale : float or Tensor
        The shift and the factor.
    event_dim : int, default 0
        The number of last dimensions that belong to one outcome.
    cache_size : {0, 1}, default 0
        1 keeps the last input and result, so that the inverse of the result is the input itself.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.distributions.AffineTransform(1.0, 2.0)(tg.tensor(3.0))
    tensor(7.)
    """

    bijective = True

    def __init__(self, loc: Any, scale: Any, event_dim: int = 0, cache_size: int = 0) -> None:
        super().__init__(cache_size)
        self.loc, self.scale, self.event_dim = loc, scale, event_dim
        if event_dim:
            self.domain = self.codomain = constraints.independent(constraints.real, event_dim)

    @property
    def sign(self) -> Any:
        return ops.sign(self.scale) if isinstance(self.scale, Tensor) else int(np.sign(self.scale))

    def _call(self, x: Any) -> Any:
        return self.loc + self.scale * x

    def _inverse(self, y: Any) -> Any:
        return (y - self.loc) / self.scale

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        scale = self.scale if isinstance(self.scale, Tensor) else Tensor(np.asarray(self.scale))
        slopes = ops.broadcast_to(scale.astype(x.dtype).abs().log(), shape=tuple(x.shape))
        return sum_rightmost(slopes, self.event_dim)

    def forward_shape(self, shape: Sequence[int]) -> Size:
        return Size(np.broadcast_shapes(tuple(shape), np.shape(self.loc), np.shape(self.scale)))

    inverse_shape = forward_shape

    def _settings(self) -> Any:
        return (np.asarray(self.loc).tolist(), np.asarray(self.scale).tolist(), self.event_dim)


class SoftmaxTransform(Transform):
    """Softmax over the last dimension: y = e^x / sum e^x, which is not one to one; `inv` is log y.

    Parameters
    ----------
    cache_size : {0, 1}, default 0
        1 keeps the last input and result, so that the inverse of the result is the input itself.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.distributions.SoftmaxTransform()(tg.zeros(2))
    tensor([0.5000, 0.5000])
    """

    domain, codomain = constraints.real_vector, constraints.simplex

    def _call(self, x: Any) -> Any:
        return ops.softmax(x, axis=-1)

    def _inverse(self, y: Any) -> Any:
        return ops.log(y)


class StickBreakingTransform(Transform):
    """Map n numbers to n + 1 proportions: each breaks off a share of what is left of a stick.

    The share of number i is sigmoid(x_i - log(n - i)), i from 0 on, so that zeros give equal parts.

    Parameters
    ----------
    cache_size : {0, 1}, default 0
        1 keeps the last input and result, so that the inverse of the result is the input itself.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.distributions.StickBreakingTransform()(tg.zeros(3))
    tensor([0.2500, 0.2500, 0.2500, 0.2500])
    """

    domain, codomain = constraints.real_vector, constraints.simplex
    bijective = True

    def _shares(self, x: Any) -> Any:
        return x - ops.log(arange(x.shape[-1], 0, -1, dtype=x.dtype))

    def _call(self, x: Any) -> Any:
        limits = finfo(x.dtype)
        share = ops.sigmoid(self._shares(x)).clamp(limits.tiny, 1 - limits.eps)
        one = full((*x.shape[:-1], 1), 1.0, dtype=x.dtype)
        left = ops.concatenate(one, (1 - share).cumprod(-1), axis=-1)
        return ops.concatenate(share, one, axis=-1) * left

    def _inverse(self, y: Any) -> Any:
        parts = y[..., :-1]
        left = (1 - parts.cumsum(-1)).clamp(min=finfo(y.dtype).tiny)
        count = arange(parts.shape[-1], 0, -1, dtype=y.dtype)
        return ops.log(parts) - ops.log(left) + ops.log(count)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        share = self._shares(x)
        return (-share + ops.logsigmoid(share) + ops.log(y[..., :-1])).sum(-1)

    def forward_shape(self, shape: Any) -> Size:
        return Size((*_of_vectors(shape)[:-1], shape[-1] + 1))

    def inverse_shape(self, shape: Any) -> Size:
        return Size((*_of_vectors(shape)[:-1], shape[-1] - 1))


def _of_vectors(shape: Any) -> Any:
    if len(shape) < 1:
        raise ValueError("StickBreakingTransform: it takes vectors, not single numbers")
    return shape
