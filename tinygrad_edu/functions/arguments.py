"""What the signatures share: how `dim`, `axis` and sizes are given, and checked."""

from collections import namedtuple
from collections.abc import Callable
from functools import cache
from typing import Any, TypeAlias

from ..dtypes import check_tensor as check_tensor
from ..numpy_protocol import plain as plain

_SEQUENCE = (tuple, list)
Tensor: TypeAlias = Any  # the class is defined above, in tensor.py
Dim = int | tuple[int, ...] | list[int] | None


def named(name: str, fields: str) -> Callable[..., Any]:
    """A namedtuple, whose class is made with the first one: there are many of them."""
    made: Any = cache(lambda: namedtuple(name, fields))
    return lambda *values: made()(*values)


def axis_of(x: Any, dim: Any, name: str) -> Any:
    """The axis that `dim` names, checked against the dimensions that x has."""
    if dim is None or dim == () or dim == []:
        return None
    if not hasattr(x, "ndim"):
        check_tensor(x, name)
    several = isinstance(dim, tuple | list)
    for d in dim if several else (dim,):
        check_dim(d, x.ndim, name, x)
    if several and not x.ndim:
        if dim[1:]:
            raise RuntimeError(f"{name}: a number has one dimension, 0; {dim} names it again")
        return None  # a number has the dimension 0 here, and none in NumPy
    return tuple(dim) if isinstance(dim, list) else dim


def check_dim(dim: Any, ndim: int, name: str, x: Any = None) -> int:
    """The dimension counted from the front.  Raises IndexError unless -ndim <= dim < ndim; a number
    has a dimension 0 too."""
    span = ndim or 1
    if dim.__class__ is int and -span <= dim < span:  # in the least time
        return dim % span
    if not hasattr(dim, "__index__"):
        raise TypeError(f"{name}: a dimension is an int, not {dim!r}")
    if not -span <= dim < span:
        of = f" of shape {tuple(x.shape)}" if x is not None else ""
        there = f"a tensor{of} has dimensions {-span} to {span - 1}"
        raise IndexError(f"{name}: dimension {dim} is out of range: {there}")
    return int(dim % span)


def side_of(x: Any, dim: int, name: str) -> int:
    """The size of a dimension that it has."""
    if x.ndim == 0:
        raise IndexError(f"{name}: a number has no dimension {dim}")
    check_dim(dim, x.ndim, name, x)
    return int(x.shape[dim])


def two_dims(ndim: int, dim1: int, dim2: int, name: str, x: Any) -> tuple[int, int]:
    """Two dimensions counted from the front.  Raises RuntimeError if they are one."""
    first, second = check_dim(dim1, ndim, name, x), check_dim(dim2, ndim, name, x)
    if first == second:
        raise RuntimeError(f"{name}: it takes two dimensions, which {dim1} and {dim2} are not")
    return first, second


def sizes_of(sizes: tuple[Any, ...]) -> tuple[int, ...]:
    """(2, 3) from f(2, 3), f((2, 3)) or f([2, 3])."""
    if len(sizes) == 1 and isinstance(sizes[0], _SEQUENCE):
        return tuple(sizes[0])
    return sizes


def check_floating(x: Any, name: str) -> None:
    """Raise RuntimeError unless x holds floats."""
    check_tensor(x, name)
    if x.dtype.kind != "f":
        raise RuntimeError(f"{name}: {x.dtype} has no room for fractions; call x.float() first")
