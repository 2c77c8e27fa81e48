"""Optimizer: parameters in groups with their settings, and one update rule for each array.

A subclass writes `update(p, g, state, group)`, which changes the array `p` in place, given its
gradient `g`, what it remembers (`state`, a dict of its own) and the settings of its group.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

import tinygrad_edu as tg
from tinygrad_edu import graph
from tinygrad_edu.dtypes import Array
from tinygrad_edu.tensor import Tensor


class Optimizer:
    """The base of all optimisers: `zero_grad()`, `loss.backward()`, `step()`.

    `params` is an iterable of parameters, or of groups: dicts with "params" and settings of their
    own. Raises ValueError if there is none, or if one is given twice; TypeError for what is not a
    Tensor.
    """

    def __init__(self, params: Iterable[Any], defaults: dict[str, Any]) -> None:
        if isinstance(params, tg.Tensor):
            raise TypeError(f"{self._name}: give a list of parameters, as [w], not one tensor")
        self.defaults = defaults
        self.param_groups: list[dict[str, Any]] = []
        self.state: dict[Tensor, dict[str, Any]] = {}
        groups = list(params)
        if not groups:
            raise ValueError(f"{self._name}: there are no parameters to train")
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(group)

    @property
    def _name(self) -> str:
        return type(self).__name__

    def add_param_group(self, group: dict[str, Any]) -> None:
        """Train more parameters; settings that the group does not name are the optimiser's."""
        params = group["params"]
        params = [params] if isinstance(params, Tensor) else list(params)
        known = {id(p) for other in self.param_groups for p in other["params"]}
        for i, p in enumerate(params):
            if not isinstance(p, Tensor):
                raise TypeError(
                    f"{self._name}: parameter {i} is a {type(p).__name__}, not a Tensor"
                )
            if not p.is_leaf:
                raise ValueError(
                    f"{self._name}: parameter {i} is the result of {p.node!r}; only leaves are "
                    f"trained"
                )
            if id(p) in known:
                raise ValueError(f"{self._name}: parameter {i}, of shape {p.shape}, is given twice")
            known.add(id(p))
        self.param_groups.append({**self.defaults, **group, "params": params})

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients (or fill them with zeros)."""
        for group in self.param_groups:
            for p in group["params"]:
                node = p.node
                if node is not None and node.grad is not None:
                    node.grad = None if set_to_none else np.zeros_like(p.array)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Move every parameter that has a gradient; returns what `closure()`, called first,
        does."""
        loss = None
        if closure is not None:
            with tg.enable_grad():
                loss = closure()
        place = f"{self._name}.step() at {graph.user_place()}"
        for group in self.param_groups:
            for p in group["params"]:
                grad = p.node and p.node.grad
                if grad is None:
                    continue
                state = self.state.get(p)
                if state is None:
                    state = self.state[p] = {}
                self.update(
                    p.array, grad if grad.__class__ is np.ndarray else grad.array, state, group
                )
                graph.stamp(p.array, place)
        return loss

    def update(self, p: Array, g: Array, state: dict[str, Any], group: dict[str, Any]) -> None:
        """Change `p` in place; `g` is dL/dp and is left as it is."""
        raise NotImplementedError(f"{self._name} has no update(p, g, state, group)")

    def __repr__(self) -> str:
        settings = {k: v for k, v in self.param_groups[0].items() if k != "params"}
        return f"{self._name}({', '.join(f'{k}={v}' for k, v in settings.items())})"


def check_settings(name: str, **settings: float) -> None:
    """Raise ValueError for a learning rate, epsilon or weight decay under 0, or a beta outside [0,
    1)."""
    for key, value in settings.items():
        if not 0 <= value < (1 if key.startswith("beta") else float("inf")):
            allowed = "in [0, 1)" if key.startswith("beta") else "at least 0"
            raise ValueError(f"{name}: {key} is {allowed}, not {value}")
