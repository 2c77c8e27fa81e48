"""Ops that read and write at places: x[key], and its derivative, which puts g back at those places.

A key is a tuple of ints, slices, None, Ellipsis and arrays.  The arrays are inputs (without a
gradient), so that the clock sees a write to them; `key` holds the rest, with ARRAY in their places.
"""

from itertools import chain
from math import prod
from operator import index
from typing import Any

import numpy as np

from ..dtypes import bool_
from ..engine.graph import MISUSE, op
from .elementwise import selected, where
from .shape import strided

ARRAY = "array"


def filled(key: Any, arrays: Any) -> Any:
    """The key with its arrays in their places."""
    rest = iter(arrays)
    return tuple(next(rest) if part is ARRAY else part for part in key)


def split_key(key: Any) -> tuple[list[Any], tuple[Any, ...]]:
    """The arrays of a key, and the key with ARRAY in their places.  A list, a range or a tuple
    within it is an array of places."""
    arrays: list[Any] = []
    rest: list[Any] = []
    for part in key if isinstance(key, tuple) else (key,):
        if isinstance(part, slice):
            ends = (part.start, part.stop, part.step)
            part = slice(*[end if end is None else index(end) for end in ends])
        elif part.__class__ is not int and part is not None and part is not Ellipsis:
            part = _place(part)
            if hasattr(part, "dtype"):
                arrays.append(part)
                part = ARRAY
        rest.append(part)
    if not arrays and Ellipsis not in rest:
        rest.append(Ellipsis)  # so that one number is a view too, as in PyTorch
    return arrays, tuple(rest)


_LISTS = (list, tuple, range, bool)  # what becomes an array


def _place(part: Any) -> Any:
    """A part of a key other than a slice: an int, or an array (or Tensor) of ints or bools."""
    if isinstance(part, _LISTS):
        part = np.asarray(part, np.intp if part in ([], (), range(0)) else None)
    array: Any = getattr(part, "array", part)
    if not hasattr(array, "dtype"):
        return index(part) if hasattr(part, "__index__") else part
    kind = array.dtype.kind
    if array.ndim == 0 and kind in "iu" and (kind == "i" or isinstance(array, np.generic)):
        return int(array)
    if array.dtype == np.uint8:
        raise IndexError("a uint8 key: a mask, or places?  Say .bool() or .long()")
    return part


def located(x: Any, arrays: Any, key: Any) -> Any:
    """A part of x, which is a view, and the key that has x[key] in it.  PyTorch takes the ints of a
    key with arrays first, where NumPy would count them among the arrays; an Ellipsis that stands
    for no dimension does not part two arrays; and it refuses a mask without elements that does not
    fit, where NumPy would not look."""
    parts: Any = filled(key, arrays)
    several = len(arrays) > 1 and Ellipsis in key
    if not arrays or (not several and int not in map(type, key) and all(a.size for a in arrays)):
        return x, parts
    hidden = [slice(None)] * (x.ndim - sum(map(_sides, parts)))  # behind ...
    first: list[Any] = []
    then: list[Any] = []
    for part in chain.from_iterable(hidden if p is Ellipsis else [p] for p in parts):
        axis = sum(map(_sides, first))
        end = axis + _sides(part)
        if hasattr(part, "dtype"):
            if part.dtype == bool_ and part.shape != x.shape[axis:end]:
                raise IndexError(f"a mask of {part.shape} does not fit {x.shape[axis:end]}")
            first += [slice(None)] * (end - axis)
            then.append(part)
        else:
            first.append(part)
            then += [] if part.__class__ is int else [slice(None)]
    return x[(*first, Ellipsis)], tuple(then)


def assign(x: Any, values: Any, arrays: Any, key: Any) -> tuple[Any, Any]:
    """x[key] = values, in order: of several values for one place the last stays.  Returns the view
    and the key that were written, for the clock."""
    if any(array.ndim > 1 and array.dtype.kind != "b" for array in arrays):
        values, *arrays = (np.copy(x, order="C") for x in (values, *arrays))
    part, at = located(x, arrays, key)
    if len(at) == 1 and getattr(at[0], "dtype", None) == bool_ and np.ndim(values) > 1:
        at = (*at, Ellipsis)  # to a mask alone NumPy gives a row only, not whatever broadcasts
    part[at] = values
    return part, at


