"""Layers as functions: normalisation, likeness, dropout of channels.

Inputs are (N, channels, ...), if nothing else is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from tinygrad_edu import Generator, Tensor, functions, no_grad, ops, rsqrt, softmax
from tinygrad_edu.functions.arguments import check_dim, check_floating
from tinygrad_edu.rng import numpy_generator
from tinygrad_edu.sums import in_float32, narrowed, wide

# ---------------------------------------------------------------- normalisation


def layer_norm(
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """y = w (x - mean) / sqrt(var + eps) + b, with mean and variance of each example, over its last
    dimensions, which are `normalized_shape`, as are w and b  (Ba et al., 2016).

    >>> import tinygrad_edu as tg
    >>> layer_norm(tg.tensor([[1.0, 2.0, 3.0], [0.0, 0.0, 6.0]]), (3,))
    tensor([[-1.2247,  0.0000,  1.2247],
            [-0.7071, -0.7071,  1.4142]])
    """
    axes = _last("layer_norm", input, normalized_shape, weight=weight, bias=bias)
    w: Any = 1.0 if weight is None else weight
    if len(axes) == 1:
        return ops.layer_norm(input, w, bias, eps=eps)
    rows = input.reshape((*input.shape[: axes[0]], -1))
    w, b = (x.reshape(-1) if isinstance(x, Tensor) else x for x in (w, bias))
    return ops.layer_norm(rows, w, b, eps=eps).reshape(input.shape)


def rms_norm(
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    eps: float | None = None,
) -> Tensor:
    """y = w x / sqrt(mean of x^2 + eps), over the last dimensions, which are `normalized_shape`;
    eps is the dtype's own, of float32 for float16, unless given  (Zhang and Sennrich, 2019)."""
    axes = _last("rms_norm", input, normalized_shape, weight=weight)
    x = wide(input)
    eps = float(np.finfo(x.dtype).eps) if eps is None else eps
    y = x * rsqrt(ops.mean(ops.square(x), axis=axes, keepdims=True) + eps)
    return _narrowed(y if weight is None else y * weight, input)


