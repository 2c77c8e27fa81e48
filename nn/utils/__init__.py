"""Tools for parameters: clip their gradients, see them as one vector, compute them from others,
prune them; and sequences of several lengths (`rnn`).

>>> import nn
>>> import tinygrad_edu as tg
>>> net = nn.Linear(2, 1)
>>> net(tg.ones(4, 2)).sum().backward()
>>> norm = nn.utils.clip_grad_norm_(net.parameters(), max_norm=1.0)
"""

from typing import TYPE_CHECKING, Any

from . import rnn as rnn
from .clip_grad import (
    clip_grad_norm as clip_grad_norm,
    clip_grad_norm_ as clip_grad_norm_,
    clip_grad_value_ as clip_grad_value_,
    clip_grads_with_norm_ as clip_grads_with_norm_,
    get_total_norm as get_total_norm,
)
from .convert_parameters import (
    parameters_to_vector as parameters_to_vector,
    vector_to_parameters as vector_to_parameters,
)

if TYPE_CHECKING:
    from . import (
        parametrizations as parametrizations,
        parametrize as parametrize,
        prune as prune,
        stateless as stateless,
    )
    from .fusion import (
        fuse_conv_bn_eval as fuse_conv_bn_eval,
        fuse_conv_bn_weights as fuse_conv_bn_weights,
        fuse_linear_bn_eval as fuse_linear_bn_eval,
        fuse_linear_bn_weights as fuse_linear_bn_weights,
    )
    from .init import skip_init as skip_init
    from .memory_format import (
        convert_conv2d_weight_memory_format as convert_conv2d_weight_memory_format,
        convert_conv3d_weight_memory_format as convert_conv3d_weight_memory_format,
    )
    from .parametrizations import (
        remove_spectral_norm as remove_spectral_norm,
        remove_weight_norm as remove_weight_norm,
        spectral_norm as spectral_norm,
        weight_norm as weight_norm,
    )

# What is imported when it is first asked for, so that importing nn stays quick.
_LATER = {
    "fusion": (
        "fuse_conv_bn_eval",
        "fuse_conv_bn_weights",
        "fuse_linear_bn_eval",
        "fuse_linear_bn_weights",
    ),
    "init": ("skip_init",),
    "memory_format": ("convert_conv2d_weight_memory_format", "convert_conv3d_weight_memory_format"),
    "parametrizations": (
        "remove_spectral_norm",
        "remove_weight_norm",
        "spectral_norm",
        "weight_norm",
    ),
}
_MODULES = ("parametrizations", "parametrize", "prune", "stateless")

__all__ = [
    "clip_grad_norm", "clip_grad_norm_", "clip_grad_value_", "clip_grads_with_norm_",
    "convert_conv2d_weight_memory_format", "convert_conv3d_weight_memory_format",
    "fuse_conv_bn_eval", "fuse_conv_bn_weights", "fuse_linear_bn_eval", "fuse_linear_bn_weights",
    "get_total_norm", "parameters_to_vector", "parametrizations", "parametrize", "prune",
    "remove_spectral_norm", "remove_weight_norm", "rnn", "skip_init", "spectral_norm", "stateless",
    "vector_to_parameters", "weight_norm",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Import a tool when it is first asked for."""
    from importlib import import_module

    if name in _MODULES:
        return import_module(f"{__name__}.{name}")
    for home, names in _LATER.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{home}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
