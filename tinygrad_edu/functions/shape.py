"""The same numbers in another shape: views, permutations, joins and splits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import ops
from .arguments import Dim, T, axis_of, check_dim, sizes_of


def reshape(input: T, *shape: Any) -> T:
    """The same numbers, in order, in another shape; one size may be -1."""
    return ops.reshape(input, shape=sizes_of(shape))


def flatten(input: T, start_dim: int = 0, end_dim: int = -1) -> T:
    """The dimensions from `start_dim` to `end_dim` made one."""
    sizes: tuple[int, ...] = input.shape or (1,)  # type: ignore[attr-defined]
    for dim in (start_dim, end_dim):
        check_dim(dim, len(sizes), "flatten", input)
    start, end = start_dim % len(sizes), end_dim % len(sizes)
    if start > end:
        raise RuntimeError(f"flatten: start_dim {start_dim} comes after end_dim {end_dim}")
    merged = 1
    for size in sizes[start : end + 1]:
        merged *= size
    return ops.reshape(input, shape=(*sizes[:start], merged, *sizes[end + 1 :]))


def transpose(input: T, dim0: int, dim1: int) -> T:
    """The tensor with two dimensions exchanged."""
    for dim in (dim0, dim1):
        check_dim(dim, input.ndim, "transpose", input)  # type: ignore[attr-defined]
    return ops.swapaxes(input, axis1=dim0, axis2=dim1)


def permute(input: T, *dims: Any) -> T:
    """The tensor with its dimensions in another order."""
    order = sizes_of(dims)
    ndim: int = input.ndim  # type: ignore[attr-defined]
    for d in order:
        check_dim(d, ndim, "permute", input)
    if sorted(d % ndim if ndim else d for d in order) != list(range(ndim)):
        raise RuntimeError(
            f"permute: {order} does not name each of the {ndim} dimensions of {input.shape} once"  # type: ignore[attr-defined]
        )
    return ops.transpose(input, axes=tuple(d % ndim for d in order))


def t(input: T) -> T:
    """The transpose of a matrix; a vector stays as it is."""
    if input.ndim > 2:  # type: ignore[attr-defined]
        raise RuntimeError(f"t: {input.shape} is not a matrix; use x.mT")  # type: ignore[attr-defined]
    return ops.transpose(input)


def expand(input: T, *sizes: Any) -> T:
    """The tensor repeated along its sides of 1, without copying; -1 keeps a size."""
    shape, own = sizes_of(sizes), input.shape  # type: ignore[attr-defined]
    extra = len(shape) - len(own)
    if extra < 0 or -1 in shape[:extra]:
        raise RuntimeError(f"expand: {own} cannot be expanded to {shape}: give each new size")
    full = tuple(own[k - extra] if size == -1 else size for k, size in enumerate(shape))
    return ops.broadcast_to(input, shape=full)


def broadcast_to(input: T, size: Sequence[int]) -> T:
    """The tensor repeated along its sides of 1, without copying."""
    return ops.broadcast_to(input, shape=tuple(size))


def squeeze(input: T, dim: Dim = None) -> T:
    """The tensor without its sides of 1, or without those of `dim` that are 1."""
    if dim is None:
        return ops.squeeze(input)
    axis = axis_of(input, dim, None, "squeeze")
    shape: tuple[int, ...] = input.shape  # type: ignore[attr-defined]
    ones = tuple(
        d for d in (axis if isinstance(axis, tuple) else (axis,)) if shape and shape[d] == 1
    )
    return ops.squeeze(input, axis=ones) if ones else input


def unsqueeze(input: T, dim: int) -> T:
    """The tensor with a side of 1 put in at `dim`."""
    check_dim(dim, input.ndim + 1, "unsqueeze")  # type: ignore[attr-defined]
    return ops.expand_dims(input, axis=dim)


def cat(tensors: Sequence[T], dim: int = 0, *, axis: int | None = None) -> T:
    """The tensors one after another along a dimension that they have; `tensor([])` adds nothing."""
    tensors = [x for x in tensors if x.shape != (0,)] or tensors  # type: ignore[attr-defined]
    joined: T = _joined(ops.concatenate, "cat", tensors, dim if axis is None else axis, 0)
    return joined


def stack(tensors: Sequence[T], dim: int = 0, *, axis: int | None = None) -> T:
    """The tensors side by side along a new dimension."""
    joined: T = _joined(ops.stack, "stack", tensors, dim if axis is None else axis, 1)
    return joined


def _joined(join: Any, name: str, tensors: Any, axis: int, new: int) -> Any:
    tensors = list(tensors)
    if not tensors:
        raise ValueError(f"{name}: there is no tensor in the list; it needs at least one")
    check_dim(axis, tensors[0].ndim + new, name)
    return join(*tensors, axis=axis)
