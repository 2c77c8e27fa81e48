"""Triangular systems, LU, Cholesky, QR and SVD, and the exponential, in the spelling of `torch`.

Matrices are the last two dimensions, all before them a batch.  `torch.linalg`'s spelling stands in
`linalg.py`.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from .. import ops
from ..dtypes import check_factored
from ..engine import grad_mode, graph
from ..engine.clock import caller_level
from ..registry import public
from ..rng import numpy_generator
from .arguments import Tensor, check_floating, check_tensor, named, plain
from .linalg import check_matrix, check_square, identity
from .out import written_to

# ---------------------------------------------------------------- checks


def check_right_side(name: str, a: Any, b: Any) -> None:
    """Raise RuntimeError unless b holds columns for the square matrix a."""
    check_square(a, name)
    check_tensor(b, name)
    if b.ndim < 2 or b.shape[-2] != a.shape[-1]:
        raise RuntimeError(
            f"{name}: the matrix {tuple(a.shape)} and the right side {tuple(b.shape)} differ in "
            "their numbers of rows; a vector is given as a column: b.unsqueeze(-1)"
        )


def _deprecated(name: str, instead: str) -> None:
    text = f"torch.{name} is deprecated in favor of {instead}"
    warnings.warn(text, UserWarning, stacklevel=caller_level())


# ---------------------------------------------------------------- triangular systems


def solved(name: str, a: Any, b: Any, upper: bool, unitriangular: bool = False) -> Any:
    """X with T X = b, where T is one triangle of a."""
    check_right_side(name, a, b)
    check_factored(name, a, b)
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
    input : Tensor, shape (..., n, k)
        The right sides b, in columns.
    A : Tensor, shape (..., n, n)
        Only one triangle is read, and gets a gradient.
    upper : bool, default True
        If True, the upper triangle is read, else the lower one.
    transpose : bool, default False
        If True, the system A^T X = b is solved.
    unitriangular : bool, default False
        If True, the diagonal counts as 1, and is not read.

    Returns
    -------
    solution : Tensor, shape (..., n, k)
        X; infinite or NaN where the diagonal is 0.
    cloned_coefficient : Tensor, shape (..., n, n)
        A copy of A.

    Raises
    ------
    RuntimeError
        If A is not square, or the numbers of rows differ.

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
    copied = ops.copy(ops.broadcast_to(A, shape=(*x.shape[:-2], *A.shape[-2:])))
    found: tuple[Tensor, Tensor] = _Solved(x, copied)
    return found


@public(method=True, out=True)
def cholesky_solve(input: Tensor, input2: Tensor, upper: bool = False) -> Tensor:
    """Solve A X = B, where A = L L^T is given by its Cholesky factor: X = L^-T L^-1 B.

    Parameters
    ----------
    input : Tensor, shape (..., n, k)
        The right sides B, in columns.
    input2 : Tensor, shape (..., n, n)
        The factor L, as from `linalg.cholesky`.  Only its triangle is read, and gets a gradient.
    upper : bool, default False
        If True, the factor is the upper triangle U, with A = U^T U.

    Returns
    -------
    Tensor, shape (..., n, k)

    Raises
    ------
    RuntimeError
        If the factor is not square, or the numbers of rows differ.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> a = tg.tensor([[4.0, 2.0], [2.0, 3.0]])
    >>> tg.cholesky_solve(tg.tensor([[8.0], [7.0]]), tg.linalg.cholesky(a))
    tensor([[1.2500],
            [1.5000]])
    """
    lower = input2.mT if upper else input2
    middle = solved("cholesky_solve", lower, input, upper=False)
    return ops.solve_triangular(lower.mT, middle, upper=True)


@public(method=True, out=True)
def cholesky_inverse(input: Tensor, upper: bool = False) -> Tensor:
    """Inverse of A = L L^T, which is given by its Cholesky factor: y = L^-T L^-1.

    Parameters
    ----------
    input : Tensor, shape (..., n, n)
        The factor L, as from `linalg.cholesky`.  Only its triangle is read, and gets a gradient.
    upper : bool, default False
        If True, the factor is the upper triangle U, with A = U^T U.

    Returns
    -------
    Tensor, shape (..., n, n)

    Raises
    ------
    RuntimeError
        If the factor is not square.
    LinAlgError
        If an element of its diagonal is 0.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.cholesky_inverse(tg.tensor([[2.0, 0.0], [0.0, 4.0]]))
    tensor([[0.2500, 0.0000],
            [0.0000, 0.0625]])
    """
    check_square(input, "cholesky_inverse")
    check_factored("cholesky_inverse", input)
    raise_if("cholesky_inverse", first_zero(input), "the diagonal element {} is zero")
    return cholesky_solve(identity(input), input, upper)


# ---------------------------------------------------------------- LU

# Named anew, because ops are untyped: arrays in, arrays out.
_unit_lower: Any = ops.unit_lower
_pivots_of: Any = ops.pivots_of
_order_of: Any = ops.order_of


def lu_factors(name: str, A: Any, pivot: bool = True) -> tuple[Any, Any]:
    """L and U in one matrix, and the pivots, counted from 1."""
    check_matrix(A, name)
    check_factored(name, A)
    if not pivot:
        raise RuntimeError(f"{name}: LU without pivoting does not exist on the CPU, as in PyTorch")
    swapped = _pivots_of(plain(A))
    order = _order_of(swapped, A.shape[-2])
    x = ops.take_along_axis(A, np.broadcast_to(order[..., None], A.shape), axis=-2)
    n = min(A.shape[-2:])
    y = ops.lu_unpivoted(x[..., :n, :n])
    if A.shape[-2] > n:  # the rows below are L_2 with L_2 U = x_2
        below = ops.solve_triangular(y.mT, x[..., n:, :].mT, upper=False).mT
        y = ops.concatenate(y, below, axis=-2)
    if A.shape[-1] > n:  # the columns to the right are U_2 with L U_2 = x_2
        right = ops.solve_triangular(_unit_lower(y), x[..., n:], upper=False)
        y = ops.concatenate(y, right, axis=-1)
    return y, graph.Tensor((swapped + 1).astype(np.int32))


def first_zero(LU: Any) -> Any:
    """Which element of the diagonal is the first zero, counted from 1; 0 if none is."""
    zero = np.diagonal(plain(LU), axis1=-2, axis2=-1) == 0
    count = np.arange(1, zero.shape[-1] + 1)
    first = np.where(zero, count, len(count) + 1).min(-1, initial=len(count) + 1)
    return graph.Tensor(np.where(first > len(count), 0, first).astype(np.int32))


def raise_if(name: str, info: Any, what: str) -> None:
    """Raise LinAlgError where info is not 0: what it counts is wrong, as the words `what` say."""
    wrong = np.argwhere(plain(info) != 0)
    if len(wrong):
        place = tuple(wrong[0].tolist())
        of = f" (in the matrix {list(place)} of the batch)" if place else ""
        raise graph.LinAlgError(f"{name}: {what.format(int(plain(info)[place]))}{of}")


ZERO_PIVOT = "the pivot {} of U is zero: the matrix is singular"


@public(method=True)
def lu(
    A: Tensor, pivot: bool = True, get_infos: bool = False, out: Any = None
) -> tuple[Tensor, ...]:
    """LU factorization with partial pivoting; deprecated, see `linalg.lu_factor`.

    Parameters
    ----------
    A : Tensor, shape (..., m, n)
    pivot : bool, default True
        It must be True, as on PyTorch's CPU.
    get_infos : bool, default False
        If True, a third tensor is returned, and a pivot of zero is no error.
    out : tuple of Tensor, optional
        The tensors that the results are written into.  No gradient may be involved.

    Returns
    -------
    LU : Tensor, shape (..., m, n)
        L below the diagonal, without its ones, and U on and above it.
    pivots : Tensor, shape (..., min(m, n)), dtype int32
        With which row each row was swapped in turn, counted from 1.
    infos : Tensor, shape (...), dtype int32
        Only with `get_infos`: the first pivot that is zero, counted from 1, else 0.

    Raises
    ------
    LinAlgError
        If a pivot is zero, unless `get_infos` is True.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.linalg.lu_factor(tg.tensor([[1.0, 2.0], [4.0, 4.0]])).pivots  # instead
    tensor([2, 2], dtype=int32)
    """
    _deprecated("lu", "torch.linalg.lu_factor / torch.linalg.lu_factor_ex")
    y, pivots = lu_factors("lu", A, pivot)
    infos = first_zero(y)
    if not get_infos:
        raise_if("lu", infos, ZERO_PIVOT)
    results = (y, pivots, infos) if get_infos else (y, pivots)
    found: tuple[Tensor, ...] = written_to(out, results, "lu")
    return found


def permutation(name: str, pivots: Any, rows: int, dtype: Any) -> Any:
    """The matrix P of the swaps, with A = P L U."""
    if pivots.dtype.kind != "i":
        raise RuntimeError(
            f"{name}: the pivots are int32, as from linalg.lu_factor, not {pivots.dtype}"
        )
    order = _order_of(plain(pivots).astype(np.int64) - 1, rows)
    return graph.Tensor((order[..., None, :] == np.arange(rows)[:, None]).astype(dtype))


_Unpacked = named("lu_unpack", "P L U")


@public(out=True)
def lu_unpack(
    LU_data: Tensor, LU_pivots: Tensor, unpack_data: bool = True, unpack_pivots: bool = True
) -> tuple[Tensor, Tensor, Tensor]:
    """Unpack an LU factorization into P, L and U with A = P L U.

    Parameters
    ----------
    LU_data : Tensor, shape (..., m, n)
        L and U in one matrix, as from `linalg.lu_factor`.
    LU_pivots : Tensor, shape (..., min(m, n)), dtype int32
        The pivots, counted from 1.
    unpack_data : bool, default True
        If False, L and U are empty tensors.
    unpack_pivots : bool, default True
        If False, P is an empty tensor.

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
        If the pivots are not whole numbers.

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
        p = permutation("lu_unpack", LU_pivots, rows, LU_data.dtype)
    found: tuple[Tensor, Tensor, Tensor] = _Unpacked(p, lower, upper)
    return found


