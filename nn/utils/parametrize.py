"""Parametrize: a weight that a module computes, each time it is read, from other parameters.

>>> import nn, tinygrad_edu as tg
>>> from nn.utils import parametrize
>>> class Symmetric(nn.Module):
...     def forward(self, x):
...         return x.triu() + x.triu(1).mT
>>> layer = parametrize.register_parametrization(nn.Linear(3, 3), "weight", Symmetric())
>>> tg.equal(layer.weight, layer.weight.mT)
True
>>> [name for name, _ in layer.named_parameters()]
['bias', 'parametrizations.weight.original']
"""

from __future__ import annotations

from functools import cache
from typing import Any, TypeVar

import tinygrad_edu as tg
from tinygrad_edu import Tensor

from ..container import ModuleDict, ModuleList
from ..module import Module, Parameter

__all__ = [
    "ParametrizationList",
    "is_parametrized",
    "register_parametrization",
    "remove_parametrizations",
]

M = TypeVar("M", bound=Module)


class ParametrizationList(ModuleList):
    """w = f_n(... f_1(original)), f_1 ... f_n the modules of the list.

    What f_1 reads is the parameter `original`; or `original0`, `original1`, ..., if its
    `right_inverse` gives several.
    """

    def __init__(self, modules: list[Module], original: Tensor, unsafe: bool = False) -> None:
        super().__init__(modules)
        self.unsafe = unsafe
        with tg.no_grad():
            new = self._inverse(original, strict=False)
        self.is_tensor = isinstance(new, Tensor)
        if self.is_tensor:
            _same("right_inverse", new, original, ("dtype",))
            if new is not original:
                original.data = new.detach()
            self._keep("original", original)
        else:
            self.ntensors = len(new)
            for i, x in enumerate(new):
                x = x.detach()
                trained = isinstance(original, Parameter)
                self._keep(f"original{i}", Parameter(x, original.requires_grad) if trained else x)

    def _keep(self, name: str, tensor: Tensor) -> None:
        if isinstance(tensor, Parameter):
            self.register_parameter(name, tensor)
        else:
            self.register_buffer(name, tensor)

    def originals(self) -> list[Tensor]:
        """What the weight is computed from."""
        if self.is_tensor:
            return [self.original]
        return [getattr(self, f"original{i}") for i in range(self.ntensors)]

    original: Tensor

    def forward(self) -> Any:
        first, *others = self
        x = first(*self.originals())
        for module in others:
            x = module(x)
        return x

    def right_inverse(self, value: Tensor) -> None:
        """Make the originals such that the weight becomes `value`: what `module.weight = value`
        does.  Raises RuntimeError if a parametrization has no right_inverse."""
        with tg.no_grad():
            new = self._inverse(value, strict=True)
            pairs = list(zip(self.originals(), [new] if self.is_tensor else new, strict=True))
            for old, x in pairs:
                _same("right_inverse", x, old, ("dtype",))
            for old, x in pairs:
                old.data = x.detach()

    def _inverse(self, value: Tensor, strict: bool) -> Any:
        new: Any = value
        for module in reversed(list(self)):
            if hasattr(module, "right_inverse"):
                new = module.right_inverse(new)
            elif strict:
                raise RuntimeError(
                    f"{type(module).__name__} has no right_inverse(), which would say what to "
                    "compute this value from; define it, or write to the original"
                )
        return new


def register_parametrization(
    module: M, tensor_name: str, parametrization: Module, *, unsafe: bool = False
) -> M:
    """Compute a parameter or buffer: from now on `module.weight` is parametrization(original).

    `original` is the parameter as it was, or `parametrization.right_inverse(weight)` where that is
    defined; the state names it "parametrizations.weight.original".  A further parametrization of
    the same tensor takes the result of those before.  Returns the module.  Raises ValueError if
    there is no such tensor, or if, unless `unsafe`, the result has another shape or dtype.
    """
    names = _names(module)
    if tensor_name in names:
        parts = _parts(module)[tensor_name]
        before = getattr(module, tensor_name)
        if not unsafe:
            with tg.no_grad():
                _same(type(parametrization).__name__, parametrization(before), before)
        parts.append(parametrization)
        parts.unsafe |= unsafe
        return module
    own = dict(module.named_parameters(recurse=False)) | dict(module.named_buffers(recurse=False))
    if tensor_name not in own:
        raise ValueError(
            f"{type(module).__name__} has no parameter or buffer {tensor_name!r}, only {list(own)}"
        )
    original = own[tensor_name]
    before = original.detach().clone()
    parts = ParametrizationList([parametrization], original, unsafe)
    if not unsafe:
        try:
            with tg.no_grad():
                _same(type(parametrization).__name__, parts(), before)
        except ValueError:
            original.data = before
            raise
    delattr(module, tensor_name)
    if not names:
        module.add_module("parametrizations", ModuleDict())
    _parts(module)[tensor_name] = parts
    _put_into_class(module)
    return module


