"""Pictures of the record: the compute graph, and the gradients that flow back through it."""

from .diagram import draw
from .observe import observe
from .render import Diagram

__all__ = ["Diagram", "draw", "observe"]


def __dir__() -> list[str]:
    return __all__
