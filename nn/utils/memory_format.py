"""Memory formats of convolution weights, which PyTorch uses for speed on GPUs."""

from __future__ import annotations

from typing import Any, TypeVar

from ..module import Module

__all__ = ["convert_conv2d_weight_memory_format", "convert_conv3d_weight_memory_format"]

M = TypeVar("M", bound=Module)


def convert_conv2d_weight_memory_format(module: M, memory_format: Any) -> M:
    """Return the module as it is: memory formats have no effect here.

    Parameters
    ----------
    module : Module
        A module with two-dimensional convolutions.
    memory_format : memory_format
        Accepted without effect, such as `tinygrad_edu.channels_last`.

    Returns
    -------
    Module
        The module.

    Examples
    --------
    >>> import nn
    >>> import tinygrad_edu as tg
    >>> net = nn.Conv2d(1, 2, 3)
    >>> nn.utils.convert_conv2d_weight_memory_format(net, tg.channels_last) is net
    True
    """
    return module


def convert_conv3d_weight_memory_format(module: M, memory_format: Any) -> M:
    """Return the module as it is: memory formats have no effect here.

    Parameters
    ----------
    module : Module
        A module with three-dimensional convolutions.
    memory_format : memory_format
        Accepted without effect, such as `tinygrad_edu.channels_last_3d`.

    Returns
    -------
    Module
        The module.

    Examples
    --------
    >>> import nn
    >>> import tinygrad_edu as tg
    >>> net = nn.Conv3d(1, 2, 3)
    >>> nn.utils.convert_conv3d_weight_memory_format(net, tg.channels_last_3d) is net
    True
    """
    return module


def __dir__() -> list[str]:
    return sorted(__all__)
