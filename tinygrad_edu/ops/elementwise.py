"""Ops that work number by number: arithmetic, exp and its relatives, angles, kinks.

Infinity and nan are answers, as in PyTorch: log 0 is -inf, log -1 is nan.  There NumPy's warnings
reach the user; where only something on the way overflows, and the result is right, they do not.
"""

from contextvars import copy_context
from functools import partial
from math import log as _ln
from operator import pow as _pow
from typing import Any

import numpy as np

from ..engine.graph import op
from ..registry import public

_SILENT = copy_context()
_SILENT.run(np.seterr, all="ignore")  # in that context only: what the user has set stays


def silently(function, *inputs):
    """function(*inputs), without NumPy's warnings; costs a third of `with np.errstate(...)`.

    NumPy keeps these settings in a context variable.  A context is entered once at a time, so each
    call enters a copy of its own (which takes constant time, and shares everything).
    """
    return _SILENT.copy().run(function, *inputs)


def not_broadcasting(*inputs: Any, **_: Any) -> str | None:
    """Why shapes do not broadcast, by the first pair of sizes that differ."""
    shapes = [np.shape(x) for x in inputs]
    for back in range(1, max(map(len, shapes)) + 1):
        sizes = {shape[-back] for shape in shapes if len(shape) >= back} - {1}
        if len(sizes) > 1:
            given = " and ".join(map(str, shapes))
            rule = "Aligned from the right, two sizes must be equal, or one of them 1."
            meet = f"sizes {sorted(sizes)} meet in dimension -{back}"
            return f"shapes {given} do not broadcast: {meet}.  {rule}"
    return None


_binary = partial(op, explain=not_broadcasting)  # an op of two inputs that broadcast

# Of each kind of number, the whole number of as many bits.
_BITS = {np.dtype(f"{kind}{size}"): np.dtype(f"i{size}") for kind in "fi" for size in (2, 4, 8)}


def selected(g, mask):
    """g where the mask is true, else 0, also where g is infinite or nan: 0 times these is nan.

    The bits of g, read as a whole number, are multiplied by 0 or 1: that is exact, and takes the
    time of g * mask, where `np.where` takes ten times as long (see benchmarks/selection.py).
    """
    on_arrays = g.__class__ is mask.__class__ is np.ndarray and mask.dtype.char == "?"
    whole = _BITS.get(g.dtype) if on_arrays else None
    return where(mask, g, 0) if whole is None else (g.view(whole) * mask).view(g.dtype)


# ---------------------------------------------------------------- arithmetic


@_binary(lambda g, _y, _a, _b: g, lambda g, _y, _a, _b: g, numpy=np.add)
def add(a, b):
    """y = a + b;  dL/da = g,  dL/db = g."""
    return np.add(a, b)


@_binary(lambda g, _y, _a, _b: g, lambda g, _y, _a, _b: -g, numpy=np.subtract)
def subtract(a, b):
    """y = a - b;  dL/da = g,  dL/db = -g."""
    return np.subtract(a, b)


@public("multiply", "mul", method=True, inplace=True)
@_binary(lambda g, _y, _a, b: g * b, lambda g, _y, a, _b: g * a, numpy=np.multiply)
def multiply(a, b):
    """y = a b;  dL/da = g b,  dL/db = g a."""
    return np.multiply(a, b)


_of_positive = partial(_binary, domain=(0.5, 2.0))  # checked there, where it has no pole


@_of_positive(
    lambda g, _y, _a, b: divide(g, b), lambda g, y, _a, b: divide(-g * y, b), numpy=np.divide
)
def divide(a, b):
    """y = a / b;  dL/da = g / b,  dL/db = -g y / b."""
    return np.divide(a, b)


@public("negative", "neg", method=True, inplace=True)
@op(lambda g, _y, _x: -g, numpy=np.negative)
def negative(x):
    """y = -x;  dL/dx = -g."""
    return np.negative(x)


@public(method=True, inplace=True)
@op(lambda g, y, _x: -g * y * y, domain=(0.5, 2.0), numpy=np.reciprocal)
def reciprocal(x):
    """y = 1 / x;  dL/dx = -g y^2."""
    return np.divide(_ONE.get(x.dtype, 1), x)


def _to_base(g, _y, a, b):
    if b.__class__ in (int, float) and b == 0:
        return np.zeros_like(g)
    return g * b * power(a, b - (b != 0))


