"""Linear algebra in `torch.linalg`'s spelling: systems of equations, factorisations, norms.

Matrices are the last two dimensions, all before them a batch.  The derivatives are in
`ops/linalg.py`, with their sources.

>>> import tinygrad_edu as tg
>>> a = tg.tensor([[2.0, 1.0], [1.0, 3.0]])
>>> solve(a, tg.tensor([3.0, 4.0])), det(a), eigh(a).eigenvalues
(tensor([1., 1.]), tensor(5.), tensor([1.3820, 3.6180]))
"""

from math import prod
from typing import Any, cast

import numpy as np

from . import ops
from .absent import refuse
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
    product_of_many,
    slogdet as sign_and_logarithm,
    solved,
    stack,
)
from .functions.arguments import Dim, check_dim, check_floating, named, plain
from .registry import names_in, public
from .tensor import Tensor

LinAlgError = np.linalg.LinAlgError
_Eigh = named("eigh", "eigenvalues eigenvectors")
_QR = named("qr", "Q R")
_SVD = named("svd", "U S Vh")
_LU = named("lu", "P L U")
_Factored = named("lu_factor", "LU pivots")
_FactoredEx = named("lu_factor_ex", "LU pivots info")
_CholeskyEx = named("cholesky_ex", "L info")
_InvEx = named("inv_ex", "inverse info")
_SolveEx = named("solve_ex", "result info")
_LstSq = named("lstsq", "solution residuals rank singular_values")

# ---------------------------------------------------------------- systems of equations


@public("linalg.solve", out=True)
def solve(A: Tensor, B: Tensor, *, left: bool = True) -> Tensor:
    """Solve the system of equations A X = B;  dL/dB = A'^-1 g,  dL/dA = -(dL/dB) X'.

    Parameters
    ----------
    A : Tensor
        Of shape (..., n, n).
    B : Tensor
        Columns (..., n, k), or vectors (..., n).
    left : bool, default True
        If false, X A = B is solved.

    Returns
    -------
    Tensor
        X, of the shape of B, its batch broadcast with that of A.

    Raises
    ------
    LinAlgError
        If a matrix is singular.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.linalg.solve(tg.tensor([[2.0, 1.0], [1.0, 3.0]]), tg.tensor([3.0, 4.0]))
    tensor([1., 1.])
    """
    if left and (B.ndim == 1 or B.shape == A.shape[:-1]):
        return ops.solve(A, B.unsqueeze(-1)).squeeze(-1)
    return ops.solve(A, B) if left else ops.solve(A.mT, B.mT).mT


@public("linalg.solve_triangular", out=True)
def solve_triangular(
    A: Tensor, B: Tensor, *, upper: bool, left: bool = True, unitriangular: bool = False
) -> Any:
    """Solve A X = B for a triangular matrix A, by substitution.

    Parameters
    ----------
    A : Tensor
        Of shape (..., n, n); only one triangle is read, and gets a gradient.
    B : Tensor
        Columns, of shape (..., n, k).
    upper : bool
        Is it the upper triangle?
    left : bool, default True
        If false, X A = B is solved.
    unitriangular : bool, default False
        Is the diagonal taken to be 1?

    Returns
    -------
    Tensor
        X, of the shape of B; infinite or NaN where the diagonal is 0.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> a = tg.tensor([[2.0, 1.0], [0.0, 4.0]])
    >>> tg.linalg.solve_triangular(a, tg.tensor([[4.0], [8.0]]), upper=True)
    tensor([[1.],
            [2.]])
    """
    if left:
        return solved("solve_triangular", A, B, upper, unitriangular)
    return solved("solve_triangular", A.mT, B.mT, not upper, unitriangular).mT


@public("linalg.inv", out=True)
def inv(A: Tensor) -> Any:
    """Inverse of a square matrix: y = A^-1;  dL/dA = -y' g y'.

    Parameters
    ----------
    A : Tensor
        Of shape (..., n, n).

    Returns
    -------
    Tensor
        Of the same shape.

    Raises
    ------
    LinAlgError
        If a matrix is singular.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.linalg.inv(tg.tensor([[2.0, 0.0], [0.0, 4.0]]))
    tensor([[0.5000, 0.0000],
            [0.0000, 0.2500]])
    """
    return ops.inv(A)