@public(method=True, out=True)
def lu_solve(input: Tensor, LU_data: Tensor, LU_pivots: Tensor) -> Tensor:
    """Solve A X = b, where A is given by its LU factorization; deprecated, see `linalg.lu_solve`.

    Parameters
    ----------
    input : Tensor, shape (..., n, k)
        The right sides b, in columns.
    LU_data : Tensor, shape (..., n, n)
        L and U in one matrix, as from `linalg.lu_factor`.
    LU_pivots : Tensor, shape (..., n), dtype int32
        The pivots, counted from 1.

    Returns
    -------
    Tensor, shape (..., n, k)

    Raises
    ------
    RuntimeError
        If the matrix is not square, or the numbers of rows differ.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> factors = tg.linalg.lu_factor(tg.tensor([[2.0, 0.0], [0.0, 4.0]]))
    >>> tg.linalg.lu_solve(*factors, tg.tensor([[2.0], [4.0]]))  # instead
    tensor([[1.],
            [1.]])
    """
    _deprecated("lu_solve", "torch.linalg.lu_solve")
    return lu_solved(LU_data, LU_pivots, input, adjoint=False)


def lu_solved(LU: Any, pivots: Any, b: Any, adjoint: bool) -> Any:
    """X with P L U X = b, or with (P L U)^T X = b: one factor after the other."""
    check_right_side("lu_solve", LU, b)
    check_factored("lu_solve", LU, b)
    p = permutation("lu_solve", pivots, LU.shape[-1], LU.dtype)
    lower = _unit_lower(LU)
    if adjoint:
        middle = ops.solve_triangular(LU.mT, b, upper=False)
        return p @ ops.solve_triangular(lower.mT, middle, upper=True)
    middle = ops.solve_triangular(lower, p.mT @ b, upper=False)
    return ops.solve_triangular(LU, middle, upper=True)


