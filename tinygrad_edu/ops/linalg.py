"""Ops of linear algebra: products, inverses and factorisations, of matrices in the last two
dimensions.

The derivatives are those of Giles, "Collected matrix derivative results for forward and reverse
mode algorithmic differentiation" (2008), where nothing else is said.  ' is the transpose.
"""

from functools import lru_cache
from math import prod
from typing import Any

import numpy as np

from ..dtypes import check_factored
from ..engine.graph import op
from ..registry import public
from ..sums import added, narrowed, wide
from .elementwise import where
from .reduction import prod_
from .shape import concatenate, tril, triu

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"  # of an equation's indices


def _as_matrix(g, _a, _b):
    """g with the axes that the product of vectors left out put back: rows x columns."""
    if len(_b) == 1:
        g = g[..., None]
    return g[..., None, :] if len(_a) == 1 else g


def _to_left(g, _y, _a, b):
    columns = b[:, None] if b.ndim == 1 else b
    return wide(_as_matrix(g, _a, b.shape)) @ wide(columns.swapaxes(-1, -2))


def _to_right(g, _y, a, _b):
    rows = a[None, :] if a.ndim == 1 else a
    part = wide(rows.swapaxes(-1, -2)) @ wide(_as_matrix(g, a.shape, _b))
    return part[..., 0] if len(_b) == 1 else part


def _inner_sizes_differ(a, b):
    shape_a, shape_b = np.shape(a), np.shape(b)
    if not shape_a or not shape_b:
        return f"a number is not a matrix: {shape_a} @ {shape_b}.  Multiply numbers with *."
    if shape_a[-1] == shape_b[-2:][0]:
        return f"the leading dimensions do not broadcast: {shape_a} @ {shape_b}"
    hint = f"  Did you mean W.{'T' if len(shape_b) == 2 else 'mT'}?"
    hint = hint if len(shape_b) > 1 and shape_a[-1] == shape_b[-1] else ""
    return f"inner dimensions differ: {shape_a} @ {shape_b}.{hint}"


@public("matmul", "linalg.matmul", method=True, out=True)
@op(
    _to_left,
    _to_right,
    samples=lambda draw: draw.product(),
    explain=_inner_sizes_differ,
    numpy=np.matmul,
)
def matmul(a, b):
    """Matrix product: y = a b;  dL/da = g b^T,  dL/db = a^T g.

    A vector a is taken as a row, a vector b as a column; leading dimensions broadcast.

    Parameters
    ----------
    input : Tensor, shape (..., n, m) or (m,)
        The left factor a.
    other : Tensor, shape (..., m, p) or (m,)
        The right factor b.

    Returns
    -------
    Tensor, shape (..., n, p)
        Without n if a is a vector, and without p if b is one.

    Raises
    ------
    ValueError
        If the inner sizes differ, or the leading dimensions do not broadcast.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.matmul(tg.tensor([[1.0, 2.0], [3.0, 4.0]]), tg.tensor([1.0, 1.0]))
    tensor([3., 7.])
    """
    if a.dtype.char != "e" != b.dtype.char:  # no float16, as in most products
        return np.matmul(a, b)
    return narrowed(np.matmul(wide(a), wide(b)), a, b)


# ---------------------------------------------------------------- sums of products


@lru_cache(maxsize=1000)
def terms_of(subscripts, ndims):
    """The labels of each operand and of the result, a letter for each dimension, none implied.

    >>> terms_of("...ij,jk", (3, 2))
    ('Zij', 'jk', 'Zik')
    """
    inputs, arrow, out = subscripts.replace(" ", "").partition("->")
    terms = inputs.split(",")
    if len(terms) != len(ndims):
        raise ValueError(f"{subscripts!r} names {len(terms)} operands, and {len(ndims)} are given")
    hidden = [n - len(term.replace("...", "")) for term, n in zip(terms, ndims, strict=True)]
    named = inputs.replace("...", "").replace(",", "")
    if not arrow:
        out = "..." + "".join(sorted(c for c in named if named.count(c) == 1))
    unused = "".join(c for c in LETTERS if c not in named)
    shared = [unused[len(unused) - n :] for n in (*hidden, max(0, *hidden))]
    spelled = zip((*terms, out), shared, strict=True)
    return tuple([term.replace("...", letters) for term, letters in spelled])


