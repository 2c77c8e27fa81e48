"""Containers: modules in order or by name, and the same for parameters."""

from __future__ import annotations

from collections.abc import ItemsView, Iterable, Iterator, KeysView, Mapping, ValuesView
from itertools import groupby
from operator import index as index_of
from typing import Any, Self, TypeVar

from tinygrad_edu import Tensor
from tinygrad_edu.dtypes import described

from .members import MODULE, members_of
from .module import Module, Parameter

N = TypeVar("N", bound="_Numbered")


def _no_step(name: str, given: Any) -> str:
    """What to do about a step that is no module."""
    if isinstance(given, type):
        what, cure = f"the class {given.__name__}", f"make a layer of it, {given.__name__}(...)"
    elif isinstance(given, list | tuple | Iterator):
        what, cure = f"a {type(given).__name__}", "give its layers one by one: Sequential(*layers)"
    elif callable(given):
        name_of = getattr(given, "__name__", type(given).__name__)
        what, cure = f"the function {name_of}", "a function needs a layer, as nn.ReLU() for relu"
    else:
        what, cure = described(given), "a step is a layer, as nn.ReLU()"
    return f"step {name} is {what}, not a Module; {cure}"


class _Parts(Module):
    """Modules in order: attributes whose names are numbers or keys."""

    takes: Any = Module | None

    def _parts(self) -> dict[str, Any]:
        return dict(members_of(self, MODULE))

    def __len__(self) -> int:
        return len(self._parts())

    def add_module(self, name: str, module: Any) -> None:
        """Assign a submodule under a name, as `Module.add_module`.

        Parameters
        ----------
        name : str
            The attribute under which it is found.
        module : Module or None
            None reserves the name; a `Sequential` takes no None.

        Raises
        ------
        TypeError
            If `module` is not a Module.
        KeyError
            If the name is empty, holds a dot, or is taken by another attribute.

        Examples
        --------
        >>> import nn
        >>> net = nn.Sequential(nn.Linear(2, 3))
        >>> net.add_module("activation", nn.ReLU())
        >>> net
        Sequential(
          (0): Linear(in_features=2, out_features=3, bias=True)
          (activation): ReLU()
        )
        """
        if not isinstance(module, self.takes):
            raise TypeError(f"{type(self).__name__}: {_no_step(name, module)}")
        super().add_module(name, module)

    def _put(self, name: str, part: Any) -> None:
        self.add_module(name, part)


# ---------------------------------------------------------------- numbered


class _Numbered(_Parts):
    """A list: its parts are the attributes "0", "1", ..."""

    def __iter__(self) -> Iterator[Any]:
        return iter(self._parts().values())

    def __getitem__(self, key: int | slice) -> Any:
        if isinstance(key, slice):
            return self._like(list(self)[key])
        return getattr(self, self._name_of(key))

    def _like(self, parts: list[Any]) -> Any:
        make: Any = type(self)
        return make(parts)

    def __setitem__(self, key: int, part: Any) -> None:
        self._put(self._name_of(key), part)

    def __delitem__(self, key: int | slice) -> None:
        names = list(self._parts())[key] if isinstance(key, slice) else [self._name_of(key)]
        for name in names:
            delattr(self, name)
        if all(name.isdecimal() for name in self._parts()):  # numbered parts are numbered anew
            self._renumber(list(self))

    def pop(self, key: int | slice = -1) -> Any:
        """Remove an entry and return it.

        Parameters
        ----------
        key : int or slice, default -1
            Which one; a slice removes several.

        Returns
        -------
        Module, or what a `ParameterList` holds
            The entry; for a slice, a container of this kind with the entries.

        Raises
        ------
        IndexError
            If there is no such entry.

        Examples
        --------
        >>> import nn
        >>> net = nn.Sequential(nn.ReLU(), nn.Tanh())
        >>> net.pop()
        Tanh()
        >>> net
        Sequential(
          (0): ReLU()
        )
        """
        part = self[key]
        del self[key]
        return part

    def _add(self: N, parts: Iterable[Any]) -> N:
        """Append each of these; the parts may be this very list."""
        for part in list(parts):
            self._put(str(len(self)), part)
        return self

    def _insert(self: N, index: int, part: Any) -> N:
        parts = list(self)
        parts.insert(index, part)
        self._put(str(len(self)), part)  # refused, if at all, before anything has moved
        self._renumber(parts)
        return self

    def _renumber(self, parts: list[Any]) -> None:
        for name in self._parts():
            delattr(self, name)
        for i, part in enumerate(parts):
            self._put(str(i), part)

    def _name_of(self, key: int) -> str:
        names = list(self._parts())
        key = index_of(key)
        if not -len(names) <= key < len(names):
            raise IndexError(f"{type(self).__name__}: step {key} of {len(names)}")
        return names[key]

    def _require_iterable(self, name: str, parts: Any) -> None:
        if isinstance(parts, Tensor) or not isinstance(parts, Iterable):
            raise TypeError(
                f"{type(self).__name__}.{name}: it takes several, as a list, not one "
                f"{type(parts).__name__}"
            )


