"""RAdam: Adam with a rectified start."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from tinygrad_edu.dtypes import Array
from tinygrad_edu.tensor import Tensor

from .optimizer import Optimizer, blend, checked, choices


class RAdam(Optimizer):
    """RAdam: Adam that uses v^ only after enough steps, with a correction for its variance.

        r = r_inf - 2 t b2^t / (1 - b2^t),  r_inf = 2 / (1 - b2) - 1
        p <- p - lr m^                                 while r <= 5
        p <- p - lr m^ R / (sqrt(v^) + eps)            later

    with m^ and v^ as in Adam, and R = sqrt((r - 4) (r - 2) r_inf / ((r_inf - 4) (r_inf - 2) r)),
    which grows to 1.

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
    Liu et al., "On the variance of the adaptive learning rate and beyond", ICLR 2020,
    arXiv:1908.03265.

    Examples
    --------
    >>> import nn
    >>> import tinygrad_edu as tg
    >>> from nn import optim
    >>> net = nn.Linear(2, 1)
    >>> optimizer = optim.RAdam(net.parameters())
    >>> net(tg.ones(4, 2)).square().mean().backward()
    >>> optimizer.step()
    """

    state_names = ("step", "exp_avg", "exp_avg_sq")

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        settings = checked("RAdam", lr=lr, betas=betas, eps=eps, weight_decay=weight_decay)
        settings |= {"decoupled_weight_decay": decoupled_weight_decay, "maximize": maximize}
        settings |= choices(
            "RAdam", foreach=foreach, capturable=capturable, differentiable=differentiable
        )
        super().__init__(params, settings)

    def update(self, d: Array, g: Array, state: dict[str, Any], group: dict[str, Any]) -> None:
        if not state:
            state.update(step=0, exp_avg=np.zeros_like(g), exp_avg_sq=np.zeros_like(g))
        beta1, beta2 = group["betas"]
        t = state["step"] = state["step"] + 1
        m, v = state["exp_avg"], state["exp_avg_sq"]
        blend(m, beta1, g, d)
        blend(v, beta2, np.multiply(g, g, g), g)
        np.multiply(m, group["lr"] / (1 - beta1**t), d)
        correction = 1 - beta2**t
        longest = 2 / (1 - beta2) - 1
        r = longest - 2 * t * beta2**t / correction
        if r > 5:
            share = (r - 4) * (r - 2) * longest / ((longest - 4) * (longest - 2) * r)
            d *= math.sqrt(share * correction)
            d /= np.sqrt(v) + group["eps"]
