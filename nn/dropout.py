"""Dropout: numbers, or whole channels, that become 0 at random while training."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tinygrad_edu import Generator, Tensor, functions, ops
from tinygrad_edu.functions.arguments import check_tensor
from tinygrad_edu.rng import numpy_generator

from .module import Module

# ---------------------------------------------------------------- functions


def check_probability(name: str, p: float) -> None:
    if not 0 <= p <= 1:
        raise ValueError(f"{name}: p is the probability of being dropped, between 0 and 1, not {p}")


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
    y = dropped(input, input.shape, p, generator)
    return input._write(y, "dropout") if inplace else y


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
    return ops.masked_scale(x, mask, p=p)


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


# ---------------------------------------------------------------- layers


class _Dropout(Module):
    """Hands its settings to its `function`."""

    function: Callable[..., Any]

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        check_probability(type(self).__name__, p)
        self.p = p
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        y: Tensor = type(self).function(input, self.p, self.training, self.inplace)
        return y

    def extra_repr(self) -> str:
        return f"p={self.p}, inplace={self.inplace}"


class Dropout(_Dropout):
    """In training, each number becomes 0 with probability p, and the rest is divided by 1 - p; in
    evaluation nothing changes (Srivastava et al., 2014)."""

    function = dropout


class Dropout1d(_Dropout):
    """`Dropout` of whole channels of (N, C, L): see `dropout1d`  (Tompson et al., 2015)."""

    function = dropout1d


class Dropout2d(_Dropout):
    """`Dropout` of whole channels of (N, C, H, W): see `dropout2d`."""

    function = dropout2d


class Dropout3d(_Dropout):
    """`Dropout` of whole channels of (N, C, D, H, W): see `dropout3d`."""

    function = dropout3d


class AlphaDropout(_Dropout):
    """Dropout that keeps mean 0 and variance 1, for networks with SELU: see `alpha_dropout`
    (Klambauer et al., 2017)."""

    function = alpha_dropout


class FeatureAlphaDropout(_Dropout):
    """`AlphaDropout` of whole channels: see `feature_alpha_dropout`."""

    function = feature_alpha_dropout
