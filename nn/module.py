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
from mmap import mmap
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

import tinygrad_edu as tg
from tinygrad_edu.dtypes import no_tensor
from tinygrad_edu.engine.clock import caller_level
from tinygrad_edu.engine.hooks import of_all_modules
from tinygrad_edu.tensor import Tensor

from .failing import is_of_a_tensor, name_methods, noted
from .hooks import Hooked, HookedCall, chosen_by_hooks
from .members import BUFFER, MODULE, PARAMETER, hold, members_of, release, view_of
from .parameter import Buffer, Parameter
from .state import IncompatibleKeys, Stateful

__all__ = ["IncompatibleKeys", "Module", "Parameter"]

M = TypeVar("M", bound="Module")


class Module(Hooked, Stateful):
    """Base class of layers and networks.

    A subclass calls `super().__init__()`, assigns its parameters, buffers and submodules as
    attributes, and computes in `forward`.

    Attributes
    ----------
    training : bool
        True in training mode, as after construction; see `train` and `eval`.

    Examples
    --------
    >>> import nn, tinygrad_edu as tg
    >>> class Line(nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.slope = nn.Parameter(tg.tensor(2.0))
    ...     def forward(self, x):
    ...         return self.slope * x
    >>> line = Line()
    >>> line(tg.tensor([1.0, 2.0]))
    tensor([2., 4.], grad_fn=<MultiplyBackward0>)
    >>> [name for name, _ in line.named_parameters()]
    ['slope']
    """

    training: bool

    def __init_subclass__(cls, **settings: Any) -> None:
        super().__init_subclass__(**settings)
        name_methods(cls)

    def __init__(self) -> None:
        self.__dict__.update(_members={}, _non_persistent_buffers_set=set())
        self.training = True

    def forward(self, *input: Any) -> Any:
        """Compute the output; every subclass defines this.

        Call the module itself, not this method: `module(x)` also calls the hooks.

        Parameters
        ----------
        *input : any
            What the module is called with.

        Returns
        -------
        any
            What the call of the module returns; most often a Tensor.

        Raises
        ------
        NotImplementedError
            If the subclass does not define it.

        Examples
        --------
        >>> import nn
        >>> import tinygrad_edu as tg
        >>> class Double(nn.Module):
        ...     def forward(self, x):
        ...         return 2 * x
        >>> Double()(tg.tensor([1.0, 2.0]))
        tensor([2., 4.])
        """
        raise NotImplementedError(
            f"{type(self).__name__} has no forward(): define `def forward(self, x): ...`, which "
            "returns the result"
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            if "_hooks" in self.__dict__ or of_all_modules:
                return HookedCall(self, args, kwargs).run()
            if kwargs:
                return self.forward(*args, **kwargs)
            return self.forward(args[0]) if len(args) == 1 else self.forward(*args)
        except Exception as error:
            if isinstance(error, AttributeError) and is_of_a_tensor(error, args):
                why = f"{type(self).__name__}: {no_tensor(error.obj)}"
                raise noted(TypeError(why), self, args, kwargs) from None
            noted(error, self, args, kwargs)
            raise

    if not TYPE_CHECKING:  # else every name would be an attribute of every module

        def __getattr__(self, name: str) -> Any:
            """Say, of an attribute that tensors have, that a layer is none."""
            if hasattr(type(self), name):  # a property failed: it says itself why
                return object.__getattribute__(self, name)
            why = f"{type(self).__name__!r} object has no attribute {name!r}"
            if hasattr(Tensor, name):
                why += ": it is a layer, not a tensor; call it first, as layer(x)"
            raise AttributeError(why, name=name, obj=self)

    def _gave_none_to(self, name: str) -> str:
        """What is to be said of the layer of this name, which was given None."""
        return ""

    # -------------------------------------------------------- the tree

    _parameters = view_of(PARAMETER)
    _buffers = view_of(BUFFER)
    _modules = view_of(MODULE)

    def __setattr__(self, name: str, value: Any) -> None:
        """Assigning a Parameter, a Buffer or a Module makes it part of the tree; what is none of
        them is an attribute as any other."""
        held = self.__dict__.get("_members", {}).get(name)
        takes_over = isinstance(value, Module) and held == BUFFER
        if isinstance(value, Parameter):
            self._need_init(name)
            if held != PARAMETER and not hasattr(type(self), name):
                self._forget(name)  # whatever it was
            self.register_parameter(name, value)
        elif isinstance(value, Buffer) and held in (None, BUFFER):
            self._need_init(name)
            self.register_buffer(name, value, value.persistent)
        elif held and not isinstance(value, KINDS[held] | None) and not takes_over:
            raise TypeError(
                f"{type(self).__name__}.{name} is a {held}; assign another one or None, not a "
                f"{type(value).__name__} (del {name} first to make it plain)"
            )
        elif isinstance(value, Module):
            self._need_init(name)
            if held != MODULE:
                self._forget(name)
            hold(self, name, chosen_by_hooks(self, name, value, MODULE), MODULE)
        elif held:
            hold(self, name, chosen_by_hooks(self, name, value, held), held)
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
        """Assign a buffer: a tensor that is not trained, as a running mean.

        Buffers are found by `buffers()`, moved by `to()`, and saved by `state_dict()`.

        Parameters
        ----------
        name : str
            The attribute under which it is found.
        tensor : Tensor or None
            None reserves the name.
        persistent : bool, default True
            Make it part of `state_dict()`.

        Raises
        ------
        KeyError
            If the name is empty, holds a dot, or is taken by another attribute.
        TypeError
            If `tensor` is not a Tensor.

        Examples
        --------
        >>> import nn, tinygrad_edu as tg
        >>> layer = nn.Module()
        >>> layer.register_buffer("mean", tg.zeros(2))
        >>> layer.register_buffer("cache", tg.zeros(9), persistent=False)
        >>> [*layer.state_dict()]
        ['mean']
        """
        self._register(name, tensor, BUFFER)
        passing = self._non_persistent_buffers_set
        (passing.discard if persistent else passing.add)(name)

    _non_persistent_buffers_set: set[str]

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Assign a parameter under a name.

        Parameters
        ----------
        name : str
            The attribute under which it is found.
        param : Parameter or None
            None reserves the name, for a layer without this parameter.

        Raises
        ------
        KeyError
            If the name is empty, holds a dot, or is taken by another attribute.
        TypeError
            If `param` is not a Parameter.

        Examples
        --------
        >>> import nn
        >>> import tinygrad_edu as tg
        >>> layer = nn.Module()
        >>> layer.register_parameter("weight", nn.Parameter(tg.ones(2)))
        >>> layer.register_parameter("bias", None)
        >>> [name for name, _ in layer.named_parameters()]
        ['weight']
        >>> layer.bias is None
        True
        """
        self._register(name, param, PARAMETER)

    def add_module(self, name: str, module: Module | None) -> None:
        """Assign a submodule under a name.

        Parameters
        ----------
        name : str
            The attribute under which it is found.
        module : Module or None
            None reserves the name.

        Raises
        ------
        KeyError
            If the name is empty, holds a dot, or is taken by another attribute.
        TypeError
            If `module` is not a Module.

        Examples
        --------
        >>> import nn
        >>> net = nn.Module()
        >>> net.add_module("activation", nn.ReLU())
        >>> net.activation
        ReLU()
        """
        self._check_kind(name, module, MODULE)
        self._register(name, module, MODULE)

    def register_module(self, name: str, module: Module | None) -> None:
        """Assign a submodule under a name: another name of `add_module`.

        Parameters
        ----------
        name : str
            The attribute under which it is found.
        module : Module or None
            None reserves the name.

        Examples
        --------
        >>> import nn
        >>> net = nn.Module()
        >>> net.register_module("activation", nn.ReLU())
        >>> net
        Module(
          (activation): ReLU()
        )
        """
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
        hold(self, name, chosen_by_hooks(self, name, value, kind), kind)

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
        """Iterate over the submodules directly below, with their names, each once.

        Returns
        -------
        iterator of (str, Module)

        Examples
        --------
        >>> import nn
        >>> [name for name, _ in nn.Sequential(nn.ReLU(), nn.Tanh()).named_children()]
        ['0', '1']
        """
        return _each_once(iter(members_of(self, MODULE)))

    def children(self) -> Iterator[Module]:
        """Iterate over the submodules directly below, each once.

        Returns
        -------
        iterator of Module

        Examples
        --------
        >>> import nn
        >>> list(nn.Sequential(nn.ReLU(), nn.Tanh()).children())
        [ReLU(), Tanh()]
        """
        return (child for _, child in self.named_children())

    def named_modules(
        self, memo: set[Module] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Module]]:
        """Iterate over this module and all below, with their paths.

        Parameters
        ----------
        memo : set of Module, default None
            Modules to leave out; those that are found are added.
        prefix : str, default ""
            What the paths start with.
        remove_duplicate : bool, default True
            Visit a module that stands in several places once.

        Returns
        -------
        iterator of (str, Module)

        Examples
        --------
        >>> import nn
        >>> net = nn.Sequential(nn.Linear(2, 2), nn.Sequential(nn.ReLU()))
        >>> [path for path, _ in net.named_modules()]
        ['', '0', '1', '1.0']
        """
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
        """Return the submodule at a path.

        Parameters
        ----------
        target : str
            Such as "0.layer"; "" is this module.

        Returns
        -------
        Module

        Raises
        ------
        AttributeError
            If there is no module at the path.

        Examples
        --------
        >>> import nn
        >>> nn.Sequential(nn.ReLU(), nn.Sequential(nn.Tanh())).get_submodule("1.0")
        Tanh()
        """
        module = self
        for name in filter(None, target.split(".")):
            below = {name: child for name, child in members_of(module, MODULE) if child is not None}
            if name not in below:
                raise AttributeError(
                    f"get_submodule({target!r}): {type(module).__name__} has no module {name!r}, "
                    f"only {list(below)}"
                )
            module = below[name]
        return module

    def set_submodule(self, target: str, module: Module, strict: bool = False) -> None:
        """Put a module at a path, in the place of the one that is there.

        Parameters
        ----------
        target : str
            Such as "0.layer".
        module : Module
        strict : bool, default False
            Only replace: the path must lead to a module already.

        Raises
        ------
        ValueError
            If the path is empty, or `module` is not a Module.
        AttributeError
            If the path leads through or to what is no module, or with `strict` to nothing.

        Examples
        --------
        >>> import nn
        >>> net = nn.Sequential(nn.ReLU(), nn.Sequential(nn.ReLU()))
        >>> net.set_submodule("1.0", nn.Tanh())
        >>> net[1]
        Sequential(
          (0): Tanh()
        )
        """
        path, _, name = target.rpartition(".")
        if not target:
            raise ValueError("set_submodule: the path is empty; it names the place of the module")
        if not isinstance(module, Module):
            raise ValueError(f"set_submodule: this is a {type(module).__name__}, not a Module")
        parent = self.get_submodule(path)
        found = getattr(parent, name, None)
        if not isinstance(found, Module) and (strict or hasattr(parent, name)):
            what = f"a {type(found).__name__}" if hasattr(parent, name) else "nothing"
            raise AttributeError(f"set_submodule({target!r}): there is {what}, not a Module")
        setattr(parent, name, module)

    def get_parameter(self, target: str) -> Parameter:
        """Return the parameter at a path.

        Parameters
        ----------
        target : str
            Such as "0.weight".

        Returns
        -------
        Parameter

        Raises
        ------
        AttributeError
            If there is no parameter at the path.

        Examples
        --------
        >>> import nn
        >>> nn.Sequential(nn.Linear(2, 3)).get_parameter("0.weight").shape
        torch.Size([3, 2])
        """
        found: Parameter = self._member(target, PARAMETER)
        return found

    def get_buffer(self, target: str) -> Tensor:
        """Return the buffer at a path.

        Parameters
        ----------
        target : str
            Such as "0.running_mean".

        Returns
        -------
        Tensor

        Raises
        ------
        AttributeError
            If there is no buffer at the path.

        Examples
        --------
        >>> import nn
        >>> nn.Sequential(nn.BatchNorm1d(3)).get_buffer("0.running_mean")
        tensor([0., 0., 0.])
        """
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
        """Iterate over this module and all below.

        Parameters
        ----------
        remove_duplicate : bool, default True
            Visit a module that stands in several places once.

        Returns
        -------
        iterator of Module

        Examples
        --------
        >>> import nn
        >>> net = nn.Sequential(nn.Linear(2, 2), nn.Sequential(nn.ReLU()))
        >>> [type(module).__name__ for module in net.modules()]
        ['Sequential', 'Linear', 'Sequential', 'ReLU']
        """
        return (module for _, module in self.named_modules(remove_duplicate=remove_duplicate))

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """Iterate over the parameters, with their paths.

        At the first call, a warning names the attributes that hold modules or parameters in a plain
        list or dict, where they are not found.

        Parameters
        ----------
        prefix : str, default ""
            What the paths start with.
        recurse : bool, default True
            Include the parameters of submodules.
        remove_duplicate : bool, default True
            Visit a shared parameter once, under the path that comes first.

        Returns
        -------
        iterator of (str, Parameter)

        Examples
        --------
        >>> import nn
        >>> net = nn.Sequential(nn.Linear(2, 3))
        >>> [path for path, _ in net.named_parameters(prefix="net")]
        ['net.0.weight', 'net.0.bias']
        """
        if "_looked" not in self.__dict__:
            self._warn_of_what_is_hidden()
        return self._named_members(PARAMETER, prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """Iterate over the parameters, each once: what an optimizer is given.

        Parameters
        ----------
        recurse : bool, default True
            Include the parameters of submodules.

        Returns
        -------
        iterator of Parameter

        Examples
        --------
        >>> import nn
        >>> sum(p.numel() for p in nn.Linear(2, 3).parameters())
        9
        """
        return (parameter for _, parameter in self.named_parameters(recurse=recurse))

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """Iterate over the buffers, with their paths.

        Parameters
        ----------
        prefix : str, default ""
            What the paths start with.
        recurse : bool, default True
            Include the buffers of submodules.
        remove_duplicate : bool, default True
            Visit a shared buffer once, under the path that comes first.

        Returns
        -------
        iterator of (str, Tensor)

        Examples
        --------
        >>> import nn
        >>> [path for path, _ in nn.Sequential(nn.BatchNorm1d(3)).named_buffers()]
        ['0.running_mean', '0.running_var', '0.num_batches_tracked']
        """
        return self._named_members(BUFFER, prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """Iterate over the buffers, each once.

        Parameters
        ----------
        recurse : bool, default True
            Include the buffers of submodules.

        Returns
        -------
        iterator of Tensor

        Examples
        --------
        >>> import nn
        >>> [tuple(buffer.shape) for buffer in nn.BatchNorm1d(3).buffers()]
        [(3,), (3,), ()]
        """
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
                        stacklevel=caller_level(),
                    )

    # -------------------------------------------------------- all of it at once

    def apply(self: M, fn: Callable[[Module], Any]) -> M:
        """Call a function on every module below, and on this one last.

        Parameters
        ----------
        fn : callable
            It is called with each module; what it returns is ignored.

        Returns
        -------
        Module
            This module.

        Examples
        --------
        >>> import nn
        >>> def start(module):
        ...     if isinstance(module, nn.Linear):
        ...         nn.init.ones_(module.weight)
        >>> net = nn.Sequential(nn.Linear(2, 1)).apply(start)
        >>> net[0].weight.tolist()
        [[1.0, 1.0]]
        """
        for child in self.children():
            child.apply(fn)
        fn(self)
        return self

    def train(self: M, mode: bool = True) -> M:
        """Set training mode, here and in all submodules.

        It changes what dropout and batch normalization compute: in training, dropout drops
        elements, and batch normalization uses the statistics of the batch.

        Parameters
        ----------
        mode : bool, default True
            False sets evaluation mode.

        Returns
        -------
        Module
            This module.

        Raises
        ------
        ValueError
            If `mode` is not a bool.

        Examples
        --------
        >>> import nn
        >>> net = nn.Sequential(nn.Dropout())
        >>> net.train(False)[0].training
        False
        >>> net.train()[0].training
        True
        """
        if not isinstance(mode, bool):
            raise ValueError(f"train: the mode is True or False, not {mode!r}")
        self.training = mode
        for child in self.children():
            child.train(mode)
        return self

    def eval(self: M) -> M:
        """Set evaluation mode, here and in all submodules: `train(False)`.

        Returns
        -------
        Module
            This module.

        Examples
        --------
        >>> import nn
        >>> import tinygrad_edu as tg
        >>> nn.Dropout(0.5).eval()(tg.ones(3))
        tensor([1., 1., 1.])
        """
        return self.train(False)

    def requires_grad_(self: M, requires_grad: bool = True) -> M:
        """Set whether all parameters require grad: False freezes the module.

        Parameters
        ----------
        requires_grad : bool, default True
            False lets no parameter require grad.

        Returns
        -------
        Module
            This module.

        Examples
        --------
        >>> import nn
        >>> frozen = nn.Linear(2, 1).requires_grad_(False)
        >>> frozen.weight.requires_grad
        False
        """
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Reset the gradients of all parameters.

        Parameters
        ----------
        set_to_none : bool, default True
            Set each `.grad` to None; otherwise fill it with zeros.

        Examples
        --------
        >>> import nn
        >>> import tinygrad_edu as tg
        >>> layer = nn.Linear(2, 1)
        >>> layer(tg.ones(2)).sum().backward()
        >>> layer.bias.grad
        tensor([1.])
        >>> layer.zero_grad()
        >>> layer.bias.grad is None
        True
        """
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
        """Convert the floating parameters and buffers to a dtype, in place.

        Parameters
        ----------
        *args, **kwargs
            A floating dtype, a device (the only one is "cpu"), or a tensor whose dtype to take;
            also by name: `dtype=`, `device=`.

        Returns
        -------
        Module
            This module.

        Raises
        ------
        TypeError
            For a dtype that is not floating.
        RuntimeError
            For another device.

        Examples
        --------
        >>> import nn, tinygrad_edu as tg
        >>> nn.Linear(2, 1).to(tg.float64).weight.dtype
        dtype('float64')
        """
        if tg.ones(0).to(*args, **kwargs).dtype.kind != "f":
            raise TypeError("Module.to: parameters stay floating; give float16, float32 or float64")
        return self._apply(lambda t: t.to(*args, **kwargs) if t.dtype.kind == "f" else t)

    def type(self: M, dst_type: Any) -> M:
        """Convert all parameters and buffers to a dtype, in place.

        Parameters
        ----------
        dst_type : dtype or str
            A floating dtype, or its name: `tg.float64`, "torch.DoubleTensor".

        Returns
        -------
        Module
            This module.

        Examples
        --------
        >>> import nn
        >>> import tinygrad_edu as tg
        >>> nn.Linear(2, 1).type(tg.float64).weight.dtype
        dtype('float64')
        """
        return self._apply(lambda t: t.type(dst_type))

    def to_empty(self: M, *, device: Any = None, recurse: bool = True) -> M:
        """Give all parameters and buffers new memory, whose contents are not set.

        Parameters
        ----------
        device : str or device, default None
            The only one is "cpu".
        recurse : bool, default True
            Do the same in all submodules.

        Returns
        -------
        Module
            This module.

        Examples
        --------
        >>> import nn
        >>> layer = nn.Linear(2, 1).to_empty(device="cpu")
        >>> layer.reset_parameters()
        >>> layer.weight.shape
        torch.Size([1, 2])
        """
        return self._apply(lambda t: tg.empty_like(t, device=device), recurse=recurse)

    def share_memory(self: M) -> M:
        """Move all parameters and buffers to memory that forked processes share.

        What one of these processes writes there is seen by all of them.

        Returns
        -------
        Module
            This module.

        Notes
        -----
        PyTorch also shares with processes that are started otherwise than by fork; here they get a
        copy.

        Examples
        --------
        >>> import nn
        >>> layer = nn.Linear(2, 1)
        >>> layer.share_memory() is layer
        True
        """
        return self._apply(_in_shared_memory)

    def cpu(self: M) -> M:
        """Leave all parameters and buffers where they are: on the CPU.

        Returns
        -------
        Module
            This module.

        Examples
        --------
        >>> import nn
        >>> layer = nn.Linear(2, 1)
        >>> layer.cpu() is layer
        True
        """
        return self._apply(lambda t: t.cpu())

    def cuda(self: M, device: Any = None) -> M:
        """Raise RuntimeError: tensors are NumPy arrays, which are on the CPU.

        Parameters
        ----------
        device : int or device, default None
            The GPU that PyTorch would move the module to.

        Returns
        -------
        Module
            Never.

        Raises
        ------
        RuntimeError
            Always.

        Examples
        --------
        >>> import nn
        >>> try:
        ...     nn.Linear(2, 1).cuda()
        ... except RuntimeError:
        ...     print("there is no GPU")
        there is no GPU
        """
        return self.to("cuda" if device is None else device)

    def half(self: M) -> M:
        """Convert the floating parameters and buffers to float16, in place.

        Returns
        -------
        Module
            This module.

        Examples
        --------
        >>> import nn
        >>> nn.Linear(2, 1).half().weight.dtype
        dtype('float16')
        """
        return self._apply(lambda t: t.half() if t.dtype.kind == "f" else t)

    def float(self: M) -> M:
        """Convert the floating parameters and buffers to float32, in place.

        Returns
        -------
        Module
            This module.

        Examples
        --------
        >>> import nn
        >>> nn.Linear(2, 1).double().float().weight.dtype
        dtype('float32')
        """
        return self._apply(lambda t: t.float() if t.dtype.kind == "f" else t)

    def double(self: M) -> M:
        """Convert the floating parameters and buffers to float64, in place.

        Returns
        -------
        Module
            This module.

        Examples
        --------
        >>> import nn
        >>> nn.Linear(2, 1).double().weight.dtype
        dtype('float64')
        """
        return self._apply(lambda t: t.double() if t.dtype.kind == "f" else t)

    def bfloat16(self: M) -> M:
        """Raise TypeError: NumPy has no bfloat16; see `half` and `float`.

        Returns
        -------
        Module
            Never.

        Raises
        ------
        TypeError
            Always.

        Examples
        --------
        >>> import nn
        >>> try:
        ...     nn.Linear(2, 1).bfloat16()
        ... except TypeError:
        ...     print("there is no bfloat16")
        there is no bfloat16
        """
        return self.to(tg.bfloat16)

    def compile(self: M, *args: Any, **kwargs: Any) -> M:
        """Leave the module as it is, so that a script that compiles its model runs.

        Parameters
        ----------
        *args, **kwargs : any
            The options of `torch.compile`, which have no effect.

        Returns
        -------
        Module
            This module.

        Notes
        -----
        In PyTorch the module is compiled; here every call runs op by op.

        Examples
        --------
        >>> import nn
        >>> layer = nn.Linear(2, 1)
        >>> layer.compile() is layer
        True
        """
        return self

    # -------------------------------------------------------- how it prints

    def extra_repr(self) -> str:
        """Return the settings of a layer: what its `repr` shows between the parentheses.

        Returns
        -------
        str
            One line, or several lines, which are then indented.

        Examples
        --------
        >>> import nn
        >>> nn.Linear(2, 1).extra_repr()
        'in_features=2, out_features=1, bias=True'
        """
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


def _in_shared_memory(t: Tensor) -> Tensor:
    """The tensor, with its numbers in memory that forked processes share."""
    if t.array.nbytes == 0:
        return t
    shared = np.frombuffer(mmap(-1, t.array.nbytes), t.dtype).reshape(t.shape)
    shared[...] = t.array
    return Tensor(shared)


KINDS: dict[str, Any] = {PARAMETER: Parameter, BUFFER: Tensor, MODULE: Module}


def _indented(text: str) -> str:
    return text.replace("\n", "\n  ")


def _each_once(named: Iterator[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    seen: set[int] = set()
    for name, value in named:
        if value is not None and id(value) not in seen:
            seen.add(id(value))
            yield name, value
