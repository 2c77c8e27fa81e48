"""What PyTorch offers to look at the record, and to say where saved tensors are kept.

>>> import tinygrad_edu as tg
>>> y = tg.ones(2, requires_grad=True).exp()
>>> isinstance(y.grad_fn, tg.autograd.graph.Node)
True
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

from ..engine.graph import Node

__all__ = ["Node", "save_on_cpu", "saved_tensors_hooks"]


def save_on_cpu(pin_memory: bool = False, device_type: str = "cuda") -> Any:
    """Keep saved tensors in the memory of the CPU: they are there in any case.

    Parameters
    ----------
    pin_memory : bool, default False
        Without effect.
    device_type : str, default "cuda"
        Without effect.

    Returns
    -------
    context manager

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> with tg.autograd.graph.save_on_cpu():
    ...     y = tg.ones(2, requires_grad=True).exp()
    """
    return nullcontext()


def saved_tensors_hooks(pack_hook: Callable[[Any], Any], unpack_hook: Callable[[Any], Any]) -> None:
    """Raise NotImplementedError: what the record saves cannot be packed and unpacked.

    Parameters
    ----------
    pack_hook, unpack_hook : callable
        What PyTorch calls when a tensor is saved, and when it is read.

    Raises
    ------
    NotImplementedError
        Always.  To save memory, use `autograd.checkpoint`, which saves less.
    """
    raise NotImplementedError(
        "saved_tensors_hooks: the record keeps the arrays that its rules read, and no hook can "
        "exchange them; to keep less, compute a part again: autograd.checkpoint(function, *args)"
    )
