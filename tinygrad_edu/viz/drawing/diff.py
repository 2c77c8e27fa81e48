"""diff: two graphs in one picture: what was added, removed and changed between them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np

from ...tensor import Tensor
from ..graph.compare import Compared, compared, smaller
from ..graph.fold import BUDGET
from ..graph.picture import Arrow, Box, Picture, picture_of
from ..names import names_of
from ..options import DIRECTIONS, check_choice, check_limit
from .diagram import Diagram
from .dot import Drawing, Style
from .labels import Label, Labels
from .theme import DARK, LIGHT, THEMES, scale_for


def diff(
    a: Tensor | Picture,
    b: Tensor | Picture,
    params_a: Any = None,
    params_b: Any = None,
    *,
    gradients: bool | None = None,
    direction: str = "down",
    theme: str = "light",
    legend: bool = True,
    max_nodes: int | None = BUDGET,
) -> Diagram:
    """Draw two compute graphs as one: what the second one has more, less, or different.

    The graphs are those of two models, or of one at two moments.  Boxes and arrows that only the
    second graph has are marked "added", those that only the first one has "removed".  In a box that
    both have stands what has changed: its shape, dtype, settings or name, and by how much its
    gradient: the ratio of the norms, or of one number both values where the sign changes.

    Ops match by their name and their order: of all ways to match them, the longest common
    subsequence is taken, and among equally long ones that in which more modules (observed under
    `viz.observe()`) and shapes agree.  Leaves and constants match if they are one tensor, by the
    place at which matching ops use them, or by their name.

    Parameters
    ----------
    a, b : Tensor or Picture
        The results whose records are compared; or what `snapshot` kept of them.
    params_a, params_b : Module, dict of str to Tensor, list of Tensor, or pairs, optional
        Names for the tensors of each graph, as in `draw`.  Without `params_b`, `params_a` serves
        for both.
    gradients : bool, optional
        Whether to run both reverse passes, which changes no `.grad`, and to compare the gradients.
        By default, if both results are one number.
    direction : {"down", "right"}, default "down"
        Where values flow to.
    theme : {"light", "dark", "auto"}, default "light"
        The colours, as in `draw`.
    legend : bool, default True
        Whether the signs are explained below the picture.
    max_nodes : int or None, default 150
        In a picture of more boxes, what is the same in both graphs, and far from what is not, is
        folded; if that is not enough, the modules are, or boxes in a row of which the same is to be
        said.  None: nothing is folded.

    Returns
    -------
    Diagram
        A notebook shows it by itself; `save` writes a picture.

    Raises
    ------
    TypeError
        If `a` or `b` is neither a Tensor nor a Picture, or the names are none of these.
    ValueError
        If an option has another value than those above.
    RuntimeError
        If a tensor has no record.

    See Also
    --------
    snapshot : Keep what a record shows at one moment.

    Examples
    --------
    >>> import nn
    >>> import tinygrad_edu as tg
    >>> x = tg.ones(4, 3)
    >>> small = nn.Sequential(nn.Linear(3, 2), nn.ReLU())
    >>> large = nn.Sequential(nn.Linear(3, 5), nn.ReLU(), nn.Dropout(0.5))
    >>> diagram = tg.viz.diff(small(x).sum(), large(x).sum(), small, large)
    >>> "shape 2 × 3 → 5 × 3" in diagram.source, "dropout" in diagram.source
    (True, True)
    """
    check_choice("diff", "direction", direction, DIRECTIONS)
    check_choice("diff", "theme", theme, THEMES)
    check_limit("diff", "max_nodes", max_nodes, 3)
    if gradients is None:
        gradients = all(_may_go_back(x) for x in (a, b))
    named = [names_of(p, "diff") for p in (params_a, params_a if params_b is None else params_b)]
    first, second = (_picture(x, names, gradients) for x, names in zip((a, b), named, strict=True))
    found = compared(first, second)
    style = Style(DARK if theme == "dark" else LIGHT, direction == "right", legend)

    def drawing(max_nodes: int | None, *notes: str) -> tuple[Any, str]:
        shown = smaller(found, max_nodes)
        shown.picture.notes = [summary(found), *shown.picture.notes, *notes]
        digraph = Drawing(MarkedLabels(shown), style, scale_for("absolute", [])).digraph()
        return digraph, f"What differs between two compute graphs: {summary(found)}."

    digraph, description = drawing(max_nodes)
    return Diagram(digraph, description=description, auto=theme == "auto", coarser=drawing)


def snapshot(
    output: Tensor, params: Any = None, *, gradients: bool = True, gradient: Tensor | None = None
) -> Picture:
    """Keep what the record of a tensor shows now, to compare it with a later one.

    Parameters
    ----------
    output : Tensor
        The result whose record is kept: a loss, before `backward()` frees what it needs.
    params : Module, dict of str to Tensor, list of Tensor, or pairs, optional
        Names for tensors, as in `draw`.
    gradients : bool, default True
        Whether to run the reverse pass, which changes no `.grad`.
    gradient : Tensor, optional
        dL/d(output), of the shape of `output`; needed for `gradients` unless that is one number.

    Returns
    -------
    Picture
        The boxes and arrows, with the gradients as they are now: for `diff`.

    Raises
    ------
    TypeError
        If `output` is not a Tensor.
    RuntimeError
        If `output` has no record.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> w = tg.tensor([1.0, 2.0], requires_grad=True)
    >>> before = tg.viz.snapshot((w * w).sum(), {"w": w})
    >>> with tg.no_grad():
    ...     w *= 0.1
    >>> diagram = tg.viz.diff(before, (w * w).sum(), {"w": w})
    >>> "gradient × 0.1" in diagram.source
    True
    """
    if not isinstance(output, Tensor):
        given = type(output).__name__
        raise TypeError(f"snapshot: it keeps what a Tensor was computed from, not {given}")
    names = names_of(params, "snapshot")
    picture = picture_of(output, names, gradients=gradients, gradient=gradient)
    for box in picture.boxes:
        if isinstance(box.value, np.ndarray) and box.value.size == 1:
            box.value = box.value.copy()  # it may be written later
    return picture


def _may_go_back(x: Any) -> bool:
    return x.gradients if isinstance(x, Picture) else isinstance(x, Tensor) and x.numel() == 1


def _picture(x: Any, names: dict[str, Tensor], gradients: bool) -> Picture:
    if isinstance(x, Picture):
        return x
    if not isinstance(x, Tensor):
        given = type(x).__name__
        raise TypeError(f"diff: it compares what two Tensors were computed from, not {given}")
    return picture_of(x, names, gradients=gradients)


def summary(found: Compared) -> str:
    """What has changed, in a line."""
    boxes = found.picture.boxes
    count = Counter(found.state(box) for box in boxes)
    parts = [f"{count[state]} {state}" for state in ("added", "removed", "changed") if count[state]]
    same = f"{count['']} the same" if parts else f"no difference in {count['']} boxes"
    return ", ".join([*parts, same])


class MarkedLabels(Labels):
    """Labels that say what has changed."""

    def __init__(self, found: Compared) -> None:
        super().__init__(found.picture)
        self.found = found

    def label(self, box: Box) -> Label:
        """With the changes first."""
        label, state = super().label(box), self.found.state(box)
        if not state:
            return label
        return replace(label, look=state, lines=[*self.found.said(box), *label.lines])

    def mark(self, arrow: Arrow) -> str:
        """Whether an arrow was added or removed, as are those of a box that was."""
        states = [self.found.state(part) for part in (arrow, arrow.start, arrow.end)]
        return next((state for state in states if state in ("added", "removed")), "")
