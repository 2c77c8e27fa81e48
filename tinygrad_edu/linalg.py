"""Linear algebra in `torch.linalg`'s spelling: systems of equations, factorizations, norms.

Matrices are the last two dimensions, all before them a batch.  The derivatives are in
`ops/linalg.py`, with their sources.

>>> import tinygrad_edu as tg
>>> a = tg.tensor([[2.0, 1.0], [1.0, 3.0]])
>>> solve(a, tg.tensor([3.0, 4.0])), det(a), eigh(a).eigenvalues
(tensor([1., 1.]), tensor(5.), tensor([1.3820, 3.6180]))
"""

from bisect import bisect_left
from collections.abc import Callable
from math import prod
from typing import Any, NamedTuple, cast

import numpy as np

from . import ops
from .absent import refuse
from .dtypes import check_factored
from .engine.graph import LinAlgError as LinAlgError
from .functions import (
    check_matrix,
    check_square,
    crossed,
    first_zero,
    identity,
    lu_factors,
    lu_solved,
    lu_unpack,
    norm as p_norm,
    powers_of,
    product_of_many,
    raise_if,
    reflected,
    slogdet as sign_and_logarithm,
    solved,
    stack,
    widened,
)
from .functions.arguments import Dim, check_floating, check_tensor, plain, two_dims
from .functions.factorization import ZERO_PIVOT
from .registry import names_in, public
from .sums import in_float32
from .tensor import Tensor

# ---------------------------------------------------------------- what is returned by name


class Eigh(NamedTuple):
    """What `eigh` returns."""

    eigenvalues: Tensor
    eigenvectors: Tensor


class QR(NamedTuple):
    """What `qr` returns."""

    Q: Tensor
    R: Tensor


class SVD(NamedTuple):
    """What `svd` returns."""

    U: Tensor
    S: Tensor
    Vh: Tensor


class LU(NamedTuple):
    """What `lu` returns."""

    P: Tensor
    L: Tensor
    U: Tensor


class LUFactor(NamedTuple):
    """What `lu_factor` returns."""

    LU: Tensor
    pivots: Tensor


class LUFactorEx(NamedTuple):
    """What `lu_factor_ex` returns."""

    LU: Tensor
    pivots: Tensor
    info: Tensor


class CholeskyEx(NamedTuple):
    """What `cholesky_ex` returns."""

    L: Tensor
    info: Tensor


class InvEx(NamedTuple):
    """What `inv_ex` returns."""

    inverse: Tensor
    info: Tensor


class SolveEx(NamedTuple):
    """What `solve_ex` returns."""

    result: Tensor
    info: Tensor


class LstSq(NamedTuple):
    """What `lstsq` returns."""

    solution: Tensor
    residuals: Tensor
    rank: Tensor
    singular_values: Tensor


class SlogDet(NamedTuple):
    """What `slogdet` returns."""

    sign: Tensor
    logabsdet: Tensor


# ---------------------------------------------------------------- systems of equations


@public("linalg.solve", out=True)
def solve(A: Tensor, B: Tensor, *, left: bool = True) -> Tensor:
    """Solve the system of equations A X = B;  dL/dB = A^-T g,  dL/dA = -(dL/dB) X^T.

    Parameters
    ----------
    A : Tensor, shape (..., n, n)
    B : Tensor, shape (..., n, k), or (..., n) for vectors
        The right sides, in columns.  It holds vectors if it has one dimension, or the shape of A
        without the last dimension.
    left : bool, default True
        If False, the system X A = B is solved, where B has the shape (..., k, n).

    Returns
    -------
    Tensor
        X, of the shape of B, where the batches of A and B are broadcast.

    Raises
    ------
    LinAlgError
        If a matrix is singular, or the numbers of rows differ.
    RuntimeError
        If B holds vectors, and `left` is False.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.linalg.solve(tg.tensor([[2.0, 1.0], [1.0, 3.0]]), tg.tensor([3.0, 4.0]))
    tensor([1., 1.])
    """
    check_tensor(A, "solve")
    check_tensor(B, "solve")
    if _holds_vectors(A, B):
        if not left:
            given = f"{tuple(A.shape)} and {tuple(B.shape)}"
            raise RuntimeError(f"solve: with left=False B holds rows, not vectors: {given}")
        return ops.solve(A, B.unsqueeze(-1)).squeeze(-1)
    return ops.solve(A, B) if left else ops.solve(A.mT, B.mT).mT


def _holds_vectors(A: Tensor, B: Tensor) -> bool:
    """Is B one vector, or a batch of them?"""
    return B.ndim == 1 or (B.ndim == A.ndim - 1 and B.shape == A.shape[:-1])


@public("linalg.solve_triangular", out=True)
def solve_triangular(
    A: Tensor, B: Tensor, *, upper: bool, left: bool = True, unitriangular: bool = False
) -> Tensor:
    """Solve A X = B for a triangular matrix A, by substitution;  dL/dB = A^-T g,
    dL/dA = -(dL/dB) X^T in the triangle, else 0.

    Parameters
    ----------
    A : Tensor, shape (..., n, n)
        Only one triangle is read, and gets a gradient.
    B : Tensor, shape (..., n, k)
        The right sides, in columns; they are converted to the dtype of A.
    upper : bool
        If True, the upper triangle is read, else the lower one.
    left : bool, default True
        If False, the system X A = B is solved, where B has the shape (..., k, n).
    unitriangular : bool, default False
        If True, the diagonal counts as 1, and is not read.

    Returns
    -------
    Tensor
        X, of the shape of B, where the batches of A and B are broadcast; infinite or NaN where the
        diagonal is 0.

    Raises
    ------
    RuntimeError
        If A is not square, or the numbers of rows differ.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> a = tg.tensor([[2.0, 1.0], [0.0, 4.0]])
    >>> tg.linalg.solve_triangular(a, tg.tensor([[4.0], [8.0]]), upper=True)
    tensor([[1.],
            [2.]])
    """
    check_floating(A, "solve_triangular")
    check_tensor(B, "solve_triangular")
    B = B.to(A.dtype)
    if not left:  # (X A)' = A' X'
        A, B, upper = A.mT, B.mT, not upper
    x: Tensor = solved("solve_triangular", A, B, upper, unitriangular)
    return x if left else x.mT


