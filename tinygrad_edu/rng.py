"""Random numbers: explicit generators, and one default generator per thread."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np


class Generator:
    """A stream of random numbers that a seed reproduces; `.numpy` is the NumPy generator in it.

    >>> Generator().manual_seed(0).numpy.integers(10, size=3)
    array([8, 6, 5])
    """

    def __init__(self, device: Any = "cpu") -> None:
        if str(device) != "cpu":
            raise ValueError(f"Generator: numbers are drawn on the CPU, not on {device!r}")
        self.seed()

    def manual_seed(self, seed: int) -> Generator:
        """Start the stream that belongs to `seed`; returns the generator itself."""
        self._seed = int(seed)
        self.numpy = np.random.Generator(np.random.PCG64(self._seed % 2**64))
        return self

    def seed(self) -> int:
        """Start a stream that differs each time; returns the seed that names it."""
        self.manual_seed(int(np.random.SeedSequence().generate_state(1, np.uint64)[0]))
        return self._seed

    def initial_seed(self) -> int:
        return self._seed

    def get_state(self) -> dict[str, Any]:
        return dict(self.numpy.bit_generator.state)

    def set_state(self, state: dict[str, Any]) -> Generator:
        self.numpy.bit_generator.state = state
        return self


class _PerThread(threading.local):
    generator: Generator | None = None


_default = _PerThread()


def default_generator() -> Generator:
    """The generator of this thread, made at first use."""
    if _default.generator is None:
        _default.generator = Generator()
    return _default.generator


def manual_seed(seed: int) -> Generator:
    """Seed this thread's default generator: the same seed gives the same numbers again."""
    return default_generator().manual_seed(seed)


def numpy_generator(generator: Generator | None = None) -> np.random.Generator:
    return (generator or default_generator()).numpy
