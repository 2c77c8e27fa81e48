"""Distributions of counts: Bernoulli, Binomial, Geometric, NegativeBinomial, Poisson."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import ops
from ..creation import arange
from ..functions import sampling
from ..rng import numpy_generator
from ..tensor import Tensor
from . import constraints
from .distribution import Chances, Parametric, clipped_uniform, log_odds
from .implicit import standard_gamma
from .line import filled_like

__all__ = ["Bernoulli", "Binomial", "Geometric", "NegativeBinomial", "Poisson"]

_CHANCES = {"probs": constraints.unit_interval, "logits": constraints.real}


def _outcomes(values: Any, batch_shape: Any, expand: bool) -> Any:
    """Outcomes along dimension 0, with the batch dimensions after it."""
    column = values.reshape(-1, *[1] * len(batch_shape))
    return column.expand(-1, *batch_shape) if expand else column


class Bernoulli(Chances):
    """Bernoulli distribution: P(1) = p, P(0) = 1 - p.

    Its entropy is -p log p - (1 - p) log(1 - p).

    Parameters
    ----------
    probs : float or Tensor, optional
        The probability p of 1, from 0 to 1.
    logits : float or Tensor, optional
        The log-odds log(p / (1 - p)), in place of `probs`.
    validate_args : bool, optional
        Whether to check parameters and outcomes, and to raise ValueError for what is not allowed;
        by default they are checked.

    Raises
    ------
    ValueError
        If not exactly one of `probs` and `logits` is given.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.distributions.Bernoulli(0.25).log_prob(tg.tensor([0.0, 1.0]))
    tensor([-0.2877, -1.3863])
    """

    arg_constraints = _CHANCES
    support = constraints.boolean
    has_enumerate_support = True
    _of_probs, _of_logits = staticmethod(log_odds), ops.sigmoid

    def __init__(
        self, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        super().__init__(probs, logits, validate_args)

    @property
    def mean(self) -> Any:
        return self.probs

    @property
    def mode(self) -> Any:
        more = (self.probs >= 0.5).astype(self._dtype)
        return ops.where(self.probs == 0.5, math.nan, more)

    @property
    def variance(self) -> Any:
        return self.probs * (1 - self.probs)

    def sample(self, sample_shape: Sequence[int] = ()) -> Any:
        return sampling.bernoulli(self.probs.detach().expand(self._shape(sample_shape)))

    def log_prob(self, value: Any) -> Any:
        return -ops.bce_with_logits(self.logits, self._outcome(value))

    def entropy(self) -> Any:
        return ops.bce_with_logits(self.logits, self.probs)

    def enumerate_support(self, expand: bool = True) -> Any:
        return _outcomes(arange(2, dtype=self._dtype), self.batch_shape, expand)


class Binomial(Chances):
    """Binomial distribution, of the number of ones in n Bernoulli trials.

        P(k) = n! / (k! (n - k)!) p^k (1 - p)^(n - k),  n = total_count

    Parameters
    ----------
    total_count : int or Tensor, default 1
        The number n of trials, at least 0.
    probs : float or Tensor, optional
        The probability p of 1, from 0 to 1.
    logits : float or Tensor, optional
        The log-odds log(p / (1 - p)), in place of `probs`.
    validate_args : bool, optional
        Whether to check parameters and outcomes, and to raise ValueError for what is not allowed;
        by default they are checked.

    Raises
    ------
    ValueError
        If not exactly one of `probs` and `logits` is given.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.distributions.Binomial(2, 0.5).log_prob(tg.tensor([0.0, 1.0])).exp()
    tensor([0.2500, 0.5000])
    """

    arg_constraints = {"total_count": constraints.nonnegative_integer, **_CHANCES}  # noqa: RUF012
    has_enumerate_support = True
    _of_probs, _of_logits = staticmethod(log_odds), ops.sigmoid
    total_count: Any

    def __init__(
        self,
        total_count: Any = 1,
        probs: Any = None,
        logits: Any = None,
        validate_args: bool | None = None,
    ) -> None:
        super().__init__(probs, logits, validate_args, total_count=total_count)

    @property
    def support(self) -> Any:
        most = int(self.total_count.array.max(initial=0))
        count = self.total_count if np.ptp(self.total_count.array) else most
        return constraints.integer_interval(0, count)

    @property
    def mean(self) -> Any:
        return self.total_count * self.probs

    @property
    def mode(self) -> Any:
        return ops.minimum(((self.total_count + 1) * self.probs).floor(), self.total_count)

    @property
    def variance(self) -> Any:
        return self.total_count * self.probs * (1 - self.probs)

    def sample(self, sample_shape: Sequence[int] = ()) -> Any:
        counts, p = self.total_count.array.astype(np.int64), self.probs.array.astype(np.float64)
        drawn = numpy_generator().binomial(counts, p, self._shape(sample_shape))
        return Tensor(np.asarray(drawn, self._dtype))

    def log_prob(self, value: Any) -> Any:
        k, n, logits = self._outcome(value), self.total_count, self.logits
        ways = ops.lgamma(n + 1) - ops.lgamma(k + 1) - ops.lgamma(n - k + 1)
        return ways + k * logits + n * ops.logsigmoid(-logits)

    def _count(self, name: str) -> int:
        counts = self.total_count.array
        if counts.min() != counts.max():
            what = "all total_counts must be equal"
            raise NotImplementedError(f"Binomial.{name}: {what}, but they are {self.total_count}")
        return int(counts.max())

    def entropy(self) -> Any:
        self._count("entropy")
        log_p = self.log_prob(self.enumerate_support(False))
        return -(log_p.exp() * log_p).sum(0)

    def enumerate_support(self, expand: bool = True) -> Any:
        count = self._count("enumerate_support")
        return _outcomes(arange(count + 1, dtype=self._dtype), self.batch_shape, expand)


class Geometric(Chances):
    """Geometric distribution, of the number k of zeros before the first 1: P(k) = (1 - p)^k p.

    Parameters
    ----------
    probs : float or Tensor, optional
        The probability p of 1, from 0 to 1.
    logits : float or Tensor, optional
        The log-odds log(p / (1 - p)), in place of `probs`.
    validate_args : bool, optional
        Whether to check parameters and outcomes, and to raise ValueError for what is not allowed;
        by default they are checked.

    Raises
    ------
    ValueError
        If not exactly one of `probs` and `logits` is given, or `probs` is 0.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.distributions.Geometric(0.25).mean
    tensor(3.)
    """

    arg_constraints = _CHANCES
    support = constraints.nonnegative_integer
    _of_probs, _of_logits = staticmethod(log_odds), ops.sigmoid

    def __init__(
        self, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        super().__init__(probs, logits, validate_args)
        if self._validate_args and probs is not None:
            self._check("probs", self.probs, constraints.positive)

    @property
    def mean(self) -> Any:
        return 1 / self.probs - 1

    @property
    def mode(self) -> Any:
        return filled_like(self.probs, 0.0)

    @property
    def variance(self) -> Any:
        return (1 / self.probs - 1) / self.probs

    def sample(self, sample_shape: Sequence[int] = ()) -> Any:
        u = clipped_uniform(self._shape(sample_shape), self._dtype)
        p = self.probs.detach()
        log_rest = ops.where(p == 1, -1.0, ops.log1p(-ops.where(p == 1, 0.5, p)))
        return ops.where(p == 1, 0.0, (u.log() / log_rest).floor())

    def log_prob(self, value: Any) -> Any:
        x, p = self._outcome(value), self.probs
        return x * ops.log1p(-ops.where((p == 1) & (x == 0), 0.0, p)) + p.log()

    def entropy(self) -> Any:
        return ops.bce_with_logits(self.logits, self.probs) / self.probs


class NegativeBinomial(Chances):
    """Negative binomial distribution, of the number k of ones before the n-th 0.

        P(k) = Gamma(k + n) / (k! Gamma(n)) p^k (1 - p)^n,  n = total_count

    Parameters
    ----------
    total_count : float or Tensor
        The number n of zeros that end the trials, at least 0; it need not be an integer.
    probs : float or Tensor, optional
        The probability p of 1, from 0 to below 1.
    logits : float or Tensor, optional
        The log-odds log(p / (1 - p)), in place of `probs`.
    validate_args : bool, optional
        Whether to check parameters and outcomes, and to raise ValueError for what is not allowed;
        by default they are checked.

    Raises
    ------
    ValueError
        If not exactly one of `probs` and `logits` is given.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.distributions.NegativeBinomial(3.0, 0.5).mean
    tensor(3.)
    """

    arg_constraints = {  # noqa: RUF012
        "total_count": constraints.greater_than_eq(0),
        "probs": constraints.half_open_interval(0.0, 1.0),
        "logits": constraints.real,
    }
    support = constraints.nonnegative_integer
    _of_probs, _of_logits = staticmethod(log_odds), ops.sigmoid
    total_count: Any

    def __init__(
        self,
        total_count: Any,
        probs: Any = None,
        logits: Any = None,
        validate_args: bool | None = None,
    ) -> None:
        super().__init__(probs, logits, validate_args, total_count=total_count)

    @property
    def mean(self) -> Any:
        return self.total_count * ops.exp(self.logits)

    @property
    def mode(self) -> Any:
        return ((self.total_count - 1) * ops.exp(self.logits)).floor().clamp(min=0)

    @property
    def variance(self) -> Any:
        return self.mean / ops.sigmoid(-self.logits)

    def sample(self, sample_shape: Sequence[int] = ()) -> Any:
        # Poisson counts, whose rates are gamma samples
        count = self.total_count.detach().expand(self._shape(sample_shape))
        rates = standard_gamma(count) * ops.exp(self.logits.detach())
        return sampling.poisson(rates)

    def log_prob(self, value: Any) -> Any:
        x, n, logits = self._outcome(value), self.total_count, self.logits
        powers = n * ops.logsigmoid(-logits) + x * ops.logsigmoid(logits)
        ways = ops.lgamma(n + x) - ops.lgamma(1 + x) - ops.lgamma(n)
        return powers + ops.where(n + x == 0, 0.0, ways)


class Poisson(Parametric):
    """Poisson distribution, of the number k of events where `rate` are expected.

        P(k) = rate^k e^-rate / k!

    Parameters
    ----------
    rate : float or Tensor
        The expected number, at least 0.
    validate_args : bool, optional
        Whether to check parameters and outcomes, and to raise ValueError for what is not allowed;
        by default they are checked.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.distributions.Poisson(2.0).log_prob(tg.tensor([0.0, 1.0])).exp()
    tensor([0.1353, 0.2707])
    """

    arg_constraints = {"rate": constraints.nonnegative}  # noqa: RUF012
    support = constraints.nonnegative_integer
    rate: Any

    def __init__(self, rate: Any, validate_args: bool | None = None) -> None:
        super().__init__(validate_args, rate=rate)

    @property
    def mean(self) -> Any:
        return self.rate

    @property
    def mode(self) -> Any:
        return self.rate.floor()

    @property
    def variance(self) -> Any:
        return self.rate

    def sample(self, sample_shape: Sequence[int] = ()) -> Any:
        return sampling.poisson(self.rate.detach().expand(self._shape(sample_shape)))

    def log_prob(self, value: Any) -> Any:
        x = self._outcome(value)
        return ops.xlogy(x, self.rate) - self.rate - ops.lgamma(x + 1)
