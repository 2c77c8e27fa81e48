"""Ops of several outputs, each a Tensor of its own, one step away from the op's Node; and ops whose
rule finds the derivatives of all inputs at once, each input one step away on the other side.

>>> import tinygrad_edu as tg
>>> values, vectors = tg.linalg.eigh(tg.eye(2, requires_grad=True))
>>> values.node, values.node.inputs
(<OutputBackward0>, (<EighBackward0>,))
"""

from collections.abc import Sequence
from functools import partial, update_wrapper
from typing import Any, cast

import numpy as np

from ..dtypes import promote
from . import grad_mode, graph
from .graph import OPS, Node, Op, OpFunction, Parts, Plan, Rule, TensorBase, new_node


def _output(ys: Parts, *, k: int) -> Any:
    """y = the k-th of several outputs;  dL/dys = g there, and zeros for the others."""
    return ys[k]


def _among_zeros(g: Any, _y: Any, _ys: Any, k: int) -> Parts:
    return Parts(g if i == k else np.zeros(shape, g.dtype) for i, shape in enumerate(_ys))


class Arrived(Parts):
    """A gradient for each of several outputs; None where none arrived."""

    shape: Any = ()

    def __new__(cls, parts: Any, shape: Any) -> Any:
        made = super().__new__(cls, parts)
        made.shape = shape
        return made

    def __add__(self, other: Any) -> Parts:
        pairs = zip(self, other, strict=True)
        joined: Parts = Arrived(
            [b if a is None else a if b is None else a + b for a, b in pairs], self.shape
        )
        return joined


def _among_none(g: Any, _y: Any, _ys: Any, k: int) -> Any:
    return Arrived([g if i == k else None for i in range(len(_ys))], _ys)


_PLAN = Op(_output, [_among_zeros], {})[True,]
arrived_at = Op(_output, [_among_none], {})[True,]  # for an op that asks which gradients arrived


def outputs(node: Node, ys: Parts, plan: Plan = _PLAN) -> tuple[Any, ...]:
    """The Tensors of a node that has several; whole numbers have no place in the record."""
    results = []
    for k, y in enumerate(ys):
        step = new_node(plan, (node,), (y.shape, node.shape), {"k": k}, y.shape, y.dtype)
        results.append(graph.Tensor(y, step if y.dtype.kind == "f" else None))
    return tuple(results)


def _inputs(*xs: Any) -> Any:
    """y = the inputs, side by side;  each gets its own part of g."""
    return xs


_INPUTS = Op(_inputs, [lambda g, _y, *, i: g[i]], {})


def inputs_node(nodes: tuple[Node | None, ...], shapes: Any, dtype: Any) -> Node:
    """One Node for inputs of these nodes: what arrives there is a gradient for each, as Parts."""
    return new_node(plan_of_all(_INPUTS, nodes), nodes, (shapes,), {}, shapes, dtype)


def plan_of_all(op: Op, nodes: Sequence[Node | None]) -> Plan:
    """The Plan of an op whose inputs share one rule.  It is not kept: there may be many inputs, and
    some other of them with nodes each time."""
    (rule,) = op.rules
    kept = graph.kept_by(rule, 2) if rule else ()
    keeps = (0 in kept, *[1 in kept] * len(nodes))
    given = [i for i, node in enumerate(nodes) if node is not None and rule]
    return Plan(op, keeps, tuple([(i, partial(cast(Rule, rule), i=i), ()) for i in given]))


def joint(call: OpFunction) -> OpFunction:
    """Let an op of one input, Parts, be called with the parts."""

    def call_with_parts(*inputs: Any, **params: Any) -> Any:
        tensors = [isinstance(x, TensorBase) for x in inputs]
        nodes = tuple(x.node if t else None for x, t in zip(inputs, tensors, strict=True))
        arrays = [x.array if t else x for x, t in zip(inputs, tensors, strict=True)]
        ys: Any = Parts(promote(*arrays))
        if not any(tensors):
            return call(ys, **params)
        recorded = grad_mode.mode.recording and any(nodes)
        side_by_side = TensorBase()
        side_by_side.array = ys
        side_by_side.node = inputs_node(nodes, ys.shape, ys.dtype) if recorded else None
        return call(side_by_side, **params)

    made: Any = update_wrapper(call_with_parts, call)
    OPS[made.op.name] = made
    return made  # type: ignore[no-any-return]
