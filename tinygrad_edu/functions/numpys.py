"""NumPy's functions that ours answer: `np.outer(t, u)` is `tg.outer(t, u)`.

Those with an op of their own are declared there, by `@op(..., numpy=np.exp)`.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from ..numpy_protocol import answers
from . import elementwise, indexing, linalg, reduction, shape


@answers(np.dot)
def dot(a: Any, b: Any) -> Any:
    """The sum over the last dimension of a and the last but one (or only one) of b."""
    if 0 in (np.ndim(a), np.ndim(b)):
        return a * b
    return a @ b if b.ndim <= 2 else linalg.tensordot(a, b, ([a.ndim - 1], [b.ndim - 2]))


@answers(np.take)
def take(a: Any, indices: Any, axis: int | None = None) -> Any:
    """The numbers, or slices along an axis, at these places."""
    if axis is None:
        a, axis = shape.ravel(a), 0
    return a[(slice(None),) * (axis % a.ndim) + (indices,)]


@answers(np.sort)
def sort(a: Any, axis: int = -1) -> Any:
    """The numbers in order along an axis."""
    return indexing.sort(a, axis).values


@answers(np.unique)
def unique(ar: Any, *, return_inverse: bool = False, return_counts: bool = False) -> Any:
    """The distinct numbers, in order."""
    return indexing.unique(ar, True, return_inverse, return_counts)


answers(np.nonzero)(partial(indexing.nonzero, as_tuple=True))
answers(np.meshgrid)(partial(shape.meshgrid, indexing="xy"))
answers(np.isclose)(elementwise.isclose)

# The same arguments in the same order; `axis` is one of the names of `dim`.
for module, names in (
    (linalg, "einsum tensordot kron outer inner trace"),
    (reduction, "nansum count_nonzero diff"),
    (shape, "ravel tile moveaxis rot90 hstack vstack diag"),
    (indexing, "bincount argwhere"),
):
    for name in names.split():
        answers(getattr(np, name))(getattr(module, name))
answers(np.repeat)(shape.repeat_interleave)
answers(np.linalg.matrix_power)(linalg.matrix_power)
