"""Reading and writing at places: gather and scatter, sort and search.

A read is differentiable in what is read, a write in both what is kept and what is written.  Places
that are read several times add up their gradients; where they are *written* several times the last
value stays, and has the gradient.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import ops
from ..dtypes import bool_, float32, float64, int32, int64
from ..engine import graph
from ..registry import public
from ..sums import in_float32
from .arguments import Tensor, check_dim, plain
from .elementwise import add
from .reduction import PAIRS

ARRAY = ops.ARRAY

# ---------------------------------------------------------------- whole rows along one dimension


@public(method=True, out=True)
def index_select(input: Tensor, dim: int, index: Any) -> Tensor:
    """The rows along `dim` that `index` names: for dim 0, y[i] = x[index[i]].  Of a number
    without dimensions, the number."""
    if input.ndim == 0:
        if index.numel() != 1:
            raise RuntimeError(f"index_select: of one number one is selected, not {index.numel()}")
        return index_select(_row(input), dim, index)[0]
    index, key = _rows(input, dim, index, "index_select", IndexError)
    return ops.getitem(input, index, key=key)


@public(method=True, inplace=True, out=True)
def index_add(input: Tensor, dim: int, index: Any, source: Any, *, alpha: float = 1) -> Tensor:
    """x with alpha times the rows of `source` added to those that `index` names: for dim 0,
    y[index[i]] += alpha source[i]."""
    if input.ndim == 0:
        return index_add(input[None], dim, index, ops.reshape(source, shape=(-1,)), alpha=alpha)[0]
    index, key = _rows(input, dim, index, "index_add", RuntimeError, source)
    return add(input, ops.put(source, index, key=key, shape=input.shape), alpha=alpha)


def _rows(x: Any, dim: int, index: Any, name: str, error: Any, source: Any = None) -> Any:
    """The index as a row of numbers, and the key that reads it along `dim`, both checked."""
    own = _checked(x, dim, index, name, error)
    if index.ndim > 1:
        raise IndexError(f"{name}: the index is a row of places, not of shape {tuple(index.shape)}")
    index = ops.reshape(index, shape=(-1,))
    wanted = (*x.shape[:own], len(index), *x.shape[own + 1 :])
    if source is not None:
        _check_dtype(x, source, name)
        if source.shape != wanted:
            raise error(f"{name}: the {len(index)} places take {wanted}, not {tuple(source.shape)}")
    return index, (slice(None),) * own + (ARRAY,)


def _checked(x: Any, dim: int, index: Any, name: str, error: Any) -> int:
    """`dim`, counted from the front.  The index must hold integers, in range if there is an error
    to say otherwise."""
    own = check_dim(dim, x.ndim, name, x)
    size = x.shape[own] if x.ndim else 1
    places = _integers(index, name)
    if error and places.size and not 0 <= places.min() <= places.max() < size:
        wrong = places[(places < 0) | (places >= size)][0]
        raise error(f"{name}: index {wrong} is out of range for dimension {dim} of size {size}")
    return own


def _integers(index: Any, name: str) -> Any:
    if index.dtype.kind != "i":
        raise RuntimeError(f"{name}: an index holds integers, not {index.dtype}; say index.long()")
    return plain(index)


def _check_dtype(x: Any, source: Any, name: str) -> None:
    if x.dtype != source.dtype:
        raise RuntimeError(f"{name}: {source.dtype} values go into {x.dtype}; say .to({x.dtype})")


# ---------------------------------------------------------------- number by number


@public(method=True, out=True)
def gather(input: Tensor, dim: int, index: Any, *, sparse_grad: bool = False) -> Tensor:
    """The numbers that `index` names along `dim`: for dim 0, y[i, j] = x[index[i, j], j].

    The index has as many dimensions as x, and is no larger in the others; one number stands for a
    row of one, in x and in the index, and an empty index may have any shape.  The gradient is
    dense, also with `sparse_grad`.

    >>> import tinygrad_edu as tg
    >>> gather(tg.tensor([[1.0, 2.0], [3.0, 4.0]]), 1, tg.tensor([[0, 0], [1, 0]]))
    tensor([[1., 1.],
            [4., 3.]])
    """
    if 0 in index.shape:
        _checked(input, dim, index, "gather", RuntimeError)
        return ops.getitem(_row(input), index, key=(ARRAY,))
    if input.ndim == 0 or index.ndim == 0:
        x, row = (_row(given) if given.ndim == 0 else given for given in (input, index))
        return ops.reshape(gather(x, dim, row), shape=index.shape)
    places = _places(input, dim, index, "gather")
    return ops.getitem(input, *places, key=(ARRAY,) * len(places))


@public(method=True, inplace=True, out=True)
def scatter(
    input: Tensor,
    dim: int,
    index: Any,
    src: Any = None,
    *,
    value: Any = None,
    reduce: str | None = None,
) -> Tensor:
    """x with `src`, a tensor or a number, written where `index` says: for dim 0,
    y[index[i, j], j] = src[i, j].  With reduce "add" or "multiply" it is added to what stands
    there, or multiplied with it; both are differentiable.

    >>> import tinygrad_edu as tg
    >>> scatter(tg.ones(3), 0, tg.tensor([0, 0, 2]), 5.0, reduce="multiply")
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
def scatter_add(input: Tensor, dim: int, index: Any, src: Any) -> Tensor:
    """x with `src` added where `index` says: for dim 0, y[index[i, j], j] += src[i, j]."""
    return _scattered(input, dim, index, src, "scatter_add", "add")