def _sizes(terms, xs):
    """How far each index runs; a side of 1 is repeated."""
    found = {}
    for term, x in zip(terms, xs, strict=True):
        if len(term) != x.ndim:
            raise ValueError(f"{term!r} names {len(term)} indices, of {x.ndim} dimensions")
        for c, n in zip(term, x.shape, strict=False):
            if found.setdefault(c, n) == 1:
                found[c] = n
            elif n not in (1, found[c]):
                raise ValueError(f"index {c!r} has sizes {found[c]} and {n} in different places")
    return found


def _to_operand(g, _y, *xs, i, subscripts):
    *terms, out = terms_of(subscripts, tuple([x.ndim for x in xs]))
    operands, labels = [g, *xs[:i], *xs[i + 1 :]], [out, *terms[:i], *terms[i + 1 :]]
    held = _sizes(labels, operands)
    unused = iter(sorted({*LETTERS} - {*"".join(terms)}))
    own = ""
    for c, n in zip(terms[i], xs[i].shape, strict=True):
        if c in own:  # x_ii = sum_j x_ij (i == j)
            own += next(unused)
            operands.append(np.eye(n, dtype=g.dtype))
            labels.append(c + own[-1])
        else:
            own += c
            if held.get(c) != n:  # sum_i x_i = sum_i x_i 1_i
                operands.append(np.ones(n, g.dtype))
                labels.append(c)
    return einsum(*operands, subscripts=f"{','.join(labels)}->{own}")


@lru_cache(maxsize=1000)
def _alone(terms, out):
    """For each operand the axes of the indices that only it has, which are summed alone, its other
    indices, and whether one of these is a trace: x_ii, summed over i."""
    labels = "".join(terms) + out
    if not {*labels} <= {*LETTERS}:
        raise ValueError(f"an index is a letter, and there are {labels!r}")
    alone = [tuple(k for k, c in enumerate(term) if labels.count(c) == 1) for term in terms]
    left = ["".join(c for c in term if labels.count(c) > 1) for term in terms]
    return alone, left, [any(labels.count(c) == term.count(c) for c in term) for term in left]


LARGE = 30_000  # products: from here on it pays to plan for BLAS


@op(_to_operand, samples=lambda draw: draw.einsum(), view=True)  # of one input: ii->i, ij->ji
def einsum(*xs, subscripts):
    """y = the sum over all indices that the result does not name of the product of the inputs;
    dL/dx is an einsum too: of g and the other inputs, to the indices of x.

    An index that x names twice is a diagonal, x_ii = sum_j x_ij (i == j), and one that only x has
    is summed alone, sum_i x_i = sum_i x_i 1_i.  So the identity and ones are inputs like others.
    More than two are multiplied pair by pair, in the order that NumPy finds cheapest.  Whole
    numbers of which some are summed alone are summed in int64.
    """
    *terms, out = terms_of(subscripts, tuple([x.ndim for x in xs]))
    sizes = _sizes(terms, xs)
    large = len(xs) > 2 or (len(xs) == 2 and prod(sizes.values()) > LARGE)
    alone, terms, traces = _alone(tuple(terms), out)
    left = [added(x, axes) if axes else wide(x) for x, axes in zip(xs, alone, strict=True)]
    if any(traces) and all(x.dtype.kind in "iub" for x in left):
        left = [x.astype(np.int64) for x in left]
    return narrowed(np.einsum(f"{','.join(terms)}->{out}", *left, optimize=large), xs[0])


# ---------------------------------------------------------------- inverses and determinants


def _t(x):
    return x.swapaxes(-1, -2)


def _square(draw):
    return draw.case(draw.matrix(square=True))


