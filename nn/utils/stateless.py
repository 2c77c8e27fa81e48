"""Call a module with other parameters than its own: PyTorch's older path to
`tinygrad_edu.func.functional_call`."""

from __future__ import annotations

import warnings
from typing import Any

import tinygrad_edu as tg
from tinygrad_edu import Tensor
from tinygrad_edu.engine.clock import caller_level

from ..module import Module

__all__ = ["functional_call"]


def functional_call(
    module: Module,
    parameters_and_buffers: dict[str, Tensor],
    args: Any = None,
    kwargs: dict[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """Call a module with other parameters and buffers; deprecated, as in PyTorch.

    Parameters
    ----------
    module : Module
        The module, which keeps its own parameters.
    parameters_and_buffers : dict of str to Tensor
        What stands in for the parameters and buffers of these paths.
    args : Any or tuple, optional
        The arguments, or the single one.
    kwargs : dict, optional
        The keyword arguments.
    tie_weights : bool, default True
        Whether a tensor that the module holds twice is replaced twice.
    strict : bool, default False
        Raise an error if a parameter or buffer is missing.

    Returns
    -------
    Any
        module(*args, **kwargs).

    Warns
    -----
    FutureWarning
        Always: `tinygrad_edu.func.functional_call` is the same.

    Raises
    ------
    ValueError
        If the module has no such path.
    RuntimeError
        If a path is missing, with `strict`.

    Examples
    --------
    >>> import nn
    >>> import tinygrad_edu as tg
    >>> net = nn.Linear(1, 1, bias=False)
    >>> tg.func.functional_call(net, {"weight": tg.tensor([[3.0]])}, tg.tensor([2.0]))
    tensor([6.])
    """
    warnings.warn(
        "nn.utils.stateless.functional_call is deprecated; use tinygrad_edu.func.functional_call",
        FutureWarning,
        stacklevel=caller_level(),
    )
    return tg.func.functional_call(
        module, parameters_and_buffers, args, kwargs, tie_weights=tie_weights, strict=strict
    )


def __dir__() -> list[str]:
    return sorted(__all__)
