"""Gradients of outputs with respect to inputs, or added to the `.grad` of leaves."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import ops
from ..engine import clock
from ..engine.grad_mode import enable_grad
from ..func.traced_call import pulled
from ..tensor import Tensor, go_back, root_gradient
from .graph import GradientEdge, at_edge

Tensors = Tensor | Sequence[Tensor]


def backward(
    tensors: Tensors,
    grad_tensors: Tensor | Sequence[Tensor | None] | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    grad_variables: Any = None,
    inputs: Any = None,
) -> None:
    """Add dL/d(leaf) to the `.grad` of every leaf that the tensors were computed from.

    Parameters
    ----------
    tensors : Tensor or sequence of Tensor
        Where the backward pass starts: a GradientEdge stands for its tensor.
    grad_tensors : Tensor, or sequence of Tensor or None, default None
        dL/d(tensor) for each of them, of its shape; None stands for 1, for a tensor of one element.
    retain_graph : bool, default None
        Keep what the record has saved, for another backward pass.  By default as `create_graph`.
    create_graph : bool, default False
        Record the derivatives themselves.
    grad_variables : Tensor or sequence of Tensor, default None
        The old name of `grad_tensors`; warns.
    inputs : Tensor, or a sequence or dict of Tensor, default None
        The only tensors that get a gradient.

    Raises
    ------
    RuntimeError
        If a tensor has no record, `grad_tensors` do not match `tensors`, or `inputs` is empty.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> x = tg.tensor([1.0, 2.0], requires_grad=True)
    >>> tg.autograd.backward([x.sum(), x * x], [None, tg.ones(2)])
    >>> x.grad
    tensor([3., 5.])
    """
    if grad_variables is not None:
        warnings.warn(
            "backward: grad_variables is deprecated; its name is grad_tensors now",
            FutureWarning,
            stacklevel=clock.caller_level(),
        )
        if grad_tensors is not None:
            raise RuntimeError("backward: give grad_tensors, not grad_variables (its old name) too")
        grad_tensors = grad_variables
    outputs = _listed(tensors)
    if isinstance(inputs, tuple | list):  # a GradientEdge is a tuple
        inputs = _listed(inputs)
    go_back(
        outputs, _matching("backward", outputs, grad_tensors), retain_graph, create_graph, inputs
    )


def grad(
    outputs: Tensors,
    inputs: Tensors | dict[str, Tensor],
    grad_outputs: Tensor | Sequence[Tensor | None] | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> Any:
    """Compute dL/d(input) for each input.  No `.grad` is touched.

    Parameters
    ----------
    outputs : Tensor or sequence of Tensor
        Where the backward pass starts: a GradientEdge stands for its tensor.
    inputs : Tensor, or a sequence or dict of Tensor
        By what to differentiate, or GradientEdges of that.
    grad_outputs : Tensor, or sequence of Tensor or None, default None
        dL/d(output) for each output, of its shape; None stands for 1, for an output of one element.
    retain_graph : bool, default None
        Keep what the record has saved, for another backward pass.  By default as `create_graph`.
    create_graph : bool, default False
        Record the derivatives, so that the result can be differentiated again.
    only_inputs : bool, default True
        Without effect; False warns.
    allow_unused : bool, default None
        Return None for an input that the outputs do not depend on, instead of raising.  By default
        as `materialize_grads`.
    is_grads_batched : bool, default False
        Each of `grad_outputs` holds several gradients along its first dimension, and so do the
        results: the rows of a Jacobian in one call.  There is a backward pass for each.
    materialize_grads : bool, default False
        Return zeros of its shape for an input that the outputs do not depend on.

    Returns
    -------
    tuple of Tensor, or dict if `inputs` is one
        Of the shapes of the inputs; with `is_grads_batched` with one more dimension in front.

    Raises
    ------
    RuntimeError
        If an output or input does not require grad, an input is not used (unless allowed),
        `grad_outputs` do not match `outputs`, or `inputs` is empty.
    ValueError
        If `materialize_grads` comes with `allow_unused=False`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> x = tg.tensor(2.0, requires_grad=True)
    >>> (first,) = tg.autograd.grad(x**3, x, create_graph=True)
    >>> (second,) = tg.autograd.grad(first, x)
    >>> first.item(), second.item()
    (12.0, 12.0)
    """
    if not only_inputs:
        words = "grad: only_inputs has no effect; to reach all leaves, call backward()"
        warnings.warn(words, FutureWarning, stacklevel=clock.caller_level())
    if materialize_grads and allow_unused is False:
        raise ValueError("grad: materialize_grads=True gives zeros for unused inputs; leave out "
                         "allow_unused=False")  # fmt: skip
    ys = _listed(outputs)
    xs = _listed(list(inputs.values()) if isinstance(inputs, dict) else inputs)
    if not xs:
        raise RuntimeError("grad: inputs is empty: say by what to differentiate")
    us = _matching("grad", ys, grad_outputs)
    keep = create_graph if retain_graph is None else retain_graph
    missing = "zeros" if materialize_grads else "none" if allow_unused else "error"
    if is_grads_batched:
        found: Any = _rows(ys, xs, us, keep, create_graph, missing)
    else:
        found = _gradients(ys, xs, us, keep, create_graph, missing)
    return dict(zip(inputs, found, strict=True)) if isinstance(inputs, dict) else tuple(found)


def _listed(tensors: Any) -> list[Tensor]:
    several = [tensors] if isinstance(tensors, Tensor | GradientEdge) else tensors
    return [at_edge(x) for x in several]


def _matching(name: str, outputs: list[Tensor], gradients: Any) -> list[Any]:
    """One gradient, or None, for each output."""
    if gradients is None:
        return [None] * len(outputs)
    given = _listed(gradients)
    if len(given) != len(outputs):
        raise RuntimeError(f"{name}: {len(outputs)} tensors, but {len(given)} gradients for them")
    return given


def _rows(
    ys: list[Tensor], xs: list[Tensor], us: list[Any], keep: bool, create_graph: bool, missing: str
) -> list[Any]:
    """The gradients for each entry of the us along their first dimension, stacked."""
    for y, u in zip(ys, us, strict=True):
        if u is None or u.ndim != y.ndim + 1:
            raise RuntimeError(
                f"grad: with is_grads_batched each gradient has one dimension more, in front, than "
                f"its output of shape {tuple(y.shape)}, not {u if u is None else tuple(u.shape)}"
            )
    sizes = {len(u) for u in us}
    if len(sizes) != 1 or 0 in sizes:
        raise RuntimeError(f"grad: is_grads_batched needs equally many gradients, not {sizes}")
    count, zeros = sizes.pop(), missing == "zeros"
    missing = "none" if zeros else missing
    columns = zip(
        *[
            _gradients(ys, xs, [u[k] for u in us], keep or k < count - 1, create_graph, missing)
            for k in range(count)
        ],
        strict=True,
    )
    found = [None if column[0] is None else ops.stack(*column, axis=0) for column in columns]
    if zeros:  # not in batches, as in PyTorch
        pairs = zip(found, xs, strict=True)
        found = [Tensor(np.zeros(x.shape, x.dtype)) if g is None else g for g, x in pairs]
    return found


def _gradients(
    ys: list[Tensor], xs: list[Tensor], us: list[Any], keep: bool, create_graph: bool, missing: str
) -> list[Any]:
    """dL/dx for each x, given u = dL/dy; what is missing is an error, None or zeros."""
    wanted = [x._require_node("grad(inputs)") for x in xs]
    place = None if keep else clock.user_place()
    for y in ys:
        y._require_node("backward")
    roots = [root_gradient(y, u, create_graph) for y, u in zip(ys, us, strict=True)]
    found = pulled(ys, roots, wanted, create_graph=create_graph, freed_by=place)
    for i, (x, node) in enumerate(zip(xs, wanted, strict=True)):
        if node not in found and missing == "zeros":
            found[node] = np.zeros(x.shape, x.dtype)
        elif node not in found and missing == "error":
            there = f"input {i}, of shape {node.shape}; say allow_unused=True to take None"
            raise RuntimeError(f"grad: the outputs do not depend on {there}")
    taken = set(map(id, roots))
    with enable_grad():
        return [_owned(found.get(node), taken) for node in wanted]


def _owned(g: Any, taken: set[int]) -> Any:
    """The gradient g as a Tensor whose bytes nobody else holds."""
    if not isinstance(g, Tensor):
        return None if g is None else Tensor(np.array(g))
    if id(g) in taken or g.array.base is not None:
        g = g.clone()
    taken.add(id(g))
    return g