def _where_it_fails(name: str, A: Tensor, attempt: Any) -> tuple[Any, Any]:
    """attempt(A), and 0; or for each matrix of a batch by itself, NaN where it raises LinAlgError,
    and the pivot that is zero."""
    try:
        return attempt(A), Tensor(np.zeros(A.shape[:-2], np.int32))
    except LinAlgError:
        if A.ndim == 2:
            return A * np.nan, first_zero(lu_factors(name, A)[0])
    results, infos = zip(*[_where_it_fails(name, x, attempt) for x in A], strict=True)
    return stack(list(results)), stack(list(infos))


def _raise_if(name: str, info: Any, check: bool, what: str) -> None:
    if check and (info.array != 0).any():
        raise LinAlgError(f"{name}: info is {info.tolist()}: a matrix is not {what}")


@public("linalg.inv_ex", out=True)
def inv_ex(A: Tensor, *, check_errors: bool = False) -> Any:
    """Inverse of a square matrix, without an error if it is singular.

    Parameters
    ----------
    A : Tensor
        Of shape (..., n, n).
    check_errors : bool, default False
        Raise the error after all?

    Returns
    -------
    tuple (inverse, info)
        The inverse, NaN where a matrix is singular; 0 as int32, or which pivot is zero, counted
        from 1.

    Raises
    ------
    LinAlgError
        If a matrix is singular and `check_errors` is true.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.linalg.inv_ex(tg.tensor([[1.0, 1.0], [1.0, 1.0]])).info
    tensor(2, dtype=int32)
    """
    check_square(A, "inv_ex")
    y, info = _where_it_fails("inv_ex", A, ops.inv)
    _raise_if("inv_ex", info, check_errors, "invertible")
    return _InvEx(y, info)


@public("linalg.solve_ex", out=True)
def solve_ex(A: Tensor, B: Tensor, *, left: bool = True, check_errors: bool = False) -> Any:
    """Solve A X = B, without an error if A is singular.

    Parameters
    ----------
    A : Tensor
        Of shape (..., n, n).
    B : Tensor
        Columns (..., n, k), or vectors (..., n).
    left : bool, default True
        If false, X A = B is solved.
    check_errors : bool, default False
        Raise the error after all?

    Returns
    -------
    tuple (result, info)
        X, NaN where a matrix is singular; 0 as int32, or which pivot is zero, counted from 1.

    Raises
    ------
    LinAlgError
        If a matrix is singular and `check_errors` is true.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.linalg.solve_ex(2 * tg.eye(2), tg.tensor([2.0, 4.0])).result
    tensor([1., 2.])
    """
    check_square(A, "solve_ex")
    info = _where_it_fails("solve_ex", A, ops.inv)[1]
    _raise_if("solve_ex", info, check_errors, "invertible")
    if (info.array != 0).any():
        singular = (info != 0)[..., None, None]
        y = solve(ops.where(singular, identity(A), A), B, left=left)
        return _SolveEx(
            ops.where(singular.reshape(info.shape + (1,) * (y.ndim - info.ndim)), np.nan, y), info
        )
    return _SolveEx(solve(A, B, left=left), info)


@public("linalg.tensorinv", out=True)
def tensorinv(A: Tensor, ind: int = 2) -> Any:
    """Inverse of a tensor for `tensordot`: tensordot(y, A, ind) is the identity.

    Parameters
    ----------
    A : Tensor
        Its first `ind` sizes have the same product as the others.
    ind : int, default 2
        How many dimensions are the rows.

    Returns
    -------
    Tensor
        Of shape A.shape[ind:] + A.shape[:ind].

    Raises
    ------
    RuntimeError
        If the products differ.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.linalg.tensorinv(2 * tg.eye(4).reshape(4, 2, 2), ind=1).shape
    torch.Size([2, 2, 4])
    """
    if ind <= 0:
        raise RuntimeError(f"tensorinv: ind is 1 or more, not {ind}")
    rows, columns = A.shape[:ind], A.shape[ind:]
    if prod(rows) != prod(columns):
        raise RuntimeError(f"tensorinv: {rows} and {columns} have not as many elements")
    return ops.inv(A.reshape((prod(rows), prod(columns)))).reshape((*columns, *rows))


