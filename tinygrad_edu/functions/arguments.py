"""What the signatures share: how `dim`, `axis` and sizes are given, and checked."""

from __future__ import annotations

import builtins
from typing import Any, TypeVar

from .. import graph

T = TypeVar("T")
Dim = int | tuple[int, ...] | list[int] | None


def axis_of(x: Any, dim: Any, axis: Any, name: str) -> Any:
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


def sizes_of(sizes: tuple[Any, ...]) -> tuple[int, ...]:
    """(2, 3) from f(2, 3), f((2, 3)) or f([2, 3])."""
    if len(sizes) == 1 and isinstance(sizes[0], tuple | list):
        return tuple(sizes[0])
    return sizes


def plain(x: Any) -> Any:
    return x.array if isinstance(x, graph.TensorBase) else x
