"""Evidence: the derivative by each input, analytic beside numeric, for a diagnosis."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..dtypes import Array
from .checked_function import CheckedFunction
from .comparison import Finding


@dataclass
class Part:
    """The derivative of all results by one input: analytic beside numeric."""

    name: str
    shape: tuple[int, ...]
    ours: Array
    theirs: Array
    x: Array
    wrong: bool


@dataclass
class Evidence:
    checked: CheckedFunction
    finding: Finding
    parts: list[Part]

    def wrong(self) -> list[Part]:
        return [part for part in self.parts if part.wrong]


def parts_of(checked: CheckedFunction, finding: Finding) -> list[Part]:
    owner = np.searchsorted(checked.bounds, finding.columns, side="right") - 1
    parts = []
    for i, name in enumerate(checked.names):
        mine = owner == i
        if mine.any():
            ours, theirs = finding.analytic[:, mine], finding.numeric[:, mine]
            x = checked.x[finding.columns[mine]]
            shape = checked.shapes[i] if finding.whole else x.shape
            parts.append(Part(name, shape, ours, theirs, x, bool(finding.wrong[:, mine].any())))
    return parts


def close(a: Array, b: Array) -> bool:
    """Equal for the purpose of a diagnosis: within 1e-5 of the largest entry."""
    size = max(float(np.abs(a).max(initial=0)), float(np.abs(b).max(initial=0)))
    return bool(np.isfinite(size) and np.all(np.abs(a - b) <= 1e-5 * size))
