"""NumPy's functions that ours answer: `np.outer(t, u)` is `tg.outer(t, u)`.

Those with an op of their own, and its parameters, are declared there, by `@op(..., numpy=np.exp)`.
Each function here has the parameters of NumPy's that it can do justice to, under their names and in
their order; `numpy_protocol` binds what the caller gave by NumPy's own signature, and refuses the
others by name.
"""

from functools import partial
from typing import Any

import numpy as np

from .. import ops
from ..engine import graph
from ..numpy_protocol import ANSWERS
from . import counting, elementwise, grids, joining, linalg, reduction, running, shape, sorting
from .arguments import Tensor
from .filling import array_of


def tensor_of(x: Any) -> Any:
    """x as a Tensor: what is mixed with one."""
    return x if isinstance(x, graph.TensorBase) else graph.Tensor(np.asarray(array_of(x)))


# ---------------------------------------------------------------- number by number


def clip(a: Any, a_min: Any = None, a_max: Any = None, min: Any = None, max: Any = None) -> Any:
    """The numbers within [a_min, a_max], which NumPy calls [min, max] too."""
    if not (a_min is a_max is None) and not (min is max is None):
        raise ValueError("np.clip: give a_min and a_max, or min and max, not both")
    low, high = a_min if min is None else min, a_max if max is None else max
    a = tensor_of(a)
    return ops.copy(a) if low is None and high is None else elementwise.clamp(a, low, high)


def nan_to_num(x: Any, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    """nan and infinities replaced by numbers."""
    return ops.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)


def where(condition: Any, x: Any, y: Any) -> Any:
    """x where the condition is true, else y."""
    return ops.where(condition, x, y)


ANSWERS |= {np.clip: clip, np.nan_to_num: nan_to_num, np.where: where, np.around: ops.round}

# ---------------------------------------------------------------- reductions


def runs(a: Any, axis: Any = None, dtype: Any = None, *, of: Any) -> Any:
    """A running sum or product; without an axis, of the flattened numbers."""
    a = a if dtype is None else a.astype(dtype)
    y = of(shape.ravel(a), axis=0) if axis is None else of(a, axis=axis)
    return y if dtype is None else y.astype(dtype)


