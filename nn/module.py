"""Module: a tree of parameters.

A module's attributes are the tree: an attribute that is a Parameter is a parameter of it, one that
is a Module is a branch.  Nothing else keeps count of them.

>>> import nn, tinygrad_edu as tg
>>> class Scale(nn.Module):
...     def __init__(self):
...         super().__init__()
...         self.factor = nn.Parameter(tg.tensor(2.0))
...     def forward(self, x):
...         return x * self.factor
>>> net = nn.Sequential(Scale(), Scale())
>>> [name for name, _ in net.named_parameters()]
['0.factor', '1.factor']
>>> net(tg.tensor(1.0))
tensor(4., grad_fn=<MultiplyBackward0>)
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, TypeVar

import tinygrad_edu as tg
from tinygrad_edu.autograd import Function
from tinygrad_edu.tensor import RemovableHandle, Tensor

M = TypeVar("M", bound="Module")


class Parameter(Tensor):
    """A Tensor that a Module trains: it requires grad, and assigning it to a module registers
    it."""

    __slots__ = ()

    def __init__(self, data: Any, requires_grad: bool = True) -> None:
        super().__init__(tg.as_tensor(data).array)
        self.requires_grad_(requires_grad)


class _Seen(Function):
    """Hands tensors on as they are, and shows their gradients to `see`, which may replace them."""

    @staticmethod
    def forward(ctx: Any, see: Callable[..., Any], *tensors: Tensor) -> tuple[Tensor, ...]:
        ctx.see = see
        return tensors

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        return (None, *ctx.see(grads))


class _Passing:
    """The gradients that pass through one call of a module, for its backward hooks."""

    def __init__(self, module: Module, hooks: list[Callable[..., Any]]) -> None:
        self.module, self.hooks, self.at_inputs = module, hooks, False
        self.grad_output: tuple[Any, ...] = ()

    def seen(self, values: tuple[Any, ...], see: Callable[..., Any]) -> tuple[Any, ...]:
        """The values, those that require grad handed through `see`."""
        flows = [isinstance(x, Tensor) and x.node is not None for x in values]
        if not self.hooks or not any(flows):
            return values
        self.at_inputs = self.at_inputs or see == self.input_grads
        through = iter(_Seen.apply(see, *[x for x, one in zip(values, flows, strict=True) if one]))
        return tuple(next(through) if one else x for x, one in zip(values, flows, strict=True))

    def output_grads(self, grads: tuple[Any, ...]) -> tuple[Any, ...]:
        self.grad_output = grads
        if not self.at_inputs:  # no input requires grad: this is all that there is to see
            self.input_grads((None,))
        return grads

    def input_grads(self, grads: tuple[Any, ...]) -> tuple[Any, ...]:
        for hook in self.hooks:
            new = hook(self.module, grads, self.grad_output)
            if new is not None:
                grads = new if isinstance(new, tuple) else (new,)
        return grads


class IncompatibleKeys(NamedTuple):
    """What `load_state_dict` returns: the paths that one side had and the other had not."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not any(self):
            return "<All keys matched successfully>"
        return f"IncompatibleKeys(missing_keys={self[0]}, unexpected_keys={self[1]})"


