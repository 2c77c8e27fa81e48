"""Reductions: sum, mean, variance, norm, product, largest and smallest element; and cumulative sums
and products."""

import math
from functools import partial
from typing import Any

import numpy as np

from ..engine.graph import op
from ..sums import WIDER, added, narrowed, running, wide
from .elementwise import selected, silently, where
from .piecewise import sign_or_0
from .shape import broadcast_to, flip, pad


def kept(g, shape, axis):
    """g with the reduced axes put back, of size 1, so that it broadcasts against the input."""
    if axis is None:
        return g.reshape((1,) * len(shape))
    axes = {k % len(shape) for k in (axis if isinstance(axis, tuple) else (axis,))} if shape else ()
    return g.reshape(tuple(1 if k in axes else side for k, side in enumerate(shape)))


def count(shape: Any, axis: Any) -> Any:
    """The number of elements that are reduced to each result."""
    if axis is None or not shape:
        return math.prod(shape)
    return math.prod([shape[k] for k in axis]) if isinstance(axis, tuple) else shape[axis]


def _to_each(g, shape, axis):
    """g for each element that was reduced."""
    return broadcast_to(kept(g, shape, axis), shape=shape)


@op(lambda g, _y, _x, axis, **_: _to_each(g, _x, axis), numpy=np.sum)
def sum(x, *, axis=None, keepdims=False):
    """y = sum of x over the axes;  dL/dx = g, for each element.

    Whole numbers are summed in int64, float16 in float32: its largest number is 65,504.
    """
    total = added(x, axis, keepdims)
    return total if total.dtype is x.dtype else narrowed(total, x)


@op(lambda g, _y, _x, axis, **_: _to_each(g / (count(_x, axis) or 1), _x, axis), numpy=np.mean)
def mean(x, *, axis=None, keepdims=False):
    """y = sum of x over the axes / their n numbers, nan if there are none;  dL/dx = g / n."""
    n, total = count(x.shape, axis), added(x, axis, keepdims)
    return narrowed(total / n if n else silently(np.divide, total, n), x)


# ---------------------------------------------------------------- spread and size


def _deviations(g, x, axis, ddof):
    """g (x - mean of x) / (n - ddof)"""
    n, x = count(x.shape, axis) - ddof, wide(x)
    d = x - mean(x, axis=axis, keepdims=True)
    return kept(g, x.shape, axis) * d * (1 / n if n > 0 else math.nan)


@op(lambda g, _y, x, axis, ddof, **_: _deviations(2 * wide(g), x, axis, ddof), numpy=np.var)
def var(x, *, axis=None, ddof=0, keepdims=False):
    """y = sum of (x - mean)^2 / (n - ddof);  dL/dx = 2 g (x - mean) / (n - ddof)."""
    d = wide(x)
    d = d - mean(d, axis=axis, keepdims=True)
    total = added(d * d, axis, keepdims)
    return narrowed(silently(np.divide, total, max(count(x.shape, axis) - ddof, 0)), x)


MANY = 2**14  # numbers: from here on it pays to try float32 first


def _in_float64(x):
    """x, where the square of no float32 overflows."""
    return x.astype(np.float64) if x.dtype.itemsize <= 4 else x


def _lost_nothing(powers):
    """Are these sums of powers far from the largest and the smallest number of their dtype?"""
    most = 1e30 if powers.dtype.itemsize == 4 else 1e280
    return bool(((powers > 1 / most) & (powers < most)).all())


def _over_nonzero(g, y):
    """g / y, and 0 where y is 0."""
    nowhere = y == 0
    return selected(g / (y + nowhere), ~nowhere)


@op(
    lambda g, y, x, axis, ddof, **_: _deviations(_over_nonzero(wide(g), y), x, axis, ddof),
    samples=lambda draw: draw.case(draw.choice((3,), (4, 3)), axis=-1, ddof=1),
    numpy=np.std,
)
def std(x, *, axis=None, ddof=0, keepdims=False):
    """y = sqrt(var x);  dL/dx = g (x - mean) / (y (n - ddof)), and 0 where y = 0."""
    y = np.sqrt(var(_in_float64(x), axis=axis, ddof=ddof, keepdims=keepdims))
    return narrowed(y.astype(wide(x).dtype, copy=False), x)


