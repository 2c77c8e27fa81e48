"""Hooks of an optimizer: functions that are called around step(), state_dict() and
load_state_dict()."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from functools import wraps
from typing import Any, Self, TypeVar

from tinygrad_edu.engine.hooks import Hooks, RemovableHandle, add_hook

Step = TypeVar("Step", bound=Callable[..., Any])
_everywhere: dict[str, Hooks] = {}  # the step hooks of all optimizers


class Hooked:
    """The hooks of one optimizer: functions by the moment at which they are called."""

    _hooks: dict[str, Hooks]
    _is_stepping = False
    has_stepped = False

    def __new__(cls, *_: Any, **__: Any) -> Self:
        self = super().__new__(cls)
        self._set_up()
        return self

    def _set_up(self) -> None:
        """What every optimizer holds, also one that leaves out `super().__init__()`."""
        self._hooks = {}

    def register_step_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call a function before each `step()`.

        Parameters
        ----------
        hook : callable
            `hook(optimizer, args, kwargs)`, where `args` are the arguments of `step`, the optimizer
            itself first.  It returns None, or a pair `(args, kwargs)` that replaces the arguments.

        Returns
        -------
        RemovableHandle
            `remove()` removes the hook.

        Raises
        ------
        RuntimeError
            At the step, if the hook returns anything else.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> from nn import optim
        >>> optimizer = optim.SGD([tg.ones(2, requires_grad=True)])
        >>> def announce(optimizer, args, kwargs):
        ...     print("before the step")
        >>> handle = optimizer.register_step_pre_hook(announce)
        >>> optimizer.step()
        before the step
        >>> handle.remove()
        """
        return _register(self._hooks, "before step", hook)

    def register_step_post_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call a function after each `step()`.

        Parameters
        ----------
        hook : callable
            `hook(optimizer, args, kwargs)`; what it returns is ignored.

        Returns
        -------
        RemovableHandle
            `remove()` removes the hook.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> from nn import optim
        >>> optimizer = optim.SGD([tg.ones(2, requires_grad=True)])
        >>> def announce(optimizer, args, kwargs):
        ...     print("after the step")
        >>> with optimizer.register_step_post_hook(announce):
        ...     optimizer.step()
        after the step
        """
        return _register(self._hooks, "after step", hook)

    def register_state_dict_pre_hook(
        self, hook: Callable[[Any], Any], prepend: bool = False
    ) -> RemovableHandle:
        """Call a function before `state_dict()`.

        Parameters
        ----------
        hook : callable
            `hook(optimizer)`.
        prepend : bool, default False
            Call it before the hooks that are registered already.

        Returns
        -------
        RemovableHandle
            `remove()` removes the hook.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> from nn import optim
        >>> optimizer = optim.SGD([tg.ones(2, requires_grad=True)])
        >>> def announce(optimizer):
        ...     print("before state_dict")
        >>> with optimizer.register_state_dict_pre_hook(announce):
        ...     state = optimizer.state_dict()
        before state_dict
        """
        return _register(self._hooks, "before state_dict", hook, prepend)

    def register_state_dict_post_hook(
        self, hook: Callable[[Any, dict[str, Any]], Any], prepend: bool = False
    ) -> RemovableHandle:
        """Call a function on the result of `state_dict()`.

        Parameters
        ----------
        hook : callable
            `hook(optimizer, state_dict)`: it changes the dict in place, or returns another.
        prepend : bool, default False
            Call it before the hooks that are registered already.

        Returns
        -------
        RemovableHandle
            `remove()` removes the hook.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> from nn import optim
        >>> optimizer = optim.SGD([tg.ones(2, requires_grad=True)])
        >>> def mark(optimizer, state_dict):
        ...     state_dict["epoch"] = 3
        >>> with optimizer.register_state_dict_post_hook(mark):
        ...     optimizer.state_dict()["epoch"]
        3
        """
        return _register(self._hooks, "after state_dict", hook, prepend)

    def register_load_state_dict_pre_hook(
        self, hook: Callable[[Any, dict[str, Any]], Any], prepend: bool = False
    ) -> RemovableHandle:
        """Call a function on what `load_state_dict()` is given, before it is loaded.

        Parameters
        ----------
        hook : callable
            `hook(optimizer, state_dict)`, with a shallow copy of the caller's dict: it changes the
            copy in place, or returns another dict.
        prepend : bool, default False
            Call it before the hooks that are registered already.

        Returns
        -------
        RemovableHandle
            `remove()` removes the hook.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> from nn import optim
        >>> optimizer = optim.SGD([tg.ones(2, requires_grad=True)])
        >>> def unpack(optimizer, state_dict):
        ...     return state_dict["optimizer"]
        >>> with optimizer.register_load_state_dict_pre_hook(unpack):
        ...     optimizer.load_state_dict({"optimizer": optimizer.state_dict()})
        """
        return _register(self._hooks, "before load_state_dict", hook, prepend)

    def register_load_state_dict_post_hook(
        self, hook: Callable[[Any], Any], prepend: bool = False
    ) -> RemovableHandle:
        """Call a function after `load_state_dict()`.

        Parameters
        ----------
        hook : callable
            `hook(optimizer)`.
        prepend : bool, default False
            Call it before the hooks that are registered already.

        Returns
        -------
        RemovableHandle
            `remove()` removes the hook.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> from nn import optim
        >>> optimizer = optim.SGD([tg.ones(2, requires_grad=True)])
        >>> def announce(optimizer):
        ...     print("the state is loaded")
        >>> with optimizer.register_load_state_dict_post_hook(announce):
        ...     optimizer.load_state_dict(optimizer.state_dict())
        the state is loaded
        """
        return _register(self._hooks, "after load_state_dict", hook, prepend)

    def _run_hooks(self, when: str, state_dict: Any = None) -> Any:
        """The state dict, after the hooks of that moment have had it."""
        given = () if state_dict is None else (state_dict,)
        for hook in _listed(self._hooks, when):
            answer = hook(self, *given)
            if answer is not None and given:
                given = (answer,)
        return given[0] if given else None


def _register(
    hooks: dict[str, Hooks], when: str, hook: Any, prepend: bool = False
) -> RemovableHandle:
    return add_hook(hooks.setdefault(when, OrderedDict()), hook, prepend)


def _listed(hooks: dict[str, Hooks], when: str) -> list[Any]:
    """The hooks of that moment, in the order in which they are called."""
    return [*hooks.get(when, {}).values()]


def with_hooks(step: Step) -> Step:
    """A step() that calls the hooks, and notes for the schedulers that it was taken."""

    @wraps(step)
    def step_with_hooks(self: Hooked, *args: Any, **kwargs: Any) -> Any:
        self.has_stepped = True
        if self._is_stepping or not (self._hooks or _everywhere):
            return step(self, *args, **kwargs)
        before, after = (
            [_listed(_everywhere, when), _listed(self._hooks, when)]
            for when in ("before step", "after step")
        )
        whole = (self, *args)
        for hook in [*before[0], *before[1]]:
            answer = hook(self, whole, kwargs)
            if answer is None:
                continue
            if not isinstance(answer, tuple) or len(answer) != 2:
                raise RuntimeError(
                    f"{type(self).__name__}: a hook before step() returns None or a pair (args, "
                    f"kwargs), not {answer!r}"
                )
            whole, kwargs = answer
        self._is_stepping = True  # super().step() is a part of this step
        try:
            result = step(*whole, **kwargs)
        finally:
            self._is_stepping = False
        for hook in [*after[1], *after[0]]:
            hook(self, whole, kwargs)
        return result

    return step_with_hooks  # type: ignore[return-value]


def register_optimizer_step_pre_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call a function before each `step()` of every optimizer.

    Parameters
    ----------
    hook : callable
        `hook(optimizer, args, kwargs)`, as for `Optimizer.register_step_pre_hook`.

    Returns
    -------
    RemovableHandle
        `remove()` removes the hook.
    """
    return _register(_everywhere, "before step", hook)


def register_optimizer_step_post_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call a function after each `step()` of every optimizer.

    Parameters
    ----------
    hook : callable
        `hook(optimizer, args, kwargs)`; what it returns is ignored.

    Returns
    -------
    RemovableHandle
        `remove()` removes the hook.
    """
    return _register(_everywhere, "after step", hook)
