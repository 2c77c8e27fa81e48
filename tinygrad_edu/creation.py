"""Tensors from nothing: from numbers, from arrays, filled, counted."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any, cast

import numpy as np

from . import views
from .device import check_device
from .dtypes import Array, DType, DTypeLike, as_array, checked, get_default_dtype, result_type
from .engine.graph import TensorBase
from .functions.arguments import plain
from .functions.filling import array_of, filled, number_of, size_given, warn_of_copy
from .registry import public
from .size import Size
from .tensor import Tensor


@public()
def is_tensor(obj: Any) -> bool:
    """Is this a Tensor?"""
    return isinstance(obj, TensorBase)


made: Callable[..., Tensor] = filled  # its result has a type only here, above `Tensor`

# ---------------------------------------------------------------- from what there is


@public()
def tensor(
    data: Any, *, dtype: DTypeLike = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """A tensor of a copy of `data`: numbers, (nested) lists, an array, or tensors.

    Python floats become the default float (float32), ints int64, bools bool; an array keeps its
    dtype.  Raises ValueError for ragged lists, TypeError for what is not a number, or complex.
    Warns, as PyTorch, if `data` is a tensor: `x.detach().clone()` copies one.

    >>> tensor([[1, 2], [3, 4]], dtype="float32")
    tensor([[1., 2.],
            [3., 4.]])
    """
    warn_of_copy(data)
    array = array_of(data, dtype)
    return made(array.astype, dtype=array.dtype, device=device, requires_grad=requires_grad)


@public("as_tensor", "asarray")
def as_tensor(data: Any, dtype: DTypeLike = None, device: Any = None) -> Tensor:
    """`data` as a tensor, sharing memory where it can; a tensor of that dtype is returned
    itself."""
    check_device(device)
    if isinstance(data, Tensor):
        return data if dtype is None else data.astype(dtype)
    array = array_of(data, dtype)
    return cast(Tensor, views.borrow(Tensor(array))) if array is data else Tensor(array)


asarray = as_tensor


@public()
def from_numpy(array: Array) -> Tensor:
    """A tensor that shares the memory of `array`: what is written to one is seen in the other.

    Raises TypeError for what is no array, for complex numbers and other dtypes that a tensor cannot
    hold, and for the byte order of another machine: none of these could be shared.
    """
    if not isinstance(array, np.ndarray) or not array.dtype.isnative:
        what = "it takes a NumPy array in this machine's byte order, whose memory is shared"
        raise TypeError(f"from_numpy: {what}, not {array!r}; use tensor(), which copies")
    return views.borrow(Tensor(as_array(array)))  # type: ignore[no-any-return]


@public()
def from_dlpack(ext_tensor: Any) -> Tensor:
    """A tensor that shares the memory of what speaks DLPack: an array, or a tensor of PyTorch."""
    return from_numpy(np.from_dlpack(ext_tensor))


# ---------------------------------------------------------------- filled


@public()
def zeros(*sizes: Any, size: Any = None, **options: Any) -> Tensor:
    """A tensor of zeros: `zeros(2, 3)`, `zeros((2, 3))` or `zeros(size=(2, 3))`."""
    return made(partial(np.zeros, size_given("zeros", sizes, size)), **options)


@public()
def ones(*sizes: Any, size: Any = None, **options: Any) -> Tensor:
    """A tensor of ones: `ones(2, 3)`, `ones((2, 3))` or `ones(size=(2, 3))`."""
    return made(partial(np.ones, size_given("ones", sizes, size)), **options)


@public()
def empty(*sizes: Any, size: Any = None, memory_format: Any = None, **options: Any) -> Tensor:
    """A tensor of whatever the memory held: write before you read."""
    return made(partial(np.empty, size_given("empty", sizes, size)), **options)


@public()
def full(size: Any, fill_value: Any, *, dtype: DTypeLike = None, **options: Any) -> Tensor:
    """A tensor in which every number is `fill_value`, in the dtype that it has in `tensor()`."""
    shape = size_given("full", (), size)
    value = array_of(number_of("full", fill_value), dtype)
    return made(partial(np.full, shape, value), dtype=value.dtype, **options)


# ---------------------------------------------------------------- counted


@public()
def arange(start: Any = 0, end: Any = None, step: Any = 1, **options: Any) -> Tensor:
    """start, start + step, ... below `end`; `arange(n)` counts 0 to n - 1.  Ints give int64.

    In an integer dtype it counts from and by whole numbers: start and step lose their fractions,
    and in int64 so does the end.  Raises RuntimeError if the steps do not lead from start to end.
    """
    start, end = (start, end) if end is not None else (0, start)
    start, end, step = (x.item() if hasattr(x, "item") else x for x in (start, end, step))
    dtype = _counting("arange", options, result_type(start, end, step))
    if dtype == np.int64:
        start, end, step = int(start), int(end), int(step)
    if step == 0 or (end - start) * step < 0 or not math.isfinite(end - start):
        raise RuntimeError(f"arange: steps of {step} do not lead from {start} to {end}")
    count = math.ceil((end - start) / step)
    if dtype.kind != "f":
        start, step = int(start), int(step)
    return made((start + step * np.arange(count)).astype, **options)


def _counting(name: str, options: dict[str, Any], default: DTypeLike = None) -> DType:
    """The dtype among the options, put there if it is missing.  Raises TypeError for bool."""
    options["dtype"] = dtype = checked(options.get("dtype") or default or get_default_dtype())
    if dtype.kind == "b":
        raise TypeError(f"{name}: there is no counting in {dtype}; count in int64 and compare")
    return dtype


@public()
def linspace(start: Any, end: Any, steps: int, **options: Any) -> Tensor:
    """`steps` numbers, evenly spaced from `start` to `end`, both included.  In an integer dtype
    the two, and then all numbers, lose their fractions."""
    dtype = _counting("linspace", options)
    return made(_spaced("linspace", start, end, steps, dtype).astype, **options)


def _spaced(name: str, start: Any, end: Any, steps: int, dtype: DType) -> Array:
    """Evenly spaced float64 numbers, counted from the nearer end."""
    (count,) = size_given(name, (steps,))
    start, end = (np.asarray(plain(x)).item() for x in (start, end))
    if dtype.kind != "f":
        start, end = int(start), int(end)
    place, step = np.arange(count), (end - start) / max(count - 1, 1)
    near = place < (count // 2 or 1)
    numbers: Array = np.where(near, start + step * place, end - step * (count - 1 - place))
    return numbers


@public()
def logspace(start: Any, end: Any, steps: int, base: float = 10.0, **options: Any) -> Tensor:
    """base^x for `steps` numbers x, evenly spaced from `start` to `end`."""
    dtype = _counting("logspace", options)
    return made(np.power(base, _spaced("logspace", start, end, steps, dtype)).astype, **options)


@public()
def eye(n: int, m: int | None = None, **options: Any) -> Tensor:
    """The identity matrix: ones on the diagonal of n x m zeros."""
    return made(partial(np.eye, *size_given("eye", (n, n if m is None else m))), **options)


@public()
def tril_indices(row: int, col: int, offset: int = 0, **options: Any) -> Tensor:
    """Where a matrix is on or below its diagonal (or the one `offset` above it): a (2, n) tensor of
    rows and columns, so that `x[tuple(tril_indices(n, n))]` are the numbers there."""
    rows, columns = np.indices(size_given("tril_indices", (row, col)))
    return tensor(np.nonzero(columns <= rows + offset), **options)


@public()
def triu_indices(row: int, col: int, offset: int = 0, **options: Any) -> Tensor:
    """Where a matrix is on or above its diagonal (or the one `offset` above it)."""
    rows, columns = np.indices(size_given("triu_indices", (row, col)))
    return tensor(np.nonzero(columns >= rows + offset), **options)


# ---------------------------------------------------------------- by the name of the dtype


def _typed(name: str, dtype: str) -> Callable[..., Tensor]:
    def make(*data: Any) -> Tensor:
        given = data[0] if len(data) == 1 else data
        if (
            not data
            or isinstance(given, Size)
            or all(isinstance(n, int | np.integer) for n in data)
        ):
            return empty(*data or (0,), dtype=dtype)
        if isinstance(given, Tensor) and given.dtype == dtype:
            return given.detach()
        if len(data) > 1 or not isinstance(given, list | tuple | range | np.ndarray):
            raise TypeError(f"{name}: it takes sizes, a Size, or a list of numbers, not {given!r}")
        return tensor(given, dtype=dtype)

    make.__name__ = make.__qualname__ = name
    make.__doc__ = (
        f"A tensor of {dtype}: {name}([1, 2]) of these numbers, {name}(2, 3) and {name}(x.size()) "
        "of a size."
    )
    return public()(make)


HalfTensor, FloatTensor = _typed("HalfTensor", "float16"), _typed("FloatTensor", "float32")
DoubleTensor, BoolTensor = _typed("DoubleTensor", "float64"), _typed("BoolTensor", "bool")
ByteTensor, ShortTensor = _typed("ByteTensor", "uint8"), _typed("ShortTensor", "int16")
IntTensor, LongTensor = _typed("IntTensor", "int32"), _typed("LongTensor", "int64")
