"""Legend: what a picture's signs mean; only of those that appear in it."""

from __future__ import annotations

from collections.abc import Iterator

from .box import PLAIN, small, text
from .labels import Labels, is_thick
from .theme import Scale, Theme

BOXES = {
    "leaf": "leaf: a tensor whose gradient is wanted",
    "constant": "constant: no gradient flows to it",
    "op": "op: its arguments above, its formula y = ..., its result below",
    "output": "the output: gradients start here",
    "repeat": "a leaf again, beside another of its uses",
    "group": "several ops and tensors, folded into one box",
    "added": "added: only the second graph has it",
    "removed": "removed: only the first graph has it",
    "changed": "both graphs have it, with what has changed from the first to the second",
}
ARRAY = "norm and rms, the root mean square, of an array's"


def legend(
    labels: Labels, theme: Theme, scale: Scale, modules: bool, calls: bool, right: bool = False
) -> str:
    """The legend, as an HTML-like label of Graphviz's."""
    entries = [*_boxes(labels, theme, modules, calls), *_arrows(labels, theme, right)]
    rows = "".join(
        f'<tr><td align="left">{sign}</td><td align="left">{small(words, theme, 10)}</td></tr>'
        for sign, words in entries
    )
    spaced = 'border="0" cellborder="0" cellspacing="3" cellpadding="0"'
    parts = [f"<table {spaced}>{rows}</table>"]
    if labels.sizes:
        parts.append(_scale(labels, theme, scale))
    inside = "".join(f'<tr><td align="left">{part}</td></tr>' for part in parts)
    return f"<<table {PLAIN}>{inside}</table>>"


def _boxes(labels: Labels, theme: Theme, modules: bool, calls: bool) -> Iterator[tuple[str, str]]:
    shown = [box for box in labels.picture.boxes if box not in labels.inside]
    kinds = {labels.label(box).look for box in shown}
    for kind, words in BOXES.items():
        if kind in kinds:
            yield _swatch(getattr(theme, kind)), words
    if modules:
        yield _swatch(theme.module), "a module, around what it computes and its parameters"
    if any(box.members and box.kind != "group" for box in shown):
        yield _word("\u00d7 10", theme), "so many steps or blocks, of which one is drawn"
    if calls:
        yield _swatch(theme.call), "one function that was called, and the ops that it is made of"
    if any(box.freed for box in shown):
        yield _word("freed", theme), "backward() has freed what the op's derivative reads"
    made = [labels.label(box) for box in shown]
    words_shown = {word.partition(" ")[0] for label in made for word, _ in label.numbers}
    if "data" in words_shown:
        yield _word("data", theme), "the values of a tensor"
    if "grad" in words_shown:
        yield _word("grad", theme), "dL/d(this): how the output changes with it"
    if any(labels.meets(box) for box in shown):
        yield _word("sum of 2", theme), "where gradients meet, they are added"


def _arrows(labels: Labels, theme: Theme, right: bool) -> Iterator[tuple[str, str]]:
    drawn = [arrow for arrow in labels.picture.arrows if arrow.start not in labels.inside]
    there, back = ("\u2192", "\u2190") if right else ("\u2193", "\u2191")
    if drawn:
        yield _sign(there, theme.value), "a value flows on"
    if loops := sorted({arrow.loop for arrow in drawn if arrow.loop}, reverse=True):
        yield (
            _sign("\u21ba", theme.value),
            f"dashed: a value flows to the next {' or '.join(loops)}",
        )
    if any(map(is_thick, drawn)):
        yield _sign(there, theme.value), "thick: several values at once"
    marks = {labels.mark(arrow) for arrow in drawn}
    for mark in sorted(marks - {""}):
        graph = "second" if mark == "added" else "first"
        yield _sign(there, getattr(theme, mark).border), f"{mark}: only in the {graph} graph"
    sizes = [labels.sizes[arrow] for arrow in drawn if arrow in labels.sizes]
    if not sizes:
        return
    texts = [labels.flow(arrow) for arrow in drawn if arrow in labels.sizes]
    arrays, numbers = any("norm" in t for t in texts), any("norm" not in t for t in texts)
    kinds = [*["a number with its sign"] * numbers, *[ARRAY] * arrays]
    yield _sign(back, theme.flow[3]), f"its gradient flows back: {', or '.join(kinds)}"
    if any(size.norm == 0 for size in sizes):
        yield _sign("\u21e1" if not right else "\u21e0", theme.flow[0]), "it is 0 everywhere"
    if any(not size.norm < float("inf") for size in sizes):
        yield _sign(back, theme.broken), "it is NaN or infinite"


def _scale(labels: Labels, theme: Theme, scale: Scale) -> str:
    if scale.median is None:
        marks = [f"{scale.start * scale.step**k:.0e}" for k in range(len(theme.flow))]
    else:
        middle = f"{scale.median:.2g}"
        marks = ["\u00f7 1000", "", "\u00f7 10", middle, "\u00d7 10", "", "\u00d7 1000"]
    cells = "".join(f'<td bgcolor="{c}" width="36" height="9"></td>' for c in theme.flow)
    words = "".join(f"<td>{small(mark, theme, 9)}</td>" for mark in marks)
    count = len(marks)
    kind = "in the middle, this picture's median" if scale.median is not None else "absolute"
    title = small(f"how large a gradient is ({kind}):", theme, 10)
    return (
        f'<table border="0" cellborder="0" cellspacing="0" cellpadding="1">'
        f'<tr><td colspan="{count}" align="left">{title}</td></tr>'
        f"<tr>{cells}</tr><tr>{words}</tr></table>"
    )


def _swatch(look: tuple[str, str, str]) -> str:
    border, style, inside = look
    styled = f' style="{style}"' if style else ""
    return (
        f'<table border="1" color="{border}" bgcolor="{inside}"{styled} cellborder="0" '
        f'cellspacing="0" cellpadding="0"><tr><td width="24" height="11"></td></tr></table>'
    )


def _sign(sign: str, colour: str) -> str:
    return f'<font color="{colour}" point-size="14"><b>&#160;&#160;{text(sign)}</b></font>'


def _word(word: str, theme: Theme) -> str:
    return small(word, theme, 9)