@_of_positive(_to_base, lambda g, y, a, b: g * y * log(a + ((a == 0) & (b >= 0))), numpy=np.power)
def power(a, b):
    """y = a^b;  dL/da = g b a^(b-1),  dL/db = g y log a.

    Where b = 0 the first is 0 also at a = 0, and where a = 0 <= b the second is 0: no 0 times
    infinity.
    """
    cube = b.__class__ in (int, float) and b == 3 and a.dtype.kind == "f"
    return a * a * a if cube else _pow(a, b)


@public(method=True, inplace=True)
@op(lambda g, _y, x: 2 * g * x, numpy=np.square)
def square(x):
    """y = x^2;  dL/dx = 2 g x."""
    return np.square(x)


@op(lambda g, _y, _x: g)
def copy(x):
    """y = x in memory of its own;  dL/dx = g."""
    return x.copy()


# ---------------------------------------------------------------- exp and its relatives


@public(method=True, inplace=True)
@op(lambda g, y, _x: g * y, numpy=np.exp)
def exp(x):
    """y = e^x;  dL/dx = g y."""
    return np.exp(x)


@public("exp2", "special.exp2", method=True, inplace=True)
@op(lambda g, y, _x: g * y * _ln(2), numpy=np.exp2)
def exp2(x):
    """y = 2^x;  dL/dx = g y ln 2."""
    return np.exp2(x)


@public("expm1", "special.expm1", method=True, inplace=True)
@op(lambda g, y, _x: g * (y + 1), numpy=np.expm1)
def expm1(x):
    """y = e^x - 1, with all its digits near 0 too;  dL/dx = g (y + 1)."""
    return np.expm1(x)


@public(method=True, inplace=True)
@op(lambda g, _y, x: divide(g, x), domain=(0.3, 3.0), numpy=np.log)
def log(x):
    """y = ln x;  dL/dx = g / x."""
    return np.log(x)


@public(method=True, inplace=True)
@op(lambda g, _y, x: divide(g / _ln(2), x), domain=(0.3, 3.0), numpy=np.log2)
def log2(x):
    """y = ln x / ln 2;  dL/dx = g / (x ln 2)."""
    return np.log2(x)


@public(method=True, inplace=True)
@op(lambda g, _y, x: divide(g / _ln(10), x), domain=(0.3, 3.0), numpy=np.log10)
def log10(x):
    """y = ln x / ln 10;  dL/dx = g / (x ln 10)."""
    return np.log10(x)


@public("log1p", "special.log1p", method=True, inplace=True)
@op(lambda g, _y, x: divide(g, 1 + x), domain=(-0.7, 2.0), numpy=np.log1p)
def log1p(x):
    """y = ln(1 + x), with all its digits near 0 too;  dL/dx = g / (1 + x)."""
    return np.log1p(x)


@public(method=True, inplace=True)
@op(lambda g, y, _x: divide(g, 2 * y), domain=(0.3, 3.0), numpy=np.sqrt)
def sqrt(x):
    """y = sqrt x;  dL/dx = g / (2 y)."""
    return np.sqrt(x)


@public(method=True)
@_binary(
    lambda g, _y, a, b: g * sigmoid(a - b),
    lambda g, _y, a, b: g * sigmoid(b - a),
    numpy=np.logaddexp,
)
def logaddexp(a, b):
    """y = ln(e^a + e^b), without overflow;  dL/da = g sigmoid(a - b),  dL/db = g sigmoid(b - a)."""
    return np.logaddexp(a, b)


@public("xlogy", "special.xlogy", method=True, inplace=True)
@_of_positive(
    lambda g, _y, a, b: xlogy(selected(g, ~((a == 0) & (b <= 0))), b),
    lambda g, _y, a, b: divide(g * a, b),
)
def xlogy(a, b):
    """y = a ln b, and 0 where a = 0, unless b is nan;  dL/da = g ln b, and 0 where a = 0 >= b,
    dL/db = g a / b."""
    safe = np.where((a == 0) & (b == b), 1, b)
    return a * np.log(safe.astype(np.result_type(a, b), copy=False))


@public(method=True, inplace=True)
@op(lambda g, y, _x: g * (1 - y * y), numpy=np.tanh)
def tanh(x):
    """y = tanh x;  dL/dx = g (1 - y^2)."""
    return np.tanh(x)


