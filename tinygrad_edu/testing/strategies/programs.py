"""Strategies for what is differentiated: cases of an op, and random programs of many ops."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random
from typing import Any

from hypothesis import strategies as st

from ...dtypes import DType, float64
from ...engine.graph import OpFunction
from ..op_cases import OpCase, op_case
from ..programs import Builder, registered
from ..source import Program


def op_cases(op: str | OpFunction) -> st.SearchStrategy[OpCase]:
    """What an op is called with: arrays of its domain, off its kinks, in every layout, and its
    parameters, all as its declaration says.

    Parameters
    ----------
    op : OpFunction or str
        What `@op(...)` made, or the name of a registered op.

    Returns
    -------
    SearchStrategy
        Of `OpCase`: a function of its `inputs`.

    Examples
    --------
    >>> from hypothesis import given, settings
    >>> from tinygrad_edu.testing import gradcheck
    >>> from tinygrad_edu.testing.strategies import op_cases
    >>> @settings(max_examples=20, deadline=None)
    ... @given(op_cases("softmax"))
    ... def test_softmax(case):
    ...     assert gradcheck(case, case.inputs, order=2)
    >>> test_softmax()
    """
    return _cases(registered(op))


@st.composite
def _cases(draw: Any, op: OpFunction) -> OpCase:
    return op_case(op, draw(choosers))


@st.composite
def programs(
    draw: Any,
    ops: Iterable[str | OpFunction] | None = None,
    *,
    max_steps: int = 8,
    views: bool = True,
    writes: bool = True,
    dtype: DType = float64,
) -> Program:
    """Random programs: registered ops, public functions, views and writes in place, one after
    another, each of results of those before it (or of one more input); what no step has read is
    returned.

    A step stays in the domain of its op and away from its kinks, so that finite differences are
    right there.  What fails shrinks to few lines: `program.source` is a script that runs.

    Parameters
    ----------
    ops : iterable of OpFunction or str, optional
        Which ops to draw, such as your own and some that are to meet it ("exp" is `ops.exp`), and
        which public functions ("tg.softmax"); unless given, all that have a derivative.
    max_steps : int, default 8
        How many statements there are at most.
    views : bool, default True
        Are there steps that take views (transposed, reshaped, sliced, expanded, diagonals)?
    writes : bool, default True
        Are there steps that write in place, into a result or a view of one?
    dtype : dtype, default float64
        That of the inputs.

    Returns
    -------
    SearchStrategy
        Of `Program`: a function of its `inputs`.

    Examples
    --------
    >>> from hypothesis import given, settings
    >>> from tinygrad_edu.testing import gradcheck
    >>> from tinygrad_edu.testing.strategies import programs
    >>> @settings(max_examples=20, deadline=None)
    ... @given(programs(max_steps=4))
    ... def test_programs(program):
    ...     assert gradcheck(program, program.inputs)
    >>> test_programs()
    """
    builder = Builder(draw(choosers), ops=ops, views=views, writes=writes, dtype=dtype)
    for k in range(draw(st.integers(1, max_steps))):
        draw(st.just(k).map(builder.step))  # dropped as a whole when a failure shrinks
    return builder.program()


class Chooser(Random):
    """A random number generator that lets hypothesis choose, always among a few whole numbers.

    Of what is drawn with strategies of one kind, hypothesis copies parts from place to place; few
    of 100 programs would have anything new.  It does not do so with the numbers of a generator, and
    these are all that there are here."""

    def __new__(cls, source: Random) -> Chooser:
        return super().__new__(cls)

    def __init__(self, source: Random) -> None:
        self.source = source

    def _randbelow(self, n: int) -> int:
        return self.source.randrange(n)

    def random(self) -> float:
        return self.source.randrange(1024) / 1024

    def getrandbits(self, k: int, /) -> int:
        return self.source.getrandbits(k)


choosers = st.randoms(use_true_random=False).map(Chooser)
