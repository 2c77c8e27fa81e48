"""Names for the tensors of a picture: of a Module, a dict, a list, or pairs of name and Tensor."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..tensor import Tensor


def names_of(params: Any, who: str) -> dict[str, Tensor]:
    """The tensors by their names.

    Parameters
    ----------
    params : Module, dict of str to Tensor, list of Tensor, pairs of str and Tensor, or None
        A Module names its parameters and buffers; the tensors of a list are named by their place.
    who : str
        The function that was called, for the message of an error.

    Returns
    -------
    dict of str to Tensor
        Each name and its tensor.

    Raises
    ------
    TypeError
        If something else was given, or what was given holds something else.
    ValueError
        If one name stands for two tensors.
    """
    if params is None:
        return {}
    names: dict[str, Tensor] = {}
    for name, x in _pairs(params, who):
        if not isinstance(name, str):
            raise TypeError(f"{who}: the name of a tensor is a str, not {type(name).__name__}")
        if not isinstance(x, Tensor):
            given = type(x).__name__
            raise TypeError(f"{who}: {name!r} should name a Tensor, not {given}")
        if names.setdefault(name, x) is not x:
            raise ValueError(
                f"{who}: two tensors are called {name!r}: give each a name of its own, as in "
                "dict(encoder=x, decoder=y)"
            )
    return names


def _pairs(params: Any, who: str) -> Iterable[tuple[Any, Any]]:
    if isinstance(params, Tensor) or not (
        isinstance(params, Iterable) or hasattr(params, "named_parameters")
    ):
        raise TypeError(
            f"{who}: tensors are named by a Module, a dict of str to Tensor, a list of tensors, or "
            f"pairs as in model.named_parameters(), not by {type(params).__name__}"
        )
    if hasattr(params, "named_parameters"):
        return _of_module(params)
    if isinstance(params, Mapping):
        return [pair for name, x in params.items() for pair in _of_entry(name, x)]
    listed = list(params)
    if all(isinstance(x, tuple) and len(x) == 2 for x in listed):
        return listed
    return [pair for i, x in enumerate(listed) for pair in _of_entry(str(i), x)]


def _of_entry(name: Any, x: Any) -> list[tuple[Any, Any]]:
    """A tensor, or all of a Module, under a name."""
    if not hasattr(x, "named_parameters"):
        return [(name, x)]
    return [(f"{name}.{inner}", tensor) for inner, tensor in _of_module(x)]


def _of_module(module: Any) -> list[tuple[str, Any]]:
    return [*module.named_parameters(), *module.named_buffers()]
