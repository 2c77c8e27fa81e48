"""Optimisers: how parameters move, given their gradients; in order of increasing complexity."""

from typing import TYPE_CHECKING, Any

from .adagrad import Adadelta, Adagrad, RMSprop, Rprop
from .adam import Adam, Adamax, AdamW, Lion, NAdam, RAdam
from .optimizer import Optimizer
from .sgd import SGD

if TYPE_CHECKING:
    from . import lr_scheduler
    from .lbfgs import LBFGS
    from .muon import Muon

__all__ = [
    "LBFGS", "SGD", "Adadelta", "Adagrad", "Adam", "AdamW", "Adamax", "Lion", "Muon", "NAdam",
    "Optimizer", "RAdam", "RMSprop", "Rprop", "lr_scheduler",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """What is imported when it is first asked for: importing nn stays quick."""
    if name not in ("LBFGS", "Muon", "lr_scheduler"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    module = import_module(f"{__name__}.{name.lower()}")
    return module if name == "lr_scheduler" else getattr(module, name)
