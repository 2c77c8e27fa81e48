"""RMSprop: a running mean of squared gradients."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from tinygrad_edu.dtypes import Array
from tinygrad_edu.tensor import Tensor

from .optimizer import Optimizer, blend, checked, choices


class RMSprop(Optimizer):
    """RMSprop: divide by the root of a running mean of squared gradients.

        v <- alpha v + (1 - alpha) g^2
        p <- p - lr g / (sqrt(v) + eps)

    With `momentum`, b <- momentum b + g / (sqrt(v) + eps) and p <- p - lr b.  With `centered`, the
    square of the running mean of g is subtracted from v, which leaves the variance.

    Parameters
    ----------
    params : iterable of Tensor, of (str, Tensor), or of dict
        The parameters to train (see `Optimizer`).
    lr : float or Tensor, default 1e-2
        The learning rate; a tensor of one element is read anew at each step.
    alpha : float, default 0.99
        The decay of the running means.
    eps : float, default 1e-8
        Added to the denominator, against a division by 0.
    weight_decay : float, default 0
        The factor w of the L2 penalty: w p is added to the gradient.
    momentum : float, default 0
        The factor by which the buffer b of past updates decays.
    centered : bool, default False
        Divide by the standard deviation of the gradient.
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
    Tieleman and Hinton, "Lecture 6.5: RMSprop", Coursera: Neural networks for machine learning,
    2012.
    Graves, "Generating sequences with recurrent neural networks", arXiv:1308.0850, 2013 (centered).

    Examples
    --------
    >>> import nn
    >>> import tinygrad_edu as tg
    >>> from nn import optim
    >>> net = nn.Linear(2, 1)
    >>> optimizer = optim.RMSprop(net.parameters())
    >>> net(tg.ones(4, 2)).square().mean().backward()
    >>> optimizer.step()
    """

    state_names = ("step", "square_avg", "momentum_buffer", "grad_avg")

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        settings = checked(
            "RMSprop", lr=lr, momentum=momentum, alpha=alpha, eps=eps, weight_decay=weight_decay
        )
        settings |= choices(
            "RMSprop", foreach=foreach, differentiable=differentiable, capturable=capturable
        )
        super().__init__(params, {**settings, "centered": centered, "maximize": maximize})

    def update(self, d: Array, g: Array, state: dict[str, Any], group: dict[str, Any]) -> None:
        alpha, momentum = group["alpha"], group["momentum"]
        if not state:
            state.update(step=0, square_avg=np.zeros_like(g))
            if momentum:
                state["momentum_buffer"] = np.zeros_like(g)
            if group["centered"]:
                state["grad_avg"] = np.zeros_like(g)
        state["step"] += 1
        v = state["square_avg"]
        blend(v, alpha, np.multiply(g, g, d), d)
        if group["centered"]:
            mean = state["grad_avg"]
            blend(mean, alpha, g, d)
            v = v - mean * mean
        np.divide(g, np.sqrt(v, d) + group["eps"], d)
        if momentum:
            b = state["momentum_buffer"]
            b *= momentum
            b += d
            d[...] = b
        d *= group["lr"]
