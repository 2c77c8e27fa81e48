"""Tensors of random numbers, drawn from this thread's generator or from one that is given."""

from __future__ import annotations

from typing import Any

import numpy as np

from .creation import _made
from .dtypes import DTypeLike, get_default_dtype
from .rng import Generator, manual_seed, numpy_generator
from .tensor import Tensor

__all__ = [
    "Generator",
    "bernoulli",
    "manual_seed",
    "normal",
    "rand",
    "randint",
    "randn",
    "randperm",
]


def _shape(sizes: tuple[Any, ...], size: Any) -> tuple[int, ...]:
    if size is not None:
        sizes = (size,)
    return tuple(sizes[0]) if len(sizes) == 1 and isinstance(sizes[0], tuple | list) else sizes


def _drawn(draw: Any, shape: tuple[int, ...], dtype: DTypeLike) -> Any:
    """In the dtype that was asked for; NumPy draws float32 and float64 itself."""
    kind = np.dtype(dtype or get_default_dtype())
    own = kind if kind in (np.float32, np.float64) else np.dtype(np.float32)
    return np.asarray(draw(size=shape, dtype=own.type)).astype(kind, copy=False)


def rand(
    *sizes: Any,
    size: Any = None,
    generator: Generator | None = None,
    dtype: DTypeLike = None,
    requires_grad: bool = False,
) -> Tensor:
    """Numbers uniform in [0, 1)."""
    draw = numpy_generator(generator).random
    return _made(_drawn(draw, _shape(sizes, size), dtype), requires_grad)


def randn(
    *sizes: Any,
    size: Any = None,
    generator: Generator | None = None,
    dtype: DTypeLike = None,
    requires_grad: bool = False,
) -> Tensor:
    """Numbers of the standard normal distribution: mean 0, variance 1.

    >>> _ = manual_seed(0)
    >>> randn(3)
    tensor([ 1.1176, -1.3871, -0.4266])
    """
    draw = numpy_generator(generator).standard_normal
    return _made(_drawn(draw, _shape(sizes, size), dtype), requires_grad)


def normal(
    mean: float,
    std: float,
    size: Any,
    *,
    generator: Generator | None = None,
    dtype: DTypeLike = None,
    requires_grad: bool = False,
) -> Tensor:
    """Numbers of the normal distribution with this mean and standard deviation."""
    draw = numpy_generator(generator).standard_normal
    return _made(_drawn(draw, _shape((), size), dtype) * std + mean, requires_grad)


def randint(
    low: int,
    high: Any = None,
    size: Any = None,
    *,
    generator: Generator | None = None,
    dtype: DTypeLike = None,
) -> Tensor:
    """Whole numbers from `low` (0 if left out) to below `high`."""
    if size is None:
        low, high, size = 0, low, high
    if not low < high:
        raise ValueError(f"randint: there is no whole number from {low} to below {high}")
    drawn = numpy_generator(generator).integers(low, high, size=_shape((), size))
    return Tensor(np.asarray(drawn, dtype or np.int64))


def randperm(n: int, *, generator: Generator | None = None) -> Tensor:
    """The numbers 0 to n - 1 in random order."""
    return Tensor(numpy_generator(generator).permutation(n))


def bernoulli(p: Tensor, *, generator: Generator | None = None) -> Tensor:
    """1 with probability p, else 0, for each p."""
    drawn = numpy_generator(generator).random(p.shape) < p.array
    return Tensor(np.asarray(drawn, p.dtype))
