"""Sliding windows: convolutions and pooling."""

from __future__ import annotations
