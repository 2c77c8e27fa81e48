"""Derivatives in PyTorch's spelling: `grad(outputs, inputs)`, and what turns recording off and on.

>>> import tinygrad_edu as tg
>>> x = tg.tensor(2.0, requires_grad=True)
>>> (first,) = tg.autograd.grad(x**3, x, create_graph=True)
>>> (second,) = tg.autograd.grad(first, x)
>>> first.item(), second.item()
(12.0, 12.0)
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..engine import clock
from ..engine.grad_mode import (
    enable_grad,
    inference_mode,
    is_grad_enabled,
    no_grad,
    set_grad_enabled,
)
from ..engine.graph import TensorBase
from ..func import pulled
from ..tensor import Tensor, root_gradient
from . import functional
from .function import Function, checkpoint

__all__ = ["Function", "checkpoint", "enable_grad", "functional", "grad", "inference_mode"]
__all__ += ["is_grad_enabled", "no_grad", "set_grad_enabled"]


def grad(
    outputs: Tensor | Sequence[Tensor],
    inputs: Tensor | Sequence[Tensor],
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool = False,
    materialize_grads: bool = False,
) -> tuple[Tensor | None, ...]:
    """dL/d(input) for each input, where dL/d(output) is `grad_outputs` (1 for a single number).

    No `.grad` is touched.  With `create_graph` the result can be differentiated again.  Raises
    RuntimeError if an output does not depend on an input, unless `allow_unused`: then it is None,
    or with `materialize_grads` zeros.
    """
    outputs = [outputs] if isinstance(outputs, TensorBase) else list(outputs)
    inputs = [inputs] if isinstance(inputs, TensorBase) else list(inputs)
    if isinstance(grad_outputs, TensorBase) or grad_outputs is None:
        grad_outputs = [grad_outputs] * len(outputs)
    if len(grad_outputs) != len(outputs):
        raise ValueError(f"grad: {len(outputs)} outputs, but {len(grad_outputs)} grad_outputs")
    wanted = [x._noded("grad(inputs)") for x in inputs]
    place = None if (create_graph if retain_graph is None else retain_graph) else clock.user_place()
    for output in outputs:
        output._noded("backward")
    us = [root_gradient(y, g, create_graph) for y, g in zip(outputs, grad_outputs, strict=True)]
    found = pulled(outputs, us, wanted, create_graph=create_graph, freed_by=place)
    for i, (x, node) in enumerate(zip(inputs, wanted, strict=True)):
        if node not in found:
            if materialize_grads:
                found[node] = np.zeros(x.shape, x.dtype)
            elif not allow_unused:
                there = f"input {i}, of shape {node.shape}; say allow_unused=True to take None"
                raise RuntimeError(f"grad: the outputs do not depend on {there}")
    taken = set(map(id, us))
    with enable_grad():
        return tuple(_result(found.get(node), taken) for node in wanted)


def _result(g: Any, taken: set[int]) -> Any:
    """The gradient g as a Tensor whose bytes nobody else holds."""
    if not isinstance(g, Tensor):
        return None if g is None else Tensor(np.array(g))
    if id(g) in taken or g.array.base is not None:
        g = g.clone()
    taken.add(id(g))
    return g
