"""Elementwise ops with steps, kinks and choices: rounding, quotients, the larger of two, clipping.

At a kink, where the derivative jumps, a subgradient is chosen, as in PyTorch; each op says which.
Between the steps of a function such as `floor` its derivative is 0.
"""

from functools import partial

import numpy as np

from ..engine.graph import op
from ..registry import public
from ..sums import narrowed, wide
from .elementwise import _ZERO, not_broadcasting, selected, silently, where

_binary = partial(op, explain=not_broadcasting)  # an op of two inputs that broadcast


def no_slope(g, _y, *_inputs, **_params):
    """The rule of what is constant between its steps: dL/dx = 0."""
    return np.zeros_like(g)


# ---------------------------------------------------------------- kinks


@public(method=True, inplace=True)
@op(lambda g, y, _x: selected(g, y != _ZERO.get(y.dtype, 0)), kinks=(0.0,))
def relu(x):
    """Rectified linear unit: y = max(0, x);  dL/dx = g where x > 0 or x is NaN, else 0.

    At the kink the subgradient 0 is chosen.

    >>> import tinygrad_edu as tg
    >>> tg.relu(tg.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """
    return np.maximum(x, _ZERO.get(x.dtype, 0))


def sign_or_0(x):
    """The sign of x, 0 for NaN too, as in PyTorch; NumPy's is NaN there."""
    return selected(np.sign(x), x == x)


@public("absolute", "abs", method=True, inplace=True, out=True)
@op(lambda g, _y, x: g * sign_or_0(x), kinks=(0.0,), numpy=np.absolute)
def absolute(x):
    """Absolute value: y = |x|;  dL/dx = g sign x.

    At the kink, and for NaN, the subgradient 0 is chosen.

    >>> import tinygrad_edu as tg
    >>> tg.abs(tg.tensor([-1.5, 2.0]))
    tensor([1.5000, 2.0000])
    """
    return np.absolute(x)


@public(method=True, inplace=True, out=True)
@_binary(
    lambda g, _y, a, b: where(np.signbit(b), -g, g) * sign_or_0(a),
    no_slope,
    domain=(0.5, 2.0),
    numpy=np.copysign,
)
def copysign(a, b):
    """Magnitude of one, sign of the other: y = |a| with the sign of b;  dL/da = g sign a sign b
    (0 at a = 0),  dL/db = 0.

    >>> import tinygrad_edu as tg
    >>> tg.copysign(tg.tensor([1.0, 2.0]), tg.tensor([-1.0, 3.0]))
    tensor([-1.,  2.])
    """
    return np.copysign(a, b)


# ---------------------------------------------------------------- steps

_STEPS = (-2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0)


@public("sign", "sgn", method=True, inplace=True, out=True)
@op(no_slope, kinks=(0.0,), promotes=True, numpy=np.sign)
def sign(x):
    """Sign: y = -1, 0 or 1, NaN for NaN;  dL/dx = 0.

    >>> import tinygrad_edu as tg
    >>> tg.sign(tg.tensor([-2.0, 0.0, 3.0]))
    tensor([-1.,  0.,  1.])
    """
    return np.sign(x)


@public(method=True, inplace=True, out=True)
@op(no_slope, kinks=_STEPS, promotes=True, numpy=np.floor)
def floor(x):
    """Round down: y = the largest integer <= x;  dL/dx = 0.

    >>> import tinygrad_edu as tg
    >>> tg.floor(tg.tensor([-1.5, 1.5]))
    tensor([-2.,  1.])
    """
    return np.floor(x)


@public(method=True, inplace=True, out=True)
@op(no_slope, kinks=_STEPS, promotes=True, numpy=np.ceil)
def ceil(x):
    """Round up: y = the smallest integer >= x;  dL/dx = 0.

    >>> import tinygrad_edu as tg
    >>> tg.ceil(tg.tensor([-1.5, 1.5]))
    tensor([-1.,  2.])
    """
    return np.ceil(x)


@public("trunc", "fix", method=True, inplace=True, out=True)
@op(no_slope, kinks=_STEPS, promotes=True, numpy=np.trunc)
def trunc(x):
    """Round towards 0: y = x without its fraction;  dL/dx = 0.

    >>> import tinygrad_edu as tg
    >>> tg.trunc(tg.tensor([-1.5, 1.5]))
    tensor([-1.,  1.])
    """
    return np.trunc(x)


