"""Products of matrices and vectors, in all of PyTorch's spellings, and what is made of them.

>>> import tinygrad_edu as tg
>>> a, b = tg.ones(2, 3), tg.ones(3, 4)
>>> einsum("ij,jk->ik", a, b).shape, tensordot(a, b, 1).shape, kron(a, b).shape
(torch.Size([2, 4]), torch.Size([2, 4]), torch.Size([6, 12]))
"""

from __future__ import annotations

import warnings
from functools import cache
from itertools import pairwise
from string import ascii_lowercase, ascii_uppercase
from typing import Any

import numpy as np

from .. import ops
from ..engine import graph
from ..engine.clock import caller_level
from ..registry import public
from ..sums import in_float32
from .arguments import Tensor, check_dim, named
from .out import written_to

# ---------------------------------------------------------------- products of two


@public(method=True, out=True)
def mm(input: Tensor, mat2: Any) -> Tensor:
    """Product of two matrices: y = a b;  dL/da = g b',  dL/db = a' g.

    Parameters
    ----------
    input : Tensor
        a, of shape (n, m).
    mat2 : Tensor
        b, of shape (m, p).

    Returns
    -------
    Tensor
        Of shape (n, p).

    Raises
    ------
    RuntimeError
        If one of them is no matrix; see `matmul`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.mm(tg.tensor([[1.0, 2.0]]), tg.tensor([[3.0], [4.0]]))
    tensor([[11.]])
    """
    return _product("mm", input, 2, mat2, 2)


@public(method=True, out=True)
def mv(input: Tensor, vec: Any) -> Tensor:
    """Product of a matrix and a vector: y = a v;  dL/da = g v',  dL/dv = a' g.

    Parameters
    ----------
    input : Tensor
        a, of shape (n, m).
    vec : Tensor
        v, of shape (m,).

    Returns
    -------
    Tensor
        Of shape (n,).

    Raises
    ------
    RuntimeError
        If they are not a matrix and a vector; see `matmul`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.mv(tg.tensor([[1.0, 2.0], [3.0, 4.0]]), tg.tensor([1.0, 1.0]))
    tensor([3., 7.])
    """
    return _product("mv", input, 2, vec, 1)


@public(method=True, out=True)
def bmm(input: Tensor, mat2: Any) -> Tensor:
    """Products of a batch of pairs of matrices: y_i = a_i b_i.

    Parameters
    ----------
    input : Tensor
        a, of shape (b, n, m).
    mat2 : Tensor
        b, of shape (b, m, p).

    Returns
    -------
    Tensor
        Of shape (b, n, p).

    Raises
    ------
    RuntimeError
        If they are not two batches of one size; see `matmul`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.bmm(tg.ones(2, 1, 3), tg.ones(2, 3, 1)).shape
    torch.Size([2, 1, 1])
    """
    return _product("bmm", input, 3, mat2, 3)


@public(method=True, out=True)
def vdot(input: Tensor, other: Any) -> Tensor:
    """Dot product of two vectors: y = sum_i a_i b_i;  dL/da = g b,  dL/db = g a.

    Parameters
    ----------
    input, other : Tensor
        Of shape (n,).

    Returns
    -------
    Tensor
        Of shape ().

    Raises
    ------
    RuntimeError
        If they are not vectors.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.vdot(tg.tensor([1.0, 2.0]), tg.tensor([3.0, 4.0]))
    tensor(11.)
    """
    return _product("vdot", input, 1, other, 1)


@public(method=True, out=True)
def dot(input: Tensor, tensor: Any) -> Tensor:
    """Dot product of two vectors: y = sum_i a_i b_i;  dL/da = g b,  dL/db = g a.

    Parameters
    ----------
    input, tensor : Tensor
        Of shape (n,).

    Returns
    -------
    Tensor
        Of shape ().

    Raises
    ------
    RuntimeError
        If they are not vectors.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.dot(tg.tensor([1.0, 2.0]), tg.tensor([3.0, 4.0]))
    tensor(11.)
    """
    return _product("dot", input, 1, tensor, 1)


