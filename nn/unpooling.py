"""Unpooling: the largest values of max pooling written back to their places."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

import tinygrad_edu as tg
from tinygrad_edu import Tensor, functions
from tinygrad_edu.errors import InputError, InputTypeError

from .module import Module
from .windows import batched, ints_of

# ---------------------------------------------------------------- functions


def _max_unpool(
    name: str, input: Any, indices: Any, kernel: Any, stride: Any, padding: Any, output_size: Any
) -> Tensor:
    size = _output_size(name, input.shape[2:], kernel, stride, padding, output_size)
    indices = indices.reshape(input.shape) if indices.ndim < input.ndim else indices
    if tuple(indices.shape) != tuple(input.shape):
        raise InputError(
            f"{name}: each value has its index, so the shapes are equal: input "
            f"{tuple(input.shape)}, indices {tuple(indices.shape)}"
        )
    if indices.dtype != np.int64:
        raise InputTypeError(f"{name}: indices are int64, not {indices.dtype}")
    places = indices.array
    if places.size and not 0 <= places.min() <= places.max() < prod(size):
        raise InputError(
            f"{name}: indices count the {prod(size)} places of an output of sizes {size}; given: "
            f"{places.min()} to {places.max()}"
        )
    flat = (*input.shape[:2], -1) if input.size() else (*input.shape[:2], 0)
    empty = tg.zeros(*input.shape[:2], prod(size), dtype=input.dtype)
    y: Tensor = functions.scatter(empty, 2, indices.reshape(flat), input.reshape(flat))
    return y.reshape((*input.shape[:2], *size))


def _output_size(
    name: str, sizes: Any, kernel: Any, stride: Any, padding: Any, wanted: Any
) -> tuple[int, ...]:
    """The sizes wanted, if a pool makes `sizes` of them; else the usual ones."""
    ndim = len(sizes)
    kernels = ints_of(name, "kernel_size", kernel, ndim)
    strides = kernels if stride in (None, []) else ints_of(name, "stride", stride, ndim)
    each = zip(sizes, strides, kernels, ints_of(name, "padding", padding, ndim, 0), strict=True)
    usual = tuple([(n - 1) * s + k - 2 * p for n, s, k, p in each])
    if wanted is None:
        return usual
    found = tuple(wanted)[2:] if len(wanted) == ndim + 2 else tuple(wanted)
    if len(found) != ndim:
        raise ValueError(f"{name}: output_size is {ndim} or {ndim + 2} sizes, not {tuple(wanted)}")
    for m, n, s in zip(found, usual, strides, strict=True):
        if not n - s < m < n + s:
            raise ValueError(
                f"{name}: output_size {found} differs from {usual} by the stride {strides} or more"
            )
    return found


def max_unpool1d(
    input: Tensor,
    indices: Tensor,
    kernel_size: int | Sequence[int],
    stride: int | Sequence[int] | None = None,
    padding: int | Sequence[int] = 0,
    output_size: Sequence[int] | None = None,
) -> Tensor:
    """Invert `max_pool1d` in part: each value goes back to its position, the others are 0.

    The output size is L_out = (L - 1) stride - 2 padding + kernel_size.

    Parameters
    ----------
    input : Tensor, shape (N, C, L) or (C, L)
        The values that `max_pool1d` returned.
    indices : Tensor, int64, the input's shape
        Where they go along the length of the output, as `max_pool1d` returns it.
    kernel_size : int or tuple of int
        The size of the windows.
    stride : int or tuple of int, optional
        The step from one window to the next; by default `kernel_size`.
    padding : int or tuple of int, default 0
        The padding of the pooling.
    output_size : sequence of int, optional
        The spatial sizes of the output, or its whole shape.  Inputs of several sizes have the same
        pooled size; this says which one is meant.  It differs from the formula by less than the
        stride.

    Returns
    -------
    Tensor, shape (N, C, L_out) or (C, L_out)
        Of the input's dtype.

    Raises
    ------
    ValueError
        If `output_size` differs from the formula by the stride or more, or the indices have another
        shape than the input, or lie outside the output.
    TypeError
        If the indices are not int64.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> x = tg.tensor([[[1.0, 5.0, 2.0, 3.0]]])
    >>> y, indices = F.max_pool1d(x, 2, return_indices=True)
    >>> F.max_unpool1d(y, indices, 2)
    tensor([[[0., 5., 0., 3.]]])
    """
    return batched(
        _max_unpool, "max_unpool1d", 1, input, indices, kernel_size, stride, padding, output_size
    )


def max_unpool2d(
    input: Tensor,
    indices: Tensor,
    kernel_size: int | Sequence[int],
    stride: int | Sequence[int] | None = None,
    padding: int | Sequence[int] = 0,
    output_size: Sequence[int] | None = None,
) -> Tensor:
    """Invert `max_pool2d` in part: each value goes back to its position, the others are 0.

    The output sizes are H_out = (H - 1) stride - 2 padding + kernel_size, and W_out likewise.

    Parameters
    ----------
    input : Tensor, shape (N, C, H, W) or (C, H, W)
        The values that `max_pool2d` returned.
    indices : Tensor, int64, the input's shape
        Where they go in the flattened image of the output, as `max_pool2d` returns it.
    kernel_size : int or tuple of int
        The size of the windows.
    stride : int or tuple of int, optional
        The step from one window to the next; by default `kernel_size`.
    padding : int or tuple of int, default 0
        The padding of the pooling.
    output_size : sequence of int, optional
        The spatial sizes of the output, or its whole shape.  Inputs of several sizes have the same
        pooled size; this says which one is meant.  It differs from the formula by less than the
        stride.

    Returns
    -------
    Tensor, shape (N, C, H_out, W_out) or (C, H_out, W_out)
        Of the input's dtype.

    Raises
    ------
    ValueError
        If `output_size` differs from the formula by the stride or more, or the indices have another
        shape than the input, or lie outside the output.
    TypeError
        If the indices are not int64.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> x = tg.tensor([[[[1.0, 2.0], [3.0, 4.0]]]])
    >>> y, indices = F.max_pool2d(x, 2, return_indices=True)
    >>> F.max_unpool2d(y, indices, 2)
    tensor([[[[0., 0.],
              [0., 4.]]]])
    """
    return batched(
        _max_unpool, "max_unpool2d", 2, input, indices, kernel_size, stride, padding, output_size
    )


def max_unpool3d(
    input: Tensor,
    indices: Tensor,
    kernel_size: int | Sequence[int],
    stride: int | Sequence[int] | None = None,
    padding: int | Sequence[int] = 0,
    output_size: Sequence[int] | None = None,
) -> Tensor:
    """Invert `max_pool3d` in part: each value goes back to its position, the others are 0.

    The output sizes are D_out = (D - 1) stride - 2 padding + kernel_size, and H_out and W_out
    likewise.

    Parameters
    ----------
    input : Tensor, shape (N, C, D, H, W) or (C, D, H, W)
        The values that `max_pool3d` returned.
    indices : Tensor, int64, the input's shape
        Where they go in the flattened volume of the output, as `max_pool3d` returns it.
    kernel_size : int or tuple of int
        The size of the windows.
    stride : int or tuple of int, optional
        The step from one window to the next; by default `kernel_size`.
    padding : int or tuple of int, default 0
        The padding of the pooling.
    output_size : sequence of int, optional
        The spatial sizes of the output, or its whole shape.  Inputs of several sizes have the same
        pooled size; this says which one is meant.  It differs from the formula by less than the
        stride.

    Returns
    -------
    Tensor, shape (N, C, D_out, H_out, W_out) or (C, D_out, H_out, W_out)
        Of the input's dtype.

    Raises
    ------
    ValueError
        If `output_size` differs from the formula by the stride or more, or the indices have another
        shape than the input, or lie outside the output.
    TypeError
        If the indices are not int64.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> x = tg.tensor([[[[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]]]])
    >>> y, indices = F.max_pool3d(x, 2, return_indices=True)
    >>> F.max_unpool3d(y, indices, 2)
    tensor([[[[[0., 0.],
               [0., 0.]],
    <BLANKLINE>
              [[0., 0.],
               [0., 8.]]]]])
    """
    return batched(
        _max_unpool, "max_unpool3d", 3, input, indices, kernel_size, stride, padding, output_size
    )


# ---------------------------------------------------------------- layers


class _MaxUnpool(Module):
    ndim: int

    def __init__(
        self,
        kernel_size: int | Sequence[int],
        stride: int | Sequence[int] | None = None,
        padding: int | Sequence[int] = 0,
    ) -> None:
        super().__init__()
        name = type(self).__name__
        self.kernel_size = ints_of(name, "kernel_size", kernel_size, self.ndim)
        steps = kernel_size if stride is None else stride
        self.stride = ints_of(name, "stride", steps, self.ndim)
        self.padding = ints_of(name, "padding", padding, self.ndim, 0)

    def extra_repr(self) -> str:
        settings = f"kernel_size={self.kernel_size}, stride={self.stride}"
        return f"{settings}, padding={self.padding}"


class MaxUnpool1d(_MaxUnpool):
    """Invert `MaxPool1d` in part: each value goes back to its position, the others are 0.

    The layer is called with the pooled values, (N, C, L), their indices, and optionally
    `output_size`; see `max_unpool1d`.  The output has shape (N, C, L_out) with
    L_out = (L - 1) stride - 2 padding + kernel_size.

    The layer has no parameters.

    Parameters
    ----------
    kernel_size : int or tuple of int
        The size of the windows.
    stride : int or tuple of int, optional
        The step from one window to the next; by default `kernel_size`.
    padding : int or tuple of int, default 0
        The padding of the pooling.

    Examples
    --------
    >>> import nn
    >>> import tinygrad_edu as tg
    >>> y, indices = nn.MaxPool1d(2, return_indices=True)(tg.ones(1, 1, 4))
    >>> nn.MaxUnpool1d(2)(y, indices).shape
    torch.Size([1, 1, 4])
    """

    ndim = 1

    def forward(
        self, input: Tensor, indices: Tensor, output_size: Sequence[int] | None = None
    ) -> Tensor:
        return max_unpool1d(
            input, indices, self.kernel_size, self.stride, self.padding, output_size
        )


class MaxUnpool2d(_MaxUnpool):
    """Invert `MaxPool2d` in part: each value goes back to its position, the others are 0.

    The layer is called with the pooled values, (N, C, H, W), their indices, and optionally
    `output_size`; see `max_unpool2d`.  The output has shape (N, C, H_out, W_out) with
    H_out = (H - 1) stride - 2 padding + kernel_size, and W_out likewise.

    The layer has no parameters.

    Parameters
    ----------
    kernel_size : int or tuple of int
        The size of the windows.
    stride : int or tuple of int, optional
        The step from one window to the next; by default `kernel_size`.
    padding : int or tuple of int, default 0
        The padding of the pooling.

    Examples
    --------
    >>> import nn
    >>> import tinygrad_edu as tg
    >>> y, indices = nn.MaxPool2d(2, return_indices=True)(tg.ones(1, 1, 4, 4))
    >>> nn.MaxUnpool2d(2)(y, indices).shape
    torch.Size([1, 1, 4, 4])
    """

    ndim = 2

    def forward(
        self, input: Tensor, indices: Tensor, output_size: Sequence[int] | None = None
    ) -> Tensor:
        return max_unpool2d(
            input, indices, self.kernel_size, self.stride, self.padding, output_size
        )


class MaxUnpool3d(_MaxUnpool):
    """Invert `MaxPool3d` in part: each value goes back to its position, the others are 0.

    The layer is called with the pooled values, (N, C, D, H, W), their indices, and optionally
    `output_size`; see `max_unpool3d`.  The output has shape (N, C, D_out, H_out, W_out) with
    D_out = (D - 1) stride - 2 padding + kernel_size, and H_out and W_out likewise.

    The layer has no parameters.

    Parameters
    ----------
    kernel_size : int or tuple of int
        The size of the windows.
    stride : int or tuple of int, optional
        The step from one window to the next; by default `kernel_size`.
    padding : int or tuple of int, default 0
        The padding of the pooling.

    Examples
    --------
    >>> import nn
    >>> import tinygrad_edu as tg
    >>> y, indices = nn.MaxPool3d(2, return_indices=True)(tg.ones(1, 1, 4, 4, 4))
    >>> nn.MaxUnpool3d(2)(y, indices).shape
    torch.Size([1, 1, 4, 4, 4])
    """

    ndim = 3

    def forward(
        self, input: Tensor, indices: Tensor, output_size: Sequence[int] | None = None
    ) -> Tensor:
        return max_unpool3d(
            input, indices, self.kernel_size, self.stride, self.padding, output_size
        )
