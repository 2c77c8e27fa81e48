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
from typing import Any

import numpy as np

from .. import ops
from ..engine import graph
from ..engine.clock import caller_level
from ..ops.linalg import LETTERS
from ..registry import public
from ..sums import in_float32
from .arguments import Tensor, check_dim, check_tensor, named, plain
from .out import written_to

# ---------------------------------------------------------------- checks


def check_matrix(A: Any, name: str) -> None:
    """Raise RuntimeError unless A has at least two dimensions."""
    check_tensor(A, name)
    if A.ndim < 2:
        raise RuntimeError(
            f"{name}: a matrix has two dimensions or more, and the shape is {tuple(A.shape)}"
        )


def check_square(A: Any, name: str) -> None:
    """Raise RuntimeError unless the last two sizes of A are equal."""
    check_matrix(A, name)
    if A.shape[-1] != A.shape[-2]:
        raise RuntimeError(f"{name}: it takes square matrices, and the shape is {tuple(A.shape)}")


def identity(A: Any) -> Any:
    """Identity matrices of the shape and dtype of A's."""
    return graph.Tensor(np.zeros_like(plain(A)) + np.eye(A.shape[-1], dtype=A.dtype))


# ---------------------------------------------------------------- products of two


@public(method=True, out=True)
def mm(input: Tensor, mat2: Any) -> Tensor:
    """Product of two matrices: y = a b;  dL/da = g b^T,  dL/db = a^T g.

    Parameters
    ----------
    input : Tensor, shape (n, m)
        The left factor a.
    mat2 : Tensor, shape (m, p)
        The right factor b.

    Returns
    -------
    Tensor, shape (n, p)

    Raises
    ------
    RuntimeError
        If an input is not a matrix: `matmul` takes other shapes too.
    ValueError
        If the inner sizes differ.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.mm(tg.tensor([[1.0, 2.0]]), tg.tensor([[3.0], [4.0]]))
    tensor([[11.]])
    """
    return _product("mm", input, 2, mat2, 2)


@public(method=True, out=True)
def mv(input: Tensor, vec: Any) -> Tensor:
    """Product of a matrix and a vector: y = a v;  dL/da = g v^T,  dL/dv = a^T g.

    Parameters
    ----------
    input : Tensor, shape (n, m)
        The matrix a.
    vec : Tensor, shape (m,)
        The vector v.

    Returns
    -------
    Tensor, shape (n,)

    Raises
    ------
    RuntimeError
        If the inputs are not a matrix and a vector: `matmul` takes other shapes too.
    ValueError
        If the inner sizes differ.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.mv(tg.tensor([[1.0, 2.0], [3.0, 4.0]]), tg.tensor([1.0, 1.0]))
    tensor([3., 7.])
    """
    return _product("mv", input, 2, vec, 1)


