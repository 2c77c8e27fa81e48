"""Random programs: registered ops, views and writes in place, one after another, as a function
with its Python source.  Nothing here needs hypothesis: `strategies.programs` lets it choose.

>>> from random import Random
>>> program = random_program(Random(3), ops=["exp", "sum"], steps=3)
>>> print(program.body)
def program(x0):
    t0 = ops.exp(x0)
    t0 += 0.5
    return t0
>>> program(*program.inputs).shape == program.inputs[0].shape
True
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import views
from ..dtypes import Array, DType, float64
from ..engine.graph import OPS, Op, OpFunction
from ..registry import METHODS
from ..tensor import Tensor
from .draw import Draw, Shape
from .op_cases import near_kink
from .public_functions import call as public_call, drawable
from .source import SCOPE, Program, as_source, call_text, key_text

if TYPE_CHECKING:
    from random import Random

LIMIT = 100.0  # a step that makes a larger number is left out: what follows would say little
LONGEST = 4  # sides that a step looks for among the values that there are


# ---------------------------------------------------------------- putting one together


class Builder:
    """A program that grows step by step.  Every step is run when it is drawn, so that it is known
    which shapes there are, and that numbers stay in the domain of an op and away from its kinks.

    Parameters
    ----------
    random : random.Random
        Where every choice comes from.
    ops : iterable of str or OpFunction, optional
        Which ops to draw, and which public functions ("tg.softmax"); unless given, all that have a
        derivative.
    views, writes : bool
        Are there steps that take views, and steps that write in place?
    dtype : dtype
        That of the inputs.
    """

    def __init__(
        self,
        random: Random,
        *,
        ops: Iterable[str | OpFunction] | None = None,
        views: bool = True,
        writes: bool = True,
        dtype: DType = float64,
    ) -> None:
        self.random, self.dtype = random, dtype
        self.draw = _Among(random, self.shapes)
        every: list[Any] = [*differentiable(), *map(in_package, drawable())]
        named = every if ops is None else list(ops)
        self.functions = [public_name(x) for x in named if is_public(x)]
        self.ops = [registered(x) for x in named if not is_public(x)]
        self.kinds = [*["op", "op"] * bool(self.ops), *["function"] * bool(self.functions)]
        self.kinds += [*["view"] * views, *["write"] * writes]
        self.inputs: dict[str, Array] = {}
        self.values: dict[str, Any] = {}
        self.fixed: set[str] = set()  # what looks into the memory of an input
        self.unread: dict[str, None] = {}  # in order
        self.used: dict[str, None] = {}
        self.lines: list[str] = []
        self.calls: list[OpFunction] = []

    def shapes(self) -> list[Shape]:
        return [tuple(value.shape) for value in self.values.values()]

    def step(self, number: int) -> None:
        """Add a step, the first of which has the number 0.  One that leads out of a domain, onto a
        kink or to huge numbers, or that writes where nothing can be written, is left out."""
        kind = self.random.choice(self.kinds) if number else self.kinds[0]
        with np.errstate(all="ignore"):
            if kind == "write":
                self.write()
            elif kind == "function":
                self.call_public(self.random.choice(self.functions))
            else:
                self.call(self.random.choice(VIEWS if kind == "view" else self.ops))

    def program(self) -> Program:
        """The function of its inputs that returns every value that no step has read."""
        if not self.lines:
            self.new_input((2,), Op.domain)
            self._add("t0 = x0 * 1.0", ["t0"], [self.values["x0"] * 1.0], ["x0"])
        used = [name for name in self.inputs if name in self.used]
        names = {name: f"x{k}" for k, name in enumerate(used)}
        lines = [re.sub(r"\bx\d+\b", lambda m: names[m[0]], line) for line in self.lines]
        inputs = {names[name]: self.inputs[name] for name in used}
        return Program(lines, list(self.unread), inputs, self.calls)

    # ------------------------------------------------------------ a call

    def call(self, function: OpFunction) -> None:
        """Call an op with values that fit it."""
        op = function.op
        names = op.forward.__code__.co_varnames[: op.arity]
        given, params = op.samples(self.draw) if op.samples else self.draw.named(names, op.keywords)
        rules = op.rules_of(len(given))
        texts = [self.argument(x, rule, op) for x, rule in zip(given, rules, strict=True)]
        arguments = [self.evaluated(text) for text in texts]
        if near_kink(op.kinks, tuple(getattr(x, "array", x) for x in arguments)):
            return
        result = function(*arguments, **params)
        results = list(result) if isinstance(result, tuple) else [result]
        if not all(_moderate(y) and y.requires_grad for y in results):
            return
        self.calls.append(function)
        several = isinstance(result, tuple)
        self._take(call_text(function, texts, params), results, texts, several)

    def call_public(self, name: str) -> None:
        """Call a public function with values that fit it."""
        shapes, settings = drawable()[name].drawn(self.draw)
        texts = [self.value_of(shape, Op.domain) for shape in shapes]
        result = public_call(name, [self.evaluated(text) for text in texts], settings)
        results = list(result) if isinstance(result, tuple) else [result]
        if result is None or not all(map(_moderate, results)):
            return
        given = [*texts, *[f"{key}={value!r}" for key, value in settings.items()]]
        line = f"tg.{name}({', '.join(given)})"
        self._take(line, results, texts, isinstance(result, tuple))

    def argument(self, x: Any, rule: Any, op: Op) -> str:
        """The text of an argument: a value of this shape, or the array that is asked for."""
        if isinstance(x, tuple):
            text = self.value_of(x, op.domain)
        elif isinstance(x, np.ndarray) and x.dtype.kind == "f":
            x = np.round(x, 3)
            if rule:  # not at 0, where the signs of qr jump
                x = np.where(np.abs(x) < 0.01, 0.01, x)
            return self.new_input(x.shape, op.domain, x) if rule else as_source(x)
        else:
            return as_source(x)
        low, high = op.domain
        values = self.evaluated(text).array
        if op.domain == Op.domain or np.all((low <= values) & (values <= high)):
            return text
        middle, half = round((low + high) / 2, 3), round((high - low) / 2, 3)
        within = f"{half} * ops.sin({text})"
        return f"{middle} + {within}" if middle else within

    def value_of(self, shape: Shape, domain: tuple[float, float]) -> str:
        """A value of a shape: one that there is, or a new input, which may be multiplied by one."""
        same = [name for name, value in self.values.items() if tuple(value.shape) == shape]
        if same and self.random.randrange(8):
            return self.random.choice(same + same[-2:])
        fits = [name for name, value in self.values.items() if _broadcasts(value.shape, shape)]
        name = self.new_input(shape, domain)
        return f"{name} * {self.random.choice(fits)}" if fits and self.random.randrange(2) else name

    def new_input(self, shape: Shape, domain: tuple[float, float], x: Array | None = None) -> str:
        """One more input, of numbers in the domain that all differ."""
        name = f"x{len(self.inputs)}"
        if x is None:
            low, high = domain
            size = int(np.prod(shape))
            count = max(1000, size)
            places = self.draw.numbers.choice(count, size, replace=False) + 0.5
            x = np.round(low + (high - low) / count * places, 4).reshape(shape)
        self.inputs[name] = np.asarray(x, self.dtype)
        self.values[name] = self._leaf(name)
        self.fixed.add(name)
        return name

    def _take(self, text: str, results: list[Any], read: list[str], several: bool) -> None:
        """Take over a line that gives new names to the results of a call; `several`: a tuple."""
        left = [f"t{len(self.values) - len(self.inputs) + k}" for k in range(len(results))]
        line = f"{', '.join(left)}{',' if several and len(left) == 1 else ''} = {text}"
        self._add(line, left, results, re.findall(r"\b[xt]\d+\b", " ".join(read)))

    # ------------------------------------------------------------ a write

    def write(self) -> None:
        """Write into a value, or into a part of it, in place."""
        targets = [name for name in self.values if name not in self.fixed]
        if not targets:
            return
        name = self.random.choice(targets)
        form = self.random.choice(WRITES)
        part, key = self.values[name], ""
        if "{key}" in form:
            key = key_text(self.draw.key(tuple(part.shape)))
            part = self.evaluated(f"{name}[{key}]")
        fits = [other for other, x in self.values.items() if _broadcasts(x.shape, part.shape)]
        other = self.random.choice(["2.0", "0.5", *fits]) if "{u}" in form else ""
        line = form.format(t=name, key=key, u=other)
        try:
            exec(line, SCOPE, self.values)
        except RuntimeError:  # an expanded view, for one: refused, as in PyTorch
            return
        if not all(map(_moderate, self.values.values())):
            self._run_again()
            return
        root = views.root_of(self.values[name])
        seen = [n for n, value in self.values.items() if views.root_of(value) is root]
        self._add(line, seen, [self.values[n] for n in seen], [other] if other in fits else [])

    def _run_again(self) -> None:
        """Make the values what the lines make them."""
        self.values = {name: self._leaf(name) for name in self.inputs}
        for line in self.lines:
            exec(line, SCOPE | {call.op.name: call for call in self.calls}, self.values)

    # ------------------------------------------------------------ the record of both

    def evaluated(self, text: str) -> Any:
        return eval(text, SCOPE, self.values)

    def _leaf(self, name: str) -> Any:
        return Tensor(self.inputs[name].copy()).requires_grad_()

    def _is_fixed(self, value: Any) -> bool:
        """Does it look into the memory of an input, or into memory that is read-only?"""
        inputs = [self.values[name].array for name in self.inputs]
        read_only = not views.root_of(value).array.flags.writeable
        return read_only or any(np.shares_memory(value.array, x) for x in inputs)

    def _add(self, line: str, left: list[str], results: list[Any], read: list[str]) -> None:
        """Take over a line that makes these results of what it has read."""
        for name in read:
            self.unread.pop(name, None)
            self.used[name] = None
        for name, value in zip(left, results, strict=True):
            self.values[name] = value
            self.unread[name] = None
            if self._is_fixed(value):
                self.fixed.add(name)
        self.lines.append(line)


class _Among(Draw):
    """Draws shapes, most of them among those that there are."""

    def __init__(self, random: Random, shapes: Callable[[], list[Shape]]) -> None:
        super().__init__(random)
        self.shapes_there = shapes

    def shape(self, min_ndim: int = 0, max_ndim: int = 3, min_side: int = 1) -> Shape:
        fits = [
            shape
            for shape in self.shapes_there()
            if min_ndim <= len(shape) <= max_ndim and all(min_side <= n <= LONGEST for n in shape)
        ]
        if fits and self.integer(0, 3):
            return tuple(self.choice(*[shape for shape in fits for _ in range(len(shape) + 1)]))
        ndim = max(min_ndim, min(max_ndim, self.choice(0, 1, 1, 2, 2, 3)))
        none = not min_side and not self.integer(0, 7)  # few without elements
        return tuple(0 if none else self.choice(1, 2, 2, 3, 4) for _ in range(ndim))

    def broadcast(self, full: Shape) -> Shape:
        fits = [shape for shape in self.shapes_there() if _broadcasts(shape, full)]
        if fits and self.integer(0, 3):
            return tuple(self.choice(*fits))
        return super().broadcast(full)

    def key(self, shape: Shape) -> tuple[Any, ...]:
        """What stands between the brackets of x[...]."""
        if self.random.randrange(4) == 3:
            return (self.mask(shape),)
        parts: list[Any] = [Ellipsis] if self.random.randrange(4) == 3 else []
        for side in shape[len(shape) - self.integer(0, len(shape)) :] if parts else shape:
            start = self.integer(0, side)
            options: list[Any] = [
                slice(None),
                slice(start, None),
                slice(None, start),
                slice(None, None, -1),
            ]
            options += [self.integer(-side, side - 1), slice(None, None, 2)] if side else []
            parts.append(self.choice(*options))
            if parts[0] is not Ellipsis and not self.random.randrange(3):
                break  # after an Ellipsis, each part belongs to its side, counted from the end
        return tuple(parts)


def random_program(random: Random, steps: int = 5, **settings: Any) -> Program:
    """A program of at most so many steps; the settings are those of `Builder`."""
    builder = Builder(random, **settings)
    for k in range(steps):
        builder.step(k)
    return builder.program()


# ---------------------------------------------------------------- which ops there are


def registered(call: str | OpFunction) -> OpFunction:
    """The op of this name.  Raises ValueError if there is none, or it has no derivative."""
    if isinstance(call, str):
        if call not in OPS:
            raise ValueError(f"programs: there is no op {call!r}; tinygrad_edu.ops has them all")
        call = OPS[call]
    if not hasattr(call, "op"):
        raise ValueError(f"programs: {call!r} is not an op: declare it with @op(rule, ...)")
    if not any(call.op.rules):
        raise ValueError(f"programs: {call.op.name} has no derivative, so its result leads nowhere")
    return call


def differentiable() -> list[OpFunction]:
    """All ops that have a derivative, those of one input first."""
    found = [call for name, call in OPS.items() if any(call.op.rules) and name not in OWN_LAYOUT]
    return sorted(found, key=lambda call: call.op.arity != 1)


def in_package(name: str) -> str:
    """The name of a public function as a program writes it."""
    return f"tg.{name}"


def is_public(call: Any) -> bool:
    return isinstance(call, str) and call.startswith("tg.")


def public_name(call: Any) -> str:
    """The public function of this name.  Raises ValueError if a program cannot call it."""
    name = str(call).removeprefix("tg.")
    if name not in drawable():
        known = ", ".join(map(in_package, drawable()))
        raise ValueError(f"programs: {call!r} is not a function whose inputs can be drawn: {known}")
    return name


OWN_LAYOUT = {"as_strided"}  # it is told how its input lies in memory
VIEWS = [call for call in differentiable() if call.op.view]


def _is_smooth(call: Any) -> bool:
    """Is it an op of one input that is defined and smooth everywhere?"""
    op = getattr(call, "op", None)
    if op is None or op.arity != 1 or op.keywords or op.kinks:
        return False
    return any(op.rules) and bool(op.domain == Op.domain)


OPERATORS = ["{t} += {u}", "{t} *= {u}", "{t}[{key}] = {u}", "{t}[{key}] += {u}", "{t} -= {u}"]
IN_PLACE = [
    f"{{t}}.{name}()"
    for name, method in METHODS.items()
    if method.writes == "values" and _is_smooth(method.function)
]
WRITES = [*OPERATORS * (2 * len(IN_PLACE) // len(OPERATORS)), *IN_PLACE]  # two thirds, one third


def _moderate(value: Any) -> bool:
    """Are its numbers finite and not too large?"""
    return bool(np.all(np.abs(value.array) <= LIMIT))


def _broadcasts(shape: Any, full: Any) -> bool:
    """Can a value of this shape stand where one of the full shape is asked for?"""
    sides = zip(reversed(shape), reversed(full), strict=False)
    return len(shape) <= len(full) and all(side in (1, n) for side, n in sides)
