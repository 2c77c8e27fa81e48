"""Leaves: where gradients are accumulated, and what becomes of a leaf that changes.

>>> import tinygrad_edu as tg
>>> w = tg.tensor([1.0, 2.0], requires_grad=True)
>>> loss = (w * w).sum()
>>> w = w.requires_grad_(False).requires_grad_()
>>> loss.backward()
>>> w.grad
tensor([2., 4.])

A leaf keeps its Node for life, also while it does not require grad: what was computed from it finds
it again.  The Node holds the gradient, one Tensor, whose bytes no other live gradient and no saved
array shares.
"""

from _thread import _local as local  # as in registry.py
from itertools import repeat
from typing import Any
from weakref import ref

import numpy as np
from numpy import ndarray

from . import clock, graph, packing
from .backward import Nodes, replay
from .grad_mode import enable_grad
from .graph import Node, Op, TensorBase, new_node
from .hooked import after_leaf
from .hooks import AfterGradient, Hooks
from .packing import Parcel

INACTIVE: dict[str, Any] = {}  # the params of a leaf's Node while the leaf does not require grad
passes = 0  # how many times gradients came to leaves: by backward(), or by hand
added = 0  # the newest of them that was added to a gradient in place
by_hand = 0  # the newest of them that was assigned
RETAIN = "retain_grad"  # the id of the hook that asks `backward` to keep the gradient


class LastBackward(local):
    """The newest backward pass of this thread, for who asks why a gradient is what it is."""

    roots: Any = ()  # weak references to the nodes where it began
    only: Any = None  # likewise, to those that it was asked for, if it was
    tick = 0  # when it ended
    place: clock.Place | None = None  # where it was called, if it freed the record


last = LastBackward()


def backward(roots: dict[Node, Any], retain_graph: bool, create_graph: bool, only: Nodes) -> None:
    """Add dL/d(leaf) to every leaf behind the roots (or to the nodes in `only`), then free what was
    saved.  Gradients are committed after the last step: an error leaves them as they were."""
    global passes, added
    arrived = []
    place = None if retain_graph or packing.records_stay else clock.user_place()
    for node, g, _ in replay(roots, create_graph=create_graph, only=only):
        wanted = node.plan is None if only is None else node in only
        if (wanted and node.params is not INACTIVE) or (node.hooks and RETAIN in node.hooks):
            if node.grad is not None and node.grad.array.shape != node.shape:
                raise RuntimeError(
                    f"backward: the gradient has shape {node.shape}, but the .grad to which it is "
                    f"added has shape {node.grad.array.shape}, from before; set .grad = None first"
                )
            arrived.append((node, g))
        if place and node.plan:
            free(node, place)
    passes += 1
    if _commit(arrived, place):
        added = passes
    last.roots, last.only = [*map(ref, roots)], only and [*map(ref, only)]
    last.tick, last.place = next(clock.clock), place
    for node, g in arrived:
        if node.hooks:
            _call_the_last(node, node.hooks, g)


def _call_the_last(node: Node, hooks: Hooks, g: Any) -> None:
    """Call the hooks that wait until the gradients are committed."""
    if node.plan is None:
        after_leaf(node, g)
    for hook in list(hooks.values()):
        if isinstance(hook, AfterGradient):
            hook.call()


def retain(_: Any) -> None:
    """The hook that changes nothing: its presence asks `backward` to keep the gradient."""


def free(node: Node, place: clock.Place) -> None:
    """Let go of the arrays that a node saved, once its rules have run; the structure stays."""
    for kept in node.saved or ():
        if kept.__class__ is ndarray or kept.__class__ in _HELD:
            node.saved, node.freed_by = None, place
            return


_HELD = (graph.Parts, Parcel)


