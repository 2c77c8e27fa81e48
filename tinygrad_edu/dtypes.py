"""Types of numbers: the default float, what a Python list becomes, and where two dtypes meet."""

from functools import reduce
from itertools import chain
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import DTypeLike as NumpyDTypeLike, NDArray

from .registry import public

Array = NDArray[Any]
DType = np.dtype[Any]
DTypeLike = NumpyDTypeLike | None
dtype = np.dtype  # the class of float32 and all others

float16, float32, float64 = np.dtype("float16"), np.dtype("float32"), np.dtype("float64")
int8, int16, int32, int64 = (np.dtype(f"int{bits}") for bits in (8, 16, 32, 64))
uint8, bool_ = np.dtype("uint8"), np.dtype("bool")


bfloat16 = "bfloat16 (which NumPy does not have: use float32 or float16)"  # a TypeError says so
complex64, complex128 = np.dtype("complex64"), np.dtype("complex128")  # refused by `checked`

_default: DType = float32


@public()
def get_default_dtype() -> DType:
    """The dtype that Python floats become: float32 unless `set_default_dtype` said otherwise."""
    return _default


@public()
def set_default_dtype(dtype: DTypeLike) -> None:
    """Make `dtype` the one that Python floats become.  Raises TypeError if it is not floating."""
    global _default
    new = np.dtype(dtype)
    if new.kind != "f":
        raise TypeError(f"set_default_dtype: {new} is not a floating dtype; use float32 or float64")
    _default = new


@np.errstate(over="ignore")
def as_array(data: Any, dtype: DTypeLike = None, found: list[Any] | None = None) -> Array:
    """`data` as an array, with PyTorch's dtypes: an array keeps its own, Python floats take the
    default float, ints int64, bools bool, and what lists mix meets as tensors of several dtypes do.
    What is too large for a float dtype is inf.  Copies only where it must.  `found` are the
    leaves of `data`, if they are known."""
    if hasattr(data, "__array_function__") and not isinstance(data, np.ndarray):
        return data if dtype is None else data.astype(dtype)  # type: ignore[no-any-return]
    try:
        array = np.asarray(data, dtype)
    except ValueError as error:
        why = f"{error}.  Rows are of the same length: pad them, or keep a list"
        raise ValueError(f"cannot make a tensor of {type(data).__name__}: {why}") from None
    if dtype is None and array.dtype.kind in "fu" and not hasattr(data, "dtype"):
        found = leaves(data) if found is None else found
        array = array.astype(_met(found, array), copy=False)
    return array.astype(checked(array.dtype), copy=False)


def _met(found: list[Any], array: Array) -> DType:
    """The dtype in which Python's and NumPy's numbers meet."""
    kinds = set(map(type, found))
    if kinds <= _NUMBERS:
        if array.dtype.kind == "u":
            raise ValueError(f"{array.max()} is too large for int64; write it as a float")
        return _default
    python = {kind: result_type(kind()) for kind in kinds & {float, int, bool}}
    dtypes = {python.get(type(x)) or np.asarray(x).dtype for x in found}
    return reduce(promote_types, dtypes) if dtypes else _default


def leaves(data: Any) -> list[Any]:
    """What (nested) lists and tuples hold, in order."""
    found = [data]
    while not (kinds := set(map(type, found))) <= _NUMBERS:
        if not kinds <= {list, tuple}:
            if not any(issubclass(kind, list | tuple | range) for kind in kinds):
                break
            found = [x if isinstance(x, list | tuple | range) else (x,) for x in found]
        found = list(chain.from_iterable(found))
    return found


_NUMBERS = {float, int, bool}


def is_stray(x: Any) -> bool:
    """Is it neither an array nor a number, so that no op can compute with it?"""
    return not hasattr(x, "dtype") and not isinstance(x, int | float | complex | None)


def no_tensor(x: Any) -> str:
    """What to do about an input that is no tensor."""
    if x is None:
        return "it takes a tensor, not None, which is what a function without a return gives"
    kind = type(x).__name__
    if isinstance(x, tuple | list) and any(hasattr(part, "dtype") for part in x):
        several = f"a {kind} of {len(x)}"
        return (
            f"it takes a tensor, not {several}; pick one of them, as y[0], or see cat() and stack()"
        )
    if callable(x):
        return f"it takes a tensor, not the function or layer {kind}; call that first, as layer(x)"
    return f"it takes a tensor, and was given {x!r}, a {kind}; make one with tensor()"


