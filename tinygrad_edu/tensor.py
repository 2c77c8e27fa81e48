"""Tensor: an array and its place in the record, with operators, methods and `.backward()`.

>>> import tinygrad_edu as tg
>>> w = tg.tensor([1.0, -2.0], requires_grad=True)
>>> loss = (w * w).sum()
>>> loss.backward()
>>> w.grad
tensor([ 2., -4.])
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast

import numpy as np
from numpy import ndarray

from . import numpy_protocol, ops, views
from .absent import LEFT_OUT
from .device import device
from .dtypes import RANKS, Array, DType, DTypeLike, as_array, described, get_default_dtype
from .engine import clock, cuts, graph, leaf
from .engine.grad_mode import enable_grad, mode
from .engine.graph import Node, TensorBase
from .engine.hooks import AfterGradient, RemovableHandle, add_hook, hooks_of
from .functions.arguments import check_dim, plain
from .functions.filling import array_of, size_given
from .methods import Methods
from .printing import tensor_text
from .size import Size, as_size
from .sums import row_of_ones


class _TensorClass(type):
    """`dir(Tensor)` shows what there is, not what says why it is left out (see `absent.py`)."""

    def __dir__(cls) -> list[str]:
        return sorted({*super().__dir__()} - LEFT_OUT.keys())


class Tensor(Methods, metaclass=_TensorClass):
    """An array of numbers that remembers how it was computed.

    Use `tensor(data, requires_grad=True)` to make one by hand.

    Parameters
    ----------
    data : ndarray, list, Size or int
        An array; (nested) lists of numbers, which become float32, as in PyTorch; or sizes.
    node : Node, optional
        Its place in the record; None for a constant.
    *sizes : int
        Further sizes, in PyTorch's old form `Tensor(2, 3)`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> x = tg.tensor([1.0, 2.0], requires_grad=True)
    >>> x.array, x.exp().sum().node is None
    (array([1., 2.], dtype=float32), False)
    """

    __slots__ = (
        *(
            "__dict__",
            "__weakref__",
            "_inactive_state",
        ),  # the first: for attributes of the user's own
        # What it shares memory with (see `views.py`).
        *("_base", "_steps", "_owner", "_reference", "_views", "_room"),
    )
    _inactive_state: Node  # that of a leaf, from when it required grad: it holds the gradient
    _base: Tensor | None  # of a view: the tensor whose memory it looks into
    _steps: views.Steps  # the view ops that lead from the base, or from the owner, to it
    _owner: Any  # of a tensor whose memory is borrowed: returns the owner, if it is one and alive
    _reference: Any  # a weak reference to this tensor, once a tensor borrows its memory
    _views: list[Any] | None  # weak references to those that look into the memory of this one
    _room: int  # how long that list may become before the dead are dropped

    def __init__(self, data: Any = (), node: Any = None, *sizes: int) -> None:
        if data.__class__ is not ndarray:
            data, node = _new_array(data, node, sizes)
        self.array = data
        self.node = node
        self._base = self._owner = self._reference = self._views = None
        self._steps = ()

    # -------------------------------------------------------- what it is

    @property
    def shape(self) -> Size:
        """The size of each dimension.

        Returns
        -------
        Size
            A tuple of ints.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> tg.ones(2, 3).shape
        torch.Size([2, 3])
        """
        return as_size(Size, self.array.shape)

    @property
    def dtype(self) -> DType:
        """The type of the elements.

        Returns
        -------
        dtype
            A dtype of NumPy.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> tg.ones(2).dtype
        dtype('float32')
        """
        return self.array.dtype  # type: ignore[no-any-return]

    @property
    def ndim(self) -> int:
        """The number of dimensions.

        Returns
        -------
        int
            0 for a tensor of one number.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> tg.ones(2, 3).ndim
        2
        """
        return self.array.ndim  # type: ignore[no-any-return]

    @property
    def device(self) -> device:
        """The place where the tensor is: the CPU.

        Returns
        -------
        device
            `device("cpu")`.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> tg.ones(2).device
        device(type='cpu')
        """
        return CPU

    def size(self, dim: int | None = None) -> Any:
        """Return the shape, or the size of one dimension.

        Parameters
        ----------
        dim : int, optional
            The dimension; all, unless given.

        Returns
        -------
        Size or int
            The sizes, or that of the dimension.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> tg.ones(2, 3).size(), tg.ones(2, 3).size(-1)
        (torch.Size([2, 3]), 3)
        """
        return self.shape if dim is None else self.shape[check_dim(dim, self.ndim, "size", self)]

    def dim(self) -> int:
        """Return the number of dimensions.

        Returns
        -------
        int
            0 for a tensor of one number.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> tg.ones(2, 3).dim()
        2
        """
        return self.ndim

    ndimension = dim

    def numpy(self, *, force: bool = False) -> Array:
        """Return the elements as a NumPy array, which shares the memory.

        Parameters
        ----------
        force : bool, default False
            Whether to return the array of a tensor that requires grad, too.

        Returns
        -------
        ndarray
            Of the same shape and dtype.

        Raises
        ------
        RuntimeError
            If the tensor requires grad: what NumPy does to the array would not be recorded.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> tg.ones(2).numpy()
        array([1., 1.], dtype=float32)
        """
        if self.node is not None and not force:
            raise RuntimeError(
                f"numpy: the tensor {described(self)} requires grad, which NumPy would lose; "
                "see t.detach()"
            )
        self._leave("numpy")
        return self.array  # type: ignore[no-any-return]

    def __array__(self, dtype: DTypeLike = None, copy: bool | None = None) -> Array:
        seen = self.node is None or numpy_protocol.is_for_a_plot()
        return np.array(self.array if seen else self.numpy(), dtype=dtype, copy=copy)

    def to_numpy(self) -> Array:
        """Return the elements as a NumPy array: by this name matplotlib and pandas ask for them.

        Returns
        -------
        ndarray
            Of the same shape and dtype; it shares the memory.

        Raises
        ------
        RuntimeError
            If the tensor requires grad, as `numpy()`; but not if matplotlib asks, which draws it.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> tg.ones(2).to_numpy()
        array([1., 1.], dtype=float32)
        """
        return self.__array__()

    def __dlpack__(self, **options: Any) -> Any:
        """What `torch.from_dlpack(t)` asks for: the memory itself, to be shared."""
        return self.numpy().__dlpack__(**options)

    def __dlpack_device__(self) -> tuple[int, int]:
        return self.array.__dlpack_device__()  # type: ignore[no-any-return]

    __array_ufunc__ = numpy_protocol.array_ufunc
    __array_function__ = numpy_protocol.array_function

    def item(self) -> Any:
        """Return the element of a tensor of one element.

        Returns
        -------
        float, int or bool
            A Python number.

        Raises
        ------
        RuntimeError
            If it has several elements, or none.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> tg.tensor([[2.5]]).item()
        2.5
        """
        if self.array.size != 1:
            raise RuntimeError(
                f"item: the tensor of shape {self.array.shape} holds {self.numel()} numbers, not "
                "one; use tolist(), or reduce it first, as with mean()"
            )
        if self.node is not None:
            cuts.leave(self.node, "item")
        return self.array.item()

    def _leave(self, name: str) -> None:
        """Note that the numbers leave the record, so that `diagnose.why` can say so."""
        if self.node is not None:
            cuts.leave(self.node, name)

    def tolist(self) -> Any:
        """Return the elements as (nested) lists of Python numbers.

        Returns
        -------
        list, or a number
            A number, if it has no dimensions.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> tg.tensor([[1, 2], [3, 4]]).tolist()
        [[1, 2], [3, 4]]
        """
        self._leave("tolist")
        return self.array.tolist()

    def __repr__(self) -> str:
        return tensor_text(self)

    def __format__(self, spec: str) -> str:
        if self.ndim == 0:
            return format(self.array.item(), spec)
        try:
            return format(str(self), spec)
        except ValueError:
            given = f"a tensor of shape {self.array.shape}: take one number out, or tolist()"
            raise TypeError(f"format: {spec!r} is for one number, and this is {given}") from None

    def __len__(self) -> int:
        if self.ndim == 0:
            raise TypeError("len() of a 0-d tensor: it is one number; use item()")
        return len(self.array)

    def __iter__(self) -> Iterator[Tensor]:
        if numpy_protocol.is_for_a_plot():
            return iter(self.array)
        if self.ndim == 0:
            raise TypeError("iteration over a 0-d tensor: it is one number; use item()")
        return (self[i] for i in range(len(self)))

    def __contains__(self, value: Any) -> bool:
        return bool((self.array == plain(value)).any())

    def __bool__(self) -> bool:
        if self.array.size != 1:
            raise RuntimeError(
                f"bool: the truth of {self.numel()} numbers, of shape {self.array.shape}, is "
                "ambiguous: any() or all()?"
            )
        self._leave("bool")
        return bool(self.array.item())

    def __float__(self) -> float:
        return float(self._number("float"))

    def __int__(self) -> int:
        return int(self._number("int"))

    def __index__(self) -> int:
        if self.dtype.kind not in "iub":
            raise TypeError(f"an index is a whole number, not {self.dtype}; use int(t)")
        return int(self._number("index"))

    def _number(self, name: str) -> Any:
        if self.array.size != 1:
            given = f"the tensor of shape {self.array.shape} holds {self.numel()} numbers, not one"
            raise TypeError(f"{name}: {given}; take one out, or use tolist()")
        self._leave(name)
        return self.array.item()

    # -------------------------------------------------------- its place in the record

    @property
    def requires_grad(self) -> bool:
        """Whether operations on the tensor are recorded, so that gradients flow back to it.

        Returns
        -------
        bool
            True for a leaf that asks for it, and for what is computed from one.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> x = tg.ones(2, requires_grad=True)
        >>> x.requires_grad, (x * 2).requires_grad, tg.ones(2).requires_grad
        (True, True, False)
        """
        return self.node is not None

    @requires_grad.setter
    def requires_grad(self, wanted: bool) -> None:
        self.requires_grad_(wanted)

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Make this a leaf that collects a gradient, or one that does not.

        Parameters
        ----------
        requires_grad : bool, default True
            Whether operations on the tensor are recorded from now on.

        Returns
        -------
        Tensor
            This tensor.  It keeps its `.grad`, and what was computed from it finds it again.

        Raises
        ------
        RuntimeError
            If False is asked of the result of an operation: see `detach`.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> tg.ones(2).requires_grad_()
        tensor([1., 1.], requires_grad=True)
        """
        if not requires_grad:
            self._refuse_result("requires_grad", "take t.detach() for a tensor without a record")
            leaf.rest(self)
        elif self.node is None:
            if self._base is not None:  # a leaf is no step of another tensor's record
                views.borrow(self, self)
            leaf.wake(self)
        return self

    @property
    def is_leaf(self) -> bool:
        """Whether the tensor was made by the user, rather than by a recorded operation.

        Returns
        -------
        bool
            True also for constants.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> x = tg.ones(2, requires_grad=True)
        >>> x.is_leaf, (x * 2).is_leaf
        (True, False)
        """
        return self.node is None or self.node.plan is None

    @property
    def grad_fn(self) -> Node | None:
        """The operation that made the tensor, in the record.

        Returns
        -------
        Node or None
            None for a leaf or a constant.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> (tg.ones(2, requires_grad=True) * 2).grad_fn is None, tg.ones(2).grad_fn is None
        (False, True)
        """
        return None if self.is_leaf else self.node

    @property
    def grad(self) -> Tensor | None:
        """The gradient dL/d(this), after `L.backward()`.

        Warns, as PyTorch, if this is a result that does not keep its gradient: see `retain_grad`.

        Returns
        -------
        Tensor or None
            Of the shape of this tensor, the same one at each look.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> x = tg.tensor([1.0, 2.0], requires_grad=True)
        >>> (x * x).sum().backward()
        >>> x.grad
        tensor([2., 4.])
        """
        node = leaf.home(self)
        if node is None:
            return None
        if node.plan and node.grad is None and leaf.RETAIN not in (node.hooks or ()):
            warnings.warn(_NO_LEAF, UserWarning, stacklevel=clock.caller_level())
        return cast(Tensor | None, node.grad)

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        if value is not None:
            own, given = (described(x) for x in (self.array, getattr(value, "array", value)))
            if not isinstance(value, TensorBase) or given != own:
                raise ValueError(f"grad: it is a Tensor of {own}, not {given}")
            if leaf.home(self) is None:
                leaf.rest(self.requires_grad_())
        if (node := leaf.home(self)) is not None:
            leaf.assign(node, value)

    @property
    def data(self) -> Tensor:
        """The same memory, outside the record: what is written here is not differentiated.

        Returns
        -------
        Tensor
            A constant.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> w = tg.ones(2, requires_grad=True)
        >>> w.data -= 0.5
        >>> w
        tensor([0.5000, 0.5000], requires_grad=True)
        """
        return self._constant("data")

    @data.setter
    def data(self, value: Tensor) -> None:
        if not isinstance(value, TensorBase):
            raise TypeError(f"data: it must be a Tensor, not {type(value).__name__}")
        if value.array is not self.array:
            views.leave(self)
            self._hold(value.array)
            views.borrow(self, value)

    def _hold(self, array: Array) -> None:
        """Hold these numbers from now on, at the same place in the record."""
        if self.node is not None:
            self.node = leaf.moved(self.node, array)
        self.array = array

    def detach(self) -> Tensor:
        """Return the same memory as a constant: no gradient flows back through it.

        Returns
        -------
        Tensor
            Of the same shape, a constant.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> (tg.ones(2, requires_grad=True) * 2).detach()
        tensor([2., 2.])
        """
        return self._constant("detach")

    def _constant(self, name: str) -> Tensor:
        made = views.borrow(Tensor(self.array), self)
        if self.node is not None:
            cuts.leave(self.node, name, made)
        return made  # type: ignore[no-any-return]

    @property
    def retains_grad(self) -> bool:
        """Whether this is a result that keeps its gradient: see `retain_grad`.

        Returns
        -------
        bool
            False for a leaf.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> y = tg.ones(2, requires_grad=True) * 2
        >>> y.retain_grad()
        >>> y.retains_grad
        True
        """
        return self.node is not None and leaf.RETAIN in (self.node.hooks or ())

    def retain_grad(self) -> None:
        """Keep the gradient that arrives here, though this is no leaf.

        Raises
        ------
        RuntimeError
            If the tensor does not require grad.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> y = tg.ones(2, requires_grad=True) * 2
        >>> y.retain_grad()
        >>> (y * y).sum().backward()
        >>> y.grad
        tensor([4., 4.])
        """
        self._require_node("retain_grad")
        if not self.is_leaf:
            hooks_of(self._require_node("retain_grad"))[leaf.RETAIN] = leaf.retain

    def register_hook(self, hook: Callable[[Tensor], Tensor | None]) -> RemovableHandle:
        """Call a function when the gradient arrives here.

        Parameters
        ----------
        hook : callable
            `hook(gradient)`; what it returns, if it is not None, goes on in the place of the
            gradient.

        Returns
        -------
        RemovableHandle
            Its `remove()` removes the hook.

        Raises
        ------
        RuntimeError
            If the tensor does not require grad.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> x = tg.ones(2, requires_grad=True)
        >>> handle = x.register_hook(lambda g: g * 10)
        >>> x.sum().backward()
        >>> x.grad
        tensor([10., 10.])
        """
        return add_hook(hooks_of(self._require_node("register_hook")), hook)

    def register_post_accumulate_grad_hook(self, hook: Callable[[Tensor], None]) -> RemovableHandle:
        """Call `hook(self)` each time a gradient has been added to the `.grad` of this leaf.

        Parameters
        ----------
        hook : callable
            It is called with this tensor after the backward pass has committed all gradients; what
            it returns is ignored.

        Returns
        -------
        RemovableHandle
            Its `remove()` removes the hook.

        Raises
        ------
        RuntimeError
            If this tensor does not require grad, or is the result of an op.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> w = tg.tensor(1.0, requires_grad=True)
        >>> def step(w):
        ...     w.data -= 0.1 * w.grad
        ...     w.grad = None
        >>> handle = w.register_post_accumulate_grad_hook(step)
        >>> (w * w).backward()
        >>> w
        tensor(0.8000, requires_grad=True)
        """
        name = "register_post_accumulate_grad_hook"
        node = self._require_node(name)
        self._refuse_result(name, "only a leaf accumulates gradients; see register_hook()")
        return add_hook(hooks_of(node), AfterGradient(self, hook))

    def _require_node(self, name: str) -> Node:
        if self.node is None:
            raise RuntimeError(
                f"{name}: the tensor of shape {self.array.shape} has no record: it does not "
                "require grad, nor does what it was made from, or that was under no_grad().  Set "
                "requires_grad=True on a leaf first."
            )
        return self.node

    def backward(
        self,
        gradient: Tensor | None = None,
        retain_graph: bool | None = None,
        create_graph: bool = False,
        inputs: Tensor | list[Tensor] | tuple[Tensor, ...] | None = None,
    ) -> None:
        """Add the gradient of this tensor to `.grad` of every leaf that it was computed from.

        Parameters
        ----------
        gradient : Tensor, optional
            dL/d(this), of the shape of this tensor; needed unless it is one number.
        retain_graph : bool, optional
            Whether to keep what the derivative rules read, for another call; by default, if
            `create_graph`.
        create_graph : bool, default False
            Whether to record the derivatives themselves; prefer `autograd.grad`.
        inputs : Tensor or sequence of Tensor, optional
            Only these get a gradient.

        Raises
        ------
        RuntimeError
            If this has no record, or the record was freed or written over since.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> x = tg.tensor([1.0, 2.0], requires_grad=True)
        >>> (x * x).sum().backward()
        >>> x.grad
        tensor([2., 4.])
        """
        go_back([self], [gradient], retain_graph, create_graph, inputs)

    # -------------------------------------------------------- writing in place

    def _write(self, result: Any, name: str) -> Tensor:
        """Become `result`: its values go into the memory if no gradient is involved; else all that
        look into the memory are paired with new arrays and nodes, and no saved array is touched."""
        array = result.array
        if array.shape != self.shape or RANKS[array.dtype.kind] > RANKS[self.dtype.kind]:
            given, own = described(array), described(self.array)
            raise RuntimeError(f"{name}: {given} does not fit into {own} in place; see x = x + y")
        if self._involves_gradient(result):
            self._refuse_to_record(name)
            views.write(self, result.astype(self.dtype))
        else:
            memory = self._memory(name)
            clock.stamp(memory)  # first: what Ctrl-C interrupts must not go unnoticed
            memory[...] = array.astype(self.dtype, copy=False)
        return self

    def _memory(self, name: str) -> Array:
        """The array, to write into."""
        if not self.array.flags.writeable:
            self._refuse_repeated(name)
        return cast(Array, views.writable(self.array, name))

    def _reshape(self, function: Callable[..., Tensor], name: str, *dims: Any) -> Tensor:
        """Become the view of itself that `function` gives: x.t_(), x.squeeze_()."""
        if mode.recording:
            self._refuse_leaf(name)
        with enable_grad():  # a view is recorded even where writes are not: its node stays right
            return views.reshape_in_place(self, function(self, *dims))  # type: ignore[no-any-return]

    def _involves_gradient(self, value: Any) -> bool:
        if not mode.recording:
            return False
        noded = self.node is not None or getattr(value, "node", None) is not None
        noded = noded or (self._base is not None and self._base.node is not None)
        return noded and self.array.dtype.kind == "f"  # whole numbers and bools have no gradient

    def _refuse_to_record(self, name: str) -> None:
        self._refuse_leaf(name)
        self._refuse_repeated(name)
        if self.node is None and self._base is not None and self._base.node is not None:
            raise RuntimeError(
                f"{name}: the tensor is a view of {self._base.node!r} that was taken under "
                "no_grad(), so nothing says whether a gradient is to flow through it.  Take the "
                "view while ops are recorded, or write to a copy: x = x.clone()"
            )

    def _refuse_repeated(self, name: str) -> None:
        if views.repeats_values(self.array):
            raise RuntimeError(
                f"{name}: several places of this tensor of shape {self.array.shape} lie at one "
                "place of the memory (it is expanded, or its windows overlap), so they cannot be "
                "written one by one.  "
                "Write to a copy: x = x.clone()"
            )

    def _refuse_result(self, name: str, instead: str) -> None:
        if not self.is_leaf:
            raise RuntimeError(f"{name}: the tensor is the result of {self.node!r}; {instead}")

    def _refuse_leaf(self, name: str) -> None:
        root = views.root_of(self)
        if (root.node is not None and root.is_leaf) or (self.node is not None and self.is_leaf):
            what = "a leaf" if root is self else "a view of a leaf"
            raise RuntimeError(
                f"{name}: {what} that requires grad is written in place while ops are recorded.  "
                "To train it, write under `with no_grad():`; to compute with it, write x = x + y"
            )

    def __getitem__(self, key: Any) -> Tensor:
        arrays, rest = ops.split_key(key)
        return ops.getitem(self, *arrays, key=rest)

    def __setitem__(self, key: Any, value: Any) -> None:
        if value is None:
            raise TypeError("x[...] = None: a tensor holds numbers; write 0 or float('nan')")
        arrays, rest = ops.split_key(key)
        if not arrays and self._holds(value, rest):
            return
        if self._involves_gradient(value):
            self._refuse_to_record("x[...] = v")
            views.write(self, ops.setitem(self, value, *arrays, key=rest))
            return
        try:
            memory = self._memory("x[...] = v")
            part, at = ops.assign(memory, plain(value), [plain(x) for x in arrays], rest)
            clock.stamp(part, key=at) if arrays else clock.stamp(self.array[rest])
        except (IndexError, ValueError, TypeError) as error:
            given = tuple(plain(x) for x in (self, value, *arrays))
            raise ops.setitem.op.explained(error, given, {"key": rest}) from None
        except KeyboardInterrupt:  # some elements may be written
            clock.stamp(self.array)
            raise

    def _holds(self, value: Any, key: Any) -> bool:
        """Is the value x[key] itself, as where x[key] += v stores back what it has written?"""
        if getattr(value, "_base", None) is not views.root_of(self):
            return False
        steps: Any = ops.getitem(self, key=key)._steps
        return value._steps[0] is steps[0] and value._steps[1:] == steps[1:]

    # -------------------------------------------------------- comparing and copying

    def __eq__(self, other: Any) -> Any:
        return ops.eq(self, other) if isinstance(other, _NUMERIC) else NotImplemented

    def __ne__(self, other: Any) -> Any:
        return ops.not_equal(self, other) if isinstance(other, _NUMERIC) else NotImplemented

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__()} - LEFT_OUT.keys())

    __hash__ = object.__hash__  # == compares values; a tensor is looked up by what it is

    def __copy__(self) -> Any:
        if numpy_protocol.is_for_a_plot():  # a line keeps a copy of its data, not of their record
            return self.array.copy()
        new = _rebuilt(type(self), self.array, self.requires_grad)
        new.__dict__.update(self.__dict__)
        return new

    def __deepcopy__(self, memo: dict[Any, Any]) -> Tensor:
        from copy import deepcopy

        self._refuse_result("deepcopy", "copy t.detach(), or use t.clone() to stay in the record")
        new = memo[id(self)] = _rebuilt(type(self), self.array.copy(), self.requires_grad)
        new.grad = deepcopy(self.grad, memo)
        new.__dict__.update(deepcopy(self.__dict__, memo))
        return new

    def __reduce__(self) -> Any:
        self._refuse_result("pickle", "pickle t.detach()")
        return (_rebuilt, (type(self), self.array, self.requires_grad), self.__dict__ or None)


