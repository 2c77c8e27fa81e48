"""Diagnose: why is a gradient what it is, and where did the first number that is not finite come
from?"""

from .findings import Finding as Finding, Report as Report
from .lint import lint as lint

__all__ = ["Finding", "Report", "lint"]
