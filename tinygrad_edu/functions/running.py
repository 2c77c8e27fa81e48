"""Along a dimension: running sums, products and extremes; differences, slopes and integrals."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import ops
from ..dtypes import result_type, uint8
from ..engine import graph
from ..registry import public
from ..sums import in_float32, narrowed, wide
from .arguments import Tensor, axis_of, check_dim, plain
from .reduction import PAIRS

# ---------------------------------------------------------------- running sums, extremes


def _along(op: graph.OpFunction, x: Tensor, dim: int, name: str) -> Tensor:
    axis = axis_of(x, dim, name)
    if x.ndim:
        return op(x, axis=axis)
    return ops.reshape(op(ops.reshape(x, shape=(1,)), axis=0), shape=())


def _as(x: Tensor, dtype: Any) -> Tensor:
    return x if dtype is None else x.to(dtype)


@public(method=True, inplace=True, out=True)
def cumsum(input: Tensor, dim: int, *, dtype: Any = None) -> Tensor:
    """Cumulative sum along `dim`: y_k = x_1 + ... + x_k.

    Parameters
    ----------
    input : Tensor
        The elements, of any shape and dtype.
    dim : int
        The dimension to sum along.
    dtype : dtype, optional
        The input is cast to it first, and so is the result.  By default, that of the input;
        integers and bools are summed in int64.

    Returns
    -------
    Tensor
        The shape of the input.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.cumsum(tg.tensor([1, 2, 3]), 0)
    tensor([1, 3, 6])
    """
    return _as(_along(ops.cumsum, _as(input, dtype), dim, "cumsum"), dtype)


@public(method=True, inplace=True, out=True)
def cumprod(input: Tensor, dim: int, *, dtype: Any = None) -> Tensor:
    """Cumulative product along `dim`: y_k = x_1 ... x_k; its gradient is right at zeros.

    Parameters
    ----------
    input : Tensor
        The elements, of any shape and dtype.
    dim : int
        The dimension to multiply along.
    dtype : dtype, optional
        The input is cast to it first, and so is the result.  By default, that of the input;
        integers and bools are multiplied in int64.

    Returns
    -------
    Tensor
        The shape of the input.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.cumprod(tg.tensor([1, 2, 3]), 0)
    tensor([1, 2, 6])
    """
    return _as(_along(ops.cumprod, _as(input, dtype), dim, "cumprod"), dtype)


@public(method=True, out=True)
def logcumsumexp(input: Tensor, dim: int) -> Tensor:
    """Logarithm of the cumulative sum of exponentials along `dim`, without overflow.

    y_k = log(e^x_1 + ... + e^x_k)

    Parameters
    ----------
    input : Tensor
        Floats, of any shape.
    dim : int
        The dimension to sum along.

    Returns
    -------
    Tensor
        The shape of the input.

    Raises
    ------
    RuntimeError
        If the dtype is not floating.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.logcumsumexp(tg.tensor([0.0, 0.0, 0.0]), 0)
    tensor([0.0000, 0.6931, 1.0986])
    """
    if input.dtype.kind != "f":
        raise RuntimeError(f"logcumsumexp: {input.dtype} has no logarithms; call x.float() first")
    return _along(ops.logcumsumexp, input, dim, "logcumsumexp")


@public(method=True, out=True)
def cummax(input: Tensor, dim: int) -> Any:
    """Largest element so far along `dim`, and its index: y_k = max(x_1, ..., x_k).

    Of equal elements, the last has the index, and the gradient.  NaN propagates.

    Parameters
    ----------
    input : Tensor
        The elements, of any shape and dtype.
    dim : int
        The dimension to search along.

    Returns
    -------
    namedtuple (values, indices)
        Two tensors of the shape of the input.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.cummax(tg.tensor([1, 3, 2]), 0)
    cummax(values=tensor([1, 3, 3]), indices=tensor([0, 1, 1]))
    """
    return _extreme_so_far("cummax", np.maximum, input, dim)


@public(method=True, out=True)
def cummin(input: Tensor, dim: int) -> Any:
    """Smallest element so far along `dim`, and its index: y_k = min(x_1, ..., x_k).

    Of equal elements, the last has the index, and the gradient.  NaN propagates.

    Parameters
    ----------
    input : Tensor
        The elements, of any shape and dtype.
    dim : int
        The dimension to search along.

    Returns
    -------
    namedtuple (values, indices)
        Two tensors of the shape of the input.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.cummin(tg.tensor([3, 1, 2]), 0)
    cummin(values=tensor([3, 1, 1]), indices=tensor([0, 1, 1]))
    """
    return _extreme_so_far("cummin", np.minimum, input, dim)


def _extreme_so_far(name: str, extreme: Any, input: Any, dim: int) -> Any:
    axis = check_dim(dim, input.ndim, name, input)
    x = np.atleast_1d(plain(input))
    new = (x == extreme.accumulate(x, axis=axis)) | np.isnan(x)
    at = np.arange(x.shape[axis]).reshape((-1,) + (1,) * (x.ndim - 1 - axis))
    places = np.maximum.accumulate(np.where(new, at, 0), axis=axis).reshape(input.shape)
    values = ops.take_along_axis(input, places, axis=axis) if input.ndim else ops.copy(input)
    return PAIRS[name](values, graph.Tensor(places))


# ---------------------------------------------------------------- differences and slopes


@public(method=True, out=True)
def diff(
    input: Tensor, n: int = 1, dim: int = -1, prepend: Any = None, append: Any = None
) -> Tensor:
    """Differences of neighbours along `dim`, n times over: y_k = x_(k+1) - x_k.

    Parameters
    ----------
    input : Tensor
        The elements, of one dimension or more; of bools, whether neighbours differ.
    n : int
        How many times differences are taken.
    dim : int
        The dimension along which neighbours are compared.
    prepend, append : Tensor, optional
        What is joined to the input along `dim`, before and after it.

    Returns
    -------
    Tensor
        The shape of the input, with n elements less along `dim`.

    Raises
    ------
    RuntimeError
        If the input has no dimension, or n is negative.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.diff(tg.tensor([1, 4, 9]))
    tensor([3, 5])
    """
    if input.ndim == 0:
        raise RuntimeError("diff: one number has no neighbours; it takes a tensor with dimensions")
    axis = axis_of(input, dim, "diff") % input.ndim
    if n < 0:
        raise RuntimeError(f"diff: n is how many times differences are taken, not {n}")
    if n == 0:
        return ops.copy(input)
    joined = [x for x in (prepend, input, append) if x is not None]
    x = ops.concatenate(*joined, axis=axis) if joined[1:] else input
    differ = ops.not_equal if x.dtype == bool else ops.subtract
    for _ in range(n):
        x = differ(_part(x, axis, 1, None), _part(x, axis, None, -1))
    return x


def _part(x: Any, axis: int, start: int | None, end: int | None) -> Any:
    """x[start:end] along an axis."""
    return x[(slice(None),) * axis + (slice(start, end),)]


@public()
def gradient(
    input: Tensor, *, spacing: Any = None, dim: Any = None, edge_order: int = 1
) -> tuple[Tensor, ...]:
    """Estimate of the slope along each dimension, by central differences.

    Inside, y_k = (x_(k+1) - x_(k-1)) / 2h; where the distances differ, the weighted mean of the
    slopes to the left and to the right that is exact for parabolas.  At the ends, the slope to the
    one neighbour, or with edge_order=2 that of the parabola through three points.

    Parameters
    ----------
    input : Tensor
        Values of a function on a grid.
    spacing : float, list of floats, or list of Tensors
        The distance h of neighbours, of all dimensions or of each of `dim`; or the coordinates
        along each of them, vectors.  1 by default.
    dim : int or tuple of ints, optional
        The dimensions along which slopes are taken; all of them by default.
    edge_order : int
        1 or 2: how the slopes at the ends are estimated.

    Returns
    -------
    tuple of Tensor
        For each of `dim`, the slopes, of the shape of the input.

    Raises
    ------
    RuntimeError
        If a dimension has fewer than edge_order + 1 elements, or the spacing does not fit.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.gradient(tg.tensor([0.0, 1.0, 4.0, 9.0]))
    (tensor([1., 2., 4., 5.]),)
    """
    own = range(input.ndim) if dim is None else dim if isinstance(dim, tuple | list) else (dim,)
    dims = [check_dim(d, input.ndim, "gradient", input) for d in own]
    steps = spacing if isinstance(spacing, tuple | list) else [spacing] * len(dims)
    if edge_order not in (1, 2):
        raise RuntimeError(f"gradient: edge_order is 1 or 2, not {edge_order}")
    if len(steps) != len(dims) or len(set(dims)) != len(dims):
        raise RuntimeError(
            f"gradient: it takes a spacing for each of the dimensions {list(own)}, which differ; "
            f"these are {len(steps)}"
        )
    if input.dtype == uint8:
        raise RuntimeError("gradient: differences of uint8 wrap around; call x.float() first")
    if any(input.shape[d] <= edge_order for d in dims):
        raise RuntimeError(
            f"gradient: each dimension takes {edge_order + 1} elements, not {tuple(input.shape)}"
        )
    x = input if input.dtype.kind == "f" else input.float()
    if any(hasattr(step, "ndim") and step.ndim != 1 for step in steps):
        shapes = [tuple(step.shape) for step in steps if hasattr(step, "ndim")]
        raise RuntimeError(f"gradient: coordinates are vectors, not of shapes {shapes}")
    found = [_slope(wide(x), step, d, edge_order) for step, d in zip(steps, dims, strict=True)]
    return tuple([narrowed(slope, x) for slope in found])


def _slope(x: Any, step: Any, axis: int, edge_order: int) -> Any:
    n, after = x.shape[axis], (1,) * (x.ndim - 1 - axis)
    if np.ndim(plain(step)):
        if step.shape != (n,):
            shape = tuple(step.shape)
            raise RuntimeError(f"gradient: {n} places have {n} coordinates, not of shape {shape}")
        step = step if step.dtype.kind == "f" else step.float()
        h: Any = ops.reshape(step[1:] - step[:-1], shape=(-1, *after))
        x = x.to(result_type(plain(x), plain(h)))
    else:
        h = np.ones((n - 1, *after), x.dtype) * (1.0 if step is None else step)
    slopes = (_part(x, axis, 1, None) - _part(x, axis, None, -1)) / h
    left, right = _part(slopes, axis, None, -1), _part(slopes, axis, 1, None)
    before, behind = h[:-1], h[1:]
    inner = (left * behind + right * before) / (before + behind)
    first, last = _part(slopes, axis, None, 1), _part(slopes, axis, -1, None)
    if edge_order == 2:
        first = first + (first - _part(inner, axis, None, 1))
        last = last + (last - _part(inner, axis, -1, None))
    return ops.concatenate(first, inner, last, axis=axis)


# ---------------------------------------------------------------- integrals


def _strips(name: str, y: Any, x: Any, dx: Any, dim: int) -> tuple[Any, int]:
    """The areas of the trapezoids between neighbours, and the axis along which they lie."""
    if y.ndim == 0:
        raise IndexError(f"{name}: one number has no neighbours; it takes a tensor with dimensions")
    axis = check_dim(dim, y.ndim, name, y)
    if y.dtype.kind == "b" or (x is not None and x.dtype.kind == "b"):
        raise RuntimeError(f"{name}: bools have no area; call y.float() first")
    if x is not None and dx is not None:
        raise TypeError(f"{name}: give the coordinates x or the distance dx, not both")
    if x is None:
        width: Any = 1 if dx is None else dx
    elif x.ndim == 1:
        if x.shape[0] != y.shape[axis]:
            raise RuntimeError(
                f"{name}: x has {x.shape[0]} coordinates, for {y.shape[axis]} along dimension {dim}"
            )
        width = ops.reshape(x[1:] - x[:-1], shape=(-1,) + (1,) * (y.ndim - 1 - axis))
    else:
        x = ops.reshape(x, shape=(1,) * (y.ndim - x.ndim) + tuple(x.shape))
        width = diff(x, dim=axis)
    return in_float32(
        lambda y: (_part(y, axis, 1, None) + _part(y, axis, None, -1)) * width / 2.0, y
    ), axis


@public("trapezoid", "trapz")
def trapezoid(
    y: Tensor, x: Tensor | None = None, *, dx: float | None = None, dim: int = -1
) -> Tensor:
    """Integral along `dim` by the trapezoidal rule: sum of (x_(k+1) - x_k) (y_k + y_(k+1)) / 2.

    Parameters
    ----------
    y : Tensor
        Values of a function.
    x : Tensor, optional
        Their coordinates: a vector, or of a shape that broadcasts with y.
    dx : float, optional
        The distance of neighbours, 1 by default.
    dim : int
        The dimension along which to integrate.

    Returns
    -------
    Tensor
        The shape of y without `dim`.

    Raises
    ------
    RuntimeError
        If x does not fit.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.trapezoid(tg.tensor([0.0, 1.0, 4.0]), dx=0.5)
    tensor(1.5000)
    """
    area, axis = _strips("trapezoid", wide(y), x, dx, dim)
    total = narrowed(ops.sum(area, axis=axis), y)
    return total if y.shape[axis] else total.detach().to(y.dtype)


@public()
def cumulative_trapezoid(
    y: Tensor, x: Tensor | None = None, *, dx: float | None = None, dim: int = -1
) -> Tensor:
    """Cumulative integral along `dim` by the trapezoidal rule (see `trapezoid`).

    Parameters
    ----------
    y : Tensor
        Values of a function.
    x : Tensor, optional
        Their coordinates: a vector, or of a shape that broadcasts with y.
    dx : float, optional
        The distance of neighbours, 1 by default.
    dim : int
        The dimension along which to integrate.

    Returns
    -------
    Tensor
        The shape of y, with one element less along `dim`.

    Raises
    ------
    RuntimeError
        If x does not fit.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.cumulative_trapezoid(tg.tensor([0.0, 1.0, 4.0]))
    tensor([0.5000, 3.0000])
    """
    area, axis = _strips("cumulative_trapezoid", y, x, dx, dim)
    return ops.cumsum(area, axis=axis)