@public(method=True, out=True)
def bmm(input: Tensor, mat2: Any) -> Tensor:
    """Matrix products of a batch: y_i = a_i b_i;  dL/da_i = g_i b_i^T,  dL/db_i = a_i^T g_i.

    Parameters
    ----------
    input : Tensor, shape (b, n, m)
        The left factors a.
    mat2 : Tensor, shape (b, m, p)
        The right factors b.

    Returns
    -------
    Tensor, shape (b, n, p)

    Raises
    ------
    RuntimeError
        If the inputs are not two batches of one size: `matmul` takes other shapes too.
    ValueError
        If the inner sizes differ.

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
    input : Tensor, shape (n,)
        The vector a.
    other : Tensor, shape (n,)
        The vector b.

    Returns
    -------
    Tensor, shape ()

    Raises
    ------
    RuntimeError
        If an input is not a vector.
    ValueError
        If the sizes differ.

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
    input : Tensor, shape (n,)
        The vector a.
    tensor : Tensor, shape (n,)
        The vector b.

    Returns
    -------
    Tensor, shape ()

    Raises
    ------
    RuntimeError
        If an input is not a vector.
    ValueError
        If the sizes differ.

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
    """Outer product of two vectors: y_ij = a_i b_j;  dL/da = g b,  dL/db = g^T a.

    Parameters
    ----------
    input : Tensor, shape (n,)
        The vector a.
    vec2 : Tensor, shape (m,)
        The vector b.

    Returns
    -------
    Tensor, shape (n, m)

    Raises
    ------
    RuntimeError
        If an input is not a vector.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.outer(tg.tensor([1.0, 2.0]), tg.tensor([3.0, 4.0]))
    tensor([[3., 4.],
            [6., 8.]])
    """
    if (input.ndim, vec2.ndim) != (1, 1):
        raise RuntimeError(f"outer: it takes two vectors, not {_shapes(input, vec2)}")
    return ops.einsum(input, vec2, subscripts="i,j->ij")


def _shapes(*xs: Any) -> str:
    return " and ".join(str(tuple(x.shape)) for x in xs)


@public(method=True, out=True)
def inner(input: Tensor, other: Any) -> Tensor:
    """Inner product over the last dimension of both: y_ij = sum_k a_ik b_jk.

    Parameters
    ----------
    input : Tensor, shape (*n, k)
        The left factor a; without dimensions, it multiplies all of b.
    other : Tensor, shape (*m, k)
        The right factor b; without dimensions, it multiplies all of a.

    Returns
    -------
    Tensor, shape (*n, *m)

    Raises
    ------
    RuntimeError
        If the last sizes differ.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.inner(tg.tensor([[1.0, 2.0], [3.0, 4.0]]), tg.tensor([1.0, 1.0]))
    tensor([3., 7.])
    """
    if 0 in (input.ndim, other.ndim):
        return input * other
    if input.shape[-1] != other.shape[-1]:
        raise RuntimeError(f"inner: the last sizes of {_shapes(input, other)} differ")
    return tensordot(input, other, ([-1], [-1]))


@public(method=True, inplace=True, out=True)
def addmm(input: Tensor, mat1: Any, mat2: Any, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
    """Sum of a matrix and a matrix product: y = beta x + alpha a b;  dL/dx = beta g,
    dL/da = alpha g b^T,  dL/db = alpha a^T g.

    Parameters
    ----------
    input : Tensor
        The summand x, of a shape that broadcasts to (n, p).
    mat1 : Tensor, shape (n, m)
        The left factor a.
    mat2 : Tensor, shape (m, p)
        The right factor b.
    beta : number, default 1
        The factor of `input`; if it is 0, the input is not read, and its NaN is not passed on.
    alpha : number, default 1
        The factor of the product.

    Returns
    -------
    Tensor, shape (n, p)

    Raises
    ------
    RuntimeError
        If an input has the wrong number of dimensions, or x does not broadcast to the product.
    ValueError
        If the inner sizes differ.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.addmm(tg.tensor([1.0]), tg.tensor([[1.0, 2.0]]), tg.tensor([[3.0], [4.0]]), beta=10)
    tensor([[21.]])
    """
    return _plus("addmm", input, mm, mat1, mat2, beta, alpha)


@public(method=True, inplace=True, out=True)
def addmv(input: Tensor, mat: Any, vec: Any, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
    """Sum of a vector and the product of a matrix and a vector: y = beta x + alpha a v;
    dL/dx = beta g,  dL/da = alpha g v^T,  dL/dv = alpha a^T g.

    Parameters
    ----------
    input : Tensor
        The summand x, of a shape that broadcasts to (n,).
    mat : Tensor, shape (n, m)
        The matrix a.
    vec : Tensor, shape (m,)
        The vector v.
    beta : number, default 1
        The factor of `input`; if it is 0, the input is not read, and its NaN is not passed on.
    alpha : number, default 1
        The factor of the product.

    Returns
    -------
    Tensor, shape (n,)

    Raises
    ------
    RuntimeError
        If an input has the wrong number of dimensions, or x does not broadcast to the product.
    ValueError
        If the inner sizes differ.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.addmv(tg.tensor([1.0, 2.0]), tg.tensor([[1.0, 2.0], [3.0, 4.0]]), tg.tensor([1.0, 1.0]))
    tensor([4., 9.])
    """
    return _plus("addmv", input, mv, mat, vec, beta, alpha)


@public(method=True, inplace=True, out=True)
def addr(input: Tensor, vec1: Any, vec2: Any, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
    """Sum of a matrix and an outer product: y = beta x + alpha u v^T;  dL/dx = beta g,
    dL/du = alpha g v,  dL/dv = alpha g^T u.

    Parameters
    ----------
    input : Tensor
        The summand x, of a shape that broadcasts to (n, m).
    vec1 : Tensor, shape (n,)
        The vector u.
    vec2 : Tensor, shape (m,)
        The vector v.
    beta : number, default 1
        The factor of `input`; if it is 0, the input is not read, and its NaN is not passed on.
    alpha : number, default 1
        The factor of the product.

    Returns
    -------
    Tensor, shape (n, m)

    Raises
    ------
    RuntimeError
        If an input has the wrong number of dimensions, or x does not broadcast to the product.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.addr(tg.zeros(2, 2), tg.tensor([1.0, 2.0]), tg.tensor([3.0, 4.0]))
    tensor([[3., 4.],
            [6., 8.]])
    """
    return _plus("addr", input, outer, vec1, vec2, beta, alpha)


@public(method=True, inplace=True, out=True)
def baddbmm(input: Tensor, batch1: Any, batch2: Any, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
    """Sums of matrices and matrix products, for a batch: y_i = beta x_i + alpha a_i b_i.

    Parameters
    ----------
    input : Tensor
        The summands x, of a shape that broadcasts to (b, n, p).
    batch1 : Tensor, shape (b, n, m)
        The left factors a.
    batch2 : Tensor, shape (b, m, p)
        The right factors b.
    beta : number, default 1
        The factor of `input`; if it is 0, the input is not read, and its NaN is not passed on.
    alpha : number, default 1
        The factor of the product.

    Returns
    -------
    Tensor, shape (b, n, p)

    Raises
    ------
    RuntimeError
        If an input has the wrong number of dimensions, or x does not broadcast to the product.
    ValueError
        If the inner sizes differ.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.baddbmm(tg.zeros(1, 1, 1), tg.ones(1, 1, 3), tg.ones(1, 3, 1), alpha=2)
    tensor([[[6.]]])
    """
    return _plus("baddbmm", input, bmm, batch1, batch2, beta, alpha)


@public(method=True, inplace=True, out=True)
def addbmm(input: Tensor, batch1: Any, batch2: Any, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
    """Sum of a matrix and of all matrix products of a batch: y = beta x + alpha sum_i a_i b_i.

    Parameters
    ----------
    input : Tensor
        The summand x, of a shape that broadcasts to (n, p).
    batch1 : Tensor, shape (b, n, m)
        The left factors a.
    batch2 : Tensor, shape (b, m, p)
        The right factors b.
    beta : number, default 1
        The factor of `input`; if it is 0, the input is not read, and its NaN is not passed on.
    alpha : number, default 1
        The factor of the product.

    Returns
    -------
    Tensor, shape (n, p)

    Raises
    ------
    RuntimeError
        If an input has the wrong number of dimensions, or x does not broadcast to the product.
    ValueError
        If the inner sizes differ.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.addbmm(tg.zeros(1, 1), tg.ones(5, 1, 3), tg.ones(5, 3, 1))
    tensor([[15.]])
    """
    return _plus("addbmm", input, _summed_bmm, batch1, batch2, beta, alpha)


def _summed_bmm(batch1: Any, batch2: Any) -> Any:
    products = bmm(batch1, batch2)
    return ops.sum(products, axis=0).astype(products.dtype)


def _plus(name: str, x: Any, product: Any, a: Any, b: Any, beta: Any, alpha: Any) -> Any:
    """beta x + alpha product(a, b); for float16 it is computed in float32."""

    def total(x: Any, a: Any, b: Any) -> Any:
        y = product(a, b)
        y = y if alpha == 1 else y * alpha
        if not _broadcasts(x.shape, y.shape):
            raise RuntimeError(f"{name}: the input and the product do not fit: {_shapes(x, y)}")
        x = ops.broadcast_to(x, shape=y.shape)
        if beta == 0:  # not even a NaN is passed on
            x = ops.where(np.zeros((), bool), x, 0)
        return y + (x if beta in (0, 1) else x * beta)

    return in_float32(total, x, a, b)


def _broadcasts(shape: Any, to: Any) -> bool:
    last = to[len(to) - len(shape) :]
    return len(shape) <= len(to) and all(n in (1, m) for n, m in zip(shape, last, strict=True))


@public(method=True, out=True)
def kron(input: Tensor, other: Any) -> Tensor:
    """Kronecker product: the block (i, j) of the result is a_ij b.

    Parameters
    ----------
    input : Tensor
        The left factor a, of any shape.
    other : Tensor
        The right factor b, of any shape.  The one of fewer dimensions gets leading dimensions of
        size 1.

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


