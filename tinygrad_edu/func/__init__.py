"""Derivatives of functions: what takes a function, and returns its gradient, Jacobian, Hessian ...

>>> import tinygrad_edu as tg
>>> from tinygrad_edu.func import grad, hessian
>>> grad(grad(lambda x: x**3))(tg.tensor(2.0))
tensor(12.)
>>> hessian(lambda x: (x**3).sum())(tg.tensor([1.0, 2.0]))
tensor([[ 6.,  0.],
        [ 0., 12.]])

An argument is a tensor, an array or a number, or a tree of them: dicts, lists and tuples, whose
leaves they are.  Derivatives have the form of what they belong to, and are arrays where no argument
is a Tensor.  Calls nest in any way: each gives its arguments Nodes of its own, so derivatives that
meet in one expression are not mistaken for one another.
"""

from ..absent import refuse
from .batching import vmap
from .modules import functional_call, stack_module_state
from .transforms import (
    grad,
    grad_and_value,
    hessian,
    hvp,
    jacfwd,
    jacobian,
    jacrev,
    jvp,
    linearize,
    value_and_grad,
    vjp,
)
from .trees import leaves as leaves, like as like  # not exported: for what reads trees too

__all__ = ["functional_call", "grad", "grad_and_value", "hessian", "hvp", "jacfwd", "jacobian"]
__all__ += ["jacrev", "jvp", "linearize", "stack_module_state", "value_and_grad", "vjp", "vmap"]


def __dir__() -> list[str]:
    return __all__


def __getattr__(name: str) -> object:
    """Say why a name of PyTorch is left out."""
    refuse("func", name, __name__)
