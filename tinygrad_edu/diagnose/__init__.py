"""Diagnose: why is a gradient what it is, and where did the first number that is not finite come
from?"""

from .anomaly import AnomalyError as AnomalyError, detect_anomaly as detect_anomaly
from .answer import Answer as Answer
from .explain import Explanation as Explanation, Term as Term, explain as explain
from .lint import lint as lint
from .memory import memory as memory
from .profile import profile as profile
from .slices import slice_of as slice_of
from .why import why as why

__all__ = ["AnomalyError", "Answer", "Explanation", "Term", "detect_anomaly", "explain", "lint"]
__all__ += ["memory", "profile", "slice_of", "why"]