class Sequential(_Numbered):
    """Chain of modules: y = f_n(... f_2(f_1(x))).

    It changes as a list does: `net[0]`, `net[1:]`, `del net[0]`, `net[0] = nn.Tanh()`, `len(net)`;
    `a + b` chains two of them, and `net * 3` repeats the same modules, with their parameters.

    Parameters
    ----------
    *args : Module
        The steps, in order; or one dict of steps by name.

    Examples
    --------
    >>> import nn, tinygrad_edu as tg
    >>> net = nn.Sequential(nn.Linear(2, 3), nn.Tanh())
    >>> net(tg.ones(5, 2)).shape
    torch.Size([5, 3])
    >>> nn.Sequential({"flat": nn.Flatten(), "act": nn.ReLU()}) + nn.Sequential(nn.Tanh())
    Sequential(
      (0): Flatten(start_dim=1, end_dim=-1)
      (1): ReLU()
      (2): Tanh()
    )

    Notes
    -----
    The names in the state dict start with the number of the step, or its name: "0.weight".
    """

    takes = Module

    def __init__(self, *args: Any) -> None:
        super().__init__()
        if len(args) == 1 and isinstance(args[0], Mapping):
            named = dict(args[0])
        else:
            named = {str(i): module for i, module in enumerate(args)}
        for name, module in named.items():
            self.add_module(name, module)

    def forward(self, input: Any) -> Any:
        """Call the steps one after another.

        Parameters
        ----------
        input : Tensor
            The input of the first step.

        Returns
        -------
        Tensor
            The output of the last step; of an empty container, the input.

        Examples
        --------
        >>> import nn
        >>> import tinygrad_edu as tg
        >>> net = nn.Sequential(nn.ReLU(), nn.Flatten())
        >>> net(tg.tensor([[[-1.0], [2.0]]]))
        tensor([[0., 2.]])
        """
        for _, step in members_of(self, MODULE):
            input = step(input)
        return input

    def _gave_none_to(self, name: str) -> str:
        steps = list(self._parts().items())
        place = [path for path, _ in steps].index(name)
        if not place:
            return ""
        path, step = steps[place - 1]
        return (
            f"  Step {path}, {type(step).__name__}, returned it: end its forward() with `return`."
        )

    def __getitem__(self, key: int | slice) -> Any:
        if isinstance(key, slice):
            return Sequential(dict(list(self._parts().items())[key]))
        return super().__getitem__(key)

    def append(self, module: Module) -> Self:
        """Append a step.

        Parameters
        ----------
        module : Module
            The new last step.

        Returns
        -------
        Sequential
            This container.

        Examples
        --------
        >>> import nn
        >>> nn.Sequential(nn.Linear(2, 3)).append(nn.ReLU())
        Sequential(
          (0): Linear(in_features=2, out_features=3, bias=True)
          (1): ReLU()
        )
        """
        return self._add([module])

    def insert(self, index: int, module: Module) -> Self:
        """Insert a step.

        Parameters
        ----------
        index : int
            The step before which it is put; negative indices count from the end.
        module : Module
            The new step.

        Returns
        -------
        Sequential
            This container.

        Raises
        ------
        IndexError
            If `index` is less than -len or greater than len.

        Examples
        --------
        >>> import nn
        >>> nn.Sequential(nn.Linear(2, 3), nn.ReLU()).insert(0, nn.Flatten())
        Sequential(
          (0): Flatten(start_dim=1, end_dim=-1)
          (1): Linear(in_features=2, out_features=3, bias=True)
          (2): ReLU()
        )
        """
        if not -len(self) <= index <= len(self):
            raise IndexError(f"Sequential.insert: place {index} among {len(self)} steps")
        return self._insert(index, module)

    def extend(self, sequential: Iterable[Module]) -> Self:
        """Append several steps.

        Parameters
        ----------
        sequential : iterable of Module
            The new steps; another `Sequential`, a list, or a generator.

        Returns
        -------
        Sequential
            This container.

        Raises
        ------
        TypeError
            If `sequential` is not iterable.

        Examples
        --------
        >>> import nn
        >>> nn.Sequential(nn.Linear(2, 3)).extend([nn.ReLU(), nn.Linear(3, 1)])
        Sequential(
          (0): Linear(in_features=2, out_features=3, bias=True)
          (1): ReLU()
          (2): Linear(in_features=3, out_features=1, bias=True)
        )
        """
        self._require_iterable("extend", sequential)
        return self._add(sequential)

    def __add__(self, other: Iterable[Module]) -> Sequential:
        self._require_chain(other)
        return Sequential(*self, *other)

    def __iadd__(self, other: Iterable[Module]) -> Self:
        self._require_chain(other)
        return self._add(other)

    def _require_chain(self, other: Any) -> None:
        if not isinstance(other, Sequential):
            kind = type(other).__name__
            raise ValueError(f"Sequential: + chains two of them, not a {kind}; see extend()")

    def __mul__(self, other: int) -> Sequential:
        return Sequential(*self._repeated(other))

    __rmul__ = __mul__

    def __imul__(self, other: int) -> Self:
        return self._add(self._repeated(other)[len(self) :])

    def _repeated(self, times: int) -> list[Any]:
        if not isinstance(times, int):
            raise TypeError(f"Sequential: * takes a whole number, not a {type(times).__name__}")
        if times <= 0:
            raise ValueError(f"Sequential: it is repeated at least once, not {times} times")
        return list(self) * times


