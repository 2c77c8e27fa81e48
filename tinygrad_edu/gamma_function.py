"""Bessel functions and the gamma function in NumPy, number by number, from textbook formulas.

They are those of Abramowitz and Stegun, Handbook of Mathematical Functions (1964), cited as A&S.
The results are right to about 1e-14 in float64.
"""

from functools import cache
from math import factorial, pi
from typing import Any

import numpy as np

from .error_function import polynomial

# ---------------------------------------------------------------- Bessel functions


def scaled_bessel(n: Any, x: Any) -> Any:
    """e^-|x| I_n(x) for n = 0 or 1.  Up to 30 it is the mean over angles of cosh(x c), or of
    c sinh(x c), c = cos(angle), whose terms have one sign (A&S 9.6.16, 9.6.19); then the series
    1 - (m - 1) / (8 |x|) + (m - 1)(m - 9) / (2! (8 |x|)^2) - ..., m = 4 n^2 (A&S 9.7.1)."""
    a, total, angles = np.minimum(np.absolute(x), 30), 0, 20
    for k in range(angles):
        c = np.cos(pi * (k + 0.5) / (2 * angles))
        up, ratio = np.exp((c - 1) * a), -2 * c * a
        total = total + up * (-c * np.expm1(ratio) if n else 1 + np.exp(ratio))
    near = total / (2 * angles)
    a, series = np.maximum(np.absolute(x), 30), [1.0]
    for k in range(1, 25):
        series.append(series[-1] * ((2 * k - 1) ** 2 - 4 * n * n) / (8 * k))
    far = polynomial(series, 1 / a) / np.sqrt(2 * pi * a)
    y = np.where(np.absolute(x) < 30, near, far)
    return np.copysign(y, x) if n else y


def bessel(n: Any, x: Any) -> Any:
    """I_n(x); e^|x| alone may overflow where the product does not."""
    x = np.minimum(np.maximum(x, -1e4), 1e4)  # beyond, it is infinite
    half = np.exp(np.absolute(x) / 2)
    return scaled_bessel(n, x) * half * half


# ---------------------------------------------------------------- the gamma function

_BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510)  # B2 to B16


def _rest(n: Any, y: Any) -> Any:
    """sum_j B_2j (n + 2j - 1)! / (2j)! y^-(n + 2j): what Stirling's formula leaves out of ln gamma
    (n = -1), and up to its sign the derivatives of that (A&S 6.1.40, 6.4.11).  For y >= 8."""
    terms = enumerate(_BERNOULLI, 1)
    series = [b * (factorial(n + 2 * j - 1) / factorial(2 * j)) for j, b in terms]
    return polynomial(series, 1 / (y * y)) / y ** (n + 2)


def _polygamma_right(n: Any, x: Any) -> Any:
    """psi_n(x) for x >= 0: psi_n(x) = psi_n(x + 1) - (-1)^n n! / x^(n + 1), 8 times, leads to where
    the asymptotic series is exact (A&S 6.4.6, 6.4.11)."""
    y = x + 8.0
    total = _rest(n, y) + factorial(n) / 2 / y ** (n + 1)
    total += factorial(n - 1) / y**n if n else -np.log(y)
    for part in (*(x + k for k in range(7, 0, -1)), x):  # x + 0 would lose the sign of -0
        total += factorial(n) / part ** (n + 1)
    return total if n % 2 else -total


def polygamma(n: Any, x: Any) -> Any:
    """Left of 0 by (-1)^n psi_n(1 - x) - psi_n(x) = the n-th derivative of pi cot(pi x), which is a
    polynomial in the cotangent, because cot' = -1 - cot^2 (A&S 6.4.7)."""
    right = _polygamma_right(n, np.where(x < 0, 1 - x, x))
    from numpy.polynomial import Polynomial

    of_cot = Polynomial([0, pi])
    for _ in range(n):
        of_cot = of_cot.deriv() * Polynomial([-pi, 0, -pi])
    cot = 1 / np.tan(pi * (x - np.rint(x)))
    left = (-1) ** n * right - of_cot(cot)
    at_pole = np.inf if n % 2 else np.nan  # an even one jumps from -inf to inf there
    left = np.where((x == np.rint(x)) & np.isfinite(x), at_pole, left)
    return np.where(x < 0, left, right)


# ln gamma(2 + z) / z for |z| <= 1/2: 1 - gamma + sum_k (-1)^k (zeta(k) - 1) z^(k-1) / k, where
# zeta(k) - 1 = (-1)^k psi_(k-1)(2) / (k - 1)!  (A&S 6.1.33, 6.4.10)
@cache
def _around_2() -> Any:
    rest = [_polygamma_right(k - 1, np.float64(2)) / factorial(k) for k in range(2, 28)]
    return [1 - np.euler_gamma, *rest]


def lgamma(x: Any) -> Any:
    a = np.absolute(x)
    nearest = np.minimum(np.rint(a), 3)
    z = a - nearest
    to_2 = np.where(nearest == 2, 1, 1 / (a - 1))  # gamma(2 + z) = gamma(a) to_2
    to_2 = np.where(nearest == 0, a * (a + 1), np.where(nearest == 1, a, to_2))
    near = z * polynomial(_around_2(), z) - np.log(to_2)
    y = np.where(a < 8, a + 6, a)
    far = (y - 0.5) * (np.log(y) - 1) + (np.log(2 * pi) - 1) / 2 + _rest(-1, y)
    far -= np.log(np.where(a < 8, a * (a + 1) * (a + 2) * (a + 3) * (a + 4) * (a + 5), 1))
    right = np.where(a < 3.5, near, far)
    left = np.log(pi) - np.log(a) - np.log(np.absolute(np.sin(pi * (a - np.rint(a))))) - right
    return np.where((x < 0) & np.isfinite(x), left, right)