def _positive_definite(draw):
    return draw.case(draw.positive_definite())


def not_finite(x: Any, **_: Any) -> str | None:
    """Why a matrix has no singular values: it holds NaN or infinity.  None if it does not."""
    if np.isfinite(x).all():
        return None
    return f"the matrix {x.shape} holds NaN or infinity: it has no singular values"


def _is_square(x):
    return x.ndim > 1 and x.shape[-1] == x.shape[-2]


def _singular(x, b=None):
    if not _is_square(x):
        return None
    if b is not None and (b.ndim < 2 or b.shape[-2] != x.shape[-1]):
        return f"the matrix {x.shape} and the right side {b.shape} differ in their rows"
    return f"the matrix {x.shape} is singular: for what there is instead, see linalg.pinv"


@public("inverse", method=True, out=True)
@op(lambda g, y, _x: -(_t(y) @ g @ _t(y)), samples=_square, explain=_singular, numpy=np.linalg.inv)
def inv(x):
    """Inverse of a square matrix: y = x^-1;  dL/dx = -y^T g y^T.

    Parameters
    ----------
    input : Tensor, shape (..., n, n)

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
    >>> tg.inverse(tg.tensor([[2.0, 0.0], [0.0, 4.0]]))
    tensor([[0.5000, 0.0000],
            [0.0000, 0.2500]])
    """
    check_factored("inv", x)
    return np.linalg.inv(x)


@op(
    lambda g, y, a, _b: -(solve(_t(a), g) @ _t(y)),
    lambda g, _y, a, _b: solve(_t(a), g),
    samples=lambda draw: draw.case(draw.matrix(square=True), draw.right_side),
    explain=_singular,
    promotes=False,
)
def solve(a, b):
    """y = a^-1 b, for the columns of b;  dL/db = a'^-1 g,  dL/da = -(dL/db) y'."""
    check_factored("solve", a, b)
    return np.linalg.solve(a, b)


def _triangle(x, upper):
    """The upper or the lower triangle of x, zero elsewhere."""
    return triu(x) if upper else tril(x)


@op(
    lambda g, y, a, _b, upper: (
        -_triangle(solve_triangular(_t(a), g, upper=not upper) @ _t(y), upper)
    ),
    lambda g, _y, a, _b, upper: solve_triangular(_t(a), g, upper=not upper),
    samples=lambda draw: draw.case(
        draw.positive_definite(), draw.right_side, upper=draw.choice(True, False)
    ),
    promotes=False,
)
def solve_triangular(a, b, *, upper):
    """y = T^-1 b, T the upper or the lower triangle of a, for the columns of b;
    dL/db = T'^-1 g,  dL/da = minus the triangle of (dL/db) y'.

    Substitution, row by row; a zero on the diagonal gives infinity or NaN, without an error.
    """
    check_factored("solve_triangular", a, b)
    batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    y = np.broadcast_to(b, (*batch, *b.shape[-2:])).copy()
    rows = range(a.shape[-1])
    for k in reversed(rows) if upper else rows:
        known = slice(k + 1, None) if upper else slice(0, k)
        y[..., k, :] -= (a[..., k, None, known] @ y[..., known, :])[..., 0, :]
        y[..., k, :] /= a[..., k, k, None]
    return y


def _products_of_others(s):
    """p_ij = the product of all s_k but s_i and s_j."""
    k = np.arange(s.shape[-1])
    others = (k != k[:, None]) & (k != k[:, None, None])
    return prod_(where(others, s[..., None, None, :], 1), axis=-1)


def _to_minors(g, _y, x):
    u, s, vh = svd(x, full_matrices=False)
    eye = np.eye(x.shape[-1], dtype=x.dtype)
    inner = _t(u) @ g @ _t(vh)
    others = _products_of_others(s) * (1 - eye)
    inner = eye * (others @ (inner * eye).sum(axis=-1, keepdims=True)) - others * _t(inner)
    even = det(u) * det(vh) > 0
    return u @ where(even[..., None, None], inner, -inner) @ vh


