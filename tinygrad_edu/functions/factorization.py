"""Triangular systems, LU, Cholesky, QR and SVD, and the exponential, in the spelling of `torch`.

Matrices are the last two dimensions, all before them a batch.  `torch.linalg`'s spelling stands in
`linalg.py`.
"""

from __future__ import annotations

import warnings
from math import ceil, log2
from typing import Any

import numpy as np

from .. import ops
from ..engine import graph
from ..engine.clock import caller_level
from ..registry import public
from .arguments import Tensor, check_floating, named, plain
from .out import written_to

# ---------------------------------------------------------------- shapes


def check_matrix(A: Any, name: str) -> None:
    if A.ndim < 2:
        raise RuntimeError(f"{name}: {tuple(A.shape)} is no matrix: it takes 2 dimensions or more")


def check_square(A: Any, name: str) -> None:
    if A.ndim < 2 or A.shape[-1] != A.shape[-2]:
        raise RuntimeError(f"{name}: {tuple(A.shape)} is no square matrix, nor a batch of them")


def _check_rows(name: str, a: Any, b: Any) -> None:
    check_square(a, name)
    if b.ndim < 2 or b.shape[-2] != a.shape[-1]:
        raise RuntimeError(
            f"{name}: the matrix {tuple(a.shape)} and the right side {tuple(b.shape)} differ in "
            "their rows; a vector is a column: b.unsqueeze(-1)"
        )


def identity(A: Any) -> Any:
    """Identity matrices of the size and dtype of A's."""
    return graph.Tensor(np.zeros_like(plain(A)) + np.eye(A.shape[-1], dtype=A.dtype))


def _deprecated(name: str, instead: str) -> None:
    text = f"torch.{name} is deprecated in favor of {instead}"
    warnings.warn(text, UserWarning, stacklevel=caller_level())


# ---------------------------------------------------------------- triangular systems


def solved(name: str, a: Any, b: Any, upper: bool, unitriangular: bool = False) -> Any:
    """X with T X = b, T a triangle of a."""
    _check_rows(name, a, b)
    if unitriangular:
        a = ops.where(np.eye(a.shape[-1], dtype=bool), 1, a)
    return ops.solve_triangular(a, b, upper=upper)


_Solved = named("triangular_solve", "solution cloned_coefficient")


@public(method=True, out=True)
def triangular_solve(
    input: Tensor,
    A: Tensor,
    upper: bool = True,
    transpose: bool = False,
    unitriangular: bool = False,
) -> tuple[Tensor, Tensor]:
    """Solve the triangular system A X = b; deprecated, see `linalg.solve_triangular`.

    Parameters
    ----------
    input : Tensor
        b, the right sides in columns: (..., n, k).
    A : Tensor
        Of shape (..., n, n); only one triangle is read.
    upper : bool, default True
        Is it the upper triangle?
    transpose : bool, default False
        Solve A' X = b instead?
    unitriangular : bool, default False
        Is the diagonal taken to be 1?

    Returns
    -------
    tuple (solution, cloned_coefficient)
        X, and a copy of A.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> a = tg.tensor([[2.0, 1.0], [0.0, 4.0]])
    >>> tg.linalg.solve_triangular(a, tg.tensor([[4.0], [8.0]]), upper=True)  # instead
    tensor([[1.],
            [2.]])
    """
    _deprecated("triangular_solve", "torch.linalg.solve_triangular")
    a = A.mT if transpose else A
    x = solved("triangular_solve", a, input, upper != transpose, unitriangular)
    found: tuple[Tensor, Tensor] = _Solved(x, ops.copy(A))
    return found


@public(method=True, out=True)
def cholesky_solve(input: Tensor, input2: Tensor, upper: bool = False) -> Tensor:
    """Solve A X = B, where the Cholesky factor L of A is given: X = L'^-1 L^-1 B.

    Parameters
    ----------
    input : Tensor
        B, the right sides in columns: (..., n, k).
    input2 : Tensor
        The factor L, (..., n, n), with A = L L'; or A = L' L, if it is `upper`.
    upper : bool, default False
        Is the factor an upper triangle?

    Returns
    -------
    Tensor
        X, of shape (..., n, k).

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> a = tg.tensor([[4.0, 2.0], [2.0, 3.0]])
    >>> tg.cholesky_solve(tg.tensor([[8.0], [7.0]]), tg.linalg.cholesky(a))
    tensor([[1.2500],
            [1.5000]])
    """
    lower = input2.mT if upper else input2
    middle = solved("cholesky_solve", lower, input, False)
    return ops.solve_triangular(lower.mT, middle, upper=True)


