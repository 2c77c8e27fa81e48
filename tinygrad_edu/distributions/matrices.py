"""Distributions of matrices, and normal distributions whose covariance has few parameters."""

import copy
import math
import warnings
from collections.abc import Sequence
from typing import Any

from .. import linalg, ops
from ..creation import arange, as_tensor, eye, full, zeros
from ..dtypes import finfo, result_type
from ..engine.clock import caller_level
from ..functions import diag_embed, mvlgamma
from ..random import randn
from ..size import Size, broadcast_shapes
from . import constraints
from .distribution import Distribution, Parametric
from .positives import Beta, Chi2
from .vectors import MultivariateNormal, whitened

__all__ = ["LKJCholesky", "LowRankMultivariateNormal", "Wishart"]

MATRICES = ("covariance_matrix", "precision_matrix", "scale_tril")


class LowRankMultivariateNormal(Distribution):
    """Normal distribution of vectors with the covariance W W' + diag(d).

    Only r x r matrices are factorized, by the Woodbury identity.

    Parameters
    ----------
    loc : Tensor, shape (*batch, n)
        The mean.
    cov_factor : Tensor, shape (*batch, n, r)
        The factor W.
    cov_diag : Tensor, shape (*batch, n)
        The diagonal d, greater than 0.
    validate_args : bool, optional
        Whether to check parameters and outcomes, and to raise ValueError for what is not allowed;
        by default they are checked.

    Raises
    ------
    ValueError
        If the shapes do not fit.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> normal = tg.distributions.LowRankMultivariateNormal(
    ...     tg.zeros(2), tg.tensor([[1.0], [0.0]]), tg.ones(2)
    ... )
    >>> normal.covariance_matrix
    tensor([[2., 0.],
            [0., 1.]])
    """

    arg_constraints = {  # noqa: RUF012
        "loc": constraints.real_vector,
        "cov_factor": constraints.independent(constraints.real, 2),
        "cov_diag": constraints.independent(constraints.positive, 1),
    }
    support = constraints.real_vector
    has_rsample = True

    def __init__(
        self, loc: Any, cov_factor: Any, cov_diag: Any, validate_args: bool | None = None
    ) -> None:
        given = loc, cov_factor, cov_diag
        vectors = loc.ndim >= 1 and cov_diag.ndim >= 1 and cov_factor.ndim >= 2
        if not vectors or {loc.shape[-1], cov_diag.shape[-1]} != {cov_factor.shape[-2]}:
            shapes = ", ".join(str(tuple(x.shape)) for x in given)
            what = "loc and cov_diag are vectors of n numbers, cov_factor is an n x r matrix"
            raise ValueError(f"LowRankMultivariateNormal: {what}, not of shapes {shapes}")
        shape = broadcast_shapes(loc.shape[:-1], cov_factor.shape[:-2], cov_diag.shape[:-1])
        dtype = result_type(*given)
        self.loc, self.cov_factor, self.cov_diag = (x.astype(dtype) for x in given)
        self._expand_to(shape)
        super().__init__(shape, loc.shape[-1:], validate_args)

    def _expand_to(self, shape: Sequence[int]) -> None:
        factor = self.cov_factor
        self.loc = self.loc.expand((*shape, self.loc.shape[-1]))
        self.cov_diag = self.cov_diag.expand((*shape, self.cov_diag.shape[-1]))
        self.cov_factor = factor.expand((*shape, *factor.shape[-2:]))

    def expand(self, batch_shape: Sequence[int], _instance: Any = None) -> Any:
        new = copy.copy(self)
        new._expand_to(batch_shape)
        new._batch_shape = Size(batch_shape)
        return new

    @property
    def mean(self) -> Any:
        return self.loc

    @property
    def mode(self) -> Any:
        return self.loc

    @property
    def variance(self) -> Any:
        return (self.cov_factor**2).sum(-1) + self.cov_diag

    @property
    def covariance_matrix(self) -> Any:
        """W W' + diag(d)."""
        return self.cov_factor @ self.cov_factor.mT + diag_embed(self.cov_diag)

    @property
    def scale_tril(self) -> Any:
        """The Cholesky factor of the covariance."""
        root = self.cov_diag.sqrt().unsqueeze(-1)
        scaled = self.cov_factor / root
        n = self.event_shape[0]
        return root * linalg.cholesky(scaled @ scaled.mT + eye(n, dtype=self.loc.dtype))

    @property
    def precision_matrix(self) -> Any:
        """The inverse of the covariance."""
        part = whitened(self._capacitance(), self.cov_factor.mT / self.cov_diag.unsqueeze(-2))
        return diag_embed(1 / self.cov_diag) - part.mT @ part

    def _capacitance(self) -> Any:
        """The Cholesky factor of I + W' diag(1/d) W."""
        scaled = self.cov_factor.mT / self.cov_diag.unsqueeze(-2)
        identity = eye(self.cov_factor.shape[-1], dtype=self.loc.dtype)
        return linalg.cholesky(scaled @ self.cov_factor + identity)

    @property
    def _lower(self) -> Any:
        return self.scale_tril

    def _log_det(self) -> Any:
        """log det of the Cholesky factor of the covariance."""
        small = self._capacitance().diagonal(0, -2, -1).log().sum(-1)
        return small + 0.5 * self.cov_diag.log().sum(-1)

    def rsample(self, sample_shape: Sequence[int] = ()) -> Any:
        shape = self._shape(sample_shape)
        common = randn((*shape[:-1], self.cov_factor.shape[-1]), dtype=self.loc.dtype)
        own = randn(shape, dtype=self.loc.dtype)
        along = (self.cov_factor @ common.unsqueeze(-1)).squeeze(-1)
        return self.loc + along + self.cov_diag.sqrt() * own

    def log_prob(self, value: Any) -> Any:
        distance = self._outcome(value) - self.loc
        scaled = distance / self.cov_diag
        along = self.cov_factor.mT @ scaled.unsqueeze(-1)
        lower = self._capacitance()
        lower = lower.expand((*along.shape[:-2], *lower.shape[-2:]))
        squares = (distance * scaled).sum(-1) - (whitened(lower, along) ** 2).sum((-2, -1))
        n = self.event_shape[0]
        return -0.5 * (squares + n * math.log(2 * math.pi)) - self._log_det()

    def entropy(self) -> Any:
        n = self.event_shape[0]
        return 0.5 * n * (1 + math.log(2 * math.pi)) + self._log_det()