def _norm_rule(g, y, x, p, axis, **_):
    g = kept(selected(g, y != 0), x.shape, axis)
    if p == 1:
        return g * sign_or_0(x)
    safe = kept(y + (y == 0), x.shape, axis)
    if p == 2:
        return g * (x / safe)
    return g * np.sign(x) * (np.absolute(x) / safe + (x == 0)) ** (p - 1)


def _powers(x, p, axis, keepdims):
    return added(x * x if p == 2 else np.absolute(x) ** p, axis, keepdims)


@op(_norm_rule, samples=lambda draw: draw.reduction(p=draw.choice(2, 3, 2.5)), kinks=(0.0,))
def p_norm(x, *, p, axis=None, keepdims=False):
    """y = (sum of |x|^p)^(1/p);  dL/dx = g sign(x) (|x| / y)^(p-1), and 0 where x or y is 0."""
    if x.size >= MANY and np.float32(p) == p:
        total = silently(_powers, wide(x), p, axis, keepdims)
        if _lost_nothing(total):
            y = np.sqrt(total) if p == 2 else _in_float64(total) ** (1 / p)
            return narrowed(y.astype(total.dtype, copy=False), x)
    size = _in_float64(x)
    if p == 2 and x.dtype.itemsize <= 4:  # no square overflows
        y = np.sqrt(added(size * size, axis, keepdims))
        return narrowed(silently(y.astype, wide(x).dtype), x)
    largest = np.maximum.reduce(np.absolute(size), axis=axis, keepdims=True, initial=0)
    scale = np.exp2(np.floor(np.log2(np.where(np.isfinite(largest) & (largest > 0), largest, 1))))
    with np.errstate(divide="ignore", over="ignore"):  # 0 to a negative power
        size = size / scale  # so that no power overflows; a power of 2, which rounds nothing
        total = _powers(size, p, axis, True)
        y = (np.sqrt(total) if p == 2 else total ** (1 / p)) * scale
        y = narrowed(y.astype(wide(x).dtype, copy=False), x)
    if keepdims:
        return y
    return np.squeeze(y, axis if axis is not None else tuple(range(y.ndim)))


# ---------------------------------------------------------------- running sums, products


def _from_the_end(g, axis):
    """The sum of each number and those after it."""
    return flip(cumsum(flip(g, axis=axis), axis=axis), axis=axis)


_running = partial(op, samples=lambda draw: draw.along_axis(or_none=True))


@_running(lambda g, _y, _x, axis: _from_the_end(g, axis).reshape(_x), numpy=np.cumsum)
def cumsum(x, *, axis=None):
    """y_k = x_1 + ... + x_k along the axis;  dL/dx_k = g_k + ... + g_n."""
    if axis is None:
        x, axis = x.reshape(-1), 0
    return narrowed(running(x, axis), x)


def _shifted(x, by, axis, fill):
    """x[k + by] at place k of the axis, and `fill` where that is outside."""
    part = slice(by, None) if by > 0 else slice(by)
    widths = [[0, 0] for _ in x.shape]
    widths[axis] = [max(-by, 0), max(by, 0)]
    part = x[(slice(None),) * (axis % x.ndim) + (part,)]
    return pad(part, pad_width=widths, constant_values=fill)


def _before(x, axis):
    """The product of all the numbers before each."""
    return cumprod(_shifted(x, -1, axis, 1), axis=axis)


def _carried_back(b, a, axis):
    """y with y_k = b_k + a_k y_(k+1), by doubling the reach of each y (Hillis and Steele, 1986)."""
    reach = 1
    while reach < b.shape[axis]:
        b, a = b + a * _shifted(b, reach, axis, 0), a * _shifted(a, reach, axis, 0)
        reach *= 2
    return b


def _to_running_factors(g, y, x, axis):
    x, shape = x.reshape(y.shape), x.shape
    axis = axis or 0
    if x.all():
        return (_from_the_end(g * y, axis) / x).reshape(shape)
    part = _before(x, axis) * _carried_back(g, _shifted(x, 1, axis, 0), axis)
    return part.reshape(shape)


