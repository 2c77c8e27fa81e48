"""svg: what is added to the SVG that Graphviz writes, so that it can be read in more ways."""

from __future__ import annotations

import re

from ..words import as_xml
from .theme import exchange

_IDS = re.compile(r"<title>(?:(?:n|gate)\d+[^<]*|cluster_[^<]*|record)</title>\n?")


def finished(svg: str, title: str, description: str, auto: bool) -> str:
    """An SVG with a title and a description, for screen readers; with `auto`, dark where the
    browser prefers that.  Its text stays text."""
    head = f"<title>{as_xml(title)}</title>\n<desc>{as_xml(description)}</desc>\n"
    if auto:
        head += f"<style>{exchange()}</style>\n"
    start = re.search(r"<svg\b[^>]*[^/>]>", svg)
    if start is None:
        return svg
    opening = start[0][:-1] + ' role="img">'
    # Graphviz titles each part with its id, which a browser would show before the tooltip.
    rest = _IDS.sub("", svg[start.end() :])
    return svg[: start.start()] + opening + "\n" + head + rest.lstrip("\n")
