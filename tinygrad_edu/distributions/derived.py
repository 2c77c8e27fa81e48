"""Distributions made of others: independent, transformed and relaxed ones, and mixtures."""

import copy
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import ops
from ..engine.grad_mode import no_grad
from ..size import Size
from . import constraints
from .distribution import Chances, Distribution, clipped_uniform, log_odds, logs, sum_rightmost
from .line import Normal
from .places import Categorical
from .transforms import ComposeTransform, ExpTransform, SigmoidTransform, Transform

__all__ = ["Independent", "LogNormal", "MixtureSameFamily", "RelaxedBernoulli"]
__all__ += ["RelaxedOneHotCategorical", "TransformedDistribution"]


class Independent(Distribution):
    """Distribution whose last batch dimensions become dimensions of the outcome.

    Its log-probability is the sum of those of the base distribution over these dimensions.

    Parameters
    ----------
    base_distribution : Distribution
        The distribution.
    reinterpreted_batch_ndims : int
        How many of its last batch dimensions belong to the outcome.
    validate_args : bool, optional
        Whether to check outcomes, and to raise ValueError for what is not allowed; by default they
        are checked.

    Raises
    ------
    ValueError
        If the base distribution has fewer batch dimensions.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> normals = tg.distributions.Normal(tg.zeros(3, 2), 1.0)
    >>> vectors = tg.distributions.Independent(normals, 1)
    >>> vectors.batch_shape, vectors.event_shape
    (torch.Size([3]), torch.Size([2]))
    >>> vectors.log_prob(tg.zeros(3, 2)).shape
    torch.Size([3])
    """

    def __init__(
        self,
        base_distribution: Any,
        reinterpreted_batch_ndims: int,
        validate_args: bool | None = None,
    ) -> None:
        batch, count = base_distribution.batch_shape, reinterpreted_batch_ndims
        if not 0 <= count <= len(batch):
            what = f"there are {len(batch)} batch dimensions in {base_distribution!r}"
            raise ValueError(f"Independent: reinterpreted_batch_ndims is {count}, but {what}")
        self.base_dist, self.reinterpreted_batch_ndims = base_distribution, count
        cut = len(batch) - count
        event = (*batch[cut:], *base_distribution.event_shape)
        super().__init__(batch[:cut], event, validate_args)

    def expand(self, batch_shape: Sequence[int], _instance: Any = None) -> Any:
        inner = (*batch_shape, *self.event_shape[: self.reinterpreted_batch_ndims])
        new = copy.copy(self)
        new.base_dist, new._batch_shape = self.base_dist.expand(inner), Size(batch_shape)
        return new

    @property
    def has_rsample(self) -> Any:
        return self.base_dist.has_rsample

    @property
    def has_enumerate_support(self) -> Any:
        return not self.reinterpreted_batch_ndims and self.base_dist.has_enumerate_support

    @property
    def support(self) -> Any:
        count, support = self.reinterpreted_batch_ndims, self.base_dist.support
        return constraints.independent(support, count) if count else support

    @property
    def mean(self) -> Any:
        return self.base_dist.mean

    @property
    def mode(self) -> Any:
        return self.base_dist.mode

    @property
    def variance(self) -> Any:
        return self.base_dist.variance

    def sample(self, sample_shape: Sequence[int] = ()) -> Any:
        return self.base_dist.sample(sample_shape)

    def rsample(self, sample_shape: Sequence[int] = ()) -> Any:
        return self.base_dist.rsample(sample_shape)

    def log_prob(self, value: Any) -> Any:
        return sum_rightmost(self.base_dist.log_prob(value), self.reinterpreted_batch_ndims)

    def entropy(self) -> Any:
        return sum_rightmost(self.base_dist.entropy(), self.reinterpreted_batch_ndims)

    def enumerate_support(self, expand: bool = True) -> Any:
        if self.reinterpreted_batch_ndims:
            raise NotImplementedError("Independent: its outcomes cannot be enumerated")
        return self.base_dist.enumerate_support(expand)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.base_dist}, {self.reinterpreted_batch_ndims})"


# ---------------------------------------------------------------- transformed


