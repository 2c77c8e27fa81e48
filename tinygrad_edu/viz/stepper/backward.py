"""The steps of the reverse pass, in the engine's order, and with them the whole lesson.

>>> import numpy as np
>>> import tinygrad_edu as tg
>>> from tinygrad_edu.viz.graph.picture import picture_of
>>> a = tg.tensor(2.0, requires_grad=True)
>>> with tg.viz.observe():
...     loss = (a * -3.0).exp()
>>> picture = picture_of(loss, {"a": a}, gradients=True)
>>> for step in lesson_of(picture, {a.node: "a"}, seed=np.ones(())).steps:
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

from ...engine.graph import Node
from ..graph.picture import Arrow, Box, Picture
from .boxes import computes, origin, same, sizes_of
from .formula import parsed
from .lesson import Lesson, Step
from .written import short, single

TERMS = 6  # of a sum: so many of the newest are written


def lesson_of(picture: Picture, names: Mapping[Node, str], seed: Any) -> Lesson:
    """All steps of a picture; the reverse pass begins with `seed`, which is dL/d(output)."""
    lesson = Lesson(picture, names)
    _Backward(lesson, seed).run()
    _number(lesson.steps)
    return lesson


class _Backward:
    """The steps of the reverse pass, with what has arrived at each box so far."""

    def __init__(self, lesson: Lesson, seed: Any) -> None:
        self.lesson = lesson
        self.seed = seed  # dL/d(output), where the reverse pass begins
        self.arrived: dict[Box, list[tuple[str, Any]]] = {box: [] for box in lesson.picture.boxes}
        self.sums: dict[Box, Any] = {}
        arrows = [arrow for arrow in lesson.picture.arrows if arrow.gradient is not None]
        self.awaited = Counter(origin(arrow) for arrow in arrows if not arrow.loop)

    def run(self) -> None:
        lesson, output = self.lesson, self.lesson.picture.output
        say = f"Backward begins at the output, {lesson.titles[output]}: {_g(self.seed)}."
        step = {"kind": "seed", "node": lesson.places[output], "say": say}
        step |= {"g": lesson.arrays.places(self.seed), "short": short(self.seed)}
        lesson.steps.append(step)
        self.sums[output] = self.seed
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
            self._part(k, arrow) for k, arrow in self.lesson.into[box] if arrow.gradient is not None
        ]
        said = " ".join(f"{part.pop('say')}." for part in parts)
        step = {"kind": "backward", "node": self.lesson.places[box], "parts": parts}
        step["say"] = f"Backward: {title}, {_g(box.gradient)}. {said}{self._hook(box)}"
        return {**step, **self._gradient(box), "remark": formula.remark, "hook": self._hook(box)}

    def _part(self, k: int, arrow: Arrow) -> dict[str, Any]:
        lesson, target, part = self.lesson, origin(arrow), arrow.gradient
        title, sum_of = lesson.titles[target], self._add(arrow, target)
        made = {
            "edge": k,
            "to": lesson.places[target],
            "value": lesson.arrays.places(part),
            "short": short(part),
            **lesson.equations(arrow),
            **sum_of,
        }
        made["say"] = made["equation"] if single(part) else f"{made['left']} has {short(part)}"
        made["say"] += f", to {title}"
        if sum_of["history"]:
            so_far = "so far " if sum_of["more"] else ""
            made["say"] += f", where the sum {so_far}is {sum_of['total_short']}"
        return made

    def _add(self, arrow: Arrow, target: Box) -> dict[str, Any]:
        """The sum so far of what has arrived at a box, as the engine adds it."""
        part, before = arrow.gradient, self.sums.get(target)
        if arrow.loop or sizes_of(part) != sizes_of(target.gradient):  # of some of several tensors
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
        if total is None or sizes_of(total) != sizes_of(box.gradient) or self._missing(box):
            return ""
        if same(total, box.gradient):
            return ""
        return f" A hook on this tensor changed the gradient from {short(total)}."

    def _missing(self, box: Box) -> bool:
        """Did something arrive that was not added, as it belongs to several tensors?"""
        return len(self.arrived[box]) < self.awaited[box]

    def _leaf(self, box: Box) -> Step:
        title = self.lesson.titles[box]
        step = {"kind": "leaf", "node": self.lesson.places[box], "history": self._history(box)}
        gradient = short(box.gradient).replace("norm", "a gradient of norm")
        step["say"] = f"{title}.grad gets {gradient}.{self._hook(box)}"
        return {**step, **self._gradient(box), "hook": self._hook(box)}


def _g(gradient: Any) -> str:
    text = short(gradient)
    return f"g has {text}" if "norm" in text else f"g = {text}"


def _number(steps: list[Step]) -> None:
    """Say of each step where it stands."""
    count = Counter(step["kind"] for step in steps)
    seen = Counter[str]()
    words = {"forward": "Forward", "backward": "Backward", "leaf": "Gradients of leaves"}
    for step in steps:
        kind = step["kind"]
        seen[kind] += 1
        place = f"{words.get(kind, '')}: {seen[kind]} of {count[kind]}"
        step["phase"] = {"start": "Before", "seed": "Backward: the start"}.get(kind, place)
