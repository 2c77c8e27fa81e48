"""Number by number: the ops whose signature is PyTorch's already, and those that need another."""

from typing import Any

import numpy as np

from .. import ops
from ..dtypes import result_type
from ..engine import graph
from ..ops.activation import *
from ..ops.elementwise import *
from ..ops.special import *
from ..sums import in_float32
from .arguments import T, check_tensor, plain

# ---------------------------------------------------------------- arithmetic


def add(input: Any, other: Any, *, alpha: float = 1) -> Any:
    """y = a + alpha b."""
    return _plus_scaled(ops.add, input, other, alpha)


def _plus_scaled(op: Any, input: Any, other: Any, alpha: Any) -> Any:
    """op(input, alpha other) in the dtype in which these two meet, or floats if alpha is one."""
    if alpha == 1:
        return op(input, other)
    y = in_float32(lambda a, b: op(a, b * alpha), input, other)
    dtype = result_type(plain(input), plain(other))
    return y if y.dtype.kind == "f" != dtype.kind else y.astype(dtype)


def subtract(input: Any, other: Any, *, alpha: float = 1) -> Any:
    """y = a - alpha b."""
    return _plus_scaled(ops.subtract, input, other, alpha)


def divide(input: Any, other: Any, *, rounding_mode: str | None = None) -> Any:
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


def pow(input: Any, exponent: Any) -> Any:
    """y = x^exponent."""
    return ops.power(input, exponent)


def rsqrt(input: T) -> T:
    """y = 1 / sqrt x."""
    return ops.reciprocal(ops.sqrt(input))


def frac(input: T) -> T:
    """y = x - trunc(x), what stands behind the point."""
    return ops.subtract(input, ops.trunc(input))


def lerp(input: Any, end: Any, weight: Any) -> Any:
    """y = (1 - weight) a + weight end: from a at weight 0 to end at weight 1."""
    return in_float32(_lerp, input, end, weight)


def _lerp(a: Any, b: Any, weight: Any) -> Any:
    return ops.add(ops.multiply(a, 1 - weight), ops.multiply(b, weight))


def addcmul(input: T, tensor1: Any, tensor2: Any, *, value: float = 1) -> T:
    """y = a + value b c."""
    return in_float32(_plus_product, input, tensor1, tensor2, value)  # type: ignore[no-any-return]


def _plus_product(a: Any, b: Any, c: Any, value: Any) -> Any:
    return add(a, ops.multiply(b, c), alpha=value)


def addcdiv(input: T, tensor1: Any, tensor2: Any, *, value: float = 1) -> T:
    """y = a + value b / c."""
    return in_float32(_plus_quotient, input, tensor1, tensor2, value)  # type: ignore[no-any-return]


def _plus_quotient(a: Any, b: Any, c: Any, value: Any) -> Any:
    return add(a, ops.divide(b, c), alpha=value)


def celu(input: T, alpha: float = 1.0) -> T:
    """y = x where x > 0, else alpha (e^(x / alpha) - 1): its slope has no step."""
    return ops.elu(input, alpha=alpha, rate=1 / alpha)


def selu(input: T) -> T:
    """y = s elu(x, a), with s and a such that mean 0 and variance 1 stay so from layer to layer
    (Klambauer et al., 2017)."""
    return ops.elu(input, alpha=1.6732632423543772, scale=1.0507009873554805)


# ---------------------------------------------------------------- choices


def clamp(input: Any, min: Any = None, max: Any = None) -> Any:
    """The numbers kept within [min, max], numbers or tensors; the gradient passes inside, the
    borders too, and goes to the bound outside.  Where min > max, y = max."""
    if isinstance(min, graph.TensorBase) or isinstance(max, graph.TensorBase):
        input = input if min is None else ops.at_least(input, min)
        return input if max is None else ops.at_most(input, max)
    min, max = (x.item() if isinstance(x, np.generic) else x for x in (min, max))
    return ops.clip(input, min=min, max=max)


def clamp_min(input: T, min: Any) -> T:
    """The numbers, at least `min`."""
    return clamp(input, min, None)  # type: ignore[no-any-return]


def clamp_max(input: T, max: Any) -> T:
    """The numbers, at most `max`."""
    return clamp(input, None, max)  # type: ignore[no-any-return]


def where(condition: Any, input: Any = None, other: Any = None) -> Any:
    """`input` where the condition is true, else `other`; alone, where the condition is true: for
    each dimension a tensor of indices."""
    if (input is None) != (other is None):
        raise TypeError("where: give both input and other, or neither")
    if input is not None:
        check_tensor(condition, "where")
        if condition.dtype == np.uint8:  # a mask, of PyTorch before it had bools
            condition = ops.not_equal(condition, 0)
        _check_mask(condition, "where")
        return ops.where(condition, input, other)
    return tuple(map(graph.Tensor, np.nonzero(np.atleast_1d(plain(condition)))))


def _check_mask(mask: Any, name: str) -> None:
    if mask.dtype.kind != "b":
        raise RuntimeError(f"{name}: the mask is bool, not {mask.dtype}; write it as x != 0")


def masked_fill(input: Any, mask: Any, value: Any) -> Any:
    """`value`, a number or a tensor without dimensions, where the mask is true, else `input`."""
    _check_mask(mask, "masked_fill")
    if np.ndim(plain(value)):
        raise RuntimeError(
            f"masked_fill: the value is one number, not {tuple(value.shape)}; see where"
        )
    if input.dtype.kind != "f":
        value = input.dtype.type(plain(value))
    return ops.where(mask, value, input)


def nan_to_num(input: T, nan: Any = None, posinf: Any = None, neginf: Any = None) -> T:
    """The numbers, with 0 (or `nan`) for nan, and for the infinities the largest number that there
    is (or `posinf`, `neginf`)."""
    return ops.nan_to_num(input, nan=nan or 0.0, posinf=posinf, neginf=neginf)


# ---------------------------------------------------------------- questions


def isclose(
    input: Any, other: Any, rtol: Any = 1e-5, atol: Any = 1e-8, equal_nan: Any = False
) -> Any:
    """Is |input - other| <= atol + rtol |other|, number by number?"""
    if rtol < 0 or atol < 0:
        raise RuntimeError(f"isclose: tolerances are at least 0, not rtol={rtol}, atol={atol}")
    a, b = plain(input), plain(other)
    return graph.Tensor(np.asarray(np.isclose(a, b, rtol, atol, equal_nan)))


def allclose(
    input: Any, other: Any, rtol: Any = 1e-5, atol: Any = 1e-8, equal_nan: Any = False
) -> bool:
    """Is |input - other| <= atol + rtol |other| everywhere?"""
    return bool(isclose(input, other, rtol, atol, equal_nan).array.all())


def equal(input: Any, other: Any) -> bool:
    """Have the two tensors the same shape and numbers?"""
    return bool(input.shape == other.shape and (input.array == other.array).all())


# ---------------------------------------------------------------- other names

sub, mul, multiply, div, true_divide = subtract, ops.multiply, ops.multiply, divide, divide
neg, abs, sgn, clip, fix = ops.negative, ops.absolute, ops.sign, clamp, ops.trunc
arcsin, arccos, arctan, arctan2 = ops.asin, ops.acos, ops.atan, ops.atan2
arcsinh, arccosh, arctanh = ops.asinh, ops.acosh, ops.atanh
eq, ne, not_equal = ops.equal, ops.not_equal, ops.not_equal
lt, le, gt, ge = ops.less, ops.less_equal, ops.greater, ops.greater_equal
bitwise_not, bitwise_left_shift, bitwise_right_shift = ops.invert, ops.left_shift, ops.right_shift
