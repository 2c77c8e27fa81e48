"""Affine and bilinear maps, and layers that only change the shape."""

from __future__ import annotations

from typing import Any

import tinygrad_edu as tg
from tinygrad_edu import Tensor, functions, ops

from . import init
from .module import Module, Parameter

# ---------------------------------------------------------------- functions


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """y = x W' + b: x is (..., in), W is (out, in), b is (out,); for one output without a dimension
    of its own, W is (in,)."""
    if weight.ndim == 2:
        return ops.linear(input, weight, bias)
    if weight.ndim != 1:
        raise RuntimeError(
            f"linear: the weight is (out, in) or (in,), not of shape {tuple(weight.shape)}"
        )
    y = input @ weight
    return y if bias is None else y + bias


def bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """y_o = x1' W_o x2 + b_o: x1 is (..., in1), x2 is (..., in2), W is (out, in1, in2)."""
    fits = weight.ndim == 3 and weight.shape[1:] == input1.shape[-1:] + input2.shape[-1:]
    if not fits or input1.shape[:-1] != input2.shape[:-1]:
        raise RuntimeError(
            "bilinear: the inputs are (..., in1) and (..., in2), the weight (out, in1, in2), not "
            f"{tuple(input1.shape)}, {tuple(input2.shape)} and {tuple(weight.shape)}"
        )
    y: Tensor = functions.einsum("...i,oij,...j->...o", input1, weight, input2)
    return y if bias is None else y + bias


# ---------------------------------------------------------------- layers


def _draw(weight: Tensor, bias: Tensor | None, inputs: int) -> None:
    bound = inputs**-0.5 if inputs else 0.0
    init.uniform_(weight, -bound, bound)
    if bias is not None:
        init.uniform_(bias, -bound, bound)


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
        self.weight = Parameter(tg.empty(out_features, in_features, device=device, dtype=dtype))
        self.register_parameter("bias", None)
        if bias:
            self.bias = Parameter(tg.empty(out_features, device=device, dtype=dtype))
        self.reset_parameters()

    bias: Parameter | None

    def reset_parameters(self) -> None:
        """Draw weight and bias from U(-k, k), k = 1 / sqrt(in_features)."""
        _draw(self.weight, self.bias, self.in_features)

    def forward(self, input: Tensor) -> Tensor:
        y: Tensor = ops.linear(input, self.weight, self.bias)
        return y

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
        shape = (out_features, in1_features, in2_features)
        self.weight = Parameter(tg.empty(shape, device=device, dtype=dtype))
        self.register_parameter("bias", None)
        if bias:
            self.bias = Parameter(tg.empty(out_features, device=device, dtype=dtype))
        self.reset_parameters()

    bias: Parameter | None

    def reset_parameters(self) -> None:
        """Draw weight and bias from U(-k, k), k = 1 / sqrt(in1_features)."""
        _draw(self.weight, self.bias, self.in1_features)

    def forward(self, input1: Tensor, input2: Tensor) -> Tensor:
        return bilinear(input1, input2, self.weight, self.bias)

    def extra_repr(self) -> str:
        return (
            f"in1_features={self.in1_features}, in2_features={self.in2_features}, "
            f"out_features={self.out_features}, bias={self.bias is not None}"
        )


class Identity(Module):
    """y = x."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def forward(self, input: Tensor) -> Tensor:
        return input


class Flatten(Module):
    """The dimensions from `start_dim` to `end_dim` made one; dimension 0, the batch, stays."""

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, input: Tensor) -> Tensor:
        y: Tensor = tg.flatten(input, self.start_dim, self.end_dim)
        return y

    def extra_repr(self) -> str:
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Unflatten(Module):
    """Dimension `dim` made several, of the sizes `unflattened_size`; one of them may be -1."""

    def __init__(self, dim: int, unflattened_size: Any) -> None:
        super().__init__()
        if not isinstance(unflattened_size, tuple | list):
            raise TypeError(f"Unflatten: unflattened_size is a tuple, not {unflattened_size!r}")
        self.dim, self.unflattened_size = dim, tuple(unflattened_size)

    def forward(self, input: Tensor) -> Tensor:
        y: Tensor = tg.unflatten(input, self.dim, self.unflattened_size)
        return y

    def extra_repr(self) -> str:
        return f"dim={self.dim}, unflattened_size={self.unflattened_size}"
