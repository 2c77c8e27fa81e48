"""Affine layers, and those that only change the shape."""

from __future__ import annotations

from typing import Any

import tinygrad_edu as tg
from tinygrad_edu import ops

from . import init
from .module import Module, Parameter


class Linear(Module):
    """y = x W' + b, with W of shape (out_features, in_features).

    Weight and bias start uniform in [-k, k] with k = 1 / sqrt(in_features), as PyTorch's do.
    """

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, dtype: Any = None
    ) -> None:
        super().__init__()
        self.in_features, self.out_features = in_features, out_features
        bound = in_features**-0.5 if in_features else 0.0
        self.weight = Parameter(tg.empty(out_features, in_features, dtype=dtype))
        init.uniform_(self.weight, -bound, bound)
        self.bias = Parameter(tg.empty(out_features, dtype=dtype)) if bias else None
        if self.bias is not None:
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input: Any) -> Any:
        return ops.linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        return (
            f"in_features={self.in_features}, out_features={self.out_features}, "
            f"bias={self.bias is not None}"
        )


class Identity(Module):
    """y = x."""

    def __init__(self, *_: Any, **__: Any) -> None:
        super().__init__()

    def forward(self, input: Any) -> Any:
        return input


class Flatten(Module):
    """The dimensions from `start_dim` to `end_dim` made one; dimension 0, the batch, stays."""

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, input: Any) -> Any:
        return tg.flatten(input, self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"
