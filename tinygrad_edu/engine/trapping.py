"""The trap: it stops at the first op whose result is not finite, or whose rule gives a part that is
not.

>>> import tinygrad_edu as tg
>>> with tg.detect_anomaly():
...     try:
...         tg.tensor([0.0, 1.0], requires_grad=True).log()
...     except RuntimeError as error:
...         print(str(error).splitlines()[0])
detect_anomaly: log gave -inf, at 1 of 2 elements

It costs nothing while no thread has set it.  While one has, it looks at each result where an op
makes its Node (`observing.looked_at`) or makes none (`caller.unrecorded`), and at each step of
`replay` (`hooked.watched`).  What is said of a finding is not decided here: see `diagnose`.

An infinity that a user put there on purpose passes: -inf in the mask of an attention is no error.
See `_is_put_there`.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from . import caller, clock, graph, hooked, observing
from .graph import Node, Parts, Plan, new_node
from .observing import Observation, ObservedNode

# Ops that move numbers, or choose among them: they may pass on an infinity as it is.
MOVES = {"where", "setitem", "overlay", "put", "put_diagonal", "pad", "concatenate", "stack"}
MOVES |= {"reshape", "transpose", "broadcast_to", "getitem", "slices", "diagonal", "as_strided"}
MOVES |= {"copy", "flip", "roll", "unfold", "fold", "add_slices", "tril", "triu", "nan_to_num"}
MOVES |= {"at_least", "at_most", "clip", "maximum", "minimum", "fmax", "fmin", "amax", "amin"}
MOVES |= {"max_pool", "where_largest", "put_extremes", "absolute", "negative", "sign", "relu"}
# Ops that pass on the -inf of a mask, or what was made of it.
MASKS = {"add", "subtract", "multiply", "divide", "log_softmax", "logsumexp", "logaddexp"}
MASKS |= {"logcumsumexp", "cumsum", "astype"}


@dataclass
class Finding:
    """What the trap found: an op, and the result or part that is not finite."""

    node: Any  # the op's; an ObservedNode if it was called while the trap was set
    bad: Any  # the array, or several, that is not finite
    g: Any = None  # going back: the gradient that arrived at the op
    part: int | None = None  # going back: which input's gradient; None if what arrived is bad
    users: dict[Node, list[Node]] = field(default_factory=dict)  # going back: who used a result
    modules: list[Any] = field(default_factory=list)  # the outermost that were called
    hooked: bool = False  # going back: a hook of the user changed what arrived

    @property
    def backward(self) -> bool:
        return self.g is not None


class _Own(threading.local):
    """The trap of this thread."""

    enabled = False
    check_nan = True
    since = 0  # the tick when it was set: what was made after it was looked at
    within = 0  # steps back that are running: what a rule computes is seen as its part
    observation: Any = None
    numpy: Any = None  # what NumPy did at a division by zero before
    error: Any = None  # what makes the error of a Finding
    thread: Any = None

    def __init__(self) -> None:
        self.modules: list[Any] = []


class _Thread:
    """Stands for a thread for as long as it runs."""


own = _Own()
_lock = threading.RLock()
_set: set[Any] = set()  # the threads that have set it


def set_trap(enabled: bool, check_nan: bool, error: Callable[[Finding], Exception]) -> None:
    """Set or remove the trap of this thread; `error` makes what it raises."""
    own.check_nan, own.error = check_nan, error
    if enabled and not own.enabled:
        _open()
    elif own.enabled and not enabled:
        _close()
    if own.enabled:
        _be_silent(check_nan)


def _open() -> None:
    own.observation = Observation()
    own.observation.__enter__()
    own.since, own.enabled, own.thread = next(clock.clock), True, _Thread()
    with _lock:
        _set.add(weakref.ref(own.thread, _ended))
        observing.looked_at = _look_at
        caller.unrecorded = _unrecorded
        hooked.watched = _watched


def _close() -> None:
    own.enabled = False
    own.modules.clear()
    _be_silent(False)
    own.observation.__exit__()
    with _lock:
        _set.difference_update({mark for mark in _set if mark() is own.thread})
        own.thread = own.observation = None
        _stop_if_unset()


def _be_silent(silent: bool) -> None:
    """NumPy's warnings of what the trap raises are left out meanwhile."""
    if silent and own.numpy is None:
        own.numpy = np.seterr(all="ignore")
    elif own.numpy is not None and not silent:
        np.seterr(**own.numpy)
        own.numpy = None


def _ended(mark: Any) -> None:
    """A thread ended that had left it set."""
    with _lock:
        if mark in _set:
            _set.discard(mark)
            observing.leave()
            _stop_if_unset()


def _stop_if_unset() -> None:
    if not _set:
        observing.looked_at, hooked.watched = None, iter
        caller.unrecorded = caller.plain_result


# ---------------------------------------------------------------- forward


