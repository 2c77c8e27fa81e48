"""Parametrize: a weight that a module computes, each time it is read, from other parameters.

>>> import nn
>>> import tinygrad_edu as tg
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

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, TypeVar

import tinygrad_edu as tg
from tinygrad_edu import Tensor

from ..container import ModuleDict, ModuleList
from ..module import Module, Parameter

__all__ = [
    "ParametrizationList", "cached", "is_parametrized", "register_parametrization",
    "remove_parametrizations", "transfer_parametrizations_and_params",
    "type_before_parametrizations",
]  # fmt: skip

M = TypeVar("M", bound=Module)


class ParametrizationList(ModuleList):
    """The parametrizations of one tensor: modules that are called one after the other.

        w = f_n(... f_1(original))

    `module.parametrizations.weight` is one, made by `register_parametrization`.

    Parameters
    ----------
    modules : list of Module
        f_1 ... f_n.
    original : Tensor
        The tensor; it becomes the parameter (or buffer) `original`, or `original0`, `original1`,
        ..., if the `right_inverse` of f_1 returns several tensors.
    unsafe : bool, default False
        Whether w may have another shape or dtype than the original.

    Raises
    ------
    ValueError
        If a `right_inverse` changes the dtype, or if there are no modules.

    Examples
    --------
    >>> import nn
    >>> from nn.utils import parametrize
    >>> layer = parametrize.register_parametrization(nn.Linear(2, 1), "weight", nn.Tanh())
    >>> layer.parametrizations.weight
    ParametrizationList(
      (0): Tanh()
    )
    """

    def __init__(self, modules: list[Module], original: Tensor, unsafe: bool = False) -> None:
        if not len(modules):
            raise ValueError("ParametrizationList: there are no modules")
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
            self.ntensors: int = len(new)
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
        """List the tensors that the parametrized tensor is computed from.

        Returns
        -------
        list of Tensor
            The parameter or buffer `original`, or `original0`, `original1`, ...

        Examples
        --------
        >>> import nn
        >>> from nn.utils import parametrize
        >>> layer = parametrize.register_parametrization(nn.Linear(2, 1), "weight", nn.Tanh())
        >>> [tuple(x.shape) for x in layer.parametrizations.weight.originals()]
        [(1, 2)]
        """
        return [getattr(self, name) for name in self._original_names()]

    def _original_names(self) -> list[str]:
        if self.is_tensor:
            return ["original"]
        return [f"original{i}" for i in range(self.ntensors)]

    original: Tensor

    def forward(self) -> Any:
        """Compute the parametrized tensor: f_n(... f_1(original)).

        Returns
        -------
        Tensor
            The tensor.

        Examples
        --------
        >>> import nn
        >>> import tinygrad_edu as tg
        >>> from nn.utils import parametrize
        >>> layer = nn.Linear(2, 1)
        >>> _ = nn.init.zeros_(layer.weight)
        >>> _ = parametrize.register_parametrization(layer, "weight", nn.Sigmoid())
        >>> layer.parametrizations.weight().detach()
        tensor([[0.5000, 0.5000]])
        """
        first, *others = self
        x = first(*self.originals())
        for module in others:
            x = module(x)
        return x

    def right_inverse(self, value: Tensor) -> None:
        """Set the originals so that the tensor becomes `value`, as `module.weight = value` does.

        Parameters
        ----------
        value : Tensor
            The value.

        Raises
        ------
        RuntimeError
            If a parametrization has no `right_inverse`.

        Examples
        --------
        >>> import nn
        >>> import tinygrad_edu as tg
        >>> from nn.utils import parametrize
        >>> class Exp(nn.Module):
        ...     def forward(self, x):
        ...         return x.exp()
        ...     def right_inverse(self, y):
        ...         return y.log()
        >>> layer = nn.Linear(2, 1)
        >>> _ = nn.init.ones_(layer.weight)
        >>> _ = parametrize.register_parametrization(layer, "weight", Exp())
        >>> layer.parametrizations.weight.right_inverse(tg.tensor([[1.0, 2.0]]))
        >>> layer.weight.detach()
        tensor([[1., 2.]])
        """
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
                try:
                    new = module.right_inverse(new)
                except NotImplementedError:
                    if strict:
                        raise
            elif strict:
                raise RuntimeError(
                    f"{type(module).__name__} has no right_inverse(), which would say what to "
                    "compute this value from; define it, or write to the original"
                )
        return new


def register_parametrization(
    module: M, tensor_name: str, parametrization: Module, *, unsafe: bool = False
) -> M:
    """Compute a parameter or buffer of a module by another module, each time it is read.

        module.weight = parametrization(original)

    `original` is the parameter as it was, or `parametrization.right_inverse(weight)` where that is
    defined; the state dict names it "parametrizations.weight.original".  A further parametrization
    of the same tensor takes the result of those before.

    Parameters
    ----------
    module : Module
        The module, which is changed.
    tensor_name : str
        The name of the parameter or buffer.
    parametrization : Module
        The module that computes it.
    unsafe : bool, default False
        Whether the result may have another shape or dtype.

    Returns
    -------
    Module
        The module.

    Raises
    ------
    ValueError
        If there is no such tensor, or if the result has another shape or dtype; the module stays as
        it was.

    Examples
    --------
    >>> import nn
    >>> import tinygrad_edu as tg
    >>> from nn.utils import parametrize
    >>> class Positive(nn.Module):
    ...     def forward(self, x):
    ...         return x.exp()
    ...     def right_inverse(self, w):
    ...         return w.log()
    >>> layer = nn.Linear(2, 1, bias=False)
    >>> _ = nn.init.ones_(layer.weight)
    >>> _ = parametrize.register_parametrization(layer, "weight", Positive())
    >>> layer.weight = tg.tensor([[1.0, 2.0]])
    >>> layer.parametrizations.weight.original.data
    tensor([[0.0000, 0.6931]])
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
    """Return whether a tensor of a module is parametrized.

    Parameters
    ----------
    module : Module
        The module.
    tensor_name : str, optional
        The name of the tensor; by default any.

    Returns
    -------
    bool

    Examples
    --------
    >>> import nn
    >>> from nn.utils import parametrize
    >>> layer = nn.utils.parametrizations.weight_norm(nn.Linear(2, 1))
    >>> parametrize.is_parametrized(layer), parametrize.is_parametrized(layer, "bias")
    (True, False)
    """
    names = _names(module)
    return bool(names) if tensor_name is None else tensor_name in names


