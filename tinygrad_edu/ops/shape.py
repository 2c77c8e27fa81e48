"""Ops that rearrange or repeat elements: reshape, transpose, broadcast, join."""

from itertools import accumulate
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ..dtypes import float64
from ..engine.graph import Parts, op, shape_of
from ..sums import narrowed, wide


def _cannot_reshape(x, shape):
    rule = f"the sizes must multiply to {x.size}, and one of them may be -1"
    return f"cannot view {x.size} numbers of shape {x.shape} as {shape}: {rule}"


@op(lambda g, _y, _x, shape: g.reshape(_x), explain=_cannot_reshape, numpy=np.reshape, view=True)
def reshape(x, *, shape):
    """y = the numbers of x, in order, in another shape;  dL/dx = g in the shape of x."""
    return x.reshape(shape)


@op(lambda g, _y, _x: g.reshape(_x), numpy=np.ravel, view=True)
def ravel(x):
    """y = the numbers of x, in order, in one dimension;  dL/dx = g in the shape of x."""
    return x.ravel()  # in half the time of x.reshape(-1)


@op(lambda g, _y, _x, axes: transpose(g, axes=_inverse(axes)), numpy=np.transpose, view=True)
def transpose(x, *, axes=None):
    """y = x with its axes permuted;  dL/dx = g with the permutation undone."""
    if x.__class__ is np.ndarray:
        return x.transpose(axes)  # in a third of the time
    return np.transpose(x, axes)


def _inverse(axes):
    return axes and tuple(sorted(range(len(axes)), key=lambda k: axes[k] % len(axes)))


@op(
    lambda g, _y, _x, shape: g,
    samples=lambda draw: draw.case(draw.broadcast, shape=draw.shape()),
    explain=lambda x, shape: (
        f"cannot expand {x.shape} to {shape}: only dimensions of size 1 can be repeated"
    ),
    numpy=np.broadcast_to,
    view=True,
)
def broadcast_to(x, *, shape):
    """y = x repeated, without copying, to a larger shape;  dL/dx = g, summed by the engine."""
    if type(x) is np.ndarray and x.size == 1 and x.ndim <= len(shape):  # ten times as fast
        y = np.ndarray(shape, x.dtype, x, 0, (0,) * len(shape))
        y.flags.writeable = False
        return y
    return np.broadcast_to(x, shape)


@op(lambda g, _y, _x, dtype: g, samples=lambda draw: draw.case(draw.shape(), dtype=float64))
def astype(x, *, dtype):
    """y = x in another dtype;  dL/dx = g, which the engine brings back to the dtype of x."""
    return x.astype(dtype)


MENTIONED = 8  # shapes that the message gives


def _cannot_join(*xs, axis=0):
    shapes = [str(shape_of(x)) for x in xs]
    shapes = list(dict.fromkeys(shapes))[:MENTIONED] if len(xs) > MENTIONED else shapes
    given = " and ".join(shapes)
    return f"cannot join {given} along dimension {axis}: all their other sizes must be equal"


def _own_slice(g, _y, *_xs, i, axis):
    start = sum([shape[axis] for shape in _xs[:i]])
    return _slice(g, start, _xs[i][axis], axis)


def _own_slices(g, _y, _xs, axis):
    sizes = [shape[axis] for shape in _xs]
    starts = [0, *accumulate(sizes)]
    return Parts(_slice(g, start, n, axis) for start, n in zip(starts, sizes, strict=False))


def _slice(g, start, size, axis):
    return g[(slice(None),) * (axis % g.ndim) + (slice(start, start + size),)]


@op(
    _own_slice,
    whole=_own_slices,
    samples=lambda draw: draw.joined(),
    explain=_cannot_join,
    numpy=np.concatenate,
)
def concatenate(*xs, axis=0):
    """y = the inputs one after another along an axis they have;  each gets its own slice of g."""
    return np.concatenate(xs, axis)


def _layer(g, i, axis):
    return g[(slice(None),) * (axis % g.ndim) + (i,)]


