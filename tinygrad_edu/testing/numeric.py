"""Numeric: slopes by differences, each with an estimate of its own error.

Along a direction v the central difference at step h is C(h) = (f(x + h v) - f(x - h v)) / 2h.  Its
error is of order h^2; the one of D(h) = (16 C(h) - C(4h)) / 15 is of order h^4.
`FiniteDifferences` holds D at many steps, each four times the one before.  The error of D(h) has
two parts: truncation, seen in |D(h) - D(h/4)|, and rounding, eps |f| / h.  Where rounding hides in
f (float32, cancellation) the first part sees it too, since neighbours then disagree.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from ..dtypes import Array, float64
from .bends import Line

EPS = float(np.finfo(float64).eps)
TINY = 1e-300  # numbers below have fewer digits
FIRST_STEP = 2.0**-17  # of one central difference, relative to the size of x: eps^(1/3)
STEPS = 4.0 ** np.arange(-13, -1)  # of `FiniteDifferences`: 1.5e-8 ... 0.06
FINER = 4.0 ** np.arange(-26, -13)  # down to the precision of x

Function = Callable[[Array], Array]
largest_number: Any = np.fmax.reduce  # NaN does not count


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


def directions(random: np.random.Generator, x: Array, size: Array, h: float) -> Array:
    """Signed Gaussian numbers times `size`, rounded so that x + h v is exact."""
    z = random.standard_normal(x.size)
    z = np.copysign(np.maximum(np.round(8 * np.abs(z)), 1) / 8, z)
    return on_grid(z * size, x, size, h)


def on_grid(v: Array, x: Array, size: Array, h: float) -> Array:
    """v, rounded so that x + h v is exact; 0 where h v is below the precision of x."""
    unit = 2 * np.spacing(np.maximum(np.abs(x), h * size)) / h  # beside 0, that of the step
    return np.asarray(np.round(v / unit) * unit)


def norm(v: Array) -> float:
    """The Euclidean norm, also where squares overflow: an infinite one would allow any error."""
    largest = float(np.abs(v).max(initial=0.0))
    if not 0 < largest < np.inf:
        return largest
    return largest * float(np.linalg.norm(v / largest))


def central(f: Function, x: Array, v: Array, h: float = FIRST_STEP) -> Array:
    """C(h): one central difference along v; nan where f raises an error."""
    try:
        return (f(x + h * v) - f(x - h * v)) / (2 * h)
    except Exception:
        return np.full(f(x).shape, np.nan)


class FiniteDifferences:
    """The slopes of f at x along v at many steps; `value` and `error` are the best ones.

    `natural` is the size that intermediate results of f have by nature: f may be rounded as they
    are, even where it is much smaller.  `rounded_as` is the size of numbers that f is certainly
    rounded as.

    >>> differences = FiniteDifferences(lambda x: x**3, np.array([2.0]), np.array([1.0]))
    >>> differences.value.round(9), bool(differences.error[0] < 1e-9)
    (array([12.]), True)
    """

    def __init__(
        self,
        f: Function,
        x: Array,
        v: Array,
        largest: float = 1.0,
        natural: Array | float = 0.0,
        rounded_as: float = 0.0,
    ) -> None:
        self._f, self._x, self._v = f, x, v
        more = max(0, min(20, int(np.log2(max(largest, 1.0)) / 2)))
        self.steps = STEPS[0] * 4.0 ** np.arange(len(STEPS) + more)
        self.at_x = f(x)
        self.natural = np.maximum(np.abs(self.at_x), natural)
        self.ahead, self.behind = self._values(self.steps)
        before, after = np.isfinite(self.behind), np.isfinite(self.ahead)
        self.only_ahead = after.all(0) & ~before.any(0)
        self.edge = np.asarray(self.only_ahead | (before.all(0) & ~after.any(0)))
        self.flat = self._flat()[:3].all(0)
        self.extended, self._longest = False, self.steps[-1]
        self._rounded_as, self._roughness = rounded_as + 0.0 * self.natural, 0.0 * self.natural
        self._estimate()

    def lengthen(self, size: float = 1.0) -> None:
        """Take longer steps too, up to 1 in absolute terms; `size` is the length of v.

        Where f is a constant with a small part that changes, only these show the small part.  From
        now on f counts as rounded as `natural` is, and a longer step may make the slope more
        precise, but not contradict the shorter ones: else it oversteps a kink, or a whole wave of f
        (Lepski's principle)."""
        count = max(0, min(20, int(np.log2(max(1 / size, 1.0)) / 2)))
        self._rounded_as = self.natural
        self._add(self.steps[-1] * 4.0 ** np.arange(1, count + 1))

    def allow_for_roughness(self) -> None:
        """Measure how f is rounded, and count it: two slopes in a row may be equal by chance where
        f has few values, as log_softmax of a sure class has.

        Differences of 5th order of a smooth f at near points are 0, but for what is rounded.  No
        more is counted than intermediate results of natural size would give.

        References
        ----------
        More and Wild, "Estimating computational noise", 2011.
        """
        limit = 64 * EPS * self.natural
        found, known = np.zeros(limit.shape), np.zeros(limit.shape, bool)
        for h in (0.00067, 0.00151, 0.0037, 0.0093, 0.067):  # the last where f has few values
            places = [self._x + i * h * self._v for i in range(-4, 5)]
            values = np.stack([tried(self._f, x, self.at_x) for x in places])
            with np.errstate(all="ignore"):
                size = np.sqrt((np.diff(values, 5, axis=0) ** 2).mean(0) / 252)
            found = np.where(known & (h > 0.005), found, np.fmax(found, 4 * size))
            distinct = 1 + np.count_nonzero(np.diff(np.sort(values, 0), axis=0), axis=0)
            known = known | (distinct >= 5)
        found = np.fmin(found, limit)
        self._roughness = found
        self._estimate()

    def settled(self) -> Array:
        """Where three steps on end give about one slope, so that no finer ones are asked."""
        with np.errstate(all="ignore"):
            apart = np.abs(np.diff(self.slopes, axis=0))
            alike = apart <= 0.1 * np.minimum(np.abs(self.slopes[:-1]), np.abs(self.slopes[1:]))
        return np.asarray((alike[:-1] & alike[1:]).any(0))

    def saw(self, row: int) -> bool:
        """Whether this result is a saw: smooth between jumps, so that its slope on fine steps is
        not the one that f would have without rounding.

        Of two points between which f changes much, one is moved half way to the other, again and
        again: a jump stays as high, a smooth change gets small."""
        with np.errstate(all="ignore"):
            base = np.isin(self.steps, STEPS)
            variation = np.abs(self.ahead[base, row] - self.behind[base, row])
            height, slope = float(largest_number(variation)), abs(float(self.value[row]))
        if not (0 < height < np.inf and 0 < slope < np.inf and 2 * height < slope * self._longest):
            return False

        def value(h: float) -> float:
            return float(tried(self._f, self._x + h * self._v, self.at_x)[row])

        places = np.arange(40) * (0.1 * height / slope)
        values = [value(h) for h in places]
        k = int(np.argmax(np.abs(np.diff(values))))
        left, right, low, high = places[k], places[k + 1], values[k], values[k + 1]
        jump = abs(high - low)
        for _ in range(10):
            middle = (left + right) / 2
            at_middle = value(middle)
            if abs(at_middle - low) > abs(high - at_middle):
                right, high = middle, at_middle
            else:
                left, low = middle, at_middle
        return abs(high - low) > 0.4 * jump > 0

    def refine(self) -> None:
        """Take finer steps too, down to the precision of x: f may have waves that are as short."""
        self._roughness = 0.0 * self.natural
        self._add(FINER)

    def _add(self, steps: Array) -> None:
        if len(steps):
            ahead, behind = self._values(steps)
            order = np.argsort(np.concatenate([self.steps, steps]))
            self.steps = np.concatenate([self.steps, steps])[order]
            self.ahead = np.concatenate([self.ahead, ahead])[order]
            self.behind = np.concatenate([self.behind, behind])[order]
        self.extended = True
        self._estimate()

    def _values(self, steps: Array) -> tuple[Array, Array]:
        """f ahead and behind; nan where it is not finite, so that no slope or size is infinite."""
        f, x, v, at_x = self._f, self._x, self._v, self.at_x
        both = [np.stack([tried(f, x + h * v, at_x) for h in sign * steps]) for sign in (1, -1)]
        ahead, behind = (np.where(np.isfinite(values), values, np.nan) for values in both)
        return ahead, behind

    def _estimate(self) -> None:
        h = self.steps[:, None]
        with np.errstate(all="ignore"):
            size = np.fmax(np.abs(self.ahead), np.abs(self.behind))  # of the one side, at an edge
            slopes = (self.ahead - self.behind) / (2 * h)
            self.slopes = slopes[:-1] + (slopes[:-1] - slopes[1:]) / 15
            self.rounding = 4 * EPS * np.fmax(size[:-1], self._rounded_as) / h[:-1]
            self.rounding += self._roughness / h[:-1]
            errors = _errors(self.slopes, self.rounding)
            flat = self._flat()[:-1]  # a step too short for f to change says nothing
            errors = np.where(flat & ~flat.all(0), np.inf, errors)
            self.errors = _without_contradictions(self.slopes, errors) if self.extended else errors
            self.value, self.error = _best(self.slopes, self.errors)
            self._look_to_one_side()

    def _flat(self) -> Array:
        return np.asarray((self.ahead == self.at_x) & (self.behind == self.at_x))

    def accepts(
        self, analytic: Array, rtol: float, atol: float | Array, plateau: float = 1e-5
    ) -> Array:
        """Which analytic slopes agree with the numeric ones at some trustworthy step: one with
        about the least error, or a relative error below `plateau`."""
        with np.errstate(all="ignore"):
            size = np.maximum(np.abs(analytic), np.abs(self.slopes))
            slack = atol + TINY + rtol * size + 3 * self.errors
            near = np.abs(analytic - self.slopes) <= slack
            trusted = self.errors <= np.maximum(30 * self.error, plateau * np.abs(self.slopes))
        found = (near & trusted & np.isfinite(self.errors) & np.isfinite(analytic)).any(0)
        return np.asarray(found | self._lost(analytic))

    def _lost(self, analytic: Array) -> Array:
        """Which slopes are too small for f, which is flat at x, to show them.  None is where longer
        steps surely show a larger one."""
        limit = 16 * EPS * self.natural
        with np.errstate(all="ignore"):
            seen = (np.abs(self.value) - 3 * self.error > limit) & ~self.edge
        return np.asarray(self.flat & ~seen & (np.abs(analytic) <= limit))

    def uncertain(self, analytic: Array, largest: Array) -> Array:
        """Where the error is too large to tell the slope from a wrong one.  `largest` is the size
        of the largest slope of each result: those far smaller may be as they are."""
        size = np.maximum(np.abs(analytic), np.abs(self.value))
        known = (self.error <= 1e-5 * size) | (self.error <= 1e-10 * largest)
        return np.asarray(~known & ~self.edge & ~self._lost(analytic))

    def one_sided(self) -> tuple[Array, Array, Array, Array]:
        """The slope behind x and the one ahead, each with its error: they differ at a kink."""
        h = self.steps[:, None]
        found: list[Array] = []
        with np.errstate(all="ignore"):
            for values, sign in ((self.behind, -1.0), (self.ahead, 1.0)):
                slopes = sign * (values - self.at_x) / h
                slopes = slopes[:-1] + (slopes[:-1] - slopes[1:]) / 3
                errors = _errors(slopes, 2 * self.rounding)
                if self.extended:
                    errors = _without_contradictions(slopes, errors)
                found += _best(slopes, errors)
        return found[0], found[1], found[2], found[3]

    def kinks(self) -> Array:
        """Where the two one-sided slopes are known, and differ."""
        behind, error, ahead, other = self.one_sided()
        with np.errstate(all="ignore"):
            apart = np.abs(ahead - behind)
            size = np.maximum(np.abs(ahead), np.abs(behind))
            different = (apart > 10 * (error + other)) & (apart > 1e-6 * size)
            return np.asarray(different & ~self.unresolved())

    def between(self, analytic: Array, rtol: float, atol: float | Array) -> Array:
        """Which analytic slopes are subgradients at a kink: they lie between the two sides."""
        behind, error, ahead, other = self.one_sided()
        slack = atol + rtol * np.maximum(np.abs(ahead), np.abs(behind)) + 3 * (error + other)
        low, high = np.minimum(ahead, behind) - slack, np.maximum(ahead, behind) + slack
        return np.asarray(self.kinks() & (low <= analytic) & (analytic <= high))

    def beside_a_bend(self, analytic: Array) -> Array:
        """Which analytic slopes f follows from x on, ahead and behind, until it bends: those at x,
        also where longer steps contradict them."""
        h = self.steps[:, None]
        with np.errstate(all="ignore"):
            rounding = 16 * EPS * np.maximum(self.natural, np.abs(analytic))  # of f, and of x
            off = np.abs(self.ahead - self.at_x - analytic * h)
            off = np.fmax(off, np.abs(self.behind - self.at_x + analytic * h))
            apart = np.abs(self.slopes - analytic) - 4 * rounding / h[:-1]
            gap = largest_number(apart[np.isin(self.steps[:-1], STEPS)], 0)
            on_the_line = np.logical_and.accumulate(off <= rounding)
            shown = on_the_line & (64 * rounding < gap * h)  # where the line tells something
        found = np.zeros(len(analytic), bool)
        for row in map(int, np.flatnonzero(shown.any(0))):
            first = float(self.steps[np.argmax(shown[:, row])])
            found[row] = all(
                Line(side, sign * analytic[row], rounding[row]).bends(first, gap[row])
                for side, sign in ((partial(self._at, row, sign), sign) for sign in (1.0, -1.0))
            )
        return found

    def _at(self, row: int, sign: float, t: float) -> float:
        return float(tried(self._f, self._x + sign * t * self._v, self.at_x)[row])

    def _look_to_one_side(self) -> None:
        """Where f exists on one side only, as x^1.5 does at 0, take the slope of that side."""
        behind, error, ahead, other = self.one_sided()
        self.value = np.where(self.edge, np.where(self.only_ahead, ahead, behind), self.value)
        self.error = np.where(self.edge, np.where(self.only_ahead, other, error), self.error)

    def at_an_edge(self, analytic: Array, rtol: float, atol: float | Array) -> Array:
        """Which analytic slopes are right where f exists on one side only."""
        with np.errstate(all="ignore"):
            side = np.where(self.only_ahead, self.ahead, self.behind)  # the other may be infinite
            last = np.abs(side - self.at_x)[np.searchsorted(self.steps, self._longest)]
            size = np.maximum(np.abs(analytic), last / self._longest)
            near = np.abs(analytic - self.value) <= atol + rtol * size + 3 * self.error
            known = self.error <= 1e-3 * size + 1e-9 * np.abs(self.at_x)
            return np.asarray(self.edge & near & known & np.isfinite(analytic))

    def undefined(self) -> Array:
        """Where f exists on neither side."""
        return np.asarray(~(np.isfinite(self.behind) | np.isfinite(self.ahead)).any(0))

    def unresolved(self) -> Array:
        """Where f changes by its whole variation from one number to the next, in no order."""
        with np.errstate(all="ignore"):
            finest = np.stack([self.ahead[:4], self.behind[:4]]) - self.at_x
            variation = np.fmax(np.abs(self.ahead - self.at_x), np.abs(self.behind - self.at_x))
            spread = np.ptp(finest, axis=1).max(0)
            wild = spread > 0.05 * largest_number(variation, 0)
            return np.asarray(wild if self.extended else np.zeros(wild.shape, bool))

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
        return np.asarray(grows & (jump > 1e-6 * np.abs(self.at_x)))

    def vertical(self) -> Array:
        """Where the slope is infinite, as that of the cube root at 0, or f jumps: on ever shorter
        steps the slopes grow without end."""
        first = np.searchsorted(self.steps, STEPS[0])  # finer ones may show rounding only
        short = self.slopes[first : first + 6]
        with np.errstate(all="ignore"):
            ratio = short[:-1] / short[1:]
            rise = np.abs(2 * STEPS[0] * short[0])
        return np.asarray(
            ((ratio > 1.1) & (ratio < 4.1)).all(0) & (rise > 1e-6 * np.abs(self.at_x))
        )

    def undecided(self, analytic: Array, largest: Array) -> Array:
        """Where f is so much rougher than float64 that its slope cannot be told.  `largest` is the
        size of the largest slope of each result; those far smaller may be as they are."""
        with np.errstate(all="ignore"):
            noise = self.error * self.steps[np.argmin(self.errors, 0)]  # of f itself
            rough = (self.noise() > 100) & (noise > 1000 * EPS * self.natural)
            rough &= (self.error > 1e-4 * largest) & ~self._lost(analytic)
            return np.asarray(rough & (analytic != 0) & (self.error > 1e-3 * np.abs(analytic)))


def tried(f: Function, x: Array, like: Array) -> Array:
    """f(x), or nan where f does not exist so far away."""
    try:
        y = f(x)
    except Exception:
        return np.full(like.shape, np.nan)
    return y if y.shape == like.shape else np.full(like.shape, np.nan)


def _errors(slopes: Array, rounding: Array) -> Array:
    errors = np.abs(np.diff(slopes, axis=0, prepend=np.nan)) + rounding
    return np.where(np.isfinite(errors), errors, np.inf)


def _without_contradictions(slopes: Array, errors: Array) -> Array:
    """The errors; infinite for a slope that contradicts the one of a shorter step."""
    errors = errors.copy()
    noise = np.zeros(errors.shape[1])
    low, high = np.full(noise.shape, -np.inf), np.full(noise.shape, np.inf)
    for i, (slope, error) in enumerate(zip(slopes, errors, strict=True)):
        known = np.isfinite(error)
        noise = np.where(known, np.maximum(error, noise / 4), noise / 4)  # it falls as 1/h
        error = np.where(known, noise, np.inf)
        fits = known & (slope + 3 * error >= low) & (slope - 3 * error <= high)
        low = np.where(fits, np.maximum(low, slope - 3 * error), low)
        high = np.where(fits, np.minimum(high, slope + 3 * error), high)
        errors[i] = np.where(fits, error, np.inf)
    return errors


def _best(slopes: Array, errors: Array) -> tuple[Array, Array]:
    index = np.argmin(errors, 0)[None]
    return np.take_along_axis(slopes, index, 0)[0], np.take_along_axis(errors, index, 0)[0]
