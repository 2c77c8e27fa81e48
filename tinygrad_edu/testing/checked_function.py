"""The function under check, as a map from one vector x of float64 to one vector y.

The floating inputs are laid end to end in x, the floating results in y.  Whatever cannot be checked
is refused here, with a word on what to do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..autograd import enable_grad, grad, no_grad
from ..dtypes import Array, float64
from ..engine.graph import TensorBase
from ..func import functional_call
from ..tensor import Tensor


class CheckedFunction:
    """f at one point: `value(x)` is y, `vjp(u)` is J' u, and x is the point as a vector.

    `positions` says which of the arguments of f are checked: those that hold floats.
    """

    def __init__(
        self, f: Callable[..., Any], arguments: list[Any], names: list[str], positions: list[int]
    ) -> None:
        self.f, self.arguments, self.positions = f, arguments, positions
        self.names = [names[i] for i in positions]
        self.arrays: list[Array] = [arguments[i] for i in positions]
        self.shapes = [x.shape for x in self.arrays]
        self.bounds = np.cumsum([0, *(x.size for x in self.arrays)])
        self.x = joined(self.arrays)
        self.order = 1  # 2: this is the gradient of a function, and its derivative is checked
        self.result_names: list[str] = []  # of a gradient: dL/d(input 0)
        self.columns = int(self.x.size)  # so many of the first ones are compared whole
        self.complex_step: Any = None  # v -> J v, where it can be made
        self._record: tuple[list[Any], list[Any]] | None = None

    def split(self, x: Array) -> list[Array]:
        """The arrays of which the vector x consists."""
        parts = zip(self.bounds, self.bounds[1:], self.shapes, strict=False)
        return [x[start:end].reshape(shape) for start, end, shape in parts]

    def leaves(self, arrays: Sequence[Array], requires_grad: bool) -> list[Tensor]:
        return [Tensor(x).requires_grad_(requires_grad) for x in arrays]

    def call(self, leaves: list[Tensor]) -> list[Any]:
        """The floating results of f, with `leaves` in place of the checked inputs."""
        arguments = list(self.arguments)
        for i, leaf in zip(self.positions, leaves, strict=True):
            arguments[i] = leaf
        results = flattened(self.f(*arguments))
        return [y for y in results if isinstance(y, TensorBase) and y.array.dtype.kind == "f"]

    def value(self, x: Array) -> Array:
        """y at x: a vector of float64."""
        with no_grad(), np.errstate(all="ignore"):
            leaves = self.leaves([part.copy() for part in self.split(x)], False)
            return joined([y.array for y in self.call(leaves)])

    def record(self) -> tuple[list[Any], list[Any]]:
        """The leaves and the results of one recorded call, made at the first use."""
        if self._record is None:
            self._record = self.record_of(self.arrays)
        return self._record

    def record_of(self, arrays: Sequence[Array]) -> tuple[list[Any], list[Any]]:
        with enable_grad():
            leaves = self.leaves([x.copy(order="K") for x in arrays], True)
            return leaves, self.call(leaves)

    @property
    def y(self) -> Array:
        return joined([y.array for y in self.record()[1]])

    def output_shapes(self) -> list[tuple[int, ...]]:
        return [tuple(y.shape) for y in self.record()[1]]

    def natural(self, size: float) -> Array:
        """The size of what the results are computed from, by a step of an input of this size."""
        return np.full(self.y.size, size)

    def vjp(self, u: Array) -> Array:
        """J' u: the reverse pass from u = dL/dy."""
        return joined(self.gradients(u, self.record()))

    def gradients(
        self, u: Array, record: tuple[list[Any], list[Any]], only: int | None = None
    ) -> list[Array]:
        """J' u for each input; with `only`, from this one of the results."""
        leaves, results = record
        at = np.cumsum([0, *(y.array.size for y in results)])
        pairs = [
            (y, Tensor(u[start:end].reshape(y.array.shape).astype(y.array.dtype)))
            for j, (y, start, end) in enumerate(zip(results, at, at[1:], strict=False))
            if y.requires_grad and only in (None, j)
        ]
        found: Sequence[Any] = [None] * len(leaves)
        if pairs:
            ys, us = [y for y, _ in pairs], [u for _, u in pairs]
            found = grad(ys, leaves, us, retain_graph=True, allow_unused=True)
        return [
            np.zeros(x.shape) if g is None else g.array for g, x in zip(found, leaves, strict=True)
        ]

    def input_place(self, k: int) -> tuple[int, tuple[int, ...]]:
        """Which input entry k of x belongs to, and where it is in it."""
        i = int(np.searchsorted(self.bounds, k, side="right")) - 1
        index = np.unravel_index(k - int(self.bounds[i]), self.shapes[i])
        return i, tuple(int(j) for j in index)

    def output_place(self, j: int) -> tuple[int, tuple[int, ...]]:
        """Which result entry j of y belongs to, and where it is in it."""
        for i, shape in enumerate(self.output_shapes()):
            size = int(np.prod(shape))
            if j < size:
                return i, tuple(int(k) for k in np.unravel_index(j, shape))
            j -= size
        raise IndexError(j)


