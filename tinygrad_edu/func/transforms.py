"""Gradients, products with the Jacobian, and whole Jacobians of functions."""

from collections.abc import Sequence
from functools import wraps
from typing import Any

import numpy as np

from .. import ops
from ..creation import as_tensor
from ..engine.grad_mode import enable_grad
from ..functions import zeros_like
from ..tensor import Tensor
from .traced_call import Argnums, Function, TracedCall
from .trees import like

# ---------------------------------------------------------------- gradients


def value_and_grad(func: Function, argnums: Argnums = 0, has_aux: bool = False) -> Function:
    """Return the function that computes y = func(...), one number, and its gradient.

    Parameters
    ----------
    func : callable
        Returns one number: a tensor or array of one element.
    argnums : int or sequence of int, default 0
        The arguments by which to differentiate.
    has_aux : bool, default False
        `func` returns (y, anything else).

    Returns
    -------
    callable
        It returns (y, dy/dx), or with `has_aux` ((y, anything else), dy/dx).  dy/dx has the form of
        the argument x; for a sequence of `argnums` it is a tuple.

    Raises
    ------
    RuntimeError
        In a call, if y is not one number.
    TypeError
        In a call, if x does not hold floats.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.func.value_and_grad(lambda x: (x * x).sum())(tg.tensor([1.0, 2.0]))
    (tensor(5.), tensor([2., 4.]))

    Differs from PyTorch: its name there is `grad_and_value`, which returns the gradient first.
    """

    @wraps(func)
    def both(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        call = TracedCall("grad", func, args, argnums, has_aux, kwargs)
        if [y.numel() for y in call.ys] != [1]:
            shapes = [tuple(y.shape) for y in call.ys]
            raise RuntimeError(f"{call.title}: it returned {shapes}; take the sum(), or see jacrev")
        one = call.given(np.ones(call.ys[0].shape), call.ys, "one")
        value = (call.value(), call.aux) if has_aux else call.value()
        return value, call.as_results(call.x, call.pull(call.ys, one, call.xs))

    return both


def grad_and_value(func: Function, argnums: Argnums = 0, has_aux: bool = False) -> Function:
    """Return the function that computes the gradient of `func` and its value.

    Parameters
    ----------
    func : callable
        Returns one number: a tensor or array of one element.
    argnums : int or sequence of int, default 0
        The arguments by which to differentiate.
    has_aux : bool, default False
        `func` returns (y, anything else).

    Returns
    -------
    callable
        It returns (dy/dx, y), or with `has_aux` (dy/dx, (y, anything else)).

    See Also
    --------
    value_and_grad : the same, the value first.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.func.grad_and_value(lambda x: (x * x).sum())(tg.tensor([1.0, 2.0]))
    (tensor([2., 4.]), tensor(5.))
    """
    both = value_and_grad(func, argnums, has_aux)

    @wraps(func)
    def gradient_first(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        value, gradient = both(*args, **kwargs)
        return gradient, value

    return gradient_first


def grad(func: Function, argnums: Argnums = 0, has_aux: bool = False) -> Function:
    """Return the function that computes the gradient of `func`.

    Parameters
    ----------
    func : callable
        Returns one number: a tensor or array of one element.
    argnums : int or sequence of int, default 0
        The arguments by which to differentiate.
    has_aux : bool, default False
        `func` returns (y, anything else).

    Returns
    -------
    callable
        It returns dy/dx, or with `has_aux` (dy/dx, anything else).  dy/dx has the form of the
        argument x; for a sequence of `argnums` it is a tuple.

    Raises
    ------
    RuntimeError
        In a call, if y is not one number.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> slope = tg.func.grad(lambda x: x**3)
    >>> slope(tg.tensor(2.0)), tg.func.grad(slope)(tg.tensor(2.0))
    (tensor(12.), tensor(12.))
    """
    both = value_and_grad(func, argnums, has_aux)

    @wraps(func)
    def gradient(*args: Any, **kwargs: Any) -> Any:
        value, g = both(*args, **kwargs)
        return (g, value[1]) if has_aux else g

    return gradient


# ---------------------------------------------------------------- J from the left and right


def vjp(func: Function, *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
    """Compute y = func(*primals), and the function u -> u' J, J being the Jacobian dy/d(primals).

    Parameters
    ----------
    func : callable
        Returns a tensor or array, or a tree of them.
    *primals
        The arguments: tensors, arrays, or trees of them, that hold floats.
    has_aux : bool, default False
        `func` returns (y, anything else).

    Returns
    -------
    y
        The value.
    vjp_fn : callable
        Takes u, of the form and shapes of y, and returns a tuple: u' J for each primal.  Each call
        is one reverse pass.
    aux
        With `has_aux`, anything else that `func` returned.

    Raises
    ------
    ValueError
        In a call of `vjp_fn`, if u does not have the shapes of y.

    Examples
    --------
    >>> import numpy as np, tinygrad_edu as tg
    >>> y, vjp_fn = tg.func.vjp(lambda x: x * x, np.array([1.0, 2.0]))
    >>> y, vjp_fn(np.array([1.0, 10.0]))
    (array([1., 4.]), (array([ 2., 40.]),))
    """
    call = TracedCall("vjp", func, primals, range(len(primals)), has_aux, {})

    def vjp_fn(cotangents: Any) -> Any:
        us = call.given(cotangents, call.ys, "cotangents")
        return call.as_results(call.x, call.pull(call.ys, us, call.xs))

    return (call.value(), vjp_fn, *[call.aux] * has_aux)


def linearize(func: Function, *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
    """Compute y = func(*primals), and the function v -> J v, J being the Jacobian dy/d(primals).

    The reverse pass u -> u' J is linear in u.  So it is recorded once, and its own reverse pass
    takes v to J v: forward mode, out of the same rules, at the cost of one pass for each v.

    Parameters
    ----------
    func : callable
        Returns a tensor or array, or a tree of them.
    *primals
        The arguments: tensors, arrays, or trees of them, that hold floats.
    has_aux : bool, default False
        `func` returns (y, anything else).

    Returns
    -------
    y
        The value.
    jvp_fn : callable
        Takes v, one for each primal and of its shapes, and returns J v, of the form of y.
    aux
        With `has_aux`, anything else that `func` returned.

    Raises
    ------
    ValueError
        In a call of `jvp_fn`, if v does not have the shapes of the primals.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> y, jvp_fn = tg.func.linearize(lambda x: x * x, tg.tensor([1.0, 2.0]))
    >>> jvp_fn(tg.tensor([1.0, 0.0])), jvp_fn(tg.tensor([0.0, 1.0]))
    (tensor([2., 0.]), tensor([0., 4.]))
    """
    call = TracedCall("jvp", func, primals, range(len(primals)), has_aux, {})
    gs, us = _transposed(call)

    def jvp_fn(*tangents: Any) -> Any:
        vs = call.given(tangents, call.xs, "tangents")
        return call.as_results(call.y, call.pull(gs, vs, us))

    return (call.value(), jvp_fn, *[call.aux] * has_aux)


def _transposed(call: TracedCall) -> tuple[list[Tensor], list[Tensor]]:
    """The reverse pass as a record: what comes out of it, and the u = dL/dy that went in."""
    us = [zeros_like(y).detach().requires_grad_(y.dtype.kind == "f") for y in call.ys]
    with enable_grad():
        return [as_tensor(g) for g in call.pull(call.ys, us, call.xs)], us


def jvp(
    func: Function, primals: Any, tangents: Any, *, strict: bool = False, has_aux: bool = False
) -> tuple[Any, ...]:
    """Compute y = func(*primals) and J v, J being the Jacobian and v the tangents.

    Parameters
    ----------
    func : callable
        Returns a tensor or array, or a tree of them.
    primals : tuple
        The arguments: tensors, arrays, or trees of them, that hold floats.
    tangents : tuple
        The direction v, of the form and shapes of `primals`.
    strict : bool, default False
        Raise RuntimeError if some result does not depend on the primals, instead of returning 0.
    has_aux : bool, default False
        `func` returns (y, anything else).

    Returns
    -------
    (y, J v), or with `has_aux` (y, J v, anything else)

    Raises
    ------
    ValueError
        If the tangents do not have the shapes of the primals.

    Examples
    --------
    >>> import numpy as np, tinygrad_edu as tg
    >>> tg.func.jvp(np.sin, (np.array(0.0),), (np.array(2.0),))
    (array(0.), array(2.))
    """
    call = TracedCall("jvp", func, primals, range(len(primals)), has_aux, {})
    if strict and not all(any(call.reached(y)) for y in call.ys):
        raise RuntimeError(
            f"{call.title}: a result does not depend on the primals, which strict=True forbids"
        )
    gs, us = _transposed(call)
    vs = call.given(tuple(tangents), call.xs, "tangents")
    return (call.value(), call.as_results(call.y, call.pull(gs, vs, us)), *[call.aux] * has_aux)


def hvp(func: Function, primals: Any, tangents: Any) -> Any:
    """Compute H v, H being the Hessian of `func` and v the tangents, without computing H.

    It is the gradient, then its derivative against v: two reverse passes, as H is symmetric.

    Parameters
    ----------
    func : callable
        Returns one number.
    primals : tuple
        The arguments: tensors, arrays, or trees of them, that hold floats.
    tangents : tuple
        The direction v, of the form and shapes of `primals`.

    Returns
    -------
    tuple
        H v, a part for each primal.

    References
    ----------
    B. Pearlmutter, "Fast exact multiplication by the Hessian", Neural Computation 6 (1994).

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> x, v = tg.tensor([1.0, 2.0]), tg.tensor([1.0, 1.0])
    >>> tg.func.hvp(lambda x: (x**3).sum(), (x,), (v,))
    (tensor([ 6., 12.]),)
    """
    return vjp(grad(func, range(len(primals))), *primals)[1](tuple(tangents))


# ---------------------------------------------------------------- all of J


def jacrev(
    func: Function, argnums: Argnums = 0, has_aux: bool = False, chunk_size: int | None = None
) -> Function:
    """Return the function that computes the Jacobian J = dy/dx row by row, in reverse mode.

    It takes one reverse pass for each element of y, so it is the better choice where y has fewer
    elements than x.

    Parameters
    ----------
    func : callable
        Returns a tensor or array, or a tree of them.
    argnums : int or sequence of int, default 0
        The arguments by which to differentiate.
    has_aux : bool, default False
        `func` returns (y, anything else).
    chunk_size : int, default None
        Accepted for PyTorch's sake: rows are computed one by one in any case.

    Returns
    -------
    callable
        It returns J, of shape (*y.shape, *x.shape), or with `has_aux` (J, anything else).  For
        trees, J has the form of y, and each leaf the form of x.

    Examples
    --------
    >>> import numpy as np, tinygrad_edu as tg
    >>> tg.func.jacrev(lambda x: x * x)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    """
    if chunk_size is not None and chunk_size <= 0:
        raise ValueError(f"jacrev: chunk_size is None or above 0, not {chunk_size}")
    return _jacobian("jacrev", func, argnums, has_aux)


def jacfwd(
    func: Function, argnums: Argnums = 0, has_aux: bool = False, *, randomness: str = "error"
) -> Function:
    """Return the function that computes the Jacobian J = dy/dx column by column, in forward mode.

    It takes one pass for each element of x (see `linearize`), so it is the better choice where x
    has fewer elements than y.

    Parameters
    ----------
    func : callable
        Returns a tensor or array, or a tree of them.
    argnums : int or sequence of int, default 0
        The arguments by which to differentiate.
    has_aux : bool, default False
        `func` returns (y, anything else).
    randomness : {"error", "different", "same"}, default "error"
        Accepted for PyTorch's sake: `func` is called once, so all columns see the same random
        numbers.

    Returns
    -------
    callable
        It returns J, of shape (*y.shape, *x.shape), or with `has_aux` (J, anything else).

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.func.jacfwd(lambda t: tg.stack([t * t, t]))(tg.tensor(0.0))
    tensor([0., 1.])
    """
    return _jacobian("jacfwd", func, argnums, has_aux)


jacobian = jacrev


def hessian(func: Function, argnums: Argnums = 0) -> Function:
    """Return the function that computes the Hessian d^2 y / dx^2.

    Parameters
    ----------
    func : callable
        Returns a tensor or array, or a tree of them.
    argnums : int or sequence of int, default 0
        The arguments by which to differentiate.

    Returns
    -------
    callable
        It returns the Hessian, of shape (*y.shape, *x.shape, *x.shape).

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.func.hessian(lambda x: (x**3).sum())(tg.tensor([1.0, 2.0]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    return jacrev(jacrev(func, argnums), argnums)


def _jacobian(name: str, func: Function, argnums: Argnums, has_aux: bool) -> Function:
    @wraps(func)
    def jacobian(*args: Any, **kwargs: Any) -> Any:
        call = TracedCall(name, func, args, argnums, has_aux, kwargs)
        if name == "jacrev":
            rows: Any = [_jacobian_rows(call, y, call.xs, 0) for y in call.ys]
        else:
            gs, us = _transposed(call)
            rows = zip(*[_jacobian_rows(call, g, us, -1) for g in gs], strict=True)
        J = like(call.y, iter([call.as_results(call.x, row) for row in rows]))
        return (J, call.aux) if has_aux else J

    return jacobian


def _jacobian_rows(call: TracedCall, y: Tensor, xs: Sequence[Tensor], axis: int) -> list[Any]:
    """dy/dx for each x, a row for each element of y: along the first axes, or (-1) the last."""
    places = np.arange(y.numel()).reshape(y.shape)
    units = (Tensor((places == k).astype(y.dtype)) for k in range(y.numel()))
    found = [call.pull([y], [call.replayed(unit)], xs) for unit in units]
    shapes = [y.shape + x.shape if axis == 0 else x.shape + y.shape for x in xs]
    if not found:
        return [np.zeros(shape) for shape in shapes]
    columns = zip(*found, strict=True)
    stacks = [ops.stack(*column, axis=axis) for column in columns]
    return [ops.reshape(x, shape=shape) for x, shape in zip(stacks, shapes, strict=True)]
