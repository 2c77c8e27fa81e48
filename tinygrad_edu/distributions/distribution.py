"""The base class of distributions: shapes, samples, checks of arguments, printing."""

import copy
import warnings
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from .. import ops
from ..creation import as_tensor
from ..dtypes import finfo, result_type
from ..engine.clock import caller_level
from ..size import Size, broadcast_shapes
from ..tensor import Tensor
from . import constraints
from .constraints import Constraint

__all__ = ["Distribution"]


class Distribution:
    """Base class of probability distributions.

    A distribution has a `batch_shape`, that of the independent distributions whose parameters are
    the elements of the broadcast parameters, and an `event_shape`, that of one outcome.  A sample
    has the shape (*sample_shape, *batch_shape, *event_shape); its log-probability has the shape
    (*sample_shape, *batch_shape).

    Parameters
    ----------
    batch_shape : Size, default ()
        The shape of the independent distributions.
    event_shape : Size, default ()
        The shape of one outcome.
    validate_args : bool, optional
        Whether to check parameters and outcomes, and to raise ValueError for what is not allowed;
        by default they are checked.

    Raises
    ------
    ValueError
        If a parameter does not fulfil its constraint in `arg_constraints`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> normals = tg.distributions.Normal(tg.zeros(3), 1.0)
    >>> isinstance(normals, tg.distributions.Distribution), normals.batch_shape
    (True, torch.Size([3]))
    >>> normals.sample((5,)).shape
    torch.Size([5, 3])
    """

    arg_constraints: ClassVar[dict[str, Constraint]] = {}
    support: Any = None
    has_rsample: Any = False
    has_enumerate_support: Any = False
    _validate_args = True

    def __init__(
        self,
        batch_shape: Sequence[int] = (),
        event_shape: Sequence[int] = (),
        validate_args: bool | None = None,
    ) -> None:
        self._batch_shape, self._event_shape = Size(batch_shape), Size(event_shape)
        if validate_args is not None:
            self._validate_args = validate_args
        if self._validate_args:
            for name, constraint in self.arg_constraints.items():
                if name in self.__dict__ and not constraints.is_dependent(constraint):
                    self._check(name, self.__dict__[name], constraint)

    @staticmethod
    def set_default_validate_args(value: bool) -> None:
        """Choose whether distributions made from now on check parameters and outcomes.

        Parameters
        ----------
        value : bool
            True to check, which is the default.

        Raises
        ------
        ValueError
            If the value is not a bool.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> tg.distributions.Distribution.set_default_validate_args(True)
        """
        if value not in (True, False):
            raise ValueError(f"set_default_validate_args: it takes True or False, not {value!r}")
        Distribution._validate_args = value

    def __repr__(self) -> str:
        given = {k: self.__dict__[k] for k in self.arg_constraints if k in self.__dict__}
        shown = {k: x.item() if x.numel() == 1 else tuple(x.shape) for k, x in given.items()}
        return f"{type(self).__name__}({', '.join(f'{k}: {x}' for k, x in shown.items())})"

    def _check(self, name: str, x: Any, constraint: Constraint) -> None:
        if not np.all(constraint.check(x).array):
            raise ValueError(f"{self!r}: {name} must be {constraint.words}, but it is {x}")

    def _validate_sample(self, value: Any) -> None:
        """Raise ValueError unless the value is a tensor of possible outcomes."""
        if not isinstance(value, Tensor):
            raise ValueError(f"{self!r}: the value must be a Tensor, not {value!r}")
        whole, event = (*self._batch_shape, *self._event_shape), len(self._event_shape)
        shape = tuple(value.shape)
        if event and shape[-event:] != tuple(self._event_shape):
            what = f"end with the event_shape {tuple(self._event_shape)}, but it is {shape}"
            hint = "" if self.support is None else f" ({self._words()})"
            raise ValueError(f"{self!r}: the shape of the value must {what}{hint}")
        for n, own in zip(reversed(shape), reversed(whole), strict=False):
            if n != own and 1 not in (n, own):
                raise ValueError(f"{self!r}: the value has the shape {shape}, which does not fit")
        if self.support is not None:
            self._check("the value", value, self.support)

    def _words(self) -> str:
        return str(self.support.words)

    def _outcome(self, value: Any) -> Any:
        """The value, checked if this distribution checks its outcomes."""
        if self._validate_args:
            self._validate_sample(value)
        return value

    def _shape(self, sample_shape: Any) -> tuple[int, ...]:
        return (*sample_shape, *self._batch_shape, *self._event_shape)

    def _extended_shape(self, sample_shape: Sequence[int] = ()) -> Size:
        """The shape of samples: (*sample_shape, *batch_shape, *event_shape)."""
        return Size(self._shape(sample_shape))

    # -------------------------------------------------------- shapes

    @property
    def batch_shape(self) -> Size:
        """The shape of the independent distributions."""
        return self._batch_shape

    @property
    def event_shape(self) -> Size:
        """The shape of one outcome."""
        return self._event_shape

    def expand(self, batch_shape: Sequence[int], _instance: Any = None) -> Any:
        """Return the distribution with its parameters expanded to a batch shape.

        Parameters
        ----------
        batch_shape : sequence of int
            The new batch shape, to which the present one broadcasts.

        Returns
        -------
        Distribution
            A distribution of the same class, which shares the memory of the parameters.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> tg.distributions.Normal(0.0, 1.0).expand((2, 3)).batch_shape
        torch.Size([2, 3])
        """
        raise NotImplementedError(f"{type(self).__name__}: expand() is not written for it")

    # -------------------------------------------------------- moments

    @property
    def mean(self) -> Any:
        """The expected value, of shape (*batch_shape, *event_shape)."""
        raise NotImplementedError(f"{type(self).__name__} has no formula for its mean")

    @property
    def mode(self) -> Any:
        """The outcome with the largest probability or density."""
        raise NotImplementedError(f"{type(self).__name__} has no formula for its mode")

    @property
    def variance(self) -> Any:
        """The variance of each element: the expected squared difference from the mean."""
        raise NotImplementedError(f"{type(self).__name__} has no formula for its variance")

    @property
    def stddev(self) -> Any:
        """The standard deviation: the square root of the variance."""
        return self.variance.sqrt()

    # -------------------------------------------------------- samples

    def sample(self, sample_shape: Sequence[int] = ()) -> Any:
        """Draw independent samples.

        Parameters
        ----------
        sample_shape : sequence of int, default ()
            The shape of the samples of each distribution in the batch.

        Returns
        -------
        Tensor, shape (*sample_shape, *batch_shape, *event_shape)
            The samples, which require no gradient.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> tg.distributions.Bernoulli(tg.tensor([0.0, 1.0])).sample((2,))
        tensor([[0., 1.],
                [0., 1.]])
        """
        return self.rsample(sample_shape).detach()

    def rsample(self, sample_shape: Sequence[int] = ()) -> Any:
        """Draw samples that are a differentiable function of the parameters (reparameterized).

        Parameters
        ----------
        sample_shape : sequence of int, default ()
            The shape of the samples of each distribution in the batch.

        Returns
        -------
        Tensor, shape (*sample_shape, *batch_shape, *event_shape)
            The samples, through which gradients flow to the parameters.

        Raises
        ------
        NotImplementedError
            If `has_rsample` is False, as for discrete outcomes.

        References
        ----------
        D. P. Kingma and M. Welling, "Auto-encoding variational Bayes", ICLR 2014.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> scale = tg.tensor(2.0, requires_grad=True)
        >>> x = tg.distributions.Normal(0.0, scale).rsample()  # scale times noise
        >>> x.backward()
        >>> bool((scale.grad * 2 - x).abs() < 1e-6)
        True
        """
        raise NotImplementedError(
            f"{self!r}: its samples are not a differentiable function of its parameters; use "
            "sample(), then log_prob()"
        )

    def sample_n(self, n: int) -> Any:
        """Draw `n` samples.  Deprecated, as in PyTorch; use `sample((n,))`.

        Parameters
        ----------
        n : int
            The number of samples of each distribution in the batch.

        Returns
        -------
        Tensor, shape (n, *batch_shape, *event_shape)

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> tg.distributions.Normal(tg.zeros(3), 1.0).sample((5,)).shape  # in its place
        torch.Size([5, 3])
        """
        text = "`sample_n(n)` will be deprecated. Use `sample((n,))` instead."
        warnings.warn(text, FutureWarning, stacklevel=caller_level())
        return self.sample((n,))

    # -------------------------------------------------------- probabilities

    def log_prob(self, value: Any) -> Any:
        """Return the logarithm of the probability, or of the density, of outcomes.

        Parameters
        ----------
        value : Tensor, shape broadcastable with (*batch_shape, *event_shape)
            The outcomes.

        Returns
        -------
        Tensor, of the broadcast shape without the event dimensions

        Raises
        ------
        ValueError
            If the distribution checks outcomes, and a value is not a possible one.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> tg.distributions.Bernoulli(0.25).log_prob(tg.tensor(1.0)).exp()
        tensor(0.2500)
        """
        raise NotImplementedError(f"{type(self).__name__} has no formula for log_prob")

    def cdf(self, value: Any) -> Any:
        """Return the cumulative distribution function: the probability of an outcome <= `value`.

        Parameters
        ----------
        value : Tensor, shape broadcastable with `batch_shape`
            The outcomes.

        Returns
        -------
        Tensor, of the broadcast shape

        Raises
        ------
        NotImplementedError
            If the class has no formula for it.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> tg.distributions.Normal(0.0, 1.0).cdf(tg.tensor([0.0, 1.0]))
        tensor([0.5000, 0.8413])
        """
        raise NotImplementedError(f"{type(self).__name__} has no formula for cdf")

    def icdf(self, value: Any) -> Any:
        """Return the inverse of `cdf`: the outcome with a given cumulative probability.

        Parameters
        ----------
        value : Tensor, shape broadcastable with `batch_shape`
            Probabilities, from 0 to 1.

        Returns
        -------
        Tensor, of the broadcast shape

        Raises
        ------
        NotImplementedError
            If the class has no formula for it.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> tg.distributions.Normal(0.0, 1.0).icdf(tg.tensor([0.5, 0.975]))
        tensor([0.0000, 1.9600])
        """
        raise NotImplementedError(f"{type(self).__name__} has no formula for icdf")

    def enumerate_support(self, expand: bool = True) -> Any:
        """Return all possible outcomes along dimension 0, where they are finitely many.

        Parameters
        ----------
        expand : bool, default True
            Whether the batch dimensions are expanded to `batch_shape`; otherwise their sizes are 1.

        Returns
        -------
        Tensor, shape (number of outcomes, *batch_shape, *event_shape)

        Raises
        ------
        NotImplementedError
            If `has_enumerate_support` is False.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> tg.distributions.Bernoulli(tg.tensor([0.2, 0.7])).enumerate_support()
        tensor([[0., 0.],
                [1., 1.]])
        """
        raise NotImplementedError(f"{type(self).__name__}: its outcomes cannot be enumerated")

    def entropy(self) -> Any:
        """Return the entropy, the expected value of -log p(x).

        Returns
        -------
        Tensor, of shape `batch_shape`

        Raises
        ------
        NotImplementedError
            If the class has no formula for it.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> tg.distributions.Bernoulli(0.5).entropy()
        tensor(0.6931)
        """
        raise NotImplementedError(f"{type(self).__name__} has no formula for its entropy")

    def perplexity(self) -> Any:
        """Return the perplexity, e^entropy.

        Returns
        -------
        Tensor, of shape `batch_shape`

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> tg.distributions.Categorical(tg.ones(6)).perplexity()
        tensor(6.0000)
        """
        return ops.exp(self.entropy())