@public("linalg.tensorsolve", out=True)
def tensorsolve(A: Tensor, other: Tensor, dims: Any = None) -> Any:
    """Solve tensordot(A, X, X.ndim) = B.

    Parameters
    ----------
    A : Tensor
        Of shape other.shape + X.shape, once `dims` are at the end.
    other : Tensor
        B, of any shape.
    dims : tuple of ints, optional
        Dimensions of A that are first moved to its end.

    Returns
    -------
    Tensor
        X, of the shape of A behind that of B.

    Raises
    ------
    RuntimeError
        If the shapes do not fit.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.linalg.tensorsolve(2 * tg.eye(4).reshape(4, 2, 2), tg.ones(4))
    tensor([[0.5000, 0.5000],
            [0.5000, 0.5000]])
    """
    for k in dims or ():
        A = A.movedim(k, -1)
    sizes = A.shape[other.ndim :]
    if prod(sizes) != prod(other.shape) or A.shape[: other.ndim] != other.shape:
        given = f"{tuple(A.shape)} and {tuple(other.shape)}"
        raise RuntimeError(f"tensorsolve: these are no system of equations: {given}")
    x = ops.solve(A.reshape((prod(sizes), prod(sizes))), other.reshape((-1, 1)))
    return x.reshape(sizes)


@public("linalg.lstsq")
def lstsq(A: Tensor, b: Tensor, rcond: Any = None, *, driver: str | None = None) -> Any:
    """Least squares: the X with the smallest norm among those with the smallest ||A X - B||.

    Parameters
    ----------
    A : Tensor
        Of shape (..., m, n).
    b : Tensor
        B: columns (..., m, k), or vectors (..., m).
    rcond : float, optional
        Singular values up to this, times the largest one, count as zero: unless given, eps times
        the longer side.
    driver : {None, "gels", "gelsy", "gelsd", "gelss"}
        LAPACK's driver, which decides what else is returned; X is found with the pseudoinverse.

    Returns
    -------
    tuple (solution, residuals, rank, singular_values)
        X, (..., n, k); the sums of squares ||A X - B||^2, (..., k), if m > n and the rank is full,
        else empty; the ranks (empty for "gels"); the singular values (for "gelsd" and "gelss", else
        empty).

    Raises
    ------
    RuntimeError
        If the rows of A and B differ, or for another driver.

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
    check_floating(A, "lstsq")
    vector = b.ndim == A.ndim - 1 and b.shape == A.shape[:-1]
    x = b.unsqueeze(-1) if vector else b
    if x.ndim < 2 or x.ndim > A.ndim or x.shape[-2] != A.shape[-2]:
        given = f"{tuple(A.shape)} and {tuple(b.shape)}"
        raise RuntimeError(f"lstsq: the two differ in their rows: {given}")
    empty, (rows, columns) = Tensor(np.zeros(0, A.dtype)), A.shape[-2:]
    solution = ops.pinv(A, rtol=rcond) @ x
    rank = matrix_rank(A, rtol=rcond)
    sizes = svdvals(A).detach() if driver in ("gelsd", "gelss") else empty
    misses = ops.square(A @ solution - x).sum(-2)
    full = rows > columns and driver not in (None, "gelsy") and bool((rank == columns).all())
    solution, misses = (y.squeeze(-1) if vector else y for y in (solution, misses))
    if driver == "gels":
        rank = Tensor(np.zeros(0, np.int64))
    return _LstSq(solution, misses if full else empty, rank, sizes)


# ---------------------------------------------------------------- determinants, rank, condition


@public("linalg.det", out=True)
def det(A: Tensor) -> Any:
    """Determinant of a square matrix: y = det A;  dL/dA = g cofactor(A), which is g y A'^-1 where A
    has an inverse.

    Parameters
    ----------
    A : Tensor
        Of shape (..., n, n).

    Returns
    -------
    Tensor
        Of shape (...).

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.linalg.det(tg.tensor([[1.0, 0.0], [3.0, 4.0]]))
    tensor(4.)
    """
    return ops.det(A)


@public("linalg.slogdet", out=True)
def slogdet(A: Tensor) -> Any:
    """Sign and logarithm of the determinant, where that itself would overflow.

    Parameters
    ----------
    A : Tensor
        Of shape (..., n, n).

    Returns
    -------
    tuple (sign, logabsdet)
        Two tensors of shape (...).

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.linalg.slogdet(tg.tensor([[0.0, 2.0], [3.0, 0.0]])).sign
    tensor(-1.)
    """
    return sign_and_logarithm(A)


@public("linalg.pinv", out=True)
def pinv(
    A: Tensor, rcond: Any = None, hermitian: bool = False, *, atol: Any = None, rtol: Any = None
) -> Tensor:
    """Pseudoinverse (Moore-Penrose) of a matrix.

    Parameters
    ----------
    A : Tensor
        Of shape (..., m, n).
    rcond : float or Tensor, optional
        Another name of `rtol`.
    hermitian : bool, default False
        Read only the lower triangle of A?
    atol, rtol : float or Tensor, optional
        The absolute and the relative tolerance: singular values up to the larger of atol and rtol
        times the largest one count as zero. Without either, rtol is eps times the longer side.

    Returns
    -------
    Tensor
        Of shape (..., n, m).

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
    A = _lower(A) if hermitian else A
    rtol = plain(rtol if rcond is None else rcond)
    if atol is None:
        return ops.pinv(A, rtol=rtol)
    largest = np.linalg.svd(A.array, compute_uv=False).max(-1, initial=0)
    zero, relative = _tolerance(A, largest, atol, rtol), np.zeros_like(largest)
    return ops.pinv(A, rtol=np.divide(zero, largest, out=relative, where=largest > 0))


