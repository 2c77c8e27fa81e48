"""Projections: a Jacobian that is too large to be compared whole, compared along random directions;
then the wrong entries are found.
"""

from __future__ import annotations

import numpy as np

from ..dtypes import Array
from .checked_function import CheckedFunction
from .comparison import SHOWN, Finding, block, equal, slopes_along
from .numeric import EPS, FiniteDifferences, directions, norm, on_grid, sizes, tried, typical
from .options import Options

SAMPLED = 8  # coordinates that are compared besides the random directions
SEARCHED = 300  # groups of entries that are looked at for kinks, before the rest is left out
LARGE = 2.0**800
ASYMMETRY = 1e-3  # of the changes ahead and behind, beside their size: at a kink it is more


def projected(
    checked: CheckedFunction,
    options: Options,
    random: np.random.Generator,
    count: int,
    samples: int,
) -> Finding | None:
    """<u, J v> along random directions, then single coordinates of J' u.

    For each of `count` u, one v has steps relative to each entry, another the same step for all
    entries of an input: else an error of a small entry would be lost among larger ones."""
    scale, h = sizes(checked.arrays), options.step
    rough = np.zeros(checked.x.size, bool)  # the entries found to be at a kink or an edge of f
    unit = 1.0 if np.abs(checked.y).max() < LARGE else 1 / LARGE  # of u: sums must be finite
    projection = Projection(checked, options, np.zeros(checked.y.size))
    for i in range(count):
        projection = Projection(checked, options, unit * random.standard_normal(checked.y.size))
        found = projection.locate(np.flatnonzero(~projection.finite), scale)
        if found is not None:
            return found
        for size in (scale, typical(checked.arrays)):
            v = np.where(projection.finite, directions(random, checked.x, size, h), 0.0)
            v = on_grid(levelled(v, projection.gradient), checked.x, size, h) if i % 2 else v
            if projection.agrees_at_once(v):
                continue
            found = projection.wrong_along(v)
            if found is None:
                rough |= projection.at_kinks(np.where(rough, 0.0, v))
                found = projection.wrong_along(np.where(rough, 0.0, v)) if rough.any() else None
            if found is not None:
                return found
    chosen = (np.arange(checked.x.size), np.flatnonzero(rough))
    for k in np.concatenate([random.permutation(entries)[:samples] for entries in chosen]):
        v = np.zeros(checked.x.size)
        v[k] = scale[k]
        found = projection.wrong_along(v, alone=True)
        if found is not None:
            return found
    return None


def levelled(v: Array, gradient: Array) -> Array:
    """v, shorter where its part of <gradient, v> is larger than the median: so that a wrong entry
    is seen beside much larger ones."""
    part = np.abs(gradient * v)
    part = np.where(np.isfinite(part), part, 0.0)
    median = float(np.median(part[part > 0])) if (part > 0).any() else 1.0
    with np.errstate(all="ignore"):
        return np.asarray(v * 2.0 ** np.floor(np.log2(np.minimum(1.0, median / part))))


