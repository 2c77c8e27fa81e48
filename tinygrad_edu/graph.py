"""Record: an op that is given a Tensor computes its result and leaves a Node that says what was
done.

>>> import tinygrad_edu as tg
>>> x = tg.tensor([1.0, 2.0], requires_grad=True)
>>> y = (x * x).sum()
>>> y.node, y.node.inputs
(<SumBackward0>, (<MultiplyBackward0>,))

A Tensor is an array paired with its Node.  The array is the value; the Node is its place in the
record.  An op is a NumPy function with its derivative rules above it (see `op`); `backward.py`
replays the rules from the last Node to the first.
"""

from __future__ import annotations

import itertools
import sys
import threading
import weakref
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple, Protocol, TypeVar, cast

import numpy as np

from .dtypes import Array, DType, get_default_dtype, result_type

T = TypeVar("T")
Rule = Callable[..., Any]
Shape = tuple[int, ...]


# ---------------------------------------------------------------- what the record is made of


class Node:
    """One entry of the record: which op ran, on whose results, and what its rules will read.

    A leaf (a tensor made by the user) has no `plan`; it is where a gradient comes to rest.
    """

    __slots__ = (
        "__weakref__",
        "dtype",
        "freed_by",
        "grad",
        "hooks",
        "inputs",
        "params",
        "plan",
        "saved",
        "shape",
        "tick",
    )  # fmt: skip
    freed_by: Place

    def __init__(
        self,
        plan: Plan | None,
        inputs: tuple[Node | None, ...],
        saved: tuple[Any, ...] | None,
        params: dict[str, Any],
        shape: Shape,
        dtype: DType,
    ) -> None:
        self.plan = plan
        self.inputs = inputs
        self.saved = saved
        self.params = params
        self.shape = shape
        self.dtype = dtype
        self.tick = next(clock)
        self.grad: Any = None
        self.hooks: list[Callable[[Any], Any]] | None = None

    @property
    def name(self) -> str:
        return "leaf" if self.plan is None else self.plan.op.name

    def __repr__(self) -> str:
        words = [word.capitalize() for word in self.name.split("_")]
        return f"<{''.join(words)}Backward0>" if self.plan else f"<Leaf {self.shape}>"


class TensorBase:
    """An array and its Node (None if no gradient flows here): all that an op knows of a Tensor."""

    __slots__ = ("array", "node")
    array: Any
    node: Node | None

    def __init__(self, array: Any, node: Node | None = None) -> None:
        self.array = array
        self.node = node


Tensor: Callable[..., Any] = TensorBase


def results_are(cls: type[T]) -> type[T]:
    """Class decorator: from now on the results of ops are of this class."""
    global Tensor
    Tensor = cls
    return cls


# ---------------------------------------------------------------- the clock


clock = itertools.count(1)


class Place(NamedTuple):
    """A place in the user's code, resolved to `file.py:12` only when somebody reads it."""

    code: Any
    instruction: int
    step: str = ""  # what ran there, where that says more: "Adam.step() at "

    def __str__(self) -> str:
        line = next(
            (n for start, end, n in self.code.co_lines() if start <= self.instruction < end), 0
        )
        return f"{self.step}{self.code.co_filename}:{line}"


def user_place(step: str = "") -> Place:
    """Where the user's code stands: the innermost line outside of this package and nn."""
    frame = sys._getframe(2)
    while frame.f_back and frame.f_globals.get("__name__", "").partition(".")[0] in _OWN_PACKAGES:
        frame = frame.f_back
    return Place(frame.f_code, frame.f_lasti, step)


_OWN_PACKAGES = (__name__.partition(".")[0], "nn")


class Write(NamedTuple):
    """The newest write to some bytes of a buffer: when, and where."""

    tick: int
    place: Place


Extent = tuple[int, int]
_writes: dict[int, tuple[weakref.ref[Array], dict[Extent, Write]]] = {}
newest_write = 0


def stamp(*arrays: Array, place: Place | None = None) -> None:
    """Say that these were just written in place, so that no rule that saved those bytes is run."""
    global newest_write
    newest_write = next(clock)
    write = Write(newest_write, place or user_place())
    for array in arrays:
        owner = array if array.base is None else _owner(array)
        key = id(owner)
        entry = _writes.get(key)
        if entry is None:
            entry = _writes[key] = (weakref.ref(owner, partial(_forget, key)), {})
        extent = (0, array.nbytes) if array is owner else _extent(array, owner)
        extents = entry[1]
        if len(extents) >= 64 and extent not in extents:
            _fold(extents)
        extents[extent] = write


