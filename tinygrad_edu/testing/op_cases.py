"""Test cases for an op, drawn from its own declaration: what `@op(..., samples=...)` says is
valid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..engine.graph import OpFunction
from .draw import Draw
from .layouts import LAYOUTS, laid_out

if TYPE_CHECKING:
    from random import Random


class OpCase(NamedTuple):
    """An op with inputs in its domain, off its kinks: arrays, and its parameters."""

    op: OpFunction
    inputs: tuple[Any, ...]
    params: dict[str, Any]

    def __call__(self, *inputs: Any) -> Any:
        return self.op(*inputs, **self.params)


def op_case(op: OpFunction, random: Random) -> OpCase:
    """Draw a case: shapes that fit (which broadcast, for an elementwise op),
    numbers from its domain and away from its kinks, and any layout in memory."""
    entry = op.op
    draw, names = Draw(random), entry.forward.__code__.co_varnames[: entry.arity]
    shapes, params = entry.samples(draw) if entry.samples else draw.named(names, entry.keywords)
    low, high = entry.domain
    for _ in range(1000):
        inputs = tuple(
            laid_out(np.asarray(draw.numbers.uniform(low, high, x)), random.choice(LAYOUTS[:4]))
            if isinstance(x, tuple)
            else x
            for x in shapes
        )
        if not near_kink(entry.kinks, inputs):
            return OpCase(op, inputs, params)
    raise AssertionError(f"{entry.name}: no inputs off its kinks were found in 1,000 draws")


def near_kink(kinks: Any, inputs: tuple[Any, ...], margin: float = 1e-3) -> bool:
    if callable(kinks):
        return bool(np.any(np.abs(kinks(*inputs)) < margin))
    return any(bool(np.any(np.abs(inputs[0] - kink) < margin)) for kink in kinks)
