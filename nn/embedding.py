"""Embeddings: a vector for each index (of a word, say), learned as a row of a table."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np

import tinygrad_edu as tg
from tinygrad_edu import Tensor, functions, no_grad, where
from tinygrad_edu.autograd import Function
from tinygrad_edu.errors import InputError, InputTypeError
from tinygrad_edu.functions.arguments import check_tensor
from tinygrad_edu.sums import narrowed, wide

from . import init
from .module import Module, Parameter

E = TypeVar("E", bound="_Table")


# ---------------------------------------------------------------- functions


def one_hot(input: Tensor, num_classes: int = -1) -> Tensor:
    """One-hot vectors of classes: y[..., c] is 1 where the class is c, else 0.

    Parameters
    ----------
    input : Tensor of int64, any shape
        The classes, at least 0.
    num_classes : int, default -1
        The number C of classes, greater than each class; -1 stands for the largest class plus 1.

    Returns
    -------
    Tensor of int64, shape (..., C)

    Raises
    ------
    TypeError
        If the input is not int64.
    ValueError
        If a class is negative or not less than C, or the input is empty and C is not given.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> F.one_hot(tg.tensor([0, 2, 1]))
    tensor([[1, 0, 0],
            [0, 0, 1],
            [0, 1, 0]])
    """
    check_tensor(input, "one_hot")
    x = input.array
    if x.dtype != np.int64:
        raise InputTypeError(f"one_hot: classes are int64, not {x.dtype}; call x.long()")
    if x.size == 0 and num_classes < 1:
        raise InputError(
            "one_hot: the input is empty, so that no class is given to count from; say num_classes="
        )
    if num_classes == -1:
        num_classes = int(x.max()) + 1
    if x.size and not 0 <= x.min() <= x.max() < num_classes:
        raise InputError(f"one_hot: {x.min()} to {x.max()} are not in 0 to {num_classes - 1}")
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
    """Look up rows of a table: y[...] = W[x[...]].

    Its gradient adds up in each row of W what arrives where the row was looked up.

    Parameters
    ----------
    input : Tensor of integers, any shape
        The numbers x of the rows, from 0 to count - 1.
    weight : Tensor, shape (count, size)
        The table W.
    padding_idx : int, optional
        A row that gets no gradient.  A negative one counts from the end.
    max_norm : float, optional
        Rows that are looked up and whose norm is greater are first scaled to it, in place and
        outside the record.
    norm_type : float, default 2.0
        The order p of that norm.
    scale_grad_by_freq : bool, default False
        Whether the gradient of a row is divided by how often the input names the row.
    sparse : bool, default False
        Accepted and ignored: gradients are dense here.

    Returns
    -------
    Tensor, shape (..., size)

    Raises
    ------
    TypeError
        If the input does not hold integers.
    ValueError
        If the weight has not two dimensions, or `padding_idx` is not one of the rows.
    IndexError
        If a row is not in the table.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> table = tg.tensor([[0.0, 0.0], [1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    >>> y = F.embedding(tg.tensor([2, 1, 2]), table)
    >>> y.detach()
    tensor([[3., 4.],
            [1., 2.],
            [3., 4.]])
    >>> y.sum().backward()
    >>> table.grad
    tensor([[0., 0.],
            [1., 1.],
            [2., 2.]])
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
    """Sum, mean or maximum of the rows that each bag names: y[i] = sum_j W[x[i, j]].

    A bag is a list of rows.  It gives what `embedding` and a reduction over the bag give; an empty
    bag gives 0.

    Parameters
    ----------
    input : Tensor of integers, shape (N, L) or (total,)
        The numbers x of the rows: N bags of L rows, or all bags one after another.
    weight : Tensor, shape (count, size)
        The table W.
    offsets : Tensor of integers, shape (N,), optional
        Where each bag starts in an input of one dimension; the first is 0.
    max_norm : float, optional
        Rows that are looked up and whose norm is greater are first scaled to it, in place and
        outside the record.
    norm_type : float, default 2.0
        The order p of that norm.
    scale_grad_by_freq : bool, default False
        Whether the gradient of a row is divided by how often the input names the row; not with
        `mode="max"`.
    mode : {"mean", "sum", "max"}, default "mean"
        How the rows of a bag become one: their mean, their sum, or the largest value of each
        column, the first of which, if several are equal, has the gradient.
    sparse : bool, default False
        Accepted and ignored, as gradients are dense here; not with `mode="max"`.
    per_sample_weights : Tensor, of the input's shape, optional
        The factor of each row before it is added; only with `mode="sum"`.
    include_last_offset : bool, default False
        Whether the last offset is the end of the last bag, so that there is one bag less than
        offsets.
    padding_idx : int, optional
        A row that does not count: it is left out of the bags, and of the divisor of the mean, and
        gets no gradient.  A negative one counts from the end.

    Returns
    -------
    Tensor, shape (N, size)

    Raises
    ------
    ValueError
        If the mode is another or does not go with the other settings, or the offsets are missing,
        not of one dimension, do not start at 0, fall or exceed the input, `padding_idx` is not one
        of the rows, or the weight has not two dimensions.
    TypeError
        If the input does not hold integers.
    IndexError
        If a row is not in the table.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> table = tg.tensor([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]])
    >>> F.embedding_bag(tg.tensor([0, 1, 2, 2]), table, tg.tensor([0, 3]), mode="sum")
    tensor([[6., 9.],
            [4., 5.]])
    >>> F.embedding_bag(tg.tensor([[0, 1], [2, 2]]), table)
    tensor([[1., 2.],
            [4., 5.]])
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
        raise InputTypeError(
            f"{name}: the input names rows, whole numbers, not {places.dtype}; call input.long()"
        )
    if weight.ndim != 2:
        raise InputError(f"{name}: the weight is (count, size), not {tuple(weight.shape)}")
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
        raise ValueError(f"{name}: padding_idx={padding_idx} is not one of the {count} rows")
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
            self.padding_idx = _padding_row(type(self).__name__, padding_idx, num_embeddings)
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
    """Table of vectors, looked up by number: y[...] = W[x[...]].

    The input x holds integers from 0 to num_embeddings - 1, in any shape (...); the output has
    shape (..., embedding_dim).  The state dict holds `weight`, the table W, of shape
    (num_embeddings, embedding_dim), drawn from the standard normal distribution N(0, 1).

    Parameters
    ----------
    num_embeddings : int
        The number of rows.
    embedding_dim : int
        The length of a row.
    padding_idx : int, optional
        A row that starts at 0 and gets no gradient, so that it stays.  A negative one counts from
        the end.
    max_norm : float, optional
        Rows that are looked up and whose norm is greater are first scaled to it, in place and
        outside the record.
    norm_type : float, default 2.0
        The order p of that norm.
    scale_grad_by_freq : bool, default False
        Whether the gradient of a row is divided by how often the input names the row.
    sparse : bool, default False
        Accepted and ignored: gradients are dense here.
    device : device, default None
        Only the CPU exists.
    dtype : dtype, default None
        Dtype of the weight; None stands for the default dtype.

    Raises
    ------
    ValueError
        If `padding_idx` is not one of the rows.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> layer = nn.Embedding(10, 4, padding_idx=0)
    >>> layer(tg.tensor([[1, 2, 0], [4, 5, 0]])).shape
    torch.Size([2, 3, 4])
    >>> layer(tg.tensor(0)).detach()
    tensor([0., 0., 0., 0.])
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
        """Make a layer whose weight is a given table.

        Parameters
        ----------
        embeddings : Tensor, shape (num_embeddings, embedding_dim)
            The table; the layer's weight shares its memory.
        freeze : bool, default True
            Whether the weight requires no gradient, so that it is not trained.
        padding_idx : int, optional
            A row that gets no gradient; it keeps its values.
        max_norm : float, optional
            Rows that are looked up and whose norm is greater are first scaled to it, in place and
            outside the record.
        norm_type : float, default 2.0
            The order p of that norm.
        scale_grad_by_freq : bool, default False
            Whether the gradient of a row is divided by how often the input names the row.
        sparse : bool, default False
            Accepted and ignored: gradients are dense here.

        Returns
        -------
        Embedding

        Raises
        ------
        ValueError
            If the table has not two dimensions.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> import nn
        >>> layer = nn.Embedding.from_pretrained(tg.tensor([[1.0, 2.0], [3.0, 4.0]]))
        >>> layer(tg.tensor([1]))
        tensor([[3., 4.]])
        """
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
    """Table of vectors, of which the rows that a bag names become their sum, mean or maximum.

    The layer is called with the input x, integers of shape (N, L), which are N bags of L rows; or
    with (total,) and `offsets`, of shape (N,), where the bags start; and, in mode "sum", with
    `per_sample_weights`, of the input's shape.  The output has shape (N, embedding_dim); an empty
    bag gives 0.  The state dict holds `weight`, the table, of shape (num_embeddings,
    embedding_dim), drawn from the standard normal distribution N(0, 1).

    Parameters
    ----------
    num_embeddings : int
        The number of rows.
    embedding_dim : int
        The length of a row.
    max_norm : float, optional
        Rows that are looked up and whose norm is greater are first scaled to it, in place and
        outside the record.
    norm_type : float, default 2.0
        The order p of that norm.
    scale_grad_by_freq : bool, default False
        Whether the gradient of a row is divided by how often the input names the row; not with
        `mode="max"`.
    mode : {"mean", "sum", "max"}, default "mean"
        How the rows of a bag become one: their mean, their sum, or the largest value of each
        column, the first of which, if several are equal, has the gradient.
    sparse : bool, default False
        Accepted and ignored, as gradients are dense here; not with `mode="max"`.
    include_last_offset : bool, default False
        Whether the last offset is the end of the last bag, so that there is one bag less than
        offsets.
    padding_idx : int, optional
        A row that starts at 0 and does not count: it is left out of the bags, and of the divisor of
        the mean, and gets no gradient.  A negative one counts from the end.
    device : device, default None
        Only the CPU exists.
    dtype : dtype, default None
        Dtype of the weight; None stands for the default dtype.

    Raises
    ------
    ValueError
        If `padding_idx` is not one of the rows.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> layer = nn.EmbeddingBag(10, 3, mode="sum")
    >>> words = tg.tensor([1, 2, 4, 5, 4, 3, 2, 9])
    >>> layer(words, tg.tensor([0, 4])).shape  # two bags of four words
    torch.Size([2, 3])
    """

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
        """Make a layer whose weight is a given table.

        Parameters
        ----------
        embeddings : Tensor, shape (num_embeddings, embedding_dim)
            The table; the layer's weight shares its memory.
        freeze : bool, default True
            Whether the weight requires no gradient, so that it is not trained.
        max_norm : float, optional
            Rows that are looked up and whose norm is greater are first scaled to it, in place and
            outside the record.
        norm_type : float, default 2.0
            The order p of that norm.
        scale_grad_by_freq : bool, default False
            Whether the gradient of a row is divided by how often the input names the row; not with
            `mode="max"`.
        mode : {"mean", "sum", "max"}, default "mean"
            How the rows of a bag become one: their mean, their sum, or the largest value of each
            column, the first of which, if several are equal, has the gradient.
        sparse : bool, default False
            Accepted and ignored, as gradients are dense here; not with `mode="max"`.
        include_last_offset : bool, default False
            Whether the last offset is the end of the last bag, so that there is one bag less than
            offsets.
        padding_idx : int, optional
            A row that does not count: it is left out of the bags, and of the divisor of the mean,
            and gets no gradient.  A negative one counts from the end.

        Returns
        -------
        EmbeddingBag

        Raises
        ------
        ValueError
            If the table has not two dimensions.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> import nn
        >>> layer = nn.EmbeddingBag.from_pretrained(tg.tensor([[1.0, 2.0], [3.0, 4.0]]))
        >>> layer(tg.tensor([[0, 1]]))
        tensor([[2., 3.]])
        """
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
