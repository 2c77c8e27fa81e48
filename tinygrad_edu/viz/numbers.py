"""Numbers as a picture writes them: short, and with the same decimals where a reader adds them.

>>> together([0.146, -0.104, 0.042])
['0.146', '-0.104', '0.042']
>>> together([1e-9, 2.5e-8])
['0.1e-08', '2.5e-08']
>>> adding([1 / 3, 1 / 3, 1 / 3], 1.0)
(['0.333', '0.333', '0.333'], '1.000')
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

DIGITS = 4  # significant ones, of the largest of the numbers that belong together
MORE_DIGITS = 7  # at most, where the shorter ones do not add up


def is_number(x: Any) -> bool:
    """Is it an array of one element, or a number?"""
    return x is not None and not isinstance(x, tuple) and np.size(x) == 1


def number(x: Any) -> str:
    """One number."""
    return together([x])[0]


def together(values: Sequence[Any], digits: int = DIGITS) -> list[str]:
    """Numbers that are read together, all with as many decimals as the largest one needs."""
    if all(isinstance(x, bool | np.bool_ | int | np.integer) for x in values):
        return [str(x) for x in values]
    floats = [float(x) for x in values]
    sizes = [abs(x) for x in floats if x and math.isfinite(x)]
    power = math.floor(math.log10(max(sizes))) if sizes else 0
    if -4 < power < 6:
        return _stripped([_fixed(x, max(digits - 1 - power, 0), "") for x in floats], floats)
    return _stripped([_scaled(x, power, digits) for x in floats], floats)


def _fixed(x: float, decimals: int, ending: str) -> str:
    if not math.isfinite(x):
        return f"{x}"
    text = f"{x:.{decimals}f}"
    return text.removeprefix("-") + ending if float(text) == 0 else text + ending


def _scaled(x: float, power: int, digits: int) -> str:
    if not math.isfinite(x) or x == 0:
        return f"{x:g}".replace("-0", "0")
    mantissa, _, exponent = f"{x:.{digits - 1}e}".partition("e")
    shift = int(exponent) - power  # all get the exponent of the largest
    return _fixed(float(mantissa) * 10.0**shift, digits - 1, f"e{power:+03d}")


def _stripped(texts: list[str], values: list[float]) -> list[str]:
    """Without zeros at the ends of all; a number that would read 0 and is not, written alone."""
    parts = [text.partition("e") for text in texts]
    after = [mantissa.partition(".")[2] for mantissa, _, _ in parts]
    keep = max(len(decimals.rstrip("0")) for decimals in after)
    made = []
    for (mantissa, e, exponent), decimals, x in zip(parts, after, values, strict=True):
        cut = len(decimals) - keep
        text = mantissa[: len(mantissa) - cut].rstrip(".") if cut > 0 else mantissa
        small = x != 0 and math.isfinite(x) and float(text) == 0
        made.append(f"{x:.1e}" if small else text + e + exponent)
    return made


def adding(parts: Sequence[Any], total: Any) -> tuple[list[str], str]:
    """The parts of a sum and the sum, with digits enough to add them, if rounding allows it."""
    texts: list[str] = []
    for digits in range(DIGITS, MORE_DIGITS + 1):
        texts = together([*parts, total], digits)
        left = sum(float(text) for text in texts[:-1]) - float(texts[-1])
        step = 10.0 ** -len(texts[-1].partition(".")[2].partition("e")[0])
        if len(parts) < 2 or not abs(left) > 0.5 * step * _unit(texts[-1]):
            return texts[:-1], texts[-1]
    texts = together([*parts, total])
    return texts[:-1], texts[-1]


def _unit(text: str) -> float:
    return float("1e" + (text.partition("e")[2] or "0"))


class Statistics(NamedTuple):
    """What is said of an array in a few numbers, of the finite ones; `zeros` is a share."""

    low: float
    high: float
    mean: float
    std: float
    zeros: float
    nans: int
    infinities: int


def statistics(x: Any) -> Statistics | None:
    """The statistics of an array of floats, whole numbers or bools; None of an empty one."""
    array = np.asarray(x)
    if array.dtype.kind not in "fiub" or not array.size:
        return None
    array = array.astype(np.float64)
    nans, infinities = int(np.isnan(array).sum()), int(np.isinf(array).sum())
    finite = array[np.isfinite(array)]
    zeros = float((array == 0).mean())
    if not finite.size:
        return Statistics(math.nan, math.nan, math.nan, math.nan, zeros, nans, infinities)
    low, high = float(finite.min()), float(finite.max())
    scale = max(abs(low), abs(high)) or 1.0  # divided out, so that squares do not overflow
    scaled = finite / scale
    mean, std = float(scaled.mean()) * scale, float(scaled.std()) * scale
    return Statistics(low, high, mean, std, zeros, nans, infinities)


class Size(NamedTuple):
    """How large a gradient is."""

    norm: float
    rms: float


def size_of(gradient: Any) -> Size:
    """The norm and the root mean square; NaN or inf if an element is; of several outputs, of all
    their elements."""
    arrays = gradient if isinstance(gradient, tuple) else (gradient,)
    flat = [np.abs(np.asarray(x, np.float64)).reshape(-1) for x in arrays]
    array = flat[0] if len(flat) == 1 else np.concatenate(flat)
    largest = float(array.max(initial=0.0))  # divided out, so that squares do not overflow
    if largest == 0 or not math.isfinite(largest):
        return Size(largest, largest)
    norm = largest * float(np.sqrt(np.square(array / largest).sum()))
    return Size(norm, norm / math.sqrt(array.size))
