"""Ops that make many numbers few: sum, mean, largest and smallest."""

from math import prod

import numpy as np

from ..graph import op
from . import samples
from .shape import broadcast_to


def kept(g, shape, axis):
    """g with the reduced axes put back as sides of 1, so that it broadcasts against the input."""
    if axis is None:
        return g.reshape((1,) * len(shape))
    axes = {k % len(shape) for k in (axis if isinstance(axis, tuple) else (axis,))} if shape else ()
    return g.reshape(tuple(1 if k in axes else side for k, side in enumerate(shape)))


def count(shape, axis):
    """How many numbers go into each result."""
    if axis is None:
        return prod(shape)
    return prod([shape[k] for k in axis]) if isinstance(axis, tuple) else shape[axis]


@op(
    lambda g, _y, _x, axis=None, keepdims=False: broadcast_to(kept(g, _x, axis), shape=_x),
    samples=samples.reduction,
    numpy=np.sum,
)
def sum(x, *, axis=None, keepdims=False):
    """y = sum of x over the axes;  dL/dx = g, for every number that went in."""
    dtype = None if x.dtype.kind == "f" else np.int64
    return np.add.reduce(x, axis=axis, keepdims=keepdims, dtype=dtype)


@op(
    lambda g, _y, _x, axis=None, keepdims=False: broadcast_to(
        kept(g, _x, axis) / count(_x, axis), shape=_x
    ),
    samples=samples.reduction,
    numpy=np.mean,
)
def mean(x, *, axis=None, keepdims=False):
    """y = sum of x over the axes / their n numbers;  dL/dx = g / n."""
    n = count(x.shape, axis)
    if n == 0:
        raise ValueError(f"the mean of no numbers is not defined: shape {x.shape}, axis {axis}")
    if x.dtype == np.float16:  # summed in float32: the largest float16 is 65,504
        total = np.add.reduce(x, axis=axis, keepdims=keepdims, dtype=np.float32)
        return np.divide(total, n, dtype=np.float32).astype(x.dtype)
    return np.add.reduce(x, axis=axis, keepdims=keepdims) / n


def _to_the_extremes(g, y, x, axis=None, keepdims=False):
    mask = x == kept(y, x.shape, axis)
    return kept(g, x.shape, axis) * mask / mask.sum(axis=axis, keepdims=True)


@op(_to_the_extremes, samples=samples.reduction, numpy=np.max)
def amax(x, *, axis=None, keepdims=False):
    """y = the largest x over the axes;  g goes to where it stands, in equal shares if it ties."""
    return np.maximum.reduce(x, axis=axis, keepdims=keepdims)


@op(_to_the_extremes, samples=samples.reduction, numpy=np.min)
def amin(x, *, axis=None, keepdims=False):
    """y = the smallest x over the axes;  g goes to where it stands, in equal shares if it ties."""
    return np.minimum.reduce(x, axis=axis, keepdims=keepdims)


@op(None, samples=samples.along_axis, numpy=np.argmax)
def argmax(x, *, axis=None, keepdims=False):
    """y = the place of the largest x (the first of them).  No gradient flows back."""
    return np.argmax(x, axis=axis, keepdims=keepdims)


@op(None, samples=samples.along_axis, numpy=np.argmin)
def argmin(x, *, axis=None, keepdims=False):
    """y = the place of the smallest x (the first of them).  No gradient flows back."""
    return np.argmin(x, axis=axis, keepdims=keepdims)


@op(None, samples=samples.reduction, numpy=np.all)
def all_(x, *, axis=None, keepdims=False):
    """y = is every number other than zero?  No gradient flows back."""
    return np.logical_and.reduce(x, axis=axis, keepdims=keepdims)


@op(None, samples=samples.reduction, numpy=np.any)
def any_(x, *, axis=None, keepdims=False):
    """y = is some number other than zero?  No gradient flows back."""
    return np.logical_or.reduce(x, axis=axis, keepdims=keepdims)