# ---------------------------------------------------------------- QR, SVD, the pseudoinverse

_QR = named("qr", "Q R")
_GeQRF = named("geqrf", "a tau")
_SVD = named("svd", "U S V")


@public(method=True, out=True)
def qr(input: Tensor, some: bool = True) -> tuple[Tensor, Tensor]:
    """QR factorization; deprecated, see `linalg.qr`.

    Parameters
    ----------
    input : Tensor, shape (..., m, n)
    some : bool, default True
        If True, Q has k = min(m, n) columns.  If False, k is m: Q is square.

    Returns
    -------
    Q : Tensor, shape (..., m, k)
        Its columns are orthonormal.
    R : Tensor, shape (..., k, n)
        An upper triangle, with Q R = input.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> q, r = tg.linalg.qr(tg.tensor([[1.0, 2.0], [0.0, 3.0]]))  # instead
    >>> tg.allclose(q @ r, tg.tensor([[1.0, 2.0], [0.0, 3.0]]))
    True
    """
    _deprecated("qr", "torch.linalg.qr")
    check_matrix(input, "qr")
    found: tuple[Tensor, Tensor] = _QR(*ops.qr(input, mode="reduced" if some else "complete"))
    return found


@public(method=True, out=True)
def geqrf(input: Tensor) -> tuple[Tensor, Tensor]:
    """QR factorization with Q as Householder reflections, as LAPACK's function of this name.

    It has no gradient, as in PyTorch; `linalg.qr` has one.

    Parameters
    ----------
    input : Tensor, shape (..., m, n)

    Returns
    -------
    a : Tensor, shape (..., m, n)
        R on and above the diagonal, and below it the vectors of the reflections: with `tau`, what
        `linalg.householder_product` takes.
    tau : Tensor, shape (..., min(m, n))
        The factors of the reflections.

    Raises
    ------
    RuntimeError
        If a gradient is asked for: the input requires grad.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> a, tau = tg.geqrf(tg.tensor([[3.0, 1.0], [4.0, 2.0]]))
    >>> tg.allclose(tg.orgqr(a, tau) @ a.triu(), tg.tensor([[3.0, 1.0], [4.0, 2.0]]))
    True
    """
    check_matrix(input, "geqrf")
    check_factored("geqrf", input)
    if input.requires_grad and grad_mode.mode.recording:
        raise RuntimeError("geqrf: it has no gradient; call x.detach() first, or see linalg.qr")
    a, tau = np.linalg.qr(plain(input), mode="raw")
    found: tuple[Tensor, Tensor] = _GeQRF(graph.Tensor(a.swapaxes(-1, -2)), graph.Tensor(tau))
    return found


