"""Hooks: functions of the user, each under an id, and the handle that takes one away again.

>>> import tinygrad_edu as tg
>>> x = tg.tensor(3.0, requires_grad=True)
>>> with x.register_hook(print):  # for this block only
...     (x * x).backward()
tensor(6.)
"""

from __future__ import annotations

import weakref
from collections import OrderedDict
from collections.abc import Callable
from itertools import count
from typing import Any

Hooks = OrderedDict[Any, Any]

# Of every module of nn, by kind; they are here so that who observes the record can add some.
of_all_modules: dict[str, Hooks] = {}
PRE, FORWARD = "_forward_pre_hooks", "_forward_hooks"
ALWAYS = "_always_called"  # what marks such hooks, after the kind's name

_ids = count()


class RemovableHandle:
    """Handle of a registered hook: removes it from the dictionary that holds it.

    It is a context manager: the hook is removed at the end of the `with` block.

    Parameters
    ----------
    hooks_dict : OrderedDict
        The hooks by their ids.  Only a weak reference is kept.
    extra_dict : dict or list of dict, default None
        Further dictionaries by the same ids, whose entry is removed too.

    Attributes
    ----------
    id : int
        The key under which the hook is to be stored in `hooks_dict`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> x = tg.tensor(3.0, requires_grad=True)
    >>> handle = x.register_hook(lambda grad: 10 * grad)
    >>> handle.remove()
    >>> (x * x).backward()
    >>> x.grad
    tensor(6.)
    """

    def __init__(self, hooks_dict: Any, *, extra_dict: Any = None) -> None:
        several = extra_dict if isinstance(extra_dict, list | tuple) else [extra_dict]
        dicts = [hooks_dict, *[extra for extra in several if extra is not None]]
        self.id = next(_ids)
        self._dicts = [weakref.ref(each) for each in dicts]

    def remove(self) -> None:
        """Remove the hook; nothing happens if it was removed before.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> x = tg.tensor(3.0, requires_grad=True)
        >>> handle = x.register_hook(lambda grad: 10 * grad)
        >>> handle.remove()
        >>> (x * x).backward()
        >>> x.grad
        tensor(6.)
        """
        for reference in self._dicts:
            hooks = reference()
            if hooks is not None:
                hooks.pop(self.id, None)

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *_: Any) -> None:
        self.remove()

    def __repr__(self) -> str:
        hooks = self._dicts[0]()
        there = hooks is not None and self.id in hooks
        return f"RemovableHandle(id={self.id}{'' if there else ', removed'})"

    def __getstate__(self) -> Any:
        return self.id, [reference() for reference in self._dicts]

    def __setstate__(self, state: Any) -> None:
        self.id, dicts = state
        self._dicts = [weakref.ref(each) for each in dicts if each is not None]


class AfterGradient:
    """A hook on the Node of a leaf: the user's function is called once the gradient has been added
    to `.grad`.  The gradient itself is not shown to it, so it is not copied."""

    def __init__(self, tensor: Any, hook: Callable[[Any], None]) -> None:
        self.tensor, self.hook = weakref.ref(tensor), hook

    def call(self) -> None:
        tensor = self.tensor()
        if tensor is not None:
            self.hook(tensor)


class BeforeStep:
    """A hook on a Node: it is called with the gradients of its results, before its rules run."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        self.function = function


class AfterStep:
    """A hook on a Node: it is called with the gradients of its inputs and of its results, after its
    rules have run; on that of a leaf, after the gradient has been added to `.grad`."""

    def __init__(self, function: Callable[[Any, Any], Any]) -> None:
        self.function = function


def hooks_of(node: Any) -> Hooks:
    """The hooks on a node, as a dictionary to add to."""
    if node.hooks is None:
        node.hooks = OrderedDict()
    return node.hooks  # type: ignore[no-any-return]


def add_hook(hooks: Hooks, hook: Any, prepend: bool = False, flags: Any = ()) -> RemovableHandle:
    """Store a hook after all others, or with `prepend` before them, and mark it in each dictionary
    of `flags`."""
    handle = RemovableHandle(hooks, extra_dict=list(flags))
    hooks[handle.id] = hook
    if prepend:
        hooks.move_to_end(handle.id, last=False)
    for flag in flags:
        flag[handle.id] = True
    return handle