def batch_norm(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """y = w (x - mean) / sqrt(var + eps) + b for each channel  (Ioffe and Szegedy, 2015).

    In training, mean and variance are those of the batch, and the running ones are moved towards
    them, in place: r becomes (1 - momentum) r + momentum (mean, or unbiased variance).  In
    evaluation the running ones are used.  An empty batch moves nothing.
    """
    if eps < 0 or (training and eps == 0):
        least = "above 0 in training" if training else "at least 0"
        raise ValueError(f"batch_norm: eps, which is added to the variance, is {least}, not {eps}")
    check = _Channels("batch_norm", input)
    weight, bias = check.shaped("weight", weight), check.shaped("bias", bias)
    mean = check.shaped("running_mean", running_mean)
    var = check.shaped("running_var", running_var)
    if training:
        count = _at_least_two("batch_norm", input, input.numel() // max(input.shape[1], 1))
        mean, var = _mean_and_var(input, (0, *range(2, input.ndim)))
        if count:
            _track(running_mean, mean, momentum)
            _track(running_var, var * (count / (count - 1)), momentum)
    elif mean is None or var is None:
        raise RuntimeError(
            "batch_norm: without training it needs running_mean and running_var, and one is None"
        )
    return _narrowed(_normalized(input, mean, var, weight, bias, eps), input)


def instance_norm(
    input: Tensor,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """y = w (x - mean) / sqrt(var + eps) + b, with mean and variance of each channel of each
    example  (Ulyanov et al., 2016); what runs is their mean over the batch, as in `batch_norm`."""
    if not use_input_stats:
        return batch_norm(input, running_mean, running_var, weight, bias, eps=eps)
    check = _Channels("instance_norm", input, least=3)
    weight, bias = check.shaped("weight", weight), check.shaped("bias", bias)
    check.shaped("running_mean", running_mean)
    check.shaped("running_var", running_var)
    count = _at_least_two("instance_norm", input, prod(input.shape[2:]))
    mean, var = _mean_and_var(input, tuple(range(2, input.ndim)))
    if input.numel():
        _track(running_mean, ops.mean(mean, axis=0), momentum)
        _track(running_var, ops.mean(var, axis=0) * (count / (count - 1)), momentum)
    return _narrowed(_normalized(input, mean, var, weight, bias, eps), input)


def group_norm(
    input: Tensor,
    num_groups: int,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """y = w (x - mean) / sqrt(var + eps) + b, with mean and variance of each group of channels of
    each example, and w and b for each channel  (Wu and He, 2018)."""
    check = _Channels("group_norm", input)
    weight, bias = check.shaped("weight", weight), check.shaped("bias", bias)
    n, channels = input.shape[:2]
    if num_groups < 1 or channels % num_groups:
        raise RuntimeError(
            f"group_norm: {channels} channels, of the input {tuple(input.shape)}, do not fall into "
            f"{num_groups} groups of equal size"
        )
    _at_least_two("group_norm", input, input.numel() // max(num_groups, 1))
    groups = input.reshape((n, num_groups, input.numel() // max(n * num_groups, 1)))
    y = _normalized(groups, *_mean_and_var(groups, (2,)), None, None, eps).reshape(input.shape)
    y = y if weight is None else y * weight
    return _narrowed(y if bias is None else y + bias, input)


def local_response_norm(
    input: Tensor, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Tensor:
    """y = x / (k + alpha mean of x^2)^beta, with the mean over `size` neighbouring channels, of
    which those beyond the borders count as 0  (Krizhevsky et al., 2012)."""
    check_floating(input, "local_response_norm")
    if input.ndim < 3 or size < 1:
        raise ValueError(
            "local_response_norm: the input is (N, C, sizes), and size at least 1, not "
            f"{tuple(input.shape)} and {size}"
        )
    around = [(0, 0), (size // 2, (size - 1) // 2), *[(0, 0)] * (input.ndim - 2)]
    x = wide(input)
    squares: Any = ops.pad(ops.square(x), pad_width=around, constant_values=0)
    channels = input.shape[1]
    total = sum(squares[:, first : first + channels] for first in range(size))
    return _narrowed(x / (k + alpha / size * total) ** beta, input)


def _mean_and_var(x: Tensor, axes: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    x = wide(x)
    return ops.mean(x, axis=axes, keepdims=True), ops.var(x, axis=axes, keepdims=True)


def _normalized(
    x: Tensor, mean: Tensor, var: Tensor, weight: Tensor | None, bias: Tensor | None, eps: float
) -> Tensor:
    """In float32 where x is float16."""
    scale = rsqrt(wide(var) + eps)
    y: Tensor = (wide(x) - mean) * (scale if weight is None else scale * weight)
    return y if bias is None else y + bias


def _narrowed(y: Tensor, x: Tensor) -> Tensor:
    back: Tensor = narrowed(y, x)
    return back


def _track(running: Tensor | None, new: Tensor, momentum: float) -> None:
    """Move what runs towards what is new, in place and outside the record."""
    if running is not None:
        with no_grad():
            new = new.to(running.dtype).reshape(running.shape)
            running.copy_((1 - momentum) * running + momentum * new)


class _Channels:
    """Checks what a norm is given for each channel of (N, C, ...)."""

    def __init__(self, name: str, x: Tensor, least: int = 2) -> None:
        check_floating(x, name)
        if x.ndim < least:
            wanted = ", ".join(("N", "C", "L")[:least])
            raise RuntimeError(f"{name}: the input is ({wanted}, ...), not {tuple(x.shape)}")
        self.name, self.x = name, x

    def shaped(self, what: str, of_channels: Tensor | None) -> Tensor | None:
        """(C,) as (C, 1, ...), which broadcasts along the channels."""
        if of_channels is None:
            return None
        channels = self.x.shape[1]
        if of_channels.shape != (channels,):
            raise RuntimeError(
                f"{self.name}: {what} holds a number for each of the {channels} channels of "
                f"{tuple(self.x.shape)}, shape ({channels},), not {tuple(of_channels.shape)}"
            )
        return of_channels.reshape((channels, *[1] * (self.x.ndim - 2)))


def _at_least_two(name: str, x: Tensor, count: int) -> int:
    if count == 1:
        raise ValueError(
            f"{name}: the input {tuple(x.shape)} has one number to take mean and variance of, and "
            "its distance from the mean is 0; give more, or call eval() before a single example"
        )
    return count


def _last(
    name: str, x: Tensor, shape: Sequence[int], **parameters: Tensor | None
) -> tuple[int, ...]:
    """The last axes of x, which have the sizes `shape`, as the parameters do."""
    check_floating(x, name)
    shape = tuple(shape)
    if not shape or tuple(x.shape[-len(shape) :]) != shape:
        raise RuntimeError(
            f"{name}: normalized_shape {shape} is what the input's shape ends with, and that is "
            f"{tuple(x.shape)}"
        )
    for what, parameter in parameters.items():
        if parameter is not None and parameter.shape != shape:
            raise RuntimeError(
                f"{name}: {what} has the shape {tuple(parameter.shape)}, not {shape}, "
                "normalized_shape"
            )
    return tuple(range(-len(shape), 0))


# ---------------------------------------------------------------- pairs, and how alike they are


def bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """y_o = x1' W_o x2 + b_o: x1 is (..., in1), x2 is (..., in2), W is (out, in1, in2)."""
    fits = weight.ndim == 3 and weight.shape[1:] == input1.shape[-1:] + input2.shape[-1:]
    if not fits or input1.shape[:-1] != input2.shape[:-1]:
        raise RuntimeError(
            "bilinear: the inputs are (..., in1) and (..., in2), the weight (out, in1, in2), not "
            f"{tuple(input1.shape)}, {tuple(input2.shape)} and {tuple(weight.shape)}"
        )
    y: Tensor = functions.einsum("...i,oij,...j->...o", input1, weight, input2)
    return y if bias is None else y + bias


def normalize(input: Tensor, p: float = 2.0, dim: Any = 1, eps: float = 1e-12) -> Tensor:
    """y = x / max(|x|, eps), with the p-norm |x| along `dim`."""
    x = wide(input)
    return _narrowed(x / functions.clamp(functions.norm(x, p, dim, True), eps), input)


def cosine_similarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """y = x1 . x2 / (max(|x1|, eps) max(|x2|, eps)) along `dim`: the cosine of the angle between
    them."""
    x1, x2 = functions.broadcast_tensors(x1, x2)
    a, b = (normalize(wide(x), 2, dim, eps) for x in (x1, x2))
    y: Tensor = narrowed(ops.sum(a * b, axis=dim), x1, x2)
    return y


def pairwise_distance(
    x1: Tensor, x2: Tensor, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False
) -> Tensor:
    """y = |x1 - x2 + eps|, the p-norm along the last dimension."""
    y: Tensor = in_float32(lambda a, b: functions.norm(a - b + eps, p, -1, keepdim), x1, x2)
    return y


# ---------------------------------------------------------------- chance


def check_probability(name: str, p: float) -> None:
    if not 0 <= p <= 1:
        raise ValueError(f"{name}: p is the probability of being dropped, between 0 and 1, not {p}")


def dropout1d(
    input: Tensor,
    p: float = 0.5,
    training: bool = True,
    inplace: bool = False,
    *,
    generator: Generator | None = None,
) -> Tensor:
    """In training, each channel of (N, C, L) becomes 0 with probability p, and the rest is divided
    by 1 - p  (Tompson et al., 2015).  (C, L) is one example."""
    if input.ndim not in (2, 3):
        raise RuntimeError(
            f"dropout1d: the input is (N, C, L) or (C, L), not {tuple(input.shape)}; see dropout"
        )
    return _dropped_channels("dropout1d", (3, 2), input, p, training, inplace, generator)


def dropout2d(
    input: Tensor,
    p: float = 0.5,
    training: bool = True,
    inplace: bool = False,
    *,
    generator: Generator | None = None,
) -> Tensor:
    """In training, each channel of (N, C, H, W) becomes 0 with probability p, and the rest is
    divided by 1 - p.  Three dimensions are (N, C, L), as in PyTorch."""
    return _dropped_channels("dropout2d", (4, None), input, p, training, inplace, generator)


def dropout3d(
    input: Tensor,
    p: float = 0.5,
    training: bool = True,
    inplace: bool = False,
    *,
    generator: Generator | None = None,
) -> Tensor:
    """In training, each channel of (N, C, D, H, W) becomes 0 with probability p, and the rest is
    divided by 1 - p.  (C, D, H, W) is one example."""
    return _dropped_channels("dropout3d", (5, 4), input, p, training, inplace, generator)


def _dropped_channels(
    name: str,
    dims: tuple[int, int | None],
    x: Tensor,
    p: float,
    training: bool,
    inplace: bool,
    generator: Generator | None,
) -> Tensor:
    check_probability(name, p)
    if not training or p == 0:
        return x
    if x.ndim < 2:
        raise RuntimeError(f"{name}: the input has channels, (N, C, ...), not {tuple(x.shape)}")
    shown = 1 if x.ndim == dims[1] else 2
    shape = (*x.shape[:shown], *[1] * (x.ndim - shown))
    y = dropped(x, shape, p, generator)
    return x._write(y, name) if inplace else y


def dropped(x: Tensor, shape: Sequence[int], p: float, generator: Generator | None) -> Tensor:
    """x, after a draw for each place of the shape, which broadcasts to that of x, says which
    numbers become 0, with probability p; the others are divided by 1 - p."""
    if p == 1:
        return x * False  # False takes on every dtype
    mask = numpy_generator(generator).random(shape, dtype=np.float32) >= p
    return ops.dropout(x, mask, p=p)


_LEAST = -1.7580993408473766  # where selu goes for x far below 0


def alpha_dropout(
    input: Tensor,
    p: float = 0.5,
    training: bool = False,
    inplace: bool = False,
    *,
    generator: Generator | None = None,
) -> Tensor:
    """y = a x + b, but with probability p, in training, x is first made the least value of selu,
    l = -1.758; a and b are such that mean 0 and variance 1 stay so  (Klambauer et al., 2017)."""
    check_probability("alpha_dropout", p)
    if not training or p == 0:
        return input
    return _alpha_dropped("alpha_dropout", input, input.shape, p, inplace, generator)


def feature_alpha_dropout(
    input: Tensor,
    p: float = 0.5,
    training: bool = False,
    inplace: bool = False,
    *,
    generator: Generator | None = None,
) -> Tensor:
    """`alpha_dropout` of whole channels of (N, C, ...)."""
    check_probability("feature_alpha_dropout", p)
    if not training or p == 0:
        return input
    if input.ndim < 2:
        raise RuntimeError(
            f"feature_alpha_dropout: the input has channels, (N, C, ...), not {tuple(input.shape)}"
        )
    shape = (*input.shape[:2], *[1] * (input.ndim - 2))
    return _alpha_dropped("feature_alpha_dropout", input, shape, p, inplace, generator)


def _alpha_dropped(
    name: str,
    x: Tensor,
    shape: tuple[int, ...],
    p: float,
    inplace: bool,
    generator: Generator | None,
) -> Tensor:
    dropped = numpy_generator(generator).random(shape, dtype=np.float32) < p
    a = ((1 - p) * (1 + p * _LEAST**2)) ** -0.5 if p < 1 else 0.0
    y: Tensor = a * functions.masked_fill(x, Tensor(dropped), _LEAST) - a * p * _LEAST
    return x._write(y, name) if inplace else y


def gumbel_softmax(
    logits: Tensor,
    tau: float = 1.0,
    hard: bool = False,
    eps: float = 1e-10,
    dim: int = -1,
    *,
    generator: Generator | None = None,
) -> Tensor:
    """y = softmax((x + noise) / tau), noise of Gumbel's distribution: nearly a one-hot sample of
    the classes, with a gradient.  With `hard` it is one-hot, and has the gradient of the soft one
    (Jang et al., 2017).  `eps` changes nothing, as in PyTorch."""
    check_floating(logits, "gumbel_softmax")
    noise = numpy_generator(generator).gumbel(size=logits.shape).astype(logits.dtype)
    soft: Tensor = softmax((logits + Tensor(noise)) / tau, dim)
    if not hard:
        return soft
    axis = check_dim(dim, logits.ndim, "gumbel_softmax", logits)
    largest = functions.argmax(soft, axis, True)
    one_hot = functions.scatter(functions.zeros_like(soft), axis, largest, 1.0)
    hardened: Tensor = one_hot - soft.detach() + soft
    return hardened
