"""How a tensor prints: element for element as PyTorch's does; and how anything else does, as the
call that makes it."""

from collections.abc import Callable
from inspect import Parameter, isclass, signature
from types import SimpleNamespace
from typing import Any

import numpy as np

from .dtypes import Array, bool_, get_default_dtype, int64
from .registry import public

_default: dict[str, Any] = {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80}
_short, _full = {"precision": 2, "edgeitems": 2}, {"threshold": float("inf")}
_profiles = {"default": _default, "short": _default | _short, "full": _default | _full}
_options = SimpleNamespace(**_default, sci_mode=None)


@public()
def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Set how tensors print from now on.

    Parameters
    ----------
    precision : int, optional
        The number of decimals; 4 at first.
    threshold : int, optional
        A tensor of more elements is summarized; 1000 at first.
    edgeitems : int, optional
        How many elements a summary shows at each end of a dimension; 3 at first.
    linewidth : int, optional
        The number of characters in a line; 80 at first.
    profile : {"default", "short", "full"}, optional
        Sets all of them at once: the values above; 2 decimals and 2 elements at each end; no
        summary.  What is also given by name comes after it.
    sci_mode : bool, optional
        Whether floats are written with powers of ten.  None, which each call without it sets again,
        writes them so where their sizes differ by more than 1000 times, or need it.

    Raises
    ------
    ValueError
        If there is no such profile.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.set_printoptions(precision=2, threshold=5, edgeitems=1)
    >>> tg.arange(6) / 3
    tensor([0.00,  ..., 1.67])
    >>> tg.set_printoptions(profile="default")
    """
    if profile not in (None, *_profiles):
        known = ", ".join(_profiles)
        raise ValueError(f"set_printoptions: there is no profile {profile!r}; there are {known}")
    given = {"precision": precision, "threshold": threshold}
    given |= {"edgeitems": edgeitems, "linewidth": linewidth}
    chosen = {name: value for name, value in given.items() if value is not None}
    vars(_options).update(_profiles.get(profile or "", {}) | chosen | {"sci_mode": sci_mode})


def tensor_text(tensor: Any) -> str:
    """`tensor([1.0000, 2.5000], dtype=float64, requires_grad=True)`."""
    array = tensor.array
    implied = [get_default_dtype(), *([int64, bool_] if array.size else [])]
    notes = []
    if array.size == 0 and array.ndim != 1:
        notes.append(f"size={array.shape}")
    if array.dtype not in implied:
        notes.append(f"dtype={array.dtype}")
    if tensor.node is not None:
        notes.append("requires_grad=True" if tensor.is_leaf else f"grad_fn={tensor.node!r}")
    shown = _summarized(array) if array.size > _options.threshold else array
    text = "tensor(" + (_nested(shown, array.shape, 7, _writer(shown)) if array.size else "[]")
    line = len(text) - text.rfind("\n") + 1
    for note in notes:
        line += len(note) + 2
        if line > _options.linewidth:
            text, line = f"{text},\n{' ' * 7}{note}", len(note) + 7
        else:
            text += f", {note}"
    is_parameter = type(tensor).__name__ == "Parameter"
    return f"Parameter containing:\n{text})" if is_parameter else f"{text})"


def _summarized(array: Array) -> Array:
    """The elements at both ends of each dimension of a large array."""
    ends = _options.edgeitems
    for axis, size in enumerate(array.shape):
        if size > 2 * ends:
            array = np.take(array, [*range(ends), *range(size - ends, size)], axis)
    return array


def _nested(shown: Any, shape: tuple[int, ...], indent: int, write: Callable[[Any], str]) -> str:
    """What is shown of numbers of this shape in nested brackets, each dimension but the last on
    lines of its own."""
    if not shape:
        return write(shown[()])
    parts = [_nested(part, shape[1:], indent + 1, write) for part in shown]
    deep = len(shape) > 1
    width = min(map(len, parts))  # -0.0 may be wider
    if len(shown) < shape[0]:
        parts.insert(_options.edgeitems, "..." if deep else " ...")
    each = 1 if deep else max(1, (_options.linewidth - indent) // (width + 2))
    lines = [", ".join(parts[k : k + each]) for k in range(0, len(parts), each)]
    between = "," + "\n" * max(1, len(shape) - 1) + " " * (indent + 1)
    return f"[{between.join(lines)}]"


def _writer(shown: Array) -> Callable[[Any], str]:
    """One format for all numbers that are shown: whole numbers as `2.`, else with decimals, or
    powers of ten where their sizes are too far apart for that; all as wide as the widest."""
    write: Callable[[Any], str] = str
    measured = shown.ravel()
    if shown.dtype.kind == "f":
        measured = measured[np.isfinite(measured) & (measured != 0)]
        sizes = np.abs(measured.astype(np.float64))
        low, high = float(sizes.min(initial=np.inf)), float(sizes.max(initial=0))
        in_powers = high / low > 1000 or high > 1e8 or low < 1e-4
        if _options.sci_mode is not None:
            in_powers = sizes.size > 0 and _options.sci_mode
        decimals = f".{_options.precision}f" if (sizes % 1).any() else "#.0f"
        style = f".{_options.precision}e" if in_powers else decimals
        write = f"{{:{style}}}".format
    width = max((len(write(x)) for x in measured), default=0) if shown.ndim else 0
    return lambda x: write(x).rjust(width)


# ---------------------------------------------------------------- what is no tensor

MANY = 6  # items of a list: of more, only the first ones are shown
PLACED = ("optimizer", "dataset", "datasets", "data_source", "sampler", "schedulers")


class Shown:
    """An object that prints as the call that makes it: `StepLR(SGD, step_size=30, last_epoch=0)`.

    Settings that have their default values are left out.  `_shown` may add more, or other ones."""

    def __repr__(self) -> str:
        return call_text(self, **self._shown())

    def _shown(self) -> dict[str, Any]:
        return {}


def call_text(thing: Any, **given: Any) -> str:
    """The call that makes it, with the settings that it holds under the names of the parameters,
    and those that are `given`."""
    words = {}
    for name, parameter in signature(type(thing).__init__).parameters.items():
        if name == "self" or parameter.kind in (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD):
            continue
        value = given.pop(name, _MISSING)
        for held in (name, f"_{name}", f"{name}s"):
            value = vars(thing).get(held, _MISSING) if value is _MISSING else value
        if value is not _MISSING and not _is_same(value, parameter.default):
            words[name] = value
    words |= given
    parts = [
        text_of(value) if name in PLACED else f"{name}={text_of(value)}"
        for name, value in words.items()
    ]
    return f"{type(thing).__name__}({', '.join(parts)})"


_MISSING = object()


def _is_same(value: Any, default: Any) -> bool:
    simple = value is None or isinstance(value, bool | int | float | str | tuple | list)
    return value is default or (simple and type(value) is type(default) and value == default)


def text_of(value: Any) -> str:
    """A value in one line, and no address of the memory in it."""
    if isclass(value) or hasattr(value, "__qualname__"):
        return str(value.__qualname__).rpartition(".")[2].strip("<>")
    if hasattr(value, "array") and hasattr(value, "node"):
        shape = tuple(value.array.shape)
        return repr(value.array.item()) if shape == () else f"tensor of shape {shape}"
    if isinstance(value, list | tuple) and type(value) in (list, tuple):
        opening, closing = "[]" if isinstance(value, list) else "()"
        items = [text_of(x) for x in value[:MANY]]
        more = f", ... {len(value)} in all" if len(value) > MANY else ""
        single = "," if isinstance(value, tuple) and len(value) == 1 else ""
        return f"{opening}{', '.join(items)}{more}{single}{closing}"
    if hasattr(value, "param_groups"):
        return type(value).__name__
    text = repr(value)
    return type(value).__name__ if "\n" in text or " at 0x" in text else text
