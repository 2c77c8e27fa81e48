"""Theme: the colours of a picture, light or dark, and the scale from a vanishing gradient to an
exploding one.

The colours go from blue over grey to orange, which readers of all kinds of colour vision can tell
apart; an arrow's width says the same again, and its label in numbers.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np


class Look(NamedTuple):
    """Of a box: its border, the style of that, and the colour inside."""

    border: str
    style: str
    inside: str


@dataclass(frozen=True)
class Theme:
    """The colours of everything.  No two of one theme are equal, so that one theme can be exchanged
    for the other in a finished picture."""

    ink: str
    paper: str
    quiet: str  # small print
    value: str  # the arrows of values
    leaf: Look
    constant: Look
    op: Look
    output: Look
    group: Look
    repeat: Look
    module: Look
    call: Look
    added: Look  # of two graphs, what the second has and the first has not
    removed: Look
    changed: Look
    flow: tuple[str, ...]  # gradients, from vanishing to exploding
    broken: str  # a gradient that is NaN or infinite

    def colours(self) -> list[str]:
        """All of them, in an order that both themes share."""
        found: list[str] = []
        for field in fields(self):
            value = getattr(self, field.name)
            colours = (value.border, value.inside) if isinstance(value, Look) else value
            found += [colours] if isinstance(colours, str) else colours
        return found


LIGHT = Theme(
    ink="#222222",
    paper="#ffffff",
    quiet="#666666",
    value="#707070",
    leaf=Look("#2171b6", "", "#d6e6f4"),
    constant=Look("#808080", "dashed", "#f2f2f2"),
    op=Look("#868686", "rounded", "#fefefe"),
    output=Look("#b8860b", "rounded", "#fff2cc"),
    group=Look("#6a51a3", "rounded", "#efedf5"),
    repeat=Look("#2171b7", "rounded", "#e7f0f8"),
    module=Look("#b4b4b4", "rounded", "#f8f8f5"),
    call=Look("#c9c9c9", "rounded,dashed", "#fcfcfa"),
    added=Look("#00835f", "rounded", "#dcf3ea"),
    removed=Look("#c44f00", "dashed", "#fde6d8"),
    changed=Look("#9c3a78", "rounded", "#f8e4f0"),
    flow=("#08306b", "#2171b5", "#6baed6", "#969696", "#fdae6b", "#f16913", "#a63603"),
    broken="#000000",
)
DARK = Theme(
    ink="#ececec",
    paper="#16181c",
    quiet="#a9adb4",
    value="#8f949c",
    leaf=Look("#5b9bd5", "", "#16344f"),
    constant=Look("#8b8b8b", "dashed", "#2b2d31"),
    op=Look("#848a94", "rounded", "#212429"),
    output=Look("#d9a520", "rounded", "#453807"),
    group=Look("#a594d6", "rounded", "#322b47"),
    repeat=Look("#4f8cc9", "rounded", "#152b40"),
    module=Look("#50555e", "rounded", "#1b1e23"),
    call=Look("#474b53", "rounded,dashed", "#1e2126"),
    added=Look("#2bc49a", "rounded", "#0f3b30"),
    removed=Look("#ff8a3d", "dashed", "#472411"),
    changed=Look("#e08bbd", "rounded", "#452338"),
    flow=("#2f8dff", "#5fa8f2", "#93c1e6", "#9c9c9c", "#e3b287", "#f39342", "#ff6a00"),
    broken="#ffffff",
)
THEMES = ("light", "dark", "auto")


def exchange() -> str:
    """The style sheet by which a browser that prefers dark shows a light picture in the dark
    theme."""
    rules = "".join(
        f'[fill="{light}"]{{fill:{dark}}}[stroke="{light}"]{{stroke:{dark}}}'
        for light, dark in zip(LIGHT.colours(), DARK.colours(), strict=True)
    )
    return f"@media (prefers-color-scheme: dark){{{rules}}}"


# ---------------------------------------------------------------- gradients


@dataclass(frozen=True)
class Scale:
    """Which colour and width an arrow has, by the size of its gradient: `start` has the first
    colour, and each of the others `step` times as much as the one before."""

    start: float
    step: float
    median: float | None = None  # of a scale that is relative to it

    def place(self, size: float, colours: int) -> int:
        """Which of so many colours; the first for 0."""
        if size <= 0 or not math.isfinite(size):
            return 0
        steps = (math.log10(size) - math.log10(self.start)) / math.log10(self.step)
        return round(min(max(steps, 0.0), colours - 1.0))

    def colour(self, size: float, theme: Theme) -> str:
        """Blue for a vanishing gradient, grey in between, orange for an exploding one; `broken` for
        one that is no finite number."""
        if not math.isfinite(size):
            return theme.broken
        return theme.flow[self.place(size, len(theme.flow))]

    def width(self, size: float) -> float:
        """The larger, the thicker; thin and dashed if it is 0."""
        if not math.isfinite(size):
            return 3.0
        return 1.0 if size == 0 else 1.2 + 0.3 * self.place(size, 7)


ABSOLUTE = Scale(1e-6, 10.0**1.5)
SCALES = ("relative", "absolute")


def scale_for(kind: str, sizes: Iterable[float]) -> Scale:
    """The scale of a picture, by the sizes of its gradients."""
    known = [size for size in sizes if 0 < size < math.inf]
    if kind == "absolute" or not known:
        return ABSOLUTE
    median = 10.0 ** float(np.median(np.log10(known)))
    return Scale(10.0 ** (math.log10(median) - 3), 10.0, median)
