"""Draws of valid arguments, for the checks: `samples(random)` returns (inputs, params).

A shape among the inputs stands for a random float array of that shape; an array is taken as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from random import Random

Shape = tuple[int, ...]
Draw = tuple[tuple[Any, ...], dict[str, Any]]


def shape(random: Random, min_ndim: int = 0, max_ndim: int = 3, min_side: int = 1) -> Shape:
    ndim = random.randint(min_ndim, max_ndim)
    return tuple(random.randint(min_side, 4) for _ in range(ndim))


def broadcast(random: Random, full: Shape) -> Shape:
    """A shape that broadcasts to `full`: some sides 1, some leading sides left out."""
    sides = tuple(1 if random.random() < 0.25 else side for side in full)
    return sides[random.randint(0, len(full)) if random.random() < 0.3 else 0 :]


def elementwise(count: int) -> Any:
    """Shapes that broadcast together, one for each of `count` inputs."""

    def draw(random: Random) -> Draw:
        full = shape(random, min_side=0)
        return (full, *[broadcast(random, full) for _ in range(count - 1)]), {}

    return draw


def axis(random: Random, ndim: int) -> int:
    return random.randint(-ndim, ndim - 1)


def axes(random: Random, ndim: int) -> Any:
    """None, one axis or a tuple of them."""
    if ndim == 0 or random.random() < 0.3:
        return None
    if random.random() < 0.5:
        return axis(random, ndim)
    return tuple(random.sample(range(ndim), random.randint(1, ndim)))


def reduction(random: Random) -> Draw:
    full = shape(random)
    return (full,), {"axis": axes(random, len(full)), "keepdims": random.random() < 0.5}


def along_axis(random: Random) -> Draw:
    full = shape(random, min_ndim=1)
    return (full,), {"axis": axis(random, len(full))}
