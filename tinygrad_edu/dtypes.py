"""Types of numbers: the default float, what a Python list becomes, and where two dtypes meet."""

from _thread import _local as local, get_ident  # as in registry.py
from functools import reduce
from itertools import chain
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np

from . import registry
from .registry import public

if TYPE_CHECKING:  # numpy.typing takes a millisecond to import
    from numpy.typing import DTypeLike as NumpyDTypeLike
else:
    NumpyDTypeLike = Any

DType = np.dtype[Any]
Array = np.ndarray[Any, DType]
DTypeLike = NumpyDTypeLike | None
dtype = np.dtype  # the class of float32 and all others

float16, float32, float64 = np.dtype("float16"), np.dtype("float32"), np.dtype("float64")
int8, int16, int32, int64 = (np.dtype(f"int{bits}") for bits in (8, 16, 32, 64))
uint8, bool_ = np.dtype("uint8"), np.dtype("bool")


bfloat16 = "bfloat16 (which NumPy does not have: use float32 or float16)"  # a TypeError says so
complex64, complex128 = np.dtype("complex64"), np.dtype("complex128")  # refused by `checked`


class _Default(local):
    """The dtype of Python's floats: of a thread that chose one, else that of the main thread."""

    dtype: DType = float32


_default = _Default()


@public()
def get_default_dtype() -> DType:
    """Return the dtype that Python floats become in a tensor.

    Returns
    -------
    dtype
        float32, unless `set_default_dtype` has chosen another one.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.get_default_dtype()
    dtype('float32')
    """
    return _default.dtype


@public()
def set_default_dtype(dtype: DTypeLike) -> None:
    """Choose the dtype that Python floats become in a tensor.

    What the main thread chooses holds in every thread that has chosen none; what another thread
    chooses holds there alone.

    Parameters
    ----------
    dtype : dtype
        A floating dtype.

    Raises
    ------
    TypeError
        If it is not floating.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.set_default_dtype(tg.float64)
    >>> tg.tensor(0.5).dtype
    dtype('float64')
    >>> tg.set_default_dtype(tg.float32)
    """
    new = np.dtype(dtype)
    if new.kind != "f":
        raise TypeError(f"set_default_dtype: {new} is not a floating dtype; use float32 or float64")
    from threading import main_thread  # at first use: importing it takes longer than this file

    if get_ident() == main_thread().ident:
        _Default.dtype = new
        vars(_default).clear()
    else:
        _default.dtype = new


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
        return _default.dtype
    python = {kind: result_type(kind()) for kind in kinds & {float, int, bool}}
    dtypes = {python.get(type(x)) or np.asarray(x).dtype for x in found}
    return reduce(promote_types, dtypes) if dtypes else _default.dtype


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
        return f"it takes a tensor, not a {kind} of {len(x)}: {described(x)}; {_which_part(x)}"
    if isinstance(x, type):
        return (
            f"it takes a tensor, not the class {x.__name__}; make a layer, and call it: {_made(x)}"
        )
    if callable(x):
        called = getattr(x, "__name__", None)
        what = f"function {called}" if called else f"layer {kind}"
        return f"it takes a tensor, not the {what}; call that first, as {called or 'layer'}(x)"
    return f"it takes a tensor, and was given {_short(x)}, a {kind}; make one with tensor()"


registry.no_tensor = no_tensor


def _made(layer: type) -> str:
    return f"{layer.__name__}(...)(x)"


def _which_part(x: Any) -> str:
    """How to take what is meant out of several tensors."""
    first, *rest = x
    if isinstance(x, tuple) and len(rest) == 1 and hasattr(first, "dtype"):
        if isinstance(rest[0], tuple):  # (output, (h, c))
            return "an LSTM gives its output and its state, so write output, state = lstm(x)"
        return "pick one of them, as y[0], or as in y, state = layer(x)"
    return "pick one of them, as y[0], or see cat() and stack()"


def described(x: Any) -> str:
    """Shape and dtype of a tensor; of several, each; of another object, a short repr()."""
    if hasattr(x, "dtype") and hasattr(x, "shape"):
        return f"{tuple(x.shape)} {x.dtype}"
    if isinstance(x, tuple | list) and any(hasattr(part, "dtype") for part in x):
        parts = [described(part) for part in x[:SHOWN]] + ["..."] * (len(x) > SHOWN)
        return f"({', '.join(parts)})" if isinstance(x, tuple) else f"[{', '.join(parts)}]"
    return _short(x)


SHOWN = 4  # parts of a tuple that a message describes


def _short(x: Any) -> str:
    text = " ".join(repr(x).split())
    return text if len(text) <= 60 else f"{text[:57]}..."


def check_tensor(x: Any, name: str) -> None:
    """Raise TypeError for what is no tensor, and say what to do with it."""
    if not hasattr(x, "dtype"):
        raise TypeError(f"{name}: {no_tensor(x)}")


def check_factored(name: str, *inputs: Any) -> None:
    """Raise RuntimeError unless all inputs are float32, or all are float64: these are the dtypes
    that matrices are factored in, by LAPACK and by PyTorch.  They are not converted: float16 is too
    short for it, and whole numbers are floats only where that is said."""
    for x in inputs:
        check_tensor(x, name)
    dtypes = [x.dtype for x in inputs]
    for dtype in dtypes:
        if dtype == float16:
            why = "not implemented for 'Half' (float16), which has too few digits"
            raise NotImplementedError(f"{name}: {why}; call x.float() first")
        if dtype not in (float32, float64):
            raise RuntimeError(
                f"{name}: it takes float32 or float64, not {dtype}; call x.float() first"
            )
    if len(set(dtypes)) > 1:
        given = " and ".join(map(str, dtypes))
        raise RuntimeError(
            f"{name}: the inputs must have the same dtype, not {given}; convert one: x.to(y.dtype)"
        )


