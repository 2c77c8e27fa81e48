"""`func` in the spelling of torch.autograd.functional: the function, its inputs, and a vector.

The inputs are one tensor or a tuple of them, and so is the vector; results stay in the record if
`create_graph` says so.

>>> import tinygrad_edu as tg
>>> jacobian(lambda x: x * x, tg.tensor([1.0, 2.0]))
tensor([[2., 0.],
        [0., 4.]])
"""

from collections.abc import Callable
from typing import Any

from .. import func as f

__all__ = ["hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"]


def _derived(derive: Callable[[Any, Any], Any], inputs: Any, create_graph: bool) -> Any:
    """derive(args, argnums) for the inputs, outside the record unless a graph is wanted."""
    several = isinstance(inputs, tuple)
    args = inputs if several else (inputs,)
    args = args if create_graph else tuple(x.detach() for x in args)
    result = derive(args, tuple(range(len(args))) if several else 0)
    if create_graph:
        return result
    return f.like(result, (x.detach() for x in f.leaves(result)))


def jacobian(
    func: Any, inputs: Any, create_graph: bool = False, strategy: str = "reverse-mode"
) -> Any:
    """dy/dx of y = func(x): see `func.jacrev`, or with "forward-mode" `func.jacfwd`."""
    whole = f.jacfwd if strategy == "forward-mode" else f.jacrev
    return _derived(lambda args, argnums: whole(func, argnums)(*args), inputs, create_graph)


def hessian(func: Any, inputs: Any, create_graph: bool = False) -> Any:
    """d^2 y / dx^2 of one number y = func(x): see `func.hessian`."""
    return _derived(lambda args, argnums: f.hessian(func, argnums)(*args), inputs, create_graph)


def vjp(func: Any, inputs: Any, v: Any = None, create_graph: bool = False) -> Any:
    """(y, v' J): see `func.vjp`.  v may be left out where y is one number."""

    def derive(args: Any, _: Any) -> Any:
        y, back = f.vjp(func, *args)
        found = back(y * 0 + 1 if v is None else v)
        return y, found if isinstance(inputs, tuple) else found[0]

    return _derived(derive, inputs, create_graph)


def jvp(func: Any, inputs: Any, v: Any, create_graph: bool = False) -> Any:
    """(y, J v): see `func.jvp`."""
    v = v if isinstance(v, tuple) else (v,)
    return _derived(lambda args, _: f.jvp(func, args, v), inputs, create_graph)


def hvp(func: Any, inputs: Any, v: Any, create_graph: bool = False) -> Any:
    """(y, H v), H being the Hessian of one number y = func(x): see `func.hvp`."""

    def derive(args: Any, _: Any) -> Any:
        found = f.hvp(func, args, v if isinstance(v, tuple) else (v,))
        return func(*args), found if isinstance(inputs, tuple) else found[0]

    return _derived(derive, inputs, create_graph)


vhp = hvp  # H is symmetric
