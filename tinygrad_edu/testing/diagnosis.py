"""Diagnosis: which one of the usual mistakes explains every wrong entry?

A hypothesis is a function of the evidence that returns a sentence, or None.  They are asked in
order, from what makes the numbers themselves doubtful to what is only a guess; the first answer
counts.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import permutations, product

import numpy as np

from ..dtypes import float64
from .checked_function import CheckedFunction
from .comparison import Finding
from .error import ErrorCurve
from .evidence import Evidence, Part, close, parts_of
from .numeric import sizes
from .terms import constant_function, elementwise, other_branch, through_a_sum


def diagnose(checked: CheckedFunction, finding: Finding) -> str | None:
    """The first hypothesis that explains all wrong entries, in words."""
    evidence = Evidence(checked, finding, parts_of(checked, finding))
    hypotheses = OF_A_WHOLE_JACOBIAN + OF_ANY_ENTRIES if finding.whole else OF_ANY_ENTRIES
    exact = finding.by_complex_step[finding.wrong].all()
    first = ABOUT_EXACT_NUMBERS if exact else ABOUT_THE_DIFFERENCES
    for hypothesis in (*first, *hypotheses, *LESS_CERTAIN):
        with np.errstate(all="ignore"):
            found = hypothesis(evidence)
        if found:
            return found
    return None


# ---------------------------------------------------------------- is the numeric slope right?


def outside(evidence: Evidence) -> str | None:
    """No difference can be taken at all."""
    row, column = evidence.finding.worst()
    differences = evidence.finding.differences.get(int(evidence.finding.columns[column]))
    if differences is None or np.isfinite(differences.value[row]):
        return None
    if not differences.undefined()[row]:
        return (
            "f is finite so close to this input only, or its slope is so large, that there is no "
            "numeric slope.  Check at another point"
        )
    return (
        "f is not finite, or raises an error, on both sides of this input, however small the step, "
        "so there is no numeric slope.  Check at another point"
    )


def not_finite(evidence: Evidence) -> str | None:
    """nan or infinity in the analytic gradient, where f itself is finite."""
    bad = ~np.isfinite(evidence.finding.analytic)
    if not bad.any() or not np.array_equal(bad, evidence.finding.wrong):
        return None
    return "the gradient is not finite, though f is: a division by 0 or 0 * inf inside a rule?"


def small_error(evidence: Evidence) -> str | None:
    """All wrong entries are nearly right."""
    finding = evidence.finding
    ours, theirs = finding.analytic[finding.wrong], finding.numeric[finding.wrong]
    error = float(np.max(np.abs(ours - theirs) / np.abs(theirs)))
    if not error <= 1e-5:
        return None
    return (
        f"a small error: the gradient is right but for {error:.1g} of its size.  Does the rule use "
        "a rounded constant (3.1416 for pi), an approximation, or float32?"
    )


def unresolved(evidence: Evidence) -> str | None:
    """f is another one at the next number: the input is too large for it."""
    row, column = evidence.finding.worst()
    k = int(evidence.finding.columns[column])
    differences = evidence.finding.differences.get(k)
    if differences is None or not differences.unresolved()[row]:
        return None
    x = float(evidence.checked.x[k])
    return (
        f"cancellation: f changes by as much as its own size between x = {x:.6g} and the next "
        f"float64 number, {np.spacing(abs(x)):.1g} away, so no difference (and no result of f) "
        "means anything here.  Check at a smaller input"
    )


def kink(evidence: Evidence) -> str | None:
    """The slopes on both sides differ, and the analytic one is not between them."""
    kinks = np.zeros(evidence.finding.wrong.shape, bool)
    for place, k in enumerate(evidence.finding.columns):
        differences = evidence.finding.differences.get(int(k))
        if differences is not None:
            kinks[:, place] = differences.kinks() | differences.vertical()
    if not (kinks | ~evidence.finding.wrong).all():
        return None
    row, column = evidence.finding.worst()
    k = int(evidence.finding.columns[column])
    differences = evidence.finding.differences[k]
    if differences.jumps()[row]:
        return "f jumps here (its value, not only its slope), so it has no derivative"
    if differences.vertical()[row]:
        return (
            "f is vertical here, as the cube root is at 0: its slope grows without end on ever "
            "shorter steps.  Check at another point"
        )
    behind, _, ahead, _ = differences.one_sided()
    scale = sizes(evidence.checked.arrays)[k]
    return (
        f"a kink: the slope is {behind[row] / scale:.6g} on the left and "
        f"{ahead[row] / scale:.6g} on the right, and the gradient is not between them.  Choose "
        "a subgradient between, or check at another point"
    )


def noise(evidence: Evidence) -> str | None:
    """f is rounded far more than float64: float32 inside, or cancellation."""
    finding = evidence.finding
    row, column = finding.worst()
    k = int(finding.columns[column])
    differences = finding.differences.get(k)
    if differences is None or bool(differences.edge[row]):
        return None
    if not differences.saw(row):
        if float(differences.noise()[row]) < 100:
            return None
        scale = sizes(evidence.checked.arrays)[k]
        size = max(abs(finding.analytic[row, column]), abs(differences.value[row] / scale))
        if float(differences.error[row]) < 1e-4 * size * scale:
            return None
    kinds = {y.array.dtype for y in evidence.checked.record()[1]} - {np.dtype(float64)}
    curve = ErrorCurve(
        "", 0.0, differences.steps[:-1], differences.slopes[:, row], differences.errors[:, row]
    ).text()
    if kinds:
        kind = ", ".join(str(kind) for kind in kinds)
        return (
            f"{kind} inside f: its result is {kind} though the inputs are float64, too rough for "
            "differences.  Let f keep the dtype of its inputs.  Error of the slope by step:\n"
            f"{curve}"
        )
    return (
        "cancellation in f, or float32 inside it: its values are rounded far more than float64 "
        "rounds.  Large parts cancel, or a part is cast.  Error of the slope by step:\n"
        f"{curve}"
    )


# ---------------------------------------------------------------- hypotheses for any finding


def detached(evidence: Evidence) -> str | None:
    """The analytic derivative is 0 everywhere, for one input or several."""
    wrong = evidence.wrong()
    if not all((part.ours == 0).all() for part in wrong):
        return None
    names = ", ".join(part.name for part in wrong)
    return f"detached: no gradient at all reaches {names}; .detach(), .data, .numpy(), no_grad()?"


def constant_factor(evidence: Evidence) -> str | None:
    """The analytic derivative is a constant times the right one."""
    wrong = evidence.wrong()
    ours = np.concatenate([part.ours.ravel() for part in wrong])
    theirs = np.concatenate([part.theirs.ravel() for part in wrong])
    if np.count_nonzero(theirs) == 0 or not np.isfinite(ours).all():
        return None
    factor = float(ours @ theirs / (theirs @ theirs))
    known = np.abs(theirs) > 1e-9 * np.abs(theirs).max()
    if factor == 0 or not close(ours, factor * theirs) or abs(factor - 1) < 1e-6:
        return None
    if np.count_nonzero(known) < 2 and not _simple(factor):
        return None
    names = ", ".join(part.name for part in wrong)
    return f"a constant factor: the gradient of {names} is {factor:.6g} times the right one" + (
        _meaning(factor, evidence)
    )


def _simple(factor: float) -> bool:
    near = Fraction(factor).limit_denominator(100)
    return near != 0 and abs(float(near) / factor - 1) < 1e-6 and abs(near.numerator) <= 100


def _meaning(factor: float, evidence: Evidence) -> str:
    if abs(factor + 1) < 1e-6:
        return " (-1: a sign?)"
    sides = {side for shape in evidence.checked.shapes for side in shape}
    sides |= {int(np.prod(shape)) for shape in evidence.checked.shapes}
    sides |= {side for shape in evidence.checked.output_shapes() for side in shape}
    for n in sorted(sides - {0, 1, 2}):
        if abs(factor * n - 1) < 1e-6:
            return f" (1/{n}: a mean over {n} entries in place of the sum?)"
        if abs(factor / n - 1) < 1e-6:
            return f" ({n}: a sum over {n} entries in place of the mean, or a sum taken twice?)"
    if abs(factor - 2) < 1e-6:
        return " (2: counted twice?)"
    if abs(factor - 0.5) < 1e-6:
        return " (1/2: one of two equal paths is missing, or detached?)"
    return ""


# ---------------------------------------------------------------- hypotheses for a whole Jacobian


def swapped(evidence: Evidence) -> str | None:
    """Two inputs have got each other's gradient."""
    wrong = evidence.wrong()
    for i, part in enumerate(wrong):
        for other in wrong[:i]:
            if len(wrong) != 2 or part.ours.shape != other.ours.shape:
                continue
            if close(part.ours, other.theirs) and close(other.ours, part.theirs):
                return f"swapped: {other.name} and {part.name} have each other's gradient"
    return None


