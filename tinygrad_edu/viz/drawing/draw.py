"""draw: the record behind a tensor as a graph, and the gradients that flow back along its edges.

Values flow down: from the leaves and constants, through the ops, to the output.  With
`gradients=True` each edge gets a second arrow, upwards, with the gradient that flows along it, in
blue where it vanishes and in orange where it explodes.

A picture is made in steps: `picture.py` reads the record, `labels.py` says what is written,
`theme.py` in which colours, `dot.py` puts it into the DOT language, `layout.py` lays it out.
"""

from __future__ import annotations

from typing import Any

from ...memory import uncollected
from ...tensor import Tensor
from ..graph.fold import BUDGET, folded
from ..graph.groups import with_notes
from ..graph.picture import Picture, picture_of
from ..names import names_of
from ..options import DIRECTIONS, check_choice, check_limit
from .diagram import Diagram
from .dot import Drawing, Style, sizes_of
from .headline import described
from .labels import SMALL, Labels
from .theme import DARK, LIGHT, SCALES, THEMES, scale_for


def draw(
    output: Tensor,
    params: Any = None,
    *,
    gradients: bool = False,
    gradient: Tensor | None = None,
    values: bool | int | None = None,
    formulas: bool = False,
    direction: str = "down",
    theme: str = "light",
    scale: str = "relative",
    legend: bool = True,
    depth: int | None = None,
    max_nodes: int | None = BUDGET,
) -> Diagram:
    """Draw the compute graph: everything that a tensor was computed from.

    What was recorded under `viz.observe()` is drawn with its values, with the functions that were
    called, and in its modules; else as far as the record knows them.

    Parameters
    ----------
    output : Tensor
        The result whose record is drawn.
    params : Module, dict of str to Tensor, list of Tensor, or pairs of str and Tensor, optional
        Names for tensors: those of the parameters and buffers of a model, or your own.  A dict may
        hold models too.
    gradients : bool, default False
        Whether to run the reverse pass, which changes no `.grad`, and to show at each edge the
        gradient that flows back along it: one number with its sign, of an array the norm and the
        root mean square.  If `backward()` has freed what that needs, the gradients are those in
        `.grad`, of leaves and of results that retain theirs.
    gradient : Tensor, optional
        dL/d(output), of the shape of `output`; needed for `gradients` unless that is one number.
    values : bool or int, optional
        Up to how many elements a tensor shows its values and its gradient, element by element: 12
        unless said, none if False.
    formulas : bool, default False
        Whether an op shows the formulas of its derivatives too.
    direction : {"down", "right"}, default "down"
        Where values flow to.
    theme : {"light", "dark", "auto"}, default "light"
        The colours.  "auto" leaves it to the browser that shows an SVG; it is light elsewhere.
    scale : {"relative", "absolute"}, default "relative"
        Whether a gradient counts as vanishing or exploding by the median of those of this picture,
        or by itself: from 1e-6 to 1e3.
    legend : bool, default True
        Whether the signs are explained below the picture.
    depth : int, optional
        Modules at this depth are one box each, the outermost being at depth 0; it needs
        `viz.observe()`.
    max_nodes : int, optional, default 150
        A picture of more boxes, or one too long for a page, is folded: what is repeated, time steps
        and blocks, is drawn once; then modules, chains and at last stretches of ops become one box
        each.  The picture says what was folded.  With `depth`, the default is 2,000; None: nothing
        is folded.

    Returns
    -------
    Diagram
        A notebook shows it by itself; `save` writes a picture.

    Raises
    ------
    TypeError
        If `output` is not a Tensor, or `params` is none of these.
    ValueError
        If an option has another value than those above, or two tensors have one name.
    RuntimeError
        If `output` has no record.

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
    limit = _limit(values)
    check_choice("draw", "direction", direction, DIRECTIONS)
    check_choice("draw", "theme", theme, THEMES)
    check_choice("draw", "scale", scale, SCALES)
    check_limit("draw", "depth", depth, 0)
    check_limit("draw", "max_nodes", max_nodes, 3)
    names = names_of(params, "draw")
    style = Style(DARK if theme == "dark" else LIGHT, direction == "right", legend)

    def drawing(picture: Picture) -> tuple[Any, str]:
        labels = Labels(picture, limit, formulas)
        made = Drawing(labels, style, scale_for(scale, sizes_of(labels)))
        return made.digraph(), described(labels, picture.output)

    def coarser(max_nodes: int, note: str) -> tuple[Any, str]:
        return drawing(with_notes(folded(picture, None, max_nodes), note))

    with uncollected():
        picture = picture_of(output, names, gradients=gradients, gradient=gradient)
        digraph, description = drawing(folded(picture, depth, max_nodes))
    return Diagram(digraph, description=description, auto=theme == "auto", coarser=coarser)


def _limit(values: Any) -> int:
    if values is None or values is True:
        return SMALL
    if values is False:
        return 0
    if not isinstance(values, int) or values < 0:
        raise ValueError(
            f"draw: values={values!r}: it is True, False, or up to how many elements of a tensor "
            "are written out: 0 or more"
        )
    return values
