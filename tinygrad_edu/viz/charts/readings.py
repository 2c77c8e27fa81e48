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

SAMPLE = 2048  # of more elements, about so many tell the share of zeros, and the update
MOST_NOTED = 2**17  # elements of weights, in all the steps whose updates are measured together
RUNS, RUN = 20, 32  # of such weights, so many times so many neighbours tell the update


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
    """All elements of a vector, or of more than `SAMPLE` about `RUNS * RUN`, in runs of neighbours:
    what is not in the cache is read much faster so."""
    if flat.size <= SAMPLE:
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


class Weights:
    """All weights before a step, to measure afterwards by how much it changed them.

    Of each array some elements are copied into one buffer, so that the work on all of them is a
    few NumPy calls.  Where they lie is looked up once, for as long as the arrays are the same."""

    def __init__(self, arrays: dict[str, Array]) -> None:
        self.shapes = {name: array.shape for name, array in arrays.items()}
        self.names = [name for name, array in arrays.items() if array.size]
        sizes = [arrays[name].size for name in self.names]
        self._look_into(arrays)
        lengths = [part.size for part in self._parts]
        ends = np.cumsum(lengths, dtype=np.intp)
        self.starts = ends - lengths
        self.scale = np.sqrt(np.divide(sizes, lengths))
        self.before, self.since = self._buffer(ends), self._buffer(ends)
        self._noted: list[dict[str, Reading]] = []
        count = max(1, min(32, MOST_NOTED // (sum(lengths) or 1)))  # of steps
        self._log = np.empty((2, count, sum(lengths)))  # the weights before, and their change

    def _look_into(self, arrays: dict[str, Array]) -> None:
        self._read_at = -1
        self._arrays = list(arrays.values())
        flat = [arrays[name].ravel(order="K") for name in self.names]
        self._parts = [runs(x) for x in flat]
        several = zip(flat, self.names, strict=True)
        self._are_views = all(np.may_share_memory(x, arrays[name]) for x, name in several)

    def _buffer(self, ends: Array) -> tuple[Array, list[Array]]:
        """Room for the parts side by side, and the place of each in its shape."""
        room = np.empty(int(ends[-1]) if len(ends) else 0)
        places = np.split(room, ends[:-1])
        pairs = zip(places, self._parts, strict=False)
        return room, [place.reshape(part.shape) for place, part in pairs]

    def fits(self, arrays: dict[str, Array]) -> bool:
        """Are these arrays, by their names and shapes, those that it was made for?"""
        if self._are_views and all(map(is_, arrays.values(), self._arrays)):
            return len(arrays) == len(self._arrays)
        if self.shapes != {name: array.shape for name, array in arrays.items()}:
            return False
        self._look_into(arrays)
        return True

    def take(self) -> None:
        """Keep the weights as they are now."""
        self._gather(self.before[1])

    def go_on(self) -> None:
        """Keep the weights as `note` has just read them."""
        self.before, self.since = self.since, self.before

    def are_as_read(self) -> bool:
        """Has nothing been written since `note` has read them?"""
        return self._read_at == clock.newest_write

    @np.errstate(all="ignore")
    def note(self, row: dict[str, Reading]) -> None:
        """Keep by how much the weights have changed since; it is measured later, for many steps at
        a time, and then stands in this row."""
        self._gather(self.since[1])
        self._read_at = clock.newest_write
        of_weights, of_change = self._log[:, len(self._noted)]
        of_weights[...] = self.before[0]
        np.subtract(self.since[0], self.before[0], out=of_change)
        self._noted.append(row)
        if len(self._noted) == self._log.shape[1]:
            self.measure()

    @np.errstate(all="ignore")
    def measure(self) -> None:
        """Complete the rows that were noted: for each array the norm of the weights, and that of
        their change."""
        rows, self._noted = self._noted, []
        if not rows or not self.names:
            return
        squares = self._log[:, : len(rows)] ** 2
        norms = np.sqrt(np.add.reduceat(squares, self.starts, axis=2)) * self.scale
        for row, *several in zip(rows, *norms.tolist(), strict=True):
            for name, weight, update in zip(self.names, *several, strict=True):
                if name in row:
                    row[name] = row[name]._replace(weight=weight, update=update)

    def have_changed(self) -> bool:
        """Is some weight that is read another one than before?"""
        self._gather(self.since[1])
        return not np.array_equal(self.since[0], self.before[0], equal_nan=True)

    def _gather(self, places: list[Array]) -> None:
        for place, part in zip(places, self._parts, strict=True):
            place[...] = part
