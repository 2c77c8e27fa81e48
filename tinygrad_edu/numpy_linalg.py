"""NumPy's linear algebra on tensors: what of `np.linalg` the functions of `linalg` answer."""

from operator import index
from typing import Any

import numpy as np

from . import linalg, ops
from .functions import numpy_functions as f, numpy_shapes
from .functions.arguments import plain
from .functions.linalg import cholesky as _cholesky, matrix_power as _matrix_power
from .functions.numpy_functions import tensor_of
from .numpy_protocol import answers
from .tensor import Tensor

answers(np.linalg.matmul)(lambda x1, x2: tensor_of(x1) @ x2)
answers(np.linalg.matrix_transpose)(numpy_shapes.matrix_transpose)
answers(np.linalg.tensordot)(lambda x1, x2, *, axes=2: f.tensordot(x1, x2, axes))


@answers(np.linalg.cross)
def _cross(x1: Any, x2: Any, *, axis: int = -1) -> Any:
    if axis is None:  # what NumPy makes of it depends on its version
        raise TypeError("np.linalg.cross: axis= is an int, not None")
    return f.cross(x1, x2, axis=axis)


answers(np.linalg.diagonal)(
    lambda x, *, offset=0: ops.diagonal(x, offset=offset, axis1=-2, axis2=-1)
)
answers(np.linalg.trace)(lambda x, *, offset=0: numpy_shapes.trace(x, offset, -2, -1))
answers(np.linalg.matrix_power)(lambda a, n: _matrix_power(a, n))
answers(np.linalg.cholesky)(lambda a, *, upper=False: _cholesky(a, upper))
answers(np.linalg.svdvals)(lambda x: linalg.svdvals(x))

# ---------------------------------------------------------------- factors


@answers(np.linalg.eigh)
def eigh(a: Any, UPLO: str = "L") -> Any:
    """Eigenvalues and eigenvectors of a symmetric matrix."""
    return linalg.eigh(a, UPLO)


@answers(np.linalg.eigvalsh)
def eigvalsh(a: Any, UPLO: str = "L") -> Any:
    """Eigenvalues of a symmetric matrix."""
    return linalg.eigvalsh(a, UPLO)


@answers(np.linalg.svd)
def svd(a: Any, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    """U, S and V' with U diag(S) V' = a; or S alone."""
    if compute_uv:
        return ops.svd(a, full_matrices=full_matrices)
    return ops.svd(a, full_matrices=False)[1]


@answers(np.linalg.qr)
def qr(a: Any, mode: str = "reduced") -> Any:
    """Q and R with Q R = a; with mode="r", R alone."""
    if mode == "raw":
        raise TypeError("np.linalg.qr: mode='raw' is not defined on tensors; see 'reduced'")
    return ops.qr(a)[1] if mode == "r" else ops.qr(a, mode=mode)


@answers(np.linalg.pinv)
def pinv(a: Any, rcond: Any = None, hermitian: bool = False, *, rtol: Any = None) -> Any:
    """The pseudoinverse."""
    if hermitian:
        raise TypeError("np.linalg.pinv: hermitian= is not defined on tensors; see linalg.pinv")
    return ops.pinv(a, rtol=plain(rtol if rcond is None else rcond))


# ---------------------------------------------------------------- numbers of a matrix


@answers(np.linalg.vector_norm)
def vector_norm(x: Any, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Any:
    """The norm of vectors."""
    return linalg.vector_norm(x, ord, axis, keepdims)


@answers(np.linalg.matrix_norm)
def matrix_norm(x: Any, *, keepdims: bool = False, ord: Any = "fro") -> Any:
    """The norm of matrices."""
    return linalg.matrix_norm(x, ord, (-2, -1), keepdims)


@answers(np.linalg.cond)
def cond(x: Any, p: Any = None) -> Any:
    """The condition number of a matrix."""
    return linalg.cond(x, p)


@answers(np.linalg.matrix_rank)
def matrix_rank(A: Any, tol: Any = None, hermitian: bool = False, *, rtol: Any = None) -> Any:
    """The number of singular values that count as above zero."""
    if A.ndim < 2:
        return Tensor(np.linalg.matrix_rank(A.array))
    return linalg.matrix_rank(A, tol, hermitian, rtol=rtol)


# ---------------------------------------------------------------- products and systems


@answers(np.linalg.outer)
def outer(x1: Any, x2: Any) -> Any:
    """The products of each element of a vector with each of another."""
    if np.ndim(x1) != 1 or np.ndim(x2) != 1:
        raise ValueError(f"np.linalg.outer: it takes vectors, not {np.shape(x1)}, {np.shape(x2)}")
    return f.outer(x1, x2)


@answers(np.linalg.vecdot)
def vecdot(x1: Any, x2: Any, *, axis: int = -1) -> Any:
    """The sums of products along an axis."""
    return ops.sum(tensor_of(x1) * x2, axis=index(axis))


@answers(np.linalg.multi_dot)
def multi_dot(arrays: Any) -> Any:
    """The product of several matrices, in the cheapest order."""
    return linalg.multi_dot([tensor_of(x) for x in arrays])


@answers(np.linalg.lstsq)
def lstsq(a: Any, b: Any, rcond: Any = None) -> Any:
    """The solution of least squares, the sums of squared residuals, the rank of the matrix and its
    singular values."""
    a, b = tensor_of(a), tensor_of(b)
    rows, columns = a.shape
    eps = np.finfo(a.dtype).eps
    rtol = eps * max(rows, columns) if rcond is None else eps if rcond < 0 else rcond
    x = ops.pinv(a, rtol=rtol) @ b
    rank = np.int32(np.linalg.matrix_rank(a.array, rtol=rtol))
    squares = ops.sum((a @ x - b) ** 2, axis=0)
    squares = squares if squares.ndim else squares.reshape(1)
    if rank < columns or rows <= columns:
        squares = squares[:0]
    return x, squares, rank, ops.svd(a, full_matrices=False)[1]


@answers(np.linalg.tensorinv)
def tensorinv(a: Any, ind: int = 2) -> Any:
    """The inverse of a map between tensors."""
    return linalg.tensorinv(a, ind)


@answers(np.linalg.tensorsolve)
def tensorsolve(a: Any, b: Any, axes: Any = None) -> Any:
    """The tensor x with a x = b, where the product sums over the last dimensions of a."""
    return linalg.tensorsolve(tensor_of(a), tensor_of(b), axes)


@answers(np.linalg.solve)
def solve(a: Any, b: Any) -> Any:
    """The solution of a x = b: b is a vector if it has one dimension, else columns."""
    a, b = tensor_of(a), tensor_of(b)
    return ops.solve(a, b.unsqueeze(-1)).squeeze(-1) if b.ndim == 1 else ops.solve(a, b)


@answers(np.linalg.norm)
def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """The norm of vectors or matrices."""
    return linalg.norm(x, ord, axis, keepdims)