class ModuleList(_Numbered):
    """List of modules, which a plain list would hide from `parameters()`.

    It changes as a list does: `layers[0]`, `layers[1:]`, `del layers[0]`, `layers[0] = nn.Tanh()`,
    `a + b`, `len(layers)`.  It has no `forward`: the module that holds it calls its entries.

    Parameters
    ----------
    modules : iterable of Module, default None

    Examples
    --------
    >>> import nn
    >>> nn.ModuleList(nn.Linear(2, 2) for _ in range(3))
    ModuleList(
      (0-2): 3 x Linear(in_features=2, out_features=2, bias=True)
    )

    Notes
    -----
    The names in the state dict start with the number of the module: "0.weight".
    """

    def __init__(self, modules: Iterable[Module | None] | None = None) -> None:
        super().__init__()
        if modules is not None:
            self.extend(modules)

    def append(self, module: Module | None) -> Self:
        """Append a module.

        Parameters
        ----------
        module : Module or None
            The new last entry.

        Returns
        -------
        ModuleList
            This container.

        Examples
        --------
        >>> import nn
        >>> nn.ModuleList([nn.Linear(2, 3)]).append(nn.ReLU())
        ModuleList(
          (0): Linear(in_features=2, out_features=3, bias=True)
          (1): ReLU()
        )
        """
        return self._add([module])

    def extend(self, modules: Iterable[Module | None]) -> Self:
        """Append several modules.

        Parameters
        ----------
        modules : iterable of Module
            The new entries.

        Returns
        -------
        ModuleList
            This container.

        Raises
        ------
        TypeError
            If `modules` is not iterable.

        Examples
        --------
        >>> import nn
        >>> nn.ModuleList().extend(nn.Linear(2, 2) for _ in range(3))
        ModuleList(
          (0-2): 3 x Linear(in_features=2, out_features=2, bias=True)
        )
        """
        self._require_iterable("extend", modules)
        return self._add(modules)

    def insert(self, index: int, module: Module | None) -> Self:
        """Insert a module.

        Parameters
        ----------
        index : int
            The entry before which it is put; as in a list, an index out of range stands for an end.
        module : Module or None
            The new entry.

        Returns
        -------
        ModuleList
            This container.

        Examples
        --------
        >>> import nn
        >>> nn.ModuleList([nn.Linear(2, 3), nn.Tanh()]).insert(1, nn.ReLU())
        ModuleList(
          (0): Linear(in_features=2, out_features=3, bias=True)
          (1): ReLU()
          (2): Tanh()
        )
        """
        return self._insert(index, module)

    def __add__(self, other: Iterable[Module | None]) -> ModuleList:
        return ModuleList([*self, *other])

    def __iadd__(self, modules: Iterable[Module | None]) -> Self:
        return self.extend(modules)

    def __repr__(self) -> str:
        """As of any module, but neighbours that print alike are one line."""
        lines, first = [], 0
        for text, alike in groupby(map(repr, self)):
            count = len(list(alike))
            text = text.replace("\n", "\n  ")
            last = first + count - 1
            lines.append(
                f"({first}): {text}" if count == 1 else f"({first}-{last}): {count} x {text}"
            )
            first += count
        return _listing(self, lines)