class Projection:
    """The derivative of <u, f>, for one u.  Its gradient is J' u, its slope along v is <u, J v>."""

    def __init__(self, checked: CheckedFunction, options: Options, u: Array) -> None:
        self.checked, self.options, self.u = checked, options, u
        gradient = checked.vjp(u)
        self.finite = np.isfinite(gradient)
        self.gradient = np.where(self.finite, gradient, 0.0)  # 0 times nan is nan

    def change(self, x: Array) -> Array:
        """<u, f(x)> less its value at the point.  Each result is subtracted before they are added,
        so that a small one is not lost in the rounding of a large one."""
        return np.array([np.dot(self.u, self.checked.value(x) - self.checked.y)])

    def agrees_at_once(self, v: Array, alone: bool = False) -> bool:
        """Whether <J' u, v> is the slope by one complex step or one difference."""
        parts = self.u * slopes_along(self.checked, v, self.options.step)
        rtol, atol = self._limits(v, alone)
        if self.checked.complex_step is not None and not alone:
            atol += min(self.options.rtol, 1e-11) * norm(parts)
        return bool(equal(self._analytic(v), np.asarray(parts.sum()), rtol, atol).all())

    def _analytic(self, v: Array) -> Array:
        with np.errstate(all="ignore"):
            return np.array([np.dot(self.gradient, v)])

    def _limits(self, v: Array, alone: bool) -> tuple[float, float]:
        """How far <J' u, v> may be from the slope: relatively to it if v is of one entry `alone`,
        else to the norm of all its parts, in which an error of one entry must be seen."""
        atol = self.options.atol * norm(v)
        if alone:
            return self.options.rtol, atol
        limit = 1e-8 if self.checked.complex_step is None else 1e-11
        return 0.0, atol + min(self.options.rtol, limit) * norm(self.gradient * v)

    def wrong_along(self, v: Array, alone: bool = False) -> Finding | None:
        """The wrong entries, if <J' u, v> is not the slope."""
        if self.agrees_at_once(v, alone):
            return None
        if self.checked.complex_step is not None:
            found = self.locate(np.flatnonzero(v), np.abs(v))
            if found is not None:
                return found
            self.checked.complex_step = None  # f is singular here, or rounded much
        step = self._step_of_error(v, alone)
        return None if step is None else self.locate(np.flatnonzero(v), step * np.abs(v))

    def _step_of_error(self, v: Array, alone: bool) -> float | None:
        """None if <J' u, v> is the slope by finite differences; else the step that shows best that
        it is not."""
        analytic, (rtol, atol) = self._analytic(v), self._limits(v, alone)
        y = self.checked.y
        moved = self.checked.value(self.checked.x + self.options.step * v) != y
        rounded_as = norm((self.u * y)[moved])
        differences = FiniteDifferences(self.change, self.checked.x, v, rounded_as=rounded_as)
        if differences.vertical().any():
            return float(differences.steps[0])
        for attempt in range(2):
            right = differences.accepts(analytic, rtol, atol, plateau=1e-5 if alone else 0.0)
            right |= differences.between(analytic, rtol, atol)
            right |= differences.at_an_edge(analytic, rtol, atol)
            if right.all() and (attempt == 0 or not differences.saw(0)):
                return None
            if attempt == 0 and not differences.settled().all():
                differences.refine()
        return float(differences.steps[int(np.argmin(differences.errors[:, 0]))])

    def at_kinks(self, v: Array) -> Array:
        """Which entries of x are at a kink of f, or at an edge: found by halves, from the change of
        <u, f> ahead and behind.  Along a direction with many of them, any slope between two far
        limits would be right, so a wrong entry elsewhere could hide."""
        x, found = self.checked.x, np.zeros(v.size, bool)
        parts = [np.flatnonzero((v != 0) & (x == 0)), np.flatnonzero((v != 0) & (x != 0))]
        tested = 0
        while parts:
            part = parts.pop(0)
            tested += 1
            if len(part) == 0 or not self._bends(part, v):
                continue
            if len(part) > 1 and tested < SEARCHED:
                parts += np.array_split(part, 2)
            else:
                found[part] = True
        return found

    def _bends(self, entries: Array, v: Array) -> bool:
        """Whether <u, f> changes otherwise ahead than behind, if these entries move along v."""
        w = np.zeros(v.size)
        w[entries] = self.options.step * v[entries]
        points = (self.checked.x + w, self.checked.x - w)
        ahead, behind = (float(tried(self.change, x, np.zeros(1))[0]) for x in points)
        size = max(norm(self.gradient * w), abs(ahead), abs(behind))
        noise = 16 * EPS * norm(self.u * self.checked.y)
        return not abs(ahead + behind) <= ASYMMETRY * size + noise < np.inf

    def locate(self, entries: Array, steps: Array) -> Finding | None:
        """The wrong entries among some of x: the worst part, again and again; then its true
        entries.  `steps` are those at which an error was seen, one for each entry of x."""
        if len(entries) == 0:
            return None
        random = np.random.default_rng(0)

        def error_over(part: Array) -> float:
            v = np.zeros(self.checked.x.size)
            v[part] = steps[part] * random.choice([-1.0, 1.0], len(part))
            slope = float(np.dot(self.u, slopes_along(self.checked, v, 1.0)))
            error = abs(slope - float(np.dot(self.gradient, v)))
            return error if np.isfinite(error) else np.inf

        while len(entries) > 4 * SHOWN:
            entries = max(np.array_split(entries, 8), key=error_over)
        if len(entries) > SHOWN:
            worst = sorted(entries, key=lambda k: -error_over(np.array([k])))
            entries = np.sort(np.array(worst[:SHOWN]))
        rows = self._rows(entries, steps)
        units = (np.eye(1, self.u.size, j)[0] for j in rows)
        analytic = np.stack([self.checked.vjp(unit)[entries] for unit in units])
        finding = block(self.checked, self.options, rows, entries, analytic, False)
        return finding if finding.wrong.any() else None

    def _rows(self, entries: Array, steps: Array) -> Array:
        """The results whose derivative by these entries is wrong: the worse half, again and
        again."""
        columns = []
        for k in entries:
            v = np.zeros(self.checked.x.size)
            v[k] = steps[k]
            columns.append(slopes_along(self.checked, v, 1.0) / steps[k])
        slopes, signs = np.stack(columns, 1), np.where(self.u < 0, -1.0, 1.0)

        def error_over(part: Array) -> float:
            chosen = np.zeros(self.u.size)
            chosen[part] = signs[part]
            numeric = chosen[part] @ slopes[part]  # of these rows only: 0 times nan is nan
            error = np.abs(self.checked.vjp(chosen)[entries] - numeric).max()
            return float(error) if np.isfinite(error) else np.inf

        rows = np.arange(self.u.size)
        while len(rows) > SHOWN:
            rows = max(np.array_split(rows, 2), key=error_over)
        return rows
