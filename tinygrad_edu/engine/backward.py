"""Replay: walk the record from its last Node to its first, applying one derivative per step.

>>> import numpy as np
>>> import tinygrad_edu as tg
>>> x = tg.tensor(3.0, requires_grad=True)
>>> y = (x * x).exp()
>>> for node, g, parts in replay({y.node: np.ones((), y.dtype)}):
...     print(node.name, [str(part) for part in parts])
exp ['8103.084']
multiply ['24309.252', '24309.252']
leaf []

Everything that asks for gradients (`backward`, `grad`, the diagrams, the checks) reads these steps.
"""

from collections.abc import Iterable, Iterator
from operator import attrgetter
from typing import Any

from numpy import ndarray

from ..sums import added, rows_added
from . import clock, graph
from .grad_mode import level, mode
from .graph import Node
from .hooked import after_step, before_step, watchable
from .outputs import outputs
from .packing import Packed

Steps = Iterator[tuple[Node, Any, list[Any]]]
Nodes = set[Node] | None
_tick = attrgetter("tick")


@watchable
def replay(
    roots: dict[Node, Any], create_graph: bool = False, only: Nodes = None, since: int = 0
) -> Steps:
    """The reverse pass, step by step: the node, the gradient g = dL/dy that arrived there, and the
    parts dL/d(input) that go on to its inputs (None where none is needed).  The leaves come last.

    `roots` maps the nodes to start from to their gradients, all arrays, or with `create_graph` all
    Tensors: then the rules run on Tensors, and are recorded.  Given `only`, no more than what leads
    to those nodes is computed; what was recorded up to the tick `since` counts as leaves.
    """
    order, needed = _leading_to(only, ops_behind(roots, since))
    _check_saved(order)
    grads: dict[Any, Any] = dict(roots)
    for node in order:
        g = grads.pop(node)
        if create_graph or node.hooks:
            g, parts = _watched_step(node, g, needed, grads, create_graph)
        else:
            parts = _step(node, g, node.saved, needed, grads)
        yield node, g, parts
    for end, g in grads.items():
        yield end, before_step(end, g)[0] if end.hooks else g, []


def _step(node: Node, g: Any, saved: Any, needed: Nodes, grads: dict[Any, Any]) -> list[Any]:
    """What the rules of a node give, a part for each input, in its shape and dtype.  It is added to
    the gradients that have arrived there."""
    inputs, params = node.inputs, node.params
    parts: list[Any] = [None] * len(inputs)
    if saved.__class__ is Packed:
        saved = saved.unpacked()
    for i, rule, shapes_only in node.plan.rules:  # type: ignore[union-attr]
        parent: Any = inputs[i]
        if needed is not None and parent not in needed:
            continue
        seen = saved
        if shapes_only:
            seen = [*saved]
            for k in shapes_only:
                x = seen[k]
                seen[k] = x.shape if x.__class__ is ndarray else graph.shape_of(x)
        if params:
            part = rule(g, *seen, **params)
        elif len(seen) == 2:  # most have one input or two, and a call that names them is quicker
            part = rule(g, seen[0], seen[1])
        elif len(seen) == 3:
            part = rule(g, seen[0], seen[1], seen[2])
        else:
            part = rule(g, *seen)
        if part.shape != parent.shape or part.dtype is not parent.dtype:
            part = _fitted(part, parent, node, i)
        parts[i] = part
        grads[parent] = grads[parent] + part if parent in grads else part
    return parts


def _watched_step(
    node: Node, g: Any, needed: Nodes, grads: dict[Any, Any], create_graph: bool
) -> tuple[Any, list[Any]]:
    """The same with hooks, or on Tensors, recorded: the gradient after the hooks, and the parts."""
    g, waits = before_step(node, g) if node.hooks else (g, False)
    before = mode.level if create_graph else None
    try:
        if create_graph:
            mode.level = level(True)
        saved = _as_tensors(node) if create_graph else node.saved
        parts = _step(node, g, saved, needed, {} if waits else grads)
    finally:
        if create_graph:
            mode.level = before
    return g, _after(node, parts, g, grads) if waits else parts


