"""Layouts: the same numbers with other strides, for what must not depend on how an array lies in
memory.

>>> x = np.arange(6.0).reshape(2, 3)
>>> [laid_out(x, layout).strides for layout in LAYOUTS]
[(24, 8), (8, 16), (-24, -8), (48, 16), (0, 8)]
"""

from __future__ import annotations

import numpy as np

from ..dtypes import Array

LAYOUTS = ("contiguous", "transposed", "reversed", "gaps", "broadcast")


def laid_out(array: Array, layout: str) -> Array:
    """The numbers of an array in memory of their own, laid out in one of several ways.

    Parameters
    ----------
    array : ndarray
        Of any shape and dtype.
    layout : str
        "contiguous": row by row; "transposed": column by column; "reversed": from the last number
        to the first (negative strides); "gaps": with an unused number after each one; "broadcast":
        the first row along the first axis that is longer than 1, repeated without copying, which
        is read-only.  Where there is no such axis, or none at all, the layout is contiguous.

    Returns
    -------
    ndarray
        Of the same shape and dtype; its numbers are the same, unless it is "broadcast".

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu.testing.strategies import laid_out
    >>> laid_out(np.array([[1, 2], [3, 4]]), "reversed").strides
    (-16, -8)
    >>> laid_out(np.array([[1, 2], [3, 4]]), "broadcast").tolist()
    [[1, 2], [1, 2]]
    """
    if layout not in LAYOUTS:
        raise ValueError(f"laid_out: the layout is one of {', '.join(LAYOUTS)}, not {layout!r}")
    if layout == "reversed" and array.ndim:
        return np.flip(np.flip(array).copy())
    if layout == "gaps" and array.ndim:
        return np.repeat(array, 2, axis=-1)[..., ::2]
    longer = [axis for axis, side in enumerate(array.shape) if side > 1]
    if layout == "broadcast" and longer:
        row = array[(slice(None),) * longer[0] + (slice(0, 1),)].copy()
        return np.broadcast_to(row, array.shape)
    return np.array(array, order="F" if layout == "transposed" else "C")


def layout_of(array: Array) -> str:
    """The layout in which an array lies: "contiguous" if it is none of the others that can be
    written, or cannot be told."""
    if array.size < 2:
        return "contiguous"
    found = (x for x in LAYOUTS[:4] if laid_out(array, x).strides == array.strides)
    return next(found, "contiguous")
