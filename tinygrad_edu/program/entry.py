"""Entry: one program with all that it rests on, and its run as one op of the record."""

from __future__ import annotations

import keyword
import re
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from ..engine import clock
from ..engine.backward import ops_behind
from ..engine.grad_mode import enable_grad, mode
from ..engine.graph import Op, Parts, Plan, TensorBase, new_node
from ..engine.outputs import arrived_at, outputs
from ..func.traced_call import pulled
from ..func.trees import leaves
from ..rng import default_generator, drawn_from
from ..tensor import Tensor
from . import trace as traces
from .calls import Call, Draw, Placeholder, filled, form_of, looks, put_back, restore
from .held import Held
from .program import Program
from .source import Source
from .trace import NotTraceable, Trace

MISSES = 10  # calls in a row whose numbers need other steps; then the function runs as it is
IDLE = 2  # sets of buffers that wait for the next call

# ---------------------------------------------------------------- one program


class Entry:
    """A program for arguments of given shapes, and all that it rests on."""

    why: BaseException | None = None  # why there is no program: the function runs as it is
    for_good = False
    misses = 0
    source = ""

    def __init__(self, f: Any, held: Held) -> None:
        self.f, self.held = f, held
        self.idle: list[Any] = []  # sets of buffers that wait for a call
        self.captured: list[Any] = []
        self.looks: list[Any] = []
        self.writes: list[Any] = []
        self.arriving: Any = None  # the memory layouts of the gradients that it is written for,
        self.arrived: Any = None  # and of those that arrived last
        self.tries = 0

    # -------------------------------------------------------- how the program is written

    def write(self, call: Call, names: Sequence[str], arriving: Any, title: str) -> None:
        """Run the function on arrays that write down each call, and make the program of that."""
        given, start = list(map(Tensor, call.arrays, call.nodes)), next(clock.clock)
        self.arguments = form_of(call.tree)
        args, kwargs = filled(self.arguments, given)
        trace = Trace()

        def both_ways() -> Any:
            ys = self._results(trace, self.f(*args, **kwargs), start)
            return ys, *self._gradients(trace, start, arriving)

        with drawn_from() as states:
            try:
                ys, gs, grads = traces.traced(trace, both_ways)
            finally:
                restore(states)
                trace.check_gradients()
                read = trace.tensors.values()
                self.writes = [t for t, old, now in read if now._value not in (old, *trace.moved)]
                changed = not self.held.is_unchanged()
                if changed:
                    self.held.restore()
        if trace.why or changed:
            raise trace.why or NotTraceable("the function changes what it reads, such as self.x")
        self._find_inputs(trace, given, names)
        of = [trace.tensors[id(t)][1] for t in self.found]
        program = Program(trace, ys, gs, grads, of)
        self._check_writes(given)
        del self.read, self.found
        source = Source(program, title)
        self.source, self.inputs = str(source), [self.origin.pop(v) for v in source.inputs]
        self.code = compile(self.source, f"<compiled {title}>", "exec")
        self._check(call, [y.array for y in ys], [g.array for g in gs], [g.array for g in grads])

    def _results(self, trace: Trace, tree: Any, start: int) -> list[Any]:
        flat = leaves(tree)
        if any(isinstance(y, np.ndarray) for y in flat):
            raise trace.stop("an array as a result; return tensors")
        self.tensors: list[Any] = [y for y in flat if isinstance(y, TensorBase)]
        self.form = form_of(tree)
        self.count = len(self.tensors)
        self.roots = [k for k, y in enumerate(self.tensors) if y.node and mode.recording]
        ends: set[Any] = {self.tensors[k].node for k in self.roots}
        if len(ends) < len(self.roots) or any(n.hooks for n in ops_behind(ends, start)):
            raise trace.stop("one result twice, or hooks that the function registers")
        return [trace._value(y.array) for y in self.tensors]

    def _gradients(self, trace: Trace, start: int, arriving: Any) -> Any:
        """The gradients of what was read, by the record, each step written down."""
        read = [t for t, _, _ in trace.tensors.values() if t.node is not None]
        hooks = {t.node: t.node.hooks for t in read}
        if len(hooks) < len(read):
            raise trace.stop("one tensor under two names")
        roots = [self.tensors[k] for k in self.roots]
        del self.tensors
        laid = [_laid_out(y.array, arriving and arriving[k]) for k, y in enumerate(roots)]
        self.arriving = self.arrived = [g.strides for g in laid]
        trace.backward = True
        gs = [trace.external(g, "grad") for g in laid]
        try:
            for node in hooks:
                node.hooks = None  # they are called when the gradient arrives, not within
            found = pulled(roots, gs, list(hooks), since=start) if roots else {}
        finally:
            for node, own in hooks.items():
                node.hooks = own
        self.read, self.found = read, [t for t in read if t.node in found]
        return [g._value for g in gs], [trace._value(found[t.node]) for t in self.found]

    def _find_inputs(self, trace: Trace, given: Sequence[Any], names: Sequence[str]) -> None:
        """Where each input comes from: it is an argument, or a tensor that the function holds."""
        places: dict[int, Any] = {id(t): k for k, t in enumerate(given)}
        self.origin: dict[Any, Any] = {}
        for t, value, _ in trace.tensors.values():
            k = places.get(id(t), t)
            if k is t and id(t) not in self.held.paths:
                raise NotTraceable(
                    f"it reads a tensor of shape {t.array.shape} to which no variable, attribute "
                    "or list of the function leads; pass it as an argument"
                )
            self.origin[value] = k
            value.name = _as_name(self.held.paths[id(t)] if k is t else names[k])
            if k is t:
                self.captured.append(t)
        for source, value in trace.sources.items():
            self.origin[value], value.name = Draw(source), "rng"
        self.sources = list(trace.sources)
        self.looks = [looks(t) for t in self.captured]
        self.needs = [places.get(id(t), t) for t in self.read]
        self.ends = [places.get(id(t), t) for t in self.found]
        rules = [(i, partial(_gradient, i=i), ()) for i in range(len(self.ends))]
        self.plan = Plan(OP, (True,), tuple(rules))

    def _check_writes(self, given: Sequence[Any]) -> None:
        others = [t for t in self.captured if not any(t is w for w in self.writes)]
        shared = [t for t in (*given, *others) for w in self.writes if _meet(t.array, w.array)]
        if shared or any(t.node for t in self.writes):
            raise NotTraceable("it writes into an argument, or into what it reads elsewhere too")

    def _check(self, call: Call, ys: Any, gs: Any, grads: Any) -> None:
        """Run the program once: it must find what the function found, bit for bit."""
        halves, arrays = self.made(), self.arrays(call)
        for k, place in enumerate(self.inputs):
            if any(place is w for w in self.writes):
                arrays[k] = arrays[k].copy()
        states = self.states()
        try:
            made, saved = halves["forward"](*arrays)
            found = [made] if self.count == 1 else [*made]
            found += halves["backward"](*gs, *saved) if self.ends else ()
        finally:
            restore(states)
        for x, y in zip(found, (*ys, *grads), strict=True):
            if x.shape != y.shape or x.dtype != y.dtype or x.tobytes() != y.tobytes():
                raise NotTraceable("its program finds other numbers than the function does")
        self.idle.append(halves)

    # -------------------------------------------------------- calls

    def made(self) -> dict[str, Any]:
        """The two halves, with buffers of their own."""
        halves: dict[str, Any] = {}
        exec(self.code, halves)
        return halves

    def arrays(self, call: Call) -> list[Any]:
        own = call.arrays
        return [own[x] if x.__class__ is int else x.array for x in self.inputs]

    def states(self) -> dict[Any, Any]:
        """Where the generators stand that the program draws from."""
        generators = [source or default_generator() for source in self.sources]
        return {g: g.get_state() for g in generators}

    def fits(self) -> bool:
        """Is all that the program rests on as it was?"""
        if self.for_good:
            return True
        return self.held.is_unchanged() and self.looks == [looks(t) for t in self.captured]

    def run(self, call: Call) -> Any:
        """The results of the program.  Raises NotTraceable if these numbers need other steps."""
        nodes = call.nodes
        needs = [nodes[x] if x.__class__ is int else x.node for x in self.needs]
        if len(set(needs)) < len(needs):
            raise NotTraceable("one tensor under two names")
        halves = self.idle.pop() if self.idle else self.made()
        states = self.states() if self.sources else {}
        before = [(t, t.array.copy()) for t in self.writes]
        try:
            arrays = self.arrays(call)
            made, saved = halves["forward"](*arrays)
        except Exception:
            restore(states)
            self.idle.append(halves)
            self.misses += 1
            if self.misses >= MISSES:
                self.why = NotTraceable("its numbers need other steps each time")
                self.for_good = True
            raise NotTraceable("these numbers need other steps") from None
        self.misses = 0
        if before:
            clock.stamp(*[t.array for t in self.writes])
        made = [made] if self.count == 1 else made
        if self.ends:
            run = Run()
            run.entry, run.halves, run.saved = self, halves, saved
            run.given = call.arrays, call.nodes
            run.arrays, run.states, run.before = arrays, states, before
            run.nodes = tuple([nodes[x] if x.__class__ is int else x.node for x in self.ends])
            run.tick = next(clock.clock)
            tensors = self._recorded(run, made)
        else:
            self.idle.append(halves)
            tensors = [Tensor(y) for y in made]
        return tensors[0] if self.form is Placeholder else filled(self.form, tensors)

    def _recorded(self, run: Run, made: Any) -> list[Any]:
        """The results as one op of the record."""
        saved, roots = (run, *run.saved), self.roots
        if len(made) == 1 == len(roots):
            y = made[0]
            node = new_node(self.plan, run.nodes, saved, {}, y.shape, y.dtype)
            return [Tensor(y, node)]
        tensors = [Tensor(y) for y in made]
        ys: Any = Parts([made[k] for k in roots])
        if len(roots) == 1:
            node = new_node(self.plan, run.nodes, saved, {}, ys[0].shape, ys[0].dtype)
            tensors[roots[0]].node = node
            return tensors
        node = new_node(self.plan, run.nodes, saved, {}, ys.shape, ys.dtype)
        for k, y in zip(roots, outputs(node, ys, arrived_at), strict=True):
            tensors[k] = y
        return tensors

    def eagerly(self, call: Call) -> Any:
        """The results of the function itself.  If it fails, nothing is half-done."""
        before = [(t, t.array.copy()) for t in self.writes]
        with drawn_from() as states:
            try:
                args, kwargs = call.tree
                return self.f(*args, **kwargs)
            except BaseException:
                restore(states, before)
                raise


