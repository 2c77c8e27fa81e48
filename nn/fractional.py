"""Fractional max pooling: the windows overlap, and their starts are drawn at random.

A pool of m windows of size k over n elements starts window i at floor(a (i + u)) - floor(a u), with
a = (n - k) / (m - 1) and one u from U[0, 1) for each channel and dimension; the last window ends
where the input ends.  So the output may have any size, not only an integer fraction of the input.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from tinygrad_edu import Tensor, functions
from tinygrad_edu.errors import InputError
from tinygrad_edu.functions.arguments import check_floating
from tinygrad_edu.rng import numpy_generator

from .module import Module
from .windows import batched, ints_of

# ---------------------------------------------------------------- functions


def _starts(n: int, kernel: int, count: int, u: Any) -> Any:
    """Where `count` windows start, for each random number of u: (*u, count)."""
    step = u.dtype.type((n - kernel) / (count - 1) if count > 1 else 0)
    u = u[..., None]
    starts = ((np.arange(count, dtype=u.dtype) + u) * step).astype(int) - (u * step).astype(int)
    starts[..., -1:] = n - kernel
    return starts


def _pooled(
    name: str, input: Any, kernel: Any, size: Any, ratio: Any, samples: Any
) -> tuple[Tensor, Tensor]:
    """The largest element of each window, and its place in the flattened sizes."""
    check_floating(input, name)
    outer, sizes = input.shape[:2], input.shape[2:]
    ndim = len(sizes)
    kernels = ints_of(name, "kernel_size", kernel, ndim)
    counts = _counts(name, sizes, kernels, size, ratio)
    u = _samples(name, input, ndim, samples)
    places: Any = 0
    for i, (n, k, m) in enumerate(zip(sizes, kernels, counts, strict=True)):
        shape = [1] * (2 * ndim)
        shape[i], shape[ndim + i] = m, k
        along = _starts(n, k, m, u[..., i])[..., None] + np.arange(k)
        places = places * n + along.reshape(*outer, *shape)
    places = places.reshape(*outer, prod(counts), prod(kernels))
    flat = input.reshape((*outer, prod(sizes)))
    rows = places.reshape(*outer, prod(counts) * prod(kernels))
    seen = np.take_along_axis(flat.array, rows, 2).reshape(places.shape)
    largest = np.take_along_axis(places, _largest(seen)[..., None], -1)[..., 0]
    y = functions.gather(flat, 2, Tensor(largest)).reshape((*outer, *counts))
    return y, Tensor(largest.reshape(y.shape))


def _largest(seen: Any) -> Any:
    """Where the largest element of each window is: the first one, or the last nan."""
    nans = np.isnan(seen)
    found = seen.argmax(-1)
    if nans.any():
        found = np.where(nans.any(-1), nans.shape[-1] - 1 - nans[..., ::-1].argmax(-1), found)
    return found


def _samples(name: str, input: Any, ndim: int, samples: Any) -> Any:
    """One number from U[0, 1) for each dimension of each channel, in the order of the sizes."""
    wanted = (*input.shape[:2], ndim)
    if samples is None:
        return numpy_generator(None).random(wanted).astype(input.dtype)
    if tuple(samples.shape) != wanted or samples.dtype != input.dtype:
        raise InputError(
            f"{name}: _random_samples has the input's dtype and the shape (N, C, {ndim}) = "
            f"{wanted}; given: {samples.dtype}, {tuple(samples.shape)}"
        )
    return samples.array[..., ::-1] if ndim == 2 else samples.array  # an image: W before H


def _counts(name: str, sizes: Any, kernels: Any, size: Any, ratio: Any) -> tuple[int, ...]:
    """How many windows there are in each dimension."""
    ndim = len(sizes)
    if size is not None:
        counts = ints_of(name, "output_size", size, ndim, 0)
    elif ratio is not None:
        each = _ratios(name, ratio, ndim)
        counts = tuple([int(n * r) for n, r in zip(sizes, each, strict=True)])
    else:
        raise ValueError(f"{name}: give output_size or output_ratio; both are None")
    for n, k, m in zip(sizes, kernels, counts, strict=True):
        if m + k - 1 > n:
            raise InputError(
                f"{name}: an output of size {m} with windows of {k} needs an input of size "
                f"{m + k - 1} or more, and this one has {n}: output {counts}, kernel {kernels}, "
                f"input {tuple(sizes)}"
            )
    return counts


def _ratios(name: str, ratio: Any, ndim: int) -> tuple[float, ...]:
    each = tuple(ratio) if isinstance(ratio, tuple | list) else (ratio,) * ndim
    if len(each) != ndim:
        raise ValueError(f"{name}: output_ratio is a number, or {ndim} of them, not {ratio}")
    return each


def fractional_max_pool2d_with_indices(
    input: Tensor,
    kernel_size: Any,
    output_size: Any = None,
    output_ratio: Any = None,
    return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Return the largest element of each window, drawn at random, and its place.

    Parameters
    ----------
    input : Tensor, shape (N, C, H, W) or without N, floating
        The input.
    kernel_size : int or tuple of int
        The size of the windows.
    output_size : int or tuple of int, optional
        The sizes of the output: at most the input's - `kernel_size` + 1.
    output_ratio : float or tuple of float, optional
        The sizes of the output as fractions of the input's, used if `output_size` is None.
    return_indices : bool, default False
        Has no effect here: the indices are always returned.
    _random_samples : Tensor, shape (N, C, 2), optional
        The random numbers of U[0, 1) that place the windows, for W and H; drawn if not given.

    Returns
    -------
    tuple of Tensor
        The values, (N, C, *output_size), and their indices in the flattened sizes of the input, as
        `max_unpool2d` takes them.

    Raises
    ------
    ValueError
        If `output_size` and `output_ratio` are both None.  If the windows do not fit into the
        input.

    References
    ----------
    Graham, "Fractional Max-Pooling", 2014.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> y, indices = F.fractional_max_pool2d_with_indices(tg.ones(1, 1, 7, 7), 2, output_size=4)
    >>> y.shape, indices.dtype
    (torch.Size([1, 1, 4, 4]), dtype('int64'))
    """
    one: tuple[Tensor, Tensor] = batched(
        _pooled,
        "fractional_max_pool2d",
        2,
        input,
        kernel_size,
        output_size,
        output_ratio,
        _random_samples,
    )
    return one


