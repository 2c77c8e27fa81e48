"""Layers that take the size of their input from the first one that they see."""

from __future__ import annotations

from collections.abc import Sequence
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
    """A layer that becomes one of class `cls_to_become` at its first call.

    Its size is then that of the input in dimension `dim`.  The parameters are the same objects
    before and after, so that an optimizer may hold them already; their values are drawn at the
    first call.
    """

    cls_to_become: ClassVar[type[Any]]
    size: ClassVar[str]
    dim: ClassVar[int] = 1
    dims: Any = ()  # how many dimensions the input may have; () is any number

    def _start(self, **settings: Any) -> None:
        """Make the layer for an input of size 0, and keep the settings that make it again."""
        self.cls_to_become.__init__(self, 0, **settings)
        self.__dict__["_settings"] = settings

    def __call__(self, input: Any, *inputs: Any, **options: Any) -> Any:
        self.initialize_parameters(input)
        return self(input, *inputs, **options)

    def _size_of(self, input: Any) -> int:
        """The size of an input in dimension `dim`, if it has one."""
        name = type(self).__name__
        if not hasattr(input, "ndim"):
            raise TypeError(f"{name}: {no_tensor(input)}")
        dims = self.dims or getattr(self.cls_to_become, "dims", ())
        if not input.ndim or (dims and input.ndim not in dims):
            wanted = " or ".join(f"{n}D" for n in dims) or "of at least one dimension"
            raise RuntimeError(
                f"{name}: the {self.size} is the size of dimension {self.dim}, and the input "
                f"{tuple(input.shape)} has none, or too many: it is {wanted}"
            )
        return input.shape[self.dim]  # type: ignore[no-any-return]

    def initialize_parameters(self, input: Any) -> None:
        """Take the size from an input, draw the parameters, and become a `cls_to_become`.

        Parameters
        ----------
        input : Tensor
            As the layer is called with.

        Raises
        ------
        RuntimeError
            If the input has another number of dimensions.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> import nn
        >>> layer = nn.LazyLinear(3)
        >>> layer.initialize_parameters(tg.ones(5, 4))
        >>> layer
        Linear(in_features=4, out_features=3, bias=True)
        """
        self._become(self._size_of(input))

    def has_uninitialized_params(self) -> bool:
        """Say that the parameters have no values yet; a layer that was called has no such method.

        Returns
        -------
        bool
            True.

        Examples
        --------
        >>> import nn
        >>> nn.LazyLinear(3).has_uninitialized_params()
        True
        """
        return True

    def _become(self, size: int) -> None:
        made = self.cls_to_become(size, **self.__dict__["_settings"])
        del self.__dict__["_settings"]
        for name, tensor in [*made.named_parameters(), *made.named_buffers()]:
            own = getattr(self, name)
            own.data = tensor.data.to(own.dtype)
        setattr(self, self.size, getattr(made, self.size))
        object.__setattr__(self, "__class__", self.cls_to_become)

    def _load_from_state_dict(self, state_dict: Any, prefix: str, *told: Any) -> None:
        """The shape of a loaded weight, or of a running mean, also gives the size."""
        becomes = self.cls_to_become  # not of this class any more afterwards
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
    """`Linear` layer that takes `in_features` from the last dimension of its first input.

    At the first call, or when a state dict is loaded, the layer sets `in_features`, draws its
    parameters, and its class becomes `Linear`: see there for the shapes and the initial values.
    Before that, the parameters are the same objects, with `in_features` = 0, so an optimizer may
    hold them already.

    Parameters
    ----------
    out_features : int
        Size of the output's last dimension.
    bias : bool, default True
        If False, the layer adds no bias, and the attribute `bias` is None.
    device : device, default None
        Only the CPU exists.
    dtype : dtype, default None
        Dtype of the parameters; None stands for the default dtype.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> layer = nn.LazyLinear(3)
    >>> layer
    LazyLinear(in_features=0, out_features=3, bias=True)
    >>> layer(tg.ones(5, 4)).shape
    torch.Size([5, 3])
    >>> layer
    Linear(in_features=4, out_features=3, bias=True)
    """

    cls_to_become, size, dim = Linear, "in_features", -1

    def __init__(
        self, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        self._start(out_features=out_features, bias=bias, device=device, dtype=dtype)


class _LazyConv(Lazy):
    size = "in_channels"

    def __init__(
        self,
        out_channels: int,
        kernel_size: int | Sequence[int],
        stride: int | Sequence[int] = 1,
        padding: int | Sequence[int] | str = 0,
        dilation: int | Sequence[int] = 1,
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
    """`Conv1d` layer that takes `in_channels` from its first input, (N, in_channels, L).

    At the first call, or when a state dict is loaded, the layer sets `in_channels`, draws its
    parameters, and its class becomes `Conv1d`: see there for the shapes and the initial values.
    Before that, the parameters are the same objects, with `in_channels` = 0, so an optimizer may
    hold them already.

    Parameters
    ----------
    out_channels : int
        Number of channels of the output.
    kernel_size : int
        Size of the kernel.
    stride : int, default 1
        Step from one window to the next.
    padding : int, "valid" or "same", default 0
        Width of the border added at both ends.
    dilation : int, default 1
        Distance between the elements that one window sees.
    groups : int, default 1
        Number of groups of channels; it divides both numbers of channels.
    bias : bool, default True
        If False, the layer adds no bias, and the attribute `bias` is None.
    padding_mode : str, default "zeros"
        "zeros", "reflect", "replicate" or "circular".
    device : device, default None
        Only the CPU exists.
    dtype : dtype, default None
        Dtype of the parameters; None stands for the default dtype.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> layer = nn.LazyConv1d(16, 3)
    >>> layer(tg.randn(2, 3, 8)).shape
    torch.Size([2, 16, 6])
    >>> type(layer).__name__, layer.in_channels
    ('Conv1d', 3)
    """

    cls_to_become, dim, dims = Conv1d, -2, (2, 3)


class LazyConv2d(_LazyConv, Conv2d):
    """`Conv2d` layer that takes `in_channels` from its first input, (N, in_channels, H, W).

    At the first call, or when a state dict is loaded, the layer sets `in_channels`, draws its
    parameters, and its class becomes `Conv2d`: see there for the shapes and the initial values.
    Before that, the parameters are the same objects, with `in_channels` = 0, so an optimizer may
    hold them already.

    Parameters
    ----------
    out_channels : int
        Number of channels of the output.
    kernel_size : int or tuple of int
        Size of the kernel.
    stride : int or tuple of int, default 1
        Step from one window to the next.
    padding : int or tuple of int, "valid" or "same", default 0
        Width of the border added at both ends of each dimension.
    dilation : int or tuple of int, default 1
        Distance between the elements that one window sees.
    groups : int, default 1
        Number of groups of channels; it divides both numbers of channels.
    bias : bool, default True
        If False, the layer adds no bias, and the attribute `bias` is None.
    padding_mode : str, default "zeros"
        "zeros", "reflect", "replicate" or "circular".
    device : device, default None
        Only the CPU exists.
    dtype : dtype, default None
        Dtype of the parameters; None stands for the default dtype.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> layer = nn.LazyConv2d(16, 3)
    >>> layer(tg.randn(2, 3, 8, 9)).shape
    torch.Size([2, 16, 6, 7])
    >>> type(layer).__name__, layer.in_channels
    ('Conv2d', 3)
    """

    cls_to_become, dim, dims = Conv2d, -3, (3, 4)


class LazyConv3d(_LazyConv, Conv3d):
    """`Conv3d` layer that takes `in_channels` from its first input, (N, in_channels, D, H, W).

    At the first call, or when a state dict is loaded, the layer sets `in_channels`, draws its
    parameters, and its class becomes `Conv3d`: see there for the shapes and the initial values.
    Before that, the parameters are the same objects, with `in_channels` = 0, so an optimizer may
    hold them already.

    Parameters
    ----------
    out_channels : int
        Number of channels of the output.
    kernel_size : int or tuple of int
        Size of the kernel.
    stride : int or tuple of int, default 1
        Step from one window to the next.
    padding : int or tuple of int, "valid" or "same", default 0
        Width of the border added at both ends of each dimension.
    dilation : int or tuple of int, default 1
        Distance between the elements that one window sees.
    groups : int, default 1
        Number of groups of channels; it divides both numbers of channels.
    bias : bool, default True
        If False, the layer adds no bias, and the attribute `bias` is None.
    padding_mode : str, default "zeros"
        "zeros", "reflect", "replicate" or "circular".
    device : device, default None
        Only the CPU exists.
    dtype : dtype, default None
        Dtype of the parameters; None stands for the default dtype.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> layer = nn.LazyConv3d(16, 3)
    >>> layer(tg.randn(2, 3, 8, 9, 10)).shape
    torch.Size([2, 16, 6, 7, 8])
    >>> type(layer).__name__, layer.in_channels
    ('Conv3d', 3)
    """

    cls_to_become, dim, dims = Conv3d, -4, (4, 5)


class _LazyConvTranspose(Lazy):
    size = "in_channels"

    def __init__(
        self,
        out_channels: int,
        kernel_size: int | Sequence[int],
        stride: int | Sequence[int] = 1,
        padding: int | Sequence[int] = 0,
        output_padding: int | Sequence[int] = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: int | Sequence[int] = 1,
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
    """`ConvTranspose1d` layer that takes `in_channels` from its first input.

    The input has shape (N, in_channels, L), or the same without N.  At the first call, or when a
    state dict is loaded, the layer sets `in_channels`, draws its parameters, and its class becomes
    `ConvTranspose1d`: see there for the shapes and the initial values.  Before that, the parameters
    are the same objects, with `in_channels` = 0, so an optimizer may hold them already.

    Parameters
    ----------
    out_channels : int
        Number of channels of the output.
    kernel_size : int
        Size of the kernel.
    stride : int, default 1
        Distance in the output between the places of neighboring inputs.
    padding : int, default 0
        Number of elements cut off at both ends.
    output_padding : int, default 0
        Number of elements added at the end.
    groups : int, default 1
        Number of groups of channels; it divides both numbers of channels.
    bias : bool, default True
        If False, the layer adds no bias, and the attribute `bias` is None.
    dilation : int, default 1
        Distance in the output between neighboring elements of the kernel.
    padding_mode : str, default "zeros"
        "zeros" is the only mode.
    device : device, default None
        Only the CPU exists.
    dtype : dtype, default None
        Dtype of the parameters; None stands for the default dtype.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> layer = nn.LazyConvTranspose1d(4, 2, stride=2)
    >>> layer(tg.randn(2, 3, 8)).shape
    torch.Size([2, 4, 16])
    >>> type(layer).__name__, layer.in_channels
    ('ConvTranspose1d', 3)
    """

    cls_to_become, dim, dims = ConvTranspose1d, -2, (2, 3)


class LazyConvTranspose2d(_LazyConvTranspose, ConvTranspose2d):
    """`ConvTranspose2d` layer that takes `in_channels` from its first input.

    The input has shape (N, in_channels, H, W), or the same without N.  At the first call, or when a
    state dict is loaded, the layer sets `in_channels`, draws its parameters, and its class becomes
    `ConvTranspose2d`: see there for the shapes and the initial values.  Before that, the parameters
    are the same objects, with `in_channels` = 0, so an optimizer may hold them already.

    Parameters
    ----------
    out_channels : int
        Number of channels of the output.
    kernel_size : int or tuple of int
        Size of the kernel.
    stride : int or tuple of int, default 1
        Distance in the output between the places of neighboring inputs.
    padding : int or tuple of int, default 0
        Number of elements cut off at both ends of each dimension.
    output_padding : int or tuple of int, default 0
        Number of elements added at the end of each dimension.
    groups : int, default 1
        Number of groups of channels; it divides both numbers of channels.
    bias : bool, default True
        If False, the layer adds no bias, and the attribute `bias` is None.
    dilation : int or tuple of int, default 1
        Distance in the output between neighboring elements of the kernel.
    padding_mode : str, default "zeros"
        "zeros" is the only mode.
    device : device, default None
        Only the CPU exists.
    dtype : dtype, default None
        Dtype of the parameters; None stands for the default dtype.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> layer = nn.LazyConvTranspose2d(4, 2, stride=2)
    >>> layer(tg.randn(2, 3, 8, 9)).shape
    torch.Size([2, 4, 16, 18])
    >>> type(layer).__name__, layer.in_channels
    ('ConvTranspose2d', 3)
    """

    cls_to_become, dim, dims = ConvTranspose2d, -3, (3, 4)


class LazyConvTranspose3d(_LazyConvTranspose, ConvTranspose3d):
    """`ConvTranspose3d` layer that takes `in_channels` from its first input.

    The input has shape (N, in_channels, D, H, W), or the same without N.  At the first call, or
    when a state dict is loaded, the layer sets `in_channels`, draws its parameters, and its class
    becomes `ConvTranspose3d`: see there for the shapes and the initial values.  Before that, the
    parameters are the same objects, with `in_channels` = 0, so an optimizer may hold them already.

    Parameters
    ----------
    out_channels : int
        Number of channels of the output.
    kernel_size : int or tuple of int
        Size of the kernel.
    stride : int or tuple of int, default 1
        Distance in the output between the places of neighboring inputs.
    padding : int or tuple of int, default 0
        Number of elements cut off at both ends of each dimension.
    output_padding : int or tuple of int, default 0
        Number of elements added at the end of each dimension.
    groups : int, default 1
        Number of groups of channels; it divides both numbers of channels.
    bias : bool, default True
        If False, the layer adds no bias, and the attribute `bias` is None.
    dilation : int or tuple of int, default 1
        Distance in the output between neighboring elements of the kernel.
    padding_mode : str, default "zeros"
        "zeros" is the only mode.
    device : device, default None
        Only the CPU exists.
    dtype : dtype, default None
        Dtype of the parameters; None stands for the default dtype.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> layer = nn.LazyConvTranspose3d(4, 2, stride=2)
    >>> layer(tg.randn(2, 3, 8, 9, 10)).shape
    torch.Size([2, 4, 16, 18, 20])
    >>> type(layer).__name__, layer.in_channels
    ('ConvTranspose3d', 3)
    """

    cls_to_become, dim, dims = ConvTranspose3d, -4, (4, 5)


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
    """`BatchNorm1d` layer that takes `num_features` from its first input.

    The input has shape (N, num_features) or (N, num_features, L).  At the first call, or when a
    state dict is loaded, the layer sets `num_features`, sets its parameters and buffers, and its
    class becomes `BatchNorm1d`: see there for the shapes and the initial values.  Before that, the
    parameters are the same objects, with `num_features` = 0, so an optimizer may hold them already.

    Parameters
    ----------
    eps : float, default 1e-5
        The number added to the variance.
    momentum : float or None, default 0.1
        Weight of the newest batch in the running statistics; None gives their cumulative mean.
    affine : bool, default True
        If False, the layer has neither `weight` nor `bias`.
    track_running_stats : bool, default True
        If False, the layer keeps no running statistics, and always uses those of the batch.
    device : device, default None
        Only the CPU exists.
    dtype : dtype, default None
        Dtype of the parameters; None stands for the default dtype.
    bias : bool, default True
        If False, the attribute `bias` is None.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> layer = nn.LazyBatchNorm1d()
    >>> layer(tg.randn(2, 3, 8)).shape
    torch.Size([2, 3, 8])
    >>> type(layer).__name__, layer.num_features
    ('BatchNorm1d', 3)
    """

    cls_to_become = BatchNorm1d


class LazyBatchNorm2d(_LazyNorm, BatchNorm2d):
    """`BatchNorm2d` layer that takes `num_features` from its first input.

    The input has shape (N, num_features, H, W).  At the first call, or when a state dict is loaded,
    the layer sets `num_features`, sets its parameters and buffers, and its class becomes
    `BatchNorm2d`: see there for the shapes and the initial values.  Before that, the parameters are
    the same objects, with `num_features` = 0, so an optimizer may hold them already.

    Parameters
    ----------
    eps : float, default 1e-5
        The number added to the variance.
    momentum : float or None, default 0.1
        Weight of the newest batch in the running statistics; None gives their cumulative mean.
    affine : bool, default True
        If False, the layer has neither `weight` nor `bias`.
    track_running_stats : bool, default True
        If False, the layer keeps no running statistics, and always uses those of the batch.
    device : device, default None
        Only the CPU exists.
    dtype : dtype, default None
        Dtype of the parameters; None stands for the default dtype.
    bias : bool, default True
        If False, the attribute `bias` is None.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> layer = nn.LazyBatchNorm2d()
    >>> layer(tg.randn(2, 3, 8, 9)).shape
    torch.Size([2, 3, 8, 9])
    >>> type(layer).__name__, layer.num_features
    ('BatchNorm2d', 3)
    """

    cls_to_become = BatchNorm2d


class LazyBatchNorm3d(_LazyNorm, BatchNorm3d):
    """`BatchNorm3d` layer that takes `num_features` from its first input.

    The input has shape (N, num_features, D, H, W).  At the first call, or when a state dict is
    loaded, the layer sets `num_features`, sets its parameters and buffers, and its class becomes
    `BatchNorm3d`: see there for the shapes and the initial values.  Before that, the parameters are
    the same objects, with `num_features` = 0, so an optimizer may hold them already.

    Parameters
    ----------
    eps : float, default 1e-5
        The number added to the variance.
    momentum : float or None, default 0.1
        Weight of the newest batch in the running statistics; None gives their cumulative mean.
    affine : bool, default True
        If False, the layer has neither `weight` nor `bias`.
    track_running_stats : bool, default True
        If False, the layer keeps no running statistics, and always uses those of the batch.
    device : device, default None
        Only the CPU exists.
    dtype : dtype, default None
        Dtype of the parameters; None stands for the default dtype.
    bias : bool, default True
        If False, the attribute `bias` is None.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> layer = nn.LazyBatchNorm3d()
    >>> layer(tg.randn(2, 3, 8, 9, 10)).shape
    torch.Size([2, 3, 8, 9, 10])
    >>> type(layer).__name__, layer.num_features
    ('BatchNorm3d', 3)
    """

    cls_to_become = BatchNorm3d


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

    cls_to_become, dim, dims = InstanceNorm1d, -2, (2, 3)


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

    cls_to_become, dim, dims = InstanceNorm2d, -3, (3, 4)


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

    cls_to_become, dim, dims = InstanceNorm3d, -4, (4, 5)
