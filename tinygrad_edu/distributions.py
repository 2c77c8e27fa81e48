"""Probability distributions: draw samples, and differentiate the probability of what was drawn.

>>> import tinygrad_edu as tg
>>> logits = tg.tensor([0.0, 0.0], requires_grad=True)
>>> policy = Categorical(logits=logits)
>>> (-policy.log_prob(tg.tensor(1))).backward()  # as in REINFORCE: make action 1 more probable
>>> logits.grad
tensor([ 0.5000, -0.5000])

A distribution has a `batch_shape`, one independent distribution for each number of its broadcast
parameters, and an `event_shape`, that of a single outcome.  A sample has the shape (*sample_shape,
*batch_shape, *event_shape); its log-probability lacks the last of these.
"""

import math
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from . import ops
from .creation import arange, as_tensor
from .dtypes import Array, finfo, result_type
from .functions import sampling
from .ops.special import erf, lgamma
from .random import rand, randn
from .rng import numpy_generator
from .size import Size, broadcast_shapes
from .tensor import Tensor

__all__ = ["Bernoulli", "Categorical", "Distribution", "Multinomial", "Normal", "Uniform"]
__all__ += ["kl_divergence"]

# What numbers must be: in words, and as a test of an array.
Constraint = tuple[str, Callable[[Array], Any]]
REAL: Constraint = ("numbers, not nan", lambda x: ~np.isnan(x))
POSITIVE: Constraint = ("above 0", lambda x: x > 0)
CHANCE: Constraint = ("between 0 and 1", lambda x: (x >= 0) & (x <= 1))
WEIGHTS: Constraint = ("at least 0, not all 0", lambda x: (x >= 0).all(-1) & (x.sum(-1) > 0))
BITS: Constraint = ("0 or 1", lambda x: (x == 0) | (x == 1))


class Distribution:
    """What all distributions share; each has `mean`, `variance`, `log_prob` and `entropy`.

    The parameters are broadcast together; Python numbers become the default float.  Unless
    `validate_args=False`, ValueError says which parameter, or which value, is not possible.
    """

    has_rsample = property(lambda self: type(self).rsample is not Distribution.rsample)
    support = REAL
    event_shape = Size()
    stddev = property(lambda self: self.variance.sqrt())

    def __init__(self, validate_args: bool | None, **given: tuple[Any, Constraint]) -> None:
        self._validate = validate_args is not False
        dtype = result_type(1.0, *[x for x, _ in given.values() if hasattr(x, "dtype")])
        tensors = [as_tensor(x, dtype) for x, _ in given.values()]
        self.batch_shape = shape = broadcast_shapes(*[x.shape for x in tensors])
        expanded = [x if x.shape == shape else x.expand(shape) for x in tensors]
        self._parameters = dict(zip(given, expanded, strict=True))
        for name, x in self._parameters.items():
            self._check(name, x, given[name][1])

    def __repr__(self) -> str:
        shown = {
            k: x.item() if x.numel() == 1 else tuple(x.shape) for k, x in self._parameters.items()
        }
        return f"{type(self).__name__}({', '.join(f'{k}: {x}' for k, x in shown.items())})"

    def _check(self, name: str, x: Tensor, constraint: Constraint) -> None:
        words, holds = constraint
        if self._validate and not np.all(holds(x.array)):
            raise ValueError(f"{self!r}: {name} must be {words}, but it is {x}")

    def _outcome(self, value: Any) -> Tensor:
        """The value as a tensor, if it is a possible outcome."""
        x = as_tensor(value)
        self._check("the value", x, self.support)
        return x

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Independent draws, as constants."""
        return self.rsample(sample_shape).detach()

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draws as a differentiable function of the parameters and of noise that does not depend on
        them: the reparametrisation of Kingma and Welling (2014)."""
        raise NotImplementedError(f"{self!r}: its draws jump; use sample(), then log_prob()")


def kl_divergence(p: Any, q: Any) -> Any:
    """KL(p || q), the expected log p(x) - log q(x) for x drawn of p: at least 0, and 0 where they
    are equal.  Raises NotImplementedError unless both are Normal, Bernoulli or Categorical."""
    if type(p) is not type(q) or "_kl_divergence" not in vars(type(p)):
        raise NotImplementedError(f"kl_divergence: there is no formula for {p!r} against {q!r}")
    return p._kl_divergence(q)


# ---------------------------------------------------------------- of real numbers


