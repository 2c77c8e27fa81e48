"""Weights by their size and direction, and weights that stretch no input by more than 1."""

from __future__ import annotations

from typing import Any, TypeVar

import tinygrad_edu as tg
from tinygrad_edu import Tensor

from ..conv import ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from ..distance import normalize
from ..module import Module
from .parametrize import register_parametrization, remove_parametrizations

__all__ = ["spectral_norm", "weight_norm"]

M = TypeVar("M", bound=Module)


class _WeightNorm(Module):
    def __init__(self, dim: int | None = 0) -> None:
        super().__init__()
        self.dim = dim

    def _norm(self, v: Tensor) -> Tensor:
        if self.dim is None or self.dim == -1:
            norm: Tensor = v.norm()
            return norm
        others = [k for k in range(v.ndim) if k != self.dim % v.ndim]
        return v.norm(2, others, True) if others else v.abs()

    def forward(self, g: Tensor, v: Tensor) -> Tensor:
        return v * (g / self._norm(v))

    def right_inverse(self, weight: Tensor) -> tuple[Tensor, Tensor]:
        return self._norm(weight), weight


def weight_norm(module: M, name: str = "weight", dim: int | None = 0) -> M:
    """w = g v / |v|: train the size g and the direction v of a weight apart (Salimans and Kingma,
    2016).

    |v| is the norm for each place along `dim`, as for each row of a linear layer; with dim=None
    (or -1, as in PyTorch) that of all of v.  g is the parameter
    `parametrizations.weight.original0`, v `original1`.

    Differs from PyTorch: `nn.utils.weight_norm` is this function too; PyTorch's older one there
    names the state `weight_g` and `weight_v`.

    >>> import nn
    >>> layer = nn.utils.parametrizations.weight_norm(nn.Linear(20, 40))
    >>> layer.parametrizations.weight.original0.shape
    torch.Size([40, 1])
    """
    return register_parametrization(module, name, _WeightNorm(dim), unsafe=True)


class _SpectralNorm(Module):
    def __init__(self, weight: Tensor, n_power_iterations: int, dim: int, eps: float) -> None:
        super().__init__()
        if not -weight.ndim <= dim < weight.ndim:
            raise IndexError(
                f"spectral_norm: dim={dim} is no dimension of the weight {tuple(weight.shape)}"
            )
        if n_power_iterations <= 0:
            raise ValueError(
                f"spectral_norm: n_power_iterations is above 0, not {n_power_iterations}"
            )
        self.dim, self.eps, self.n_power_iterations = dim % weight.ndim, eps, n_power_iterations
        if weight.ndim > 1:
            with tg.no_grad():
                matrix = self._matrix(weight)
                for buffer, size in zip(("_u", "_v"), matrix.shape, strict=True):
                    start = tg.randn(size, dtype=matrix.dtype)
                    self.register_buffer(buffer, normalize(start, dim=0, eps=eps))
                self._iterate(matrix, 15)

    _u: Tensor
    _v: Tensor

    def _matrix(self, weight: Tensor) -> Tensor:
        matrix: Tensor = weight.movedim(self.dim, 0).flatten(1)
        return matrix

    def _iterate(self, matrix: Tensor, times: int) -> None:
        """The power method: u <- W v / |W v|, v <- W' u / |W' u|, in place."""
        with tg.no_grad():
            for _ in range(times):
                self._u.copy_(normalize(matrix @ self._v, dim=0, eps=self.eps))
                self._v.copy_(normalize(matrix.mT @ self._u, dim=0, eps=self.eps))

    def forward(self, weight: Tensor) -> Tensor:
        if weight.ndim == 1:
            return normalize(weight, dim=0, eps=self.eps)
        matrix = self._matrix(weight)
        if self.training:
            self._iterate(matrix, self.n_power_iterations)
        u, v = self._u.clone(), self._v.clone()  # the next forward() writes to them
        return weight / (u @ (matrix @ v))

    def right_inverse(self, value: Tensor) -> Tensor:
        return value


def spectral_norm(
    module: M,
    name: str = "weight",
    n_power_iterations: int = 1,
    eps: float = 1e-12,
    dim: int | None = None,
) -> M:
    """W / s, with s the largest singular value of W, (out, everything else): the layer stretches no
    input by more than 1, which steadies the discriminator of a GAN (Miyato et al., 2018).

    s = u' W v, where u and v take `n_power_iterations` of the power method towards its singular
    vectors each time the weight is read in training; the gradient takes them as constants.  `dim`
    is where the weight has its outputs: 1 for transposed convolutions, else 0.  W is the parameter
    `parametrizations.weight.original`, u and v are the buffers `parametrizations.weight.0._u` and
    `_v`.

    Differs from PyTorch: `nn.utils.spectral_norm` is this function too; PyTorch's older one there
    names the state `weight_orig`, `weight_u`, `weight_v`.

    >>> import nn, tinygrad_edu as tg
    >>> layer = nn.utils.parametrizations.spectral_norm(nn.Linear(20, 40))
    >>> bool(abs(tg.linalg.matrix_norm(layer.weight, 2) - 1) < 0.1)
    True
    """
    weight = getattr(module, name, None)
    if not isinstance(weight, Tensor):
        raise ValueError(f"spectral_norm: {type(module).__name__} has no tensor {name!r}")
    if dim is None:
        transposed = isinstance(module, ConvTranspose1d | ConvTranspose2d | ConvTranspose3d)
        dim = 1 if transposed else 0
    norm = _SpectralNorm(weight, n_power_iterations, dim, eps)
    return register_parametrization(module, name, norm)


def remove_weight_norm(module: M, name: str = "weight") -> M:
    """Make the weight a parameter again, with its value now."""
    return _removed(module, name, _WeightNorm)


def remove_spectral_norm(module: M, name: str = "weight") -> M:
    """Make the weight a parameter again, with its value now."""
    return _removed(module, name, _SpectralNorm)


def _removed(module: M, name: str, kind: Any) -> M:
    parts = getattr(module, "parametrizations", {})
    if name not in parts or not any(isinstance(part, kind) for part in parts[name]):
        raise ValueError(f"{type(module).__name__}: {name!r} has no {kind.__name__[1:]}")
    return remove_parametrizations(module, name)
