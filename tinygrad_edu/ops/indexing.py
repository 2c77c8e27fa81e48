"""Ops that read and write at places: x[key], and its derivative, which puts g back at those places.

A key is a tuple of ints, slices, None, Ellipsis and arrays.  The arrays are inputs (without a
gradient), so that the clock sees a write to them; `key` holds the rest, with ARRAY in their places.
"""

from math import prod
from typing import Any

import numpy as np

from ..dtypes import bool_
from ..graph import TensorBase, op
from . import samples

ARRAY = "array"


def filled(key: Any, arrays: Any) -> Any:
    """The key with its arrays in their places."""
    rest = iter(arrays)
    return tuple(next(rest) if part is ARRAY else part for part in key)


def split_key(key: Any) -> tuple[list[Any], tuple[Any, ...]]:
    """The arrays of a key, and the key with ARRAY in their places ."""
    arrays: list[Any] = []
    rest: list[Any] = []
    open_end = False
    for part in key if isinstance(key, tuple) else (key,):
        if isinstance(part, list | range):
            part = np.asarray(part, None if len(part) else np.intp)
        elif isinstance(part, bool):
            part = np.asarray(part)
        if isinstance(part, TensorBase | np.ndarray | np.generic):
            array: Any = getattr(part, "array", part)
            if array.dtype == np.uint8:
                raise IndexError(
                    "a key of uint8 is a mask for PyTorch and places for NumPy; say which with "
                    ".bool() or .long()"
                )
            if array.ndim == 0 and array.dtype.kind in "iu":
                rest.append(int(array))
                continue
            arrays.append(part)
            rest.append(ARRAY)
        elif isinstance(part, slice):
            ends = (part.start, part.stop, part.step)
            rest.append(slice(*[end if end is None else end.__index__() for end in ends]))
        else:
            open_end = open_end or part is Ellipsis
            rest.append(part)
    if not arrays and not open_end:
        rest.append(Ellipsis)  # so that one number is a view too, as in PyTorch
    return arrays, tuple(rest)


def ints_first(arrays: list[Any], rest: tuple[Any, ...]) -> tuple[Any, Any] | None:
    """A key of ints, slices and arrays as two, one after the other: PyTorch takes the ints first,
    where NumPy would count them among the arrays.  None if one key does."""
    if not arrays or not any(isinstance(part, int) for part in rest):
        return None
    covered = [x.ndim if x.dtype == bool_ else 1 for x in arrays]
    first: list[Any] = []
    for part in rest:
        first += [slice(None)] * covered.pop(0) if part is ARRAY else [part]
    then = tuple(
        part if part is ARRAY or part is Ellipsis else slice(None)
        for part in rest
        if not isinstance(part, int)
    )
    return (*first, *[Ellipsis] * (Ellipsis not in first)), then  # a view, of one number too


def _places(random):
    rows, columns = random.randint(1, 4), random.randint(1, 4)
    some = np.array([random.randint(-rows, rows - 1) for _ in range(random.randint(0, 4))], int)
    mask = np.array([[random.random() < 0.5 for _ in range(columns)] for _ in range(rows)])
    arrays, key = random.choice(
        (
            ((), (random.randint(-rows, rows - 1),)),
            ((), (slice(None, None, -1), None, slice(0, columns, 2))),
            ((), (Ellipsis, random.randint(0, columns - 1))),
            ((some,), (ARRAY,)),
            ((some, some % columns), (ARRAY, ARRAY)),
            ((some % columns,), (slice(1, None), ARRAY)),
            ((mask,), (ARRAY,)),
        )
    )
    return (rows, columns), arrays, key


def _read_samples(random):
    shape, arrays, key = _places(random)
    return (shape, *arrays), {"key": key}


def _put_samples(random):
    shape, arrays, key = _places(random)
    values = np.empty(shape)[filled(key, arrays)].shape
    return (values, *arrays), {"key": key, "shape": shape}


def _write_samples(random):
    (values, *arrays), params = _put_samples(random)
    distinct = [np.unique(array) if array.dtype.kind == "i" else array for array in arrays[:1]]
    arrays = [d if d.dtype.kind == "b" else d[d >= 0] for d in distinct] + arrays[1:]
    if len(arrays) == 2:
        arrays[1] = arrays[0] % params["shape"][1]
    values = np.empty(params["shape"])[filled(params["key"], arrays)].shape
    return (params["shape"], values, *arrays), {"key": params["key"]}


def _beyond(x, *arrays, key):
    return f"{_key_text(key, arrays)} does not fit shape {x.shape}: {_first_misfit(x, arrays, key)}"


def _key_text(key, arrays):
    key = key[:-1] if key[-1] is Ellipsis and len(key) > 1 else key
    parts = [
        f"array{x.shape}" if hasattr(x, "shape") else "..." if x is Ellipsis else _slice_text(x)
        for x in filled(key, arrays)
    ]
    return f"[{', '.join(parts)}]"


