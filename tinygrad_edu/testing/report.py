"""Report: a wrong derivative in words: the worst entry, a table of true entries, the diagnosis, and
a script that repeats it."""

from __future__ import annotations

import numpy as np

from .comparison import SHOWN, Finding
from .subject import Subject


def message(subject: Subject, finding: Finding, diagnosis: str | None) -> str:
    """The whole text of a GradcheckError."""
    parts = [headline(subject, finding), table(subject, finding)]
    parts.append(f"diagnosis: {diagnosis or 'no usual mistake explains all of these entries'}")
    parts.append("to repeat it:\n" + script(subject))
    return "\n".join(parts)


def headline(subject: Subject, finding: Finding) -> str:
    row, column = finding.worst()
    k = int(finding.columns[column])
    i, place = subject.place(k)
    j, result = subject.output_place(int(finding.rows[row]))
    x = f"x{i}" if len(subject.names) > 1 else "x"
    return (
        f"gradcheck{subject.at}: the gradient of {subject.names[i]}, shape "
        f"{tuple(subject.shapes[i])}, is wrong; worst at {list(place)}, where the input is "
        f"{subject.x[k]:.6g}: d {_name(j, result, subject)} / d {_at(x, place)}: analytic "
        f"{finding.analytic[row, column]:.8g}, numeric {finding.numeric[row, column]:.8g} "
        f"(+- {finding.error[row, column]:.1g})"
    )


def table(subject: Subject, finding: Finding) -> str:
    """True entries of the Jacobian, wrong ones first."""
    entries = [(int(r), int(c)) for r, c in np.argwhere(finding.wrong)]
    apart = np.abs(finding.analytic - finding.numeric)
    entries.sort(key=lambda entry: -np.nan_to_num(apart[entry], nan=np.inf))
    right = [(int(r), int(c)) for r, c in np.argwhere(~finding.wrong & (finding.numeric != 0))]
    chosen = [*entries, *right][:SHOWN]
    lines = [f"{'result':>12} {'input':>24} {'analytic':>15} {'numeric':>15} {'+-':>8}"]
    for r, c in chosen:
        i, place = subject.place(int(finding.columns[c]))
        name = f"{subject.names[i]}{list(place) if place else ''}"
        result = _name(*subject.output_place(int(finding.rows[r])), subject)
        lines.append(
            f"{result:>12} {name:>24} {finding.analytic[r, c]:15.8g} {finding.numeric[r, c]:15.8g} "
            f"{finding.error[r, c]:8.1g}{'  <- wrong' if finding.wrong[r, c] else ''}"
        )
    rest = len(entries) - sum(finding.wrong[entry] for entry in chosen)
    return "\n".join(lines + ([f"... and {rest} more wrong entries"] if rest > 0 else []))


def _name(j: int, place: tuple[int, ...], subject: Subject) -> str:
    several = len(subject.output_shapes()) > 1
    return _at(f"y{j}" if several else "y", place)


def _at(name: str, place: tuple[int, ...]) -> str:
    return f"{name}{list(place)}" if place else name


def script(subject: Subject) -> str:
    """A few lines that repeat the failure."""
    lines = ["    import tinygrad_edu as tg", "    from tinygrad_edu.testing import gradcheck"]
    named = []
    for name, x in zip(subject.names, subject.arrays, strict=True):
        if name.startswith("input "):
            short = name.replace("input ", "x")
            values = x.tolist() if x.size <= 12 else None
            made = f"tg.tensor({values}" if values is not None else f"tg.randn({tuple(x.shape)}"
            lines.append(f"    {short} = {made}, dtype=tg.float64)")
            named.append(short)
    comma = "," if len(named) == 1 else ""
    order = ", order=2" if subject.at else ""
    f = getattr(subject.f, "__name__", "f").replace("<lambda>", "f").replace("pulled", "f")
    f = "module" if f == "call" else f
    lines.append(f"    gradcheck({f}, ({', '.join(named)}{comma}){order})")
    return "\n".join(lines)