def remove_parametrizations(module: M, tensor_name: str, leave_parametrized: bool = True) -> M:
    """Make a parametrized tensor an ordinary parameter (or buffer) again.

    Parameters
    ----------
    module : Module
        The module, which is changed.
    tensor_name : str
        The name of the tensor.
    leave_parametrized : bool, default True
        Keep its present value; with False it becomes the original.

    Returns
    -------
    Module
        The module.

    Raises
    ------
    ValueError
        If the tensor is not parametrized, or if it shall become one of several originals.

    Examples
    --------
    >>> import nn
    >>> from nn.utils import parametrize
    >>> layer = nn.utils.parametrizations.weight_norm(nn.Linear(2, 1))
    >>> sorted(parametrize.remove_parametrizations(layer, "weight").state_dict())
    ['bias', 'weight']
    """
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


@contextmanager
def cached() -> Iterator[None]:
    """Compute each parametrized tensor once while the block runs, and then reuse it.

    Parameters that change in the block are not seen.

    Yields
    ------
    None

    Examples
    --------
    >>> import nn
    >>> from nn.utils import parametrize
    >>> layer = nn.utils.parametrizations.weight_norm(nn.Linear(2, 1))
    >>> layer.weight is layer.weight
    False
    >>> with parametrize.cached():
    ...     print(layer.weight is layer.weight)
    True
    """
    _cache.depth += 1
    try:
        yield
    finally:
        _cache.depth -= 1
        if not _cache.depth:
            _cache.tensors.clear()


def type_before_parametrizations(module: Module) -> type[Module]:
    """Return the class that a module had before it was parametrized.

    Parameters
    ----------
    module : Module
        The module.

    Returns
    -------
    type

    Examples
    --------
    >>> import nn
    >>> from nn.utils import parametrize
    >>> layer = nn.utils.parametrizations.weight_norm(nn.Linear(2, 1))
    >>> type(layer).__name__
    'ParametrizedLinear'
    >>> parametrize.type_before_parametrizations(layer) is nn.Linear
    True
    """
    kind: Any = type(module)
    return getattr(kind, "_plain_class", kind)  # type: ignore[no-any-return]


def transfer_parametrizations_and_params(
    from_module: Module, to_module: M, tensor_name: str | None = None
) -> M:
    """Parametrize a module as another one, with the same parametrizations and originals.

    Parameters
    ----------
    from_module : Module
        The module that is parametrized.
    to_module : Module
        The module that becomes like it, which is changed.
    tensor_name : str, optional
        The name of one tensor; by default all that are parametrized.

    Returns
    -------
    Module
        `to_module`.

    Examples
    --------
    >>> import nn
    >>> import tinygrad_edu as tg
    >>> from nn.utils import parametrize
    >>> a, b = nn.Linear(2, 1), nn.Linear(2, 1)
    >>> _ = parametrize.register_parametrization(a, "weight", nn.Tanh())
    >>> _ = parametrize.transfer_parametrizations_and_params(a, b)
    >>> tg.equal(a.weight, b.weight)
    True
    """
    for name in _names(from_module) if tensor_name is None else (tensor_name,):
        given = _parts(from_module)[name]
        if not hasattr(to_module, name):
            setattr(to_module, name, Parameter(getattr(from_module, name).detach()))
        for parametrization in given:
            register_parametrization(to_module, name, parametrization, unsafe=given.unsafe)
        own = _parts(to_module)[name]
        for original in own._original_names():
            setattr(own, original, getattr(given, original))
    return to_module


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


class _Cache(threading.local):
    """The tensors that `cached()` keeps, by their lists of parametrizations, in this thread."""

    def __init__(self) -> None:
        self.depth = 0
        self.tensors: dict[Any, Any] = {}


_cache = _Cache()


def _reader(name: str) -> Any:
    def read(module: Any) -> Any:
        parts = module.parametrizations[name]
        if not _cache.depth:
            return parts()
        if parts not in _cache.tensors:
            _cache.tensors[parts] = parts()
        return _cache.tensors[parts]

    return read


def _empty(plain: Any, names: tuple[str, ...]) -> Module:
    """A module of such a class without its attributes, for copies."""
    kind = _parametrized(plain, names)
    return kind.__new__(kind)


def __dir__() -> list[str]:
    return sorted(__all__)
