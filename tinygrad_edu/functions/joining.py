"""Join several tensors into one, and split one into several: cat, stack, split, chunk."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from .. import ops
from ..engine import graph
from ..registry import public
from .arguments import Tensor, check_dim, plain, side_of
from .shape import atleast_1d, atleast_2d, atleast_3d

# ---------------------------------------------------------------- joined


@public("cat", "concat", "concatenate", out=True)
def cat(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """Join tensors along a dimension that they have.

    Parameters
    ----------
    tensors : list or tuple of Tensor
        Of shapes that are equal but along `dim`; an empty `tensor([])` adds nothing.
    dim : int, default 0
        The dimension.

    Returns
    -------
    Tensor
        The tensors one after another.

    Raises
    ------
    ValueError
        If there is no tensor, or the shapes do not fit.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.cat([tg.ones(2), tg.zeros(1)])
    tensor([1., 1., 0.])
    """
    return _joined(ops.concatenate, "cat", tensors, dim, 0)


@public(out=True)
def stack(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """Join tensors of one shape along a new dimension.

    Parameters
    ----------
    tensors : list or tuple of Tensor
        Of one shape.
    dim : int, default 0
        Where the new dimension stands in the result.

    Returns
    -------
    Tensor
        With one more dimension, of the number of tensors.

    Raises
    ------
    ValueError
        If there is no tensor, or the shapes differ.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.stack([tg.tensor([1, 2]), tg.tensor([3, 4])], dim=1)
    tensor([[1, 3],
            [2, 4]])
    """
    return _joined(ops.stack, "stack", tensors, dim, 1)


def _joined(join: Any, name: str, tensors: Any, axis: int, new: int) -> Any:
    tensors = _several(name, tensors)
    tensors = [x for x in tensors if new or x.shape != (0,)] or tensors
    check_dim(axis, tensors[0].ndim + new, name)
    return join(*tensors, axis=axis)


def _several(name: str, tensors: Any) -> Any:
    """The tensors of a list.  Raises TypeError for what is no list, ValueError for an empty one."""
    if not isinstance(tensors, tuple | list):
        raise TypeError(f"{name}: the tensors stand in a list, as in {name}([a, b])")
    if not tensors:
        raise ValueError(f"{name}: there is no tensor in the list; it needs at least one")
    return tensors


@public(out=True)
def hstack(tensors: Sequence[Tensor]) -> Tensor:
    """Join tensors along dimension 1: matrices side by side, vectors along their only dimension.

    Parameters
    ----------
    tensors : list or tuple of Tensor
        Of shapes that are equal but along that dimension.

    Returns
    -------
    Tensor
        The tensors one after another.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.hstack([tg.tensor([1, 2]), tg.tensor([3])])
    tensor([1, 2, 3])
    """
    xs = [atleast_1d(x) for x in _several("hstack", tensors)]
    return cat(xs, 0 if xs[0].ndim < 2 else 1)


@public("vstack", "row_stack", out=True)
def vstack(tensors: Sequence[Tensor]) -> Tensor:
    """Join tensors along dimension 0, as rows; a vector is one row.

    Parameters
    ----------
    tensors : list or tuple of Tensor
        Of shapes that are equal but along dimension 0.

    Returns
    -------
    Tensor
        The tensors one below another.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.vstack([tg.tensor([1, 2]), tg.tensor([3, 4])])
    tensor([[1, 2],
            [3, 4]])
    """
    return cat([atleast_2d(x) for x in _several("vstack", tensors)], 0)


@public(out=True)
def dstack(tensors: Sequence[Tensor]) -> Tensor:
    """Join tensors along dimension 2, in depth; a matrix of shape (m, n) counts as (m, n, 1).

    Parameters
    ----------
    tensors : list or tuple of Tensor
        Of shapes that are equal but along dimension 2.

    Returns
    -------
    Tensor
        Of three or more dimensions.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.dstack([tg.ones(2, 3), tg.zeros(2, 3)]).shape
    torch.Size([2, 3, 2])
    """
    return cat([atleast_3d(x) for x in _several("dstack", tensors)], 2)


@public(out=True)
def column_stack(tensors: Sequence[Tensor]) -> Tensor:
    """Join tensors along dimension 1, as columns; a vector is one column.

    Parameters
    ----------
    tensors : list or tuple of Tensor
        Of shapes that are equal but along dimension 1.

    Returns
    -------
    Tensor
        The tensors side by side.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.column_stack([tg.tensor([1, 2]), tg.tensor([3, 4])])
    tensor([[1, 3],
            [2, 4]])
    """
    xs = _several("column_stack", tensors)
    return hstack([x.reshape(-1, 1) if x.ndim < 2 else x for x in xs])


@public()
def block_diag(*tensors: Any) -> Tensor:
    """Join matrices along the diagonal of a matrix of zeros.

    Parameters
    ----------
    *tensors : Tensor
        Of at most two dimensions; a vector is one row, a number a matrix of one element.

    Returns
    -------
    Tensor
        A matrix with as many rows, and columns, as all of them together.

    Raises
    ------
    RuntimeError
        If one has more than two dimensions.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.block_diag(tg.tensor([[1, 2]]), tg.tensor([[3], [4]]))
    tensor([[1, 2, 0],
            [0, 0, 3],
            [0, 0, 4]])
    """
    blocks = [atleast_2d(x) for x in tensors or (graph.Tensor(),)]
    if wrong := [tuple(x.shape) for x in blocks if x.ndim > 2]:
        raise RuntimeError(f"block_diag: it takes matrices, not {wrong[0]}")
    total, start, rows = sum(x.shape[1] for x in blocks), 0, []
    for x in blocks:
        width = x.shape[1]
        rows.append(ops.pad(x, pad_width=((0, 0), (start, total - start - width))))
        start += width
    return ops.concatenate(*rows, axis=0)


# ---------------------------------------------------------------- parts


@public(method=True)
def narrow(input: Tensor, dim: int, start: Any, length: int) -> Tensor:
    """Return a slice of one length along a dimension.

    Parameters
    ----------
    input : Tensor
        Of one or more dimensions.
    dim : int
        The dimension.
    start : int or Tensor
        The first place; below 0, counted from the end.
    length : int
        How many places.

    Returns
    -------
    Tensor
        With that dimension of size `length`, a view.

    Raises
    ------
    RuntimeError
        If the slice does not lie within the dimension.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.narrow(tg.arange(5), 0, 1, 3)
    tensor([1, 2, 3])
    """
    size, start = side_of(input, dim, "narrow"), int(start)
    first = start + size if start < 0 else start
    if length < 0 or not 0 <= first <= size - length:
        raise RuntimeError(f"narrow: {length} places from {start} on do not lie within {size}")
    return select(input, dim, slice(first, first + length))


@public(method=True, out=True)
def narrow_copy(input: Tensor, dim: int, start: Any, length: int) -> Tensor:
    """Return a copy of a slice of one length along a dimension: see `narrow`.

    Parameters
    ----------
    input : Tensor
        Of one or more dimensions.
    dim : int
        The dimension.
    start : int or Tensor
        The first place; below 0, counted from the end.
    length : int
        How many places.

    Returns
    -------
    Tensor
        With that dimension of size `length`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.narrow_copy(tg.arange(5), 0, 1, 3)
    tensor([1, 2, 3])
    """
    return ops.copy(narrow(input, dim, start, length))


@public(method=True)
def select(input: Tensor, dim: int, index: Any) -> Tensor:
    """Return what stands at one place along a dimension.

    Parameters
    ----------
    input : Tensor
        Of one or more dimensions.
    dim : int
        The dimension.
    index : int
        The place; below 0, counted from the end.

    Returns
    -------
    Tensor
        Without that dimension, a view.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.select(tg.tensor([[1, 2], [3, 4]]), 1, 0)
    tensor([1, 3])
    """
    return ops.getitem(input, key=(*(slice(None),) * (dim % input.ndim), index, Ellipsis))


@public(method=True)
def unbind(input: Tensor, dim: int = 0) -> tuple[Tensor, ...]:
    """Return what stands at each place along a dimension.

    Parameters
    ----------
    input : Tensor
        Of one or more dimensions.
    dim : int, default 0
        The dimension.

    Returns
    -------
    tuple of Tensor
        One for each place, without that dimension, views.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.unbind(tg.tensor([[1, 2], [3, 4]]))
    (tensor([1, 2]), tensor([3, 4]))
    """
    return tuple([select(input, dim, k) for k in range(side_of(input, dim, "unbind"))])


@public()
def split(tensor: Tensor, split_size_or_sections: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """Split a tensor along a dimension into parts of one size, or of given sizes.

    Parameters
    ----------
    tensor : Tensor
        Of one or more dimensions.
    split_size_or_sections : int or list of int
        The size of the parts, the last of which may be smaller; or the size of each.
    dim : int, default 0
        The dimension.

    Returns
    -------
    tuple of Tensor
        The parts, views.

    Raises
    ------
    RuntimeError
        If the sizes do not add up to that of the dimension.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.split(tg.arange(5), 2)
    (tensor([0, 1]), tensor([2, 3]), tensor([4]))
    """
    size, sizes = side_of(tensor, dim, "split"), split_size_or_sections
    if isinstance(sizes, int):
        if sizes < (size > 0):
            raise RuntimeError(f"split: {size} places do not fall into parts of {sizes}")
        sizes = [min(sizes, size - k) for k in range(0, size, max(sizes, 1))] or [0]
    if sum(sizes) != size or min(sizes, default=0) < 0:
        raise RuntimeError(f"split: the sizes {sizes} do not add up to dimension {dim}'s {size}")
    ends = list(itertools.accumulate(sizes))
    return _cut(tensor, [0, *ends[:-1]], ends, dim)


def _cut(x: Any, starts: Sequence[Any], ends: Sequence[Any], dim: int) -> tuple[Any, ...]:
    """The parts from each start to the end beside it, views."""
    pairs = zip(starts, ends, strict=False)
    return tuple([select(x, dim, slice(start, end)) for start, end in pairs])


@public("Tensor.split")
def split_method(input: Tensor, split_size: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """Split this tensor along a dimension into parts of one size, or of given sizes.

    Parameters
    ----------
    input : Tensor
        Of one or more dimensions.
    split_size : int or list of int
        The size of the parts, the last of which may be smaller; or the size of each.
    dim : int, default 0
        The dimension.

    Returns
    -------
    tuple of Tensor
        The parts, views.

    Raises
    ------
    RuntimeError
        If the sizes do not add up to that of the dimension.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.arange(5).split([2, 3])
    (tensor([0, 1]), tensor([2, 3, 4]))
    """
    return split(input, split_size, dim)


@public(method=True)
def unsafe_split(input: Tensor, split_size: int, dim: int = 0) -> tuple[Tensor, ...]:
    """Split a tensor along a dimension into parts of one size: what `split` does.

    Parameters
    ----------
    input : Tensor
        Of any shape.
    split_size : int
        The size of the parts; the last one may be smaller.
    dim : int, default 0
        The dimension.

    Returns
    -------
    tuple of Tensor
        The parts, as views.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.unsafe_split(tg.arange(5), 2)
    (tensor([0, 1]), tensor([2, 3]), tensor([4]))
    """
    return split(input, split_size, dim)


@public("split_with_sizes", "unsafe_split_with_sizes", method=True)
def split_with_sizes(input: Tensor, split_sizes: Sequence[int], dim: int = 0) -> tuple[Tensor, ...]:
    """Split a tensor along a dimension into parts of given sizes.

    Parameters
    ----------
    input : Tensor
        Of one or more dimensions.
    split_sizes : list of int
        The size of each part.
    dim : int, default 0
        The dimension.

    Returns
    -------
    tuple of Tensor
        The parts, views.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.split_with_sizes(tg.arange(5), [2, 3])
    (tensor([0, 1]), tensor([2, 3, 4]))
    """
    if not isinstance(split_sizes, tuple | list):
        raise TypeError(f"split_with_sizes: the sizes stand in a list, not {split_sizes!r}")
    return split(input, split_sizes, dim)


@public("chunk", "unsafe_chunk", method=True)
def chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """Split a tensor along a dimension into at most so many parts, all but the last of one size.

    Parameters
    ----------
    input : Tensor
        Of one or more dimensions.
    chunks : int
        How many parts at most, 1 or more.
    dim : int, default 0
        The dimension.

    Returns
    -------
    tuple of Tensor
        The parts, views.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.chunk(tg.arange(5), 3)
    (tensor([0, 1]), tensor([2, 3]), tensor([4]))
    """
    if chunks <= 0:
        raise RuntimeError(f"chunk: a tensor falls into 1 part or more, not {chunks}")
    size = side_of(input, dim, "chunk")
    return split(input, -(-size // chunks) if size else [0] * chunks, dim)


@public(method=True)
def tensor_split(
    input: Tensor,
    indices_or_sections: Any = None,
    dim: int = 0,
    *,
    indices: Any = None,
    sections: Any = None,
    tensor_indices_or_sections: Any = None,
) -> tuple[Tensor, ...]:
    """Split a tensor along a dimension into so many parts, or before given places.

    Parameters
    ----------
    input : Tensor
        Of one or more dimensions.
    indices_or_sections : int, tuple of int or Tensor
        How many parts, whose sizes differ by 1 at most, the larger ones first; or the places before
        which it is cut.
    dim : int, default 0
        The dimension.
    indices, sections, tensor_indices_or_sections : optional
        The same, under PyTorch's other names.

    Returns
    -------
    tuple of Tensor
        The parts, views.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.tensor_split(tg.arange(5), 2)
    (tensor([0, 1, 2]), tensor([3, 4]))
    >>> tg.tensor_split(tg.arange(5), (1, 3))
    (tensor([0]), tensor([1, 2]), tensor([3, 4]))
    """
    given = (indices_or_sections, indices, sections, tensor_indices_or_sections)
    return _split_at("tensor_split", input, _one_of("tensor_split", *given), dim)


def _one_of(name: str, *given: Any) -> Any:
    """That one of the arguments which is given: how many parts, or where they begin."""
    found = [x for x in given if x is not None]
    if len(found) != 1:
        raise TypeError(f"{name}: give either indices or sections, once, not {found}")
    where = plain(found[0])
    if not hasattr(where, "dtype"):
        return where
    if where.dtype.kind not in "iu":
        raise RuntimeError(f"{name}: places are whole numbers, not {where.dtype}")
    return where.tolist()


def _split_at(
    name: str, input: Any, where: Any, dim: int, evenly: bool = False
) -> tuple[Tensor, ...]:
    size = side_of(input, dim, name)
    if not isinstance(where, int):
        return _cut(input, [0, *where], [*where, size], dim)
    if where <= 0 or (evenly and size % where):
        raise RuntimeError(f"{name}: {size} places along dimension {dim}: not {where} equal parts")
    larger, small = size % where, size // where
    return split(input, [small + (k < larger) for k in range(where)], dim)


def _split_along(name: str, input: Any, where: Any, dim: int, least: int) -> tuple[Tensor, ...]:
    if input.ndim < least:
        raise RuntimeError(f"{name}: it takes {least} dimensions or more, not {tuple(input.shape)}")
    return _split_at(name, input, where, dim, evenly=True)


@public(method=True)
def hsplit(
    input: Tensor, indices_or_sections: Any = None, *, indices: Any = None, sections: Any = None
) -> tuple[Tensor, ...]:
    """Split a tensor along dimension 1, into columns; a vector along its only dimension.

    Parameters
    ----------
    input : Tensor
        Of one or more dimensions.
    indices_or_sections : int or tuple of int
        How many equal parts, or the places before which it is cut.
    indices, sections : optional
        The same, under PyTorch's other names.

    Returns
    -------
    tuple of Tensor
        The parts, views.

    Raises
    ------
    RuntimeError
        If the parts would not be equal.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.hsplit(tg.arange(6), 2)
    (tensor([0, 1, 2]), tensor([3, 4, 5]))
    """
    where = _one_of("hsplit", indices_or_sections, indices, sections)
    return _split_along("hsplit", input, where, 0 if input.ndim == 1 else 1, 1)


@public(method=True)
def vsplit(
    input: Tensor, indices_or_sections: Any = None, *, indices: Any = None, sections: Any = None
) -> tuple[Tensor, ...]:
    """Split a tensor along dimension 0, into rows.

    Parameters
    ----------
    input : Tensor
        Of two or more dimensions.
    indices_or_sections : int or tuple of int
        How many equal parts, or the places before which it is cut.
    indices, sections : optional
        The same, under PyTorch's other names.

    Returns
    -------
    tuple of Tensor
        The parts, views.

    Raises
    ------
    RuntimeError
        If the parts would not be equal.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.vsplit(tg.tensor([[1, 2], [3, 4]]), 2)
    (tensor([[1, 2]]), tensor([[3, 4]]))
    """
    where = _one_of("vsplit", indices_or_sections, indices, sections)
    return _split_along("vsplit", input, where, 0, 2)


@public(method=True)
def dsplit(
    input: Tensor, indices_or_sections: Any = None, *, indices: Any = None, sections: Any = None
) -> tuple[Tensor, ...]:
    """Split a tensor along dimension 2, in depth.

    Parameters
    ----------
    input : Tensor
        Of three or more dimensions.
    indices_or_sections : int or tuple of int
        How many equal parts, or the places before which it is cut.
    indices, sections : optional
        The same, under PyTorch's other names.

    Returns
    -------
    tuple of Tensor
        The parts, views.

    Raises
    ------
    RuntimeError
        If the parts would not be equal.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> [part.shape for part in tg.dsplit(tg.ones(2, 3, 4), (1,))]
    [torch.Size([2, 3, 1]), torch.Size([2, 3, 3])]
    """
    where = _one_of("dsplit", indices_or_sections, indices, sections)
    return _split_along("dsplit", input, where, 2, 3)
