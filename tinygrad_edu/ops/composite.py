"""Ops that could be composed of others, and are ops of their own because it pays.

`softmax`, `log_softmax` and `logsumexp` do not overflow; `bce_with_logits` is right at logit 0,
where the usual composition has gradient zero; `linear`, `mean_squared_error` and
`softmax_cross_entropy` save passes over memory (see benchmarks/).
"""

from math import prod

import numpy as np

from ..engine.graph import TensorBase, op
from ..sums import MOST, added, narrowed, onto, row_of_ones, wide
from .elementwise import log, not_broadcasting, sigmoid, sqrt, where
from .indexing import put_along_axis
from .reduction import kept, mean, sum as sum_


def _does_not_fit_weight(x, weight, bias):
    if x.ndim and weight.ndim == 2 and x.shape[-1] != weight.shape[1]:
        takes = f"the weight {weight.shape} takes {weight.shape[1]}{_cure(x, weight.shape[1])}"
        return f"the input {x.shape} has {x.shape[-1]} features, but {takes}"
    return not_broadcasting(np.empty(weight.shape[0]), bias)


def _cure(x, features):
    """What makes an input fit a number of features."""
    if x.ndim > 1 and x.shape[-2] == features:
        return ".  Are the features in the dimension before?  See x.mT"
    for start in range(x.ndim - 1):
        if prod(x.shape[start:]) == features:
            product = " * ".join(map(str, x.shape[start:]))
            return f".  Flatten it: x.flatten({start}) has {product} = {features}"
    if x.ndim == 1 and features == 1:
        return f".  Is each number an example?  x.unsqueeze(1) has shape {(*x.shape, 1)}"
    return ""


def _as_rows(x):
    # a size of -1 cannot be found where a row is empty
    return x.reshape((prod(x.shape[:-1]), x.shape[-1]))


def _to_weight(g, _y, x, _weight, _bias):
    if x.ndim != 2:
        g, x = _as_rows(g), _as_rows(x)
    return np.dot(wide(g).swapaxes(0, 1), wide(x))  # for small matrices faster than @ by half


def _to_input(g, _y, _x, weight, _bias):
    g, weight = wide(g), wide(weight)
    return np.dot(g, weight) if g.ndim == 2 else np.dot(_as_rows(g), weight).reshape(_x)


@op(
    _to_input,
    _to_weight,
    lambda g, _y, _x, _weight, _bias: g if g.ndim == 2 else _as_rows(g),
    samples=lambda draw: draw.case(*draw.shapes("...n", "mn", "m")),
    explain=_does_not_fit_weight,
)
def linear(x, weight, bias):
    """y = x W' + b;  dL/dx = g W,  dL/dW = g' x,  dL/db = g (summed over the rows).

    x is (..., in), W is (out, in), b is (out,) or None.
    """
    y = np.dot(wide(x if x.ndim == 2 else _as_rows(x)), wide(weight).T)
    if bias is not None:
        y += bias
    y = narrowed(y, x)
    return y if x.ndim == 2 else y.reshape((*x.shape[:-1], len(weight)))


SHORT_ROW = 32  # elements: up to here the copy below pays


def _laid_out(x, axis):
    """x, in columns if it is short rows along the axis: NumPy is slow at reducing short rows, and
    fast at reducing across whole columns."""
    short_rows = x.ndim == 2 and axis in (1, -1) and x.shape[1] <= SHORT_ROW
    return x.copy("F") if short_rows else x


def _largest(x, axis):
    """The largest number along the axis; 0 if there is none."""
    return (np.maximum if x.size else np.add).reduce(x, axis=axis, keepdims=True)


def _shifted(x, axis):
    """x less its largest number along the axis, so that e^x cannot overflow."""
    x = _laid_out(wide(x), axis)
    return x - _largest(x, axis)


def _total(x, axis):
    """The sum along the axis, of an array at once."""
    plain = x.__class__ is np.ndarray
    return added(x, axis, True) if plain else sum_(x, axis=axis, keepdims=True)


def _inner(a, b, axis):
    """The sum of the products a b along the axis; no array holds them if the axis is the last."""
    if isinstance(a, TensorBase) or not a.ndim or axis not in (-1, a.ndim - 1):
        return _total(a * b, axis)
    return np.expand_dims(np.vecdot(a, b), -1)


