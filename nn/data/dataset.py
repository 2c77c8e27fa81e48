"""Datasets: examples that are read by their index, or one after the other."""

from __future__ import annotations

import bisect
import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Generic, TypeVar

import numpy as np

from tinygrad_edu import Generator, Tensor
from tinygrad_edu.printing import Shown, call_text
from tinygrad_edu.rng import numpy_generator

T_co = TypeVar("T_co", covariant=True)


class Dataset(Shown, Generic[T_co]):
    """Base class of datasets with an example at each index.

    A subclass defines `__getitem__(index)` and `__len__()`.  If it can read many examples faster
    than one by one, it also defines `__getitems__(indices)`, which returns a list of examples.
    `a + b` is a ConcatDataset.

    Examples
    --------
    >>> from nn.data import Dataset
    >>> class Squares(Dataset):
    ...     def __getitem__(self, index):
    ...         return index**2
    ...     def __len__(self):
    ...         return 3
    >>> both = Squares() + Squares()
    >>> [both[i] for i in range(6)]
    [0, 1, 4, 0, 1, 4]
    """

    def __repr__(self) -> str:
        """As a count of its examples, where it has one: `Squares(3 examples)`."""
        try:
            count = f"{len(self):,} examples"  # type: ignore[arg-type]
        except Exception:  # it may be endless, or its files not there
            count = ""
        more = call_text(self, **self._shown()).partition("(")[2][:-1]
        return f"{type(self).__name__}({', '.join(filter(None, [count, more]))})"

    def __getitem__(self, index: Any) -> T_co:
        raise NotImplementedError(f"{type(self).__name__} has no __getitem__(index)")

    def __add__(self, other: Dataset[Any]) -> ConcatDataset:
        return ConcatDataset([self, other])


class IterableDataset(Dataset[T_co]):
    """Base class of datasets that are read from start to end, such as a stream.

    A subclass defines `__iter__()`.  `a + b` is a ChainDataset.

    Differs from PyTorch: with `num_workers`, only one thread reads it, so that no example comes
    twice.

    Examples
    --------
    >>> from nn.data import DataLoader, IterableDataset
    >>> class Countdown(IterableDataset):
    ...     def __iter__(self):
    ...         return iter([3, 2, 1])
    >>> list(DataLoader(Countdown(), batch_size=2))
    [tensor([3, 2]), tensor([1])]
    """

    def __iter__(self) -> Iterator[T_co]:
        raise NotImplementedError(f"{type(self).__name__} has no __iter__()")

    def __add__(self, other: Dataset[Any]) -> ChainDataset:  # type: ignore[override]
        return ChainDataset([self, other])


class TensorDataset(Dataset[tuple[Tensor, ...]]):
    """A dataset of tensors: example i is (x[i], y[i], ...).

    Parameters
    ----------
    *tensors : Tensor
        Tensors of shape (N, ...), with the same number N of examples.

    Raises
    ------
    ValueError
        If the tensors differ in length.
    TypeError
        If an argument is not a Tensor.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> from nn.data import TensorDataset
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

    def _shown(self) -> dict[str, Any]:
        return {"shapes": [tuple(t.shape[1:]) for t in self.tensors]}

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        return tuple(t[index] for t in self.tensors)

    def __getitems__(self, indices: Sequence[int]) -> Sequence[tuple[Tensor, ...]]:
        """The examples at these indices, each tensor indexed once."""
        places = np.array([int(i) for i in indices], np.intp)
        return Examples([t[places] for t in self.tensors])

    def __len__(self) -> int:
        return len(self.tensors[0])


class Examples(Sequence[tuple[Tensor, ...]]):
    """Examples in columns: one tensor (N, ...) for each part, so that `columns` is their batch."""

    def __init__(self, columns: list[Tensor]) -> None:
        self.columns = columns

    def __repr__(self) -> str:
        return repr(list(self))

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
    """The examples of a dataset at given indices.

    Parameters
    ----------
    dataset : Dataset
        The dataset.
    indices : sequence of int
        The indices of the examples, in the order of the subset.

    Examples
    --------
    >>> from nn.data import Subset
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

    Parameters
    ----------
    datasets : iterable of Dataset
        The datasets.

    Raises
    ------
    ValueError
        If there is no dataset.
    TypeError
        If a dataset is an IterableDataset.

    Examples
    --------
    >>> from nn.data import ConcatDataset
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
                    "iterable datasets are chained by ChainDataset"
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


