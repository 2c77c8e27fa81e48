"""draw: the record behind a tensor as a graph, and the gradients that flow back along its edges.

Values flow down: from the leaves and constants, through the ops, to the output.  With
`gradients=True` each edge gets a second arrow, upwards, with the norm of the gradient that flows
along it, in blue where it vanishes and in orange where it explodes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from operator import attrgetter
from typing import Any

import numpy as np

from ..backward import replay
from ..graph import Node, Parts
from ..tensor import Tensor, root_gradient
from .render import Diagram

INK, PAPER = "#222222", "#ffffff"
FILLS = {"leaf": "#d6e6f4", "output": "#fff2cc"}
CONSTANT = {"shape": "box", "style": "filled,dashed", "fillcolor": "#eeeeee"}
FLOW = ("#08306b", "#2171b5", "#6baed6", "#969696", "#fdae6b", "#f16913", "#a63603")
FLOW_FROM, FLOW_TO = -6, 3  # powers of ten: from the first colour of FLOW to the last


def draw(
    output: Tensor,
    params: Mapping[str, Tensor] | None = None,
    *,
    gradients: bool = False,
    gradient: Tensor | None = None,
) -> Diagram:
    """A Diagram of everything that `output` was computed from.

    `params` names tensors, as in `dict(model.named_parameters())`; a constant can be named if a
    rule reads it. With `gradients`, the reverse pass is run, without touching any `.grad`, and
    every edge shows the norm of the gradient that flows back along it; `gradient` is dL/d(output)
    if that is not one number. Raises RuntimeError if `output` has no record, or if its gradients
    are asked for after they freed what they need.

    >>> import tinygrad_edu as tg
    >>> x = tg.tensor(3.0, requires_grad=True)
    >>> print(tg.viz.draw(x * x, {"x": x}).source.count("->"))
    2
    """
    if not isinstance(output, Tensor):
        raise TypeError(
            f"draw: it draws what a Tensor was computed from, not {type(output).__name__}"
        )
    root = output._noded("backward")
    nodes = recorded(root)
    flow = _flow(output, root, gradient) if gradients else None
    names = {x.node: name for name, x in (params or {}).items() if x.node is not None}
    arrays = {id(x.array): name for name, x in (params or {}).items() if x.node is None}
    graph = _empty_graph()
    ids = {node: f"n{k}" for k, node in enumerate(nodes)}
    for node in nodes:
        constants = [_constant(node, i, arrays) for i in range(len(node.inputs))]
        numbers = [text for text, is_box in filter(None, constants) if not is_box]
        _draw_node(graph, ids[node], node, names.get(node), node is root, numbers)
        for i, (parent, constant) in enumerate(zip(node.inputs, constants, strict=True)):
            if parent is not None:
                _draw_edge(graph, ids[parent], ids[node], node, i, flow)
            elif constant is not None and constant[1]:
                graph.node(f"{ids[node]}c{i}", _escaped(constant[0]), **CONSTANT)
                _draw_edge(graph, f"{ids[node]}c{i}", ids[node], node, i, flow)
    if flow is not None:
        _draw_legend(graph)
    return Diagram(graph)


def recorded(root: Node) -> list[Node]:
    """Every node behind the root, itself too, oldest first."""
    seen, stack = {root}, [root]
    while stack:
        for parent in stack.pop().inputs:
            if parent is not None and parent not in seen:
                seen.add(parent)
                stack.append(parent)
    return sorted(seen, key=attrgetter("tick"))


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
    return graphviz.Digraph(
        "record",
        graph_attr={"bgcolor": PAPER, "rankdir": "TB", "nodesep": "0.3", "ranksep": "0.4", **text},
        node_attr={"fontsize": "12", "color": INK, "penwidth": "0.8", "style": "filled", **text},
        edge_attr={"fontsize": "10", "color": "#555555", "arrowsize": "0.7", **text},
    )


def _shape_text(shape: tuple[Any, ...]) -> str:
    if shape and isinstance(shape[0], tuple):  # of an op with several outputs
        return ", ".join(map(_shape_text, shape))
    return " \u00d7 ".join(map(str, shape)) if shape else "number"


def _draw_node(
    graph: Any, id: str, node: Node, name: str | None, is_output: bool, numbers: list[str]
) -> None:
    if node.plan is None:
        label = f"{name or 'leaf'}\n{_shape_text(node.shape)}"
        graph.node(id, _escaped(label), shape="box", fillcolor=FILLS["leaf"])
        return
    lines = [*([name] if name else []), node.name, *numbers, _shape_text(node.shape)]
    fill = FILLS["output"] if is_output else PAPER
    label = _escaped("\n".join(lines))
    graph.node(id, label, shape="box", style="filled,rounded", fillcolor=fill)


def _constant(node: Node, i: int, arrays: dict[int, str]) -> tuple[str, bool] | None:
    """What to write of a constant input, and whether in a box of its own: a plain number goes into
    the op's own label.  None for an input that is no constant, or is not there at all."""
    if node.inputs[i] is not None:
        return None
    if node.saved is None:
        return "constant", True  # its shape was freed with what the rules read
    kept = node.saved[i + 1]
    if kept is None:
        return None
    name = arrays.get(id(kept), "constant")
    shape = kept if isinstance(kept, tuple) else np.shape(kept)
    if shape == () and name == "constant":
        return (
            _argument(node, i) + (" = number" if isinstance(kept, tuple) else f" = {kept}")
        ).strip(), False
    return f"{name}\n{_shape_text(shape)}", True


def _draw_edge(
    graph: Any, start: str, end: str, node: Node, i: int, flow: dict[Node, tuple[Any, ...]] | None
) -> None:
    graph.edge(start, end, label=_argument(node, i), fontcolor="#777777")
    norm = flow[node][i] if flow is not None and node in flow else None
    if norm is not None:
        ink = flow_colour(norm)
        width = "2.2" if norm else "1.0"
        style = "solid" if norm else "dashed"
        text = f" {norm:.2g}"
        graph.edge(
            start,
            end,
            label=text,
            dir="back",
            color=ink,
            fontcolor=ink,
            penwidth=width,
            style=style,
        )


def _argument(node: Node, i: int) -> str:
    """The name under which the op's formula knows its i-th input, where it has several, and which
    output this is of an op that has several."""
    assert node.plan is not None
    op, count = node.plan.op, len(node.inputs)
    if count == 1:
        return f" {node.params['k']}" if op.name == "output" else ""
    names = op.forward.__code__.co_varnames[: op.arity]
    return f" {names[i]}" if i < len(names) else f" {i}"


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
    graph.node(
        "legend",
        '<<table border="0" cellborder="0" cellspacing="0"><tr><td colspan="7">'
        "norm of the gradient that flows back: vanishing to exploding</td></tr>"
        f"<tr>{cells}</tr></table>>",
        shape="plain",
        fontsize="10",
        style="",
    )


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("\\", "\\\\").replace("\n", "\\n")
