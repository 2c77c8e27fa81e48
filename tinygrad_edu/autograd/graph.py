"""What PyTorch offers to look at the record, and to say how saved tensors are kept.

>>> import tinygrad_edu as tg
>>> y = tg.ones(2, requires_grad=True).exp()
>>> isinstance(y.grad_fn, tg.autograd.graph.Node)
True
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any, NamedTuple

import numpy as np

from ..engine.graph import Node
from ..engine.packing import Packing, Refusing
from ..tensor import Tensor

__all__ = ["GradientEdge", "Node", "disable_saved_tensors_hooks", "get_gradient_edge"]
__all__ += ["save_on_cpu", "saved_tensors_hooks"]


def __dir__() -> list[str]:
    return __all__


class saved_tensors_hooks(Packing):
    """Say how the tensors that are saved for the backward pass are kept.

    In the `with` block, `pack_hook` is called with each tensor that an op saves, and what it
    returns is kept; `unpack_hook` is called with that when the backward pass needs the tensor.  Of
    nested blocks the innermost counts.

    Parameters
    ----------
    pack_hook : callable
        `pack_hook(tensor)` returns any object.  The tensor is a constant, which may not be written.
    unpack_hook : callable
        `unpack_hook(object)` returns a tensor with the same shape and values.

    Raises
    ------
    RuntimeError
        In the backward pass, if the tensor that comes back has another shape.
    TypeError
        In the backward pass, if what comes back is not a tensor.

    Notes
    -----
    Differs from PyTorch: what is saved is what the derivative rules here read, so that the hooks
    may be called for other tensors, in another order.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> x = tg.tensor([1.0, 2.0], requires_grad=True)
    >>> with tg.autograd.graph.saved_tensors_hooks(lambda x: x.half(), lambda x: x.float()):
    ...     y = (x * x).sum()
    >>> y.backward()
    >>> x.grad
    tensor([2., 4.])
    """


class disable_saved_tensors_hooks(Refusing):
    """Refuse `saved_tensors_hooks` in a `with` block.

    Parameters
    ----------
    error_message : str
        The message of the RuntimeError.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> with tg.autograd.graph.disable_saved_tensors_hooks("not here"):
    ...     y = tg.ones(2, requires_grad=True).exp()
    """


def save_on_cpu(pin_memory: bool = False, device_type: str = "cuda") -> Any:
    """Keep saved tensors in the memory of the CPU: they are there in any case.

    Parameters
    ----------
    pin_memory : bool, default False
        Without effect.
    device_type : str, default "cuda"
        Without effect.

    Returns
    -------
    context manager
        It does nothing.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> with tg.autograd.graph.save_on_cpu():
    ...     y = tg.ones(2, requires_grad=True).exp()
    """
    return nullcontext()


class GradientEdge(NamedTuple):
    """A place in the record where a gradient arrives: what `get_gradient_edge` returns.

    Parameters
    ----------
    node : Node
        The step that made the tensor.
    output_nr : int
        Which of its results: here each result has a step of its own, so this is 0.
    ownership_token : object, default None
        Unused.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> y = tg.ones(2, requires_grad=True).exp()
    >>> tg.autograd.graph.get_gradient_edge(y)
    GradientEdge(node=<ExpBackward0>, output_nr=0, ownership_token=None)
    """

    node: Node
    output_nr: int
    ownership_token: Any = None


def get_gradient_edge(tensor: Tensor) -> GradientEdge:
    """Return the place in the record where the gradient of a tensor arrives.

    `autograd.grad` and `autograd.backward` take it in the place of the tensor, whose elements need
    not be kept for it.

    Parameters
    ----------
    tensor : Tensor
        It requires grad.

    Returns
    -------
    GradientEdge
        Its place.

    Raises
    ------
    RuntimeError
        If it does not require grad.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> x = tg.tensor(3.0, requires_grad=True)
    >>> edge = tg.autograd.graph.get_gradient_edge(x)
    >>> tg.autograd.grad(x * x, edge)
    (tensor(6.),)
    """
    return GradientEdge(tensor._require_node("get_gradient_edge"), 0)


def at_edge(x: Any) -> Any:
    """A tensor at the place that an edge names, without elements of its own; others as they are."""
    if not isinstance(x, GradientEdge):
        return x
    return Tensor(np.broadcast_to(np.zeros((), x.node.dtype), x.node.shape), x.node)
