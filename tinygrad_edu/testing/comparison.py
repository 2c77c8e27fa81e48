"""Comparison: the analytic derivative beside the numeric one, entry by entry.

An entry first needs one complex step, or one central difference where f has no complex step.  Only
where that does not agree are differences taken at more steps (`FiniteDifferences`), and where these
do not agree either, at still finer and longer ones.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from ..dtypes import Array
from .analytic import jacobian
from .checked_function import CheckedFunction
from .numeric import EPS, FiniteDifferences, central, sizes, typical
from .options import Options

SMALL = 400  # entries of a Jacobian that is compared whole
LARGEST = 120  # rows or columns of a Jacobian that is computed whole for a diagnosis
SHOWN = 8  # entries in a table


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
    by_complex_step: Array  # which of the numeric ones; the others are by finite differences
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
    numeric, error = np.zeros((2, *analytic.shape))
    exact = np.full(analytic.shape, checked.complex_step is not None)
    wrong, scale = np.zeros(analytic.shape, bool), sizes(checked.arrays)
    finding = Finding(rows, columns, analytic, numeric, error, wrong, {}, exact, whole)
    for place, k in enumerate(columns):
        v = np.zeros(checked.x.size)
        v[k] = scale[k]
        slope = slopes_along(checked, v, options.step)[rows]
        numeric[:, place] = slope / scale[k]
        column, atol = analytic[:, place] * scale[k], options.atol * scale[k]
        if not equal(column, slope, options.rtol, atol).all():
            _look_closer(checked, options, finding, place, v, slope)
    error[exact] = EPS * np.abs(numeric[exact])
    return finding


def _look_closer(
    checked: CheckedFunction, options: Options, finding: Finding, place: int, v: Array, first: Array
) -> None:
    """Judge one column of a block by finite differences, if its `first` slope does not agree."""
    rows, k = finding.rows, int(finding.columns[place])
    size, longest = v[k], typical(checked.arrays)[k]
    column = finding.analytic[:, place] * size
    scale = sizes(checked.arrays)[finding.columns]
    largest = np.abs(finding.analytic * scale).max(1, initial=0.0)

    def function(x: Array) -> Array:
        return checked.value(x)[rows]

    differences = FiniteDifferences(
        function, checked.x, v, longest / size, checked.natural(size)[rows]
    )
    atol = options.atol * size
    if checked.order > 1:  # the gradient is made of parts that are rounded as it is
        atol = atol + 8 * EPS * np.abs(differences.at_x)
    right, at_kink = judged(differences, column, options, atol, largest, size)
    slope, error, exact = differences.value, differences.error, np.zeros(len(rows), bool)
    if checked.complex_step is not None:
        sure = differences.accepts(first, options.rtol, atol)
        right = refined(right, sure, column, first, options, atol, differences.natural)
        exact = sure | checked.complex_step.steady(v)[rows]
        slope = np.where(exact, first, slope)
    finding.numeric[:, place], finding.error[:, place] = slope / size, error / size
    finding.wrong[:, place], finding.by_complex_step[:, place] = ~right, exact
    finding.differences[k] = differences
    finding.kinks += [k] if at_kink else []


def slopes_along(checked: CheckedFunction, v: Array, h: float) -> Array:
    """J v, exact by a complex step if f has one, else by one central difference."""
    if checked.complex_step is not None:
        return np.asarray(checked.complex_step(v))
    return central(checked.value, checked.x, v, h)


def refined(
    right: Array,
    sure: Array,
    analytic: Array,
    exact: Array,
    options: Options,
    atol: Array | float,
    natural: Array,
) -> Array:
    """Which analytic slopes are right, where differences have judged and a complex step knows more.

    Those that agree with the complex step are right, even where f is too rough for differences.
    Others are wrong if differences do not contradict the complex step (`sure`), and more than the
    rounding of numbers of `natural` size lies between."""
    agree = equal(analytic, exact, options.rtol, atol)
    with np.errstate(all="ignore"):
        apart = np.abs(analytic - exact) > 16 * EPS * natural
    return np.asarray(agree | (right & ~(sure & apart)))


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
        right &= ~differences.undecided(column, largest) & ~differences.vertical()
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
    if not right.all():
        right = right | differences.beside_a_bend(column)
    return right, at_kink


def equal(a: Array, b: Array, rtol: float, atol: Array | float) -> Array:
    """Which slopes a are those of b.  None is infinite: beside infinity, all would be equal."""
    with np.errstate(all="ignore"):
        size = np.maximum(np.abs(a), np.abs(b))
        return np.asarray(np.isfinite(size) & (np.abs(a - b) <= atol + rtol * size))
