"""Hypotheses about terms of a derivative: one is missing, or stands where it should not."""

from __future__ import annotations

import numpy as np

from ..dtypes import Array
from .evidence import Evidence, close

LOST = (
    "a term is missing: the derivative by {names} lacks the part through a sum, mean, norm or "
    "product of all entries.  Is that part detached (.detach(), .data, .numpy(), .item(), "
    "no_grad()), or forgotten in the rule?"
)


def _square(a: Array) -> bool:
    return a.ndim == 2 and a.shape[0] == a.shape[1] and len(a) >= 3


def through_a_sum(evidence: Evidence) -> str | None:
    """The difference is a matrix of low rank: what goes through one or two numbers."""
    wrong = evidence.wrong()
    for part in wrong:
        missing = part.theirs - part.ours
        off = missing[~np.eye(len(missing), dtype=bool)] if _square(missing) else np.zeros(0)
        if not _square(missing) or np.count_nonzero(np.abs(off) > 1e-9) < off.size / 2:
            return None
        values = np.linalg.svd(missing, compute_uv=False)
        rank = int(np.sum(values > 1e-6 * values[0]))
        only_diagonal = bool((part.ours == np.diag(np.diag(part.ours))).all())
        if rank > (1 if len(missing) < 5 else 2) and not only_diagonal:
            return None
    names = ", ".join(part.name for part in wrong)
    return LOST.format(names=names)


def constant_function(evidence: Evidence) -> str | None:
    """The right derivative is 0 everywhere."""
    wrong = evidence.wrong()
    if not all((part.theirs == 0).all() for part in wrong):
        return None
    names = ", ".join(part.name for part in wrong)
    return (
        f"the right derivative is 0: f does not change with {names}, or only in steps (round, "
        "sign, a comparison), and yet there is a gradient.  If it is meant so (straight-through), "
        "it cannot be checked by differences"
    )


def other_branch(evidence: Evidence) -> str | None:
    """Wrong on one side of 0 only."""
    finding = evidence.finding
    x = np.broadcast_to(evidence.checked.x[finding.columns], finding.wrong.shape)
    alike = finding.numeric != 0
    alike |= finding.analytic != 0
    for side, words in ((x > 0, "above 0"), (x < 0, "below 0")):
        there = alike & side
        if there.sum() < 2 or not np.array_equal(finding.wrong, there) or not (alike & ~side).any():
            continue
        ours, theirs = finding.analytic[there], finding.numeric[there]
        if (theirs == 0).all():
            return f"a mask is missing: where the input is {words}, the right derivative is 0"
        factor = float(ours @ theirs / (theirs @ theirs))
        more = f" ({factor:.6g} times the right one)" if close(ours, factor * theirs) else ""
        return f"wrong only where the input is {words}{more}: a slope, branch or mask of the rule?"
    return None


def elementwise(evidence: Evidence) -> str | None:
    """Every entry of an elementwise derivative is wrong, in no simple way."""
    wrong = evidence.wrong()
    for part in wrong:
        diagonal = np.eye(len(part.theirs), dtype=bool) if _square(part.theirs) else None
        if diagonal is None or (part.theirs[~diagonal] != 0).any():
            return None
        if (part.ours[~diagonal] != 0).any() or close(np.diag(part.ours), np.diag(part.theirs)):
            return None
    if int(evidence.finding.wrong.sum()) * 2 < sum(len(part.theirs) for part in wrong):
        return None
    names = ", ".join(part.name for part in wrong)
    return (
        f"a wrong formula or a missing term: the gradient of {names} is wrong by an amount that "
        "changes from entry to entry.  Is a term of a sum or a factor of the chain rule missing, "
        "or detached (.detach(), .data, .numpy(), .item(), no_grad())?  Does the rule read the "
        "input where it should read the result, or the other way round?"
    )