@public("linalg.inv", out=True)
def inv(A: Tensor) -> Tensor:
    """Inverse of a square matrix: y = A^-1;  dL/dA = -y^T g y^T.

    Parameters
    ----------
    A : Tensor, shape (..., n, n)

    Returns
    -------
    Tensor, shape (..., n, n)

    Raises
    ------
    LinAlgError
        If a matrix is singular, or not square.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.linalg.inv(tg.tensor([[2.0, 0.0], [0.0, 4.0]]))
    tensor([[0.5000, 0.0000],
            [0.0000, 0.2500]])
    """
    return ops.inv(A)


def _singular_at(A: Tensor) -> Tensor:
    """For each matrix: which pivot is the first zero, counted from 1; 0 where there is an inverse.

    LAPACK decides whether a matrix is singular, as in `inv`; LU only says where.
    """
    try:
        np.linalg.inv(A.array)
    except np.linalg.LinAlgError:
        if A.ndim > 2:
            return cast(Tensor, stack([_singular_at(matrix) for matrix in A.detach()]))
        place = first_zero(lu_factors("inv_ex", A.detach())[0])
        return Tensor(np.where(place.array == 0, A.shape[-1], place.array).astype(np.int32))
    return Tensor(np.zeros(A.shape[:-2], np.int32))


def _nan_where(info: Tensor, y: Tensor) -> Any:
    """y, NaN for the matrices of which info is not 0."""
    return ops.where((info != 0).reshape(info.shape + (1,) * (y.ndim - info.ndim)), np.nan, y)


def _where_regular(
    name: str, function: Callable[[Tensor], Tensor], A: Tensor, check_errors: bool
) -> tuple[Tensor, Tensor]:
    """function(A), which is NaN for the singular matrices, and which pivot of each is zero."""
    check_square(A, name)
    check_factored(name, A)
    try:
        return function(A), Tensor(np.zeros(A.shape[:-2], np.int32))
    except LinAlgError:
        info = _singular_at(A)
    if check_errors:
        raise_if(name, info, ZERO_PIVOT)
    safe = ops.where((info != 0)[..., None, None], identity(A), A)
    return _nan_where(info, function(safe)), info


@public("linalg.inv_ex", out=True)
def inv_ex(A: Tensor, *, check_errors: bool = False) -> InvEx:
    """Inverse of a square matrix, without an error if it is singular.

    Parameters
    ----------
    A : Tensor, shape (..., n, n)
    check_errors : bool, default False
        If True, a singular matrix raises LinAlgError.

    Returns
    -------
    inverse : Tensor, shape (..., n, n)
        NaN where a matrix is singular.
    info : Tensor, shape (...), dtype int32
        The first pivot that is zero, counted from 1; 0 where there is an inverse.

    Raises
    ------
    LinAlgError
        If a matrix is singular and `check_errors` is True.
    RuntimeError
        If a matrix is not square.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.linalg.inv_ex(tg.tensor([[1.0, 1.0], [1.0, 1.0]])).info
    tensor(2, dtype=int32)
    """
    return InvEx(*_where_regular("inv_ex", ops.inv, A, check_errors))


@public("linalg.solve_ex", out=True)
def solve_ex(A: Tensor, B: Tensor, *, left: bool = True, check_errors: bool = False) -> SolveEx:
    """Solve A X = B, without an error if A is singular.

    Parameters
    ----------
    A : Tensor, shape (..., n, n)
    B : Tensor, shape (..., n, k), or (..., n) for vectors
        The right sides, in columns.
    left : bool, default True
        If False, the system X A = B is solved, where B has the shape (..., k, n).
    check_errors : bool, default False
        If True, a singular matrix raises LinAlgError.

    Returns
    -------
    result : Tensor
        X, of the shape of B; NaN where a matrix is singular.
    info : Tensor, shape (...), dtype int32
        The first pivot that is zero, counted from 1; 0 where there is an inverse.

    Raises
    ------
    LinAlgError
        If a matrix is singular and `check_errors` is True.
    RuntimeError
        If A is not square.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.linalg.solve_ex(2 * tg.eye(2), tg.tensor([2.0, 4.0])).result
    tensor([1., 2.])
    """

    def solved_for(A: Tensor) -> Tensor:
        return solve(A, B, left=left)

    return SolveEx(*_where_regular("solve_ex", solved_for, A, check_errors))


@public("linalg.tensorinv", out=True)
def tensorinv(A: Tensor, ind: int = 2) -> Tensor:
    """Inverse of a tensor with respect to `tensordot`: tensordot(y, A, ind) is the identity.

    Parameters
    ----------
    A : Tensor
        The product of its first `ind` sizes is the product of the others.
    ind : int, default 2
        The number of dimensions that count as the rows.

    Returns
    -------
    Tensor, shape A.shape[ind:] + A.shape[:ind]

    Raises
    ------
    RuntimeError
        If `ind` is not positive.
    LinAlgError
        If the two products differ, or A has no inverse.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.linalg.tensorinv(2 * tg.eye(4).reshape(4, 2, 2), ind=1).shape
    torch.Size([2, 2, 4])
    """
    check_tensor(A, "tensorinv")
    if ind <= 0:
        raise RuntimeError(f"tensorinv: ind is 1 or more, not {ind}")
    rows, columns = A.shape[:ind], A.shape[ind:]
    if prod(rows) != prod(columns):
        sizes = f"{tuple(rows)} and {tuple(columns)}"
        raise LinAlgError(f"tensorinv: the products of the sizes {sizes} differ")
    return ops.inv(A.reshape((prod(rows), prod(columns)))).reshape((*columns, *rows))


