"""NumPy's protocols: `np.exp(tensor)` calls our op, because the op is declared with `numpy=np.exp`.

>>> import numpy as np, tinygrad_edu as tg
>>> x = tg.tensor([0.0, 1.0], requires_grad=True)
>>> np.add.__class__, np.exp(x)
(<class 'numpy.ufunc'>, tensor([1.0000, 2.7183], grad_fn=<ExpBackward0>))

What has no mapping raises TypeError with its name: a silent object array would be worse.
"""

import sys
from collections.abc import Callable
from functools import cache, lru_cache
from inspect import Parameter, Signature, signature
from types import FrameType
from typing import Any, TypeVar

import numpy as np

from . import ops
from .engine import graph
from .engine.graph import OPS, TensorBase
from .registry import described

F = TypeVar("F", bound=Callable[..., Any])

# Which of ours answers to a NumPy function, or to a method of a ufunc, as (np.add, "reduce").  An
# op says so by `@op(numpy=)`; any other function, which has NumPy's parameters, by `@answers`; so
# does one that takes more of them than the op, as (np.sum, "more").
ANSWERS: dict[Any, Callable[..., Any]] = {np.amax: ops.amax, np.amin: ops.amin}
ANSWERS |= {call.op.numpy: call for call in OPS.values() if call.op.numpy is not None}

import_the_others: Any = None  # which answer too: the package's __init__ puts its function here


def answer_to(function: Any) -> Any:
    """Which of ours answers to a NumPy function; None if none does.  The files that declare those
    that are no ops are imported when somebody asks for more than the ufuncs that are."""
    global import_the_others
    do_import = import_the_others  # another thread may come here too
    if do_import is not None:
        do_import()
        import_the_others = None
    return ANSWERS.get(function)


def answers(*functions: Any) -> Callable[[F], F]:
    """Declare that a function answers to one of NumPy's, and takes its parameters by name."""

    def declare(function: F) -> F:
        ANSWERS.update(dict.fromkeys(functions, function))
        return function

    return declare


# What reads shapes or values only, and answers with plain numbers or tensors outside the record.
_PLAIN = {np.shape, np.ndim, np.size, np.allclose, np.array_equal, np.array_equiv, np.result_type}
_PLAIN |= {np.array_repr, np.array_str, np.array2string, np.shares_memory, np.may_share_memory}
_PLAIN |= {np.can_cast, np.iscomplexobj, np.isrealobj, np.common_type}
_FILES = {np.save, np.savez, np.savez_compressed, np.savetxt}
_OUTSIDE = {np.zeros_like, np.ones_like, np.empty_like, np.full_like, np.isclose, np.isin}
_OUTSIDE |= {np.unique, np.nonzero, np.argwhere, np.count_nonzero, np.searchsorted}
_OUTSIDE |= {np.flatnonzero, np.digitize, np.histogram}


def is_for_a_plot() -> bool:
    """Is it matplotlib that asks?  It draws the values that it reads, and returns none of them, so
    no gradient is lost: it gets arrays, and nothing is recorded.

    This is the only place where the caller decides what happens.  matplotlib has two protocols by
    which other types are drawn, `to_numpy` and `matplotlib.units`, but most of its functions use
    neither: they call `np.asarray`, which must refuse anybody else.  With both, 16 of 67 kinds of
    plots in tests/test_plotting.py work, but no `scatter`, `bar` or `imshow`."""
    if "matplotlib" not in sys.modules:
        return False
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        package = frame.f_globals.get("__name__", "").partition(".")[0]
        if package not in ("numpy", "copy", "tinygrad_edu"):
            return package in ("matplotlib", "mpl_toolkits")
        frame = frame.f_back
    return False


