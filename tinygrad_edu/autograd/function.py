"""Steps of the record that a user writes by hand: `Function`, as in PyTorch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial, wraps
from typing import Any, ClassVar

import numpy as np

from .. import views
from ..creation import as_tensor
from ..dtypes import Array
from ..engine import graph, observing
from ..engine.clock import owner_of
from ..engine.grad_mode import enable_grad, mode, no_grad
from ..engine.graph import Node, Op, Parts, TensorBase
from ..engine.outputs import arrived_at, inputs_node, outputs
from ..printing import Shown, call_text
from ..tensor import Tensor

__all__ = ["Function", "FunctionCtx", "once_differentiable"]


def __dir__() -> list[str]:
    return __all__


class FunctionCtx:
    """What the forward pass of a `Function` leaves for its backward pass.

    Any attribute may be set on it.

    Parameters
    ----------
    nodes : sequence of Node or None
        The node of each argument of `forward`; None for what needs no gradient.

    Attributes
    ----------
    needs_input_grad : tuple of bool
        For each argument of `forward`, whether it needs a gradient.
    saved_tensors : tuple
        In `backward`, what `save_for_backward` was given.
    """

    def __init__(self, nodes: Sequence[Node | None] = ()) -> None:
        self._nodes, self.needs_input_grad = nodes, tuple([node is not None for node in nodes])
        self.saved_tensors: tuple[Any, ...] = ()
        self._dirty: tuple[Any, ...] = ()
        self._constants: tuple[Any, ...] = ()
        self._materialize = True
        self._are_tensors: list[bool] = []  # of the results
        self._likes: list[tuple[Any, Any]] = []  # shape and dtype of each result that is a tensor

    def __repr__(self) -> str:
        own = {name: value for name, value in vars(self).items() if name[0] != "_"}
        return call_text(self, **own)

    def save_for_backward(self, *tensors: Tensor | None) -> None:
        """Keep arguments or results for `backward`, which finds them in `ctx.saved_tensors`.

        Parameters
        ----------
        *tensors : Tensor or None
            What is written to them afterwards is an error in the backward pass.

        Raises
        ------
        TypeError
            For what is neither a Tensor nor None: set it as an attribute of `ctx` instead.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> class Square(tg.autograd.Function):
        ...     @staticmethod
        ...     def forward(ctx, x):
        ...         ctx.save_for_backward(x)
        ...         return x * x
        ...     @staticmethod
        ...     def backward(ctx, grad_output):
        ...         (x,) = ctx.saved_tensors
        ...         return 2 * x * grad_output
        >>> x = tg.tensor(3.0, requires_grad=True)
        >>> Square.apply(x).backward()
        >>> x.grad
        tensor(6.)
        """
        for i, x in enumerate(tensors):
            if not isinstance(x, TensorBase | None):
                raise TypeError(
                    f"save_for_backward: number {i} is {x!r}, a {type(x).__name__}; it keeps "
                    "Tensors, and watches what is written to them.  Say ctx.name = it instead"
                )
        self.saved_tensors = tensors

    def save_for_forward(self, *tensors: Tensor | None) -> None:
        """Accept tensors that PyTorch would hand to `Function.jvp`.

        Nothing is kept: derivatives in forward mode are computed from `backward` here.

        Parameters
        ----------
        *tensors : Tensor or None
            What PyTorch's `jvp` would read.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> class Double(tg.autograd.Function):
        ...     @staticmethod
        ...     def forward(ctx, x):
        ...         ctx.save_for_forward(x)
        ...         return 2 * x
        ...     @staticmethod
        ...     def backward(ctx, grad_output):
        ...         return 2 * grad_output
        >>> tg.func.jvp(Double.apply, (tg.tensor(3.0),), (tg.tensor(1.0),))
        (tensor(6.), tensor(2.))
        """

    def mark_dirty(self, *args: Tensor) -> None:
        """Declare that `forward` wrote to these arguments, which it must also return.

        Parameters
        ----------
        *args : Tensor
            The arguments that were modified in place.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> class DoubleInPlace(tg.autograd.Function):
        ...     @staticmethod
        ...     def forward(ctx, x):
        ...         x.mul_(2)
        ...         ctx.mark_dirty(x)
        ...         return x
        ...     @staticmethod
        ...     def backward(ctx, grad_output):
        ...         return 2 * grad_output
        >>> x = tg.tensor(3.0, requires_grad=True)
        >>> y = x * 1
        >>> DoubleInPlace.apply(y) is y
        True
        >>> y.backward()
        >>> x.grad
        tensor(2.)
        """
        self._dirty = args

    def mark_non_differentiable(self, *args: Tensor) -> None:
        """Declare that these results do not depend on the arguments in a differentiable way.

        They do not require grad.  `backward` still receives a gradient for each: zeros, or None
        after `set_materialize_grads(False)`.

        Parameters
        ----------
        *args : Tensor
            Results of `forward`, such as indices.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> class Sorted(tg.autograd.Function):
        ...     @staticmethod
        ...     def forward(ctx, x):
        ...         values, indices = x.sort()
        ...         ctx.mark_non_differentiable(indices)
        ...         ctx.save_for_backward(indices)
        ...         return values, indices
        ...     @staticmethod
        ...     def backward(ctx, grad_values, grad_indices):
        ...         (indices,) = ctx.saved_tensors
        ...         return tg.zeros_like(grad_values).scatter(0, indices, grad_values)
        >>> x = tg.tensor([3.0, 1.0], requires_grad=True)
        >>> values, indices = Sorted.apply(x)
        >>> values.requires_grad, indices.requires_grad
        (True, False)
        """
        self._constants = args

    def set_materialize_grads(self, value: bool) -> None:
        """Choose what `backward` receives for a result through which no gradient flows.

        Parameters
        ----------
        value : bool
            True (how it is unless this is called): a tensor of zeros.  False: None.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> class Both(tg.autograd.Function):
        ...     @staticmethod
        ...     def forward(ctx, x):
        ...         ctx.set_materialize_grads(False)
        ...         return 2 * x, 3 * x
        ...     @staticmethod
        ...     def backward(ctx, g2, g3):
        ...         print(g3)  # nothing flows through the second result
        ...         return 2 * g2
        >>> x = tg.tensor(1.0, requires_grad=True)
        >>> Both.apply(x)[0].backward()
        None
        """
        self._materialize = value

    def _own_memory(self, result: Any, args: Sequence[Any]) -> Array:
        """The array of a result.  One that looks into the memory of an argument is a copy: no
        record says how, so a write to one could not reach the other."""
        if any(result is x for x in self._dirty):
            return result.array  # type: ignore[no-any-return]
        owners = [owner_of(x.array) for x in args if isinstance(x, TensorBase)]
        shared = any(owner_of(result.array) is owner for owner in owners)
        return np.array(result.array) if shared else result.array

    def _materialized(self, grads: Sequence[Any]) -> list[Any]:
        """The gradients that arrived, with zeros where none did, if those are wanted."""
        if not self._materialize:
            return list(grads)
        pairs = zip(grads, self._likes, strict=True)
        return [np.zeros(*like) if g is None else g for g, like in pairs]


class Function(Shown):
    """Base class of an operation whose derivative is written by hand.

    A subclass defines two static methods: `forward(ctx, *args)` computes the results, outside the
    record; `backward(ctx, *grad_outputs)` returns dL/d(arg) for each argument of `forward`, None
    for an argument that has no gradient.  It is called by `apply`.

    `forward` may leave out `ctx` if the class also defines `setup_context(ctx, inputs, output)`,
    which saves what `backward` reads.  Then `apply` takes keywords too.

    A `backward` that is computed with ops can be differentiated again.  Derivatives in forward mode
    (`func.jvp`) and `func.vmap` need nothing more: they are computed from `forward` and `backward`,
    so a `jvp` or `vmap` that PyTorch would ask for is accepted and not called.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> class Exp(tg.autograd.Function):
    ...     @staticmethod
    ...     def forward(x):
    ...         return x.exp()
    ...
    ...     @staticmethod
    ...     def setup_context(ctx, inputs, output):
    ...         ctx.save_for_backward(output)
    ...
    ...     @staticmethod
    ...     def backward(ctx, grad_output):
    ...         (y,) = ctx.saved_tensors
    ...         return grad_output * y
    >>> Exp.apply(tg.tensor(0.0, requires_grad=True))
    tensor(1., grad_fn=<ExpBackward0>)
    """

    generate_vmap_rule = True
    _op: ClassVar[Op]
    _signature: ClassVar[Any] = None

    def __init_subclass__(cls) -> None:
        def computed(arguments: Any, *_kept: Any, ctx: Any) -> None: ...

        computed.__name__ = cls.__name__
        cls._op, cls._signature = Op(computed, [partial(_to_arguments, function=cls)], {}), None

    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any:
        """Compute the results; a subclass defines this.

        Parameters
        ----------
        *args, **kwargs : any
            `ctx` first (unless `setup_context` is defined), then the arguments of `apply`.

        Returns
        -------
        Tensor, or a tuple of Tensors and other objects
            What `apply` returns.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> class Square(tg.autograd.Function):
        ...     @staticmethod
        ...     def forward(ctx, x):
        ...         ctx.save_for_backward(x)
        ...         return x * x
        ...     @staticmethod
        ...     def backward(ctx, grad_output):
        ...         (x,) = ctx.saved_tensors
        ...         return 2 * x * grad_output
        >>> Square.apply(tg.tensor(3.0))
        tensor(9.)
        """
        raise NotImplementedError("Function: a subclass defines forward(ctx, *args)")

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> Any:
        """Save what `backward` reads; a subclass whose `forward` does not take `ctx` defines this.

        Parameters
        ----------
        ctx : FunctionCtx
            Where to save it.
        inputs : tuple
            The arguments of `forward`, with the defaults of those that were left out.
        output : any
            What `forward` returned.

        Returns
        -------
        None
            What it returns is ignored.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> class Exp(tg.autograd.Function):
        ...     @staticmethod
        ...     def forward(x):
        ...         return x.exp()
        ...     @staticmethod
        ...     def setup_context(ctx, inputs, output):
        ...         ctx.save_for_backward(output)
        ...     @staticmethod
        ...     def backward(ctx, grad_output):
        ...         (y,) = ctx.saved_tensors
        ...         return grad_output * y
        >>> x = tg.tensor(0.0, requires_grad=True)
        >>> Exp.apply(x).backward()
        >>> x.grad
        tensor(1.)
        """
        raise NotImplementedError("Function: a subclass defines setup_context(ctx, inputs, output)")

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> Any:
        """Compute dL/d(arg) for each argument of `forward`; a subclass defines this.

        Parameters
        ----------
        ctx : FunctionCtx
            What `forward` or `setup_context` has saved.
        *grad_outputs : Tensor or None
            dL/d(result) for each result of `forward`.

        Returns
        -------
        Tensor, None, or a tuple of them
            One for each argument, of its shape; None for an argument that has no gradient.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> class Power(tg.autograd.Function):
        ...     @staticmethod
        ...     def forward(ctx, x, n):
        ...         ctx.save_for_backward(x)
        ...         ctx.n = n
        ...         return x**n
        ...     @staticmethod
        ...     def backward(ctx, grad_output):
        ...         (x,) = ctx.saved_tensors
        ...         return grad_output * ctx.n * x ** (ctx.n - 1), None  # the exponent has none
        >>> x = tg.tensor(2.0, requires_grad=True)
        >>> Power.apply(x, 3).backward()
        >>> x.grad
        tensor(12.)
        """
        raise NotImplementedError("Function: a subclass defines backward(ctx, *grad_outputs)")

    vjp = backward  # the other name under which PyTorch looks for it

    @staticmethod
    def jvp(ctx: Any, *grad_inputs: Any) -> Any:
        """Not called: the derivative in forward mode is computed from `backward`.

        Parameters
        ----------
        ctx : FunctionCtx
            As in PyTorch.
        *grad_inputs : Tensor or None
            As in PyTorch: d(arg) for each argument of `forward`.

        Returns
        -------
        Tensor
            In PyTorch, d(result).

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> class Double(tg.autograd.Function):
        ...     @staticmethod
        ...     def forward(ctx, x):
        ...         return 2 * x
        ...     @staticmethod
        ...     def backward(ctx, grad_output):
        ...         return 2 * grad_output
        >>> tg.func.jvp(Double.apply, (tg.tensor(3.0),), (tg.tensor(1.0),))
        (tensor(6.), tensor(2.))
        """
        raise NotImplementedError("Function: forward mode is computed from backward; see func.jvp")

    @staticmethod
    def vmap(info: Any, in_dims: Any, *args: Any) -> Any:
        """Not called: `func.vmap` calls `forward` for each slice.

        Parameters
        ----------
        info : object
            As in PyTorch.
        in_dims : tuple of int or None
            As in PyTorch: the batch dimension of each argument.
        *args : any
            As in PyTorch: the arguments of `forward`.

        Returns
        -------
        tuple
            In PyTorch, the results and their batch dimensions.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> class Double(tg.autograd.Function):
        ...     @staticmethod
        ...     def forward(ctx, x):
        ...         return 2 * x
        ...     @staticmethod
        ...     def backward(ctx, grad_output):
        ...         return 2 * grad_output
        >>> tg.func.vmap(Double.apply)(tg.tensor([1.0, 2.0]))
        tensor([2., 4.])
        """
        raise NotImplementedError("Function: func.vmap calls forward for each slice")

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        """Call `forward`, as one step of the record.

        Parameters
        ----------
        *args : any
            The arguments of `forward`, without `ctx`.
        **kwargs : any
            The same by name, if the class defines `setup_context`.

        Returns
        -------
        Tensor, or a tuple of Tensors and other objects
            What `forward` returned: tensors with `backward` as their derivative.

        Raises
        ------
        TypeError
            If an argument is given by name, and the class defines no `setup_context`.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> class Double(tg.autograd.Function):
        ...     @staticmethod
        ...     def forward(ctx, x):
        ...         return 2 * x
        ...     @staticmethod
        ...     def backward(ctx, grad_output):
        ...         return 2 * grad_output
        >>> Double.apply(tg.tensor(3.0, requires_grad=True))
        tensor(6., grad_fn=<DoubleBackward0>)
        """
        separate = cls.setup_context is not Function.setup_context
        if separate:
            args = cls._bound(args, kwargs)
        elif kwargs:
            raise TypeError(
                f"{cls.__name__}.apply: it takes keywords only if the class defines "
                f"setup_context(); give {', '.join(kwargs)} by place"
            )
        ctx = FunctionCtx([getattr(x, "node", None) for x in args])
        with no_grad():
            made = cls.forward(*args) if separate else cls.forward(ctx, *args)
            if separate:
                cls.setup_context(ctx, args, made)
        if not (mode.recording and any(ctx.needs_input_grad)):
            return made
        outs = cls._recorded(ctx, made if isinstance(made, tuple) else (made,), args)
        if observing.looked_at is not None:
            observing.look_at_results(outs)
        return tuple(outs) if isinstance(made, tuple) else outs[0]

    @classmethod
    def _bound(cls, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
        """The arguments of `forward` by place, with the defaults of those that were left out."""
        if cls._signature is None:
            from inspect import signature  # slow to import, and seldom needed

            cls._signature = signature(cls.forward)
        bound = cls._signature.bind(*args, **kwargs)
        bound.apply_defaults()
        return bound.args  # type: ignore[no-any-return]

    @classmethod
    def _recorded(cls, ctx: Any, made: Sequence[Any], args: Sequence[Any]) -> list[Any]:
        """The results, with a Node whose rule calls `backward`; those that are no tensors as they
        are."""
        ctx._are_tensors = [isinstance(x, TensorBase) for x in made]
        results = [x for x in made if isinstance(x, TensorBase)]
        ctx._likes = [(x.array.shape, x.array.dtype) for x in results]
        given = set(map(id, args))
        places = {id(y): k for k, y in enumerate(results) if id(y) not in given}
        places[id(None)] = NOTHING
        ctx._places = [places.get(id(t)) for t in ctx.saved_tensors]  # of a result, else None
        kept, ctx.saved_tensors = [t for t in ctx.saved_tensors if id(t) not in places], ()
        shapes = tuple([() if node is None else node.shape for node in ctx._nodes])
        whole = inputs_node(tuple(ctx._nodes), shapes, None)
        ys: Any = Parts(ctx._own_memory(result, args) for result in results)
        y: Any = ys if len(ys) != 1 else ys[0]
        plan, inputs = cls._op[True, *[t.node is not None for t in kept]], [t.node for t in kept]
        needed = y if any(place is not None for place in ctx._places) else y.shape
        saved = (needed, shapes, *[t.array for t in kept])
        node = graph.record(plan, (whole, *inputs), saved, {"ctx": ctx}, y.shape, y.dtype)
        recorded: Any = outputs(node, ys, arrived_at) if y is ys else (Tensor(y, node),)
        outs = map(partial(cls._result, ctx), results, recorded)
        return [next(outs) if one else x for one, x in zip(ctx._are_tensors, made, strict=True)]

    @classmethod
    def _result(cls, ctx: Any, made: Any, recorded: Any) -> Any:
        if any(made is x for x in ctx._constants):
            return made.detach()
        if any(made is x for x in ctx._dirty):
            made._refuse_to_record(f"{cls.__name__}, which wrote to its argument")
            views.write(made, recorded)
            return made
        return recorded

    @classmethod
    def _backward(cls) -> Callable[..., Any]:
        """The method that computes the gradients: `backward`, or PyTorch's other name for it."""
        found = [one for one in (cls.backward, cls.vjp) if one is not Function.backward]
        if len(found) != 1:
            how = "both, of which one is too many" if found else "neither"
            raise (RuntimeError if found else NotImplementedError)(
                f"{cls.__name__}: a Function defines backward(ctx, *grad_outputs), or vjp, which "
                f"is another name for it; this one defines {how}"
            )
        return found[0]


