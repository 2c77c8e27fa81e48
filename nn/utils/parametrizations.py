"""Parametrizations: weight normalization, spectral normalization, orthogonal matrices."""

from __future__ import annotations

import math
from typing import Any, TypeVar

import numpy as np

import tinygrad_edu as tg
from tinygrad_edu import Tensor

from ..conv import ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from ..distance import normalize
from ..module import Module
from .parametrize import register_parametrization, remove_parametrizations

__all__ = ["orthogonal", "spectral_norm", "weight_norm"]

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
    """Train the norm g and the direction v of a weight separately.

        w = g v / |v|

    |v| is the norm of each slice along `dim`, such as each row of a linear layer.  g is the
    parameter `parametrizations.weight.original0`, v is `original1`.

    Differs from PyTorch: `nn.utils.weight_norm` is this function too; PyTorch's older one there
    names the state `weight_g` and `weight_v`.

    Parameters
    ----------
    module : Module
        The module, which is changed.
    name : str, default "weight"
        The name of the parameter.
    dim : int or None, default 0
        The dimension along which norms are kept; None (or -1, as in PyTorch) for one norm of all.

    Returns
    -------
    Module
        The module.

    Raises
    ------
    ValueError
        If the module has no such parameter.

    References
    ----------
    Salimans and Kingma, "Weight normalization: a simple reparameterization to accelerate training
    of deep neural networks", NeurIPS 2016, arXiv:1602.07868.

    Examples
    --------
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
    """Divide a weight by its largest singular value, so that the layer has Lipschitz constant 1.

        w = W / s,  s = u' W v

    W is seen as a matrix (outputs, everything else).  u and v approximate its first singular
    vectors: each time the weight is read in training, they take `n_power_iterations` steps of the
    power method; the gradient treats them as constants.  W is the parameter
    `parametrizations.weight.original`, u and v are the buffers `parametrizations.weight.0._u` and
    `_v`.

    Differs from PyTorch: `nn.utils.spectral_norm` is this function too; PyTorch's older one there
    names the state `weight_orig`, `weight_u`, `weight_v`.

    Parameters
    ----------
    module : Module
        The module, which is changed.
    name : str, default "weight"
        The name of the parameter.
    n_power_iterations : int, default 1
        The number of steps of the power method, at least 1.
    eps : float, default 1e-12
        The least norm by which u and v are divided.
    dim : int, optional
        The dimension of the outputs: by default 1 for transposed convolutions, else 0.

    Returns
    -------
    Module
        The module.

    Raises
    ------
    ValueError, IndexError
        If the module has no such parameter, or if a setting is out of its range.

    References
    ----------
    Miyato, Kataoka, Koyama and Yoshida, "Spectral normalization for generative adversarial
    networks", ICLR 2018, arXiv:1802.05957.

    Examples
    --------
    >>> import nn
    >>> import tinygrad_edu as tg
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


