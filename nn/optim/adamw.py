"""AdamW: Adam with decoupled weight decay."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tinygrad_edu.tensor import Tensor

from .adam import Adam


class AdamW(Adam):
    """AdamW: Adam with decoupled weight decay, which does not pass through the running means.

        p <- p - lr weight_decay p
        p <- p - lr m^ / (sqrt(v^) + eps)         as in Adam

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
    weight_decay : float, default 1e-2
        Each step subtracts lr weight_decay p.
    amsgrad : bool, default False
        Use the largest v so far in place of v.
    maximize : bool, default False
        Maximize the objective: step along the gradient instead of against it.
    foreach, fused : bool or None, default None
        Accepted without effect: PyTorch chooses among its implementations by them.
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
    Loshchilov and Hutter, "Decoupled weight decay regularization", ICLR 2019, arXiv:1711.05101.

    Examples
    --------
    >>> import nn
    >>> import tinygrad_edu as tg
    >>> from nn import optim
    >>> net = nn.Linear(2, 1)
    >>> optimizer = optim.AdamW(net.parameters(), weight_decay=0.1)
    >>> net(tg.ones(4, 2)).square().mean().backward()
    >>> optimizer.step()
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 1e-3,
        betas: tuple[float | Tensor, float | Tensor] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        super().__init__(
            params,
            lr,
            betas,
            eps,
            weight_decay,
            amsgrad,
            foreach=foreach,
            maximize=maximize,
            capturable=capturable,
            differentiable=differentiable,
            fused=fused,
            decoupled_weight_decay=True,
        )