@public("sigmoid", "special.expit", method=True, inplace=True)
@op(lambda g, y, _x: g * (y * (1 - y)))
def sigmoid(x):
    """y = 1 / (1 + e^-x);  dL/dx = g y (1 - y).

    Accurate on both sides: e^-x is exact to rounding for very negative x, where y = e^x.  Where it
    overflows, 1 / (1 + inf) is 0, as it should be.
    """
    one = _ONE.get(x.dtype, 1)
    y = silently(np.exp, np.subtract(_ZERO.get(x.dtype, 0), x))
    y += one
    return np.divide(one, y)


@op(lambda g, _y, x: g * sigmoid(-x))
def logsigmoid(x):
    """y = ln sigmoid(x) = -ln(1 + e^-x), without overflow;  dL/dx = g sigmoid(-x)."""
    return np.minimum(x, 0) - np.log1p(np.exp(-np.absolute(x)))


# Numbers that are made once: with a Python 0, comparing a small array takes twice as long.
_ZERO = {np.dtype(kind): np.zeros((), kind) for kind in ("f2", "f4", "f8")}
_ONE = {np.dtype(kind): np.ones((), kind) for kind in ("f2", "f4", "f8")}


# ---------------------------------------------------------------- angles


@public(method=True, inplace=True)
@op(lambda g, _y, x: g * cos(x), numpy=np.sin)
def sin(x):
    """y = sin x;  dL/dx = g cos x."""
    return np.sin(x)


@public(method=True, inplace=True)
@op(lambda g, _y, x: -g * sin(x), numpy=np.cos)
def cos(x):
    """y = cos x;  dL/dx = -g sin x."""
    return np.cos(x)


@public(method=True, inplace=True)
@op(lambda g, y, _x: g * (1 + y * y), domain=(-1.2, 1.2), numpy=np.tan)
def tan(x):
    """y = tan x;  dL/dx = g (1 + y^2)."""
    return np.tan(x)


@public("asin", "arcsin", method=True, inplace=True)
@op(lambda g, _y, x: divide(g, sqrt((1 - x) * (1 + x))), domain=(-0.8, 0.8), numpy=np.arcsin)
def asin(x):
    """y = arcsin x;  dL/dx = g / sqrt(1 - x^2)."""
    return np.arcsin(x)


@public("acos", "arccos", method=True, inplace=True)
@op(lambda g, _y, x: divide(-g, sqrt((1 - x) * (1 + x))), domain=(-0.8, 0.8), numpy=np.arccos)
def acos(x):
    """y = arccos x;  dL/dx = -g / sqrt(1 - x^2)."""
    return np.arccos(x)


@public("atan", "arctan", method=True, inplace=True)
@op(lambda g, _y, x: g / (1 + x * x), numpy=np.arctan)
def atan(x):
    """y = arctan x;  dL/dx = g / (1 + x^2)."""
    return np.arctan(x)


def _over_squares(g, a, b):
    """g / (a^2 + b^2), and 0 where both are 0."""
    squares = a * a + b * b
    nowhere = squares == 0
    return selected(g / (squares + nowhere), ~nowhere)


@public("atan2", "arctan2", method=True, inplace=True)
@_of_positive(
    lambda g, _y, a, b: _over_squares(g * b, a, b),
    lambda g, _y, a, b: _over_squares(-g * a, a, b),
    numpy=np.arctan2,
)
def atan2(a, b):
    """y = the angle of the point (b, a), in (-pi, pi];  dL/da = g b / (a^2 + b^2),
    dL/db = -g a / (a^2 + b^2).  At the origin, where there is none, the gradient 0 is chosen."""
    return np.arctan2(a, b)


@public(method=True, inplace=True)
@_of_positive(
    lambda g, y, a, _b: g * divide(a, y), lambda g, y, _a, b: g * divide(b, y), numpy=np.hypot
)
def hypot(a, b):
    """y = sqrt(a^2 + b^2), without overflow;  dL/da = g a / y,  dL/db = g b / y (nan at 0, 0)."""
    return np.hypot(a, b)


@public(method=True, inplace=True)
@op(lambda g, _y, x: g * cosh(x), numpy=np.sinh)
def sinh(x):
    """y = (e^x - e^-x) / 2;  dL/dx = g cosh x."""
    return np.sinh(x)


@public(method=True, inplace=True)
@op(lambda g, _y, x: g * sinh(x), numpy=np.cosh)
def cosh(x):
    """y = (e^x + e^-x) / 2;  dL/dx = g sinh x."""
    return np.cosh(x)


