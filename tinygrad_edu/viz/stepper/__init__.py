"""The stepper: a page on which a reader steps through forward and backward.

`lesson.py` and `backward.py` turn a Picture into steps, `graph.py` draws it, `page.py` writes the
file, in which `page.js` only shows what was made here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ...engine.observing import ObservedNode
from ...tensor import Tensor, root_gradient
from ..fold import folded
from ..names import names_of
from ..options import DIRECTIONS, check_choice, check_limit
from ..picture import Picture, picture_of
from .backward import lesson_of
from .page import page

TITLE = "Backpropagation, step by step"
UNOBSERVED = (
    "Recorded without viz.observe(): lines of code, modules, and values that no derivative rule "
    "reads are missing. To see them, run the forward pass inside "
    "`with tinygrad_edu.viz.observe():`."
)


def write(
    output: Tensor,
    path: str | Path,
    params: Any,
    gradient: Any,
    title: str | None,
    direction: str,
    max_nodes: int | None,
) -> Path:
    """Write the page of `viz.steps`."""
    path = _checked(path)
    check_choice("steps", "direction", direction, DIRECTIONS)
    check_limit("steps", "max_nodes", max_nodes, 3)
    if not isinstance(output, Tensor):
        given = type(output).__name__
        raise TypeError(f"steps: it shows how a Tensor was computed, not {given}")
    names = names_of(params, "steps")
    picture = picture_of(output, names, gradients=True, gradient=gradient)
    _refuse_freed(picture)
    observed = _observed(picture)
    picture = folded(picture, max_nodes=max_nodes)
    by_node = {x.node: name for name, x in names.items() if x.node is not None}
    lesson = lesson_of(picture, by_node, root_gradient(output, gradient))
    notes = [*picture.notes, *([] if observed else [UNOBSERVED])]
    text = page(lesson, title or TITLE, notes, "LR" if direction == "right" else "TB")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        why = f"steps: the page cannot be written ({error.strerror}); give another path"
        raise OSError(error.errno, why, str(path)) from None
    return path


def _checked(path: str | Path) -> Path:
    path = Path(path)
    if path.suffix.lower() not in (".html", ".htm"):
        raise ValueError(
            f"steps: it writes a web page, so the path must end in .html, not {path.name!r}; for a "
            "picture, use viz.draw"
        )
    return path


def _refuse_freed(picture: Picture) -> None:
    for box in picture.boxes:
        if box.freed and box.node is not None and box.node.plan:
            raise RuntimeError(
                f"steps: what {box.name} {tuple(box.shape)} had saved was freed by the backward() "
                f"at {box.node.freed_by}.  Write the page before backward(), or say "
                "backward(retain_graph=True) there, or run the forward pass again."
            )


def _observed(picture: Picture) -> bool:
    nodes = [box.node for box in picture.boxes if box.node is not None and box.node.plan]
    joints = ("inputs", "output")  # of an op that has several
    return all(isinstance(node, ObservedNode) or node.name in joints for node in nodes)