@public("linalg.matrix_rank", out=True)
def matrix_rank(
    A: Tensor, tol: Any = None, hermitian: bool = False, *, atol: Any = None, rtol: Any = None
) -> Tensor:
    """Rank of a matrix: how many singular values are not zero.

    Parameters
    ----------
    A : Tensor
        Of shape (..., m, n).
    tol : float or Tensor, optional
        Another name of `atol`.
    hermitian : bool, default False
        Read only the lower triangle of A?
    atol, rtol : float or Tensor, optional
        The absolute and the relative tolerance: singular values up to the larger of atol and rtol
        times the largest one count as zero. Without either, rtol is eps times the longer side.

    Returns
    -------
    Tensor
        Of shape (...), int64.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.linalg.matrix_rank(tg.tensor([[1.0, 1.0], [1.0, 1.0]]))
    tensor(1)
    """
    check_matrix(A, "matrix_rank")
    sizes = np.linalg.svd((_lower(A) if hermitian else A).array, compute_uv=False)
    zero = _tolerance(A, sizes.max(-1, initial=0), atol if tol is None else tol, rtol)
    return Tensor(np.asarray((sizes > zero[..., None]).sum(-1)))


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
    """Condition number of a matrix: the product of the norms of A and of its inverse.

    Parameters
    ----------
    A : Tensor
        Of shape (..., n, n); for 2 and -2, (..., m, n).
    p : number or str, optional
        The norm, one of those of `matrix_norm`; None is 2.

    Returns
    -------
    Tensor
        Of shape (...); infinite if A has no inverse.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.linalg.cond(tg.tensor([[4.0, 0.0], [0.0, 2.0]]))
    tensor(2.)
    """
    check_matrix(A, "cond")
    if p in (None, 2, -2):
        sizes = svdvals(A)
        most, least = sizes[..., 0], sizes[..., -1]
        return least / most if p == -2 else most / least
    try:
        return cast(Tensor, matrix_norm(A, p) * matrix_norm(inv(A), p))
    except LinAlgError:
        if A.ndim > 2:
            return cast(Tensor, stack([cond(matrix, p) for matrix in A]))
        return Tensor(np.full((), np.inf, A.dtype))


# ---------------------------------------------------------------- factorisations


