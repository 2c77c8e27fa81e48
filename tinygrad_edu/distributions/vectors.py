"""The normal distribution of vectors."""

import math
from collections.abc import Sequence
from typing import Any

from .. import linalg
from ..dtypes import result_type
from ..random import randn
from ..size import Size, broadcast_shapes
from . import constraints
from .distribution import Distribution

__all__ = ["MultivariateNormal"]


def whitened(lower: Any, x: Any) -> Any:
    """L^-1 x, where nothing above the diagonal of L is read."""
    return linalg.solve(lower.tril(), x)


class MultivariateNormal(Distribution):
    """Multivariate normal distribution, of vectors of n elements.

        log p(x) = -(|z|^2 + n log(2 pi)) / 2 - log det L,  z = L^-1 (x - loc)

    L is the lower triangular Cholesky factor of the covariance, L L'.

    Its entropy is n (1 + log(2 pi)) / 2 + log det L.

    Parameters
    ----------
    loc : Tensor, shape (*batch, n)
        The mean.
    covariance_matrix : Tensor, shape (*batch, n, n), optional
        The covariance: symmetric and positive definite.  Exactly one of the three matrices is
        given.
    precision_matrix : Tensor, shape (*batch, n, n), optional
        The inverse of the covariance.
    scale_tril : Tensor, shape (*batch, n, n), optional
        The factor L: lower triangular, with a positive diagonal.
    validate_args : bool, optional
        Whether to check parameters and outcomes, and to raise ValueError for what is not allowed;
        by default they are checked.

    Raises
    ------
    ValueError
        If not exactly one of the three matrices is given, or the shapes do not fit.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> normal = tg.distributions.MultivariateNormal(tg.zeros(2), tg.eye(2))
    >>> normal.log_prob(tg.tensor([0.0, 1.0]))
    tensor(-2.3379)
    """

    arg_constraints = {  # noqa: RUF012
        "loc": constraints.real_vector,
        "covariance_matrix": constraints.positive_definite,
        "precision_matrix": constraints.positive_definite,
        "scale_tril": constraints.lower_cholesky,
    }
    support = constraints.real_vector
    has_rsample = True

    def __init__(
        self,
        loc: Any,
        covariance_matrix: Any = None,
        precision_matrix: Any = None,
        scale_tril: Any = None,
        validate_args: bool | None = None,
    ) -> None:
        given = {
            "covariance_matrix": covariance_matrix,
            "precision_matrix": precision_matrix,
            "scale_tril": scale_tril,
        }
        given = {name: matrix for name, matrix in given.items() if matrix is not None}
        if len(given) != 1:
            which = "exactly one of covariance_matrix, precision_matrix and scale_tril"
            raise ValueError(f"MultivariateNormal: give {which}, not {len(given)} of them")
        ((self._name, matrix),) = given.items()
        if loc.ndim < 1 or matrix.ndim < 2 or {*matrix.shape[-2:]} != {loc.shape[-1]}:
            shapes = f"{tuple(loc.shape)} and {tuple(matrix.shape)}"
            what = (
                f"loc is a vector of n numbers and {self._name} an n x n matrix, or batches of them"
            )
            raise ValueError(f"MultivariateNormal: {what}, not of shapes {shapes}")
        dtype = result_type(loc, matrix)
        shape = broadcast_shapes(loc.shape[:-1], matrix.shape[:-2])
        self._place(loc.astype(dtype), matrix.astype(dtype), shape)
        super().__init__(shape, self.loc.shape[-1:], validate_args)
        self._lower = self._factor()

    def _place(self, loc: Any, matrix: Any, shape: Sequence[int]) -> None:
        self.loc = loc.expand((*shape, loc.shape[-1]))
        self.__dict__[self._name] = matrix.expand((*shape, *matrix.shape[-2:]))

    def _factor(self) -> Any:
        matrix = self.__dict__[self._name]
        if self._name == "scale_tril":
            return matrix
        if self._name == "precision_matrix":
            matrix = linalg.inv(matrix)
        return linalg.cholesky(matrix)

    def __getattr__(self, name: str) -> Any:
        """Whichever of the three matrices was not given."""
        lower = self.__dict__.get("_lower")
        if lower is None or name not in self.arg_constraints:
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")
        if name == "scale_tril":
            return lower
        return lower @ lower.mT if name == "covariance_matrix" else linalg.inv(lower @ lower.mT)

    def expand(self, batch_shape: Sequence[int], _instance: Any = None) -> Any:
        new = MultivariateNormal.__new__(type(self))
        new.__dict__.update(self.__dict__)
        new._place(self.loc, self.__dict__[self._name], batch_shape)
        new._batch_shape = Size(batch_shape)
        new._lower = self._lower.expand((*batch_shape, *self._lower.shape[-2:]))
        return new

    @property
    def mean(self) -> Any:
        return self.loc

    @property
    def mode(self) -> Any:
        return self.loc

    @property
    def variance(self) -> Any:
        return (self._lower**2).sum(-1)

    def _log_det(self) -> Any:
        """log det L."""
        return self._lower.diagonal(0, -2, -1).log().sum(-1)

    def rsample(self, sample_shape: Sequence[int] = ()) -> Any:
        noise = randn(self._shape(sample_shape), dtype=self.loc.dtype)
        return self.loc + (self._lower @ noise.unsqueeze(-1)).squeeze(-1)

    def log_prob(self, value: Any) -> Any:
        distance = (self._outcome(value) - self.loc).unsqueeze(-1)
        shape = broadcast_shapes(distance.shape[:-2], self._lower.shape[:-2])
        n = self.loc.shape[-1]
        z = whitened(self._lower.expand((*shape, n, n)), distance.expand((*shape, n, 1)))
        squares = (z**2).sum((-2, -1))
        return -0.5 * (squares + n * math.log(2 * math.pi)) - self._log_det()

    def entropy(self) -> Any:
        return 0.5 * self.loc.shape[-1] * (1 + math.log(2 * math.pi)) + self._log_det()