class ChainDataset(IterableDataset[Any]):
    """The examples of several iterable datasets, one dataset after the other.

    Parameters
    ----------
    datasets : iterable of IterableDataset
        The datasets.

    Raises
    ------
    TypeError
        During the iteration, if a dataset is not an IterableDataset.

    Examples
    --------
    >>> from nn.data import ChainDataset, IterableDataset
    >>> class Stream(IterableDataset):
    ...     def __iter__(self):
    ...         return iter("ab")
    >>> list(ChainDataset([Stream(), Stream()]))
    ['a', 'b', 'a', 'b']
    """

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = datasets

    def __iter__(self) -> Iterator[Any]:
        for dataset in self.datasets:
            if not isinstance(dataset, IterableDataset):
                raise TypeError(
                    f"ChainDataset: {type(dataset).__name__} is no IterableDataset; datasets with "
                    "an index are joined by ConcatDataset"
                )
            yield from dataset

    def __len__(self) -> int:
        return sum(map(len, self.datasets))


class StackDataset(Dataset[Any]):
    """Several datasets side by side: example i is a tuple, or dict, of their examples i.

    Parameters
    ----------
    *args : Dataset
        Datasets of one length; examples are tuples.
    **kwargs : Dataset
        Datasets of one length, instead of `args`; examples are dicts with these names.

    Raises
    ------
    ValueError
        If there is no dataset, if they differ in length, or if only some have names.

    Examples
    --------
    >>> from nn.data import StackDataset
    >>> StackDataset("abc", [1, 2, 3])[1]
    ('b', 2)
    >>> StackDataset(letter="abc", number=[1, 2, 3])[1]
    {'letter': 'b', 'number': 2}
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if args and kwargs:
            raise ValueError("StackDataset: give names to all datasets, or to none")
        self.datasets: Any = args or kwargs
        lengths = [len(dataset) for dataset in (args or kwargs.values())]
        if len(set(lengths)) != 1:
            raise ValueError(f"StackDataset: it takes datasets of one length, not of {lengths}")
        self._length = lengths[0]

    def _shown(self) -> dict[str, Any]:
        return {"datasets": self.datasets}

    def __getitem__(self, index: Any) -> Any:
        return self._stacked([dataset[index] for dataset in self._parts()])

    def __getitems__(self, indices: Sequence[int]) -> list[Any]:
        """The examples at these indices, many at a time where a dataset can."""
        columns = [examples_at(dataset, indices) for dataset in self._parts()]
        for column in columns:
            if len(column) != len(indices):
                raise ValueError(
                    f"StackDataset: a dataset gave {len(column)} examples for {len(indices)} "
                    "indices"
                )
        return [self._stacked(list(row)) for row in zip(*columns, strict=True)]

    def _parts(self) -> list[Any]:
        named = isinstance(self.datasets, dict)
        return list(self.datasets.values() if named else self.datasets)

    def _stacked(self, row: list[Any]) -> Any:
        named = isinstance(self.datasets, dict)
        return dict(zip(self.datasets, row, strict=True)) if named else tuple(row)

    def __len__(self) -> int:
        return self._length


def random_split(
    dataset: Any, lengths: Sequence[float], generator: Generator | None = None
) -> list[Subset]:
    """Split a dataset at random into parts without overlap.

    Parameters
    ----------
    dataset : Dataset
        The dataset.
    lengths : sequence of int or float
        The lengths of the parts, or fractions that add up to 1.  With fractions, the lengths are
        rounded down, and the first parts get one more example each until none is left.
    generator : Generator, optional
        Where the random numbers are drawn from; by default the generator of this thread.

    Returns
    -------
    list of Subset
        The parts.

    Raises
    ------
    ValueError
        If the lengths do not add up to the number of examples, or one is negative.

    Examples
    --------
    >>> from nn.data import random_split
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
