"""Derivatives in PyTorch's spelling: `grad(outputs, inputs)`, and what turns recording off and on.

>>> import tinygrad_edu as tg
>>> x = tg.tensor(2.0, requires_grad=True)
>>> (first,) = tg.autograd.grad(x**3, x, create_graph=True)
>>> (second,) = tg.autograd.grad(first, x)
>>> first.item(), second.item()
(12.0, 12.0)
"""

from collections.abc import Callable, Sequence
from functools import partial, wraps
from inspect import isgeneratorfunction
from typing import Any, TypeVar, cast

import numpy as np

from . import backward as replaying
from . import clock
from .grad_mode import mode, set_recording
from .graph import TensorBase
from .tensor import Tensor, root_gradient

__all__ = ["enable_grad", "grad", "is_grad_enabled", "no_grad", "set_grad_enabled"]

F = TypeVar("F", bound=Callable[..., Any])


def grad(
    outputs: Tensor | Sequence[Tensor],
    inputs: Tensor | Sequence[Tensor],
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool = False,
) -> tuple[Tensor | None, ...]:
    """dL/d(input) for each input, where dL/d(output) is `grad_outputs` (1 for a single number).

    No `.grad` is touched.  With `create_graph` the result can be differentiated again.  Raises
    RuntimeError if an output does not depend on an input, unless `allow_unused`: then it is None.
    """
    outputs = [outputs] if isinstance(outputs, TensorBase) else list(outputs)
    inputs = [inputs] if isinstance(inputs, TensorBase) else list(inputs)
    if isinstance(grad_outputs, TensorBase) or grad_outputs is None:
        grad_outputs = [grad_outputs] * len(outputs)
    if len(grad_outputs) != len(outputs):
        raise ValueError(f"grad: {len(outputs)} outputs, but {len(grad_outputs)} grad_outputs")
    wanted = [x._noded("grad(inputs)") for x in inputs]
    found: dict[Any, Any] = {}
    place = None if (create_graph if retain_graph is None else retain_graph) else clock.user_place()
    roots: dict[Any, Any] = {}
    for output, g in zip(outputs, grad_outputs, strict=True):
        node, g = output._rooted(), root_gradient(output, g, create_graph)
        roots[node] = roots[node] + g if node in roots else g
    for node, g, _ in replaying.replay(roots, create_graph=create_graph, only=set(wanted)):
        if node in wanted:
            found[node] = g
        if place is not None:
            replaying.free(node, place)
    if not allow_unused:
        for i, node in enumerate(wanted):
            if node not in found:
                raise RuntimeError(
                    f"grad: the outputs do not depend on input {i}, of shape {node.shape}; if "
                    "that is meant, say allow_unused=True and take None for it"
                )
    return tuple(_result(found.get(node)) for node in wanted)


def _result(g: Any) -> Tensor | None:
    return g if g is None or isinstance(g, Tensor) else Tensor(np.array(g))


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
                except GeneratorExit:
                    steps.close()
                    raise
                except BaseException as error:
                    go_on = partial(steps.throw, error)

        return cast(F, switched_steps if isgeneratorfunction(function) else switched)


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
