"""Layers that learn the size of their input from the first one they see.

>>> import nn, tinygrad_edu as tg
>>> layer = nn.LazyLinear(3)
>>> layer
LazyLinear(in_features=0, out_features=3, bias=True)
>>> layer(tg.ones(5, 4)).shape
torch.Size([5, 3])
>>> layer
Linear(in_features=4, out_features=3, bias=True)
"""

from __future__ import annotations

from typing import Any, ClassVar

import tinygrad_edu as tg
from tinygrad_edu.dtypes import no_tensor

from .conv import Conv1d, Conv2d, Conv3d, ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from .linear import Linear
from .module import Module
from .normalization import (
    BatchNorm1d,
    BatchNorm2d,
    BatchNorm3d,
    InstanceNorm1d,
    InstanceNorm2d,
    InstanceNorm3d,
)


class Lazy(Module):
    """A layer that becomes one of class `becomes` when it is first called, with the size that the
    input has in dimension `dim`.

    Its parameters are the same objects before and after, so an optimizer may hold them already;
    their numbers are drawn at the first call.
    """

    becomes: ClassVar[type[Any]]
    size: ClassVar[str]
    dim: ClassVar[int] = 1
    dims: Any = ()  # how many dimensions the input may have; () is any number

    def _start(self, **settings: Any) -> None:
        """The layer for an input of size 0, with what it takes to make it again."""
        self.becomes.__init__(self, 0, **settings)
        self.__dict__["_settings"] = settings

    def __call__(self, input: Any, *inputs: Any, **options: Any) -> Any:
        name = type(self).__name__
        if not hasattr(input, "ndim"):
            raise TypeError(f"{name}: {no_tensor(input)}")
        dims = self.dims or getattr(self.becomes, "dims", ())
        if not input.ndim or (dims and input.ndim not in dims):
            wanted = " or ".join(f"{n}D" for n in dims) or "of at least one dimension"
            raise RuntimeError(
                f"{name}: the {self.size} is the size of dimension {self.dim}, and the input "
                f"{tuple(input.shape)} has none, or too many: it is {wanted}"
            )
        self._become(input.shape[self.dim])
        return self(input, *inputs, **options)

    def _become(self, size: int) -> None:
        made = self.becomes(size, **self.__dict__["_settings"])
        del self.__dict__["_settings"]
        for name, tensor in [*made.named_parameters(), *made.named_buffers()]:
            own = getattr(self, name)
            own.data = tensor.data.to(own.dtype)
        setattr(self, self.size, getattr(made, self.size))
        object.__setattr__(self, "__class__", self.becomes)

    def _load_from_state_dict(self, state_dict: Any, prefix: str, *told: Any) -> None:
        """A state that is loaded says the size too, by the shape of a weight or of a mean."""
        becomes = self.becomes  # not of this class any more afterwards
        name = "weight" if prefix + "weight" in state_dict else "running_mean"
        shape = tg.as_tensor(state_dict.get(prefix + name, ())).shape
        own = getattr(self, name, None)
        if own is not None and len(shape) == own.ndim:
            dim = int(own.ndim > 1 and not getattr(self, "transposed", False))
            times = getattr(self, "groups", 1) if dim else 1
            if shape[dim]:
                self._become(shape[dim] * times)
        becomes._load_from_state_dict(self, state_dict, prefix, *told)


