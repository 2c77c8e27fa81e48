"""Numbers of bytes and of nanoseconds, and tables, as a report writes them."""

from __future__ import annotations


def duration(nanoseconds: int) -> str:
    if nanoseconds >= 10**9:
        return f"{nanoseconds / 1e9:.2f} s"
    return f"{nanoseconds / 1e6:.2f} ms" if nanoseconds >= 10**6 else f"{nanoseconds / 1e3:.1f} us"


def size(count: float) -> str:
    """A number of bytes: "12 B", "3.5 kB"."""
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} B" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"


def text_of(table: tuple[list[str], list[list[str]]]) -> str:
    """A table of words, its columns as wide as they need to be."""
    head, rows = table
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in [head, *rows]
    ]
    return "\n".join(lines)
