"""Distributions of places among several: Categorical, one-hot vectors, Multinomial."""

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
    """The place i with probability probs[..., i].

    Parameters
    ----------
    probs : Tensor, shape (*batch, places), optional
        Probabilities, or any weights >= 0: they are divided by their sum.
    logits : Tensor, shape (*batch, places), optional
        The logarithms of the probabilities up to a constant, in place of `probs`.
    validate_args : bool, optional
        Whether parameters and outcomes are tested.  By default they are.

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
            what = "it needs a dimension, with one number for each place"
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
        """Return log probs[..., value]."""
        return self._logit_at(self._outcome(value).long())

    def _logit_at(self, places: Any) -> Any:
        shape = np.broadcast_shapes(places.shape, self.batch_shape)
        table = self.logits.expand((*shape, self._num_events))
        index = places.expand(shape).unsqueeze(-1)
        return ops.take_along_axis(table, index, axis=-1).squeeze(-1)

    def entropy(self) -> Any:
        """Return -sum_i p_i log p_i."""
        return -times_log(self.probs, self.logits).sum(-1)

    def enumerate_support(self, expand: bool = True) -> Any:
        return _outcomes(arange(self._num_events), self.batch_shape, expand)


class OneHotCategorical(Categorical):
    """A vector with 1 at the place i, and 0 elsewhere, with probability probs[..., i].

    Parameters
    ----------
    probs : Tensor, shape (*batch, places), optional
        Probabilities, or any weights >= 0: they are divided by their sum.
    logits : Tensor, shape (*batch, places), optional
        The logarithms of the probabilities up to a constant, in place of `probs`.
    validate_args : bool, optional
        Whether parameters and outcomes are tested.  By default they are.

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
        """Return log probs[..., i], where i is the place of the 1."""
        return self._logit_at(self._outcome(value).argmax(-1))

    def enumerate_support(self, expand: bool = True) -> Any:
        n = self._num_events
        vectors = eye(n, dtype=self._dtype).reshape(n, *[1] * len(self.batch_shape), n)
        return vectors.expand(n, *self.batch_shape, n) if expand else vectors


class OneHotCategoricalStraightThrough(OneHotCategorical):
    """A OneHotCategorical whose samples have the gradient of `probs` (straight through).

    Parameters
    ----------
    probs, logits, validate_args
        As in `OneHotCategorical`.

    References
    ----------
    Bengio, Leonard and Courville, "Estimating or propagating gradients through stochastic
    neurons for conditional computation", 2013.

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
    """How often each place occurs in `total_count` draws of a Categorical.

    Parameters
    ----------
    total_count : int, default 1
        The number of draws.
    probs : Tensor, shape (*batch, places), optional
        Probabilities, or any weights >= 0: they are divided by their sum.
    logits : Tensor, shape (*batch, places), optional
        The logarithms of the probabilities up to a constant, in place of `probs`.
    validate_args : bool, optional
        Whether parameters and outcomes are tested.  By default they are.

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
        """Return log(n! / (x_1! x_2! ...)) + sum_i x_i log p_i."""
        x = self._outcome(value)
        powers = times_log(x, self.logits) - ops.lgamma(x + 1)
        return ops.lgamma(x.sum(-1) + 1) + powers.sum(-1)

    def entropy(self) -> Any:
        """Return -log n! + sum_i (the expected log x_i! - n p_i log p_i), x_i being binomial."""
        n, probs = self.total_count, self.probs
        k = arange(n + 1, dtype=probs.dtype).reshape(-1, *[1] * probs.ndim)
        (log_p, log_rest), log_factorial = logs(probs), ops.lgamma(k + 1)
        log_binomial = math.lgamma(n + 1) - log_factorial - ops.lgamma(n - k + 1)
        chances = (log_binomial + k * log_p + (n - k) * log_rest).exp()
        repeats = (chances * log_factorial).sum((0, -1))
        return n * super().entropy() - math.lgamma(n + 1) + repeats

    def enumerate_support(self, expand: bool = True) -> Any:
        raise NotImplementedError("Multinomial: its outcomes cannot be listed")
