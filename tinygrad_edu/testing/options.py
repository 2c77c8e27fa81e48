"""Options: how a function is to be checked."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from .numeric import FIRST_STEP


@dataclass(frozen=True)
class Options:
    """The keyword arguments of `gradcheck`, which explains them."""

    order: int = 1
    eps: float | None = None
    atol: float = 0.0
    rtol: float = 1e-5
    projections: int = 3
    seed: int = 0
    nondet_tol: float = 0.0
    check_undefined_grad: bool = True
    check_batched_grad: bool = False
    check_batched_forward_grad: bool = False
    check_forward_ad: bool | None = None
    check_backward_ad: bool = True
    fast_mode: bool | None = None
    batch: bool = False
    layouts: bool | None = None
    verbose: bool = False

    @property
    def step(self) -> float:
        """The step of the first difference, relative to the size of each entry."""
        return FIRST_STEP if self.eps is None else self.eps

    def limits(
        self, eps: float, atol: float, rtol: float, nondet_tol: float
    ) -> tuple[int, float, float, float, int, int, float]:
        """The numbers among the options, in order, four of them new."""
        return self.order, eps, atol, rtol, self.projections, self.seed, nondet_tol

    def given(self, defaults: Options | None = None) -> dict[str, Any]:
        """Those that differ from the defaults, and matter for what is found."""
        defaults = defaults or Options()
        names = [field.name for field in fields(self) if field.name != "verbose"]
        pairs = [(name, getattr(self, name), getattr(defaults, name)) for name in names]
        return {name: value for name, value, default in pairs if value != default}
