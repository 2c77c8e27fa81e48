"""Tensors of random numbers, drawn from this thread's generator or from one that is given.

>>> _ = manual_seed(0)
>>> randn(3)
tensor([ 1.1176, -1.3871, -0.4266])
"""

from functools import partial
from typing import Any

import numpy as np

from .creation import made
from .dtypes import DTypeLike, int64
from .engine.graph import TensorBase
from .functions.arguments import plain
from .functions.filling import size_given
from .functions.sampling import draw, draw_whole, within
from .registry import public
from .rng import (
    fork_rng as fork_rng,
    get_rng_state as get_rng_state,
    initial_seed as initial_seed,
    manual_seed as manual_seed,
    numpy_generator,
    seed as seed,
    set_rng_state as set_rng_state,
)
from .tensor import Tensor


@public()
def rand(*sizes: Any, size: Any = None, **options: Any) -> Tensor:
    """Numbers uniform in [0, 1)."""
    return made(partial(draw, "random", size_given("rand", sizes, size)), **options)


@public()
def randn(*sizes: Any, size: Any = None, **options: Any) -> Tensor:
    """Numbers of the standard normal distribution: mean 0, variance 1."""
    return made(partial(draw, "standard_normal", size_given("randn", sizes, size)), **options)


@public()
def normal(mean: Any = 0.0, std: Any = 1.0, size: Any = None, **options: Any) -> Tensor:
    """Numbers of the normal distribution with this mean and standard deviation: as many as `size`
    says, or one for each in the tensors `mean` and `std`."""
    within("normal", "a standard deviation is at least 0", plain(std), lambda x: x >= 0)
    given = [x.array.dtype for x in (mean, std) if isinstance(x, TensorBase)]
    if given:
        size = np.broadcast_shapes(np.shape(mean), np.shape(std))
        options.setdefault("dtype", given[0])
    drawn = randn(size=size, **options)
    drawn.array[...] = drawn.array * plain(std) + plain(mean)
    return drawn


@public()
def randint(low: int = 0, high: Any = None, size: Any = None, **options: Any) -> Tensor:
    """Whole numbers from `low` (0 if left out) to below `high`: `randint(10, (2, 3))`."""
    if isinstance(high, tuple | list):
        high, size = None, high
    low, high = (0, low) if high is None else (low, high)
    shape = size_given("randint", (), size)
    options["dtype"] = options.get("dtype") or int64
    return made(partial(draw_whole, low, high, shape), **options)


@public()
def randperm(n: int, *, dtype: DTypeLike = int64, generator: Any = None, **options: Any) -> Tensor:
    """The numbers 0 to n - 1 in random order."""
    order = numpy_generator(generator).permutation(*size_given("randperm", (n,)))
    return made(order.astype, dtype=dtype, **options)
