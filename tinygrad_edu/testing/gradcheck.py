"""gradcheck: the analytic derivative of a function against central differences.

For random directions u (of the output) and v (of one input), both drawn from a signed normal
distribution, <u, J v> is computed by the reverse pass and as <u, f(x + h v) - f(x - h v)> / 2h.  A
single wrong entry of J changes almost every such number (directions that are all positive would
average errors out).  Only when two numbers differ is J compared entry by entry, to name the worst.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..autograd import enable_grad, grad, no_grad
from ..dtypes import Array, float64
from ..engine.graph import TensorBase
from ..tensor import Tensor


class GradcheckError(AssertionError):
    """The analytic derivative differs from the numeric one."""


def gradcheck(
    f: Callable[..., Any],
    inputs: Any,
    *,
    order: int = 1,
    eps: float = 1e-6,
    atol: float = 1e-7,
    rtol: float = 1e-5,
    projections: int = 3,
    seed: int = 0,
) -> bool:
    """True if the derivatives of `f` at `inputs` are right; else GradcheckError says which are
    wrong.

    `inputs` is a tensor or array, or a sequence of them; the floating ones are checked, in float64,
    the others are handed on.  `f` returns a tensor, or several.  `order=2` checks the derivative of
    the derivative too.  Numbers are equal within `atol` + `rtol` times their size.

    >>> import tinygrad_edu as tg
    >>> gradcheck(lambda x: (x * x).sum(), tg.tensor([1.0, 2.0]))
    True
    """
    if isinstance(inputs, TensorBase | np.ndarray):
        inputs = [inputs]
    arrays = [_float64(x) for x in inputs]
    if not any(_checked(x) for x in arrays):
        raise ValueError(
            "gradcheck: none of the inputs is floating, so there is nothing to differentiate"
        )
    random = np.random.default_rng(seed)
    _check_first_order(f, arrays, random, eps, atol, rtol, projections, "")
    for level in range(2, order + 1):
        f, arrays = _derivative(f, arrays, random)
        _check_first_order(f, arrays, random, eps, atol, rtol, projections, f" (order {level})")
    return True


def _float64(x: Any) -> Any:
    x = x.array if isinstance(x, TensorBase) else x
    return np.asarray(x, float64) if getattr(x, "dtype", np.dtype(bool)).kind == "f" else x


def _checked(x: Any) -> bool:
    return isinstance(x, np.ndarray) and x.dtype == float64


def _check_first_order(
    f: Any,
    arrays: list[Any],
    random: Any,
    eps: float,
    atol: float,
    rtol: float,
    projections: int,
    at: str,
) -> None:
    outputs = _values(f, arrays)
    for _ in range(projections):
        us = [np.asarray(random.standard_normal(y.shape)) for y in outputs]
        analytic = _analytic(f, arrays, us)
        for i, x in enumerate(arrays):
            if not _checked(x) or x.size == 0:
                continue
            v = random.standard_normal(x.shape)
            numeric = _slope(f, arrays, i, v, us, eps)
            ours = float(np.sum(analytic[i] * v))
            size = float(np.linalg.norm(analytic[i] * v)) + abs(numeric)
            if not abs(ours - numeric) <= atol + rtol * size:
                raise GradcheckError(_worst_entry(f, arrays, i, us, analytic[i], eps, at))


def _values(f: Any, arrays: list[Any]) -> list[Array]:
    with no_grad():
        results = f(*[_tensor(x) for x in arrays])
    several = results if isinstance(results, tuple | list) else [results]
    return [np.asarray(y.array if isinstance(y, TensorBase) else y) for y in several]


def _tensor(x: Any, requires_grad: bool = False) -> Any:
    if not isinstance(x, np.ndarray):
        return x
    return Tensor(x).requires_grad_(requires_grad and _checked(x))


def _slope(f: Any, arrays: list[Any], i: int, v: Array, us: list[Array], eps: float) -> float:
    """<u, J v> of input i, by central differences."""
    ahead, behind = list(arrays), list(arrays)
    ahead[i], behind[i] = np.asarray(arrays[i] + eps * v), np.asarray(arrays[i] - eps * v)
    pairs = zip(us, _values(f, ahead), _values(f, behind), strict=True)
    return float(sum(np.sum(u * (a - b)) for u, a, b in pairs)) / (2 * eps)


def _analytic(f: Any, arrays: list[Any], us: list[Array]) -> list[Any]:
    """J' u for each input, by the reverse pass."""
    tensors = [_tensor(x, requires_grad=True) for x in arrays]
    outputs = f(*tensors)
    several = outputs if isinstance(outputs, tuple | list) else [outputs]
    pairs = [(y, Tensor(u)) for y, u in zip(several, us, strict=True) if y.requires_grad]
    leaves = [t for t in tensors if isinstance(t, Tensor) and t.node is not None]
    found: dict[int, Any] = {}
    if pairs:
        gradients = grad([y for y, _ in pairs], leaves, [u for _, u in pairs], allow_unused=True)
        found = {id(t): g for t, g in zip(leaves, gradients, strict=True)}
    return [
        found[id(t)].array if found.get(id(t)) is not None else np.zeros(np.shape(x))
        for t, x in zip(tensors, arrays, strict=True)
    ]