def permuted(evidence: Evidence) -> str | None:
    """The gradient has its axes in another order, or runs backwards along one."""
    answers = [_permutation(part) for part in evidence.wrong()]
    known = [answer for answer in answers if answer]
    return known[0] if known and len(known) == len(answers) else None


def _permutation(part: Part) -> str | None:
    ours = part.ours.reshape(-1, *part.shape)
    theirs = part.theirs.reshape(-1, *part.shape)
    d = len(part.shape)
    if d > 4:
        return None
    for axes in permutations(range(d)):
        turned = theirs.transpose(0, *(1 + a for a in axes))
        if turned.shape != ours.shape:
            other = turned.reshape(ours.shape)
            if close(ours, other) and not close(theirs, other):
                return f"transposed: the gradient of {part.name} has its axes in the order {axes}"
            continue
        for flips in product((1, -1), repeat=d):
            other = turned[(slice(None), *(slice(None, None, step) for step in flips))]
            if close(ours, other) and not close(theirs, other):
                return _words(part.name, axes, flips)
    return None


def _words(name: str, axes: tuple[int, ...], flips: tuple[int, ...]) -> str:
    if axes != tuple(range(len(axes))):
        what = "transposed" if len(axes) == 2 else "permuted axes"
        return (
            f"{what}: the gradient of {name} has its axes in the order {axes}.  A transpose too "
            "many or too few, or a sum or mean over a wrong axis?"
        )
    backwards = [axis for axis, step in enumerate(flips) if step < 0]
    return f"reversed: the gradient of {name} runs backwards along axis {backwards[0]}"


