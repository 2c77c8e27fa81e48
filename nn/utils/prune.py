"""Pruning: set the least important elements of a parameter to 0, and keep them there.

`module.weight` becomes `weight_orig * weight_mask`: the parameter `weight_orig` is trained, the
buffer `weight_mask` holds 0 where an element is pruned, and a hook multiplies them before each call
of the module.

>>> import nn
>>> import tinygrad_edu as tg
>>> from nn.utils import prune
>>> layer = prune.l1_unstructured(nn.Linear(4, 2), "weight", amount=0.5)
>>> int((layer.weight == 0).sum())
4
>>> sorted(layer.state_dict())
['bias', 'weight_mask', 'weight_orig']
>>> layer = prune.remove(layer, "weight")
>>> sorted(layer.state_dict())
['bias', 'weight']
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from numbers import Integral, Real
from typing import Any, TypeVar

import tinygrad_edu as tg
from tinygrad_edu import Tensor
from tinygrad_edu.printing import Shown

from ..hooks import PRE, hooks_of, listed
from ..module import Module, Parameter
from .convert_parameters import parameters_to_vector

__all__ = [
    "BasePruningMethod", "CustomFromMask", "Identity", "L1Unstructured", "LnStructured",
    "PruningContainer", "RandomStructured", "RandomUnstructured", "custom_from_mask",
    "global_unstructured", "identity", "is_pruned", "l1_unstructured", "ln_structured",
    "random_structured", "random_unstructured", "remove",
]  # fmt: skip

M = TypeVar("M", bound=Module)


class BasePruningMethod(Shown, ABC):
    """Base class of pruning methods.

    A subclass writes `compute_mask(t, default_mask)` and names its PRUNING_TYPE: "unstructured",
    if it sees the elements that are left as a vector, "structured", if it sees the slices along
    `self.dim` that are left, or "global", if it sees all of the tensor.

    Examples
    --------
    >>> import nn
    >>> from nn.utils import prune
    >>> class EveryOther(prune.BasePruningMethod):
    ...     PRUNING_TYPE = "unstructured"
    ...     def compute_mask(self, t, default_mask):
    ...         mask = default_mask.clone()
    ...         mask.view(-1)[::2] = 0
    ...         return mask
    >>> layer = nn.Linear(4, 1)
    >>> _ = EveryOther.apply(layer, "weight")
    >>> layer.weight_mask
    tensor([[0., 1., 0., 1.]])
    """

    PRUNING_TYPE: str
    _tensor_name: str | None = None

    def __call__(self, module: Module, inputs: Any) -> None:
        """Multiply the parameter with its mask again: the hook before each call of the module."""
        setattr(module, self._name(), self.apply_mask(module))

    def _name(self) -> str:
        if self._tensor_name is None:
            raise ValueError(f"{type(self).__name__} is applied to no module; call apply() first")
        return self._tensor_name

    @abstractmethod
    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """Compute what is left of a tensor.

        Parameters
        ----------
        t : Tensor
            The importance of the elements, by default the parameter itself.
        default_mask : Tensor
            What is left so far, 1 or 0, of the shape of t.

        Returns
        -------
        Tensor
            What is left now, of the shape of t.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> from nn.utils import prune
        >>> method = prune.L1Unstructured(amount=2)
        >>> method.compute_mask(tg.tensor([1.0, -3.0, 2.0]), tg.ones(3))
        tensor([0., 1., 0.])
        """

    def apply_mask(self, module: Module) -> Tensor:
        """Compute the pruned parameter.

        Parameters
        ----------
        module : Module
            The module that is pruned.

        Returns
        -------
        Tensor
            `weight_orig * weight_mask`.

        Examples
        --------
        >>> import nn
        >>> from nn.utils import prune
        >>> layer = nn.Linear(2, 1)
        >>> _ = nn.init.ones_(layer.weight)
        >>> method = prune.L1Unstructured.apply(layer, "weight", amount=1)
        >>> method.apply_mask(layer).sum().item()
        1.0
        """
        name = self._name()
        mask, original = (getattr(module, f"{name}_{part}") for part in ("mask", "orig"))
        pruned: Tensor = mask.to(original.dtype) * original
        return pruned

    @classmethod
    def apply(
        cls,
        module: Module,
        name: str,
        *args: Any,
        importance_scores: Tensor | None = None,
        **kwargs: Any,
    ) -> BasePruningMethod:
        """Prune a parameter of a module, from now on at each call.

        Parameters
        ----------
        module : Module
            The module.
        name : str
            The name of the parameter.
        *args, **kwargs
            The settings of the method.
        importance_scores : Tensor, optional
            What stands in for the parameter when elements are compared, of its shape.

        Returns
        -------
        BasePruningMethod
            The method; a PruningContainer, if the parameter was pruned before.

        Raises
        ------
        ValueError
            If the scores have another shape; the module stays as it was.

        Examples
        --------
        >>> import nn
        >>> from nn.utils import prune
        >>> layer = nn.Linear(4, 2)
        >>> method = prune.L1Unstructured.apply(layer, "weight", amount=3)
        >>> int((layer.weight == 0).sum())
        3
        >>> [name for name, _ in layer.named_parameters()]
        ['bias', 'weight_orig']
        """
        method = cls(*args, **kwargs)
        method._tensor_name = name
        before = _hook_of(module, name)
        parameter = getattr(module, name)
        if before is None and not isinstance(parameter, Parameter):
            raise ValueError(f"{type(module).__name__}: {name!r} is {parameter!r}, not a parameter")
        scores = parameter if importance_scores is None else importance_scores
        _check_shape(scores, parameter)
        mask = tg.ones_like(parameter.detach())
        if before is not None:
            container = before if isinstance(before, PruningContainer) else PruningContainer(before)
            container = PruningContainer(*container, method)
            method, mask = container, getattr(module, f"{name}_mask").detach().clone()
        with tg.no_grad():
            mask = method.compute_mask(scores.detach(), mask)
        if before is None:
            delattr(module, name)
            module.register_parameter(f"{name}_orig", parameter)
        else:
            _drop_hook(module, before)
        module.register_buffer(f"{name}_mask", mask)
        setattr(module, name, method.apply_mask(module))
        module.register_forward_pre_hook(method)
        return method

    def prune(
        self, t: Tensor, default_mask: Tensor | None = None, importance_scores: Tensor | None = None
    ) -> Tensor:
        """Compute the pruned version of a tensor, without a module.

        Parameters
        ----------
        t : Tensor
            The tensor.
        default_mask : Tensor, optional
            What is left so far; by default everything.
        importance_scores : Tensor, optional
            What stands in for t when elements are compared, of its shape.

        Returns
        -------
        Tensor
            t with zeros where it is pruned.

        Raises
        ------
        ValueError
            If the scores have another shape.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> from nn.utils import prune
        >>> prune.L1Unstructured(amount=1).prune(tg.tensor([1.0, -3.0, 2.0]))
        tensor([ 0., -3.,  2.])
        """
        scores = t if importance_scores is None else importance_scores
        _check_shape(scores, t)
        mask = tg.ones_like(t.detach()) if default_mask is None else default_mask
        with tg.no_grad():
            mask = self.compute_mask(scores.detach(), mask)
        pruned: Tensor = t * mask
        return pruned

    def remove(self, module: Module) -> None:
        """Make the pruned parameter an ordinary one, with its zeros.

        Parameters
        ----------
        module : Module
            The module that is pruned.

        Examples
        --------
        >>> import nn
        >>> from nn.utils import prune
        >>> layer = nn.Linear(4, 2)
        >>> method = prune.L1Unstructured.apply(layer, "weight", amount=3)
        >>> method.remove(layer)
        >>> list(layer.state_dict()), int((layer.weight == 0).sum())
        (['bias', 'weight'], 3)
        """
        name = self._name()
        with tg.no_grad():
            value = self.apply_mask(module)
        original = getattr(module, f"{name}_orig")
        for old in (name, f"{name}_orig", f"{name}_mask"):
            delattr(module, old)
        original.data = value
        module.register_parameter(name, original)


class PruningContainer(BasePruningMethod):
    """Several pruning methods for one parameter, applied one after the other.

    Parameters
    ----------
    *args : BasePruningMethod
        The methods, all for the same parameter.

    Raises
    ------
    TypeError, ValueError
        If one is no method, or is for another parameter.

    Examples
    --------
    >>> import nn
    >>> from nn.utils import prune
    >>> layer = prune.random_unstructured(nn.Linear(4, 2), "weight", amount=2)
    >>> method = prune.L1Unstructured.apply(layer, "weight", amount=2)
    >>> len(method), int((layer.weight_mask == 0).sum())
    (2, 4)
    """

    PRUNING_TYPE = "global"

    def __init__(self, *args: BasePruningMethod) -> None:
        self._pruning_methods: tuple[BasePruningMethod, ...] = ()
        if args:
            self._tensor_name = getattr(args[0], "_tensor_name", None)
        for method in args:
            self.add_pruning_method(method)

    def _shown(self) -> dict[str, Any]:
        return {"methods": list(self._pruning_methods)}

    def add_pruning_method(self, method: BasePruningMethod) -> None:
        """Add a method for the same parameter.

        Parameters
        ----------
        method : BasePruningMethod
            The method.

        Raises
        ------
        TypeError, ValueError
            If it is no method, or is for another parameter.

        Examples
        --------
        >>> from nn.utils import prune
        >>> container = prune.PruningContainer()
        >>> container.add_pruning_method(prune.L1Unstructured(amount=1))
        >>> len(container)
        1
        """
        if not isinstance(method, BasePruningMethod):
            raise TypeError(f"PruningContainer: {method!r} is no BasePruningMethod")
        if method._tensor_name != self._tensor_name:
            raise ValueError(
                f"PruningContainer: it prunes {self._tensor_name!r}, the method "
                f"{method._tensor_name!r}"
            )
        self._pruning_methods += (method,)

    def __len__(self) -> int:
        return len(self._pruning_methods)

    def __iter__(self) -> Iterator[BasePruningMethod]:
        return iter(self._pruning_methods)

    def __getitem__(self, idx: Any) -> Any:
        return self._pruning_methods[idx]

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """Let the last method prune what the others have left.

        Parameters
        ----------
        t : Tensor
            The importance of the elements.
        default_mask : Tensor
            What is left so far, 1 or 0, of the shape of t.

        Returns
        -------
        Tensor
            What is left now.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> from nn.utils import prune
        >>> container = prune.PruningContainer(prune.L1Unstructured(1), prune.L1Unstructured(1))
        >>> container.compute_mask(tg.tensor([1.0, -3.0, 2.0]), tg.tensor([0.0, 1.0, 1.0]))
        tensor([0., 1., 0.])
        """
        method = self._pruning_methods[-1]
        part = _part_left(method, t, default_mask)
        mask = default_mask.to(t.dtype).clone()
        mask[part] = method.compute_mask(t[part], default_mask[part]).to(mask.dtype)
        return mask


def _part_left(method: Any, t: Tensor, mask: Tensor) -> Any:
    """The key of what a method sees: where the mask has left something."""
    kind = method.PRUNING_TYPE
    if kind == "unstructured":
        return mask == 1
    if kind == "global":
        return slice(None)
    if kind != "structured":
        raise ValueError(
            f"{type(method).__name__}: PRUNING_TYPE is 'unstructured', 'structured' or 'global', "
            f"not {kind!r}"
        )
    dim = _checked_dim(t, method.dim)
    others = [d for d in range(t.ndim) if d != dim]
    return (slice(None),) * dim + (mask.sum(others) != 0,)


class Identity(BasePruningMethod):
    """Prune nothing: the mask is of ones.

    Examples
    --------
    >>> import nn
    >>> from nn.utils import prune
    >>> layer = nn.Linear(2, 1)
    >>> _ = prune.Identity.apply(layer, "weight")
    >>> layer.weight_mask
    tensor([[1., 1.]])
    """

    PRUNING_TYPE = "unstructured"

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        return default_mask

    @classmethod
    def apply(cls, module: Module, name: str) -> BasePruningMethod:  # type: ignore[override]
        return super().apply(module, name)


class RandomUnstructured(BasePruningMethod):
    """Prune elements at random.

    Parameters
    ----------
    amount : int or float
        How many elements, or which share of them, from 0 to 1.

    Raises
    ------
    TypeError, ValueError
        If the amount is no number, or out of its range.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> from nn.utils import prune
    >>> int(prune.RandomUnstructured(amount=3).prune(tg.ones(5)).sum())
    2
    """

    PRUNING_TYPE = "unstructured"

    def __init__(self, amount: float) -> None:
        self.amount = _checked_amount(amount)

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        return _without_least(tg.rand(t.numel()), default_mask, self.amount)

    @classmethod
    def apply(  # type: ignore[override]
        cls, module: Module, name: str, amount: float
    ) -> BasePruningMethod:
        return super().apply(module, name, amount=amount)


class L1Unstructured(BasePruningMethod):
    """Prune the elements with the smallest absolute values.

    Parameters
    ----------
    amount : int or float
        How many elements, or which share of them, from 0 to 1.

    Raises
    ------
    TypeError, ValueError
        If the amount is no number, or out of its range.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> from nn.utils import prune
    >>> prune.L1Unstructured(amount=2).prune(tg.tensor([3.0, -1.0, 2.0, -4.0]))
    tensor([ 3., -0.,  0., -4.])
    """

    PRUNING_TYPE = "unstructured"

    def __init__(self, amount: float) -> None:
        self.amount = _checked_amount(amount)

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        return _without_least(t.abs().reshape(-1), default_mask, self.amount)

    @classmethod
    def apply(  # type: ignore[override]
        cls, module: Module, name: str, amount: float, importance_scores: Tensor | None = None
    ) -> BasePruningMethod:
        return super().apply(module, name, amount=amount, importance_scores=importance_scores)


class RandomStructured(BasePruningMethod):
    """Prune slices along a dimension at random, such as the outputs of a layer.

    Parameters
    ----------
    amount : int or float
        How many slices, or which share of them, from 0 to 1.
    dim : int, default -1
        The dimension.

    Raises
    ------
    TypeError, ValueError
        If the amount is no number, or out of its range.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> from nn.utils import prune
    >>> prune.RandomStructured(amount=1, dim=0).prune(tg.ones(2, 3)).sum(0)
    tensor([1., 1., 1.])
    """

    PRUNING_TYPE = "structured"

    def __init__(self, amount: float, dim: int = -1) -> None:
        self.amount, self.dim = _checked_amount(amount), dim

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        dim = _checked_dim(t, self.dim)
        return _without_slices(tg.rand(t.shape[dim]), dim, default_mask, self.amount)

    @classmethod
    def apply(  # type: ignore[override]
        cls, module: Module, name: str, amount: float, dim: int = -1
    ) -> BasePruningMethod:
        return super().apply(module, name, amount=amount, dim=dim)


class LnStructured(BasePruningMethod):
    """Prune the slices along a dimension with the smallest norms.

    Parameters
    ----------
    amount : int or float
        How many slices, or which share of them, from 0 to 1.
    n : float or str
        The order of the norm, as in `tinygrad_edu.norm(p=)`.
    dim : int, default -1
        The dimension.

    Raises
    ------
    TypeError, ValueError
        If the amount is no number, or out of its range.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> from nn.utils import prune
    >>> x = tg.tensor([[1.0, 1.0], [3.0, 3.0]])
    >>> prune.LnStructured(amount=1, n=2, dim=0).prune(x)
    tensor([[0., 0.],
            [3., 3.]])
    """

    PRUNING_TYPE = "structured"

    def __init__(self, amount: float, n: Any, dim: int = -1) -> None:
        self.amount, self.n, self.dim = _checked_amount(amount), n, dim

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        dim = _checked_dim(t, self.dim)
        others = [d for d in range(t.ndim) if d != dim]
        return _without_slices(tg.norm(t, self.n, others), dim, default_mask, self.amount)

    @classmethod
    def apply(  # type: ignore[override]
        cls,
        module: Module,
        name: str,
        amount: float,
        n: Any,
        dim: int,
        importance_scores: Tensor | None = None,
    ) -> BasePruningMethod:
        return super().apply(
            module, name, amount=amount, n=n, dim=dim, importance_scores=importance_scores
        )


class CustomFromMask(BasePruningMethod):
    """Prune where a given mask is 0.

    Parameters
    ----------
    mask : Tensor
        1 for what is left, 0 for what is pruned, of the shape of the parameter.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> from nn.utils import prune
    >>> prune.CustomFromMask(tg.tensor([1, 0])).prune(tg.tensor([5.0, 6.0]))
    tensor([5., 0.])
    """

    PRUNING_TYPE = "global"

    def __init__(self, mask: Tensor) -> None:
        self.mask = mask

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        if default_mask.shape != self.mask.shape:
            raise ValueError(
                f"CustomFromMask: the mask has shape {tuple(self.mask.shape)}, the parameter "
                f"{tuple(default_mask.shape)}"
            )
        mask: Tensor = default_mask * self.mask.to(default_mask.dtype)
        return mask

    @classmethod
    def apply(  # type: ignore[override]
        cls, module: Module, name: str, mask: Tensor
    ) -> BasePruningMethod:
        return super().apply(module, name, mask=mask)


# ---------------------------------------------------------------- on a module


def identity(module: M, name: str) -> M:
    """Set up pruning of a parameter without pruning anything.

    Parameters
    ----------
    module : Module
        The module, which is changed.
    name : str
        The name of the parameter.

    Returns
    -------
    Module
        The module.

    Examples
    --------
    >>> import nn
    >>> from nn.utils import prune
    >>> prune.identity(nn.Linear(2, 1), "bias").bias_mask
    tensor([1.])
    """
    Identity.apply(module, name)
    return module


def random_unstructured(module: M, name: str, amount: float) -> M:
    """Prune elements of a parameter at random.

    Parameters
    ----------
    module : Module
        The module, which is changed.
    name : str
        The name of the parameter.
    amount : int or float
        How many elements, or which share of them, from 0 to 1.

    Returns
    -------
    Module
        The module.

    Examples
    --------
    >>> import nn
    >>> from nn.utils import prune
    >>> layer = prune.random_unstructured(nn.Linear(2, 3), "weight", amount=0.5)
    >>> int(layer.weight_mask.sum())
    3
    """
    RandomUnstructured.apply(module, name, amount)
    return module


def l1_unstructured(
    module: M, name: str, amount: float, importance_scores: Tensor | None = None
) -> M:
    """Prune the elements of a parameter with the smallest absolute values.

    Parameters
    ----------
    module : Module
        The module, which is changed.
    name : str
        The name of the parameter.
    amount : int or float
        How many elements, or which share of them, from 0 to 1.
    importance_scores : Tensor, optional
        Scores, of the parameter's shape, that are compared in place of its elements.

    Returns
    -------
    Module
        The module.

    Examples
    --------
    >>> import nn
    >>> from nn.utils import prune
    >>> layer = prune.l1_unstructured(nn.Linear(2, 3), "weight", amount=2)
    >>> int(layer.weight_mask.sum())
    4
    """
    L1Unstructured.apply(module, name, amount, importance_scores)
    return module


def random_structured(module: M, name: str, amount: float, dim: int) -> M:
    """Prune slices of a parameter at random.

    Parameters
    ----------
    module : Module
        The module, which is changed.
    name : str
        The name of the parameter.
    amount : int or float
        How many slices, or which share of them, from 0 to 1.
    dim : int
        The dimension along which the slices stand.

    Returns
    -------
    Module
        The module.

    Examples
    --------
    >>> import nn
    >>> from nn.utils import prune
    >>> layer = prune.random_structured(nn.Linear(2, 3), "weight", amount=1, dim=0)
    >>> int(layer.weight_mask.sum())
    4
    """
    RandomStructured.apply(module, name, amount, dim)
    return module


def ln_structured(
    module: M, name: str, amount: float, n: Any, dim: int, importance_scores: Tensor | None = None
) -> M:
    """Prune the slices of a parameter with the smallest norms.

    Parameters
    ----------
    module : Module
        The module, which is changed.
    name : str
        The name of the parameter.
    amount : int or float
        How many slices, or which share of them, from 0 to 1.
    n : float or str
        The order of the norm, as in `tinygrad_edu.norm(p=)`.
    dim : int
        The dimension along which the slices stand.
    importance_scores : Tensor, optional
        Scores, of the parameter's shape, that are compared in place of its elements.

    Returns
    -------
    Module
        The module.

    Examples
    --------
    >>> import nn
    >>> from nn.utils import prune
    >>> layer = prune.ln_structured(nn.Conv2d(1, 4, 3), "weight", amount=0.5, n=2, dim=0)
    >>> int(layer.weight_mask.sum())
    18
    """
    LnStructured.apply(module, name, amount, n, dim, importance_scores)
    return module


def custom_from_mask(module: M, name: str, mask: Tensor) -> M:
    """Prune a parameter where a given mask is 0.

    Parameters
    ----------
    module : Module
        The module, which is changed.
    name : str
        The name of the parameter.
    mask : Tensor
        1 for what is left, 0 for what is pruned, of the shape of the parameter.

    Returns
    -------
    Module
        The module.

    Examples
    --------
    >>> import nn
    >>> import tinygrad_edu as tg
    >>> from nn.utils import prune
    >>> prune.custom_from_mask(nn.Linear(2, 1), "weight", tg.tensor([[0, 1]])).weight_mask
    tensor([[0., 1.]])
    """
    CustomFromMask.apply(module, name, mask)
    return module


def global_unstructured(
    parameters: Iterable[tuple[Module, str]],
    pruning_method: type[BasePruningMethod],
    importance_scores: dict[tuple[Module, str], Tensor] | None = None,
    **kwargs: Any,
) -> None:
    """Prune elements of several parameters as if they were one vector.

    Parameters
    ----------
    parameters : iterable of (Module, str)
        The parameters, by their modules and names.
    pruning_method : type
        A class of unstructured pruning, such as `L1Unstructured`.
    importance_scores : dict, optional
        Scores that are compared in place of the elements of the parameters named.
    **kwargs
        The settings of the method, such as `amount`.

    Raises
    ------
    TypeError
        If the method is not unstructured, or if an argument has another type.

    Examples
    --------
    >>> import nn
    >>> from nn.utils import prune
    >>> a, b = nn.Linear(2, 2), nn.Linear(2, 1)
    >>> prune.global_unstructured(
    ...     [(a, "weight"), (b, "weight")], prune.L1Unstructured, amount=2
    ... )
    >>> int(a.weight_mask.sum() + b.weight_mask.sum())
    4
    """
    if not isinstance(parameters, Iterable):
        raise TypeError(
            f"global_unstructured: parameters are pairs (module, name), not {parameters!r}"
        )
    if not isinstance(importance_scores, dict | None):
        raise TypeError("global_unstructured: importance_scores is a dict, by (module, name)")
    pairs = [(module, name) for module, name in parameters]
    scores = importance_scores or {}
    tensors: list[Tensor] = [getattr(module, name).detach() for module, name in pairs]
    masks: list[Tensor] = [
        getattr(module, f"{name}_mask", tg.ones_like(t))
        for (module, name), t in zip(pairs, tensors, strict=True)
    ]
    method = pruning_method(**kwargs)
    if method.PRUNING_TYPE != "unstructured":
        raise TypeError(
            f"global_unstructured: {pruning_method.__name__} is {method.PRUNING_TYPE}; give an "
            "unstructured method, as L1Unstructured"
        )
    important = [scores.get(pair, t) for pair, t in zip(pairs, tensors, strict=True)]
    with tg.no_grad():
        mask = PruningContainer(method).compute_mask(
            parameters_to_vector(important).detach(), parameters_to_vector(masks)
        )
    parts = mask.split([t.numel() for t in tensors])
    for (module, name), part, t in zip(pairs, parts, tensors, strict=True):
        custom_from_mask(module, name, part.reshape(t.shape))


def remove(module: M, name: str) -> M:
    """Make a pruned parameter an ordinary one, with its zeros.

    Parameters
    ----------
    module : Module
        The module, which is changed.
    name : str
        The name of the parameter.

    Returns
    -------
    Module
        The module.

    Raises
    ------
    ValueError
        If the parameter is not pruned.

    Examples
    --------
    >>> import nn
    >>> from nn.utils import prune
    >>> layer = prune.l1_unstructured(nn.Linear(2, 3), "weight", amount=2)
    >>> sorted(prune.remove(layer, "weight").state_dict())
    ['bias', 'weight']
    """
    method = _hook_of(module, name)
    if method is None:
        raise ValueError(f"{type(module).__name__}: {name!r} is not pruned")
    method.remove(module)
    _drop_hook(module, method)
    return module


def is_pruned(module: Module) -> bool:
    """Return whether a parameter of the module, or of a module in it, is pruned.

    Parameters
    ----------
    module : Module
        The module.

    Returns
    -------
    bool

    Examples
    --------
    >>> import nn
    >>> from nn.utils import prune
    >>> net = nn.Sequential(nn.Linear(2, 2))
    >>> prune.is_pruned(net)
    False
    >>> _ = prune.identity(net[0], "weight")
    >>> prune.is_pruned(net)
    True
    """
    return any(
        isinstance(hook, BasePruningMethod)
        for part in module.modules()
        for hook in listed(part, PRE)
    )


# ---------------------------------------------------------------- parts


def _hook_of(module: Module, name: str) -> BasePruningMethod | None:
    """The method that prunes this parameter."""
    for hook in listed(module, PRE):
        if isinstance(hook, BasePruningMethod) and hook._tensor_name == name:
            return hook
    return None


def _drop_hook(module: Module, method: BasePruningMethod) -> None:
    hooks = hooks_of(module, PRE)
    for key in [key for key, hook in hooks.items() if hook is method]:
        del hooks[key]


def _check_shape(scores: Tensor, t: Tensor) -> None:
    if scores.shape != t.shape:
        raise ValueError(
            f"importance_scores have shape {tuple(scores.shape)}, what is pruned {tuple(t.shape)}"
        )


def _checked_amount(amount: Any) -> Any:
    if not isinstance(amount, Real):
        raise TypeError(f"amount is a whole number or a share, not {amount!r}")
    if not float(amount) >= 0 or (not isinstance(amount, Integral) and float(amount) > 1):
        raise ValueError(
            f"amount={amount} is neither a whole number from 0 nor a share from 0 to 1"
        )
    return amount


def _count(amount: Any, size: int) -> int:
    """How many of so many are pruned."""
    count = int(amount) if isinstance(amount, Integral) else round(float(amount) * size)
    if count > size:
        raise ValueError(f"amount={amount} is more than the {size} that there are")
    return count


def _checked_dim(t: Tensor, dim: int) -> int:
    if t.ndim < 2:
        raise ValueError(
            f"structured pruning needs two dimensions or more, the tensor has {tuple(t.shape)}"
        )
    if not -t.ndim <= dim < t.ndim:
        raise IndexError(f"dim={dim} is no dimension of a tensor of shape {tuple(t.shape)}")
    return dim % t.ndim


def _without_least(values: Tensor, mask: Tensor, amount: Any) -> Tensor:
    """The mask, with 0 for so many elements of the smallest values."""
    count = _count(amount, values.numel())
    mask = mask.clone()
    if count:
        mask.view(-1)[values.topk(count, largest=False).indices] = 0
    return mask


def _without_slices(values: Tensor, dim: int, mask: Tensor, amount: Any) -> Tensor:
    """The mask, with 0 for so many slices along dim of the smallest values."""
    count = _count(amount, values.numel())
    mask = mask.clone()
    if count:
        slices = values.topk(values.numel() - count).indices
        kept = tg.zeros_like(mask)
        kept[(slice(None),) * dim + (slices,)] = 1
        mask *= kept
    return mask


def __dir__() -> list[str]:
    return sorted(__all__)