@public("linalg.lu_factor", out=True)
def lu_factor(A: Tensor, *, pivot: bool = True) -> Any:
    """LU factorisation with partial pivoting, packed into one matrix.

    Parameters
    ----------
    A : Tensor
        Of shape (..., m, n).
    pivot : bool, default True
        Must be true.

    Returns
    -------
    tuple (LU, pivots)
        L without its diagonal of ones, and U, in one matrix (..., m, n); with which row each row
        was swapped in turn, counted from 1, int32.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.linalg.lu_factor(tg.tensor([[1.0, 2.0], [4.0, 4.0]])).pivots
    tensor([2, 2], dtype=int32)
    """
    return _Factored(*lu_factors("lu_factor", A, pivot))


@public("linalg.lu_factor_ex", out=True)
def lu_factor_ex(A: Tensor, *, pivot: bool = True, check_errors: bool = False) -> Any:
    """LU factorisation, and where it meets a pivot that is zero.

    Parameters
    ----------
    A : Tensor
        Of shape (..., m, n).
    pivot : bool, default True
        Must be true.
    check_errors : bool, default False
        Raise LinAlgError if there is such a pivot?

    Returns
    -------
    tuple (LU, pivots, info)
        As from `lu_factor`; 0 as int32, or which pivot is zero, counted from 1.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.linalg.lu_factor_ex(tg.tensor([[1.0, 1.0], [1.0, 1.0]])).info
    tensor(2, dtype=int32)
    """
    y, pivots = lu_factors("lu_factor_ex", A, pivot)
    info = first_zero(y)
    _raise_if("lu_factor_ex", info, check_errors, "invertible")
    return _FactoredEx(y, pivots, info)


@public("linalg.lu", out=True)
def lu(A: Tensor, *, pivot: bool = True) -> Any:
    """LU factorisation with partial pivoting: A = P L U.

    Parameters
    ----------
    A : Tensor
        Of shape (..., m, n).
    pivot : bool, default True
        Must be true.

    Returns
    -------
    tuple (P, L, U)
        A permutation (..., m, m), a lower triangle (..., m, k) with ones on its diagonal, and an
        upper triangle (..., k, n); k = min(m, n).

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
    return _LU(*lu_unpack(*lu_factors("lu", A, pivot)))


@public("linalg.lu_solve", out=True)
def lu_solve(
    LU: Tensor, pivots: Tensor, B: Tensor, *, left: bool = True, adjoint: bool = False
) -> Any:
    """Solve A X = B, where the LU factorisation of A is given.

    Parameters
    ----------
    LU, pivots : Tensor
        From `lu_factor`.
    B : Tensor
        Columns, of shape (..., n, k).
    left : bool, default True
        If false, X A = B is solved.
    adjoint : bool, default False
        If true, A' stands in place of A.

    Returns
    -------
    Tensor
        X, of the shape of B.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> factors = tg.linalg.lu_factor(tg.tensor([[2.0, 0.0], [0.0, 4.0]]))
    >>> tg.linalg.lu_solve(*factors, tg.tensor([[2.0], [4.0]]))
    tensor([[1.],
            [1.]])
    """
    if left:
        return lu_solved(LU, pivots, B, adjoint)
    return lu_solved(LU, pivots, B.mT, not adjoint).mT


@public("linalg.cholesky_ex", out=True)
def cholesky_ex(A: Tensor, *, upper: bool = False, check_errors: bool = False) -> Any:
    """Cholesky factor, without an error if a matrix is not positive definite.

    Parameters
    ----------
    A : Tensor
        Symmetric, of shape (..., n, n).
    upper : bool, default False
        Return L' in place of L?
    check_errors : bool, default False
        Raise LinAlgError after all?

    Returns
    -------
    tuple (L, info)
        L, NaN where a matrix is not positive definite; 0 as int32, or the order of the first
        leading minor that is not positive.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.linalg.cholesky_ex(tg.tensor([[1.0, 2.0], [2.0, 1.0]])).info
    tensor(2, dtype=int32)
    """
    check_square(A, "cholesky_ex")
    info = Tensor(_first_minor(A.detach().array))
    _raise_if("cholesky_ex", info, check_errors, "positive definite")
    good = (info == 0)[..., None, None]
    y = ops.where(good, ops.cholesky(ops.where(good, A, identity(A))), np.nan)
    return _CholeskyEx(y.mT if upper else y, info)


def _first_minor(x: Any) -> Any:
    """The order of the first leading minor that is not positive, 0 if all are."""
    info = np.zeros(x.shape[:-2], np.int32)
    for k in range(x.shape[-1], 0, -1):
        part = x[..., :k, :k]
        info = np.where(
            np.linalg.eigvalsh((part + part.swapaxes(-1, -2)) / 2)[..., 0] <= 0, k, info
        )
    return info.astype(np.int32)


@public("linalg.householder_product", out=True)
def householder_product(input: Tensor, tau: Tensor) -> Any:
    """First n columns of a product of Householder reflections: H_1 H_2 ..., H_i = 1 - tau_i v_i
    v_i'.

    Parameters
    ----------
    input : Tensor
        Of shape (..., m, n), m >= n; v_i is what stands in column i below the diagonal, with a 1 on
        the diagonal and 0 above.
    tau : Tensor
        Of shape (..., k), k <= n.

    Returns
    -------
    Tensor
        Of shape (..., m, n).

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.linalg.householder_product(tg.tensor([[0.0], [1.0]]), tg.tensor([1.0]))
    tensor([[ 0.],
            [-1.]])
    """
    check_matrix(input, "householder_product")
    rows, columns = input.shape[-2:]
    if tau.ndim != input.ndim - 1 or rows < columns or tau.shape[-1] > columns:
        given = f"{tuple(input.shape)} and {tuple(tau.shape)}"
        raise RuntimeError(f"householder_product: of m x n, m >= n, at most n are used: {given}")
    y = Tensor(np.zeros_like(input.array) + np.eye(rows, columns, dtype=input.dtype))
    for k in reversed(range(tau.shape[-1])):
        below = np.arange(rows) > k
        v = ops.where(below, input[..., k], np.eye(rows, dtype=input.dtype)[k])[..., None]
        y = y - tau[..., k, None, None] * v @ (v.mT @ y)
    return y


@public("linalg.qr", out=True)
def qr(A: Tensor, mode: str = "reduced") -> Any:
    """QR factorisation: A = Q R, orthonormal columns and an upper triangle.

    Parameters
    ----------
    A : Tensor
        Of shape (..., m, n).
    mode : {"reduced", "complete", "r"}
        With "complete" Q is square (no gradient if m > n); with "r" it is empty.

    Returns
    -------
    tuple (Q, R)
        Of shapes (..., m, k) and (..., k, n); k = min(m, n), and m if "complete".

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
    if mode == "r":
        return _QR(Tensor(np.zeros(0, A.dtype)), ops.qr(A)[1])
    return _QR(*ops.qr(A, mode=mode))


