"""NumPy's functions that ours answer: `np.outer(t, u)` is `tg.outer(t, u)`.

Those with an op of their own, and its parameters, are declared there, by `@op(..., numpy=np.exp)`.
Each function here, and in the other files of this name, says by `@answers` to which of NumPy's it
answers.  It has the parameters of NumPy's that it can do justice to, under their names and in their
order; `numpy_protocol` binds what the caller gave by NumPy's own signature, and refuses the others
by name.
"""

from functools import partial
from typing import Any

import numpy as np

from .. import ops
from ..engine import graph
from ..numpy_protocol import answer_to, answers
from ..sums import in_float32
from . import counting, elementwise, linalg, running, shape
from .arguments import plain
from .filling import array_of


def tensor_of(x: Any) -> Any:
    """x as a Tensor: what is mixed with one."""
    return x if isinstance(x, graph.TensorBase) else graph.Tensor(np.asarray(array_of(x)))


def floating(x: Any) -> Any:
    """x as a Tensor of floats."""
    x = tensor_of(x)
    return x if x.dtype.kind == "f" else x.float()


# ---------------------------------------------------------------- elementwise

answers(np.around, np.rint)(ops.round)
answers(np.degrees)(ops.rad2deg)
answers(np.radians)(ops.deg2rad)
answers(np.positive)(elementwise.positive)


@answers(np.clip)
def clip(a: Any, a_min: Any = None, a_max: Any = None, min: Any = None, max: Any = None) -> Any:
    """Limit the elements to [a_min, a_max], which NumPy calls [min, max] too."""
    if not (a_min is a_max is None) and not (min is max is None):
        raise ValueError("np.clip: give a_min and a_max, or min and max, not both")
    low, high = a_min if min is None else min, a_max if max is None else max
    a = tensor_of(a)
    return ops.copy(a) if low is None and high is None else elementwise.clamp(a, low, high)


@answers(np.nan_to_num)
def nan_to_num(x: Any, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    """Replace NaN and infinities by numbers."""
    return ops.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)


@answers(np.where)
def where(condition: Any, x: Any = None, y: Any = None) -> Any:
    """x where the condition holds, else y; of a condition alone, the places where it holds."""
    if x is None and y is None:
        return tuple(map(graph.Tensor, np.nonzero(plain(condition))))
    return ops.where(condition, x, y)


@answers(np.select)
def select(condlist: Any, choicelist: Any, default: Any = 0) -> Any:
    """Of each place, the choice of the first condition that holds there."""
    if len(condlist) != len(choicelist):
        raise ValueError(f"np.select: {len(condlist)} conditions and {len(choicelist)} choices")
    chosen = default
    for condition, choice in reversed(list(zip(condlist, choicelist, strict=True))):
        chosen = ops.where(condition, choice, chosen)
    return chosen


@answers(np.fabs)
def fabs(x: Any) -> Any:
    """The absolute values, as floats."""
    return ops.absolute(floating(x))


@answers(np.float_power)
def float_power(x1: Any, x2: Any) -> Any:
    """x1^x2 in float64."""
    return elementwise.float_power(x1 if isinstance(x1, graph.TensorBase) else tensor_of(x1), x2)


@answers(np.fix)
def fix(x: Any) -> Any:
    """Round towards 0."""
    return ops.trunc(x)


@answers(np.real)
def real(val: Any) -> Any:
    """The real part of real numbers: these numbers."""
    return val


@answers(np.copy)
def copy(a: Any) -> Any:
    """A copy in memory of its own."""
    return ops.copy(a)


@answers(np.linspace)
def linspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0
) -> Any:
    """Evenly spaced numbers from start to stop, through which the gradient flows to both."""
    start, stop = floating(start), floating(stop)
    weights = np.linspace(0.0, 1.0, num, endpoint).reshape((-1,) + (1,) * (stop - start).ndim)
    y = start + (stop - start) * graph.Tensor(weights.astype((stop - start).dtype))
    y = shape.movedim(y, 0, axis) if y.ndim else y
    return y if dtype is None else y.astype(dtype)


@answers(np.divmod)
def divmod(x1: Any, x2: Any) -> tuple[Any, Any]:
    """The quotient, rounded down, and the remainder."""
    return np.floor_divide(x1, x2), np.remainder(x1, x2)


