"""The lesson of a page: the steps of the forward and the reverse pass, in the engine's order.

>>> import tinygrad_edu as tg
>>> from tinygrad_edu.viz.picture import picture_of
>>> a = tg.tensor(2.0, requires_grad=True)
>>> with tg.viz.observe():
...     loss = (a * -3.0).exp()
>>> for step in Lesson(picture_of(loss, {"a": a}, gradients=True), {a.node: "a"}).steps:
...     print(step["say"])
Start. Known are a = 2, -3.
Forward: multiply. y = a b = 2 × (-3) = -6.
Forward: exp. y = e^x = e^(-6) = 0.002479.
Backward begins at the output, exp: g = 1.
Backward: exp, g = 1. dL/dx = g y = 1 × 0.002479 = 0.002479, to multiply.
Backward: multiply, g = 0.002479. dL/da = g b = 0.002479 × (-3) = -0.007436, to a.
a.grad gets -0.007436.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from ...engine.graph import Node, Parts
from ..numbers import number
from ..picture import Arrow, Box, Picture
from ..words import settings_of, shape_of
from .formula import Formula, parsed, with_numbers
from .sources import Sources, Spot, spot_of
from .written import Arrays, short, single

Step = dict[str, Any]
TERMS = 6  # of a sum: so many of the newest are written
ELEMENTWISE = ("elementwise", "special", "activation")  # files of ops
KNOWN = 12  # tensors: so many of those that are known at the start are named


class Lesson:
    """What the page shows of each box and in each step; arrays and lines of code are listed apart,
    and named by their place in the lists."""

    def __init__(self, picture: Picture, names: Mapping[Node, str]) -> None:
        self.picture = picture
        self.arrays = Arrays()
        self.titles = titles(picture.boxes, names)
        self.places = {box: k for k, box in enumerate(picture.boxes)}
        self.into: dict[Box, list[tuple[int, Arrow]]] = {box: [] for box in picture.boxes}
        for k, arrow in enumerate(picture.arrows):
            self.into[arrow.end].append((k, arrow))
        spots = [spot_of(box.call.place) for box in picture.boxes if box.call]
        self.sources = Sources(spots)
        self.boxes = [self._box(box) for box in picture.boxes]
        self.arrows = [self._arrow(arrow) for arrow in picture.arrows]
        self.steps: list[Step] = []
        self._forward()
        _Backward(self).run()
        self._number()

    def _box(self, box: Box) -> dict[str, Any]:
        spot = spot_of(box.call.place) if box.call else None
        return {
            "kind": box.kind if box.kind != "group" or computes(box) else "leaf",
            "title": self.titles[box],
            "op": "" if box.name == box.op or box.kind == "group" else box.op,
            "group": _group(box),
            "settings": settings_of(box.settings, _defaults(box)),
            "formula": parsed(box.formula).forward,
            "shape": shape_of(box.shape),
            "of": self.places[box.repeats or box],  # the same tensor, if it is drawn twice
            "value": self.arrays.places(_value(box)),
            "short": single(box.value),
            "reserved": "" if box.gradient is None else f"grad {short(box.gradient)} \u2026",
            "inputs": [[arrow.argument, self.places[arrow.start]] for _, arrow in self.into[box]],
            "modules": " > ".join(_module(*path[:2]) for path in box.modules),
            "code": self._code(spot),
        }

    def _arrow(self, arrow: Arrow) -> dict[str, Any]:
        gradient = "" if arrow.gradient is None else short(arrow.gradient)
        ends = self.places[arrow.start], self.places[arrow.end]
        return {"from": ends[0], "to": ends[1], "short": gradient}

    def _code(self, spot: Spot | None) -> list[Any] | None:
        """The block of lines, if it is known, and the line and the name of the file."""
        return spot and [self.sources.block(spot), spot[1], spot[0]]

    def _forward(self) -> None:
        known = [box for box in self.picture.boxes if not computes(box) and not box.repeats]
        said = ", ".join(self._known(box) for box in known[:KNOWN])
        said += f", and {len(known) - KNOWN} more" if len(known) > KNOWN else ""
        self.steps.append({"kind": "start", "say": f"Start. Known are {said}."})
        for box in self.picture.boxes:
            if computes(box):
                equation = self._equation(box)
                step = {"kind": "forward", "node": self.places[box], "equation": equation}
                step["example"] = "" if equation else self._example(box)
                step["say"] = f"Forward: {self.titles[box]}. {equation or self._result(box)}."
                self.steps.append(step)

    def _number(self) -> None:
        """Say of each step where it stands."""
        count = Counter(step["kind"] for step in self.steps)
        seen = Counter[str]()
        words = {"forward": "Forward", "backward": "Backward", "leaf": "Gradients of leaves"}
        for step in self.steps:
            kind = step["kind"]
            seen[kind] += 1
            place = f"{words.get(kind, '')}: {seen[kind]} of {count[kind]}"
            step["phase"] = {"start": "Before", "seed": "Backward: the start"}.get(kind, place)

    def _known(self, box: Box) -> str:
        title, value = self.titles[box], single(box.value)
        if value is None:
            return f"{title} ({shape_of(box.shape)})"
        return title if title == value else f"{title} = {value}"

    def _result(self, box: Box) -> str:
        inputs = ", ".join(self.titles[arrow.start] for _, arrow in self.into[box])
        return f"Of {inputs} it makes {shape_of(box.shape)}"

    def _equation(self, box: Box) -> str:
        """The formula, and with numbers where all are single: "y = a b = 2 × (-3) = -6"."""
        formula, result = parsed(box.formula), single(box.value)
        numbers = self.numbers(box)
        if not formula.forward or result is None or numbers is None:
            return ""
        return _chain(formula.forward, with_numbers(formula.forward, numbers), result)

    def _example(self, box: Box) -> str:
        """The equation of the first element, where the op works on each by itself."""
        numbers = self.first_numbers(box)
        if not numbers or "y" not in numbers:
            return ""
        forward = parsed(box.formula).forward
        filled = with_numbers(forward, numbers)
        return _chain("y", filled, numbers["y"]) if filled else ""

    def numbers(self, box: Box) -> dict[str, str] | None:
        """The letters of the formula and their numbers; None unless all are single numbers."""
        values = [(arrow.argument, arrow.start.value) for _, arrow in self.into[box]]
        if box.kind == "group" or any(single(value) is None for _, value in values):
            return None
        return _letters([*values, ("y", box.value), ("g", box.gradient)], box.settings)

    def first_numbers(self, box: Box) -> dict[str, str] | None:
        """The same of the first element; None unless the op works on each element by itself."""
        if not _is_elementwise(box) or 0 in box.shape:
            return None
        values = [(arrow.argument, arrow.start.value) for _, arrow in self.into[box]]
        if any(value is None for _, value in values):
            return None
        return _letters([*values, ("y", box.value), ("g", box.gradient)], box.settings)


class _Backward:
    """The steps of the reverse pass, with what has arrived at each box so far."""

    def __init__(self, lesson: Lesson) -> None:
        self.lesson = lesson
        self.arrived: dict[Box, list[tuple[str, Any]]] = {box: [] for box in lesson.picture.boxes}
        self.sums: dict[Box, Any] = {}
        arrows = [arrow for arrow in lesson.picture.arrows if arrow.gradient is not None]
        self.awaited = Counter(origin(arrow) for arrow in arrows if not arrow.loop)

    def run(self) -> None:
        lesson, output = self.lesson, self.lesson.picture.output
        say = f"Backward begins at the output, {lesson.titles[output]}: {_g(output.gradient)}."
        step = {"kind": "seed", "node": lesson.places[output], "say": say}
        lesson.steps.append({**step, **self._gradient(output)})
        self.sums[output] = output.gradient
        boxes = [
            box
            for box in lesson.picture.boxes
            if box.gradient is not None and box.kind != "constant" and not box.repeats
        ]
        for box in reversed(boxes):
            if computes(box):
                lesson.steps.append(self._op(box))
        for box in boxes:
            if not computes(box):
                lesson.steps.append(self._leaf(box))

    def _gradient(self, box: Box) -> dict[str, Any]:
        return {"g": self.lesson.arrays.places(box.gradient), "short": short(box.gradient)}

    def _op(self, box: Box) -> Step:
        """The gradient that arrived, and what goes on to each input."""
        title, formula = self.lesson.titles[box], parsed(box.formula)
        parts = [
            self._part(k, arrow, formula)
            for k, arrow in self.lesson.into[box]
            if arrow.gradient is not None
        ]
        said = " ".join(f"{part.pop('say')}." for part in parts)
        step = {"kind": "backward", "node": self.lesson.places[box], "parts": parts}
        step["say"] = f"Backward: {title}, {_g(box.gradient)}. {said}{self._hook(box)}"
        return {**step, **self._gradient(box), "remark": formula.remark, "hook": self._hook(box)}

    def _part(self, k: int, arrow: Arrow, formula: Formula) -> dict[str, Any]:
        lesson, target, part = self.lesson, origin(arrow), arrow.gradient
        title, sum_of = lesson.titles[target], self._add(arrow, target)
        made = {
            "edge": k,
            "to": lesson.places[target],
            "value": lesson.arrays.places(part),
            "short": short(part),
            **self._equations(arrow, formula),
            **sum_of,
        }
        made["say"] = made["equation"] if single(part) else f"{made['left']} has {short(part)}"
        made["say"] += f", to {title}"
        if sum_of["history"]:
            so_far = "so far " if sum_of["more"] else ""
            made["say"] += f", where the sum {so_far}is {sum_of['total_short']}"
        return made

    def _equations(self, arrow: Arrow, formula: Formula) -> dict[str, str]:
        """The rule, with numbers where all are single, or those of the first element."""
        lesson, result = self.lesson, single(arrow.gradient)
        rule = formula.rule(arrow.argument)
        left = f"dL/d{arrow.argument}" if arrow.argument else "dL/dx"
        numbers = lesson.numbers(arrow.end) if result else None
        filled = with_numbers(rule, numbers) if rule and numbers else None
        example = ""
        if rule and not filled and np.shape(arrow.gradient) == arrow.end.shape:
            first = lesson.first_numbers(arrow.end)
            text = with_numbers(rule, first) if first else None
            if text and rule != "g":
                example = _chain(left, text, number(np.ravel(arrow.gradient)[0]))
        equation = _chain(f"{left} = {rule}" if rule else left, filled, result)
        return {"left": left, "equation": equation, "example": example}

    def _add(self, arrow: Arrow, target: Box) -> dict[str, Any]:
        """The sum so far of what has arrived at a box, as the engine adds it."""
        part, before = arrow.gradient, self.sums.get(target)
        if arrow.loop or _shape(part) != _shape(target.gradient):  # of some of several tensors
            return {"history": "", "total": [], "total_short": None, "more": 0}
        self.arrived[target].append((self.lesson.titles[arrow.end], part))
        total = part if before is None else before + part
        more = self.awaited[target] - len(self.arrived[target])
        if not more and same(total, target.gradient):
            total = target.gradient
        self.sums[target] = total
        return {
            "history": self._history(target),
            "total": self.lesson.arrays.places(total),
            "total_short": short(total),
            "more": more,
        }

    def _history(self, target: Box) -> str:
        """The contributions so far, where there are several: "0.5 from add, -3 from exp"."""
        arrived = self.arrived[target]
        if len(arrived) < 2:
            return ""
        terms = [f"{short(part)} from {source}" for source, part in arrived[-TERMS:]]
        earlier = len(arrived) - len(terms)
        return " + ".join([*([f"{earlier} earlier ones"] if earlier else []), *terms])

    def _hook(self, box: Box) -> str:
        total = self.sums.get(box)
        if total is None or same(total, box.gradient) or self._missing(box):
            return ""
        return f" A hook on this tensor changed the gradient from {short(total)}."

    def _missing(self, box: Box) -> bool:
        """Did something arrive that was not added, as it belongs to several tensors?"""
        return len(self.arrived[box]) < self.awaited[box]

    def _leaf(self, box: Box) -> Step:
        title = self.lesson.titles[box]
        step = {"kind": "leaf", "node": self.lesson.places[box], "history": self._history(box)}
        step["say"] = f"{title}.grad gets {short(box.gradient)}.{self._hook(box)}"
        return {**step, **self._gradient(box), "hook": self._hook(box)}


# ---------------------------------------------------------------- small questions


def computes(box: Box) -> bool:
    """Is it the result of ops, not something that is there from the start?"""
    return box.ops > 0


def origin(arrow: Arrow) -> Box:
    """The box that an arrow comes from, not one that repeats it."""
    return arrow.start.repeats or arrow.start


def _letters(values: list[tuple[str, Any]], settings: dict[str, Any]) -> dict[str, str]:
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


def _is_elementwise(box: Box) -> bool:
    if box.kind == "group" or box.node is None or box.node.plan is None:
        return False
    return box.node.plan.op.forward.__module__.rpartition(".")[2] in ELEMENTWISE


def _value(box: Box) -> Any:
    """The value, also of an op of several outputs."""
    values = getattr(box.node, "values", None)
    return values[0] if box.value is None and values and isinstance(values[0], Parts) else box.value


def _shape(x: Any) -> Any:
    return x.shape if isinstance(x, Parts) else np.shape(x)


def _group(box: Box) -> str:
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


def _chain(left: str, filled: str | None, result: str | None) -> str:
    """ "y = a b = 2 × (-3) = -6", without what is not known, and nothing twice; if the formula is
    in words, "y = ...;  y = -6"."""
    name, equals, _ = left.partition(" = ")
    if equals and not filled and result is not None:
        return f"{left};  {name} = {result}"
    sides = [left]
    sides += [filled] if filled and filled != result else []
    sides += [result] if result is not None else []
    return " = ".join(sides)


def _g(gradient: Any) -> str:
    text = short(gradient)
    return f"g has {text}" if "norm" in text else f"g = {text}"


def _defaults(box: Box) -> dict[str, Any]:
    if box.kind == "group" or box.node is None or box.node.plan is None:
        return {}
    return dict(box.node.plan.op.forward.__kwdefaults__ or {})


def _module(name: str, kind: str) -> str:
    return f"{name}: {kind}" if name else kind