def _product(name: str, a: Any, a_ndim: int, b: Any, b_ndim: int) -> Any:
    if (a.ndim, b.ndim) != (a_ndim, b_ndim) or (a_ndim == 3 and len(a) != len(b)):
        wanted = f"{a_ndim} and {b_ndim} dimensions" + ", of one batch" * (a_ndim == 3)
        raise RuntimeError(
            f"{name}: it takes {wanted}, not {tuple(a.shape)} and {tuple(b.shape)}; see matmul"
        )
    return ops.matmul(a, b)


@public("outer", "ger", method=True, out=True)
def outer(input: Tensor, vec2: Any) -> Tensor:
    """Outer product of two vectors: y_ij = a_i b_j.

    Parameters
    ----------
    input : Tensor
        a, of shape (n,).
    vec2 : Tensor
        b, of shape (m,).

    Returns
    -------
    Tensor
        Of shape (n, m).

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.outer(tg.tensor([1.0, 2.0]), tg.tensor([3.0, 4.0]))
    tensor([[3., 4.],
            [6., 8.]])
    """
    return ops.einsum(input, vec2, subscripts="i,j->ij")


@public(method=True, out=True)
def inner(input: Tensor, other: Any) -> Tensor:
    """Inner product over the last dimension of both: y_ij = sum_k a_ik b_jk.

    Parameters
    ----------
    input, other : Tensor
        Of shapes (..., n); a tensor without dimensions multiplies.

    Returns
    -------
    Tensor
        Of the shape of `input` without its last dimension, then that of `other` likewise.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.inner(tg.tensor([[1.0, 2.0], [3.0, 4.0]]), tg.tensor([1.0, 1.0]))
    tensor([3., 7.])
    """
    return input * other if 0 in (input.ndim, other.ndim) else tensordot(input, other, ([-1], [-1]))


