"""LBFGS: Newton's direction, estimated from the last gradients, and a search along it."""

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
    """L-BFGS: a quasi-Newton method that needs no Hessian.

        d = -H g
        p <- p + t d

    All parameters are one vector p.  H approximates the inverse of the Hessian from the last
    `history_size` changes of p and of the gradient g.  t is lr (less in the very first iteration),
    or what a line search finds.

    Parameters
    ----------
    params : iterable of Tensor, of (str, Tensor), or of dict
        The parameters to train (see `Optimizer`), in one group.
    lr : float or Tensor, default 1
        The step length t, or the first one that a line search tries.
    max_iter : int, default 20
        The largest number of iterations in one `step(closure)`.
    max_eval : int or None, default None
        Largest number of calls of the closure in one `step`, approximately; None stands for 5/4
        max_iter.
    tolerance_grad : float, default 1e-7
        `step` ends when no element of the gradient is larger in absolute value.
    tolerance_change : float, default 1e-9
        `step` ends when p or the loss changes by less.
    history_size : int, default 100
        Number of past changes that are kept.
    line_search_fn : str or None, default None
        "strong_wolfe" searches for a t that fulfils the strong Wolfe conditions; None uses lr.

    Raises
    ------
    ValueError
        If there are several groups, if lr is negative, or if line_search_fn is unknown.

    References
    ----------
    Nocedal, "Updating quasi-Newton matrices with limited storage", Mathematics of Computation 35,
    1980.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> from nn import optim
    >>> w = tg.zeros(2, requires_grad=True)
    >>> optimizer = optim.LBFGS([w], line_search_fn="strong_wolfe")
    >>> def closure():
    ...     optimizer.zero_grad()
    ...     loss = ((w - 3) ** 2).sum()
    ...     loss.backward()
    ...     return loss
    >>> optimizer.step(closure).item()
    18.0
    >>> bool(tg.allclose(w, tg.full((2,), 3.0)))
    True
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 1,
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

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        if self.param_groups:
            raise ValueError("LBFGS: there is one group of parameters, which are one vector")
        super().add_param_group(param_group)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Make up to `max_iter` iterations.

        Parameters
        ----------
        closure : callable
            A function without arguments that clears the gradients, computes the loss, calls
            `backward()` and returns the loss; it is called several times.

        Returns
        -------
        Tensor
            The loss before the first iteration.

        Raises
        ------
        TypeError
            If there is no closure.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> from nn import optim
        >>> w = tg.tensor([1.0, -2.0], requires_grad=True)
        >>> optimizer = optim.LBFGS([w], lr=0.5)
        >>> def closure():
        ...     optimizer.zero_grad()
        ...     loss = (w - 3).square().sum()
        ...     loss.backward()
        ...     return loss
        >>> optimizer.step(closure).item()
        29.0
        >>> closure().item() < 1e-8
        True
        """
        if closure is None:
            raise TypeError(
                "LBFGS: step(closure) needs the loss at several places; give a function that "
                "clears the gradients, computes the loss, calls backward() and returns the loss"
            )
        group, state = self.param_groups[0], self._lbfgs_state()
        state.setdefault("func_evals", 0)
        state.setdefault("n_iter", 0)
        line = Line(self, closure, state)
        first = line.evaluate()
        loss, g = float(first), self._gradient()
        if largest(g) <= group["tolerance_grad"]:
            return first
        for k in range(1, group["max_iter"] + 1):
            state["n_iter"] += 1
            d = self._direction(g, group["history_size"])
            state.update(d=tg.from_numpy(d), prev_flat_grad=tg.from_numpy(g), prev_loss=loss)
            t = state["t"] = float(group["lr"])
            if state["n_iter"] == 1:
                t = state["t"] = t * min(1.0, 1 / float(np.abs(g).sum()))
            slope = float(g @ d)
            if slope > -group["tolerance_change"]:
                break
            start = Point(0, loss, g, slope)
            if group["line_search_fn"]:
                loss, g = line.search(start, t, d, group["max_eval"])
            else:
                line.move(t, d)
                if k < group["max_iter"]:  # the next step() begins with this one's last loss
                    loss, g = float(line.evaluate()), self._gradient()
            if line.evaluations >= group["max_eval"] or self._has_converged(loss, g):
                break
        return first

    def _has_converged(self, loss: float, g: Array) -> bool:
        group, state = self.param_groups[0], self._lbfgs_state()
        change = state["d"].array * state["t"]
        return bool(
            largest(g) <= group["tolerance_grad"]
            or largest(change) <= group["tolerance_change"]
            or abs(loss - state["prev_loss"]) < group["tolerance_change"]
        )

    def _lbfgs_state(self) -> dict[str, Any]:
        """The state, by PyTorch's names."""
        return self._state.setdefault(self._params()[0], {})

    def _direction(self, g: Array, history_size: int) -> Array:
        """-H g, by the loop over what was seen of H, newest first and back."""
        state = self._lbfgs_state()
        if state["n_iter"] == 1:
            state.update(old_dirs=[], old_stps=[], ro=[], H_diag=1)
            return -g
        ys, ss, ro = (state[name] for name in ("old_dirs", "old_stps", "ro"))
        y, s = g - state["prev_flat_grad"].array, state["d"].array * state["t"]
        curvature = float(y @ s)
        if curvature > 1e-10:
            if len(ys) == history_size:
                for remembered in (ys, ss, ro):
                    del remembered[0]
            ys.append(tg.from_numpy(y))
            ss.append(tg.from_numpy(s))
            ro.append(1 / curvature)
            state["H_diag"] = curvature / float(y @ y)
        d = -g
        shares = []
        for y, s, r in zip(reversed(ys), reversed(ss), reversed(ro), strict=True):
            shares.append(s.array @ d * r)
            d -= shares[-1] * y.array
        d *= state["H_diag"]
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

    # -------------------------------------------------------- state

    def _loaded_state(self, i: int, state: dict[str, Any], p: Tensor) -> dict[str, Any]:
        state = {name: _copied(x, p) for name, x in state.items() if name != "al"}
        count = sum(x.size for x in self._arrays())
        if "d" in state and tuple(state["d"].shape) != (count,):
            given = state["d"].array.size
            raise ValueError(
                f"LBFGS: the state is of {given} numbers, the parameters here hold {count}"
            )
        return state


