"""What elementwise functions should give, in mpmath: a function, its value and its slopes.

Each row: our function of tensors, then in `mp` its value and its derivative by each input (None: no
gradient is asked of that input), then the points.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mpmath import mp, mpf

import nn.functional as F
import tinygrad_edu as tg

SIZES = (1e-45, 1e-40, 1.2e-38, 1e-30, 1e-20, 1e-12, 1e-8, 1e-6, 1e-4, 3e-3, 0.02, 0.1, 0.3, 0.5)
SIZES += (0.7, 0.999, 1.0, 1.3, 2.0, 2.9, 3.0, 5.0, 6.0, 9.0, 12.5, 14.0, 17.0, 20.0, 25.0, 40.0)
SIZES += (60.0, 87.0, 88.0, 89.0, 100.0, 103.0, 104.0, 300.0, 1e4, 1e6, 1e10, 1e20, 1e30, 3e38)
LINE = (*(-x for x in reversed(SIZES)), -0.0, 0.0, *SIZES)
POSITIVE = (0.0, *SIZES)
CHANCES = (*(x for x in SIZES if x < 1), 0.4999999, 0.75, 0.99, 0.99999, 0.9999999)
SYMMETRIC = (*(-x for x in CHANCES), 0.0, *CHANCES)


@dataclass
class Case:
    function: Callable[..., Any]
    value: Callable[..., Any]
    slopes: tuple[Callable[..., Any] | None, ...]
    points: list[tuple[float, ...]]
    terms: Callable[..., Any] | None = None  # of the slope: the largest number that is added up


def unary(function: Any, value: Any, slope: Any, points: Any = LINE, terms: Any = None) -> Case:
    return Case(function, value, (slope,), [(x,) for x in points], terms)


def sigmoid(x):
    return 1 / (1 + mp.exp(-x))


def softplus(x):
    return mp.log1p(mp.exp(x)) if x < 0 else x + mp.log1p(mp.exp(-x))


def ndtr(x):
    return mp.erfc(-x / mp.sqrt(2)) / 2


def density(x):
    return mp.exp(-x * x / 2) / mp.sqrt(2 * mp.pi)


def over(x, y):
    """x / y, infinite at y = 0."""
    return x / y if y else (mp.inf * mp.sign(x) if x else mp.nan)


def gelu_tanh(x):
    return x * sigmoid(2 * mp.sqrt(2 / mp.pi) * (x + mpf("0.044715") * x**3))


def gelu_tanh_slope(x):
    c = 2 * mp.sqrt(2 / mp.pi)
    s = sigmoid(c * (x + mpf("0.044715") * x**3))
    opposite = sigmoid(-c * (x + mpf("0.044715") * x**3))
    return s + x * s * opposite * c * (1 + 3 * mpf("0.044715") * x * x)


def mish(x):
    return x * mp.tanh(softplus(x))


def mish_slope(x):
    return mp.tanh(softplus(x)) + x * sigmoid(x) * mp.sech(softplus(x)) ** 2


SELU = mpf("1.0507009873554804934193349852946"), mpf("1.6732632423543772848170429916717")


def selu(x):
    return SELU[0] * (x if x > 0 else SELU[1] * mp.expm1(x))


def logaddexp(a, b):
    return max(a, b) + mp.log1p(mp.exp(-abs(a - b)))


def erfcx(x):
    if x > 200:  # its asymptotic series, of which mpmath's quotient has no digits left
        terms = [mp.fac2(2 * k - 1) / (-2 * x * x) ** k for k in range(12)]
        return mp.fsum(terms) / (x * mp.sqrt(mp.pi))
    return mp.exp(x * x) * mp.erfc(x)


def erfcx_slope(x):
    with mp.workdps(150):
        return 2 * x * erfcx(x) - 2 / mp.sqrt(mp.pi)


def tanhshrink(x):
    with mp.workdps(150):
        return x - mp.tanh(x)


def sinc(x):
    return mp.sinpi(x) / (mp.pi * x) if x else mpf(1)


ACTIVATIONS = {
    "relu": unary(F.relu, lambda x: max(x, 0), lambda x: int(x > 0)),
    "relu6": unary(F.relu6, lambda x: min(max(x, 0), 6), lambda x: int(0 < x < 6)),
    "hardtanh": unary(F.hardtanh, lambda x: min(max(x, -1), 1), lambda x: int(-1 < x < 1)),
    "hardsigmoid": unary(
        F.hardsigmoid, lambda x: min(max(x + 3, 0), 6) / 6, lambda x: mpf(int(-3 < x < 3)) / 6
    ),
    "hardswish": unary(
        F.hardswish,
        lambda x: x * min(max(x + 3, 0), 6) / 6,
        lambda x: 1 if x >= 3 else 0 if x <= -3 else x / 3 + mpf(1) / 2,
        terms=lambda x: 0.5 if -3 < x < 3 else 0,
    ),
    "leaky_relu": unary(
        lambda x: F.leaky_relu(x, 0.25),
        lambda x: x if x > 0 else x / 4,
        lambda x: 1 - 0.75 * (x <= 0),
    ),
    "prelu": Case(
        lambda x, w: tg.ops.prelu(x, w),
        lambda x, w: x if x > 0 else w * x,
        (lambda x, w: 1 if x > 0 else w, lambda x, w: 0 if x > 0 else x),
        [(x, 0.3) for x in LINE],
    ),
    "elu": unary(F.elu, lambda x: x if x > 0 else mp.expm1(x), lambda x: 1 if x > 0 else mp.exp(x)),
    "celu": unary(
        lambda x: F.celu(x, 2.0),
        lambda x: x if x > 0 else 2 * mp.expm1(x / 2),
        lambda x: 1 if x > 0 else mp.exp(x / 2),
    ),
    "selu": unary(F.selu, selu, lambda x: SELU[0] * (1 if x > 0 else SELU[1] * mp.exp(x))),
    "silu": unary(
        F.silu,
        lambda x: x * sigmoid(x),
        lambda x: sigmoid(x) * (1 + x * sigmoid(-x)),
        terms=lambda x: sigmoid(x) * max(1, abs(x)),
    ),
    "gelu": unary(
        F.gelu,
        lambda x: x * ndtr(x),
        lambda x: ndtr(x) + x * density(x),
        terms=lambda x: max(ndtr(x), abs(x * density(x))),
    ),
    "gelu_tanh": unary(
        lambda x: F.gelu(x, "tanh"),
        gelu_tanh,
        gelu_tanh_slope,
        terms=lambda x: max(abs(gelu_tanh_slope(x)), over(gelu_tanh(x), x) if x else 0),
    ),
    "mish": unary(
        F.mish, mish, mish_slope, terms=lambda x: max(abs(mish_slope(x)), mp.tanh(softplus(x)))
    ),
    "sigmoid": unary(tg.sigmoid, sigmoid, lambda x: sigmoid(x) * sigmoid(-x), terms=sigmoid),
    "logsigmoid": unary(F.logsigmoid, lambda x: -softplus(-x), lambda x: sigmoid(-x)),
    "softplus": unary(  # x itself above a threshold
        F.softplus, lambda x: x if x > 20 else softplus(x), lambda x: 1 if x > 20 else sigmoid(x)
    ),
    "softplus, beta": unary(
        lambda x: F.softplus(x, beta=4.0),
        lambda x: x if x > 5 else softplus(4 * x) / 4,
        lambda x: 1 if x > 5 else sigmoid(4 * x),
    ),
    "tanh": unary(tg.tanh, mp.tanh, lambda x: mp.sech(x) ** 2, terms=lambda x: 1),
    "softsign": unary(F.softsign, lambda x: x / (1 + abs(x)), lambda x: 1 / (1 + abs(x)) ** 2),
    "tanhshrink": unary(F.tanhshrink, tanhshrink, lambda x: mp.tanh(x) ** 2),
    "softshrink": unary(
        F.softshrink,
        lambda x: x - mp.sign(x) / 2 if abs(x) > 0.5 else 0,
        lambda x: int(abs(x) > 0.5),
    ),
    "hardshrink": unary(
        F.hardshrink, lambda x: x if abs(x) > 0.5 else 0, lambda x: int(abs(x) > 0.5)
    ),
    "threshold": unary(
        lambda x: F.threshold(x, 1.5, 2.0), lambda x: x if x > 1.5 else 2, lambda x: int(x > 1.5)
    ),
    "glu": Case(
        lambda a, b: F.glu(tg.stack([a, b])[:, None], 0)[0, 0],
        lambda a, b: a * sigmoid(b),
        (lambda a, b: sigmoid(b), lambda a, b: a * sigmoid(b) * sigmoid(-b)),
        # below -87 the sigmoid is among the smallest numbers, which have few digits
        [(a, b) for a in (-3e38, -1e4, -1.5, 0.0, 1e-45, 2.0, 1e30) for b in LINE if b > -87],
        terms=lambda a, b: abs(a) * sigmoid(b),
    ),
}

INSIDE = tuple(x for x in LINE if abs(x) < 1)
ABOVE = tuple(1 + x for x in SIZES if 1e-6 < x < 1e18)  # x^2 - 1 is in float32
ANGLES = tuple(x for x in LINE if abs(x) < 1e5)
PAIRS = [(a, b) for a in LINE[::5] for b in LINE[::3]]
# With these a - b is exact; otherwise its last digit counts |a - b| / 2 ulp in e^(a - b).
WHOLE = (-104.0, -88.0, -20.0, -1.5, 0.0, 0.5, 3.0, 17.0, 88.0, 104.0, 1e4)
EXACT_PAIRS = [(a, b) for a in WHOLE for b in WHOLE]

ELEMENTWISE = {
    "exp": unary(tg.exp, mp.exp, mp.exp),
    "exp2": unary(tg.exp2, lambda x: mpf(2) ** x, lambda x: mpf(2) ** x * mp.ln(2)),
    "expm1": unary(tg.expm1, mp.expm1, mp.exp),
    "log": unary(tg.log, mp.log, lambda x: over(1, x), POSITIVE[1:]),
    "log2": unary(tg.log2, lambda x: mp.log(x, 2), lambda x: 1 / x / mp.ln(2), POSITIVE[1:]),
    "log10": unary(tg.log10, mp.log10, lambda x: 1 / x / mp.ln(10), POSITIVE[1:]),
    "log1p": unary(tg.log1p, mp.log1p, lambda x: 1 / (1 + x), (*(-x for x in CHANCES), *POSITIVE)),
    "sqrt": unary(tg.sqrt, mp.sqrt, lambda x: over(1, 2 * mp.sqrt(x)), POSITIVE),
    "rsqrt": unary(
        tg.rsqrt, lambda x: 1 / mp.sqrt(x), lambda x: -1 / (2 * x * mp.sqrt(x)), POSITIVE[1:]
    ),
    "reciprocal": unary(
        tg.reciprocal, lambda x: 1 / x, lambda x: -1 / x**2, [x for x in LINE if x]
    ),
    "square": unary(tg.square, lambda x: x * x, lambda x: 2 * x),
    "sin": unary(tg.sin, mp.sin, mp.cos, ANGLES),
    "cos": unary(tg.cos, mp.cos, lambda x: -mp.sin(x), ANGLES),
    "tan": unary(tg.tan, mp.tan, lambda x: mp.sec(x) ** 2, ANGLES),
    "asin": unary(tg.asin, mp.asin, lambda x: 1 / mp.sqrt(1 - x * x), SYMMETRIC),
    "acos": unary(tg.acos, mp.acos, lambda x: -1 / mp.sqrt(1 - x * x), SYMMETRIC),
    "atan": unary(tg.atan, mp.atan, lambda x: 1 / (1 + x * x)),
    "sinh": unary(tg.sinh, mp.sinh, mp.cosh),
    "cosh": unary(tg.cosh, mp.cosh, mp.sinh),
    "asinh": unary(tg.asinh, mp.asinh, lambda x: 1 / mp.sqrt(1 + x * x)),
    "acosh": unary(tg.acosh, mp.acosh, lambda x: over(1, mp.sqrt(x * x - 1)), ABOVE),
    "atanh": unary(tg.atanh, mp.atanh, lambda x: 1 / (1 - x * x), SYMMETRIC),
    "sinc": unary(
        tg.sinc,
        sinc,
        lambda x: (mp.cospi(x) - sinc(x)) / x if abs(x) > 1e-9 else -(mp.pi**2) / 3 * x,
        [x for x in LINE if abs(x) < 1e3],
        terms=lambda x: 1 / (1 + abs(x)) if abs(x) > 0.5 else 0,
    ),
    "hypot": Case(
        tg.hypot,
        lambda a, b: mp.sqrt(a * a + b * b),
        (
            lambda a, b: over(a, mp.sqrt(a * a + b * b)),
            lambda a, b: over(b, mp.sqrt(a * a + b * b)),
        ),
        [(a, b) for a, b in PAIRS if a or b],
    ),
    "atan2": Case(
        tg.atan2,
        mp.atan2,
        (lambda a, b: over(b, a * a + b * b), lambda a, b: over(-a, a * a + b * b)),
        [(a, b) for a, b in PAIRS if 1e-18 < abs(a) < 1e18 and 1e-18 < abs(b) < 1e18],
    ),
    "logaddexp": Case(
        tg.logaddexp,
        logaddexp,
        (lambda a, b: sigmoid(a - b), lambda a, b: sigmoid(b - a)),
        EXACT_PAIRS,
    ),
    "logaddexp2": Case(
        tg.logaddexp2,
        lambda a, b: logaddexp(a * mp.ln(2), b * mp.ln(2)) / mp.ln(2),
        (lambda a, b: sigmoid((a - b) * mp.ln(2)), lambda a, b: sigmoid((b - a) * mp.ln(2))),
        EXACT_PAIRS,
    ),
    "xlogy": Case(
        tg.xlogy,
        lambda a, b: a * mp.log(b),
        (lambda a, b: mp.log(b), lambda a, b: a / b),
        [(a, b) for a in LINE[::4] for b in POSITIVE[1::3]],
    ),
    "xlog1py": Case(
        tg.special.xlog1py,
        lambda a, b: a * mp.log1p(b),
        (lambda a, b: mp.log1p(b), lambda a, b: a / (1 + b)),
        [(a, b) for a in LINE[::4] for b in POSITIVE[1::3]],
    ),
    "pow": Case(
        tg.pow,
        mp.power,
        (lambda a, b: b * mp.power(a, b - 1), lambda a, b: mp.power(a, b) * mp.log(a)),
        [
            (a, b)
            for a in POSITIVE[1::2]
            for b in (-2.5, -1.0, 0.3, 0.5, 1.0, 2.0, 3.0, 10.0)
            if a**b > 1e-37
        ],  # below, y itself has few digits, and the slope by b is y ln a
    ),
}

SPECIAL = {
    "erf": unary(tg.erf, mp.erf, lambda x: 2 / mp.sqrt(mp.pi) * mp.exp(-x * x)),
    "erfc": unary(tg.erfc, mp.erfc, lambda x: -2 / mp.sqrt(mp.pi) * mp.exp(-x * x)),
    "erfcx": unary(tg.special.erfcx, erfcx, erfcx_slope, [x for x in LINE if x > -20]),
    "erfinv": unary(
        tg.erfinv, mp.erfinv, lambda x: mp.sqrt(mp.pi) / 2 * mp.exp(mp.erfinv(x) ** 2), SYMMETRIC
    ),
    "ndtr": unary(tg.special.ndtr, ndtr, density),
    "log_ndtr": unary(
        tg.special.log_ndtr,
        lambda x: mp.log(ndtr(x)) if x < 0 else mp.log1p(-ndtr(-x)),
        lambda x: mp.sqrt(2 / mp.pi) / erfcx(-x / mp.sqrt(2)) if x < 40 else density(x),
        [x for x in LINE if x > -1e15],
    ),
    "ndtri": unary(
        tg.special.ndtri,
        lambda p: mp.sqrt(2) * mp.erfinv(2 * p - 1),
        lambda p: mp.sqrt(2 * mp.pi) * mp.exp(mp.erfinv(2 * p - 1) ** 2),
        [x for x in CHANCES if x > 1e-30],
    ),
    "logit": unary(
        tg.logit, lambda p: mp.log(p) - mp.log1p(-p), lambda p: 1 / p / (1 - p), CHANCES
    ),
    "entr": unary(
        tg.special.entr, lambda x: -x * mp.log(x), lambda x: -mp.log(x) - 1, POSITIVE[1:]
    ),
    "i0": unary(
        tg.special.i0,
        lambda x: mp.besseli(0, x),
        lambda x: mp.besseli(1, x),
        [x for x in LINE if abs(x) < 200],
    ),
    "i1": unary(
        tg.special.i1,
        lambda x: mp.besseli(1, x),
        lambda x: (mp.besseli(0, x) + mp.besseli(2, x)) / 2,
        [x for x in LINE if abs(x) < 200],
    ),
    "i0e": unary(
        tg.special.i0e,
        lambda x: mp.besseli(0, x) * mp.exp(-abs(x)),
        lambda x: (mp.besseli(1, x) - mp.sign(x) * mp.besseli(0, x)) * mp.exp(-abs(x)),
        [x for x in LINE if 0 < abs(x) < 1e4],
    ),
    "i1e": unary(
        tg.special.i1e,
        lambda x: mp.besseli(1, x) * mp.exp(-abs(x)),
        lambda x: (
            ((mp.besseli(0, x) + mp.besseli(2, x)) / 2 - mp.sign(x) * mp.besseli(1, x))
            * mp.exp(-abs(x))
        ),
        [x for x in LINE if 0 < abs(x) < 1e4],
    ),
    "lgamma": unary(tg.lgamma, mp.loggamma, mp.digamma, POSITIVE[1:]),
    "digamma": unary(tg.digamma, mp.digamma, lambda x: mp.psi(1, x), POSITIVE[1:]),
    "polygamma 1": unary(
        lambda x: tg.polygamma(1, x), lambda x: mp.psi(1, x), lambda x: mp.psi(2, x), POSITIVE[5:-4]
    ),
    "polygamma 2": unary(
        lambda x: tg.polygamma(2, x), lambda x: mp.psi(2, x), lambda x: mp.psi(3, x), POSITIVE[5:-4]
    ),
}

CASES = {**ACTIVATIONS, **ELEMENTWISE, **SPECIAL}
