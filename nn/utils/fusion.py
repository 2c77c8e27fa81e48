"""Fusion: a layer and the batch normalization after it as one layer, for evaluation."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, TypeVar

import tinygrad_edu as tg
from tinygrad_edu import Tensor

from ..module import Module, Parameter

__all__ = [
    "fuse_conv_bn_eval", "fuse_conv_bn_weights", "fuse_linear_bn_eval", "fuse_linear_bn_weights",
]  # fmt: skip

Layer = TypeVar("Layer", bound=Module)


def fuse_conv_bn_eval(conv: Layer, bn: Module, transpose: bool = False) -> Layer:
    """Fuse a convolution and the batch normalization after it.

    Parameters
    ----------
    conv : Module
        A convolution, in evaluation mode.
    bn : Module
        The batch normalization, in evaluation mode, with running statistics.
    transpose : bool, default False
        Whether `conv` is a transposed convolution.

    Returns
    -------
    Module
        A copy of the convolution that computes bn(conv(x)).

    Raises
    ------
    ValueError
        If a layer is in training mode, or if there are no running statistics.

    Examples
    --------
    >>> import nn
    >>> import tinygrad_edu as tg
    >>> conv, bn = nn.Conv2d(3, 4, 3).eval(), nn.BatchNorm2d(4).eval()
    >>> fused = nn.utils.fuse_conv_bn_eval(conv, bn)
    >>> x = tg.randn(1, 3, 5, 5)
    >>> bool(tg.allclose(fused(x), bn(conv(x)), atol=1e-5))
    True
    """
    return _fused("fuse_conv_bn_eval", conv, bn, fuse_conv_bn_weights, transpose)


def fuse_conv_bn_weights(
    conv_w: Tensor,
    conv_b: Tensor | None,
    bn_rm: Tensor,
    bn_rv: Tensor,
    bn_eps: float,
    bn_w: Tensor | None,
    bn_b: Tensor | None,
    transpose: bool = False,
) -> tuple[Parameter, Parameter]:
    """Fuse the parameters of a convolution and of the batch normalization after it.

        weight = conv_w s,  bias = (conv_b - bn_rm) s + bn_b,  s = bn_w / sqrt(bn_rv + bn_eps)

    Parameters
    ----------
    conv_w : Tensor
        The weight, (out, in, ...); for a transposed convolution (in, out, ...).
    conv_b : Tensor or None
        The bias, (out,); None stands for 0.
    bn_rm, bn_rv : Tensor
        The running mean and variance, (out,).
    bn_eps : float
        The eps of the normalization.
    bn_w, bn_b : Tensor or None
        Its weight and bias, (out,); None stands for 1 and 0.
    transpose : bool, default False
        Whether the convolution is transposed.

    Returns
    -------
    (Parameter, Parameter)
        Weight and bias of the fused convolution.

    Examples
    --------
    >>> import nn
    >>> import tinygrad_edu as tg
    >>> one = tg.ones(1)
    >>> w, b = nn.utils.fuse_conv_bn_weights(tg.ones(1, 1, 1, 1), None, one, one, 0.0, 2 * one, one)
    >>> w.item(), b.item()
    (2.0, -1.0)
    """
    shape = [-1] + [1] * (conv_w.ndim - 1)
    if transpose:
        shape = [1, *shape[:-1]]
    return _fused_weights(conv_w, conv_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b, shape)


def fuse_linear_bn_eval(linear: Layer, bn: Module) -> Layer:
    """Fuse a linear layer and the batch normalization after it.

    Parameters
    ----------
    linear : Module
        The linear layer, in evaluation mode.
    bn : Module
        The batch normalization, in evaluation mode, with running statistics: of as many features
        as the layer has outputs, or of one.

    Returns
    -------
    Module
        A copy of the linear layer that computes bn(linear(x)).

    Raises
    ------
    ValueError
        If a layer is in training mode, if there are no running statistics, or if the numbers of
        features differ.

    Examples
    --------
    >>> import nn
    >>> import tinygrad_edu as tg
    >>> linear, bn = nn.Linear(3, 4).eval(), nn.BatchNorm1d(4).eval()
    >>> fused = nn.utils.fuse_linear_bn_eval(linear, bn)
    >>> x = tg.randn(2, 3)
    >>> bool(tg.allclose(fused(x), bn(linear(x)), atol=1e-5))
    True
    """
    given: Any = linear, bn
    outputs, features = given[0].out_features, given[1].num_features
    if features not in (1, outputs):
        raise ValueError(
            f"fuse_linear_bn_eval: the layer has {outputs} outputs, the normalization {features} "
            "features; they are equal, or there is one feature"
        )
    return _fused("fuse_linear_bn_eval", linear, bn, fuse_linear_bn_weights)


def fuse_linear_bn_weights(
    linear_w: Tensor,
    linear_b: Tensor | None,
    bn_rm: Tensor,
    bn_rv: Tensor,
    bn_eps: float,
    bn_w: Tensor,
    bn_b: Tensor,
) -> tuple[Parameter, Parameter]:
    """Fuse the parameters of a linear layer and of the batch normalization after it.

        weight = linear_w s,  bias = (linear_b - bn_rm) s + bn_b,  s = bn_w / sqrt(bn_rv + bn_eps)

    Parameters
    ----------
    linear_w : Tensor
        The weight, (out, in).
    linear_b : Tensor or None
        The bias, (out,); None stands for 0.
    bn_rm, bn_rv : Tensor
        The running mean and variance, (out,) or (1,).
    bn_eps : float
        The eps of the normalization.
    bn_w, bn_b : Tensor
        Its weight and bias, (out,) or (1,).

    Returns
    -------
    (Parameter, Parameter)
        Weight and bias of the fused layer.

    Examples
    --------
    >>> import nn
    >>> import tinygrad_edu as tg
    >>> one = tg.ones(1)
    >>> w, b = nn.utils.fuse_linear_bn_weights(tg.ones(1, 1), one, one, one, 0.0, 2 * one, one)
    >>> w.item(), b.item()
    (2.0, 1.0)
    """
    return _fused_weights(linear_w, linear_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b, [-1, 1])


def _fused(name: str, layer: Layer, bn: Any, weights: Any, *settings: Any) -> Layer:
    if layer.training or bn.training:
        raise ValueError(f"{name}: both layers are in evaluation mode; call eval() first")
    if bn.running_mean is None or bn.running_var is None:
        raise ValueError(f"{name}: the normalization has no running mean and variance")
    fused: Any = deepcopy(layer)
    fused.weight, fused.bias = weights(
        fused.weight,
        fused.bias,
        bn.running_mean,
        bn.running_var,
        bn.eps,
        bn.weight,
        bn.bias,
        *settings,
    )
    return fused  # type: ignore[no-any-return]


def _fused_weights(
    weight: Tensor,
    bias: Tensor | None,
    mean: Tensor,
    var: Tensor,
    eps: float,
    bn_w: Tensor | None,
    bn_b: Tensor | None,
    shape: list[int],
) -> tuple[Parameter, Parameter]:
    trains = bias is not None and bias.requires_grad
    dtype = weight.dtype if bias is None else bias.dtype
    with tg.no_grad():
        scale = (var + eps).rsqrt()
        if bn_w is not None:
            scale = scale * bn_w
        shift = -mean if bias is None else bias - mean
        new_bias = shift * scale if bn_b is None else shift * scale + bn_b
        new_weight = (weight * scale.reshape(shape)).to(weight.dtype)
    return Parameter(new_weight, weight.requires_grad), Parameter(new_bias.to(dtype), trains)


def __dir__() -> list[str]:
    return sorted(__all__)
