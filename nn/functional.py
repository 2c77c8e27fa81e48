"""Layers and losses as functions: what they compute, without what they remember."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_edu import Generator, Tensor, functions, ops, sigmoid, tanh, where
from tinygrad_edu.functions.arguments import check_floating, check_tensor
from tinygrad_edu.rng import numpy_generator

from .attending import scaled_dot_product_attention
from .ctc import ctc_loss
from .embedding import embedding, embedding_bag
from .losses import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    gaussian_nll_loss,
    half_mse_loss,
    huber_loss,
    kl_div,
    l1_loss,
    mse_loss,
    nll_loss,
    poisson_nll_loss,
    smooth_l1_loss,
)
from .margins import (
    cosine_embedding_loss,
    hinge_embedding_loss,
    margin_ranking_loss,
    multi_margin_loss,
    multilabel_margin_loss,
    multilabel_soft_margin_loss,
    soft_margin_loss,
    triplet_margin_loss,
    triplet_margin_with_distance_loss,
)
from .normalizing import (
    alpha_dropout,
    batch_norm,
    bilinear,
    check_probability,
    cosine_similarity,
    dropout1d,
    dropout2d,
    dropout3d,
    dropped,
    feature_alpha_dropout,
    group_norm,
    gumbel_softmax,
    instance_norm,
    layer_norm,
    local_response_norm,
    normalize,
    pairwise_distance,
    rms_norm,
)
from .upsampling import channel_shuffle, interpolate, pixel_shuffle, pixel_unshuffle
from .windows import (
    adaptive_avg_pool1d,
    adaptive_avg_pool2d,
    adaptive_avg_pool3d,
    adaptive_max_pool1d,
    adaptive_max_pool2d,
    adaptive_max_pool3d,
    avg_pool1d,
    avg_pool2d,
    avg_pool3d,
    conv1d,
    conv2d,
    conv3d,
    conv_transpose1d,
    conv_transpose2d,
    conv_transpose3d,
    fold,
    lp_pool1d,
    lp_pool2d,
    lp_pool3d,
    max_pool1d,
    max_pool2d,
    max_pool3d,
    pad,
    unfold,
)

# fmt: off
__all__ = [
    "adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d", "adaptive_max_pool1d",
    "adaptive_max_pool2d", "adaptive_max_pool3d", "alpha_dropout", "avg_pool1d", "avg_pool2d",
    "avg_pool3d", "batch_norm", "bilinear", "binary_cross_entropy",
    "binary_cross_entropy_with_logits", "celu", "channel_shuffle", "conv1d", "conv2d", "conv3d",
    "conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "cosine_embedding_loss",
    "cosine_similarity", "cross_entropy", "ctc_loss", "dropout", "dropout1d", "dropout2d",
    "dropout3d", "elu", "embedding", "embedding_bag", "feature_alpha_dropout", "fold",
    "gaussian_nll_loss", "gelu", "glu", "group_norm", "gumbel_softmax", "half_mse_loss",
    "hardshrink", "hardsigmoid", "hardswish", "hardtanh", "hinge_embedding_loss", "huber_loss",
    "instance_norm", "interpolate", "kl_div", "l1_loss", "layer_norm", "leaky_relu", "linear",
    "local_response_norm", "log_softmax", "logsigmoid", "lp_pool1d", "lp_pool2d", "lp_pool3d",
    "margin_ranking_loss", "max_pool1d", "max_pool2d", "max_pool3d", "mish", "mse_loss",
    "multi_margin_loss", "multilabel_margin_loss", "multilabel_soft_margin_loss", "nll_loss",
    "normalize", "one_hot", "pad", "pairwise_distance", "pixel_shuffle", "pixel_unshuffle",
    "poisson_nll_loss", "prelu", "relu", "relu6", "rms_norm", "rrelu",
    "scaled_dot_product_attention", "selu", "sigmoid", "silu", "smooth_l1_loss", "soft_margin_loss",
    "softmax", "softmin", "softplus", "softshrink", "softsign", "tanh", "tanhshrink", "threshold",
    "triplet_margin_loss", "triplet_margin_with_distance_loss", "unfold",
]
# fmt: on


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """y = x W' + b: x is (..., in), W is (out, in), b is (out,); for one output without a dimension
    of its own, W is (in,)."""
    if weight.ndim == 2:
        return ops.linear(input, weight, bias)
    if weight.ndim != 1:
        raise RuntimeError(
            f"linear: the weight is (out, in) or (in,), not of shape {tuple(weight.shape)}"
        )
    y = input @ weight
    return y if bias is None else y + bias


def dropout(
    input: Tensor,
    p: float = 0.5,
    training: bool = True,
    inplace: bool = False,
    *,
    generator: Generator | None = None,
) -> Tensor:
    """In training, each number becomes 0 with probability p, and the rest is divided by 1 - p."""
    check_probability("dropout", p)
    check_tensor(input, "dropout")
    if not training or p == 0:
        return input
    return _written("dropout", input, dropped(input, input.shape, p, generator), inplace)


# ---------------------------------------------------------------- activations


def _written(name: str, input: Tensor, y: Tensor, inplace: bool) -> Tensor:
    """y, or with `inplace` the input, after y was written into it."""
    return input._write(y, name) if inplace else y


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """y = max(0, x)."""
    return _written("relu", input, ops.relu(input), inplace)


def relu6(input: Tensor, inplace: bool = False) -> Tensor:
    """y = x kept within [0, 6]."""
    return hardtanh(input, 0.0, 6.0, inplace)


def hardtanh(
    input: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False
) -> Tensor:
    """y = x kept within [min_val, max_val]; on the borders the gradient is 0.  Whole numbers stay
    whole, and of the borders only what is before the point counts."""
    if min_val > max_val:
        raise ValueError(f"hardtanh: min_val={min_val} is above max_val={max_val}; swap them")
    if input.dtype.kind in "iu":
        min_val, max_val = int(min_val), int(max_val)
    return _written("hardtanh", input, ops.hardtanh(input, min=min_val, max=max_val), inplace)


def hardsigmoid(input: Tensor, inplace: bool = False) -> Tensor:
    """y = x / 6 + 1/2 kept within [0, 1]."""
    return _written("hardsigmoid", input, ops.hardsigmoid(input), inplace)


def hardswish(input: Tensor, inplace: bool = False) -> Tensor:
    """y = x hardsigmoid(x)  (Howard et al., 2019)."""
    return _written("hardswish", input, ops.hardswish(input), inplace)


def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """y = x where x > 0, else negative_slope x."""
    return _written("leaky_relu", input, ops.leaky_relu(input, slope=negative_slope), inplace)


def rrelu(
    input: Tensor,
    lower: float = 1 / 8,
    upper: float = 1 / 3,
    training: bool = False,
    inplace: bool = False,
    *,
    generator: Generator | None = None,
) -> Tensor:
    """y = x where x > 0, else s x, with a slope s for each number, uniform in [lower, upper] in
    training, in evaluation their mean  (Xu et al., 2015)."""
    if not -np.inf < lower <= upper < np.inf:
        raise ValueError(f"rrelu: lower is at most upper, both finite, not {lower=}, {upper=}")
    if not training:
        return leaky_relu(input, (lower + upper) / 2, inplace)
    check_floating(input, "rrelu")
    slopes = numpy_generator(generator).uniform(lower, upper, input.shape)
    factors = np.where(input.array > 0, 1, slopes).astype(input.dtype)
    return _written("rrelu", input, input * Tensor(factors), inplace)


def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """y = x where x > 0, else w x, for one slope w, or one for each channel, dimension 1."""
    channels = input.shape[1] if input.ndim > 1 else 1
    if weight.ndim > 1:
        raise RuntimeError(f"prelu: the slopes are (channels,) or (1,), not {tuple(weight.shape)}")
    if weight.numel() not in (1, channels):
        raise RuntimeError(
            f"prelu: {weight.numel()} slopes for an input {tuple(input.shape)} of "
            f"{channels} channels; "
            "give one, or one for each"
        )
    weight = weight.reshape(-1, *[1] * (input.ndim - 2)) if input.ndim else weight.reshape(())
    return ops.prelu(input, weight)


def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """y = x where x > 0, else alpha (e^x - 1)  (Clevert et al., 2016)."""
    return _written("elu", input, ops.elu(input, alpha=alpha), inplace)


def celu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """y = x where x > 0, else alpha (e^(x / alpha) - 1): its slope has no step."""
    if alpha == 0:
        raise RuntimeError("celu: alpha=0 has no inverse, by which x is multiplied")
    return _written("celu", input, functions.celu(input, alpha), inplace)


def selu(input: Tensor, inplace: bool = False) -> Tensor:
    """y = s elu(x, a), with s and a such that mean 0 and variance 1 stay so from layer to layer
    (Klambauer et al., 2017)."""
    return _written("selu", input, functions.selu(input), inplace)


def silu(input: Tensor, inplace: bool = False) -> Tensor:
    """y = x sigmoid(x), also known as swish."""
    return _written("silu", input, ops.silu(input), inplace)


def gelu(input: Tensor, approximate: str = "none") -> Tensor:
    """y = x times the chance that a standard normal number is below x; approximate="tanh" gives
    x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2  (Hendrycks and Gimpel, 2016)."""
    if approximate not in ("none", "tanh"):
        raise RuntimeError(f"gelu: approximate is 'none' or 'tanh', not {approximate!r}")
    return ops.gelu_tanh(input) if approximate == "tanh" else ops.gelu(input)


def logsigmoid(input: Tensor) -> Tensor:
    """y = log sigmoid(x), without overflow."""
    return ops.logsigmoid(input)


def softplus(input: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """y = log(1 + e^(beta x)) / beta, without overflow; x where beta x > threshold."""
    z = input if beta == 1 else input * beta
    y = -ops.logsigmoid(-z)
    smooth: Tensor = where(z > threshold, input, y if beta == 1 else y / beta)
    return smooth


def mish(input: Tensor, inplace: bool = False) -> Tensor:
    """y = x tanh(softplus(x))  (Misra, 2019)."""
    return _written("mish", input, ops.mish(input), inplace)


def softsign(input: Tensor) -> Tensor:
    """y = x / (1 + |x|)."""
    return input / (1 + ops.absolute(input))


def tanhshrink(input: Tensor) -> Tensor:
    """y = x - tanh x."""
    return input - tanh(input)


def softshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """y = x moved by lambd towards 0, and 0 where |x| <= lambd."""
    if not 0 <= lambd < np.inf:
        raise RuntimeError(f"softshrink: lambd is how far numbers move, 0 or more, not {lambd}")
    return ops.softshrink(input, lambd=lambd)


def hardshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """y = x, but 0 where |x| <= lambd."""
    return ops.hardshrink(input, lambd=lambd)


def threshold(input: Tensor, threshold: float, value: float, inplace: bool = False) -> Tensor:
    """y = x where x > threshold, else value."""
    y = functions.masked_fill(input, input <= threshold, value)
    return _written("threshold", input, y, inplace)


def glu(input: Tensor, dim: int = -1) -> Tensor:
    """y = a sigmoid(b), for the halves a and b of x along `dim`  (Dauphin et al., 2017)."""
    if input.ndim == 0:
        raise RuntimeError("glu: a dimension is cut in half, and a number has none")
    size = input.size(dim)
    if size % 2:
        raise RuntimeError(
            f"glu: dimension {dim} of {tuple(input.shape)} is cut in half, so it is even"
        )
    x = input.transpose(dim, -1)
    a, b = x[..., : size // 2], x[..., size // 2 :]
    return (a * sigmoid(b)).transpose(dim, -1)


def softmax(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None
) -> Tensor:
    """y_i = e^x_i / sum_j e^x_j along `dim`: positive numbers that sum to 1.  With `dtype`, x is
    brought to it first."""
    return functions.softmax(input, dim, dtype)


def log_softmax(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None
) -> Tensor:
    """y = x - log sum_j e^x_j along `dim`: the logarithm of `softmax`, without overflow."""
    return functions.log_softmax(input, dim, dtype)


def softmin(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None
) -> Tensor:
    """softmax(-x) along `dim`."""
    return functions.softmax(-input, dim, dtype)


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