def flattened(results: Any) -> list[Any]:
    """What f returned, without the tuples around it: an LSTM returns (y, (h, c))."""
    if isinstance(results, tuple | list):
        return [y for part in results for y in flattened(part)]
    return [results]


def joined(arrays: Sequence[Array]) -> Array:
    if len(arrays) == 1:
        return np.asarray(arrays[0], float64).reshape(-1)
    parts = [np.asarray(x, float64).reshape(-1) for x in arrays]
    return np.concatenate(parts) if parts else np.zeros(0)


def checked_function(f: Callable[..., Any], inputs: Any) -> CheckedFunction:
    """`f` (a function or a module) at `inputs`, both validated."""
    if not callable(f):
        raise TypeError(f"gradcheck: f is a {type(f).__name__}; give a function, or an nn.Module")
    if isinstance(inputs, TensorBase | np.ndarray):
        inputs = [inputs]
    if not isinstance(inputs, tuple | list):
        raise TypeError(
            f"gradcheck: inputs is a {type(inputs).__name__}; give a tensor, or a tuple of what f "
            "is called with.  For a dict: gradcheck(lambda x: f({'x': x}), (d['x'],))"
        )
    _refuse_lists(inputs)
    names = [f"input {i}" for i in range(len(inputs))]
    arguments = [_argument(x) for x in inputs]
    if hasattr(f, "named_parameters"):
        f, more = _function_of(f, len(arguments))
        names += [f"parameter {name}" for name in more]
        arguments += [np.array(p.array, float64) for p in more.values()]
    positions = [i for i, x in enumerate(arguments) if _floats(x)]
    if not positions:
        given = ", ".join(_described(x) for x in inputs) or "nothing"
        raise ValueError(
            "gradcheck: none of the inputs is floating, so there is nothing to differentiate "
            f"(given: {given}).  Give floats: tg.tensor([1.0, 2.0]), or x.double()"
        )
    _refuse_shared(inputs)
    for i in positions:
        _refuse_non_finite(names[i], arguments[i])
    return CheckedFunction(f, arguments, names, positions)


def _floats(x: Any) -> bool:
    return isinstance(x, np.ndarray) and x.dtype == float64


def _argument(x: Any) -> Any:
    """A float64 copy of a floating input; a tensor for another array; other objects as they are."""
    array = x.array if isinstance(x, TensorBase) else x
    if isinstance(array, np.ndarray) and array.dtype.kind == "f":
        return np.array(array, float64)
    return Tensor(x) if isinstance(x, np.ndarray) else x


def _described(x: Any) -> str:
    return f"{x.array.dtype} tensor" if isinstance(x, TensorBase) else type(x).__name__


def _refuse_lists(inputs: Sequence[Any]) -> None:
    if inputs and all(isinstance(x, float | int) for x in inputs):
        raise TypeError(
            f"gradcheck: inputs is {inputs!r}, plain numbers, which have no gradient.  Give "
            f"tensors: tg.tensor({list(inputs)!r}), or one tg.tensor(...) for each argument of f"
        )
    for i, x in enumerate(inputs):
        if isinstance(x, dict) and any(isinstance(v, TensorBase | np.ndarray) for v in x.values()):
            raise TypeError(
                f"gradcheck: input {i} is a dict of tensors, which would not be checked.  Give its "
                "tensors one by one: gradcheck(lambda a, b: f({'a': a, 'b': b}), (d['a'], d['b']))"
            )
        if isinstance(x, list | tuple) and any(isinstance(v, float) for v in np.ravel(x).tolist()):
            raise TypeError(
                f"gradcheck: input {i} is a {type(x).__name__} of numbers, which has no gradient.  "
                f"Give a tensor: tg.tensor({x!r})"
            )


