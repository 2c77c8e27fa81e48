"""Writing at places: scatter, the index_* functions, and parts of a tensor replaced.

Each returns a new tensor, and is differentiable in what is kept and in what is written; the methods
with a trailing _ write into the tensor.  Where a place is written several times the last value
stays, and has the gradient.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import ops
from ..dtypes import bool_
from ..registry import public
from ..sums import in_float32
from .arguments import Tensor, check_dim, plain
from .elementwise import add
from .indexing import ARRAY, as_row, check_dtype, checked_dim, integers, places_of, rows_of

# ---------------------------------------------------------------- at an index along a dimension


@public(method=True, inplace=True, out=True)
def scatter(
    input: Tensor,
    dim: int,
    index: Tensor,
    src: Any = None,
    *,
    value: Any = None,
    reduce: str | None = None,
) -> Tensor:
    """Write `src` at the given indices along `dim`: for dim 0, y[index[i, j], j] = src[i, j].

    Parameters
    ----------
    input : Tensor
        The tensor to write to.
    dim : int
        The dimension to write along.
    index : Tensor
        Integers from 0 to the size of `dim`, of as many dimensions as the input.
    src : Tensor or float
        What to write: a tensor of the shape of the index, or larger, or a number.
    value : float, optional
        A number to write, in place of `src`.
    reduce : str, optional
        "add" to what stands there, or "multiply" with it; see `scatter_reduce` for more.

    Returns
    -------
    Tensor
        The shape of the input.

    Raises
    ------
    RuntimeError
        If an index is out of range, or shapes or dtypes do not fit.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.scatter(tg.ones(3), 0, tg.tensor([0, 0, 2]), 5.0, reduce="multiply")
    tensor([25.,  1.,  5.])
    """
    src = value if src is None else src
    if src is None:
        raise TypeError("scatter: give what to write, src= (a tensor) or value= (a number)")
    if reduce not in (None, "add", "multiply"):
        raise RuntimeError(f"scatter: reduce is 'add', 'multiply' or None, not {reduce!r}")
    if isinstance(src, float) and input.dtype.kind in "iu":
        src = int(input.dtype.type(int(src)))  # which fails if it does not fit
    return _scattered(input, dim, index, src, "scatter", reduce)


@public(method=True, inplace=True, out=True)
def scatter_add(input: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """Add `src` at the given indices along `dim`: for dim 0, y[index[i, j], j] += src[i, j].

    Parameters
    ----------
    input : Tensor
        The tensor to add to.
    dim : int
        The dimension to write along.
    index : Tensor
        Integers from 0 to the size of `dim`, of as many dimensions as the input.
    src : Tensor
        What to add, of the shape of the index, or larger.

    Returns
    -------
    Tensor
        The shape of the input.

    Raises
    ------
    RuntimeError
        If an index is out of range, or shapes or dtypes do not fit.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.scatter_add(tg.zeros(3), 0, tg.tensor([0, 0, 2]), tg.tensor([1.0, 2.0, 3.0]))
    tensor([3., 0., 3.])
    """
    return _scattered(input, dim, index, src, "scatter_add", "add")


_SCATTERS = ("sum", "prod", "mean", "amax", "amin")


@public(method=True, inplace=True, out=True)
def scatter_reduce(
    input: Tensor, dim: int, index: Tensor, src: Tensor, reduce: str, *, include_self: bool = True
) -> Tensor:
    """Reduce all of `src` that is written to a place: its sum, product, mean or extreme.

    Parameters
    ----------
    input : Tensor
        The tensor to write to.
    dim : int
        The dimension to write along.
    index : Tensor
        Integers from 0 to the size of `dim`, of as many dimensions as the input.
    src : Tensor
        What to write, of the shape of the index, or larger.
    reduce : str
        "sum", "prod", "mean", "amax" or "amin".  Extremes that tie share the gradient equally.
    include_self : bool
        Does what stands in the input take part?

    Returns
    -------
    Tensor
        The shape of the input.

    Raises
    ------
    RuntimeError
        If an index is out of range, or shapes or dtypes do not fit.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> index, src = tg.tensor([0, 0, 2]), tg.tensor([1.0, 2.0, 3.0])
    >>> tg.scatter_reduce(tg.ones(3), 0, index, src, "mean", include_self=False)
    tensor([1.5000, 1.0000, 3.0000])
    """
    if reduce not in _SCATTERS:
        raise RuntimeError(f"scatter_reduce: reduce is one of {_SCATTERS}, not {reduce!r}")
    return _scattered(input, dim, index, src, "scatter_reduce", reduce, include_self)


def _scattered(
    x: Any, dim: int, index: Any, src: Any, name: str, reduce: Any, include_self: bool = True
) -> Any:
    if x.ndim == 0:
        index, src = (as_row(given) if np.ndim(given) == 0 else given for given in (index, src))
        return _scattered(as_row(x), dim, index, src, name, reduce, include_self)[0]
    src, places = _to_places(x, dim, index, src, name)
    if reduce is None:
        return ops.setitem(x, src, *places, key=(ARRAY,) * len(places))
    if not hasattr(src, "dtype"):
        src = np.full(np.broadcast_shapes(*[place.shape for place in places]), src, x.dtype)
    return _reduced(x, places, src, reduce, include_self)


def _to_places(x: Any, dim: int, index: Any, src: Any, name: str) -> tuple[Any, tuple[Any, ...]]:
    """What of src is written, and where."""
    if index.ndim == 0 and x.ndim == 1:
        index, src = as_row(index), as_row(src)
    if not index.numel():  # of any shape
        places = ops.along(plain(index).reshape((0,) * x.ndim), 0, (0,) * x.ndim)
        checked_dim(x, dim, index, name, RuntimeError)
        none = ops.getitem(as_row(src), key=(slice(0),)) if hasattr(src, "dtype") else src
        return ops.reshape(none, shape=(0,) * x.ndim) if none is not src else src, places
    places = places_of(x, dim, index, name)
    if hasattr(src, "dtype"):
        check_dtype(x, src, name)
        if src.ndim != x.ndim or any(map(int.__gt__, index.shape, src.shape)):
            raise RuntimeError(
                f"{name}: {tuple(index.shape)} places, and src brings only {tuple(src.shape)}"
            )
        src = ops.getitem(src, key=tuple(map(slice, index.shape)))
    return src, places


def _reduced(x: Any, places: tuple[Any, ...], src: Any, reduce: str, include_self: bool) -> Any:
    """x and all of src that goes to each place, reduced to one number."""
    key = (ARRAY,) * len(places)
    if not include_self:
        x = ops.setitem(x, _neutral(reduce, x.dtype), *places, key=key)
    if reduce in ("add", "sum"):
        return in_float32(
            lambda x, src: ops.add(x, ops.put(src, *places, key=key, shape=x.shape)), x, src
        )
    if not np.prod(src.shape):
        return ops.setitem(x, src, *places, key=key)  # nothing, with a gradient of zeros
    if reduce in ("multiply", "prod"):
        return _multiplied(x, places, src)
    if reduce in ("amax", "amin"):
        return ops.put_extremes(x, src, *places, key=key, largest=reduce == "amax")
    ones = np.ones(src.shape, np.int64)
    written = ops.put(ones, *map(plain, places), key=key, shape=x.shape)
    count = np.maximum(written + include_self, 1).astype(x.dtype)
    total = _reduced(x, places, src, "sum", True)
    return total / count if x.dtype.kind == "f" else ops.floor_divide(total, count)


def _neutral(reduce: str, dtype: Any) -> Any:
    """The number that makes no difference to the reduction."""
    if reduce in ("amax", "amin"):
        lowest, highest = (False, True) if dtype == bool_ else (-np.inf, np.inf)
        if dtype.kind in "iu":
            limits = np.iinfo(dtype)
            lowest, highest = limits.min, limits.max
        return lowest if reduce == "amax" else highest
    return 1 if reduce in ("multiply", "prod") else 0


def _multiplied(x: Any, places: tuple[Any, ...], src: Any) -> Any:
    """x with the values of src multiplied in at the places; those of one place are multiplied two
    by two until each has one."""
    shape = np.broadcast_shapes(*[place.shape for place in map(plain, places)])
    grid = [np.broadcast_to(plain(place), shape).reshape(-1) for place in places]
    at = np.ravel_multi_index(grid, x.shape)
    order = np.argsort(at, kind="stable")
    at, factors = at[order], ops.broadcast_to(src, shape=shape)
    factors = ops.getitem(ops.reshape(factors, shape=(-1,)), order, key=(ARRAY,))
    while len(at) > 1 and (at[1:] == at[:-1]).any():
        first = np.flatnonzero(np.diff(at, prepend=-1))
        nth = np.arange(len(at)) - np.repeat(first, np.diff(first, append=len(at)))
        kept = np.flatnonzero(nth % 2 == 0)
        after = np.minimum(kept + 1, len(at) - 1)
        paired = (after > kept) & (at[after] == at[kept])
        own, others = (ops.getitem(factors, k, key=(ARRAY,)) for k in (kept, after))
        factors, at = ops.where(paired, own * others, own), at[kept]
    row = as_row(x)
    factors = ops.getitem(row, at, key=(ARRAY,)) * factors
    return ops.reshape(ops.setitem(row, factors, at, key=(ARRAY,)), shape=x.shape)


# ---------------------------------------------------------------- whole slices along a dimension


@public(method=True, inplace=True, out=True)
def index_add(
    input: Tensor, dim: int, index: Tensor, source: Tensor, *, alpha: float = 1
) -> Tensor:
    """Add slices of `source` at the given indices along `dim`: y[index[i]] += alpha source[i].

    Parameters
    ----------
    input : Tensor
        The tensor to add to.
    dim : int
        The dimension to write along.
    index : Tensor
        Integers from 0 to the size of `dim`, a vector.
    source : Tensor
        The shape of the input, with a slice along `dim` for each index.
    alpha : float
        A factor of the source.

    Returns
    -------
    Tensor
        The shape of the input.

    Raises
    ------
    RuntimeError
        If an index is out of range, or shapes or dtypes do not fit.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.index_add(tg.zeros(3), 0, tg.tensor([0, 0]), tg.tensor([1.0, 2.0]))
    tensor([3., 0., 0.])
    """
    if input.ndim == 0:
        return index_add(input[None], dim, index, ops.reshape(source, shape=(-1,)), alpha=alpha)[0]
    index, key = rows_of(input, dim, index, "index_add", RuntimeError, source)
    return add(input, ops.put(source, index, key=key, shape=input.shape), alpha=alpha)


@public(method=True, inplace=True, out=True)
def index_copy(input: Tensor, dim: int, index: Tensor, source: Tensor) -> Tensor:
    """Write slices of `source` at the given indices along `dim`: y[index[i]] = source[i].

    Parameters
    ----------
    input : Tensor
        The tensor to write to.
    dim : int
        The dimension to write along.
    index : Tensor
        Integers from 0 to the size of `dim`, a vector.
    source : Tensor
        The shape of the input, with a slice along `dim` for each index.

    Returns
    -------
    Tensor
        The shape of the input.

    Raises
    ------
    IndexError
        If an index is out of range, or the shapes do not fit.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.index_copy(tg.zeros(3), 0, tg.tensor([2, 0]), tg.tensor([1.0, 2.0]))
    tensor([2., 0., 1.])
    """
    if input.ndim == 0:
        return index_copy(as_row(input), dim, index, as_row(source))[0]
    index, key = rows_of(input, dim, index, "index_copy", IndexError, source)
    return ops.setitem(input, source, index, key=key)


@public(method=True, inplace=True)
def index_fill(input: Tensor, dim: int, index: Tensor, value: Any) -> Tensor:
    """Write a number at the given indices along `dim`: for dim 0, y[index[i]] = value.

    Parameters
    ----------
    input : Tensor
        The tensor to write to.
    dim : int
        The dimension to write along.
    index : Tensor
        Integers, a vector.  Negative ones count from the end.
    value : float or Tensor
        A number, or a tensor without dimensions.

    Returns
    -------
    Tensor
        The shape of the input.

    Raises
    ------
    IndexError
        If an index is out of range.
    RuntimeError
        If the index is no vector, or the value has dimensions.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.index_fill(tg.zeros(3), 0, tg.tensor([0, 2]), 5.0)
    tensor([5., 0., 5.])
    """
    if np.ndim(plain(value)) or index.ndim > 1:
        shapes = f"{tuple(index.shape)} and a value of shape {np.shape(plain(value))}"
        raise RuntimeError(f"index_fill: it takes a vector of indices and a number, not {shapes}")
    if input.ndim == 0:
        return index_fill(as_row(input), dim, index, value)[0]
    if index.dtype.kind != "i":
        raise IndexError(f"index_fill: an index holds integers, not {index.dtype}")
    own = check_dim(dim, input.ndim, "index_fill", input)
    if isinstance(value, float) and input.dtype.kind in "iu":
        value = int(value)
    key = (slice(None),) * own + (ARRAY,)
    return ops.setitem(input, value, as_row(index), key=key)


_INDEX_REDUCES = ("prod", "mean", "amax", "amin")


@public(method=True, inplace=True, out=True)
def index_reduce(
    input: Tensor,
    dim: int,
    index: Tensor,
    source: Tensor,
    reduce: str,
    *,
    include_self: bool = True,
) -> Tensor:
    """Reduce all slices of `source` that are written to an index along `dim`.

    Parameters
    ----------
    input : Tensor
        The tensor to write to.
    dim : int
        The dimension to write along.
    index : Tensor
        Integers from 0 to the size of `dim`, a vector.
    source : Tensor
        The shape of the input, with a slice along `dim` for each index.
    reduce : str
        "prod", "mean", "amax" or "amin".  Extremes that tie share the gradient equally.
    include_self : bool
        Does what stands in the input take part?

    Returns
    -------
    Tensor
        The shape of the input.

    Raises
    ------
    RuntimeError
        If the reduction is not known, or shapes or dtypes do not fit.
    IndexError
        If an index is out of range.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.index_reduce(tg.ones(2), 0, tg.tensor([0, 0]), tg.tensor([3.0, 5.0]), "mean")
    tensor([3., 1.])
    """
    if reduce not in _INDEX_REDUCES:
        raise RuntimeError(f"index_reduce: reduce is one of {_INDEX_REDUCES}, not {reduce!r}")
    if source.ndim != input.ndim:
        shapes = f"{tuple(source.shape)} do not fit {tuple(input.shape)}"
        raise RuntimeError(f"index_reduce: slices of {shapes}")
    if input.ndim == 0:
        row = index_reduce(
            as_row(input), dim, index, as_row(source), reduce, include_self=include_self
        )
        return row[0]
    own = check_dim(dim, input.ndim, "index_reduce", input)
    index, _ = rows_of(input, dim, index, "index_reduce", IndexError, source)
    across = plain(index).reshape((-1,) + (1,) * (input.ndim - 1 - own))
    places = ops.along(across, own, source.shape)
    return _reduced(input, places, source, reduce, include_self)


# ---------------------------------------------------------------- by keys, flattened, masked


@public(method=True, inplace=True)
def index_put(
    input: Tensor, indices: Sequence[Tensor | None], values: Tensor, accumulate: bool = False
) -> Tensor:
    """Write at the places that `indices` name: y[indices] = values.

    Parameters
    ----------
    input : Tensor
        The tensor to write to.
    indices : tuple of Tensor
        Integers or bools for each of the first dimensions, which broadcast; None is all of one.
    values : Tensor
        What to write, in the dtype of the input; it broadcasts to the places.
    accumulate : bool
        Add to what stands there?  A place that is named several times has the sum.

    Returns
    -------
    Tensor
        The shape of the input.

    Raises
    ------
    IndexError
        If an index is out of range.
    RuntimeError
        If the dtypes differ.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> index = (tg.tensor([0, 0, 2]),)
    >>> tg.index_put(tg.zeros(3), index, tg.tensor([1.0, 2.0, 3.0]), accumulate=True)
    tensor([3., 0., 3.])
    """
    if not isinstance(indices, tuple | list) or not indices:
        raise TypeError(f"index_put: indices are a tuple of tensors, not {indices!r}")
    if not hasattr(values, "dtype"):
        raise TypeError(f"index_put: values are a tensor, not {values!r}")
    if values.ndim or not all(getattr(i, "dtype", None) == bool_ for i in indices):
        check_dtype(input, values, "index_put")
    arrays, key = ops.split_key(tuple([slice(None) if i is None else i for i in indices]))
    if not accumulate:
        return ops.setitem(input, values, *arrays, key=key)
    shape = ops.getitem(plain(input), *map(plain, arrays), key=key).shape
    values = ops.broadcast_to(values, shape=shape)
    return in_float32(
        lambda x, values: ops.add(x, ops.put(values, *arrays, key=key, shape=x.shape)),
        input,
        values,
    )


@public(method=True, inplace=True)
def put(input: Tensor, index: Tensor, source: Tensor, accumulate: bool = False) -> Tensor:
    """Write at the given indices of the flattened tensor.

    Parameters
    ----------
    input : Tensor
        The tensor to write to.
    index : Tensor
        Integers, of any shape.  Negative ones count from the end.
    source : Tensor
        As many elements, in the dtype of the input.
    accumulate : bool
        Add to what stands there?  A place that is named several times has the sum.

    Returns
    -------
    Tensor
        The shape of the input.

    Raises
    ------
    IndexError
        If an index is out of range, or the numbers of elements differ.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.put(tg.zeros(2, 2), tg.tensor([0, -1]), tg.tensor([5.0, 6.0]))
    tensor([[5., 0.],
            [0., 6.]])
    """
    integers(index, "put")
    check_dtype(input, source, "put")
    if index.numel() != source.numel():
        raise IndexError(f"put: {index.numel()} places, and source has {source.numel()} elements")
    row = index_put(as_row(input), (as_row(index),), as_row(source), accumulate)
    return ops.reshape(row, shape=input.shape)


@public(method=True, inplace=True)
def masked_scatter(input: Tensor, mask: Tensor, source: Tensor) -> Tensor:
    """Write the elements of `source`, in order, where the mask is True.

    Parameters
    ----------
    input : Tensor
        The tensor to write to.
    mask : Tensor
        Bools; its shape and that of the input broadcast.
    source : Tensor
        At least as many elements as the mask has True, in the dtype of the input.

    Returns
    -------
    Tensor
        The shape in which input and mask meet.

    Raises
    ------
    RuntimeError
        If the mask does not hold bools, dtypes differ, or the source has too few elements.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> x = tg.tensor([1, 2, 3])
    >>> tg.masked_scatter(x, x > 1, tg.tensor([7, 8, 9]))
    tensor([1, 7, 8])
    """
    if mask.dtype != bool_:
        raise RuntimeError(f"masked_scatter: a mask is of bools, not {mask.dtype}; see x > 0")
    check_dtype(input, source, "masked_scatter")
    shape = np.broadcast_shapes(input.shape, mask.shape)
    x, mask = (ops.broadcast_to(given, shape=shape) for given in (input, mask))
    count = int(plain(mask).sum())
    if source.numel() < count:
        few = f"{source.numel()} elements, for {count} places"
        raise RuntimeError(f"masked_scatter: the source has {few}")
    return ops.setitem(x, as_row(source)[:count], mask, key=(ARRAY,))


# ---------------------------------------------------------------- parts replaced


def _replaced(x: Any, src: Any, steps: Any, name: str) -> Any:
    """x with `src` in the place of the view that the steps make of it."""
    part = ops.through(plain(x), steps)
    if part.shape != src.shape:
        raise RuntimeError(f"{name}: the part is {part.shape}, and src is {tuple(src.shape)}")
    return ops.overlay(x, src.to(x.dtype), steps=steps, order=tuple(range(x.ndim)))


@public(method=True)
def select_scatter(input: Tensor, src: Tensor, dim: int, index: int) -> Tensor:
    """Replace one slice along `dim`: y = x with y.select(dim, index) = src.

    Parameters
    ----------
    input : Tensor
        The tensor to write to.
    src : Tensor
        The shape of the input without `dim`.
    dim : int
        The dimension of the slice.
    index : int
        Which slice; a negative number counts from the end.

    Returns
    -------
    Tensor
        The shape of the input.

    Raises
    ------
    IndexError
        If the index is out of range.
    RuntimeError
        If the shape does not fit.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.select_scatter(tg.zeros(2, 2), tg.ones(2), dim=0, index=1)
    tensor([[0., 0.],
            [1., 1.]])
    """
    axis = _own_dim(input, dim, "select_scatter")
    size = input.shape[axis]
    if not -size <= index < size:
        raise IndexError(f"select_scatter: there is no slice {index} of {size} along {dim}")
    key = (*(slice(None),) * axis, int(index), Ellipsis)
    return _replaced(input, src, ((), ops.getitem, {"key": key}), "select_scatter")


def _own_dim(x: Any, dim: int, name: str) -> int:
    if x.ndim == 0:
        raise IndexError(f"{name}: a number has no dimension {dim}")
    return check_dim(dim, x.ndim, name, x)


@public(method=True, out=True)
def slice_scatter(
    input: Tensor,
    src: Tensor,
    dim: int = 0,
    start: int | None = None,
    end: int | None = None,
    step: int = 1,
) -> Tensor:
    """Replace a range of slices along `dim`: y = x with y[start:end:step] = src.

    Parameters
    ----------
    input : Tensor
        The tensor to write to.
    src : Tensor
        The shape of that part.
    dim : int
        The dimension of the slices.
    start, end : int, optional
        The first slice, and the one after the last; by default, all.
    step : int
        Every how manieth slice, above 0.

    Returns
    -------
    Tensor
        The shape of the input.

    Raises
    ------
    RuntimeError
        If the shape does not fit, or the step is not above 0.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.slice_scatter(tg.zeros(4), tg.ones(2), start=1, end=3)
    tensor([0., 1., 1., 0.])
    """
    if step < 1:
        raise RuntimeError(f"slice_scatter: the step is above 0, not {step}")
    axis = _own_dim(input, dim, "slice_scatter")
    key = (*(slice(None),) * axis, slice(start, end, step), Ellipsis)
    return _replaced(input, src, ((), ops.getitem, {"key": key}), "slice_scatter")


@public(method=True)
def diagonal_scatter(
    input: Tensor, src: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1
) -> Tensor:
    """Replace a diagonal: y = x with y.diagonal(offset, dim1, dim2) = src.

    Parameters
    ----------
    input : Tensor
        The tensor to write to.
    src : Tensor
        The shape of `input.diagonal(offset, dim1, dim2)`.
    offset : int
        Which diagonal: above the main one if positive, below it if negative.
    dim1, dim2 : int
        The dimensions of the matrices.

    Returns
    -------
    Tensor
        The shape of the input.

    Raises
    ------
    RuntimeError
        If the shape does not fit, or the two dimensions are one.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.diagonal_scatter(tg.zeros(2, 2), tg.tensor([5.0, 6.0]))
    tensor([[5., 0.],
            [0., 6.]])
    """
    rows, columns = (_own_dim(input, dim, "diagonal_scatter") for dim in (dim1, dim2))
    if rows == columns:
        raise RuntimeError(f"diagonal_scatter: it takes two dimensions, not {dim1} and {dim2}")
    settings = {"offset": offset, "axis1": rows, "axis2": columns}
    return _replaced(input, src, ((), ops.diagonal, settings), "diagonal_scatter")


@public(method=True)
def as_strided_scatter(
    input: Tensor,
    src: Tensor,
    size: Sequence[int],
    stride: Sequence[int],
    storage_offset: int | None = None,
) -> Tensor:
    """Replace the elements at regular steps in the memory of a tensor.

    The element i, j, ... of `src` goes to place storage_offset + i stride[0] + j stride[1] + ...

    Parameters
    ----------
    input : Tensor
        The tensor to write to.
    src : Tensor
        What to write, of shape `size`.
    size : tuple of ints
        The shape of the part.
    stride : tuple of ints
        How many elements of memory lie between neighbours along each dimension.
    storage_offset : int, optional
        The place of the first element, 0 by default.

    Returns
    -------
    Tensor
        The shape of the input.

    Raises
    ------
    RuntimeError
        If the shape does not fit, or a place is outside.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.as_strided_scatter(tg.zeros(2, 2), tg.ones(2), (2,), (3,))
    tensor([[1., 0.],
            [0., 1.]])
    """
    size, start = tuple(size), storage_offset or 0
    if src.shape != size or len(stride) != len(size):
        given = f"src is {tuple(src.shape)}, with {len(stride)} strides"
        raise RuntimeError(f"as_strided_scatter: the part is {size}, and {given}")
    steps = np.reshape(stride, (-1,) + (1,) * len(size))
    places = start + (np.indices(size) * steps).sum(0)
    if places.size and not 0 <= places.min() <= places.max() < input.numel():
        reach = f"{places.min()} to {places.max()}, of {input.numel()} elements"
        raise RuntimeError(f"as_strided_scatter: the places are {reach}")
    order = tuple(sorted(range(input.ndim), key=lambda d: -abs(plain(input).strides[d])))
    laid = ops.transpose(input, axes=order)  # as it lies in memory
    row = ops.setitem(as_row(laid), src.to(input.dtype), places.astype(np.int64), key=(ARRAY,))
    back = tuple(sorted(range(input.ndim), key=order.__getitem__))
    return ops.transpose(ops.reshape(row, shape=laid.shape), axes=back)


@public("Tensor.fill_diagonal_")
def fill_diagonal_(input: Tensor, fill_value: float, wrap: bool = False) -> Tensor:
    """Write a number on the main diagonal, in place.

    Parameters
    ----------
    input : Tensor
        A matrix; or more dimensions, all of one size.
    fill_value : float
        The number.
    wrap : bool
        Start again at the first column below each square, in a tall matrix?

    Returns
    -------
    Tensor
        This tensor.

    Raises
    ------
    RuntimeError
        If it has less than two dimensions, or more, of several sizes.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.zeros(2, 2).fill_diagonal_(5.0)
    tensor([[5., 0.],
            [0., 5.]])
    """
    x: Any = input
    if x.ndim < 2 or (x.ndim > 2 and len(set(x.shape)) > 1):
        what = "a matrix, or dimensions of one size"
        raise RuntimeError(f"fill_diagonal_: it takes {what}, not {tuple(x.shape)}")
    if isinstance(fill_value, float) and x.dtype.kind in "iu":
        fill_value = int(fill_value)
    at = np.arange(min(x.shape))
    if wrap and x.ndim == 2:
        rows = np.arange(x.shape[0])
        rows = rows[rows % (x.shape[1] + 1) < x.shape[1]]
        x[rows, rows % (x.shape[1] + 1)] = fill_value
    else:
        x[(at,) * x.ndim] = fill_value
    return input
