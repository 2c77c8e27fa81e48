"""PyTorch's `torch.accelerator`, as on a machine that has none.

>>> import tinygrad_edu as torch
>>> torch.accelerator.current_accelerator() if torch.accelerator.is_available() else "cpu"
'cpu'
"""

from typing import Any

__all__ = ["current_accelerator", "device_count", "empty_cache", "is_available", "synchronize"]


def __dir__() -> list[str]:
    return __all__


def is_available() -> bool:
    """Return False: NumPy computes on the CPU."""
    return False


def current_accelerator(check_available: bool = False) -> None:
    """Return None: there is no accelerator."""


def device_count() -> int:
    """Return 0, the number of accelerators."""
    return 0


def empty_cache() -> None:
    """Do nothing: there is no cache of an accelerator's memory."""


def synchronize(device: Any = None) -> None:
    """Do nothing: NumPy's work is done when a call returns."""