def alone(y: Any, name: str, *inputs: Any) -> Any:
    """The result y of an op that was given no tensor.  Raises TypeError if all inputs are Python's
    numbers, as PyTorch does: no tensor would come of them, and no gradient."""
    if inputs[0].__class__ in WEAK and all(x is None or x.__class__ in WEAK for x in inputs):
        given = ", ".join(map(repr, inputs))
        raise TypeError(
            f"{name}: it takes a tensor, and was given only {given}; write "
            f"tg.tensor({inputs[0]!r}), or use Python's math"
        )
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
    """Return the dtype that an operation on these operands computes in.

    It is of the highest kind among the operands (bool < integer < float).  Among the operands of
    that kind, tensors with dimensions decide how wide it is; 0-d tensors do only where there are
    none of those, and Python numbers only where there are no tensors of that kind.

    Parameters
    ----------
    *operands : Tensor, ndarray, float, int or bool
        Any number of them; PyTorch takes two.

    Returns
    -------
    dtype
        The dtype.

    Raises
    ------
    TypeError
        If an operand is neither a tensor nor a number, or is complex.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.result_type(tg.tensor([1, 2]), 2.5), tg.result_type(tg.ones(2), tg.tensor(1.0).double())
    (dtype('float32'), dtype('float32'))
    """
    found: dict[tuple[int, int], list[DType]] = {}
    for x in operands:
        if isinstance(x, float | int):
            dtype = (
                _default.dtype if isinstance(x, float) else bool_ if isinstance(x, bool) else int64
            )
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
    """Return the dtype that an operation on tensors of these two dtypes computes in.

    Parameters
    ----------
    type1, type2 : dtype
        The dtypes.

    Returns
    -------
    dtype
        The smallest of the higher kind (bool < integer < float) that can hold both.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.promote_types(tg.int64, tg.float16)
    dtype('float16')
    """
    return result_type(np.empty(1, checked(type1)), np.empty(1, checked(type2)))


@public()
def can_cast(from_: DTypeLike, to: DTypeLike) -> bool:
    """Tell whether PyTorch's rules allow to convert one dtype to another.

    Parameters
    ----------
    from_ : dtype
        The dtype that is converted.
    to : dtype
        The dtype that it is converted to.

    Returns
    -------
    bool
        False where the kind of number would become a lower one (bool < integer < float); the same
        kind in fewer bits is allowed.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.can_cast(tg.float64, tg.float16), tg.can_cast(tg.float32, tg.int64)
    (True, False)
    """
    return RANKS[checked(from_).kind] <= RANKS[checked(to).kind]


@public()
def finfo(type: DTypeLike = None) -> Any:
    """Return the limits of a floating dtype.

    Parameters
    ----------
    type : dtype, optional
        The dtype; by default that of `get_default_dtype`.

    Returns
    -------
    object
        Its attributes: `bits`; `eps`, the distance from 1 to the next number; `max` and `min`;
        `tiny` (or `smallest_normal`), the smallest positive number of full precision; `resolution`,
        10 to the power of minus the number of precise decimals; and `dtype`, the name.

    Raises
    ------
    TypeError
        If the dtype is not floating: `iinfo` is for integers.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.finfo(tg.float32).eps == 2**-23
    True
    """
    dtype = checked(type or _default.dtype)
    if dtype.kind != "f":
        raise TypeError(f"finfo: {dtype} is not a floating dtype; iinfo has the limits of integers")
    limits = np.finfo(dtype)
    names = ("eps", "max", "min", "tiny", "smallest_normal")
    numbers = {name: float(getattr(limits, name)) for name in names}
    numbers["resolution"] = 10.0**-limits.precision
    return SimpleNamespace(**numbers, bits=limits.bits, dtype=str(limits.dtype))


@public()
def iinfo(type: DTypeLike) -> np.iinfo[Any]:
    """Return the limits of an integer dtype.

    Parameters
    ----------
    type : dtype
        The dtype.

    Returns
    -------
    iinfo
        Its attributes: `bits`, `max`, `min` and `dtype`.

    Raises
    ------
    TypeError
        If the dtype is not an integer dtype: `finfo` is for floats.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.iinfo(tg.int8).max, tg.iinfo(tg.int8).min
    (127, -128)
    """
    dtype = checked(type)
    if dtype.kind not in "iu":
        raise TypeError(f"iinfo: {dtype} is not an integer dtype; finfo has the limits of floats")
    return np.iinfo(dtype)


@public(method=True)
def is_floating_point(input: Any) -> bool:
    """Tell whether a tensor holds floats, so that it can require grad.

    Parameters
    ----------
    input : Tensor
        Of any shape.

    Returns
    -------
    bool
        Whether its dtype is floating.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.is_floating_point(tg.ones(2)), tg.tensor([1, 2]).is_floating_point()
    (True, False)
    """
    return bool(input.dtype.kind == "f")


@public(method=True)
def is_complex(input: Any) -> bool:
    """Tell whether a tensor holds complex numbers: no tensor does.

    Parameters
    ----------
    input : Tensor
        Of any shape.

    Returns
    -------
    bool
        False.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.is_complex(tg.ones(2))
    False
    """
    return bool(input.dtype.kind == "c")


WEAK = (float, int, bool)  # Python numbers: they take the dtype of the tensor beside them


def promote(*inputs: Any) -> tuple[Any, ...]:
    """Arrays of several dtypes in the one in which PyTorch combines them; numbers as they are."""
    plain = [x.item() if isinstance(x, np.generic) else x for x in inputs]
    dtype = result_type(*[x for x in plain if x is not None])
    return tuple(x.astype(dtype, copy=False) if hasattr(x, "dtype") else x for x in plain)
