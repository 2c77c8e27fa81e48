"""DataLoader: batches of a dataset, in order or shuffled."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

import tinygrad_edu as tg
from tinygrad_edu import Generator, Tensor
from tinygrad_edu.rng import numpy_generator

from .dataset import gives_batches


def default_collate(examples: Sequence[Any]) -> Any:
    """A list of examples as one batch: tensors, arrays and numbers are stacked; tuples, lists and
    dicts become tuples, lists and dicts of batches."""
    first = examples[0]
    if isinstance(first, Tensor):
        return tg.stack(examples)
    if isinstance(first, np.ndarray | np.generic):
        return Tensor(np.stack([np.asarray(x) for x in examples]))
    if isinstance(first, bool | int | float):
        return tg.tensor(list(examples), dtype=tg.float64 if isinstance(first, float) else None)
    if isinstance(first, Mapping):
        return {key: default_collate([x[key] for x in examples]) for key in first}
    if isinstance(first, tuple | list):
        columns = [default_collate(column) for column in zip(*examples, strict=True)]
        named = hasattr(first, "_fields")
        return type(first)(*columns) if named else type(first)(columns)
    return list(examples)


class DataLoader:
    """Iterates over batches of `dataset`, each epoch anew.

    With `shuffle`, each epoch has an order of its own, drawn from `generator` (or from the default
    one, so that `manual_seed` fixes it); `drop_last` leaves out a last batch that is not full.
    `collate_fn` makes a batch of a list of examples; without one, a dataset that gives whole
    batches (TensorDataset, MNIST) is indexed once for each.

    >>> import tinygrad_edu as tg
    >>> from nn.data import DataLoader, TensorDataset
    >>> [y.tolist() for (y,) in DataLoader(TensorDataset(tg.arange(5)), batch_size=2)]
    [[0, 1], [2, 3], [4]]
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int = 1,
        shuffle: bool = False,
        *,
        collate_fn: Callable[[list[Any]], Any] | None = None,
        drop_last: bool = False,
        generator: Generator | None = None,
    ) -> None:
        if isinstance(batch_size, bool) or not isinstance(batch_size, int) or batch_size < 1:
            raise ValueError(f"DataLoader: batch_size is a whole number from 1, not {batch_size!r}")
        self.dataset, self.batch_size, self.shuffle = dataset, batch_size, shuffle
        self.collate_fn, self.drop_last, self.generator = collate_fn, drop_last, generator

    def __len__(self) -> int:
        """How many batches an epoch has."""
        count = len(self.dataset)
        return count // self.batch_size if self.drop_last else -(-count // self.batch_size)

    def __iter__(self) -> Iterator[Any]:
        count = len(self.dataset)
        order = (
            numpy_generator(self.generator).permutation(count) if self.shuffle else np.arange(count)
        )
        for start in range(0, len(self) * self.batch_size, self.batch_size):
            yield self._batch(order[start : start + self.batch_size])

    def _batch(self, indices: Any) -> Any:
        if self.collate_fn is None and gives_batches(self.dataset):
            return self.dataset.batch(indices)
        examples = [self.dataset[int(i)] for i in indices]
        return (self.collate_fn or default_collate)(examples)
