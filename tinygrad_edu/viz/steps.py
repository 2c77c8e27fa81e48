"""steps: a page to step through the forward and the reverse pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..tensor import Tensor

if TYPE_CHECKING:
    from pathlib import Path


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
    from .stepper import write

    return write(output, path, params, gradient, title, direction, max_nodes)
