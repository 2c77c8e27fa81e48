"""L-BFGS: Newton's direction, from the last few gradients, and a search along it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np

import tinygrad_edu as tg
from tinygrad_edu.dtypes import Array
from tinygrad_edu.engine import clock
from tinygrad_edu.tensor import Tensor

from .optimizer import Optimizer, checked


class Point(NamedTuple):
    """A place on the line x + t d: the loss there, its gradient, and its slope along the line."""

    t: float
    loss: float
    g: Array
    slope: float


class LBFGS(Optimizer):
    """x <- x + t d with d = -H g: all parameters as one vector x, H close to the inverse of the
    Hessian, which the last `history_size` changes of x and g tell of (Nocedal, 1980).

    `step(closure)` makes up to `max_iter` such moves; the closure clears the gradients, calls
    backward() and returns the loss, and is called up to about `max_eval` times (by default
    5/4 max_iter).  t is `lr` (less in the very first move), or what a search for Wolfe's strong
    conditions finds with `line_search_fn` "strong_wolfe".  It stops early where no gradient is
    above `tolerance_grad`, or where x or the loss change by less than `tolerance_change`.  There is
    one group of parameters.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        if line_search_fn not in (None, "strong_wolfe"):
            raise ValueError(
                f"LBFGS: line_search_fn is None or 'strong_wolfe', not {line_search_fn!r}"
            )
        settings = {
            **checked("LBFGS", lr=lr),
            "max_iter": max_iter,
            "max_eval": max_iter * 5 // 4 if max_eval is None else max_eval,
            "tolerance_grad": tolerance_grad,
            "tolerance_change": tolerance_change,
            "history_size": history_size,
            "line_search_fn": line_search_fn,
        }
        super().__init__(params, settings)

    def add_param_group(self, group: dict[str, Any]) -> None:
        if self.param_groups:
            raise ValueError("LBFGS: there is one group of parameters, which are one vector")
        super().add_param_group(group)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Up to `max_iter` moves; returns the loss before the first."""
        if closure is None:
            raise TypeError(
                "LBFGS: step(closure) needs the loss at several places; give a function that "
                "clears the gradients, computes the loss, calls backward() and returns the loss"
            )
        self.has_stepped = True
        group, told = self.param_groups[0], self._told()
        place = clock.user_place(self._place)
        told.setdefault("func_evals", 0)
        told.setdefault("n_iter", 0)

        def evaluate() -> Any:
            with tg.enable_grad():
                loss = closure()
            told["func_evals"] += 1
            return loss

        def probe(start: list[Array], t: float, d: Array) -> Point:
            """What the loss is at x + t d; x stays where it is."""
            try:
                self._move(t, d, place)
                loss, g = float(evaluate()), self._gradient()
            finally:
                for x, old in zip(self._arrays(), start, strict=True):
                    x[...] = old
                clock.stamp(*self._arrays(), place=place)
            return Point(t, loss, g, float(g @ d))

        before = told["func_evals"]
        first = evaluate()
        loss, g = float(first), self._gradient()
        if np.abs(g).max() <= group["tolerance_grad"]:
            return first
        for k in range(1, group["max_iter"] + 1):
            told["n_iter"] += 1
            d = self._direction(g, group["history_size"])
            told.update(d=tg.from_numpy(d), prev_flat_grad=tg.from_numpy(g), prev_loss=loss)
            t = group["lr"]
            if told["n_iter"] == 1:
                t *= min(1.0, 1 / float(np.abs(g).sum()))
            told["t"] = t
            slope = float(g @ d)
            if slope > -group["tolerance_change"]:
                break
            if group["line_search_fn"]:
                start = [x.copy() for x in self._arrays()]
                found = strong_wolfe(
                    lambda t, d=d, start=start: probe(start, t, d),  # type: ignore[misc]
                    Point(0, loss, g, slope),
                    t,
                    float(np.abs(d).max()),
                    group["max_eval"] - (told["func_evals"] - before),
                )
                told["t"], loss, g, _ = found
                self._move(found.t, d, place)
            else:
                self._move(t, d, place)
                if k < group["max_iter"]:  # the next step() begins with this one's last loss
                    loss, g = float(evaluate()), self._gradient()
            if (
                told["func_evals"] - before >= group["max_eval"]
                or np.abs(g).max() <= group["tolerance_grad"]
                or np.abs(d * told["t"]).max() <= group["tolerance_change"]
                or abs(loss - told["prev_loss"]) < group["tolerance_change"]
            ):
                break
        return first

    def _told(self) -> dict[str, Any]:
        """What is remembered, by PyTorch's names."""
        return self._state.setdefault(self._params()[0], {})

    def _direction(self, g: Array, history_size: int) -> Array:
        """-H g, by the loop over what was seen of H, newest first and back."""
        told = self._told()
        if told["n_iter"] == 1:
            told.update(old_dirs=[], old_stps=[], ro=[], H_diag=1)
            return -g
        ys, ss, ro = (told[name] for name in ("old_dirs", "old_stps", "ro"))
        y, s = g - told["prev_flat_grad"].array, told["d"].array * told["t"]
        curvature = float(y @ s)
        if curvature > 1e-10:
            if len(ys) == history_size:
                for remembered in (ys, ss, ro):
                    del remembered[0]
            ys.append(tg.from_numpy(y))
            ss.append(tg.from_numpy(s))
            ro.append(1 / curvature)
            told["H_diag"] = curvature / float(y @ y)
        d = -g
        shares = []
        for y, s, r in zip(reversed(ys), reversed(ss), reversed(ro), strict=True):
            shares.append(s.array @ d * r)
            d -= shares[-1] * y.array
        d *= told["H_diag"]
        for y, s, r, share in zip(ys, ss, ro, reversed(shares), strict=True):
            d += s.array * (share - y.array @ d * r)
        return d

    # -------------------------------------------------------- parameters as one vector

    def _arrays(self) -> list[Array]:
        return [p.array for p in self._params()]

    def _gradient(self) -> Array:
        grads = [p.grad for p in self._params()]
        pairs = zip(self._arrays(), grads, strict=True)
        return np.concatenate([np.zeros_like(x) if g is None else g.array for x, g in pairs], None)

    def _move(self, t: float, d: Array, place: clock.Place) -> None:
        arrays = self._arrays()
        ends = np.cumsum([x.size for x in arrays])
        for x, part in zip(arrays, np.split(d * t, ends[:-1]), strict=True):
            x += part.reshape(x.shape)
        clock.stamp(*arrays, place=place)

    # -------------------------------------------------------- state

    def _recalled(self, i: int, state: dict[str, Any], p: Tensor) -> dict[str, Any]:
        told = {name: _kept(x, p) for name, x in state.items() if name != "al"}
        count = sum(x.size for x in self._arrays())
        if "d" in told and tuple(told["d"].shape) != (count,):
            given = told["d"].array.size
            raise ValueError(
                f"LBFGS: the state is of {given} numbers, the parameters here hold {count}"
            )
        return told