class TransformedDistribution(Distribution):
    """Distribution of y = f(x), where x is of another: log p(y) = log p(x) - log |det dy/dx|.

    Parameters
    ----------
    base_distribution : Distribution
        The distribution of x.
    transforms : Transform or list of Transform
        The invertible function f, as one step or several, the first one first.
    validate_args : bool, optional
        Whether to check outcomes, and to raise ValueError for what is not allowed; by default they
        are checked.

    Raises
    ------
    ValueError
        If `transforms` is neither a Transform nor a list of them, or they need more dimensions than
        x has.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> d = tg.distributions
    >>> base, double = d.Normal(0.0, 1.0), d.transforms.AffineTransform(0.0, 2.0)
    >>> d.TransformedDistribution(base, [double]).log_prob(tg.tensor(0.0))
    tensor(-1.6121)
    """

    def __init__(
        self, base_distribution: Any, transforms: Any, validate_args: bool | None = None
    ) -> None:
        transforms = [transforms] if isinstance(transforms, Transform) else transforms
        if not isinstance(transforms, list) or not all(
            isinstance(t, Transform) for t in transforms
        ):
            raise ValueError(f"transforms must be a Transform or a list of them, not {transforms}")
        self.transforms, whole = transforms, ComposeTransform(transforms)
        base, dims = base_distribution, len(base_distribution.event_shape)
        shape = Size((*base.batch_shape, *base.event_shape))
        if len(shape) < whole.domain.event_dim:
            what = f"{whole.domain.event_dim} dimensions, but {base!r} has the shape {tuple(shape)}"
            raise ValueError(f"TransformedDistribution: the transforms need {what}")
        outer = whole.forward_shape(shape)
        inner = whole.inverse_shape(outer)
        if inner != shape:
            base = base.expand(inner[: len(inner) - dims])
        if whole.domain.event_dim > dims:
            base = Independent(base, whole.domain.event_dim - dims)
        self.base_dist = base
        more = whole.codomain.event_dim - whole.domain.event_dim
        cut = len(outer) - max(whole.codomain.event_dim, dims + more)
        super().__init__(outer[:cut], outer[cut:], validate_args)

    def expand(self, batch_shape: Sequence[int], _instance: Any = None) -> Any:
        whole = ComposeTransform(self.transforms)
        inner = whole.inverse_shape((*batch_shape, *self.event_shape))
        new = copy.copy(self)
        new.base_dist = self.base_dist.expand(inner[: len(inner) - len(self.base_dist.event_shape)])
        new._batch_shape = Size(batch_shape)
        return new

    @property
    def has_rsample(self) -> Any:
        return self.base_dist.has_rsample

    @property
    def support(self) -> Any:
        if not self.transforms:
            return self.base_dist.support
        support = self.transforms[-1].codomain
        extra = len(self.event_shape) - support.event_dim
        return constraints.independent(support, extra) if extra > 0 else support

    def sample(self, sample_shape: Sequence[int] = ()) -> Any:
        with no_grad():
            return ComposeTransform(self.transforms)(self.base_dist.sample(sample_shape))

    def rsample(self, sample_shape: Sequence[int] = ()) -> Any:
        return ComposeTransform(self.transforms)(self.base_dist.rsample(sample_shape))

    def log_prob(self, value: Any) -> Any:
        y, dims, total = self._outcome(value), len(self.event_shape), 0.0
        for transform in reversed(self.transforms):
            x = transform.inv(y)
            dims += transform.domain.event_dim - transform.codomain.event_dim
            slope = transform.log_abs_det_jacobian(x, y)
            total = total - sum_rightmost(slope, dims - transform.domain.event_dim)
            y = x
        inner = self.base_dist.log_prob(y)
        return total + sum_rightmost(inner, dims - len(self.base_dist.event_shape))

    def _turned(self, p: Any) -> Any:
        """A probability, or 1 - p where the transforms decrease."""
        sign = ComposeTransform(self.transforms).sign
        return p if isinstance(sign, int) and sign == 1 else sign * (p - 0.5) + 0.5

    def cdf(self, value: Any) -> Any:
        x = ComposeTransform(self.transforms).inv(self._outcome(value))
        return self._turned(self.base_dist.cdf(x))

    def icdf(self, value: Any) -> Any:
        return ComposeTransform(self.transforms)(self.base_dist.icdf(self._turned(value)))

    def __getattr__(self, name: str) -> Any:
        """The parameters of the base distribution, where a subclass names them its own."""
        if name in type(self).arg_constraints and "base_dist" in self.__dict__:
            return getattr(self.base_dist, name)
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")

    def __repr__(self) -> str:
        if not self.arg_constraints:
            return f"{type(self).__name__}()"
        return repr(self.base_dist).replace(type(self.base_dist).__name__, type(self).__name__, 1)


