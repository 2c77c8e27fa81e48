"""Targets: each is a function of bytes that raises AssertionError where we do not keep our word.

A reader gives what the bytes say, or a ValueError of ours; a picture shows any name as text, and
has the same elements for each.
"""

from __future__ import annotations

import io
import json
import os
import re
import tempfile
from collections import Counter
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

import tinygrad_edu as tg
from nn.data import mnist
from tinygrad_edu.viz.stepper import graph
from tinygrad_edu.viz.stepper.backward import lesson_of
from tinygrad_edu.viz.stepper.page import page
from tinygrad_edu.viz.words import NOT_XML

MOST = 1 << 22  # bytes of an array that a small file may ask for

# ---------------------------------------------------------------- readers


@cache
def _folder() -> str:
    return tempfile.mkdtemp(dir="/dev/shm" if os.path.isdir("/dev/shm") else None)


def idx(data: bytes) -> None:
    """The reader of MNIST's files: an array with one element for each byte, or ValueError."""
    path = os.path.join(_folder(), f"{os.getpid()}.gz")
    with open(path, "wb") as file:
        file.write(data)
    try:
        array = mnist.read_idx(path)
    except ValueError as error:
        assert str(error).startswith(f"{path}: "), error  # noqa: PT017
        return
    assert array.dtype == np.uint8
    if data[:2] != b"\x1f\x8b":
        assert data[4 + 4 * array.ndim :] == array.tobytes()


def load(data: bytes) -> None:
    """`load`: tensors, in what holds them, or ValueError."""
    try:
        found = tg.load(io.BytesIO(data))
    except ValueError as error:
        assert str(error).startswith("load: "), error  # noqa: PT017
        return
    assert sum(x.array.nbytes for x in tensors(found)) <= 2 * len(data) + MOST
    repr(found)


def tensors(x: Any) -> list[Any]:
    if isinstance(x, dict):
        return [t for part in x.values() for t in tensors(part)]
    if isinstance(x, list | tuple):
        return [t for part in x for t in tensors(part)]
    return [x] if isinstance(x, tg.Tensor) else []


# ---------------------------------------------------------------- pictures


def words(data: bytes) -> list[str]:
    """Three texts, of any characters that a str may have, cut at the first bytes of value 255."""
    given = data.split(b"\xff")
    return [*(_decoded(part) for part in given[:3]), "", ""][:3]


def _decoded(part: bytes) -> str:
    try:
        return part.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return part.decode("latin-1")


def _example() -> tuple[Any, dict[str, Any]]:
    x = tg.tensor(1.0, requires_grad=True)
    y = x.exp()
    return y, {"x": x, "y": y}


@cache
def _drawn() -> tuple[Any, Any]:
    y, named = _example()
    return named["x"], y


def dot(data: bytes) -> None:
    """The DOT text of a graph whose tensors have any names."""
    x, y = _drawn()
    first, second, _ = words(data)
    names = {first: x, second: y} if first != second else {first: x}
    try:
        source = tg.viz.draw(y, names, legend=False).source
    except ValueError as error:
        assert str(error).startswith("draw: "), error  # noqa: PT017
        return
    check_dot(source)


# A DOT file as we write it: quoted strings, HTML labels, and words.
TOKEN = re.compile(r'\s+|"(?:[^"\\]|\\[\s\S])*"|(?P<html><)|->|-?[\w.]+|[\[\]{}=;,:]')


def check_dot(source: str) -> None:
    """The tokens of DOT, all of them; each HTML label has elements that Graphviz knows."""
    source.encode("utf-8")
    at, kinds = 0, []
    while at < len(source):
        found = TOKEN.match(source, at)
        assert found, source[at : at + 60]
        at = found.end()
        if found["html"]:
            at = _end_of_html(source, at)
            label = elements(source[found.start() + 1 : at - 1])
            names = {words.partition(" ")[0] for words in label}
            assert names <= DOT_ELEMENTS, names - DOT_ELEMENTS
        elif not found[0].isspace():
            kinds.append(found[0][0])
    assert kinds.count("{") == kinds.count("}")
    assert kinds.count("[") == kinds.count("]")


DOT_ELEMENTS = {"", "table", "tr", "td", "font", "b", "i", "br"}


def _end_of_html(source: str, at: int) -> int:
    depth = 1
    while depth:
        brackets = [source.find("<", at), source.find(">", at)]
        assert brackets[1] >= 0, "an HTML label has no end"
        opens = 0 <= brackets[0] < brackets[1]
        depth += 1 if opens else -1
        at = brackets[not opens] + 1
    return at


TAG = re.compile(r'<(?:/[\w-]+\s*|!doctype html|([\w-]+(?:\s+[\w:-]+(?:="[^"<]*")?)*)\s*/?)>')
VALUE = re.compile(r'="[^"]*"')


def elements(text: str) -> Counter[str]:
    """How many elements with which attributes a text has; each of its `<` begins one."""
    found = TAG.findall(text)
    assert len(found) == text.count("<"), "a '<' that begins no element"
    return Counter(VALUE.sub("", words) for words in found)


# ---------------------------------------------------------------- pages


@cache
def _lesson() -> tuple[Any, Any]:
    from tinygrad_edu.viz.graph.picture import picture_of

    with tg.viz.observe():
        y, named = _example()
    picture = picture_of(y, named, gradients=True, gradient=None)
    lesson = lesson_of(picture, {}, np.float32(1))
    return lesson, graph._layout(lesson, "TB")


def _page(first: str, second: str, third: str) -> str:
    """The stepper's page, whose boxes and title have these names, and where boxes stand is known
    already: Graphviz sees numbers alone."""
    lesson, layout = _lesson()
    kept = [box["title"] for box in lesson.boxes]
    original = graph._layout
    graph._layout = lambda *_: layout
    try:
        for box, title in zip(lesson.boxes, (first, second), strict=False):
            box["title"] = title
        return _without_constants(page(lesson, third, [third], "TB"))
    finally:
        graph._layout = original
        for box, title in zip(lesson.boxes, kept, strict=True):
            box["title"] = title


def _without_constants(text: str) -> str:
    """A page without its style sheet and its script, which are long, and always the same."""
    for name in ("page.css", "page.js"):
        text = text.replace(_constant(name), "")
    return text


@cache
def _constant(name: str) -> str:
    return files("tinygrad_edu.viz.stepper").joinpath(name).read_text("utf-8")


@cache
def _usual() -> Counter[str]:
    return elements(_page("a", "b", "c"))


@cache
def _square() -> Any:
    return tg.eye(2)


@cache
def _usual_chart() -> Counter[str]:
    return elements(tg.viz.heatmap(_square(), title="a").svg())


def html(data: bytes) -> None:
    """Pages whose names are any text have the elements of any other."""
    first, second, third = words(data)
    text = _page(first, second, third)
    assert elements(text) == _usual()
    island = re.search(r'<script type="application/json"[^>]*>(.*?)</script>', text, re.DOTALL)
    assert island is not None
    titles = [box["title"] for box in json.loads(island[1])["boxes"]]
    assert titles[:2] == [re.sub("[\ud800-\udfff]", "\ufffd", name) for name in (first, second)]
    chart = tg.viz.heatmap(_square(), title=third or "a").svg()
    assert elements(chart) == _usual_chart()
    assert not NOT_XML.search(text + chart)


TARGETS: dict[str, Callable[[bytes], None]] = {"idx": idx, "load": load, "dot": dot, "html": html}
