"""Complex step: J v without a difference of two close numbers, and so with all its digits.

Where f is analytic, f(x + i h v) = f(x) + i h J v - O(h^2).  Nothing is subtracted, so h may be as
small as 2^-300: then the imaginary part over h is J v.  What runs on complex numbers is the record
of f, op by op: all its ops must be in `ANALYTIC`, and the record must be the whole of f.

References
----------
Squire and Trapp, "Using complex variables to estimate derivatives of real functions", 1998.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.exceptions import ComplexWarning

from .. import ops
from ..dtypes import Array, float64
from ..engine.backward import ops_behind
from ..engine.graph import Node
from ..engine.observing import Observation, ObservedNode
from .checked_function import CheckedFunction
from .numeric import EPS, sizes

STEP = 2.0**-300
FAR = 2.0**-6  # relative to the size of x: how far away f and its record are compared

NAMES = """
add subtract multiply divide negative reciprocal power square copy deg2rad rad2deg xlogy xlog1py
exp exp2 expm1 log log2 log10 log1p sqrt sigmoid logit silu gelu_tanh xlogx where masked_scale
sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh sinc
sum mean var std cumsum cumprod prod_ sum_pool range_sum softmax log_softmax logsumexp layer_norm
softmax_cross_entropy nll linear matmul einsum lu_unpivoted conv conv_transpose conv_weight
reshape transpose broadcast_to concatenate stack flip roll tril triu diagonal put_diagonal slices
add_slices as_strided overlay pad getitem put setitem unfold fold
"""
ANALYTIC = {getattr(ops, name).op.forward for name in NAMES.split()}
"""The forwards that are analytic (no absolute value, no larger of two), and right on complex arrays
too.  The test of this table compares each of them with differences."""


class ComplexStep:
    """J v of a function at its point x, for any v, from a record that holds all values."""

    def __init__(self, checked: CheckedFunction) -> None:
        with Observation():
            leaves, self._results = checked.record_of(checked.arrays)
        self._leaves = [leaf.node for leaf in leaves]
        self._nodes, self._split = _ops_of(self._results), checked.split
        self._at_x = self._values(self._split(checked.x))

    def value(self, x: Array) -> Array:
        """y at x, according to the record."""
        return self._joined(self._values(self._split(x)))

    def steady(self, v: Array) -> Array:
        """Which entries of J v do not depend on the step: where others do, f is singular at x."""
        one, other = self(v), self(v, STEP * STEP)
        return np.asarray(np.abs(one - other) <= 1e-9 * np.abs(one))

    def __call__(self, v: Array, h: float = STEP) -> Array:
        """J v; nan where an op refuses complex numbers."""
        parts = zip(self._leaves, self._split(1j * h * v), strict=True)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", ComplexWarning)  # an imaginary part is lost
                found = self._values([self._at_x[leaf] + part for leaf, part in parts], True)
        except (TypeError, ValueError, RuntimeError, ArithmeticError, ComplexWarning):
            return np.full(sum(y.array.size for y in self._results), np.nan)
        return np.asarray(np.imag(self._joined(found)) / h)

    def _values(self, inputs: Sequence[Array], imaginary: bool = False) -> dict[Node, Array]:
        """The result of every op.  With `imaginary`, the real parts are those at x."""
        found = dict(zip(self._leaves, inputs, strict=True))
        for node in self._nodes:
            pairs = zip(node.inputs, node.values[1:], strict=True)
            given = [found.get(parent, constant) for parent, constant in pairs]
            if imaginary:
                y = _result_of(node, [_complex(x) for x in given])
                found[node] = _with_real_part(y, self._at_x[node])
            else:
                found[node] = _result_of(node, given)
        return found

    def _joined(self, found: dict[Node, Array]) -> Array:
        return np.concatenate([np.ravel(found.get(y.node, y.array)) for y in self._results])


def _result_of(node: ObservedNode, inputs: list[Any]) -> Array:
    op: Any = node.plan.op  # type: ignore[union-attr]
    residual = () if op.residual is None else (op.residual(*inputs, **node.params),)
    return np.asarray(op.forward(*inputs, *residual, **node.params))


def _complex(x: Any) -> Any:
    return x.astype(np.complex128) if getattr(x, "dtype", np.dtype(bool)).kind == "f" else x


def _with_real_part(y: Array, real: Array) -> Array:
    """A copy of y with a real part that has all its digits: log(1 + z) has fewer."""
    if y.dtype.kind != "c":
        raise TypeError("the result of an analytic op is complex")
    y = np.array(y)
    y.real = real
    return y


def complex_step(checked: CheckedFunction) -> ComplexStep | None:
    """v -> J v; None where an op of f is not analytic, or f is more than its record: a part of it
    is detached, say, or a comparison chooses a branch."""
    if not all(_is_analytic(node) for node in _ops_of(checked.record()[1])):
        return None
    d = FAR * sizes(checked.arrays) * np.random.default_rng(0).standard_normal(checked.x.size)
    try:
        step = ComplexStep(checked)
        for x in (checked.x, checked.x + d, checked.x - d):
            y = checked.value(x)
            if not np.all(np.abs(step.value(x) - y) <= 8 * EPS * np.abs(y)):
                return None
    except Exception:  # f does not exist there
        return None
    return step if np.isfinite(step(d)).all() else None


def _ops_of(results: Sequence[Any]) -> list[Any]:
    """The ops that the results depend on, oldest first."""
    return ops_behind([y.node for y in results if y.node is not None])[::-1]


def _is_analytic(node: Any) -> bool:
    return node.plan.op.forward in ANALYTIC and node.dtype == float64
