"""Observing: for a time, the record also keeps values, who called each op, and in which module.

>>> import tinygrad_edu as tg
>>> x = tg.tensor([1.0, 2.0], requires_grad=True)
>>> with Observation():
...     y = tg.softmax(x + 1, 0)
>>> y.node.call.name, y.node.inputs[0].call.name
('softmax', 'add')
>>> y.node.inputs[0].values  # of the result, and of each input
(array([2., 3.], dtype=float32), array([1., 2.], dtype=float32), 1)

It costs nothing while nobody observes.  It uses three places that are there anyway: `graph.planned`
says what an op saves (now everything), `graph.record` makes its Node (now an ObservedNode), and the
hooks of all modules of nn say which of them is being called.
"""

from __future__ import annotations

import sys
import threading
import weakref
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, cast

import numpy as np

from . import cuts, graph, packing
from .clock import Place, clock, is_of_nn, is_own, user_place
from .graph import OPS, Node, Plan, new_node
from .hooks import ALWAYS, FORWARD, PRE, add_hook, of_all_modules

COPIED = 4096  # elements: up to here a value is copied, so that a later write does not change it


class Cut(NamedTuple):
    """A value left the record: by what, when, where, and what was made of it."""

    name: str  # "detach", or the op: "argmax"
    under_no_grad: bool  # is it an op that has a derivative, which was not recorded?
    tick: int  # 0 if that is not known
    of: str = ""  # the op whose result left, if that is not the node's own
    place: Place | None = None  # known if it was observed
    made: Any = None  # likewise, a weak reference to the tensor that was made
    source: Any = None  # likewise, one to the node whose value left


class ModulePath(NamedTuple):
    """A module that was being called: its name within the one around it ("" for the outermost),
    its class, which call of it this was, and how it was made, as it says itself."""

    name: str
    kind: str
    call: int
    made: str = ""  # "in_features=2, out_features=3, bias=True"


class Call(NamedTuple):
    """A call of a public function by the user, or by a layer: all its ops share this object."""

    name: str  # as the user knows it: "gelu", "max", "embedding"
    place: Place  # the line of the user's
    modules: tuple[ModulePath, ...]  # the outermost first


class ObservedNode(Node):
    """A Node that also knows the values, of its result and its inputs, and the Call."""

    __slots__ = ("call", "origins", "values")
    values: tuple[Any, ...]
    origins: tuple[int, ...]  # the identities of the inputs, of which small ones were copied
    call: Call


class _Own(threading.local):
    """What this thread observes."""

    def __init__(self) -> None:
        self.depth = 0
        self.modules: list[tuple[Any, ModulePath]] = []
        self.frame: Any = None  # of the newest Call: held, so that no other has its identity
        self.call: Call | None = None
        self.calls_of_modules = 0


_own = _Own()
_lock = threading.RLock()
_open = 0  # how many observe, in all threads
_plain: dict[int, tuple[Plan, Plan]] = {}  # by id, a Plan that saves all, and that of the op itself
_handles: list[Any] = []
looked_at: Any = None  # while the trap is set, it looks at each ObservedNode: see `trapping.py`


class Observation:
    """In a `with` block, the record of this thread keeps more: see `ObservedNode`.

    With `whole`, `backward()` frees nothing of a record meanwhile, and what an op has saved stays
    as it was though an optimizer writes to the weights."""

    def __init__(self, whole: bool = False) -> None:
        self.whole = whole

    def __repr__(self) -> str:
        return "observe()"

    def __enter__(self) -> Observation:
        global _open
        with _lock:
            _open += 1
            if _open == 1:
                _start()
            packing.records_stay = packing.records_stay or self.whole
        _own.depth += 1
        return self

    def __exit__(self, *_: Any) -> None:
        _own.depth -= 1
        if not _own.depth:
            _own.frame = _own.call = None
            _own.modules.clear()
        leave()