def is_bad(x: Any) -> bool:
    """Does an array of floats, or one of several, hold a number that is not finite?"""
    if isinstance(x, graph.TensorBase):
        x = x.array
    if isinstance(x, Parts):
        return any(map(is_bad, x))
    if isinstance(x, float):
        return not np.isfinite(x)
    is_array = isinstance(x, np.ndarray | np.generic)
    return is_array and x.dtype.kind == "f" and not np.isfinite(x).all()


def _look_at(node: ObservedNode) -> None:
    """Look at the result of an op that was recorded."""
    if own.enabled and own.check_nan and not own.within:
        for module, _ in observing.modules_now()[:1]:
            if all(known() is not module for known in own.modules):
                own.modules.append(weakref.ref(module))
        if is_bad(node.values[0]) and not _is_put_there(node):
            raise own.error(_found(node, node.values[0]))


def _unrecorded(call: Any, y: Any, inputs: tuple[Any, ...], params: dict[str, Any]) -> Any:
    """The result of an op that is not recorded; to move numbers there computes nothing, as where
    NaN in data are written over."""
    made = caller.plain_result(call, y, inputs, params)
    if own.enabled and own.check_nan and not own.within and call.op.name not in MOVES:
        values = Parts(x.array for x in made) if isinstance(made, tuple) else made.array
        if is_bad(values):
            op, nodes = call.op, (None,) * len(inputs)
            plan = Plan(op, (True,) * (len(inputs) + 1), ())
            shape: Any = values.shape
            dtype: Any = values.dtype
            node: Any = new_node(plan, nodes, None, params, shape, dtype, ObservedNode)
            node.values = (values, *inputs)
            node.origins, node.call = tuple(map(id, inputs)), observing.call_now(op.name)
            if not _is_put_there(node):
                raise own.error(_found(node, values))
    return made


def _is_put_there(node: ObservedNode) -> bool:
    """Are these infinities some that the user put there on purpose?

    An op that moves numbers (`MOVES`) passes on what a Python number, a constant, or an earlier
    result holds; one of `MASKS` the -inf of a constant, and what an earlier result holds.  A NaN
    passes only from a Python number, by moving it.  A leaf that requires grad has none on purpose.
    """
    name = node.plan.op.name if node.plan else ""
    if name not in MOVES and name not in MASKS:
        return False
    result, *inputs = node.values
    may = [x for x in inputs if x is not None] + [*node.params.values()]
    nodes = [*node.inputs, *[None] * len(may)]
    bad = [(x, at) for x, at in zip(may, nodes, strict=False) if is_bad(x)]
    if not bad or not all(_passes(x, at, name) for x, at in bad):
        return False
    if any(isinstance(x, float) and np.isnan(x) and name in MOVES for x, _ in bad):
        return True
    results = result if isinstance(result, Parts) else (result,)
    return not any(np.isnan(part).any() for part in results) or name in MOVES


def _passes(x: Any, node: Node | None, name: str) -> bool:
    """May an op of this name pass on what an operand holds?"""
    if node is not None:  # an earlier result, which the trap has let pass
        return node.plan is not None and node.tick > own.since
    if isinstance(x, float):
        return name in MOVES or x == -np.inf
    arrays = x if isinstance(x, Parts) else (x,)
    if any(np.isnan(part).any() for part in arrays):
        return False
    return name in MOVES or (name == "add" and not any((part == np.inf).any() for part in arrays))


# ---------------------------------------------------------------- backward


def _watched(steps: Iterator[Any]) -> Iterator[Any]:
    """The steps of `replay`, each looked at before it is passed on."""
    users: dict[Node, list[Node]] = {}
    while True:
        own.within += 1
        try:
            node, g, parts = next(steps)
        except StopIteration:
            return
        finally:
            own.within -= 1
        if own.enabled and own.check_nan:
            _look_back(node, g, parts, users)
        yield node, g, parts


def _look_back(node: Node, g: Any, parts: list[Any], users: dict[Node, list[Node]]) -> None:
    if is_bad_gradient(g):
        raise own.error(_found(node, g, g=g, users=users, hooked=bool(node.hooks)))
    for i, part in enumerate(parts):
        if part is None:
            continue
        users.setdefault(node.inputs[i], []).append(node)  # type: ignore[arg-type]
        if is_bad_gradient(part):
            raise own.error(_found(node, part, g=g, part=i, users=users))


def is_bad_gradient(g: Any) -> bool:
    """The same of a gradient, which may lack some of several."""
    return any(map(is_bad_gradient, g)) if isinstance(g, tuple) else is_bad(g)


def _found(node: Any, bad: Any, g: Any = None, **back: Any) -> Finding:
    modules = [module for known in own.modules if (module := known()) is not None]
    return Finding(node, _as_array(bad), _as_array(g), modules=modules, **back)


def _as_array(g: Any) -> Any:
    """A gradient as an array, or several."""
    if isinstance(g, tuple):
        return Parts(np.zeros(0) if part is None else _as_array(part) for part in g)
    return None if g is None else np.asarray(getattr(g, "array", g))