@public(method=True, out=True)
def orgqr(input: Tensor, input2: Tensor) -> Tensor:
    """First n columns of a product of Householder reflections; see `linalg.householder_product`.

    Parameters
    ----------
    input : Tensor, shape (..., m, n), m >= n
        The vectors of the reflections, below the diagonal.
    input2 : Tensor, shape (..., k), k <= n
        The factors tau of the reflections.

    Returns
    -------
    Tensor, shape (..., m, n)

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.orgqr(tg.tensor([[0.0], [1.0]]), tg.tensor([1.0]))
    tensor([[ 0.],
            [-1.]])
    """
    return reflected("orgqr", input, input2)


def reflected(name: str, vectors: Any, tau: Any) -> Any:
    """The first columns of H_1 H_2 ..., H_i = 1 - tau_i v_i v_i^T."""
    check_matrix(vectors, name)
    check_factored(name, vectors, tau)
    rows, columns = vectors.shape[-2:]
    if tau.shape[:-1] != vectors.shape[:-2] or rows < columns or tau.shape[-1] > columns:
        raise RuntimeError(
            f"{name}: the vectors are (..., m, n) with m >= n, and tau is (..., k) with k <= n, "
            f"not {tuple(vectors.shape)} and {tuple(tau.shape)}"
        )
    unit = np.eye(rows, columns, dtype=vectors.dtype)
    y = graph.Tensor(np.zeros_like(plain(vectors)) + unit)
    return _reflect(vectors, tau, y, reversed(range(tau.shape[-1])))


def _reflect(vectors: Any, tau: Any, y: Any, order: Any) -> Any:
    """Reflections applied to y, one after the other: ... H_j H_i y, where `order` is i, j, ..."""
    rows = vectors.shape[-2]
    unit = np.eye(rows, dtype=vectors.dtype)
    for k in order:
        v = ops.where(np.arange(rows) > k, vectors[..., k], unit[k])[..., None]
        y = y - tau[..., k, None, None] * v @ (v.mT @ y)
    return y


