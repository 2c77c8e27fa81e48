"""Similarity of two vectors: the cosine of their angle, and their distance."""

from __future__ import annotations

from typing import Any

from tinygrad_edu import Tensor, functions, ops
from tinygrad_edu.sums import in_float32, narrowed, wide

from .module import Module

# ---------------------------------------------------------------- functions


def normalize(
    input: Tensor, p: float = 2.0, dim: Any = 1, eps: float = 1e-12, out: Tensor | None = None
) -> Tensor:
    """y = x / max(|x|, eps), with the p-norm |x| along `dim`; written to `out` if it is given,
    which takes no gradient."""
    x = wide(input)
    y: Tensor = narrowed(x / functions.clamp(functions.norm(x, p, dim, True), eps), input)
    if out is None:
        return y
    if y.requires_grad:
        raise RuntimeError(
            "normalize: out= takes no gradient, and the input requires grad; leave out= away, or "
            "compute under no_grad()"
        )
    out.copy_(y)
    return out


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


# ---------------------------------------------------------------- layers


class CosineSimilarity(Module):
    """The cosine of the angle between x1 and x2 along `dim`: see `cosine_similarity`."""

    def __init__(self, dim: int = 1, eps: float = 1e-8) -> None:
        super().__init__()
        self.dim, self.eps = dim, eps

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        return cosine_similarity(x1, x2, self.dim, self.eps)


class PairwiseDistance(Module):
    """The p-norm of x1 - x2 + eps along the last dimension: see `pairwise_distance`."""

    def __init__(self, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> None:
        super().__init__()
        self.norm, self.eps, self.keepdim = p, eps, keepdim

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        return pairwise_distance(x1, x2, self.norm, self.eps, self.keepdim)