@public("linalg.svd", out=True)
def svd(A: Tensor, full_matrices: bool = True, *, driver: str | None = None) -> Any:
    """Singular value decomposition: A = U diag(S) Vh; S falls, and vectors are orthonormal.

    The gradient needs full_matrices=False, unless A is square or only S is used. Where singular
    values are equal, the vectors have none (it is NaN).

    Parameters
    ----------
    A : Tensor
        Of shape (..., m, n).
    full_matrices : bool, default True
        Are U and Vh square, or have they k = min(m, n) vectors?
    driver : str, optional
        Accepted as in PyTorch, where it is for CUDA.

    Returns
    -------
    tuple (U, S, Vh)
        Of shapes (..., m, m), (..., k) and (..., n, n); or (..., m, k), (..., k) and (..., k, n).

    References
    ----------
    Townsend, "Differentiating the singular value decomposition", 2016.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.linalg.svd(tg.tensor([[3.0, 0.0], [0.0, 4.0]])).S
    tensor([4., 3.])
    """
    return _SVD(*ops.svd(A, full_matrices=full_matrices))


@public("linalg.svdvals", out=True)
def svdvals(A: Tensor, *, driver: str | None = None) -> Tensor:
    """Singular values, from the largest to the smallest.

    Parameters
    ----------
    A : Tensor
        Of shape (..., m, n).
    driver : str, optional
        Accepted as in PyTorch, where it is for CUDA.

    Returns
    -------
    Tensor
        Of shape (..., min(m, n)).

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.linalg.svdvals(tg.tensor([[3.0, 0.0], [0.0, 4.0]]))
    tensor([4., 3.])
    """
    return ops.svd(A, full_matrices=False)[1]


