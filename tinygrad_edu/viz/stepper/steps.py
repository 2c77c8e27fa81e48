"""steps: a page to step through the forward and the reverse pass."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ...engine.observing import ObservedNode
from ...tensor import Tensor, root_gradient
from ..graph.fold import folded
from ..graph.picture import Picture, picture_of
from ..names import names_of
from ..options import DIRECTIONS, check_choice, check_limit
from .backward import lesson_of
from .page import page

TITLE = "Backpropagation, step by step"
UNOBSERVED = (
    "Recorded without viz.observe(): lines of code, modules, and values that no derivative rule "
    "reads are missing. To see them, run the forward pass inside "
    "`with tinygrad_edu.viz.observe():`."
)


def steps(
    output: Tensor,
    path: str | Path = "backprop.html",
    params: Any = None,
    *,
    gradient: Tensor | None = None,
    title: str | None = None,
    direction: str = "down",
    max_nodes: int | None = 150,
) -> Path:
    """Write a page on which a reader steps through the forward pass and backpropagation.

    In each step one operation lights up in the graph.  Beside it stand its formula with the numbers
    filled in, the gradient g that arrived, the contribution to each input, the sum of what has
    arrived there so far, and the line of code.  The reverse pass is run for it; it changes no
    `.grad`.  The page is one HTML file that loads nothing; it works with the keyboard alone (arrow
    keys, Home, End, space), on a phone, and with a screen reader.

    Make `output` inside `with viz.observe():`.  Otherwise the record keeps only what derivative
    rules read: some values are then missing, and all lines of code.  The page holds the values and
    the lines of code: look before you publish it.

    Parameters
    ----------
    output : Tensor
        What the steps lead to, such as a loss.
    path : str or Path, default "backprop.html"
        The file to write; it ends in `.html` or `.htm`.
    params : Module, dict of str to Tensor, list of Tensor, or pairs, optional
        Names for tensors, as in `draw`.
    gradient : Tensor, optional
        dL/d(output), of the shape of `output`; needed unless that is one number.
    title : str, optional
        The heading of the page; without it, "Backpropagation, step by step".
    direction : {"down", "right"}, default "down"
        Where values flow in the graph.
    max_nodes : int or None, default 150
        How many boxes the graph may have before it is folded, as in `draw`; a box that stands for
        several operations is one step, and the page says so.  None: never.

    Returns
    -------
    Path
        The path of the file.

    Raises
    ------
    TypeError
        If `output` is not a Tensor, or `params` name something else.
    ValueError
        If the path has another ending, or an option another value than those above.
    RuntimeError
        If `output` has no record; if it has several elements and there is no `gradient`; if
        `backward()` has freed what the rules read; or if no Graphviz is found.
    OSError
        If the file cannot be written.

    Examples
    --------
    >>> import os, tempfile
    >>> import tinygrad_edu as tg
    >>> x = tg.tensor(3.0, requires_grad=True)
    >>> with tg.viz.observe():
    ...     y = (x * x).tanh()
    >>> path = os.path.join(tempfile.mkdtemp(), "square.html")
    >>> tg.viz.steps(y, path, {"x": x}).name
    'square.html'
    """
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
