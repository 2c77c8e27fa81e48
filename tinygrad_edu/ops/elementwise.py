"""Elementwise ops: arithmetic, exponentials and logarithms, angles, rounding, choices.

Infinity and NaN are results, as in PyTorch: log 0 is -inf, log -1 is NaN.  There NumPy's warnings
reach the user; where only an intermediate value overflows, and the result is right, they do not.
"""

from contextvars import copy_context
from functools import partial
from math import factorial as _factorial, log as _ln, pi as _pi
from operator import pow as _pow
from typing import Any

import numpy as np

from ..engine.graph import op
from ..registry import public
from ..sums import narrowed, onto, wide

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

# Numbers that are made once: with a Python 0, comparing a small array takes twice as long.
_ZERO = {np.dtype(kind): np.zeros((), kind) for kind in ("f2", "f4", "f8")}
_ONE = {np.dtype(kind): np.ones((), kind) for kind in ("f2", "f4", "f8")}
_TOP = {np.dtype(kind): np.full((), 88, kind) for kind in ("f4", "f8")}  # e^88 is finite

# For each kind of number, the integer dtype of as many bits.
_BITS = {np.dtype(f"{kind}{size}"): np.dtype(f"i{size}") for kind in "fi" for size in (2, 4, 8)}


def selected(g, mask):
    """g where the mask is true, else 0, also where g is infinite or NaN: 0 times these is NaN.

    The bits of g, read as an integer, are multiplied by 0 or 1: that is exact, and takes the
    time of g * mask.  `np.where` takes ten times as long: `python -m benchmarks.limits selected`.
    """
    on_arrays = g.__class__ is mask.__class__ is np.ndarray and mask.dtype.char == "?"
    whole = _BITS.get(g.dtype) if on_arrays else None
    return where(mask, g, 0) if whole is None else (g.view(whole) * mask).view(g.dtype)


@op(
    None,
    lambda g, _y, mask, _a, _b: selected(g, mask),
    lambda g, _y, mask, _a, _b: selected(g, np.logical_not(mask)),
    samples=lambda draw: draw.case(draw.mask, draw.shape(min_side=0), draw.broadcast),
    numpy=np.where,
    explain=not_broadcasting,
)
def where(mask, a, b):
    """Selection: y = a where the mask is true, else b;  g goes the same way."""
    return np.where(mask, a, b)


# ---------------------------------------------------------------- arithmetic


@_binary(lambda g, _y, _a, _b: g, lambda g, _y, _a, _b: g, numpy=np.add)
def add(a, b):
    """Sum: y = a + b;  dL/da = g,  dL/db = g."""
    return np.add(a, b)


@_binary(lambda g, _y, _a, _b: g, lambda g, _y, _a, _b: -g, numpy=np.subtract)
def subtract(a, b):
    """Difference: y = a - b;  dL/da = g,  dL/db = -g."""
    return np.subtract(a, b)


@public("multiply", "mul", method=True, inplace=True, out=True)
@_binary(lambda g, _y, _a, b: g * b, lambda g, _y, a, _b: g * a, numpy=np.multiply)
def multiply(a, b):
    """Product: y = a b;  dL/da = g b,  dL/db = g a.

    >>> import tinygrad_edu as tg
    >>> tg.mul(tg.tensor([1.0, 2.0]), tg.tensor([[3.0], [4.0]]))
    tensor([[3., 6.],
            [4., 8.]])
    """
    return np.multiply(a, b)


@_binary(
    lambda g, _y, _a, b: divide(g, b),
    lambda g, y, _a, b: divide(-g * y, b),
    domain=(0.5, 2.0),
    numpy=np.divide,
)
def divide(a, b):
    """Quotient: y = a / b;  dL/da = g / b,  dL/db = -g y / b."""
    return np.divide(a, b)


@public("negative", "neg", method=True, inplace=True, out=True)
@op(lambda g, _y, _x: -g, numpy=np.negative)
def negative(x):
    """Negation: y = -x;  dL/dx = -g.

    >>> import tinygrad_edu as tg
    >>> tg.neg(tg.tensor([1.0, -2.0]))
    tensor([-1.,  2.])
    """
    return np.negative(x)


