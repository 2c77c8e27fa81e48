"""Matrices and their diagonals, grids, and the combinations of elements."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from .. import ops
from ..engine import graph
from ..registry import public
from .arguments import Tensor, plain, side_of, sizes_of, two_dims
from .joining import stack
from .shape import broadcast_tensors, ravel, transpose

# ---------------------------------------------------------------- matrices and their diagonals


@public(method=True, inplace=True, out=True)
def tril(input: Tensor, diagonal: int = 0) -> Tensor:
    """Return the lower triangle of matrices; the other elements are 0.

    Parameters
    ----------
    input : Tensor
        Of two or more dimensions, the last two of which are those of the matrices.
    diagonal : int, default 0
        The last diagonal that is kept: 0 the main one, 1 that above it.

    Returns
    -------
    Tensor
        Of the same shape.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.tril(tg.ones(3, 3))
    tensor([[1., 0., 0.],
            [1., 1., 0.],
            [1., 1., 1.]])
    """
    side_of(input, -2, "tril")
    return ops.tril(input, k=diagonal)


@public(method=True, inplace=True, out=True)
def triu(input: Tensor, diagonal: int = 0) -> Tensor:
    """Return the upper triangle of matrices; the other elements are 0.

    Parameters
    ----------
    input : Tensor
        Of two or more dimensions, the last two of which are those of the matrices.
    diagonal : int, default 0
        The first diagonal that is kept: 0 the main one, 1 that above it.

    Returns
    -------
    Tensor
        Of the same shape.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.triu(tg.ones(3, 3), diagonal=1)
    tensor([[0., 1., 1.],
            [0., 0., 1.],
            [0., 0., 0.]])
    """
    side_of(input, -2, "triu")
    return ops.triu(input, k=diagonal)


@public(method=True)
def diagonal(input: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """Return the diagonal of two dimensions.

    Parameters
    ----------
    input : Tensor
        Of two or more dimensions.
    offset : int, default 0
        Which diagonal: 0 the main one, 1 that above it, -1 that below it.
    dim1, dim2 : int, default 0 and 1
        The two dimensions.

    Returns
    -------
    Tensor
        With the diagonal as its last dimension in the place of the two, a view.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.diagonal(tg.tensor([[1, 2], [3, 4]]))
    tensor([1, 4])
    """
    two_dims(input.ndim, dim1, dim2, "diagonal", input)
    return ops.diagonal(input, offset=offset, axis1=dim1, axis2=dim2)


@public(method=True)
def diag_embed(input: Tensor, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """Make matrices of zeros with the last dimension of a tensor on their diagonal.

    Parameters
    ----------
    input : Tensor
        Of one or more dimensions.
    offset : int, default 0
        Which diagonal: 0 the main one, 1 that above it, -1 that below it.
    dim1, dim2 : int, default -2 and -1
        Where the two dimensions of the matrices stand in the result.

    Returns
    -------
    Tensor
        With the two dimensions in the place of the last one.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.diag_embed(tg.tensor([1, 2]))
    tensor([[1, 0],
            [0, 2]])
    """
    rows, columns = two_dims(input.ndim + 1, dim1, dim2, "diag_embed", None)
    *shape, n = input.shape
    for d in sorted((rows, columns)):
        shape.insert(d, n + abs(offset))
    return ops.put_diagonal(input, shape=tuple(shape), offset=offset, axis1=rows, axis2=columns)


@public(method=True, out=True)
def diag(input: Tensor, diagonal: int = 0) -> Tensor:
    """Make a diagonal matrix of a vector; return the diagonal of a matrix.

    Parameters
    ----------
    input : Tensor
        Of one or two dimensions.
    diagonal : int, default 0
        Which diagonal: 0 the main one, 1 that above it, -1 that below it.

    Returns
    -------
    Tensor
        A matrix or a vector, a copy.

    Raises
    ------
    RuntimeError
        If the input is neither a vector nor a matrix.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.diag(tg.tensor([1, 2]))
    tensor([[1, 0],
            [0, 2]])
    """
    if input.ndim not in (1, 2):
        raise RuntimeError(f"diag: it takes a vector or a matrix, not {tuple(input.shape)}")
    if input.ndim == 1:
        return diag_embed(input, diagonal)
    return ops.copy(ops.diagonal(input, offset=diagonal))


@public(method=True)
def diagflat(input: Tensor, offset: int = 0) -> Tensor:
    """Make a diagonal matrix of all elements of a tensor, in order.

    Parameters
    ----------
    input : Tensor
        Of any shape.
    offset : int, default 0
        Which diagonal: 0 the main one, 1 that above it, -1 that below it.

    Returns
    -------
    Tensor
        Of shape (numel + |offset|, numel + |offset|).

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.diagflat(tg.tensor([[1], [2]]))
    tensor([[1, 0],
            [0, 2]])
    """
    return diag_embed(ravel(input), offset)


# ---------------------------------------------------------------- grids


@public()
def meshgrid(*tensors: Any, indexing: str = "ij") -> tuple[Tensor, ...]:
    """Make the coordinates of a grid from those of its sides.

    Parameters
    ----------
    *tensors : Tensor
        Vectors, or a list of them.
    indexing : {"ij", "xy"}, default "ij"
        With "ij" the elements of the k-th vector vary along dimension k; with "xy" the first two
        dimensions are exchanged, as in NumPy.

    Returns
    -------
    tuple of Tensor
        For each vector, a tensor of the shape of the grid.

    Raises
    ------
    RuntimeError
        If they are no vectors.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> rows, columns = tg.meshgrid(tg.tensor([1, 2]), tg.tensor([3, 4, 5]))
    >>> rows.tolist(), columns.tolist()
    ([[1, 1, 1], [2, 2, 2]], [[3, 4, 5], [3, 4, 5]])
    """
    if indexing not in ("ij", "xy"):
        raise RuntimeError(f"meshgrid: indexing is 'ij' or 'xy', not {indexing!r}")
    xs: Any = sizes_of(tensors)
    if any(x.ndim > 1 for x in xs):
        raise RuntimeError(f"meshgrid: it takes vectors, not {[tuple(x.shape) for x in xs]}")
    sides = [ops.reshape(x, shape=(-1,) + (1,) * (len(xs) - k)) for k, x in enumerate(xs, 1)]
    grids = broadcast_tensors(*sides)
    swapped = indexing == "xy" and len(xs) > 1
    return tuple([transpose(grid, 0, 1) if swapped else grid for grid in grids])


@public()
def cartesian_prod(*tensors: Any) -> Tensor:
    """Return all choices of one element from each vector, as `itertools.product`.

    Parameters
    ----------
    *tensors : Tensor
        Vectors.

    Returns
    -------
    Tensor
        A choice in each row, of shape (the product of their sizes, the number of vectors); of one
        vector, that vector.

    Raises
    ------
    RuntimeError
        If there is no vector, or one is none.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.cartesian_prod(tg.tensor([1, 2]), tg.tensor([3, 4]))
    tensor([[1, 3],
            [1, 4],
            [2, 3],
            [2, 4]])
    """
    if not tensors or any(x.ndim != 1 for x in tensors):
        shapes = [tuple(x.shape) for x in tensors]
        raise RuntimeError(f"cartesian_prod: it takes one vector or more, not {shapes}")
    if len(tensors) == 1:
        return tensors[0]
    return stack([ravel(grid) for grid in meshgrid(*tensors)], 1)


@public()
def combinations(input: Tensor, r: int = 2, with_replacement: bool = False) -> Tensor:
    """Return all combinations of r elements of a vector, as `itertools.combinations`.

    Parameters
    ----------
    input : Tensor
        A vector.
    r : int, default 2
        How many elements are in a combination.
    with_replacement : bool, default False
        Whether an element may stand in it more than once.

    Returns
    -------
    Tensor
        A combination in each row, of shape (the number of them, r).

    Raises
    ------
    RuntimeError
        If the input is no vector, or r is below 0.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.combinations(tg.tensor([1, 2, 3]))
    tensor([[1, 2],
            [1, 3],
            [2, 3]])
    """
    if input.ndim != 1 or r < 0:
        shape = tuple(input.shape)
        raise RuntimeError(f"combinations: it takes a vector, and r of at least 0: {shape}, {r}")
    if r == 0:
        return graph.Tensor(np.empty(0, plain(input).dtype))
    choose = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    places = np.array(list(choose(range(len(input)), r)), np.intp)
    return input[places.reshape(-1, r)]
