"""Hooks of modules: functions that are called before or after a module computes, saves or loads.

>>> import nn, tinygrad_edu as tg
>>> layer = nn.ReLU()
>>> handle = layer.register_forward_hook(lambda module, args, output: output + 1)
>>> layer(tg.zeros(1)), len(layer._forward_hooks)
(tensor([1.]), 1)

A module keeps its hooks under `_hooks`, a dictionary for each kind, which is made when it is first
asked for: most modules have none, and pay nothing for them.
"""

from __future__ import annotations

import warnings
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, NamedTuple

import tinygrad_edu as tg
from tinygrad_edu.autograd import Function
from tinygrad_edu.engine.clock import caller_level
from tinygrad_edu.engine.hooks import (
    ALWAYS as ALWAYS,
    FORWARD as FORWARD,
    PRE as PRE,
    Hooks,
    RemovableHandle,
    add_hook,
    of_all_modules,
)
from tinygrad_edu.tensor import Tensor

from .members import BUFFER, MODULE, PARAMETER

BACKWARD_PRE, BACKWARD = "_backward_pre_hooks", "_backward_hooks"
WITH_KWARGS = "_with_kwargs"  # what marks hooks, after the kind's name


def hooks_of(module: Any, kind: str) -> Hooks:
    """The hooks of a module of one kind, by their ids."""
    tables: dict[str, Hooks] = module.__dict__.setdefault("_hooks", {})
    return tables.setdefault(kind, OrderedDict())


def listed(module: Any, kind: str) -> list[Any]:
    """The module's own hooks of one kind, in the order in which they are called."""
    return [*module.__dict__.get("_hooks", {}).get(kind, {}).values()]


def called_at(module: Any, kind: str) -> list[tuple[int, Any]]:
    """Ids and hooks of one kind: first those of all modules, then the module's own."""
    own = module.__dict__.get("_hooks", {}).get(kind, {})
    return [*of_all_modules.get(kind, {}).items(), *own.items()]


def register(
    module: Any, kind: str, hook: Any, prepend: bool = False, **marks: bool
) -> RemovableHandle:
    """Add a hook, marked in the tables of those `marks` that are True; returns its handle."""
    flags = [hooks_of(module, kind + mark) for mark, wanted in marks.items() if wanted]
    return add_hook(hooks_of(module, kind), hook, prepend, flags)


def register_for_all(kind: str, hook: Any, **marks: bool) -> RemovableHandle:
    """The same for every module."""
    flags = [
        of_all_modules.setdefault(kind + mark, OrderedDict())
        for mark, wanted in marks.items()
        if wanted
    ]
    return add_hook(of_all_modules.setdefault(kind, OrderedDict()), hook, False, flags)


def table(kind: str) -> Any:
    """A property of modules: the dictionary of the hooks of one kind."""
    return property(lambda module: hooks_of(module, kind))


# ---------------------------------------------------------------- around forward()


