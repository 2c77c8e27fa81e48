"""Conditions that f and its gradients must meet besides their values.  Each check has its own
message."""

from __future__ import annotations

import numpy as np

from ..autograd import grad
from ..dtypes import Array
from ..engine.backward import ops_behind
from ..func import vmap
from ..tensor import Tensor
from .analytic import forward_mode
from .checked_function import CheckedFunction
from .layouts import laid_out


def problem_with_f(checked: CheckedFunction, nondet_tol: float) -> tuple[str, str] | None:
    """A diagnosis and a message, if f changes its inputs or is not deterministic."""
    leaves, _ = checked.record()
    for name, leaf, x in zip(checked.names, leaves, checked.arrays, strict=True):
        if not np.array_equal(leaf.array, x):
            return "f changes its input", (
                f"f changes {name}, so no difference of f means anything.  Work on a copy inside "
                "f: x = x.clone()"
            )
    y, again = checked.y, checked.value(checked.x)
    allowed = nondet_tol + 1e-12 * np.abs(y).max(initial=0)  # sums are rounded in any order
    if y.shape != again.shape or not np.all(np.abs(y - again) <= allowed):
        apart = np.abs(y - again).max() if y.shape == again.shape else np.nan
        return "randomness", (
            f"f is not deterministic: two calls differ by up to {apart:.3g}.  Is there dropout or "
            "other noise in it?  Call .eval(), or tg.manual_seed(0) first thing inside f; or allow "
            "it with nondet_tol"
        )
    return None


def problem_with_dtypes(checked: CheckedFunction) -> tuple[str, str] | None:
    """A diagnosis and a message, if a step of f has a smaller dtype than its inputs.

    The record says so.  The numbers need not: at 1.0 or 0.5, short steps are exact in float32."""
    roots = [y.node for y in checked.record()[1] if y.node is not None]
    for node in reversed(ops_behind(roots)):
        kind = np.dtype(node.dtype)
        if kind.kind == "f" and kind.itemsize < 8:
            return f"{kind} inside f", (
                f"{kind} inside f: {node} has a result of {kind}, though the inputs are float64; "
                "that is too rough for differences.  Let f keep the dtype of its inputs, or check "
                "it with larger limits: rtol=1e-2"
            )
    return None


def problem_with_gradients(checked: CheckedFunction, u: Array) -> tuple[str, str] | None:
    """A diagnosis and a message, if gradients are stale, shared, or of a wrong form."""
    record, given = checked.record(), u.copy()
    first = [(g, g.copy()) for g in checked.gradients(u, record)]
    second = checked.gradients(u, record)
    for name, x, (g, _), other in zip(checked.names, checked.arrays, first, second, strict=True):
        if g.shape != x.shape or g.dtype != x.dtype:
            return "wrong form", (
                f"the gradient of {name} has shape {tuple(g.shape)} and dtype {g.dtype}, where the "
                f"input has {tuple(x.shape)} and {x.dtype}"
            )
        if not _close(g, other):
            return "a stale or aliased buffer, or randomness in a rule", (
                f"the reverse pass, run twice over one record, gives two gradients of {name}: a "
                "rule writes into what it was given or has saved, or it is random.  Let it return "
                "new arrays that depend on nothing else"
            )
    if not np.array_equal(u, given):
        return "a stale or aliased buffer", (
            "a rule writes into the gradient g that it was given.  Let it return a new array"
        )
    for i, (g, kept) in enumerate(first):
        if not np.array_equal(g, kept, equal_nan=True):
            return "a stale or aliased buffer", (
                f"the gradient of {checked.names[i]} changed after it was returned: a rule returns "
                "a buffer that it uses again"
            )
        for j, (other, _) in enumerate(first[:i]):
            if g.size and np.may_share_memory(g, other) and np.shares_memory(g, other):
                return "a stale or aliased buffer", (
                    f"the gradients of {checked.names[j]} and {checked.names[i]} share memory, so "
                    "a change of one changes the other.  Let the rule return a copy for one of them"
                )
    return None


def problem_with_linearity(checked: CheckedFunction, u: Array) -> tuple[str, str] | None:
    """A diagnosis and a message, if the gradient is not linear in u = dL/dy."""
    record = checked.record()
    once, twice = checked.gradients(u, record), checked.gradients(2 * u, record)
    for name, g, other in zip(checked.names, once, twice, strict=True):
        if not np.isfinite(g).all() or _close(2 * g, other):
            continue
        if _close(g, other):
            return "a factor g is missing", (
                f"the gradient of {name} does not depend on the gradient g = dL/dy that arrives "
                "from above: a rule or backward forgets to multiply by g (the chain rule)"
            )
        return "not linear in g", (
            f"the gradient of {name} is not linear in the gradient g = dL/dy that arrives from "
            "above: 2 g gives no twice as large a gradient.  A rule adds something to g, clips it, "
            "or multiplies by it twice"
        )
    return None


