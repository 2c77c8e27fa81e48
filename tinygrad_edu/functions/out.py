"""`out=`: the result of a function is written into a tensor that the caller gives.

>>> import tinygrad_edu as tg
>>> y = tg.zeros(3)
>>> tg.add(tg.ones(3), 1, out=y) is y, y
(True, tensor([2., 2., 2.]))

A function says that it takes one where it is declared: `@public(out=True)` (see `registry.py`).
"""

from __future__ import annotations

import warnings
from inspect import signature
from typing import Any

import numpy as np

from .. import registry
from ..dtypes import can_cast
from ..engine import graph
from ..engine.clock import caller_level
from ..engine.grad_mode import mode, no_grad


def into(out: Any, function: Any, inputs: tuple[Any, ...], settings: dict[str, Any]) -> Any:
    """The result of function(*inputs, **settings), written into `out`: a tensor, or a tuple of
    them for a function of several results."""
    name = function.__name__
    outs: Any = out if isinstance(out, tuple | list) else (out,)
    for x in outs:
        if not isinstance(x, graph.TensorBase):
            raise TypeError(f"{name}: out= is a Tensor, not {type(x).__name__}")
    if settings.get("dtype") is None and _has_dtype(function):
        settings = settings | {"dtype": outs[0].dtype}
    return written_to(out, function(*inputs, **settings), name, warns=_reads_tensors(inputs))


def _has_dtype(function: Any) -> bool:
    return "dtype" in signature(function).parameters


def _reads_tensors(inputs: tuple[Any, ...]) -> bool:
    """Not so for `zeros`, `arange` ..., of whose shape PyTorch does not warn."""
    flat = [y for x in inputs for y in (x if isinstance(x, tuple | list) else (x,))]
    return any(isinstance(x, graph.TensorBase) for x in flat)


def written_to(out: Any, result: Any, name: str, warns: bool = True) -> Any:
    """The result; written into `out`, if that is given, which takes its shape.  Raises RuntimeError
    where a gradient is involved, or the dtype does not fit."""
    if out is None:
        return result
    outs, results = (x if isinstance(x, tuple | list) else (x,) for x in (out, result))
    if len(results) != len(outs):
        raise TypeError(f"{name}: out= is {len(results)} tensors, and {len(outs)} are given")
    for x, y in zip(outs, results, strict=True):
        _check(name, x, y, exactly=len(outs) > 1)
    for x, y in zip(outs, results, strict=True):
        if x.shape != y.shape:
            _resize(name, x, y, warns)
        with no_grad():
            x.copy_(y)
    return getattr(type(result), "_make", tuple)(outs) if isinstance(result, tuple) else out


def _check(name: str, out: Any, result: Any, exactly: bool) -> None:
    if mode.recording and (out.node is not None or result.node is not None):
        raise RuntimeError(
            f"{name}: functions with out=... arguments don't support automatic differentiation, "
            f"but one of the arguments requires grad.  Write y = {name}(...), or detach() it"
        )
    if not can_cast(result.dtype, out.dtype) or (exactly and result.dtype != out.dtype):
        raise RuntimeError(
            f"{name}: result type {result.dtype} can't be cast to the desired output type "
            f"{out.dtype}; give out= of {result.dtype}"
        )


def _resize(name: str, out: Any, result: Any, warns: bool) -> None:
    """Give `out` memory for the result, in its own dtype."""
    if warns and out.array.size:
        warnings.warn(
            f"An output with one or more elements was resized since it had shape "
            f"{list(out.shape)}, which does not match the required output shape "
            f"{list(result.shape)}.  {name}(out=) takes a tensor of that shape, or an empty one",
            UserWarning,
            stacklevel=caller_level(),
        )
    out.data = graph.Tensor(np.empty(result.shape, out.dtype))


registry.into = into