class Parametric(Distribution):
    """A distribution with parameters that are broadcast together, as attributes of the same names.

    Python numbers become the default float, and all parameters one dtype.  The last `event_dims` of
    each parameter belong to one distribution.
    """

    def __init__(self, validate_args: bool | None, event_dims: int = 0, **given: Any) -> None:
        dtype = result_type(1.0, *[x for x in given.values() if hasattr(x, "dtype")])
        tensors = [as_tensor(x, dtype) for x in given.values()]
        shape = broadcast_shapes(*[x.shape for x in tensors])
        expanded = [x if x.shape == shape else x.expand(shape) for x in tensors]
        self.__dict__.update(zip(given, expanded, strict=True))
        self._names, self._event_dims = tuple(given), event_dims
        cut = len(shape) - event_dims
        super().__init__(shape[:cut], shape[cut:], validate_args)

    @property
    def _dtype(self) -> Any:
        return self.__dict__[self._names[0]].dtype

    def expand(self, batch_shape: Sequence[int], _instance: Any = None) -> Any:
        new = copy.copy(self)
        new._batch_shape = Size(batch_shape)
        for name in self._names:
            x = self.__dict__[name]
            event = x.shape[x.ndim - self._event_dims :]
            new.__dict__[name] = x.expand((*batch_shape, *event))
        return new


