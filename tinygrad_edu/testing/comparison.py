"""Comparison: the analytic derivative beside the numeric one, entry by entry where that is cheap,
else along random directions; then the wrong entries are found.

An entry first needs one central difference.  Only where that does not agree is a `Ladder` climbed.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ..dtypes import Array
from . import analytic, numeric
from .numeric import Ladder
from .subject import Subject

SMALL = 400  # entries of a Jacobian that is compared whole
SAMPLED = 8  # coordinates that are compared besides the random directions
SHOWN = 8


@dataclass
class Finding:
    """A block of the Jacobian with wrong entries: rows are results, columns inputs."""

    rows: Array
    columns: Array
    analytic: Array
    numeric: Array
    error: Array
    wrong: Array
    ladders: dict[int, Ladder]
    whole: bool = True
    kinks: list[int] = field(default_factory=list)

    def worst(self) -> tuple[int, int]:
        """The place in the block of the entry that is most wrong."""
        apart = np.abs(self.analytic - self.numeric)
        apart = np.where(self.wrong, np.nan_to_num(apart, nan=np.inf, posinf=np.inf), -1.0)
        row, column = np.unravel_index(int(np.argmax(apart)), apart.shape)
        return int(row), int(column)


@dataclass
class Limits:
    """When two slopes are equal, and how the steps of the first look are made."""

    atol: float
    rtol: float
    step: float
    projections: int


def whole(subject: Subject, limits: Limits) -> tuple[Finding | None, list[int]]:
    """Every entry of the Jacobian; and the inputs at which a kink has been met."""
    rows, columns = np.arange(subject.y.size), np.arange(subject.x.size)
    finding = block(subject, limits, rows, columns, analytic.jacobian(subject))
    return (finding if finding.wrong.any() else None), finding.kinks


def block(
    subject: Subject, limits: Limits, rows: Array, columns: Array, ours: Array, whole: bool = True
) -> Finding:
    """Compare the entries of some rows and columns; `ours` is their analytic part."""
    theirs, error = np.zeros(ours.shape), np.zeros(ours.shape)
    wrong = np.zeros(ours.shape, bool)
    ladders: dict[int, Ladder] = {}
    kinks = []
    scale, furthest = numeric.sizes(subject.arrays), numeric.typical(subject.arrays)

    reach = np.abs(ours * scale[columns]).max(1, initial=0.0)

    def function(x: Array) -> Array:
        return subject.value(x)[rows]

    for place, k in enumerate(columns):
        v = np.zeros(subject.x.size)
        v[k] = scale[k]
        column = ours[:, place] * scale[k]
        slope = numeric.central(function, subject.x, v, limits.step)
        if not equal(column, slope, limits.rtol, limits.atol * scale[k]).all():
            ladder = Ladder(function, subject.x, v, furthest[k] / scale[k])
            right = ladder.accepts(column, limits.rtol, limits.atol * scale[k])
            if not right.all():
                subgradient = ladder.between(column, limits.rtol, limits.atol * scale[k])
                kinks += [int(k)] if (subgradient & ~right).any() else []
                right |= subgradient
            right &= ~ladder.undecided(column, reach) & ~ladder.jumps()
            right |= ladder.at_an_edge(column, limits.rtol, limits.atol * scale[k])
            wrong[:, place], ladders[int(k)] = ~right, ladder
            slope, error[:, place] = ladder.value, ladder.error / scale[k]
        theirs[:, place] = slope / scale[k]
    return Finding(rows, columns, ours, theirs, error, wrong, ladders, whole, kinks)


def equal(ours: Array, theirs: Array, rtol: float, atol: Array | float) -> Array:
    with np.errstate(all="ignore"):
        size = np.maximum(np.abs(ours), np.abs(theirs))
        return np.asarray(np.isfinite(ours) & (np.abs(ours - theirs) <= atol + rtol * size))


def projected(
    subject: Subject, limits: Limits, random: np.random.Generator, samples: int
) -> Finding | None:
    """<u, J v> along random directions, then single coordinates of J' u."""
    scale = numeric.sizes(subject.arrays)
    n, m = subject.x.size, subject.y.size
    u, gradient = np.zeros(m), np.zeros(n)
    for _ in range(limits.projections):
        u = random.standard_normal(m)
        v = random.standard_normal(n) * scale
        gradient = subject.pull(u)
        if not _along(subject, limits, u, v, gradient):
            found = locate(subject, limits, u, gradient, np.arange(n))
            if found is not None:
                return found
    for k in random.permutation(n)[:samples]:
        v = np.zeros(n)
        v[k] = scale[k]
        if not _along(subject, limits, u, v, gradient, exact=True):
            found = locate(subject, limits, u, gradient, np.array([k]))
            if found is not None:
                return found
    return None


