"""Resize images by interpolation, or by moving pixels between channels and places."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from tinygrad_edu import Tensor, functions
from tinygrad_edu.engine.clock import caller_level
from tinygrad_edu.errors import InputError
from tinygrad_edu.functions.arguments import check_floating, check_tensor

from .adaptive_pooling import adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d
from .fold import fresh
from .module import Module

# ---------------------------------------------------------------- functions


def pixel_shuffle(input: Tensor, upscale_factor: int) -> Tensor:
    """Rearrange groups of r^2 channels into squares of r x r pixels, r = `upscale_factor`.

        y[..., c, h r + i, w r + j] = x[..., c r^2 + i r + j, h, w]

    Parameters
    ----------
    input : Tensor, shape (..., C r^2, H, W)
    upscale_factor : int
        The factor r, at least 1.

    Returns
    -------
    Tensor, shape (..., C, H r, W r)

    Raises
    ------
    ValueError
        If r^2 does not divide the number of channels.

    References
    ----------
    Shi et al., "Real-time single image and video super-resolution using an efficient sub-pixel
    convolutional neural network", CVPR 2016, arXiv:1609.05158.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> F.pixel_shuffle(tg.arange(4).reshape(1, 4, 1, 1), 2)
    tensor([[[[0, 1],
              [2, 3]]]])
    """
    r, (*batch, channels, height, width) = upscale_factor, _image("pixel_shuffle", input)
    if r < 1 or channels % (r * r):
        raise InputError(
            f"pixel_shuffle: {channels} channels, of {tuple(input.shape)}, are not squares of "
            f"{r} x {r} pixels"
        )
    x = input.reshape((prod(batch), channels // (r * r), r, r, height, width))
    y: Tensor = functions.permute(x, 0, 1, 4, 2, 5, 3)
    return _fresh(y.reshape((*batch, channels // (r * r), height * r, width * r)), input)


def pixel_unshuffle(input: Tensor, downscale_factor: int) -> Tensor:
    """Rearrange squares of r x r pixels into r^2 channels: the inverse of `pixel_shuffle`.

        y[..., c r^2 + i r + j, h, w] = x[..., c, h r + i, w r + j],  r = downscale_factor

    Parameters
    ----------
    input : Tensor, shape (..., C, H r, W r)
    downscale_factor : int
        The factor r, at least 1.

    Returns
    -------
    Tensor, shape (..., C r^2, H, W)

    Raises
    ------
    ValueError
        If r does not divide the height and the width.

    References
    ----------
    Shi et al., "Real-time single image and video super-resolution using an efficient sub-pixel
    convolutional neural network", CVPR 2016, arXiv:1609.05158.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> F.pixel_unshuffle(tg.arange(4).reshape(1, 1, 2, 2), 2).flatten()
    tensor([0, 1, 2, 3])
    >>> F.pixel_unshuffle(tg.ones(1, 3, 8, 6), 2).shape
    torch.Size([1, 12, 4, 3])
    """
    r, (*batch, channels, height, width) = downscale_factor, _image("pixel_unshuffle", input)
    if r < 1 or height % r or width % r:
        raise InputError(
            f"pixel_unshuffle: {height} x {width}, of {tuple(input.shape)}, are not squares of "
            f"{r} x {r} pixels"
        )
    x = input.reshape((prod(batch), channels, height // r, r, width // r, r))
    y: Tensor = functions.permute(x, 0, 1, 3, 5, 2, 4)
    return _fresh(y.reshape((*batch, channels * r * r, height // r, width // r)), input)


def channel_shuffle(input: Tensor, groups: int) -> Tensor:
    """Interleave the channels of groups: the first of each group, then the second of each.

    With g groups of C / g channels,

        y[n, i g + j] = x[n, j C / g + i].

    Parameters
    ----------
    input : Tensor, shape (N, C, sizes)
        At least one size follows the channels.
    groups : int
        The number g of groups; it divides C.

    Returns
    -------
    Tensor, the input's shape

    Raises
    ------
    ValueError
        If `groups` does not divide the number of channels, or the input has fewer than 3
        dimensions.

    References
    ----------
    Zhang et al., "ShuffleNet: an extremely efficient convolutional neural network for mobile
    devices", CVPR 2018, arXiv:1707.01083.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> F.channel_shuffle(tg.arange(6).reshape(1, 6, 1), 2).flatten()  # groups [0, 1, 2], [3, 4, 5]
    tensor([0, 3, 1, 4, 2, 5])
    """
    shape = tuple(input.shape)
    if len(shape) < 3 or groups < 1 or shape[1] % groups:
        raise InputError(
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
        raise InputError(f"{name}: the input is (..., C, H, W), not {tuple(x.shape)}")
    return tuple(x.shape)


_SMOOTH = {"linear": 3, "bilinear": 4, "bicubic": 4, "trilinear": 5}  # and what ndim they take


_INTERPOLATIONS = ("nearest", "nearest-exact", "area", *_SMOOTH)


def interpolate(
    input: Tensor,
    size: int | Sequence[int] | None = None,
    scale_factor: float | Sequence[float] | None = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Tensor:
    """Resize a batch of sequences, images or volumes by interpolation.

    The sizes after N and C become `size`, or floor(size scale_factor).  In each of these
    dimensions, output element i lies at the position

        (i + 1/2) / scale - 1/2, or with `align_corners` i (size_in - 1) / (size_out - 1)

    of the input, in units of its elements.  Where a neighbor lies outside of the input, the element
    at the edge takes its place.  With `align_corners`, the centers of the first and of the last
    elements of both coincide; otherwise the outer edges of these elements do.

    Parameters
    ----------
    input : Tensor, shape (N, C, L), (N, C, H, W) or (N, C, D, H, W)
        Of a floating-point dtype, or uint8, whose results are rounded; "nearest" and
        "nearest-exact" take any dtype.
    size : int or tuple of int, optional
        The sizes of the output; one int stands for all.
    scale_factor : float or tuple of float, optional
        The factors of the sizes; exactly one of `size` and `scale_factor` is given.
    mode : str, default "nearest"
        "nearest": the element floor(i / scale).  "nearest-exact": the element floor((i + 1/2) /
        scale), the nearest to the position.  "linear" (3 dimensions), "bilinear" (4), "trilinear"
        (5): linear between the two neighbors in each dimension.  "bicubic" (4): cubic convolution
        of the four neighbors in each dimension, with Keys's kernel for a = -3/4.  "area": the mean
        of the elements that output element i covers, as in `adaptive_avg_pool2d`.
    align_corners : bool, optional
        See above.  None, the default, stands for False; modes that are not linear or cubic take
        only None.
    recompute_scale_factor : bool, optional
        Compute the positions with the ratio of the output's size to the input's, instead of the
        given `scale_factor`.
    antialias : bool, default False
        Where "bilinear" and "bicubic" reduce a size, stretch the kernel by the factor, so that all
        elements count (with a = -1/2 for "bicubic").

    Returns
    -------
    Tensor, shape (N, C, new sizes), of the input's dtype

    Raises
    ------
    ValueError
        If not exactly one of `size` and `scale_factor` is given, or a setting does not go with the
        mode.  If a size is 0, or the dtype does not go with the mode.
    NotImplementedError
        If there is no such mode for the number of dimensions.

    References
    ----------
    Keys, "Cubic convolution interpolation for digital image processing", IEEE Transactions on
    Acoustics, Speech, and Signal Processing, 1981.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> x = tg.tensor([[[1.0, 2.0]]])
    >>> F.interpolate(x, scale_factor=2)
    tensor([[[1., 1., 2., 2.]]])
    >>> F.interpolate(x, size=4, mode="linear")
    tensor([[[1.0000, 1.2500, 1.7500, 2.0000]]])
    >>> F.interpolate(x, size=3, mode="linear", align_corners=True)
    tensor([[[1.0000, 1.5000, 2.0000]]])
    >>> F.interpolate(tg.randn(1, 3, 64, 64), (32, 48), mode="bicubic", antialias=True).shape
    torch.Size([1, 3, 32, 48])
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
    check_tensor(x, "interpolate")
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
    """For each dimension, the size of the output and 1 / scale, the step in the input."""
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
        raise InputError(f"interpolate: {tuple(x.shape)} cannot become {given}")
    if scale_factor is not None and not recompute:
        return counts, [1 / m for m in each]
    return counts, [n / m for n, m in zip(sizes, counts, strict=True)]