@public()
def bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Bilinear map of the last dimensions: y_o = x1^T W_o x2 + b_o.

    Parameters
    ----------
    input1 : Tensor, shape (..., in1)
    input2 : Tensor, shape (..., in2)
        Its leading dimensions are those of `input1`.
    weight : Tensor, shape (out, in1, in2)
    bias : Tensor, shape (out,), or None, default None

    Returns
    -------
    Tensor, shape (..., out)

    Raises
    ------
    RuntimeError
        If the shapes do not fit together.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.bilinear(tg.ones(5, 2), tg.ones(5, 3), tg.ones(4, 2, 3)).shape
    torch.Size([5, 4])
    """
    fits = weight.ndim == 3 and weight.shape[1:] == input1.shape[-1:] + input2.shape[-1:]
    if not fits or input1.shape[:-1] != input2.shape[:-1]:
        raise RuntimeError(
            "bilinear: the inputs are (..., in1) and (..., in2), the weight (out, in1, in2), not "
            f"{tuple(input1.shape)}, {tuple(input2.shape)} and {tuple(weight.shape)}"
        )
    y = einsum("...i,oij,...j->...o", input1, weight, input2)
    return y if bias is None else y + bias


@public(method=True, out=True)
def cross(input: Tensor, other: Any, dim: Any = None) -> Tensor:
    """Cross product of vectors with three elements: y = a x b;  dL/da = b x g,  dL/db = g x a.

    Parameters
    ----------
    input : Tensor
        The left factors a, of size 3 in `dim`.
    other : Tensor
        The right factors b, with as many dimensions as a; the other sizes broadcast.
    dim : int, optional
        The dimension of the vectors.  Without it, the first one of size 3 is taken, with a warning
        that this is deprecated.

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
        raise RuntimeError(f"{name}: the numbers of dimensions differ: {_shapes(a, b)}")
    dim = check_dim(dim, a.ndim, name, a)
    if a.ndim == 0 or a.shape[dim] != 3 or b.shape[dim] != 3:
        raise RuntimeError(f"{name}: the size of dimension {dim} must be 3: {_shapes(a, b)}")
    once, twice = ((slice(None),) * dim + ([k % 3, (k + 1) % 3, (k + 2) % 3],) for k in (1, 2))
    return in_float32(lambda a, b: a[once] * b[twice] - a[twice] * b[once], a, b)


