"""Ops that move numbers and change none: reshape, transpose, broadcast, join."""

import numpy as np

from ..dtypes import float64
from ..graph import op
from . import samples


def _split_in_two(random):
    rows, columns = random.randint(1, 4), random.randint(1, 4)
    return ((rows, columns),), {"shape": random.choice(((-1,), (columns, rows), (1, rows, -1)))}


def _cannot_reshape(x, shape):
    rule = f"the sizes must multiply to {x.size}, and one of them may be -1"
    return f"cannot view {x.size} numbers of shape {x.shape} as {shape}: {rule}"


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
    lambda g, _y, _x, axes: transpose(g, axes=_inverse(axes)),
    samples=_permutation,
    numpy=np.transpose,
)
def transpose(x, *, axes=None):
    """y = x with its axes permuted;  dL/dx = g with the permutation undone."""
    return np.transpose(x, axes)


def _inverse(axes):
    return axes and tuple(sorted(range(len(axes)), key=lambda k: axes[k] % len(axes)))


def _two_axes(random):
    full = samples.shape(random, min_ndim=1)
    return (full,), {
        "axis1": samples.axis(random, len(full)),
        "axis2": samples.axis(random, len(full)),
    }


@op(lambda g, _y, _x, axis1, axis2: g.swapaxes(axis1, axis2), samples=_two_axes, numpy=np.swapaxes)
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


@op(lambda g, _y, _x, axis: g.reshape(_x), samples=_sides_of_one, numpy=np.squeeze)
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


def _own_slice(g, _y, *_xs, i, axis):
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
    lambda g, _y, *_xs, i, axis: g[(slice(None),) * (axis % g.ndim) + (i,)],
    samples=_to_stack,
    explain=_cannot_join,
    numpy=np.stack,
)
def stack(*xs, axis=0):
    """y = the inputs side by side along a new axis;  each gets its own layer of g."""
    return np.stack(xs, axis)


# ---------------------------------------------------------------- in another order


def _some_axes(random):
    full = samples.shape(random)
    return (full,), {"axis": samples.axes(random, len(full))}


@op(lambda g, _y, _x, axis: flip(g, axis=axis), samples=_some_axes, numpy=np.flip)
def flip(x, *, axis=None):
    """y = x in reverse order along the axes, a copy;  dL/dx = g reversed back."""
    return np.flip(x, axis).copy()


def _shifts(random):
    inputs, params = _some_axes(random)
    several = isinstance(params["axis"], tuple)
    count = len(params["axis"]) if several else 1
    shifts = tuple(random.randint(-5, 5) for _ in range(count))
    return inputs, {"shift": shifts if several else shifts[0]} | params


@op(
    lambda g, _y, _x, shift, axis: roll(g, shift=np.negative(shift), axis=axis),
    samples=_shifts,
    numpy=np.roll,
)
def roll(x, *, shift, axis=None):
    """y = x moved on along the axes, round the end to the start;  dL/dx = g moved back."""
    return np.roll(x, shift, axis)


# ---------------------------------------------------------------- parts of matrices


def _matrices(random):
    return (samples.shape(random, min_ndim=2),), {"k": random.randint(-3, 3)}


@op(lambda g, _y, _x, k: tril(g, k=k), samples=_matrices, numpy=np.tril)
def tril(x, *, k=0):
    """y = x up to the k-th diagonal (above the main one if k > 0), 0 above;  dL/dx = g there."""
    return np.tril(x, k)


@op(lambda g, _y, _x, k: triu(g, k=k), samples=_matrices, numpy=np.triu)
def triu(x, *, k=0):
    """y = x from the k-th diagonal on, 0 below;  dL/dx = g there."""
    return np.triu(x, k)


def _diagonals(random):
    full = samples.shape(random, min_ndim=2)
    axis1, axis2 = random.sample(range(-len(full), 0), 2)
    return (full,), {"offset": random.randint(-3, 3), "axis1": axis1, "axis2": axis2}


def _their_values(random):
    (full,), params = _diagonals(random)
    values = np.empty(full).diagonal(**params)
    return (values.shape,), params | {"shape": full}


def _diagonal_view(x, offset, axis1, axis2):
    y = np.diagonal(x, offset, axis1, axis2)
    if y.__class__ is np.ndarray:
        y.flags.writeable = x.flags.writeable
    return y


@op(
    lambda g, _y, _x, offset, axis1, axis2: put_diagonal(
        g, shape=_x, offset=offset, axis1=axis1, axis2=axis2
    ),
    samples=_diagonals,
    numpy=np.diagonal,
)
def diagonal(x, *, offset=0, axis1=0, axis2=1):
    """y[.., k] = x[.., k, .., k + offset, ..], a view;  dL/dx = zeros with g on that diagonal."""
    return _diagonal_view(x, offset, axis1, axis2)


@op(
    lambda g, _y, _values, shape, offset, axis1, axis2: diagonal(
        g, offset=offset, axis1=axis1, axis2=axis2
    ),
    samples=_their_values,
)
def put_diagonal(values, *, shape, offset, axis1, axis2):
    """y = zeros of a shape, with the values on a diagonal;  dL/dvalues = the diagonal of g."""
    y = np.zeros_like(values, shape=shape)
    _diagonal_view(y, offset, axis1, axis2)[...] = values
    return y


# ---------------------------------------------------------------- with a border


def _borders(random):
    full = samples.shape(random, min_side=0)
    widths = [(random.randint(0, 2), random.randint(0, 2)) for _ in full]
    return (full,), {"pad_width": random.choice((1, (2, 1), widths)) if full else ()}


def _within(pad_width, shape):
    """The key of what stands within the border, and the shape with the border around it."""
    pairs = np.broadcast_to(pad_width, (len(shape), 2)).tolist() if shape else []
    key = tuple([slice(low, low + n) for (low, _), n in zip(pairs, shape, strict=True)])
    return key, tuple([low + n + high for (low, high), n in zip(pairs, shape, strict=True)])


@op(lambda g, _y, _x, pad_width, **_: g[_within(pad_width, _x)[0]], samples=_borders, numpy=np.pad)
def pad(x, *, pad_width, mode="constant", constant_values=0):
    """y = x with a border of one value, (before, after) numbers wide along each axis;  dL/dx = g
    without the border."""
    if mode != "constant":
        raise ValueError(f"a border of mode {mode!r} is made by nn.functional.pad")
    key, shape = _within(pad_width, x.shape)
    y = np.full_like(x, constant_values, shape=shape)
    y[key] = x
    return y
