"""Statistics: quantiles and other elements of a given rank, the mode, covariance, correlation."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from .. import ops
from ..dtypes import float32, float64
from ..engine import graph
from ..engine.clock import caller_level
from ..registry import public
from .arguments import Tensor, check_dim, plain
from .elementwise import lerp
from .reduction import at_places, not_empty

# ---------------------------------------------------------------- elements of a given rank


@public(method=True, out=True)
def quantile(
    input: Tensor,
    q: Any,
    dim: int | None = None,
    keepdim: bool = False,
    *,
    interpolation: str = "linear",
) -> Tensor:
    """Quantiles of the elements, of all or along `dim`: the value at rank q (n - 1).

    NaN propagates.

    Parameters
    ----------
    input : Tensor
        float32 or float64, of any shape.
    q : float or Tensor
        The fraction of the elements below, from 0 to 1; or a vector of them, in the dtype of the
        input.
    dim : int, optional
        The dimension to reduce; by default, the flattened tensor is.
    keepdim : bool
        Keep the reduced dimension, with size 1?
    interpolation : str
        Between two elements: "linear", "lower", "higher", "nearest" or "midpoint".

    Returns
    -------
    Tensor
        The shape of the input without `dim`; for a vector q, with its size in front.

    Raises
    ------
    RuntimeError
        If the dtypes are others, q is not in [0, 1], or there is no element.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.quantile(tg.tensor([3.0, 1.0, 2.0, 10.0]), 0.5)
    tensor(2.5000)
    """
    return _quantile("quantile", input, q, dim, keepdim, interpolation)


@public(method=True, out=True)
def nanquantile(
    input: Tensor,
    q: Any,
    dim: int | None = None,
    keepdim: bool = False,
    *,
    interpolation: str = "linear",
) -> Tensor:
    """Quantiles of the elements that are not NaN, of all or along `dim` (see `quantile`).

    Parameters
    ----------
    input : Tensor
        float32 or float64, of any shape.
    q : float or Tensor
        The fraction of the elements below, from 0 to 1; or a vector of them, in the dtype of the
        input.
    dim : int, optional
        The dimension to reduce; by default, the flattened tensor is.
    keepdim : bool
        Keep the reduced dimension, with size 1?
    interpolation : str
        Between two elements: "linear", "lower", "higher", "nearest" or "midpoint".

    Returns
    -------
    Tensor
        The shape of the input without `dim`; for a vector q, with its size in front.  NaN where
        all elements are.

    Raises
    ------
    RuntimeError
        If the dtypes are others, q is not in [0, 1], or there is no element.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.nanquantile(tg.tensor([3.0, float("nan"), 2.0]), 0.5)
    tensor(2.5000)
    """
    return _quantile("nanquantile", input, q, dim, keepdim, interpolation)


_ROUNDED: dict[str, Any] = {"lower": np.floor, "higher": np.ceil, "nearest": np.round}


def _quantile(name: str, x: Any, q: Any, dim: Any, keepdim: bool, interpolation: str) -> Any:
    q = _fractions(name, x, q)
    if interpolation not in {*_ROUNDED, "linear", "midpoint"}:
        known = "'linear', 'lower', 'higher', 'nearest' or 'midpoint'"
        raise RuntimeError(f"{name}: interpolation is {known}, not {interpolation!r}")
    axis = 0 if dim is None else check_dim(dim, x.ndim, name, x)
    flat = ops.reshape(x, shape=(-1,)) if dim is None or x.ndim == 0 else x
    values = plain(flat)
    n, missing = values.shape[axis], np.isnan(values).sum(axis, keepdims=True)
    last: Any = (n - 1) if name == "quantile" else np.maximum(n - 1 - missing, 0)
    ranks = ops.reshape(q, shape=(-1,) + (1,) * (flat.ndim - 1 - axis)) * np.asarray(last, x.dtype)
    if name == "quantile":
        ranks = ops.where(missing > 0, n - 1.0, ranks)  # NaN ranks last
    y = _at_ranks(flat, np.argsort(values, axis=axis, kind="stable"), ranks, axis, interpolation)
    sizes = list(x.shape)
    if keepdim and x.ndim:
        sizes = [1] * x.ndim if dim is None else sizes
        sizes[axis if dim is not None else 0] = 1
    else:
        sizes = [] if dim is None else sizes[:axis] + sizes[axis + 1 :]
    order = (axis, *[d for d in range(flat.ndim) if d != axis])
    return ops.reshape(ops.transpose(y, axes=order), shape=(*q.shape, *sizes))


def _fractions(name: str, x: Any, q: Any) -> Any:
    """q as a Tensor in the dtype of x, both checked."""
    if x.dtype not in (float32, float64):
        raise RuntimeError(f"{name}: the input is float32 or float64, not {x.dtype}")
    if not isinstance(q, graph.TensorBase):
        q = graph.Tensor(np.asarray(q, x.dtype))
    fractions = plain(q)
    if fractions.dtype != x.dtype or fractions.ndim > 1:
        given = f"{fractions.shape} {fractions.dtype}"
        raise RuntimeError(f"{name}: q is a number or a vector of {x.dtype}, not {given}")
    if not ((fractions >= 0) & (fractions <= 1)).all():
        raise RuntimeError(f"{name}: q is in [0, 1], not {fractions.tolist()}")
    if plain(x).size == 0:
        raise RuntimeError(f"{name}: of shape {tuple(x.shape)}, there are no elements")
    return q


def _at_ranks(x: Any, order: Any, ranks: Any, axis: int, interpolation: str) -> Any:
    """The elements of x at these ranks along the axis; `order` says where each rank stands."""
    place = plain(ranks)
    if interpolation in _ROUNDED:
        place = _ROUNDED[interpolation](place)
    shape = tuple([place.shape[axis] if d == axis else n for d, n in enumerate(x.shape)])

    def at(place: Any) -> Any:
        rank = np.broadcast_to(place.astype(np.int64), shape)
        return ops.take_along_axis(x, np.take_along_axis(order, rank, axis), axis=axis)

    if interpolation in _ROUNDED:
        return at(place)
    below = np.floor(place)
    weight = (ranks - below) if interpolation == "linear" else 0.5 * np.ones_like(below)
    return lerp(at(below), at(np.ceil(place)), weight)


@public(method=True, out=True)
def kthvalue(input: Tensor, k: int, dim: int = -1, keepdim: bool = False) -> Any:
    """k-th smallest element along `dim`, and its index.  NaN counts as the largest.

    Parameters
    ----------
    input : Tensor
        The elements, of any shape and dtype.
    k : int
        The rank, from 1 to the number of elements along `dim`.
    dim : int
        The dimension to reduce.
    keepdim : bool
        Keep the reduced dimension, with size 1?

    Returns
    -------
    namedtuple (values, indices)
        Two tensors of the shape of the input without `dim`.

    Raises
    ------
    RuntimeError
        If k is out of range.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.kthvalue(tg.tensor([3, 1, 2]), 2)
    kthvalue(values=tensor(2), indices=tensor(2))
    """
    axis = check_dim(dim, input.ndim, "kthvalue", input)
    size = input.shape[axis] if input.ndim else 1
    not_empty(input, axis if input.ndim else None, "kthvalue")
    if not 1 <= k <= size:
        raise RuntimeError(f"kthvalue: k = {k} is not in 1 to {size}, the size of dimension {dim}")
    order = np.argsort(np.atleast_1d(plain(input)), axis=axis, kind="stable")
    places = order.take([k - 1], axis)
    places = places if input.ndim else places.reshape(())
    return at_places("kthvalue", input, graph.Tensor(places), axis, keepdim)


@public(method=True, out=True)
def mode(input: Tensor, dim: int = -1, keepdim: bool = False) -> Any:
    """Most frequent element along `dim` (of several, the smallest), and its last index.

    Parameters
    ----------
    input : Tensor
        The elements, of any shape and dtype.
    dim : int
        The dimension to reduce.
    keepdim : bool
        Keep the reduced dimension, with size 1?

    Returns
    -------
    namedtuple (values, indices)
        Two tensors of the shape of the input without `dim`.

    Raises
    ------
    IndexError
        If there is no element along `dim`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.mode(tg.tensor([1, 2, 2, 3]))
    mode(values=tensor(2), indices=tensor(2))
    """
    axis = check_dim(dim, input.ndim, "mode", input)
    not_empty(input, axis if input.ndim else None, "mode")
    rows = np.moveaxis(np.atleast_1d(plain(input)), axis, -1)
    order = np.argsort(rows, axis=-1, kind="stable")
    ranked = np.take_along_axis(rows, order, -1)
    at = np.arange(rows.shape[-1])
    starts = np.where(ranked[..., 1:] != ranked[..., :-1], at[1:], 0)
    starts = np.concatenate([np.zeros_like(starts, shape=(*rows.shape[:-1], 1)), starts], -1)
    length = at - np.maximum.accumulate(starts, axis=-1)  # of the run of equals, up to here
    longest = length.argmax(-1)[..., None]
    places = np.moveaxis(np.take_along_axis(order, longest, -1), -1, axis)
    places = places if input.ndim else places.reshape(())
    return at_places("mode", input, graph.Tensor(places), axis, keepdim)


# ---------------------------------------------------------------- variables that vary together


@public(method=True)
def cov(
    input: Tensor, *, correction: int = 1, fweights: Any = None, aweights: Any = None
) -> Tensor:
    """Covariance matrix of variables: y_ij = sum_k w_k (x_ik - mean_i) (x_jk - mean_j) / n.

    Parameters
    ----------
    input : Tensor
        A row for each variable, a column for each observation; a vector is one variable.
    correction : int
        What is subtracted from the number of observations to give n: 1 is Bessel's correction.
    fweights : Tensor, optional
        How often each observation counts: integers, a vector.
    aweights : Tensor, optional
        The importance of each observation: floats, a vector.

    Returns
    -------
    Tensor
        (variables, variables); without dimensions for one variable.

    Raises
    ------
    RuntimeError
        If the input has more than two dimensions or holds bools, or the weights do not fit.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.cov(tg.tensor([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]]))
    tensor([[ 1., -1.],
            [-1.,  1.]])
    """
    if input.ndim > 2 or input.dtype.kind == "b":
        given = f"{tuple(input.shape)} {input.dtype}"
        raise RuntimeError(f"cov: it takes a row of numbers for each variable, not {given}")
    x = input if input.dtype.kind == "f" else input.float()
    x = x if x.ndim == 2 else ops.reshape(x, shape=(1, -1))
    n = x.shape[1]
    often, important = _weights(fweights, n, "fweights"), _weights(aweights, n, "aweights")
    weights = often if important is None else important
    if often is not None and important is not None:
        weights = important * often
    total: Any = n if weights is None else ops.sum(weights)
    if weights is not None and not plain(total):
        raise RuntimeError(f"cov: the weights of the {n} observations sum to 0")
    mean = ops.mean(x, axis=1, keepdims=True)
    if weights is not None:
        mean = ops.sum(x * weights, axis=1, keepdims=True) / total
    lost = correction if important is None else ops.sum(weights * important) / total * correction
    freedom = total - lost
    if plain(freedom) <= 0:
        why = f"cov: the degrees of freedom, {total} - {correction}, are not above 0"
        warnings.warn(why, UserWarning, stacklevel=caller_level())
        freedom = 0 if weights is None else ops.maximum(freedom, 0.0)
    deviations = x - mean
    weighted = deviations if weights is None else deviations * weights
    with np.errstate(divide="ignore", invalid="ignore"):
        y = ops.matmul(deviations, ops.transpose(weighted)) / freedom
    return ops.reshape(y, shape=()) if x.shape[0] == 1 else y


def _weights(weights: Any, n: int, name: str) -> Any:
    """The weights of n observations, checked."""
    if weights is None:
        return None
    kind, of = ("iu", "integers") if name == "fweights" else ("f", "floats")
    if weights.ndim > 1 or weights.dtype.kind not in kind or plain(weights).size != n:
        given = f"{tuple(weights.shape)} {weights.dtype}"
        raise RuntimeError(f"cov: {name} are {of}, one for each of {n} observations, not {given}")
    if (plain(weights) < 0).any():
        raise RuntimeError(f"cov: {name} are not negative, as is {plain(weights).min()}")
    return weights


@public(method=True)
def corrcoef(input: Tensor) -> Tensor:
    """Correlation matrix (Pearson) of variables: y_ij = c_ij / sqrt(c_ii c_jj), c = cov(x).

    Parameters
    ----------
    input : Tensor
        A row for each variable, a column for each observation; a vector is one variable.

    Returns
    -------
    Tensor
        (variables, variables), from -1 to 1; without dimensions for one variable.  NaN for a
        variable that is constant.

    Raises
    ------
    RuntimeError
        If the input has more than two dimensions or holds bools.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.corrcoef(tg.tensor([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]]))
    tensor([[ 1., -1.],
            [-1.,  1.]])
    """
    c: Any = cov(input)
    with np.errstate(divide="ignore", invalid="ignore"):
        if c.ndim == 0:
            return c / c
        deviation = ops.sqrt(ops.diagonal(c))
        return ops.clip(c / deviation[:, None] / deviation, min=-1.0, max=1.0)
