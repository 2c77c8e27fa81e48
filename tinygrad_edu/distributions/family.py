"""Exponential families: entropy from the derivative of the log-normalizer."""

from typing import Any

from ..autograd import grad
from .distribution import Distribution

__all__ = ["ExponentialFamily"]


class ExponentialFamily(Distribution):
    """Base class of distributions p(x) = e^(t(x) theta - F(theta) + k(x)).

    A subclass defines the natural parameters theta, `_natural_params`, their log-normalizer F,
    `_log_normalizer`, and the expected k(x), `_mean_carrier_measure`: from these follows its
    entropy F(theta) - theta F'(theta) - E[k(x)].

    Parameters
    ----------
    batch_shape : Size, default ()
        The shape of the independent distributions.
    event_shape : Size, default ()
        The shape of one outcome.
    validate_args : bool, optional
        Whether parameters and outcomes are tested.  By default they are.

    References
    ----------
    F. Nielsen and R. Nock, "Entropies and cross-entropies of exponential families", ICIP 2010.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> class Waiting(tg.distributions.ExponentialFamily):
    ...     _natural_params, _mean_carrier_measure = (tg.tensor(-2.0),), 0
    ...     def _log_normalizer(self, theta):
    ...         return -(-theta).log()
    >>> Waiting().entropy(), tg.distributions.Exponential(2.0).entropy()
    (tensor(0.3069, grad_fn=<SubtractBackward0>), tensor(0.3069))
    """

    _natural_params: Any
    _mean_carrier_measure: Any

    def _log_normalizer(self, *natural_params: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} has no _log_normalizer")

    def entropy(self) -> Any:
        """Return the entropy F(theta) - theta F'(theta) - E[k(x)].

        Returns
        -------
        Tensor
            Of shape `batch_shape`.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> class Coin(tg.distributions.ExponentialFamily):
        ...     _natural_params, _mean_carrier_measure = (tg.tensor(0.0),), 0
        ...     def _log_normalizer(self, theta):
        ...         return (1 + theta.exp()).log()
        >>> Coin().entropy().item() == tg.distributions.Bernoulli(0.5).entropy().item()
        True
        """
        thetas = [theta.detach().requires_grad_() for theta in self._natural_params]
        normalizer = self._log_normalizer(*thetas)
        result = normalizer - self._mean_carrier_measure
        slopes = grad(normalizer.sum(), thetas, create_graph=True)
        for theta, slope in zip(thetas, slopes, strict=True):
            result = result - (theta * slope).reshape((*self._batch_shape, -1)).sum(-1)
        return result
