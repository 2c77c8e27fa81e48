"""What lint sees in the record of a loss: ops that do not go together, and what is not reached."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..engine.graph import Node, shape_of
from .findings import Finding
from .lint_model import names, twice

VIEWS = {"reshape", "transpose", "getitem", "squeeze", "expand_dims", "swapaxes", "broadcast_to"}
TAKES = {  # by the op of a loss: the results that it must not be given
    "softmax_cross_entropy": ("cross_entropy", ("softmax", "sigmoid")),
    "log_softmax": ("cross_entropy", ("softmax", "sigmoid")),
    "nll": ("nll_loss", ("softmax", "sigmoid")),
    "bce_with_logits": ("binary_cross_entropy_with_logits", ("sigmoid", "softmax")),
    "logsigmoid": ("binary_cross_entropy_with_logits", ("sigmoid", "softmax")),
}
MEET = {"add", "subtract", "multiply", "divide", "maximum", "minimum", "power", "where"}
LEAST = 8  # examples, below which a unit may be 0 by chance
DEAD = 0.5  # the share of a layer's units


def nodes_behind(outputs: list[Any]) -> list[Node]:
    """The steps that lead to the outputs, in the order in which they were recorded."""
    found: set[Node] = set()
    ahead = [x.node for x in outputs if x.node is not None]
    while ahead:
        node = ahead.pop()
        if node not in found:
            found.add(node)
            ahead += [n for n in node.inputs if n is not None]
    return sorted(found, key=lambda node: node.tick)


def place_of(node: Any) -> str:
    """The module and the line of a step, where it was observed."""
    call = getattr(node, "call", None)
    if call is None:
        return ""
    return f"{module_of(call)}{call.place}"


def module_of(call: Any) -> str:
    if not call.modules:
        return ""
    path = ".".join(filter(None, [call.modules[0].kind, *[m.name for m in call.modules[1:]]]))
    return f"{path}, "


def name_of(node: Any) -> str:
    """The op as the user called it."""
    call = getattr(node, "call", None)
    return str(call.name if call is not None else node.plan.op.name)


def of_record(nodes: list[Node]) -> Iterator[Finding]:
    for node in nodes:
        if node.plan is None:
            continue
        yield from _loss_of_probabilities(node)
        yield from _column_beside_row(node)
        yield from _dead_units(node)
    yield from _wider(nodes)


def _loss_of_probabilities(node: Any) -> Iterator[Finding]:
    op = node.plan.op.name
    if op not in TAKES or not node.inputs:
        return
    loss, wrong = TAKES[op]
    call = getattr(node, "call", None)
    if call is not None and call.name != loss:
        return  # log_softmax or logsigmoid by itself
    before = node.inputs[0]
    while before is not None and before.plan is not None and before.plan.op.name in VIEWS:
        before = before.inputs[0]
    if before is not None and before.plan is not None and before.plan.op.name in wrong:
        if call is None and op in ("log_softmax", "logsigmoid"):
            return  # without an observer nobody knows whether a loss called it
        yield twice(before.plan.op.name, loss, place_of(before) or place_of(node))
    elif op == "nll" and call is not None:
        scores = node.values[1]
        if (scores > 0).any():
            message = (
                "nll_loss takes log-probabilities, which are never above 0, and is given "
                f"{scores.max():.4g}: scores"
            )
            cure = "cross_entropy, which takes scores; or log_softmax before nll_loss"
            yield Finding("nll-loss-on-scores", message, cure, place_of(node))


def _shapes(node: Any) -> list[Any]:
    """The shapes of the inputs; None for what is not known any more."""
    values = getattr(node, "values", None)
    kept = values[1:] if values is not None else (node.saved or ())[1:]
    shapes: list[Any] = []
    for i, before in enumerate(node.inputs):
        x = kept[i] if i < len(kept) else None
        known = before.shape if before is not None else x if isinstance(x, tuple) else shape_of(x)
        shapes.append(known)
    return shapes


def _column_beside_row(node: Any) -> Iterator[Finding]:
    """(N, 1) against a constant (N,), or the other way round: N x N numbers."""
    if node.plan.op.name not in MEET or len(node.shape) != 2 or node.shape[0] != node.shape[1]:
        return
    n, shapes = node.shape[0], _shapes(node)
    if n < 2 or sorted(map(str, shapes)) != sorted(map(str, [(n, 1), (n,)])):
        return
    if all(before is not None for before in node.inputs):
        return  # both were computed: differences of all pairs may be meant
    yield Finding(
        "column-beside-row",
        f"{name_of(node)} of {shapes[0]} and {shapes[1]} gives {node.shape}: each number of the "
        "one meets each of the other, where number by number is meant",
        "make the shapes equal, as with prediction.squeeze(1), or target.unsqueeze(1)",
        place_of(node),
    )


def _dead_units(node: Any) -> Iterator[Finding]:
    values = getattr(node, "values", None)
    if node.plan.op.name != "relu" or values is None or values[0].ndim < 2:
        return
    y = values[0]
    unit = y.ndim - 1 if y.ndim == 3 else 1
    others = tuple(i for i in range(y.ndim) if i != unit)
    dead = (y <= 0).all(axis=others)
    if y.shape[0] < LEAST or dead.mean() < DEAD or dead.sum() < 2:
        return
    yield Finding(
        "dead-units",
        f"{dead.sum()} of the {dead.size} units of this ReLU are 0 for all {y.shape[0]} examples: "
        "no gradient flows through them, so that they cannot recover",
        "a smaller learning rate, inputs with mean 0, nn.init.kaiming_normal_ for the weights "
        "before, or LeakyReLU or GELU in its place",
        place_of(node),
    )


def _wider(nodes: list[Node]) -> Iterator[Finding]:
    """float64 that comes into a record of float32."""
    leaves = {n.dtype for n in nodes if n.plan is None}
    if leaves != {np.dtype("float32")}:
        return
    for node in nodes:
        if node.plan is not None and node.dtype == np.float64 and node.plan.op.name != "astype":
            yield Finding(
                "float64-by-accident",
                f"{name_of(node)} gives float64, though all parameters are float32: another input "
                "is float64, as NumPy makes them, and all that follows takes twice the memory",
                "x.float(), or np.float32 from the start",
                place_of(node),
            )
            return


# ---------------------------------------------------------------- the whole record


def of_reach(model: Any, nodes: list[Node]) -> Iterator[Finding]:
    """Parameters that require grad, and have no part in the loss."""
    reached = set(nodes)
    trained = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
    missed = [name for name, p in trained if p.node not in reached]
    if not missed:
        return
    if len(missed) == len(trained):
        why = (
            "none of the model's parameters is reached: is the loss detached, or of another model?"
        )
    else:
        verb = "is" if len(missed) == 1 else "are"
        why = (
            f"{names(missed)} {verb} not reached from the loss: not used in forward(), or detached"
        )
    yield Finding(
        "not-reached",
        f"{why} (by detach(), .data, numpy(), item(), no_grad() or tg.tensor(...) of a result)",
        "use them in forward(), freeze or remove them; diagnose.why(parameter) says more",
    )


def of_kept(losses: list[Any], nodes: list[Node]) -> Iterator[Finding]:
    """A sum or list of losses that keeps the records of several backward passes."""
    passes = {id(place) for node in nodes if (place := getattr(node, "freed_by", None)) is not None}
    if len(passes) < 2:
        return
    what = "this tensor keeps" if len(losses) == 1 else f"this list of {len(losses)} losses keeps"
    yield Finding(
        "keeps-records",
        f"{what} the records of {len(passes)} backward passes in memory, {len(nodes)} steps: it "
        "was summed up, or stored, with its record",
        "total += loss.item(), or losses.append(loss.item())",
    )