def _meet(x: Any, y: Any) -> bool:
    return bool(np.may_share_memory(x, y))


def _laid_out(y: Any, strides: Any) -> Any:
    """A gradient of ones for y, in memory as the one that arrived last."""
    if not strides or min(strides, default=0) < 0 or len(strides) != y.ndim:
        return np.ones(y.shape, y.dtype)
    last = sum((n - 1) * s for n, s in zip(y.shape, strides, strict=True)) // y.itemsize
    return np.lib.stride_tricks.as_strided(np.ones(max(last, 0) + 1, y.dtype), y.shape, strides)


def _as_name(path: str) -> str:
    """A name of Python for the tensor at a path: "net.0.weight" is layer0_weight."""
    *_, owner, last = ["", "", *path.split(".")]
    parts = [f"layer{p}" if p.isdigit() else p for p in (owner, last) if p]
    name = "_".join(parts) if owner.isdigit() or len(path.split(".")) > 2 else parts[-1]
    name = re.sub(r"\W", "_", name)
    return f"{name}_" if keyword.iskeyword(name) or name in RESERVED else name


RESERVED = ("np", "forward", "backward", "grad")

# ---------------------------------------------------------------- its op in the record


def _compiled(*xs: Any) -> Any:
    """y = what a compiled function computed;  its program has the derivatives."""