def _commit(arrived: list[tuple[Node, Any]], place: clock.Place | None) -> bool:
    """Add each g to its node's gradient, whose bytes nobody else holds: all of them, or none if
    Ctrl-C comes, as one call of a function written in C does it.  Was one added to another?

    A rule's result is fresh, unless it is the g that came in, or a view; what a hook or a Function
    may have kept comes as a copy, or as a view."""
    nodes, gradients, written, added = [], [], [], []
    taken: set[int] = set()  # the arrays that became somebody's
    for node, g in arrived:
        before = node.grad
        if isinstance(g, TensorBase):
            with enable_grad():
                new = g.clone() if before is None else before + g  # type: ignore[attr-defined]
        elif before is None:
            fresh = g.__class__ is ndarray and g.base is None and id(g) not in taken
            new = graph.Tensor(g if fresh else np.array(g))
            taken.add(id(g))
        elif node.plan or not before.array.flags.writeable:
            new = graph.Tensor(before.array + g)
        else:
            written.append(before.array)
            added.append(g)
            continue
        nodes.append(node)
        gradients.append(new)
    changes = map(setattr, nodes, repeat("grad"), gradients)
    if written:
        clock.stamp(*written, place=place or clock.user_place())
    clock.at_once(changes, map(np.add, written, added, written))
    return bool(written)


def clear(nodes: list[Node], set_to_none: bool) -> None:
    """Let these have no gradient, all of them at once, or gradients of zeros."""
    if set_to_none:
        clock.at_once(map(setattr, nodes, repeat("grad"), repeat(None)))
        return
    for node in nodes:
        rest(node.grad)
        node.grad.zero_()


def assign(node: Node, gradient: Any) -> None:
    """Let a tensor be the gradient of a leaf, as `x.grad = gradient` does."""
    global passes, by_hand
    if gradient is not None:
        passes = by_hand = passes + 1
    node.grad = gradient


# ---------------------------------------------------------------- leaves that change


def home(tensor: Any) -> Node | None:
    """The Node that holds the tensor's `.grad`: its own, or that from when it required grad."""
    node: Node | None = tensor.node
    return node if node is not None else getattr(tensor, "_inactive_state", None)


def rest(tensor: Any) -> None:
    """Let a tensor require grad no more.  Its gradient stays, and so does a leaf's place."""
    node = tensor.node
    if node is None:
        return
    if node.plan is not None:
        node, gradient = graph.leaf(node.shape, node.dtype), node.grad
        node.grad = gradient
    tensor._inactive_state, tensor.node = node, None
    node.params = INACTIVE


def wake(tensor: Any) -> None:
    """Let a tensor that requires no grad be a leaf that does: again the one that it was."""
    array = tensor.array
    node = getattr(tensor, "_inactive_state", None)
    if node is None:
        node = graph.leaf(array.shape, array.dtype)
    tensor.node = moved(node, array)
    tensor.node.params = {}


def moved(node: Node, array: Any) -> Node:
    """The Node of a tensor whose array is this one from now on.  If a leaf has another shape or
    dtype than before, a gradient that arrives at its old place goes on to the new one."""
    if (node.shape, node.dtype) == (array.shape, array.dtype):
        return node
    if node.plan is not None:
        return new_node(_MOVED, (node,), (array.shape, node.shape), {}, array.shape, array.dtype)
    new = graph.leaf(array.shape, array.dtype)
    new.params, new.grad, new.hooks = node.params, node.grad, node.hooks
    if new.grad is not None and new.grad.dtype is not new.dtype:
        new.grad.array = new.grad.array.astype(new.dtype)
    node.plan, node.inputs, node.saved = _MOVED, (new,), (node.shape, new.shape)
    node.params, node.grad, node.hooks = {}, None, None
    return new


def _moved(x: Any) -> Any:
    """y = x, as it was before it got another dtype;  dL/dx = g.  Its shape must be the same."""
    return x


def _to_where_it_is_now(g: Any, _y: Any, _x: Any) -> Any:
    if _y != _x:
        raise RuntimeError(
            f"backward: a tensor had shape {_y} when something was computed of it, and was given "
            f"data of shape {_x} since, where the gradient does not fit.  Call backward() before "
            "the shape changes, or run the forward pass again"
        )
    return g


_MOVED = Op(_moved, [_to_where_it_is_now], {})[True,]
