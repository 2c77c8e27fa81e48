"""Many numbers made few: sums, means, extremes, and what is normalised by a sum."""

from __future__ import annotations

from typing import Any, NamedTuple

from .. import graph, ops
from .arguments import Dim, T, axis_of


class Extreme(NamedTuple):
    """What `max(dim)` and `min(dim)` return: the values, and where they stand."""

    values: Any
    indices: Any


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
        axis = axis_of(input, dim, axis, "sum")
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
        axis = axis_of(x, dim, axis, "mean")
    return ops.mean(x, axis=axis, keepdims=keepdim or keepdims)  # type: ignore[no-any-return]


def amax(input: T, dim: Dim = None, keepdim: bool = False, *, axis: Dim = None) -> T:
    """The largest number over `dim`; where it ties, the gradient is shared equally."""
    return ops.amax(input, axis=axis_of(input, dim, axis, "amax"), keepdims=keepdim)


def amin(input: T, dim: Dim = None, keepdim: bool = False, *, axis: Dim = None) -> T:
    """The smallest number over `dim`; where it ties, the gradient is shared equally."""
    return ops.amin(input, axis=axis_of(input, dim, axis, "amin"), keepdims=keepdim)


def argmax(input: T, dim: Any = None, keepdim: bool = False, *, axis: Any = None) -> T:
    """Where the largest number stands: its place along `dim`, or in the flattened tensor."""
    return ops.argmax(input, axis=axis_of(input, dim, axis, "argmax"), keepdims=keepdim)


def argmin(input: T, dim: Any = None, keepdim: bool = False, *, axis: Any = None) -> T:
    """Where the smallest number stands: its place along `dim`, or in the flattened tensor."""
    return ops.argmin(input, axis=axis_of(input, dim, axis, "argmin"), keepdims=keepdim)


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
    return ops.all_(input, axis=axis_of(input, dim, None, "all"), keepdims=keepdim)


def any(input: Any, dim: Any = None, keepdim: bool = False) -> Any:
    """Is some number other than zero?"""
    return ops.any_(input, axis=axis_of(input, dim, None, "any"), keepdims=keepdim)


def softmax(input: T, dim: Any = None, *, axis: Any = None) -> T:
    """y_i = e^x_i / sum_j e^x_j along `dim`: positive numbers that sum to 1."""
    return ops.softmax(input, axis=_required(input, dim, axis, "softmax"))


def log_softmax(input: T, dim: Any = None, *, axis: Any = None) -> T:
    """y = x - log sum_j e^x_j along `dim`: the logarithm of softmax, without overflow."""
    return ops.log_softmax(input, axis=_required(input, dim, axis, "log_softmax"))


def logsumexp(input: T, dim: Dim = None, keepdim: bool = False, *, axis: Dim = None) -> T:
    """y = log sum_j e^x_j over `dim`, without overflow."""
    return ops.logsumexp(input, axis=axis_of(input, dim, axis, "logsumexp"), keepdims=keepdim)


def _required(x: Any, dim: Any, axis: Any, name: str) -> Any:
    if dim is None and axis is None:
        raise TypeError(
            f"{name}: give the dimension along which it sums to 1, as in {name}(x, dim=-1)"
        )
    return axis_of(x, dim, axis, name)
