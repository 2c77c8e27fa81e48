"""Special functions, from textbook formulas: the error function's kin and the gamma function's.

No table of coefficients stands here: the polynomials are made when first used, from formulas of
Abramowitz and Stegun, Handbook of Mathematical Functions (1964), cited as A&S.  The results are
right to about 1e-14 in float64, and to a few roundings of the last digit in float32.
"""

from functools import cache, partial
from math import erf as exact_erf, erfc as exact_erfc, factorial, pi, sqrt

import numpy as np

from ..engine.graph import op
from ..registry import public
from .elementwise import silently

__all__ = ["digamma", "erf", "lgamma", "ndtr"]


def _polynomial(coefficients, x):
    """c0 + c1 x + c2 x^2 + ..., by Horner's rule."""
    y = x * coefficients[-1]
    for c in coefficients[-2:0:-1]:
        y = (y + c) * x
    return y + coefficients[0]


# ---------------------------------------------------------------- the error function


@cache
def _interpolated(function, degree, dtype):
    """The polynomial through the function's values at the Chebyshev points of [-1, 1]."""
    from numpy.polynomial.chebyshev import cheb2poly

    k = np.arange(degree + 1)
    quarter = pi / (2 * len(k))
    values = [function(t) for t in np.cos(quarter * (2 * k + 1))]
    coefficients = np.cos(quarter * (np.outer(k, 2 * k + 1) % (4 * len(k)))) @ values * (2 / len(k))
    coefficients[0] /= 2
    return cheb2poly(coefficients).astype(dtype)


def _scaled_erfc(a):
    """e^(a^2) erfc(a); beyond 1 as 1 / (a + (1/2) / (a + 1 / (a + (3/2) / ...))) / sqrt pi
    (A&S 7.1.14)."""
    if a < 1:
        return np.exp(a * a) * exact_erfc(a)
    fraction = a
    for k in range(200, 0, -1):
        fraction = a + k / 2 / fraction
    return 1 / fraction / sqrt(pi)


def _far(t):
    """(a + 2.5) e^(a^2) erfc(a) for any a >= 0, at t = (a - 2.5) / (a + 2.5)."""
    return 5 / (1 - t) * _scaled_erfc(2.5 * (1 + t) / (1 - t))


def _near(t):
    """erf(a) / a for a <= 1, at t = 2 a^2 - 1."""
    return exact_erf(sqrt((t + 1) / 2)) / sqrt((t + 1) / 2)


def _erfc_of_size(a):
    """erfc(a) for a >= 0.  To round a^2 would cost e^(-a^2) all digits that a^2 has before the
    point, so a^2 = b^2 + (a - b)(a + b) with b so short that b^2 is exact."""
    r = 1 / (a + 2.5)
    b = np.rint(np.minimum(a, 32) * 16) * 0.0625
    series = _interpolated(_far, 10 if a.dtype.itemsize == 4 else 22, a.dtype)
    return _polynomial(series, 1 - 5 * r) * r * np.exp(-b * b) * np.exp((b - a) * (b + a))


BLOCK = 1 << 14  # numbers that stay in the cache while a polynomial passes over them


def _in_float(function, x, at_least="f4"):
    """function(x), computed in a dtype of `at_least` these digits, without warnings.  The result
    has the dtype of x, and float64 for integers."""
    own = x.dtype if x.dtype.kind == "f" else np.dtype("f8")
    wide = np.result_type(own, at_least)
    flat = x.reshape(-1).astype(wide, copy=False)
    y = np.empty_like(flat, dtype=own)
    for start in range(0, len(flat), BLOCK):
        part = silently(lambda x: function(x).astype(own), flat[start : start + BLOCK])
        y[start : start + BLOCK] = part
    return y.reshape(x.shape)


def _erf(x):
    a = np.absolute(x)
    near = np.minimum(a, 1)
    series = _interpolated(_near, 6 if a.dtype.itemsize == 4 else 11, a.dtype)
    near = near * _polynomial(series, 2 * near * near - 1)
    return np.copysign(np.where(a < 1, near, 1 - _erfc_of_size(a)), x)


def _erfc(x):
    y = _erfc_of_size(np.absolute(x))
    return np.where(x < 0, 2 - y, y)


def _bell(x):
    """e^(-x^2); beyond 40 it is 0, and x^2 may overflow."""
    x = np.minimum(np.maximum(x, -40), 40)
    return np.exp(-x * x)


