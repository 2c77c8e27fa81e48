"""Derivatives in PyTorch's spelling: `grad(outputs, inputs)`, `Function`, and grad mode.

>>> import tinygrad_edu as tg
>>> x = tg.tensor(2.0, requires_grad=True)
>>> (first,) = tg.autograd.grad(x**3, x, create_graph=True)
>>> (second,) = tg.autograd.grad(first, x)
>>> first.item(), second.item()
(12.0, 12.0)
"""

from importlib import import_module

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
_OF_TESTING = ["gradcheck", "gradgradcheck"]  # imported when they are first asked for
_OF_DIAGNOSE = ["anomaly_mode", "detect_anomaly", "set_detect_anomaly"]  # likewise
__all__ += _OF_TESTING + _OF_DIAGNOSE


def __dir__() -> list[str]:
    return __all__


def __getattr__(name: str) -> object:
    """Names that stand above this package, in `testing` and `diagnose`; else why one is absent."""
    if name in _OF_TESTING:
        return getattr(import_module("tinygrad_edu.testing.torch_gradcheck"), name)
    if name in _OF_DIAGNOSE:
        return getattr(import_module("tinygrad_edu.diagnose.anomaly"), name)
    refuse("autograd", name, __name__)
