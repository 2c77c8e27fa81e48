"""Functions that PyTorch has in `torch` itself, and that belong to `nn`: with torch's parameters.

`tinygrad_edu.layer_norm`, as `torch.layer_norm`, is found here when it is first asked for.  Where
the parameters are those of `nn.functional`, it is the same function.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tinygrad_edu as tg
from tinygrad_edu import Tensor

from . import functional as F
from .dropout import dropped_channels as _dropped_channels
from .functional import (
    adaptive_avg_pool1d as adaptive_avg_pool1d,
    avg_pool1d as avg_pool1d,
    celu_ as celu_,
    channel_shuffle as channel_shuffle,
    conv1d as conv1d,
    conv2d as conv2d,
    conv3d as conv3d,
    conv_tbc as conv_tbc,
    conv_transpose1d as conv_transpose1d,
    conv_transpose2d as conv_transpose2d,
    conv_transpose3d as conv_transpose3d,
    cosine_similarity as cosine_similarity,
    hardshrink as hardshrink,
    max_pool1d as max_pool1d,
    max_pool2d as max_pool2d,
    max_pool3d as max_pool3d,
    native_channel_shuffle as native_channel_shuffle,
    pairwise_distance as pairwise_distance,
    pixel_shuffle as pixel_shuffle,
    pixel_unshuffle as pixel_unshuffle,
    prelu as prelu,
    rms_norm as rms_norm,
    rrelu as rrelu,
    rrelu_ as rrelu_,
    selu_ as selu_,
    threshold as threshold,
    threshold_ as threshold_,
)
from .module import Module
from .rnn import GRU, LSTM, RNN, GRUCell, LSTMCell, RNNBase, RNNCell, RNNCellBase
from .utils.rnn import PackedSequence

BY_NUMBER = ("none", "mean", "sum")  # by torch's numbers


def _reduction(name: str, number: int) -> str:
    if number not in (0, 1, 2):
        raise ValueError(
            f"{name}: reduction is 0 (none), 1 (mean) or 2 (sum), not {number!r}; "
            f"nn.functional.{name} takes it by name"
        )
    return BY_NUMBER[number]


def layer_norm(
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
    cudnn_enable: bool = True,
) -> Tensor:
    """Layer normalization: `nn.functional.layer_norm`, y = w (x - mean) / sqrt(var + eps) + b.

    Parameters
    ----------
    input : Tensor, shape (..., *normalized_shape)
        The input.
    normalized_shape : sequence of int
        The last sizes of the input.
    weight : Tensor, shape `normalized_shape`, default None
        A factor.
    bias : Tensor, shape `normalized_shape`, default None
        What is added.
    eps : float, default 1e-5
        A small number that is added to the variance.
    cudnn_enable : bool, default True
        Has no effect: there is no GPU.

    Returns
    -------
    Tensor, shape of the input

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.layer_norm(tg.tensor([[1.0, 3.0]]), (2,))
    tensor([[-1.0000,  1.0000]])
    """
    return F.layer_norm(input, normalized_shape, weight, bias, eps)


def group_norm(
    input: Tensor,
    num_groups: int,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
    cudnn_enabled: bool = True,
) -> Tensor:
    """Group normalization: `nn.functional.group_norm`.

    Parameters
    ----------
    input : Tensor, shape (N, C, ...)
        The input.
    num_groups : int
        The number of groups of channels.
    weight : Tensor, shape (C,), default None
        The scale of each channel.
    bias : Tensor, shape (C,), default None
        The shift of each channel.
    eps : float, default 1e-5
        A small number that is added to the variance.
    cudnn_enabled : bool, default True
        Has no effect: there is no GPU.

    Returns
    -------
    Tensor, shape of the input

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.group_norm(tg.ones(2, 4, 3), 2).shape
    torch.Size([2, 4, 3])
    """
    return F.group_norm(input, num_groups, weight, bias, eps)


def batch_norm(
    input: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    training: bool,
    momentum: float,
    eps: float,
    cudnn_enabled: bool,
) -> Tensor:
    """Batch normalization: `nn.functional.batch_norm`, with the parameters in another order.

    Parameters
    ----------
    input : Tensor, shape (N, C, ...)
        The input.
    weight : Tensor, shape (C,), or None
        The scale of each channel.
    bias : Tensor, shape (C,), or None
        The shift of each channel.
    running_mean : Tensor, shape (C,), or None
        The running mean; written to in training.
    running_var : Tensor, shape (C,), or None
        The running variance; written to in training.
    training : bool
        Whether mean and variance are those of the batch, instead of the running ones.
    momentum : float
        The weight of the batch in the running statistics.
    eps : float
        A small number that is added to the variance.
    cudnn_enabled : bool
        Has no effect: there is no GPU.

    Returns
    -------
    Tensor, shape of the input

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> x, zeros, ones = tg.ones(2, 3), tg.zeros(3), tg.ones(3)
    >>> tg.batch_norm(x, None, None, zeros, ones, False, 0.1, 0.0, False).tolist()
    [[1.0, 1.0, 1.0], [1.0, 1.0, 1.0]]
    """
    return F.batch_norm(input, running_mean, running_var, weight, bias, training, momentum, eps)


def instance_norm(
    input: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    use_input_stats: bool,
    momentum: float,
    eps: float,
    cudnn_enabled: bool,
) -> Tensor:
    """Instance normalization: `nn.functional.instance_norm`, with the parameters in another order.

    Parameters
    ----------
    input : Tensor, shape (N, C, ...)
        The input.
    weight : Tensor, shape (C,), or None
        The scale of each channel.
    bias : Tensor, shape (C,), or None
        The shift of each channel.
    running_mean : Tensor, shape (C,), or None
        The running mean; written to in training.
    running_var : Tensor, shape (C,), or None
        The running variance; written to in training.
    use_input_stats : bool
        Whether mean and variance are those of each example, instead of the running ones.
    momentum : float
        The weight of the batch in the running statistics.
    eps : float
        A small number that is added to the variance.
    cudnn_enabled : bool
        Has no effect: there is no GPU.

    Returns
    -------
    Tensor, shape of the input

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> x = tg.randn(2, 3, 4)
    >>> tg.instance_norm(x, None, None, None, None, True, 0.1, 1e-5, False).shape
    torch.Size([2, 3, 4])
    """
    return F.instance_norm(
        input, running_mean, running_var, weight, bias, use_input_stats, momentum, eps
    )


def dropout_(input: Tensor, p: float, train: bool) -> Tensor:
    """In-place version of `dropout`: the result is written into the input.

    Parameters
    ----------
    input : Tensor
        The input.
    p : float
        The probability with which an element is dropped.
    train : bool
        Whether elements are dropped; if False, the input itself is returned.

    Returns
    -------
    Tensor
        The input.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.dropout_(tg.ones(2, 3), 0.5, train=False).tolist()
    [[1.0, 1.0, 1.0], [1.0, 1.0, 1.0]]
    """
    return F.dropout(input, p, train, inplace=True)


def alpha_dropout(input: Tensor, p: float, train: bool) -> Tensor:
    """Dropout for SELU networks: `nn.functional.alpha_dropout`.

    Parameters
    ----------
    input : Tensor
        The input.
    p : float
        The probability with which an element is dropped.
    train : bool
        Whether elements are dropped; if False, the input itself is returned.

    Returns
    -------
    Tensor
        Of the shape of the input.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.alpha_dropout(tg.ones(2, 3), 0.5, train=False).tolist()
    [[1.0, 1.0, 1.0], [1.0, 1.0, 1.0]]
    """
    return F.alpha_dropout(input, p, train, inplace=False)


def alpha_dropout_(input: Tensor, p: float, train: bool) -> Tensor:
    """In-place version of `alpha_dropout`: the result is written into the input.

    Parameters
    ----------
    input : Tensor
        The input.
    p : float
        The probability with which an element is dropped.
    train : bool
        Whether elements are dropped; if False, the input itself is returned.

    Returns
    -------
    Tensor
        The input.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.alpha_dropout_(tg.ones(2, 3), 0.5, train=False).tolist()
    [[1.0, 1.0, 1.0], [1.0, 1.0, 1.0]]
    """
    return F.alpha_dropout(input, p, train, inplace=True)


def feature_alpha_dropout(input: Tensor, p: float, train: bool) -> Tensor:
    """Dropout of channels for SELU networks: `nn.functional.feature_alpha_dropout`.

    Parameters
    ----------
    input : Tensor, shape (N, C, ...)
        The input.
    p : float
        The probability with which a channel is dropped.
    train : bool
        Whether elements are dropped; if False, the input itself is returned.

    Returns
    -------
    Tensor
        Of the shape of the input.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.feature_alpha_dropout(tg.ones(2, 3), 0.5, train=False).tolist()
    [[1.0, 1.0, 1.0], [1.0, 1.0, 1.0]]
    """
    return F.feature_alpha_dropout(input, p, train, inplace=False)


def feature_alpha_dropout_(input: Tensor, p: float, train: bool) -> Tensor:
    """In-place version of `feature_alpha_dropout`: the result is written into the input.

    Parameters
    ----------
    input : Tensor, shape (N, C, ...)
        The input.
    p : float
        The probability with which a channel is dropped.
    train : bool
        Whether elements are dropped; if False, the input itself is returned.

    Returns
    -------
    Tensor
        The input.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.feature_alpha_dropout_(tg.ones(2, 3), 0.5, train=False).tolist()
    [[1.0, 1.0, 1.0], [1.0, 1.0, 1.0]]
    """
    return F.feature_alpha_dropout(input, p, train, inplace=True)


def feature_dropout(input: Tensor, p: float, train: bool) -> Tensor:
    """Set each channel to 0 with probability p, and divide the others by 1 - p.

    Parameters
    ----------
    input : Tensor, shape (N, C, ...)
        The input.
    p : float
        The probability with which a channel is dropped.
    train : bool
        Whether elements are dropped; if False, the input itself is returned.

    Returns
    -------
    Tensor
        Of the shape of the input.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.feature_dropout(tg.ones(2, 3), 0.5, train=False).tolist()
    [[1.0, 1.0, 1.0], [1.0, 1.0, 1.0]]
    """
    return _dropped_channels("feature_dropout", input, p, train)


def feature_dropout_(input: Tensor, p: float, train: bool) -> Tensor:
    """In-place version of `feature_dropout`: the result is written into the input.

    Parameters
    ----------
    input : Tensor, shape (N, C, ...)
        The input.
    p : float
        The probability with which a channel is dropped.
    train : bool
        Whether elements are dropped; if False, the input itself is returned.

    Returns
    -------
    Tensor
        The input.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.feature_dropout_(tg.ones(2, 3), 0.5, train=False).tolist()
    [[1.0, 1.0, 1.0], [1.0, 1.0, 1.0]]
    """
    return _dropped_channels("feature_dropout_", input, p, train, inplace=True)


def embedding(
    weight: Tensor,
    indices: Tensor,
    padding_idx: int = -1,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """Look up rows of a table: `nn.functional.embedding`, with the table first.

    Parameters
    ----------
    weight : Tensor, shape (rows, D)
        The table.
    indices : Tensor of integers
        The indices of the rows.
    padding_idx : int, default -1
        A row that gets no gradient; -1 for none.
    scale_grad_by_freq : bool, default False
        Divide the gradient of a row by how often it is looked up.
    sparse : bool, default False
        Has no effect: gradients are dense.

    Returns
    -------
    Tensor, shape (*indices.shape, D)

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.embedding(tg.eye(3), tg.tensor([2, 0]))
    tensor([[0., 0., 1.],
            [1., 0., 0.]])
    """
    padding = padding_idx if padding_idx >= 0 else None
    return F.embedding(indices, weight, padding, scale_grad_by_freq=scale_grad_by_freq)


def max_pool1d_with_indices(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
) -> tuple[Tensor, Tensor]:
    """Return the largest element of each window, and its index: see `nn.functional.max_pool1d`.

    Parameters
    ----------
    input : Tensor, shape (N, C, L) or (C, L)
        The input.
    kernel_size : int
        The size of the windows.
    stride : int, optional
        The step from window to window; `kernel_size` if not given.
    padding : int, default 0
        How many elements of minus infinity are added on each side.
    dilation : int, default 1
        The step from element to element in a window.
    ceil_mode : bool, default False
        Whether a last window may reach beyond the input.

    Returns
    -------
    tuple of Tensor
        The values and their int64 indices, each (N, C, L_out).

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> y, indices = tg.max_pool1d_with_indices(tg.tensor([[1.0, 5.0, 2.0, 3.0]]), 2)
    >>> y.tolist(), indices.tolist()
    ([[5.0, 3.0]], [[1, 3]])
    """
    return F.max_pool1d_with_indices(input, kernel_size, stride, padding, dilation, ceil_mode)


def adaptive_max_pool1d(input: Tensor, output_size: Any) -> tuple[Tensor, Tensor]:
    """Return the largest element of each of `output_size` windows, and its index.

    Parameters
    ----------
    input : Tensor, shape (N, C, L) or (C, L)
        The input.
    output_size : int
        The number of windows.

    Returns
    -------
    tuple of Tensor
        The values and their int64 indices, each (N, C, output_size).

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> y, indices = tg.adaptive_max_pool1d(tg.tensor([[1.0, 5.0, 2.0, 3.0]]), 2)
    >>> y.tolist(), indices.tolist()
    ([[5.0, 3.0]], [[1, 3]])
    """
    return F.adaptive_max_pool1d_with_indices(input, output_size)


def constant_pad_nd(input: Tensor, pad: Sequence[int], value: float = 0) -> Tensor:
    """Pad with a constant: `nn.functional.pad` of mode "constant".

    Parameters
    ----------
    input : Tensor
        The input.
    pad : sequence of int
        The widths before and after each dimension, from the last one to the first.
    value : float, default 0
        The value of the added elements.

    Returns
    -------
    Tensor
        Each size grows by the two numbers of its dimension.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.constant_pad_nd(tg.ones(2), (1, 2), 5)
    tensor([5., 1., 1., 5., 5.])
    """
    return F.pad(input, tuple(pad), value=value)


def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    pos_weight: Tensor | None = None,
    reduction: int = 1,
) -> Tensor:
    """Binary cross-entropy of logits, with the reduction as a number; see `nn.functional`.

    Parameters
    ----------
    input : Tensor
        The logits.
    target : Tensor, shape of the input
        The probabilities of class 1.
    weight : Tensor, default None
        A factor for each element.
    pos_weight : Tensor, default None
        A factor for the targets of class 1.
    reduction : int, default 1
        0 for none, 1 for the mean, 2 for the sum.

    Returns
    -------
    Tensor
        A scalar; with reduction 0, the loss of each element or example.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.binary_cross_entropy_with_logits(tg.zeros(2), tg.tensor([0.0, 1.0]))
    tensor(0.6931)
    """
    how = _reduction("binary_cross_entropy_with_logits", reduction)
    return F.binary_cross_entropy_with_logits(
        input, target, weight, reduction=how, pos_weight=pos_weight
    )


def cosine_embedding_loss(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0.0, reduction: int = 1
) -> Tensor:
    """Cosine embedding loss, with the reduction as a number; see `nn.functional`.

    Parameters
    ----------
    input1 : Tensor, shape (N, D) or (D,)
        The first vectors.
    input2 : Tensor, shape (N, D) or (D,)
        The second vectors.
    target : Tensor, shape (N,) or ()
        1 for pairs that belong together, else -1.
    margin : float, default 0
        The cosine up to which a dissimilar pair has the loss 0.
    reduction : int, default 1
        0 for none, 1 for the mean, 2 for the sum.

    Returns
    -------
    Tensor
        A scalar; with reduction 0, the loss of each element or example.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> x = tg.tensor([[1.0, 0.0]])
    >>> tg.cosine_embedding_loss(x, x, tg.tensor([-1.0])).item()
    1.0
    """
    how = _reduction("cosine_embedding_loss", reduction)
    return F.cosine_embedding_loss(input1, input2, target, margin, reduction=how)


def hinge_embedding_loss(
    input: Tensor, target: Tensor, margin: float = 1.0, reduction: int = 1
) -> Tensor:
    """Hinge embedding loss, with the reduction as a number; see `nn.functional`.

    Parameters
    ----------
    input : Tensor
        Distances.
    target : Tensor, shape of the input
        1 for pairs that belong together, else -1.
    margin : float, default 1
        The distance from which on a dissimilar pair has the loss 0.
    reduction : int, default 1
        0 for none, 1 for the mean, 2 for the sum.

    Returns
    -------
    Tensor
        A scalar; with reduction 0, the loss of each element or example.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.hinge_embedding_loss(tg.tensor([0.25, 0.5]), tg.tensor([1.0, -1.0]), reduction=2)
    tensor(0.7500)
    """
    how = _reduction("hinge_embedding_loss", reduction)
    return F.hinge_embedding_loss(input, target, margin, reduction=how)


def kl_div(
    input: Tensor, target: Tensor, reduction: int = 1, *, log_target: bool = False
) -> Tensor:
    """Kullback-Leibler divergence, with the reduction as a number; see `nn.functional`.

    Parameters
    ----------
    input : Tensor
        Log-probabilities.
    target : Tensor, shape of the input
        Probabilities, or with `log_target` their logarithms.
    reduction : int, default 1
        0 for none, 1 for the mean, 2 for the sum.
    log_target : bool, default False
        Whether the target holds logarithms.

    Returns
    -------
    Tensor
        A scalar; with reduction 0, of the shape of the input.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> p = tg.tensor([0.5, 0.5])
    >>> tg.kl_div(p.log(), p).item()
    0.0
    """
    how = _reduction("kl_div", reduction)
    each = F.kl_div(input, target, reduction="none", log_target=log_target)
    total: Tensor = each if how == "none" else each.mean() if how == "mean" else each.sum()
    return total


def margin_ranking_loss(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0.0, reduction: int = 1
) -> Tensor:
    """Margin ranking loss, with the reduction as a number; see `nn.functional`.

    Parameters
    ----------
    input1 : Tensor
        The first scores.
    input2 : Tensor
        The second scores.
    target : Tensor
        1 if the first score is to be the larger one, else -1.
    margin : float, default 0
        The difference of the scores from which on the loss is 0.
    reduction : int, default 1
        0 for none, 1 for the mean, 2 for the sum.

    Returns
    -------
    Tensor
        A scalar; with reduction 0, the loss of each element or example.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> one = tg.ones(1)
    >>> tg.margin_ranking_loss(one, one * 3, one).item()
    2.0
    """
    how = _reduction("margin_ranking_loss", reduction)
    return F.margin_ranking_loss(input1, input2, target, margin, reduction=how)


def poisson_nll_loss(
    input: Tensor, target: Tensor, log_input: bool, full: bool, eps: float, reduction: int
) -> Tensor:
    """Negative log-likelihood of counts, with the reduction as a number; see `nn.functional`.

    Parameters
    ----------
    input : Tensor
        Rates, or with `log_input` their logarithms.
    target : Tensor, shape of the input
        Counts.
    log_input : bool
        Whether the input holds logarithms.
    full : bool
        Add Stirling's approximation of log(target!).
    eps : float
        A small number that is added to the rates before the logarithm.
    reduction : int
        0 for none, 1 for the mean, 2 for the sum.

    Returns
    -------
    Tensor
        A scalar; with reduction 0, of the shape of the input.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.poisson_nll_loss(tg.zeros(2), tg.ones(2), True, False, 1e-8, 1).item()
    1.0
    """
    how = _reduction("poisson_nll_loss", reduction)
    return F.poisson_nll_loss(input, target, log_input, full, eps=eps, reduction=how)


def triplet_margin_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float = 1.0,
    p: float = 2,
    eps: float = 1e-6,
    swap: bool = False,
    reduction: int = 1,
) -> Tensor:
    """Triplet margin loss, with the reduction as a number; see `nn.functional`.

    Parameters
    ----------
    anchor : Tensor, shape (N, D) or (D,)
        The vectors.
    positive : Tensor, shape of the anchor
        Vectors that are to be near.
    negative : Tensor, shape of the anchor
        Vectors that are to be far.
    margin : float, default 1
        The difference of the distances from which on the loss is 0.
    p : float, default 2
        The norm of the distances.
    eps : float, default 1e-6
        A small number that is added to the differences.
    swap : bool, default False
        Whether the distance of `positive` and `negative` is taken where it is smaller.
    reduction : int, default 1
        0 for none, 1 for the mean, 2 for the sum.

    Returns
    -------
    Tensor
        A scalar; with reduction 0, the loss of each element or example.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> x = tg.ones(1, 2)
    >>> tg.triplet_margin_loss(x, x, x).item()
    1.0
    """
    how = _reduction("triplet_margin_loss", reduction)
    return F.triplet_margin_loss(anchor, positive, negative, margin, p, eps, swap, reduction=how)


def ctc_loss(
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Any,
    target_lengths: Any,
    blank: int = 0,
    reduction: int = 1,
    zero_infinity: bool = False,
) -> Tensor:
    """Connectionist temporal classification, with the reduction as a number; see `nn.functional`.

    Parameters
    ----------
    log_probs : Tensor, shape (T, N, C)
        Log-probabilities of the classes at each step.
    targets : Tensor, shape (N, S) or (sum of target_lengths,)
        The classes of each sequence.
    input_lengths : Tensor or sequence of int, shape (N,)
        How many steps are read.
    target_lengths : Tensor or sequence of int, shape (N,)
        How many classes the targets have.
    blank : int, default 0
        The class of a blank.
    reduction : int, default 1
        0 for none, 1 for the mean, 2 for the sum.
    zero_infinity : bool, default False
        Whether infinite losses are set to 0.

    Returns
    -------
    Tensor
        A scalar; with reduction 0, the loss of each element or example.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> x, target = tg.zeros(4, 1, 3).log_softmax(2), tg.tensor([[1, 2]])
    >>> tg.ctc_loss(x, target, [4], [2]).shape
    torch.Size([])
    """
    how = _reduction("ctc_loss", reduction)
    lengths = tg.as_tensor(input_lengths), tg.as_tensor(target_lengths)
    return F.ctc_loss(log_probs, targets, *lengths, blank, how, zero_infinity)


# ---------------------------------------------------------------- recurrent networks


def _layer(
    kind: type[RNNBase],
    cell: str,
    params: Sequence[Tensor],
    has_biases: bool,
    num_layers: int,
    settings: tuple[float, bool, bool, bool],
) -> Any:
    """A recurrent layer that holds the weights that are given."""
    layer = kind.__new__(kind)
    Module.__init__(layer)
    dropout, layer.training, layer.bidirectional, layer.batch_first = settings
    layer._directions = ("", "_reverse") if layer.bidirectional else ("",)
    layer.num_layers, layer.bias, layer.dropout = num_layers, has_biases, dropout
    ends = [f"_l{k}{direction}" for k in range(num_layers) for direction in layer._directions]
    if not ends:
        raise RuntimeError(f"{cell}: num_layers is at least 1, not {num_layers}")
    each = len(params) // len(ends)
    names = ["weight_ih", "weight_hh", *["bias_ih", "bias_hh"] * has_biases]
    names += ["weight_hr"] * (each - len(names))
    if len(params) != len(ends) * len(names) or len(names) > 4 + (kind is LSTM):
        raise RuntimeError(
            f"{cell}: {len(ends)} layers and directions have {len(ends) * len(names)} parameters, "
            f"{', '.join(names)} for each; {len(params)} are given"
        )
    for i, x in enumerate(params):
        setattr(layer, names[i % each] + ends[i // each], x)
    layer.input_size, layer.hidden_size = params[0].shape[1], params[1].shape[1]
    if "weight_hr" in names:
        layer.proj_size, layer.hidden_size = params[each - 1].shape
        cell = "projected_lstm"
    layer.cell, layer.states = cell, 1 + (kind is LSTM)
    return layer


def _run(kind: type[RNNBase], cell: str, *given: Any) -> Any:
    """What a recurrent layer gives, whose nine parameters are given in one of torch's two forms."""
    if isinstance(given[3], Sequence):  # data, batch_sizes, hx, params ...: of a PackedSequence
        data, batch_sizes, hx, params, *settings = given
        settings.append(False)  # for batch_first
        input: Any = PackedSequence(data, batch_sizes)
    else:
        input, hx, params, *settings = given
    layer = _layer(kind, cell, params, settings[0], settings[1], tuple(settings[2:]))
    y, state = layer(input, hx if kind is not LSTM else tuple(hx))
    return y if input is given[0] else y.data, state


