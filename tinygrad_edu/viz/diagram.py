"""draw: the record behind a tensor as a graph, and the gradients that flow back along its edges.

Values flow down: from the leaves and constants, through the ops, to the output.  With
`gradients=True` each edge gets a second arrow, upwards, with the norm of the gradient that flows
along it, in blue where it vanishes and in orange where it explodes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..engine.backward import replay
from ..engine.graph import Node, Parts
from ..tensor import Tensor, root_gradient
from .box import INK, PAPER, QUIET, box, in_order
from .picture import recorded
from .render import Diagram

FLOW = ("#08306b", "#2171b5", "#6baed6", "#969696", "#fdae6b", "#f16913", "#a63603")
FLOW_FROM, FLOW_TO = -6, 3  # powers of ten: from the first colour of FLOW to the last


def draw(
    output: Tensor,
    params: Mapping[str, Tensor] | None = None,
    *,
    gradients: bool = False,
    gradient: Tensor | None = None,
) -> Diagram:
    """Draw the compute graph: everything that a tensor was computed from.

    Parameters
    ----------
    output : Tensor
        The result whose record is drawn.
    params : dict of str to Tensor, optional
        Names for tensors, as in `dict(model.named_parameters())`.  A constant can be named if a
        derivative rule reads it.
    gradients : bool, default False
        Whether to run the reverse pass, which changes no `.grad`, and to show at each edge the norm
        of the gradient that flows back along it.
    gradient : Tensor, optional
        dL/d(output), of the shape of `output`; needed for `gradients` unless that is one number.

    Returns
    -------
    Diagram
        A notebook shows it by itself; `save` writes a picture.

    Raises
    ------
    TypeError
        If `output` is not a Tensor.
    RuntimeError
        If `output` has no record, or `gradients` are asked for after `backward()` freed what the
        rules read.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> x = tg.tensor(3.0, requires_grad=True)
    >>> print(tg.viz.draw(x * x, {"x": x}).source.count("->"))
    2
    """
    if not isinstance(output, Tensor):
        given = type(output).__name__
        raise TypeError(f"draw: it draws what a Tensor was computed from, not {given}")
    root = output._require_node("backward")
    nodes = recorded(root)
    flow = _flow(output, root, gradient) if gradients else None
    names = {x.node: name for name, x in (params or {}).items() if x.node is not None}
    arrays = {id(x.array): name for name, x in (params or {}).items() if x.node is None}
    graph = _empty_graph()
    ids = {node: f"n{k}" for k, node in enumerate(nodes)}
    for node in nodes:
        constants = [_constant(node, i, arrays) for i in range(len(node.inputs))]
        numbers = [text for text, shape in filter(None, constants) if shape is None]
        boxed = {i: kept for i, kept in enumerate(constants) if kept and kept[1] is not None}
        of_ops = [i for i, parent in enumerate(node.inputs) if parent is not None and parent.plan]
        middle = of_ops[0] if len(of_ops) == 1 else None
        present = [i for i, parent in enumerate(node.inputs) if parent is not None or i in boxed]
        arguments = in_order([(i, _argument(node, i)) for i in present], middle)
        look = "leaf" if node.plan is None else "output" if node is root else "op"
        lines = [*([node.name] if node.plan else []), *numbers, _shape_text(node.shape)]
        name = names.get(node, "" if node.plan else "leaf")
        graph.node(ids[node], box(look, name, lines, arguments, middle, gradients))
        for i, _ in arguments:
            parent = node.inputs[i]
            start = f"{ids[node]}c{i}" if parent is None else ids[parent]
            if parent is None:
                name, shape = boxed[i]
                graph.node(start, box("constant", name, [str(shape)], [], None, gradients))
            weight = "100" if i == middle else "1"
            _draw_edge(graph, start, ids[node], i, _norm_of(flow, node, i), weight)
    if flow is not None:
        _draw_legend(graph)
    return Diagram(graph)


def _flow(output: Tensor, root: Node, gradient: Tensor | None) -> dict[Node, tuple[Any, ...]]:
    """For each op, the norm of the gradient that flows back to each of its inputs."""
    steps = replay({root: root_gradient(output, gradient)})
    return {node: tuple(map(_norm, parts)) for node, _, parts in steps}


def _norm(part: Any) -> float | None:
    if part is None:
        return None
    if isinstance(part, Parts):
        part = [_norm(one) for one in part]
    array = np.abs(np.asarray(part, np.float64))
    largest = float(array.max(initial=0.0))  # divided out, so that squares do not overflow
    if largest == 0 or not math.isfinite(largest):
        return largest
    return largest * float(np.sqrt(np.square(array / largest).sum()))


def _empty_graph() -> Any:
    import graphviz

    text = {"fontname": "Helvetica,Arial,sans-serif", "fontcolor": INK}
    space = {"nodesep": "0.15", "ranksep": "0.4", "ordering": "in"}  # inputs from left to right
    return graphviz.Digraph(
        "record",
        graph_attr={"bgcolor": PAPER, "rankdir": "TB", **space, **text},
        node_attr={"fontsize": "12", "shape": "plain", **text},
        edge_attr={"fontsize": "10", "color": QUIET, "arrowsize": "0.7", **text},
    )


def _shape_text(shape: tuple[Any, ...]) -> str:
    if shape and isinstance(shape[0], tuple):  # of an op with several outputs
        return ", ".join(map(_shape_text, shape))
    return " \u00d7 ".join(map(str, shape)) if shape else "number"


def _constant(node: Node, i: int, arrays: dict[int, str]) -> tuple[str, str | None] | None:
    """The name and the shape to write of a constant input.  A plain number has no shape: it goes
    into the op's own box.  None for an input that is no constant, or is not there at all."""
    if node.inputs[i] is not None:
        return None
    if node.saved is None:
        return "constant", ""  # its shape was freed with what the rules read
    kept = node.saved[0][i] if node.name == "inputs" else node.saved[i + 1]
    if kept is None:
        return None
    name = arrays.get(id(kept), "constant")
    shape = kept if isinstance(kept, tuple) else np.shape(kept)
    if shape == () and name == "constant":
        value = "number" if isinstance(kept, tuple) else str(kept)
        return f"{_argument(node, i)} = {value}".removeprefix(" = "), None
    return name, _shape_text(shape)