@public("asinh", "arcsinh", method=True, inplace=True)
@op(lambda g, _y, x: g / hypot(x, 1), numpy=np.arcsinh)
def asinh(x):
    """y = arsinh x;  dL/dx = g / sqrt(x^2 + 1)."""
    return np.arcsinh(x)


@public("acosh", "arccosh", method=True, inplace=True)
@op(lambda g, _y, x: divide(g, sqrt((x - 1) * (x + 1))), domain=(1.3, 3.0), numpy=np.arccosh)
def acosh(x):
    """y = arcosh x;  dL/dx = g / sqrt(x^2 - 1)."""
    return np.arccosh(x)


@public("atanh", "arctanh", method=True, inplace=True)
@op(lambda g, _y, x: divide(g, (1 - x) * (1 + x)), domain=(-0.8, 0.8), numpy=np.arctanh)
def atanh(x):
    """y = artanh x;  dL/dx = g / (1 - x^2)."""
    return np.arctanh(x)


# ---------------------------------------------------------------- kinks and choices


@public(method=True, inplace=True)
@op(lambda g, y, _x: selected(g, y != _ZERO.get(y.dtype, 0)), kinks=(0.0,))
def relu(x):
    """y = max(0, x);  dL/dx = g where x > 0, and where x is nan, 0 elsewhere.  At the kink the
    subgradient 0 is chosen."""
    return np.maximum(x, _ZERO.get(x.dtype, 0))


def sign_or_0(x):
    """The sign of x, 0 for nan too, as in PyTorch; NumPy's is nan there."""
    return selected(np.sign(x), x == x)


@public("absolute", "abs", method=True, inplace=True)
@op(lambda g, _y, x: g * sign_or_0(x), kinks=(0.0,), numpy=np.absolute)
def absolute(x):
    """y = |x|;  dL/dx = g sign x.  At the kink, and for a nan, the subgradient 0 is chosen."""
    return np.absolute(x)


_STEPS = (-2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0)
_step = partial(op, lambda g, _y, _x: np.zeros_like(g), kinks=_STEPS, promotes=True)


@public("sign", "sgn", method=True, inplace=True)
@_step(numpy=np.sign)
def sign(x):
    """Sign: y = -1, 0 or 1, nan for nan;  dL/dx = 0, its step left out."""
    return np.sign(x)


@public(method=True, inplace=True)
@_step(numpy=np.floor)
def floor(x):
    """Round down: y = the largest integer <= x;  dL/dx = 0, its steps left out."""
    return np.floor(x)


@public(method=True, inplace=True)
@_step(numpy=np.ceil)
def ceil(x):
    """Round up: y = the smallest integer >= x;  dL/dx = 0, its steps left out."""
    return np.ceil(x)


@public("trunc", "fix", method=True, inplace=True)
@_step(numpy=np.trunc)
def trunc(x):
    """Round towards 0: y = x without its fraction;  dL/dx = 0, its steps left out."""
    return np.trunc(x)


# ---------------------------------------------------------------- comparisons, logic, bits
# Their results are bools or integers, which have no gradient.

_of_one = partial(op, None, promotes=True)
_of_two = partial(_binary, None, None, promotes=True)


@public("eq", method=True, inplace=True)
@_of_two(numpy=np.equal)
def equal(a, b):
    """Equality: y = (a == b), a bool for each pair of elements."""
    return np.equal(a, b)


@public("ne", "not_equal", method=True, inplace=True)
@_of_two(numpy=np.not_equal)
def not_equal(a, b):
    """Inequality: y = (a != b), a bool for each pair of elements."""
    return np.not_equal(a, b)


@public("lt", "less", method=True, inplace=True)
@_of_two(numpy=np.less)
def less(a, b):
    """Less than: y = (a < b), a bool for each pair of elements."""
    return np.less(a, b)


@public("le", "less_equal", method=True, inplace=True)
@_of_two(numpy=np.less_equal)
def less_equal(a, b):
    """Less than or equal: y = (a <= b), a bool for each pair of elements."""
    return np.less_equal(a, b)


@public("gt", "greater", method=True, inplace=True)
@_of_two(numpy=np.greater)
def greater(a, b):
    """Greater than: y = (a > b), a bool for each pair of elements."""
    return np.greater(a, b)


@public("ge", "greater_equal", method=True, inplace=True)
@_of_two(numpy=np.greater_equal)
def greater_equal(a, b):
    """Greater than or equal: y = (a >= b), a bool for each pair of elements."""
    return np.greater_equal(a, b)


