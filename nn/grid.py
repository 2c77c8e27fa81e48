"""Grid sampling: an image read at any positions, and the grid of an affine transform."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from itertools import product
from math import prod
from typing import Any

import numpy as np

from tinygrad_edu import Tensor, functions, ops
from tinygrad_edu.engine.clock import caller_level
from tinygrad_edu.functions.arguments import check_floating

_MODES = ("bilinear", "nearest", "bicubic")
_PADDINGS = ("zeros", "border", "reflection")


def grid_sample(
    input: Tensor,
    grid: Tensor,
    mode: str = "bilinear",
    padding_mode: str = "zeros",
    align_corners: bool | None = None,
) -> Tensor:
    """Sample images or volumes at the positions of a grid.

    The last dimension of the grid holds x, y (and z): -1 is the left (upper, front) edge of the
    input and 1 the right one.  Gradients reach the input and the grid.

    Parameters
    ----------
    input : Tensor, shape (N, C, H, W) or (N, C, D, H, W), floating
        The images or volumes.
    grid : Tensor, shape (N, H_out, W_out, 2) or (N, D_out, H_out, W_out, 3), the input's dtype
        The positions, in normalized coordinates.
    mode : {"bilinear", "nearest", "bicubic"}, default "bilinear"
        The interpolation; "bilinear" is trilinear for volumes, "bicubic" is for images only.
    padding_mode : {"zeros", "border", "reflection"}, default "zeros"
        The values outside the input: 0, the nearest value on its border, or its mirror image.
    align_corners : bool, optional
        True puts -1 and 1 at the centers of the corner pixels, False at their outer edges.
        Without it, False is taken, with a warning.

    Returns
    -------
    Tensor, shape (N, C, H_out, W_out) or (N, C, D_out, H_out, W_out)

    Raises
    ------
    ValueError
        If `mode` or `padding_mode` is unknown.
    RuntimeError
        If shapes or dtypes do not fit.

    References
    ----------
    Jaderberg et al., "Spatial Transformer Networks", 2015.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> image = tg.tensor([[[[1.0, 2.0], [3.0, 4.0]]]])
    >>> center = tg.tensor([[[[0.0, 0.0]]]])
    >>> F.grid_sample(image, center, align_corners=True)
    tensor([[[[2.5000]]]])
    """
    _check(input, grid, mode, padding_mode)
    align = _aligned("grid_sample", align_corners)
    sizes = input.shape[2:][::-1]  # in the order of x, y, z
    reads = []
    for i, n in enumerate(sizes):
        place = grid[..., i]
        place = (place + 1) * ((n - 1) / 2) if align else ((place + 1) * n - 1) * 0.5
        reads.append(_reads(place, n, mode, padding_mode, align))
    total: Any = None
    flat = input.reshape((*input.shape[:2], prod(input.shape[2:])))
    for corner in product(*reads):
        index: Any = 0
        weight: Any = 1.0
        seen: Any = True
        for (places, share), n in zip(reversed(corner), reversed(sizes), strict=True):
            index = index * n + np.clip(places, 0, n - 1)
            seen = seen & (places >= 0) & (places < n)
            weight = share * weight
        part = _gathered(flat, index)
        seen = Tensor(np.expand_dims(seen, 1))
        part = part * ops.where(seen, weight.reshape(seen.shape), 0)
        total = part if total is None else total + part
    return total  # type: ignore[no-any-return]


def _gathered(flat: Tensor, index: np.ndarray) -> Tensor:
    """The values of (N, C, S) at the places (N, *out) of S, for each channel."""
    n, channels = flat.shape[:2]
    each = np.broadcast_to(index.reshape(n, 1, -1), (n, channels, prod(index.shape[1:])))
    found: Tensor = functions.gather(flat, 2, Tensor(each))
    return found.reshape((n, channels, *index.shape[1:]))


def _reads(place: Tensor, n: int, mode: str, padding: str, align: bool) -> list[Any]:
    """The pixels that are read along one dimension, and the share of each."""
    if mode == "bicubic":
        first = np.floor(place.array)
        t = place - Tensor(first)
        shares = [_outer(t + 1), _inner(t), _inner(1 - t), _outer(2 - t)]
        rows = [_bounded(first + k, n, padding, align) for k in (-1, 0, 1, 2)]
        return list(zip(map(_whole, rows, [n] * 4), shares, strict=True))
    place = _bounded(place, n, padding, align)
    if mode == "nearest":
        one = ops.where(np.False_, place, np.ones_like(place.array))  # the grid's gradient is 0
        return [(_whole(np.rint(place.array), n), one)]
    first = np.floor(place.array)
    t = place - Tensor(first)
    return [(_whole(first, n), 1 - t), (_whole(first + 1, n), t)]


def _whole(places: Any, n: int) -> np.ndarray:
    """As indices; what is far outside (or NaN) is just outside."""
    near: np.ndarray = np.clip(np.nan_to_num(places, nan=-1), -1, n)
    return near.astype(np.int64)


def _inner(d: Tensor) -> Tensor:
    """Keys's cubic kernel of slope -3/4, at a distance of up to 1."""
    return (1.25 * d - 2.25) * d * d + 1


def _outer(d: Tensor) -> Tensor:
    """The same kernel at a distance from 1 to 2."""
    return ((-0.75 * d + 3.75) * d - 6) * d + 3


