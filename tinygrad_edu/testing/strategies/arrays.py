"""Strategies for tensors: shape, dtype, numbers, and how they lie in memory."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor, log10
from typing import Any

import numpy as np
from hypothesis import note, strategies as st
from hypothesis.extra import numpy as arrays

from ...dtypes import DType, float64
from ...tensor import Tensor
from ..layouts import LAYOUTS, laid_out
from .shapes import Shape, shapes

Numbers = tuple[float, float] | st.SearchStrategy[Any]


@st.composite
def tensors(
    draw: Any,
    shape: Shape | int | st.SearchStrategy[Shape] | None = None,
    dtype: DType | st.SearchStrategy[DType] = float64,
    values: Numbers = (-10, 10),
    *,
    unique: bool = False,
    requires_grad: bool = False,
    layouts: str | Sequence[str] = LAYOUTS[:4],
) -> Any:
    """Tensors of any shape and layout: without dimensions, without elements, transposed ...

    Parameters
    ----------
    shape : tuple of int, int or SearchStrategy, optional
        Unless given, `shapes(min_side=0)`.
    dtype : dtype or SearchStrategy, default float64
        Floating, integer or bool.
    values : (low, high) or SearchStrategy, default (-10, 10)
        The numbers: an interval, of which a thousandth is the smallest step, so that they are short
        to read; or a strategy for one number, such as `floats(width=32)` with its nan and inf.
    unique : bool, default False
        Do all numbers differ?  (So that a maximum, or an order, is not changed by a small step.)
    requires_grad : bool, default False
        Is it a leaf whose gradient is asked for?
    layouts : str or sequence of str, default all that can be written
        Some of `LAYOUTS`: "contiguous", "transposed", "reversed", "gaps", "broadcast" (see
        `laid_out`).  The last is read-only and repeats values.

    Returns
    -------
    SearchStrategy
        Of Tensors.

    Examples
    --------
    >>> from hypothesis import find
    >>> import tinygrad_edu as tg
    >>> from tinygrad_edu.testing import strategies
    >>> find(strategies.tensors((2,)), lambda x: x[1] > 1.5)
    tensor([0., 2.], dtype=float64)
    >>> find(strategies.tensors(dtype=tg.int64), lambda x: x.ndim == 2 and not x.is_contiguous())
    tensor([[0, 0]])
    """
    shape = draw(_strategy(shape if shape is not None else shapes(min_side=0)))
    dtype = np.dtype(draw(_strategy(dtype)))
    elements = values if isinstance(values, st.SearchStrategy) else numbers(*values, dtype=dtype)
    array = draw(arrays.arrays(dtype, shape, elements=elements, fill=st.nothing(), unique=unique))
    layout = draw(st.sampled_from([layouts] if isinstance(layouts, str) else list(layouts)))
    if layout != "contiguous":
        note(f"A tensor of shape {array.shape} has the layout {layout!r}")
    return Tensor(laid_out(array, layout)).requires_grad_(requires_grad)


def _strategy(x: Any) -> Any:
    return x if isinstance(x, st.SearchStrategy) else st.just(x)


def numbers(low: float, high: float, dtype: Any) -> st.SearchStrategy[Any]:
    """Numbers of an interval, in steps of a thousandth of it; of whole numbers, each."""
    if not low <= high:
        raise ValueError(f"tensors: the values lie from low to high, not from {low} to {high}")
    if dtype.kind == "b":
        return st.booleans()
    if dtype.kind in "iu":
        bounds = np.iinfo(dtype)
        return st.integers(max(ceil(low), bounds.min), min(floor(high), bounds.max))
    digits = 3 - floor(log10(high - low)) if high > low else 0

    def rounded(x: float) -> Any:
        y = dtype.type(min(max(round(x, digits), low), high))
        if not low <= float(y) <= high:  # float32 has no 0.7: the next one within the interval
            y = np.nextafter(y, dtype.type((low + high) / 2))
        if not low <= float(y) <= high:
            raise ValueError(f"tensors: {dtype} has no number from {low} to {high}")
        return y

    return st.floats(low, high).map(rounded)
