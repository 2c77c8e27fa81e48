"""Tensors from nothing: from numbers, from arrays, filled, counted."""

from __future__ import annotations

from typing import Any

import numpy as np

from .dtypes import Array, DTypeLike, as_array, get_default_dtype
from .graph import TensorBase
from .tensor import Tensor


def _made(array: Array, requires_grad: bool) -> Tensor:
    made = Tensor(array)
    return made.requires_grad_() if requires_grad else made


def tensor(
    data: Any, *, dtype: DTypeLike = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """A tensor of a copy of `data`: numbers, (nested) lists, an array, or tensors.

    Python floats become the default float (float32), ints int64, bools bool; an array keeps its
    dtype.  Raises ValueError for ragged lists, TypeError for what is not a number.

    >>> tensor([[1, 2], [3, 4]], dtype="float32")
    tensor([[1., 2.],
            [3., 4.]])
    """
    _check_device(device)
    return _made(np.array(as_array(_without_tensors(data), dtype)), requires_grad)


def _without_tensors(data: Any) -> Any:
    if isinstance(data, TensorBase):
        return data.array
    if isinstance(data, list | tuple) and any(
        isinstance(x, list | tuple | TensorBase) for x in data
    ):
        return [_without_tensors(x) for x in data]
    return data


def _check_device(device: Any) -> None:
    Tensor(np.empty(0)).to(device=device)


def as_tensor(data: Any, dtype: DTypeLike = None, device: Any = None) -> Tensor:
    """`data` as a tensor, sharing memory where it can; a tensor of that dtype is returned
    itself."""
    _check_device(device)
    if isinstance(data, Tensor):
        return data if dtype is None else data.astype(dtype)
    return Tensor(as_array(_without_tensors(data), dtype))


def from_numpy(array: Array) -> Tensor:
    """A tensor that shares the memory of `array`: what is written to one is seen in the other."""
    if not isinstance(array, np.ndarray):
        raise TypeError(
            f"from_numpy: it takes a NumPy array, not {type(array).__name__}; use tensor()"
        )
    return Tensor(as_array(array))


def _filled(
    fill: Any, size: tuple[Any, ...], dtype: DTypeLike, device: Any, requires_grad: bool
) -> Tensor:
    _check_device(device)
    shape = tuple(size[0]) if len(size) == 1 and isinstance(size[0], tuple | list) else size
    return _made(fill(shape, dtype=dtype or get_default_dtype()), requires_grad)


def zeros(
    *size: Any, dtype: DTypeLike = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """A tensor of zeros: `zeros(2, 3)` or `zeros((2, 3))`."""
    return _filled(np.zeros, size, dtype, device, requires_grad)


def ones(
    *size: Any, dtype: DTypeLike = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """A tensor of ones: `ones(2, 3)` or `ones((2, 3))`."""
    return _filled(np.ones, size, dtype, device, requires_grad)


def empty(
    *size: Any, dtype: DTypeLike = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """A tensor of whatever the memory held: write before you read."""
    return _filled(np.empty, size, dtype, device, requires_grad)


def full(
    size: Any,
    fill_value: Any,
    *,
    dtype: DTypeLike = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """A tensor in which every number is `fill_value`, in the dtype that it has in `tensor()`."""
    value = as_array(fill_value, dtype)
    return _filled(
        lambda shape, dtype: np.full(shape, value, dtype),
        (size,),
        value.dtype,
        device,
        requires_grad,
    )


def zeros_like(input: Tensor, *, dtype: DTypeLike = None, requires_grad: bool = False) -> Tensor:
    """Zeros in the shape and dtype of `input`."""
    return _made(np.zeros_like(input.array, dtype=dtype), requires_grad)


def ones_like(input: Tensor, *, dtype: DTypeLike = None, requires_grad: bool = False) -> Tensor:
    """Ones in the shape and dtype of `input`."""
    return _made(np.ones_like(input.array, dtype=dtype), requires_grad)


def full_like(
    input: Tensor, fill_value: Any, *, dtype: DTypeLike = None, requires_grad: bool = False
) -> Tensor:
    """`fill_value` in the shape and dtype of `input`."""
    return _made(np.full_like(input.array, fill_value, dtype=dtype), requires_grad)


def arange(
    start: Any,
    end: Any = None,
    step: Any = 1,
    *,
    dtype: DTypeLike = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """start, start + step, ... below `end`; `arange(n)` counts 0 to n - 1.  Ints give int64."""
    _check_device(device)
    if end is None:
        start, end = 0, start
    ends = tuple(x.item() if isinstance(x, Tensor) else x for x in (start, end, step))
    floats = any(isinstance(x, float) for x in ends)
    kind = dtype or (get_default_dtype() if floats else np.int64)
    return _made(np.arange(*ends).astype(kind), requires_grad)


def linspace(
    start: float, end: float, steps: int, *, dtype: DTypeLike = None, requires_grad: bool = False
) -> Tensor:
    """`steps` numbers, evenly spaced from `start` to `end`, both included."""
    return _made(np.linspace(start, end, steps).astype(dtype or get_default_dtype()), requires_grad)


def eye(
    n: int, m: int | None = None, *, dtype: DTypeLike = None, requires_grad: bool = False
) -> Tensor:
    """The identity matrix: ones on the diagonal of n x m zeros."""
    return _made(np.eye(n, m, dtype=dtype or get_default_dtype()), requires_grad)
