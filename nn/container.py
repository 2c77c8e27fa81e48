"""Modules made of modules, and of parameters: numbered ones and named ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any, TypeVar

from tinygrad_edu import Tensor

from .members import MODULE, members_of
from .module import Module, Parameter

N = TypeVar("N", bound="_Numbered")


class _Parts(Module):
    """Modules in order, which are attributes with the names that count or name them."""

    takes: Any = Module | None

    def _parts(self) -> dict[str, Any]:
        return dict(members_of(self, MODULE))

    def __len__(self) -> int:
        return len(self._parts())

    def add_module(self, name: str, module: Any) -> None:
        if not isinstance(module, self.takes):
            raise TypeError(
                f"{type(self).__name__}: step {name} is {module!r}, not a Module; a function needs "
                "a layer, as nn.ReLU() for relu"
            )
        super().add_module(name, module)

    def _put(self, name: str, part: Any) -> None:
        self.add_module(name, part)


# ---------------------------------------------------------------- numbered


class _Numbered(_Parts):
    """A list: its parts are the attributes "0", "1", ..."""

    def __iter__(self) -> Iterator[Any]:
        return iter(self._parts().values())

    def __getitem__(self, key: int | slice) -> Any:
        if isinstance(key, slice):
            return self._like(list(self)[key])
        return getattr(self, self._name_of(key))

    def _like(self, parts: list[Any]) -> Any:
        make: Any = type(self)
        return make(parts)

    def __setitem__(self, key: int, part: Any) -> None:
        self._put(self._name_of(key), part)

    def __delitem__(self, key: int | slice) -> None:
        names = list(self._parts())[key] if isinstance(key, slice) else [self._name_of(key)]
        for name in names:
            delattr(self, name)
        if all(name.isdecimal() for name in self._parts()):  # numbered parts are numbered anew
            self._renumber(list(self))

    def append(self: N, part: Any) -> N:
        self._put(str(len(self)), part)
        return self

    def extend(self: N, parts: Iterable[Any]) -> N:
        for part in list(parts):
            self.append(part)
        return self

    def insert(self: N, index: int, part: Any) -> N:
        parts = list(self)
        parts.insert(index, part)
        self._put(str(len(self)), part)  # refused, if at all, before anything has moved
        self._renumber(parts)
        return self

    def pop(self, key: int = -1) -> Any:
        part = self[key]
        del self[key]
        return part

    def __iadd__(self: N, parts: Iterable[Any]) -> N:
        return self.extend(parts)

    def _renumber(self, parts: list[Any]) -> None:
        for name in self._parts():
            delattr(self, name)
        for i, part in enumerate(parts):
            self._put(str(i), part)

    def _name_of(self, key: int) -> str:
        names = list(self._parts())
        if not -len(names) <= key < len(names):
            raise IndexError(f"{type(self).__name__}: step {key} of {len(names)}")
        return names[key]


class Sequential(_Numbered):
    """y = f_n(... f_2(f_1(x))): modules one after another.

    >>> import nn
    >>> len(nn.Sequential(nn.Linear(2, 3), nn.Tanh()))
    2
    """

    takes = Module

    def __init__(self, *args: Any) -> None:
        super().__init__()
        if len(args) == 1 and isinstance(args[0], Mapping):
            named = dict(args[0])
        else:
            named = {str(i): module for i, module in enumerate(args)}
        for name, module in named.items():
            self.add_module(name, module)

    def forward(self, input: Any) -> Any:
        for _, step in members_of(self, MODULE):
            input = step(input)
        return input

    def __getitem__(self, key: int | slice) -> Any:
        if isinstance(key, slice):
            return Sequential(dict(list(self._parts().items())[key]))
        return super().__getitem__(key)


class ModuleList(_Numbered):
    """A list of modules, which a plain list would hide from `parameters()`.

    >>> import nn
    >>> nn.ModuleList(nn.Linear(2, 2) for _ in range(3))
    ModuleList(
      (0-2): 3 x Linear(in_features=2, out_features=2, bias=True)
    )
    """

    def __init__(self, modules: Iterable[Module | None] | None = None) -> None:
        super().__init__()
        self.extend(modules or ())

    def __add__(self, other: Iterable[Module | None]) -> ModuleList:
        """A new list of what both hold."""
        return ModuleList([*self, *other])

    def __repr__(self) -> str:
        """As of any module, but neighbours that print alike are one line."""
        lines, first = [], 0
        for text, alike in groupby(map(repr, self)):
            count = len(list(alike))
            text = text.replace("\n", "\n  ")
            last = first + count - 1
            lines.append(
                f"({first}): {text}" if count == 1 else f"({first}-{last}): {count} x {text}"
            )
            first += count
        return _listing(self, lines)


def _listing(module: Module, lines: list[str]) -> str:
    inside = "\n  ".join(lines)
    return f"{type(module).__name__}(\n  {inside}\n)" if lines else f"{type(module).__name__}()"


class _Parameters:
    """What a list and a dictionary of parameters share: a tensor that is put in becomes a
    parameter; anything else, as a further list of parameters, stays what it is."""

    _keys: dict[str, None]

    def _parts(self) -> dict[str, Any]:
        return {key: getattr(self, key) for key in self._keys}

    def _put(self, name: str, value: Any) -> None:
        plain = isinstance(value, Tensor) and not isinstance(value, Parameter)
        setattr(self, name, Parameter(value) if plain else value)
        self._keys[name] = None

    def __delattr__(self, name: str) -> None:
        super().__delattr__(name)
        self._keys.pop(name, None)

    def extra_repr(self) -> str:
        return "\n".join(f"  ({name}): {_described(x)}" for name, x in self._parts().items())


def _described(x: Any) -> str:
    if isinstance(x, Tensor):
        return f"Parameter containing: [{x.dtype} of size {'x'.join(map(str, x.shape))}]"
    return f"Object of type: {type(x).__name__}"


class ParameterList(_Parameters, _Numbered):
    """A list of parameters, which a plain list would hide from `parameters()`; a tensor that is put
    in becomes a parameter.

    >>> import nn, tinygrad_edu as tg
    >>> [name for name, _ in nn.ParameterList([tg.ones(2)] * 2).named_parameters()]
    ['0', '1']
    """

    def __init__(self, values: Iterable[Any] | None = None) -> None:
        super().__init__()
        self._keys = {}
        if values is not None:
            self.extend(values)

    def extend(self, values: Iterable[Any]) -> Any:
        if isinstance(values, Tensor):
            raise TypeError("ParameterList: give a list of tensors, as [w], not one tensor")
        return super().extend(values)


# ---------------------------------------------------------------- named


class _Named(_Parts):
    """A dictionary: its parts are attributes with the names that are its keys."""

    def __init__(self, parts: Any = None) -> None:
        super().__init__()
        self.update(parts or {})

    def __getitem__(self, key: str) -> Any:
        parts = self._parts()
        if key not in parts:
            raise KeyError(f"{type(self).__name__}: no {key!r}; there are {[*parts]}")
        return parts[key]

    def __setitem__(self, key: str, part: Any) -> None:
        name = type(self).__name__
        if not isinstance(key, str):
            raise TypeError(f"{name}: keys are strings, as {str(key)!r}, not {key!r}")
        if not key or "." in key or (hasattr(self, key) and key not in self._parts()):
            raise KeyError(
                f"{name}: the key {key!r} cannot be used: it becomes an attribute and part of a "
                "path, so it is no name of a method, not empty, and without a dot"
            )
        self._put(key, part)

    def __delitem__(self, key: str) -> None:
        self.pop(key)

    def __contains__(self, key: Any) -> bool:
        return key in self._parts()

    def __iter__(self) -> Iterator[str]:
        return iter(self._parts())

    def keys(self) -> Any:
        return self._parts().keys()

    def values(self) -> Any:
        return self._parts().values()

    def items(self) -> Any:
        return self._parts().items()

    def update(self, parts: Any) -> None:
        """Set what a dictionary, or pairs of a key and a value, hold."""
        for key, part in parts.items() if hasattr(parts, "items") else parts:
            self[key] = part

    def pop(self, key: str) -> Any:
        part = self[key]
        delattr(self, key)
        return part

    def clear(self) -> None:
        for key in self._parts():
            delattr(self, key)


class ModuleDict(_Named):
    """A dictionary of modules, which a plain one would hide from `parameters()`.

    >>> import nn
    >>> acts = nn.ModuleDict({"relu": nn.ReLU(), "tanh": nn.Tanh()})
    >>> acts["tanh"], acts.relu, list(acts)
    (Tanh(), ReLU(), ['relu', 'tanh'])
    """

    def __init__(self, modules: Any = None) -> None:
        super().__init__(modules)


class ParameterDict(_Parameters, _Named):
    """A dictionary of parameters, which a plain one would hide from `parameters()`; a tensor that
    is put in becomes a parameter."""

    def __init__(self, parameters: Any = None) -> None:
        self.__dict__["_keys"] = {}
        super().__init__(parameters)

    def get(self, key: str, default: Any = None) -> Any:
        return self._parts().get(key, default)
