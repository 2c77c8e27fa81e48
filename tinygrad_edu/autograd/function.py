"""Steps of the record made by hand: `Function`, as in PyTorch, and `checkpoint`, which is one."""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import zip_longest
from typing import Any, ClassVar

import numpy as np

from .. import views
from ..creation import as_tensor
from ..dtypes import Array
from ..engine.backward import ops_behind
from ..engine.clock import clock, owner_of
from ..engine.grad_mode import enable_grad, mode, no_grad
from ..engine.graph import Node, Op, Parts, TensorBase
from ..engine.outputs import inputs_node, outputs
from ..func import leaves, like, pulled
from ..rng import drawn_from
from ..tensor import Tensor


class Context:
    """What `forward` leaves for `backward`: the tensors that it saved, any attribute that it set,
    and `needs_input_grad`, which says of each argument whether it needs a gradient."""

    def __init__(self, ends: list[Node | None]) -> None:
        self.ends, self.needs_input_grad = ends, tuple([end is not None for end in ends])
        self.saved_tensors: tuple[Any, ...] = ()
        self.dirty: tuple[Any, ...] = ()
        self.constants: tuple[Any, ...] = ()
        self.are_tensors: list[bool] = []  # of the results

    def save_for_backward(self, *tensors: Any) -> None:
        """Keep these arguments or results: `backward` finds them in `ctx.saved_tensors`.  None is
        kept too.  Raises TypeError for what is no Tensor."""
        for i, x in enumerate(tensors):
            if not isinstance(x, TensorBase | None):
                raise TypeError(
                    f"save_for_backward: number {i} is {x!r}, a {type(x).__name__}; it keeps "
                    "Tensors, and watches what is written to them.  Say ctx.name = it instead"
                )
        self.saved_tensors = tensors

    def mark_dirty(self, *tensors: Any) -> None:
        """Say that `forward` wrote to these arguments, which it also returns."""
        self.dirty = tensors

    def mark_non_differentiable(self, *tensors: Any) -> None:
        """Say that these results are constants."""
        self.constants = tensors

    def own_memory(self, result: Any, args: Sequence[Any]) -> Array:
        """The numbers of a result.  One that looks into the memory of an argument is a copy: no
        record says how, so a write to one could not reach the other."""
        if any(result is x for x in self.dirty):
            return result.array  # type: ignore[no-any-return]
        owners = [owner_of(x.array) for x in args if isinstance(x, TensorBase)]
        shared = any(owner_of(result.array) is owner for owner in owners)
        return np.array(result.array) if shared else result.array

    def set_materialize_grads(self, value: bool) -> None:
        """A gradient that did not arrive is always zeros here, so nothing is to be set."""


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
            if hasattr(cls, "setup_context"):
                made = cls.forward(*args)
                cls.setup_context(ctx, args, made)
            else:
                made = cls.forward(ctx, *args)
        if not (mode.recording and any(ctx.needs_input_grad)):
            return made
        outs = cls._recorded(ctx, made if isinstance(made, tuple) else (made,), args)
        return tuple(outs) if isinstance(made, tuple) else outs[0]

    @classmethod
    def _recorded(cls, ctx: Any, made: Sequence[Any], args: Sequence[Any]) -> list[Any]:
        """The results, with a Node whose rule calls `backward`; those that are no tensors as they
        are."""
        ctx.are_tensors = [isinstance(x, TensorBase) for x in made]
        results = [x for x in made if isinstance(x, TensorBase)]
        given = set(map(id, args))
        places = {id(y): k for k, y in enumerate(results) if id(y) not in given}
        places[id(None)] = NOTHING
        ctx.places = [places.get(id(t)) for t in ctx.saved_tensors]  # of a result, else None
        kept, ctx.saved_tensors = [t for t in ctx.saved_tensors if id(t) not in places], ()
        shapes = tuple([() if node is None else node.shape for node in ctx.ends])
        whole = inputs_node(tuple(ctx.ends), shapes, None)
        ys: Any = Parts(ctx.own_memory(result, args) for result in results)
        y: Any = ys if len(ys) != 1 else ys[0]
        plan, inputs = cls._op[True, *[t.node is not None for t in kept]], [t.node for t in kept]
        needed = y if any(place is not None for place in ctx.places) else y.shape
        saved = (needed, shapes, *[t.array for t in kept])
        node = Node(plan, (whole, *inputs), saved, {"ctx": ctx}, y.shape, y.dtype)
        recorded: Any = outputs(node, ys) if y is ys else (Tensor(y, node),)
        outs = map(partial(cls._result, ctx), results, recorded)
        return [next(outs) if one else x for one, x in zip(ctx.are_tensors, made, strict=True)]

    @classmethod
    def _result(cls, ctx: Any, made: Any, recorded: Any) -> Any:
        if any(made is x for x in ctx.constants):
            return made.detach()
        if any(made is x for x in ctx.dirty):
            made._refuse_to_record(f"{cls.__name__}, which wrote to its argument")
            views.write(made, recorded)
            return made
        return recorded


NOTHING = -1  # where None was saved