class HookedCall:
    """One call of a module, with the hooks around its forward()."""

    def __init__(self, module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.module, self.args, self.kwargs = module, args, kwargs
        self.output: Any = None
        self.called: set[int] = set()  # the ids of the forward hooks that were

    def run(self) -> Any:
        """The output of the module."""
        try:
            return self._run()
        except Exception:
            self._call_the_rest()
            raise

    def _run(self) -> Any:
        self._call_pre_hooks()
        hooks = [hook for _, hook in called_at(self.module, BACKWARD)]
        pre_hooks = [hook for _, hook in called_at(self.module, BACKWARD_PRE)]
        passing = Passing(self.module, hooks, pre_hooks) if hooks or pre_hooks else None
        if passing:
            self.args = passing.inputs(self.args)
        self.output = self.module.forward(*self.args, **self.kwargs)
        for key, hook in called_at(self.module, FORWARD):
            self.called.add(key)
            self._call(key, hook)
        return passing.outputs(self.output) if passing else self.output

    def _call_pre_hooks(self) -> None:
        marked = self._marked(PRE + WITH_KWARGS)
        for key, hook in called_at(self.module, PRE):
            if key not in marked:
                new = hook(self.module, self.args)
                if new is not None:
                    self.args = new if isinstance(new, tuple) else (new,)
                continue
            new = hook(self.module, self.args, self.kwargs)
            if new is None:
                continue
            if not (isinstance(new, tuple) and len(new) == 2):
                raise RuntimeError(
                    f"a forward pre-hook of {type(self.module).__name__} returned {new!r}; with "
                    "with_kwargs=True it returns None, or (args, kwargs)"
                )
            self.args, self.kwargs = new

    def _call(self, key: int, hook: Any) -> None:
        """Call a forward hook; what it returns takes the place of the output."""
        told = (self.kwargs,) if key in self._marked(FORWARD + WITH_KWARGS) else ()
        new = hook(self.module, self.args, *told, self.output)
        if new is not None:
            self.output = new

    def _call_the_rest(self) -> None:
        """After an error, call those forward hooks that are always called and were not yet."""
        for key, hook in called_at(self.module, FORWARD):
            if key in self.called or key not in self._marked(FORWARD + ALWAYS):
                continue
            try:
                self._call(key, hook)
            except Exception as error:
                warnings.warn(
                    f"a forward hook of {type(self.module).__name__} with always_call=True raised "
                    f"{error!r}; the error in the call itself is raised instead",
                    stacklevel=caller_level(),
                )

    def _marked(self, kind: str) -> set[int]:
        return {key for key, _ in called_at(self.module, kind)}


# ---------------------------------------------------------------- around the backward pass


class _Seen(Function):
    """Returns tensors unchanged, and passes their gradients to `see`, which may replace them."""

    @staticmethod
    def forward(ctx: Any, see: Callable[..., Any], *tensors: Tensor) -> tuple[Tensor, ...]:
        ctx.see = see
        ctx.set_materialize_grads(False)
        return tensors

    @staticmethod
    def backward(ctx: Any, *grads: Tensor | None) -> tuple[Tensor | None, ...]:
        return (None, *ctx.see(grads))


class Place(NamedTuple):
    """What is remembered of an argument or result: never the tensor itself, which would lead back
    to the record that holds this."""

    flows: bool  # does it require grad?
    like: tuple[Any, Any] | None  # shape and dtype of a tensor


class Passing:
    """The gradients that pass through one call of a module, for its backward hooks."""

    def __init__(self, module: Any, hooks: list[Any], pre_hooks: list[Any]) -> None:
        self.module, self.hooks, self.pre_hooks = module, hooks, pre_hooks
        self.given: list[Place] = []
        self.returned: list[Place] = []
        self.grad_output: tuple[Any, ...] | None = None

    def inputs(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """The arguments of forward(), whose gradients are seen on their way back."""
        self.given = _places(args)
        return _seen_through(args, self.given, self._input_grads)

    def outputs(self, output: Any) -> Any:
        """The output of forward(), whose gradients are seen on their way back."""
        several = isinstance(output, tuple)
        if not several and not isinstance(output, Tensor):
            warnings.warn(
                f"{type(self.module).__name__} has backward hooks, and returned a "
                f"{type(output).__name__}; they see a Tensor or a tuple of Tensors",
                stacklevel=caller_level(),
            )
            return output
        values = output if several else (output,)
        self.returned = _places(values)
        seen = _seen_through(values, self.returned, self._output_grads)
        return seen if several else seen[0]

    def _output_grads(self, arrived: tuple[Any, ...]) -> tuple[Any, ...]:
        rest = iter(arrived)
        grads = tuple([next(rest) if place.flows else None for place in self.returned])
        for hook in self.pre_hooks:
            grads = self._replaced("pre-hook", hook(self.module, grads), grads)
        self.grad_output = grads
        if not any(place.flows for place in self.given):  # this is all that there is to see
            self._call_hooks(tuple([None for _ in self.given]))
        return _of_flowing(self.returned, grads)

    def _input_grads(self, arrived: tuple[Any, ...]) -> tuple[Any, ...]:
        if self.grad_output is None:  # the gradient did not come through the output
            return arrived
        rest = iter(arrived)
        grads = [next(rest) if place.flows else None for place in self.given]
        for i, place in enumerate(self.given):
            if grads[i] is None and place.like:
                shape, dtype = place.like
                grads[i] = tg.zeros(shape, dtype=dtype)
        return _of_flowing(self.given, self._call_hooks(tuple(grads)))

    def _call_hooks(self, grads: tuple[Any, ...]) -> tuple[Any, ...]:
        """The gradients with respect to the inputs, after all hooks."""
        for hook in self.hooks:
            grads = self._replaced("hook", hook(self.module, grads, self.grad_output), grads)
        self.grad_output = None
        return grads

    def _replaced(self, what: str, new: Any, grads: tuple[Any, ...]) -> tuple[Any, ...]:
        if new is None:
            return grads
        several: tuple[Any, ...] = new if isinstance(new, tuple) else (new,)
        if len(several) != len(grads):
            raise RuntimeError(
                f"a backward {what} of {type(self.module).__name__} returned {len(several)} "
                f"gradients in place of {len(grads)}"
            )
        return several


def _places(values: tuple[Any, ...]) -> list[Place]:
    recording = tg.is_grad_enabled()
    return [
        Place(recording and x.node is not None, (x.shape, x.dtype))
        if isinstance(x, Tensor)
        else Place(False, None)
        for x in values
    ]


def _seen_through(
    values: tuple[Any, ...], places: list[Place], see: Callable[..., Any]
) -> tuple[Any, ...]:
    """The values, those that require grad handed through `see`."""
    pairs = list(zip(values, places, strict=True))
    flowing = [x for x, place in pairs if place.flows]
    if not flowing:
        return values
    through = iter(_Seen.apply(see, *flowing))
    return tuple([next(through) if place.flows else x for x, place in pairs])


def _of_flowing(places: list[Place], grads: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple([g for place, g in zip(places, grads, strict=True) if place.flows])


# ---------------------------------------------------------------- how a user adds them


class Hooked:
    """The part of a Module that calls hooks around its forward and backward pass."""

    _forward_pre_hooks = table(PRE)
    _forward_pre_hooks_with_kwargs = table(PRE + WITH_KWARGS)
    _forward_hooks = table(FORWARD)
    _forward_hooks_with_kwargs = table(FORWARD + WITH_KWARGS)
    _forward_hooks_always_called = table(FORWARD + ALWAYS)
    _backward_pre_hooks = table(BACKWARD_PRE)
    _backward_hooks = table(BACKWARD)

    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Call `hook(module, args)` before each `forward`.

        Parameters
        ----------
        hook : callable
            What it returns (if it is not None) takes the place of the arguments: a tuple, or one
            value.
        prepend : bool, default False
            Call it before the hooks that are there already.
        with_kwargs : bool, default False
            Call `hook(module, args, kwargs)`, which returns None or (args, kwargs).

        Returns
        -------
        RemovableHandle
            Its `remove()`, or the end of a `with` block of it, removes the hook.

        Examples
        --------
        >>> import nn, tinygrad_edu as tg
        >>> layer = nn.ReLU()
        >>> with layer.register_forward_pre_hook(lambda module, args: args[0] + 1):
        ...     layer(tg.tensor([-1.0, 2.0]))
        tensor([0., 3.])
        """
        return register(self, PRE, hook, prepend, **{WITH_KWARGS: with_kwargs})

    def register_forward_hook(
        self,
        hook: Callable[..., Any],
        *,
        prepend: bool = False,
        with_kwargs: bool = False,
        always_call: bool = False,
    ) -> RemovableHandle:
        """Call `hook(module, args, output)` after each `forward`.

        Parameters
        ----------
        hook : callable
            What it returns (if it is not None) takes the place of the output.
        prepend : bool, default False
            Call it before the hooks that are there already.
        with_kwargs : bool, default False
            Call `hook(module, args, kwargs, output)`.
        always_call : bool, default False
            Call it also if the call of the module raises an exception; what it raises itself is
            then a warning.

        Returns
        -------
        RemovableHandle
            Its `remove()`, or the end of a `with` block of it, removes the hook.

        Examples
        --------
        >>> import nn, tinygrad_edu as tg
        >>> shapes = []
        >>> layer = nn.Linear(3, 2)
        >>> handle = layer.register_forward_hook(
        ...     lambda module, args, output: shapes.append(tuple(output.shape))
        ... )
        >>> _ = layer(tg.ones(5, 3))
        >>> shapes
        [(5, 2)]
        """
        marks = {WITH_KWARGS: with_kwargs, ALWAYS: always_call}
        return register(self, FORWARD, hook, prepend, **marks)

    def register_full_backward_pre_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> RemovableHandle:
        """Call `hook(module, grad_output)` when the gradients with respect to the outputs arrive.

        Parameters
        ----------
        hook : callable
            `grad_output` is a tuple, None for an output without a gradient.  What the hook returns
            (if it is not None) takes its place in the rest of the backward pass.
        prepend : bool, default False
            Call it before the hooks that are there already.

        Returns
        -------
        RemovableHandle
            Its `remove()`, or the end of a `with` block of it, removes the hook.

        Examples
        --------
        >>> import nn, tinygrad_edu as tg
        >>> layer = nn.Identity()
        >>> handle = layer.register_full_backward_pre_hook(lambda module, grads: (10 * grads[0],))
        >>> x = tg.ones(2, requires_grad=True)
        >>> layer(x).sum().backward()
        >>> x.grad
        tensor([10., 10.])
        """
        return register(self, BACKWARD_PRE, hook, prepend)

    def register_full_backward_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> RemovableHandle:
        """Call `hook(module, grad_input, grad_output)` when the gradients of the inputs arrive.

        If no input requires grad, it is called when the gradients of the outputs do.

        Parameters
        ----------
        hook : callable
            `grad_input` is a tuple with an entry for each positional argument, None for what is no
            tensor; `grad_output` one with an entry for each output.  What the hook returns (if it
            is not None) takes the place of `grad_input` in the rest of the backward pass.
        prepend : bool, default False
            Call it before the hooks that are there already.

        Returns
        -------
        RemovableHandle
            Its `remove()`, or the end of a `with` block of it, removes the hook.

        Examples
        --------
        >>> import nn, tinygrad_edu as tg
        >>> layer = nn.Identity()
        >>> handle = layer.register_full_backward_hook(lambda module, grads, _: (grads[0] * 10,))
        >>> x = tg.ones(2, requires_grad=True)
        >>> layer(x).sum().backward()
        >>> x.grad
        tensor([10., 10.])
        """
        return register(self, BACKWARD, hook, prepend)

    def register_backward_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call `hook(module, grad_input, grad_output)`: the old name of a full backward hook.

        Parameters
        ----------
        hook : callable
            See `register_full_backward_hook`.

        Returns
        -------
        RemovableHandle
            Its `remove()`, or the end of a `with` block of it, removes the hook.

        Notes
        -----
        `grad_input` holds the gradients of the module's inputs; in PyTorch, those of the inputs of
        the last op that the module ran.

        Examples
        --------
        >>> import nn
        >>> import tinygrad_edu as tg
        >>> layer = nn.Identity()
        >>> handle = layer.register_backward_hook(lambda module, grads, _: (grads[0] * 10,))
        >>> x = tg.ones(2, requires_grad=True)
        >>> layer(x).sum().backward()
        >>> x.grad
        tensor([10., 10.])
        """
        return register(self, BACKWARD, hook)


def register_module_forward_pre_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call `hook(module, args)` before each `forward` of any module.

    Parameters
    ----------
    hook : callable
        What it returns (if it is not None) takes the place of the arguments.

    Returns
    -------
    RemovableHandle
        Its `remove()`, or the end of a `with` block of it, removes the hook.

    Examples
    --------
    >>> import nn
    >>> import tinygrad_edu as tg
    >>> from nn.modules.module import register_module_forward_pre_hook
    >>> with register_module_forward_pre_hook(lambda module, args: print(args)):
    ...     y = nn.ReLU()(tg.tensor([-1.0, 2.0]))
    (tensor([-1.,  2.]),)
    """
    return register_for_all(PRE, hook)


def register_module_forward_hook(
    hook: Callable[..., Any], *, with_kwargs: bool = False, always_call: bool = False
) -> RemovableHandle:
    """Call `hook(module, args, output)` after each `forward` of any module.

    Parameters
    ----------
    hook : callable
        What it returns (if it is not None) takes the place of the output.
    with_kwargs : bool, default False
        Call `hook(module, args, kwargs, output)`.
    always_call : bool, default False
        Call it also if the call of the module raises an exception.

    Returns
    -------
    RemovableHandle

    Examples
    --------
    >>> import nn, tinygrad_edu as tg
    >>> from nn.modules.module import register_module_forward_hook
    >>> net = nn.Sequential(nn.Linear(3, 2), nn.ReLU())
    >>> with register_module_forward_hook(lambda module, args, _: print(type(module).__name__)):
    ...     y = net(tg.ones(3))
    Linear
    ReLU
    Sequential
    """
    return register_for_all(FORWARD, hook, **{WITH_KWARGS: with_kwargs, ALWAYS: always_call})


def register_module_full_backward_pre_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call `hook(module, grad_output)` in the backward pass of any module.

    Parameters
    ----------
    hook : callable
        See `Module.register_full_backward_pre_hook`.

    Returns
    -------
    RemovableHandle
        Its `remove()`, or the end of a `with` block of it, removes the hook.

    Examples
    --------
    >>> import nn
    >>> import tinygrad_edu as tg
    >>> from nn.modules.module import register_module_full_backward_pre_hook
    >>> x = tg.ones(2, requires_grad=True)
    >>> with register_module_full_backward_pre_hook(lambda module, grads: (10 * grads[0],)):
    ...     nn.Identity()(x).sum().backward()
    >>> x.grad
    tensor([10., 10.])
    """
    return register_for_all(BACKWARD_PRE, hook)


def register_module_full_backward_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call `hook(module, grad_input, grad_output)` in the backward pass of any module.

    Parameters
    ----------
    hook : callable
        See `Module.register_full_backward_hook`.

    Returns
    -------
    RemovableHandle
        Its `remove()`, or the end of a `with` block of it, removes the hook.

    Examples
    --------
    >>> import nn
    >>> import tinygrad_edu as tg
    >>> from nn.modules.module import register_module_full_backward_hook
    >>> x = tg.ones(2, requires_grad=True)
    >>> with register_module_full_backward_hook(lambda module, grads, _: print(grads)):
    ...     nn.Identity()(3 * x).sum().backward()
    (tensor([1., 1.]),)
    """
    return register_for_all(BACKWARD, hook)


def register_module_parameter_registration_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call `hook(module, name, param)` when a parameter is assigned to any module.

    Parameters
    ----------
    hook : callable
        What it returns (if it is not None) is assigned instead.

    Returns
    -------
    RemovableHandle
        Its `remove()`, or the end of a `with` block of it, removes the hook.

    Examples
    --------
    >>> import nn
    >>> from nn.modules.module import register_module_parameter_registration_hook
    >>> with register_module_parameter_registration_hook(lambda module, name, p: print(name)):
    ...     layer = nn.Linear(2, 1)
    weight
    bias
    """
    return register_for_all(PARAMETER, hook)


def register_module_buffer_registration_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call `hook(module, name, buffer)` when a buffer is assigned to any module.

    Parameters
    ----------
    hook : callable
        What it returns (if it is not None) is assigned instead.

    Returns
    -------
    RemovableHandle
        Its `remove()`, or the end of a `with` block of it, removes the hook.

    Examples
    --------
    >>> import nn
    >>> from nn.modules.module import register_module_buffer_registration_hook
    >>> with register_module_buffer_registration_hook(lambda module, name, buffer: print(name)):
    ...     layer = nn.BatchNorm1d(3)
    running_mean
    running_var
    num_batches_tracked
    """
    return register_for_all(BUFFER, hook)


def register_module_module_registration_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call `hook(module, name, submodule)` when a module is assigned to any module.

    Parameters
    ----------
    hook : callable
        What it returns (if it is not None) is assigned instead.

    Returns
    -------
    RemovableHandle
        Its `remove()`, or the end of a `with` block of it, removes the hook.

    Examples
    --------
    >>> import nn
    >>> from nn.modules.module import register_module_module_registration_hook
    >>> def show(module, name, child):
    ...     print(name, child)
    >>> with register_module_module_registration_hook(show):
    ...     net = nn.Sequential(nn.ReLU(), nn.Tanh())
    0 ReLU()
    1 Tanh()
    """
    return register_for_all(MODULE, hook)


def chosen_by_hooks(module: Any, name: str, value: Any, kind: str) -> Any:
    """What is to be assigned, after the hooks that watch assignments to all modules."""
    if value is None:
        return None
    for hook in of_all_modules.get(kind, {}).values():
        new = hook(module, name, value)
        value = value if new is None else new
    return value
