"""Hygiene: what must hold of f and of its gradients besides their values.  Each check has its own
message."""

from __future__ import annotations

import numpy as np

from ..dtypes import Array
from ..engine.backward import ops_behind
from .layouts import laid_out
from .subject import Subject


def trouble_with_f(subject: Subject, nondet_tol: float) -> tuple[str, str] | None:
    """A diagnosis and a message, if f changes its inputs or is not deterministic."""
    leaves, _ = subject.record()
    for name, leaf, x in zip(subject.names, leaves, subject.arrays, strict=True):
        if not np.array_equal(leaf.array, x):
            return "f changes its input", (
                f"f changes {name}, so no difference of f means anything.  Work on a copy inside "
                "f: x = x.clone()"
            )
    y, again = subject.y, subject.value(subject.x)
    allowed = nondet_tol + 1e-12 * np.abs(y).max(initial=0)  # sums are rounded in any order
    if y.shape != again.shape or not np.all(np.abs(y - again) <= allowed):
        apart = np.abs(y - again).max() if y.shape == again.shape else np.nan
        return "randomness", (
            f"f is not deterministic: two calls differ by up to {apart:.3g}.  Is there dropout or "
            "other noise in it?  Call .eval(), or tg.manual_seed(0) first thing inside f; or allow "
            "it with nondet_tol"
        )
    return None


def trouble_with_dtypes(subject: Subject) -> tuple[str, str] | None:
    """A diagnosis and a message, if a step of f has a smaller dtype than its inputs.

    The record says so.  The numbers need not: at 1.0 or 0.5, short steps are exact in float32."""
    roots = [y.node for y in subject.record()[1] if y.node is not None]
    for node in reversed(ops_behind(roots)):
        kind = np.dtype(node.dtype)
        if kind.kind == "f" and kind.itemsize < 8:
            return f"{kind} inside f", (
                f"{kind} inside f: {node} has a result of {kind}, though the inputs are float64; "
                "that is too rough for differences.  Let f keep the dtype of its inputs, or check "
                "it with larger limits: rtol=1e-2"
            )
    return None


def trouble_with_gradients(subject: Subject, u: Array) -> tuple[str, str] | None:
    """A diagnosis and a message, if gradients are stale, shared, or of a wrong form."""
    record, given = subject.record(), u.copy()
    first = [(g, g.copy()) for g in subject.gradients(u, record)]
    second = subject.gradients(u, record)
    for name, x, (g, _), other in zip(subject.names, subject.arrays, first, second, strict=True):
        if g.shape != x.shape or g.dtype != x.dtype:
            return "wrong form", (
                f"the gradient of {name} has shape {tuple(g.shape)} and dtype {g.dtype}, where the "
                f"input has {tuple(x.shape)} and {x.dtype}"
            )
        if not _close(g, other):
            return "a stale or aliased buffer", (
                f"the reverse pass, run twice over one record, gives two gradients of {name}: a "
                "rule writes into what it was given or has saved.  Let it return new arrays"
            )
    if not np.array_equal(u, given):
        return "a stale or aliased buffer", (
            "a rule writes into the gradient g that it was given.  Let it return a new array"
        )
    for i, (g, kept) in enumerate(first):
        if not np.array_equal(g, kept, equal_nan=True):
            return "a stale or aliased buffer", (
                f"the gradient of {subject.names[i]} changed after it was returned: a rule returns "
                "a buffer that it uses again"
            )
        for j, (other, _) in enumerate(first[:i]):
            if g.size and np.may_share_memory(g, other) and np.shares_memory(g, other):
                return "a stale or aliased buffer", (
                    f"the gradients of {subject.names[j]} and {subject.names[i]} share memory, so "
                    "a change of one changes the other.  Let the rule return a copy for one of them"
                )
    return None


def trouble_with_layouts(subject: Subject, u: Array, strict: bool) -> tuple[str, str] | None:
    """A diagnosis and a message, if the result depends on how the inputs lie in memory."""
    y, gradient = subject.y, subject.pull(u)
    for layout in ("transposed", "reversed", "gaps"):
        leaves = subject.leaves([laid_out(x, layout) for x in subject.arrays], True)
        results = subject.call(leaves)
        ys = np.concatenate([np.asarray(r.array, np.float64).reshape(-1) for r in results])
        found = subject.gradients(u, (leaves, results))
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


def trouble_with_batches(subject: Subject) -> tuple[str, str] | None:
    """A diagnosis and a message, if f of a batch is not the batch of f of its parts."""
    leaves, results = subject.record()
    count = min((leaf.shape[0] for leaf in leaves if leaf.ndim), default=0)
    for k in range(count):
        parts = subject.call(subject.leaves([x[k : k + 1].copy() for x in subject.arrays], False))
        for one, y in zip(parts, results, strict=True):
            if not _close(one.array[0], y.array[k]):
                return "batches", (
                    f"f of the whole batch differs from f of its part {k} alone: the entries of a "
                    "batch are mixed (a mean over the batch axis, batch statistics, a wrong axis?)"
                )
    return None


def _close(a: Array, b: Array) -> bool:
    size = max(float(np.abs(a).max(initial=0)), float(np.abs(b).max(initial=0)))
    return bool(np.allclose(a, b, rtol=1e-9, atol=1e-11 * size, equal_nan=True))
