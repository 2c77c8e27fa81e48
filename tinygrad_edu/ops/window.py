"""Ops on sliding windows: convolution, pooling, and the copying of windows that carries them.

One op serves one, two, three dimensions: x is (N, channels, *sizes), and `Windows` says where the
windows of a kernel stand on the sizes.  Two ideas carry the file.

All windows of an array are one strided *view* of it (`_windows_on`).  A convolution is the matrix
product of the kernels with the windows as columns; copied a block at a time, so that a block stays
in the cache, they cost no memory (im2col: Chellapilla, Puri and Simard, 2006).

In memory the batch comes last: (channels, *sizes, N).  Copying a window then moves long runs of
numbers, whatever its stride.  Results are views of such memory as (N, channels, *sizes); what works
elementwise keeps that order, so a network of convolutions pays for it once.
"""

from itertools import product
from math import prod
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ..engine.graph import op
from ..sums import narrowed, wide
from .elementwise import selected
from .reduction import sum as sum_
from .shape import broadcast_to

_BLOCK = 400_000  # bytes of columns at a time: they fit the second-level cache
_ALL = slice(None)


class Windows(NamedTuple):
    """Where windows stand; one int for each dimension.

    Window p covers, at offset k of its kernel, the place p stride + k dilation - before.  Places
    outside of 0 to size - 1 are padding.
    """

    size: tuple[int, ...]
    kernel: tuple[int, ...]
    counts: tuple[int, ...]
    stride: tuple[int, ...]
    dilation: tuple[int, ...]
    before: tuple[int, ...]


# ---------------------------------------------------------------- windows as a view


def _batch_last(x):
    return np.transpose(x, (*range(1, x.ndim), 0))


def _batch_first(x):
    return np.transpose(x, (x.ndim - 1, *range(x.ndim - 1)))


def _sizes(windows):
    """The sizes with padding."""
    each = zip(*windows, strict=True)
    return tuple(max(b + n, (c - 1) * s + (k - 1) * d + 1) for n, k, c, s, d, b in each)


def _blank(like, channels, windows, filler=0):
    """(channels, *sizes with padding, batch), full of the filler, and its part without padding."""
    shape = (channels, *_sizes(windows), len(like))
    padded = np.full_like(like, filler, shape=shape, order="C")
    inside = [slice(b, b + n) for n, b in zip(windows.size, windows.before, strict=True)]
    return padded, padded[(_ALL, *inside)]


def _padded(x, windows, filler=0):
    """x as (channels, *sizes with padding, batch), in this order in memory."""
    last = _batch_last(x)
    if _sizes(windows) == windows.size:
        return last.reshape(-1).reshape(last.shape)  # a copy, unless it lies so already
    padded, inside = _blank(x, x.shape[1], windows, filler)
    inside[...] = last
    return padded


def _windows_on(padded, windows, writeable=True):
    """All windows of a padded array: a view, (channels, *kernel, *counts, batch)."""
    _, kernel, count, stride, dilation, _ = windows
    ndim = len(kernel)
    reach = [(k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True)]
    view = sliding_window_view(padded, reach, tuple(range(1, ndim + 1)), writeable=writeable)
    starts = [slice(0, (n - 1) * s + 1, s) for n, s in zip(count, stride, strict=True)]
    view = view[(_ALL, *starts, _ALL, *[slice(None, None, d) for d in dilation])]
    return view.transpose((0, *range(ndim + 2, 2 * ndim + 2), *range(1, ndim + 2)))


def _offsets(windows):
    """The key of each offset of the kernel, in order: at one offset, what all windows see there."""
    return [(_ALL, *offset) for offset in product(*map(range, windows.kernel))]


# ---------------------------------------------------------------- windows laid side by side


@op(lambda g, _y, _x, windows: fold(g, windows=windows))
def unfold(x, *, windows):
    """y[n, c, k, p] = what window p of x[n, c] sees at offset k, a view unless there is padding;
    dL/dx = the windows of g, added where they came from."""
    unpadded = _sizes(windows) == windows.size
    x = _batch_last(x) if unpadded else _padded(x, windows)
    return _batch_first(_windows_on(x, windows, writeable=False))


@op(lambda g, _y, _columns, windows: unfold(g, windows=windows))
def fold(columns, *, windows):
    """y = the windows columns[n, c, k, p], added where they stand;
    dL/dcolumns = the windows of g."""
    summed = wide(columns)
    padded, inside = _blank(summed, columns.shape[1], windows)
    parts = map(_batch_last(summed).__getitem__, _offsets(windows))
    _add_windows(_windows_on(padded, windows), windows, parts)
    return _batch_first(narrowed(inside, columns))