class Normal(Distribution):
    """p(x) = e^(-z^2 / 2) / (scale sqrt(2 pi)), z = (x - loc) / scale."""

    mean = loc = property(lambda self: self._parameters["loc"])
    stddev = scale = property(lambda self: self._parameters["scale"])
    variance = property(lambda self: self.scale**2)

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        super().__init__(validate_args, loc=(loc, REAL), scale=(scale, POSITIVE))

    def rsample(self, sample_shape: Sequence[int] = ()) -> Any:
        noise = randn((*sample_shape, *self.batch_shape), dtype=self.loc.dtype)
        return self.loc + noise * self.scale

    def log_prob(self, value: Any) -> Any:
        """log p(value)."""
        z = (self._outcome(value) - self.loc) / self.scale
        return -0.5 * z * z - self.scale.log() - 0.5 * math.log(2 * math.pi)

    def cdf(self, value: Any) -> Any:
        """The probability of an outcome up to `value`: (1 + erf(z / sqrt 2)) / 2."""
        z = (self._outcome(value) - self.loc) / self.scale
        return 0.5 + 0.5 * erf(z * math.sqrt(0.5))

    def entropy(self) -> Any:
        """log(scale sqrt(2 pi e))."""
        return 0.5 + 0.5 * math.log(2 * math.pi) + self.scale.log()

    def _kl_divergence(self, q: Any) -> Any:
        ratio, z = (self.scale / q.scale) ** 2, (self.loc - q.loc) / q.scale
        return 0.5 * (ratio + z * z - 1 - ratio.log())


class Uniform(Distribution):
    """p(x) = 1 / (high - low) for low <= x < high."""

    low = property(lambda self: self._parameters["low"])
    high = property(lambda self: self._parameters["high"])
    mean = property(lambda self: (self.low + self.high) / 2)
    variance = property(lambda self: (self.high - self.low) ** 2 / 12)

    def __init__(self, low: Any, high: Any, validate_args: bool | None = None) -> None:
        below = ("below high", lambda x: x < as_tensor(high).array)
        super().__init__(validate_args, low=(low, below), high=(high, REAL))
        start, end = self.low.array, self.high.array
        self.support = ("from low to high", lambda x: (start <= x) & (x <= end))

    def rsample(self, sample_shape: Sequence[int] = ()) -> Any:
        noise = rand((*sample_shape, *self.batch_shape), dtype=self.low.dtype)
        return self.low + noise * (self.high - self.low)

    def log_prob(self, value: Any) -> Any:
        """log p(value)."""
        x = self._outcome(value)
        return ops.where((self.low <= x) & (x < self.high), -self.entropy(), -math.inf)

    def entropy(self) -> Any:
        """log(high - low)."""
        return (self.high - self.low).log()


# ---------------------------------------------------------------- of bits, places, counts


class _Chances(Distribution):
    """A distribution that is given by `probs`, or by `logits`, their logarithms in some form."""

    possible = CHANCE

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: Any = None) -> None:
        if (probs is None) == (logits is None):
            raise ValueError(f"{type(self).__name__}: give either probs or logits")
        given = {"probs": (probs, self.possible)} if logits is None else {"logits": (logits, REAL)}
        super().__init__(validate_args, **given)

    def _of(self, of_probs: Callable[[Any], Any], of_logits: Callable[[Any], Any]) -> Any:
        given = self._parameters
        return of_probs(given["probs"]) if "probs" in given else of_logits(given["logits"])


def _logs(probs: Any) -> tuple[Any, Any]:
    """log p and log(1 - p), both finite."""
    eps = finfo(probs.dtype).eps
    p = probs.clamp(eps, 1 - eps)
    return p.log(), ops.log1p(-p)


def _times_log(x: Any, logs: Any) -> Any:
    """x log p, which is 0 where both are 0."""
    return x * ops.where((x == 0) & (logs == -math.inf), 0, logs)


class Bernoulli(_Chances):
    """1 with probability `probs`, else 0; `logits` are log(p / (1 - p))."""

    support = BITS
    mean = property(lambda self: self.probs)
    variance = property(lambda self: self.probs * (1 - self.probs))
    probs = property(lambda d: d._of(lambda p: p, ops.sigmoid))
    logits = property(lambda d: d._of(lambda p: ops.subtract(*_logs(p)), lambda x: x))

    def sample(self, sample_shape: Sequence[int] = ()) -> Any:
        return sampling.bernoulli(self.probs.detach().expand(*sample_shape, *self.batch_shape))

    def log_prob(self, value: Any) -> Any:
        """log p where the value is 1, log(1 - p) where it is 0."""
        return -ops.bce_with_logits(self.logits, self._outcome(value))

    def entropy(self) -> Any:
        """-p log p - (1 - p) log(1 - p)."""
        return ops.bce_with_logits(self.logits, self.probs)

    def _kl_divergence(self, q: Any) -> Any:
        impossible = ((q.probs == 0) & (self.probs > 0)) | ((q.probs == 1) & (self.probs < 1))
        cross = ops.bce_with_logits(q.logits, self.probs)
        return ops.where(impossible, math.inf, cross - self.entropy())


