"""Reading and writing at places: gather and scatter, sort and search."""

from __future__ import annotations
