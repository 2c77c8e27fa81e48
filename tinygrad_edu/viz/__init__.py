"""Pictures of the record: the compute graph, and the gradients that flow back through it."""

from .diagram import draw
from .render import Diagram

__all__ = ["Diagram", "draw"]


def __dir__() -> list[str]:
    return __all__
