"""Modules made of modules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .module import Module


class Sequential(Module):
    """y = f_n(... f_2(f_1(x))): modules one after another.

    >>> import nn
    >>> len(nn.Sequential(nn.Linear(2, 3), nn.Tanh()))
    2
    """

    def __init__(self, *modules: Any) -> None:
        super().__init__()
        if len(modules) == 1 and isinstance(modules[0], Mapping):
            named = dict(modules[0])
        else:
            named = {str(i): module for i, module in enumerate(modules)}
        for name, module in named.items():
            self.add_module(name, module)

    def add_module(self, name: str, module: Any) -> None:
        if not isinstance(module, Module):
            raise TypeError(
                f"Sequential: step {name} is {module!r}, not a Module; a function needs a layer, "
                f"as "
                "nn.ReLU() for relu"
            )
        super().add_module(name, module)

    def forward(self, input: Any) -> Any:
        for step in self.__dict__.values():
            if isinstance(step, Module):
                input = step(input)
        return input

    def append(self, module: Module) -> Sequential:
        self.add_module(str(len(self)), module)
        return self

    def __len__(self) -> int:
        return len(list(self.children()))

    def __iter__(self) -> Iterator[Module]:
        return self.children()

    def __getitem__(self, key: int | slice) -> Any:
        steps = list(self.named_children())
        if isinstance(key, slice):
            return Sequential(dict(steps[key]))
        return getattr(self, self._name_of(key))

    def __setitem__(self, key: int, module: Module) -> None:
        self.add_module(self._name_of(key), module)

    def __delitem__(self, key: int) -> None:
        delattr(self, self._name_of(key))
        names = [name for name, _ in self.named_children()]
        if all(name.isdecimal() for name in names):  # numbered steps are numbered anew
            steps = [self.__dict__.pop(name) for name in names]
            for i, step in enumerate(steps):
                setattr(self, str(i), step)

    def _name_of(self, key: int) -> str:
        names = [name for name, _ in self.named_children()]
        if not -len(names) <= key < len(names):
            raise IndexError(f"Sequential: step {key} of {len(names)}")
        return names[key]
