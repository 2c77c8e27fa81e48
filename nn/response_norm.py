"""Local response normalization: channels are divided by a norm of their neighbours."""

from __future__ import annotations

from typing import Any

from tinygrad_edu import Tensor, ops
from tinygrad_edu.functions.arguments import check_floating
from tinygrad_edu.sums import narrowed, wide

from .module import Module

# ---------------------------------------------------------------- functions


def local_response_norm(
    input: Tensor, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Tensor:
    """Local response normalization: y = x / (k + alpha mean(x^2))^beta.

    The mean is over n = `size` neighbouring channels of the same example and position; channels
    beyond the first and the last count as 0.

    Parameters
    ----------
    input : Tensor of floats, shape (N, C, L, ...)
    size : int
        The number n of neighbouring channels, at least 1: floor(n / 2) before a channel, itself,
        and floor((n - 1) / 2) behind it.
    alpha : float, default 1e-4
        The factor of the mean.
    beta : float, default 0.75
        The exponent.
    k : float, default 1.0
        The constant term.

    Returns
    -------
    Tensor, of the input's shape and dtype

    Raises
    ------
    ValueError
        If the input has less than three dimensions, or `size` is less than 1.

    References
    ----------
    A. Krizhevsky, I. Sutskever and G. E. Hinton, "ImageNet classification with deep convolutional
    neural networks", NeurIPS 2012.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> x = tg.tensor([[[1.0], [2.0], [3.0]]])  # 1 example of 3 channels, 1 position
    >>> F.local_response_norm(x, 2, alpha=1.0, beta=1.0).flatten()
    tensor([0.6667, 0.5714, 0.4000])
    """
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
    y: Tensor = narrowed(x / (k + alpha / size * total) ** beta, input)
    return y


# ---------------------------------------------------------------- layers


class LocalResponseNorm(Module):
    """Local response normalization: y = x / (k + alpha mean(x^2))^beta.

    The mean is over n = `size` neighbouring channels of the same example and position; channels
    beyond the first and the last count as 0.  Input and output have the shape (N, C, L, ...).  The
    layer has no parameters.

    Parameters
    ----------
    size : int
        The number n of neighbouring channels, at least 1: floor(n / 2) before a channel, itself,
        and floor((n - 1) / 2) behind it.
    alpha : float, default 1e-4
        The factor of the mean.
    beta : float, default 0.75
        The exponent.
    k : float, default 1.0
        The constant term.

    References
    ----------
    A. Krizhevsky, I. Sutskever and G. E. Hinton, "ImageNet classification with deep convolutional
    neural networks", NeurIPS 2012.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> x = tg.tensor([[[1.0], [2.0], [3.0]]])  # 1 example of 3 channels, 1 position
    >>> nn.LocalResponseNorm(2, alpha=1.0, beta=1.0)(x).flatten()
    tensor([0.6667, 0.5714, 0.4000])
    """

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> None:
        super().__init__()
        self.size, self.alpha, self.beta, self.k = size, alpha, beta, k

    def forward(self, input: Tensor) -> Tensor:
        return local_response_norm(input, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"


class CrossMapLRN2d(Module):
    """Local response normalization of images, across an odd number of neighbouring channels.

        y_c = x_c / (k + alpha / size * sum of x_j^2 over |j - c| <= h)^beta,  h = (size - 1) // 2

    Channels beyond the borders count as 0.  The input is (N, C, H, W), and so is the output.  For
    an odd `size` it is `LocalResponseNorm`.

    Differs from PyTorch: there, the first channel stays in the sums of all channels that follow
    channel (size + 1) // 2, and the gradient is not that of what is computed.

    Parameters
    ----------
    size : int
        The number of neighbouring channels.
    alpha : float, default 1e-4
        The factor of the mean of squares.
    beta : float, default 0.75
        The exponent.
    k : float, default 1
        What is added to the mean of squares.

    Raises
    ------
    ValueError
        At a call, if the input is not 4-D.

    References
    ----------
    Krizhevsky et al., "ImageNet classification with deep convolutional neural networks", 2012.

    Examples
    --------
    >>> import nn
    >>> import tinygrad_edu as tg
    >>> nn.CrossMapLRN2d(3, alpha=3.0)(tg.ones(1, 3, 1, 1)).flatten()
    tensor([0.4387, 0.3536, 0.4387])
    """

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1) -> None:
        super().__init__()
        self.size, self.alpha, self.beta, self.k = size, alpha, beta, k

    def forward(self, input: Tensor) -> Tensor:
        check_floating(input, "CrossMapLRN2d")
        if input.ndim != 4 or self.size < 1:
            raise ValueError(
                "CrossMapLRN2d: the input is 4-D, (N, C, H, W), and size at least 1; given: "
                f"{tuple(input.shape)} and {self.size}"
            )
        width = 2 * ((self.size - 1) // 2) + 1
        return local_response_norm(input, width, self.alpha * width / self.size, self.beta, self.k)

    def extra_repr(self) -> str:
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"