@public("linalg.tensorsolve", out=True)
def tensorsolve(A: Tensor, other: Tensor, dims: Any = None) -> Tensor:
    """Solve tensordot(A, X, X.ndim) = B.

    Parameters
    ----------
    A : Tensor, shape B.shape + X.shape
        The product of B's sizes is that of X's.
    other : Tensor
        The right side B, of any shape.
    dims : tuple of ints, optional
        The dimensions of A that are moved to its end first.

    Returns
    -------
    Tensor
        X, whose shape is that of A behind that of B.

    Raises
    ------
    LinAlgError
        If the products of the sizes differ, or A has no inverse.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.linalg.tensorsolve(2 * tg.eye(4).reshape(4, 2, 2), tg.ones(4))
    tensor([[0.5000, 0.5000],
            [0.5000, 0.5000]])
    """
    check_tensor(A, "tensorsolve")
    check_tensor(other, "tensorsolve")
    if dims:
        A = A.movedim(tuple(dims), tuple(range(-len(dims), 0)))
    sizes = A.shape[other.ndim :]
    if prod(sizes) != prod(other.shape):
        given = f"{tuple(A.shape)} and {tuple(other.shape)}"
        raise LinAlgError(f"tensorsolve: not as many equations as unknowns: {given}")
    x = ops.solve(A.reshape((prod(sizes), prod(sizes))), other.reshape((prod(sizes), 1)))
    return x.reshape(sizes)


@public("linalg.lstsq", out=True)
def lstsq(A: Tensor, b: Tensor, rcond: Any = None, *, driver: str | None = None) -> LstSq:
    """Least squares: X = A^+ B, the smallest X among those that minimize ||A X - B||.

    Parameters
    ----------
    A : Tensor, shape (..., m, n)
    b : Tensor, shape (..., m, k), or (..., m) for vectors
        The right sides B, in columns.
    rcond : float, optional
        Singular values up to `rcond` times the largest one count as zero.  Unless given, it is the
        epsilon of the dtype times max(m, n).
    driver : {None, "gels", "gelsy", "gelsd", "gelss"}
        The name of LAPACK's function.  It decides what else is returned; X is found with the
        pseudoinverse for each.

    Returns
    -------
    solution : Tensor, shape (..., n, k)
        X, which has a gradient.
    residuals : Tensor, shape (..., k)
        ||A X - B||^2 for each column, if m > n and all ranks are n, and the driver is not "gelsy";
        else empty.
    rank : Tensor, shape (...), dtype int64
        The ranks of A; empty for "gels".
    singular_values : Tensor, shape (..., min(m, n))
        Those of A, for "gelsd" and "gelss"; else empty.

    Raises
    ------
    RuntimeError
        If the numbers of rows differ, the dtype is not floating, or there is no such driver.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> a, b = tg.tensor([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]]), tg.tensor([[1.0], [3.0], [5.0]])
    >>> tg.linalg.lstsq(a, b).solution.round(decimals=3)
    tensor([[1.],
            [2.]])
    """
    if driver not in (None, "gels", "gelsy", "gelsd", "gelss"):
        raise RuntimeError(f"lstsq: driver is 'gels', 'gelsy', 'gelsd' or 'gelss', not {driver!r}")
    check_matrix(A, "lstsq")
    check_factored("lstsq", A, b)
    vector = b.ndim == A.ndim - 1 and b.shape == A.shape[:-1]
    x = b.unsqueeze(-1) if vector else b
    if x.ndim < 2 or x.ndim > A.ndim or x.shape[-2] != A.shape[-2]:
        given = f"{tuple(A.shape)} and {tuple(b.shape)}"
        raise RuntimeError(f"lstsq: A and B differ in their numbers of rows: {given}")
    empty, (rows, columns) = Tensor(np.zeros(0, A.dtype)), A.shape[-2:]
    solution = ops.pinv(A, rtol=rcond) @ x
    rank = matrix_rank(A, rtol=rcond)
    sizes = svdvals(A).detach() if driver in ("gelsd", "gelss") else empty
    misses = ops.square(A @ solution - x).sum(-2)
    full = rows > columns and driver not in (None, "gelsy") and bool((rank == columns).all())
    solution, misses = (y.squeeze(-1) if vector else y for y in (solution, misses))
    if driver == "gels":
        rank = Tensor(np.zeros(0, np.int64))
    return LstSq(solution, misses if full else empty, rank, sizes)


# ---------------------------------------------------------------- determinants, rank, condition


@public("linalg.det", out=True)
def det(A: Tensor) -> Tensor:
    """Determinant of a square matrix: y = det A;  dL/dA = g cofactor(A), which is g y A^-T where A
    has an inverse.

    Parameters
    ----------
    A : Tensor, shape (..., n, n)

    Returns
    -------
    Tensor, shape (...)

    Raises
    ------
    LinAlgError
        If a matrix is not square.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.linalg.det(tg.tensor([[1.0, 0.0], [3.0, 4.0]]))
    tensor(4.)
    """
    return ops.det(A)


@public("linalg.slogdet", out=True)
def slogdet(A: Tensor) -> SlogDet:
    """Sign and logarithm of the determinant: y = (sign(det A), ln |det A|);  dL/dA = g A^-T, where
    g is that of the logarithm.

    The logarithm is finite where the determinant itself would overflow.

    Parameters
    ----------
    A : Tensor, shape (..., n, n)

    Returns
    -------
    sign : Tensor, shape (...)
        1, -1, or 0 if the matrix is singular.
    logabsdet : Tensor, shape (...)
        It is -inf if the matrix is singular.

    Raises
    ------
    LinAlgError
        If a matrix is not square.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.linalg.slogdet(tg.tensor([[0.0, 2.0], [3.0, 0.0]])).sign
    tensor(-1.)
    """
    return SlogDet(*sign_and_logarithm(A))