class Module:
    """The base class of layers and networks: make parameters in `__init__`, compute in
    `forward`."""

    training: bool

    def __init__(self) -> None:
        self.__dict__["_buffers"] = {}
        self.training = True

    def forward(self, *inputs: Any) -> Any:
        raise NotImplementedError(
            f"{type(self).__name__} has no forward(): define `def forward(self, x): ...`, which "
            "returns the result"
        )

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        if "_hooks" in self.__dict__:
            return self._hooked_call(inputs, options)
        return self.forward(*inputs, **options) if options else self.forward(*inputs)

    # -------------------------------------------------------- hooks

    def register_forward_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call `hook(module, inputs)` before each forward(); what it returns (if it is not None)
        takes the place of the inputs."""
        return self._register("forward_pre", hook)

    def register_forward_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call `hook(module, inputs, output)` after each forward(); what it returns (if it is not
        None) takes the place of the output."""
        return self._register("forward", hook)

    def register_full_backward_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call `hook(module, grad_input, grad_output)`, two tuples, when the gradients with respect
        to the inputs arrive; what it returns (if it is not None) takes the place of grad_input."""
        return self._register("backward", hook)

    def _register(self, when: str, hook: Callable[..., Any]) -> RemovableHandle:
        hooks = self.__dict__.setdefault("_hooks", {}).setdefault(when, [])
        hooks.append(hook)
        return RemovableHandle(hooks, hook)

    def _hooked_call(self, inputs: tuple[Any, ...], options: dict[str, Any]) -> Any:
        """forward(), with the hooks around it."""
        hooks = self.__dict__["_hooks"]
        for hook in list(hooks.get("forward_pre", ())):
            new = hook(self, inputs)
            if new is not None:
                inputs = new if isinstance(new, tuple) else (new,)
        passing = _Passing(self, list(hooks.get("backward", ())))
        inputs = passing.seen(inputs, passing.input_grads)
        output = self.forward(*inputs, **options)
        for hook in list(hooks.get("forward", ())):
            new = hook(self, inputs, output)
            output = output if new is None else new
        several = isinstance(output, tuple)
        seen = passing.seen(output if several else (output,), passing.output_grads)
        return seen if several else seen[0]

    # -------------------------------------------------------- the tree

    def __setattr__(self, name: str, value: Any) -> None:
        """Assigning a Parameter or a Module registers it, because the attributes are the tree."""
        own = self.__dict__
        if "_buffers" not in own and isinstance(value, Parameter | Module):
            raise AttributeError(
                f"{type(self).__name__}: call super().__init__() before assigning {name}"
            )
        held = own.get(name)
        for kind in (Parameter, Module):
            if isinstance(held, kind) and not isinstance(value, kind | None):
                raise TypeError(
                    f"{type(self).__name__}.{name} is a {kind.__name__}; assign another one or "
                    f"None, not a {type(value).__name__} (del {name} first to make it plain)"
                )
        if name in own.get("_buffers", ()) and not isinstance(value, Tensor | None):
            raise TypeError(
                f"{type(self).__name__}.{name} is a buffer, a Tensor, not a {type(value).__name__}"
            )
        own[name] = value

    def __delattr__(self, name: str) -> None:
        super().__delattr__(name)
        self.__dict__["_buffers"].pop(name, None)

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Keep a tensor that is part of the state and is not trained, as a running mean."""
        if "_buffers" not in self.__dict__:
            raise AttributeError(
                f"{type(self).__name__}: call super().__init__() before registering {name}"
            )
        if not isinstance(tensor, Tensor | None):
            raise TypeError(f"register_buffer: {name} is a {type(tensor).__name__}, not a Tensor")
        self._register_as(name, tensor)
        self.__dict__["_buffers"][name] = persistent

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Assign a parameter by its name; None holds the name free."""
        if not isinstance(param, Parameter | None):
            raise TypeError(
                f"register_parameter: {name} is a {type(param).__name__}; make it an nn.Parameter"
            )
        self._register_as(name, param)

    def add_module(self, name: str, module: Module | None) -> None:
        """Assign a module by its name; None holds the name free."""
        if not isinstance(module, Module | None):
            raise TypeError(f"add_module: {name} is a {type(module).__name__}, not a Module")
        self._register_as(name, module)

    def _register_as(self, name: str, value: Any) -> None:
        """Assign it, if its path tells it from all others."""
        if not name or "." in name:
            raise KeyError(
                f"{type(self).__name__}: {name!r} is no name in a path: it is empty or holds a dot"
            )
        if hasattr(type(self), name):
            raise KeyError(f"{type(self).__name__} has a {name} already; take another name")
        setattr(self, name, value)

    def _own(self, kind: Any) -> Iterator[tuple[str, Any]]:
        return ((name, value) for name, value in self.__dict__.items() if isinstance(value, kind))

    def named_children(self) -> Iterator[tuple[str, Module]]:
        return self._own(Module)

    def children(self) -> Iterator[Module]:
        return (child for _, child in self.named_children())

    def named_modules(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """Itself and every module below, each once, with its path: `0.layer`."""
        return _each_once(self._paths(prefix))

    def _paths(self, prefix: str) -> Iterator[tuple[str, Module]]:
        """Every path to a module: one that is shared has several."""
        stack: list[tuple[str, Module]] = [(prefix, self)]
        while stack:
            path, module = stack.pop()
            yield path, module
            below = [(f"{path}.{name}" if path else name, c) for name, c in module.named_children()]
            stack.extend(reversed(below))

    def get_submodule(self, target: str) -> Module:
        """The module at a path, as "0.layer"; itself for "".  Raises AttributeError where there is
        none."""
        module = self
        for name in filter(None, target.split(".")):
            below = dict(module.named_children())
            if name not in below:
                raise AttributeError(
                    f"get_submodule({target!r}): {type(module).__name__} has no module {name!r}, "
                    f"only {list(below)}"
                )
            module = below[name]
        return module

    def modules(self) -> Iterator[Module]:
        return (module for _, module in self.named_modules())

    def named_parameters(
        self, prefix: str = "", recurse: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """Every parameter once, with its path; one that is shared has the path that comes first.

        Warns once, by name, of modules and parameters in a plain list or dict: they are not found.
        """
        if "_looked" not in self.__dict__:
            self._warn_of_what_is_hidden()
        return _each_once(self._named(prefix, recurse, lambda module: module._own(Parameter)))

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        return (parameter for _, parameter in self.named_parameters(recurse=recurse))

    def named_buffers(self, prefix: str = "", recurse: bool = True) -> Iterator[tuple[str, Tensor]]:
        return _each_once(self._named(prefix, recurse, lambda module: module._own_buffers()))

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        return (buffer for _, buffer in self.named_buffers(recurse=recurse))

    def _own_buffers(self, persistent_only: bool = False) -> Iterator[tuple[str, Tensor]]:
        for name, persistent in self.__dict__["_buffers"].items():
            tensor = self.__dict__[name]
            if tensor is not None and (persistent or not persistent_only):
                yield name, tensor

    def _warn_of_what_is_hidden(self) -> None:
        """Name the attributes that hold modules or parameters which are no part of the tree."""
        self.__dict__["_looked"] = True
        tree = list(self._paths(""))
        found = {id(x) for _, module in tree for _, x in module._own(Module | Parameter)}
        for path, module in tree:
            for name, value in module.__dict__.items():
                several = isinstance(value, list | tuple | dict)
                held = value.values() if isinstance(value, dict) else value if several else ()
                if any(isinstance(x, Module | Parameter) and id(x) not in found for x in held):
                    kind = "Dict" if isinstance(value, dict) else "List"
                    warnings.warn(
                        f"{path and path + '.'}{name} of {type(module).__name__} is a plain "
                        f"{type(value).__name__}, so what it holds is not trained, saved or moved; "
                        f"make it an nn.Module{kind} or nn.Parameter{kind}",
                        stacklevel=4,
                    )

    def _named(
        self, prefix: str, recurse: bool, own: Callable[[Module], Iterator[tuple[str, Any]]]
    ) -> Iterator[tuple[str, Any]]:
        for path, module in self._paths(prefix) if recurse else [(prefix, self)]:
            for name, value in own(module):
                yield f"{path}.{name}" if path else name, value

    # -------------------------------------------------------- all of it at once

    def apply(self: M, function: Callable[[Module], Any]) -> M:
        """Call the function on every module, this one last; returns the module."""
        for child in self.children():
            child.apply(function)
        function(self)
        return self

    def train(self: M, mode: bool = True) -> M:
        """Set training mode for dropout and its kind, here and below."""
        for module in self.modules():
            module.training = mode
        return self

    def eval(self: M) -> M:
        """Set evaluation mode: `train(False)`."""
        return self.train(False)

    def requires_grad_(self: M, requires_grad: bool = True) -> M:
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters (or fill them with zeros)."""
        for parameter in self.parameters():
            if set_to_none:
                parameter.grad = None
            elif parameter.grad is not None:
                parameter.grad.detach_().zero_()

    def to(self: M, *args: Any, **kwargs: Any) -> M:
        """Every floating parameter and buffer in another dtype; the only device is "cpu"."""
        tensors = [t for t in [*self.parameters(), *self.buffers()] if t.dtype.kind == "f"]
        changed = [t.data.to(*args, **kwargs) for t in tensors]
        if any(new.dtype.kind != "f" for new in changed):
            raise TypeError("Module.to: parameters stay floating; give float16, float32 or float64")
        for tensor, new in zip(tensors, changed, strict=True):
            tensor.data = new
        return self

    def cpu(self: M) -> M:
        return self

    def cuda(self: M, device: Any = "cuda") -> M:
        """Raises RuntimeError: NumPy computes on the CPU."""
        return self.to(device)

    def half(self: M) -> M:
        return self.to(tg.float16)

    def float(self: M) -> M:
        return self.to(tg.float32)

    def double(self: M) -> M:
        return self.to(tg.float64)

    # -------------------------------------------------------- state

    def state_dict(self) -> dict[str, Tensor]:
        """Every parameter and persistent buffer by its path, sharing memory, outside the record."""
        state = self._named("", True, lambda module: module._own_state())
        return {path: tensor.detach() for path, tensor in state}

    def _own_state(self) -> Iterator[tuple[str, Tensor]]:
        yield from self._own(Parameter)
        yield from self._own_buffers(persistent_only=True)

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True
    ) -> IncompatibleKeys:
        """Copy the numbers of `state_dict` into the parameters and buffers of the same paths;
        returns the paths that were missing and those that were unexpected.

        Raises RuntimeError, with everything that does not fit in one list and no number changed, if
        a path is missing or unexpected (unless not `strict`) or a shape differs.
        """
        if not isinstance(state_dict, Mapping):
            raise TypeError(
                "load_state_dict: it takes a dict of tensors by their paths, as state_dict() "
                f"returns, not {type(state_dict).__name__}"
            )
        for path, module in self.named_modules():
            module._expect(path and path + ".", state_dict)
        own = dict(self._named("", True, lambda module: module._own_state()))
        keys = IncompatibleKeys(
            [path for path in own if path not in state_dict],
            [path for path in state_dict if path not in own],
        )
        problems = []
        if strict:
            problems += [f"missing: {path}" for path in keys.missing_keys]
            problems += [f"unexpected: {path}" for path in keys.unexpected_keys]
        given = {path: tg.as_tensor(state_dict[path]) for path in own if path in state_dict}
        problems += [
            f"shape of {path}: {tuple(tensor.shape)} given, {tuple(own[path].shape)} here"
            for path, tensor in given.items()
            if tensor.shape != own[path].shape
        ]
        if problems:
            raise RuntimeError(
                f"load_state_dict into {type(self).__name__}:\n  " + "\n  ".join(problems)
            )
        with tg.no_grad():
            for path, tensor in given.items():
                own[path].copy_(tensor)
        return keys

    def _expect(self, prefix: str, state_dict: Mapping[str, Any]) -> None:
        """Get ready for a state whose paths start with `prefix`: a layer that is not made yet takes
        its size from there."""

    # -------------------------------------------------------- how it prints

    def extra_repr(self) -> str:
        """What stands between the parentheses: the settings of a layer."""
        return ""

    def __repr__(self) -> str:
        settings = self.extra_repr().splitlines()
        lines = [f"({name}): {_indented(repr(child))}" for name, child in self.named_children()]
        if not lines and len(settings) < 2:
            return f"{type(self).__name__}({self.extra_repr()})"
        inside = "\n  ".join(settings + lines)
        return f"{type(self).__name__}(\n  {inside}\n)"


def _indented(text: str) -> str:
    return text.replace("\n", "\n  ")


def _each_once(named: Iterator[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    seen: set[int] = set()
    for name, value in named:
        if id(value) not in seen:
            seen.add(id(value))
            yield name, value
