"""Calls: the arguments of a compiled function, what they look like, and what a call may undo."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..engine.graph import TensorBase
from ..func.trees import leaves, like
from ..rng import default_generator


class Placeholder:
    """Stands for a tensor in a tree of arguments or of results."""


def form_of(tree: Any) -> Any:
    """The tree, with a placeholder for each tensor."""
    flat = [Placeholder if isinstance(x, TensorBase) else x for x in leaves(tree)]
    return like(tree, iter(flat))


def filled(form: Any, tensors: Iterable[Any]) -> Any:
    """The tree of this form, with these tensors in it."""
    new = iter(tensors)
    return like(form, iter([next(new) if x is Placeholder else x for x in leaves(form)]))


class Call:
    """One call: its arguments, and the tensors in them with their arrays and places."""

    def __init__(self, args: Any, kwargs: Any) -> None:
        self.tree = args, kwargs
        self.tensors: list[Any] = []
        self.key = tuple([self._key(x) for x in args])
        if kwargs:
            self.key += tuple([(name, self._key(x)) for name, x in kwargs.items()])
        self.arrays = [t.array for t in self.tensors]
        self.nodes = [t.node for t in self.tensors]

    def _key(self, x: Any) -> Any:
        if isinstance(x, TensorBase):
            self.tensors.append(x)
            return looks(x)
        if isinstance(x, tuple | list):
            return type(x), tuple([self._key(part) for part in x])
        if isinstance(x, dict):
            return tuple([(name, self._key(part)) for name, part in x.items()])
        if isinstance(x, float):
            return type(x), repr(x)  # 0.0 == -0.0, and nan is not nan
        try:
            hash(x)
        except TypeError:
            raise TypeError(
                f"compile: an argument is a {type(x).__name__}, of which nobody can say whether it "
                "is the same at the next call; pass a tensor, a number or another hashable value"
            ) from None
        return type(x), x


def looks(t: Any) -> Any:
    """All that a program rests on: shape, memory layout, dtype, and whether a gradient flows."""
    x = t.array
    return x.shape, x.strides, x.dtype, t.node is None


@contextmanager
def put_back(states: dict[Any, Any], before: Sequence[tuple[Any, Any]] = ()) -> Iterator[None]:
    """In a `with` block, generators and buffers stand where they stood then; afterwards, where
    they stand now."""
    now = {generator: generator.get_state() for generator in states}
    held = [(t, t.array.copy()) for t, _ in before]
    try:
        restore(states, before)
        yield
    finally:
        restore(now, held)


def restore(states: dict[Any, Any], before: Sequence[tuple[Any, Any]] = ()) -> None:
    for generator, state in states.items():
        generator.set_state(state)
    for t, array in before:
        np.copyto(t.array, array)


class Draw:
    """An input of a program: the random numbers of a generator, or of the thread's own."""

    def __init__(self, source: Any) -> None:
        self.source = source

    @property
    def array(self) -> Any:
        return (self.source or default_generator()).numpy


def argument_names(f: Any, call: Call) -> list[str]:
    """A name for each tensor among the arguments."""
    args, kwargs = call.tree
    try:
        f = getattr(f, "forward", f)
        given = inspect.signature(f).bind(*args, **kwargs).arguments
    except (TypeError, ValueError):
        given = {"x": (args, kwargs)}
    names: dict[int, str] = {}
    for name, tree in given.items():
        tensors = [x for x in leaves(tree) if isinstance(x, TensorBase)]
        for k, x in enumerate(tensors):
            names.setdefault(id(x), name if len(tensors) == 1 else f"{name}{k}")
    return [names[id(t)] for t in call.tensors]
