"""Products of matrices and vectors, in all of PyTorch's spellings, and what is made of them.

>>> import tinygrad_edu as tg
>>> a, b = tg.ones(2, 3), tg.ones(3, 4)
>>> einsum("ij,jk->ik", a, b).shape, tensordot(a, b, 1).shape, kron(a, b).shape
(torch.Size([2, 4]), torch.Size([2, 4]), torch.Size([6, 12]))
"""

from __future__ import annotations

from functools import partial
from string import ascii_lowercase, ascii_uppercase
from typing import Any

import numpy as np

from .. import ops
from ..engine import graph
from ..registry import public
from ..sums import in_float32
from .arguments import Tensor, named

# ---------------------------------------------------------------- products of two


@public(method=True, out=True)
def mm(input: Tensor, mat2: Any) -> Tensor:
    """The product of two matrices: (n, m) @ (m, p)."""
    return _product("mm", input, 2, mat2, 2)


@public(method=True, out=True)
def mv(input: Tensor, vec: Any) -> Tensor:
    """The product of a matrix and a vector: (n, m) @ (m,)."""
    return _product("mv", input, 2, vec, 1)


@public(method=True, out=True)
def bmm(input: Tensor, mat2: Any) -> Tensor:
    """The products of b pairs of matrices: (b, n, m) @ (b, m, p)."""
    return _product("bmm", input, 3, mat2, 3)


@public("dot", "vdot", method=True, out=True)
def dot(input: Tensor, tensor: Any) -> Tensor:
    """sum_i a_i b_i of two vectors."""
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
    """y_ij = a_i b_j of two vectors."""
    return ops.einsum(input, vec2, subscripts="i,j->ij")


ger = outer


@public(method=True, out=True)
def inner(input: Tensor, other: Any) -> Tensor:
    """y_ij = sum_k a_ik b_jk: over the last dimension of both; a number multiplies."""
    return input * other if 0 in (input.ndim, other.ndim) else tensordot(input, other, ([-1], [-1]))


@public(method=True, inplace=True, out=True)
def addmm(input: Tensor, mat1: Any, mat2: Any, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
    """beta x + alpha a b, of matrices."""
    return in_float32(partial(_addmm, beta=beta, alpha=alpha), input, mat1, mat2)


def _addmm(input: Any, mat1: Any, mat2: Any, beta: Any, alpha: Any) -> Any:
    product = mm(mat1, mat2) * alpha
    x = ops.broadcast_to(input, shape=product.shape) * beta
    return product + x if beta else product  # else not even a nan is passed on


@public(method=True, out=True)
def kron(input: Tensor, other: Any) -> Tensor:
    """The Kronecker product: each number of a, times the whole of b."""
    ndim = max(input.ndim, other.ndim)
    a, b = ((1,) * (ndim - x.ndim) + x.shape for x in (input, other))
    wide = ops.reshape(input, shape=tuple(n for size in a for n in (size, 1)))
    fine = ops.reshape(other, shape=tuple(n for size in b for n in (1, size)))
    return ops.reshape(wide * fine, shape=tuple(n * m for n, m in zip(a, b, strict=True)))


# ---------------------------------------------------------------- sums of products


@public()
def tensordot(a: Any, b: Any, dims: Any = 2) -> Tensor:
    """The sum over pairs of dimensions: the last `dims` of a with the first of b, or those that
    two lists name."""
    if isinstance(dims, int):
        if dims < 0:
            raise RuntimeError(f"tensordot: {dims} dimensions cannot be summed over")
        dims = range(-dims, 0), range(dims)
    rows, columns = list(ascii_uppercase[: a.ndim]), list(ascii_lowercase[: b.ndim])
    for i, k in zip(*dims, strict=True):
        columns[k] = rows[i]
    left = "".join(sorted({*rows} ^ {*columns}))  # A, B ... a, b ...
    return ops.einsum(a, b, subscripts=f"{''.join(rows)},{''.join(columns)}->{left}")


@public(method=True)
def trace(input: Tensor) -> Tensor:
    """The sum of a matrix's diagonal."""
    if input.ndim != 2:
        raise RuntimeError(f"trace: {tuple(input.shape)} is not a matrix")
    return ops.sum(ops.diagonal(input))


@public()
def einsum(equation: str, *operands: Any) -> Tensor:
    """The sum over the indices that are not in the result, of the product of the operands.

    The equation names each operand's dimensions, as in "bij,bjk->bik".  Without `->` the result has
    the indices named once, in alphabetical order; `...` stands for any leading dimensions; an index
    named twice in one operand is its diagonal.  More than two operands are multiplied pair by pair,
    in the order that `np.einsum_path` finds cheapest.
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


@public("slogdet", "linalg.slogdet", method=True, out=True)
def slogdet(input: Tensor) -> Any:
    """sign and log |det x|, where the determinant itself would overflow."""
    return _SlogDet(*ops.slogdet(input))


@public(method=True)
def logdet(input: Tensor) -> Tensor:
    """log det x: nan if the determinant is negative, -inf if it is 0."""
    sign, logabsdet = slogdet(input)
    return ops.where(sign < 0, float("nan"), logabsdet)


# ---------------------------------------------------------------- functions of a square matrix


@public("cholesky", "linalg.cholesky", method=True, out=True)
def cholesky(input: Tensor, upper: bool = False) -> Tensor:
    """The lower triangle L with L L' = x, for a symmetric and positive definite x; or U = L'.

    Of an x that is not symmetric, the symmetric part (x + x') / 2 is taken, where PyTorch takes one
    triangle: so the gradient, which is symmetric in both, is the derivative of the result.
    """
    return ops.cholesky(input).mT if upper else ops.cholesky(input)


@public("matrix_power", "linalg.matrix_power", method=True, out=True)
def matrix_power(input: Tensor, n: int) -> Tensor:
    """x^n by repeated squaring; n may be 0, or negative for powers of the inverse."""
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
