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

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import wraps
from itertools import starmap
from typing import Any

import numpy as np

from . import ops
from .creation import as_tensor
from .engine.backward import ops_behind, replay
from .engine.clock import clock
from .engine.grad_mode import enable_grad, mode
from .engine.graph import Node, TensorBase
from .engine.leaf import free
from .functions import select, zeros_like
from .tensor import Tensor

__all__ = ["functional_call", "grad", "hessian", "hvp", "jacfwd", "jacobian", "jacrev", "jvp"]
__all__ += ["linearize", "value_and_grad", "vjp", "vmap"]

Function = Callable[..., Any]
Argnums = int | Sequence[int]

# ---------------------------------------------------------------- trees


def leaves(tree: Any) -> list[Any]:
    """What hangs in a tree of dicts, lists and tuples, from left to right; None holds nothing."""
    if isinstance(tree, dict):
        tree = list(tree.values())
    elif not isinstance(tree, list | tuple):
        return [] if tree is None else [tree]
    return [leaf for branch in tree for leaf in leaves(branch)]


def like(tree: Any, given: Iterator[Any]) -> Any:
    """A tree of the same form, with the given leaves."""
    if isinstance(tree, dict):
        return {name: like(branch, given) for name, branch in tree.items()}
    if isinstance(tree, list | tuple):
        branches = [like(branch, given) for branch in tree]
        return type(tree)(*branches) if hasattr(tree, "_fields") else type(tree)(branches)
    return None if tree is None else next(given)


# ---------------------------------------------------------------- a call, followed


def pulled(
    ys: Sequence[Tensor], us: Sequence[Any], ends: Iterable[Any], freed_by: Any = None, **how: Any
) -> dict[Node, Any]:
    """dL/d(end) for each of these Nodes that a y depends on, given u = dL/dy for each y (None
    is 0); `how` is what else `replay` is told."""
    roots: dict[Node, Any] = {}
    for y, u in zip(ys, us, strict=True):
        if y.node is not None and u is not None:
            roots[y.node] = roots[y.node] + u if y.node in roots else u
    wanted, found = set(ends), {}
    for node, g, _ in replay(roots, only=wanted, **how):
        if node in wanted:
            found[node] = g
        if freed_by is not None:
            free(node, freed_by)
    return found


class Followed:
    """A call y = f(*args), and the way back from y to the arguments x that are followed."""

    aux: Any

    def __init__(
        self, name: str, f: Function, args: Any, argnums: Argnums, has_aux: bool, kwargs: Any
    ) -> None:
        self.title = f"{name} of {getattr(f, '__name__', f)}"
        chosen: Any = (argnums,) if isinstance(argnums, int) else argnums
        if not all(-len(args) <= k < len(args) for k in chosen):
            raise IndexError(f"{self.title}: there is no argument {argnums} among {len(args)}")
        given, start, outside = list(args), next(clock), mode.recording
        with enable_grad():
            for k in chosen:
                given[k] = like(args[k], iter([self._inner(x, k) for x in leaves(args[k])]))
            y = f(*given, **kwargs)
        self.y, self.aux = y if has_aux else (y, None)
        self.ys = [as_tensor(y) for y in leaves(self.y)]
        self.x = args[argnums] if isinstance(argnums, int) else tuple([args[k] for k in chosen])
        self.xs: list[Tensor] = leaves([given[k] for k in chosen])
        self.of_arrays = not any(isinstance(x, TensorBase) for x in leaves(args))
        ends = {y.node: None for y in self.ys if y.node}
        behind = {*ends, *[parent for node in ops_behind(ends) for parent in node.inputs]}
        self.nested = outside and any(node and node.tick < start for node in behind)

    def _inner(self, x: Any, k: int) -> Tensor:
        """x under a Node of its own, where the record of this call ends."""
        t = as_tensor(x)
        if t.dtype.kind != "f":
            raise TypeError(f"{self.title}: argument {k} holds {t.dtype}, not floats; see float()")
        return ops.reshape(t, shape=t.shape) if t.node else t.detach().requires_grad_()

    def pull(self, ys: Sequence[Tensor], us: Sequence[Any], xs: Sequence[Tensor]) -> list[Any]:
        """dL/dx for each x, given u = dL/dy for each y."""
        found: dict[Any, Any] = pulled(ys, us, [x.node for x in xs], create_graph=self.nested)
        return [found[x.node] if x.node in found else self._replayed(zeros_like(x)) for x in xs]

    def _replayed(self, x: Tensor) -> Any:
        """x as the replay wants it."""
        return x if self.nested else x.array

    def given(self, tree: Any, expected: Sequence[Tensor], what: str) -> list[Any]:
        """The leaves of a tree, which must have the shapes of what is expected."""
        found = [as_tensor(leaf) for leaf in leaves(tree)]
        have, shapes = [tuple(x.shape) for x in found], [tuple(x.shape) for x in expected]
        if have != shapes:
            raise ValueError(f"{self.title}: the {what} have the shapes {have}, not {shapes}")
        self.nested = self.nested or (mode.recording and any(x.node for x in found))
        pairs = zip(found, expected, strict=True)
        return [self._replayed(x.astype(e.dtype)) for x, e in pairs]

    def shown(self, tree: Any, values: Iterable[Any]) -> Any:
        """A tree of this form of results: in the record around this call, if it leads here."""
        tensors = [as_tensor(x) if self.nested else Tensor(np.array(x)) for x in values]
        return like(tree, iter([t.array if self.of_arrays and not t.node else t for t in tensors]))

    def value(self) -> Any:
        return self.shown(self.y, self.ys if self.nested else [y.array for y in self.ys])


