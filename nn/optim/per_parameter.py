"""PerParameter: the base of optimizers whose update reads the parameter itself, one by one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tinygrad_edu as tg
from tinygrad_edu.dtypes import Array
from tinygrad_edu.engine import clock
from tinygrad_edu.tensor import Tensor

from .block import check_gradient_shape, plain_settings
from .hooks import with_hooks
from .optimizer import Optimizer


class PerParameter(Optimizer):
    """Base class of the optimizers that update one parameter after the other.

    A subclass defines `initial_state(p, group)` and `move(p, g, state, group)`.

    Parameters
    ----------
    params : iterable of Tensor, of (str, Tensor), or of dict
        The parameters to train (see `Optimizer`).
    defaults : dict
        The default settings of the groups.
    """

    @with_hooks
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        loss = None
        if closure is not None:
            with tg.enable_grad():
                loss = closure()
        place = clock.user_place(self._place)
        for group in self.param_groups:
            settings = plain_settings(group)
            for p in group["params"]:
                if p.grad is None:
                    continue
                check_gradient_shape(self._name, p)
                self._refuse_differentiable(p)
                g = -p.grad.array if group.get("maximize") else p.grad.array
                state = self.state[p]
                if not state:
                    state.update(self.initial_state(p, settings))
                self.move(p.array, g, state, settings)
                clock.stamp(p.array, place=place)
        return loss

    def initial_state(self, p: Tensor, group: dict[str, Any]) -> dict[str, Tensor]:
        """The state of p before its first step."""
        raise NotImplementedError(f"{self._name} has no initial_state(p, group)")

    def move(self, p: Array, g: Array, state: dict[str, Any], group: dict[str, Any]) -> None:
        """Update p in place, given its gradient g (negated for `maximize`), its state (tensors) and
        the settings of the group."""
        raise NotImplementedError(f"{self._name} has no move(p, g, state, group)")
