"""The default generator, as hypothesis asks for it: it is seeded before each example."""

from __future__ import annotations

from typing import Any

from hypothesis import register_random

from ...rng import get_rng_state, manual_seed, set_rng_state


class _DefaultGenerator:
    """What a test draws from it, such as the first weights of a layer, is the same when the example
    runs again.  Otherwise hypothesis could not shrink what fails: it would be called flaky."""

    def seed(self, seed: int) -> None:
        manual_seed(seed)

    def getstate(self) -> Any:
        return get_rng_state()

    def setstate(self, state: Any) -> None:
        set_rng_state(state)


DEFAULT = _DefaultGenerator()  # hypothesis itself holds it by a weak reference
register_random(DEFAULT)
