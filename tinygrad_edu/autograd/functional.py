"""`func` in the spelling of torch.autograd.functional: the function, its inputs, and a vector.

The inputs are one tensor or a tuple of them, and so is the vector; results stay in the record if
`create_graph` says so.

>>> import tinygrad_edu as tg
>>> from tinygrad_edu.autograd.functional import jacobian
>>> jacobian(lambda x: x * x, tg.tensor([1.0, 2.0]))
tensor([[2., 0.],
        [0., 4.]])
"""

from collections.abc import Callable
from typing import Any

from ..creation import as_tensor
from ..engine.grad_mode import enable_grad
from ..engine.graph import TensorBase
from ..func import transforms as f
from ..func.traced_call import TracedCall
from ..func.trees import leaves, like
from ..functions import ones_like
from ..tensor import Tensor
from .gradients import grad

__all__ = ["hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"]


def __dir__() -> list[str]:
    return __all__


Inputs = Tensor | tuple[Tensor, ...]


def jacobian(
    func: Callable[..., Any],
    inputs: Inputs,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    strategy: str = "reverse-mode",
) -> Any:
    """Compute the Jacobian dy/dx of y = func(x).

    Parameters
    ----------
    func : callable
        Takes the inputs, and returns a tensor or a tuple of tensors.
    inputs : Tensor or tuple of Tensor
        Where the Jacobian is computed.
    create_graph : bool, default False
        Record the result, so that it can be differentiated.
    strict : bool, default False
        Raise RuntimeError if a result does not depend on an input, instead of returning zeros.
    vectorize : bool, default False
        Accepted for PyTorch's sake: rows are computed one by one in any case.
    strategy : {"reverse-mode", "forward-mode"}, default "reverse-mode"
        Row by row (`func.jacrev`) or column by column (`func.jacfwd`).

    Returns
    -------
    Tensor, or nested tuples
        Of shape (*y.shape, *x.shape); for several results a tuple, each a tuple for several inputs.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> x, y = tg.tensor([1.0, 2.0]), tg.tensor([3.0, 4.0])
    >>> tg.autograd.functional.jacobian(lambda x, y: x * y, (x, y))
    (tensor([[3., 0.],
            [0., 4.]]), tensor([[1., 0.],
            [0., 2.]]))
    """
    whole = _strategy("jacobian", strategy, strict, vectorize)
    args, argnums = _args("jacobian", inputs, create_graph)
    if strict:
        _require_dependence("jacobian", func, args, pairwise=True, twice=create_graph)
    return _outside(whole(_checked("jacobian", func), argnums)(*args), create_graph)


