"""Labels: what is written in each box of a picture and along each of its gradients."""

from __future__ import annotations

import linecache
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..graph.picture import Arrow, Box, Picture
from ..numbers import Size, adding, is_number, number, size_of, statistics, together
from ..words import (
    defaults_of,
    formula_of,
    key_of,
    lines_of,
    rules_of,
    settings_of,
    shape_of,
    shortened,
)

SMALL = 12  # numbers: up to so many are written out
WIDE = 5  # numbers side by side, of a vector


@dataclass
class Label:
    """What is written in a box, from top to bottom."""

    look: str
    name: str
    lines: list[str] = field(default_factory=list)
    numbers: list[tuple[str, list[list[str]]]] = field(default_factory=list)  # ("data", rows)
    shape: str = ""
    stacked: bool = False  # it stands for several that are alike


class Labels:
    """The labels of a picture.

    Parameters
    ----------
    picture : Picture
        What is drawn.
    limit : int
        Up to so many elements, a tensor shows its values; -1 for none.
    formulas : bool
        Whether an op shows its derivatives too.
    """

    def __init__(self, picture: Picture, limit: int = SMALL, formulas: bool = False) -> None:
        self.picture, self.limit, self.formulas = picture, limit, formulas
        self.out: dict[Box, list[Arrow]] = {box: [] for box in picture.boxes}
        self.into: dict[Box, list[Arrow]] = {box: [] for box in picture.boxes}
        for arrow in picture.arrows:
            self.out[arrow.start].append(arrow)
            self.into[arrow.end].append(arrow)
        self.uses = self._uses()
        self.inside = set(self._plain_numbers())
        self.sizes = {
            arrow: size_of(arrow.gradient) for arrow in picture.arrows if arrow.gradient is not None
        }
        self._flow: dict[Arrow, str] = {}
        self._labels: dict[Box, Label] = {}
        self._sums = {box: self._sum(box) for box in self.uses}

    def _uses(self) -> dict[Box, list[Arrow]]:
        """The arrows that carry a gradient back to a tensor, to any of the places it stands in."""
        uses: dict[Box, list[Arrow]] = {box: [] for box in self.picture.boxes if not box.repeats}
        for arrow in self.picture.arrows:
            if arrow.gradient is not None:
                uses.setdefault(arrow.start.repeats or arrow.start, []).append(arrow)
        return uses

    def _plain_numbers(self) -> Iterator[Box]:
        """Constants that are one number without a name: they are written in the op's own box."""
        for box in self.picture.boxes:
            plain = box.kind == "constant" and not box.name and box.shape == () and not box.freed
            if plain and len(self.out[box]) == 1 and self.out[box][0].end.kind != "group":
                yield box

    # ------------------------------------------------------------ gradients

    def _sum(self, box: Box) -> str:
        """What is written of the gradient of a box that is one number; and, on the way, of the
        parts of it along its arrows."""
        carrying = self.uses[box]
        parts = [arrow.gradient for arrow in carrying]
        if not all(is_number(x) for x in parts) or not (parts or is_number(box.gradient)):
            for arrow in carrying:
                self._flow[arrow] = "\n".join(_measures(self.sizes[arrow]))
            return ""
        total = box.gradient if is_number(box.gradient) else None
        given = [np.asarray(x).item() for x in parts]
        if total is None:
            texts, text = together(given), ""
        else:
            texts, text = adding(given, np.asarray(total).item())
        self._flow.update(zip(carrying, texts, strict=True))
        return text

    def flow(self, arrow: Arrow) -> str:
        """What is written along a gradient: a number with its sign, or norm and RMS of an array."""
        return self._flow[arrow]

    def mark(self, arrow: Arrow) -> str:
        """Of two graphs in one picture, whether an arrow was "added" or "removed"."""
        return ""

    def meets(self, box: Box) -> int:
        """How many gradients are added at a box, if there are several."""
        count = len(self.uses.get(box, ()))
        return count if count > 1 else 0

    # ------------------------------------------------------------ boxes

    def label(self, box: Box) -> Label:
        """What is written in a box."""
        if box not in self._labels:
            self._labels[box] = self._label(box)
        return self._labels[box]

    def _label(self, box: Box) -> Label:
        look: str = "leaf" if box.kind == "group" and box.ops == 0 < box.parameters else box.kind
        label = Label(look, shortened(self.name_of(box)), shape=shape_of(box.shape))
        if box.alias:
            label.lines.append(box.name)
        if box.kind in ("op", "output"):
            label.lines += self._of_op(box)
        elif box.kind == "group":
            label.lines += _of_group(box)
            label.shape, label.stacked = "", box.times > 1
        if box.repeats is not None:
            look = "repeat" if box.kind == "leaf" else look
            return replace(label, look=look, lines=[], shape="")
        if box.freed and box.kind != "group":
            label.lines.append("freed")
            label.shape = "" if box.kind == "constant" else label.shape
        self._add_numbers(label, box)
        return label

    def name_of(self, box: Box) -> str:
        """The user's name; of an op, the function; or what part a constant plays."""
        if box.kind == "group" and box.op and not box.formula:
            return f"{box.name}: {box.op}"  # a module and its class
        if box.name or box.kind not in ("leaf", "constant"):
            return box.alias or box.name
        return "leaf" if box.kind == "leaf" else role_of(box, self.out[box])

    def _of_op(self, box: Box) -> list[str]:
        if box.op == "output":
            return [f"of {arrow.start.name}" for arrow in self.into[box]]
        lines = lines_of(settings_of(box.settings, defaults_of(box.op)), 3)
        formula = formula_of(box.formula)
        if "key" in box.settings:
            formula = formula.replace("[key]", key_of(box.settings["key"]))
        if "=" in formula:
            lines += lines_of(formula)
        if self.formulas:
            lines += lines_of(rules_of(box.formula), 6)
        for arrow in self.into[box]:
            if arrow.start in self.inside:
                value = arrow.start.value
                known_value = value is not None
                said = f"= {number(np.asarray(value).item())}" if known_value else ": a number"
                lines.append(f"{arrow.argument} {said}".replace(" :", ":"))
        return lines

    def _add_numbers(self, label: Label, box: Box) -> None:
        if box.value is not None and np.size(box.value) <= self.limit and np.size(box.value):
            label.numbers.append(("data", rows_of(box.value)))
            label.shape = label.shape if np.ndim(box.value) else ""
        if box.gradient is None:
            return
        meets = self.meets(box)
        word = f"grad (sum of {meets})" if meets else "grad"
        if self._sums[box]:
            label.numbers.append((word, [[self._sums[box]]]))
        elif isinstance(box.gradient, tuple):
            return
        elif 0 < np.size(box.gradient) <= self.limit:
            label.numbers.append((word, rows_of(box.gradient)))
        elif meets or box.kind in ("leaf", "output") or not self.out[box]:
            label.numbers.append((word, [[", ".join(_measures(size_of(box.gradient)))]]))

    # ------------------------------------------------------------ tooltips

    def tooltip(self, box: Box) -> str:
        """What is said of a box where the mouse rests on it."""
        lines = [f"{self.name_of(box)} ({_called(box)})" if box.op else self.name_of(box)]
        dtype = f" {box.dtype}" if box.dtype is not None else ""
        lines.append(f"shape {shape_of(box.shape)}{dtype}")
        for word, x in (("values", box.value), ("gradient", box.gradient)):
            if x is not None and not isinstance(x, tuple):
                lines.append(f"{word}: {described(x)}")
        if box.formula:
            lines.append(box.formula)
        if box.call is not None:
            lines.append(f"called at {line_of(str(box.call.place))}")
        if box.freed:
            lines.append("backward() has freed what its derivative rule reads")
        return "\n".join(lines)

    def tooltip_of(self, arrow: Arrow) -> str:
        """What is said of a gradient where the mouse rests on its arrow."""
        start, end = self.name_of(arrow.start), self.name_of(arrow.end)
        lines = [f"gradient from {end} to {start}"]
        if not isinstance(arrow.gradient, tuple):
            lines += [f"shape {shape_of(np.shape(arrow.gradient))}", described(arrow.gradient)]
        size = self.sizes[arrow]
        return "\n".join([*lines, f"norm {size.norm:.4g}, rms {size.rms:.4g}"])


