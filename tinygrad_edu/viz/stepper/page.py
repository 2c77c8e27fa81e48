"""The page: one HTML file that needs nothing else, made of a lesson and its graph.

The template, the style sheet and the script stand beside this file, to be read.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.resources import files
from string import Template

from ..words import NOT_XML, as_xml
from .graph import svg
from .lesson import Lesson

ICONS = {
    "first": "M4 5h2.5v14H4z M20 5v14L8 12z",
    "back": "M17 5v14L6 12z",
    "play": "M7 4v16l13-8z",
    "next": "M7 5v14l11-7z",
    "last": "M4 5v14l12-7z M17.5 5H20v14h-2.5z",
}
PAUSE = "M6 5h4v14H6z M14 5h4v14h-4z"


def page(lesson: Lesson, title: str, notes: Sequence[str], direction: str) -> str:
    """The text of the HTML file."""
    return Template(_file("page.html")).substitute(
        title=as_xml(title),
        style=_file("page.css"),
        notes="\n".join(f'<p class="note">{as_xml(note)}</p>' for note in notes),
        svg=svg(lesson, direction),
        words="\n".join(f"<li>{as_xml(step['say'])}</li>" for step in lesson.steps),
        last=len(lesson.steps) - 1,
        data=embedded(lesson),
        script=_file("page.js"),
        **{f"icon_{name}": _icon(name) for name in ICONS},
    )


def embedded(lesson: Lesson) -> str:
    """What the script reads, as JSON that cannot end the element that holds it."""
    steps = [{k: v for k, v in step.items() if k != "say"} for step in lesson.steps]
    data = {
        "boxes": lesson.boxes,
        "arrows": lesson.arrows,
        "steps": steps,
        "arrays": lesson.arrays.summaries,
        "blocks": lesson.sources.blocks,
    }
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return NOT_XML.sub("\ufffd", text)  # half a character is in no file


def _icon(name: str) -> str:
    paths = f'<path d="{ICONS[name]}"/>'
    if name == "play":
        paths = f'<path class="play" d="{ICONS[name]}"/><path class="pause" d="{PAUSE}"/>'
    return f'<svg viewBox="0 0 24 24" aria-hidden="true">{paths}</svg>'


def _file(name: str) -> str:
    return (files(__package__) / name).read_text(encoding="utf-8")