def _scattered(x: Any, dim: int, index: Any, src: Any, name: str, reduce: str | None) -> Any:
    if x.ndim == 0:
        index, src = (_row(given) if np.ndim(given) == 0 else given for given in (index, src))
        return _scattered(_row(x), dim, index, src, name, reduce)[0]
    src, places = _to_places(x, dim, index, src, name)
    key = (ARRAY,) * len(places)
    if reduce == "add":
        if not hasattr(src, "dtype"):
            src = np.full(np.broadcast_shapes(*[place.shape for place in places]), src, x.dtype)
        return in_float32(
            lambda x, src: ops.add(x, ops.put(src, *places, key=key, shape=x.shape)), x, src
        )
    if reduce == "multiply" and index.numel():
        return _multiplied(x, places, src)
    return ops.setitem(x, src, *places, key=key)


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
    row = _row(x)
    factors = ops.getitem(row, at, key=(ARRAY,)) * factors
    return ops.reshape(ops.setitem(row, factors, at, key=(ARRAY,)), shape=x.shape)


def _row(x: Any) -> Any:
    """All numbers of x in one row."""
    return ops.reshape(x, shape=(-1,)) if hasattr(x, "dtype") else x


def _places(x: Any, dim: int, index: Any, name: str) -> tuple[Any, ...]:
    """The key of the places that `index` names along `dim`, checked."""
    own = _checked(x, dim, index, name, RuntimeError)
    sizes = x.shape[:own] + index.shape[own : own + 1] + x.shape[own + 1 :]
    if index.ndim != x.ndim or any(map(int.__gt__, index.shape, sizes)):
        rule = f"it needs as many dimensions, and no larger ones except along {dim}"
        raise RuntimeError(
            f"{name}: an index of {tuple(index.shape)} does not fit {tuple(x.shape)}: {rule}"
        )
    return ops.along(index, own, index.shape)