@answers(np.interp)
def interp(
    x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None
) -> Any:
    """The value at x of the polygon through the points (xp, fp), which repeats after a period."""
    x, xp, fp = map(floating, (x, xp, fp))
    if period is not None:
        x, xp, fp = _repeated(x, xp, fp, abs(period))
        left = right = None
    if xp.array.size < 2:
        raise ValueError(f"np.interp: on tensors it takes two points or more, not {xp.array.size}")
    k = np.searchsorted(xp.array, x.array, "right").clip(1, xp.array.size - 1)
    low, high = xp[k - 1], xp[k]
    y = fp[k - 1] + (fp[k] - fp[k - 1]) * ((x - low) / (high - low))
    below, above = x.array < xp.array[0], x.array > xp.array[-1]
    y = ops.where(below, fp[0] if left is None else left, y)
    return ops.where(above, fp[-1] if right is None else right, y)


def _repeated(x: Any, xp: Any, fp: Any, period: Any) -> tuple[Any, Any, Any]:
    """All within one period; the points in order, between the last and the first once more."""
    if not period:
        raise ValueError("np.interp: period is a number other than 0")
    x, xp = x % period, xp % period
    order = np.argsort(xp.array, kind="stable")
    first, last = order[:1], order[-1:]
    xp = ops.concatenate(xp[last] - period, xp[order], xp[first] + period, axis=0)
    return x, xp, fp[np.concatenate([last, order, first])]


# ---------------------------------------------------------------- places


@answers(np.take)
def take(a: Any, indices: Any, axis: int | None = None, mode: str = "raise") -> Any:
    """The elements, or slices along an axis, at these places."""
    if axis is None:
        a, axis = shape.ravel(tensor_of(a)), 0
    a, axis = tensor_of(a), axis % a.ndim
    if mode == "wrap":
        indices = np.asarray(plain(indices)) % a.shape[axis]
    elif mode == "clip":
        indices = np.asarray(plain(indices)).clip(0, a.shape[axis] - 1)
    return a[(slice(None),) * axis + (indices,)]


@answers(np.take_along_axis)
def take_along_axis(arr: Any, indices: Any, axis: int | None = -1) -> Any:
    """The element that `indices` names in each place along the axis."""
    if axis is None:
        if np.ndim(indices) != 1:
            raise ValueError("np.take_along_axis: without an axis, the places are one row")
        arr, axis = shape.ravel(tensor_of(arr)), 0
    return ops.take_along_axis(arr, indices, axis=axis)


def _along(a: Any, axis: int | None) -> tuple[Any, int]:
    """The tensor and the axis; without an axis, flattened."""
    return (shape.ravel(a), 0) if axis is None else (a, axis)


@answers(np.sort)
def sort(a: Any, axis: int | None = -1, kind: str | None = None, *, stable: Any = None) -> Any:
    """The elements in order; however it is to be done, equal ones stay in their order."""
    a, axis = _along(a, axis)
    return ops.take_along_axis(a, ops.argsort(a, axis=axis), axis=axis)


@answers(np.argsort)
def argsort(a: Any, axis: int | None = -1, kind: str | None = None, *, stable: Any = None) -> Any:
    """The places of the elements in order."""
    a, axis = _along(a, axis)
    return ops.argsort(a, axis=axis)


@answers(np.argpartition)
def argpartition(a: Any, kth: Any, axis: int | None = -1) -> Any:
    """The places of the elements, so that the k-th stands where it would in order."""
    a, axis = _along(a, axis)
    return graph.Tensor(np.argpartition(plain(a), plain(kth), axis))


@answers(np.partition)
def partition(a: Any, kth: Any, axis: int | None = -1) -> Any:
    """The elements, smaller ones before the k-th, larger ones behind it."""
    a, axis = _along(a, axis)
    return ops.take_along_axis(a, argpartition(a, kth, axis), axis=axis)


@answers(np.bincount)
def bincount(x: Any, weights: Any = None, minlength: int = 0) -> Any:
    """How often each number occurs, or the sum of its weights."""
    weights = weights if weights is None else tensor_of(weights)
    return counting.bincount(tensor_of(x), weights, minlength)


# ---------------------------------------------------------------- products


