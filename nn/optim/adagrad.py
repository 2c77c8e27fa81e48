"""Adagrad: a learning rate for each element, by the sum of its squared gradients."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

import tinygrad_edu as tg
from tinygrad_edu.dtypes import Array
from tinygrad_edu.tensor import Tensor

from .optimizer import Optimizer, checked, choices


class Adagrad(Optimizer):
    """Adagrad: divide by the root of the sum of all squared gradients.

        s <- s + g^2
        p <- p - lr / (1 + (t - 1) lr_decay) g / (sqrt(s) + eps)

    t counts the steps; all products and roots are elementwise.

    Parameters
    ----------
    params : iterable of Tensor, of (str, Tensor), or of dict
        The parameters to train (see `Optimizer`).
    lr : float or Tensor, default 1e-2
        The learning rate; a tensor of one element is read anew at each step.
    lr_decay : float, default 0
        The decay d of the learning rate: step t uses lr / (1 + (t - 1) d).
    weight_decay : float, default 0
        The factor w of the L2 penalty: w p is added to the gradient.
    initial_accumulator_value : float, default 0
        The initial value of s.
    eps : float, default 1e-10
        Added to the denominator, against a division by 0.
    maximize : bool, default False
        Maximize the objective: step along the gradient instead of against it.
    foreach, fused : bool or None, default None
        Accepted without effect: PyTorch chooses among its implementations by them.
    differentiable : bool, default False
        True is refused by `step()` for leaves that require grad, as in PyTorch.

    Raises
    ------
    ValueError
        If a setting is out of range.

    References
    ----------
    Duchi, Hazan and Singer, "Adaptive subgradient methods for online learning and stochastic
    optimization", JMLR 12, 2011.

    Examples
    --------
    >>> import nn
    >>> import tinygrad_edu as tg
    >>> from nn import optim
    >>> net = nn.Linear(2, 1)
    >>> optimizer = optim.Adagrad(net.parameters())
    >>> net(tg.ones(4, 2)).square().mean().backward()
    >>> optimizer.step()
    """

    state_names = ("step", "sum")

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
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
        settings |= choices("Adagrad", foreach=foreach, differentiable=differentiable, fused=fused)
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
