"""Random numbers: explicit generators, and one default generator per thread."""

from __future__ import annotations

from _thread import _local as local  # as in registry.py
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from .device import device as Device
from .registry import public


@public()
class Generator:
    """A stream of random numbers that a seed reproduces; `.numpy` is the NumPy generator in it.

    Parameters
    ----------
    device : device or str, default "cpu"
        Where the numbers are drawn: only the CPU is possible.

    Raises
    ------
    RuntimeError
        For any other device than the CPU.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> stream = tg.Generator().manual_seed(0)
    >>> tg.randint(10, (3,), generator=stream)
    tensor([8, 6, 5])
    """

    def __init__(self, device: Any = "cpu") -> None:
        self.device = Device(device)
        self.seed()

    def __repr__(self) -> str:
        return f"Generator(device='{self.device}', seed={self._seed})"

    def manual_seed(self, seed: int) -> Generator:
        """Start the stream that belongs to a seed.

        Parameters
        ----------
        seed : int
            The seed: the same one gives the same numbers again.

        Returns
        -------
        Generator
            The generator itself.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> stream = tg.Generator()
        >>> stream.manual_seed(0) is stream
        True
        """
        seed = int(seed)
        return self._start(seed, np.random.Generator(np.random.PCG64(seed % 2**64)))

    def _start(self, seed: int, generator: np.random.Generator) -> Generator:
        self._note()
        self._seed, self._numpy = seed, generator  # Ctrl-C does not come between assignments
        return self

    @property
    def numpy(self) -> np.random.Generator:
        """The NumPy generator that the numbers come from."""
        if _default.watching:
            self._note()
        return self._numpy

    @numpy.setter
    def numpy(self, generator: np.random.Generator) -> None:
        self._numpy = generator

    def _note(self) -> None:
        """Whoever watches is told where the stream stood before it was drawn from."""
        for states in _default.watching:
            if self not in states and hasattr(self, "_numpy"):
                states[self] = self.get_state()

    def seed(self) -> int:
        """Start a stream that differs each time.

        Returns
        -------
        int
            The seed of this stream: `manual_seed` starts it again.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> stream = tg.Generator()
        >>> stream.seed() == stream.initial_seed()
        True
        """
        self.manual_seed(int(np.random.SeedSequence().generate_state(1, np.uint64)[0]))
        return self._seed

    def initial_seed(self) -> int:
        """Return the seed with which the stream started.

        Returns
        -------
        int
            The seed.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> tg.Generator().manual_seed(3).initial_seed()
        3
        """
        return self._seed

    def get_state(self) -> dict[str, Any]:
        """Return the position of the generator in its stream, for `set_state`.

        Returns
        -------
        dict
            The seed and the state of the NumPy generator; it can be pickled.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> stream = tg.Generator().manual_seed(0)
        >>> state = stream.get_state()
        >>> a = tg.rand(3, generator=stream)
        >>> tg.equal(a, tg.rand(3, generator=stream.set_state(state)))
        True
        """
        return {"seed": self._seed, "numpy": self._numpy.bit_generator.state}

    def set_state(self, state: dict[str, Any]) -> Generator:
        """Return to a position in a stream: the same numbers follow as after `get_state`.

        Parameters
        ----------
        state : dict
            What `get_state` returned, of this generator or of another.

        Returns
        -------
        Generator
            The generator itself.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> one, other = tg.Generator(), tg.Generator()
        >>> other = other.set_state(one.get_state())
        >>> tg.equal(tg.rand(3, generator=one), tg.rand(3, generator=other))
        True
        """
        seed, bits = state["seed"], np.random.PCG64(0)
        bits.state = state["numpy"]
        return self._start(seed, np.random.Generator(bits))


Source = Generator | None  # None: this thread's default generator


class _PerThread(local):
    generator: Generator | None = None  # importing numpy.random takes longer than all of this
    watching: tuple[dict[Generator, dict[str, Any]], ...] = ()


_default = _PerThread()


@public()
def default_generator() -> Generator:
    """Return the generator of this thread, which is made at its first use.

    Returns
    -------
    Generator
        The generator from which numbers are drawn where none is given.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.manual_seed(3) is tg.default_generator()
    True
    """
    _default.generator = _default.generator or Generator()
    return _default.generator


@contextmanager
def drawn_from() -> Iterator[dict[Generator, dict[str, Any]]]:
    """Every generator that this thread draws from in a `with` block, and where it stood before."""
    states: dict[Generator, dict[str, Any]] = {}
    before = _default.watching
    try:
        _default.watching = (*before, states)
        yield states
    finally:
        _default.watching = before


@public()
def manual_seed(seed: int) -> Generator:
    """Seed this thread's default generator: the same seed gives the same numbers again.

    Parameters
    ----------
    seed : int
        The seed.

    Returns
    -------
    Generator
        The default generator of this thread.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> _ = tg.manual_seed(0)
    >>> first = tg.rand(2)
    >>> _ = tg.manual_seed(0)
    >>> tg.equal(tg.rand(2), first)
    True
    """
    return default_generator().manual_seed(seed)


@public()
def seed() -> int:
    """Start this thread's default generator anew, differently each time.

    Returns
    -------
    int
        The seed, which `manual_seed` takes to draw the same numbers again.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> chosen = tg.seed()
    >>> tg.initial_seed() == chosen
    True
    """
    return default_generator().seed()


@public()
def initial_seed() -> int:
    """Return the seed with which this thread's default generator started.

    Returns
    -------
    int
        The seed.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> _ = tg.manual_seed(7)
    >>> tg.initial_seed()
    7
    """
    return default_generator().initial_seed()


@public()
def get_rng_state() -> dict[str, Any]:
    """Return where this thread's default generator stands, for `set_rng_state`.

    Returns
    -------
    dict
        The state, which may be pickled.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> state = tg.get_rng_state()
    >>> first = tg.rand(2)
    >>> tg.set_rng_state(state)
    >>> tg.equal(tg.rand(2), first)
    True
    """
    return default_generator().get_state()


@public()
def set_rng_state(new_state: dict[str, Any]) -> None:
    """Let this thread's default generator go on from where `get_rng_state` was called.

    Parameters
    ----------
    new_state : dict
        What `get_rng_state` returned.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> state = tg.get_rng_state()
    >>> first = tg.rand(2)
    >>> tg.set_rng_state(state)
    >>> tg.equal(tg.rand(2), first)
    True
    """
    default_generator().set_state(new_state)


def numpy_generator(generator: Source = None) -> np.random.Generator:
    """The NumPy generator in this one, or in this thread's default one.  Raises TypeError for what
    is no Generator, such as a seed."""
    source = default_generator() if generator is None else generator
    if not isinstance(source, Generator):
        raise TypeError(f"a generator is a Generator().manual_seed(0), not {generator!r}")
    return source.numpy


@public("random.fork_rng")
@contextmanager
def fork_rng(
    devices: Any = None, enabled: bool = True, device_type: str | None = None
) -> Iterator[None]:
    """Put this thread's default generator back to where it stood, at the end of a `with` block.

    Parameters
    ----------
    devices : iterable, optional
        Accepted as in PyTorch: no other device has a generator.
    enabled : bool, default True
        If False, nothing is put back.
    device_type : str, optional
        Accepted, without effect.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> _ = tg.manual_seed(0)
    >>> with tg.random.fork_rng():
    ...     first = tg.rand(3)
    >>> tg.equal(first, tg.rand(3))
    True
    """
    state = get_rng_state()
    try:
        yield
    finally:
        if enabled:
            set_rng_state(state)
