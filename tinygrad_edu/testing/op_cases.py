"""Test cases for an op, drawn from its own declaration: what `@op(..., samples=...)` says is
valid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..dtypes import Array
from ..engine.graph import OpFunction
from .draw import Draw
from .layouts import LAYOUTS, laid_out
from .source import call_text, definition, function_text, script

if TYPE_CHECKING:
    from random import Random


class OpCase(NamedTuple):
    """An op, with inputs that lie in its domain and away from its kinks.

    A case is a function of its inputs: `case(*inputs)` calls the op with the parameters.

    Parameters
    ----------
    op : OpFunction
        The op.
    inputs : tuple
        Arrays of float64; integers and masks where the op takes them.
    params : dict
        The keyword arguments.

    Attributes
    ----------
    source : str
        A script of the function, its inputs and its call, which runs when pasted.

    Examples
    --------
    >>> from random import Random
    >>> from tinygrad_edu import ops
    >>> from tinygrad_edu.testing import gradcheck, op_case
    >>> case = op_case(ops.log, Random(0))
    >>> gradcheck(case, case.inputs, order=2)
    True
    """

    op: OpFunction
    inputs: tuple[Any, ...]
    params: dict[str, Any]

    def __call__(self, *inputs: Any) -> Any:
        return self.op(*inputs, **self.params)

    @property
    def definition(self) -> str:
        """The imports and the function."""
        op: Any = self.op
        return definition(self._body(), [op])

    @property
    def source(self) -> str:
        """A script of the function, its inputs and its call, which runs when pasted."""
        op: Any = self.op
        return script("case", self._body(), self.inputs, [op])

    def _body(self) -> str:
        op: Any = self.op
        names = [f"x{k}" for k in range(len(self.inputs))]
        return function_text("case", names, [f"return {call_text(op, names, self.params)}"])

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """How hypothesis prints it: from a new line on."""
        printer.text("\n" + self.source)


def op_case(op: OpFunction, random: Random) -> OpCase:
    """Draw a case for an op: shapes that fit (for an elementwise op, shapes that broadcast),
    numbers from its domain and away from its kinks, in any layout in memory.

    Parameters
    ----------
    op : OpFunction
        A function that `@op` made.
    random : random.Random
        The generator that chooses.

    Returns
    -------
    OpCase

    Raises
    ------
    AssertionError
        If 1,000 draws give no inputs away from the kinks.

    Examples
    --------
    >>> from random import Random
    >>> from tinygrad_edu import ops
    >>> from tinygrad_edu.testing import op_case
    >>> len(op_case(ops.multiply, Random(0)).inputs)
    2
    """
    entry = op.op
    draw, names = Draw(random), entry.forward.__code__.co_varnames[: entry.arity]
    shapes, params = entry.samples(draw) if entry.samples else draw.named(names, entry.keywords)
    low, high = entry.domain
    for _ in range(1000):
        inputs = tuple(
            laid_out(short(draw.numbers.uniform(low, high, x)), random.choice(LAYOUTS[:4]))
            if isinstance(x, tuple)
            else x
            for x in shapes
        )
        if not near_kink(entry.kinks, inputs):
            return OpCase(op, inputs, params)
    raise AssertionError(f"{entry.name}: no inputs off its kinks were found in 1,000 draws")


def short(x: Any) -> Array:
    """Numbers of four digits, which are short to read: domains have no more."""
    return np.asarray(np.round(x, 4))


def near_kink(kinks: Any, inputs: tuple[Any, ...], margin: float = 1e-3) -> bool:
    if callable(kinks):
        return bool(np.any(np.abs(kinks(*inputs)) < margin))
    return any(bool(np.any(np.abs(inputs[0] - kink) < margin)) for kink in kinks)
