"""NumPy's functions of shapes, on tensors: reshape, join, split, pad."""

from typing import Any

import numpy as np

from .. import ops
from ..numpy_protocol import answers
from . import grids, joining, shape
from .arguments import Tensor, plain
from .numpy_functions import tensor_of

# ---------------------------------------------------------------- in another shape or order


@answers(np.reshape)
def reshape(a: Tensor, shape: Any, order: str = "C") -> Tensor:
    """The elements in another shape, read and laid out by rows, or by columns with order="F"."""
    sizes = (shape,) if np.ndim(shape) == 0 else tuple(shape)
    if order == "C":
        return ops.reshape(a, shape=sizes)
    if order != "F":
        raise TypeError(f"np.reshape: on tensors order is 'C' or 'F', not {order!r}")
    return ops.transpose(ops.reshape(ops.transpose(a), shape=sizes[::-1]))


@answers(np.ravel)
def ravel(a: Tensor, order: str = "C") -> Tensor:
    """The elements in one dimension."""
    return reshape(a, -1, order)


def rearranged(function: Any, *arrays: Any, **settings: Any) -> Any:
    """What a function of NumPy makes of arrays, whose elements it only moves: it is given the
    places of the elements instead, and says where each goes."""
    flat = [shape.ravel(tensor_of(x)) for x in arrays]
    starts = np.cumsum([0, *[len(x) for x in flat]]).tolist()
    places = [
        np.arange(start, start + len(x)).reshape(np.shape(array))
        for start, x, array in zip(starts, flat, arrays, strict=False)
    ]
    return ops.concatenate(*flat, axis=0)[function(*places, **settings)]


@answers(np.resize)
def resize(a: Any, new_shape: Any) -> Any:
    """The elements in another shape, repeated in order where it has more."""
    return rearranged(np.resize, a, new_shape=new_shape)


@answers(np.transpose)
def transpose(a: Tensor, axes: Any = None) -> Tensor:
    """The dimensions in another order; without one, in reverse."""
    return ops.transpose(a, axes=(axes,) if isinstance(axes, int) else axes)


@answers(np.matrix_transpose)
def matrix_transpose(x: Any) -> Any:
    """Each matrix of a batch transposed."""
    if x.ndim < 2:
        raise ValueError(f"np.matrix_transpose: it takes matrices, not {tuple(x.shape)}")
    return shape.transpose(x, -1, -2)


@answers(np.swapaxes)
def swapaxes(a: Any, axis1: int, axis2: int) -> Any:
    """Two dimensions exchanged."""
    return shape.transpose(a, axis1, axis2)


@answers(np.moveaxis)
def moveaxis(a: Any, source: Any, destination: Any) -> Any:
    """Dimensions moved to other places."""
    return shape.movedim(a, source, destination)


@answers(np.rollaxis)
def rollaxis(a: Any, axis: int, start: int = 0) -> Any:
    """One dimension moved before another one."""
    np.rollaxis(np.empty((1,) * a.ndim), axis, start)  # which refuses what is out of range
    axis, start = axis % a.ndim, start + a.ndim if start < 0 else start
    return shape.movedim(a, axis, start - (axis < start))


@answers(np.squeeze)
def squeeze(a: Any, axis: Any = None) -> Any:
    """Remove dimensions of size 1."""
    return ops.reshape(a, shape=np.squeeze(a.array, axis).shape)


@answers(np.expand_dims)
def expand_dims(a: Any, axis: Any) -> Any:
    """Insert dimensions of size 1."""
    return ops.reshape(a, shape=np.expand_dims(a.array, axis).shape)


def _at_least(widen: Any, arys: Any) -> Any:
    found = [widen(tensor_of(x)) for x in arys]
    return found[0] if len(found) == 1 else tuple(found)


@answers(np.atleast_1d)
def atleast_1d(*arys: Any) -> Any:
    """Numbers as vectors of one: how matplotlib takes a point."""
    return _at_least(shape.atleast_1d, arys)


@answers(np.atleast_2d)
def atleast_2d(*arys: Any) -> Any:
    """Vectors as rows."""
    return _at_least(shape.atleast_2d, arys)


@answers(np.atleast_3d)
def atleast_3d(*arys: Any) -> Any:
    """Arrays of three dimensions or more."""
    return _at_least(shape.atleast_3d, arys)


@answers(np.broadcast_arrays)
def broadcast_arrays(*args: Any) -> Any:
    """The arrays in the shape in which they broadcast."""
    return shape.broadcast_tensors(*map(tensor_of, args))


@answers(np.flipud)
def flipud(m: Any) -> Any:
    """The rows in reverse order."""
    return shape.flipud(m)


@answers(np.fliplr)
def fliplr(m: Any) -> Any:
    """The columns in reverse order."""
    return shape.fliplr(m)


@answers(np.rot90)
def rot90(m: Any, k: int = 1, axes: Any = (0, 1)) -> Any:
    """Rotated by 90 degrees, k times."""
    return shape.rot90(m, k, axes)


@answers(np.tile)
def tile(A: Any, reps: Any) -> Any:
    """The whole array so many times along each of the last dimensions."""
    return shape.tile(A, reps)


@answers(np.repeat)
def repeat(a: Any, repeats: Any, axis: int | None = None) -> Any:
    """Each element, or slice along an axis, so many times in a row."""
    return shape.repeat_interleave(a, repeats, axis)


# ---------------------------------------------------------------- joined