class Categorical(_Chances):
    """The place i with probability probs[..., i].  `probs` are divided by their sum, and `logits`
    are their logarithms up to a constant."""

    possible = WEIGHTS
    probs = property(lambda d: d._of(lambda w: w / w.sum(-1, True), lambda x: x.softmax(-1)))
    logits = property(lambda d: d._of(lambda _: _logs(d.probs)[0], lambda x: x.log_softmax(-1)))

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: Any = None) -> None:
        super().__init__(probs, logits, validate_args)
        if not self.batch_shape:
            raise ValueError(f"{self!r}: it needs a dimension, with one number for each place")
        *batch, self._count = self.batch_shape
        self.batch_shape, last = Size(batch), self._count - 1
        whole = f"whole numbers from 0 to {last}"
        self.support = (whole, lambda x: (x >= 0) & (x <= last) & (x == np.floor(x)))

    def sample(self, sample_shape: Sequence[int] = ()) -> Any:
        rows = self.probs.detach().reshape(-1, self._count)
        drawn = sampling.multinomial(rows, math.prod(sample_shape), replacement=True)
        return drawn.t().reshape(*sample_shape, *self.batch_shape)

    def log_prob(self, value: Any) -> Any:
        """log probs[..., value]."""
        places = self._outcome(value).long()
        shape = np.broadcast_shapes(places.shape, self.batch_shape)
        table, index = self.logits.expand(*shape, self._count), places.expand(shape).unsqueeze(-1)
        return ops.take_along_axis(table, index, axis=-1).squeeze(-1)

    def entropy(self) -> Any:
        """-sum_i p_i log p_i."""
        return -_times_log(self.probs, self.logits).sum(-1)

    def _kl_divergence(self, q: Any) -> Any:
        terms = ops.where(q.probs == 0, math.inf, self.probs * (self.logits - q.logits))
        return ops.where(self.probs == 0, 0, terms).sum(-1)


class Multinomial(Categorical):
    """How often each place occurs in `total_count` draws of a Categorical.

    The rest is what a Categorical is given: `probs`, `logits`, `validate_args`.
    """

    mean = property(lambda self: self.total_count * self.probs)
    variance = property(lambda self: self.total_count * self.probs * (1 - self.probs))

    def __init__(self, total_count: int = 1, *given: Any, **named: Any) -> None:
        if not isinstance(total_count, int) or total_count < 0:
            raise ValueError(f"Multinomial: total_count is an int >= 0, not {total_count!r}")
        super().__init__(*given, **named)
        self._check("probs", self.probs, WEIGHTS)
        self.total_count, self.event_shape = total_count, Size((self._count,))
        sides, n = self.event_shape, total_count
        sums = f"{self._count} counts that sum to {n}"
        self.support = (sums, lambda x: x.shape[-1:] == sides and (x >= 0).all() & (x.sum(-1) == n))

    def sample(self, sample_shape: Sequence[int] = ()) -> Any:
        probs, size = self.probs, (*sample_shape, *self.batch_shape)
        p = probs.array.astype(np.float64)
        counts = numpy_generator().multinomial(self.total_count, p / p.sum(-1, keepdims=True), size)
        return Tensor(counts.astype(probs.dtype))

    def log_prob(self, value: Any) -> Any:
        """log(n! / (x_1! x_2! ...)) + sum_i x_i log p_i."""
        x = self._outcome(value)
        return lgamma(x.sum(-1) + 1) + (_times_log(x, self.logits) - lgamma(x + 1)).sum(-1)

    def entropy(self) -> Any:
        """-log n! + sum_i (the expected log x_i! - n p_i log p_i), x_i being binomial."""
        n, probs = self.total_count, self.probs
        k = arange(n + 1, dtype=probs.dtype).reshape(-1, *[1] * probs.ndim)
        (log_p, log_rest), log_factorial = _logs(probs), lgamma(k + 1)
        log_binomial = math.lgamma(n + 1) - log_factorial - lgamma(n - k + 1)
        chances = (log_binomial + k * log_p + (n - k) * log_rest).exp()
        repeats = (chances * log_factorial).sum((0, -1))
        return n * super().entropy() - math.lgamma(n + 1) + repeats


# torch.distributions.multinomial.Multinomial: PyTorch has a file for each, all of them are here.
for file in ("bernoulli", "categorical", "kl", "multinomial", "normal", "uniform"):
    globals()[file] = sys.modules[f"{__name__}.{file}"] = sys.modules[__name__]