@public(method=True, inplace=True, out=True)
@op(lambda g, y, _x: -g * y * y, domain=(0.5, 2.0), numpy=np.reciprocal)
def reciprocal(x):
    """Reciprocal: y = 1 / x;  dL/dx = -g y^2.

    >>> import tinygrad_edu as tg
    >>> tg.reciprocal(tg.tensor([2.0, 4.0]))
    tensor([0.5000, 0.2500])
    """
    return np.divide(_ONE.get(x.dtype, 1), x)


def _to_base(g, _y, a, b):
    if b.__class__ in (int, float) and b == 0:
        return np.zeros_like(g)
    return g * b * power(a, b - (b != 0))


@_binary(
    _to_base,
    lambda g, y, a, b: g * y * log(a + ((a == 0) & (b >= 0))),
    domain=(0.5, 2.0),
    numpy=np.power,
)
def power(a, b):
    """Power: y = a^b;  dL/da = g b a^(b-1),  dL/db = g y log a.

    Where b = 0 the first is 0 also at a = 0, and where a = 0 <= b the second is 0: no 0 times
    infinity.
    """
    cube = b.__class__ in (int, float) and b == 3 and a.dtype.kind == "f"
    return a * a * a if cube else _pow(a, b)


@public(method=True, inplace=True, out=True)
@op(lambda g, _y, x: 2 * g * x, numpy=np.square)
def square(x):
    """Square: y = x^2;  dL/dx = 2 g x.

    >>> import tinygrad_edu as tg
    >>> tg.square(tg.tensor([3.0, -2.0]))
    tensor([9., 4.])
    """
    return np.square(x)


@op(lambda g, _y, _x: g)
def copy(x):
    """Copy: y = x in memory of its own;  dL/dx = g."""
    return x.copy()


@public(method=True, inplace=True, out=True)
@op(lambda g, _y, _x: g * (_pi / 180), numpy=np.deg2rad)
def deg2rad(x):
    """Degrees to radians: y = x pi / 180;  dL/dx = g pi / 180.

    >>> import tinygrad_edu as tg
    >>> tg.deg2rad(tg.tensor([90.0, 180.0]))
    tensor([1.5708, 3.1416])
    """
    return x * (_pi / 180)


@public(method=True, inplace=True, out=True)
@op(lambda g, _y, _x: g * (180 / _pi), numpy=np.rad2deg)
def rad2deg(x):
    """Radians to degrees: y = x 180 / pi;  dL/dx = g 180 / pi.

    >>> import tinygrad_edu as tg
    >>> tg.rad2deg(tg.tensor([0.0, tg.pi]))
    tensor([  0., 180.])
    """
    return x * (180 / _pi)


# ---------------------------------------------------------------- exponentials and logarithms


@public(method=True, inplace=True, out=True)
@op(lambda g, y, _x: g * y, numpy=np.exp)
def exp(x):
    """Exponential: y = e^x;  dL/dx = g y.

    >>> import tinygrad_edu as tg
    >>> tg.exp(tg.tensor([0.0, 1.0]))
    tensor([1.0000, 2.7183])
    """
    return np.exp(x)


@public("exp2", "special.exp2", method=True, inplace=True, out=True)
@op(lambda g, y, _x: g * y * _ln(2), numpy=np.exp2)
def exp2(x):
    """Power of two: y = 2^x;  dL/dx = g y ln 2.

    >>> import tinygrad_edu as tg
    >>> tg.exp2(tg.tensor([3.0, -1.0]))
    tensor([8.0000, 0.5000])
    """
    return np.exp2(x)


@public("expm1", "special.expm1", method=True, inplace=True, out=True)
@op(lambda g, _y, x: g * exp(x), numpy=np.expm1)
def expm1(x):
    """Exponential minus 1: y = e^x - 1, accurate near 0 too;  dL/dx = g e^x.

    >>> import tinygrad_edu as tg
    >>> tg.expm1(tg.tensor([0.0, 1.0]))
    tensor([0.0000, 1.7183])
    """
    return np.expm1(x)


@public(method=True, inplace=True, out=True)
@op(lambda g, _y, x: divide(g, x), domain=(0.3, 3.0), numpy=np.log)
def log(x):
    """Natural logarithm: y = ln x;  dL/dx = g / x.

    >>> import tinygrad_edu as tg
    >>> tg.log(tg.tensor([1.0, 10.0]))
    tensor([0.0000, 2.3026])
    """
    return np.log(x)


