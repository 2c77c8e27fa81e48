"""Affine and bilinear maps, and layers that only change the shape."""

from __future__ import annotations

from typing import Any

import tinygrad_edu as tg
from tinygrad_edu import Tensor, bilinear as bilinear, ops
from tinygrad_edu.errors import InputError

from . import init
from .module import Module, Parameter

# ---------------------------------------------------------------- functions


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Affine map of the last dimension: y = x W^T + b.

    Parameters
    ----------
    input : Tensor, shape (..., in)
    weight : Tensor, shape (out, in) or (in,)
        With shape (in,) the result has no dimension for the outputs.
    bias : Tensor, shape (out,), or None, default None
        With a weight of shape (in,), the bias has shape ().

    Returns
    -------
    Tensor, shape (..., out), or (...) for a weight of shape (in,)

    Raises
    ------
    ValueError
        If the weight has neither one nor two dimensions.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> F.linear(tg.tensor([1.0, 2.0]), tg.tensor([[3.0, 4.0], [5.0, 6.0]]))
    tensor([11., 17.])
    """
    if weight.ndim == 2:
        return ops.linear(input, weight, bias)
    if weight.ndim != 1:
        raise InputError(
            f"linear: the weight is (out, in) or (in,), not of shape {tuple(weight.shape)}"
        )
    y = input @ weight
    return y if bias is None else y + bias


# ---------------------------------------------------------------- layers


def _draw(weight: Tensor, bias: Tensor | None, inputs: int) -> None:
    bound = inputs**-0.5 if inputs else 0.0
    init.uniform_(weight, -bound, bound)
    if bias is not None:
        init.uniform_(bias, -bound, bound)


class Linear(Module):
    """Affine layer: y = x W^T + b.

    The input has shape (..., in_features), the output (..., out_features).  The state dict holds
    `weight`, of shape (out_features, in_features), and `bias`, of shape (out_features,).  Both are
    drawn from U(-k, k) with k = 1 / sqrt(in_features).

    Parameters
    ----------
    in_features : int
        Size of the input's last dimension.
    out_features : int
        Size of the output's last dimension.
    bias : bool, default True
        If False, the layer adds no bias, and the attribute `bias` is None.
    device : device, default None
        Only the CPU exists.
    dtype : dtype, default None
        Dtype of the parameters; None stands for the default dtype.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> layer = nn.Linear(20, 30)
    >>> layer(tg.randn(128, 20)).shape
    torch.Size([128, 30])
    >>> list(layer.state_dict())
    ['weight', 'bias']
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
    """Bilinear layer: y_o = x1^T W_o x2 + b_o.

    The inputs have shapes (..., in1_features) and (..., in2_features), with the same leading
    dimensions; the output has shape (..., out_features).  The state dict holds `weight`, of shape
    (out_features, in1_features, in2_features), and `bias`, of shape (out_features,).  Both are
    drawn from U(-k, k) with k = 1 / sqrt(in1_features).

    Parameters
    ----------
    in1_features : int
        Size of the first input's last dimension, at least 1.
    in2_features : int
        Size of the second input's last dimension.
    out_features : int
        Size of the output's last dimension.
    bias : bool, default True
        If False, the layer adds no bias, and the attribute `bias` is None.
    device : device, default None
        Only the CPU exists.
    dtype : dtype, default None
        Dtype of the parameters; None stands for the default dtype.

    Raises
    ------
    ValueError
        If `in1_features` is less than 1.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.Bilinear(20, 30, 40)(tg.randn(128, 20), tg.randn(128, 30)).shape
    torch.Size([128, 40])
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
    """Identity layer: y = x.

    The output is the input itself, of any shape.  The layer has no parameters.

    Parameters
    ----------
    *args, **kwargs : any
        The layer ignores them, so that it can take another layer's place.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.Identity()(tg.tensor([1.0, 2.0]))
    tensor([1., 2.])
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def forward(self, input: Tensor) -> Tensor:
        return input


class Flatten(Module):
    """Flatten the dimensions from `start_dim` to `end_dim` into one.

    The size of the new dimension is the product of the sizes that it replaces.  By default
    dimension 0, the batch, stays.  The layer has no parameters.

    Parameters
    ----------
    start_dim : int, default 1
        First dimension to flatten.
    end_dim : int, default -1
        Last dimension to flatten; it is included.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.Flatten()(tg.ones(32, 1, 5, 5)).shape
    torch.Size([32, 25])
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, input: Tensor) -> Tensor:
        y: Tensor = tg.flatten(input, self.start_dim, self.end_dim)
        return y

    def extra_repr(self) -> str:
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Unflatten(Module):
    """Split one dimension into several: the inverse of `Flatten`.

    Dimension `dim` is replaced by dimensions of the sizes `unflattened_size`, whose product is the
    size of `dim`.  The layer has no parameters.

    Parameters
    ----------
    dim : int
        The dimension to split.
    unflattened_size : tuple or list of int
        Sizes of the new dimensions; one of them may be -1, and is then inferred.

    Raises
    ------
    TypeError
        If `unflattened_size` is neither a tuple nor a list.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.Unflatten(1, (2, 5, 5))(tg.ones(32, 50)).shape
    torch.Size([32, 2, 5, 5])
    """

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
