"""Tensors of the shape and dtype of another one, filled with other values."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable
from functools import cache, partial
from operator import index
from typing import Any

import numpy as np

from ..device import check_device, strided
from ..dtypes import Array, DTypeLike, as_array, checked, get_default_dtype, leaves
from ..engine import cuts, graph
from ..engine.clock import caller_level
from ..registry import like, public
from ..size import Size
from .arguments import Tensor, plain, sizes_of

Fill = tuple[Callable[..., Array], Any]  # a function of the dtype, and which dtype unless asked

# ---------------------------------------------------------------- what every maker takes


def _options(
    *,
    dtype: DTypeLike = None,
    layout: Any = strided,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> None:
    """
    dtype : dtype, optional
        The type of the elements: the default float, unless given or taken from `input`.
    layout : layout, default strided
        There is one layout; accepted as in PyTorch.
    device : device or str, optional
        There is one device, "cpu"; another one raises RuntimeError.
    pin_memory : bool, default False
        Accepted as in PyTorch, without effect.
    requires_grad : bool, default False
        Whether operations on the result are recorded.
    """


def maker(function: Callable[..., Fill]) -> Callable[..., Any]:
    """Let a function that says what to fill a new tensor with be one that makes it, and takes what
    every maker of tensors takes: `dtype`, `layout`, `device`, `pin_memory`, `requires_grad`.

    The function returns a pair: `fill`, a function whose `dtype=` says in which dtype it makes its
    array, and the dtype unless the caller gives one (None is the default float).
    """

    def make(
        *args: Any,
        dtype: DTypeLike = None,
        layout: Any = strided,
        device: Any = None,
        pin_memory: Any = False,
        requires_grad: Any = False,
        **own: Any,
    ) -> Any:
        if "size" in own:  # by name it is a tuple
            tuple_given(function.__name__, own["size"])
        fill, usual = function(*args, **own)
        if layout is not None and layout is not strided:
            raise RuntimeError(f"{function.__name__}: a tensor is strided, not {layout}")
        check_device(device)
        return made(fill(dtype=checked(dtype or usual or get_default_dtype())), requires_grad)

    make.describe = partial(_describe, make, function)  # type: ignore[attr-defined]
    return like(make, function)  # type: ignore[no-any-return]


def _describe(make: Any, function: Callable[..., Fill]) -> None:
    """Give a maker its true signature and its docstring, when somebody asks for it by its name."""
    own = inspect.signature(function)
    parameters = sorted([*own.parameters.values(), *_shared()], key=lambda p: p.kind)
    make.__signature__ = own.replace(parameters=parameters, return_annotation="Tensor")
    make.__doc__ = _with_options(inspect.cleandoc(function.__doc__ or ""))


@cache
def _shared() -> list[inspect.Parameter]:
    return list(inspect.signature(_options).parameters.values())


def made(array: Array, requires_grad: bool = False) -> Any:
    """A new array as a tensor: a leaf that collects a gradient, or a constant."""
    return graph.Tensor(array, graph.leaf(array.shape, array.dtype) if requires_grad else None)


def _with_options(doc: str) -> str:
    """The docstring of a maker, with what is said of the options above its `Returns`."""
    options = inspect.cleandoc(_options.__doc__ or "")
    if "\ndtype : " in doc:
        options = options[options.index("layout : ") :]
    before, returns, rest = doc.partition("\n\nReturns\n")
    return f"{before}\n{options}{returns}{rest}"


def size_given(name: str, size: Any, *more: Any) -> tuple[int, ...]:
    """(2, 3) from f(2, 3), f((2, 3)), f([2, 3]) or f(size=(2, 3)), checked."""
    shape = sizes_of((size, *more))
    for n in shape:
        if not hasattr(n, "__index__") or isinstance(n, bool):
            raise TypeError(f"{name}: a size is a whole number, not {n!r}, in {shape}")
        if n < 0:
            raise RuntimeError(f"{name}: there is no dimension of size {n}, in {shape}")
    return tuple(map(index, shape))


def tuple_given(name: str, size: Any) -> tuple[int, ...]:
    """The same where PyTorch takes a tuple alone, as `full`."""
    if not isinstance(size, tuple | list):
        raise TypeError(f"{name}: the size is a tuple of ints, as in size=(2, 3), not {size!r}")
    return size_given(name, size)


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
        warnings.warn(how, UserWarning, stacklevel=caller_level())
        _leave(data)


def number_of(name: str, value: Any) -> Any:
    """The Python number to fill with.  Raises TypeError unless it is one number, and a constant:
    no gradient would flow back from what is filled."""
    if isinstance(value, list | tuple) or np.ndim(plain(value)) or getattr(value, "node", None):
        how = "to repeat a tensor, with its gradient, use value.expand(size)"
        raise TypeError(f"{name}: it fills with one number, a constant, not {value!r}; {how}")
    return array_of(value).item()


def _leave(data: Any) -> None:
    """Note that the numbers of a tensor leave the record."""
    node = getattr(data, "node", None)
    if node is not None:
        cuts.leave(node, "tensor")


def _without_tensors(data: Any) -> Any:
    """The lists with arrays for tensors.  Among numbers a tensor of one element is a number, be its
    shape () or (1, 1): `[t[0], 2.0]` are two numbers."""
    if not isinstance(data, list | tuple):
        _leave(data)
        return plain(data)
    items = [_without_tensors(x) for x in data]
    if all(isinstance(x, graph.TensorBase) or np.isscalar(x) for x in data) and all(
        np.size(x) == 1 for x in items
    ):
        return [x.reshape(()) if isinstance(x, np.ndarray) else x for x in items]
    return items


# ---------------------------------------------------------------- in its shape and dtype


@public()
@maker
def zeros_like(input: Tensor, *, memory_format: Any = None) -> Fill:
    """Return a tensor of zeros in the shape of another one.

    Parameters
    ----------
    input : Tensor
        The tensor whose shape is taken, and its dtype unless one is given.
    memory_format : memory_format, optional
        Accepted as in PyTorch; the result lies in memory as `input` does.

    Returns
    -------
    Tensor
        Of the shape of `input`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.zeros_like(tg.ones(2, 3)).shape
    torch.Size([2, 3])
    """
    return partial(np.zeros_like, plain(input)), plain(input).dtype


@public()
@maker
def ones_like(input: Tensor, *, memory_format: Any = None) -> Fill:
    """Return a tensor of ones in the shape of another one.

    Parameters
    ----------
    input : Tensor
        The tensor whose shape is taken, and its dtype unless one is given.
    memory_format : memory_format, optional
        Accepted as in PyTorch; the result lies in memory as `input` does.

    Returns
    -------
    Tensor
        Of the shape of `input`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.ones_like(tg.arange(3))
    tensor([1, 1, 1])
    """
    return partial(np.ones_like, plain(input)), plain(input).dtype


@public()
@maker
def empty_like(input: Tensor, *, memory_format: Any = None) -> Fill:
    """Return a tensor without values in the shape of another one: write before you read.

    Parameters
    ----------
    input : Tensor
        The tensor whose shape is taken, and its dtype unless one is given.
    memory_format : memory_format, optional
        Accepted as in PyTorch; the result lies in memory as `input` does.

    Returns
    -------
    Tensor
        Of the shape of `input`; its elements are what the memory held.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.empty_like(tg.ones(2, 3)).fill_(7.0)
    tensor([[7., 7., 7.],
            [7., 7., 7.]])
    """
    return partial(np.empty_like, plain(input)), plain(input).dtype


@public()
@maker
def full_like(input: Tensor, fill_value: Any, *, memory_format: Any = None) -> Fill:
    """Return a tensor filled with one number in the shape of another one.

    Parameters
    ----------
    input : Tensor
        The tensor whose shape is taken, and its dtype unless one is given.
    fill_value : float, int or bool
        The number.  A tensor of no dimensions is accepted if it does not require grad.
    memory_format : memory_format, optional
        Accepted as in PyTorch; the result lies in memory as `input` does.

    Returns
    -------
    Tensor
        Of the shape of `input`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.full_like(tg.zeros(3), 2.5)
    tensor([2.5000, 2.5000, 2.5000])
    """
    value = number_of("full_like", fill_value)
    return partial(np.full_like, plain(input), value), plain(input).dtype


# ---------------------------------------------------------------- in its dtype only


@public("Tensor.new_tensor")
@maker
def new_tensor(input: Tensor, data: Any) -> Fill:
    """Return a copy of data in the dtype of this tensor.

    Warns, as PyTorch, if `data` is a tensor: `x.detach().clone()` copies one.

    Parameters
    ----------
    input : Tensor
        The tensor whose dtype is taken, unless one is given.
    data : array_like
        Numbers, nested lists or an array.

    Returns
    -------
    Tensor
        Of the shape of `data`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.zeros(2).new_tensor([1, 2])
    tensor([1., 2.])
    """
    warn_of_copy(data)
    return lambda dtype: np.array(array_of(data, dtype)), plain(input).dtype


@public("Tensor.new_zeros")
@maker
def new_zeros(input: Tensor, size: Any, *more: int) -> Fill:
    """Return a tensor of zeros of another shape, in the dtype of this one.

    Parameters
    ----------
    input : Tensor
        The tensor whose dtype is taken, unless one is given.
    size : int or tuple of int
        The shape: `x.new_zeros(2, 3)` or `x.new_zeros((2, 3))`.
    *more : int
        The other sizes, where `size` is an int.

    Returns
    -------
    Tensor
        Of shape `size`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.ones(5, dtype=tg.int64).new_zeros(2, 3)
    tensor([[0, 0, 0],
            [0, 0, 0]])
    """
    return partial(np.zeros, size_given("new_zeros", size, *more)), plain(input).dtype


@public("Tensor.new_ones")
@maker
def new_ones(input: Tensor, size: Any, *more: int) -> Fill:
    """Return a tensor of ones of another shape, in the dtype of this one.

    Parameters
    ----------
    input : Tensor
        The tensor whose dtype is taken, unless one is given.
    size : int or tuple of int
        The shape: `x.new_ones(2, 3)` or `x.new_ones((2, 3))`.
    *more : int
        The other sizes, where `size` is an int.

    Returns
    -------
    Tensor
        Of shape `size`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.zeros(5).new_ones((2,))
    tensor([1., 1.])
    """
    return partial(np.ones, size_given("new_ones", size, *more)), plain(input).dtype


@public("Tensor.new_empty")
@maker
def new_empty(input: Tensor, size: Any, *more: int) -> Fill:
    """Return a tensor without values, in the dtype of this one: write before you read.

    Parameters
    ----------
    input : Tensor
        The tensor whose dtype is taken, unless one is given.
    size : int or tuple of int
        The shape: `x.new_empty(2, 3)` or `x.new_empty((2, 3))`.
    *more : int
        The other sizes, where `size` is an int.

    Returns
    -------
    Tensor
        Of shape `size`; its elements are what the memory held.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.zeros(5).new_empty(2, 3).shape
    torch.Size([2, 3])
    """
    return partial(np.empty, size_given("new_empty", size, *more)), plain(input).dtype


@public("Tensor.new_empty_strided")
@maker
def new_empty_strided(input: Tensor, size: Any, stride: Any) -> Fill:
    """Return a tensor without values that lies in memory with these strides.

    Parameters
    ----------
    input : Tensor
        The tensor whose dtype is taken, unless one is given.
    size : tuple of int
        The shape.
    stride : tuple of int
        For each dimension, how many elements lie between neighbours.

    Returns
    -------
    Tensor
        Of shape `size`; its elements are what the memory held.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.zeros(5).new_empty_strided((2, 3), (1, 2)).stride()
    (1, 2)
    """
    return partial(strided_array, "new_empty_strided", size, stride), plain(input).dtype


def strided_array(name: str, size: Any, stride: Any, dtype: Any) -> Array:
    """An array of this shape in new memory, with these strides, counted in elements."""
    shape, steps = tuple_given(name, size), tuple_given(name, stride)
    if len(shape) != len(steps):
        raise RuntimeError(f"{name}: each dimension has a stride, not {steps} for {shape}")
    last = sum((n - 1) * step for n, step in zip(shape, steps, strict=True))
    memory = np.empty(0 if 0 in shape else last + 1, dtype)
    strides = [step * memory.itemsize for step in steps]
    return np.lib.stride_tricks.as_strided(memory, shape, strides)


@public("Tensor.new_full")
@maker
def new_full(input: Tensor, size: Any, fill_value: Any) -> Fill:
    """Return a tensor filled with one number, in the dtype of this one.

    Parameters
    ----------
    input : Tensor
        The tensor whose dtype is taken, unless one is given.
    size : tuple of int
        The shape.
    fill_value : float, int or bool
        The number.

    Returns
    -------
    Tensor
        Of shape `size`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.zeros(5).new_full((2,), 3)
    tensor([3., 3.])
    """
    shape, value = tuple_given("new_full", size), number_of("new_full", fill_value)
    return partial(np.full, shape, value), plain(input).dtype


@public("Tensor.new")
def new(input: Tensor, *data: Any) -> Tensor:
    """Return a new tensor of the dtype of this one, from sizes or from data.

    An old form, kept for old code: see `new_empty` and `new_tensor`.

    Parameters
    ----------
    input : Tensor
        The tensor whose dtype is taken.
    *data : int, Size, list, ndarray or Tensor
        Sizes, as `x.new(2, 3)` or `x.new(y.size())`, for a tensor without values; a list of numbers
        or an array for a tensor of these; a tensor of the same dtype for one of its memory.

    Returns
    -------
    Tensor
        Of the given shape, or of that of the data.

    Raises
    ------
    TypeError
        If the data is none of these, or a tensor of another dtype.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> x = tg.zeros(5)
    >>> x.new([1, 2]), x.new(2, 3).shape
    (tensor([1., 2.]), torch.Size([2, 3]))
    """
    return typed("new", plain(input).dtype, data)


def typed(name: str, dtype: DTypeLike, data: tuple[Any, ...]) -> Any:
    """What the old constructors make: of sizes, or a Size, a tensor without values; of data, one of
    its elements; nothing, of nothing."""
    given = data[0] if len(data) == 1 else data
    if isinstance(given, Size) or all(isinstance(n, int | np.integer) for n in data):
        return graph.Tensor(np.empty(size_given(name, *data or (0,)), checked(dtype)))
    if isinstance(given, graph.TensorBase) and plain(given).dtype == dtype:
        return given.detach()  # type: ignore[attr-defined]
    if len(data) > 1 or not isinstance(given, list | tuple | range | np.ndarray):
        raise TypeError(f"{name}: it takes sizes, a Size, or a list of numbers, not {given!r}")
    return graph.Tensor(np.array(array_of(given, dtype)))
