"""Diagram: a graph in the DOT language, and the ways to see it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from .layout import NotDrawnError, TooSlowError, is_there, laid_out, resolution
from .svg import finished

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FORMATS = ("svg", "png", "pdf")
COARSER = (60, 25, 8)  # boxes, where a layout takes too long
AS_IT_COMES = 150  # boxes: so many are painted, whatever their size


class Diagram:
    """A graph, in text and as a picture: what `draw` returns.  A notebook shows it by itself.

    Pictures are made by the program `dot` if it is there, otherwise by the package pygraphviz.

    Parameters
    ----------
    digraph : graphviz.Digraph
        The graph, which stays the attribute `digraph`.
    description : str, optional
        The picture in a sentence, for who cannot see it.
    auto : bool, default False
        Whether an SVG is dark where the browser prefers that.
    coarser : callable, optional
        For a number of boxes and a note, a graph with no more boxes that says the note, and its
        description: taken if the layout of this one takes more than a few seconds, or a PNG of it
        would be too large.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> x = tg.tensor(3.0, requires_grad=True)
    >>> tg.viz.draw(x * x).source.splitlines()[0]
    'digraph record {'
    """

    def __init__(
        self,
        digraph: Any,
        *,
        description: str = "",
        auto: bool = False,
        coarser: Callable[[int, str], tuple[Any, str]] | None = None,
    ) -> None:
        self.digraph, self.description, self.auto = digraph, description, auto
        self._coarser = coarser
        self._drawn: dict[str, tuple[Any, str]] = {}  # by kind of file, what took its place

    @property
    def source(self) -> str:
        """The graph as text in the DOT language.

        Returns
        -------
        str
            What Graphviz reads.
        """
        return str(self.digraph.source)

    def svg(self) -> str:
        """Return the picture as SVG.

        Returns
        -------
        str
            The text of an SVG file.

        Raises
        ------
        RuntimeError
            If no Graphviz is found.

        Examples
        --------
        >>> import shutil
        >>> import tinygrad_edu as tg
        >>> x = tg.tensor(3.0, requires_grad=True)
        >>> diagram = tg.viz.draw(x * x)
        >>> not shutil.which("dot") or "<svg" in diagram.svg()
        True
        """
        return self._rendered("svg", None).decode()

    def save(self, path: str | Path) -> Path:
        """Write the picture to a file.

        Parameters
        ----------
        path : str or Path
            Its ending says what is written: `.svg`, `.png` or `.pdf`, a picture; `.dot`, the text.

        Returns
        -------
        Path
            The path.

        Raises
        ------
        ValueError
            If the path has another ending.
        OSError
            If the file cannot be written.
        RuntimeError
            If no Graphviz is found: then the text is saved beside it, and the message says where
            and what to install.

        Examples
        --------
        >>> import os, tempfile
        >>> import tinygrad_edu as tg
        >>> x = tg.tensor(3.0, requires_grad=True)
        >>> path = os.path.join(tempfile.mkdtemp(), "record.dot")
        >>> tg.viz.draw(x * x).save(path).name
        'record.dot'
        """
        from pathlib import Path

        path = Path(path)
        kind = path.suffix.removeprefix(".").lower()
        if kind not in (*FORMATS, "dot"):
            raise ValueError(f"save: {path.name} must end in .{', .'.join(FORMATS)} or .dot")
        content = self.source.encode() if kind == "dot" else self._rendered(kind, path)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        except OSError as error:
            why = f"{error.strerror}: save could not write the picture here"
            raise OSError(error.errno, why, str(path)) from None
        return path

    def _rendered(self, kind: str, path: Path | None) -> bytes:
        if not is_there():
            raise RuntimeError(self._without_renderer(path))
        made, description = self._laid_out(kind)
        if kind == "svg":
            return finished(made.decode(), "Compute graph", description, self.auto).encode()
        return made

    def _laid_out(self, kind: str) -> tuple[bytes, str]:
        """The picture, or a coarser one of which Graphviz makes one, and its description."""
        digraph, description = self._drawn.get(kind, (self.digraph, self.description))
        try:
            return _made(digraph, kind), description
        except NotDrawnError as error:
            if self._coarser is None:
                raise
            note = error.note
        for size in COARSER:
            digraph, description = self._coarser(size, note)
            try:
                made = _made(digraph, kind)
            except NotDrawnError:
                continue
            self._drawn[kind] = digraph, description
            return made, description
        raise TooSlowError("Graphviz did not lay out the graph, and no coarser one either")

    def _without_renderer(self, path: Path | None) -> str:
        import tempfile
        from pathlib import Path

        place = path or Path(tempfile.mkdtemp()) / "graph"
        saved = place.with_suffix(".dot")
        try:
            saved.parent.mkdir(parents=True, exist_ok=True)
            saved.write_text(self.source, encoding="utf-8")
        except OSError:
            saved = Path(tempfile.mkdtemp()) / saved.name
            saved.write_text(self.source, encoding="utf-8")
        return (
            "no Graphviz layout engine was found: run `pip install 'tinygrad_edu[render]'` (its "
            "wheel brings one), or install Graphviz so that `dot` runs.  The graph was saved as "
            f"text: {saved}"
        )

    def __repr__(self) -> str:
        boxes, edges = self.source.count(" [label=<"), self.source.count(" -> ")
        onward = len(re.findall(r"^\t+gate\S+ -> ", self.source, re.MULTILINE))
        return f"Diagram({boxes} boxes, {edges - onward} arrows)"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """For notebooks: the picture, or where there is no layout engine, the text."""
        try:
            return {"image/svg+xml": self.svg(), "text/plain": repr(self)}
        except RuntimeError as error:
            return {"text/plain": f"{error}\n\n{self.source}"}


def _made(digraph: Any, kind: str) -> bytes:
    """A file of this kind; a PNG with as many pixels as it takes to read it."""
    source = str(digraph.source)
    shrunk = re.search(r'^\tsize="', source, re.MULTILINE)
    if kind == "png" and (shrunk or source.count(" [label=<") > AS_IT_COMES):
        return laid_out(source, kind, dots=resolution(laid_out(source, "svg").decode()))
    return laid_out(source, kind)
