"""How a tensor prints: as PyTorch's does."""

from __future__ import annotations

from typing import Any

import numpy as np

from .dtypes import DType, bool_, get_default_dtype, int64


def tensor_text(tensor: Any) -> str:
    """`tensor([1.0000, 2.5000], dtype=float64, requires_grad=True)`."""
    array = tensor.array
    name = "Parameter containing:\ntensor(" if type(tensor).__name__ == "Parameter" else "tensor("
    text = name + np.array2string(
        array,
        separator=", ",
        prefix="tensor(",
        formatter={"all": _formatter(array)},
        threshold=1000,
    )
    if array.size == 0 and array.shape != (0,):
        text += f", size={array.shape}"
    if array.dtype not in (get_default_dtype(), int64, bool_):
        text += f", dtype={array.dtype}"
    if tensor.node is not None:
        text += ", requires_grad=True" if tensor.is_leaf else f", grad_fn={tensor.node!r}"
    return text + ")"


def _formatter(array: Any) -> Any:
    """One format for all numbers: whole numbers as `2.`, else four decimals, or powers of ten where
    the sizes differ too much for that."""
    write = _writer(array.dtype, array)
    shown = array if array.size <= 1000 else array.ravel()[:: max(1, array.size // 1000)]
    width = max((len(write(x)) for x in shown.ravel()), default=0) if array.ndim else 0
    return lambda x: write(x).rjust(width)


def _writer(dtype: DType, array: Any) -> Any:
    if dtype.kind != "f":
        return str
    sizes = np.abs(array[np.isfinite(array)].astype(np.float64))
    if np.array_equal(sizes, np.floor(sizes)) and (sizes.size == 0 or sizes.max() < 1e8):
        return lambda x: f"{x:.0f}." if np.isfinite(x) else str(x)
    nonzero = sizes[sizes > 0]
    far_apart = nonzero.max() / nonzero.min() > 1000 or nonzero.max() > 1e8 or nonzero.min() < 1e-4
    return lambda x: f"{x:.4e}" if far_apart else f"{x:.4f}"