def turned_results(evidence: Evidence) -> str | None:
    """The Jacobian is right, but for the order of the axes of the result."""
    shapes = evidence.checked.output_shapes()
    if len(shapes) != 1 or len(shapes[0]) not in (2, 3, 4) or not evidence.wrong():
        return None
    shape = shapes[0]
    for axes in permutations(range(len(shape))):
        if axes == tuple(range(len(shape))) or tuple(shape[a] for a in axes) != tuple(shape):
            continue
        order = (*axes, len(shape))
        if all(
            close(part.ours.reshape(*shape, -1), part.theirs.reshape(*shape, -1).transpose(order))
            for part in evidence.wrong()
        ):
            names = ", ".join(part.name for part in evidence.wrong())
            return (
                f"a wrong axis: the gradient of {names} is right if the axes of g are put in the "
                f"order {axes}: a sum over a wrong axis, a transpose too many, or permuted axes"
            )
    return None


def turned_matrix(evidence: Evidence) -> str | None:
    """J' in place of J: a matrix that should have been transposed in the rule (A g for A' g)."""
    for part in evidence.wrong():
        square = part.ours.shape[0] == part.ours.shape[1]
        if not square or not close(part.ours, part.theirs.T) or close(part.ours, part.theirs):
            return None
    names = ", ".join(part.name for part in evidence.wrong())
    return (
        f"transposed: the Jacobian of {names} is the transpose of the right one: A @ g in a rule "
        "in place of A.T @ g?"
    )


def _only_diagonal(part: Part) -> bool:
    rows, columns = part.ours.shape
    return rows == columns and bool((part.ours == np.diag(np.diag(part.ours))).all())


def missing_sum(evidence: Evidence) -> str | None:
    """Only some results reach the input: a broadcast axis is not summed over."""
    names, lost = [], 0
    for part in evidence.wrong():
        gone = (part.ours == 0) & (part.theirs != 0)
        kept = np.where(gone, 0.0, part.theirs)
        counts = np.count_nonzero(part.theirs, axis=0), np.count_nonzero(part.ours, axis=0)
        if _only_diagonal(part):
            return None
        if not gone.any() or not close(part.ours, kept) or not (counts[0] > counts[1]).all():
            return None
        if not (counts[1] > 0).all():
            return None
        names.append(part.name)
        lost = int(counts[0].max() - counts[1].min())
    return (
        f"a sum is missing: {lost} of the results that depend on an entry of {', '.join(names)} "
        "send it no gradient.  Is it a broadcast axis, or an index that occurs twice?"
    )