@public(method=True, out=True)
def cholesky_inverse(input: Tensor, upper: bool = False) -> Tensor:
    """Inverse of A, where the Cholesky factor L of A is given: y = (L L')^-1.

    Parameters
    ----------
    input : Tensor
        The factor L, (..., n, n), with A = L L'; or A = L' L, if it is `upper`.
    upper : bool, default False
        Is the factor an upper triangle?

    Returns
    -------
    Tensor
        The inverse, of shape (..., n, n).

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.cholesky_inverse(tg.tensor([[2.0, 0.0], [0.0, 4.0]]))
    tensor([[0.2500, 0.0000],
            [0.0000, 0.0625]])
    """
    check_square(input, "cholesky_inverse")
    return cholesky_solve(identity(input), input, upper)


# ---------------------------------------------------------------- LU

_unit_lower: Any = ops.unit_lower
_pivoted: Any = ops.pivoted


def lu_factors(name: str, A: Any, pivot: bool = True) -> tuple[Any, Any]:
    """L and U in one matrix, and the pivots, counted from 1."""
    check_matrix(A, name)
    if not pivot:
        raise RuntimeError(f"{name}: LU without pivoting is not there, as on PyTorch's CPU")
    order, swapped = _pivoted(plain(A))
    x = ops.take_along_axis(A, np.broadcast_to(order[..., None], A.shape), axis=-2)
    n = min(A.shape[-2:])
    y = ops.lu_unpivoted(x[..., :n, :n])
    if A.shape[-2] > n:  # what is below is L_2 with L_2 U = x_2
        below = ops.solve_triangular(y.mT, x[..., n:, :].mT, upper=False).mT
        y = ops.concatenate(y, below, axis=-2)
    if A.shape[-1] > n:  # what is to the right is U_2 with L U_2 = x_2
        right = ops.solve_triangular(_unit_lower(y), x[..., n:], upper=False)
        y = ops.concatenate(y, right, axis=-1)
    return y, graph.Tensor((swapped + 1).astype(np.int32))


@public(method=True)
def lu(
    A: Tensor, pivot: bool = True, get_infos: bool = False, out: Any = None
) -> tuple[Tensor, ...]:
    """LU factorisation with partial pivoting; deprecated, see `linalg.lu_factor`.

    Parameters
    ----------
    A : Tensor
        Of shape (..., m, n).
    pivot : bool, default True
        Must be true.
    get_infos : bool, default False
        Return a third tensor: 0, or where the first zero pivot is, counted from 1.
    out : tuple of Tensor, optional
        The tensors that the results are written into, where no gradient is involved.

    Returns
    -------
    tuple (LU, pivots) or (LU, pivots, infos)
        L without its diagonal of ones, and U, in one matrix; the pivots, int32, counted from 1.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.linalg.lu_factor(tg.tensor([[1.0, 2.0], [4.0, 4.0]])).pivots  # instead
    tensor([2, 2], dtype=int32)
    """
    _deprecated("lu", "torch.linalg.lu_factor / torch.linalg.lu_factor_ex")
    y, pivots = lu_factors("lu", A, pivot)
    results = (y, pivots, first_zero(y)) if get_infos else (y, pivots)
    found: tuple[Tensor, ...] = written_to(out, results, "lu")
    return found


def first_zero(LU: Any) -> Any:
    """Which pivot is the first zero, counted from 1; 0 if none is."""
    zero = np.diagonal(plain(LU), axis1=-2, axis2=-1) == 0
    count = np.arange(1, zero.shape[-1] + 1)
    first = np.where(zero, count, len(count) + 1).min(-1, initial=len(count) + 1)
    return graph.Tensor(np.where(first > len(count), 0, first).astype(np.int32))


