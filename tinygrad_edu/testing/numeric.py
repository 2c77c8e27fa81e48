"""Numeric: slopes by differences, each with an estimate of its own error.

Along a direction v the central difference at step h is C(h) = (f(x + h v) - f(x - h v)) / 2h.  Its
error is of order h^2; the one of D(h) = (16 C(h) - C(4h)) / 15 is of order h^4.  A `Ladder` has D
at many steps, each four times the one before.  The error of D(h) has two parts: truncation, seen in
|D(h) - D(h/4)|, and rounding, eps |f| / h.  Where rounding hides in f (float32, cancellation) the
first part sees it too, since neighbours then disagree.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..dtypes import Array, float64

EPS = float(np.finfo(float64).eps)
STEP = 2.0**-17  # of one central difference, relative to the size of x: eps^(1/3)
RUNGS = 4.0 ** np.arange(-13, -1)  # of a ladder: 1.5e-8 ... 0.06

Function = Callable[[Array], Array]


def sizes(arrays: list[Array]) -> Array:
    """For each entry of the inputs the power of two near its size; for 0 the array's typical one.

    >>> sizes([np.array([1e6, 0.0, 3.0])])
    array([1.048576e+06, 2.048000e+03, 4.000000e+00])
    """
    parts = [_sizes(x) for x in arrays]
    return np.concatenate(parts) if parts else np.zeros(0)


def typical(arrays: list[Array]) -> Array:
    """For each entry the typical size of its array: the largest step that makes sense."""
    return np.concatenate([np.full(x.size, _typical(x)) for x in arrays])


def _typical(x: Array) -> float:
    sizes = np.abs(x[x != 0])
    return float(np.exp(np.mean(np.log(sizes)))) if sizes.size else 1.0


def _sizes(x: Array) -> Array:
    size = np.abs(x).reshape(-1)
    size = np.where(size > 0, size, _typical(x))
    return np.asarray(2.0 ** np.round(np.log2(size)))


def central(f: Function, x: Array, v: Array, h: float = STEP) -> Array:
    """C(h): one central difference along v; nan where f raises an error."""
    try:
        return (f(x + h * v) - f(x - h * v)) / (2 * h)
    except Exception:
        return np.full(f(x).shape, np.nan)


class Ladder:
    """The slopes of f at x along v at many steps; `value` and `error` are the best ones.

    >>> ladder = Ladder(lambda x: x**3, np.array([2.0]), np.array([1.0]))
    >>> ladder.value.round(9), bool(ladder.error[0] < 1e-9)
    (array([12.]), True)
    """

    def __init__(self, f: Function, x: Array, v: Array, reach: float = 1.0) -> None:
        more = max(0, min(20, int(np.log2(max(reach, 1.0)) / 2)))
        self.steps = RUNGS[0] * 4.0 ** np.arange(len(RUNGS) + more)
        self.here = f(x)
        self.ahead = np.stack([_tried(f, x + h * v, self.here) for h in self.steps])
        self.behind = np.stack([_tried(f, x - h * v, self.here) for h in self.steps])
        h = self.steps[:, None]
        with np.errstate(all="ignore"):
            size = np.fmax(np.abs(self.ahead), np.abs(self.behind))  # of the one side, at an edge
            slopes = (self.ahead - self.behind) / (2 * h)
            self.slopes = (16 * slopes[:-1] - slopes[1:]) / 15
            self.rounding = 4 * EPS * size[:-1] / h[:-1]
            self.errors = _errors(self.slopes, self.rounding)
            self._distrust_flat_steps()
            self.value, self.error = _best(self.slopes, self.errors)
            self._look_to_one_side()

    def _distrust_flat_steps(self) -> None:
        """Steps so short that f does not change say nothing, where it changes on longer ones."""
        flat = ((self.ahead == self.here) & (self.behind == self.here))[:-1]
        self.flat = flat[:3].all(0)
        self.errors = np.where(flat & ~flat.all(0), np.inf, self.errors)

    def accepts(self, analytic: Array, rtol: float, atol: float | Array) -> Array:
        """Which analytic slopes agree with the numeric ones at some trustworthy step."""
        with np.errstate(all="ignore"):
            size = np.maximum(np.abs(analytic), np.abs(self.slopes))
            near = np.abs(analytic - self.slopes) <= atol + rtol * size + 3 * self.errors
            trusted = self.errors <= np.maximum(30 * self.error, 1e-5 * np.abs(self.slopes))
        found = (near & trusted & np.isfinite(self.errors) & np.isfinite(analytic)).any(0)
        return np.asarray(found | (self.flat & (analytic == 0)))

    def one_sided(self) -> tuple[Array, Array, Array, Array]:
        """The slope behind x and the one ahead, each with its error: they differ at a kink."""
        h = self.steps[:, None]
        found: list[Array] = []
        with np.errstate(all="ignore"):
            for values, sign in ((self.behind, -1.0), (self.ahead, 1.0)):
                slopes = sign * (values - self.here) / h
                slopes = (4 * slopes[:-1] - slopes[1:]) / 3
                found += _best(slopes, _errors(slopes, 2 * self.rounding))
        return found[0], found[1], found[2], found[3]

    def kinks(self) -> Array:
        """Where the two one-sided slopes are known, and differ."""
        behind, error, ahead, other = self.one_sided()
        with np.errstate(all="ignore"):
            apart = np.abs(ahead - behind)
            size = np.maximum(np.abs(ahead), np.abs(behind))
            return np.asarray((apart > 10 * (error + other)) & (apart > 1e-6 * size))

    def between(self, analytic: Array, rtol: float, atol: float | Array) -> Array:
        """Which analytic slopes are subgradients at a kink: they lie between the two sides."""
        behind, error, ahead, other = self.one_sided()
        slack = atol + rtol * np.maximum(np.abs(ahead), np.abs(behind)) + 3 * (error + other)
        low, high = np.minimum(ahead, behind) - slack, np.maximum(ahead, behind) + slack
        return np.asarray(self.kinks() & (low <= analytic) & (analytic <= high))

    def _look_to_one_side(self) -> None:
        """Where f exists on one side only, as x^1.5 does at 0, take the slope of that side."""
        behind, error, ahead, other = self.one_sided()
        before, after = np.isfinite(self.behind), np.isfinite(self.ahead)
        only_ahead = after.all(0) & ~before.any(0)
        self.edge = only_ahead | (before.all(0) & ~after.any(0))
        self.value = np.where(self.edge, np.where(only_ahead, ahead, behind), self.value)
        self.error = np.where(self.edge, np.where(only_ahead, other, error), self.error)

    def at_an_edge(self, analytic: Array, rtol: float, atol: float | Array) -> Array:
        """Which analytic slopes are right where f exists on one side only."""
        with np.errstate(all="ignore"):
            far = np.fmax(np.abs(self.ahead[-1] - self.here), np.abs(self.behind[-1] - self.here))
            size = np.maximum(np.abs(analytic), far / self.steps[-1])
            near = np.abs(analytic - self.value) <= atol + rtol * size + 3 * self.error
            known = self.error <= 1e-3 * size + 1e-9 * np.abs(self.here)
            return np.asarray(self.edge & near & known & np.isfinite(analytic))

    def nowhere(self) -> Array:
        """Where f exists on neither side."""
        return np.asarray(~(np.isfinite(self.behind) | np.isfinite(self.ahead)).any(0))

    def noise(self) -> Array:
        """How much more f is rounded than float64 is: about 1, or far more."""
        with np.errstate(all="ignore"):
            index = np.argmin(self.errors, 0)[None]
            rounding = np.take_along_axis(self.rounding, index, 0)[0]
            return np.asarray(self.error / np.maximum(rounding, 1e-300))

    def jumps(self) -> Array:
        """Where f itself jumps at x: the slopes grow as 1/h on all short steps."""
        short = self.slopes[:8]
        with np.errstate(all="ignore"):
            grows = (np.abs(short[:-1] / short[1:] - 4) < 1e-3).all(0)
            jump = np.abs(2 * self.steps[0] * short[0])
        return np.asarray(grows & (jump > 1e-6 * np.abs(self.here)))

    def undecided(self, analytic: Array, largest: Array) -> Array:
        """Where f is so much rougher than float64 that its slope cannot be told.  `largest` is the
        size of the largest slope of each result; those far smaller may be as they are."""
        with np.errstate(all="ignore"):
            rough = (self.noise() > 100) & (self.error > 1e-4 * largest)
            return np.asarray(rough & (analytic != 0) & (self.error > 1e-3 * np.abs(analytic)))


def _tried(f: Function, x: Array, like: Array) -> Array:
    """f(x), or nan where f does not exist so far away."""
    try:
        y = f(x)
    except Exception:
        return np.full(like.shape, np.nan)
    return y if y.shape == like.shape else np.full(like.shape, np.nan)


def _errors(slopes: Array, rounding: Array) -> Array:
    errors = np.abs(np.diff(slopes, axis=0, prepend=np.nan)) + rounding
    return np.where(np.isfinite(errors), errors, np.inf)


def _best(slopes: Array, errors: Array) -> tuple[Array, Array]:
    index = np.argmin(errors, 0)[None]
    return np.take_along_axis(slopes, index, 0)[0], np.take_along_axis(errors, index, 0)[0]
