"""Special functions, from textbook formulas: the error function, the Bessel functions, the gamma
function, and their relatives.

No table of coefficients stands here: the polynomials are made from formulas of Abramowitz and
Stegun, Handbook of Mathematical Functions (1964), cited as A&S.  The results are right to about
1e-14 in float64, and to a few roundings of the last digit in float32.
"""

from functools import partial
from math import pi, sqrt

import numpy as np

from .. import error_function as kernels, gamma_function as others
from ..engine.graph import TensorBase, op
from ..registry import public
from .elementwise import exp, log, silently, square, where
from .piecewise import sign

__all__ = ["digamma", "entr", "erf", "erfc", "erfcx", "erfinv", "i0", "i0e", "i1", "i1e"]
__all__ += ["lgamma", "log_ndtr", "ndtr", "ndtri", "polygamma"]

BLOCK = 1 << 14  # elements, which stay in the cache while a polynomial is evaluated


def in_float(function, x, at_least="f4", results=1):
    """function(x), computed block by block in a dtype of `at_least` these digits, without warnings.
    The result has the dtype of x, and float64 for integers; of several results there is a row for
    each."""
    own = x.dtype if x.dtype.kind == "f" else np.dtype("f8")
    flat = x.reshape(-1).astype(np.result_type(own, at_least), copy=False)
    y = np.empty_like(flat, dtype=own, shape=(results, flat.size))

    def fill():
        for start in range(0, flat.size, BLOCK):
            y[:, start : start + BLOCK] = function(flat[start : start + BLOCK])

    silently(fill)
    return y.reshape((results, *x.shape)) if results > 1 else y.reshape(x.shape)


# ---------------------------------------------------------------- the error function


@op(lambda g, y, x, rate: g * (-2 * rate) * (np.minimum(np.maximum(x, -40), 40) * y))
def bell(x, *, rate=1.0):
    """y = e^(-rate x^2), for a rate of 1 or 1/2;  dL/dx = -2 rate g x y."""
    return in_float(partial(kernels.bell, rate=rate), x)


@public("erf", "special.erf", method=True, inplace=True, out=True)
@op(lambda g, _y, x: g * (2 / sqrt(pi)) * bell(x))
def erf(x):
    """Error function: y = 2 / sqrt pi times the integral of e^(-t^2) from 0 to x;
    dL/dx = 2 g e^(-x^2) / sqrt pi.

    >>> import tinygrad_edu as tg
    >>> tg.erf(tg.tensor([0.0, 1.0]))
    tensor([0.0000, 0.8427])
    """
    return in_float(kernels.erf, x)


@public("erfc", "special.erfc", method=True, inplace=True, out=True)
@op(lambda g, _y, x: g * (-2 / sqrt(pi)) * bell(x))
def erfc(x):
    """Complementary error function: y = 1 - erf x, accurate for large x too;
    dL/dx = -2 g e^(-x^2) / sqrt pi.

    >>> import tinygrad_edu as tg
    >>> tg.erfc(tg.tensor([0.0, 1.0]))
    tensor([1.0000, 0.1573])
    """
    return in_float(kernels.erfc, x)


def _erfcx_slope(x):
    """2 x erfcx(x) - 2 / sqrt pi; from 1000 on by its series, of which the first term cancels."""
    far = x > 1000
    large = where(far, x, 1000)
    series = (1.5 / large / large - 1) / large / large / sqrt(pi)
    return where(far, series, 2 * x * erfcx(where(far, 0, x)) - 2 / sqrt(pi))


@public("special.erfcx", out=True)
@op(lambda g, _y, x: g * precisely(_erfcx_slope, x))
def erfcx(x):
    """Scaled complementary error function: y = e^(x^2) erfc x;  dL/dx = g (2 x y - 2 / sqrt pi).

    >>> import tinygrad_edu as tg
    >>> tg.special.erfcx(tg.tensor([0.0, 100.0]))
    tensor([1.0000, 0.0056])
    """
    return in_float(kernels.erfcx, x, "f8")


