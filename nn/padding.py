"""Layers that put a border around the last dimensions."""

from __future__ import annotations

from typing import Any

from . import windows
from .module import Module


class _Pad(Module):
    """A border of `padding` places, in `dims` dimensions: one int, or two for each of them, from
    the last: (left, right, top, bottom, ...)."""

    dims: int
    mode: str = "constant"
    value: float = 0

    def __init__(self, padding: Any) -> None:
        super().__init__()
        whole = isinstance(padding, int)
        self.padding = (padding,) * (2 * self.dims) if whole else tuple(padding)
        if len(self.padding) != 2 * self.dims:
            raise ValueError(
                f"{type(self).__name__}: padding is an int, or {2 * self.dims} of them, two for "
                f"each dimension, not {padding}"
            )

    def forward(self, input: Any) -> Any:
        return windows.pad(input, self.padding, self.mode, self.value)

    def extra_repr(self) -> str:
        return str(self.padding)


class ZeroPad1d(_Pad):
    """A border of zeros around (..., L)."""

    dims = 1


class ZeroPad2d(_Pad):
    """A border of zeros around (..., H, W).

    >>> import nn, tinygrad_edu as tg
    >>> nn.padding.ZeroPad2d((1, 1, 0, 0))(tg.ones(1, 2, 2))
    tensor([[[0., 1., 1., 0.],
             [0., 1., 1., 0.]]])
    """

    dims = 2


class ZeroPad3d(_Pad):
    """A border of zeros around (..., D, H, W)."""

    dims = 3


class _ConstantPad(_Pad):
    def __init__(self, padding: Any, value: float) -> None:
        super().__init__(padding)
        self.value = value

    def extra_repr(self) -> str:
        return f"padding={self.padding}, value={self.value}"


class ConstantPad1d(_ConstantPad):
    """A border of `value` around (..., L)."""

    dims = 1


class ConstantPad2d(_ConstantPad):
    """A border of `value` around (..., H, W)."""

    dims = 2


class ConstantPad3d(_ConstantPad):
    """A border of `value` around (..., D, H, W)."""

    dims = 3


class ReflectionPad1d(_Pad):
    """A border around (..., L) in which the numbers go back from the edge."""

    dims, mode = 1, "reflect"


class ReflectionPad2d(_Pad):
    """A border around (..., H, W) in which the numbers go back from the edge."""

    dims, mode = 2, "reflect"


class ReflectionPad3d(_Pad):
    """A border around (..., D, H, W) in which the numbers go back from the edge."""

    dims, mode = 3, "reflect"


class ReplicationPad1d(_Pad):
    """A border around (..., L) that repeats the edge."""

    dims, mode = 1, "replicate"


class ReplicationPad2d(_Pad):
    """A border around (..., H, W) that repeats the edge."""

    dims, mode = 2, "replicate"


class ReplicationPad3d(_Pad):
    """A border around (..., D, H, W) that repeats the edge."""

    dims, mode = 3, "replicate"


class CircularPad1d(_Pad):
    """A border around (..., L) that comes in from the other side."""

    dims, mode = 1, "circular"


class CircularPad2d(_Pad):
    """A border around (..., H, W) that comes in from the other side."""

    dims, mode = 2, "circular"


class CircularPad3d(_Pad):
    """A border around (..., D, H, W) that comes in from the other side."""

    dims, mode = 3, "circular"