def _to_places(x: Any, dim: int, index: Any, src: Any, name: str) -> tuple[Any, tuple[Any, ...]]:
    """What of src is written, and where."""
    if index.ndim == 0 and x.ndim == 1:
        index, src = _row(index), _row(src)
    if not index.numel():  # of any shape
        places = ops.along(plain(index).reshape((0,) * x.ndim), 0, (0,) * x.ndim)
        _checked(x, dim, index, name, RuntimeError)
        none = ops.getitem(_row(src), key=(slice(0),)) if hasattr(src, "dtype") else src
        return ops.reshape(none, shape=(0,) * x.ndim) if none is not src else src, places
    places = _places(x, dim, index, name)
    if hasattr(src, "dtype"):
        _check_dtype(x, src, name)
        if src.ndim != x.ndim or any(map(int.__gt__, index.shape, src.shape)):
            raise RuntimeError(
                f"{name}: {tuple(index.shape)} places, and src brings only {tuple(src.shape)}"
            )
        src = ops.getitem(src, key=tuple(map(slice, index.shape)))
    return src, places


# ---------------------------------------------------------------- flattened, masked, by keys


@public(method=True)
def take(input: Tensor, index: Any) -> Tensor:
    """The numbers that `index` names in the flattened x."""
    _integers(index, "take")
    return ops.getitem(ops.reshape(input, shape=(-1,)), index, key=(ARRAY,))


@public(method=True, out=True)
def take_along_dim(input: Tensor, indices: Any, dim: int | None = None) -> Tensor:
    """The numbers that `indices` names along `dim`, broadcast in the other dimensions; without a
    dim, in the flattened x."""
    if dim is None:
        return take(input, ops.reshape(indices, shape=(-1,)))
    _checked(input, dim, indices, "take_along_dim", None)
    if indices.ndim != input.ndim:
        raise RuntimeError(
            f"take_along_dim: {indices.ndim} dimensions do not fit {tuple(input.shape)}"
        )
    return ops.take_along_axis(input, indices, axis=dim)


@public(method=True, out=True)
def masked_select(input: Tensor, mask: Any) -> Tensor:
    """The numbers of x where the mask is true, in one row; x and mask broadcast."""
    if mask.dtype != bool_:
        raise RuntimeError(f"masked_select: a mask is of bools, not {mask.dtype}; see x > 0")
    shape = np.broadcast_shapes(input.shape, mask.shape)
    x, mask = (ops.broadcast_to(given, shape=shape) for given in (input, mask))
    return ops.getitem(x, mask, key=(ARRAY,))


# ---------------------------------------------------------------- in order


@public(method=True, out=True)
def argsort(input: Tensor, dim: int = -1, descending: bool = False, stable: bool = False) -> Tensor:
    """The places of x in order along `dim`; always stable."""
    return sort(input, dim, descending).indices


@public(method=True, out=True)
def sort(input: Tensor, dim: int = -1, descending: bool = False, stable: bool = False) -> Any:
    """x in order along `dim`, and where each number stood; always stable, NaN is the largest.

    >>> import tinygrad_edu as tg
    >>> sort(tg.tensor([3.0, 1.0, 2.0])).indices
    tensor([1, 2, 0])
    """
    return _ranked("sort", input, dim, descending)


