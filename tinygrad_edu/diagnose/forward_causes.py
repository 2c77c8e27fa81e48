"""Why the result of an op is not finite.

Each function knows one family of ops, and returns a Cause if it recognises one.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.graph import Parts
from ..engine.trapping import own
from .facts import DOUBLE_WHERE, SQUARES, Cause, Facts, Recogniser, of_ops
from .shown import is_not_finite


def holds_already(f: Facts) -> Cause | None:
    """A NaN came in, and went on."""
    for i, x in enumerate(f.xs):
        arrays = x if isinstance(x, Parts) else (x,)
        for part in arrays:
            if isinstance(part, np.ndarray) and part.dtype.kind == "f" and np.isnan(part).any():
                return _arrived(f, i, "nan")
    return None


def infinity_came_in(f: Facts) -> Cause | None:
    bad = [i for i, x in enumerate(f.xs) if is_not_finite(x)]
    if not bad:
        return None
    masks = [i for i in bad if f.node.inputs[i] is not None and f.node.inputs[i].plan is not None]
    is_nan = isinstance(f.finding.bad, np.ndarray) and np.isnan(f.finding.bad).any()
    if not is_nan and not masks:
        return _arrived(f, bad[0], "an infinity")
    why = {
        "multiply": "0 times an infinity is nan: a mask that multiplies does not remove infinities",
        "masked_scale": "dropout multiplies by 0, and 0 times an infinity is nan",
        "matmul": "a product with an infinity: 0 times an infinity, and inf - inf, are nan",
        "linear": "a product with an infinity: 0 times an infinity, and inf - inf, are nan",
        "subtract": "inf - inf is nan",
        "divide": "inf / inf is nan",
    }.get(f.name, "an operand holds an infinity, and this op makes no finite number of it")
    cure = (
        "choose with `where(mask, x, 0)` instead of multiplying, or put a large number such as "
        "-1e9 in the place of -inf"
    )
    return Cause("operand infinite", why, cure, bad[0])


def _arrived(f: Facts, i: int, what: str) -> Cause:
    parent = f.node.inputs[i]
    if parent is not None and parent.plan is None:  # a leaf
        cure = (
            f"look at how this leaf got {what}: data (`x.isfinite().all()` before the model), or "
            "an earlier step of an optimizer with a gradient that was not finite or a learning "
            "rate that is too large"
        )
    elif parent is None:
        cure = (
            f"look at how this tensor got {what}: it was made outside of the trap or of the "
            "record, from data or by NumPy; `x.isfinite().all()` tests it"
        )
    elif parent.tick > own.since:
        cure = (
            f"{what} was put there on purpose, as `from` says, and this op cannot use it: choose "
            "other elements with `where(mask, x, 0)` before, or fill with another number"
        )
    else:
        cure = "set the trap earlier, before that tensor is computed"
    return Cause("operand not finite", f"{f.letter(i)} holds {what} already", cure, i)


@of_ops("log", "log2", "log10", "log1p", "xlogy", "xlog1py", "logit", "entr", "xlogx")
def _log(f: Facts) -> Cause | None:
    i = 1 if f.name in ("xlogy", "xlog1py") else 0
    zero = -1.0 if f.name in ("log1p", "xlog1py") else 0.0
    x = f.at(i)
    if (x < zero).any():
        why = f"the logarithm of a negative number is nan{' (here of 1 + x)' if zero else ''}"
        return _where(f) or Cause(
            "log of a negative number",
            why,
            f"keep x positive: `x.clamp(min=1e-8)`, `F.softplus(x)`; or {DOUBLE_WHERE}",
            i,
        )
    if f.name == "logit" and (x >= 1).any():
        return Cause(
            "logit at 1",
            "ln(x / (1 - x)) is infinite at 1, and nan beyond",
            "give the bounds: `logit(x, eps=1e-6)`",
            i,
        )
    if not (x == zero).any():
        return None
    made = f.maker(i)
    if made == "subtract" and f.makers(i)[1:2] in (["softmax"], ["sigmoid"]):  # 1 - p
        made = f.makers(i)[1]
    if made in ("softmax", "sigmoid") or _are_probabilities(f.xs[i]):
        return _where(f) or Cause(
            "log of a probability 0",
            f"the logarithm of a probability that {made} rounded to 0 is -inf"
            if made in _LOG_OF
            else "the logarithm of 0 is -inf; x adds up to 1, as probabilities do",
            _LOG_OF[made] if made in _LOG_OF else _LOG_OF["softmax"],
            i,
        )
    return _where(f) or Cause(
        "log of 0",
        "the logarithm of 0 is -inf",
        f"`x.clamp(min=1e-8).log()`, `log1p(x)` for ln(1 + x), `xlogy(a, x)` for a ln x; "
        f"of a probability `F.log_softmax`; or {DOUBLE_WHERE}",
        i,
    )


_LOG_OF = {
    "softmax": "give the logits to `F.cross_entropy(logits, target)`, or use "
    "`F.log_softmax(logits, dim)`; else `p.clamp(min=1e-8).log()`",
    "sigmoid": "give the logits to `F.binary_cross_entropy_with_logits(logits, target)`, or use "
    "`F.logsigmoid(logits)`; else `p.clamp(min=1e-8).log()`",
}


def _are_probabilities(x: Any) -> bool:
    if not isinstance(x, np.ndarray) or x.ndim == 0 or x.shape[-1] < 2 or (x < 0).any():
        return False
    between = ((x > 0) & (x < 1)).any()  # 0 and 1 alone may be anything
    return bool(between and np.allclose(x.astype(np.float64).sum(-1), 1, atol=1e-3))


def _where(f: Facts) -> Cause | None:
    """Is the result in a `where` that would leave these numbers out?"""
    if "where(" not in f.line:
        return None
    why = (
        f"`where` computes {f.name} for all x, also for those that it leaves out; their gradient "
        "would be 0 times an infinity, which is nan"
    )
    return Cause("double where", why, DOUBLE_WHERE, 0)


@of_ops("divide", "reciprocal", "floor_divide", "trunc_divide", "remainder", "fmod")
def _divide(f: Facts) -> Cause | None:
    i = 0 if f.name == "reciprocal" else 1
    if not (f.at(i) == 0).any():
        return None
    made, makers = f.maker(i), f.makers(i)
    if made in ("std", "var") or (made == "sqrt" and "var" in makers):
        return Cause(
            "division by the std of a constant",
            f"the {made} of equal numbers is 0",
            "add a small number: `(x - x.mean()) / (x.std() + 1e-8)`, or use "
            "`F.layer_norm`, `F.batch_norm`, which do",
            i,
        )
    if made == "p_norm" or (made == "sqrt" and set(makers) & set(SQUARES)):
        return Cause(
            "division by the norm of zeros",
            "the norm of zeros is 0",
            "`F.normalize(x, dim, eps=1e-12)`, or `x / x.norm().clamp(min=1e-12)`",
            i,
        )
    if made == "sum" and "exp" in makers:
        return Cause(
            "softmax by hand",
            "the sum of the exponentials is 0: all of them underflowed",
            "`F.softmax(x, dim)`, which subtracts the largest x first",
            i,
        )
    zero = "0 / 0 is nan" if f.name == "divide" and (f.at(0) == 0).any() else "x / 0 is infinite"
    if f.name in ("remainder", "fmod"):
        zero = "there is no remainder of a division by 0"
    return _where(f) or Cause(
        "division by 0",
        zero,
        "keep the divisor away from 0: `b + 1e-8`, `b.clamp(min=1e-8)`; of a mean, count at least "
        "1: `total / count.clamp(min=1)`; in a where, choose a harmless divisor first: "
        "`where(b != 0, a / where(b != 0, b, 1), 0)`",
        i,
    )


LARGEST_EXP = {"float16": 11.09, "float32": 88.72, "float64": 709.78}


@of_ops("exp", "expm1", "exp2", "sinh", "cosh", "erfcx", "i0", "i1")
def _exp(f: Facts) -> Cause | None:
    x = f.at(0)
    if not x.size or not np.isfinite(x).all():
        return None
    dtype = str(f.finding.bad.dtype)
    most = LARGEST_EXP.get(dtype, 88.72)
    least = f"e^x is larger than {f.limit} for x > {most}"
    cure = (
        "`logsumexp(x, dim)`, `F.softmax(x, dim)` and `F.log_softmax` subtract the largest x "
        "first; `F.softplus(x)` for ln(1 + e^x); else `x.clamp(max=" + f"{int(most) - 1})`"
    )
    return Cause("exp overflow", least, cure, 0)


@of_ops("softmax", "log_softmax", "softmax_cross_entropy", "logsumexp", "logcumsumexp")
def _softmax(f: Facts) -> Cause | None:
    x = f.xs[0]
    if not isinstance(x, np.ndarray) or np.isnan(x).any():
        return None
    if np.isposinf(x).any():
        return Cause(
            "softmax of inf",
            "inf - inf is nan: a logit is inf",
            "look at how that logit got infinite; `logits.clamp(max=1e4)`",
            0,
        )
    axis = f.node.params.get("axis", -1)
    axis = tuple(axis) if isinstance(axis, list) else axis
    rows = np.isneginf(x).all(axis=axis)
    if rows.any():
        many = f"{int(rows.sum())} of {rows.size} rows {'is' if rows.sum() == 1 else 'are'}"
        return Cause(
            "softmax of a row of -inf",
            f"{many} all -inf, so that it is 0 / 0: nothing is left to choose from",
            "leave at least one entry of each row in the mask; or unmask such rows before, "
            "`mask & ~mask.all(-1, keepdim=True)`, and set their result to 0 after",
            0,
        )
    return None


@of_ops("nll", "softmax_cross_entropy", "mean", "var", "std", "mean_squared_error")
def _of_nothing(f: Facts) -> Cause | None:
    x = f.xs[0]
    if not isinstance(x, np.ndarray):
        return None
    if not x.size:
        return Cause(
            "mean of nothing",
            "0 / 0: there is no element to take the mean of",
            "skip an empty batch, or a mask that chooses nothing: `if mask.any():`",
            0,
        )
    if f.name in ("var", "std") and f.node.params.get("ddof", 1):
        return Cause(
            f"{f.name} of one number",
            f"the {f.name} divides by n - 1, which is 0 for one number",
            f"`x.{f.name}(correction=0)`, or more numbers",
            0,
        )
    if f.name in ("nll", "softmax_cross_entropy") and np.isnan(np.asarray(f.finding.bad)).all():
        return Cause(
            "no target counts",
            "0 / 0: every target is ignore_index, or has weight 0",
            "skip such a batch: `if (target != ignore_index).any():`",
            0,
        )
    return None


@of_ops("power")
def _power(f: Facts) -> Cause | None:
    a, b = f.at(0), f.at(1)
    if (a < 0).any() and np.isnan(np.asarray(f.finding.bad)).any():
        return Cause(
            "power of a negative number",
            "a negative number to a power that is no whole number is nan",
            "`x.abs() ** p`, `x.sign() * x.abs() ** p`, or `x.clamp(min=0) ** p`",
            0,
        )
    if (a == 0).any() and (b < 0).any():
        return Cause(
            "0 to a negative power", "0 to a negative power is infinite", "`(x + 1e-8) ** p`", 0
        )
    return None


@of_ops(
    "sqrt",
    "acos",
    "asin",
    "acosh",
    "atanh",
    "erfinv",
    "ndtri",
    "lgamma",
    "digamma",
    "polygamma",
    "log_ndtr",
)
def _outside(f: Facts) -> Cause | None:
    x = f.at(0)
    if not x.size:
        return None
    if f.name == "sqrt":
        return _where(f) or Cause(
            "sqrt of a negative number",
            "the square root of a negative number is nan",
            "`x.clamp(min=0).sqrt()`; a variance as mean(x^2) - mean(x)^2 rounds below 0: use "
            f"`x.var()`; or {DOUBLE_WHERE.replace('log', 'sqrt')}",
            0,
        )
    if f.name in ("acos", "asin"):
        return Cause(
            f"{f.name} beyond 1",
            f"{f.name} has no value beyond -1 and 1, which a cosine similarity passes by rounding",
            "`x.clamp(-1 + 1e-6, 1 - 1e-6)`; the angle of two vectors: `atan2(cross.norm(), dot)`",
            0,
        )
    if f.name in ("acosh", "atanh", "erfinv", "ndtri"):
        bounds = {"acosh": "x >= 1", "ndtri": "0 < x < 1"}.get(f.name, "-1 < x < 1")
        return Cause(
            f"{f.name} out of its domain",
            f"{f.name} is finite for {bounds} only",
            "clamp x into that, a little inside: `x.clamp(min, max)`",
            0,
        )
    return Cause(
        f"pole of {f.name}",
        f"{f.name} is infinite at 0, -1, -2 ...",
        "keep x positive: `F.softplus(x)`, `x.clamp(min=1e-6)`",
        0,
    )


@of_ops("slogdet", "inv", "solve", "solve_triangular", "lu_unpivoted", "pinv")
def _singular(f: Facts) -> Cause | None:
    return Cause(
        "singular matrix",
        "the matrix is singular, or nearly so: its determinant is 0, whose logarithm is -inf"
        if f.name == "slogdet"
        else "the matrix is singular, or nearly so",
        "add a small diagonal: `x + 1e-6 * eye(n)`; or use `linalg.pinv`",
        0,
    )


def _overflow(f: Facts) -> Cause | None:
    """Finite numbers gave an infinity, by growing."""
    bad = f.finding.bad
    arrays = [x for x in f.xs if isinstance(x, np.ndarray)]
    if isinstance(bad, tuple) or not arrays or any(map(is_not_finite, arrays)):
        return None
    largest = max(float(np.abs(x).max(initial=0)) for x in arrays if x.dtype.kind != "b")
    if f.name == "astype" or largest > 1e4:
        return Cause(
            "overflow",
            f"the result is larger than {f.limit}; the operands reach {largest:.3g}",
            "look at why the numbers are so large: a learning rate that "
            "is too large, no normalization, a product of many; clip the gradient "
            "(`nn.utils.clip_grad_norm_`), or compute in a wider dtype",
            None,
        )
    return None


def _made_by_hand(f: Facts) -> Cause | None:
    """The forward of a Function that the user wrote."""
    if "ctx" not in f.node.params:
        return None
    return Cause(
        "a Function's forward",
        f"{f.name}.forward returned it",
        "look at what it computes, as with NumPy, where the trap sees no steps",
    )


GOING_FORWARD: tuple[Recogniser, ...] = (
    _made_by_hand,
    *(_softmax, holds_already, infinity_came_in, _log, _divide, _exp, _of_nothing),
    *(_power, _outside, _singular, _overflow),
)
