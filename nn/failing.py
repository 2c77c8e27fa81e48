"""Which layer failed: an exception that leaves a network gets one note with the path of the layer.

>>> import nn, tinygrad_edu as tg
>>> net = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
>>> try:
...     net(tg.ones(8, 27, 28))
... except ValueError as error:
...     print(error.__notes__[0])
The layer that failed: Sequential.1, Linear(in_features=784, out_features=10, bias=True), called
with (8, 756) float32.

Each module on the way out is told of the exception, the innermost first, and puts itself in front
of the path.  What is known of it is kept per thread, and not by the exception: that may be pickled.
"""

from __future__ import annotations

import threading
import weakref
from contextlib import suppress
from types import FunctionType
from typing import Any, TypeVar

from tinygrad_edu.dtypes import described
from tinygrad_edu.tensor import Tensor

E = TypeVar("E", bound=BaseException)


class _Trail(threading.local):
    """The newest failure of this thread."""

    note = ""  # the object itself marks the exception that has it
    newest: Any = staticmethod(lambda: None)  # a weak reference to the module that was told last
    below = ""  # the path from there on
    made = ""  # the layer that failed, as it describes itself
    about = ""  # what it was given
    given_none = False


_trail = _Trail()


def noted(error: E, module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> E:
    """The exception, with a note that this module failed, or that it holds the one that did."""
    with suppress(Exception):  # a module that cannot describe itself must not hide the error
        notes: list[str] = getattr(error, "__notes__", [])
        place = next((i for i, note in enumerate(notes) if note is _trail.note), None)
        if place is None:
            _trail.below, _trail.about = "", _given(args, kwargs)
            _trail.made = "" if any(module.children()) else repr(module)
            _trail.given_none = len(args) == 1 and args[0] is None
        else:
            _enter(module)
        _trail.newest = weakref.ref(module)
        path = type(module).__name__ + _trail.below
        layer = f"{path}, {_trail.made}" if _trail.below and _trail.made else _trail.made or path
        note = f"The layer that failed: {layer}, {_trail.about}"
        if place is None:
            error.add_note(note)
        else:
            notes[place] = note
        _trail.note = note
    return error


def _given(args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    given = [described(x) for x in args]
    given += [f"{name}={described(x)}" for name, x in kwargs.items()]
    return f"called with {', '.join(given) or 'nothing'}."


def _enter(outer: Any) -> None:
    """Put the module that was told last into the path, as seen from the one around it."""
    inner = _trail.newest()
    name = next((name for name, module in outer.named_modules() if name and module is inner), None)
    if name is None:
        _trail.below = f" > {type(inner).__name__}{_trail.below}"
    else:
        _trail.below = f".{name}{_trail.below}"
        if _trail.given_none:
            _trail.about += outer._gave_none_to(name)
    _trail.given_none = False


def is_of_a_tensor(error: AttributeError, inputs: tuple[Any, ...]) -> bool:
    """Was one of the inputs used as a tensor, and is none?"""
    x = error.obj
    of_tensors = hasattr(Tensor, error.name or "")
    return of_tensors and not isinstance(x, Tensor) and any(x is given for given in inputs)


def refuse_tensor(layer: Any, name: str, setting: Any) -> None:
    """Raise TypeError if a layer is made with the tensor that it is to be called with."""
    if isinstance(setting, Tensor) and setting.ndim:
        kind = type(layer).__name__
        raise TypeError(
            f"{kind}: {name} is no tensor, and {described(setting)} is given.  A layer is made "
            f"first, and called then: {kind}()(x)"
        )


def name_methods(kind: type) -> None:
    """Give a class of nn its own copy of what it inherits of a private one, so that Python's
    message of a missing argument names it: `Conv2d.__init__()`, and not `_Conv.__init__()`."""
    for name in ("__init__", "forward"):
        method = getattr(kind, name)
        inherited = name not in vars(kind) and method.__module__.partition(".")[0] == "nn"
        if inherited and method.__qualname__.startswith("_"):
            own = FunctionType(
                method.__code__, method.__globals__, name, method.__defaults__, method.__closure__
            )
            own.__kwdefaults__, own.__doc__ = method.__kwdefaults__, method.__doc__
            own.__annotations__ = method.__annotations__
            own.__module__, own.__qualname__ = kind.__module__, f"{kind.__qualname__}.{name}"
            setattr(kind, name, own)