def fractional_max_pool2d(
    input: Tensor,
    kernel_size: Any,
    output_size: Any = None,
    output_ratio: Any = None,
    return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> Any:
    """Return the largest element of each window; the windows start at random.

    Parameters
    ----------
    input : Tensor, shape (N, C, H, W) or without N, floating
        The input.
    kernel_size : int or tuple of int
        The size of the windows.
    output_size : int or tuple of int, optional
        The sizes of the output: at most the input's - `kernel_size` + 1.
    output_ratio : float or tuple of float, optional
        The sizes of the output as fractions of the input's, used if `output_size` is None.
    return_indices : bool, default False
        Return the pair of the values and of their indices.
    _random_samples : Tensor, shape (N, C, 2), optional
        The random numbers of U[0, 1) that place the windows, for W and H; drawn if not given.

    Returns
    -------
    Tensor, shape (N, C, *output_size)
        With `return_indices` a pair: the values, and their indices in the flattened sizes.

    Raises
    ------
    ValueError
        If `output_size` and `output_ratio` are both None.  If the windows do not fit into the
        input.

    References
    ----------
    Graham, "Fractional Max-Pooling", 2014.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> F.fractional_max_pool2d(tg.ones(1, 1, 7, 7), 2, output_size=4).shape
    torch.Size([1, 1, 4, 4])
    """
    both = fractional_max_pool2d_with_indices(
        input, kernel_size, output_size, output_ratio, _random_samples=_random_samples
    )
    return both if return_indices else both[0]


def fractional_max_pool3d_with_indices(
    input: Tensor,
    kernel_size: Any,
    output_size: Any = None,
    output_ratio: Any = None,
    return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Return the largest element of each window, drawn at random, and its place.

    Parameters
    ----------
    input : Tensor, shape (N, C, D, H, W) or without N, floating
        The input.
    kernel_size : int or tuple of int
        The size of the windows.
    output_size : int or tuple of int, optional
        The sizes of the output: at most the input's - `kernel_size` + 1.
    output_ratio : float or tuple of float, optional
        The sizes of the output as fractions of the input's, used if `output_size` is None.
    return_indices : bool, default False
        Has no effect here: the indices are always returned.
    _random_samples : Tensor, shape (N, C, 3), optional
        The random numbers of U[0, 1) that place the windows, for D, H and W; drawn if not given.

    Returns
    -------
    tuple of Tensor
        The values, (N, C, *output_size), and their indices in the flattened sizes of the input, as
        `max_unpool3d` takes them.

    Raises
    ------
    ValueError
        If `output_size` and `output_ratio` are both None.  If the windows do not fit into the
        input.

    References
    ----------
    Graham, "Fractional Max-Pooling", 2014.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> y, indices = F.fractional_max_pool3d_with_indices(tg.ones(1, 1, 7, 7, 7), 2, output_size=4)
    >>> y.shape, indices.dtype
    (torch.Size([1, 1, 4, 4, 4]), dtype('int64'))
    """
    one: tuple[Tensor, Tensor] = batched(
        _pooled,
        "fractional_max_pool3d",
        3,
        input,
        kernel_size,
        output_size,
        output_ratio,
        _random_samples,
    )
    return one


def fractional_max_pool3d(
    input: Tensor,
    kernel_size: Any,
    output_size: Any = None,
    output_ratio: Any = None,
    return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> Any:
    """Return the largest element of each window; the windows start at random.

    Parameters
    ----------
    input : Tensor, shape (N, C, D, H, W) or without N, floating
        The input.
    kernel_size : int or tuple of int
        The size of the windows.
    output_size : int or tuple of int, optional
        The sizes of the output: at most the input's - `kernel_size` + 1.
    output_ratio : float or tuple of float, optional
        The sizes of the output as fractions of the input's, used if `output_size` is None.
    return_indices : bool, default False
        Return the pair of the values and of their indices.
    _random_samples : Tensor, shape (N, C, 3), optional
        The random numbers of U[0, 1) that place the windows, for D, H and W; drawn if not given.

    Returns
    -------
    Tensor, shape (N, C, *output_size)
        With `return_indices` a pair: the values, and their indices in the flattened sizes.

    Raises
    ------
    ValueError
        If `output_size` and `output_ratio` are both None.  If the windows do not fit into the
        input.

    References
    ----------
    Graham, "Fractional Max-Pooling", 2014.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> F.fractional_max_pool3d(tg.ones(1, 1, 7, 7, 7), 2, output_size=4).shape
    torch.Size([1, 1, 4, 4, 4])
    """
    both = fractional_max_pool3d_with_indices(
        input, kernel_size, output_size, output_ratio, _random_samples=_random_samples
    )
    return both if return_indices else both[0]


# ---------------------------------------------------------------- layers


class _FractionalMaxPool(Module):
    ndim: int
    function: Any
    _random_samples: Tensor | None

    def __init__(
        self,
        kernel_size: Any,
        output_size: Any = None,
        output_ratio: Any = None,
        return_indices: bool = False,
        _random_samples: Tensor | None = None,
    ) -> None:
        super().__init__()
        name, ndim = type(self).__name__, self.ndim
        if (output_size is None) == (output_ratio is None):
            raise ValueError(
                f"{name}: give output_size or output_ratio, one of the two; given: "
                f"output_size={output_size}, output_ratio={output_ratio}"
            )
        ratios = None if output_ratio is None else _ratios(name, output_ratio, ndim)
        if ratios is not None and not all(0 < r < 1 for r in ratios):
            raise ValueError(f"{name}: output_ratio is between 0 and 1, not {output_ratio}")
        size = output_size
        self.kernel_size = ints_of(name, "kernel_size", kernel_size, ndim, 0)
        if min(self.kernel_size) < 1:
            raise ValueError(f"{name}: kernel_size is at least 1, not {kernel_size}")
        self.output_size = None if size is None else ints_of(name, "output_size", size, ndim, 0)
        self.output_ratio, self.return_indices = ratios, return_indices
        self.register_buffer("_random_samples", _random_samples)

    def forward(self, input: Tensor) -> Any:
        return type(self).function(
            input,
            self.kernel_size,
            self.output_size,
            self.output_ratio,
            self.return_indices,
            self._random_samples,
        )


class FractionalMaxPool2d(_FractionalMaxPool):
    """Max pooling whose windows start at random: the output may have any size.

    The input is (N, C, H, W), or without N; the output is (N, C, H_out, W_out),
    whose sizes are `output_size`, or floor(`output_ratio` * size).  The windows are drawn anew at
    each call, in training and in evaluation; see `fractional_max_pool2d`.

    Parameters
    ----------
    kernel_size : int or tuple of int
        The size of the windows.
    output_size : int or tuple of int, optional
        The sizes of the output: at most the input's - `kernel_size` + 1.
    output_ratio : float or tuple of float, optional
        The sizes of the output as fractions of the input's, in (0, 1); give one of the two.
    return_indices : bool, default False
        Return the pair of the values and of their indices in the flattened sizes, as
        `MaxUnpool2d` takes them.
    _random_samples : Tensor, shape (N, C, 2), optional
        Fixed random numbers, a buffer; drawn at each call if not given.

    Raises
    ------
    ValueError
        If both or neither of `output_size` and `output_ratio` are given, or a ratio is not in
        (0, 1).

    References
    ----------
    Graham, "Fractional Max-Pooling", 2014.

    Examples
    --------
    >>> import nn
    >>> import tinygrad_edu as tg
    >>> nn.FractionalMaxPool2d(2, output_ratio=0.5)(tg.ones(1, 1, 8, 8)).shape
    torch.Size([1, 1, 4, 4])
    """

    ndim, function = 2, fractional_max_pool2d


class FractionalMaxPool3d(_FractionalMaxPool):
    """Max pooling whose windows start at random: the output may have any size.

    The input is (N, C, D, H, W), or without N; the output is (N, C, D_out, H_out, W_out),
    whose sizes are `output_size`, or floor(`output_ratio` * size).  The windows are drawn anew at
    each call, in training and in evaluation; see `fractional_max_pool3d`.

    Parameters
    ----------
    kernel_size : int or tuple of int
        The size of the windows.
    output_size : int or tuple of int, optional
        The sizes of the output: at most the input's - `kernel_size` + 1.
    output_ratio : float or tuple of float, optional
        The sizes of the output as fractions of the input's, in (0, 1); give one of the two.
    return_indices : bool, default False
        Return the pair of the values and of their indices in the flattened sizes, as
        `MaxUnpool3d` takes them.
    _random_samples : Tensor, shape (N, C, 3), optional
        Fixed random numbers, a buffer; drawn at each call if not given.

    Raises
    ------
    ValueError
        If both or neither of `output_size` and `output_ratio` are given, or a ratio is not in
        (0, 1).

    References
    ----------
    Graham, "Fractional Max-Pooling", 2014.

    Examples
    --------
    >>> import nn
    >>> import tinygrad_edu as tg
    >>> nn.FractionalMaxPool3d(2, output_ratio=0.5)(tg.ones(1, 1, 8, 8, 8)).shape
    torch.Size([1, 1, 4, 4, 4])
    """

    ndim, function = 3, fractional_max_pool3d
