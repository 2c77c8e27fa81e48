"""Ops of several outputs: each output is a Tensor of its own, one step away from the op's Node.

>>> import tinygrad_edu as tg
>>> values, vectors = tg.linalg.eigh(tg.eye(2, requires_grad=True))
>>> values.node, values.node.inputs
(<OutputBackward0>, (<EighBackward0>,))
"""

from typing import Any

import numpy as np

from . import graph
from .graph import Node, Op, Parts


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
