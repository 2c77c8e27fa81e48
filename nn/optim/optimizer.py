"""Optimizer: parameters in groups with their settings, and one update rule for all of them.

A subclass writes `update(d, g, state, group)`: given the gradient `g`, what it remembers (`state`,
a dict of its own) and the settings of the group, it fills `d` with what the parameters are lowered
by.  All of these are flat: a Block lays the gradients of many small parameters side by side, and
cuts a large one, so that a step costs a dozen passes over what the cache holds, however many
parameters there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from typing import Any

import numpy as np

import tinygrad_edu as tg
from tinygrad_edu import clock, leaf
from tinygrad_edu.dtypes import Array
from tinygrad_edu.tensor import Tensor

from ..container import ParameterList

COUNTERS = ("step", "mu_product")  # numbers, also where the parameter is a number itself
BLOCK = 2**18  # numbers in a block: few enough to stay in the cache for its dozen passes


class Block:
    """Parameters of one dtype side by side, or `rows` of one: their gradient `g`, what they are
    lowered by `d`, and what the optimiser remembers of them, all flat, or of the given shape."""

    def __init__(
        self,
        params: list[Tensor],
        rows: slice | None,
        shape: tuple[int, ...],
        states: list[dict[str, Any]],
        scratch: Array,
    ) -> None:
        self.params, self.rows = params, rows
        self.nodes: list[Any] = [leaf.home(p) for p in params]  # they hold the gradients
        arrays = self.own([p.array for p in params])
        self._shapes = [x.shape for x in arrays]  # as they are now: p.data may change them
        self._ends = np.cumsum([x.size for x in arrays])
        self._flat, d = (x[: self._ends[-1]] for x in scratch)
        self.g: Array = self._flat.reshape(shape)
        self.d = d.reshape(shape)
        self.parts_of_d = self._parts(self.d)
        self.state: dict[str, Any] = {
            name: value if np.isscalar(value) else self.gather([s[name] for s in states]).copy()
            for name, value in states[0].items()
        }

    def own(self, arrays: list[Any]) -> list[Array]:
        """What is the block's of the arrays of its parameters."""
        return arrays if self.rows is None else [x[self.rows] for x in arrays]

    def gather(self, arrays: list[Array]) -> Array:
        """The numbers of arrays, one for each parameter, side by side in `g`."""
        np.concatenate(self.own(arrays), None, self._flat)
        return self.g

    def _parts(self, values: Array) -> list[Array]:
        parts = np.split(values.reshape(-1), self._ends[:-1])
        return [part.reshape(shape) for part, shape in zip(parts, self._shapes, strict=True)]

    def states(self) -> list[dict[str, Any]]:
        """What is remembered, parameter by parameter."""
        shared = {
            name: self._parts(value)
            if isinstance(value, np.ndarray)
            else [value] * len(self.params)
            for name, value in self.state.items()
        }
        return [{name: shared[name][i] for name in shared} for i in range(len(self.params))]