@op(_to_minors, samples=_square)
def cofactor(x):
    """y_ij = the determinant of x without row i and column j, times (-1)^(i + j).

    For x = u diag(s) v' it is det(u v) u diag(p) v' where p_i is the product of the other s_k; its
    derivative, likewise, is made of the products of all but two.  Nothing is divided: it is right
    for singular matrices too.
    """
    u, s, vh = np.linalg.svd(x)
    p = np.prod(np.where(np.eye(s.shape[-1], dtype=bool), 1, s[..., None, :]), -1)
    return np.linalg.det(u @ vh)[..., None, None] * (u * p[..., None, :] @ vh)


@public("det", method=True, out=True)
@op(lambda g, _y, x: g[..., None, None] * cofactor(x), samples=_square, numpy=np.linalg.det)
def det(x):
    """Determinant of a square matrix: y = det x;  dL/dx = g cofactor(x), which is g y x^-T where
    x has an inverse.

    Parameters
    ----------
    input : Tensor, shape (..., n, n)

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
    >>> tg.det(tg.tensor([[1.0, 0.0], [3.0, 4.0]]))
    tensor(4.)
    """
    check_factored("det", x)
    return np.linalg.det(x)


@op(lambda g, _y, x: g[1][..., None, None] * _t(inv(x)), samples=_square, numpy=np.linalg.slogdet)
def slogdet(x):
    """y = (sign of det x, log |det x|);  dL/dx = g x'^-1 for the g of the second one."""
    check_factored("slogdet", x)
    return tuple(np.linalg.slogdet(x))


def _to_pseudo_inverse(g, y, x, **_):
    left, right = _t(g) @ y @ _t(y), _t(y) @ y @ _t(g)
    return left - x @ (y @ left) + right - (right @ y) @ x - _t(y) @ g @ _t(y)


@op(
    _to_pseudo_inverse,
    samples=lambda draw: draw.case(draw.matrix()),
    explain=not_finite,
    numpy=np.linalg.pinv,
)
def pinv(x, *, rtol=None):
    """y = x+, the pseudoinverse: singular values up to rtol times the largest count as zero;
    dL/dx = -y' g y' + (1 - x y) g' y y' + y' y g' (1 - y x), for x of constant rank (Golub and
    Pereyra, "The differentiation of pseudo-inverses...", 1973)."""
    check_factored("pinv", x)
    return np.linalg.pinv(x, rtol=rtol)


# ---------------------------------------------------------------- factorisations


def _symmetric(x):
    return (x + _t(x)) / 2


def _lower(x):
    """The lower triangle of x, with half of the diagonal."""
    n = x.shape[-1]
    return x * (np.tri(n, dtype=x.dtype) - np.eye(n, dtype=x.dtype) / 2)


def _not_positive(x):
    if not _is_square(x):
        return None
    if not np.isfinite(x).all():
        return f"the matrix {x.shape} is not positive definite: it holds NaN or infinity"
    smallest = np.linalg.eigvalsh(_symmetric(x)).min()
    return f"the matrix {x.shape} is not positive definite: its smallest eigenvalue is {smallest}"


def _to_positive(g, y, _x):
    half = solve(_t(y), _lower(_t(y) @ g))
    return _symmetric(_t(solve(_t(y), _t(half))))


@op(_to_positive, samples=_positive_definite, explain=_not_positive, numpy=np.linalg.cholesky)
def cholesky(x):
    """y = the lower triangle L with L L' = (x + x') / 2;  dL/dx = the symmetric part of
    y'^-1 low(y' g) y^-1, where low takes the lower triangle with half of the diagonal (Murray,
    "Differentiation of the Cholesky decomposition", 2016)."""
    check_factored("cholesky", x)
    y = np.linalg.cholesky(_symmetric(x))
    if np.isnan(np.diagonal(y, axis1=-2, axis2=-1)).any():  # not every LAPACK refuses NaN
        raise np.linalg.LinAlgError("the matrix is not positive definite: it holds NaN")
    return y


