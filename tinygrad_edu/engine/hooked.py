"""What the user's hooks make of the gradients of one step back.

>>> import tinygrad_edu as tg
>>> x = tg.tensor(3.0, requires_grad=True)
>>> y = x * x
>>> with y.grad_fn.register_hook(lambda grad_inputs, grad_outputs: print(grad_outputs)):
...     y.backward()
(tensor(1.),)
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

import numpy as np

from ..dtypes import described
from . import graph
from .grad_mode import level, mode
from .graph import Node, Parts, TensorBase
from .hooks import AfterGradient, AfterStep, BeforeStep
from .outputs import Arrived

F = TypeVar("F", bound=Callable[..., Any])
watched: Callable[[Any], Any] = iter  # while the trap is set, it looks at steps: `trapping.py`


def watchable(replay: F) -> F:
    """Let the trap, while it is set, look at the steps that a replay gives."""

    @wraps(replay)
    def steps(*args: Any, **how: Any) -> Any:
        return watched(replay(*args, **how))

    return cast(F, steps)


def before_step(node: Node, g: Any) -> tuple[Any, bool]:
    """The gradient that arrived at a node after the hooks on it, those of tensors first: each may
    return another one.  And whether hooks wait for what the step gives."""
    hooks = [h for h in (node.hooks or {}).values() if not isinstance(h, AfterGradient)]
    if not hooks:
        return g, False
    before, as_tensor = mode.level, _is_tensor(g)
    try:
        mode.level = level(as_tensor)
        shown = _for_hooks(g)
        for hook in sorted(hooks, key=lambda hook: isinstance(hook, BeforeStep)):
            if isinstance(hook, BeforeStep):
                given = shown if isinstance(shown, tuple) else (shown,)
                new = _checked(hook.function, hook.function(given), given)
                shown = new if isinstance(shown, tuple) else new[0]
            elif not isinstance(hook, AfterStep):
                shown = _replaced(node, shown, hook(shown))
    finally:
        mode.level = before
    return _plain(shown, g), any(isinstance(hook, AfterStep) for hook in hooks)


def _replaced(node: Node, shown: Any, new: Any) -> Any:
    """What a tensor's hook returned, if it returned something."""
    if new is None:
        return shown
    if not isinstance(new, TensorBase) or new.array.shape != node.shape:
        raise ValueError(
            f"register_hook: the hook on {node!r} returned {described(new)}; it must "
            f"return None, or a Tensor of the gradient's shape {node.shape}"
        )
    return new


def after_step(node: Node, parts: list[Any], g: Any) -> list[Any]:
    """The gradients that a node gives to its inputs, after the hooks that wait for them."""
    before, as_tensor = mode.level, _is_tensor(g)
    try:
        mode.level = level(as_tensor)
        given = _for_hooks(g)
        given = given if isinstance(given, tuple) else (given,)
        shown = tuple(map(_for_hooks, parts))
        for hook in list((node.hooks or {}).values()):
            if isinstance(hook, AfterStep):
                shown = _checked(hook.function, hook.function(shown, given), shown)
    finally:
        mode.level = before
    found = []
    for new, part, parent in zip(shown, parts, node.inputs, strict=True):
        ends = new is None and parent is not None and parent.plan is None
        found.append(None if ends else _plain(new, part))
    return found


def after_leaf(node: Node, g: Any) -> None:
    """Call the hooks that wait until a leaf has its gradient."""
    for hook in list((node.hooks or {}).values()):
        if isinstance(hook, AfterStep):
            hook.function((), (_for_hooks(g),))


def _is_tensor(g: Any) -> bool:
    return any(map(_is_tensor, g)) if isinstance(g, tuple) else isinstance(g, TensorBase)


def _for_hooks(g: Any) -> Any:
    """Gradients as a hook sees them: copies, as the hook may keep them and write to them."""
    if isinstance(g, Parts):
        return tuple(map(_for_hooks, g))
    if g is None:
        return None
    tensor: Any = g if isinstance(g, TensorBase) else graph.Tensor(g)
    return tensor.clone()


def _plain(new: Any, g: Any) -> Any:
    """What a hook saw or returned, in the form of the gradient g; None stands for zeros."""
    if isinstance(g, Parts):
        parts = [_plain(one, own) for one, own in zip(new, g, strict=True)]
        return Arrived(parts, g.shape) if isinstance(g, Arrived) else Parts(parts)
    if g is None:
        return None
    if new is None:
        return np.zeros_like(g)
    if isinstance(g, TensorBase):
        return new.astype(g.array.dtype)
    return np.array(new.array, g.dtype)


def _checked(hook: Any, new: Any, given: tuple[Any, ...]) -> tuple[Any, ...]:
    """What a hook of a node returned, if it returned something: a tuple like the one it saw."""
    if new is None:
        return given
    says = f"register_hook: the hook {getattr(hook, '__name__', hook)!r} on a node returned"
    if not isinstance(new, tuple):
        raise TypeError(f"{says} a {type(new).__name__}; it returns None, or a tuple of Tensors")
    if len(new) != len(given):
        raise RuntimeError(f"{says} {len(new)} gradients for the {len(given)} that it may replace")
    for i, (one, own) in enumerate(zip(new, given, strict=True)):
        if isinstance(own, tuple):
            _checked(hook, one, own)
        elif one is not None and (not isinstance(one, TensorBase)):
            raise TypeError(f"{says} a {type(one).__name__} as gradient {i}, not a Tensor or None")
        elif one is not None and own is not None and one.array.shape != own.array.shape:
            shapes = f"{one.array.shape} as gradient {i}, which has shape {own.array.shape}"
            raise RuntimeError(f"{says} a tensor of shape {shapes}")
    return new
