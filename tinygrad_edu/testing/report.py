"""Report: a wrong derivative in words: the worst entry, a table of true entries, the diagnosis."""

from __future__ import annotations

import numpy as np

from .checked_function import CheckedFunction
from .comparison import SHOWN, Finding
from .diagnosis import diagnose
from .error import ErrorCurve, GradcheckError
from .numeric import sizes


def error_of(checked: CheckedFunction, finding: Finding, mode: str = "") -> GradcheckError:
    """The error that shows the wrong entries.  `mode` says by which mode they were computed."""
    diagnosis = diagnose(checked, finding)
    row, column = finding.worst()
    i, place = checked.input_place(int(finding.columns[column]))
    parts = [headline(checked, finding, mode), table(checked, finding)]
    parts.append(f"diagnosis: {diagnosis or 'no usual mistake explains all of these entries'}")
    error = GradcheckError(
        "\n".join(parts),
        checked.names[i],
        place,
        float(finding.analytic[row, column]),
        float(finding.numeric[row, column]),
        diagnosis,
    )
    error.reference = _reference(finding, row, column)
    error.curve = _curve(checked, finding)
    for c in np.flatnonzero(finding.wrong.any(0)):
        j, wrong = checked.input_place(int(finding.columns[c]))
        error.entries.setdefault(checked.positions[j], []).append(wrong)
    return error


def headline(checked: CheckedFunction, finding: Finding, mode: str) -> str:
    row, column = finding.worst()
    digits = _digits(finding)
    k = int(finding.columns[column])
    i, place = checked.input_place(k)
    what = f"{mode}the {_ordinals(checked.order)}derivative by" if mode else _gradient(checked)
    return (
        f"gradcheck{_order(checked)}: {what} {checked.names[i]}, shape "
        f"{tuple(checked.shapes[i])}, is wrong; worst at {list(place)}, where the input is "
        f"{checked.x[k]:.6g}: {_entry(checked, finding, row, column)}: analytic "
        f"{finding.analytic[row, column]:.{digits}g}, numeric "
        f"{finding.numeric[row, column]:.{digits}g} "
        f"(+- {finding.error[row, column]:.1g}, by {_reference(finding, row, column)})"
    )


def _reference(finding: Finding, row: int, column: int) -> str:
    return "complex step" if finding.by_complex_step[row, column] else "finite differences"


def _digits(finding: Finding) -> int:
    """So many that the worst entry is seen to be wrong."""
    ours, theirs = finding.analytic[finding.worst()], finding.numeric[finding.worst()]
    return 8 if f"{ours:.7g}" != f"{theirs:.7g}" else 16


def _order(checked: CheckedFunction) -> str:
    return f" (order {checked.order})" if checked.order > 1 else ""


def _ordinals(order: int) -> str:
    return "" if order == 1 else "second " if order == 2 else f"{order}th "


def _gradient(checked: CheckedFunction) -> str:
    if checked.order == 1:
        return "the gradient of"
    return f"the {_ordinals(checked.order)}derivative (of L = <u, y>, u random) by"


def table(checked: CheckedFunction, finding: Finding) -> str:
    """True entries of the Jacobian, wrong ones first."""
    entries = [(int(r), int(c)) for r, c in np.argwhere(finding.wrong)]
    apart = np.abs(finding.analytic - finding.numeric)
    entries.sort(key=lambda entry: -np.nan_to_num(apart[entry], nan=np.inf))
    right = [(int(r), int(c)) for r, c in np.argwhere(~finding.wrong & (finding.numeric != 0))]
    chosen = [*entries, *right][:SHOWN]
    digits = _digits(finding)
    width = digits + 7
    lines = [f"{'result':>20} {'input':>24} {'analytic':>{width}} {'numeric':>{width}} {'+-':>8}"]
    for r, c in chosen:
        result, name = _names(checked, finding, r, c)
        lines.append(
            f"{result:>20} {name:>24} {finding.analytic[r, c]:{width}.{digits}g} "
            f"{finding.numeric[r, c]:{width}.{digits}g} "
            f"{finding.error[r, c]:8.1g}{'  <- wrong' if finding.wrong[r, c] else ''}"
        )
    rest = len(entries) - sum(finding.wrong[entry] for entry in chosen)
    return "\n".join(lines + ([f"... and {rest} more wrong entries"] if rest > 0 else []))


def _names(checked: CheckedFunction, finding: Finding, r: int, c: int) -> tuple[str, str]:
    i, place = checked.input_place(int(finding.columns[c]))
    j, result = checked.output_place(int(finding.rows[r]))
    several = len(checked.output_shapes()) > 1
    y = checked.result_names[j] if checked.result_names else f"y{j}" if several else "y"
    return _at(y, result), _at(checked.names[i], place)


def _entry(checked: CheckedFunction, finding: Finding, r: int, c: int) -> str:
    result, name = _names(checked, finding, r, c)
    if checked.order == 1 and len(checked.names) == 1:
        name = name.replace("input 0", "x")
    return f"d {result} / d {name}"


def _at(name: str, place: tuple[int, ...]) -> str:
    return f"{name}{list(place)}" if place else name


def _curve(checked: CheckedFunction, finding: Finding) -> ErrorCurve | None:
    row, column = finding.worst()
    k = int(finding.columns[column])
    differences, scale = finding.differences.get(k), sizes(checked.arrays)[k]
    if differences is None:
        return None
    title = "d {} / d {}".format(*_names(checked, finding, row, column))
    analytic = float(finding.analytic[row, column])
    slopes, errors = differences.slopes[:, row] / scale, differences.errors[:, row] / scale
    return ErrorCurve(title, analytic, differences.steps[:-1], slopes, errors)