def alone(y: Any, *inputs: Any) -> Any:
    """The result y of an op that was given no tensor.  Raises TypeError if all inputs are Python's
    numbers, as PyTorch does: no tensor would come of them, and no gradient."""
    if inputs[0].__class__ in WEAK and all(x is None or x.__class__ in WEAK for x in inputs):
        raise TypeError("it takes a tensor, and was given numbers only; see tensor(), or math")
    return y


def checked(dtype: DTypeLike) -> DType:
    """The dtype as NumPy's object, in this machine's byte order.  Raises TypeError for what a
    tensor cannot hold."""
    found = np.dtype(dtype)
    if found.kind not in RANKS or found.itemsize > 8:
        raise TypeError(f"a tensor holds floats, integers or bools, not {found}")
    return np.dtype(found.str[1:])


@public()
def result_type(*operands: Any) -> DType:
    """The dtype to which operands are promoted, by PyTorch's rule: the highest kind of number among
    them (bool < integer < float), as wide as the operands of that kind that have dimensions ask
    for; 0-d arrays, then Python scalars, decide only where nothing before them has that kind."""
    found: dict[tuple[int, int], list[DType]] = {}
    for x in operands:
        if isinstance(x, float | int):
            dtype = _default if isinstance(x, float) else bool_ if isinstance(x, bool) else int64
            place = RANKS[dtype.kind], 0
        elif not hasattr(x, "dtype"):
            raise TypeError(f"a {type(x).__name__} is neither a tensor nor a number")
        elif x.dtype.kind not in RANKS:
            raise TypeError(f"a tensor holds floats, integers or bools, not {x.dtype}")
        else:
            dtype, place = x.dtype, (RANKS[x.dtype.kind], 2 if x.ndim else 1)
        found.setdefault(place, []).append(dtype)
    return np.result_type(*found[max(found)])


RANKS = {"b": 0, "i": 1, "u": 1, "f": 2}


@public()
def promote_types(type1: DTypeLike, type2: DTypeLike) -> DType:
    """The dtype to which tensors of these two are promoted: int64 and float16 give float16."""
    return result_type(np.empty(1, checked(type1)), np.empty(1, checked(type2)))


@public()
def can_cast(from_: DTypeLike, to: DTypeLike) -> bool:
    """May numbers be written into `to`?  Not from a higher kind of number (bool < integer <
    float) into a lower one; a narrower dtype of the same kind will do."""
    return RANKS[checked(from_).kind] <= RANKS[checked(to).kind]


@public()
def finfo(type: DTypeLike = None) -> Any:
    """The limits of a floating dtype (the default one, if none is given): `bits eps max min
    tiny smallest_normal resolution dtype`.  1 + eps is the number after 1, `tiny` the smallest
    of full precision.  Raises TypeError for other dtypes: `iinfo` is for integers.

    >>> finfo(float32).eps == 2**-23
    True
    """
    dtype = checked(type or _default)
    if dtype.kind != "f":
        raise TypeError(f"finfo: {dtype} is not a floating dtype; iinfo has the limits of integers")
    limits = np.finfo(dtype)
    names = ("eps", "max", "min", "tiny", "smallest_normal")
    numbers = {name: float(getattr(limits, name)) for name in names}
    numbers["resolution"] = 10.0**-limits.precision
    return SimpleNamespace(**numbers, bits=limits.bits, dtype=str(limits.dtype))


@public()
def iinfo(type: DTypeLike) -> np.iinfo[Any]:
    """The limits of an integer dtype: `bits max min dtype`.  Raises TypeError for other dtypes."""
    dtype = checked(type)
    if dtype.kind not in "iu":
        raise TypeError(f"iinfo: {dtype} is not an integer dtype; finfo has the limits of floats")
    return np.iinfo(dtype)


@public(method=True)
def is_floating_point(input: Any) -> bool:
    """Does the tensor hold floats?  Only such tensors can require grad."""
    return bool(input.dtype.kind == "f")


@public(method=True)
def is_complex(input: Any) -> bool:
    """False: no tensor holds complex numbers."""
    return bool(input.dtype.kind == "c")


WEAK = (float, int, bool)  # Python numbers: they take the dtype of the tensor beside them


def promote(*inputs: Any) -> tuple[Any, ...]:
    """Arrays of several dtypes in the one in which PyTorch combines them; numbers as they are."""
    plain = [x.item() if isinstance(x, np.generic) else x for x in inputs]
    dtype = result_type(*[x for x in plain if x is not None])
    return tuple(x.astype(dtype, copy=False) if hasattr(x, "dtype") else x for x in plain)
