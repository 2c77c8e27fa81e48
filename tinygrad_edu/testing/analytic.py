"""Analytic: what the record says.  J from the reverse pass row by row, the derivative as a function
of its own (for the next order), and J v from forward mode, which must fit J' u.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd import enable_grad, grad
from ..dtypes import Array
from ..func import jvp
from ..tensor import Tensor
from .subject import Subject


def jacobian(subject: Subject) -> Array:
    """J, of shape (size of y, size of x): one reverse pass for each row."""
    m = subject.y.size
    rows = []
    for j in range(m):
        u = np.zeros(m)
        u[j] = 1.0
        rows.append(subject.pull(u))
    return np.stack(rows) if rows else np.zeros((0, subject.x.size))


def derivative(subject: Subject, random: np.random.Generator, order: int) -> Subject:
    """The map (x, u) -> J' u as a Subject: its derivative is the second one of f."""
    us = [np.asarray(random.standard_normal(shape)) for shape in subject.output_shapes()]
    n, before = len(subject.arrays), subject

    def pulled(*arguments: Any) -> list[Any]:
        inputs, cotangents = list(arguments[:n]), arguments[n:]
        inputs = [x if x.requires_grad else x.detach().requires_grad_() for x in inputs]
        with enable_grad():
            results = zip(before.call(inputs), cotangents, strict=True)
            pairs = [(y, u) for y, u in results if y.requires_grad]
            ys, gs = [y for y, _ in pairs], [u for _, u in pairs]
            found = grad(ys, inputs, gs, create_graph=True, allow_unused=True)
        zeros = [Tensor(np.zeros_like(x.array)) for x in inputs]
        return [z if g is None else g for g, z in zip(found, zeros, strict=True)]

    arguments = [*subject.arrays, *us]
    names = [*subject.names, *(f"u{j} = dL/dy{j}" for j in range(len(us)))]
    found = Subject(pulled, arguments, names, list(range(len(arguments))))
    found.at = f" (order {order})"
    return found


def forward(subject: Subject, v: Array) -> Array:
    """J v, by forward mode."""
    points = tuple(subject.leaves(subject.arrays, False))
    tangents = tuple(Tensor(part.copy()) for part in subject.split(v))
    _, found = jvp(lambda *leaves: subject.call(list(leaves)), points, tangents)
    return np.concatenate([np.asarray(y.array, np.float64).reshape(-1) for y in found])
