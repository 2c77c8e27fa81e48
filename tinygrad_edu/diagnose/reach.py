"""Reach: does a gradient come from a loss to a tensor, and if not, where did the value leave the
record?

What was computed from a tensor is asked of Python's garbage collector, which knows all nodes that
are alive: a node knows its inputs only, so that the record costs nothing more than it must.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable
from operator import attrgetter
from typing import Any, NamedTuple

from ..engine.backward import ops_behind
from ..engine.graph import OPS, Node
from ..engine.leaf import last
from ..engine.observing import Cut
from ..viz.graph.picture import argument_of, recorded


class Left(NamedTuple):
    """A cut, and the node whose value left, if it is alive."""

    cut: Cut
    node: Node | None


def last_roots() -> list[Node]:
    """Where the newest backward pass of this thread began, as far as it is alive."""
    return [root for reference in last.roots if (root := reference()) is not None]


def was_asked_for(node: Node) -> bool:
    """Did the newest backward pass want this leaf's gradient?"""
    return last.only is None or any(reference() is node for reference in last.only)


def reached(roots: Iterable[Node]) -> set[Node]:
    """The nodes to which gradients come from the roots."""
    roots = list(roots)
    found = set(roots)
    for node in ops_behind(roots):
        assert node.plan is not None
        found.update(parent for i, _, _ in node.plan.rules if (parent := node.inputs[i]))
    return found


def without_rule(roots: Iterable[Node], target: Node) -> tuple[Node, str] | None:
    """An op behind the roots that uses the target as an input that has no derivative, and what
    that input is called; None if there is none."""
    roots = list(roots)
    made_of_it = {target}
    for node in sorted({x for root in roots for x in recorded(root)}, key=attrgetter("tick")):
        if not made_of_it.isdisjoint(node.inputs):
            made_of_it.add(node)
    for node in ops_behind(roots):
        assert node.plan is not None
        ruled = {i for i, _, _ in node.plan.rules}
        for i, parent in enumerate(node.inputs):
            if parent in made_of_it and i not in ruled:
                return node, argument_of(node, i)
    return None


def living_nodes() -> list[Node]:
    """All nodes of all records, in no order.  The type of each object is asked for, and not its
    `__class__`: some libraries have objects that warn when they are looked at."""
    return [x for x in gc.get_objects() if issubclass(type(x), Node) and hasattr(x, "tick")]


def ahead(node: Node) -> list[Node]:
    """The node, and all living nodes that were computed from it, oldest first."""
    found = {node}
    for each in sorted(living_nodes(), key=attrgetter("tick")):  # every result after its inputs
        if not found.isdisjoint(each.inputs):
            found.add(each)
    return sorted(found, key=attrgetter("tick"))


def cuts_of(node: Any) -> list[Cut]:
    """All that is known of how the value of a node, or what was made of it, left the record."""
    seen = []
    for key, noted in (node.cuts or {}).items():
        name, of = key if isinstance(key, tuple) else (key, "")
        seen.append(noted if isinstance(noted, Cut) else Cut(name, False, noted, of))
    if hasattr(node, "unrecorded"):
        seen.append(Cut(node.unrecorded, True, 0))
    placed = {cut[:2] for cut in seen if cut.place}
    return sorted([cut for cut in seen if cut.place or cut[:2] not in placed], key=_tick)


def _tick(cut: Cut) -> int:
    return cut.tick


def left_by(node: Node, until: float, since: float) -> list[Left]:
    """Where the value of a node, or what was computed from it, left the record up to the tick
    `until`, the most telling first.  Those by which the value itself left before `since` do not
    count: who initialises a Parameter takes its numbers."""
    found: dict[Any, Left] = {}
    for each in reversed(ahead(node)):  # where the value left, before those behind it
        for cut in cuts_of(each):
            source = cut.source() if cut.source else None if cut.of else each
            if cut.tick > until or (source is node and 0 < cut.tick < since):
                continue
            key = cut.name, cut.under_no_grad, cut.place
            if key not in found or (found[key].node is None and source is not None):
                found[key] = Left(cut, source)
    placed = {cut[:2] for cut, _ in found.values() if cut.place}
    telling = [x for x in found.values() if x.cut.place or x.cut[:2] not in placed]
    return sorted(telling, key=_how_telling)


_SELDOM = ("bool", "index", "tolist", "int", "float", "item")  # they often serve to look at numbers


def _how_telling(left: Left) -> Any:
    cut = left.cut
    return cut.under_no_grad, cut.name in OPS, cut.name in _SELDOM, -cut.tick


def first_op(roots: Iterable[Node]) -> int:
    """The tick of the oldest op behind the roots."""
    return min((x.tick for root in roots for x in recorded(root) if x.plan), default=0)


class Names(NamedTuple):
    """How an answer calls a way out of the record: its reason, the words, and the cure."""

    reason: str
    words: str
    cure: str


_METHODS = {
    "detach": Names("detach", "detach()", "leave detach() out where a gradient is to flow"),
    "detach_": Names("detach", "detach_()", "leave detach_() out where a gradient is to flow"),
    "data": Names("data", ".data", "write x in the place of x.data where a gradient is to flow"),
    "numpy": Names("numpy", "numpy()", "compute with tensors: what NumPy does is not recorded"),
    "tensor": Names(
        "tensor",
        "tensor(t)",
        "tensor(t) copies the numbers: use t itself, or t.clone(); stack() joins several",
    ),
    "nn.Parameter": Names(
        "parameter",
        "nn.Parameter(t)",
        "nn.Parameter(t) is a leaf of its own: make it once, and compute with it, not with t",
    ),
}
_COMPARED = {"eq": "==", "not_equal": "!=", "less": "<", "less_equal": "<=", "greater": ">"}
_COMPARED |= {"greater_equal": ">="}
_PLACES = {"argmax": "argmax", "argmin": "argmin", "argsort": "argsort", "argtop": "topk"}


def words_of(cut: Cut) -> Names:
    """What an answer says of a cut."""
    name = cut.name
    if cut.under_no_grad:
        cure = "compute it outside of the no_grad() block, or under enable_grad()"
        return Names("no_grad", f"{name} under no_grad()", cure)
    if name in _METHODS:
        return _METHODS[name]
    if name.startswith("cast to "):
        return Names("int_cast", f"a {name}", "stay with floats: only they have gradients")
    if name in _COMPARED:
        cure = "a comparison is True or False, and has no derivative: use a smooth function, "
        cure += "sigmoid(k * (a - b)), or select numbers with where(condition, a, b)"
        return Names("comparison", f"the comparison {_COMPARED[name]}", cure)
    if name in _PLACES:
        cure = "places have no derivative: use the values (max(dim).values, gather), or softmax"
        return Names(_PLACES[name], f"{_PLACES[name]}() (the places)", cure)
    if name in OPS:
        return Names("no_derivative", f"{name}()", "use a smooth function in its place")
    cure = f"compute with the tensor itself, not with a number of Python: leave {name}() out"
    return Names(name, f"{name}()", cure)
