"""Max pooling that returns, for each window, the place of its largest element too.

The functions of `pooling.py` and `adaptive_pooling.py` with `return_indices=True`, under the names
by which PyTorch calls them.
"""

from __future__ import annotations

from typing import Any

from tinygrad_edu import Tensor

from .adaptive_pooling import adaptive_max_pool1d, adaptive_max_pool2d, adaptive_max_pool3d
from .pooling import max_pool1d, max_pool2d, max_pool3d


def max_pool1d_with_indices(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> tuple[Tensor, Tensor]:
    """Return the largest element of each window, and its index.

    Each size n of the output is floor((n + 2 padding - dilation (kernel_size - 1) - 1) / stride)
    + 1, or ceil with `ceil_mode`.

    Parameters
    ----------
    input : Tensor, shape (N, C, L) or without N
        The input.
    kernel_size : int or tuple of int
        The size of the windows.
    stride : int or tuple of int, optional
        The step from window to window; `kernel_size` if not given.
    padding : int or tuple of int, default 0
        How many elements of minus infinity are added on each side.
    dilation : int or tuple of int, default 1
        The step from element to element in a window.
    ceil_mode : bool, default False
        Let a last window reach beyond the input.
    return_indices : bool, default False
        Has no effect here: the indices are always returned.

    Returns
    -------
    tuple of Tensor
        The values, (N, C, L_out), and their int64 indices in the flattened sizes
        of the input.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> y, indices = F.max_pool1d_with_indices(tg.ones(1, 1, 8), 2)
    >>> y.shape, indices.max().item()
    (torch.Size([1, 1, 4]), 6)
    """
    pair: tuple[Tensor, Tensor] = max_pool1d(
        input, kernel_size, stride, padding, dilation, ceil_mode, return_indices=True
    )
    return pair


def max_pool2d_with_indices(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> tuple[Tensor, Tensor]:
    """Return the largest element of each window, and its index.

    Each size n of the output is floor((n + 2 padding - dilation (kernel_size - 1) - 1) / stride)
    + 1, or ceil with `ceil_mode`.

    Parameters
    ----------
    input : Tensor, shape (N, C, H, W) or without N
        The input.
    kernel_size : int or tuple of int
        The size of the windows.
    stride : int or tuple of int, optional
        The step from window to window; `kernel_size` if not given.
    padding : int or tuple of int, default 0
        How many elements of minus infinity are added on each side.
    dilation : int or tuple of int, default 1
        The step from element to element in a window.
    ceil_mode : bool, default False
        Let a last window reach beyond the input.
    return_indices : bool, default False
        Has no effect here: the indices are always returned.

    Returns
    -------
    tuple of Tensor
        The values, (N, C, H_out, W_out), and their int64 indices in the flattened sizes
        of the input.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> y, indices = F.max_pool2d_with_indices(tg.ones(1, 1, 8, 8), 2)
    >>> y.shape, indices.max().item()
    (torch.Size([1, 1, 4, 4]), 54)
    """
    pair: tuple[Tensor, Tensor] = max_pool2d(
        input, kernel_size, stride, padding, dilation, ceil_mode, return_indices=True
    )
    return pair


def max_pool3d_with_indices(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> tuple[Tensor, Tensor]:
    """Return the largest element of each window, and its index.

    Each size n of the output is floor((n + 2 padding - dilation (kernel_size - 1) - 1) / stride)
    + 1, or ceil with `ceil_mode`.

    Parameters
    ----------
    input : Tensor, shape (N, C, D, H, W) or without N
        The input.
    kernel_size : int or tuple of int
        The size of the windows.
    stride : int or tuple of int, optional
        The step from window to window; `kernel_size` if not given.
    padding : int or tuple of int, default 0
        How many elements of minus infinity are added on each side.
    dilation : int or tuple of int, default 1
        The step from element to element in a window.
    ceil_mode : bool, default False
        Let a last window reach beyond the input.
    return_indices : bool, default False
        Has no effect here: the indices are always returned.

    Returns
    -------
    tuple of Tensor
        The values, (N, C, D_out, H_out, W_out), and their int64 indices in the flattened sizes
        of the input.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> y, indices = F.max_pool3d_with_indices(tg.ones(1, 1, 8, 8, 8), 2)
    >>> y.shape, indices.max().item()
    (torch.Size([1, 1, 4, 4, 4]), 438)
    """
    pair: tuple[Tensor, Tensor] = max_pool3d(
        input, kernel_size, stride, padding, dilation, ceil_mode, return_indices=True
    )
    return pair


def adaptive_max_pool1d_with_indices(
    input: Tensor, output_size: Any, return_indices: bool = False
) -> tuple[Tensor, Tensor]:
    """Return the largest element of each of `output_size` windows, and its index.

    Window p of m covers the elements floor(p n / m) up to ceil((p + 1) n / m) of n.

    Parameters
    ----------
    input : Tensor, shape (N, C, L) or without N
        The input.
    output_size : int or tuple of int
        How many windows there are in each dimension; None keeps a size.
    return_indices : bool, default False
        Has no effect here: the indices are always returned.

    Returns
    -------
    tuple of Tensor
        The values, (N, C, *output_size), and their int64 indices in the flattened sizes of the
        input.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> y, indices = F.adaptive_max_pool1d_with_indices(tg.ones(1, 1, 8), 2)
    >>> y.shape, indices.max().item()
    (torch.Size([1, 1, 2]), 4)
    """
    pair: tuple[Tensor, Tensor] = adaptive_max_pool1d(input, output_size, return_indices=True)
    return pair


def adaptive_max_pool2d_with_indices(
    input: Tensor, output_size: Any, return_indices: bool = False
) -> tuple[Tensor, Tensor]:
    """Return the largest element of each of `output_size` windows, and its index.

    Window p of m covers the elements floor(p n / m) up to ceil((p + 1) n / m) of n.

    Parameters
    ----------
    input : Tensor, shape (N, C, H, W) or without N
        The input.
    output_size : int or tuple of int
        How many windows there are in each dimension; None keeps a size.
    return_indices : bool, default False
        Has no effect here: the indices are always returned.

    Returns
    -------
    tuple of Tensor
        The values, (N, C, *output_size), and their int64 indices in the flattened sizes of the
        input.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> y, indices = F.adaptive_max_pool2d_with_indices(tg.ones(1, 1, 8, 8), 2)
    >>> y.shape, indices.max().item()
    (torch.Size([1, 1, 2, 2]), 36)
    """
    pair: tuple[Tensor, Tensor] = adaptive_max_pool2d(input, output_size, return_indices=True)
    return pair


def adaptive_max_pool3d_with_indices(
    input: Tensor, output_size: Any, return_indices: bool = False
) -> tuple[Tensor, Tensor]:
    """Return the largest element of each of `output_size` windows, and its index.

    Window p of m covers the elements floor(p n / m) up to ceil((p + 1) n / m) of n.

    Parameters
    ----------
    input : Tensor, shape (N, C, D, H, W) or without N
        The input.
    output_size : int or tuple of int
        How many windows there are in each dimension; None keeps a size.
    return_indices : bool, default False
        Has no effect here: the indices are always returned.

    Returns
    -------
    tuple of Tensor
        The values, (N, C, *output_size), and their int64 indices in the flattened sizes of the
        input.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> y, indices = F.adaptive_max_pool3d_with_indices(tg.ones(1, 1, 8, 8, 8), 2)
    >>> y.shape, indices.max().item()
    (torch.Size([1, 1, 2, 2, 2]), 292)
    """
    pair: tuple[Tensor, Tensor] = adaptive_max_pool3d(input, output_size, return_indices=True)
    return pair
