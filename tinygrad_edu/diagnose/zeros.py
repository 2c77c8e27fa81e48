"""Zeros: on its way back to a tensor, where did the gradient become zero, or very small?

>>> import numpy as np
>>> import tinygrad_edu as tg
>>> x = tg.tensor([-1.0, 2.0], requires_grad=True)
>>> y = tg.relu(x).sum()
>>> way = way_back({y.node: np.ones((), y.dtype)}, x.node)
>>> [(passed.node.name, passed.lost) for passed in way.passed], way.gradient
([('sum', 0.0), ('relu', 0.5)], array([0., 1.], dtype=float32))
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..engine.backward import replay
from ..engine.graph import Node
from .answer import Cause, name_of, place_of, said_of

SMALL = 1e-3  # what passes less of the gradient is saturated


class Passed(NamedTuple):
    """What the rule of one op passes on to one input."""

    node: Node
    i: int  # the place of the input
    lost: float  # of the numbers of g that are not zero (or of the part), how many are zero now
    faint: float  # likewise, how many are less than a thousandth
    dead: bool  # g is not zero everywhere, and the part is


class Way(NamedTuple):
    """The way of a gradient back to a tensor."""

    gradient: Any  # dL/d(tensor); None if none arrives
    passed: list[Passed]  # in the order of the reverse pass
    vanished: list[tuple[Node, bool]]  # where parts add up to zero, or a hook makes them zero


def way_back(roots: dict[Node, Any], target: Node) -> Way:
    """Replay the record, and watch what leads to the target.  Changes no `.grad`."""
    passed: list[Passed] = []
    vanished: list[tuple[Node, bool]] = []
    alive = {root for root, g in roots.items() if _any(g)}  # something else than zeros arrived
    gradient = None
    with np.errstate(all="ignore"):
        for node, g, parts in replay(roots, only={target}):
            gradient = g if node is target else gradient
            if node in alive and not _any(g):
                vanished.append((node, bool(node.hooks)))
            for i, part in enumerate(parts):
                if part is None:
                    continue
                if _any(part):
                    alive.add(node.inputs[i])  # type: ignore[arg-type]
                passed.append(_measured(node, i, g, part))
    return Way(gradient, passed, vanished)


def _any(g: Any) -> bool:
    if isinstance(g, tuple):
        return any(_any(part) for part in g if part is not None)
    return bool(np.any(g))


def _measured(node: Node, i: int, g: Any, part: Any) -> Passed:
    dead = _any(g) and not _any(part) and bool(np.size(part))
    if isinstance(g, tuple) or isinstance(part, tuple) or not np.size(part):
        return Passed(node, i, float(dead), 0.0, dead)
    if np.shape(g) != np.shape(part):
        lost = float(np.mean(part == 0)) if _any(g) else 0.0
        return Passed(node, i, lost, 0.0, dead)
    given = g != 0
    count = max(int(np.count_nonzero(given)), 1)
    none = int(np.count_nonzero(given & (part == 0)))
    little = int(np.count_nonzero(given & (np.abs(part) < SMALL * np.abs(g))))
    return Passed(node, i, none / count, little / count, dead)


# ---------------------------------------------------------------- in words


class Held(NamedTuple):
    """How an answer calls an op that holds a gradient back."""

    reason: str
    words: str  # what follows "relu (4,) at train.py:7 "
    cure: str


_FLAT = Held(
    "zero_rule",
    "has the derivative 0 everywhere: its result is constant but for jumps",
    "use a smooth function, or pass the gradient on as it is: x + (y - x).detach()",
)
_DEAD = Held(
    "dead_relu",
    "passes nothing where its input is negative or 0: {share} of its units are dead",
    "take a smaller learning rate, other initial values, or leaky_relu",
)
_SATURATED = Held(
    "saturated",
    "is saturated: {share} of its units are so far out that their slope is nearly 0",
    "make its input smaller: scale or normalise the data, take smaller initial weights; a loss "
    "on logits (bce_with_logits, cross_entropy) needs no sigmoid or softmax before it",
)
_CLAMPED = Held(
    "clamp",
    "passes nothing outside of its bounds, where {share} of its input lies",
    "take wider bounds, or a smooth function in place of the clamp",
)
_MASKED = Held(
    "mask",
    "passes nothing where its mask excludes the input, {share} of it",
    "look at the mask, or its condition",
)
_CHOSEN = Held(
    "not_chosen",
    "reads only some places: {share} of its input was not chosen",
    "nothing, if these places (rows of an Embedding) had no part in this batch; else look at the "
    "index",
)
_LARGEST = Held(
    "not_largest",
    "gives the gradient only to the largest or smallest number: {share} of its input is not that",
    "nothing, if that is meant; else take a mean, or softmax and logsumexp",
)
_TIMES_ZERO = Held(
    "times_zero",
    "multiplies by zero: {share} of what comes back is 0",
    "look at the other factor: a weight that starts at 0, a mask, a coefficient of the loss",
)
_AT_REST = Held(
    "stationary",
    "has slope 0 at these numbers, {share} of them: a minimum or maximum",
    "nothing, if this is the minimum that was looked for; else start somewhere else",
)
_ANY = Held(
    "zero_slope",
    "has slope 0 at these numbers, {share} of them",
    "look at the numbers that enter it",
)
_REASONS = {
    _FLAT: "sign floor ceil trunc round angle floor_divide trunc_divide",
    _DEAD: "relu prelu leaky_relu hardswish",
    _SATURATED: "sigmoid tanh hardsigmoid hardtanh softmax log_softmax logsigmoid silu gelu "
    "gelu_tanh mish elu erf erfc ndtr softmax_cross_entropy bce_with_logits atan",
    _CLAMPED: "clip at_least at_most nan_to_num",
    _MASKED: "where masked_scale hardshrink softshrink tril triu",
    _CHOSEN: "getitem put setitem slices as_strided diagonal overlay nll unfold pad",
    _LARGEST: "amax amin maximum minimum fmax fmin max_pool where_largest put_extremes",
    _TIMES_ZERO: "multiply matmul linear einsum conv conv_transpose divide xlogy xlog1py cumprod "
    "prod recurrent",
    _AT_REST: "square power absolute mean_squared_error p_norm std var cos hypot "
    "binary_cross_entropy",
}
_HELD = {name: held for held, names in _REASONS.items() for name in names.split()}


def held_by(node: Node) -> Held:
    """What an answer says of an op that holds a gradient back."""
    return _HELD.get(str(node.name), _ANY)


def is_flat(node: Node) -> bool:
    """Does the op let nothing through, whatever it is given, or does it multiply by a 0?"""
    by_zero = any(x == 0 for x in node.saved or () if isinstance(x, int | float))
    return held_by(node) is _FLAT or (str(node.name) == "multiply" and by_zero)


def is_likely(node: Node) -> bool:
    """Is it an op that often lets nothing through?"""
    return held_by(node) in (_DEAD, _SATURATED, _CLAMPED, _MASKED, _CHOSEN, _LARGEST)


def percent(share: float) -> str:
    """A share in words; never 100 % or 0 % of what is only nearly so."""
    if 0 < share < 0.005:
        return "less than 1 %"
    if 0.995 <= share < 1:
        return "more than 99 %"
    return f"{share:.0%}".replace("%", " %")


def words_of(passed: Passed) -> str:
    """An op that holds a gradient back, in words: "relu (4,) at train.py:7 passes nothing ..."."""
    held = held_by(passed.node)
    return f"{said_of(passed.node)} {held.words.format(share=percent(share_of(passed)))}"


def share_of(passed: Passed) -> float:
    """Which share of the gradient an op holds back; one that saturates also nearly does."""
    return passed.faint if held_by(passed.node) is _SATURATED and not passed.dead else passed.lost


def cause_of(passed: Passed) -> Cause:
    """The same, in fields."""
    node = passed.node
    return Cause(held_by(node).reason, name_of(node), place_of(node), share_of(passed))
