"""Causes: why an op gave numbers that are not finite, and what is usually done about it."""

from __future__ import annotations

from ..engine.trapping import Finding
from .backward_causes import GOING_BACK
from .facts import Cause, Facts
from .forward_causes import GOING_FORWARD


def cause_of(finding: Finding) -> Cause | None:
    """The cause of a finding, if it is one of those that are known here."""
    facts = Facts(finding)
    steps = GOING_BACK if finding.backward else GOING_FORWARD
    return next((cause for step in steps if (cause := step(facts)) is not None), None)
