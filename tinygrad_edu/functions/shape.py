"""The same numbers in another shape: views, permutations, repeats, joins and splits."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import ops
from ..engine import graph
from ..registry import public
from .arguments import Dim, Tensor, axis_of, check_dim, check_tensor, plain, sizes_of

# ---------------------------------------------------------------- in order, in another shape


@public("numel", "Tensor.nelement", method=True)
def numel(input: Tensor) -> int:
    """How many numbers it holds."""
    return int(plain(input).size)


@public(method=True)
def reshape(input: Tensor, *shape: Any) -> Tensor:
    """The same numbers, in order, in another shape; one size may be -1."""
    sizes = sizes_of(shape)
    if sizes and min(sizes) < -1:
        raise RuntimeError(f"reshape: {sizes} has a size below -1; -1 stands for what is left")
    return ops.reshape(input, shape=sizes)


@public("Tensor.view")
def view(input: Tensor, *shape: Any) -> Tensor:
    """The same memory in another shape, as `reshape` where that needs no copy.

    Raises RuntimeError for a view (as x.t()) whose strides do not allow that.
    """
    if shape and isinstance(shape[0], np.dtype | type):
        raise TypeError(f"view({shape[0]}): bytes are not read as another dtype; use x.to(dtype)")
    result, array = reshape(input, *shape), input.array
    if result._base is not None or not isinstance(array, np.ndarray) or array.size == 0:
        return result
    at = f"view: {array.shape} with strides {array.strides} cannot be seen as {tuple(result.shape)}"
    raise RuntimeError(f"{at} without a copy; use reshape, or contiguous() first")


@public("Tensor.view_as")
def view_as(input: Tensor, other: Any) -> Tensor:
    """The same memory in the shape of another tensor."""
    return view(input, other.shape)


@public("Tensor.reshape_as")
def reshape_as(input: Tensor, other: Any) -> Tensor:
    """The same numbers, in order, in the shape of another tensor."""
    return reshape(input, other.shape)


@public(method=True)
def ravel(input: Tensor) -> Tensor:
    """The same numbers, in order, as a vector."""
    return ops.reshape(input, shape=(-1,))


@public(method=True)
def flatten(input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """The dimensions from `start_dim` to `end_dim` made one."""
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
    """One dimension made several, the inverse of `flatten`; one of the sizes may be -1."""
    line = graph.Tensor(np.empty(_side(input, dim, "unflatten"), bool))
    dim, whole = dim % input.ndim, input.shape
    return ops.reshape(input, shape=(*whole[:dim], *reshape(line, sizes).shape, *whole[dim + 1 :]))


@public(method=True, inplace_shape=True)
def squeeze(input: Tensor, dim: Dim = None) -> Tensor:
    """The tensor without its sides of 1, or without those of `dim` that are 1."""
    sizes = plain(input).shape
    if dim is None:
        left = [n for n in sizes if n != 1]
    else:
        dims = (dim,) if isinstance(dim, int) else dim
        gone = [check_dim(d, len(sizes), "squeeze", input) for d in dims]
        left = [n for d, n in enumerate(sizes) if n != 1 or d not in gone]
    return ops.reshape(input, shape=tuple(left))


@public(method=True, inplace_shape=True)
def unsqueeze(input: Tensor, dim: int) -> Tensor:
    """The tensor with a side of 1 put in at `dim`."""
    sizes = plain(input).shape
    dim = check_dim(dim, len(sizes) + 1, "unsqueeze")
    return ops.reshape(input, shape=(*sizes[:dim], 1, *sizes[dim:]))


# ---------------------------------------------------------------- in another order


@public("transpose", "swapaxes", "swapdims", method=True, inplace_shape=True)
def transpose(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """The tensor with two dimensions exchanged."""
    ndim = plain(input).ndim
    first, second = (
        check_dim(dim0, ndim, "transpose", input),
        check_dim(dim1, ndim, "transpose", input),
    )
    axes = list(range(ndim))
    if axes:  # a number has none
        axes[first], axes[second] = second, first
    return ops.transpose(input, axes=tuple(axes))


@public(method=True)
def permute(input: Tensor, *dims: Any) -> Tensor:
    """The tensor with its dimensions in another order."""
    ndim = plain(input).ndim
    order = tuple([check_dim(d, ndim, "permute", input) for d in sizes_of(dims)])
    if sorted(order) != list(range(ndim)):
        raise RuntimeError(
            f"permute: {order} does not name each dimension of {tuple(input.shape)} once"
        )
    return ops.transpose(input, axes=order)


@public("movedim", "moveaxis", method=True)
def movedim(input: Tensor, source: Any, destination: Any) -> Tensor:
    """The dimensions `source` moved to the places `destination`; the others keep their order."""
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
    """The transpose of a matrix; a vector stays as it is."""
    if input.ndim > 2:
        raise RuntimeError(f"t: {tuple(input.shape)} is not a matrix; use x.mT")
    return ops.transpose(input)


@public(method=True)
def flip(input: Tensor, dims: Any, *more: int) -> Tensor:
    """The tensor with its order along `dims` reversed, a copy."""
    axis = axis_of(input, sizes_of((dims, *more)), "flip") or ()
    return ops.flip(input, axis=axis if input.ndim else ())


@public(method=True)
def rot90(input: Tensor, k: int = 1, dims: Any = (0, 1)) -> Tensor:
    """The tensor turned by k quarters of a circle, from the first of `dims` towards the second."""
    first, second = _two_dims(input.ndim, dims[0], dims[1], "rot90", input)
    if k % 2 == 0:
        return flip(input, dims if k % 4 else ())
    turned = transpose(input, first, second)
    return flip(turned, first if k % 4 == 1 else second)


@public(method=True)
def roll(input: Tensor, shifts: Any, dims: Any = None) -> Tensor:
    """The numbers moved on by `shifts` along `dims` (or, flattened, all), round the end."""
    axis = axis_of(input, dims, "roll")
    if np.size(shifts) != (1 if axis is None else np.size(axis)):
        raise RuntimeError(f"roll: give as many shifts as dims, not {shifts} for {dims}")
    return ops.roll(input, shift=shifts, axis=axis)


# ---------------------------------------------------------------- repeated


@public("Tensor.expand")
def expand(input: Tensor, *sizes: Any) -> Tensor:
    """The tensor repeated along its sides of 1, without copying; -1 keeps a size."""
    shape, own = sizes_of(sizes), plain(input).shape
    extra = len(shape) - len(own)
    if extra < 0 or -1 in shape[:extra]:
        raise RuntimeError(f"expand: {own} cannot be expanded to {shape}: give each new size")
    if -1 in shape:
        shape = tuple([own[k - extra] if n == -1 else n for k, n in enumerate(shape)])
    return _expanded(input, shape)


def _expanded(input: Any, shape: tuple[int, ...]) -> Any:
    """The tensor repeated to a shape: where nothing is repeated, a view that can be written to."""
    own = plain(input).shape
    if shape == (1,) * (len(shape) - len(own)) + own:
        return ops.reshape(input, shape=shape)
    return ops.broadcast_to(input, shape=shape)


@public("Tensor.expand_as")
def expand_as(input: Tensor, other: Any) -> Tensor:
    """The tensor repeated along its sides of 1 to the shape of another, without copying."""
    return expand(input, other.shape)


@public(method=True)
def broadcast_to(input: Tensor, size: Sequence[int]) -> Tensor:
    """The tensor repeated along its sides of 1, without copying."""
    return _expanded(input, tuple(size))


@public()
def broadcast_tensors(*tensors: Any) -> tuple[Tensor, ...]:
    """The tensors, each repeated to the shape in which they meet, without copying."""
    xs: Any = sizes_of(tensors)
    shape = np.broadcast_shapes(*[x.shape for x in xs])
    return tuple([_expanded(x, shape) for x in xs])


@public("Tensor.repeat")
def repeat(input: Tensor, *repeats: Any) -> Tensor:
    """The whole tensor so many times along each dimension (new ones come in front)."""
    counts = sizes_of(repeats)
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
def tile(input: Tensor, *dims: Any) -> Tensor:
    """The whole tensor so many times along each of the last dimensions, as NumPy's `tile`."""
    counts = sizes_of(dims)
    return repeat(input, (1,) * (input.ndim - len(counts)) + tuple(counts))