def permutation(pivots: Any, rows: int, dtype: Any) -> Any:
    """The matrix P of the swaps, with A = P L U."""
    swapped = plain(pivots).astype(np.int64) - 1
    order = np.broadcast_to(np.arange(rows), (*swapped.shape[:-1], rows)).copy()
    for k in range(swapped.shape[-1]):
        other = np.take_along_axis(order, swapped[..., k, None], -1)
        np.put_along_axis(order, swapped[..., k, None], order[..., k, None], -1)
        order[..., k, None] = other
    return graph.Tensor((order[..., None, :] == np.arange(rows)[:, None]).astype(dtype))


_Unpacked = named("lu_unpack", "P L U")


@public(out=True)
def lu_unpack(
    LU_data: Tensor, LU_pivots: Tensor, unpack_data: bool = True, unpack_pivots: bool = True
) -> tuple[Tensor, Tensor, Tensor]:
    """Unpack an LU factorisation into P, L and U, with A = P L U.

    Parameters
    ----------
    LU_data : Tensor
        L and U in one matrix, (..., m, n), from `linalg.lu_factor`.
    LU_pivots : Tensor
        The pivots, (..., min(m, n)).
    unpack_data, unpack_pivots : bool, default True
        Are L and U wanted, is P?  What is not is an empty tensor.

    Returns
    -------
    tuple (P, L, U)
        Of shapes (..., m, m), (..., m, k) and (..., k, n), k = min(m, n).

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> p, l, u = tg.lu_unpack(*tg.linalg.lu_factor(tg.tensor([[1.0, 2.0], [4.0, 4.0]])))
    >>> p @ l @ u
    tensor([[1., 2.],
            [4., 4.]])
    """
    check_matrix(LU_data, "lu_unpack")
    empty = graph.Tensor(np.zeros(0, LU_data.dtype))
    rows, k = LU_data.shape[-2], min(LU_data.shape[-2:])
    lower = upper = p = empty
    if unpack_data:
        strict = np.tri(rows, k, -1, dtype=bool)
        lower = ops.where(strict, LU_data[..., :k], np.eye(rows, k, dtype=LU_data.dtype))
        upper = ops.triu(LU_data[..., :k, :])
    if unpack_pivots:
        p = permutation(LU_pivots, rows, LU_data.dtype)
    found: tuple[Tensor, Tensor, Tensor] = _Unpacked(p, lower, upper)
    return found


@public(method=True, out=True)
def lu_solve(input: Tensor, LU_data: Tensor, LU_pivots: Tensor) -> Tensor:
    """Solve A X = b, where the LU factorisation of A is given; deprecated, see `linalg.lu_solve`.

    Parameters
    ----------
    input : Tensor
        b, the right sides in columns: (..., n, k).
    LU_data, LU_pivots : Tensor
        The factorisation of A, from `linalg.lu_factor`.

    Returns
    -------
    Tensor
        X, of shape (..., n, k).

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> factors = tg.linalg.lu_factor(tg.tensor([[2.0, 0.0], [0.0, 4.0]]))
    >>> tg.linalg.lu_solve(*factors, tg.tensor([[2.0], [4.0]]))  # instead
    tensor([[1.],
            [1.]])
    """
    _deprecated("lu_solve", "torch.linalg.lu_solve")
    return lu_solved(LU_data, LU_pivots, input, False)


def lu_solved(LU: Any, pivots: Any, b: Any, adjoint: bool) -> Any:
    """X with A X = b, or A' X = b: of L, U and P, one after the other."""
    _check_rows("lu_solve", LU, b)
    p, lower = permutation(pivots, LU.shape[-1], LU.dtype), _unit_lower(LU)
    if adjoint:
        middle = ops.solve_triangular(LU.mT, b, upper=False)
        return p @ ops.solve_triangular(lower.mT, middle, upper=True)
    middle = ops.solve_triangular(lower, p.mT @ b, upper=False)
    return ops.solve_triangular(LU, middle, upper=True)


# ---------------------------------------------------------------- QR, SVD, the pseudoinverse

_QR = named("qr", "Q R")
_SVD = named("svd", "U S V")


