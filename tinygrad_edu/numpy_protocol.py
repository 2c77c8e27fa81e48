"""NumPy speaks it: `np.exp(tensor)` calls our op, because the op is declared with `numpy=np.exp`.

>>> import numpy as np, tinygrad_edu as tg
>>> x = tg.tensor([0.0, 1.0], requires_grad=True)
>>> np.add.__class__, np.exp(x)
(<class 'numpy.ufunc'>, tensor([1.0000, 2.7183], grad_fn=<ExpBackward0>))

What has no mapping raises TypeError with its name: a silent object array would be worse.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from . import graph, ops
from .graph import OPS, TensorBase

F = TypeVar("F", bound=Callable[..., Any])

_ANSWERS: dict[Any, Callable[..., Any]] = {np.amax: ops.amax, np.amin: ops.amin}
_ANSWERS |= {call.op.numpy: call for call in OPS.values() if call.op.numpy is not None}


def answers(*functions: Any) -> Callable[[F], F]:
    """The decorated function, which takes NumPy's arguments, answers to these NumPy functions."""

    def register(function: F) -> F:
        _ANSWERS.update(dict.fromkeys(functions, function))
        return function

    return register


# What reads shapes or values only, and answers with plain numbers or tensors outside the record.
_PLAIN = {np.shape, np.ndim, np.size, np.allclose, np.array_equal, np.isclose}
_LIKE = {np.zeros_like, np.ones_like, np.empty_like, np.full_like}


def array_ufunc(_: Any, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
    """What `np.exp(t)` and `array * t` call (NEP 13)."""
    if method != "__call__":
        raise TypeError(f"np.{ufunc.__name__}.{method} is not defined on tensors; {_OTHERWISE}")
    return _answer(ufunc, inputs, kwargs)


def array_function(_: Any, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
    """What `np.sum(t)` and `np.concatenate([t, u])` call (NEP 18)."""
    return _answer(function, args, kwargs)


def _answer(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    if function in _PLAIN or function in _LIKE:
        result = function(*map(_array, args), **{k: _array(x) for k, x in kwargs.items()})
        return graph.Tensor(result) if function in _LIKE else result
    call: Any = _ANSWERS.get(function)
    if call is None:
        name = getattr(function, "__name__", str(function))
        raise TypeError(f"np.{name} is not defined on tensors; {_OTHERWISE}")
    if not hasattr(call, "op"):
        return call(*args, **kwargs)
    entry = call.op
    if entry.arity == 0:
        inputs, extra = tuple(args[0]), args[1:]
    else:
        inputs, extra = args[: entry.arity], args[entry.arity :]
    params = dict(zip(entry.keywords, extra, strict=False))
    params |= {k: x for k, x in kwargs.items() if x is not None or k in entry.keywords}
    for name in params:
        if name not in entry.keywords:
            raise TypeError(f"np.{entry.name}: {name}= is not defined on tensors; {_OTHERWISE}")
    return call(*inputs, **params)


def _array(x: Any) -> Any:
    return x.array if isinstance(x, TensorBase) else x


_OTHERWISE = "use a function of tinygrad_edu, or give NumPy the array: t.detach().numpy()"
