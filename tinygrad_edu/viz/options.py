"""Options: `draw`, `diff` and `steps` take the same ones, and refuse others in the same words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

DIRECTIONS = ("down", "right")


def check_choice(who: str, name: str, given: Any, known: Iterable[str]) -> None:
    """Refuse a value that is none of those known; `who` is the function that was called."""
    if given not in (choices := list(known)):
        words = " or ".join(map(repr, choices))
        raise ValueError(f"{who}: {name}={given!r}: it is {words}")


def check_limit(who: str, name: str, given: Any, least: int) -> None:
    """Refuse what is neither None nor an integer from `least` on."""
    if given is not None and (not isinstance(given, int) or given < least):
        raise ValueError(f"{who}: {name}={given!r}: it is None or an integer, {least} or more")
