"""Replay: walk the record from its last Node to its first, applying one derivative per step.

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

from __future__ import annotations

from collections.abc import Iterator
from operator import attrgetter
from typing import Any

import numpy as np

from . import graph
from .graph import Node, Shape, TensorBase

Parts = tuple[Any, ...]


def replay(
    roots: dict[Node, Any], *, create_graph: bool = False, inputs: set[Node] | None = None
) -> Iterator[tuple[Node, Any, Parts]]:
    """The reverse pass, step by step: the node, the gradient g = dL/dy that arrived there, and the
    parts dL/d(input) that go on to its inputs (None where none is needed).  The leaves come last.

    `roots` maps the nodes to start from to their gradients, all arrays, or with `create_graph` all
    Tensors: then the rules run on Tensors, and are recorded.  Given `inputs`, only what leads to
    those nodes is computed.
    """
    order = _ops_behind(roots)
    needed = _leading_to(inputs, order) if inputs is not None else None
    if needed is not None:
        order = [node for node in order if node in needed]
    _check_saved(order)
    grads: dict[Any, Any] = dict(roots)
    for node in order:
        g = grads.pop(node)
        if node.hooks:
            g = _hooked(node, g)
        parts = _parts(node, g, create_graph, needed)
        yield node, g, parts
        for parent, part in zip(node.inputs, parts, strict=True):
            if part is not None:
                before = grads.get(parent)
                grads[parent] = part if before is None else before + part
    for leaf, g in grads.items():
        if leaf.plan is None:
            yield leaf, _hooked(leaf, g) if leaf.hooks else g, ()


def _ops_behind(roots: dict[Node, Any]) -> list[Node]:
    """The recorded ops that the roots depend on, newest first: every result before its inputs."""
    stack = [node for node in roots if node.plan is not None]
    seen = set(stack)
    while stack:
        node = stack.pop()
        for i, _, _ in node.plan.rules:  # type: ignore[union-attr]
            parent = node.inputs[i]
            if parent.plan is not None and parent not in seen:  # type: ignore[union-attr]
                seen.add(parent)  # type: ignore[arg-type]
                stack.append(parent)  # type: ignore[arg-type]
    return sorted(seen, key=attrgetter("tick"), reverse=True)


def _leading_to(inputs: set[Node], order: list[Node]) -> set[Node]:
    needed = set(inputs)
    for node in reversed(order):
        if not needed.isdisjoint(node.inputs):
            needed.add(node)
    return needed


def _parts(node: Node, g: Any, create_graph: bool, needed: set[Node] | None) -> Parts:
    """Run the rules of one node: its part of the gradient for each input, in that input's shape."""
    plan: Any = node.plan
    inputs: tuple[Any, ...] = node.inputs
    params = node.params
    saved: Any = _as_tensors(node) if create_graph else node.saved
    parts: list[Any] = [None] * len(inputs)
    for i, rule, shapes_only in plan.rules:
        parent = inputs[i]
        if needed is not None and parent not in needed:
            continue
        seen = saved
        for k in shapes_only:
            seen = (*seen[:k], getattr(seen[k], "shape", ()), *seen[k + 1 :])
        part = rule(g, *seen, i=i, **params) if plan.op.alike else rule(g, *seen, **params)
        if part.shape != parent.shape:
            part = _unbroadcast(part, parent.shape, plan.op.name, i)
        if part.dtype is not parent.dtype:
            part = part.astype(parent.dtype)
        parts[i] = part
    return tuple(parts)


def _as_tensors(node: Node) -> Parts:
    """What the rules read, as Tensors at their places in the record, so that the rules are
    recorded."""
    return tuple(
        graph.Tensor(array, at) if at is not None and not isinstance(array, tuple) else array
        for array, at in zip(node.saved or (), (node, *node.inputs), strict=True)
    )