@public(method=True, inplace=True, out=True)
@op(lambda g, _y, x: divide(g / _ln(2), x), domain=(0.3, 3.0), numpy=np.log2)
def log2(x):
    """Logarithm to base 2: y = ln x / ln 2;  dL/dx = g / (x ln 2).

    >>> import tinygrad_edu as tg
    >>> tg.log2(tg.tensor([8.0, 0.5]))
    tensor([ 3., -1.])
    """
    return np.log2(x)


@public(method=True, inplace=True, out=True)
@op(lambda g, _y, x: divide(g / _ln(10), x), domain=(0.3, 3.0), numpy=np.log10)
def log10(x):
    """Logarithm to base 10: y = ln x / ln 10;  dL/dx = g / (x ln 10).

    >>> import tinygrad_edu as tg
    >>> tg.log10(tg.tensor([10.0, 1.0]))
    tensor([1., 0.])
    """
    return np.log10(x)


@public("log1p", "special.log1p", method=True, inplace=True, out=True)
@op(lambda g, _y, x: divide(g, 1 + x), domain=(-0.7, 2.0), numpy=np.log1p)
def log1p(x):
    """Logarithm of 1 + x: y = ln(1 + x), accurate near 0 too;  dL/dx = g / (1 + x).

    >>> import tinygrad_edu as tg
    >>> tg.log1p(tg.tensor([0.0, 1.0]))
    tensor([0.0000, 0.6931])
    """
    return np.log1p(x)


@op(lambda g, y, _x: divide(g, 3 * y * y), domain=(0.3, 3.0), numpy=np.cbrt)
def cbrt(x):
    """y = the cube root of x, of negative numbers too;  dL/dx = g / (3 y^2)."""
    return np.cbrt(x)


@public(method=True, inplace=True, out=True)
@op(lambda g, y, _x: divide(g, 2 * y), domain=(0.3, 3.0), numpy=np.sqrt)
def sqrt(x):
    """Square root: y = sqrt x;  dL/dx = g / (2 y).

    >>> import tinygrad_edu as tg
    >>> tg.sqrt(tg.tensor([4.0, 2.0]))
    tensor([2.0000, 1.4142])
    """
    return np.sqrt(x)


@public(method=True, out=True)
@_binary(
    lambda g, _y, a, b: g * sigmoid(a - b),
    lambda g, _y, a, b: g * sigmoid(b - a),
    numpy=np.logaddexp,
)
def logaddexp(a, b):
    """Logarithm of a sum of exponentials, without overflow: y = ln(e^a + e^b);
    dL/da = g sigmoid(a - b),  dL/db = g sigmoid(b - a).

    >>> import tinygrad_edu as tg
    >>> tg.logaddexp(tg.tensor([0.0, 1000.0]), tg.tensor([0.0, 1000.0]))
    tensor([6.9315e-01, 1.0007e+03])
    """
    return np.logaddexp(a, b)


@public(method=True, out=True)
@_binary(
    lambda g, _y, a, b: g * _sigmoid2(a - b),
    lambda g, _y, a, b: g * _sigmoid2(b - a),
    numpy=np.logaddexp2,
)
def logaddexp2(a, b):
    """Logarithm to base 2 of a sum of powers of 2, without overflow: y = log2(2^a + 2^b);
    dL/da = g sigmoid((a - b) ln 2),  dL/db = g sigmoid((b - a) ln 2).

    >>> import tinygrad_edu as tg
    >>> tg.logaddexp2(tg.tensor([0.0, 1000.0]), tg.tensor([0.0, 1000.0]))
    tensor([1.0000e+00, 1.0010e+03])
    """
    return np.logaddexp2(a, b)


@public("xlogy", "special.xlogy", method=True, inplace=True, out=True)
@_binary(
    lambda g, _y, a, b: xlogy(selected(g, ~((a == 0) & (b <= 0))), b),
    lambda g, _y, a, b: divide(g * a, b),
    domain=(0.5, 2.0),
)
def xlogy(a, b):
    """Product with a logarithm: y = a ln b, and 0 where a = 0, unless b is NaN;
    dL/da = g ln b, and 0 where a = 0 >= b,  dL/db = g a / b.

    >>> import tinygrad_edu as tg
    >>> tg.xlogy(tg.tensor([0.0, 2.0]), tg.tensor([0.0, 10.0]))
    tensor([0.0000, 4.6052])
    """
    safe = np.where((a == 0) & (b == b), 1, b)
    return a * np.log(safe.astype(np.result_type(a, b), copy=False))