@public(method=True, inplace=True)
@_of_two(numpy=np.logical_and)
def logical_and(a, b):
    """Logical and: y = both a and b are nonzero, a bool."""
    return np.logical_and(a, b)


@public(method=True, inplace=True)
@_of_two(numpy=np.logical_or)
def logical_or(a, b):
    """Logical or: y = a or b is nonzero, a bool."""
    return np.logical_or(a, b)


@public(method=True, inplace=True)
@_of_two(numpy=np.logical_xor)
def logical_xor(a, b):
    """Logical exclusive or: y = exactly one of a and b is nonzero, a bool."""
    return np.logical_xor(a, b)


@public(method=True, inplace=True)
@_of_one(numpy=np.logical_not)
def logical_not(x):
    """Logical not: y = x is zero, a bool."""
    return np.logical_not(x)


@public(method=True, inplace=True)
@_of_two(numpy=np.bitwise_and)
def bitwise_and(a, b):
    """Bitwise and: y = a & b, of integers or bools."""
    return np.bitwise_and(a, b)


@public(method=True, inplace=True)
@_of_two(numpy=np.bitwise_or)
def bitwise_or(a, b):
    """Bitwise or: y = a | b, of integers or bools."""
    return np.bitwise_or(a, b)


@public(method=True, inplace=True)
@_of_two(numpy=np.bitwise_xor)
def bitwise_xor(a, b):
    """Bitwise exclusive or: y = a ^ b, of integers or bools."""
    return np.bitwise_xor(a, b)


@public("bitwise_not", method=True, inplace=True)
@_of_one(numpy=np.invert)
def invert(x):
    """Bitwise not: y = ~x, of integers; of bools, the logical not."""
    return np.invert(x)


@public("bitwise_left_shift", method=True, inplace=True)
@_of_two(numpy=np.left_shift)
def left_shift(a, b):
    """Shift bits to the left: y = a 2^b, of integers."""
    return np.left_shift(a, b)


@public("bitwise_right_shift", method=True, inplace=True)
@_of_two(numpy=np.right_shift)
def right_shift(a, b):
    """Shift bits to the right: y = floor(a / 2^b), of integers."""
    return np.right_shift(a, b)


@public(method=True)
@_of_one(numpy=np.isnan)
def isnan(x):
    """Test for NaN: y = x is not a number, a bool."""
    return np.isnan(x)


@public(method=True)
@_of_one(numpy=np.isinf)
def isinf(x):
    """Test for infinity: y = x is inf or -inf, a bool."""
    return np.isinf(x)


@public(method=True)
@_of_one(numpy=np.isfinite)
def isfinite(x):
    """Test for finite numbers: y = x is neither infinite nor NaN, a bool."""
    return np.isfinite(x)


# ---------------------------------------------------------------- rounding, quotients, remainders


@public("round", "special.round", method=True, inplace=True)
@op(lambda g, _y, _x, **_: np.zeros_like(g), kinks=_STEPS, numpy=np.round)
def round(x, *, decimals=0):
    """y = x to so many decimals, halves to the even neighbour;  dL/dx = 0, its steps left out."""
    return np.rint(x) if not decimals and x.dtype.kind == "f" else np.round(x, decimals)


def _quotient(function, a, b):
    """function(a, b), some division: whole numbers have no infinity to answer with."""
    if (a if hasattr(a, "dtype") else b).dtype.kind == "f":
        return function(a, b)
    y = silently(function, a, b)
    if y.dtype.kind in "iu" and not np.all(b):
        raise RuntimeError("ZeroDivisionError: whole numbers were divided by 0; use floats for inf")
    return y


_division = partial(  # between two steps: a / b is from 2.1 to 2.8
    _binary,
    domain=(0.55, 0.7),
    samples=lambda draw: draw.case((2, 3), np.asarray([0.25, 0.255, 0.26])),
)


@public(method=True, inplace=True)
@_division(*[lambda g, _y, _a, _b: np.zeros_like(g)] * 2, numpy=np.floor_divide)
def floor_divide(a, b):
    """y = floor(a / b);  dL/da = dL/db = 0, its steps left out."""
    return _quotient(np.floor_divide, a, b)


@public(method=True, inplace=True)
@_division(lambda g, _y, _a, _b: g, lambda g, _y, a, b: -g * floor_divide(a, b), numpy=np.remainder)
def remainder(a, b):
    """y = a - b floor(a / b), with the sign of b;  dL/da = g,  dL/db = -g floor(a / b)."""
    return _quotient(np.remainder, a, b)