@public("round", "special.round", method=True, inplace=True, out=True)
@op(no_slope, kinks=_STEPS, numpy=np.round)
def round(x, *, decimals=0):
    """Round to the nearest: y = x to so many decimals, halves to the even neighbour;  dL/dx = 0.

    Parameters
    ----------
    input : Tensor
        Of any shape.
    decimals : int, default 0
        How many digits after the decimal point are kept; a negative number rounds to tens,
        hundreds ...

    Returns
    -------
    Tensor
        Of the same shape.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.round(tg.tensor([0.5, 1.5, -1.26]))
    tensor([ 0.,  2., -1.])
    >>> tg.round(tg.tensor([1.234, -1.26]), decimals=1)
    tensor([ 1.2000, -1.3000])
    """
    return np.rint(x) if not decimals and x.dtype.kind == "f" else np.round(x, decimals)


@public(method=True, out=True)
@op(no_slope, kinks=(0.0,))
def angle(x):
    """Angle of a real number: y = pi where x < 0, else 0, NaN for NaN;  dL/dx = 0.

    >>> import tinygrad_edu as tg
    >>> tg.angle(tg.tensor([-2.0, 0.0, 3.0]))
    tensor([3.1416, 0.0000, 0.0000])
    """
    return np.arctan2(np.zeros_like(x), x + 0)  # -0 + 0 is 0


# ---------------------------------------------------------------- quotients and remainders


def _quotient(function, a, b):
    """function(a, b), some division: integers have no infinity to answer with."""
    if (a if hasattr(a, "dtype") else b).dtype.kind == "f":
        return function(a, b)
    y = silently(function, a, b)
    if y.dtype.kind in "iu" and not np.all(b):
        raise RuntimeError("ZeroDivisionError: integers were divided by 0; use floats for inf")
    return y


def _between_steps(draw):
    """A divisor near 1/4, for dividends with a domain of 0.55 to 0.7: a / b is from 2.1 to 2.8."""
    return draw.case((2, 3), np.asarray([0.25, 0.255, 0.26]))


@public(method=True, inplace=True, out=True)
@_binary(no_slope, no_slope, domain=(0.55, 0.7), samples=_between_steps, numpy=np.floor_divide)
def floor_divide(a, b):
    """Quotient rounded down: y = floor(a / b);  dL/da = 0,  dL/db = 0.

    >>> import tinygrad_edu as tg
    >>> tg.floor_divide(tg.tensor([7, -7]), 2)
    tensor([ 3, -4])
    """
    return _quotient(np.floor_divide, a, b)


@public(method=True, inplace=True, out=True)
@_binary(
    lambda g, _y, _a, _b: g,
    lambda g, _y, a, b: -g * floor_divide(a, b),
    domain=(0.55, 0.7),
    samples=_between_steps,
    numpy=np.remainder,
)
def remainder(a, b):
    """Remainder with the sign of the divisor: y = a - b floor(a / b);  dL/da = g,
    dL/db = -g floor(a / b).

    >>> import tinygrad_edu as tg
    >>> tg.remainder(tg.tensor([7, -7]), 3)
    tensor([1, 2])
    """
    if b.__class__ in (int, float) and b == 1 and a.dtype.kind == "f":
        y = wide(a)  # the fraction: NumPy's loop, which is right for all b, takes 40 times as long
        return narrowed(y - np.floor(y), a)
    return _quotient(np.remainder, a, b)


@_binary(no_slope, no_slope, domain=(-0.7, -0.55), samples=_between_steps)
def trunc_divide(a, b):
    """Quotient rounded towards 0: y = trunc(a / b);  dL/da = 0,  dL/db = 0."""
    return np.trunc(np.divide(a, b))


@public(method=True, inplace=True, out=True)
@_binary(
    lambda g, _y, _a, _b: g,
    lambda g, _y, a, b: -g * trunc_divide(a, b),
    domain=(-0.7, -0.55),
    samples=_between_steps,
    numpy=np.fmod,
)
def fmod(a, b):
    """Remainder with the sign of the dividend: y = a - b trunc(a / b);  dL/da = g,
    dL/db = -g trunc(a / b).

    >>> import tinygrad_edu as tg
    >>> tg.fmod(tg.tensor([7, -7]), 3)
    tensor([ 1, -1])
    """
    return _quotient(np.fmod, a, b)


# ---------------------------------------------------------------- the larger and the smaller of two


