"""Hooks of a module: functions that are called before or after it computes, saves or loads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tinygrad_edu.autograd import Function
from tinygrad_edu.tensor import RemovableHandle, Tensor


def register(module: Any, when: str, hook: Any) -> RemovableHandle:
    """Have it called at that time; returns a handle with `remove()`."""
    hooks = module.__dict__.setdefault("_hooks", {}).setdefault(when, [])
    hooks.append(hook)
    return RemovableHandle(hooks, hook)


def hooks_of(module: Any, when: str) -> list[Any]:
    """Those that are called at that time, in the order in which they were registered."""
    return [*module.__dict__.get("_hooks", {}).get(when, ())]


class _Seen(Function):
    """Hands tensors on as they are, and shows their gradients to `see`, which may replace them."""

    @staticmethod
    def forward(ctx: Any, see: Callable[..., Any], *tensors: Tensor) -> tuple[Tensor, ...]:
        ctx.see = see
        return tensors

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        return (None, *ctx.see(grads))


class Passing:
    """The gradients that pass through one call of a module, for its backward hooks."""

    def __init__(self, module: Any, hooks: list[Callable[..., Any]]) -> None:
        self.module, self.hooks, self.at_inputs = module, hooks, False
        self.grad_output: tuple[Any, ...] = ()

    def seen(self, values: tuple[Any, ...], see: Callable[..., Any]) -> tuple[Any, ...]:
        """The values, those that require grad handed through `see`."""
        flows = [isinstance(x, Tensor) and x.node is not None for x in values]
        if not self.hooks or not any(flows):
            return values
        self.at_inputs = self.at_inputs or see == self.input_grads
        through = iter(_Seen.apply(see, *[x for x, one in zip(values, flows, strict=True) if one]))
        return tuple(next(through) if one else x for x, one in zip(values, flows, strict=True))

    def output_grads(self, grads: tuple[Any, ...]) -> tuple[Any, ...]:
        self.grad_output = grads
        if not self.at_inputs:  # no input requires grad: this is all that there is to see
            self.input_grads((None,))
        return grads

    def input_grads(self, grads: tuple[Any, ...]) -> tuple[Any, ...]:
        for hook in self.hooks:
            new = hook(self.module, grads, self.grad_output)
            if new is not None:
                grads = new if isinstance(new, tuple) else (new,)
        return grads
