"""The lines of the user's code that a page shows around those that made the record."""

from __future__ import annotations

import linecache
import os
from collections.abc import Iterable
from typing import Any

from ...engine.clock import Place

AROUND = 4  # lines shown before and after one that made something
WHOLE = 60  # lines: a file, or the part of it in use, is shown whole up to here

Spot = tuple[str, int]  # file name and line


def spot_of(place: Place) -> Spot:
    """The file and the line of a place."""
    name, _, line = str(place._replace(step="")).rpartition(":")
    return name, int(line)


class Sources:
    """Blocks of lines, and for each spot its block.

    A block is a dict: the name of the file, the number of its first line, and the lines.  There is
    none for code that was never in a file.
    """

    def __init__(self, spots: Iterable[Spot]) -> None:
        self.blocks: list[dict[str, Any]] = []
        self._block_of: dict[Spot, int] = {}
        by_file: dict[str, set[int]] = {}
        for name, line in spots:
            by_file.setdefault(name, set()).add(line)
        for name, numbers in by_file.items():
            lines = linecache.getlines(name)
            if lines:
                self._add(name, sorted(numbers), lines)

    def _add(self, name: str, numbers: list[int], lines: list[str]) -> None:
        for first, last in _ranges(numbers, len(lines)):
            texts = [line.rstrip("\r\n") for line in lines[first - 1 : last]]
            for number in numbers:
                if first <= number <= last:
                    self._block_of[name, number] = len(self.blocks)
            self.blocks.append({"file": os.path.basename(name), "first": first, "lines": texts})

    def block(self, spot: Spot) -> int | None:
        """The place of the block that holds a spot, if it is known."""
        return self._block_of.get(spot)


def _ranges(numbers: list[int], count: int) -> list[tuple[int, int]]:
    """The first and last lines of the blocks around some lines of a file that has `count`."""
    around = [(max(1, n - AROUND), min(count, n + AROUND)) for n in numbers if n <= count]
    if around and around[-1][1] - around[0][0] < WHOLE:
        return [(around[0][0], around[-1][1])]
    ranges: list[tuple[int, int]] = []
    for first, last in around:
        if ranges and first <= ranges[-1][1] + 1:
            ranges[-1] = ranges[-1][0], last
        else:
            ranges.append((first, last))
    return ranges