OP = Op(_compiled, [None], {})


def _gradient(g: Any, run: Any, *_: Any, i: int) -> Any:
    """The i-th gradient; one pass finds them all."""
    if run.g is not g or run.found[i] is None:
        run.g, run.found = g, list(run.backward(g))
    part, run.found[i] = run.found[i], None
    return part


class Run(tuple[Any, ...]):
    """A call whose backward pass may come: until then it holds a set of buffers."""

    entry: Entry
    given: tuple[Any, Any]  # the arrays and the nodes of the arguments: a node holds no Tensor
    tick: int
    nodes: tuple[Any, ...]
    halves: dict[str, Any]
    arrays: list[Any]  # what the program was given
    saved: Any
    states: dict[Any, Any]
    before: Sequence[tuple[Any, Any]]
    g: Any = None
    found: list[Any]

    def backward(self, g: Any) -> Sequence[Any]:
        gs = [*g] if isinstance(g, Parts) else [g]
        strides = [x.strides if isinstance(x, np.ndarray) else None for x in gs]
        if strides == self.entry.arriving:
            try:
                return self.halves["backward"](*gs, *self.saved)  # type: ignore[no-any-return]
            except Exception:
                return self.again(gs)  # these numbers need other steps
        if None not in strides:
            self.entry.arrived = strides
        return self.again(gs)

    def again(self, gs: Sequence[Any]) -> Sequence[Any]:
        """The gradients by the record of the function itself: by other steps, or recorded."""
        entry = self.entry
        written = {id(t) for t in entry.writes}
        read = [x for x, t in zip(self.arrays, entry.inputs, strict=True) if id(t) not in written]
        clock.check_unwritten(tuple(read), self.tick, "compiled", ())
        start = next(clock.clock)
        with put_back(self.states, self.before), enable_grad():
            args, kwargs = filled(entry.arguments, map(Tensor, *self.given))
            tensors: list[Any] = [
                y for y in leaves(entry.f(*args, **kwargs)) if isinstance(y, TensorBase)
            ]
        ys = [tensors[k] for k in entry.roots]
        recorded = any(isinstance(g, TensorBase) for g in gs)
        found = pulled(ys, gs, self.nodes, create_graph=recorded, since=start)
        zeros = [np.zeros(end.shape, end.dtype) for end in self.nodes]
        pairs = zip(self.nodes, [Tensor(x) for x in zeros] if recorded else zeros, strict=True)
        return [found.get(end, zero) for end, zero in pairs]

    def __del__(self) -> None:
        if len(self.entry.idle) < IDLE:
            self.entry.idle.append(self.halves)
