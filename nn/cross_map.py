"""Response normalization across channels, by its name in Torch and Caffe."""

from __future__ import annotations

from tinygrad_edu import Tensor
from tinygrad_edu.functions.arguments import check_floating

from .module import Module
from .normalization import local_response_norm


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
