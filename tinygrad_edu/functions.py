"""PyTorch's signatures over the ops: `dim` and `keepdim`, sequences, `(values, indices)`.

They live once here, and serve as functions (`tg.sum(x, 0)`) and as methods (`x.sum(0)`).  Where
PyTorch accepts NumPy's names `axis` and `keepdims`, so do these.
"""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import Any, NamedTuple, TypeVar

import numpy as np

from . import graph, ops

T = TypeVar("T")
Dim = int | tuple[int, ...] | list[int] | None


class Extreme(NamedTuple):
    """What `max(dim)` and `min(dim)` return: the values, and where they stand."""

    values: Any
    indices: Any


def _axis(x: Any, dim: Any, axis: Any, name: str) -> Any:
    """The axis that `dim` or `axis` names, checked against the dimensions that x has."""
    if axis is not None:
        if dim is not None:
            raise TypeError(f"{name}: give dim or axis, not both: dim={dim}, axis={axis}")
        dim = axis
    if dim is None or dim == () or dim == []:
        return None
    for d in dim if isinstance(dim, tuple | list) else (dim,):
        check_dim(d, x.ndim, name, x)
    return tuple(dim) if isinstance(dim, list) else dim


def check_dim(dim: Any, ndim: int, name: str, x: Any = None) -> None:
    """Raise IndexError unless -ndim <= dim < ndim."""
    if not hasattr(dim, "__index__"):
        raise TypeError(f"{name}: a dimension is an int, not {dim!r}")
    span = builtins.max(ndim, 1)
    if not -span <= dim < span:
        of = f" of shape {tuple(x.shape)}" if x is not None else ""
        raise IndexError(
            f"{name}: dimension {dim} is out of range: a tensor{of} has dimensions {-span} to "
            f"{span - 1}"
        )


# ---------------------------------------------------------------- reductions


def sum(
    input: T,
    dim: Dim = None,
    keepdim: bool = False,
    *,
    dtype: Any = None,
    axis: Dim = None,
    keepdims: bool = False,
) -> T:
    """The sum over `dim` (an int, a tuple, or None for all): y = sum x."""
    if dim is not None or axis is not None:
        axis = _axis(input, dim, axis, "sum")
    total: Any = ops.sum(input, axis=axis, keepdims=keepdim or keepdims)
    return total if dtype is None else total.to(dtype)  # type: ignore[no-any-return]


def mean(
    input: T,
    dim: Dim = None,
    keepdim: bool = False,
    *,
    dtype: Any = None,
    axis: Dim = None,
    keepdims: bool = False,
) -> T:
    """The mean over `dim` (an int, a tuple, or None for all): y = sum x / n."""
    x: Any = input if dtype is None else input.to(dtype)  # type: ignore[attr-defined]
    if x.dtype.kind != "f":
        raise RuntimeError(f"mean: {x.dtype} has no room for fractions; call x.float() first")
    if dim is not None or axis is not None:
        axis = _axis(x, dim, axis, "mean")
    return ops.mean(x, axis=axis, keepdims=keepdim or keepdims)  # type: ignore[no-any-return]


def amax(input: T, dim: Dim = None, keepdim: bool = False, *, axis: Dim = None) -> T:
    """The largest number over `dim`; where it ties, the gradient is shared equally."""
    return ops.amax(input, axis=_axis(input, dim, axis, "amax"), keepdims=keepdim)


def amin(input: T, dim: Dim = None, keepdim: bool = False, *, axis: Dim = None) -> T:
    """The smallest number over `dim`; where it ties, the gradient is shared equally."""
    return ops.amin(input, axis=_axis(input, dim, axis, "amin"), keepdims=keepdim)


def argmax(input: T, dim: Any = None, keepdim: bool = False, *, axis: Any = None) -> T:
    """Where the largest number stands: its place along `dim`, or in the flattened tensor."""
    return ops.argmax(input, axis=_axis(input, dim, axis, "argmax"), keepdims=keepdim)


def argmin(input: T, dim: Any = None, keepdim: bool = False, *, axis: Any = None) -> T:
    """Where the smallest number stands: its place along `dim`, or in the flattened tensor."""
    return ops.argmin(input, axis=_axis(input, dim, axis, "argmin"), keepdims=keepdim)


def max(input: Any, dim: Any = None, keepdim: bool = False, *, axis: Any = None) -> Any:
    """The largest number; with `dim`, the pair (values, indices); with another tensor,
    `maximum`."""
    if isinstance(dim, graph.TensorBase):
        return ops.maximum(input, dim)
    if dim is None and axis is None:
        return ops.amax(input)
    return _extreme(input, argmax(input, dim, keepdim=True, axis=axis), dim, keepdim, axis)