def _cell(kind: type[RNNCellBase], cell: str, weights: tuple[Any, ...], input: Any, hx: Any) -> Any:
    """The result of a cell that holds the weights that are given."""
    layer: Any = kind.__new__(kind)
    Module.__init__(layer)
    layer.weight_ih, layer.weight_hh, layer.bias_ih, layer.bias_hh = weights
    layer.input_size, layer.hidden_size = weights[0].shape[1], weights[1].shape[1]
    layer.cell, layer.states = cell, 1 + (kind is LSTMCell)
    return layer(input, hx)


def rnn_tanh(
    input: Tensor,
    hx: Tensor,
    params: Sequence[Tensor],
    has_biases: bool,
    num_layers: int,
    dropout: float,
    train: bool,
    bidirectional: bool,
    batch_first: bool,
) -> tuple[Tensor, Tensor]:
    """Recurrent network with tanh, with the weights that are given: see `nn.RNN`.

    Given by place, `data, batch_sizes, hx, params, ...`, as far as `bidirectional`, stand for a
    `PackedSequence`: the outputs are then its data.

    Parameters
    ----------
    input : Tensor, shape (T, N, input_size)
        The sequences.
    hx : Tensor, shape (num_layers * directions, N, H)
        The state before the first step.
    params : sequence of Tensor
        For each layer and direction: `weight_ih`, `weight_hh`, `bias_ih`, `bias_hh`.
    has_biases : bool
        Whether `params` contains the biases.
    num_layers : int
        The number of layers.
    dropout : float
        The probability of dropout between layers, in training.
    train : bool
        Whether dropout is applied.
    bidirectional : bool
        Whether each layer also reads the sequences from their end to their start.
    batch_first : bool
        Whether the batch is the first dimension of input and output: (N, T, ...).

    Returns
    -------
    tuple of Tensor
        The outputs of the last layer, (T, N, directions H), and the last state.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> weights = [tg.ones(2, 3), tg.ones(2, 2)]
    >>> h = tg.zeros(1, 4, 2)
    >>> settings = False, 1, 0.0, False, False, False
    >>> y, *state = tg.rnn_tanh(tg.ones(5, 4, 3), h, weights, *settings)
    >>> y.shape, len(state)
    (torch.Size([5, 4, 2]), 1)
    """
    weights = params, has_biases, num_layers
    settings = dropout, train, bidirectional, batch_first
    y, h = _run(RNN, "rnn_tanh", input, hx, *weights, *settings)
    return y, h


