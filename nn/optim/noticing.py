"""What an optimizer notices by itself: steps that use no new gradient.  It warns once, and costs a
comparison of two numbers a step."""

from __future__ import annotations

import warnings
from typing import Any

from tinygrad_edu.engine import leaf
from tinygrad_edu.engine.clock import caller_level, clock

IDLE = 2  # steps in a row without any gradient, before it says so


class Noticing:
    """An optimizer is told of each step and of each `zero_grad()` that cleared a gradient."""

    param_groups: list[dict[str, Any]]
    uncleared = 0  # steps in a row whose backward() added to what the step before had used
    _has_warned = False
    _used: float | None = None  # a number of the gradient that the last step used
    _passes = -1  # of all backward passes, how many there were at the last step
    _cleared_at = -1  # the same, when zero_grad() last cleared a gradient
    _idle = 0  # steps in a row without any gradient
    _tick = 0  # of the record, at the last of them

    def _notice_step(self, used: float | None) -> None:
        """`used` is a number of the gradient that this step uses, None if there is none."""
        passes = leaf.passes
        if used is None:
            self._notice_none(passes)
        else:
            self._idle = 0
            if passes != self._passes:
                added = leaf.added == passes == self._passes + 1 and self._cleared_at < self._passes
                self.uncleared = self.uncleared + 1 if added else 0
            elif used == self._used and leaf.by_hand != passes:
                self._warn(
                    "this step uses the gradient that the last one used: no backward() came "
                    "between.  Call loss.backward() before each step()"
                )
        self._passes, self._used = passes, used

    def _notice_none(self, passes: int) -> None:
        tick = next(clock)
        was_cleared = self._cleared_at == passes > self._passes >= 0
        is_working = tick > max(self._tick, self._read_at()) + 1  # ops were recorded since then
        self._idle += was_cleared or (passes == self._passes and is_working)
        self._tick = tick
        if self._idle >= IDLE:
            why = (
                "zero_grad() cleared the gradient after backward(): call them in the order "
                "zero_grad(), backward(), step()"
                if was_cleared
                else "no parameter has a gradient: call loss.backward() before step()"
            )
            self._warn(f"this step changes nothing: {why}")

    def _read_at(self) -> int:
        """The tick at which a parameter was last read, as by detach(): that is no training."""
        nodes = [leaf.home(p) for group in self.param_groups for p in group["params"]]
        cuts = [node.cuts or {} for node in nodes if node is not None]
        return max(
            (tick for own in cuts for name, tick in own.items() if isinstance(name, str)), default=0
        )

    def _warn(self, why: str) -> None:
        if not self._has_warned:
            self._has_warned = True
            text = f"{type(self).__name__}.step: {why}"
            warnings.warn(text, UserWarning, stacklevel=caller_level())