def _slice_text(part):
    if not isinstance(part, slice):
        return str(part)
    ends = ":".join("" if end is None else str(end) for end in (part.start, part.stop))
    return ends if part.step is None else f"{ends}:{part.step}"


def _first_misfit(x, arrays, key):
    try:
        x[filled(key, arrays)]
    except (IndexError, TypeError, ValueError) as error:
        return str(error)
    return "the values do not broadcast to the places"


@op(
    lambda g, _y, _x, *arrays, key: put(g, *arrays, key=key, shape=_x),
    samples=_read_samples,
    explain=_beyond,
)
def getitem(x, *arrays, key):
    """y = x[key];  dL/dx = zeros with g added at the places that were read."""
    whole_rows = key == (ARRAY,) and arrays[0].dtype.kind == "i" and x.__class__ is np.ndarray
    if whole_rows and x.flags.c_contiguous and x.ndim:
        return x.take(arrays[0], 0)  # up to ten times as fast
    return x[filled(key, arrays)]


@op(
    lambda g, _y, _values, *arrays, key, shape: getitem(g, *arrays, key=key),
    samples=_put_samples,
)
def put(values, *arrays, key, shape):
    """y = zeros of a shape, with the values added at the places of the key;  dL/dvalues = g[key].

    A place that is named several times gets the sum, added in float64 or in short partial sums.
    """
    if any(array.dtype.kind != "b" for array in arrays):
        return _added_at(values, arrays, key, shape)
    y = np.zeros_like(values, shape=shape)
    y[filled(key, arrays)] = values
    return y


def _added_at(values, arrays, key, shape):
    """Zeros of a shape, with the values added at a key of arrays.  `np.add.at` is ten times slower.

    Numbers after the last side that the key names stay together, as rows: what is added is whole
    rows, whose places are numbered through.
    """
    key = key[:-1] if key[-1] is Ellipsis else key
    named = len(shape)
    if Ellipsis not in key:
        named = sum(part.__class__ in (int, slice) for part in key)
        named += sum(array.ndim if array.dtype.kind == "b" else 1 for array in arrays)
    count, width = prod(shape[:named]), prod(shape[named:])
    rows = np.arange(count).reshape(shape[:named])[filled(key, arrays)].reshape(-1)
    values = values.reshape((len(rows), width))
    y = np.zeros_like(values, shape=shape, order="C")
    (_add_rows if y.dtype.kind == "f" else np.add.at)(y.reshape((count, width)), rows, values)
    return y


FEW = 16  # columns: up to here one after another is fastest
SMALL = 4096  # numbers: up to here, all at once
ROUNDS = 32  # the longest partial sum


def _add_rows(y, rows, values):
    """Add each row of values to the row of y, all zeros, that has its number."""
    count, width = y.shape
    n = len(rows)
    if width > 1 and width * (n + count) <= SMALL:
        places = rows[:, None] * width + np.arange(width)
        y[...] = np.bincount(places.reshape(-1), values.reshape(-1), y.size).reshape(y.shape)
    elif width <= FEW and count <= 4 * n:
        for k in range(width):
            y[:, k] = np.bincount(rows, values[:, k], count)
    elif n:
        rows, sums = _partial_sums(values, rows, count)
        y[rows] = sums


def _partial_sums(values, rows, count):
    """The distinct numbers in `rows`, and the sum of the rows of values that have each.

    Rows of one number are added in runs of at most ROUNDS, all runs at once: first of each run its
    first row, then the second is added where there is one ...; then the runs' sums likewise.
    """
    order, nth = numbered(rows.astype(np.uint16) if count <= 2**16 else rows)
    run = np.flatnonzero(nth % ROUNDS == 0)
    length = np.diff(run, append=len(rows))
    longest_first = np.argsort(-length, kind="stable")
    run, length = run[longest_first], length[longest_first]
    wide = np.result_type(values.dtype, np.float32)
    sums = values.take(order[run], 0).astype(wide, copy=False)
    for k in range(1, length[0]):
        left = np.searchsorted(-length, -k)
        sums[:left] += values.take(order[run[:left] + k], 0)
    rows = rows[order[run]]
    return (rows, sums) if nth[run].max() == 0 else _partial_sums(sums, rows, count)


def numbered(rows: Any) -> tuple[Any, Any]:
    """The order that sorts the rows, and for each in that order, how many equals stand before."""
    order = np.argsort(rows, kind="stable")  # of 16 bits, it is ten times as fast
    ordered, n = rows[order], len(rows)
    first = np.flatnonzero(np.concatenate((np.ones(min(n, 1), bool), ordered[1:] != ordered[:-1])))
    return order, np.arange(n) - np.repeat(first, np.diff(first, append=n))