@public("linalg.eigh", out=True)
def eigh(A: Tensor, UPLO: str = "L") -> Any:
    """Eigenvalues, rising, and eigenvectors of a symmetric matrix: A = V diag(w) V'.

    The symmetric part of A is taken, whatever UPLO says (see `cholesky`). Where eigenvalues are
    equal, the vectors have no gradient (it is NaN).

    Parameters
    ----------
    A : Tensor
        Of shape (..., n, n).
    UPLO : {"L", "U"}
        The triangle that PyTorch reads.

    Returns
    -------
    tuple (eigenvalues, eigenvectors)
        Of shapes (..., n) and (..., n, n), in columns.

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
    _check_triangle("eigh", UPLO)
    return _Eigh(*ops.eigh(A))


@public("linalg.eigvalsh", out=True)
def eigvalsh(A: Tensor, UPLO: str = "L") -> Tensor:
    """Eigenvalues of a symmetric matrix, rising.

    Parameters
    ----------
    A : Tensor
        Of shape (..., n, n); its symmetric part is taken.
    UPLO : {"L", "U"}
        The triangle that PyTorch reads.

    Returns
    -------
    Tensor
        Of shape (..., n).

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.linalg.eigvalsh(tg.tensor([[2.0, 0.0], [0.0, 1.0]]))
    tensor([1., 2.])
    """
    _check_triangle("eigvalsh", UPLO)
    return ops.eigh(A)[0]


def _check_triangle(name: str, UPLO: str) -> None:
    if UPLO not in ("L", "U", "l", "u"):
        raise RuntimeError(f"{name}: UPLO is the triangle of A, 'L' or 'U', not {UPLO!r}")


# ---------------------------------------------------------------- products, vectors, diagonals


@public("linalg.multi_dot", out=True)
def multi_dot(tensors: Any) -> Any:
    """Product of several matrices, in the order that takes the fewest multiplications.

    Parameters
    ----------
    tensors : sequence of Tensor
        Matrices; the first and the last may be vectors: a row, and a column.

    Returns
    -------
    Tensor
        The product.

    Raises
    ------
    RuntimeError
        If two neighbours cannot be multiplied.

    References
    ----------
    Cormen, Leiserson, Rivest and Stein, "Introduction to algorithms", 2009, section 15.2.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.linalg.multi_dot([tg.ones(2, 3), tg.ones(3, 4), tg.ones(4)])
    tensor([12., 12.])
    """
    return product_of_many("multi_dot", tensors)


@public("linalg.cross", out=True)
def cross(input: Tensor, other: Tensor, *, dim: int = -1) -> Any:
    """Cross product of vectors of three elements: y = a x b.

    Parameters
    ----------
    input, other : Tensor
        a and b, of as many dimensions as each other, which broadcast.
    dim : int, default -1
        The dimension of the vectors, of size 3.

    Returns
    -------
    Tensor
        Of the shape that the two broadcast to.

    Raises
    ------
    RuntimeError
        If the dimension has not the size 3.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.linalg.cross(tg.tensor([1.0, 0.0, 0.0]), tg.tensor([0.0, 1.0, 0.0]))
    tensor([0., 0., 1.])
    """
    return crossed("linalg.cross", input, other, dim)


@public("linalg.vecdot", out=True)
def vecdot(x: Tensor, y: Tensor, *, dim: int = -1) -> Any:
    """Dot products of vectors along a dimension: y = sum_i x_i y_i.

    Parameters
    ----------
    x, y : Tensor
        Of shapes that broadcast.
    dim : int, default -1
        The dimension that is summed over.

    Returns
    -------
    Tensor
        Of the shape that the two broadcast to, without `dim`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.linalg.vecdot(tg.tensor([[1.0, 2.0], [3.0, 4.0]]), tg.tensor([1.0, 10.0]))
    tensor([21., 43.])
    """
    return (x * y).sum(dim)


@public("linalg.vander")
def vander(x: Tensor, *, N: int | None = None) -> Any:
    """Vandermonde matrix: y_ij = x_i^j.

    Parameters
    ----------
    x : Tensor
        Of shape (..., n).
    N : int, optional
        How many powers, from 0 on: unless given, n.

    Returns
    -------
    Tensor
        Of shape (..., n, N).

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
    powers = np.arange(count)
    x = x if x.dtype.kind == "f" else x.long()
    return ops.power((x if x.ndim else x.reshape(1))[..., None], Tensor(powers))