graph.Tensor = Tensor


def go_back(
    outputs: Sequence[Tensor],
    gradients: Sequence[Any],
    retain_graph: bool | None,
    create_graph: bool,
    inputs: Any,
) -> None:
    """Add dL/d(leaf) to every leaf behind the outputs, or to the `inputs`: what `backward` does."""
    only = None
    if inputs is not None:
        if isinstance(inputs, dict):
            inputs = list(inputs.values())
        inputs = [inputs] if isinstance(inputs, TensorBase) else list(inputs)
        if not inputs:
            raise RuntimeError("backward: inputs= is empty; leave it out to reach every leaf")
        only = {x._require_node("backward(inputs=)") for x in inputs}
    roots: dict[Node, Any] = {}
    for output, gradient in zip(outputs, gradients, strict=True):
        node, g = output._require_node("backward"), root_gradient(output, gradient, create_graph)
        roots[node] = roots[node] + g if node in roots else g
    keep = create_graph if retain_graph is None else retain_graph
    leaf.backward(roots, keep, create_graph, only)


def root_gradient(output: Tensor, gradient: Any, create_graph: bool = False) -> Any:
    """dL/d(output), checked: 1 for a single number, else what the caller gave."""
    if gradient is None:
        if output.array.size != 1:
            how = "reduce it to one number first, with sum() or mean(), or give gradient="
            raise RuntimeError(f"backward: the tensor has shape {output.array.shape}: {how}")
        one = row_of_ones(1, output.array.dtype).reshape(output.array.shape)
        return Tensor(one) if create_graph else one
    given = as_array(plain(gradient))
    if given.shape != output.shape:
        raise RuntimeError(
            f"backward: gradient= is {given.shape}, but the tensor is {output.array.shape}"
        )
    if create_graph and isinstance(gradient, TensorBase):
        return gradient
    given = given.astype(output.dtype)  # a copy: the caller may write to it, as to a .grad
    return Tensor(given) if create_graph else given