@public("special.xlog1py", out=True)
@_binary(
    lambda g, _y, a, b: xlog1py(selected(g, ~((a == 0) & (b <= -1))), b),
    lambda g, _y, a, b: divide(g * a, b + 1),
    domain=(0.5, 2.0),
)
def xlog1py(a, b):
    """Product with a logarithm of 1 + b: y = a ln(1 + b), and 0 where a = 0, unless b is NaN;
    dL/da = g ln(1 + b), and 0 where a = 0 and b <= -1,  dL/db = g a / (1 + b).

    >>> import tinygrad_edu as tg
    >>> tg.special.xlog1py(tg.tensor([0.0, 2.0]), tg.tensor([-1.0, 9.0]))
    tensor([0.0000, 4.6052])
    """
    safe = np.where((a == 0) & (b == b), 0, b)
    return a * np.log1p(safe.astype(np.result_type(a, b), copy=False))


def _sigmoid2(x):
    """1 / (1 + 2^-x)"""
    e = exp2(np.minimum(x, 126))
    return e / (1 + e)


@public(method=True, inplace=True, out=True)
@op(lambda g, y, _x: g * (1 - y * y), numpy=np.tanh)
def tanh(x):
    """Hyperbolic tangent: y = tanh x;  dL/dx = g (1 - y^2).

    >>> import tinygrad_edu as tg
    >>> tg.tanh(tg.tensor([0.0, 1.0]))
    tensor([0.0000, 0.7616])
    """
    return np.tanh(x)


@public("sigmoid", "special.expit", method=True, inplace=True, out=True)
@op(lambda g, y, _x: g * (y * (1 - y)))
def sigmoid(x):
    """Logistic sigmoid: y = 1 / (1 + e^-x);  dL/dx = g y (1 - y).

    It is accurate on both sides: for very negative x the result is e^x.

    >>> import tinygrad_edu as tg
    >>> tg.sigmoid(tg.tensor([0.0, 2.0]))
    tensor([0.5000, 0.8808])
    """
    wider = wide(x)
    y = np.minimum(wider, _TOP.get(wider.dtype, 88.0))  # beyond, the result is 1
    y = np.exp(y, onto(y))
    return narrowed(np.divide(y, y + _ONE.get(wider.dtype, 1), onto(y)), x)


@op(lambda g, _y, x: g * sigmoid(-wide(x)))
def logsigmoid(x):
    """Logarithm of the sigmoid, without overflow: y = ln sigmoid(x) = -ln(1 + e^-x);
    dL/dx = g sigmoid(-x)."""
    return np.minimum(x, 0) - np.log1p(np.exp(-np.absolute(x)))


@op(lambda g, _y, x: divide(g, where((x < 0) | (x > 1), np.nan, x * (1 - x))), domain=(0.1, 0.9))
def logit(x):
    """Logit, the inverse of the sigmoid: y = ln(x / (1 - x));  dL/dx = g / (x (1 - x)).

    Around 1/2 it is 2 artanh(2 x - 1), which keeps the digits that the logarithm near 1 loses.
    """
    near = np.absolute(x - 0.5) < 0.25
    return np.where(near, 2 * np.arctanh(np.where(near, 2 * x - 1, 0)), np.log(x / (1 - x)))


# ---------------------------------------------------------------- trigonometry


@public(method=True, inplace=True, out=True)
@op(lambda g, _y, x: g * cos(x), numpy=np.sin)
def sin(x):
    """Sine: y = sin x;  dL/dx = g cos x.

    >>> import tinygrad_edu as tg
    >>> tg.sin(tg.tensor([0.0, tg.pi / 2]))
    tensor([0., 1.])
    """
    return np.sin(x)


@public(method=True, inplace=True, out=True)
@op(lambda g, _y, x: -g * sin(x), numpy=np.cos)
def cos(x):
    """Cosine: y = cos x;  dL/dx = -g sin x.

    >>> import tinygrad_edu as tg
    >>> tg.cos(tg.tensor([0.0, tg.pi]))
    tensor([ 1., -1.])
    """
    return np.cos(x)


