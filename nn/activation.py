"""Nonlinear layers without parameters."""

from __future__ import annotations

from typing import Any

import tinygrad_edu as tg
from tinygrad_edu import ops

from .module import Module


class ReLU(Module):
    """y = max(0, x)."""

    def forward(self, input: Any) -> Any:
        return ops.relu(input)


class Sigmoid(Module):
    """y = 1 / (1 + e^-x)."""

    def forward(self, input: Any) -> Any:
        return ops.sigmoid(input)


class Tanh(Module):
    """y = tanh x."""

    def forward(self, input: Any) -> Any:
        return ops.tanh(input)


class _AlongDim(Module):
    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim = dim

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class Softmax(_AlongDim):
    """y_i = e^x_i / sum_j e^x_j along `dim`."""

    def forward(self, input: Any) -> Any:
        return tg.softmax(input, self.dim)


class LogSoftmax(_AlongDim):
    """y = x - log sum_j e^x_j along `dim`."""

    def forward(self, input: Any) -> Any:
        return tg.log_softmax(input, self.dim)
