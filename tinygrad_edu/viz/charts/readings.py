"""Readings: what is kept of one gradient at one step, a few numbers in the place of the array."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import cache
from operator import is_
from typing import NamedTuple

import numpy as np

from ...dtypes import Array
from ...engine import clock

SAMPLE = 2048  # of more elements, about so many tell the share of zeros
MOST_NOTED = 2**17  # elements of weights, in all the steps whose updates are measured together
MOST_ROWS = 65  # and so many times they are read for that
RUNS, RUN = 20, 16  # of such weights, so many times so many neighbours tell the update


class Reading(NamedTuple):
    """The gradient of a parameter, or of a layer's parameters together, at one step.

    Parameters
    ----------
    norm : float
        The square root of the sum of its squares; NaN or infinite if one of its elements is.
    size : int
        The number of its elements.
    zeros : float
        The share of its elements that are zero, from 0 to 1.
    nonfinite : int
        The number of its elements that are NaN or infinite.
    weight : float
        The norm of the weights before the step; NaN where they are not known.
    update : float
        The norm of the change that the step made to the weights; NaN where it is not known.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> w = tg.tensor([3.0, 4.0, 0.0, 0.0], requires_grad=True)
    >>> (w * w / 2).sum().backward()
    >>> reading = tg.viz.gradient_flow({"w": w}).steps[0]["w"]
    >>> reading.norm, reading.rms, reading.zeros
    (5.0, 2.5, 0.5)
    """

    norm: float
    size: int
    zeros: float
    nonfinite: int
    weight: float = math.nan
    update: float = math.nan

    @property
    def rms(self) -> float:
        """The root of the mean square: the size of a typical element.

        Returns
        -------
        float
            `norm / sqrt(size)`.
        """
        return self.norm / math.sqrt(self.size) if self.size else 0.0

    @property
    def ratio(self) -> float:
        """How far the step moved the weights, relative to their size: about 0.001 is usual.

        Returns
        -------
        float
            `update / weight`; NaN where it is not known, or where the weights were all zero.
        """
        return self.update / self.weight if self.weight else math.nan


def joined(readings: Iterable[Reading]) -> Reading:
    """The reading of several gradients as one."""
    several = list(readings)
    size = sum(r.size for r in several)
    zeros = sum(r.zeros * r.size for r in several) / size if size else 0.0
    norm, weight, update = (
        _hypot(getattr(r, name) for r in several) for name in ("norm", "weight", "update")
    )
    return Reading(norm, size, zeros, sum(r.nonfinite for r in several), weight, update)


def _hypot(norms: Iterable[float]) -> float:
    """The norm of the whole; NaN if a part is NaN, where `math.hypot` prefers infinity."""
    parts = list(norms)
    return math.nan if any(map(math.isnan, parts)) else math.hypot(*parts)


def reading_of(gradient: Array) -> Reading:
    """Measure a gradient: its norm in one pass, and the zeros of a large one by a sample."""
    flat = gradient.ravel(order="K")  # no copy, whichever way it lies
    squares = float(flat.dot(flat)) if flat.itemsize > 2 else math.inf
    if not 1e-30 < squares < 1e30:  # float32 may have lost it, and float16 has no use of its own
        return _careful_reading(flat)
    part = spread(flat)
    zeros = (part.size - int(np.count_nonzero(part))) / part.size
    return Reading(math.sqrt(squares), flat.size, zeros, 0)


@np.errstate(all="ignore")
def _careful_reading(flat: Array) -> Reading:
    exact = np.abs(flat.astype(np.float64))
    finite = np.isfinite(exact)
    bad = flat.size - int(np.count_nonzero(finite))
    zeros = (flat.size - int(np.count_nonzero(exact))) / flat.size if flat.size else 0.0
    if bad:
        norm = math.nan if np.isnan(exact).any() else math.inf
        return Reading(norm, flat.size, zeros, bad)
    return Reading(norm_of(exact), flat.size, zeros, 0)


def norm_of(array: Array) -> float:
    """The norm in float64, without overflow in its squares."""
    exact = np.abs(array.astype(np.float64).ravel(order="K"))
    largest = float(exact.max(initial=0.0))
    if largest == 0 or not math.isfinite(largest):
        return largest
    exact /= largest
    return largest * math.sqrt(float(np.dot(exact, exact)))


def spread(flat: Array) -> Array:
    """About `SAMPLE` elements of a vector, evenly spaced: all of them if they are no more."""
    return flat if flat.size <= SAMPLE else flat[:: _coprime(-(-flat.size // SAMPLE), flat.size)]


def runs(flat: Array) -> Array:
    """All elements of a vector, or of many about `RUNS * RUN`, in runs of neighbours: what is not
    in the cache is read much faster so."""
    if flat.size <= 2 * RUNS * RUN:
        return flat
    step = _coprime(flat.size // RUNS, flat.size)
    count = flat.size // step
    return flat[: count * step].reshape(count, step)[:, :RUN]


@cache
def _coprime(step: int, size: int) -> int:
    """The next step that has no divisor in common with the size: it meets all columns of a
    matrix."""
    while math.gcd(step, size) > 1:
        step += 1
    return step


def _squares(rows: Array) -> Array:
    """The sum of the squares of each row, in float64 where float32 may have lost it."""
    squares: Array = np.vecdot(rows, rows)
    if not 1e-30 < squares.min() <= squares.max() < 1e30:
        exact = rows.astype(np.float64)
        squares = np.vecdot(exact, exact)
    return squares


class Weights:
    """The weights before and after each step, to measure by how much the steps changed them.

    Of each array some elements are copied into one row of a log, so that the work on all arrays, of
    many steps at a time, is a few NumPy calls.  Where they lie is looked up once, for as long as
    the arrays are the same."""

    def __init__(self, arrays: dict[str, Array]) -> None:
        self.kinds = {name: (array.shape, array.dtype) for name, array in arrays.items()}
        self.names = [name for name, array in arrays.items() if array.size]
        self._look_into(arrays)
        lengths = np.array([part.size for part in self._parts], np.intp)
        self._ends = np.cumsum(lengths)
        self._spans = [slice(end - n, end) for n, end in zip(lengths, self._ends, strict=True)]
        self._scale = np.sqrt([arrays[name].size for name in self.names] / lengths)
        count = max(2, min(MOST_ROWS, MOST_NOTED // max(1, int(lengths.sum()))))
        kind = np.result_type(np.float32, *{part.dtype for part in self._parts})
        self._log = np.empty((count, lengths.sum()), kind)
        self._places: list[list[Array]] = []  # of the parts in each row that was used
        self._before, self._newest = 0, -1  # rows: the weights before the step, and as last read
        self._noted: list[tuple[dict[str, Reading], int, int]] = []  # with the rows before, after
        self._measured: list[tuple[dict[str, Reading], list[float], list[float]]] = []

    def _look_into(self, arrays: dict[str, Array]) -> None:
        self._read_at = -1
        self._arrays = list(arrays.values())
        flat = [arrays[name].ravel(order="K") for name in self.names]
        self._parts = [runs(x) for x in flat]
        several = zip(flat, self.names, strict=True)
        self._are_views = all(np.may_share_memory(x, arrays[name]) for x, name in several)

    def _places_in(self, row: Array) -> list[Array]:
        """The place of each part in a row of the log, in its shape."""
        pairs = zip(np.split(row, self._ends[:-1]), self._parts, strict=False)
        return [place.reshape(part.shape) for place, part in pairs]

    def fits(self, arrays: dict[str, Array]) -> bool:
        """Are these arrays, by their names, shapes and dtypes, those that it was made for?"""
        if self._are_views and all(map(is_, arrays.values(), self._arrays)):
            return len(arrays) == len(self._arrays)
        if self.kinds != {name: (array.shape, array.dtype) for name, array in arrays.items()}:
            return False
        self._look_into(arrays)
        return True

    def take(self) -> None:
        """The weights before the next step are as they are now."""
        self._before = self._read()

    def go_on(self) -> None:
        """The weights before the next step are as they were last read."""
        self._before = self._newest

    def are_as_read(self) -> bool:
        """Has nothing been written since they were last read?"""
        return self._read_at == clock.newest_write

    def note(self, row: dict[str, Reading]) -> None:
        """Keep the weights after the step; their change is measured later, for many steps at a
        time, and then stands in this row."""
        after = self._read()
        self._noted.append((row, self._before, after))
        self._read_at = clock.newest_write

    def have_changed(self) -> bool:
        """Is some weight that is read another one than before?"""
        self._read()
        now, before = self._log[self._newest], self._log[self._before]
        self._newest -= 1
        return not np.array_equal(now, before, equal_nan=True)

    def _read(self) -> int:
        """Copy the weights to the next row of the log: its number."""
        if self._newest + 1 == len(self._log):
            self.measure()
            self._log[0] = self._log[self._before]
            self._before = self._newest = 0
        self._newest += 1
        if self._newest == len(self._places):
            self._places.append(self._places_in(self._log[self._newest]))
        for place, part in zip(self._places[self._newest], self._parts, strict=True):
            place[...] = part
        return self._newest

    @np.errstate(all="ignore")
    def measure(self) -> None:
        """For each array, at each step noted, the norm of the weights, and that of their change."""
        noted, self._noted = self._noted, []
        if not noted or not self.names:
            return
        rows, before, after = zip(*noted, strict=True)
        weights = self._log[list(before)]
        changes = self._log[list(after)] - weights
        norms = [self._norms(each).tolist() for each in (weights, changes)]
        self._measured.extend(zip(rows, *norms, strict=True))

    def _norms(self, rows: Array) -> Array:
        squares = np.stack([_squares(rows[:, span]) for span in self._spans], axis=1)
        return np.asarray(np.sqrt(squares) * self._scale)

    def complete(self) -> None:
        """Let what was measured stand in the rows."""
        self.measure()
        for row, *norms in self._measured:
            for name, weight, update in zip(self.names, *norms, strict=True):
                if name in row:
                    row[name] = row[name]._replace(weight=weight, update=update)
        self._measured = []
