"""Sliding windows as such: an image as the columns that a convolution sees, and back."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from tinygrad_edu import Tensor, ops

from .module import Module
from .windows import batched, ints_of, windows_of

# ---------------------------------------------------------------- functions


def unfold(
    input: Tensor, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1
) -> Tensor:
    """The windows of (N, C, H, W) as columns, which a convolution sees: (N, C kernel, windows)."""
    return batched(_unfold, "unfold", 2, input, kernel_size, dilation, padding, stride)


def _unfold(
    name: str, input: Tensor, kernel_size: Any, dilation: Any, padding: Any, stride: Any
) -> Tensor:
    windows = windows_of(name, input.shape[2:], kernel_size, stride, padding, dilation)
    n, channels = input.shape[:2]
    columns = ops.unfold(input, windows=windows)
    return fresh(columns.reshape((n, channels * prod(windows.kernel), prod(windows.counts))), input)


def fresh(y: Tensor, x: Tensor) -> Tensor:
    """y, or a copy of it if it looks into the memory of x: what is written to it stays there."""
    return ops.copy(y) if np.may_share_memory(y.array, x.array) else y


def fold(
    input: Tensor,
    output_size: Any,
    kernel_size: Any,
    dilation: Any = 1,
    padding: Any = 0,
    stride: Any = 1,
) -> Tensor:
    """Columns, (N, C kernel, windows), added where their windows stand: (N, C, *output_size)."""
    return batched(_fold, "fold", 1, input, output_size, kernel_size, dilation, padding, stride)


def _fold(
    name: str,
    input: Tensor,
    output_size: Any,
    kernel_size: Any,
    dilation: Any,
    padding: Any,
    stride: Any,
) -> Tensor:
    size = ints_of(name, "output_size", output_size, 2)
    windows = windows_of(name, size, kernel_size, stride, padding, dilation)
    (n, rows, columns), kernel = input.shape, prod(windows.kernel)
    if rows % kernel or columns != prod(windows.counts):
        raise RuntimeError(
            f"{name}: {tuple(input.shape)} does not hold the windows of {size}: they are "
            f"{windows.counts}, "
            f"and each column is as long as the kernel, {kernel}, or a multiple of it"
        )
    shape = (n, rows // kernel, *windows.kernel, *windows.counts)
    return ops.fold(input.reshape(shape), windows=windows)


# ---------------------------------------------------------------- layers


class Unfold(Module):
    """The windows of (N, C, H, W) as columns, (N, C kernel, windows): see `unfold`."""

    def __init__(
        self, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1
    ) -> None:
        super().__init__()
        self.kernel_size, self.dilation = kernel_size, dilation
        self.padding, self.stride = padding, stride

    def forward(self, input: Tensor) -> Tensor:
        return unfold(input, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self) -> str:
        return (
            f"kernel_size={self.kernel_size}, dilation={self.dilation}, "
            f"padding={self.padding}, stride={self.stride}"
        )


class Fold(Module):
    """Columns, (N, C kernel, windows), added where their windows stand: see `fold`."""

    def __init__(
        self,
        output_size: Any,
        kernel_size: Any,
        dilation: Any = 1,
        padding: Any = 0,
        stride: Any = 1,
    ) -> None:
        super().__init__()
        self.output_size, self.kernel_size = output_size, kernel_size
        self.dilation, self.padding, self.stride = dilation, padding, stride

    def forward(self, input: Tensor) -> Tensor:
        return fold(
            input, self.output_size, self.kernel_size, self.dilation, self.padding, self.stride
        )

    def extra_repr(self) -> str:
        return (
            f"output_size={self.output_size}, kernel_size={self.kernel_size}, "
            f"dilation={self.dilation}, padding={self.padding}, stride={self.stride}"
        )
