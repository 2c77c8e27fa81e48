"""Optimizer: parameters in groups with their settings, and one update rule for all of them.

A subclass writes `update(d, g, state, group)`: given the gradient `g`, what it remembers (`state`,
a dict of its own) and the settings of the group, it fills `d` with what is subtracted from the
parameters.  All of these are flat: a Block lays the gradients of many small parameters side by
side, and cuts a large one, so that a step costs a dozen passes over what the cache holds, however
many there are.  An update that reads the parameter itself is written for PerParameter.  Or a
subclass writes `step()`, as for PyTorch, and uses `self.state[p]` as it likes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from copy import deepcopy
from typing import Any

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
    StateView,
    check_gradient_shape,
    loaded,
    number_as_tensor,
    partition,
    plain_settings,
    required,
)
from .hooks import (
    Hooked,
    register_optimizer_step_post_hook as register_optimizer_step_post_hook,
    register_optimizer_step_pre_hook as register_optimizer_step_pre_hook,
    with_hooks,
)
from .noticing import Noticing

BLOCK = 2**18  # numbers in a block: few enough to stay in the cache for its dozen passes


class Optimizer(Hooked, Noticing):
    """Base class of the optimizers.

    A training step is `zero_grad()`, `loss.backward()`, `step()`.

    Parameters
    ----------
    params : iterable of Tensor, of (str, Tensor), or of dict
        The parameters to train, alone or with their names, as `model.named_parameters()` gives
        them; or groups of parameters: dicts with "params" and settings of their own.
    defaults : dict
        The default settings of the groups.

    Attributes
    ----------
    param_groups : list of dict
        "params" (and "param_names", if there are names) and the settings, which may be changed
        between steps.
    state : dict
        The state of each parameter, under PyTorch's names; it may be written to.

    Raises
    ------
    ValueError
        If there is no parameter, if one is given twice or is not a leaf, or if only some have
        names.
    TypeError
        If a parameter is not a Tensor, or if the parameters have no order, as in a set.

    Examples
    --------
    >>> import nn
    >>> import tinygrad_edu as tg
    >>> from nn import optim
    >>> net = nn.Linear(2, 1)
    >>> optimizer = optim.SGD(net.parameters(), lr=0.1)
    >>> for step in range(3):
    ...     optimizer.zero_grad()
    ...     loss = (net(tg.ones(4, 2)) - 1).square().mean()
    ...     loss.backward()
    ...     optimizer.step()

    A new update rule:

    >>> import numpy as np
    >>> class SignDescent(optim.Optimizer):
    ...     def update(self, d, g, state, group):
    ...         np.multiply(np.sign(g), group["lr"], out=d)
    >>> optimizer = SignDescent(net.named_parameters(), {"lr": 0.1})
    >>> optimizer.param_groups[0]["param_names"]
    ['weight', 'bias']
    """

    whole = False  # does an update need each parameter by itself, in its shape?
    state_names: tuple[str, ...] = ()  # the names in `state` that update() uses; () for all

    _blocks: dict[int, tuple[list[Any], list[Block]]]  # by group: the leaves that move, in blocks
    _state: dict[Any, dict[str, Any]]  # of what is in no block; of all, once it was read
    _views: dict[Tensor, StateView]
    _state_is_visible: bool  # has the user read `state`, and may write into it?
    _place: str

    def _set_up(self) -> None:
        super()._set_up()
        self._blocks, self._state, self._views = {}, defaultdict(dict), {}
        self._state_is_visible, self._place = False, f"{self._name}.step() at "

    def __init_subclass__(cls, **settings: Any) -> None:
        super().__init_subclass__(**settings)
        if "step" in vars(cls):
            setattr(cls, "step", with_hooks(cls.step))  # noqa: B010, mypy takes no method by name

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

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add a group of parameters to train.

        Parameters
        ----------
        param_group : dict
            "params", and settings of this group; the others are the defaults of the optimizer.

        Raises
        ------
        ValueError, TypeError
            As for the class; the optimizer is not changed then.

        Examples
        --------
        >>> import nn
        >>> from nn import optim
        >>> body, head = nn.Linear(2, 2), nn.Linear(2, 1)
        >>> optimizer = optim.SGD(body.parameters(), lr=0.1)
        >>> optimizer.add_param_group({"params": head.parameters(), "lr": 0.01})
        >>> [group["lr"] for group in optimizer.param_groups]
        [0.1, 0.01]
        """
        if not isinstance(param_group, dict):
            raise TypeError(
                f"{self._name}: a group is a dict with 'params', not a {type(param_group).__name__}"
            )
        params, names = self._listed(param_group["params"])
        self._check_params(params)
        given = {**param_group, **names}
        if any(("param_names" in given) != ("param_names" in group) for group in self.param_groups):
            raise ValueError(
                f"{self._name}: some groups of parameters have names; give them to all, as with "
                "named_parameters(), or to none"
            )
        for name, default in self.defaults.items():
            if default is required and name not in param_group:
                raise ValueError(f"{self._name}: a group of parameters names no {name}")
        shared = param_group if isinstance(param_group, Group) else Group(param_group)
        shared.update({**self.defaults, **given, "params": params})
        self.param_groups.append(shared)

    def _check_params(self, params: list[Any]) -> None:
        known = {id(p) for group in self.param_groups for p in group["params"]}
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

    def _listed(self, params: Any) -> tuple[list[Any], dict[str, Any]]:
        """Parameters as a list, and their names for the group, if they are given as pairs, as by
        named_parameters()."""
        if isinstance(params, Tensor):
            return [params], {}
        if isinstance(params, set | frozenset):
            raise TypeError(f"{self._name}: a set has no order; give the parameters in a list")
        params = list(params)
        named = [isinstance(p, tuple) and len(p) == 2 for p in params]
        if not any(named):
            return params, {}
        if not all(named):
            raise ValueError(
                f"{self._name}: parameter {named.index(False)} has no name; give names to all "
                "parameters, or to none"
            )
        names, params = zip(*params, strict=True)
        return list(params), {"param_names": list(names)}

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Clear the gradients of all parameters.

        Parameters
        ----------
        set_to_none : bool, default True
            `p.grad` becomes None.  With False it is filled with zeros in place: the next step then
            moves the parameter too, by its momentum for example.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> from nn import optim
        >>> w = tg.tensor([1.0], requires_grad=True)
        >>> (3 * w).sum().backward()
        >>> optim.SGD([w], lr=0.5).zero_grad()
        >>> w.grad is None
        True
        """
        for group in self.param_groups:
            for p in group["params"]:
                node = p.node or leaf.home(p)
                if node is None or node.grad is None:
                    continue
                self._cleared_at = leaf.passes
                if set_to_none:
                    node.grad = None
                else:
                    leaf.rest(node.grad)
                    node.grad.zero_()

    @with_hooks
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update every parameter that has a gradient.

        Parameters
        ----------
        closure : callable, optional
            A function without arguments that clears the gradients, computes the loss, calls
            `backward()` and returns the loss; it is called first.

        Returns
        -------
        Tensor or None
            The result of the closure.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> from nn import optim
        >>> w = tg.tensor([1.0], requires_grad=True)
        >>> optimizer = optim.SGD([w], lr=0.5)
        >>> (3 * w).sum().backward()
        >>> optimizer.step()
        >>> w.detach()
        tensor([-0.5000])
        """
        loss = None
        if closure is not None:
            with tg.enable_grad():
                loss = closure()
        place, used = clock.user_place(self._place), None
        if self._state_is_visible:
            self._read_changes()
        for its in self.param_groups:
            group = plain_settings(its) if self.state_names else its
            for block in self._blocks_of(its):
                g = block.gather([node.grad.array for node in block.nodes])
                used = g.item(-1) if g.size else 0.0
                if group.get("maximize"):
                    np.negative(g, out=g)
                if group.get("weight_decay"):
                    self.decay(block, group)
                self.update(block.d, g, block.state, group)
                arrays = [p.array for p in block.params]
                own = arrays if block.rows is None else block.own(arrays)
                list(map(np.subtract, own, block.parts_of_d, own))  # each array -= its d
                clock.stamp(*arrays, place=place)
        if self._state_is_visible:
            self._publish()
        if closure is None:
            self._notice_step(used)
        return loss

    def decay(self, block: Block, group: dict[str, Any]) -> None:
        """Apply the weight decay of one group.

        As a penalty, weight_decay p is added to the gradient.  Decoupled from the gradient, p is
        multiplied by 1 - lr weight_decay.

        Parameters
        ----------
        block : Block
            Parameters of the group that are updated together, and their gradients.
        group : dict
            The settings of the group.

        References
        ----------
        Loshchilov and Hutter, "Decoupled weight decay regularization", 2019.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> from nn import optim
        >>> w = tg.tensor([1.0], requires_grad=True)
        >>> w.grad = tg.zeros(1)
        >>> optim.SGD([w], lr=0.5, weight_decay=0.1).step()  # w - 0.5 (0 + 0.1 w)
        >>> w.detach()
        tensor([0.9500])
        """
        for x, d in zip(block.own([p.array for p in block.params]), block.parts_of_d, strict=True):
            if group.get("decoupled_weight_decay"):
                x *= 1 - group["lr"] * group["weight_decay"]
            else:
                np.multiply(x, group["weight_decay"], d)
        if not group.get("decoupled_weight_decay"):
            block.g += block.d

    def update(self, d: Array, g: Array, state: dict[str, Any], group: dict[str, Any]) -> None:
        """Fill `d` in place with the update that is subtracted from the parameters.

        Parameters
        ----------
        d : ndarray
            The result, of the shape of `g`.
        g : ndarray
            The gradient, negated for `maximize`, with the penalty of `weight_decay`; `update` may
            overwrite it.
        state : dict
            The state: arrays of the shape of `g`, and numbers; empty before the first step.
        group : dict
            The settings of the group.

        Examples
        --------
        >>> import numpy as np
        >>> import tinygrad_edu as tg
        >>> from nn import optim
        >>> class SignDescent(optim.Optimizer):
        ...     def update(self, d, g, state, group):
        ...         np.multiply(np.sign(g), group["lr"], out=d)
        >>> w = tg.tensor([1.0, 2.0], requires_grad=True)
        >>> w.grad = tg.tensor([5.0, -5.0])
        >>> SignDescent([w], {"lr": 0.5}).step()
        >>> w.detach()
        tensor([0.5000, 2.5000])
        """
        raise NotImplementedError(f"{self._name} has no update(d, g, state, group)")

    def _blocks_of(self, group: dict[str, Any]) -> list[Block]:
        """The blocks of the parameters that have a gradient: those of the last step, if the
        parameters are the same."""
        nodes = [
            node
            for p in group["params"]
            if (node := p.node or leaf.home(p)) and node.grad is not None
        ]
        known_nodes, blocks = self._blocks.get(id(group), ([], []))
        if nodes == known_nodes:
            return blocks
        self._drop_blocks(id(group))
        moving = set(nodes)
        alike: dict[Any, list[Tensor]] = {}
        entries_of: dict[Tensor, dict[str, Any]] = {}
        for p in group["params"]:
            if leaf.home(p) in moving:
                check_gradient_shape(self._name, p)
                self._refuse_differentiable(p)
                entries = entries_of[p] = self._checked_state(p)
                numbers = (None if isinstance(x, Tensor) else x for x in entries.values())
                in_place = id(p) if self._state_is_visible and entries else None
                alike.setdefault((p.dtype, in_place, *entries, *numbers), []).append(p)
        blocks = []
        scratch: dict[Any, Array] = {}
        for (dtype, in_place, *_), params in alike.items():
            for some, rows, size in partition(params, self.whole, BLOCK):
                if dtype not in scratch or scratch[dtype].shape[1] < size:
                    scratch[dtype] = np.empty((2, size), params[0].dtype)
                room, states = scratch[dtype], [entries_of[p] for p in some]
                blocks.append(Block(some, rows, room, states, self.whole, in_place is not None))
        self._blocks[id(group)] = nodes, blocks
        return blocks

    def _refuse_differentiable(self, p: Tensor) -> None:
        """Raise RuntimeError, as PyTorch, where a recorded step would write to a leaf."""
        if self.defaults.get("differentiable") and p.requires_grad:
            raise RuntimeError(
                f"{self._name}: differentiable=True records the step, and a leaf that requires "
                "grad cannot be written in place by a recorded operation; write the update with "
                "operators, as new = p - lr * g, or leave differentiable=True out"
            )

    # ------------------------------------------------------------ what is remembered

    @property
    def state(self) -> dict[Any, dict[str, Any]]:
        """The state of each parameter, under PyTorch's names, such as "momentum_buffer".

        The next step uses these tensors and dicts: what is written into them counts.
        """
        if not self._state_is_visible:
            self._publish()
            self._state_is_visible = True
        return self._state

    @state.setter
    def state(self, state: dict[Any, dict[str, Any]]) -> None:
        self._blocks, self._views = {}, {}
        self._state, self._state_is_visible = state, True

    def _publish(self) -> None:
        """Bring `_state` up to date, with tensors that are views of the state in the blocks."""
        pieces: dict[Tensor, list[tuple[Block, int]]] = {}
        for _, blocks in self._blocks.values():
            for block in blocks:
                for i, p in enumerate(block.params):
                    pieces.setdefault(p, []).append((block, i))
        for p, some in pieces.items():
            view = self._views.setdefault(p, StateView())
            state = some[0][0].state
            if state:
                entries = self._state.setdefault(p, {})
                entries.update({n: view.update(n, some, entries.get(n)) for n in state})

    def _read_changes(self) -> None:
        """Make the blocks anew from `state`, if the user has replaced something in it."""
        for p, view in self._views.items():
            if not view.is_unchanged(self._used_state(p)):
                self._blocks, self._views = {}, {}
                return

    def _drop_blocks(self, key: int) -> None:
        """Drop the blocks of a group; their state stays in `_state`."""
        self._publish()
        for block in self._blocks.pop(key, ([], []))[1]:
            for p, node in zip(block.params, block.nodes, strict=True):
                self._views.pop(p, None)
                if self._state.get(p) and node.shape != p.array.shape:
                    del self._state[p]  # p.data has another shape by now

    def _used_state(self, p: Tensor) -> dict[str, Any]:
        """The part of the state of p that update() uses."""
        entries = self._state.get(p) or {}
        names = self.state_names or entries
        return {
            name: entries[name] for name in entries if name in names and entries[name] is not None
        }

    def _checked_state(self, p: Tensor) -> dict[str, Any]:
        """The same, checked: tensors in the dtype of p, counters as numbers.  It is removed from
        `_state` if the user has never read that, since a block holds a copy."""
        entries = {}
        for name, x in self._used_state(p).items():
            if not isinstance(x, Tensor):
                if isinstance(x, str) or (self.state_names and name not in COUNTERS):
                    raise TypeError(
                        f"{self._name}: state[p][{name!r}] is a {type(x).__name__}; give a tensor, "
                        "such as zeros_like(p)"
                    )
                entries[name] = x
            elif x.ndim == 0 and (name in COUNTERS or (p.ndim and not self.state_names)):
                entries[name] = x.item()
            elif x.shape != p.shape:
                raise ValueError(
                    f"{self._name}: state[p][{name!r}] has shape {tuple(x.shape)}, the parameter "
                    f"{tuple(p.shape)}; give one of its shape, or forget all with del state[p]"
                )
            elif self._state_is_visible and not x.array.flags.writeable:
                raise RuntimeError(
                    f"{self._name}: state[p][{name!r}] cannot be written, since it is expanded or "
                    "read-only; give a clone() of it"
                )
            else:
                if x.dtype is not p.dtype:
                    x.array = x.array.astype(p.dtype)
                entries[name] = x
        if not self._state_is_visible and entries:
            for name in entries:
                del self._state[p][name]
            if not self._state[p]:
                del self._state[p]
        return entries

    def state_dict(self) -> dict[str, Any]:
        """Copy the state of the parameters, and the settings of the groups.

        Returns
        -------
        dict
            {"state": {0: {"step": ...}, ...}, "param_groups": [...]}: parameters are replaced by
            numbers, counted over all groups.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> from nn import optim
        >>> w = tg.tensor([1.0], requires_grad=True)
        >>> optimizer = optim.SGD([w], lr=0.5, momentum=0.9)
        >>> (3 * w).sum().backward()
        >>> optimizer.step()
        >>> optimizer.state_dict()["state"]
        {0: {'momentum_buffer': tensor([3.])}}
        """
        self._run_hooks("before state_dict")
        self._publish()
        number = {p: i for i, p in enumerate(self._params())}
        state = {number[p]: deepcopy(self._state[p]) for p in number if p in self._state}
        others = {k: deepcopy(x) for k, x in self._state.items() if not isinstance(k, Tensor)}
        groups = [
            {**group, "params": [number[p] for p in group["params"]]} for group in self.param_groups
        ]
        found = {"state": state | others, "param_groups": groups}
        return self._run_hooks("after state_dict", found)  # type: ignore[no-any-return]

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Load the state of the parameters and the settings of the groups.

        Parameters
        ----------
        state_dict : dict
            The result of `state_dict()`, of this package or of PyTorch.  Parameters are matched by
            their order; their names are loaded too, if there are any.

        Raises
        ------
        ValueError
            If the groups or the shapes differ from those here; nothing is changed then.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> from nn import optim
        >>> w = tg.tensor([1.0], requires_grad=True)
        >>> saved = optim.SGD([w], lr=0.5).state_dict()
        >>> optimizer = optim.SGD([w], lr=0.1)
        >>> optimizer.load_state_dict(saved)
        >>> optimizer.param_groups[0]["lr"]
        0.5
        """
        state_dict = self._run_hooks("before load_state_dict", dict(state_dict))
        groups = state_dict["param_groups"]
        given, own = ([len(g["params"]) for g in gs] for gs in (groups, self.param_groups))
        if given != own:
            raise ValueError(
                f"{self._name}: the state is of groups of {given} parameters, here are {own}"
            )
        numbers = [i for group in groups for i in group["params"]]
        params = dict(zip(numbers, self._params(), strict=True))
        state: dict[Any, Any] = defaultdict(dict)
        for i, entries in state_dict["state"].items():
            p = params.get(i)
            known = deepcopy(entries) if p is None else self._loaded_state(i, entries, p)
            state[i if p is None else p] = known
        for group, settings in zip(self.param_groups, groups, strict=True):
            group.update({**settings, "params": group["params"]})
        self.__setstate__({"state": state, "param_groups": self.param_groups})
        self._state_is_visible = False
        self._run_hooks("after load_state_dict")

    def _loaded_state(self, i: int, state: dict[str, Any], p: Tensor) -> dict[str, Any]:
        """The state of p, parameter i, from its part of a state dict."""
        entries: dict[str, Any] = {name: loaded(name, x, p) for name, x in state.items()}
        for name, x in entries.items():
            if name not in self.state_names:
                continue
            if name in COUNTERS and not isinstance(x, Tensor):
                entries[name] = number_as_tensor(x)
            elif name not in COUNTERS and x is not None and x.shape != p.shape:
                raise ValueError(
                    f"{self._name}: {name} of parameter {i} has shape {tuple(x.shape)} in "
                    f"the state, the parameter here {tuple(p.shape)}"
                )
        return entries

    def __getstate__(self) -> dict[str, Any]:
        self._publish()
        own = {
            k: x
            for k, x in vars(self).items()
            if k not in ("_blocks", "_views", "_state", "_hooks")
        }
        return {**own, "state": self._state}

    def __setstate__(self, state: dict[str, Any]) -> None:
        if "state" in state:
            self.state = state["state"]
        vars(self).update({name: x for name, x in state.items() if name != "state"})

    def _params(self) -> list[Tensor]:
        return [p for group in self.param_groups for p in group["params"]]

    def __repr__(self) -> str:
        groups = []
        for i, group in enumerate(self.param_groups):
            settings = [f"    {k}: {group[k]}\n" for k in sorted(group) if k != "params"]
            groups.append(f"\nParameter Group {i}\n{''.join(settings)}")
        return f"{self._name} ({''.join(groups)})"


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


def choices(name: str, **given: bool | None) -> dict[str, Any]:
    """The settings that choose among PyTorch's implementations: kept, for what reads and saves
    them, and without effect.  RuntimeError for those that exclude each other, as in PyTorch."""
    if given.get("fused"):
        for other in ("foreach", "differentiable"):
            if given.get(other):
                raise RuntimeError(f"{name}: fused and {other} exclude each other; give one")
    return given


def blend(mean: Array, beta: float, x: Array, spare: Array) -> None:
    """mean <- beta mean + (1 - beta) x, the running mean; `spare` is overwritten, and may be x."""
    mean *= beta
    mean += np.multiply(x, 1 - beta, spare)
