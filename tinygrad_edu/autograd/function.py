"""Steps of the record made by hand: `Function`, as in PyTorch, and `checkpoint`, which is one."""

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

import numpy as np

from ..backward import ops_behind
from ..clock import clock
from ..creation import as_tensor
from ..func import leaves, like, pulled
from ..grad_mode import enable_grad, mode, no_grad, set_grad_enabled
from ..graph import Node, Op, Parts, TensorBase
from ..outputs import inputs_node, outputs
from ..rng import get_rng_state, set_rng_state
from ..tensor import Tensor


class Context:
    """What `forward` leaves for `backward`: the tensors that it saved, any attribute that it set,
    and `needs_input_grad`, which says of each argument whether it needs a gradient."""

    def __init__(self, ends: list[Node | None]) -> None:
        self.ends, self.needs_input_grad = ends, tuple([end is not None for end in ends])
        self.saved_tensors: tuple[Any, ...] = ()

    def save_for_backward(self, *tensors: Any) -> None:
        """Keep these arguments or results: `backward` finds them in `ctx.saved_tensors`."""
        self.saved_tensors = tensors


class Function:
    """An op as PyTorch writes them: `forward(ctx, *args)` computes it, outside the record;
    `backward(ctx, *grads)` returns dL/d(arg) for each of the args, None for what has no gradient.

    A `backward` that is written in ops can be differentiated again.

    >>> import tinygrad_edu as tg
    >>> class Exp(Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         y = x.exp()
    ...         ctx.save_for_backward(y)
    ...         return y
    ...
    ...     @staticmethod
    ...     def backward(ctx, g):
    ...         (y,) = ctx.saved_tensors
    ...         return g * y
    >>> Exp.apply(tg.tensor(0.0, requires_grad=True))
    tensor(1., grad_fn=<ExpBackward0>)
    """

    forward: ClassVar[Callable[..., Any]]
    backward: ClassVar[Callable[..., Any]]
    _op: ClassVar[Op]

    def __init_subclass__(cls) -> None:
        def computed(arguments: Any, *_kept: Any, ctx: Any) -> None: ...

        computed.__name__ = cls.__name__
        cls._op = Op(computed, [partial(_to_arguments, function=cls)], {})

    @classmethod
    def apply(cls, *args: Any) -> Any:
        """forward(ctx, *args), as one step of the record."""
        ctx = Context([getattr(x, "node", None) for x in args])
        with no_grad():
            made = cls.forward(ctx, *args)
        return cls._recorded(ctx, made)

    @classmethod
    def _recorded(cls, ctx: Any, made: Any) -> Any:
        """The results, with a Node whose rule calls `backward`."""
        if not (mode.recording and any(ctx.needs_input_grad)):
            return made
        results = made if isinstance(made, tuple) else (made,)
        places = {id(result): k for k, result in enumerate(results)}
        ctx.places = [places.get(id(t)) for t in ctx.saved_tensors]  # of a result, else None
        kept, ctx.saved_tensors = [t for t in ctx.saved_tensors if id(t) not in places], ()
        shapes = tuple([() if node is None else node.shape for node in ctx.ends])
        whole = inputs_node(tuple(ctx.ends), shapes, None)
        y: Any = Parts(result.array for result in results)
        y = y if made is results else y[0]
        plan, inputs = cls._op[True, *[t.node is not None for t in kept]], [t.node for t in kept]
        needed = y if len(kept) < len(ctx.places) else y.shape
        saved = (needed, shapes, *[t.array for t in kept])
        node = Node(plan, (whole, *inputs), saved, {"ctx": ctx}, y.shape, y.dtype)
        return outputs(node, y) if made is results else Tensor(y, node)


def _to_arguments(g: Any, y: Any, _shapes: Any, *kept: Any, ctx: Any, function: Any) -> Parts:
    """dL/d(arg) for all arguments of a Function, from its `backward`."""
    gs, ys = (g, y) if isinstance(g, Parts) else ((g,), (y,))
    recorded, rest = any(isinstance(part, TensorBase) for part in gs), iter(kept)
    gs = gs if recorded else tuple(map(np.array, gs))  # it may keep them, and write to them
    saved = [next(rest) if place is None else ys[place] for place in ctx.places]
    ctx.saved_tensors = tuple(map(as_tensor, saved))
    with set_grad_enabled(recorded):
        grads = function.backward(ctx, *map(as_tensor, gs))
    ctx.saved_tensors = ()
    grads = grads if isinstance(grads, tuple) else (grads,)
    returned, n = f"{function.__name__}.backward returned", len(_shapes)
    if len(grads) != n:
        raise RuntimeError(f"{returned} {len(grads)} gradients for the {n} arguments; None is one")
    parts = []
    for i, (grad, shape) in enumerate(zip(grads, _shapes, strict=True)):
        if grad is None or not ctx.needs_input_grad[i]:
            grad = np.zeros(shape, gs[0].dtype)
        if grad.shape != shape:
            where = f"argument {i} of forward, which has shape {shape}"
            raise RuntimeError(f"{returned} a gradient of shape {tuple(grad.shape)} for {where}")
        # A view: what `backward` returned may be held elsewhere, so a leaf does not keep its bytes.
        parts.append(as_tensor(grad) if recorded else as_tensor(grad).array.view())
    return Parts(parts)


# ---------------------------------------------------------------- computed again, not kept


def checkpoint(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """function(*args), of whose record nothing is kept: the backward pass computes it again, with
    the same random numbers (Chen et al., "Training deep nets with sublinear memory cost", 2016).

    Gradients flow to the args, and to whatever else the function uses.
    """
    kwargs.pop("use_reentrant", None)  # there is only one way here
    start, state = next(clock), get_rng_state()
    made = function(*args, **kwargs)
    results = tuple(leaves(made))
    behind = ops_behind({y.node: None for y in results if y.node is not None}, start)
    before = {node: None for step in behind for node in step.inputs if node and node.tick < start}
    ctx: Any = Context(list(before))
    ctx.function, ctx.state = partial(function, **kwargs), state
    ctx.args = [Tensor if isinstance(x, TensorBase) else x for x in args]
    tensors = [x for x in args if isinstance(x, TensorBase)]
    ctx.nodes = [x.node for x in tensors]
    ctx.save_for_backward(*tensors)
    return like(made, iter(_Checkpoint._recorded(ctx, results)))


class _Checkpoint(Function):
    @staticmethod
    def backward(ctx: Any, *grads: Any) -> tuple[Any, ...]:
        """Compute it again, up to what was there before, and go back from there."""
        tensors = map(Tensor, [x.array for x in ctx.saved_tensors], ctx.nodes)
        args = [next(tensors) if x is Tensor else x for x in ctx.args]
        start, now = next(clock), get_rng_state()
        set_rng_state(ctx.state)
        try:
            with enable_grad():
                made = ctx.function(*args)
        finally:
            set_rng_state(now)
        us = [g if mode.recording else g.array for g in grads]
        found = pulled(leaves(made), us, ctx.ends, create_graph=mode.recording, since=start)
        return tuple([found.get(end) for end in ctx.ends])
