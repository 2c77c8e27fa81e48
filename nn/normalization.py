"""Normalization: mean 0 and variance 1 of a batch, a layer, a group or an example, then a learned
scale and shift.

Inputs are (N, channels, ...), if nothing else is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

import tinygrad_edu as tg
from tinygrad_edu import Tensor, no_grad, ops, rsqrt
from tinygrad_edu.functions.arguments import check_floating, check_tensor
from tinygrad_edu.sums import narrowed, wide

from . import init
from .module import Module, Parameter

# ---------------------------------------------------------------- functions


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


# ---------------------------------------------------------------- layers: within an example


class _Affine(Module):
    """A layer that may scale by a weight and shift by a bias, which start as 1 and 0."""

    weight: Parameter | None
    bias: Parameter | None

    def _add(self, name: str, shape: Any, device: Any, dtype: Any, wanted: bool) -> None:
        self.register_parameter(name, None)
        if wanted:
            numbers = tg.empty(_shape(shape), device=device, dtype=dtype)
            self.register_parameter(name, Parameter(numbers))

    def reset_parameters(self) -> None:
        """Set the weight to 1 and the bias to 0."""
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)


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
        self._add("weight", self.normalized_shape, device, dtype, elementwise_affine)
        self._add("bias", self.normalized_shape, device, dtype, elementwise_affine and bias)
        self.reset_parameters()

    def forward(self, input: Tensor) -> Tensor:
        return layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

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
        self._add("weight", self.normalized_shape, device, dtype, elementwise_affine)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set the weight to 1."""
        if self.weight is not None:
            init.ones_(self.weight)

    def forward(self, x: Tensor) -> Tensor:
        return rms_norm(x, self.normalized_shape, self.weight, self.eps)

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
        self._add("weight", num_channels, device, dtype, affine)
        self._add("bias", num_channels, device, dtype, affine and bias)
        self.reset_parameters()

    def forward(self, input: Tensor) -> Tensor:
        return group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

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

    def forward(self, input: Tensor) -> Tensor:
        return local_response_norm(input, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"


# ---------------------------------------------------------------- layers: across the batch


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
        self._add("weight", num_features, device, dtype, affine)
        self._add("bias", num_features, device, dtype, affine and bias)
        running = None
        for name in ("running_mean", "running_var"):
            if track_running_stats:
                running = tg.empty(num_features, device=device, dtype=dtype)
            self.register_buffer(name, running)
        self.register_buffer("num_batches_tracked", tg.tensor(0) if track_running_stats else None)
        self.reset_parameters()

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
        if self.track_running_stats:
            for name in ("running_mean", "running_var", "num_batches_tracked"):
                getattr(self, name).fill_(name == "running_var")

    def reset_parameters(self) -> None:
        """Set the weight to 1 and the bias to 0, and forget the batches seen."""
        self.reset_running_stats()
        super().reset_parameters()

    def _check_dims(self, input: Tensor) -> None:
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
    def forward(self, input: Tensor) -> Tensor:
        self._check_dims(input)
        momentum, counter = self.momentum, self.num_batches_tracked
        if self.training and counter is not None:
            counter += 1
            if momentum is None:  # the plain mean of all batches
                momentum = 1 / counter.item()
        return batch_norm(
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
    >>> [name for name, _ in nn.BatchNorm1d(4).named_buffers()]
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

    def forward(self, input: Tensor) -> Tensor:
        self._check_dims(input)
        alone = input.ndim == self.dims[0]
        y = instance_norm(
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