def wrong_axis(evidence: Evidence) -> str | None:
    """Each row of J has the right sum along some axis, but spread over another one."""
    for part in evidence.wrong():
        ours, theirs = (a.reshape(-1, *part.shape) for a in (part.ours, part.theirs))
        averages = [
            axis - 1
            for axis in range(1, ours.ndim)
            if close(ours, np.broadcast_to(theirs.mean(axis, keepdims=True), ours.shape))
        ]
        if not averages:
            return None
        return f"a wrong axis: the gradient of {part.name} is averaged over axis {averages[0]}"
    return None


def missing_term(evidence: Evidence) -> str | None:
    """What is missing is the part through another input, or one that has arrived there."""
    wrong = evidence.wrong()
    for part in wrong:
        missing = part.theirs - part.ours
        for other in evidence.parts:
            if other is part or other.theirs.shape != missing.shape or len(wrong) != 1:
                continue
            if np.any(missing) and close(missing, other.theirs):
                return (
                    f"a term is missing: the gradient of {part.name} lacks just the gradient of "
                    f"{other.name}; they meet in f, and one path is lost"
                )
    return None


# ---------------------------------------------------------------- guesses


def partly_detached(evidence: Evidence) -> str | None:
    """Right where it is not 0."""
    finding = evidence.finding
    wrong = finding.wrong
    if not (finding.analytic[wrong] == 0).all():
        return None
    count = int(wrong.sum())
    return (
        f"zero where it should not be: {count} entr{'y' if count == 1 else 'ies'} of the gradient "
        "got nothing, the others are right.  A mask, an index, or a part that is detached?"
    )


def chain_rule(evidence: Evidence) -> str | None:
    """The ratio of the two is a power of the input: a factor is missing or one too many."""
    for part in evidence.wrong():
        used = np.abs(part.theirs) > 1e-9 * np.abs(part.theirs).max()
        x = np.broadcast_to(part.x, part.theirs.shape)[used]
        ratio = (part.ours / np.where(used, part.theirs, 1))[used]
        if len(np.unique(np.abs(x).round(9))) < 2 or not (part.ours[~used] == 0).all():
            return None
        for power in (-3, -2, -1, 1, 2, 3):
            over = ratio / x**power
            if np.isfinite(over).all() and close(over, np.full(over.shape, over.mean())):
                return (
                    f"a factor of the input: the gradient of {part.name} is {over.mean():.6g} x^"
                    f"{power} times the right one.  A wrong power, or a factor of the chain rule?"
                )
        return None
    return None


def constant_shift(evidence: Evidence) -> str | None:
    """The difference is the same number everywhere."""
    finding = evidence.finding
    apart = (finding.analytic - finding.numeric)[finding.wrong]
    if (
        apart.size < 3
        or not finding.wrong.all()
        or not close(apart, np.full(apart.shape, apart[0]))
    ):
        return None
    return f"a constant too much: every entry of the gradient is off by {apart[0]:.6g}"


def few_entries(evidence: Evidence) -> str | None:
    """Only a few entries are wrong, all others right."""
    wrong = evidence.finding.wrong
    count, total = int(wrong.sum()), wrong.size
    if not evidence.finding.whole or count * 4 > total:
        return None
    return (
        f"only {count} of {total} entries of the Jacobian {'is' if count == 1 else 'are'} wrong: a "
        "border, an index or a mask of the rule?"
    )


Hypothesis = Callable[[Evidence], str | None]
ABOUT_EXACT_NUMBERS: tuple[Hypothesis, ...] = (not_finite, small_error)
ABOUT_THE_DIFFERENCES: tuple[Hypothesis, ...] = (outside, not_finite, unresolved, kink, noise)
OF_A_WHOLE_JACOBIAN: tuple[Hypothesis, ...] = (swapped, detached, missing_term, constant_factor)
OF_A_WHOLE_JACOBIAN += (permuted, turned_results, turned_matrix, missing_sum, through_a_sum)
OF_A_WHOLE_JACOBIAN += (wrong_axis,)
OF_ANY_ENTRIES: tuple[Hypothesis, ...] = (detached, constant_factor)
LESS_CERTAIN: tuple[Hypothesis, ...] = (constant_function, partly_detached, other_branch)
LESS_CERTAIN += (chain_rule, elementwise, constant_shift, few_entries)
