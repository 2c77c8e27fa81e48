"""The workloads: each is one file, which spells the same training step for every engine.

`problem()` makes the data and the first parameters.  `in_pytorch(torch, compiled, *problem)` is
PyTorch's listing, and ours: for ours `torch` is `tinygrad_edu`.  `in_numpy(*problem)` is the floor:
what one writes by hand in NumPy, with buffers made once and written by `out=`.  `in_jax` and the
like are the peers.  Each is a generator: a step for each `next`, which yields the loss and the
parameters.
"""

from importlib import import_module
from typing import NamedTuple


class Workload(NamedTuple):
    """A training step; what its time is to be, as a ratio to PyTorch eager and to the floor."""

    name: str
    module: str
    eager: tuple[float, float | None]
    compiled: tuple[float, float] | None = None
    slow: bool = False  # seconds a step
    memory: float | None = None  # peak of the whole process, as a ratio to PyTorch's

    @property
    def spellings(self):
        """The module: `problem`, and a generator function for each way to write the step."""
        return import_module(f"{__name__}.{self.module}")

    @property
    def title(self):
        return self.spellings.__doc__.splitlines()[0].rstrip(".")


WORKLOADS = {
    workload.name: workload
    for workload in (
        Workload("W1", "digits", eager=(0.48, 1.3), compiled=(0.42, 1.15)),
        Workload("W2", "wide_digits", eager=(0.85, 1.15), compiled=(0.85, 1.05), memory=1.1),
        Workload("W3", "surface", eager=(0.20, 6), compiled=(0.10, 3)),
        Workload("W4", "logistic", eager=(0.75, 1.05), compiled=(0.75, 1.05)),
        Workload("W5", "moons", eager=(0.35, 6), compiled=(0.12, 3)),
        Workload("W5s", "scalars", eager=(0.40, None), slow=True),
        Workload("W6", "lenet", eager=(0.75, 1.15), compiled=(0.70, 1.1), memory=1.1),
        Workload("W7l", "lstm", eager=(0.98, 1.8), compiled=(0.75, 1.2)),
        Workload("W7t", "transformer", eager=(0.98, 1.15), compiled=(0.95, 1.1), memory=1.1),
        Workload("W8", "elementwise", eager=(1.0, 1.3), compiled=(0.9, 1.05)),
        Workload("W9", "adam", eager=(0.50, 1.1)),
    )
}
