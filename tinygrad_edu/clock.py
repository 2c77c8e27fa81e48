"""The clock: recorded ops and writes in place take ticks, so that a late write is noticed.

A rule reads arrays that were saved when its op ran.  A write to their bytes after that would make
the derivative wrong without a word; `check_unwritten` says so instead, and names the line that
wrote.
"""

import itertools
import os
import sys
import weakref
from functools import cache, partial
from typing import Any, NamedTuple

import numpy as np

from .dtypes import Array

clock = itertools.count(1)
newest_write = 0

_ROOT = os.path.dirname(os.path.dirname(__file__))
_FOLDERS = [os.path.join(_ROOT, name, "") for name in ("tinygrad_edu", "nn")]
OWN_FILES = (*_FOLDERS, "<caller of an op")
FEW = 64  # extents remembered for each buffer


class Place(NamedTuple):
    """A place in the user's code, resolved to `file.py:12` only when somebody reads it."""

    code: Any
    instruction: int
    step: str = ""  # what ran there, where that says more: "Adam.step() at "

    def __str__(self) -> str:
        spans = self.code.co_lines()
        line = next((n for start, end, n in spans if start <= self.instruction < end), 0)
        return f"{self.step}{self.code.co_filename}:{line}"


@cache
def _is_own(filename: str) -> bool:
    return filename.startswith(OWN_FILES)


def user_place(step: str = "") -> Place:
    """Where the user's code stands: the innermost line outside of this package and nn."""
    frame = sys._getframe(2)
    while frame.f_back and _is_own(frame.f_code.co_filename):
        frame = frame.f_back
    return Place(frame.f_code, frame.f_lasti, step)


class Write(NamedTuple):
    """The newest write to some bytes of a buffer: when, and where."""

    tick: int
    place: Place


Extent = tuple[int, int]
_writes: dict[int, tuple[weakref.ref[Array], dict[Extent, Write]]] = {}


def stamp(*arrays: Array, place: Place | None = None) -> None:
    """Say that these were just written in place, so that no rule that saved those bytes is run."""
    global newest_write
    newest_write = next(clock)
    write = Write(newest_write, place or user_place())
    for array in arrays:
        owner = array if array.base is None else owner_of(array)
        key = id(owner)
        if key not in _writes:
            _writes[key] = (weakref.ref(owner, partial(_forget, key)), {})
        extent = (0, array.nbytes) if array is owner else extent_of(array, owner)
        extents = _writes[key][1]
        if len(extents) >= FEW and extent not in extents:
            _fold(extents)
        extents[extent] = write


def check_unwritten(saved: Any, tick: int, name: str, shape: tuple[int, ...]) -> None:
    """Raise RuntimeError if bytes of the arrays in `saved` were written since the op `name` saved
    them at `tick`."""
    if isinstance(saved, tuple):
        for part in saved:
            check_unwritten(part, tick, name, shape)
    if not isinstance(saved, np.ndarray) or id(owner := owner_of(saved)) not in _writes:
        return
    (low, high), (_, extents) = extent_of(saved, owner), _writes[id(owner)]
    later = [w for (a, b), w in extents.items() if w.tick > tick and a < high and low < b]
    if later:
        raise RuntimeError(
            f"backward: {name} {shape} saved an array of shape {saved.shape} for its rule, and the "
            f"in-place write at {max(later).place} changed it since.  Call backward() before that "
            "write, or write to a copy there (x = x + y, or x.clone())."
        )


def _forget(key: int, _: Any) -> None:
    _writes.pop(key, None)


def owner_of(array: Array) -> Array:
    base: Any = array.base
    while base is not None:  # an array, or what NumPy's as_strided puts between two
        array = base if isinstance(base, np.ndarray) else array
        base = getattr(base, "base", None)
    return array


def extent_of(array: Array, owner: Array) -> Extent:
    """The bytes that `array` spans, counted from the start of its owner."""
    if array is owner:
        return 0, array.nbytes
    low, high = np.lib.array_utils.byte_bounds(array)
    start = owner.__array_interface__["data"][0]
    return low - start, high - start


def _fold(extents: dict[Extent, Write]) -> None:
    """Put the older half of the extents into the one that spans them, so that they stay few."""
    older = sorted(extents, key=lambda extent: extents[extent].tick)[: len(extents) // 2]
    newest = extents[older[-1]]
    for extent in older:
        del extents[extent]
    extents[min(low for low, _ in older), max(high for _, high in older)] = newest
