"""Adadelta: updates in the unit of the parameter."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from tinygrad_edu.dtypes import Array
from tinygrad_edu.tensor import Tensor

from .optimizer import Optimizer, blend, checked, choices


class Adadelta(Optimizer):
    """Adadelta: scale the gradient by the ratio of two running means.

        v <- rho v + (1 - rho) g^2
        D <- g sqrt(u + eps) / sqrt(v + eps)
        u <- rho u + (1 - rho) D^2
        p <- p - lr D

    u is a running mean of squared updates, v of squared gradients.

    Parameters
    ----------
    params : iterable of Tensor, of (str, Tensor), or of dict
        The parameters to train (see `Optimizer`).
    lr : float or Tensor, default 1.0
        The learning rate; a tensor of one element is read anew at each step.
    rho : float, default 0.9
        The decay of the running means, at most 1.
    eps : float, default 1e-6
        Added inside the roots, against a division by 0.
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
    Zeiler, "ADADELTA: an adaptive learning rate method", arXiv:1212.5701, 2012.

    Examples
    --------
    >>> import nn
    >>> import tinygrad_edu as tg
    >>> from nn import optim
    >>> net = nn.Linear(2, 1)
    >>> optimizer = optim.Adadelta(net.parameters())
    >>> net(tg.ones(4, 2)).square().mean().backward()
    >>> optimizer.step()
    """

    state_names = ("step", "square_avg", "acc_delta")

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        capturable: bool = False,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        settings = checked("Adadelta", lr=lr, rho=rho, eps=eps, weight_decay=weight_decay)
        if rho > 1:
            raise ValueError(f"Adadelta: rho is at most 1, not {rho}")
        settings |= choices(
            "Adadelta", foreach=foreach, differentiable=differentiable, capturable=capturable
        )
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
