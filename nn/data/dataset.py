"""Datasets: what has a length and gives the example at an index."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_edu import Tensor


def gives_batches(dataset: Any) -> bool:
    """Has it a method `batch(indices)`, which says what its `__getitem__` says, but of many at
    once? A subclass that changes the examples in `__getitem__` only is read example by example."""
    for kind in type(dataset).__mro__:
        if "batch" in vars(kind):
            return callable(vars(kind)["batch"])
        if "__getitem__" in vars(kind):
            return False
    return False


class Dataset:
    """The base of datasets: define `__getitem__(index)` and `__len__()`."""

    def __getitem__(self, index: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} has no __getitem__(index)")

    def __len__(self) -> int:
        raise NotImplementedError(f"{type(self).__name__} has no __len__()")


class TensorDataset(Dataset):
    """Examples side by side in tensors: example i is (x[i], y[i], ...), a batch is one fancy index.

    Raises ValueError if the tensors differ in length.

    >>> import tinygrad_edu as tg
    >>> TensorDataset(tg.arange(6).reshape(3, 2), tg.arange(3)).batch([2, 0])
    (tensor([[4, 5],
            [0, 1]]), tensor([2, 0]))
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

    def batch(self, indices: Any) -> tuple[Tensor, ...]:
        """The examples at these indices, each tensor indexed once."""
        indices = np.asarray(indices)
        return tuple([t[indices] for t in self.tensors])

    def __len__(self) -> int:
        return len(self.tensors[0])
