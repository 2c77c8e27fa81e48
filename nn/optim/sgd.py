"""SGD: stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from tinygrad_edu.dtypes import Array
from tinygrad_edu.tensor import Tensor

from .optimizer import Optimizer, checked, choices


class SGD(Optimizer):
    """Stochastic gradient descent, optionally with momentum.

        v <- g                                    in the first step, or without momentum
        v <- momentum v + (1 - dampening) g       later
        p <- p - lr v
        p <- p - lr (g + momentum v)              with nesterov

    g is the gradient, v the momentum buffer.

    Parameters
    ----------
    params : iterable of Tensor, of (str, Tensor), or of dict
        The parameters to train (see `Optimizer`).
    lr : float or Tensor, default 1e-3
        The learning rate; a tensor of one element is read anew at each step.
    momentum : float, default 0
        The factor by which the buffer of past gradients decays.
    dampening : float, default 0
        The fraction of each new gradient that is left out of the buffer.
    weight_decay : float, default 0
        The factor w of the L2 penalty: w p is added to the gradient.
    nesterov : bool, default False
        Use Nesterov's momentum, which needs momentum above 0 and no dampening.
    maximize : bool, default False
        Maximize the objective: step along the gradient instead of against it.
    foreach, fused : bool or None, default None
        Accepted without effect: PyTorch chooses among its implementations by them.
    differentiable : bool, default False
        True is refused by `step()` for leaves that require grad, as in PyTorch.

    Raises
    ------
    ValueError
        If a setting is negative or NaN, or if nesterov is given without momentum.

    References
    ----------
    Sutskever, Martens, Dahl and Hinton, "On the importance of initialization and momentum in deep
    learning", ICML 2013.

    Examples
    --------
    >>> import nn
    >>> import tinygrad_edu as tg
    >>> from nn import optim
    >>> net = nn.Linear(2, 1)
    >>> optimizer = optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    >>> net(tg.ones(4, 2)).square().mean().backward()
    >>> optimizer.step()
    >>> list(optimizer.state[net.weight])
    ['momentum_buffer']
    """

    state_names = ("momentum_buffer",)

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float | Tensor = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        settings = checked("SGD", lr=lr, momentum=momentum, weight_decay=weight_decay)
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("SGD: nesterov needs a momentum above 0 and no dampening")
        settings |= {"dampening": dampening, "nesterov": nesterov, "maximize": maximize}
        settings |= choices("SGD", foreach=foreach, differentiable=differentiable, fused=fused)
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
