"""Convolutions, and their transposes, over one, two and three dimensions."""

from __future__ import annotations

import math
from typing import Any

import tinygrad_edu as tg

from . import init, windows
from .module import Module, Parameter


class _Conv(Module):
    """What all convolutions share; `function` computes, `ndim` is its number of dimensions.

    `padding_mode` says what the border holds: "zeros", or as in `pad` "reflect", "replicate" or
    "circular".
    """

    function: Any
    ndim: int
    transposed = False
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
        if padding_mode not in self.modes:
            raise ValueError(f"{name}: padding_mode={padding_mode!r} is none of {self.modes}")
        if groups < 1 or in_channels % groups or out_channels % groups:
            raise ValueError(
                f"{name}: groups={groups} must divide in_channels={in_channels} and "
                f"out_channels={out_channels}"
            )
        self.in_channels, self.out_channels = in_channels, out_channels
        self.kernel_size = windows.ints_of(name, "kernel_size", kernel_size, self.ndim)
        self.stride = windows.ints_of(name, "stride", stride, self.ndim)
        if padding == "same" and math.prod(self.stride) > 1:
            raise ValueError(f"{name}: padding='same' keeps the size; stride {stride} does not")
        self.padding = padding
        if isinstance(padding, str) and padding not in ("same", "valid"):
            raise ValueError(f"{name}: padding is 'same', 'valid' or numbers, not {padding!r}")
        if not isinstance(padding, str):
            self.padding = windows.ints_of(name, "padding", padding, self.ndim, 0)
        self.dilation = windows.ints_of(name, "dilation", dilation, self.ndim)
        self.output_padding = (0,) * self.ndim
        self.groups, self.padding_mode = groups, padding_mode
        rows, columns = out_channels, in_channels
        if self.transposed:
            rows, columns = columns, rows
        shape = (rows, columns // groups, *self.kernel_size)
        self.weight = Parameter(tg.empty(*shape, dtype=dtype))
        self.bias = Parameter(tg.empty(out_channels, dtype=dtype)) if bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Weight and bias uniform in [-k, k], k = 1 / sqrt(numbers that a kernel sees), as
        PyTorch's."""
        bound = math.prod(self.weight.shape[1:]) ** -0.5
        init.uniform_(self.weight, -bound, bound)
        if self.bias is not None:
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input: Any) -> Any:
        padding = self.padding
        if self.padding_mode != "zeros":
            input, padding = windows.pad(input, self._border(), self.padding_mode), 0
        return type(self).function(
            input, self.weight, self.bias, self.stride, padding, self.dilation, self.groups
        )

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

    function, ndim = windows.conv1d, 1


class Conv2d(_Conv):
    """The weighted sums of sliding windows of (N, in_channels, H, W): see `conv2d`."""

    function, ndim = windows.conv2d, 2


class Conv3d(_Conv):
    """The weighted sums of sliding windows of (N, in_channels, D, H, W): see `conv3d`."""

    function, ndim = windows.conv3d, 3


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
        **rest: Any,
    ) -> None:
        place = in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias
        super().__init__(*place, **rest)
        name = type(self).__name__
        self.output_padding = windows.ints_of(name, "output_padding", output_padding, self.ndim, 0)

    def forward(self, input: Any) -> Any:
        places = self.stride, self.padding, self.output_padding, self.groups, self.dilation
        return type(self).function(input, self.weight, self.bias, *places)


class ConvTranspose1d(_ConvTranspose):
    """The transpose of a `Conv1d`, from (N, in_channels, L): see `conv_transpose1d`."""

    function, ndim = windows.conv_transpose1d, 1


class ConvTranspose2d(_ConvTranspose):
    """The transpose of a `Conv2d`, from (N, in_channels, H, W): see `conv_transpose2d`."""

    function, ndim = windows.conv_transpose2d, 2


class ConvTranspose3d(_ConvTranspose):
    """The transpose of a `Conv3d`, from (N, in_channels, D, H, W): see `conv_transpose3d`."""

    function, ndim = windows.conv_transpose3d, 3
