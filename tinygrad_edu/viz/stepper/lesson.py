"""The lesson of a page: what it shows of each box, and the steps of the forward pass.

Arrays and lines of code are listed apart, and named by their place in the lists.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...engine.graph import Node
from ..graph.picture import Arrow, Box, Picture
from ..words import defaults_of, settings_of, shape_of
from .boxes import chain, computes, in_group, module, titles, value_of
from .equations import equations_of, first_numbers_of, numbers_of
from .formula import parsed, with_numbers
from .sources import Sources, Spot, spot_of
from .written import Arrays, short, single

Step = dict[str, Any]
KNOWN = 12  # tensors: so many of those that are known at the start are named


class Lesson:
    """What the page shows of each box and in each step."""

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

    def _box(self, box: Box) -> dict[str, Any]:
        spot = spot_of(box.call.place) if box.call else None
        formula = parsed(box.formula)
        inputs = [(formula.letter(a.argument), self.places[a.start]) for _, a in self.into[box]]
        return {
            "kind": box.kind if box.kind != "group" or computes(box) else "leaf",
            "title": self.titles[box],
            "op": "" if box.name == box.op or box.kind == "group" else box.op,
            "group": in_group(box),
            "settings": settings_of(box.settings, defaults_of(box.op)),
            "formula": formula.forward,
            "shape": shape_of(box.shape),
            "of": self.places[box.repeats or box],  # the same tensor, if it is drawn twice
            "value": self.arrays.places(value_of(box)),
            "short": single(box.value),
            "reserved": "" if box.gradient is None else f"grad {short(box.gradient)} \u2026",
            "inputs": inputs,
            "modules": " > ".join(module(*path[:2]) for path in box.modules),
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

    def _known(self, box: Box) -> str:
        title, value = self.titles[box], single(box.value)
        if value is None:
            return f"{title} ({shape_of(box.shape)})"
        return title if title == value else f"{title} = {value}"

    def _result(self, box: Box) -> str:
        inputs = ", ".join(self.titles[arrow.start] for _, arrow in self.into[box])
        return f"The result ({shape_of(box.shape)}) is computed from {inputs}"

    def _equation(self, box: Box) -> str:
        """The formula, and with numbers where all are single: "y = a b = 2 × (-3) = -6"."""
        formula, result = parsed(box.formula), single(box.value)
        numbers = self.numbers(box)
        if not formula.forward or result is None or numbers is None:
            return ""
        return chain(formula.forward, with_numbers(formula.forward, numbers), result)

    def _example(self, box: Box) -> str:
        """The equation of the first element, where the op works on each by itself."""
        numbers = self.first_numbers(box)
        if not numbers or "y" not in numbers:
            return ""
        forward = parsed(box.formula).forward
        filled = with_numbers(forward, numbers)
        return chain("y", filled, numbers["y"]) if filled else ""

    def numbers(self, box: Box) -> dict[str, str] | None:
        """The letters of the formula and their numbers; None unless all are single numbers."""
        return numbers_of(box, self._arrows_into(box))

    def first_numbers(self, box: Box) -> dict[str, str] | None:
        """The same of the first element; None unless the op works on each element by itself."""
        return first_numbers_of(box, self._arrows_into(box))

    def equations(self, arrow: Arrow) -> dict[str, str]:
        """The rule of what comes back along an arrow, with numbers."""
        return equations_of(arrow, self._arrows_into(arrow.end))

    def _arrows_into(self, box: Box) -> list[Arrow]:
        return [arrow for _, arrow in self.into[box]]