@public(method=True)
def repeat_interleave(
    input: Tensor, repeats: Any = None, dim: Any = None, *, output_size: Any = None
) -> Tensor:
    """Each number so many times in a row along `dim` (of all, flattened, without it); `repeats` is
    an int, or a tensor with one for each place.  Alone, such a tensor repeats its places."""
    if repeats is None:
        input, repeats = graph.Tensor(np.arange(len(input), dtype=input.dtype)), input
    x, axis = (ravel(input), 0) if dim is None or not input.ndim else (input, dim)
    axis = check_dim(axis, x.ndim, "repeat_interleave", x)
    if isinstance(repeats, int):
        counts = [repeats if d == axis + 1 else 1 for d in range(x.ndim + 1)]
        return flatten(repeat(unsqueeze(x, axis + 1), counts), axis, axis + 1)
    return x[(slice(None),) * axis + (np.repeat(np.arange(x.shape[axis]), plain(repeats)),)]


# ---------------------------------------------------------------- joined


@public("cat", "concat", "concatenate", out=True)
def cat(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """The tensors one after another along a dimension that they have; `tensor([])` adds nothing."""
    return _joined(ops.concatenate, "cat", tensors, dim, 0)


@public(out=True)
def stack(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """The tensors side by side along a new dimension."""
    return _joined(ops.stack, "stack", tensors, dim, 1)


def _joined(join: Any, name: str, tensors: Any, axis: int, new: int) -> Any:
    if not isinstance(tensors, tuple | list):
        raise TypeError(f"{name}: the tensors stand in a list, as in {name}([a, b])")
    if not tensors:
        raise ValueError(f"{name}: there is no tensor in the list; it needs at least one")
    tensors = [x for x in tensors if new or x.shape != (0,)] or tensors
    check_dim(axis, tensors[0].ndim + new, name)
    return join(*tensors, axis=axis)


@public(out=True)
def hstack(tensors: Sequence[Any]) -> Tensor:
    """The tensors one after another along dimension 1; vectors along their only one."""
    dim = 0 if tensors and tensors[0].ndim < 2 else 1
    return cat([x if x.ndim else x.reshape(1) for x in tensors], dim)


@public(out=True)
def vstack(tensors: Sequence[Any]) -> Tensor:
    """The tensors one below another; a vector is a row."""
    return cat([x if x.ndim > 1 else x.reshape(1, -1) for x in tensors], 0)


# ---------------------------------------------------------------- parts


def _side(x: Any, dim: int, name: str) -> int:
    """The size of a dimension that it has."""
    if x.ndim == 0:
        raise IndexError(f"{name}: a number has no dimension {dim}")
    check_dim(dim, x.ndim, name, x)
    return int(x.shape[dim])


@public(method=True)
def narrow(input: Tensor, dim: int, start: Any, length: int) -> Tensor:
    """`length` places along `dim`, from `start` on: a view."""
    size, start = _side(input, dim, "narrow"), int(start)
    first = start + size if start < 0 else start
    if length < 0 or not 0 <= first <= size - length:
        raise RuntimeError(f"narrow: {length} places from {start} on do not lie within {size}")
    return select(input, dim, slice(first, first + length))


@public(method=True)
def select(input: Tensor, dim: int, index: Any) -> Tensor:
    """A view of one place along `dim`, which goes."""
    return ops.getitem(input, key=(*(slice(None),) * (dim % input.ndim), index, Ellipsis))


@public(method=True)
def unbind(input: Tensor, dim: int = 0) -> tuple[Tensor, ...]:
    """A view of each place along `dim`, which goes."""
    return tuple([select(input, dim, k) for k in range(_side(input, dim, "unbind"))])


@public(method=True)
def split(tensor: Any, split_size_or_sections: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """Views of the parts along `dim`: of one size (the last may be smaller), or of these sizes.

    >>> import tinygrad_edu as tg
    >>> [part.tolist() for part in split(tg.arange(5), 2)]
    [[0, 1], [2, 3], [4]]
    """
    size, sizes = _side(tensor, dim, "split"), split_size_or_sections
    if isinstance(sizes, int):
        if sizes < (size > 0):
            raise RuntimeError(f"split: {size} places do not fall into parts of {sizes}")
        sizes = [min(sizes, size - k) for k in range(0, size, max(sizes, 1))] or [0]
    if sum(sizes) != size or min(sizes, default=0) < 0:
        raise RuntimeError(f"split: the sizes {sizes} do not add up to dimension {dim}'s {size}")
    ends = itertools.accumulate(sizes)
    return tuple([select(tensor, dim, slice(b - n, b)) for n, b in zip(sizes, ends, strict=True)])


@public(method=True)
def chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """Views of at most so many parts along `dim`, all but the last of one size."""
    if chunks <= 0:
        raise RuntimeError(f"chunk: a tensor falls into 1 part or more, not {chunks}")
    size = _side(input, dim, "chunk")
    return split(input, -(-size // chunks) if size else [0] * chunks, dim)


# ---------------------------------------------------------------- matrices and their diagonals


@public(method=True, inplace=True, out=True)
def tril(input: Tensor, diagonal: int = 0) -> Tensor:
    """The matrices with zeros above the diagonal (a higher one if `diagonal` > 0)."""
    _side(input, -2, "tril")
    return ops.tril(input, k=diagonal)


@public(method=True, inplace=True, out=True)
def triu(input: Tensor, diagonal: int = 0) -> Tensor:
    """The matrices with zeros below the diagonal (a higher one if `diagonal` > 0)."""
    _side(input, -2, "triu")
    return ops.triu(input, k=diagonal)


@public(method=True)
def diagonal(input: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """The diagonal of two dimensions, as a new last one: a view."""
    _two_dims(input.ndim, dim1, dim2, "diagonal", input)
    return ops.diagonal(input, offset=offset, axis1=dim1, axis2=dim2)


@public(method=True)
def diag_embed(input: Tensor, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """Matrices of zeros with the last dimension on their diagonal; they lie in dim1 and dim2."""
    rows, columns = _two_dims(input.ndim + 1, dim1, dim2, "diag_embed", None)
    *shape, n = input.shape
    for d in sorted((rows, columns)):
        shape.insert(d, n + abs(offset))
    return ops.put_diagonal(input, shape=tuple(shape), offset=offset, axis1=rows, axis2=columns)


def _two_dims(ndim: int, dim1: int, dim2: int, name: str, x: Any) -> tuple[int, int]:
    first, second = check_dim(dim1, ndim, name, x), check_dim(dim2, ndim, name, x)
    if first == second:
        raise RuntimeError(f"{name}: it takes two dimensions, which {dim1} and {dim2} are not")
    return first, second


@public(method=True, out=True)
def diag(input: Tensor, diagonal: int = 0) -> Tensor:
    """A vector as a diagonal matrix; of a matrix, a copy of its diagonal."""
    if input.ndim not in (1, 2):
        raise RuntimeError(f"diag: it takes a vector or a matrix, not {tuple(input.shape)}")
    if input.ndim == 1:
        return diag_embed(input, diagonal)
    return ops.copy(ops.diagonal(input, offset=diagonal))


# ---------------------------------------------------------------- grids and borders


@public()
def meshgrid(*tensors: Any, indexing: str = "ij") -> tuple[Tensor, ...]:
    """The coordinates of a grid: the k-th result holds the numbers of the k-th vector, which vary
    along dimension k.  With indexing="xy" the first two dimensions are exchanged, as in NumPy.

    >>> import tinygrad_edu as tg
    >>> rows, columns = meshgrid(tg.tensor([1, 2]), tg.tensor([3, 4, 5]))
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


@public("Tensor.unfold")
def unfold(input: Tensor, dimension: int, size: int, step: int) -> Tensor:
    """Slices of `size` numbers along a dimension, one every `step`, with the size as a new last
    dimension.  (PyTorch's method `Tensor.unfold`; `F.unfold` is another function.)"""
    if input.ndim == 0:  # one place, as in PyTorch
        return unfold(input.reshape((1,)), dimension, size, step)[0]
    length = _side(input, dimension, "unfold")
    if not 0 <= size <= length or step < 1:
        raise RuntimeError(f"unfold: no slices of {size}, one every {step}, in {length} numbers")
    places = np.arange(0, length - size + 1, step)[:, None] + np.arange(size)
    return input.swapaxes(dimension, -1)[..., places].swapaxes(dimension % input.ndim, -2)
