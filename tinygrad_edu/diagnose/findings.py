"""What `lint` finds: a list of findings, which prints as text, and in a notebook as a table."""

from __future__ import annotations

import textwrap
from html import escape
from typing import Any, NamedTuple


class Finding(NamedTuple):
    """One thing that is wrong, or likely to be: what it is, where, and what to do."""

    code: str  # a short name of the kind, such as "softmax-before-cross-entropy"
    message: str
    cure: str
    place: str = ""  # the module and the line, as far as they are known

    def __str__(self) -> str:
        at = f" ({self.place})" if self.place else ""
        text = f"{self.code}{at}\n{self.message}\nInstead: {self.cure}"
        lines = (textwrap.fill(line, 92, subsequent_indent="    ") for line in text.split("\n"))
        return textwrap.indent("\n".join(lines), "   ").lstrip()


class Report(list[Finding]):
    """The findings, in the order in which they were looked for."""

    def __str__(self) -> str:
        if not self:
            return "lint: nothing found"
        many = "1 finding" if len(self) == 1 else f"{len(self)} findings"
        numbered = (f"{i}. {finding}" for i, finding in enumerate(self, 1))
        return "\n".join([f"lint: {many}", *numbered])

    __repr__ = __str__

    @property
    def codes(self) -> list[str]:
        """The names of the kinds of the findings."""
        return [finding.code for finding in self]

    def _repr_html_(self) -> str:
        if not self:
            return "<p>lint: nothing found</p>"
        head = "".join(f"<th>{word}</th>" for word in ("finding", "where", "what", "instead"))
        rows = (_html_row(f.code, f.place, f.message, f.cure) for f in self)
        return f"<table><tr>{head}</tr>{''.join(rows)}</table>"


def _html_row(*cells: Any) -> str:
    style = "text-align: left; vertical-align: top"
    return "<tr>" + "".join(f'<td style="{style}">{escape(str(x))}</td>' for x in cells) + "</tr>"
