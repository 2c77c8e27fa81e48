"""The clock: recorded ops and writes in place take ticks, so that a late write is noticed.

A rule reads arrays that were saved when its op ran.  A write to their elements after that would
make the derivative wrong without a word; `check_unwritten` says so instead, and names the line that
wrote.

Elements are compared, not the bytes that lie between the first and the last: a write to one column
leaves what was read of the others valid.  Each buffer remembers its newest write as a whole, then
a few regions that were written later (offset, shape, strides), and if they become more, or a mask
or places were written, the tick of each element's newest write.
"""

import itertools
import os
import sys
import weakref
from _thread import RLock  # as in registry.py
from collections import deque
from collections.abc import Iterable, Iterator
from functools import cache, partial
from math import gcd
from operator import setitem
from typing import Any, NamedTuple

import numpy as np

from ..dtypes import Array

clock = itertools.count(1)
newest_write = 0

_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))
_FOLDERS = [os.path.join(_ROOT, name, "") for name in ("tinygrad_edu", "nn")]
OWN_FILES = tuple(_FOLDERS)
MAX_REGIONS = 32  # regions remembered for each buffer, before its elements are


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
def is_own(filename: str) -> bool:
    """Is it a file of this package, or of nn?"""
    return filename.startswith(OWN_FILES)


@cache
def is_of_nn(filename: str) -> bool:
    """Is it a file of nn?  Its folder is compared, as one above it may be called nn too."""
    return filename.startswith(OWN_FILES[1])


def user_place(step: str = "") -> Place:
    """Where the user's code stands: the innermost line outside of this package and nn."""
    frame = sys._getframe(2)
    while frame.f_back and is_own(frame.f_code.co_filename):
        frame = frame.f_back
    return Place(frame.f_code, frame.f_lasti, step)


def caller_level() -> int:
    """The `stacklevel` at which a warning of the function that asks names the user's line."""
    level, frame = 1, sys._getframe(1)
    while frame.f_back and is_own(frame.f_code.co_filename):
        level, frame = level + 1, frame.f_back
    return level


class Write:
    """When some elements of a buffer were written, and where."""

    __slots__ = ("place", "tick")

    def __init__(self, tick: int, place: Place) -> None:
        self.tick, self.place = tick, place


# Which elements of a buffer an array shows, counted in bytes from the buffer's start: the offset,
# the shape, the strides and the size of an element.
Region = tuple[int, tuple[int, ...], tuple[int, ...], int]


class Writes:
    """What was written to one buffer, and when.  It must not hold the buffer."""

    __slots__ = ("elements", "owner", "regions", "whole")

    def __init__(self, owner: Array) -> None:
        # A function written in C: Ctrl-C cannot stop it half-way, which would leave this entry to
        # the next array at the same address.
        self.owner = weakref.ref(owner, partial(_writes.pop, id(owner)))
        self.whole: Write | None = None  # the newest write to all of it
        self.regions: dict[Region, Write] = {}
        self.elements: _Elements | None = None

    def add(self, owner: Array, array: Array, key: Any, write: Write) -> None:
        """`array`, or what `key` names in it, was written."""
        if key is None and (array is owner or _is_all(array, owner)):
            self.whole = write
            self.regions.clear()
        elif key is not None and array.size:
            self._of_elements(owner).set(region_of(array, owner), key, write)
        elif array.size:
            region = region_of(array, owner)
            if len(self.regions) >= MAX_REGIONS and region not in self.regions:
                for older, its_write in self.regions.items():
                    self._of_elements(owner).raise_to(older, its_write)
                self.regions.clear()
            self.regions[region] = write

    def newest(self, owner: Array, array: Array, tick: int) -> Write | None:
        """The newest write after the tick to elements that the array shows."""
        if not array.size:
            return None
        region = region_of(array, owner)
        found = [w for r, w in self.regions.items() if w.tick > tick and _meet(r, region, owner)]
        if self.elements is not None:
            found.append(self.elements.newest(region))
        found += [self.whole] if self.whole else []
        newest = max(found, key=lambda write: write.tick, default=None)
        return newest if newest and newest.tick > tick else None

    def _of_elements(self, owner: Array) -> "_Elements":
        if self.elements is None:
            self.elements = _Elements(owner)
        return self.elements


