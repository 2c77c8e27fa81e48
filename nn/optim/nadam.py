"""NAdam: Adam with Nesterov momentum."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from tinygrad_edu.dtypes import Array
from tinygrad_edu.tensor import Tensor

from .optimizer import Optimizer, blend, checked, choices


class NAdam(Optimizer):
    """NAdam: Adam with Nesterov momentum, where a part of the update is g itself.

        m <- b1 m + (1 - b1) g
        v <- b2 v + (1 - b2) g^2,  v^ = v / (1 - b2^t)
        p <- p - lr [(1 - mu_t) / (1 - M_t) g + mu_(t+1) / (1 - M_(t+1)) m] / (sqrt(v^) + eps)

    with mu_t = b1 (1 - 0.96^(t momentum_decay) / 2) and M_t = mu_1 mu_2 ... mu_t.

    Parameters
    ----------
    params : iterable of Tensor, of (str, Tensor), or of dict
        The parameters to train (see `Optimizer`).
    lr : float or Tensor, default 2e-3
        The learning rate; a tensor of one element is read anew at each step.
    betas : (float, float), default (0.9, 0.999)
        b1 and b2, the decays of the running means, in [0, 1).
    eps : float, default 1e-8
        Added to the denominator, against a division by 0.
    weight_decay : float, default 0
        The factor w of the L2 penalty: w p is added to the gradient.
    momentum_decay : float, default 4e-3
        The rate at which mu_t rises to b1.
    decoupled_weight_decay : bool, default False
        Shrink p by the factor 1 - lr weight_decay instead of adding a penalty, as AdamW does.
    maximize : bool, default False
        Maximize the objective: step along the gradient instead of against it.
    foreach : bool or None, default None
        Accepted without effect: PyTorch chooses among its implementations by it.
    capturable : bool, default False
        Accepted without effect: it is about CUDA graphs in PyTorch.
    differentiable : bool, default False
        True is refused by `step()` for leaves that require grad, as in PyTorch.

    Raises
    ------
    ValueError
        If a setting is out of range.

    References
    ----------
    Dozat, "Incorporating Nesterov momentum into Adam", ICLR 2016 workshop.

    Examples
    --------
    >>> import nn
    >>> import tinygrad_edu as tg
    >>> from nn import optim
    >>> net = nn.Linear(2, 1)
    >>> optimizer = optim.NAdam(net.parameters())
    >>> net(tg.ones(4, 2)).square().mean().backward()
    >>> optimizer.step()
    """

    state_names = ("step", "mu_product", "exp_avg", "exp_avg_sq")

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        settings = checked("NAdam", lr=lr, betas=betas, eps=eps, weight_decay=weight_decay)
        settings |= checked("NAdam", momentum_decay=momentum_decay)
        settings |= {"decoupled_weight_decay": decoupled_weight_decay, "maximize": maximize}
        settings |= choices(
            "NAdam", foreach=foreach, capturable=capturable, differentiable=differentiable
        )
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