class LogNormal(TransformedDistribution):
    """Log-normal distribution, of e^z with z of Normal(loc, scale).

        p(x) = e^(-u^2 / 2) / (x scale sqrt(2 pi)) for x > 0,  u = (log x - loc) / scale

    Parameters
    ----------
    loc : float or Tensor
        The mean of z.
    scale : float or Tensor, broadcastable with `loc`
        The standard deviation of z, greater than 0.
    validate_args : bool, optional
        Whether to check parameters and outcomes, and to raise ValueError for what is not allowed;
        by default they are checked.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.distributions.LogNormal(0.0, 1.0).mean
    tensor(1.6487)
    """

    arg_constraints = {"loc": constraints.real, "scale": constraints.positive}  # noqa: RUF012

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        super().__init__(Normal(loc, scale, validate_args), ExpTransform(), validate_args)

    @property
    def mean(self) -> Any:
        return (self.loc + self.scale**2 / 2).exp()

    @property
    def mode(self) -> Any:
        return (self.loc - self.scale**2).exp()

    @property
    def variance(self) -> Any:
        squared = self.scale**2
        return ops.expm1(squared) * (2 * self.loc + squared).exp()

    def entropy(self) -> Any:
        return self.base_dist.entropy() + self.loc


# ---------------------------------------------------------------- relaxed


class LogitRelaxedBernoulli(Chances):
    """The logit of a RelaxedBernoulli sample: (logit p + logit u) / temperature, u uniform."""

    arg_constraints = {  # noqa: RUF012
        "probs": constraints.unit_interval,
        "logits": constraints.real,
    }
    support = constraints.real
    has_rsample = True
    _of_probs, _of_logits = staticmethod(log_odds), ops.sigmoid

    def __init__(
        self,
        temperature: Any,
        probs: Any = None,
        logits: Any = None,
        validate_args: bool | None = None,
    ) -> None:
        self.temperature = temperature
        super().__init__(probs, logits, validate_args)

    def rsample(self, sample_shape: Sequence[int] = ()) -> Any:
        u = clipped_uniform(self._shape(sample_shape), self._dtype)
        return (log_odds(u) + self.logits) / self.temperature

    def log_prob(self, value: Any) -> Any:
        distance = self.logits - self._outcome(value) * self.temperature
        return _log(self.temperature) + distance + 2 * ops.logsigmoid(-distance)


def _log(x: Any) -> Any:
    return ops.log(x) if hasattr(x, "array") else math.log(x)


class RelaxedBernoulli(TransformedDistribution):
    """Continuous relaxation of a Bernoulli distribution, to samples with gradients.

        x = sigmoid((logit p + logit u) / temperature)

    With u uniform in (0, 1), samples x lie between 0 and 1 and are differentiable in p; as the
    temperature goes to 0, they become those of Bernoulli(p).

    Parameters
    ----------
    temperature : float or Tensor
        The temperature, greater than 0.
    probs : float or Tensor, optional
        The probability p of 1, from 0 to 1.
    logits : float or Tensor, optional
        The log-odds log(p / (1 - p)), in place of `probs`.
    validate_args : bool, optional
        Whether to check parameters and outcomes, and to raise ValueError for what is not allowed;
        by default they are checked.

    References
    ----------
    C. J. Maddison, A. Mnih and Y. W. Teh, "The concrete distribution: a continuous relaxation of
    discrete random variables", ICLR 2017.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> logits = tg.zeros(3, requires_grad=True)
    >>> tg.distributions.RelaxedBernoulli(0.5, logits=logits).rsample().requires_grad
    True
    """

    arg_constraints = LogitRelaxedBernoulli.arg_constraints

    def __init__(
        self,
        temperature: Any,
        probs: Any = None,
        logits: Any = None,
        validate_args: bool | None = None,
    ) -> None:
        base = LogitRelaxedBernoulli(temperature, probs, logits, validate_args)
        super().__init__(base, SigmoidTransform(), validate_args)

    @property
    def temperature(self) -> Any:
        """The temperature: as it goes to 0, samples become 0 or 1."""
        return self.base_dist.temperature


