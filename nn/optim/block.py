"""Block: small parameters side by side, or rows of a large one, so that a step is a few passes over
what the cache holds; and the optimizer's state of them, which the user sees as tensors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

import tinygrad_edu as tg
from tinygrad_edu.dtypes import Array
from tinygrad_edu.engine import leaf
from tinygrad_edu.tensor import Tensor

COUNTERS = ("step", "mu_product")  # numbers, also where the parameter is a number itself
Part = tuple[list[Tensor], slice | None, int]


class _Required:
    """Stands in `defaults` for a setting that every group must name."""

    def __repr__(self) -> str:
        return "<required parameter>"


required = _Required()


class Group(dict[str, Any]):
    """Parameters and their settings.  An optimizer that is given a group of another one shares it,
    as in PyTorch: a schedule of the one is also the other's."""


class Block:
    """Parameters of one dtype side by side, or `rows` of one: the gradient `g`, the update `d` that
    is subtracted, and the optimizer's state, all flat, or in the shape of the one parameter.

    `states` are dicts of tensors and numbers, one for each parameter.  They are copied; with
    `in_place`, for a single parameter, the block works in the memory of its tensors.
    """

    def __init__(
        self,
        params: list[Tensor],
        rows: slice | None,
        scratch: Array,
        states: list[dict[str, Any]],
        whole: bool,
        in_place: bool,
    ) -> None:
        self.params, self.rows = params, rows
        self.nodes: list[Any] = [leaf.home(p) for p in params]  # they hold the gradients
        arrays = self.own([p.array for p in params])
        self._shapes = [x.shape for x in arrays]  # as they are now: p.data may change them
        self._ends = np.cumsum([x.size for x in arrays])
        self._flat, d = (x[: self._ends[-1]] for x in scratch)
        shape = (self._shapes[0] or (-1,)) if whole or in_place else (-1,)
        self.g: Array = self._flat.reshape(shape)
        self.d = d.reshape(shape)
        self.parts_of_d = self.parts(self.d)
        self.tensors = states[0] if in_place else {}
        self.state: dict[str, Any] = {}
        for name, x in states[0].items():
            if not isinstance(x, Tensor):
                self.state[name] = x
            elif in_place:
                self.state[name] = self.own([x.array])[0].reshape(shape)
            else:
                self.state[name] = self.gather([state[name].array for state in states]).copy()

    def own(self, arrays: list[Any]) -> list[Array]:
        """The part of each parameter's array that belongs to the block."""
        return arrays if self.rows is None else [x[self.rows] for x in arrays]

    def gather(self, arrays: list[Array]) -> Array:
        """Copy arrays, one for each parameter, into `g`, side by side."""
        np.concatenate(self.own(arrays), None, self._flat)
        return self.g

    def parts(self, values: Array) -> list[Array]:
        """Split flat values into one array for each parameter."""
        parts = np.split(values.reshape(-1), self._ends[:-1])
        return [part.reshape(shape) for part, shape in zip(parts, self._shapes, strict=True)]


def partition(params: list[Tensor], whole: bool, most: int) -> Iterator[Part]:
    """Parameters for one block at a time: neighbours together, up to `most` elements; a larger
    parameter in ranges of rows.  Yields parameters, rows, and the number of elements."""
    some: list[Tensor] = []
    room = most
    for p in params:
        size = p.array.size
        if size > most and not whole:
            step = max(1, most * len(p) // size)
            of_rows = step * size // len(p)
            yield from (([p], slice(k, k + step), of_rows) for k in range(0, len(p), step))
            continue
        if some and (whole or size > room):
            yield some, None, most - room
            some, room = [], most
        some.append(p)
        room -= size
    if some:
        yield some, None, most - room


class StateView:
    """The state of one parameter, as tensors that are views of blocks (`entries`), each with the
    array, or number, that it had after the last step: so a change by the user is found."""

    def __init__(self) -> None:
        self.entries: dict[str, tuple[Tensor, Any]] = {}

    def update(self, name: str, pieces: list[tuple[Block, int]], now: Any) -> Tensor:
        """The tensor for the entry `name`.  `pieces` are the blocks that hold the parameter, with
        its position in each; `now` is the present entry."""
        block, i = pieces[0]
        value = block.state[name]
        if not isinstance(value, np.ndarray):
            t = number_as_tensor(value, now)
        elif name in self.entries:
            return self.entries[name][0]
        elif name in block.tensors:
            t = block.tensors[name]
        elif len(pieces) == 1:
            t = tg.from_numpy(block.parts(value)[i])
        else:
            t = tg.from_numpy(np.concatenate([b.parts(b.state[name])[0] for b, _ in pieces]))
            for b, _ in pieces:
                b.state[name] = b.own([t.array])[0].reshape(b.g.shape)
        self.entries[name] = t, t.array if isinstance(value, np.ndarray) else value
        return t

    def is_unchanged(self, state: dict[str, Any]) -> bool:
        """Whether no entry was replaced, removed or added, and no number changed."""
        if state.keys() != self.entries.keys():
            return False
        for name, (t, value) in self.entries.items():
            now = state[name]
            if isinstance(value, np.ndarray):
                if now is not t or t.array is not value:
                    return False
            elif now is not t or t.item() != value:
                return False
        return True


def number_as_tensor(x: float, t: Any = None) -> Tensor:
    """Convert a number to a tensor, or write it into the tensor t: float32, as in PyTorch, if that
    represents it exactly."""
    dtype = tg.float32 if x == np.float32(x) else tg.float64
    if not isinstance(t, Tensor):
        return tg.tensor(float(x), dtype=dtype)
    if t.array.dtype.type(x) == x:
        t.array[...] = x
    else:
        t.array = np.array(x, dtype)
    return t


def loaded(name: str, x: Any, p: Tensor) -> Any:
    """Copy an entry of a state dict; tensors, PyTorch's too, are converted to the dtype of p."""
    if isinstance(x, dict):
        return {k: loaded(k, part, p) for k, part in x.items()}
    if isinstance(x, list | tuple):
        return type(x)(loaded(name, part, p) for part in x)
    if not hasattr(x, "numpy"):
        return x
    array = np.array(x.array if isinstance(x, Tensor) else x.numpy())
    return tg.from_numpy(array if name in COUNTERS else array.astype(p.dtype))


def plain_settings(group: dict[str, Any]) -> dict[str, Any]:
    """The settings of a group, with numbers where lr or weight_decay is a tensor."""
    if group["lr"].__class__ is not Tensor and group.get("weight_decay").__class__ is not Tensor:
        return group  # as nearly always: this is quick
    return {k: x.item() if isinstance(x, Tensor) else x for k, x in group.items()}


def check_gradient_shape(name: str, p: Tensor) -> None:
    """Raise ValueError if the gradient has another shape than the parameter has now."""
    g = p.grad
    if g is not None and g.array.shape != p.array.shape:
        raise ValueError(
            f"{name}: a parameter has shape {p.array.shape} now, and its .grad {g.array.shape}, "
            "from before its data was replaced; call zero_grad() after that"
        )
