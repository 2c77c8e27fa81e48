"""Datasets: what has a length and gives the example at an index, or gives one after another."""

from __future__ import annotations

import bisect
import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Generic, TypeVar

import numpy as np

from tinygrad_edu import Generator, Tensor
from tinygrad_edu.rng import numpy_generator

T_co = TypeVar("T_co", covariant=True)


class Dataset(Generic[T_co]):
    """The base of datasets: define `__getitem__(index)` and `__len__()`.

    One that can take many examples faster than one by one may define `__getitems__(indices)`,
    which returns them in a list. `a + b` is the one, then the other (ConcatDataset).
    """

    def __getitem__(self, index: Any) -> T_co:
        raise NotImplementedError(f"{type(self).__name__} has no __getitem__(index)")

    def __add__(self, other: Dataset[Any]) -> ConcatDataset:
        return ConcatDataset([self, other])


class IterableDataset(Dataset[T_co]):
    """The base of datasets that are read from start to end, such as a stream: define `__iter__()`.

    Differs from PyTorch: with `num_workers`, one thread reads it, so that no example comes twice.
    """

    def __iter__(self) -> Iterator[T_co]:
        raise NotImplementedError(f"{type(self).__name__} has no __iter__()")


class TensorDataset(Dataset[tuple[Tensor, ...]]):
    """Examples side by side in tensors: example i is (x[i], y[i], ...).

    Raises ValueError if the tensors differ in length.

    >>> import tinygrad_edu as tg
    >>> TensorDataset(tg.arange(6).reshape(3, 2), tg.arange(3))[2]
    (tensor([4, 5]), tensor(2))
    """

    def __init__(self, *tensors: Tensor) -> None:
        for t in tensors:
            if not isinstance(t, Tensor):
                raise TypeError(f"TensorDataset: it takes tensors, not {type(t).__name__}")
        lengths = {len(t) for t in tensors}
        if len(lengths) != 1:
            raise ValueError(
                f"TensorDataset: it takes tensors of one length, not of {[len(t) for t in tensors]}"
            )
        self.tensors = tensors

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        return tuple(t[index] for t in self.tensors)

    def __getitems__(self, indices: Sequence[int]) -> Sequence[tuple[Tensor, ...]]:
        """The examples at these indices, each tensor indexed once."""
        places = np.array([int(i) for i in indices], np.intp)
        return Examples([t[places] for t in self.tensors])

    def __len__(self) -> int:
        return len(self.tensors[0])


class Examples(Sequence[tuple[Tensor, ...]]):
    """Examples whose numbers lie side by side already: the batch of them all is `columns`."""

    def __init__(self, columns: list[Tensor]) -> None:
        self.columns = columns

    def __getitem__(self, index: Any) -> Any:
        return tuple(column[index] for column in self.columns)

    def __len__(self) -> int:
        return len(self.columns[0])


def examples_at(dataset: Any, indices: Sequence[int]) -> Sequence[Any]:
    """The examples at these indices, by `__getitems__` where there is one.

    A subclass that changes the examples in `__getitem__` only is read example by example.
    """
    for kind in type(dataset).__mro__:
        if "__getitems__" in vars(kind):
            many: Sequence[Any] = dataset.__getitems__(indices)
            return many
        if "__getitem__" in vars(kind):
            break
    return [dataset[i] for i in indices]


# ---------------------------------------------------------------- datasets made of datasets


class Subset(Dataset[Any]):
    """The examples of `dataset` at `indices`, in that order.

    >>> list(Subset("abcd", [3, 0]))
    ['d', 'a']
    """

    def __init__(self, dataset: Any, indices: Sequence[int]) -> None:
        self.dataset, self.indices = dataset, indices

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, list):
            return self.dataset[[self.indices[i] for i in index]]
        return self.dataset[self.indices[index]]

    def __getitems__(self, indices: Sequence[int]) -> Sequence[Any]:
        return examples_at(self.dataset, [self.indices[i] for i in indices])

    def __len__(self) -> int:
        return len(self.indices)


class ConcatDataset(Dataset[Any]):
    """The examples of several datasets, one dataset after the other.

    >>> list(ConcatDataset(["ab", "cd"]))
    ['a', 'b', 'c', 'd']
    """

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = list(datasets)
        if not self.datasets:
            raise ValueError("ConcatDataset: it takes at least one dataset")
        for dataset in self.datasets:
            if isinstance(dataset, IterableDataset):
                raise TypeError(
                    f"ConcatDataset: {type(dataset).__name__} has no examples at an index; "
                    f"chain iterable datasets with itertools.chain"
                )
        self.cumulative_sizes = list(itertools.accumulate(map(len, self.datasets)))

    def __getitem__(self, index: Any) -> Any:
        if not -len(self) <= index < len(self):
            raise IndexError(f"ConcatDataset: index {index} in a dataset of {len(self)} examples")
        index %= len(self)
        which = bisect.bisect_right(self.cumulative_sizes, index)
        return self.datasets[which][index - self.cumulative_sizes[which - 1] if which else index]

    def __len__(self) -> int:
        return self.cumulative_sizes[-1]


def random_split(
    dataset: Any, lengths: Sequence[float], generator: Generator | None = None
) -> list[Subset]:
    """Random parts of a dataset, without overlap, of these lengths, or of these shares of 1.

    Shares are rounded down; what is left then goes to the first parts, one example each.

    >>> [len(part) for part in random_split(range(10), [0.75, 0.25])]
    [8, 2]
    """
    count, total = len(dataset), sum(lengths)
    sizes = list(lengths)
    if math.isclose(total, 1) and total <= 1:
        if any(not 0 <= share <= 1 for share in lengths):
            raise ValueError(f"random_split: shares are between 0 and 1, not {lengths}")
        sizes = [math.floor(count * share) for share in lengths]
        for i in range(count - int(sum(sizes))):
            sizes[i % len(sizes)] += 1
    if sum(sizes) != count or any(size < 0 or size != int(size) for size in sizes):
        raise ValueError(
            f"random_split: lengths {sizes} add up to {sum(sizes)}, the dataset has {count} "
            f"examples; give whole lengths that add up to it, or shares that add up to 1"
        )
    order = numpy_generator(generator).permutation(count).tolist()
    ends = itertools.accumulate(map(int, sizes))
    return [
        Subset(dataset, order[end - int(size) : end]) for size, end in zip(sizes, ends, strict=True)
    ]
