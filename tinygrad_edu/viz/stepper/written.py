"""Arrays as the page writes them: a number, or statistics and a heat map of a sample.

>>> import numpy as np
>>> summary(np.array(0.70710678))
{'shape': 'number', 'dtype': 'float64', 'number': '0.7071'}
>>> summary(np.array([[1.0, -2.0]]))["rows"], short(np.array([3.0, 4.0]))
([['1', '-2']], 'norm 5')

An array is written once however often it appears: `Arrays` numbers them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..numbers import is_number, number, size_of, statistics
from ..words import shape_of

ROWS, COLUMNS = 12, 12  # of a heat map
NUMBERS = 6  # columns: up to here the cells of a heat map hold their numbers
SHADES = 9  # steps of colour between 0 and the largest number


class Arrays:
    """The summaries of arrays, and the place of each in the list."""

    def __init__(self) -> None:
        self.summaries: list[dict[str, Any]] = []
        self._places: dict[int, tuple[int, Any]] = {}  # holds the array, so that its id stays its

    def places(self, x: Any) -> list[int]:
        """Where the summaries of `x` stand: one, or that of each part of several outputs, or none
        if it is not known."""
        if x is None:
            return []
        return [self._place(part) for part in (x if isinstance(x, tuple) else (x,))]

    def _place(self, x: Any) -> int:
        if id(x) not in self._places:
            self._places[id(x)] = len(self.summaries), x
            self.summaries.append(summary(np.asarray(x)))
        return self._places[id(x)][0]


def single(x: Any) -> str | None:
    """The number, of an array that holds one."""
    return number(np.reshape(x, -1)[0]) if is_number(x) else None


def short(x: Any) -> str:
    """An array in a few letters: the number, or the norm."""
    if isinstance(x, tuple):
        return ", ".join(map(short, x))
    return single(x) or f"norm {number(size_of(x).norm)}"


def summary(x: Any) -> dict[str, Any]:
    """What the page shows of an array: its shape, and the number, or statistics and a heat map."""
    known: dict[str, Any] = {"shape": shape_of(x.shape), "dtype": str(x.dtype)}
    if x.size == 1:
        return {**known, "number": single(x)}
    if x.size == 0:
        return {**known, "statistics": "no elements"}
    return {**known, "statistics": in_words(x), **_heat_map(x)}


def in_words(x: Any) -> str:
    """The range of the numbers and their mean and RMS, and how many are not finite."""
    found = statistics(x)
    if found is None:
        return ""
    words = []
    if np.isfinite(x).any():
        words = [f"min {number(found.low)}", f"max {number(found.high)}"]
        if x.dtype.kind == "f":
            words += [f"mean {number(found.mean)}"]
            words += [] if found.nans or found.infinities else [f"RMS {number(size_of(x).rms)}"]
    words += [f"{found.nans} NaN"] if found.nans else []
    words += [f"{found.infinities} infinite"] if found.infinities else []
    return ", ".join(words)


def _heat_map(x: Any) -> dict[str, Any]:
    """The numbers of a matrix, or of a sample of its rows and columns, and how dark each is."""
    matrix = x.reshape(-1, x.shape[-1]) if x.ndim > 1 else x.reshape(1, -1)
    rows, columns = (_sampled(n, m) for n, m in zip(matrix.shape, (ROWS, COLUMNS), strict=True))
    cells = matrix[np.ix_(rows, columns)]
    largest = np.abs(x[np.isfinite(x)].astype(np.float64)).max(initial=0.0) or 1.0
    shades = np.nan_to_num(cells.astype(np.float64) / largest, nan=0.0, posinf=1.0, neginf=-1.0)
    shown = {
        "rows": [[number(value) for value in row] for row in cells],
        "shades": np.rint(shades * SHADES).astype(int).tolist(),
        "numbers": len(columns) <= NUMBERS,
    }
    if cells.shape == matrix.shape:
        return shown
    sample = f"a sample, evenly spaced: {shape_of(cells.shape)} of {shape_of(matrix.shape)}"
    return {**shown, "sample": sample}


def _sampled(n: int, most: int) -> Any:
    return np.unique(np.rint(np.linspace(0, n - 1, min(n, most))).astype(int))
