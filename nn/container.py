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
        named = modules[0] if len(modules) == 1 and isinstance(modules[0], Mapping) else None
        for name, module in (named or dict(enumerate(modules))).items():
            self.add_module(str(name), module)
        self.__dict__["_steps"] = None

    def add_module(self, name: str, module: Module | None) -> None:
        if not isinstance(module, Module):
            raise TypeError(
                f"Sequential: step {name} is {module!r}, not a Module; a function needs a layer, "
                "as nn.ReLU() for relu"
            )
        super().add_module(name, module)

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        self.__dict__["_steps"] = None

    def forward(self, input: Any) -> Any:
        steps = self.__dict__["_steps"]
        if steps is None:
            steps = self.__dict__["_steps"] = tuple(self.children())
        for step in steps:
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
        if not -len(steps) <= key < len(steps):
            raise IndexError(f"Sequential: step {key} of {len(steps)}")
        return steps[key][1]
