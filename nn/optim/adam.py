"""Adam and its kind: a step of its own for each number."""

from __future__ import annotations

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

    def update(self, p: Array, g: Array, state: dict[str, Any], group: dict[str, Any]) -> None:
        if group["maximize"]:
            g = -g
        if group["weight_decay"]:
            g = g + group["weight_decay"] * p
        if not state:
            state.update(step=0, exp_avg=np.zeros_like(p), exp_avg_sq=np.zeros_like(p))
        beta1, beta2 = group["betas"]
        t = state["step"] = state["step"] + 1
        m, v = state["exp_avg"], state["exp_avg_sq"]
        m *= beta1
        term = np.multiply(g, 1 - beta1)
        m += term
        v *= beta2
        np.multiply(g, g, out=term)
        term *= 1 - beta2
        v += term
        np.sqrt(v, out=term)
        term *= (1 - beta2**t) ** -0.5
        term += group["eps"]
        np.divide(m, term, out=term)
        term *= group["lr"] / (1 - beta1**t)
        p -= term
