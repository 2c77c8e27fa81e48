"""Tensors of random numbers, drawn from this thread's generator or from one that is given.

>>> import tinygrad_edu as tg
>>> _ = tg.manual_seed(0)
>>> tg.randn(3)
tensor([ 1.1176, -1.3871, -0.4266])
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from .creation import maker
from .dtypes import Array, DType, int64
from .engine.graph import TensorBase
from .functions.arguments import plain
from .functions.filling import Fill, size_given, tuple_given
from .functions.sampling import draw, draw_whole, within
from .registry import public
from .rng import (
    Source,
    fork_rng as fork_rng,
    get_rng_state as get_rng_state,
    initial_seed as initial_seed,
    manual_seed as manual_seed,
    numpy_generator,
    seed as seed,
    set_rng_state as set_rng_state,
)


@public(out=True)
@maker
def rand(size: Any, *more: int, generator: Source = None) -> Fill:
    """Return samples from the uniform distribution U[0, 1).

    Parameters
    ----------
    size : int or tuple of int
        The shape: `rand(2, 3)` or `rand((2, 3))`.
    *more : int
        The other sizes, where `size` is an int.
    generator : Generator, optional
        Where the random numbers come from; that of this thread, unless given.

    Returns
    -------
    Tensor
        Of shape `size`.

    Raises
    ------
    RuntimeError
        If the dtype is not floating.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> x = tg.rand(2, 3)
    >>> x.shape, x.min() >= 0, x.max() < 1
    (torch.Size([2, 3]), tensor(True), tensor(True))
    """
    return partial(draw, "random", size_given("rand", size, *more), generator=generator), None


@public(out=True)
@maker
def randn(size: Any, *more: int, generator: Source = None) -> Fill:
    """Return samples from the standard normal distribution N(0, 1).

    Parameters
    ----------
    size : int or tuple of int
        The shape: `randn(2, 3)` or `randn((2, 3))`.
    *more : int
        The other sizes, where `size` is an int.
    generator : Generator, optional
        Where the random numbers come from; that of this thread, unless given.

    Returns
    -------
    Tensor
        Of shape `size`.

    Raises
    ------
    RuntimeError
        If the dtype is not floating.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.randn(2, 3, generator=tg.Generator().manual_seed(0)).shape
    torch.Size([2, 3])
    """
    shape = size_given("randn", size, *more)
    return partial(draw, "standard_normal", shape, generator=generator), None


@public(out=True)
@maker
def normal(mean: Any = 0.0, std: Any = 1.0, size: Any = None, *, generator: Source = None) -> Fill:
    """Return samples from the normal distribution N(mean, std^2).

    Parameters
    ----------
    mean : float or Tensor, default 0.0
        The mean, or one for each element.
    std : float or Tensor, default 1.0
        The standard deviation, at least 0, or one for each element.
    size : tuple of int
        The shape, where mean and std are both floats; otherwise it is that in which they broadcast.
    generator : Generator, optional
        Where the random numbers come from; that of this thread, unless given.
    dtype : dtype, optional
        The type of the elements: that of the given tensors, or the default float, unless given.

    Returns
    -------
    Tensor
        Of shape `size`, without a gradient.

    Raises
    ------
    RuntimeError
        If a standard deviation is negative.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.normal(tg.tensor([1.0, 2.0]), 0.0)
    tensor([1., 2.])
    """
    within("normal", "a standard deviation is at least 0", plain(std), lambda x: x >= 0)
    given = [x.array.dtype for x in (mean, std) if isinstance(x, TensorBase)]
    broadcast = np.broadcast_shapes(np.shape(mean), np.shape(std)) if given else size
    shape = tuple_given("normal", broadcast)

    def fill(dtype: DType) -> Array:
        z = draw("standard_normal", shape, dtype, generator)
        return (z * plain(std) + plain(mean)).astype(dtype)  # type: ignore[no-any-return]

    return fill, given[0] if given else None


@public(out=True)
@maker
def randint(low: int = 0, high: Any = None, size: Any = None, *, generator: Source = None) -> Fill:
    """Return random integers from [low, high).

    Parameters
    ----------
    low : int, default 0
        The least integer.  `randint(10, (2, 3))` draws from [0, 10).
    high : int
        The integer above the largest one.
    size : tuple of int
        The shape.
    generator : Generator, optional
        Where the random numbers come from; that of this thread, unless given.
    dtype : dtype, optional
        The type of the elements: int64, unless given.

    Returns
    -------
    Tensor
        Of shape `size`.

    Raises
    ------
    RuntimeError
        If low is not below high.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> x = tg.randint(3, 5, (100,))
    >>> x.min() >= 3, x.max() < 5, x.dtype
    (tensor(True), tensor(True), dtype('int64'))
    """
    if isinstance(high, tuple | list):
        high, size = None, high
    low, high = (0, low) if high is None else (low, high)
    shape = tuple_given("randint", size)
    return partial(draw_whole, low, high, shape, generator=generator), int64


@public(out=True)
@maker
def randperm(n: int, *, generator: Source = None) -> Fill:
    """Return the integers 0 to n - 1 in random order.

    Parameters
    ----------
    n : int
        How many integers.
    generator : Generator, optional
        Where the random numbers come from; that of this thread, unless given.
    dtype : dtype, optional
        The type of the elements: int64, unless given.

    Returns
    -------
    Tensor
        Of shape (n,).

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.randperm(5).sort().values
    tensor([0, 1, 2, 3, 4])
    """
    (count,) = size_given("randperm", n)
    return numpy_generator(generator).permutation(count).astype, int64
