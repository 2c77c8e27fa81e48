"""What the record saves, in the form that a user's hook gives it: as a file, in fewer bits.

>>> import tinygrad_edu as tg
>>> x = tg.tensor([1.0, 2.0], requires_grad=True)
>>> with Packing(lambda saved: saved.half(), lambda packed: packed.float()):
...     y = (x * x).sum()
>>> y.node.inputs[0].saved[1]
<packed (2,)>
>>> y.backward()
>>> x.grad
tensor([2., 4.])

While a `Packing` is open, `graph.record`, which makes the Node of each op, is the function below
instead of the class itself, so an op costs nothing more outside of it.
"""

from __future__ import annotations

from _thread import _local as local, allocate_lock  # as in registry.py
from collections.abc import Callable
from typing import Any

from numpy import ndarray

from . import clock, graph
from .grad_mode import no_grad
from .graph import Node, Shape, TensorBase, new_node

records_stay = False  # while a whole record is observed: backward() frees nothing
_open: list[Packing] = []  # those of all threads
_lock = allocate_lock()


class _Own(local):
    """The hooks of this thread, the innermost last, and the messages that refuse them."""

    def __init__(self) -> None:
        self.stack: list[Packing] = []
        self.refused: list[str] = []


_own = _Own()


class Packing:
    """The saved arrays of the ops in a `with` block are packed by one function, and unpacked by
    another when a derivative rule reads them."""

    def __init__(self, pack_hook: Callable[[Any], Any], unpack_hook: Callable[[Any], Any]) -> None:
        self.pack_hook, self.unpack_hook = pack_hook, unpack_hook

    def __repr__(self) -> str:
        names = [getattr(f, "__name__", type(f).__name__) for f in vars(self).values()]
        return f"{type(self).__name__}({', '.join(names)})"

    def __enter__(self) -> None:
        if _own.refused:
            raise RuntimeError(_own.refused[-1])
        _own.stack.append(self)
        with _lock:
            _open.append(self)
            choose_record()

    def __exit__(self, *_: Any) -> None:
        _own.stack.pop()
        with _lock:
            _open.remove(self)
            choose_record()


class Refusing:
    """Hooks that pack are refused in a `with` block, with this message."""

    def __init__(self, error_message: str) -> None:
        self.error_message = error_message

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.error_message!r})"

    def __enter__(self) -> None:
        if _own.stack:
            raise RuntimeError(self.error_message)
        _own.refused.append(self.error_message)

    def __exit__(self, *_: Any) -> None:
        _own.refused.pop()


class Packed(tuple[Any, ...]):
    """What a node saved, with a Parcel in the place of each array."""

    def unpacked(self) -> tuple[Any, ...]:
        """The arrays again, and what else was saved."""
        return tuple([x.unpacked() if x.__class__ is Parcel else x for x in self])


class Parcel:
    """What the hook made of an array."""

    __slots__ = ("content", "dtype", "shape", "unpack_hook")

    def __init__(self, array: Any, hooks: Packing) -> None:
        seen = array.view()
        seen.flags.writeable = False  # rules read it, or others do, as it is
        self.shape, self.dtype, self.unpack_hook = array.shape, array.dtype, hooks.unpack_hook
        tick = next(clock.clock)
        with no_grad():
            self.content = hooks.pack_hook(graph.Tensor(seen))
        try:
            clock.check_unwritten(array, tick, "", array.shape)
        except RuntimeError:
            raise RuntimeError(
                f"saved_tensors_hooks: pack_hook wrote in place to the {array.shape} tensor that "
                "it was given, which is in use; write to a copy: x = x.clone()"
            ) from None

    def unpacked(self) -> Any:
        with no_grad():
            found = self.unpack_hook(self.content)
        if not isinstance(found, TensorBase):
            kind = type(found).__name__
            raise TypeError(f"saved_tensors_hooks: unpack_hook returned a {kind}, not a Tensor")
        if found.array.shape != self.shape:
            raise RuntimeError(
                f"saved_tensors_hooks: unpack_hook returned shape {found.array.shape} for what "
                f"pack_hook was given in shape {self.shape}"
            )
        return found.array

    def __repr__(self) -> str:
        return f"<packed {self.shape}>"


def packed(saved: tuple[Any, ...]) -> tuple[Any, ...]:
    """What an op saves, packed by the innermost hooks of this thread, if it has some."""
    if not _own.stack:
        return saved
    hooks = _own.stack[-1]
    return Packed([Parcel(x, hooks) if x.__class__ is ndarray else x for x in saved])


def _packed_node(plan: Any, inputs: Any, saved: Any, params: Any, shape: Shape, dtype: Any) -> Node:
    return new_node(plan, inputs, packed(saved), params, shape, dtype)


observed_node: Any = None  # while someone observes, what makes the Node of an op: `observing.py`


def choose_record() -> None:
    """Let `graph.record` do what those that are open at present need."""
    graph.record = observed_node or (_packed_node if _open else new_node)
