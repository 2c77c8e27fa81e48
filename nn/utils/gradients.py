"""All parameters at once: clip their gradients, see them as one vector."""

from __future__ import annotations

from collections.abc import Iterable

import tinygrad_edu as tg
from tinygrad_edu import Tensor

__all__ = [
    "clip_grad_norm_",
    "clip_grad_value_",
    "clip_grads_with_norm_",
    "get_total_norm",
    "parameters_to_vector",
    "vector_to_parameters",
]


def _gradients(parameters: Tensor | Iterable[Tensor]) -> list[Tensor]:
    parameters = [parameters] if isinstance(parameters, Tensor) else list(parameters)
    return [p.grad for p in parameters if p.grad is not None]


def get_total_norm(
    tensors: Tensor | Iterable[Tensor],
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """The norm of all tensors as one vector.

    Raises RuntimeError, with `error_if_nonfinite`, if it is infinite or NaN.  `foreach` chooses
    among PyTorch's implementations; here there is one.
    """
    tensors = [tensors] if isinstance(tensors, Tensor) else list(tensors)
    if not tensors:
        return tg.tensor(0.0)
    with tg.no_grad():
        norm: Tensor = tg.stack([x.norm(norm_type) for x in tensors]).norm(norm_type)
    if error_if_nonfinite and not tg.isfinite(norm).item():
        raise RuntimeError(
            f"the norm of the gradients is {norm.item()}; look for a division by 0, a log of 0 or "
            "a learning rate that is too large"
        )
    return norm


def clip_grads_with_norm_(
    parameters: Tensor | Iterable[Tensor],
    max_norm: float,
    total_norm: Tensor,
    foreach: bool | None = None,
) -> None:
    """g <- g max_norm / (total_norm + 1e-6) if that makes g smaller."""
    with tg.no_grad():
        scale = (max_norm / (total_norm + 1e-6)).clamp(max=1.0)
        for g in _gradients(parameters):
            g.mul_(scale)


def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor],
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """g <- g max_norm / (|g| + 1e-6) if that makes g smaller, |g| the norm of all gradients as one
    vector; returns what it was before (Pascanu et al., 2013).

    Call it between `loss.backward()` and `optimizer.step()`.  Raises RuntimeError, with
    `error_if_nonfinite`, if a gradient is infinite or NaN.
    """
    parameters = [parameters] if isinstance(parameters, Tensor) else list(parameters)
    norm = get_total_norm(_gradients(parameters), norm_type, error_if_nonfinite)
    clip_grads_with_norm_(parameters, max_norm, norm)
    return norm


def clip_grad_value_(
    parameters: Tensor | Iterable[Tensor], clip_value: float, foreach: bool | None = None
) -> None:
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
