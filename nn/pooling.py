"""Pooling: the maximum, the mean or the norm of each window of the input."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import inf, prod
from typing import Any

import numpy as np

from tinygrad_edu import Tensor, ops
from tinygrad_edu.engine import graph
from tinygrad_edu.errors import InputError
from tinygrad_edu.functions.arguments import check_floating, plain
from tinygrad_edu.sums import narrowed, wide

from .module import Module
from .windows import batched, ints_of, windows_of

# ---------------------------------------------------------------- functions


def _pooled(name: str, x: Any, kernel: Any, stride: Any, *rest: Any) -> ops.Windows:
    """Windows of a pool: its stride is the kernel by default, its padding at most half of it."""
    windows = windows_of(
        name, x.shape[2:], kernel, kernel if stride in (None, []) else stride, *rest
    )
    for k, d, p in zip(windows.kernel, windows.dilation, windows.before, strict=True):
        if 2 * p > (k - 1) * d + 1:
            raise InputError(
                f"{name}: padding {windows.before} is more than half of the kernel "
                f"{windows.kernel}: some windows would see nothing else"
            )
    return windows


def check_ordered(name: str, x: Any) -> None:
    """Raise NotImplementedError if x is of dtype bool, as PyTorch does."""
    if x.dtype.kind == "b":
        raise NotImplementedError(f"{name}: there is no maximum of {x.dtype}; call x.float() first")


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
    check_ordered(name, input)
    windows = _pooled(name, input, kernel_size, stride, padding, dilation, ceil_mode)
    y = ops.max_pool(input, windows=windows)
    return (y, indices_of_largest(input, y, windows, windows.size)) if return_indices else y


def indices_of_largest(x: Any, y: Any, windows: ops.Windows, size: Any, seen: Any = ...) -> Any:
    """The places in a flattened `size` of the maxima y of the windows of x."""
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
        raise InputError(f"{name}: divisor_override takes the place of the count, so it is not 0")
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
    """The number of elements that each window sees: one for all, or an array."""
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
    kernel_size: int | Sequence[int],
    stride: int | Sequence[int] | None = None,
    padding: int | Sequence[int] = 0,
    dilation: int | Sequence[int] = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """1-D max pooling: the maximum of each window of a batch of sequences.

        y[n, c, i] = max over k of x[n, c, i stride + k dilation - padding]

    The output has the size

        L_out = floor((L + 2 padding - dilation (kernel_size - 1) - 1) / stride) + 1

    With `ceil_mode` the quotient is rounded up, except where the last window would start behind the
    input.

    The gradient goes to the first of several equal maxima.  A window that contains NaN gives NaN.

    Parameters
    ----------
    input : Tensor, shape (N, C, L) or (C, L)
        A batch, or a single example, of any dtype but bool.
    kernel_size : int
        Size of the windows.
    stride : int, default None
        Step from one window to the next; None stands for `kernel_size`.
    padding : int, default 0
        Number of elements added at both ends, at most half of the window.  They count as -inf, so
        that they are never the maximum.
    dilation : int, default 1
        Distance between the elements that one window sees.
    ceil_mode : bool, default False
        Round the output size up instead of down, so that a last window may reach beyond the border.
    return_indices : bool, default False
        Also return where each maximum stands; `max_unpool1d` takes these indices.

    Returns
    -------
    Tensor, shape (N, C, L_out), or without N for a single example
        With `return_indices`, a tuple of this and of an int64 tensor of the same shape.

    Raises
    ------
    ValueError
        If the shapes or the settings do not fit together.
    NotImplementedError
        If the input is of dtype bool.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> x = tg.tensor([[[1.0, 5.0, 2.0, 3.0]]])
    >>> F.max_pool1d(x, 2)
    tensor([[[5., 3.]]])
    >>> F.max_pool1d(x, 2, return_indices=True)[1]
    tensor([[[1, 3]]])
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
    kernel_size: int | Sequence[int],
    stride: int | Sequence[int] | None = None,
    padding: int | Sequence[int] = 0,
    dilation: int | Sequence[int] = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """2-D max pooling: the maximum of each window of a batch of images.

        y[n, c, i, j] = max over k, l of x[n, c, u, v],
        u = i stride + k dilation - padding, v = j stride + l dilation - padding

    The output has the size

        H_out = floor((H + 2 padding - dilation (kernel_size - 1) - 1) / stride) + 1

    in each dimension.  With `ceil_mode` the quotient is rounded up, except where the last window
    would start behind the input.

    The gradient goes to the first of several equal maxima.  A window that contains NaN gives NaN.

    Parameters
    ----------
    input : Tensor, shape (N, C, H, W) or (C, H, W)
        A batch, or a single example, of any dtype but bool.
    kernel_size : int or tuple of int
        Size of the windows; one int stands for all dimensions.
    stride : int or tuple of int, default None
        Step from one window to the next; None stands for `kernel_size`.
    padding : int or tuple of int, default 0
        Number of elements added at both ends of each dimension, at most half of the window.  They
        count as -inf, so that they are never the maximum.
    dilation : int or tuple of int, default 1
        Distance between the elements that one window sees.
    ceil_mode : bool, default False
        Round the output size up instead of down, so that a last window may reach beyond the border.
    return_indices : bool, default False
        Also return where each maximum stands, counted over the flattened sizes (H, W);
        `max_unpool2d` takes these indices.

    Returns
    -------
    Tensor, shape (N, C, H_out, W_out), or without N for a single example
        With `return_indices`, a tuple of this and of an int64 tensor of the same shape.

    Raises
    ------
    ValueError
        If the shapes or the settings do not fit together.
    NotImplementedError
        If the input is of dtype bool.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> x = tg.arange(16.0).reshape(1, 1, 4, 4)
    >>> y, indices = F.max_pool2d(x, 2, return_indices=True)
    >>> y
    tensor([[[[ 5.,  7.],
              [13., 15.]]]])
    >>> indices
    tensor([[[[ 5,  7],
              [13, 15]]]])
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
    kernel_size: int | Sequence[int],
    stride: int | Sequence[int] | None = None,
    padding: int | Sequence[int] = 0,
    dilation: int | Sequence[int] = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """3-D max pooling: the maximum of each window of a batch of volumes.

    This is `max_pool2d` with one more dimension.  The output has the size

        D_out = floor((D + 2 padding - dilation (kernel_size - 1) - 1) / stride) + 1

    in each dimension.  With `ceil_mode` the quotient is rounded up, except where the last window
    would start behind the input.

    The gradient goes to the first of several equal maxima.  A window that contains NaN gives NaN.

    Parameters
    ----------
    input : Tensor, shape (N, C, D, H, W) or (C, D, H, W)
        A batch, or a single example, of any dtype but bool.
    kernel_size : int or tuple of int
        Size of the windows; one int stands for all dimensions.
    stride : int or tuple of int, default None
        Step from one window to the next; None stands for `kernel_size`.
    padding : int or tuple of int, default 0
        Number of elements added at both ends of each dimension, at most half of the window.  They
        count as -inf, so that they are never the maximum.
    dilation : int or tuple of int, default 1
        Distance between the elements that one window sees.
    ceil_mode : bool, default False
        Round the output size up instead of down, so that a last window may reach beyond the border.
    return_indices : bool, default False
        Also return where each maximum stands, counted over the flattened sizes (D, H, W);
        `max_unpool3d` takes these indices.

    Returns
    -------
    Tensor, shape (N, C, D_out, H_out, W_out), or without N for a single example
        With `return_indices`, a tuple of this and of an int64 tensor of the same shape.

    Raises
    ------
    ValueError
        If the shapes or the settings do not fit together.
    NotImplementedError
        If the input is of dtype bool.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> F.max_pool3d(tg.randn(2, 3, 8, 8, 8), 3, stride=2, padding=1).shape
    torch.Size([2, 3, 4, 4, 4])
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
    kernel_size: int | Sequence[int],
    stride: int | Sequence[int] | None = None,
    padding: int | Sequence[int] = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Tensor:
    """1-D average pooling: the mean of each window of a batch of sequences.

        y[n, c, i] = mean over k of x[n, c, i stride + k - padding]

    The output has the size

        L_out = floor((L + 2 padding - kernel_size) / stride) + 1

    With `ceil_mode` the quotient is rounded up, except where the last window would start behind the
    input.  What a last window sees beyond the padding does not count in its mean.

    Parameters
    ----------
    input : Tensor, shape (N, C, L) or (C, L)
        A batch, or a single example, of a floating-point dtype.
    kernel_size : int
        Size of the windows.
    stride : int, default None
        Step from one window to the next; None stands for `kernel_size`.
    padding : int, default 0
        Number of zeros added at both ends, at most half of the window.
    ceil_mode : bool, default False
        Round the output size up instead of down, so that a last window may reach beyond the border.
    count_include_pad : bool, default True
        Count the zeros of the padding in the means.

    Returns
    -------
    Tensor, shape (N, C, L_out), or without N for a single example

    Raises
    ------
    ValueError
        If the input is not floating point, or the shapes or the settings do not fit together.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> x = tg.tensor([[[1.0, 2.0, 4.0, 7.0]]])
    >>> F.avg_pool1d(x, 2)
    tensor([[[1.5000, 5.5000]]])
    >>> F.avg_pool1d(x, 3, padding=1)  # the first window is [0, 1, 2], 0 from the padding
    tensor([[[1.0000, 3.6667]]])
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
    kernel_size: int | Sequence[int],
    stride: int | Sequence[int] | None = None,
    padding: int | Sequence[int] = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """2-D average pooling: the mean of each window of a batch of images.

        y[n, c, i, j] = mean over k, l of x[n, c, i stride + k - padding, j stride + l - padding]

    The output has the size

        H_out = floor((H + 2 padding - kernel_size) / stride) + 1

    in each dimension.  With `ceil_mode` the quotient is rounded up, except where the last window
    would start behind the input.  What a last window sees beyond the padding does not count in its
    mean.

    Parameters
    ----------
    input : Tensor, shape (N, C, H, W) or (C, H, W)
        A batch, or a single example, of a floating-point dtype.
    kernel_size : int or tuple of int
        Size of the windows; one int stands for all dimensions.
    stride : int or tuple of int, default None
        Step from one window to the next; None stands for `kernel_size`.
    padding : int or tuple of int, default 0
        Number of zeros added at both ends of each dimension, at most half of the window.
    ceil_mode : bool, default False
        Round the output size up instead of down, so that a last window may reach beyond the border.
    count_include_pad : bool, default True
        Count the zeros of the padding in the means.
    divisor_override : int, optional
        Divide the sums by this number instead of the number of elements; it is not 0.

    Returns
    -------
    Tensor, shape (N, C, H_out, W_out), or without N for a single example

    Raises
    ------
    ValueError
        If the input is not floating point, or the shapes or the settings do not fit together.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> x = tg.arange(16.0).reshape(1, 1, 4, 4)
    >>> F.avg_pool2d(x, 2)
    tensor([[[[ 2.5000,  4.5000],
              [10.5000, 12.5000]]]])
    >>> F.avg_pool2d(tg.ones(1, 1, 2, 2), 2, padding=1, count_include_pad=False)
    tensor([[[[1., 1.],
              [1., 1.]]]])
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
    kernel_size: int | Sequence[int],
    stride: int | Sequence[int] | None = None,
    padding: int | Sequence[int] = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """3-D average pooling: the mean of each window of a batch of volumes.

    This is `avg_pool2d` with one more dimension.  The output has the size

        D_out = floor((D + 2 padding - kernel_size) / stride) + 1

    in each dimension.  With `ceil_mode` the quotient is rounded up, except where the last window
    would start behind the input.  What a last window sees beyond the padding does not count in its
    mean.

    Parameters
    ----------
    input : Tensor, shape (N, C, D, H, W) or (C, D, H, W)
        A batch, or a single example, of a floating-point dtype.
    kernel_size : int or tuple of int
        Size of the windows; one int stands for all dimensions.
    stride : int or tuple of int, default None
        Step from one window to the next; None stands for `kernel_size`.
    padding : int or tuple of int, default 0
        Number of zeros added at both ends of each dimension, at most half of the window.
    ceil_mode : bool, default False
        Round the output size up instead of down, so that a last window may reach beyond the border.
    count_include_pad : bool, default True
        Count the zeros of the padding in the means.
    divisor_override : int, optional
        Divide the sums by this number instead of the number of elements; it is not 0.

    Returns
    -------
    Tensor, shape (N, C, D_out, H_out, W_out), or without N for a single example

    Raises
    ------
    ValueError
        If the input is not floating point, or the shapes or the settings do not fit together.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> F.avg_pool3d(tg.randn(2, 3, 8, 8, 8), 2).shape
    torch.Size([2, 3, 4, 4, 4])
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
    input: Tensor,
    norm_type: float,
    kernel_size: int | Sequence[int],
    stride: int | Sequence[int] | None = None,
    ceil_mode: bool = False,
) -> Tensor:
    """1-D power-average pooling: the p-norm of each window of a batch of sequences.

        y = (sum over the window of x^p)^(1 / p)

    The sum takes x, not |x|: where a power or the root of a negative number has no real value, the
    output is NaN.  The output has the size

        L_out = floor((L - kernel_size) / stride) + 1

    See `lp_pool2d` for the windows of `ceil_mode`.

    Parameters
    ----------
    input : Tensor, shape (N, C, L) or (C, L)
        A batch, or a single example, of a floating-point dtype.
    norm_type : float
        The exponent p, not 0.  With inf, the output is the maximum of |x|, with -inf the minimum.
    kernel_size : int
        Size of the windows.
    stride : int, default None
        Step from one window to the next; None stands for `kernel_size`.
    ceil_mode : bool, default False
        Round the output size up instead of down, so that a last window may reach beyond the border.

    Returns
    -------
    Tensor, shape (N, C, L_out), or without N for a single example

    Raises
    ------
    ValueError
        If `norm_type` is 0.  If the input is not floating point, or the shapes or the settings do
        not fit together.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> F.lp_pool1d(tg.tensor([[[3.0, 4.0, 5.0, 12.0]]]), 2, 2)
    tensor([[[ 5., 13.]]])
    """
    return batched(_lp_pool, "lp_pool1d", 1, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool2d(
    input: Tensor,
    norm_type: float,
    kernel_size: int | Sequence[int],
    stride: int | Sequence[int] | None = None,
    ceil_mode: bool = False,
) -> Tensor:
    """2-D power-average pooling: the p-norm of each window of a batch of images.

        y = (sum over the window of x^p)^(1 / p)

    The sum takes x, not |x|: where a power or the root of a negative number has no real value, the
    output is NaN.  The output has the size

        H_out = floor((H - kernel_size) / stride) + 1

    in each dimension.  Where the sum is 0, the gradient is 0.  A window that `ceil_mode` lets reach
    beyond the input counts as if it were full: its sum is the mean of what it sees times the number
    of elements of a window, as in PyTorch.

    Parameters
    ----------
    input : Tensor, shape (N, C, H, W) or (C, H, W)
        A batch, or a single example, of a floating-point dtype.
    norm_type : float
        The exponent p, not 0.  With inf, the output is the maximum of |x|, with -inf the minimum.
    kernel_size : int or tuple of int
        Size of the windows; one int stands for all dimensions.
    stride : int or tuple of int, default None
        Step from one window to the next; None stands for `kernel_size`.
    ceil_mode : bool, default False
        Round the output size up instead of down, so that a last window may reach beyond the border.

    Returns
    -------
    Tensor, shape (N, C, H_out, W_out), or without N for a single example

    Raises
    ------
    ValueError
        If `norm_type` is 0.  If the input is not floating point, or the shapes or the settings do
        not fit together.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> x = tg.tensor([[[[1.0, 1.0], [1.0, 1.0]]]])
    >>> F.lp_pool2d(x, 2, 2), F.lp_pool2d(x, 1, 2)
    (tensor([[[[2.]]]]), tensor([[[[4.]]]]))
    """
    return batched(_lp_pool, "lp_pool2d", 2, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool3d(
    input: Tensor,
    norm_type: float,
    kernel_size: int | Sequence[int],
    stride: int | Sequence[int] | None = None,
    ceil_mode: bool = False,
) -> Tensor:
    """3-D power-average pooling: the p-norm of each window of a batch of volumes.

        y = (sum over the window of x^p)^(1 / p)

    The sum takes x, not |x|: where a power or the root of a negative number has no real value, the
    output is NaN.  The output has the size

        D_out = floor((D - kernel_size) / stride) + 1

    in each dimension.  See `lp_pool2d` for the windows of `ceil_mode`.

    Parameters
    ----------
    input : Tensor, shape (N, C, D, H, W) or (C, D, H, W)
        A batch, or a single example, of a floating-point dtype.
    norm_type : float
        The exponent p, not 0.  With inf, the output is the maximum of |x|, with -inf the minimum.
    kernel_size : int or tuple of int
        Size of the windows; one int stands for all dimensions.
    stride : int or tuple of int, default None
        Step from one window to the next; None stands for `kernel_size`.
    ceil_mode : bool, default False
        Round the output size up instead of down, so that a last window may reach beyond the border.

    Returns
    -------
    Tensor, shape (N, C, D_out, H_out, W_out), or without N for a single example

    Raises
    ------
    ValueError
        If `norm_type` is 0.  If the input is not floating point, or the shapes or the settings do
        not fit together.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> F.lp_pool3d(tg.ones(1, 1, 2, 2, 2), 1, 2)
    tensor([[[[[8.]]]]])
    """
    return batched(_lp_pool, "lp_pool3d", 3, input, norm_type, kernel_size, stride, ceil_mode)


# ---------------------------------------------------------------- layers


class Pool(Module):
    """A pooling layer: it hands its settings, by their names in `shown`, to its `function`."""

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
        kernel_size: int | Sequence[int],
        stride: int | Sequence[int] | None = None,
        padding: int | Sequence[int] = 0,
        dilation: int | Sequence[int] = 1,
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
    """1-D max pooling layer: the maximum of each window of a batch of sequences.

    The input has shape (N, C, L) or (C, L), the output (N, C, L_out) or (C, L_out), with

        L_out = floor((L + 2 padding - dilation (kernel_size - 1) - 1) / stride) + 1

    See `nn.functional.max_pool1d`.  The layer has no parameters.

    Parameters
    ----------
    kernel_size : int
        Size of the windows.
    stride : int, default None
        Step from one window to the next; None stands for `kernel_size`.
    padding : int, default 0
        Number of elements added at both ends, at most half of the window.  They count as -inf, so
        that they are never the maximum.
    dilation : int, default 1
        Distance between the elements that one window sees.
    return_indices : bool, default False
        Also return where each maximum stands; `MaxUnpool1d` takes these indices.
    ceil_mode : bool, default False
        Round the output size up instead of down, so that a last window may reach beyond the border.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.MaxPool1d(3, stride=2)(tg.randn(20, 16, 50)).shape
    torch.Size([20, 16, 24])
    """

    function = max_pool1d


class MaxPool2d(_MaxPool):
    """2-D max pooling layer: the maximum of each window of a batch of images.

    The input has shape (N, C, H, W) or (C, H, W), the output (N, C, H_out, W_out) or (C, H_out,
    W_out), with

        H_out = floor((H + 2 padding - dilation (kernel_size - 1) - 1) / stride) + 1

    in each dimension; see `nn.functional.max_pool2d`.  The layer has no parameters.

    Parameters
    ----------
    kernel_size : int or tuple of int
        Size of the windows; one int stands for all dimensions.
    stride : int or tuple of int, default None
        Step from one window to the next; None stands for `kernel_size`.
    padding : int or tuple of int, default 0
        Number of elements added at both ends of each dimension, at most half of the window.  They
        count as -inf, so that they are never the maximum.
    dilation : int or tuple of int, default 1
        Distance between the elements that one window sees.
    return_indices : bool, default False
        Also return where each maximum stands, counted over the flattened sizes (H, W);
        `MaxUnpool2d` takes these indices.
    ceil_mode : bool, default False
        Round the output size up instead of down, so that a last window may reach beyond the border.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.MaxPool2d(2)(tg.randn(8, 16, 28, 28)).shape
    torch.Size([8, 16, 14, 14])
    >>> nn.MaxPool2d(3, stride=2, padding=1)(tg.randn(8, 16, 28, 28)).shape
    torch.Size([8, 16, 14, 14])
    """

    function = max_pool2d


class MaxPool3d(_MaxPool):
    """3-D max pooling layer: the maximum of each window of a batch of volumes.

    The input has shape (N, C, D, H, W) or (C, D, H, W), the output (N, C, D_out, H_out, W_out) or
    (C, D_out, H_out, W_out), with

        D_out = floor((D + 2 padding - dilation (kernel_size - 1) - 1) / stride) + 1

    in each dimension; see `nn.functional.max_pool3d`.  The layer has no parameters.

    Parameters
    ----------
    kernel_size : int or tuple of int
        Size of the windows; one int stands for all dimensions.
    stride : int or tuple of int, default None
        Step from one window to the next; None stands for `kernel_size`.
    padding : int or tuple of int, default 0
        Number of elements added at both ends of each dimension, at most half of the window.  They
        count as -inf, so that they are never the maximum.
    dilation : int or tuple of int, default 1
        Distance between the elements that one window sees.
    return_indices : bool, default False
        Also return where each maximum stands, counted over the flattened sizes (D, H, W);
        `MaxUnpool3d` takes these indices.
    ceil_mode : bool, default False
        Round the output size up instead of down, so that a last window may reach beyond the border.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.MaxPool3d((1, 2, 2))(tg.randn(2, 4, 8, 16, 16)).shape
    torch.Size([2, 4, 8, 8, 8])
    """

    function = max_pool3d


class _AvgPool(Pool):
    shown = ("kernel_size", "stride", "padding")
    hidden = ("ceil_mode", "count_include_pad", "divisor_override")

    def __init__(
        self,
        kernel_size: int | Sequence[int],
        stride: int | Sequence[int] | None = None,
        padding: int | Sequence[int] = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        super().__init__()
        self.kernel_size, self.stride = kernel_size, kernel_size if stride is None else stride
        self.padding, self.ceil_mode = padding, ceil_mode
        self.count_include_pad, self.divisor_override = count_include_pad, divisor_override


class AvgPool1d(Pool):
    """1-D average pooling layer: the mean of each window of a batch of sequences.

    The input has shape (N, C, L) or (C, L), the output (N, C, L_out) or (C, L_out), with

        L_out = floor((L + 2 padding - kernel_size) / stride) + 1

    See `nn.functional.avg_pool1d`.  The layer has no parameters.

    Parameters
    ----------
    kernel_size : int
        Size of the windows.
    stride : int, default None
        Step from one window to the next; None stands for `kernel_size`.
    padding : int, default 0
        Number of zeros added at both ends, at most half of the window.
    ceil_mode : bool, default False
        Round the output size up instead of down, so that a last window may reach beyond the border.
    count_include_pad : bool, default True
        Count the zeros of the padding in the means.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.AvgPool1d(3, stride=2)(tg.randn(20, 16, 50)).shape
    torch.Size([20, 16, 24])
    """

    function = avg_pool1d
    shown = ("kernel_size", "stride", "padding")
    hidden = ("ceil_mode", "count_include_pad")

    def __init__(
        self,
        kernel_size: int | Sequence[int],
        stride: int | Sequence[int] | None = None,
        padding: int | Sequence[int] = 0,
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
    """2-D average pooling layer: the mean of each window of a batch of images.

    The input has shape (N, C, H, W) or (C, H, W), the output (N, C, H_out, W_out) or (C, H_out,
    W_out), with

        H_out = floor((H + 2 padding - kernel_size) / stride) + 1

    in each dimension; see `nn.functional.avg_pool2d`.  The layer has no parameters.

    Parameters
    ----------
    kernel_size : int or tuple of int
        Size of the windows; one int stands for all dimensions.
    stride : int or tuple of int, default None
        Step from one window to the next; None stands for `kernel_size`.
    padding : int or tuple of int, default 0
        Number of zeros added at both ends of each dimension, at most half of the window.
    ceil_mode : bool, default False
        Round the output size up instead of down, so that a last window may reach beyond the border.
    count_include_pad : bool, default True
        Count the zeros of the padding in the means.
    divisor_override : int, optional
        Divide the sums by this number instead of the number of elements; it is not 0.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.AvgPool2d(2)(tg.randn(8, 16, 28, 28)).shape
    torch.Size([8, 16, 14, 14])
    """

    function = avg_pool2d


class AvgPool3d(_AvgPool):
    """3-D average pooling layer: the mean of each window of a batch of volumes.

    The input has shape (N, C, D, H, W) or (C, D, H, W), the output (N, C, D_out, H_out, W_out) or
    (C, D_out, H_out, W_out), with

        D_out = floor((D + 2 padding - kernel_size) / stride) + 1

    in each dimension; see `nn.functional.avg_pool3d`.  The layer has no parameters.

    Parameters
    ----------
    kernel_size : int or tuple of int
        Size of the windows; one int stands for all dimensions.
    stride : int or tuple of int, default None
        Step from one window to the next; None stands for `kernel_size`.
    padding : int or tuple of int, default 0
        Number of zeros added at both ends of each dimension, at most half of the window.
    ceil_mode : bool, default False
        Round the output size up instead of down, so that a last window may reach beyond the border.
    count_include_pad : bool, default True
        Count the zeros of the padding in the means.
    divisor_override : int, optional
        Divide the sums by this number instead of the number of elements; it is not 0.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.AvgPool3d((1, 2, 2))(tg.randn(2, 4, 8, 16, 16)).shape
    torch.Size([2, 4, 8, 8, 8])
    """

    function = avg_pool3d


class _LPPool(Pool):
    shown = ("norm_type", "kernel_size", "stride", "ceil_mode")

    def __init__(
        self,
        norm_type: float,
        kernel_size: int | Sequence[int],
        stride: int | Sequence[int] | None = None,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.norm_type, self.kernel_size = norm_type, kernel_size
        self.stride, self.ceil_mode = stride, ceil_mode


class LPPool1d(_LPPool):
    """1-D power-average pooling layer: the p-norm of each window of a batch of sequences.

    The input has shape (N, C, L) or (C, L), the output (N, C, L_out) or (C, L_out), with

        L_out = floor((L - kernel_size) / stride) + 1

    See `nn.functional.lp_pool1d`.  The layer has no parameters.

    Parameters
    ----------
    norm_type : float
        The exponent p, not 0.  With inf, the output is the maximum of |x|, with -inf the minimum.
    kernel_size : int
        Size of the windows.
    stride : int, default None
        Step from one window to the next; None stands for `kernel_size`.
    ceil_mode : bool, default False
        Round the output size up instead of down, so that a last window may reach beyond the border.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.LPPool1d(2, 3, stride=2)(tg.rand(20, 16, 50)).shape
    torch.Size([20, 16, 24])
    """

    function = lp_pool1d


class LPPool2d(_LPPool):
    """2-D power-average pooling layer: the p-norm of each window of a batch of images.

    The input has shape (N, C, H, W) or (C, H, W), the output (N, C, H_out, W_out) or (C, H_out,
    W_out), with

        H_out = floor((H - kernel_size) / stride) + 1

    in each dimension; see `nn.functional.lp_pool2d`.  The layer has no parameters.

    Parameters
    ----------
    norm_type : float
        The exponent p, not 0.  With inf, the output is the maximum of |x|, with -inf the minimum.
    kernel_size : int or tuple of int
        Size of the windows; one int stands for all dimensions.
    stride : int or tuple of int, default None
        Step from one window to the next; None stands for `kernel_size`.
    ceil_mode : bool, default False
        Round the output size up instead of down, so that a last window may reach beyond the border.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.LPPool2d(2, 3, stride=2)(tg.rand(20, 16, 50, 32)).shape
    torch.Size([20, 16, 24, 15])
    """

    function = lp_pool2d


class LPPool3d(_LPPool):
    """3-D power-average pooling layer: the p-norm of each window of a batch of volumes.

    The input has shape (N, C, D, H, W) or (C, D, H, W), the output (N, C, D_out, H_out, W_out) or
    (C, D_out, H_out, W_out), with

        D_out = floor((D - kernel_size) / stride) + 1

    in each dimension; see `nn.functional.lp_pool3d`.  The layer has no parameters.

    Parameters
    ----------
    norm_type : float
        The exponent p, not 0.  With inf, the output is the maximum of |x|, with -inf the minimum.
    kernel_size : int or tuple of int
        Size of the windows; one int stands for all dimensions.
    stride : int or tuple of int, default None
        Step from one window to the next; None stands for `kernel_size`.
    ceil_mode : bool, default False
        Round the output size up instead of down, so that a last window may reach beyond the border.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.LPPool3d(2, 3, stride=2)(tg.rand(2, 4, 9, 9, 9)).shape
    torch.Size([2, 4, 4, 4, 4])
    """

    function = lp_pool3d