@_running(_to_running_factors, numpy=np.cumprod)
def cumprod(x, *, axis=None):
    """y_k = x_1 ... x_k along the axis;  dL/dx_k = (g_k y_k + ... + g_n y_n) / x_k.

    Where some x is 0 this is computed without division: (x_1 ... x_(k-1)) s_k, with
    s_k = g_k + x_(k+1) s_(k+1).
    """
    return narrowed(np.cumprod(wide(x), axis, WIDER.get(x.dtype.char)), x)


def _to_exponents(g, y, x, axis):
    """e^(x_k - y_k) r_k, with r_k = g_k + e^(y_k - y_(k+1)) r_(k+1): no exponent is above 0."""
    y = where(y == -math.inf, 0, y)  # the sum of no exponential
    fading = np.exp(y - _shifted(y, 1, axis, math.inf))
    return np.exp(x - y) * _carried_back(g, fading, axis)


@op(_to_exponents, samples=lambda draw: draw.along_axis())
def logcumsumexp(x, *, axis):
    """y_k = log(e^x_1 + ... + e^x_k) along the axis;
    dL/dx_k = e^x_k (g_k e^-y_k + ... + g_n e^-y_n)."""
    return narrowed(np.logaddexp.accumulate(wide(x), axis=axis), x)


def _to_factors(g, y, x, axis, **_):
    g = kept(g, x.shape, axis)
    if x.all():
        return g * (kept(y, x.shape, axis) / x)
    axes = range(x.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    if isinstance(x, np.ndarray):  # two zeros: no factor matters, also where g is infinite
        g = selected(g, (x == 0).sum(axis=axis, keepdims=True) < 2)
    for k in axes if x.ndim else ():
        after = flip(_before(flip(x, axis=k), k), axis=k)
        g, x = g * _before(x, k) * after, prod_(x, axis=k, keepdims=True)
    return g


@op(_to_factors, numpy=np.prod)
def prod_(x, *, axis=None, keepdims=False):
    """y = product of x over the axes;  dL/dx = g times the product of all the others.

    That is g y / x; where some x is 0, the product of those before it times that of those after.
    """
    wider = WIDER.get(x.dtype.char)
    return narrowed(np.multiply.reduce(wide(x), axis=axis, keepdims=keepdims, dtype=wider), x)


# ---------------------------------------------------------------- extremes


def _to_the_extremes(g, y, x, axis, **_):
    mask = (x == kept(y, x.shape, axis)) | (x != x)  # nan is larger and smaller than all
    share = kept(g, x.shape, axis) / mask.sum(axis=axis, keepdims=True)
    return selected(share.astype(g.dtype), mask)


@op(_to_the_extremes, numpy=np.max)
def amax(x, *, axis=None, keepdims=False):
    """y = the largest x over the axes;  g goes to where it stands, in equal shares if it ties."""
    return np.maximum.reduce(x, axis=axis, keepdims=keepdims)


@op(_to_the_extremes, numpy=np.min)
def amin(x, *, axis=None, keepdims=False):
    """y = the smallest x over the axes;  g goes to where it stands, in equal shares if it ties."""
    return np.minimum.reduce(x, axis=axis, keepdims=keepdims)


@op(None, samples=lambda draw: draw.along_axis(), numpy=np.argmax)
def argmax(x, *, axis=None, keepdims=False):
    """y = the place of the largest x (the first of them).  No gradient flows back."""
    return np.argmax(x, axis=axis, keepdims=keepdims)


@op(None, samples=lambda draw: draw.along_axis(), numpy=np.argmin)
def argmin(x, *, axis=None, keepdims=False):
    """y = the place of the smallest x (the first of them).  No gradient flows back."""
    return np.argmin(x, axis=axis, keepdims=keepdims)


@op(None, numpy=np.all)
def all_(x, *, axis=None, keepdims=False):
    """y = is every number other than zero?  No gradient flows back."""
    return np.logical_and.reduce(x, axis=axis, keepdims=keepdims)


@op(None, numpy=np.any)
def any_(x, *, axis=None, keepdims=False):
    """y = is some number other than zero?  No gradient flows back."""
    return np.logical_or.reduce(x, axis=axis, keepdims=keepdims)