@public(method=True, inplace=True, out=True)
@op(lambda g, y, _x: g * (1 + y * y), domain=(-1.2, 1.2), numpy=np.tan)
def tan(x):
    """Tangent: y = tan x;  dL/dx = g (1 + y^2).

    >>> import tinygrad_edu as tg
    >>> tg.tan(tg.tensor([0.0, 1.0]))
    tensor([0.0000, 1.5574])
    """
    return np.tan(x)


@public("asin", "arcsin", method=True, inplace=True, out=True)
@op(lambda g, _y, x: divide(g, sqrt((1 - x) * (1 + x))), domain=(-0.8, 0.8), numpy=np.arcsin)
def asin(x):
    """Inverse sine, in [-pi/2, pi/2]: y = arcsin x;  dL/dx = g / sqrt(1 - x^2).

    >>> import tinygrad_edu as tg
    >>> tg.asin(tg.tensor([0.0, 1.0]))
    tensor([0.0000, 1.5708])
    """
    return np.arcsin(x)


@public("acos", "arccos", method=True, inplace=True, out=True)
@op(lambda g, _y, x: divide(-g, sqrt((1 - x) * (1 + x))), domain=(-0.8, 0.8), numpy=np.arccos)
def acos(x):
    """Inverse cosine, in [0, pi]: y = arccos x;  dL/dx = -g / sqrt(1 - x^2).

    >>> import tinygrad_edu as tg
    >>> tg.acos(tg.tensor([0.0, 1.0]))
    tensor([1.5708, 0.0000])
    """
    return np.arccos(x)


def _over_1_plus_square(g, x):
    """g / (1 + x^2), without overflow: 1 + x^2 = a (a + b b / a), where a is the larger and b the
    smaller one of |x| and 1."""
    size = np.absolute(x)
    a, b = np.maximum(size, 1), np.minimum(size, 1)
    return g / a / (a + b * (b / a))


@public("atan", "arctan", method=True, inplace=True, out=True)
@op(lambda g, _y, x: _over_1_plus_square(g, x), numpy=np.arctan)
def atan(x):
    """Inverse tangent, in [-pi/2, pi/2]: y = arctan x;  dL/dx = g / (1 + x^2).

    >>> import tinygrad_edu as tg
    >>> tg.atan(tg.tensor([0.0, 1.0]))
    tensor([0.0000, 0.7854])
    """
    return np.arctan(x)


def _over_squares(g, a, b):
    """g / (a^2 + b^2), and 0 where both are 0."""
    squares = a * a + b * b
    nowhere = squares == 0
    return selected(g / (squares + nowhere), ~nowhere)


@public("atan2", "arctan2", method=True, inplace=True, out=True)
@_binary(
    lambda g, _y, a, b: _over_squares(g * b, a, b),
    lambda g, _y, a, b: _over_squares(-g * a, a, b),
    domain=(0.5, 2.0),
    numpy=np.arctan2,
)
def atan2(a, b):
    """Angle of the point (b, a), in (-pi, pi]: y = arctan(a / b) in its quadrant;
    dL/da = g b / (a^2 + b^2),  dL/db = -g a / (a^2 + b^2).

    At the origin, which has no angle, the gradient 0 is chosen.

    >>> import tinygrad_edu as tg
    >>> tg.atan2(tg.tensor([1.0, -1.0]), tg.tensor([1.0, -1.0]))
    tensor([ 0.7854, -2.3562])
    """
    return np.arctan2(a, b)


def _over_length(c, a, b, y):
    """c / y for y = hypot(a, b) and c = a or b; also where y, but no quarter of it, overflows."""
    large = y == np.inf
    if not large.any():
        return divide(c, y)
    scale = where(large, 0.25, 1).astype(y.dtype)
    return divide(c * scale, where(large, hypot(a * 0.25, b * 0.25), y))


@public(method=True, inplace=True, out=True)
@_binary(
    lambda g, y, a, b: g * _over_length(a, a, b, y),
    lambda g, y, a, b: g * _over_length(b, a, b, y),
    domain=(0.5, 2.0),
    numpy=np.hypot,
)
def hypot(a, b):
    """Hypotenuse, without overflow: y = sqrt(a^2 + b^2);  dL/da = g a / y,  dL/db = g b / y (NaN
    at 0, 0).

    >>> import tinygrad_edu as tg
    >>> tg.hypot(tg.tensor([3.0]), tg.tensor([4.0]))
    tensor([5.])
    """
    return np.hypot(a, b)


