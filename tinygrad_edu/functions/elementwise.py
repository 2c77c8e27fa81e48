"""Number by number: the ops whose signature is PyTorch's already, and those that need another."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import graph, ops
from ..ops.elementwise import *
from .arguments import T, plain


def clamp(input: T, min: Any = None, max: Any = None) -> T:
    """The numbers kept within [min, max]; the gradient passes inside, the borders too."""
    if isinstance(min, graph.TensorBase):
        input = ops.maximum(input, min)
        return input if max is None else clamp(input, None, max)
    if isinstance(max, graph.TensorBase):
        return ops.minimum(input if min is None else clamp(input, min), max)
    min, max = (x.item() if isinstance(x, np.generic) else x for x in (min, max))
    return ops.clip(input, min=min, max=max)


def where(condition: Any, input: Any, other: Any) -> Any:
    """`input` where the condition is true, else `other`."""
    return ops.where(condition, input, other)


def pow(input: T, exponent: Any) -> T:
    """y = x^exponent."""
    return ops.power(input, exponent)


def divide(input: Any, other: Any, *, rounding_mode: str | None = None) -> Any:
    """y = a / b; with rounding_mode="floor", the whole number below it."""
    if rounding_mode is None:
        return ops.divide(input, other)
    if rounding_mode != "floor":
        raise ValueError(f"divide: rounding_mode is None or 'floor', not {rounding_mode!r}")
    return ops.floor_divide(input, other)


def equal(input: Any, other: Any) -> bool:
    """Have the two tensors the same shape and numbers?"""
    return bool(input.shape == other.shape and (input.array == other.array).all())


def allclose(
    input: Any, other: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> bool:
    """Is |input - other| <= atol + rtol |other| everywhere?"""
    a, b = plain(input), plain(other)
    return bool(np.allclose(a, b, rtol=rtol, atol=atol, equal_nan=equal_nan))