@public(method=True, out=True)
def topk(input: Tensor, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Any:
    """The k largest (or smallest) numbers along `dim`, in order, and where they stood."""
    return _ranked("topk", input, dim, largest, k)


def _ranked(name: str, x: Any, dim: int, descending: bool, k: int | None = None) -> Any:
    own = check_dim(dim, x.ndim, name, x)
    size = x.shape[own] if x.ndim else 1
    if k is not None and not 0 <= k <= size:
        raise RuntimeError(f"{name}: k = {k} is out of range: dimension {dim} has size {size}")
    places = ops.argsort(x, axis=dim, descending=descending)
    if x.ndim and k is not None:
        places = ops.getitem(places, key=(slice(None),) * own + (slice(k),))
    return PAIRS[name](ops.take_along_axis(x, places, axis=dim), places)


# ---------------------------------------------------------------- without a gradient


@public(method=True)
def unique(
    input: Tensor,
    sorted: bool = True,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
) -> Any:
    """The distinct numbers (with `dim`, rows) of x, in order; if asked for, which of them each
    number of x is, and how often each occurs."""
    x = plain(input)
    values, inverse, counts = np.unique(x, False, True, True, dim, equal_nan=False)
    inverse = inverse.reshape(x.shape if dim is None else (-1,))
    found = [values] + [inverse] * return_inverse + [counts] * return_counts
    return tuple(map(graph.Tensor, found)) if len(found) > 1 else graph.Tensor(values)


@public(out=True)
def searchsorted(
    sorted_sequence: Any,
    input: Tensor,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
    sorter: Any = None,
) -> Tensor:
    """Where in a sorted sequence each number would stand: before its equals, or with `right` after
    them.  The sequence is one row, or one for each row of the input; `sorter`, of its shape, says
    where its numbers stand in order (see `argsort`), if it is not sorted."""
    if side not in (None, "left", "right"):
        raise RuntimeError(f"searchsorted: side is 'left' or 'right', not {side!r}")
    if side == "left" and right:
        raise RuntimeError("searchsorted: side='left' and right=True ask for opposite things")
    rows, x = plain(sorted_sequence), np.asarray(plain(input))
    rows = rows if sorter is None else _in_order(rows, plain(sorter))
    if rows.ndim != 1 and (rows.ndim != max(x.ndim, 1) or rows.shape[:-1] != x.shape[:-1]):
        raise RuntimeError(
            f"searchsorted: {tuple(rows.shape)} is neither one row nor rows of {tuple(x.shape)}"
        )
    at: Any = "right" if right else side or "left"
    places = np.empty(x.shape, int32 if out_int32 else int64)
    for row in np.ndindex(x.shape[:-1] if rows.ndim > 1 else ()):
        places[row] = np.searchsorted(rows[row], x[row], at)
    return graph.Tensor(places)


def _in_order(rows: Any, sorter: Any) -> Any:
    if sorter.dtype != int64 or sorter.shape != rows.shape:
        given = f"{sorter.shape} {sorter.dtype}"
        raise RuntimeError(f"searchsorted: sorter is {rows.shape} int64, as argsort's, not {given}")
    if sorter.size and not 0 <= sorter.min() <= sorter.max() < rows.shape[-1]:
        raise RuntimeError(f"searchsorted: sorter has places that no row of {rows.shape} has")
    return np.take_along_axis(rows, sorter, -1)


@public(out=True)
def bucketize(
    input: Tensor, boundaries: Any, *, out_int32: bool = False, right: bool = False
) -> Tensor:
    """The bucket of each number: how many boundaries are below it, or with `right` not above."""
    if boundaries.ndim != 1:
        raise RuntimeError(f"bucketize: the boundaries are one row, not {tuple(boundaries.shape)}")
    return searchsorted(boundaries, input, out_int32=out_int32, right=right)


@public(method=True)
def bincount(input: Tensor, weights: Any = None, minlength: int = 0) -> Tensor:
    """How often each of 0, 1, 2 ... occurs; with weights, the (differentiable) sum of theirs."""
    x = plain(input)
    if x.ndim != 1 or x.dtype.kind not in "iu" or x.min(initial=minlength) < 0:
        raise RuntimeError(f"bincount: it counts integers from 0 on, not {x}, up to {minlength}")
    if weights is None:
        return graph.Tensor(np.bincount(x, minlength=minlength))
    if weights.shape != x.shape:
        raise RuntimeError(f"bincount: {tuple(weights.shape)} weights for {tuple(x.shape)} numbers")
    weights = weights if weights.dtype == float32 else weights.to(float64)
    length = x.max(initial=minlength - 1) + 1
    return ops.put(weights, input, key=(ARRAY,), shape=(int(length),))


@public(method=True, out=True)
def nonzero(input: Tensor, *, as_tuple: bool = False) -> Any:
    """The places of the numbers other than zero, one in each row; or a tuple, to index with."""
    x = plain(input)
    if as_tuple:
        return tuple(map(graph.Tensor, np.nonzero(np.atleast_1d(x))))
    return graph.Tensor(np.argwhere(x))


@public(method=True)
def argwhere(input: Tensor) -> Tensor:
    """The places of the numbers other than zero, one in each row."""
    return nonzero(input)
