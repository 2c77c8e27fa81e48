"""What is done to all parameters at once: clip their gradients, see them as one vector."""

from __future__ import annotations

from collections.abc import Iterable

import tinygrad_edu as tg
from tinygrad_edu import Tensor

from . import rnn

__all__ = [
    "clip_grad_norm_", "clip_grad_value_", "parameters_to_vector", "rnn", "vector_to_parameters",
]  # fmt: skip


def _gradients(parameters: Tensor | Iterable[Tensor]) -> list[Tensor]:
    parameters = [parameters] if isinstance(parameters, Tensor) else list(parameters)
    return [p.grad for p in parameters if p.grad is not None]


def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor],
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
) -> Tensor:
    """g <- g max_norm / (|g| + 1e-6) if that makes g smaller, |g| the norm of all gradients as one
    vector; returns what it was before (Pascanu et al., 2013).

    Call it between `loss.backward()` and `optimizer.step()`.  Raises RuntimeError, with
    `error_if_nonfinite`, if a gradient is infinite or NaN.
    """
    grads = _gradients(parameters)
    if not grads:
        return tg.tensor(0.0)
    with tg.no_grad():
        norm: Tensor = tg.stack([g.norm(norm_type) for g in grads]).norm(norm_type)
        if error_if_nonfinite and not tg.isfinite(norm).item():
            raise RuntimeError(
                f"clip_grad_norm_: the norm of the gradients is {norm.item()}; look for a division "
                "by 0, a log of 0 or a learning rate that is too large"
            )
        scale = (max_norm / (norm + 1e-6)).clamp(max=1.0)
        for g in grads:
            g.mul_(scale)
    return norm


def clip_grad_value_(parameters: Tensor | Iterable[Tensor], clip_value: float) -> None:
    """Every number of the gradients into [-clip_value, clip_value]."""
    with tg.no_grad():
        for g in _gradients(parameters):
            g.clamp_(-clip_value, clip_value)


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """All parameters side by side: a differentiable copy, of shape (number of numbers,)."""
    return tg.cat([p.reshape(-1) for p in parameters])


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """The reverse: the numbers of `vec` into the parameters.

    Raises ValueError, with nothing changed, if there are more or fewer.
    """
    parameters = list(parameters)
    sizes = [p.numel() for p in parameters]
    if vec.shape != (sum(sizes),):
        raise ValueError(
            f"vector_to_parameters: the parameters hold {sum(sizes)} numbers, the vector has shape "
            f"{tuple(vec.shape)}"
        )
    for p, part in zip(parameters, vec.detach().split(sizes), strict=True):
        p.data = part.reshape(p.shape).clone()
