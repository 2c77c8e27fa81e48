"""Where numbers are computed: NumPy computes on the CPU, and any other device is refused by name.

>>> device("cuda" if cuda.is_available() else "cpu")
device(type='cpu')
"""

from types import SimpleNamespace
from typing import Any


class device:
    """The place where a tensor lives: `device("cpu")`, `device("cpu:0")` or `device("cpu", 0)`.

    It equals the string that names it, and the two hash alike.  Raises RuntimeError for any
    other place.

    >>> device("cpu") == "cpu", str(device("cpu", 0))
    (True, 'cpu:0')
    """

    __slots__ = ("index", "type")

    def __init__(self, type: Any = "cpu", index: int | None = None) -> None:
        self.type, colon, number = str(type).partition(":")
        if self.type != "cpu" or (colon and not number.isdecimal()):
            hint = 'there is only "cpu".  Code that asks cuda.is_available() first runs as it is'
            raise RuntimeError(f"NumPy computes on the CPU: no device {str(type)!r}, {hint}")
        self.index = int(number) if colon else index

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __repr__(self) -> str:
        index = "" if self.index is None else f", index={self.index}"
        return f"device(type={self.type!r}{index})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, device | str) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))


def check_device(given: Any) -> None:
    """Raise RuntimeError unless `given` is None or names the CPU."""
    if given is not None:
        device(given)


def _none(*_: Any) -> None:
    """There is no such device, so nothing is to be done on it."""


# What code asks before it uses a GPU, and what it does to one in passing.
_absent = {"is_available": lambda: False, "device_count": lambda: 0, "synchronize": _none}
cuda = SimpleNamespace(**_absent, manual_seed=_none, manual_seed_all=_none, empty_cache=_none)
accelerator = SimpleNamespace(**_absent)
backends = SimpleNamespace(
    mps=SimpleNamespace(is_available=lambda: False, is_built=lambda: False),
    cudnn=SimpleNamespace(is_available=lambda: False, deterministic=True, benchmark=False),
)