def _kept(x: Any, p: Tensor) -> Any:
    """A copy of what a state dict holds: vectors in the dtype of p, numbers as numbers."""
    if isinstance(x, list):
        return [_kept(one, p) for one in x]
    if not hasattr(x, "numpy"):
        return x
    return x.item() if x.ndim == 0 else tg.from_numpy(np.array(x.numpy(), p.dtype))


# ---------------------------------------------------------------- the search along a line


def strong_wolfe(
    probe: Callable[[float], Point], start: Point, t: float, unit: float, max_probes: int
) -> Point:
    """A point with enough less loss, f(t) <= f(0) + 1e-4 t f'(0), where the slope is much flatter,
    |f'(t)| <= 0.9 |f'(0)|: Wolfe's strong conditions (Nocedal and Wright, 2006, section 3.5).

    First t grows until there is such a point between two others, then these close in on it.  It
    ends with the best so far after `max_probes` more than the first, or when the two are so close
    that no number moves by 1e-9: `unit` is the farthest that one moves for t = 1.
    """

    def too_high(point: Point) -> bool:
        return point.loss > start.loss + 1e-4 * point.t * start.slope

    def flat(point: Point) -> bool:
        return abs(point.slope) <= -0.9 * start.slope

    last, new, probes = start, probe(t), 0
    ends = [start, new]
    while probes < max_probes:
        ends = [last, new]
        if too_high(new) or (probes > 1 and new.loss >= last.loss):
            break
        if flat(new):
            return new
        if new.slope >= 0:
            break
        t = lowest(last, new, new.t + 0.01 * (new.t - last.t), 10 * new.t)
        last, new, probes = new, probe(t), probes + 1
        ends = [start, new]

    at_edge = False
    low = 0 if ends[0].loss <= ends[1].loss else 1
    while probes < max_probes and abs(ends[1].t - ends[0].t) * unit >= 1e-9:
        left, right = sorted(end.t for end in ends)
        t = lowest(ends[0], ends[1], left, right)
        margin = 0.1 * (right - left)
        if min(right - t, t - left) >= margin:
            at_edge = False
        elif at_edge or not left < t < right:  # the second time in a row: go inside
            t = right - margin if abs(t - right) < abs(t - left) else left + margin
            at_edge = False
        else:
            at_edge = True
        new, probes = probe(t), probes + 1
        if too_high(new) or new.loss >= ends[low].loss:
            ends[1 - low] = new
            low = 0 if ends[0].loss <= ends[1].loss else 1
            continue
        if flat(new):
            return new
        if new.slope * (ends[1 - low].t - ends[low].t) >= 0:
            ends[1 - low] = ends[low]
        ends[low] = new
    return ends[low]


def lowest(a: Point, b: Point, left: float, right: float) -> float:
    """Where the cubic through two points, with their slopes, is lowest in [left, right]; the middle
    if it has no minimum."""
    a, b = (a, b) if a.t <= b.t else (b, a)
    with np.errstate(all="ignore"):  # a straight line ends at infinity
        rise = np.float64(a.loss - b.loss) / (a.t - b.t)
        middle = a.slope + b.slope - 3 * rise
        square = middle**2 - a.slope * b.slope
        if not square >= 0:
            return (left + right) / 2
        root = np.sqrt(square)
        t = b.t - (b.t - a.t) * ((b.slope + root - middle) / (b.slope - a.slope + 2 * root))
    return float(min(max(t, left), right))
