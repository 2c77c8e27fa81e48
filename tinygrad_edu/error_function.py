"""The error function and its relatives, and x - tanh x, in NumPy, number by number, from textbook
formulas.

The polynomials for float64 are made when first used, from formulas of Abramowitz and Stegun,
Handbook of Mathematical Functions (1964), cited as A&S.  The results are right to about 1e-14 in
float64, and to a few roundings of the last digit in float32, which has coefficients of its own.
"""

from functools import cache
from math import erf as exact_erf, erfc as exact_erfc, pi, sqrt
from typing import Any

import numpy as np


def polynomial(coefficients: Any, x: Any) -> Any:
    """c0 + c1 x + c2 x^2 + ..., by Horner's rule."""
    y = x * coefficients[-1]
    for c in coefficients[-2:0:-1]:
        y += c
        y *= x
    y += coefficients[0]
    return y


@cache
def _interpolated(function: Any, degree: Any, dtype: Any) -> Any:
    """The polynomial through the function's values at the Chebyshev points of [-1, 1]."""
    from numpy.polynomial.chebyshev import cheb2poly

    k = np.arange(degree + 1)
    quarter = pi / (2 * len(k))
    values = [function(t) for t in np.cos(quarter * (2 * k + 1))]
    coefficients = np.cos(quarter * (np.outer(k, 2 * k + 1) % (4 * len(k)))) @ values * (2 / len(k))
    coefficients[0] /= 2
    return cheb2poly(coefficients).astype(dtype)


def _scaled_erfc(a: Any) -> Any:
    """e^(a^2) erfc(a); beyond 1 as 1 / (a + (1/2) / (a + 1 / (a + (3/2) / ...))) / sqrt pi
    (A&S 7.1.14)."""
    if a < 1:
        return np.exp(a * a) * exact_erfc(a)
    fraction = a
    for k in range(200, 0, -1):
        fraction = a + k / 2 / fraction
    return 1 / fraction / sqrt(pi)


def _far(t: Any) -> Any:
    """(a + 2.5) e^(a^2) erfc(a) for any a >= 0, at t = (a - 2.5) / (a + 2.5)."""
    return 5 / (1 - t) * _scaled_erfc(2.5 * (1 + t) / (1 - t))


def _near(t: Any) -> Any:
    """erf(a) / a for a <= 1, at t = 2 a^2 - 1."""
    return exact_erf(sqrt((t + 1) / 2)) / sqrt((t + 1) / 2)


# For float32: found by least squares in float64, at 3,000 Chebyshev points that were weighted anew
# 400 times by the relative error there, which makes the largest error small (Lawson, 1961).
#
# erf(x) = z / sqrt(1 + z^2), z = x p(x^2), for |x| <= 4.  A relative error of z is divided by
# 1 + z^2, so few terms will do, and the result is never above 1.
_ERF = [1.128379212, 0.3422197073, 0.08048029109, 0.01258980545, 0.001460186602]
_ERF += [9.334044352e-05, 2.512479936e-05, -1.593080571e-06, 2.188117439e-07]
# e^(a^2) erfc(a) = p(a) / q(a) for 0 <= a <= 10.5, to 6e-9; p - f q is fitted, over the q before.
_ERFCX = (
    [1.000000006, 1.241651707, 0.7350045033, 0.2308416792, 0.03313789235],
    [1.0, 2.370031494, 2.409288713, 1.331716847, 0.4091810752, 0.05873473996],
)
# e^(a^2 / 2) times the chance that a standard normal number is above a.
_TAIL = [[c * 0.5 ** (k / 2) for k, c in enumerate(row)] for row in _ERFCX]
_TAIL[0] = [c / 2 for c in _TAIL[0]]


def _ratio(rows: Any, x: Any) -> Any:
    """p(x) / q(x), given the coefficients of both."""
    y = polynomial(rows[0], x)
    y /= polynomial(rows[1], x)
    return y


def _erfcx_of_size(a: Any) -> Any:
    """e^(a^2) erfc(a) for a >= 0."""
    if a.dtype.itemsize == 4:
        return _ratio(_ERFCX, np.minimum(a, 10.5))
    r = 1 / (a + 2.5)
    return polynomial(_interpolated(_far, 22, a.dtype), 1 - 5 * r) * r


def _exp_of_square(a: Any, rate: Any) -> Any:
    """e^(rate a^2).  To round a^2 to s costs all digits that a^2 has before the point: what is lost
    is b^2 - s + (a - b)(a + b), with b so short that b^2 is exact.  For 0 <= a <= 40."""
    s, b = a * a, np.rint(a * 128) * 0.0078125
    lost = b * b
    lost -= s
    lost += (a - b) * (a + b)
    lost *= rate
    lost += 1
    s *= rate
    y = np.exp(s)
    y *= lost
    return y


def _erfc_of_size(a: Any) -> Any:
    """erfc(a) for a >= 0."""
    return _erfcx_of_size(a) * bell(a)


