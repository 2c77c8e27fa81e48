"""Convolutions, and their transposes, over one, two and three dimensions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import tinygrad_edu as tg
from tinygrad_edu import Tensor, ops
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
    found: Tensor = narrowed(y + bias.reshape((-1, *(1,) * ndim)), input, weight, bias)
    return found


def conv1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Tensor:
    """The weighted sums of the sliding windows of (N, channels, L): y[n, o, p] = b[o] +
    sum_ck w[o, c, k] x[n, c, p s + k d - padding] for stride s and dilation d.

    The weight is (out, channels / groups, *kernel), the bias (out,).  The padding is numbers,
    "valid" (none) or "same" (as many windows as numbers; stride 1).  With groups, the channels and
    the outputs are cut into as many parts, which do not see each other.
    """
    return batched(_conv, "conv1d", 1, input, weight, bias, stride, padding, dilation, groups)


def conv2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Tensor:
    """The weighted sums of the sliding windows of (N, channels, H, W): y[n, o, p] = b[o] +
    sum_ck w[o, c, k] x[n, c, p s + k d - padding] for stride s and dilation d.

    The weight is (out, channels / groups, *kernel), the bias (out,).  The padding is numbers,
    "valid" (none) or "same" (as many windows as numbers; stride 1).  With groups, the channels and
    the outputs are cut into as many parts, which do not see each other.
    """
    return batched(_conv, "conv2d", 2, input, weight, bias, stride, padding, dilation, groups)


def conv3d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Tensor:
    """The weighted sums of the sliding windows of (N, channels, D, H, W): y[n, o, p] = b[o] +
    sum_ck w[o, c, k] x[n, c, p s + k d - padding] for stride s and dilation d.

    The weight is (out, channels / groups, *kernel), the bias (out,).  The padding is numbers,
    "valid" (none) or "same" (as many windows as numbers; stride 1).  With groups, the channels and
    the outputs are cut into as many parts, which do not see each other.
    """
    return batched(_conv, "conv3d", 3, input, weight, bias, stride, padding, dilation, groups)


def conv_transpose1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Tensor:
    """The transpose of a convolution of (N, channels, L), which is what it does to gradients:
    each number puts the kernel down, a stride after the one before, and they add up.

    The weight is (channels, out / groups, *kernel), the bias (out,).  A size n becomes (n - 1)
    stride - 2 padding + dilation (kernel - 1) + output_padding + 1.
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
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Tensor:
    """The transpose of a convolution of (N, channels, H, W), which is what it does to gradients:
    each number puts the kernel down, a stride after the one before, and they add up.

    The weight is (channels, out / groups, *kernel), the bias (out,).  A size n becomes (n - 1)
    stride - 2 padding + dilation (kernel - 1) + output_padding + 1.
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
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Tensor:
    """The transpose of a convolution of (N, channels, D, H, W), which is what it does to gradients:
    each number puts the kernel down, a stride after the one before, and they add up.

    The weight is (channels, out / groups, *kernel), the bias (out,).  A size n becomes (n - 1)
    stride - 2 padding + dilation (kernel - 1) + output_padding + 1.
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


# ---------------------------------------------------------------- layers


class _Conv(Module):
    """What all convolutions share; `function` computes, `ndim` is its number of dimensions.

    `padding_mode` says what the border holds: "zeros", or as in `pad` "reflect", "replicate" or
    "circular".
    """

    function: Any
    ndim: int
    transposed = False
    bias: Parameter | None
    modes: tuple[str, ...] = ("zeros", "reflect", "replicate", "circular")

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
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
        """Draw weight and bias from U(-k, k), k = 1 / sqrt(numbers that a kernel sees)."""
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
        """How wide it is before and after each dimension, as `pad` wants it: the last one first."""
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
    """The weighted sums of sliding windows of (N, in_channels, L): see `conv1d`."""

    function, ndim = conv1d, 1


class Conv2d(_Conv):
    """The weighted sums of sliding windows of (N, in_channels, H, W): see `conv2d`."""

    function, ndim = conv2d, 2


class Conv3d(_Conv):
    """The weighted sums of sliding windows of (N, in_channels, D, H, W): see `conv3d`."""

    function, ndim = conv3d, 3


class _ConvTranspose(_Conv):
    """What the transposed convolutions share: the same settings, in another order."""

    transposed, modes = True, ("zeros",)

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Any = 1,
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
        """With a stride, several sizes of the output fit one of the input: `output_size`, of the
        last dimensions or of all, says which, and takes the place of `output_padding`."""
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
        """The output padding that leads to this size."""
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
    """The transpose of a `Conv1d`, from (N, in_channels, L): see `conv_transpose1d`."""

    function, ndim = conv_transpose1d, 1


class ConvTranspose2d(_ConvTranspose):
    """The transpose of a `Conv2d`, from (N, in_channels, H, W): see `conv_transpose2d`."""

    function, ndim = conv_transpose2d, 2


class ConvTranspose3d(_ConvTranspose):
    """The transpose of a `Conv3d`, from (N, in_channels, D, H, W): see `conv_transpose3d`."""

    function, ndim = conv_transpose3d, 3