def _refuse_shared(inputs: Sequence[Any]) -> None:
    arrays = [x.array if isinstance(x, TensorBase) else x for x in inputs]
    floating = [
        (i, x) for i, x in enumerate(arrays) if getattr(x, "dtype", np.dtype(bool)).kind == "f"
    ]
    for k, (i, x) in enumerate(floating):
        for j, other in floating[:k]:
            if np.may_share_memory(x, other) and np.shares_memory(x, other):
                raise ValueError(
                    f"gradcheck: inputs {j} and {i} share memory, so a step of one would move the "
                    f"other.  Give input {i} as a copy: x.clone()"
                )


def _refuse_non_finite(name: str, x: Array) -> None:
    wrong = np.argwhere(~np.isfinite(x))
    if len(wrong):
        place = tuple(wrong[0].tolist())
        raise ValueError(
            f"gradcheck: {name} is {x[place]} at {list(place)}; no difference can be taken there.  "
            "Give finite numbers"
        )


def _function_of(module: Any, n: int) -> tuple[Callable[..., Any], dict[str, Any]]:
    """The module as a function of its inputs, then its parameters; all in float64."""
    parameters = {k: p for k, p in module.named_parameters() if p.requires_grad}

    def doubled(t: Any) -> Any:
        return Tensor(np.array(t.array, float64 if t.array.dtype.kind == "f" else None))

    def call(*arguments: Any) -> Any:
        state = {name: doubled(b) for name, b in module.named_buffers()}
        state |= dict(zip(parameters, arguments[n:], strict=True))
        return functional_call(module, state, arguments[:n])

    return call, parameters


def validate_results(checked: CheckedFunction) -> None:
    """Call f once, and refuse results that have no derivative."""
    results: list[Any] = []

    def kept(*arguments: Any) -> Any:
        results.append(checked.f(*arguments))
        return results[0]

    names = [""] * len(checked.arguments)
    watched = CheckedFunction(kept, checked.arguments, names, checked.positions)
    try:
        leaves, floating = watched.record()
    except Exception as error:
        error.add_note("gradcheck: f raised this at the given inputs, as float64 tensors")
        raise
    several = flattened(results[0])
    for y in several:
        if not isinstance(y, TensorBase):
            raise TypeError(f"gradcheck: f returned {_advice(y)}")
    if not floating:
        kinds = ", ".join(str(y.array.dtype) for y in several) or "no tensor"
        raise TypeError(
            f"gradcheck: f returned only results without derivatives ({kinds}).  Return a floating "
            "tensor, before it is rounded, compared or counted"
        )
    if not any(y.requires_grad for y in floating):
        raise RuntimeError(
            "gradcheck: f returned a tensor without a record, so its gradient is not known.  Does "
            "f use .detach(), .data, .numpy(), .item(), no_grad() or tg.tensor(...) of a result?"
        )
    y = joined([y.array for y in floating])
    if not np.isfinite(y).all():
        raise ValueError(
            f"gradcheck: f is {y[~np.isfinite(y)][0]} at the given inputs; no difference can be "
            "taken there.  Choose inputs at which f is finite"
        )
    checked._record = (leaves, floating)


def _advice(y: Any) -> str:
    if y is None:
        return "None: is its return missing?"
    if isinstance(y, dict):
        return "a dict; return its tensors as a tuple: tuple(results.values())"
    if isinstance(y, np.ndarray | np.generic):
        return "a NumPy array, which has no record; return the tensor, without .numpy()"
    if isinstance(y, float | int):
        return (
            f"the Python {type(y).__name__} {y!r}, which has no record; return the tensor, without "
            ".item() or float()"
        )
    return f"a {type(y).__name__}; return a tensor, or a tuple of tensors"
