"""Products of matrices and vectors, in all of PyTorch's spellings."""

from __future__ import annotations
