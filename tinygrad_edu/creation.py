"""Tensors from nothing: from numbers, from arrays, filled, counted, as windows."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any, cast

import numpy as np

from . import views
from .device import check_device
from .dtypes import Array, DType, DTypeLike, as_array, checked, result_type
from .engine.clock import caller_level
from .engine.graph import TensorBase
from .functions import filling
from .functions.arguments import plain
from .functions.filling import (
    Fill,
    array_of,
    number_of,
    size_given,
    strided_array,
    tuple_given,
    typed,
    warn_of_copy,
)
from .registry import public
from .tensor import Tensor

# The results have a type only here, above `Tensor`.
made: Callable[..., Tensor] = filling.made
maker: Callable[[Callable[..., Fill]], Callable[..., Tensor]] = filling.maker


@public()
def is_tensor(obj: Any) -> bool:
    """Tell whether an object is a Tensor.

    Parameters
    ----------
    obj : object
        Anything.

    Returns
    -------
    bool
        Whether it is a Tensor.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.is_tensor(tg.ones(2)), tg.is_tensor([1.0, 1.0])
    (True, False)
    """
    return isinstance(obj, TensorBase)


# ---------------------------------------------------------------- from what there is


@public()
def tensor(
    data: Any,
    *,
    dtype: DTypeLike = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """Make a tensor of a copy of data.

    Warns, as PyTorch, if `data` is a tensor: `x.detach().clone()` copies one.

    Parameters
    ----------
    data : array_like
        Numbers, (nested) lists of numbers, an array, or tensors.
    dtype : dtype, optional
        The type of the elements.  By default Python floats become the default float (float32), ints
        int64, bools bool; an array keeps its dtype.
    device : device or str, optional
        There is one device, "cpu"; another one raises RuntimeError.
    requires_grad : bool, default False
        Whether operations on the result are recorded.
    pin_memory : bool, default False
        Accepted as in PyTorch, without effect.

    Returns
    -------
    Tensor
        Of the shape of `data`.

    Raises
    ------
    ValueError
        If the lists are ragged.
    TypeError
        If an element is not a number, or complex.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.tensor([[1, 2], [3, 4]], dtype=tg.float32)
    tensor([[1., 2.],
            [3., 4.]])
    """
    warn_of_copy(data)
    check_device(device)
    array = array_of(data, dtype)
    return made(array.astype(array.dtype), requires_grad)


@public()
@maker
def scalar_tensor(s: Any) -> Fill:
    """Make a tensor of no dimensions that holds one number.

    Parameters
    ----------
    s : float, int or bool
        The number.
    dtype : dtype, optional
        The type of the element: the default float, unless given.

    Returns
    -------
    Tensor
        Of shape ().

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.scalar_tensor(3)
    tensor(3.)
    """
    return partial(np.full, (), number_of("scalar_tensor", s)), None


@public()
def as_tensor(data: Any, dtype: DTypeLike = None, device: Any = None) -> Tensor:
    """Return data as a tensor, which shares the memory of `data` where it can.

    Parameters
    ----------
    data : array_like
        Numbers, (nested) lists of numbers, an array, or a tensor.
    dtype : dtype, optional
        The type of the elements; by default as in `tensor`.
    device : device or str, optional
        There is one device, "cpu"; another one raises RuntimeError.

    Returns
    -------
    Tensor
        `data` itself, if it is a tensor of that dtype; a tensor of its memory, if it is an array of
        that dtype; otherwise a copy.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import numpy as np
    >>> array = np.zeros(2)
    >>> tg.as_tensor(array)[0] = 5.0
    >>> array.tolist()
    [5.0, 0.0]
    """
    check_device(device)
    if isinstance(data, Tensor):
        return data if dtype is None else data.astype(dtype)
    array = array_of(data, dtype)
    return cast(Tensor, views.borrow(Tensor(array))) if array is data else Tensor(array)


@public()
def asarray(
    obj: Any,
    *,
    dtype: DTypeLike = None,
    device: Any = None,
    copy: bool | None = None,
    requires_grad: bool | None = None,
) -> Tensor:
    """Return data as a tensor, and say whether its memory is shared.

    Parameters
    ----------
    obj : array_like
        Numbers, (nested) lists of numbers, an array, a tensor, or an object with `__dlpack__`.
    dtype : dtype, optional
        The type of the elements; by default as in `tensor`.
    device : device or str, optional
        There is one device, "cpu"; another one raises RuntimeError.
    copy : bool, optional
        True copies, False shares the memory of `obj`; by default it is shared where it can be.
    requires_grad : bool, optional
        Whether operations on the result are recorded.  True makes it a leaf, and False a constant,
        of a tensor too; by default a tensor stays in its record.

    Returns
    -------
    Tensor
        Of the shape of `obj`.

    Raises
    ------
    ValueError
        If `copy=False` and the memory cannot be shared.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.asarray([1, 2], dtype=tg.float32)
    tensor([1., 2.])
    """
    speaks = hasattr(obj, "__dlpack__") and not isinstance(obj, TensorBase | np.ndarray)
    given = np.from_dlpack(obj) if speaks and not isinstance(obj, np.generic) else obj
    result = as_tensor(given, dtype, device)
    shared = isinstance(given, TensorBase | np.ndarray) and np.may_share_memory(
        plain(given), result.array
    )
    if copy is False and not shared:
        kind = type(obj).__name__
        raise ValueError(f"asarray: a {kind} cannot be shared as {result.dtype}; see copy=None")
    if copy and shared:
        result = result.clone()
    if requires_grad is None or (requires_grad and result.is_leaf and result.requires_grad):
        return result
    return result.detach().requires_grad_(requires_grad)


@public()
def from_numpy(ndarray: Array) -> Tensor:
    """Make a tensor that shares the memory of an array: writes to one are seen in the other.

    Parameters
    ----------
    ndarray : ndarray
        The array, of floats, integers or bools in the byte order of this machine.

    Returns
    -------
    Tensor
        Of the shape and dtype of the array.

    Raises
    ------
    TypeError
        If it is no array, or of a dtype or byte order that a tensor cannot hold, so that its memory
        could not be shared.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import numpy as np
    >>> array = np.zeros(2)
    >>> tg.from_numpy(array)[0] = 5.0
    >>> array.tolist()
    [5.0, 0.0]
    """
    if not isinstance(ndarray, np.ndarray) or not ndarray.dtype.isnative:
        what = "it takes a NumPy array in this machine's byte order, whose memory is shared"
        raise TypeError(f"from_numpy: {what}, not {ndarray!r}; use tensor(), which copies")
    return views.borrow(Tensor(as_array(ndarray)))  # type: ignore[no-any-return]


@public()
def from_dlpack(ext_tensor: Any, *, device: Any = None, copy: bool | None = None) -> Tensor:
    """Make a tensor that shares the memory of any object with `__dlpack__`.

    Parameters
    ----------
    ext_tensor : object with `__dlpack__`
        An array, or a tensor of another library, in the memory of the CPU.
    device : device or str, optional
        There is one device, "cpu"; another one raises RuntimeError.
    copy : bool, optional
        True copies, False shares the memory; by default it is shared where it can be.

    Returns
    -------
    Tensor
        Of its shape and dtype.

    Raises
    ------
    TypeError
        If it has no `__dlpack__`, or holds other numbers than a tensor can.
    BufferError
        If `copy=False` and the memory cannot be shared.

    References
    ----------
    The DLPack protocol: https://dmlc.github.io/dlpack/latest/

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import numpy as np
    >>> tg.from_dlpack(np.arange(3.0))
    tensor([0., 1., 2.], dtype=float64)
    """
    if not hasattr(ext_tensor, "__dlpack__"):
        kind = type(ext_tensor).__name__
        raise TypeError(f"from_dlpack: a {kind} has no __dlpack__; see tensor() and frombuffer()")
    check_device(device)
    if copy is False:
        return from_numpy(np.from_dlpack(ext_tensor, copy=False))
    array = np.from_dlpack(ext_tensor)
    return from_numpy(array.copy() if copy else array)


@public()
def frombuffer(
    buffer: Any, *, dtype: DTypeLike, count: int = -1, offset: int = 0, requires_grad: bool = False
) -> Tensor:
    """Make a tensor of one dimension that shares the memory of a buffer.

    Parameters
    ----------
    buffer : object with the buffer protocol
        Bytes that may be written, such as a bytearray.
    dtype : dtype
        How the bytes are read.
    count : int, default -1
        How many elements are read; -1 for all.
    offset : int, default 0
        How many bytes are skipped.
    requires_grad : bool, default False
        Whether operations on the result are recorded.

    Returns
    -------
    Tensor
        Of shape (count,).

    Raises
    ------
    ValueError
        If the buffer is empty, or its bytes are no whole number of elements.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.frombuffer(bytearray([1, 0, 2, 0]), dtype=tg.int16)
    tensor([1, 2], dtype=int16)
    """
    if len(buffer) == 0 or count == 0:
        raise ValueError("frombuffer: there is nothing to read; see empty(0)")
    array = np.frombuffer(buffer, checked(dtype), count, offset)
    return from_numpy(array).requires_grad_(requires_grad)


# ---------------------------------------------------------------- filled


@public(out=True)
@maker
def zeros(size: Any, *more: int) -> Fill:
    """Make a tensor of zeros.

    Parameters
    ----------
    size : int or tuple of int
        The shape: `zeros(2, 3)` or `zeros((2, 3))`.
    *more : int
        The other sizes, where `size` is an int.

    Returns
    -------
    Tensor
        Of shape `size`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.zeros(2, 3)
    tensor([[0., 0., 0.],
            [0., 0., 0.]])
    """
    return partial(np.zeros, size_given("zeros", size, *more)), None


@public(out=True)
@maker
def ones(size: Any, *more: int) -> Fill:
    """Make a tensor of ones.

    Parameters
    ----------
    size : int or tuple of int
        The shape: `ones(2, 3)` or `ones((2, 3))`.
    *more : int
        The other sizes, where `size` is an int.

    Returns
    -------
    Tensor
        Of shape `size`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.ones(3, dtype=tg.int64)
    tensor([1, 1, 1])
    """
    return partial(np.ones, size_given("ones", size, *more)), None


@public(out=True)
@maker
def empty(size: Any, *more: int, memory_format: Any = None) -> Fill:
    """Make a tensor without values: write before you read.

    Parameters
    ----------
    size : int or tuple of int
        The shape: `empty(2, 3)` or `empty((2, 3))`.
    *more : int
        The other sizes, where `size` is an int.
    memory_format : memory_format, optional
        Accepted as in PyTorch; the result lies in rows.

    Returns
    -------
    Tensor
        Of shape `size`; its elements are what the memory held.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.empty(2, 3).fill_(7.0)
    tensor([[7., 7., 7.],
            [7., 7., 7.]])
    """
    return partial(np.empty, size_given("empty", size, *more)), None


@public()
@maker
def empty_strided(size: Any, stride: Any) -> Fill:
    """Make a tensor without values that lies in memory with these strides.

    Parameters
    ----------
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
    >>> tg.empty_strided((2, 3), (1, 2)).stride()
    (1, 2)
    """
    return partial(strided_array, "empty_strided", size, stride), None


@public()
@maker
def empty_permuted(size: Any, physical_layout: Any) -> Fill:
    """Make a tensor without values whose dimensions lie in memory in this order.

    Parameters
    ----------
    size : tuple of int
        The shape.
    physical_layout : tuple of int
        The dimensions, that of the largest stride first.

    Returns
    -------
    Tensor
        Of shape `size`; its elements are what the memory held.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.empty_permuted((2, 3, 4), (0, 2, 1)).stride()
    (12, 1, 3)
    """
    shape, order = tuple_given("empty_permuted", size), tuple(physical_layout)
    if sorted(order) != list(range(len(shape))):
        raise RuntimeError(f"empty_permuted: {order} does not name each dimension of {shape} once")
    laid_out = [shape[d] for d in order]
    return lambda dtype: np.empty(laid_out, dtype).transpose(np.argsort(order)), None


@public(out=True)
@maker
def full(size: Any, fill_value: Any) -> Fill:
    """Make a tensor filled with one number.

    Parameters
    ----------
    size : tuple of int
        The shape.
    fill_value : float, int or bool
        The number.  A tensor of no dimensions is accepted if it does not require grad.
    dtype : dtype, optional
        The type of the elements: by default that of `tensor(fill_value)`, so that 1 gives int64 and
        1.0 the default float.

    Returns
    -------
    Tensor
        Of shape `size`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.full((2, 2), 7)
    tensor([[7, 7],
            [7, 7]])
    """
    shape, value = tuple_given("full", size), number_of("full", fill_value)
    return lambda dtype: np.full(shape, array_of(value, dtype)), array_of(value).dtype


# ---------------------------------------------------------------- counted


@public(out=True)
@maker
def arange(start: Any = 0, end: Any = None, step: Any = 1) -> Fill:
    """Count from start, by step, to below end: start, start + step, ...

    In an integer dtype it counts from and by whole numbers: start and step lose their fractions,
    and in int64 so does the end.

    Parameters
    ----------
    start : float or int, default 0
        The first number.  `arange(n)` counts 0 to n - 1.
    end : float or int
        Where to stop; it is not reached.
    step : float or int, default 1
        The difference of neighbours.
    dtype : dtype, optional
        The type of the elements: by default int64 if start, end and step are ints, else the default
        float.

    Returns
    -------
    Tensor
        Of shape (ceil((end - start) / step),).

    Raises
    ------
    RuntimeError
        If the steps do not lead from start to end.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.arange(5), tg.arange(1, 2, 0.25)
    (tensor([0, 1, 2, 3, 4]), tensor([1.0000, 1.2500, 1.5000, 1.7500]))
    """
    start, end = (start, end) if end is not None else (0, start)
    start, end, step = (x.item() if hasattr(x, "item") else x for x in (start, end, step))
    return partial(_count, "arange", start, end, step), result_type(start, end, step)


def _count(name: str, start: Any, end: Any, step: Any, dtype: DType) -> Array:
    _refuse_bool(name, dtype)
    if dtype == np.int64:
        start, end, step = int(start), int(end), int(step)
    if step == 0 or (end - start) * step < 0 or not math.isfinite(end - start):
        raise RuntimeError(f"{name}: steps of {step} do not lead from {start} to {end}")
    steps = (end - start) / step
    count = math.ceil(steps) if name == "arange" else int(steps) + 1
    if dtype.kind != "f":
        start, step = int(start), int(step)
    return (start + step * np.arange(count)).astype(dtype)  # type: ignore[no-any-return]


def _refuse_bool(name: str, dtype: DType) -> None:
    if dtype.kind == "b":
        raise TypeError(f"{name}: there is no counting in {dtype}; count in int64 and compare")


@public("range", out=True)
@maker
def range_(start: Any = 0, end: Any = None, step: Any = 1) -> Fill:
    """Count from start, by step, to end, which is included.  Deprecated: see `arange`.

    Warns, as PyTorch: Python's `range`, and `arange`, leave the end out.

    Parameters
    ----------
    start : float or int, default 0
        The first number.
    end : float or int
        The last number, if the steps reach it.
    step : float or int, default 1
        The difference of neighbours.
    dtype : dtype, optional
        The type of the elements: the default float, unless given.

    Returns
    -------
    Tensor
        Of shape (floor((end - start) / step) + 1,).

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import warnings
    >>> with warnings.catch_warnings(action="ignore"):
    ...     tg.range(1, 4)
    tensor([1., 2., 3., 4.])
    """
    if end is None:
        raise TypeError("range: it takes start and end; arange(n) counts 0 to n - 1")
    why = "range is deprecated, because its end is included; use arange"
    warnings.warn(why, UserWarning, stacklevel=caller_level())
    start, end, step = (x.item() if hasattr(x, "item") else x for x in (start, end, step))
    return partial(_count, "range", start, end, step), None


@public(out=True)
@maker
def linspace(start: Any, end: Any, steps: int) -> Fill:
    """Make evenly spaced numbers from start to end, both included.

    In an integer dtype the two, and then all numbers, lose their fractions.

    Parameters
    ----------
    start, end : float or int
        The first and the last number.
    steps : int
        The number of elements.

    Returns
    -------
    Tensor
        Of shape (steps,).

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.linspace(0, 1, 5)
    tensor([0.0000, 0.2500, 0.5000, 0.7500, 1.0000])
    """
    return partial(_spaced, "linspace", start, end, steps), None


def _spaced(name: str, start: Any, end: Any, steps: int, dtype: DType) -> Array:
    return _evenly(name, start, end, steps, dtype).astype(dtype)


def _evenly(name: str, start: Any, end: Any, steps: int, dtype: DType) -> Array:
    """Evenly spaced float64 numbers, counted from the nearer end."""
    _refuse_bool(name, dtype)
    (count,) = size_given(name, steps)
    start, end = (np.asarray(plain(x)).item() for x in (start, end))
    if dtype.kind != "f":
        start, end = int(start), int(end)
    place, step = np.arange(count), (end - start) / max(count - 1, 1)
    near = place < (count // 2 or 1)
    numbers: Array = np.where(near, start + step * place, end - step * (count - 1 - place))
    return numbers


@public(out=True)
@maker
def logspace(start: Any, end: Any, steps: int, base: float = 10.0) -> Fill:
    """Make numbers that are evenly spaced on a logarithmic scale: base^x for x from start to end.

    Parameters
    ----------
    start, end : float or int
        The first and the last exponent.
    steps : int
        The number of elements.
    base : float, default 10.0
        What is raised to the exponents.

    Returns
    -------
    Tensor
        Of shape (steps,).

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.logspace(0, 2, 3)
    tensor([  1.,  10., 100.])
    """

    def fill(dtype: DType) -> Array:
        powers = np.power(base, _evenly("logspace", start, end, steps, dtype))
        return powers.astype(dtype)

    return fill, None


@public(out=True)
@maker
def eye(n: int, m: int | None = None) -> Fill:
    """Make the identity matrix: ones on the diagonal, zeros elsewhere.

    Parameters
    ----------
    n : int
        The number of rows.
    m : int, optional
        The number of columns; n, unless given.

    Returns
    -------
    Tensor
        Of shape (n, m).

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.eye(2, 3)
    tensor([[1., 0., 0.],
            [0., 1., 0.]])
    """
    return partial(np.eye, *size_given("eye", n, n if m is None else m)), None


@public()
@maker
def tril_indices(row: int, col: int, offset: int = 0) -> Fill:
    """Return the places of the lower triangle of a matrix.

    Parameters
    ----------
    row, col : int
        The shape of the matrix.
    offset : int, default 0
        Which diagonal is the last one taken: 0 the main one, 1 that above it.
    dtype : dtype, optional
        The type of the elements: int64, unless given.

    Returns
    -------
    Tensor
        Of shape (2, count): the rows and the columns of the places.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> rows, columns = tg.tril_indices(2, 2)
    >>> tg.tensor([[1, 2], [3, 4]])[rows, columns]
    tensor([1, 3, 4])
    """
    rows, columns = np.indices(size_given("tril_indices", row, col))
    return np.array(np.nonzero(columns <= rows + offset)).astype, np.int64


@public()
@maker
def triu_indices(row: int, col: int, offset: int = 0) -> Fill:
    """Return the places of the upper triangle of a matrix.

    Parameters
    ----------
    row, col : int
        The shape of the matrix.
    offset : int, default 0
        Which diagonal is the first one taken: 0 the main one, 1 that above it.
    dtype : dtype, optional
        The type of the elements: int64, unless given.

    Returns
    -------
    Tensor
        Of shape (2, count): the rows and the columns of the places.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> rows, columns = tg.triu_indices(2, 2)
    >>> tg.tensor([[1, 2], [3, 4]])[rows, columns]
    tensor([1, 2, 4])
    """
    rows, columns = np.indices(size_given("triu_indices", row, col))
    return np.array(np.nonzero(columns >= rows + offset)).astype, np.int64


# ---------------------------------------------------------------- windows

Curve = Callable[[Array, int], Array]  # of the places n, and the last of them N


def _window(name: str, window_length: int, periodic: Any, curve: Curve) -> Fill:
    """A window: a curve over the places 0 to N.  One that is periodic is a period of a curve that
    repeats, so that its last place is left out."""
    if isinstance(window_length, bool):
        raise TypeError(f"{name}: a length is a whole number, not {window_length}")
    (count,) = size_given(name, window_length)

    def fill(dtype: DType) -> Array:
        if dtype.kind != "f":
            raise RuntimeError(f"{name}: a window holds floats, not {dtype}")
        last = count if periodic else count - 1
        if count < 2:
            return np.ones(count, dtype)
        return np.asarray(curve(np.arange(count), last), dtype)

    return fill, None


def _cosines(*weights: float) -> Curve:
    """a0 - a1 cos(2 pi n / N) + a2 cos(4 pi n / N)."""

    def curve(n: Array, last: int) -> Array:
        terms = [(-1) ** k * a * np.cos(2 * np.pi * k * n / last) for k, a in enumerate(weights)]
        return cast(Array, sum(terms))

    return curve


@public()
@maker
def hann_window(window_length: int, periodic: bool = True) -> Fill:
    """Make a Hann window: w[n] = (1 - cos(2 pi n / N)) / 2.

    Parameters
    ----------
    window_length : int
        The number of elements.
    periodic : bool, default True
        With True, N = window_length, for a spectrum; with False, N = window_length - 1, and the
        window is symmetric.

    Returns
    -------
    Tensor
        Of shape (window_length,).

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.hann_window(4), tg.hann_window(5, periodic=False)
    (tensor([0.0000, 0.5000, 1.0000, 0.5000]), tensor([0.0000, 0.5000, 1.0000, 0.5000, 0.0000]))
    """
    return _window("hann_window", window_length, periodic, _cosines(0.5, 0.5))


@public()
@maker
def hamming_window(
    window_length: int, periodic: bool = True, alpha: float = 0.54, beta: float = 0.46
) -> Fill:
    """Make a Hamming window: w[n] = alpha - beta cos(2 pi n / N).

    Parameters
    ----------
    window_length : int
        The number of elements.
    periodic : bool, default True
        With True, N = window_length, for a spectrum; with False, N = window_length - 1, and the
        window is symmetric.
    alpha, beta : float, default 0.54 and 0.46
        The coefficients.

    Returns
    -------
    Tensor
        Of shape (window_length,).

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.hamming_window(4)
    tensor([0.0800, 0.5400, 1.0000, 0.5400])
    """
    return _window("hamming_window", window_length, periodic, _cosines(alpha, beta))


@public()
@maker
def blackman_window(window_length: int, periodic: bool = True) -> Fill:
    """Make a Blackman window: w[n] = 0.42 - 0.5 cos(2 pi n / N) + 0.08 cos(4 pi n / N).

    Parameters
    ----------
    window_length : int
        The number of elements.
    periodic : bool, default True
        With True, N = window_length, for a spectrum; with False, N = window_length - 1, and the
        window is symmetric.

    Returns
    -------
    Tensor
        Of shape (window_length,).

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.blackman_window(4)
    tensor([-1.3878e-17,  3.4000e-01,  1.0000e+00,  3.4000e-01])
    """
    return _window("blackman_window", window_length, periodic, _cosines(0.42, 0.5, 0.08))


@public()
@maker
def bartlett_window(window_length: int, periodic: bool = True) -> Fill:
    """Make a Bartlett window, a triangle: w[n] = 1 - |2 n / N - 1|.

    Parameters
    ----------
    window_length : int
        The number of elements.
    periodic : bool, default True
        With True, N = window_length, for a spectrum; with False, N = window_length - 1, and the
        window is symmetric.

    Returns
    -------
    Tensor
        Of shape (window_length,).

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.bartlett_window(4)
    tensor([0.0000, 0.5000, 1.0000, 0.5000])
    """

    def triangle(n: Array, last: int) -> Array:
        return 1 - np.abs(2 * n / last - 1)

    return _window("bartlett_window", window_length, periodic, triangle)


@public()
@maker
def kaiser_window(window_length: int, periodic: bool = True, beta: float = 12.0) -> Fill:
    """Make a Kaiser window: w[n] = I0(beta sqrt(1 - (2 n / N - 1)^2)) / I0(beta).

    Parameters
    ----------
    window_length : int
        The number of elements.
    periodic : bool, default True
        With True, N = window_length, for a spectrum; with False, N = window_length - 1, and the
        window is symmetric.
    beta : float, default 12.0
        The shape: the larger, the narrower.

    Returns
    -------
    Tensor
        Of shape (window_length,).

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.kaiser_window(4, beta=2.0)
    tensor([0.4387, 0.8348, 1.0000, 0.8348])
    """

    def bessel(n: Array, last: int) -> Array:
        root = np.sqrt(np.maximum(1 - (2 * n / last - 1) ** 2, 0))
        return cast(Array, np.i0(beta * root) / np.i0(beta))

    return _window("kaiser_window", window_length, periodic, bessel)


# ---------------------------------------------------------------- by the name of the dtype


def _typed(name: str, dtype: str) -> Callable[..., Tensor]:
    def make(*data: Any) -> Tensor:
        return typed(name, dtype, data)  # type: ignore[no-any-return]

    make.__name__ = make.__qualname__ = name
    make.__doc__ = f"""Make a tensor of {dtype}, from sizes or from data.

    An old form, kept for old code: see `empty` and `tensor`.

    Parameters
    ----------
    *data : int, Size, list, ndarray or Tensor
        Sizes, as `{name}(2, 3)` or `{name}(x.size())`, for a tensor without values; a list of
        numbers or an array for a tensor of these.

    Returns
    -------
    Tensor
        Of dtype {dtype}.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.{name}([1, 0]).dtype, tg.{name}(2, 3).shape
    (dtype('{dtype}'), torch.Size([2, 3]))
    """
    return public()(make)


HalfTensor, FloatTensor = _typed("HalfTensor", "float16"), _typed("FloatTensor", "float32")
DoubleTensor, BoolTensor = _typed("DoubleTensor", "float64"), _typed("BoolTensor", "bool")
ByteTensor, ShortTensor = _typed("ByteTensor", "uint8"), _typed("ShortTensor", "int16")
IntTensor, LongTensor = _typed("IntTensor", "int32"), _typed("LongTensor", "int64")
CharTensor = _typed("CharTensor", "int8")
