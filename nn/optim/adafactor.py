"""Adafactor: second moments of matrices by their rows and columns, to save memory."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

import tinygrad_edu as tg
from tinygrad_edu.dtypes import Array
from tinygrad_edu.tensor import Tensor

from .optimizer import checked
from .per_parameter import PerParameter


class Adafactor(PerParameter):
    """Adafactor: a matrix of second moments is stored as the means of its rows and columns.

        a <- max(eps2, rms(p)) min(lr, 1 / sqrt(t)),  b <- t^beta2_decay
        p <- (1 - lr weight_decay) p
        r <- (1 - b) r + b mean(g^2, dim=-1),  c <- (1 - b) c + b mean(g^2, dim=-2)
        v = r c / max(mean(r), eps1)
        u = g / sqrt(max(v, eps1^2))
        p <- p - a u / max(1, rms(u) / d)

    t counts the steps, rms is the root mean square.  r is a column and c a row, so that r c is a
    matrix; vectors and scalars keep v itself, v <- (1 - b) v + b g^2.  Parameters of more than two
    dimensions are factored along their last two.

    Parameters
    ----------
    params : iterable of Tensor, of (str, Tensor), or of dict
        The parameters to train (see `Optimizer`).
    lr : float or Tensor, default 1e-2
        The largest relative step size, and the rate of weight decay.
    beta2_decay : float, default -0.8
        The power of t by which new gradients lose influence, at most 0.
    eps : (float or None, float), default (None, 1e-3)
        eps1, against divisions by 0 (None: the machine epsilon of the dtype), and eps2, the least
        scale of a parameter.
    d : float, default 1.0
        The root mean square at which updates are clipped, at least 1.
    weight_decay : float, default 0.0
        Decoupled weight decay: each step also subtracts lr weight_decay p, as in AdamW.
    foreach : bool or None, default None
        Accepted without effect: PyTorch chooses among its implementations by it.
    maximize : bool, default False
        Maximize the objective: step along the gradient instead of against it.

    Raises
    ------
    ValueError
        If a setting is out of range.

    References
    ----------
    Shazeer and Stern, "Adafactor: adaptive learning rates with sublinear memory cost", ICML 2018,
    arXiv:1804.04235.

    Examples
    --------
    >>> import nn
    >>> import tinygrad_edu as tg
    >>> from nn import optim
    >>> net = nn.Linear(3, 2)
    >>> optimizer = optim.Adafactor(net.parameters())
    >>> net(tg.ones(4, 3)).square().mean().backward()
    >>> optimizer.step()
    >>> [tuple(optimizer.state[net.weight][name].shape) for name in ("row_var", "col_var")]
    [(2, 1), (1, 3)]
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 1e-2,
        beta2_decay: float = -0.8,
        eps: tuple[float | None, float] = (None, 1e-3),
        d: float = 1.0,
        weight_decay: float = 0.0,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
    ) -> None:
        settings = checked("Adafactor", lr=lr, weight_decay=weight_decay)
        checked("Adafactor", eps1=eps[0] or 0, eps2=eps[1])
        if not beta2_decay <= 0:
            raise ValueError(f"Adafactor: beta2_decay is at most 0, not {beta2_decay}")
        if not d >= 1:
            raise ValueError(f"Adafactor: d is at least 1, not {d}")
        settings |= {"beta2_decay": beta2_decay, "eps": eps, "d": d}
        super().__init__(params, {**settings, "foreach": foreach, "maximize": maximize})

    def initial_state(self, p: Tensor, group: dict[str, Any]) -> dict[str, Tensor]:
        step, shape = tg.tensor(0.0), tuple(p.shape)
        if p.ndim < 2:
            return {"step": step, "variance": tg.zeros_like(p.detach())}
        rows = tg.zeros(*shape[:-1], 1, dtype=p.dtype)
        columns = tg.zeros(*shape[:-2], 1, shape[-1], dtype=p.dtype)
        return {"step": step, "row_var": rows, "col_var": columns}

    def move(self, p: Array, g: Array, state: dict[str, Any], group: dict[str, Any]) -> None:
        lr, (eps1, eps2) = group["lr"], group["eps"]
        if eps1 is None:
            eps1 = float(np.finfo(p.dtype).eps)
        state["step"] += 1
        t = state["step"].item()
        new = t ** group["beta2_decay"]
        rate = max(eps2, root_mean_square(p)) * min(lr, 1 / math.sqrt(t))
        if group["weight_decay"]:
            p *= 1 - lr * group["weight_decay"]
        if g.ndim < 2:
            v = state["variance"].lerp_(tg.from_numpy(np.asarray(g * g)), new).array
        else:
            square = tg.from_numpy(g * g)
            rows = state["row_var"].lerp_(square.mean(-1, keepdim=True), new).array
            columns = state["col_var"].lerp_(square.mean(-2, keepdim=True), new).array
            v = rows @ columns / np.maximum(rows.mean(-2, keepdims=True), eps1)
        u = g / np.sqrt(np.maximum(v, eps1 * eps1))
        p -= rate / max(1.0, root_mean_square(u) / group["d"]) * u


def root_mean_square(x: Array) -> float:
    """sqrt(mean x^2)."""
    return float(np.linalg.norm(x)) / math.sqrt(x.size)
