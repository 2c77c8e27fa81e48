"""Activation functions: elementwise, between the layers of a network.

A derivative that jumps from one formula to another is selected, not multiplied by 0 or 1: a
gradient may be infinite where the function is flat, as in sqrt(relu(x)) at x < 0.  At a nan they
pass g or give 0 as PyTorch does.
"""

from math import pi

import numpy as np

from .. import error_function as kernels
from ..engine.graph import op
from ..sums import narrowed, wide
from .elementwise import not_broadcasting, selected, sigmoid, tanh
from .piecewise import relu
from .special import in_float, normal

# ---------------------------------------------------------------- straight lines


@op(lambda g, _y, x, slope: selected(g, x > 0) + selected(g * slope, ~(x > 0)), kinks=(0.0,))
def leaky_relu(x, *, slope=0.01):
    """y = x where x > 0, else slope x;  dL/dx = g, else slope g, which is chosen at the kink."""
    return np.maximum(x, 0) + np.minimum(x, 0) * slope


@op(
    lambda g, _y, x, weight: selected(g, x > 0) + selected(g * weight, ~(x > 0)),
    lambda g, _y, x, _weight: selected(g * x, ~(x > 0)),
    kinks=(0.0,),
    explain=not_broadcasting,
)
def prelu(x, weight):
    """y = x where x > 0, else w x;  dL/dx = g, else g w,  dL/dw = 0, else g x.  What stands after
    "else" is chosen at the kink."""
    return np.where(x > 0, x, weight * x)


@op(lambda g, _y, x, min, max: selected(g, ~((x <= min) | (x >= max))), kinks=(-1.0, 1.0))
def hardtanh(x, *, min=-1.0, max=1.0):
    """y = x clamped to [min, max];  dL/dx = g inside, and 0 outside and on the borders."""
    return np.clip(x, min, max)


@op(lambda g, _y, x: selected(g / 6, (x > -3) & (x < 3)), domain=(-4.0, 4.0), kinks=(-3.0, 3.0))
def hardsigmoid(x):
    """y = x / 6 + 1/2 clamped to [0, 1];  dL/dx = g / 6 where |x| < 3, else 0."""
    return np.clip(x + 3, 0, 6) / 6


@op(
    lambda g, _y, x: selected(g, ~(x < 3)) + selected(g * (x / 3 + 0.5), (x > -3) & (x < 3)),
    domain=(-4.0, 4.0),
    kinks=(-3.0, 3.0),
)
def hardswish(x):
    """y = x hardsigmoid(x);  dL/dx = g (x / 3 + 1/2) where |x| < 3, g above, 0 below  (Howard et
    al., 2019)."""
    return x * (np.clip(x + 3, 0, 6) / 6)


@op(lambda g, _y, x, lambd: selected(g, ~(np.absolute(x) <= lambd)), kinks=(-0.5, 0.5))
def hardshrink(x, *, lambd=0.5):
    """y = x, but 0 where |x| <= lambd;  dL/dx = g, and 0 there."""
    return x * ~(np.absolute(x) <= lambd)


@op(lambda g, _y, x, lambd: selected(g, ~(np.absolute(x) <= lambd)), kinks=(-0.5, 0.5))
def softshrink(x, *, lambd=0.5):
    """y = x moved by lambd towards 0, and 0 where |x| <= lambd;  dL/dx = g, and 0 there."""
    return x - np.clip(x, -lambd, lambd)


# ---------------------------------------------------------------- curves


@op(
    lambda g, _y, x, alpha, scale, rate: (
        selected(g * scale, ~(x <= 0))
        + selected(g * (scale * alpha * rate) * np.exp(relu(-x) * -rate), x <= 0)
    ),
    kinks=(0.0,),
    samples=lambda draw: draw.case(draw.shape(min_side=0), alpha=0.7, scale=1.1, rate=1.5),
)
def elu(x, *, alpha=1.0, scale=1.0, rate=1.0):
    """y = scale x where x > 0, else scale alpha (e^(rate x) - 1);
    dL/dx = g scale, else g scale alpha rate e^(rate x), which is chosen at the kink."""
    y = np.maximum(x, 0) + np.expm1(np.minimum(x, 0) * rate) * alpha
    return y if scale == 1 else y * scale


@op(lambda g, y, _x, s: g * (s + y * (1 - s)), residual=lambda x: sigmoid(wide(x)))
def silu(x, s):
    """y = x s, with s = sigmoid(x);  dL/dx = g (s + y (1 - s))."""
    return narrowed(x * s, x)


@op(lambda g, _y, x, r: g * (r[0] + x * r[1]), residual=lambda x: normal(wide(x)))
def gelu(x, r):
    """y = x p, with p = the chance that a standard normal number is below x, and d their density;
    dL/dx = g (p + x d)  (Hendrycks and Gimpel, 2016)."""
    return narrowed(x * r[0], x)


_GELU = 2 * (2 / pi) ** 0.5


def _gate(x):
    x = np.clip(wide(x), -30, 30)  # beyond, the sigmoid is 0 or 1
    return sigmoid(x * (_GELU + 0.044715 * _GELU * x * x))


def _gelu_tanh_rule(g, y, x, s):
    x = np.clip(wide(x), -30, 30)  # beyond, 1 - s or y is 0: no 0 times infinity
    return g * (s + y * (1 - s) * (_GELU + 3 * 0.044715 * _GELU * x * x))


@op(_gelu_tanh_rule, residual=_gate)
def gelu_tanh(x, s):
    """y = x s, with s = sigmoid(2 u) = (1 + tanh u) / 2 and u = sqrt(2 / pi) (x + 0.044715 x^3);
    dL/dx = g (s + 2 y (1 - s) du/dx)  (Hendrycks and Gimpel, 2016)."""
    return narrowed(x * s, x)


def _mish_rule(g, _y, x, h):
    e, x = h * h, np.minimum(np.maximum(wide(x), -800), 42)  # beyond, the slope is 0 or 1
    d = e * (e + 2) + 2
    return g * ((e + 2 + 4 * x * (e + 1) / d) / d * h * h)


@op(_mish_rule, residual=lambda x: np.exp(np.minimum(wide(x), 42) * 0.5))
def mish(x, h):
    """y = x t, with t = tanh(ln(1 + e^x));  dL/dx = g (t + x sigmoid(x) (1 - t^2))  (Misra,
    2019).

    With e = e^x, t = e (e + 2) / (e (e + 2) + 2); from x = 42 on it is 1.
    """
    e = h * h
    return narrowed(x * ((e + 2) / (e * (e + 2) + 2) * h) * h, x)


@op(lambda g, _y, x: wide(g) / (1 + np.absolute(wide(x))) / (1 + np.absolute(wide(x))))
def softsign(x):
    """y = x / (1 + |x|);  dL/dx = g / (1 + |x|)^2."""
    return narrowed(wide(x) / (1 + np.absolute(wide(x))), x)


@op(lambda g, _y, x: g * (tanh(x) * tanh(x)))
def tanhshrink(x):
    """y = x - tanh x, accurate near 0 too;  dL/dx = g tanh(x)^2."""
    return in_float(kernels.tanhshrink, x)
