"""Module: a tree of parameters.

An attribute that is assigned a Parameter is a parameter of the module, one that is assigned a
Module is a branch.  What is done to all of the tree is done by each module to its children, so a
module that overrides `train`, `_apply`, `state_dict` and their like is asked wherever it stands.

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
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import tinygrad_edu as tg
from tinygrad_edu.dtypes import no_tensor
from tinygrad_edu.tensor import Tensor

from .hooks import Hooked, HookedCall, of_all_modules
from .members import BUFFER, MODULE, PARAMETER, hold, members_of, release, view_of
from .parameter import Parameter
from .state import IncompatibleKeys, Stateful

__all__ = ["IncompatibleKeys", "Module", "Parameter"]

M = TypeVar("M", bound="Module")


class Module(Hooked, Stateful):
    """The base class of layers and networks: make parameters in `__init__`, compute in
    `forward`."""

    training: bool

    def __init__(self) -> None:
        self.__dict__.update(_members={}, _non_persistent_buffers_set=set())
        self.training = True

    def forward(self, *input: Any) -> Any:
        raise NotImplementedError(
            f"{type(self).__name__} has no forward(): define `def forward(self, x): ...`, which "
            "returns the result"
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            if "_hooks" in self.__dict__ or of_all_modules:
                return HookedCall(self, args, kwargs).run()
            return self.forward(*args, **kwargs) if kwargs else self.forward(*args)
        except AttributeError as error:
            self._explain(error, args)
            raise

    def _explain(self, error: AttributeError, inputs: tuple[Any, ...]) -> None:
        """Raise TypeError if it is that forward() takes a tensor, and was given something else."""
        x = error.obj
        of_tensors = hasattr(Tensor, error.name or "")
        if of_tensors and not isinstance(x, Tensor) and any(x is given for given in inputs):
            raise TypeError(f"{type(self).__name__}: {no_tensor(x)}") from None

    # -------------------------------------------------------- the tree

    _parameters = view_of(PARAMETER)
    _buffers = view_of(BUFFER)
    _modules = view_of(MODULE)

    def __setattr__(self, name: str, value: Any) -> None:
        """Assigning a Parameter or a Module makes it part of the tree; what is neither is an
        attribute as any other."""
        held = self.__dict__.get("_members", {}).get(name)
        takes_over = isinstance(value, Module) and held == BUFFER
        if isinstance(value, Parameter):
            self._need_init(name)
            if held != PARAMETER and not hasattr(type(self), name):
                self._forget(name)  # whatever it was
            self.register_parameter(name, value)
        elif held and not isinstance(value, KINDS[held] | None) and not takes_over:
            raise TypeError(
                f"{type(self).__name__}.{name} is a {held}; assign another one or None, not a "
                f"{type(value).__name__} (del {name} first to make it plain)"
            )
        elif isinstance(value, Module):
            self._need_init(name)
            if held != MODULE:
                self._forget(name)
            hold(self, name, value, MODULE)
        elif held:
            hold(self, name, value, held)
        else:
            super().__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        if name in self.__dict__.get("_members", ()):
            self._forget(name)
        else:
            super().__delattr__(name)

    def _forget(self, name: str) -> None:
        release(self, name)
        self._non_persistent_buffers_set.discard(name)

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Keep a tensor that is part of the state and is not trained, as a running mean."""
        self._register(name, tensor, BUFFER)
        passing = self._non_persistent_buffers_set
        (passing.discard if persistent else passing.add)(name)

    _non_persistent_buffers_set: set[str]

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Assign a parameter by its name; None holds the name free."""
        self._register(name, param, PARAMETER)

    def add_module(self, name: str, module: Module | None) -> None:
        """Assign a module by its name; None holds the name free."""
        self._check_kind(name, module, MODULE)
        self._register(name, module, MODULE)

    def register_module(self, name: str, module: Module | None) -> None:
        """Assign a module by its name; None holds the name free."""
        self.add_module(name, module)

    def _register(self, name: str, value: Any, kind: str) -> None:
        """Assign it, if its path tells it from all others."""
        self._need_init(name)
        owner = type(self).__name__
        if not isinstance(name, str):
            raise TypeError(f"{owner}: the name of a {kind} is a str, not {name!r}")
        if not name or "." in name:
            raise KeyError(f"{owner}: {name!r} is no name in a path: it is empty or holds a dot")
        if hasattr(self, name) and self.__dict__["_members"].get(name) != kind:
            raise KeyError(f"{owner} has a {name} already; take another name")
        self._check_kind(name, value, kind)
        hold(self, name, value, kind)

    def _check_kind(self, name: str, value: Any, kind: str) -> None:
        if not isinstance(value, KINDS[kind] | None):
            how = "; make it an nn.Parameter" if kind == PARAMETER else ""
            words = f"{name} is a {type(value).__name__}, not a {KINDS[kind].__name__}{how}"
            raise TypeError(f"{type(self).__name__}: {words}")

    def _need_init(self, name: str) -> None:
        if "_members" not in self.__dict__:
            raise AttributeError(
                f"{type(self).__name__}: call super().__init__() before assigning {name}"
            )

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """Each module right below once, with its name."""
        return _each_once(iter(members_of(self, MODULE)))

    def children(self) -> Iterator[Module]:
        return (child for _, child in self.named_children())

    def named_modules(
        self, memo: set[Module] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Module]]:
        """Itself and every module below, with its path, `0.layer`: each once, unless not
        `remove_duplicate`; those in `memo` are left out."""
        memo = set() if memo is None else memo
        if self in memo:
            return
        if remove_duplicate:
            memo.add(self)
        yield prefix, self
        for name, child in members_of(self, MODULE):
            if child is not None:
                path = f"{prefix}.{name}" if prefix else name
                yield from child.named_modules(memo, path, remove_duplicate)

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

    def get_parameter(self, target: str) -> Parameter:
        """The parameter at a path, as "0.weight".  Raises AttributeError where there is none."""
        found: Parameter = self._member(target, PARAMETER)
        return found

    def get_buffer(self, target: str) -> Tensor:
        """The buffer at a path, as "0.running_mean".  Raises AttributeError where there is none."""
        found: Tensor = self._member(target, BUFFER)
        return found

    def _member(self, target: str, kind: str) -> Any:
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        below = dict(members_of(module, kind))
        if below.get(name) is None:
            raise AttributeError(
                f"{target!r}: {type(module).__name__} has no {kind} {name!r}, only {list(below)}"
            )
        return below[name]

    def modules(self, remove_duplicate: bool = True) -> Iterator[Module]:
        return (module for _, module in self.named_modules(remove_duplicate=remove_duplicate))

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """Every parameter with its path; one that is shared once, with the path that comes first,
        unless not `remove_duplicate`.

        Warns once, by name, of modules and parameters in a plain list or dict: they are not found.
        """
        if "_looked" not in self.__dict__:
            self._warn_of_what_is_hidden()
        return self._named_members(PARAMETER, prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        return (parameter for _, parameter in self.named_parameters(recurse=recurse))

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """Every buffer with its path: see `named_parameters`."""
        return self._named_members(BUFFER, prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        return (buffer for _, buffer in self.named_buffers(recurse=recurse))

    def _named_members(
        self, kind: str, prefix: str, recurse: bool, remove_duplicate: bool
    ) -> Iterator[tuple[str, Any]]:
        tree = [(prefix, self)]
        if recurse:
            tree = [*self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate)]
        named = (
            (f"{path}.{name}" if path else name, value)
            for path, module in tree
            for name, value in members_of(module, kind)
            if value is not None
        )
        return _each_once(named) if remove_duplicate else named

    def _warn_of_what_is_hidden(self) -> None:
        """Name the attributes that hold modules or parameters which are no part of the tree."""
        self.__dict__["_looked"] = True
        tree = list(self.named_modules())
        found = {id(x) for _, x in tree}
        found |= {id(x) for _, module in tree for _, x in members_of(module, PARAMETER)}
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

    # -------------------------------------------------------- all of it at once

    def apply(self: M, function: Callable[[Module], Any]) -> M:
        """Call the function on every module, this one last; returns the module."""
        for child in self.children():
            child.apply(function)
        function(self)
        return self

    def train(self: M, mode: bool = True) -> M:
        """Set training mode for dropout and its kind, here and below."""
        if not isinstance(mode, bool):
            raise ValueError(f"train: the mode is True or False, not {mode!r}")
        self.training = mode
        for child in self.children():
            child.train(mode)
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
            elif (grad := parameter.grad) is not None:
                (grad.detach_() if grad.requires_grad else grad).zero_()

    def _apply(self: M, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> M:
        """Put fn(tensor) in the place of every parameter, gradient and buffer, those below first: a
        module that keeps tensors elsewhere overrides this."""
        if recurse:
            for child in self.children():
                child._apply(fn)
        for _, parameter in members_of(self, PARAMETER):
            if parameter is not None:
                with tg.no_grad():
                    new, grad = fn(parameter), parameter.grad
                    new_grad = grad if grad is None else fn(grad)
                parameter.data = new
                if grad is not None and new_grad is not None:
                    grad.data = new_grad
                    parameter.grad = grad
        for name, buffer in members_of(self, BUFFER):
            if buffer is not None:
                hold(self, name, fn(buffer), BUFFER)
        return self

    def to(self: M, *args: Any, **kwargs: Any) -> M:
        """Every floating parameter and buffer in another dtype; the only device is "cpu"."""
        if tg.ones(0).to(*args, **kwargs).dtype.kind != "f":
            raise TypeError("Module.to: parameters stay floating; give float16, float32 or float64")
        return self._apply(lambda t: t.to(*args, **kwargs) if t.dtype.kind == "f" else t)

    def cpu(self: M) -> M:
        return self._apply(lambda t: t.cpu())

    def cuda(self: M, device: Any = "cuda") -> M:
        """Raises RuntimeError: NumPy computes on the CPU."""
        return self.to(device)

    def half(self: M) -> M:
        return self._apply(lambda t: t.half() if t.dtype.kind == "f" else t)

    def float(self: M) -> M:
        return self._apply(lambda t: t.float() if t.dtype.kind == "f" else t)

    def double(self: M) -> M:
        return self._apply(lambda t: t.double() if t.dtype.kind == "f" else t)

    # -------------------------------------------------------- how it prints

    def extra_repr(self) -> str:
        """What stands between the parentheses: the settings of a layer."""
        return ""

    def _get_name(self) -> str:
        return type(self).__name__

    def __repr__(self) -> str:
        settings = self.extra_repr().splitlines()
        children = members_of(self, MODULE)
        lines = [f"({name}): {_indented(repr(child))}" for name, child in children]
        if not lines and len(settings) < 2:
            return f"{self._get_name()}({''.join(settings)})"
        inside = "\n  ".join(settings + lines)
        return f"{self._get_name()}(\n  {inside}\n)"


KINDS: dict[str, Any] = {PARAMETER: Parameter, BUFFER: Tensor, MODULE: Module}


def _indented(text: str) -> str:
    return text.replace("\n", "\n  ")


def _each_once(named: Iterator[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    seen: set[int] = set()
    for name, value in named:
        if value is not None and id(value) not in seen:
            seen.add(id(value))
            yield name, value