class ExpRelaxedCategorical(Categorical):
    """The logarithm of a RelaxedOneHotCategorical sample."""

    support = constraints.real_vector
    has_rsample = True
    has_enumerate_support = False

    def __init__(
        self,
        temperature: Any,
        probs: Any = None,
        logits: Any = None,
        validate_args: bool | None = None,
    ) -> None:
        self.temperature = temperature
        super().__init__(probs, logits, validate_args)
        self._event_shape = Size((self._num_events,))

    def rsample(self, sample_shape: Sequence[int] = ()) -> Any:
        u = clipped_uniform(self._shape(sample_shape), self._dtype)
        log_u, _ = logs(u)
        scores = (self.logits - (-log_u).log()) / self.temperature
        return ops.log_softmax(scores, axis=-1)

    def sample(self, sample_shape: Sequence[int] = ()) -> Any:
        return self.rsample(sample_shape).detach()

    def log_prob(self, value: Any) -> Any:
        count = self._num_events
        scores = self.logits - self._outcome(value) * self.temperature
        scale = math.lgamma(count) + (count - 1) * _log(self.temperature)
        return ops.log_softmax(scores, axis=-1).sum(-1) + scale


class RelaxedOneHotCategorical(TransformedDistribution):
    """Continuous relaxation of a OneHotCategorical, to samples with gradients (Gumbel-softmax).

        x = softmax((log p + g) / temperature)

    With g of Gumbel(0, 1), samples x are vectors of K proportions with sum 1, differentiable in p;
    as the temperature goes to 0, they become one-hot vectors.

    Parameters
    ----------
    temperature : float or Tensor
        The temperature, greater than 0.
    probs : Tensor, shape (*batch, K), optional
        The probabilities, or any weights >= 0: they are divided by their sum.
    logits : Tensor, shape (*batch, K), optional
        The logarithms of the probabilities up to a constant, in place of `probs`.
    validate_args : bool, optional
        Whether to check parameters and outcomes, and to raise ValueError for what is not allowed;
        by default they are checked.

    References
    ----------
    C. J. Maddison, A. Mnih and Y. W. Teh, "The concrete distribution: a continuous relaxation of
    discrete random variables", ICLR 2017.

    E. Jang, S. Gu and B. Poole, "Categorical reparameterization with Gumbel-softmax", ICLR 2017.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> relaxed = tg.distributions.RelaxedOneHotCategorical(0.5, logits=tg.zeros(3))
    >>> relaxed.rsample().sum().round(decimals=3)
    tensor(1.)
    """

    arg_constraints = Categorical.arg_constraints

    def __init__(
        self,
        temperature: Any,
        probs: Any = None,
        logits: Any = None,
        validate_args: bool | None = None,
    ) -> None:
        base = ExpRelaxedCategorical(temperature, probs, logits, validate_args)
        super().__init__(base, ExpTransform(), validate_args)

    @property
    def temperature(self) -> Any:
        """The temperature: as it goes to 0, samples become one-hot vectors."""
        return self.base_dist.temperature

    @property
    def support(self) -> Any:
        return constraints.simplex


# ---------------------------------------------------------------- mixtures


