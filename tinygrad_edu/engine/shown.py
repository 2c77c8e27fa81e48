"""What a user sees of a Node of the record: `y.grad_fn`."""

from __future__ import annotations

from typing import Any


class OpName(str):
    """The name of an op; called, the name of its step back, as `grad_fn.name()` of PyTorch."""

    __slots__ = ()

    def __call__(self) -> str:
        return "".join(word.capitalize() for word in self.split("_")) + "Backward0"


class ShownNode:
    """The part of a Node that a user looks at.

    >>> import tinygrad_edu as tg
    >>> y = (tg.ones(2, requires_grad=True) * 3).exp()
    >>> y.grad_fn, y.grad_fn.name, y.grad_fn.name()
    (<ExpBackward0>, 'exp', 'ExpBackward0')
    >>> y.grad_fn.next_functions
    ((<MultiplyBackward0>, 0),)
    """

    __slots__ = ()
    plan: Any
    inputs: Any
    shape: Any

    @property
    def name(self) -> OpName:
        """The name of the op that ran; "leaf" where none did."""
        return OpName(self.plan.op.name if self.plan else "leaf")

    @property
    def next_functions(self) -> tuple[tuple[Any, int], ...]:
        """The nodes of the inputs, each with 0; None for a constant."""
        return tuple([(node, 0) for node in self.inputs])

    def __repr__(self) -> str:
        return f"<{self.name()}>" if self.plan else f"<Leaf {self.shape}>"
