"""Counting: distinct elements, how often they occur, histograms.  Only `bincount` has a gradient,
that of its weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import ops
from ..dtypes import float32, float64
from ..engine import graph
from ..registry import public
from .arguments import Tensor, check_dim, check_floating, named, plain

ARRAY = ops.ARRAY
_Histogram: Any = named("histogram", "hist bin_edges")
_HistogramDD: Any = named("histogramdd", "hist bin_edges")

# ---------------------------------------------------------------- distinct elements


@public(method=True)
def unique(
    input: Tensor,
    sorted: bool = True,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
) -> Any:
    """Distinct elements, or distinct slices along `dim`, in order.

    Parameters
    ----------
    input : Tensor
        The elements, of any shape and dtype.  Each NaN is distinct.
    sorted : bool
        Return them in order?  They are in any case.
    return_inverse : bool
        Also return, for each element of the input, its index among the distinct ones?
    return_counts : bool
        Also return how often each occurs?
    dim : int, optional
        The dimension whose slices are compared; by default, all elements are.

    Returns
    -------
    Tensor or tuple of Tensor
        A vector, or the distinct slices along `dim`; then the inverse (of the shape of the input)
        and the counts, if asked for.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.unique(tg.tensor([3, 1, 3]), return_counts=True)
    (tensor([1, 3]), tensor([1, 2]))
    """
    x = plain(input)
    values, inverse, counts = np.unique(x, False, True, True, dim, equal_nan=False)
    inverse = inverse.reshape(x.shape if dim is None else (-1,))
    return _asked_for(values, (return_inverse, inverse), (return_counts, counts))


def _asked_for(values: Any, *more: tuple[bool, Any]) -> Any:
    found = [values] + [array for asked, array in more if asked]
    return tuple(map(graph.Tensor, found)) if len(found) > 1 else graph.Tensor(values)


@public(method=True)
def unique_consecutive(
    input: Tensor, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
) -> Any:
    """First element of each run of equal neighbours, or first slice of each run along `dim`.

    Parameters
    ----------
    input : Tensor
        The elements, of any shape and dtype.
    return_inverse : bool
        Also return, for each element of the input, the index of its run?
    return_counts : bool
        Also return how long each run is?
    dim : int, optional
        The dimension whose slices are compared; by default, the flattened elements are.

    Returns
    -------
    Tensor or tuple of Tensor
        A vector, or slices along `dim`; then the inverse and the counts, if asked for.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.unique_consecutive(tg.tensor([1, 1, 2, 1]))
    tensor([1, 2, 1])
    """
    x = plain(input)
    axis = 0 if dim is None else check_dim(dim, x.ndim, "unique_consecutive", input)
    if dim is not None and not x.ndim:
        raise IndexError(f"unique_consecutive: a number has no dimension {dim}")
    rows = x.reshape(-1) if dim is None else np.moveaxis(x, axis, 0)
    if len(rows) and not rows.size:
        raise RuntimeError(f"unique_consecutive: the slices of {x.shape} along {dim} are empty")
    differs = (rows[1:] != rows[:-1]).any(tuple(range(1, rows.ndim)))
    starts = np.concatenate([np.ones(min(len(rows), 1), bool), differs])
    at = np.flatnonzero(starts)
    values = rows[at] if dim is None else np.moveaxis(rows[at], 0, axis)
    inverse = np.cumsum(starts) - 1
    inverse = inverse.reshape(x.shape) if dim is None else inverse
    counts = np.diff(at, append=len(rows))
    return _asked_for(values, (return_inverse, inverse), (return_counts, counts))


@public(out=True)
def isin(
    elements: Any, test_elements: Any, *, assume_unique: bool = False, invert: bool = False
) -> Tensor:
    """Return whether each element is among the test elements.

    Parameters
    ----------
    elements : Tensor or float
        The elements, of any shape.
    test_elements : Tensor or float
        What to compare them with, of any shape.
    assume_unique : bool
        Promise that no element occurs twice in either; it makes no difference here.
    invert : bool
        Return whether each is *not* among them?

    Returns
    -------
    Tensor
        Bools, of the shape of the elements.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.isin(tg.tensor([[1, 2], [3, 4]]), tg.tensor([2, 3]))
    tensor([[False,  True],
            [ True, False]])
    """
    if not any(isinstance(x, graph.TensorBase) for x in (elements, test_elements)):
        raise TypeError(f"isin: {elements!r} and {test_elements!r}: one of them is a tensor")
    return graph.Tensor(np.asarray(np.isin(plain(elements), plain(test_elements), invert=invert)))


# ---------------------------------------------------------------- histograms


@public(method=True)
def bincount(input: Tensor, weights: Tensor | None = None, minlength: int = 0) -> Tensor:
    """Count how often each of 0, 1, 2, ... occurs; with weights, the sum of theirs.

    Parameters
    ----------
    input : Tensor
        Integers from 0 on, a vector.
    weights : Tensor, optional
        A weight for each of them.  The sums are differentiable in the weights.
    minlength : int
        The least size of the result.

    Returns
    -------
    Tensor
        A vector of max(input) + 1 elements, or more: int64, or with weights float64 (float32 for
        float32).

    Raises
    ------
    RuntimeError
        If the input is no vector of integers from 0 on, or the weights do not fit.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.bincount(tg.tensor([0, 3, 3]))
    tensor([1, 0, 0, 2])
    """
    x = plain(input)
    if x.ndim != 1 or x.dtype.kind not in "iu" or x.min(initial=minlength) < 0:
        raise RuntimeError(f"bincount: it counts integers from 0 on, not {x}, up to {minlength}")
    if weights is None:
        return graph.Tensor(np.bincount(x, minlength=minlength))
    if weights.shape != x.shape:
        raise RuntimeError(f"bincount: {tuple(weights.shape)} weights for {tuple(x.shape)} numbers")
    weights = weights if weights.dtype == float32 else weights.to(float64)
    length = x.max(initial=minlength - 1) + 1
    return ops.put(weights, input, key=(ARRAY,), shape=(int(length),))


@public(method=True, out=True)
def histc(input: Tensor, bins: int = 100, min: float = 0, max: float = 0) -> Tensor:
    """Histogram: how many elements lie in each of `bins` bins of equal width from min to max.

    Elements outside are left out; the last bin contains its right edge.

    Parameters
    ----------
    input : Tensor
        Floats, of any shape.
    bins : int
        The number of bins, above 0.
    min, max : float
        The range; where they are equal, it is that of the elements.

    Returns
    -------
    Tensor
        (bins), in the dtype of the input.

    Raises
    ------
    RuntimeError
        If the dtype is not floating, or the bins or the range are not valid.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.histc(tg.tensor([0.1, 0.2, 0.9]), bins=2, min=0, max=1)
    tensor([2., 1.])
    """
    check_floating(input, "histc")
    x = plain(input).reshape(-1)
    low, high = (min, max) if min != max or not x.size else (x.min(), x.max())
    if low == high:
        low, high = low - 1, high + 1
    _check_bins("histc", bins, low, high)
    x = x[(x >= low) & (x <= high)]
    places = np.minimum(((x - low) * bins / (high - low)).astype(np.int64), bins - 1)
    return graph.Tensor(np.bincount(places, minlength=bins).astype(x.dtype))


def _check_bins(name: str, bins: int, low: Any, high: Any) -> None:
    if bins < 1:
        raise RuntimeError(f"{name}: there is at least 1 bin, not {bins}")
    if not (np.isfinite(low) and np.isfinite(high) and low <= high):
        raise RuntimeError(f"{name}: the range {low} to {high} is not finite and ascending")


@public(method=True, out=True)
def histogram(
    input: Tensor,
    bins: Any = 100,
    *,
    range: Sequence[float] | None = None,
    weight: Tensor | None = None,
    density: bool = False,
) -> Any:
    """Histogram: how many elements lie in each bin, and the edges of the bins.

    Elements outside are left out; the last bin contains its right edge.

    Parameters
    ----------
    input : Tensor
        Floats, of any shape.
    bins : int or Tensor
        The number of bins of equal width, or their edges, an ascending vector.  100 by default.
    range : (float, float), optional
        The first and the last edge; by default, the least and the largest element.
    weight : Tensor, optional
        How much each element counts, of the shape of the input.
    density : bool
        Divide by the total and by the width of the bin, so that the integral is 1?

    Returns
    -------
    namedtuple (hist, bin_edges)
        (bins) and (bins + 1), in the dtype of the input.

    Raises
    ------
    RuntimeError
        If the dtypes, the bins, the range or the weights are not valid.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.histogram(tg.tensor([0.0, 1.0, 1.0, 4.0]), 2)
    histogram(hist=tensor([3., 1.]), bin_edges=tensor([0., 2., 4.]))
    """
    x = input.reshape(-1, 1)
    weight = None if weight is None else _same_shape(weight, input).reshape(-1)
    several = bins if isinstance(bins, int) else [bins]
    hist, edges = _histogram("histogram", x, several, range, weight, density)
    return _Histogram(hist, edges[0])


def _same_shape(weight: Any, x: Any) -> Any:
    if weight.shape != x.shape or weight.dtype != x.dtype:
        given = f"{tuple(weight.shape)} {weight.dtype}"
        raise RuntimeError(f"histogram: weight is {tuple(x.shape)} {x.dtype}, not {given}")
    return weight


@public()
def histogramdd(
    input: Tensor,
    bins: Any,
    range: Sequence[float] | None = None,
    weight: Tensor | None = None,
    density: bool = False,
) -> Any:
    """Histogram of points of several coordinates, and the edges of the bins along each.

    Parameters
    ----------
    input : Tensor
        Floats, (..., D): points of D coordinates.
    bins : int, list of ints, or list of Tensors
        The number of bins of equal width along all coordinates, or along each; or their edges.
    range : list of floats, optional
        The first and the last edge of each coordinate, 2 D numbers.
    weight : Tensor, optional
        How much each point counts.
    density : bool
        Divide by the total and by the volume of the bin, so that the integral is 1?

    Returns
    -------
    namedtuple (hist, bin_edges)
        A tensor of D dimensions, and a tuple of D vectors.

    Raises
    ------
    RuntimeError
        If the dtypes, the bins, the range or the weights are not valid.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> points = tg.tensor([[0.0, 0.0], [1.0, 1.0], [1.0, 0.0]])
    >>> tg.histogramdd(points, bins=2).hist
    tensor([[1., 0.],
            [1., 1.]])
    """
    if input.ndim < 2:
        raise RuntimeError(f"histogramdd: it takes (..., D) points, not {tuple(input.shape)}")
    if weight is not None:
        weight = _same_shape(weight, input[..., 0]).reshape(-1)
    x = input.reshape(-1, input.shape[-1])
    return _HistogramDD(*_histogram("histogramdd", x, bins, range, weight, density))


def _histogram(name: str, input: Any, bins: Any, range: Any, weight: Any, density: bool) -> Any:
    check_floating(input, name)
    x, several = plain(input), [bins] * input.shape[-1] if isinstance(bins, int) else list(bins)
    if len(several) != x.shape[-1]:
        raise RuntimeError(f"{name}: bins for {x.shape[-1]} coordinates, not for {len(several)}")
    edges: Any = [plain(edge) for edge in several]
    if all(hasattr(edge, "__index__") and not np.ndim(edge) for edge in several):
        edges = _even_edges(name, several, range, x)
    for edge in edges:
        if edge.ndim != 1 or edge.dtype != x.dtype or not len(edge):
            given = f"{edge.shape} {edge.dtype}"
            raise RuntimeError(f"{name}: edges of bins are a vector of {x.dtype}, not {given}")
    hist = _counted(x, edges, weight if weight is None else plain(weight), density)
    return graph.Tensor(hist), tuple(map(graph.Tensor, edges))


def _even_edges(name: str, bins: Any, range: Any, x: Any) -> list[Any]:
    """The edges of bins of equal width, for each column of x."""
    if range is not None and len(range) != 2 * len(bins):
        raise RuntimeError(f"{name}: range is a first and a last edge for each of {len(bins)}")
    edges = []
    for k, (n, column) in enumerate(zip(bins, x.T, strict=True)):
        if range is not None:
            low, high = range[2 * k : 2 * k + 2]
        else:
            low, high = (column.min(), column.max()) if column.size else (0.0, 1.0)
        _check_bins(name, n, low, high)
        if low == high:
            low, high = low - 0.5, high + 0.5
        at, step = np.arange(n + 1), (high - low) / n
        even = np.where(at < (n + 1) // 2, low + at * step, high - (n - at) * step)
        edges.append(even.astype(x.dtype))
    return edges


def _counted(x: Any, edges: list[Any], weight: Any, density: bool) -> Any:
    """How many rows of x lie in each bin (or the sum of their weights)."""
    inside = np.ones(len(x), bool)
    places = []
    for column, edge in zip(x.T, edges, strict=True):
        inside &= (column >= edge[0]) & (column <= edge[-1])
        at = np.searchsorted(edge, column, "right") - 1
        places.append(np.minimum(at, len(edge) - 2))  # the last bin contains its right edge
    shape = tuple([len(edge) - 1 for edge in edges])
    flat = np.ravel_multi_index([place[inside] for place in places], shape, mode="clip")
    weight = weight if weight is None else weight[inside]
    hist = np.bincount(flat, weight, int(np.prod(shape))).reshape(shape)
    if density:
        hist = hist / (hist.sum() or np.nan)
        for axis, edge in enumerate(edges):
            hist = hist / np.diff(edge).reshape((-1,) + (1,) * (len(edges) - 1 - axis))
    return hist.astype(x.dtype)
