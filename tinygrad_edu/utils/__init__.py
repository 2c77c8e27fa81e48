"""PyTorch's `torch.utils`: `utils.data` (which is `nn.data`) and `utils.checkpoint`.

>>> import tinygrad_edu as torch
>>> loader = torch.utils.data.DataLoader([1, 2, 3, 4], batch_size=2)
>>> list(loader)
[tensor([1, 2]), tensor([3, 4])]
"""

import sys
from importlib import import_module
from typing import Any

from ..absent import refuse

__all__ = ["checkpoint", "data"]


def __dir__() -> list[str]:
    return __all__


def stand_for(name: str, home: str) -> None:
    """Let the module `name` be the module `home`, and its submodules those of `home`.

    Python's import gives what stands in `sys.modules` under the name that it imported.
    """
    for path, module in list(sys.modules.items()):
        if path == home or path.startswith(f"{home}."):
            sys.modules[name + path.removeprefix(home)] = module


def __getattr__(name: str) -> Any:
    """`utils.data` and `utils.checkpoint`, imported when they are first asked for."""
    if name not in __all__:
        refuse("utils", name, __name__)
    return import_module(f"{__name__}.{name}")