def hessian(
    func: Callable[..., Any],
    inputs: Inputs,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    outer_jacobian_strategy: str = "reverse-mode",
) -> Any:
    """Compute the Hessian d^2 y / dx^2 of one number y = func(x).

    Parameters
    ----------
    func : callable
        Takes the inputs, and returns a tensor of one element.
    inputs : Tensor or tuple of Tensor
        Where the Hessian is computed.
    create_graph : bool, default False
        Record the result, so that it can be differentiated.
    strict : bool, default False
        Raise RuntimeError if y or its gradient does not depend on an input, instead of returning
        zeros.
    vectorize : bool, default False
        Accepted for PyTorch's sake: rows are computed one by one in any case.
    outer_jacobian_strategy : {"reverse-mode", "forward-mode"}, default "reverse-mode"
        How the Jacobian of the gradient is computed.

    Returns
    -------
    Tensor, or a tuple of tuples
        Of shape (*x.shape, *x.shape); for several inputs, block [i][j] is d^2 y / (dx_i dx_j).

    Raises
    ------
    RuntimeError
        If y is not one number.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.autograd.functional.hessian(lambda x: (x**3).sum(), tg.tensor([1.0, 2.0]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    outer = _strategy("hessian", outer_jacobian_strategy, strict, vectorize)
    args, argnums = _args("hessian", inputs, create_graph)
    if strict:
        _require_dependence("hessian", func, args, twice=True)
    inner = f.jacrev(_to_one_number("hessian", func), argnums)
    return _outside(outer(inner, argnums)(*args), create_graph)


def vjp(
    func: Callable[..., Any],
    inputs: Inputs,
    v: Any = None,
    create_graph: bool = False,
    strict: bool = False,
) -> Any:
    """Compute y = func(x) and v' J, J being the Jacobian dy/dx.

    Parameters
    ----------
    func : callable
        Takes the inputs, and returns a tensor or a tuple of tensors.
    inputs : Tensor or tuple of Tensor
        Where the Jacobian is taken.
    v : Tensor or tuple of Tensor, default None
        Of the shapes of y; may be left out if y is one number.
    create_graph : bool, default False
        Record the results, so that they can be differentiated.
    strict : bool, default False
        Raise RuntimeError if y does not depend on an input, instead of returning zeros.

    Returns
    -------
    (y, v' J)
        v' J is one tensor or a tuple, as the inputs are.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.autograd.functional.vjp(lambda x: x * x, tg.tensor([1.0, 2.0]), tg.tensor([1.0, 10.0]))
    (tensor([1., 4.]), tensor([ 2., 40.]))
    """
    args, _ = _args("vjp", inputs, create_graph)
    if strict:
        _require_dependence("vjp", func, args, twice=create_graph)
    y, pull = f.vjp(_checked("vjp", func), *args)
    found = pull(like(y, iter(_vector("vjp", v, y, "func returns"))))
    return _outside((y, found if isinstance(inputs, tuple) else found[0]), create_graph)


def jvp(
    func: Callable[..., Any],
    inputs: Inputs,
    v: Any = None,
    create_graph: bool = False,
    strict: bool = False,
) -> Any:
    """Compute y = func(x) and J v, J being the Jacobian dy/dx.

    Parameters
    ----------
    func : callable
        Takes the inputs, and returns a tensor or a tuple of tensors.
    inputs : Tensor or tuple of Tensor
        Where the Jacobian is taken.
    v : Tensor or tuple of Tensor, default None
        Of the shapes of the inputs; may be left out if the input is one number.
    create_graph : bool, default False
        Record the results, so that they can be differentiated.
    strict : bool, default False
        Raise RuntimeError if y does not depend on an input, instead of returning zeros.

    Returns
    -------
    (y, J v)
        J v is one tensor or a tuple, as y is.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.autograd.functional.jvp(lambda x: x * x, tg.tensor([1.0, 2.0]), tg.tensor([1.0, 10.0]))
    (tensor([1., 4.]), tensor([ 2., 40.]))
    """
    args, _ = _args("jvp", inputs, create_graph)
    if strict:
        _require_dependence("jvp", func, args, twice=create_graph)
    vs = _vector("jvp", v, inputs, "the input is")
    return _outside(f.jvp(_checked("jvp", func), args, tuple(vs)), create_graph)


def hvp(
    func: Callable[..., Any],
    inputs: Inputs,
    v: Any = None,
    create_graph: bool = False,
    strict: bool = False,
) -> Any:
    """Compute one number y = func(x) and H v, H being the Hessian d^2 y / dx^2.

    Parameters
    ----------
    func : callable
        Takes the inputs, and returns a tensor of one element.
    inputs : Tensor or tuple of Tensor
        Where the Hessian is taken.
    v : Tensor or tuple of Tensor, default None
        Of the shapes of the inputs; may be left out if the input is one number.
    create_graph : bool, default False
        Record the results, so that they can be differentiated.
    strict : bool, default False
        Raise RuntimeError if y or its gradient does not depend on an input, instead of returning
        zeros.

    Returns
    -------
    (y, H v)
        H v is one tensor or a tuple, as the inputs are.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> x, v = tg.tensor([1.0, 2.0]), tg.tensor([1.0, 1.0])
    >>> tg.autograd.functional.hvp(lambda x: (x**3).sum(), x, v)
    (tensor(9.), tensor([ 6., 12.]))
    """
    return _hessian_product("hvp", func, inputs, v, create_graph, strict)


def vhp(
    func: Callable[..., Any],
    inputs: Inputs,
    v: Any = None,
    create_graph: bool = False,
    strict: bool = False,
) -> Any:
    """Compute one number y = func(x) and v' H, H being the Hessian d^2 y / dx^2.

    H is symmetric, so this is `hvp`.

    Parameters
    ----------
    func : callable
        Takes the inputs, and returns a tensor of one element.
    inputs : Tensor or tuple of Tensor
        Where the Hessian is taken.
    v : Tensor or tuple of Tensor, default None
        Of the shapes of the inputs; may be left out if the input is one number.
    create_graph : bool, default False
        Record the results, so that they can be differentiated.
    strict : bool, default False
        Raise RuntimeError if y or its gradient does not depend on an input, instead of returning
        zeros.

    Returns
    -------
    (y, v' H)
        v' H is one tensor or a tuple, as the inputs are.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> x, v = tg.tensor([1.0, 2.0]), tg.tensor([1.0, 1.0])
    >>> tg.autograd.functional.vhp(lambda x: (x**3).sum(), x, v)
    (tensor(9.), tensor([ 6., 12.]))
    """
    return _hessian_product("vhp", func, inputs, v, create_graph, strict)


# ---------------------------------------------------------------- what they share


def _hessian_product(
    name: str, func: Any, inputs: Inputs, v: Any, create_graph: bool, strict: bool
) -> Any:
    args, _ = _args(name, inputs, create_graph)
    if strict:
        _require_dependence(name, func, args, twice=True)
    vs = _vector(name, v, inputs, "the input is")
    both = f.value_and_grad(_to_one_number(name, func), range(len(args)))

    def gradient_and_value(*args: Any) -> Any:
        y, g = both(*args)
        return g, y

    _, pull, y = f.vjp(gradient_and_value, *args, has_aux=True)
    found = pull(tuple(vs))
    return _outside((y, found if isinstance(inputs, tuple) else found[0]), create_graph)


def _args(name: str, inputs: Any, create_graph: bool) -> tuple[tuple[Any, ...], Any]:
    """The inputs as arguments, outside of their record unless a graph is wanted, and argnums."""
    several = isinstance(inputs, tuple)
    args = inputs if several else (inputs,)
    _require_tensors(name, "the inputs", args)
    args = args if create_graph else tuple([x.detach() for x in args])
    return args, tuple(range(len(args))) if several else 0


def _require_tensors(name: str, what: str, values: Any) -> None:
    for x in values:
        if not isinstance(x, TensorBase):
            kind = type(x).__name__
            raise TypeError(f"{name}: {what} must be a Tensor or a tuple of Tensors, not a {kind}")


def _checked(name: str, func: Any) -> Any:
    """func, whose results are tensors."""

    def called(*args: Any) -> Any:
        y = func(*args)
        _require_tensors(name, "what func returns", y if isinstance(y, tuple) else (y,))
        return y

    return called


def _to_one_number(name: str, func: Any) -> Any:
    """func, whose result is one number, as a 0-d tensor."""

    def called(*args: Any) -> Any:
        y = func(*args)
        if not isinstance(y, Tensor) or y.array.size != 1:
            shown = f"shape {tuple(y.shape)}" if isinstance(y, Tensor) else type(y).__name__
            raise RuntimeError(f"{name}: func must return a Tensor of one element, not {shown}")
        return y.reshape(())

    return called


def _vector(name: str, v: Any, like_what: Any, whose: str) -> list[Any]:
    """The parts of v, of the shapes that are wanted; 1 if it is left out."""
    expected = [as_tensor(x) for x in leaves(like_what)]
    if v is None:
        if len(expected) != 1 or expected[0].numel() != 1:
            raise RuntimeError(f"{name}: v may be left out only if {whose} one number")
        return [ones_like(expected[0])]
    parts = v if isinstance(v, tuple) else (v,)
    _require_tensors(name, "v", parts)
    have, shapes = [tuple(x.shape) for x in parts], [tuple(x.shape) for x in expected]
    if have != shapes:
        raise RuntimeError(f"{name}: v has the shapes {have}, not {shapes}")
    return list(parts)


def _outside(result: Any, create_graph: bool) -> Any:
    """The results, outside of the record unless a graph is wanted."""
    if create_graph:
        return result
    return like(result, iter([as_tensor(x).detach() for x in leaves(result)]))


def _strategy(name: str, strategy: str, strict: bool, vectorize: bool) -> Any:
    known = {"reverse-mode": f.jacrev, "forward-mode": f.jacfwd}
    if strategy not in known:
        raise ValueError(f"{name}: the strategy is one of {list(known)}, not {strategy!r}")
    if strict and vectorize:
        raise RuntimeError(f"{name}: give strict=True or vectorize=True, not both")
    if strict and strategy == "forward-mode":
        raise RuntimeError(f"{name}: strict=True goes with the strategy reverse-mode only")
    return known[strategy]


def _require_dependence(
    name: str, func: Any, args: tuple[Any, ...], pairwise: bool = False, twice: bool = False
) -> None:
    """What `strict` asks for: the results depend on the inputs (each on each, if `pairwise`), and
    if `twice` so does the gradient."""
    with enable_grad():
        call = TracedCall(name, func, args, range(len(args)), False, {})
    reached = [call.reached(y) for y in call.ys]
    for k, row in enumerate(reached):
        if not any(row):
            raise RuntimeError(f"{name}: strict=True, but result {k} does not depend on the inputs")
    rows = reached if pairwise else [[any(column) for column in zip(*reached, strict=True)]]
    for k, row in enumerate(rows):
        if not all(row):
            what = f"result {k} of func" if pairwise else "func"
            raise RuntimeError(
                f"{name}: strict=True, but {what} does not depend on input {row.index(False)}"
            )
    if not twice:
        return
    with enable_grad():
        total = sum(y.sum() for y in call.ys)
        slopes = grad(total, call.xs, create_graph=True)  # type: ignore[arg-type]
    for i, slope in enumerate(slopes):
        if not any(call.reached(slope)):
            raise RuntimeError(
                f"{name}: strict=True, but the gradient with respect to input {i} does not depend "
                "on the inputs"
            )