def rnn_relu(
    input: Tensor,
    hx: Tensor,
    params: Sequence[Tensor],
    has_biases: bool,
    num_layers: int,
    dropout: float,
    train: bool,
    bidirectional: bool,
    batch_first: bool,
) -> tuple[Tensor, Tensor]:
    """Recurrent network with relu, with the weights that are given: see `nn.RNN`.

    Given by place, `data, batch_sizes, hx, params, ...`, as far as `bidirectional`, stand for a
    `PackedSequence`: the outputs are then its data.

    Parameters
    ----------
    input : Tensor, shape (T, N, input_size)
        The sequences.
    hx : Tensor, shape (num_layers * directions, N, H)
        The state before the first step.
    params : sequence of Tensor
        For each layer and direction: `weight_ih`, `weight_hh`, `bias_ih`, `bias_hh`.
    has_biases : bool
        Whether `params` contains the biases.
    num_layers : int
        The number of layers.
    dropout : float
        The probability of dropout between layers, in training.
    train : bool
        Whether dropout is applied.
    bidirectional : bool
        Whether each layer also reads the sequences from their end to their start.
    batch_first : bool
        Whether the batch is the first dimension of input and output: (N, T, ...).

    Returns
    -------
    tuple of Tensor
        The outputs of the last layer, (T, N, directions H), and the last state.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> weights = [tg.ones(2, 3), tg.ones(2, 2)]
    >>> h = tg.zeros(1, 4, 2)
    >>> settings = False, 1, 0.0, False, False, False
    >>> y, *state = tg.rnn_relu(tg.ones(5, 4, 3), h, weights, *settings)
    >>> y.shape, len(state)
    (torch.Size([5, 4, 2]), 1)
    """
    weights = params, has_biases, num_layers
    settings = dropout, train, bidirectional, batch_first
    y, h = _run(RNN, "rnn_relu", input, hx, *weights, *settings)
    return y, h