@public(out=True)
def chain_matmul(*matrices: Tensor) -> Tensor:
    """Product of several matrices; deprecated, see `linalg.multi_dot`.

    Parameters
    ----------
    *matrices : Tensor
        Matrices that can be multiplied one after the other: (n_0, n_1), (n_1, n_2), ...

    Returns
    -------
    Tensor, shape (n_0, n_last)

    Raises
    ------
    RuntimeError
        If an input is not a matrix, or two neighbors cannot be multiplied.

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
        raise RuntimeError(f"{name}: it takes one matrix or more, and none is given")
    row, column = xs[0].ndim == 1 and len(xs) > 1, xs[-1].ndim == 1 and len(xs) > 1
    xs[0] = xs[0][None] if row else xs[0]
    xs[-1] = xs[-1][:, None] if column else xs[-1]
    if any(x.ndim != 2 for x in xs) or any(a.shape[1] != b.shape[0] for a, b in pairwise(xs)):
        shapes = " @ ".join(str(tuple(x.shape)) for x in matrices)
        raise RuntimeError(f"{name}: these shapes cannot be multiplied: {shapes}")
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


def powers_of(x: Any, count: int) -> Any:
    """A Vandermonde matrix: x^0, x^1 ... in a last dimension of size `count`."""
    x = x if x.dtype.kind == "f" else x.long()
    return ops.power(x[..., None], graph.Tensor(np.arange(count)))


@public()
def vander(x: Tensor, N: int | None = None, increasing: bool = False) -> Tensor:
    """Vandermonde matrix of a vector: y_ij = x_i^(N - 1 - j).

    Parameters
    ----------
    x : Tensor, shape (n,)
    N : int, optional
        The number of columns; n unless given.
    increasing : bool, default False
        If True, the powers rise: y_ij = x_i^j.

    Returns
    -------
    Tensor, shape (n, N)

    Raises
    ------
    RuntimeError
        If x is not a vector, or N is negative.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.vander(tg.tensor([1, 2, 3]))
    tensor([[1, 1, 1],
            [4, 2, 1],
            [9, 3, 1]])
    """
    count = N if N is not None else x.numel()
    if x.ndim != 1 or count < 0:
        raise RuntimeError(f"vander: x is a vector and N 0 or more, not {tuple(x.shape)} and {N}")
    y = powers_of(x, count)
    return y if increasing else ops.flip(y, axis=-1)


# ---------------------------------------------------------------- sums of products


@public()
def tensordot(a: Any, b: Any, dims: Any = 2, out: Any = None) -> Tensor:
    """Tensor contraction: the sum of products over pairs of dimensions of a and b.

    Parameters
    ----------
    a : Tensor
        The left factor, of any shape.
    b : Tensor
        The right factor, of any shape.
    dims : int or pair of lists of ints, default 2
        The dimensions that are summed over: the last `dims` ones of a with the first ones of b; or
        a list of dimensions of a, and the list of their partners in b.
    out : Tensor, optional
        The tensor that the result is written into.  No gradient may be involved.

    Returns
    -------
    Tensor
        The dimensions of a that are left, then those of b.

    Raises
    ------
    RuntimeError
        If `dims` is negative or too large, the lists differ in length, or the sizes of a pair
        differ.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.tensordot(tg.ones(2, 3), tg.ones(3, 4), dims=1).shape
    torch.Size([2, 4])
    """
    first, second = _contracted(a, b, plain(dims))
    rows, columns = list(LETTERS[26:][: a.ndim]), list(LETTERS[: b.ndim])
    for i, k in zip(first, second, strict=True):
        columns[k] = rows[i]
    left = "".join(sorted({*rows} ^ {*columns}))  # A, B ... a, b ...
    y = ops.einsum(a, b, subscripts=f"{''.join(rows)},{''.join(columns)}->{left}")
    return written_to(out, y, "tensordot")


def _contracted(a: Any, b: Any, dims: Any) -> tuple[list[int], list[int]]:
    """The dimensions of a and of b that `tensordot` sums over."""
    dims = dims.tolist() if isinstance(dims, np.ndarray) else dims
    if isinstance(dims, int):
        if not 0 <= dims <= min(a.ndim, b.ndim):
            raise RuntimeError(f"tensordot: {_shapes(a, b)} have no {dims} dimensions to sum over")
        dims = range(a.ndim - dims, a.ndim), range(dims)
    first, second = ([d] if isinstance(d, int) else list(d) for d in dims)
    first = [check_dim(d, a.ndim, "tensordot", a) for d in first]
    second = [check_dim(d, b.ndim, "tensordot", b) for d in second]
    if not len(first) == len(set(first)) == len(second) == len(set(second)):
        raise RuntimeError(f"tensordot: dims= does not name pairs: {first} and {second}")
    for i, k in zip(first, second, strict=True):
        if a.shape[i] != b.shape[k] and 1 not in (a.shape[i], b.shape[k]):
            where = f"dimension {i} of {tuple(a.shape)} and {k} of {tuple(b.shape)}"
            raise RuntimeError(f"tensordot: the sizes of a pair differ: {where}")
    return first, second


@public(method=True)
def trace(input: Tensor) -> Tensor:
    """Trace of a matrix: y = sum_i x_ii;  dL/dx_ij = g where i = j, else 0.

    Parameters
    ----------
    input : Tensor, shape (n, m)

    Returns
    -------
    Tensor, shape ()

    Raises
    ------
    RuntimeError
        If the input is not a matrix.

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
    """Einstein summation: the sum of products over all indices that the result does not name.

    More than two operands are multiplied pair by pair, in the order that `np.einsum_path` finds
    cheapest.

    Parameters
    ----------
    equation : str
        A letter for each dimension of each operand, and for each dimension of the result, as in
        "bij,bjk->bik".  Without `->` the result has the indices that are named once, in
        alphabetical order; `...` stands for any number of dimensions; an index that is named twice
        in one operand takes its diagonal.
    *operands : Tensor
        As many as the equation names, or one list of them.

    Returns
    -------
    Tensor
        Its dimensions are the letters behind `->`.

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


def _letters(indices: Any) -> str:
    """An index below 26 is a small letter, one below 52 a capital; `...` stays."""
    if not isinstance(indices, list | tuple):
        raise TypeError(f"einsum: behind each tensor stands a list of its indices, not {indices!r}")
    return "".join(["..." if k is Ellipsis else LETTERS[k] for k in indices])


# ---------------------------------------------------------------- determinants

_SlogDet = named("slogdet", "sign logabsdet")


@public(method=True, out=True)
def slogdet(input: Tensor) -> Any:
    """Sign and logarithm of the determinant: y = (sign(det x), ln |det x|);  dL/dx = g x^-T, where
    g is that of the logarithm.

    The logarithm is finite where the determinant itself would overflow.

    Parameters
    ----------
    input : Tensor, shape (..., n, n)

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
    >>> tg.slogdet(tg.tensor([[0.0, 2.0], [3.0, 0.0]])).sign
    tensor(-1.)
    """
    return _SlogDet(*ops.slogdet(input))


@public(method=True)
def logdet(input: Tensor) -> Tensor:
    """Logarithm of the determinant: y = ln det x;  dL/dx = g x^-T.

    Parameters
    ----------
    input : Tensor, shape (..., n, n)

    Returns
    -------
    Tensor, shape (...)
        NaN if the determinant is negative, -inf if it is 0.

    Raises
    ------
    LinAlgError
        If a matrix is not square.

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
    """Cholesky factor of a symmetric positive definite matrix: the lower triangle L with L L^T = x.

    Of a matrix that is not symmetric, the symmetric part (x + x^T) / 2 is taken, where PyTorch
    takes one triangle: so the gradient, which is symmetric in both, is the derivative of the
    result.

    Parameters
    ----------
    input : Tensor, shape (..., n, n)
    upper : bool, default False
        If True, the upper triangle L^T is returned.

    Returns
    -------
    Tensor, shape (..., n, n)

    Raises
    ------
    RuntimeError
        If a matrix is not square.
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
    check_square(input, "cholesky")
    return ops.cholesky(input).mT if upper else ops.cholesky(input)


@public("matrix_power", "linalg.matrix_power", method=True, out=True)
def matrix_power(input: Tensor, n: int) -> Tensor:
    """Power of a square matrix: y = x^n, by repeated squaring.

    Parameters
    ----------
    input : Tensor, shape (..., k, k)
    n : int
        The exponent; if it is negative, the power is that of the inverse.

    Returns
    -------
    Tensor, shape (..., k, k)

    Raises
    ------
    RuntimeError
        If a matrix is not square.
    TypeError
        If n is not an int.
    LinAlgError
        If n is negative, and a matrix is singular.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.matrix_power(tg.tensor([[1.0, 1.0], [0.0, 1.0]]), 3)
    tensor([[1., 3.],
            [0., 1.]])
    """
    check_square(input, "matrix_power")
    if not hasattr(n, "__index__"):
        raise TypeError(f"matrix_power: the exponent is an int, not {n!r}")
    if n < 0:
        return matrix_power(ops.inv(input), -n)
    if n < 2:
        return ops.copy(input) if n else identity(input)
    half = matrix_power(input, n // 2)
    return half @ half @ input if n % 2 else half @ half
