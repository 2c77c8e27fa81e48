"""Comparisons, logic and bits: ops whose results are bools or integers, which have no gradient."""

from functools import partial

import numpy as np

from ..engine.graph import op
from ..registry import public
from .elementwise import not_broadcasting

_binary = partial(op, explain=not_broadcasting)  # an op of two inputs that broadcast


# ---------------------------------------------------------------- comparisons


@public(method=True, inplace=True, out=True)
@_binary(None, None, promotes=True, numpy=np.equal)
def eq(a, b):
    """Equality: y = (a == b), a bool for each pair of elements.

    >>> import tinygrad_edu as tg
    >>> tg.eq(tg.tensor([1, 2, 3]), 2)
    tensor([False,  True, False])
    """
    return np.equal(a, b)


@public("ne", "not_equal", method=True, inplace=True, out=True)
@_binary(None, None, promotes=True, numpy=np.not_equal)
def not_equal(a, b):
    """Inequality: y = (a != b), a bool for each pair of elements.

    >>> import tinygrad_edu as tg
    >>> tg.ne(tg.tensor([1, 2, 3]), 2)
    tensor([ True, False,  True])
    """
    return np.not_equal(a, b)


@public("lt", "less", method=True, inplace=True, out=True)
@_binary(None, None, promotes=True, numpy=np.less)
def less(a, b):
    """Less than: y = (a < b), a bool for each pair of elements.

    >>> import tinygrad_edu as tg
    >>> tg.lt(tg.tensor([1, 2, 3]), 2)
    tensor([ True, False, False])
    """
    return np.less(a, b)


@public("le", "less_equal", method=True, inplace=True, out=True)
@_binary(None, None, promotes=True, numpy=np.less_equal)
def less_equal(a, b):
    """Less than or equal: y = (a <= b), a bool for each pair of elements.

    >>> import tinygrad_edu as tg
    >>> tg.le(tg.tensor([1, 2, 3]), 2)
    tensor([ True,  True, False])
    """
    return np.less_equal(a, b)


@public("gt", "greater", method=True, inplace=True, out=True)
@_binary(None, None, promotes=True, numpy=np.greater)
def greater(a, b):
    """Greater than: y = (a > b), a bool for each pair of elements.

    >>> import tinygrad_edu as tg
    >>> tg.gt(tg.tensor([1, 2, 3]), 2)
    tensor([False, False,  True])
    """
    return np.greater(a, b)


@public("ge", "greater_equal", method=True, inplace=True, out=True)
@_binary(None, None, promotes=True, numpy=np.greater_equal)
def greater_equal(a, b):
    """Greater than or equal: y = (a >= b), a bool for each pair of elements.

    >>> import tinygrad_edu as tg
    >>> tg.ge(tg.tensor([1, 2, 3]), 2)
    tensor([False,  True,  True])
    """
    return np.greater_equal(a, b)


# ---------------------------------------------------------------- tests of one number


@public(method=True)
@op(None, promotes=True, numpy=np.isnan)
def isnan(x):
    """Test for NaN: y = x is not a number, a bool.

    >>> import tinygrad_edu as tg
    >>> tg.isnan(tg.tensor([1.0, tg.nan]))
    tensor([False,  True])
    """
    return np.isnan(x)


@public(method=True)
@op(None, promotes=True, numpy=np.isinf)
def isinf(x):
    """Test for infinity: y = x is inf or -inf, a bool.

    >>> import tinygrad_edu as tg
    >>> tg.isinf(tg.tensor([1.0, -tg.inf]))
    tensor([False,  True])
    """
    return np.isinf(x)


@public(method=True)
@op(None, promotes=True, numpy=np.isfinite)
def isfinite(x):
    """Test for finite numbers: y = x is neither infinite nor NaN, a bool.

    >>> import tinygrad_edu as tg
    >>> tg.isfinite(tg.tensor([1.0, tg.inf, tg.nan]))
    tensor([ True, False, False])
    """
    return np.isfinite(x)