def erf(x: Any) -> Any:
    """erf(x); of float32 right to 4 units in the last place."""
    if x.dtype.itemsize == 4:
        z = np.clip(x, -4, 4)
        square = z * z
        z *= polynomial(_ERF, square)
        np.multiply(z, z, out=square)
        square += 1
        z /= np.sqrt(square, out=square)
        return z
    a = np.absolute(x)
    near = np.minimum(a, 1)
    near = near * polynomial(_interpolated(_near, 11, a.dtype), 2 * near * near - 1)
    return np.copysign(np.where(a < 1, near, 1 - _erfc_of_size(a)), x)


def erfc(x: Any) -> Any:
    """1 - erf(x)"""
    y = _erfc_of_size(np.absolute(x))
    return np.where(x < 0, 2 - y, y)


def bell(x: Any, rate: float = 1.0) -> Any:
    """e^(-rate x^2), for a rate of 1 or 1/2."""
    return _exp_of_square(np.minimum(np.absolute(x), 40), -rate)


def erfcx(x: Any) -> Any:
    """e^(x^2) erfc(x)"""
    a = np.absolute(x)
    right = _erfcx_of_size(a)
    return np.where(x < 0, 2 * _exp_of_square(np.minimum(a, 40), 1) - right, right)


def normal(x: Any) -> Any:
    """The chance that a standard normal number is below x, and the density there, of float32."""
    a = np.clip(np.absolute(x), 0, 15)
    density = _exp_of_square(a, -0.5)
    tail = _ratio(_TAIL, a)
    tail *= density
    density *= sqrt(0.5 / pi)
    return np.absolute((x > 0) - tail), density  # 1 - tail on the right


def ndtr(x: Any) -> Any:
    """The chance that a standard normal number is below x."""
    if x.dtype.itemsize == 4:
        return normal(x)[0]
    tail = _normal_tail(np.absolute(x))
    return np.where(x > 0, 1 - tail, tail)


def _normal_tail(a: Any) -> Any:
    """The chance that a standard normal number is above a >= 0."""
    return _erfcx_of_size(a * sqrt(0.5)) * bell(a, 0.5) * 0.5


def log_ndtr(x: Any) -> Any:
    """ln ndtr(x)"""
    a = np.absolute(x) * sqrt(0.5)
    below = np.log(_erfcx_of_size(a) / 2) - np.square(x) / 2
    tail = _normal_tail(np.absolute(x))
    return np.where(x < -1, below, np.log1p(np.where(x < 0, tail - 1, -tail)))


# ---------------------------------------------------------------- and its inverse


def _erfinv_of(y: Any, rest: Any) -> Any:
    """The a >= 0 with erf(a) = y, for y in [0, 1] and rest = 1 - y, which the caller knows to all
    digits.  Winitzki's formula (2008) is right to 2e-3; Halley's method triples the digits.

    Up to 1/2 it solves erf(a) = y, and beyond ln erfc(a) = ln rest, whose derivative is
    -m = -2 / (sqrt pi erfcx(a)), with m' = m (m - 2 a)."""
    logarithm = np.log(rest * (1 + y))
    half = 2 / (pi * 0.147) + logarithm / 2
    a = np.sqrt(np.sqrt(half * half - logarithm / 0.147) - half)
    near, far = np.minimum(a, 1), np.where(rest > 0, a, 1)
    for _ in range(3):
        step = (erf(near) - y) / bell(near) * (sqrt(pi) / 2)
        near = near - step / (1 + step * near)
        scaled = _erfcx_of_size(far)
        m = 2 / sqrt(pi) / scaled
        step = (np.log(rest / scaled) + np.square(far)) / m
        far = far - step / (1 - step * (m - 2 * far) / 2)
    return np.where(y < 0.5, near, np.where(rest > 0, far, np.where(rest == 0, np.inf, np.nan)))


def erfinv(x: Any) -> Any:
    """The number with erf(a) = x."""
    a = np.absolute(x)
    return np.copysign(_erfinv_of(a, 1 - a), x)


def ndtri(p: Any) -> Any:
    """The number with ndtr(a) = p."""
    rest = 2 * np.where(p < 0.5, p, 1 - p)
    return np.copysign(_erfinv_of(np.absolute(2 * p - 1), rest), p - 0.5) * sqrt(2)


# ---------------------------------------------------------------- the hyperbolic tangent

# (x - tanh x) / x^3 for |x| <= 1, as a ratio of polynomials in x^2: the continued fraction
# x / (1 + x^2 / (3 + x^2 / (5 + ...))) up to 17, whose terms have one sign (A&S 4.5.70).
_TANHSHRINK = (
    [11486475.0, 810810.0, 12870.0, 44.0],
    [34459425.0, 16216200.0, 945945.0, 13860.0, 45.0],
)


def tanhshrink(x: Any) -> Any:
    """x - tanh x"""
    small = np.clip(x, -1, 1)
    square = small * small
    near = polynomial(_TANHSHRINK[0], square)
    near /= polynomial(_TANHSHRINK[1], square)
    near *= square
    near *= small
    return np.where(small == x, near, x - np.tanh(x))