class LazyLinear(Lazy, Linear):
    """A Linear whose `in_features` is the last size of the first input."""

    becomes, size, dim = Linear, "in_features", -1

    def __init__(
        self, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        self._start(out_features=out_features, bias=bias, device=device, dtype=dtype)


class _LazyConv(Lazy):
    size = "in_channels"

    def __init__(
        self,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        self._start(
            out_channels=out_channels,
            kernel_size=kernel_size,
            stride=stride,
            padding=padding,
            dilation=dilation,
            groups=groups,
            bias=bias,
            padding_mode=padding_mode,
            device=device,
            dtype=dtype,
        )


class LazyConv1d(_LazyConv, Conv1d):
    """A Conv1d whose `in_channels` is the number of channels of the first input."""

    becomes, dim, dims = Conv1d, -2, (2, 3)


class LazyConv2d(_LazyConv, Conv2d):
    """A Conv2d whose `in_channels` is the number of channels of the first input."""

    becomes, dim, dims = Conv2d, -3, (3, 4)


class LazyConv3d(_LazyConv, Conv3d):
    """A Conv3d whose `in_channels` is the number of channels of the first input."""

    becomes, dim, dims = Conv3d, -4, (4, 5)


class _LazyConvTranspose(Lazy):
    size = "in_channels"

    def __init__(
        self,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Any = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        self._start(
            out_channels=out_channels,
            kernel_size=kernel_size,
            stride=stride,
            padding=padding,
            output_padding=output_padding,
            groups=groups,
            bias=bias,
            dilation=dilation,
            padding_mode=padding_mode,
            device=device,
            dtype=dtype,
        )


class LazyConvTranspose1d(_LazyConvTranspose, ConvTranspose1d):
    """A ConvTranspose1d whose `in_channels` is the number of channels of the first input."""

    becomes, dim, dims = ConvTranspose1d, -2, (2, 3)


class LazyConvTranspose2d(_LazyConvTranspose, ConvTranspose2d):
    """A ConvTranspose2d whose `in_channels` is the number of channels of the first input."""

    becomes, dim, dims = ConvTranspose2d, -3, (3, 4)


class LazyConvTranspose3d(_LazyConvTranspose, ConvTranspose3d):
    """A ConvTranspose3d whose `in_channels` is the number of channels of the first input."""

    becomes, dim, dims = ConvTranspose3d, -4, (4, 5)


class _LazyNorm(Lazy):
    size = "num_features"

    def __init__(
        self,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        self._start(
            eps=eps,
            momentum=momentum,
            affine=affine,
            track_running_stats=track_running_stats,
            device=device,
            dtype=dtype,
            bias=bias,
        )


class LazyBatchNorm1d(_LazyNorm, BatchNorm1d):
    """A BatchNorm1d whose `num_features` is the number of channels of the first input."""

    becomes = BatchNorm1d


class LazyBatchNorm2d(_LazyNorm, BatchNorm2d):
    """A BatchNorm2d whose `num_features` is the number of channels of the first input."""

    becomes = BatchNorm2d


class LazyBatchNorm3d(_LazyNorm, BatchNorm3d):
    """A BatchNorm3d whose `num_features` is the number of channels of the first input."""

    becomes = BatchNorm3d


class LazyInstanceNorm1d(_LazyNorm, InstanceNorm1d):
    """`InstanceNorm1d` whose `num_features` is the number of channels of the first input.

    The input is (N, C, L) or (C, L), and so is the output.  At the first call the layer
    becomes an `InstanceNorm1d`, and its parameters and buffers, which are the same objects, start
    as there.  Unlike in `InstanceNorm1d`, `affine` and `track_running_stats` are True by default.

    Parameters
    ----------
    eps : float, default 1e-5
        What is added to the variance.
    momentum : float, default 0.1
        The weight of a new batch in the running mean and variance.
    affine : bool, default True
        Learn `weight` and `bias`, each of shape (C,), which start at 1 and 0.
    track_running_stats : bool, default True
        Keep `running_mean` and `running_var`, which evaluation uses.
    device, dtype : optional
        As in `InstanceNorm1d`.
    bias : bool, default True
        With `affine`, False leaves the bias out.

    Examples
    --------
    >>> import nn
    >>> import tinygrad_edu as tg
    >>> layer = nn.LazyInstanceNorm1d()
    >>> layer(tg.ones(2, 3, 5)).shape
    torch.Size([2, 3, 5])
    >>> layer.num_features
    3
    """

    becomes, dim, dims = InstanceNorm1d, -2, (2, 3)


class LazyInstanceNorm2d(_LazyNorm, InstanceNorm2d):
    """`InstanceNorm2d` whose `num_features` is the number of channels of the first input.

    The input is (N, C, H, W) or (C, H, W), and so is the output.  At the first call the layer
    becomes an `InstanceNorm2d`, and its parameters and buffers, which are the same objects, start
    as there.  Unlike in `InstanceNorm2d`, `affine` and `track_running_stats` are True by default.

    Parameters
    ----------
    eps : float, default 1e-5
        What is added to the variance.
    momentum : float, default 0.1
        The weight of a new batch in the running mean and variance.
    affine : bool, default True
        Learn `weight` and `bias`, each of shape (C,), which start at 1 and 0.
    track_running_stats : bool, default True
        Keep `running_mean` and `running_var`, which evaluation uses.
    device, dtype : optional
        As in `InstanceNorm2d`.
    bias : bool, default True
        With `affine`, False leaves the bias out.

    Examples
    --------
    >>> import nn
    >>> import tinygrad_edu as tg
    >>> layer = nn.LazyInstanceNorm2d()
    >>> layer(tg.ones(2, 3, 5, 5)).shape
    torch.Size([2, 3, 5, 5])
    >>> layer.num_features
    3
    """

    becomes, dim, dims = InstanceNorm2d, -3, (3, 4)


class LazyInstanceNorm3d(_LazyNorm, InstanceNorm3d):
    """`InstanceNorm3d` whose `num_features` is the number of channels of the first input.

    The input is (N, C, D, H, W) or (C, D, H, W), and so is the output.  At the first call the layer
    becomes an `InstanceNorm3d`, and its parameters and buffers, which are the same objects, start
    as there.  Unlike in `InstanceNorm3d`, `affine` and `track_running_stats` are True by default.

    Parameters
    ----------
    eps : float, default 1e-5
        What is added to the variance.
    momentum : float, default 0.1
        The weight of a new batch in the running mean and variance.
    affine : bool, default True
        Learn `weight` and `bias`, each of shape (C,), which start at 1 and 0.
    track_running_stats : bool, default True
        Keep `running_mean` and `running_var`, which evaluation uses.
    device, dtype : optional
        As in `InstanceNorm3d`.
    bias : bool, default True
        With `affine`, False leaves the bias out.

    Examples
    --------
    >>> import nn
    >>> import tinygrad_edu as tg
    >>> layer = nn.LazyInstanceNorm3d()
    >>> layer(tg.ones(2, 3, 5, 5, 5)).shape
    torch.Size([2, 3, 5, 5, 5])
    >>> layer.num_features
    3
    """

    becomes, dim, dims = InstanceNorm3d, -4, (4, 5)
