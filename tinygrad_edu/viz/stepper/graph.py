"""The graph of a page, as SVG: Graphviz says where boxes and arrows stand, the page's style sheet
and script how they look in each step.

A box is `<g id="box-3">`, an arrow `<g id="arrow-5">`, numbered as in the picture.  Texts that a
step writes are there from the start, empty: the value of a box, its gradient, and that of an arrow.
"""

from __future__ import annotations

import json
from typing import Any

from ..drawing.diagram import Diagram
from ..words import as_xml, shortened
from .lesson import Lesson

LONGEST = 26  # letters of a title
LETTER, LINE, MARGIN = 7.2, 17.0, 10.0  # in points, which are the pixels of the page
ROOM = (  # for the number at an arrow; without text, so that no font is looked up
    '<<table border="0" fixedsize="true" width="{width:.0f}" height="15">'
    "<tr><td></td></tr></table>>"
)
MARKERS = """<defs>
<marker id="{name}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7"
 orient="auto-start-reverse"><path class="head {name}" d="M0 0 L10 5 L0 10 z"/></marker>
</defs>"""


def svg(lesson: Lesson, direction: str) -> str:
    """The graph, with nothing computed yet."""
    layout = _layout(lesson, direction)
    width, height = (float(x) for x in layout["bb"].split(",")[2:])
    parts = [MARKERS.format(name=name) for name in ("plain", "forward", "backward")]
    parts += [_arrow(edge, height) for edge in layout.get("edges", [])]
    parts += [_box(lesson, box, height) for box in layout["objects"]]
    view = f"-2 -2 {width + 4:.0f} {height + 4:.0f}"
    size = f'width="{width + 4:.0f}" height="{height + 4:.0f}"'
    title = '<title id="graph-title">The compute graph</title>'
    desc = f'<desc id="graph-words">{as_xml(_in_words(lesson))}</desc>'
    labels = 'role="img" aria-labelledby="graph-title" aria-describedby="graph-words"'
    return "\n".join([f'<svg viewBox="{view}" {size} {labels}>', title, desc, *parts, "</svg>"])


def _layout(lesson: Lesson, direction: str) -> Any:
    """Where Graphviz puts boxes of these sizes: in points, y upwards."""
    import graphviz

    graph = graphviz.Digraph(
        "steps",
        graph_attr={"rankdir": direction, "nodesep": "0.2", "ranksep": "0.3", "ordering": "in"},
        node_attr={"shape": "box", "fixedsize": "true", "label": ""},
    )
    for k, box in enumerate(lesson.boxes):
        width, height = _size(box)
        graph.node(f"b{k}", width=f"{width / 72:.3f}", height=f"{height / 72:.3f}")
    for k, arrow in enumerate(lesson.arrows):
        width = len(arrow["short"]) * LETTER + MARGIN
        label = ROOM.format(width=width) if arrow["short"] else ""
        graph.edge(f"b{arrow['from']}", f"b{arrow['to']}", id=str(k), label=label)
    return json.loads(Diagram(graph)._rendered("json0", None))


def _size(box: dict[str, Any]) -> tuple[float, float]:
    longest = max(map(len, (_heading(box), box["short"] or box["shape"], box["reserved"])))
    return longest * LETTER + 2 * MARGIN, LINE * (3 if box["reserved"] else 2) + MARGIN


def _heading(box: dict[str, Any]) -> str:
    return shortened(box["title"], LONGEST)


def _box(lesson: Lesson, placed: dict[str, Any], total: float) -> str:
    k = int(placed["name"].removeprefix("b"))
    box = lesson.boxes[k]
    x, y = (float(at) for at in placed["pos"].split(","))
    width, height = float(placed["width"]) * 72, float(placed["height"]) * 72
    left, top = x - width / 2, total - y - height / 2
    lines = [("name", _heading(box)), ("value", box["short"] or box["shape"]), ("gradient", "")]
    if box["short"]:
        lines[1] = ("value single", "" if box["title"] == box["short"] else box["short"])
    texts = "".join(
        f'<text class="{kind}" x="{x:.1f}" y="{top + MARGIN / 2 + LINE * (i + 0.75):.1f}">'
        f"{as_xml(text)}</text>"
        for i, (kind, text) in enumerate(lines)
    )
    rectangle = (
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height:.1f}" rx="6"/>'
    )
    words = f"<title>{as_xml(box['title'])}: {as_xml(box['shape'])}</title>"
    return f'<g id="box-{k}" class="box {box["kind"]}">{words}{rectangle}{texts}</g>'


def _arrow(edge: dict[str, Any], total: float) -> str:
    end, *points = [piece.split(",")[-2:] for piece in edge["pos"].split()]
    spots = [f"{float(x):.1f} {total - float(y):.1f}" for x, y in [*points, end]]
    path = f"M{spots[0]} C{' '.join(spots[1:-1])} L{spots[-1]}"
    label = ""
    if "lp" in edge:
        x, y = (float(at) for at in edge["lp"].split(","))
        label = f'<text class="part" x="{x:.1f}" y="{total - y + 4:.1f}"></text>'
    return f'<g id="arrow-{edge["id"]}" class="arrow"><path d="{path}"/>{label}</g>'


def _in_words(lesson: Lesson) -> str:
    ops = sum(step["kind"] == "forward" for step in lesson.steps)
    return (
        f"{len(lesson.boxes)} boxes, of which {ops} are operations, and {len(lesson.arrows)} "
        "arrows.  The list of all steps says the same in words."
    )