def is_thick(arrow: Arrow) -> bool:
    """Does it carry several values into one box?"""
    return arrow.times > 1 and arrow.start.times > arrow.end.times


def _called(box: Box) -> str:
    return f"output of {box.op}" if box.kind == "output" else box.op


def _measures(size: Size) -> list[str]:
    if size.norm == 0 or not np.isfinite(size.norm):
        return [number(size.norm)]
    return [f"norm {size.norm:.3g}", f"rms {size.rms:.3g}"]


def rows_of(x: Any) -> list[list[str]]:
    """The elements of a small array, a row for each of its last dimension, but a long vector in
    several rows."""
    array = np.asarray(x)
    texts = together(array.reshape(-1).tolist())
    width = array.shape[-1] if array.ndim else 1
    if width > WIDE and width == array.size:
        width = -(-width // -(-width // WIDE))  # as long as each other
    return [texts[k : k + width] for k in range(0, len(texts), width)]


def role_of(box: Box, arrows: list[Arrow]) -> str:
    """What part a constant without a name plays: "mask", "index", "target"; else "constant"."""
    ends = {(arrow.end.op, arrow.argument) for arrow in arrows}
    if box.dtype is not None and box.dtype.kind == "b":
        return "mask"
    for op, argument in ends:
        if op in ("getitem", "put", "setitem") and argument.isdigit():
            return "index"
        if argument in ("mask", "target", "weight", "bias", "low", "high", "values"):
            return argument
    return "constant"


def _of_group(box: Box) -> list[str]:
    """How much a group stands for."""
    times = f"\u00d7 {box.times}"
    counted = box.times == 1 or any(module.kind.endswith(times) for module in box.modules)
    each = "" if counted else "each "
    said = [] if counted else [times]
    ops = box.ops // box.times
    said += [f"{each}{ops:,} op{'s' * (ops != 1)}"] if ops else []
    if box.parameters and ops:
        said[-1] += f", {box.parameters // box.times:,} parameters"
    if box.inputs:
        said.append(f"{', '.join(map(shape_of, box.inputs))} \u2192 {shape_of(box.shape)}")
    elif not ops:
        said.append(f"{each}{shape_of(box.shape)}")
    return said


def line_of(place: str) -> str:
    """A line of the user's code, with its file but not its folder, as a picture is shown to others:
    "train.py:12: loss = f(x)"."""
    path, _, line = place.rpartition(":")
    code = linecache.getline(path, int(line)).strip() if line.isdigit() else ""
    file = re.split(r"[\\/]", path)[-1]
    return shortened(f"{file}:{line}: {code}" if code else f"{file}:{line}", 100)


def described(x: Any) -> str:
    """Statistics of an array in a line."""
    found = statistics(x)
    if found is None:
        return "empty"
    texts = [f"min {found.low:.4g}", f"max {found.high:.4g}"]
    texts += [f"mean {found.mean:.4g}", f"std {found.std:.4g}"]
    if found.zeros:
        texts.append(f"{found.zeros:.0%} zeros")
    texts += [f"{n} {word}" for n, word in ((found.nans, "NaN"), (found.infinities, "inf")) if n]
    return ", ".join(texts)
