"""Sums: how numbers are added so that little is lost to rounding, wherever in memory they lie.

NumPy adds the numbers of a row in pairs, and those of a column one after another: each sum is
rounded to the size of the total, and after a million float32 the third digit is wrong.

>>> x = np.full((10**6, 2), 0.1, np.float32)
>>> float(np.add.reduce(x, axis=0)[0]), float(added(x, axis=0)[0])
(100958.34375, 99999.96875)

So a long column is cut into short ones, whose sums are added likewise.  This is faster, too: the
rows of few columns are taken many at a time.  And float16, whose largest number is 65,504 and whose
whole numbers end at 2,048, is added in float32.
"""

from functools import cache, lru_cache
from math import prod
from typing import Any

import numpy as np

from .dtypes import Array, DType, float16, float32, float64, result_type

SHORT_SUM = 256  # numbers: up to here one after another is as good
ROWS = 64  # are added one after another where there are more
LARGE = 2**14  # numbers: from here, a running sum is made in blocks
SHORT = 32  # numbers: up to here one running sum in float32 is as good
NARROW = 8  # numbers behind the axis: up to here, by matrix products
WIDTH = 2048  # numbers: narrower rows are put side by side, up to this width

_reduce: Any = np.add.reduce
WIDER = dict.fromkeys("?bBhHiIlLqQ", np.int64)  # whole numbers are added in int64


def wide(x: Any) -> Any:
    """x, an array or a Tensor, in float32 if it is float16: its squares and sums do not fit
    there."""
    return x.astype(float32) if x.dtype.char == "e" else x


def narrowed(y: Any, x: Any, *others: Any) -> Any:
    """The result y, in float16 if all inputs are; what does not fit is infinite, without a
    warning."""
    if x.dtype.char != "e" or any(other.dtype.char != "e" for other in others):
        return y
    with np.errstate(over="ignore"):
        return y.astype(float16)


def onto(y: Any) -> Any:
    """`y`, a result that nobody else holds, as the place for the next one: `np.exp(y, onto(y))`
    needs no memory, and half the time of one that does.  None for a number, which has no place."""
    return y if y.ndim else None


def in_float32(function: Any, *inputs: Any) -> Any:
    """function(*inputs), computed in float32 where the inputs, numbers too, meet in float16."""
    if not any(getattr(x, "dtype", None) == float16 for x in inputs):
        return function(*inputs)
    if result_type(*[plain_array(x) for x in inputs]) != float16:
        return function(*inputs)
    y = function(*[wide(x) if hasattr(x, "dtype") else x for x in inputs])
    with np.errstate(over="ignore"):
        return y.astype(float16)


def plain_array(x: Any) -> Any:
    return getattr(x, "array", x)


