"""How a tensor prints: as PyTorch's does, number by number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .dtypes import Array, bool_, get_default_dtype, int64

LINE, ENDS, MANY = 80, 3, 1000  # characters a line; numbers shown at each end of a long dimension


def tensor_text(tensor: Any) -> str:
    """`tensor([1.0000, 2.5000], dtype=float64, requires_grad=True)`."""
    array = tensor.array
    implied = [get_default_dtype(), *([int64, bool_] if array.size else [])]
    notes = []
    if array.size == 0 and array.ndim != 1:
        notes.append(f"size={array.shape}")
    if array.dtype not in implied:
        notes.append(f"dtype={array.dtype}")
    if tensor.node is not None:
        notes.append("requires_grad=True" if tensor.is_leaf else f"grad_fn={tensor.node!r}")
    numbers = "[]" if array.size == 0 else _nested(array, 7, array.size > MANY, _writer(array))
    text = f"tensor({', '.join([numbers, *notes])})"
    is_parameter = type(tensor).__name__ == "Parameter"
    return f"Parameter containing:\n{text}" if is_parameter else text


def _nested(array: Array, indent: int, long: bool, write: Callable[[Any], str]) -> str:
    """The numbers in nested brackets, each dimension but the last on lines of its own."""
    if array.ndim == 0:
        return write(array[()])
    cut = long and len(array) > 2 * ENDS
    head, tail = (array[:ENDS], array[-ENDS:]) if cut else (array, array[:0])
    if array.ndim > 1:
        rows = [_nested(row, indent + 1, long, write) for row in head]
        rows += ["..."] * cut + [_nested(row, indent + 1, long, write) for row in tail]
        between = "," + "\n" * (array.ndim - 1) + " " * (indent + 1)
        return "[" + between.join(rows) + "]"
    words = [write(x) for x in head] + [" ..."] * cut + [write(x) for x in tail]
    each = max(1, (LINE - indent) // (len(words[0]) + 2))
    lines = [", ".join(words[k : k + each]) for k in range(0, len(words), each)]
    return "[" + (",\n" + " " * (indent + 1)).join(lines) + "]"


def _writer(array: Array) -> Callable[[Any], str]:
    """One format for all numbers that are shown: whole numbers as `2.`, else four decimals, or
    powers of ten where their sizes are too far apart for that; all as wide as the widest."""
    shown = _shown(array) if array.size > MANY else array
    write: Callable[[Any], str] = str
    measured = shown.ravel()
    if array.dtype.kind == "f":
        finite = measured[np.isfinite(measured) & (measured != 0)]
        measured, sizes = finite, np.abs(finite.astype(np.float64))
        whole = bool((sizes == np.ceil(sizes)).all())
        far_apart = sizes.size > 0 and (sizes.max() / sizes.min() > 1000 or sizes.max() > 1e8)
        if far_apart or (not whole and sizes.min() < 1e-4):
            write = "{:.4e}".format
        elif whole:

            def write(x: Any) -> str:
                return f"{x:.0f}." if np.isfinite(x) else str(x)
        else:
            write = "{:.4f}".format
    width = max((len(write(x)) for x in measured), default=0) if array.ndim else 0
    width = max(width, 1)
    return lambda x: write(x).rjust(width)


def _shown(array: Array) -> Array:
    for axis, size in enumerate(array.shape):
        if size > 2 * ENDS:
            array = np.take(array, [*range(ENDS), *range(size - ENDS, size)], axis)
    return array
