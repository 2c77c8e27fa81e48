"""PyTorch's switches of cuDNN.  They may be set; nothing reads them, because NumPy has one way to
compute, and that is deterministic."""

__all__ = ["allow_tf32", "benchmark", "deterministic", "enabled", "is_available", "version"]

allow_tf32 = True
benchmark = False
deterministic = False
enabled = True


def is_available() -> bool:
    """Return False: NumPy computes on the CPU."""
    return False


def version() -> int | None:
    """Return None: there is no cuDNN."""
    return None