@public(method=True, inplace=True, out=True)
@op(lambda g, _y, x: g * cosh(x), numpy=np.sinh)
def sinh(x):
    """Hyperbolic sine: y = (e^x - e^-x) / 2;  dL/dx = g cosh x.

    >>> import tinygrad_edu as tg
    >>> tg.sinh(tg.tensor([0.0, 1.0]))
    tensor([0.0000, 1.1752])
    """
    return np.sinh(x)


@public(method=True, inplace=True, out=True)
@op(lambda g, _y, x: g * sinh(x), numpy=np.cosh)
def cosh(x):
    """Hyperbolic cosine: y = (e^x + e^-x) / 2;  dL/dx = g sinh x.

    >>> import tinygrad_edu as tg
    >>> tg.cosh(tg.tensor([0.0, 1.0]))
    tensor([1.0000, 1.5431])
    """
    return np.cosh(x)


@public("asinh", "arcsinh", method=True, inplace=True, out=True)
@op(lambda g, _y, x: g / hypot(x, 1), numpy=np.arcsinh)
def asinh(x):
    """Inverse hyperbolic sine: y = arsinh x;  dL/dx = g / sqrt(x^2 + 1).

    >>> import tinygrad_edu as tg
    >>> tg.asinh(tg.tensor([0.0, 1.0]))
    tensor([0.0000, 0.8814])
    """
    return np.arcsinh(x)


@public("acosh", "arccosh", method=True, inplace=True, out=True)
@op(lambda g, _y, x: divide(g, sqrt((x - 1) * (x + 1))), domain=(1.3, 3.0), numpy=np.arccosh)
def acosh(x):
    """Inverse hyperbolic cosine: y = arcosh x;  dL/dx = g / sqrt(x^2 - 1).

    >>> import tinygrad_edu as tg
    >>> tg.acosh(tg.tensor([1.0, 2.0]))
    tensor([0.0000, 1.3170])
    """
    return np.arccosh(x)


@public("atanh", "arctanh", method=True, inplace=True, out=True)
@op(lambda g, _y, x: divide(g, (1 - x) * (1 + x)), domain=(-0.8, 0.8), numpy=np.arctanh)
def atanh(x):
    """Inverse hyperbolic tangent: y = artanh x;  dL/dx = g / (1 - x^2).

    >>> import tinygrad_edu as tg
    >>> tg.atanh(tg.tensor([0.0, 0.5]))
    tensor([0.0000, 0.5493])
    """
    return np.arctanh(x)


# The power series of the derivative of sinc: sum_k (-1)^k pi^(2k) 2k / (2k + 1)! x^(2k - 1).
_SINC = [(-1) ** k * _pi ** (2 * k) * 2 * k / _factorial(2 * k + 1) for k in range(1, 13)]


def _turned(function, x):
    """function(pi x) for a sine or cosine, of the distance from the nearest integer, which is
    exact."""
    nearest = np.round(x)
    odd = nearest - 2 * np.round(nearest / 2)  # 0, 1 or -1
    return (1 - 2 * odd * odd) * function((x - nearest) * _pi)


def _to_sinc(g, _y, x):
    x = wide(x)
    near = np.absolute(x) < 0.5  # where cos(pi x) - sinc x would lose its digits
    small, large, series = where(near, x, 0), where(near, 1, x), 0
    for coefficient in reversed(_SINC):
        series = small * small * series + coefficient
    far = _turned(cos, large) - _turned(sin, large) / (large * _pi)
    return g * where(near, small * series, far / large)


@public("sinc", "special.sinc", method=True, inplace=True, out=True)
@op(_to_sinc, numpy=np.sinc)
def sinc(x):
    """Normalized sinc: y = sin(pi x) / (pi x), and 1 at 0;  dL/dx = g (cos(pi x) - y) / x, and 0
    at 0.

    >>> import tinygrad_edu as tg
    >>> tg.sinc(tg.tensor([0.0, 0.5]))
    tensor([1.0000, 0.6366])
    """
    a = wide(x) if x.dtype.kind in "fc" else x.astype(np.float64)
    a = np.where(a == 0, 1e-20, a)  # where the limit is 1
    return narrowed(_turned(np.sin, a) / (a * _pi), x)