@op(
    lambda g, _y, *_xs, i, axis: _layer(g, i, axis),
    whole=lambda g, _y, _xs, axis: Parts(_layer(g, i, axis) for i in range(len(_xs))),
    samples=lambda draw: draw.case(*draw.alike(draw.integer(1, 3)), axis=draw.new_axis),
    explain=_cannot_join,
    numpy=np.stack,
)
def stack(*xs, axis=0):
    """y = the inputs side by side along a new axis;  each gets its own layer of g."""
    return np.stack(xs, axis)


# ---------------------------------------------------------------- in another order


@op(
    lambda g, _y, _x, axis: flip(g, axis=axis),
    samples=lambda draw: draw.case(draw.shape(), axis=draw.axes),
    numpy=np.flip,
)
def flip(x, *, axis=None):
    """y = x in reverse order along the axes, a copy;  dL/dx = g reversed back."""
    return np.flip(x, axis).copy()


@op(lambda g, _y, _x, shift, axis: roll(g, shift=np.negative(shift), axis=axis), numpy=np.roll)
def roll(x, *, shift, axis=None):
    """y = x moved on along the axes, round the end to the start;  dL/dx = g moved back."""
    return np.roll(x, shift, axis)


# ---------------------------------------------------------------- parts of matrices


@op(lambda g, _y, _x, k: tril(g, k=k), numpy=np.tril)
def tril(x, *, k=0):
    """y = x up to the k-th diagonal (above the main one if k > 0), 0 above;  dL/dx = g there."""
    return np.tril(x, k)


@op(lambda g, _y, _x, k: triu(g, k=k), numpy=np.triu)
def triu(x, *, k=0):
    """y = x from the k-th diagonal on, 0 below;  dL/dx = g there."""
    return np.triu(x, k)


def _diagonal_view(x, offset, axis1, axis2):
    if x.__class__ is not np.ndarray:
        return np.diagonal(x, offset, axis1, axis2)
    y = x.diagonal(offset, axis1, axis2)
    if x.flags.writeable and not y.flags.writeable:
        y.flags.writeable = True
    return y


@op(lambda g, _y, _x, **at: put_diagonal(g, shape=_x, **at), numpy=np.diagonal, view=True)
def diagonal(x, *, offset=0, axis1=0, axis2=1):
    """y[.., k] = x[.., k, .., k + offset, ..], a view;  dL/dx = zeros with g on that diagonal."""
    return _diagonal_view(x, offset, axis1, axis2)


@op(lambda g, _y, _values, shape, **at: diagonal(g, **at))
def put_diagonal(values, *, shape, offset, axis1, axis2):
    """y = zeros of a shape, with the values on a diagonal;  dL/dvalues = the diagonal of g."""
    y = np.zeros_like(values, shape=shape)
    _diagonal_view(y, offset, axis1, axis2)[...] = values
    return y


# ---------------------------------------------------------------- windows on the memory


