"""Diagnose: why is a gradient what it is, and where did the first number that is not finite come
from?"""

__all__: list[str] = []
