"""A function of one example, for a batch of them."""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from .. import ops
from ..engine.graph import shape_of
from ..functions import select
from ..rng import drawn_from
from .traced_call import Function
from .trees import leaves, like, spread


def vmap(
    func: Function,
    in_dims: Any = 0,
    out_dims: Any = 0,
    randomness: str = "error",
    *,
    chunk_size: int | None = None,
) -> Function:
    """Vectorize a function: call it for each slice of its arguments, and stack the results.

    It is a loop: n slices take n calls.  So any function can be mapped, also one that prints,
    branches on values, or calls NumPy.

    Parameters
    ----------
    func : callable
        Takes and returns tensors, arrays, or trees of them (dicts, lists, tuples).
    in_dims : int, None, or a tuple of them, default 0
        Along which dimension each positional argument is cut into slices; None hands an argument on
        whole.  An entry may itself be a dict, list or tuple of the form of its argument.  Keyword
        arguments are handed on whole.
    out_dims : int, None, or a tree of them, default 0
        Along which dimension the results are stacked; None takes the result of the first slice,
        for what is the same for all.
    randomness : {"error", "different", "same"}, default "error"
        Random numbers that `func` draws: an error, different for each slice, or the same for all.
    chunk_size : int, default None
        Accepted for PyTorch's sake: a loop holds one slice at a time in any case.

    Returns
    -------
    callable
        The function of whole batches.

    Raises
    ------
    ValueError
        If `in_dims` or `out_dims` do not fit, or the dimensions that are cut differ in size.
    RuntimeError
        If `func` draws random numbers, unless `randomness` allows it.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu.func import vmap
    >>> vmap(np.dot)(np.eye(2), np.array([[1.0, 2.0], [3.0, 4.0]]))
    array([1., 4.])

    The gradient of each example by itself:

    >>> import tinygrad_edu as tg
    >>> slope = tg.func.grad(lambda w, x: (w * x) ** 2)
    >>> vmap(slope, in_dims=(None, 0))(tg.tensor(1.0), tg.tensor([1.0, 2.0, 3.0]))
    tensor([ 2.,  8., 18.])
    """
    if randomness not in ("error", "different", "same"):
        raise RuntimeError(f"vmap: randomness is 'error', 'different' or 'same', not {randomness}")
    if chunk_size is not None and chunk_size <= 0:
        raise ValueError(f"vmap: chunk_size is None or above 0, not {chunk_size}")

    @wraps(func)
    def mapped(*args: Any, **kwargs: Any) -> Any:
        given, dims = leaves(args), _dims_of(in_dims, args)
        size = _size(given, dims)

        def call(k: int) -> Any:
            slices = (_slice(x, d, k, size) for x, d in zip(given, dims, strict=True))
            return func(*like(args, slices), **kwargs)

        return _stacked(list(_results(call, max(size, 1), randomness)), out_dims, size)

    return mapped


def _dims_of(in_dims: Any, args: tuple[Any, ...]) -> list[Any]:
    """The dimension along which each leaf of the arguments is cut into slices."""
    if not args:
        raise ValueError("vmap: the function was called without arguments, so nothing is mapped")
    try:
        dims = spread(in_dims, args)
    except TypeError as error:
        raise ValueError(
            f"vmap: in_dims={in_dims!r} is an int, or has an entry for each argument: {error}"
        ) from None
    if all(dim is None for dim in dims):
        raise ValueError(f"vmap: in_dims={in_dims!r} says of no argument along what it is mapped")
    return dims


def _size(given: list[Any], dims: list[Any]) -> int:
    """How many slices there are."""
    sizes = set()
    for x, dim in zip(given, dims, strict=True):
        if dim is None:
            continue
        shape = shape_of(x)
        if not -len(shape) <= dim < len(shape):
            what = f"shape {tuple(shape)}" if shape else f"{x!r}, which has no dimension"
            raise ValueError(
                f"vmap: in_dims={dim} for an argument of {what}; None hands it on whole"
            )
        sizes.add(shape[dim])
    if len(sizes) != 1:
        raise ValueError(f"vmap: the mapped dimensions must be equally long, not {sizes}")
    return int(sizes.pop())


def _slice(x: Any, dim: int | None, k: int, size: int) -> Any:
    """The k-th slice of an argument; of an empty one, zeros, which show the shape of the result."""
    if dim is None:
        return x
    if size == 0:
        return ops.sum(x, axis=dim)
    return select(x, dim, k)


def _results(call: Callable[[int], Any], count: int, randomness: str) -> Iterable[Any]:
    """The result for each slice, with the random numbers that were asked for."""
    with drawn_from() as states:
        yield call(0)
    if states and randomness == "error":
        raise RuntimeError(
            "vmap: the function draws random numbers; say randomness='different' for others in "
            "each slice, or randomness='same' for the same in all"
        )
    for k in range(1, count):
        if randomness == "same":
            for generator, state in states.items():
                generator.set_state(state)
        yield call(k)


def _stacked(results: list[Any], out_dims: Any, size: int) -> Any:
    """The results of all slices side by side, in trees of the form of the first."""
    try:
        dims = spread(out_dims, results[0])
    except TypeError as error:
        raise ValueError(
            f"vmap: out_dims={out_dims!r} is an int, or has an entry for each result: {error}"
        ) from None
    columns = zip(*map(leaves, results), strict=True)
    stacks = (
        column[0] if dim is None else _stack(column, dim, size)
        for column, dim in zip(columns, dims, strict=True)
    )
    return like(results[0], stacks)


def _stack(column: tuple[Any, ...], dim: int, size: int) -> Any:
    whole = ops.stack(*column, axis=dim)
    if size:
        return whole
    return ops.getitem(whole, key=(*[slice(None)] * (dim % whole.ndim), slice(0, 0)))
