"""What is known of a number that is not finite, in the form in which its causes ask for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..engine.trapping import Finding
from .shown import bad_places, chain, formula, operand_names, operands_of, result_of, source_of

# What a chain passes through when it is asked which op made an operand.
THROUGH = {"reshape", "broadcast_to", "getitem", "transpose", "copy", "astype", "at_least", "clip"}
THROUGH |= {"output", "inputs"}
SQUARES = ("square", "multiply", "power", "mean_squared_error")
CHOOSES = ("where", "masked_scale", "clip", "at_least", "at_most", "relu", "maximum", "minimum")


class Cause(NamedTuple):
    """A cause that was recognised."""

    name: str
    why: str
    cure: str
    operand: int | None = None  # the one to follow back to its leaf


class Facts:
    """What is known of a finding, in the form that the causes ask for it."""

    def __init__(self, finding: Finding) -> None:
        self.finding, self.node = finding, finding.node
        self.name = str(finding.node.name)
        self.y, self.xs = result_of(self.node), operands_of(self.node)
        self.mask = bad_places(finding.bad)
        self.line = source_of(self.node)

    def at(self, i: int) -> Any:
        """The elements of an operand that meet what is not finite; all of them if the shapes do not
        say which."""
        if i >= len(self.xs) or self.xs[i] is None or isinstance(self.xs[i], tuple):
            return np.zeros(0)
        x = np.asarray(self.xs[i])
        return self.meeting(x)

    def meeting(self, x: Any) -> Any:
        try:
            return np.broadcast_to(x, self.mask.shape)[self.mask]
        except ValueError:
            return np.ravel(x)

    def letter(self, i: int) -> str:
        """What the formula calls an operand."""
        return formula(self.node).letter(operand_names(self.node)[i])

    def holds(self, i: int, value: float) -> bool:
        """Does the operand hold this number at such a place?"""
        return bool((self.at(i) == value).any())

    def makers(self, i: int, most: int = 8) -> list[str]:
        """The ops that an operand came through, the newest first."""
        nodes = [node for node, _, _ in chain(self.node, i)][:most]
        return [str(node.name) for node in nodes if node is not None and node.plan is not None]

    def maker(self, i: int) -> str:
        """The op that made an operand, but for those that only move numbers; or, where that was a
        step of a function as `std`, the function."""
        names = [name for name in self.makers(i) if name not in THROUGH]
        return names[0] if names else ""

    @property
    def limit(self) -> str:
        """The largest number of the dtype, in words."""
        dtype = np.dtype(getattr(self.finding.bad, "dtype", None) or np.float32)
        return f"{np.finfo(dtype).max:.3g} in {dtype}" if dtype.kind == "f" else "the largest float"


Recogniser = Callable[[Facts], Cause | None]


def of_ops(*names: str) -> Callable[[Recogniser], Recogniser]:
    """A recogniser that is asked of these ops only."""

    def decorate(step: Recogniser) -> Recogniser:
        return lambda facts: step(facts) if facts.name in names else None

    return decorate


DOUBLE_WHERE = (
    "use where twice: choose a harmless x first, as in `where(x > 0, log(where(x > 0, x, 1)), 0)`"
)