def _norm_of(flow: dict[Node, tuple[Any, ...]] | None, node: Node, i: int) -> float | None:
    return flow[node][i] if flow is not None and node in flow else None


def _draw_edge(graph: Any, start: str, end: str, i: int, norm: float | None, weight: str) -> None:
    """The value goes down, and its gradient comes back up beside it."""
    graph.edge(f"{start}:v:s", f"{end}:v{i}:n", weight=weight)
    if norm is not None:
        ink = flow_colour(norm)
        graph.edge(
            f"{start}:g:s",
            f"{end}:g{i}:n",
            label=f" {norm:.2g}",
            dir="back",
            color=ink,
            fontcolor=INK,
            penwidth="2.2" if norm else "1.0",
            style="solid" if norm else "dashed",
            weight=weight,
        )


def _argument(node: Node, i: int) -> str:
    """The name under which the op's formula knows its i-th input, where it has several, and which
    output this is of an op that has several."""
    assert node.plan is not None
    op, count = node.plan.op, len(node.inputs)
    if count == 1:
        return str(node.params["k"]) if op.name == "output" else ""
    names = op.forward.__code__.co_varnames[: op.arity]
    return names[i] if i < len(names) else str(i)


def flow_colour(norm: float) -> str:
    """Blue for a vanishing gradient, grey in between, orange for an exploding one, black for
    NaN."""
    if not math.isfinite(norm):
        return "#000000"
    if norm == 0:
        return FLOW[0]
    share = (math.log10(norm) - FLOW_FROM) / (FLOW_TO - FLOW_FROM)
    return FLOW[round(min(max(share, 0.0), 1.0) * (len(FLOW) - 1))]


def _draw_legend(graph: Any) -> None:
    step = (FLOW_TO - FLOW_FROM) / (len(FLOW) - 1)
    cells = ""
    for k, colour in enumerate(FLOW):
        power = f"1e{FLOW_FROM + k * step:+.0f}" if k % 2 == 0 else "&#160;"
        ink = PAPER if k in (0, 1, len(FLOW) - 1) else INK
        cells += f'<td bgcolor="{colour}" width="34"><font color="{ink}">{power}</font></td>'
    graph.attr(
        label='<<table border="0" cellborder="0" cellspacing="0"><tr><td colspan="7">'
        "norm of the gradient that flows back: vanishing to exploding</td></tr>"
        f"<tr>{cells}</tr></table>>",
        labelloc="b",
        fontsize="10",
    )