class Wishart(Distribution):
    """Wishart distribution of symmetric matrices X X', where X has df normal vectors as columns.

        log p(S) = ((df - n - 1) log det S - tr(V^-1 S) - df n log 2 - df log det V) / 2
                   - log Gamma_n(df / 2)

    Parameters
    ----------
    df : float or Tensor
        The degrees of freedom, greater than n - 1.
    covariance_matrix : Tensor, shape (*batch, n, n), optional
        The covariance V of the normal vectors.  Give this, or one of the next two.
    precision_matrix : Tensor, shape (*batch, n, n), optional
        The inverse of V.
    scale_tril : Tensor, shape (*batch, n, n), optional
        The Cholesky factor of V: lower triangular, with a positive diagonal.
    validate_args : bool, optional
        Whether to check parameters and outcomes, and to raise ValueError for what is not allowed;
        by default they are checked.

    Warns
    -----
    UserWarning
        If df is less than n: samples may then be singular.

    References
    ----------
    M. S. Bartlett, "On the theory of statistical regression", 1933: how samples are drawn.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> wishart = tg.distributions.Wishart(3.0, tg.eye(2))
    >>> wishart.mean, wishart.log_prob(tg.eye(2))
    (tensor([[3., 0.],
            [0., 3.]]), tensor(-3.5310))
    """

    support = constraints.positive_definite
    has_rsample = True

    def __init__(
        self,
        df: Any,
        covariance_matrix: Any = None,
        precision_matrix: Any = None,
        scale_tril: Any = None,
        validate_args: bool | None = None,
    ) -> None:
        matrix = next(
            x for x in (covariance_matrix, precision_matrix, scale_tril, df) if x is not None
        )
        n = matrix.shape[-1] if getattr(matrix, "ndim", 0) >= 2 else 1
        mean = zeros(n, dtype=getattr(matrix, "dtype", None))
        normal = MultivariateNormal(
            mean, covariance_matrix, precision_matrix, scale_tril, validate_args
        )
        df = as_tensor(df, result_type(normal.loc, *([df] if hasattr(df, "dtype") else [])))
        shape = broadcast_shapes(df.shape, normal.batch_shape)
        self._normal, self.df = normal.expand(shape), df.expand(shape)
        self.__dict__[normal._name] = self._normal.__dict__[normal._name]
        if (self.df.array <= n - 1).any():
            raise ValueError(f"Wishart: df must be above {n - 1} for {n} x {n} matrices, not {df}")
        if (self.df.array < n).any():
            text = f"Wishart: df={df} is below {n}, so samples may be singular"
            warnings.warn(text, UserWarning, stacklevel=caller_level())
        super().__init__(shape, (n, n), validate_args)

    @property
    def arg_constraints(self) -> Any:  # type: ignore[override]
        """What each parameter must be."""
        own = {name: MultivariateNormal.arg_constraints[name] for name in MATRICES}
        return own | {"df": constraints.greater_than(self._normal.event_shape[0] - 1)}

    def __getattr__(self, name: str) -> Any:
        """Whichever of the three matrices was not given."""
        if name in MATRICES and "_normal" in self.__dict__:
            return getattr(self._normal, name)
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")

    def expand(self, batch_shape: Sequence[int], _instance: Any = None) -> Any:
        new = copy.copy(self)
        new._normal, new.df = self._normal.expand(batch_shape), self.df.expand(batch_shape)
        name = self._normal._name
        new.__dict__[name] = new._normal.__dict__[name]
        new._batch_shape = Size(batch_shape)
        return new

    @property
    def _df_of_matrices(self) -> Any:
        return self.df.unsqueeze(-1).unsqueeze(-1)

    @property
    def mean(self) -> Any:
        return self._df_of_matrices * self.covariance_matrix

    @property
    def mode(self) -> Any:
        """(df - n - 1) V; NaN where df is at most n + 1."""
        factor = self._df_of_matrices - self.event_shape[0] - 1
        return ops.where(factor > 0, factor, math.nan) * self.covariance_matrix

    @property
    def variance(self) -> Any:
        v = self.covariance_matrix
        diagonal = v.diagonal(0, -2, -1)
        return self._df_of_matrices * (v**2 + diagonal.unsqueeze(-1) * diagonal.unsqueeze(-2))

    def rsample(self, sample_shape: Sequence[int] = (), max_try_correction: Any = None) -> Any:
        """Draw samples, differentiable in the parameters, by the Bartlett decomposition.

        Parameters
        ----------
        sample_shape : sequence of int, default ()
            The shape of the samples of each distribution in the batch.
        max_try_correction : int, optional
            Accepted as in PyTorch, without effect: singular samples are not drawn again.

        Returns
        -------
        Tensor, shape (*sample_shape, *batch_shape, n, n)
            The samples.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> tg.distributions.Wishart(3.0, tg.eye(2)).rsample((5,)).shape
        torch.Size([5, 2, 2])
        """
        n, dtype = self.event_shape[0], self.df.dtype
        squares = Chi2(self.df.unsqueeze(-1) - arange(n, dtype=dtype)).rsample(sample_shape)
        roots = squares.sqrt().clamp(min=finfo(dtype).eps)
        below = randn(self._shape(sample_shape), dtype=dtype).tril(-1)
        factor = self._normal._lower.tril() @ (below + diag_embed(roots))
        return factor @ factor.mT

    def _log_scale(self) -> Any:
        """log det of the Cholesky factor of 2 V, but for half of the log 2."""
        return self.event_shape[0] * math.log(2) / 2 + self._normal._log_det()

    def log_prob(self, value: Any) -> Any:
        s, df, n = self._outcome(value), self.df, self.event_shape[0]
        shape = broadcast_shapes(s.shape, (*self._batch_shape, n, n))
        lower = self._normal._lower.expand(shape)
        half = whitened(lower, s.expand(shape))
        trace = whitened(lower, half.mT).diagonal(0, -2, -1).sum(-1)
        powers = (df - n - 1) / 2 * linalg.slogdet(s).logabsdet - trace / 2
        return powers - df * self._log_scale() - mvlgamma(df / 2, n)

    def entropy(self) -> Any:
        df, n = self.df, self.event_shape[0]
        steps = arange(n, dtype=df.dtype) / 2
        slope = ops.digamma(df.unsqueeze(-1) / 2 - steps).sum(-1)
        spread = (n + 1) * self._log_scale() + mvlgamma(df / 2, n)
        return spread - (df - n - 1) / 2 * slope + df * n / 2