@public(method=True, out=True)
def qr(input: Tensor, some: bool = True) -> tuple[Tensor, Tensor]:
    """QR factorisation; deprecated, see `linalg.qr`.

    Parameters
    ----------
    input : Tensor
        Of shape (..., m, n).
    some : bool, default True
        Has Q only min(m, n) columns?  False makes it square.

    Returns
    -------
    tuple (Q, R)
        Orthonormal columns and an upper triangle, with Q R = input.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> q, r = tg.linalg.qr(tg.tensor([[1.0, 2.0], [0.0, 3.0]]))  # instead
    >>> tg.allclose(q @ r, tg.tensor([[1.0, 2.0], [0.0, 3.0]]))
    True
    """
    _deprecated("qr", "torch.linalg.qr")
    found: tuple[Tensor, Tensor] = _QR(*ops.qr(input, mode="reduced" if some else "complete"))
    return found


@public(method=True, out=True)
def svd(input: Tensor, some: bool = True, compute_uv: bool = True) -> tuple[Tensor, Tensor, Tensor]:
    """Singular value decomposition: input = U diag(S) V'.

    Parameters
    ----------
    input : Tensor
        Of shape (..., m, n).
    some : bool, default True
        Have U and V only min(m, n) columns?  False makes them square.
    compute_uv : bool, default True
        If false, U and V are zeros.

    Returns
    -------
    tuple (U, S, V)
        S falls; the columns of U and V are orthonormal.  V is not transposed, as it is in
        `linalg.svd`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.svd(tg.tensor([[3.0, 0.0], [0.0, 4.0]])).S
    tensor([4., 3.])
    """
    u, s, vh = ops.svd(input, full_matrices=not some)
    if not compute_uv:
        m, n = input.shape[-2:]
        u, vh = (graph.Tensor(np.zeros((*input.shape[:-2], k, k), input.dtype)) for k in (m, n))
    found: tuple[Tensor, Tensor, Tensor] = _SVD(u, s, vh.mT)
    return found


@public(method=True)
def pinverse(input: Tensor, rcond: float = 1e-15) -> Tensor:
    """Pseudoinverse of a matrix; see `linalg.pinv`.

    Parameters
    ----------
    input : Tensor
        Of shape (..., m, n).
    rcond : float, default 1e-15
        Singular values up to this, times the largest one, count as zero.

    Returns
    -------
    Tensor
        Of shape (..., n, m).

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.pinverse(tg.tensor([[2.0], [0.0]]))
    tensor([[0.5000, 0.0000]])
    """
    check_matrix(input, "pinverse")
    check_floating(input, "pinverse")
    return ops.pinv(input, rtol=plain(rcond))


# ---------------------------------------------------------------- the exponential


@public("matrix_exp", "linalg.matrix_exp", method=True)
def matrix_exp(input: Tensor) -> Tensor:
    """Matrix exponential: y = 1 + A + A^2 / 2! + A^3 / 3! + ...

    Parameters
    ----------
    input : Tensor
        A, floats, of shape (..., n, n).

    Returns
    -------
    Tensor
        Of the same shape.

    Raises
    ------
    RuntimeError
        If a matrix is not square, or not of floats.

    References
    ----------
    Moler and Van Loan, "Nineteen dubious ways to compute the exponential of a matrix, twenty-five
    years later", 2003: the series of A / 2^s, squared s times.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.matrix_exp(tg.tensor([[0.0, 1.0], [0.0, 0.0]]))
    tensor([[1., 1.],
            [0., 1.]])
    """
    check_square(input, "matrix_exp")
    if input.dtype.kind != "f":
        raise RuntimeError(f"matrix_exp: it takes floats, not {input.dtype}; call x.float() first")
    size = np.absolute(plain(input)).sum(-1).max(initial=0)
    squarings = max(0, ceil(log2(size)) + 1) if 0 < size < np.inf else 0
    x, one = input / 2.0**squarings, identity(input)
    y = one
    for k in range(16, 0, -1):  # Horner's rule: 1 + x (1 + x / 2 (1 + x / 3 (...)))
        y = one + x @ y / k
    for _ in range(squarings):
        y = y @ y
    return y
