"""Picture: what a diagram of the record shows, before anything is laid out.

>>> import tinygrad_edu as tg
>>> a = tg.tensor(2.0, requires_grad=True)
>>> with tg.viz.observe():
...     loss = (a * -3.0).exp()
>>> picture = picture_of(loss, {"a": a}, gradients=True)
>>> for box in picture.boxes:
...     print(box.kind, box.name, box.value, box.gradient)
leaf a 2.0 -0.007436256
constant  -3.0 None
op multiply -6.0 0.002478752
output exp 0.002478752 1.0
>>> for arrow in picture.arrows:
...     print(arrow.start.name or arrow.start.value, arrow.argument, arrow.end.name, arrow.gradient)
a a multiply -0.007436256
-3.0 b multiply None
multiply x exp 0.002478752

A `Picture` is boxes and arrows with the arrays themselves: what is written of them, and how, is
decided where they are drawn.  `draw`, `steps` and `diff` begin with it.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from operator import attrgetter
from typing import Any, Literal

import numpy as np

from ...engine.backward import replay
from ...engine.graph import Node
from ...engine.observing import COPIED, Call, ModulePath
from ...memory import uncollected
from ...tensor import Tensor, root_gradient

Kind = Literal["leaf", "constant", "op", "output", "group"]
Loop = Literal["", "step", "block"]


@dataclass(eq=False, slots=True)
class Box:
    """A tensor of the picture: a leaf, a constant, the result of an op; or a group of them."""

    kind: Kind
    name: str  # of a leaf or constant, the user's, or ""; of an op, the public function's
    shape: tuple[Any, ...]
    dtype: Any = None
    value: Any = None  # the array, if the record or the caller knows it
    gradient: Any = None  # the sum of what arrived: dL/d(this)
    node: Node | None = None  # the entry of the record; None of a constant or a group
    op: str = ""  # its name in the table of derivatives; of a group that is a module, its class
    formula: str = ""  # "y = a b;  dL/da = g b,  dL/db = g a."
    settings: dict[str, Any] = field(default_factory=dict)  # the op's: {"axis": 1}
    freed: bool = False  # backward() has freed what its rules read
    call: Call | None = None  # who called it, if that was observed
    modules: tuple[ModulePath, ...] = ()  # in which modules, the outermost first
    members: list[Box] = field(default_factory=list)  # what it stands for, as of a group
    times: int = 1  # of a group: how many alike it stands for ("x 12")
    inputs: list[tuple[Any, ...]] = field(default_factory=list)  # of a group: the shapes that enter
    structure: int = 0  # of a group: equal for groups of the same ops that are wired alike
    alias: str = ""  # the user's name for the result of an op
    repeats: Box | None = None  # of a small box that stands for a leaf beside one more of its uses

    inside: tuple[int, int] = (0, 0)  # of a group: its ops and its parameters

    @property
    def ops(self) -> int:
        """How many ops of the record it stands for."""
        return self.inside[0] if self.members else int(self.kind in ("op", "output"))

    @property
    def parameters(self) -> int:
        """How many numbers the leaves hold that it stands for."""
        if self.repeats is not None:
            return 0
        return math.prod(self.shape) if self.node and self.kind == "leaf" else self.inside[1]


@dataclass(eq=False, slots=True)
class Arrow:
    """A value that goes from one box into another as an argument; between groups, it stands for
    several.

    Then its gradient is the sum of theirs where they come from one tensor, and otherwise all
    their numbers in one row: in either case its norm is that of what flows.
    """

    start: Box
    end: Box
    position: int
    argument: str  # its name in the formula of the op
    gradient: Any = None  # the part of dL/d(start) that comes back along this arrow
    times: int = 1  # how many it stands for
    loop: Loop = ""  # it leads to the next of alike steps that are drawn as one: upwards


@dataclass(eq=False, slots=True)
class Picture:
    """Boxes, every one after those that lead to it (except by a loop), and the arrows between."""

    boxes: list[Box]
    arrows: list[Arrow]
    output: Box
    gradients: bool = False  # are they known, from a reverse pass or from `.grad`?
    notes: list[str] = field(default_factory=list)  # what the picture says about itself


@uncollected()
def picture_of(
    output: Tensor,
    names: Mapping[str, Tensor] | None = None,
    *,
    gradients: bool = False,
    gradient: Tensor | None = None,
) -> Picture:
    """The picture of everything that a tensor was computed from.

    With `gradients` a reverse pass is run, which changes no `.grad`; if backward() has freed what
    that needs, the gradients are those in `.grad`, of leaves and of results that retain theirs.
    """
    root = output._require_node("backward")
    nodes = recorded(root)
    at_nodes, at_arrows = _gradients(output, root, nodes, gradient) if gradients else ({}, {})
    known = _Known(names or {}, output, nodes)
    boxes: list[Box] = []
    arrows: list[Arrow] = []
    box_of: dict[Node, Box] = {}
    boxes_of_constants: set[Box] = set()
    with_inputs = {node for node in nodes if _is_inputs(node)}
    for node in nodes:
        if node in with_inputs:
            continue
        box = box_of[node] = _box(node, node is root, known, at_nodes.get(node))
        for i, (giver, k) in enumerate(_givers(node)):
            parent = giver.inputs[k]
            start = known.constant(node, giver, k) if parent is None else box_of[parent]
            if start is None:
                continue
            if parent is None and start not in boxes_of_constants:
                boxes_of_constants.add(start)
                boxes.append(start)
            part = at_arrows.get((giver, k))
            arrows.append(Arrow(start, box, i, argument_of(node, i), part))
        boxes.append(box)
    return Picture(boxes, arrows, box_of[root], gradients)


def recorded(root: Node) -> list[Node]:
    """Every node behind the root, itself too, oldest first."""
    seen, stack = {root}, [root]
    while stack:
        for parent in stack.pop().inputs:
            if parent is not None and parent not in seen:
                seen.add(parent)
                stack.append(parent)
    return sorted(seen, key=attrgetter("tick"))


SEVERAL = {"recurrent": ("z", "W", "b", "h", "c", "P")}  # inputs of an op that takes them as one


def argument_of(node: Node, i: int) -> str:
    """The name under which the op's formula knows its i-th input."""
    assert node.plan is not None
    op = node.plan.op
    names = SEVERAL.get(op.name) or op.forward.__code__.co_varnames[: op.arity]
    return names[i] if i < len(names) else str(i)