def _forget(key: int, _: Any) -> None:
    _writes.pop(key, None)


def write_since(array: Array, tick: int) -> Write | None:
    """The newest write after `tick` to bytes that `array` shares, if there was one."""
    owner = _owner(array)
    entry = _writes.get(id(owner))
    if entry is None:
        return None
    low, high = _extent(array, owner)
    later = [w for (a, b), w in entry[1].items() if w.tick > tick and a < high and low < b]
    return max(later, default=None)


def _owner(array: Array) -> Array:
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def _extent(array: Array, owner: Array) -> Extent:
    """The bytes that `array` spans, counted from the start of its owner."""
    if array is owner:
        return 0, max(array.nbytes, 1)
    low, high = np.lib.array_utils.byte_bounds(array)
    start = owner.__array_interface__["data"][0]
    return low - start, high - start


def _fold(extents: dict[Extent, Write]) -> None:
    """Put the older half of the extents into the one that spans them, so that they stay few."""
    older = sorted(extents, key=lambda extent: extents[extent].tick)[: len(extents) // 2]
    newest = extents[older[-1]]
    for extent in older:
        del extents[extent]
    extents[min(low for low, _ in older), max(high for _, high in older)] = newest


# ---------------------------------------------------------------- whether ops are recorded


class GradMode(threading.local):
    """Per thread: are ops recorded?"""

    recording = True


mode = GradMode()
paused = 0  # how many threads may have it off; while there is none, ops need not look it up
_pausing = threading.Lock()


def set_recording(on: bool) -> bool:
    """Record ops on this thread, or stop; returns what it was before."""
    global paused
    before = mode.recording
    if on != before:
        mode.recording = on
        with _pausing:
            paused += 1 if before else -1
    return before


# ---------------------------------------------------------------- ops


class Plan(NamedTuple):
    """What an op saves and which rules run, once it is known which of its inputs need a
    gradient."""

    op: Op
    keeps: tuple[bool, ...]  # for y and each input: is the array saved, or its shape only?
    rules: tuple[tuple[int, Rule, tuple[int, ...]], ...]  # input, rule, what it sees as a shape


class Op(dict[tuple[bool, ...], Plan]):
    """An entry of the derivative table; as a dict, the Plan for each choice of inputs with
    nodes."""

    def __init__(self, forward: Callable[..., Any], rules: tuple[Rule | None, ...]) -> None:
        self.name = forward.__name__.strip("_")
        self.forward = forward
        self.rules = rules
        code = forward.__code__
        self.variadic = bool(code.co_flags & 0x04)
        self.arity = code.co_argcount
        self.alike = self.variadic and self.arity == 0
        self.keywords = code.co_varnames[self.arity : self.arity + code.co_kwonlyargcount]
        self.domain: Any = None
        self.kinks: Any = ()
        self.samples: Callable[..., Any] | None = None
        self.explain: Callable[..., str | None] | None = None
        self.numpy: Callable[..., Any] | None = None
        self.promotes: bool | None = None

    def rules_of(self, count: int) -> tuple[Rule | None, ...]:
        """The rule of each of `count` inputs.  Those beyond the named ones have none, unless all
        are alike: then one rule serves them all, and is told the position."""
        if self.alike:
            return self.rules * count
        return self.rules + (None,) * (count - len(self.rules))

    def __missing__(self, needs: tuple[bool, ...]) -> Plan:
        rules = self.rules_of(len(needs))
        running = [(i, rule) for i, rule in enumerate(rules) if rule is not None and needs[i]]
        reads = {i: _reads(rule, len(needs) + 1) for i, rule in running}
        keeps = tuple(any(read[k] for read in reads.values()) for k in range(len(needs) + 1))
        plan = self[needs] = Plan(
            self,
            keeps,
            tuple(
                (
                    i,
                    partial(rule, i=i) if self.alike else rule,
                    tuple(k for k, keep in enumerate(keeps) if keep and not reads[i][k]),
                )
                for i, rule in running
            ),
        )
        return plan

    def explained(self, error: Exception, inputs: Sequence[Any], params: Any) -> Exception:
        """`error` again, saying which op failed on what, and if the op knows it, why."""
        why = self.explain and self.explain(*inputs, **params)
        given = ", ".join(described(x) for x in inputs)
        kind = next(kind for kind in _MISUSE if isinstance(error, kind))
        return kind(f"{self.name}: {why or f'{error}.  It was given {given}'}")


def _reads(rule: Rule, count: int) -> list[bool]:
    """For y and each input: does the rule keep it?  It does unless its name starts with `_`."""
    code = rule.__code__
    names = list(code.co_varnames[1 : code.co_argcount])
    if code.co_flags & 0x04:
        rest = code.co_varnames[code.co_argcount + code.co_kwonlyargcount]
        names += [rest] * (count - len(names))
    return [not name.startswith("_") for name in names[:count]]


def shape_of(x: Any) -> Any:
    """The shape of an input: () for a Python number, None for None."""
    return x.shape if x.__class__ is np.ndarray else getattr(x, "shape", None if x is None else ())


def described(x: Any) -> str:
    return f"{x.shape} {x.dtype}" if hasattr(x, "dtype") else repr(x)


class OpFunction(Protocol):
    """How an op looks to a type checker: it returns what its first input is."""

    op: Op

    def __call__(self, x: T, /, *inputs: Any, **params: Any) -> T: ...
    def __get__(self, instance: T, owner: Any = None) -> Callable[..., T]: ...


OPS: dict[str, OpFunction] = {}


def op(
    *rules: Rule | None,
    domain: Any = None,
    kinks: Any = (),
    samples: Callable[..., Any] | None = None,
    explain: Callable[..., str | None] | None = None,
    numpy: Callable[..., Any] | None = None,
    promotes: bool | None = None,
) -> Callable[[Callable[..., Any]], OpFunction]:
    """Make a recorded op of a NumPy function: `@op(rule for its first input, rule for its
    second...)`.

    A rule is the textbook derivative: `rule(g, y, *inputs, **params)` returns dL/d(input), given
    g = dL/dy.  A name that starts with `_` is not kept: the rule gets a shape in its place.  None
    stands for an input that has no gradient (a mask, an index).  An op of `*inputs` has one rule,
    which is told its input's position `i`.

    The rest declares what a check must know: `domain` (low, high) of the inputs, `kinks` where the
    derivative jumps, `samples(random)` that draws (inputs, params), shapes standing for random
    inputs; `explain` says in words why inputs do not fit; `numpy` is the NumPy function that this
    op answers to; `promotes` says whether inputs of several dtypes meet in one (unless said, those do
    that have a rule).
    """

    def define(forward: Callable[..., Any]) -> OpFunction:
        entry = Op(forward, rules)
        entry.domain, entry.kinks, entry.samples = domain, kinks, samples
        entry.explain, entry.numpy, entry.promotes = explain, numpy, promotes
        if entry.arity == 1 and not entry.variadic:
            call: Any = _unary(entry, forward)
        elif entry.arity == 2 and not entry.variadic and not entry.keywords:
            call = _binary(entry, forward)
        else:
            call = _nary(entry, forward)
        call.op, call.__name__, call.__qualname__ = entry, entry.name, entry.name
        call.__doc__, call.__module__ = forward.__doc__, forward.__module__
        call.__wrapped__ = forward
        OPS[entry.name] = call
        return cast(OpFunction, call)

    return define


# The three callers differ in the number of inputs only; the first two are unrolled for speed.


def _unary(op: Op, forward: Callable[..., Any]) -> Callable[..., Any]:
    plan = op[True,]
    keep_y, keep_x = plan.keeps
    recordable = bool(plan.rules)

    def call(x: Any, **params: Any) -> Any:
        if not isinstance(x, TensorBase):
            return forward(x, **params)
        array, node = x.array, x.node
        try:
            y = forward(array, **params)
        except _MISUSE as error:
            raise op.explained(error, (array,), params) from None
        if node is None or not recordable or (paused and not mode.recording):
            return unrecorded(y, array)
        if y.__class__ is not np.ndarray:
            y = _as_result(y)
        shape = y.shape
        saved = (y if keep_y else shape, array if keep_x else array.shape)
        return Tensor(y, Node(plan, (node,), saved, params, shape, y.dtype))

    return call


def _binary(op: Op, forward: Callable[..., Any]) -> Callable[..., Any]:
    promotes = None not in op.rules if op.promotes is None else op.promotes
    first, second, both = op[True, False], op[False, True], op[True, True]

    def call(a: Any, b: Any) -> Any:
        node_a = node_b = None
        if isinstance(a, TensorBase):
            node_a, a = a.node, a.array
            if isinstance(b, TensorBase):
                node_b, b = b.node, b.array
                if promotes and a.dtype is not b.dtype:
                    a, b = _meet(a, b)
            elif promotes and b.__class__ not in _WEAK:
                a, b = _meet(a, b)
        elif isinstance(b, TensorBase):
            node_b, b = b.node, b.array
            if promotes and a.__class__ not in _WEAK:
                a, b = _meet(a, b)
        else:
            return forward(a, b)
        try:
            y = forward(a, b)
        except _MISUSE as error:
            raise op.explained(error, (a, b), {}) from None
        plan = second if node_a is None else first if node_b is None else both
        if (node_a is node_b is None) or not plan.rules or (paused and not mode.recording):
            return unrecorded(y, a, b)
        if y.__class__ is not np.ndarray:
            y = _as_result(y)
        shape = y.shape
        keep_y, keep_a, keep_b = plan.keeps
        saved = (
            y if keep_y else shape,
            a if keep_a else shape_of(a),
            b if keep_b else shape_of(b),
        )
        return Tensor(y, Node(plan, (node_a, node_b), saved, NO_PARAMS, shape, y.dtype))

    return call


def _nary(op: Op, forward: Callable[..., Any]) -> Callable[..., Any]:
    def call(*inputs: Any, **params: Any) -> Any:
        arrays: list[Any] = []
        nodes: list[Node | None] = []
        needs: list[bool] = []
        dtypes: list[Any] = []
        for x in inputs:
            node = None
            if isinstance(x, TensorBase):
                node, x = x.node, x.array
                dtypes.append(x.dtype)
            arrays.append(x)
            nodes.append(node)
            needs.append(node is not None)
        if not dtypes:
            return forward(*inputs, **params)
        if len(dtypes) < len(arrays) or dtypes.count(dtypes[0]) < len(dtypes):
            arrays = _met(op, arrays)
        try:
            y = forward(*arrays, **params)
        except _MISUSE as error:
            raise op.explained(error, arrays, params) from None
        plan = op[tuple(needs)]
        if not plan.rules or (paused and not mode.recording):
            return unrecorded(y, *arrays)
        if y.__class__ is not np.ndarray:
            y = _as_result(y)
        shape = y.shape
        saved = [
            x if keep else shape_of(x) for x, keep in zip((y, *arrays), plan.keeps, strict=True)
        ]
        return Tensor(y, Node(plan, tuple(nodes), tuple(saved), params, shape, y.dtype))

    return call


def unrecorded(y: Any, *inputs: Any) -> Any:
    """A Tensor outside the record.  Integers that became floats are of the default float."""
    y = _as_result(y)
    if y.dtype.kind == "f":
        kinds = [x.dtype.kind for x in inputs if hasattr(x, "dtype")]
        if kinds and "f" not in kinds:
            y = y.astype(get_default_dtype(), copy=False)
    return Tensor(y, None)


def _as_result(y: Any) -> Any:
    return np.asarray(y) if isinstance(y, np.generic | bool | int | float) else y


def _meet(*inputs: Any) -> tuple[Any, ...]:
    """The inputs in the dtype in which PyTorch would combine them; Python scalars as they are."""
    inputs = tuple(x.item() if isinstance(x, np.generic) else x for x in inputs)
    inputs = tuple(np.asarray(x) if isinstance(x, list | tuple) else x for x in inputs)
    if not all(hasattr(x, "dtype") or x.__class__ in _WEAK for x in inputs):
        return inputs
    dtype = result_type(*inputs)
    return tuple(x.astype(dtype, copy=False) if hasattr(x, "dtype") else x for x in inputs)


def _met(op: Op, arrays: list[Any]) -> list[Any]:
    rules = op.rules_of(len(arrays))
    if op.promotes is False:
        return arrays
    which = [i for i, x in enumerate(arrays) if rules[i] and x is not None]
    dtypes = {getattr(arrays[i], "dtype", None) for i in which}
    if len(dtypes - {None}) < 2 and not any(isinstance(arrays[i], np.generic) for i in which):
        return arrays
    met = dict(zip(which, _meet(*[arrays[i] for i in which]), strict=True))
    return [met.get(i, x) for i, x in enumerate(arrays)]


NO_PARAMS: dict[str, Any] = {}
_WEAK = (float, int, bool)
_MISUSE = (IndexError, TypeError, ValueError)
