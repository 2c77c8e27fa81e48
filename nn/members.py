"""Members: the parameters, the buffers or the modules that a module holds, by their names.

The values are the module's attributes, where forward() reads them at full speed; `_members` beside
them says which attributes are part of the tree, and as what.

>>> import nn, tinygrad_edu as tg
>>> layer = nn.Linear(2, 1)
>>> layer._parameters["weight"] is layer.weight
True
>>> layer._parameters["bias"] = None  # what is written here is the attribute
>>> layer.bias is None
True
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import Any

PARAMETER, BUFFER, MODULE = "Parameter", "buffer", "Module"  # what a member is registered as


def hold(module: Any, name: str, value: Any, kind: str) -> None:
    """Make the value an attribute that is part of the tree, whatever stood there before."""
    members = module.__dict__["_members"]
    if members.get(name) != kind:
        release(module, name)
        members[name] = kind
    module.__dict__[name] = value


def release(module: Any, name: str) -> None:
    """Remove an attribute, also from the tree."""
    own = module.__dict__
    own.pop(name, None)
    own["_members"].pop(name, None)


def members_of(module: Any, kind: str) -> list[tuple[str, Any]]:
    """The names and values of one kind, in the order in which they were registered."""
    own = module.__dict__
    try:
        return [(name, own[name]) for name, held in own["_members"].items() if held == kind]
    except KeyError:
        owner = type(module).__name__
        raise AttributeError(f"{owner}: its __init__ has not called super().__init__()") from None


class Members(MutableMapping[str, Any]):
    """A module's members of one kind, as a dictionary; writing to it changes the module."""

    def __init__(self, module: Any, kind: str) -> None:
        self._module, self._kind = module, kind

    def __getitem__(self, name: str) -> Any:
        if name not in self:
            raise KeyError(name)
        return self._module.__dict__[name]

    def __setitem__(self, name: str, value: Any) -> None:
        hold(self._module, name, value, self._kind)

    def __delitem__(self, name: str) -> None:
        if name not in self:
            raise KeyError(name)
        release(self._module, name)

    def __contains__(self, name: object) -> bool:
        return name in dict(members_of(self._module, self._kind))

    def __iter__(self) -> Iterator[str]:
        return iter([name for name, _ in members_of(self._module, self._kind)])

    def __reversed__(self) -> Iterator[str]:
        names: list[str] = [*self]
        return reversed(names)

    def __len__(self) -> int:
        return len(members_of(self._module, self._kind))

    def __or__(self, other: Any) -> dict[str, Any]:
        return {**self, **other}

    def __ior__(self, other: Any) -> Members:
        self.update(other)
        return self

    def __repr__(self) -> str:
        return repr({**self})

    def copy(self) -> dict[str, Any]:
        """Return a plain dictionary with the present entries."""
        return {**self}

    def popitem(self) -> tuple[str, Any]:
        """Remove the last entry, and return its name and value, as `dict.popitem`."""
        name = next(reversed(self), None)
        if name is None:
            raise KeyError("popitem(): there is none")
        return name, self.pop(name)


def view_of(kind: str) -> Any:
    """A property of modules that shows the members of one kind; assigning a dictionary replaces
    them."""

    def replace(module: Any, given: Any) -> None:
        given, view = dict(given), Members(module, kind)
        view.clear()
        view.update(given)

    return property(lambda module: Members(module, kind), replace)