@public(method=True, out=True)
@_binary(
    lambda g, _y, a, b: where(a == b, g / 2, selected(g, ~(a < b))),
    lambda g, _y, a, b: where(a == b, g / 2, selected(g, ~(b < a))),
    kinks=np.subtract,
    numpy=np.maximum,
)
def maximum(a, b):
    """Larger of two: y = max(a, b), NaN if either is;  g goes to the larger one.

    Where the two are equal, each gets half of it; where one is NaN, both get all of it.

    >>> import tinygrad_edu as tg
    >>> tg.maximum(tg.tensor([1.0, 5.0]), tg.tensor([3.0, 2.0]))
    tensor([3., 5.])
    """
    return np.maximum(a, b)


@public(method=True, out=True)
@_binary(
    lambda g, _y, a, b: where(a == b, g / 2, selected(g, ~(a > b))),
    lambda g, _y, a, b: where(a == b, g / 2, selected(g, ~(b > a))),
    kinks=np.subtract,
    numpy=np.minimum,
)
def minimum(a, b):
    """Smaller of two: y = min(a, b), NaN if either is;  g goes to the smaller one.

    Where the two are equal, each gets half of it; where one is NaN, both get all of it.

    >>> import tinygrad_edu as tg
    >>> tg.minimum(tg.tensor([1.0, 5.0]), tg.tensor([3.0, 2.0]))
    tensor([1., 2.])
    """
    return np.minimum(a, b)


@public(method=True, out=True)
@_binary(
    lambda g, _y, a, b: selected(g, (a >= b) | (b != b)),
    lambda g, _y, a, b: selected(g, ~((a >= b) | (b != b))),
    kinks=np.subtract,
    numpy=np.fmax,
)
def fmax(a, b):
    """Larger of two, ignoring NaN: y = max(a, b), the other one if one is NaN;  g goes to a where
    a >= b or b is NaN, else to b.

    >>> import tinygrad_edu as tg
    >>> tg.fmax(tg.tensor([1.0, tg.nan]), tg.tensor([3.0, 2.0]))
    tensor([3., 2.])
    """
    return np.fmax(a, b)


@public(method=True, out=True)
@_binary(
    lambda g, _y, a, b: selected(g, (a <= b) | (b != b)),
    lambda g, _y, a, b: selected(g, ~((a <= b) | (b != b))),
    kinks=np.subtract,
    numpy=np.fmin,
)
def fmin(a, b):
    """Smaller of two, ignoring NaN: y = min(a, b), the other one if one is NaN;  g goes to a where
    a <= b or b is NaN, else to b.

    >>> import tinygrad_edu as tg
    >>> tg.fmin(tg.tensor([1.0, tg.nan]), tg.tensor([3.0, 2.0]))
    tensor([1., 2.])
    """
    return np.fmin(a, b)


@_binary(
    lambda g, _y, x, low: selected(g, x >= low),
    lambda g, _y, x, low: selected(g, x < low),
    kinks=np.subtract,
)
def at_least(x, low):
    """Lower bound: y = max(x, low), NaN if either is;  g goes to x where x >= low, to low where
    x < low, nowhere if either is NaN."""
    return np.maximum(x, low)


@_binary(
    lambda g, _y, x, high: selected(g, x <= high),
    lambda g, _y, x, high: selected(g, x > high),
    kinks=np.subtract,
)
def at_most(x, high):
    """Upper bound: y = min(x, high), NaN if either is;  g goes to x where x <= high, to high where
    x > high, nowhere if either is NaN."""
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
    """Clipping: y = min(max(x, low), high);  dL/dx = g in [low, high], the bounds too, else 0."""
    if min is None and max is None:
        raise ValueError("give min, max or both: there is nothing to clip to")
    return np.clip(x, min, max)


@op(lambda g, _y, x, **_: selected(g, np.isfinite(x)), numpy=np.nan_to_num)
def nan_to_num(x, *, nan=0.0, posinf=None, neginf=None):
    """Replacement of NaN and infinities: y = x where it is finite, else `nan`, `posinf` or
    `neginf` (unless given, the dtype's largest and smallest numbers);  dL/dx = g where x is finite,
    else 0."""
    return np.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)


@op(
    lambda g, _y, _x, mask, p: g * mask * (1 / (1 - p)),
    None,
    samples=lambda draw: draw.case(draw.shape(min_side=0), draw.mask, p=0.25),
)
def masked_scale(x, mask, *, p):
    """Masking and scaling, which dropout does: y = x mask / (1 - p);  dL/dx = g mask / (1 - p).

    Dividing by the probability of being kept leaves the expected value as it was (Srivastava et
    al., 2014, in the form called inverted dropout).
    """
    return x * mask * (1 / (1 - p))