def _copied(x: Any, p: Tensor) -> Any:
    """A copy of what a state dict holds: vectors in the dtype of p, numbers as numbers."""
    if isinstance(x, list):
        return [_copied(one, p) for one in x]
    if not hasattr(x, "numpy"):
        return x
    return x.item() if x.ndim == 0 else tg.from_numpy(np.array(x.numpy(), p.dtype))


def largest(x: Array) -> float:
    """max |x|."""
    return float(np.abs(x).max())


# ---------------------------------------------------------------- the search along a line


class Line:
    """The loss along lines x + t d, which the caller's closure computes; its calls are counted."""

    def __init__(self, optimizer: LBFGS, closure: Callable[[], Any], state: dict[str, Any]) -> None:
        self.optimizer, self.closure, self.state = optimizer, closure, state
        self.place = clock.user_place(optimizer._place)
        self.before = state["func_evals"]

    @property
    def evaluations(self) -> int:
        """How often the closure was called in this step()."""
        return int(self.state["func_evals"] - self.before)

    def evaluate(self) -> Any:
        with tg.enable_grad():
            loss = self.closure()
        self.state["func_evals"] += 1
        return loss

    def move(self, t: float, d: Array) -> None:
        """x <- x + t d."""
        arrays = self.optimizer._arrays()
        ends = np.cumsum([x.size for x in arrays])
        for x, part in zip(arrays, np.split(d * t, ends[:-1]), strict=True):
            x += part.reshape(x.shape)
        clock.stamp(*arrays, place=self.place)

    def search(self, start: Point, t: float, d: Array, max_eval: int) -> tuple[float, Array]:
        """Move to a good point on the line; its loss and gradient."""
        arrays = self.optimizer._arrays()
        values = [x.copy() for x in arrays]

        def probe(t: float) -> Point:
            """What the loss is at x + t d; x stays where it is."""
            try:
                self.move(t, d)
                loss, g = float(self.evaluate()), self.optimizer._gradient()
            finally:
                for x, old in zip(arrays, values, strict=True):
                    x[...] = old
                clock.stamp(*arrays, place=self.place)
            return Point(t, loss, g, float(g @ d))

        found = strong_wolfe(probe, start, t, largest(d), max_eval - self.evaluations)
        self.state["t"] = found.t
        self.move(found.t, d)
        return found.loss, found.g


def strong_wolfe(
    probe: Callable[[float], Point], start: Point, t: float, unit: float, max_probes: int
) -> Point:
    """A point that fulfils the strong Wolfe conditions: enough less loss, f(t) <= f(0) +
    1e-4 t f'(0), and a much flatter slope, |f'(t)| <= 0.9 |f'(0)| (Nocedal and Wright, 2006,
    section 3.5).

    First t grows until there is such a point between two others, then these close in on it.  It
    ends with the best so far after `max_probes` more than the first, or when the two are so close
    that no element moves by 1e-9: `unit` is the farthest that one moves for t = 1.
    """
    last, new, probes = start, probe(t), 0
    ends = [start, new]
    while probes < max_probes:
        ends = [last, new]
        if _too_high(new, start) or (probes > 1 and new.loss >= last.loss):
            break
        if _flat(new, start):
            return new
        if new.slope >= 0:
            break
        t = cubic_minimum(last, new, new.t + 0.01 * (new.t - last.t), 10 * new.t)
        last, new, probes = new, probe(t), probes + 1
        ends = [start, new]
    return _close_in(probe, start, ends, unit, max_probes - probes)


def _close_in(
    probe: Callable[[float], Point], start: Point, ends: list[Point], unit: float, max_probes: int
) -> Point:
    """The second part of `strong_wolfe`: between two ends, the lower of which is improved."""
    at_edge = False
    low = 0 if ends[0].loss <= ends[1].loss else 1
    for _ in range(max_probes):
        if abs(ends[1].t - ends[0].t) * unit < 1e-9:
            break
        left, right = sorted(end.t for end in ends)
        t = cubic_minimum(ends[0], ends[1], left, right)
        margin = 0.1 * (right - left)
        if min(right - t, t - left) >= margin:
            at_edge = False
        elif at_edge or not left < t < right:  # the second time in a row: go inside
            t = right - margin if abs(t - right) < abs(t - left) else left + margin
            at_edge = False
        else:
            at_edge = True
        new = probe(t)
        if _too_high(new, start) or new.loss >= ends[low].loss:
            ends[1 - low] = new
            low = 0 if ends[0].loss <= ends[1].loss else 1
            continue
        if _flat(new, start):
            return new
        if new.slope * (ends[1 - low].t - ends[low].t) >= 0:
            ends[1 - low] = ends[low]
        ends[low] = new
    return ends[low]


def _too_high(point: Point, start: Point) -> bool:
    return point.loss > start.loss + 1e-4 * point.t * start.slope


def _flat(point: Point, start: Point) -> bool:
    return abs(point.slope) <= -0.9 * start.slope


def cubic_minimum(a: Point, b: Point, left: float, right: float) -> float:
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
