"""Muon: steps along an orthogonalized momentum matrix."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from tinygrad_edu.dtypes import Array

from .block import Block
from .optimizer import Optimizer, blend, checked

LR_ADJUSTMENTS = (None, "original", "match_rms_adamw")


class Muon(Optimizer):
    """Muon: steps along the momentum, made orthogonal, so that all directions count equally.

        m <- momentum m + (1 - momentum) g
        u = m,  or with nesterov  u = momentum m + (1 - momentum) g
        p <- (1 - lr weight_decay) p - lr s O(u)

    O(u) approximates U V' of the singular value decomposition u = U S V', by `ns_steps` iterations
    of Newton and Schulz.  s is sqrt(max(1, rows / columns)), or with `adjust_lr_fn`
    "match_rms_adamw" 0.2 sqrt(max(rows, columns)), so that learning rates tuned for AdamW fit.

    It is for the weight matrices inside a network; train biases, embeddings and the output layer
    with AdamW.

    Differs from PyTorch: it iterates in the dtype of the parameter, not in bfloat16.

    Parameters
    ----------
    params : iterable of Tensor, of (str, Tensor), or of dict
        The parameters to train (see `Optimizer`), all of two dimensions.
    lr : float, default 1e-3
        The learning rate.
    weight_decay : float, default 0.1
        Decoupled weight decay: each step also subtracts lr weight_decay p, as in AdamW.
    momentum : float, default 0.95
        The decay of the running mean of gradients.
    nesterov : bool, default True
        Use Nesterov's momentum.
    ns_coefficients : (float, float, float), default (3.4445, -4.775, 2.0315)
        a, b, c of the iteration x <- a x + b (x x') x + c (x x')^2 x.
    eps : float, default 1e-7
        A lower bound of the norm by which the matrix is divided.
    ns_steps : int, default 5
        The number of iterations.
    adjust_lr_fn : str or None, default None
        The choice of s: "original" (also None) or "match_rms_adamw".

    Raises
    ------
    ValueError
        If a parameter is not a matrix, or a setting is out of range.

    References
    ----------
    Jordan et al., "Muon: an optimizer for hidden layers in neural networks", 2024,
    https://kellerjordan.github.io/posts/muon/.

    Examples
    --------
    >>> import nn
    >>> import tinygrad_edu as tg
    >>> from nn import optim
    >>> net = nn.Linear(3, 2, bias=False)
    >>> optimizer = optim.Muon(net.parameters(), lr=0.02)
    >>> net(tg.ones(4, 3)).square().mean().backward()
    >>> optimizer.step()
    """

    whole = True
    state_names = ("momentum_buffer",)

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        weight_decay: float = 0.1,
        momentum: float = 0.95,
        nesterov: bool = True,
        ns_coefficients: tuple[float, float, float] = (3.4445, -4.7750, 2.0315),
        eps: float = 1e-7,
        ns_steps: int = 5,
        adjust_lr_fn: str | None = None,
    ) -> None:
        settings = checked("Muon", lr=lr, weight_decay=weight_decay, momentum=momentum)
        if adjust_lr_fn not in LR_ADJUSTMENTS:
            raise ValueError(
                f"Muon: adjust_lr_fn is 'original' or 'match_rms_adamw', not {adjust_lr_fn!r}"
            )
        if len(ns_coefficients) != 3:
            raise ValueError(f"Muon: ns_coefficients are three numbers, not {ns_coefficients}")
        settings |= {"nesterov": nesterov, "ns_coefficients": ns_coefficients, "eps": eps}
        super().__init__(params, {**settings, "ns_steps": ns_steps, "adjust_lr_fn": adjust_lr_fn})

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        super().add_param_group(param_group)
        for i, p in enumerate(self.param_groups[-1]["params"]):
            if p.ndim != 2:
                del self.param_groups[-1]
                raise ValueError(
                    f"Muon: parameter {i} has shape {tuple(p.shape)}; it trains "
                    "matrices, give the others to AdamW"
                )

    def decay(self, block: Block, group: dict[str, Any]) -> None:
        super().decay(block, {**group, "decoupled_weight_decay": True})

    def update(self, d: Array, g: Array, state: dict[str, Any], group: dict[str, Any]) -> None:
        if not state:
            state.update(momentum_buffer=np.zeros_like(g))
        momentum, m = group["momentum"], state["momentum_buffer"]
        blend(m, momentum, g, d)
        u = m
        if group["nesterov"]:
            blend(g, 1 - momentum, m, d)
            u = g
        rows, columns = g.shape
        if group["adjust_lr_fn"] == "match_rms_adamw":
            scale = 0.2 * math.sqrt(max(rows, columns))
        else:
            scale = math.sqrt(max(1, rows / columns))
        made = orthogonal(u, group["ns_coefficients"], group["ns_steps"], group["eps"])
        np.multiply(made, group["lr"] * scale, d)


def orthogonal(x: Array, coefficients: tuple[float, float, float], steps: int, eps: float) -> Array:
    """Newton and Schulz's iteration: x <- a x + b (x x') x + c (x x')^2 x, from x / |x|.

    It turns each singular value s into a s + b s^3 + c s^5, again and again.  The coefficients are
    those that lift small ones fastest: all end up between about 0.7 and 1.2.
    """
    a, b, c = coefficients
    tall = x.shape[0] > x.shape[1]
    x = x.T if tall else x
    x = x / max(np.linalg.norm(x), eps)
    for _ in range(steps):
        square = x @ x.T
        x = a * x + (b * square + c * (square @ square)) @ x
    return x.T if tall else x