def _bounded(place: Any, n: int, padding: str, align: bool) -> Any:
    """The places after border or reflection; those outside stay outside with zeros."""
    if padding == "zeros":
        return place
    if padding == "reflection":
        place = _reflected(place, 0.0, n - 1.0) if align else _reflected(place, -0.5, n - 0.5)
    values = getattr(place, "array", place)
    inside = (values > 0) & (values < n - 1)  # on the edge the derivative 0 is chosen
    return ops.where(inside, place, np.clip(values, 0, n - 1))


def _reflected(place: Any, low: float, high: float) -> Any:
    """The places mirrored at low and high until they are between them."""
    span = high - low
    if not span:
        return place * 0
    away = place - low
    away = away * np.where(getattr(away, "array", away) < 0, -1, 1).astype(place.dtype)
    flips = np.floor(getattr(away, "array", away) / span)
    rest = away - flips * span
    return ops.where(flips % 2 == 0, rest + low, high - rest)


def _aligned(name: str, align_corners: bool | None) -> bool:
    if align_corners is None:
        warnings.warn(
            f"{name}: without align_corners=, False is taken (PyTorch took True before 1.3); "
            "write which one is meant",
            UserWarning,
            stacklevel=caller_level(),
        )
    return bool(align_corners)


def _check(input: Tensor, grid: Tensor, mode: str, padding_mode: str) -> None:
    check_floating(input, "grid_sample")
    if mode not in _MODES:
        raise ValueError(f"grid_sample: mode is one of {_MODES}, not {mode!r}")
    if padding_mode not in _PADDINGS:
        raise ValueError(f"grid_sample: padding_mode is one of {_PADDINGS}, not {padding_mode!r}")
    shapes = f"input {tuple(input.shape)}, grid {tuple(grid.shape)}"
    if input.dtype != grid.dtype:
        raise RuntimeError(
            f"grid_sample: input and grid have one dtype, not {input.dtype} and {grid.dtype}"
        )
    dims = input.ndim - 2
    if dims not in (2, 3) or grid.ndim != input.ndim or grid.shape[-1] != dims:
        raise RuntimeError(
            "grid_sample: an input (N, C, H, W) has a grid (N, H_out, W_out, 2), and an input "
            f"(N, C, D, H, W) a grid (N, D_out, H_out, W_out, 3); given: {shapes}"
        )
    if input.shape[0] != grid.shape[0]:
        raise RuntimeError(f"grid_sample: input and grid have one batch size; given: {shapes}")
    if 0 in input.shape[2:]:
        raise RuntimeError(f"grid_sample: the input has no pixels to sample; given: {shapes}")
    if mode == "bicubic" and dims != 2:
        raise RuntimeError(f"grid_sample: bicubic takes images, (N, C, H, W); given: {shapes}")


def affine_grid(theta: Tensor, size: Sequence[int], align_corners: bool | None = None) -> Tensor:
    """Make the grid of an affine transform, for `grid_sample`.

    Each position of the output, (x, y, 1) or (x, y, z, 1) in [-1, 1], is multiplied by `theta`.

    Parameters
    ----------
    theta : Tensor, shape (N, 2, 3) or (N, 3, 4), floating
        The affine matrices.
    size : sequence of int, (N, C, H, W) or (N, C, D, H, W)
        The shape of the output of `grid_sample`.
    align_corners : bool, optional
        True puts -1 and 1 at the centers of the corner pixels, False at their outer edges.
        Without it, False is taken, with a warning.

    Returns
    -------
    Tensor, shape (N, H, W, 2) or (N, D, H, W, 3)

    Raises
    ------
    ValueError
        If theta is not floating, or its shape does not fit the size.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> identity = tg.tensor([[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]])
    >>> F.affine_grid(identity, (1, 1, 1, 2), align_corners=True)
    tensor([[[[-1.,  0.],
              [ 1.,  0.]]]])
    """
    if theta.dtype.kind != "f":
        raise ValueError(f"affine_grid: theta is floating, not {theta.dtype}")
    dims = len(size) - 2
    if dims not in (2, 3) or theta.ndim != 3 or tuple(theta.shape[1:]) != (dims, dims + 1):
        raise ValueError(
            "affine_grid: theta is (N, 2, 3) for a size (N, C, H, W), (N, 3, 4) for "
            f"(N, C, D, H, W); given: theta {tuple(theta.shape)}, size {tuple(size)}"
        )
    if min(size) < 1:
        raise ValueError(f"affine_grid: each size is at least 1, not {tuple(size)}")
    align = _aligned("affine_grid", align_corners)
    lines = [_line(n, align) for n in size[2:]]
    axes = [*reversed(np.meshgrid(*lines, indexing="ij")), np.ones(tuple(size[2:]))]
    base = np.stack(axes, -1).reshape(-1, dims + 1).astype(theta.dtype)
    y: Tensor = ops.matmul(Tensor(base), theta.swapaxes(1, 2))
    return y.reshape((theta.shape[0], *size[2:], dims))


def _line(n: int, align: bool) -> np.ndarray:
    """The middles of n pixels between -1 and 1."""
    if n == 1:
        return np.zeros(1)
    ends = 1.0 if align else (n - 1) / n
    return np.linspace(-ends, ends, n)
