"""Diagnose: why is a gradient what it is, and where did the first number that is not finite come
from?"""

from .answer import Answer as Answer
from .explain import Explanation as Explanation, Term as Term, explain as explain
from .lint import lint as lint
from .why import why as why

__all__ = ["Answer", "Explanation", "Term", "explain", "lint", "why"]
