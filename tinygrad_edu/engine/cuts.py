"""Cuts: where a value leaves the record, so that no gradient comes back from what is made of it.

>>> import tinygrad_edu as tg
>>> x = tg.tensor(3.0, requires_grad=True)
>>> y = x * x
>>> z = y.detach() + tg.tensor(y.item())
>>> list(y.node.cuts)
['detach', 'item']

The node of the value notes the name of what was called and when, and so do, the first time, the
nodes from which it was computed, two steps back, as its own is often gone when somebody asks.  Of
ops under `no_grad()` it notes the newest.  That is all, and it takes a fraction of a microsecond;
while somebody observes, a Cut also holds the line, and all nodes behind the value note it (see
`observing.py`).  `diagnose.why` reads the notes.
"""

from __future__ import annotations

from typing import Any

from .clock import clock

observed: Any = None  # while somebody observes, what notes more: `observing.py` puts its own here


def leave(node: Any, name: str, made: Any = None) -> None:
    """Note at `node` that its value left the record; the first time, at those behind it too."""
    tick = next(clock)
    if node.cuts is not None and name in node.cuts:
        node.cuts[name] = tick
    else:
        _note(node, name, tick)
        if node.plan is not None:
            _note_behind(node, (name, node.plan.op.name), tick)
    if observed is not None:
        observed(name, False, made, node)


def _note_behind(node: Any, key: Any, tick: int) -> None:
    for parent in node.inputs:
        if parent is not None:
            _note(parent, key, tick)
            for before in parent.inputs:
                if before is not None:
                    _note(before, key, tick)


def _note(node: Any, key: Any, tick: int) -> None:
    if node.cuts is None:
        node.cuts = {key: tick}
    else:
        node.cuts[key] = tick


def passed(op: Any, rules: Any, made: Any, a: Any, b: Any = None, c: Any = None) -> Any:
    """Note at the nodes of its inputs, as far as they have one, that an op was not recorded: there
    are no rules for them, or recording was off.  Returns `made`, its result."""
    if not rules:
        for node in (a, b, c):
            if node is not None:
                leave(node, op.name, made)
        return made
    name = op.name
    if a is not None:
        a.unrecorded = name
    if b is not None:
        b.unrecorded = name
    if c is not None:
        c.unrecorded = name
    if observed is not None:
        observed(name, True, made, a, b, c)
    return made
