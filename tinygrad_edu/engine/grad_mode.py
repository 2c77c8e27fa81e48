"""Grad mode: whether ops are recorded, per thread, and what turns that on and off.

It is restored whatever happens, also if Ctrl-C comes at the worst moment.  Python looks for signals
when a call begins or ends, so what turns it on or off is one assignment, and what ends a `with`
block is the release of a lock, which is written in C: ops are recorded if the innermost switch that
is still held says so.
"""

import weakref
from _thread import RLock as _RLock, _local as local  # as in registry.py
from collections.abc import Callable
from functools import partial, wraps
from typing import Any, TypeVar, cast

from ..registry import public

F = TypeVar("F", bound=Callable[..., Any])
GENERATOR = 0x20  # inspect.CO_GENERATOR; importing inspect takes longer than this whole file
RLock: Any = _RLock  # in the stubs it is final


class Level:
    """Recording on or off, while the lock is held (None: until it is taken back), and the level
    around this one."""

    __slots__ = ("around", "lock", "on")

    def __init__(self, on: bool, lock: Any, around: Any) -> None:
        self.on, self.lock, self.around = on, lock, around


class _Thread:
    """Stands for a thread for as long as it runs."""


paused: set[Any] = set()  # the threads that may have it off: while there is none, ops do not ask


class GradMode(local):
    """Are ops recorded on this thread?"""

    level: Level | None = None  # the innermost one; outside of all, they are

    def __init__(self) -> None:
        self.thread = _Thread()
        self.mark = weakref.ref(
            self.thread, paused.discard
        )  # a thread that ends is no longer there

    @property
    def recording(self) -> bool:
        """Does the innermost level that is still held say so?"""
        level = self.level
        if level is not None and level.around is None:  # mostly there is one
            lock = level.lock
            if lock is None or lock._is_owned():
                return level.on
        held = self.held()
        return held is None or held.on

    def held(self) -> Level | None:
        """The innermost level now: where a lock was released, that level has ended, and so have
        all those inside of it."""
        at = held = self.level
        while at is not None:
            if at.lock is not None and not at.lock._is_owned():
                held = at.around
            at = at.around
        self.level = held
        if held is None:
            paused.discard(self.mark)
        return held


mode = here = GradMode()


def level(on: bool, lock: Any = None) -> Level:
    """One more level on this thread, once it is assigned to `mode.level`:

    before = mode.level
    try:
        mode.level = level(True)
        ...
    finally:
        mode.level = before
    """
    around = here.held()
    if not on:
        paused.add(here.mark)
    return Level(on, lock, around)


@public()
def is_grad_enabled() -> bool:
    """Say whether ops are recorded on this thread.

    Returns
    -------
    bool

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> with tg.no_grad():
    ...     tg.is_grad_enabled()
    False
    """
    return mode.recording


class _Switch(RLock):  # type: ignore[misc]
    """Recording on or off: in a `with` block, or in a function or generator that it decorates.

    The block ends with the lock's own `__exit__`.
    """

    def __new__(cls, *_: Any) -> Any:
        return super().__new__(cls)

    def __init__(self, mode: bool) -> None:
        self._on = mode

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._on})"

    def __enter__(self) -> None:
        self._hold()
        here.level = level(self._on, self)  # last: the block that would undo it begins now

    def _hold(self) -> None:
        if not self.acquire(blocking=False):
            raise RuntimeError(
                f"{type(self).__name__}: another thread is in a `with` block of this very object; "
                "make one for each block: `with no_grad():`"
            )

    def __call__(self, function: F) -> F:
        on = self._on

        @wraps(function)
        def switched(*args: Any, **kwargs: Any) -> Any:
            before = here.level
            try:
                here.level = level(on)
                return function(*args, **kwargs)
            finally:
                here.level = before

        @wraps(function)
        def switched_steps(*args: Any, **kwargs: Any) -> Any:
            steps = function(*args, **kwargs)
            go_on = partial(next, steps)
            while True:
                before = here.level
                try:
                    here.level = level(on)
                    step = go_on()
                except StopIteration as end:
                    return end.value
                finally:
                    here.level = before
                try:
                    go_on = partial(steps.send, (yield step))
                except BaseException as error:
                    go_on = partial(steps.throw, error)

        flags = getattr(getattr(function, "__code__", None), "co_flags", 0)
        return cast(F, switched_steps if flags & GENERATOR else switched)


@public()
class set_grad_enabled(_Switch):
    """Record ops on this thread, or not: as a statement, a `with` block, or a decorator.

    Parameters
    ----------
    mode : bool
        Are ops recorded from now on, or in the block or function?

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> training, w = False, tg.ones(2, requires_grad=True)
    >>> with tg.set_grad_enabled(training):
    ...     y = w * 2
    >>> y.requires_grad
    False
    """

    def __init__(self, mode: bool) -> None:
        super().__init__(mode)
        self._around = here.held()
        self._stated = _stated(mode, self._around)
        here.level = self._stated  # at once: it may be a statement

    def __enter__(self) -> None:
        if here.level is self._stated:
            here.level = self._around  # it was no statement
        super().__enter__()

    def __call__(self, function: F) -> F:
        here.level = self._around
        return super().__call__(function)


def _stated(on: bool, now: Level | None) -> Level | None:
    """The present level, with ops recorded or not from now on until it ends."""
    if not on:
        paused.add(here.mark)
    if now is None or (now.lock is None and now.around is None):
        return None if on else Level(on, None, None)
    return Level(on, now.lock, now.around)


class _NamedSwitch(_Switch):
    _recording: bool

    def __new__(cls, orig_func: Any = None) -> Any:
        """Both `@no_grad()` and `@no_grad` decorate, as in PyTorch."""
        return super().__new__(cls) if orig_func is None else cls()(orig_func)

    def __init__(self) -> None:
        super().__init__(self._recording)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


@public()
class no_grad(_NamedSwitch):
    """Context manager and decorator: nothing is recorded, and writes go into the memory itself.

    Parameters
    ----------
    orig_func : callable, default None
        The function that is decorated, where the decorator is written without parentheses.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> w = tg.ones(2, requires_grad=True)
    >>> with tg.no_grad():
    ...     y = w * 2
    >>> y.requires_grad
    False
    >>> @tg.no_grad()
    ... def predict(x):
    ...     return w * x
    >>> predict(3).requires_grad
    False
    """

    _recording = False


@public()
class enable_grad(_NamedSwitch):
    """Context manager and decorator: ops are recorded, also inside of `no_grad`.

    Parameters
    ----------
    orig_func : callable, default None
        The function that is decorated, where the decorator is written without parentheses.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> w = tg.ones(2, requires_grad=True)
    >>> with tg.no_grad():
    ...     with tg.enable_grad():
    ...         y = w * 2
    >>> y.requires_grad
    True
    """

    _recording = True


@public()
def inference_mode(mode: Any = True) -> Any:
    """Return `no_grad()`, which is as fast here: a context manager and decorator.

    Parameters
    ----------
    mode : bool, default True
        False returns `enable_grad()`.  As a decorator without parentheses, the function.

    Returns
    -------
    context manager

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> w = tg.ones(2, requires_grad=True)
    >>> with tg.inference_mode():
    ...     y = w * 2
    >>> y.requires_grad
    False
    """
    if callable(mode):
        return no_grad()(mode)
    return no_grad() if mode else enable_grad()
