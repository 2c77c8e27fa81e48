"""Limits: what one op, layer or loader may cost, beside PyTorch's or on its own.  One table.

    python -m benchmarks.limits             measure all of them (two minutes)
    python -m benchmarks.limits topk views  those whose names contain one of the words

The exit status is 1 where a value is over its limit and no reason stands beside it.
"""

import time
from collections.abc import Callable
from typing import NamedTuple


class Limit(NamedTuple):
    """A value that is measured, the largest that we want to see, and why it may be larger."""

    name: str
    measure: Callable[[], float]
    limit: float | None = None
    unit: str = "x"
    why: str = ""


def all_limits():
    from . import alone, beside_pytorch, engine

    return [*beside_pytorch.LIMITS, *engine.LIMITS, *alone.LIMITS]


def ratio(ours, other, rounds=12, seconds=0.01):
    """The time of one call as a ratio to another's; they take turns, the fastest rounds count."""
    ours, other = fastest({"ours": ours, "other": other}, rounds, seconds).values()
    return ours / other


def fastest(contestants, rounds=12, seconds=0.01):
    """Microseconds of the processor a call, in the fastest round of each; they take turns."""
    counts, best = {}, dict.fromkeys(contestants, float("inf"))
    for name, call in contestants.items():
        call()
        begin = time.process_time()
        call()
        counts[name] = max(1, int(seconds / (time.process_time() - begin + 1e-7)))
    for _ in range(rounds):
        for name, call in contestants.items():
            begin = time.process_time()
            for _ in range(counts[name]):
                call()
            spent = (time.process_time() - begin) / counts[name]
            best[name] = min(best[name], spent * 1e6)
    return best
