"""Ops that move numbers and change none: reshape, transpose, broadcast, join."""

import numpy as np

from ..dtypes import float64
from ..graph import op
from . import samples


def _split_in_two(random):
    rows, columns = random.randint(1, 4), random.randint(1, 4)
    return ((rows, columns),), {"shape": random.choice(((-1,), (columns, rows), (1, rows, -1)))}


def _cannot_reshape(x, shape):
    return (
        f"cannot view {x.size} numbers of shape {x.shape} as {shape}: the sizes must multiply to "
        f"{x.size}, and one of them may be -1"
    )


@op(
    lambda g, _y, _x, shape: g.reshape(_x),
    samples=_split_in_two,
    explain=_cannot_reshape,
    numpy=np.reshape,
)
def reshape(x, *, shape):
    """y = the numbers of x, in order, in another shape;  dL/dx = g in the shape of x."""
    return x.reshape(shape)


def _permutation(random):
    full = samples.shape(random)
    return (full,), {"axes": tuple(random.sample(range(len(full)), len(full)))}


@op(
    lambda g, _y, _x, axes=None: transpose(g, axes=_inverse(axes)),
    samples=_permutation,
    numpy=np.transpose,
)
def transpose(x, *, axes=None):
    """y = x with its axes permuted;  dL/dx = g with the permutation undone."""
    return np.transpose(x, axes)


def _inverse(axes):
    if axes is None:
        return None
    order = [0] * len(axes)
    for k, axis in enumerate(axes):
        order[axis] = k
    return tuple(order)


def _two_axes(random):
    full = samples.shape(random, min_ndim=1)
    return (full,), {
        "axis1": samples.axis(random, len(full)),
        "axis2": samples.axis(random, len(full)),
    }


@op(
    lambda g, _y, _x, axis1, axis2: g.swapaxes(axis1, axis2),
    samples=_two_axes,
    numpy=np.swapaxes,
)
def swapaxes(x, *, axis1, axis2):
    """y = x with two axes exchanged;  dL/dx = g with them exchanged back."""
    return x.swapaxes(axis1, axis2)


def _repeats(random):
    full = samples.shape(random)
    return (samples.broadcast(random, full),), {"shape": full}


@op(
    lambda g, _y, _x, shape: g,
    samples=_repeats,
    explain=lambda x, shape: f"cannot expand {x.shape} to {shape}: only sides of 1 can be repeated",
    numpy=np.broadcast_to,
)
def broadcast_to(x, *, shape):
    """y = x repeated, without copying, to a larger shape;  dL/dx = g, summed by the engine."""
    if x.__class__ is np.ndarray and x.size == 1 and x.ndim <= len(shape):  # ten times as fast
        y = np.ndarray(shape, x.dtype, x, 0, (0,) * len(shape))
        y.flags.writeable = False
        return y
    return np.broadcast_to(x, shape)


def _sides_of_one(random):
    full = samples.shape(random, max_ndim=2)
    return ((1, *full, 1),), {"axis": random.choice((0, -1, (0, -1)))}


@op(
    lambda g, _y, _x, axis=None: g.reshape(_x),
    samples=_sides_of_one,
    numpy=np.squeeze,
)
def squeeze(x, *, axis=None):
    """y = x without its sides of 1 (all, or those named);  dL/dx = g in the shape of x."""
    return np.squeeze(x, axis)


@op(
    lambda g, _y, _x, axis: g.reshape(_x),
    samples=lambda random: ((samples.shape(random),), {"axis": random.choice((0, -1))}),
    numpy=np.expand_dims,
)
def expand_dims(x, *, axis):
    """y = x with a side of 1 put in;  dL/dx = g in the shape of x."""
    return np.expand_dims(x, axis)


@op(
    lambda g, _y, _x, dtype: g,
    samples=lambda random: ((samples.shape(random),), {"dtype": float64}),
)
def astype(x, *, dtype):
    """y = x in another dtype;  dL/dx = g, which the engine brings back to the dtype of x."""
    return x.astype(dtype)


def _to_join(random):
    full = samples.shape(random, min_ndim=1)
    axis = samples.axis(random, len(full))
    sizes = [random.randint(0, 3) for _ in range(random.randint(1, 3))]
    shapes = [list(full) for _ in sizes]
    for shape, size in zip(shapes, sizes, strict=True):
        shape[axis] = size
    return tuple(map(tuple, shapes)), {"axis": axis}


def _cannot_join(*xs, axis=0):
    given = " and ".join(str(x.shape) for x in xs)
    return f"cannot join {given} along dimension {axis}: all their other sizes must be equal"


def _own_slice(g, _y, *_xs, i, axis=0):
    start = sum(shape[axis] for shape in _xs[:i])
    along = slice(start, start + _xs[i][axis])
    return g[(slice(None),) * (axis % g.ndim) + (along,)]


@op(_own_slice, samples=_to_join, explain=_cannot_join, numpy=np.concatenate)
def concatenate(*xs, axis=0):
    """y = the inputs one after another along an axis they have;  each gets its own slice of g."""
    return np.concatenate(xs, axis)


def _to_stack(random):
    full = samples.shape(random)
    return (full,) * random.randint(1, 3), {"axis": samples.axis(random, len(full) + 1)}


@op(
    lambda g, _y, *_xs, i, axis=0: g[(slice(None),) * (axis % g.ndim) + (i,)],
    samples=_to_stack,
    explain=_cannot_join,
    numpy=np.stack,
)
def stack(*xs, axis=0):
    """y = the inputs side by side along a new axis;  each gets its own layer of g."""
    return np.stack(xs, axis)
