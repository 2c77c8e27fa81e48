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
from collections.abc import Iterable, Sequence
from functools import partial
from operator import is_
from typing import Any

from ..engine.clock import is_own
from ..engine.graph import TensorBase

PLAIN = (int, float, str, bytes)
LONG = 1000  # items: of a longer list or dict, it is only noticed that it is another


class Held:
    """The variables, attributes and items that are reached from some functions and objects."""

    def __init__(self, roots: Iterable[Any]) -> None:
        self.parts: list[tuple[Any, Any, Any]] = []  # a dict, list or cells, its names, its values
        self.paths: dict[int, str] = {}  # of each tensor that was found
        self.seen: set[int] = set()
        self.kept = list(roots)
        for root in self.kept:
            self._visit(root, "")

    def _visit(self, x: Any, path: str) -> None:
        if isinstance(x, TensorBase):
            self.paths.setdefault(id(x), path)
        if id(x) in self.seen or isinstance(x, TensorBase | type | types.ModuleType):
            return
        self.seen.add(id(x))
        if isinstance(x, types.FunctionType):
            self._visit_function(x, path)
        elif isinstance(x, types.MethodType):
            self._visit(x.__func__, path)
            self._visit(x.__self__, path)
        elif isinstance(x, partial):
            self._visit((x.func, x.args, x.keywords), path)
        elif isinstance(x, dict | list | tuple) and len(x) > LONG:
            return
        elif isinstance(x, dict):
            self._note(x, None, tuple(x.values()), list(map(str, x)), path)
        elif isinstance(x, list | tuple):
            self._note(x, None, tuple(x), list(map(str, range(len(x)))), path)
        elif hasattr(x, "__dict__") and _is_users(x):
            own = vars(x)
            self._note(own, None, tuple(own.values()), list(own), path)

    def _visit_function(self, f: Any, path: str) -> None:
        if is_own(f.__code__.co_filename):
            return
        cells = f.__closure__ or ()
        filled = [c for c in cells if _content(c) is not None]
        names = [n for n, c in zip(f.__code__.co_freevars, cells, strict=True) if c in filled]
        self._note(filled, [], tuple(map(_content, filled)), names, path)
        read = [n for n in _names_in(f.__code__) if n in f.__globals__]
        self._note(f.__globals__, read, tuple(f.__globals__[n] for n in read), read, "")
        self._visit((f.__defaults__, f.__kwdefaults__), path)

    def _note(self, held: Any, names: Any, values: Any, words: Sequence[str], path: str) -> None:
        if not isinstance(held, tuple):
            self.parts.append((held, names, values))
        for word, value in zip(words, values, strict=True):
            self._visit(value, f"{path}.{word}" if path else word)

    def is_unchanged(self) -> bool:
        """Does each of them still hold the same object, or an equal number?"""
        for held, names, values in self.parts:
            now = _now(held, names)
            if len(now) != len(values) or not all(map(is_, now, values)):
                if len(now) != len(values) or not all(map(_equal, now, values)):
                    return False
        return True

    def restore(self) -> None:
        """Put back what was there."""
        for held, names, values in self.parts:
            if isinstance(held, dict):
                keys = [*held][: len(values)] if names is None else names
                for key in [*held] if names is None else ():
                    if key not in keys:
                        del held[key]
                held.update(zip(keys, values, strict=True))
            elif names is None:
                held[:] = values


def _is_users(x: Any) -> bool:
    """Is it a module, or an object of a class of the user's?"""
    own = type(x).__module__.partition(".")[0] in ("tinygrad_edu", "nn", "numpy")
    return not own or "_members" in vars(x)


def _now(held: Any, names: Any) -> Any:
    if names is None:
        return held.values() if isinstance(held, dict) else held
    return [held.get(n) for n in names] if isinstance(held, dict) else list(map(_content, held))


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
