"""Distances between points, and slices scaled down to a largest norm."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import ops
from ..registry import public
from ..sums import in_float32
from .arguments import Tensor, check_dim, check_floating
from .reduction import norm

_MODES = ("use_mm_for_euclid_dist_if_necessary", "use_mm_for_euclid_dist")
_MODES += ("donot_use_mm_for_euclid_dist",)
FEW_POINTS = 25  # up to here differences are taken one by one, as in PyTorch


@public(method=True)
def dist(input: Tensor, other: Tensor, p: float = 2) -> Tensor:
    """p-norm of the difference of two tensors: y = (sum |a - b|^p)^(1/p).

    Parameters
    ----------
    input, other : Tensor
        Floats; their shapes broadcast.
    p : float
        The order of the norm; inf is the largest |a - b|.

    Returns
    -------
    Tensor
        Without dimensions.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.dist(tg.tensor([1.0, 2.0]), tg.tensor([4.0, 6.0]))
    tensor(5.)
    """
    return norm(ops.subtract(input, other), p)


@public()
def cdist(
    x1: Tensor,
    x2: Tensor,
    p: float = 2.0,
    compute_mode: Any = "use_mm_for_euclid_dist_if_necessary",
) -> Tensor:
    """Distances of each row of x1 to each row of x2: y_ij = (sum_k |x1_ik - x2_jk|^p)^(1/p).

    Where a distance is 0, so is its gradient.

    Parameters
    ----------
    x1 : Tensor
        Floats, (..., P, M): P points of M coordinates.
    x2 : Tensor
        Floats, (..., R, M).  The dimensions in front broadcast.
    p : float
        The order of the norm, at least 0; inf is the largest |x1_ik - x2_jk|.
    compute_mode : str
        For p = 2: "use_mm_for_euclid_dist" takes |a - b|^2 as |a|^2 + |b|^2 - 2 a b, which needs
        less memory and loses digits where points are close; "donot_use_mm_for_euclid_dist" takes
        the differences; "use_mm_for_euclid_dist_if_necessary" does so for 25 points or fewer.

    Returns
    -------
    Tensor
        (..., P, R).

    Raises
    ------
    RuntimeError
        If the dtypes are not floating, the numbers of coordinates differ, or p is negative.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> a = tg.tensor([[0.0, 0.0], [3.0, 0.0]])
    >>> tg.cdist(a, tg.tensor([[3.0, 4.0]]))
    tensor([[5.],
            [4.]])
    """
    for x in (x1, x2):
        check_floating(x, "cdist")
    if x1.ndim < 2 or x2.ndim < 2 or x1.shape[-1] != x2.shape[-1]:
        shapes = f"{tuple(x1.shape)} and {tuple(x2.shape)}"
        raise RuntimeError(f"cdist: it takes (..., P, M) and (..., R, M), not {shapes}")
    if p < 0:
        raise RuntimeError(f"cdist: the order p of a norm is at least 0, not {p}")
    mode = _MODES[compute_mode or 0] if not isinstance(compute_mode, str) else compute_mode
    if mode not in _MODES:
        raise ValueError(f"cdist: compute_mode is one of {_MODES}, not {compute_mode!r}")
    many = max(x1.shape[-2], x2.shape[-2]) > FEW_POINTS
    if p == 2 and x1.shape[-1] and (mode == _MODES[1] or (mode == _MODES[0] and many)):
        return in_float32(_by_product, x1, x2)
    p = p if x1.shape[-1] else 2  # of no coordinates there is no largest
    return norm(x1[..., :, None, :] - x2[..., None, :, :], p, -1)


def _by_product(a: Any, b: Any) -> Any:
    """The distances from |a|^2 + |b|^2 - 2 a b: without an array of all the differences."""
    squares = ops.sum(a * a, axis=-1, keepdims=True)
    others = ops.sum(b * b, axis=-1)[..., None, :]
    square = squares + others - 2 * ops.matmul(a, b.swapaxes(-1, -2))
    apart = square > 0  # rounding may leave less
    return ops.where(apart, ops.sqrt(ops.where(apart, square, 1.0)), 0.0)


@public()
def pdist(input: Tensor, p: float = 2.0) -> Tensor:
    """Distances of each pair of rows: y = (sum_k |x_ik - x_jk|^p)^(1/p) for all i < j.

    Where a distance is 0, so is its gradient.

    Parameters
    ----------
    input : Tensor
        Floats, (N, M): N points of M coordinates.
    p : float
        The order of the norm, at least 0; inf is the largest |x_ik - x_jk|.

    Returns
    -------
    Tensor
        (N (N - 1) / 2): row by row the part of the matrix `cdist(x, x)` above its diagonal.

    Raises
    ------
    RuntimeError
        If the dtype is not floating, the input is no matrix, or p is negative.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.pdist(tg.tensor([[0.0, 0.0], [3.0, 0.0], [3.0, 4.0]]))
    tensor([3., 5., 4.])
    """
    check_floating(input, "pdist")
    if input.ndim != 2 or p < 0:
        given = f"{tuple(input.shape)} and p = {p}"
        raise RuntimeError(
            f"pdist: it takes (N, M) points and an order p of 0 or more, not {given}"
        )
    rows, others = np.triu_indices(input.shape[0], 1)
    p = p if input.shape[1] else 2  # of no coordinates there is no largest
    return norm(input[rows] - input[others], p, -1)


@public(method=True, inplace=True, out=True)
def renorm(input: Tensor, p: float, dim: int, maxnorm: float) -> Tensor:
    """Scale down each slice along `dim` whose p-norm is above `maxnorm`, to that norm.

    Parameters
    ----------
    input : Tensor
        Floats, of two dimensions or more.
    p : float
        The order of the norm, above 0.
    dim : int
        The slices are `input.select(dim, k)`.
    maxnorm : float
        The largest norm of a slice, at least 0.

    Returns
    -------
    Tensor
        The shape of the input.

    Raises
    ------
    RuntimeError
        If the dtype is not floating, or p or maxnorm is out of range.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.renorm(tg.tensor([[3.0, 4.0], [0.3, 0.4]]), p=2, dim=0, maxnorm=1.0)
    tensor([[0.6000, 0.8000],
            [0.3000, 0.4000]])
    """
    check_floating(input, "renorm")
    if p <= 0 or maxnorm < 0:
        given = f"p = {p} and maxnorm = {maxnorm}"
        raise RuntimeError(f"renorm: p is above 0 and maxnorm at least 0, not {given}")
    if input.ndim < 2:
        raise RuntimeError(f"renorm: it takes two dimensions or more, not {tuple(input.shape)}")
    axis = check_dim(dim, input.ndim, "renorm", input)
    rest = tuple([d for d in range(input.ndim) if d != axis])

    def scaled(x: Any) -> Any:
        size = norm(x, p, rest, keepdim=True)
        return x * ops.where(size > maxnorm, maxnorm / (size + 1e-7), 1.0)

    return in_float32(scaled, input)