def min(input: Any, dim: Any = None, keepdim: bool = False, *, axis: Any = None) -> Any:
    """The smallest number; with `dim`, the pair (values, indices); with another tensor,
    `minimum`."""
    if isinstance(dim, graph.TensorBase):
        return ops.minimum(input, dim)
    if dim is None and axis is None:
        return ops.amin(input)
    return _extreme(input, argmin(input, dim, keepdim=True, axis=axis), dim, keepdim, axis)


def _extreme(x: Any, places: Any, dim: Any, keepdim: bool, axis: Any) -> Extreme:
    along = axis if dim is None else dim
    if x.ndim == 0:
        return Extreme(x, places)
    values = ops.take_along_axis(x, places, axis=along)
    if keepdim:
        return Extreme(values, places)
    return Extreme(ops.squeeze(values, axis=along), ops.squeeze(places, axis=along))


def all(input: Any, dim: Any = None, keepdim: bool = False) -> Any:
    """Are all numbers other than zero?"""
    return ops.all_(input, axis=_axis(input, dim, None, "all"), keepdims=keepdim)


def any(input: Any, dim: Any = None, keepdim: bool = False) -> Any:
    """Is some number other than zero?"""
    return ops.any_(input, axis=_axis(input, dim, None, "any"), keepdims=keepdim)


def softmax(input: T, dim: Any = None, *, axis: Any = None) -> T:
    """y_i = e^x_i / sum_j e^x_j along `dim`: positive numbers that sum to 1."""
    return ops.softmax(input, axis=_required(input, dim, axis, "softmax"))


def log_softmax(input: T, dim: Any = None, *, axis: Any = None) -> T:
    """y = x - log sum_j e^x_j along `dim`: the logarithm of softmax, without overflow."""
    return ops.log_softmax(input, axis=_required(input, dim, axis, "log_softmax"))


def logsumexp(input: T, dim: Dim = None, keepdim: bool = False, *, axis: Dim = None) -> T:
    """y = log sum_j e^x_j over `dim`, without overflow."""
    return ops.logsumexp(input, axis=_axis(input, dim, axis, "logsumexp"), keepdims=keepdim)


def _required(x: Any, dim: Any, axis: Any, name: str) -> Any:
    if dim is None and axis is None:
        raise TypeError(
            f"{name}: give the dimension along which it sums to 1, as in {name}(x, dim=-1)"
        )
    return _axis(x, dim, axis, name)


# ---------------------------------------------------------------- shapes


def _sizes(sizes: tuple[Any, ...]) -> tuple[int, ...]:
    """(2, 3) from f(2, 3), f((2, 3)) or f([2, 3])."""
    if len(sizes) == 1 and isinstance(sizes[0], tuple | list):
        return tuple(sizes[0])
    return sizes


def reshape(input: T, *shape: Any) -> T:
    """The same numbers, in order, in another shape; one size may be -1."""
    return ops.reshape(input, shape=_sizes(shape))


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
    order = _sizes(dims)
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
    shape, own = _sizes(sizes), input.shape  # type: ignore[attr-defined]
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
    axis = _axis(input, dim, None, "squeeze")
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


# ---------------------------------------------------------------- others


def clamp(input: T, min: Any = None, max: Any = None) -> T:
    """The numbers kept within [min, max]; the gradient passes inside, the borders too."""
    if isinstance(min, graph.TensorBase):
        input = ops.maximum(input, min)
        return input if max is None else clamp(input, None, max)
    if isinstance(max, graph.TensorBase):
        return ops.minimum(input if min is None else clamp(input, min), max)
    min, max = (x.item() if isinstance(x, np.generic) else x for x in (min, max))
    return ops.clip(input, min=min, max=max)


def where(condition: Any, input: Any, other: Any) -> Any:
    """`input` where the condition is true, else `other`."""
    return ops.where(condition, input, other)


def pow(input: T, exponent: Any) -> T:
    """y = x^exponent."""
    return ops.power(input, exponent)


def divide(input: Any, other: Any, *, rounding_mode: str | None = None) -> Any:
    """y = a / b; with rounding_mode="floor", the whole number below it."""
    if rounding_mode is None:
        return ops.divide(input, other)
    if rounding_mode != "floor":
        raise ValueError(f"divide: rounding_mode is None or 'floor', not {rounding_mode!r}")
    return ops.floor_divide(input, other)


def equal(input: Any, other: Any) -> bool:
    """Have the two tensors the same shape and numbers?"""
    return bool(input.shape == other.shape and (input.array == other.array).all())


def allclose(
    input: Any, other: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> bool:
    """Is |input - other| <= atol + rtol |other| everywhere?"""
    a, b = _plain(input), _plain(other)
    return bool(np.allclose(a, b, rtol=rtol, atol=atol, equal_nan=equal_nan))


def _plain(x: Any) -> Any:
    return x.array if isinstance(x, graph.TensorBase) else x