def _sides(part: Any) -> int:
    """How many sides of x a part of a key is about."""
    if part is None or part is Ellipsis:
        return 0
    return part.ndim if getattr(part, "dtype", None) == bool_ else 1


def _misfit(x, *arrays, key):
    """The key, and in NumPy's words why it does not fit."""
    shown = [f"array{p.shape}" if hasattr(p, "shape") else str(p) for p in filled(key, arrays)]
    shown = shown[:-1] if len(key) > 1 and key[-1] is Ellipsis else shown
    why: Any = "the values do not broadcast to the places"
    try:
        part, at = located(x, arrays, key)
        part[at]
    except MISUSE as error:
        why = error
    return f"[{', '.join(shown)}] does not fit shape {x.shape}: {why}"


@op(lambda g, _y, _x, *arrays, key: put(g, *arrays, key=key, shape=_x), explain=_misfit, view=True)
def getitem(x, *arrays, key):
    """y = x[key];  dL/dx = zeros with g added at the places that were read."""
    if not arrays:
        return x[key]  # a view
    whole_rows = key == (ARRAY,) and arrays[0].dtype.kind == "i" and x.__class__ is np.ndarray
    if whole_rows and x.flags.c_contiguous and x.ndim:
        return x.take(arrays[0], 0)  # up to ten times as fast
    part, at = located(x, arrays, key)
    return part[at]


@op(lambda g, _y, _values, *arrays, key, shape: getitem(g, *arrays, key=key))
def put(values, *arrays, key, shape):
    """y = zeros of a shape, with the values added at the places of the key;  dL/dvalues = g[key].

    A place that is named several times gets the sum, added in float64 or in short partial sums.
    """
    if any(array.dtype.kind != "b" for array in arrays):
        return _added_at(values, arrays, key, shape)
    return _written(np.zeros_like(values, shape=shape), values, arrays, key)


def _added_at(values, arrays, key, shape):
    """Zeros of a shape, with the values added at a key of arrays.  `np.add.at` is ten times slower.

    Numbers after the last side that the key names stay together, as rows: what is added is whole
    rows, whose places are numbered through.
    """
    named = len(shape) if Ellipsis in key else sum(map(_sides, filled(key, arrays)))
    count, width = prod(shape[:named]), prod(shape[named:])
    numbers = all(array.dtype.kind != "b" for array in arrays)
    if numbers and len(arrays) == len(key) == named > 1:
        rows = 0
        for array, n in zip(arrays, shape[:named], strict=True):
            rows = rows * n + (array + (array < 0) * n)  # a negative one counts from the end
        rows = rows.reshape(-1)
    else:
        first = arrays[0]  # a single number of NumPy is none that an array is made `like`
        places = np.arange(count, like=first) if isinstance(first, np.ndarray) else np.arange(count)
        part, at = located(places.reshape(shape[:named]), arrays, key)
        rows = part[at].reshape(-1)
    values = values.reshape((len(rows), width))
    y = np.zeros_like(values, shape=shape, order="C")
    (_add_rows if y.dtype.kind == "f" else np.add.at)(y.reshape((count, width)), rows, values)
    return y


def _positions(shape, own, size, stride, start):
    """Where each element of a strided view stands among those of an array of this shape and layout,
    in order, and whether it is one of them."""
    strides, first = own
    addresses = (first + _reached(shape, strides)).reshape(-1)
    order = np.argsort(addresses)
    wanted = start + _reached(size, stride)
    found = order[np.searchsorted(addresses, wanted, sorter=order).clip(max=order.size - 1)]
    return found, addresses[found] == wanted


def _reached(shape, strides):
    """For each place of an array, how far it lies from the first."""
    steps = [np.arange(n) * step for n, step in zip(shape, strides, strict=True)]
    return sum(np.ix_(*steps), np.zeros(shape, np.intp))