@public("linalg.pinv", out=True)
def pinv(
    A: Tensor, rcond: Any = None, hermitian: bool = False, *, atol: Any = None, rtol: Any = None
) -> Tensor:
    """Pseudoinverse (Moore-Penrose) of a matrix: y = V diag(1 / s) U^T, where A = U diag(s) V^T and
    s are the singular values above zero.

    Parameters
    ----------
    A : Tensor, shape (..., m, n)
    rcond : float or Tensor, optional
        Another name of `rtol`.
    hermitian : bool, default False
        If True, A is symmetric, and only its lower triangle is read.
    atol : float or Tensor, optional
        Singular values up to this count as zero.
    rtol : float or Tensor, optional
        Singular values up to this times the largest one count as zero.  Without `atol` it is the
        epsilon of the dtype times max(m, n) unless given, else 0.

    Returns
    -------
    Tensor, shape (..., n, m)

    Raises
    ------
    RuntimeError
        If A has fewer than two dimensions, or its dtype is not floating.

    References
    ----------
    Golub and Pereyra, "The differentiation of pseudo-inverses and nonlinear least squares problems
    whose variables separate", 1973.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.linalg.pinv(tg.tensor([[2.0, 0.0], [0.0, 0.0]]))
    tensor([[0.5000, 0.0000],
            [0.0000, 0.0000]])
    """
    check_matrix(A, "pinv")
    check_factored("pinv", A)
    A = _lower(A) if hermitian else A
    rtol = plain(rtol if rcond is None else rcond)
    if atol is None:
        return ops.pinv(A, rtol=rtol)
    largest = _singular_values("pinv", A).max(-1, initial=0)
    zero, relative = _tolerance(A, largest, atol, rtol), np.zeros_like(largest)
    return ops.pinv(A, rtol=np.divide(zero, largest, out=relative, where=largest > 0))


@public("linalg.matrix_rank", out=True)
def matrix_rank(
    A: Tensor, tol: Any = None, hermitian: bool = False, *, atol: Any = None, rtol: Any = None
) -> Tensor:
    """Rank of a matrix: the number of its singular values that are not zero.

    Parameters
    ----------
    A : Tensor, shape (..., m, n)
    tol : float or Tensor, optional
        Another name of `atol`.
    hermitian : bool, default False
        If True, A is symmetric, and only its lower triangle is read.
    atol : float or Tensor, optional
        Singular values up to this count as zero.
    rtol : float or Tensor, optional
        Singular values up to this times the largest one count as zero.  Without `atol` it is the
        epsilon of the dtype times max(m, n) unless given, else 0.

    Returns
    -------
    Tensor, shape (...), dtype int64

    Raises
    ------
    RuntimeError
        If A has fewer than two dimensions, or its dtype is not floating.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.linalg.matrix_rank(tg.tensor([[1.0, 1.0], [1.0, 1.0]]))
    tensor(1)
    """
    check_matrix(A, "matrix_rank")
    check_factored("matrix_rank", A)
    sizes = _singular_values("matrix_rank", _lower(A) if hermitian else A)
    zero = _tolerance(A, sizes.max(-1, initial=0), atol if tol is None else tol, rtol)
    return Tensor(np.asarray((sizes > zero[..., None]).sum(-1)))


def _singular_values(name: str, A: Tensor) -> Any:
    try:
        return np.linalg.svd(A.array, compute_uv=False)
    except np.linalg.LinAlgError as error:
        raise LinAlgError(f"{name}: {ops.not_finite(A.array) or error}") from None


def _tolerance(A: Tensor, largest: Any, atol: Any, rtol: Any) -> Any:
    """Up to where a singular value counts as zero."""
    atol, rtol = plain(atol), plain(rtol)
    if rtol is None:
        rtol = np.finfo(A.dtype).eps * max(A.shape[-2:]) if atol is None else 0
    return np.maximum(0 if atol is None else atol, rtol * largest)


def _lower(A: Tensor) -> Tensor:
    """The symmetric matrix of A's lower triangle.  The gradient is that of all of A, as in PyTorch:
    it is the same where A is symmetric, as it is meant to be."""
    low = np.tril(A.array) + np.swapaxes(np.tril(A.array, -1), -1, -2)
    return A + Tensor(low - A.array)


@public("linalg.cond", out=True)
def cond(A: Tensor, p: Any = None) -> Tensor:
    """Condition number of a matrix: y = ||A|| ||A^-1||, in one of the norms of `matrix_norm`.

    Parameters
    ----------
    A : Tensor, shape (..., n, n), or (..., m, n) for the norms 2 and -2
    p : {None, "fro", "nuc", 1, -1, 2, -2, inf, -inf}
        The norm; None is 2: the largest singular value divided by the smallest.

    Returns
    -------
    Tensor, shape (...)
        It is inf where A is singular, and 0 where it has no elements.

    Raises
    ------
    RuntimeError
        If there is no such norm, or A is not square where it must be.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.linalg.cond(tg.tensor([[4.0, 0.0], [0.0, 2.0]]))
    tensor(2.)
    """
    check_matrix(A, "cond")
    check_factored("cond", A)
    if isinstance(p, str) or (A.numel() and p not in (None, 2, -2)):
        check_square(A, "cond")
    if A.numel() == 0:
        return A.new_zeros(A.shape[:-2])
    if p in (None, 2, -2):
        sizes = svdvals(A)
        most, least = sizes[..., 0], sizes[..., -1]
        return least / most if p == -2 else most / least
    inverse, info = inv_ex(A)
    y = matrix_norm(A, p) * matrix_norm(ops.where((info != 0)[..., None, None], 0, inverse), p)
    return cast(Tensor, ops.where(info != 0, np.inf, y))


# ---------------------------------------------------------------- factorizations


