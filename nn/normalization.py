"""Normalization: mean 0 and variance 1 of a batch, a layer, a group or an example, then a learned
scale and shift.

Inputs are (N, channels, ...), if nothing else is said.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

import tinygrad_edu as tg
from tinygrad_edu import Tensor, no_grad, ops, rsqrt
from tinygrad_edu.engine import clock
from tinygrad_edu.errors import InputError
from tinygrad_edu.functions.arguments import check_floating, check_tensor
from tinygrad_edu.sums import narrowed, wide
from tinygrad_edu.views import writable

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
    """Layer normalization: y = w (x - mean) / sqrt(var + eps) + b.

    Mean and variance (biased) are those of each example, over the last dimensions, whose sizes are
    `normalized_shape`.

    Parameters
    ----------
    input : Tensor of floats, shape (..., *normalized_shape)
    normalized_shape : sequence of int
        The sizes of the last dimensions, over which the mean is taken.
    weight : Tensor, shape `normalized_shape`, optional
        The scale w, elementwise; without it, 1.
    bias : Tensor, shape `normalized_shape`, optional
        The shift b, elementwise; without it, 0.
    eps : float, default 1e-5
        Added to the variance, so that the quotient is finite.

    Returns
    -------
    Tensor, of the input's shape

    Raises
    ------
    ValueError
        If the input's shape does not end with `normalized_shape`, or weight or bias have another
        shape.

    References
    ----------
    J. L. Ba, J. R. Kiros and G. E. Hinton, "Layer normalization", arXiv:1607.06450, 2016.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> F.layer_norm(tg.tensor([[1.0, 2.0, 3.0], [0.0, 0.0, 6.0]]), (3,))
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
    """Root mean square normalization: y = w x / sqrt(mean(x^2) + eps).

    The mean is that of each example, over the last dimensions, whose sizes are `normalized_shape`.

    Parameters
    ----------
    input : Tensor of floats, shape (..., *normalized_shape)
    normalized_shape : sequence of int
        The sizes of the last dimensions, over which the mean is taken.
    weight : Tensor, shape `normalized_shape`, optional
        The scale w, elementwise; without it, 1.
    eps : float or None, default None
        Added to the mean.  None stands for the machine epsilon of the input's dtype, 1.19e-07 for
        float32; for float16, which is computed in float32, it is that of float32.

    Returns
    -------
    Tensor, of the input's shape

    Raises
    ------
    ValueError
        If the input's shape does not end with `normalized_shape`, or the weight has another shape.

    References
    ----------
    B. Zhang and R. Sennrich, "Root mean square layer normalization", NeurIPS 2019.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> F.rms_norm(tg.tensor([[3.0, 4.0]]), (2,))  # sqrt((9 + 16) / 2) = 3.5355
    tensor([[0.8485, 1.1314]])
    """
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
    """Batch normalization of each channel: y = w (x - mean) / sqrt(var + eps) + b.

    With `training`, mean and variance (biased) are those of the batch, over all dimensions but the
    channels.  The running statistics r, if they are given, are moved in place to (1 - momentum) r +
    momentum s, where s is that mean, or the unbiased variance; an empty batch moves nothing.
    Without `training`, the running statistics are mean and variance.

    Parameters
    ----------
    input : Tensor of floats, shape (N, C) or (N, C, ...)
    running_mean : Tensor, shape (C,), or None
        The running means.
    running_var : Tensor, shape (C,), or None
        The running variances.
    weight : Tensor, shape (C,), optional
        The scale w of each channel; without it, 1.
    bias : Tensor, shape (C,), optional
        The shift b of each channel; without it, 0.
    training : bool, default False
        Whether the statistics of the batch are used.
    momentum : float, default 0.1
        The share of the new batch in the running statistics.
    eps : float, default 1e-5
        Added to the variance, so that the quotient is finite.

    Returns
    -------
    Tensor, of the input's shape and dtype

    Raises
    ------
    ValueError
        If in training a channel has a single element, whose variance is 0, or eps is not greater
        than 0; in evaluation eps is at least 0.  If the input has less than two dimensions, one of
        the others is not of shape (C,), or the running statistics are missing in evaluation.

    References
    ----------
    S. Ioffe and C. Szegedy, "Batch normalization: accelerating deep network training by reducing
    internal covariate shift", ICML 2015.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> mean, var = tg.zeros(1), tg.ones(1)
    >>> F.batch_norm(tg.tensor([[1.0], [3.0]]), mean, var, training=True)
    tensor([[-1.0000],
            [ 1.0000]])
    >>> mean, var  # 0.9 * 0 + 0.1 * 2, and 0.9 * 1 + 0.1 * 2
    (tensor([0.2000]), tensor([1.1000]))
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
            _track([(running_mean, mean), (running_var, var * (count / (count - 1)))], momentum)
    elif mean is None or var is None:
        raise InputError(
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
    """Instance normalization: y = w (x - mean) / sqrt(var + eps) + b.

    Mean and variance (biased) are those of each channel of each example.  The running statistics r,
    if they are given, are moved in place to (1 - momentum) r + momentum s, where s is the mean of
    the examples' means, or of their unbiased variances.  Without `use_input_stats`, the running
    statistics are mean and variance.

    Parameters
    ----------
    input : Tensor of floats, shape (N, C, L, ...)
    running_mean : Tensor, shape (C,), optional
        The running means.
    running_var : Tensor, shape (C,), optional
        The running variances.
    weight : Tensor, shape (C,), optional
        The scale w of each channel; without it, 1.
    bias : Tensor, shape (C,), optional
        The shift b of each channel; without it, 0.
    use_input_stats : bool, default True
        Whether the statistics of the input are used.
    momentum : float, default 0.1
        The share of the new batch in the running statistics.
    eps : float, default 1e-5
        Added to the variance, so that the quotient is finite.

    Returns
    -------
    Tensor, of the input's shape and dtype

    Raises
    ------
    ValueError
        If mean and variance would be those of a single element.  If the input has less than three
        dimensions, one of the others is not of shape (C,), or the running statistics are missing
        without `use_input_stats`.

    References
    ----------
    D. Ulyanov, A. Vedaldi and V. Lempitsky, "Instance normalization: the missing ingredient for
    fast stylization", arXiv:1607.08022, 2016.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> F.instance_norm(tg.tensor([[[1.0, 3.0], [10.0, 30.0]]]))
    tensor([[[-1.0000,  1.0000],
             [-1.0000,  1.0000]]])
    """
    check = _Channels("instance_norm", input, least=3 if use_input_stats else 2)
    w, b = check.shaped("weight", weight), check.shaped("bias", bias)
    check.shaped("running_mean", running_mean)
    check.shaped("running_var", running_var)
    if not use_input_stats:
        return batch_norm(input, running_mean, running_var, weight, bias, eps=eps)
    count = _at_least_two("instance_norm", input, prod(input.shape[2:]))
    if running_mean is None is running_var:
        y = _standardized(input, (*input.shape[:2], count), eps)
        y = y if w is None else y * w
        return _narrowed(y if b is None else y + b, input)
    mean, var = _mean_and_var(input, tuple(range(2, input.ndim)))
    if input.numel():
        unbiased = ops.mean(var, axis=0) * (count / (count - 1))
        _track([(running_mean, ops.mean(mean, axis=0)), (running_var, unbiased)], momentum)
    return _narrowed(_normalized(input, mean, var, w, b, eps), input)


def group_norm(
    input: Tensor,
    num_groups: int,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Group normalization: y = w (x - mean) / sqrt(var + eps) + b.

    The channels of each example fall into `num_groups` groups of neighbours; mean and variance
    (biased) are those of a group, over its channels and all other dimensions.  Weight and bias are
    those of a channel.

    Parameters
    ----------
    input : Tensor of floats, shape (N, C) or (N, C, ...)
    num_groups : int
        The number of groups, which divides C.
    weight : Tensor, shape (C,), optional
        The scale w of each channel; without it, 1.
    bias : Tensor, shape (C,), optional
        The shift b of each channel; without it, 0.
    eps : float, default 1e-5
        Added to the variance, so that the quotient is finite.

    Returns
    -------
    Tensor, of the input's shape and dtype

    Raises
    ------
    ValueError
        If mean and variance would be those of a single element.  If C is not a multiple of
        `num_groups`, the input has less than two dimensions, or weight or bias is not of shape
        (C,).

    References
    ----------
    Y. Wu and K. He, "Group normalization", ECCV 2018.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> F.group_norm(tg.tensor([[1.0, 3.0, 10.0, 30.0]]), num_groups=2)
    tensor([[-1.0000,  1.0000, -1.0000,  1.0000]])
    """
    check = _Channels("group_norm", input)
    weight, bias = check.shaped("weight", weight), check.shaped("bias", bias)
    n, channels = input.shape[:2]
    if num_groups < 1 or channels % num_groups:
        raise InputError(
            f"group_norm: {channels} channels, of the input {tuple(input.shape)}, do not fall into "
            f"{num_groups} groups of equal size"
        )
    _at_least_two("group_norm", input, input.numel() // max(num_groups, 1))
    y = _standardized(input, (n, num_groups, input.numel() // max(n * num_groups, 1)), eps)
    y = y if weight is None else y * weight
    return _narrowed(y if bias is None else y + bias, input)


def _standardized(x: Tensor, rows: tuple[int, ...], eps: float) -> Tensor:
    """x, cut into rows, each of which has mean 0 and variance 1; in float32 where x is float16."""
    y: Tensor = ops.layer_norm(wide(x).reshape(rows), 1.0, None, eps=eps)
    return y.reshape(x.shape)


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


def _track(pairs: list[tuple[Any, Tensor]], momentum: float) -> None:
    """Move what runs towards what is new, in place and outside the record: all of it, or nothing if
    Ctrl-C comes, as one call of a function written in C does it."""
    with no_grad():
        pairs = [(r, new.to(r.dtype).reshape(r.shape)) for r, new in pairs if r is not None]
        moved = [((1 - momentum) * r + momentum * new).array for r, new in pairs]
    arrays = [writable(r.array, "batch_norm") for r, _ in pairs]
    clock.stamp(*arrays)
    clock.at_once(clock.writing(arrays, moved))


class _Channels:
    """Checks what a norm is given for each channel of (N, C, ...)."""

    def __init__(self, name: str, x: Tensor, least: int = 2) -> None:
        check_floating(x, name)
        if x.ndim < least:
            wanted = ", ".join(("N", "C", "L")[:least])
            raise InputError(f"{name}: the input is ({wanted}, ...), not {tuple(x.shape)}")
        self.name, self.x = name, x

    def shaped(self, what: str, of_channels: Tensor | None) -> Tensor | None:
        """(C,) as (C, 1, ...), which broadcasts along the channels."""
        if of_channels is None:
            return None
        channels = self.x.shape[1]
        if of_channels.shape != (channels,):
            raise InputError(
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
        raise InputError(
            f"{name}: normalized_shape {shape} is what the input's shape ends with, and that is "
            f"{tuple(x.shape)}"
        )
    for what, parameter in parameters.items():
        if parameter is not None and parameter.shape != shape:
            raise InputError(
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
    """Layer normalization: y = w (x - mean) / sqrt(var + eps) + b.

    Mean and variance (biased) are those of each example, over the last dimensions, whose sizes are
    `normalized_shape`; input and output have the shape (..., *normalized_shape).  The layer does
    the same in training and in evaluation.  The state dict holds `weight` (initially 1) and `bias`
    (initially 0), both of shape `normalized_shape`.

    Parameters
    ----------
    normalized_shape : int or sequence of int
        The sizes of the last dimensions; an int n stands for (n,).
    eps : float, default 1e-5
        Added to the variance, so that the quotient is finite.
    elementwise_affine : bool, default True
        Whether there are a weight and a bias.
    bias : bool, default True
        Whether there is a bias, if `elementwise_affine`.
    device : device, default None
        Only the CPU exists.
    dtype : dtype, default None
        Dtype of the parameters; None stands for the default dtype.

    References
    ----------
    J. L. Ba, J. R. Kiros and G. E. Hinton, "Layer normalization", arXiv:1607.06450, 2016.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> layer = nn.LayerNorm(3)
    >>> layer(tg.tensor([[1.0, 2.0, 3.0]]))
    tensor([[-1.2247,  0.0000,  1.2247]], grad_fn=<LayerNormBackward0>)
    >>> list(layer.state_dict())
    ['weight', 'bias']
    """

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
    """Root mean square normalization: y = w x / sqrt(mean(x^2) + eps).

    The mean is that of each example, over the last dimensions, whose sizes are `normalized_shape`;
    input and output have the shape (..., *normalized_shape).  The state dict holds `weight`
    (initially 1), of shape `normalized_shape`.

    Parameters
    ----------
    normalized_shape : int or sequence of int
        The sizes of the last dimensions; an int n stands for (n,).
    eps : float or None, default None
        Added to the mean.  None stands for the machine epsilon of the input's dtype, 1.19e-07 for
        float32; for float16, which is computed in float32, it is that of float32.
    elementwise_affine : bool, default True
        Whether there is a weight.
    device : device, default None
        Only the CPU exists.
    dtype : dtype, default None
        Dtype of the parameters; None stands for the default dtype.

    References
    ----------
    B. Zhang and R. Sennrich, "Root mean square layer normalization", NeurIPS 2019.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> layer = nn.RMSNorm(2)
    >>> layer(tg.tensor([[3.0, 4.0]])).detach()
    tensor([[0.8485, 1.1314]])
    >>> list(layer.state_dict())
    ['weight']
    """

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
        raise TypeError(f"the size of a norm is an int, or a sequence of ints, not {sizes!r}")
    return each


class GroupNorm(_Affine):
    """Group normalization: y = w (x - mean) / sqrt(var + eps) + b.

    The channels of each example fall into `num_groups` groups of neighbours; mean and variance
    (biased) are those of a group, over its channels and all other dimensions.  Input and output
    have the shape (N, num_channels, ...).  The state dict holds `weight` (initially 1) and `bias`
    (initially 0), both of shape (num_channels,).

    Parameters
    ----------
    num_groups : int
        The number of groups.
    num_channels : int
        The number of channels, a multiple of `num_groups`.
    eps : float, default 1e-5
        Added to the variance, so that the quotient is finite.
    affine : bool, default True
        Whether there are a weight and a bias.
    device : device, default None
        Only the CPU exists.
    dtype : dtype, default None
        Dtype of the parameters; None stands for the default dtype.
    bias : bool, default True
        Whether there is a bias, if `affine`.

    Raises
    ------
    ValueError
        If `num_channels` is not a multiple of `num_groups`.

    References
    ----------
    Y. Wu and K. He, "Group normalization", ECCV 2018.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> layer = nn.GroupNorm(3, 6)  # 6 channels in 3 groups
    >>> layer(tg.randn(20, 6, 10, 10)).shape
    torch.Size([20, 6, 10, 10])
    """

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
    """Batch normalization of each channel: y = w (x - mean) / sqrt(var + eps) + b.

    Mean and variance (biased: the divisor is the number of elements) are those of each channel,
    over the batch and all other dimensions, while the layer trains, or if it tracks no running
    statistics; in evaluation the running statistics take their place.  Input and output have the
    shape (N, C) or (N, C, L).

    The state dict holds the parameters `weight` (initially 1) and `bias` (initially 0), and the
    buffers `running_mean` (initially 0), `running_var` (initially 1), all four of shape
    (num_features,), and `num_batches_tracked`, an int64 of shape ().  Each call in training mode
    moves the running statistics r to (1 - momentum) r + momentum s, where s is the mean of the
    batch, or its unbiased variance.  An empty batch moves nothing.

    Parameters
    ----------
    num_features : int
        The number C of channels.
    eps : float, default 1e-5
        Added to the variance, so that the quotient is finite.
    momentum : float or None, default 0.1
        The share of the new batch in the running statistics.  With None the share is 1 / (number of
        batches seen): the running statistics are the mean over all batches.
    affine : bool, default True
        Whether there are a weight and a bias.
    track_running_stats : bool, default True
        Whether there are running statistics; without them, those of the batch are used in
        evaluation too.
    device : device, default None
        Only the CPU exists.
    dtype : dtype, default None
        Dtype of parameters and running statistics; None stands for the default dtype.
    bias : bool, default True
        Whether there is a bias, if `affine`.

    Raises
    ------
    ValueError
        At a call, if the input has another number of dimensions, or if in training a channel has a
        single element, whose variance is 0.  At a call, if the input has not `num_features`
        channels, and the layer has parameters or running statistics.

    References
    ----------
    S. Ioffe and C. Szegedy, "Batch normalization: accelerating deep network training by reducing
    internal covariate shift", ICML 2015.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> layer = nn.BatchNorm1d(1)
    >>> layer(tg.tensor([[1.0], [3.0]])).detach()
    tensor([[-1.0000],
            [ 1.0000]])
    >>> layer.running_mean, layer.running_var  # 0.9 * 0 + 0.1 * 2, and 0.9 * 1 + 0.1 * 2
    (tensor([0.2000]), tensor([1.1000]))
    >>> layer.eval()(tg.tensor([[0.2]])).item()
    0.0
    """

    dims = (2, 3)


class BatchNorm2d(_BatchNorm):
    """Batch normalization of each channel of images: y = w (x - mean) / sqrt(var + eps) + b.

    Mean and variance (biased: the divisor is the number of elements) are those of each channel,
    over the batch and all other dimensions, while the layer trains, or if it tracks no running
    statistics; in evaluation the running statistics take their place.  Input and output have the
    shape (N, C, H, W).

    The state dict holds the parameters `weight` (initially 1) and `bias` (initially 0), and the
    buffers `running_mean` (initially 0), `running_var` (initially 1), all four of shape
    (num_features,), and `num_batches_tracked`, an int64 of shape ().  Each call in training mode
    moves the running statistics r to (1 - momentum) r + momentum s, where s is the mean of the
    batch, or its unbiased variance.  An empty batch moves nothing.

    Parameters
    ----------
    num_features : int
        The number C of channels.
    eps : float, default 1e-5
        Added to the variance, so that the quotient is finite.
    momentum : float or None, default 0.1
        The share of the new batch in the running statistics.  With None the share is 1 / (number of
        batches seen): the running statistics are the mean over all batches.
    affine : bool, default True
        Whether there are a weight and a bias.
    track_running_stats : bool, default True
        Whether there are running statistics; without them, those of the batch are used in
        evaluation too.
    device : device, default None
        Only the CPU exists.
    dtype : dtype, default None
        Dtype of parameters and running statistics; None stands for the default dtype.
    bias : bool, default True
        Whether there is a bias, if `affine`.

    Raises
    ------
    ValueError
        At a call, if the input has another number of dimensions, or if in training a channel has a
        single element, whose variance is 0.  At a call, if the input has not `num_features`
        channels, and the layer has parameters or running statistics.

    References
    ----------
    S. Ioffe and C. Szegedy, "Batch normalization: accelerating deep network training by reducing
    internal covariate shift", ICML 2015.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> layer = nn.BatchNorm2d(100)
    >>> layer(tg.randn(20, 100, 5, 6)).shape
    torch.Size([20, 100, 5, 6])
    >>> list(layer.state_dict())
    ['weight', 'bias', 'running_mean', 'running_var', 'num_batches_tracked']
    """

    dims = (4,)


class BatchNorm3d(_BatchNorm):
    """Batch normalization of each channel of volumes: y = w (x - mean) / sqrt(var + eps) + b.

    Mean and variance (biased: the divisor is the number of elements) are those of each channel,
    over the batch and all other dimensions, while the layer trains, or if it tracks no running
    statistics; in evaluation the running statistics take their place.  Input and output have the
    shape (N, C, D, H, W).

    The state dict holds the parameters `weight` (initially 1) and `bias` (initially 0), and the
    buffers `running_mean` (initially 0), `running_var` (initially 1), all four of shape
    (num_features,), and `num_batches_tracked`, an int64 of shape ().  Each call in training mode
    moves the running statistics r to (1 - momentum) r + momentum s, where s is the mean of the
    batch, or its unbiased variance.  An empty batch moves nothing.

    Parameters
    ----------
    num_features : int
        The number C of channels.
    eps : float, default 1e-5
        Added to the variance, so that the quotient is finite.
    momentum : float or None, default 0.1
        The share of the new batch in the running statistics.  With None the share is 1 / (number of
        batches seen): the running statistics are the mean over all batches.
    affine : bool, default True
        Whether there are a weight and a bias.
    track_running_stats : bool, default True
        Whether there are running statistics; without them, those of the batch are used in
        evaluation too.
    device : device, default None
        Only the CPU exists.
    dtype : dtype, default None
        Dtype of parameters and running statistics; None stands for the default dtype.
    bias : bool, default True
        Whether there is a bias, if `affine`.

    Raises
    ------
    ValueError
        At a call, if the input has another number of dimensions, or if in training a channel has a
        single element, whose variance is 0.  At a call, if the input has not `num_features`
        channels, and the layer has parameters or running statistics.

    References
    ----------
    S. Ioffe and C. Szegedy, "Batch normalization: accelerating deep network training by reducing
    internal covariate shift", ICML 2015.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.BatchNorm3d(3)(tg.randn(2, 3, 4, 5, 6)).shape
    torch.Size([2, 3, 4, 5, 6])
    """

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
        self._check_channels(input, 0 if alone else 1)
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

    def _check_channels(self, input: Tensor, dim: int) -> None:
        if input.shape[dim] == self.num_features:
            return
        wrong = (
            f"{type(self).__name__}: num_features is {self.num_features}, but the input "
            f"{tuple(input.shape)} has {input.shape[dim]} channels"
        )
        if self.affine:
            raise ValueError(wrong)
        if self.running_mean is None:
            warnings.warn(
                f"{wrong}; affine=False makes no use of it", stacklevel=clock.caller_level()
            )


class InstanceNorm1d(_InstanceNorm):
    """Instance normalization: y = w (x - mean) / sqrt(var + eps) + b.

    Mean and variance (biased) are those of each channel of each example, over the remaining
    dimensions, in training and in evaluation; with `track_running_stats`, the running statistics
    take their place in evaluation.  Input and output have the shape (N, C, L), or (C, L) for one
    example.

    With `affine` the state dict holds the parameters `weight` (initially 1) and `bias` (initially
    0), of shape (num_features,); with `track_running_stats` the buffers `running_mean` (initially
    0) and `running_var` (initially 1), of shape (num_features,), and `num_batches_tracked`, which
    stays 0, as in PyTorch.  Each call in training mode moves the running statistics r to (1 -
    momentum) r + momentum s, where s is the mean of the examples' means, or of their unbiased
    variances.

    Parameters
    ----------
    num_features : int
        The number C of channels.
    eps : float, default 1e-5
        Added to the variance, so that the quotient is finite.
    momentum : float, default 0.1
        The share of the new batch in the running statistics.
    affine : bool, default False
        Whether there are a weight and a bias.
    track_running_stats : bool, default False
        Whether there are running statistics.
    device : device, default None
        Only the CPU exists.
    dtype : dtype, default None
        Dtype of parameters and running statistics; None stands for the default dtype.
    bias : bool, default True
        Whether there is a bias, if `affine`.

    Raises
    ------
    ValueError
        At a call, if the input has another number of dimensions, if mean and variance would be
        those of a single element, or if with `affine` the input has not `num_features` channels.

    Warns
    -----
    UserWarning
        At a call, if without `affine` and running statistics the input has not `num_features`
        channels.

    References
    ----------
    D. Ulyanov, A. Vedaldi and V. Lempitsky, "Instance normalization: the missing ingredient for
    fast stylization", arXiv:1607.08022, 2016.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.InstanceNorm1d(2)(tg.tensor([[1.0, 3.0], [10.0, 30.0]]))
    tensor([[-1.0000,  1.0000],
            [-1.0000,  1.0000]])
    """

    dims = (2, 3)


class InstanceNorm2d(_InstanceNorm):
    """Instance normalization of images: y = w (x - mean) / sqrt(var + eps) + b.

    Mean and variance (biased) are those of each channel of each example, over the remaining
    dimensions, in training and in evaluation; with `track_running_stats`, the running statistics
    take their place in evaluation.  Input and output have the shape (N, C, H, W), or (C, H, W) for
    one example.

    With `affine` the state dict holds the parameters `weight` (initially 1) and `bias` (initially
    0), of shape (num_features,); with `track_running_stats` the buffers `running_mean` (initially
    0) and `running_var` (initially 1), of shape (num_features,), and `num_batches_tracked`, which
    stays 0, as in PyTorch.  Each call in training mode moves the running statistics r to (1 -
    momentum) r + momentum s, where s is the mean of the examples' means, or of their unbiased
    variances.

    Parameters
    ----------
    num_features : int
        The number C of channels.
    eps : float, default 1e-5
        Added to the variance, so that the quotient is finite.
    momentum : float, default 0.1
        The share of the new batch in the running statistics.
    affine : bool, default False
        Whether there are a weight and a bias.
    track_running_stats : bool, default False
        Whether there are running statistics.
    device : device, default None
        Only the CPU exists.
    dtype : dtype, default None
        Dtype of parameters and running statistics; None stands for the default dtype.
    bias : bool, default True
        Whether there is a bias, if `affine`.

    Raises
    ------
    ValueError
        At a call, if the input has another number of dimensions, if mean and variance would be
        those of a single element, or if with `affine` the input has not `num_features` channels.

    Warns
    -----
    UserWarning
        At a call, if without `affine` and running statistics the input has not `num_features`
        channels.

    References
    ----------
    D. Ulyanov, A. Vedaldi and V. Lempitsky, "Instance normalization: the missing ingredient for
    fast stylization", arXiv:1607.08022, 2016.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> layer = nn.InstanceNorm2d(100, affine=True)
    >>> layer(tg.randn(20, 100, 5, 6)).shape
    torch.Size([20, 100, 5, 6])
    >>> list(layer.state_dict())
    ['weight', 'bias']
    """

    dims = (3, 4)


class InstanceNorm3d(_InstanceNorm):
    """Instance normalization of volumes: y = w (x - mean) / sqrt(var + eps) + b.

    Mean and variance (biased) are those of each channel of each example, over the remaining
    dimensions, in training and in evaluation; with `track_running_stats`, the running statistics
    take their place in evaluation.  Input and output have the shape (N, C, D, H, W), or (C, D, H,
    W) for one example.

    With `affine` the state dict holds the parameters `weight` (initially 1) and `bias` (initially
    0), of shape (num_features,); with `track_running_stats` the buffers `running_mean` (initially
    0) and `running_var` (initially 1), of shape (num_features,), and `num_batches_tracked`, which
    stays 0, as in PyTorch.  Each call in training mode moves the running statistics r to (1 -
    momentum) r + momentum s, where s is the mean of the examples' means, or of their unbiased
    variances.

    Parameters
    ----------
    num_features : int
        The number C of channels.
    eps : float, default 1e-5
        Added to the variance, so that the quotient is finite.
    momentum : float, default 0.1
        The share of the new batch in the running statistics.
    affine : bool, default False
        Whether there are a weight and a bias.
    track_running_stats : bool, default False
        Whether there are running statistics.
    device : device, default None
        Only the CPU exists.
    dtype : dtype, default None
        Dtype of parameters and running statistics; None stands for the default dtype.
    bias : bool, default True
        Whether there is a bias, if `affine`.

    Raises
    ------
    ValueError
        At a call, if the input has another number of dimensions, if mean and variance would be
        those of a single element, or if with `affine` the input has not `num_features` channels.

    Warns
    -----
    UserWarning
        At a call, if without `affine` and running statistics the input has not `num_features`
        channels.

    References
    ----------
    D. Ulyanov, A. Vedaldi and V. Lempitsky, "Instance normalization: the missing ingredient for
    fast stylization", arXiv:1607.08022, 2016.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.InstanceNorm3d(3)(tg.randn(2, 3, 4, 5, 6)).shape
    torch.Size([2, 3, 4, 5, 6])
    """

    dims = (4, 5)
