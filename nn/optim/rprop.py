"""Rprop: resilient backpropagation, by the signs of the gradient."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from tinygrad_edu.dtypes import Array
from tinygrad_edu.tensor import Tensor

from .optimizer import Optimizer, checked, choices


class Rprop(Optimizer):
    """Resilient backpropagation: only the sign of the gradient counts.

        s <- s etas[1]  where g keeps its sign,  s <- s etas[0]  where it changes
        p <- p - s sign(g)

    Each element of p has a step size s of its own, which starts at lr and is clipped to
    `step_sizes`.  Where the sign changes, this step is left out.  The method is for full batches:
    noise in the gradient changes signs.

    Parameters
    ----------
    params : iterable of Tensor, of (str, Tensor), or of dict
        The parameters to train (see `Optimizer`).
    lr : float or Tensor, default 1e-2
        The initial step size.
    etas : (float, float), default (0.5, 1.2)
        The factors by which a step size shrinks and grows.
    step_sizes : (float, float), default (1e-6, 50)
        The smallest and the largest step size.
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
        If lr is negative, or unless 0 < etas[0] < 1 < etas[1].

    References
    ----------
    Riedmiller and Braun, "A direct adaptive method for faster backpropagation learning: the RPROP
    algorithm", ICNN 1993.

    Examples
    --------
    >>> import nn
    >>> import tinygrad_edu as tg
    >>> from nn import optim
    >>> net = nn.Linear(2, 1)
    >>> optimizer = optim.Rprop(net.parameters())
    >>> net(tg.ones(4, 2)).square().mean().backward()
    >>> optimizer.step()
    """

    state_names = ("step", "prev", "step_size")

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50),
        *,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        if not 0 < etas[0] < 1 < etas[1]:
            raise ValueError(f"Rprop: etas are (under 1, above 1), both above 0, not {etas}")
        settings = {"etas": etas, "step_sizes": step_sizes, "maximize": maximize}
        settings |= choices(
            "Rprop", foreach=foreach, differentiable=differentiable, capturable=capturable
        )
        super().__init__(params, {**checked("Rprop", lr=lr), **settings})

    def update(self, d: Array, g: Array, state: dict[str, Any], group: dict[str, Any]) -> None:
        if not state:
            state.update(step=0, prev=np.zeros_like(g), step_size=np.full_like(g, group["lr"]))
        state["step"] += 1
        shrink, grow = group["etas"]
        turn, size = g * state["prev"], state["step_size"]
        size[turn > 0] *= grow
        size[turn < 0] *= shrink
        np.clip(size, *group["step_sizes"], out=size)
        g[turn < 0] = 0
        state["prev"][...] = g
        np.multiply(np.sign(g, g), size, d)
