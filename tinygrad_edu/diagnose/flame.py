"""A flame picture: boxes as wide as their time, each on what called it, as an SVG."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

WIDTH, ROW, CHARACTER = 1000, 22, 6.6  # in pixels
COLOURS = {"": "#d9d9d9", "forward": "#9ecae1", "backward": "#fdae6b", "op": "#fee391"}


class Flame:
    """A flame picture, as SVG."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __str__(self) -> str:
        return self.text

    def _repr_svg_(self) -> str:
        return self.text

    def save(self, path: Any) -> None:
        """Write the picture to a file.

        Parameters
        ----------
        path : str or path
            The SVG file.
        """
        Path(path).write_text(self.text, encoding="utf-8")


class _Box:
    """A box of the picture, and those that stand on it."""

    def __init__(self, label: str, kind: str) -> None:
        self.label, self.kind, self.time = label, kind, 0
        self.inner: dict[str, _Box] = {}

    @property
    def depth(self) -> int:
        return 1 + max((box.depth for box in self.inner.values()), default=0)


def flame_of(stacks: dict[tuple[str, ...], int], written: Callable[[int], str]) -> Flame:
    """The picture of times by stack: forward or backward, modules, and the op last."""
    root = _Box("all ops", "")
    for stack, time in stacks.items():
        root.time += time
        at = root
        for i, label in enumerate(stack):
            kind = "op" if i == len(stack) - 1 else stack[0]
            at = at.inner.setdefault(label, _Box(label, kind))
            at.time += time
    height = root.depth * ROW + 2
    boxes = _drawn(root, 0.0, float(WIDTH), 0, max(root.time, 1), written)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
        f'height="{height}" font-family="sans-serif" font-size="12" role="img">'
        f"<title>Time of each op: {escape(written(root.time))}</title>"
    )
    return Flame("\n".join([head, *boxes, "</svg>"]))


def _drawn(
    box: _Box, left: float, width: float, row: int, whole: int, written: Callable[[int], str]
) -> list[str]:
    """The box, and on the next row those in it, the longest first."""
    says = f"{box.label}: {written(box.time)}, {box.time / whole:.1%}"
    room = int((width - 8) / CHARACTER)
    label = says if len(says) <= room else box.label
    if len(label) > room:
        label = label[: room - 1] + "\u2026" if room >= 4 else ""
    top = row * ROW + 1
    lines = [
        f'<g><title>{escape(says)}</title><rect x="{left:.2f}" y="{top}" width="{width:.2f}" '
        f'height="{ROW - 1}" rx="2" fill="{COLOURS[box.kind]}" stroke="#ffffff"/>'
    ]
    if label:
        lines.append(f'<text x="{left + 4:.2f}" y="{top + 15}">{escape(label)}</text>')
    lines.append("</g>")
    for inner in sorted(box.inner.values(), key=lambda one: -one.time):
        if box.time:
            share = width * inner.time / box.time
            lines += _drawn(inner, left, share, row + 1, whole, written)
            left += share
    return lines
