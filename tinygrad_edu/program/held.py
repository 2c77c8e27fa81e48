"""Held: what a function reads that is not its argument, so that a change of it is noticed.

>>> lr = 0.1
>>> held = Held([lambda x: lr * x])
>>> held.is_unchanged()
True
>>> lr = 0.2
>>> held.is_unchanged()
False
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain
from operator import is_
from typing import Any, NamedTuple

from ..engine.clock import is_own
from ..engine.graph import TensorBase

PLAIN = (int, float, str, bytes)
LONG = 1000  # items: of a longer list or dict, it is only noticed that it is another


class Part(NamedTuple):
    """A few of the variables, attributes or items: what they hold now, and what they held."""

    now: Any  # with a length, and one after the other: a list, the values of a dict, Variables
    put: Callable[[], Any] | None  # what puts back what they held
    values: tuple[Any, ...]


class Variables:
    """What some variables hold now, whenever one looks: those of a function."""

    def __init__(self, read: Callable[[Any], Any], places: Sequence[Any]) -> None:
        self.read, self.places = read, places

    def __len__(self) -> int:
        return len(self.places)

    def __iter__(self) -> Iterator[Any]:
        return map(self.read, self.places)


class Held:
    """The variables, attributes and items that are reached from some functions and objects."""

    def __init__(self, roots: Iterable[Any]) -> None:
        self.parts: list[Part] = []
        self.paths: dict[int, str] = {}  # of each tensor that was found
        self.classes: list[tuple[Any, type]] = []
        self.kept: list[Any] = []  # so that no id is given twice
        self.seen: set[int] = set()
        for root in roots:
            self._visit(root, "")
        self.now = [part.now for part in self.parts]
        self.lengths = [*map(len, self.now)]
        self.values = [value for part in self.parts for value in part.values]

    def _visit(self, x: Any, path: str) -> None:
        if isinstance(x, TensorBase):
            self.paths.setdefault(id(x), path)
        if id(x) in self.seen or isinstance(x, TensorBase | type | types.ModuleType):
            return
        self.seen.add(id(x))
        self.kept.append(x)
        if isinstance(x, types.FunctionType):
            self._visit_function(x, path)
        elif isinstance(x, types.MethodType):
            self._visit(x.__func__, path)
            self._visit(x.__self__, path)
        elif isinstance(x, partial):
            self._visit((x.func, x.args, x.keywords), path)
        elif isinstance(x, dict):
            self._visit_dict(x, path)
        elif isinstance(x, list | tuple) and len(x) <= LONG:
            self._note(x, partial(_refill, x, [*x]), range(len(x)), path)
        elif hasattr(x, "__dict__") and _is_users(x):
            self.classes.append((x, type(x)))
            self._visit_dict(vars(x), path)

    def _visit_dict(self, x: dict[Any, Any], path: str) -> None:
        if len(x) <= LONG:
            self._note(x.values(), partial(_refill, x, {**x}), x, path)

    def _visit_function(self, f: Any, path: str) -> None:
        if is_own(f.__code__.co_filename):
            return
        variables = Variables(_content, f.__closure__ or ())
        self._note(variables, None, f.__code__.co_freevars, path)
        known = f.__globals__
        names = [name for name in _names_in(f.__code__) if name in known]
        put = partial(known.update, {name: known[name] for name in names})
        self._note(Variables(known.get, names), put, names, "")
        self._visit((f.__defaults__, f.__kwdefaults__), path)

    def _note(self, now: Any, put: Any, names: Iterable[Any], path: str) -> None:
        values = tuple(now)
        if not isinstance(now, tuple):
            self.parts.append(Part(now, put, values))
        for name, value in zip(names, values, strict=True):
            self._visit(value, f"{path}.{name}" if path else str(name))

    def is_unchanged(self) -> bool:
        """Does each of them still hold the same object, or an equal number?"""
        if [*map(len, self.now)] != self.lengths:
            return False
        if all(map(is_, chain.from_iterable(self.now), self.values)):
            return True
        return all(map(_equal, chain.from_iterable(self.now), self.values))

    def restore(self) -> None:
        """Put back what was there."""
        for x, kind in self.classes:
            if type(x) is not kind:
                x.__class__ = kind
        for part in self.parts:
            if part.put is not None:
                part.put()


def _refill(held: Any, before: Any) -> None:
    if isinstance(held, dict):
        held.clear()
        held.update(before)
    elif isinstance(held, list):
        held[:] = before


def _is_users(x: Any) -> bool:
    """Is it a module, or an object of a class of the user's?"""
    own = type(x).__module__.partition(".")[0] in ("tinygrad_edu", "nn", "numpy")
    return not own or "_members" in vars(x)


def _equal(a: Any, b: Any) -> bool:
    return a is b or (type(a) is type(b) and isinstance(a, PLAIN) and a == b)


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # not filled yet
        return None


def _names_in(code: Any) -> list[str]:
    """The names of the globals that code reads, with those of the functions in it."""
    names = dict.fromkeys(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            names.update(dict.fromkeys(_names_in(constant)))
    return list(names)
