"""Sequences of several lengths: side by side with padding, or packed without it.

>>> import tinygrad_edu as tg
>>> a, b = tg.tensor([1.0, 2.0]), tg.tensor([3.0, 4.0, 5.0])
>>> padded = pad_sequence([a, b], batch_first=True)
>>> padded
tensor([[1., 2., 0.],
        [3., 4., 5.]])
>>> packed = pack_padded_sequence(padded, [2, 3], batch_first=True, enforce_sorted=False)
>>> packed.data, packed.batch_sizes
(tensor([3., 1., 4., 2., 5.]), tensor([2, 2, 1]))
>>> pad_packed_sequence(packed, batch_first=True)
(tensor([[1., 2., 0.],
        [3., 4., 5.]]), tensor([2, 3]))
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

import tinygrad_edu as tg
from tinygrad_edu import Tensor

__all__ = [
    "PackedSequence", "pack_padded_sequence", "pack_sequence", "pad_packed_sequence",
    "pad_sequence", "unpad_sequence",
]  # fmt: skip


class PackedSequence(NamedTuple):
    """Sequences without padding: the first rows of all of them, then the second rows ...

    At step t, `batch_sizes[t]` sequences still run, the longest first; `sorted_indices` says which
    sequence stands where in that order, `unsorted_indices` where each has gone.
    """

    data: Tensor
    batch_sizes: Tensor
    sorted_indices: Tensor | None = None
    unsorted_indices: Tensor | None = None


def pad_sequence(
    sequences: Sequence[Tensor],
    batch_first: bool = False,
    padding_value: float = 0.0,
    padding_side: str = "right",
) -> Tensor:
    """(T_i, ...) tensors as one (T, N, ...), or (N, T, ...) with `batch_first`, T the longest; what
    is missing at the right (or left) end is `padding_value`."""
    if padding_side not in ("left", "right"):
        raise ValueError(f"pad_sequence: padding_side is 'left' or 'right', not {padding_side!r}")
    sequences = list(sequences)
    if not sequences:
        raise ValueError("pad_sequence: there are no sequences")
    if len({x.shape[1:] for x in sequences}) > 1 or not all(x.ndim for x in sequences):
        shapes = [tuple(x.shape) for x in sequences]
        raise ValueError(f"pad_sequence: only the first sizes may differ, and these are {shapes}")
    longest = max(map(len, sequences))
    rows = []
    for x in sequences:
        missing = x.new_full((longest - len(x), *x.shape[1:]), padding_value)
        rows.append(tg.cat([x, missing] if padding_side == "right" else [missing, x]))
    return tg.stack(rows, 0 if batch_first else 1)


def unpad_sequence(
    padded_sequences: Tensor, lengths: Any, batch_first: bool = False
) -> list[Tensor]:
    """The reverse of `pad_sequence`: the first `lengths[i]` rows of each sequence."""
    if not batch_first:
        padded_sequences = padded_sequences.transpose(0, 1)
    return [x[:n] for x, n in zip(padded_sequences, _whole(lengths).tolist(), strict=True)]


def pack_padded_sequence(
    input: Tensor, lengths: Any, batch_first: bool = False, enforce_sorted: bool = True
) -> PackedSequence:
    """(T, N, ...), or (N, T, ...) with `batch_first`, without the padding that follows the first
    `lengths[i]` rows of each sequence.

    With `enforce_sorted` the longest sequence comes first, and so on; else they are sorted here.
    Raises ValueError for a length that is 0, or a number of lengths other than N; RuntimeError for
    lengths that are not sorted, or longer than T.
    """
    x = input.transpose(0, 1) if batch_first else input
    sizes = _whole(lengths)
    if sizes.shape != x.shape[1:2]:
        raise ValueError(
            f"pack_padded_sequence: {tuple(sizes.shape)} lengths for the {x.shape[1]} sequences of "
            f"{tuple(input.shape)}; the dimension of the batch is {0 if batch_first else 1}"
        )
    if sizes.size == 0 or sizes.min() < 1:
        raise ValueError(
            f"pack_padded_sequence: every length is at least 1, not {sizes.tolist()}; leave empty "
            "sequences out"
        )
    if sizes.max() > len(x):
        raise RuntimeError(
            f"pack_padded_sequence: the longest length is {sizes.max()}, but {tuple(input.shape)} "
            f"has {len(x)} steps"
        )
    order = None
    if not enforce_sorted:
        order = np.argsort(-sizes, kind="stable")
        x, sizes = x[:, order], sizes[order]
    elif (np.diff(sizes) > 0).any():
        raise RuntimeError(
            f"pack_padded_sequence: lengths are not sorted, the longest first: {sizes.tolist()}; "
            "sort the sequences, or say enforce_sorted=False"
        )
    still_runs = np.arange(sizes[0])[:, None] < sizes
    return PackedSequence(
        x[: sizes[0]][still_runs], tg.tensor(still_runs.sum(1)), *_there_and_back(order)
    )


def pad_packed_sequence(
    sequence: PackedSequence,
    batch_first: bool = False,
    padding_value: float = 0.0,
    total_length: int | None = None,
) -> tuple[Tensor, Tensor]:
    """The reverse of `pack_padded_sequence`: the padded sequences, and their lengths.

    Raises ValueError if `total_length`, the number of steps wanted, is below what there is.
    """
    sizes = sequence.batch_sizes.array
    steps = len(sizes) if total_length is None else total_length
    if steps < len(sizes):
        raise ValueError(
            f"pad_packed_sequence: total_length={steps} is below the {len(sizes)} steps there are"
        )
    still_runs = np.zeros((steps, sizes[0]), bool)
    still_runs[: len(sizes)] = np.arange(sizes[0]) < sizes[:, None]
    data = sequence.data
    padded = data.new_full((*still_runs.shape, *data.shape[1:]), padding_value)
    padded[still_runs] = data
    lengths = still_runs.sum(0)
    if sequence.unsorted_indices is not None:
        back = sequence.unsorted_indices.array
        padded, lengths = padded[:, back], lengths[back]
    return padded.transpose(0, 1) if batch_first else padded, tg.tensor(lengths)


def pack_sequence(sequences: Sequence[Tensor], enforce_sorted: bool = True) -> PackedSequence:
    """Sequences (T_i, ...) packed: see `pack_padded_sequence`."""
    padded = pad_sequence(sequences)
    return pack_padded_sequence(padded, [len(x) for x in sequences], enforce_sorted=enforce_sorted)


def _whole(lengths: Any) -> np.ndarray:
    return np.asarray(lengths.array if isinstance(lengths, Tensor) else lengths, np.int64)


def _there_and_back(order: np.ndarray | None) -> tuple[Tensor | None, Tensor | None]:
    return (None, None) if order is None else (tg.tensor(order), tg.tensor(np.argsort(order)))