@public("linalg.lu_factor", out=True)
def lu_factor(A: Tensor, *, pivot: bool = True) -> LUFactor:
    """LU factorization with partial pivoting, A = P L U, packed into one matrix.

    Parameters
    ----------
    A : Tensor, shape (..., m, n)
    pivot : bool, default True
        It must be True, as on PyTorch's CPU.

    Returns
    -------
    LU : Tensor, shape (..., m, n)
        L below the diagonal, without its ones, and U on and above it.
    pivots : Tensor, shape (..., min(m, n)), dtype int32
        With which row each row was swapped in turn, counted from 1.

    Raises
    ------
    LinAlgError
        If a pivot is zero: see `lu_factor_ex`.
    RuntimeError
        If `pivot` is False, or the dtype is not floating.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.linalg.lu_factor(tg.tensor([[1.0, 2.0], [4.0, 4.0]])).pivots
    tensor([2, 2], dtype=int32)
    """
    y, pivots = lu_factors("lu_factor", A, pivot)
    raise_if("lu_factor", first_zero(y), ZERO_PIVOT)
    return LUFactor(y, pivots)


@public("linalg.lu_factor_ex", out=True)
def lu_factor_ex(A: Tensor, *, pivot: bool = True, check_errors: bool = False) -> LUFactorEx:
    """LU factorization with partial pivoting, without an error if a pivot is zero.

    Parameters
    ----------
    A : Tensor, shape (..., m, n)
    pivot : bool, default True
        It must be True, as on PyTorch's CPU.
    check_errors : bool, default False
        If True, a pivot of zero raises LinAlgError.

    Returns
    -------
    LU : Tensor, shape (..., m, n)
        L below the diagonal, without its ones, and U on and above it.
    pivots : Tensor, shape (..., min(m, n)), dtype int32
        With which row each row was swapped in turn, counted from 1.
    info : Tensor, shape (...), dtype int32
        The first pivot that is zero, counted from 1; 0 where none is.

    Raises
    ------
    LinAlgError
        If a pivot is zero and `check_errors` is True.
    RuntimeError
        If `pivot` is False, or the dtype is not floating.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.linalg.lu_factor_ex(tg.tensor([[1.0, 1.0], [1.0, 1.0]])).info
    tensor(2, dtype=int32)
    """
    y, pivots = lu_factors("lu_factor_ex", A, pivot)
    info = first_zero(y)
    if check_errors:
        raise_if("lu_factor_ex", info, ZERO_PIVOT)
    return LUFactorEx(y, pivots, info)


@public("linalg.lu", out=True)
def lu(A: Tensor, *, pivot: bool = True) -> LU:
    """LU factorization with partial pivoting: A = P L U.

    Parameters
    ----------
    A : Tensor, shape (..., m, n)
    pivot : bool, default True
        It must be True, as on PyTorch's CPU.

    Returns
    -------
    P : Tensor, shape (..., m, m)
        The permutation of the rows.
    L : Tensor, shape (..., m, k), k = min(m, n)
        A lower triangle, with ones on its diagonal.
    U : Tensor, shape (..., k, n)
        An upper triangle.

    Raises
    ------
    RuntimeError
        If `pivot` is False, or the dtype is not floating.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> p, l, u = tg.linalg.lu(tg.tensor([[1.0, 2.0], [4.0, 4.0]]))
    >>> l
    tensor([[1.0000, 0.0000],
            [0.2500, 1.0000]])
    >>> u
    tensor([[4., 4.],
            [0., 1.]])
    """
    return LU(*lu_unpack(*lu_factors("lu", A, pivot)))


@public("linalg.lu_solve", out=True)
def lu_solve(
    LU: Tensor, pivots: Tensor, B: Tensor, *, left: bool = True, adjoint: bool = False
) -> Tensor:
    """Solve A X = B, where A is given by its LU factorization.

    Parameters
    ----------
    LU : Tensor, shape (..., n, n)
        L and U in one matrix, as from `lu_factor`.
    pivots : Tensor, shape (..., n), dtype int32
        The pivots, counted from 1.
    B : Tensor, shape (..., n, k)
        The right sides, in columns.
    left : bool, default True
        If False, the system X A = B is solved, where B has the shape (..., k, n).
    adjoint : bool, default False
        If True, the transpose of A stands in its place.

    Returns
    -------
    Tensor
        X, of the shape of B, where the batches of A and B are broadcast.

    Raises
    ------
    RuntimeError
        If A is not square, or the numbers of rows differ.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> factors = tg.linalg.lu_factor(tg.tensor([[2.0, 0.0], [0.0, 4.0]]))
    >>> tg.linalg.lu_solve(*factors, tg.tensor([[2.0], [4.0]]))
    tensor([[1.],
            [1.]])
    """
    if not left:  # (X A)' = A' X'
        B, adjoint = B.mT, not adjoint
    x: Tensor = lu_solved(LU, pivots, B, adjoint)
    return x if left else x.mT


@public("linalg.cholesky_ex", out=True)
def cholesky_ex(A: Tensor, *, upper: bool = False, check_errors: bool = False) -> CholeskyEx:
    """Cholesky factor of a symmetric matrix, without an error if it is not positive definite.

    Parameters
    ----------
    A : Tensor, shape (..., n, n)
        Its symmetric part is taken, as in `cholesky`.
    upper : bool, default False
        If True, the upper triangle L^T is returned.
    check_errors : bool, default False
        If True, a matrix that is not positive definite raises LinAlgError.

    Returns
    -------
    L : Tensor, shape (..., n, n)
        The lower triangle with L L^T = A; NaN where A is not positive definite.
    info : Tensor, shape (...), dtype int32
        The order of the first leading minor that is not positive; 0 where all are.

    Raises
    ------
    LinAlgError
        If a matrix is not positive definite and `check_errors` is True.
    RuntimeError
        If a matrix is not square.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.linalg.cholesky_ex(tg.tensor([[1.0, 2.0], [2.0, 1.0]])).info
    tensor(2, dtype=int32)
    """
    check_square(A, "cholesky_ex")
    check_factored("cholesky_ex", A)
    info = Tensor(_first_minor(A.array))
    if check_errors:
        raise_if("cholesky_ex", info, "the leading minor of order {} is not positive")
    y = ops.cholesky(ops.where((info == 0)[..., None, None], A, identity(A)))
    y = _nan_where(info, y) if info.array.any() else y
    return CholeskyEx(y.mT if upper else y, info)


