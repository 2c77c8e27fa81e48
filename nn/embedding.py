"""Embeddings: a vector for each word, learnt as the rows of a table."""

from __future__ import annotations

from typing import Any, TypeVar

import tinygrad_edu as tg

from . import init, normalizing
from .module import Module, Parameter

E = TypeVar("E", bound="_Table")


class _Table(Module):
    """A weight of shape (num_embeddings, embedding_dim), whose rows start normal, one perhaps 0."""

    shown: tuple[str, ...]

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None,
        max_norm: float | None,
        norm_type: float,
        dtype: Any,
    ) -> None:
        super().__init__()
        self.num_embeddings, self.embedding_dim = num_embeddings, embedding_dim
        self.max_norm, self.norm_type = max_norm, norm_type
        self.weight = Parameter(tg.empty(num_embeddings, embedding_dim, dtype=dtype))
        init.normal_(self.weight)
        self.padding_idx = padding_idx
        if padding_idx is not None:
            if not -num_embeddings <= padding_idx < num_embeddings:
                raise ValueError(
                    f"{type(self).__name__}: padding_idx={padding_idx} is not one of the "
                    f"{num_embeddings} rows"
                )
            self.padding_idx = padding_idx % num_embeddings
            init.zeros_(self.weight.data[self.padding_idx])

    @classmethod
    def from_pretrained(cls: type[E], embeddings: Any, freeze: bool = True, **settings: Any) -> E:
        """The layer whose weight is this table, (count, size); it is not trained if `freeze`."""
        table = tg.as_tensor(embeddings)
        if table.ndim != 2:
            raise ValueError(
                f"{cls.__name__}.from_pretrained: the table is (count, size), not "
                f"{tuple(table.shape)}"
            )
        layer = cls(*table.shape, **settings)
        layer.weight = Parameter(table, requires_grad=not freeze)
        return layer

    def extra_repr(self) -> str:
        settings = {name: getattr(self, name) for name in self.shown}
        if self.norm_type == 2:
            del settings["norm_type"]
        given = [f"{name}={value!r}" for name, value in settings.items() if value is not None]
        return ", ".join([str(self.num_embeddings), str(self.embedding_dim), *given])


class Embedding(_Table):
    """y[...] = W[x[...]]: the row of W that each whole number in x names: see `embedding`.

    The row `padding_idx` starts at 0 and gets no gradient, so it stays.

    >>> import nn, tinygrad_edu as tg
    >>> nn.embedding.Embedding(10, 4)(tg.tensor([[1, 2, 3]])).shape
    (1, 3, 4)
    """

    shown = ("padding_idx", "max_norm", "norm_type")

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        *,
        dtype: Any = None,
    ) -> None:
        super().__init__(num_embeddings, embedding_dim, padding_idx, max_norm, norm_type, dtype)

    def forward(self, input: Any) -> Any:
        return normalizing.embedding(
            input, self.weight, self.padding_idx, self.max_norm, self.norm_type
        )


class EmbeddingBag(_Table):
    """The sum, or mean, of the embeddings in each bag of whole numbers: see `embedding_bag`."""

    shown = ("max_norm", "norm_type", "mode", "padding_idx")

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        *,
        mode: str = "mean",
        padding_idx: int | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(num_embeddings, embedding_dim, padding_idx, max_norm, norm_type, dtype)
        self.mode = mode

    def forward(self, input: Any, offsets: Any = None, per_sample_weights: Any = None) -> Any:
        return normalizing.embedding_bag(
            input,
            self.weight,
            offsets,
            self.max_norm,
            self.norm_type,
            mode=self.mode,
            per_sample_weights=per_sample_weights,
            padding_idx=self.padding_idx,
        )
