"""Where numbers are computed: NumPy computes on the CPU, and any other device is refused by name.

>>> import tinygrad_edu as tg
>>> tg.device("cuda" if tg.cuda.is_available() else "cpu")
device(type='cpu')
"""

from typing import Any, Self, TypeVar

from .registry import public


@public()
class device:
    """The place where a tensor lives: `device("cpu")`, `device("cpu:0")` or `device("cpu", 0)`.

    Parameters
    ----------
    type : str or device, default "cpu"
        The name of the device, with or without a number.
    index : int, optional
        The number of the device.

    Raises
    ------
    RuntimeError
        For any other device than the CPU.

    Notes
    -----
    A device equals the string that names it, and the two hash alike.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.device("cpu") == "cpu", str(tg.device("cpu", 0))
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


class _Constant:
    """One of PyTorch's constants that say how elements lie in memory: here there is one way."""

    __slots__ = ("_name",)
    _name: str

    def __new__(cls) -> Self:
        raise TypeError(f"{cls.__name__}: there are the constants only, such as {_EXAMPLE}")

    def __repr__(self) -> str:
        return f"torch.{self._name}"

    def __reduce__(self) -> str:
        return self._name  # found in this module again: copies and pickles are the constant itself


_EXAMPLE = "torch.channels_last and torch.strided"


@public()
class memory_format(_Constant):
    """Memory format, the order of elements in memory: the class of `channels_last`.

    A memory format is accepted wherever PyTorch takes one, without effect: results lie in NumPy's
    order.

    Raises
    ------
    TypeError
        If it is called: there are the constants `contiguous_format`, `preserve_format`,
        `channels_last` and `channels_last_3d` only.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.ones(1, 3, 8, 8).to(memory_format=tg.channels_last).shape
    torch.Size([1, 3, 8, 8])
    """

    __slots__ = ()


@public()
class layout(_Constant):
    """The way a tensor is stored: the class of `strided`, the only layout.

    Raises
    ------
    TypeError
        If it is called: there is the constant `strided` only, and no sparse tensor.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.zeros(2, layout=tg.strided)
    tensor([0., 0.])
    """

    __slots__ = ()


C = TypeVar("C", bound=_Constant)


def _constant(kind: type[C], name: str) -> C:
    made = object.__new__(kind)
    made._name = name
    return made


contiguous_format = _constant(memory_format, "contiguous_format")
preserve_format = _constant(memory_format, "preserve_format")
channels_last = _constant(memory_format, "channels_last")
channels_last_3d = _constant(memory_format, "channels_last_3d")
strided = _constant(layout, "strided")
