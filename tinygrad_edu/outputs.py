"""Ops of several outputs, each a Tensor of its own, one step away from the op's Node; and ops whose
rule finds the derivatives of all inputs at once, each input one step away on the other side.

>>> import tinygrad_edu as tg
>>> values, vectors = tg.linalg.eigh(tg.eye(2, requires_grad=True))
>>> values.node, values.node.inputs
(<OutputBackward0>, (<EighBackward0>,))
"""

from functools import update_wrapper
from typing import Any

import numpy as np

from . import grad_mode, graph
from .dtypes import meet
from .graph import OPS, Node, Op, OpFunction, Parts, TensorBase


def _output(ys: Parts, *, k: int) -> Any:
    """y = the k-th of several outputs;  dL/dys = g there, and zeros for the others."""
    return ys[k]


def _among_zeros(g: Any, _y: Any, _ys: Any, k: int) -> Parts:
    return Parts(g if i == k else np.zeros(shape, g.dtype) for i, shape in enumerate(_ys))


_PLAN = Op(_output, [_among_zeros], {})[True,]


def outputs(node: Node, ys: Parts) -> tuple[Any, ...]:
    """The Tensors of a node that has several; whole numbers have no place in the record."""
    results = []
    for k, y in enumerate(ys):
        step = Node(_PLAN, (node,), (y.shape, node.shape), {"k": k}, y.shape, y.dtype)
        results.append(graph.Tensor(y, step if y.dtype.kind == "f" else None))
    return tuple(results)


graph.outputs = outputs


def _inputs(*xs: Any) -> Any:
    """y = the inputs, side by side;  each gets its own part of g."""
    return xs


_INPUTS = Op(_inputs, [lambda g, _y, *_xs, i: g[i]], {})


def inputs_node(nodes: tuple[Node | None, ...], shapes: Any, dtype: Any) -> Node:
    """One Node for inputs of these nodes: what arrives there is a gradient for each, as Parts."""
    plan = _INPUTS[tuple([node is not None for node in nodes])]
    return Node(plan, nodes, (shapes, *shapes), {}, shapes, dtype)


def joint(call: OpFunction) -> OpFunction:
    """Let an op of one input, Parts, be called with the parts."""

    def call_with_parts(*inputs: Any, **params: Any) -> Any:
        tensors = [isinstance(x, TensorBase) for x in inputs]
        nodes = tuple(x.node if t else None for x, t in zip(inputs, tensors, strict=True))
        arrays = [x.array if t else x for x, t in zip(inputs, tensors, strict=True)]
        ys: Any = Parts(meet(*arrays))
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
