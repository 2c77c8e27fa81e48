"""Layers that give images more pixels, or fewer, or their channels in another order."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from tinygrad_edu import Tensor, functions
from tinygrad_edu.functions.arguments import check_floating

from .module import Module

# ---------------------------------------------------------------- functions


def pixel_shuffle(input: Tensor, upscale_factor: int) -> Tensor:
    """(..., C r^2, H, W) becomes (..., C, H r, W r): the r^2 channels are the pixels of a square
    (Shi et al., 2016)."""
    r, (*batch, channels, height, width) = upscale_factor, _image("pixel_shuffle", input)
    if r < 1 or channels % (r * r):
        raise RuntimeError(
            f"pixel_shuffle: {channels} channels, of {tuple(input.shape)}, are not squares of "
            f"{r} x {r} pixels"
        )
    x = input.reshape((prod(batch), channels // (r * r), r, r, height, width))
    y: Tensor = functions.permute(x, 0, 1, 4, 2, 5, 3)
    return y.reshape((*batch, channels // (r * r), height * r, width * r))


def pixel_unshuffle(input: Tensor, downscale_factor: int) -> Tensor:
    """(..., C, H r, W r) becomes (..., C r^2, H, W): what undoes `pixel_shuffle`."""
    r, (*batch, channels, height, width) = downscale_factor, _image("pixel_unshuffle", input)
    if r < 1 or height % r or width % r:
        raise RuntimeError(
            f"pixel_unshuffle: {height} x {width}, of {tuple(input.shape)}, are not squares of "
            f"{r} x {r} pixels"
        )
    x = input.reshape((prod(batch), channels, height // r, r, width // r, r))
    y: Tensor = functions.permute(x, 0, 1, 3, 5, 2, 4)
    return y.reshape((*batch, channels * r * r, height // r, width // r))


def channel_shuffle(input: Tensor, groups: int) -> Tensor:
    """(N, C, ...) with the channels of the groups in turns: the first of each, then the second of
    each  (Zhang et al., 2018)."""
    shape = tuple(input.shape)
    if len(shape) < 3 or groups < 1 or shape[1] % groups:
        raise RuntimeError(
            f"channel_shuffle: the input is (N, C, sizes), with channels that fall into {groups} "
            f"groups of equal size, not {shape}"
        )
    x = input.reshape((shape[0], groups, shape[1] // groups, *shape[2:]))
    return x.swapaxes(1, 2).reshape(shape)


def _image(name: str, x: Tensor) -> tuple[int, ...]:
    if x.ndim < 3:
        raise RuntimeError(f"{name}: the input is (..., C, H, W), not {tuple(x.shape)}")
    return tuple(x.shape)


_LINEAR = {"linear": 3, "bilinear": 4, "trilinear": 5}  # and the dimensions of their input


def interpolate(
    input: Tensor,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
) -> Tensor:
    """The input, (N, C, sizes), at other sizes: those given, or `scale_factor` times its own.

    Place i of the output lies at i / scale of the input.  Mode "nearest" takes the place before it,
    "nearest-exact" the one nearest to the pixel's middle, and "linear", "bilinear" and "trilinear"
    the mean of the two beside it, weighted by their nearness, in 1, 2 and 3 dimensions.  With
    `align_corners` the first and last places of both fall together, else their outer edges do.

    >>> import tinygrad_edu as tg
    >>> interpolate(tg.tensor([[[1.0, 2.0]]]), scale_factor=2)
    tensor([[[1., 1., 2., 2.]]])
    """
    if mode in _LINEAR:
        check_floating(input, "interpolate")
    _check_mode(input, mode, align_corners)
    if (size is None) == (scale_factor is None):
        raise ValueError(
            f"interpolate: give size or scale_factor, one of them, not {size} and {scale_factor}"
        )
    given = size if scale_factor is None else scale_factor
    each = [*given] if isinstance(given, tuple | list) else [given] * (input.ndim - 2)
    if len(each) != input.ndim - 2:
        raise ValueError(
            f"interpolate: {given} is not a number for each of the sizes of {tuple(input.shape)}, "
            "which come after the first two dimensions"
        )
    for dim, number in enumerate(each, start=2):
        n = input.shape[dim]
        count = int(number) if scale_factor is None else int(n * number)
        if n == 0 or count < 1:
            raise RuntimeError(f"interpolate: {tuple(input.shape)} cannot become {given}")
        exact = scale_factor is not None and not recompute_scale_factor
        step = 1 / number if exact else n / count
        if mode in _LINEAR:
            input = _between(input, dim, count, step, bool(align_corners))
        else:
            half = 0.5 if mode == "nearest-exact" else 0
            at = (np.arange(count, dtype=np.float32) + np.float32(half)) * np.float32(step)
            input = _along(input, dim, np.minimum(at.astype(int), n - 1))
    return input


def _check_mode(x: Tensor, mode: str, align_corners: bool | None) -> None:
    if mode not in ("nearest", "nearest-exact", *_LINEAR) or x.ndim not in (3, 4, 5):
        raise NotImplementedError(
            f"interpolate: no mode {mode!r} of {tuple(x.shape)}; there are 'nearest', "
            f"'nearest-exact', {', '.join(map(repr, _LINEAR))} of (N, C, sizes), 1 to 3 of them"
        )
    if _LINEAR.get(mode, x.ndim) != x.ndim:
        right = {dims: name for name, dims in _LINEAR.items()}[x.ndim]
        raise NotImplementedError(f"interpolate: for {tuple(x.shape)}, {mode!r} is {right!r}")
    if align_corners is not None and mode not in _LINEAR:
        raise ValueError(f"interpolate: align_corners goes with {[*_LINEAR]}, not with {mode!r}")


def _between(x: Tensor, dim: int, count: int, step: float, align_corners: bool) -> Tensor:
    """x at `count` places along `dim`, each the weighted mean of the two beside it."""
    n = x.shape[dim]
    if align_corners:
        at = np.arange(count) * ((n - 1) / max(count - 1, 1))
    else:
        at = np.maximum((np.arange(count) + 0.5) * step - 0.5, 0)
    before = np.minimum(at.astype(int), n - 1)
    share = Tensor((at - before).astype(x.dtype).reshape((-1, *[1] * (x.ndim - 1 - dim))))
    low, high = _along(x, dim, before), _along(x, dim, np.minimum(before + 1, n - 1))
    y: Tensor = low * (1 - share) + high * share
    return y


def _along(x: Tensor, dim: int, places: np.ndarray) -> Tensor:
    y: Tensor = x[(slice(None),) * dim + (places,)]
    return y


# ---------------------------------------------------------------- layers


class Upsample(Module):
    """(N, C, sizes) at other sizes, those given or `scale_factor` times its own: see
    `interpolate`."""

    def __init__(
        self,
        size: Any = None,
        scale_factor: Any = None,
        mode: str = "nearest",
        align_corners: bool | None = None,
        recompute_scale_factor: bool | None = None,
    ) -> None:
        super().__init__()
        if isinstance(scale_factor, tuple | list):
            scale_factor = tuple(map(float, scale_factor))
        self.size = size
        self.scale_factor = float(scale_factor) if isinstance(scale_factor, int) else scale_factor
        self.mode, self.align_corners = mode, align_corners
        self.recompute_scale_factor = recompute_scale_factor

    def forward(self, input: Any) -> Any:
        return interpolate(
            input,
            self.size,
            self.scale_factor,
            self.mode,
            self.align_corners,
            self.recompute_scale_factor,
        )

    def extra_repr(self) -> str:
        which = "size" if self.scale_factor is None else "scale_factor"
        return f"{which}={getattr(self, which)}, mode={self.mode!r}"


class UpsamplingNearest2d(Upsample):
    """`Upsample` with mode "nearest"."""

    def __init__(self, size: Any = None, scale_factor: Any = None) -> None:
        super().__init__(size, scale_factor)


class UpsamplingBilinear2d(Upsample):
    """`Upsample` with mode "bilinear" and `align_corners`."""

    def __init__(self, size: Any = None, scale_factor: Any = None) -> None:
        super().__init__(size, scale_factor, "bilinear", align_corners=True)


class PixelShuffle(Module):
    """(..., C r^2, H, W) becomes (..., C, H r, W r): see `pixel_shuffle`  (Shi et al., 2016)."""

    def __init__(self, upscale_factor: int) -> None:
        super().__init__()
        self.upscale_factor = upscale_factor

    def forward(self, input: Any) -> Any:
        return pixel_shuffle(input, self.upscale_factor)

    def extra_repr(self) -> str:
        return f"upscale_factor={self.upscale_factor}"


class PixelUnshuffle(Module):
    """(..., C, H r, W r) becomes (..., C r^2, H, W): see `pixel_unshuffle`."""

    def __init__(self, downscale_factor: int) -> None:
        super().__init__()
        self.downscale_factor = downscale_factor

    def forward(self, input: Any) -> Any:
        return pixel_unshuffle(input, self.downscale_factor)

    def extra_repr(self) -> str:
        return f"downscale_factor={self.downscale_factor}"


class ChannelShuffle(Module):
    """The channels of `groups` groups in turns: see `channel_shuffle`  (Zhang et al., 2018)."""

    def __init__(self, groups: int) -> None:
        super().__init__()
        self.groups = groups

    def forward(self, input: Any) -> Any:
        return channel_shuffle(input, self.groups)

    def extra_repr(self) -> str:
        return f"groups={self.groups}"
