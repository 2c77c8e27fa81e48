"""Padding: a border around the last dimensions."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, isfinite
from typing import Any

import numpy as np

from tinygrad_edu import Tensor, functions, ops

from .module import Module

# ---------------------------------------------------------------- functions


_CONTINUING = ("reflect", "replicate", "circular")


def pad(
    input: Tensor, pad: Sequence[int], mode: str = "constant", value: float | None = None
) -> Tensor:
    """The tensor with a border: `pad` says how wide it is before and after the last dimension, then
    the one before it, and so on; what is below 0 is cut off.

    The border holds `value` (0), or continues the numbers: mode "reflect" goes back from the edge,
    "replicate" repeats it, "circular" comes in from the other side.  The result is always a copy.

    >>> import tinygrad_edu as tg
    >>> pad(tg.arange(3), (1, 2), mode="reflect")
    tensor([1, 0, 1, 2, 1, 0])
    """
    if mode != "constant" and mode not in _CONTINUING:
        raise NotImplementedError(f"pad: there is no mode {mode!r}; see {[*_CONTINUING]}")
    if len(pad) % 2 or len(pad) > 2 * input.ndim:
        raise RuntimeError(
            f"pad: {pad} is not a pair for each of the last dims of {tuple(input.shape)}"
        )
    pairs = [(0, 0)] * (input.ndim - len(pad) // 2) + list(zip(pad[::2], pad[1::2], strict=True))[
        ::-1
    ]
    if mode == "constant":
        return _padded(input, pairs, value or 0)
    if value:
        raise RuntimeError(f"pad: value={value} goes with mode 'constant', not with {mode!r}")
    y = input
    for dim, (before, after) in enumerate(pairs):
        if before or after:
            places = _continued(mode, input.shape[dim], before, after)
            y = y[(slice(None),) * dim + (places,)]
    return ops.copy(y) if y is input else y


def _padded(x: Tensor, pairs: list[tuple[int, int]], value: float) -> Tensor:
    """x with a border of one value."""
    if x.dtype.kind in "iu" and not isfinite(value):
        raise RuntimeError(f"pad: {value} is no whole number, as {x.dtype} holds; say x.float()")
    for dim, (before, after) in enumerate(pairs):
        if before < 0 or after < 0:
            cut = max(-before, 0)
            x = functions.narrow(x, dim, cut, x.shape[dim] - cut - max(-after, 0))
    widths = [(max(before, 0), max(after, 0)) for before, after in pairs]
    return ops.pad(x, pad_width=widths, constant_values=value)


def _continued(mode: str, size: int, before: int, after: int) -> Any:
    """Which of `size` places stand there, if they go on `before` and `after`; what is below 0 is
    cut off, in mode "circular" before they go on, in the others behind that."""
    first, last = max(-before, 0), size - max(-after, 0)  # what is left
    most = {"reflect": size - 1, "circular": last - first}.get(mode, inf)
    least = 0 if mode == "circular" else 1  # as in PyTorch
    if size < 1 or size + before + after < least or max(before, after) > most:
        raise RuntimeError(
            f"pad: mode {mode!r} cannot add {before} places before and {after} behind a side of "
            f"{size}: no more than the {most if size else 0} that there are to repeat, and "
            f"{'one' if least else 'none'} must be left where it cuts"
        )
    places = np.arange(-before, size + after)
    if mode == "circular":
        return first + (places - first) % max(last - first, 1)
    if mode == "reflect":
        places = np.abs(places)
        return np.where(places < size, places, 2 * (size - 1) - places)
    return np.clip(places, 0, size - 1)


# ---------------------------------------------------------------- layers


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

    def forward(self, input: Tensor) -> Tensor:
        return pad(input, self.padding, self.mode, self.value)

    def extra_repr(self) -> str:
        return str(self.padding)


class ZeroPad1d(_Pad):
    """A border of zeros around (..., L)."""

    dims = 1


class ZeroPad2d(_Pad):
    """A border of zeros around (..., H, W).

    >>> import nn, tinygrad_edu as tg
    >>> nn.ZeroPad2d((1, 1, 0, 0))(tg.ones(1, 2, 2))
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
