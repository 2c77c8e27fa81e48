"""Compiled: a function that runs as its NumPy program, which is one op of the record."""

from __future__ import annotations

import builtins
import inspect
import keyword
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial, update_wrapper
from threading import RLock, get_ident
from typing import Any

import numpy as np

from ..dtypes import get_default_dtype
from ..engine import clock, graph
from ..engine.backward import ops_behind
from ..engine.grad_mode import enable_grad, mode
from ..engine.graph import Node, Op, Parts, Plan, TensorBase
from ..engine.outputs import arrived_at, outputs
from ..func.traced_call import pulled
from ..func.trees import leaves, like
from ..rng import default_generator, drawn_from
from ..tensor import Tensor
from . import trace as traces
from .held import Held
from .source import Program, Source
from .trace import DependsOnValues, NotTraceable, Trace

KEPT = 8  # programs for arguments of the same shapes; then the function runs as it is
IDLE = 2  # sets of buffers that wait for the next call
_tracing = RLock()  # one at a time


class Call:
    """One call: its arguments, and the tensors in them with their arrays and places."""

    def __init__(self, args: Any, kwargs: Any) -> None:
        self.tree, self.tensors = (args, kwargs), []
        self.key = tuple([self._key(x) for x in args])
        if kwargs:
            self.key += tuple([(name, self._key(x)) for name, x in kwargs.items()])
        self.arrays = [t.array for t in self.tensors]
        self.nodes = [t.node for t in self.tensors]

    def _key(self, x: Any) -> Any:
        if isinstance(x, TensorBase):
            self.tensors.append(x)
            return looks(x)
        if isinstance(x, tuple | list):
            return type(x), tuple([self._key(part) for part in x])
        if isinstance(x, dict):
            return tuple([(name, self._key(part)) for name, part in x.items()])
        try:
            hash(x)
        except TypeError:
            raise TypeError(
                f"compile: an argument is a {type(x).__name__}, of which nobody can say whether it "
                "is the same at the next call; pass a tensor, a number or another hashable value"
            ) from None
        return type(x), x

    def with_tensors(self, tensors: Sequence[Any]) -> Any:
        """The arguments, with other tensors in the places of theirs."""
        new = iter(tensors)
        flat = [next(new) if isinstance(x, TensorBase) else x for x in leaves(self.tree)]
        return like(self.tree, iter(flat))

    def fresh(self) -> list[Any]:
        """Tensors of their own for the arguments, at the same places in the record."""
        return [Tensor(x, node) for x, node in zip(self.arrays, self.nodes, strict=True)]


def looks(t: Any) -> Any:
    """All that a program rests on: shape, memory layout, dtype, and whether a gradient flows."""
    x = t.array
    return x.shape, x.strides, x.dtype, t.node is None


@contextmanager
def put_back(states: dict[Any, Any], before: Sequence[tuple[Any, Any]] = ()) -> Iterator[None]:
    """In a `with` block, generators and buffers stand where they stood then; afterwards, where
    they stand now."""
    now = {generator: generator.get_state() for generator in states}
    held = [(t, t.array.copy()) for t, _ in before]
    try:
        restore(states, before)
        yield
    finally:
        restore(now, held)


def restore(states: dict[Any, Any], before: Sequence[tuple[Any, Any]] = ()) -> None:
    for generator, state in states.items():
        generator.set_state(state)
    for t, array in before:
        np.copyto(t.array, array)


# ---------------------------------------------------------------- one program


class Result:
    """Stands for a tensor in the form of what the function returns."""


