"""Sliding windows: convolutions, pooling, and windows as such.

`conv1d conv2d conv3d` are one function for 1, 2 and 3 dimensions, so it is written once, and so are
the others.  Inputs are (N, channels, *sizes), or (channels, *sizes) for one example alone.  What is
said for each dimension is one int, or a tuple of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache, update_wrapper
from math import inf, isfinite, prod
from typing import Any

import numpy as np

from tinygrad_edu import functions, ops
from tinygrad_edu.engine import graph
from tinygrad_edu.functions.arguments import check_floating, check_tensor, plain
from tinygrad_edu.sums import narrowed, wide

# ---------------------------------------------------------------- arguments


def _in_dimensions(ndim: int, function: Callable[..., Any]) -> Callable[..., Any]:
    """The function for `ndim` dimensions, which puts a batch dimension in where there is none."""
    name = function.__name__.strip("_") + f"{ndim}d"
    sizes = ", ".join("DHW"[3 - ndim :])

    def call(input: Any, *args: Any, **kwargs: Any) -> Any:
        check_tensor(input, name)
        if input.ndim == ndim + 2:
            return function(name, input, *args, **kwargs)
        if input.ndim != ndim + 1:
            raise RuntimeError(
                f"{name}: the input is (N, channels, {sizes}) or (channels, {sizes}), not of shape "
                f"{tuple(input.shape)}"
            )
        y = function(name, input.reshape((1, *input.shape)), *args, **kwargs)
        several = y if isinstance(y, tuple) else (y,)
        first = tuple([part.reshape(part.shape[1:]) for part in several])
        return first if y is several else first[0]

    update_wrapper(call, function)
    call.__name__ = call.__qualname__ = name
    return call


def _family(function: Callable[..., Any]) -> list[Callable[..., Any]]:
    return [_in_dimensions(ndim, function) for ndim in (1, 2, 3)]


def ints_of(name: str, what: str, value: Any, ndim: int, least: int = 1) -> tuple[int, ...]:
    """An int for each of `ndim` dimensions."""
    each = tuple(value) if isinstance(value, tuple | list) else (value,)
    each = each * ndim if len(each) == 1 else each
    if len(each) != ndim or not all(hasattr(n, "__index__") for n in each):
        raise TypeError(f"{name}: {what} is an int, or a tuple of {ndim} of them, not {value!r}")
    if min(each) < least:
        raise RuntimeError(f"{name}: {what} is at least {least}, not {value}")
    return each


def _windows(name: str, size: Any, *places: Any) -> ops.Windows:
    """How many windows fit, and where they stand."""
    return _found(name, size, *[tuple(v) if isinstance(v, list) else v for v in places])


@lru_cache(1024)
def _found(
    name: str,
    size: Any,
    kernel: Any,
    stride: Any,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
) -> ops.Windows:
    ndim = len(size)
    kernel, stride = (
        ints_of(name, "kernel_size", kernel, ndim),
        ints_of(name, "stride", stride, ndim),
    )
    dilation = ints_of(name, "dilation", dilation, ndim)
    reach = tuple([(k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True)])
    if padding == "same":
        if prod(stride) > 1:
            raise RuntimeError(
                f"{name}: padding='same' keeps the size, and a stride of {stride} does not; give "
                "the padding as a number"
            )
        return ops.Windows(
            size, kernel, size, stride, dilation, tuple([(r - 1) // 2 for r in reach])
        )
    if isinstance(padding, str) and padding != "valid":
        raise RuntimeError(f"{name}: padding is 'valid', 'same' or numbers, not {padding!r}")
    before = ints_of(name, "padding", 0 if padding == "valid" else padding, ndim, least=0)
    padded = tuple([n + 2 * p for n, p in zip(size, before, strict=True)])
    counts = []
    for p, m, r, s in zip(before, padded, reach, stride, strict=True):
        last = -((r - m) // s) if ceil_mode else (m - r) // s
        beyond = ceil_mode and last * s >= m - p  # it would start in the padding behind
        counts.append(last if beyond else last + 1)
    if min(counts) < 1:
        raise RuntimeError(
            f"{name}: the kernel covers {reach} (kernel {kernel}, dilation {dilation}), which is "
            f"more than the input with its padding: {padded}"
        )
    return ops.Windows(size, kernel, tuple(counts), stride, dilation, before)


# ---------------------------------------------------------------- convolution


def _check_weight(name: str, x: Any, weight: Any, bias: Any, groups: int, transposed: bool) -> None:
    channels, (first, second) = x.shape[1], weight.shape[:2] if weight.ndim > 1 else (0, 0)
    takes, out = (first, second * groups) if transposed else (second * groups, first)
    if groups < 1 or channels % groups or out % groups:
        raise ValueError(
            f"{name}: groups={groups} must divide both the {channels} channels of the input and "
            f"the {out} of the output"
        )
    if weight.ndim != x.ndim or channels != takes:
        meant = "(channels, out / groups" if transposed else "(out, channels / groups"
        raise RuntimeError(
            f"{name}: the input {tuple(x.shape)} has {channels} channels, but the weight "
            f"{tuple(weight.shape)}, "
            f"which is {meant}, *kernel) with groups={groups}, takes {takes}"
        )
    if bias is not None and bias.shape != (out,):
        raise RuntimeError(
            f"{name}: the bias is ({out},), one for each output, not {tuple(bias.shape)}"
        )


def _conv(
    name: str,
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Any:
    """The weighted sums of sliding windows: y[n, o, p] = b[o] + sum_ck w[o, c, k] x[n, c, p s + k d
    - padding] for stride s and dilation d.

    The weight is (out, channels / groups, *kernel), the bias (out,).  The padding is numbers,
    "valid" (none) or "same" (as many windows as numbers; stride 1).  With groups, the channels and
    the outputs are cut into as many parts, which do not see each other.
    """
    _check_weight(name, input, weight, bias, groups, transposed=False)
    windows = _windows(name, input.shape[2:], weight.shape[2:], stride, padding, dilation)
    return ops.conv(input, weight, bias, windows=windows, groups=groups)


def _conv_transpose(
    name: str,
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Any:
    """The transpose of a convolution, which is what it does to gradients: each number puts the
    kernel down, a stride after the one before, and they add up.

    The weight is (channels, out / groups, *kernel), the bias (out,).  A size n becomes (n - 1)
    stride - 2 padding + dilation (kernel - 1) + output_padding + 1.
    """
    _check_weight(name, input, weight, bias, groups, transposed=True)
    counts, kernel, ndim = input.shape[2:], weight.shape[2:], input.ndim - 2
    stride, dilation = (ints_of(name, "stride", v, ndim) for v in (stride, dilation))
    before, extra = (ints_of(name, "padding", v, ndim, 0) for v in (padding, output_padding))
    if any(e >= max(s, d) for e, s, d in zip(extra, stride, dilation, strict=True)):
        raise RuntimeError(
            f"{name}: output_padding {extra} must be below the stride {stride} or the dilation "
            f"{dilation}"
        )
    each = zip(counts, kernel, stride, dilation, before, extra, strict=True)
    size = tuple([(n - 1) * s - 2 * p + d * (k - 1) + e + 1 for n, k, s, d, p, e in each])
    if min(size) < 1:
        raise RuntimeError(
            f"{name}: padding {before} leaves nothing of {tuple(input.shape)}: {size}"
        )
    windows = ops.Windows(size, kernel, counts, stride, dilation, before)
    if bias is None:
        return ops.conv_transpose(input, weight, windows=windows, groups=groups)
    y = ops.conv_transpose(wide(input), wide(weight), windows=windows, groups=groups)
    return narrowed(y + bias.reshape((-1, *(1,) * ndim)), input, weight, bias)


conv1d, conv2d, conv3d = _family(_conv)
conv_transpose1d, conv_transpose2d, conv_transpose3d = _family(_conv_transpose)


# ---------------------------------------------------------------- pooling


def _pooled(name: str, x: Any, kernel: Any, stride: Any, *rest: Any) -> ops.Windows:
    """The windows of a pool: side by side unless a stride is given, padded by half at most."""
    windows = _windows(name, x.shape[2:], kernel, kernel if stride in (None, []) else stride, *rest)
    for k, d, p in zip(windows.kernel, windows.dilation, windows.before, strict=True):
        if 2 * p > (k - 1) * d + 1:
            raise RuntimeError(
                f"{name}: padding {windows.before} is more than half of the kernel "
                f"{windows.kernel}: some windows would see nothing else"
            )
    return windows


def _max_pool(
    name: str,
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest number of each window; the gradient goes to the first of them.

    The stride is the kernel's size unless it is given.  With `ceil_mode`, a last window may reach
    beyond the padding.  With `return_indices`, the pair of the numbers and of their places in the
    flattened sizes.
    """
    windows = _pooled(name, input, kernel_size, stride, padding, dilation, ceil_mode)
    y = ops.max_pool(input, windows=windows)
    return (y, _places(input, y, windows, windows.size)) if return_indices else y


