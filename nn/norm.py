"""Normalisation: layers that keep the numbers at mean 0 and variance 1, then scale and shift."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tinygrad_edu as tg
from tinygrad_edu.functions.arguments import check_tensor

from . import normalizing
from .module import Module, Parameter


class _Affine(Module):
    """A layer that may scale by a weight and shift by a bias, which start as 1 and 0."""

    weight: Parameter | None
    bias: Parameter | None

    def _fill(
        self, name: str, value: float, shape: Any, device: Any, dtype: Any, wanted: bool
    ) -> None:
        self.register_parameter(name, None)
        if wanted:
            filled = tg.full(_shape(shape), value, device=device, dtype=dtype)
            self.register_parameter(name, Parameter(filled))


# ---------------------------------------------------------------- within an example


class LayerNorm(_Affine):
    """y = w (x - mean) / sqrt(var + eps) + b, over the last dimensions, which are
    `normalized_shape`, as are w and b: see `layer_norm`  (Ba et al., 2016)."""

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.normalized_shape = _shape(normalized_shape)
        self.eps, self.elementwise_affine = eps, elementwise_affine
        self._fill("weight", 1.0, self.normalized_shape, device, dtype, elementwise_affine)
        self._fill("bias", 0.0, self.normalized_shape, device, dtype, elementwise_affine and bias)

    def forward(self, input: Any) -> Any:
        return normalizing.layer_norm(
            input, self.normalized_shape, self.weight, self.bias, self.eps
        )

    def extra_repr(self) -> str:
        return (
            f"{self.normalized_shape}, eps={self.eps}, "
            f"elementwise_affine={self.elementwise_affine}, bias={self.bias is not None}"
        )


class RMSNorm(_Affine):
    """y = w x / sqrt(mean of x^2 + eps), over the last dimensions, which are `normalized_shape`:
    see `rms_norm`  (Zhang and Sennrich, 2019)."""

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float | None = None,
        elementwise_affine: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.normalized_shape = _shape(normalized_shape)
        self.eps, self.elementwise_affine = eps, elementwise_affine
        self._fill("weight", 1.0, self.normalized_shape, device, dtype, elementwise_affine)

    def forward(self, input: Any) -> Any:
        return normalizing.rms_norm(input, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"
        )


def _shape(sizes: int | Sequence[int]) -> tuple[int, ...]:
    each = tuple(sizes) if isinstance(sizes, Sequence) else (sizes,)
    if not all(hasattr(n, "__index__") for n in each):
        raise TypeError(f"a norm: its size is a whole number, or several, not {sizes!r}")
    return each


class GroupNorm(_Affine):
    """y = w (x - mean) / sqrt(var + eps) + b, over each of `num_groups` groups of the channels of
    (N, C, ...): see `group_norm`  (Wu and He, 2018)."""

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        if num_groups < 1 or num_channels % num_groups:
            raise ValueError(
                f"GroupNorm: {num_channels} channels do not fall into {num_groups} groups of equal "
                "size"
            )
        self.num_groups, self.num_channels = num_groups, num_channels
        self.eps, self.affine = eps, affine
        self._fill("weight", 1.0, num_channels, device, dtype, affine)
        self._fill("bias", 0.0, num_channels, device, dtype, affine and bias)

    def forward(self, input: Any) -> Any:
        return normalizing.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}, "
            f"bias={self.bias is not None}"
        )


class LocalResponseNorm(Module):
    """y = x / (k + alpha mean of x^2)^beta, over `size` neighbouring channels: see
    `local_response_norm`  (Krizhevsky et al., 2012)."""

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> None:
        super().__init__()
        self.size, self.alpha, self.beta, self.k = size, alpha, beta, k

    def forward(self, input: Any) -> Any:
        return normalizing.local_response_norm(input, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"


# ---------------------------------------------------------------- across the batch


class _RunningNorm(_Affine):
    """A norm of each channel, which keeps running means and variances for evaluation."""

    dims: tuple[int, ...]  # how many dimensions an input may have

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.affine, self.track_running_stats = affine, track_running_stats
        self._fill("weight", 1.0, num_features, device, dtype, affine)
        self._fill("bias", 0.0, num_features, device, dtype, affine and bias)
        for name, start in (("mean", tg.zeros), ("var", tg.ones)):
            running = (
                start(num_features, device=device, dtype=dtype) if track_running_stats else None
            )
            self.register_buffer(f"running_{name}", running)
        self.register_buffer("num_batches_tracked", tg.tensor(0) if track_running_stats else None)

    running_mean: tg.Tensor | None
    running_var: tg.Tensor | None
    num_batches_tracked: tg.Tensor | None

    _version = 2  # 1 had no num_batches_tracked

    def _load_from_state_dict(
        self, state_dict: Any, prefix: str, local_metadata: Any, *told: Any
    ) -> None:
        path, count = prefix + "num_batches_tracked", self.num_batches_tracked
        if (local_metadata.get("version") or 1) < 2 and count is not None:
            state_dict.setdefault(path, count)
        super()._load_from_state_dict(state_dict, prefix, local_metadata, *told)

    def reset_running_stats(self) -> None:
        """Forget the batches seen: running mean 0, running variance 1."""
        for name, buffer in self.named_buffers():
            buffer.fill_(name == "running_var")

    def _check_dims(self, input: Any) -> None:
        check_tensor(input, type(self).__name__)
        if input.ndim not in self.dims:
            wanted = " or ".join(f"{n}D" for n in self.dims)
            raise ValueError(
                f"{type(self).__name__}: expected {wanted} input, got {tuple(input.shape)}"
            )

    def extra_repr(self) -> str:
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}"
        )


class _BatchNorm(_RunningNorm):
    def forward(self, input: Any) -> Any:
        self._check_dims(input)
        momentum, counter = self.momentum, self.num_batches_tracked
        if self.training and counter is not None:
            counter += 1
            if momentum is None:  # the plain mean of all batches
                momentum = 1 / counter.item()
        return normalizing.batch_norm(
            input,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.training or self.running_mean is None,
            momentum or 0.0,
            self.eps,
        )


class BatchNorm1d(_BatchNorm):
    """y = w (x - mean) / sqrt(var + eps) + b for each channel of (N, C) or (N, C, L): see
    `batch_norm`  (Ioffe and Szegedy, 2015).

    In training, mean and variance are those of the batch, and the running ones move towards them by
    `momentum`; with None they are the plain mean of all batches.  In evaluation the running ones
    are used.

    >>> import nn
    >>> [name for name, _ in nn.norm.BatchNorm1d(4).named_buffers()]
    ['running_mean', 'running_var', 'num_batches_tracked']
    """

    dims = (2, 3)


class BatchNorm2d(_BatchNorm):
    """`BatchNorm1d` for (N, C, H, W)."""

    dims = (4,)


class BatchNorm3d(_BatchNorm):
    """`BatchNorm1d` for (N, C, D, H, W)."""

    dims = (5,)


class _InstanceNorm(_RunningNorm):
    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(
            num_features, eps, momentum, affine, track_running_stats, device, dtype, bias=bias
        )

    def forward(self, input: Any) -> Any:
        self._check_dims(input)
        alone = input.ndim == self.dims[0]
        y = normalizing.instance_norm(
            input[None] if alone else input,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.training or self.running_mean is None,
            self.momentum or 0.0,
            self.eps,
        )
        return y[0] if alone else y


class InstanceNorm1d(_InstanceNorm):
    """y = w (x - mean) / sqrt(var + eps) + b for each channel of each example of (N, C, L), or of
    one example, (C, L): see `instance_norm`  (Ulyanov et al., 2016)."""

    dims = (2, 3)


class InstanceNorm2d(_InstanceNorm):
    """`InstanceNorm1d` for (N, C, H, W)."""

    dims = (3, 4)


class InstanceNorm3d(_InstanceNorm):
    """`InstanceNorm1d` for (N, C, D, H, W)."""

    dims = (4, 5)
