"""Transformers: layers of attention and of two linear layers, each with a residual connection.

Sequences have shape (L, N, E), or (N, L, E) with `batch_first`, or (L, E) without a batch.  Masks
are those of `MultiheadAttention`: where a bool mask is True, a key is not looked at.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from math import inf
from typing import Any, ClassVar

import tinygrad_edu as tg
from tinygrad_edu import Tensor

from . import init
from .activation import gelu, relu
from .attention import MultiheadAttention
from .container import ModuleList
from .dropout import Dropout
from .linear import Linear
from .module import Module
from .normalization import LayerNorm

_ACTIVATIONS: dict[str, Callable[..., Any]] = {"relu": relu, "gelu": gelu}


class _Layer(Module):
    """Attentions, then y = W2 activation(W1 x + b1) + b2; each is a block of its own.

    With `norm_first` a block is x + block(norm(x)), else norm(x + block(x)).
    """

    attentions: ClassVar[tuple[str, ...]]
    self_attn: MultiheadAttention
    multihead_attn: MultiheadAttention
    norm1: LayerNorm
    norm2: LayerNorm
    norm3: LayerNorm
    dropout1: Dropout
    dropout2: Dropout
    dropout3: Dropout

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str | Callable[..., Any] = relu,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if isinstance(activation, str) and activation not in _ACTIVATIONS:
            raise ValueError(
                f"{type(self).__name__}: the activation is {' or '.join(map(repr, _ACTIVATIONS))}, "
                f"or a function as nn.functional.silu, not {activation!r}"
            )
        factory = {"device": device, "dtype": dtype}
        for name in self.attentions:
            attention = MultiheadAttention(
                d_model, nhead, dropout, bias, batch_first=batch_first, **factory
            )
            setattr(self, name, attention)
        self.linear1 = Linear(d_model, dim_feedforward, bias, **factory)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, bias, **factory)
        self.norm_first = norm_first
        blocks = range(1, len(self.attentions) + 2)
        for k in blocks:
            setattr(self, f"norm{k}", LayerNorm(d_model, layer_norm_eps, bias=bias, **factory))
        for k in blocks:
            setattr(self, f"dropout{k}", Dropout(dropout))
        self.activation = _ACTIVATIONS[activation] if isinstance(activation, str) else activation

    def _around(
        self, x: Tensor, norm: Module, dropout: Module, block: Callable[[Tensor], Tensor]
    ) -> Tensor:
        y: Tensor = x + dropout(block(norm(x))) if self.norm_first else norm(x + dropout(block(x)))
        return y

    def _feed_forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.linear2(self.dropout(self.activation(self.linear1(x))))
        return y


def _attended(
    attention: MultiheadAttention,
    x: Tensor,
    memory: Tensor,
    mask: Tensor | None,
    padding: Tensor | None,
    is_causal: bool,
) -> Tensor:
    y: Tensor
    y, _ = attention(
        x,
        memory,
        memory,
        key_padding_mask=padding,
        need_weights=False,
        attn_mask=mask,
        is_causal=is_causal,
    )
    return y


class TransformerEncoderLayer(_Layer):
    """Layer of a transformer's encoder: self-attention, then y = W2 activation(W1 x + b1) + b2.

    Each of the two is a block with dropout, a residual connection and a LayerNorm: norm(x +
    block(x)), or with `norm_first` x + block(norm(x)).  The layer is called with `src`, of shape
    (S, N, E), or (N, S, E) with `batch_first`, or (S, E) for one sequence, and optionally
    `src_mask`, `src_key_padding_mask` and `is_causal`; it returns the same shape.

    Masks of attention have shape (queries, keys) or (N nhead, queries, keys), masks of padding (N,
    keys).  Where a bool mask is True, the key is not looked at; a floating mask is added to the
    scores.  The hint `is_causal` says that a mask, which is given too, is causal.

    The state dict holds the parameters of the layers `self_attn` (`MultiheadAttention`), `linear1`
    (weight (F, E)), `linear2` (weight (E, F)), `norm1` and `norm2`, with the initial values of
    these layers.

    Parameters
    ----------
    d_model : int
        The size E of each position.
    nhead : int
        The number of attention heads, which divides E.
    dim_feedforward : int, default 2048
        The size F between the two linear layers.
    dropout : float, default 0.1
        The probability of dropout: of the attention weights, of the activations between the linear
        layers, and of the result of each block.
    activation : {"relu", "gelu"} or callable, default relu
        The activation between the linear layers.
    layer_norm_eps : float, default 1e-5
        The eps of the LayerNorms.
    batch_first : bool, default False
        Whether sequences are (N, L, E) instead of (L, N, E).
    norm_first : bool, default False
        Whether a block is x + block(norm(x)) instead of norm(x + block(x)).
    bias : bool, default True
        Whether linear layers, attentions and norms have biases.
    device : device, default None
        Only the CPU exists.
    dtype : dtype, default None
        Dtype of the parameters; None stands for the default dtype.

    Raises
    ------
    ValueError
        If `nhead` does not divide `d_model`, the activation is another string, or `dropout` is not
        between 0 and 1.

    References
    ----------
    A. Vaswani et al., "Attention is all you need", NeurIPS 2017.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> layer = nn.TransformerEncoderLayer(d_model=8, nhead=2, dim_feedforward=16, batch_first=True)
    >>> layer(tg.ones(5, 3, 8)).shape
    torch.Size([5, 3, 8])
    """

    attentions = ("self_attn",)

    def forward(
        self,
        src: Tensor,
        src_mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        is_causal: bool = False,
    ) -> Tensor:
        def to_itself(x: Tensor) -> Tensor:
            return _attended(self.self_attn, x, x, src_mask, src_key_padding_mask, is_causal)

        x = self._around(src, self.norm1, self.dropout1, to_itself)
        return self._around(x, self.norm2, self.dropout2, self._feed_forward)


class TransformerDecoderLayer(_Layer):
    """Layer of a transformer's decoder: self-attention, attention to the encoder, feed-forward.

    Each of the three is a block with dropout, a residual connection and a LayerNorm: norm(x +
    block(x)), or with `norm_first` x + block(norm(x)).  The layer is called with `tgt`, of shape
    (T, N, E), or (N, T, E) with `batch_first`, or (T, E) for one sequence, and `memory`, the output
    of the encoder, of shape (S, N, E), or alike; it returns the shape of `tgt`.  Optional are
    `tgt_mask`, `memory_mask`, `tgt_key_padding_mask`, `memory_key_padding_mask`, `tgt_is_causal`
    and `memory_is_causal`.

    Masks of attention have shape (queries, keys) or (N nhead, queries, keys), masks of padding (N,
    keys).  Where a bool mask is True, the key is not looked at; a floating mask is added to the
    scores.  The hint `is_causal` says that a mask, which is given too, is causal.

    The state dict holds the parameters of the layers `self_attn` and `multihead_attn`
    (`MultiheadAttention`), `linear1` (weight (F, E)), `linear2` (weight (E, F)), `norm1`, `norm2`
    and `norm3`, with the initial values of these layers.

    Parameters
    ----------
    d_model : int
        The size E of each position.
    nhead : int
        The number of attention heads, which divides E.
    dim_feedforward : int, default 2048
        The size F between the two linear layers.
    dropout : float, default 0.1
        The probability of dropout: of the attention weights, of the activations between the linear
        layers, and of the result of each block.
    activation : {"relu", "gelu"} or callable, default relu
        The activation between the linear layers.
    layer_norm_eps : float, default 1e-5
        The eps of the LayerNorms.
    batch_first : bool, default False
        Whether sequences are (N, L, E) instead of (L, N, E).
    norm_first : bool, default False
        Whether a block is x + block(norm(x)) instead of norm(x + block(x)).
    bias : bool, default True
        Whether linear layers, attentions and norms have biases.
    device : device, default None
        Only the CPU exists.
    dtype : dtype, default None
        Dtype of the parameters; None stands for the default dtype.

    Raises
    ------
    ValueError
        If `nhead` does not divide `d_model`, the activation is another string, or `dropout` is not
        between 0 and 1.

    References
    ----------
    A. Vaswani et al., "Attention is all you need", NeurIPS 2017.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> layer = nn.TransformerDecoderLayer(d_model=8, nhead=2, dim_feedforward=16)
    >>> layer(tg.ones(4, 5, 8), tg.ones(3, 5, 8)).shape  # 4 positions of tgt, 3 of memory
    torch.Size([4, 5, 8])
    """

    attentions = ("self_attn", "multihead_attn")

    def forward(
        self,
        tgt: Tensor,
        memory: Tensor,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        tgt_is_causal: bool = False,
        memory_is_causal: bool = False,
    ) -> Tensor:
        def to_itself(x: Tensor) -> Tensor:
            return _attended(self.self_attn, x, x, tgt_mask, tgt_key_padding_mask, tgt_is_causal)

        def to_memory(x: Tensor) -> Tensor:
            return _attended(
                self.multihead_attn,
                x,
                memory,
                memory_mask,
                memory_key_padding_mask,
                memory_is_causal,
            )

        x = self._around(tgt, self.norm1, self.dropout1, to_itself)
        x = self._around(x, self.norm2, self.dropout2, to_memory)
        return self._around(x, self.norm3, self.dropout3, self._feed_forward)


def _copies(layer: Module, count: int) -> ModuleList:
    return ModuleList(deepcopy(layer) for _ in range(count))


class TransformerEncoder(Module):
    """Stack of encoder layers, each the input of the next.

    The layers are copies of the one that is given, with the same initial values and parameters of
    their own, in the state dict behind `layers.0.`, `layers.1.`, ...; those of the norm are behind
    `norm.`.  The stack is called with `src`, of shape (S, N, E), or (N, S, E) if its layers are
    `batch_first`, and optionally `mask`, `src_key_padding_mask` and `is_causal`, which each layer
    receives; it returns the same shape.

    Parameters
    ----------
    encoder_layer : TransformerEncoderLayer
        The layer to copy.
    num_layers : int
        The number of copies.
    norm : Module, optional
        A layer that is applied to the result, as `nn.LayerNorm(d_model)`.
    enable_nested_tensor, mask_check : bool, default True
        Accepted and ignored: they choose how PyTorch computes.

    References
    ----------
    A. Vaswani et al., "Attention is all you need", NeurIPS 2017.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> layer = nn.TransformerEncoderLayer(d_model=8, nhead=2, dim_feedforward=16)
    >>> encoder = nn.TransformerEncoder(layer, num_layers=2)
    >>> encoder(tg.ones(3, 5, 8)).shape
    torch.Size([3, 5, 8])
    """

    def __init__(
        self,
        encoder_layer: Module,
        num_layers: int,
        norm: Module | None = None,
        enable_nested_tensor: bool = True,
        mask_check: bool = True,
    ) -> None:
        super().__init__()
        self.layers, self.num_layers = _copies(encoder_layer, num_layers), num_layers
        self.norm = norm

    def forward(
        self,
        src: Tensor,
        mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        is_causal: bool | None = None,
    ) -> Tensor:
        for layer in self.layers:
            src = layer(
                src,
                src_mask=mask,
                src_key_padding_mask=src_key_padding_mask,
                is_causal=bool(is_causal),
            )
        y: Tensor = src if self.norm is None else self.norm(src)
        return y


class TransformerDecoder(Module):
    """Stack of decoder layers, each the input of the next.

    The layers are copies of the one that is given, with the same initial values and parameters of
    their own, in the state dict behind `layers.0.`, `layers.1.`, ...; those of the norm are behind
    `norm.`.  The stack is called with `tgt` and `memory`, and optionally the masks and hints of
    `TransformerDecoderLayer`, which each layer receives; it returns the shape of `tgt`.

    Parameters
    ----------
    decoder_layer : TransformerDecoderLayer
        The layer to copy.
    num_layers : int
        The number of copies.
    norm : Module, optional
        A layer that is applied to the result, as `nn.LayerNorm(d_model)`.

    References
    ----------
    A. Vaswani et al., "Attention is all you need", NeurIPS 2017.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> layer = nn.TransformerDecoderLayer(d_model=8, nhead=2, dim_feedforward=16)
    >>> decoder = nn.TransformerDecoder(layer, num_layers=2)
    >>> decoder(tg.ones(4, 5, 8), tg.ones(3, 5, 8)).shape
    torch.Size([4, 5, 8])
    """

    def __init__(self, decoder_layer: Module, num_layers: int, norm: Module | None = None) -> None:
        super().__init__()
        self.layers, self.num_layers = _copies(decoder_layer, num_layers), num_layers
        self.norm = norm

    def forward(
        self,
        tgt: Tensor,
        memory: Tensor,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Tensor:
        for layer in self.layers:
            tgt = layer(
                tgt,
                memory,
                tgt_mask=tgt_mask,
                memory_mask=memory_mask,
                tgt_key_padding_mask=tgt_key_padding_mask,
                memory_key_padding_mask=memory_key_padding_mask,
                tgt_is_causal=bool(tgt_is_causal),
                memory_is_causal=memory_is_causal,
            )
        y: Tensor = tgt if self.norm is None else self.norm(tgt)
        return y


def _norm(d_model: int, settings: dict[str, Any]) -> LayerNorm:
    """The norm after the last of the layers with these settings."""
    named = {name: settings[name] for name in ("bias", "device", "dtype")}
    return LayerNorm(d_model, settings["layer_norm_eps"], **named)


class Transformer(Module):
    """Transformer: an encoder reads `src`, and a decoder reads `tgt` and the encoder's output.

    The model is called with `src`, of shape (S, N, E), and `tgt`, of shape (T, N, E), or (N, S, E)
    and (N, T, E) with `batch_first`; it returns the shape of `tgt`.  Optional are `src_mask`,
    `tgt_mask`, `memory_mask`, `src_key_padding_mask`, `tgt_key_padding_mask`,
    `memory_key_padding_mask`, `src_is_causal`, `tgt_is_causal` and `memory_is_causal`.  Embeddings,
    positions and the output layer are not part of it.

    Masks of attention have shape (queries, keys) or (N nhead, queries, keys), masks of padding (N,
    keys).  Where a bool mask is True, the key is not looked at; a floating mask is added to the
    scores.  The hint `is_causal` says that a mask, which is given too, is causal.

    The state dict holds the parameters of `encoder` and `decoder`, stacks of layers with a
    LayerNorm at the end.  All matrices are drawn from U(-k, k), k = sqrt(6 / (rows + columns));
    vectors have the initial values of their layers.

    Parameters
    ----------
    d_model : int, default 512
        The size E of each position.
    nhead : int, default 8
        The number of attention heads, which divides E.
    num_encoder_layers, num_decoder_layers : int, default 6
        The numbers of layers.
    dim_feedforward : int, default 2048
        The size F between the two linear layers.
    dropout : float, default 0.1
        The probability of dropout in the layers.
    activation : {"relu", "gelu"} or callable, default relu
        The activation between the linear layers.
    custom_encoder, custom_decoder : Module, optional
        What takes the place of the stack of layers.
    layer_norm_eps : float, default 1e-5
        The eps of the LayerNorms.
    batch_first : bool, default False
        Whether sequences are (N, L, E) instead of (L, N, E).
    norm_first : bool, default False
        Whether a block is x + block(norm(x)) instead of norm(x + block(x)).
    bias : bool, default True
        Whether linear layers, attentions and norms have biases.
    device : device, default None
        Only the CPU exists.
    dtype : dtype, default None
        Dtype of the parameters; None stands for the default dtype.

    Raises
    ------
    ValueError
        If `nhead` does not divide `d_model`, the activation is another string, or `dropout` is not
        between 0 and 1.

    References
    ----------
    A. Vaswani et al., "Attention is all you need", NeurIPS 2017.

    X. Glorot and Y. Bengio, "Understanding the difficulty of training deep feedforward neural
    networks", AISTATS 2010 (the initial values).

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> model = nn.Transformer(8, 2, 1, 1, dim_feedforward=16, batch_first=True)
    >>> mask = model.generate_square_subsequent_mask(3)
    >>> mask
    tensor([[0., -inf, -inf],
            [0., 0., -inf],
            [0., 0., 0.]])
    >>> model(tg.ones(5, 4, 8), tg.ones(5, 3, 8), tgt_mask=mask).shape
    torch.Size([5, 3, 8])
    """

    def __init__(
        self,
        d_model: int = 512,
        nhead: int = 8,
        num_encoder_layers: int = 6,
        num_decoder_layers: int = 6,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str | Callable[..., Any] = relu,
        custom_encoder: Any = None,
        custom_decoder: Any = None,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.d_model, self.nhead, self.batch_first = d_model, nhead, batch_first
        self.encoder, self.decoder = custom_encoder, custom_decoder
        settings: dict[str, Any] = {
            "dim_feedforward": dim_feedforward,
            "dropout": dropout,
            "activation": activation,
            "layer_norm_eps": layer_norm_eps,
            "batch_first": batch_first,
            "norm_first": norm_first,
            "bias": bias,
            "device": device,
            "dtype": dtype,
        }

        if custom_encoder is None:
            encoder = TransformerEncoderLayer(d_model, nhead, **settings)
            self.encoder = TransformerEncoder(encoder, num_encoder_layers, _norm(d_model, settings))
        if custom_decoder is None:
            decoder = TransformerDecoderLayer(d_model, nhead, **settings)
            self.decoder = TransformerDecoder(decoder, num_decoder_layers, _norm(d_model, settings))
        self._reset_parameters()

    def _reset_parameters(self) -> None:
        for parameter in self.parameters():
            if parameter.ndim > 1:
                init.xavier_uniform_(parameter)

    def forward(
        self,
        src: Tensor,
        tgt: Tensor,
        src_mask: Tensor | None = None,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        src_is_causal: bool | None = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Tensor:
        memory = self.encoder(src, src_mask, src_key_padding_mask, src_is_causal)
        y: Tensor = self.decoder(
            tgt,
            memory,
            tgt_mask,
            memory_mask,
            tgt_key_padding_mask,
            memory_key_padding_mask,
            tgt_is_causal,
            memory_is_causal,
        )
        return y

    @staticmethod
    def generate_square_subsequent_mask(
        sz: int, device: Any = None, dtype: Any = None
    ) -> tg.Tensor:
        """Causal mask of floats: 0 where query t looks at one of the keys 0 to t, else -inf.

        Parameters
        ----------
        sz : int
            The number of queries and of keys.
        device : device, default None
            Only the CPU exists.
        dtype : dtype, default None
            Dtype of the mask; None stands for the default dtype.

        Returns
        -------
        Tensor, shape (sz, sz)

        Examples
        --------
        >>> import nn
        >>> nn.Transformer.generate_square_subsequent_mask(2)
        tensor([[0., -inf],
                [0., 0.]])
        """
        return tg.full((sz, sz), -inf, dtype=dtype, device=device).triu(1)