def _listing(module: Module, lines: list[str]) -> str:
    inside = "\n  ".join(lines)
    return f"{type(module).__name__}(\n  {inside}\n)" if lines else f"{type(module).__name__}()"


class _Parameters:
    """What a list and a dictionary of parameters share: a tensor that is put in becomes a
    parameter; anything else, as a further list of parameters, stays what it is."""

    _keys: dict[str, None]

    def _parts(self) -> dict[str, Any]:
        return {key: getattr(self, key) for key in self._keys}

    def _put(self, name: str, value: Any) -> None:
        plain = isinstance(value, Tensor) and not isinstance(value, Parameter)
        setattr(self, name, Parameter(value) if plain else value)
        self._keys[name] = None

    def __delattr__(self, name: str) -> None:
        super().__delattr__(name)
        self._keys.pop(name, None)

    def extra_repr(self) -> str:
        return "\n".join(f"  ({name}): {_described(x)}" for name, x in self._parts().items())


def _described(x: Any) -> str:
    if isinstance(x, Tensor):
        return f"Parameter containing: [{x.dtype} of size {'x'.join(map(str, x.shape))}]"
    return f"Object of type: {type(x).__name__}"


class ParameterList(_Parameters, _Numbered):
    """List of parameters, which a plain list would hide from `parameters()`.

    A tensor that is put in becomes a parameter; anything else stays what it is.

    Parameters
    ----------
    values : iterable, default None
        Tensors, parameters, or other objects.

    Examples
    --------
    >>> import nn, tinygrad_edu as tg
    >>> scales = nn.ParameterList([tg.ones(2), tg.ones(3)])
    >>> [name for name, _ in scales.named_parameters()]
    ['0', '1']

    Notes
    -----
    The names in the state dict are the numbers of the entries: "0".
    """

    def __init__(self, values: Iterable[Any] | None = None) -> None:
        super().__init__()
        self._keys = {}
        if values is not None:
            self.extend(values)

    def append(self, value: Any) -> Self:
        """Append a value.

        Parameters
        ----------
        value : Tensor or any object
            The new last entry; a tensor becomes a Parameter.

        Returns
        -------
        ParameterList
            This container.

        Examples
        --------
        >>> import nn
        >>> import tinygrad_edu as tg
        >>> nn.ParameterList([tg.ones(2)]).append(tg.zeros(3))
        ParameterList(
            (0): Parameter containing: [float32 of size 2]
            (1): Parameter containing: [float32 of size 3]
        )
        """
        return self._add([value])

    def extend(self, values: Iterable[Any]) -> Self:
        """Append several values.

        Parameters
        ----------
        values : iterable
            The new entries; tensors become Parameters.  For one tensor w, give [w].

        Returns
        -------
        ParameterList
            This container.

        Raises
        ------
        TypeError
            If `values` is not iterable, or is a tensor.

        Examples
        --------
        >>> import nn
        >>> import tinygrad_edu as tg
        >>> len(nn.ParameterList().extend(tg.ones(n) for n in range(3)))
        3
        """
        if isinstance(values, Tensor):
            raise TypeError("ParameterList: give a list of tensors, as [w], not one tensor")
        self._require_iterable("extend", values)
        return self._add(values)

    def insert(self, index: int, value: Any) -> Self:
        """Insert a value.

        Parameters
        ----------
        index : int
            The entry before which it is put; as in a list, an index out of range stands for an end.
        value : Tensor or any object
            The new entry; a tensor becomes a Parameter.

        Returns
        -------
        ParameterList
            This container.

        Examples
        --------
        >>> import nn
        >>> import tinygrad_edu as tg
        >>> values = nn.ParameterList([tg.ones(2), tg.ones(3)]).insert(0, tg.zeros(1))
        >>> [tuple(p.shape) for p in values]
        [(1,), (2,), (3,)]
        """
        return self._insert(index, value)

    def __iadd__(self, parameters: Iterable[Any]) -> Self:
        return self.extend(parameters)


