"""profile: how much time each op and each module takes, forward and backward, and what it makes."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import prod
from pathlib import Path
from time import perf_counter_ns
from typing import Any

from ..engine import hooked, packing
from ..engine.hooks import PRE, add_hook, of_all_modules
from ..engine.observing import Observation, ObservedNode
from .flame import Flame, flame_of
from .written import duration, size

FORWARD, BACKWARD = "forward", "backward"
ORDERS = ("self_time", "total_time", "calls", "bytes")


@dataclass(slots=True)
class Event:
    """One op that ran, or one step of `backward()`; times are in nanoseconds."""

    name: str  # of the op
    direction: str  # "forward" or "backward"
    start: int  # since the profile began
    total: int  # its time
    own: int  # the same without the ops that ran within it
    made: int  # bytes of the arrays that it made
    modules: tuple[Any, ...]  # the ModulePaths that it ran in, the outermost first
    place: str  # the line of the user's


@dataclass
class Row:
    """The sum of some events."""

    name: str
    calls: int = 0
    forward: int = 0
    backward: int = 0
    own: int = 0
    bytes: int = 0

    @property
    def total(self) -> int:
        return self.forward + self.backward


class _Own(threading.local):
    """The profiles of this thread that are open, the innermost last."""

    def __init__(self) -> None:
        self.open: list[Profile] = []


_own = _Own()


class Profile:
    """What was measured in a `with` block: see `profile`."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.overhead = 0  # nanoseconds that measuring took, in none of the events
        self.outside = 0  # nanoseconds between the events: loading data, the optimizer
        self._began = self._last = self._spent = 0
        self._undo: list[Callable[[], Any]] = []
        self._observation = Observation()
        self._is_apart = False  # did something else happen since the last event?

    def __enter__(self) -> Profile:
        self._observation.__enter__()
        made, steps = packing.observed_node, hooked.watched

        def timed_node(*what: Any) -> Any:
            return self._node(made, what) if _own.open and _own.open[-1] is self else made(*what)

        def timed_steps(given: Any) -> Any:
            given = steps(given)
            return self._steps(given) if _own.open and _own.open[-1] is self else given

        packing.observed_node, hooked.watched = timed_node, timed_steps
        packing.choose_record()
        handle = add_hook(of_all_modules[PRE], self._enter_module, prepend=True)
        self._undo = [handle.remove, lambda: _put_back(made, steps)]
        _own.open.append(self)
        self._began = self._last = perf_counter_ns()
        return self

    def __exit__(self, *_: Any) -> None:
        self.outside += perf_counter_ns() - self._last
        _own.open.remove(self)
        for undo in self._undo:
            undo()
        self._observation.__exit__()

    # -------------------------------------------------------- measuring

    def _node(self, made: Any, what: Any) -> Any:
        """Make the Node of an op: the time since the last event is that of the op."""
        now = perf_counter_ns()
        node = made(*what)
        taken = now - self._last
        if self._is_apart:  # since when the op ran is not known
            self.outside, taken = self.outside + taken, 0
        call = node.call
        made_here = 0 if node.plan.op.view else _bytes_of(node.shape, node.dtype, node.values[0])
        self._add(node.plan.op.name, FORWARD, now - taken, taken, taken, made_here, call)
        self._is_apart = False
        self._last = perf_counter_ns()
        self.overhead += self._last - now
        return node

    def _steps(self, steps: Any) -> Iterator[Any]:
        """The steps of `backward()`, each with its time."""
        begun = perf_counter_ns()
        self.outside += begun - self._last
        self._is_apart, self._last = False, begun
        spent, overhead = self._spent, self.overhead
        for node, g, parts in steps:
            now = perf_counter_ns()
            if node.plan is not None:
                total = now - begun - (self.overhead - overhead)
                own = total - (self._spent - spent)
                made = sum(getattr(part, "nbytes", 0) for part in parts if part is not None)
                call = node.call if node.__class__ is ObservedNode else None
                self._add(node.plan.op.name, BACKWARD, begun, total, own, made, call)
                self._spent = spent + total
            else:  # a leaf: no rule ran
                self.outside += now - begun
            self._last = perf_counter_ns()
            self.overhead += self._last - now
            yield node, g, parts
            begun = perf_counter_ns()
            self.outside += begun - self._last  # the gradients were added up
            self._last = begun
            spent, overhead = self._spent, self.overhead
        self._is_apart = True

    def _add(
        self, name: str, direction: str, start: int, total: int, own: int, made: int, call: Any
    ) -> None:
        modules = call.modules if call else ()
        place = call.place if call else ""
        event = Event(name, direction, start - self._began, total, own, made, modules, place)
        self.events.append(event)
        self._spent += total if direction == FORWARD else 0

    def _enter_module(self, _module: Any, _args: Any) -> None:
        if self._is_apart and _own.open and _own.open[-1] is self:
            now = perf_counter_ns()
            self.outside += now - self._last
            self._is_apart, self._last = False, now

    # -------------------------------------------------------- telling

    @property
    def self_time(self) -> int:
        """The time of all events, in nanoseconds."""
        return sum(event.own for event in self.events)

    def by_op(self) -> list[Row]:
        """Sum the events of each op.

        Returns
        -------
        list of Row
            With `name`, `calls`, `forward`, `backward`, `total` and `own` in nanoseconds, `bytes`.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> x = tg.ones(3, requires_grad=True)
        >>> with tg.diagnose.profile() as profile:
        ...     x.exp().sum().backward()
        >>> [(row.name, row.calls, row.bytes) for row in profile.by_op()]
        [('exp', 2, 24), ('sum', 2, 16)]
        """
        rows: dict[str, Row] = {}
        for event in self.events:
            _count(rows.setdefault(event.name, Row(event.name)), event, True)
        return sorted(rows.values(), key=lambda row: row.name)

    def by_module(self) -> list[Row]:
        """Sum the events of each module, with those of the modules in it; `own` is without them.

        Returns
        -------
        list of Row
            As for `by_op`, in the order of the calls.  `calls` counts those of the module.

        Examples
        --------
        >>> import nn
        >>> import tinygrad_edu as tg
        >>> net = nn.Sequential(nn.Linear(2, 3), nn.ReLU())
        >>> with tg.diagnose.profile() as profile:
        ...     net(tg.ones(1, 2)).sum().backward()
        >>> [(row.name, row.calls) for row in profile.by_module()]
        [('Sequential', 1), ('Sequential > 0 Linear', 1), ('Sequential > 1 ReLU', 1)]
        """
        rows: dict[str, Row] = {}
        seen: set[int] = set()
        for event in self.events:
            labels: list[str] = []
            for depth, module in enumerate(event.modules, 1):
                labels.append(f"{module.name} {module.kind}".strip())
                name = " > ".join(labels)
                row = rows.setdefault(name, Row(name))
                _count(row, event, depth == len(event.modules))
                row.calls += (module.call not in seen) - 1
                seen.add(module.call)
        return list(rows.values())

    def table(self, sort_by: str = "self_time", row_limit: int = 20, by: str = "op") -> str:
        """Write the ops, or the modules, as a table.

        Parameters
        ----------
        sort_by : str, default "self_time"
            "self_time", "total_time", "calls" or "bytes": the largest come first.  Modules stand in
            the order of their calls.
        row_limit : int, default 20
            At most so many rows.
        by : str, default "op"
            "op" or "module".

        Returns
        -------
        str

        Raises
        ------
        ValueError
            For another word.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> x = tg.ones(3, requires_grad=True)
        >>> with tg.diagnose.profile() as profile:
        ...     x.exp().sum().backward()
        >>> print(profile.table("bytes").splitlines()[0])
        op     calls    forward   backward       self    share     made
        """
        if sort_by not in ORDERS:
            raise ValueError(f"table: sort_by is one of {', '.join(ORDERS)}, not {sort_by!r}")
        if by not in ("op", "module"):
            raise ValueError(f"table: by is 'op' or 'module', not {by!r}")
        rows = self.by_op() if by == "op" else self.by_module()
        if by == "op":
            names = {"self_time": "own", "total_time": "total"}
            rows.sort(key=lambda row: getattr(row, names.get(sort_by, sort_by)), reverse=True)
        whole = max(self.self_time, 1)
        width = max([len(by), *(len(row.name) for row in rows[:row_limit])]) + 2
        lines = [f"{by:{width}} calls    forward   backward       self    share     made"]
        for row in rows[:row_limit]:
            times = "".join(f"{duration(t):>11}" for t in (row.forward, row.backward, row.own))
            share = f"{row.own / whole:8.1%}"
            lines.append(f"{row.name:{width}}{row.calls:6}{times}{share} {size(row.bytes):>9}")
        if len(rows) > row_limit:
            lines.append(f"... and {len(rows) - row_limit} more")
        return "\n".join(lines)

    def __str__(self) -> str:
        parts = [self.table()]
        if any(event.modules for event in self.events):
            parts.append(self.table(by="module"))
        parts.append(
            f"The ops took {duration(self.self_time)}.  Measuring took {duration(self.overhead)} "
            f"more, which is in none of these numbers; {duration(self.outside)} passed between the "
            "ops (data, the optimizer, ops that need no gradient)."
        )
        return "\n\n".join(parts)

    def export_chrome_trace(self, path: Any) -> None:
        """Write the events for the viewer of Chrome (chrome://tracing) or Perfetto.

        Parameters
        ----------
        path : str or path
            The JSON file to write.

        Examples
        --------
        >>> import json, pathlib, tempfile
        >>> import tinygrad_edu as tg
        >>> x = tg.ones(3, requires_grad=True)
        >>> with tg.diagnose.profile() as profile:
        ...     x.exp().sum().backward()
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = pathlib.Path(folder, "trace.json")
        ...     profile.export_chrome_trace(path)
        ...     events = json.loads(path.read_text())["traceEvents"]
        >>> [event["name"] for event in events]
        ['exp', 'sum', 'sum', 'exp']
        """
        events = [
            {
                "name": event.name,
                "cat": event.direction,
                "ph": "X",
                "ts": event.start / 1000,  # in microseconds
                "dur": event.total / 1000,
                "pid": 0,
                "tid": event.direction,
                "args": {
                    "bytes": event.made,
                    "modules": [f"{m.name} {m.kind}".strip() for m in event.modules],
                    "place": str(event.place),
                },
            }
            for event in self.events
        ]
        text = json.dumps({"traceEvents": events, "displayTimeUnit": "ms"})
        Path(path).write_text(text, encoding="utf-8")

    def flame(self) -> Flame:
        """Draw a flame picture: each box is as wide as its time, and stands on what called it.

        Returns
        -------
        Flame
            It shows itself in a notebook; `save(path)` writes an SVG file, `str()` is its text.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> x = tg.ones(3, requires_grad=True)
        >>> with tg.diagnose.profile() as profile:
        ...     x.exp().sum().backward()
        >>> str(profile.flame())[:4]
        '<svg'
        """
        stacks: dict[tuple[str, ...], int] = {}
        for event in self.events:
            modules = [f"{m.name} {m.kind}".strip() for m in event.modules]
            stack = (event.direction, *modules, event.name)
            stacks[stack] = stacks.get(stack, 0) + event.own
        return flame_of(stacks, duration)


