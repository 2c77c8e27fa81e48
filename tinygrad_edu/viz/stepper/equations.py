"""Equations: the formula of an op, and of what it gives to an input, with the numbers at hand.

>>> import tinygrad_edu as tg
>>> from tinygrad_edu.viz.graph.picture import picture_of
>>> a = tg.tensor(2.0, requires_grad=True)
>>> with tg.viz.observe():
...     y = a * -3.0
>>> arrows = picture_of(y, gradients=True).arrows
>>> equations_of(arrows[0], arrows)["equation"]
'dL/da = g b = 1 × (-3) = -3'
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..graph.picture import Arrow, Box
from ..numbers import number
from .boxes import chain, is_elementwise, letters_of
from .formula import parsed, with_numbers
from .written import single


def numbers_of(box: Box, into: Sequence[Arrow]) -> dict[str, str] | None:
    """The letters of the formula of a box and their numbers, given the arrows that lead into it;
    None unless all are single numbers."""
    values = [(arrow.argument, arrow.start.value) for arrow in into]
    if box.kind == "group" or any(single(value) is None for _, value in values):
        return None
    return letters_of([*values, ("y", box.value), ("g", box.gradient)], box.settings)


def first_numbers_of(box: Box, into: Sequence[Arrow]) -> dict[str, str] | None:
    """The same of the first element; None unless the op works on each element by itself."""
    if not is_elementwise(box) or 0 in box.shape:
        return None
    values = [(arrow.argument, arrow.start.value) for arrow in into]
    if any(value is None for _, value in values):
        return None
    return letters_of([*values, ("y", box.value), ("g", box.gradient)], box.settings)


def equations_of(arrow: Arrow, into: Sequence[Arrow]) -> dict[str, str]:
    """The rule of what comes back along an arrow, with numbers where all are single, or those of
    the first element; `into` are all arrows that lead to the same box."""
    box, result = arrow.end, single(arrow.gradient)
    formula = parsed(box.formula)
    rule = formula.rule(arrow.argument)
    left = f"dL/d{formula.letter(arrow.argument) or 'x'}"
    numbers = numbers_of(box, into) if result else None
    filled = with_numbers(rule, numbers) if rule and numbers else None
    example = ""
    if rule and not filled and np.shape(arrow.gradient) == box.shape:
        first: Any = first_numbers_of(box, into)
        text = with_numbers(rule, first) if first else None
        if text and rule != "g":
            example = chain(left, text, number(np.ravel(arrow.gradient)[0]))
    equation = chain(f"{left} = {rule}" if rule else left, filled, result)
    return {"left": left, "equation": equation, "example": example}
