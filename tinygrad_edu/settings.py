"""What a training script sets before it starts: threads, determinism, precision, `compile`.

NumPy has one way to compute, so most of these are accepted without effect; each says so.
"""

import os
from typing import Any

from .device import device as Device
from .dtypes import set_default_dtype
from .registry import public

_chosen: dict[str, Any] = {"precision": "highest", "deterministic": False, "warn_only": False}

# ---------------------------------------------------------------- threads


def _threads(name: str, given: Any) -> int:
    if not isinstance(given, int) or given < 1:
        raise RuntimeError(f"{name}: it takes a whole number above 0, not {given!r}")
    return given


@public()
def set_num_threads(num: int) -> None:
    """Note how many threads are wanted; NumPy's library of matrix products has its own setting.

    Parameters
    ----------
    num : int
        The number that `get_num_threads` returns from now on.

    Raises
    ------
    RuntimeError
        If `num` is no whole number above 0.

    Notes
    -----
    Differs from PyTorch: it has no effect.  NumPy's library reads the environment variables
    `OPENBLAS_NUM_THREADS` or `MKL_NUM_THREADS` when it starts: set them before `import numpy`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.set_num_threads(2)
    >>> tg.get_num_threads()
    2
    """
    _chosen["threads"] = _threads("set_num_threads", num)


@public()
def get_num_threads() -> int:
    """Return the number of threads that matrix products may use.

    Returns
    -------
    int
        What `set_num_threads` was given, else what the environment says, else the number of CPUs.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.set_num_threads(2)
    >>> tg.get_num_threads()
    2
    """
    said = [os.environ.get(f"{name}_NUM_THREADS", "") for name in ("OPENBLAS", "MKL", "OMP")]
    numbers = [int(number) for number in said if number.isdecimal()]
    return int(_chosen.get("threads") or (numbers or [os.cpu_count() or 1])[0])


@public()
def set_num_interop_threads(num: int) -> None:
    """Note how many ops may run beside each other.  Here they run one after another.

    Parameters
    ----------
    num : int
        The number that `get_num_interop_threads` returns from now on.

    Raises
    ------
    RuntimeError
        If `num` is no whole number above 0.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.set_num_interop_threads(1)
    >>> tg.get_num_interop_threads()
    1
    """
    _chosen["interop"] = _threads("set_num_interop_threads", num)


@public()
def get_num_interop_threads() -> int:
    """Return the number that `set_num_interop_threads` was given.

    Returns
    -------
    int
        The number; 1 if it was not called.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.set_num_interop_threads(1)
    >>> tg.get_num_interop_threads()
    1
    """
    return int(_chosen.get("interop", 1))


# ---------------------------------------------------------------- determinism, precision