def is_parametrized(module: Module, tensor_name: str | None = None) -> bool:
    """Is this tensor of the module computed by a parametrization, or any, if none is named?"""
    names = _names(module)
    return bool(names) if tensor_name is None else tensor_name in names


def remove_parametrizations(module: M, tensor_name: str, leave_parametrized: bool = True) -> M:
    """Make the tensor a parameter (or buffer) again: its value now, or the original, if not
    `leave_parametrized`.  Returns the module.  Raises ValueError if it is not parametrized, or if
    there are several originals."""
    if not is_parametrized(module, tensor_name):
        raise ValueError(
            f"{type(module).__name__}: {tensor_name!r} is not parametrized, only {_names(module)}"
        )
    parts = _parts(module)[tensor_name]
    if not parts.is_tensor and not leave_parametrized:
        raise ValueError(
            f"{tensor_name!r} is computed from {parts.ntensors} tensors; which of them should it "
            "be?  leave_parametrized=True keeps the value"
        )
    original = parts.originals()[0]
    if leave_parametrized:
        with tg.no_grad():
            value = getattr(module, tensor_name).detach()
        if parts.is_tensor:
            original.data = value
        elif isinstance(original, Parameter):
            original = Parameter(value, original.requires_grad)
        else:
            original = value
    del _parts(module)[tensor_name]
    if not _names(module):
        delattr(module, "parametrizations")
    _put_into_class(module)
    if isinstance(original, Parameter):
        module.register_parameter(tensor_name, original)
    else:
        module.register_buffer(tensor_name, original)
    return module


def _same(name: str, new: Any, old: Tensor, aspects: tuple[str, ...] = ("dtype", "shape")) -> None:
    for aspect in aspects:
        got, wanted = getattr(new, aspect, type(new).__name__), getattr(old, aspect)
        if got != wanted:
            if aspect == "shape":
                got, wanted = tuple(got), tuple(wanted)
            raise ValueError(
                f"{name}: the {aspect} is {got}, and {wanted} before; a parametrization keeps it "
                "(with unsafe=True its result need not)"
            )


# ---------------------------------------------------------------- the class of such a module


def _parts(module: Module) -> Any:
    """The ModuleDict of a ParametrizationList for each parametrized tensor; empty without any."""
    return module.__dict__.get("parametrizations", {})


def _names(module: Module) -> tuple[str, ...]:
    return tuple(_parts(module).keys())


def _put_into_class(module: Any) -> None:
    """A property is found in the class: give the module one of its own, or its first one back."""
    plain: Any = getattr(type(module), "_plain_class", type(module))
    names = _names(module)
    kind = _parametrized(plain, names) if names else plain
    object.__setattr__(module, "__class__", kind)


@cache
def _parametrized(plain: Any, names: tuple[str, ...]) -> type[Module]:
    def assign(module: Any, name: str, value: Any) -> None:
        if name in names:
            module.parametrizations[name].right_inverse(value)
        else:
            plain.__setattr__(module, name, value)

    members: dict[str, Any] = {name: property(_reader(name)) for name in names}
    members |= {
        "_plain_class": plain,
        "__setattr__": assign,
        "__reduce__": lambda module: (_empty, (plain, names), module.__dict__),
        "__doc__": plain.__doc__,
    }
    return type(f"Parametrized{plain.__name__}", (plain,), members)


def _reader(name: str) -> Any:
    return lambda module: module.parametrizations[name]()


def _empty(plain: Any, names: tuple[str, ...]) -> Module:
    """A module of such a class without its attributes, for copies."""
    kind = _parametrized(plain, names)
    return kind.__new__(kind)
