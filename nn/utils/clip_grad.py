"""Clip gradients: by the norm of all of them, or elementwise."""

from __future__ import annotations

import types
import warnings
from collections.abc import Iterable
from typing import Any

import tinygrad_edu as tg
from tinygrad_edu import Tensor
from tinygrad_edu.engine.clock import caller_level

__all__ = [
    "clip_grad_norm", "clip_grad_norm_", "clip_grad_value_", "clip_grads_with_norm_",
    "get_total_norm",
]  # fmt: skip


def _gradients(parameters: Any) -> list[Tensor]:
    parameters = [parameters] if isinstance(parameters, Tensor) else list(parameters)
    return [p.grad for p in parameters if p.grad is not None]


def get_total_norm(
    tensors: Tensor | Iterable[Tensor],
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """Compute the norm of all tensors as one vector.

        (sum |x|^norm_type)^(1 / norm_type),  or the largest |x| for norm_type = inf

    Parameters
    ----------
    tensors : Tensor or iterable of Tensor
        The tensors, such as gradients, of any shapes.
    norm_type : float, default 2.0
        The order of the norm.
    error_if_nonfinite : bool, default False
        Raise an error if the norm is infinite or NaN.
    foreach : bool or None, default None
        Accepted without effect: PyTorch chooses among its implementations by it.

    Returns
    -------
    Tensor
        The norm, of shape (); 0 if there are no tensors.

    Raises
    ------
    RuntimeError
        If the norm is infinite or NaN, with `error_if_nonfinite`.

    Examples
    --------
    >>> import nn
    >>> import tinygrad_edu as tg
    >>> nn.utils.get_total_norm([tg.tensor([3.0]), tg.tensor([[0.0, 4.0]])])
    tensor(5.)
    """
    tensors = [tensors] if isinstance(tensors, Tensor) else list(tensors)
    norm_type = float(norm_type)
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
    """Scale gradients in place, given the norm of all of them.

        g <- g min(1, max_norm / (total_norm + 1e-6))

    Parameters
    ----------
    parameters : Tensor or iterable of Tensor
        The parameters whose gradients are scaled.
    max_norm : float
        The largest norm that is allowed.
    total_norm : Tensor
        The norm of all gradients, as `get_total_norm` computes it.
    foreach : bool or None, default None
        Accepted without effect: PyTorch chooses among its implementations by it.

    Examples
    --------
    >>> import nn
    >>> import tinygrad_edu as tg
    >>> w = tg.ones(2, requires_grad=True)
    >>> (8 * w).sum().backward()
    >>> nn.utils.clip_grads_with_norm_(w, max_norm=1.0, total_norm=tg.tensor(4.0))
    >>> w.grad
    tensor([2.0000, 2.0000])
    """
    with tg.no_grad():
        scale = (float(max_norm) / (total_norm + 1e-6)).clamp(max=1.0)
        for g in _gradients(parameters):
            g.mul_(scale)


def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor],
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """Scale gradients in place so that their norm, as one vector, is at most `max_norm`.

        g <- g min(1, max_norm / (norm of all g + 1e-6))

    Call it between `loss.backward()` and `optimizer.step()`.

    Parameters
    ----------
    parameters : Tensor or iterable of Tensor
        The parameters whose gradients are clipped.
    max_norm : float
        The largest norm that is allowed.
    norm_type : float, default 2.0
        The order of the norm; inf for the largest absolute value.
    error_if_nonfinite : bool, default False
        Raise an error if the norm is infinite or NaN.
    foreach : bool or None, default None
        Accepted without effect: PyTorch chooses among its implementations by it.

    Returns
    -------
    Tensor
        The norm before clipping, of shape ().

    Raises
    ------
    RuntimeError
        If the norm is infinite or NaN, with `error_if_nonfinite`; no gradient is changed then.

    References
    ----------
    Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent neural networks", ICML
    2013.

    Examples
    --------
    >>> import nn
    >>> import tinygrad_edu as tg
    >>> w = tg.ones(2, requires_grad=True)
    >>> (w * tg.tensor([3.0, 4.0])).sum().backward()
    >>> nn.utils.clip_grad_norm_([w], max_norm=1.0)
    tensor(5.)
    >>> w.grad
    tensor([0.6000, 0.8000])
    """
    if isinstance(parameters, Tensor):
        parameters = [parameters]
    is_generator = isinstance(parameters, types.GeneratorType)
    parameters = list(parameters)
    if is_generator and not parameters:
        warnings.warn(
            "clip_grad_norm_: the generator of parameters is empty, nothing is clipped; was it "
            "used up before?",
            UserWarning,
            stacklevel=caller_level(),
        )
    norm = get_total_norm(_gradients(parameters), norm_type, error_if_nonfinite)
    clip_grads_with_norm_(parameters, max_norm, norm)
    return norm


def clip_grad_norm(
    parameters: Tensor | Iterable[Tensor],
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """Clip gradients by their norm; the deprecated name of `clip_grad_norm_`.

    Parameters
    ----------
    parameters : Tensor or iterable of Tensor
        The parameters whose gradients are clipped.
    max_norm : float
        The largest norm that is allowed.
    norm_type : float, default 2.0
        The order of the norm.
    error_if_nonfinite : bool, default False
        Raise an error if the norm is infinite or NaN.
    foreach : bool or None, default None
        Accepted without effect.

    Returns
    -------
    Tensor
        The norm before clipping, of shape ().

    Warns
    -----
    FutureWarning
        Always, as in PyTorch.

    Examples
    --------
    >>> import nn
    >>> import tinygrad_edu as tg
    >>> w = tg.ones(2, requires_grad=True)
    >>> (w * tg.tensor([3.0, 4.0])).sum().backward()
    >>> nn.utils.clip_grad_norm_([w], max_norm=1.0)  # without the warning
    tensor(5.)
    """
    warnings.warn(
        "clip_grad_norm is deprecated; use clip_grad_norm_",
        FutureWarning,
        stacklevel=caller_level(),
    )
    return clip_grad_norm_(parameters, max_norm, norm_type, error_if_nonfinite, foreach)


def clip_grad_value_(
    parameters: Tensor | Iterable[Tensor], clip_value: float, foreach: bool | None = None
) -> None:
    """Clip gradients elementwise, in place, to [-clip_value, clip_value].

    Parameters
    ----------
    parameters : Tensor or iterable of Tensor
        The parameters whose gradients are clipped.
    clip_value : float
        The largest absolute value that is allowed.
    foreach : bool or None, default None
        Accepted without effect: PyTorch chooses among its implementations by it.

    Examples
    --------
    >>> import nn
    >>> import tinygrad_edu as tg
    >>> w = tg.ones(2, requires_grad=True)
    >>> (w * tg.tensor([0.5, -4.0])).sum().backward()
    >>> nn.utils.clip_grad_value_(w, 1.0)
    >>> w.grad
    tensor([ 0.5000, -1.0000])
    """
    clip_value = float(clip_value)
    with tg.no_grad():
        for g in _gradients(parameters):
            g.clamp_(-clip_value, clip_value)


def __dir__() -> list[str]:
    return sorted(__all__)
