"""Layers and losses as functions: what they compute, without what they remember.

A loss takes `reduction`: "mean", "sum" or "none".  It refuses shapes that would broadcast: (N, 1)
against (N,) is N x N differences and a loss that means nothing.  PyTorch's old `size_average` and
`reduce` are not there, so a setting that stands behind them in PyTorch is given by its name.
"""

from __future__ import annotations

from math import isnan

import numpy as np

from tinygrad_edu import (
    Generator,
    Tensor,
    clamp,
    exp,
    functions,
    log,
    log_softmax,
    ops,
    sigmoid,
    softmax,
    tanh,
    where,
)
from tinygrad_edu.ops import special

from .attending import scaled_dot_product_attention
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
    embedding,
    embedding_bag,
    group_norm,
    gumbel_softmax,
    instance_norm,
    interpolate,
    layer_norm,
    normalize,
    pairwise_distance,
    pixel_shuffle,
    pixel_unshuffle,
    rms_norm,
)
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
    "binary_cross_entropy_with_logits", "celu", "conv1d", "conv2d", "conv3d",
    "conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "cosine_similarity",
    "cross_entropy", "dropout", "dropout1d", "dropout2d", "dropout3d", "elu", "embedding",
    "embedding_bag", "fold", "gelu", "glu", "group_norm", "gumbel_softmax", "hardshrink",
    "hardsigmoid", "hardswish", "hardtanh", "huber_loss", "instance_norm", "interpolate",
    "kl_div", "l1_loss", "layer_norm", "leaky_relu", "linear", "log_softmax", "logsigmoid",
    "max_pool1d", "max_pool2d", "max_pool3d", "mish", "mse_loss", "nll_loss", "normalize",
    "one_hot", "pad", "pairwise_distance", "pixel_shuffle", "pixel_unshuffle", "prelu", "relu",
    "relu6", "rms_norm", "scaled_dot_product_attention", "selu", "sigmoid", "silu",
    "smooth_l1_loss", "softmax", "softmin", "softplus", "softshrink", "softsign", "tanh",
    "tanhshrink", "threshold", "unfold",
]
# fmt: on


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """y = x W' + b: x is (..., in), W is (out, in), b is (out,); for one output without a dimension
    of its own, W is (in,)."""
    if weight.ndim == 2:
        return ops.linear(input, weight, bias)
    if weight.ndim != 1:
        raise RuntimeError(f"linear: the weight is (out, in) or (in,), not of shape {weight.shape}")
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
    return _written("hardsigmoid", input, relu6(input + 3) / 6, inplace)


def hardswish(input: Tensor, inplace: bool = False) -> Tensor:
    """y = x hardsigmoid(x)  (Howard et al., 2019)."""
    return _written("hardswish", input, input * hardsigmoid(input), inplace)


def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """y = x where x > 0, else negative_slope x."""
    return _written("leaky_relu", input, ops.leaky_relu(input, slope=negative_slope), inplace)


def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """y = x where x > 0, else w x, for one slope w, or one for each channel, dimension 1."""
    channels = input.shape[1] if input.ndim > 1 else 1
    if weight.numel() not in (1, channels):
        raise RuntimeError(
            f"prelu: {weight.numel()} slopes for an input {input.shape} of {channels} channels; "
            "give one, or one for each"
        )
    weight = weight.reshape(-1, *[1] * (input.ndim - 2)) if input.ndim else weight.reshape(())
    y: Tensor = where(input > 0, input, weight * input)
    return y


def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """y = x where x > 0, else alpha (e^x - 1)  (Clevert et al., 2016)."""
    return _written("elu", input, ops.elu(input, alpha=alpha), inplace)


def celu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """y = x where x > 0, else alpha (e^(x / alpha) - 1): its slope has no step."""
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
    return ops.gelu_tanh(input) if approximate == "tanh" else input * special.ndtr(input)


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
    return _written("mish", input, input * tanh(-ops.logsigmoid(-input)), inplace)