# ---------------------------------------------------------------- gradients


def value_and_grad(f: Function, argnums: Argnums = 0, has_aux: bool = False) -> Function:
    """The function that returns y = f(...), one number, and dy/dx, x being the argument that
    `argnums` says (a tuple of derivatives for several).

    With `has_aux` f returns (y, anything else), and this ((y, anything else), dy/dx).  Raises
    RuntimeError if y is not one number, TypeError if x does not hold floats.
    """

    @wraps(f)
    def both(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        call = Followed("grad", f, args, argnums, has_aux, kwargs)
        if [y.numel() for y in call.ys] != [1]:
            shapes = [tuple(y.shape) for y in call.ys]
            raise RuntimeError(f"{call.title}: it returned {shapes}; take the sum(), or see jacrev")
        one = call.given(np.ones(call.ys[0].shape), call.ys, "one")
        value = (call.value(), call.aux) if has_aux else call.value()
        return value, call.shown(call.x, call.pull(call.ys, one, call.xs))

    return both


def grad(f: Function, argnums: Argnums = 0, has_aux: bool = False) -> Function:
    """The function that returns df/dx: see `value_and_grad`.  With `has_aux`, (df/dx, the rest)."""
    both = value_and_grad(f, argnums, has_aux)

    @wraps(f)
    def gradient(*args: Any, **kwargs: Any) -> Any:
        value, g = both(*args, **kwargs)
        return (g, value[1]) if has_aux else g

    return gradient


# ---------------------------------------------------------------- J from the left and right


def vjp(f: Function, *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
    """y = f(*primals), and the function u -> u' J, J being the Jacobian dy/d(primals): one reverse
    pass for each u; it returns a tuple, one for each primal.  With `has_aux`, (y, function, rest).

    >>> y, back = vjp(lambda x: x * x, np.array([1.0, 2.0]))
    >>> y, back(np.array([1.0, 10.0]))
    (array([1., 4.]), (array([ 2., 40.]),))
    """
    call = Followed("vjp", f, primals, range(len(primals)), has_aux, {})

    def back(cotangents: Any) -> Any:
        us = call.given(cotangents, call.ys, "cotangents")
        return call.shown(call.x, call.pull(call.ys, us, call.xs))

    return (call.value(), back, *[call.aux] * has_aux)


def linearize(f: Function, *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
    """y = f(*primals), and the function v -> J v, for as many v as are wanted.

    The reverse pass u -> u' J is linear in u.  So it is recorded once, and its own reverse pass
    takes v to J v: forward mode, out of the same rules, at the cost of one pass for each v.
    """
    call = Followed("jvp", f, primals, range(len(primals)), has_aux, {})
    gs, us = _transposed(call)

    def forward(*tangents: Any) -> Any:
        vs = call.given(tangents, call.xs, "tangents")
        return call.shown(call.y, call.pull(gs, vs, us))

    return (call.value(), forward, *[call.aux] * has_aux)


def _transposed(call: Followed) -> tuple[list[Tensor], list[Tensor]]:
    """The reverse pass as a record: what comes out of it, and the u = dL/dy that went in."""
    us = [zeros_like(y).detach().requires_grad_(y.dtype.kind == "f") for y in call.ys]
    with enable_grad():
        return [as_tensor(g) for g in call.pull(call.ys, us, call.xs)], us


def jvp(f: Function, primals: Any, tangents: Any, *, has_aux: bool = False) -> tuple[Any, ...]:
    """(f(*primals), J v), J being the Jacobian and v the tangents: see `linearize`.

    >>> jvp(np.sin, (np.array(0.0),), (np.array(2.0),))
    (array(0.), array(2.))
    """
    y, forward, *aux = linearize(f, *primals, has_aux=has_aux)
    return (y, forward(*tangents), *aux)


def hvp(f: Function, primals: Any, tangents: Any) -> Any:
    """H v, one for each primal, H being the Hessian of f, a function to one number: the gradient,
    then its derivative against v, two reverse passes (Pearlmutter, 1994; H is symmetric)."""
    return vjp(grad(f, range(len(primals))), *primals)[1](tuple(tangents))


# ---------------------------------------------------------------- all of J


def jacrev(f: Function, argnums: Argnums = 0, has_aux: bool = False) -> Function:
    """The function that returns J = dy/dx, of shape (*y.shape, *x.shape), row by row: one reverse
    pass for each number in y.  A tree of results holds a tree of arguments in each leaf.

    >>> jacrev(lambda x: x * x)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    """
    return _jacobian("jacrev", f, argnums, has_aux)


def jacfwd(f: Function, argnums: Argnums = 0, has_aux: bool = False) -> Function:
    """`jacrev`, column by column: one forward pass (see `linearize`) for each number in x."""
    return _jacobian("jacfwd", f, argnums, has_aux)


jacobian = jacrev


def hessian(f: Function, argnums: Argnums = 0) -> Function:
    """The function that returns d^2 y / dx^2, of shape (*y.shape, *x.shape, *x.shape)."""
    return jacrev(jacrev(f, argnums), argnums)


def _jacobian(name: str, f: Function, argnums: Argnums, has_aux: bool) -> Function:
    @wraps(f)
    def jacobian(*args: Any, **kwargs: Any) -> Any:
        call = Followed(name, f, args, argnums, has_aux, kwargs)
        if name == "jacrev":
            rows: Any = [_swept(call, y, call.xs, 0) for y in call.ys]
        else:
            gs, us = _transposed(call)
            rows = zip(*[_swept(call, g, us, -1) for g in gs], strict=True)
        J = like(call.y, iter([call.shown(call.x, row) for row in rows]))
        return (J, call.aux) if has_aux else J

    return jacobian


def _swept(call: Followed, y: Tensor, xs: Sequence[Tensor], axis: int) -> list[Any]:
    """dy/dx for each x, the numbers of y along the first axes, or (-1) along the last ones."""
    places = np.arange(y.numel()).reshape(y.shape)
    units = (Tensor((places == k).astype(y.dtype)) for k in range(y.numel()))
    found = [call.pull([y], [call._replayed(unit)], xs) for unit in units]
    shapes = [y.shape + x.shape if axis == 0 else x.shape + y.shape for x in xs]
    if not found:
        return [np.zeros(shape) for shape in shapes]
    columns = zip(*found, strict=True)
    stacks = [ops.stack(*column, axis=axis) for column in columns]
    return [ops.reshape(x, shape=shape) for x, shape in zip(stacks, shapes, strict=True)]


# ---------------------------------------------------------------- functions of batches, of modules


def vmap(f: Function, in_dims: Any = 0, out_dims: int = 0) -> Function:
    """The function that calls f for each slice of its arguments along `in_dims` (for all of them,
    or one for each; None hands an argument on whole), and stacks the results along `out_dims`.

    It is a loop: n slices take n calls.

    >>> vmap(np.dot)(np.eye(2), np.array([[1.0, 2.0], [3.0, 4.0]]))
    array([1., 4.])
    """

    @wraps(f)
    def mapped(*args: Any, **kwargs: Any) -> Any:
        dims = in_dims if isinstance(in_dims, tuple | list) else [in_dims] * len(args)
        pairs = list(zip(args, dims, strict=True))
        sizes = {leaf.shape[d] for arg, d in pairs if d is not None for leaf in leaves(arg)}
        if len(sizes) != 1:
            raise ValueError(f"vmap: slices along {in_dims} must be equally many, not {sizes}")

        def slice_of(arg: Any, dim: int | None, k: int) -> Any:
            return arg if dim is None else like(arg, (select(x, dim, k) for x in leaves(arg)))

        ks = range(sizes.pop())
        results = [f(*[slice_of(*pair, k) for pair in pairs], **kwargs) for k in ks]
        columns = zip(*map(leaves, results), strict=True)
        return like(results[0], (ops.stack(*column, axis=out_dims) for column in columns))

    return mapped


def functional_call(
    module: Any, parameters_and_buffers: Any, args: Any = (), kwargs: Any = None
) -> Any:
    """module(*args, **kwargs), computed with other parameters and buffers: a dict by their paths
    (or several), which may leave some out.  The module's own are as before afterwards.

    Raises ValueError for a path that the module has not.
    """
    own = {**dict(module.named_parameters()), **dict(module.named_buffers())}
    several = isinstance(parameters_and_buffers, tuple | list)
    dicts = parameters_and_buffers if several else [parameters_and_buffers]
    given = {path: tensor for one in dicts for path, tensor in one.items()}
    if unknown := given.keys() - own.keys():
        raise ValueError(f"functional_call: the module has no {sorted(unknown)}, only {list(own)}")
    exchanged = [(own[path], tensor) for path, tensor in given.items()]
    put, back = [
        [(x, name, getattr(source, name)) for x, source in pairs for name in ("array", "node")]
        for pairs in (exchanged, [(x, x) for x, _ in exchanged])
    ]
    try:
        any(starmap(setattr, put))
        return module(*(args if isinstance(args, tuple) else (args,)), **(kwargs or {}))
    finally:
        any(starmap(setattr, back))  # one call, written in C: Ctrl-C cannot come between
