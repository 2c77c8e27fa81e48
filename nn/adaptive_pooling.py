"""Adaptive pooling: as many windows as `output_size` says, evenly spread.

Window p of m sees floor(p n / m) up to ceil((p + 1) n / m) of the n numbers.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_edu import Tensor, ops
from tinygrad_edu.functions.arguments import check_floating
from tinygrad_edu.sums import narrowed, wide

from .pooling import Pool, indices_of_largest
from .windows import batched, ints_of, windows_of

# ---------------------------------------------------------------- functions


def _ends(name: str, x: Any, output_size: Any) -> list[Any]:
    """For each dimension, where `output_size` windows start and end: evenly spread, and as
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


def _adaptive_avg_pool(name: str, input: Any, output_size: Any) -> Tensor:
    check_floating(input, name)
    x = wide(input)
    for axis, (start, end) in enumerate(_ends(name, input, output_size), 2):
        x = _means(x, axis, start, end)
    found: Tensor = narrowed(x, input)
    return found


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
    windows = windows_of(name, input.shape[2:], kernel, kernel)
    y = ops.max_pool(input, windows=windows)
    return (y, indices_of_largest(input, y, windows, size, grid)) if return_indices else y


def adaptive_avg_pool1d(input: Tensor, output_size: Any) -> Tensor:
    """The means of `output_size` windows of (N, channels, L): window p of m sees
    floor(p n / m) up to ceil((p + 1) n / m) of the n numbers.  None keeps a size."""
    return batched(_adaptive_avg_pool, "adaptive_avg_pool1d", 1, input, output_size)


def adaptive_avg_pool2d(input: Tensor, output_size: Any) -> Tensor:
    """The means of `output_size` windows of (N, channels, H, W): window p of m sees
    floor(p n / m) up to ceil((p + 1) n / m) of the n numbers.  None keeps a size."""
    return batched(_adaptive_avg_pool, "adaptive_avg_pool2d", 2, input, output_size)


def adaptive_avg_pool3d(input: Tensor, output_size: Any) -> Tensor:
    """The means of `output_size` windows of (N, channels, D, H, W): window p of m sees
    floor(p n / m) up to ceil((p + 1) n / m) of the n numbers.  None keeps a size."""
    return batched(_adaptive_avg_pool, "adaptive_avg_pool3d", 3, input, output_size)


def adaptive_max_pool1d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """The largest elements of `output_size` windows of (N, channels, L) (see
    `adaptive_avg_pool1d`)."""
    return batched(_adaptive_max_pool, "adaptive_max_pool1d", 1, input, output_size, return_indices)


def adaptive_max_pool2d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """The largest elements of `output_size` windows of (N, channels, H, W) (see
    `adaptive_avg_pool2d`)."""
    return batched(_adaptive_max_pool, "adaptive_max_pool2d", 2, input, output_size, return_indices)


def adaptive_max_pool3d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """The largest elements of `output_size` windows of (N, channels, D, H, W) (see
    `adaptive_avg_pool3d`)."""
    return batched(_adaptive_max_pool, "adaptive_max_pool3d", 3, input, output_size, return_indices)


# ---------------------------------------------------------------- layers


class _AdaptiveAvgPool(Pool):
    shown = ("output_size",)

    def __init__(self, output_size: Any) -> None:
        super().__init__()
        self.output_size = output_size


class AdaptiveAvgPool1d(_AdaptiveAvgPool):
    """The means of `output_size` windows of (N, C, L): see `adaptive_avg_pool1d`."""

    function = adaptive_avg_pool1d


class AdaptiveAvgPool2d(_AdaptiveAvgPool):
    """The means of `output_size` windows of (N, C, H, W): see `adaptive_avg_pool2d`."""

    function = adaptive_avg_pool2d


class AdaptiveAvgPool3d(_AdaptiveAvgPool):
    """The means of `output_size` windows of (N, C, D, H, W): see `adaptive_avg_pool3d`."""

    function = adaptive_avg_pool3d


class _AdaptiveMaxPool(_AdaptiveAvgPool):
    def __init__(self, output_size: Any, return_indices: bool = False) -> None:
        super().__init__(output_size)
        self.return_indices = return_indices

    def forward(self, input: Tensor) -> Any:
        return type(self).function(input, self.output_size, self.return_indices)


class AdaptiveMaxPool1d(_AdaptiveMaxPool):
    """The largest of each of `output_size` windows of (N, C, L): see `adaptive_max_pool1d`."""

    function = adaptive_max_pool1d


class AdaptiveMaxPool2d(_AdaptiveMaxPool):
    """The largest of each of `output_size` windows of (N, C, H, W): see `adaptive_max_pool2d`."""

    function = adaptive_max_pool2d


class AdaptiveMaxPool3d(_AdaptiveMaxPool):
    """The largest of each of `output_size` windows of (N, C, D, H, W): see
    `adaptive_max_pool3d`."""

    function = adaptive_max_pool3d
