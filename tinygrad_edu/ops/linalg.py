"""Ops of linear algebra: the matrix product."""

import numpy as np

from ..graph import op


def _as_matrix(g, _a, _b):
    """g with the axes that the product of vectors left out put back: rows x columns."""
    if len(_b) == 1:
        g = g[..., None]
    return g[..., None, :] if len(_a) == 1 else g


def _to_left(g, _y, _a, b):
    if len(_a) == b.ndim == 2:
        return g @ b.swapaxes(0, 1)
    columns = b[:, None] if b.ndim == 1 else b
    return _as_matrix(g, _a, b.shape) @ columns.swapaxes(-1, -2)


def _to_right(g, _y, a, _b):
    if a.ndim == len(_b) == 2:
        return a.swapaxes(0, 1) @ g
    rows = a[None, :] if a.ndim == 1 else a
    part = rows.swapaxes(-1, -2) @ _as_matrix(g, a.shape, _b)
    return part[..., 0] if len(_b) == 1 else part


def _inner_sizes_differ(a, b):
    shape_a, shape_b = np.shape(a), np.shape(b)
    if not shape_a or not shape_b:
        return f"a number is not a matrix: {shape_a} @ {shape_b}.  Multiply numbers with *."
    inner = shape_b[-2] if len(shape_b) > 1 else shape_b[0]
    if shape_a[-1] == inner:
        return f"the leading dimensions do not broadcast: {shape_a} @ {shape_b}"
    hint = ""
    if len(shape_b) > 1 and shape_a[-1] == shape_b[-1]:
        hint = "  Did you mean W.T?" if len(shape_b) == 2 else "  Did you mean W.mT?"
    return f"inner dimensions differ: {shape_a} @ {shape_b}.{hint}"


def _factors(random):
    n, m, p = (random.randint(1, 4) for _ in range(3))
    batch = tuple(random.randint(1, 3) for _ in range(random.randint(0, 2)))
    left = random.choice(((n,), (m, n), (*batch, m, n)))
    right = random.choice(((n,), (n, p), (*batch[1:], n, p)))
    return (left, right), {}


@op(
    _to_left,
    _to_right,
    samples=_factors,
    explain=_inner_sizes_differ,
    numpy=np.matmul,
)
def matmul(a, b):
    """y = a b, the matrix product;  dL/da = g b',  dL/db = a' g.

    A vector on the left is a row, on the right a column; leading dimensions broadcast.
    """
    return np.matmul(a, b)