def problem_with_missing_gradients(checked: CheckedFunction, u: Array) -> tuple[str, str] | None:
    """A diagnosis and a message, if a result without a gradient is not one whose gradient is 0."""
    record = checked.record()
    results = record[1]
    if sum(y.requires_grad for y in results) < 2:
        return None
    start = 0
    for j, y in enumerate(results):
        alone = np.zeros(u.size)
        part = slice(start, start + y.array.size)
        alone[part], start = u[part], part.stop
        try:
            found = checked.gradients(alone, record, only=j)
        except Exception as error:
            error.add_note(
                f"gradcheck: a backward raised this when only result {j} of f got a gradient; the "
                "others are missing (None), which must count as zeros"
            )
            raise
        others = checked.gradients(alone, record)
        for name, g, other in zip(checked.names, found, others, strict=True):
            if not _close(g, other):
                return "missing gradients", (
                    f"the gradient of {name} is another one when only result {j} of f is used than "
                    "when the other results get zeros.  A missing gradient must count as zeros"
                )
    return None


def problem_with_batched_gradients(
    checked: CheckedFunction, random: np.random.Generator
) -> tuple[str, str] | None:
    """A diagnosis and a message, if several gradients at once are not those one by one."""
    leaves, results = checked.record()
    us = random.standard_normal((2, checked.y.size))
    at = np.cumsum([0, *(y.array.size for y in results)])
    pairs = [
        (y, Tensor(us[:, start:end].reshape(2, *y.array.shape).astype(y.array.dtype)))
        for y, start, end in zip(results, at, at[1:], strict=False)
        if y.requires_grad
    ]
    ys, batches = [y for y, _ in pairs], [u for _, u in pairs]
    kept = {"retain_graph": True, "allow_unused": True}
    found = grad(ys, leaves, batches, is_grads_batched=True, **kept)
    for k, u in enumerate(us):
        others = checked.gradients(u, checked.record())
        for name, g, other in zip(checked.names, found, others, strict=True):
            if g is not None and not _close(g.array[k], other):
                return "batched gradients", (
                    f"the gradient of {name} is another one in a batch of output gradients "
                    "(is_grads_batched=True) than alone: a rule keeps something between its calls"
                )
    return None


def problem_with_batched_tangents(
    checked: CheckedFunction, random: np.random.Generator
) -> tuple[str, str] | None:
    """A diagnosis and a message, if vmap over tangents is not forward mode one by one."""
    forward = forward_mode(checked)
    vs = random.standard_normal((2, checked.x.size))
    found = vmap(lambda v: Tensor(forward(v.array)))(Tensor(vs)).array
    if all(_close(row, forward(v)) for row, v in zip(found, vs, strict=True)):
        return None
    return "batched tangents", (
        "J v of forward mode is another one in a batch of tangents (vmap) than alone: a rule keeps "
        "something between its calls"
    )


def problem_with_layouts(
    checked: CheckedFunction, u: Array, strict: bool
) -> tuple[str, str] | None:
    """A diagnosis and a message, if the result depends on how the inputs lie in memory."""
    y, gradient = checked.y, checked.vjp(u)
    for layout in ("transposed", "reversed", "gaps"):
        leaves = checked.leaves([laid_out(x, layout) for x in checked.arrays], True)
        results = checked.call(leaves)
        ys = np.concatenate([np.asarray(r.array, np.float64).reshape(-1) for r in results])
        found = checked.gradients(u, (leaves, results))
        gradients = np.concatenate([g.reshape(-1) for g in found])
        for what, ours, theirs in (("result", y, ys), ("gradient", gradient, gradients)):
            if ours.shape == theirs.shape and _close(ours, theirs):
                continue
            if what == "result" and not strict:
                break  # f reads strides, as as_strided does
            return "memory layout", (
                f"the {what} of f changes when its inputs lie in memory in the layout {layout!r}, "
                "though their numbers are the same.  Does a forward or a rule use strides, "
                ".ravel() order, or a buffer of its own?"
            )
    return None


def problem_with_batches(checked: CheckedFunction) -> tuple[str, str] | None:
    """A diagnosis and a message, if f of a batch is not the batch of f of its parts."""
    leaves, results = checked.record()
    count = min((leaf.shape[0] for leaf in leaves if leaf.ndim), default=0)
    for k in range(count):
        parts = checked.call(checked.leaves([x[k : k + 1].copy() for x in checked.arrays], False))
        for one, y in zip(parts, results, strict=True):
            if not _close(one.array[0], y.array[k]):
                return "batches", (
                    f"f of the whole batch differs from f of its part {k} alone: the entries of a "
                    "batch are mixed (a mean over the batch axis, batch statistics, a wrong axis?)"
                )
    return None


def _close(a: Array, b: Array) -> bool:
    """Equal but for rounding, beside the largest finite entry: an infinite one allows nothing."""
    largest = max(float(np.abs(x[np.isfinite(x)]).max(initial=0)) for x in (a, b))
    return bool(np.allclose(a, b, rtol=1e-9, atol=1e-11 * largest, equal_nan=True))
