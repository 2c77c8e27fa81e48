"""Optimizers: update rules for parameters, given their gradients.  Each has a file of its name.

>>> import nn
>>> import tinygrad_edu as tg
>>> from nn import optim
>>> net = nn.Linear(2, 1)
>>> optimizer = optim.Adam(net.parameters(), lr=0.01)
>>> schedule = optim.lr_scheduler.StepLR(optimizer, step_size=10)
"""

from typing import TYPE_CHECKING, Any

from tinygrad_edu.absent import refuse

if TYPE_CHECKING:
    from . import lr_scheduler as lr_scheduler, swa_utils as swa_utils
    from .adadelta import Adadelta as Adadelta
    from .adafactor import Adafactor as Adafactor
    from .adagrad import Adagrad as Adagrad
    from .adam import Adam as Adam
    from .adamax import Adamax as Adamax
    from .adamw import AdamW as AdamW
    from .asgd import ASGD as ASGD
    from .lbfgs import LBFGS as LBFGS
    from .lion import Lion as Lion
    from .muon import Muon as Muon
    from .nadam import NAdam as NAdam
    from .optimizer import Optimizer as Optimizer
    from .radam import RAdam as RAdam
    from .rmsprop import RMSprop as RMSprop
    from .rprop import Rprop as Rprop
    from .sgd import SGD as SGD

__all__ = [
    "ASGD", "Adadelta", "Adafactor", "Adagrad", "Adam", "AdamW", "Adamax", "LBFGS", "Lion", "Muon",
    "NAdam", "Optimizer", "RAdam", "RMSprop", "Rprop", "SGD", "lr_scheduler", "swa_utils",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Import an optimizer when it is first asked for: importing nn stays quick."""
    if name not in __all__:
        refuse("optim", name, __name__)
    from importlib import import_module

    module = import_module(f"{__name__}.{name.lower()}")
    found = module if name in ("lr_scheduler", "swa_utils") else getattr(module, name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted(__all__)