@public(method=True, out=True)
@op(None, promotes=True)
def isposinf(x):
    """Test for positive infinity: y = (x == inf), a bool.

    >>> import tinygrad_edu as tg
    >>> tg.isposinf(tg.tensor([tg.inf, -tg.inf]))
    tensor([ True, False])
    """
    return np.equal(x, np.inf)


@public(method=True, out=True)
@op(None, promotes=True)
def isneginf(x):
    """Test for negative infinity: y = (x == -inf), a bool.

    >>> import tinygrad_edu as tg
    >>> tg.isneginf(tg.tensor([tg.inf, -tg.inf]))
    tensor([False,  True])
    """
    return np.equal(x, -np.inf)


@public(method=True)
@op(None, promotes=True)
def isreal(x):
    """Test for real numbers: y = true, as no tensor holds complex numbers.

    >>> import tinygrad_edu as tg
    >>> tg.isreal(tg.tensor([1.0, tg.nan]))
    tensor([True, True])
    """
    return np.ones_like(x, dtype=bool)


@public(method=True, out=True)
@op(None, promotes=True, numpy=np.signbit)
def signbit(x):
    """Test of the sign bit: y = x is negative, -0.0 among them, a bool.

    >>> import tinygrad_edu as tg
    >>> tg.signbit(tg.tensor([-1.0, -0.0, 0.0]))
    tensor([ True,  True, False])
    """
    return np.signbit(x)


# ---------------------------------------------------------------- logic


@public(method=True, inplace=True, out=True)
@_binary(None, None, promotes=True, numpy=np.logical_and)
def logical_and(a, b):
    """Logical and: y = both a and b are nonzero, a bool.

    >>> import tinygrad_edu as tg
    >>> tg.logical_and(tg.tensor([True, True, False]), tg.tensor([True, False, False]))
    tensor([ True, False, False])
    """
    return np.logical_and(a, b)


@public(method=True, inplace=True, out=True)
@_binary(None, None, promotes=True, numpy=np.logical_or)
def logical_or(a, b):
    """Logical or: y = a or b is nonzero, a bool.

    >>> import tinygrad_edu as tg
    >>> tg.logical_or(tg.tensor([True, True, False]), tg.tensor([True, False, False]))
    tensor([ True,  True, False])
    """
    return np.logical_or(a, b)


@public(method=True, inplace=True, out=True)
@_binary(None, None, promotes=True, numpy=np.logical_xor)
def logical_xor(a, b):
    """Logical exclusive or: y = exactly one of a and b is nonzero, a bool.

    >>> import tinygrad_edu as tg
    >>> tg.logical_xor(tg.tensor([True, True, False]), tg.tensor([True, False, False]))
    tensor([False,  True, False])
    """
    return np.logical_xor(a, b)


@public(method=True, inplace=True, out=True)
@op(None, promotes=True, numpy=np.logical_not)
def logical_not(x):
    """Logical not: y = x is zero, a bool.

    >>> import tinygrad_edu as tg
    >>> tg.logical_not(tg.tensor([0, 1, 2]))
    tensor([ True, False, False])
    """
    return np.logical_not(x)


# ---------------------------------------------------------------- bits


@public(method=True, inplace=True, out=True)
@_binary(None, None, promotes=True, numpy=np.bitwise_and)
def bitwise_and(a, b):
    """Bitwise and: y = a & b, of integers or bools.

    >>> import tinygrad_edu as tg
    >>> tg.bitwise_and(tg.tensor([12, 10]), 6)
    tensor([4, 2])
    """
    return np.bitwise_and(a, b)