def precisely(slope, x):
    """slope(x), of arrays in float64: its terms cancel, or float32 cannot hold them."""
    if isinstance(x, TensorBase):
        return slope(x)
    return silently(silently(slope, x.astype(np.float64, copy=False)).astype, x.dtype)


def normal_density(x):
    """e^(-x^2 / 2) / sqrt(2 pi): the density of the standard normal distribution."""
    return sqrt(0.5 / pi) * bell(x, rate=0.5)


def normal(x):
    """The standard normal distribution: the chance of a number below x, and the density at x."""
    if isinstance(x, TensorBase) or x.dtype.itemsize == 8:
        return ndtr(x), normal_density(x)
    chance, density = in_float(kernels.normal, x, results=2)
    return chance, density


@public("special.ndtr", out=True)
@op(lambda g, _y, x: g * normal_density(x))
def ndtr(x):
    """Cumulative distribution function of the standard normal distribution:
    y = erfc(-x / sqrt 2) / 2;  dL/dx = g e^(-x^2 / 2) / sqrt(2 pi).

    >>> import tinygrad_edu as tg
    >>> tg.special.ndtr(tg.tensor([0.0, 1.96]))
    tensor([0.5000, 0.9750])
    """
    return in_float(kernels.ndtr, x)


@public("special.log_ndtr", out=True)
@op(lambda g, _y, x: g * precisely(lambda x: sqrt(2 / pi) / erfcx(x * -sqrt(0.5)), x))
def log_ndtr(x):
    """Logarithm of the standard normal distribution function, accurate in the tails too:
    y = ln ndtr(x);  dL/dx = g sqrt(2 / pi) / erfcx(-x / sqrt 2).

    >>> import tinygrad_edu as tg
    >>> tg.special.log_ndtr(tg.tensor([0.0, -40.0]))
    tensor([-6.9315e-01, -8.0461e+02])
    """
    return in_float(kernels.log_ndtr, x, "f8")


# ---------------------------------------------------------------- and its inverse


@public("erfinv", "special.erfinv", method=True, inplace=True, out=True)
@op(
    lambda g, _y, x: g * precisely(lambda x: exp(square(erfinv(x))) * (sqrt(pi) / 2), x),
    domain=(-0.9, 0.9),
)
def erfinv(x):
    """Inverse error function: y = the number with erf y = x, infinite at -1 and 1, NaN beyond;
    dL/dx = g sqrt(pi) e^(y^2) / 2.

    >>> import tinygrad_edu as tg
    >>> tg.erfinv(tg.tensor([0.0, 0.5, 1.0]))
    tensor([0.0000, 0.4769,    inf])
    """
    return in_float(kernels.erfinv, x, "f8")


@public("special.ndtri", out=True)
@op(
    lambda g, _y, x: g * precisely(lambda x: exp(square(ndtri(x)) / 2) * sqrt(2 * pi), x),
    domain=(0.1, 0.9),
)
def ndtri(x):
    """Quantile function of the standard normal distribution, the inverse of `ndtr`:
    y = the number with ndtr(y) = x;  dL/dx = g sqrt(2 pi) e^(y^2 / 2).

    >>> import tinygrad_edu as tg
    >>> tg.special.ndtri(tg.tensor([0.5, 0.975]))
    tensor([0.0000, 1.9600])
    """
    return in_float(kernels.ndtri, x, "f8")


@public("special.entr", out=True)
@op(lambda g, _y, x: g * where(x == 0, np.inf, -log(where(x == 0, 1, x)) - 1), domain=(0.1, 2.0))
def entr(x):
    """Entropy of one probability: y = -x ln x, 0 at 0 and -inf below;  dL/dx = -g (ln x + 1).

    >>> import tinygrad_edu as tg
    >>> tg.special.entr(tg.tensor([0.0, 0.5, 1.0]))
    tensor([-0.0000, 0.3466, -0.0000])
    """
    return in_float(_entr, x)


def _entr(x):
    return np.where(x < 0, -np.inf, -x * np.log(np.where(x == 0, 1, x)))


# ---------------------------------------------------------------- Bessel functions


def _i1e_slope(x):
    return i0e(x) - i1e(x) * sign(x) - _over(i1e(x), x)


