"""Optimizer: parameters in groups with their settings, and one update rule for all of them.

A subclass writes `update(d, g, state, group)`: given the gradient `g`, what it remembers (`state`,
a dict of its own) and the settings of the group, it fills `d` with what the parameters are lowered
by.  All of these are flat: a Block lays the gradients of many small parameters side by side, and
cuts a large one, so that a step costs a dozen passes over what the cache holds, however many
there are.  Or it writes `step()`, as for PyTorch, and uses `self.state[p]` as it likes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from copy import deepcopy
from functools import wraps
from typing import Any, Self

import numpy as np

import tinygrad_edu as tg
from tinygrad_edu.dtypes import Array
from tinygrad_edu.engine import clock, leaf
from tinygrad_edu.tensor import Tensor

from ..container import ParameterList
from .block import (
    COUNTERS,
    Block,
    Group,
    Shown,
    number_as_tensor,
    plain,
    portions,
    recalled,
    refuse_misfit,
    required,
)

BLOCK = 2**18  # numbers in a block: few enough to stay in the cache for its dozen passes


class Optimizer:
    """The base of all optimisers: `zero_grad()`, `loss.backward()`, `step()`.

    `params` is an iterable of parameters, or of groups: dicts with "params" and settings of their
    own.  Raises ValueError if there is none, or if one is given twice; TypeError for what is not a
    Tensor.
    """

    whole = False  # does an update need each parameter by itself, in its shape?
    remembers: tuple[str, ...] = ()  # the names in `state` that update() uses; () for all
    has_stepped = False

    _blocks: dict[int, tuple[list[Any], list[Block]]]  # by group: the leaves that move, in blocks
    _state: dict[Any, dict[str, Any]]  # of what is in no block, and, once shown, of all
    _shown: dict[Tensor, Shown]
    _is_seen: bool  # has anyone looked at `state`, who may write into it?
    _place: str

    def __new__(cls, *_: Any, **__: Any) -> Self:
        self = super().__new__(cls)  # here: a subclass may leave out super().__init__()
        self._blocks, self._state, self._shown = {}, defaultdict(dict), {}
        self._is_seen, self._place = False, f"{cls.__name__}.step() at "
        return self

    def __init_subclass__(cls, **settings: Any) -> None:
        super().__init_subclass__(**settings)
        if "step" in vars(cls):
            setattr(cls, "step", _noted(cls.step))  # noqa: B010, mypy takes no method by name

    def __init__(self, params: Iterable[Any], defaults: dict[str, Any]) -> None:
        if isinstance(params, tg.Tensor):
            raise TypeError(f"{self._name}: give a list of parameters, as [w], not one tensor")
        if hasattr(params, "parameters") and not isinstance(params, ParameterList):
            raise TypeError(f"{self._name}: give the parameters, model.parameters(), not the model")
        self.defaults = defaults
        self.param_groups: list[dict[str, Any]] = []
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
        params, names = self._listed(group["params"])
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
        for name, default in self.defaults.items():
            if default is required and name not in group:
                raise ValueError(f"{self._name}: a group of parameters names no {name}")
        shared = group if isinstance(group, Group) else Group(group)
        shared.update({**self.defaults, **group, "params": params, **names})
        self.param_groups.append(shared)

    def _listed(self, params: Any) -> tuple[list[Any], dict[str, Any]]:
        """Parameters as a list, and what else the group remembers: their names, if they are given
        as pairs, as by named_parameters()."""
        if isinstance(params, Tensor):
            return [params], {}
        if isinstance(params, set | frozenset):
            raise TypeError(f"{self._name}: a set has no order; give the parameters in a list")
        params = list(params)
        if params and all(isinstance(p, tuple) and len(p) == 2 for p in params):
            names, params = zip(*params, strict=True)
            return list(params), {"param_names": list(names)}
        return params, {}

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
                    leaf.rest(node.grad)
                    node.grad.zero_()

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Move every parameter that has a gradient; returns what `closure()`, called first,
        returns."""
        loss = None
        if closure is not None:
            with tg.enable_grad():
                loss = closure()
        self.has_stepped = True
        place = clock.user_place(self._place)
        if self._is_seen:
            self._notice()
        for its in self.param_groups:
            group = plain(its) if self.remembers else its
            for block in self._blocks_of(its):
                g = block.gather([node.grad.array for node in block.nodes])
                if group.get("maximize"):
                    np.negative(g, out=g)
                if group.get("weight_decay"):
                    self.decay(block, group)
                self.update(block.d, g, block.state, group)
                arrays = [p.array for p in block.params]
                own = arrays if block.rows is None else block.own(arrays)
                list(map(np.subtract, own, block.parts_of_d, own))  # each array -= its d
                clock.stamp(*arrays, place=place)
        if self._is_seen:
            self._show()
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
        nodes = [
            node
            for p in group["params"]
            if (node := p.node or leaf.home(p)) and node.grad is not None
        ]
        known_nodes, blocks = self._blocks.get(id(group), ([], []))
        if nodes == known_nodes:
            return blocks
        self._let_go(id(group))
        moving = set(nodes)
        alike: dict[Any, list[Tensor]] = {}
        memories: dict[Tensor, dict[str, Any]] = {}
        for p in group["params"]:
            if leaf.home(p) in moving:
                refuse_misfit(self._name, p)
                memory = memories[p] = self._memory(p)
                numbers = (None if isinstance(x, Tensor) else x for x in memory.values())
                apart = id(p) if self._is_seen and memory else None
                alike.setdefault((p.dtype, apart, *memory, *numbers), []).append(p)
        blocks = []
        scratch: dict[Any, Array] = {}
        for (dtype, apart, *_), params in alike.items():
            for some, rows, size in portions(params, self.whole, BLOCK):
                if dtype not in scratch or scratch[dtype].shape[1] < size:
                    scratch[dtype] = np.empty((2, size), params[0].dtype)
                room, remembered = scratch[dtype], [memories[p] for p in some]
                blocks.append(Block(some, rows, room, remembered, self.whole, apart is not None))
        self._blocks[id(group)] = nodes, blocks
        return blocks

    # ------------------------------------------------------------ what is remembered

    @property
    def state(self) -> dict[Any, dict[str, Any]]:
        """What is remembered of each parameter, by PyTorch's names.

        Tensors and dicts are those that the next step uses: what is written into them counts.
        """
        if not self._is_seen:
            self._show()
            self._is_seen = True
        return self._state

    @state.setter
    def state(self, state: dict[Any, dict[str, Any]]) -> None:
        self._blocks, self._shown = {}, {}
        self._state, self._is_seen = state, True

    def _show(self) -> None:
        """Bring `_state` up to date: what the blocks remember, as tensors that look into them."""
        pieces: dict[Tensor, list[tuple[Block, int]]] = {}
        for _, blocks in self._blocks.values():
            for block in blocks:
                for i, p in enumerate(block.params):
                    pieces.setdefault(p, []).append((block, i))
        for p, some in pieces.items():
            shown = self._shown.setdefault(p, Shown())
            state = some[0][0].state
            if state:
                memory = self._state.setdefault(p, {})
                memory.update({n: shown.update(n, some, memory.get(n)) for n in state})

    def _notice(self) -> None:
        """Begin anew with what stands in `state`, where someone has written into it."""
        for p, shown in self._shown.items():
            if not shown.is_as_shown(self._used(p)):
                self._blocks, self._shown = {}, {}
                return

    def _let_go(self, key: int) -> None:
        """Drop the blocks of a group; what they remember stands in `_state` from now on."""
        self._show()
        for block in self._blocks.pop(key, ([], []))[1]:
            for p, node in zip(block.params, block.nodes, strict=True):
                self._shown.pop(p, None)
                if self._state.get(p) and node.shape != p.array.shape:
                    del self._state[p]  # p.data has another shape by now

    def _used(self, p: Tensor) -> dict[str, Any]:
        """What stands in `_state` of p, and is for update()."""
        memory = self._state.get(p) or {}
        names = self.remembers or memory
        return {name: memory[name] for name in memory if name in names and memory[name] is not None}

    def _memory(self, p: Tensor) -> dict[str, Any]:
        """The same, checked, in the dtype of p, counters as numbers.  What nobody has seen moves
        out of `_state`, as a block copies it."""
        memory = {}
        for name, x in self._used(p).items():
            if not isinstance(x, Tensor):
                if isinstance(x, str) or (self.remembers and name not in COUNTERS):
                    raise TypeError(
                        f"{self._name}: state[p][{name!r}] is a {type(x).__name__}; give a tensor, "
                        "such as zeros_like(p)"
                    )
                memory[name] = x
            elif x.ndim == 0 and (name in COUNTERS or (p.ndim and not self.remembers)):
                memory[name] = x.item()
            elif x.shape != p.shape:
                raise ValueError(
                    f"{self._name}: state[p][{name!r}] has shape {tuple(x.shape)}, the parameter "
                    f"{tuple(p.shape)}; give one of its shape, or forget all with del state[p]"
                )
            elif self._is_seen and not x.array.flags.writeable:
                raise RuntimeError(
                    f"{self._name}: state[p][{name!r}] cannot be written, since it is expanded or "
                    "read-only; give a clone() of it"
                )
            else:
                if x.dtype is not p.dtype:
                    x.array = x.array.astype(p.dtype)
                memory[name] = x
        if not self._is_seen and memory:
            for name in memory:
                del self._state[p][name]
            if not self._state[p]:
                del self._state[p]
        return memory

    def state_dict(self) -> dict[str, Any]:
        """A copy of all that is remembered, and the settings of the groups; parameters are numbers,
        counted through the groups: {"state": {0: {"step": ...}}, "param_groups": [...]}."""
        self._show()
        number = {p: i for i, p in enumerate(self._params())}
        state = {number[p]: deepcopy(self._state[p]) for p in number if p in self._state}
        others = {k: deepcopy(x) for k, x in self._state.items() if not isinstance(k, Tensor)}
        groups = [
            {**group, "params": [number[p] for p in group["params"]]} for group in self.param_groups
        ]
        return {"state": state | others, "param_groups": groups}

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
        state: dict[Any, Any] = defaultdict(dict)
        for i, memory in state_dict["state"].items():
            p = params.get(i)
            known = deepcopy(memory) if p is None else self._recalled(i, memory, p)
            state[i if p is None else p] = known
        for group, settings in zip(self.param_groups, groups, strict=True):
            group.update({**settings, "params": group["params"]})
        self.__setstate__({"state": state, "param_groups": self.param_groups})
        self._is_seen = False

    def _recalled(self, i: int, state: dict[str, Any], p: Tensor) -> dict[str, Any]:
        """What is remembered of p, parameter i, from its part of a state dict."""
        memory: dict[str, Any] = {name: recalled(name, x, p) for name, x in state.items()}
        for name, x in memory.items():
            if name not in self.remembers:
                continue
            if name in COUNTERS and not isinstance(x, Tensor):
                memory[name] = number_as_tensor(x)
            elif name not in COUNTERS and x is not None and x.shape != p.shape:
                raise ValueError(
                    f"{self._name}: {name} of parameter {i} has shape {tuple(x.shape)} in "
                    f"the state, the parameter here {tuple(p.shape)}"
                )
        return memory

    def __getstate__(self) -> dict[str, Any]:
        self._show()
        own = {k: x for k, x in vars(self).items() if k not in ("_blocks", "_shown", "_state")}
        return {**own, "state": self._state}

    def __setstate__(self, state: dict[str, Any]) -> None:
        if "state" in state:
            self.state = state["state"]
        vars(self).update({name: x for name, x in state.items() if name != "state"})

    def _params(self) -> list[Tensor]:
        return [p for group in self.param_groups for p in group["params"]]

    def __repr__(self) -> str:
        lines = []
        for i, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {i}")
            lines += [f"    {k}: {group[k]}" for k in sorted(group) if k != "params"]
        return "\n".join([f"{self._name} (", *lines, ")"])