def softsign(input: Tensor) -> Tensor:
    """y = x / (1 + |x|)."""
    return input / (1 + ops.absolute(input))


def tanhshrink(input: Tensor) -> Tensor:
    """y = x - tanh x."""
    return input - tanh(input)


def softshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """y = x moved by lambd towards 0, and 0 where |x| <= lambd."""
    shrunk: Tensor = input - clamp(input, -lambd, lambd)
    return shrunk


def hardshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """y = x, but 0 where |x| <= lambd."""
    y: Tensor = input * ~(ops.absolute(input.detach()) <= lambd)
    return y


def threshold(input: Tensor, threshold: float, value: float, inplace: bool = False) -> Tensor:
    """y = x where x > threshold, else value."""
    y = functions.masked_fill(input, input <= threshold, value)
    return _written("threshold", input, y, inplace)


def glu(input: Tensor, dim: int = -1) -> Tensor:
    """y = a sigmoid(b), for the halves a and b of x along `dim`  (Dauphin et al., 2017)."""
    size = input.size(dim)
    if size % 2:
        raise RuntimeError(f"glu: dimension {dim} of {input.shape} is cut in half, so it is even")
    x = input.transpose(dim, -1)
    a, b = x[..., : size // 2], x[..., size // 2 :]
    return (a * sigmoid(b)).transpose(dim, -1)


def softmin(input: Tensor, dim: int | None = None) -> Tensor:
    """softmax(-x) along `dim`."""
    return softmax(-input, dim)


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


# ---------------------------------------------------------------- losses of two equal shapes


def mse_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """The mean of (x - t)^2: the mean squared error."""
    _check_pair("mse_loss", input, target)
    if reduction == "mean":
        loss = ops.mse(input, target)
    else:
        loss = _reduced("mse_loss", ops.square(input - target), reduction)
    _refuse_nan("mse_loss", loss, target)
    return loss


def l1_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """The mean of |x - t|: the mean absolute error."""
    _check_pair("l1_loss", input, target)
    loss = _reduced("l1_loss", ops.absolute(input - target), reduction)
    _refuse_nan("l1_loss", loss, target)
    return loss


def smooth_l1_loss(
    input: Tensor, target: Tensor, *, reduction: str = "mean", beta: float = 1.0
) -> Tensor:
    """The mean of (x - t)^2 / (2 beta) where |x - t| < beta, else |x - t| - beta / 2
    (Girshick, 2015); beta = 0 is `l1_loss`."""
    if not beta >= 0:
        raise RuntimeError(f"smooth_l1_loss: beta is where the square ends, at least 0, not {beta}")
    _check_pair("smooth_l1_loss", input, target)
    d = input - target
    losses = _squared_up_to(beta, d) / beta if beta else ops.absolute(d)
    loss = _reduced("smooth_l1_loss", losses, reduction)
    _refuse_nan("smooth_l1_loss", loss, target)
    return loss


def huber_loss(
    input: Tensor, target: Tensor, reduction: str = "mean", delta: float = 1.0
) -> Tensor:
    """The mean of (x - t)^2 / 2 where |x - t| < delta, else delta (|x - t| - delta / 2)
    (Huber, 1964)."""
    if not delta > 0:
        raise RuntimeError(f"huber_loss: delta is where the square ends, above 0, not {delta}")
    _check_pair("huber_loss", input, target)
    loss = _reduced("huber_loss", _squared_up_to(delta, input - target), reduction)
    _refuse_nan("huber_loss", loss, target)
    return loss


def _squared_up_to(delta: float, d: Tensor) -> Tensor:
    """d^2 / 2 for |d| < delta, and then straight on."""
    bounded = ops.hardtanh(d, min=-delta, max=delta)
    return bounded * (d - bounded / 2)


def kl_div(
    input: Tensor, target: Tensor, *, reduction: str = "mean", log_target: bool = False
) -> Tensor:
    """The mean of t (log t - x), for log-probabilities x and probabilities t, which with
    `log_target` come as their logs.

    The mean is over all numbers; reduction="batchmean" divides the sum by the number of rows, and
    is the divergence of Kullback and Leibler (1951), KL(t || e^x), of a row.
    """
    _check_pair("kl_div", input, target)
    if log_target:
        losses = exp(target) * (target - input)
    else:
        losses = target * (log(where(target == 0, 1, target)) - input)
    if reduction == "batchmean":
        loss = ops.sum(losses) / (len(losses) if losses.ndim else 1)
    else:
        loss = _reduced("kl_div", losses, reduction, ("batchmean", *REDUCTIONS))
    _refuse_nan("kl_div", loss, target)
    return loss


def binary_cross_entropy(
    input: Tensor, target: Tensor, weight: Tensor | None = None, *, reduction: str = "mean"
) -> Tensor:
    """The mean of -w (t log p + (1 - t) log(1 - p)) for probabilities p; without weights, w = 1.

    From the numbers before the sigmoid, use `binary_cross_entropy_with_logits`: it cannot overflow.
    """
    _check_pair("binary_cross_entropy", input, target)
    _check_between_0_and_1("binary_cross_entropy", "input", input)
    _check_between_0_and_1("binary_cross_entropy", "target", target)
    losses = _weighted(
        "binary_cross_entropy: weight", ops.binary_cross_entropy(input, target), weight
    )
    return _reduced("binary_cross_entropy", losses, reduction)


def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    *,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:
    """The mean of -w (v t log p + (1 - t) log(1 - p)), p = sigmoid(x), computed from x without
    overflow; v, `pos_weight`, is often the number of negatives for each positive."""
    name = "binary_cross_entropy_with_logits"
    _check_pair(name, input, target)
    _check_between_0_and_1(name, "target", target)
    if pos_weight is None:
        losses = ops.bce_with_logits(input, target)
    else:
        positive = _weighted(f"{name}: pos_weight", target, pos_weight)
        losses = -(positive * logsigmoid(input) + (1 - target) * logsigmoid(-input))
    return _reduced(name, _weighted(f"{name}: weight", losses, weight), reduction)


def _weighted(name: str, x: Tensor, weight: Tensor | None) -> Tensor:
    if weight is None:
        return x
    y = x * weight
    if y.shape != x.shape:
        raise ValueError(
            f"{name} {tuple(weight.shape)} would repeat the losses, {tuple(x.shape)}; give a "
            "weight for each, or for each of their last dimension"
        )
    return y


# ---------------------------------------------------------------- losses of classes


def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> Tensor:
    """The mean of -x[i, t_i] for log-probabilities x, (N, C), and classes t, (N,).

    x may also be (N, C, d1, ...) with t (N, d1, ...), or (C,) with t ().  Each class may have a
    weight, (C,); the mean is the weighted one, sum_i w[t_i] loss_i / sum_i w[t_i].  Where t is
    `ignore_index` nothing is lost, and the mean does not count it.
    """
    _check_tensors("nll_loss", input, target)
    _check_classes("nll_loss", input, target)
    return _of_classes("nll_loss", _rows(input), target, weight, ignore_index, reduction)


def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """The mean of -log softmax(x)[i, t_i] for logits x, (N, C), and classes t, (N,).

    Shapes, weights and `ignore_index` are those of `nll_loss`.  A target of the input's shape, of
    floats, holds the probability of each class, q, and the loss is -sum_c w_c q_c log softmax(x)_c,
    whose mean is the plain one.  Label smoothing s takes (1 - s) q + s / C for q, where a class has
    its one-hot vector for q  (Szegedy et al., 2016).

    Raises ValueError for a shape and IndexError for a class that does not fit, TypeError for
    targets that are neither whole numbers nor probabilities.

    >>> import tinygrad_edu as tg
    >>> logits = tg.tensor([[2.0, 0.0], [0.0, 2.0]])
    >>> cross_entropy(logits, tg.tensor([0, -100]))
    tensor(0.1269)
    >>> cross_entropy(logits, tg.tensor([[1.0, 0.0], [0.5, 0.5]]), reduction="none")
    tensor([0.1269, 1.1269])
    """
    _check_tensors("cross_entropy", input, target)
    if target.array.dtype.kind == "f" and target.array.shape == input.array.shape:
        return _of_probabilities(input, target, weight, ignore_index, reduction, label_smoothing)
    _check_classes("cross_entropy", input, target)
    default = weight is None and reduction == "mean" and not label_smoothing
    if default and input.array.ndim == 2 and _all_count(target, ignore_index):
        return ops.cross_entropy(input, target)
    _check_smoothing(label_smoothing)
    logp = log_softmax(_rows(input), 1)
    return _of_classes(
        "cross_entropy", logp, target, weight, ignore_index, reduction, label_smoothing
    )


def _rows(x: Tensor) -> Tensor:
    """A row for each example, a column for each class: (N, C, d1, ...) becomes (N d1 ..., C)."""
    if x.ndim < 3:
        return x if x.ndim == 2 else x.reshape(1, -1)
    moved: Tensor = x.movedim(1, -1)
    return moved.reshape(-1, x.shape[1])


def _all_count(target: Tensor, ignore_index: int) -> bool:
    """Does every example count?  (False, too, where an unknown class is below 0.)"""
    classes = target.array
    least: int = classes.item(classes.argmin())  # in a quarter of the time of classes.min()
    return ignore_index < 0 <= least


def _of_classes(
    name: str,
    logp: Tensor,
    target: Tensor,
    weight: Tensor | None,
    ignore_index: int,
    reduction: str,
    smoothing: float = 0.0,
) -> Tensor:
    simple = weight is None and not smoothing and target.array.ndim == 1
    if simple and _all_count(target, ignore_index):
        return _reduced(name, ops.nll(logp, target), reduction)
    count = logp.shape[1]
    _check_class_weight(name, weight, count)
    kept = target.array != ignore_index
    _check_range(name, target.array, kept, count)
    kept = kept.reshape(-1)
    classes = np.where(kept, target.array.reshape(-1), 0).astype(np.int64)
    losses, share = ops.nll(logp, classes), kept.mean().item()
    if weight is not None:
        of_class = weight[classes]
        losses, share = losses * of_class, ops.mean(where(kept, of_class, 0))
    if smoothing:
        of_all = ops.sum(logp if weight is None else logp * weight, axis=1)
        losses = (1 - smoothing) * losses - (smoothing / count) * of_all
    if not kept.all():
        losses = where(kept, losses, 0)
    if reduction != "mean":
        return _reduced(name, losses.reshape(target.shape), reduction)
    if share == 0:
        raise ValueError(
            f"{name}: the weights of the {kept.size} targets, of which {kept.size - kept.sum()} "
            f"hold ignore_index={ignore_index}, add up to 0: there is nothing to average"
        )
    mean: Tensor = ops.mean(losses) / share
    return mean


def _of_probabilities(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None,
    ignore_index: int,
    reduction: str,
    smoothing: float,
) -> Tensor:
    shape = input.array.shape
    if not input.array.size:
        _refuse_empty("cross_entropy", input)
    if ignore_index >= 0:
        raise RuntimeError(
            f"cross_entropy: ignore_index={ignore_index} is a class, and the target {shape} holds "
            "probabilities; give an example that shall not count probabilities of 0"
        )
    _check_smoothing(smoothing)
    logp, q = log_softmax(_rows(input), 1), _rows(target)
    _check_class_weight("cross_entropy", weight, logp.shape[1])
    if smoothing:
        q = (1 - smoothing) * q + smoothing / logp.shape[1]
    losses = -ops.sum(logp * (q if weight is None else q * weight), axis=1)
    loss = _reduced(
        "cross_entropy", losses.reshape(shape[:1] * (len(shape) > 1) + shape[2:]), reduction
    )
    _refuse_nan("cross_entropy", loss, target)
    return loss


# ---------------------------------------------------------------- their checks


REDUCTIONS = ("mean", "sum", "none")


def check_reduction(name: str, reduction: str, known: tuple[str, ...] = REDUCTIONS) -> None:
    if reduction not in known:
        *first, last = map(repr, known)
        raise ValueError(f"{name}: reduction is {', '.join(first)} or {last}, not {reduction!r}")


def _reduced(
    name: str, losses: Tensor, reduction: str, known: tuple[str, ...] = REDUCTIONS
) -> Tensor:
    if reduction == "mean":
        return ops.mean(losses)
    if reduction == "sum":
        return ops.sum(losses)
    check_reduction(name, reduction, known)
    return losses


def _check_tensors(name: str, input: Tensor, target: Tensor) -> None:
    if not (isinstance(input, Tensor) and isinstance(target, Tensor)):
        given = f"{type(input).__name__} and {type(target).__name__}"
        raise TypeError(f"{name}: input and target are {given}; make both tensors first")


def _check_pair(name: str, input: Tensor, target: Tensor) -> None:
    _check_tensors(name, input, target)
    if input.array.shape != target.array.shape:
        shapes = f"{tuple(input.shape)} and {tuple(target.shape)}"
        raise ValueError(
            f"{name}: input and target have the shapes {shapes}, which would broadcast to "
            "numbers that mean nothing; make them equal, as with "
            f"target.reshape({tuple(input.shape)})"
        )
    if not input.array.size:
        _refuse_empty(name, input)


def _refuse_empty(name: str, input: Tensor) -> None:
    raise ValueError(
        f"{name}: the batch is empty, shape {input.shape}: there is nothing to average"
    )


def _refuse_nan(name: str, loss: Tensor, target: Tensor) -> None:
    """A NaN in the input may come of a step too large; one in the target is a hole in the data."""
    y = loss.array
    lost = isnan(y.item()) if y.ndim == 0 else np.isnan(y).any()
    if lost and np.isnan(target.array).any():
        place = [int(k) for k in np.argwhere(np.isnan(target.array))[0]]
        raise ValueError(
            f"{name}: the target, of shape {target.shape}, holds nan at {place}; leave such "
            "examples out, or fill in a number"
        )


def _check_between_0_and_1(name: str, which: str, x: Tensor) -> None:
    inside = (x.array >= 0) & (x.array <= 1)
    if not inside.all():
        place = tuple(int(k) for k in np.argwhere(~inside)[0])
        raise ValueError(
            f"{name}: {which} holds {x.array[place]} at {list(place)}; it is a probability, "
            f"between 0 and 1"
        )


def _check_classes(name: str, input: Tensor, target: Tensor) -> None:
    classes, shape = target.array, input.array.shape
    if classes.dtype.kind not in "iu":
        raise TypeError(
            f"{name}: the target holds classes, whole numbers from 0, not {classes.dtype}; "
            "call target.long()"
        )
    examples = shape[:-1] if len(shape) < 3 else shape[:1] + shape[2:]
    if not shape or examples != classes.shape:
        raise ValueError(
            f"{name}: input is (N, classes) and target (N,), or (N, classes, d1, ...) and "
            f"(N, d1, ...), not {tuple(shape)} and {tuple(classes.shape)}"
        )
    if not input.array.size:
        _refuse_empty(name, input)


def _check_range(name: str, classes: np.ndarray, kept: np.ndarray, count: int) -> None:
    wrong = kept & ((classes < 0) | (classes >= count))
    if wrong.any():
        place = tuple(int(k) for k in np.argwhere(wrong)[0])
        raise IndexError(
            f"{name}: the target holds class {classes[place]} at {list(place)}, but the input has "
            f"{count} classes, 0 to {count - 1}; what shall not count holds ignore_index"
        )


def _check_class_weight(name: str, weight: Tensor | None, count: int) -> None:
    if weight is not None and weight.shape != (count,):
        raise RuntimeError(
            f"{name}: weight holds a number for each of the {count} classes, shape ({count},), "
            f"not {tuple(weight.shape)}"
        )


def _check_smoothing(smoothing: float) -> None:
    if not 0 <= smoothing <= 1:
        raise RuntimeError(f"cross_entropy: label_smoothing is between 0 and 1, not {smoothing}")