class _Orthogonal(Module):
    base: Tensor

    def __init__(self, weight: Tensor, orthogonal_map: str, use_trivialization: bool) -> None:
        super().__init__()
        self.shape, self.orthogonal_map = tuple(weight.shape), orthogonal_map
        self.use_trivialization = use_trivialization
        if use_trivialization:
            self.register_buffer("base", None)

    def forward(self, x: Tensor) -> Tensor:
        is_wide = x.shape[-2] < x.shape[-1]
        x = x.mT if is_wide else x
        make = _reflections if self.orthogonal_map == "householder" else self._of_skew_symmetric
        q = make(x)
        if self.use_trivialization:
            q = self.base @ q
        return q.mT if is_wide else q

    def _of_skew_symmetric(self, x: Tensor) -> Tensor:
        n, k = x.shape[-2:]
        x = x.tril()
        if n != k:
            x = tg.cat([x, x.new_zeros(*x.shape[:-2], n, n - k)], -1)
        a = x - x.mT
        if self.orthogonal_map == "cayley":
            one = tg.eye(n, dtype=a.dtype)
            return tg.linalg.solve(one - a / 2, one + a / 2)[..., :k]
        return _exponential(a)[..., :k]

    def right_inverse(self, value: Tensor) -> Tensor:
        if tuple(value.shape) != self.shape:
            raise ValueError(
                f"orthogonal: the weight has shape {self.shape}, the value {tuple(value.shape)}"
            )
        is_wide = value.shape[-2] < value.shape[-1]
        q = value.detach()
        q = q.mT if is_wide else q
        if not self.use_trivialization:
            if self.orthogonal_map != "householder":
                raise NotImplementedError(
                    f"orthogonal: with use_trivialization=False nothing can be assigned to "
                    f"{self.orthogonal_map!r}; use 'householder'"
                )
            x = _reflectors(q)
            return x.mT if is_wide else x
        n, k = q.shape[-2:]
        if n != k:
            q = tg.cat([q, tg.randn(*q.shape[:-2], n, n - k, dtype=q.dtype)], -1)
        if n != k or not _is_orthogonal(q):
            q, r = tg.linalg.qr(q)
            q = q * r.diagonal(dim1=-2, dim2=-1).sign().unsqueeze(-2)
        self.base = q.clone()
        minus_one = -tg.eye(*value.shape[-2:], dtype=value.dtype)
        return minus_one.expand(value.shape).clone()


def _is_orthogonal(q: Tensor) -> bool:
    n = q.shape[-1]
    tolerance = 10 * n * float(np.finfo(q.dtype).eps)
    return tg.allclose(q.mT @ q, tg.eye(n, dtype=q.dtype), atol=tolerance)


def _exponential(a: Tensor) -> Tensor:
    """exp(a) of small matrices: 2^s squarings of a Taylor series for a / 2^s."""
    size = float(a.detach().abs().sum(-2).max()) if a.numel() else 0.0
    squarings = max(0, math.ceil(math.log2(max(size, 1e-300))) + 1)
    a = a / 2**squarings
    power = total = tg.eye(a.shape[-1], dtype=a.dtype)
    for k in range(1, 16):
        power = power @ a / k
        total = total + power
    for _ in range(squarings):
        total = total @ total
    return total


def _reflections(x: Tensor) -> Tensor:
    """H_1 H_2 ... H_k I with H_i = 1 - 2 v_i v_i' / |v_i|^2: v_i is column i of x under the
    diagonal, and 1 on it; the columns have the signs on the diagonal of x."""
    n, k = x.shape[-2:]
    vectors = x.tril(-1)
    factors = 2 / (1 + vectors.square().sum(-2))
    vectors = vectors + tg.eye(n, k, dtype=x.dtype)
    q = tg.eye(n, k, dtype=x.dtype)
    for i in reversed(range(k)):
        v = vectors[..., i : i + 1]
        q = q - factors[..., i : i + 1].unsqueeze(-1) * v @ (v.mT @ q)
    return q * x.detach().diagonal(dim1=-2, dim2=-1).trunc().unsqueeze(-2)


def _reflectors(q: Tensor) -> Tensor:
    """x with `_reflections(x)` the Q of q = Q R, R with a positive diagonal."""
    packed, factors = np.linalg.qr(q.numpy(), mode="raw")
    x = np.swapaxes(packed, -2, -1).copy()
    diagonal = np.arange(x.shape[-1])
    signs = np.sign(x[..., diagonal, diagonal])
    x[..., diagonal, diagonal] = np.where(factors == 0, -signs, signs)
    return tg.from_numpy(x)