@_division(*[lambda g, _y, _a, _b: np.zeros_like(g)] * 2, domain=(-0.7, -0.55))
def trunc_divide(a, b):
    """y = trunc(a / b);  dL/da = dL/db = 0, its steps left out."""
    return np.trunc(np.divide(a, b))


@public(method=True, inplace=True)
@_division(
    lambda g, _y, _a, _b: g,
    lambda g, _y, a, b: -g * trunc_divide(a, b),
    domain=(-0.7, -0.55),
    numpy=np.fmod,
)
def fmod(a, b):
    """y = a - b trunc(a / b), with the sign of a;  dL/da = g,  dL/db = -g trunc(a / b)."""
    return _quotient(np.fmod, a, b)


@public(method=True)
@_binary(
    lambda g, _y, a, b: selected(g, ~(a <= b)) + selected(g / 2, a == b),
    lambda g, _y, a, b: selected(g, ~(b <= a)) + selected(g / 2, a == b),
    kinks=np.subtract,
    numpy=np.maximum,
)
def maximum(a, b):
    """y = max(a, b), nan if either is;  g goes to the larger one.  Where they tie, each gets the
    half; where one is nan, both get it."""
    return np.maximum(a, b)


@public(method=True)
@_binary(
    lambda g, _y, a, b: selected(g, ~(a >= b)) + selected(g / 2, a == b),
    lambda g, _y, a, b: selected(g, ~(b >= a)) + selected(g / 2, a == b),
    kinks=np.subtract,
    numpy=np.minimum,
)
def minimum(a, b):
    """y = min(a, b), nan if either is;  g goes to the smaller one.  Where they tie, each gets the
    half; where one is nan, both get it."""
    return np.minimum(a, b)


@op(
    None,
    lambda g, _y, mask, _a, _b: selected(g, mask),
    lambda g, _y, mask, _a, _b: selected(g, np.logical_not(mask)),
    samples=lambda draw: draw.case(draw.mask, draw.shape(min_side=0), draw.broadcast),
    numpy=np.where,
    explain=not_broadcasting,
)
def where(mask, a, b):
    """y = a where the mask is true, else b;  g goes the same way."""
    return np.where(mask, a, b)


@_binary(
    lambda g, _y, x, low: selected(g, x >= low),
    lambda g, _y, x, low: selected(g, x < low),
    kinks=np.subtract,
)
def at_least(x, low):
    """y = x, but at least `low`, nan if either is;  g goes to x where x >= low, to low where
    x < low, nowhere if either is nan."""
    return np.maximum(x, low)


@_binary(
    lambda g, _y, x, high: selected(g, x <= high),
    lambda g, _y, x, high: selected(g, x > high),
    kinks=np.subtract,
)
def at_most(x, high):
    """y = x, but at most `high`, nan if either is;  g goes to x where x <= high, to high where
    x > high, nowhere if either is nan."""
    return np.minimum(x, high)


def _inside(x, min, max):
    if min is None or max is None:
        return x <= max if min is None else x >= min
    return (x >= min) & (x <= max)


@op(
    lambda g, _y, x, min, max: selected(g, _inside(x, min, max)),
    kinks=(-0.5, 0.5),
    samples=lambda draw: draw.case(draw.shape(min_side=0), min=-0.5, max=draw.choice(0.5, None)),
    numpy=np.clip,
)
def clip(x, *, min=None, max=None):
    """y = x kept within [min, max];  dL/dx = g inside, the borders too, and 0 outside."""
    if min is None and max is None:
        raise ValueError("give min, max or both: there is nothing to clip to")
    return np.clip(x, min, max)


@op(lambda g, _y, x, **_: selected(g, np.isfinite(x)), numpy=np.nan_to_num)
def nan_to_num(x, *, nan=0.0, posinf=None, neginf=None):
    """y = x, but numbers in place of nan and the infinities (for these, unless given, the largest
    number that there is);  dL/dx = g where x is finite, else 0."""
    return np.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)


@op(
    lambda g, _y, _x, mask, p: g * mask * (1 / (1 - p)),
    None,
    samples=lambda draw: draw.case(draw.shape(min_side=0), draw.mask, p=0.25),
)
def dropout(x, mask, *, p):
    """y = x mask / (1 - p) for a mask of kept places;  dL/dx = g mask / (1 - p).

    Dividing by the probability of being kept leaves the expected value as it was (Srivastava et
    al., 2014, in the form called inverted dropout).
    """
    return x * mask * (1 / (1 - p))