def leave() -> None:
    """One thread less observes."""
    global _open
    with _lock:
        _open -= 1
        if not _open:
            _stop()


def _start() -> None:
    graph.planned = _all_saved
    packing.observed_node, cuts.observed = _observed_node, _note_cut
    packing.choose_record()
    _forget_plans()
    entered = of_all_modules.setdefault(PRE, OrderedDict())
    left = of_all_modules.setdefault(FORWARD, OrderedDict())
    always = of_all_modules.setdefault(FORWARD + ALWAYS, OrderedDict())
    _handles.append(add_hook(entered, _enter_module))
    _handles.append(add_hook(left, _leave_module, flags=[always]))


def _stop() -> None:
    graph.planned = None
    packing.observed_node, packing.records_stay, cuts.observed = None, False, None
    packing.choose_record()
    _forget_plans()
    _plain.clear()
    while _handles:
        _handles.pop().remove()
    for kind in [kind for kind, hooks in of_all_modules.items() if not hooks]:
        del of_all_modules[kind]


def _forget_plans() -> None:
    """Let each op make its Plans anew."""
    for function in list(OPS.values()):
        function.op.clear()


def _all_saved(plan: Plan) -> Plan:
    full = Plan(plan.op, (True,) * len(plan.keeps), plan.rules)
    _plain[id(full)] = full, plan
    return full


def _observed_node(plan: Any, inputs: Any, saved: Any, params: Any, shape: Any, dtype: Any) -> Node:
    if packing.records_stay:
        saved = _with_copies(saved, inputs)
    values = saved
    if id(plan) in _plain:
        plan = _plain[id(plan)][1]
        kept = [
            x if keep or x.__class__ is tuple else graph.shape_of(x)  # a tuple is a shape already
            for keep, x in zip(plan.keeps, saved, strict=False)
        ]
        saved = (*kept, *saved[len(kept) :])
    if not _own.depth:
        return new_node(plan, inputs, packing.packed(saved), params, shape, dtype)
    saved = packing.packed(saved)
    node = cast(ObservedNode, new_node(plan, inputs, saved, params, shape, dtype, ObservedNode))
    node.values = tuple(map(_kept, values[: len(inputs) + 1]))
    node.origins = tuple(map(id, values[1 : len(inputs) + 1]))
    node.call = call_now(plan.op.name)
    if looked_at is not None:
        looked_at(node)
    return node


def look_at_results(outs: Any) -> None:
    """The trap looks at what a Function of the user returned, which its node need not save."""
    for out in outs:
        node = getattr(out, "node", None)
        if node is not None and node.plan.op.name == "output":
            node = node.inputs[0]
        if node.__class__ is ObservedNode:
            node.values = (out.array, *node.values[1:])
            looked_at(node)


def _with_copies(saved: Any, inputs: Any) -> Any:
    """What is saved, such that an optimizer may write to the weights, and the record stays true:
    leaves, and what may look into their memory, are copied.  A constant is known by its array."""
    known = [True, *(node is not None for node in inputs)]
    leaves = [False, *(node is not None and node.plan is None for node in inputs)]
    more = len(saved) - len(known)
    marks = zip(known + [True] * more, leaves + [False] * more, strict=False)
    return tuple(
        _copied(x, leaf) if mine else x for x, (mine, leaf) in zip(saved, marks, strict=False)
    )


def _copied(x: Any, leaf: bool) -> Any:
    if x.__class__ is graph.Parts:
        return graph.Parts(_copied(part, True) for part in x)
    if x.__class__ is np.ndarray and (leaf or x.base is not None):
        return x.copy()
    return x


def _kept(x: Any) -> Any:
    return x.copy("K") if isinstance(x, np.ndarray) and x.size <= COPIED else x