def _first_minor(x: Any) -> Any:
    """The order of the first leading minor that is not positive, 0 if all are."""

    def fails(x: Any) -> bool:
        try:
            ops.cholesky(x)
        except LinAlgError:
            return True
        return False

    if not fails(x):
        return np.zeros(x.shape[:-2], np.int32)
    if x.ndim > 2:
        return np.stack([_first_minor(matrix) for matrix in x])
    orders = range(1, len(x) + 1)  # behind the first one that fails, all do
    return np.int32(1 + bisect_left(orders, True, key=lambda k: fails(x[:k, :k])))


@public("linalg.householder_product", out=True)
def householder_product(input: Tensor, tau: Tensor) -> Tensor:
    """First n columns of a product of Householder reflections: y = H_1 H_2 ...,
    H_i = 1 - tau_i v_i v_i^T.

    Parameters
    ----------
    input : Tensor, shape (..., m, n), m >= n
        Column i holds v_i below the diagonal; its element on the diagonal is 1, above it 0.
    tau : Tensor, shape (..., k), k <= n
        The factors of the reflections.

    Returns
    -------
    Tensor, shape (..., m, n)

    Raises
    ------
    RuntimeError
        If the shapes do not fit together, or the dtype is not floating.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.linalg.householder_product(tg.tensor([[0.0], [1.0]]), tg.tensor([1.0]))
    tensor([[ 0.],
            [-1.]])
    """
    y: Tensor = reflected("householder_product", input, tau)
    return y


@public("linalg.qr", out=True)
def qr(A: Tensor, mode: str = "reduced") -> QR:
    """QR factorization: A = Q R, where the columns of Q are orthonormal and R is an upper triangle;
    dL/dA = (gQ + Q copy(R gR^T - gQ^T Q)) R^-T.

    gQ and gR are the gradients of Q and R; copy makes a symmetric matrix of the lower triangle.

    Parameters
    ----------
    A : Tensor, shape (..., m, n)
    mode : {"reduced", "complete", "r"}
        "reduced": k = min(m, n).  "complete": k = m, without a gradient if m > n.  "r": Q is empty.

    Returns
    -------
    Q : Tensor, shape (..., m, k)
    R : Tensor, shape (..., k, n)

    Raises
    ------
    RuntimeError
        If A has fewer than two dimensions, or there is no such mode.

    References
    ----------
    Walter and Lehmann, "Algorithmic differentiation of linear algebra functions with application in
    optimum experimental design", 2010.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> q, r = tg.linalg.qr(tg.tensor([[3.0, 1.0], [4.0, 2.0]]))
    >>> (q @ r).round(decimals=3)
    tensor([[3., 1.],
            [4., 2.]])
    """
    check_matrix(A, "qr")
    if mode not in ("reduced", "complete", "r"):
        raise RuntimeError(f"qr: mode is 'reduced', 'complete' or 'r', not {mode!r}")
    if mode == "r":
        return QR(Tensor(np.zeros(0, A.dtype)), ops.qr(A)[1])
    return QR(*ops.qr(A, mode=mode))


@public("linalg.svd", out=True)
def svd(A: Tensor, full_matrices: bool = True, *, driver: str | None = None) -> SVD:
    """Singular value decomposition: A = U diag(S) Vh, with orthonormal columns of U and rows of Vh.

    There is a gradient with full_matrices=False, or where A is square, or only S is used.  Where
    singular values are equal, the vectors have none: it is NaN.

    Parameters
    ----------
    A : Tensor, shape (..., m, n)
    full_matrices : bool, default True
        If True, U and Vh are square.  If False, they have k = min(m, n) vectors.
    driver : str, optional
        It changes nothing: in PyTorch it chooses a function of CUDA.

    Returns
    -------
    U : Tensor, shape (..., m, m) or (..., m, k)
    S : Tensor, shape (..., k)
        The singular values, from the largest to the smallest.
    Vh : Tensor, shape (..., n, n) or (..., k, n)
        V transposed.

    Raises
    ------
    LinAlgError
        If A has fewer than two dimensions.

    References
    ----------
    Townsend, "Differentiating the singular value decomposition", 2016.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.linalg.svd(tg.tensor([[3.0, 0.0], [0.0, 4.0]])).S
    tensor([4., 3.])
    """
    return SVD(*ops.svd(A, full_matrices=full_matrices))


@public("linalg.svdvals", out=True)
def svdvals(A: Tensor, *, driver: str | None = None) -> Tensor:
    """Singular values of a matrix, from the largest to the smallest.

    Parameters
    ----------
    A : Tensor, shape (..., m, n)
    driver : str, optional
        It changes nothing: in PyTorch it chooses a function of CUDA.

    Returns
    -------
    Tensor, shape (..., min(m, n))

    Raises
    ------
    LinAlgError
        If A has fewer than two dimensions.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.linalg.svdvals(tg.tensor([[3.0, 0.0], [0.0, 4.0]]))
    tensor([4., 3.])
    """
    return ops.svd(A, full_matrices=False)[1]


@public("linalg.eigh", out=True)
def eigh(A: Tensor, UPLO: str = "L") -> Eigh:
    """Eigenvalues and eigenvectors of a symmetric matrix: A = V diag(w) V^T.

    The symmetric part of A is taken (see `cholesky`).  Where eigenvalues are equal, the vectors
    have no gradient: it is NaN.

    Parameters
    ----------
    A : Tensor, shape (..., n, n)
    UPLO : {"L", "U"}, default "L"
        The triangle that PyTorch reads.

    Returns
    -------
    eigenvalues : Tensor, shape (..., n)
        w, from the smallest to the largest.
    eigenvectors : Tensor, shape (..., n, n)
        V: vectors of length 1, in the columns.

    Raises
    ------
    RuntimeError
        If a matrix is not square, or there is no such triangle.

    References
    ----------
    Giles, "Collected matrix derivative results for forward and reverse mode algorithmic
    differentiation", 2008.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.linalg.eigh(tg.tensor([[2.0, 0.0], [0.0, 1.0]])).eigenvalues
    tensor([1., 2.])
    """
    _check_symmetric("eigh", A, UPLO)
    return Eigh(*ops.eigh(A))


