"""Linear algebra in `torch.linalg`'s spelling: solve, inv, det, svd, eigh, norms.

Matrices are the last two dimensions, all before them a batch.  The derivatives are in
`ops/linalg.py`, with their sources.

>>> import tinygrad_edu as tg
>>> a = tg.tensor([[2.0, 1.0], [1.0, 3.0]])
>>> solve(a, tg.tensor([3.0, 4.0])), det(a), eigh(a).eigenvalues
(tensor([1., 1.]), tensor(5.), tensor([1.3820, 3.6180]))
"""

from typing import Any, cast

import numpy as np

from . import ops
from .functions import (
    cholesky as cholesky,
    matrix_power as matrix_power,
    norm as p_norm,
    slogdet as slogdet,
    stack,
)
from .functions.arguments import Dim, check_dim, named, plain
from .ops import det as det, inv as inv, matmul as matmul
from .registry import names_in, public
from .tensor import Tensor

LinAlgError = np.linalg.LinAlgError
_Eigh = named("eigh", "eigenvalues eigenvectors")
_QR = named("qr", "Q R")
_SVD = named("svd", "U S Vh")

# ---------------------------------------------------------------- systems of equations


@public("linalg.solve", out=True)
def solve(A: Tensor, B: Tensor, *, left: bool = True) -> Tensor:
    """X with A X = B (X A = B if not `left`), for B a vector, columns, or a batch of either."""
    if left and (B.ndim == 1 or B.shape == A.shape[:-1]):
        return ops.solve(A, B.unsqueeze(-1)).squeeze(-1)
    return ops.solve(A, B) if left else ops.solve(A.mT, B.mT).mT


@public("linalg.pinv", out=True)
def pinv(
    A: Tensor, rcond: Any = None, hermitian: bool = False, *, atol: Any = None, rtol: Any = None
) -> Tensor:
    """The pseudoinverse; singular values up to the larger of atol and rtol times the largest one
    are taken for zero.  Without either, rtol is eps times the longer side; `rcond` is another name
    of rtol.  With `hermitian` only the lower triangle of A is read, as in PyTorch."""
    _check_matrix(A, "pinv")
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
    """How many singular values are above atol and above rtol times the largest.  Without either,
    rtol is eps times the longer side; `tol` is another name of atol.  With `hermitian` only the
    lower triangle of A is read."""
    _check_matrix(A, "matrix_rank")
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
    """How much a solution x of A x = b may change with b: the product of the norms of A and its
    inverse, inf if it has none.  The norm is that of `matrix_norm`; None is 2."""
    _check_matrix(A, "cond")
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


def _check_matrix(A: Any, name: str) -> None:
    if A.ndim < 2:
        raise RuntimeError(f"{name}: {tuple(A.shape)} is no matrix: it takes 2 dimensions or more")


# ---------------------------------------------------------------- factorisations


@public("linalg.qr", out=True)
def qr(A: Tensor, mode: str = "reduced") -> Any:
    """Q and R with Q R = A: orthonormal columns, and an upper triangle.  With mode "complete" Q is
    square (no gradient if A has more rows than columns); with "r" it is empty."""
    if mode == "r":
        return _QR(Tensor(np.zeros(0, A.dtype)), ops.qr(A)[1])
    return _QR(*ops.qr(A, mode=mode))


@public("linalg.svd", out=True)
def svd(A: Tensor, full_matrices: bool = True) -> Any:
    """U, S and Vh with U diag(S) Vh = A: S falls, and vectors are orthonormal.

    The gradient needs full_matrices=False, unless A is square or only the S are used.  Where
    singular values are equal, the vectors have none (it is nan).
    """
    return _SVD(*ops.svd(A, full_matrices=full_matrices))


@public("linalg.svdvals", out=True)
def svdvals(A: Tensor) -> Tensor:
    """The singular values, from the largest to the smallest."""
    return ops.svd(A, full_matrices=False)[1]


@public("linalg.eigh", out=True)
def eigh(A: Tensor, UPLO: str = "L") -> Any:
    """The eigenvalues of a symmetric A, rising, and its eigenvectors, in columns.

    The symmetric part is taken, whatever UPLO says (see `cholesky`).  Where eigenvalues are equal,
    the vectors have no gradient (it is nan).
    """
    _check_triangle("eigh", UPLO)
    return _Eigh(*ops.eigh(A))


@public("linalg.eigvalsh", out=True)
def eigvalsh(A: Tensor, UPLO: str = "L") -> Tensor:
    """The eigenvalues of a symmetric A, rising."""
    _check_triangle("eigvalsh", UPLO)
    return ops.eigh(A)[0]


def _check_triangle(name: str, UPLO: str) -> None:
    if UPLO not in ("L", "U", "l", "u"):
        raise RuntimeError(f"{name}: UPLO is the triangle of A, 'L' or 'U', not {UPLO!r}")


# ---------------------------------------------------------------- norms


@public("linalg.vector_norm", out=True)
def vector_norm(
    x: Tensor, ord: float = 2, dim: Dim = None, keepdim: bool = False, *, dtype: Any = None
) -> Any:
    """The size of a vector: y = (sum |x|^ord)^(1/ord), of all numbers or over `dim`.

    ord = inf is the largest |x|, -inf the smallest, 0 counts what is not 0.  At 0 the gradient is
    0.  Raises TypeError if `ord` is no number.
    """
    if isinstance(ord, str) or ord is None:
        raise TypeError(f"vector_norm: ord is a number, not {ord!r}; see matrix_norm")
    return p_norm(x, ord, dim, keepdim, dtype=dtype)


@public("linalg.matrix_norm", out=True)
def matrix_norm(
    A: Any, ord: Any = "fro", dim: Any = (-2, -1), keepdim: bool = False, *, dtype: Any = None
) -> Any:
    """The size of a matrix: "fro" is the root of the sum of squares; "nuc" the sum of the singular
    values, 2 the largest and -2 the smallest of them; inf and -inf the largest and smallest sum of
    a row's |x|, 1 and -1 of a column's."""
    _check_matrix(A, "matrix_norm")
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
    """The norm of a matrix if `ord` is given, and A or `dim` has two dimensions; else of a vector:
    of all numbers, if neither is given."""
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


globals().update(names_in("linalg"))
__all__ = ["LinAlgError", *names_in("linalg")]
