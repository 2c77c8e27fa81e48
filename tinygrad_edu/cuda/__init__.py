"""PyTorch's `torch.cuda`, as on a machine without a GPU: what scripts ask, and do in passing.

>>> import tinygrad_edu as torch
>>> torch.device("cuda" if torch.cuda.is_available() else "cpu")
device(type='cpu')

NumPy computes on the CPU.  Questions about GPUs have the answers "none" and 0, seeds and caches of
GPUs are left alone, and what needs a GPU raises RuntimeError.
"""

from typing import Any

from ..absent import refuse
from . import amp as amp

__all__ = ["amp", "current_device", "device_count", "empty_cache", "get_device_capability"]
__all__ += ["get_device_name", "get_device_properties", "init", "initial_seed", "ipc_collect"]
__all__ += ["is_available", "is_bf16_supported", "is_initialized", "manual_seed"]
__all__ += ["manual_seed_all", "max_memory_allocated", "max_memory_reserved", "memory_allocated"]
__all__ += ["memory_reserved", "reset_peak_memory_stats", "seed", "seed_all", "set_device"]
__all__ += ["synchronize"]

OutOfMemoryError = MemoryError  # what NumPy raises


def __dir__() -> list[str]:
    return __all__


def is_available() -> bool:
    """Return False: NumPy computes on the CPU.

    Returns
    -------
    bool
        False.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.cuda.is_available()
    False
    """
    return False


def is_initialized() -> bool:
    """Return False: there is nothing to initialise.

    Returns
    -------
    bool
        False.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.cuda.is_initialized()
    False
    """
    return False


def is_bf16_supported(including_emulation: bool = True) -> bool:
    """Return False: NumPy has no bfloat16.

    Parameters
    ----------
    including_emulation : bool, default True
        Accepted, without effect.

    Returns
    -------
    bool
        False.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.cuda.is_bf16_supported()
    False
    """
    return False


def device_count() -> int:
    """Return 0, the number of GPUs.

    Returns
    -------
    int
        0.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.cuda.device_count()
    0
    """
    return 0


def memory_allocated(device: Any = None) -> int:
    """Return 0, the bytes on GPUs.

    Parameters
    ----------
    device : device, str or int, optional
        Accepted, without effect.

    Returns
    -------
    int
        0.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.cuda.memory_allocated()
    0
    """
    return 0


def max_memory_allocated(device: Any = None) -> int:
    """Return 0, the largest number of bytes on GPUs so far.

    Parameters
    ----------
    device : device, str or int, optional
        Accepted, without effect.

    Returns
    -------
    int
        0.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.cuda.max_memory_allocated()
    0
    """
    return 0


def memory_reserved(device: Any = None) -> int:
    """Return 0, the bytes reserved on GPUs.

    Parameters
    ----------
    device : device, str or int, optional
        Accepted, without effect.

    Returns
    -------
    int
        0.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.cuda.memory_reserved()
    0
    """
    return 0


def max_memory_reserved(device: Any = None) -> int:
    """Return 0, the largest number of bytes reserved on GPUs so far.

    Parameters
    ----------
    device : device, str or int, optional
        Accepted, without effect.

    Returns
    -------
    int
        0.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.cuda.max_memory_reserved()
    0
    """
    return 0


def empty_cache() -> None:
    """Do nothing: there is no cache of GPU memory.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.cuda.empty_cache()
    """


def ipc_collect() -> None:
    """Do nothing: no GPU memory is shared between processes.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.cuda.ipc_collect()
    """


def init() -> None:
    """Do nothing: there is no GPU to initialise.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.cuda.init()
    """


def reset_peak_memory_stats(device: Any = None) -> None:
    """Do nothing: no GPU memory is counted.

    Parameters
    ----------
    device : device, str or int, optional
        Accepted, without effect.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.cuda.reset_peak_memory_stats()
    """


