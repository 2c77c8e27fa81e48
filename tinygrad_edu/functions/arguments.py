"""What the signatures share: how `dim`, `axis` and sizes are given, and checked."""

import builtins
import functools
from collections import namedtuple
from collections.abc import Callable
from types import FunctionType
from typing import Any, TypeVar

from ..dtypes import no_tensor
from ..numpy_protocol import plain as plain

T = TypeVar("T")
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
    if not hasattr(dim, "__index__"):
        raise TypeError(f"{name}: a dimension is an int, not {dim!r}")
    span = builtins.max(ndim, 1)
    if not -span <= dim < span:
        of = f" of shape {tuple(x.shape)}" if x is not None else ""
        there = f"a tensor{of} has dimensions {-span} to {span - 1}"
        raise IndexError(f"{name}: dimension {dim} is out of range: {there}")
    return int(dim % span)


def sizes_of(sizes: tuple[Any, ...]) -> tuple[int, ...]:
    """(2, 3) from f(2, 3), f((2, 3)) or f([2, 3])."""
    if len(sizes) == 1 and isinstance(sizes[0], tuple | list):
        return tuple(sizes[0])
    return sizes


def accept_numpy_names(names: dict[str, Any]) -> None:
    """Let the functions among the `globals()` of a file be told `axis` and `keepdims` where they
    say `dim` and `keepdim`, as PyTorch's can."""
    for name, function in list(names.items()):
        if isinstance(function, FunctionType) and function.__module__ == names["__name__"]:
            code = function.__code__
            own = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
            if name[0] != "_" and "dim" in own and "axis" not in own:
                names[name] = _with_numpy_names(function)


def _with_numpy_names(function: Callable[..., Any]) -> Callable[..., Any]:
    positional = function.__code__.co_varnames[: function.__code__.co_argcount]

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        for numpys, torchs in (("axis", "dim"), ("keepdims", "keepdim")) if kwargs else ():
            if numpys in kwargs:
                given = dict(zip(positional[: len(args)], args, strict=True)) | kwargs
                if torchs in given:
                    both = f"{torchs}={given[torchs]}, {numpys}={given[numpys]}"
                    raise TypeError(f"{function.__name__}: give one of them, not both: {both}")
                kwargs[torchs] = kwargs.pop(numpys)
        return function(*args, **kwargs)

    return call


def check_tensor(x: Any, name: str) -> None:
    """Raise TypeError for what is no tensor, and say what to do with it."""
    if not hasattr(x, "dtype"):
        raise TypeError(f"{name}: {no_tensor(x)}")


def check_floating(x: Any, name: str) -> None:
    """Raise RuntimeError unless x holds floats."""
    check_tensor(x, name)
    if x.dtype.kind != "f":
        raise RuntimeError(f"{name}: {x.dtype} has no room for fractions; call x.float() first")