def unit_lower(y):
    """The lower triangle of y, with ones on its diagonal."""
    n = y.shape[-1]
    return where(np.tri(n, k=-1, dtype=bool), y, np.eye(n, dtype=y.dtype))


def _to_factored(g, y, _x):
    lower, upper = unit_lower(y), triu(y)
    below = tril(_t(lower) @ tril(g, k=-1), k=-1)
    inner = below + triu(triu(g) @ _t(upper))
    left = solve_triangular(_t(lower), inner, upper=True)
    return _t(solve_triangular(upper, _t(left), upper=True))


def _eliminate(y, k):
    """Step k of Gaussian elimination, in place: the factors stay below the pivot."""
    pivot = y[..., k, k, None]
    y[..., k + 1 :, k] /= np.where(pivot == 0, 1, pivot)
    y[..., k + 1 :, k + 1 :] -= y[..., k + 1 :, k, None] * y[..., k, None, k + 1 :]


@op(_to_factored, samples=_positive_definite)
def lu_unpivoted(x):
    """y = L and U in one matrix, x = L U for a square x whose rows are in the order of its pivots;
    dL/dx = L'^-1 (low(L' low(g)) + up(up(g) U')) U'^-1, where low is the part below the diagonal
    and up the rest."""
    y = x.copy()
    for k in range(x.shape[-1] - 1):
        _eliminate(y, k)
    return y


def pivots_of(x):
    """With which row partial pivoting swaps each row of x in turn: the one of the largest pivot."""
    rows, columns = x.shape[-2:]
    y = x.reshape((prod(x.shape[:-2]), rows, columns)).copy()
    swapped = np.zeros((len(y), min(rows, columns)), np.int64)
    each = np.arange(len(y))
    for k in range(swapped.shape[1]):
        swapped[:, k] = place = k + np.absolute(y[:, k:, k]).argmax(-1)
        y[each, k], y[each, place] = y[each, place], y[each, k]
        _eliminate(y, k)
    return swapped.reshape((*x.shape[:-2], swapped.shape[1]))


def order_of(swapped, rows):
    """The order of the rows after the swaps."""
    order = np.tile(np.arange(rows), (prod(swapped.shape[:-1]), 1))
    each = np.arange(len(order))
    for k, place in enumerate(swapped.reshape((len(order), swapped.shape[-1])).T):
        order[each, k], order[each, place] = order[each, place], order[each, k]
    return order.reshape((*swapped.shape[:-1], rows))


def _to_qr(g, y, x, mode):
    (gq, gr), (q, r) = g, y
    rows, columns = x.shape[-2:]
    if mode != "reduced" and rows > columns:
        raise RuntimeError(f"qr: of more rows than columns {x.shape} only 'reduced' has a gradient")
    if rows >= columns:
        return _to_tall(gq, gr, q, r)
    right = gr[..., rows:]
    gq = gq + x[..., rows:] @ _t(right)
    left = _to_tall(gq, gr[..., :rows], q, r[..., :rows])
    return concatenate(left, q @ right, axis=-1)


def _to_tall(gq, gr, q, r):
    lower = _lower(r @ _t(gr) - _t(gq) @ q)
    return _t(solve(r, _t(gq + q @ (lower + _t(lower)))))


@op(_to_qr, samples=lambda draw: draw.case(draw.matrix()), numpy=np.linalg.qr)
def qr(x, *, mode="reduced"):
    """y = (q, r) with q r = x, the columns of q orthonormal, r an upper triangle;
    dL/dx = (gq + q copy(r gr' - gq' q)) r'^-1, where copy makes the lower triangle symmetric
    (Walter and Lehmann, "Algorithmic differentiation of linear algebra functions", 2010; for more
    columns than rows, Roberts and Roberts, "QR and LQ decomposition matrix backpropagation
    algorithms", 2020)."""
    check_factored("qr", x)
    return tuple(np.linalg.qr(x, mode))


