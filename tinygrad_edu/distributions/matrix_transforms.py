"""Transforms to matrices, and those that treat parts of a tensor each in its own way.

>>> import tinygrad_edu as tg
>>> tg.distributions.LowerCholeskyTransform()(tg.zeros(2, 2))
tensor([[1., 0.],
        [0., 1.]])
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import ops
from ..creation import full
from ..dtypes import finfo
from ..functions.joining import stack
from ..size import Size
from . import constraints
from .distribution import Distribution, sum_rightmost
from .transform import Transform

__all__ = ["CatTransform", "CorrCholeskyTransform", "CumulativeDistributionTransform"]
__all__ += ["LowerCholeskyTransform", "PositiveDefiniteTransform", "StackTransform"]

# ---------------------------------------------------------------- matrices


class LowerCholeskyTransform(Transform):
    """Lower triangle of a matrix, whose diagonal becomes e^x: a Cholesky factor.

    It is not one to one: what stands above the diagonal does not count.

    Parameters
    ----------
    cache_size : {0, 1}, default 0
        1 keeps the last input and result, so that the inverse of the result is the input itself.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.distributions.LowerCholeskyTransform()(tg.tensor([[0.0, 5.0], [3.0, 0.0]]))
    tensor([[1., 0.],
            [3., 1.]])
    """

    domain = constraints.independent(constraints.real, 2)
    codomain = constraints.lower_cholesky

    def _call(self, x: Any) -> Any:
        return ops.tril(x, k=-1) + x.diagonal(dim1=-2, dim2=-1).exp().diag_embed()

    def _inverse(self, y: Any) -> Any:
        return ops.tril(y, k=-1) + y.diagonal(dim1=-2, dim2=-1).log().diag_embed()


class PositiveDefiniteTransform(Transform):
    """Positive definite matrix L L^T, where L = `LowerCholeskyTransform()(x)`.

    Parameters
    ----------
    cache_size : {0, 1}, default 0
        1 keeps the last input and result, so that the inverse of the result is the input itself.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.distributions.PositiveDefiniteTransform()(tg.tensor([[0.0, 0.0], [3.0, 0.0]]))
    tensor([[ 1.,  3.],
            [ 3., 10.]])
    """

    domain = constraints.independent(constraints.real, 2)
    codomain = constraints.positive_definite

    def _call(self, x: Any) -> Any:
        lower = LowerCholeskyTransform()(x)
        return lower @ lower.mT

    def _inverse(self, y: Any) -> Any:
        return LowerCholeskyTransform()._inverse(ops.cholesky(y))


class CorrCholeskyTransform(Transform):
    """Map n (n - 1) / 2 numbers to the Cholesky factor of an n x n correlation matrix: a lower
    triangle with rows of length 1.

    In each row the number x_j takes the share tanh(x_j)^2 of what is left of the squared length 1;
    the diagonal takes the rest.

    Parameters
    ----------
    cache_size : {0, 1}, default 0
        1 keeps the last input and result, so that the inverse of the result is the input itself.

    Raises
    ------
    ValueError
        At a call, if the last size is not n (n - 1) / 2 for a whole n.

    References
    ----------
    Lewandowski, Kurowicka and Joe, "Generating random correlation matrices based on vines and
    extended onion method", 2009.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> y = tg.distributions.CorrCholeskyTransform()(tg.tensor([0.5]))
    >>> y
    tensor([[1.0000, 0.0000],
            [0.4621, 0.8868]])
    """

    domain, codomain = constraints.real_vector, constraints.corr_cholesky
    bijective = True

    def _call(self, x: Any) -> Any:
        n, eps = self.forward_shape(x.shape)[-1], finfo(x.dtype).eps
        below = np.tri(n, k=-1, dtype=bool)
        place = np.full((n, n), x.shape[-1])  # a zero stands there
        place[below] = np.arange(x.shape[-1])
        share = ops.tanh(x).clamp(-1 + eps, 1 - eps)
        zero = full((*x.shape[:-1], 1), 0.0, dtype=x.dtype)
        r = ops.concatenate(share, zero, axis=-1)[..., place]
        left = (1 - r * r).sqrt().cumprod(-1)
        return (r + np.eye(n, dtype=x.dtype)) * _moved_right(left)

    def _inverse(self, y: Any) -> Any:
        rows, columns = np.tril_indices(y.shape[-1], -1)
        left = _moved_right(1 - (y * y).cumsum(-1))[..., rows, columns]
        r = y[..., rows, columns] / left.sqrt()
        return (ops.log1p(r) - ops.log1p(-r)) / 2

    def log_abs_det_jacobian(self, x: Any, y: Any, intermediates: Any = None) -> Any:
        rows, columns = np.tril_indices(y.shape[-1], -2)
        left = (1 - (y * y).cumsum(-1))[..., rows, columns]
        of_tanh = 2 * (math.log(2) - x + ops.logsigmoid(2 * x))
        return left.log().sum(-1) / 2 + of_tanh.sum(-1)

    def forward_shape(self, shape: Any) -> Size:
        count = shape[-1] if len(shape) else -1
        n = round((0.25 + 2 * max(count, 0)) ** 0.5 + 0.5)
        if n * (n - 1) // 2 != count:
            raise ValueError(
                "CorrCholeskyTransform: it takes vectors of n (n - 1) / 2 numbers, as 1, 3, 6, not "
                f"the shape {tuple(shape)}"
            )
        return Size((*shape[:-1], n, n))

    def inverse_shape(self, shape: Any) -> Size:
        if len(shape) < 2 or shape[-1] != shape[-2]:
            raise ValueError(f"CorrCholeskyTransform: {tuple(shape)} are not square matrices")
        return Size((*shape[:-2], shape[-1] * (shape[-1] - 1) // 2))


def _moved_right(x: Any) -> Any:
    """Each row one place to the right, behind a 1."""
    one = full((*x.shape[:-1], 1), 1.0, dtype=x.dtype)
    return ops.concatenate(one, x[..., :-1], axis=-1)


# ---------------------------------------------------------------- parts of a tensor


class _OfParts(Transform):
    """A transform for each part of a tensor along `dim`."""

    def __init__(self, tseq: Sequence[Transform], dim: int, cache_size: int) -> None:
        name = type(self).__name__
        if not tseq or not all(isinstance(part, Transform) for part in tseq):
            raise TypeError(f"{name}: it takes one Transform or more, not {tseq!r}")
        super().__init__(cache_size)
        self.transforms, self.dim = list(tseq), dim
        self.bijective = all(part.bijective for part in tseq)

    def _check(self, x: Any, size: int) -> None:
        name = type(self).__name__
        if not -x.ndim <= self.dim < x.ndim or x.shape[self.dim] != size:
            raise ValueError(f"{name}: size {size} in dimension {self.dim}, not {tuple(x.shape)}")


class CatTransform(_OfParts):
    """Transform each part of a tensor along a dimension, as if the parts were joined by `cat`.

    Parameters
    ----------
    tseq : sequence of Transform
        One for each part.
    dim : int, default 0
        The dimension along which the parts lie.
    lengths : sequence of int, optional
        The size of each part; 1 unless given.
    cache_size : {0, 1}, default 0
        1 keeps the last input and result, so that the inverse of the result is the input itself.

    Raises
    ------
    ValueError
        If there are not as many lengths as transforms; at a call, if the size of `dim` is not their
        sum.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> t = tg.distributions.transforms
    >>> parts = t.ExpTransform(), t.AffineTransform(1.0, 2.0)
    >>> t.CatTransform(parts, lengths=[1, 2])(tg.tensor([0.0, 1.0, 2.0]))
    tensor([1., 3., 5.])
    """

    def __init__(
        self,
        tseq: Sequence[Transform],
        dim: int = 0,
        lengths: Sequence[int] | None = None,
        cache_size: int = 0,
    ) -> None:
        super().__init__(tseq, dim, cache_size)
        self.lengths = [1] * len(tseq) if lengths is None else list(lengths)
        self.length = sum(self.lengths)
        if len(self.lengths) != len(tseq):
            raise ValueError(f"CatTransform: {len(tseq)} transforms, and {self.lengths} as lengths")
        self.domain = constraints.cat([part.domain for part in tseq], dim, self.lengths)
        self.codomain = constraints.cat([part.codomain for part in tseq], dim, self.lengths)

    def _parts(self, x: Any) -> list[Any]:
        self._check(x, self.length)
        starts = np.cumsum([0, *self.lengths]).tolist()
        return [x.narrow(self.dim, k, n) for k, n in zip(starts[:-1], self.lengths, strict=True)]

    def _call(self, x: Any) -> Any:
        pairs = zip(self.transforms, self._parts(x), strict=True)
        return ops.concatenate(*[part(own) for part, own in pairs], axis=self.dim)

    def _inverse(self, y: Any) -> Any:
        pairs = zip(self.transforms, self._parts(y), strict=True)
        return ops.concatenate(*[part._inv_call(own) for part, own in pairs], axis=self.dim)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        dims = self.domain.event_dim
        slopes = [
            sum_rightmost(part.log_abs_det_jacobian(a, b), dims - part.domain.event_dim)
            for part, a, b in zip(self.transforms, self._parts(x), self._parts(y), strict=True)
        ]
        dim = (self.dim - x.ndim if self.dim >= 0 else self.dim) + dims
        return ops.concatenate(*slopes, axis=dim) if dim < 0 else sum(slopes[1:], slopes[0])

    def _settings(self) -> Any:
        return (self.transforms, self.dim, self.lengths)


class StackTransform(_OfParts):
    """Transform each slice of a tensor along a dimension, as if they were joined by `stack`.

    Parameters
    ----------
    tseq : sequence of Transform
        One for each slice.
    dim : int, default 0
        The dimension along which the slices lie.
    cache_size : {0, 1}, default 0
        1 keeps the last input and result, so that the inverse of the result is the input itself.

    Raises
    ------
    ValueError
        At a call, if the size of `dim` is not the number of transforms.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> t = tg.distributions.transforms
    >>> parts = [t.ExpTransform(), t.identity_transform]
    >>> t.StackTransform(parts, dim=1)(tg.zeros(2, 2))
    tensor([[1., 0.],
            [1., 0.]])
    """

    def __init__(self, tseq: Sequence[Transform], dim: int = 0, cache_size: int = 0) -> None:
        super().__init__(tseq, dim, cache_size)
        self.domain = constraints.stack([part.domain for part in tseq], dim)
        self.codomain = constraints.stack([part.codomain for part in tseq], dim)

    def _parts(self, x: Any) -> list[Any]:
        self._check(x, len(self.transforms))
        return [x.select(self.dim, k) for k in range(len(self.transforms))]

    def _call(self, x: Any) -> Any:
        pairs = zip(self.transforms, self._parts(x), strict=True)
        return stack([part(own) for part, own in pairs], self.dim)

    def _inverse(self, y: Any) -> Any:
        pairs = zip(self.transforms, self._parts(y), strict=True)
        return stack([part._inv_call(own) for part, own in pairs], self.dim)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        triples = zip(self.transforms, self._parts(x), self._parts(y), strict=True)
        return stack([part.log_abs_det_jacobian(a, b) for part, a, b in triples], self.dim)

    def _settings(self) -> Any:
        return (self.transforms, self.dim)


class CumulativeDistributionTransform(Transform):
    """Probability of a value below x: y = F(x), the `cdf` of a distribution.

    Parameters
    ----------
    distribution : Distribution
        The distribution, which has `cdf`, and for the inverse `icdf`.
    cache_size : {0, 1}, default 0
        1 keeps the last input and result, so that the inverse of the result is the input itself.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> d = tg.distributions
    >>> d.transforms.CumulativeDistributionTransform(d.Normal(0.0, 1.0))(tg.tensor(0.0))
    tensor(0.5000)
    """

    bijective, codomain, _sign = True, constraints.unit_interval, 1

    def __init__(self, distribution: Distribution, cache_size: int = 0) -> None:
        super().__init__(cache_size)
        self.distribution, self.domain = distribution, distribution.support

    def _call(self, x: Any) -> Any:
        return self.distribution.cdf(x)

    def _inverse(self, y: Any) -> Any:
        return self.distribution.icdf(y)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return self.distribution.log_prob(x)

    def _settings(self) -> Any:
        return (self.distribution,)
