"""Attention: every query takes a mean of the values, mostly of those whose keys fit it best.

Multi-head attention is several small attentions side by side, of learned projections.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import tinygrad_edu as tg
from tinygrad_edu import Generator, Tensor, functions, ops
from tinygrad_edu.functions.arguments import check_floating, check_tensor
from tinygrad_edu.sums import narrowed, wide

from . import init
from .dropout import check_probability, dropped
from .linear import Linear
from .module import Module, Parameter

# ---------------------------------------------------------------- functions


def scaled_dot_product_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    *,
    scale: float | None = None,
    enable_gqa: bool = False,
    generator: Generator | None = None,
) -> Tensor:
    """y = softmax(s q k' + mask) v, where s is 1 / sqrt(E) unless a `scale` is given
    (Vaswani et al., 2017).

    The query is (..., L, E), the key (..., S, E), the value (..., S, Ev) and y (..., L, Ev).  The
    mask broadcasts to (..., L, S): where a bool one is True, the query looks at the key; a floating
    one is added.  With `is_causal`, query t looks at the keys 0 to t.  A query that looks at
    nothing gets zeros.  With `enable_gqa`, each key and value serves several heads, dimension -3,
    of the query (Ainslie et al., 2023).  Dropout is of the weights, in evaluation too: say
    `dropout_p=0.0` there.

    >>> import tinygrad_edu as tg
    >>> x = tg.tensor([[1.0, 0.0], [0.0, 1.0]])
    >>> scaled_dot_product_attention(x, x, x, is_causal=True)
    tensor([[1.0000, 0.0000],
            [0.3302, 0.6698]])
    """
    name = "scaled_dot_product_attention"
    check_probability(name, dropout_p)
    if enable_gqa:
        key, value = _for_each_head(name, query, key), _for_each_head(name, query, value)
    _check_inputs(name, query, key, value)
    bias, blind = None, None
    if is_causal:
        if attn_mask is not None:
            raise ValueError(f"{name}: is_causal=True is a mask: give no attn_mask beside it")
        bias = hiding(~np.tri(query.shape[-2], key.shape[-2], dtype=bool), query.dtype)
    elif attn_mask is not None:
        _check_mask(name, attn_mask, query, key)
        bias = attn_mask if attn_mask.dtype.kind == "f" else hiding(~attn_mask.array, query.dtype)
        blind = np.equal(bias.array, -np.inf).all(-1, keepdims=True)
    some_blind = blind is not None and blind.any()
    bias = ops.where(blind, 0, bias) if some_blind else bias
    weights = attention_weights(wide(query), wide(key), bias, scale, dropout_p, generator)
    y: Any = narrowed(weights @ wide(value), query)
    y = ops.where(blind, 0, y) if some_blind else y
    return y  # type: ignore[no-any-return]


def attention_weights(
    query: Tensor,
    key: Tensor,
    bias: Tensor | None,
    scale: float | None = None,
    dropout_p: float = 0.0,
    generator: Generator | None = None,
) -> Tensor:
    """softmax(s q k' + bias) along the keys, s = 1 / sqrt(E), after dropout."""
    if scale is None:
        scale = query.shape[-1] ** -0.5 if query.shape[-1] else 1.0
    scores = (query * scale) @ key.swapaxes(-1, -2)
    weights = ops.softmax(scores if bias is None else scores + bias, axis=-1)
    return dropped(weights, weights.shape, dropout_p, generator) if dropout_p else weights


def hiding(hidden: Any, dtype: Any) -> Tensor:
    """What is added to the scores so that keys are not looked at: -inf where `hidden`, else 0."""
    bias = np.zeros(np.shape(hidden), dtype)
    bias[hidden] = -np.inf
    return Tensor(bias)


def check_mask(name: str, what: str, mask: Tensor) -> None:
    """Raise TypeError unless the mask holds bools or floats."""
    if not hasattr(mask, "dtype") or mask.dtype.kind not in "bf":
        given = mask.dtype if hasattr(mask, "dtype") else repr(mask)
        raise TypeError(
            f"{name}: {what} is bool, or floating and added to the scores, not {given}; write it "
            "as mask != 0, and see which of the two means that a key is looked at"
        )


def shown(given: dict[str, Tensor]) -> str:
    """Names and shapes, for an error: "query (3, 4), key (5, 4)"."""
    return ", ".join(f"{what} {tuple(x.shape)}" for what, x in given.items())


def _check_inputs(name: str, query: Tensor, key: Tensor, value: Tensor) -> None:
    given = {"query": query, "key": key, "value": value}
    for what, x in given.items():
        check_floating(x, f"{name}: {what}")
        if x.ndim < 2:
            raise ValueError(f"{name}: {what} is (..., length, size), not {tuple(x.shape)}")
    if query.shape[-1] != key.shape[-1]:
        raise ValueError(
            f"{name}: {shown(given)}: each query is multiplied with each key, so their last sizes "
            "are equal"
        )
    if key.shape[-2] != value.shape[-2]:
        raise ValueError(
            f"{name}: {shown(given)}: every key has a value, so their lengths are equal"
        )
    try:
        np.broadcast_shapes(*[x.shape[:-2] for x in given.values()])
    except ValueError:
        heads = "" if key.ndim < 3 else "; enable_gqa=True lets heads of the query share a key"
        raise ValueError(
            f"{name}: {shown(given)}: what is before the last two sizes does not broadcast{heads}"
        ) from None


def _check_mask(name: str, mask: Tensor, query: Tensor, key: Tensor) -> None:
    check_mask(name, "attn_mask", mask)
    before = np.broadcast_shapes(query.shape[:-2], key.shape[:-2])
    scores = (*before, query.shape[-2], key.shape[-2])
    try:
        fits = np.broadcast_shapes(mask.shape, scores) == scores
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(
            f"{name}: attn_mask {tuple(mask.shape)} does not broadcast to {scores}, a number for "
            "each query and each key"
        )


def _for_each_head(name: str, query: Tensor, x: Tensor) -> Tensor:
    """x, keys or values, with its heads repeated until there are as many as the query has."""
    if min(query.ndim, x.ndim) < 3 or x.shape[-3] < 1 or query.shape[-3] % x.shape[-3]:
        raise ValueError(
            f"{name}: with enable_gqa, dimension -3 is heads, and those of key and value divide "
            f"those of the query: {tuple(query.shape)} and {tuple(x.shape)}"
        )
    times = query.shape[-3] // x.shape[-3]
    return x if times == 1 else functions.repeat_interleave(x, times, -3)


# ---------------------------------------------------------------- layers


class MultiheadAttention(Module):
    """y = concat(head_1, ..., head_h) Wo' + bo, where head_i is the attention of x Wq_i', x Wk_i'
    and x Wv_i' (and biases), each embed_dim / num_heads wide: see `scaled_dot_product_attention`
    (Vaswani et al., 2017).

    Inputs are (L, N, E), or (N, L, E) with `batch_first`; without N they are (L, E).  Keys are
    `kdim` and values `vdim` wide, embed_dim if not given.  `dropout` is of the attention weights.
    `add_bias_kv` adds one key and value more, learned, `add_zero_attn` one of zeros.

    `in_proj_weight`, (3 embed_dim, embed_dim), is Wq, Wk and Wv one below the other; with `kdim` or
    `vdim` they are `q_proj_weight`, `k_proj_weight`, `v_proj_weight`.  They and `bias_k`, `bias_v`
    start as Glorot and Bengio (2010) do, biases at 0, and `out_proj` as any Linear.

    >>> import nn, tinygrad_edu as tg
    >>> attention = nn.MultiheadAttention(8, 2, batch_first=True)
    >>> x = tg.ones(5, 3, 8)
    >>> y, weights = attention(x, x, x)
    >>> y.shape, weights.shape
    (torch.Size([5, 3, 8]), torch.Size([5, 3, 3]))
    """

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if embed_dim < 1 or num_heads < 1 or embed_dim % num_heads:
            raise ValueError(
                f"MultiheadAttention: embed_dim={embed_dim} does not fall into "
                f"num_heads={num_heads} parts of equal size, one for each head"
            )
        check_probability("MultiheadAttention", dropout)
        self.embed_dim, self.num_heads, self.dropout = embed_dim, num_heads, dropout
        self.kdim = embed_dim if kdim is None else kdim
        self.vdim = embed_dim if vdim is None else vdim
        self.head_dim = embed_dim // num_heads
        self.batch_first, self.add_zero_attn = batch_first, add_zero_attn
        for name, shape in self._shapes(bias, add_bias_kv).items():
            numbers = None
            if shape is not None:
                numbers = Parameter(tg.empty(shape, device=device, dtype=dtype))
            self.register_parameter(name, numbers)
        self._reset_parameters()
        self.out_proj = Linear(embed_dim, embed_dim, bias, device, dtype)
        if self.out_proj.bias is not None:
            init.zeros_(self.out_proj.bias)

    def _shapes(self, bias: bool, add_bias_kv: bool) -> dict[str, tuple[int, ...] | None]:
        """The shape of each parameter; None for what this layer does not have."""
        size = self.embed_dim
        packed = self.kdim == self.vdim == size
        return {
            "in_proj_weight": (3 * size, size) if packed else None,
            "q_proj_weight": None if packed else (size, size),
            "k_proj_weight": None if packed else (size, self.kdim),
            "v_proj_weight": None if packed else (size, self.vdim),
            "in_proj_bias": (3 * size,) if bias else None,
            "bias_k": (1, 1, size) if add_bias_kv else None,
            "bias_v": (1, 1, size) if add_bias_kv else None,
        }

    def _reset_parameters(self) -> None:
        """Draw the weights as Glorot and Bengio (2010) do, and set the biases to 0."""
        for name, parameter in self.named_parameters():
            if name == "in_proj_bias" or name == "out_proj.bias":
                init.zeros_(parameter)
            elif name in ("bias_k", "bias_v"):
                init.xavier_normal_(parameter)
            elif not name.startswith("out_proj"):
                init.xavier_uniform_(parameter)

    in_proj_weight: Parameter | None
    q_proj_weight: Parameter | None
    k_proj_weight: Parameter | None
    v_proj_weight: Parameter | None
    in_proj_bias: Parameter | None
    bias_k: Parameter | None
    bias_v: Parameter | None

    def forward(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        key_padding_mask: Tensor | None = None,
        need_weights: bool = True,
        attn_mask: Tensor | None = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        """The outputs (..., L, E) and the weights, (N, L, S), the mean over the heads unless not
        `average_attn_weights`: then (N, num_heads, L, S).  Without `need_weights` they are None.

        In bool masks True means that a key is *not* looked at; floating ones are added to the
        scores.  `attn_mask` is (L, S) or (N num_heads, L, S), `key_padding_mask` is (N, S).
        `is_causal` says that attn_mask, which is given too, is a causal one.  A query that looks at
        nothing gets zeros from the heads, but with `need_weights` nan, as in PyTorch.
        """
        alone = self._check_shapes(query, key, value)
        if alone:
            query, key, value = query[None], key[None], value[None]
            key_padding_mask = None if key_padding_mask is None else key_padding_mask[None]
        batch = 0 if self.batch_first or alone else 1  # the dimension that is N
        sizes = query.shape[batch], query.shape[1 - batch], key.shape[1 - batch]
        if is_causal and attn_mask is None:
            raise ValueError(
                "MultiheadAttention: is_causal says what kind of mask attn_mask is, so give both; "
                f"nn.Transformer.generate_square_subsequent_mask({sizes[1]}) makes one"
            )
        causal = is_causal and key_padding_mask is None and not need_weights
        bias = self._added(None if causal else attn_mask, key_padding_mask, sizes, query.dtype)
        q, k, v = self._heads(query, key, value, batch)
        k, v, bias = self._with_more_keys(k, v, bias)
        dropout, weights = self.dropout if self.training else 0.0, None
        if need_weights:
            weights = attention_weights(q, k, bias, None, dropout)
            y = weights @ v
            if average_attn_weights:
                weights = ops.mean(weights, axis=1)
        else:
            y = scaled_dot_product_attention(q, k, v, bias, dropout, causal)
        y = ops.transpose(y, axes=(2 * batch, 2 - 2 * batch, 1, 3)).reshape(query.shape)
        y = self.out_proj(y)
        if alone:
            return y[0], None if weights is None else weights[0]
        return y, weights

    def _heads(self, query: Any, key: Any, value: Any, batch: int) -> list[Any]:
        """The three projections, each (N, num_heads, length, head_dim)."""
        parts = [slice(k * self.embed_dim, (k + 1) * self.embed_dim) for k in range(3)]
        weights: Any = self.q_proj_weight, self.k_proj_weight, self.v_proj_weight
        if self.in_proj_weight is not None:  # of small weights, not of y: a slice's gradient is
            weights = [self.in_proj_weight[part] for part in parts]  # as large as what it is of
        heads = []
        for x, weight, part in zip((query, key, value), weights, parts, strict=True):
            bias = None if self.in_proj_bias is None else self.in_proj_bias[part]
            y = ops.linear(x, weight, bias)
            y = y.reshape((*y.shape[:2], self.num_heads, self.head_dim))
            heads.append(ops.transpose(y, axes=(batch, 2, 1 - batch, 3)))
        return heads

    def _with_more_keys(self, k: Any, v: Any, bias: Any) -> tuple[Any, Any, Any]:
        """Keys, values and what is added to their scores, after them the learned ones and those
        of zeros, which every query looks at."""
        shape = (len(k), self.num_heads, 1, self.head_dim)
        more: list[Any] = []
        if self.bias_k is not None and self.bias_v is not None:
            learned = [x.reshape(shape[1:]) for x in (self.bias_k, self.bias_v)]
            more.append([ops.broadcast_to(x, shape=shape) for x in learned])
        if self.add_zero_attn:
            more.append([tg.zeros(shape, dtype=k.dtype)] * 2)
        for key, value in more:
            k, v = tg.cat([k, key], 2), tg.cat([v, value], 2)
        if more and bias is not None:
            bias = ops.pad(bias, pad_width=((0, 0),) * (bias.ndim - 1) + ((0, len(more)),))
        return k, v, bias

    def _added(
        self, attn_mask: Any, key_padding_mask: Any, sizes: tuple[int, int, int], dtype: Any
    ) -> Any:
        """What is added to the scores, in a shape that broadcasts to theirs; None if nothing is."""
        n, queries, keys = sizes
        bias = None
        if attn_mask is not None:
            each = (n * self.num_heads, queries, keys)
            shapes = {"(L, S)": each[1:], "(N num_heads, L, S)": each}
            bias = _mask("attn_mask", attn_mask, shapes, dtype)
            if bias.ndim == 3:
                bias = bias.reshape((n, self.num_heads, queries, keys))
        if key_padding_mask is not None:
            padding = _mask("key_padding_mask", key_padding_mask, {"(N, S)": (n, keys)}, dtype)
            padding = padding.reshape((n, 1, 1, keys))
            bias = padding if bias is None else bias + padding
        return bias

    def _check_shapes(self, query: Any, key: Any, value: Any) -> bool:
        """Raise ValueError unless the inputs fit; True if they are one example, without N."""
        given = {"query": query, "key": key, "value": value}
        for what, x in given.items():
            check_tensor(x, f"MultiheadAttention: {what}")
        if query.ndim not in (2, 3) or not query.ndim == key.ndim == value.ndim:
            wanted = "(N, L, E)" if self.batch_first else "(L, N, E)"
            raise ValueError(
                f"MultiheadAttention: the inputs are {wanted}, or (L, E) for one example: "
                f"{shown(given)}"
            )
        widths = (self.embed_dim, self.kdim, self.vdim)
        if (query.shape[-1], key.shape[-1], value.shape[-1]) != widths:
            raise ValueError(
                "MultiheadAttention: the last sizes of query, key and value are embed_dim, kdim "
                f"and vdim, {widths}: {shown(given)}"
            )
        batch = 0 if self.batch_first else 1
        if key.shape[:-1] != value.shape[:-1]:
            raise ValueError(f"MultiheadAttention: every key has a value: {shown(given)}")
        if query.ndim == 3 and query.shape[batch] != key.shape[batch]:
            raise ValueError(
                f"MultiheadAttention: the batch, dimension {batch} (batch_first="
                f"{self.batch_first}), is the same in query and key: {shown(given)}"
            )
        return bool(query.ndim == 2)


def _mask(what: str, mask: Any, shapes: dict[str, tuple[int, ...]], dtype: Any) -> Any:
    """The mask as it is added to the scores: -inf where a bool one is True."""
    check_mask("MultiheadAttention", what, mask)
    if mask.shape not in shapes.values():
        wanted = ", or ".join(f"{meaning} = {shape}" for meaning, shape in shapes.items())
        raise ValueError(f"MultiheadAttention: {what} is {wanted}, not {tuple(mask.shape)}")
    return mask if mask.dtype.kind == "f" else hiding(mask.array, dtype)