def _with_ndim(part, ndim):
    """The values may have had more sides of 1 in front than the places that they were written
    to."""
    return part.reshape((1,) * (ndim - part.ndim) + part.shape) if part.ndim < ndim else part


def _written(y, values, arrays, key):
    """y, after y[key] = values, in order: of several values for one place the last stays."""
    if any(array.ndim > 1 and array.dtype.kind != "b" for array in arrays):
        values, *arrays = (np.copy(x, order="C") for x in (values, *arrays))
    y[filled(key, arrays)] = values
    return y


def _kept(shape, arrays, key):
    """Which of the values written to a key are still there."""
    holds = np.zeros(shape, np.intp)
    read = holds[filled(key, arrays)].shape
    numbers = np.arange(prod(read)).reshape(read)
    return _written(holds, numbers, arrays, key)[filled(key, arrays)] == numbers


def _to_values(g, _y, _x, _values, *arrays, key):
    part = getitem(g, *arrays, key=key)
    if any(array.dtype.kind != "b" for array in arrays):
        part = part * _kept(_x, arrays, key)
    return _with_ndim(part, len(_values))


@op(
    lambda g, _y, _x, _values, *arrays, key: setitem(g, 0.0, *arrays, key=key),
    _to_values,
    samples=_write_samples,
    promotes=False,
    explain=lambda x, values, *arrays, key: (
        f"cannot write {np.shape(values)} to {_key_text(key, arrays)} of {x.shape}: "
        + _first_misfit(x, arrays, key)
    ),
)
def setitem(x, values, *arrays, key):
    """y = x with y[key] = values;  dL/dx = g with zeros at those places,  dL/dvalues = g[key].

    Where a place is named several times the last value stays, and only that one has a gradient.
    """
    return _written(np.copy(x), values, arrays, key)  # of a NumPy scalar too


def _along_samples(random):
    rows, columns, picked = (random.randint(1, 4) for _ in range(3))
    wide = random.choice((1, columns))  # one column is read in every column
    index = [[random.randint(-rows, rows - 1) for _ in range(wide)] for _ in range(picked)]
    return ((rows, columns), np.array(index)), {"axis": random.choice((0, -2))}


@op(
    lambda g, _y, _x, index, axis: put_along_axis(g, index, axis=axis, shape=_x),
    None,
    samples=_along_samples,
    numpy=np.take_along_axis,
)
def take_along_axis(x, index, *, axis):
    """y[.., k, ..] = x[.., index[.., k, ..], ..] along the axis;  dL/dx = g added back there."""
    return x[along(index, axis, x.shape)]


def along(index: Any, axis: int, shape: tuple[int, ...]) -> tuple[Any, ...]:
    """The key that names the places of `index` along one axis, and each place of the others."""
    ndim = len(shape)
    return tuple(
        index if k == axis % ndim else np.arange(n).reshape((n,) + (1,) * (ndim - 1 - k))
        for k, n in enumerate(shape)
    )


def _put_along_samples(random):
    (shape, index), params = _along_samples(random)
    return ((len(index), shape[1]), index), params | {"shape": shape}


@op(
    lambda g, _y, _values, index, axis, shape: take_along_axis(g, index, axis=axis),
    None,
    samples=_put_along_samples,
)
def put_along_axis(values, index, *, axis, shape):
    """y = zeros of a shape, with the values added at the index along the axis;  dL/dvalues = g
    taken from there."""
    key = along(index, axis, shape)
    if not shape or values.size * shape[axis] == prod(shape):  # no place is named twice
        y = np.zeros_like(values, shape=shape)
        y[key] = values
        return y
    return _added_at(values, key, (ARRAY,) * len(shape), shape)


@op(None, samples=samples.along_axis, numpy=np.argsort)
def argsort(x, *, axis=-1, descending=False):
    """y = the places of x in order along the axis; equal numbers stay in the order that they have,
    and NaN counts as the largest.  No gradient flows back."""
    if x.ndim == 0:
        return np.zeros_like(x, dtype=np.intp)
    if not descending:
        return np.argsort(x, axis=axis, kind="stable")
    back = np.argsort(np.flip(x, axis), axis=axis, kind="stable")
    return x.shape[axis] - 1 - np.flip(back, axis)


@op(None, None, promotes=False, numpy=np.searchsorted)
def searchsorted(x, values, *, side="left"):
    """y = where in x, sorted, each value would stand: before its equals, or after them ("right").

    x is a row, or as many rows as values has.  No gradient flows back.
    """
    if x.ndim == 1:
        return np.searchsorted(x, values, side)
    y = np.empty(values.shape, np.intp)
    for row in np.ndindex(values.shape[:-1]):
        y[row] = np.searchsorted(x[row], values[row], side)
    return y
