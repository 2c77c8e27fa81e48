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
from typing import Any, TypeVar

import numpy as np

from . import graph
from .graph import Node, Shape, TensorBase

Parts = list[Any]
T = TypeVar("T")


def replay(
    roots: dict[Node, Any], *, create_graph: bool = False, only: set[Node] | None = None
) -> Iterator[tuple[Node, Any, Parts]]:
    """The reverse pass, step by step: the node, the gradient g = dL/dy that arrived there, and the
    parts dL/d(input) that go on to its inputs (None where none is needed).  The leaves come last.

    `roots` maps the nodes to start from to their gradients, all arrays, or with `create_graph` all
    Tensors: then the rules run on Tensors, and are recorded.  Given `only`, no more than what
    leads to those nodes is computed.
    """
    steps = _steps(roots, create_graph, only)
    return _recorded(steps) if create_graph else steps


def _recorded(steps: Iterator[T]) -> Iterator[T]:
    """The same steps, with recording on while the engine works, and as it was in between."""
    while True:
        before = graph.set_recording(True)
        try:
            step = next(steps)
        except StopIteration:
            return
        finally:
            graph.set_recording(before)
        yield step


def _steps(
    roots: dict[Node, Any], create_graph: bool, only: set[Node] | None
) -> Iterator[tuple[Node, Any, Parts]]:
    order = _ops_behind(roots)
    needed = _leading_to(only, order) if only is not None else None
    if needed is not None:
        order = [node for node in order if node in needed]
    _check_saved(order)
    grads: dict[Any, Any] = dict(roots)
    for node in order:
        g = grads.pop(node)
        if node.hooks:
            g = _hooked(node, g)
        saved: Any = _as_tensors(node) if create_graph else node.saved
        inputs, params = node.inputs, node.params
        parts: list[Any] = [None] * len(inputs)
        for i, rule, shapes_only in node.plan.rules:  # type: ignore[union-attr]
            parent: Any = inputs[i]
            if needed is not None and parent not in needed:
                continue
            seen = saved
            if shapes_only:
                seen = list(saved)
                for k in shapes_only:
                    seen[k] = graph.shape_of(seen[k])
            part = rule(g, *seen, **params) if params else rule(g, *seen)
            if part.shape != parent.shape:
                part = _unbroadcast(part, parent.shape, node.name, i)
            if part.dtype is not parent.dtype:
                part = part.astype(parent.dtype)
            parts[i] = part
            grads[parent] = grads[parent] + part if parent in grads else part
        yield node, g, parts
    for leaf, g in grads.items():
        if leaf.plan is None:
            yield leaf, _hooked(leaf, g) if leaf.hooks else g, []


def _ops_behind(roots: dict[Node, Any]) -> list[Node]:
    """The recorded ops that the roots depend on, newest first: every result before its inputs."""
    stack = [node for node in roots if node.plan is not None]
    seen = set(stack)
    while stack:
        node = stack.pop()
        for i, _, _ in node.plan.rules:  # type: ignore[union-attr]
            parent = node.inputs[i]
            if parent is not None and parent.plan is not None and parent not in seen:
                seen.add(parent)
                stack.append(parent)
    return sorted(seen, key=attrgetter("tick"), reverse=True)


def _leading_to(inputs: set[Node], order: list[Node]) -> set[Node]:
    needed = set(inputs)
    for node in reversed(order):
        if not needed.isdisjoint(node.inputs):
            needed.add(node)
    return needed


def _as_tensors(node: Node) -> tuple[Any, ...]:
    """What the rules read, as Tensors at their places in the record, so that the rules are
    recorded."""
    return tuple(
        graph.Tensor(array, at) if at is not None and not isinstance(array, tuple) else array
        for array, at in zip(node.saved or (), (node, *node.inputs), strict=True)
    )