def _to_strided(g, _y, _x, size, stride, start, own):
    places, own_element = _positions(_x, own, size, stride, start)
    part = where(own_element, g, 0.0)
    return put(part, places, key=(ARRAY,), shape=(prod(_x),)).reshape(_x)


def _beyond(x, size, stride, start, own):
    reach = start + sum((n - 1) * step for n, step in zip(size, stride, strict=True))
    return f"{size} with strides {stride} from {start} on reaches to {reach}, beyond the memory"


@op(
    _to_strided,
    samples=lambda draw: draw.case((6,), size=(2, 3), stride=(1, 2), start=0, own=((1,), 0)),
    explain=_beyond,
    view=True,
)
def as_strided(x, *, size, stride, start, own):
    """y[i, j ..] = the element at start + i stride[0] + j stride[1] .. of the memory of x, a view;
    dL/dx = g, added at those places that are elements of x.  `own` is the layout of x."""
    if x.__class__ is np.ndarray:
        return strided(x, size, stride, start)
    return getitem(x.reshape(-1), _positions(x.shape, own, size, stride, start)[0], key=(ARRAY,))


FEW_COLUMNS = 16  # up to here one after another is fastest
SMALL = 4096  # numbers: up to here, all at once
ROUNDS = 32  # the longest partial sum


def _add_rows(y, rows, values):
    """Add each row of values to the row of y, all zeros, that has its number."""
    count, width = y.shape
    n = len(rows)
    if width > 1 and width * (n + count) <= SMALL:
        places = rows[:, None] * width + np.arange(width)
        y[...] = np.bincount(places.reshape(-1), values.reshape(-1), y.size).reshape(y.shape)
    elif width <= FEW_COLUMNS and count <= 4 * n + SMALL:
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
    order = np.argsort(rows.astype(np.uint16) if count <= 2**16 else rows, kind="stable")
    ordered = rows[order]
    first = np.flatnonzero(np.diff(ordered, prepend=-1))
    nth = np.arange(len(rows)) - np.repeat(first, np.diff(first, append=len(rows)))
    run = np.flatnonzero(nth % ROUNDS == 0)
    length = np.diff(run, append=len(rows))
    longest_first = np.argsort(-length, kind="stable")
    run, length = run[longest_first], length[longest_first]
    wide = np.result_type(values.dtype, np.float32)
    sums = values.take(order[run], 0).astype(wide, copy=False)
    for k in range(1, length[0]):
        left = np.searchsorted(-length, -k)
        sums[:left] += values.take(order[run[:left] + k], 0)
    rows = ordered[run]
    return (rows, sums) if nth[run].max() == 0 else _partial_sums(sums, rows, count)


def _written(x, values, arrays, key):
    assign(x, values, arrays, key)
    return x


def _kept(shape, arrays, key):
    """Which of the values written to a key are still there."""
    holds = np.zeros(shape, np.intp)
    part, at = located(holds, arrays, key)
    numbers = np.arange(part[at].size).reshape(part[at].shape)
    _written(holds, numbers, arrays, key)
    return part[at] == numbers


def _to_values(g, _y, _x, _values, *arrays, key):
    part = getitem(g, *arrays, key=key)
    if any(array.dtype.kind != "b" for array in arrays):
        part = where(_kept(_x, arrays, key), part, 0)
    ones = (1,) * (len(_values) - part.ndim)  # sides that the values had in front
    return part.reshape(ones + part.shape)


@op(
    lambda g, _y, _x, _values, *arrays, key: setitem(g, 0.0, *arrays, key=key),
    _to_values,
    promotes=False,
    explain=lambda x, values, *arrays, key: f"{np.shape(values)} to {_misfit(x, *arrays, key=key)}",
)
def setitem(x, values, *arrays, key):
    """y = x with y[key] = values;  dL/dx = g with zeros at those places,  dL/dvalues = g[key].

    Where a place is named several times the last value stays, and only that one has a gradient.
    """
    return _written(np.copy(x), values, arrays, key)  # of a NumPy scalar too