class Entry:
    """A program for arguments of given shapes, and all that it rests on."""

    why: BaseException | None = None  # why there is no program: the function runs as it is
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
        given, start = call.fresh(), next(clock.clock)
        args, kwargs = call.with_tensors(given)
        with drawn_from() as states:
            try:
                with traces.tracing() as trace:
                    ys = self._results(trace, self.f(*args, **kwargs), start)
                    gs, grads = self._gradients(trace, start, arriving)
            finally:
                restore(states)
                changed = not self.held.is_unchanged()
                if changed:
                    self.held.restore()
        if trace.why or changed:
            raise trace.why or NotTraceable("the function changes what it reads, such as self.x")
        self._find_inputs(trace, given, names)
        of = [trace.tensors[id(t)][1] for t in self.found]
        program = Program(trace, ys, gs, grads, of)
        self.writes = [t for _, t, _ in program.writes]
        self._check_writes(given)
        del self.read, self.found
        source = Source(program, title)
        self.source, self.inputs = str(source), [self.origin.pop(v) for v in source.inputs]
        self.code = builtins.compile(self.source, f"<compiled {title}>", "exec")
        self._check(call, [y.array for y in ys], [g.array for g in gs], [g.array for g in grads])

    def _results(self, trace: Trace, tree: Any, start: int) -> list[Any]:
        flat = leaves(tree)
        if any(isinstance(y, np.ndarray) for y in flat):
            raise trace.stop("an array as a result; return tensors")
        self.tensors = [y for y in flat if isinstance(y, TensorBase)]
        self.form = like(tree, iter([Result if isinstance(y, TensorBase) else y for y in flat]))
        self.count = len(self.tensors)
        self.roots = [k for k, y in enumerate(self.tensors) if y.node and mode.recording]
        ends = {self.tensors[k].node for k in self.roots}
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
        if self.why is not None:
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
            raise NotTraceable("these numbers need other steps") from None
        if before:
            clock.stamp(*[t.array for t in self.writes])
        made = [made] if self.count == 1 else made
        if self.ends:
            run = Run()
            run.entry, run.halves, run.saved, run.call = self, halves, saved, call
            run.arrays, run.states, run.before = arrays, states, before
            run.nodes = tuple([nodes[x] if x.__class__ is int else x.node for x in self.ends])
            tensors = self._recorded(run, made)
        else:
            self.idle.append(halves)
            tensors = [Tensor(y) for y in made]
        if self.form is Result:
            return tensors[0]
        new = iter(tensors)
        return like(self.form, iter([next(new) if x is Result else x for x in leaves(self.form)]))

    def _recorded(self, run: Run, made: Any) -> list[Any]:
        """The results as one op of the record."""
        saved, roots = (run, *run.saved), self.roots
        if len(made) == 1 == len(roots):
            y = made[0]
            run.node = node = Node(self.plan, run.nodes, saved, {}, y.shape, y.dtype)
            return [Tensor(y, node)]
        tensors = [Tensor(y) for y in made]
        ys: Any = Parts([made[k] for k in roots])
        if len(roots) == 1:
            run.node = Node(self.plan, run.nodes, saved, {}, ys[0].shape, ys[0].dtype)
            tensors[roots[0]].node = run.node
            return tensors
        run.node = Node(self.plan, run.nodes, saved, {}, ys.shape, ys[0].dtype)
        for k, y in zip(roots, outputs(run.node, ys, arrived_at), strict=True):
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


class Draw:
    """An input of a program: the random numbers of a generator, or of the thread's own."""

    def __init__(self, source: Any) -> None:
        self.source = source

    @property
    def array(self) -> Any:
        return (self.source or default_generator()).numpy


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
    call: Call
    node: Node
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
        entry, call, node = self.entry, self.call, self.node
        written = {id(t) for t in entry.writes}
        read = [x for x, t in zip(self.arrays, entry.inputs, strict=True) if id(t) not in written]
        clock.check_unwritten(tuple(read), node.tick, "compiled", node.shape)
        start = next(clock.clock)
        with put_back(self.states, self.before), enable_grad():
            args, kwargs = call.with_tensors(call.fresh())
            tensors = [y for y in leaves(entry.f(*args, **kwargs)) if isinstance(y, TensorBase)]
        ys = [tensors[k] for k in entry.roots]
        recorded = any(isinstance(g, TensorBase) for g in gs)
        found = pulled(ys, gs, self.nodes, create_graph=recorded, since=start)
        zeros = [np.zeros(end.shape, end.dtype) for end in self.nodes]
        pairs = zip(self.nodes, [Tensor(x) for x in zeros] if recorded else zeros, strict=True)
        return [found.get(end, zero) for end, zero in pairs]

    def __del__(self) -> None:
        if len(self.entry.idle) < IDLE:
            self.entry.idle.append(self.halves)


# ---------------------------------------------------------------- what the user sees


