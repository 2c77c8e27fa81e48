"""NumPy speaks it: `np.exp(tensor)` calls our op, because the op is declared with `numpy=np.exp`.

>>> import numpy as np, tinygrad_edu as tg
>>> x = tg.tensor([0.0, 1.0], requires_grad=True)
>>> np.add.__class__, np.exp(x)
(<class 'numpy.ufunc'>, tensor([1.0000, 2.7183], grad_fn=<ExpBackward0>))

What has no mapping raises TypeError with its name: a silent object array would be worse.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from . import graph, ops
from .graph import OPS, TensorBase

# Which of ours answers to a NumPy function; one that is no op takes NumPy's arguments.
ANSWERS: dict[Any, Callable[..., Any]] = {np.amax: ops.amax, np.amin: ops.amin}
ANSWERS[np.atleast_1d] = lambda x: x if x.ndim else x.reshape(1)  # how matplotlib takes a point
ANSWERS |= {call.op.numpy: call for call in OPS.values() if call.op.numpy is not None}

# What reads shapes or values only, and answers with plain numbers or tensors outside the record.
_PLAIN = {np.shape, np.ndim, np.size, np.allclose, np.array_equal}
_LIKE = {np.zeros_like, np.ones_like, np.empty_like, np.full_like}


def array_ufunc(_: Any, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
    """What `np.exp(t)` and `array * t` call (NEP 13)."""
    if method != "__call__":
        raise _refused(f"{ufunc.__name__}.{method}")
    return array_function(_, ufunc, None, inputs, kwargs)


def array_function(_: Any, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
    """What `np.sum(t)` and `np.concatenate([t, u])` call (NEP 18)."""
    if function in _PLAIN | _LIKE:
        result = function(*map(plain, args), **{k: plain(x) for k, x in kwargs.items()})
        return graph.Tensor(result) if function in _LIKE else result
    call: Any = ANSWERS.get(function)
    if call is None:
        raise _refused(f"{function.__module__}.{function.__name__}".removeprefix("numpy."))
    if not hasattr(call, "op"):
        return call(*args, **kwargs)
    entry, count = call.op, call.op.arity
    inputs, extra = (args[:count], args[count:]) if count else (args[0], args[1:])
    params = dict(zip(entry.keywords, extra, strict=False))
    params |= {k: x for k, x in kwargs.items() if x is not None or k in entry.keywords}
    for name in params.keys() - set(entry.keywords):
        raise _refused(f"{entry.name}: {name}=")
    return call(*inputs, **params)


def plain(x: Any) -> Any:
    return x.array if isinstance(x, TensorBase) else x


def _refused(what: str) -> TypeError:
    otherwise = "use a function of tinygrad_edu, or give NumPy the array: t.detach().numpy()"
    return TypeError(f"np.{what} is not defined on tensors; {otherwise}")