def diff(a: Any, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Any:
    """The differences of neighbours, n times over, with numbers put before and after."""
    sides = [_side(x, a, axis) for x in (prepend, append)]
    return running.diff(a, n, axis, *sides)


def _side(x: Any, a: Any, axis: int) -> Any:
    if x is None or np.ndim(x):
        return x if x is None else tensor_of(x)
    one = tuple([1 if d == axis % a.ndim else n for d, n in enumerate(a.shape)])
    return ops.broadcast_to(tensor_of(x), shape=one)


def trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """The sums of diagonals."""
    return ops.sum(ops.diagonal(a, offset=offset, axis1=axis1, axis2=axis2), axis=-1)


ANSWERS |= {np.diff: diff, np.trace: trace, np.cumsum: partial(runs, of=ops.cumsum)}
ANSWERS |= {np.cumprod: partial(runs, of=ops.cumprod)}
ANSWERS |= {np.nansum: lambda a, axis=None, keepdims=False: reduction.nansum(a, axis, keepdims)}

# ---------------------------------------------------------------- shapes


def reshape(a: Tensor, shape: Any, order: str = "C") -> Tensor:
    """The numbers in another shape, read and laid out by rows, or by columns with order="F"."""
    sizes = (shape,) if np.ndim(shape) == 0 else tuple(shape)
    if order == "C":
        return ops.reshape(a, shape=sizes)
    if order != "F":
        raise TypeError(f"np.reshape: on tensors order is 'C' or 'F', not {order!r}")
    return ops.transpose(ops.reshape(ops.transpose(a), shape=sizes[::-1]))


def transpose(a: Tensor, axes: Any = None) -> Tensor:
    """The dimensions in another order; without one, in reverse."""
    return ops.transpose(a, axes=(axes,) if isinstance(axes, int) else axes)


def concatenate(arrays: Any, axis: int | None = 0) -> Any:
    """Arrays one after another; without an axis, flattened."""
    if axis is None:
        arrays, axis = [ops.reshape(tensor_of(x), shape=(-1,)) for x in arrays], 0
    return ops.concatenate(*arrays, axis=axis)


def stack(arrays: Any, axis: int = 0) -> Any:
    """Arrays of one shape along a new axis."""
    return ops.stack(*arrays, axis=axis)


def meshgrid(*xi: Any, indexing: str = "xy") -> Any:
    """The coordinates of a grid."""
    return grids.meshgrid(*map(shape.ravel, map(tensor_of, xi)), indexing=indexing)


def atleast_1d(*arys: Any) -> Any:
    """Numbers as vectors of one: how matplotlib takes a point."""
    found = tuple([x if np.ndim(x) else tensor_of(x).reshape(1) for x in arys])
    return found[0] if len(found) == 1 else found


ANSWERS |= {np.reshape: reshape, np.transpose: transpose, np.concatenate: concatenate}
ANSWERS |= {np.stack: stack, np.meshgrid: meshgrid, np.atleast_1d: atleast_1d}
ANSWERS |= {
    np.ravel: lambda a, order="C": reshape(a, -1, order),
    np.swapaxes: lambda a, axis1, axis2: shape.transpose(a, axis1, axis2),
    np.moveaxis: lambda a, source, destination: shape.movedim(a, source, destination),
    np.squeeze: lambda a, axis=None: ops.reshape(a, shape=np.squeeze(a.array, axis).shape),
    np.expand_dims: lambda a, axis: ops.reshape(a, shape=np.expand_dims(a.array, axis).shape),
    np.rot90: lambda m, k=1, axes=(0, 1): shape.rot90(m, k, axes),
    np.tile: lambda A, reps: shape.tile(A, reps),
    np.repeat: lambda a, repeats, axis=None: shape.repeat_interleave(a, repeats, axis),
    np.hstack: lambda tup: joining.hstack(list(map(tensor_of, tup))),
    np.vstack: lambda tup: joining.vstack(list(map(tensor_of, tup))),
    np.diag: lambda v, k=0: grids.diag(v, k),
}

# ---------------------------------------------------------------- places


def take(a: Any, indices: Any, axis: int | None = None) -> Any:
    """The numbers, or slices along an axis, at these places."""
    if axis is None:
        a, axis = shape.ravel(tensor_of(a)), 0
    return tensor_of(a)[(slice(None),) * (axis % a.ndim) + (indices,)]


def take_along_axis(arr: Any, indices: Any, axis: int | None = -1) -> Any:
    """The number that `indices` names in each place along the axis."""
    if axis is None:
        if np.ndim(indices) != 1:
            raise ValueError("np.take_along_axis: without an axis, the places are one row")
        arr, axis = shape.ravel(tensor_of(arr)), 0
    return ops.take_along_axis(arr, indices, axis=axis)


def sort(a: Any, axis: int | None = -1, kind: str | None = None, *, stable: Any = None) -> Any:
    """The numbers in order; however it is to be done, equal ones stay in their order."""
    a, axis = (shape.ravel(a), 0) if axis is None else (a, axis)
    return sorting.sort(a, axis).values


def argsort(a: Any, axis: int | None = -1, kind: str | None = None, *, stable: Any = None) -> Any:
    """The places of the numbers in order."""
    a, axis = (shape.ravel(a), 0) if axis is None else (a, axis)
    return ops.argsort(a, axis=axis)


def bincount(x: Any, weights: Any = None, minlength: int = 0) -> Any:
    """How often each number occurs, or the sum of its weights."""
    weights = weights if weights is None else tensor_of(weights)
    return counting.bincount(tensor_of(x), weights, minlength)


ANSWERS |= {np.take: take, np.take_along_axis: take_along_axis, np.sort: sort}
ANSWERS |= {np.argsort: argsort}
ANSWERS |= {np.bincount: bincount}

# ---------------------------------------------------------------- products


def dot(a: Any, b: Any) -> Any:
    """The sum over the last dimension of a and the last but one (or only one) of b."""
    if 0 in (np.ndim(a), np.ndim(b)):
        return a * b
    return a @ b if b.ndim <= 2 else linalg.tensordot(a, b, ([a.ndim - 1], [b.ndim - 2]))


def outer(a: Any, b: Any) -> Any:
    """The products of each number of a with each of b."""
    return linalg.outer(*[ops.reshape(tensor_of(x), shape=(-1,)) for x in (a, b)])


def tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    """The sum over pairs of axes: so many, or one of each, or those that two lists name."""
    if not isinstance(axes, int):
        axes = tuple([(k,) if isinstance(k, int) else k for k in axes])
    return linalg.tensordot(tensor_of(a), tensor_of(b), axes)


def einsum(*operands: Any, optimize: Any = True) -> Any:
    """The sum of products over indices; whatever `optimize` says, pair by pair."""
    return linalg.einsum(*operands)


def svd(a: Any, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    """U, S and V' with U diag(S) V' = a; or S alone."""
    if compute_uv:
        return ops.svd(a, full_matrices=full_matrices)
    return ops.svd(a, full_matrices=False)[1]


def qr(a: Any, mode: str = "reduced") -> Any:
    """Q and R with Q R = a; with mode="r", R alone."""
    if mode == "raw":
        raise TypeError("np.linalg.qr: mode='raw' is not defined on tensors; see 'reduced'")
    return ops.qr(a)[1] if mode == "r" else ops.qr(a, mode=mode)


def pinv(a: Any, rcond: Any = None, *, rtol: Any = None) -> Any:
    """The pseudoinverse."""
    return ops.pinv(a, rtol=rtol if rcond is None else rcond)


ANSWERS |= {np.dot: dot, np.outer: outer, np.einsum: einsum, np.linalg.svd: svd, np.linalg.qr: qr}
ANSWERS |= {np.linalg.pinv: pinv, np.tensordot: tensordot}
ANSWERS |= {
    np.inner: lambda a, b: linalg.inner(tensor_of(a), tensor_of(b)),
    np.kron: lambda a, b: linalg.kron(tensor_of(a), tensor_of(b)),
    np.linalg.matrix_power: lambda a, n: linalg.matrix_power(a, n),
    np.linalg.eigh: lambda a, UPLO="L": ops.eigh(a),
    np.linalg.cholesky: lambda a, *, upper=False: linalg.cholesky(a, upper),
}
