"""Convolutions and transposed convolutions in one, two and three dimensions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import tinygrad_edu as tg
from tinygrad_edu import Tensor, ops
from tinygrad_edu.errors import InputError
from tinygrad_edu.sums import narrowed, wide

from . import init
from .module import Module, Parameter
from .padding import pad
from .windows import batched, ints_of, windows_of

# ---------------------------------------------------------------- functions


def _check_weight(name: str, x: Any, weight: Any, bias: Any, groups: int, transposed: bool) -> None:
    channels, (first, second) = x.shape[1], weight.shape[:2] if weight.ndim > 1 else (0, 0)
    takes, out = (first, second * groups) if transposed else (second * groups, first)
    if groups < 1 or channels % groups or out % groups:
        raise InputError(
            f"{name}: groups={groups} must divide both the {channels} channels of the input and "
            f"the {out} of the output"
        )
    if weight.ndim != x.ndim or channels != takes:
        meant = "(channels, out / groups" if transposed else "(out, channels / groups"
        raise InputError(
            f"{name}: the input {tuple(x.shape)} has {channels} channels, but the weight "
            f"{tuple(weight.shape)}, "
            f"which is {meant}, *kernel) with groups={groups}, takes {takes}{_cure(x, takes)}"
        )
    if bias is not None and bias.shape != (out,):
        raise InputError(
            f"{name}: the bias is ({out},), one for each output, not {tuple(bias.shape)}"
        )


def _cure(x: Any, channels: int) -> str:
    """What makes the input (N, channels, *sizes) fit a number of channels."""
    sizes = x.shape[2:]
    if x.shape[-1] == channels:
        return f".  Are the channels last?  See x.movedim(-1, {-1 - len(sizes)})"
    if channels == 1:
        given = ", ".join(map(str, sizes))
        return f".  Are these images of one channel?  See x.reshape(-1, 1, {given})"
    return ""


def _conv(
    name: str,
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: Any,
    padding: Any,
    dilation: Any,
    groups: int,
) -> Tensor:
    _check_weight(name, input, weight, bias, groups, transposed=False)
    windows = windows_of(name, input.shape[2:], weight.shape[2:], stride, padding, dilation)
    return ops.conv(input, weight, bias, windows=windows, groups=groups)


def _conv_transpose(
    name: str,
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: Any,
    padding: Any,
    output_padding: Any,
    groups: int,
    dilation: Any,
) -> Tensor:
    _check_weight(name, input, weight, bias, groups, transposed=True)
    counts, kernel, ndim = input.shape[2:], weight.shape[2:], input.ndim - 2
    stride, dilation = (ints_of(name, "stride", v, ndim) for v in (stride, dilation))
    before, extra = (ints_of(name, "padding", v, ndim, 0) for v in (padding, output_padding))
    if any(e >= max(s, d) for e, s, d in zip(extra, stride, dilation, strict=True)):
        raise InputError(
            f"{name}: output_padding {extra} must be below the stride {stride} or the dilation "
            f"{dilation}"
        )
    each = zip(counts, kernel, stride, dilation, before, extra, strict=True)
    size = tuple([(n - 1) * s - 2 * p + d * (k - 1) + e + 1 for n, k, s, d, p, e in each])
    if min(size) < 1:
        raise InputError(f"{name}: padding {before} leaves nothing of {tuple(input.shape)}: {size}")
    windows = ops.Windows(size, kernel, counts, stride, dilation, before)
    if bias is None:
        return ops.conv_transpose(input, weight, windows=windows, groups=groups)
    y = ops.conv_transpose(wide(input), wide(weight), windows=windows, groups=groups)
    found: Tensor = narrowed(y + bias.reshape((-1, *(1,) * ndim)), input, weight, bias)
    return found


def conv1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: int | Sequence[int] = 1,
    padding: int | Sequence[int] | str = 0,
    dilation: int | Sequence[int] = 1,
    groups: int = 1,
) -> Tensor:
    """1-D convolution: weighted sums of the windows of a batch of sequences.

        y[n, o, i] = bias[o] + sum over c, k of weight[o, c, k] x[n, c, u],
        u = i stride + k dilation - padding,

    where x is 0 outside its bounds.  The kernel is not flipped: in mathematics this is a
    cross-correlation.

    With k the kernel's size, the output has the size

        L_out = floor((L + 2 padding - dilation (k - 1) - 1) / stride) + 1

    With groups > 1, the channels of the input and of the output form as many groups, and each
    output depends on the input channels of its own group only.

    Parameters
    ----------
    input : Tensor, shape (N, C_in, L) or (C_in, L)
        A batch, or a single example.
    weight : Tensor, shape (C_out, C_in / groups, k)
    bias : Tensor, shape (C_out,), or None, default None
    stride : int, default 1
        Step from one window to the next.
    padding : int, "valid" or "same", default 0
        Number of zeros added at both ends.  "valid" adds none; "same" adds as many as keep the
        size, and needs a stride of 1.
    dilation : int, default 1
        Distance between the elements that one window sees.
    groups : int, default 1
        Number of groups of channels; it divides C_in and C_out.

    Returns
    -------
    Tensor, shape (N, C_out, L_out), or without N for a single example

    Raises
    ------
    ValueError
        If the shapes or the settings do not fit together.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> x = tg.tensor([[[1.0, 2.0, 4.0, 7.0]]])
    >>> F.conv1d(x, tg.tensor([[[-1.0, 1.0]]]))  # differences of neighbors
    tensor([[[1., 2., 3.]]])
    """
    return batched(_conv, "conv1d", 1, input, weight, bias, stride, padding, dilation, groups)


def conv2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: int | Sequence[int] = 1,
    padding: int | Sequence[int] | str = 0,
    dilation: int | Sequence[int] = 1,
    groups: int = 1,
) -> Tensor:
    """2-D convolution: weighted sums of the windows of a batch of images.

        y[n, o, i, j] = bias[o] + sum over c, k, l of weight[o, c, k, l] x[n, c, u, v],
        u = i stride + k dilation - padding, v = j stride + l dilation - padding,

    where x is 0 outside its bounds.  The kernel is not flipped: in mathematics this is a
    cross-correlation.

    With k the kernel's size, the output has the size

        H_out = floor((H + 2 padding - dilation (k - 1) - 1) / stride) + 1

    in each dimension.  With groups > 1, the channels of the input and of the output form as many
    groups, and each output depends on the input channels of its own group only.

    Parameters
    ----------
    input : Tensor, shape (N, C_in, H, W) or (C_in, H, W)
        A batch, or a single example.
    weight : Tensor, shape (C_out, C_in / groups, kH, kW)
    bias : Tensor, shape (C_out,), or None, default None
    stride : int or tuple of int, default 1
        Step from one window to the next.
    padding : int or tuple of int, "valid" or "same", default 0
        Number of zeros added at both ends of each dimension.  "valid" adds none; "same" adds as
        many as keep the size, and needs a stride of 1.
    dilation : int or tuple of int, default 1
        Distance between the elements that one window sees.
    groups : int, default 1
        Number of groups of channels; it divides C_in and C_out.

    Returns
    -------
    Tensor, shape (N, C_out, H_out, W_out), or without N for a single example

    Raises
    ------
    ValueError
        If the shapes or the settings do not fit together.

    References
    ----------
    Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", 2016,
    arXiv:1603.07285.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> x = tg.arange(9.0).reshape(1, 1, 3, 3)
    >>> F.conv2d(x, tg.ones(1, 1, 2, 2))  # sums of 2 x 2 windows
    tensor([[[[ 8., 12.],
              [20., 24.]]]])
    >>> F.conv2d(tg.randn(8, 3, 32, 32), tg.randn(16, 3, 5, 5), stride=2, padding=2).shape
    torch.Size([8, 16, 16, 16])
    """
    return batched(_conv, "conv2d", 2, input, weight, bias, stride, padding, dilation, groups)


def conv3d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: int | Sequence[int] = 1,
    padding: int | Sequence[int] | str = 0,
    dilation: int | Sequence[int] = 1,
    groups: int = 1,
) -> Tensor:
    """3-D convolution: weighted sums of the windows of a batch of volumes.

    The formula is that of `conv2d`, with one more dimension.

    With k the kernel's size, the output has the size

        D_out = floor((D + 2 padding - dilation (k - 1) - 1) / stride) + 1

    in each dimension.  With groups > 1, the channels of the input and of the output form as many
    groups, and each output depends on the input channels of its own group only.

    Parameters
    ----------
    input : Tensor, shape (N, C_in, D, H, W) or (C_in, D, H, W)
        A batch, or a single example.
    weight : Tensor, shape (C_out, C_in / groups, kD, kH, kW)
    bias : Tensor, shape (C_out,), or None, default None
    stride : int or tuple of int, default 1
        Step from one window to the next.
    padding : int or tuple of int, "valid" or "same", default 0
        Number of zeros added at both ends of each dimension.  "valid" adds none; "same" adds as
        many as keep the size, and needs a stride of 1.
    dilation : int or tuple of int, default 1
        Distance between the elements that one window sees.
    groups : int, default 1
        Number of groups of channels; it divides C_in and C_out.

    Returns
    -------
    Tensor, shape (N, C_out, D_out, H_out, W_out), or without N for a single example

    Raises
    ------
    ValueError
        If the shapes or the settings do not fit together.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> F.conv3d(tg.randn(2, 3, 8, 8, 8), tg.randn(4, 3, 3, 3, 3), padding=1).shape
    torch.Size([2, 4, 8, 8, 8])
    """
    return batched(_conv, "conv3d", 3, input, weight, bias, stride, padding, dilation, groups)


def conv_transpose1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: int | Sequence[int] = 1,
    padding: int | Sequence[int] = 0,
    output_padding: int | Sequence[int] = 0,
    groups: int = 1,
    dilation: int | Sequence[int] = 1,
) -> Tensor:
    """1-D transposed convolution: each input adds a multiple of the kernel to the output.

    The kernels of neighboring elements stand `stride` places apart; where they overlap, they add
    up.

    With k the kernel's size, the output has the size

        L_out = (L - 1) stride - 2 padding + dilation (k - 1) + output_padding + 1

    Parameters
    ----------
    input : Tensor, shape (N, C_in, L) or (C_in, L)
        A batch, or a single example.
    weight : Tensor, shape (C_in, C_out / groups, k)
    bias : Tensor, shape (C_out,), or None, default None
    stride : int, default 1
        Distance in the output between the places of neighboring inputs.
    padding : int, default 0
        Number of elements cut off at both ends.
    output_padding : int, default 0
        Number of elements added at the end, below the stride or the dilation.  A convolution with a
        stride above 1 maps inputs of several sizes to outputs of the same size; `output_padding`
        chooses among these sizes.
    groups : int, default 1
        Number of groups of channels; it divides C_in and C_out; see `conv1d`.
    dilation : int, default 1
        Distance in the output between neighboring elements of the kernel.

    Returns
    -------
    Tensor, shape (N, C_out, L_out), or without N for a single example

    Raises
    ------
    ValueError
        If the shapes or the settings do not fit together.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> x = tg.tensor([[[1.0, 2.0]]])
    >>> F.conv_transpose1d(x, tg.tensor([[[1.0, 1.0, 1.0]]]), stride=2)
    tensor([[[1., 1., 3., 2., 2.]]])
    """
    return batched(
        _conv_transpose,
        "conv_transpose1d",
        1,
        input,
        weight,
        bias,
        stride,
        padding,
        output_padding,
        groups,
        dilation,
    )


def conv_transpose2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: int | Sequence[int] = 1,
    padding: int | Sequence[int] = 0,
    output_padding: int | Sequence[int] = 0,
    groups: int = 1,
    dilation: int | Sequence[int] = 1,
) -> Tensor:
    """2-D transposed convolution: each input adds a multiple of the kernel to the output.

    The kernels of neighboring elements stand `stride` places apart; where they overlap, they add
    up. As a linear map, this is the transpose of `conv2d` with the same weight and settings: it
    computes the gradient of `conv2d` with respect to its input.

    With k the kernel's size, the output has the size

        H_out = (H - 1) stride - 2 padding + dilation (k - 1) + output_padding + 1

    in each dimension.

    Parameters
    ----------
    input : Tensor, shape (N, C_in, H, W) or (C_in, H, W)
        A batch, or a single example.
    weight : Tensor, shape (C_in, C_out / groups, kH, kW)
    bias : Tensor, shape (C_out,), or None, default None
    stride : int or tuple of int, default 1
        Distance in the output between the places of neighboring inputs.
    padding : int or tuple of int, default 0
        Number of elements cut off at both ends of each dimension.
    output_padding : int or tuple of int, default 0
        Number of elements added at the end of each dimension, below the stride or the dilation.  A
        convolution with a stride above 1 maps inputs of several sizes to outputs of the same size;
        `output_padding` chooses among these sizes.
    groups : int, default 1
        Number of groups of channels; it divides C_in and C_out; see `conv2d`.
    dilation : int or tuple of int, default 1
        Distance in the output between neighboring elements of the kernel.

    Returns
    -------
    Tensor, shape (N, C_out, H_out, W_out), or without N for a single example

    Raises
    ------
    ValueError
        If the shapes or the settings do not fit together.

    References
    ----------
    Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", 2016,
    arXiv:1603.07285.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> x = tg.tensor([[[[1.0, 2.0], [3.0, 4.0]]]])
    >>> F.conv_transpose2d(x, tg.ones(1, 1, 2, 2))
    tensor([[[[ 1.,  3.,  2.],
              [ 4., 10.,  6.],
              [ 3.,  7.,  4.]]]])
    >>> y = tg.randn(1, 8, 16, 16)
    >>> F.conv_transpose2d(y, tg.randn(8, 4, 3, 3), stride=2, padding=1, output_padding=1).shape
    torch.Size([1, 4, 32, 32])
    """
    return batched(
        _conv_transpose,
        "conv_transpose2d",
        2,
        input,
        weight,
        bias,
        stride,
        padding,
        output_padding,
        groups,
        dilation,
    )


def conv_transpose3d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: int | Sequence[int] = 1,
    padding: int | Sequence[int] = 0,
    output_padding: int | Sequence[int] = 0,
    groups: int = 1,
    dilation: int | Sequence[int] = 1,
) -> Tensor:
    """3-D transposed convolution: each input adds a multiple of the kernel to the output.

    This is `conv_transpose2d` with one more dimension.

    With k the kernel's size, the output has the size

        D_out = (D - 1) stride - 2 padding + dilation (k - 1) + output_padding + 1

    in each dimension.

    Parameters
    ----------
    input : Tensor, shape (N, C_in, D, H, W) or (C_in, D, H, W)
        A batch, or a single example.
    weight : Tensor, shape (C_in, C_out / groups, kD, kH, kW)
    bias : Tensor, shape (C_out,), or None, default None
    stride : int or tuple of int, default 1
        Distance in the output between the places of neighboring inputs.
    padding : int or tuple of int, default 0
        Number of elements cut off at both ends of each dimension.
    output_padding : int or tuple of int, default 0
        Number of elements added at the end of each dimension, below the stride or the dilation.  A
        convolution with a stride above 1 maps inputs of several sizes to outputs of the same size;
        `output_padding` chooses among these sizes.
    groups : int, default 1
        Number of groups of channels; it divides C_in and C_out; see `conv3d`.
    dilation : int or tuple of int, default 1
        Distance in the output between neighboring elements of the kernel.

    Returns
    -------
    Tensor, shape (N, C_out, D_out, H_out, W_out), or without N for a single example

    Raises
    ------
    ValueError
        If the shapes or the settings do not fit together.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> F.conv_transpose3d(tg.randn(1, 4, 5, 5, 5), tg.randn(4, 2, 2, 2, 2), stride=2).shape
    torch.Size([1, 2, 10, 10, 10])
    """
    return batched(
        _conv_transpose,
        "conv_transpose3d",
        3,
        input,
        weight,
        bias,
        stride,
        padding,
        output_padding,
        groups,
        dilation,
    )


def conv_tbc(input: Tensor, weight: Tensor, bias: Tensor, pad: int = 0) -> Tensor:
    """Convolution of sequences of shape (steps, batch, channels).

    Parameters
    ----------
    input : Tensor, shape (T, N, C)
        The sequences.
    weight : Tensor, shape (K, C, D)
        The kernel.
    bias : Tensor, shape (D,)
        What is added.
    pad : int, default 0
        How many steps of zeros are added at each end.

    Returns
    -------
    Tensor, shape (T + 2 pad - K + 1, N, D)

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> F.conv_tbc(tg.ones(5, 2, 3), tg.ones(2, 3, 4), tg.zeros(4)).shape
    torch.Size([4, 2, 4])
    """
    if input.ndim != 3 or weight.ndim != 3:
        raise InputError(
            "conv_tbc: the input is (T, N, C) and the weight (K, C, D), not "
            f"{tuple(input.shape)} and {tuple(weight.shape)}"
        )
    y: Tensor = conv1d(input.permute(1, 2, 0), weight.permute(2, 1, 0), bias, padding=pad)
    return y.permute(2, 0, 1)


# ---------------------------------------------------------------- layers


class _Conv(Module):
    """What all convolutions share; `function` computes, `ndim` is its number of dimensions."""

    function: Any
    ndim: int
    transposed = False
    padding: Any  # a string, or an int for each dimension
    bias: Parameter | None
    modes: tuple[str, ...] = ("zeros", "reflect", "replicate", "circular")

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | Sequence[int],
        stride: int | Sequence[int] = 1,
        padding: int | Sequence[int] | str = 0,
        dilation: int | Sequence[int] = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        name = type(self).__name__
        self._check_settings(in_channels, out_channels, groups, padding_mode)
        self.in_channels, self.out_channels = in_channels, out_channels
        self.kernel_size = ints_of(name, "kernel_size", kernel_size, self.ndim)
        self.stride = ints_of(name, "stride", stride, self.ndim)
        if padding == "same" and math.prod(self.stride) > 1:
            raise ValueError(f"{name}: padding='same' keeps the size; stride {stride} does not")
        self.padding = padding
        if isinstance(padding, str) and padding not in ("same", "valid"):
            raise ValueError(f"{name}: padding is 'same', 'valid' or numbers, not {padding!r}")
        if not isinstance(padding, str):
            self.padding = ints_of(name, "padding", padding, self.ndim, 0)
        self.dilation = ints_of(name, "dilation", dilation, self.ndim)
        self.output_padding = (0,) * self.ndim
        self.groups, self.padding_mode = groups, padding_mode
        rows, columns = out_channels, in_channels
        if self.transposed:
            rows, columns = columns, rows
        shape = (rows, columns // groups, *self.kernel_size)
        self.weight = Parameter(tg.empty(shape, device=device, dtype=dtype))
        self.register_parameter("bias", None)
        if bias:
            self.bias = Parameter(tg.empty(out_channels, device=device, dtype=dtype))
        self.reset_parameters()

    def _check_settings(self, inputs: int, outputs: int, groups: int, padding_mode: str) -> None:
        name = type(self).__name__
        if padding_mode not in self.modes:
            raise ValueError(f"{name}: padding_mode={padding_mode!r} is none of {self.modes}")
        if groups < 1 or inputs % groups or outputs % groups:
            raise ValueError(
                f"{name}: groups={groups} must divide in_channels={inputs} and "
                f"out_channels={outputs}"
            )

    def reset_parameters(self) -> None:
        """Draw weight and bias from U(-sqrt(k), sqrt(k)), 1 / k = prod(weight.shape[1:])."""
        seen = math.prod(self.weight.shape[1:])
        bound = seen**-0.5 if seen else 0.0
        init.uniform_(self.weight, -bound, bound)
        if self.bias is not None:
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input: Tensor) -> Tensor:
        padding = self.padding
        if self.padding_mode != "zeros":
            input, padding = pad(input, self._border(), self.padding_mode), 0
        y: Tensor = type(self).function(
            input, self.weight, self.bias, self.stride, padding, self.dilation, self.groups
        )
        return y

    def _border(self) -> list[int]:
        """Width of the border at both ends of each dimension, the last first, as `pad` takes it."""
        before = after = self.padding
        if isinstance(self.padding, str):
            reach = zip(self.kernel_size, self.dilation, strict=True)
            both = [(k - 1) * d if self.padding == "same" else 0 for k, d in reach]
            before, after = [n // 2 for n in both], [n - n // 2 for n in both]
        pairs = zip(reversed(before), reversed(after), strict=True)
        return [n for pair in pairs for n in pair]

    def extra_repr(self) -> str:
        ones, zeros = (1,) * self.ndim, (0,) * self.ndim
        text = f"{self.in_channels}, {self.out_channels}"
        text += f", kernel_size={self.kernel_size}, stride={self.stride}"
        usual = {"padding": zeros, "dilation": ones, "output_padding": zeros, "groups": 1}
        for name in usual:
            value = getattr(self, name)
            text += f", {name}={value}" if value != usual[name] else ""
        text += ", bias=False" if self.bias is None else ""
        return text + (f", padding_mode={mode}" if (mode := self.padding_mode) != "zeros" else "")


class Conv1d(_Conv):
    """1-D convolution layer: weighted sums of the windows of a batch of sequences.

    The input has shape (N, in_channels, L), or the same without N, the output (N, out_channels,
    L_out), with

        L_out = floor((L + 2 padding - dilation (kernel_size - 1) - 1) / stride) + 1

    The formula is that of `nn.functional.conv1d`.

    The state dict holds `weight`, of shape (out_channels, in_channels / groups, kernel_size), and
    `bias`, of shape (out_channels,).  Both are drawn from U(-sqrt(k), sqrt(k)) with k = groups /
    (in_channels kernel_size).

    Parameters
    ----------
    in_channels : int
        Number of channels of the input.
    out_channels : int
        Number of channels of the output.
    kernel_size : int
        Size of the kernel.
    stride : int, default 1
        Step from one window to the next.
    padding : int, "valid" or "same", default 0
        Width of the border added at both ends.  "valid" adds none; "same" keeps the size, and needs
        a stride of 1.
    dilation : int, default 1
        Distance between the elements that one window sees.
    groups : int, default 1
        Number of groups of channels, each convolved on its own; it divides both numbers of
        channels.
    bias : bool, default True
        If False, the layer adds no bias, and the attribute `bias` is None.
    padding_mode : str, default "zeros"
        What the border holds: "zeros", or as in `nn.functional.pad` "reflect", "replicate" or
        "circular".
    device : device, default None
        Only the CPU exists.
    dtype : dtype, default None
        Dtype of the parameters; None stands for the default dtype.

    Raises
    ------
    ValueError
        If the settings do not fit together.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.Conv1d(16, 33, 3, stride=2)(tg.randn(20, 16, 50)).shape
    torch.Size([20, 33, 24])
    """

    function, ndim = conv1d, 1


class Conv2d(_Conv):
    """2-D convolution layer: weighted sums of the windows of a batch of images.

    The input has shape (N, in_channels, H, W), or the same without N, the output (N, out_channels,
    H_out, W_out), with

        H_out = floor((H + 2 padding - dilation (kernel_size - 1) - 1) / stride) + 1

    in each dimension; the formula is that of `nn.functional.conv2d`.

    The state dict holds `weight`, of shape (out_channels, in_channels / groups, *kernel_size), and
    `bias`, of shape (out_channels,).  Both are drawn from U(-sqrt(k), sqrt(k)) with k = groups /
    (in_channels prod(kernel_size)).

    Parameters
    ----------
    in_channels : int
        Number of channels of the input.
    out_channels : int
        Number of channels of the output.
    kernel_size : int or tuple of int
        Size of the kernel in each dimension; one int stands for all.
    stride : int or tuple of int, default 1
        Step from one window to the next.
    padding : int or tuple of int, "valid" or "same", default 0
        Width of the border added at both ends of each dimension.  "valid" adds none; "same" keeps
        the size, and needs a stride of 1.
    dilation : int or tuple of int, default 1
        Distance between the elements that one window sees.
    groups : int, default 1
        Number of groups of channels, each convolved on its own; it divides both numbers of
        channels.
    bias : bool, default True
        If False, the layer adds no bias, and the attribute `bias` is None.
    padding_mode : str, default "zeros"
        What the border holds: "zeros", or as in `nn.functional.pad` "reflect", "replicate" or
        "circular".
    device : device, default None
        Only the CPU exists.
    dtype : dtype, default None
        Dtype of the parameters; None stands for the default dtype.

    Raises
    ------
    ValueError
        If the settings do not fit together.

    References
    ----------
    LeCun et al., "Gradient-based learning applied to document recognition", Proceedings of the
    IEEE, 1998.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> layer = nn.Conv2d(3, 16, 5, padding=2)
    >>> layer(tg.randn(8, 3, 32, 32)).shape
    torch.Size([8, 16, 32, 32])
    >>> {name: tuple(value.shape) for name, value in layer.state_dict().items()}
    {'weight': (16, 3, 5, 5), 'bias': (16,)}
    """

    function, ndim = conv2d, 2


class Conv3d(_Conv):
    """3-D convolution layer: weighted sums of the windows of a batch of volumes.

    The input has shape (N, in_channels, D, H, W), or the same without N, the output (N,
    out_channels, D_out, H_out, W_out), with

        D_out = floor((D + 2 padding - dilation (kernel_size - 1) - 1) / stride) + 1

    in each dimension; the formula is that of `nn.functional.conv3d`.

    The state dict holds `weight`, of shape (out_channels, in_channels / groups, *kernel_size), and
    `bias`, of shape (out_channels,).  Both are drawn from U(-sqrt(k), sqrt(k)) with k = groups /
    (in_channels prod(kernel_size)).

    Parameters
    ----------
    in_channels : int
        Number of channels of the input.
    out_channels : int
        Number of channels of the output.
    kernel_size : int or tuple of int
        Size of the kernel in each dimension; one int stands for all.
    stride : int or tuple of int, default 1
        Step from one window to the next.
    padding : int or tuple of int, "valid" or "same", default 0
        Width of the border added at both ends of each dimension.  "valid" adds none; "same" keeps
        the size, and needs a stride of 1.
    dilation : int or tuple of int, default 1
        Distance between the elements that one window sees.
    groups : int, default 1
        Number of groups of channels, each convolved on its own; it divides both numbers of
        channels.
    bias : bool, default True
        If False, the layer adds no bias, and the attribute `bias` is None.
    padding_mode : str, default "zeros"
        What the border holds: "zeros", or as in `nn.functional.pad` "reflect", "replicate" or
        "circular".
    device : device, default None
        Only the CPU exists.
    dtype : dtype, default None
        Dtype of the parameters; None stands for the default dtype.

    Raises
    ------
    ValueError
        If the settings do not fit together.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.Conv3d(3, 8, (3, 5, 5), padding=(1, 2, 2))(tg.randn(2, 3, 4, 10, 10)).shape
    torch.Size([2, 8, 4, 10, 10])
    """

    function, ndim = conv3d, 3


class _ConvTranspose(_Conv):
    """What the transposed convolutions share: the same settings, in another order."""

    transposed, modes = True, ("zeros",)

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | Sequence[int],
        stride: int | Sequence[int] = 1,
        padding: int | Sequence[int] = 0,
        output_padding: int | Sequence[int] = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: int | Sequence[int] = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        name = type(self).__name__
        if isinstance(padding, str):
            raise ValueError(f"{name}: padding is numbers, not {padding!r}")
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            dilation,
            groups,
            bias,
            padding_mode,
            device,
            dtype,
        )
        self.output_padding = ints_of(name, "output_padding", output_padding, self.ndim, 0)

    def forward(self, input: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        """Apply the layer, with an output of a given size if one is given.

        Parameters
        ----------
        input : Tensor, shape (N, in_channels, ...) or (in_channels, ...)
            The signal, image or volume.
        output_size : sequence of int, default None
            The spatial sizes of the output, or its whole shape; the layer finds the
            `output_padding` that leads to them.  None takes the layer's own `output_padding`.

        Returns
        -------
        Tensor, shape (N, out_channels, ...) or (out_channels, ...)

        Raises
        ------
        ValueError
            If no `output_padding` leads to `output_size`.

        Examples
        --------
        >>> import nn
        >>> import tinygrad_edu as tg
        >>> layer = nn.ConvTranspose1d(1, 1, 3, stride=2)
        >>> layer(tg.ones(1, 1, 4)).shape
        torch.Size([1, 1, 9])
        >>> layer(tg.ones(1, 1, 4), output_size=(10,)).shape
        torch.Size([1, 1, 10])
        """
        extra = self.output_padding if output_size is None else self._extra(input, output_size)
        y: Tensor = type(self).function(
            input,
            self.weight,
            self.bias,
            self.stride,
            self.padding,
            extra,
            self.groups,
            self.dilation,
        )
        return y

    def _extra(self, input: Tensor, output_size: Sequence[int]) -> tuple[int, ...]:
        """The output padding that leads to the size."""
        name, wanted = type(self).__name__, tuple(output_size)
        if len(wanted) not in (self.ndim, input.ndim):
            raise ValueError(
                f"{name}: output_size is {self.ndim} sizes, or {input.ndim} with the first, not "
                f"{wanted}"
            )
        wanted = wanted[-self.ndim :]
        places = zip(self.kernel_size, self.stride, self.padding, self.dilation, strict=True)
        each = zip(input.shape[-self.ndim :], places, strict=True)
        least = [(n - 1) * s - 2 * p + d * (k - 1) + 1 for n, (k, s, p, d) in each]
        extra = tuple([m - low for m, low in zip(wanted, least, strict=True)])
        if any(not 0 <= e < s for e, s in zip(extra, self.stride, strict=True)):
            ends = zip(least, self.stride, strict=True)
            fits = " x ".join(f"{low} to {low + s - 1}" for low, s in ends)
            raise ValueError(f"{name}: of {tuple(input.shape)} it makes {fits}, not {wanted}")
        return extra


class ConvTranspose1d(_ConvTranspose):
    """1-D transposed convolution layer, used to upsample sequences.

    The input has shape (N, in_channels, L), or the same without N, the output (N, out_channels,
    L_out), with

        L_out = (L - 1) stride - 2 padding + dilation (kernel_size - 1) + output_padding + 1

    See `nn.functional.conv_transpose1d`.  Called as `layer(input, output_size)`, it finds the
    `output_padding` that leads to these sizes, with or without those of N and the channels.

    The state dict holds `weight`, of shape (in_channels, out_channels / groups, kernel_size), and
    `bias`, of shape (out_channels,).  Both are drawn from U(-sqrt(k), sqrt(k)) with k = groups /
    (out_channels kernel_size).

    Parameters
    ----------
    in_channels : int
        Number of channels of the input.
    out_channels : int
        Number of channels of the output.
    kernel_size : int
        Size of the kernel.
    stride : int, default 1
        Distance in the output between the places of neighboring inputs.
    padding : int, default 0
        Number of elements cut off at both ends.
    output_padding : int, default 0
        Number of elements added at the end, below the stride or the dilation.
    groups : int, default 1
        Number of groups of channels, each mapped on its own; it divides both numbers of channels.
    bias : bool, default True
        If False, the layer adds no bias, and the attribute `bias` is None.
    dilation : int, default 1
        Distance in the output between neighboring elements of the kernel.
    padding_mode : str, default "zeros"
        "zeros" is the only mode.
    device : device, default None
        Only the CPU exists.
    dtype : dtype, default None
        Dtype of the parameters; None stands for the default dtype.

    Raises
    ------
    ValueError
        If the settings do not fit together, or no `output_padding` leads to `output_size`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.ConvTranspose1d(16, 33, 3, stride=2)(tg.randn(20, 16, 50)).shape
    torch.Size([20, 33, 101])
    """

    function, ndim = conv_transpose1d, 1


class ConvTranspose2d(_ConvTranspose):
    """2-D transposed convolution layer, used to upsample images.

    The input has shape (N, in_channels, H, W), or the same without N, the output (N, out_channels,
    H_out, W_out), with

        H_out = (H - 1) stride - 2 padding + dilation (kernel_size - 1) + output_padding + 1

    in each dimension; see `nn.functional.conv_transpose2d`.  Called as `layer(input, output_size)`,
    it finds the `output_padding` that leads to these sizes, with or without those of N and the
    channels.

    The state dict holds `weight`, of shape (in_channels, out_channels / groups, *kernel_size), and
    `bias`, of shape (out_channels,).  Both are drawn from U(-sqrt(k), sqrt(k)) with k = groups /
    (out_channels prod(kernel_size)).

    Parameters
    ----------
    in_channels : int
        Number of channels of the input.
    out_channels : int
        Number of channels of the output.
    kernel_size : int or tuple of int
        Size of the kernel in each dimension; one int stands for all.
    stride : int or tuple of int, default 1
        Distance in the output between the places of neighboring inputs.
    padding : int or tuple of int, default 0
        Number of elements cut off at both ends of each dimension.
    output_padding : int or tuple of int, default 0
        Number of elements added at the end of each dimension, below the stride or the dilation.
    groups : int, default 1
        Number of groups of channels, each mapped on its own; it divides both numbers of channels.
    bias : bool, default True
        If False, the layer adds no bias, and the attribute `bias` is None.
    dilation : int or tuple of int, default 1
        Distance in the output between neighboring elements of the kernel.
    padding_mode : str, default "zeros"
        "zeros" is the only mode.
    device : device, default None
        Only the CPU exists.
    dtype : dtype, default None
        Dtype of the parameters; None stands for the default dtype.

    Raises
    ------
    ValueError
        If the settings do not fit together, or no `output_padding` leads to `output_size`.

    References
    ----------
    Zeiler et al., "Deconvolutional networks", CVPR 2010.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> down = nn.Conv2d(3, 16, 3, stride=2, padding=1)
    >>> up = nn.ConvTranspose2d(16, 3, 3, stride=2, padding=1)
    >>> x = tg.randn(1, 3, 12, 12)
    >>> down(x).shape
    torch.Size([1, 16, 6, 6])
    >>> up(down(x)).shape, up(down(x), output_size=(12, 12)).shape
    (torch.Size([1, 3, 11, 11]), torch.Size([1, 3, 12, 12]))
    """

    function, ndim = conv_transpose2d, 2


class ConvTranspose3d(_ConvTranspose):
    """3-D transposed convolution layer, used to upsample volumes.

    The input has shape (N, in_channels, D, H, W), or the same without N, the output (N,
    out_channels, D_out, H_out, W_out), with

        D_out = (D - 1) stride - 2 padding + dilation (kernel_size - 1) + output_padding + 1

    in each dimension; see `nn.functional.conv_transpose2d`.  Called as `layer(input, output_size)`,
    it finds the `output_padding` that leads to these sizes, with or without those of N and the
    channels.

    The state dict holds `weight`, of shape (in_channels, out_channels / groups, *kernel_size), and
    `bias`, of shape (out_channels,).  Both are drawn from U(-sqrt(k), sqrt(k)) with k = groups /
    (out_channels prod(kernel_size)).

    Parameters
    ----------
    in_channels : int
        Number of channels of the input.
    out_channels : int
        Number of channels of the output.
    kernel_size : int or tuple of int
        Size of the kernel in each dimension; one int stands for all.
    stride : int or tuple of int, default 1
        Distance in the output between the places of neighboring inputs.
    padding : int or tuple of int, default 0
        Number of elements cut off at both ends of each dimension.
    output_padding : int or tuple of int, default 0
        Number of elements added at the end of each dimension, below the stride or the dilation.
    groups : int, default 1
        Number of groups of channels, each mapped on its own; it divides both numbers of channels.
    bias : bool, default True
        If False, the layer adds no bias, and the attribute `bias` is None.
    dilation : int or tuple of int, default 1
        Distance in the output between neighboring elements of the kernel.
    padding_mode : str, default "zeros"
        "zeros" is the only mode.
    device : device, default None
        Only the CPU exists.
    dtype : dtype, default None
        Dtype of the parameters; None stands for the default dtype.

    Raises
    ------
    ValueError
        If the settings do not fit together, or no `output_padding` leads to `output_size`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.ConvTranspose3d(4, 2, 2, stride=2)(tg.randn(1, 4, 5, 5, 5)).shape
    torch.Size([1, 2, 10, 10, 10])
    """

    function, ndim = conv_transpose3d, 3