@answers(np.dot)
def dot(a: Any, b: Any) -> Any:
    """The sum over the last dimension of a and the last but one (or only one) of b."""
    if 0 in (np.ndim(a), np.ndim(b)):
        return a * b
    return a @ b if b.ndim <= 2 else linalg.tensordot(a, b, ([a.ndim - 1], [b.ndim - 2]))


@answers(np.vdot)
def vdot(a: Any, b: Any) -> Any:
    """The sum of the products of the elements of a with those of b, in order."""
    a, b = (shape.ravel(tensor_of(x)) for x in (a, b))
    return a @ b


@answers(np.inner)
def inner(a: Any, b: Any) -> Any:
    """The sum over the last dimension of both."""
    return linalg.inner(tensor_of(a), tensor_of(b))


@answers(np.outer)
def outer(a: Any, b: Any) -> Any:
    """The products of each element of a with each of b."""
    return linalg.outer(*[ops.reshape(tensor_of(x), shape=(-1,)) for x in (a, b)])


@answers(np.kron)
def kron(a: Any, b: Any) -> Any:
    """The products of each element of a with all of b."""
    return linalg.kron(tensor_of(a), tensor_of(b))


@answers(np.cross)
def cross(
    a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None
) -> Any:
    """The cross products of vectors of three elements."""
    axisa, axisb, axisc = (axisa, axisb, axisc) if axis is None else (axis,) * 3
    a, b = shape.movedim(tensor_of(a), axisa, -1), shape.movedim(tensor_of(b), axisb, -1)
    if a.shape[-1] != 3 or b.shape[-1] != 3:
        sizes = f"{a.shape[-1]} and {b.shape[-1]}"
        raise ValueError(f"np.cross: the vectors have three elements, not {sizes}")
    turned = [[x[..., list(order)] for order in ((1, 2, 0), (2, 0, 1))] for x in (a, b)]
    (a1, a2), (b1, b2) = turned
    return shape.movedim(a1 * b2 - a2 * b1, -1, axisc)


@answers(np.tensordot)
def tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    """The sum over pairs of axes: so many, or one of each, or those that two lists name."""
    if not isinstance(axes, int):
        axes = tuple([(k,) if isinstance(k, int) else k for k in axes])
    return linalg.tensordot(tensor_of(a), tensor_of(b), axes)


@answers(np.einsum)
def einsum(*operands: Any, optimize: Any = True) -> Any:
    """The sum of products over indices; whatever `optimize` says, pair by pair."""
    return linalg.einsum(*operands)


# ---------------------------------------------------------------- running


def runs(a: Any, axis: Any = None, dtype: Any = None, *, of: Any) -> Any:
    """A running sum or product; without an axis, of the flattened elements."""
    a = a if dtype is None else a.astype(dtype)
    y = of(shape.ravel(a), axis=0) if axis is None else of(a, axis=axis)
    return y if dtype is None else y.astype(dtype)


answers(np.cumsum)(partial(runs, of=ops.cumsum))
answers(np.cumprod)(partial(runs, of=ops.cumprod))


