"""`script.py:loss`: what a name means in a script, and what else there is.

A name means what the script's own names hold when it ends, or else what a function of it gave to
that name last.
"""

from __future__ import annotations

import os
import re
from typing import Any

from nn import Module

from ..tensor import Tensor
from .script import NOTE, Stop, WrongUse

PART = re.compile(r"\.?([^\W\d]\w*|(?<=\.)\d+)|\[(-?\d+)\]")  # .name, .0 or [-1]


def split(text: str) -> tuple[str, str]:
    """The file and the name in `script.py:name`; the name is "" if there is none."""
    path, colon, name = text.rpartition(":")
    if not colon or os.path.exists(text):
        return text, ""
    if not name or "".join(m[0] for m in PART.finditer(name)) != name or name[0] in ".[":
        raise WrongUse(f"{name!r} is no name: write {path}:loss, {path}:model.weight, {path}:xs[0]")
    return path, name


class Target:
    """What a command looks for in a script: a tensor or a module, by its name or the only one."""

    def __init__(self, path: str, name: str, kind: type, nth: int = 0) -> None:
        self.path, self.name, self.kind, self.nth = path, name, kind, nth
        self.first = PART.match(name)[1] if name else ""  # type: ignore[index]
        self.in_functions: dict[tuple[str, str], Any] = {}
        self.names: dict[str, Any] = {}
        self.count = 0
        self.stopped_at: Any = None

    def note(self, function: str, name: str, value: Any) -> None:
        """What the script calls when it has given a value to a name."""
        if name == self.first or isinstance(value, Tensor | Module):
            self.in_functions.pop((function, name), None)  # the newest stands last
            self.in_functions[function, name] = value
        if self.nth and name == self.first:
            try:
                found = part(value, self.name)
            except LookupError:  # this value has no such part
                return
            self.count += isinstance(found, self.kind)
            if self.count == self.nth:
                self.stopped_at = found
                raise Stop

    def all_names(self) -> dict[str, Any]:
        """The tensors and modules of the script by name, those in functions where it is free."""
        found = {name: x for name, x in self.names.items() if name != NOTE and name[0] != "_"}
        for (function, name), x in reversed(self.in_functions.items()):
            free = name if name not in found or found[name] is x else f"{function}.{name}"
            found.setdefault(free, x)
        return {name: x for name, x in found.items() if isinstance(x, Tensor | Module)}

    def tensors(self) -> dict[str, Tensor]:
        """The tensors of the script by name, and those of its modules: model.0.weight."""
        names = self.all_names()
        tensors = {name: x for name, x in names.items() if isinstance(x, Tensor)}
        for name, module in self._outermost(names):
            pairs = [*module.named_parameters(), *module.named_buffers()]
            tensors |= {f"{name}.{inner}": x for inner, x in pairs}
        return tensors

    def _outermost(self, names: dict[str, Any]) -> list[tuple[str, Module]]:
        """The modules that are in no other."""
        modules = [(name, x) for name, x in names.items() if isinstance(x, Module)]
        inner = {id(inside) for _, x in modules for inside in [*x.modules()][1:]}
        return [(name, x) for name, x in modules if id(x) not in inner]

    def value(self) -> Any:
        """What the name means, or the only thing that it can be; else WrongUse says what else."""
        if self.nth:
            if self.stopped_at is None:
                raise WrongUse(f"{self.name} got a value {self.count} times, not {self.nth}")
            return self.stopped_at
        if not self.name:
            return self._only()
        try:
            if self.first in self.names:
                return part(self.names[self.first], self.name)
            noted = [x for (_, name), x in self.in_functions.items() if name == self.first]
            return part(noted[-1], self.name)
        except LookupError:
            raise WrongUse(f"{self.path} has no {self.name}.  {self._candidates()}") from None

    def _only(self) -> Any:
        found = dict(self._fitting())
        if len({id(x) for x in found.values()}) != 1:
            many = "several names can be meant" if found else "no name was given"
            raise WrongUse(f"{many}, as in {self.path}:NAME.  {self._candidates()}")
        return next(iter(found.values()))

    def _fitting(self) -> list[tuple[str, Any]]:
        """What can be meant: tensors with a record, or modules with parameters, in no other."""
        names = self.all_names()
        if self.kind is Module:
            outermost = self._outermost(names)
            return [(n, x) for n, x in outermost if next(x.parameters(), None) is not None]
        return [(n, x) for n, x in names.items() if isinstance(x, Tensor) and not x.is_leaf]

    def _candidates(self) -> str:
        """What there is, with shapes."""
        found = [described(name, x) for name, x in self._fitting()]
        if not found:
            what = "tensor with a record" if self.kind is Tensor else "module"
            return f"It has no {what}"
        more = f" and {len(found) - 10} more" if len(found) > 10 else ""
        return f"It has {', '.join(found[:10])}{more}"


def part(value: Any, name: str) -> Any:
    """`value` itself for "x", `value.y[0]` for "x.y[0]"; LookupError if there is none."""
    for step in [*PART.finditer(name)][1:]:
        try:
            value = getattr(value, step[1]) if step[1] else value[int(step[2])]
        except (AttributeError, TypeError, RuntimeError) as error:
            raise LookupError(step[0]) from error
    return value


def described(name: str, x: Any) -> str:
    """The name, and what it is, in a few words."""
    return f"{name} {tuple(x.shape)}" if isinstance(x, Tensor) else f"{name} ({type(x).__name__})"