def _unbroadcast(part: Any, shape: Shape, op_name: str, i: int) -> Any:
    """Sum over what broadcasting had repeated: the one place where broadcasting is undone."""
    extra = part.ndim - len(shape)
    fits = extra >= 0 and all(
        n in (1, m) for n, m in zip(shape, part.shape[max(extra, 0) :], strict=True)
    )
    if not fits:
        raise ValueError(
            f"{op_name}: the rule for input {i} returned shape {part.shape}, but that input has "
            f"shape "
            f"{shape}.  A rule returns dL/d(input): the input's shape, or one that it broadcasts "
            f"to."
        )
    repeated = tuple(
        k for k in range(part.ndim) if k < extra or (shape[k - extra] == 1 != part.shape[k])
    )
    part = part.sum(axis=repeated)
    return part if part.shape == shape else part.reshape(shape)


def _hooked(node: Node, g: Any) -> Any:
    """The gradient after the hooks on this node: each sees a Tensor, and may return another one."""
    as_tensor = isinstance(g, TensorBase)
    for hook in list(node.hooks or ()):
        seen = g if as_tensor else graph.Tensor(np.asarray(g))
        new = hook(seen)
        if new is None:
            continue
        if not isinstance(new, TensorBase) or new.array.shape != node.shape:
            raise ValueError(
                f"register_hook: the hook on {node!r} returned {graph._described(new)}; it must "
                f"return "
                f"None, or a Tensor of the gradient's shape {node.shape}"
            )
        g = new if as_tensor else new.array
    return g


def _check_saved(order: list[Node]) -> None:
    """Refuse to start if something that a rule will read was freed, or written since it was
    saved."""
    written = bool(order) and graph.newest_write > order[-1].tick
    for node in order:
        if node.saved is None:
            raise RuntimeError(
                f"backward: what {node.name} {node.shape} had saved was freed by the backward() at "
                f"{node.freed_by}.  Run the forward pass again before going backward again, or say "
                f"backward(retain_graph=True) there."
            )
        if not written:
            continue
        for array in node.saved:
            write = isinstance(array, np.ndarray) and graph.write_since(array, node.tick)
            if write:
                raise RuntimeError(
                    f"backward: {node.name} {node.shape} saved an array of shape {array.shape} "
                    f"for its "
                    f"rule, and the in-place write at {write.place} changed it since.  Call "
                    f"backward() "
                    f"before that write, or write to a copy there (x = x + y, or x.clone())."
                )


def backward(
    roots: dict[Node, Any],
    *,
    retain_graph: bool = False,
    create_graph: bool = False,
    inputs: set[Node] | None = None,
) -> None:
    """Add dL/d(leaf) to every leaf behind the roots (or to `inputs` only), then free what was
    saved.

    Gradients are committed after the last step: an error in the middle leaves them as they were.
    """
    arrived = []
    place = None if retain_graph else graph.user_place()
    for node, g, _ in replay(roots, create_graph=create_graph, inputs=inputs):
        if node.plan is None or (node.hooks and retain in node.hooks):
            if inputs is None or node in inputs:
                arrived.append((node, g))
        elif inputs is not None and node in inputs:
            arrived.append((node, g))
        if place is not None:
            free(node, place)
    taken = {id(g) for g in roots.values()}
    for node, g in arrived:
        _commit(node, g, taken)


def retain(_: Any) -> None:
    """The hook that changes nothing: its presence asks `backward` to keep the gradient."""


def free(node: Node, place: str) -> None:
    """Let go of the arrays that a node saved, once its rules have run; the structure stays."""
    for kept in node.saved or ():
        if isinstance(kept, np.ndarray):
            node.saved, node.freed_by = None, place
            return


def _commit(node: Node, g: Any, taken: set[int]) -> None:
    """Add g to the node's gradient, whose buffer no other live gradient shares."""
    if isinstance(g, TensorBase):
        node.grad = g if node.grad is None else node.grad + g
        return
    if isinstance(node.grad, np.ndarray):
        np.add(node.grad, g, out=node.grad)
        graph.stamp(node.grad)
        return
    if node.grad is not None:
        g = node.grad.array + g
    if g.__class__ is not np.ndarray:
        g = np.asarray(g)
    if g.base is not None or id(g) in taken:
        g = g.copy()
    taken.add(id(g))
    node.grad = g
