"""Reductions: sums, means, extremes, and what is normalised by a sum."""

from __future__ import annotations

import warnings
from math import inf, nan
from typing import Any, cast

import numpy as np

from .. import ops
from ..dtypes import promote_types
from ..engine import graph
from ..engine.clock import caller_level
from ..ops.reduction import count
from ..registry import public
from .arguments import Dim, Tensor, axis_of, check_floating, named, plain, two_dims
from .out import written_to

# ---------------------------------------------------------------- sums, means, products


@public(method=True, out=True)
def sum(input: Tensor, dim: Dim = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """Sum of the elements over `dim`: y = sum x.

    Parameters
    ----------
    input : Tensor
        The elements, of any shape and dtype.
    dim : int, tuple of ints or None
        The dimensions to sum over; all of them by default.
    keepdim : bool
        Keep the reduced dimensions, with size 1?
    dtype : dtype, optional
        The input is cast to it first, and so is the sum.  By default, that of the input; integers
        and bools are summed in int64.

    Returns
    -------
    Tensor
        The shape of the input without `dim` (or with size 1 there).  The sum of no elements is 0.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.sum(tg.tensor([[1.0, 2.0], [3.0, 4.0]]), 0)
    tensor([4., 6.])
    """
    y = ops.sum(_as(input, dtype), axis=axis_of(input, dim, "sum"), keepdims=keepdim)
    return _as(y, dtype)


@public(method=True, out=True)
def mean(input: Tensor, dim: Dim = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """Mean of the elements over `dim`: y = sum x / n.

    Parameters
    ----------
    input : Tensor
        Floats, of any shape; with `dtype`, other dtypes too.
    dim : int, tuple of ints or None
        The dimensions to reduce; all of them by default.
    keepdim : bool
        Keep the reduced dimensions, with size 1?
    dtype : dtype, optional
        The input is cast to it first.

    Returns
    -------
    Tensor
        The shape of the input without `dim` (or with size 1 there).  The mean of no elements is
        NaN.

    Raises
    ------
    RuntimeError
        If the dtype is not floating.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.mean(tg.tensor([[1.0, 2.0], [3.0, 4.0]]), dim=1)
    tensor([1.5000, 3.5000])
    """
    x = _as(input, dtype)
    check_floating(x, "mean")
    return ops.mean(x, axis=axis_of(x, dim, "mean"), keepdims=keepdim)


def _as(x: Tensor, dtype: Any) -> Tensor:
    return x if dtype is None else x.to(dtype)


@public(method=True, out=True)
def nansum(input: Tensor, dim: Dim = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """Sum of the elements over `dim`, where NaN counts as 0.

    Parameters
    ----------
    input : Tensor
        The elements, of any shape and dtype.
    dim : int, tuple of ints or None
        The dimensions to sum over; all of them by default.
    keepdim : bool
        Keep the reduced dimensions, with size 1?
    dtype : dtype, optional
        The input is cast to it first, and so is the sum.

    Returns
    -------
    Tensor
        The shape of the input without `dim` (or with size 1 there).

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.nansum(tg.tensor([1.0, float("nan"), 2.0]))
    tensor(3.)
    """
    return sum(cast(Tensor, ops.where(ops.isnan(input), 0, input)), dim, keepdim, dtype=dtype)


@public(method=True, out=True)
def nanmean(input: Tensor, dim: Dim = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """Mean over `dim` of the elements that are not NaN.

    Parameters
    ----------
    input : Tensor
        Floats, of any shape.
    dim : int, tuple of ints or None
        The dimensions to reduce; all of them by default.
    keepdim : bool
        Keep the reduced dimensions, with size 1?
    dtype : dtype, optional
        The input is cast to it first.

    Returns
    -------
    Tensor
        The shape of the input without `dim` (or with size 1 there); NaN where all elements are.

    Raises
    ------
    RuntimeError
        If the dtype is not floating.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.nanmean(tg.tensor([[1.0, float("nan")], [2.0, 4.0]]), dim=1)
    tensor([1., 3.])
    """
    check_floating(input, "nanmean")
    x: Any = _as(input, dtype)
    there = sum(~ops.isnan(input), dim, keepdim).to(x.dtype)
    return ops.divide(nansum(x, dim, keepdim), ops.where(there > 0, there, nan))


@public(method=True, out=True)
def prod(input: Tensor, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """Product of the elements, of all of them or along `dim`; its gradient is right at zeros.

    Parameters
    ----------
    input : Tensor
        The elements, of any shape and dtype.
    dim : int or None
        The dimension to reduce; all of them by default.
    keepdim : bool
        Keep the reduced dimension, with size 1?
    dtype : dtype, optional
        The input is cast to it first, and so is the product.  By default, that of the input;
        integers and bools are multiplied in int64.

    Returns
    -------
    Tensor
        The shape of the input without `dim` (or with size 1 there).  The product of no elements
        is 1.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> x = tg.tensor([2.0, 0.0, 3.0], requires_grad=True)
    >>> tg.prod(x).backward()
    >>> x.grad
    tensor([0., 6., 0.])
    """
    y = ops.prod_(_as(input, dtype), axis=axis_of(input, dim, "prod"), keepdims=keepdim)
    return _as(y, dtype)


# ---------------------------------------------------------------- variance and norm


def _spread(op: Any, x: Any, dim: Any, unbiased: Any, keepdim: bool, correction: Any) -> Any:
    """`op` (var or std) over `dim`.  Warns, as PyTorch, if it divides by 0."""
    name = op.op.name
    check_floating(x, name)
    if isinstance(dim, bool):  # x.var(False)
        dim, unbiased = None, dim
    if unbiased is not None and correction is not None:
        raise TypeError(
            f"{name}: unbiased={unbiased} is correction={int(unbiased)}: give one of them, not "
            f"correction={correction} too"
        )
    ddof = 1 if correction is None else correction
    ddof = ddof if unbiased is None else int(unbiased)
    axis = axis_of(x, dim, name)
    y = op(x, axis=axis, ddof=ddof, keepdims=keepdim)
    if (n := count(x.shape, axis)) <= ddof:
        why = f"{name}: the degrees of freedom, {n} - {ddof}, are not above 0: see correction="
        warnings.warn(why, UserWarning, stacklevel=caller_level())
    return y


@public(method=True, out=True)
def var(
    input: Tensor,
    dim: Any = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> Tensor:
    """Variance over `dim`: y = sum (x - mean)^2 / (n - correction).

    Parameters
    ----------
    input : Tensor
        Floats, of any shape.
    dim : int, tuple of ints or None
        The dimensions to reduce; all of them by default.
    unbiased : bool, optional
        True is correction=1, False is correction=0.
    keepdim : bool
        Keep the reduced dimensions, with size 1?
    correction : float, optional
        What is subtracted from n: 1 (Bessel's correction) by default.

    Returns
    -------
    Tensor
        The shape of the input without `dim` (or with size 1 there).  NaN or inf, with a warning,
        where n is at most the correction.

    Raises
    ------
    RuntimeError
        If the dtype is not floating.

    Notes
    -----
    `np.var` of a tensor keeps NumPy's default, ddof=0.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> x = tg.tensor([[1.0, 3.0], [2.0, 6.0]])
    >>> tg.var(x, dim=1)
    tensor([2., 8.])
    >>> tg.var(x, dim=1, correction=0)
    tensor([1., 4.])
    """
    return _spread(ops.var, input, dim, unbiased, keepdim, correction)


@public(method=True, out=True)
def std(
    input: Tensor,
    dim: Any = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> Tensor:
    """Standard deviation over `dim`: y = sqrt(sum (x - mean)^2 / (n - correction)).

    Where it is 0, so is its gradient.

    Parameters
    ----------
    input : Tensor
        Floats, of any shape.
    dim : int, tuple of ints or None
        The dimensions to reduce; all of them by default.
    unbiased : bool, optional
        True is correction=1, False is correction=0.
    keepdim : bool
        Keep the reduced dimensions, with size 1?
    correction : float, optional
        What is subtracted from n: 1 (Bessel's correction) by default.

    Returns
    -------
    Tensor
        The shape of the input without `dim` (or with size 1 there).

    Raises
    ------
    RuntimeError
        If the dtype is not floating.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.std(tg.tensor([[1.0, 3.0], [2.0, 6.0]]), dim=1, correction=0)
    tensor([1., 2.])
    """
    return _spread(ops.std, input, dim, unbiased, keepdim, correction)


@public()
def var_mean(
    input: Tensor,
    dim: Any = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> tuple[Tensor, Tensor]:
    """Variance and mean over `dim`, as the pair (var, mean).

    Parameters
    ----------
    input : Tensor
        Floats, of any shape.
    dim : int, tuple of ints or None
        The dimensions to reduce; all of them by default.
    unbiased : bool, optional
        True is correction=1, False is correction=0.
    keepdim : bool
        Keep the reduced dimensions, with size 1?
    correction : float, optional
        What is subtracted from n: 1 (Bessel's correction) by default.

    Returns
    -------
    tuple of Tensor
        The variance and the mean, each of the shape of the input without `dim`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.var_mean(tg.tensor([1.0, 2.0, 3.0]))
    (tensor(1.), tensor(2.))
    """
    y = _spread(ops.var, input, dim, unbiased, keepdim, correction)
    return y, mean(input, None if isinstance(dim, bool) else dim, keepdim)


@public()
def std_mean(
    input: Tensor,
    dim: Any = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> tuple[Tensor, Tensor]:
    """Standard deviation and mean over `dim`, as the pair (std, mean).

    Parameters
    ----------
    input : Tensor
        Floats, of any shape.
    dim : int, tuple of ints or None
        The dimensions to reduce; all of them by default.
    unbiased : bool, optional
        True is correction=1, False is correction=0.
    keepdim : bool
        Keep the reduced dimensions, with size 1?
    correction : float, optional
        What is subtracted from n: 1 (Bessel's correction) by default.

    Returns
    -------
    tuple of Tensor
        The standard deviation and the mean, each of the shape of the input without `dim`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.std_mean(tg.tensor([1.0, 2.0, 3.0]))
    (tensor(1.), tensor(2.))
    """
    y = _spread(ops.std, input, dim, unbiased, keepdim, correction)
    return y, mean(input, None if isinstance(dim, bool) else dim, keepdim)


@public(method=True)
def norm(
    input: Tensor,
    p: Any = "fro",
    dim: Dim = None,
    keepdim: bool = False,
    out: Tensor | None = None,
    dtype: Any = None,
) -> Tensor:
    """p-norm of the elements over `dim`: y = (sum |x|^p)^(1/p).

    Parameters
    ----------
    input : Tensor
        Floats, of any shape.
    p : float, inf, -inf, "fro" or "nuc"
        The order.  inf is the largest |x|, -inf the smallest, 0 counts what is not 0; "fro" is 2;
        "nuc" is the sum of the singular values of matrices.
    dim : int, tuple of ints or None
        The dimensions to reduce; all of them by default.
    keepdim : bool
        Keep the reduced dimensions, with size 1?
    out : Tensor, optional
        The tensor to write the result into, where no gradient is involved.
    dtype : dtype, optional
        The input is cast to it first.

    Returns
    -------
    Tensor
        The shape of the input without `dim` (or with size 1 there).  Where the norm is 0, so is
        its gradient.

    Raises
    ------
    ValueError
        If `p` is another word.
    RuntimeError
        If the dtype is not floating.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.norm(tg.tensor([3.0, -4.0]))
    tensor(5.)
    """
    x: Any = widened("norm", input, dtype)
    axis, p = axis_of(x, dim, "norm"), 2 if p is None or p == "fro" else p
    if p == "nuc":
        return written_to(out, _nuclear_norm(x, dim, keepdim), "norm")
    if isinstance(p, str):
        raise ValueError(f"norm: p is a number, 'fro' or 'nuc', not {p!r}")
    if p in (inf, -inf):
        return written_to(out, (amax if p > 0 else amin)(ops.absolute(x), axis, keepdim), "norm")
    if p == 0:
        return written_to(out, sum(x != 0, axis, keepdim).to(x.dtype), "norm")
    return written_to(out, ops.p_norm(x, p=p, axis=axis, keepdims=keepdim), "norm")


def widened(name: str, x: Any, dtype: Any) -> Any:
    """The floats x in the dtype that a norm is computed in, in which none of them is rounded."""
    check_floating(x, name)
    if dtype is None:
        return x
    y = x.to(dtype)
    if promote_types(x.dtype, y.dtype) != y.dtype:
        raise RuntimeError(f"{name}: dtype= is at least as wide as that of the input, {x.dtype}")
    return y


def _nuclear_norm(x: Tensor, dim: Any, keepdim: bool) -> Tensor:
    """The sum of the singular values of the matrices in two dimensions."""
    dims = range(x.ndim) if dim is None else dim
    if isinstance(dims, int) or len(dims) != 2:
        raise RuntimeError(f"norm: 'nuc' takes two dimensions: {tuple(x.shape)}, dim={dim}")
    pair = two_dims(x.ndim, dims[0], dims[1], "norm", x)
    others = [d for d in range(x.ndim) if d not in pair]
    matrices = ops.transpose(x, axes=(*others, *pair))
    y = sum(ops.svd(matrices, full_matrices=False)[1], -1)
    sizes = tuple(1 if d in pair else n for d, n in enumerate(x.shape))
    return ops.reshape(y, shape=sizes) if keepdim else y


# ---------------------------------------------------------------- extremes

_PAIRS = "max min median nanmedian kthvalue mode sort topk cummax cummin"
PAIRS = {name: named(name, "values indices") for name in _PAIRS.split()}
_Extremes: Any = named("aminmax", "min max")


def not_empty(x: Any, axis: Any, name: str) -> None:
    """Raise unless there is something along the axis to choose from."""
    if plain(x).size == 0 and ops.count(x.shape, axis) == 0:
        kind = RuntimeError if axis is None and name[:3] != "arg" else IndexError
        raise kind(
            f"{name}: of shape {tuple(x.shape)}, dim={axis}, there are no numbers to choose from"
        )


def _chosen(op: graph.OpFunction, name: str, x: Tensor, dim: Any, keepdim: bool) -> Tensor:
    """`op` over the axis, if there is something along it."""
    axis = axis_of(x, dim, name)
    not_empty(x, axis, name)
    return op(x, axis=axis, keepdims=keepdim)


@public(method=True, out=True)
def amax(input: Tensor, dim: Dim = (), keepdim: bool = False) -> Tensor:
    """Largest element over `dim`.  Ties share the gradient equally; NaN propagates.

    Parameters
    ----------
    input : Tensor
        The elements, of any shape and dtype.
    dim : int, tuple of ints or None
        The dimensions to reduce; all of them by default.
    keepdim : bool
        Keep the reduced dimensions, with size 1?

    Returns
    -------
    Tensor
        The shape of the input without `dim` (or with size 1 there).

    Raises
    ------
    IndexError, RuntimeError
        If there is no element to choose from.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.amax(tg.tensor([[1, 5], [4, 2]]), dim=1)
    tensor([5, 4])
    """
    return _chosen(ops.amax, "amax", input, dim, keepdim)


@public(method=True, out=True)
def amin(input: Tensor, dim: Dim = (), keepdim: bool = False) -> Tensor:
    """Smallest element over `dim`.  Ties share the gradient equally; NaN propagates.

    Parameters
    ----------
    input : Tensor
        The elements, of any shape and dtype.
    dim : int, tuple of ints or None
        The dimensions to reduce; all of them by default.
    keepdim : bool
        Keep the reduced dimensions, with size 1?

    Returns
    -------
    Tensor
        The shape of the input without `dim` (or with size 1 there).

    Raises
    ------
    IndexError, RuntimeError
        If there is no element to choose from.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.amin(tg.tensor([[1, 5], [4, 2]]), dim=1)
    tensor([1, 2])
    """
    return _chosen(ops.amin, "amin", input, dim, keepdim)


@public(method=True, out=True)
def aminmax(input: Tensor, *, dim: int | None = None, keepdim: bool = False) -> Any:
    """Smallest and largest element, of all or along `dim`.  Ties share the gradient equally.

    Parameters
    ----------
    input : Tensor
        The elements, of any shape and dtype.
    dim : int, optional
        The dimension to reduce; all of them by default.
    keepdim : bool
        Keep the reduced dimension, with size 1?

    Returns
    -------
    namedtuple (min, max)
        Two tensors of the shape of the input without `dim`.

    Raises
    ------
    IndexError, RuntimeError
        If there is no element to choose from.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.aminmax(tg.tensor([3, 1, 2]))
    aminmax(min=tensor(1), max=tensor(3))
    """
    extremes = ((ops.amin, "aminmax"), (ops.amax, "aminmax"))
    return _Extremes(*[_chosen(op, name, input, dim, keepdim) for op, name in extremes])


@public(method=True, out=True)
def argmax(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """Index of the largest element along `dim`, or in the flattened tensor; the first if it ties.

    Parameters
    ----------
    input : Tensor
        The elements, of any shape and dtype.
    dim : int, optional
        The dimension to search; by default, the flattened tensor is.
    keepdim : bool
        Keep the reduced dimension, with size 1?

    Returns
    -------
    Tensor
        int64, of the shape of the input without `dim` (or with size 1 there).

    Raises
    ------
    IndexError
        If there is no element to choose from.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.argmax(tg.tensor([[1, 5], [4, 2]]), dim=1)
    tensor([1, 0])
    """
    return _chosen(ops.argmax, "argmax", input, dim, keepdim)


@public(method=True, out=True)
def argmin(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """Index of the smallest element along `dim`, or in the flattened tensor; the first if it ties.

    Parameters
    ----------
    input : Tensor
        The elements, of any shape and dtype.
    dim : int, optional
        The dimension to search; by default, the flattened tensor is.
    keepdim : bool
        Keep the reduced dimension, with size 1?

    Returns
    -------
    Tensor
        int64, of the shape of the input without `dim` (or with size 1 there).

    Raises
    ------
    IndexError
        If there is no element to choose from.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.argmin(tg.tensor([[1, 5], [4, 2]]), dim=1)
    tensor([0, 1])
    """
    return _chosen(ops.argmin, "argmin", input, dim, keepdim)


@public(method=True, out=True)
def max(input: Tensor, dim: Any = None, keepdim: bool = False, *, other: Any = None) -> Any:
    """Largest element of all; with `dim`, the pair (values, indices); of two tensors, `maximum`.

    Without `dim` ties share the gradient; with it, the first of them has it all.  NaN propagates.

    Parameters
    ----------
    input : Tensor
        The elements, of any shape and dtype.
    dim : int, optional
        The dimension to reduce.  A tensor in its place is `other`.
    keepdim : bool
        Keep the reduced dimension, with size 1?
    other : Tensor, optional
        Another tensor, for the elementwise maximum of the two, which broadcast.

    Returns
    -------
    Tensor or namedtuple (values, indices)
        One element; or with `dim`, two tensors of the shape of the input without it.

    Raises
    ------
    IndexError, RuntimeError
        If there is no element to choose from.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> x = tg.tensor([[1, 5], [4, 2]])
    >>> tg.max(x), tg.max(x, dim=1).indices
    (tensor(5), tensor([1, 0]))
    """
    return _extreme("max", (ops.maximum, ops.amax, ops.argmax), input, dim, keepdim, other)


@public(method=True, out=True)
def min(input: Tensor, dim: Any = None, keepdim: bool = False, *, other: Any = None) -> Any:
    """Smallest element of all; with `dim`, the pair (values, indices); of two tensors, `minimum`.

    Without `dim` ties share the gradient; with it, the first of them has it all.  NaN propagates.

    Parameters
    ----------
    input : Tensor
        The elements, of any shape and dtype.
    dim : int, optional
        The dimension to reduce.  A tensor in its place is `other`.
    keepdim : bool
        Keep the reduced dimension, with size 1?
    other : Tensor, optional
        Another tensor, for the elementwise minimum of the two, which broadcast.

    Returns
    -------
    Tensor or namedtuple (values, indices)
        One element; or with `dim`, two tensors of the shape of the input without it.

    Raises
    ------
    IndexError, RuntimeError
        If there is no element to choose from.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> x = tg.tensor([[1, 5], [4, 2]])
    >>> tg.min(x), tg.min(x, dim=1).indices
    (tensor(1), tensor([0, 1]))
    """
    return _extreme("min", (ops.minimum, ops.amin, ops.argmin), input, dim, keepdim, other)


def _extreme(name: str, of: Any, x: Any, dim: Any, keepdim: bool, other: Any) -> Any:
    of_two, of_all, place = of
    if isinstance(dim, graph.TensorBase):
        dim, other = None, dim
    if other is not None:
        if dim is not None or keepdim:
            raise TypeError(f"{name}: of two tensors it is elementwise, without dim= or keepdim=")
        return of_two(x, other)
    if dim is None:
        return _chosen(of_all, name, x, None, False)
    return at_places(name, x, _chosen(place, name, x, dim, True), dim, keepdim)


def at_places(name: str, x: Any, places: Any, axis: int, keepdim: bool = True) -> Any:
    """The pair (values, indices) of the places along an axis."""
    values = ops.take_along_axis(x, places, axis=axis) if x.ndim else x
    if not keepdim and x.ndim:
        left = x.shape[:axis] + x.shape[axis:][1:]
        values, places = ops.reshape(values, shape=left), ops.reshape(places, shape=left)
    return PAIRS[name](values, places)


@public(method=True, out=True)
def median(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Any:
    """Median of all elements; with `dim`, the pair (values, indices).

    Of an even number of elements, it is the lower one of the two in the middle.  NaN propagates.
    Without `dim`, ties share the gradient.

    Parameters
    ----------
    input : Tensor
        The elements, of any shape and dtype.
    dim : int, optional
        The dimension to reduce; by default, the flattened tensor is.
    keepdim : bool
        Keep the reduced dimension, with size 1?

    Returns
    -------
    Tensor or namedtuple (values, indices)
        One element; or with `dim`, two tensors of the shape of the input without it.

    Raises
    ------
    IndexError
        If there is no element along `dim`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.median(tg.tensor([4, 1, 3, 2]), 0)
    median(values=tensor(2), indices=tensor(3))
    """
    return _middle("median", input, dim, keepdim)


@public(method=True, out=True)
def nanmedian(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Any:
    """Median of the elements that are not NaN; with `dim`, the pair (values, indices).

    Parameters
    ----------
    input : Tensor
        The elements, of any shape and dtype.
    dim : int, optional
        The dimension to reduce; by default, the flattened tensor is.
    keepdim : bool
        Keep the reduced dimension, with size 1?

    Returns
    -------
    Tensor or namedtuple (values, indices)
        One element; or with `dim`, two tensors of the shape of the input without it.  NaN where
        all elements are.

    Raises
    ------
    IndexError
        If there is no element along `dim`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.nanmedian(tg.tensor([4.0, float("nan"), 3.0, 2.0]))
    tensor(3.)
    """
    return _middle("nanmedian", input, dim, keepdim)


def _middle(name: str, input: Any, dim: Any, keepdim: bool) -> Any:
    x = plain(input)
    if dim is None:
        if x.size == 0:
            return ops.mean(input)
        value = _middle(name, graph.Tensor(x.reshape(-1)), 0, False).values.array
        return ops.amax(input[np.isnan(x) if np.isnan(value) else x == value])
    axis = axis_of(input, dim, name)
    not_empty(input, axis, name)
    if x.ndim == 0:
        return at_places(name, input, graph.Tensor(np.zeros((), np.int64)), axis)
    n = x.shape[axis]
    there = n - np.isnan(x).sum(axis, keepdims=True)  # NaN ranks last
    if name == "median":
        rank = np.where(there < n, there, (n - 1) // 2)
    else:
        rank = np.maximum(there - 1, 0) // 2
    places = np.take_along_axis(np.argsort(x, axis=axis, kind="stable"), rank, axis)
    return at_places(name, input, graph.Tensor(places), axis, keepdim)


# ---------------------------------------------------------------- questions


@public(method=True, out=True)
def all(input: Tensor, dim: Dim = None, keepdim: bool = False) -> Tensor:
    """Return whether all elements over `dim` are nonzero.

    Parameters
    ----------
    input : Tensor
        The elements, of any shape and dtype.
    dim : int, tuple of ints or None
        The dimensions to reduce; all of them by default.
    keepdim : bool
        Keep the reduced dimensions, with size 1?

    Returns
    -------
    Tensor
        Bools, of the shape of the input without `dim`.  True where there is no element.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.all(tg.tensor([[True, False], [True, True]]), dim=1)
    tensor([False,  True])
    """
    return ops.all_(input, axis=axis_of(input, dim, "all"), keepdims=keepdim)


@public(method=True, out=True)
def any(input: Tensor, dim: Dim = None, keepdim: bool = False) -> Tensor:
    """Return whether any element over `dim` is nonzero.

    Parameters
    ----------
    input : Tensor
        The elements, of any shape and dtype.
    dim : int, tuple of ints or None
        The dimensions to reduce; all of them by default.
    keepdim : bool
        Keep the reduced dimensions, with size 1?

    Returns
    -------
    Tensor
        Bools, of the shape of the input without `dim`.  False where there is no element.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.any(tg.tensor([[True, False], [False, False]]), dim=1)
    tensor([ True, False])
    """
    return ops.any_(input, axis=axis_of(input, dim, "any"), keepdims=keepdim)


@public(method=True)
def count_nonzero(input: Tensor, dim: Dim = None) -> Tensor:
    """Number of nonzero elements over `dim`.

    Parameters
    ----------
    input : Tensor
        The elements, of any shape and dtype.
    dim : int, tuple of ints or None
        The dimensions to reduce; all of them by default.

    Returns
    -------
    Tensor
        int64, of the shape of the input without `dim`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.count_nonzero(tg.tensor([[0, 1], [2, 3]]), dim=1)
    tensor([1, 2])
    """
    return sum(input != 0, dim)


# ---------------------------------------------------------------- normalised by a sum


@public("softmax", "special.softmax", method=True, out=True)
def softmax(input: Tensor, dim: int, dtype: Any = None) -> Tensor:
    """Softmax along `dim`: y_i = e^x_i / sum_j e^x_j, positive numbers that sum to 1.

    Parameters
    ----------
    input : Tensor
        Scores, of any shape.
    dim : int
        The dimension along which the result sums to 1.
    dtype : dtype, optional
        The input is cast to it first.

    Returns
    -------
    Tensor
        The shape of the input.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.softmax(tg.tensor([0.0, 0.0, 0.0, 0.0]), dim=0)
    tensor([0.2500, 0.2500, 0.2500, 0.2500])
    """
    return ops.softmax(_as(input, dtype), axis=_required(input, dim, "softmax"))


@public("log_softmax", "special.log_softmax", method=True, out=True)
def log_softmax(input: Tensor, dim: int, dtype: Any = None) -> Tensor:
    """Logarithm of softmax along `dim`, without overflow: y = x - log sum_j e^x_j.

    Parameters
    ----------
    input : Tensor
        Scores, of any shape.
    dim : int
        The dimension along which e^y sums to 1.
    dtype : dtype, optional
        The input is cast to it first.

    Returns
    -------
    Tensor
        The shape of the input.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.log_softmax(tg.tensor([1000.0, 1000.0]), dim=0)
    tensor([-0.6931, -0.6931])
    """
    return ops.log_softmax(_as(input, dtype), axis=_required(input, dim, "log_softmax"))


@public("logsumexp", "special.logsumexp", method=True, out=True)
def logsumexp(input: Tensor, dim: Dim, keepdim: bool = False) -> Tensor:
    """Logarithm of the sum of exponentials over `dim`, without overflow: y = log sum_j e^x_j.

    Parameters
    ----------
    input : Tensor
        The elements, of any shape.
    dim : int, tuple of ints or None
        The dimensions to reduce; None is all of them.
    keepdim : bool
        Keep the reduced dimensions, with size 1?

    Returns
    -------
    Tensor
        The shape of the input without `dim` (or with size 1 there).

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.logsumexp(tg.tensor([100.0, 100.0]), dim=0)
    tensor(100.6931)
    """
    return ops.logsumexp(input, axis=axis_of(input, dim, "logsumexp"), keepdims=keepdim)


def _required(x: Any, dim: Any, name: str) -> Any:
    if dim is None:
        raise TypeError(f"{name}: give the dimension in which it sums to 1, as {name}(x, dim=-1)")
    return axis_of(x, dim, name)
