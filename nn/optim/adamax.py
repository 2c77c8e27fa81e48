"""Adamax: Adam with the largest absolute gradient."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from tinygrad_edu.dtypes import Array
from tinygrad_edu.tensor import Tensor

from .optimizer import Optimizer, blend, checked, choices


class Adamax(Optimizer):
    """Adamax: Adam with a decaying maximum of |g| in place of the root of the mean square.

        m <- b1 m + (1 - b1) g
        u <- max(b2 u, |g| + eps)
        p <- p - lr / (1 - b1^t) m / u

    Parameters
    ----------
    params : iterable of Tensor, of (str, Tensor), or of dict
        The parameters to train (see `Optimizer`).
    lr : float or Tensor, default 2e-3
        The learning rate; a tensor of one element is read anew at each step.
    betas : (float, float), default (0.9, 0.999)
        b1 and b2, the decays of the mean and of the maximum, in [0, 1).
    eps : float, default 1e-8
        Added to |g|, against a division by 0.
    weight_decay : float, default 0
        The factor w of the L2 penalty: w p is added to the gradient.
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
    Kingma and Ba, "Adam: a method for stochastic optimization", ICLR 2015, arXiv:1412.6980.

    Examples
    --------
    >>> import nn
    >>> import tinygrad_edu as tg
    >>> from nn import optim
    >>> net = nn.Linear(2, 1)
    >>> optimizer = optim.Adamax(net.parameters())
    >>> net(tg.ones(4, 2)).square().mean().backward()
    >>> optimizer.step()
    """

    state_names = ("step", "exp_avg", "exp_inf")

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        settings = checked("Adamax", lr=lr, betas=betas, eps=eps, weight_decay=weight_decay)
        settings |= choices(
            "Adamax", foreach=foreach, differentiable=differentiable, capturable=capturable
        )
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