class _Elements:
    """The newest write to each element of a buffer: its tick and, in the low bits, the number of
    its place.  Zeros come from the system as they are needed, so what is not written costs nothing.
    """

    BITS = 20

    def __init__(self, owner: Array) -> None:
        low, high = np.lib.array_utils.byte_bounds(owner)
        self.start, self.unit = low - address(owner), max(owner.itemsize, 1)  # bytes for each mark
        self.marks = np.zeros((high - low) // self.unit, np.int64)
        self.numbers: dict[tuple[int, int, str], int] = {}  # of the places
        self.places: list[Place] = []

    def set(self, region: Region, key: Any, write: Write) -> None:
        self._marks_of(region)[(slice(None), *key)] = self._mark(write)

    def raise_to(self, region: Region, write: Write) -> None:
        shown = self._marks_of(region)
        np.maximum(shown, self._mark(write), out=shown)

    def newest(self, region: Region) -> Write:
        mark = int(self._marks_of(region).max())
        return Write(mark >> self.BITS, self.places[mark % (1 << self.BITS)] if mark else NOWHERE)

    def _mark(self, write: Write) -> int:
        code, instruction, step = write.place
        number = self.numbers.setdefault((id(code), instruction, step), len(self.places))
        if number == len(self.places):
            self.places.append(write.place)  # which holds the code, so that no other has its id
        number = min(number, (1 << self.BITS) - 1)
        return (write.tick << self.BITS) + number

    def _marks_of(self, region: Region) -> Array:
        """The marks of a region, an axis in front for those of one element."""
        offset, shape, strides, itemsize = region
        unit = gcd(self.unit, offset - self.start, itemsize, *strides)
        if unit != self.unit:  # seen in another dtype
            self.marks, self.unit = np.repeat(self.marks, self.unit // unit), unit
        start, *steps = (8 * n // unit for n in (offset - self.start, *strides))
        shape, steps = (itemsize // unit, *shape), [8, *steps]
        return np.ndarray(shape, np.int64, self.marks, start, steps)


NOWHERE = Place(None, 0)
_writes: dict[int, Writes] = {}
_lock = RLock()  # one at a time: none is lost where several threads write


def stamp(*arrays: Array, key: Any = None, place: Place | None = None) -> None:
    """Say that these were just written in place, so that no rule that saved their elements is run.
    With a key of NumPy (a tuple), only what array[key] names was written."""
    global newest_write
    place = place or user_place()
    with _lock:
        newest_write = next(clock)
        write = Write(newest_write, place)
        for array in arrays:
            owner = array if array.base is None else owner_of(array)
            writes = _writes.get(id(owner))
            if writes is None:
                writes = _writes[id(owner)] = Writes(owner)
            if array is owner and key is None and not writes.regions:  # at the least cost
                writes.whole = write
            else:
                writes.add(owner, array, key, write)


def at_once(*changes: Iterable[Any]) -> None:
    """Run through iterators of functions that are written in C (`map(setattr, ...)`), by one call
    of such a function.  Python looks for signals between calls: Ctrl-C comes before or after."""
    deque(itertools.chain(*changes), 0)


def writing(arrays: Iterable[Any], values: Iterable[Any]) -> Iterator[Any]:
    """For `at_once`: array[...] = value, for each.  (`np.copyto` begins in Python.)"""
    set_all: Any = setitem
    return map(set_all, arrays, itertools.repeat(...), values)


def check_unwritten(saved: Any, tick: int, name: str, shape: tuple[int, ...]) -> None:
    """Raise RuntimeError if elements of the arrays in `saved` were written since the op `name`
    saved them at `tick`."""
    if isinstance(saved, tuple):
        for part in saved:
            check_unwritten(part, tick, name, shape)
    if not isinstance(saved, np.ndarray):
        return
    owner = owner_of(saved)
    writes = _writes.get(id(owner))
    with _lock:
        later = writes and writes.newest(owner, saved, tick)
    if later:
        raise RuntimeError(
            f"backward: {name} {shape} saved an array of shape {saved.shape} for its rule, and the "
            f"in-place write at {later.place} changed it since.  Call backward() before that "
            "write, or write to a copy there (x = x + y, or x.clone())."
        )


# ---------------------------------------------------------------- where an array lies


def owner_of(array: Array) -> Array:
    base: Any = array.base
    while base is not None:  # an array, or what NumPy's as_strided puts between two
        array = base if isinstance(base, np.ndarray) else array
        base = getattr(base, "base", None)
    return array


def address(array: Array) -> int:
    return array.__array_interface__["data"][0]  # type: ignore[no-any-return]


def extent_of(array: Array, owner: Array) -> tuple[int, int]:
    """The bytes from the first element of `array` to its last, counted from its owner's start."""
    low, high = np.lib.array_utils.byte_bounds(array)
    return low - address(owner), high - address(owner)


def region_of(array: Array, owner: Array) -> Region:
    offset = 0 if array is owner else address(array) - address(owner)
    return offset, array.shape, array.strides, array.itemsize


def _is_all(array: Array, owner: Array) -> bool:
    return array.nbytes == owner.nbytes and array.flags.forc and owner.flags.forc


class _Laid:
    """What NumPy makes an array of that lies at an address, only to be compared."""

    def __init__(self, region: Region, start: int) -> None:
        offset, shape, strides, itemsize = region
        self.__array_interface__ = {
            "version": 3,
            "typestr": f"|V{itemsize}",
            "data": (start + offset, False),
            "shape": shape,
            "strides": strides,
        }


def _meet(region: Region, other: Region, owner: Array) -> bool:
    """Do two regions of a buffer share an element?  Exactly, whatever their strides."""
    start = address(owner)
    return np.shares_memory(np.asarray(_Laid(region, start)), np.asarray(_Laid(other, start)))
