"""Ops that read and write at places: x[key], and its derivative, which puts g back at those places.

A key is a tuple of ints, slices, None, Ellipsis and arrays.  The arrays are inputs (without a
gradient), so that the clock sees a write to them; `key` holds the rest, with ARRAY in their places.
"""

from typing import Any

import numpy as np

from ..dtypes import bool_
from ..graph import TensorBase, op

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


def _is_int(part: Any) -> bool:
    return isinstance(part, int) and not isinstance(part, bool)


def ints_first(arrays: list[Any], rest: tuple[Any, ...]) -> tuple[Any, Any] | None:
    """A key of ints, slices and arrays as two, one after the other: PyTorch takes the ints first,
    where NumPy would count them among the arrays.  None if one key does."""
    if not arrays or not any(map(_is_int, rest)):
        return None
    covered = [x.ndim if x.dtype == bool_ else 1 for x in arrays]
    first: list[Any] = []
    for part in rest:
        first += [slice(None)] * covered.pop(0) if part is ARRAY else [part]
    then = tuple(
        part if part is ARRAY or part is Ellipsis else slice(None)
        for part in rest
        if not _is_int(part)
    )
    return tuple(first), then


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
    return x[filled(key, arrays)]


@op(
    lambda g, _y, _values, *arrays, key, shape: getitem(g, *arrays, key=key),
    samples=_put_samples,
)
def put(values, *arrays, key, shape):
    """y = zeros of a shape, with the values added at the places of the key;  dL/dvalues = g[key].

    A place that is named several times gets the sum.
    """
    y = np.zeros_like(values, shape=shape)
    if any(array.dtype.kind != "b" for array in arrays):
        np.add.at(y, filled(key, arrays), values)
    else:
        y[filled(key, arrays)] = values
    return y


def _with_ndim(part, ndim):
    """The values may have had more sides of 1 in front than the places that they were written
    to."""
    return part.reshape((1,) * (ndim - part.ndim) + part.shape) if part.ndim < ndim else part


@op(
    lambda g, _y, _x, _values, *arrays, key: setitem(g, 0.0, *arrays, key=key),
    lambda g, _y, _x, _values, *arrays, key: _with_ndim(getitem(g, *arrays, key=key), len(_values)),
    samples=_write_samples,
    promotes=False,
    explain=lambda x, values, *arrays, key: (
        f"cannot write {np.shape(values)} to {_key_text(key, arrays)} of {x.shape}: "
        + _first_misfit(x, arrays, key)
    ),
)
def setitem(x, values, *arrays, key):
    """y = x with y[key] = values;  dL/dx = g with zeros at those places,  dL/dvalues = g[key]."""
    y = x.copy()
    y[filled(key, arrays)] = values
    return y


def _along_samples(random):
    rows, columns, picked = (random.randint(1, 4) for _ in range(3))
    index = [[random.randint(0, rows - 1) for _ in range(columns)] for _ in range(picked)]
    return ((rows, columns), np.array(index)), {"axis": random.choice((0, -2))}


@op(
    lambda g, _y, _x, index, axis: put_along_axis(g, index, axis=axis, shape=_x),
    None,
    samples=_along_samples,
    numpy=np.take_along_axis,
)
def take_along_axis(x, index, *, axis):
    """y[.., k, ..] = x[.., index[.., k, ..], ..] along the axis;  dL/dx = g added back there."""
    return x[_along(index, axis)]


def _along(index, axis):
    """The key that reads `index` along one axis, and every place of the others."""
    own, ndim = axis % index.ndim, index.ndim
    return tuple(
        [
            index if k == own else np.arange(n).reshape((n,) + (1,) * (ndim - 1 - k))
            for k, n in enumerate(index.shape)
        ]
    )


def _put_along_samples(random):
    (shape, index), params = _along_samples(random)
    return (index.shape, index), params | {"shape": shape}


@op(
    lambda g, _y, _values, index, axis, shape: take_along_axis(g, index, axis=axis),
    None,
    samples=_put_along_samples,
)
def put_along_axis(values, index, *, axis, shape):
    """y = zeros of a shape, with the values added at the index along the axis;  dL/dvalues = g
    taken from there."""
    y = np.zeros_like(values, shape=shape)
    if index.shape[axis] == 1:  # no place is named twice
        y[_along(index, axis)] = values
    else:
        np.add.at(y, _along(index, axis), values)
    return y
