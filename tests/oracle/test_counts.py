"""How much is compared with PyTorch; as a script, this prints the counts."""

import sys
import warnings
from typing import NamedTuple

import numpy as np

import tinygrad_edu as tg
from tinygrad_edu.engine.graph import OPS

from .accepts import UNCOMPARED
from .harness import FAMILIES, OURS, evaluate, gradients, inputs_of, names_in, table


class Counts(NamedTuple):
    ops: int
    expressions: int
    names: int


def counts() -> Counts:
    """The ops, the expressions, and the names of PyTorch's in them."""
    expressions = [one for family in FAMILIES for one in table(family)]
    names = set().union(*(names_in(one.code) for one in expressions))
    names -= {name.rpartition(".")[0] for name in names}  # torch.linalg is a place, not a function
    return Counts(len(OPS), len(expressions), len(names))


def recorded_ops() -> set[str]:
    """The ops in the records of all results and of their gradients."""
    found: set[str] = set()
    families = [family for family in FAMILIES if family != "refused"]
    for one in (one for family in families for one in table(family)):
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            outcome = evaluate(OURS, one.code, inputs_of(one), grads=True)
            once = gradients(outcome, one.code, create_graph=True) or {}
        results = [*outcome.results, *once.values()]
        waiting = [r.node for r in results if isinstance(r, tg.Tensor) and r.node is not None]
        seen = set(waiting)
        while waiting:
            node = waiting.pop()
            if node.plan is not None:
                found.add(node.name)
            fresh = [n for n in node.inputs if n is not None and n not in seen]
            seen.update(fresh)
            waiting += fresh
    return found


def test_the_tables_are_as_large_as_they_claim():
    found = counts()
    assert found.expressions >= 2500
    assert found.names >= 500


def test_every_op_with_a_derivative_is_compared():
    differentiable = {name for name, op in OPS.items() if any(op.op.rules)}
    assert differentiable - recorded_ops() == set(UNCOMPARED)


if __name__ == "__main__":
    ops, expressions, names = counts()
    sys.stdout.write(
        f"{ops} ops are registered; {expressions} expressions, with {names} names of PyTorch's,\n"
        "are compared with PyTorch, in values, gradients, second derivatives, dtypes, shapes, "
        "errors\n"
    )
