"""What the signatures share: how `dim`, `axis` and sizes are given, and checked."""

import warnings
from collections import namedtuple
from typing import Any, TypeAlias

import numpy as np

from ..dtypes import can_cast, no_tensor
from ..engine import graph
from ..engine.grad_mode import mode
from ..numpy_protocol import plain as plain

_SEQUENCE = (tuple, list)
Tensor: TypeAlias = Any  # the class is defined above, in tensor.py
Dim = int | tuple[int, ...] | list[int] | None
named: Any = namedtuple  # whose names are not those of the variables, as a type checker wants


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


def sizes_of(sizes: tuple[Any, ...]) -> tuple[int, ...]:
    """(2, 3) from f(2, 3), f((2, 3)) or f([2, 3])."""
    if len(sizes) == 1 and isinstance(sizes[0], _SEQUENCE):
        return tuple(sizes[0])
    return sizes


def check_tensor(x: Any, name: str) -> None:
    """Raise TypeError for what is no tensor, and say what to do with it."""
    if not hasattr(x, "dtype"):
        raise TypeError(f"{name}: {no_tensor(x)}")


def check_floating(x: Any, name: str) -> None:
    """Raise RuntimeError unless x holds floats."""
    check_tensor(x, name)
    if x.dtype.kind != "f":
        raise RuntimeError(f"{name}: {x.dtype} has no room for fractions; call x.float() first")


def written_to(out: Any, result: Any, name: str) -> Any:
    """The result; written into `out`, if that is given, whose shape is then that of the result.
    Raises RuntimeError where a gradient would be lost, or the dtype does not fit."""
    if out is None:
        return result
    if isinstance(result, tuple):
        if any(o.dtype != r.dtype for o, r in zip(out, result, strict=True)):
            kinds = [[str(x.dtype) for x in pair] for pair in (result, out)]
            raise RuntimeError(
                f"{name}: results of {kinds[0]} cannot be written to out= {kinds[1]}"
            )
        made: Any = type(result)
        return made(*[written_to(o, r, name) for o, r in zip(out, result, strict=True)])
    if result.node is not None or (out.node is not None and mode.recording):
        raise RuntimeError(
            f"{name}: out= has no gradient, and an input requires grad; leave it out"
        )
    if not can_cast(result.dtype, out.dtype):
        raise RuntimeError(f"{name}: {result.dtype} results cannot be written to out= {out.dtype}")
    if out.shape != result.shape:
        if plain(out).size:
            sizes = f"{tuple(out.shape)} becomes {tuple(result.shape)}"
            warnings.warn(f"{name}: out= of shape {sizes}", UserWarning, stacklevel=4)
        out.data = graph.Tensor(np.empty(result.shape, out.dtype))
    return out.copy_(result)
