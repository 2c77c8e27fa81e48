"""Sorting: sort, topk, and searching in a sorted sequence."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import ops
from ..dtypes import int32, int64
from ..engine import graph
from ..registry import public
from .arguments import Tensor, check_dim, plain
from .reduction import PAIRS

# ---------------------------------------------------------------- sorted


@public(method=True, out=True)
def argsort(
    input: Tensor, dim: int = -1, descending: bool = False, *, stable: bool = False
) -> Tensor:
    """Indices that sort the elements along `dim`.  NaN counts as the largest.

    Parameters
    ----------
    input : Tensor
        The elements, of any shape and dtype.
    dim : int
        The dimension to sort along.
    descending : bool
        Put the largest first?
    stable : bool
        Keep the order of equal elements?  They keep it in any case.

    Returns
    -------
    Tensor
        int64, of the shape of the input.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.argsort(tg.tensor([3.0, 1.0, 2.0]))
    tensor([1, 2, 0])
    """
    return _ranked("sort", input, dim, descending).indices


@public(method=True, out=True)
def sort(
    input: Tensor, dim: int = -1, descending: bool = False, *, stable: bool | None = False
) -> Any:
    """Elements in order along `dim`, and their indices before.  NaN counts as the largest.

    Parameters
    ----------
    input : Tensor
        The elements, of any shape and dtype.
    dim : int
        The dimension to sort along.
    descending : bool
        Put the largest first?
    stable : bool
        Keep the order of equal elements?  They keep it in any case.

    Returns
    -------
    namedtuple (values, indices)
        Two tensors of the shape of the input.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.sort(tg.tensor([3, 1, 2]))
    sort(values=tensor([1, 2, 3]), indices=tensor([1, 2, 0]))
    """
    return _ranked("sort", input, dim, descending)


@public(method=True, out=True)
def msort(input: Tensor) -> Tensor:
    """Elements in order along the first dimension: `sort(x, dim=0).values`.

    Parameters
    ----------
    input : Tensor
        The elements, of any shape and dtype.

    Returns
    -------
    Tensor
        The shape of the input.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.msort(tg.tensor([[3, 1], [2, 4]]))
    tensor([[2, 1],
            [3, 4]])
    """
    return _ranked("sort", input, 0, False).values


@public(method=True, out=True)
def topk(input: Tensor, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Any:
    """Largest (or smallest) k elements along `dim`, and their indices.

    Parameters
    ----------
    input : Tensor
        The elements, of any shape and dtype.
    k : int
        How many.
    dim : int
        The dimension to search along.
    largest : bool
        Return the largest, not the smallest?  NaN counts as the largest.
    sorted : bool
        Return them in order?  They are in any case.

    Returns
    -------
    namedtuple (values, indices)
        Two tensors of the shape of the input, with size k along `dim`.

    Raises
    ------
    RuntimeError
        If there are less than k elements.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.topk(tg.tensor([3, 1, 2]), 2)
    topk(values=tensor([3, 2]), indices=tensor([0, 2]))
    """
    return _ranked("topk", input, dim, largest, k)


def _ranked(name: str, x: Any, dim: int, descending: bool, k: int | None = None) -> Any:
    own = check_dim(dim, x.ndim, name, x)
    size = x.shape[own] if x.ndim else 1
    if k is not None and not 0 <= k <= size:
        raise RuntimeError(f"{name}: k = {k} is out of range: dimension {dim} has size {size}")
    if k is None:
        places = ops.argsort(x, axis=dim, descending=descending)
    else:
        places = ops.argtop(x, k=k, axis=dim, largest=descending)
    return PAIRS[name](ops.take_along_axis(x, places, axis=dim), places)


# ---------------------------------------------------------------- searched


@public(out=True)
def searchsorted(
    sorted_sequence: Tensor,
    input: Tensor,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
    sorter: Tensor | None = None,
) -> Tensor:
    """Indices at which elements would be inserted into a sorted sequence, to keep it sorted.

    Parameters
    ----------
    sorted_sequence : Tensor
        A vector in order, or one for each row of the input: (..., n).
    input : Tensor or float
        The elements to search for: of any shape, or (..., m).
    out_int32 : bool
        Return int32, not int64?
    right : bool
        Insert after equal elements, not before?
    side : str, optional
        "right" is right=True, "left" is right=False.
    sorter : Tensor, optional
        int64, of the shape of the sequence: the indices that sort it (see `argsort`), if it is
        not sorted.

    Returns
    -------
    Tensor
        int64, of the shape of the input.

    Raises
    ------
    RuntimeError
        If shapes do not fit, or side and right contradict each other.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.searchsorted(tg.tensor([1, 3, 5]), tg.tensor([0, 3, 9]))
    tensor([0, 1, 3])
    """
    if side not in (None, "left", "right"):
        raise RuntimeError(f"searchsorted: side is 'left' or 'right', not {side!r}")
    if side == "left" and right:
        raise RuntimeError("searchsorted: side='left' and right=True ask for opposite things")
    rows, x = plain(sorted_sequence), np.asarray(plain(input))
    rows = rows if sorter is None else _in_order(rows, plain(sorter))
    if rows.ndim != 1 and (rows.ndim != max(x.ndim, 1) or rows.shape[:-1] != x.shape[:-1]):
        raise RuntimeError(
            f"searchsorted: {tuple(rows.shape)} is neither one row nor rows of {tuple(x.shape)}"
        )
    at: Any = "right" if right else side or "left"
    places = np.empty(x.shape, int32 if out_int32 else int64)
    for row in np.ndindex(x.shape[:-1] if rows.ndim > 1 else ()):
        places[row] = np.searchsorted(rows[row], x[row], at)
    return graph.Tensor(places)


def _in_order(rows: Any, sorter: Any) -> Any:
    if sorter.dtype != int64 or sorter.shape != rows.shape:
        given = f"{sorter.shape} {sorter.dtype}"
        raise RuntimeError(f"searchsorted: sorter is {rows.shape} int64, as argsort's, not {given}")
    if sorter.size and not 0 <= sorter.min() <= sorter.max() < rows.shape[-1]:
        raise RuntimeError(f"searchsorted: sorter has places that no row of {rows.shape} has")
    return np.take_along_axis(rows, sorter, -1)


@public(out=True)
def bucketize(
    input: Tensor, boundaries: Tensor, *, out_int32: bool = False, right: bool = False
) -> Tensor:
    """Index of the bucket of each element: how many boundaries are below it.

    Parameters
    ----------
    input : Tensor or float
        The elements, of any shape.
    boundaries : Tensor
        A vector in order.
    out_int32 : bool
        Return int32, not int64?
    right : bool
        Count boundaries that are equal to the element too?

    Returns
    -------
    Tensor
        int64, of the shape of the input.

    Raises
    ------
    RuntimeError
        If the boundaries are no vector.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.bucketize(tg.tensor([0, 3, 9]), tg.tensor([1, 3, 5]))
    tensor([0, 1, 3])
    """
    if boundaries.ndim != 1:
        raise RuntimeError(f"bucketize: the boundaries are one row, not {tuple(boundaries.shape)}")
    return searchsorted(boundaries, input, out_int32=out_int32, right=right)
