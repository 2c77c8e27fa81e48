"""memory: which arrays the record of a loss keeps for `backward()`, and by whom."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from html import escape
from math import prod
from typing import Any

import numpy as np

from ..engine import clock
from ..engine.backward import ops_behind
from ..engine.graph import Node, Parts
from ..engine.observing import ObservedNode
from ..engine.packing import Parcel
from ..tensor import Tensor
from .written import size, text_of

MANY = 3  # losses in one sum, or in one list: from here on it is said


@dataclass
class Kept:
    """One node of the record, and what it keeps."""

    node: Node
    name: str  # of the op
    bytes: int  # of the arrays that no other kept before it
    shared: int  # of arrays that an earlier op keeps too
    leaves: int  # of parameters and other leaves, which are there anyway
    modules: tuple[Any, ...]
    place: str

    @property
    def path(self) -> str:
        return _path(self.modules)


@dataclass
class Saving:
    """What `checkpoint` of a module's call would save."""

    module: str
    bytes: int  # that the record keeps for it now
    saved: int  # of these, what would be gone until `backward()` comes there


@dataclass
class Memory:
    """What the record of a loss keeps: see `memory`."""

    bytes: int = 0
    leaves: int = 0
    freed: int = 0  # nodes whose arrays were freed by an earlier backward()
    nodes: list[Kept] = field(default_factory=list)
    checkpoints: list[Saving] = field(default_factory=list)
    leaks: list[str] = field(default_factory=list)

    def _tables(self) -> list[tuple[list[str], list[list[str]]]]:
        kept = sorted((k for k in self.nodes if k.bytes), key=lambda k: -k.bytes)
        rows = [[k.name, size(k.bytes), size(k.shared), k.path, k.place] for k in kept[:20]]
        tables = [(["op", "kept", "shared", "module", "line"], rows)]
        if self.checkpoints:
            more = [[s.module, size(s.bytes), size(s.saved)] for s in self.checkpoints]
            tables.append((["module", "kept", "checkpoint saves"], more))
        return tables

    def _remarks(self) -> list[str]:
        said = [
            f"The record of {len(self.nodes)} ops keeps {size(self.bytes)} for backward(), each "
            f"array counted once; {size(self.leaves)} more are parameters and other leaves, which "
            "are there anyway."
        ]
        if self.freed:
            said.append(f"{self.freed} of the ops keep nothing: freed by an earlier backward().")
        if not any(kept.modules or kept.place for kept in self.nodes):
            said.append("Modules and lines are known of what ran in `with viz.observe():`.")
        return said + self.leaks

    def __str__(self) -> str:
        remarks = self._remarks()
        return "\n\n".join([remarks[0], *map(text_of, self._tables()), *remarks[1:]])

    def _repr_html_(self) -> str:
        parts = []
        for head, rows in self._tables():
            lines = ["".join(f"<th>{escape(cell)}</th>" for cell in head)]
            lines += ["".join(f"<td>{escape(cell)}</td>" for cell in row) for row in rows]
            parts.append("<table>" + "".join(f"<tr>{line}</tr>" for line in lines) + "</table>")
        said = [f"<p>{escape(line)}</p>" for line in self._remarks()]
        return "\n".join([said[0], *parts, *said[1:]])


def memory(loss: Any) -> Memory:
    """Tell which arrays the record of a loss keeps, and by whom.

    An array that several ops keep is counted once, for the first of them.  For each module that was
    called in `with viz.observe():`, it says what `checkpoint` would save: the arrays that only the
    ops in it keep, less what goes into it.  And it names losses that keep old graphs alive.

    Parameters
    ----------
    loss : Tensor, or list of Tensor
        One that requires grad, before `backward()` has freed what it keeps.

    Returns
    -------
    Memory
        A table when printed, also in a notebook; with `bytes`, `leaves`, `nodes` (each with `name`,
        `bytes`, `shared`, `path`, `place`), `checkpoints` (`module`, `bytes`, `saved`) and `leaks`.

    Raises
    ------
    TypeError
        If it is no Tensor that requires grad.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> x = tg.ones(1000, requires_grad=True)
    >>> y = x.exp()
    >>> kept = tg.diagnose.memory((y * y).sum())
    >>> kept.bytes, [(node.name, node.bytes, node.shared) for node in kept.nodes]
    (4000, [('exp', 4000, 0), ('multiply', 0, 4000), ('sum', 0, 0)])
    """
    losses = list(loss) if isinstance(loss, list | tuple) else [loss]
    for one in losses:
        if not isinstance(one, Tensor) or one.node is None:
            given = "a Tensor that requires no grad" if isinstance(one, Tensor) else repr(type(one))
            raise TypeError(f"memory: it takes a loss that requires grad, not {given}")
    found, owners = Memory(), dict[int, list[Node]]()
    order = ops_behind([one.node for one in losses])[::-1]  # the oldest first
    own_leaves: dict[int, int] = {}
    for node in order:
        found.freed += node.saved is None
        found.nodes.append(_kept(node, owners, own_leaves))
    found.bytes = sum(kept.bytes for kept in found.nodes)
    found.leaves = sum(own_leaves.values())
    found.checkpoints = _savings(found.nodes, owners)
    found.leaks = _leaks(losses)
    return found


