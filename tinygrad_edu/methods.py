"""The methods of Tensor that say nothing of the record: operators, functions, dtypes.

`x.sum(0)` is `tg.sum(x, 0)`, and `x.exp_()` writes `tg.exp(x)` into x.
"""

import warnings
from collections.abc import Callable
from typing import Any, Self

import numpy as np

from . import dtypes, functions as f, ops
from .device import (
    channels_last,
    channels_last_3d,
    check_device,
    contiguous_format,
    device as Device,
)
from .dtypes import DTypeLike, as_array
from .engine import graph, leaf
from .engine.grad_mode import mode
from .engine.graph import TensorBase
from .registered import Registered, in_place


def reflected(op: Any) -> Callable[..., Any]:
    """The operator for a Tensor on the right: 2 - x."""
    return lambda self, other: op(other, self)


def cast(dtype: Any) -> Callable[[Any], Any]:
    """The method that gives the numbers in this dtype."""

    def astype(self: Any, memory_format: Any = None) -> Any:
        return self.astype(dtype)

    astype.__doc__ = f"The numbers in {dtype}; itself if they are."
    return astype


class Methods(Registered):
    """Operators, memory, dtypes: the methods that are no public functions."""

    __slots__ = ()

    # -------------------------------------------------------- operators

    __add__ = __radd__ = ops.add
    __mul__ = __rmul__ = ops.multiply
    __and__ = __rand__ = ops.bitwise_and
    __or__ = __ror__ = ops.bitwise_or
    __xor__ = __rxor__ = ops.bitwise_xor
    __neg__, __abs__, __invert__ = ops.negative, ops.absolute, ops.invert
    __lt__, __le__, __gt__ = ops.less, ops.less_equal, ops.greater
    __ge__, __lshift__, __rshift__ = ops.greater_equal, ops.left_shift, ops.right_shift
    __sub__, __truediv__ = ops.subtract, ops.divide
    __pow__, __matmul__ = ops.power, ops.matmul
    __mod__, __floordiv__ = ops.remainder, ops.floor_divide

    __rsub__, __rtruediv__ = reflected(ops.subtract), reflected(ops.divide)
    __rpow__, __rmatmul__ = reflected(ops.power), reflected(ops.matmul)
    __rmod__, __rfloordiv__ = reflected(ops.remainder), reflected(ops.floor_divide)
    __rlshift__, __rrshift__ = reflected(ops.left_shift), reflected(ops.right_shift)

    __iadd__, __isub__ = in_place(ops.add, "+="), in_place(ops.subtract, "-=")
    __imul__, __itruediv__ = in_place(ops.multiply, "*="), in_place(ops.divide, "/=")
    __ipow__, __imod__ = in_place(ops.power, "**="), in_place(ops.remainder, "%=")
    __ifloordiv__ = in_place(ops.floor_divide, "//=")
    __iand__, __ior__ = in_place(ops.bitwise_and, "&="), in_place(ops.bitwise_or, "|=")
    __ixor__ = in_place(ops.bitwise_xor, "^=")
    __ilshift__, __irshift__ = in_place(ops.left_shift, "<<="), in_place(ops.right_shift, ">>=")

    def __reversed__(self) -> Any:
        return f.flip(self, 0)

    def __pos__(self) -> Self:
        return self

    # -------------------------------------------------------- written into the tensor itself

    def detach_(self: Any) -> Any:
        """Become a constant: nothing flows back through it any more.  Raises RuntimeError for a
        view, as PyTorch: what is written to its base would bring it back."""
        if self._base is not None:
            raise RuntimeError("detach_: this is a view of another tensor; write x = x.detach()")
        leaf.rest(self)
        return self

    def copy_(self: Any, source: Any) -> Any:
        """Take the numbers of `source`, which broadcast."""
        self[...] = source
        return self

    def fill_(self: Any, value: Any) -> Any:
        """Make every number `value`."""
        if getattr(value, "ndim", 0):
            raise RuntimeError(
                f"fill_: the value is one number, not {tuple(value.shape)}; see copy_"
            )
        return self.copy_(value)

    def zero_(self: Any) -> Any:
        """Make every number 0."""
        return self.copy_(0)

    def where(self, condition: Any, other: Any) -> Any:
        """These numbers where the condition is true, else those of `other`."""
        return f.where(condition, self, other)

    # -------------------------------------------------------- memory

    def element_size(self) -> int:
        """How many bytes a number takes."""
        return self.array.itemsize  # type: ignore[no-any-return]

    itemsize = property(element_size)

    @property
    def nbytes(self) -> int:
        """How many bytes all numbers take."""
        return self.array.nbytes  # type: ignore[no-any-return]

    @property
    def is_sparse(self) -> bool:
        """False: all numbers of a tensor are stored."""
        return False

    def stride(self, dim: int | None = None) -> Any:
        """How many numbers lie between neighbours along each dimension, or along one."""
        steps = tuple(step // self.array.itemsize for step in self.array.strides)
        return steps if dim is None else steps[dim]

    def is_contiguous(self, memory_format: Any = contiguous_format) -> bool:
        """Return whether the numbers lie in order, without gaps: in the order of `channels_last`
        and `channels_last_3d`, if that is asked."""
        array, last = self.array, {channels_last: 4, channels_last_3d: 5}
        if array.ndim == last.get(memory_format):
            array = np.moveaxis(array, 1, -1)
        elif memory_format in last:
            return False
        return array.flags.c_contiguous  # type: ignore[no-any-return]

    def contiguous(self, memory_format: Any = None) -> Self:
        """The numbers in order, without gaps: itself, or a copy.  (There is one format.)"""
        return self if self.is_contiguous() else ops.copy(self)

    # -------------------------------------------------------- shapes

    @property
    def T(self) -> Self:
        """The transpose: rows for columns.  Warns, as PyTorch, if this is no matrix: all
        dimensions are put in reverse order."""
        if self.array.ndim != 2:
            _warn(
                f"x.T is for matrices, not for {self.array.ndim} dimensions: use x.mT to transpose "
                "each matrix of a batch, or x.permute(...)"
            )
        return ops.transpose(self)

    @property
    def mT(self) -> Self:
        """Each matrix of a batch transposed: the last two dimensions exchanged.

        Returns
        -------
        Tensor
            A view.

        Raises
        ------
        RuntimeError
            If it has one dimension.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> tg.ones(5, 2, 3).mT.shape
        torch.Size([5, 3, 2])
        """
        if self.array.ndim == 1:
            raise RuntimeError(f"mT: it takes matrices, not {self.array.shape}")
        return f.transpose(self, -1, -2) if self.array.ndim else self

    @property
    def mH(self) -> Self:
        """Each matrix of a batch transposed: of real numbers, `mH` is `mT`.

        Returns
        -------
        Tensor
            A view.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> tg.ones(5, 2, 3).mH.shape
        torch.Size([5, 3, 2])
        """
        return self.mT

    @property
    def H(self) -> Self:
        """The transpose of a matrix: of real numbers, the conjugate transpose.

        Returns
        -------
        Tensor
            A view.

        Raises
        ------
        RuntimeError
            If it is no matrix: see `mH`.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> tg.ones(2, 3).H.shape
        torch.Size([3, 2])
        """
        if self.array.ndim not in (0, 2):
            raise RuntimeError(f"H: it takes a matrix, not {self.array.shape}; see mH")
        return self.mT

    # -------------------------------------------------------- dtypes and devices

    def astype(self, dtype: DTypeLike) -> Self:
        """The numbers in another dtype; itself if that is the one they have."""
        new = np.dtype(dtype)
        if new == self.array.dtype:
            return self
        as_array((), new)
        if new.kind != "f" or self.node is None or not mode.recording:
            return graph.Tensor(self.array.astype(new))  # type: ignore[no-any-return]
        return ops.astype(self, dtype=new)

    def to(self, *args: Any, **options: Any) -> Self:
        """In another dtype; the only device is "cpu".  In all of PyTorch's forms: `to(dtype)`,
        `to(device)`, `to(device, dtype)` and `to(other)`, each with `non_blocking` and `copy` after
        them, by place or by name.  (There is one memory_format, and nothing to wait for.)"""
        given = _to_arguments(args) | options
        unknown = given.keys() - {*TO["device"], "other", "memory_format"}
        if unknown or len(given) < len(args) + len(options):
            what = "it takes (dtype), (device, dtype) or (other), then non_blocking and copy, once"
            raise TypeError(f"to: {what}, not {args} {options or ''}")
        if "other" in given:
            given["dtype"] = given["other"].dtype
        check_device(given.get("device"))
        dtype, copy = given.get("dtype"), given.get("copy", False)
        changed = self if dtype is None else self.astype(dtype)
        return ops.copy(changed) if copy and changed is self else changed

    def cpu(self, memory_format: Any = None) -> Self:
        """Itself: it is on the CPU."""
        return self

    def cuda(
        self, device: Any = "cuda", non_blocking: Any = False, memory_format: Any = None
    ) -> Self:
        """Raises RuntimeError: NumPy computes on the CPU."""
        return self.to(device=device)

    def type(self, dtype: Any = None, non_blocking: Any = False, memory_format: Any = None) -> Any:
        """In another dtype, given itself or as "torch.FloatTensor"; without one, that name."""
        if dtype is None:
            return next(name for name, own in TYPE_NAMES.items() if own == self.array.dtype)
        name = f"torch.{getattr(dtype, '__name__', None)}"  # of tg.FloatTensor
        return self.astype(TYPE_NAMES.get(name, TYPE_NAMES.get(dtype, dtype)))

    def type_as(self, other: Any) -> Self:
        """The numbers in the dtype of another tensor."""
        return self.astype(other.dtype)

    half, float, double = cast(dtypes.float16), cast(dtypes.float32), cast(dtypes.float64)
    int, long, bool = cast(dtypes.int32), cast(dtypes.int64), cast(dtypes.bool_)
    short, char, byte = cast(dtypes.int16), cast(dtypes.int8), cast(dtypes.uint8)


_KINDS = {"Float": "f4", "Double": "f8", "Half": "f2", "Bool": "?", "Byte": "u1"}
_KINDS |= {"Char": "i1", "Short": "i2", "Int": "i4", "Long": "i8"}
TYPE_NAMES = {f"torch.{name}Tensor": np.dtype(kind) for name, kind in _KINDS.items()}

DEVICES = ("None", "cpu", "cuda", "mps", "meta", "xpu")

# What the first argument of `to` is, and what may follow it.
TO: dict[str, tuple[str, ...]] = {"device": ("device", "dtype", "non_blocking", "copy")}
TO |= {kind: (kind, "non_blocking", "copy") for kind in ("dtype", "other")}


def _to_arguments(args: tuple[Any, ...]) -> dict[str, Any]:
    """The arguments of `to` by name, as far as there are names for them."""
    if not args:
        return {}
    first = args[0]
    is_device = isinstance(first, Device) or str(first).split(":")[0] in DEVICES
    kind = "other" if isinstance(first, TensorBase) else "device" if is_device else "dtype"
    names, args = TO[kind][: len(args)], args[: len(TO[kind])]
    return dict(zip(names, args, strict=True))


def _warn(message: str) -> None:
    warnings.warn(message, UserWarning, stacklevel=3)