def gru(
    input: Tensor,
    hx: Tensor,
    params: Sequence[Tensor],
    has_biases: bool,
    num_layers: int,
    dropout: float,
    train: bool,
    bidirectional: bool,
    batch_first: bool,
) -> tuple[Tensor, Tensor]:
    """Gated recurrent unit with the weights that are given: see `nn.GRU`.

    Given by place, `data, batch_sizes, hx, params, ...`, as far as `bidirectional`, stand for a
    `PackedSequence`: the outputs are then its data.

    Parameters
    ----------
    input : Tensor, shape (T, N, input_size)
        The sequences.
    hx : Tensor, shape (num_layers * directions, N, H)
        The state before the first step.
    params : sequence of Tensor
        For each layer and direction: `weight_ih`, `weight_hh`, `bias_ih`, `bias_hh`.
    has_biases : bool
        Whether `params` contains the biases.
    num_layers : int
        The number of layers.
    dropout : float
        The probability of dropout between layers, in training.
    train : bool
        Whether dropout is applied.
    bidirectional : bool
        Whether each layer also reads the sequences from their end to their start.
    batch_first : bool
        Whether the batch is the first dimension of input and output: (N, T, ...).

    Returns
    -------
    tuple of Tensor
        The outputs of the last layer, (T, N, directions H), and the last state.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> weights = [tg.ones(6, 3), tg.ones(6, 2)]
    >>> h = tg.zeros(1, 4, 2)
    >>> settings = False, 1, 0.0, False, False, False
    >>> y, *state = tg.gru(tg.ones(5, 4, 3), h, weights, *settings)
    >>> y.shape, len(state)
    (torch.Size([5, 4, 2]), 1)
    """
    weights = params, has_biases, num_layers
    settings = dropout, train, bidirectional, batch_first
    y, h = _run(GRU, "gru", input, hx, *weights, *settings)
    return y, h