# ---------------------------------------------------------------- named


class _Named(_Parts):
    """A dictionary: its parts are attributes with the names that are its keys."""

    def __getitem__(self, key: str) -> Any:
        parts = self._parts()
        if key not in parts:
            raise KeyError(f"{type(self).__name__}: no {key!r}; there are {[*parts]}")
        return parts[key]

    def __setitem__(self, key: str, part: Any) -> None:
        name = type(self).__name__
        if not isinstance(key, str):
            raise TypeError(f"{name}: keys are strings, as {str(key)!r}, not {key!r}")
        if not key or "." in key or (hasattr(self, key) and key not in self._parts()):
            raise KeyError(
                f"{name}: the key {key!r} cannot be used: it becomes an attribute and part of a "
                "path, so it is no name of a method, not empty, and without a dot"
            )
        self._put(key, part)

    def __delitem__(self, key: str) -> None:
        self.pop(key)

    def __contains__(self, key: Any) -> bool:
        return key in self._parts()

    def __iter__(self) -> Iterator[str]:
        return iter(self._parts())

    def __reversed__(self) -> Iterator[str]:
        return reversed(self._parts())

    def keys(self) -> KeysView[str]:
        """The keys, in the order in which they were set.

        Returns
        -------
        KeysView of str

        Examples
        --------
        >>> import nn
        >>> list(nn.ModuleDict({"relu": nn.ReLU(), "tanh": nn.Tanh()}).keys())
        ['relu', 'tanh']
        """
        return self._parts().keys()

    def values(self) -> ValuesView[Any]:
        """The values, in the order of the keys.

        Returns
        -------
        ValuesView

        Examples
        --------
        >>> import nn
        >>> list(nn.ModuleDict({"relu": nn.ReLU(), "tanh": nn.Tanh()}).values())
        [ReLU(), Tanh()]
        """
        return self._parts().values()

    def items(self) -> ItemsView[str, Any]:
        """The pairs of key and value, in the order of the keys.

        Returns
        -------
        ItemsView of (str, value)

        Examples
        --------
        >>> import nn
        >>> list(nn.ModuleDict({"relu": nn.ReLU(), "tanh": nn.Tanh()}).items())
        [('relu', ReLU()), ('tanh', Tanh())]
        """
        return self._parts().items()

    def _set_all(self, parts: Any) -> None:
        """Set what a mapping, or pairs of a key and a value, hold."""
        if not isinstance(parts, Iterable):
            raise TypeError(
                f"{type(self).__name__}.update: it takes a mapping, or pairs of a key and a value, "
                f"not a {type(parts).__name__}"
            )
        pairs: Any = parts.items() if hasattr(parts, "items") else parts
        for i, pair in enumerate(list(pairs)):
            if len(pair) != 2:
                raise ValueError(
                    f"{type(self).__name__}.update: entry {i} has {len(pair)} parts; it is a pair "
                    "of a key and a value"
                )
            self[pair[0]] = pair[1]

    def pop(self, key: str) -> Any:
        """Remove an entry and return its value.

        Parameters
        ----------
        key : str
            Which one.

        Returns
        -------
        Module, or what a `ParameterDict` holds
            The value.

        Raises
        ------
        KeyError
            If there is no such entry.

        Examples
        --------
        >>> import nn
        >>> acts = nn.ModuleDict({"relu": nn.ReLU(), "tanh": nn.Tanh()})
        >>> acts.pop("relu"), list(acts)
        (ReLU(), ['tanh'])
        """
        part = self[key]
        delattr(self, key)
        return part

    def clear(self) -> None:
        """Remove all entries.

        Examples
        --------
        >>> import nn
        >>> acts = nn.ModuleDict({"relu": nn.ReLU()})
        >>> acts.clear()
        >>> len(acts)
        0
        """
        for key in self._parts():
            delattr(self, key)


