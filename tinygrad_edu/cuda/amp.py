"""PyTorch's older path to mixed precision: `cuda.amp.autocast` and `cuda.amp.GradScaler`.

>>> from tinygrad_edu.cuda.amp import GradScaler, autocast
>>> with autocast():
...     pass  # float32 stays
"""

from typing import Any

from .. import amp
from ..dtypes import DTypeLike, float16

__all__ = ["GradScaler", "autocast", "custom_bwd", "custom_fwd"]


def __dir__() -> list[str]:
    return __all__


class autocast(amp.autocast):
    """Mark a region of mixed precision, in the words of `torch.cuda.amp`: float32 stays.

    Parameters
    ----------
    enabled : bool, default True
        Accepted, without effect.
    dtype : dtype, default float16
        Accepted, without effect.
    cache_enabled : bool, default True
        Accepted, without effect.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> with tg.cuda.amp.autocast():
    ...     y = tg.ones(2) * 2
    >>> y.dtype
    dtype('float32')
    """

    def __init__(
        self, enabled: bool = True, dtype: DTypeLike = float16, cache_enabled: bool = True
    ) -> None:
        super().__init__("cuda", dtype, enabled, cache_enabled)


class GradScaler(amp.GradScaler):
    """Scale a loss and unscale the gradients, in the words of `torch.cuda.amp`.

    Parameters
    ----------
    init_scale, growth_factor, backoff_factor, growth_interval, enabled
        As in `tinygrad_edu.amp.GradScaler`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.cuda.amp.GradScaler(init_scale=8.0).scale(tg.tensor(0.5))
    tensor(4.)
    """

    def __init__(
        self,
        init_scale: float = 2.0**16,
        growth_factor: float = 2.0,
        backoff_factor: float = 0.5,
        growth_interval: int = 2000,
        enabled: bool = True,
    ) -> None:
        super().__init__(
            "cuda", init_scale, growth_factor, backoff_factor, growth_interval, enabled
        )


def custom_fwd(fwd: Any = None, *, cast_inputs: DTypeLike = None) -> Any:
    """Mark the `forward` of an `autograd.Function` for mixed precision: here the function itself.

    Parameters
    ----------
    fwd : callable, optional
        The function; without it, a decorator is returned.
    cast_inputs : dtype, optional
        Accepted, without effect: no dtype is changed.

    Returns
    -------
    callable
        `fwd` itself.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> @tg.cuda.amp.custom_fwd
    ... def double(x):
    ...     return 2 * x
    >>> double(3)
    6
    """
    return amp.custom_fwd(fwd, device_type="cuda", cast_inputs=cast_inputs)


def custom_bwd(bwd: Any) -> Any:
    """Mark the `backward` of an `autograd.Function` for mixed precision: here the function itself.

    Parameters
    ----------
    bwd : callable
        The function.

    Returns
    -------
    callable
        `bwd` itself.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> @tg.cuda.amp.custom_bwd
    ... def double(x):
    ...     return 2 * x
    >>> double(3)
    6
    """
    return amp.custom_bwd(bwd, device_type="cuda")
