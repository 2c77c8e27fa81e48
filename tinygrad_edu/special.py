"""Special functions under `torch.special`'s names: `special.expit` is `sigmoid`.

They are declared where the functions are defined (see `registry.py`); the derivatives are in
`ops/special.py` and `ops/elementwise.py`.
"""

from typing import Any as _Any

from . import functions as _functions  # noqa: F401 (declares them)
from .absent import refuse as _refuse
from .registry import names_in as _names_in

globals().update(_names_in("special"))
__all__ = sorted(_names_in("special"))


def __dir__() -> list[str]:
    return __all__


def __getattr__(name: str) -> _Any:
    _refuse("special", name, __name__)
