"""Adagrad and its kind: a step of its own for each number, by the gradients that it has seen."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

import tinygrad_edu as tg
from tinygrad_edu.dtypes import Array

from .optimizer import Optimizer, blend, checked


class Rprop(Optimizer):
    """p <- p - s sign(g): only signs count, and each number has a step size s of its own.

    While the sign of g stays, s grows by the factor etas[1]; where it turns, s shrinks by etas[0]
    and this step is left out (Riedmiller and Braun, 1993).  s starts at `lr` and stays within
    `step_sizes`.  For full batches: noise in g turns signs.
    """

    remembers = ("step", "prev", "step_size")

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50),
        *,
        maximize: bool = False,
    ) -> None:
        if not 0 < etas[0] < 1 < etas[1]:
            raise ValueError(f"Rprop: etas are (under 1, above 1), both above 0, not {etas}")
        settings = {"etas": etas, "step_sizes": step_sizes, "maximize": maximize}
        super().__init__(params, {**checked("Rprop", lr=lr), **settings})

    def update(self, d: Array, g: Array, state: dict[str, Any], group: dict[str, Any]) -> None:
        if not state:
            state.update(step=0, prev=np.zeros_like(g), step_size=np.full_like(g, group["lr"]))
        state["step"] += 1
        shrink, grow = group["etas"]
        turn, size = g * state["prev"], state["step_size"]
        size[turn > 0] *= grow
        size[turn < 0] *= shrink
        np.clip(size, *group["step_sizes"], out=size)
        g[turn < 0] = 0
        state["prev"][...] = g
        np.multiply(np.sign(g, g), size, d)


class Adagrad(Optimizer):
    """p <- p - lr g / (sqrt s + eps), with s the sum of all g^2 so far (Duchi et al., 2011).

    `lr_decay` makes lr / (1 + (t - 1) lr_decay) of lr; s starts at `initial_accumulator_value`.
    """

    remembers = ("step", "sum")

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        *,
        maximize: bool = False,
    ) -> None:
        start = initial_accumulator_value
        settings = checked(
            "Adagrad",
            lr=lr,
            lr_decay=lr_decay,
            eps=eps,
            weight_decay=weight_decay,
            initial_accumulator_value=start,
        )
        super().__init__(params, {**settings, "maximize": maximize})
        for p in self._params():  # here, not in the first step: so does PyTorch
            self._state[p] = {"step": tg.tensor(0.0), "sum": tg.full_like(p.detach(), start)}

    def update(self, d: Array, g: Array, state: dict[str, Any], group: dict[str, Any]) -> None:
        if not state:
            state.update(step=0, sum=np.full_like(g, group["initial_accumulator_value"]))
        t = state["step"] = state["step"] + 1
        s = state["sum"]
        s += np.multiply(g, g, d)
        np.divide(g, np.sqrt(s, d) + group["eps"], d)
        d *= group["lr"] / (1 + (t - 1) * group["lr_decay"])


class RMSprop(Optimizer):
    """p <- p - lr g / (sqrt v + eps), with v <- alpha v + (1 - alpha) g^2 (Hinton, 2012).

    `centered` takes the square of the running mean of g from v: what is left is the variance
    (Graves, 2013).  With `momentum`, steps b <- momentum b + g / (sqrt v + eps) add up.
    """

    remembers = ("step", "square_avg", "momentum_buffer", "grad_avg")

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        settings = checked(
            "RMSprop", lr=lr, momentum=momentum, alpha=alpha, eps=eps, weight_decay=weight_decay
        )
        super().__init__(params, {**settings, "centered": centered, "maximize": maximize})

    def update(self, d: Array, g: Array, state: dict[str, Any], group: dict[str, Any]) -> None:
        alpha, momentum = group["alpha"], group["momentum"]
        if not state:
            state.update(step=0, square_avg=np.zeros_like(g))
            if momentum:
                state["momentum_buffer"] = np.zeros_like(g)
            if group["centered"]:
                state["grad_avg"] = np.zeros_like(g)
        state["step"] += 1
        v = state["square_avg"]
        blend(v, alpha, np.multiply(g, g, d), d)
        if group["centered"]:
            mean = state["grad_avg"]
            blend(mean, alpha, g, d)
            v = v - mean * mean
        np.divide(g, np.sqrt(v, d) + group["eps"], d)
        if momentum:
            b = state["momentum_buffer"]
            b *= momentum
            b += d
            d[...] = b
        d *= group["lr"]


class Adadelta(Optimizer):
    """p <- p - lr D with D = g sqrt(u + eps) / sqrt(v + eps): steps in the unit of p itself.

    v <- rho v + (1 - rho) g^2, then u <- rho u + (1 - rho) D^2 (Zeiler, 2012).
    """

    remembers = ("step", "square_avg", "acc_delta")

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        *,
        maximize: bool = False,
    ) -> None:
        settings = checked("Adadelta", lr=lr, rho=rho, eps=eps, weight_decay=weight_decay)
        if rho > 1:
            raise ValueError(f"Adadelta: rho is at most 1, not {rho}")
        super().__init__(params, {**settings, "maximize": maximize})

    def update(self, d: Array, g: Array, state: dict[str, Any], group: dict[str, Any]) -> None:
        if not state:
            state.update(step=0, square_avg=np.zeros_like(g), acc_delta=np.zeros_like(g))
        state["step"] += 1
        rho, eps = group["rho"], group["eps"]
        v, u = state["square_avg"], state["acc_delta"]
        blend(v, rho, np.multiply(g, g, d), d)
        np.multiply(g, np.sqrt((u + eps) / (v + eps)), d)
        blend(u, rho, np.multiply(d, d, g), g)
        d *= group["lr"]