def _whole(number: Any) -> bool:
    return hasattr(number, "__index__")


def _along(
    x: Tensor, dim: int, count: int, step: float, mode: str, align_corners: bool, antialias: bool
) -> Tensor:
    """Resize x along `dim` to `count` elements, which lie `step` apart in the input."""
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
    """The indices of the elements that each output element covers, and their weights.

    The weights of one output element add up to 1.
    """
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
    """Keys's cubic kernel with slope a at 1.

    It is (a + 2) |x|^3 - (a + 3) x^2 + 1 for |x| <= 1, a (|x|^3 - 5 x^2 + 8 |x| - 4) for 1 < |x| <
    2, and 0 beyond.
    """
    d = np.abs(x)
    near = ((a + 2) * d - (a + 3)) * d * d + 1
    return np.where(d <= 1, near, np.where(d < 2, a * (((d - 5) * d + 8) * d - 4), 0))


def _summed(x: Tensor, dim: int, places: np.ndarray, weights: np.ndarray) -> Tensor:
    """The weighted sum of elements of x along `dim`: one row of indices and of weights per term."""
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
    warnings.warn(why, UserWarning, stacklevel=caller_level())


def upsample(
    input: Tensor,
    size: int | Sequence[int] | None = None,
    scale_factor: float | Sequence[float] | None = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
) -> Tensor:
    """Resize the input: deprecated, use `interpolate`.

    It warns, and returns `interpolate(input, size, scale_factor, mode, align_corners)`.

    Parameters
    ----------
    input : Tensor, shape (N, C, sizes)
    size : int or tuple of int, optional
        The sizes of the output; one int stands for all.
    scale_factor : float or tuple of float, optional
        The factors of the sizes; exactly one of `size` and `scale_factor` is given.
    mode : str, default "nearest"
        As in `interpolate`.
    align_corners : bool, optional
        As in `interpolate`.

    Returns
    -------
    Tensor, shape (N, C, new sizes)

    Warns
    -----
    UserWarning
        At each call.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> x = tg.ones(1, 1, 2, 2)
    >>> F.interpolate(x, scale_factor=2).shape  # instead
    torch.Size([1, 1, 4, 4])
    """
    _deprecated("upsample")
    return interpolate(input, size, scale_factor, mode, align_corners)


