"""dot: a Picture as text in the DOT language, which Graphviz lays out."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from ...engine.observing import Call, ModulePath
from ..graph.fold import late_levels
from ..graph.groups import is_source
from ..graph.picture import Arrow, Box
from ..words import NOT_XML, module_of
from .box import box as html, in_order, text
from .headline import headline
from .labels import Labels, is_thick
from .legend import legend
from .theme import LIGHT, Look, Scale, Theme

PAGE = "12.4,17.4"  # inches: a picture that was folded gets no larger
Place = tuple[ModulePath | Call, ...]  # the modules, and the call, that a box stands in
NO_SIZE = {"shape": "box", "label": "", "width": "0", "height": "0", "fixedsize": "true"}


class Gate(NamedTuple):
    """A place, of no size, where an arrow passes into a module: Graphviz leads it past what stands
    in there, and not around the module."""

    name: str
    place: tuple[int, ...]  # the module
    below: int  # how many ranks lower its next gate, or its end, is


class Leg(NamedTuple):
    """A part of an arrow between two gates, an edge for Graphviz."""

    ends: tuple[str, str]
    look: dict[str, str]


@dataclass(frozen=True)
class Style:
    """How a picture looks."""

    theme: Theme = LIGHT
    right: bool = False  # to the right, instead of down
    legend: bool = True


class Drawing:
    """A picture on its way into the DOT language."""

    def __init__(self, labels: Labels, style: Style, scale: Scale) -> None:
        self.labels, self.style, self.scale = labels, style, scale
        self.picture, self.theme = labels.picture, style.theme
        self.gradients = bool(labels.sizes)
        boxes = enumerate(self.picture.boxes)
        self.ids = {box: f"n{k}" for k, box in boxes if box not in labels.inside}
        self.calls = self._calls()
        self.places = {box: self._place(box) for box in self.ids}
        self.gates = {} if self.picture.notes else self._gates()  # a folded one fits a page
        self.gates_in: dict[tuple[int, ...], list[tuple[Arrow, Gate]]] = defaultdict(list)
        for arrow, gates in self.gates.items():
            for gate in gates:
                self.gates_in[gate.place].append((arrow, gate))
        self.start, self.end = ("e", "w") if style.right else ("s", "n")

    def digraph(self) -> Any:
        """The graph."""
        graph = _empty_graph(self.theme, self.style.right)
        if self.picture.notes:
            graph.attr(size=PAGE)
        title = headline(self.labels)
        lines = [text(line) for line in [title, *self.picture.notes] if line]
        if lines:
            label = "<br/>".join([f"<b>{lines[0]}</b>", *lines[1:]] if title else lines)
            graph.attr(label=f"<{label}>", labelloc="t", fontsize="13")
        with graph.subgraph(name="cluster_picture") as inner:
            inner.attr(peripheries="0")
            if self.style.legend:
                inner.attr(label=self._legend(), labelloc="b", labeljust="l", tooltip="legend")
            else:
                inner.attr(label="")  # or it would show the title again
            self._draw_inside(inner, (), list(self.ids))
            for arrow in self.picture.arrows:
                if arrow.start in self.ids:
                    self._draw_arrow(inner, arrow)
        return graph

    def _legend(self) -> str:
        inside = [part for place in self.places.values() for part in place]
        calls = any(isinstance(part, Call) for part in inside)
        modules = any(isinstance(part, ModulePath) for part in inside)
        return legend(self.labels, self.theme, self.scale, modules, calls, self.style.right)

    # ------------------------------------------------------------ places

    def _calls(self) -> set[int]:
        """The calls that are several ops."""
        drawn = [box for box in self.ids if box.call and box.op not in ("output", "inputs")]
        count = Counter(id(box.call) for box in drawn)
        return {call for call, times in count.items() if times > 1}

    def _place(self, box: Box) -> Place:
        """Where a box stands: an op where it was called, a leaf or constant beside its uses."""
        if box.members and box.modules:
            return box.modules
        if box.kind in ("leaf", "constant"):
            uses = [self._place_of_use(arrow) for arrow in self.labels.out[box]]
            first = any(arrow.position == 0 for arrow in self.labels.out[box])
            if box.kind == "constant" and first and "." not in box.name:
                return ()  # data, that came from outside
            return _common(uses)
        call = box.call
        return (*box.modules, call) if call and id(call) in self.calls else box.modules

    def _place_of_use(self, arrow: Arrow) -> Place:
        """Where an op stands that uses it; around the repeats, if only some of them do."""
        place, times = self._place(arrow.end), arrow.end.times
        counted = [
            isinstance(part, ModulePath) and part.kind.endswith(f"\u00d7 {times}") for part in place
        ]
        return place[: counted.index(True)] if arrow.times < times and any(counted) else place

    def _gates(self) -> dict[Arrow, list[Gate]]:
        """The gates of each arrow that enters modules in which something, such as the parameters,
        is drawn above its end: that is to stand below its start.  Otherwise Graphviz would set one
        module beside the other, as their ranks overlap, or lead the arrow around the module."""
        level = late_levels(self.picture)
        top: dict[int | tuple[int, ...], int] = {}
        for box, place in self.places.items():
            for key in _prefixes(place):
                top[key] = min(level[box], top.get(key, level[box]))
        gates: dict[Arrow, list[Gate]] = {}
        for arrow in self.picture.arrows:
            if arrow.loop or arrow.start not in self.ids or is_source(arrow.start):
                continue
            around = set(_prefixes(self.places[arrow.start]))
            entered = [key for key in _prefixes(self.places[arrow.end]) if key not in around]
            innermost = {top[key]: key for key in entered if top[key] < level[arrow.end]}
            if innermost:
                ends = [*innermost, level[arrow.end]]
                gates[arrow] = [
                    Gate(f"gate{len(gates)}_{k}", key, ends[k + 1] - rank)
                    for k, (rank, key) in enumerate(innermost.items())
                ]
        return gates

    def _draw_inside(self, graph: Any, place: Place, boxes: list[Box]) -> None:
        """The boxes that stand in one place, and, as clusters, the places within it."""
        depth = len(place)
        inner: dict[int, list[Box]] = {}
        for box in boxes:
            further = self.places[box][depth:]
            if further:
                inner.setdefault(_identity(further[0]), []).append(box)
        drawn = set()
        for box in boxes:
            further = self.places[box][depth:]
            if not further:
                self._draw_box(graph, box)
            elif (key := _identity(further[0])) not in drawn:
                drawn.add(key)
                with graph.subgraph(name=f"cluster_{self.ids[box]}_{depth}") as cluster:
                    _outline(cluster, further[0], self.theme)
                    self._draw_gates(cluster, _prefixes((*place, further[0]))[-1])
                    self._draw_inside(cluster, (*place, further[0]), inner[key])

    def _draw_gates(self, graph: Any, place: tuple[int, ...]) -> None:
        """Those of one module.  Their outlines fill the gap that Graphviz leaves before a box."""
        for arrow, gate in self.gates_in.get(place, ()):
            looks = {"v": self._of_value(arrow)}
            if arrow in self.labels.sizes:
                looks |= {"g": self._of_gradient(arrow)}
            for port, look in looks.items():
                width = str(max(1.3, float(look.get("penwidth", 1)) - 1))
                colour = look.get("color", self.theme.value)
                looks_so = {"color": colour, "penwidth": width, "tooltip": " "}
                graph.node(f"{gate.name}_{port}", **NO_SIZE, **looks_so)

    # ------------------------------------------------------------ boxes and arrows

    def _draw_box(self, graph: Any, box: Box) -> None:
        arrows = enumerate(self.labels.into[box])
        into = [(k, a) for k, a in arrows if a.start in self.ids and not a.loop]
        of_ops = [k for k, a in into if a.start.kind in ("op", "group")]
        middle = of_ops[0] if len(of_ops) == 1 else None
        one = len(self.labels.into[box]) == 1
        named = [(k, "" if one and not a.argument.isdigit() else a.argument) for k, a in into]
        arguments = named if self.style.right else in_order(named, middle)
        label = self.labels.label(box)
        label = replace(label, name=_within(self.places[box], label.name))
        made = html(label, arguments, middle, self.gradients, self.theme, self.style.right)
        graph.node(self.ids[box], made, tooltip=_plain(self.labels.tooltip(box)))

    def _draw_arrow(self, graph: Any, arrow: Arrow) -> None:
        """The value goes on, and its gradient comes back beside it."""
        into = self.labels.into[arrow.end]
        k = into.index(arrow)
        of_ops = [a for a in into if a.start.kind in ("op", "group")]
        weight = "100" if of_ops == [arrow] else "1"
        start, end = self.ids[arrow.start], self.ids[arrow.end]
        if arrow.loop:
            self._draw_loop(graph, arrow, start, end)
            return
        look = self._of_value(arrow) | {"weight": weight}
        *to_gates, last = self._legs(arrow, f"{start}:v:{self.start}", f"{end}:v{k}:{self.end}")
        for leg in to_gates:
            graph.edge(*leg.ends, arrowhead="none", **look, **leg.look)
        graph.edge(*last.ends, **look, **last.look)
        if arrow in self.labels.sizes:
            ends = f"{start}:g:{self.start}", f"{end}:g{k}:{self.end}"
            look = self._of_gradient(arrow) | {"weight": weight}
            for leg in self._legs(arrow, *ends):
                graph.edge(*leg.ends, **look, **leg.look)
                look = {key: x for key, x in look.items() if key != "label"} | {"dir": "none"}

    def _legs(self, arrow: Arrow, start: str, end: str) -> Iterator[Leg]:
        """The edges that are an arrow: to its first gate, from gate to gate, to its end."""
        port = start.split(":")[1]
        look: dict[str, str] = {}
        for gate in self.gates.get(arrow, ()):
            yield Leg((start, f"{gate.name}_{port}"), look)
            start, look = f"{gate.name}_{port}", {}
            if gate.below > 1:
                look["minlen"] = str(gate.below)
        yield Leg((start, end), look)

    def _draw_loop(self, graph: Any, arrow: Arrow, start: str, end: str) -> None:
        """A value goes to the next step: beside the boxes, upwards.  Graphviz lays it out best as
        an edge that leads down, with its head at the other end."""
        sides = ("s", "s") if self.style.right else ("e", "e")
        if start == end:
            sides = ("se", "sw") if self.style.right else ("ne", "se")
        ends, apart = (f"{end}:{sides[0]}", f"{start}:{sides[1]}"), {"weight": "0"}
        argument = "" if arrow.argument.isdigit() else arrow.argument
        words = f" {argument} of the next {arrow.loop} " if argument else f" next {arrow.loop} "
        look = {"dir": "back", "style": "dashed", "fontcolor": self.theme.quiet}
        if arrow not in self.labels.sizes:
            graph.edge(*ends, label=text(words), **look, **apart)
            return
        back = self._of_gradient(arrow) | {"dir": "forward"}
        back["label"] = f"{text(words)}\n{back['label']}"
        graph.edge(*ends, **look, **apart)
        graph.edge(*ends, **back, **apart)

    def _of_value(self, arrow: Arrow) -> dict[str, str]:
        look = {"penwidth": "2.5"} if is_thick(arrow) else {}
        if mark := self.labels.mark(arrow):
            look["color"] = getattr(self.theme, mark).border
            look["style"] = "dashed" if mark == "removed" else "bold"
        return look

    def _of_gradient(self, arrow: Arrow) -> dict[str, str]:
        size = self.labels.sizes[arrow]
        return {
            "label": " " + self.labels.flow(arrow).replace("\n", "\n "),
            "dir": "back",
            "color": self.scale.colour(size.norm, self.theme),
            "penwidth": f"{self.scale.width(size.norm):.1f}",
            "style": "dashed" if size.norm == 0 else "solid",
            "tooltip": _plain(self.labels.tooltip_of(arrow)),
        }


def _common(places: list[Place]) -> Place:
    """The innermost place that all of them are in, but for the call of one function."""
    common: list[ModulePath | Call] = []
    for parts in zip(*places, strict=False):
        if isinstance(parts[0], Call) or len(set(map(_identity, parts))) > 1:
            break
        common.append(parts[0])
    return tuple(common)


def _within(place: Place, name: str) -> str:
    """The name of a tensor, without those of the modules that it is drawn in."""
    modules = [part.name for part in place if isinstance(part, ModulePath) and part.name]
    return name.removeprefix("".join(f"{module}." for module in modules))


def _prefixes(place: Place) -> list[tuple[int, ...]]:
    """The clusters that a place is in, the outermost first."""
    keys = tuple(map(_identity, place))
    return [keys[:k] for k in range(1, len(keys) + 1)]


def _identity(part: ModulePath | Call) -> int:
    return part.call if isinstance(part, ModulePath) else -id(part)


def _outline(cluster: Any, part: ModulePath | Call, theme: Theme) -> None:
    if isinstance(part, Call):
        look: Look = theme.call
        words = part.name
    else:
        look = theme.module
        words = module_of(part.name, part.kind, part.made)
    label = f'<<font color="{theme.quiet}">{text(words)}</font>>'
    filled = f"filled,{look.style}"
    cluster.attr(label=label, style=filled, color=look.border, fillcolor=look.inside)
    cluster.attr(labelloc="t", labeljust="l", fontsize="11", margin="8", peripheries="1")
    cluster.attr(tooltip=_plain(words))


def _empty_graph(theme: Theme, right: bool) -> Any:
    import graphviz

    font = {"fontname": "Helvetica,Arial,sans-serif", "fontcolor": theme.ink}
    space = {"nodesep": "0.15", "ranksep": "0.4", "ordering": "in"}  # inputs from left to right
    return graphviz.Digraph(
        "record",
        graph_attr={"bgcolor": theme.paper, "rankdir": "LR" if right else "TB", **space, **font},
        node_attr={"fontsize": "12", "shape": "plain", **font},
        edge_attr={"fontsize": "10", "color": theme.value, "arrowsize": "0.7", **font},
    )


def _plain(words: str) -> Any:
    """A tooltip, in which Graphviz would fill in `\\N`."""
    import graphviz

    return graphviz.nohtml(NOT_XML.sub("\ufffd", words).replace("\\", "\\\\"))


def sizes_of(labels: Labels) -> Iterable[float]:
    """How large the gradients are that arrows show."""
    return [size.norm for size in labels.sizes.values()]