def synchronize(device: Any = None) -> None:
    """Do nothing: NumPy's work is done when a call returns.

    Parameters
    ----------
    device : device, str or int, optional
        Accepted, without effect.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.cuda.synchronize()
    """


def manual_seed(seed: int) -> None:
    """Do nothing: no random numbers are drawn on a GPU.  `tinygrad_edu.manual_seed` seeds.

    Parameters
    ----------
    seed : int
        Accepted, without effect.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.cuda.manual_seed(0)
    """


def manual_seed_all(seed: int) -> None:
    """Do nothing: no random numbers are drawn on GPUs.  `tinygrad_edu.manual_seed` seeds.

    Parameters
    ----------
    seed : int
        Accepted, without effect.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.cuda.manual_seed_all(0)
    """


def seed() -> None:
    """Do nothing: no random numbers are drawn on a GPU.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.cuda.seed()
    """


def seed_all() -> None:
    """Do nothing: no random numbers are drawn on GPUs.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.cuda.seed_all()
    """


def _refuse(name: str) -> RuntimeError:
    hint = "ask cuda.is_available() first, which is False"
    return RuntimeError(f"cuda.{name}: NumPy computes on the CPU, there is no GPU; {hint}")


def current_device() -> int:
    """Raise RuntimeError: there is no GPU.

    Returns
    -------
    int
        What PyTorch returns on a GPU.

    Raises
    ------
    RuntimeError
        Always: NumPy computes on the CPU.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> if tg.cuda.is_available():
    ...     tg.cuda.current_device()
    """
    raise _refuse("current_device")


def set_device(device: Any) -> None:
    """Raise RuntimeError: there is no GPU.

    Parameters
    ----------
    device : device, str or int
        Accepted, without effect.

    Raises
    ------
    RuntimeError
        Always: NumPy computes on the CPU.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> if tg.cuda.is_available():
    ...     tg.cuda.set_device(0)
    """
    raise _refuse("set_device")


def initial_seed() -> int:
    """Raise RuntimeError: there is no GPU.

    Returns
    -------
    int
        What PyTorch returns on a GPU.

    Raises
    ------
    RuntimeError
        Always: NumPy computes on the CPU.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> if tg.cuda.is_available():
    ...     tg.cuda.initial_seed()
    """
    raise _refuse("initial_seed")


def get_device_name(device: Any = None) -> str:
    """Raise RuntimeError: there is no GPU.

    Parameters
    ----------
    device : device, str or int, optional
        Accepted, without effect.

    Returns
    -------
    str
        What PyTorch returns on a GPU.

    Raises
    ------
    RuntimeError
        Always: NumPy computes on the CPU.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> if tg.cuda.is_available():
    ...     tg.cuda.get_device_name()
    """
    raise _refuse("get_device_name")


def get_device_capability(device: Any = None) -> tuple[int, int]:
    """Raise RuntimeError: there is no GPU.

    Parameters
    ----------
    device : device, str or int, optional
        Accepted, without effect.

    Returns
    -------
    tuple[int, int]
        What PyTorch returns on a GPU.

    Raises
    ------
    RuntimeError
        Always: NumPy computes on the CPU.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> if tg.cuda.is_available():
    ...     tg.cuda.get_device_capability()
    """
    raise _refuse("get_device_capability")


def get_device_properties(device: Any = None) -> Any:
    """Raise RuntimeError: there is no GPU.

    Parameters
    ----------
    device : device, str or int, optional
        Accepted, without effect.

    Returns
    -------
    object
        What PyTorch returns on a GPU.

    Raises
    ------
    RuntimeError
        Always: NumPy computes on the CPU.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> if tg.cuda.is_available():
    ...     tg.cuda.get_device_properties()
    """
    raise _refuse("get_device_properties")


def __getattr__(name: str) -> object:
    """Say why a name of PyTorch is left out."""
    refuse("cuda", name, __name__)