def _shares(g, y, x, src, places, key):
    """g in equal parts for all those that are the extreme at a place."""
    found = (src == getitem(y, *places, key=key)).astype(g.dtype)
    count = (x == y) + put(found, *places, key=key, shape=x.shape)
    return g / (count + (count == 0))  # no number is equal to nan


def _to_extremes_of_x(g, y, x, src, *places, key, **_):
    return selected(_shares(g, y, x, src, places, key), x == y)


def _to_extremes_of_src(g, y, x, src, *places, key, **_):
    share = getitem(_shares(g, y, x, src, places, key), *places, key=key)
    return selected(share, src == getitem(y, *places, key=key))


def _extreme_samples(draw):
    places = draw.numbers.integers(0, 4, (5,))
    return draw.case((4,), (5,), places, key=(ARRAY,), largest=draw.choice(True, False))


@op(_to_extremes_of_x, _to_extremes_of_src, samples=_extreme_samples)
def put_extremes(x, src, *places, key, largest):
    """y = the largest (or smallest) of x and of all src that are written to a place;
    g goes to where it stood, in equal shares if it ties."""
    y = np.copy(x)
    (np.maximum if largest else np.minimum).at(y, filled(key, places), src)
    return y


def along(index: Any, axis: int, shape: tuple[int, ...]) -> tuple[Any, ...]:
    """The key that names the places of `index` along one axis, and each place of the others."""
    places = list(np.indices(shape, sparse=True))
    if shape:
        places[axis] = index
    return tuple(places)


def take_along_axis(x: Any, index: Any, axis: int) -> Any:
    """y[.., k, ..] = x[.., index[.., k, ..], ..] along the axis."""
    return getitem(x, *along(index, axis, x.shape), key=(ARRAY,) * x.ndim)


def put_along_axis(values: Any, index: Any, axis: int, shape: tuple[int, ...]) -> Any:
    """y = zeros of a shape, with the values added at the index along the axis."""
    return put(values, *along(index, axis, shape), key=(ARRAY,) * len(shape), shape=shape)


@op(None, numpy=np.argsort)
def argsort(x, *, axis=-1, descending=False):
    """y = the places of x in order along the axis; equal numbers stay in the order that they have,
    and NaN counts as the largest.  No gradient flows back."""
    if x.ndim == 0:
        return np.zeros_like(x, dtype=np.intp)
    if not descending:
        return np.argsort(x, axis=axis, kind="stable")
    back = np.argsort(np.flip(x, axis), axis=axis, kind="stable")
    return x.shape[axis] - 1 - np.flip(back, axis)


SEVERAL = 4  # times as many numbers as are wanted: from here on, not all of them are sorted


@op(None, samples=lambda draw: draw.case((5,), k=2, axis=0, largest=draw.choice(True, False)))
def argtop(x, *, k=1, axis=-1, largest=True):
    """y = the places of the k largest (or smallest) x along the axis, in order, as `argsort` has
    them.  No gradient flows back."""
    places = _above(x, k, axis, largest) if type(x) is np.ndarray and x.ndim else None
    if places is not None:
        order = argsort(np.take_along_axis(x, places, axis), axis=axis, descending=largest)
        return np.take_along_axis(places, order, axis)
    places = argsort(x, axis=axis, descending=largest)
    return places[(slice(None),) * (axis % x.ndim) + (slice(k),)] if x.ndim else places


def _above(x, k, axis, largest):
    """The places of the k largest or smallest x along the axis, as they come; None if others are
    equal to the last of them, or if it takes as long to sort.  The k-th is found in linear time."""
    n = x.shape[axis]
    if not 0 < SEVERAL * k <= n or x.size == 0:
        return None
    rows = np.ascontiguousarray(x.swapaxes(axis, -1))
    last = np.partition(rows, n - k if largest else k - 1, -1)
    last = last[..., n - k, None] if largest else last[..., k - 1, None]
    found, count = np.flatnonzero(rows >= last if largest else rows <= last), x.size // n
    if len(found) != k * count or (found.reshape(count, k) // n != np.arange(count)[:, None]).any():
        return None
    return (found % n).reshape((*rows.shape[:-1], k)).swapaxes(axis, -1)