class ModuleDict(_Named):
    """Dictionary of modules, which a plain one would hide from `parameters()`.

    It has no `forward`: the module that holds it calls its entries.

    Parameters
    ----------
    modules : mapping of str to Module, or iterable of pairs, default None
        A key becomes an attribute: it holds no dot and is no name of a method.

    Examples
    --------
    >>> import nn
    >>> acts = nn.ModuleDict({"relu": nn.ReLU(), "tanh": nn.Tanh()})
    >>> acts["tanh"], acts.relu, list(acts)
    (Tanh(), ReLU(), ['relu', 'tanh'])

    Notes
    -----
    The names in the state dict start with the key: "relu.weight".
    """

    def __init__(self, modules: Any = None) -> None:
        super().__init__()
        if modules is not None:
            self.update(modules)

    def update(self, modules: Any) -> None:
        """Set several modules.

        Parameters
        ----------
        modules : mapping of str to Module, or iterable of pairs
            A module under a key that exists already is replaced, and keeps its place in the order.

        Raises
        ------
        TypeError
            If `modules` is neither.

        Examples
        --------
        >>> import nn
        >>> acts = nn.ModuleDict({"relu": nn.ReLU(), "out": nn.Tanh()})
        >>> acts.update({"out": nn.Sigmoid(), "gelu": nn.GELU()})
        >>> acts
        ModuleDict(
          (relu): ReLU()
          (out): Sigmoid()
          (gelu): GELU(approximate='none')
        )
        """
        self._set_all(modules)