def _through_softmax(g, y, _x, axis):
    g, y = wide(g), wide(y)
    g = g - _inner(g, y, axis)
    return y * (g - _inner(g, y, axis))  # which is 0, but for rounding where y is almost 1


@op(_through_softmax)
def softmax(x, *, axis):
    """y_i = e^x_i / sum_j e^x_j along the axis;  dL/dx = y (g - sum_j g_j y_j)."""
    y = _shifted(x, axis)
    y = np.exp(y, onto(y))
    y /= added(y, axis, True)
    return narrowed(y, x)


def _through_log_softmax(g, y, _x, axis):
    g, p = wide(g), np.exp(wide(y))
    part = g - p * _total(g, axis)
    return part - p * _total(part, axis)  # which is 0, but for rounding where p is almost 1


@op(_through_log_softmax)
def log_softmax(x, *, axis):
    """y = x - log sum_j e^x_j along the axis;  dL/dx = g - e^y sum_j g_j."""
    y = _shifted(x, axis)
    rest = np.exp(y)
    top = np.equal(rest, 1).astype(rest.dtype)  # the largest: the others are added without it
    rest -= top
    y -= np.log1p(added(rest, axis, True) + (added(top, axis, True) - 1))
    return narrowed(y, x)


def _through_logsumexp(g, _y, x, axis, keepdims):
    return kept(g, x.shape, axis) * softmax(wide(x), axis=axis)


@op(_through_logsumexp)
def logsumexp(x, *, axis, keepdims=False):
    """y = log sum_j e^x_j over the axes;  dL/dx = g e^(x - y)."""
    wider = wide(x)
    top = _largest(wider, axis)
    top = np.where(np.isfinite(top), top, 0.0)
    y = narrowed(np.log(added(np.exp(wider - top), axis, True)) + top, x)
    if keepdims:
        return y
    return np.squeeze(y, axis if axis is not None else tuple(range(y.ndim)))


def _row_mean(x):
    """The mean along the last axis, as a product, which takes a fifth of the time of a sum."""
    n = x.shape[-1]
    if n > MOST:
        return mean(x, axis=-1, keepdims=True)
    return (x @ (row_of_ones(n, x.dtype) / n)).reshape((*x.shape[:-1], 1))


def _standardized(x, _weight, _bias, *, eps):
    """x with mean 0 and variance 1 in each row, and by what its distance from the mean was
    multiplied."""
    x = wide(x)
    d = x - _row_mean(x)
    scale = 1 / sqrt(_row_mean(d * d) + eps)
    return d * scale, scale


def _through_standardized(g, _y, x, weight, _bias, r, eps):
    z, scale = r  # of x, which second derivatives read
    h = wide(g) * weight
    return (h - _row_mean(h) - z * _row_mean(h * z)) * scale


@op(
    _through_standardized,
    lambda g, _y, _x, _weight, _bias, r, eps: (g * r[0]).reshape((-1, g.shape[-1])),
    lambda g, _y, _x, _weight, _bias, r, eps: g.reshape((-1, g.shape[-1])),
    residual=_standardized,
    samples=lambda draw: draw.case(*draw.shapes("...n", "n", "n"), eps=draw.choice(0.1, 0.5)),
    explain=not_broadcasting,
)
def layer_norm(x, weight, bias, r, *, eps):
    """y = w z + b, z = (x - mean) / sqrt(var + eps) in each row, the last dimension;
    dL/dx = (h - mean h - z mean(h z)) / sqrt(var + eps) with h = g w,  dL/dw = g z,  dL/db = g."""
    y = r[0] * weight
    return narrowed(y if bias is None else np.add(y, bias, out=y), x)


@op(
    lambda g, _y, a, b: wide(g) * (2 / prod(a.shape)) * (wide(a) - b),
    lambda g, _y, a, b: wide(g) * (2 / prod(a.shape)) * (wide(b) - a),
    samples=lambda draw: draw.case(*draw.alike(2)),
    explain=not_broadcasting,
)
def mean_squared_error(a, b):
    """y = mean of (a - b)^2, over all n numbers;  dL/da = 2 g (a - b) / n."""
    d = np.subtract(wide(a), wide(b))
    total = np.vdot(d, d) if d.size <= MOST else added(np.square(d))
    return narrowed(total / d.size, a, b)