class LKJCholesky(Parametric):
    """LKJ distribution of Cholesky factors L of correlation matrices: p(L L') ~ det(L L')^(c - 1).

    Parameters
    ----------
    dim : int
        The size n of the matrices, at least 2.
    concentration : float or Tensor, default 1.0
        The exponent c, greater than 0: 1 makes all correlation matrices equally likely, larger
        values favour those near the identity.
    validate_args : bool, optional
        Whether to check parameters and outcomes, and to raise ValueError for what is not allowed;
        by default they are checked.

    Raises
    ------
    ValueError
        If `dim` is less than 2.

    References
    ----------
    D. Lewandowski, D. Kurowicka and H. Joe, "Generating random correlation matrices based on vines
    and extended onion method", Journal of Multivariate Analysis 100, 2009.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> lkj = tg.distributions.LKJCholesky(3, 0.5)
    >>> lower = lkj.sample()
    >>> (lower @ lower.mT).diagonal().round(decimals=3)
    tensor([1., 1., 1.])
    """

    arg_constraints = {"concentration": constraints.positive}  # noqa: RUF012
    support = constraints.corr_cholesky
    concentration: Any

    def __init__(
        self, dim: int, concentration: Any = 1.0, validate_args: bool | None = None
    ) -> None:
        if dim < 2:
            raise ValueError(f"LKJCholesky: dim is a whole number, at least 2, not {dim}")
        self.dim = dim
        super().__init__(validate_args, concentration=concentration)
        self._event_shape = Size((dim, dim))

    def sample(self, sample_shape: Sequence[int] = ()) -> Any:
        # Row by row, a direction on the sphere and a length (the onion method).
        n, dtype = self.dim, self._dtype
        rows = arange(n - 1, dtype=dtype)
        first = (self.concentration + 0.5 * (n - 2)).detach().unsqueeze(-1)
        lengths = Beta(rows + 0.5, first - 0.5 * rows).sample(sample_shape).sqrt()
        directions = randn((*self._shape(sample_shape)[:-2], n - 1, n), dtype=dtype).tril()
        below = lengths.unsqueeze(-1) * directions / linalg.norm(directions, dim=-1, keepdim=True)
        top = full((*below.shape[:-2], 1, n), 0.0, dtype=dtype)
        factor = ops.concatenate(top, below, axis=-2)
        rest = (1 - (factor**2).sum(-1)).clamp(min=finfo(dtype).tiny).sqrt()
        return factor + diag_embed(rest)

    def log_prob(self, value: Any) -> Any:
        n, c = self.dim, self.concentration
        diagonal = self._outcome(value).diagonal(0, -2, -1)[..., 1:]
        order = 2 * (c - 1).unsqueeze(-1) + n - arange(2, n + 1)
        powers = (order * diagonal.log()).sum(-1)
        alpha = c + 0.5 * (n - 1)
        log_norm = 0.5 * (n - 1) * math.log(math.pi) + mvlgamma(alpha - 0.5, n - 1)
        return powers - log_norm + ops.lgamma(alpha) * (n - 1)