def added(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The sum of x over the axes (an int, a tuple, or None for all); of float16 in float32."""
    dtype = x.dtype
    if dtype is float32 or dtype is float64:  # what is most common comes first, at the least cost
        if x.size <= SHORT_SUM or x.__class__ is not np.ndarray:
            return _reduce(x, axis, None, None, keepdims)
        if x.flags.forc if axis is None else axis.__class__ is int and x.shape[axis] <= SHORT_SUM:
            return _reduce(x, axis, None, None, keepdims)
    kind = dtype.char
    x = wide(x) if kind == "e" else x
    if x.size > SHORT_SUM and kind in "efd" and x.__class__ is np.ndarray:
        if axis.__class__ is not int:
            if not _is_easy(x, axis):
                return _added_over(x, axis, keepdims)
        elif x.shape[axis] > SHORT_SUM and x.strides[axis] != x.itemsize:
            x = _shortened(x, axis)
    return _reduce(x, axis, WIDER.get(kind), None, keepdims)


def _is_easy(x: Array, axis: Any) -> Any:
    """Are there few numbers to add, or do they lie one behind the other?"""
    if axis is None:
        return x.flags.forc
    axes = {k % x.ndim for k in (axis if isinstance(axis, tuple) else (axis,))}
    last = x.ndim
    while last - 1 in axes and x.flags.c_contiguous:
        last -= 1
    return prod([x.shape[k] for k in axes if k < last]) <= SHORT_SUM


def _added_over(x: Array, axis: Any, keepdims: bool) -> Any:
    """The sum of x over several axes, one by one, the longest first."""
    given = range(x.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    axes = {k % x.ndim for k in given}
    in_memory = sorted(range(x.ndim), key=lambda k: -abs(x.strides[k]))
    y, left = _joined(x, in_memory, axes)
    while left:
        k = max(left, key=y.shape.__getitem__)
        y = _reduce(y if k == y.ndim - 1 else _shortened(y, k), k)
        left = [j - (j > k) for j in left if j != k]
    stay = [k for k in in_memory if k not in axes]
    y = np.reshape(y, [x.shape[k] for k in stay])
    if stay != sorted(stay):
        y = y.transpose([stay.index(k) for k in sorted(stay)])
    if not keepdims:
        return y[()]
    return y.reshape([1 if k in axes else n for k, n in enumerate(x.shape)])


def _joined(x: Array, in_memory: list[int], axes: set[int]) -> tuple[Array, list[int]]:
    """x with its axes in the order of memory, those that are added joined where they follow each
    other there, and the others likewise; and which are the ones to add."""
    sides: list[tuple[int, int, bool]] = []  # size, stride, is it added?
    for k in in_memory:
        n, stride, adds = x.shape[k], x.strides[k], k in axes
        if n == 1:
            continue
        if sides and sides[-1][1:] == (n * stride, adds):
            n *= sides.pop()[0]
        sides.append((n, stride, adds))
    y = x.transpose(in_memory).reshape([n for n, _, _ in sides])
    return y, [k for k, (_, _, adds) in enumerate(sides) if adds]


def _shortened(x: Array, axis: int) -> Array:
    """x with few numbers along the axis, which have the same sum."""
    axis, rows = axis % x.ndim, ROWS
    front, behind = x.shape[:axis], x.shape[axis + 1 :]
    before = (slice(None),) * axis
    most = max(1, WIDTH // max(prod(behind), 1))
    while (n := x.shape[axis]) > rows:
        side_by_side = min(most, -(-n // rows))
        parts = -(-n // (side_by_side * rows))
        fewer = parts * side_by_side
        height = n // fewer
        tall = x[(*before, slice(fewer * height))].reshape(
            (*front, parts, height, side_by_side, *behind)
        )
        y = _reduce(tall, axis + 1).reshape((*front, fewer, *behind))
        first = y[(*before, slice(n - fewer * height))]
        first += x[(*before, slice(fewer * height, None))]
        x, rows = y, ROWS // 4  # of what are sums already
    return x


def running(x: Array, axis: int) -> Any:
    """The running sum of x along the axis.  Long rows of float32 or float16 are cut in blocks: the
    sums within each are made in float32, and what came before each in float64."""
    if x.__class__ is not np.ndarray or x.dtype.char not in "ef":
        return np.cumsum(x, axis, WIDER.get(x.dtype.char))
    if x.dtype.char == "f" and x.shape[axis] <= SHORT:
        return np.add.accumulate(x, axis)
    if x.size >= LARGE:
        axis %= x.ndim
        front, n, behind = prod(x.shape[:axis]), x.shape[axis], prod(x.shape[axis + 1 :])
        rows = x.astype(float32, copy=False).reshape(front, n * behind)
        y = (_by_products if behind <= NARROW else _by_rows)(rows, n, behind)
        if y is not None:
            return y.reshape(x.shape)
    y = x.astype(float64)
    return np.add.accumulate(y, axis, None, y).astype(float32)


@cache
def _products(block: int, width: int) -> tuple[Array, Array]:
    """Two matrices.  A row of `block` times `width` numbers times the first is their sums; the row,
    and the sums before it, times the second are the running sums."""
    one = np.eye(width, dtype=float32)
    below = np.kron(np.triu(np.ones((block, block), float32)), one)
    return np.tile(one, (block, 1)), np.concatenate([below, np.tile(one, (1, block))])


def _by_products(rows: Array, n: int, width: int) -> Any:
    """The running sums of n times `width` numbers in each row, as a matrix product of each block
    with ones; None if there are infinities or nan, of which a product spreads nan."""
    block = max(16 if width < 3 else 32 // width, 4)
    front, whole, size = len(rows), n // block, block * width
    blocks = np.zeros((front, -(-n // block), size + width), float32)
    blocks[:, :whole, :size] = rows[:, : whole * size].reshape(front, whole, size)
    blocks[:, whole:, : (n - whole * block) * width] = rows[:, None, whole * size :]
    to_sums, to_running = _products(block, width)
    flat = blocks.reshape(-1, size + width)
    with np.errstate(invalid="ignore"):  # where infinities meet, the caller's own sum warns
        sums = np.dot(flat[:, :size], to_sums).astype(float64).reshape(front, -1, width)
    if not np.isfinite(sums).all():
        return None
    np.add.accumulate(sums[:, :-1], 1, None, sums[:, :-1])
    blocks[:, 1:, size:] = sums[:, :-1]
    return np.dot(flat, to_running).reshape(front, -1)[:, : n * width]


def _by_rows(rows: Array, n: int, width: int) -> Any:
    """The running sums of n times `width` numbers in each row: the k-th rows of all blocks are
    added at once to those before them."""
    front, block = len(rows), min(32, n)
    blocks = np.zeros((front, -(-n // block), block, width), float32)
    blocks.reshape(front, -1)[:, : n * width] = rows
    for k in range(1, block):
        blocks[:, :, k] += blocks[:, :, k - 1]
    blocks[:, 1:] += blocks[:, :-1, -1:].cumsum(1, float64).astype(float32)
    return blocks.reshape(front, -1)[:, : n * width]


MOST = 4096  # ones that are kept, for each of a few counts


def row_of_ones(count: int, dtype: DType) -> Array:
    """`count` ones, not to be written to.  A product with them adds short rows, or few columns, two
    to three times as fast as `np.add.reduce` does; many are not added well."""
    return _kept_ones(count, dtype) if count <= MOST else np.ones(count, dtype)


@lru_cache(maxsize=16)
def _kept_ones(count: int, dtype: DType) -> Array:
    ones = np.ones(count, dtype)
    ones.flags.writeable = False
    return ones


def rows_added(x: Array) -> Any:
    """The sum of the rows of a matrix."""
    few = len(x) <= 2 * SHORT_SUM and x.dtype.char != "e"  # there is no float16 in BLAS
    return np.dot(row_of_ones(len(x), x.dtype), x) if few else added(x, 0)