@public("linalg.eigvalsh", out=True)
def eigvalsh(A: Tensor, UPLO: str = "L") -> Tensor:
    """Eigenvalues of a symmetric matrix, from the smallest to the largest.

    The symmetric part of A is taken (see `cholesky`).

    Parameters
    ----------
    A : Tensor, shape (..., n, n)
    UPLO : {"L", "U"}, default "L"
        The triangle that PyTorch reads.

    Returns
    -------
    Tensor, shape (..., n)

    Raises
    ------
    RuntimeError
        If a matrix is not square, or there is no such triangle.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.linalg.eigvalsh(tg.tensor([[2.0, 0.0], [0.0, 1.0]]))
    tensor([1., 2.])
    """
    _check_symmetric("eigvalsh", A, UPLO)
    return ops.eigh(A)[0]


def _check_symmetric(name: str, A: Tensor, UPLO: str) -> None:
    check_square(A, name)
    if UPLO not in ("L", "U", "l", "u"):
        raise RuntimeError(f"{name}: UPLO is the triangle of A, 'L' or 'U', not {UPLO!r}")


# ---------------------------------------------------------------- products, vectors, diagonals


@public("linalg.multi_dot", out=True)
def multi_dot(tensors: Any) -> Tensor:
    """Product of several matrices, in the order that takes the fewest multiplications.

    Parameters
    ----------
    tensors : sequence of Tensor, shapes (n_0, n_1), (n_1, n_2), ...
        Two matrices or more; the first one may be a vector (n_1,), which is a row, and the last one
        too, which is a column.

    Returns
    -------
    Tensor, shape (n_0, n_last)
        Without the dimension of a row or a column.

    Raises
    ------
    RuntimeError
        If there are fewer than two, or two neighbors cannot be multiplied.

    References
    ----------
    Cormen, Leiserson, Rivest and Stein, "Introduction to algorithms", 2009, section 15.2.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.linalg.multi_dot([tg.ones(2, 3), tg.ones(3, 4), tg.ones(4)])
    tensor([12., 12.])
    """
    if len(tensors) < 2:
        raise RuntimeError(f"multi_dot: it takes two matrices or more, not {len(tensors)}")
    product: Tensor = product_of_many("multi_dot", tensors)
    return product


@public("linalg.cross", out=True)
def cross(input: Tensor, other: Tensor, *, dim: int = -1) -> Tensor:
    """Cross product of vectors with three elements: y = a x b;  dL/da = b x g,  dL/db = g x a.

    Parameters
    ----------
    input : Tensor
        The left factors a, of size 3 in `dim`.
    other : Tensor
        The right factors b, with as many dimensions as a; the other sizes broadcast.
    dim : int, default -1
        The dimension of the vectors.

    Returns
    -------
    Tensor
        Of the shape that the two broadcast to.

    Raises
    ------
    RuntimeError
        If the numbers of dimensions differ, or the size of `dim` is not 3.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.linalg.cross(tg.tensor([1.0, 0.0, 0.0]), tg.tensor([0.0, 1.0, 0.0]))
    tensor([0., 0., 1.])
    """
    product: Tensor = crossed("linalg.cross", input, other, dim)
    return product


@public("linalg.vecdot", out=True)
def vecdot(x: Tensor, y: Tensor, *, dim: int = -1) -> Tensor:
    """Dot products of vectors along a dimension: y = sum_i x_i y_i.

    Parameters
    ----------
    x : Tensor
        The left factors.
    y : Tensor
        The right factors, of a shape that broadcasts with that of x.
    dim : int, default -1
        The dimension that is summed over.

    Returns
    -------
    Tensor
        Of the shape that the two broadcast to, without `dim`.

    Raises
    ------
    ValueError
        If the shapes do not broadcast.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.linalg.vecdot(tg.tensor([[1.0, 2.0], [3.0, 4.0]]), tg.tensor([1.0, 10.0]))
    tensor([21., 43.])
    """
    check_floating(x, "vecdot")
    check_floating(y, "vecdot")
    products: Tensor = in_float32(lambda x, y: (x * y).sum(dim), x, y)
    return products


@public("linalg.vander")
def vander(x: Tensor, *, N: int | None = None) -> Tensor:
    """Vandermonde matrix of each vector: y_ij = x_i^j.

    Parameters
    ----------
    x : Tensor, shape (..., n)
    N : int, optional
        The number of columns, at least 2; n unless given.

    Returns
    -------
    Tensor, shape (..., n, N)

    Raises
    ------
    RuntimeError
        If N is below 2.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.linalg.vander(tg.tensor([1, 2, 3]))
    tensor([[1, 1, 1],
            [1, 2, 4],
            [1, 3, 9]])
    """
    count = N if N is not None else x.shape[-1] if x.ndim else 1
    if count <= 1:
        raise RuntimeError(f"vander: N is above 1, not {count}, for vectors of {tuple(x.shape)}")
    if x.dtype.kind == "b" or x.dtype == np.float16:  # as in PyTorch
        raise RuntimeError(f"vander: it takes float32, float64 or whole numbers, not {x.dtype}")
    y: Tensor = powers_of(x if x.ndim else x.reshape(1), count)
    return y


