"""Lion: the sign of a running mean of the gradient."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from tinygrad_edu.dtypes import Array
from tinygrad_edu.tensor import Tensor

from .optimizer import Optimizer, blend, checked


class Lion(Optimizer):
    """Lion: step by the sign of a running mean of the gradient.

        p <- p - lr sign(b1 m + (1 - b1) g) - lr weight_decay p
        m <- b2 m + (1 - b2) g

    Every element changes by lr, so that a good lr is 3 to 10 times smaller than that of Adam.

    Parameters
    ----------
    params : iterable of Tensor, of (str, Tensor), or of dict
        The parameters to train (see `Optimizer`).
    lr : float or Tensor, default 1e-4
        The learning rate; a tensor of one element is read anew at each step.
    betas : (float, float), default (0.9, 0.99)
        b1 and b2, in [0, 1).
    weight_decay : float, default 0
        Decoupled weight decay: each step also subtracts lr weight_decay p, as in AdamW.
    maximize : bool, default False
        Maximize the objective: step along the gradient instead of against it.

    Raises
    ------
    ValueError
        If a setting is out of range.

    References
    ----------
    Chen et al., "Symbolic discovery of optimization algorithms", NeurIPS 2023, arXiv:2302.06675.

    Examples
    --------
    >>> import nn
    >>> import tinygrad_edu as tg
    >>> from nn import optim
    >>> net = nn.Linear(2, 1)
    >>> optimizer = optim.Lion(net.parameters())
    >>> net(tg.ones(4, 2)).square().mean().backward()
    >>> optimizer.step()
    """

    state_names = ("exp_avg",)

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 1e-4,
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
