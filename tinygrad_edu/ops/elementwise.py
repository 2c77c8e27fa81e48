"""Ops that work number by number: arithmetic, exp and its relatives, kinks, choices."""

from typing import Any

import numpy as np

from ..graph import op


def not_broadcasting(*inputs: Any, **_: Any) -> str | None:
    """Why shapes do not broadcast, by the first pair of sizes that differ."""
    shapes = [np.shape(x) for x in inputs]
    for back in range(1, max(map(len, shapes)) + 1):
        sizes = {shape[-back] for shape in shapes if len(shape) >= back} - {1}
        if len(sizes) > 1:
            given = " and ".join(map(str, shapes))
            return (
                f"shapes {given} do not broadcast: sizes {sorted(sizes)} meet in dimension "
                f"-{back}.  Aligned from the right, two sizes must be equal, or one of them 1."
            )
    return None


# ---------------------------------------------------------------- arithmetic


@op(
    lambda g, _y, _a, _b: g,
    lambda g, _y, _a, _b: g,
    numpy=np.add,
    explain=not_broadcasting,
)
def add(a, b):
    """y = a + b;  dL/da = g,  dL/db = g."""
    return np.add(a, b)


@op(
    lambda g, _y, _a, _b: g,
    lambda g, _y, _a, _b: -g,
    numpy=np.subtract,
    explain=not_broadcasting,
)
def subtract(a, b):
    """y = a - b;  dL/da = g,  dL/db = -g."""
    return np.subtract(a, b)


@op(
    lambda g, _y, _a, b: g * b,
    lambda g, _y, a, _b: g * a,
    numpy=np.multiply,
    explain=not_broadcasting,
)
def multiply(a, b):
    """y = a b;  dL/da = g b,  dL/db = g a."""
    return np.multiply(a, b)


@op(
    lambda g, _y, _a, b: g / b,
    lambda g, y, _a, b: -g * y / b,
    numpy=np.divide,
    domain=(0.5, 2.0),
    explain=not_broadcasting,
)
def divide(a, b):
    """y = a / b;  dL/da = g / b,  dL/db = -g y / b."""
    return np.divide(a, b)


@op(lambda g, _y, _x: -g, numpy=np.negative)
def negative(x):
    """y = -x;  dL/dx = -g."""
    return np.negative(x)


@op(
    lambda g, _y, a, b: g * b * a ** (b - (b != 0)),
    lambda g, y, a, _b: g * y * log(a + (a == 0)),
    numpy=np.power,
    domain=(0.5, 2.0),
    explain=not_broadcasting,
)
def power(a, b):
    """y = a^b;  dL/da = g b a^(b-1),  dL/db = g y log a.

    Where b = 0 the first is 0 also at a = 0, and where a = 0 the second is 0: no 0 times infinity.
    """
    return a * a * a if b.__class__ in (int, float) and b == 3 else a**b


@op(lambda g, _y, x: 2 * g * x, numpy=np.square)
def square(x):
    """y = x^2;  dL/dx = 2 g x."""
    return np.square(x)


@op(lambda g, _y, _x: g)
def copy(x):
    """y = x in memory of its own;  dL/dx = g."""
    return x.copy()


# ---------------------------------------------------------------- exp and its relatives


@op(lambda g, y, _x: g * y, numpy=np.exp)
def exp(x):
    """y = e^x;  dL/dx = g y."""
    return np.exp(x)


@op(lambda g, _y, x: g / x, domain=(0.3, 3.0), numpy=np.log)
def log(x):
    """y = ln x;  dL/dx = g / x."""
    return np.log(x)


@op(lambda g, y, _x: g / (2 * y), domain=(0.3, 3.0), numpy=np.sqrt)
def sqrt(x):
    """y = sqrt x;  dL/dx = g / (2 y)."""
    return np.sqrt(x)


@op(lambda g, y, _x: g * (1 - y * y), numpy=np.tanh)
def tanh(x):
    """y = tanh x;  dL/dx = g (1 - y^2)."""
    return np.tanh(x)


@op(lambda g, y, _x: g * (y * (1 - y)))
def sigmoid(x):
    """y = 1 / (1 + e^-x);  dL/dx = g y (1 - y).

    Accurate on both sides: e^-x is exact to rounding for very negative x, where y = e^x.  Where it
    overflows, 1 / (1 + inf) is 0, as it should be, so that is no reason for a warning.
    """
    with np.errstate(over="ignore"):
        y = np.exp(np.negative(x))
    return np.reciprocal(y + _ONE.get(x.dtype, 1))


# Numbers that are made once: with a Python 0, comparing a small array takes twice as long.
_ZERO = {np.dtype(kind): np.zeros((), kind) for kind in ("f2", "f4", "f8")}
_ONE = {np.dtype(kind): np.ones((), kind) for kind in ("f2", "f4", "f8")}


# ---------------------------------------------------------------- kinks and choices


@op(lambda g, y, _x: g * (y > _ZERO.get(y.dtype, 0)), kinks=(0.0,))
def relu(x):
    """y = max(0, x);  dL/dx = g where x > 0.  At the kink the subgradient 0 is chosen."""
    return np.maximum(x, _ZERO.get(x.dtype, 0))


