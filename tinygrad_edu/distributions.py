"""Probability distributions: draw samples, and differentiate the probability of what was drawn."""

from __future__ import annotations
