"""NumPy's statistics on tensors: quantiles, averages, and reductions that ignore NaN."""

from functools import partial
from typing import Any

import numpy as np

from .. import ops
from ..engine import graph
from ..numpy_protocol import answers
from . import reduction, shape, statistics
from .arguments import plain
from .numpy_functions import floating, tensor_of

# ---------------------------------------------------------------- quantiles


def _one_axis(a: Any, axis: Any) -> Any:
    """The tensor with the axes to reduce in one, the last; None reduces all."""
    axes = tuple(range(a.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    axes = tuple(np.lib.array_utils.normalize_axis_tuple(axes, a.ndim))
    left = [d for d in range(a.ndim) if d not in axes]
    a = ops.transpose(a, axes=(*left, *axes))
    return ops.reshape(a, shape=(*a.shape[: len(left)], -1)), left


def quantile(
    a: Any, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False, *, of: Any
) -> Any:
    """The quantiles q, of all elements or along an axis, or several."""
    if method not in ("linear", "lower", "higher", "nearest", "midpoint"):
        raise TypeError(f"np.quantile: method={method!r} is not defined on tensors; see 'linear'")
    a = floating(a)
    rows, left = _one_axis(a, axis)
    wanted = np.asarray(plain(q), a.dtype)
    y = of(rows, graph.Tensor(wanted.reshape(-1)), -1, interpolation=method)
    kept = [n if d in left else 1 for d, n in enumerate(a.shape)]
    sizes = kept if keepdims else [a.shape[d] for d in left]
    return ops.reshape(y, shape=(*wanted.shape, *sizes))


answers(np.quantile)(partial(quantile, of=statistics.quantile))
answers(np.nanquantile)(partial(quantile, of=statistics.nanquantile))


def percentile(
    a: Any, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False, *, of: Any
) -> Any:
    """The percentiles q: the quantiles q / 100."""
    return quantile(a, np.asarray(plain(q)) / 100, axis, method, keepdims, of=of)


answers(np.percentile)(partial(percentile, of=statistics.quantile))
answers(np.nanpercentile)(partial(percentile, of=statistics.nanquantile))


def median(a: Any, axis: Any = None, keepdims: bool = False, *, of: Any) -> Any:
    """The median, the mean of the two middle elements where their number is even."""
    return quantile(a, 0.5, axis, "linear", keepdims, of=of)


answers(np.median)(partial(median, of=statistics.quantile))
answers(np.nanmedian)(partial(median, of=statistics.nanquantile))

# ---------------------------------------------------------------- averages


@answers(np.average)
def average(
    a: Any, axis: Any = None, weights: Any = None, returned: bool = False, *, keepdims: bool = False
) -> Any:
    """The mean of the elements, each of its weight; with `returned`, the sums of weights too."""
    a = floating(a)
    w = tensor_of(np.ones(a.shape, a.dtype) if weights is None else weights)
    if w.shape != a.shape:
        if w.ndim != 1 or not isinstance(axis, int) or w.shape[0] != a.shape[axis]:
            what = "as many weights as elements, or as there are along one axis"
            raise ValueError(f"np.average: give {what}, not {tuple(w.shape)} for {tuple(a.shape)}")
        w = ops.reshape(w, shape=[-1 if d == axis % a.ndim else 1 for d in range(a.ndim)])
    total = ops.sum(w + a * 0, axis=axis, keepdims=keepdims)
    mean = ops.sum(a * w, axis=axis, keepdims=keepdims) / total
    return (mean, total) if returned else mean


@answers(np.ptp)
def ptp(a: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The largest element less the smallest."""
    return ops.amax(a, axis=axis, keepdims=keepdims) - ops.amin(a, axis=axis, keepdims=keepdims)


@answers(np.cov)
def cov(
    m: Any,
    y: Any = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: int | None = None,
    fweights: Any = None,
    aweights: Any = None,
) -> Any:
    """The covariances of variables, a row of observations each."""
    correction = int(not bias) if ddof is None else ddof
    weights = [w if w is None else tensor_of(w) for w in (fweights, aweights)]
    rows = _variables(m, y, rowvar)
    return statistics.cov(rows, correction=correction, fweights=weights[0], aweights=weights[1])


@answers(np.corrcoef)
def corrcoef(x: Any, y: Any = None, rowvar: bool = True) -> Any:
    """The correlations of variables, a row of observations each."""
    return statistics.corrcoef(_variables(x, y, rowvar))


def _variables(m: Any, y: Any, rowvar: bool) -> Any:
    """The rows of observations of all variables."""
    rows = [floating(x) for x in (m, y) if x is not None]
    rows = [ops.transpose(x) if not rowvar and x.ndim == 2 and len(x) != 1 else x for x in rows]
    return rows[0] if y is None else ops.concatenate(*map(shape.atleast_2d, rows), axis=0)


# ---------------------------------------------------------------- without NaN


@answers(np.nansum)
def nansum(a: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The sum of the elements that are not NaN."""
    return reduction.nansum(a, axis, keepdims)


def _filled(a: Any, value: Any) -> Any:
    """The tensor with a number in the place of NaN."""
    a = tensor_of(a)
    return ops.where(ops.isnan(a), value, a) if a.dtype.kind == "f" else a


@answers(np.nanprod)
def nanprod(a: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The product of the elements that are not NaN."""
    return ops.prod_(_filled(a, 1.0), axis=axis, keepdims=keepdims)


@answers(np.nancumsum)
def nancumsum(a: Any, axis: Any = None) -> Any:
    """The running sum in which NaN counts as 0."""
    a = _filled(a, 0.0)
    return ops.cumsum(shape.ravel(a) if axis is None else a, axis=axis or 0)


@answers(np.nanmean)
def nanmean(a: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The mean of the elements that are not NaN."""
    a = floating(a)
    return reduction.nanmean(a, axis, keepdims)


def extreme(a: Any, axis: Any = None, keepdims: bool = False, *, of: Any, last: float) -> Any:
    """The largest (or smallest) of the elements that are not NaN; NaN where there is none."""
    a = tensor_of(a)
    y = of(_filled(a, last), axis=axis, keepdims=keepdims)
    if a.dtype.kind != "f":
        return y
    return ops.where(ops.all_(ops.isnan(a), axis=axis, keepdims=keepdims), np.nan, y)


answers(np.nanmax)(partial(extreme, of=ops.amax, last=-np.inf))
answers(np.nanmin)(partial(extreme, of=ops.amin, last=np.inf))


@answers(np.nanvar)
def nanvar(
    a: Any, axis: Any = None, ddof: float = 0, keepdims: bool = False, *, correction: Any = None
) -> Any:
    """The variance of the elements that are not NaN."""
    a, ddof = floating(a), ddof if correction is None else correction
    missing = ops.isnan(a)
    away = ops.where(missing, 0.0, a - reduction.nanmean(a, axis, True))
    present: Any = ~plain(missing)
    count = present.sum(axis=axis, keepdims=keepdims)
    left = np.where(count > ddof, count - ddof, np.nan).astype(a.dtype)
    return ops.sum(away * away, axis=axis, keepdims=keepdims) / left


@answers(np.nanstd)
def nanstd(
    a: Any, axis: Any = None, ddof: float = 0, keepdims: bool = False, *, correction: Any = None
) -> Any:
    """The standard deviation of the elements that are not NaN."""
    return ops.sqrt(nanvar(a, axis, ddof, keepdims, correction=correction))
