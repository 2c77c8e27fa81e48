"""Norms and distances: normalized vectors, cosine similarity, pairwise distance."""

from __future__ import annotations

from typing import Any

from tinygrad_edu import Tensor, functions, ops
from tinygrad_edu.errors import InputError
from tinygrad_edu.sums import in_float32, narrowed, wide

from .module import Module

# ---------------------------------------------------------------- functions


def normalize(
    input: Tensor, p: float = 2.0, dim: Any = 1, eps: float = 1e-12, out: Tensor | None = None
) -> Tensor:
    """Divide vectors by their p-norm: y = x / max(|x|_p, eps).

    |x|_p = (sum_i |x_i|^p)^(1/p) is computed along `dim`.  Where it is less than `eps`, y = x /
    eps.

    Parameters
    ----------
    input : Tensor
        Floating, of any shape.
    p : float, default 2.0
        The order of the norm; inf stands for the largest |x_i|.
    dim : int or tuple of int, default 1
        The dimensions along which the vectors lie.
    eps : float, default 1e-12
        The least divisor, so that a vector of zeros stays zero.
    out : Tensor, optional
        The tensor that the result is written into, and that is returned.  No gradient may be
        involved.

    Returns
    -------
    Tensor
        Of the input's shape and dtype.

    Raises
    ------
    ValueError
        If `out` is given and the result requires grad.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> F.normalize(tg.tensor([[3.0, 4.0], [0.0, 0.0]]))
    tensor([[0.6000, 0.8000],
            [0.0000, 0.0000]])
    """
    x = wide(input)
    y: Tensor = narrowed(x / functions.clamp(functions.norm(x, p, dim, True), eps), input)
    if out is None:
        return y
    if y.requires_grad:
        raise InputError(
            "normalize: out= takes no gradient, and the input requires grad; leave out= away, or "
            "compute under no_grad()"
        )
    out.copy_(y)
    return out


def cosine_similarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """Cosine of the angle between two vectors: y = x1 . x2 / (max(|x1|, eps) max(|x2|, eps)).

    The norms are Euclidean.  The range is [-1, 1].

    Parameters
    ----------
    x1 : Tensor
        Floating, of any shape.
    x2 : Tensor
        Floating, of a shape that broadcasts with that of `x1`.
    dim : int, default 1
        The dimension of the broadcast shape along which the vectors lie.
    eps : float, default 1e-8
        The least value of each norm, so that a vector of zeros gives 0.

    Returns
    -------
    Tensor
        Of the broadcast shape without dimension `dim`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> a = tg.tensor([[1.0, 0.0], [1.0, 1.0], [0.0, 2.0]])
    >>> F.cosine_similarity(a, tg.tensor([[3.0, 0.0]]))
    tensor([1.0000, 0.7071, 0.0000])
    """
    x1, x2 = functions.broadcast_tensors(x1, x2)
    a, b = (normalize(wide(x), 2, dim, eps) for x in (x1, x2))
    y: Tensor = narrowed(ops.sum(a * b, axis=dim), x1, x2)
    return y


def pairwise_distance(
    x1: Tensor, x2: Tensor, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False
) -> Tensor:
    """Distance of two vectors: y = |x1 - x2 + eps|_p along the last dimension.

    |x|_p = (sum_i |x_i|^p)^(1/p).  `eps` is added to each difference, which keeps the gradient away
    from the kink of the norm at 0 when the vectors are equal.

    Parameters
    ----------
    x1 : Tensor, shape (..., D)
        Floating.
    x2 : Tensor, shape (..., D)
        Floating; its shape broadcasts with that of `x1`.
    p : float, default 2.0
        The order of the norm; inf stands for the largest |x_i|.
    eps : float, default 1e-6
        The number that is added to each difference.
    keepdim : bool, default False
        If True, the last dimension stays, with size 1.

    Returns
    -------
    Tensor, shape (...), or (..., 1) with `keepdim`

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> a = tg.tensor([[0.0, 0.0], [1.0, 1.0]])
    >>> F.pairwise_distance(a, tg.tensor([[3.0, 4.0], [1.0, 2.0]]))
    tensor([5.0000, 1.0000])
    >>> F.pairwise_distance(a, tg.tensor([3.0, 4.0]), p=1)
    tensor([7.0000, 5.0000])
    """
    y: Tensor = in_float32(lambda a, b: functions.norm(a - b + eps, p, -1, keepdim), x1, x2)
    return y


# ---------------------------------------------------------------- layers


class CosineSimilarity(Module):
    """Cosine of the angle between two vectors: y = x1 . x2 / (max(|x1|, eps) max(|x2|, eps)).

    The layer is called with two inputs whose shapes broadcast; the output has the broadcast shape
    without dimension `dim`, and values in [-1, 1].  The layer has no parameters.

    Parameters
    ----------
    dim : int, default 1
        The dimension along which the vectors lie.
    eps : float, default 1e-8
        The least value of each norm, so that a vector of zeros gives 0.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.CosineSimilarity()(tg.randn(100, 128), tg.randn(100, 128)).shape
    torch.Size([100])
    """

    def __init__(self, dim: int = 1, eps: float = 1e-8) -> None:
        super().__init__()
        self.dim, self.eps = dim, eps

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        return cosine_similarity(x1, x2, self.dim, self.eps)


class PairwiseDistance(Module):
    """Distance of two vectors: y = |x1 - x2 + eps|_p along the last dimension.

    |x|_p = (sum_i |x_i|^p)^(1/p).  The layer is called with two inputs of shape (N, D) or (D,), or
    of shapes that broadcast; the output has shape (N,) or (), or with `keepdim` (N, 1) or (1,).
    The layer has no parameters.

    Parameters
    ----------
    p : float, default 2.0
        The order of the norm, stored as `norm`; inf stands for the largest |x_i|.
    eps : float, default 1e-6
        The number that is added to each difference.
    keepdim : bool, default False
        If True, the last dimension stays, with size 1.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.PairwiseDistance(p=2)(tg.tensor([[0.0, 0.0]]), tg.tensor([[3.0, 4.0]]))
    tensor([5.0000])
    """

    def __init__(self, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> None:
        super().__init__()
        self.norm, self.eps, self.keepdim = p, eps, keepdim

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        return pairwise_distance(x1, x2, self.norm, self.eps, self.keepdim)