class Optimizer:
    """The base of all optimisers: `zero_grad()`, `loss.backward()`, `step()`.

    `params` is an iterable of parameters, or of groups: dicts with "params" and settings of their
    own.  Raises ValueError if there is none, or if one is given twice; TypeError for what is not a
    Tensor.
    """

    whole = False  # does an update need each parameter by itself, in its shape?

    def __init__(self, params: Iterable[Any], defaults: dict[str, Any]) -> None:
        if isinstance(params, tg.Tensor):
            raise TypeError(f"{self._name}: give a list of parameters, as [w], not one tensor")
        if hasattr(params, "parameters") and not isinstance(params, ParameterList):
            raise TypeError(f"{self._name}: give the parameters, model.parameters(), not the model")
        self.defaults = defaults
        self._place = f"{self._name}.step() at "
        self.param_groups: list[dict[str, Any]] = []
        self._blocks: dict[int, tuple[list[Any], list[Block]]] = {}
        self._resting: dict[Tensor, dict[str, Any]] = {}
        self.has_stepped = False
        groups = list(params)
        if not groups:
            raise ValueError(f"{self._name}: there are no parameters to train")
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(group)

    @property
    def _name(self) -> str:
        return type(self).__name__

    def add_param_group(self, group: dict[str, Any]) -> None:
        """Train more parameters; settings that the group does not name are the optimiser's."""
        params = group["params"]
        params = [params] if isinstance(params, Tensor) else list(params)
        known = {id(p) for other in self.param_groups for p in other["params"]}
        for i, p in enumerate(params):
            if not isinstance(p, Tensor):
                raise TypeError(
                    f"{self._name}: parameter {i} is a {type(p).__name__}, not a Tensor"
                )
            if not p.is_leaf:
                raise ValueError(
                    f"{self._name}: parameter {i} is the result of {p.node!r}; only leaves are "
                    f"trained"
                )
            if id(p) in known:
                raise ValueError(
                    f"{self._name}: parameter {i}, of shape {tuple(p.shape)}, is given twice"
                )
            known.add(id(p))
        self.param_groups.append({**self.defaults, **group, "params": params})

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients (or fill them with zeros)."""
        for group in self.param_groups:
            for p in group["params"]:
                node = p.node or leaf.home(p)
                if node is None or node.grad is None:
                    continue
                if set_to_none:
                    node.grad = None
                else:
                    node.grad.detach_().zero_()

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Move every parameter that has a gradient; returns what `closure()`, called first,
        returns."""
        loss = None
        if closure is not None:
            with tg.enable_grad():
                loss = closure()
        self.has_stepped = True
        place = clock.user_place(self._place)
        for group in self.param_groups:
            for block in self._blocks_of(group):
                g = block.gather([node.grad.array for node in block.nodes])
                if group.get("maximize"):
                    np.negative(g, out=g)
                if group.get("weight_decay"):
                    self.decay(block, group)
                self.update(block.d, g, block.state, group)
                arrays = [p.array for p in block.params]
                own = block.own(arrays)
                list(map(np.subtract, own, block.parts_of_d, own))  # each array -= its d
                clock.stamp(*arrays, place=place)
        return loss

    def decay(self, block: Block, group: dict[str, Any]) -> None:
        """Weight decay as a penalty: weight_decay p joins the gradient.  Decoupled from the
        gradient: p shrinks by the factor 1 - lr weight_decay (Loshchilov and Hutter, 2019)."""
        for x, d in zip(block.own([p.array for p in block.params]), block.parts_of_d, strict=True):
            if group.get("decoupled_weight_decay"):
                x *= 1 - group["lr"] * group["weight_decay"]
            else:
                np.multiply(x, group["weight_decay"], d)
        if not group.get("decoupled_weight_decay"):
            block.g += block.d

    def update(self, d: Array, g: Array, state: dict[str, Any], group: dict[str, Any]) -> None:
        """Fill `d` with what the parameters are lowered by; `g` is theirs to change."""
        raise NotImplementedError(f"{self._name} has no update(d, g, state, group)")

    def _blocks_of(self, group: dict[str, Any]) -> list[Block]:
        """The blocks of the parameters that have a gradient now, as last time if they had then."""
        homes = [p.node or leaf.home(p) for p in group["params"]]
        nodes = [node for node in homes if node and node.grad is not None]
        known_nodes, blocks = self._blocks.get(id(group), ([], []))
        if nodes == known_nodes:
            return blocks
        states = self._memory()
        moving = [p for p in group["params"] if leaf.home(p) in set(nodes)]
        for p in moving:
            _refuse_misfit(self._name, p)
        resting = [p for block in blocks for p in block.params if leaf.home(p) not in set(nodes)]
        self._resting.update((p, states[p]) for p in resting)
        alike: dict[Any, list[Tensor]] = {}
        for p in moving:
            state = states[p] = _fitting(states.get(p, {}), p)
            numbers = (x if np.isscalar(x) else None for x in state.values())
            alike.setdefault((p.dtype, *state, *numbers), []).append(p)
        blocks = []
        for params in alike.values():
            portions = list(self._portions(params))
            largest = max(size for _, _, size in portions)
            scratch = np.empty((2, largest), params[0].dtype)
            for some, rows, _ in portions:
                shape = some[0].shape if self.whole else (-1,)
                blocks.append(Block(some, rows, shape, [states[p] for p in some], scratch))
        self._blocks[id(group)] = nodes, blocks
        return blocks

    def _portions(self, params: list[Tensor]) -> Iterator[tuple[list[Tensor], slice | None, int]]:
        """Neighbours together, as many as fit into BLOCK numbers; a larger one in rows.  The last
        of the three is how many numbers there are."""
        some: list[Tensor] = []
        room = BLOCK
        for p in params:
            size = p.array.size
            if size > BLOCK and not self.whole:
                step = max(1, BLOCK * len(p) // size)
                most = step * size // len(p)
                yield from (([p], slice(k, k + step), most) for k in range(0, len(p), step))
                continue
            if some and (self.whole or size > room):
                yield some, None, BLOCK - room
                some, room = [], BLOCK
            some.append(p)
            room -= size
        if some:
            yield some, None, BLOCK - room

    def _memory(self) -> dict[Tensor, dict[str, Any]]:
        """What is remembered of each parameter: arrays in its shape, and numbers."""
        pieces: dict[Tensor, list[dict[str, Any]]] = {}
        for _, blocks in self._blocks.values():
            for block in blocks:
                for p, state in zip(block.params, block.states(), strict=True):
                    pieces.setdefault(p, []).append(state)
        return self._resting | {p: _joined(states) for p, states in pieces.items()}

    @property
    def state(self) -> dict[Tensor, dict[str, Tensor]]:
        """What is remembered of each parameter now, as tensors."""
        return {
            p: {name: _as_tensor(x) for name, x in memory.items()}
            for p, memory in self._memory().items()
        }

    def state_dict(self) -> dict[str, Any]:
        """A copy of all that is remembered, and the settings of the groups; parameters are numbers,
        counted through the groups: {"state": {0: {"step": ...}}, "param_groups": [...]}."""
        number = {p: i for i, p in enumerate(self._params())}
        state = {number[p]: deepcopy(tensors) for p, tensors in self.state.items() if tensors}
        groups = [
            {**group, "params": [number[p] for p in group["params"]]} for group in self.param_groups
        ]
        return {"state": dict(sorted(state.items())), "param_groups": groups}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on where the optimiser stood that gave `state_dict`, with its settings.

        Raises ValueError, with nothing changed, if groups or shapes are others than here.
        """
        groups = state_dict["param_groups"]
        given, own = ([len(g["params"]) for g in gs] for gs in (groups, self.param_groups))
        if given != own:
            raise ValueError(
                f"{self._name}: the state is of groups of {given} parameters, here are {own}"
            )
        numbers = [i for group in groups for i in group["params"]]
        params = dict(zip(numbers, self._params(), strict=True))
        memory = {
            params[i]: self._recalled(i, state, params[i])
            for i, state in state_dict["state"].items()
        }
        for group, settings in zip(self.param_groups, groups, strict=True):
            group.update({**settings, "params": group["params"]})
        self._blocks, self._resting = {}, memory

    def _recalled(self, i: int, state: dict[str, Any], p: Tensor) -> dict[str, Any]:
        """What is remembered of p, parameter i, from its part of a state dict."""
        memory = {name: _remembered(name, x, p) for name, x in state.items()}
        for name, x in memory.items():
            if not np.isscalar(x) and x.shape != p.shape:
                raise ValueError(
                    f"{self._name}: {name} of parameter {i} has shape {tuple(x.shape)} in "
                    "the state, "
                    f"the parameter here {tuple(p.shape)}"
                )
        return memory

    def _params(self) -> list[Tensor]:
        return [p for group in self.param_groups for p in group["params"]]

    def __repr__(self) -> str:
        lines = []
        for i, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {i}")
            lines += [f"    {k}: {group[k]}" for k in sorted(group) if k != "params"]
        return "\n".join([f"{self._name} (", *lines, ")"])


def _joined(pieces: list[dict[str, Any]]) -> dict[str, Any]:
    """What is remembered of the rows of a parameter, as one."""
    if len(pieces) == 1:
        return pieces[0]
    return {
        name: np.concatenate([piece[name] for piece in pieces]) if isinstance(x, np.ndarray) else x
        for name, x in pieces[0].items()
    }


def _as_tensor(x: Any) -> Tensor:
    """What is remembered as a tensor: a number is float32, as PyTorch's, if that holds it all."""
    if isinstance(x, np.ndarray):
        return tg.from_numpy(x)
    return tg.tensor(float(x), dtype=tg.float32 if x == np.float32(x) else tg.float64)


def _remembered(name: str, x: Any, p: Tensor) -> Any:
    """The same, back: an array in the shape of p, or a number."""
    x = np.array(x.numpy() if hasattr(x, "numpy") else x)
    return x.item() if x.ndim == 0 and (p.ndim or name in COUNTERS) else x


def _fitting(state: dict[str, Any], p: Tensor) -> dict[str, Any]:
    """What is remembered of p, in its dtype; nothing, if p has another shape by now."""
    arrays = [x for x in state.values() if isinstance(x, np.ndarray)]
    if any(x.shape != p.shape for x in arrays):
        return {}
    return {
        name: x.astype(p.dtype) if isinstance(x, np.ndarray) else x for name, x in state.items()
    }


def _refuse_misfit(name: str, p: Tensor) -> None:
    """Raise ValueError if the gradient is from when the parameter had another shape."""
    g = p.grad
    if g is not None and g.array.shape != p.array.shape:
        raise ValueError(
            f"{name}: a parameter has shape {p.array.shape} now, and its .grad {g.array.shape}, "
            "from before its data was replaced; call zero_grad() after that"
        )


def checked(name: str, **settings: Any) -> dict[str, Any]:
    """The settings, if no number is under 0 and no beta outside [0, 1): else ValueError."""
    for key, value in settings.items():
        several = isinstance(value, tuple | list)
        for i, x in enumerate(value if several else [value], 1):
            if not 0 <= x < (1 if key == "betas" else float("inf")):
                which = f"{key.removesuffix('s')}{i}" if several else key
                allowed = "in [0, 1)" if key == "betas" else "at least 0"
                raise ValueError(f"{name}: {which} is {allowed}, not {x}")
    return settings


def blend(mean: Array, beta: float, x: Array, spare: Array) -> None:
    """mean <- beta mean + (1 - beta) x, the running mean; `spare` is overwritten, and may be x."""
    mean *= beta
    mean += np.multiply(x, 1 - beta, spare)
