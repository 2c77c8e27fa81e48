"""Collate: a list of examples becomes one batch."""

from __future__ import annotations

import copy
from collections.abc import Mapping, MutableMapping, Sequence
from typing import Any

import numpy as np

import tinygrad_edu as tg
from tinygrad_edu import Tensor

from .dataset import Examples


def default_collate(batch: Sequence[Any]) -> Any:
    """Make one batch of a list of examples.

    Tensors and arrays are stacked along a new first dimension; Python numbers become a tensor (N,),
    of float64 for floats; strings stay a sequence.  Dicts, tuples and lists are collated entry by
    entry: dicts and named tuples keep their type, other tuples and lists become a list.

    Parameters
    ----------
    batch : sequence
        The examples, all of the same structure.

    Returns
    -------
    Any
        The batch: a tensor (N, ...) for N examples that are tensors (...).

    Raises
    ------
    TypeError
        If the examples are of another type.
    ValueError
        If sequences differ in length.

    Examples
    --------
    >>> from nn.data import default_collate
    >>> default_collate([(1, "one"), (2, "two")])
    [tensor([1, 2]), ('one', 'two')]
    """
    if isinstance(batch, Examples):
        return batch.columns
    first = batch[0]
    if isinstance(first, Tensor):
        return tg.stack(list(batch))
    if isinstance(first, str | bytes):
        return batch
    if isinstance(first, np.ndarray | np.generic) and first.dtype.kind in "biufc":
        return Tensor(np.stack([np.asarray(x) for x in batch]))
    if isinstance(first, bool | int | float):
        return tg.tensor(list(batch), dtype=tg.float64 if isinstance(first, float) else None)
    if isinstance(first, Mapping):
        return _mapping_like(first, {k: default_collate([x[k] for x in batch]) for k in first})
    if isinstance(first, Sequence):
        lengths = [len(x) for x in batch]
        if len(set(lengths)) > 1:
            raise ValueError(
                f"default_collate: the sequences of a batch have one length, not {lengths}; give "
                f"the DataLoader a collate_fn that pads them"
            )
        return _sequence_like(
            first, [default_collate(column) for column in zip(*batch, strict=True)]
        )
    raise TypeError(
        f"default_collate: a batch is made of tensors, arrays, numbers, strings, dicts, tuples and "
        f"lists, not of {_described(first)}; give the DataLoader a collate_fn of your own"
    )


def default_convert(data: Any) -> Any:
    """Convert the arrays of an example to tensors, as a DataLoader does if `batch_size` is None.

    Parameters
    ----------
    data : Any
        An example: an array, or a structure of dicts, tuples and lists with arrays in it.

    Returns
    -------
    Any
        The same with tensors in place of arrays; anything else stays as it is.

    Examples
    --------
    >>> import numpy as np
    >>> from nn.data import default_convert
    >>> default_convert([np.array([1, 2]), "one"])
    [tensor([1, 2]), 'one']
    """
    if isinstance(data, np.ndarray | np.generic) and data.dtype.kind in "biufc":
        return Tensor(np.asarray(data))
    if isinstance(data, Mapping):
        return _mapping_like(data, {key: default_convert(x) for key, x in data.items()})
    if isinstance(data, Sequence) and not isinstance(data, str | bytes):
        return _sequence_like(data, [default_convert(x) for x in data])
    return data


def _mapping_like(first: Mapping[Any, Any], parts: dict[Any, Any]) -> Any:
    """A mapping of the type of `first`: a defaultdict keeps its default."""
    if isinstance(first, MutableMapping):
        like = copy.copy(first)
        like.update(parts)
        return like
    return parts


def _sequence_like(first: Sequence[Any], parts: list[Any]) -> Any:
    return type(first)(*parts) if hasattr(first, "_fields") else parts


def _described(x: Any) -> str:
    array = f" of {x.dtype}" if isinstance(x, np.ndarray) else ""
    return f"{type(x).__name__}{array}"
