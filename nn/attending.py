"""Attention as a function: every query takes a mean of the values, mostly of those whose keys fit
it best."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_edu import Generator, Tensor, functions, ops
from tinygrad_edu.functions.arguments import check_floating
from tinygrad_edu.sums import narrowed, wide

from .normalizing import check_probability, dropped


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
