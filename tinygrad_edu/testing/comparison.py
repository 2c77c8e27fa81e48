"""Comparison: the analytic derivative beside the numeric one, entry by entry where that is cheap,
else along random directions; then the wrong entries are found.

An entry first needs one central difference.  Only where that does not agree are more steps taken
(`FiniteDifferences`), and where these do not agree either, still finer and longer ones.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from ..dtypes import Array
from .analytic import jacobian
from .checked_function import CheckedFunction
from .numeric import (
    EPS,
    FiniteDifferences,
    central,
    directions,
    norm,
    on_grid,
    sizes,
    tried,
    typical,
)
from .options import Options

SMALL = 400  # entries of a Jacobian that is compared whole
LARGEST = 120  # rows or columns of a Jacobian that is computed whole for a diagnosis
SAMPLED = 8  # coordinates that are compared besides the random directions
SHOWN = 8
ONE = np.zeros(1)  # the form of a directional derivative
SEARCHED = 300  # groups of entries that are looked at for kinks, before the rest is left out
ASYMMETRY = 1e-3  # of the changes ahead and behind, beside their size: at a kink it is more


@dataclass
class Finding:
    """A block of the Jacobian with wrong entries: rows are results, columns inputs."""

    rows: Array
    columns: Array
    analytic: Array
    numeric: Array
    error: Array
    wrong: Array
    differences: dict[int, FiniteDifferences]
    whole: bool = True
    kinks: list[int] = field(default_factory=list)

    def worst(self) -> tuple[int, int]:
        """The place in the block of the entry that is most wrong."""
        apart = np.abs(self.analytic - self.numeric)
        apart = np.where(self.wrong, np.nan_to_num(apart, nan=np.inf, posinf=np.inf), -1.0)
        row, column = np.unravel_index(int(np.argmax(apart)), apart.shape)
        return int(row), int(column)


def is_small(checked: CheckedFunction) -> bool:
    """Whether the Jacobian is compared whole."""
    n, m = checked.columns, checked.y.size
    return n * m <= SMALL and n <= SMALL // 4 and m <= SMALL // 4


def whole(checked: CheckedFunction, options: Options) -> tuple[Finding | None, list[int]]:
    """Every entry of the Jacobian; and the inputs at which a kink has been met."""
    rows, columns = np.arange(checked.y.size), np.arange(checked.columns)
    finding = block(checked, options, rows, columns, jacobian(checked)[:, columns])
    return (finding if finding.wrong.any() else None), finding.kinks


def completed(checked: CheckedFunction, options: Options, finding: Finding) -> Finding:
    """The whole Jacobian in place of some of its entries, for a diagnosis, if it is not large."""
    n, m = checked.columns, checked.y.size
    if n > LARGEST or m > LARGEST or n * m > LARGEST**2 // 2:
        return finding
    return whole(checked, options)[0] or finding


def of_columns(
    checked: CheckedFunction, options: Options, forward: Callable[[Array], Array]
) -> Finding | None:
    """Every entry of the Jacobian whose columns forward mode computes."""
    n, m = checked.x.size, checked.y.size
    columns = np.stack([forward(v) for v in np.eye(n)], 1)
    finding = block(checked, options, np.arange(m), np.arange(n), columns)
    return finding if finding.wrong.any() else None


def block(
    checked: CheckedFunction,
    options: Options,
    rows: Array,
    columns: Array,
    analytic: Array,
    whole: bool = True,
) -> Finding:
    """Compare the entries of some rows and columns; `analytic` is their analytic part."""
    numeric, error = np.zeros(analytic.shape), np.zeros(analytic.shape)
    wrong = np.zeros(analytic.shape, bool)
    found: dict[int, FiniteDifferences] = {}
    kinks = []
    scale, longest = sizes(checked.arrays), typical(checked.arrays)
    largest = np.abs(analytic * scale[columns]).max(1, initial=0.0)

    def function(x: Array) -> Array:
        return checked.value(x)[rows]

    for place, k in enumerate(columns):
        v = np.zeros(checked.x.size)
        v[k] = scale[k]
        column, atol = analytic[:, place] * scale[k], options.atol * scale[k]
        slope = central(function, checked.x, v, options.step)
        if not equal(column, slope, options.rtol, atol).all():
            differences = FiniteDifferences(
                function, checked.x, v, longest[k] / scale[k], checked.natural(scale[k])[rows]
            )
            if checked.order > 1:  # the gradient is made of parts that are rounded as it is
                atol = atol + 8 * EPS * np.abs(differences.at_x)
            right, at_kink = judged(differences, column, options, atol, largest, scale[k])
            kinks += [int(k)] if at_kink else []
            wrong[:, place], found[int(k)] = ~right, differences
            slope, error[:, place] = differences.value, differences.error / scale[k]
        numeric[:, place] = slope / scale[k]
    return Finding(rows, columns, analytic, numeric, error, wrong, found, whole, kinks)


def judged(
    differences: FiniteDifferences,
    column: Array,
    options: Options,
    atol: Array | float,
    largest: Array,
    size: float,
) -> tuple[Array, bool]:
    """Which analytic slopes are right, and whether one is a subgradient at a kink."""

    def accepted() -> tuple[Array, bool]:
        right = differences.accepts(column, options.rtol, atol)
        at_kink = False
        if not right.all():
            subgradient = differences.between(column, options.rtol, atol)
            at_kink, right = bool((subgradient & ~right).any()), right | subgradient
        right &= ~differences.undecided(column, largest) & ~differences.jumps()
        return right | differences.at_an_edge(column, options.rtol, atol), at_kink

    right, at_kink = accepted()
    uncertain = differences.uncertain(column, largest) & right
    if uncertain.any() and options.atol == 0:
        differences.lengthen(size)
        right &= ~uncertain | accepted()[0]
    if not right.all():
        settled = differences.settled()
        differences.allow_for_roughness()
        rough, kink_there = accepted()
        right, at_kink = right | (rough & settled), at_kink or kink_there
    if not right.all():
        differences.refine()
        better, at_kink_too = accepted()
        better &= right | ~settled
        for row in np.flatnonzero(better & ~right):
            better[row] = not differences.saw(int(row))
        right, at_kink = right | better, at_kink or at_kink_too
    return right, at_kink


def equal(a: Array, b: Array, rtol: float, atol: Array | float) -> Array:
    """Which slopes a, all finite, are those of b."""
    with np.errstate(all="ignore"):
        size = np.maximum(np.abs(a), np.abs(b))
        return np.asarray(np.isfinite(a) & (np.abs(a - b) <= atol + rtol * size))


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
    scale = sizes(checked.arrays)
    n, m = checked.x.size, checked.y.size
    u, gradient = np.zeros(m), np.zeros(n)
    rough = np.zeros(n, bool)  # the entries found to be at a kink or an edge of f

    def wrong_along(v: Array, exact: bool = False) -> Finding | None:
        step = _disagrees_along(checked, options, u, v, gradient, exact)
        if step is None:
            return None
        return locate(checked, options, u, gradient, np.flatnonzero(v), step * np.abs(v))

    for i in range(count):
        u = random.standard_normal(m)
        gradient = checked.vjp(u)
        for size in (scale, typical(checked.arrays)):
            v = directions(random, checked.x, size, options.step)
            v = on_grid(levelled(v, gradient), checked.x, size, options.step) if i % 2 else v
            if _agrees_at_once(checked, options, u, v, gradient):
                continue
            found = wrong_along(v)
            if found is None:
                rough |= at_kinks(checked, u, np.where(rough, 0.0, v), gradient, options.step)
                found = wrong_along(np.where(rough, 0.0, v)) if rough.any() else None
            if found is not None:
                return found
    for k in (
        *random.permutation(n)[:samples],
        *random.permutation(np.flatnonzero(rough))[:samples],
    ):
        v = np.zeros(n)
        v[k] = scale[k]
        found = wrong_along(v, exact=True)
        if found is not None:
            return found
    return None


def at_kinks(checked: CheckedFunction, u: Array, v: Array, gradient: Array, h: float) -> Array:
    """Which entries of x are at a kink of f, or at an edge: found by halves, from the change of
    <u, f> ahead and behind.  Along a direction with many of them, any slope between two far limits
    would be right, so a wrong entry elsewhere could hide."""
    found = np.zeros(v.size, bool)
    noise = 16 * EPS * norm(u * checked.y)
    moved, change = v != 0, _along(checked, u)
    parts = [np.flatnonzero(moved & (checked.x == 0)), np.flatnonzero(moved & (checked.x != 0))]
    tested = 0
    while parts:
        part = parts.pop(0)
        w = np.zeros(v.size)
        w[part] = h * v[part]
        ahead, behind = (s * float(tried(change, checked.x + s * w, ONE)[0]) for s in (1, -1))
        size = max(norm(gradient * w), abs(ahead), abs(behind))
        tested += 1
        if len(part) == 0 or abs(ahead - behind) <= ASYMMETRY * size + noise:
            continue
        if len(part) > 1 and tested < SEARCHED:
            parts += np.array_split(part, 2)
        else:
            found[part] = True
    return found


def levelled(v: Array, gradient: Array) -> Array:
    """v, shorter where its part of <gradient, v> is larger than the median: so that a wrong entry
    is seen beside much larger ones."""
    part = np.abs(gradient * v)
    part = np.where(np.isfinite(part), part, 0.0)
    median = float(np.median(part[part > 0])) if (part > 0).any() else 1.0
    with np.errstate(all="ignore"):
        return np.asarray(v * 2.0 ** np.floor(np.log2(np.minimum(1.0, median / part))))


def _along(checked: CheckedFunction, u: Array) -> Callable[[Array], Array]:
    """The change of <u, f> from its value at x.  Each result is subtracted before they are added,
    so that a small one is not lost in the rounding of a large one."""
    y = checked.y

    def change(x: Array) -> Array:
        return np.array([np.dot(u, checked.value(x) - y)])

    return change


def _agreement(
    options: Options, v: Array, gradient: Array, exact: bool
) -> tuple[Array, float, float]:
    """<gradient, v>, and how far it may be from the numeric one: relatively, and absolutely."""
    with np.errstate(all="ignore"):
        analytic = np.array([np.dot(gradient, v)])
        slack = options.atol * norm(v)
        slack += 0.0 if exact else min(options.rtol, 1e-8) * norm(gradient * v)
    return analytic, options.rtol if exact else 0.0, slack


def _agrees_at_once(
    checked: CheckedFunction,
    options: Options,
    u: Array,
    v: Array,
    gradient: Array,
    exact: bool = False,
) -> bool:
    """Whether <gradient, v> is that of one central difference."""
    analytic, rtol, slack = _agreement(options, v, gradient, exact)
    slope = central(_along(checked, u), checked.x, v, options.step)
    return bool(equal(analytic, slope, rtol, slack).all())


def _disagrees_along(
    checked: CheckedFunction,
    options: Options,
    u: Array,
    v: Array,
    gradient: Array,
    exact: bool = False,
) -> float | None:
    """None if <gradient, v> is the numeric <u, J v>; else the step at which this is seen best."""
    if _agrees_at_once(checked, options, u, v, gradient, exact):
        return None
    analytic, rtol, slack = _agreement(options, v, gradient, exact)
    far = checked.value(checked.x + options.step * v) != checked.y
    differences = FiniteDifferences(
        _along(checked, u), checked.x, v, rounded_as=norm((u * checked.y)[far])
    )
    for attempt in range(2):
        right = differences.accepts(analytic, rtol, slack, plateau=1e-5 if exact else 0.0)
        right |= differences.between(analytic, rtol, slack)
        right |= differences.at_an_edge(analytic, rtol, slack)
        if right.all() and (attempt == 0 or not differences.saw(0)):
            return None
        if attempt == 0 and not differences.settled().all():
            differences.refine()
    return float(differences.steps[int(np.argmin(differences.errors[:, 0]))])


def locate(
    checked: CheckedFunction,
    options: Options,
    u: Array,
    gradient: Array,
    entries: Array,
    steps: Array,
) -> Finding | None:
    """The wrong entries among some of x: the worst part, again and again; then its true entries.

    `steps` are those at which an error was seen, one for each entry of x."""
    random = np.random.default_rng(0)

    def error_over(part: Array) -> float:
        v = np.zeros(checked.x.size)
        v[part] = steps[part] * random.choice([-1.0, 1.0], len(part))
        change = central(checked.value, checked.x, v, 1.0)
        error = abs(float(np.dot(u, change)) - float(np.dot(gradient, v)))
        return error if np.isfinite(error) else np.inf

    while len(entries) > 4 * SHOWN:
        entries = max(np.array_split(entries, 8), key=error_over)
    if len(entries) > SHOWN:
        worst = sorted(entries, key=lambda k: -error_over(np.array([k])))
        entries = np.sort(np.array(worst[:SHOWN]))
    rows = _rows(checked, u, entries, steps)
    analytic = np.stack([checked.vjp(np.eye(1, u.size, j)[0])[entries] for j in rows])
    finding = block(checked, options, rows, entries, analytic, False)
    return finding if finding.wrong.any() else None


def _rows(checked: CheckedFunction, u: Array, entries: Array, steps: Array) -> Array:
    """The results whose derivative by these entries is wrong: the worse half, again and again."""
    rows = np.arange(u.size)
    columns = []
    for k in entries:
        v = np.zeros(checked.x.size)
        v[k] = steps[k]
        columns.append(central(checked.value, checked.x, v, 1.0) / steps[k])
    slopes = np.stack(columns, 1)
    signs = np.where(u < 0, -1.0, 1.0)

    def error_over(part: Array) -> float:
        chosen = np.zeros(u.size)
        chosen[part] = signs[part]
        error = np.abs(checked.vjp(chosen)[entries] - chosen @ slopes).max()
        return float(error) if np.isfinite(error) else np.inf

    while len(rows) > SHOWN:
        rows = max(np.array_split(rows, 2), key=error_over)
    return rows
