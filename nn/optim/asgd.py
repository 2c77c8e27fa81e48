"""ASGD: stochastic gradient descent that also averages the parameters."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

import tinygrad_edu as tg
from tinygrad_edu.dtypes import Array
from tinygrad_edu.tensor import Tensor

from .optimizer import checked, choices
from .per_parameter import PerParameter


class ASGD(PerParameter):
    """Averaged stochastic gradient descent: a falling learning rate, and a mean of the parameters.

        p <- (1 - lambd eta) p - eta g
        a <- a + mu (p - a)
        eta <- lr / (1 + lambd lr t)^alpha
        mu <- 1 / max(1, t - t0)

    t counts the steps.  The average a starts where p is at step t0; it is not used by the steps,
    and stands in `optimizer.state[p]["ax"]`.

    Parameters
    ----------
    params : iterable of Tensor, of (str, Tensor), or of dict
        The parameters to train (see `Optimizer`).
    lr : float or Tensor, default 1e-2
        The initial learning rate.
    lambd : float, default 1e-4
        The decay of the parameters and, through eta, of the learning rate.
    alpha : float, default 0.75
        The power by which the learning rate falls.
    t0 : float, default 1e6
        The step at which averaging begins.
    weight_decay : float, default 0
        The factor w of the L2 penalty: w p is added to the gradient.
    foreach : bool or None, default None
        Accepted without effect: PyTorch chooses among its implementations by it.
    maximize : bool, default False
        Maximize the objective: step along the gradient instead of against it.
    differentiable : bool, default False
        True is refused by `step()` for leaves that require grad, as in PyTorch.
    capturable : bool, default False
        Accepted without effect: it is about CUDA graphs in PyTorch.

    Raises
    ------
    ValueError
        If lr or weight_decay is negative or NaN.

    References
    ----------
    Polyak and Juditsky, "Acceleration of stochastic approximation by averaging", SIAM Journal on
    Control and Optimization 30, 1992.

    Examples
    --------
    >>> import nn
    >>> import tinygrad_edu as tg
    >>> from nn import optim
    >>> net = nn.Linear(2, 1)
    >>> optimizer = optim.ASGD(net.parameters(), lr=0.1, t0=0)
    >>> net(tg.ones(4, 2)).square().mean().backward()
    >>> optimizer.step()
    >>> bool((optimizer.state[net.weight]["ax"] == net.weight).all())
    True
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 1e-2,
        lambd: float = 1e-4,
        alpha: float = 0.75,
        t0: float = 1e6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        settings = checked("ASGD", lr=lr, weight_decay=weight_decay)
        settings |= {"lambd": lambd, "alpha": alpha, "t0": t0, "maximize": maximize}
        settings |= choices(
            "ASGD", foreach=foreach, differentiable=differentiable, capturable=capturable
        )
        super().__init__(params, settings)

    def initial_state(self, p: Tensor, group: dict[str, Any]) -> dict[str, Tensor]:
        numbers = {"step": 0.0, "eta": float(group["lr"]), "mu": 1.0}
        state = {name: tg.tensor(x) for name, x in numbers.items()}
        return {**state, "ax": tg.zeros_like(p.detach())}

    def move(self, p: Array, g: Array, state: dict[str, Any], group: dict[str, Any]) -> None:
        lr, lambd = group["lr"], group["lambd"]
        eta, mu, average = state["eta"].item(), state["mu"].item(), state["ax"]
        state["step"] += 1
        t = state["step"].item()
        if group["weight_decay"]:
            g = g + group["weight_decay"] * p
        p *= 1 - lambd * eta
        p -= eta * g
        if mu == 1:
            average.copy_(tg.from_numpy(np.asarray(p)))
        else:
            average += mu * (tg.from_numpy(np.asarray(p)) - average)
        state["eta"].fill_(lr / (1 + lambd * lr * t) ** group["alpha"])
        state["mu"].fill_(1 / max(1, t - group["t0"]))
