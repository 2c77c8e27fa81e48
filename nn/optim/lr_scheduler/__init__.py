"""Schedules of learning rates: call `scheduler.step()` after `optimizer.step()`, once an epoch (or
once a batch, where the schedule is counted in batches).

A schedule is a formula of t, the number of steps so far.  Most multiply the rate that they find, so
several can be chained.

>>> import tinygrad_edu as tg
>>> from nn import optim
>>> optimizer = optim.SGD([tg.ones(1, requires_grad=True)], lr=0.1)
>>> scheduler = optim.lr_scheduler.StepLR(optimizer, step_size=30)
"""

from .base import LRScheduler as LRScheduler, _LRScheduler as _LRScheduler
from .combined import ChainedScheduler as ChainedScheduler, SequentialLR as SequentialLR
from .cosine import (
    CosineAnnealingLR as CosineAnnealingLR,
    CosineAnnealingWarmRestarts as CosineAnnealingWarmRestarts,
)
from .cycles import CyclicLR as CyclicLR, OneCycleLR as OneCycleLR
from .factors import (
    ConstantLR as ConstantLR,
    ExponentialLR as ExponentialLR,
    LambdaLR as LambdaLR,
    LinearLR as LinearLR,
    MultiplicativeLR as MultiplicativeLR,
    MultiStepLR as MultiStepLR,
    PolynomialLR as PolynomialLR,
    StepLR as StepLR,
)
from .plateau import ReduceLROnPlateau as ReduceLROnPlateau

__all__ = [
    "ChainedScheduler", "ConstantLR", "CosineAnnealingLR", "CosineAnnealingWarmRestarts",
    "CyclicLR", "ExponentialLR", "LRScheduler", "LambdaLR", "LinearLR", "MultiStepLR",
    "MultiplicativeLR", "OneCycleLR", "PolynomialLR", "ReduceLROnPlateau", "SequentialLR", "StepLR",
]  # fmt: skip


def __dir__() -> list[str]:
    return sorted(__all__)
