"""NumPy's functions that ours answer: `np.outer(t, u)` is `tg.outer(t, u)`.

Those with an op of their own are declared there, by `@op(..., numpy=np.exp)`.
"""

from functools import partial
from typing import Any

import numpy as np

from .. import ops
from ..numpy_protocol import ANSWERS
from . import elementwise, indexing, linalg, reduction, shape


def dot(a: Any, b: Any) -> Any:
    """The sum over the last dimension of a and the last but one (or only one) of b."""
    if 0 in (np.ndim(a), np.ndim(b)):
        return a * b
    return a @ b if b.ndim <= 2 else linalg.tensordot(a, b, ([a.ndim - 1], [b.ndim - 2]))


def take(a: Any, indices: Any, axis: int | None = None) -> Any:
    """The numbers, or slices along an axis, at these places."""
    if axis is None:
        a, axis = shape.ravel(a), 0
    return a[(slice(None),) * (axis % a.ndim) + (indices,)]


def unique(ar: Any, *, return_inverse: bool = False, return_counts: bool = False) -> Any:
    """The distinct numbers, in order."""
    return indexing.unique(ar, True, return_inverse, return_counts)


ANSWERS |= {np.dot: dot, np.take: take, np.unique: unique, np.isclose: elementwise.isclose}
ANSWERS |= {
    np.sort: lambda a, axis=-1: indexing.sort(a, axis).values,
    np.nonzero: partial(indexing.nonzero, as_tuple=True),
    np.meshgrid: partial(shape.meshgrid, indexing="xy"),
    np.repeat: shape.repeat_interleave,
    np.swapaxes: shape.transpose,
    np.tensordot: lambda a, b, axes=2: linalg.tensordot(a, b, axes),
    np.einsum: lambda *given, optimize=True: linalg.einsum(*given),
    np.squeeze: lambda a, axis=None: ops.reshape(a, shape=np.squeeze(a.array, axis).shape),
    np.expand_dims: lambda a, axis: ops.reshape(a, shape=np.expand_dims(a.array, axis).shape),
    np.linalg.matrix_power: linalg.matrix_power,
}

# The same arguments in the same order; `axis` is one of the names of `dim`.
_ours = vars(linalg) | vars(reduction) | vars(shape) | vars(indexing)
_names = "kron outer inner trace nansum count_nonzero diff bincount argwhere "
_names += "ravel tile moveaxis rot90 hstack vstack diag"
ANSWERS |= {getattr(np, name): _ours[name] for name in _names.split()}