def _note_cut(name: str, under_no_grad: bool, made: Any, *nodes: Node | None) -> None:
    """A value left the record: note where at all nodes behind it, as its own may be gone when
    somebody asks."""
    if not _own.depth:
        return
    place = user_place()
    maker = weakref.ref(made) if isinstance(made, graph.TensorBase) else None
    for node in nodes:
        if node is None:
            continue
        source = weakref.ref(node)
        cut = Cut(name, under_no_grad, next(clock), str(node.name), place, maker, source)
        stack, seen = [node], {node}
        while stack:
            behind = stack.pop()
            if behind.cuts is None:
                behind.cuts = {}
            behind.cuts[name, place] = cut
            more = [x for x in behind.inputs if x is not None and x not in seen]
            seen.update(more)
            stack += more


def _saved_again(node: ObservedNode) -> tuple[Any, ...] | None:
    plan: Any = node.plan
    if len(node.values) != len(plan.keeps) or "ctx" in node.params:  # a Function saves by itself
        return None
    kept = zip(plan.keeps, node.values, strict=True)
    saved = tuple([x if keep or x.__class__ is tuple else graph.shape_of(x) for keep, x in kept])
    if plan.op.residual is None:
        return saved
    return (*saved, plan.op.residual(*node.values[1:], **node.params))


@contextmanager
def restored(nodes: Iterable[Node]) -> Iterator[None]:
    """For a block, what `backward()` has freed of these nodes is there again, as far as it was
    observed: the numbers that an op has seen and made are what its rules read."""
    freed = [node for node in nodes if node.plan and node.saved is None]
    try:
        for node in freed:
            if isinstance(node, ObservedNode):
                node.saved = _saved_again(node)
        yield
    finally:
        for node in freed:
            node.saved = None


# ---------------------------------------------------------------- who called


_BETWEEN = ("engine", "registry", "registered", "numpy_protocol", "out", "diagnose")  # and its op


def call_now(op: str) -> Call:
    """The public function that is running: of our own functions below the user's line, or below
    the innermost module, the outermost."""
    frame, found, in_module = sys._getframe(2), None, True
    while frame.f_back and is_own(frame.f_code.co_filename):
        if frame.f_code.co_qualname == "Module.__call__":
            in_module = False  # what is further out called it
        elif in_module and _is_public(frame.f_code):
            found = frame
        frame = frame.f_back
    if _own.call is not None and found is not None and found is _own.frame:
        return _own.call
    name = found.f_code.co_name.strip("_") if found is not None else op
    modules = tuple(path for _, path in _own.modules)
    call = Call(name, Place(frame.f_code, frame.f_lasti), modules)
    _own.frame, _own.call = found, call if found is not None else None
    return call


def _is_public(code: Any) -> bool:
    """Is it a function that users call: none between it and its op, no private one, and no method
    of a class of nn?"""
    name, path = code.co_name, code.co_filename.replace("\\", "/")
    *_, folder, file = path.removesuffix(".py").split("/")
    is_private = name.startswith("<") or (name.startswith("_") and not name.endswith("__"))
    is_method = "." in code.co_qualname and is_of_nn(code.co_filename)
    return not (is_private or is_method or file in _BETWEEN or folder in _BETWEEN)


def modules_now() -> list[tuple[Any, ModulePath]]:
    """The modules that are being called on this thread, the outermost first."""
    return _own.modules


def _enter_module(module: Any, _args: Any) -> None:
    if _own.depth:
        _own.calls_of_modules += 1
        kind, made = type(module).__name__, str(module.extra_repr())
        path = ModulePath(_name_of(module), kind, _own.calls_of_modules, made)
        _own.modules.append((module, path))


def _leave_module(module: Any, _args: Any, _output: Any) -> None:
    if _own.modules and _own.modules[-1][0] is module:
        _own.modules.pop()


def _name_of(module: Any) -> str:
    """The name of a module within the innermost of those around it that holds it."""
    for outer, _ in reversed(_own.modules):
        for name, inner in outer.named_modules():
            if inner is module and name:
                return str(name)
    return ""
