"""What a user sees of a Node of the record: `y.grad_fn`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .hooks import AfterStep, BeforeStep, Hooks, RemovableHandle, add_hook, hooks_of


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
    hooks: Hooks | None

    @property
    def name(self) -> OpName:
        """The name of the op that ran; "leaf" where none did."""
        return OpName(self.plan.op.name if self.plan else "leaf")

    @property
    def next_functions(self) -> tuple[tuple[Any, int], ...]:
        """The nodes of the inputs, each with 0; None for a constant."""
        return tuple([(node, 0) for node in self.inputs])

    def register_prehook(self, fn: Callable[[Any], Any]) -> RemovableHandle:
        """Call a function with the gradients that arrive here, before this step back.

        Parameters
        ----------
        fn : callable
            `fn(grad_outputs)`, a tuple with the gradient of each result of the op; what it returns,
            if it is not None, is a tuple that takes their place.

        Returns
        -------
        RemovableHandle
            Its `remove()` removes the hook.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> x = tg.tensor(3.0, requires_grad=True)
        >>> y = x * x
        >>> handle = y.grad_fn.register_prehook(lambda grad_outputs: (10 * grad_outputs[0],))
        >>> y.backward()
        >>> x.grad
        tensor(60.)
        """
        return add_hook(hooks_of(self), BeforeStep(fn))

    def register_hook(self, fn: Callable[[Any, Any], Any]) -> RemovableHandle:
        """Call a function with the gradients that this step back gives.

        Parameters
        ----------
        fn : callable
            `fn(grad_inputs, grad_outputs)`, two tuples: the gradient of each input of the op, None
            where there is none, and of each result.  What it returns, if it is not None, is a tuple
            that takes the place of `grad_inputs`; None in it stands for no gradient.  On the node
            of a leaf it is called once the gradient was added to `.grad`, with no `grad_inputs`.

        Returns
        -------
        RemovableHandle
            Its `remove()` removes the hook.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> a, b = tg.tensor([2.0, 3.0], requires_grad=True).unbind()
        >>> y = a * b
        >>> handle = y.grad_fn.register_hook(lambda grad_inputs, grad_outputs: print(grad_inputs))
        >>> y.backward()
        (tensor(3.), tensor(2.))
        """
        return add_hook(hooks_of(self), AfterStep(fn))

    def __repr__(self) -> str:
        return f"<{self.name()}>" if self.plan else f"<Leaf {self.shape}>"