class MixtureSameFamily(Distribution):
    """Mixture of K distributions of one family: p(x) = sum_k w_k p_k(x).

    A sample is drawn from component k with probability w_k.

    Parameters
    ----------
    mixture_distribution : Categorical
        The distribution of k, with the weights w: of batch shape (*batch) and K classes.
    component_distribution : Distribution
        The components, of batch shape (*batch, K).
    validate_args : bool, optional
        Whether to check outcomes, and to raise ValueError for what is not allowed; by default they
        are checked.

    Raises
    ------
    ValueError
        If the shapes do not fit, or the mixture is not a Categorical.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> d = tg.distributions
    >>> weights = d.Categorical(tg.tensor([0.5, 0.5]))
    >>> mixture = d.MixtureSameFamily(weights, d.Normal(tg.tensor([-1.0, 3.0]), 1.0))
    >>> mixture.mean, mixture.variance
    (tensor(1.), tensor(5.))
    """

    def __init__(
        self,
        mixture_distribution: Any,
        component_distribution: Any,
        validate_args: bool | None = None,
    ) -> None:
        mixture, component = mixture_distribution, component_distribution
        is_categorical = isinstance(mixture, Categorical) and not mixture.event_shape
        if not is_categorical or not isinstance(component, Distribution):
            what = "it takes a Categorical and a Distribution"
            raise ValueError(f"MixtureSameFamily: {what}, not {mixture!r} and {component!r}")
        *batch, count = component.batch_shape or (None,)
        pairs = zip(reversed(mixture.batch_shape), reversed(batch), strict=False)
        fits = all(a == b or 1 in (a, b) for a, b in pairs)
        if count != mixture._num_events or not fits:
            what = f"the components have the batch shape {tuple(component.batch_shape)}"
            given = tuple(mixture.param_shape)
            raise ValueError(f"MixtureSameFamily: {what}, but the weights the shape {given}")
        self._mixture_distribution, self._component_distribution = mixture, component
        super().__init__(batch, component.event_shape, validate_args)

    def expand(self, batch_shape: Sequence[int], _instance: Any = None) -> Any:
        new = copy.copy(self)
        count = self._mixture_distribution._num_events
        new._component_distribution = self._component_distribution.expand((*batch_shape, count))
        new._mixture_distribution = self._mixture_distribution.expand(batch_shape)
        new._batch_shape = Size(batch_shape)
        return new

    @property
    def mixture_distribution(self) -> Any:
        """The distribution of the component."""
        return self._mixture_distribution

    @property
    def component_distribution(self) -> Any:
        """The components."""
        return self._component_distribution

    @property
    def support(self) -> Any:
        return _support_of(self)

    def _weights(self) -> Any:
        """The weights, with 1 for each event dimension."""
        probs = self.mixture_distribution.probs
        return probs.reshape((*probs.shape, *[1] * len(self.event_shape)))

    def _padded(self, x: Any) -> Any:
        """x with a dimension for the components, before its event dimensions."""
        return x.unsqueeze(-1 - len(self.event_shape))

    def _over_components(self, x: Any) -> Any:
        return (self._weights() * x).sum(-1 - len(self.event_shape))

    @property
    def mean(self) -> Any:
        return self._over_components(self.component_distribution.mean)

    @property
    def variance(self) -> Any:
        component = self.component_distribution
        within = self._over_components(component.variance)
        between = self._over_components((component.mean - self._padded(self.mean)) ** 2)
        return within + between

    def cdf(self, x: Any) -> Any:
        parts = self.component_distribution.cdf(self._padded(x))
        return (parts * self.mixture_distribution.probs).sum(-1)

    def log_prob(self, x: Any) -> Any:
        parts = self.component_distribution.log_prob(self._padded(self._outcome(x)))
        return (parts + self.mixture_distribution.logits).logsumexp(-1)

    def sample(self, sample_shape: Sequence[int] = ()) -> Any:
        places = self.mixture_distribution.expand(self.batch_shape).sample(sample_shape)
        drawn = self.component_distribution.sample(sample_shape)
        axis, dims = len(sample_shape) + len(self.batch_shape), len(self.event_shape)
        index = places.reshape((*places.shape, 1, *[1] * dims))
        index = index.expand((*places.shape, 1, *self.event_shape))
        return ops.take_along_axis(drawn, index, axis=axis).squeeze(axis)

    def __repr__(self) -> str:
        shown = f"{self.mixture_distribution}, {self.component_distribution}"
        return f"MixtureSameFamily({shown})"


def _support_of(mixture: Any) -> Any:
    """Outcomes that are possible for each component."""
    inner = mixture.component_distribution.support

    def holds(x: Any) -> Any:
        axis = x.ndim - len(mixture.event_shape)
        found: Any = inner.check(np.expand_dims(x, axis)).array
        return found.all(axis) if found.ndim > axis else found

    return constraints.Constraint(inner.words, holds, inner.event_dim, inner.is_discrete)