@public(method=True, out=True)
def ormqr(
    input: Tensor, input2: Tensor, input3: Tensor, left: bool = True, transpose: bool = False
) -> Tensor:
    """Product of Q with a matrix, where Q = H_1 H_2 ... is given by Householder reflections.

    Q itself, which is square, is not computed: see `linalg.householder_product` for its columns.

    Parameters
    ----------
    input : Tensor, shape (..., m, k)
        The vectors of the reflections, below the diagonal: as from `geqrf`.
    input2 : Tensor, shape (..., min(m, k))
        The factors tau of the reflections.
    input3 : Tensor, shape (..., m, n), or (..., n, m) if `left` is False
        The matrix C.
    left : bool, default True
        If True, Q C is computed, else C Q.
    transpose : bool, default False
        If True, Q^T is used instead of Q.

    Returns
    -------
    Tensor
        Of the shape of `input3`.

    Raises
    ------
    RuntimeError
        If the shapes do not fit together, or the dtypes differ or are not float32 or float64.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> x = tg.tensor([[3.0, 1.0], [4.0, 2.0]])
    >>> a, tau = tg.geqrf(x)
    >>> tg.allclose(tg.ormqr(a, tau, a.triu()), x)  # Q R
    True
    """
    tau, other = input2, input3
    check_matrix(input, "ormqr")
    check_matrix(other, "ormqr")
    check_factored("ormqr", input, tau, other)
    batch, size, count = input.shape[:-2], input.shape[-2], min(input.shape[-2:])
    fits = tau.shape == (*batch, count) and other.shape[:-2] == batch
    if not fits or other.shape[-2 if left else -1] != size:
        shapes = f"{tuple(input.shape)}, {tuple(tau.shape)} and {tuple(other.shape)}"
        raise RuntimeError(
            "ormqr: for vectors (..., m, k) tau is (..., min(m, k)), and the other matrix has m "
            f"{'rows' if left else 'columns'}; not {shapes}"
        )
    order = range(count) if left == transpose else reversed(range(count))
    y = _reflect(input, tau, other if left else other.mT, order)
    return y if left else y.mT


@public(method=True, out=True)
def svd(input: Tensor, some: bool = True, compute_uv: bool = True) -> tuple[Tensor, Tensor, Tensor]:
    """Singular value decomposition: input = U diag(S) V^T.

    Parameters
    ----------
    input : Tensor, shape (..., m, n)
    some : bool, default True
        If True, U and V have k = min(m, n) columns.  If False, they are square.
    compute_uv : bool, default True
        If False, U and V are square matrices of zeros.

    Returns
    -------
    U : Tensor, shape (..., m, k)
        Its columns are orthonormal.
    S : Tensor, shape (..., min(m, n))
        The singular values, from the largest to the smallest.
    V : Tensor, shape (..., n, k)
        Its columns are orthonormal: not transposed, as it is in `linalg.svd`.

    References
    ----------
    Townsend, "Differentiating the singular value decomposition", 2016.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.svd(tg.tensor([[3.0, 0.0], [0.0, 4.0]])).S
    tensor([4., 3.])
    """
    check_matrix(input, "svd")
    u, s, vh = ops.svd(input, full_matrices=not some and compute_uv)
    if not compute_uv:
        m, n = input.shape[-2:]
        u, vh = (graph.Tensor(np.zeros((*input.shape[:-2], k, k), input.dtype)) for k in (m, n))
    found: tuple[Tensor, Tensor, Tensor] = _SVD(u, s, vh.mT)
    return found


@public()
def svd_lowrank(
    A: Tensor, q: int | None = 6, niter: int | None = 2, M: Tensor | None = None
) -> tuple[Tensor, Tensor, Tensor]:
    """Approximate singular value decomposition of low rank: A - M is about U diag(S) V^T.

    The span of A times random vectors stands for that of its first singular vectors: this pays for
    large matrices whose singular values fall fast.

    Parameters
    ----------
    A : Tensor, shape (..., m, n)
    q : int, default 6
        The rank of the result.  Take a few more than the rank that you need.
    niter : int, default 2
        The number of times that the random vectors are multiplied by A^T and A.  Each brings their
        span closer to that of the first singular vectors.
    M : Tensor, optional
        A tensor that is subtracted from A, for example a mean.  Its shape broadcasts to that of A.

    Returns
    -------
    U : Tensor, shape (..., m, q)
    S : Tensor, shape (..., q)
        The singular values, from the largest to the smallest.
    V : Tensor, shape (..., n, q)

    Raises
    ------
    ValueError
        If `q` is negative or larger than m or n, or `niter` is negative.

    References
    ----------
    Halko, Martinsson and Tropp, "Finding structure with randomness: probabilistic algorithms for
    constructing approximate matrix decompositions", 2009, algorithm 5.1.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> x = tg.outer(tg.arange(20.0), tg.arange(10.0))  # of rank 1
    >>> u, s, v = tg.svd_lowrank(x, q=2)
    >>> tg.allclose(u @ s.diag() @ v.T, x, atol=1e-2)
    True
    """
    check_matrix(A, "svd_lowrank")
    check_factored("svd_lowrank", A)
    q, niter = 6 if q is None else q, 2 if niter is None else niter
    if not 0 <= q <= min(A.shape[-2:]) or niter < 0:
        given = f"q={q} and niter={niter} for {tuple(A.shape)}"
        raise ValueError(
            f"svd_lowrank: q is at most the smaller size, niter at least 0, not {given}"
        )
    x = A if M is None else A - M
    wide = x.shape[-2] < x.shape[-1]
    x = x.mT if wide else x
    start = numpy_generator().standard_normal((x.shape[-1], q)).astype(x.dtype)
    basis = ops.qr(x @ graph.Tensor(start))[0]
    for _ in range(niter):
        basis = ops.qr(x @ ops.qr(x.mT @ basis)[0])[0]
    u, s, vh = ops.svd(basis.mT @ x, full_matrices=False)
    found = (vh.mT, s, basis @ u) if wide else (basis @ u, s, vh.mT)
    return found


