"""Samples: in the shape of a tensor, with the probabilities that it holds, or written into it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from operator import index
from typing import Any, cast

import numpy as np

from .. import ops
from ..dtypes import Array, DTypeLike, checked, float16, float32, float64, int64
from ..engine import graph
from ..registry import public
from ..rng import Source, numpy_generator
from .arguments import Tensor, check_floating, plain
from .filling import Fill, made, maker


def draw(law: str, shape: Any, dtype: DTypeLike, generator: Source = None) -> Array:
    """Samples from a distribution of NumPy's: "random" (uniform in [0, 1)), "standard_normal",
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
@maker
def rand_like(input: Tensor, *, generator: Source = None, memory_format: Any = None) -> Fill:
    """Return samples from the uniform distribution U[0, 1) in the shape of another tensor.

    Parameters
    ----------
    input : Tensor
        The tensor whose shape is taken, and its dtype unless one is given.
    generator : Generator, optional
        Where the random numbers come from; that of this thread, unless given.
    memory_format : memory_format, optional
        Accepted as in PyTorch; the result lies in rows.

    Returns
    -------
    Tensor
        Of the shape of `input`.

    Raises
    ------
    RuntimeError
        If the dtype is not floating.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.rand_like(tg.ones(2, 3)).shape
    torch.Size([2, 3])
    """
    fill = partial(draw, "random", plain(input).shape, generator=generator)
    return fill, plain(input).dtype


@public()
@maker
def randn_like(input: Tensor, *, generator: Source = None, memory_format: Any = None) -> Fill:
    """Return samples from the standard normal distribution N(0, 1) in the shape of another tensor.

    Parameters
    ----------
    input : Tensor
        The tensor whose shape is taken, and its dtype unless one is given.
    generator : Generator, optional
        Where the random numbers come from; that of this thread, unless given.
    memory_format : memory_format, optional
        Accepted as in PyTorch; the result lies in rows.

    Returns
    -------
    Tensor
        Of the shape of `input`.

    Raises
    ------
    RuntimeError
        If the dtype is not floating.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.randn_like(tg.ones(2, 3)).shape
    torch.Size([2, 3])
    """
    fill = partial(draw, "standard_normal", plain(input).shape, generator=generator)
    return fill, plain(input).dtype


@public()
@maker
def randint_like(
    input: Tensor,
    low: int = 0,
    high: int | None = None,
    *,
    generator: Source = None,
    memory_format: Any = None,
) -> Fill:
    """Return random integers from [low, high) in the shape of another tensor.

    Parameters
    ----------
    input : Tensor
        The tensor whose shape is taken, and its dtype unless one is given.
    low : int, default 0
        The least integer.  `randint_like(x, n)` draws from [0, n).
    high : int
        The integer above the largest one.
    generator : Generator, optional
        Where the random numbers come from; that of this thread, unless given.
    memory_format : memory_format, optional
        Accepted as in PyTorch; the result lies in rows.

    Returns
    -------
    Tensor
        Of the shape and dtype of `input`.

    Raises
    ------
    RuntimeError
        If low is not below high.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> x = tg.randint_like(tg.ones(100), 3, 5)
    >>> x.min() >= 3, x.max() < 5, x.dtype
    (tensor(True), tensor(True), dtype('float32'))
    """
    ends = (0, low) if high is None else (low, high)
    fill = partial(draw_whole, *ends, plain(input).shape, generator=generator)
    return fill, plain(input).dtype


# ---------------------------------------------------------------- of its probabilities


def _tossed(p: Any, shape: Any, dtype: DTypeLike, generator: Source = None) -> Array:
    p = within("bernoulli", "a probability lies between 0 and 1", p, lambda p: (p >= 0) & (p <= 1))
    return np.asarray(numpy_generator(generator).random(shape) < p, dtype)


