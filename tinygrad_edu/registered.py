"""The methods of Tensor that are public functions: `x.exp()` is `exp(x)`, `x.exp_()` writes it.

They are declared where the functions are defined (see `registry.py`).
"""

from collections.abc import Callable
from typing import Any

from . import functions as functions  # which declares them
from .absent import LEFT_OUT
from .engine.graph import TensorBase
from .registry import METHODS, Method, described
from .views import kept_apart


def in_place(function: Any, name: str) -> Callable[..., Any]:
    """The method that writes what `function` computes into the tensor itself."""

    def write(self: Any, *inputs: Any, **params: Any) -> Any:
        return self._write(function(kept_apart(self, inputs), *inputs, **params), name)

    return _as_method(write, function, name, "writes the result")


def reshaped_in_place(function: Any, name: str) -> Callable[..., Any]:
    """The method that makes a tensor the view of itself that `function` gives."""

    def reshape(self: Any, *dims: Any, **params: Any) -> Any:
        return self._reshape(function, name, *dims, **params)

    return _as_method(reshape, function, name, "takes its shape")


def _as_method(method: Any, function: Any, name: str, does: str) -> Any:
    method.__name__, method.__qualname__ = name, f"Tensor.{name}"
    method.__module__ = f"{__package__}.tensor"  # where pickle finds it
    method.__doc__ = f"In-place version of `{function.__name__}`: {does}{DETAILS}"
    method.__wrapped__ = function  # whose signature it has
    return method


DETAILS = """ into this tensor.

    Returns
    -------
    Tensor
        This tensor.

    Raises
    ------
    RuntimeError
        If it is a leaf that requires grad and operations are recorded, or the result does not fit.
    """


class MadeLater:
    """Stands in for a method until somebody first asks for it.  Then the method is made, if it
    writes, as `x.exp_()` does, or gets its signature and its docstring, and takes this place.  Of
    the many methods a program calls few."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, instance: Any, cls: type) -> Any:
        entry, name = METHODS[self.name], self.name
        method: Any = described(entry.function)
        if entry.writes:
            make = in_place if entry.writes == "values" else reshaped_in_place
            method = make(method, name)
        setattr(Registered, name, method)
        return method if instance is None else method.__get__(instance, cls)


def is_made_later(method: Method) -> bool:
    return bool(method.writes) or hasattr(method.function, "describe")


class Registered(TensorBase):
    """The base class of Tensor that has the public functions as methods."""

    __slots__ = ()
    vars().update({x: MadeLater(x) if is_made_later(m) else m.function for x, m in METHODS.items()})
    vars().update(LEFT_OUT)
