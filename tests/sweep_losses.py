"""What losses, log-sum-exp and norms should give, in mpmath: of rows of numbers.

A row case has our function of tensors, and in `mp` the value of the numbers of one row (one number
or several), and the derivatives by each.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mpmath import mp, mpf

import nn.functional as F
import tinygrad_edu as tg
from tests.sweep_elementwise import Case, sigmoid, softplus

LOGITS = (-3e38, -1e30, -1e4, -104.0, -100.0, -88.0, -50.0, -20.0, -9.5, -2.0, -0.5, -1e-3, -1e-30)
LOGITS += (-1e-45, 0.0, 1e-45, 1e-20, 0.02, 0.7, 3.0, 9.5, 16.0, 20.0, 60.0, 88.0, 104.0, 1e4, 3e38)
TARGETS = (0.0, 1e-45, 1e-7, 0.3, 0.5, 0.9999999, 1.0)
PROBABILITIES = (0.0, 1e-45, 1e-38, 1e-20, 1e-9, 1e-4, 0.1, 0.5, 0.75, 0.9999, 0.9999999, 1.0)


def log_of(p: Any) -> Any:
    """log p, but at least -100."""
    return max(mp.log(p), mpf(-100)) if p else mpf(-100)


def log_of_rest(p: Any) -> Any:
    return max(mp.log1p(-p), mpf(-100)) if p < 1 else mpf(-100)


def none(f: Any, **settings: Any) -> Any:
    """A loss of pairs, element by element."""
    return lambda x, t: f(x, t, reduction="none", **settings)


def pairs(xs: Any, ts: Any) -> list[tuple[float, ...]]:
    return [(x, t) for x in xs for t in ts]


def huber(d: Any, delta: Any) -> Any:
    return d * d / 2 if abs(d) < delta else delta * (abs(d) - delta / 2)


def labels(f: Any, points: Any = LOGITS) -> list[tuple[float, ...]]:
    return pairs(points, (1.0, -1.0))


LOSSES = {
    "bce_with_logits": Case(
        none(F.binary_cross_entropy_with_logits),
        lambda x, t: (1 - t) * softplus(x) + t * softplus(-x),
        (lambda x, t: (1 - t) * sigmoid(x) - t * sigmoid(-x), None),
        pairs(LOGITS, TARGETS),
        terms=lambda x, t: max((1 - t) * sigmoid(x), t * sigmoid(-x)),
    ),
    "bce_with_logits, pos_weight": Case(
        none(F.binary_cross_entropy_with_logits, pos_weight=tg.tensor(3.0)),
        lambda x, t: (1 - t) * softplus(x) + 3 * t * softplus(-x),
        (lambda x, t: (1 - t) * sigmoid(x) - 3 * t * sigmoid(-x), None),
        pairs(LOGITS[2:-1], (0.0, 1.0)),
    ),
    "binary_cross_entropy": Case(
        none(F.binary_cross_entropy),
        lambda p, t: -(t * log_of(p) + (1 - t) * log_of_rest(p)),
        (lambda p, t: (p - t) / max(p * (1 - p), mpf("1e-12")), None),
        pairs(PROBABILITIES, (0.0, 0.25, 1.0)),
    ),
    "mse_loss": Case(
        none(F.mse_loss),
        lambda x, t: (x - t) ** 2,
        (lambda x, t: 2 * (x - t), None),
        pairs(LOGITS, (0.0,)),
    ),
    "l1_loss": Case(
        none(F.l1_loss),
        lambda x, t: abs(x - t),
        (lambda x, t: mp.sign(x - t), None),
        pairs(LOGITS, (0.0,)),
    ),
    "smooth_l1_loss": Case(
        none(F.smooth_l1_loss),
        lambda x, t: huber(x - t, mpf(1)),
        (lambda x, t: max(min(x - t, 1), -1), None),
        pairs(LOGITS, (0.0,)),
    ),
    "huber_loss": Case(
        none(F.huber_loss, delta=2.0),
        lambda x, t: huber(x - t, mpf(2)),
        (lambda x, t: max(min(x - t, 2), -2), None),
        pairs(LOGITS, (0.0,)),
    ),
    "poisson_nll_loss": Case(
        none(F.poisson_nll_loss),
        lambda x, t: mp.exp(x) - t * x,
        (lambda x, t: mp.exp(x) - t, None),
        pairs(LOGITS, (0.0,)),
    ),
    "soft_margin_loss": Case(
        none(F.soft_margin_loss),
        lambda x, t: softplus(-t * x),
        (lambda x, t: -t * sigmoid(-t * x), None),
        pairs(LOGITS, (1.0, -1.0)),
    ),
    "gaussian_nll_loss": Case(
        lambda x, v: F.gaussian_nll_loss(x, tg.zeros_like(x), v, reduction="none"),
        lambda x, v: (mp.log(v) + x * x / v) / 2,
        (lambda x, v: x / v, None),
        pairs(LOGITS[1:-1], (1.0, 1e30)),
    ),
    "kl_div, log_target": Case(
        none(F.kl_div, log_target=True),
        lambda x, t: mp.exp(t) * (t - x),
        (lambda x, t: -mp.exp(t), None),
        pairs(LOGITS[2:14], (-104.0, -20.0, -0.5, 0.0)),
    ),
    "kl_div": Case(
        none(F.kl_div),
        lambda x, t: (t * mp.log(t) if t else mpf(0)) - t * x,
        (lambda x, t: -t, None),
        pairs(LOGITS[2:14], (0.0, 1.0)),
    ),
}


# ---------------------------------------------------------------- rows


@dataclass
class Row:
    """A function of rows: its values and, by each number of the row, its derivative."""

    function: Callable[..., Any]  # of a tensor (rows, numbers)
    value: Callable[..., list[Any]]  # of the numbers of one row
    slope: Callable[..., list[Any]]  # with g = 1, or the upstream g of the case
    rows: tuple[tuple[float, ...], ...]
    upstream: tuple[float, ...] = ()
    terms: Callable[..., Any] | None = None  # of the values: the largest number that is added up


def lse(row: Any) -> Any:
    top = max(row)
    return top + mp.log(mp.fsum(mp.exp(x - top) for x in row))


def others(row: Any, k: int) -> Any:
    """ln (1 + sum of e^(x_j - x_k) for j other than k): -log_softmax(x)_k."""
    total = mp.fsum(mp.exp(x - row[k]) for j, x in enumerate(row) if j != k)
    return mp.log1p(total)


def softmax(row: Any) -> list[Any]:
    return [mp.exp(-others(row, k)) for k in range(len(row))]


def to_class_0(row: Any) -> list[Any]:
    """softmax(x) - one_hot(0)"""
    p = softmax(row)
    return [-mp.fsum(p[1:]), *p[1:]]


def through_softmax(row: Any, g: Any) -> list[Any]:
    p = softmax(row)
    return [p[i] * mp.fsum(p[j] * (g[i] - g[j]) for j in range(len(p))) for i in range(len(p))]


# Whole numbers and halves, whose differences are exact in each dtype.
ROWS = (
    (0.0, 0.0, 0.0),
    (1.0, -2.0, 0.5),
    (20.0, 0.0, -20.0),
    (-20.0, 20.0, 0.0),
    (88.0, 0.0, 44.0),
)
ROWS += (
    (0.0, 88.0, -88.0),
    (104.0, 0.0, 3.0),
    (-104.0, 0.0, 0.0),
    (1e4, -1e4, 0.0),
    (0.0, 1e4, 1e4),
)
ROWS += ((-1e4, -1e4, -1e4), (1e-45, 0.0, -1e-45), (10.0, 17.0, -87.0), (16.0, 0.0, 0.0))
G = (1.0, 0.0, -2.0)


def one_by_one(f: Any) -> Any:
    """A loss of classes for each row, whose class is 0."""
    return lambda x: f(x, tg.zeros(len(x), dtype=tg.int64), reduction="none")


ROW_CASES = {
    "softmax": Row(
        lambda x: F.softmax(x, 1), softmax, lambda row: through_softmax(row, G), ROWS, G
    ),
    "log_softmax": Row(
        lambda x: F.log_softmax(x, 1),
        lambda row: [-others(row, k) for k in range(len(row))],
        to_class_0,
        ROWS,
        (-1.0, 0.0, 0.0),
    ),
    "logsumexp": Row(lambda x: tg.logsumexp(x, 1), lambda row: [lse(row)], softmax, ROWS),
    "cross_entropy": Row(
        one_by_one(F.cross_entropy), lambda row: [others(row, 0)], to_class_0, ROWS
    ),
    "cross_entropy, probabilities": Row(
        lambda x: F.cross_entropy(
            x, tg.eye(3, dtype=x.dtype)[tg.zeros(len(x), dtype=tg.int64)], reduction="none"
        ),
        lambda row: [others(row, 0)],
        to_class_0,
        ROWS,
    ),
    "cross_entropy, mean of one": Row(
        lambda x: tg.stack([F.cross_entropy(row[None], tg.tensor([0])) for row in x]),
        lambda row: [others(row, 0)],
        to_class_0,
        ROWS,
    ),
}


def length(row: Any, p: Any) -> Any:
    return mp.fsum(abs(x) ** p for x in row) ** (mpf(1) / p)


def direction(row: Any, p: Any) -> list[Any]:
    y = length(row, p)
    return [mp.sign(x) * (abs(x) / y) ** (p - 1) if y else mpf(0) for x in row]


VECTORS = ((3.0, 4.0, 0.0), (1e-45, 0.0, 0.0), (1e-30, 2e-30, -1e-30), (1e20, -1e20, 1.0))
VECTORS += ((1e38, 2e38, -1e38), (0.0, 0.0, 0.0), (1e-3, 1e4, -1e-30))


def norm_case(p: float) -> Row:
    return Row(
        lambda x: tg.linalg.vector_norm(x, p, dim=1),
        lambda row: [length(row, mpf(p))],
        lambda row: direction(row, mpf(p)),
        VECTORS,
    )


ROW_CASES |= {f"norm, p = {p:g}": norm_case(p) for p in (1.0, 2.0, 3.0)}
ROW_CASES["normalize"] = Row(
    lambda x: F.normalize(x, dim=1),
    lambda row: [x / max(length(row, 2), mpf("1e-12")) for x in row],
    lambda row: [],
    VECTORS[:1] + VECTORS[2:6],
)


def standardized(row: Any) -> list[Any]:
    mean = mp.fsum(row) / len(row)
    var = mp.fsum((x - mean) ** 2 for x in row) / len(row)
    return [(x - mean) / mp.sqrt(var + mpf("1e-5")) for x in row]


DEVIATIONS = ((1.0, 2.0, 6.0), (-3.0, 0.0, 3.0), (1e-20, 3e-20, -4e-20), (2.0**40, 0.0, 2.0**41))
DEVIATIONS += ((0.0, 0.0, 0.0), (1e10, -1e10, 0.0))
ROW_CASES["layer_norm"] = Row(
    lambda x: F.layer_norm(x, (3,)),
    standardized,
    lambda row: [],
    DEVIATIONS,
    terms=lambda row: max(abs(x) for x in standardized(row)),
)
ROW_CASES["std"] = Row(
    lambda x: tg.std(x, 1, correction=0),
    lambda row: [mp.sqrt(mp.fsum((x - mp.fsum(row) / len(row)) ** 2 for x in row) / len(row))],
    lambda row: [],
    DEVIATIONS,
)