def _rebuilt(cls: type[Tensor], array: Array, requires_grad: bool) -> Tensor:
    new = cls.__new__(cls)
    Tensor.__init__(new, array)
    return new.requires_grad_(requires_grad)


def _new_array(data: Any, node: Any, sizes: tuple[int, ...]) -> tuple[Array, Any]:
    """For `Tensor([1, 2])`, `Tensor(2, 3)` and `Tensor(x.size())`: numbers, or zeros of a shape, in
    the default float, as in PyTorch."""
    whole = isinstance(data, int | np.integer) and not isinstance(data, bool)
    if whole and (isinstance(data, int) or node is not None):
        shape = (data, *(() if node is None else (node,)), *sizes)
        return np.zeros(size_given("Tensor", shape), get_default_dtype()), None
    if isinstance(data, Size):
        return np.zeros(data, get_default_dtype()), node
    if isinstance(data, list | tuple | range):
        return array_of(data, get_default_dtype()), node
    if data is None or type(data) in (bool, float, str):
        raise TypeError(f"Tensor: it takes sizes, or a list of numbers; see tensor({data!r})")
    return array_of(data), node


CPU = device()
_NUMERIC = (TensorBase, np.ndarray, np.generic, int, float, list, tuple)
_NO_LEAF = (
    "grad: this is the result of an op, not a leaf, so backward() leaves no gradient here. To keep "
    "it, call retain_grad() before backward(). If it was to be a weight: `w = w - lr * w.grad` "
    "makes a new tensor; write `w -= lr * w.grad` under `with no_grad():`"
)