def _at_classes(x, target):
    """x[i, target_i] for each row i."""
    if target.size and np.minimum.reduce(target) < 0:
        raise IndexError("a class is below 0")
    return x[np.arange(len(target)), target]


def _no_such_class(x, target):
    count = x.shape[1]
    wrong = (target < 0) | (target >= count)
    if wrong.any():
        place = int(np.argmax(wrong))
        held = f"the target holds class {target[place]} at [{place}]"
        from_1 = ".  Does it count from 1?  See target - 1" if target.min() == 1 else ""
        return f"{held}, but the input {x.shape} has {count} classes, 0 to {count - 1}{from_1}"
    return None


@op(
    lambda g, _y, _logp, target: put_along_axis(-g[:, None], target[:, None], axis=1, shape=_logp),
    None,
    samples=lambda draw: draw.classified(),
    explain=_no_such_class,
    called="nll_loss",
)
def nll(logp, target):
    """y_i = -logp[i, target_i], the negative log-likelihood of each row's class;
    dL/dlogp is -g_i at [i, target_i] and zero elsewhere."""
    return -_at_classes(logp, target)


def _softmax_minus_one_hot(g, _y, x, target, logp):
    part, at = np.exp(wide(logp)), (np.arange(len(target)), target)
    part[at] = np.expm1(wide(logp)[at])  # e^y - 1 to all digits
    return part * (g / len(target))


@op(
    _softmax_minus_one_hot,
    None,
    residual=lambda x, target: log_softmax(x, axis=1),
    samples=lambda draw: draw.classified(),
    explain=_no_such_class,
    called="cross_entropy",
)
def softmax_cross_entropy(x, target, logp):
    """y = mean_i (log sum_j e^x_ij - x[i, target_i]), the cross-entropy of each row's softmax
    against its class;  dL/dx = g (softmax(x) - one_hot(target)) / n."""
    return narrowed(-added(_at_classes(logp, target)) / len(target), x)


@op(
    lambda g, _y, x, target: g * ((1 - target) * sigmoid(wide(x)) - target * sigmoid(-wide(x))),
    lambda g, _y, x, _target: -g * x,
    samples=lambda draw: draw.chances(),
    explain=not_broadcasting,
)
def bce_with_logits(x, target):
    """y = (1 - t) x + log(1 + e^-x), the cross-entropy of sigmoid(x) against t, without overflow;
    dL/dx = g (sigmoid(x) - t), which is right at x = 0 too,  dL/dt = -g x."""
    certain = (1 - target) * np.maximum(x, 0) - target * np.minimum(x, 0)
    return certain + np.log1p(np.exp(-np.absolute(x)))


def _to_probability(g, _y, p, target):
    p, target = wide(p), wide(target)
    return g * (p - target) / np.maximum(p * (1 - p), 1e-12)


@op(
    _to_probability,
    lambda g, _y, p, _target: g * (_log_of_rest(p) - _log_at_least(p)),
    samples=lambda draw: draw.chances(),
    explain=not_broadcasting,
    domain=(0.1, 0.9),
)
def binary_cross_entropy(p, target):
    """y = -(t log p + (1 - t) log(1 - p)), each log at least -100 as in PyTorch;
    dL/dp = g (p - t) / (p (1 - p)),  dL/dt = g (log(1 - p) - log p)."""
    return -(target * _log_at_least(p) + (1 - target) * _log_of_rest(p))


@op(lambda g, _y, x: g * (log(where(x == 0, np.nan, x)) + 1), domain=(0.1, 2.0))
def xlogx(x):
    """y = x log x, 0 at 0;  dL/dx = g (log x + 1), nan at 0 as in PyTorch: there is no slope."""
    return x * log(where(x == 0, 1, x))


def _log_of_rest(p, floor=-100.0):
    """log(1 - p), to all digits of a small p."""
    return np.maximum(where(p < 1, np.log1p(where(p < 1, -p, 0)), floor), floor)


def _log_at_least(p, floor=-100.0):
    safe = where(p > 0, p, 1)
    return np.maximum(where(p > 0, log(safe), floor), floor)