@public()
def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Ask for ops that give the same result each time: NumPy's do.

    Parameters
    ----------
    mode : bool
        What `are_deterministic_algorithms_enabled` returns from now on.
    warn_only : bool, default False
        Accepted, without effect: there is nothing to warn of.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.use_deterministic_algorithms(True)
    >>> tg.are_deterministic_algorithms_enabled()
    True
    """
    _chosen["deterministic"], _chosen["warn_only"] = bool(mode), bool(warn_only)


@public()
def are_deterministic_algorithms_enabled() -> bool:
    """Return what `use_deterministic_algorithms` was given.

    Returns
    -------
    bool
        The mode; False if it was not called.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.use_deterministic_algorithms(True)
    >>> tg.are_deterministic_algorithms_enabled()
    True
    """
    return bool(_chosen["deterministic"])


@public()
def is_deterministic_algorithms_warn_only_enabled() -> bool:
    """Return the `warn_only` that `use_deterministic_algorithms` was given.

    Returns
    -------
    bool
        The setting; False if it was not called.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.use_deterministic_algorithms(True, warn_only=True)
    >>> tg.is_deterministic_algorithms_warn_only_enabled()
    True
    """
    return bool(_chosen["warn_only"])


@public()
def set_float32_matmul_precision(precision: str) -> None:
    """Choose the precision of matrix products on GPUs: here products of float32 stay float32.

    Parameters
    ----------
    precision : {"highest", "high", "medium"}
        What `get_float32_matmul_precision` returns from now on.

    Raises
    ------
    ValueError
        If it is none of the three.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.set_float32_matmul_precision("highest")
    >>> tg.get_float32_matmul_precision()
    'highest'
    """
    known = ("highest", "high", "medium")
    if precision not in known:
        raise ValueError(f"set_float32_matmul_precision: {precision!r} is none of {known}")
    _chosen["precision"] = precision


@public()
def get_float32_matmul_precision() -> str:
    """Return what `set_float32_matmul_precision` was given.

    Returns
    -------
    str
        The precision; "highest" if it was not called.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.set_float32_matmul_precision("highest")
    >>> tg.get_float32_matmul_precision()
    'highest'
    """
    return str(_chosen["precision"])


@public()
def set_flush_denormal(mode: bool) -> bool:
    """Ask to round denormal numbers to 0, which NumPy does not do.

    Parameters
    ----------
    mode : bool
        Accepted, without effect.

    Returns
    -------
    bool
        False: it is not possible.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.set_flush_denormal(True)
    False
    """
    return False


# ---------------------------------------------------------------- defaults


@public()
def set_default_device(device: Any) -> None:
    """Choose where tensors are made: only "cpu", or None, is possible.

    Parameters
    ----------
    device : device, str or None
        The device.

    Raises
    ------
    RuntimeError
        If it is not the CPU.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.set_default_device("cpu")
    >>> tg.get_default_device()
    device(type='cpu')
    """
    if device is not None:
        Device(device)


@public()
def get_default_device() -> Device:
    """Return the device where tensors are made.

    Returns
    -------
    device
        The CPU.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.get_default_device()
    device(type='cpu')
    """
    return Device("cpu")


@public()
def set_default_tensor_type(t: Any) -> None:
    """Choose the dtype that Python floats become, by the name of a tensor type.

    Parameters
    ----------
    t : type or str
        `FloatTensor`, `DoubleTensor`, `HalfTensor`, or such a name: "torch.FloatTensor".

    Raises
    ------
    TypeError
        If it is no floating type.

    See Also
    --------
    set_default_dtype : The same, by dtype.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.set_default_tensor_type("torch.FloatTensor")
    >>> tg.tensor(1.0).dtype
    dtype('float32')
    """
    name = str(getattr(t, "__name__", t)).removeprefix("torch.")
    kinds = {"FloatTensor": "float32", "DoubleTensor": "float64", "HalfTensor": "float16"}
    if name not in kinds:
        raise TypeError(f"set_default_tensor_type: {t!r} is none of {', '.join(kinds)}")
    set_default_dtype(kinds[name])


# ---------------------------------------------------------------- compile, names


@public()
def typename(obj: Any) -> str:
    """Return the name of an object's type: of a tensor by its dtype, else with its module.

    Parameters
    ----------
    obj : object
        A tensor, a class, or any other object.

    Returns
    -------
    str
        For example "torch.FloatTensor" of a float32 tensor.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.typename(tg.tensor([1, 2]))
    'torch.LongTensor'
    """
    if hasattr(obj, "array") and hasattr(obj, "type"):
        return str(obj.type())
    kind = obj if isinstance(obj, type) else type(obj)
    module = "" if kind.__module__ == "builtins" else f"{kind.__module__}."
    return f"{module}{kind.__qualname__}"


@public()
def is_storage(obj: Any) -> bool:
    """Return whether an object is a storage: there are none.

    Parameters
    ----------
    obj : object
        Any object.

    Returns
    -------
    bool
        False: the elements of a tensor stand in a NumPy array.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.is_storage(tg.ones(2))
    False
    """
    return False