NOTHING = -1  # where None was saved


def _to_arguments(g: Any, y: Any, _shapes: Any, *kept: Any, ctx: Any, function: Any) -> Parts:
    """dL/d(arg) for all arguments of a Function, from its `backward`."""
    gs, ys = (list(g), y) if isinstance(g, Parts) else ([g], (y,))
    recorded, rest = any(isinstance(part, TensorBase) for part in gs), iter(kept)
    gs = ctx._materialized(gs)
    if not recorded:  # copies: `backward` may keep them, and write to them
        gs = [None if part is None else np.array(part) for part in gs]
    saved = [next(rest) if place is None else place >= 0 and ys[place] for place in ctx._places]
    ctx.saved_tensors = tuple([None if x is False else as_tensor(x) for x in saved])
    arrived = iter([None if part is None else as_tensor(part) for part in gs])
    with (enable_grad if recorded else no_grad)():
        grads = function._backward()(ctx, *[next(arrived) if t else None for t in ctx._are_tensors])
    ctx.saved_tensors = ()
    grads = grads if isinstance(grads, tuple) else (grads,)
    returned, n = f"{function.__name__}.backward returned", len(_shapes)
    if len(grads) > n and all(grad is None for grad in grads[n:]):  # of arguments left out
        grads = grads[:n]
    if len(grads) != n:
        raise RuntimeError(f"{returned} {len(grads)} gradients for the {n} arguments; None is one")
    dtype = ctx._likes[0][1] if ctx._likes else None
    parts = []
    for i, (grad, shape) in enumerate(zip(grads, _shapes, strict=True)):
        if grad is None or not ctx.needs_input_grad[i]:
            grad = np.zeros(shape, dtype)
        if grad.shape != shape:
            where = f"argument {i} of forward, which has shape {shape}"
            raise RuntimeError(f"{returned} a gradient of shape {tuple(grad.shape)} for {where}")
        # A view: what `backward` returned may be held elsewhere, so a leaf does not keep its bytes.
        parts.append(as_tensor(grad) if recorded else as_tensor(grad).array.view())
    return Parts(parts)


