"""The same elements in another shape or order: views, permutations, repeats."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import ops
from ..engine import graph
from ..ops.shape import layout_of
from ..registry import public
from .arguments import (
    Dim,
    Tensor,
    axis_of,
    check_dim,
    check_tensor,
    plain,
    side_of,
    sizes_of,
    two_dims,
)

# ---------------------------------------------------------------- in order, in another shape


@public("numel", "Tensor.nelement", method=True)
def numel(input: Tensor) -> int:
    """Return the number of elements.

    Parameters
    ----------
    input : Tensor
        Of any shape.

    Returns
    -------
    int
        The product of its sizes.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.numel(tg.ones(2, 3))
    6
    """
    return int(plain(input).size)


@public(method=True)
def is_nonzero(input: Tensor) -> bool:
    """Tell whether the element of a tensor of one element is not 0.

    Parameters
    ----------
    input : Tensor
        Of one element.

    Returns
    -------
    bool
        The same as `bool(input)`.

    Raises
    ------
    RuntimeError
        If it has several elements, or none.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.is_nonzero(tg.tensor([0.0]))
    False
    """
    return bool(input)


@public(method=True)
def is_same_size(input: Tensor, other: Tensor) -> bool:
    """Tell whether two tensors have the same shape.

    Parameters
    ----------
    input, other : Tensor
        Of any shape.

    Returns
    -------
    bool
        Whether all sizes are equal.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.is_same_size(tg.ones(2, 3), tg.ones(3, 2))
    False
    """
    return bool(plain(input).shape == plain(other).shape)


@public(method=True)
def reshape(input: Tensor, shape: Any, *more: int) -> Tensor:
    """Return the same elements, in order, in another shape: a view where that is possible.

    Parameters
    ----------
    input : Tensor
        Of any shape.
    shape : tuple of int, or int
        The shape: `reshape(x, (2, 3))`, `x.reshape(2, 3)`.  One size may be -1: what is left.
    *more : int
        The other sizes, where `shape` is an int.

    Returns
    -------
    Tensor
        Of that shape.

    Raises
    ------
    ValueError
        If the sizes do not multiply to the number of elements.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.arange(6).reshape(2, -1)
    tensor([[0, 1, 2],
            [3, 4, 5]])
    """
    sizes = sizes_of((shape, *more))
    if sizes and min(sizes) < -1:
        raise RuntimeError(f"reshape: {sizes} has a size below -1; -1 stands for what is left")
    return ops.reshape(input, shape=sizes)


@public("Tensor.view")
def view(input: Tensor, size: Any, *more: int) -> Tensor:
    """Return the same memory in another shape.

    Parameters
    ----------
    input : Tensor
        Of any shape.
    size : tuple of int, or int
        The shape: `x.view(2, 3)` or `x.view((2, 3))`.  One size may be -1: what is left.
    *more : int
        The other sizes, where `size` is an int.

    Returns
    -------
    Tensor
        Of that shape, a view: what is written to one is seen in the other.

    Raises
    ------
    RuntimeError
        If the strides of the tensor (as of x.t()) do not allow that: see `reshape`.
    TypeError
        For a dtype: bytes are not read as another dtype; use `x.to(dtype)`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> x = tg.zeros(4)
    >>> x.view(2, 2)[0] = 1.0
    >>> x
    tensor([1., 1., 0., 0.])
    """
    if isinstance(size, np.dtype | type):
        raise TypeError(f"view({size}): bytes are not read as another dtype; use x.to(dtype)")
    result, array = reshape(input, size, *more), input.array
    if result._base is not None or not isinstance(array, np.ndarray) or array.size == 0:
        return result
    at = f"view: {array.shape} with strides {array.strides} cannot be seen as {tuple(result.shape)}"
    raise RuntimeError(f"{at} without a copy; use reshape, or contiguous() first")


@public("Tensor.view_as")
def view_as(input: Tensor, other: Tensor) -> Tensor:
    """Return the same memory in the shape of another tensor.

    Parameters
    ----------
    input : Tensor
        Of any shape.
    other : Tensor
        The tensor whose shape is taken.

    Returns
    -------
    Tensor
        Of the shape of `other`, a view.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.arange(4).view_as(tg.zeros(2, 2))
    tensor([[0, 1],
            [2, 3]])
    """
    return view(input, other.shape)


@public("Tensor.reshape_as")
def reshape_as(input: Tensor, other: Tensor) -> Tensor:
    """Return the same elements, in order, in the shape of another tensor.

    Parameters
    ----------
    input : Tensor
        Of any shape.
    other : Tensor
        The tensor whose shape is taken.

    Returns
    -------
    Tensor
        Of the shape of `other`: a view where that is possible.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.arange(4).reshape_as(tg.zeros(2, 2))
    tensor([[0, 1],
            [2, 3]])
    """
    return reshape(input, other.shape)


@public(method=True)
def ravel(input: Tensor) -> Tensor:
    """Return the same elements, in order, in one dimension.

    Parameters
    ----------
    input : Tensor
        Of any shape.

    Returns
    -------
    Tensor
        Of shape (numel,): a view where that is possible.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.ravel(tg.tensor([[1, 2], [3, 4]]))
    tensor([1, 2, 3, 4])
    """
    return ops.ravel(input)


@public(method=True)
def flatten(input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """Merge the dimensions from `start_dim` to `end_dim` into one.

    Parameters
    ----------
    input : Tensor
        Of any shape.
    start_dim : int, default 0
        The first dimension that is merged.
    end_dim : int, default -1
        The last one.

    Returns
    -------
    Tensor
        With that one dimension in their place: a view where that is possible.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.flatten(tg.ones(2, 3, 4), start_dim=1).shape
    torch.Size([2, 12])
    """
    check_tensor(input, "flatten")
    sizes: tuple[int, ...] = plain(input).shape or (1,)
    start = check_dim(start_dim, len(sizes), "flatten", input)
    end = check_dim(end_dim, len(sizes), "flatten", input)
    if start > end:
        raise RuntimeError(f"flatten: start_dim {start_dim} comes after end_dim {end_dim}")
    merged = math.prod(sizes[start : end + 1])
    return ops.reshape(input, shape=(*sizes[:start], merged, *sizes[end + 1 :]))


@public(method=True)
def unflatten(input: Tensor, dim: int, sizes: Sequence[int]) -> Tensor:
    """Split one dimension into several: the inverse of `flatten`.

    Parameters
    ----------
    input : Tensor
        Of one or more dimensions.
    dim : int
        The dimension that is split.
    sizes : tuple of int
        The sizes of the new dimensions; one may be -1: what is left.

    Returns
    -------
    Tensor
        With the new dimensions in the place of that one.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.unflatten(tg.ones(2, 12), 1, (3, -1)).shape
    torch.Size([2, 3, 4])
    """
    line = graph.Tensor(np.empty(side_of(input, dim, "unflatten"), bool))
    if not isinstance(sizes, tuple | list):
        raise TypeError(f"unflatten: sizes is a tuple of ints, not {sizes!r}")
    dim, whole = dim % input.ndim, input.shape
    return ops.reshape(input, shape=(*whole[:dim], *reshape(line, sizes).shape, *whole[dim + 1 :]))


@public(method=True, inplace_shape=True)
def squeeze(input: Tensor, dim: Dim = None) -> Tensor:
    """Remove dimensions of size 1.

    Parameters
    ----------
    input : Tensor
        Of any shape.
    dim : int or tuple of int, optional
        Which dimensions are removed, where their size is 1; all, unless given.

    Returns
    -------
    Tensor
        Without these dimensions, a view.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> x = tg.ones(1, 3, 1)
    >>> tg.squeeze(x).shape, tg.squeeze(x, 0).shape
    (torch.Size([3]), torch.Size([3, 1]))
    """
    sizes = plain(input).shape
    if dim is None:
        left = [n for n in sizes if n != 1]
    else:
        dims = (dim,) if isinstance(dim, int) else dim
        gone = [check_dim(d, len(sizes), "squeeze", input) for d in dims]
        if len(set(gone)) < len(gone):
            raise RuntimeError(f"squeeze: {dim} names a dimension twice")
        left = [n for d, n in enumerate(sizes) if n != 1 or d not in gone]
    return ops.reshape(input, shape=tuple(left))


@public(method=True, inplace_shape=True)
def unsqueeze(input: Tensor, dim: int) -> Tensor:
    """Insert a dimension of size 1.

    Parameters
    ----------
    input : Tensor
        Of any shape.
    dim : int
        Where the new dimension stands in the result.

    Returns
    -------
    Tensor
        With one more dimension, a view.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.unsqueeze(tg.ones(3), 0).shape, tg.unsqueeze(tg.ones(3), -1).shape
    (torch.Size([1, 3]), torch.Size([3, 1]))
    """
    sizes = plain(input).shape
    dim = check_dim(dim, len(sizes) + 1, "unsqueeze")
    return ops.reshape(input, shape=(*sizes[:dim], 1, *sizes[dim:]))


def _at_least(name: str, tensors: Any, widened: Any) -> Any:
    """The tensors, each in the shape that `widened` makes of its own: of one, that; of several, a
    tuple."""
    alone = len(tensors) == 1 and not isinstance(tensors[0], tuple | list)
    found = []
    for x in tensors if alone else sizes_of(tensors):
        check_tensor(x, name)
        shape = tuple(plain(x).shape)
        found.append(x if widened(shape) == shape else ops.reshape(x, shape=widened(shape)))
    return found[0] if alone else tuple(found)


@public()
def atleast_1d(*tensors: Any) -> Any:
    """Return each tensor with at least one dimension.

    Parameters
    ----------
    *tensors : Tensor
        One or several, or a list of them.

    Returns
    -------
    Tensor or tuple of Tensor
        A tensor without dimensions has shape (1,); others are returned as they are.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.atleast_1d(tg.tensor(2.0))
    tensor([2.])
    """
    return _at_least("atleast_1d", tensors, lambda shape: shape or (1,))


@public()
def atleast_2d(*tensors: Any) -> Any:
    """Return each tensor with at least two dimensions, new ones in front.

    Parameters
    ----------
    *tensors : Tensor
        One or several, or a list of them.

    Returns
    -------
    Tensor or tuple of Tensor
        A tensor of shape (n,) has shape (1, n); those of two or more dimensions stay.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.atleast_2d(tg.ones(3)).shape
    torch.Size([1, 3])
    """
    return _at_least("atleast_2d", tensors, lambda shape: (1,) * (2 - len(shape)) + shape)


@public()
def atleast_3d(*tensors: Any) -> Any:
    """Return each tensor with at least three dimensions.

    Parameters
    ----------
    *tensors : Tensor
        One or several, or a list of them.

    Returns
    -------
    Tensor or tuple of Tensor
        A tensor of shape (n,) has shape (1, n, 1), one of (m, n) has (m, n, 1); those of three or
        more dimensions stay.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.atleast_3d(tg.ones(3)).shape
    torch.Size([1, 3, 1])
    """

    def widened(shape: tuple[int, ...]) -> tuple[int, ...]:
        return (1,) * (2 - len(shape)) + shape + (1,) * (len(shape) < 3)

    return _at_least("atleast_3d", tensors, widened)


# ---------------------------------------------------------------- in another order


@public(method=True, inplace_shape=True)
def transpose(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """Exchange two dimensions.

    Parameters
    ----------
    input : Tensor
        Of any shape.
    dim0, dim1 : int
        The two dimensions.

    Returns
    -------
    Tensor
        With the two exchanged, a view.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.transpose(tg.tensor([[1, 2], [3, 4]]), 0, 1)
    tensor([[1, 3],
            [2, 4]])
    """
    ndim = plain(input).ndim
    first, second = (
        check_dim(dim0, ndim, "transpose", input),
        check_dim(dim1, ndim, "transpose", input),
    )
    axes = list(range(ndim))
    if axes:  # a number has none
        axes[first], axes[second] = second, first
    return ops.transpose(input, axes=tuple(axes))


@public(method=True, inplace_shape=True)
def swapdims(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """Exchange two dimensions: another name of `transpose`.

    Parameters
    ----------
    input : Tensor
        Of any shape.
    dim0, dim1 : int
        The two dimensions.

    Returns
    -------
    Tensor
        With the two exchanged, a view.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.swapdims(tg.ones(2, 3, 4), 0, 2).shape
    torch.Size([4, 3, 2])
    """
    return transpose(input, dim0, dim1)


@public(method=True, inplace_shape=True)
def swapaxes(input: Tensor, axis0: int, axis1: int) -> Tensor:
    """Exchange two dimensions: another name of `transpose`, with NumPy's word for a dimension.

    Parameters
    ----------
    input : Tensor
        Of any shape.
    axis0, axis1 : int
        The two dimensions.

    Returns
    -------
    Tensor
        With the two exchanged, a view.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.swapaxes(tg.ones(2, 3, 4), 0, 2).shape
    torch.Size([4, 3, 2])
    """
    return transpose(input, axis0, axis1)


@public(method=True)
def permute(input: Tensor, dims: Any, *more: int) -> Tensor:
    """Put the dimensions in another order.

    Parameters
    ----------
    input : Tensor
        Of any shape.
    dims : tuple of int, or int
        The order: `permute(x, (2, 0, 1))`, `x.permute(2, 0, 1)`.  Dimension k of the result is
        dimension `dims[k]` of the input.
    *more : int
        The other dimensions, where `dims` is an int.

    Returns
    -------
    Tensor
        With the dimensions in that order, a view.

    Raises
    ------
    RuntimeError
        If not each dimension is named once.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.ones(2, 3, 4).permute(2, 0, 1).shape
    torch.Size([4, 2, 3])
    """
    ndim = plain(input).ndim
    order = tuple([check_dim(d, ndim, "permute", input) for d in sizes_of((dims, *more))])
    if sorted(order) != list(range(ndim)):
        raise RuntimeError(
            f"permute: {order} does not name each dimension of {tuple(input.shape)} once"
        )
    return ops.transpose(input, axes=order)


@public("movedim", "moveaxis", method=True)
def movedim(input: Tensor, source: Any, destination: Any) -> Tensor:
    """Move dimensions to other places; the others keep their order.

    Parameters
    ----------
    input : Tensor
        Of any shape.
    source : int or tuple of int
        The dimensions that are moved.
    destination : int or tuple of int
        Where each of them stands in the result.

    Returns
    -------
    Tensor
        With the dimensions moved, a view.

    Raises
    ------
    RuntimeError
        If a dimension is moved twice, or one has no place.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.movedim(tg.ones(2, 3, 4), 0, -1).shape
    torch.Size([3, 4, 2])
    """
    many = isinstance(source, tuple | list)
    froms, tos = (source, destination) if many else ((source,), (destination,))
    froms, tos = ([check_dim(d, input.ndim, "movedim", input) for d in ds] for ds in (froms, tos))
    moves = dict(zip(tos, froms, strict=False))
    if not len(set(moves.values())) == len(moves) == len(froms) == len(tos):
        raise RuntimeError(f"movedim: {source} to {destination} does not move each dimension once")
    order = [d for d in range(input.ndim) if d not in moves.values()]
    for to in sorted(moves):
        order.insert(to, moves[to])
    return ops.transpose(input, axes=tuple(order[: input.ndim]))


@public(method=True, inplace_shape=True)
def t(input: Tensor) -> Tensor:
    """Transpose a matrix.

    Parameters
    ----------
    input : Tensor
        Of at most two dimensions; of fewer than two, it stays as it is.

    Returns
    -------
    Tensor
        Of shape (n, m) for an input of shape (m, n), a view.

    Raises
    ------
    RuntimeError
        If it has more than two dimensions: see `x.mT`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.t(tg.ones(2, 3)).shape
    torch.Size([3, 2])
    """
    if input.ndim > 2:
        raise RuntimeError(f"t: {tuple(input.shape)} is not a matrix; use x.mT")
    return ops.transpose(input)


@public(method=True)
def adjoint(input: Tensor) -> Tensor:
    """Transpose each matrix of a batch: of real numbers, the conjugate transpose.

    Parameters
    ----------
    input : Tensor
        Of two or more dimensions, the last two of which are those of the matrices.

    Returns
    -------
    Tensor
        With the last two dimensions exchanged, a view.

    Raises
    ------
    RuntimeError
        If it has one dimension.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.adjoint(tg.ones(5, 2, 3)).shape
    torch.Size([5, 3, 2])
    """
    if input.ndim == 1:
        raise RuntimeError(f"adjoint: it takes matrices, not {tuple(input.shape)}")
    return transpose(input, -2, -1) if input.ndim else input


@public(method=True)
def flip(input: Tensor, dims: Any, *more: int) -> Tensor:
    """Reverse the order of the elements along dimensions.

    Parameters
    ----------
    input : Tensor
        Of any shape.
    dims : tuple of int, or int
        The dimensions: `flip(x, (0, 1))`, `x.flip(0, 1)`.
    *more : int
        The other dimensions, where `dims` is an int.

    Returns
    -------
    Tensor
        Of the same shape, a copy.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.flip(tg.tensor([[1, 2], [3, 4]]), (0,))
    tensor([[3, 4],
            [1, 2]])
    """
    axis = axis_of(input, sizes_of((dims, *more)), "flip") or ()
    return ops.flip(input, axis=axis if input.ndim else ())


@public(method=True)
def fliplr(input: Tensor) -> Tensor:
    """Reverse the order of the columns: the elements along dimension 1.

    Parameters
    ----------
    input : Tensor
        Of two or more dimensions.

    Returns
    -------
    Tensor
        Of the same shape, a copy.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.fliplr(tg.tensor([[1, 2], [3, 4]]))
    tensor([[2, 1],
            [4, 3]])
    """
    if input.ndim < 2:
        raise RuntimeError(f"fliplr: it takes two dimensions or more, not {tuple(input.shape)}")
    return flip(input, 1)


@public(method=True)
def flipud(input: Tensor) -> Tensor:
    """Reverse the order of the rows: the elements along dimension 0.

    Parameters
    ----------
    input : Tensor
        Of one or more dimensions.

    Returns
    -------
    Tensor
        Of the same shape, a copy.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.flipud(tg.tensor([[1, 2], [3, 4]]))
    tensor([[3, 4],
            [1, 2]])
    """
    if input.ndim < 1:
        raise RuntimeError("flipud: it takes one dimension or more, not a number")
    return flip(input, 0)


@public(method=True)
def rot90(input: Tensor, k: int = 1, dims: Any = (0, 1)) -> Tensor:
    """Rotate by 90 degrees, k times, from the first of two dimensions towards the second.

    Parameters
    ----------
    input : Tensor
        Of two or more dimensions.
    k : int, default 1
        How many times; below 0, in the other direction.
    dims : tuple of two ints, default (0, 1)
        The plane of the rotation.

    Returns
    -------
    Tensor
        With the two dimensions exchanged, if k is odd.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.rot90(tg.tensor([[1, 2], [3, 4]]))
    tensor([[2, 4],
            [1, 3]])
    """
    first, second = two_dims(input.ndim, dims[0], dims[1], "rot90", input)
    if k % 2 == 0:
        return flip(input, dims if k % 4 else ())
    turned = transpose(input, first, second)
    return flip(turned, first if k % 4 == 1 else second)


@public(method=True)
def roll(input: Tensor, shifts: Any, dims: Any = None) -> Tensor:
    """Shift the elements along dimensions; those that pass the end come in at the start.

    Parameters
    ----------
    input : Tensor
        Of any shape.
    shifts : int or tuple of int
        By how many places; one number for each dimension.
    dims : int or tuple of int, optional
        The dimensions.  Unless given, the elements are shifted in order, as if in one dimension.

    Returns
    -------
    Tensor
        Of the same shape, a copy.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.roll(tg.arange(5), 2)
    tensor([3, 4, 0, 1, 2])
    """
    axis = axis_of(input, dims, "roll")
    if np.size(shifts) != (1 if axis is None else np.size(axis)):
        raise RuntimeError(f"roll: give as many shifts as dims, not {shifts} for {dims}")
    return ops.roll(input, shift=shifts, axis=axis)


# ---------------------------------------------------------------- repeated


@public("Tensor.expand")
def expand(input: Tensor, size: Any, *more: int) -> Tensor:
    """Repeat a tensor along its dimensions of size 1, without copying.

    Parameters
    ----------
    input : Tensor
        Of any shape.
    size : tuple of int, or int
        The shape: `x.expand(2, 3)` or `x.expand((2, 3))`; -1 keeps a size.  New dimensions come in
        front.
    *more : int
        The other sizes, where `size` is an int.

    Returns
    -------
    Tensor
        Of that shape, a view: several of its elements lie at one place of the memory.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.tensor([[1], [2]]).expand(-1, 3)
    tensor([[1, 1, 1],
            [2, 2, 2]])
    """
    shape, own = sizes_of((size, *more)), plain(input).shape
    extra = len(shape) - len(own)
    if extra < 0 or -1 in shape[:extra]:
        raise RuntimeError(f"expand: {own} cannot be expanded to {shape}: give each new size")
    if -1 in shape:
        shape = tuple([own[k - extra] if n == -1 else n for k, n in enumerate(shape)])
    return expanded(input, shape)


def expanded(input: Any, shape: tuple[int, ...]) -> Any:
    """The tensor repeated to a shape: where nothing is repeated, a view that can be written to."""
    own = plain(input).shape
    if shape == (1,) * (len(shape) - len(own)) + own:
        return ops.reshape(input, shape=shape)
    return ops.broadcast_to(input, shape=shape)


@public("Tensor.expand_as")
def expand_as(input: Tensor, other: Tensor) -> Tensor:
    """Repeat a tensor along its dimensions of size 1 to the shape of another, without copying.

    Parameters
    ----------
    input : Tensor
        Of any shape.
    other : Tensor
        The tensor whose shape is taken.

    Returns
    -------
    Tensor
        Of the shape of `other`, a view.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.tensor([1, 2]).expand_as(tg.zeros(2, 2))
    tensor([[1, 2],
            [1, 2]])
    """
    return expand(input, other.shape)


@public(method=True)
def broadcast_to(input: Tensor, size: Any, *more: int) -> Tensor:
    """Repeat a tensor along its dimensions of size 1, without copying.

    Parameters
    ----------
    input : Tensor
        Of any shape.
    size : tuple of int, or int
        The shape: `broadcast_to(x, (2, 3))`, `x.broadcast_to(2, 3)`; -1 keeps a size.
    *more : int
        The other sizes, where `size` is an int.

    Returns
    -------
    Tensor
        Of that shape, a view.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.broadcast_to(tg.tensor([1, 2]), (2, 2))
    tensor([[1, 2],
            [1, 2]])
    """
    return expand(input, size, *more)


@public()
def broadcast_tensors(*tensors: Any) -> tuple[Tensor, ...]:
    """Repeat tensors to the shape in which they broadcast, without copying.

    Parameters
    ----------
    *tensors : Tensor
        Of shapes that broadcast, or a list of them.

    Returns
    -------
    tuple of Tensor
        All of one shape, views.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> a, b = tg.broadcast_tensors(tg.ones(3, 1), tg.ones(4))
    >>> a.shape, b.shape
    (torch.Size([3, 4]), torch.Size([3, 4]))
    """
    xs: Any = sizes_of(tensors)
    shape = np.broadcast_shapes(*[x.shape for x in xs])
    return tuple([expanded(x, shape) for x in xs])


@public("Tensor.repeat")
def repeat(input: Tensor, repeats: Any, *more: int) -> Tensor:
    """Repeat the whole tensor along each dimension.

    Parameters
    ----------
    input : Tensor
        Of any shape.
    repeats : tuple of int, or int
        How often, along each dimension: `x.repeat(2, 1)` or `x.repeat((2, 1))`.  Further dimensions
        come in front.
    *more : int
        The other numbers, where `repeats` is an int.

    Returns
    -------
    Tensor
        Each size multiplied, a copy.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.tensor([1, 2]).repeat(2, 2)
    tensor([[1, 2, 1, 2],
            [1, 2, 1, 2]])
    """
    counts = sizes_of((repeats, *more))
    sizes = (1,) * (len(counts) - input.ndim) + input.shape
    if len(counts) < input.ndim or any(n < 0 for n in counts):
        raise RuntimeError(f"repeat: {counts} does not say how often to repeat each of {sizes}")
    apart = ops.reshape(input, shape=[n for size in sizes for n in (1, size)])
    pairs = list(zip(counts, sizes, strict=True))
    apart = ops.broadcast_to(apart, shape=tuple(n for pair in pairs for n in pair))
    repeated: Any = ops.reshape(apart, shape=tuple(count * size for count, size in pairs))
    flags = getattr(repeated.array, "flags", None)
    return ops.copy(repeated) if flags and not flags.writeable else repeated


@public(method=True)
def tile(input: Tensor, dims: Any, *more: int) -> Tensor:
    """Repeat the whole tensor along its last dimensions, as NumPy's `tile`.

    Parameters
    ----------
    input : Tensor
        Of any shape.
    dims : tuple of int, or int
        How often, along each of the last dimensions: `tile(x, (2, 1))`, `x.tile(2, 1)`.
    *more : int
        The other numbers, where `dims` is an int.

    Returns
    -------
    Tensor
        Each of these sizes multiplied, a copy.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.tile(tg.tensor([[1], [2]]), (3,))
    tensor([[1, 1, 1],
            [2, 2, 2]])
    """
    counts = sizes_of((dims, *more))
    return repeat(input, (1,) * (input.ndim - len(counts)) + tuple(counts))


@public(method=True)
def repeat_interleave(
    input: Tensor, repeats: Any = None, dim: Any = None, *, output_size: Any = None
) -> Tensor:
    """Repeat each element, or slice along a dimension, so many times in a row.

    Parameters
    ----------
    input : Tensor
        Of any shape.  Alone, it holds how often each of its indices is repeated.
    repeats : int or Tensor
        How often: one number for all, or one for each place along `dim`.
    dim : int, optional
        The dimension.  Unless given, the elements are taken in order, as if in one dimension.
    output_size : int, optional
        Accepted as in PyTorch; the size of the result is computed.

    Returns
    -------
    Tensor
        With that dimension longer, a copy.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.repeat_interleave(tg.tensor([1, 2]), 2)
    tensor([1, 1, 2, 2])
    >>> tg.repeat_interleave(tg.tensor([1, 2]), tg.tensor([3, 1]))
    tensor([1, 1, 1, 2])
    """
    if repeats is None:
        input, repeats = graph.Tensor(np.arange(len(input), dtype=input.dtype)), input
    x, axis = (ravel(input), 0) if dim is None or not input.ndim else (input, dim)
    axis = check_dim(axis, x.ndim, "repeat_interleave", x)
    if isinstance(repeats, int):
        counts = [repeats if d == axis + 1 else 1 for d in range(x.ndim + 1)]
        return flatten(repeat(unsqueeze(x, axis + 1), counts), axis, axis + 1)
    return x[(slice(None),) * axis + (np.repeat(np.arange(x.shape[axis]), plain(repeats)),)]


@public("Tensor.sum_to_size")
def sum_to_size(input: Tensor, size: Any, *more: int) -> Tensor:
    """Sum over dimensions, so that the result has a shape that broadcasts to this one.

    Parameters
    ----------
    input : Tensor
        Of any shape.
    size : tuple of int, or int
        The shape: `x.sum_to_size(1, 3)` or `x.sum_to_size((1, 3))`.
    *more : int
        The other sizes, where `size` is an int.

    Returns
    -------
    Tensor
        Of that shape.

    Raises
    ------
    RuntimeError
        If the shape does not broadcast to that of the input.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.ones(2, 3).sum_to_size(1, 3)
    tensor([[2., 2., 2.]])
    """
    shape, own = sizes_of((size, *more)), tuple(input.shape)
    lead = len(own) - len(shape)
    pairs = list(zip(own[max(lead, 0) :], shape, strict=False))
    if lead < 0 or any(n not in (1, whole) for whole, n in pairs):
        raise RuntimeError(f"sum_to_size: {shape} does not broadcast to {own}")
    summed = [lead + k for k, (whole, n) in enumerate(pairs) if n != whole]
    axis = (*range(lead), *summed)
    return ops.reshape(ops.sum(input, axis=axis), shape=shape) if axis else input


# ---------------------------------------------------------------- windows on the memory


@public("Tensor.unfold")
def unfold(input: Tensor, dimension: int, size: int, step: int) -> Tensor:
    """Return all slices of one size along a dimension, as windows that slide over it.

    `nn.functional.unfold`, which copies the patches of images, is another function.

    Parameters
    ----------
    input : Tensor
        Of any shape.
    dimension : int
        The dimension.
    size : int
        How many elements are in a slice.
    step : int
        How many places lie between the starts of neighbours.

    Returns
    -------
    Tensor
        A view in which `dimension` has size (n - size) // step + 1, with a new last dimension of
        `size`.

    Raises
    ------
    RuntimeError
        If no slice fits.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.arange(7).unfold(0, 3, 2)
    tensor([[0, 1, 2],
            [2, 3, 4],
            [4, 5, 6]])
    """
    if input.ndim == 0:  # one place, as in PyTorch
        return unfold(input.reshape((1,)), dimension, size, step)[0]
    length = side_of(input, dimension, "unfold")
    if not 0 <= size <= length or step < 1:
        raise RuntimeError(f"unfold: no slices of {size}, one every {step}, in {length} elements")
    return ops.slices(input, axis=dimension % input.ndim, size=size, step=step)


@public(method=True)
def as_strided(input: Tensor, size: Any, stride: Any, storage_offset: int | None = None) -> Tensor:
    """Look into the memory of a tensor with other sizes and strides.

    Parameters
    ----------
    input : Tensor
        Of any shape.
    size : tuple of int
        The shape of the result.
    stride : tuple of int
        For each dimension, how many elements of the memory lie between neighbours, at least 0.
    storage_offset : int, optional
        Where in the memory the result starts; where the input does, unless given.

    Returns
    -------
    Tensor
        Of shape `size`, a view.

    Raises
    ------
    ValueError
        If it would reach beyond the memory.
    RuntimeError
        If a size or a stride is negative, or there are not as many strides as sizes.

    Notes
    -----
    What lies in the memory and is no element of the input has no gradient.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.as_strided(tg.arange(6), (2, 2), (1, 2), 1)
    tensor([[1, 3],
            [2, 4]])
    """
    size, stride = sizes_of((size,)), sizes_of((stride,))
    if len(size) != len(stride) or min((*size, *stride), default=0) < 0:
        raise RuntimeError(f"as_strided: each size has a stride of at least 0: {size}, {stride}")
    own = layout_of(plain(input))
    start = own[1] if storage_offset is None else int(storage_offset)
    return ops.as_strided(input, size=size, stride=stride, start=start, own=own)
