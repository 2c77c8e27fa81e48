"""Many numbers made few: sums, means, extremes, and what is normalised by a sum."""

from __future__ import annotations

import warnings
from math import inf
from typing import Any, cast

import numpy as np

from .. import ops
from ..engine import graph
from ..ops.reduction import count
from ..registry import public
from .arguments import Dim, Tensor, axis_of, check_floating, named, plain

# ---------------------------------------------------------------- sums, means, products


@public(method=True)
def sum(input: Tensor, dim: Dim = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """The sum over `dim` (an int, a tuple, or None for all): y = sum x.  Whole numbers and bools
    are summed in int64; with `dtype` the numbers are cast to it first, and so is the sum."""
    y = ops.sum(_as(input, dtype), axis=axis_of(input, dim, "sum"), keepdims=keepdim)
    return _as(y, dtype)


@public(method=True)
def mean(input: Tensor, dim: Dim = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """The mean over `dim` (an int, a tuple, or None for all): y = sum x / n, nan if n = 0."""
    x = _as(input, dtype)
    check_floating(x, "mean")
    return ops.mean(x, axis=axis_of(x, dim, "mean"), keepdims=keepdim)


def _as(x: Tensor, dtype: Any) -> Tensor:
    return x if dtype is None else x.to(dtype)


@public(method=True)
def nansum(input: Tensor, dim: Dim = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """The sum of the numbers that are not nan."""
    return sum(cast(Tensor, ops.where(ops.isnan(input), 0, input)), dim, keepdim, dtype=dtype)


@public(method=True)
def prod(input: Tensor, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """The product of all numbers, or along `dim`; its gradient is right where numbers are 0.

    >>> import tinygrad_edu as tg
    >>> x = tg.tensor([2.0, 0.0, 3.0], requires_grad=True)
    >>> prod(x).backward()
    >>> x.grad
    tensor([0., 6., 0.])
    """
    y = ops.prod_(_as(input, dtype), axis=axis_of(input, dim, "prod"), keepdims=keepdim)
    return _as(y, dtype)


# ---------------------------------------------------------------- spread and size


def _spread(op: Any, x: Any, dim: Any, unbiased: Any, keepdim: bool, correction: int) -> Any:
    """`op` (var or std) over `dim`.  Warns, as PyTorch, if it divides by 0."""
    name = op.op.name
    check_floating(x, name)
    if isinstance(dim, bool):  # x.var(False)
        dim, unbiased = None, dim
    ddof = correction if unbiased is None else int(unbiased)
    axis = axis_of(x, dim, name)
    y = op(x, axis=axis, ddof=ddof, keepdims=keepdim)
    if (n := count(x.shape, axis)) <= ddof:
        why = f"{name}: the degrees of freedom, {n} - {ddof}, are not above 0: see correction="
        warnings.warn(why, UserWarning, stacklevel=3)
    return y


@public(method=True)
def var(
    input: Tensor,
    dim: Any = None,
    unbiased: Any = None,
    keepdim: bool = False,
    *,
    correction: int = 1,
) -> Tensor:
    """The variance: y = sum (x - mean)^2 / (n - correction).

    `correction` is 1 (Bessel's) unless said otherwise, which `unbiased=False` makes 0.  Of too few
    numbers it is nan.  `np.var` and `np.std` of a tensor keep NumPy's 0.
    """
    return _spread(ops.var, input, dim, unbiased, keepdim, correction)


@public(method=True)
def std(
    input: Tensor,
    dim: Any = None,
    unbiased: Any = None,
    keepdim: bool = False,
    *,
    correction: int = 1,
) -> Tensor:
    """The standard deviation: y = sqrt(var x), see `var`.  Where it is 0, so is its gradient."""
    return _spread(ops.std, input, dim, unbiased, keepdim, correction)


@public(method=True)
def norm(
    input: Tensor, p: Any = "fro", dim: Dim = None, keepdim: bool = False, dtype: Any = None
) -> Tensor:
    """The p-norm of the numbers: y = (sum |x|^p)^(1/p).

    p = inf is the largest |x|, -inf the smallest, 0 counts what is not 0; "fro" is 2.
    At 0 the gradient is 0.
    """
    x: Any = _as(input, dtype)
    check_floating(x, "norm")
    axis, p = axis_of(x, dim, "norm"), 2 if p is None or p == "fro" else p
    if isinstance(p, str):
        raise ValueError(f"norm: p is a number or 'fro', not {p!r}; see linalg.matrix_norm")
    if p in (inf, -inf):
        return (amax if p > 0 else amin)(ops.absolute(x), axis, keepdim)
    if p == 0:
        return sum(x != 0, axis, keepdim).to(x.dtype)
    return ops.p_norm(x, p=p, axis=axis, keepdims=keepdim)


# ---------------------------------------------------------------- extremes

PAIRS = {name: named(name, "values indices") for name in ("max", "min", "median", "sort", "topk")}


def _not_empty(x: Any, axis: Any, name: str) -> None:
    """Raise unless there is something along the axis to choose from."""
    if plain(x).size == 0 and ops.count(x.shape, axis) == 0:
        kind = RuntimeError if axis is None and name[:3] != "arg" else IndexError
        raise kind(
            f"{name}: of shape {tuple(x.shape)}, dim={axis}, there are no numbers to choose from"
        )


def _chosen(op: graph.OpFunction, name: str, x: Tensor, dim: Any, keepdim: bool) -> Tensor:
    """`op` over the axis, if there is something along it."""
    axis = axis_of(x, dim, name)
    _not_empty(x, axis, name)
    return op(x, axis=axis, keepdims=keepdim)


@public(method=True)
def amax(input: Tensor, dim: Dim = None, keepdim: bool = False) -> Tensor:
    """The largest number over `dim`; where it ties, the gradient is shared equally."""
    return _chosen(ops.amax, "amax", input, dim, keepdim)


@public(method=True)
def amin(input: Tensor, dim: Dim = None, keepdim: bool = False) -> Tensor:
    """The smallest number over `dim`; where it ties, the gradient is shared equally."""
    return _chosen(ops.amin, "amin", input, dim, keepdim)


@public(method=True)
def argmax(input: Tensor, dim: Any = None, keepdim: bool = False) -> Tensor:
    """Where the largest number stands: its place along `dim`, or in the flattened tensor."""
    return _chosen(ops.argmax, "argmax", input, dim, keepdim)


@public(method=True)
def argmin(input: Tensor, dim: Any = None, keepdim: bool = False) -> Tensor:
    """Where the smallest number stands: its place along `dim`, or in the flattened tensor."""
    return _chosen(ops.argmin, "argmin", input, dim, keepdim)


@public(method=True)
def max(input: Tensor, dim: Any = None, keepdim: bool = False, *, out: Any = None) -> Any:
    """The largest number; with `dim`, the pair (values, indices); with another tensor, `maximum`.

    Without `dim` a tie shares the gradient; with it, the first of them gets it all.  Of two tensors
    the result may be written to `out`.
    """
    return _extreme("max", (ops.maximum, ops.amax, ops.argmax), input, dim, keepdim, out)


@public(method=True)
def min(input: Tensor, dim: Any = None, keepdim: bool = False, *, out: Any = None) -> Any:
    """The smallest number; with `dim`, the pair (values, indices); with another tensor, `minimum`.

    Without `dim` a tie shares the gradient; with it, the first of them gets it all.  Of two tensors
    the result may be written to `out`.
    """
    return _extreme("min", (ops.minimum, ops.amin, ops.argmin), input, dim, keepdim, out)


def _extreme(name: str, of: Any, x: Any, dim: Any, keepdim: bool, out: Any) -> Any:
    of_two, of_all, place = of
    if isinstance(dim, graph.TensorBase):
        return of_two(x, dim) if out is None else out.copy_(of_two(x, dim))
    if out is not None:
        raise TypeError(f"{name}: out= is for {name}(a, b, out=c) of two tensors")
    if dim is None:
        return _chosen(of_all, name, x, None, False)
    return _at(name, x, _chosen(place, name, x, dim, True), dim, keepdim)


def _at(name: str, x: Any, places: Any, axis: int, keepdim: bool = True) -> Any:
    """The pair (values, indices) of the places along an axis."""
    values = ops.take_along_axis(x, places, axis=axis) if x.ndim else x
    if not keepdim and x.ndim:
        left = x.shape[:axis] + x.shape[axis:][1:]
        values, places = ops.reshape(values, shape=left), ops.reshape(places, shape=left)
    return PAIRS[name](values, places)


@public(method=True)
def median(input: Tensor, dim: Any = None, keepdim: bool = False) -> Any:
    """The number in the middle, the lower one of two; with `dim`, the pair (values, indices).

    It is nan where some number is.  Without `dim` a tie shares the gradient.

    >>> import tinygrad_edu as tg
    >>> median(tg.tensor([4, 1, 3, 2]), 0)
    median(values=tensor(2), indices=tensor(3))
    """
    x = plain(input)
    if dim is None:
        if x.size == 0:
            return ops.mean(input)
        value = median(graph.Tensor(x.reshape(-1)), 0).values.array
        return ops.amax(input[np.isnan(x) if np.isnan(value) else x == value])
    axis = axis_of(input, dim, "median")
    _not_empty(input, axis, "median")
    if x.ndim == 0:
        return _at("median", input, graph.Tensor(np.zeros((), np.int64)), axis)
    missing = np.isnan(x).sum(axis, keepdims=True)  # nan ranks last
    n = x.shape[axis]
    rank = np.where(missing, n - missing, (n - 1) // 2)
    places = np.take_along_axis(np.argsort(x, axis=axis, kind="stable"), rank, axis)
    return _at("median", input, graph.Tensor(places), axis, keepdim)


# ---------------------------------------------------------------- running sums, extremes


def _along(op: graph.OpFunction, x: Tensor, dim: int, name: str) -> Tensor:
    axis = axis_of(x, dim, name)
    if x.ndim:
        return op(x, axis=axis)
    return ops.reshape(op(ops.reshape(x, shape=(1,)), axis=0), shape=())


@public(method=True, inplace=True)
def cumsum(input: Tensor, dim: int, *, dtype: Any = None) -> Tensor:
    """The running sum along `dim`: y_k = x_1 + ... + x_k."""
    return _as(_along(ops.cumsum, _as(input, dtype), dim, "cumsum"), dtype)


@public(method=True, inplace=True)
def cumprod(input: Tensor, dim: int, *, dtype: Any = None) -> Tensor:
    """The running product along `dim`: y_k = x_1 ... x_k; its gradient is right at zeros."""
    return _as(_along(ops.cumprod, _as(input, dtype), dim, "cumprod"), dtype)


@public(method=True)
def diff(
    input: Tensor, n: int = 1, dim: int = -1, prepend: Any = None, append: Any = None
) -> Tensor:
    """The differences of neighbours along `dim`, n times over: y_k = x_(k+1) - x_k."""
    if input.ndim == 0:
        raise RuntimeError("diff: one number has no neighbours; it takes a tensor with dimensions")
    axis = axis_of(input, dim, "diff") % input.ndim
    if n < 0:
        raise RuntimeError(f"diff: n is how many times differences are taken, not {n}")
    if n == 0:
        return ops.copy(input)
    joined = [x for x in (prepend, input, append) if x is not None]
    x = ops.concatenate(*joined, axis=axis) if joined[1:] else input
    differ = ops.not_equal if x.dtype == bool else ops.subtract
    front = (slice(None),) * axis
    for _ in range(n):
        x = differ(x[(*front, slice(1, None))], x[(*front, slice(-1))])
    return x


# ---------------------------------------------------------------- questions


@public(method=True)
def all(input: Tensor, dim: Dim = None, keepdim: bool = False) -> Tensor:
    """Are all numbers other than zero?"""
    return ops.all_(input, axis=axis_of(input, dim, "all"), keepdims=keepdim)


@public(method=True)
def any(input: Tensor, dim: Dim = None, keepdim: bool = False) -> Tensor:
    """Is some number other than zero?"""
    return ops.any_(input, axis=axis_of(input, dim, "any"), keepdims=keepdim)


@public(method=True)
def count_nonzero(input: Tensor, dim: Dim = None, *, keepdim: bool = False) -> Tensor:
    """How many numbers are other than zero?"""
    return sum(input != 0, dim, keepdim)


# ---------------------------------------------------------------- normalised by a sum


@public("softmax", "special.softmax", method=True)
def softmax(input: Tensor, dim: Any = None, dtype: Any = None) -> Tensor:
    """y_i = e^x_i / sum_j e^x_j along `dim`: positive numbers that sum to 1."""
    return ops.softmax(_as(input, dtype), axis=_required(input, dim, "softmax"))


@public("log_softmax", "special.log_softmax", method=True)
def log_softmax(input: Tensor, dim: Any = None, dtype: Any = None) -> Tensor:
    """y = x - log sum_j e^x_j along `dim`: the logarithm of softmax, without overflow."""
    return ops.log_softmax(_as(input, dtype), axis=_required(input, dim, "log_softmax"))


@public("logsumexp", "special.logsumexp", method=True)
def logsumexp(input: Tensor, dim: Dim = None, keepdim: bool = False) -> Tensor:
    """y = log sum_j e^x_j over `dim`, without overflow."""
    return ops.logsumexp(input, axis=axis_of(input, dim, "logsumexp"), keepdims=keepdim)


def _required(x: Any, dim: Any, name: str) -> Any:
    if dim is None:
        raise TypeError(f"{name}: give the dimension in which it sums to 1, as {name}(x, dim=-1)")
    return axis_of(x, dim, name)
