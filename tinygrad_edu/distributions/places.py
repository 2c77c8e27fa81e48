"""Distributions of classes: Categorical, the same as one-hot vectors, and Multinomial."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import ops
from ..creation import arange, eye
from ..functions import sampling
from ..rng import numpy_generator
from ..size import Size
from ..tensor import Tensor
from . import constraints
from .counts import _outcomes
from .distribution import Chances, logs, times_log
from .line import filled_like

__all__ = ["Categorical", "Multinomial", "OneHotCategorical", "OneHotCategoricalStraightThrough"]

_WEIGHTS = constraints.Constraint(
    "at least 0, not all 0", lambda x: (x >= 0).all(-1) & (x.sum(-1) > 0), event_dim=1
)


def _log_probs(probs: Any) -> Any:
    return logs(probs)[0]


class Categorical(Chances):
    """Categorical distribution of the classes 0 to K - 1: P(i) = probs[..., i].

    Its entropy is -sum_i p_i log p_i.

    Parameters
    ----------
    probs : Tensor, shape (*batch, K), optional
        The probabilities, or any weights >= 0: they are divided by their sum.
    logits : Tensor, shape (*batch, K), optional
        The logarithms of the probabilities up to a constant, in place of `probs`.
    validate_args : bool, optional
        Whether to check parameters and outcomes, and to raise ValueError for what is not allowed;
        by default they are checked.

    Raises
    ------
    ValueError
        If not exactly one of `probs` and `logits` is given, or it has no dimension.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> policy = tg.distributions.Categorical(logits=tg.tensor([0.0, 0.0]))
    >>> policy.log_prob(tg.tensor(1))
    tensor(-0.6931)
    """

    arg_constraints = {"probs": _WEIGHTS, "logits": constraints.real_vector}  # noqa: RUF012
    has_enumerate_support = True
    _of_probs, _of_logits = (
        staticmethod(_log_probs),
        staticmethod(lambda x: ops.softmax(x, axis=-1)),
    )

    def __init__(
        self, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        given = logits if probs is None else probs
        if given is not None and not getattr(given, "ndim", 0):
            what = "it needs a dimension, with one number for each class"
            raise ValueError(f"{type(self).__name__}: {what}, not {given}")
        super().__init__(probs, logits, validate_args, 1)
        self._event_shape = Size()

    def _scaled_probs(self, probs: Any) -> Any:
        return probs / probs.sum(-1, True)

    def _scaled_logits(self, logits: Any) -> Any:
        return ops.log_softmax(logits, axis=-1)

    @property
    def _num_events(self) -> int:
        return int(self.param_shape[-1])

    @property
    def support(self) -> Any:
        return constraints.integer_interval(0, self._num_events - 1)

    @property
    def mean(self) -> Any:
        return filled_like(self.probs[..., 0], math.nan)

    @property
    def mode(self) -> Any:
        return self.probs.argmax(-1)

    @property
    def variance(self) -> Any:
        return self.mean

    def sample(self, sample_shape: Sequence[int] = ()) -> Any:
        rows = self.probs.detach().reshape(-1, self._num_events)
        drawn = sampling.multinomial(rows, math.prod(sample_shape), replacement=True)
        return drawn.t().reshape((*sample_shape, *self.batch_shape))

    def log_prob(self, value: Any) -> Any:
        return self._logit_at(self._outcome(value).long())

    def _logit_at(self, places: Any) -> Any:
        shape = np.broadcast_shapes(places.shape, self.batch_shape)
        table = self.logits.expand((*shape, self._num_events))
        index = places.expand(shape).unsqueeze(-1)
        return ops.take_along_axis(table, index, axis=-1).squeeze(-1)

    def entropy(self) -> Any:
        return -times_log(self.probs, self.logits).sum(-1)

    def enumerate_support(self, expand: bool = True) -> Any:
        return _outcomes(arange(self._num_events), self.batch_shape, expand)


class OneHotCategorical(Categorical):
    """Categorical distribution of one-hot vectors: P(x) = probs[..., i] for x with its 1 at i.

    Parameters
    ----------
    probs : Tensor, shape (*batch, K), optional
        The probabilities, or any weights >= 0: they are divided by their sum.
    logits : Tensor, shape (*batch, K), optional
        The logarithms of the probabilities up to a constant, in place of `probs`.
    validate_args : bool, optional
        Whether to check parameters and outcomes, and to raise ValueError for what is not allowed;
        by default they are checked.

    Raises
    ------
    ValueError
        If not exactly one of `probs` and `logits` is given, or it has no dimension.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> hot = tg.distributions.OneHotCategorical(tg.tensor([0.25, 0.75]))
    >>> hot.log_prob(tg.tensor([0.0, 1.0]))
    tensor(-0.2877)
    """

    support = constraints.one_hot

    def __init__(
        self, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        super().__init__(probs, logits, validate_args)
        self._event_shape = Size((self._num_events,))

    def _one_hot(self, places: Any) -> Any:
        return eye(self._num_events, dtype=self._dtype)[places]

    @property
    def mean(self) -> Any:
        return self.probs

    @property
    def mode(self) -> Any:
        return self._one_hot(self.probs.argmax(-1))

    @property
    def variance(self) -> Any:
        return self.probs * (1 - self.probs)

    def sample(self, sample_shape: Sequence[int] = ()) -> Any:
        return self._one_hot(super().sample(sample_shape))

    def log_prob(self, value: Any) -> Any:
        return self._logit_at(self._outcome(value).argmax(-1))

    def enumerate_support(self, expand: bool = True) -> Any:
        n = self._num_events
        vectors = eye(n, dtype=self._dtype).reshape(n, *[1] * len(self.batch_shape), n)
        return vectors.expand(n, *self.batch_shape, n) if expand else vectors


class OneHotCategoricalStraightThrough(OneHotCategorical):
    """OneHotCategorical whose samples pass their gradient straight through to `probs`.

    A sample of `rsample` is one-hot in value, and has the derivative of `probs`: an estimate of the
    gradient, which is biased.

    Parameters
    ----------
    probs : Tensor, shape (*batch, K), optional
        The probabilities, or any weights >= 0: they are divided by their sum.
    logits : Tensor, shape (*batch, K), optional
        The logarithms of the probabilities up to a constant, in place of `probs`.
    validate_args : bool, optional
        Whether to check parameters and outcomes, and to raise ValueError for what is not allowed;
        by default they are checked.

    References
    ----------
    Y. Bengio, N. Leonard and A. Courville, "Estimating or propagating gradients through stochastic
    neurons for conditional computation", arXiv:1308.3432, 2013.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> p = tg.tensor([0.25, 0.75], requires_grad=True)
    >>> drawn = tg.distributions.OneHotCategoricalStraightThrough(p).rsample()
    >>> drawn.requires_grad
    True
    """

    has_rsample = True

    def rsample(self, sample_shape: Sequence[int] = ()) -> Any:
        return self.sample(sample_shape) + (self.probs - self.probs.detach())


class Multinomial(Categorical):
    """Multinomial distribution: how often each of K classes occurs in `total_count` draws.

        P(x) = n! / (x_1! ... x_K!) p_1^x_1 ... p_K^x_K,  n = total_count = x_1 + ... + x_K

    Parameters
    ----------
    total_count : int, default 1
        The number n of draws, at least 0.
    probs : Tensor, shape (*batch, K), optional
        The probabilities, or any weights >= 0: they are divided by their sum.
    logits : Tensor, shape (*batch, K), optional
        The logarithms of the probabilities up to a constant, in place of `probs`.
    validate_args : bool, optional
        Whether to check parameters and outcomes, and to raise ValueError for what is not allowed;
        by default they are checked.

    Raises
    ------
    ValueError
        If not exactly one of `probs` and `logits` is given, it has no dimension, or `total_count`
        is not an int >= 0.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.distributions.Multinomial(6, probs=tg.ones(3)).mean
    tensor([2., 2., 2.])
    """

    has_enumerate_support = False

    def __init__(
        self,
        total_count: int = 1,
        probs: Any = None,
        logits: Any = None,
        validate_args: bool | None = None,
    ) -> None:
        if not isinstance(total_count, int) or total_count < 0:
            raise ValueError(f"Multinomial: total_count is an int >= 0, not {total_count!r}")
        super().__init__(probs, logits, validate_args)
        self.total_count, self._event_shape = total_count, Size((self._num_events,))
        if self._validate_args:
            self._check("probs", self.probs, _WEIGHTS)

    @property
    def support(self) -> Any:
        return constraints.multinomial(self.total_count)

    def _words(self) -> str:
        return f"{self._num_events} counts that sum to {self.total_count}"

    @property
    def mean(self) -> Any:
        return self.total_count * self.probs

    @property
    def mode(self) -> Any:
        raise NotImplementedError("Multinomial has no formula for its mode")

    @property
    def variance(self) -> Any:
        return self.total_count * self.probs * (1 - self.probs)

    def sample(self, sample_shape: Sequence[int] = ()) -> Any:
        p, size = self.probs.array.astype(np.float64), (*sample_shape, *self.batch_shape)
        counts = numpy_generator().multinomial(self.total_count, p / p.sum(-1, keepdims=True), size)
        return Tensor(counts.astype(self._dtype))

    def log_prob(self, value: Any) -> Any:
        x = self._outcome(value)
        powers = times_log(x, self.logits) - ops.lgamma(x + 1)
        return ops.lgamma(x.sum(-1) + 1) + powers.sum(-1)

    def entropy(self) -> Any:
        # -log n! + sum_i (E[log x_i!] - n p_i log p_i), x_i being binomial
        n, probs = self.total_count, self.probs
        k = arange(n + 1, dtype=probs.dtype).reshape(-1, *[1] * probs.ndim)
        (log_p, log_rest), log_factorial = logs(probs), ops.lgamma(k + 1)
        log_binomial = math.lgamma(n + 1) - log_factorial - ops.lgamma(n - k + 1)
        chances = (log_binomial + k * log_p + (n - k) * log_rest).exp()
        repeats = (chances * log_factorial).sum((0, -1))
        return n * super().entropy() - math.lgamma(n + 1) + repeats

    def enumerate_support(self, expand: bool = True) -> Any:
        raise NotImplementedError("Multinomial: its outcomes cannot be enumerated")
