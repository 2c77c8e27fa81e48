"""A box of a diagram: an HTML-like label of Graphviz's, with places where arrows begin and end.

Values go in at the top (or the left), on the left of an argument's name, and come out at the
bottom (or the right); gradients go the other way, beside them.  So the two arrows between two boxes
run side by side.  The places are called v0, v1 ... for the inputs, v for the result, and with
gradients g0, g1 ... and g.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..words import as_xml
from .labels import Label
from .theme import Look, Theme

PLAIN = 'border="0" cellborder="0" cellspacing="0" cellpadding="0"'
SIDE, BETWEEN = 8, 10  # the width, in points, of the place of an arrow, and of that between two

Argument = tuple[int, str]  # an arrow into the box: its place, and the argument's name


def box(
    label: Label,
    arguments: Sequence[Argument],
    middle: int | None,
    gradients: bool,
    theme: Theme,
    right: bool = False,
) -> str:
    """The HTML.  `arguments` are the inputs that an arrow leads to, from left to right (or from top
    to bottom); the one at place `middle` gets the middle of the box."""
    look: Look = getattr(theme, label.look)
    rows = _rows(label, theme)
    spaced = PLAIN.replace('cellpadding="0"', 'cellpadding="1"') if right else PLAIN
    text = f"<table {spaced}>" + "".join(f"<tr><td>{row}</td></tr>" for row in rows) + "</table>"
    if right:
        into = _column(arguments, gradients, theme) if arguments else _cell(5, SIDE)
        out = _column([(-1, "")], gradients, theme)
        inside = (
            f"<tr><td>{into}</td><td>{text}</td><td>{out}</td></tr>"
            if arguments
            else (f"<tr>{into}<td>{text}</td><td>{out}</td></tr>")
        )
    else:
        into = _row(arguments, middle, gradients, theme) if arguments else _blank(5)
        inside = f"<tr><td>{into}</td></tr><tr><td>{text}</td></tr>"
        inside += f"<tr><td>{_row([(-1, '')], None, gradients, theme)}</td></tr>"
    return _outlined(inside, look, label.stacked)


def _outlined(inside: str, look: Look, stacked: bool) -> str:
    style = f' style="{look.style}"' if look.style else ""
    border = f'border="1" color="{look.border}"{style} cellborder="0" cellpadding="0"'
    made = f'<table {border} bgcolor="{look.inside}" cellspacing="0">{inside}</table>'
    if stacked:  # a second border, as of a sheet beneath
        made = f'<table {border} cellspacing="2"><tr><td>{made}</td></tr></table>'
    return f"<{made}>"


def _rows(label: Label, theme: Theme) -> list[str]:
    """The rows of text: name, lines, numbers, shape."""
    pad = "&#160;&#160;"
    rows = (
        [f"{pad}<b>{text(label.name) if label.name.strip() else '&#160;'}</b>{pad}"]
        if label.name
        else []
    )
    rows += [pad + small(line, theme, 10) + pad for line in label.lines]
    rows += _numbers(label, theme)
    if label.shape:
        rows.append(pad + small(label.shape, theme, 10) + pad)
    return rows


def _numbers(label: Label, theme: Theme) -> list[str]:
    """Values and gradient: beside each other if they are one number each, else as matrices."""
    single = all(len(rows) == 1 and len(rows[0]) == 1 for _, rows in label.numbers)
    single = single and len("".join(rows[0][0] for _, rows in label.numbers)) < 26
    if not label.numbers:
        return []
    if single:
        cells = "".join(
            f"<td>{small(word, theme, 9)}</td><td>{text(rows[0][0])}</td>"
            for word, rows in label.numbers
        )
        spaced = 'border="0" cellborder="0" cellspacing="2" cellpadding="1"'
        return [f"<table {spaced}><tr>{cells}</tr></table>"]
    return [_matrix(word, rows, theme) for word, rows in label.numbers]


def _matrix(word: str, rows: list[list[str]], theme: Theme) -> str:
    made = ""
    for k, row in enumerate(rows):
        head = small(word, theme, 9) if k == 0 else ""
        cells = "".join(f'<td align="right">{text(x)}</td>' for x in row)
        made += f"<tr><td>{head}</td>{cells}</tr>"
    return f'<table border="0" cellborder="0" cellspacing="3" cellpadding="0">{made}</table>'


def _row(arguments: Sequence[Argument], middle: int | None, gradients: bool, theme: Theme) -> str:
    """A row of places, each with the name of its argument; there are blanks at its ends so that the
    middle one is in the middle."""
    height = 13 if any(name for _, name in arguments) else 5
    widths = {i: max(BETWEEN, _width(name)) for i, name in arguments}
    cells = []
    for i, name in arguments:
        at = i if i >= 0 else ""
        words = small(name, theme, 9)
        if gradients:
            cells += [_cell(SIDE, height, f"v{at}"), _cell(widths[i], height, "", words)]
            cells += [_cell(SIDE, height, f"g{at}")]
        else:
            cells += [_cell(widths[i] + 2 * SIDE, height, f"v{at}", words)]
    total = sum(widths.values()) + 2 * SIDE * len(widths)
    if middle is not None:
        k = list(widths).index(middle)
        before, after = (list(widths.values())[part] for part in (slice(k), slice(k + 1, None)))
        blank = sum(after) + 2 * SIDE * len(after) - sum(before) - 2 * SIDE * len(before)
        if blank:
            cells.insert(0 if blank > 0 else len(cells), _cell(abs(blank), height))
        total += abs(blank)
    size = f'fixedsize="true" width="{total}" height="{height}"'
    return f"<table {PLAIN} {size}><tr>{''.join(cells)}</tr></table>"


def _width(name: str) -> int:
    """The width of the name of an argument, in points, a little too much."""
    return 5 * len(name) + 2 + 3 * sum(name.count(wide) for wide in "mwMW")


def _column(arguments: Sequence[Argument], gradients: bool, theme: Theme) -> str:
    """The same as a column, for a picture that goes to the right."""
    width = max(max(5, _width(name) + 2) for _, name in arguments)
    cells = []
    for i, name in arguments:
        at = i if i >= 0 else ""
        words = small(name, theme, 9)
        height = 11 if name else SIDE
        if gradients:
            cells += [_cell(width, height, f"v{at}", words), _cell(width, SIDE, f"g{at}")]
        else:
            cells.append(_cell(width, height + 4, f"v{at}", words))
    return f"<table {PLAIN}>" + "".join(f"<tr>{cell}</tr>" for cell in cells) + "</table>"


def _cell(width: int, height: int, port: str = "", words: str = "") -> str:
    port = f' port="{port}"' if port else ""
    return f'<td width="{width}" height="{height}"{port}>{words}</td>'


def _blank(height: int) -> str:
    return f"<table {PLAIN}><tr>{_cell(SIDE, height)}</tr></table>"


def in_order(arguments: Sequence[Argument], middle: int | None) -> list[Argument]:
    """The arguments from left to right, some on either side of the one in the middle."""
    if middle is None:
        return list(arguments)
    before = [argument for argument in arguments if argument[0] < middle]
    after = [argument for argument in arguments if argument[0] > middle]
    if not before:
        before, after = after[: len(after) // 2], after[len(after) // 2 :]
    elif not after:
        before, after = before[: (len(before) + 1) // 2], before[(len(before) + 1) // 2 :]
    return [*before, *[argument for argument in arguments if argument[0] == middle], *after]


def small(words: str, theme: Theme, points: int) -> str:
    """Small print; nothing at all for nothing, as Graphviz takes no empty <font>."""
    made = text(words)
    return f'<font color="{theme.quiet}" point-size="{points}">{made}</font>' if made else ""


def text(words: str) -> str:
    """Any text as HTML that Graphviz reads as that text."""
    return as_xml(words).replace("\\", "\\\\").replace("\n", "<br/>")  # \N would be filled in
