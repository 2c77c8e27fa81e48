"""Diagnose: why is a gradient what it is, and where did the first number that is not finite come
from?"""

from .lint import lint as lint

__all__ = ["lint"]
