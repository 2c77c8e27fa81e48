"""Grad mode: whether ops are recorded, per thread, and what turns that on and off."""

import threading
from collections.abc import Callable
from functools import partial, wraps
from typing import Any, TypeVar, cast

F = TypeVar("F", bound=Callable[..., Any])
GENERATOR = 0x20  # inspect.CO_GENERATOR; importing inspect takes longer than this whole file


class GradMode(threading.local):
    """Are ops recorded on this thread?"""

    recording = True


mode = GradMode()
paused = 0  # how many threads have it off; while there is none, ops need not look it up
_pausing = threading.Lock()


def set_recording(on: bool) -> bool:
    """Record ops on this thread, or stop; returns what it was before."""
    global paused
    before = mode.recording
    if on != before:
        mode.recording = on
        with _pausing:
            paused += 1 if before else -1
    return before


def is_grad_enabled() -> bool:
    """Are ops recorded on this thread?"""
    return mode.recording


class _Switch:
    """Recording on or off: in a `with` block, or in a function or generator that it decorates."""

    def __init__(self, mode: bool) -> None:
        self._mode = mode
        self._before: list[bool] = []

    def __enter__(self) -> None:
        self._before.append(set_recording(self._mode))

    def __exit__(self, *exception: Any) -> None:
        set_recording(self._before.pop())

    def __call__(self, function: F) -> F:
        mode = self._mode  # each call has a switch of its own: calls may nest, or run in threads

        @wraps(function)
        def switched(*args: Any, **kwargs: Any) -> Any:
            with _Switch(mode):
                return function(*args, **kwargs)

        @wraps(function)
        def switched_steps(*args: Any, **kwargs: Any) -> Any:
            steps = function(*args, **kwargs)
            go_on = partial(next, steps)
            while True:
                try:
                    with _Switch(mode):
                        step = go_on()
                except StopIteration as end:
                    return end.value
                try:
                    go_on = partial(steps.send, (yield step))
                except BaseException as error:
                    go_on = partial(steps.throw, error)

        flags = getattr(getattr(function, "__code__", None), "co_flags", 0)
        return cast(F, switched_steps if flags & GENERATOR else switched)


class set_grad_enabled(_Switch):
    """Record ops on this thread, or not: as a statement, a `with` block, or a decorator."""

    def __init__(self, mode: bool) -> None:
        super().__init__(mode)
        self._before.append(set_recording(mode))  # at once: it may be a statement
        self._entered = False

    def __enter__(self) -> None:
        if self._entered:
            super().__enter__()
        self._entered = True

    def __call__(self, function: F) -> F:
        set_recording(self._before.pop())
        return super().__call__(function)


class _NamedSwitch(_Switch):
    _recording: bool

    def __new__(cls, function: Any = None) -> Any:
        """Both `@no_grad()` and `@no_grad` decorate, as in PyTorch."""
        return super().__new__(cls) if function is None else cls()(function)

    def __init__(self) -> None:
        super().__init__(self._recording)


class no_grad(_NamedSwitch):
    """In this block (or decorated function) nothing is recorded, and writes go into the buffers."""

    _recording = False


class enable_grad(_NamedSwitch):
    """In this block (or decorated function) ops are recorded, also within no_grad."""

    _recording = True


def inference_mode(mode: Any = True) -> Any:
    """`no_grad`, which is as fast here; `inference_mode(False)` is `enable_grad`."""
    if callable(mode):
        return no_grad()(mode)
    return no_grad() if mode else enable_grad()