@public(method=True, inplace=True, out=True)
def addmm(input: Tensor, mat1: Any, mat2: Any, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
    """Sum with a product of matrices: y = beta x + alpha a b.

    Parameters
    ----------
    input : Tensor
        x, of a shape that broadcasts to (n, p).
    mat1, mat2 : Tensor
        a and b, of shapes (n, m) and (m, p).
    beta : number, default 1
        What `input` is multiplied by; if 0, it is not read at all.
    alpha : number, default 1
        What the product is multiplied by.

    Returns
    -------
    Tensor
        Of shape (n, p).

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.addmm(tg.tensor([1.0]), tg.tensor([[1.0, 2.0]]), tg.tensor([[3.0], [4.0]]), beta=10)
    tensor([[21.]])
    """
    return _plus(input, mm, mat1, mat2, beta=beta, alpha=alpha)


@public(method=True, inplace=True, out=True)
def addmv(input: Tensor, mat: Any, vec: Any, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
    """Sum with a product of a matrix and a vector: y = beta x + alpha a v.

    Parameters
    ----------
    input : Tensor
        x, of a shape that broadcasts to (n,).
    mat, vec : Tensor
        a and v, of shapes (n, m) and (m,).
    beta : number, default 1
        What `input` is multiplied by; if 0, it is not read at all.
    alpha : number, default 1
        What the product is multiplied by.

    Returns
    -------
    Tensor
        Of shape (n,).

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.addmv(tg.tensor([1.0, 2.0]), tg.tensor([[1.0, 2.0], [3.0, 4.0]]), tg.tensor([1.0, 1.0]))
    tensor([4., 9.])
    """
    return _plus(input, mv, mat, vec, beta=beta, alpha=alpha)


@public(method=True, inplace=True, out=True)
def addr(input: Tensor, vec1: Any, vec2: Any, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
    """Sum with an outer product: y = beta x + alpha u v'.

    Parameters
    ----------
    input : Tensor
        x, of a shape that broadcasts to (n, m).
    vec1, vec2 : Tensor
        u and v, of shapes (n,) and (m,).
    beta : number, default 1
        What `input` is multiplied by; if 0, it is not read at all.
    alpha : number, default 1
        What the product is multiplied by.

    Returns
    -------
    Tensor
        Of shape (n, m).

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.addr(tg.zeros(2, 2), tg.tensor([1.0, 2.0]), tg.tensor([3.0, 4.0]))
    tensor([[3., 4.],
            [6., 8.]])
    """
    return _plus(input, outer, vec1, vec2, beta=beta, alpha=alpha)


@public(method=True, inplace=True, out=True)
def baddbmm(input: Tensor, batch1: Any, batch2: Any, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
    """Sums with the products of a batch of pairs of matrices: y_i = beta x_i + alpha a_i b_i.

    Parameters
    ----------
    input : Tensor
        x, of a shape that broadcasts to (b, n, p).
    batch1, batch2 : Tensor
        a and b, of shapes (b, n, m) and (b, m, p).
    beta : number, default 1
        What `input` is multiplied by; if 0, it is not read at all.
    alpha : number, default 1
        What the product is multiplied by.

    Returns
    -------
    Tensor
        Of shape (b, n, p).

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.baddbmm(tg.zeros(1, 1, 1), tg.ones(1, 1, 3), tg.ones(1, 3, 1), alpha=2)
    tensor([[[6.]]])
    """
    return _plus(input, bmm, batch1, batch2, beta=beta, alpha=alpha)


@public(method=True, inplace=True, out=True)
def addbmm(input: Tensor, batch1: Any, batch2: Any, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
    """Sum with the products of a batch, added up: y = beta x + alpha sum_i a_i b_i.

    Parameters
    ----------
    input : Tensor
        x, of a shape that broadcasts to (n, p).
    batch1, batch2 : Tensor
        a and b, of shapes (b, n, m) and (b, m, p).
    beta : number, default 1
        What `input` is multiplied by; if 0, it is not read at all.
    alpha : number, default 1
        What the product is multiplied by.

    Returns
    -------
    Tensor
        Of shape (n, p).

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.addbmm(tg.zeros(1, 1), tg.ones(5, 1, 3), tg.ones(5, 3, 1))
    tensor([[15.]])
    """
    return _plus(input, _summed_bmm, batch1, batch2, beta=beta, alpha=alpha)


def _summed_bmm(batch1: Any, batch2: Any) -> Any:
    products = bmm(batch1, batch2)
    return ops.sum(products, axis=0).astype(products.dtype)


def _plus(x: Any, product: Any, a: Any, b: Any, beta: Any, alpha: Any) -> Any:
    """beta x + alpha product(a, b); of float16 it is computed in float32."""

    def total(x: Any, a: Any, b: Any) -> Any:
        y = product(a, b)
        y = y if alpha == 1 else y * alpha
        x = ops.broadcast_to(x, shape=y.shape)
        if beta == 0:  # not even a NaN is passed on
            x = ops.where(np.zeros((), bool), x, 0)
        return y + (x if beta in (0, 1) else x * beta)

    return in_float32(total, x, a, b)


@public(method=True, out=True)
def kron(input: Tensor, other: Any) -> Tensor:
    """Kronecker product: each element of a, multiplied by all of b.

    Parameters
    ----------
    input, other : Tensor
        a and b, of any shapes; the one of fewer dimensions gets leading ones.

    Returns
    -------
    Tensor
        Each size is the product of the two sizes.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.kron(tg.tensor([1.0, 2.0]), tg.tensor([1.0, 10.0]))
    tensor([ 1., 10.,  2., 20.])
    """
    ndim = max(input.ndim, other.ndim)
    a, b = ((1,) * (ndim - x.ndim) + x.shape for x in (input, other))
    wide = ops.reshape(input, shape=tuple(n for size in a for n in (size, 1)))
    fine = ops.reshape(other, shape=tuple(n for size in b for n in (1, size)))
    return ops.reshape(wide * fine, shape=tuple(n * m for n, m in zip(a, b, strict=True)))


@public(method=True, out=True)
def cross(input: Tensor, other: Any, dim: Any = None) -> Tensor:
    """Cross product: y = a x b;  dL/da = b x g,  dL/db = g x a.

    Parameters
    ----------
    input, other : Tensor
        a and b, of as many dimensions as each other, which broadcast.
    dim : int, optional
        The dimension of the vectors, of size 3: unless given, the first one of that size, with a
        warning.

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
    >>> tg.cross(tg.tensor([1.0, 0.0, 0.0]), tg.tensor([0.0, 1.0, 0.0]), dim=0)
    tensor([0., 0., 1.])
    """
    if dim is None:
        sizes = [d for d, n in enumerate(input.shape) if n == 3]
        if not sizes:
            raise RuntimeError(f"cross: no dimension of {tuple(input.shape)} has size 3")
        why = "torch.cross without dim is deprecated: it takes the first dimension of size 3"
        warnings.warn(f"{why}; see linalg.cross", UserWarning, stacklevel=caller_level())
        dim = sizes[0]
    return crossed("cross", input, other, dim)


def crossed(name: str, a: Any, b: Any, dim: Any) -> Any:
    """y_i = a_i+1 b_i+2 - a_i+2 b_i+1, in the dimension `dim`, counted modulo 3."""
    if a.ndim != b.ndim:
        given = f"{tuple(a.shape)} and {tuple(b.shape)}"
        raise RuntimeError(f"{name}: the inputs have as many dimensions as each other, not {given}")
    dim = check_dim(dim, a.ndim, name, a)
    if a.ndim == 0 or a.shape[dim] != 3 or b.shape[dim] != 3:
        given = f"{tuple(a.shape)} and {tuple(b.shape)}"
        raise RuntimeError(f"{name}: dimension {dim} has size 3, and not as in {given}")
    once, twice = ((slice(None),) * dim + ([k % 3, (k + 1) % 3, (k + 2) % 3],) for k in (1, 2))
    return in_float32(lambda a, b: a[once] * b[twice] - a[twice] * b[once], a, b)


@public(out=True)
def chain_matmul(*matrices: Tensor) -> Tensor:
    """Product of several matrices; deprecated, see `linalg.multi_dot`.

    Parameters
    ----------
    *matrices : Tensor
        Of shapes that can be multiplied one after the other.

    Returns
    -------
    Tensor
        The product.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.linalg.multi_dot([tg.ones(2, 3), tg.ones(3, 4), tg.ones(4, 1)]).shape  # instead
    torch.Size([2, 1])
    """
    why = "torch.chain_matmul is deprecated; use torch.linalg.multi_dot"
    warnings.warn(why, UserWarning, stacklevel=caller_level())
    if any(x.ndim != 2 for x in matrices):
        shapes = ", ".join(str(tuple(x.shape)) for x in matrices)
        raise RuntimeError(f"chain_matmul: it takes matrices, not {shapes}; see linalg.multi_dot")
    return product_of_many("chain_matmul", matrices)


def product_of_many(name: str, matrices: Any) -> Any:
    """The product, multiplied in the order that takes the fewest multiplications; the first may be
    a row, and the last a column."""
    xs = list(matrices)
    if not xs:
        raise RuntimeError(f"{name}: it takes matrices, and none is given")
    row, column = xs[0].ndim == 1 and len(xs) > 1, xs[-1].ndim == 1 and len(xs) > 1
    xs[0] = xs[0][None] if row else xs[0]
    xs[-1] = xs[-1][:, None] if column else xs[-1]
    if any(x.ndim != 2 for x in xs) or any(a.shape[1] != b.shape[0] for a, b in pairwise(xs)):
        shapes = " @ ".join(str(tuple(x.shape)) for x in matrices)
        raise RuntimeError(f"{name}: these are no matrices that can be multiplied: {shapes}")
    y = _cheapest(xs, [xs[0].shape[0], *[x.shape[1] for x in xs]])
    return y[0, 0] if row and column else y[0] if row else y[:, 0] if column else y


def _cheapest(xs: list[Any], sizes: list[int]) -> Any:
    """Matrix i has sizes[i] rows: dynamic programming over where the last product splits."""

    @cache
    def best(i: int, k: int) -> tuple[int, int]:
        splits = [
            (best(i, j)[0] + best(j, k)[0] + sizes[i] * sizes[j] * sizes[k], j)
            for j in range(i + 1, k)
        ]
        return min(splits, default=(0, i))

    def multiplied(i: int, k: int) -> Any:
        if k == i + 1:
            return xs[i]
        j = best(i, k)[1]
        return multiplied(i, j) @ multiplied(j, k)

    return multiplied(0, len(xs))


# ---------------------------------------------------------------- sums of products


@public()
def tensordot(a: Any, b: Any, dims: Any = 2, out: Any = None) -> Tensor:
    """Sum of products over pairs of dimensions.

    Parameters
    ----------
    a, b : Tensor
        Of any shapes.
    dims : int or pair of lists, default 2
        The last so many dimensions of a with the first of b; or the dimensions of a, and those of
        b.
    out : Tensor, optional
        The tensor that the result is written into, where no gradient is involved.

    Returns
    -------
    Tensor
        Of the dimensions of a, then of b, that are not summed over.

    Raises
    ------
    RuntimeError
        If the number is negative, or sizes differ.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.tensordot(tg.ones(2, 3), tg.ones(3, 4), dims=1).shape
    torch.Size([2, 4])
    """
    if isinstance(dims, int):
        if dims < 0:
            raise RuntimeError(f"tensordot: {dims} dimensions cannot be summed over")
        dims = range(-dims, 0), range(dims)
    rows, columns = list(ascii_uppercase[: a.ndim]), list(ascii_lowercase[: b.ndim])
    for i, k in zip(*dims, strict=True):
        columns[k] = rows[i]
    left = "".join(sorted({*rows} ^ {*columns}))  # A, B ... a, b ...
    y = ops.einsum(a, b, subscripts=f"{''.join(rows)},{''.join(columns)}->{left}")
    return written_to(out, y, "tensordot")


@public(method=True)
def trace(input: Tensor) -> Tensor:
    """Trace of a matrix: y = sum_i x_ii;  dL/dx = g on the diagonal.

    Parameters
    ----------
    input : Tensor
        Of shape (n, m).

    Returns
    -------
    Tensor
        Of shape ().

    Raises
    ------
    RuntimeError
        If it is no matrix.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.trace(tg.tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor(5.)
    """
    if input.ndim != 2:
        raise RuntimeError(f"trace: {tuple(input.shape)} is not a matrix")
    return ops.sum(ops.diagonal(input))


@public()
def einsum(equation: str, *operands: Any) -> Tensor:
    """Sum of products over the indices that are not in the result.

    More than two operands are multiplied pair by pair, in the order that `np.einsum_path` finds
    cheapest.

    Parameters
    ----------
    equation : str
        It names each operand's dimensions, as in "bij,bjk->bik". Without `->` the result has the
        indices named once, in alphabetical order; `...` stands for any leading dimensions; an index
        named twice in one operand is its diagonal.
    *operands : Tensor
        As many as the equation names, or one list of them.

    Returns
    -------
    Tensor
        Of the dimensions behind `->`.

    Raises
    ------
    ValueError
        If the shapes do not fit the equation.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.einsum("ij,jk->ik", tg.ones(2, 3), tg.ones(3, 4)).shape
    torch.Size([2, 4])
    """
    if not isinstance(equation, str):
        equation, operands = _from_sublists((equation, *operands))
    if len(operands) == 1 and isinstance(operands[0], list | tuple):
        operands = tuple(operands[0])
    return ops.einsum(*operands, subscripts=equation)


def _from_sublists(given: tuple[Any, ...]) -> tuple[str, tuple[Any, ...]]:
    """The equation and the operands of einsum(a, [0, 1], b, [1, 2], [0, 2])."""
    operands, lists = given[: len(given) // 2 * 2 : 2], given[1::2]
    terms = [_letters(indices) for indices in (*lists, *given[len(given) // 2 * 2 :])]
    result = f"->{terms.pop()}" if len(given) % 2 else ""
    return ",".join(terms) + result, operands


_LETTERS = ascii_lowercase + ascii_uppercase


def _letters(indices: Any) -> str:
    """An index below 26 is a small letter, one below 52 a capital; `...` stays."""
    if not isinstance(indices, list | tuple):
        raise TypeError(f"einsum: behind each tensor stands a list of its indices, not {indices!r}")
    return "".join(["..." if k is Ellipsis else _LETTERS[k] for k in indices])


# ---------------------------------------------------------------- determinants

_SlogDet = named("slogdet", "sign logabsdet")


@public(method=True, out=True)
def slogdet(input: Tensor) -> Any:
    """Sign and logarithm of the determinant, where that itself would overflow: y = (sign of det x,
    ln |det x|);  dL/dx = g x'^-1 for the g of the second.

    Parameters
    ----------
    input : Tensor
        Of shape (..., n, n).

    Returns
    -------
    tuple (sign, logabsdet)
        Two tensors of shape (...).

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.slogdet(tg.tensor([[0.0, 2.0], [3.0, 0.0]])).sign
    tensor(-1.)
    """
    return _SlogDet(*ops.slogdet(input))


@public(method=True)
def logdet(input: Tensor) -> Tensor:
    """Logarithm of the determinant: y = ln det x;  dL/dx = g x'^-1.

    Parameters
    ----------
    input : Tensor
        Of shape (..., n, n).

    Returns
    -------
    Tensor
        Of shape (...); NaN if the determinant is negative, -inf if it is 0.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.logdet(tg.tensor([[2.0, 0.0], [0.0, 5.0]]))
    tensor(2.3026)
    """
    sign, logabsdet = slogdet(input)
    return ops.where(sign < 0, float("nan"), logabsdet)


# ---------------------------------------------------------------- functions of a square matrix


@public("cholesky", "linalg.cholesky", method=True, out=True)
def cholesky(input: Tensor, upper: bool = False) -> Tensor:
    """Cholesky factor of a symmetric positive definite matrix: y = L with L L' = x, a lower
    triangle.

    Of an x that is not symmetric, the symmetric part (x + x') / 2 is taken, where PyTorch takes one
    triangle: so the gradient, which is symmetric in both, is the derivative of the result.

    Parameters
    ----------
    input : Tensor
        Of shape (..., n, n).
    upper : bool, default False
        Return L' in place of L?

    Returns
    -------
    Tensor
        Of the same shape.

    Raises
    ------
    LinAlgError
        If a matrix is not positive definite.

    References
    ----------
    Murray, "Differentiation of the Cholesky decomposition", 2016.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.cholesky(tg.tensor([[4.0, 2.0], [2.0, 10.0]]))
    tensor([[2., 0.],
            [1., 3.]])
    """
    return ops.cholesky(input).mT if upper else ops.cholesky(input)


@public("matrix_power", "linalg.matrix_power", method=True, out=True)
def matrix_power(input: Tensor, n: int) -> Tensor:
    """Power of a square matrix, by repeated squaring: y = x^n.

    Parameters
    ----------
    input : Tensor
        Of shape (..., k, k).
    n : int
        The exponent; it may be 0, or negative for powers of the inverse.

    Returns
    -------
    Tensor
        Of the same shape.

    Raises
    ------
    RuntimeError
        If a matrix is not square.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.matrix_power(tg.tensor([[1.0, 1.0], [0.0, 1.0]]), 3)
    tensor([[1., 3.],
            [0., 1.]])
    """
    if input.ndim < 2 or input.shape[-1] != input.shape[-2]:
        raise RuntimeError(
            f"matrix_power: {tuple(input.shape)} is not a square matrix, or some of them"
        )
    if n < 0:
        return matrix_power(ops.inv(input), -n)
    if n < 2:
        eye = np.zeros_like(input.array) + np.eye(input.shape[-1], dtype=input.dtype)
        return ops.copy(input) if n else graph.Tensor(eye)
    half = matrix_power(input, n // 2)
    return half @ half @ input if n % 2 else half @ half
