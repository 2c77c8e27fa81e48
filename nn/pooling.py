"""Pooling: each window of the input made one number, its largest or its mean."""

from __future__ import annotations

from functools import lru_cache
from math import inf, prod
from typing import Any

import numpy as np

from tinygrad_edu import Tensor, ops
from tinygrad_edu.engine import graph
from tinygrad_edu.functions.arguments import check_floating, plain
from tinygrad_edu.sums import narrowed, wide

from .module import Module
from .windows import batched, ints_of, windows_of

# ---------------------------------------------------------------- functions


def _pooled(name: str, x: Any, kernel: Any, stride: Any, *rest: Any) -> ops.Windows:
    """The windows of a pool: side by side unless a stride is given, padded by half at most."""
    windows = windows_of(
        name, x.shape[2:], kernel, kernel if stride in (None, []) else stride, *rest
    )
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
    windows = _pooled(name, input, kernel_size, stride, padding, dilation, ceil_mode)
    y = ops.max_pool(input, windows=windows)
    return (y, indices_of_largest(input, y, windows, windows.size)) if return_indices else y


def indices_of_largest(x: Any, y: Any, windows: ops.Windows, size: Any, seen: Any = ...) -> Any:
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
) -> Tensor:
    check_floating(input, name)
    windows = _pooled(name, input, kernel_size, stride, padding, 1, ceil_mode)
    if divisor_override == 0:
        raise RuntimeError(f"{name}: divisor_override takes the place of the count, so it is not 0")
    x = wide(input)
    counts = divisor_override or _window_counts(windows, count_include_pad, x.dtype)
    found: Tensor = narrowed(ops.sum_pool(x, windows=windows) * (1 / counts), input)
    return found


def _lp_pool(
    name: str,
    input: Any,
    norm_type: float,
    kernel_size: Any,
    stride: Any = None,
    ceil_mode: bool = False,
) -> Tensor:
    if norm_type == 0:
        raise ValueError(f"{name}: norm_type=0 has no root")
    if abs(norm_type) == inf:
        sign = 1 if norm_type > 0 else -1
        size = ops.absolute(input) * sign
        largest: Tensor = _max_pool(name, size, kernel_size, stride, ceil_mode=ceil_mode)
        return largest * sign
    powers = wide(input) ** norm_type
    mean = _avg_pool(name, powers, kernel_size, stride, ceil_mode=ceil_mode)
    mean = ops.where(mean == 0, 0, mean)  # there the root has no derivative, and 0 is chosen
    count = prod(ints_of(name, "kernel_size", kernel_size, input.ndim - 2))
    found: Tensor = narrowed((mean * count) ** (1 / norm_type), input)
    return found


def _window_counts(windows: ops.Windows, with_padding: bool, dtype: Any) -> Any:
    """How many numbers each window sees: one for all, or an array."""
    is_small = prod(windows.counts) <= 4096  # more is not kept
    return (_cached_window_counts if is_small else _cached_window_counts.__wrapped__)(
        windows, with_padding, dtype
    )


@lru_cache(128)
def _cached_window_counts(windows: ops.Windows, with_padding: bool, dtype: Any) -> Any:
    each = []
    for n, k, c, s, _, p in zip(*windows, strict=True):
        start = np.arange(c) * s - p
        end = np.minimum(start + k, n + p * with_padding)
        each.append(end - (start if with_padding else np.maximum(start, 0)))
    if all(seen.min() == seen.max() for seen in each):
        return float(prod([seen[0].item() for seen in each]))
    return np.asarray(prod(np.ix_(*each))).astype(dtype)


