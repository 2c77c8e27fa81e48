"""Sequences of several lengths: side by side with padding, or packed without it.

>>> import tinygrad_edu as tg
>>> from nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence
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
from typing import Any, NamedTuple, Self

import numpy as np

import tinygrad_edu as tg
from tinygrad_edu import Tensor

__all__ = [
    "PackedSequence", "invert_permutation", "pack_padded_sequence", "pack_sequence",
    "pad_packed_sequence", "pad_sequence", "unpack_sequence", "unpad_sequence",
]  # fmt: skip


class _Packed(NamedTuple):
    data: Tensor
    batch_sizes: Tensor
    sorted_indices: Tensor | None
    unsorted_indices: Tensor | None


class PackedSequence(_Packed):
    """Sequences without padding: the first steps of all of them, then the second steps, and so on.

    It is made by `pack_sequence` and `pack_padded_sequence`, and taken and returned by `nn.RNN`,
    `nn.LSTM` and `nn.GRU`.

    Parameters
    ----------
    data : Tensor
        The steps, (total number of steps, ...).
    batch_sizes : Tensor
        How many sequences still run at each step, (longest length,), the longest first.
    sorted_indices : Tensor, optional
        Which sequence stands where in that order.
    unsorted_indices : Tensor, optional
        Where each sequence has gone; by default the inverse of `sorted_indices`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> from nn.utils.rnn import pack_sequence
    >>> packed = pack_sequence([tg.tensor([1.0, 2.0, 3.0]), tg.tensor([4.0])])
    >>> packed.data, packed.batch_sizes
    (tensor([1., 4., 2., 3.]), tensor([2, 1, 1]))
    """

    def __new__(
        cls,
        data: Any,
        batch_sizes: Tensor | None = None,
        sorted_indices: Tensor | None = None,
        unsorted_indices: Tensor | None = None,
    ) -> Self:
        if batch_sizes is None:
            data, batch_sizes = data
        if unsorted_indices is None:
            unsorted_indices = invert_permutation(sorted_indices)
        return super().__new__(cls, data, batch_sizes, sorted_indices, unsorted_indices)

    def to(self, *args: Any, **kwargs: Any) -> Self:
        """Convert the data to another dtype or device, as `Tensor.to` does.

        Parameters
        ----------
        *args, **kwargs : any
            The arguments of `Tensor.to`.

        Returns
        -------
        PackedSequence
            This one, if nothing changes.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> from nn.utils.rnn import pack_sequence
        >>> packed = pack_sequence([tg.tensor([1.0, 2.0, 3.0]), tg.tensor([4.0])])
        >>> packed.to(tg.float64).data.dtype
        dtype('float64')
        """
        data = self.data.to(*args, **kwargs)
        return self if data is self.data else self._replace(data=data)

    def cpu(self, *args: Any, **kwargs: Any) -> Self:
        """Return this sequence: its data is on the CPU.

        Parameters
        ----------
        *args, **kwargs : any
            The arguments of `Tensor.to`, such as a dtype.

        Returns
        -------
        PackedSequence
            This one, if nothing changes.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> from nn.utils.rnn import pack_sequence
        >>> packed = pack_sequence([tg.tensor([1.0, 2.0, 3.0]), tg.tensor([4.0])])
        >>> packed.cpu() is packed
        True
        """
        return self.to(*args, **{**kwargs, "device": "cpu"})

    def cuda(self, *args: Any, **kwargs: Any) -> Self:
        """Raise RuntimeError: tensors are NumPy arrays, which are on the CPU.

        Parameters
        ----------
        *args, **kwargs : any
            The arguments of `Tensor.to`.

        Returns
        -------
        PackedSequence
            Never.

        Raises
        ------
        RuntimeError
            Always.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> from nn.utils.rnn import pack_sequence
        >>> packed = pack_sequence([tg.tensor([1.0, 2.0, 3.0]), tg.tensor([4.0])])
        >>> try:
        ...     packed.cuda()
        ... except RuntimeError:
        ...     print("there is no GPU")
        there is no GPU
        """
        return self.to(*args, **{**kwargs, "device": "cuda"})

    def double(self) -> Self:
        """Convert the data to float64.

        Returns
        -------
        PackedSequence
            This one, if the data is float64 already.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> from nn.utils.rnn import pack_sequence
        >>> pack_sequence([tg.tensor([1.0, 2.0]), tg.tensor([4.0])]).double().data
        tensor([1., 4., 2.], dtype=float64)
        """
        return self.to(dtype=tg.float64)

    def float(self) -> Self:
        """Convert the data to float32.

        Returns
        -------
        PackedSequence
            This one, if the data is float32 already.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> from nn.utils.rnn import pack_sequence
        >>> pack_sequence([tg.tensor([1.0, 2.0]), tg.tensor([4.0])]).float().data
        tensor([1., 4., 2.])
        """
        return self.to(dtype=tg.float32)

    def half(self) -> Self:
        """Convert the data to float16.

        Returns
        -------
        PackedSequence
            This one, if the data is float16 already.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> from nn.utils.rnn import pack_sequence
        >>> pack_sequence([tg.tensor([1.0, 2.0]), tg.tensor([4.0])]).half().data
        tensor([1., 4., 2.], dtype=float16)
        """
        return self.to(dtype=tg.float16)

    def long(self) -> Self:
        """Convert the data to int64.

        Returns
        -------
        PackedSequence
            This one, if the data is int64 already.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> from nn.utils.rnn import pack_sequence
        >>> pack_sequence([tg.tensor([1.0, 2.0]), tg.tensor([4.0])]).long().data
        tensor([1, 4, 2])
        """
        return self.to(dtype=tg.int64)

    def int(self) -> Self:
        """Convert the data to int32.

        Returns
        -------
        PackedSequence
            This one, if the data is int32 already.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> from nn.utils.rnn import pack_sequence
        >>> pack_sequence([tg.tensor([1.0, 2.0]), tg.tensor([4.0])]).int().data
        tensor([1, 4, 2], dtype=int32)
        """
        return self.to(dtype=tg.int32)

    def short(self) -> Self:
        """Convert the data to int16.

        Returns
        -------
        PackedSequence
            This one, if the data is int16 already.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> from nn.utils.rnn import pack_sequence
        >>> pack_sequence([tg.tensor([1.0, 2.0]), tg.tensor([4.0])]).short().data
        tensor([1, 4, 2], dtype=int16)
        """
        return self.to(dtype=tg.int16)

    def char(self) -> Self:
        """Convert the data to int8.

        Returns
        -------
        PackedSequence
            This one, if the data is int8 already.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> from nn.utils.rnn import pack_sequence
        >>> pack_sequence([tg.tensor([1.0, 2.0]), tg.tensor([4.0])]).char().data
        tensor([1, 4, 2], dtype=int8)
        """
        return self.to(dtype=tg.int8)

    def byte(self) -> Self:
        """Convert the data to uint8.

        Returns
        -------
        PackedSequence
            This one, if the data is uint8 already.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> from nn.utils.rnn import pack_sequence
        >>> pack_sequence([tg.tensor([1.0, 2.0]), tg.tensor([4.0])]).byte().data
        tensor([1, 4, 2], dtype=uint8)
        """
        return self.to(dtype=tg.uint8)

    def pin_memory(self) -> Self:
        """Return this sequence: pinned memory is for copies to a GPU.

        Returns
        -------
        PackedSequence
            This one.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> from nn.utils.rnn import pack_sequence
        >>> packed = pack_sequence([tg.tensor([1.0, 2.0, 3.0]), tg.tensor([4.0])])
        >>> packed.pin_memory() is packed
        True
        """
        return self

    def is_pinned(self) -> bool:
        """Return False: no memory is pinned.

        Returns
        -------
        bool
            False.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> from nn.utils.rnn import pack_sequence
        >>> pack_sequence([tg.tensor([1.0, 2.0, 3.0]), tg.tensor([4.0])]).is_pinned()
        False
        """
        return False

    @property
    def is_cuda(self) -> bool:
        """Whether the data is on a GPU: it is not."""
        return False


def invert_permutation(permutation: Tensor | None) -> Tensor | None:
    """Compute the inverse of a permutation.

    Parameters
    ----------
    permutation : Tensor or None
        The numbers 0 to n - 1 in some order, (n,).

    Returns
    -------
    Tensor or None
        Where each number stands, (n,); None for None.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> from nn.utils.rnn import invert_permutation
    >>> invert_permutation(tg.tensor([2, 0, 1]))
    tensor([1, 2, 0])
    """
    return None if permutation is None else permutation.argsort()


def pad_sequence(
    sequences: Sequence[Tensor],
    batch_first: bool = False,
    padding_value: float = 0.0,
    padding_side: str = "right",
) -> Tensor:
    """Pad sequences to one length and stack them.

    Parameters
    ----------
    sequences : sequence of Tensor
        N sequences of shapes (T_i, ...).
    batch_first : bool, default False
        Whether the result has the batch as its first dimension.
    padding_value : float, default 0.0
        What is filled in.
    padding_side : str, default "right"
        "right" or "left": where it is filled in.

    Returns
    -------
    Tensor
        (T, N, ...), or (N, T, ...) with `batch_first`, T the largest T_i.

    Raises
    ------
    ValueError
        If there are no sequences, or if they differ in more than their lengths.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> from nn.utils.rnn import pad_sequence
    >>> pad_sequence([tg.ones(1), tg.ones(3)], batch_first=True)
    tensor([[1., 0., 0.],
            [1., 1., 1.]])
    """
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
    """Remove padding: the inverse of `pad_sequence`.

    Parameters
    ----------
    padded_sequences : Tensor
        (T, N, ...), or (N, T, ...) with `batch_first`.
    lengths : Tensor or sequence of int
        The length of each sequence, (N,).
    batch_first : bool, default False
        Whether the batch is the first dimension.

    Returns
    -------
    list of Tensor
        The first `lengths[i]` steps of each sequence.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> from nn.utils.rnn import unpad_sequence
    >>> unpad_sequence(tg.tensor([[1, 0], [1, 1]]), tg.tensor([1, 2]), batch_first=True)
    [tensor([1]), tensor([1, 1])]
    """
    if not batch_first:
        padded_sequences = padded_sequences.transpose(0, 1)
    return [x[:n] for x, n in zip(padded_sequences, _as_lengths(lengths).tolist(), strict=True)]


def pack_padded_sequence(
    input: Tensor, lengths: Any, batch_first: bool = False, enforce_sorted: bool = True
) -> PackedSequence:
    """Pack padded sequences: leave the padding out.

    Parameters
    ----------
    input : Tensor
        (T, N, ...), or (N, T, ...) with `batch_first`.
    lengths : Tensor or sequence of int
        The length of each sequence, (N,), at least 1.
    batch_first : bool, default False
        Whether the batch is the first dimension.
    enforce_sorted : bool, default True
        Whether the sequences must come sorted, the longest first; with False they are sorted here.

    Returns
    -------
    PackedSequence

    Raises
    ------
    ValueError
        If a length is 0, or if there are more or fewer lengths than N.
    RuntimeError
        If lengths are not sorted, or longer than T.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> from nn.utils.rnn import pack_padded_sequence
    >>> pack_padded_sequence(tg.tensor([[1, 2], [3, 0]]), [2, 1], batch_first=True).data
    tensor([1, 3, 2])
    """
    x = input.transpose(0, 1) if batch_first else input
    sizes = _as_lengths(lengths)
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
    sorted_indices = None if order is None else tg.tensor(order)
    return PackedSequence(x[: sizes[0]][still_runs], tg.tensor(still_runs.sum(1)), sorted_indices)


def pad_packed_sequence(
    sequence: PackedSequence,
    batch_first: bool = False,
    padding_value: float = 0.0,
    total_length: int | None = None,
) -> tuple[Tensor, Tensor]:
    """Pad packed sequences: the inverse of `pack_padded_sequence`.

    Parameters
    ----------
    sequence : PackedSequence
        The sequences.
    batch_first : bool, default False
        Whether the result has the batch as its first dimension.
    padding_value : float, default 0.0
        What is filled in.
    total_length : int, optional
        The number of steps T of the result; by default the longest length.

    Returns
    -------
    (Tensor, Tensor)
        The sequences, (T, N, ...), or (N, T, ...) with `batch_first`, and their lengths, (N,).

    Raises
    ------
    ValueError
        If `total_length` is less than the longest length.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> from nn.utils.rnn import pack_sequence, pad_packed_sequence
    >>> packed = pack_sequence([tg.tensor([1, 2]), tg.tensor([3])])
    >>> pad_packed_sequence(packed, batch_first=True)
    (tensor([[1, 2],
            [3, 0]]), tensor([2, 1]))
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
    """Pack sequences of several lengths, without padding.

    Parameters
    ----------
    sequences : sequence of Tensor
        N sequences of shapes (T_i, ...).
    enforce_sorted : bool, default True
        Whether the sequences must come sorted, the longest first; with False they are sorted here.

    Returns
    -------
    PackedSequence

    Raises
    ------
    ValueError, RuntimeError
        As in `pad_sequence` and `pack_padded_sequence`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> from nn.utils.rnn import pack_sequence
    >>> pack_sequence([tg.tensor([1]), tg.tensor([2, 3])], enforce_sorted=False).data
    tensor([2, 1, 3])
    """
    padded = pad_sequence(sequences)
    return pack_padded_sequence(padded, [len(x) for x in sequences], enforce_sorted=enforce_sorted)


def unpack_sequence(packed_sequences: PackedSequence) -> list[Tensor]:
    """Unpack sequences: the inverse of `pack_sequence`.

    Parameters
    ----------
    packed_sequences : PackedSequence
        The sequences.

    Returns
    -------
    list of Tensor
        N sequences of shapes (T_i, ...).

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> from nn.utils.rnn import pack_sequence, unpack_sequence
    >>> unpack_sequence(pack_sequence([tg.tensor([1, 2]), tg.tensor([3])]))
    [tensor([1, 2]), tensor([3])]
    """
    padded, lengths = pad_packed_sequence(packed_sequences, batch_first=True)
    return unpad_sequence(padded, lengths, batch_first=True)


def _as_lengths(lengths: Any) -> np.ndarray:
    return np.asarray(lengths.array if isinstance(lengths, Tensor) else lengths, np.int64)


def __dir__() -> list[str]:
    return sorted(__all__)