def _is_inputs(node: Node | None) -> bool:
    """Is it the step that sets all inputs of an op side by side?  It is not drawn."""
    return node is not None and node.plan is not None and node.plan.op.name == "inputs"


def _givers(node: Node) -> Iterator[tuple[Node, int]]:
    """Each input of a node: which node has it as its input, and as which."""
    for i, parent in enumerate(node.inputs):
        if parent is not None and _is_inputs(parent):
            yield from ((parent, k) for k in range(len(parent.inputs)))
        else:
            yield node, i


def _gradients(
    output: Tensor, root: Node, nodes: list[Node], gradient: Tensor | None
) -> tuple[dict[Node, Any], dict[tuple[Node, int], Any]]:
    """The gradient that arrives at each node, and that which each op gives to each input."""
    at_nodes: dict[Node, Any] = {}
    at_arrows: dict[tuple[Node, int], Any] = {}
    if any(node.plan and node.saved is None for node in nodes):
        for node in nodes:
            if node.grad is not None:
                at_nodes[node] = _array(node.grad)
        return at_nodes, at_arrows
    with np.errstate(all="ignore"):  # what is NaN or infinite is seen in the picture
        for node, g, parts in replay({root: root_gradient(output, gradient)}):
            at_nodes[node] = _array(g)
            for i, part in enumerate(parts):
                at_arrows[node, i] = _array(part)
    return at_nodes, at_arrows


def _array(x: Any) -> Any:
    return getattr(x, "array", x)


