"""Constraints: what a parameter, or an outcome, of a distribution may be.

>>> import tinygrad_edu as tg
>>> tg.distributions.constraints.positive.check(tg.tensor([2.0, 0.0]))
tensor([ True, False])
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from ..creation import as_tensor
from ..dtypes import Array
from ..tensor import Tensor

__all__ = ["Constraint", "boolean", "cat", "corr_cholesky", "dependent", "dependent_property"]
__all__ += ["greater_than"]
__all__ += ["greater_than_eq", "half_open_interval", "independent", "integer_interval", "interval"]
__all__ += ["is_dependent", "less_than", "lower_cholesky", "lower_triangular", "multinomial"]
__all__ += ["nonnegative", "nonnegative_integer", "one_hot", "positive", "positive_definite"]
__all__ += ["positive_semidefinite", "stack"]
__all__ += ["positive_integer", "real", "real_vector", "simplex", "square", "symmetric"]
__all__ += ["unit_interval"]


def __dir__() -> list[str]:
    return __all__


class Constraint:
    """Region of numbers, vectors or matrices: its name in words, and a test.

    Parameters
    ----------
    words : str, default ""
        What an element of the region is, as an error says it: "above 0".
    holds : callable, optional
        The test: of an array, it returns a bool for each element, or for each vector or matrix in
        the last `event_dim` dimensions.  A subclass may define `check` in its place.
    event_dim : int, default 0
        The number of last dimensions that are tested together.
    is_discrete : bool, default False
        Whether the region consists of isolated values.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> even = tg.distributions.constraints.Constraint("even", lambda x: x % 2 == 0)
    >>> even.check(tg.tensor([1, 2]))
    tensor([False,  True])
    """

    def __init__(
        self,
        words: str = "",
        holds: Callable[[Array], Any] | None = None,
        event_dim: int = 0,
        is_discrete: bool = False,
    ) -> None:
        self.words, self._holds = words or f"in {type(self).__name__}", holds
        self.event_dim, self.is_discrete = event_dim, is_discrete

    def check(self, value: Any) -> Tensor:
        """Test each element of a tensor, or each vector or matrix.

        Parameters
        ----------
        value : Tensor
            The values to test.

        Returns
        -------
        Tensor of bool, of the shape of the value without the last `event_dim` dimensions

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> tg.distributions.constraints.simplex.check(tg.tensor([[0.5, 0.5], [0.5, 0.6]]))
        tensor([ True, False])
        """
        if self._holds is None:
            raise NotImplementedError(f"{self!r} defines neither holds nor check")
        return Tensor(np.asarray(self._holds(as_tensor(value).array)))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.words})"


def _number(bound: Any) -> Any:
    return bound.array if isinstance(bound, Tensor) else bound


class interval(Constraint):
    """The real numbers from `lower_bound` to `upper_bound`, both included.

    Parameters
    ----------
    lower_bound, upper_bound : float or Tensor
        The bounds.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.distributions.constraints.interval(0, 1).check(tg.tensor([0.0, 1.0, 1.5]))
    tensor([ True,  True, False])
    """

    def __init__(self, lower_bound: Any, upper_bound: Any) -> None:
        self.lower_bound, self.upper_bound = lower_bound, upper_bound
        low, high = _number(lower_bound), _number(upper_bound)
        super().__init__(f"from {lower_bound} to {upper_bound}", lambda x: (x >= low) & (x <= high))


class half_open_interval(Constraint):
    """The real numbers from `lower_bound`, which is included, to `upper_bound`, which is not.

    Parameters
    ----------
    lower_bound, upper_bound : float or Tensor
        The bounds.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.distributions.constraints.half_open_interval(0, 1).check(tg.tensor([0.0, 1.0]))
    tensor([ True, False])
    """

    def __init__(self, lower_bound: Any, upper_bound: Any) -> None:
        self.lower_bound, self.upper_bound = lower_bound, upper_bound
        low, high = _number(lower_bound), _number(upper_bound)
        words = f"from {lower_bound} to below {upper_bound}"
        super().__init__(words, lambda x: (x >= low) & (x < high))


class integer_interval(Constraint):
    """The integers from `lower_bound` to `upper_bound`, both included.

    Parameters
    ----------
    lower_bound, upper_bound : int or Tensor
        The bounds.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.distributions.constraints.integer_interval(0, 2).check(tg.tensor([0.5, 2.0, 3.0]))
    tensor([False,  True, False])
    """

    def __init__(self, lower_bound: Any, upper_bound: Any) -> None:
        self.lower_bound, self.upper_bound = lower_bound, upper_bound
        low, high = _number(lower_bound), _number(upper_bound)
        super().__init__(
            f"whole numbers from {lower_bound} to {upper_bound}",
            lambda x: (x >= low) & (x <= high) & (x == np.floor(x)),
            is_discrete=True,
        )


class greater_than(Constraint):
    """The real numbers greater than `lower_bound`.

    Parameters
    ----------
    lower_bound : float or Tensor
        The bound, which is not included.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.distributions.constraints.greater_than(0).check(tg.tensor([0.0, 1.0]))
    tensor([False,  True])
    """

    def __init__(self, lower_bound: Any) -> None:
        self.lower_bound, low = lower_bound, _number(lower_bound)
        super().__init__(f"above {lower_bound}", lambda x: x > low)


class greater_than_eq(Constraint):
    """The real numbers greater than or equal to `lower_bound`.

    Parameters
    ----------
    lower_bound : float or Tensor
        The bound, which is included.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.distributions.constraints.greater_than_eq(0).check(tg.tensor([0.0, -1.0]))
    tensor([ True, False])
    """

    def __init__(self, lower_bound: Any) -> None:
        self.lower_bound, low = lower_bound, _number(lower_bound)
        super().__init__(f"at least {lower_bound}", lambda x: x >= low)


class less_than(Constraint):
    """The real numbers less than `upper_bound`.

    Parameters
    ----------
    upper_bound : float or Tensor
        The bound, which is not included.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.distributions.constraints.less_than(1).check(tg.tensor([0.0, 1.0]))
    tensor([ True, False])
    """

    def __init__(self, upper_bound: Any) -> None:
        self.upper_bound, high = upper_bound, _number(upper_bound)
        super().__init__(f"below {upper_bound}", lambda x: x < high)


class independent(Constraint):
    """Vectors or matrices all of whose elements fulfil a constraint.

    Parameters
    ----------
    base_constraint : Constraint
        The constraint of the elements.
    reinterpreted_batch_ndims : int
        The number of last dimensions that are tested together.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> c = tg.distributions.constraints
    >>> c.independent(c.positive, 1).check(tg.tensor([[1.0, 2.0], [1.0, 0.0]]))
    tensor([ True, False])
    """

    def __init__(self, base_constraint: Constraint, reinterpreted_batch_ndims: int) -> None:
        self.base_constraint = base_constraint
        self.reinterpreted_batch_ndims = count = reinterpreted_batch_ndims
        axes = tuple(range(-count, 0))
        super().__init__(
            base_constraint.words,
            lambda x: base_constraint.check(x).array.all(axes),
            base_constraint.event_dim + count,
            base_constraint.is_discrete,
        )


class multinomial(Constraint):
    """Vectors of counts, at least 0, whose sum is `upper_bound`.

    Parameters
    ----------
    upper_bound : int
        The sum: the number of draws.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.distributions.constraints.multinomial(3).check(tg.tensor([[1, 2], [1, 1]]))
    tensor([ True, False])
    """

    def __init__(self, upper_bound: int) -> None:
        self.upper_bound = upper_bound
        super().__init__(
            f"counts that sum to {upper_bound}",
            lambda x: (x >= 0).all(-1) & (x.sum(-1) == upper_bound),
            event_dim=1,
            is_discrete=True,
        )


class cat(Constraint):
    """Tensors whose parts along a dimension fulfil a constraint each.

    Parameters
    ----------
    cseq : sequence of Constraint
        One for each part.
    dim : int, default 0
        The dimension along which the parts lie.
    lengths : sequence of int, optional
        The size of each part; 1 unless given.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> c = tg.distributions.constraints
    >>> c.cat([c.positive, c.real], lengths=[1, 2]).check(tg.tensor([-1.0, -1.0, 1.0]))
    tensor([False,  True,  True])
    """

    def __init__(self, cseq: Any, dim: int = 0, lengths: Any = None) -> None:
        self.cseq, self.dim = list(cseq), dim
        self.lengths = [1] * len(self.cseq) if lengths is None else list(lengths)
        if len(self.lengths) != len(self.cseq):
            given = f"{len(self.cseq)} constraints, and {self.lengths} as lengths"
            raise ValueError(f"constraints.cat: {given}")
        event_dim = max(part.event_dim for part in self.cseq)
        discrete = any(part.is_discrete for part in self.cseq)
        super().__init__("each part as its constraint says", self._hold, event_dim, discrete)

    def _hold(self, x: Array) -> Any:
        parts = np.split(x, np.cumsum(self.lengths)[:-1], self.dim)
        pairs = zip(self.cseq, parts, strict=True)
        return np.concatenate([part.check(own).array for part, own in pairs], self.dim)


class stack(Constraint):
    """Tensors whose slices along a dimension fulfil a constraint each.

    Parameters
    ----------
    cseq : sequence of Constraint
        One for each slice.
    dim : int, default 0
        The dimension along which the slices lie.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> c = tg.distributions.constraints
    >>> c.stack([c.positive, c.real]).check(tg.tensor([-1.0, -1.0]))
    tensor([False,  True])
    """

    def __init__(self, cseq: Any, dim: int = 0) -> None:
        self.cseq, self.dim = list(cseq), dim
        event_dim = max(part.event_dim for part in self.cseq)
        event_dim += self.dim + event_dim < 0
        discrete = any(part.is_discrete for part in self.cseq)
        super().__init__("each slice as its constraint says", self._hold, event_dim, discrete)

    def _hold(self, x: Array) -> Any:
        pairs = zip(self.cseq, np.moveaxis(x, self.dim, 0), strict=True)
        return np.stack([part.check(own).array for part, own in pairs], self.dim)


class _Dependent(Constraint):
    """A constraint that depends on other parameters, so that it cannot be tested by itself."""

    def __init__(self, *, is_discrete: bool = False, event_dim: int = 0) -> None:
        super().__init__("dependent on others", self._untested, event_dim, is_discrete)

    def __call__(self, *, is_discrete: bool = False, event_dim: int = 0) -> "_Dependent":
        return _Dependent(is_discrete=is_discrete, event_dim=event_dim)

    @staticmethod
    def _untested(x: Array) -> Array:
        raise ValueError("a constraint that depends on others cannot be tested by itself")


class dependent_property(property, _Dependent):
    """Property that returns a constraint; on the class, it counts as `dependent`.

    Parameters
    ----------
    fn : callable, optional
        The function that returns the constraint of an instance.
    is_discrete : bool, default False
        Whether the region consists of isolated values.
    event_dim : int, default 0
        The number of last dimensions that are tested together.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> c = tg.distributions.constraints
    >>> class Above(tg.distributions.Distribution):
    ...     @c.dependent_property(is_discrete=False, event_dim=0)
    ...     def support(self):
    ...         return c.greater_than(3)
    >>> c.is_dependent(Above.support), Above().support
    (True, greater_than(above 3))
    """

    def __init__(self, fn: Any = None, *, is_discrete: bool = False, event_dim: int = 0) -> None:
        property.__init__(self, fn)
        _Dependent.__init__(self, is_discrete=is_discrete, event_dim=event_dim)

    def __call__(self, fn: Any) -> Any:  # type: ignore[override]
        return dependent_property(fn, is_discrete=self.is_discrete, event_dim=self.event_dim)


def is_dependent(constraint: Any) -> bool:
    """Return whether a constraint depends on other parameters.

    Parameters
    ----------
    constraint : Constraint
        The constraint.

    Returns
    -------
    bool

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> c = tg.distributions.constraints
    >>> c.is_dependent(c.dependent), c.is_dependent(c.positive)
    (True, False)
    """
    return isinstance(constraint, _Dependent)


def _are_simplices(x: Array) -> Any:
    return (x >= 0).all(-1) & (np.absolute(x.sum(-1) - 1) < 1e-6)


def _are_one_hot(x: Array) -> Any:
    return ((x == 0) | (x == 1)).all(-1) & (x.sum(-1) == 1)


def _are_lower(x: Array) -> Any:
    return (np.tril(x) == x).all((-2, -1))


def _are_cholesky(x: Array) -> Any:
    return _are_lower(x) & (np.diagonal(x, 0, -2, -1) > 0).all(-1)


def _are_correlation_factors(x: Array) -> Any:
    """Of rows of length 1, up to the rounding of the dtype."""
    tolerance = np.finfo(x.dtype).eps * x.shape[-1] * 10
    rows = np.sqrt(np.square(x).sum(-1))
    return _are_cholesky(x) & (np.absolute(rows - 1) < tolerance).all(-1)


def _are_square(x: Array) -> Any:
    return np.full(x.shape[:-2], x.shape[-2] == x.shape[-1])


def _are_symmetric(x: Array) -> Any:
    alike: Any = np.isclose(x, x.swapaxes(-1, -2), atol=1e-6).all((-2, -1))
    return alike


def _are_positive_definite(x: Array) -> Any:
    wide = x.astype(np.float64)
    return _are_symmetric(x) & (np.linalg.eigvalsh(wide) > 0).all(-1)


def _are_positive_semidefinite(x: Array) -> Any:
    wide = x.astype(np.float64)
    return _are_symmetric(x) & (np.linalg.eigvalsh(wide) >= 0).all(-1)


dependent = _Dependent()
boolean = Constraint("0 or 1", lambda x: (x == 0) | (x == 1), is_discrete=True)
one_hot = Constraint("one 1, and 0 elsewhere", _are_one_hot, 1, is_discrete=True)
nonnegative_integer = Constraint(
    "whole numbers, at least 0", lambda x: (x >= 0) & (x == np.floor(x)), is_discrete=True
)
positive_integer = Constraint(
    "whole numbers, at least 1", lambda x: (x >= 1) & (x == np.floor(x)), is_discrete=True
)
real = Constraint("numbers, not nan", lambda x: ~np.isnan(x))
real_vector = Constraint("numbers, not nan", lambda x: ~np.isnan(x).any(-1), event_dim=1)
positive = greater_than(0)
nonnegative = greater_than_eq(0)
unit_interval = Constraint("between 0 and 1", lambda x: (x >= 0) & (x <= 1))
simplex = Constraint("at least 0, not all 0, with sum 1", _are_simplices, event_dim=1)
lower_triangular = Constraint("lower triangular", _are_lower, event_dim=2)
lower_cholesky = Constraint("lower triangular, with a positive diagonal", _are_cholesky, 2)
corr_cholesky = Constraint(
    "lower triangular, with a positive diagonal and rows of length 1", _are_correlation_factors, 2
)
square = Constraint("square matrices", _are_square, event_dim=2)
symmetric = Constraint("symmetric", _are_symmetric, event_dim=2)
positive_semidefinite = Constraint(
    "symmetric and positive semidefinite", _are_positive_semidefinite, 2
)
positive_definite = Constraint("symmetric and positive definite", _are_positive_definite, 2)