def _arrays(node: Node) -> Iterable[tuple[int, Any]]:
    """The arrays that a node keeps, each with its place: 0 for the result, then the inputs."""
    for i, x in enumerate(node.saved or ()):
        x = x.content if isinstance(x, Parcel) else x
        x = x.array if isinstance(x, Tensor) else x
        for part in x if isinstance(x, Parts) else (x,):
            if isinstance(part, np.ndarray):
                yield i, clock.owner_of(part)


def _is_leaf(node: Node, i: int) -> bool:
    at = node.inputs[i - 1] if 0 < i <= len(node.inputs) else None
    return at is not None and at.plan is None


def _kept(node: Node, owners: dict[int, list[Node]], leaves: dict[int, int]) -> Kept:
    new = shared = of_leaves = 0
    mine: set[int] = set()
    for i, owner in _arrays(node):
        if id(owner) in mine:
            continue
        mine.add(id(owner))
        if id(owner) in leaves or _is_leaf(node, i):
            leaves[id(owner)] = owner.nbytes
            of_leaves += owner.nbytes
            continue
        if id(owner) in owners:
            shared += owner.nbytes
        else:
            new += owner.nbytes
        owners.setdefault(id(owner), []).append(node)
    call = node.call if isinstance(node, ObservedNode) else None
    modules, place = (call.modules, str(call.place)) if call else ((), "")
    name = node.plan.op.name if node.plan else "leaf"
    return Kept(node, name, new, shared, of_leaves, modules, place)


def _path(modules: tuple[Any, ...]) -> str:
    return " > ".join(f"{m.name} {m.kind}".strip() for m in modules)


def _savings(nodes: list[Kept], owners: dict[int, list[Node]]) -> list[Saving]:
    """For each call of a module: what it keeps alone, less what goes into it."""
    calls: dict[int, tuple[str, list[Node]]] = {}
    for kept in nodes:
        for depth, module in enumerate(kept.modules, 1):
            path = _path(kept.modules[:depth])
            calls.setdefault(module.call, (path, []))[1].append(kept.node)
    known = {kept.node for kept in nodes if any(i == 0 for i, _ in _arrays(kept.node))}
    known |= {at for kept in nodes for at in _kept_inputs(kept.node)}
    found = []
    for path, inside in calls.values():
        within = set(inside)
        sizes = {id(o): o.nbytes for node in inside for _, o in _arrays(node) if id(o) in owners}
        alone = {key for key in sizes if within.issuperset(owners[key])}
        entering = {
            id(owner)
            for node in inside
            for i, owner in _arrays(node)
            if 0 < i <= len(node.inputs) and node.inputs[i - 1] not in within
        }
        unkept = [
            at
            for at in {at for node in inside for at in node.inputs if at is not None}
            if at not in within and at.plan is not None and at not in known
        ]
        saved = sum(sizes[key] for key in alone - entering)
        for at in unkept:
            saved -= prod(at.shape) * at.dtype.itemsize if at.dtype else 0
        found.append(Saving(path, sum(sizes.values()), max(0, saved)))
    return found


def _kept_inputs(node: Node) -> list[Node]:
    """The nodes whose results an op keeps."""
    places = [i for i, _ in _arrays(node) if 0 < i <= len(node.inputs)]
    return [at for i in places if (at := node.inputs[i - 1]) is not None]


# ---------------------------------------------------------------- losses that keep old graphs


def _leaks(losses: list[Any]) -> list[str]:
    if len(losses) > 1:
        return [_of_list("", len(losses))] if len(losses) >= MANY else []
    (loss,) = losses
    found = []
    terms = _terms(loss.node)
    if terms >= MANY:
        found.append(
            f"{_name_of(loss) or 'The loss'} is a sum of {terms} losses, and keeps the graph of "
            "each alive.  To add up numbers for a report, write total += loss.item()."
        )
    for several in gc.get_referrers(loss):
        if isinstance(several, list) and several is not losses:
            count = len([x for x in several if isinstance(x, Tensor) and x.node is not None])
            if count >= MANY:
                found.append(_of_list(_name_of(several), count))
    return found


def _of_list(name: str, count: int) -> str:
    return (
        f"{name or 'A list'} holds {count} tensors with their graphs, and keeps each alive.  To "
        "keep the numbers, write losses.append(loss.item())."
    )


def _terms(node: Node) -> int:
    """How many losses were added up, one after the other, each of a graph of its own."""
    count, seen = 1, set[Node]()
    while node.plan is not None and node.plan.op.name == "add" and node.shape == ():
        ends = [at for at in node.inputs if at is not None and at.plan is not None]
        if len(ends) < 2:
            if not ends:  # total began as a number: 0 + loss
                break
            node = ends[0]
            continue
        older, newer = sorted(ends, key=lambda at: at.tick)
        if older in seen:
            break
        seen.add(older)
        first = min(at.tick for at in ops_behind([newer]))
        if first <= older.tick:  # made of the same forward pass: terms of one loss
            break
        count, node = count + 1, older
    return count


def _name_of(value: Any) -> str:
    """The name of a variable of a module that is this very value; "" if there is none."""
    for module in list(sys.modules.values()):
        for name, x in list(getattr(module, "__dict__", {}).items()):
            if x is value:
                return f"`{name}`"
    return ""
