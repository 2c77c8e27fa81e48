"""A drawing, read again from its text in the DOT language: boxes, arrows, numbers."""

import re
import xml.etree.ElementTree as ET
from collections import Counter
from typing import NamedTuple

from tinygrad_edu.engine.graph import OPS
from tinygrad_edu.viz import draw


class Edge(NamedTuple):
    start: str
    end: str
    attributes: dict


class Picture:
    """The nodes and edges that a text in the DOT language describes, labels unescaped."""

    QUOTED = r'"(?:[^"\\]|\\.)*"'
    PAIR = re.compile(rf"(\w+)=({QUOTED}|[^\s\]]+)", re.DOTALL)
    NODE = re.compile(
        rf"^\t+(\w+) \[label=<(<table.*</table>)> tooltip=({QUOTED})\]$", re.MULTILINE
    )
    END = r"(\w+)(?::(\w+):[nsew])?"
    EDGE = re.compile(rf"^\t+{END} -> {END} \[((?:{QUOTED}|[^\]\"])*)\]$", re.MULTILINE)

    def __init__(self, source):
        found = self.NODE.findall(source)
        self.nodes = {name: ET.fromstring(text) for name, text, _ in found}
        self.tooltips = {name: self.unquoted(text) for name, _, text in found}
        found = self.EDGE.findall(source)
        self.edges = [
            Edge(a, b, self.attributes(text) | {"from": place, "to": at})
            for a, place, b, at, text in found
        ]
        assert len(found) == source.count(" -> ")
        self.edges = self.joined(self.edges)
        self.forward = [e for e in self.edges if "dir" not in e.attributes]
        self.backward = [e for e in self.edges if e.attributes.get("dir") == "back"]
        assert all(e.attributes["from"] == "v" for e in self.forward)
        assert all(e.attributes["from"] == "g" for e in self.backward)

    def joined(self, edges):
        """The edges, those that lead through gates as one."""
        onward = {e.start: e for e in edges if e.start.startswith("gate")}
        found = []
        for edge in edges:
            if edge.start in onward:
                continue
            while edge.end in onward:
                last = onward[edge.end]
                looks = edge.attributes | {"to": last.attributes["to"]}
                edge = Edge(edge.start, last.end, looks)
            found.append(edge)
        return found

    def attributes(self, text):
        return {key: self.unquoted(value) for key, value in self.PAIR.findall(text)}

    @staticmethod
    def unquoted(value):
        inside = value[1:-1] if value.startswith('"') else value
        return re.sub(r"\\(.)", lambda m: "\n" if m[1] == "n" else m[1], inside)

    def rows(self, name):
        """The rows of text of a box: name, lines, shape, but no numbers."""
        (text,) = [t for t in self.nodes[name].iter("table") if t.find("tr/td/b") is not None]
        cells = [row[0] for row in text if row[0].find("table") is None]
        lines = ["".join(cell.itertext()).strip() for cell in cells]
        return [line.replace("\u00d7", "x").replace("\\\\", "\\") for line in lines]

    def label(self, name):
        """The name of a box, the numbers that are its arguments, and its shape."""
        first, *lines = self.rows(name)
        said = [line for line in lines if re.match(r"(?!y)\w+ ?[=:] ", line) or line in OPS]
        shapes = [line for line in lines if re.fullmatch(r"[\dx, ]+|number", line)]
        return " | ".join([first, *said, *(shapes or ["number"])])

    def numbers(self, name):
        """The values and the gradient that a box shows, as lists of numbers in reading order."""
        found = {}
        for table in self.nodes[name].iter("table"):
            for cell in table.findall("tr/td"):
                if (font := cell.find("font")) is not None and font.get("point-size") == "9":
                    kind = font.text.partition(" ")[0]
                elif cell.text and cell.find("*") is None and table.get("cellspacing") != "0":
                    found.setdefault(kind, []).append(cell.text)
        return found

    def argument(self, name, place):
        """What is written between two places of a box: the name of an input, if it has one."""
        rows = [list(row) for row in self.nodes[name].iter("tr")]
        (row,) = [row for row in rows if any(cell.get("port") == place for cell in row)]
        ports = [cell.get("port") for cell in row]
        k = ports.index(place)
        with_gradient = ports[k + 1 : k + 3] == [None, f"g{place[1:]}"]
        return "".join(row[k + with_gradient].itertext())

    @property
    def labels(self):
        return Counter(self.label(name) for name in self.nodes)

    @property
    def arrows(self):
        """(from, to, argument) of every edge along which values flow."""
        return Counter(
            (self.label(e.start), self.label(e.end), self.argument(e.end, e.attributes["to"]))
            for e in self.forward
        )

    def norms(self):
        return {
            (self.label(e.start), self.label(e.end)): norm_in(e.attributes["label"])
            for e in self.backward
        }


def norm_in(label):
    """The norm that an arrow of a gradient says, or its one number."""
    return float(label.split()[1] if "norm" in label else label)


def drawn(*args, **options):
    return Picture(draw(*args, **options).source)
