"""Pictures of the record: the compute graph, and the gradients that flow back through it."""

from .charts.flow import GradientFlow, gradient_flow
from .charts.heatmap import Heatmap, heatmap
from .charts.live import Live, live
from .charts.readings import Reading
from .drawing.diagram import Diagram
from .drawing.diff import diff, snapshot
from .drawing.draw import draw
from .observe import observe
from .stepper.steps import steps

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