@answers(np.diff)
def diff(a: Any, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Any:
    """The differences of neighbours, n times over, with elements put before and after."""
    sides = [_side(x, a, axis) for x in (prepend, append)]
    return running.diff(a, n, axis, *sides)


def _side(x: Any, a: Any, axis: int) -> Any:
    if x is None or np.ndim(x):
        return x if x is None else tensor_of(x)
    one = tuple([1 if d == axis % a.ndim else n for d, n in enumerate(a.shape)])
    return ops.broadcast_to(tensor_of(x), shape=one)


@answers(np.gradient)
def gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    """The slopes along each axis by finite differences, whose spacing `varargs` may say."""
    f = floating(f)
    axes = range(f.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    if len(varargs) not in (0, 1, len(axes)):
        raise TypeError(f"np.gradient: {len(varargs)} spacings for {len(axes)} axes")
    if len(varargs) == 1 and np.ndim(varargs[0]) and len(axes) > 1:
        raise ValueError("np.gradient: give a row of coordinates for each axis")
    steps = list(varargs) * (len(axes) if len(varargs) == 1 else 1) or [1.0] * len(axes)
    spacing = [tensor_of(x) if np.ndim(x) else x for x in steps]
    found = running.gradient(f, spacing=spacing, dim=tuple(axes), edge_order=edge_order)
    return found[0] if len(found) == 1 else found


@answers(np.trapezoid)
def trapezoid(y: Any, x: Any = None, dx: float = 1.0, axis: int = -1) -> Any:
    """The integral along an axis by the trapezoidal rule."""
    if x is None:
        return running.trapezoid(tensor_of(y), dx=dx, dim=axis)
    x = tensor_of(x)
    if x.ndim == 1 and np.ndim(y) > 1:  # along the axis, wherever that is
        x = ops.reshape(x, shape=[-1 if d == axis % y.ndim else 1 for d in range(y.ndim)])
    return running.trapezoid(tensor_of(y), x, dim=axis)


# ---------------------------------------------------------------- what ufuncs do along an axis

_SUMS: dict[Any, Any] = {np.add: ops.sum, np.multiply: ops.prod_}
_SUMS |= {np.maximum: ops.amax, np.minimum: ops.amin}
_SUMS |= {np.logical_and: ops.all_, np.logical_or: ops.any_}
_NOT_GIVEN: Any = np._NoValue


def _reduced(
    array: Any,
    axis: Any = 0,
    keepdims: bool = False,
    initial: Any = _NOT_GIVEN,
    where: Any = True,
    *,
    ufunc: np.ufunc,
) -> Any:
    """The reduction by a ufunc: of the elements where the mask is True, from `initial` on."""
    of, x = _SUMS[ufunc], tensor_of(array)
    if where is not True:
        nothing = ufunc.identity if initial is _NOT_GIVEN else initial
        if nothing is None or nothing is _NOT_GIVEN:
            raise ValueError(f"np.{ufunc.__name__}: where= needs initial=: the mask may be empty")
        fitting = _mask_for(x, where)
        x = ops.where(fitting, x, nothing if ufunc.identity is None else ufunc.identity)
    if initial is _NOT_GIVEN:
        return of(x, axis=axis, keepdims=keepdims)
    if ufunc.identity is None and x.numel() == 0:  # there is no largest element
        return graph.Tensor(
            np.asarray(ufunc.reduce(x.array, axis=axis, keepdims=keepdims, initial=plain(initial)))
        )
    return answer_to(ufunc)(of(x, axis=axis, keepdims=keepdims), initial)


def _mask_for(x: Any, where: Any) -> Any:
    mask = plain(where)
    if np.broadcast_shapes(np.shape(mask), tuple(x.shape)) != tuple(x.shape):
        shapes = f"{np.shape(mask)} for {tuple(x.shape)}"
        raise ValueError(f"where=: the mask has the shape of the array, or one that fits: {shapes}")
    return np.broadcast_to(mask, x.shape)


for _ufunc in _SUMS:
    answers((_ufunc, "reduce"))(partial(_reduced, ufunc=_ufunc))
# What answers to these functions when more is given than their op takes.
for _function, _ufunc in (
    *((np.sum, np.add), (np.prod, np.multiply), (np.all, np.logical_and), (np.any, np.logical_or)),
    *((np.max, np.maximum), (np.min, np.minimum), (np.amax, np.maximum), (np.amin, np.minimum)),
):
    answers((_function, "more"))(partial(_reduced, axis=None, ufunc=_ufunc))


@answers((np.mean, "more"))
def mean(a: Any, axis: Any = None, keepdims: bool = False, *, where: Any = True) -> Any:
    """The mean of the elements where the mask is True."""

    def mean_of(x: Any) -> Any:
        count = _mask_for(x, where).sum(axis=axis, keepdims=keepdims)
        total = _reduced(x, axis, keepdims, where=where, ufunc=np.add)
        return ops.divide(total, np.asarray(count, x.dtype))

    return in_float32(mean_of, floating(a))


@answers((np.add, "accumulate"))
def add_accumulate(array: Any, axis: int = 0) -> Any:
    """The running sums along an axis."""
    return ops.cumsum(array, axis=axis)


@answers((np.multiply, "accumulate"))
def multiply_accumulate(array: Any, axis: int = 0) -> Any:
    """The running products along an axis."""
    return ops.cumprod(array, axis=axis)


@answers((np.maximum, "accumulate"))
def maximum_accumulate(array: Any, axis: int = 0) -> Any:
    """The running maxima along an axis."""
    return running.cummax(array, axis).values


@answers((np.minimum, "accumulate"))
def minimum_accumulate(array: Any, axis: int = 0) -> Any:
    """The running minima along an axis."""
    return running.cummin(array, axis).values