def _noted(step: Callable[..., Any]) -> Callable[..., Any]:
    """A step() that says that it was taken, for the schedulers."""

    @wraps(step)
    def noted(self: Optimizer, *args: Any, **settings: Any) -> Any:
        self.has_stepped = True
        return step(self, *args, **settings)

    return noted


def checked(name: str, **settings: Any) -> dict[str, Any]:
    """The settings, if no number is under 0 and no beta outside [0, 1): else ValueError."""
    for key, value in settings.items():
        several = isinstance(value, tuple | list)
        for i, x in enumerate(value if several else [value], 1):
            which = f"{key.removesuffix('s')}{i}" if several else key
            if isinstance(x, Tensor) and x.numel() != 1:
                shape = tuple(x.shape)
                raise ValueError(f"{name}: {which} is one number, not a tensor of shape {shape}")
            if not 0 <= x < (1 if key == "betas" else float("inf")):
                allowed = "in [0, 1)" if key == "betas" else "at least 0"
                raise ValueError(f"{name}: {which} is {allowed}, not {x}")
        if several:
            settings[key] = tuple(map(float, value))
    return settings


def blend(mean: Array, beta: float, x: Array, spare: Array) -> None:
    """mean <- beta mean + (1 - beta) x, the running mean; `spare` is overwritten, and may be x."""
    mean *= beta
    mean += np.multiply(x, 1 - beta, spare)
