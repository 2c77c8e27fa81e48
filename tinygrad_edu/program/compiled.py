"""Compiled: a function that runs as its NumPy program, which is one op of the record."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, update_wrapper
from threading import RLock, get_ident
from typing import Any

from ..dtypes import get_default_dtype
from ..engine import graph
from ..engine.grad_mode import mode as grad_mode
from ..engine.graph import TensorBase
from ..func.trees import leaves
from . import trace as traces
from .calls import Call, argument_names
from .entry import Entry
from .held import Held
from .trace import DependsOnValues, NotTraceable

KEPT = 8  # programs for arguments of the same shapes; then the function runs as it is
CHOICES = 64  # of shapes and of arguments that are no tensors; others run as they are
OTHERS = "others"
_tracing = RLock()  # one at a time


class Compiled:
    """A function, or a module, that runs as its NumPy program; see `compile`.

    Attributes that are not its own are those of the function or module.
    """

    def __init__(self, f: Callable[..., Any]) -> None:
        self._f = f
        self._last: Entry | None = None
        self._programs: dict[Any, list[Entry]] = {}
        if hasattr(f, "__name__"):
            update_wrapper(self, f)
        self._title = getattr(f, "__name__", type(f).__name__)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        watched = graph.record is not graph.new_node or graph.planned is not None
        if watched or (traces.now is not None and traces.now.thread == get_ident()):
            return self._f(*args, **kwargs)  # somebody looks at each op
        call = Call(args, kwargs)
        entries = self._entries_of(call)
        entry = next((entry for entry in entries if entry.fits()), None)
        if entry is None or (entry.arrived != entry.arriving and entry.tries < KEPT):
            with _tracing:
                entry = self._written(call, entries, entry)
            self._last = entry
            result = self._run(entry, call)
            entries.append(entry)  # not if the function fails
            return result
        self._last = entry
        return self._run(entry, call)

    def _entries_of(self, call: Call) -> list[Entry]:
        """What was written for such arguments, in this grad mode."""
        choice: Any = (call.key, grad_mode.recording, get_default_dtype())
        entries = self._programs.get(choice)
        if entries is None:
            choice = OTHERS if len(self._programs) >= CHOICES else choice
            entries = self._programs.setdefault(choice, [])
        return entries

    def _run(self, entry: Entry, call: Call) -> Any:
        if entry.why is None:
            try:
                return entry.run(call)
            except NotTraceable:
                pass
        return entry.eagerly(call)

    def _written(self, call: Call, entries: list[Entry], before: Entry | None) -> Entry:
        """A new program for such a call, or why there is none."""
        others = [x for x in leaves(call.tree) if not isinstance(x, TensorBase)]
        entry = Entry(self._f, Held([self._f, *others]))
        try:
            entry.for_good = True
            if entries is self._programs.get(OTHERS):
                raise NotTraceable(f"it was called with {CHOICES} other choices of arguments")
            if len(entries) >= KEPT:
                raise NotTraceable(f"what the function reads has changed {KEPT} times")
            entry.for_good = False
            names = argument_names(self._f, call)
            entry.write(call, names, before and before.arrived, self._title)
        except DependsOnValues:
            raise
        except Exception as error:
            entry.why = error.with_traceback(None)  # which would keep what the function made
        if before is not None:
            entries.remove(before)
            entry.tries = before.tries + 1
        return entry

    @property
    def source(self) -> str:
        """The program of the newest call, as Python that needs NumPy alone.

        Returns
        -------
        str
            Its text; a comment, if nothing was called yet, or if the function runs as it is.
        """
        if self._last is None:
            return f"# {self._title}: the program is written at the first call"
        if self._last.why is not None:
            return f"# {self._title} runs as it is: {self._last.why}"
        return self._last.source

    def __str__(self) -> str:
        return self.source.rstrip()

    def __repr__(self) -> str:
        return f"compile({self._f!r})"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(f"a compiled function has no {name}", name=name, obj=self)
        return getattr(self.__dict__["_f"], name)

    def __reduce__(self) -> Any:
        return compile, (self._f,)  # a copy writes its own programs

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else partial(self, instance)


def compile(
    model: Any = None,
    *,
    fullgraph: bool = False,
    dynamic: bool | None = None,
    backend: Any = "inductor",
    mode: str | None = None,
    options: dict[str, Any] | None = None,
    name: str | None = None,
    disable: bool = False,
    recompile_limit: int | None = None,
    isolate_recompiles: bool = False,
    shapes_spec: Any = None,
) -> Any:
    """Turn a function of tensors into its NumPy program, which computes the same in less time.

    At the first call the function runs on arrays that write down every NumPy call, forward and
    backward.  The program that this gives writes into buffers that it keeps; it is one op of the
    record, and its results are those of the function, bit for bit.  `print(compiled)` shows it.

    Parameters
    ----------
    model : callable, optional
        The function or module; without it, a decorator is returned.
    fullgraph, dynamic, backend, mode, options, name
        Accepted as in PyTorch, without effect.
    disable : bool, default False
        If True, `model` itself is returned.
    recompile_limit, isolate_recompiles, shapes_spec
        Accepted as in PyTorch, without effect.

    Returns
    -------
    Compiled
        It is called as `model` is, and has its attributes.  `source` is the program.

    Raises
    ------
    TypeError
        If `model` cannot be called; in a call, if an argument cannot be hashed.
    DependsOnValues
        In a call, if a line of the function needs the numbers in a tensor: a branch, `item()`,
        or a shape that depends on them.

    Notes
    -----
    A program is written for each choice of shapes, dtypes, memory layouts, other arguments, grad
    mode, and variables and attributes that the function reads.  What the function does beside its
    result, such as printing, it does when the program is written.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> w = tg.tensor([1.0, 2.0], requires_grad=True)
    >>> @tg.compile
    ... def loss(x):
    ...     return (w * x).sum()
    >>> loss(tg.tensor([3.0, 4.0])).backward()
    >>> w.grad
    tensor([3., 4.])
    """
    if model is None:
        return partial(compile, disable=disable)
    if not callable(model):
        raise TypeError(f"compile: it takes a function or a module, not {model!r}")
    return model if disable or isinstance(model, Compiled) else Compiled(model)
