"""Elementwise functions whose signature is not that of their op."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from .. import ops
from ..dtypes import result_type
from ..engine import graph
from ..registry import public
from ..sums import in_float32
from .arguments import Tensor, check_tensor, plain

# ---------------------------------------------------------------- arithmetic


@public(method=True, inplace=True)
def add(input: Tensor, other: Any, *, alpha: float = 1) -> Tensor:
    """y = a + alpha b."""
    return _plus_scaled(ops.add, input, other, alpha)


def _plus_scaled(op: Any, input: Any, other: Any, alpha: Any) -> Any:
    """op(input, alpha other) in the dtype in which these two meet, or floats if alpha is one."""
    if alpha == 1:
        return op(input, other)
    y = in_float32(lambda a, b: op(a, b * alpha), input, other)
    dtype = result_type(plain(input), plain(other))
    return y if y.dtype.kind == "f" != dtype.kind else y.astype(dtype)


@public("subtract", "sub", method=True, inplace=True)
def subtract(input: Tensor, other: Any, *, alpha: float = 1) -> Tensor:
    """y = a - alpha b."""
    return _plus_scaled(ops.subtract, input, other, alpha)


@public("divide", "div", "true_divide", method=True, inplace=True)
def divide(input: Tensor, other: Any, *, rounding_mode: str | None = None) -> Tensor:
    """y = a / b; with rounding_mode="floor", the whole number below it, with "trunc" the one
    towards 0."""
    if rounding_mode is None:
        return ops.divide(input, other)
    if rounding_mode == "floor":
        return ops.floor_divide(input, other)
    if rounding_mode != "trunc":
        raise RuntimeError(f"divide: rounding_mode is 'floor' or 'trunc', not {rounding_mode!r}")
    whole = ops.subtract(input, ops.fmod(input, other))  # exact, while a / b of int64 is not
    if whole.dtype.kind in "iu":
        return ops.floor_divide(whole, other)
    return ops.trunc_divide(input, other)


@public(method=True, inplace=True)
def pow(input: Tensor, exponent: Any) -> Tensor:
    """y = x^exponent."""
    return ops.power(input, exponent)


@public(method=True, inplace=True)
def rsqrt(input: Tensor) -> Tensor:
    """y = 1 / sqrt x."""
    return ops.reciprocal(ops.sqrt(input))


@public(method=True, inplace=True)
def frac(input: Tensor) -> Tensor:
    """y = x - trunc(x), what stands behind the point."""
    return ops.subtract(input, ops.trunc(input))


@public(method=True, inplace=True)
def lerp(input: Tensor, end: Any, weight: Any) -> Tensor:
    """y = (1 - weight) a + weight end: from a at weight 0 to end at weight 1."""
    return in_float32(_lerp, input, end, weight)


def _lerp(a: Any, b: Any, weight: Any) -> Any:
    return ops.add(ops.multiply(a, 1 - weight), ops.multiply(b, weight))


@public(method=True, inplace=True)
def addcmul(input: Tensor, tensor1: Any, tensor2: Any, *, value: float = 1) -> Tensor:
    """y = a + value b c."""
    return in_float32(_plus_product, input, tensor1, tensor2, value)


def _plus_product(a: Any, b: Any, c: Any, value: Any) -> Any:
    return add(a, ops.multiply(b, c), alpha=value)


@public(method=True, inplace=True)
def addcdiv(input: Tensor, tensor1: Any, tensor2: Any, *, value: float = 1) -> Tensor:
    """y = a + value b / c."""
    return in_float32(_plus_quotient, input, tensor1, tensor2, value)


def _plus_quotient(a: Any, b: Any, c: Any, value: Any) -> Any:
    return add(a, ops.divide(b, c), alpha=value)


@public()
def celu(input: Tensor, alpha: float = 1.0) -> Tensor:
    """y = x where x > 0, else alpha (e^(x / alpha) - 1): its slope has no step."""
    return ops.elu(input, alpha=alpha, rate=1 / alpha)


@public()
def selu(input: Tensor) -> Tensor:
    """y = s elu(x, a), with s and a such that mean 0 and variance 1 stay so from layer to layer
    (Klambauer et al., 2017)."""
    return ops.elu(input, alpha=1.6732632423543772, scale=1.0507009873554805)


# ---------------------------------------------------------------- choices


@public("clamp", "clip", method=True, inplace=True)
def clamp(input: Tensor, min: Any = None, max: Any = None) -> Tensor:
    """The numbers kept within [min, max], numbers or tensors; the gradient passes inside, the
    borders too, and goes to the bound outside.  Where min > max, y = max."""
    if isinstance(min, graph.TensorBase) or isinstance(max, graph.TensorBase):
        input = input if min is None else ops.at_least(input, min)
        return input if max is None else ops.at_most(input, max)
    min, max = (x.item() if isinstance(x, np.generic) else x for x in (min, max))
    return ops.clip(input, min=min, max=max)


@public(method=True, inplace=True)
def clamp_min(input: Tensor, min: Any) -> Tensor:
    """The numbers, at least `min`."""
    return clamp(input, min, None)


@public(method=True, inplace=True)
def clamp_max(input: Tensor, max: Any) -> Tensor:
    """The numbers, at most `max`."""
    return clamp(input, None, max)


@public()
def where(condition: Tensor, input: Any = None, other: Any = None) -> Any:
    """`input` where the condition is true, else `other`; alone, where the condition is true: for
    each dimension a tensor of indices."""
    if (input is None) != (other is None):
        raise TypeError("where: give both input and other, or neither")
    if input is not None:
        check_tensor(condition, "where")
        if condition.dtype == np.uint8:  # a mask, of PyTorch before it had bools
            why = "where: a condition of uint8 is deprecated; write it as a comparison, x != 0"
            warnings.warn(why, UserWarning, stacklevel=2)
            condition = ops.not_equal(condition, 0)
        _check_mask(condition, "where")
        return ops.where(condition, input, other)
    return tuple(map(graph.Tensor, np.nonzero(np.atleast_1d(plain(condition)))))


def _check_mask(mask: Any, name: str) -> None:
    if mask.dtype.kind != "b":
        raise RuntimeError(f"{name}: the mask is bool, not {mask.dtype}; write it as x != 0")


@public(method=True, inplace=True)
def masked_fill(input: Tensor, mask: Any, value: Any) -> Tensor:
    """`value`, a number or a tensor without dimensions, where the mask is true, else `input`."""
    _check_mask(mask, "masked_fill")
    if np.ndim(plain(value)):
        raise RuntimeError(
            f"masked_fill: the value is one number, not {tuple(value.shape)}; see where"
        )
    if input.dtype.kind != "f":
        value = input.dtype.type(plain(value))
    return ops.where(mask, value, input)


@public(method=True, inplace=True)
def nan_to_num(input: Tensor, nan: Any = None, posinf: Any = None, neginf: Any = None) -> Tensor:
    """The numbers, with 0 (or `nan`) for nan, and for the infinities the largest number that there
    is (or `posinf`, `neginf`)."""
    return ops.nan_to_num(input, nan=nan or 0.0, posinf=posinf, neginf=neginf)


# ---------------------------------------------------------------- questions


@public(method=True)
def isclose(
    input: Tensor, other: Any, rtol: Any = 1e-5, atol: Any = 1e-8, equal_nan: Any = False
) -> Tensor:
    """Is |input - other| <= atol + rtol |other|, number by number?"""
    if rtol < 0 or atol < 0:
        raise RuntimeError(f"isclose: tolerances are at least 0, not rtol={rtol}, atol={atol}")
    a, b = plain(input), plain(other)
    return graph.Tensor(np.asarray(np.isclose(a, b, rtol, atol, equal_nan)))


@public(method=True)
def allclose(
    input: Tensor, other: Any, rtol: Any = 1e-5, atol: Any = 1e-8, equal_nan: Any = False
) -> bool:
    """Is |input - other| <= atol + rtol |other| everywhere?"""
    return bool(isclose(input, other, rtol, atol, equal_nan).array.all())


@public(method=True)
def equal(input: Tensor, other: Any) -> bool:
    """Have the two tensors the same shape and numbers?"""
    return bool(input.shape == other.shape and (input.array == other.array).all())
