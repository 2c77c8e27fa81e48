"""State: what a tree of modules saves and loads, each module by methods that it may override.

>>> import nn, tinygrad_edu as tg
>>> class Counted(nn.Linear):
...     calls = 0
...     def get_extra_state(self):
...         return {"calls": self.calls}
...     def set_extra_state(self, state):
...         self.calls = state["calls"]
>>> net = nn.Sequential(Counted(2, 1), nn.ReLU())
>>> [*net.state_dict()]
['0.weight', '0.bias', '0._extra_state']
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import tinygrad_edu as tg
from tinygrad_edu.engine.hooks import RemovableHandle
from tinygrad_edu.tensor import Tensor

from .hooks import listed, register, table
from .members import BUFFER, PARAMETER, hold, members_of
from .parameter import Parameter

Hook = Callable[..., Any]
EXTRA_STATE = "_extra_state"


class IncompatibleKeys(NamedTuple):
    """What `load_state_dict` returns: the paths that one side had and the other had not."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not any(self):
            return "<All keys matched successfully>"
        return f"IncompatibleKeys(missing_keys={self[0]}, unexpected_keys={self[1]})"


class Stateful:
    """The part of a Module that saves and loads.

    A module saves what is its own in `_save_to_state_dict`, and loads it in
    `_load_from_state_dict`; the walk over the tree calls these of each module, so a layer that
    overrides them says how it is saved.
    """

    _version = 1  # a subclass that changes what it saves counts up: see `local_metadata["version"]`
    children: Callable[[], Any]
    modules: Callable[[], Any]
    _modules: Any

    _state_dict_hooks = table("_state_dict_hooks")
    _state_dict_pre_hooks = table("_state_dict_pre_hooks")
    _load_state_dict_pre_hooks = table("_load_state_dict_pre_hooks")
    _load_state_dict_post_hooks = table("_load_state_dict_post_hooks")

    # -------------------------------------------------------- saving

    def state_dict(self, destination: Any = None, prefix: str = "", keep_vars: bool = False) -> Any:
        """Return the state: every parameter and persistent buffer, by its path.

        The tensors share the memory of the module: what is written to one is written to the other.
        What `get_extra_state` returns, if a module defines it, is part of the state.

        Parameters
        ----------
        destination : dict, default None
            Where to put the state; None makes an OrderedDict.
        prefix : str, default ""
            What the paths start with, for example "encoder.".
        keep_vars : bool, default False
            Put the parameters themselves, instead of tensors outside of the record.

        Returns
        -------
        dict of Tensor
            `destination`.

        Examples
        --------
        >>> import nn
        >>> net = nn.Sequential(nn.Linear(2, 1), nn.ReLU())
        >>> [*net.state_dict()]
        ['0.weight', '0.bias']
        >>> [*net.state_dict(prefix="net.")]
        ['net.0.weight', 'net.0.bias']
        """
        if destination is None:
            destination = OrderedDict()
            destination._metadata = OrderedDict()
        metadata = {"version": self._version}
        if hasattr(destination, "_metadata"):
            destination._metadata[prefix[:-1]] = metadata
        for hook in listed(self, "_state_dict_pre_hooks"):
            hook(self, prefix, keep_vars)
        self._save_to_state_dict(destination, prefix, keep_vars)
        for name, child in self._modules.items():
            if child is not None:
                child.state_dict(
                    destination=destination, prefix=f"{prefix}{name}.", keep_vars=keep_vars
                )
        for hook, may_replace in listed(self, "_state_dict_hooks"):
            new = hook(self, destination, prefix, metadata)
            if new is not None and not may_replace:
                raise RuntimeError(
                    f"a state_dict hook of {type(self).__name__} returned a "
                    f"{type(new).__name__}; it changes the dict that it is given, and returns None"
                )
            destination = destination if new is None else new
        return destination

    def _save_to_state_dict(self, destination: Any, prefix: str, keep_vars: bool) -> None:
        """Put what is this module's own, not its children's, into `destination`."""
        for name, tensor, _ in self._own_state():
            destination[prefix + name] = tensor if keep_vars else tensor.detach()
        if type(self).get_extra_state is not Stateful.get_extra_state:
            destination[prefix + EXTRA_STATE] = self.get_extra_state()

    def _own_state(self) -> list[tuple[str, Tensor, str]]:
        """Name, tensor and kind of each parameter and persistent buffer."""
        held = [(*one, kind) for kind in (PARAMETER, BUFFER) for one in members_of(self, kind)]
        passing: set[str] = self.__dict__["_non_persistent_buffers_set"]
        return [one for one in held if one[1] is not None and one[0] not in passing]

    def get_extra_state(self) -> Any:
        """Return what else is to be saved; a subclass that has more than tensors defines it.

        Returns
        -------
        object
            Part of `state_dict()`, under "_extra_state".

        Raises
        ------
        RuntimeError
            If the subclass does not define it.

        Examples
        --------
        >>> import nn
        >>> class Counted(nn.Linear):
        ...     calls = 3
        ...     def get_extra_state(self):
        ...         return {"calls": self.calls}
        >>> Counted(2, 1).state_dict()["_extra_state"]
        {'calls': 3}
        """
        raise RuntimeError(f"{type(self).__name__} has no get_extra_state(): define it")

    def set_extra_state(self, state: Any) -> None:
        """Restore what `get_extra_state` returned; a subclass defines both together.

        Parameters
        ----------
        state : object
            What was saved.

        Raises
        ------
        RuntimeError
            If the subclass does not define it.

        Examples
        --------
        >>> import nn
        >>> class Counted(nn.Module):
        ...     calls = 0
        ...     def get_extra_state(self):
        ...         return {"calls": self.calls}
        ...     def set_extra_state(self, state):
        ...         self.calls = state["calls"]
        >>> layer = Counted()
        >>> layer.load_state_dict({"_extra_state": {"calls": 3}})
        <All keys matched successfully>
        >>> layer.calls
        3
        """
        raise RuntimeError(f"{type(self).__name__} has no set_extra_state(): define it")

    # -------------------------------------------------------- loading

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> IncompatibleKeys:
        """Copy a state into the parameters and buffers of the same paths.

        Parameters
        ----------
        state_dict : mapping of str to Tensor
            As `state_dict()` returns it.
        strict : bool, default True
            Require that the paths are exactly those of this module.
        assign : bool, default False
            Replace the parameters and buffers by the tensors of the state, with their dtypes,
            instead of copying the values.

        Returns
        -------
        IncompatibleKeys
            `missing_keys` and `unexpected_keys`, two lists of paths.

        Raises
        ------
        RuntimeError
            If a path is missing or unexpected (with `strict`), or a shape differs.  The message
            lists everything that does not fit, and nothing is changed.
        TypeError
            If `state_dict` is not a mapping.

        Examples
        --------
        >>> import nn
        >>> old, new = nn.Linear(2, 1), nn.Linear(2, 1)
        >>> new.load_state_dict(old.state_dict())
        <All keys matched successfully>
        >>> new.load_state_dict({"weight": old.weight}, strict=False)
        IncompatibleKeys(missing_keys=['bias'], unexpected_keys=[])
        """
        if not isinstance(state_dict, Mapping):
            raise TypeError(
                "load_state_dict: it takes a dict of tensors by their paths, as state_dict() "
                f"returns, not {type(state_dict).__name__}"
            )
        keys, problems = IncompatibleKeys([], []), list[str]()
        metadata = getattr(state_dict, "_metadata", {})
        before = [
            (module, *own, None if assign else own[1].array.copy())
            for module in self.modules()
            for own in module._own_state()
        ]
        try:
            _load_tree(self, OrderedDict(state_dict), "", metadata, assign, keys, problems)
            if strict:
                missing = [f"missing: {path}" for path in keys.missing_keys]
                problems = [
                    *missing,
                    *map("unexpected: {}".format, keys.unexpected_keys),
                    *problems,
                ]
            if problems:
                raise RuntimeError(
                    f"load_state_dict into {type(self).__name__}:\n  " + "\n  ".join(problems)
                )
        except BaseException:
            for module, name, tensor, kind, numbers in before:
                hold(module, name, tensor, kind)
                if numbers is not None and numbers.shape == tensor.shape:
                    tensor.array[...] = numbers
            raise
        return keys

    def _load_from_state_dict(
        self,
        state_dict: Any,
        prefix: str,
        local_metadata: Any,
        strict: bool,
        missing_keys: list[str],
        unexpected_keys: list[str],
        error_msgs: list[str],
    ) -> None:
        """Load what is this module's own, not its children's, from the paths that start with
        `prefix`; add to the three lists what does not fit."""
        told = (strict, missing_keys, unexpected_keys, error_msgs)
        for hook, with_module in listed(self, "_load_state_dict_pre_hooks"):
            hook(*[self] * with_module, state_dict, prefix, local_metadata, *told)
        own = self._own_state()
        for name, tensor, _ in own:
            path = prefix + name
            if path in state_dict:
                assign = local_metadata.get("assign_to_params_buffers", False)
                problem = self._load_tensor(name, tensor, state_dict[path], assign)
                error_msgs += [f"{problem[0]} of {path}: {problem[1]}"] if problem else []
            elif strict:
                missing_keys.append(path)
        extra = prefix + EXTRA_STATE
        takes_extra = type(self).set_extra_state is not Stateful.set_extra_state
        if takes_extra and extra in state_dict:
            self.set_extra_state(state_dict[extra])
        elif takes_extra and strict:
            missing_keys.append(extra)
        if strict:
            known = {name for name, *_ in own} | ({EXTRA_STATE} if takes_extra else set())
            for path in state_dict:
                if path.startswith(prefix):
                    name, dot, _ = path[len(prefix) :].partition(".")
                    if name not in (self._modules if dot else known):
                        unexpected_keys.append(path)

    def _load_tensor(
        self, name: str, own: Tensor, given: Any, assign: bool
    ) -> tuple[str, str] | None:
        """Take over a parameter or buffer; returns what does not fit, if it does not."""
        try:
            new = tg.as_tensor(given)
        except (TypeError, ValueError):
            return "type", f"{type(given).__name__} given, a Tensor here"
        if new.shape != own.shape:
            return "shape", f"{tuple(new.shape)} given, {tuple(own.shape)} here"
        if not assign:
            with tg.no_grad():
                own.copy_(new)
        elif isinstance(own, Parameter):
            new = new if isinstance(new, Parameter) else Parameter(new)
            setattr(self, name, new.requires_grad_(own.requires_grad))
        else:
            setattr(self, name, new)
        return None

    # -------------------------------------------------------- hooks

    def register_state_dict_pre_hook(self, hook: Hook) -> RemovableHandle:
        """Call `hook(module, prefix, keep_vars)` before `state_dict` reads this module.

        Parameters
        ----------
        hook : callable
            What it returns is ignored.

        Returns
        -------
        RemovableHandle
            Its `remove()`, or the end of a `with` block of it, removes the hook.

        Examples
        --------
        >>> import nn
        >>> net = nn.Sequential(nn.ReLU())
        >>> def show(module, prefix, keep_vars):
        ...     print(module, prefix)
        >>> with net[0].register_state_dict_pre_hook(show):
        ...     state = net.state_dict()
        ReLU() 0.
        """
        return register(self, "_state_dict_pre_hooks", hook)

    def register_state_dict_post_hook(self, hook: Hook) -> RemovableHandle:
        """Call `hook(module, state_dict, prefix, local_metadata)` after `state_dict`.

        Parameters
        ----------
        hook : callable
            It may change the dict, which then holds this module and those below; it returns None.

        Returns
        -------
        RemovableHandle
            Its `remove()`, or the end of a `with` block of it, removes the hook.

        Examples
        --------
        >>> import nn
        >>> layer = nn.Linear(2, 1)
        >>> def leave_out(module, state_dict, prefix, local_metadata):
        ...     del state_dict[prefix + "bias"]
        >>> with layer.register_state_dict_post_hook(leave_out):
        ...     list(layer.state_dict())
        ['weight']
        """
        return register(self, "_state_dict_hooks", (hook, False))

    def _register_state_dict_hook(self, hook: Hook) -> RemovableHandle:
        """`register_state_dict_post_hook`; what the hook returns takes the place of the dict, if
        this is the module whose state_dict() was called."""
        return register(self, "_state_dict_hooks", (hook, True))

    def register_load_state_dict_pre_hook(self, hook: Hook) -> RemovableHandle:
        """Call a hook before `load_state_dict` writes to this module.

        Parameters
        ----------
        hook : callable
            `hook(module, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys,
            error_msgs)`; it may change the dict and the lists.

        Returns
        -------
        RemovableHandle
            Its `remove()`, or the end of a `with` block of it, removes the hook.

        Examples
        --------
        >>> import nn
        >>> import tinygrad_edu as tg
        >>> layer = nn.Linear(2, 1, bias=False)
        >>> def rename(module, state_dict, prefix, *rest):
        ...     state_dict[prefix + "weight"] = state_dict.pop(prefix + "w")
        >>> with layer.register_load_state_dict_pre_hook(rename):
        ...     layer.load_state_dict({"w": tg.ones(1, 2)})
        <All keys matched successfully>
        """
        return register(self, "_load_state_dict_pre_hooks", (hook, True))

    def _register_load_state_dict_pre_hook(
        self, hook: Hook, with_module: bool = False
    ) -> RemovableHandle:
        """The same; the hook is told the module only if `with_module`."""
        return register(self, "_load_state_dict_pre_hooks", (hook, with_module))

    def register_load_state_dict_post_hook(self, hook: Hook) -> RemovableHandle:
        """Call `hook(module, incompatible_keys)` after this module and those below were loaded.

        Parameters
        ----------
        hook : callable
            It may change the two lists, `missing_keys` and `unexpected_keys`; it returns None.

        Returns
        -------
        RemovableHandle
            Its `remove()`, or the end of a `with` block of it, removes the hook.

        Examples
        --------
        >>> import nn
        >>> import tinygrad_edu as tg
        >>> layer = nn.Linear(2, 1)
        >>> def allow(module, incompatible_keys):
        ...     incompatible_keys.missing_keys.remove("bias")
        >>> with layer.register_load_state_dict_post_hook(allow):
        ...     layer.load_state_dict({"weight": tg.ones(1, 2)})
        <All keys matched successfully>
        """
        return register(self, "_load_state_dict_post_hooks", hook)


def _load_tree(
    module: Any,
    state: Any,
    prefix: str,
    metadata: Any,
    assign: bool,
    keys: IncompatibleKeys,
    problems: list[str],
) -> None:
    """Load a module and those below, each from the paths that start with its own."""
    local = metadata.get(prefix[:-1], {})
    if assign:
        local = {**local, "assign_to_params_buffers": True}
    module._load_from_state_dict(state, prefix, local, True, *keys, problems)
    for name, child in module._modules.items():
        if child is not None:
            below = f"{prefix}{name}."
            part = {path: x for path, x in state.items() if path.startswith(below)}
            _load_tree(child, part, below, metadata, assign, keys, problems)
    for hook in listed(module, "_load_state_dict_post_hooks"):
        if hook(module, keys) is not None:
            raise RuntimeError(
                f"a load_state_dict hook of {type(module).__name__} returned something; it changes "
                "the lists that it is given, and returns None"
            )
