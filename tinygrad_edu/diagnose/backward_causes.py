"""Why the derivative of an op is not finite.

Each function knows one family of ops, and returns a Cause if it recognises one.
"""

from __future__ import annotations

import numpy as np

from .facts import CHOOSES, DOUBLE_WHERE, SQUARES, Cause, Facts, Recogniser, of_ops
from .forward_causes import holds_already, infinity_came_in
from .shown import is_not_finite


def _given(f: Facts) -> Cause | None:
    if f.finding.part is not None:
        return None
    if f.finding.hooked:
        return Cause(
            "a hook's gradient",
            "a hook on this tensor returned it, or the sum of the parts overflowed",
            "look at the hooks: `register_hook`",
        )
    if f.node not in f.finding.users:
        return Cause(
            "the given gradient",
            "the gradient that backward() was given holds it",
            "look at the argument of backward(), or at grad_outputs",
        )
    return Cause(
        "sum of gradients",
        "the parts are finite, and their sum is not: it overflowed",
        "look at why the gradients are so large; clip them, or scale the loss",
    )


def _chosen_away(f: Facts) -> Cause | None:
    """0 times an infinity: something after it leaves these numbers out."""
    g = f.finding.g
    if not isinstance(g, np.ndarray) or g.shape != f.mask.shape or f.name in ("where", "pad"):
        return None
    if not f.mask.any() or (g[f.mask] != 0).any() or not np.isnan(f.finding.bad[f.mask]).any():
        return None
    chooser = _first_user(f, ("where",)) or _first_user(f, CHOOSES)
    if chooser is None:
        return None
    how = {"sqrt": "sqrt", "divide": "divide"}.get(f.name, f.name)
    if f.name == "divide":
        cure = "choose a harmless divisor first: `where(b != 0, a / where(b != 0, b, 1), 0)`"
    else:
        cure = DOUBLE_WHERE.replace("log", how)
    why = (
        f"`{chooser}` leaves these numbers out, so g = 0 there, but the derivative of {f.name} is "
        "infinite or nan there, and 0 times that is nan"
    )
    return Cause("double where", why, cure, 0)


def _first_user(f: Facts, names: tuple[str, ...]) -> str | None:
    """The nearest op of these that the result went to, a few steps on."""
    layer = [f.node]
    for _ in range(8):
        layer = [user for node in layer for user in f.finding.users.get(node, [])]
        found = next((str(user.name) for user in layer if user.name in names), None)
        if found:
            return found
    return None


@of_ops("sqrt", "power", "cbrt", "hypot", "atan2", "p_norm")
def _root_at_0(f: Facts) -> Cause | None:
    makers = f.makers(0)
    if f.name in ("hypot", "atan2"):
        if not (f.holds(0, 0) and f.holds(1, 0)):
            return None
        return Cause(
            f"{f.name} at (0, 0)",
            "0 / 0: it has no derivative at the origin",
            "move the point a little where both are 0: "
            f"`{f.name}(a, where((a == 0) & (b == 0), 1e-8, b))`",
            0,
        )
    if f.name == "power":
        return _power_back(f)
    if not f.holds(0, 0):
        return None
    if f.name == "sqrt" and "sum" in makers[:3] and set(makers) & set(SQUARES):
        return Cause(
            "norm at 0",
            "a norm by hand has no derivative where the vector is 0: 1 / (2 sqrt 0) is infinite",
            "`linalg.vector_norm(x, dim=dim)`, whose "
            "gradient is 0 there, `F.normalize` to divide by it, or "
            "`((x * x).sum() + 1e-12).sqrt()`",
            0,
        )
    if f.name == "sqrt" and (
        "var" in makers[:3] or ("mean" in makers[:3] and "subtract" in makers)
    ):
        return Cause(
            "std of a constant",
            "the variance of equal numbers is 0, and 1 / (2 sqrt 0) is infinite",
            "`x.std()`, whose gradient is 0 there, or `(x.var() + 1e-5).sqrt()`",
            0,
        )
    return Cause(
        f"{f.name} at 0",
        f"the derivative of {f.name} is infinite at 0",
        f"`(x + 1e-12).{f.name}()`, `x.clamp(min=1e-12).{f.name}()`",
        0,
    )


def _power_back(f: Facts) -> Cause | None:
    if f.finding.part == 1:
        if (f.at(0) <= 0).any():
            return Cause(
                "derivative by an exponent",
                "dL/db = g y ln a, and ln a is infinite at 0 and nan below",
                "keep the base positive: `a.clamp(min=1e-8) ** b`; or "
                "make the exponent a constant: `b.detach()`",
                0,
            )
        return None
    if f.holds(0, 0):
        return Cause(
            "power at 0",
            "dL/da = g b a^(b-1), which is infinite at a = 0 for b < 1",
            "`(a + 1e-12) ** b`, or `a.clamp(min=1e-12) ** b`",
            0,
        )
    if (f.at(0) < 0).any():
        return Cause(
            "power of a negative number",
            "a negative number to a power that is no whole number is nan",
            "`a.abs() ** b`, or `a.clamp(min=0) ** b`",
            0,
        )
    return None