def orthogonal(
    module: M,
    name: str = "weight",
    orthogonal_map: str | None = None,
    *,
    use_trivialization: bool = True,
) -> M:
    """Make a weight an orthogonal matrix, or a batch of them.

        Q' Q = 1  for (..., m, n) with m >= n,  Q Q' = 1  for m < n

    Q is computed from a parameter X of its shape, and B is a constant orthogonal matrix:
    Q = B exp(A) ("matrix_exp") or Q = B (1 + A/2) (1 - A/2)^-1 ("cayley"), where A is
    skew-symmetric, made of the lower triangle of X; or Q = B H_1 ... H_n, a product of Householder
    reflections by the columns of X ("householder").  X is the parameter
    `parametrizations.weight.original`, B the buffer `parametrizations.weight.0.base`.

    The initial Q is the weight, if it is orthogonal, else the Q of its QR decomposition.

    Parameters
    ----------
    module : Module
        The module, which is changed.
    name : str, default "weight"
        The name of the parameter.
    orthogonal_map : str, optional
        "matrix_exp", "cayley" or "householder"; by default "matrix_exp" for square matrices, else
        "householder".
    use_trivialization : bool, default True
        Use B; without it X cannot be set from a weight for "matrix_exp" and "cayley".

    Returns
    -------
    Module
        The module.

    Raises
    ------
    ValueError
        If the module has no such parameter, if it has fewer than two dimensions, or if the map is
        unknown.

    References
    ----------
    Lezcano-Casado, "Trivializations for gradient-based optimization on manifolds", NeurIPS 2019,
    arXiv:1909.09501.

    Examples
    --------
    >>> import nn
    >>> import tinygrad_edu as tg
    >>> layer = nn.utils.parametrizations.orthogonal(nn.Linear(20, 40))
    >>> bool(tg.allclose(layer.weight.T @ layer.weight, tg.eye(20), atol=1e-5))
    True
    """
    weight = getattr(module, name, None)
    if not isinstance(weight, Tensor):
        raise ValueError(f"orthogonal: {type(module).__name__} has no tensor {name!r}")
    if weight.ndim < 2:
        raise ValueError(f"orthogonal: the weight is a matrix, not of shape {tuple(weight.shape)}")
    if orthogonal_map is None:
        is_square = weight.shape[-2] == weight.shape[-1]
        orthogonal_map = "matrix_exp" if is_square else "householder"
    if orthogonal_map not in ("matrix_exp", "cayley", "householder"):
        raise ValueError(
            "orthogonal: orthogonal_map is 'matrix_exp', 'cayley' or 'householder', not "
            f"{orthogonal_map!r}"
        )
    made = _Orthogonal(weight, orthogonal_map, use_trivialization)
    return register_parametrization(module, name, made, unsafe=True)


def remove_weight_norm(module: M, name: str = "weight") -> M:
    """Remove weight normalization: the weight becomes a parameter with its present value.

    Parameters
    ----------
    module : Module
        The module, which is changed.
    name : str, default "weight"
        The name of the parameter.

    Returns
    -------
    Module
        The module.

    Raises
    ------
    ValueError
        If the parameter has no such parametrization.

    Examples
    --------
    >>> import nn
    >>> layer = nn.utils.weight_norm(nn.Linear(2, 1))
    >>> sorted(nn.utils.remove_weight_norm(layer).state_dict())
    ['bias', 'weight']
    """
    return _removed(module, name, _WeightNorm)


def remove_spectral_norm(module: M, name: str = "weight") -> M:
    """Remove spectral normalization: the weight becomes a parameter with its present value.

    Parameters
    ----------
    module : Module
        The module, which is changed.
    name : str, default "weight"
        The name of the parameter.

    Returns
    -------
    Module
        The module.

    Raises
    ------
    ValueError
        If the parameter has no such parametrization.

    Examples
    --------
    >>> import nn
    >>> layer = nn.utils.spectral_norm(nn.Linear(2, 1))
    >>> sorted(nn.utils.remove_spectral_norm(layer).state_dict())
    ['bias', 'weight']
    """
    return _removed(module, name, _SpectralNorm)


def _removed(module: M, name: str, kind: Any) -> M:
    parts = getattr(module, "parametrizations", {})
    if name not in parts or not any(isinstance(part, kind) for part in parts[name]):
        raise ValueError(f"{type(module).__name__}: {name!r} has no {kind.__name__[1:]}")
    return remove_parametrizations(module, name)


def __dir__() -> list[str]:
    return sorted(__all__)