@public()
def pca_lowrank(
    A: Tensor, q: int | None = None, center: bool = True, niter: int = 2
) -> tuple[Tensor, Tensor, Tensor]:
    """Principal component analysis of low rank: `svd_lowrank` of the rows of A, less their mean.

    `A @ V[:, :k]` projects the rows to the first k principal components; S^2 / (m - 1) are their
    variances.

    Parameters
    ----------
    A : Tensor, shape (..., m, n)
        m samples of n features.
    q : int, optional
        The rank of the result, min(6, m, n) unless given.  Take a few more than the rank that you
        need.
    center : bool, default True
        If False, the mean is not subtracted.
    niter : int, default 2
        The number of iterations: see `svd_lowrank`.

    Returns
    -------
    U : Tensor, shape (..., m, q)
    S : Tensor, shape (..., q)
    V : Tensor, shape (..., n, q)
        The principal directions, in its columns.

    Raises
    ------
    ValueError
        If `q` is negative or larger than m or n, or `niter` is negative.

    References
    ----------
    Halko, Martinsson and Tropp, "Finding structure with randomness: probabilistic algorithms for
    constructing approximate matrix decompositions", 2009.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> points = tg.tensor([[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]])
    >>> u, s, v = tg.pca_lowrank(points)
    >>> v[:, 0].abs()
    tensor([0.7071, 0.7071])
    """
    check_matrix(A, "pca_lowrank")
    check_factored("pca_lowrank", A)
    q = min(6, *A.shape[-2:]) if q is None else q
    found: tuple[Tensor, Tensor, Tensor] = svd_lowrank(
        A, q, niter, A.mean(-2, keepdim=True) if center else None
    )
    return found


@public(method=True)
def pinverse(input: Tensor, rcond: float = 1e-15) -> Tensor:
    """Pseudoinverse of a matrix; see `linalg.pinv`.

    Parameters
    ----------
    input : Tensor, shape (..., m, n)
    rcond : float, default 1e-15
        Singular values up to `rcond` times the largest one count as zero.

    Returns
    -------
    Tensor, shape (..., n, m)

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.pinverse(tg.tensor([[2.0], [0.0]]))
    tensor([[0.5000, 0.0000]])
    """
    check_matrix(input, "pinverse")
    return ops.pinv(input, rtol=plain(rcond))


# ---------------------------------------------------------------- the exponential


@public("matrix_exp", "linalg.matrix_exp", method=True)
def matrix_exp(input: Tensor) -> Tensor:
    """Matrix exponential: y = 1 + A + A^2 / 2! + A^3 / 3! + ...

    Parameters
    ----------
    input : Tensor, shape (..., n, n)
        The matrices A, of a floating dtype.

    Returns
    -------
    Tensor, shape (..., n, n)

    Raises
    ------
    RuntimeError
        If a matrix is not square, or the dtype is not floating.

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
    check_floating(input, "matrix_exp")
    size = np.absolute(plain(input)).sum(-1).max(-1, initial=0)  # one for each matrix
    halvings = np.frexp(np.where(np.isfinite(size), size, 0))[1]  # to a size of at most 1
    halvings = np.maximum(halvings, 0)[..., None, None]
    x, one = input * np.ldexp(np.ones((), input.dtype), -halvings), identity(input)
    y = one
    for k in range(18, 0, -1):  # Horner's rule: 1 + x (1 + x / 2 (1 + x / 3 (...)))
        y = one + x @ y / k
    for k in range(halvings.max(initial=0)):
        y = ops.where(halvings > k, y @ y, y)
    return y