def _add_windows(view, windows, parts):
    """Add to all windows what they get at each offset.  Where none overlap, writing is faster."""
    _, kernel, _, stride, dilation, _ = windows
    apart = all(s > (k - 1) * d for k, s, d in zip(kernel, stride, dilation, strict=True))
    for at, part in zip(_offsets(windows), parts, strict=True):
        if apart:
            view[at] = part.reshape(view[at].shape)
        else:
            view[at] += part.reshape(view[at].shape)


# ---------------------------------------------------------------- convolution


def _columns(x, windows, groups):
    """The windows of x copied as columns, (groups, kernel, windows), block by block of the first
    dimension, and where the block stands among all columns."""
    view, ndim = _windows_on(_padded(x, windows), windows), len(windows.kernel)
    rows, row = prod(view.shape[: ndim + 1]), prod(view.shape[ndim + 2 :])
    step = max(1, _BLOCK // (rows * row * view.itemsize or 1))
    for start in range(0, windows.counts[0], step):
        end = min(start + step, windows.counts[0])
        part = view[(_ALL,) * (ndim + 1) + (slice(start, end),)]
        where = slice(start * row, end * row)
        yield part.reshape(groups, rows // groups, (end - start) * row), where


def _grouped(x, groups):
    """(groups, channels of each, everything else), of (N, channels, *sizes)."""
    return _batch_last(x).reshape(groups, x.shape[1] // groups, prod(x.shape) // x.shape[1])


@op(
    lambda g, _y, _x, weight, _bias, **where: conv_transpose(g, weight, **where),
    lambda g, _y, x, _weight, _bias, **where: conv_weight(x, g, **where),
    lambda g, _y, _x, _weight, _bias, **_: sum_(g, axis=(0, *range(2, g.ndim))),
)
def conv(x, weight, bias, *, windows, groups):
    """y[n, o, p] = b[o] + sum_ck w[o, c, k] x[n, c, p stride + k dilation - before].

    With f(x, w, g) = sum of g y, which is linear in each of the three, the rules of convolution,
    transposed convolution and correlation are one another: dL/dx = `conv_transpose`(g, w), dL/dw =
    `conv_weight`(x, g), and theirs likewise.  dL/db = g summed over n and p.

    x is (N, channels, *size), w is (out, channels / groups, *kernel), b is (out,) or None, y is
    (N, out, *counts).  Channels and outputs are cut into groups; each sees its own only.
    """
    n, out = len(x), len(weight)
    weight, seen = wide(weight).reshape(groups, out // groups, -1), wide(x)
    y = np.empty_like(seen, shape=(*weight.shape[:2], prod(windows.counts) * n), order="C")
    for columns, where in _columns(seen, windows, groups):
        block = np.matmul(weight, columns, out=y[..., where])
        if bias is not None:
            block += bias.reshape(groups, -1, 1)
    return _batch_first(narrowed(y, x).reshape(out, *windows.counts, n))


@op(
    lambda g, _y, _other, weight, **where: conv(g, weight, None, **where),
    lambda g, _y, other, _weight, **where: conv_weight(g, other, **where),
)
def conv_transpose(other, weight, *, windows, groups):
    """y[n, c, q] = sum of w[o, c, k] other[n, o, p] over all o, k, p with p stride + k dilation -
    before = q: each number of other puts a kernel down (see `conv` for the rules).

    other is (N, out, *counts), w is (out, channels / groups, *kernel), y is (N, channels, *size).
    """
    out, per_group = weight.shape[:2]
    given, other = other, wide(other)
    padded, inside = _blank(other, per_group * groups, windows)
    view = _windows_on(padded, windows)
    weight = wide(weight).reshape(groups, out // groups, per_group, -1)
    weight = weight.transpose(3, 0, 2, 1).copy()
    other = _grouped(other, groups)
    times = np.multiply if weight.shape[2:] == (1, 1) else np.matmul  # a kernel for each channel
    _add_windows(view, windows, (times(there, other) for there in weight))
    return _batch_first(narrowed(inside, given))


@op(
    lambda g, _y, _x, other, **where: conv_transpose(other, g, **where),
    lambda g, _y, x, _other, **where: conv(x, g, None, **where),
)
def conv_weight(x, other, *, windows, groups):
    """y[o, c, k] = sum_np x[n, c, p stride + k dilation - before] other[n, o, p], the correlation
    of the two over the batch (see `conv` for the rules).

    x is (N, channels, *size), other is (N, out, *counts), y is (out, channels / groups, *kernel).
    """
    out, channels = other.shape[1], x.shape[1]
    shape = (out, channels // groups, *windows.kernel)
    seen, other = wide(x), _grouped(wide(other), groups).swapaxes(1, 2)
    y = np.zeros_like(seen, shape=(groups, prod(shape[1:]), out // groups), order="C")
    for columns, where in _columns(seen, windows, groups):
        y += np.matmul(columns, other[:, where])
    return narrowed(y, x).swapaxes(1, 2).reshape(shape)


# ---------------------------------------------------------------- pooling


def _over_windows(combine, x, windows, filler):
    """The numbers of each window combined, offset by offset."""
    view = _windows_on(_padded(x, windows, filler), windows)
    first, *others = [view[at] for at in _offsets(windows)]
    y = first.copy()
    for other in others:
        combine(y, other, out=y)
    return _batch_first(y)


def _to_offsets(x, windows):
    """What belongs to each window, for each offset of its kernel."""
    each = x.reshape((*x.shape[:2], *(1,) * len(windows.kernel), *windows.counts))
    return broadcast_to(each, shape=(*x.shape[:2], *windows.kernel, *windows.counts))


@op(lambda g, _y, _x, **at: fold(_to_offsets(g, **at), **at))
def sum_pool(x, *, windows):
    """y[n, c, p] = the sum of what window p sees;  g goes to each place that it sees."""
    return narrowed(_over_windows(np.add, wide(x), windows, 0), x)


def _seen_by(start, stop, size):
    """Between which windows those lie that see each place."""
    places = np.arange(size)
    first = np.searchsorted(stop, places, side="right")
    return {"start": first, "stop": np.searchsorted(start, places, side="right")}


@op(
    lambda g, _y, _x, start, stop, axis: range_sum(g, axis=axis, **_seen_by(start, stop, _x[axis])),
    samples=lambda draw: draw.ranges(),
)
def range_sum(x, *, start, stop, axis):
    """y[p] = x[start_p] + ... + x[stop_p - 1] along an axis, for rising starts and stops;  dL/dx =
    the sum of g over the windows that see a place, which are a range too."""
    start, stop = np.asarray(start), np.asarray(stop)
    shape = (*x.shape[:axis], len(start), *x.shape[axis + 1 :])
    y = np.zeros_like(x, np.float32 if x.dtype == np.float16 else None, shape=shape)
    for k in range(np.max(stop - start, initial=0)):
        seen = np.flatnonzero(start + k < stop)
        part = np.take(x, start[seen] + k, axis)
        y[(_ALL,) * axis + (_ALL if len(seen) == len(start) else seen,)] += part
    return y.astype(x.dtype, copy=False)


@op(lambda g, y, x, **at: fold(where_largest(_to_offsets(g, **at), x, y, **at), **at))
def max_pool(x, *, windows):
    """y[n, c, p] = the largest x that window p sees;  g goes to where it stands, to the first of
    them if it ties.  Padding is never the largest.  A window with a nan is nan, and g goes to the
    last nan, as in PyTorch."""
    lowest = -np.inf if x.dtype.kind == "f" else np.iinfo(x.dtype).min
    return _over_windows(np.maximum, x, windows, lowest)


@op(
    lambda g, _y, _values, x, top, **at: where_largest(g, x, top, **at),
    samples=lambda draw: draw.windows("columns", "whole", "top"),
)
def where_largest(values, x, top, *, windows):
    """y[n, c, k, p] = the value where offset k of window p is the first with the largest x (`top`
    holds that), or the last with a nan, else 0;  dL/dvalues = g there."""
    nowhere = np.nan if x.dtype.kind == "f" else np.iinfo(x.dtype).min
    view, top = _windows_on(_padded(x, windows, nowhere), windows), _batch_last(top)
    found, searching = np.empty_like(view, bool, order="C"), np.ones_like(top, bool)
    for at in _offsets(windows):
        np.logical_and(view[at] == top, searching, out=found[at])
        searching ^= found[at]
    if searching.any():  # nan is equal to nothing
        missing = _windows_on(_padded(np.isnan(x), windows, False), windows)
        for at in reversed(_offsets(windows)):
            last = missing[at] & searching
            found[at] |= last
            searching ^= last
    return _batch_first(selected(_batch_last(values), found))


def at_largest(values: Any, x: Any, top: Any, *, windows: Windows) -> Any:
    """y[n, c, p] = the value at the place where window p has the largest x (`top` holds that)."""
    seen = where_largest(unfold(values, windows=windows), x, top, windows=windows)
    return seen.sum(axis=tuple(range(2, 2 + len(windows.kernel))))