def _reciprocal(x, numbers, used):
    """1 / x.  Where x is zero to rounding, next to the numbers it was computed from, this is 0, or
    nan if it is used: if a gradient comes to vectors that are not determined."""
    size = np.absolute(numbers).sum(axis=-1)[..., None, None]
    zero = np.absolute(x) <= np.finfo(x.dtype).eps * size
    return where(zero & used, np.nan, where(zero, 0, 1 / where(zero, 1, x)))


def _used(*gs):
    """Which columns a gradient comes to, and which pairs of two with such a one."""
    columns = (sum(np.absolute(g).sum(axis=-2) for g in gs) != 0)[..., None, :]
    return columns, (columns | _t(columns)) & ~np.eye(columns.shape[-1], dtype=bool)


def _to_symmetric(g, y, _x):
    (gw, gv), (w, v) = g, y
    gaps = w[..., None, :] - w[..., :, None]
    f = _reciprocal(gaps, w, _used(gv)[1])
    inner = gw[..., None] * np.eye(w.shape[-1], dtype=w.dtype) + f * (_t(v) @ gv)
    return _symmetric(v @ inner @ _t(v))


@op(_to_symmetric, samples=_positive_definite, numpy=np.linalg.eigh)
def eigh(x):
    """y = (w, v): the eigenvalues of (x + x') / 2, rising, and the eigenvectors in the columns;
    dL/dx = the symmetric part of v (diag(gw) + f v' gv) v', f_ij = 1 / (w_j - w_i).

    Of equal eigenvalues the vectors may be any basis, so they have no derivative: f is nan.  What
    does not use them (the eigenvalues alone, or vectors of others) has one: there f is 0.
    """
    check_factored("eigh", x)
    return tuple(np.linalg.eigh(_symmetric(x)))


def _to_svd(g, y, _x, **_):
    (gu, gs, gvh), (u, s, vh) = g, y
    n = s.shape[-1]
    if any((part != 0).any() for part in (gu[..., n:], gvh[..., n:, :])):
        raise RuntimeError(f"svd: take full_matrices=False: what True adds for {_x} is any basis")
    u, gu, v, gv = u[..., :n], gu[..., :n], _t(vh[..., :n, :]), _t(gvh[..., :n, :])
    row, column, (used, pairs) = s[..., None, :], s[..., :, None], _used(gu, gv)
    f = _reciprocal(row - column, s, pairs) * _reciprocal(row + column, s, pairs)
    turn_u, turn_v = _t(u) @ gu, _t(v) @ gv
    inner = f * (turn_u - _t(turn_u)) * row + column * f * (turn_v - _t(turn_v))
    part = u @ (inner + gs[..., None] * np.eye(n, dtype=s.dtype)) @ _t(v)
    if n < _x[-2]:
        part = part + (gu - u @ turn_u) * _reciprocal(row, s, used) @ _t(v)
    if n < _x[-1]:
        part = part + u @ _t((gv - v @ turn_v) * _reciprocal(row, s, used))
    return part


@op(
    _to_svd,
    samples=lambda draw: draw.case(draw.matrix(), full_matrices=False),
    explain=not_finite,
    numpy=np.linalg.svd,
)
def svd(x, *, full_matrices=True):
    """y = (u, s, v') with u diag(s) v' = x: the singular values s fall, the columns of u and of v
    are orthonormal;  dL/dx = u (diag(gs) + f (u' gu - gu' u) s + s f (v' gv - gv' v)) v'
    + (1 - u u') gu s^-1 v' + u s^-1 gv' (1 - v v'), f_ij = 1 / (s_j^2 - s_i^2) (Townsend,
    "Differentiating the singular value decomposition", 2016).

    Of equal singular values the vectors may be any basis, as in `eigh`, and of the value 0 in one
    that is not square: f and 1 / s are nan where vectors that have no derivative are used, else 0.
    """
    check_factored("svd", x)
    return tuple(np.linalg.svd(x, full_matrices))
