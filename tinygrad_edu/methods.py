"""The methods of Tensor that say nothing of the record: operators, functions, dtypes, memory.

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
    layout as Layout,
    strided,
)
from .dtypes import DTypeLike, as_array
from .engine import cuts, graph, leaf
from .engine.clock import caller_level
from .engine.grad_mode import mode
from .engine.graph import TensorBase
from .functions.filling import size_given
from .ops.shape import layout_of, memory_of
from .registered import Registered, in_place


def reflected(op: Any) -> Callable[..., Any]:
    """The operator for a Tensor on the right: 2 - x."""
    return lambda self, other: op(other, self)


def cast(name: str, dtype: Any) -> Callable[..., Any]:
    """The method that gives the elements in this dtype."""

    def astype(self: Any, memory_format: Any = None) -> Any:
        return self.astype(dtype)

    astype.__name__, astype.__qualname__ = name, f"Tensor.{name}"
    astype.__module__ = f"{__package__}.tensor"  # where pickle finds it
    astype.__doc__ = f"""Return the elements in {dtype}.

        Parameters
        ----------
        memory_format : memory_format, optional
            Accepted as in PyTorch, without effect.

        Returns
        -------
        Tensor
            This tensor, if that is its dtype; otherwise a copy, through which the gradient flows.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> tg.tensor([0, 1]).{name}().dtype
        dtype('{dtype}')
        """
    return astype


def never(call: str, what: str) -> Any:
    """The property `is_x`, or the method `is_x()`, that tells a script which asks whether a tensor
    is what none is."""

    def ask(self: Any) -> bool:
        return False

    ask.__name__ = call.removesuffix("()")
    ask.__qualname__ = f"Tensor.{ask.__name__}"
    ask.__module__ = f"{__package__}.tensor"
    ask.__doc__ = f"""Tell whether the tensor {what}: no tensor is.

        Returns
        -------
        bool
            False.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> tg.ones(2).{call}
        False
        """
    return ask if call.endswith("()") else property(ask)


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
        """Make this tensor a constant: no gradient flows back through it any more.

        Returns
        -------
        Tensor
            This tensor.

        Raises
        ------
        RuntimeError
            If it is a view: what is written to its base would bring the record back.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> x = tg.ones(2, requires_grad=True) * 2
        >>> x.detach_().requires_grad
        False
        """
        if self._base is not None:
            raise RuntimeError("detach_: this is a view of another tensor; write x = x.detach()")
        self._leave("detach_")
        leaf.rest(self)
        return self

    def copy_(self: Any, src: Any, non_blocking: Any = False) -> Any:
        """Copy the elements of another tensor into this one.

        Parameters
        ----------
        src : Tensor
            Of a shape that broadcasts to that of this tensor, and any dtype.
        non_blocking : bool, default False
            Accepted as in PyTorch, without effect.

        Returns
        -------
        Tensor
            This tensor.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> tg.zeros(3).copy_(tg.tensor([1, 2, 3]))
        tensor([1., 2., 3.])
        """
        self[...] = src
        return self

    def fill_(self: Any, value: Any) -> Any:
        """Set every element to one number.

        Parameters
        ----------
        value : float, int, bool, or Tensor without dimensions
            The number.

        Returns
        -------
        Tensor
            This tensor.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> tg.zeros(3).fill_(2.0)
        tensor([2., 2., 2.])
        """
        if getattr(value, "ndim", 0):
            raise RuntimeError(
                f"fill_: the value is one number, not {tuple(value.shape)}; see copy_"
            )
        return self.copy_(value)

    def zero_(self: Any) -> Any:
        """Set every element to 0.

        Returns
        -------
        Tensor
            This tensor.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> tg.ones(3).zero_()
        tensor([0., 0., 0.])
        """
        return self.copy_(0)

    def apply_(self: Any, callable: Callable[[Any], Any]) -> Any:
        """Replace each element by what a function of Python numbers makes of it, which is slow.

        Parameters
        ----------
        callable : callable
            It is called with each element, and returns a number.

        Returns
        -------
        Tensor
            This tensor.

        Raises
        ------
        RuntimeError
            If the tensor requires grad: the function is not recorded.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> tg.tensor([1.0, 2.0]).apply_(lambda x: x + 1)
        tensor([2., 3.])
        """
        return self._become("apply_", map(callable, self.array.reshape(-1).tolist()))

    def map_(self: Any, tensor: Any, callable: Callable[[Any, Any], Any]) -> Any:
        """Replace each element by what a function makes of it and that of another tensor.

        Parameters
        ----------
        tensor : Tensor
            Of the same dtype, and a shape that broadcasts to that of this tensor.
        callable : callable
            It is called with the two elements, Python numbers, and returns a number.

        Returns
        -------
        Tensor
            This tensor.

        Raises
        ------
        RuntimeError
            If one of the tensors requires grad: the function is not recorded.
        TypeError
            If the dtypes differ.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> tg.tensor([1.0, 2.0]).map_(tg.tensor([3.0, 4.0]), lambda a, b: a * b)
        tensor([3., 8.])
        """
        if tensor.dtype != self.dtype:
            raise TypeError(f"map_: the dtypes differ: {self.dtype} and {tensor.dtype}")
        others = np.broadcast_to(tensor.numpy(), self.array.shape).reshape(-1).tolist()
        return self._become("map_", map(callable, self.array.reshape(-1).tolist(), others))

    def _become(self: Any, name: str, elements: Any) -> Any:
        if self.requires_grad:
            raise RuntimeError(
                f"{name}: the tensor requires grad, and this is not recorded; see detach()"
            )
        array = np.array(list(elements)).astype(self.array.dtype).reshape(self.array.shape)
        return self.copy_(graph.Tensor(array))

    def where(self, condition: Any, other: Any) -> Any:
        """Return the elements of this tensor where a condition holds, else those of another.

        Parameters
        ----------
        condition : Tensor of bools
            Where it is True this tensor is taken.
        other : Tensor or float
            What is taken elsewhere.

        Returns
        -------
        Tensor
            Of the shape in which the three broadcast.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> x = tg.tensor([1.0, -2.0])
        >>> x.where(x > 0, 0.0)
        tensor([1., 0.])
        """
        return f.where(condition, self, other)

    # -------------------------------------------------------- what it is

    @property
    def is_cpu(self) -> bool:
        """Whether the tensor is in the memory of the CPU.

        Returns
        -------
        bool
            True.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> tg.ones(2).is_cpu
        True
        """
        return True

    def get_device(self) -> int:
        """Return the number of the GPU where the tensor is.

        Returns
        -------
        int
            -1: it is on the CPU.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> tg.ones(2).get_device()
        -1
        """
        return -1

    @property
    def real(self) -> Self:
        """The real part: the tensor itself, as no tensor holds complex numbers.

        Returns
        -------
        Tensor
            This tensor.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> tg.ones(2).real
        tensor([1., 1.])
        """
        return self

    is_inference = never("is_inference()", "was made in inference mode")
    is_cuda = never("is_cuda", "is in the memory of a GPU")
    is_xpu = never("is_xpu", "is in the memory of an Intel GPU")
    is_mps = never("is_mps", "is in the memory of an Apple GPU")
    is_meta = never("is_meta", "has a shape and no elements")
    is_quantized = never("is_quantized", "holds quantised numbers")
    is_sparse = never("is_sparse", "leaves zeros out of its memory")
    is_pinned = never("is_pinned()", "is in page-locked memory")
    is_nested = never("is_nested", "is a list of tensors of several sizes")
    is_mkldnn = never("is_mkldnn", "is in the layout of oneDNN")
    is_shared = never("is_shared()", "is in memory that processes share")
    is_conj = never("is_conj()", "is yet to be conjugated")
    is_neg = never("is_neg()", "is yet to be negated")

    @property
    def layout(self) -> Layout:
        """How the tensor is stored: there is one layout.

        Returns
        -------
        layout
            `strided`.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> tg.ones(2).layout
        torch.strided
        """
        return strided

    @property
    def output_nr(self) -> int:
        """Which result of the op that made it the tensor is.

        Returns
        -------
        int
            0, but for ops of several results.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> tg.ones(2).output_nr
        0
        """
        return 0

    def is_signed(self) -> bool:
        """Tell whether the dtype holds negative numbers.

        Returns
        -------
        bool
            False for uint8 and bool.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> tg.ones(2).is_signed(), tg.ones(2, dtype=tg.uint8).is_signed()
        (True, False)
        """
        return self.array.dtype.kind in ("i", "f")

    def is_set_to(self, tensor: Any) -> bool:
        """Tell whether another tensor is the same look into the same memory.

        Parameters
        ----------
        tensor : Tensor
            The other one.

        Returns
        -------
        bool
            Whether memory, shape and strides are the same.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> x = tg.ones(2)
        >>> x.is_set_to(x.detach()), x.is_set_to(tg.ones(2))
        (True, False)
        """
        one, other = self.array, tensor.array
        alike = one.shape == other.shape and one.strides == other.strides
        data = [array.__array_interface__["data"] for array in (one, other)]
        return bool(alike and data[0] == data[1])

    # -------------------------------------------------------- memory

    def element_size(self) -> int:
        """Return the number of bytes of an element.

        Returns
        -------
        int
            4 for float32.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> tg.ones(2).element_size()
        4
        """
        return self.array.itemsize  # type: ignore[no-any-return]

    itemsize = property(element_size)

    @property
    def nbytes(self) -> int:
        """The number of bytes of all elements.

        Returns
        -------
        int
            The number of elements times the size of one.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> tg.ones(2, 3).nbytes
        24
        """
        return self.array.nbytes  # type: ignore[no-any-return]

    def data_ptr(self) -> int:
        """Return the address of the first element.

        Returns
        -------
        int
            Two tensors with the same address look into the same memory.  0 for a tensor without
            elements.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> x = tg.ones(2, 3)
        >>> x.data_ptr() == x.view(6).data_ptr()
        True
        """
        return self.array.__array_interface__["data"][0] if self.array.size else 0

    def stride(self, dim: int | None = None) -> Any:
        """Return how many elements of the memory lie between neighbours.

        Parameters
        ----------
        dim : int, optional
            The dimension; all, unless given.

        Returns
        -------
        tuple of int, or int
            One for each dimension, or that of the given one.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> tg.ones(2, 3).stride(), tg.ones(2, 3).stride(0)
        ((3, 1), 3)
        """
        steps = tuple(step // self.array.itemsize for step in self.array.strides)
        return steps if dim is None else steps[dim]

    def storage_offset(self) -> int:
        """Return where in its memory the tensor starts.

        Returns
        -------
        int
            The number of elements before its first one.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> tg.arange(6)[2:].storage_offset()
        2
        """
        return layout_of(self.array)[1]  # type: ignore[no-any-return]

    def is_contiguous(self, memory_format: Any = contiguous_format) -> bool:
        """Tell whether the elements lie in memory in order, without gaps.

        Parameters
        ----------
        memory_format : memory_format, default contiguous_format
            The order: also `channels_last` or `channels_last_3d`.

        Returns
        -------
        bool
            Whether they lie in that order.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> tg.ones(2, 3).is_contiguous(), tg.ones(2, 3).t().is_contiguous()
        (True, False)
        """
        array, last = self.array, {channels_last: 4, channels_last_3d: 5}
        if array.ndim == last.get(memory_format):
            array = np.moveaxis(array, 1, -1)
        elif memory_format in last:
            return False
        return array.flags.c_contiguous  # type: ignore[no-any-return]

    def contiguous(self, memory_format: Any = contiguous_format) -> Self:
        """Return the elements in memory in order, without gaps.

        Parameters
        ----------
        memory_format : memory_format, default contiguous_format
            Accepted as in PyTorch, without effect.

        Returns
        -------
        Tensor
            This tensor, if its elements lie so; otherwise a copy.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> tg.ones(2, 3).t().contiguous().stride()
        (2, 1)
        """
        return self if self.is_contiguous() else ops.copy(self)

    def set_(self: Any, source: Any) -> Any:
        """Let this tensor look into the memory of another one.

        Parameters
        ----------
        source : Tensor
            The tensor whose memory and shape are taken, of the same dtype.

        Returns
        -------
        Tensor
            This tensor.

        Raises
        ------
        RuntimeError
            If the dtypes differ.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> x, y = tg.zeros(2), tg.ones(3)
        >>> x.set_(y)
        tensor([1., 1., 1.])
        """
        if source.dtype != self.dtype:
            raise RuntimeError(f"set_: a {self.dtype} tensor does not take {source.dtype} memory")
        self.data = source
        return self

    def resize_(self: Any, size: Any, *more: int, memory_format: Any = None) -> Any:
        """Give this tensor another shape, of more or fewer elements.

        Parameters
        ----------
        size : tuple of int, or int
            The shape: `x.resize_(2, 3)` or `x.resize_((2, 3))`.
        *more : int
            The other sizes, where `size` is an int.
        memory_format : memory_format, optional
            Accepted as in PyTorch, without effect.

        Returns
        -------
        Tensor
            This tensor.  It holds the same memory, in order; further elements are what that held.

        Raises
        ------
        RuntimeError
            If it requires grad.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> tg.arange(6).resize_(2, 2)
        tensor([[0, 1],
                [2, 3]])
        """
        if self.requires_grad:
            raise RuntimeError(
                "resize_: the tensor requires grad, and this is not recorded; see detach()"
            )
        shape = size_given("resize_", size, *more)
        count, start = int(np.prod(shape)), self.storage_offset()
        room = memory_of(self.array).size - start
        flat = f.as_strided(self.detach(), (min(count, room),), (1,), start)
        if count > room:
            longer = np.empty(count, self.array.dtype)
            longer[:room] = flat.array
            flat = graph.Tensor(longer)
        self.data = flat.reshape(shape)
        return self

    def resize_as_(self: Any, other: Any, memory_format: Any = None) -> Any:
        """Give this tensor the shape of another one: see `resize_`.

        Parameters
        ----------
        other : Tensor
            The tensor whose shape is taken.
        memory_format : memory_format, optional
            Accepted as in PyTorch, without effect.

        Returns
        -------
        Tensor
            This tensor.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> tg.arange(6).resize_as_(tg.ones(3))
        tensor([0, 1, 2])
        """
        return self.resize_(other.shape)

    def share_memory_(self) -> Self:
        """Return this tensor; accepted as in PyTorch, without effect.

        Returns
        -------
        Tensor
            This tensor.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> tg.ones(2).share_memory_()
        tensor([1., 1.])
        """
        return self

    def pin_memory(self) -> Self:
        """Raise RuntimeError: memory is pinned for an accelerator, and there is none.

        Returns
        -------
        Tensor
            Never.

        Raises
        ------
        RuntimeError
            Always: code that asks `cuda.is_available()` first runs as it is.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> x = tg.ones(2)
        >>> x = x.pin_memory() if tg.cuda.is_available() else x
        """
        why = "memory is pinned for an accelerator, and there is none"
        raise RuntimeError(f"pin_memory: {why}; ask cuda.is_available() first")

    # -------------------------------------------------------- shapes

    @property
    def T(self) -> Self:
        """The transpose of a matrix.

        Warns, as PyTorch, if this is no matrix: all dimensions are put in reverse order.

        Returns
        -------
        Tensor
            A view.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> tg.tensor([[1, 2], [3, 4]]).T
        tensor([[1, 3],
                [2, 4]])
        """
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
        """Return the elements in another dtype.

        Parameters
        ----------
        dtype : dtype
            The dtype.

        Returns
        -------
        Tensor
            This tensor, if that is its dtype; otherwise a copy, through which the gradient flows.

        Raises
        ------
        TypeError
            If a tensor cannot hold that dtype.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> tg.tensor([1.5, 2.5]).astype(tg.int64)
        tensor([1, 2])
        """
        new = np.dtype(dtype)
        if new == self.array.dtype:
            return self
        as_array((), new)
        if new.kind != "f" or self.node is None or not mode.recording:
            made = graph.Tensor(self.array.astype(new))
            if self.node is not None:
                if new.kind == "f":  # recording is off
                    cuts.passed(ops.astype.op, True, made, self.node)
                else:
                    cuts.leave(self.node, f"cast to {new}", made)
            return made  # type: ignore[no-any-return]
        return ops.astype(self, dtype=new)

    def to(
        self,
        *args: Any,
        dtype: DTypeLike = None,
        device: Any = None,
        other: Any = None,
        non_blocking: Any = False,
        copy: Any = False,
        memory_format: Any = None,
    ) -> Self:
        """Return the tensor in another dtype; there is one device, "cpu".

        By place it takes all of PyTorch's forms: `to(dtype)`, `to(device)`, `to(device, dtype)` and
        `to(other)`, each with `non_blocking` and `copy` after them.

        Parameters
        ----------
        *args : dtype, device, str or Tensor
            The same by place.
        dtype : dtype, optional
            The dtype of the result.
        device : device or str, optional
            Another device than the CPU raises RuntimeError.
        other : Tensor, optional
            The tensor whose dtype is taken.
        non_blocking : bool, default False
            Accepted as in PyTorch, without effect.
        copy : bool, default False
            Whether to copy also where the dtype stays.
        memory_format : memory_format, optional
            Accepted as in PyTorch, without effect.

        Returns
        -------
        Tensor
            This tensor, if nothing changes and no copy is asked for; otherwise a copy.

        Raises
        ------
        TypeError
            If an argument is given twice, or there are too many.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> tg.tensor([1, 2]).to(tg.float32), tg.tensor([1.0]).to("cpu", tg.float64).dtype
        (tensor([1., 2.]), dtype('float64'))
        """
        named = {"dtype": dtype, "device": device, "other": other}
        named = {name: x for name, x in named.items() if x is not None}
        given = _to_arguments(args)
        if len(given) < len(args) or given.keys() & named.keys():
            what = "it takes (dtype), (device, dtype) or (other), then non_blocking and copy, once"
            raise TypeError(f"to: {what}, not {args} {named or ''}")
        given = {"copy": copy} | given | named
        if "other" in given:
            given["dtype"] = given["other"].dtype
        check_device(given.get("device"))
        wanted = given.get("dtype")
        changed = self if wanted is None else self.astype(wanted)
        return ops.copy(changed) if given["copy"] and changed is self else changed

    def cpu(self, memory_format: Any = None) -> Self:
        """Return this tensor: it is on the CPU.

        Parameters
        ----------
        memory_format : memory_format, optional
            Accepted as in PyTorch, without effect.

        Returns
        -------
        Tensor
            This tensor.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> tg.ones(2).cpu()
        tensor([1., 1.])
        """
        return self

    def cuda(
        self, device: Any = "cuda", non_blocking: Any = False, memory_format: Any = None
    ) -> Self:
        """Raise RuntimeError: NumPy computes on the CPU.

        Parameters
        ----------
        device : device or str, default "cuda"
            The device that is asked for.
        non_blocking : bool, default False
            Accepted as in PyTorch.
        memory_format : memory_format, optional
            Accepted as in PyTorch.

        Returns
        -------
        Tensor
            This tensor, if `device` is "cpu".

        Raises
        ------
        RuntimeError
            For any other device: code that asks `cuda.is_available()` first runs as it is.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> x = tg.ones(2)
        >>> x = x.cuda() if tg.cuda.is_available() else x
        """
        return self.to(device=device)

    def type(self, dtype: Any = None, non_blocking: Any = False, memory_format: Any = None) -> Any:
        """Return the elements in another dtype, or PyTorch's name for the dtype.

        Parameters
        ----------
        dtype : dtype, str or class, optional
            A dtype, "torch.FloatTensor" or `tg.FloatTensor`.
        non_blocking : bool, default False
            Accepted as in PyTorch, without effect.
        memory_format : memory_format, optional
            Accepted as in PyTorch, without effect.

        Returns
        -------
        Tensor or str
            In that dtype; without one, the name.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> tg.ones(2).type(), tg.ones(2).type(tg.int64)
        ('torch.FloatTensor', tensor([1, 1]))
        """
        if dtype is None:
            return next(name for name, own in TYPE_NAMES.items() if own == self.array.dtype)
        name = f"torch.{getattr(dtype, '__name__', None)}"  # of tg.FloatTensor
        return self.astype(TYPE_NAMES.get(name, TYPE_NAMES.get(dtype, dtype)))

    def type_as(self, other: Any) -> Self:
        """Return the elements in the dtype of another tensor.

        Parameters
        ----------
        other : Tensor
            The tensor whose dtype is taken.

        Returns
        -------
        Tensor
            This tensor, if that is its dtype; otherwise a copy.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> tg.tensor([1, 2]).type_as(tg.ones(1))
        tensor([1., 2.])
        """
        return self.astype(other.dtype)

    half, float = cast("half", dtypes.float16), cast("float", dtypes.float32)
    double, int = cast("double", dtypes.float64), cast("int", dtypes.int32)
    long, bool = cast("long", dtypes.int64), cast("bool", dtypes.bool_)
    short, char = cast("short", dtypes.int16), cast("char", dtypes.int8)
    byte = cast("byte", dtypes.uint8)


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
    warnings.warn(message, UserWarning, stacklevel=caller_level())
