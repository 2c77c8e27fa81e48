"""Layers and losses as functions: what they compute, without what they remember.

A loss takes `reduction`: "mean", "sum" or "none".  It refuses shapes that would broadcast: (N, 1)
against (N,) is N x N differences and a loss that means nothing.
"""

from __future__ import annotations

import numpy as np

from tinygrad_edu import Generator, Tensor, log_softmax, ops, relu, sigmoid, softmax, tanh
from tinygrad_edu.rng import numpy_generator

__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cross_entropy",
    "dropout",
    "l1_loss",
    "linear",
    "log_softmax",
    "mse_loss",
    "nll_loss",
    "relu",
    "sigmoid",
    "softmax",
    "tanh",
]


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """y = x W' + b: x is (..., in), W is (out, in), b is (out,)."""
    return ops.linear(input, weight, bias)


def check_probability(name: str, p: float) -> None:
    if not 0 <= p <= 1:
        raise ValueError(f"{name}: p is the probability of being dropped, between 0 and 1, not {p}")


def dropout(
    input: Tensor, p: float = 0.5, training: bool = True, *, generator: Generator | None = None
) -> Tensor:
    """In training, each number becomes 0 with probability p, and the rest is divided by 1 - p."""
    check_probability("dropout", p)
    if not training or p == 0:
        return input
    if p == 1:
        return input * 0
    mask = numpy_generator(generator).random(input.shape, dtype=np.float32) >= p
    return ops.dropout(input, mask, p=p)


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


def binary_cross_entropy(
    input: Tensor, target: Tensor, weight: Tensor | None = None, reduction: str = "mean"
) -> Tensor:
    """The mean of -(t log p + (1 - t) log(1 - p)) for probabilities p.

    From the numbers before the sigmoid, use `binary_cross_entropy_with_logits`: it cannot overflow.
    """
    _check_pair("binary_cross_entropy", input, target)
    _check_between_0_and_1("binary_cross_entropy", "input", input)
    _check_between_0_and_1("binary_cross_entropy", "target", target)
    losses = ops.binary_cross_entropy(input, target)
    return _reduced(
        "binary_cross_entropy", losses if weight is None else losses * weight, reduction
    )


def binary_cross_entropy_with_logits(
    input: Tensor, target: Tensor, weight: Tensor | None = None, reduction: str = "mean"
) -> Tensor:
    """The mean of -(t log p + (1 - t) log(1 - p)), p = sigmoid(x), computed from x without
    overflow."""
    name = "binary_cross_entropy_with_logits"
    _check_pair(name, input, target)
    _check_between_0_and_1(name, "target", target)
    losses = ops.bce_with_logits(input, target)
    return _reduced(name, losses if weight is None else losses * weight, reduction)


# ---------------------------------------------------------------- losses of classes


def nll_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """The mean of -x[i, t_i] for log-probabilities x, (N, classes), and classes t, (N,)."""
    _check_classes("nll_loss", input, target)
    return _reduced("nll_loss", _by_rows(input, target), reduction)


def cross_entropy(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """The mean of -log softmax(x)[i, t_i] for logits x, (N, classes), and classes t, (N,).

    One example without a batch dimension, (classes,) and (), is taken too.  Raises ValueError for a
    shape or a class that does not fit, TypeError for targets that are no whole numbers.
    """
    _check_classes("cross_entropy", input, target)
    if input.array.ndim == 2 and reduction == "mean":
        return ops.cross_entropy(input, target)
    return _reduced("cross_entropy", _by_rows(log_softmax(input, -1), target), reduction)


def _by_rows(logp: Tensor, target: Tensor) -> Tensor:
    if logp.ndim == 1:
        return ops.nll(logp.reshape(1, -1), target.reshape(1)).reshape(())
    return ops.nll(logp, target)


# ---------------------------------------------------------------- their checks


def _reduced(name: str, losses: Tensor, reduction: str) -> Tensor:
    if reduction == "mean":
        return ops.mean(losses)
    if reduction == "sum":
        return ops.sum(losses)
    if reduction != "none":
        raise ValueError(f"{name}: reduction is 'mean', 'sum' or 'none', not {reduction!r}")
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
    if (y != y if y.ndim == 0 else np.isnan(y).any()) and np.isnan(target.array).any():
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
    _check_tensors(name, input, target)
    classes = target.array
    if classes.dtype.kind not in "iu":
        raise TypeError(
            f"{name}: the target holds classes, whole numbers from 0, not {classes.dtype}; "
            "call target.long()"
        )
    if input.array.ndim not in (1, 2) or input.array.shape[:-1] != classes.shape:
        raise ValueError(
            f"{name}: input is (N, classes) and target (N,), not {input.shape} and {classes.shape}"
        )
    if not input.array.size:
        _refuse_empty(name, input)