# ---------------------------------------------------------------- differentiated once only


class _Constant(Function):
    """Gradients that were computed outside the record: to differentiate them is an error."""

    @staticmethod
    def forward(ctx: Any, gradient: Tensor, *_: Any) -> Tensor:
        return gradient

    @staticmethod
    def backward(ctx: Any, *_: Any) -> Any:
        raise RuntimeError(
            "backward: a Function whose backward() is marked @once_differentiable was to be "
            "differentiated twice; take the mark away if that backward() is computed with ops"
        )


def once_differentiable(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Mark the `backward` of a Function as not differentiable itself.

    It runs outside the record, so it may use NumPy.  A second derivative through it is an error
    instead of a wrong number.

    Parameters
    ----------
    fn : callable
        `backward(ctx, *grad_outputs)`; `@staticmethod` stands above this decorator.

    Returns
    -------
    callable

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> from tinygrad_edu.autograd.function import once_differentiable
    >>> class Cube(tg.autograd.Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         ctx.x = x.detach().numpy()
    ...         return x**3
    ...     @staticmethod
    ...     @once_differentiable
    ...     def backward(ctx, grad_output):
    ...         return tg.as_tensor(3 * ctx.x**2) * grad_output
    >>> x = tg.tensor(2.0, requires_grad=True)
    >>> Cube.apply(x).backward()
    >>> x.grad
    tensor(12.)
    """

    @wraps(fn)
    def once(ctx: Any, *args: Any, **kwargs: Any) -> Any:
        with no_grad():
            grads = fn(ctx, *args, **kwargs)
        behind = [x for x in args if getattr(x, "node", None) is not None]
        if not (mode.recording and behind):
            return grads
        several = grads if isinstance(grads, tuple) else (grads,)
        made = [x if x is None else _Constant.apply(x.detach(), *behind) for x in several]
        return tuple(made) if isinstance(grads, tuple) else made[0]

    return once
