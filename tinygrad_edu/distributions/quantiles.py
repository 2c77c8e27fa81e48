"""The inverse of the error function, for quantiles of normal distributions."""

from math import pi, sqrt
from typing import Any

import numpy as np

from .. import ops
from ..dtypes import Array
from ..engine.graph import op

__all__ = ["erfinv"]


@np.errstate(all="ignore")
def _erfinv(x: Array) -> Array:
    """Newton's third-order method (Halley), three times, from Winitzki's formula of 2008; beyond
    1/2 on erfc and 1 - |x|, which loses no digits."""
    a = np.absolute(x.astype(np.float64))
    log_rest = np.log1p(-a * a)
    middle = 2 / (pi * 0.147) + log_rest / 2
    y = np.sqrt(np.sqrt(middle * middle - log_rest / 0.147) - middle)
    for _ in range(3):
        below: Any = 2 * ops.ndtr(-y * sqrt(2))  # erfc(y)
        miss = np.where(a < 0.5, np.asarray(ops.erf(y)) - a, (1 - a) - below)
        step = miss * (sqrt(pi) / 2) * np.exp(y * y)
        y = y - step / (1 + y * step)
    found = np.where(a == 1, np.inf, y)
    return np.asarray(np.copysign(found, x), x.dtype)


def _slope(g: Any, y: Any, _x: Any) -> Any:
    return g * (sqrt(pi) / 2) * ops.exp(y * y)


@op(_slope, domain=(-0.9, 0.9))
def erfinv(x: Any) -> Any:
    """y such that erf y = x;  dL/dx = g sqrt pi / 2 e^(y^2)."""
    return _erfinv(x)