@public("erf", "special.erf", method=True, inplace=True)
@op(lambda g, _y, x: g * (2 / sqrt(pi)) * _bell(x))
def erf(x):
    """y = 2 / sqrt pi times the integral of e^(-t^2) from 0 to x;
    dL/dx = 2 g e^(-x^2) / sqrt pi."""
    return _in_float(_erf, x)


def normal_density(x):
    """e^(-x^2 / 2) / sqrt(2 pi): how densely standard normal numbers lie around x."""
    return sqrt(0.5 / pi) * _bell(x * sqrt(0.5))


@public("special.ndtr")
@op(lambda g, _y, x: g * normal_density(x))
def ndtr(x):
    """y = erfc(-x / sqrt 2) / 2, the chance that a standard normal number is below x;
    dL/dx = g e^(-x^2 / 2) / sqrt(2 pi)."""
    return _in_float(lambda x: _erfc(x * -sqrt(0.5)) * 0.5, x)


# ---------------------------------------------------------------- the gamma function

_BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510)  # B2 to B16


def _rest(n, y):
    """sum_j B_2j (n + 2j - 1)! / (2j)! y^-(n + 2j): what Stirling's formula leaves out of ln gamma
    (n = -1), and up to its sign the derivatives of that (A&S 6.1.40, 6.4.11).  For y >= 8."""
    terms = enumerate(_BERNOULLI, 1)
    series = [b * (factorial(n + 2 * j - 1) / factorial(2 * j)) for j, b in terms]
    return _polynomial(series, 1 / (y * y)) / y ** (n + 2)


def _polygamma_right(n, x):
    """psi_n(x) for x >= 0: psi_n(x) = psi_n(x + 1) - (-1)^n n! / x^(n + 1), 8 times, leads to where
    the asymptotic series is exact (A&S 6.4.6, 6.4.11)."""
    y = x + 8.0
    total = _rest(n, y) + factorial(n) / 2 / y ** (n + 1)
    total += factorial(n - 1) / y**n if n else -np.log(y)
    for part in (*(x + k for k in range(7, 0, -1)), x):  # x + 0 would lose the sign of -0
        total += factorial(n) / part ** (n + 1)
    return total if n % 2 else -total


def _polygamma(n, x):
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
_AROUND_2 = [1 - np.euler_gamma]
_AROUND_2 += [_polygamma_right(k - 1, np.float64(2)) / factorial(k) for k in range(2, 28)]


def _lgamma(x):
    a = np.absolute(x)
    nearest = np.minimum(np.rint(a), 3)
    z = a - nearest
    to_2 = np.where(nearest == 2, 1, 1 / (a - 1))  # gamma(2 + z) = gamma(a) to_2
    to_2 = np.where(nearest == 0, a * (a + 1), np.where(nearest == 1, a, to_2))
    near = z * _polynomial(_AROUND_2, z) - np.log(to_2)
    y = np.where(a < 8, a + 6, a)
    far = (y - 0.5) * (np.log(y) - 1) + (np.log(2 * pi) - 1) / 2 + _rest(-1, y)
    far -= np.log(np.where(a < 8, a * (a + 1) * (a + 2) * (a + 3) * (a + 4) * (a + 5), 1))
    right = np.where(a < 3.5, near, far)
    left = np.log(pi) - np.log(a) - np.log(np.absolute(np.sin(pi * (a - np.rint(a))))) - right
    return np.where((x < 0) & np.isfinite(x), left, right)


@public("lgamma", "special.gammaln", method=True, inplace=True)
@op(lambda g, _y, x: g * digamma(x), domain=(0.3, 4.0))
def lgamma(x):
    """y = ln |gamma(x)|, for a whole number ln (x - 1)!;  dL/dx = g digamma(x).

    Near its zeros left of 0, about -2.457 and on, the error is about 1e-15 of |ln gamma(-x)|.
    """
    return _in_float(_lgamma, x, "f8")


@public("digamma", "special.digamma", "special.psi", method=True, inplace=True)
@op(lambda g, _y, x: g * polygamma(x, n=1), domain=(0.3, 4.0))
def digamma(x):
    """y = psi(x), the derivative of lgamma;  dL/dx = g psi'(x)."""
    return _in_float(partial(_polygamma, 0), x, "f8")


@op(
    lambda g, _y, x, n: g * polygamma(x, n=n + 1),
    domain=(0.5, 4.0),
    samples=lambda draw: draw.case((2, 3), n=draw.integer(0, 3)),
)
def polygamma(x, *, n):
    """y = psi_n(x), the n-th derivative of digamma;  dL/dx = g psi_(n+1)(x)."""
    return _in_float(partial(_polygamma, n), x, "f8")