def upsample_nearest(
    input: Tensor,
    size: int | Sequence[int] | None = None,
    scale_factor: float | Sequence[float] | None = None,
) -> Tensor:
    """Resize the input to the nearest elements: deprecated, use `interpolate`.

    It warns, and returns `interpolate(input, size, scale_factor, mode="nearest")`.

    Parameters
    ----------
    input : Tensor, shape (N, C, sizes)
    size : int or tuple of int, optional
        The sizes of the output; one int stands for all.
    scale_factor : float or tuple of float, optional
        The factors of the sizes; exactly one of `size` and `scale_factor` is given.

    Returns
    -------
    Tensor, shape (N, C, new sizes)

    Warns
    -----
    UserWarning
        At each call.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> x = tg.ones(1, 1, 2, 2)
    >>> F.interpolate(x, scale_factor=2).shape  # instead
    torch.Size([1, 1, 4, 4])
    """
    _deprecated("upsample_nearest")
    return interpolate(input, size, scale_factor, "nearest")


def upsample_bilinear(
    input: Tensor,
    size: int | Sequence[int] | None = None,
    scale_factor: float | Sequence[float] | None = None,
) -> Tensor:
    """Resize the input by bilinear interpolation: deprecated, use `interpolate`.

    It warns, and returns `interpolate(input, size, scale_factor, mode="bilinear",
    align_corners=True)`.

    Parameters
    ----------
    input : Tensor, shape (N, C, H, W)
    size : int or tuple of int, optional
        The sizes of the output; one int stands for all.
    scale_factor : float or tuple of float, optional
        The factors of the sizes; exactly one of `size` and `scale_factor` is given.

    Returns
    -------
    Tensor, shape (N, C, H_out, W_out)

    Warns
    -----
    UserWarning
        At each call.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> x = tg.ones(1, 1, 2, 2)
    >>> F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=True).shape  # instead
    torch.Size([1, 1, 4, 4])
    """
    _deprecated("upsample_bilinear")
    return interpolate(input, size, scale_factor, "bilinear", align_corners=True)