def _along(
    subject: Subject, limits: Limits, u: Array, v: Array, gradient: Array, exact: bool = False
) -> bool:
    """Is <gradient, v> the numeric <u, J v>?"""

    def function(x: Array) -> Array:
        return np.array([np.dot(u, subject.value(x))])

    with np.errstate(all="ignore"):
        ours = np.array([np.dot(gradient, v)])
        norm = float(np.linalg.norm(gradient * v))
        slack = limits.atol * float(np.linalg.norm(v))
    slack += min(limits.rtol, 1e-7) * norm if not exact else 0.0
    slope = numeric.central(function, subject.x, v, limits.step)
    if equal(ours, slope, limits.rtol if exact else 0.0, slack).all():
        return True
    ladder = Ladder(function, subject.x, v)
    rtol = limits.rtol if exact else 0.0
    right = ladder.accepts(ours, rtol, slack) | ladder.between(ours, rtol, slack)
    return bool((right | ladder.at_an_edge(ours, rtol, slack)).all())


def locate(
    subject: Subject, limits: Limits, u: Array, gradient: Array, entries: Array
) -> Finding | None:
    """The wrong entries among some of x: the worst part, again and again; then its true entries."""
    scale = numeric.sizes(subject.arrays)
    random = np.random.default_rng(0)

    def error_over(part: Array) -> float:
        v = np.zeros(subject.x.size)
        v[part] = scale[part] * random.choice([-1.0, 1.0], len(part))
        change = numeric.central(subject.value, subject.x, v, limits.step)
        error = abs(float(np.dot(u, change)) - float(np.dot(gradient, v)))
        return error if np.isfinite(error) else np.inf

    while len(entries) > 4 * SHOWN:
        entries = max(np.array_split(entries, 8), key=error_over)
    if len(entries) > SHOWN:
        worst = sorted(entries, key=lambda k: -error_over(np.array([k])))
        entries = np.sort(np.array(worst[:SHOWN]))
    rows = _rows(subject, u, gradient, entries, limits)
    ours = np.stack([subject.pull(np.eye(1, u.size, j)[0])[entries] for j in rows])
    finding = block(subject, limits, rows, entries, ours, False)
    return finding if finding.wrong.any() else None


def _rows(subject: Subject, u: Array, gradient: Array, entries: Array, limits: Limits) -> Array:
    """The results whose derivative by these entries is wrong: the worse half, again and again."""
    rows = np.arange(u.size)
    scale = numeric.sizes(subject.arrays)
    columns = []
    for k in entries:
        v = np.zeros(subject.x.size)
        v[k] = scale[k]
        columns.append(numeric.central(subject.value, subject.x, v, limits.step) / scale[k])
    slopes = np.stack(columns, 1)
    signs = np.where(u < 0, -1.0, 1.0)

    def error_over(part: Array) -> float:
        chosen = np.zeros(u.size)
        chosen[part] = signs[part]
        error = np.abs(subject.pull(chosen)[entries] - chosen @ slopes).max()
        return float(error) if np.isfinite(error) else np.inf

    while len(rows) > SHOWN:
        rows = max(np.array_split(rows, 2), key=error_over)
    return rows