def max_pool1d(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest number of each window of (N, channels, L); the gradient goes to the first
    of them.

    The stride is the kernel's size unless it is given.  With `ceil_mode`, a last window may reach
    beyond the padding.  With `return_indices`, the pair of the numbers and of their places in the
    flattened sizes.
    """
    return batched(
        _max_pool,
        "max_pool1d",
        1,
        input,
        kernel_size,
        stride,
        padding,
        dilation,
        ceil_mode,
        return_indices,
    )


def max_pool2d(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest number of each window of (N, channels, H, W); the gradient goes to the first
    of them.

    The stride is the kernel's size unless it is given.  With `ceil_mode`, a last window may reach
    beyond the padding.  With `return_indices`, the pair of the numbers and of their places in the
    flattened sizes.
    """
    return batched(
        _max_pool,
        "max_pool2d",
        2,
        input,
        kernel_size,
        stride,
        padding,
        dilation,
        ceil_mode,
        return_indices,
    )


def max_pool3d(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest number of each window of (N, channels, D, H, W); the gradient goes to the first
    of them.

    The stride is the kernel's size unless it is given.  With `ceil_mode`, a last window may reach
    beyond the padding.  With `return_indices`, the pair of the numbers and of their places in the
    flattened sizes.
    """
    return batched(
        _max_pool,
        "max_pool3d",
        3,
        input,
        kernel_size,
        stride,
        padding,
        dilation,
        ceil_mode,
        return_indices,
    )


def avg_pool1d(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Tensor:
    """The mean of each window of (N, channels, L).

    It counts the zeros of the padding, unless `count_include_pad` is False; never what a last
    window sees beyond it (`ceil_mode`).
    """
    return batched(
        _avg_pool,
        "avg_pool1d",
        1,
        input,
        kernel_size,
        stride,
        padding,
        ceil_mode,
        count_include_pad,
    )


def avg_pool2d(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """The mean of each window of (N, channels, H, W).

    It counts the zeros of the padding, unless `count_include_pad` is False; never what a last
    window sees beyond it (`ceil_mode`).
    `divisor_override` takes the place of the count.
    """
    return batched(
        _avg_pool,
        "avg_pool2d",
        2,
        input,
        kernel_size,
        stride,
        padding,
        ceil_mode,
        count_include_pad,
        divisor_override,
    )


def avg_pool3d(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """The mean of each window of (N, channels, D, H, W).

    It counts the zeros of the padding, unless `count_include_pad` is False; never what a last
    window sees beyond it (`ceil_mode`).
    `divisor_override` takes the place of the count.
    """
    return batched(
        _avg_pool,
        "avg_pool3d",
        3,
        input,
        kernel_size,
        stride,
        padding,
        ceil_mode,
        count_include_pad,
        divisor_override,
    )


def lp_pool1d(
    input: Tensor, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False
) -> Tensor:
    """The p-norm of each window of (N, channels, L), (sum x^p)^(1/p) with p = `norm_type`;
    for inf the largest |x|."""
    return batched(_lp_pool, "lp_pool1d", 1, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool2d(
    input: Tensor, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False
) -> Tensor:
    """The p-norm of each window of (N, channels, H, W), (sum x^p)^(1/p) with p = `norm_type`;
    for inf the largest |x|."""
    return batched(_lp_pool, "lp_pool2d", 2, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool3d(
    input: Tensor, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False
) -> Tensor:
    """The p-norm of each window of (N, channels, D, H, W), (sum x^p)^(1/p) with p = `norm_type`;
    for inf the largest |x|."""
    return batched(_lp_pool, "lp_pool3d", 3, input, norm_type, kernel_size, stride, ceil_mode)


# ---------------------------------------------------------------- layers


class Pool(Module):
    """A pooling layer hands its settings, by their names in `shown`, to its `function`."""

    function: Any
    shown: tuple[str, ...]
    hidden: tuple[str, ...] = ()

    def forward(self, input: Tensor) -> Tensor:
        settings = {name: getattr(self, name) for name in self.shown + self.hidden}
        y: Tensor = type(self).function(input, **settings)
        return y

    def extra_repr(self) -> str:
        return ", ".join(f"{name}={getattr(self, name)}" for name in self.shown)


class _MaxPool(Pool):
    shown = ("kernel_size", "stride", "padding", "dilation", "ceil_mode")

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.kernel_size, self.stride = kernel_size, kernel_size if stride is None else stride
        self.padding, self.dilation = padding, dilation
        self.return_indices, self.ceil_mode = return_indices, ceil_mode

    def forward(self, input: Tensor) -> Any:
        return type(self).function(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.dilation,
            self.ceil_mode,
            self.return_indices,
        )


class MaxPool1d(_MaxPool):
    """The largest number of each window of (N, C, L): see `max_pool1d`."""

    function = max_pool1d


class MaxPool2d(_MaxPool):
    """The largest number of each window of (N, C, H, W): see `max_pool2d`."""

    function = max_pool2d


class MaxPool3d(_MaxPool):
    """The largest number of each window of (N, C, D, H, W): see `max_pool3d`."""

    function = max_pool3d


class _AvgPool(Pool):
    shown = ("kernel_size", "stride", "padding")
    hidden = ("ceil_mode", "count_include_pad", "divisor_override")

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        super().__init__()
        self.kernel_size, self.stride = kernel_size, kernel_size if stride is None else stride
        self.padding, self.ceil_mode = padding, ceil_mode
        self.count_include_pad, self.divisor_override = count_include_pad, divisor_override


class AvgPool1d(Pool):
    """The mean of each window of (N, C, L): see `avg_pool1d`."""

    function = avg_pool1d
    shown = ("kernel_size", "stride", "padding")
    hidden = ("ceil_mode", "count_include_pad")

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        super().__init__()
        self.kernel_size = ints_of("AvgPool1d", "kernel_size", kernel_size, 1)
        given = kernel_size if stride is None else stride
        self.stride = ints_of("AvgPool1d", "stride", given, 1)
        self.padding = ints_of("AvgPool1d", "padding", padding, 1, 0)
        self.ceil_mode, self.count_include_pad = ceil_mode, count_include_pad


class AvgPool2d(_AvgPool):
    """The mean of each window of (N, C, H, W): see `avg_pool2d`."""

    function = avg_pool2d


class AvgPool3d(_AvgPool):
    """The mean of each window of (N, C, D, H, W): see `avg_pool3d`."""

    function = avg_pool3d


class _LPPool(Pool):
    shown = ("norm_type", "kernel_size", "stride", "ceil_mode")

    def __init__(
        self, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False
    ) -> None:
        super().__init__()
        self.norm_type, self.kernel_size = norm_type, kernel_size
        self.stride, self.ceil_mode = stride, ceil_mode


class LPPool1d(_LPPool):
    """The `norm_type`-norm of each window of (N, C, L): see `lp_pool1d`."""

    function = lp_pool1d


class LPPool2d(_LPPool):
    """The `norm_type`-norm of each window of (N, C, H, W): see `lp_pool2d`."""

    function = lp_pool2d


class LPPool3d(_LPPool):
    """The `norm_type`-norm of each window of (N, C, D, H, W): see `lp_pool3d`."""

    function = lp_pool3d
