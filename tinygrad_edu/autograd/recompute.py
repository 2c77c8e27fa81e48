"""Checkpoints: a function of whose record nothing is kept, and which is computed again."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from functools import partial
from itertools import zip_longest
from typing import Any

from .. import views
from ..engine.backward import ops_behind
from ..engine.clock import clock
from ..engine.grad_mode import enable_grad, mode
from ..engine.graph import Node, TensorBase
from ..func.traced_call import pulled
from ..func.trees import leaves, like
from ..rng import drawn_from
from ..tensor import Tensor
from .function import Function, FunctionCtx

__all__ = ["checkpoint"]


def checkpoint(
    function: Callable[..., Any],
    *args: Any,
    use_reentrant: bool | None = None,
    context_fn: Callable[[], tuple[Any, Any]] | None = None,
    preserve_rng_state: bool = True,
    determinism_check: str = "default",
    debug: bool = False,
    early_stop: bool = True,
    **kwargs: Any,
) -> Any:
    """Call a function of whose record nothing is kept: the backward pass computes it again.

    Gradients flow to the args, and to whatever else the function uses.

    Parameters
    ----------
    function : callable
        The function, or the module.
    *args, **kwargs
        What it is given.
    use_reentrant : bool, optional
        PyTorch's choice between its two ways.  Accepted; here there is one.
    context_fn : callable, optional
        Returns two context managers: one for the call now, one for the call in the backward pass.
    preserve_rng_state : bool, default True
        Whether the function draws the same random numbers again.
    determinism_check : {"default", "none"}
        Whether `backward` tests that the function does the same steps again.
    debug, early_stop : bool
        Accepted as in PyTorch, without effect.

    Returns
    -------
    object
        What the function returns.

    Raises
    ------
    RuntimeError
        In the backward pass, if the function does other steps than before, as after model.eval().

    References
    ----------
    Chen et al., "Training deep nets with sublinear memory cost", 2016.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> x = tg.tensor([0.0, 1.0], requires_grad=True)
    >>> tg.utils.checkpoint.checkpoint(tg.exp, x, use_reentrant=False).sum().backward()
    >>> x.grad
    tensor([1.0000, 2.7183])
    """
    start, call = next(clock), partial(function, **kwargs)
    around, around_again = context_fn() if context_fn else (nullcontext(), nullcontext())
    given = [Tensor(x.array, x.node) for x in args if isinstance(x, TensorBase)]  # before a write
    with drawn_from() as states, around:
        made = call(*args)
    results = leaves(made)
    behind = _steps_to(results, start)
    before = {node: None for step in behind for node in step.inputs if node and node.tick < start}
    if not before:
        return made
    ctx: Any = FunctionCtx(list(before))
    ctx.function, ctx.states = call, states if preserve_rng_state else {}
    ctx.around = around_again
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
            with enable_grad(), ctx.around:
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
        found = pulled(ys, us, ctx._nodes, create_graph=mode.recording, since=start)
        return tuple([found.get(end) for end in ctx._nodes])


def _other_steps(ctx: Any, now: list[str], before: list[str]) -> RuntimeError:
    pairs = enumerate(zip_longest(before, now, fillvalue="nothing"))
    k, (was, step) = next((k, pair) for k, pair in pairs if pair[0] != pair[1])
    return RuntimeError(
        f"checkpoint: {ctx.function.func!r} was computed again for the backward pass, and did "
        f"other steps than in the forward pass: step {k} was {was}, and is {step} now.  Call "
        "backward() before model.eval(), or before whatever else changes what it does; "
        'determinism_check="none" goes on all the same'
    )
