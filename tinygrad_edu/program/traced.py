"""Traced: an array that hands each NumPy call on it to a `Trace`, which writes it down.

It says that it is an ndarray, so that everything takes the road that it takes for arrays; but it
is none, so that nothing reads its numbers unseen.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator
from typing import Any
from weakref import ref

import numpy as np

from ..engine.graph import TensorBase

WRITING_METHODS = {"fill", "sort", "partition", "put"}
STATIC = ("shape", "dtype", "ndim", "size", "strides", "nbytes", "itemsize", "flags")


def look(array: Any) -> Any:
    return array.shape, array.dtype, array.strides


class Traced:
    """An array of a program that is being written down."""

    __slots__ = ("__weakref__", "_trace", "_value")
    _trace: Any
    _value: Any

    def __init__(self, trace: Any, value: Any) -> None:
        self._trace, self._value = trace, value
        value.traced = ref(self)

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        return type(self._value.real)

    @property
    def base(self) -> Any:
        root = self._value.root
        if root is self._value:
            return None
        alive = root.traced()
        return Traced(self._trace, root) if alive is None else alive

    @property
    def T(self) -> Any:
        return self.transpose()

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if any(isinstance(x, TensorBase) for x in inputs):
            return NotImplemented
        return self._trace.ufunc(ufunc, method, inputs, kwargs)

    def __array_function__(self, function: Any, _types: Any, args: Any, kwargs: Any) -> Any:
        return self._trace.function(function, args, kwargs)

    def __array__(self, *_: Any, **__: Any) -> Any:
        if self._trace._is_users():
            raise self._trace.depends("what NumPy is given")
        raise self._trace.stop("np.asarray(x), after which no call on x is seen")

    def __getattr__(self, name: str) -> Any:
        if name[:2] == "__" or not callable(getattr(np.ndarray, name, None)):
            raise AttributeError(f"a traced array has no {name}", name=name, obj=self)
        if name == "nonzero":
            raise self._trace.depends("the shape of nonzero()")
        if name in (
            "tolist",
            "tobytes",
            "tofile",
            "dump",
            "dumps",
            "resize",
            "setflags",
            "byteswap",
        ):
            raise self._trace.depends(f"{name}()")

        def method(*args: Any, **kwargs: Any) -> Any:
            real = getattr(np.ndarray, name)
            if kwargs.get("out") is not None:
                raise self._trace.stop(f".{name}(out=)")
            writes = self if name in WRITING_METHODS else None
            return self._trace.record(real, f".{name}", (self, *args), kwargs, writes)

        return method

    def item(self, *place: Any) -> Any:
        if self._trace._is_users():
            raise self._trace.depends("item()")
        if self._value.kind == "number":
            raise AttributeError("a number has no item()")
        return self._trace.record(np.ndarray.item, ".item", (self, *place), {})

    def __bool__(self) -> bool:
        return bool(self._trace.guard(self, "a branch"))

    def __int__(self) -> int:
        return int(self._trace.guard(self, "int(t)"))

    __index__ = __int__

    def __float__(self) -> float:
        return float(self._trace.guard(self, "float(t)"))

    def __len__(self) -> int:
        return len(self._value.array)

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self)))

    def __repr__(self) -> str:
        return f"traced {self.dtype} {self.shape}"

    def __getitem__(self, key: Any) -> Any:
        parts = key if isinstance(key, tuple) else (key,)
        if any(type(p) is Traced and p.dtype.kind == "b" for p in parts):
            raise self._trace.depends("the shape of x[mask]")
        return self._trace.record(operator.getitem, "[]", (self, key), {})

    def __setitem__(self, key: Any, value: Any) -> None:
        whole = key is Ellipsis or (isinstance(key, tuple) and [*map(type, key)] == [type(...)])
        own, root = self._value, self._value.root
        if whole and type(value) is Traced and own is root and not root.is_seen():
            whole = bool(look(value) == look(self))
            if whole:
                self._value = value.copy()._value
                return
        self._trace.record(operator.setitem, "[]=", (self, key, value), {}, writes=self)

    def diagonal(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
        """A view that can be written to, as NumPy's own is not."""
        axis, key = (axis1 if offset < 0 else axis2), [slice(None)] * self.ndim
        key[axis] = slice(abs(offset), None)
        d = self._value.array.diagonal(offset, axis1, axis2)
        name, given = "np.lib.stride_tricks.as_strided", (self[tuple(key)], d.shape, d.strides)
        return self._trace.record(np.lib.stride_tricks.as_strided, name, given, {})

    def __pow__(self, power: Any) -> Any:
        if type(power) in (int, float) and self.dtype.kind == "f" and power in (2, 0.5):
            return np.square(self) if power == 2 else np.sqrt(self)
        return self._trace.record(operator.pow, "**", (self, power), {})

    def __rpow__(self, base: Any) -> Any:
        return np.power(base, self)


OPERATORS = "add:add sub:subtract mul:multiply truediv:divide floordiv:floor_divide "
OPERATORS += "mod:remainder matmul:matmul and_:bitwise_and or_:bitwise_or xor:bitwise_xor "
OPERATORS += "lshift:left_shift rshift:right_shift lt:less le:less_equal gt:greater "
OPERATORS += "ge:greater_equal eq:equal ne:not_equal"


def _operator(ufunc: Any, swapped: bool = False) -> Any:
    def binary(self: Any, other: Any) -> Any:
        if isinstance(other, TensorBase):
            return NotImplemented
        a, b = (other, self) if swapped else (self, other)
        if isinstance(a, bool | int | float) and isinstance(b, bool | int | float):
            return self._trace.record(PYTHON[ufunc], PYTHON[ufunc].__name__, (a, b), {})
        return ufunc(a, b)

    return binary


PYTHON = {
    getattr(np, ufunc): getattr(operator, name)
    for name, ufunc in [pair.split(":") for pair in OPERATORS.split()]
}


def _in_place(ufunc: Any) -> Any:
    return lambda self, other: ufunc(self, other, out=self)


def _static(name: str) -> Any:
    return property(lambda self: getattr(self._value.array, name))


for _name in STATIC:
    setattr(Traced, _name, _static(_name))
for _pair in OPERATORS.split():
    _short, _, _long = _pair.partition(":")
    _ufunc, _short = getattr(np, _long), _short.strip("_")
    setattr(Traced, f"__{_short}__", _operator(_ufunc))
    if _short not in ("lt", "le", "gt", "ge", "eq", "ne"):
        setattr(Traced, f"__r{_short}__", _operator(_ufunc, swapped=True))
        setattr(Traced, f"__i{_short}__", _in_place(_ufunc))
_ONE = {"neg": np.negative, "pos": np.positive, "abs": np.absolute, "invert": np.invert}
for _short, _of_one in _ONE.items():
    setattr(Traced, f"__{_short}__", lambda self, ufunc=_of_one: ufunc(self))