def ops_behind(roots: Iterable[Node], since: int = 0) -> list[Node]:
    """The ops recorded after the tick `since` that the roots depend on, newest first: every result
    before its inputs."""
    stack = [node for node in roots if node.plan and node.tick > since]
    seen = set(stack)
    while stack:
        node = stack.pop()
        for i, _, _ in node.plan.rules:  # type: ignore[union-attr]
            parent: Any = node.inputs[i]
            if parent.plan is not None and parent not in seen and parent.tick > since:
                seen.add(parent)
                stack.append(parent)
    return sorted(seen, key=_tick, reverse=True)


def _leading_to(only: Nodes, order: list[Node]) -> tuple[list[Node], Nodes]:
    """Of the ops in `order`, those that lead to the nodes in `only`; and all these nodes."""
    if only is None:
        return order, None
    needed = set(only)
    for node in reversed(order):
        if not needed.isdisjoint(node.inputs):
            needed.add(node)
    return [node for node in order if node in needed], needed


def _after(node: Node, parts: list[Any], g: Any, grads: dict[Any, Any]) -> list[Any]:
    """The parts after the hooks that wait for them, added to the gradients of the inputs."""
    parts = after_step(node, parts, g)
    for parent, part in zip(node.inputs, parts, strict=True):
        if part is not None:
            grads[parent] = grads[parent] + part if parent in grads else part
    return parts


def _as_tensors(node: Node) -> tuple[Any, ...]:
    """What the rules read, as Tensors at their places in the record, so that they are recorded."""
    places, op = (node, *node.inputs), node.plan.op  # type: ignore[union-attr]
    saved: Any = node.saved or ()
    saved = saved.unpacked() if saved.__class__ is Packed else saved
    seen = [x if at is None else _at(at, x) for x, at in zip(saved, places, strict=False)]
    if not op.residual:
        return tuple(seen)
    constant = all(node.inputs[i] is None for i in op.residual_of)
    return (*seen, saved[-1] if constant else op.residual(*seen[1:], **node.params))


def _at(node: Node, array: Any) -> Any:
    if array.__class__ is graph.Parts:
        return outputs(node, array)
    return array if isinstance(array, tuple) else graph.Tensor(array, node)


def _fitted(part: Any, parent: Node, node: Node, i: int) -> Any:
    """The part in the shape and dtype of the input."""
    if part.shape != parent.shape:
        part = _unbroadcast(part, parent, node, i)
    return part if part.dtype is parent.dtype else part.astype(parent.dtype)


def _unbroadcast(part: Any, parent: Node, node: Node, i: int) -> Any:
    """Sum over what broadcasting had repeated: the one place where broadcasting is undone."""
    shape, plain = parent.shape, part.__class__ is ndarray
    if plain and part.ndim == 2 and part.shape[1:] == shape:  # of a bias
        return rows_added(part)
    extra = part.ndim - len(shape)
    sizes = part.shape[max(extra, 0) :]
    if extra < 0 or any(n not in (1, m) for n, m in zip(shape, sizes, strict=True)):
        raise ValueError(
            f"{node.name}: the rule for input {i} returned shape {part.shape}, but that input has "
            f"shape {shape}.  A rule returns dL/d(input), in a shape that broadcasting gives to it."
        )
    repeated = [k + extra for k, n in enumerate(shape) if n == 1 != sizes[k]]
    axes = (*range(extra), *repeated)
    return (added(part, axes) if plain else part.sum(axis=axes)).reshape(shape)


def _check_saved(order: list[Node]) -> None:
    """Refuse to start if what a rule will read was freed, or written since it was saved."""
    newest_write = clock.newest_write
    for node in order:
        if node.saved is None:
            raise RuntimeError(
                f"backward: what {node.name} {node.shape} had saved was freed by the backward() at "
                f"{node.freed_by}.  Run the forward pass again before going backward again, or say "
                f"backward(retain_graph=True) there."
            )
        if newest_write > node.tick:
            clock.check_unwritten(node.saved, node.tick, node.name, node.shape)
