"""Make a module without drawing its initial values from the generator."""

from __future__ import annotations

from typing import Any

import tinygrad_edu as tg

from ..module import Module

__all__ = ["skip_init"]


def skip_init(module_cls: type[Module], *args: Any, **kwargs: Any) -> Module:
    """Construct a module without drawing initial values, before `load_state_dict` for example.

    Parameters
    ----------
    module_cls : type
        The class of the module.
    *args, **kwargs
        Its arguments.

    Returns
    -------
    Module
        The module.  The default generator stands where it stood; what the parameters hold is not
        specified, as in PyTorch.

    Raises
    ------
    TypeError
        If `module_cls` is no class of modules.

    Examples
    --------
    >>> import nn
    >>> nn.utils.skip_init(nn.Linear, 5, 1)
    Linear(in_features=5, out_features=1, bias=True)
    """
    if not (isinstance(module_cls, type) and issubclass(module_cls, Module)):
        raise TypeError(f"skip_init: it takes a class of modules, as nn.Linear, not {module_cls!r}")
    state = tg.get_rng_state()
    try:
        return module_cls(*args, **kwargs)
    finally:
        tg.set_rng_state(state)


def __dir__() -> list[str]:
    return sorted(__all__)
