"""Pictures of the record: the compute graph, and the gradients that flow back through it."""

from .diagram import draw
from .diff import diff, snapshot
from .flow import GradientFlow, gradient_flow
from .heatmap import Heatmap, heatmap
from .live import Live, live
from .observe import observe
from .readings import Reading
from .render import Diagram
from .steps import steps

__all__ = [
    "Diagram",
    "GradientFlow",
    "Heatmap",
    "Live",
    "Reading",
    "diff",
    "draw",
    "gradient_flow",
    "heatmap",
    "live",
    "observe",
    "snapshot",
    "steps",
]


def __dir__() -> list[str]:
    return __all__