@public(method=True, inplace=True, out=True)
@_binary(None, None, promotes=True, numpy=np.bitwise_or)
def bitwise_or(a, b):
    """Bitwise or: y = a | b, of integers or bools.

    >>> import tinygrad_edu as tg
    >>> tg.bitwise_or(tg.tensor([12, 10]), 6)
    tensor([14, 14])
    """
    return np.bitwise_or(a, b)


@public(method=True, inplace=True, out=True)
@_binary(None, None, promotes=True, numpy=np.bitwise_xor)
def bitwise_xor(a, b):
    """Bitwise exclusive or: y = a ^ b, of integers or bools.

    >>> import tinygrad_edu as tg
    >>> tg.bitwise_xor(tg.tensor([12, 10]), 6)
    tensor([10, 12])
    """
    return np.bitwise_xor(a, b)


@public("bitwise_not", method=True, inplace=True, out=True)
@op(None, promotes=True, numpy=np.invert)
def invert(x):
    """Bitwise not: y = ~x, of integers; of bools, the logical not.

    >>> import tinygrad_edu as tg
    >>> tg.bitwise_not(tg.tensor([0, 5]))
    tensor([-1, -6])
    """
    return np.invert(x)


@public("bitwise_left_shift", method=True, inplace=True, out=True)
@_binary(None, None, promotes=True, numpy=np.left_shift)
def left_shift(a, b):
    """Shift of bits to the left: y = a 2^b, of integers.

    >>> import tinygrad_edu as tg
    >>> tg.bitwise_left_shift(tg.tensor([1, 5]), 2)
    tensor([ 4, 20])
    """
    return np.left_shift(a, b)


@public("bitwise_right_shift", method=True, inplace=True, out=True)
@_binary(None, None, promotes=True, numpy=np.right_shift)
def right_shift(a, b):
    """Shift of bits to the right: y = floor(a / 2^b), of integers.

    >>> import tinygrad_edu as tg
    >>> tg.bitwise_right_shift(tg.tensor([8, 5]), 1)
    tensor([4, 2])
    """
    return np.right_shift(a, b)


# ---------------------------------------------------------------- integers and neighbours


@public(method=True, inplace=True, out=True)
@_binary(None, None, promotes=True, numpy=np.gcd)
def gcd(a, b):
    """Greatest common divisor: y = the largest integer that divides both, of integers.

    >>> import tinygrad_edu as tg
    >>> tg.gcd(tg.tensor([12, 7]), 18)
    tensor([6, 1])
    """
    return np.gcd(a, b)


@public(method=True, inplace=True, out=True)
@_binary(None, None, promotes=True, numpy=np.lcm)
def lcm(a, b):
    """Least common multiple: y = the smallest positive integer that both divide, of integers.

    >>> import tinygrad_edu as tg
    >>> tg.lcm(tg.tensor([4, 7]), 6)
    tensor([12, 42])
    """
    return np.lcm(a, b)


@public(method=True, inplace=True, out=True)
@_binary(None, None, promotes=True, numpy=np.nextafter)
def nextafter(a, b):
    """Next number: y = the floating point number after a in the direction of b.

    >>> import tinygrad_edu as tg
    >>> tg.nextafter(tg.tensor([0.0]), tg.tensor([1.0])) > 0
    tensor([True])
    """
    return np.nextafter(a, b)


@public(method=True, inplace=True, out=True)
@_binary(None, None, promotes=True, named=("input", "values"), numpy=np.heaviside)
def heaviside(x, values):
    """Heaviside step: y = 0 where x < 0, 1 where x > 0, and the other input where x = 0.

    Parameters
    ----------
    input : Tensor
        x, of any shape.
    values : Tensor
        The result where x = 0, of a shape that broadcasts with it.

    Returns
    -------
    Tensor
        Of the shape that the two broadcast to.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.heaviside(tg.tensor([-1.0, 0.0, 2.0]), tg.tensor(0.5))
    tensor([0.0000, 0.5000, 1.0000])
    """
    return np.where(x == 0, values, (x > 0).astype(x.dtype))
