"""Types of numbers: the default float, what a Python list becomes, and where two dtypes meet."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike as NumpyDTypeLike
from numpy.typing import NDArray

Array = NDArray[Any]
DType = np.dtype[Any]
DTypeLike = NumpyDTypeLike | None

float16, float32, float64 = np.dtype("float16"), np.dtype("float32"), np.dtype("float64")
int8, int16, int32, int64 = (np.dtype(f"int{bits}") for bits in (8, 16, 32, 64))
uint8 = np.dtype("uint8")
bool_ = np.dtype("bool")

_default: DType = float32


def get_default_dtype() -> DType:
    """The dtype that Python floats become: float32 unless `set_default_dtype` said otherwise."""
    return _default


def set_default_dtype(dtype: DTypeLike) -> None:
    """Make `dtype` the one that Python floats become.  Raises TypeError if it is not floating."""
    global _default
    new = np.dtype(dtype)
    if new.kind != "f":
        raise TypeError(f"set_default_dtype: {new} is not a floating dtype; use float32 or float64")
    _default = new


def as_array(data: Any, dtype: DTypeLike = None) -> Array:
    """`data` as an array, with PyTorch's dtypes: an array keeps its own, Python floats take the
    default float, ints int64, bools bool.  Copies only where it must."""
    if isinstance(data, np.ndarray | np.generic):
        array = np.asarray(data, dtype)
    elif hasattr(data, "__array_function__") and not hasattr(data, "array"):
        return data if dtype is None else data.astype(dtype)  # type: ignore[no-any-return]
    else:
        array = _array_of_python_numbers(data, dtype)
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    if array.dtype.kind not in "fiub":
        raise TypeError(
            f"a tensor holds floats, integers or bools, not {array.dtype}"
            + ("; complex numbers are not supported" if array.dtype.kind == "c" else "")
        )
    return array


def _array_of_python_numbers(data: Any, dtype: DTypeLike) -> Array:
    try:
        array = np.asarray(data, dtype)
    except ValueError as error:
        raise ValueError(
            f"cannot make a tensor of {type(data).__name__}: {error}.  Every row needs the same "
            "length: pad them, or keep a list of tensors."
        ) from None
    if dtype is None and array.dtype == float64:
        leaf = data
        while isinstance(leaf, list | tuple) and leaf:
            leaf = leaf[0]
        if not hasattr(leaf, "dtype"):
            array = array.astype(_default)
    return array


def result_type(*operands: Any) -> DType:
    """The dtype in which operands meet, by PyTorch's rule: the highest kind of number among them
    (bool < integer < float), as wide as the operands of that kind that have dimensions ask for;
    0-d arrays, then Python scalars, decide only where nothing before them has that kind."""
    ranked: tuple[list[DType], ...] = ([], [], [])
    for x in operands:
        if isinstance(x, bool | int | float):
            own = _default if isinstance(x, float) else bool_ if isinstance(x, bool) else int64
            ranked[2].append(own)
        else:
            ranked[0 if x.ndim else 1].append(x.dtype)
    kind = max(_KINDS[dtype.kind] for dtypes in ranked for dtype in dtypes)
    for dtypes in ranked:
        of_kind = [dtype for dtype in dtypes if _KINDS[dtype.kind] == kind]
        if of_kind:
            return np.result_type(*of_kind)
    raise AssertionError("unreachable: some operand has the highest kind")


_KINDS = {"b": 0, "i": 1, "u": 1, "f": 2}


WEAK = (float, int, bool)  # Python numbers: they take the dtype of what they meet


def meet(*inputs: Any) -> tuple[Any, ...]:
    """Arrays of several dtypes in the one in which PyTorch combines them; numbers as they are."""
    plain = [x.item() if isinstance(x, np.generic) else x for x in inputs]
    numbers = [x for x in plain if x is not None]
    for x in numbers:
        if not hasattr(x, "dtype") and x.__class__ not in WEAK:
            raise TypeError(f"a {type(x).__name__} is neither a tensor nor a number")
    dtype = result_type(*numbers)
    return tuple(x.astype(dtype, copy=False) if hasattr(x, "dtype") else x for x in plain)


def row_of_ones(count: int, dtype: DType) -> Array:
    """`count` ones, not to be written to.  A product with them adds short rows, or few columns, two
    to three times as fast as `np.add.reduce` does."""
    ones = _ones.get(dtype)
    if ones is None or len(ones) < count:
        ones = _ones[dtype] = np.ones(2 * count, dtype)
        ones.flags.writeable = False
    return ones[:count]


_ones: dict[DType, Array] = {}
