"""How a tensor prints: as PyTorch's does, number by number."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

from .dtypes import Array, bool_, get_default_dtype, int64

_default: dict[str, Any] = {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80}
_short, _full = {"precision": 2, "edgeitems": 2}, {"threshold": float("inf")}
_profiles = {"default": _default, "short": _default | _short, "full": _default | _full}
_options = SimpleNamespace(**_default, sci_mode=None)


def set_printoptions(
    *, profile: str | None = None, sci_mode: bool | None = None, **numbers: float | None
) -> None:
    """How tensors print from now on; what is not said stays as it is.

    `precision` decimals; more than `threshold` numbers are cut to `edgeitems` at each end of a
    dimension; `linewidth` characters a line; `sci_mode` says whether to write powers of ten (None:
    where the numbers ask for it).  A `profile` sets all at once: "default", "short" or "full".
    """
    if profile not in (None, *_profiles) or not numbers.keys() <= _default.keys():
        known = [*_default, "sci_mode", *_profiles]
        raise ValueError(f"set_printoptions: {profile!r}, {list(numbers)}: there are {known}")
    chosen = {name: value for name, value in numbers.items() if value is not None}
    vars(_options).update(_profiles.get(profile or "", {}), **chosen, sci_mode=sci_mode)


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
    long = array.size > _options.threshold
    text = "tensor(" + ("[]" if array.size == 0 else _nested(array, 7, long, _writer(array, long)))
    line = len(text) - text.rfind("\n") + 1
    for note in notes:
        line += len(note) + 2
        if line > _options.linewidth:
            text, line = f"{text},\n{' ' * 7}{note}", len(note) + 7
        else:
            text += f", {note}"
    is_parameter = type(tensor).__name__ == "Parameter"
    return f"Parameter containing:\n{text})" if is_parameter else f"{text})"


def _nested(array: Array, indent: int, long: bool, write: Callable[[Any], str]) -> str:
    """The numbers in nested brackets, each dimension but the last on lines of its own."""
    if array.ndim == 0:
        return write(array[()])
    ends = _options.edgeitems
    cut = long and len(array) > 2 * ends
    head, tail = (array[:ends], array[len(array) - ends :]) if cut else (array, array[:0])
    if array.ndim > 1:
        rows = [_nested(row, indent + 1, long, write) for row in head]
        rows += ["..."] * cut + [_nested(row, indent + 1, long, write) for row in tail]
        between = "," + "\n" * (array.ndim - 1) + " " * (indent + 1)
        return "[" + between.join(rows) + "]"
    words = [write(x) for x in head] + [" ..."] * cut + [write(x) for x in tail]
    each = max(1, (_options.linewidth - indent) // (len(words[0]) + 2))
    lines = [", ".join(words[k : k + each]) for k in range(0, len(words), each)]
    return "[" + (",\n" + " " * (indent + 1)).join(lines) + "]"


def _writer(array: Array, long: bool) -> Callable[[Any], str]:
    """One format for all numbers that are shown: whole numbers as `2.`, else with decimals, or
    powers of ten where their sizes are too far apart for that; all as wide as the widest."""
    write: Callable[[Any], str] = str
    measured = (_shown(array) if long else array).ravel()
    if array.dtype.kind == "f":
        measured = measured[np.isfinite(measured) & (measured != 0)]
        sizes = np.abs(measured.astype(np.float64))
        low, high = float(sizes.min(initial=np.inf)), float(sizes.max(initial=0))
        in_powers = high / low > 1000 or high > 1e8 or low < 1e-4
        if _options.sci_mode is not None:
            in_powers = sizes.size > 0 and _options.sci_mode
        if in_powers:
            write = f"{{:.{_options.precision}e}}".format
        elif (sizes == np.ceil(sizes)).all():

            def write(x: Any) -> str:
                return f"{x:.0f}." if np.isfinite(x) else str(x)
        else:
            write = f"{{:.{_options.precision}f}}".format
    width = max((len(write(x)) for x in measured), default=0) if array.ndim else 0
    return lambda x: write(x).rjust(max(width, 1))


def _shown(array: Array) -> Array:
    ends = _options.edgeitems
    for axis, size in enumerate(array.shape):
        if size > 2 * ends:
            array = np.take(array, [*range(ends), *range(size - ends, size)], axis)
    return array