def _worst_entry(
    f: Any, arrays: list[Any], i: int, us: list[Array], analytic: Array, eps: float, at: str
) -> str:
    x = arrays[i]

    def error_over(entries: Array, v: Array) -> float:
        step = np.zeros(x.size)
        step[entries] = v
        numeric = _slope(f, arrays, i, step.reshape(x.shape), us, eps)
        error = abs(numeric - float(np.sum(np.ravel(analytic)[entries] * v)))
        return error if np.isfinite(error) else np.inf

    entries = np.arange(x.size)
    while len(entries) > 1000:  # go on with the part where a random direction is most wrong
        parts = np.array_split(entries, 10)
        signs = np.random.default_rng(0).choice([-1.0, 1.0], len(parts[0]))
        entries = max(parts, key=lambda part: error_over(part, signs[: len(part)]))
    worst = max(entries, key=lambda k: error_over(np.array([k]), np.ones(1)))
    place = tuple(int(k) for k in np.unravel_index(worst, x.shape))
    v = np.zeros(x.shape)
    v[place] = 1.0
    return (
        f"gradcheck{at}: the gradient of input {i}, shape {tuple(x.shape)}, is wrong; worst at "
        f"{list(place)}, where the input is {x[place]:.6g}: analytic {analytic[place]:.8g}, "
        f"numeric {_slope(f, arrays, i, v, us, eps):.8g}"
    )


def _derivative(f: Any, arrays: list[Any], random: Any) -> tuple[Callable[..., Any], list[Any]]:
    """The function (inputs, u) -> J' u, whose derivative is the second one of f."""
    us = [np.asarray(random.standard_normal(y.shape)) for y in _values(f, arrays)]

    def derivative(*args: Any) -> list[Any]:
        inputs, cotangents = list(args[: len(arrays)]), args[len(arrays) :]
        for k, x in enumerate(inputs):
            if isinstance(x, TensorBase) and x.array.dtype.kind == "f" and x.node is None:
                inputs[k] = Tensor(x.array).requires_grad_()
        with enable_grad():
            outputs = f(*inputs)
            several = outputs if isinstance(outputs, tuple | list) else [outputs]
            pairs = [(y, u) for y, u in zip(several, cotangents, strict=True) if y.requires_grad]
            wanted = [x for x in inputs if isinstance(x, Tensor) and x.node is not None]
            gradients = grad(
                [y for y, _ in pairs],
                wanted,
                [u for _, u in pairs],
                create_graph=True,
                allow_unused=True,
            )
        return [
            Tensor(np.zeros_like(x.array)) if g is None else g
            for x, g in zip(wanted, gradients, strict=True)
        ]

    return derivative, [*arrays, *us]
