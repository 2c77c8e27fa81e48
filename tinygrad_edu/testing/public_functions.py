"""Which public functions a random program can call: those whose parameters have names that say what
is asked for, as `tg.softmax(input, dim)`.  The registry has them all (law 9).

>>> drawable()["softmax"]
Ask(inputs=('input',), settings=('dim',))
"""

from __future__ import annotations

import warnings
from functools import cache
from inspect import Parameter, signature
from random import Random
from typing import Any, NamedTuple

import numpy as np

from ..engine.graph import Node, Op
from ..engine.observing import Observation, ObservedNode
from ..registry import NAMES, public_at
from ..tensor import Tensor
from .draw import Case, Draw
from .op_cases import near_kink

NUMPYS = {"dim": "axis", "keepdim": "keepdims"}  # the names by which ops ask for them
KNOWN = {"input", "other", *NUMPYS}
TRIED = 20


class Ask(NamedTuple):
    """What a function asks for: how many inputs, and which settings."""

    inputs: tuple[str, ...]
    settings: tuple[str, ...]

    def drawn(self, draw: Draw) -> Case:
        """Shapes for the inputs, and values for the settings."""
        shapes, params = draw.named(self.inputs, [NUMPYS[name] for name in self.settings])
        found = {name: params.get(NUMPYS[name]) for name in self.settings}
        return shapes, {name: value for name, value in found.items() if value is not None}


@cache
def drawable() -> dict[str, Ask]:
    """By name, the functions that a program can call, and what each asks for."""
    names = [path for path, entry in NAMES.items() if path == entry.first and "." not in path]
    asked = {name: _ask(NAMES[name].function) for name in names}
    return {name: ask for name, ask in asked.items() if ask and _works(name, ask)}


def _ask(function: Any) -> Ask | None:
    """What a function asks for that is no op; None if names alone do not say it."""
    if hasattr(function, "op") or isinstance(function, type):
        return None
    found = signature(function).parameters
    needed = {name for name, x in found.items() if x.default is Parameter.empty}
    if "input" not in needed or not needed <= KNOWN or "generator" in found:
        return None
    inputs = [name for name in ("input", "other") if name in needed]
    return Ask(tuple(inputs), tuple(name for name in NUMPYS if name in found))


def _works(name: str, ask: Ask) -> bool:
    """Does it take whatever is drawn, and has it a derivative?"""
    results = []
    for seed in range(TRIED):
        shapes, settings = ask.drawn(Draw(Random(seed)))
        numbers = np.random.default_rng(seed)
        xs = [Tensor(numbers.uniform(0.2, 0.8, shape)).requires_grad_() for shape in shapes]
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")  # of one that is deprecated, say
                results.append(call(name, xs, settings))
        except (ValueError, TypeError, RuntimeError, IndexError, Warning):
            return False  # it asks for a matrix, for instance
    return any(result is not None for result in results)


def call(name: str, arguments: list[Any], settings: dict[str, Any]) -> Any:
    """The result; None if it has no derivative, or a step of it is near a kink, out of the domain
    of its op, or chosen by a comparison (an index or a mask is among its inputs)."""
    before = [x.node for x in arguments]
    with Observation():
        result = public_at(name)(*arguments, **settings)
    results = list(result) if isinstance(result, tuple) else [result]
    if not all(isinstance(y, Tensor) and y.requires_grad for y in results):
        return None
    nodes, stack = set(before), [y.node for y in results]
    while stack:
        node = stack.pop()
        if node not in nodes:
            nodes.add(node)
            if not _is_smooth_at(node):
                return None
            stack += [x for x in node.inputs if x is not None]
    return result


def _is_smooth_at(node: Node) -> bool:
    if not isinstance(node, ObservedNode) or node.plan is None:
        return False  # it was not made by the call of an op, so nothing is known of it
    op, inputs = node.plan.op, node.values[1:]
    floats = [np.asarray(x) for x in inputs if np.asarray(x).dtype.kind == "f"]
    if any(isinstance(x, np.ndarray) and x.dtype.kind != "f" for x in inputs):
        return False
    low, high = op.domain
    inside = op.domain == Op.domain or all(np.all((low <= x) & (x <= high)) for x in floats)
    return bool(inside) and not near_kink(op.kinks, tuple(inputs))