@answers(np.concatenate)
def concatenate(arrays: Any, axis: int | None = 0) -> Any:
    """Arrays one after another; without an axis, flattened."""
    if axis is None:
        arrays, axis = [ops.reshape(tensor_of(x), shape=(-1,)) for x in arrays], 0
    return ops.concatenate(*arrays, axis=axis)


@answers(np.append)
def append(arr: Any, values: Any, axis: int | None = None) -> Any:
    """Values behind an array; without an axis, both flattened."""
    return concatenate([tensor_of(arr), tensor_of(values)], axis)


@answers(np.stack)
def stack(arrays: Any, axis: int = 0) -> Any:
    """Arrays of one shape along a new axis."""
    return ops.stack(*arrays, axis=axis)


@answers(np.hstack)
def hstack(tup: Any) -> Any:
    """Arrays one after another along dimension 1; vectors along their only one."""
    return joining.hstack(list(map(tensor_of, tup)))


@answers(np.vstack)
def vstack(tup: Any) -> Any:
    """Arrays one below another; a vector is a row."""
    return joining.vstack(list(map(tensor_of, tup)))


@answers(np.dstack)
def dstack(tup: Any) -> Any:
    """Arrays one after another along dimension 2."""
    return joining.dstack(list(map(tensor_of, tup)))


@answers(np.column_stack)
def column_stack(tup: Any) -> Any:
    """Arrays side by side; a vector is a column."""
    return joining.column_stack(list(map(tensor_of, tup)))


@answers(np.meshgrid)
def meshgrid(*xi: Any, indexing: str = "xy") -> Any:
    """The coordinates of a grid."""
    return grids.meshgrid(*map(shape.ravel, map(tensor_of, xi)), indexing=indexing)


# ---------------------------------------------------------------- parts


def _parts(name: str, a: Any, where: Any, axis: int, evenly: bool) -> Any:
    where = plain(where)
    if np.ndim(where):
        return list(joining.tensor_split(a, tuple(map(int, where)), axis))
    if where < 1 or (evenly and a.shape[axis] % where):
        raise ValueError(f"np.{name}: {a.shape[axis]} places do not fall into {where} equal parts")
    return list(joining.tensor_split(a, int(where), axis))


@answers(np.split)
def split(ary: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    """So many equal parts along an axis, or the parts between given places."""
    return _parts("split", ary, indices_or_sections, axis, evenly=True)


@answers(np.array_split)
def array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    """So many parts of nearly one size along an axis, or the parts between given places."""
    return _parts("array_split", ary, indices_or_sections, axis, evenly=False)


def _split_along(name: str, a: Any, where: Any, axis: int, least: int) -> Any:
    if a.ndim < least:
        raise ValueError(f"np.{name}: it takes {least} dimensions or more, not {tuple(a.shape)}")
    return _parts(name, a, where, axis, evenly=True)


@answers(np.hsplit)
def hsplit(ary: Any, indices_or_sections: Any) -> Any:
    """Parts along dimension 1; of a vector, along its only one."""
    return _split_along("hsplit", ary, indices_or_sections, int(ary.ndim > 1), 1)


@answers(np.vsplit)
def vsplit(ary: Any, indices_or_sections: Any) -> Any:
    """Parts along dimension 0."""
    return _split_along("vsplit", ary, indices_or_sections, 0, 2)


@answers(np.dsplit)
def dsplit(ary: Any, indices_or_sections: Any) -> Any:
    """Parts along dimension 2."""
    return _split_along("dsplit", ary, indices_or_sections, 2, 3)


@answers(np.delete)
def delete(arr: Any, obj: Any, axis: int | None = None) -> Any:
    """The array without some places along an axis; without an axis, flattened."""
    return rearranged(np.delete, arr, obj=plain(obj), axis=axis)


@answers(np.insert)
def insert(arr: Any, obj: Any, values: Any, axis: int | None = None) -> Any:
    """The array with values put before some places along an axis; without one, flattened."""
    values = tensor_of(values).astype(arr.dtype)

    def put(a: Any, v: Any) -> Any:
        return np.insert(a, plain(obj), v, axis)

    return rearranged(put, arr, values)


# ---------------------------------------------------------------- matrices and borders


@answers(np.diag)
def diag(v: Any, k: int = 0) -> Any:
    """A vector as a diagonal matrix; the diagonal of a matrix."""
    return grids.diag(v, k)


@answers(np.diagflat)
def diagflat(v: Any, k: int = 0) -> Any:
    """A diagonal matrix of all elements."""
    return grids.diagflat(tensor_of(v), k)


@answers(np.trace)
def trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """The sums of diagonals."""
    return ops.sum(ops.diagonal(a, offset=offset, axis1=axis1, axis2=axis2), axis=-1)


@answers(np.pad)
def pad(array: Any, pad_width: Any, mode: Any = "constant", constant_values: Any = 0) -> Any:
    """The array with a border: of a constant, or of its own elements ("edge", "reflect",
    "symmetric", "wrap")."""
    if mode == "constant" and np.ndim(constant_values) == 0:
        return ops.pad(array, pad_width=pad_width, constant_values=constant_values)
    if mode not in ("edge", "reflect", "symmetric", "wrap"):
        raise TypeError(f"np.pad: mode={mode!r}, constant_values={constant_values} is not defined")
    return rearranged(np.pad, array, pad_width=pad_width, mode=mode)
