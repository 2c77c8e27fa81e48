"""A box of a diagram: an HTML-like label of Graphviz's, with places where arrows begin and end.

Values go in at the top, on the left of an argument's name, and come out at the bottom, on the left;
gradients go the other way, on the right.  So the two arrows between two boxes run side by side.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

INK, PAPER, QUIET = "#222222", "#ffffff", "#707070"
LOOKS = {  # border, its style, inside
    "leaf": ("#2171b5", "", "#d6e6f4"),
    "constant": ("#808080", "dashed", "#f2f2f2"),
    "op": ("#808080", "rounded", PAPER),
    "output": ("#b8860b", "rounded", "#fff2cc"),
}
PLAIN = 'border="0" cellborder="0" cellspacing="0" cellpadding="0"'
SIDE, BETWEEN = 8, 10  # the width, in points, of the place of an arrow, and of that between two

Argument = tuple[int, str]  # an input: its position, and its name in the op's formula


def box(
    look: str,
    name: str,
    lines: Sequence[str],
    arguments: Sequence[Argument],
    middle: int | None,
    gradients: bool,
) -> str:
    """The label: a name in bold (or ""), and lines, the last of which is the shape.  `arguments`
    are the inputs that an arrow leads to, from left to right; the one at position `middle` gets the
    middle of the box.

    The places are called v0, v1 ... for the inputs, v for the result, and with `gradients` g0, g1
    ... and g.
    """
    border, style, inside = LOOKS[look]
    *words, shape = [_text(line) for line in lines]
    first, *others = [_text(name), *words] if name else words
    rows = [f"<b>{first}</b>", *others]
    rows.append(f'<font color="{QUIET}" point-size="10">{shape}</font>')
    text = "".join(f"<tr><td>&#160;&#160;{row}&#160;&#160;</td></tr>" for row in rows)
    into = (
        _row_of_places(arguments, middle, gradients) if arguments else f"<tr>{_cell(SIDE, 5)}</tr>"
    )
    out = _row_of_places([(-1, "")], None, gradients)
    style = f' style="{style}"' if style else ""
    outline = f'border="1" color="{border}" bgcolor="{inside}"{style} cellborder="0"'
    return f'<<table {outline} cellspacing="0" cellpadding="0">{into}{text}{out}</table>>'


def _row_of_places(arguments: Sequence[Argument], middle: int | None, gradients: bool) -> str:
    """A row of places, each with the name of its argument; there are blanks at its ends so that the
    middle one is in the middle."""
    height = 13 if any(name for _, name in arguments) else 5
    widths = {i: max(BETWEEN, 5 * len(name) + 2) for i, name in arguments}
    cells = []
    for i, name in arguments:
        at = i if i >= 0 else ""
        text = f'<font color="{QUIET}" point-size="9">{_text(name)}</font>' if name else ""
        if gradients:
            cells += [_cell(SIDE, height, f"v{at}"), _cell(widths[i], height, "", text)]
            cells += [_cell(SIDE, height, f"g{at}")]
        else:
            cells += [_cell(widths[i] + 2 * SIDE, height, f"v{at}", text)]
    total = sum(widths.values()) + 2 * SIDE * len(widths)
    if middle is not None:
        k = list(widths).index(middle)
        before, after = (list(widths.values())[part] for part in (slice(k), slice(k + 1, None)))
        blank = sum(after) + 2 * SIDE * len(after) - sum(before) - 2 * SIDE * len(before)
        if blank:
            cells.insert(0 if blank > 0 else len(cells), _cell(abs(blank), height))
        total += abs(blank)
    size = f'fixedsize="true" width="{total}" height="{height}"'
    return f"<tr><td><table {PLAIN} {size}><tr>{''.join(cells)}</tr></table></td></tr>"


def _cell(width: int, height: int, port: str = "", text: str = "") -> str:
    port = f' port="{port}"' if port else ""
    return f'<td width="{width}" height="{height}"{port}>{text}</td>'


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


def _text(text: str) -> str:
    return escape(text).replace("\\", "\\\\").replace("\n", "<br/>")  # \N would be filled in