def _over(y, x):
    """y / x for y = I_1(x), and its limit 1/2 at 0."""
    return where(x == 0, 0.5, y / where(x == 0, 1, x))


@public("i0", "special.i0", method=True, inplace=True, out=True)
@op(lambda g, _y, x: g * i1(x), numpy=np.i0)
def i0(x):
    """Modified Bessel function of order 0: y = I_0(x);  dL/dx = g I_1(x).

    >>> import tinygrad_edu as tg
    >>> tg.special.i0(tg.tensor([0.0, 1.0]))
    tensor([1.0000, 1.2661])
    """
    return in_float(partial(others.bessel, 0), x, "f8")


@public("special.i1", out=True)
@op(lambda g, _y, x: g * precisely(lambda x: i0(x) - _over(i1(x), x), x))
def i1(x):
    """Modified Bessel function of order 1: y = I_1(x);  dL/dx = g (I_0(x) - y / x), g / 2 at 0.

    >>> import tinygrad_edu as tg
    >>> tg.special.i1(tg.tensor([0.0, 1.0]))
    tensor([0.0000, 0.5652])
    """
    return in_float(partial(others.bessel, 1), x, "f8")


@public("special.i0e", out=True)
@op(lambda g, _y, x: g * precisely(lambda x: i1e(x) - i0e(x) * sign(x), x))
def i0e(x):
    """Scaled modified Bessel function of order 0: y = e^-|x| I_0(x);
    dL/dx = g (e^-|x| I_1(x) - y sign x).

    >>> import tinygrad_edu as tg
    >>> tg.special.i0e(tg.tensor([0.0, 1000.0]))
    tensor([1.0000, 0.0126])
    """
    return in_float(partial(others.scaled_bessel, 0), x, "f8")


@public("special.i1e", out=True)
@op(lambda g, _y, x: g * precisely(_i1e_slope, x))
def i1e(x):
    """Scaled modified Bessel function of order 1: y = e^-|x| I_1(x);
    dL/dx = g (e^-|x| I_0(x) - y sign x - y / x), g / 2 at 0.

    >>> import tinygrad_edu as tg
    >>> tg.special.i1e(tg.tensor([0.0, 1000.0]))
    tensor([0.0000, 0.0126])
    """
    return in_float(partial(others.scaled_bessel, 1), x, "f8")


# ---------------------------------------------------------------- the gamma function


@public("lgamma", "special.gammaln", method=True, inplace=True, out=True)
@op(lambda g, _y, x: g * digamma(x), domain=(0.3, 4.0))
def lgamma(x):
    """Logarithm of the gamma function: y = ln |gamma(x)|, which is ln (x - 1)! for an integer;
    dL/dx = g digamma(x).

    Near its zeros left of 0, about -2.457 and on, the error is about 1e-15 of |ln gamma(-x)|.

    >>> import tinygrad_edu as tg
    >>> tg.lgamma(tg.tensor([1.0, 5.0]))
    tensor([0.0000, 3.1781])
    """
    return in_float(others.lgamma, x, "f8")


@public("digamma", "special.digamma", "special.psi", method=True, inplace=True, out=True)
@op(lambda g, _y, x: g * polygamma(x, n=1), domain=(0.3, 4.0))
def digamma(x):
    """Digamma function, the derivative of `lgamma`: y = psi(x);  dL/dx = g psi'(x).

    >>> import tinygrad_edu as tg
    >>> tg.digamma(tg.tensor([1.0, 5.0]))
    tensor([-0.5772,  1.5061])
    """
    return in_float(partial(others.polygamma, 0), x, "f8")


@op(
    lambda g, _y, x, n: g * polygamma(x, n=n + 1),
    domain=(0.5, 4.0),
    samples=lambda draw: draw.case((2, 3), n=draw.integer(0, 3)),
)
def polygamma(x, *, n):
    """Polygamma function, the n-th derivative of `digamma`: y = psi_n(x);
    dL/dx = g psi_(n+1)(x)."""
    return in_float(partial(others.polygamma, n), x, "f8")
