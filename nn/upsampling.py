"""Layers that give images more pixels, or fewer, or their channels in another order."""

from __future__ import annotations

import warnings
from math import prod
from typing import Any

import numpy as np

from tinygrad_edu import Tensor, functions
from tinygrad_edu.functions.arguments import check_floating

from .adaptive_pooling import adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d
from .fold import fresh
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
    return _fresh(y.reshape((*batch, channels // (r * r), height * r, width * r)), input)


def pixel_unshuffle(input: Tensor, downscale_factor: int) -> Tensor:
    """(..., C, H r, W r) becomes (..., C r^2, H, W): the inverse of `pixel_shuffle`."""
    r, (*batch, channels, height, width) = downscale_factor, _image("pixel_unshuffle", input)
    if r < 1 or height % r or width % r:
        raise RuntimeError(
            f"pixel_unshuffle: {height} x {width}, of {tuple(input.shape)}, are not squares of "
            f"{r} x {r} pixels"
        )
    x = input.reshape((prod(batch), channels, height // r, r, width // r, r))
    y: Tensor = functions.permute(x, 0, 1, 3, 5, 2, 4)
    return _fresh(y.reshape((*batch, channels * r * r, height // r, width // r)), input)


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
    return _fresh(x.swapaxes(1, 2).reshape(shape), input)


def _fresh(y: Tensor, x: Tensor) -> Tensor:
    copied: Tensor = fresh(y, x)
    return copied


def _image(name: str, x: Tensor) -> tuple[int, ...]:
    if x.ndim < 3:
        raise RuntimeError(f"{name}: the input is (..., C, H, W), not {tuple(x.shape)}")
    return tuple(x.shape)


_SMOOTH = {"linear": 3, "bilinear": 4, "bicubic": 4, "trilinear": 5}  # and what ndim they take


_INTERPOLATIONS = ("nearest", "nearest-exact", "area", *_SMOOTH)


def interpolate(
    input: Tensor,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Tensor:
    """The input, (N, C, sizes), at other sizes: those given, or `scale_factor` times its own.

    Place i of the output lies at i / scale of the input.  Mode "nearest" takes the place before it,
    "nearest-exact" the one nearest to the pixel's middle; "linear", "bilinear" and "trilinear" the
    mean of the two beside it, weighted by their nearness, in 1, 2 and 3 dimensions, "bicubic" a sum
    of the four around it (Keys, 1981); "area" is `adaptive_avg_pool`.  With `align_corners` the
    first and last places of both fall together, else their outer edges do.  With `antialias`, a
    smaller image takes in all the places that it has one for.

    With `recompute_scale_factor`, the scale is that of the sizes, which are whole numbers, not the
    one that was given.  Results of uint8 are rounded.

    >>> import tinygrad_edu as tg
    >>> interpolate(tg.tensor([[[1.0, 2.0]]]), scale_factor=2)
    tensor([[[1., 1., 2., 2.]]])
    """
    _check_mode(input, mode, align_corners, antialias)
    counts, steps = _sizes_and_steps(input, size, scale_factor, recompute_scale_factor)
    if mode == "area":
        area: Tensor = _AREA[input.ndim](input, counts)
        return area
    smooth, kind = mode in _SMOOTH, input.dtype
    x = input.float() if smooth and kind in _ROUGH else input
    for dim in reversed(range(2, x.ndim)):
        place = counts[dim - 2], steps[dim - 2]
        x = _along(x, dim, *place, mode, bool(align_corners), antialias)
        if smooth and kind == np.uint8:
            x = functions.clamp(x.round(), 0, 255)
    return x.to(kind)


_ROUGH = (np.dtype(np.uint8), np.dtype(np.float16))  # computed in float32


_AREA = {3: adaptive_avg_pool1d, 4: adaptive_avg_pool2d, 5: adaptive_avg_pool3d}


def _check_mode(x: Tensor, mode: str, align_corners: bool | None, antialias: bool) -> None:
    if mode not in _INTERPOLATIONS or x.ndim not in (3, 4, 5):
        raise NotImplementedError(
            f"interpolate: no mode {mode!r} of {tuple(x.shape)}; there are "
            f"{', '.join(map(repr, _INTERPOLATIONS))} of (N, C, sizes), 1 to 3 of them"
        )
    if _SMOOTH.get(mode, x.ndim) != x.ndim:
        right = {dims: name for name, dims in _SMOOTH.items() if name != "bicubic"}[x.ndim]
        raise NotImplementedError(f"interpolate: for {tuple(x.shape)}, {mode!r} is {right!r}")
    if align_corners is not None and mode not in _SMOOTH:
        raise ValueError(f"interpolate: align_corners goes with {[*_SMOOTH]}, not with {mode!r}")
    if antialias and mode not in ("bilinear", "bicubic"):
        raise ValueError(f"interpolate: antialias goes with bilinear and bicubic, not {mode!r}")
    if mode in _SMOOTH and x.dtype != np.uint8:
        check_floating(x, "interpolate")


def _sizes_and_steps(
    x: Tensor, size: Any, scale_factor: Any, recompute: bool | None
) -> tuple[list[int], list[float]]:
    """For each of the sizes, how many places it becomes, and how far apart they are."""
    if (size is None) == (scale_factor is None):
        raise ValueError(
            f"interpolate: give size or scale_factor, one of them, not {size} and {scale_factor}"
        )
    if recompute and size is not None:
        raise ValueError("interpolate: a scale_factor can be recomputed, and a size was given")
    given, sizes = size if scale_factor is None else scale_factor, x.shape[2:]
    each = [*given] if isinstance(given, tuple | list) else [given] * len(sizes)
    if len(each) != len(sizes) or (size is not None and not all(map(_whole, each))):
        raise (ValueError if all(map(_whole, each)) else TypeError)(
            f"interpolate: {given} is not a number for each of the sizes of {tuple(x.shape)}, "
            "which come after the first two dimensions"
        )
    counts = [int(m if scale_factor is None else n * m) for n, m in zip(sizes, each, strict=True)]
    if min(counts) < 1 or 0 in sizes:
        raise RuntimeError(f"interpolate: {tuple(x.shape)} cannot become {given}")
    if scale_factor is not None and not recompute:
        return counts, [1 / m for m in each]
    return counts, [n / m for n, m in zip(sizes, counts, strict=True)]


def _whole(number: Any) -> bool:
    return hasattr(number, "__index__")


def _along(
    x: Tensor, dim: int, count: int, step: float, mode: str, align_corners: bool, antialias: bool
) -> Tensor:
    """x at `count` places along `dim`, `step` apart."""
    n = x.shape[dim]
    if mode not in _SMOOTH:
        half = 0.5 if mode == "nearest-exact" else 0
        at = (np.arange(count, dtype=np.float32) + np.float32(half)) * np.float32(step)
        return _taken(x, dim, np.minimum(at.astype(int), n - 1))
    if align_corners:
        step = (n - 1) / max(count - 1, 1)
    if antialias:
        return _summed(x, dim, *_over_all(n, count, step, mode))
    middle = np.arange(count) * step if align_corners else (np.arange(count) + 0.5) * step - 0.5
    if mode == "bicubic":
        first = np.floor(middle).astype(int) - 1
        places = first + np.arange(4)[:, None]
        return _summed(x, dim, np.clip(places, 0, n - 1), _cubic(places - middle, -0.75))
    middle = np.maximum(middle, 0)
    first = np.minimum(middle.astype(int), n - 1)
    share = middle - first
    places = np.stack([first, np.minimum(first + 1, n - 1)])
    return _summed(x, dim, places, np.stack([1 - share, share]))


def _over_all(n: int, count: int, step: float, mode: str) -> tuple[np.ndarray, np.ndarray]:
    """All the places that each new place stands for, and their weights, which add up to 1."""
    wide = max(step, 1.0)  # by how much the kernel is stretched
    reach = (2.0 if mode == "bicubic" else 1.0) * wide
    middle = (np.arange(count) + 0.5) * step
    first = np.maximum((middle - reach + 0.5).astype(int), 0)
    last = np.minimum((middle + reach + 0.5).astype(int), n)
    places = first + np.arange(np.max(last - first))[:, None]
    away = (places + 0.5 - middle) / wide
    weights = _cubic(away, -0.5) if mode == "bicubic" else np.maximum(1 - np.abs(away), 0)
    weights *= places < last
    return np.minimum(places, n - 1), weights / weights.sum(0)


def _cubic(x: np.ndarray, a: float) -> np.ndarray:
    """Keys's kernel, of slope a at 1: (a + 2) |x|^3 - (a + 3) x^2 + 1 up to 1, and then
    a (|x|^3 - 5 x^2 + 8 |x| - 4) up to 2."""
    d = np.abs(x)
    near = ((a + 2) * d - (a + 3)) * d * d + 1
    return np.where(d <= 1, near, np.where(d < 2, a * (((d - 5) * d + 8) * d - 4), 0))


def _summed(x: Tensor, dim: int, places: np.ndarray, weights: np.ndarray) -> Tensor:
    """The sum of the places of x along `dim`, each row of them times its row of weights."""
    shape = (-1, *[1] * (x.ndim - 1 - dim))
    parts = [
        _taken(x, dim, place) * Tensor(weight.astype(x.dtype).reshape(shape))
        for place, weight in zip(places, weights, strict=True)
    ]
    y: Tensor = sum(parts[1:], parts[0])
    return y


def _taken(x: Tensor, dim: int, places: np.ndarray) -> Tensor:
    y: Tensor = x[(slice(None),) * dim + (places,)]
    return y


def _deprecated(name: str) -> None:
    why = f"`nn.functional.{name}` is deprecated. Use `nn.functional.interpolate` instead."
    warnings.warn(why, UserWarning, stacklevel=3)


def upsample(
    input: Tensor,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
) -> Tensor:
    """Resize the input; deprecated in favor of `interpolate`.

    Parameters
    ----------
    input : Tensor, shape (N, C, sizes)
        What is resized.
    size : int or tuple of int, optional
        The sizes of the output.
    scale_factor : float or tuple of float, optional
        The factors of the sizes, in place of `size`.
    mode : str, default "nearest"
        The mode of `interpolate`.
    align_corners : bool, optional
        As in `interpolate`.

    Returns
    -------
    Tensor, shape (N, C, new sizes)

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> F.interpolate(tg.ones(1, 1, 2, 2), scale_factor=2).shape  # the name to use
    torch.Size([1, 1, 4, 4])
    """
    _deprecated("upsample")
    return interpolate(input, size, scale_factor, mode, align_corners)


def upsample_nearest(input: Tensor, size: Any = None, scale_factor: Any = None) -> Tensor:
    """Resize the input; deprecated in favor of `interpolate`.

    Parameters
    ----------
    input : Tensor, shape (N, C, sizes)
        What is resized.
    size : int or tuple of int, optional
        The sizes of the output.
    scale_factor : float or tuple of float, optional
        The factors of the sizes, in place of `size`.

    Returns
    -------
    Tensor, shape (N, C, new sizes)

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> F.interpolate(tg.ones(1, 1, 2, 2), scale_factor=2).shape  # the name to use
    torch.Size([1, 1, 4, 4])
    """
    _deprecated("upsample_nearest")
    return interpolate(input, size, scale_factor, "nearest")


def upsample_bilinear(input: Tensor, size: Any = None, scale_factor: Any = None) -> Tensor:
    """Resize the input; deprecated in favor of `interpolate`
    with `align_corners=True`.

    Parameters
    ----------
    input : Tensor, shape (N, C, sizes)
        What is resized.
    size : int or tuple of int, optional
        The sizes of the output.
    scale_factor : float or tuple of float, optional
        The factors of the sizes, in place of `size`.

    Returns
    -------
    Tensor, shape (N, C, new sizes)

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> F.interpolate(tg.ones(1, 1, 2, 2), scale_factor=2).shape  # the name to use
    torch.Size([1, 1, 4, 4])
    """
    _deprecated("upsample_bilinear")
    return interpolate(input, size, scale_factor, "bilinear", align_corners=True)


def native_channel_shuffle(input: Tensor, groups: int) -> Tensor:
    """Shuffle channels as `channel_shuffle` does: PyTorch's other name for it.

    Parameters
    ----------
    input : Tensor, shape (N, C, sizes)
        What is shuffled.
    groups : int
        The number of groups.

    Returns
    -------
    Tensor, the input's shape

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> F.native_channel_shuffle(tg.arange(4).reshape(1, 4, 1), 2).flatten()
    tensor([0, 2, 1, 3])
    """
    return channel_shuffle(input, groups)


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

    def forward(self, input: Tensor) -> Tensor:
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

    def forward(self, input: Tensor) -> Tensor:
        return pixel_shuffle(input, self.upscale_factor)

    def extra_repr(self) -> str:
        return f"upscale_factor={self.upscale_factor}"


class PixelUnshuffle(Module):
    """(..., C, H r, W r) becomes (..., C r^2, H, W): see `pixel_unshuffle`."""

    def __init__(self, downscale_factor: int) -> None:
        super().__init__()
        self.downscale_factor = downscale_factor

    def forward(self, input: Tensor) -> Tensor:
        return pixel_unshuffle(input, self.downscale_factor)

    def extra_repr(self) -> str:
        return f"downscale_factor={self.downscale_factor}"


class ChannelShuffle(Module):
    """The channels of `groups` groups in turns: see `channel_shuffle`  (Zhang et al., 2018)."""

    def __init__(self, groups: int) -> None:
        super().__init__()
        self.groups = groups

    def forward(self, input: Tensor) -> Tensor:
        return channel_shuffle(input, self.groups)

    def extra_repr(self) -> str:
        return f"groups={self.groups}"
