"""Sliding windows: the windows of an image as columns, and back (im2col and col2im)."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from tinygrad_edu import Tensor, ops
from tinygrad_edu.errors import InputError

from .module import Module
from .windows import batched, ints_of, windows_of

# ---------------------------------------------------------------- functions


def unfold(
    input: Tensor,
    kernel_size: int | Sequence[int],
    dilation: int | Sequence[int] = 1,
    padding: int | Sequence[int] = 0,
    stride: int | Sequence[int] = 1,
) -> Tensor:
    """Extract the windows of a batch of images as columns ("im2col").

    Column l of the output holds the elements of window l: its channels one after the other, each
    row by row.  A convolution is then a matrix product.  The number of windows is

        L = H_out W_out,
        H_out = floor((H + 2 padding - dilation (kernel_size - 1) - 1) / stride) + 1

    and W_out in the same way.

    Parameters
    ----------
    input : Tensor, shape (N, C, H, W) or (C, H, W)
        A batch, or a single example.
    kernel_size : int or tuple of int
        Size of the windows.
    dilation : int or tuple of int, default 1
        Distance between the elements that one window sees.
    padding : int or tuple of int, default 0
        Number of zeros added at both ends of each dimension.
    stride : int or tuple of int, default 1
        Step from one window to the next.

    Returns
    -------
    Tensor, shape (N, C prod(kernel_size), L), or without N for a single example

    Raises
    ------
    ValueError
        If the shapes or the settings do not fit together.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> x = tg.arange(9.0).reshape(1, 1, 3, 3)
    >>> columns = F.unfold(x, 2)
    >>> columns
    tensor([[[0., 1., 3., 4.],
             [1., 2., 4., 5.],
             [3., 4., 6., 7.],
             [4., 5., 7., 8.]]])
    >>> weight = tg.randn(5, 1, 2, 2)
    >>> y = (weight.reshape(5, -1) @ columns).reshape(1, 5, 2, 2)
    >>> tg.allclose(y, F.conv2d(x, weight), atol=1e-5)
    True
    """
    return batched(_unfold, "unfold", 2, input, kernel_size, dilation, padding, stride)


def _unfold(
    name: str, input: Tensor, kernel_size: Any, dilation: Any, padding: Any, stride: Any
) -> Tensor:
    windows = windows_of(name, input.shape[2:], kernel_size, stride, padding, dilation)
    n, channels = input.shape[:2]
    columns = ops.unfold(input, windows=windows)
    return fresh(columns.reshape((n, channels * prod(windows.kernel), prod(windows.counts))), input)


def fresh(y: Tensor, x: Tensor) -> Tensor:
    """y, or a copy of it if it shares memory with x: writing to a result must not change x."""
    return ops.copy(y) if np.may_share_memory(y.array, x.array) else y


def fold(
    input: Tensor,
    output_size: int | Sequence[int],
    kernel_size: int | Sequence[int],
    dilation: int | Sequence[int] = 1,
    padding: int | Sequence[int] = 0,
    stride: int | Sequence[int] = 1,
) -> Tensor:
    """Add columns of windows into a batch of images ("col2im"): the adjoint of `unfold`.

    Each element of the output is the sum of the elements of all windows that cover it, so `fold`
    does not invert `unfold`, unless the windows do not overlap.  The number of windows is

        L = prod over the dimensions of
            floor((output_size + 2 padding - dilation (kernel_size - 1) - 1) / stride) + 1

    Parameters
    ----------
    input : Tensor, shape (N, C prod(kernel_size), L) or (C prod(kernel_size), L)
        A batch, or a single example.
    output_size : int or tuple of int
        The sizes (H, W) of the images.
    kernel_size : int or tuple of int
        Size of the windows.
    dilation : int or tuple of int, default 1
        Distance between the elements that one window sees.
    padding : int or tuple of int, default 0
        Number of zeros added at both ends of each dimension, which the windows cover and the output
        leaves out.
    stride : int or tuple of int, default 1
        Step from one window to the next.

    Returns
    -------
    Tensor, shape (N, C, H, W), or without N for a single example

    Raises
    ------
    ValueError
        If the shapes or the settings do not fit together.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> x = tg.ones(1, 1, 3, 3)
    >>> F.fold(F.unfold(x, 2), (3, 3), 2)  # how many windows cover each element
    tensor([[[[1., 2., 1.],
              [2., 4., 2.],
              [1., 2., 1.]]]])
    """
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
        raise InputError(
            f"{name}: {tuple(input.shape)} does not hold the windows of {size}: they are "
            f"{windows.counts}, "
            f"and each column is as long as the kernel, {kernel}, or a multiple of it"
        )
    shape = (n, rows // kernel, *windows.kernel, *windows.counts)
    return ops.fold(input.reshape(shape), windows=windows)


# ---------------------------------------------------------------- layers


class Unfold(Module):
    """Layer that extracts the windows of a batch of images as columns ("im2col").

    The input has shape (N, C, H, W) or (C, H, W), the output (N, C prod(kernel_size), L) or (C
    prod(kernel_size), L), with the number of windows

        L = H_out W_out,
        H_out = floor((H + 2 padding - dilation (kernel_size - 1) - 1) / stride) + 1

    and W_out in the same way; see `nn.functional.unfold`.  The layer has no parameters.

    Parameters
    ----------
    kernel_size : int or tuple of int
        Size of the windows.
    dilation : int or tuple of int, default 1
        Distance between the elements that one window sees.
    padding : int or tuple of int, default 0
        Number of zeros added at both ends of each dimension.
    stride : int or tuple of int, default 1
        Step from one window to the next.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.Unfold((2, 3))(tg.randn(2, 5, 3, 4)).shape  # columns of 5 * 2 * 3, for 2 * 2 windows
    torch.Size([2, 30, 4])
    """

    def __init__(
        self,
        kernel_size: int | Sequence[int],
        dilation: int | Sequence[int] = 1,
        padding: int | Sequence[int] = 0,
        stride: int | Sequence[int] = 1,
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
    """Layer that adds columns of windows into a batch of images ("col2im").

    The input has shape (N, C prod(kernel_size), L) or (C prod(kernel_size), L), where L is the
    number of windows, the output (N, C, H, W) or (C, H, W) with (H, W) = `output_size`; see
    `nn.functional.fold`.  The layer has no parameters.

    Parameters
    ----------
    output_size : int or tuple of int
        The sizes (H, W) of the images.
    kernel_size : int or tuple of int
        Size of the windows.
    dilation : int or tuple of int, default 1
        Distance between the elements that one window sees.
    padding : int or tuple of int, default 0
        Number of zeros added at both ends of each dimension, which the windows cover and the output
        leaves out.
    stride : int or tuple of int, default 1
        Step from one window to the next.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.Fold((4, 5), (2, 2))(tg.randn(1, 3 * 2 * 2, 12)).shape
    torch.Size([1, 3, 4, 5])
    """

    def __init__(
        self,
        output_size: int | Sequence[int],
        kernel_size: int | Sequence[int],
        dilation: int | Sequence[int] = 1,
        padding: int | Sequence[int] = 0,
        stride: int | Sequence[int] = 1,
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