@op(lambda g, _y, x: g * np.sign(x), kinks=(0.0,), numpy=np.absolute)
def absolute(x):
    """y = |x|;  dL/dx = g sign x.  At the kink the subgradient 0 is chosen."""
    return np.absolute(x)


@op(lambda g, _y, _x: g * 0, kinks=(0.0,), numpy=np.sign)
def sign(x):
    """y = x / |x|, and 0 at 0;  dL/dx = 0: it is flat but for its step, whose slope is left out."""
    return np.sign(x)


@op(
    lambda g, _y, a, b: where(a == b, g / 2, g * (a > b)),
    lambda g, _y, a, b: where(a == b, g / 2, g * (a < b)),
    kinks=np.subtract,
    numpy=np.maximum,
    explain=not_broadcasting,
)
def maximum(a, b):
    """y = max(a, b);  g goes to the larger one.  Where they tie, each gets the half."""
    return np.maximum(a, b)


@op(
    lambda g, _y, a, b: where(a == b, g / 2, g * (a < b)),
    lambda g, _y, a, b: where(a == b, g / 2, g * (a > b)),
    kinks=np.subtract,
    numpy=np.minimum,
    explain=not_broadcasting,
)
def minimum(a, b):
    """y = min(a, b);  g goes to the smaller one.  Where they tie, each gets the half."""
    return np.minimum(a, b)


def _where_samples(random):
    full = tuple(random.randint(0, 3) for _ in range(random.randint(0, 3)))
    mask = np.array([random.random() < 0.5 for _ in range(int(np.prod(full)))], bool)
    return (mask.reshape(full), full, full[random.randint(0, len(full)) :]), {}


@op(
    None,
    lambda g, _y, mask, _a, _b: where(mask, g, 0),
    lambda g, _y, mask, _a, _b: where(mask, 0, g),
    samples=_where_samples,
    numpy=np.where,
    explain=not_broadcasting,
)
def where(mask, a, b):
    """y = a where the mask is true, else b;  g goes the same way."""
    return np.where(mask, a, b)


def _inside(x, min, max):
    if min is None or max is None:
        return x <= max if min is None else x >= min
    return (x >= min) & (x <= max)


@op(
    lambda g, _y, x, min, max: g * _inside(x, min, max),
    kinks=(-0.5, 0.5),
    samples=lambda random: (
        (tuple(random.randint(0, 3) for _ in range(random.randint(0, 3))),),
        random.choice(({"min": -0.5, "max": 0.5}, {"min": -0.5, "max": None})),
    ),
    numpy=np.clip,
)
def clip(x, *, min=None, max=None):
    """y = x kept within [min, max];  dL/dx = g inside, the borders too, and 0 outside."""
    if min is None and max is None:
        raise ValueError("give min, max or both: there is nothing to clip to")
    return np.clip(x, min, max)


def _dropout_samples(random):
    (mask, full, _), _ = _where_samples(random)
    return (full, mask), {"p": 0.25}


@op(lambda g, _y, _x, mask, p: g * mask * (1 / (1 - p)), None, samples=_dropout_samples)
def dropout(x, mask, *, p):
    """y = x mask / (1 - p) for a mask of kept places;  dL/dx = g mask / (1 - p).

    Dividing by the probability of being kept leaves the expected value as it was (Srivastava et
    al., 2014, in the form called inverted dropout).
    """
    return x * mask * (1 / (1 - p))


# ---------------------------------------------------------------- without a derivative


def _without_derivative(function, name=None):
    """An op that answers with bools or integers: nothing flows back through it."""

    def unary(x):
        return function(x)

    def binary(a, b):
        return function(a, b)

    forward = unary if function.nin == 1 else binary
    forward.__name__ = name or function.__name__
    forward.__doc__ = f"y = np.{function.__name__}, number by number.  No gradient flows back."
    rules = [None] * function.nin
    return op(*rules, numpy=function, explain=not_broadcasting, promotes=True)(forward)


equal = _without_derivative(np.equal)
not_equal = _without_derivative(np.not_equal)
less = _without_derivative(np.less)
less_equal = _without_derivative(np.less_equal)
greater = _without_derivative(np.greater)
greater_equal = _without_derivative(np.greater_equal)
logical_and = _without_derivative(np.logical_and)
logical_or = _without_derivative(np.logical_or)
logical_not = _without_derivative(np.logical_not)
bitwise_and = _without_derivative(np.bitwise_and)
bitwise_or = _without_derivative(np.bitwise_or)
invert = _without_derivative(np.invert)
floor_divide = _without_derivative(np.floor_divide)
isnan = _without_derivative(np.isnan)
isfinite = _without_derivative(np.isfinite)


@op(
    lambda g, _y, _a, _b: g,
    lambda g, _y, a, b: -g * floor_divide(a, b),
    domain=(0.55, 0.7),
    numpy=np.remainder,
    explain=not_broadcasting,
    samples=lambda random: (((2, 3), np.asarray([0.25, 0.255, 0.26])), {}),
)
def remainder(a, b):
    """y = a - b floor(a / b), with the sign of b;  dL/da = g,  dL/db = -g floor(a / b)."""
    return np.remainder(a, b)
