"""Linear algebra in `torch.linalg`'s spelling: solve, inv, det, svd, eigh, norms."""

from __future__ import annotations
