"""How far a number is from what it should be, in units in the last place (ulp)."""

from typing import Any

import numpy as np
from mpmath import mp, mpf


def error_in_ulp(given: Any, right: Any, dtype: Any, terms: Any = 0) -> float:
    """|given - right| / ulp(right), 0 for the right infinity, and inf for a wrong one or nan.

    Where the right number is a sum whose terms cancel, it is counted in ulp of the largest of them,
    `terms`, each of which is rounded."""
    given, right = mpf(float(given)), mpf(right)
    if mp.isnan(right):
        return 0.0  # mathematics says nothing here
    if mp.isnan(given) or (mp.isinf(right) and given != right):
        return float("inf")
    info = np.finfo(dtype)
    digits = info.nmant + 1
    if mp.isinf(given):  # right if the nearest number is beyond the largest one
        largest = mpf(float(info.max)) * (1 + mpf(2) ** -(digits + 1))
        return (
            0.0
            if given * right > 0 and abs(right) >= largest * (1 - mpf(2) ** -20)
            else float("inf")
        )
    if mp.isinf(right):
        return 0.0
    return float(abs(given - right) / ulp(max(abs(right), abs(terms)), info.minexp, digits))


def ulp(x: Any, least: int, digits: int) -> Any:
    """The distance of the numbers with so many binary digits around x."""
    exponent = mp.frexp(x)[1] - 1 if x else least
    return mpf(2) ** (max(exponent, least) - digits + 1)
