"""Derivatives in PyTorch's spelling: `grad(outputs, inputs)`, `Function`, and grad mode.

>>> import tinygrad_edu as tg
>>> x = tg.tensor(2.0, requires_grad=True)
>>> (first,) = tg.autograd.grad(x**3, x, create_graph=True)
>>> (second,) = tg.autograd.grad(first, x)
>>> first.item(), second.item()
(12.0, 12.0)
"""

from ..absent import refuse
from ..engine.grad_mode import (
    enable_grad,
    inference_mode,
    is_grad_enabled,
    no_grad,
    set_grad_enabled,
)
from . import function, functional, graph
from .function import Function
from .gradients import backward, grad
from .recompute import checkpoint
from .variable import Variable

__all__ = ["Function", "Variable", "backward", "checkpoint", "enable_grad", "function"]
__all__ += ["functional", "grad", "graph", "inference_mode", "is_grad_enabled", "no_grad"]
__all__ += ["set_grad_enabled"]


def __dir__() -> list[str]:
    return __all__


def __getattr__(name: str) -> object:
    """Say why a name of PyTorch is left out."""
    refuse("autograd", name, __name__)
