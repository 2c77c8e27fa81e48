"""Attention: every query takes a weighted mean of the values; the weights say how well keys fit.

Multi-head attention is several attentions side by side, each with projections that are learned.
"""

from __future__ import annotations

from typing import Any, NamedTuple

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
    """Scaled dot-product attention: y = softmax(s q k^T + mask) v, s = 1 / sqrt(E).

    Each query takes a weighted mean of the values; its weights are the softmax, over the keys, of
    its scaled products with the keys.

    Parameters
    ----------
    query : Tensor, shape (..., L, E)
        The queries q.
    key : Tensor, shape (..., S, E)
        The keys k.
    value : Tensor, shape (..., S, V)
        The values v, one for each key.  The leading dimensions of the three are broadcast.
    attn_mask : Tensor of bool or floats, broadcastable to (..., L, S), optional
        Where a bool mask is True, the query looks at the key; a floating mask is added to the
        scores.  A query that looks at no key gets zeros.
    dropout_p : float, default 0.0
        The probability with which a weight is dropped.  The function does not know whether a model
        trains: pass 0.0 in evaluation.
    is_causal : bool, default False
        Whether query t looks at the keys 0 to t only; then no mask is given.
    scale : float, optional
        The factor s; by default 1 / sqrt(E).
    enable_gqa : bool, default False
        Whether each head of key and value, dimension -3, serves several heads of the query (grouped
        query attention); their number divides that of the query.
    generator : Generator, optional
        Where the random numbers of dropout are drawn from; by default the generator of this thread.

    Returns
    -------
    Tensor, shape (..., L, V)

    Raises
    ------
    ValueError
        If the shapes do not fit, both a mask and `is_causal` are given, or `dropout_p` is not
        between 0 and 1.
    TypeError
        If the mask holds neither bools nor floats.

    References
    ----------
    A. Vaswani et al., "Attention is all you need", NeurIPS 2017.

    J. Ainslie et al., "GQA: training generalized multi-query transformer models from multi-head
    checkpoints", EMNLP 2023.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> x = tg.tensor([[1.0, 0.0], [0.0, 1.0]])
    >>> F.scaled_dot_product_attention(x, x, x, is_causal=True)
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


def shapes_of(given: dict[str, Tensor]) -> str:
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
            f"{name}: {shapes_of(given)}: each query is multiplied with each key, so their last "
            "sizes are equal"
        )
    if key.shape[-2] != value.shape[-2]:
        raise ValueError(
            f"{name}: {shapes_of(given)}: every key has a value, so their lengths are equal"
        )
    try:
        np.broadcast_shapes(*[x.shape[:-2] for x in given.values()])
    except ValueError:
        heads = "" if key.ndim < 3 else "; enable_gqa=True lets heads of the query share a key"
        raise ValueError(
            f"{name}: {shapes_of(given)}: what is before the last two sizes does not "
            f"broadcast{heads}"
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


class _MultiHead(NamedTuple):
    """The weights and settings of multi-head attention, up to its last projection."""

    name: str
    widths: tuple[int, int, int]  # embed_dim, kdim, vdim
    num_heads: int
    weights: Any  # (3 embed_dim, embed_dim), or one for each of query, key and value
    in_bias: Any
    more: tuple[Any, Any]  # a learned key and value, or None
    add_zero_attn: bool
    dropout: float
    batch_first: bool
    static: tuple[Any, Any, Any] = (None, None, None)  # what takes the place of a projection

    def attend(
        self, query: Any, key: Any, value: Any, masks: Any, need_weights: bool, average: bool
    ) -> tuple[Any, Any]:
        """The heads side by side, in the shape of the query, and the weights."""
        attn_mask, padding, is_causal = masks
        alone = self._check_shapes(query, key, value)
        if alone:
            query, key, value = query[None], key[None], value[None]
            padding = None if padding is None else padding[None]
        batch = 0 if self.batch_first or alone else 1  # the dimension that is N
        q, k, v = self._heads(query, key, value, batch)
        sizes = query.shape[batch], query.shape[1 - batch], k.shape[2]
        if is_causal and attn_mask is None:
            raise ValueError(
                f"{self.name}: is_causal says what kind of mask attn_mask is, so give both; "
                f"nn.Transformer.generate_square_subsequent_mask({sizes[1]}) makes one"
            )
        causal = is_causal and padding is None and not need_weights
        bias = self._added(None if causal else attn_mask, padding, sizes, query.dtype)
        k, v, bias = self._with_more_keys(k, v, bias)
        weights = None
        if need_weights:
            weights = attention_weights(q, k, bias, None, self.dropout)
            y = weights @ v
            if average:
                weights = ops.mean(weights, axis=1)
        else:
            y = scaled_dot_product_attention(q, k, v, bias, self.dropout, causal)
        y = ops.transpose(y, axes=(2 * batch, 2 - 2 * batch, 1, 3)).reshape(query.shape)
        if alone:
            return y[0], None if weights is None else weights[0]
        return y, weights

    def _heads(self, query: Any, key: Any, value: Any, batch: int) -> list[Any]:
        """The three projections, each (N, num_heads, length, head_dim)."""
        size = self.widths[0]
        shape = (self.num_heads, size // self.num_heads)
        heads = []
        for i, (x, static) in enumerate(zip((query, key, value), self.static, strict=True)):
            if static is not None:
                heads.append(self._static(static, query.shape[batch], shape))
                continue
            # Slices of small weights, not of y: the gradient of a slice is as large as its input.
            part = slice(i * size, (i + 1) * size)
            weight = self.weights[i] if isinstance(self.weights, tuple) else self.weights[part]
            y = ops.linear(x, weight, None if self.in_bias is None else self.in_bias[part])
            y = y.reshape((*y.shape[:2], *shape))
            heads.append(ops.transpose(y, axes=(batch, 2, 1 - batch, 3)))
        return heads

    def _static(self, x: Any, batch: int, shape: tuple[int, int]) -> Any:
        """Keys or values that are given, as (N, num_heads, S, head_dim)."""
        heads, size = shape
        if x.ndim != 3 or (x.shape[0], x.shape[2]) != (batch * heads, size):
            raise ValueError(
                f"{self.name}: static_k and static_v are (N num_heads, S, head_dim) = "
                f"({batch * heads}, S, {size}), not {tuple(x.shape)}"
            )
        return x.reshape((batch, heads, *x.shape[1:]))

    def _with_more_keys(self, k: Any, v: Any, bias: Any) -> tuple[Any, Any, Any]:
        """Keys, values and what is added to their scores, after them the learned ones and those
        of zeros, which every query looks at."""
        shape = (len(k), k.shape[1], 1, k.shape[3])
        more: list[Any] = []
        if self.more[0] is not None:
            learned = [x.reshape(shape[1:]) for x in self.more]
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
            bias = self._mask("attn_mask", attn_mask, shapes, dtype)
            if bias.ndim == 3:
                bias = bias.reshape((n, self.num_heads, queries, keys))
        if key_padding_mask is not None:
            shapes = {"(N, S)": (n, keys)}
            padding = self._mask("key_padding_mask", key_padding_mask, shapes, dtype)
            padding = padding.reshape((n, 1, 1, keys))
            bias = padding if bias is None else bias + padding
        return bias

    def _mask(self, what: str, mask: Any, shapes: Any, dtype: Any) -> Any:
        """The mask as it is added to the scores: -inf where a bool one is True."""
        check_mask(self.name, what, mask)
        if mask.shape not in shapes.values():
            wanted = ", or ".join(f"{meaning} = {shape}" for meaning, shape in shapes.items())
            raise ValueError(f"{self.name}: {what} is {wanted}, not {tuple(mask.shape)}")
        return mask if mask.dtype.kind == "f" else hiding(mask.array, dtype)

    def _check_shapes(self, query: Any, key: Any, value: Any) -> bool:
        """Raise ValueError unless the inputs fit; True if they are one example, without N."""
        given = {"query": query, "key": key, "value": value}
        for what, x in given.items():
            check_tensor(x, f"{self.name}: {what}")
        if query.ndim not in (2, 3) or not query.ndim == key.ndim == value.ndim:
            wanted = "(N, L, E)" if self.batch_first else "(L, N, E)"
            raise ValueError(
                f"{self.name}: the inputs are {wanted}, or (L, E) for one example: "
                f"{shapes_of(given)}"
            )
        if (query.shape[-1], key.shape[-1], value.shape[-1]) != self.widths:
            raise ValueError(
                f"{self.name}: the last sizes of query, key and value are embed_dim, kdim "
                f"and vdim, {self.widths}: {shapes_of(given)}"
            )
        batch = 0 if self.batch_first else 1
        if key.shape[:-1] != value.shape[:-1]:
            raise ValueError(f"{self.name}: every key has a value: {shapes_of(given)}")
        if query.ndim == 3 and query.shape[batch] != key.shape[batch]:
            raise ValueError(
                f"{self.name}: the batch, dimension {batch} (batch_first="
                f"{self.batch_first}), is the same in query and key: {shapes_of(given)}"
            )
        return bool(query.ndim == 2)


def multi_head_attention_forward(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    embed_dim_to_check: int,
    num_heads: int,
    in_proj_weight: Tensor | None,
    in_proj_bias: Tensor | None,
    bias_k: Tensor | None,
    bias_v: Tensor | None,
    add_zero_attn: bool,
    dropout_p: float,
    out_proj_weight: Tensor,
    out_proj_bias: Tensor | None,
    training: bool = True,
    key_padding_mask: Tensor | None = None,
    need_weights: bool = True,
    attn_mask: Tensor | None = None,
    use_separate_proj_weight: bool = False,
    q_proj_weight: Tensor | None = None,
    k_proj_weight: Tensor | None = None,
    v_proj_weight: Tensor | None = None,
    static_k: Tensor | None = None,
    static_v: Tensor | None = None,
    average_attn_weights: bool = True,
    is_causal: bool = False,
) -> tuple[Tensor, Tensor | None]:
    """Multi-head attention with the weights that are given: what `MultiheadAttention` computes.

        y = concat(head_1, ..., head_h) Wo' + bo,  head_i = attention(q Wq_i', k Wk_i', v Wv_i')

    Below, L is the length of the query, S that of the keys, N the batch, E the embedding size, and
    head_dim = E / num_heads.

    Parameters
    ----------
    query : Tensor, shape (L, N, E) or (L, E)
        The queries.
    key : Tensor, shape (S, N, K) or (S, K)
        The keys; K is E unless the weights are separate.
    value : Tensor, shape (S, N, V) or (S, V)
        The values; V is E unless the weights are separate.
    embed_dim_to_check : int
        E, which the query must have.
    num_heads : int
        The number of heads, which divides E.
    in_proj_weight : Tensor, shape (3 E, E), or None
        Wq, Wk and Wv, one below the other.
    in_proj_bias : Tensor, shape (3 E,), or None
        The biases of the three projections.
    bias_k, bias_v : Tensor, shape (1, 1, E), or None
        One more key and its value, which every query looks at.
    add_zero_attn : bool
        Add one more key and value of zeros.
    dropout_p : float
        The probability with which a weight is dropped in training.
    out_proj_weight : Tensor, shape (O, E)
        Wo, where O is usually E.
    out_proj_bias : Tensor, shape (O,), or None
        bo.
    training : bool, default True
        Apply dropout.
    key_padding_mask : Tensor, shape (N, S) or (S,), bool or floating, optional
        Where a bool one is True, the key is not looked at; a floating one is added to the scores.
    need_weights : bool, default True
        Return the weights too.
    attn_mask : Tensor, shape (L, S) or (N num_heads, L, S), bool or floating, optional
        Likewise, for each query and key.
    use_separate_proj_weight : bool, default False
        Use the next three weights in place of `in_proj_weight`.
    q_proj_weight : Tensor, shape (E, E), optional
        Wq.
    k_proj_weight : Tensor, shape (E, K), optional
        Wk.
    v_proj_weight : Tensor, shape (E, V), optional
        Wv.
    static_k, static_v : Tensor, shape (N num_heads, S, head_dim), optional
        Keys and values of the heads, in place of the projections.
    average_attn_weights : bool, default True
        Return the mean of the weights over the heads.
    is_causal : bool, default False
        Say that `attn_mask`, which is given too, is a causal one.

    Returns
    -------
    tuple of Tensor
        The output, (L, N, O) or (L, O), and the weights, (N, L, S) or (L, S), without the mean
        (N, num_heads, L, S) or (num_heads, L, S); None without `need_weights`.

    Raises
    ------
    ValueError
        If shapes do not fit, or a weight that is needed is None.

    References
    ----------
    Vaswani et al., "Attention is all you need", 2017.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> x, w = tg.ones(5, 3, 8), tg.ones(24, 8)
    >>> y, weights = F.multi_head_attention_forward(
    ...     x, x, x, 8, 2, w, None, None, None, False, 0.0, tg.eye(8), None
    ... )
    >>> y.shape, weights.shape
    (torch.Size([5, 3, 8]), torch.Size([3, 5, 5]))
    """
    weights: Any = in_proj_weight
    if use_separate_proj_weight:
        weights = q_proj_weight, k_proj_weight, v_proj_weight
    settings = num_heads, weights, in_proj_bias, (bias_k, bias_v), add_zero_attn
    dropout, static = dropout_p if training else 0.0, (None, static_k, static_v)
    heads = _with_given_weights(embed_dim_to_check, *settings, dropout, static)
    masks = attn_mask, key_padding_mask, is_causal
    y, seen = heads.attend(query, key, value, masks, need_weights, average_attn_weights)
    return ops.linear(y, out_proj_weight, out_proj_bias), seen


def _with_given_weights(
    size: int,
    num_heads: int,
    weights: Any,
    in_bias: Any,
    more: Any,
    add_zero_attn: bool,
    dropout: float,
    static: Any,
) -> _MultiHead:
    """Raise ValueError unless the weights are there and fit together."""
    name, separate = "multi_head_attention_forward", isinstance(weights, tuple)
    if num_heads < 1 or size % num_heads:
        raise ValueError(
            f"{name}: embed_dim={size} does not fall into num_heads={num_heads} parts of equal size"
        )
    if weights is None or (separate and any(w is None for w in weights)):
        needed = "q_proj_weight, k_proj_weight and v_proj_weight" if separate else "in_proj_weight"
        raise ValueError(f"{name}: with use_separate_proj_weight={separate} it needs {needed}")
    if (more[0] is None) != (more[1] is None):
        raise ValueError(f"{name}: bias_k and bias_v are a key and its value: give both or none")
    if more[0] is not None and any(x is not None for x in static):
        raise ValueError(f"{name}: bias_k and bias_v are not added to static_k and static_v")
    widths = (size, *[w.shape[1] for w in weights[1:]]) if separate else (size, size, size)
    settings = num_heads, weights, in_bias, more, add_zero_attn, dropout
    return _MultiHead(name, widths, *settings, False, static)


# ---------------------------------------------------------------- layers


class MultiheadAttention(Module):
    """Multi-head attention: y = concat(head_1, ..., head_h) Wo^T + bo.

    Each head is the `scaled_dot_product_attention` of projections of query, key and value, of size
    embed_dim / num_heads: head_i = attention(q Wq_i^T + bq_i, k Wk_i^T + bk_i, v Wv_i^T + bv_i).

    The layer is called with query, key and value, of shapes (L, N, embed_dim), (S, N, kdim) and (S,
    N, vdim), or with N as dimension 0 if `batch_first`, or without N for one example.  It returns
    the output, of the query's shape, and the attention weights, of shape (N, L, S).

    The state dict holds `in_proj_weight`, of shape (3 embed_dim, embed_dim), which is Wq, Wk and Wv
    one below the other, or, if `kdim` or `vdim` is another size, `q_proj_weight`, `k_proj_weight`
    and `v_proj_weight`; `in_proj_bias`, of shape (3 embed_dim,); `out_proj.weight` (Wo), of shape
    (embed_dim, embed_dim), and `out_proj.bias` (bo).  With `add_bias_kv` it also holds `bias_k` and
    `bias_v`, of shape (1, 1, embed_dim).  The projections are drawn from U(-a, a) with a = sqrt(6 /
    (rows + columns)), Wo from U(-a, a) with a = 1 / sqrt(embed_dim), `bias_k` and `bias_v` from a
    normal distribution of standard deviation 1 / sqrt(embed_dim); the other biases are 0.

    Parameters
    ----------
    embed_dim : int
        The size of queries and outputs.
    num_heads : int
        The number h of heads, which divides `embed_dim`.
    dropout : float, default 0.0
        The probability with which an attention weight is dropped in training.
    bias : bool, default True
        Whether the projections have biases.
    add_bias_kv : bool, default False
        Whether one more key and value, which are learned, stand behind those that are given.
    add_zero_attn : bool, default False
        Whether one more key and value of zeros stand behind those that are given.
    kdim : int, optional
        The size of keys; by default `embed_dim`.
    vdim : int, optional
        The size of values; by default `embed_dim`.
    batch_first : bool, default False
        Whether the batch is dimension 0 of inputs and output.
    device : device, default None
        Only the CPU exists.
    dtype : dtype, default None
        Dtype of the parameters; None stands for the default dtype.

    Raises
    ------
    ValueError
        If `num_heads` does not divide `embed_dim`, one of them is less than 1, or `dropout` is not
        between 0 and 1; at a call, if shapes do not fit.

    References
    ----------
    A. Vaswani et al., "Attention is all you need", NeurIPS 2017.

    X. Glorot and Y. Bengio, "Understanding the difficulty of training deep feedforward neural
    networks", AISTATS 2010 (the initial values of the projections).

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
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
        """Attend to the values, by how well their keys fit each query.

        Parameters
        ----------
        query : Tensor, shape (L, N, embed_dim), (N, L, embed_dim) or (L, embed_dim)
            The queries; the second shape is that for `batch_first`.
        key : Tensor, shape (S, N, kdim), (N, S, kdim) or (S, kdim)
            The keys.
        value : Tensor, shape (S, N, vdim), (N, S, vdim) or (S, vdim)
            The values.
        key_padding_mask : Tensor of bool or floats, shape (N, S) or (S,), optional
            Where a bool mask is True, no query looks at the key; a floating mask is added to the
            scores.
        need_weights : bool, default True
            Whether the attention weights are returned too.
        attn_mask : Tensor of bool or floats, shape (L, S) or (N num_heads, L, S), optional
            Where a bool mask is True, the query does not look at the key; a floating mask is added
            to the scores.
        average_attn_weights : bool, default True
            Whether the weights are averaged over the heads.
        is_causal : bool, default False
            A hint that `attn_mask`, which is given too, is a causal mask.

        Returns
        -------
        output : Tensor, of the query's shape
        weights : Tensor or None
            The attention weights, of shape (N, L, S), or (N, num_heads, L, S) without the average;
            for one example without N.  None without `need_weights`.

        Notes
        -----
        A query that looks at no key gets zeros from the heads without `need_weights`, and NaN with
        it, as in PyTorch.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> import nn
        >>> attention = nn.MultiheadAttention(8, 2, batch_first=True)
        >>> x = tg.ones(5, 3, 8)
        >>> mask = tg.ones(3, 3, dtype=tg.bool).triu(1)  # position t looks at the positions 0 to t
        >>> _, weights = attention(x, x, x, attn_mask=mask)
        >>> weights[0].detach()
        tensor([[1.0000, 0.0000, 0.0000],
                [0.5000, 0.5000, 0.0000],
                [0.3333, 0.3333, 0.3333]])
        """
        weights = self.q_proj_weight, self.k_proj_weight, self.v_proj_weight
        heads = _MultiHead(
            "MultiheadAttention",
            (self.embed_dim, self.kdim, self.vdim),
            self.num_heads,
            weights if self.in_proj_weight is None else self.in_proj_weight,
            self.in_proj_bias,
            (self.bias_k, self.bias_v),
            self.add_zero_attn,
            self.dropout if self.training else 0.0,
            self.batch_first,
        )
        masks = attn_mask, key_padding_mask, is_causal
        y, seen = heads.attend(query, key, value, masks, need_weights, average_attn_weights)
        return self.out_proj(y), seen
