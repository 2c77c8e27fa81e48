"""Adam and its kind: running means of the gradient and of its square."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from tinygrad_edu.dtypes import Array

from .optimizer import Optimizer, blend, checked


class Adam(Optimizer):
    """p <- p - lr m^ / (sqrt v^ + eps), with m and v running means of g and g^2:

    m <- b1 m + (1 - b1) g,  m^ = m / (1 - b1^t),  v <- b2 v + (1 - b2) g^2,  v^ = v / (1 - b2^t)
    (Kingma and Ba, 2015).  `weight_decay` adds weight_decay p to g, or with
    `decoupled_weight_decay` is AdamW's; `amsgrad` divides by the largest v so far (Reddi et al.,
    2018); `maximize` climbs instead.
    """

    remembers = ("step", "exp_avg", "exp_avg_sq", "max_exp_avg_sq")

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        decoupled_weight_decay: bool = False,
    ) -> None:
        settings = checked(self._name, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay)
        settings |= {"amsgrad": amsgrad, "maximize": maximize}
        super().__init__(params, {**settings, "decoupled_weight_decay": decoupled_weight_decay})

    def update(self, d: Array, g: Array, state: dict[str, Any], group: dict[str, Any]) -> None:
        if not state:
            state.update(step=0, exp_avg=np.zeros_like(g), exp_avg_sq=np.zeros_like(g))
            if group["amsgrad"]:
                state["max_exp_avg_sq"] = np.zeros_like(g)
        beta1, beta2 = group["betas"]
        t = state["step"] = state["step"] + 1
        correction = math.sqrt(1 - beta2**t)
        m, v = state["exp_avg"], state["exp_avg_sq"]
        blend(m, beta1, g, d)
        blend(v, beta2, np.multiply(g, g, g), g)
        if group["amsgrad"]:
            v = np.maximum(v, state["max_exp_avg_sq"], out=state["max_exp_avg_sq"])
        np.add(np.sqrt(v, d), group["eps"] * correction, d)
        np.multiply(np.divide(m, d, d), group["lr"] * correction / (1 - beta1**t), d)


class AdamW(Adam):
    """Adam whose weight decay does not pass through the means: first p <- p - lr weight_decay p
    (Loshchilov and Hutter, 2019)."""

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            params,
            lr,
            betas,
            eps,
            weight_decay,
            amsgrad,
            maximize=maximize,
            decoupled_weight_decay=True,
        )


class Adamax(Optimizer):
    """p <- p - lr m^ / u, Adam with the largest |g| in place of the root of the mean square:

    u <- max(b2 u, |g| + eps) (Kingma and Ba, 2015).
    """

    remembers = ("step", "exp_avg", "exp_inf")

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        *,
        maximize: bool = False,
    ) -> None:
        settings = checked("Adamax", lr=lr, betas=betas, eps=eps, weight_decay=weight_decay)
        super().__init__(params, {**settings, "maximize": maximize})

    def update(self, d: Array, g: Array, state: dict[str, Any], group: dict[str, Any]) -> None:
        if not state:
            state.update(step=0, exp_avg=np.zeros_like(g), exp_inf=np.zeros_like(g))
        beta1, beta2 = group["betas"]
        t = state["step"] = state["step"] + 1
        m, u = state["exp_avg"], state["exp_inf"]
        blend(m, beta1, g, d)
        u *= beta2
        np.maximum(u, np.abs(g, g) + group["eps"], out=u)
        np.multiply(m / u, group["lr"] / (1 - beta1**t), d)


class NAdam(Optimizer):
    """Adam with Nesterov's look ahead: a part of the step is g itself (Dozat, 2016).

    p <- p - lr [(1 - mu_t) / (1 - M_t) g + mu_t+1 / (1 - M_t+1) m] / (sqrt v^ + eps)
    with mu_t = b1 (1 - 0.96^(t momentum_decay) / 2) and M_t = mu_1 mu_2 ... mu_t.
    """

    remembers = ("step", "mu_product", "exp_avg", "exp_avg_sq")

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        settings = checked("NAdam", lr=lr, betas=betas, eps=eps, weight_decay=weight_decay)
        settings |= checked("NAdam", momentum_decay=momentum_decay)
        settings |= {"decoupled_weight_decay": decoupled_weight_decay, "maximize": maximize}
        super().__init__(params, settings)

    def update(self, d: Array, g: Array, state: dict[str, Any], group: dict[str, Any]) -> None:
        if not state:
            state.update(step=0, mu_product=1.0)
            state.update(exp_avg=np.zeros_like(g), exp_avg_sq=np.zeros_like(g))
        lr, (beta1, beta2) = group["lr"], group["betas"]
        t = state["step"] = state["step"] + 1
        mu, mu_next = (
            beta1 * (1 - 0.5 * 0.96 ** (k * group["momentum_decay"])) for k in (t, t + 1)
        )
        product = state["mu_product"] = state["mu_product"] * mu
        m, v = state["exp_avg"], state["exp_avg_sq"]
        blend(m, beta1, g, d)
        blend(v, beta2, np.multiply(g, g, d), d)
        g *= lr * (1 - mu) / (1 - product)
        g += np.multiply(m, lr * mu_next / (1 - product * mu_next), d)
        np.divide(g, np.sqrt(v / (1 - beta2**t)) + group["eps"], d)


class RAdam(Optimizer):
    """Adam that waits until its v^ can be trusted (Liu et al., 2020).

    v^ rests on about r = r_inf - 2 t b2^t / (1 - b2^t) gradients, r_inf = 2 / (1 - b2) - 1.
    While r <= 5, p <- p - lr m^; later p <- p - lr m^ R / (sqrt v^ + eps), where R, which grows to
    1, is sqrt((r - 4) (r - 2) r_inf / ((r_inf - 4) (r_inf - 2) r)).
    """

    remembers = ("step", "exp_avg", "exp_avg_sq")

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        decoupled_weight_decay: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        settings = checked("RAdam", lr=lr, betas=betas, eps=eps, weight_decay=weight_decay)
        settings |= {"decoupled_weight_decay": decoupled_weight_decay, "maximize": maximize}
        super().__init__(params, settings)

    def update(self, d: Array, g: Array, state: dict[str, Any], group: dict[str, Any]) -> None:
        if not state:
            state.update(step=0, exp_avg=np.zeros_like(g), exp_avg_sq=np.zeros_like(g))
        beta1, beta2 = group["betas"]
        t = state["step"] = state["step"] + 1
        m, v = state["exp_avg"], state["exp_avg_sq"]
        blend(m, beta1, g, d)
        blend(v, beta2, np.multiply(g, g, g), g)
        np.multiply(m, group["lr"] / (1 - beta1**t), d)
        correction = 1 - beta2**t
        longest = 2 / (1 - beta2) - 1
        r = longest - 2 * t * beta2**t / correction
        if r > 5:
            share = (r - 4) * (r - 2) * longest / ((longest - 4) * (longest - 2) * r)
            d *= math.sqrt(share * correction)
            d /= np.sqrt(v) + group["eps"]


class Lion(Optimizer):
    """p <- p - lr sign(b1 m + (1 - b1) g), then m <- b2 m + (1 - b2) g (Chen et al., 2023).

    Every number moves by lr, so lr is a third to a tenth of Adam's; weight decay is AdamW's.
    """

    remembers = ("exp_avg",)

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-4,
        betas: tuple[float, float] = (0.9, 0.99),
        weight_decay: float = 0,
        *,
        maximize: bool = False,
    ) -> None:
        settings = checked("Lion", lr=lr, betas=betas, weight_decay=weight_decay)
        settings |= {"decoupled_weight_decay": True, "maximize": maximize}
        super().__init__(params, settings)

    def update(self, d: Array, g: Array, state: dict[str, Any], group: dict[str, Any]) -> None:
        if not state:
            state.update(exp_avg=np.zeros_like(g))
        beta1, beta2 = group["betas"]
        m = state["exp_avg"]
        np.sign(beta1 * m + np.multiply(g, 1 - beta1, d), d)
        d *= group["lr"]
        blend(m, beta2, g, g)
