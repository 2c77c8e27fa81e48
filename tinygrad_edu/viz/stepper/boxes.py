"""Small questions about the boxes of a picture, and what the page calls them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from ...engine.graph import Node, Parts
from ..graph.picture import Arrow, Box
from ..numbers import number
from .written import single

ELEMENTWISE = ("elementwise", "special", "activation")  # files of ops


def computes(box: Box) -> bool:
    """Is it the result of ops, not something that is there from the start?"""
    return box.ops > 0


def origin(arrow: Arrow) -> Box:
    """The box that an arrow comes from, not one that repeats it."""
    return arrow.start.repeats or arrow.start


def letters_of(values: list[tuple[str, Any]], settings: dict[str, Any]) -> dict[str, str]:
    """The first number of each array, by the letters that a formula may have for its name."""
    letters = {
        name: f"{value:g}"
        for name, value in settings.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
    for name, array in values:
        if array is not None and not isinstance(array, tuple) and np.size(array):
            text = number(np.ravel(array)[0])
            letters.update(dict.fromkeys((name, name[:1], name[:1].upper()), text))
    return letters


def is_elementwise(box: Box) -> bool:
    """Does its op work on each element by itself?"""
    if box.kind == "group" or box.node is None or box.node.plan is None:
        return False
    return box.node.plan.op.forward.__module__.rpartition(".")[2] in ELEMENTWISE


def value_of(box: Box) -> Any:
    """The value, also of an op of several outputs."""
    values = getattr(box.node, "values", None)
    return values[0] if box.value is None and values and isinstance(values[0], Parts) else box.value


def sizes_of(x: Any) -> Any:
    """The shape; of several outputs, each."""
    return x.shape if isinstance(x, Parts) else np.shape(x)


def in_group(box: Box) -> str:
    """What a group stands for, in words."""
    if box.kind != "group" or not computes(box):
        return ""
    times = f"{box.times} times " if box.times > 1 else ""
    ops = box.ops // box.times
    said = f"stands for {times}{ops} operation{'s' * (ops != 1)}, which the page folds"
    return f"{said}; their gradients stand in one row" if times else said


def titles(boxes: list[Box], names: Mapping[Node, str]) -> dict[Box, str]:
    """A title for each box: its name, numbered where several would have the same."""
    made = {box: _title(box, names) for box in boxes}
    count = Counter(title for box, title in made.items() if not box.repeats)
    seen = Counter[str]()
    for box, title in made.items():
        numbered = box.kind != "constant" or single(box.value) is None
        if not box.repeats and count[title] > 1 and numbered:
            seen[title] += 1
            made[box] = f"{title} {seen[title]}"
        if box.times > 1:
            made[box] += f" × {box.times}"
    return {box: made[box.repeats or box] for box in made}


def _title(box: Box, names: Mapping[Node, str]) -> str:
    given = names.get(box.node, "") if box.node else box.name
    if box.kind == "constant":
        return given or single(box.value) or "constant"
    if box.kind == "group":
        name = box.name or ("constant" if box.gradient is None else "leaf")
        return f"{name}: {box.op}" if box.op not in ("", name) else name
    if not computes(box):
        return given or "leaf"
    return f"{given} ({box.name})" if given and given != box.name else box.name


def same(a: Any, b: Any) -> bool:
    """Are two gradients equal, NaN too?"""
    if isinstance(a, tuple):
        return all(map(same, a, b))
    return bool(np.array_equal(a, b, equal_nan=True))


def chain(left: str, filled: str | None, result: str | None) -> str:
    """ "y = a b = 2 × (-3) = -6", without what is not known, and nothing twice; if the formula is
    in words, "y = ...;  y = -6"."""
    name, equals, _ = left.partition(" = ")
    if equals and not filled and result is not None:
        return f"{left};  {name} = {result}"
    sides = [left]
    sides += [filled] if filled and filled != result else []
    sides += [result] if result is not None else []
    return " = ".join(sides)


def module(name: str, kind: str) -> str:
    """A module in words: "fc1: Linear"."""
    return f"{name}: {kind}" if name else kind
