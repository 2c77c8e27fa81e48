"""Analytic: what the record says.  J from the reverse pass row by row, the derivative as a function
of its own (for the next order), and J v from forward mode, which must fit J' u.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..autograd import enable_grad, grad
from ..dtypes import Array
from ..engine.backward import ops_behind
from ..func import linearize
from ..tensor import Tensor
from .checked_function import CheckedFunction, joined
from .numeric import sizes

LARGEST = float(np.finfo(np.float64).max)


def jacobian(checked: CheckedFunction) -> Array:
    """J, of shape (size of y, size of x): one reverse pass for each row."""
    m = checked.y.size
    rows = []
    for j in range(m):
        u = np.zeros(m)
        u[j] = 1.0
        rows.append(checked.vjp(u))
    return np.stack(rows) if rows else np.zeros((0, checked.x.size))


class Gradient(CheckedFunction):
    """The map (x, u) -> J' u of another function: its derivative is the second one of that.

    The analytic derivative runs the rules on Tensors; the value, of which the differences are
    taken, runs them on arrays."""

    def __init__(self, before: CheckedFunction, us: list[Array]) -> None:
        self.before = before
        names = [f"u{j} = dL/dy{j}" for j in range(len(us))] if len(us) > 1 else ["u = dL/dy"]
        arguments: list[Any] = [*before.arrays, *us]
        names = [*before.names, *names]
        super().__init__(self._recorded, arguments, names, list(range(len(arguments))))
        self.order = before.order + 1
        self.columns = before.columns  # J' u is linear in u: along u, a random direction will do
        self.result_names = [f"dL/d({name})" for name in before.names]

    def _recorded(self, *arguments: Any) -> list[Any]:
        n = len(self.before.arrays)
        inputs, cotangents = list(arguments[:n]), arguments[n:]
        inputs = [x if x.requires_grad else x.detach().requires_grad_() for x in inputs]
        with enable_grad():
            results = zip(self.before.call(inputs), cotangents, strict=True)
            pairs = [(y, u) for y, u in results if y.requires_grad]
            ys, gs = [y for y, _ in pairs], [u for _, u in pairs]
            found = grad(ys, inputs, gs, create_graph=True, allow_unused=True)
        zeros = [Tensor(np.zeros_like(x.array)) for x in inputs]
        return [z if g is None else g for g, z in zip(found, zeros, strict=True)]

    def value(self, x: Array) -> Array:
        """J' u at (x, u): a vector of float64."""
        n, parts = len(self.before.arrays), self.split(x)
        with enable_grad(), np.errstate(all="ignore"):
            record = self.before.record_of(parts[:n])
            return joined(self.before.gradients(joined(parts[n:]), record))

    def natural(self, _size: float) -> Array:
        """|u y / x|: what a slope of <u, y> has by nature, where y is not below x."""
        before, scale = self.before, sizes(self.before.arrays)
        us = joined(self.arrays[len(before.arrays) :])
        ys = np.maximum(np.abs(before.y), before.natural(float(scale.max())))
        return np.asarray(np.minimum((np.abs(us) * ys).sum() / scale, LARGEST))


def derivative(checked: CheckedFunction, random: np.random.Generator) -> CheckedFunction:
    """The gradient of <u, f(x)> as a function of x and of a random u."""
    us = [np.asarray(random.standard_normal(shape)) for shape in checked.output_shapes()]
    return Gradient(checked, us)


def forward_mode(checked: CheckedFunction) -> Callable[[Array], Array]:
    """The function v -> J v, by forward mode: one record for all v."""
    points = tuple(checked.leaves(checked.arrays, False))
    _, tangent = linearize(lambda *leaves: checked.call(list(leaves)), *points)

    def jvp(v: Array) -> Array:
        found = tangent(*(Tensor(part.copy()) for part in checked.split(v)))
        return joined([y.array for y in found])

    return jvp


def by_hand(checked: CheckedFunction) -> bool:
    """Whether a step of f is an `autograd.Function`, whose backward may be computed in any way."""
    roots = [y.node for y in checked.record()[1] if y.node is not None]
    return any(
        "function" in getattr(rule, "keywords", {})
        for node in ops_behind(roots)
        for _, rule, _ in node.plan.rules  # type: ignore[union-attr]
    )
