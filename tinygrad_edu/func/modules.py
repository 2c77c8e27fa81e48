"""Modules as functions of their parameters."""

from collections.abc import Iterator, Sequence
from itertools import starmap
from typing import Any

from .. import ops
from ..creation import as_tensor
from ..engine.grad_mode import no_grad


def functional_call(
    module: Any,
    parameter_and_buffer_dicts: Any,
    args: Any = None,
    kwargs: dict[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """Call a module with other parameters and buffers in place of its own.

    The module's own are as before afterwards.

    Parameters
    ----------
    module : nn.Module
    parameter_and_buffer_dicts : dict, or a sequence of dicts
        Tensors by their paths, as in `named_parameters()`.  What is left out stays as it is; of a
        path in several dicts the last counts.
    args : tuple or any other object, default None
        The arguments of the call; what is no tuple is the only one, None is none.
    kwargs : dict, default None
        The keyword arguments of the call.
    tie_weights : bool, default True
        A tensor that stands for a shared parameter takes its place under all of its paths.
        Otherwise only under the path that was given.
    strict : bool, default False
        Require a tensor for every parameter and buffer.

    Returns
    -------
    What the module returns.

    Raises
    ------
    ValueError
        For a path that the module does not have, and for different tensors under the paths of one
        shared parameter (unless not `tie_weights`).
    RuntimeError
        With `strict`, if a path is missing or unknown.

    Examples
    --------
    >>> import nn, tinygrad_edu as tg
    >>> layer = nn.Linear(2, 1)
    >>> given = {"weight": tg.ones(1, 2), "bias": tg.zeros(1)}
    >>> tg.func.functional_call(layer, given, tg.tensor([1.0, 2.0]))
    tensor([3.])

    Differs from PyTorch: an unknown path is an error also without `strict`.
    """
    owners = {path: (holder, name, x) for path, holder, name, x in _state(module)}
    given = _merged(parameter_and_buffer_dicts)
    _check_paths(owners, given, strict)
    if tie_weights:
        _check_ties(owners, given)
        exchanged = [(owners[path][2], tensor) for path, tensor in given.items()]
        change: Any = setattr
        put, back = [
            [(x, name, getattr(source, name)) for x, source in pairs for name in ("array", "node")]
            for pairs in (exchanged, [(x, x) for x, _ in exchanged])
        ]
    else:
        change = dict.__setitem__
        places = [(owners[path], tensor) for path, tensor in given.items()]
        put = [(holder.__dict__, name, tensor) for (holder, name, _), tensor in places]
        back = [(holder.__dict__, name, own) for (holder, name, own), _ in places]
    positional = args if isinstance(args, tuple) else () if args is None else (args,)
    try:
        any(starmap(change, put))
        return module(*positional, **(kwargs or {}))
    finally:
        any(starmap(change, back))  # one call, written in C: Ctrl-C cannot come between


def _state(module: Any) -> Iterator[tuple[str, Any, str, Any]]:
    """Path, module, name and tensor of each parameter and buffer; a shared one several times."""
    for path, holder in module.named_modules(remove_duplicate=False):
        for held in (holder._parameters, holder._buffers):
            for name, tensor in held.items():
                if tensor is not None:
                    yield f"{path}.{name}" if path else name, holder, name, tensor


def _merged(dicts: Any) -> dict[str, Any]:
    several = dicts if isinstance(dicts, tuple | list) else [dicts]
    if not all(isinstance(one, dict) for one in several):
        kinds = ", ".join(sorted({type(one).__name__ for one in several}))
        raise ValueError(f"functional_call: it takes a dict of tensors, or several, not {kinds}")
    return {path: as_tensor(tensor) for one in several for path, tensor in one.items()}


def _check_paths(owners: dict[str, Any], given: dict[str, Any], strict: bool) -> None:
    unknown = sorted(given.keys() - owners.keys())
    reached = {id(owners[path][2]) for path in given if path in owners}
    missing = [path for path, (_, _, own) in owners.items() if id(own) not in reached]
    if strict and (missing or unknown):
        raise RuntimeError(
            f"functional_call: with strict=True every parameter and buffer is given; missing: "
            f"{missing}, unknown: {unknown}"
        )
    if unknown:
        raise ValueError(f"functional_call: the module has no {unknown}, only {list(owners)}")


def _check_ties(owners: dict[str, Any], given: dict[str, Any]) -> None:
    first: dict[int, str] = {}
    for path, tensor in given.items():
        other = first.setdefault(id(owners[path][2]), path)
        if given[other] is not tensor:
            raise ValueError(
                f"functional_call: {other!r} and {path!r} are one shared parameter, and two "
                "tensors were given for it; say tie_weights=False to part them"
            )


def stack_module_state(models: Sequence[Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Stack the parameters and buffers of several modules of one kind, for `vmap`.

    Parameters
    ----------
    models : sequence of nn.Module
        Of the same class, all in training mode or all in evaluation mode.

    Returns
    -------
    params, buffers : dict of Tensor
        By path, of shape (len(models), *shape).  They are leaves; the parameters require grad.

    Raises
    ------
    RuntimeError
        If there is no model, or they differ in class or mode.

    Examples
    --------
    >>> import nn, tinygrad_edu as tg
    >>> models = [nn.Linear(2, 1) for _ in range(3)]
    >>> params, buffers = tg.func.stack_module_state(models)
    >>> params["weight"].shape
    torch.Size([3, 1, 2])
    >>> def call(params, buffers, x):
    ...     return tg.func.functional_call(models[0], (params, buffers), x)
    >>> tg.func.vmap(call, in_dims=(0, 0, None))(params, buffers, tg.ones(4, 2)).shape
    torch.Size([3, 4, 1])
    """
    models = list(models)
    if not models:
        raise RuntimeError("stack_module_state: give at least one model")
    if len({model.training for model in models}) > 1:
        raise RuntimeError("stack_module_state: some models are in training mode, some are not")
    if len(kinds := {type(model) for model in models}) > 1:
        names = ", ".join(sorted(kind.__name__ for kind in kinds))
        raise RuntimeError(f"stack_module_state: the models are of several classes: {names}")
    params = _side_by_side([dict(model.named_parameters()) for model in models])
    return params, _side_by_side([dict(model.named_buffers()) for model in models])


def _side_by_side(states: list[dict[str, Any]]) -> dict[str, Any]:
    """For each path a leaf that holds the tensors of all states."""
    stacked = {}
    for path, first in states[0].items():
        tensors = [state[path] for state in states]
        needed = {x.requires_grad for x in tensors}
        if len(needed) > 1:
            raise RuntimeError(f"stack_module_state: some {path} require grad, some do not")
        with no_grad():
            stacked[path] = ops.stack(*tensors, axis=0).detach()
        stacked[path].requires_grad_(first.requires_grad)
    return stacked