class _Known:
    """What is known of tensors, by name and by value, and of the calls that were observed."""

    def __init__(self, names: Mapping[str, Tensor], output: Tensor, nodes: list[Node]) -> None:
        self.names = {x.node: name for name, x in names.items() if x.node is not None}
        constants = [(name, x.array) for name, x in names.items() if x.node is None]
        self.constants = {id(array): (name, array) for name, array in constants}
        self.values: dict[Node, Any] = {}
        self.shared: dict[Any, Box] = {}  # boxes of constants, by their names or their arrays
        self.ops_of_call = Counter(id(call) for call in map(call_of, nodes) if call)
        for node in nodes:
            for at, x in zip((node, *node.inputs), _kept(node) or (), strict=False):
                if at is not None and isinstance(x, np.ndarray):
                    self.values.setdefault(at, x)
        for t in (*names.values(), output):  # the record first: an optimizer may have written since
            if t.node is not None:
                self.values.setdefault(t.node, t.array)

    def constant(self, node: Node, giver: Node, i: int) -> Box | None:
        """The box of an input that is in no record; None where there is no input at all."""
        kept = _kept(giver)
        if giver is not node:
            own = _kept(node)
            kept = ((), *own[1]) if own and isinstance(own[1], tuple) else kept
        if kept is None:
            return Box("constant", "", (), freed=True)
        x = kept[i + 1] if i + 1 < len(kept) else None
        if x is None:
            return None
        if isinstance(x, tuple):  # its shape only
            return Box("constant", "", x)
        value = x if isinstance(x, np.ndarray | int | float | bool) else None
        shape, dtype = getattr(x, "shape", ()), getattr(x, "dtype", None)
        saved = (giver.saved if giver is node and giver.saved else kept)[i + 1]
        origin = getattr(giver, "origins", {i: 0})[i] if giver is node else id(x)
        name = next(filter(None, [self.named(at, x) for at in (id(saved), origin)]), "")
        box = Box("constant", name, shape, dtype, value)
        if name or not isinstance(x, np.ndarray) or not x.ndim:
            return self.shared.setdefault(name, box) if name else box
        again = (origin, x.tobytes()) if origin and x.size <= COPIED else id(saved)
        return self.shared.setdefault(again, box)

    def named(self, origin: int, x: Any) -> str:
        """The name of a constant that has this identity, and is the same still."""
        name, array = self.constants.get(origin, ("", None))
        if array is x:
            return name
        return name if name and np.array_equal(array, x) else ""

    def name_of(self, node: Node) -> str:
        """Of a leaf, the user's; of an op, its own or that of the call, if this is all of it."""
        call = call_of(node)
        if node.plan is None:
            return self.names.get(node, "")
        if node.plan.op.name == "output":
            return f"output {node.params['k']}"
        return call.name if call and self.ops_of_call[id(call)] == 1 else str(node.name)


def call_of(node: Node) -> Call | None:
    """Who called the op, if that was observed."""
    if node.plan and node.plan.op.name == "output" and node.inputs[0] is not None:
        node = node.inputs[0]  # the op of several outputs
    return getattr(node, "call", None)


def _kept(node: Node) -> tuple[Any, ...] | None:
    """The result and the inputs, arrays or only their shapes; None if they were freed."""
    values: tuple[Any, ...] | None = getattr(node, "values", node.saved)
    if values and node.plan and node.plan.op.name == "inputs":
        return ((), *values[0])
    return values


@lru_cache(maxsize=1000)
def _in_a_line(text: str) -> str:
    """The first paragraph."""
    return " ".join(text.split("\n\n")[0].split())


def _box(node: Node, is_output: bool, known: _Known, gradient: Any) -> Box:
    value, name = known.values.get(node), known.name_of(node)
    if node.plan is None:
        return Box("leaf", name, node.shape, node.dtype, value, gradient, node)
    op, call = node.plan.op, call_of(node)
    return Box(
        "output" if is_output else "op",
        name,
        node.shape,
        node.dtype,
        value,
        gradient,
        node,
        op=op.name,
        formula=_in_a_line(op.forward.__doc__ or ""),
        settings=dict(node.params),
        freed=node.saved is None,
        call=call,
        modules=call.modules if call else (),
        alias=known.names.get(node, ""),
    )
