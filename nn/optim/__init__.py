"""Optimisers: how parameters move, given their gradients; in order of increasing complexity."""

from .adam import Adam
from .optimizer import Optimizer
from .sgd import SGD

__all__ = ["SGD", "Adam", "Optimizer"]
