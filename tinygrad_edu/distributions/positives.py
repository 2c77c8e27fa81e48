"""Distributions of positive numbers and of proportions: Gamma and relatives, Beta, Dirichlet."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import ops
from ..dtypes import finfo
from ..functions.joining import stack
from ..random import rand
from . import constraints
from .distribution import Parametric
from .implicit import dirichlet, gamma_cdf, standard_gamma
from .line import filled_like

__all__ = ["Beta", "Chi2", "Dirichlet", "Exponential", "FisherSnedecor", "Gamma", "InverseGamma"]
__all__ += ["Pareto", "Weibull"]


def _exponential(shape: Any, dtype: Any) -> Any:
    """Samples of rate 1, above 0."""
    return -ops.log1p(-rand(tuple(shape), dtype=dtype)).clamp(max=-finfo(dtype).tiny)


class Exponential(Parametric):
    """Exponential distribution: p(x) = rate e^(-rate x) for x >= 0.

    Its entropy is 1 - log(rate).

    Parameters
    ----------
    rate : float or Tensor
        The rate, 1 / mean, greater than 0.
    validate_args : bool, optional
        Whether to check parameters and outcomes, and to raise ValueError for what is not allowed;
        by default they are checked.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.distributions.Exponential(2.0).log_prob(tg.tensor([0.0, 1.0]))
    tensor([ 0.6931, -1.3069])
    """

    arg_constraints = {"rate": constraints.positive}  # noqa: RUF012
    support = constraints.nonnegative
    has_rsample = True
    rate: Any

    def __init__(self, rate: Any, validate_args: bool | None = None) -> None:
        super().__init__(validate_args, rate=rate)

    @property
    def mean(self) -> Any:
        return 1 / self.rate

    @property
    def mode(self) -> Any:
        return filled_like(self.rate, 0.0)

    @property
    def stddev(self) -> Any:
        return 1 / self.rate

    @property
    def variance(self) -> Any:
        return self.rate**-2

    def rsample(self, sample_shape: Sequence[int] = ()) -> Any:
        return _exponential(self._shape(sample_shape), self._dtype) / self.rate

    def log_prob(self, value: Any) -> Any:
        return self.rate.log() - self.rate * self._outcome(value)

    def cdf(self, value: Any) -> Any:
        return -ops.expm1(-self.rate * self._outcome(value))

    def icdf(self, value: Any) -> Any:
        return -ops.log1p(-value) / self.rate

    def entropy(self) -> Any:
        return 1 - self.rate.log()


class _Powers(Parametric):
    """A distribution of a concentration and a rate."""

    arg_constraints = {  # noqa: RUF012
        "concentration": constraints.positive,
        "rate": constraints.positive,
    }
    has_rsample = True
    concentration: Any
    rate: Any

    def __init__(self, concentration: Any, rate: Any, validate_args: bool | None = None) -> None:
        super().__init__(validate_args, concentration=concentration, rate=rate)

    def _gamma_sample(self, sample_shape: Sequence[int]) -> Any:
        shape = self._shape(sample_shape)
        drawn = standard_gamma(self.concentration.expand(shape)) / self.rate
        return drawn.clamp(min=finfo(self._dtype).tiny)


class Gamma(_Powers):
    """Gamma distribution: p(x) = rate^a x^(a - 1) e^(-rate x) / Gamma(a) for x >= 0.

    A sample of `rsample` is differentiable once, by implicit reparameterization.

    Its entropy is a - log(rate) + log Gamma(a) + (1 - a) digamma(a), its cdf the regularized
    incomplete gamma function of a and rate x.

    Parameters
    ----------
    concentration : float or Tensor
        The shape parameter a, greater than 0.
    rate : float or Tensor, broadcastable with `concentration`
        The rate, 1 / scale, greater than 0.
    validate_args : bool, optional
        Whether to check parameters and outcomes, and to raise ValueError for what is not allowed;
        by default they are checked.

    References
    ----------
    M. Figurnov, S. Mohamed and A. Mnih, "Implicit reparameterization gradients", NeurIPS 2018.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> gamma = tg.distributions.Gamma(tg.tensor(3.0), 2.0)
    >>> gamma.mean, gamma.variance
    (tensor(1.5000), tensor(0.7500))
    """

    support = constraints.nonnegative

    @property
    def mean(self) -> Any:
        return self.concentration / self.rate

    @property
    def mode(self) -> Any:
        return ((self.concentration - 1) / self.rate).clamp(min=0)

    @property
    def variance(self) -> Any:
        return self.concentration / self.rate**2

    def rsample(self, sample_shape: Sequence[int] = ()) -> Any:
        return self._gamma_sample(sample_shape)

    def log_prob(self, value: Any) -> Any:
        x, a = self._outcome(value), self.concentration
        return ops.xlogy(a, self.rate) + ops.xlogy(a - 1, x) - self.rate * x - ops.lgamma(a)

    def cdf(self, value: Any) -> Any:
        return gamma_cdf(self.concentration, self.rate * self._outcome(value))

    def entropy(self) -> Any:
        a = self.concentration
        return a - self.rate.log() + ops.lgamma(a) + (1 - a) * ops.digamma(a)


class Chi2(Gamma):
    """Chi-squared distribution, of the sum of squares of `df` standard normal variables.

    It is Gamma(df / 2, 1 / 2).

    Parameters
    ----------
    df : float or Tensor
        The degrees of freedom, greater than 0; they need not be an integer.
    validate_args : bool, optional
        Whether to check parameters and outcomes, and to raise ValueError for what is not allowed;
        by default they are checked.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.distributions.Chi2(tg.tensor([1.0, 3.0])).mean
    tensor([1., 3.])
    """

    arg_constraints = {"df": constraints.positive}  # noqa: RUF012
    df: Any

    def __init__(self, df: Any, validate_args: bool | None = None) -> None:
        Parametric.__init__(self, validate_args, df=df)

    @property
    def concentration(self) -> Any:
        return self.df / 2

    @property
    def rate(self) -> Any:
        return filled_like(self.df, 0.5)


class InverseGamma(_Powers):
    """Inverse gamma distribution, of 1 / g with g of Gamma(concentration, rate).

        p(x) = rate^a x^(-a - 1) e^(-rate / x) / Gamma(a) for x > 0,  a = concentration

    Its entropy is a + log(rate) + log Gamma(a) - (1 + a) digamma(a), its cdf the probability that g
    is greater than 1 / x.

    Parameters
    ----------
    concentration : float or Tensor
        The shape parameter a, greater than 0.
    rate : float or Tensor, broadcastable with `concentration`
        The rate of g, greater than 0.
    validate_args : bool, optional
        Whether to check parameters and outcomes, and to raise ValueError for what is not allowed;
        by default they are checked.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.distributions.InverseGamma(3.0, 1.0).mean
    tensor(0.5000)
    """

    support = constraints.positive

    @property
    def mean(self) -> Any:
        a = ops.where(self.concentration > 1, self.concentration, 2.0)
        return ops.where(self.concentration > 1, self.rate / (a - 1), math.inf)

    @property
    def mode(self) -> Any:
        return self.rate / (self.concentration + 1)

    @property
    def variance(self) -> Any:
        a = ops.where(self.concentration > 2, self.concentration, 3.0)
        finite = self.rate**2 / ((a - 1) ** 2 * (a - 2))
        return ops.where(self.concentration > 2, finite, math.inf)

    def rsample(self, sample_shape: Sequence[int] = ()) -> Any:
        return 1 / self._gamma_sample(sample_shape)

    def log_prob(self, value: Any) -> Any:
        x, a = self._outcome(value), self.concentration
        return ops.xlogy(a, self.rate) - (a + 1) * x.log() - self.rate / x - ops.lgamma(a)

    def cdf(self, value: Any) -> Any:
        return 1 - gamma_cdf(self.concentration, self.rate / self._outcome(value))

    def entropy(self) -> Any:
        a = self.concentration
        return a + self.rate.log() + ops.lgamma(a) - (1 + a) * ops.digamma(a)


class FisherSnedecor(Parametric):
    """F-distribution, of (v1 / df1) / (v2 / df2) with v1 of Chi2(df1) and v2 of Chi2(df2).

        p(x) = r^(df1 / 2) x^(df1 / 2 - 1) (1 + r x)^(-(df1 + df2) / 2) / B(df1 / 2, df2 / 2)

    for x > 0, with r = df1 / df2.

    Parameters
    ----------
    df1, df2 : float or Tensor
        The degrees of freedom, greater than 0; they are broadcast together.
    validate_args : bool, optional
        Whether to check parameters and outcomes, and to raise ValueError for what is not allowed;
        by default they are checked.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.distributions.FisherSnedecor(1.0, 4.0).mean
    tensor(2.)
    """

    arg_constraints = {"df1": constraints.positive, "df2": constraints.positive}  # noqa: RUF012
    support = constraints.positive
    has_rsample = True
    df1: Any
    df2: Any

    def __init__(self, df1: Any, df2: Any, validate_args: bool | None = None) -> None:
        super().__init__(validate_args, df1=df1, df2=df2)

    @property
    def mean(self) -> Any:
        df2 = ops.where(self.df2 > 2, self.df2, math.nan)
        return df2 / (df2 - 2)

    @property
    def mode(self) -> Any:
        mode = (self.df1 - 2) / self.df1 * self.df2 / (self.df2 + 2)
        return ops.where(self.df1 > 2, mode, math.nan)

    @property
    def variance(self) -> Any:
        df2 = ops.where(self.df2 > 4, self.df2, math.nan)
        return 2 * df2**2 * (self.df1 + df2 - 2) / (self.df1 * (df2 - 2) ** 2 * (df2 - 4))

    def rsample(self, sample_shape: Sequence[int] = ()) -> Any:
        shape, tiny = self._shape(sample_shape), finfo(self._dtype).tiny
        above, below = (standard_gamma((df / 2).expand(shape)) / df for df in (self.df1, self.df2))
        return (above / below.clamp(min=tiny)).clamp(min=tiny)

    def log_prob(self, value: Any) -> Any:
        x, half1, half2 = self._outcome(value), self.df1 / 2, self.df2 / 2
        ratio = self.df1 / self.df2
        log_beta = ops.lgamma(half1) + ops.lgamma(half2) - ops.lgamma(half1 + half2)
        powers = half1 * ratio.log() + (half1 - 1) * x.log()
        return powers - (half1 + half2) * ops.log1p(ratio * x) - log_beta


class Pareto(Parametric):
    """Pareto distribution: p(x) = alpha scale^alpha / x^(alpha + 1) for x >= scale.

    Its entropy is log(scale / alpha) + 1 + 1 / alpha.

    Parameters
    ----------
    scale : float or Tensor
        The smallest outcome, greater than 0.
    alpha : float or Tensor, broadcastable with `scale`
        The exponent, greater than 0.
    validate_args : bool, optional
        Whether to check parameters and outcomes, and to raise ValueError for what is not allowed;
        by default they are checked.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.distributions.Pareto(1.0, 2.0).cdf(tg.tensor([1.0, 2.0]))
    tensor([0.0000, 0.7500])
    """

    arg_constraints = {"alpha": constraints.positive, "scale": constraints.positive}  # noqa: RUF012
    has_rsample = True
    scale: Any
    alpha: Any

    def __init__(self, scale: Any, alpha: Any, validate_args: bool | None = None) -> None:
        super().__init__(validate_args, scale=scale, alpha=alpha)

    @property
    def support(self) -> Any:
        return constraints.greater_than_eq(self.scale)

    @property
    def mean(self) -> Any:
        a = ops.where(self.alpha > 1, self.alpha, 2.0)
        return ops.where(self.alpha > 1, a * self.scale / (a - 1), math.inf)

    @property
    def mode(self) -> Any:
        return self.scale

    @property
    def variance(self) -> Any:
        a = ops.where(self.alpha > 2, self.alpha, 3.0)
        finite = self.scale**2 * a / ((a - 1) ** 2 * (a - 2))
        return ops.where(self.alpha > 2, finite, math.inf)

    def rsample(self, sample_shape: Sequence[int] = ()) -> Any:
        drawn = _exponential(self._shape(sample_shape), self._dtype)
        return self.scale * ops.exp(drawn / self.alpha)

    def _log_ratio(self, value: Any) -> Any:
        return (self._outcome(value) / self.scale).log()

    def log_prob(self, value: Any) -> Any:
        return self.alpha.log() - self.alpha * self._log_ratio(value) - value.log()

    def cdf(self, value: Any) -> Any:
        return -ops.expm1(-self.alpha * self._log_ratio(value))

    def icdf(self, value: Any) -> Any:
        return self.scale * ops.exp(-ops.log1p(-value) / self.alpha)

    def entropy(self) -> Any:
        return (self.scale / self.alpha).log() + (1 + 1 / self.alpha)


class Weibull(Parametric):
    """Weibull distribution: p(x) = k / scale (x / scale)^(k - 1) e^(-(x / scale)^k) for x > 0.

    It is the distribution of scale e^(1 / k) with e of Exponential(1).

    Its entropy is c (1 - 1 / k) + log(scale / k) + 1, where c is Euler's constant.

    Parameters
    ----------
    scale : float or Tensor
        The scale, greater than 0.
    concentration : float or Tensor, broadcastable with `scale`
        The shape parameter k, greater than 0.
    validate_args : bool, optional
        Whether to check parameters and outcomes, and to raise ValueError for what is not allowed;
        by default they are checked.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.distributions.Weibull(1.0, 1.0).cdf(tg.tensor(1.0))
    tensor(0.6321)
    """

    arg_constraints = {  # noqa: RUF012
        "scale": constraints.positive,
        "concentration": constraints.positive,
    }
    support = constraints.positive
    has_rsample = True
    scale: Any
    concentration: Any

    def __init__(self, scale: Any, concentration: Any, validate_args: bool | None = None) -> None:
        super().__init__(validate_args, scale=scale, concentration=concentration)

    def _moment(self, order: int) -> Any:
        """E[(x / scale)^order]."""
        return ops.exp(ops.lgamma(1 + order / self.concentration))

    @property
    def mean(self) -> Any:
        return self.scale * self._moment(1)

    @property
    def mode(self) -> Any:
        k = ops.where(self.concentration >= 1, self.concentration, math.nan)
        return self.scale * ((k - 1) / k) ** (1 / k)

    @property
    def variance(self) -> Any:
        return self.scale**2 * (self._moment(2) - self._moment(1) ** 2)

    def rsample(self, sample_shape: Sequence[int] = ()) -> Any:
        drawn = _exponential(self._shape(sample_shape), self._dtype)
        return self.scale * drawn ** (1 / self.concentration)

    def log_prob(self, value: Any) -> Any:
        log_ratio, k = (self._outcome(value) / self.scale).log(), self.concentration
        return (k / self.scale).log() + (k - 1) * log_ratio - ops.exp(k * log_ratio)

    def cdf(self, value: Any) -> Any:
        return -ops.expm1(-((self._outcome(value) / self.scale) ** self.concentration))

    def icdf(self, value: Any) -> Any:
        return self.scale * (-ops.log1p(-value)) ** (1 / self.concentration)

    def entropy(self) -> Any:
        k = self.concentration
        return np.euler_gamma * (1 - 1 / k) + (self.scale / k).log() + 1


# ---------------------------------------------------------------- proportions


class Dirichlet(Parametric):
    """Dirichlet distribution, of K proportions x_i >= 0 with sum 1.

        p(x) = x_1^(a_1 - 1) ... x_K^(a_K - 1) / B(a),  a = concentration

    A sample of `rsample` is differentiable once, by implicit reparameterization.

    Parameters
    ----------
    concentration : Tensor, shape (*batch, K)
        The parameters a, greater than 0.
    validate_args : bool, optional
        Whether to check parameters and outcomes, and to raise ValueError for what is not allowed;
        by default they are checked.

    Raises
    ------
    ValueError
        If `concentration` has no dimension.

    References
    ----------
    M. Figurnov, S. Mohamed and A. Mnih, "Implicit reparameterization gradients", NeurIPS 2018.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.distributions.Dirichlet(tg.tensor([1.0, 2.0, 5.0])).mean
    tensor([0.1250, 0.2500, 0.6250])
    """

    arg_constraints = {  # noqa: RUF012
        "concentration": constraints.independent(constraints.positive, 1)
    }
    support = constraints.simplex
    has_rsample = True
    concentration: Any

    def __init__(self, concentration: Any, validate_args: bool | None = None) -> None:
        if not getattr(concentration, "ndim", 0):
            what = "it needs a dimension, with one number for each proportion"
            raise ValueError(f"Dirichlet: concentration: {what}, not {concentration}")
        super().__init__(validate_args, 1, concentration=concentration)

    @property
    def mean(self) -> Any:
        return self.concentration / self.concentration.sum(-1, True)

    @property
    def mode(self) -> Any:
        """The mode; where all concentrations are below 1, the first corner, (1, 0, ..., 0)."""
        above = (self.concentration - 1).clamp(min=0)
        total = above.sum(-1, True)
        inside = above / ops.where(total > 0, total, 1.0)
        corner = np.zeros(tuple(self.concentration.shape))
        corner[..., 0] = 1
        all_below = (self.concentration.array < 1).all(-1, keepdims=True)
        return ops.where(all_below, corner.astype(self._dtype), inside)

    @property
    def variance(self) -> Any:
        total = self.concentration.sum(-1, True)
        return self.mean * (1 - self.mean) / (total + 1)

    def rsample(self, sample_shape: Sequence[int] = ()) -> Any:
        return dirichlet(self.concentration.expand(self._shape(sample_shape)))

    def _log_beta(self) -> Any:
        a = self.concentration
        return ops.lgamma(a).sum(-1) - ops.lgamma(a.sum(-1))

    def log_prob(self, value: Any) -> Any:
        x = self._outcome(value)
        return ops.xlogy(self.concentration - 1, x).sum(-1) - self._log_beta()

    def entropy(self) -> Any:
        a, total = self.concentration, self.concentration.sum(-1)
        slopes = ((a - 1) * ops.digamma(a)).sum(-1)
        return self._log_beta() - (a.shape[-1] - total) * ops.digamma(total) - slopes


class Beta(Parametric):
    """Beta distribution: p(x) = x^(a - 1) (1 - x)^(b - 1) / B(a, b) for 0 <= x <= 1.

    Parameters
    ----------
    concentration1 : float or Tensor
        The parameter a, greater than 0.
    concentration0 : float or Tensor, broadcastable with `concentration1`
        The parameter b, greater than 0.
    validate_args : bool, optional
        Whether to check parameters and outcomes, and to raise ValueError for what is not allowed;
        by default they are checked.

    References
    ----------
    M. Figurnov, S. Mohamed and A. Mnih, "Implicit reparameterization gradients", NeurIPS 2018.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.distributions.Beta(2.0, 2.0).log_prob(tg.tensor(0.5))
    tensor(0.4055)
    """

    arg_constraints = {  # noqa: RUF012
        "concentration1": constraints.positive,
        "concentration0": constraints.positive,
    }
    support = constraints.unit_interval
    has_rsample = True
    concentration1: Any
    concentration0: Any

    def __init__(
        self, concentration1: Any, concentration0: Any, validate_args: bool | None = None
    ) -> None:
        super().__init__(
            validate_args, concentration1=concentration1, concentration0=concentration0
        )

    def _dirichlet(self) -> Dirichlet:
        return Dirichlet(stack((self.concentration1, self.concentration0), -1), False)

    @property
    def mean(self) -> Any:
        return self.concentration1 / (self.concentration1 + self.concentration0)

    @property
    def mode(self) -> Any:
        return self._dirichlet().mode[..., 0]

    @property
    def variance(self) -> Any:
        total = self.concentration1 + self.concentration0
        return self.concentration1 * self.concentration0 / (total**2 * (total + 1))

    def rsample(self, sample_shape: Sequence[int] = ()) -> Any:
        return self._dirichlet().rsample(sample_shape)[..., 0]

    def log_prob(self, value: Any) -> Any:
        x = self._outcome(value)
        ends = stack((x, 1 - x), -1)
        return self._dirichlet().log_prob(ends)

    def entropy(self) -> Any:
        return self._dirichlet().entropy()