@public(method=True, out=True)
def bernoulli(input: Tensor, p: Any = None, *, generator: Source = None) -> Tensor:
    """Return samples from the Bernoulli distribution: 1 with probability p, else 0.

    Parameters
    ----------
    input : Tensor
        The probabilities, between 0 and 1.  With `p`, only its shape and dtype are taken.
    p : float or Tensor, optional
        One probability for all elements, or one for each.
    generator : Generator, optional
        Where the random numbers come from; that of this thread, unless given.

    Returns
    -------
    Tensor
        Of the shape and dtype of `input`, without a gradient.

    Raises
    ------
    RuntimeError
        If a probability does not lie between 0 and 1.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.bernoulli(tg.tensor([0.0, 1.0]))
    tensor([0., 1.])
    """
    x = plain(input)
    return made(_tossed(input if p is None else p, x.shape, x.dtype, generator))


@public()
def poisson(input: Tensor, generator: Source = None) -> Tensor:
    """Return samples from the Poisson distribution: P(k) = e^-r r^k / k! for each rate r.

    Parameters
    ----------
    input : Tensor
        The rates, at least 0: how many events are expected.
    generator : Generator, optional
        Where the random numbers come from; that of this thread, unless given.

    Returns
    -------
    Tensor
        Of the shape and dtype of `input`, without a gradient: how many events happen.

    Raises
    ------
    RuntimeError
        If a rate is negative.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.poisson(tg.zeros(3))
    tensor([0., 0., 0.])
    """
    rates = within("poisson", "a rate is at least 0", input, lambda r: r >= 0)
    return made(numpy_generator(generator).poisson(rates).astype(plain(input).dtype))


