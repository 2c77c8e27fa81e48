"""Stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from tinygrad_edu.dtypes import Array

from .optimizer import Optimizer, checked


class SGD(Optimizer):
    """p <- p - lr v, where v = g, or with momentum v <- momentum v + (1 - dampening) g.

    With `nesterov`, the step is g + momentum v (Sutskever et al., 2013); `weight_decay` adds
    weight_decay p to g; `maximize` climbs instead.
    """

    remembers = ("momentum_buffer",)

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        settings = checked("SGD", lr=lr, momentum=momentum, weight_decay=weight_decay)
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("SGD: nesterov needs a momentum above 0 and no dampening")
        settings |= {"dampening": dampening, "nesterov": nesterov, "maximize": maximize}
        super().__init__(params, settings)

    def update(self, d: Array, g: Array, state: dict[str, Any], group: dict[str, Any]) -> None:
        momentum = group["momentum"]
        if momentum:
            v = state.get("momentum_buffer")
            if v is None:
                v = state["momentum_buffer"] = g.copy()
            else:
                v *= momentum
                v += np.multiply(g, 1 - group["dampening"], out=d)
            if group["nesterov"]:
                g += np.multiply(v, momentum, out=d)
            else:
                g = v
        np.multiply(g, np.asarray(group["lr"], g.dtype), d)
