"""PyTorch's `torch.mps`: what scripts do to an Apple GPU in passing, on a machine without one."""

__all__ = ["device_count", "empty_cache", "is_available", "manual_seed", "seed", "synchronize"]


def is_available() -> bool:
    """Return False: NumPy computes on the CPU."""
    return False


def device_count() -> int:
    """Return 0, the number of Apple GPUs."""
    return 0


def empty_cache() -> None:
    """Do nothing: there is no cache of GPU memory."""


def manual_seed(seed: int) -> None:
    """Do nothing: no random numbers are drawn on a GPU.  `tinygrad_edu.manual_seed` seeds."""


def seed() -> None:
    """Do nothing: no random numbers are drawn on a GPU."""


def synchronize() -> None:
    """Do nothing: NumPy's work is done when a call returns."""
