"""Block: small parameters side by side, or rows of a large one, so that a step is a few passes over
what the cache holds, and what the optimiser remembers of them, shown as tensors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

import tinygrad_edu as tg
from tinygrad_edu.dtypes import Array
from tinygrad_edu.engine import leaf
from tinygrad_edu.tensor import Tensor

COUNTERS = ("step", "mu_product")  # numbers, also where the parameter is a number itself
Portion = tuple[list[Tensor], slice | None, int]


class _Required:
    """Stands in `defaults` for a setting that every group must name."""

    def __repr__(self) -> str:
        return "<required parameter>"


required = _Required()


class Group(dict[str, Any]):
    """Parameters and their settings.  An optimiser that is given a group of another one shares it,
    as in PyTorch: a schedule of the one is also the other's."""


class Block:
    """Parameters of one dtype side by side, or `rows` of one: their gradient `g`, what they are
    lowered by `d`, and what the optimiser remembers of them, all flat, or of the given shape.

    `memories` are dicts of tensors and numbers, one for each parameter.  They are copied; with
    `apart`, which is for a single parameter, the block works in the tensors' own memory.
    """

    def __init__(
        self,
        params: list[Tensor],
        rows: slice | None,
        scratch: Array,
        memories: list[dict[str, Any]],
        whole: bool,
        apart: bool,
    ) -> None:
        self.params, self.rows = params, rows
        self.nodes: list[Any] = [leaf.home(p) for p in params]  # they hold the gradients
        arrays = self.own([p.array for p in params])
        self._shapes = [x.shape for x in arrays]  # as they are now: p.data may change them
        self._ends = np.cumsum([x.size for x in arrays])
        self._flat, d = (x[: self._ends[-1]] for x in scratch)
        shape = (self._shapes[0] or (-1,)) if whole or apart else (-1,)
        self.g: Array = self._flat.reshape(shape)
        self.d = d.reshape(shape)
        self.parts_of_d = self.parts(self.d)
        self.tensors = memories[0] if apart else {}
        self.state: dict[str, Any] = {}
        for name, x in memories[0].items():
            if not isinstance(x, Tensor):
                self.state[name] = x
            elif apart:
                self.state[name] = self.own([x.array])[0].reshape(shape)
            else:
                self.state[name] = self.gather([memory[name].array for memory in memories]).copy()

    def own(self, arrays: list[Any]) -> list[Array]:
        """What is the block's of the arrays of its parameters."""
        return arrays if self.rows is None else [x[self.rows] for x in arrays]

    def gather(self, arrays: list[Array]) -> Array:
        """The numbers of arrays, one for each parameter, side by side in `g`."""
        np.concatenate(self.own(arrays), None, self._flat)
        return self.g

    def parts(self, values: Array) -> list[Array]:
        """Flat numbers, parameter by parameter."""
        parts = np.split(values.reshape(-1), self._ends[:-1])
        return [part.reshape(shape) for part, shape in zip(parts, self._shapes, strict=True)]


def portions(params: list[Tensor], whole: bool, most: int) -> Iterator[Portion]:
    """Neighbours together, at most so many numbers in all; a larger one in rows.  The last of the
    three is how many numbers there are."""
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


class Shown:
    """What blocks remember of one parameter, as tensors that look into them (`entries`), with the
    arrays, or numbers, that these had when the block was last at work."""

    def __init__(self) -> None:
        self.entries: dict[str, tuple[Tensor, Any]] = {}

    def update(self, name: str, pieces: list[tuple[Block, int]], now: Any) -> Tensor:
        """The tensor of what the blocks call `name`: `pieces` are those that hold the parameter,
        and its number in each, `now` is what stands there now."""
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

    def is_as_shown(self, memory: dict[str, Any]) -> bool:
        """Is nothing of it replaced, taken away or joined by more, and no number changed?"""
        if memory.keys() != self.entries.keys():
            return False
        for name, (t, value) in self.entries.items():
            now = memory[name]
            if isinstance(value, np.ndarray):
                if now is not t or t.array is not value:
                    return False
            elif now is not t or t.item() != value:
                return False
        return True


def number_as_tensor(x: float, t: Any = None) -> Tensor:
    """A number as a tensor, which may be one that is there: float32, as PyTorch's, if that holds it
    all."""
    dtype = tg.float32 if x == np.float32(x) else tg.float64
    if not isinstance(t, Tensor):
        return tg.tensor(float(x), dtype=dtype)
    if t.array.dtype.type(x) == x:
        t.array[...] = x
    else:
        t.array = np.array(x, dtype)
    return t


def recalled(name: str, x: Any, p: Tensor) -> Any:
    """A copy of what a state dict holds, tensors (PyTorch's too) in the dtype of p."""
    if isinstance(x, dict):
        return {k: recalled(k, part, p) for k, part in x.items()}
    if isinstance(x, list | tuple):
        return type(x)(recalled(name, part, p) for part in x)
    if not hasattr(x, "numpy"):
        return x
    array = np.array(x.array if isinstance(x, Tensor) else x.numpy())
    return tg.from_numpy(array if name in COUNTERS else array.astype(p.dtype))


def plain(group: dict[str, Any]) -> dict[str, Any]:
    """The settings of a group, a rate and a decay that are tensors as numbers."""
    if group["lr"].__class__ is not Tensor and group.get("weight_decay").__class__ is not Tensor:
        return group  # as nearly always: this is quick
    return {k: x.item() if isinstance(x, Tensor) else x for k, x in group.items()}


def refuse_misfit(name: str, p: Tensor) -> None:
    """Raise ValueError if the gradient is from when the parameter had another shape."""
    g = p.grad
    if g is not None and g.array.shape != p.array.shape:
        raise ValueError(
            f"{name}: a parameter has shape {p.array.shape} now, and its .grad {g.array.shape}, "
            "from before its data was replaced; call zero_grad() after that"
        )
