"""Does a write in place reach the tensor that the user meant?

Where a gradient is involved, a write gives the tensor a new array, which a view does not look into.
So `row = x[0]; row += w` would leave x as it was, and is refused; `x[0] += w` is not, although
Python runs the same `__iadd__`, because it stores the result back with `x[0] = ...`.
"""

from __future__ import annotations

import dis
import sys
from typing import Any

import numpy as np


def is_view(array: Any) -> bool:
    """Does somebody else hold the memory that this array looks into?"""
    base = array.base  # held by this array, by `base`, in the call, and by whom else?
    return isinstance(base, np.ndarray) and sys.getrefcount(base) > 3


def is_stored_back(references: int) -> bool:
    """Is the caller's caller's caller in the middle of x[key] += v, given how many references there
    were to its x[key]?  One that a list or a variable holds has more of them."""
    frame = sys._getframe(3)
    after = (i for i in dis.get_instructions(frame.f_code) if i.offset > frame.f_lasti)
    name = next(i.opname for i in after if i.opname not in ("CACHE", "SWAP"))
    return references <= _TO_A_TEMPORARY and name in ("STORE_SUBSCR", "STORE_SLICE")


class _Temporary:
    """Counts the references that `Tensor._write` sees to the x[key] of x[key] += v."""

    references: int

    def __getitem__(self, key: Any) -> _Temporary:
        return _Temporary()

    def __setitem__(self, key: Any, value: _Temporary) -> None:
        self.references = value.references

    def __iadd__(self, other: Any) -> _Temporary:
        return self._write(other)

    def _write(self, other: Any) -> _Temporary:
        self.references = sys.getrefcount(self)
        return self


_temporary = _Temporary()
_temporary[0] += 1
_TO_A_TEMPORARY = _temporary.references
