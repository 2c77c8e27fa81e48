"""Reading at places: gather, take, selections, and the indices of nonzero elements.

A place that is read several times adds up its gradients.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import ops
from ..dtypes import bool_
from ..engine import graph
from ..registry import public
from .arguments import Tensor, check_dim, plain

ARRAY = ops.ARRAY

# ---------------------------------------------------------------- what is checked


def rows_of(x: Any, dim: int, index: Any, name: str, error: Any, source: Any = None) -> Any:
    """The index as a vector, and the key that reads it along `dim`, both checked."""
    own = checked_dim(x, dim, index, name, error)
    if index.ndim > 1:
        raise IndexError(f"{name}: the index is a row of places, not of shape {tuple(index.shape)}")
    index = ops.reshape(index, shape=(-1,))
    wanted = (*x.shape[:own], len(index), *x.shape[own + 1 :])
    if source is not None:
        check_dtype(x, source, name)
        if source.shape != wanted:
            raise error(f"{name}: the {len(index)} places take {wanted}, not {tuple(source.shape)}")
    return index, (slice(None),) * own + (ARRAY,)


def checked_dim(x: Any, dim: int, index: Any, name: str, error: Any) -> int:
    """`dim`, counted from the front.  The index must hold integers, in range if there is an error
    to say otherwise."""
    own = check_dim(dim, x.ndim, name, x)
    size = x.shape[own] if x.ndim else 1
    places = integers(index, name)
    if error and places.size and not 0 <= places.min() <= places.max() < size:
        wrong = places[(places < 0) | (places >= size)][0]
        raise error(f"{name}: index {wrong} is out of range for dimension {dim} of size {size}")
    return own


def integers(index: Any, name: str) -> Any:
    """The array of an index.  Raises RuntimeError unless it holds integers."""
    if index.dtype.kind != "i":
        raise RuntimeError(f"{name}: an index holds integers, not {index.dtype}; say index.long()")
    return plain(index)


def check_dtype(x: Any, source: Any, name: str) -> None:
    """Raise RuntimeError unless what is written has the dtype of where it is written."""
    if x.dtype != source.dtype:
        raise RuntimeError(f"{name}: {source.dtype} values go into {x.dtype}; say .to({x.dtype})")


def as_row(x: Any) -> Any:
    """All elements of x in one vector; a number as it is."""
    return ops.reshape(x, shape=(-1,)) if hasattr(x, "dtype") else x


def places_of(x: Any, dim: int, index: Any, name: str) -> tuple[Any, ...]:
    """The key of the places that `index` names along `dim`, checked."""
    own = checked_dim(x, dim, index, name, RuntimeError)
    sizes = x.shape[:own] + index.shape[own : own + 1] + x.shape[own + 1 :]
    if index.ndim != x.ndim or any(map(int.__gt__, index.shape, sizes)):
        rule = f"it needs as many dimensions, and no larger ones except along {dim}"
        raise RuntimeError(
            f"{name}: an index of {tuple(index.shape)} does not fit {tuple(x.shape)}: {rule}"
        )
    return ops.along(index, own, index.shape)


# ---------------------------------------------------------------- along one dimension


@public(method=True, out=True)
def index_select(input: Tensor, dim: int, index: Tensor) -> Tensor:
    """Slices along `dim` at the given indices: for dim 0, y[i] = x[index[i]].

    Parameters
    ----------
    input : Tensor
        The tensor to read; without dimensions, it stands for one element.
    dim : int
        The dimension to select along.
    index : Tensor
        Integers from 0 to the size of `dim`, a vector (or one without dimensions).

    Returns
    -------
    Tensor
        The shape of the input, with as many slices along `dim` as there are indices.

    Raises
    ------
    IndexError
        If an index is out of range, or the index is no vector.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.index_select(tg.tensor([[1, 2], [3, 4], [5, 6]]), 0, tg.tensor([2, 0]))
    tensor([[5, 6],
            [1, 2]])
    """
    if input.ndim == 0:
        if index.numel() != 1:
            raise RuntimeError(f"index_select: of one number one is selected, not {index.numel()}")
        return index_select(as_row(input), dim, index)[0]
    index, key = rows_of(input, dim, index, "index_select", IndexError)
    return ops.getitem(input, index, key=key)


@public(method=True, out=True)
def gather(input: Tensor, dim: int, index: Tensor, *, sparse_grad: bool = False) -> Tensor:
    """Elements at the given indices along `dim`: for dim 0, y[i, j] = x[index[i, j], j].

    Parameters
    ----------
    input : Tensor
        The tensor to read.
    dim : int
        The dimension to read along.
    index : Tensor
        Integers from 0 to the size of `dim`.  It has as many dimensions as the input, and is no
        larger in the others; an empty index may have any shape, and one without dimensions stands
        for a vector of one.
    sparse_grad : bool
        Accepted for PyTorch's sake: the gradient is dense.

    Returns
    -------
    Tensor
        The shape of the index.

    Raises
    ------
    RuntimeError
        If an index is out of range, or the shapes do not fit.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.gather(tg.tensor([[1.0, 2.0], [3.0, 4.0]]), 1, tg.tensor([[0, 0], [1, 0]]))
    tensor([[1., 1.],
            [4., 3.]])
    """
    if 0 in index.shape:
        checked_dim(input, dim, index, "gather", RuntimeError)
        return ops.getitem(as_row(input), index, key=(ARRAY,))
    if input.ndim == 0 or index.ndim == 0:
        x, row = (as_row(given) if given.ndim == 0 else given for given in (input, index))
        return ops.reshape(gather(x, dim, row), shape=index.shape)
    places = places_of(input, dim, index, "gather")
    return ops.getitem(input, *places, key=(ARRAY,) * len(places))


@public(method=True, out=True)
def take_along_dim(input: Tensor, indices: Tensor, dim: int | None = None) -> Tensor:
    """Elements at the given indices along `dim`, where the other dimensions broadcast.

    Parameters
    ----------
    input : Tensor
        The tensor to read.
    indices : Tensor
        Integers; with `dim`, of as many dimensions as the input.  Negative ones count from the
        end.
    dim : int, optional
        The dimension to read along; by default, the flattened tensor is read.

    Returns
    -------
    Tensor
        The shape of the indices, broadcast with the input in the other dimensions.

    Raises
    ------
    RuntimeError
        If the numbers of dimensions differ.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> x = tg.tensor([[3, 1], [2, 4]])
    >>> tg.take_along_dim(x, x.argsort(1), dim=1)
    tensor([[1, 3],
            [2, 4]])
    """
    if dim is None:
        return take(input, ops.reshape(indices, shape=(-1,)))
    checked_dim(input, dim, indices, "take_along_dim", None)
    if indices.ndim != input.ndim:
        raise RuntimeError(
            f"take_along_dim: {indices.ndim} dimensions do not fit {tuple(input.shape)}"
        )
    return ops.take_along_axis(input, indices, axis=dim)


# ---------------------------------------------------------------- flattened, masked


@public(method=True, out=True)
def take(input: Tensor, index: Tensor) -> Tensor:
    """Elements at the given indices of the flattened tensor.

    Parameters
    ----------
    input : Tensor
        The tensor to read.
    index : Tensor
        Integers, of any shape.  Negative ones count from the end.

    Returns
    -------
    Tensor
        The shape of the index.

    Raises
    ------
    IndexError
        If an index is out of range.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.take(tg.tensor([[1, 2], [3, 4]]), tg.tensor([0, 3, -1]))
    tensor([1, 4, 4])
    """
    integers(index, "take")
    return ops.getitem(ops.reshape(input, shape=(-1,)), index, key=(ARRAY,))


@public(method=True, out=True)
def masked_select(input: Tensor, mask: Tensor) -> Tensor:
    """Elements where the mask is True, in order, as a vector.

    Parameters
    ----------
    input : Tensor
        The tensor to read.
    mask : Tensor
        Bools; its shape and that of the input broadcast.

    Returns
    -------
    Tensor
        A vector.

    Raises
    ------
    RuntimeError
        If the mask does not hold bools.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> x = tg.tensor([[1, 2], [3, 4]])
    >>> tg.masked_select(x, x > 2)
    tensor([3, 4])
    """
    if mask.dtype != bool_:
        raise RuntimeError(f"masked_select: a mask is of bools, not {mask.dtype}; see x > 0")
    shape = np.broadcast_shapes(input.shape, mask.shape)
    x, mask = (ops.broadcast_to(given, shape=shape) for given in (input, mask))
    return ops.getitem(x, mask, key=(ARRAY,))


# ---------------------------------------------------------------- which are nonzero, and where


@public(method=True, out=True)
def nonzero(input: Tensor, *, as_tuple: bool = False) -> Any:
    """Indices of the nonzero elements.

    Parameters
    ----------
    input : Tensor
        The elements, of any shape and dtype.
    as_tuple : bool
        Return one vector of indices for each dimension, to index with?

    Returns
    -------
    Tensor or tuple of Tensor
        int64, (count, dimensions): the indices of an element in each row; or its columns.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.nonzero(tg.tensor([[0, 5], [6, 0]]))
    tensor([[0, 1],
            [1, 0]])
    """
    x = plain(input)
    if as_tuple:
        return tuple(map(graph.Tensor, np.nonzero(np.atleast_1d(x))))
    return graph.Tensor(np.argwhere(x))


@public(method=True)
def argwhere(input: Tensor) -> Tensor:
    """Indices of the nonzero elements, those of an element in each row.

    Parameters
    ----------
    input : Tensor
        The elements, of any shape and dtype.

    Returns
    -------
    Tensor
        int64, (count, dimensions).

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.argwhere(tg.tensor([0, 5, 6]))
    tensor([[1],
            [2]])
    """
    return graph.Tensor(np.argwhere(plain(input)))


@public()
def unravel_index(indices: Tensor, shape: Any) -> tuple[Tensor, ...]:
    """Coordinates of the elements that have these indices in a flattened tensor.

    Parameters
    ----------
    indices : Tensor
        Integers from 0 to the number of elements, of any shape.
    shape : int or tuple of ints
        The shape of that tensor.

    Returns
    -------
    tuple of Tensor
        For each dimension of `shape`, int64, of the shape of the indices.

    Raises
    ------
    TypeError
        If the indices are not integers.
    ValueError
        If one of them is out of range.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.unravel_index(tg.tensor([0, 5]), (2, 3))
    (tensor([0, 1]), tensor([0, 2]))
    """
    if not hasattr(indices, "dtype") or indices.dtype.kind not in "iu":
        given = getattr(indices, "dtype", indices)
        raise TypeError(f"unravel_index: indices are a tensor of integers, not {given}")
    sizes = (shape,) if hasattr(shape, "__index__") else tuple(shape)
    places, count = plain(indices), int(np.prod(sizes))
    if places.size and not 0 <= places.min() <= places.max() < count:
        raise ValueError(
            f"unravel_index: {sizes} has indices 0 to {count - 1}, not {places.min()} to "
            f"{places.max()}"
        )
    found = sizes and np.unravel_index(places.astype(np.int64), sizes)
    return tuple([graph.Tensor(np.asarray(part, np.int64)) for part in found])
