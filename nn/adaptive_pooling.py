"""Adaptive pooling: as many windows as `output_size` says, evenly spread.

In a dimension of size n with m windows, window i runs from floor(i n / m) to ceil((i + 1) n / m).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygrad_edu import Tensor, ops
from tinygrad_edu.errors import InputError
from tinygrad_edu.functions.arguments import check_floating
from tinygrad_edu.sums import narrowed, wide

from .pooling import Pool, check_ordered, indices_of_largest
from .windows import batched, ints_of, windows_of

# ---------------------------------------------------------------- functions


def _ends(name: str, x: Any, output_size: Any) -> list[Any]:
    """For each dimension, where the windows start and end."""
    sizes = x.shape[2:]
    if 0 in sizes:
        raise InputError(f"{name}: {tuple(x.shape)} holds no numbers to take windows of")
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
    check_ordered(name, input)
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


def adaptive_avg_pool1d(input: Tensor, output_size: int | Sequence[int | None] | None) -> Tensor:
    """1-D adaptive average pooling: the means of as many windows as `output_size` says.

    Window i runs from floor(i L / L_out) to ceil((i + 1) L / L_out), the end excluded.  Neighboring
    windows overlap where the sizes do not divide.

    Parameters
    ----------
    input : Tensor, shape (N, C, L) or (C, L)
        A batch, or a single example, of a floating-point dtype.
    output_size : int
        The size L_out.

    Returns
    -------
    Tensor, shape (N, C, L_out), or without N for a single example

    Raises
    ------
    ValueError
        If the input is not floating point, or has a size of 0.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> x = tg.tensor([[[1.0, 2.0, 3.0, 4.0, 5.0]]])
    >>> F.adaptive_avg_pool1d(x, 2)  # the means of [1, 2, 3] and of [3, 4, 5]
    tensor([[[2., 4.]]])
    """
    return batched(_adaptive_avg_pool, "adaptive_avg_pool1d", 1, input, output_size)


def adaptive_avg_pool2d(input: Tensor, output_size: int | Sequence[int | None] | None) -> Tensor:
    """2-D adaptive average pooling: the means of as many windows as `output_size` says.

    In each dimension, of size n and with m windows, window i runs from floor(i n / m) to ceil((i +
    1) n / m), the end excluded.  Neighboring windows overlap where the sizes do not divide.

    Parameters
    ----------
    input : Tensor, shape (N, C, H, W) or (C, H, W)
        A batch, or a single example, of a floating-point dtype.
    output_size : int, None, or tuple of them
        The sizes (H_out, W_out); one int stands for all, and None keeps the size of the input.

    Returns
    -------
    Tensor, shape (N, C, H_out, W_out), or without N for a single example

    Raises
    ------
    ValueError
        If the input is not floating point, or has a size of 0.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> x = tg.arange(16.0).reshape(1, 1, 4, 4)
    >>> F.adaptive_avg_pool2d(x, 2)
    tensor([[[[ 2.5000,  4.5000],
              [10.5000, 12.5000]]]])
    >>> F.adaptive_avg_pool2d(tg.randn(8, 512, 7, 9), 1).shape  # global average pooling
    torch.Size([8, 512, 1, 1])
    """
    return batched(_adaptive_avg_pool, "adaptive_avg_pool2d", 2, input, output_size)


def adaptive_avg_pool3d(input: Tensor, output_size: int | Sequence[int | None] | None) -> Tensor:
    """3-D adaptive average pooling: the means of as many windows as `output_size` says.

    In each dimension, of size n and with m windows, window i runs from floor(i n / m) to ceil((i +
    1) n / m), the end excluded.  Neighboring windows overlap where the sizes do not divide.

    Parameters
    ----------
    input : Tensor, shape (N, C, D, H, W) or (C, D, H, W)
        A batch, or a single example, of a floating-point dtype.
    output_size : int, None, or tuple of them
        The sizes (D_out, H_out, W_out); one int stands for all, and None keeps the size of the
        input.

    Returns
    -------
    Tensor, shape (N, C, D_out, H_out, W_out), or without N for a single example

    Raises
    ------
    ValueError
        If the input is not floating point, or has a size of 0.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> F.adaptive_avg_pool3d(tg.randn(1, 4, 8, 9, 10), (5, None, 1)).shape
    torch.Size([1, 4, 5, 9, 1])
    """
    return batched(_adaptive_avg_pool, "adaptive_avg_pool3d", 3, input, output_size)


def adaptive_max_pool1d(
    input: Tensor, output_size: int | Sequence[int | None] | None, return_indices: bool = False
) -> Any:
    """1-D adaptive max pooling: the maxima of as many windows as `output_size` says.

    Window i runs from floor(i L / L_out) to ceil((i + 1) L / L_out), the end excluded.  Neighboring
    windows overlap where the sizes do not divide.  The gradient goes to the first of several equal
    maxima.

    Parameters
    ----------
    input : Tensor, shape (N, C, L) or (C, L)
        A batch, or a single example, of any dtype but bool.
    output_size : int
        The size L_out.
    return_indices : bool, default False
        Also return where each maximum stands.

    Returns
    -------
    Tensor, shape (N, C, L_out), or without N for a single example
        With `return_indices`, a tuple of this and of an int64 tensor of the same shape.

    Raises
    ------
    ValueError
        If the input has a size of 0.
    NotImplementedError
        If the input is of dtype bool.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> y, indices = F.adaptive_max_pool1d(tg.tensor([[[1.0, 5.0, 3.0, 4.0, 2.0]]]), 2, True)
    >>> y, indices
    (tensor([[[5., 4.]]]), tensor([[[1, 3]]]))
    """
    return batched(_adaptive_max_pool, "adaptive_max_pool1d", 1, input, output_size, return_indices)


def adaptive_max_pool2d(
    input: Tensor, output_size: int | Sequence[int | None] | None, return_indices: bool = False
) -> Any:
    """2-D adaptive max pooling: the maxima of as many windows as `output_size` says.

    In each dimension, of size n and with m windows, window i runs from floor(i n / m) to ceil((i +
    1) n / m), the end excluded.  Neighboring windows overlap where the sizes do not divide.  The
    gradient goes to the first of several equal maxima.

    Parameters
    ----------
    input : Tensor, shape (N, C, H, W) or (C, H, W)
        A batch, or a single example, of any dtype but bool.
    output_size : int, None, or tuple of them
        The sizes (H_out, W_out); one int stands for all, and None keeps the size of the input.
    return_indices : bool, default False
        Also return where each maximum stands, counted over the flattened sizes (H, W).

    Returns
    -------
    Tensor, shape (N, C, H_out, W_out), or without N for a single example
        With `return_indices`, a tuple of this and of an int64 tensor of the same shape.

    Raises
    ------
    ValueError
        If the input has a size of 0.
    NotImplementedError
        If the input is of dtype bool.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> F.adaptive_max_pool2d(tg.arange(16.0).reshape(1, 1, 4, 4), 2)
    tensor([[[[ 5.,  7.],
              [13., 15.]]]])
    """
    return batched(_adaptive_max_pool, "adaptive_max_pool2d", 2, input, output_size, return_indices)


def adaptive_max_pool3d(
    input: Tensor, output_size: int | Sequence[int | None] | None, return_indices: bool = False
) -> Any:
    """3-D adaptive max pooling: the maxima of as many windows as `output_size` says.

    In each dimension, of size n and with m windows, window i runs from floor(i n / m) to ceil((i +
    1) n / m), the end excluded.  Neighboring windows overlap where the sizes do not divide.  The
    gradient goes to the first of several equal maxima.

    Parameters
    ----------
    input : Tensor, shape (N, C, D, H, W) or (C, D, H, W)
        A batch, or a single example, of any dtype but bool.
    output_size : int, None, or tuple of them
        The sizes (D_out, H_out, W_out); one int stands for all, and None keeps the size of the
        input.
    return_indices : bool, default False
        Also return where each maximum stands, counted over the flattened sizes (D, H, W).

    Returns
    -------
    Tensor, shape (N, C, D_out, H_out, W_out), or without N for a single example
        With `return_indices`, a tuple of this and of an int64 tensor of the same shape.

    Raises
    ------
    ValueError
        If the input has a size of 0.
    NotImplementedError
        If the input is of dtype bool.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> F.adaptive_max_pool3d(tg.randn(1, 4, 8, 9, 10), (5, None, 1)).shape
    torch.Size([1, 4, 5, 9, 1])
    """
    return batched(_adaptive_max_pool, "adaptive_max_pool3d", 3, input, output_size, return_indices)


# ---------------------------------------------------------------- layers


class _AdaptiveAvgPool(Pool):
    shown = ("output_size",)

    def __init__(self, output_size: int | Sequence[int | None] | None) -> None:
        super().__init__()
        self.output_size = output_size


class AdaptiveAvgPool1d(_AdaptiveAvgPool):
    """1-D adaptive average pooling layer: the means of as many windows as `output_size` says.

    The input has shape (N, C, L) or (C, L), the output (N, C, L_out) or (C, L_out), for inputs of
    any size.  Window i runs from floor(i L / L_out) to ceil((i + 1) L / L_out), the end excluded.
    Neighboring windows overlap where the sizes do not divide.  The layer has no parameters.

    Parameters
    ----------
    output_size : int
        The size L_out.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.AdaptiveAvgPool1d(5)(tg.randn(1, 64, 8)).shape
    torch.Size([1, 64, 5])
    """

    function = adaptive_avg_pool1d


class AdaptiveAvgPool2d(_AdaptiveAvgPool):
    """2-D adaptive average pooling layer: the means of as many windows as `output_size` says.

    The input has shape (N, C, H, W) or (C, H, W), the output (N, C, H_out, W_out) or (C, H_out,
    W_out), for inputs of any size.  In each dimension, of size n and with m windows, window i runs
    from floor(i n / m) to ceil((i + 1) n / m), the end excluded.  Neighboring windows overlap where
    the sizes do not divide.  The layer has no parameters.

    Parameters
    ----------
    output_size : int, None, or tuple of them
        The sizes (H_out, W_out); one int stands for all, and None keeps the size of the input.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.AdaptiveAvgPool2d((5, 7))(tg.randn(1, 64, 8, 9)).shape
    torch.Size([1, 64, 5, 7])
    >>> nn.AdaptiveAvgPool2d((None, 7))(tg.randn(1, 64, 10, 9)).shape
    torch.Size([1, 64, 10, 7])
    """

    function = adaptive_avg_pool2d


class AdaptiveAvgPool3d(_AdaptiveAvgPool):
    """3-D adaptive average pooling layer: the means of as many windows as `output_size` says.

    The input has shape (N, C, D, H, W) or (C, D, H, W), the output (N, C, D_out, H_out, W_out) or
    (C, D_out, H_out, W_out), for inputs of any size.  In each dimension, of size n and with m
    windows, window i runs from floor(i n / m) to ceil((i + 1) n / m), the end excluded.
    Neighboring windows overlap where the sizes do not divide.  The layer has no parameters.

    Parameters
    ----------
    output_size : int, None, or tuple of them
        The sizes (D_out, H_out, W_out); one int stands for all, and None keeps the size of the
        input.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.AdaptiveAvgPool3d(7)(tg.randn(1, 4, 10, 9, 8)).shape
    torch.Size([1, 4, 7, 7, 7])
    """

    function = adaptive_avg_pool3d


class _AdaptiveMaxPool(_AdaptiveAvgPool):
    def __init__(
        self, output_size: int | Sequence[int | None] | None, return_indices: bool = False
    ) -> None:
        super().__init__(output_size)
        self.return_indices = return_indices

    def forward(self, input: Tensor) -> Any:
        return type(self).function(input, self.output_size, self.return_indices)


class AdaptiveMaxPool1d(_AdaptiveMaxPool):
    """1-D adaptive max pooling layer: the maxima of as many windows as `output_size` says.

    The input has shape (N, C, L) or (C, L), the output (N, C, L_out) or (C, L_out), for inputs of
    any size.  Window i runs from floor(i L / L_out) to ceil((i + 1) L / L_out), the end excluded.
    Neighboring windows overlap where the sizes do not divide.  The layer has no parameters.

    Parameters
    ----------
    output_size : int
        The size L_out.
    return_indices : bool, default False
        Also return where each maximum stands.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.AdaptiveMaxPool1d(5)(tg.randn(1, 64, 8)).shape
    torch.Size([1, 64, 5])
    """

    function = adaptive_max_pool1d


class AdaptiveMaxPool2d(_AdaptiveMaxPool):
    """2-D adaptive max pooling layer: the maxima of as many windows as `output_size` says.

    The input has shape (N, C, H, W) or (C, H, W), the output (N, C, H_out, W_out) or (C, H_out,
    W_out), for inputs of any size.  In each dimension, of size n and with m windows, window i runs
    from floor(i n / m) to ceil((i + 1) n / m), the end excluded.  Neighboring windows overlap where
    the sizes do not divide.  The layer has no parameters.

    Parameters
    ----------
    output_size : int, None, or tuple of them
        The sizes (H_out, W_out); one int stands for all, and None keeps the size of the input.
    return_indices : bool, default False
        Also return where each maximum stands, counted over the flattened sizes (H, W).

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.AdaptiveMaxPool2d((5, 7))(tg.randn(1, 64, 8, 9)).shape
    torch.Size([1, 64, 5, 7])
    >>> nn.AdaptiveMaxPool2d((None, 7))(tg.randn(1, 64, 10, 9)).shape
    torch.Size([1, 64, 10, 7])
    """

    function = adaptive_max_pool2d


class AdaptiveMaxPool3d(_AdaptiveMaxPool):
    """3-D adaptive max pooling layer: the maxima of as many windows as `output_size` says.

    The input has shape (N, C, D, H, W) or (C, D, H, W), the output (N, C, D_out, H_out, W_out) or
    (C, D_out, H_out, W_out), for inputs of any size.  In each dimension, of size n and with m
    windows, window i runs from floor(i n / m) to ceil((i + 1) n / m), the end excluded.
    Neighboring windows overlap where the sizes do not divide.  The layer has no parameters.

    Parameters
    ----------
    output_size : int, None, or tuple of them
        The sizes (D_out, H_out, W_out); one int stands for all, and None keeps the size of the
        input.
    return_indices : bool, default False
        Also return where each maximum stands, counted over the flattened sizes (D, H, W).

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.AdaptiveMaxPool3d(7)(tg.randn(1, 4, 10, 9, 8)).shape
    torch.Size([1, 4, 7, 7, 7])
    """

    function = adaptive_max_pool3d