def lstm(
    input: Tensor,
    hx: Sequence[Tensor],
    params: Sequence[Tensor],
    has_biases: bool,
    num_layers: int,
    dropout: float,
    train: bool,
    bidirectional: bool,
    batch_first: bool,
) -> tuple[Tensor, Tensor, Tensor]:
    """Long short-term memory with the weights that are given: see `nn.LSTM`.

    Given by place, `data, batch_sizes, hx, params, ...`, as far as `bidirectional`, stand for a
    `PackedSequence`: the outputs are then its data.

    Parameters
    ----------
    input : Tensor, shape (T, N, input_size)
        The sequences.
    hx : sequence of two Tensors, each (layers directions, N, H)
        The states h and c before the first step.
    params : sequence of Tensor
        For each layer and direction: `weight_ih`, `weight_hh`, `bias_ih`, `bias_hh`.
    has_biases : bool
        Whether `params` contains the biases.
    num_layers : int
        The number of layers.
    dropout : float
        The probability of dropout between layers, in training.
    train : bool
        Whether dropout is applied.
    bidirectional : bool
        Whether each layer also reads the sequences from their end to their start.
    batch_first : bool
        Whether the batch is the first dimension of input and output: (N, T, ...).

    Returns
    -------
    tuple of Tensor
        The outputs of the last layer, (T, N, directions H), and the last state h and c.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> weights = [tg.ones(8, 3), tg.ones(8, 2)]
    >>> h = tg.zeros(1, 4, 2)
    >>> settings = False, 1, 0.0, False, False, False
    >>> y, *state = tg.lstm(tg.ones(5, 4, 3), (h, h), weights, *settings)
    >>> y.shape, len(state)
    (torch.Size([5, 4, 2]), 2)
    """
    weights = params, has_biases, num_layers
    settings = dropout, train, bidirectional, batch_first
    y, (h, c) = _run(LSTM, "lstm", input, hx, *weights, *settings)
    return y, h, c