def _places(x: Any, y: Any, windows: ops.Windows, size: Any, seen: Any = ...) -> Any:
    """Where the largest numbers y of the windows of x stand in a flattened `size`."""
    places = np.broadcast_to(np.arange(prod(size)).reshape(size)[seen], x.shape)
    return graph.Tensor(ops.at_largest(places, plain(x), plain(y), windows=windows))


def _avg_pool(
    name: str,
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Any:
    """The mean of each window.

    It counts the zeros of the padding, unless `count_include_pad` is False; never what a last
    window sees beyond it (`ceil_mode`).  `divisor_override` takes the place of the count.
    """
    check_floating(input, name)
    windows = _pooled(name, input, kernel_size, stride, padding, 1, ceil_mode)
    if divisor_override == 0:
        raise RuntimeError(f"{name}: divisor_override takes the place of the count, so it is not 0")
    x = wide(input)
    counts = divisor_override or _counts(windows, count_include_pad, x.dtype)
    return narrowed(ops.sum_pool(x, windows=windows) * (1 / counts), input)


def _lp_pool(
    name: str,
    input: Any,
    norm_type: float,
    kernel_size: Any,
    stride: Any = None,
    ceil_mode: bool = False,
) -> Any:
    """The p-norm of each window, (sum x^p)^(1/p), p = `norm_type`; for inf the largest |x|."""
    if norm_type == 0:
        raise ValueError(f"{name}: norm_type=0 has no root")
    if abs(norm_type) == inf:
        sign = 1 if norm_type > 0 else -1
        size = ops.absolute(input) * sign
        return _max_pool(name, size, kernel_size, stride, ceil_mode=ceil_mode) * sign
    powers = wide(input) ** norm_type
    mean = _avg_pool(name, powers, kernel_size, stride, ceil_mode=ceil_mode)
    mean = ops.where(mean == 0, 0, mean)  # there the root has no derivative, and 0 is chosen
    count = prod(ints_of(name, "kernel_size", kernel_size, input.ndim - 2))
    return narrowed((mean * count) ** (1 / norm_type), input)


def _counts(windows: ops.Windows, with_padding: bool, dtype: Any) -> Any:
    """How many numbers each window sees: one for all, or an array."""
    is_small = prod(windows.counts) <= 4096  # more is not kept
    return (_kept_counts if is_small else _kept_counts.__wrapped__)(windows, with_padding, dtype)


@lru_cache(128)
def _kept_counts(windows: ops.Windows, with_padding: bool, dtype: Any) -> Any:
    each = []
    for n, k, c, s, _, p in zip(*windows, strict=True):
        start = np.arange(c) * s - p
        end = np.minimum(start + k, n + p * with_padding)
        each.append(end - (start if with_padding else np.maximum(start, 0)))
    if all(seen.min() == seen.max() for seen in each):
        return float(prod([seen[0].item() for seen in each]))
    return np.asarray(prod(np.ix_(*each))).astype(dtype)


def _ends(name: str, x: Any, output_size: Any) -> list[Any]:
    """For each dimension, where as many windows as are wanted start and end: evenly spread, and as
    long as it takes to leave no number out."""
    sizes = x.shape[2:]
    if 0 in sizes:
        raise RuntimeError(f"{name}: {tuple(x.shape)} holds no numbers to take windows of")
    given = tuple(output_size) if isinstance(output_size, list | tuple) else (output_size,)
    wanted = given * len(sizes) if len(given) == 1 else given
    if len(wanted) == len(sizes):
        wanted = tuple([n if m is None else m for n, m in zip(sizes, wanted, strict=True)])
    each = zip(sizes, ints_of(name, "output_size", wanted, len(sizes), 0), strict=True)
    return [(np.arange(m) * n // m, -(-np.arange(1, m + 1) * n // m)) for n, m in each]


def _adaptive_avg_pool(name: str, input: Any, output_size: Any) -> Any:
    """The means of as many windows as are wanted: window p of m sees floor(p n / m) up to
    ceil((p + 1) n / m) of the n numbers.  None keeps a size."""
    check_floating(input, name)
    x = wide(input)
    for axis, (start, end) in enumerate(_ends(name, input, output_size), 2):
        x = _means(x, axis, start, end)
    return narrowed(x, input)


def _means(x: Any, axis: int, start: Any, end: Any) -> Any:
    """The mean of each window along an axis."""
    counts = end - start
    if counts.sum() == x.shape[axis]:  # side by side, all of one length
        if len(counts) == x.shape[axis]:
            return ops.copy(x)
        shape = (*x.shape[:axis], len(counts), counts[0], *x.shape[axis + 1 :])
        return ops.mean(x.reshape(shape), axis=axis + 1)
    total = ops.range_sum(x, start=start, stop=end, axis=axis)
    return total / counts.astype(x.dtype).reshape((-1, *[1] * (x.ndim - 1 - axis)))


def _adaptive_max_pool(
    name: str, input: Any, output_size: Any, return_indices: bool = False
) -> Any:
    """The largest numbers of as many windows as are wanted (see `adaptive_avg_pool`)."""
    seen, kernel, size = [], [], input.shape[2:]
    for start, end in _ends(name, input, output_size):
        kernel.append(int(np.max(end - start, initial=1)))
        # Laid side by side, the shorter ones with their last number again, the windows are even.
        place = np.minimum(start[:, None] + np.arange(kernel[-1]), end[:, None] - 1)
        seen.append(place.reshape(-1))
    if not all(map(len, seen)):
        counts = [len(place) // n for place, n in zip(seen, kernel, strict=True)]
        y = input[(slice(None),) * 2 + (slice(0),)].reshape((*input.shape[:2], *counts))
        return (y, y.long()) if return_indices else y
    grid = np.ix_(*seen)
    if tuple(map(len, seen)) != size:
        input = ops.getitem(input, *grid, key=(slice(None),) * 2 + (ops.ARRAY,) * len(size))
    windows = _windows(name, input.shape[2:], kernel, kernel)
    y = ops.max_pool(input, windows=windows)
    return (y, _places(input, y, windows, size, grid)) if return_indices else y


max_pool1d, max_pool2d, max_pool3d = _family(_max_pool)
avg_pool1d, avg_pool2d, avg_pool3d = _family(_avg_pool)
lp_pool1d, lp_pool2d, lp_pool3d = _family(_lp_pool)
adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d = _family(_adaptive_avg_pool)
adaptive_max_pool1d, adaptive_max_pool2d, adaptive_max_pool3d = _family(_adaptive_max_pool)


# ---------------------------------------------------------------- windows as such


def _unfold(
    _: str, input: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1
) -> Any:
    """The windows of (N, C, H, W) as columns, which a convolution sees: (N, C kernel, windows)."""
    windows = _windows("unfold", input.shape[2:], kernel_size, stride, padding, dilation)
    n, channels = input.shape[:2]
    columns: Any = ops.unfold(input, windows=windows)
    return fresh(columns.reshape((n, channels * prod(windows.kernel), prod(windows.counts))), input)


def fresh(y: Any, x: Any) -> Any:
    """y, or a copy of it if it looks into the memory of x: what is written to it stays there."""
    return ops.copy(y) if np.may_share_memory(y.array, x.array) else y


def _fold(
    _: str,
    input: Any,
    output_size: Any,
    kernel_size: Any,
    dilation: Any = 1,
    padding: Any = 0,
    stride: Any = 1,
) -> Any:
    """Columns, (N, C kernel, windows), added where their windows stand: (N, C, *output_size)."""
    size = ints_of("fold", "output_size", output_size, 2)
    windows = _windows("fold", size, kernel_size, stride, padding, dilation)
    (n, rows, columns), kernel = input.shape, prod(windows.kernel)
    if rows % kernel or columns != prod(windows.counts):
        raise RuntimeError(
            f"fold: {tuple(input.shape)} does not hold the windows of {size}: they are "
            f"{windows.counts}, "
            f"and each column is as long as the kernel, {kernel}, or a multiple of it"
        )
    shape = (n, rows // kernel, *windows.kernel, *windows.counts)
    return ops.fold(input.reshape(shape), windows=windows)


unfold, fold = _in_dimensions(2, _unfold), _in_dimensions(1, _fold)


# ---------------------------------------------------------------- borders

_MODES = ("reflect", "replicate", "circular")


def pad(input: Any, pad: Sequence[int], mode: str = "constant", value: Any = None) -> Any:
    """The tensor with a border: `pad` says how wide it is before and after the last dimension, then
    the one before it, and so on; what is below 0 is cut off.

    The border holds `value` (0), or continues the numbers: mode "reflect" goes back from the edge,
    "replicate" repeats it, "circular" comes in from the other side.  The result is always a copy.

    >>> import tinygrad_edu as tg
    >>> pad(tg.arange(3), (1, 2), mode="reflect")
    tensor([1, 0, 1, 2, 1, 0])
    """
    if mode != "constant" and mode not in _MODES:
        raise NotImplementedError(f"pad: there is no mode {mode!r}; see {[*_MODES]}")
    if len(pad) % 2 or len(pad) > 2 * input.ndim:
        raise RuntimeError(
            f"pad: {pad} is not a pair for each of the last dims of {tuple(input.shape)}"
        )
    pairs = [(0, 0)] * (input.ndim - len(pad) // 2) + list(zip(pad[::2], pad[1::2], strict=True))[
        ::-1
    ]
    if mode == "constant":
        return _padded(input, pairs, value or 0)
    if value:
        raise RuntimeError(f"pad: value={value} goes with mode 'constant', not with {mode!r}")
    y = input
    for dim, (before, after) in enumerate(pairs):
        if before or after:
            places = _continued(mode, input.shape[dim], before, after)
            y = y[(slice(None),) * dim + (places,)]
    return ops.copy(y) if y is input else y


def _padded(x: Any, pairs: Any, value: Any) -> Any:
    """x with a border of one value."""
    if x.dtype.kind in "iu" and not isfinite(value):
        raise RuntimeError(f"pad: {value} is no whole number, as {x.dtype} holds; say x.float()")
    for dim, (before, after) in enumerate(pairs):
        if before < 0 or after < 0:
            cut = max(-before, 0)
            x = functions.narrow(x, dim, cut, x.shape[dim] - cut - max(-after, 0))
    widths = [(max(before, 0), max(after, 0)) for before, after in pairs]
    return ops.pad(x, pad_width=widths, constant_values=value)


def _continued(mode: str, size: int, before: int, after: int) -> Any:
    """Which of `size` places stand there, if they go on `before` and `after`; what is below 0 is
    cut off, in mode "circular" before they go on, in the others behind that."""
    first, last = max(-before, 0), size - max(-after, 0)  # what is left
    most = {"reflect": size - 1, "circular": last - first}.get(mode, inf)
    least = 0 if mode == "circular" else 1  # as in PyTorch
    if size < 1 or size + before + after < least or max(before, after) > most:
        raise RuntimeError(
            f"pad: mode {mode!r} cannot add {before} places before and {after} behind a side of "
            f"{size}: no more than the {most if size else 0} that there are to repeat, and "
            f"{'one' if least else 'none'} must be left where it cuts"
        )
    places = np.arange(-before, size + after)
    if mode == "circular":
        return first + (places - first) % max(last - first, 1)
    if mode == "reflect":
        places = np.abs(places)
        return np.where(places < size, places, 2 * (size - 1) - places)
    return np.clip(places, 0, size - 1)
