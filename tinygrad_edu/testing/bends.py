"""Bends: is an analytic slope that of f at x, though f bends near by?

Beside a kink at x + d the slope at x is that of steps below d, which longer steps contradict.
Short steps alone prove little: where something in f was rounded to float32, f is smooth between
jumps, and its slope there is wrong.  At a kink f changes its slope, and does not jump.

>>> Line(lambda t: max(t, 1e-5) - 1e-5, slope=0.0, rounding=1e-15).bends(1e-7, most=1.0)
True
>>> Line(lambda t: float(t > 1e-5), slope=0.0, rounding=1e-15).bends(1e-7, most=1.0)
False
"""

from __future__ import annotations

from collections.abc import Callable

LEVELS = 1, 16, 64  # times the rounding: how far f is from the line when it counts as having left
FARTHEST = 1.0  # the longest step
HALVINGS = 60


class Line:
    """The line f(0) + slope t beside a function f(t) of one number, t > 0, which is rounded."""

    def __init__(self, f: Callable[[float], float], slope: float, rounding: float) -> None:
        self._f, self._at_0, self._slope, self._rounding = f, f(0.0), slope, rounding

    def bends(self, first: float, most: float) -> bool:
        """Does f follow the line from 0 on, up to a place where it bends?  Not if it jumps there,
        or leaves the line at once.  At the step `first` f is on the line still; its slope differs
        by about `most` from that of the line, where it does so most."""
        left, further, furthest = (self._leaves(level, first) for level in LEVELS)
        if left >= FARTHEST:
            return True
        least = 4 * self._rounding / most  # a jump takes no step at all
        if further - left < least or furthest - further < least:
            return False
        begins = left - (further - left) * LEVELS[0] / (LEVELS[1] - LEVELS[0])
        return begins > 0.1 * left

    def _leaves(self, level: int, first: float) -> float:
        """The step at which f is so far from the line."""
        near, far = first, first
        while not self._is_off(level, far):
            near, far = far, 2 * far
            if near >= FARTHEST:
                return FARTHEST
        for _ in range(HALVINGS):
            middle = (near + far) / 2
            near, far = (near, middle) if self._is_off(level, middle) else (middle, far)
        return far

    def _is_off(self, level: int, t: float) -> bool:
        return not abs(self._f(t) - self._at_0 - self._slope * t) <= level * self._rounding
