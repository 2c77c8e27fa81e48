"""Adam: running means of the gradient and of its square."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from tinygrad_edu.dtypes import Array
from tinygrad_edu.tensor import Tensor

from .optimizer import Optimizer, blend, checked, choices


class Adam(Optimizer):
    """Adam: divide a running mean of the gradient by the root of one of its square.

        m <- b1 m + (1 - b1) g,    m^ = m / (1 - b1^t)
        v <- b2 v + (1 - b2) g^2,  v^ = v / (1 - b2^t)
        p <- p - lr m^ / (sqrt(v^) + eps)

    t counts the steps; the divisions by 1 - b^t correct the start of the means at 0.

    Parameters
    ----------
    params : iterable of Tensor, of (str, Tensor), or of dict
        The parameters to train (see `Optimizer`).
    lr : float or Tensor, default 1e-3
        The learning rate; a tensor of one element is read anew at each step.
    betas : (float, float), default (0.9, 0.999)
        b1 and b2, the decays of the running means, in [0, 1).
    eps : float, default 1e-8
        Added to the denominator, against a division by 0.
    weight_decay : float, default 0
        The factor w of the L2 penalty: w p is added to the gradient.
    amsgrad : bool, default False
        Use the largest v so far in place of v.
    maximize : bool, default False
        Maximize the objective: step along the gradient instead of against it.
    foreach, fused : bool or None, default None
        Accepted without effect: PyTorch chooses among its implementations by them.
    capturable : bool, default False
        Accepted without effect: it is about CUDA graphs in PyTorch.
    differentiable : bool, default False
        True is refused by `step()` for leaves that require grad, as in PyTorch.
    decoupled_weight_decay : bool, default False
        Shrink p by the factor 1 - lr weight_decay instead of adding a penalty: this is AdamW.

    Raises
    ------
    ValueError
        If a setting is out of range.

    References
    ----------
    Kingma and Ba, "Adam: a method for stochastic optimization", ICLR 2015, arXiv:1412.6980.
    Reddi, Kale and Kumar, "On the convergence of Adam and beyond", ICLR 2018 (amsgrad).

    Examples
    --------
    >>> import nn
    >>> import tinygrad_edu as tg
    >>> from nn import optim
    >>> net = nn.Linear(2, 1)
    >>> optimizer = optim.Adam(net.parameters(), lr=0.01)
    >>> net(tg.ones(4, 2)).square().mean().backward()
    >>> optimizer.step()
    """

    state_names = ("step", "exp_avg", "exp_avg_sq", "max_exp_avg_sq")

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 1e-3,
        betas: tuple[float | Tensor, float | Tensor] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ) -> None:
        settings = checked(self._name, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay)
        settings |= {"amsgrad": amsgrad, "maximize": maximize}
        settings |= choices(
            self._name,
            foreach=foreach,
            capturable=capturable,
            differentiable=differentiable,
            fused=fused,
        )
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
