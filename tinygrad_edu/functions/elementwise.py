"""Elementwise functions whose signature is not that of their op."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from .. import ops
from ..dtypes import bool_, float64, result_type
from ..engine import graph
from ..engine.clock import caller_level
from ..registry import public
from ..sums import in_float32
from .arguments import Tensor, check_tensor, named, plain

# ---------------------------------------------------------------- the tensor itself, or a copy


@public()
def fill(input: Tensor, value: Any) -> Tensor:
    """Make a tensor of one value, in the shape and dtype of another.

    Parameters
    ----------
    input : Tensor
        The tensor whose shape and dtype are taken; dL/dinput = 0.
    value : float, int, bool, or Tensor without dimensions
        The value; dL/dvalue is the sum of the gradient.

    Returns
    -------
    Tensor
        Of the same shape and dtype.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.fill(tg.zeros(2), 7.0)
    tensor([7., 7.])
    """
    return input.clone().fill_(value)


@public(method=True)
def clone(input: Tensor, *, memory_format: Any = None) -> Tensor:
    """Copy of a tensor, in memory of its own: y = x;  dL/dx = g.

    Parameters
    ----------
    input : Tensor
        Of any shape.
    memory_format : torch.memory_format, optional
        Accepted and not used: there is one layout.

    Returns
    -------
    Tensor
        Of the same shape and dtype.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> x = tg.tensor([1.0, 2.0], requires_grad=True)
    >>> tg.clone(x)
    tensor([1., 2.], grad_fn=<CopyBackward0>)
    """
    return ops.copy(input)


@public(method=True)
def positive(input: Tensor) -> Tensor:
    """Unary plus: y = +x, the tensor itself.

    Parameters
    ----------
    input : Tensor
        Of any shape, of numbers.

    Returns
    -------
    Tensor
        `input` itself.

    Raises
    ------
    RuntimeError
        If it holds bools.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> x = tg.tensor([1.0, -2.0])
    >>> tg.positive(x) is x
    True
    """
    check_tensor(input, "positive")
    if input.dtype.kind == "b":
        raise RuntimeError("positive: a bool has no sign; call x.int() first")
    return input


@public("Tensor.conj_physical", inplace=True)
@public(
    *("real", "conj", "Tensor.conj", "conj_physical", "resolve_conj"),
    *("Tensor.resolve_conj", "resolve_neg", "Tensor.resolve_neg"),
)
def real(input: Tensor) -> Tensor:
    """Real part, or complex conjugate, of a real number: y = x, the tensor itself.

    Parameters
    ----------
    input : Tensor
        Of any shape.

    Returns
    -------
    Tensor
        `input` itself: no tensor holds complex numbers.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> x = tg.tensor([1.0, -2.0])
    >>> tg.real(x) is x
    True
    """
    check_tensor(input, "real")
    return input


# ---------------------------------------------------------------- arithmetic


@public(method=True, inplace=True, out=True)
def add(input: Tensor, other: Any, *, alpha: float = 1) -> Tensor:
    """Sum: y = a + alpha b;  dL/da = g,  dL/db = alpha g.

    Parameters
    ----------
    input, other : Tensor or number
        Of shapes that broadcast.
    alpha : number, default 1
        What `other` is multiplied by.

    Returns
    -------
    Tensor
        Of the shape that the two broadcast to.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.add(tg.tensor([1.0, 2.0]), tg.tensor([3.0, 4.0]), alpha=10)
    tensor([31., 42.])
    """
    return _plus_scaled(ops.add, input, other, alpha)


def _plus_scaled(op: Any, input: Any, other: Any, alpha: Any) -> Any:
    """op(input, alpha other) in the dtype in which these two meet, or floats if alpha is one."""
    if alpha == 1:
        return op(input, other)
    y = in_float32(lambda a, b: op(a, b * alpha), input, other)
    dtype = result_type(plain(input), plain(other))
    return y if y.dtype.kind == "f" != dtype.kind else y.astype(dtype)


@public("subtract", "sub", method=True, inplace=True, out=True)
def subtract(input: Tensor, other: Any, *, alpha: float = 1) -> Tensor:
    """Difference: y = a - alpha b;  dL/da = g,  dL/db = -alpha g.

    Parameters
    ----------
    input, other : Tensor or number
        Of shapes that broadcast.
    alpha : number, default 1
        What `other` is multiplied by.

    Returns
    -------
    Tensor
        Of the shape that the two broadcast to.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.sub(tg.tensor([1.0, 2.0]), tg.tensor([3.0, 4.0]))
    tensor([-2., -2.])
    """
    return _plus_scaled(ops.subtract, input, other, alpha)


@public("divide", "div", "true_divide", method=True, inplace=True, out=True)
def divide(input: Tensor, other: Any, *, rounding_mode: str | None = None) -> Tensor:
    """Quotient: y = a / b;  dL/da = g / b,  dL/db = -g a / b^2 (0 if y is rounded).

    Parameters
    ----------
    input, other : Tensor or number
        Of shapes that broadcast.
    rounding_mode : {None, "floor", "trunc"}
        "floor" rounds the quotient down, "trunc" towards 0; integers then stay integers.

    Returns
    -------
    Tensor
        Of the shape that the two broadcast to; of integers, unless rounded, in the default float.

    Raises
    ------
    RuntimeError
        For another `rounding_mode`, and where integers are divided by 0.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.div(tg.tensor([7, -7]), 2)
    tensor([ 3.5000, -3.5000])
    >>> tg.div(tg.tensor([7, -7]), 2, rounding_mode="trunc")
    tensor([ 3, -3])
    """
    if rounding_mode is None:
        return ops.divide(input, other)
    if rounding_mode == "floor":
        return ops.floor_divide(input, other)
    if rounding_mode != "trunc":
        raise RuntimeError(f"divide: rounding_mode is 'floor' or 'trunc', not {rounding_mode!r}")
    whole = ops.subtract(input, ops.fmod(input, other))  # exact, while a / b of int64 is not
    if whole.dtype.kind in "iu":
        return ops.floor_divide(whole, other)
    return ops.trunc_divide(input, other)


@public(method=True, inplace=True, out=True)
def pow(input: Tensor, exponent: Any) -> Tensor:
    """Power: y = x^p;  dL/dx = g p x^(p-1),  dL/dp = g y ln x.

    Parameters
    ----------
    input, exponent : Tensor or number
        Of shapes that broadcast; at least one is a tensor.

    Returns
    -------
    Tensor
        Of the shape that the two broadcast to.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.pow(tg.tensor([1.0, 2.0, 3.0]), 2)
    tensor([1., 4., 9.])
    """
    return ops.power(input, exponent)


@public(method=True, inplace=True, out=True)
def float_power(input: Tensor, exponent: Any) -> Tensor:
    """Power in float64: y = x^p, whatever the dtypes of x and p.

    Parameters
    ----------
    input, exponent : Tensor or number
        Of shapes that broadcast; at least one is a tensor.

    Returns
    -------
    Tensor
        Of the shape that the two broadcast to, in float64.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.float_power(tg.tensor([1, 2, 3]), 0.5)
    tensor([1.0000, 1.4142, 1.7321], dtype=float64)
    """
    a, b = (x.astype(float64) if hasattr(x, "dtype") else float(x) for x in (input, exponent))
    return ops.power(a, b)


@public(method=True, inplace=True, out=True)
def ldexp(input: Tensor, other: Any) -> Tensor:
    """Product with a power of two: y = x 2^p;  dL/dx = g 2^p,  dL/dp = g y ln 2.

    Parameters
    ----------
    input, other : Tensor or number
        The factor and the exponent, of shapes that broadcast.

    Returns
    -------
    Tensor
        Of the shape that the two broadcast to.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.ldexp(tg.tensor([1.0, 3.0]), tg.tensor([2, -1]))
    tensor([4.0000, 1.5000])
    """
    y = ops.multiply(input, ops.power(2.0, other))
    dtype = result_type(plain(input), plain(other))
    return y.astype(dtype) if dtype.kind == "f" else y


@public(method=True)
def frexp(input: Tensor) -> tuple[Tensor, Tensor]:
    """Mantissa and exponent of floats: x = mantissa 2^exponent, 1/2 <= |mantissa| < 1.

    Parameters
    ----------
    input : Tensor
        Floats, of any shape.

    Returns
    -------
    mantissa : Tensor
        Of the same shape and dtype; dL/dx = g / 2^exponent.
    exponent : Tensor
        Of the same shape, in int32.

    Raises
    ------
    RuntimeError
        If the dtype is not floating.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.frexp(tg.tensor([1.0, -5.5]))
    frexp(mantissa=tensor([ 0.5000, -0.6875]), exponent=tensor([1, 3], dtype=int32))
    """
    if input.dtype.kind != "f":
        raise RuntimeError(f"frexp: it takes floats, not {input.dtype}; call x.float() first")
    exponent = np.frexp(plain(input))[1]
    half = exponent // 2  # in two steps, neither of which overflows
    one, other = (np.ldexp(np.ones((), input.dtype), -n) for n in (half, exponent - half))
    mantissa = ops.multiply(ops.multiply(input, one), other)
    parts: tuple[Tensor, Tensor] = _FREXP(mantissa, graph.Tensor(exponent))
    return parts


_FREXP = named("frexp", "mantissa exponent")


@public()
def rsub(input: Tensor, other: Tensor | float, alpha: float = 1) -> Tensor:
    """Difference in reverse order: y = other - alpha x.

    Parameters
    ----------
    input : Tensor
        What is taken away, of any shape.
    other : Tensor or number
        What it is taken from, of a shape that broadcasts with that of `input`.
    alpha : float, default 1
        The factor of `input`.

    Returns
    -------
    Tensor
        Of the shape that the two broadcast to.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.rsub(tg.tensor([1, 2]), 3)
    tensor([2, 1])
    """
    return ops.subtract(other, input if alpha == 1 else ops.multiply(input, alpha))


@public(method=True, inplace=True, out=True)
def rsqrt(input: Tensor) -> Tensor:
    """Reciprocal square root: y = 1 / sqrt x;  dL/dx = -g y^3 / 2.

    Parameters
    ----------
    input : Tensor
        Of any shape.

    Returns
    -------
    Tensor
        Of the same shape.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.rsqrt(tg.tensor([4.0, 0.25]))
    tensor([0.5000, 2.0000])
    """
    return ops.reciprocal(ops.sqrt(input))


@public(method=True, inplace=True, out=True)
def frac(input: Tensor) -> Tensor:
    """Fractional part: y = x - trunc(x);  dL/dx = g.

    Parameters
    ----------
    input : Tensor
        Of any shape.

    Returns
    -------
    Tensor
        Of the same shape, with the sign of `input`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.frac(tg.tensor([1.5, -2.25]))
    tensor([ 0.5000, -0.2500])
    """
    return ops.subtract(input, ops.trunc(input))


@public(method=True, inplace=True, out=True)
def lerp(input: Tensor, end: Any, weight: Any) -> Tensor:
    """Linear interpolation: y = (1 - weight) a + weight end.

    Parameters
    ----------
    input, end : Tensor
        The values at weight 0 and at weight 1, of shapes that broadcast.
    weight : Tensor or number
        Of a shape that broadcasts with them.

    Returns
    -------
    Tensor
        Of the shape that all three broadcast to.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.lerp(tg.tensor([0.0, 10.0]), tg.tensor([1.0, 20.0]), 0.25)
    tensor([ 0.2500, 12.5000])
    """
    return in_float32(_lerp, input, end, weight)


def _lerp(a: Any, b: Any, weight: Any) -> Any:
    return ops.add(ops.multiply(a, 1 - weight), ops.multiply(b, weight))


@public(method=True, inplace=True, out=True)
def addcmul(input: Tensor, tensor1: Any, tensor2: Any, *, value: float = 1) -> Tensor:
    """Sum with a product: y = a + value b c.

    Parameters
    ----------
    input, tensor1, tensor2 : Tensor
        a, b and c, of shapes that broadcast.
    value : number, default 1
        What the product is multiplied by.

    Returns
    -------
    Tensor
        Of the shape that all three broadcast to.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.addcmul(tg.zeros(2), tg.tensor([1.0, 2.0]), tg.tensor([3.0, 4.0]), value=0.5)
    tensor([1.5000, 4.0000])
    """
    return in_float32(_plus_product, input, tensor1, tensor2, value)


def _plus_product(a: Any, b: Any, c: Any, value: Any) -> Any:
    return add(a, ops.multiply(b, c), alpha=value)


@public(method=True, inplace=True, out=True)
def addcdiv(input: Tensor, tensor1: Any, tensor2: Any, *, value: float = 1) -> Tensor:
    """Sum with a quotient: y = a + value b / c.

    Parameters
    ----------
    input, tensor1, tensor2 : Tensor
        a, b and c, of shapes that broadcast.
    value : number, default 1
        What the quotient is multiplied by.

    Returns
    -------
    Tensor
        Of the shape that all three broadcast to.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.addcdiv(tg.zeros(2), tg.tensor([1.0, 2.0]), tg.tensor([4.0, 4.0]), value=2)
    tensor([0.5000, 1.0000])
    """
    return in_float32(_plus_quotient, input, tensor1, tensor2, value)


def _plus_quotient(a: Any, b: Any, c: Any, value: Any) -> Any:
    return add(a, ops.divide(b, c), alpha=value)


# ---------------------------------------------------------------- activations, special functions


@public()
def celu(input: Tensor, alpha: float = 1.0) -> Tensor:
    """Continuously differentiable ELU: y = x where x > 0, else alpha (e^(x / alpha) - 1).

    Parameters
    ----------
    input : Tensor
        Of any shape.
    alpha : float, default 1.0
        The limit of -y for very negative x.

    Returns
    -------
    Tensor
        Of the same shape.

    References
    ----------
    Barron, "Continuously differentiable exponential linear units", 2017.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.celu(tg.tensor([-1.0, 2.0]), alpha=2.0)
    tensor([-0.7869,  2.0000])
    """
    return ops.elu(input, alpha=alpha, rate=1 / alpha)


@public()
def selu(input: Tensor) -> Tensor:
    """Scaled ELU: y = s x where x > 0, else s a (e^x - 1), with s = 1.0507 and a = 1.6733.

    With these, mean 0 and variance 1 are preserved from layer to layer.

    Parameters
    ----------
    input : Tensor
        Of any shape.

    Returns
    -------
    Tensor
        Of the same shape.

    References
    ----------
    Klambauer, Unterthiner, Mayr and Hochreiter, "Self-normalizing neural networks", 2017.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.selu(tg.tensor([-1.0, 2.0]))
    tensor([-1.1113,  2.1014])
    """
    return ops.elu(input, alpha=1.6732632423543772, scale=1.0507009873554805)


@public("logit", "special.logit", method=True, inplace=True, out=True)
def logit(input: Tensor, eps: float | None = None) -> Tensor:
    """Logit, the inverse of the sigmoid: y = ln(x / (1 - x));  dL/dx = g / (x (1 - x)).

    Parameters
    ----------
    input : Tensor
        Probabilities, of any shape.
    eps : float, optional
        If given, x is first clamped to [eps, 1 - eps]; outside, the gradient is 0.

    Returns
    -------
    Tensor
        Of the same shape; without `eps`, infinite at 0 and 1, and NaN outside.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.logit(tg.tensor([0.1, 0.5, 0.9]))
    tensor([-2.1972,  0.0000,  2.1972])
    """
    return ops.logit(input if eps is None else ops.clip(input, min=eps, max=1 - eps))


@public("polygamma", "special.polygamma", out=True)
def polygamma(n: int, input: Tensor) -> Tensor:
    """Polygamma function, the n-th derivative of `digamma`: y = psi_n(x);  dL/dx = g psi_(n+1)(x).

    Parameters
    ----------
    n : int
        The order, 0 or more.
    input : Tensor
        Of any shape.

    Returns
    -------
    Tensor
        Of the same shape.

    Raises
    ------
    RuntimeError
        If the order is negative.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.polygamma(1, tg.tensor([1.0, 2.0]))
    tensor([1.6449, 0.6449])
    """
    if n < 0:
        raise RuntimeError(f"polygamma: the order is 0 or more, not {n}")
    return ops.polygamma(input, n=n)


@public("Tensor.polygamma", inplace=True)
def polygamma_of(input: Tensor, n: int) -> Tensor:
    """Polygamma function of order `n`: see `tg.polygamma`.

    Parameters
    ----------
    input : Tensor
        Of any shape.
    n : int
        The order, 0 or more.

    Returns
    -------
    Tensor
        Of the same shape.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.tensor([1.0, 2.0]).polygamma(1)
    tensor([1.6449, 0.6449])
    """
    return polygamma(n, input)


@public("mvlgamma", "special.multigammaln", method=True, inplace=True, out=True)
def mvlgamma(input: Tensor, p: int) -> Tensor:
    """Logarithm of the multivariate gamma function:
    y = p (p - 1) / 4 ln pi + sum_j lgamma(x - j / 2), for j from 0 to p - 1.

    Parameters
    ----------
    input : Tensor
        Of any shape, with values above (p - 1) / 2.
    p : int
        The dimension, 1 or more.

    Returns
    -------
    Tensor
        Of the same shape.

    Raises
    ------
    RuntimeError
        If `p` is below 1, or the tensor holds bools.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.mvlgamma(tg.tensor([2.0, 3.0]), 2)
    tensor([0.4516, 1.5502])
    """
    if p < 1:
        raise RuntimeError(f"mvlgamma: the dimension p is 1 or more, not {p}")
    if input.dtype.kind == "b":
        raise RuntimeError("mvlgamma: it takes numbers, not bools; call x.float() first")
    return in_float32(lambda x: _multivariate_lgamma(x, p), input)


def _multivariate_lgamma(x: Any, p: int) -> Any:
    y = ops.lgamma(x) + p * (p - 1) / 4 * np.log(np.pi).item()
    for j in range(1, p):
        y = y + ops.lgamma(x - j / 2)
    return y


# ---------------------------------------------------------------- choices


@public("clamp", "clip", method=True, inplace=True, out=True)
def clamp(input: Tensor, min: Any = None, max: Any = None) -> Tensor:
    """Clamp to an interval: y = min(max(x, low), high);  dL/dx = g inside and on the bounds.

    Outside, the gradient goes to the bound, if it is a tensor.  Where min > max, y = max.

    Parameters
    ----------
    input : Tensor
        Of any shape.
    min, max : Tensor or number, optional
        The bounds; at least one is given.

    Returns
    -------
    Tensor
        Of the same shape, or that which it and the bounds broadcast to.

    Raises
    ------
    ValueError
        If neither bound is given.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.clamp(tg.tensor([-2.0, 0.5, 2.0]), min=-1, max=1)
    tensor([-1.0000,  0.5000,  1.0000])
    """
    if isinstance(min, graph.TensorBase) or isinstance(max, graph.TensorBase):
        input = input if min is None else ops.at_least(input, min)
        return input if max is None else ops.at_most(input, max)
    min, max = (x.item() if isinstance(x, np.generic) else x for x in (min, max))
    return ops.clip(input, min=min, max=max)


@public(method=True, inplace=True, out=True)
def clamp_min(input: Tensor, min: Any) -> Tensor:
    """Clamp from below: y = max(x, low);  dL/dx = g where x >= low, else 0.

    Parameters
    ----------
    input : Tensor
        Of any shape.
    min : Tensor or number
        The lower bound.

    Returns
    -------
    Tensor
        Of the same shape, or that which it and the bound broadcast to.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.clamp_min(tg.tensor([-2.0, 0.5]), 0)
    tensor([0.0000, 0.5000])
    """
    return clamp(input, min, None)


@public(method=True, inplace=True, out=True)
def clamp_max(input: Tensor, max: Any) -> Tensor:
    """Clamp from above: y = min(x, high);  dL/dx = g where x <= high, else 0.

    Parameters
    ----------
    input : Tensor
        Of any shape.
    max : Tensor or number
        The upper bound.

    Returns
    -------
    Tensor
        Of the same shape, or that which it and the bound broadcast to.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.clamp_max(tg.tensor([0.5, 2.0]), 1)
    tensor([0.5000, 1.0000])
    """
    return clamp(input, None, max)


@public(out=True)
def where(condition: Tensor, input: Any = None, other: Any = None) -> Any:
    """Selection: y = a where the condition is true, else b;  g goes the same way.

    Parameters
    ----------
    condition : Tensor
        Of bools.
    input, other : Tensor or number, optional
        a and b, of shapes that broadcast with the condition.

    Returns
    -------
    Tensor or tuple of Tensor
        Of the shape that all three broadcast to.  With the condition alone, its true places: for
        each dimension a tensor of indices, as from `nonzero(as_tuple=True)`.

    Raises
    ------
    TypeError
        If one of `input` and `other` is given without the other.
    RuntimeError
        If the condition is not of bools.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> x = tg.tensor([-1.0, 2.0])
    >>> tg.where(x > 0, x, 0.0)
    tensor([0., 2.])
    """
    if (input is None) != (other is None):
        raise TypeError("where: give both input and other, or neither")
    if input is not None:
        if getattr(condition, "dtype", None) is not bool_:  # this test is the quickest
            condition = _condition(condition)
        return ops.where(condition, input, other)
    return tuple(map(graph.Tensor, np.nonzero(np.atleast_1d(plain(condition)))))


def _condition(mask: Any) -> Any:
    """The condition as a mask of bools.  PyTorch takes one of uint8 too, with a warning: that was
    the dtype of masks before it had bools."""
    check_tensor(mask, "where")
    if mask.dtype == np.uint8:
        why = "where: a condition of uint8 is deprecated; write it as a comparison, x != 0"
        warnings.warn(why, UserWarning, stacklevel=caller_level())
        return ops.not_equal(mask, 0)
    _check_mask(mask, "where")
    return mask


def _check_mask(mask: Any, name: str) -> None:
    if mask.dtype.kind != "b":
        raise RuntimeError(f"{name}: the mask is bool, not {mask.dtype}; write it as x != 0")


@public(method=True, inplace=True)
def masked_fill(input: Tensor, mask: Any, value: Any) -> Tensor:
    """Replacement where a mask is true: y = value there, else x;  dL/dx = g where the mask is
    false.

    Parameters
    ----------
    input : Tensor
        Of any shape.
    mask : Tensor
        Of bools, of a shape that broadcasts with that of `input`.
    value : Tensor or number
        One number, or a tensor without dimensions.

    Returns
    -------
    Tensor
        Of the shape that `input` and the mask broadcast to.

    Raises
    ------
    RuntimeError
        If the mask is not of bools, or the value has dimensions.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.masked_fill(tg.tensor([1.0, 2.0]), tg.tensor([True, False]), -tg.inf)
    tensor([-inf, 2.])
    """
    _check_mask(mask, "masked_fill")
    if np.ndim(plain(value)):
        raise RuntimeError(
            f"masked_fill: the value is one number, not {tuple(value.shape)}; see where"
        )
    if input.dtype.kind != "f":
        value = input.dtype.type(plain(value))
    return ops.where(mask, value, input)


@public(method=True, inplace=True, out=True)
def nan_to_num(input: Tensor, nan: Any = None, posinf: Any = None, neginf: Any = None) -> Tensor:
    """Replacement of NaN and infinities by numbers;  dL/dx = g where x is finite, else 0.

    Parameters
    ----------
    input : Tensor
        Of any shape.
    nan : float, default 0
        What stands for NaN.
    posinf, neginf : float, optional
        What stands for infinity and minus infinity: unless given, the largest and the smallest
        number of the dtype.

    Returns
    -------
    Tensor
        Of the same shape.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.nan_to_num(tg.tensor([tg.nan, tg.inf, 1.0]), posinf=9.0)
    tensor([0., 9., 1.])
    """
    return ops.nan_to_num(input, nan=nan or 0.0, posinf=posinf, neginf=neginf)


# ---------------------------------------------------------------- comparisons with a tolerance


@public(method=True)
def isclose(
    input: Tensor, other: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> Tensor:
    """Elementwise test of closeness: |input - other| <= atol + rtol |other|.

    Parameters
    ----------
    input, other : Tensor
        Of shapes that broadcast.
    rtol, atol : float, default 1e-5 and 1e-8
        The relative and the absolute tolerance, 0 or more.
    equal_nan : bool, default False
        Is NaN close to NaN?

    Returns
    -------
    Tensor
        Of bools, of the shape that the two broadcast to.

    Raises
    ------
    RuntimeError
        If a tolerance is negative.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.isclose(tg.tensor([1.0, 2.0]), tg.tensor([1.000001, 2.1]))
    tensor([ True, False])
    """
    if rtol < 0 or atol < 0:
        raise RuntimeError(f"isclose: tolerances are at least 0, not rtol={rtol}, atol={atol}")
    a, b = plain(input), plain(other)
    return graph.Tensor(np.asarray(np.isclose(a, b, rtol, atol, equal_nan)))


@public(method=True)
def allclose(
    input: Tensor, other: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> bool:
    """Test whether |input - other| <= atol + rtol |other| for all elements.

    Parameters
    ----------
    input, other : Tensor
        Of shapes that broadcast.
    rtol, atol : float, default 1e-5 and 1e-8
        The relative and the absolute tolerance, 0 or more.
    equal_nan : bool, default False
        Is NaN close to NaN?

    Returns
    -------
    bool
        Are all pairs of elements close?

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.allclose(tg.tensor([1.0, 2.0]), tg.tensor([1.000001, 2.0]))
    True
    """
    return bool(isclose(input, other, rtol, atol, equal_nan).array.all())


@public(method=True)
def equal(input: Tensor, other: Any) -> bool:
    """Test whether two tensors have the same shape and the same elements.

    Parameters
    ----------
    input, other : Tensor
        Of any shapes.

    Returns
    -------
    bool
        Are they equal?  NaN is not equal to NaN.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.equal(tg.tensor([1, 2]), tg.tensor([1, 2]))
    True
    """
    return bool(input.shape == other.shape and (input.array == other.array).all())