def rnn_tanh_cell(
    input: Tensor,
    hx: Tensor,
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih: Tensor | None = None,
    b_hh: Tensor | None = None,
) -> Tensor:
    """One step of a recurrent network with tanh: see `nn.RNNCell`.

    Parameters
    ----------
    input : Tensor, shape (N, input_size) or (input_size,)
        The input of the step.
    hx : Tensor, shape (N, H) or (H,)
        The state.
    w_ih : Tensor, shape (H, input_size)
        The weight of the input.
    w_hh : Tensor, shape (H, H)
        The weight of the state.
    b_ih : Tensor, shape (H,), default None
        The first bias.
    b_hh : Tensor, shape (H,), default None
        The second bias.

    Returns
    -------
    Tensor
        The next state.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> h = tg.zeros(4, 2)
    >>> h = tg.rnn_tanh_cell(tg.ones(4, 3), h, tg.ones(2, 3), tg.ones(2, 2))
    >>> h.shape
    torch.Size([4, 2])
    """
    weights = w_ih, w_hh, b_ih, b_hh
    y: Tensor = _cell(RNNCell, "rnn_tanh", weights, input, hx)
    return y


def rnn_relu_cell(
    input: Tensor,
    hx: Tensor,
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih: Tensor | None = None,
    b_hh: Tensor | None = None,
) -> Tensor:
    """One step of a recurrent network with relu: see `nn.RNNCell`.

    Parameters
    ----------
    input : Tensor, shape (N, input_size) or (input_size,)
        The input of the step.
    hx : Tensor, shape (N, H) or (H,)
        The state.
    w_ih : Tensor, shape (H, input_size)
        The weight of the input.
    w_hh : Tensor, shape (H, H)
        The weight of the state.
    b_ih : Tensor, shape (H,), default None
        The first bias.
    b_hh : Tensor, shape (H,), default None
        The second bias.

    Returns
    -------
    Tensor
        The next state.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> h = tg.zeros(4, 2)
    >>> h = tg.rnn_relu_cell(tg.ones(4, 3), h, tg.ones(2, 3), tg.ones(2, 2))
    >>> h.shape
    torch.Size([4, 2])
    """
    weights = w_ih, w_hh, b_ih, b_hh
    y: Tensor = _cell(RNNCell, "rnn_relu", weights, input, hx)
    return y


