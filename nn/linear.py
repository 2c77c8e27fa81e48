"""Affine layers, those that only change the shape, and those that compare."""

from __future__ import annotations

from typing import Any

import tinygrad_edu as tg
from tinygrad_edu import ops

from . import init, normalizing
from .module import Module, Parameter


def _vector(size: int, device: Any, dtype: Any) -> Parameter:
    return Parameter(tg.empty(size, device=device, dtype=dtype))


class Linear(Module):
    """y = x W' + b, with W of shape (out_features, in_features).

    Weight and bias start uniform in [-k, k] with k = 1 / sqrt(in_features), as PyTorch's do.
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.in_features, self.out_features = in_features, out_features
        bound = in_features**-0.5 if in_features else 0.0
        self.weight = Parameter(tg.empty(out_features, in_features, device=device, dtype=dtype))
        init.uniform_(self.weight, -bound, bound)
        self.register_parameter("bias", None)
        if bias:
            self.bias = _vector(out_features, device, dtype)
            init.uniform_(self.bias, -bound, bound)

    bias: Parameter | None

    def forward(self, input: Any) -> Any:
        return ops.linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        return (
            f"in_features={self.in_features}, out_features={self.out_features}, "
            f"bias={self.bias is not None}"
        )


class Bilinear(Module):
    """y_o = x1' W_o x2 + b_o, with W of shape (out_features, in1_features, in2_features).

    Weight and bias start uniform in [-k, k] with k = 1 / sqrt(in1_features).
    """

    def __init__(
        self,
        in1_features: int,
        in2_features: int,
        out_features: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if in1_features < 1:
            raise ValueError(f"Bilinear: in1_features is at least 1, not {in1_features}")
        self.in1_features, self.in2_features = in1_features, in2_features
        self.out_features = out_features
        bound = in1_features**-0.5
        shape = (out_features, in1_features, in2_features)
        self.weight = Parameter(tg.empty(shape, device=device, dtype=dtype))
        init.uniform_(self.weight, -bound, bound)
        self.register_parameter("bias", None)
        if bias:
            self.bias = _vector(out_features, device, dtype)
            init.uniform_(self.bias, -bound, bound)

    bias: Parameter | None

    def forward(self, input1: Any, input2: Any) -> Any:
        return normalizing.bilinear(input1, input2, self.weight, self.bias)

    def extra_repr(self) -> str:
        return (
            f"in1_features={self.in1_features}, in2_features={self.in2_features}, "
            f"out_features={self.out_features}, bias={self.bias is not None}"
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


class Unflatten(Module):
    """Dimension `dim` made several, of the sizes `unflattened_size`; one of them may be -1."""

    def __init__(self, dim: int, unflattened_size: Any) -> None:
        super().__init__()
        if not isinstance(unflattened_size, tuple | list):
            raise TypeError(f"Unflatten: unflattened_size is a tuple, not {unflattened_size!r}")
        self.dim, self.unflattened_size = dim, tuple(unflattened_size)

    def forward(self, input: Any) -> Any:
        return tg.unflatten(input, self.dim, self.unflattened_size)

    def extra_repr(self) -> str:
        return f"dim={self.dim}, unflattened_size={self.unflattened_size}"


class CosineSimilarity(Module):
    """The cosine of the angle between x1 and x2 along `dim`: see `cosine_similarity`."""

    def __init__(self, dim: int = 1, eps: float = 1e-8) -> None:
        super().__init__()
        self.dim, self.eps = dim, eps

    def forward(self, x1: Any, x2: Any) -> Any:
        return normalizing.cosine_similarity(x1, x2, self.dim, self.eps)


class PairwiseDistance(Module):
    """The p-norm of x1 - x2 + eps along the last dimension: see `pairwise_distance`."""

    def __init__(self, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> None:
        super().__init__()
        self.norm, self.eps, self.keepdim = p, eps, keepdim

    def forward(self, x1: Any, x2: Any) -> Any:
        return normalizing.pairwise_distance(x1, x2, self.norm, self.eps, self.keepdim)
