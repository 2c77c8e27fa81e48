"""What is done to parameters: clip their gradients, see them as one vector, compute them from
others."""

from typing import TYPE_CHECKING, Any

from . import rnn
from .gradients import (
    clip_grad_norm_,
    clip_grad_value_,
    clip_grads_with_norm_,
    get_total_norm,
    parameters_to_vector,
    vector_to_parameters,
)

if TYPE_CHECKING:
    from . import parametrizations, parametrize
    from .parametrizations import (
        remove_spectral_norm,
        remove_weight_norm,
        spectral_norm,
        weight_norm,
    )

__all__ = [
    "clip_grad_norm_", "clip_grad_value_", "clip_grads_with_norm_", "get_total_norm",
    "parameters_to_vector", "parametrizations", "parametrize", "remove_spectral_norm",
    "remove_weight_norm", "rnn", "spectral_norm", "vector_to_parameters", "weight_norm",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """What is imported when it is first asked for: importing nn stays quick."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    if name.startswith("parametriz"):
        return import_module(f"{__name__}.{name}")
    return getattr(import_module(f"{__name__}.parametrizations"), name)
