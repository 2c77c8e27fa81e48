"""Embeddings: a vector for each word, learnt as the rows of a table."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np

import tinygrad_edu as tg
from tinygrad_edu import Tensor, functions, no_grad, where
from tinygrad_edu.autograd import Function
from tinygrad_edu.functions.arguments import check_tensor
from tinygrad_edu.sums import narrowed, wide

from . import init
from .module import Module, Parameter

E = TypeVar("E", bound="_Table")


# ---------------------------------------------------------------- functions


def one_hot(input: Tensor, num_classes: int = -1) -> Tensor:
    """y[..., c] = 1 where the class is c, else 0, int64; -1 classes are as many as are needed."""
    x = input.array
    if x.dtype != np.int64:
        raise RuntimeError(f"one_hot: classes are int64, not {x.dtype}; say x.long()")
    if num_classes == -1:
        if x.size == 0:
            raise RuntimeError("one_hot: no class is given to count from; say num_classes=")
        num_classes = int(x.max()) + 1
    if x.size and not 0 <= x.min() <= x.max() < num_classes:
        raise RuntimeError(f"one_hot: {x.min()} to {x.max()} are not in 0 to {num_classes - 1}")
    return Tensor((x[..., None] == np.arange(num_classes)).astype(np.int64))


def embedding(
    input: Tensor,
    weight: Tensor,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """y[...] = W[x[...]]: the row of W, (count, size), that each whole number in x names.

    The row `padding_idx` gets no gradient.  With `max_norm`, rows that are named and longer than it
    (in the norm `norm_type`) are first shortened to it, in place.  With `scale_grad_by_freq`, the
    gradient of a row is divided by how often it is named.  `sparse` changes nothing: gradients are
    dense here.
    """
    places = _row_numbers("embedding", input, weight)
    if max_norm is not None:
        _shorten(weight, np.unique(places), max_norm, norm_type)
    rows: Tensor = weight[places]
    if scale_grad_by_freq:
        rows = _ByFrequency.apply(rows, places)
    if padding_idx is None:
        return rows
    padding = places == _padding_row("embedding", padding_idx, len(weight))
    kept: Tensor = where(padding[..., None], rows.detach(), rows)
    return kept


class _ByFrequency(Function):
    """y = rows;  dL/drows = g divided by how often the place of a row occurs."""

    @staticmethod
    def forward(ctx: Any, rows: Tensor, places: np.ndarray) -> Tensor:
        _, which, counts = np.unique(places, return_inverse=True, return_counts=True)
        ctx.counts = counts[which].reshape((*places.shape, 1)).astype(rows.dtype)
        return rows.clone()

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Any, None]:
        return g / Tensor(ctx.counts), None


def embedding_bag(
    input: Tensor,
    weight: Tensor,
    offsets: Tensor | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    mode: str = "mean",
    sparse: bool = False,
    per_sample_weights: Tensor | None = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> Tensor:
    """The sum, mean or largest of the embeddings in each bag: y[i] = sum_j W[x[i, j]].

    Bags are the rows of x, (N, L); or x is (L,), and a bag starts at each of the `offsets`, the
    last of which, with `include_last_offset`, is where the last bag ends.  In a sum, each number in
    x may have a weight.  The row `padding_idx` does not count; an empty bag gives 0.  The rest is
    as in `embedding`.
    """
    check_tensor(input, "embedding_bag")
    _check_bag(input, mode, scale_grad_by_freq, sparse, per_sample_weights)
    starts, end = _starts(input, offsets, include_last_offset)
    places = _row_numbers("embedding_bag", input, weight).reshape(-1)[:end]
    bag = np.searchsorted(starts, np.arange(end), side="right") - 1
    rows = embedding(Tensor(places), weight, padding_idx, max_norm, norm_type, scale_grad_by_freq)
    if per_sample_weights is not None:
        rows = rows * per_sample_weights.reshape((-1, 1))[:end]
    if padding_idx is not None:
        counts = places != _padding_row("embedding_bag", padding_idx, len(weight))
        rows, bag = rows[counts], bag[counts]
    if mode == "max":
        rows, bag = _largest(rows, bag)
    wider = wide(rows)
    total = wider.new_zeros(len(starts), weight.shape[1])
    summed: Tensor = functions.index_add(total, 0, Tensor(bag), wider)
    if mode == "mean":
        sizes = np.maximum(np.bincount(bag, minlength=len(starts)), 1)
        summed = summed / Tensor(sizes[:, None].astype(wider.dtype))
    y: Tensor = narrowed(summed, rows)
    return y


def _largest(rows: Tensor, bag: np.ndarray) -> tuple[Tensor, np.ndarray]:
    """The largest numbers among the rows of each bag, the first of them if they tie, and the bags
    that have any; rows of a bag stand together."""
    start = np.flatnonzero(np.diff(bag, prepend=-1))
    if not start.size:
        return rows, bag
    x, own = rows.array, np.cumsum(np.diff(bag, prepend=bag[0]) != 0)
    top = np.maximum.reduceat(x, start, axis=0)[own]
    place = np.where((x == top) | (x != x), np.arange(len(x))[:, None], len(x))
    first = np.minimum.reduceat(place, start, axis=0)
    return rows[first, np.arange(x.shape[1])], bag[start]


def _check_bag(
    input: Tensor, mode: str, by_frequency: bool, sparse: bool, weights: Tensor | None
) -> None:
    if mode not in ("sum", "mean", "max"):
        raise ValueError(f"embedding_bag: mode is 'sum', 'mean' or 'max', not {mode!r}")
    if mode == "max" and (by_frequency or sparse):
        raise ValueError(
            "embedding_bag: mode='max' goes neither with scale_grad_by_freq nor with sparse"
        )
    if weights is not None and (mode != "sum" or weights.shape != input.shape):
        raise ValueError(
            "embedding_bag: per_sample_weights go with mode='sum' and have the input's shape, "
            f"{tuple(input.shape)}, not mode={mode!r} and {tuple(weights.shape)}"
        )


def _starts(input: Tensor, offsets: Tensor | None, with_end: bool) -> tuple[np.ndarray, int]:
    """Where the bags start, and where the last one ends."""
    if input.ndim == 2 and offsets is None:
        return np.arange(input.shape[0]) * input.shape[1], input.numel()
    if input.ndim != 1 or offsets is None or offsets.ndim != 1 or offsets.dtype.kind not in "iu":
        given = "none" if offsets is None else f"{tuple(offsets.shape)} {offsets.dtype}"
        raise ValueError(
            "embedding_bag: the input is (N, L) without offsets, or (L,) with offsets (N,), whole "
            f"numbers, not {tuple(input.shape)} with {given}"
        )
    starts: np.ndarray = offsets.array
    if with_end and not starts.size:
        raise ValueError("embedding_bag: include_last_offset asks for at least one offset")
    if starts.size and (starts[0] != 0 or (np.diff(starts) < 0).any() or starts[-1] > len(input)):
        raise ValueError(
            f"embedding_bag: offsets start at 0 and rise to at most {len(input)}, the numbers "
            f"there are; they are {starts.tolist()}"
        )
    if with_end:
        return starts[:-1], int(starts[-1])
    return starts, len(input) if starts.size else 0


def _row_numbers(name: str, input: Tensor, weight: Tensor) -> np.ndarray:
    check_tensor(input, name)
    places: np.ndarray = input.array
    if places.dtype.kind not in "iu":
        raise RuntimeError(f"{name}: the input names rows, whole numbers, not {places.dtype}")
    if weight.ndim != 2:
        raise RuntimeError(f"{name}: the weight is (count, size), not {tuple(weight.shape)}")
    wrong = (places < 0) | (places >= len(weight))
    if wrong.any():
        place = tuple(int(k) for k in np.argwhere(wrong)[0])
        raise IndexError(
            f"{name}: the input holds {places[place]} at {list(place)}, but the weight "
            f"{tuple(weight.shape)} has the rows 0 to {len(weight) - 1}"
        )
    return places


def _padding_row(name: str, padding_idx: int, count: int) -> int:
    if not -count <= padding_idx < count:
        raise IndexError(f"{name}: padding_idx={padding_idx} is not one of the {count} rows")
    return padding_idx % count


def _shorten(weight: Tensor, rows: np.ndarray, max_norm: float, norm_type: float) -> None:
    with no_grad():
        vectors = weight[rows]
        norms = functions.norm(vectors, norm_type, 1, True)
        weight[rows] = where(norms > max_norm, vectors * (max_norm / (norms + 1e-7)), vectors)


# ---------------------------------------------------------------- layers


class _Table(Module):
    """A weight of shape (num_embeddings, embedding_dim), whose rows start normal, one perhaps 0."""

    shown: tuple[str, ...]
    norm_type: float

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None,
        weight: Any,
        device: Any,
        dtype: Any,
    ) -> None:
        super().__init__()
        self.num_embeddings, self.embedding_dim = num_embeddings, embedding_dim
        if weight is None:
            numbers = tg.empty(num_embeddings, embedding_dim, device=device, dtype=dtype)
            self.weight = Parameter(numbers)
        else:
            self.weight = Parameter(tg.as_tensor(weight))
        if self.weight.shape != (num_embeddings, embedding_dim):
            raise ValueError(
                f"{type(self).__name__}: the table is ({num_embeddings}, {embedding_dim}), not "
                f"{tuple(self.weight.shape)}"
            )
        self.padding_idx = padding_idx
        if padding_idx is not None:
            if not -num_embeddings <= padding_idx < num_embeddings:
                raise ValueError(
                    f"{type(self).__name__}: padding_idx={padding_idx} is not one of the "
                    f"{num_embeddings} rows"
                )
            self.padding_idx = padding_idx % num_embeddings
        if weight is None:
            self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the rows from the standard normal distribution; the row `padding_idx` is 0."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            init.zeros_(self.weight.data[self.padding_idx])

    @classmethod
    def _from_table(cls: type[E], embeddings: Any, freeze: bool, **settings: Any) -> E:
        table = tg.as_tensor(embeddings)
        if table.ndim != 2:
            raise ValueError(
                f"{cls.__name__}.from_pretrained: the table is (count, size), not "
                f"{tuple(table.shape)}"
            )
        make: Any = cls
        layer: E = make(*table.shape, _weight=table, **settings)
        layer.weight.requires_grad_(not freeze)
        return layer

    def extra_repr(self) -> str:
        settings = {name: getattr(self, name) for name in self.shown}
        if self.norm_type == 2:
            del settings["norm_type"]
        given = [
            f"{name}={value!r}"
            for name, value in settings.items()
            if value is not None and value is not False
        ]
        return ", ".join([str(self.num_embeddings), str(self.embedding_dim), *given])


class Embedding(_Table):
    """y[...] = W[x[...]]: the row of W that each whole number in x names: see `embedding`.

    The row `padding_idx` starts at 0 and gets no gradient, so it stays.

    >>> import nn, tinygrad_edu as tg
    >>> nn.Embedding(10, 4)(tg.tensor([[1, 2, 3]])).shape
    torch.Size([1, 3, 4])
    """

    shown = ("padding_idx", "max_norm", "norm_type", "scale_grad_by_freq", "sparse")

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
        _weight: Any = None,
        _freeze: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(num_embeddings, embedding_dim, padding_idx, _weight, device, dtype)
        self.max_norm, self.norm_type = max_norm, norm_type
        self.scale_grad_by_freq, self.sparse = scale_grad_by_freq, sparse
        self.weight.requires_grad_(not _freeze)

    @classmethod
    def from_pretrained(
        cls: type[E],
        embeddings: Any,
        freeze: bool = True,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
    ) -> E:
        """The layer whose weight is this table, (count, size); it is not trained if `freeze`."""
        return cls._from_table(
            embeddings,
            freeze,
            padding_idx=padding_idx,
            max_norm=max_norm,
            norm_type=norm_type,
            scale_grad_by_freq=scale_grad_by_freq,
            sparse=sparse,
        )

    def forward(self, input: Tensor) -> Tensor:
        return embedding(
            input,
            self.weight,
            self.padding_idx,
            self.max_norm,
            self.norm_type,
            self.scale_grad_by_freq,
            self.sparse,
        )


class EmbeddingBag(_Table):
    """The sum, mean or largest of the embeddings in each bag of whole numbers: see
    `embedding_bag`."""

    shown = ("max_norm", "norm_type", "scale_grad_by_freq", "mode", "padding_idx")

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: str = "mean",
        sparse: bool = False,
        _weight: Any = None,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(num_embeddings, embedding_dim, padding_idx, _weight, device, dtype)
        self.max_norm, self.norm_type = max_norm, norm_type
        self.scale_grad_by_freq, self.sparse = scale_grad_by_freq, sparse
        self.mode, self.include_last_offset = mode, include_last_offset

    @classmethod
    def from_pretrained(
        cls: type[E],
        embeddings: Any,
        freeze: bool = True,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: str = "mean",
        sparse: bool = False,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
    ) -> E:
        """The layer whose weight is this table, (count, size); it is not trained if `freeze`."""
        return cls._from_table(
            embeddings,
            freeze,
            max_norm=max_norm,
            norm_type=norm_type,
            scale_grad_by_freq=scale_grad_by_freq,
            mode=mode,
            sparse=sparse,
            include_last_offset=include_last_offset,
            padding_idx=padding_idx,
        )

    def forward(
        self, input: Tensor, offsets: Tensor | None = None, per_sample_weights: Tensor | None = None
    ) -> Tensor:
        return embedding_bag(
            input,
            self.weight,
            offsets,
            self.max_norm,
            self.norm_type,
            self.scale_grad_by_freq,
            self.mode,
            self.sparse,
            per_sample_weights,
            self.include_last_offset,
            self.padding_idx,
        )