def _to_arguments(g: Any, y: Any, _shapes: Any, *kept: Any, ctx: Any, function: Any) -> Parts:
    """dL/d(arg) for all arguments of a Function, from its `backward`."""
    gs, ys = (g, y) if isinstance(g, Parts) else ((g,), (y,))
    recorded, rest = any(isinstance(part, TensorBase) for part in gs), iter(kept)
    gs = gs if recorded else Parts(map(np.array, gs))  # it may keep them, and write to them
    saved = [next(rest) if place is None else place >= 0 and ys[place] for place in ctx.places]
    ctx.saved_tensors = tuple([None if x is False else as_tensor(x) for x in saved])
    arrived = iter(gs)
    with (enable_grad if recorded else no_grad)():
        grads = function.backward(
            ctx, *[as_tensor(next(arrived)) if one else None for one in ctx.are_tensors]
        )
    ctx.saved_tensors = ()
    grads = grads if isinstance(grads, tuple) else (grads,)
    returned, n = f"{function.__name__}.backward returned", len(_shapes)
    if len(grads) > n and all(grad is None for grad in grads[n:]):  # of arguments left out
        grads = grads[:n]
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


def checkpoint(
    function: Callable[..., Any],
    *args: Any,
    use_reentrant: bool | None = None,
    preserve_rng_state: bool = True,
    determinism_check: str = "default",
    **kwargs: Any,
) -> Any:
    """function(*args), of whose record nothing is kept: the backward pass computes it again, with
    the same random numbers (Chen et al., "Training deep nets with sublinear memory cost", 2016).

    Gradients flow to the args, and to whatever else the function uses.  The random numbers are
    drawn anew unless `preserve_rng_state`.  `backward` raises RuntimeError if the function does
    other steps than before, as after model.eval(), unless `determinism_check` is "none".
    `use_reentrant` chooses between PyTorch's two ways; here there is one.
    """
    start, call = next(clock), partial(function, **kwargs)
    given = [Tensor(x.array, x.node) for x in args if isinstance(x, TensorBase)]  # before a write
    with drawn_from() as states:
        made = call(*args)
    results = leaves(made)
    behind = _steps_to(results, start)
    before = {node: None for step in behind for node in step.inputs if node and node.tick < start}
    if not before:
        return made
    ctx: Any = Context(list(before))
    ctx.function, ctx.states = call, states if preserve_rng_state else {}
    ctx.steps = None if determinism_check == "none" else list(map(_described, behind))
    ctx.args = [Tensor if isinstance(x, TensorBase) else x for x in args]
    ctx.nodes = [x.node for x in given]
    ctx.save_for_backward(*given)
    pairs = zip(results, _Checkpoint._recorded(ctx, results, ()), strict=True)
    return like(made, iter([x if _is_from_before(x, start, args) else y for x, y in pairs]))


def _is_from_before(x: Any, start: int, args: Sequence[Any]) -> bool:
    """Does this look into the memory of an argument, or of a tensor that was recorded before the
    tick `start`?  Then it stays in its own record, where writes to one reach the other."""
    if not isinstance(x, Tensor):
        return False
    root = views.root_of(x)
    older = root.node is not None and root.node.tick < start
    return older or any(isinstance(y, Tensor) and views.root_of(y) is root for y in args)


def _steps_to(results: Sequence[Any], start: int) -> list[Node]:
    """The ops since the tick `start` that led to these."""
    return ops_behind([y.node for y in results if isinstance(y, Tensor) and y.node], start)


def _described(step: Node) -> str:
    return f"{step.name} {step.shape} {step.dtype}"


class _Checkpoint(Function):
    @staticmethod
    def backward(ctx: Any, *grads: Any) -> tuple[Any, ...]:
        """Compute it again, up to what was there before, and go back from there."""
        tensors = map(Tensor, [x.array for x in ctx.saved_tensors], ctx.nodes)
        args = [next(tensors) if x is Tensor else x for x in ctx.args]
        start, now = next(clock), {g: g.get_state() for g in ctx.states}
        try:
            for generator, state in ctx.states.items():
                generator.set_state(state)
            with enable_grad():
                results = leaves(ctx.function(*args))
        finally:
            for generator, state in now.items():
                generator.set_state(state)
        steps = list(map(_described, _steps_to(results, start)))
        if ctx.steps not in (None, steps):
            raise _other_steps(ctx, steps[::-1], ctx.steps[::-1])
        pairs = [(y, g) for y, g in zip(results, grads, strict=True) if g is not None]
        us = [g if mode.recording else g.array for _, g in pairs]
        ys = [y for y, _ in pairs]
        found = pulled(ys, us, ctx.ends, create_graph=mode.recording, since=start)
        return tuple([found.get(end) for end in ctx.ends])


def _other_steps(ctx: Any, now: list[str], before: list[str]) -> RuntimeError:
    pairs = enumerate(zip_longest(before, now, fillvalue="nothing"))
    k, (was, step) = next((k, pair) for k, pair in pairs if pair[0] != pair[1])
    return RuntimeError(
        f"checkpoint: {ctx.function.func!r} was computed again for the backward pass, and did "
        f"other steps than in the forward pass: step {k} was {was}, and is {step} now.  Call "
        "backward() before model.eval(), or before whatever else changes what it does; "
        'determinism_check="none" goes on all the same'
    )