class Compiled:
    """A function, or a module, that runs as its NumPy program; see `compile`.

    Attributes that are not its own are those of the function or module.
    """

    def __init__(self, f: Callable[..., Any]) -> None:
        self._f, self._last = f, None
        self._programs: dict[Any, list[Entry]] = {}
        if hasattr(f, "__name__"):
            update_wrapper(self, f)
        self._title = getattr(f, "__name__", type(f).__name__)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        here = traces.now
        if graph.record is not Node or graph.planned or (here and here.thread == get_ident()):
            return self._f(*args, **kwargs)  # somebody watches each op
        call = Call(args, kwargs)
        entries = self._programs.setdefault((call.key, mode.recording, get_default_dtype()), [])
        entry = next((entry for entry in entries if entry.fits()), None)
        if entry is None or (entry.arrived != entry.arriving and entry.tries < KEPT):
            with _tracing:
                entry = self._written(call, entries, entry)
            self._last = entry
            result = self._run(entry, call)
            entries.append(entry)  # not if the function fails
            return result
        self._last = entry
        return self._run(entry, call)

    def _run(self, entry: Entry, call: Call) -> Any:
        if entry.why is None:
            try:
                return entry.run(call)
            except NotTraceable:
                pass
        return entry.eagerly(call)

    def _written(self, call: Call, entries: list[Entry], before: Entry | None) -> Entry:
        """A new program for such a call, or why there is none."""
        others = [x for x in leaves(call.tree) if not isinstance(x, TensorBase)]
        entry = Entry(self._f, Held([self._f, *others]))
        try:
            if len(entries) >= KEPT:
                raise NotTraceable(f"what the function reads has changed {KEPT} times")
            names = _argument_names(self._f, call)
            entry.write(call, names, before and before.arrived, self._title)
        except DependsOnValues:
            raise
        except Exception as error:
            entry.why = error
        if before is not None:
            entries.remove(before)
            entry.tries = before.tries + 1
        return entry

    @property
    def source(self) -> str:
        """The program of the newest call, as Python that needs NumPy alone.

        Returns
        -------
        str
            Its text; a comment, if nothing was called yet, or if the function runs as it is.
        """
        if self._last is None:
            return f"# {self._title}: the program is written at the first call"
        if self._last.why is not None:
            return f"# {self._title} runs as it is: {self._last.why}"
        return self._last.source

    def __str__(self) -> str:
        return self.source

    def __repr__(self) -> str:
        return f"compile({self._f!r})"

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["_f"], name)

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else partial(self, instance)


def _argument_names(f: Any, call: Call) -> list[str]:
    """A name for each tensor among the arguments."""
    args, kwargs = call.tree
    try:
        f = getattr(f, "forward", f)
        given = inspect.signature(f).bind(*args, **kwargs).arguments
    except (TypeError, ValueError):
        given = {"x": (args, kwargs)}
    names = {}
    for name, tree in given.items():
        tensors = [x for x in leaves(tree) if isinstance(x, TensorBase)]
        for k, x in enumerate(tensors):
            names.setdefault(id(x), name if len(tensors) == 1 else f"{name}{k}")
    return [names[id(t)] for t in call.tensors]


def compile(
    model: Any = None,
    *,
    fullgraph: bool = False,
    dynamic: bool | None = None,
    backend: Any = "inductor",
    mode: str | None = None,
    options: dict[str, Any] | None = None,
    name: str | None = None,
    disable: bool = False,
    recompile_limit: int | None = None,
    isolate_recompiles: bool = False,
    shapes_spec: Any = None,
) -> Any:
    """Turn a function of tensors into its NumPy program, which computes the same in less time.

    At the first call the function runs on arrays that write down every NumPy call, forward and
    backward.  The program that this gives writes into buffers that it keeps; it is one op of the
    record, and its results are those of the function, bit for bit.  `print(compiled)` shows it.

    Parameters
    ----------
    model : callable, optional
        The function or module; without it, a decorator is returned.
    fullgraph, dynamic, backend, mode, options, name
        Accepted as in PyTorch, without effect.
    disable : bool, default False
        If True, `model` itself is returned.
    recompile_limit, isolate_recompiles, shapes_spec
        Accepted as in PyTorch, without effect.

    Returns
    -------
    Compiled
        It is called as `model` is, and has its attributes.  `source` is the program.

    Raises
    ------
    TypeError
        If `model` cannot be called; in a call, if an argument cannot be hashed.
    DependsOnValues
        In a call, if a line of the function needs the numbers in a tensor: a branch, `item()`,
        or a shape that depends on them.

    Notes
    -----
    A program is written for each choice of shapes, dtypes, memory layouts, other arguments, grad
    mode, and variables and attributes that the function reads.  What the function does beside its
    result, such as printing, it does when the program is written.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> w = tg.tensor([1.0, 2.0], requires_grad=True)
    >>> @tg.compile
    ... def loss(x):
    ...     return (w * x).sum()
    >>> loss(tg.tensor([3.0, 4.0])).backward()
    >>> w.grad
    tensor([3., 4.])
    """
    if model is None:
        return partial(compile, disable=disable)
    if not callable(model):
        raise TypeError(f"compile: it takes a function or a module, not {model!r}")
    return model if disable or isinstance(model, Compiled) else Compiled(model)