def _put_back(made: Any, steps: Any) -> None:
    packing.observed_node, hooked.watched = made, steps
    packing.choose_record()


def _count(row: Row, event: Event, is_own: bool) -> None:
    row.calls += 1
    row.bytes += event.made
    row.own += event.own if is_own else 0
    if event.direction == FORWARD:
        row.forward += event.total
    else:
        row.backward += event.total


def _bytes_of(shape: Any, dtype: Any, value: Any) -> int:
    if dtype is None:  # several outputs
        return sum(part.nbytes for part in value if hasattr(part, "nbytes"))
    return int(prod(shape) * dtype.itemsize)


def profile() -> Profile:
    """Measure the ops of this thread in a `with` block: time, calls and bytes, per op and module.

    The time of an op ends when it is recorded, and begins when the one before it was: it includes
    the Python code that led to the op.  Ops that need no gradient are not seen; their time is that
    of the next op, or lies between the ops.  A compiled function runs op by op meanwhile.  What
    measuring takes itself is measured too, left out, and said.  Outside of the block nothing is
    measured, and nothing gets slower.

    Returns
    -------
    Profile
        A context manager.  Afterwards `str()` gives the tables; see also `table`, `by_op`,
        `by_module`, `export_chrome_trace`, `flame`, and `events`.

    Examples
    --------
    >>> import nn
    >>> import tinygrad_edu as tg
    >>> net = nn.Sequential(nn.Linear(2, 3), nn.Tanh())
    >>> with tg.diagnose.profile() as profile:
    ...     net(tg.ones(4, 2)).sum().backward()
    >>> [row.name for row in profile.by_op()]
    ['linear', 'sum', 'tanh']
    """
    return Profile()
