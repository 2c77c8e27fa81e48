"""Tensors made in the image of another one: its shape, its dtype, filled with something else."""

from __future__ import annotations

import warnings
from functools import partial
from operator import index
from typing import Any, cast

import numpy as np

from ..device import check_device
from ..dtypes import Array, DTypeLike, as_array, checked, get_default_dtype, leaves
from ..engine import graph
from ..registry import public
from .arguments import Tensor, plain, sizes_of


def filled(
    fill: Any,
    dtype: DTypeLike = None,
    device: Any = None,
    requires_grad: bool = False,
    layout: Any = None,
    pin_memory: Any = None,
    **more: Any,
) -> Any:
    """fill(dtype=dtype) as a Tensor: of the default float, on the CPU, a constant, unless said
    otherwise.  Every maker of tensors takes these options, and one that draws random numbers a
    `generator` of their own.  (There is one layout; memory is not pinned for a GPU.)"""
    check_device(device)
    y = fill(dtype=checked(dtype or get_default_dtype()), **more)
    return graph.Tensor(y, graph.leaf(y.shape, y.dtype) if requires_grad else None)


def size_given(name: str, sizes: tuple[Any, ...], size: Any = None) -> tuple[int, ...]:
    """(2, 3) from f(2, 3), f((2, 3)), f([2, 3]) or f(size=(2, 3)), checked."""
    if not sizes and not isinstance(size, tuple | list):
        raise TypeError(f"{name}: the size is a tuple of ints, as in size=(2, 3), not {size!r}")
    shape = sizes_of(sizes or (size,))
    for n in shape:
        if not hasattr(n, "__index__") or isinstance(n, bool):
            raise TypeError(f"{name}: a size is a whole number, not {n!r}, in {shape}")
        if n < 0:
            raise RuntimeError(f"{name}: there is no dimension of size {n}, in {shape}")
    return tuple(map(index, shape))


def array_of(data: Any, dtype: DTypeLike = None) -> Array:
    """Numbers, (nested) lists, arrays or tensors as an array, which may share their memory."""
    found = None
    if isinstance(data, list | tuple):
        kinds = set(map(type, found := leaves(data)))
        if kinds <= {float, int, bool}:
            return as_array(data, dtype, found)
        if any(issubclass(kind, graph.TensorBase) for kind in kinds):
            data, found = _without_tensors(data), None
    else:
        kinds = {type(data)}
    if kinds & {str, bytes, complex, type(None)}:  # NumPy would read "1.5", and None as nan
        given = np.asarray(data).dtype
        raise TypeError(f"a tensor holds floats, integers or bools, not {given}: {data!r}")
    return as_array(plain(data), dtype, found)


def warn_of_copy(data: Any) -> None:
    """PyTorch's warning: who copies a tensor in this way may believe that a gradient comes back."""
    if isinstance(data, graph.TensorBase):
        how = "to copy a tensor, write x.detach().clone(), or x.clone() for one in the record"
        warnings.warn(how, UserWarning, stacklevel=3)


def number_of(name: str, value: Any) -> Any:
    """The Python number to fill with.  Raises TypeError unless it is one number, and a constant:
    no gradient would flow back from what is filled."""
    if isinstance(value, list | tuple) or np.ndim(plain(value)) or getattr(value, "node", None):
        how = "to repeat a tensor, with its gradient, use value.expand(size)"
        raise TypeError(f"{name}: it fills with one number, a constant, not {value!r}; {how}")
    return array_of(value).item()


def _without_tensors(data: Any) -> Any:
    """The lists with arrays for tensors.  Among numbers a tensor of one element is a number, be its
    shape () or (1, 1): `[t[0], 2.0]` are two numbers."""
    if not isinstance(data, list | tuple):
        return plain(data)
    items = [_without_tensors(x) for x in data]
    if all(isinstance(x, graph.TensorBase) or np.isscalar(x) for x in data) and all(
        np.size(x) == 1 for x in items
    ):
        return [x.reshape(()) if isinstance(x, np.ndarray) else x for x in items]
    return items


def like(
    input: Tensor, fill: Any, dtype: Any = None, memory_format: Any = None, **options: Any
) -> Tensor:
    """fill(dtype=dtype) as a Tensor, in the dtype of `input` unless another one is given.  (The
    format in memory is not chosen here, whatever is said.)"""
    return cast(Tensor, filled(fill, dtype or plain(input).dtype, **options))


# ---------------------------------------------------------------- in its shape and dtype


@public()
def zeros_like(input: Tensor, **options: Any) -> Tensor:
    """Zeros in the shape and dtype of `input`."""
    return like(input, partial(np.zeros_like, plain(input)), **options)


@public()
def ones_like(input: Tensor, **options: Any) -> Tensor:
    """Ones in the shape and dtype of `input`."""
    return like(input, partial(np.ones_like, plain(input)), **options)


@public()
def empty_like(input: Tensor, **options: Any) -> Tensor:
    """Whatever the memory held, in the shape and dtype of `input`: write before you read."""
    return like(input, partial(np.empty_like, plain(input)), **options)


@public()
def full_like(input: Tensor, fill_value: Any, **options: Any) -> Tensor:
    """`fill_value` in the shape and dtype of `input`."""
    return like(
        input, partial(np.full_like, plain(input), number_of("full_like", fill_value)), **options
    )


# ---------------------------------------------------------------- in its dtype only


@public("Tensor.new_tensor")
def new_tensor(input: Tensor, data: Any, **options: Any) -> Tensor:
    """A copy of `data` in the dtype of `input`.  Warns, as PyTorch, if it is a tensor."""
    warn_of_copy(data)
    return like(input, lambda dtype: np.array(array_of(data, dtype)), **options)


@public("Tensor.new_zeros")
def new_zeros(input: Tensor, *sizes: Any, size: Any = None, **options: Any) -> Tensor:
    """Zeros of this size, in the dtype of `input`."""
    return like(input, partial(np.zeros, size_given("new_zeros", sizes, size)), **options)


@public("Tensor.new_ones")
def new_ones(input: Tensor, *sizes: Any, size: Any = None, **options: Any) -> Tensor:
    """Ones of this size, in the dtype of `input`."""
    return like(input, partial(np.ones, size_given("new_ones", sizes, size)), **options)


@public("Tensor.new_empty")
def new_empty(input: Tensor, *sizes: Any, size: Any = None, **options: Any) -> Tensor:
    """Whatever the memory held, of this size, in the dtype of `input`."""
    return like(input, partial(np.empty, size_given("new_empty", sizes, size)), **options)


@public("Tensor.new_full")
def new_full(input: Tensor, size: Any, fill_value: Any, **options: Any) -> Tensor:
    """`fill_value` in this size, in the dtype of `input`."""
    shape = size_given("new_full", (), size)
    return like(input, partial(np.full, shape, number_of("new_full", fill_value)), **options)