@public("linalg.diagonal")
def diagonal(A: Tensor, *, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Any:
    """Diagonals of matrices, as a view.

    Parameters
    ----------
    A : Tensor
        Of two dimensions or more.
    offset : int, default 0
        Above (positive) or below (negative) the main diagonal.
    dim1, dim2 : int, default -2 and -1
        The dimensions of the matrices.

    Returns
    -------
    Tensor
        The other dimensions, then the diagonal.

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
) -> Any:
    """Norm of vectors: y = (sum |x|^ord)^(1/ord);  at 0 the gradient is 0.

    Parameters
    ----------
    x : Tensor
        Floats, of any shape.
    ord : float, default 2
        inf is the largest |x|, -inf the smallest; 0 counts what is not 0.
    dim : int or tuple of ints, optional
        The dimensions to reduce; all of them by default.
    keepdim : bool, default False
        Keep the reduced dimensions, with size 1?
    dtype : dtype, optional
        The input is cast to it first.

    Returns
    -------
    Tensor
        The shape of x without `dim` (or with size 1 there).

    Raises
    ------
    TypeError
        If `ord` is no number.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.linalg.vector_norm(tg.tensor([3.0, 4.0]))
    tensor(5.)
    """
    if isinstance(ord, str) or ord is None:
        raise TypeError(f"vector_norm: ord is a number, not {ord!r}; see matrix_norm")
    return p_norm(x, ord, dim, keepdim, dtype=dtype)


@public("linalg.matrix_norm", out=True)
def matrix_norm(
    A: Any, ord: Any = "fro", dim: Any = (-2, -1), keepdim: bool = False, *, dtype: Any = None
) -> Any:
    """Norm of matrices.

    Parameters
    ----------
    A : Tensor
        Of two dimensions or more.
    ord : number or str, default "fro"
        "fro" is the root of the sum of squares; "nuc" the sum of the singular values, 2 the largest
        and -2 the smallest of them; inf and -inf the largest and smallest sum of a row's |x|, 1 and
        -1 of a column's.
    dim : pair of ints, default (-2, -1)
        The dimensions of the matrices.
    keepdim : bool, default False
        Keep the two dimensions, with size 1?
    dtype : dtype, optional
        The input is cast to it first.

    Returns
    -------
    Tensor
        The shape of A without `dim` (or with size 1 there).

    Raises
    ------
    RuntimeError
        For another `ord`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.linalg.matrix_norm(tg.tensor([[3.0, 0.0], [0.0, 4.0]]), 2)
    tensor(4.)
    """
    check_matrix(A, "matrix_norm")
    dims = [check_dim(d, A.ndim, "matrix_norm", A) for d in dim]
    if ord == "fro":
        return vector_norm(A, 2, dims, keepdim, dtype=dtype)
    x = A.to(dtype).permute((*[d for d in range(A.ndim) if d not in dims], *dims))
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
) -> Any:
    """Norm of vectors, or of matrices.

    It is that of a matrix if `ord` is given, and A or `dim` has two dimensions; else of a vector:
    of all elements, if neither is given.

    Parameters
    ----------
    A : Tensor
        Of any shape.
    ord : number or str, optional
        As in `vector_norm` (None is 2) or `matrix_norm`.
    dim : int or pair of ints, optional
        The dimensions to reduce.
    keepdim : bool, default False
        Keep the reduced dimensions, with size 1?
    dtype : dtype, optional
        The input is cast to it first.

    Returns
    -------
    Tensor
        The shape of A without `dim` (or with size 1 there).

    Raises
    ------
    RuntimeError
        If `ord` is given without `dim` for more than two dimensions.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.linalg.norm(tg.tensor([3.0, 4.0]))
    tensor(5.)
    """
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