class Chances(Parametric):
    """A distribution given by `probs` or by `logits`; the other one is computed."""

    _of_probs: ClassVar[Any]
    _of_logits: ClassVar[Any]

    def __init__(
        self, probs: Any, logits: Any, validate_args: Any, event_dims: int = 0, **more: Any
    ) -> None:
        if (probs is None) == (logits is None):
            raise ValueError(f"{type(self).__name__}: give either probs or logits")
        given = {"probs": probs} if logits is None else {"logits": logits}
        super().__init__(validate_args, event_dims, **more, **given)

    @property
    def probs(self) -> Any:
        """The probabilities."""
        given = self.__dict__
        if "probs" in given:
            return self._scaled_probs(given["probs"])
        return type(self)._of_logits(given["logits"])

    @property
    def logits(self) -> Any:
        """The probabilities in the form of `logits`."""
        given = self.__dict__
        if "logits" in given:
            return self._scaled_logits(given["logits"])
        return type(self)._of_probs(self.probs)

    def _scaled_probs(self, probs: Any) -> Any:
        """What was given as probabilities, with sum 1 where that is meant."""
        return probs

    def _scaled_logits(self, logits: Any) -> Any:
        """What was given as logits, up to a constant where that is meant."""
        return logits

    @property
    def param_shape(self) -> Size:
        """The shape of `probs` or `logits`."""
        given: Size = self.__dict__[self._names[-1]].shape
        return given


def logs(probs: Any) -> tuple[Any, Any]:
    """log p and log(1 - p), both finite."""
    eps = finfo(probs.dtype).eps
    p = probs.clamp(eps, 1 - eps)
    return p.log(), ops.log1p(-p)


def log_odds(probs: Any) -> Any:
    """log p - log(1 - p), finite."""
    log_p, log_rest = logs(probs)
    return log_p - log_rest


def times_log(x: Any, log_p: Any) -> Any:
    """x log p, which is 0 where both are 0."""
    return x * ops.where((x == 0) & (log_p == -np.inf), 0, log_p)


def sum_rightmost(x: Any, count: int) -> Any:
    """The sum over the last `count` dimensions."""
    return x.sum(tuple(range(-count, 0))) if count else x


def clipped_uniform(shape: Any, dtype: Any) -> Any:
    """Uniform samples between 0 and 1, both excluded."""
    from ..random import rand

    limits = finfo(dtype)
    return rand(tuple(shape), dtype=dtype).clamp(limits.tiny, 1 - limits.eps)
