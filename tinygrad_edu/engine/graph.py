"""Record: an op that is given a Tensor computes its result, and leaves a Node that says what it
did.

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

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Protocol, TypeVar, cast

import numpy as np
from numpy import ndarray

from ..dtypes import DType, described, is_stray, no_tensor
from .clock import Place, clock
from .hooks import Hooks
from .shown import ShownNode

T = TypeVar("T")
Rule = Callable[..., Any]
Shape = tuple[int, ...]

# ---------------------------------------------------------------- what the record is made of


class Node(ShownNode):
    """One entry of the record: which op ran, on whose results, and what its rules will read.

    A leaf (a tensor made by the user) has no `plan`; it is where a gradient comes to rest.
    """

    __slots__ = (
        *("plan", "inputs", "saved", "params", "shape", "dtype"),  # what ran, and what it made
        *("tick", "grad", "hooks", "freed_by", "cuts", "unrecorded", "__weakref__"),
    )
    freed_by: Place
    cuts: dict[Any, Any] | None  # where the value left the record, if it did: see `cuts.py`; and
    unrecorded: str  # the newest op on it under no_grad()
    plan: Plan | None
    inputs: tuple[Node | None, ...]
    saved: tuple[Any, ...] | None
    params: dict[str, Any]
    shape: Shape
    dtype: DType
    tick: int
    grad: Any
    hooks: Hooks | None  # made at the first hook


def new_node(
    plan: Any, inputs: Any, saved: Any, params: Any, shape: Shape, dtype: DType, kind: Any = Node
) -> Node:
    """A Node, at this tick.  As `Node.__init__` it would take a third longer, and each op makes
    one: Python calls that by way of C."""
    node: Node = kind()
    node.plan, node.inputs = plan, inputs
    node.saved, node.params = saved, params
    node.shape, node.dtype = shape, dtype
    node.tick = next(clock)
    node.grad = node.hooks = node.cuts = None
    return node


def leaf(shape: Shape, dtype: DType) -> Node:
    """A place where a gradient comes to rest.  Raises RuntimeError unless the dtype is floating."""
    if dtype.kind != "f":
        raise RuntimeError(
            f"requires_grad: only floating tensors have gradients, not {dtype}; call t.float()"
        )
    return new_node(None, (), None, {}, shape, dtype)


class TensorBase:
    """An array and its Node (None if no gradient flows here): all that an op knows of a Tensor."""

    __slots__ = ("array", "node")
    array: Any
    node: Node | None


Tensor: Any = TensorBase  # what ops return: `tensor.py` puts its Tensor here
record: Any = new_node  # what makes the Node of an op: `packing.py` has its own while a hook packs
planned: Any = None  # while someone observes, what changes a Plan: see `observing.py`
caller_of: Any = None  # what makes the function that runs an op: `caller.py` puts its own here


class Parts(tuple[Any, ...]):
    """What belongs to an op of several outputs: an array for each, or a gradient for each."""

    dtype = None

    @property
    def shape(self) -> tuple[Shape, ...]:
        return tuple(part.shape for part in self)

    def __add__(self, other: Any) -> Parts:
        return Parts(a + b for a, b in zip(self, other, strict=True))


# ---------------------------------------------------------------- ops


class Plan:
    """What an op saves and which rules run, once it is known which of its inputs need a
    gradient."""

    __slots__ = ("keeps", "op", "rules")

    def __init__(
        self,
        op: Op,
        keeps: tuple[bool, ...],  # for y and each input: is the array saved, or its shape only?
        rules: tuple[tuple[int, Rule, tuple[int, ...]], ...],  # input, rule, what it sees as shape
    ) -> None:
        self.op, self.keeps, self.rules = op, keeps, rules


class Op(dict[tuple[bool, ...], Plan]):
    """An entry of the derivative table; as a dict, the Plan for each choice of inputs with
    nodes."""

    domain: tuple[float, float] = (-2.0, 2.0)
    kinks: Any = ()
    samples: Callable[..., Any] | None = None
    explain: Callable[..., str | None] | None = None
    numpy: Callable[..., Any] | None = None
    promotes: bool | None = None
    residual: Callable[..., Any] | None = None
    whole: Rule | None = None
    view: bool = False
    named: tuple[str, ...] = ()
    called: str = ""  # in messages: the function that users call

    def __init__(self, forward: Callable[..., Any], rules: Any, declared: dict[str, Any]) -> None:
        for name in declared:
            if name not in Op.__annotations__:
                raise TypeError(f"@op: {name}= is not something that an op declares")
        vars(self).update(declared)
        code, given = forward.__code__, forward.__kwdefaults__
        self.name, self.forward, self.rules = forward.__name__.strip("_"), forward, tuple(rules)
        if given:  # a rule is told the defaults too
            self.rules = tuple([rule and partial(rule, **given) for rule in rules])
        self.arity = code.co_argcount - (self.residual is not None)
        self.residual_of: list[int] = []  # the inputs that it reads
        if self.residual is not None:
            read = self.residual.__code__.co_varnames[: self.arity]
            self.residual_of = [i for i, name in enumerate(read) if name[0] != "_"]
        self.variadic = bool(code.co_flags & 0x04)
        if self.arity <= 2 and not self.named:
            self.named = ("input", "other")[: self.arity]
        self.keywords = code.co_varnames[code.co_argcount :][: code.co_kwonlyargcount]

    def rules_of(self, count: int) -> tuple[Rule | None, ...]:
        """The rule of each of `count` inputs.  Those beyond the named ones have none, unless all
        are alike: then one rule serves them all, and is told the position."""
        if self.arity == 0:
            return tuple(rule and partial(rule, i=i) for i in range(count) for rule in self.rules)
        return self.rules + (None,) * (count - len(self.rules))

    def meeting(self, count: int) -> Sequence[int]:
        """Which of `count` inputs are brought to one dtype: those with a rule, or as declared."""
        if self.promotes is False:
            return ()
        shared = self.promotes or (self.arity == 0 and any(self.rules))
        rules = self.rules[:count]
        meets = range(count) if shared else [i for i, rule in enumerate(rules) if rule]
        return meets if len(meets) > 1 else ()

    def names_of(self, count: int) -> tuple[str, ...]:
        """What `count` inputs are called."""
        known = len(self.named)
        return self.named + tuple([f"x{i}" for i in range(known, count)] if known < count else ())

    def __missing__(self, needs: tuple[bool, ...]) -> Plan:
        count = len(needs) + 1
        rules = [(i, r) for i, r in enumerate(self.rules_of(count - 1)) if r and needs[i]]
        kept = [kept_by(rule, count) for _, rule in rules]
        keeps = {k for own in kept for k in own} | {i + 1 for i in self.residual_of if needs[i]}
        steps = tuple(
            (i, rule, tuple(keeps - own)) for (i, rule), own in zip(rules, kept, strict=True)
        )
        plan = Plan(self, tuple(k in keeps for k in range(count)), steps)
        plan = self[needs] = planned(plan) if planned else plan
        return plan

    def explained(self, error: Exception, inputs: Sequence[Any], params: Any) -> Exception:
        """`error` again, saying which op failed on what, and if the op knows it, why."""
        asked = error.obj if isinstance(error, AttributeError) else error  # what has no such name
        strays = [x for x in inputs if is_stray(x) or x is asked]
        why = no_tensor(strays[0]) if strays else None
        if self.explain and not strays and asked is error:
            why = self.explain(*inputs, **params)
        if why is None or (strays and len(inputs) > 1 and not isinstance(strays[0], tuple)):
            why = f"{why or error}.  It was given {', '.join(map(described, inputs))}"
        kind = next((kind for kind in MISUSE if isinstance(error, kind)), TypeError)
        kind = LinAlgError if kind is np.linalg.LinAlgError else kind
        return kind(f"{self.called or self.name}: {why}")


def kept_by(rule: Rule, count: int) -> set[int]:
    """Which of y and the inputs (0 to count - 1) the rule reads: its names without a leading _."""
    code = getattr(rule, "func", rule).__code__
    names = list(code.co_varnames[1 : code.co_argcount])
    if code.co_flags & 0x04:
        names += [code.co_varnames[code.co_argcount + code.co_kwonlyargcount]] * count
    return {k for k, name in enumerate(names[:count]) if name[0] != "_"}


def shape_of(x: Any) -> Any:
    """The shape of an input: () for a Python number, None for None."""
    return x.shape if x.__class__ is ndarray else getattr(x, "shape", None if x is None else ())


class OpFunction(Protocol):
    """How an op looks to a type checker: it returns what its first input is."""

    op: Op

    def __call__(self, x: T, /, *inputs: Any, **params: Any) -> T: ...
    def __get__(self, instance: T, owner: Any = None) -> Callable[..., T]: ...


OPS: dict[str, OpFunction] = {}


def op(*rules: Rule | None, **declared: Any) -> Callable[[Callable[..., Any]], OpFunction]:
    """Make a recorded op of a NumPy function: `@op(rule for its first input, for its second...)`.

    A rule is the textbook derivative: `rule(g, y, *inputs, **params)` returns dL/d(input), given
    g = dL/dy.  A name that starts with `_` is not kept: the rule gets a shape in its place.  None
    stands for an input that has no gradient (a mask, an index).  An op of `*inputs` has one rule,
    which is told its input's position `i`.

    The rest declares what a check must know: `domain=(low, high)` of the inputs, `kinks=` where the
    derivative jumps, `samples=lambda draw: ...` what fits it, (inputs, params) in the words of
    `testing/draw.py`: unless said, what the names of its parameters ask for there (`axis`,
    `windows` ...), or shapes that broadcast.  `explain=` says in words why inputs do not fit;
    `numpy=` is the NumPy function that this op answers to; `promotes=` says whether inputs of
    several dtypes meet in one (unless said, those do that have a rule).  `residual=` computes of
    the inputs, with ops, what both the forward and the rules need: it is kept for rules on arrays,
    found anew on Tensors.  `view=True`: the result may look into the memory of the input.
    `whole=` is one rule for all of many `*inputs`: `whole(g, y, shapes, **params)` returns a
    gradient for each, in the time of one pass.  `named=` are the names of the inputs for who calls
    the op: unless said, PyTorch's `input` and `other` for one and two, else x0, x1, x2 ...
    """

    def define(forward: Callable[..., Any]) -> OpFunction:
        entry = Op(forward, rules, declared)
        made: Any = caller_of(entry)
        made.op, made.__name__, made.__qualname__ = entry, entry.name, entry.name
        made.__module__, made.__doc__ = forward.__module__, forward.__doc__
        made.__wrapped__ = forward
        OPS[entry.name] = made
        return cast(OpFunction, made)

    return define


class LinAlgError(np.linalg.LinAlgError, RuntimeError):
    """Error of linear algebra: a matrix is singular, or not positive definite, or not square.

    It is NumPy's error, and a RuntimeError, as PyTorch's is.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> try:
    ...     tg.linalg.inv(tg.zeros(2, 2))
    ... except tg.linalg.LinAlgError as error:
    ...     print(error)
    inv: the matrix (2, 2) is singular: for what there is instead, see linalg.pinv
    """


MISUSE = (np.linalg.LinAlgError, IndexError, TypeError, ValueError)