class ParameterDict(_Parameters, _Named):
    """Dictionary of parameters, which a plain one would hide from `parameters()`.

    A tensor that is put in becomes a parameter; anything else stays what it is.  `a | b` is a new
    dictionary of both.

    Parameters
    ----------
    parameters : mapping of str to Tensor, or iterable of pairs, default None
        A key becomes an attribute: it holds no dot and is no name of a method.

    Examples
    --------
    >>> import nn, tinygrad_edu as tg
    >>> scales = nn.ParameterDict({"a": tg.ones(2)}) | {"b": tg.ones(3)}
    >>> [name for name, _ in scales.named_parameters()]
    ['a', 'b']

    Notes
    -----
    The names in the state dict are the keys.
    """

    def __init__(self, parameters: Any = None) -> None:
        super().__init__()
        self._keys = {}
        if parameters is not None:
            self.update(parameters)

    def update(self, parameters: Any) -> None:
        """Set several values.

        Parameters
        ----------
        parameters : mapping of str to Tensor, or iterable of pairs
            Tensors become Parameters.  A value under a key that exists already is replaced.  The
            keys of a plain dict are set in sorted order, as in PyTorch; an OrderedDict keeps its
            order.

        Raises
        ------
        TypeError
            If `parameters` is neither.

        Examples
        --------
        >>> import nn
        >>> import tinygrad_edu as tg
        >>> scales = nn.ParameterDict({"a": tg.ones(2)})
        >>> scales.update({"c": tg.ones(1), "b": tg.ones(3)})
        >>> list(scales)
        ['a', 'b', 'c']
        """
        self._set_all(sorted(parameters.items()) if type(parameters) is dict else parameters)

    def get(self, key: str, default: Any = None) -> Any:
        """Return the value under a key, or a default.

        Parameters
        ----------
        key : str
            Which entry.
        default : object, default None
            What is returned if there is no such entry.

        Returns
        -------
        Parameter or object
            The value.

        Examples
        --------
        >>> import nn
        >>> import tinygrad_edu as tg
        >>> scales = nn.ParameterDict({"a": tg.ones(2)})
        >>> scales.get("a").shape, scales.get("b")
        (torch.Size([2]), None)
        """
        return self._parts().get(key, default)

    def setdefault(self, key: str, default: Any = None) -> Any:
        """Return the value under a key; if there is none, set it first.

        Parameters
        ----------
        key : str
            Which entry.
        default : Tensor or any object, default None
            What is set if there is no such entry; a tensor becomes a Parameter.

        Returns
        -------
        Parameter or object
            The value.

        Examples
        --------
        >>> import nn
        >>> import tinygrad_edu as tg
        >>> scales = nn.ParameterDict()
        >>> scales.setdefault("a", tg.ones(2)) is scales["a"]
        True
        """
        if key not in self:
            self[key] = default
        return self[key]

    def popitem(self) -> tuple[str, Any]:
        """Remove the entry that was set last, and return its key and value.

        Returns
        -------
        (str, value)

        Raises
        ------
        KeyError
            If there is none.

        Examples
        --------
        >>> import nn
        >>> import tinygrad_edu as tg
        >>> scales = nn.ParameterDict({"a": tg.ones(2), "b": tg.ones(3)})
        >>> key, value = scales.popitem()
        >>> key, value.shape, list(scales)
        ('b', torch.Size([3]), ['a'])
        """
        key = next(reversed(self), None)
        if key is None:
            raise KeyError("ParameterDict.popitem: there is no entry")
        return key, self.pop(key)

    def copy(self) -> ParameterDict:
        """Return a new dictionary of the same parameters, which are not copied.

        Returns
        -------
        ParameterDict
            A shallow copy.

        Examples
        --------
        >>> import nn
        >>> import tinygrad_edu as tg
        >>> scales = nn.ParameterDict({"a": tg.ones(2)})
        >>> scales.copy()["a"] is scales["a"]
        True
        """
        return ParameterDict(self._parts().items())

    def fromkeys(self, keys: Iterable[str], default: Any = None) -> ParameterDict:
        """Return a new dictionary with the given keys, and one value for all of them.

        Parameters
        ----------
        keys : iterable of str
            The keys.
        default : Tensor or any object, default None
            The value.

        Returns
        -------
        ParameterDict
            The new dictionary; the entries of this one play no role.

        Examples
        --------
        >>> import nn
        >>> import tinygrad_edu as tg
        >>> list(nn.ParameterDict().fromkeys(["a", "b"], tg.ones(2)))
        ['a', 'b']
        """
        return ParameterDict(dict.fromkeys(keys, default).items())

    def __or__(self, other: Any) -> ParameterDict:
        made = self.copy()
        made.update(other)
        return made

    def __ror__(self, other: Any) -> Any:
        return {**other, **self._parts()} if isinstance(other, dict) else NotImplemented

    def __ior__(self, other: Any) -> Self:
        self.update(other)
        return self
