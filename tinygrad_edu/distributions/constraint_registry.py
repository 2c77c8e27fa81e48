"""From a constraint to a transform: parameters that must be positive, made of numbers that need not
be.

>>> import tinygrad_edu as tg
>>> d = tg.distributions
>>> free = tg.tensor([-2.0, 3.0])
>>> d.transform_to(d.constraints.positive)(free)
tensor([ 0.1353, 20.0855])
"""

from collections.abc import Callable
from typing import Any

from . import constraints as c, matrix_transforms as m, transforms as t

Factory = Callable[[Any], Any]

__all__ = ["ConstraintRegistry", "biject_to", "transform_to"]


class ConstraintRegistry:
    """Table of transforms by constraint: call it with a constraint, as `transform_to(positive)`.

    `transform_to` and `biject_to` are the two that exist.  A transform of the first maps all real
    numbers into the constraint; one of the second is one to one besides.

    Parameters
    ----------
    constraint : Constraint
        Where the results lie.  It is given to the call, not to the class.

    Returns
    -------
    Transform
        What the call returns.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> d = tg.distributions
    >>> simplex = d.constraints.simplex
    >>> d.transform_to(simplex), d.biject_to(simplex)
    (SoftmaxTransform(), StickBreakingTransform())
    """

    def __init__(self) -> None:
        self._registry: dict[Any, Factory] = {}

    def register(self, constraint: Any, factory: Factory | None = None) -> Any:
        """Add a transform for a constraint.

        Parameters
        ----------
        constraint : Constraint, or a subclass of it
            An object stands for its class; if that is `Constraint` itself, for itself alone.
        factory : callable, optional
            A function that takes the constraint, and returns the transform.  Without it, `register`
            returns a decorator for one.

        Returns
        -------
        callable
            The factory.

        Raises
        ------
        TypeError
            If it is no constraint.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> d = tg.distributions
        >>> class Even(d.constraints.Constraint):
        ...     pass
        >>> d.transform_to.register(Even, lambda constraint: d.AffineTransform(0.0, 2.0))(Even())
        AffineTransform()
        """
        if factory is None:
            return lambda factory: self.register(constraint, factory)
        key = _key_of(constraint)
        kind = key if isinstance(key, type) else type(key)
        if not issubclass(kind, c.Constraint):
            raise TypeError(f"register: it takes a Constraint, or a class of them, not {key!r}")
        self._registry[key] = factory
        return factory

    def __call__(self, constraint: Any) -> Any:
        """Return the transform for a constraint.

        Parameters
        ----------
        constraint : Constraint
            Where the results lie.

        Returns
        -------
        Transform

        Raises
        ------
        NotImplementedError
            If there is none.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> d = tg.distributions
        >>> d.biject_to(d.constraints.interval(0, 1))(tg.tensor(0.0))
        tensor(0.5000)
        """
        factory = self._registry.get(_key_of(constraint))
        if factory is None:
            raise NotImplementedError(
                f"no transform to {constraint!r} is known; add one with "
                "register(constraint, factory)"
            )
        return factory(constraint)


def _key_of(constraint: Any) -> Any:
    """The class of a constraint; the constraint itself, if that is Constraint."""
    own = type(constraint)
    return constraint if isinstance(constraint, type) or own is c.Constraint else own


biject_to = ConstraintRegistry()
transform_to = ConstraintRegistry()


_BOTH = (biject_to, transform_to)


def _enter(into: tuple[ConstraintRegistry, ...], factory: Factory, *constraints: Any) -> None:
    for registry in into:
        for constraint in constraints:
            registry.register(constraint, factory)


def _above(constraint: Any) -> Any:
    return t.ComposeTransform([t.ExpTransform(), t.AffineTransform(constraint.lower_bound, 1)])


def _below(constraint: Any) -> Any:
    return t.ComposeTransform([t.ExpTransform(), t.AffineTransform(constraint.upper_bound, -1)])


def _between(constraint: Any) -> Any:
    if constraint is c.unit_interval:
        return t.SigmoidTransform()
    low, high = constraint.lower_bound, constraint.upper_bound
    if isinstance(low, int | float) and isinstance(high, int | float) and (low, high) == (0, 1):
        return t.SigmoidTransform()
    return t.ComposeTransform([t.SigmoidTransform(), t.AffineTransform(low, high - low)])


_enter(_BOTH, lambda _: t.identity_transform, c.real)
_enter(_BOTH, lambda _: t.IndependentTransform(t.identity_transform, 1), c.real_vector)
_enter(_BOTH, _above, c.greater_than, c.greater_than_eq)
_enter(_BOTH, _below, c.less_than)
_enter(_BOTH, _between, c.unit_interval, c.interval, c.half_open_interval)
_enter(_BOTH, lambda _: m.CorrCholeskyTransform(), c.corr_cholesky)
_enter((biject_to,), lambda _: t.StickBreakingTransform(), c.simplex)
_enter((transform_to,), lambda _: t.SoftmaxTransform(), c.simplex)
_enter((transform_to,), lambda _: m.LowerCholeskyTransform(), c.lower_cholesky)
_DEFINITE = (c.positive_definite, c.positive_semidefinite)
_enter((transform_to,), lambda _: m.PositiveDefiniteTransform(), *_DEFINITE)


def _enter_what_is_made_of_others(registry: ConstraintRegistry) -> None:
    def of_independent(constraint: Any) -> Any:
        base = registry(constraint.base_constraint)
        return t.IndependentTransform(base, constraint.reinterpreted_batch_ndims)

    def of_cat(constraint: Any) -> Any:
        parts = [registry(part) for part in constraint.cseq]
        return m.CatTransform(parts, constraint.dim, constraint.lengths)

    def of_stack(constraint: Any) -> Any:
        return m.StackTransform([registry(part) for part in constraint.cseq], constraint.dim)

    registry.register(c.independent, of_independent)
    registry.register(c.cat, of_cat)
    registry.register(c.stack, of_stack)


_enter_what_is_made_of_others(biject_to)
_enter_what_is_made_of_others(transform_to)