@public("linalg.diagonal")
def diagonal(A: Tensor, *, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """Diagonals of matrices, as a view: y_i = A_(i, i + offset).

    Parameters
    ----------
    A : Tensor, shape (..., m, n)
    offset : int, default 0
        The diagonal: above the main one if positive, below it if negative.
    dim1 : int, default -2
        The dimension of the rows.
    dim2 : int, default -1
        The dimension of the columns.

    Returns
    -------
    Tensor
        The other dimensions, then one for the diagonal.

    Raises
    ------
    RuntimeError
        If the two dimensions are the same.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.linalg.diagonal(tg.tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor([1., 4.])
    """
    return A.diagonal(offset, dim1, dim2)


# ---------------------------------------------------------------- norms


@public("linalg.vector_norm", out=True)
def vector_norm(
    x: Tensor, ord: float = 2, dim: Dim = None, keepdim: bool = False, *, dtype: Any = None
) -> Tensor:
    """Norm of vectors: y = (sum_i |x_i|^ord)^(1 / ord).

    Where the norm is 0, so is its gradient.

    Parameters
    ----------
    x : Tensor
        Of any shape and a floating dtype.
    ord : float, default 2
        The order: inf is the largest |x_i|, -inf the smallest; 0 counts what is not 0.
    dim : int or tuple of ints, optional
        The dimensions to reduce; all of them by default.
    keepdim : bool, default False
        If True, the reduced dimensions stay, with size 1.
    dtype : dtype, optional
        The input is cast to it first.

    Returns
    -------
    Tensor
        The shape of x without `dim` (or with size 1 there).

    Raises
    ------
    TypeError
        If `ord` is not a number.
    RuntimeError
        If the dtype is not floating.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.linalg.vector_norm(tg.tensor([3.0, 4.0]))
    tensor(5.)
    """
    if isinstance(ord, str) or ord is None:
        raise TypeError(f"vector_norm: ord is a number, not {ord!r}: see matrix_norm")
    y: Tensor = p_norm(x, ord, dim, keepdim, dtype=dtype)
    return y


@public("linalg.matrix_norm", out=True)
def matrix_norm(
    A: Any, ord: Any = "fro", dim: Any = (-2, -1), keepdim: bool = False, *, dtype: Any = None
) -> Tensor:
    """Norm of matrices.

    Parameters
    ----------
    A : Tensor
        Of two dimensions or more, and a floating dtype.
    ord : number or str, default "fro"
        "fro" is the root of the sum of squares, "nuc" the sum of the singular values; 2 and -2 are
        the largest and the smallest singular value; inf and -inf the largest and the smallest sum
        of the |a| of a row, 1 and -1 those of a column.
    dim : pair of ints, default (-2, -1)
        The dimensions of the rows and of the columns.
    keepdim : bool, default False
        If True, the two dimensions stay, with size 1.
    dtype : dtype, optional
        The input is cast to it first.

    Returns
    -------
    Tensor
        The shape of A without `dim` (or with size 1 there).

    Raises
    ------
    RuntimeError
        If there is no such norm, or `dim` is not a pair of dimensions.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.linalg.matrix_norm(tg.tensor([[3.0, 0.0], [0.0, 4.0]]), 2)
    tensor(4.)
    """
    check_matrix(A, "matrix_norm")
    A = widened("matrix_norm", A, dtype)
    if isinstance(dim, int) or len(dim) != 2:
        raise RuntimeError(f"matrix_norm: dim is a pair of dimensions, not {dim}")
    dims = two_dims(A.ndim, dim[0], dim[1], "matrix_norm", A)
    if ord == "fro":
        return vector_norm(A, 2, dims, keepdim)
    x = A.permute((*[d for d in range(A.ndim) if d not in dims], *dims))
    if ord in ("nuc", 2, -2):
        sizes = svdvals(x)
    elif ord in (1, -1, np.inf, -np.inf):
        sizes = x.absolute().sum(-2 if abs(ord) == 1 else -1)
    else:
        raise RuntimeError(f"matrix_norm: ord is 'fro', 'nuc', 1, 2, inf or negative, not {ord!r}")
    if ord in (1, 2, np.inf) and sizes.shape[-1] == 0:
        sizes = x.new_zeros((*x.shape[:-2], 1))
    y = sizes.sum(-1) if ord == "nuc" else sizes.amax(-1) if ord > 0 else sizes.amin(-1)
    return y.reshape([1 if d in dims else n for d, n in enumerate(A.shape)]) if keepdim else y


@public("linalg.norm", out=True)
def norm(
    A: Any, ord: Any = None, dim: Any = None, keepdim: bool = False, *, dtype: Any = None
) -> Tensor:
    """Norm of vectors or matrices.

    It is that of matrices if `ord` is given and A, or `dim`, has two dimensions; or if `ord` is a
    word.  Else it is that of vectors: of all elements, if neither is given.

    Parameters
    ----------
    A : Tensor
        Of any shape, and a floating dtype.
    ord : number or str, optional
        The order, as in `vector_norm` (where None is 2) or `matrix_norm`.
    dim : int or pair of ints, optional
        The dimensions to reduce.
    keepdim : bool, default False
        If True, the reduced dimensions stay, with size 1.
    dtype : dtype, optional
        The input is cast to it first.

    Returns
    -------
    Tensor
        The shape of A without `dim` (or with size 1 there).

    Raises
    ------
    RuntimeError
        If `ord` is given without `dim` for more than two dimensions, or there is no such norm.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.linalg.norm(tg.tensor([3.0, 4.0]))
    tensor(5.)
    """
    check_tensor(A, "norm")
    if ord is not None and dim is None:
        if A.ndim not in (1, 2):
            raise RuntimeError(
                f"norm: say dim= for ord={ord!r} of a tensor of shape {tuple(A.shape)}"
            )
        dim = tuple(range(A.ndim))
    of_matrix = isinstance(ord, str) or not (ord is None or isinstance(dim, int) or len(dim) == 1)
    if of_matrix:
        return matrix_norm(A, ord, dim, keepdim, dtype=dtype)
    return vector_norm(A, 2 if ord is None else ord, dim, keepdim, dtype=dtype)


def __getattr__(name: str) -> Any:
    refuse("linalg", name, __name__)


globals().update(names_in("linalg"))
__all__ = ["LinAlgError", *names_in("linalg")]


def __dir__() -> list[str]:
    return __all__