@of_ops("acos", "asin", "acosh", "atanh", "logit", "erfinv", "ndtri")
def _at_the_end(f: Facts) -> Cause | None:
    if not any(f.holds(0, end) for end in (-1.0, 0.0, 1.0)):
        return None
    return Cause(
        f"{f.name} at the end of its domain",
        f"the derivative of {f.name} is infinite at the ends of its domain: dL/dx = "
        f"{_DERIVATIVES.get(f.name, 'g times an infinity')}",
        "`x.clamp(-1 + 1e-6, 1 - 1e-6)`; the angle of two vectors: `atan2(cross.norm(), dot)`"
        if f.name in ("acos", "asin", "atanh", "erfinv")
        else "clamp x a little inside its domain: `x.clamp(min, max)`",
        0,
    )


_DERIVATIVES = {
    "acos": "-g / sqrt(1 - x^2)",
    "asin": "g / sqrt(1 - x^2)",
    "acosh": "g / sqrt(x^2 - 1)",
    "atanh": "g / (1 - x^2)",
    "logit": "g / (x (1 - x))",
}


@of_ops(
    "log", "log2", "log10", "log1p", "xlogx", "entr", "xlogy", "xlog1py", "divide", "reciprocal"
)
def _pole(f: Facts) -> Cause | None:
    i = 1 if f.name in ("xlogy", "xlog1py", "divide") else 0
    if not f.holds(i, -1.0 if f.name in ("log1p", "xlog1py") else 0.0):
        return None
    if f.name in ("divide", "reciprocal"):
        return Cause(
            "division by 0",
            "dL/db = -g a / b^2 is infinite at b = 0",
            "keep the divisor away from 0: `b + 1e-8`, `b.clamp(min=1e-8)`",
            i,
        )
    return Cause(
        "log of 0",
        f"the derivative of {f.name} is infinite at 0",
        f"`x.clamp(min=1e-8)`; of a probability `F.log_softmax`; or {DOUBLE_WHERE}",
        i,
    )


@of_ops("svd", "eigh", "qr", "pinv", "inv", "det", "slogdet", "cholesky", "solve")
def _repeated(f: Facts) -> Cause | None:
    if f.name not in ("svd", "eigh"):
        return Cause(
            "singular matrix",
            f"the derivative of {f.name} divides by numbers that are 0 "
            "for a matrix which is singular, or nearly so",
            "add a small diagonal: `x + 1e-6 * eye(n)`",
            0,
        )
    values = "singular values" if f.name == "svd" else "eigenvalues"
    return Cause(
        "repeated " + values,
        f"the derivative of the vectors divides by the differences "
        f"of the {values}, and two of them are equal (or one is 0)",
        f"use the {values} only, whose derivative exists; or add a little noise to the matrix",
        0,
    )


@of_ops("logsumexp", "log_softmax", "softmax", "logcumsumexp", "softmax_cross_entropy", "logaddexp")
def _rows_of_nothing(f: Facts) -> Cause | None:
    x = f.xs[0]
    if not isinstance(x, np.ndarray) or not np.isneginf(x).any():
        return None
    return Cause(
        "softmax of a row of -inf",
        "a row is all -inf, so that its derivative is 0 / 0",
        "leave at least one entry of each row in the mask; or unmask such rows before, "
        "`mask & ~mask.all(-1, keepdim=True)`, and set their result to 0 after",
        0,
    )


def _by_hand(f: Facts) -> Cause | None:
    """The backward of a Function that the user wrote."""
    if "ctx" not in f.node.params:
        return None
    return Cause(
        "a Function's backward",
        f"{f.name}.backward returned it",
        "check it with `autograd.gradcheck`",
    )


def _grew(f: Facts) -> Cause | None:
    known = [x for x in (*f.xs, f.finding.g) if isinstance(x, np.ndarray)]
    if any(map(is_not_finite, known)) or not np.isinf(np.asarray(f.finding.bad)).any():
        return None
    return Cause(
        "overflow",
        f"the gradient is larger than {f.limit}",
        "look at why it grows: "
        "a divisor near 0, no normalization, a long product; scale the loss down; clip "
        "after backward() does not help, as it is too late",
    )


GOING_BACK: tuple[Recogniser, ...] = (
    *(_given, _by_hand, _chosen_away, _root_at_0, _at_the_end, _pole, _rows_of_nothing),
    *(_repeated, holds_already, infinity_came_in, _grew),
)