def _unbroadcast(part: Any, shape: Shape, op_name: str, i: int) -> Any:
    """Sum over what broadcasting had repeated: the one place where broadcasting is undone."""
    extra = part.ndim - len(shape)
    if extra == 1 and part.shape[1:] == shape:  # as of a bias
        return _sum_of_rows(part)
    fits = extra >= 0 and all(
        n in (1, m) for n, m in zip(shape, part.shape[max(extra, 0) :], strict=True)
    )
    if not fits:
        raise ValueError(
            f"{op_name}: the rule for input {i} returned shape {part.shape}, but that input has "
            f"shape {shape}.  A rule returns dL/d(input): the input's shape, or one that it "
            "broadcasts to."
        )
    repeated = tuple(
        k for k in range(part.ndim) if k < extra or (shape[k - extra] == 1 != part.shape[k])
    )
    part = part.sum(axis=repeated)
    return part if part.shape == shape else part.reshape(shape)


def _sum_of_rows(part: Any) -> Any:
    """part.sum(0).  For a matrix of few columns BLAS, given a row of ones, is twice as fast."""
    if part.__class__ is np.ndarray and part.ndim == 2 and part.dtype != np.float16:
        return np.ones(len(part), part.dtype) @ part
    return part.sum(axis=0)


def _hooked(node: Node, g: Any) -> Any:
    """The gradient after the hooks on this node: each sees a Tensor, and may return another one."""
    as_tensor = isinstance(g, TensorBase)
    before = graph.set_recording(as_tensor)
    try:
        for hook in list(node.hooks or ()):
            new = hook(g if as_tensor else graph.Tensor(np.asarray(g)))
            if new is None:
                continue
            if not isinstance(new, TensorBase) or new.array.shape != node.shape:
                raise ValueError(
                    f"register_hook: the hook on {node!r} returned {graph.described(new)}; it must "
                    f"return None, or a Tensor of the gradient's shape {node.shape}"
                )
            g = new if as_tensor else new.array
    finally:
        graph.set_recording(before)
    if as_tensor:
        return g if g.array.dtype == node.dtype else g.astype(node.dtype)
    return np.array(g, node.dtype)  # a copy: the hooks may keep what they saw


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
                    f"for its rule, and the in-place write at {write.place} changed it since.  "
                    "Call backward() before that write, or write to a copy there (x = x + y, or "
                    "x.clone())."
                )


def backward(
    roots: dict[Node, Any],
    *,
    retain_graph: bool = False,
    create_graph: bool = False,
    only: set[Node] | None = None,
) -> None:
    """Add dL/d(leaf) to every leaf behind the roots (or to the nodes in `only`), then free what was
    saved.

    Gradients are committed after the last step: an error in the middle leaves them as they were.
    """
    arrived = []
    place = None if retain_graph else graph.user_place()
    for node, g, _ in replay(roots, create_graph=create_graph, only=only):
        if (node.plan is None if only is None else node in only) or (
            node.hooks and retain in node.hooks
        ):
            arrived.append((node, g))
        if place and node.plan:
            free(node, place)
    taken = set(map(id, roots.values()))
    for node, g in arrived:
        _commit(node, g, taken)


def retain(_: Any) -> None:
    """The hook that changes nothing: its presence asks `backward` to keep the gradient."""


def free(node: Node, place: graph.Place) -> None:
    """Let go of the arrays that a node saved, once its rules have run; the structure stays."""
    for kept in node.saved or ():
        if isinstance(kept, np.ndarray):
            node.saved, node.freed_by = None, place
            return


def _commit(node: Node, g: Any, taken: set[int]) -> None:
    """Add g to the node's gradient, whose buffer no other live gradient shares."""
    before = node.grad
    if before is None:
        owned = isinstance(g, TensorBase) or (
            isinstance(g, np.ndarray) and g.base is None and id(g) not in taken
        )
        node.grad = g if owned else np.array(g)
    elif isinstance(before, np.ndarray) and not isinstance(g, TensorBase):
        np.add(before, g, out=before)
        graph.stamp(before)
    else:
        node.grad = before + g
    taken.add(id(node.grad))