def array_ufunc(_: Any, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
    """What `np.exp(t)` and `array * t` call (NEP 13)."""
    if is_for_a_plot():
        return getattr(ufunc, method)(*_arrays(inputs), **_arrays(kwargs))
    if method != "__call__":
        return _method(ufunc, method, inputs, kwargs)
    call: Any = ANSWERS.get(ufunc) or answer_to(ufunc)
    if call is None:
        raise _refused(ufunc.__name__)
    for name, value in kwargs.items() if kwargs else ():
        if not _is_default(value, _UFUNC.get(name, Parameter.empty)):
            return _written(ufunc, inputs, kwargs, name)
    return call(*inputs)


def _method(ufunc: np.ufunc, method: str, inputs: Any, kwargs: Any) -> Any:
    """What `np.add.reduce(t)`, `np.add.accumulate(t)` and `np.add.outer(t, u)` call."""
    name = f"{ufunc.__name__}.{method}"
    if method == "outer" and len(inputs) == 2:
        a, b = inputs
        a = ops.reshape(a, shape=(*np.shape(a), *[1] * np.ndim(b)))
        return array_ufunc(None, ufunc, "__call__", a, b, **kwargs)
    call: Any = answer_to((ufunc, method))
    if call is None:
        raise _refused(name)
    usual = {**_UFUNC, "keepdims": False, "out": None, "initial": np._NoValue}
    given = {
        key: value
        for key, value in kwargs.items()
        if not _is_default(value, usual.get(key, Parameter.empty))
        and not (key == "out" and value == (None,))
    }
    for key in given.keys() - _parameters(call).keys():
        raise _refused(f"{name}: {key}=")
    return call(*inputs, **given)


# What every ufunc takes beside its inputs, and the values that say nothing.
_UFUNC = {"out": None, "where": True, "casting": "same_kind", "order": "K", "dtype": None}
_UFUNC |= {"subok": True, "signature": None}


def _written(ufunc: np.ufunc, inputs: Any, kwargs: Any, name: str) -> Any:
    """What `array += t` calls: NumPy itself writes, unless a gradient would be lost."""
    (out,) = kwargs.get("out") or (None,)
    if type(out) is not np.ndarray or any(getattr(x, "node", None) for x in inputs):
        raise _refused(f"{ufunc.__name__}: {name}=")
    return ufunc(*map(plain, inputs), **kwargs)


def array_function(_: Any, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
    """What `np.sum(t)` and `np.concatenate([t, u])` call (NEP 18).  NumPy's own signature says
    which argument is which; what ours cannot do is refused by its name."""
    if is_for_a_plot():
        return function(*_arrays(args), **_arrays(kwargs))
    call: Any = answer_to(function)
    if call is None:
        if function not in _PLAIN | _OUTSIDE | _FILES:
            raise _refused(_title(function))
        read = _numbers if function in _FILES else plain
        result = function(*map(read, args), **{k: read(x) for k, x in kwargs.items()})
        return _constant(result) if function in _OUTSIDE else result
    inputs, params = bound(function, args, kwargs)
    if params:
        if params.keys() - _parameters(call).keys():
            call = ANSWERS.get((function, "more"), call)
        for name in params.keys() - _parameters(call).keys():
            raise _refused(f"{_title(function)}: {name}=")
    return call(*inputs, **params)


def _title(function: Any) -> str:
    return f"{function.__module__}.{function.__name__}".removeprefix("numpy.")


def bound(function: Any, args: Any, kwargs: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arrays of a call of a NumPy function, in order, and its other arguments, by NumPy's
    names, without those that are what NumPy takes anyway."""
    inputs: list[Any] = []
    params: dict[str, Any] = {}
    values = (*args, *kwargs.values())
    for place, name, default, kind in _order(function, len(args), tuple(kwargs)):
        if kind == "array":
            inputs.append(values[place])
        elif kind == "arrays":
            inputs += values[place]
        elif not _is_default(values[place], default):
            params[name] = values[place]
    return tuple(inputs), params


@lru_cache(maxsize=1024)
def _order(function: Any, count: int, given: tuple[str, ...]) -> list[tuple[int, str, Any, str]]:
    """What each argument is when NumPy's function is called with `count` arguments by place, and
    the `given` by name: its place among all, its name, its default, and whether it is an array, a
    list of arrays or a setting.  To bind them takes 20 microseconds, so it is done once."""
    op: Any = getattr(ANSWERS[function], "op", None)
    names = _signature(function)
    kinds = [p.kind for p in names.parameters.values()]
    arrays = kinds.index(Parameter.VAR_POSITIONAL) if Parameter.VAR_POSITIONAL in kinds else 0
    arrays = arrays if op is None else op.arity or 1
    by_name = {name: count + i for i, name in enumerate(given)}
    order: list[tuple[int, str, Any, str]] = []
    for k, (name, place) in enumerate(names.bind(*range(count), **by_name).arguments.items()):
        declared = names.parameters[name]
        if declared.kind is Parameter.VAR_POSITIONAL:
            order += [(one, name, None, "array") for one in place]
        elif declared.kind is Parameter.VAR_KEYWORD:
            order += [(one, key, Parameter.empty, "setting") for key, one in place.items()]
        else:
            kind = "setting" if k >= arrays else "arrays" if op and op.variadic else "array"
            order.append((place, name, declared.default, kind))
    return order


@cache
def _signature(function: Any) -> Signature:
    try:
        return signature(function)
    except ValueError:  # an older NumPy does not say; what answers has the parameters in its order
        return signature(described(ANSWERS[function]))


@cache
def _parameters(call: Any) -> dict[str, Any]:
    """What a call takes by name."""
    if hasattr(call, "op"):
        return dict.fromkeys(call.op.keywords)
    return dict(signature(call).parameters)


def _constant(y: Any) -> Any:
    return tuple(map(_constant, y)) if isinstance(y, tuple) else graph.Tensor(np.asarray(y))


def _is_default(value: Any, default: Any) -> bool:
    if value is default or value is np._NoValue:
        return True
    simple = isinstance(value, bool | int | float | str)
    return simple and type(value) is type(default) and value == default


def _numbers(x: Any) -> Any:
    return x.numpy() if isinstance(x, TensorBase) else x  # type: ignore[attr-defined]


def plain(x: Any) -> Any:
    return x.array if isinstance(x, TensorBase) else x


def _arrays(x: Any) -> Any:
    """The same with arrays in the place of the tensors, in lists, tuples and dicts too."""
    if isinstance(x, dict):
        return {key: _arrays(value) for key, value in x.items()}
    if type(x) in (list, tuple):
        return type(x)([_arrays(value) for value in x])
    return plain(x)


def _refused(what: str) -> TypeError:
    if what.startswith(("fft.", "imag", "linalg.eigvals")) or what == "linalg.eig":
        return TypeError(
            f"np.{what} is left out: it is about complex numbers, which no tensor holds"
        )
    otherwise = "use a function of tinygrad_edu, or give NumPy the array: t.detach().numpy()"
    return TypeError(f"np.{what} is not defined on tensors; {otherwise}")