def native_channel_shuffle(input: Tensor, groups: int) -> Tensor:
    """Interleave the channels of groups: PyTorch's other name of `channel_shuffle`.

    Parameters
    ----------
    input : Tensor, shape (N, C, sizes)
    groups : int
        The number of groups; it divides C.

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
    """Layer that resizes a batch of sequences, images or volumes by interpolation.

    The input has shape (N, C, L), (N, C, H, W) or (N, C, D, H, W); the sizes after N and C become
    `size`, or floor(size scale_factor); see `nn.functional.interpolate`.  The layer has no
    parameters.

    Parameters
    ----------
    size : int or tuple of int, optional
        The sizes of the output; one int stands for all.
    scale_factor : float or tuple of float, optional
        The factors of the sizes; exactly one of `size` and `scale_factor` is given.
    mode : str, default "nearest"
        "nearest", "nearest-exact", "linear", "bilinear", "bicubic", "trilinear" or "area".
    align_corners : bool, optional
        Let the centers of the first and of the last elements of input and output coincide; only for
        the linear and the cubic modes.
    recompute_scale_factor : bool, optional
        Compute the positions with the ratio of the output's size to the input's, instead of the
        given `scale_factor`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> x = tg.tensor([[[[1.0, 2.0], [3.0, 4.0]]]])
    >>> nn.Upsample(scale_factor=2)(x)
    tensor([[[[1., 1., 2., 2.],
              [1., 1., 2., 2.],
              [3., 3., 4., 4.],
              [3., 3., 4., 4.]]]])
    >>> nn.Upsample(size=(5, 3), mode="bilinear")(x).shape
    torch.Size([1, 1, 5, 3])
    """

    def __init__(
        self,
        size: int | Sequence[int] | None = None,
        scale_factor: float | Sequence[float] | None = None,
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
    """Layer that resizes a batch of images to the nearest elements: `Upsample` with mode "nearest".

    The input has shape (N, C, H, W), the output (N, C, H_out, W_out), of the sizes `size` or
    floor(size scale_factor).  The layer has no parameters.  `nn.Upsample` and
    `nn.functional.interpolate` are the names to use in new code.

    Parameters
    ----------
    size : int or tuple of int, optional
        The sizes of the output; one int stands for all.
    scale_factor : float or tuple of float, optional
        The factors of the sizes; exactly one of `size` and `scale_factor` is given.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.UpsamplingNearest2d(scale_factor=2)(tg.tensor([[[[1.0, 2.0]]]]))
    tensor([[[[1., 1., 2., 2.],
              [1., 1., 2., 2.]]]])
    """

    def __init__(
        self,
        size: int | Sequence[int] | None = None,
        scale_factor: float | Sequence[float] | None = None,
    ) -> None:
        super().__init__(size, scale_factor)


class UpsamplingBilinear2d(Upsample):
    """Layer that resizes a batch of images by bilinear interpolation with aligned corners.

    It is `Upsample` with mode "bilinear" and `align_corners=True`.  The input has shape (N, C, H,
    W), the output (N, C, H_out, W_out), of the sizes `size` or floor(size scale_factor).  The layer
    has no parameters.  `nn.Upsample` and `nn.functional.interpolate` are the names to use in new
    code.

    Parameters
    ----------
    size : int or tuple of int, optional
        The sizes of the output; one int stands for all.
    scale_factor : float or tuple of float, optional
        The factors of the sizes; exactly one of `size` and `scale_factor` is given.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.UpsamplingBilinear2d(size=(1, 3))(tg.tensor([[[[1.0, 2.0]]]]))
    tensor([[[[1.0000, 1.5000, 2.0000]]]])
    """

    def __init__(
        self,
        size: int | Sequence[int] | None = None,
        scale_factor: float | Sequence[float] | None = None,
    ) -> None:
        super().__init__(size, scale_factor, "bilinear", align_corners=True)


class PixelShuffle(Module):
    """Layer that rearranges groups of r^2 channels into squares of r x r pixels.

    The input has shape (..., C r^2, H, W), the output (..., C, H r, W r), with r =
    `upscale_factor`; see `nn.functional.pixel_shuffle`.  The layer has no parameters.

    Parameters
    ----------
    upscale_factor : int
        The factor r.

    References
    ----------
    Shi et al., "Real-time single image and video super-resolution using an efficient sub-pixel
    convolutional neural network", CVPR 2016, arXiv:1609.05158.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.PixelShuffle(3)(tg.randn(1, 9, 4, 4)).shape
    torch.Size([1, 1, 12, 12])
    """

    def __init__(self, upscale_factor: int) -> None:
        super().__init__()
        self.upscale_factor = upscale_factor

    def forward(self, input: Tensor) -> Tensor:
        return pixel_shuffle(input, self.upscale_factor)

    def extra_repr(self) -> str:
        return f"upscale_factor={self.upscale_factor}"


class PixelUnshuffle(Module):
    """Layer that rearranges squares of r x r pixels into r^2 channels: undoes `PixelShuffle`.

    The input has shape (..., C, H r, W r), the output (..., C r^2, H, W), with r =
    `downscale_factor`; see `nn.functional.pixel_unshuffle`.  The layer has no parameters.

    Parameters
    ----------
    downscale_factor : int
        The factor r.

    References
    ----------
    Shi et al., "Real-time single image and video super-resolution using an efficient sub-pixel
    convolutional neural network", CVPR 2016, arXiv:1609.05158.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.PixelUnshuffle(3)(tg.randn(1, 1, 12, 12)).shape
    torch.Size([1, 9, 4, 4])
    """

    def __init__(self, downscale_factor: int) -> None:
        super().__init__()
        self.downscale_factor = downscale_factor

    def forward(self, input: Tensor) -> Tensor:
        return pixel_unshuffle(input, self.downscale_factor)

    def extra_repr(self) -> str:
        return f"downscale_factor={self.downscale_factor}"


class ChannelShuffle(Module):
    """Layer that interleaves the channels of groups: the first of each, then the second of each.

    The input has shape (N, C, sizes), the output the same shape; see
    `nn.functional.channel_shuffle`.  The layer has no parameters.

    Parameters
    ----------
    groups : int
        The number of groups; it divides C.

    References
    ----------
    Zhang et al., "ShuffleNet: an extremely efficient convolutional neural network for mobile
    devices", CVPR 2018, arXiv:1707.01083.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.ChannelShuffle(2)(tg.arange(4).reshape(1, 4, 1, 1)).flatten()
    tensor([0, 2, 1, 3])
    """

    def __init__(self, groups: int) -> None:
        super().__init__()
        self.groups = groups

    def forward(self, input: Tensor) -> Tensor:
        return channel_shuffle(input, self.groups)

    def extra_repr(self) -> str:
        return f"groups={self.groups}"
