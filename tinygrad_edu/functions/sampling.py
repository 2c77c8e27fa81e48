"""Random numbers in the image of a tensor: in its shape, of its probabilities, written into it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from operator import index
from typing import Any, cast

import numpy as np

from .. import ops
from ..dtypes import Array, DTypeLike, checked, float16, float32, float64, int64
from ..engine import graph
from ..registry import public
from ..rng import Source, numpy_generator
from .arguments import Tensor, check_floating, plain
from .filling import like


def draw(law: str, shape: Any, dtype: DTypeLike, generator: Source = None) -> Array:
    """Numbers of a law that NumPy knows: "random" (uniform in [0, 1)), "standard_normal",
    "standard_exponential".  Raises RuntimeError unless the dtype is floating."""
    kind = checked(dtype)
    if kind.kind != "f":
        raise RuntimeError(f"{kind} has no room for random fractions; draw floats, or use randint")
    own = float64 if kind == float64 else float32
    numbers = np.asarray(getattr(numpy_generator(generator), law)(size=shape, dtype=own.type))
    if kind == float16 and law == "random":
        numbers = np.floor(numbers * 2**11) / 2**11  # rounding must not reach 1
    return numbers.astype(kind, copy=False)


def draw_whole(low: int, high: int, shape: Any, dtype: Any, generator: Source = None) -> Array:
    """Whole numbers from `low` to below `high`, in any dtype."""
    kind = checked(dtype)
    if index(low) >= index(high):
        raise RuntimeError(f"there is no whole number from {low} to below {high}")
    own = int64 if kind.kind == "f" else kind
    drawn = numpy_generator(generator).integers(low, high, size=shape, dtype=own.type)
    return np.asarray(drawn, kind)


def within(name: str, what: str, given: Any, right: Callable[[Array], Any]) -> Array:
    """What is given as an array, if all its numbers are right; else RuntimeError shows one.  A
    tensor holds floats."""
    if isinstance(given, graph.TensorBase):
        check_floating(given, name)
    x = np.asarray(plain(given))
    wrong = ~np.asarray(right(x))
    if wrong.any():
        raise RuntimeError(f"{name}: {what}, but there is {x[wrong][0]}")
    return x


# ---------------------------------------------------------------- in its shape and dtype


@public()
def rand_like(input: Tensor, **options: Any) -> Tensor:
    """Numbers uniform in [0, 1), in the shape and dtype of `input`."""
    return like(input, partial(draw, "random", plain(input).shape), **options)


@public()
def randn_like(input: Tensor, **options: Any) -> Tensor:
    """Numbers of the standard normal distribution, in the shape and dtype of `input`."""
    return like(input, partial(draw, "standard_normal", plain(input).shape), **options)


@public()
def randint_like(input: Tensor, low: int, high: int | None = None, **options: Any) -> Tensor:
    """Whole numbers from `low` (0 if left out) to below `high`, in the shape and dtype of
    `input`."""
    ends = (0, low) if high is None else (low, high)
    return like(input, partial(draw_whole, *ends, plain(input).shape), **options)


# ---------------------------------------------------------------- of its probabilities


def _tossed(p: Any, shape: Any, dtype: DTypeLike, generator: Source = None) -> Array:
    p = within("bernoulli", "a probability lies between 0 and 1", p, lambda p: (p >= 0) & (p <= 1))
    return np.asarray(numpy_generator(generator).random(shape) < p, dtype)


@public(method=True)
def bernoulli(input: Tensor, p: Any = None, *, generator: Source = None) -> Tensor:
    """1 with probability p, else 0: with the probabilities in `input`, or with one p for all."""
    toss = partial(_tossed, input if p is None else p, plain(input).shape)
    return like(input, toss, generator=generator)


@public()
def poisson(input: Tensor, generator: Source = None) -> Tensor:
    """How many events happen where `input` are expected: P(k) = e^-r r^k / k! for each rate r."""
    rates = within("poisson", "a rate is at least 0", input, lambda r: r >= 0)
    return like(input, numpy_generator(generator).poisson(rates).astype)


@public(method=True)
def multinomial(
    input: Tensor, num_samples: int, replacement: bool = False, *, generator: Source = None
) -> Tensor:
    """Places drawn with the probabilities (or any weights >= 0) in each row of `input`: (n,) or
    (rows, n) whole numbers.

    With replacement, each is where its row's cumulative sum first exceeds a uniform number.
    Without, they are the first of the events that happen at these rates, in their order: those with
    the smallest e / w, where e is exponential (Efraimidis and Spirakis, 2006, up to a logarithm).

    Raises RuntimeError for weights that are negative, not finite, or all 0, and for more places
    than there are weights above 0.

    Differs from PyTorch: it would go on with places of weight 0.
    """
    finite, random = "weights are finite and at least 0", numpy_generator(generator)
    weights = within("multinomial", finite, input, lambda w: (w >= 0) & (w < np.inf))
    weights = weights.astype(float64)
    fewest = np.min((weights > 0).sum(axis=-1), initial=num_samples)
    needed = 1 if replacement else num_samples
    if weights.ndim not in (1, 2) or num_samples < 1 or fewest < needed:
        raise RuntimeError(
            f"multinomial: {num_samples} places cannot be drawn from weights of shape "
            f"{tuple(weights.shape)}, of which only {fewest} in a row are above 0; it takes "
            "a row or a "
            "matrix, and at least 1 place (replacement=True draws a place more than once)"
        )
    if replacement and num_samples > 1:
        ends = np.cumsum(weights, axis=-1)
        ends = (ends / ends[..., -1:]).reshape(-1, weights.shape[-1])
        draws = random.random((len(ends), num_samples))
        rows = [end.searchsorted(u, "right") for end, u in zip(ends, draws, strict=True)]
        places = np.reshape(rows, (*weights.shape[:-1], num_samples))
    else:
        waiting, never = random.standard_exponential(weights.shape), np.full(weights.shape, np.inf)
        happens = np.divide(waiting, weights, out=never, where=weights > 0)
        places = np.argsort(happens, axis=-1)[..., :num_samples]
    return cast(Tensor, graph.Tensor(places.astype(int64)))


# ---------------------------------------------------------------- written into it


def _write(input: Tensor, fill: Any, generator: Any, scale: float = 1, start: float = 0) -> Tensor:
    target: Any = input
    target[...] = fill(target.shape, target.array.dtype, generator) * scale + start
    return input


@public("Tensor.uniform_")
def uniform_(
    input: Tensor, from_: float = 0.0, to: float = 1.0, *, generator: Source = None
) -> Tensor:
    """Become numbers uniform in [from_, to)."""
    within("uniform_", f"the range starts at {from_}", to, lambda to: to >= from_)
    return _write(input, partial(draw, "random"), generator, to - from_, from_)


@public("Tensor.normal_")
def normal_(
    input: Tensor, mean: float = 0.0, std: float = 1.0, *, generator: Source = None
) -> Tensor:
    """Become numbers of the normal distribution with this mean and standard deviation."""
    within("normal_", "a standard deviation is at least 0", std, lambda x: x >= 0)
    return _write(input, partial(draw, "standard_normal"), generator, std, mean)


@public("Tensor.exponential_")
def exponential_(input: Tensor, lambd: float = 1.0, *, generator: Source = None) -> Tensor:
    """Become numbers of the exponential distribution, of density lambd e^(-lambd x)."""
    within("exponential_", "a rate is above 0", lambd, lambda x: x > 0)
    return _write(input, partial(draw, "standard_exponential"), generator, 1 / lambd)


@public("Tensor.bernoulli_")
def bernoulli_(input: Tensor, p: Any = 0.5, *, generator: Source = None) -> Tensor:
    """Become 1 with probability p, else 0."""
    return _write(input, partial(_tossed, p), generator)


@public("Tensor.random_")
def random_(
    input: Tensor, from_: Any = None, to: Any = None, *, generator: Source = None
) -> Tensor:
    """Become whole numbers: `random_(to)` from 0 to below `to`, `random_(from_, to)`, or with
    neither, all that the dtype holds (for floats, up to where not every number is whole)."""
    low, high = (from_ or 0, to) if to is not None else (0, from_)
    high = 2 ** _ROOM[plain(input).dtype.name] if high is None else high
    return _write(input, partial(draw_whole, low, high), generator)


# Up to this power of 2, a dtype holds all whole numbers.
_ROOM = {"bool": 1, "uint8": 8, "int8": 7, "int16": 15, "int32": 31, "int64": 63}
_ROOM |= {"float16": 11, "float32": 24, "float64": 53}


# ---------------------------------------------------------------- dropped at random


@public()
def dropout(input: Tensor, p: float, train: bool, *, generator: Source = None) -> Tensor:
    """While training, each number is 0 with probability p, else divided by 1 - p (Srivastava et
    al., 2014); otherwise the input itself.  As a layer: `nn.Dropout`, `nn.functional.dropout`."""
    if not 0 <= p <= 1:
        raise ValueError(f"dropout: a probability lies between 0 and 1, and this is {p!r}")
    if not train or p == 0:
        return input
    kept = numpy_generator(generator).random(plain(input).shape, dtype=np.float32) >= p
    return input * False if p == 1 else ops.dropout(input, kept, p=p)