@public(method=True, out=True)
def multinomial(
    input: Tensor, num_samples: int, replacement: bool = False, *, generator: Source = None
) -> Tensor:
    """Draw indices with the probabilities in each row of a tensor.

    With replacement, each index is where the row's cumulative sum first exceeds a uniform number.
    Without, the indices are those of the smallest e / w, where e is exponential and w the weight.

    Differs from PyTorch: it would go on with indices of weight 0.

    Parameters
    ----------
    input : Tensor
        The probabilities, or any weights of at least 0, of shape (count,) or (rows, count).
    num_samples : int
        How many indices are drawn for each row.
    replacement : bool, default False
        Whether an index may be drawn more than once.
    generator : Generator, optional
        Where the random numbers come from; that of this thread, unless given.

    Returns
    -------
    Tensor
        The indices, int64, of shape (num_samples,) or (rows, num_samples).

    Raises
    ------
    RuntimeError
        If weights are negative, not finite or all 0, or more indices are asked for than there are
        weights above 0.

    References
    ----------
    P. S. Efraimidis and P. G. Spirakis, Weighted random sampling with a reservoir, Information
    Processing Letters 97 (2006).

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.multinomial(tg.tensor([0.0, 3.0, 0.0]), 4, replacement=True)
    tensor([1, 1, 1, 1])
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


def _takes_from(function: Any) -> Any:
    """A function with a parameter `from_`, which takes it as `from` too: PyTorch's name for it,
    which Python reserves."""

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if "from" in kwargs:
            kwargs["from_"] = kwargs.pop("from")
        return function(*args, **kwargs)

    return call


@public("Tensor.uniform_")
@_takes_from
def uniform_(
    input: Tensor, from_: float = 0.0, to: float = 1.0, *, generator: Source = None
) -> Tensor:
    """Fill in place with samples from the uniform distribution U[from_, to).

    Parameters
    ----------
    input : Tensor
        The tensor, of a floating dtype.
    from_ : float, default 0.0
        The lower bound; PyTorch's `from`, a word that Python reserves, is accepted too.
    to : float, default 1.0
        The upper bound.
    generator : Generator, optional
        Where the random numbers come from; that of this thread, unless given.

    Returns
    -------
    Tensor
        The tensor itself.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> x = tg.empty(100).uniform_(-1, 1)
    >>> x.min() >= -1, x.max() < 1
    (tensor(True), tensor(True))
    """
    within("uniform_", f"the range starts at {from_}", to, lambda to: to >= from_)
    return _write(input, partial(draw, "random"), generator, to - from_, from_)


@public("Tensor.normal_")
def normal_(
    input: Tensor, mean: float = 0.0, std: float = 1.0, *, generator: Source = None
) -> Tensor:
    """Fill in place with samples from the normal distribution N(mean, std^2).

    Parameters
    ----------
    input : Tensor
        The tensor, of a floating dtype.
    mean : float, default 0.0
        The mean.
    std : float, default 1.0
        The standard deviation, at least 0.
    generator : Generator, optional
        Where the random numbers come from; that of this thread, unless given.

    Returns
    -------
    Tensor
        The tensor itself.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.empty(3).normal_(mean=5.0, std=0.0)
    tensor([5., 5., 5.])
    """
    within("normal_", "a standard deviation is at least 0", std, lambda x: x >= 0)
    return _write(input, partial(draw, "standard_normal"), generator, std, mean)


@public("Tensor.log_normal_")
def log_normal_(
    input: Tensor, mean: float = 1.0, std: float = 2.0, *, generator: Source = None
) -> Tensor:
    """Fill in place with samples of e^z, where z is of N(mean, std^2): the log-normal distribution.

    Parameters
    ----------
    input : Tensor
        The tensor, of a floating dtype.
    mean : float, default 1.0
        The mean of the logarithm.
    std : float, default 2.0
        The standard deviation of the logarithm, above 0.
    generator : Generator, optional
        Where the random numbers come from; that of this thread, unless given.

    Returns
    -------
    Tensor
        The tensor itself.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> (tg.empty(100).log_normal_() > 0).all()
    tensor(True)
    """
    within("log_normal_", "a standard deviation is above 0", std, lambda x: x > 0)

    def fill(shape: Any, dtype: DTypeLike, generator: Source) -> Array:
        z = draw("standard_normal", shape, dtype, generator)
        return np.asarray(np.exp(z * std + mean), dtype)

    return _write(input, fill, generator)


@public("Tensor.cauchy_")
def cauchy_(
    input: Tensor, median: float = 0.0, sigma: float = 1.0, *, generator: Source = None
) -> Tensor:
    """Fill in place with samples from the Cauchy distribution, of density
    1 / (pi sigma (1 + ((x - median) / sigma)^2)).

    Parameters
    ----------
    input : Tensor
        The tensor, of a floating dtype.
    median : float, default 0.0
        The median.
    sigma : float, default 1.0
        Half the width at half the height, above 0.
    generator : Generator, optional
        Where the random numbers come from; that of this thread, unless given.

    Returns
    -------
    Tensor
        The tensor itself.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.empty(3).cauchy_().isfinite().all()
    tensor(True)
    """
    within("cauchy_", "a width is above 0", sigma, lambda x: x > 0)

    def fill(shape: Any, dtype: DTypeLike, generator: Source) -> Array:
        draw("random", (0,), dtype, generator)  # refuses what is not floating
        angle = np.pi * (draw("random", shape, float64, generator) - 0.5)
        return np.asarray(np.tan(angle), dtype)

    return _write(input, fill, generator, sigma, median)


@public("Tensor.geometric_")
def geometric_(input: Tensor, p: float, *, generator: Source = None) -> Tensor:
    """Fill in place with samples from the geometric distribution: P(k) = (1 - p)^(k - 1) p.

    Parameters
    ----------
    input : Tensor
        The tensor, of any dtype but bool.
    p : float
        The probability of success, above 0 and below 1.
    generator : Generator, optional
        Where the random numbers come from; that of this thread, unless given.

    Returns
    -------
    Tensor
        The tensor itself: how many trials there were up to the first success.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> (tg.empty(100).geometric_(0.5) >= 1).all()
    tensor(True)
    """
    within("geometric_", "a probability lies above 0 and below 1", p, lambda p: (p > 0) & (p < 1))

    def fill(shape: Any, dtype: DTypeLike, generator: Source) -> Array:
        return np.asarray(numpy_generator(generator).geometric(p, size=shape), dtype)

    return _write(input, fill, generator)


@public("Tensor.exponential_")
def exponential_(input: Tensor, lambd: float = 1.0, *, generator: Source = None) -> Tensor:
    """Fill in place with samples from the exponential distribution, of density lambd e^(-lambd x).

    Parameters
    ----------
    input : Tensor
        The tensor, of a floating dtype.
    lambd : float, default 1.0
        The rate, above 0.
    generator : Generator, optional
        Where the random numbers come from; that of this thread, unless given.

    Returns
    -------
    Tensor
        The tensor itself.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> (tg.empty(100).exponential_() >= 0).all()
    tensor(True)
    """
    within("exponential_", "a rate is above 0", lambd, lambda x: x > 0)
    return _write(input, partial(draw, "standard_exponential"), generator, 1 / lambd)


@public("Tensor.bernoulli_")
def bernoulli_(input: Tensor, p: Any = 0.5, *, generator: Source = None) -> Tensor:
    """Fill in place with samples from the Bernoulli distribution: 1 with probability p, else 0.

    Parameters
    ----------
    input : Tensor
        The tensor, of any dtype.
    p : float or Tensor, default 0.5
        One probability for all elements, or one for each.
    generator : Generator, optional
        Where the random numbers come from; that of this thread, unless given.

    Returns
    -------
    Tensor
        The tensor itself.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.empty(2).bernoulli_(tg.tensor([0.0, 1.0]))
    tensor([0., 1.])
    """
    return _write(input, partial(_tossed, p), generator)


@public("Tensor.random_")
@_takes_from
def random_(
    input: Tensor, from_: Any = None, to: Any = None, *, generator: Source = None
) -> Tensor:
    """Fill in place with random integers: `random_(to)` from [0, to), `random_(from_, to)` from
    [from_, to).

    With neither, from all integers that the dtype holds (for floats, up to where it begins to leave
    some out).

    Parameters
    ----------
    input : Tensor
        The tensor, of any dtype.
    from_ : int, optional
        The least integer, 0 unless given; PyTorch's `from`, a word that Python reserves, is
        accepted too.
    to : int, optional
        The integer above the largest one.
    generator : Generator, optional
        Where the random numbers come from; that of this thread, unless given.

    Returns
    -------
    Tensor
        The tensor itself.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> x = tg.empty(100).random_(3, 5)
    >>> x.min() >= 3, x.max() < 5
    (tensor(True), tensor(True))
    """
    low, high = (from_ or 0, to) if to is not None else (0, from_)
    high = 2 ** _ROOM[plain(input).dtype.name] if high is None else high
    return _write(input, partial(draw_whole, low, high), generator)


# Up to this power of 2, a dtype holds all whole numbers.
_ROOM = {"bool": 1, "uint8": 8, "int8": 7, "int16": 15, "int32": 31, "int64": 63}
_ROOM |= {"float16": 11, "float32": 24, "float64": 53}


# ---------------------------------------------------------------- dropped at random


@public()
def dropout(input: Tensor, p: float, train: bool, *, generator: Source = None) -> Tensor:
    """While training, set each element to 0 with probability p and divide the others by 1 - p.

    As a layer: `nn.Dropout`; as a function of layers, `nn.functional.dropout`.

    Parameters
    ----------
    input : Tensor
        Of any shape, and a floating dtype.
    p : float
        The probability of 0.
    train : bool
        Whether anything is dropped; otherwise the input is returned.
    generator : Generator, optional
        Where the random numbers come from; that of this thread, unless given.

    Returns
    -------
    Tensor
        Of the shape of `input`.

    Raises
    ------
    ValueError
        If p does not lie between 0 and 1.

    References
    ----------
    N. Srivastava et al., Dropout: a simple way to prevent neural networks from overfitting, Journal
    of Machine Learning Research 15 (2014).

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.dropout(tg.ones(3), 0.5, train=False)
    tensor([1., 1., 1.])
    """
    if not 0 <= p <= 1:
        raise ValueError(f"dropout: a probability lies between 0 and 1, and this is {p!r}")
    if not train or p == 0:
        return input
    kept = numpy_generator(generator).random(plain(input).shape, dtype=np.float32) >= p
    return input * False if p == 1 else ops.masked_scale(input, kept, p=p)
