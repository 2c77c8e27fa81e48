"""Kullback-Leibler divergences of distributions, by formulas for pairs of classes.

>>> import tinygrad_edu as tg
>>> d = tg.distributions
>>> d.kl_divergence(d.Normal(0.0, 1.0), d.Normal(1.0, 1.0))
tensor(0.5000)
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import ops
from .bounded import ContinuousBernoulli
from .counts import Bernoulli, Binomial, Geometric, Poisson
from .derived import Independent, TransformedDistribution
from .distribution import Distribution, sum_rightmost
from .line import Cauchy, Gumbel, HalfCauchy, HalfNormal, Laplace, Normal, Uniform, filled_like
from .matrices import LowRankMultivariateNormal
from .places import Categorical, Multinomial, OneHotCategorical
from .positives import Beta, Dirichlet, Exponential, Gamma, InverseGamma, Pareto
from .vectors import MultivariateNormal, whitened

__all__ = ["kl_divergence", "register_kl"]


def __dir__() -> list[str]:
    return __all__


Formula = Callable[[Any, Any], Any]
_FORMULAS: dict[tuple[type, type], Formula] = {}
EULER = float(np.euler_gamma)


def register_kl(type_p: type, type_q: type) -> Callable[[Formula], Formula]:
    """Register a function as the formula of `kl_divergence` for a pair of classes (a decorator).

    Parameters
    ----------
    type_p, type_q : type
        Classes of distributions; the formula serves their subclasses too.

    Returns
    -------
    callable
        A decorator of a function of (p, q) that returns the divergence.

    Raises
    ------
    TypeError
        If one of them is no class of distributions.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> d = tg.distributions
    >>> class Wide(d.Normal):
    ...     pass
    >>> @d.register_kl(Wide, d.Normal)
    ... def divergence(p, q):
    ...     return tg.tensor(0.25)
    >>> d.kl_divergence(Wide(0.0, 1.0), d.Normal(0.0, 1.0))
    tensor(0.2500)
    """
    for given in (type_p, type_q):
        if not (isinstance(given, type) and issubclass(given, Distribution)):
            raise TypeError(f"register_kl: it takes classes of distributions, not {given!r}")

    def register(formula: Formula) -> Formula:
        _FORMULAS[type_p, type_q] = formula
        return formula

    return register


def _formula(type_p: type, type_q: type) -> Formula | None:
    """The formula of the nearest classes of which these two are subclasses."""
    fits = [
        (type_p.__mro__.index(p) + type_q.__mro__.index(q), p, q)
        for p, q in _FORMULAS
        if issubclass(type_p, p) and issubclass(type_q, q)
    ]
    if not fits:
        return None
    _, p, q = min(fits, key=lambda fit: fit[0])
    return _FORMULAS[p, q]


def kl_divergence(p: Any, q: Any) -> Any:
    """Return the Kullback-Leibler divergence KL(p || q) = E[log p(x) - log q(x)], x drawn from p.

    It is at least 0, and 0 where they are equal.

    Parameters
    ----------
    p, q : Distribution
        The distributions, whose batch shapes broadcast.

    Returns
    -------
    Tensor, of the broadcast batch shape
        The divergence of each pair; infinite where p has outcomes that q does not have.

    Raises
    ------
    NotImplementedError
        If there is no formula for this pair of classes.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> d = tg.distributions
    >>> d.kl_divergence(d.Bernoulli(0.5), d.Bernoulli(0.5))
    tensor(0.)
    """
    formula = _formula(type(p), type(q))
    if formula is None:
        raise NotImplementedError(f"kl_divergence: there is no formula for {p!r} against {q!r}")
    return formula(p, q)


def _missing(p: Any, q: Any) -> NotImplementedError:
    return NotImplementedError(f"kl_divergence: there is no formula for {p!r} against {q!r}")


def _infinite(p: Any, q: Any) -> Any:
    return filled_like(p.mean, math.inf)


def _outside(finite: Any, outside: Any) -> Any:
    return ops.where(outside, math.inf, finite)


def _xlogx(x: Any) -> Any:
    """x log x; of negative x, where the divergence is infinite anyway, 0."""
    x = x.clamp(min=0)
    return ops.xlogy(x, x)


def _mean_log(p: Any) -> Any:
    """E[log x] for x uniform from low to high."""
    return (_xlogx(p.high) - _xlogx(p.low)) / (p.high - p.low) - 1


# ---------------------------------------------------------------- of one class


@register_kl(Normal, Normal)
def _normal(p: Any, q: Any) -> Any:
    ratio, z = (p.scale / q.scale) ** 2, (p.loc - q.loc) / q.scale
    return 0.5 * (ratio + z * z - 1 - ratio.log())


@register_kl(HalfNormal, HalfNormal)
@register_kl(HalfCauchy, HalfCauchy)
def _half(p: Any, q: Any) -> Any:
    """The divergence of the whole distributions, which are symmetric."""
    return kl_divergence(p.base_dist, q.base_dist)


@register_kl(Laplace, Laplace)
def _laplace(p: Any, q: Any) -> Any:
    ratio, distance = p.scale / q.scale, (p.loc - q.loc).abs()
    return -ratio.log() + distance / q.scale + ratio * ops.exp(-distance / p.scale) - 1


@register_kl(Cauchy, Cauchy)
def _cauchy(p: Any, q: Any) -> Any:
    squares = (p.scale + q.scale) ** 2 + (p.loc - q.loc) ** 2
    return squares.log() - (4 * p.scale * q.scale).log()


@register_kl(Gumbel, Gumbel)
def _gumbel(p: Any, q: Any) -> Any:
    ratio, distance = p.scale / q.scale, (p.loc - q.loc) / q.scale
    tail = ops.exp(ops.lgamma(1 + ratio) - distance)
    return -ratio.log() + distance + ratio * EULER + tail - (1 + EULER)


@register_kl(Uniform, Uniform)
def _uniform(p: Any, q: Any) -> Any:
    finite = ((q.high - q.low) / (p.high - p.low)).log()
    return _outside(finite, (q.low > p.low) | (q.high < p.high))


@register_kl(Exponential, Exponential)
def _exponential(p: Any, q: Any) -> Any:
    ratio = q.rate / p.rate
    return ratio - ratio.log() - 1


@register_kl(Gamma, Gamma)
@register_kl(InverseGamma, InverseGamma)
def _gamma(p: Any, q: Any) -> Any:
    a, b = p.concentration, q.concentration
    scales = b * (p.rate / q.rate).log() + (q.rate - p.rate) * (a / p.rate)
    return scales + ops.lgamma(b) - ops.lgamma(a) + (a - b) * ops.digamma(a)


@register_kl(Pareto, Pareto)
def _pareto(p: Any, q: Any) -> Any:
    ratio = q.alpha / p.alpha
    finite = q.alpha * (p.scale / q.scale).log() - ratio.log() + ratio - 1
    return _outside(finite, p.scale < q.scale)


@register_kl(Dirichlet, Dirichlet)
def _dirichlet(p: Any, q: Any) -> Any:
    a, b = p.concentration, q.concentration
    slopes = ops.digamma(a) - ops.digamma(a.sum(-1, True))
    return q._log_beta() - p._log_beta() + ((a - b) * slopes).sum(-1)


@register_kl(Beta, Beta)
def _beta(p: Any, q: Any) -> Any:
    return _dirichlet(p._dirichlet(), q._dirichlet())


@register_kl(LowRankMultivariateNormal, LowRankMultivariateNormal)
@register_kl(LowRankMultivariateNormal, MultivariateNormal)
@register_kl(MultivariateNormal, LowRankMultivariateNormal)
@register_kl(MultivariateNormal, MultivariateNormal)
def _multivariate_normal(p: Any, q: Any) -> Any:
    if p.event_shape != q.event_shape:
        shapes = f"{tuple(p.event_shape)} and {tuple(q.event_shape)}"
        raise ValueError(f"kl_divergence: the event shapes differ: {shapes}")
    n = p.event_shape[0]
    batch = np.broadcast_shapes(tuple(p.batch_shape), tuple(q.batch_shape))
    lower, other = (x._lower.expand((*batch, n, n)) for x in (q, p))
    spread = (whitened(lower, other) ** 2).sum((-2, -1))
    distance = (p.loc - q.loc).expand((*batch, n)).unsqueeze(-1)
    shift = (whitened(lower, distance) ** 2).sum((-2, -1))
    return q._log_det() - p._log_det() + 0.5 * (spread + shift - n)


@register_kl(ContinuousBernoulli, ContinuousBernoulli)
def _continuous_bernoulli(p: Any, q: Any) -> Any:
    own = p._log_norm() + ops.log1p(-p.probs)
    return p.mean * (p.logits - q.logits) + own - q._log_norm() - ops.log1p(-q.probs)


# ---------------------------------------------------------------- of one class, discrete


@register_kl(Bernoulli, Bernoulli)
def _bernoulli(p: Any, q: Any) -> Any:
    impossible = ((q.probs == 0) & (p.probs > 0)) | ((q.probs == 1) & (p.probs < 1))
    cross = ops.bce_with_logits(q.logits, p.probs)
    return _outside(cross - p.entropy(), impossible)


@register_kl(Binomial, Binomial)
def _binomial(p: Any, q: Any) -> Any:
    if np.any(p.total_count.array < q.total_count.array):
        what = "where p has fewer draws than q there is no formula"
        raise NotImplementedError(f"kl_divergence: {what}: {p!r}, {q!r}")
    finite = p.total_count * (p.probs * (p.logits - q.logits) + _log_rest(p) - _log_rest(q))
    return _outside(finite, p.total_count > q.total_count)


def _log_rest(p: Any) -> Any:
    """log(1 - p)."""
    return ops.logsigmoid(-p.logits)


@register_kl(Geometric, Geometric)
def _geometric(p: Any, q: Any) -> Any:
    return -p.entropy() - ops.log1p(-q.probs) / p.probs - q.logits


@register_kl(Poisson, Poisson)
def _poisson(p: Any, q: Any) -> Any:
    return p.rate * (p.rate.log() - q.rate.log()) - (p.rate - q.rate)


@register_kl(Categorical, Categorical)
def _categorical(p: Any, q: Any) -> Any:
    terms = _outside(p.probs * (p.logits - q.logits), q.probs == 0)
    return ops.where(p.probs == 0, 0, terms).sum(-1)


@register_kl(OneHotCategorical, OneHotCategorical)
def _one_hot(p: Any, q: Any) -> Any:
    return _categorical(p, q)


@register_kl(Multinomial, Categorical)
@register_kl(Categorical, Multinomial)
@register_kl(Categorical, OneHotCategorical)
@register_kl(OneHotCategorical, Categorical)
def _of_other_outcomes(p: Any, q: Any) -> Any:
    raise _missing(p, q)


# ---------------------------------------------------------------- made of others


@register_kl(TransformedDistribution, TransformedDistribution)
def _transformed(p: Any, q: Any) -> Any:
    if p.transforms != q.transforms or p.event_shape != q.event_shape:
        raise _missing(p, q)
    return kl_divergence(p.base_dist, q.base_dist)


@register_kl(Independent, Independent)
def _independent(p: Any, q: Any) -> Any:
    if p.reinterpreted_batch_ndims != q.reinterpreted_batch_ndims:
        raise _missing(p, q)
    return sum_rightmost(kl_divergence(p.base_dist, q.base_dist), p.reinterpreted_batch_ndims)


# ---------------------------------------------------------------- of two classes: -H(p) - E[log q]


@register_kl(Bernoulli, Poisson)
def _bernoulli_poisson(p: Any, q: Any) -> Any:
    return -p.entropy() - (p.probs * q.rate.log() - q.rate)


@register_kl(Beta, Exponential)
@register_kl(Gamma, Exponential)
@register_kl(Uniform, Exponential)
@register_kl(Pareto, Exponential)
@register_kl(ContinuousBernoulli, Exponential)
def _to_exponential(p: Any, q: Any) -> Any:
    finite = -p.entropy() - q.rate.log() + q.rate * p.mean
    return _outside(finite, p.low < 0) if isinstance(p, Uniform) else finite


@register_kl(Beta, Gamma)
@register_kl(Exponential, Gamma)
@register_kl(Uniform, Gamma)
@register_kl(Pareto, Gamma)
def _to_gamma(p: Any, q: Any) -> Any:
    if isinstance(p, Beta):
        total = p.concentration1 + p.concentration0
        mean_log = ops.digamma(p.concentration1) - ops.digamma(total)
    elif isinstance(p, Exponential):
        mean_log = -EULER - p.rate.log()
    else:
        mean_log = _mean_log(p) if isinstance(p, Uniform) else p.scale.log() + 1 / p.alpha
    a = q.concentration
    powers = ops.lgamma(a) - a * q.rate.log() - (a - 1) * mean_log
    finite = -p.entropy() + powers + q.rate * p.mean
    return _outside(finite, p.low < 0) if isinstance(p, Uniform) else finite


@register_kl(Beta, Normal)
@register_kl(Exponential, Normal)
@register_kl(Gamma, Normal)
@register_kl(Gumbel, Normal)
@register_kl(Laplace, Normal)
@register_kl(Pareto, Normal)
@register_kl(Uniform, Normal)
@register_kl(ContinuousBernoulli, Normal)
def _to_normal(p: Any, q: Any) -> Any:
    squares = p.variance + (p.mean - q.loc) ** 2
    cross = q.scale.log() + 0.5 * math.log(2 * math.pi) + squares / (2 * q.scale**2)
    return -p.entropy() + cross


@register_kl(Beta, Uniform)
@register_kl(ContinuousBernoulli, Uniform)
def _beta_uniform(p: Any, q: Any) -> Any:
    return _outside(-p.entropy() + q.entropy(), (q.low > 0) | (q.high < 1))


@register_kl(Exponential, Gumbel)
@register_kl(Gamma, Gumbel)
@register_kl(Normal, Gumbel)
@register_kl(Uniform, Gumbel)
def _to_gumbel(p: Any, q: Any) -> Any:
    """E[e^-z], z = (x - loc) / scale, is a value of the moment generating function of p."""
    t = -1 / q.scale
    if isinstance(p, Normal):
        moment = ops.exp(t * p.loc + (t * p.scale) ** 2 / 2)
    elif isinstance(p, Uniform):
        moment = (ops.exp(t * p.high) - ops.exp(t * p.low)) / (t * (p.high - p.low))
    else:
        a = p.concentration if isinstance(p, Gamma) else 1
        moment = (1 - t / p.rate) ** -a
    shift = ops.exp(q.loc / q.scale)
    return -p.entropy() + q.scale.log() + (p.mean - q.loc) / q.scale + shift * moment


@register_kl(Normal, Laplace)
def _normal_laplace(p: Any, q: Any) -> Any:
    """E|x - loc|, of a folded normal distribution."""
    distance = p.loc - q.loc
    z = distance / p.scale
    folded = math.sqrt(2 / math.pi) * p.scale * ops.exp(-0.5 * z * z)
    folded = folded + distance * ops.erf(math.sqrt(0.5) * z)
    return -p.entropy() + (2 * q.scale).log() + folded / q.scale


@register_kl(Uniform, Beta)
def _uniform_beta(p: Any, q: Any) -> Any:
    width = p.high - p.low
    log_rest = (_xlogx(1 - p.low) - _xlogx(1 - p.high)) / width - 1
    powers = (q.concentration1 - 1) * _mean_log(p) + (q.concentration0 - 1) * log_rest
    finite = -p.entropy() + q._dirichlet()._log_beta() - powers
    return _outside(finite, (p.high > 1) | (p.low < 0))


@register_kl(Beta, ContinuousBernoulli)
@register_kl(Uniform, ContinuousBernoulli)
def _to_continuous_bernoulli(p: Any, q: Any) -> Any:
    finite = -p.entropy() - p.mean * q.logits - ops.log1p(-q.probs) - q._log_norm()
    return _outside(finite, (p.high > 1) | (p.low < 0)) if isinstance(p, Uniform) else finite


@register_kl(Uniform, Pareto)
def _uniform_pareto(p: Any, q: Any) -> Any:
    powers = q.alpha.log() + q.alpha * q.scale.log() - (q.alpha + 1) * _mean_log(p)
    return _outside(-p.entropy() - powers, p.low < q.scale)


_REFUSED = {
    Beta: (Pareto,),
    ContinuousBernoulli: (Pareto,),
    Exponential: (Beta, ContinuousBernoulli, Pareto, Uniform),
    Gamma: (Beta, ContinuousBernoulli, Pareto, Uniform),
    Gumbel: (Beta, ContinuousBernoulli, Exponential, Gamma, Pareto, Uniform),
    Laplace: (Beta, ContinuousBernoulli, Exponential, Gamma, Pareto, Uniform),
    Normal: (Beta, ContinuousBernoulli, Exponential, Gamma, Pareto, Uniform),
    Pareto: (Beta, ContinuousBernoulli, Uniform),
    Poisson: (Bernoulli, Binomial),
}
for _p, _others in _REFUSED.items():  # p has outcomes that q does not have
    for _q in _others:
        register_kl(_p, _q)(_infinite)
