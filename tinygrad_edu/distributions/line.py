"""Distributions of real numbers: Normal, Laplace, Cauchy, StudentT, Gumbel, Uniform, half ones."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import ops
from ..creation import full
from ..ops.special import erf, erfinv
from ..random import rand, randn
from . import constraints
from .distribution import Parametric, clipped_uniform
from .implicit import standard_gamma

__all__ = ["Cauchy", "Gumbel", "HalfCauchy", "HalfNormal", "Laplace", "Normal", "StudentT"]
__all__ += ["Uniform"]


def filled_like(x: Any, value: float) -> Any:
    """A constant tensor of one value, in the shape and dtype of x."""
    return full(tuple(x.shape), value, dtype=x.dtype)


class _Scaled(Parametric):
    """A distribution of loc + scale z, where z has no parameters (but those of a subclass)."""

    arg_constraints = {"loc": constraints.real, "scale": constraints.positive}  # noqa: RUF012
    support = constraints.real
    has_rsample = True
    loc: Any
    scale: Any

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        super().__init__(validate_args, loc=loc, scale=scale)

    @property
    def mean(self) -> Any:
        return self.loc

    @property
    def mode(self) -> Any:
        return self.loc

    @property
    def variance(self) -> Any:
        return self.stddev**2

    def _standard(self, value: Any) -> Any:
        return (self._outcome(value) - self.loc) / self.scale


class Normal(_Scaled):
    """Normal distribution: p(x) = e^(-z^2 / 2) / (scale sqrt(2 pi)), z = (x - loc) / scale.

    Its entropy is log(scale sqrt(2 pi e)), its cdf (1 + erf(z / sqrt(2))) / 2.

    Parameters
    ----------
    loc : float or Tensor
        The mean.
    scale : float or Tensor, broadcastable with `loc`
        The standard deviation, greater than 0.
    validate_args : bool, optional
        Whether to check parameters and outcomes, and to raise ValueError for what is not allowed;
        by default they are checked.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> normal = tg.distributions.Normal(0.0, tg.tensor([1.0, 2.0]))
    >>> normal.log_prob(tg.tensor(1.0))
    tensor([-1.4189, -1.7371])
    >>> normal.rsample((5,)).shape
    torch.Size([5, 2])
    """

    @property
    def stddev(self) -> Any:
        return self.scale

    def rsample(self, sample_shape: Sequence[int] = ()) -> Any:
        noise = randn(self._shape(sample_shape), dtype=self._dtype)
        return self.loc + noise * self.scale

    def log_prob(self, value: Any) -> Any:
        z = self._standard(value)
        return -0.5 * z * z - self.scale.log() - 0.5 * math.log(2 * math.pi)

    def cdf(self, value: Any) -> Any:
        return 0.5 + 0.5 * erf(self._standard(value) * math.sqrt(0.5))

    def icdf(self, value: Any) -> Any:
        return self.loc + self.scale * erfinv(2 * value - 1) * math.sqrt(2)

    def entropy(self) -> Any:
        return 0.5 + 0.5 * math.log(2 * math.pi) + self.scale.log()


class Laplace(_Scaled):
    """Laplace distribution: p(x) = e^(-|x - loc| / scale) / (2 scale).

    Its entropy is 1 + log(2 scale).

    Parameters
    ----------
    loc : float or Tensor
        The mean, median and mode.
    scale : float or Tensor, broadcastable with `loc`
        The scale, greater than 0.
    validate_args : bool, optional
        Whether to check parameters and outcomes, and to raise ValueError for what is not allowed;
        by default they are checked.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.distributions.Laplace(0.0, 1.0).cdf(tg.tensor([-1.0, 0.0]))
    tensor([0.1839, 0.5000])
    """

    @property
    def stddev(self) -> Any:
        return math.sqrt(2) * self.scale

    def rsample(self, sample_shape: Sequence[int] = ()) -> Any:
        u = 2 * clipped_uniform(self._shape(sample_shape), self._dtype) - 1
        return self.loc - self.scale * ops.sign(u) * ops.log1p(-u.abs())

    def log_prob(self, value: Any) -> Any:
        return -self._standard(value).abs() - (2 * self.scale).log()

    def cdf(self, value: Any) -> Any:
        z = self._standard(value)
        return 0.5 - 0.5 * ops.sign(z) * ops.expm1(-z.abs())

    def icdf(self, value: Any) -> Any:
        centred = value - 0.5
        return self.loc - self.scale * ops.sign(centred) * ops.log1p(-2 * centred.abs())

    def entropy(self) -> Any:
        return 1 + (2 * self.scale).log()


class Cauchy(_Scaled):
    """Cauchy distribution: p(x) = 1 / (pi scale (1 + z^2)), z = (x - loc) / scale.

    Its mean does not exist (`mean` is nan), and its variance is infinite.

    Its entropy is log(4 pi scale).

    Parameters
    ----------
    loc : float or Tensor
        The median and mode.
    scale : float or Tensor, broadcastable with `loc`
        Half the distance between the quartiles, greater than 0.
    validate_args : bool, optional
        Whether to check parameters and outcomes, and to raise ValueError for what is not allowed;
        by default they are checked.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.distributions.Cauchy(0.0, 1.0).cdf(tg.tensor(1.0))
    tensor(0.7500)
    """

    @property
    def mean(self) -> Any:
        return filled_like(self.loc, math.nan)

    @property
    def variance(self) -> Any:
        return filled_like(self.loc, math.inf)

    @property
    def stddev(self) -> Any:
        return self.variance

    def rsample(self, sample_shape: Sequence[int] = ()) -> Any:
        return self.icdf(clipped_uniform(self._shape(sample_shape), self._dtype))

    def log_prob(self, value: Any) -> Any:
        return -math.log(math.pi) - self.scale.log() - ops.log1p(self._standard(value) ** 2)

    def cdf(self, value: Any) -> Any:
        return ops.atan(self._standard(value)) / math.pi + 0.5

    def icdf(self, value: Any) -> Any:
        return ops.tan(math.pi * (value - 0.5)) * self.scale + self.loc

    def entropy(self) -> Any:
        return math.log(4 * math.pi) + self.scale.log()


class Gumbel(_Scaled):
    """Gumbel distribution: p(x) = e^(-z - e^-z) / scale, z = (x - loc) / scale.

    The maximum of many independent samples, of a normal distribution for example, has approximately
    this distribution.

    Its entropy is log(scale) + 1 + Euler's constant.

    Parameters
    ----------
    loc : float or Tensor
        The mode.
    scale : float or Tensor, broadcastable with `loc`
        The scale, greater than 0.
    validate_args : bool, optional
        Whether to check parameters and outcomes, and to raise ValueError for what is not allowed;
        by default they are checked.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.distributions.Gumbel(0.0, 1.0).mean
    tensor(0.5772)
    """

    @property
    def mean(self) -> Any:
        return self.loc + self.scale * np.euler_gamma

    @property
    def stddev(self) -> Any:
        return math.pi / math.sqrt(6) * self.scale

    def rsample(self, sample_shape: Sequence[int] = ()) -> Any:
        return self.icdf(clipped_uniform(self._shape(sample_shape), self._dtype))

    def log_prob(self, value: Any) -> Any:
        z = self._standard(value)
        return -z - ops.exp(-z) - self.scale.log()

    def cdf(self, value: Any) -> Any:
        return ops.exp(-ops.exp(-self._standard(value)))

    def icdf(self, value: Any) -> Any:
        return self.loc - self.scale * (-value.log()).log()

    def entropy(self) -> Any:
        return self.scale.log() + (1 + np.euler_gamma)


class StudentT(Parametric):
    """Student's t-distribution, of loc + scale z / sqrt(v / df) with z normal and v of Chi2(df).

        p(x) = (1 + u^2 / df)^(-(df + 1) / 2) / (scale sqrt(df) B(df / 2, 1 / 2))
        u = (x - loc) / scale

    Parameters
    ----------
    df : float or Tensor
        The degrees of freedom, greater than 0.
    loc : float or Tensor, broadcastable with `df`, default 0.0
        The mode, and for df > 1 the mean.
    scale : float or Tensor, broadcastable with `df`, default 1.0
        The scale, greater than 0.
    validate_args : bool, optional
        Whether to check parameters and outcomes, and to raise ValueError for what is not allowed;
        by default they are checked.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.distributions.StudentT(tg.tensor([1.0, 2.0, 4.0])).variance
    tensor([nan, inf, 2.])
    """

    arg_constraints = {  # noqa: RUF012
        "df": constraints.positive,
        "loc": constraints.real,
        "scale": constraints.positive,
    }
    support = constraints.real
    has_rsample = True
    df: Any
    loc: Any
    scale: Any

    def __init__(
        self, df: Any, loc: Any = 0.0, scale: Any = 1.0, validate_args: bool | None = None
    ) -> None:
        super().__init__(validate_args, df=df, loc=loc, scale=scale)

    @property
    def mean(self) -> Any:
        return ops.where(self.df <= 1, math.nan, self.loc)

    @property
    def mode(self) -> Any:
        return self.loc

    @property
    def variance(self) -> Any:
        df = ops.where(self.df > 2, self.df, 3.0)
        finite = self.scale**2 * df / (df - 2)
        infinite = ops.where(self.df > 1, math.inf, math.nan)
        return ops.where(self.df > 2, finite, infinite.astype(self._dtype))

    def _log_beta(self) -> Any:
        """log B(df / 2, 1 / 2)."""
        return ops.lgamma(self.df / 2) + 0.5 * math.log(math.pi) - ops.lgamma((self.df + 1) / 2)

    def rsample(self, sample_shape: Sequence[int] = ()) -> Any:
        shape = self._shape(sample_shape)
        noise = randn(shape, dtype=self._dtype)
        squares = 2 * standard_gamma((self.df / 2).expand(shape))  # of Chi2(df)
        return self.loc + self.scale * noise * (squares / self.df).rsqrt()

    def log_prob(self, value: Any) -> Any:
        z = (self._outcome(value) - self.loc) / self.scale
        rest = self.scale.log() + 0.5 * self.df.log() + self._log_beta()
        return -0.5 * (self.df + 1) * ops.log1p(z**2 / self.df) - rest

    def entropy(self) -> Any:
        half, next_half = self.df / 2, (self.df + 1) / 2
        slopes = ops.digamma(next_half) - ops.digamma(half)
        return self.scale.log() + next_half * slopes + 0.5 * self.df.log() + self._log_beta()


class Uniform(Parametric):
    """Uniform distribution: p(x) = 1 / (high - low) for low <= x < high, else 0.

    Its entropy is log(high - low).

    Parameters
    ----------
    low : float or Tensor
        The lower bound, which is included.
    high : float or Tensor, broadcastable with `low`
        The upper bound, which is excluded; greater than `low`.
    validate_args : bool, optional
        Whether to check parameters and outcomes, and to raise ValueError for what is not allowed;
        by default they are checked.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.distributions.Uniform(0.0, 4.0).cdf(tg.tensor([1.0, 3.0]))
    tensor([0.2500, 0.7500])
    """

    arg_constraints = {  # noqa: RUF012
        "low": constraints.dependent,
        "high": constraints.dependent,
    }
    has_rsample = True
    low: Any
    high: Any

    def __init__(self, low: Any, high: Any, validate_args: bool | None = None) -> None:
        super().__init__(validate_args, low=low, high=high)
        if self._validate_args and not np.all(self.low.array < self.high.array):
            raise ValueError(f"{self!r}: low must be below high, but it is {self.low}")

    @property
    def support(self) -> Any:
        low, high = self.low.array, self.high.array
        return constraints.Constraint("from low to high", lambda x: (low <= x) & (x <= high))

    @property
    def mean(self) -> Any:
        return (self.low + self.high) / 2

    @property
    def mode(self) -> Any:
        return math.nan * self.high

    @property
    def stddev(self) -> Any:
        return (self.high - self.low) / math.sqrt(12)

    @property
    def variance(self) -> Any:
        return (self.high - self.low) ** 2 / 12

    def rsample(self, sample_shape: Sequence[int] = ()) -> Any:
        noise = rand(self._shape(sample_shape), dtype=self._dtype)
        return self.low + noise * (self.high - self.low)

    def log_prob(self, value: Any) -> Any:
        x = self._outcome(value)
        return ops.where((self.low <= x) & (x < self.high), -self.entropy(), -math.inf)

    def cdf(self, value: Any) -> Any:
        share = (self._outcome(value) - self.low) / (self.high - self.low)
        return share.clamp(0, 1)

    def icdf(self, value: Any) -> Any:
        return value * (self.high - self.low) + self.low

    def entropy(self) -> Any:
        return (self.high - self.low).log()


class _Half(Parametric):
    """The distribution of |z|, with z of a distribution that is symmetric around 0."""

    arg_constraints = {"scale": constraints.positive}  # noqa: RUF012
    support = constraints.nonnegative
    has_rsample = True
    whole: Any
    scale: Any

    def __init__(self, scale: Any, validate_args: bool | None = None) -> None:
        super().__init__(validate_args, scale=scale)

    @property
    def base_dist(self) -> Any:
        """The distribution of z."""
        return self.whole(0.0, self.scale, validate_args=False)

    @property
    def mode(self) -> Any:
        return filled_like(self.scale, 0.0)

    def rsample(self, sample_shape: Sequence[int] = ()) -> Any:
        return self.base_dist.rsample(sample_shape).abs()

    def log_prob(self, value: Any) -> Any:
        log_p = self.base_dist.log_prob(self._outcome(value)) + math.log(2)
        return ops.where(value >= 0, log_p, -math.inf)

    def cdf(self, value: Any) -> Any:
        return 2 * self.base_dist.cdf(self._outcome(value)) - 1

    def icdf(self, prob: Any) -> Any:
        return self.base_dist.icdf((prob + 1) / 2)

    def entropy(self) -> Any:
        return self.base_dist.entropy() - math.log(2)


class HalfNormal(_Half):
    """Half-normal distribution, that of |z| with z of Normal(0, scale).

        p(x) = sqrt(2 / pi) / scale e^(-x^2 / (2 scale^2)) for x >= 0

    Parameters
    ----------
    scale : float or Tensor
        The standard deviation of z, greater than 0.
    validate_args : bool, optional
        Whether to check parameters and outcomes, and to raise ValueError for what is not allowed;
        by default they are checked.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.distributions.HalfNormal(1.0).mean
    tensor(0.7979)
    """

    whole = Normal

    @property
    def mean(self) -> Any:
        return self.scale * math.sqrt(2 / math.pi)

    @property
    def variance(self) -> Any:
        return self.scale**2 * (1 - 2 / math.pi)


class HalfCauchy(_Half):
    """Half-Cauchy distribution, that of |z| with z of Cauchy(0, scale).

        p(x) = 2 / (pi scale (1 + (x / scale)^2)) for x >= 0

    Its mean and variance are infinite.

    Parameters
    ----------
    scale : float or Tensor
        The median, greater than 0.
    validate_args : bool, optional
        Whether to check parameters and outcomes, and to raise ValueError for what is not allowed;
        by default they are checked.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.distributions.HalfCauchy(1.0).cdf(tg.tensor(1.0))
    tensor(0.5000)
    """

    whole = Cauchy

    @property
    def mean(self) -> Any:
        return filled_like(self.scale, math.inf)

    @property
    def variance(self) -> Any:
        return filled_like(self.scale, math.inf)