def layout_of(x: Any) -> Any:
    """How an array lies in the memory that it looks into: its strides, and the place of its first
    element, counted in elements."""
    memory = memory_of(x)
    address = [array.__array_interface__["data"][0] for array in (x, memory)]
    strides = tuple(step // x.itemsize for step in x.strides)
    return strides, (address[0] - address[1]) // x.itemsize


def memory_of(x: Any) -> Any:
    """The array that owns the memory of x, its axes in the order of the memory."""
    owner = x.base if isinstance(x.base, np.ndarray) and x.base.dtype == x.dtype else x
    return owner.transpose(np.argsort([-step for step in owner.strides], kind="stable"))


def strided(x, size, stride, start):
    """A view of the memory of x, from this place on."""
    steps, memory = [step * x.itemsize for step in stride], memory_of(x)
    ends = [(n - 1) * step for n, step in zip(size, stride, strict=True)]
    first, last = (start + sum([part(0, end) for end in ends]) for part in (min, max))
    if 0 not in size and not 0 <= first <= last < memory.size:
        raise ValueError("beyond the memory")
    return np.ndarray(size, x.dtype, memory, start * x.itemsize, steps)


@op(
    lambda g, _y, _x, axis, size, step: add_slices(g, shape=_x, axis=axis, size=size, step=step),
    samples=lambda draw: draw.case((2, 7), axis=1, size=3, step=2),
    view=True,
)
def slices(x, *, axis, size, step):
    """y[.., p, .., k] = x[.., p step + k, ..], a view;  dL/dx = the slices of g, added where they
    stand."""
    count = (x.shape[axis] - size) // step + 1
    own_memory = type(x) is np.ndarray and memory_of(x).flags.c_contiguous
    if not own_memory or not x.size or not size:
        windows = sliding_window_view(x, size, axis)
        return windows[(*(slice(None),) * axis, slice(None, None, step))]
    strides, start = layout_of(x)
    shape = (*x.shape[:axis], count, *x.shape[axis + 1 :], size)
    steps = (*strides[:axis], strides[axis] * step, *strides[axis + 1 :], strides[axis])
    return strided(x, shape, steps, start)


@op(
    lambda g, _y, _parts, shape, **at: slices(g, **at),
    samples=lambda draw: draw.case((2, 3, 3), shape=(2, 7), axis=1, size=3, step=2),
)
def add_slices(parts, *, shape, axis, size, step):
    """y = zeros of a shape, with the slices added where they stand;  dL/dparts = the slices of
    g."""
    summed = wide(parts)
    y = np.zeros_like(summed, shape=shape)
    reach = (parts.shape[axis] - 1) * step + 1
    for k in range(size):
        y[(*(slice(None),) * axis, slice(k, k + reach, step))] += summed[..., k]
    return narrowed(y, parts)


# ---------------------------------------------------------------- written through a view


def in_order(steps: Any) -> Any:
    """View ops and their parameters, the first first, of steps: none, or (those before, the last
    op, its parameters)."""
    found = []
    while steps:
        steps, *last = steps
        found.append(last)
    return reversed(found)


def through(x: Any, steps: Any) -> Any:
    """What the view ops of the steps make of x one after another."""
    for call, params in in_order(steps):
        x = call(x, **params)
    return x


def joined(steps: Any, more: Any) -> Any:
    """The steps, and then more of them."""
    for call, params in in_order(more):
        steps = (steps, call, params)
    return steps


def _overlay_samples(draw):
    steps = (((), transpose, {"axes": None}), diagonal, {"offset": 1, "axis1": 0, "axis2": 1})
    return draw.case((3, 4), (2,), steps=steps, order=draw.choice((0, 1), (1, 0)))


@op(
    lambda g, _y, _x, _part, steps, order: overlay(g, 0.0, steps=steps, order=order),
    lambda g, _y, _x, _part, steps, order: through(g, steps),
    samples=_overlay_samples,
    promotes=False,
)
def overlay(x, part, *, steps, order):
    """y = x, but for the view that the steps make of it, which is the part;
    dL/dx = g with zeros there,  dL/dpart = that view of g.

    The axes of y lie in memory in this order, the one of the largest stride first.
    """
    back = sorted(range(len(order)), key=order.__getitem__)
    y = np.copy(np.transpose(x, order), order="C").transpose(back)
    view = through(y, steps)
    view.flags.writeable = True  # part of an expanded view: nothing repeats there
    view[...] = part
    return y


# ---------------------------------------------------------------- with a border


def _within(pad_width, shape):
    """The key of what stands within the border, and the shape with the border around it."""
    pairs = np.broadcast_to(pad_width, (len(shape), 2)).tolist() if shape else []
    key = tuple([slice(low, low + n) for (low, _), n in zip(pairs, shape, strict=True)])
    return key, tuple([low + n + high for (low, high), n in zip(pairs, shape, strict=True)])


@op(lambda g, _y, _x, pad_width, **_: g[_within(pad_width, _x)[0]], numpy=np.pad)
def pad(x, *, pad_width, mode="constant", constant_values=0):
    """y = x with a border of one value, (before, after) numbers wide along each axis;  dL/dx = g
    without the border."""
    if mode != "constant":
        raise ValueError(f"a border of mode {mode!r} is made by nn.functional.pad")
    key, shape = _within(pad_width, x.shape)
    y = np.full_like(x, constant_values, shape=shape)
    y[key] = x
    return y
