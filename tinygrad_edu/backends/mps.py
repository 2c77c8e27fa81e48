"""PyTorch's questions about Apple's GPUs."""

__all__ = ["is_available", "is_built"]


def is_available() -> bool:
    """Return False: NumPy computes on the CPU."""
    return False


def is_built() -> bool:
    """Return False: NumPy computes on the CPU."""
    return False