def gru_cell(
    input: Tensor,
    hx: Tensor,
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih: Tensor | None = None,
    b_hh: Tensor | None = None,
) -> Tensor:
    """One step of a gated recurrent unit: see `nn.GRUCell`.

    Parameters
    ----------
    input : Tensor, shape (N, input_size) or (input_size,)
        The input of the step.
    hx : Tensor, shape (N, H) or (H,)
        The state.
    w_ih : Tensor, shape (3 H, input_size)
        The weight of the input.
    w_hh : Tensor, shape (3 H, H)
        The weight of the state.
    b_ih : Tensor, shape (3 H,), default None
        The first bias.
    b_hh : Tensor, shape (3 H,), default None
        The second bias.

    Returns
    -------
    Tensor
        The next state.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> h = tg.zeros(4, 2)
    >>> h = tg.gru_cell(tg.ones(4, 3), h, tg.ones(6, 3), tg.ones(6, 2))
    >>> h.shape
    torch.Size([4, 2])
    """
    weights = w_ih, w_hh, b_ih, b_hh
    y: Tensor = _cell(GRUCell, "gru", weights, input, hx)
    return y


def lstm_cell(
    input: Tensor,
    hx: Sequence[Tensor],
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih: Tensor | None = None,
    b_hh: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """One step of a long short-term memory: see `nn.LSTMCell`.

    Parameters
    ----------
    input : Tensor, shape (N, input_size) or (input_size,)
        The input of the step.
    hx : sequence of two Tensors, each (N, H) or (H,)
        The states h and c.
    w_ih : Tensor, shape (4 H, input_size)
        The weight of the input.
    w_hh : Tensor, shape (4 H, H)
        The weight of the state.
    b_ih : Tensor, shape (4 H,), default None
        The first bias.
    b_hh : Tensor, shape (4 H,), default None
        The second bias.

    Returns
    -------
    tuple of Tensor
        The next h and c.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> h = tg.zeros(4, 2)
    >>> h, c = tg.lstm_cell(tg.ones(4, 3), (h, h), tg.ones(8, 3), tg.ones(8, 2))
    >>> h.shape
    torch.Size([4, 2])
    """
    weights = w_ih, w_hh, b_ih, b_hh
    y: tuple[Tensor, Tensor] = _cell(LSTMCell, "lstm", weights, input, tuple(hx))
    return y


_OWN = (Any, Module, Sequence, Tensor)
__all__ = sorted(
    name
    for name, thing in globals().items()
    if callable(thing) and name[0] != "_" and not isinstance(thing, type) and thing not in _OWN
)
