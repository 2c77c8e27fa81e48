"""Distributions of bounded outcomes: between 0 and 1, on a circle, of proportions."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import ops
from ..creation import as_tensor
from ..dtypes import finfo, result_type
from ..functions.shape import broadcast_tensors
from ..random import rand
from ..rng import numpy_generator
from ..special import i0e, i1e
from ..tensor import Tensor
from . import constraints
from .derived import TransformedDistribution
from .distribution import Chances, Distribution, Parametric, log_odds
from .line import Normal, Uniform
from .transforms import AffineTransform, PowerTransform, StickBreakingTransform

__all__ = ["ContinuousBernoulli", "Kumaraswamy", "LogisticNormal", "VonMises"]

EULER = float(np.euler_gamma)


def _clamped(probs: Any) -> Any:
    eps = finfo(probs.dtype).eps
    return probs.clamp(eps, 1 - eps)


class ContinuousBernoulli(Chances):
    """Continuous Bernoulli distribution: p(x) = C p^x (1 - p)^(1 - x) for x between 0 and 1.

        C = 2 atanh(1 - 2p) / (1 - 2p), and 2 for p = 1/2

    Parameters
    ----------
    probs : float or Tensor, optional
        The parameter p, from 0 to 1.
    logits : float or Tensor, optional
        The log-odds log(p / (1 - p)), in place of `probs`.
    lims : tuple of float, default (0.499, 0.501)
        Where p lies between these, power series in p - 1/2 take the place of the formulas.
    validate_args : bool, optional
        Whether to check parameters and outcomes, and to raise ValueError for what is not allowed;
        by default they are checked.

    References
    ----------
    G. Loaiza-Ganem and J. P. Cunningham, "The continuous Bernoulli: fixing a pervasive error in
    variational autoencoders", NeurIPS 2019.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> pixels = tg.distributions.ContinuousBernoulli(tg.tensor([0.2, 0.5]))
    >>> pixels.log_prob(tg.tensor(0.3)), pixels.mean
    (tensor([0.1984, 0.0000]), tensor([0.3880, 0.5000]))
    """

    arg_constraints = {  # noqa: RUF012
        "probs": constraints.unit_interval,
        "logits": constraints.real,
    }
    support = constraints.unit_interval
    has_rsample = True
    _of_probs = staticmethod(log_odds)

    def __init__(
        self,
        probs: Any = None,
        logits: Any = None,
        lims: tuple[float, float] = (0.499, 0.501),
        validate_args: bool | None = None,
    ) -> None:
        self._lims = lims
        super().__init__(probs, logits, validate_args)

    @staticmethod
    def _of_logits(logits: Any) -> Any:
        return _clamped(ops.sigmoid(logits))

    def _scaled_probs(self, probs: Any) -> Any:
        return _clamped(probs)

    def _either(self, formula: Any, series: Any) -> Any:
        """`formula` of p, or near p = 1/2, where it is 0 / 0, `series` of p - 1/2."""
        p, (low, high) = self.probs, self._lims
        far = (p <= low) | (p > high)
        return ops.where(far, formula(ops.where(far, p, low)), series(p - 0.5))

    def _log_norm(self) -> Any:
        """log C."""
        return self._either(
            lambda p: log_odds(p).abs().log() - (1 - 2 * p).abs().log(),
            lambda d: math.log(2) + (4 / 3 + 104 / 45 * d**2) * d**2,
        )

    @property
    def mean(self) -> Any:
        return self._either(
            lambda p: p / (2 * p - 1) - 1 / log_odds(p),
            lambda d: 0.5 + (1 / 3 + 16 / 45 * d**2) * d,
        )

    @property
    def variance(self) -> Any:
        return self._either(
            lambda p: p * (p - 1) / (1 - 2 * p) ** 2 + 1 / log_odds(p) ** 2,
            lambda d: 1 / 12 - (1 / 15 - 128 / 945 * d**2) * d**2,
        )

    def rsample(self, sample_shape: Sequence[int] = ()) -> Any:
        return self.icdf(rand(self._shape(sample_shape), dtype=self._dtype))

    def log_prob(self, value: Any) -> Any:
        return self._log_norm() - ops.bce_with_logits(self.logits, self._outcome(value))

    def cdf(self, value: Any) -> Any:
        x = self._outcome(value)
        inside = self._either(
            lambda p: (p**x * (1 - p) ** (1 - x) + p - 1) / (2 * p - 1), lambda d: x + 0 * d
        )
        return ops.where(x <= 0, 0.0, ops.where(x >= 1, 1.0, inside))

    def icdf(self, value: Any) -> Any:
        return self._either(
            lambda p: (ops.log1p(-p + value * (2 * p - 1)) - ops.log1p(-p)) / log_odds(p),
            lambda d: value + 0 * d,
        )

    def entropy(self) -> Any:
        log_rest = ops.log1p(-self.probs)
        return self.mean * (log_rest - self.probs.log()) - self._log_norm() - log_rest


class Kumaraswamy(TransformedDistribution):
    """Kumaraswamy distribution, of (1 - u^(1/b))^(1/a) with u uniform from 0 to 1.

        p(x) = a b x^(a - 1) (1 - x^a)^(b - 1) for x between 0 and 1

    Parameters
    ----------
    concentration1 : float or Tensor
        The exponent a, greater than 0.
    concentration0 : float or Tensor, broadcastable with `concentration1`
        The exponent b, greater than 0.
    validate_args : bool, optional
        Whether to check parameters and outcomes, and to raise ValueError for what is not allowed;
        by default they are checked.

    References
    ----------
    P. Kumaraswamy, "A generalized probability density function for double-bounded random
    processes", Journal of Hydrology 46, 1980.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.distributions.Kumaraswamy(2.0, 1.0).log_prob(tg.tensor(0.5))
    tensor(0.)
    """

    arg_constraints = {  # noqa: RUF012
        "concentration1": constraints.positive,
        "concentration0": constraints.positive,
    }
    support = constraints.unit_interval
    concentration1: Any
    concentration0: Any

    def __init__(
        self, concentration1: Any, concentration0: Any, validate_args: bool | None = None
    ) -> None:
        given = (concentration1, concentration0)
        dtype = result_type(1.0, *[x for x in given if hasattr(x, "dtype")])
        a, b = broadcast_tensors(*[as_tensor(x, dtype) for x in given])
        self.concentration1, self.concentration0 = a, b
        if self._validate_args if validate_args is None else validate_args:
            for name, constraint in self.arg_constraints.items():
                self._check(name, self.__dict__[name], constraint)
        base = Uniform(0 * a.detach(), 0 * a.detach() + 1, validate_args)
        steps = [PowerTransform(1 / b), AffineTransform(1.0, -1.0), PowerTransform(1 / a)]
        super().__init__(base, steps, validate_args)

    def expand(self, batch_shape: Sequence[int], _instance: Any = None) -> Any:
        new = super().expand(batch_shape)
        new.concentration1 = self.concentration1.expand(batch_shape)
        new.concentration0 = self.concentration0.expand(batch_shape)
        return new

    __repr__ = Distribution.__repr__

    def _moment(self, n: int) -> Any:
        """E[x^n] = b B(1 + n / a, b)."""
        a, b = 1 + n / self.concentration1, self.concentration0
        return b * ops.exp(ops.lgamma(a) + ops.lgamma(b) - ops.lgamma(a + b))

    @property
    def mean(self) -> Any:
        return self._moment(1)

    @property
    def mode(self) -> Any:
        """((a - 1) / (a b - 1))^(1/a); NaN where a or b is less than 1, or both are 1."""
        a, b = self.concentration1, self.concentration0
        inside = (a >= 1) & (b >= 1) & (a * b > 1)
        ratio = (a - 1) / ops.where(inside, a * b - 1, 1.0)
        return ops.where(inside, ops.where(inside, ratio, 1.0) ** (1 / a), math.nan)

    @property
    def variance(self) -> Any:
        return self._moment(2) - self.mean**2

    def entropy(self) -> Any:
        a, b = self.concentration1, self.concentration0
        return 1 - 1 / b + (1 - 1 / a) * (ops.digamma(b + 1) + EULER) - a.log() - b.log()


class LogisticNormal(TransformedDistribution):
    """Logistic-normal distribution of n + 1 proportions with sum 1: stick-breaking of n normals.

    Parameters
    ----------
    loc : float or Tensor, shape (*batch, n)
        The means of the normal distributions.
    scale : float or Tensor, broadcastable with `loc`
        Their standard deviations, greater than 0.
    validate_args : bool, optional
        Whether to check parameters and outcomes, and to raise ValueError for what is not allowed;
        by default they are checked.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> shares = tg.distributions.LogisticNormal(tg.zeros(3), tg.ones(3))
    >>> shares.event_shape, shares.sample().sum().round(decimals=3)
    (torch.Size([4]), tensor(1.))
    """

    arg_constraints = {"loc": constraints.real, "scale": constraints.positive}  # noqa: RUF012
    support = constraints.simplex

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        base = Normal(loc, scale, validate_args)
        base = base if base.batch_shape else base.expand((1,))
        super().__init__(base, StickBreakingTransform(), validate_args)

    def __getattr__(self, name: str) -> Any:
        """The mean and the standard deviation of the normal distributions."""
        if name in ("loc", "scale") and "base_dist" in self.__dict__:
            return getattr(self.base_dist.base_dist, name)
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class VonMises(Parametric):
    """Von Mises distribution of angles: p(x) = e^(k cos(x - loc)) / (2 pi I0(k)).

    Parameters
    ----------
    loc : float or Tensor
        The mean angle, in radians.
    concentration : float or Tensor, broadcastable with `loc`
        The concentration k, greater than 0: near loc, the distribution is like Normal(loc,
        k^(-1/2)).
    validate_args : bool, optional
        Whether to check parameters and outcomes, and to raise ValueError for what is not allowed;
        by default they are checked.

    Notes
    -----
    `variance` is the circular one, 1 - I1(k) / I0(k).  Samples lie from -pi to pi and have no
    gradient.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> wind = tg.distributions.VonMises(0.0, 4.0)
    >>> wind.log_prob(tg.tensor([0.0, 3.0]))
    tensor([-0.2628, -8.2228])
    """

    arg_constraints = {  # noqa: RUF012
        "loc": constraints.real,
        "concentration": constraints.positive,
    }
    support = constraints.real
    loc: Any
    concentration: Any

    def __init__(self, loc: Any, concentration: Any, validate_args: bool | None = None) -> None:
        super().__init__(validate_args, loc=loc, concentration=concentration)

    @property
    def mean(self) -> Any:
        return self.loc

    @property
    def mode(self) -> Any:
        return self.loc

    @property
    def variance(self) -> Any:
        return 1 - i1e(self.concentration) / i0e(self.concentration)

    def sample(self, sample_shape: Sequence[int] = ()) -> Any:
        mean, k = (x.array.astype(np.float64) for x in (self.loc, self.concentration))
        drawn = numpy_generator().vonmises(0.0, k, self._shape(sample_shape)) + mean
        around = np.remainder(drawn + math.pi, 2 * math.pi) - math.pi
        return Tensor(np.asarray(around, self._dtype))

    def log_prob(self, value: Any) -> Any:
        k = self.concentration
        near = k * (ops.cos(self._outcome(value) - self.loc) - 1)
        return near - math.log(2 * math.pi) - i0e(k).log()
