"""Samplers: the order in which the examples of a dataset are read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Sized
from itertools import islice
from typing import Any, Generic, TypeVar

import numpy as np

import tinygrad_edu as tg
from tinygrad_edu import Generator
from tinygrad_edu.printing import Shown
from tinygrad_edu.rng import numpy_generator

T_co = TypeVar("T_co", covariant=True)


class Sampler(Shown, Generic[T_co]):
    """Base class of samplers, which give the order in which examples are read.

    A subclass defines `__iter__()`, an iterator over indices (or over lists of indices, for a batch
    sampler), and `__len__()`.

    Examples
    --------
    >>> from nn.data import DataLoader, Sampler
    >>> class Backwards(Sampler):
    ...     def __init__(self, data):
    ...         self.data = data
    ...     def __iter__(self):
    ...         return iter(range(len(self.data) - 1, -1, -1))
    ...     def __len__(self):
    ...         return len(self.data)
    >>> list(DataLoader("abc", batch_size=None, sampler=Backwards("abc")))
    ['c', 'b', 'a']
    """

    def __iter__(self) -> Iterator[T_co]:
        raise NotImplementedError(f"{type(self).__name__} has no __iter__()")


class SequentialSampler(Sampler[int]):
    """The indices in order: 0, 1, 2, ...

    Parameters
    ----------
    data_source : Sized
        The dataset.

    Examples
    --------
    >>> from nn.data import SequentialSampler
    >>> list(SequentialSampler("abc"))
    [0, 1, 2]
    """

    def __init__(self, data_source: Sized) -> None:
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler(Sampler[int]):
    """The indices in random order, drawn anew for each epoch.

    Parameters
    ----------
    data_source : Sized
        The dataset.
    replacement : bool, default False
        Draw each index independently, so that an index may come several times.
    num_samples : int, optional
        Number of indices in an epoch; by default the number of examples.  If it is larger, then
        without replacement another random order follows the first.
    generator : Generator, optional
        Where the random numbers are drawn from; by default the generator of this thread.

    Raises
    ------
    TypeError, ValueError
        If `replacement` is not a bool, or `num_samples` not a positive integer.

    Examples
    --------
    >>> from nn.data import RandomSampler
    >>> sorted(RandomSampler(range(4)))
    [0, 1, 2, 3]
    """

    def __init__(
        self,
        data_source: Sized,
        replacement: bool = False,
        num_samples: int | None = None,
        generator: Generator | None = None,
    ) -> None:
        self.data_source, self.replacement = data_source, replacement
        self._num_samples, self.generator = num_samples, generator
        check_flag("RandomSampler", "replacement", replacement)
        check_count("RandomSampler", "num_samples", self.num_samples)

    @property
    def num_samples(self) -> int:
        """The number of indices in an epoch."""
        return len(self.data_source) if self._num_samples is None else self._num_samples

    def __iter__(self) -> Iterator[int]:
        n, count = len(self.data_source), self.num_samples
        random = numpy_generator(self.generator)
        if self.replacement:
            yield from random.integers(n, size=count).tolist()
        else:
            for done in range(0, count, n):
                yield from random.permutation(n)[: count - done].tolist()

    def __len__(self) -> int:
        return self.num_samples


class SubsetRandomSampler(Sampler[int]):
    """Given indices in random order, drawn anew for each epoch.

    Parameters
    ----------
    indices : sequence of int
        The indices.
    generator : Generator, optional
        Where the random numbers are drawn from; by default the generator of this thread.

    Examples
    --------
    >>> from nn.data import SubsetRandomSampler
    >>> sorted(SubsetRandomSampler([5, 2, 7]))
    [2, 5, 7]
    """

    def __init__(self, indices: Sequence[int], generator: Generator | None = None) -> None:
        self.indices, self.generator = indices, generator

    def __iter__(self) -> Iterator[int]:
        for i in numpy_generator(self.generator).permutation(len(self.indices)).tolist():
            yield self.indices[i]

    def __len__(self) -> int:
        return len(self.indices)


class WeightedRandomSampler(Sampler[int]):
    """Random indices, each with a probability proportional to its weight.

    With weights 1 / (number of examples of the class), all classes are drawn equally often.

    Parameters
    ----------
    weights : sequence of float
        A weight for each example, at least 0; they need not add up to 1.
    num_samples : int
        Number of indices in an epoch.
    replacement : bool, default True
        Draw each index independently; if False, each index comes at most once.
    generator : Generator, optional
        Where the random numbers are drawn from; by default the generator of this thread.

    Raises
    ------
    TypeError, ValueError
        If `replacement` is not a bool, `num_samples` not a positive integer, or the weights are not
        one-dimensional.

    Examples
    --------
    >>> from nn.data import WeightedRandomSampler
    >>> list(WeightedRandomSampler([0.0, 3.0, 0.0], num_samples=4))
    [1, 1, 1, 1]
    """

    def __init__(
        self,
        weights: Any,
        num_samples: int,
        replacement: bool = True,
        generator: Generator | None = None,
    ) -> None:
        check_count("WeightedRandomSampler", "num_samples", num_samples)
        check_flag("WeightedRandomSampler", "replacement", replacement)
        self.weights = tg.as_tensor(weights, dtype=tg.float64)
        if self.weights.ndim != 1:
            raise ValueError(
                f"WeightedRandomSampler: weights are one number for each example, not of shape "
                f"{tuple(self.weights.shape)}"
            )
        self.num_samples, self.replacement, self.generator = num_samples, replacement, generator

    def __iter__(self) -> Iterator[int]:
        drawn = tg.multinomial(
            self.weights, self.num_samples, self.replacement, generator=self.generator
        )
        yield from drawn.tolist()

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler(Sampler[list[int]]):
    """The indices of another sampler, grouped into lists: one list for each batch.

    Parameters
    ----------
    sampler : iterable of int
        The indices.
    batch_size : int
        Number of indices in a list.
    drop_last : bool
        Leave out the last list if it is shorter.

    Raises
    ------
    TypeError, ValueError
        If `drop_last` is not a bool, or `batch_size` not a positive integer.

    Examples
    --------
    >>> from nn.data import BatchSampler
    >>> list(BatchSampler(range(5), batch_size=2, drop_last=False))
    [[0, 1], [2, 3], [4]]
    """

    def __init__(self, sampler: Iterable[int], batch_size: int, drop_last: bool) -> None:
        check_count("BatchSampler", "batch_size", batch_size)
        check_flag("BatchSampler", "drop_last", drop_last)
        self.sampler, self.batch_size, self.drop_last = sampler, batch_size, drop_last

    def __iter__(self) -> Iterator[list[int]]:
        indices = iter(self.sampler)
        while batch := list(islice(indices, self.batch_size)):
            if not self.drop_last or len(batch) == self.batch_size:
                yield batch

    def __len__(self) -> int:
        return count_batches(self.sampler, self.batch_size, self.drop_last)


def count_batches(examples: Any, batch_size: int, drop_last: bool) -> int:
    """The number of batches of these examples."""
    return len(examples) // batch_size if drop_last else -(-len(examples) // batch_size)


def check_count(name: str, what: str, count: Any) -> None:
    """Raise ValueError if `count` is not a positive integer."""
    if isinstance(count, bool) or not isinstance(count, int | np.integer) or count < 1:
        raise ValueError(f"{name}: {what} is a whole number from 1, not {count!r}")


def check_flag(name: str, what: str, flag: Any) -> None:
    """Raise TypeError if `flag` is neither True nor False."""
    if not isinstance(flag, bool):
        raise TypeError(f"{name}: {what} is True or False, not {flag!r}")
