"""Adam and its kind: a step of its own for each number."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from tinygrad_edu.dtypes import Array

from .optimizer import Optimizer, check_settings


class Adam(Optimizer):
    """p <- p - lr m^ / (sqrt v^ + eps), with m and v running means of g and g^2:

    m <- b1 m + (1 - b1) g,  m^ = m / (1 - b1^t),  v <- b2 v + (1 - b2) g^2,  v^ = v / (1 - b2^t)
    (Kingma and Ba, 2015).  `weight_decay` adds weight_decay p to g; `maximize` climbs instead.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        *,
        maximize: bool = False,
    ) -> None:
        check_settings(
            "Adam", lr=lr, beta1=betas[0], beta2=betas[1], eps=eps, weight_decay=weight_decay
        )
        super().__init__(
            params,
            {
                "lr": lr,
                "betas": betas,
                "eps": eps,
                "weight_decay": weight_decay,
                "maximize": maximize,
            },
        )

    def update(self, d: Array, g: Array, state: dict[str, Any], group: dict[str, Any]) -> None:
        if not state:
            state.update(step=0, exp_avg=np.zeros_like(g), exp_avg_sq=np.zeros_like(g))
        beta1, beta2 = group["betas"]
        t = state["step"] = state["step"] + 1
        correction = math.sqrt(1 - beta2**t)
        m, v = state["exp_avg"], state["exp_avg_sq"]
        m *= beta1
        m += np.multiply(g, 1 - beta1, d)
        v *= beta2
        v += np.multiply(np.multiply(g, g, g), 1 - beta2, g)
        np.add(np.sqrt(v, d), group["eps"] * correction, d)
        np.multiply(np.divide(m, d, d), group["lr"] * correction / (1 - beta1**t), d)
