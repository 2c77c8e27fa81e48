"""What a transform is: an invertible function, with the logarithm of the determinant of its
Jacobian; and those that are made of others.

>>> import tinygrad_edu as tg
>>> t = tg.distributions.transforms
>>> t.ComposeTransform([t.ExpTransform(), t.ExpTransform().inv])(tg.tensor(2.0))
tensor(2.)
"""

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from .. import ops
from ..size import Size
from ..tensor import Tensor
from . import constraints
from .distribution import sum_rightmost

__all__ = ["ComposeTransform", "IndependentTransform", "ReshapeTransform", "Transform"]
__all__ += ["identity_transform"]


class Transform:
    """Base class of invertible functions y = f(x) with log |det dy/dx|, for changes of variables.

    A subclass defines `_call`, `_inverse` and `log_abs_det_jacobian`, and where they are not the
    real numbers, the constraints `domain` and `codomain`; `bijective` says whether f is one to one,
    and `_sign` is 1 where it increases and -1 where it decreases.

    Parameters
    ----------
    cache_size : {0, 1}, default 0
        1 keeps the last input and result, so that the inverse of the result is the input itself.

    Raises
    ------
    ValueError
        If `cache_size` is neither 0 nor 1.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> class Cube(tg.distributions.Transform):
    ...     bijective, _sign = True, 1
    ...
    ...     def _call(self, x):
    ...         return x**3
    ...
    ...     def log_abs_det_jacobian(self, x, y):
    ...         return (3 * x**2).log()
    >>> Cube()(tg.tensor(2.0))
    tensor(8.)
    """

    bijective: Any = False
    domain: Any = constraints.real
    codomain: Any = constraints.real
    _sign: ClassVar[int | None] = None

    def __init__(self, cache_size: int = 0) -> None:
        if cache_size not in (0, 1):
            raise ValueError(f"{type(self).__name__}: cache_size must be 0 or 1, not {cache_size}")
        self._cache_size = cache_size
        self._last: tuple[Any, Any] = (None, None)

    @property
    def sign(self) -> Any:
        """1 for an increasing function, -1 for a decreasing one."""
        if self._sign is None:
            raise NotImplementedError(f"{type(self).__name__} is neither increasing nor decreasing")
        return self._sign

    @property
    def inv(self) -> Any:
        """The inverse transform."""
        return _Inverse(self)

    def __call__(self, x: Any) -> Any:
        if self._cache_size and x is self._last[0]:
            return self._last[1]
        y = self._call(x)
        self._last = (x, y) if self._cache_size else self._last
        return y

    def _inv_call(self, y: Any) -> Any:
        if self._cache_size and y is self._last[1]:
            return self._last[0]
        x = self._inverse(y)
        self._last = (x, y) if self._cache_size else self._last
        return x

    def _call(self, x: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} does not define _call")

    def _inverse(self, y: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} does not define _inverse")

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        """Return log |det dy/dx|.

        Parameters
        ----------
        x, y : Tensor
            The input, and its result.

        Returns
        -------
        Tensor, of the shape of x without the last `domain.event_dim` dimensions

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> x = tg.tensor([0.0, 1.0])
        >>> tg.distributions.ExpTransform().log_abs_det_jacobian(x, x.exp())
        tensor([0., 1.])
        """
        raise NotImplementedError(f"{type(self).__name__} has no log_abs_det_jacobian")

    def forward_shape(self, shape: Sequence[int]) -> Size:
        """Return the shape of the result for an input of a given shape.

        Parameters
        ----------
        shape : sequence of int
            The shape of the input.

        Returns
        -------
        Size

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> tg.distributions.ReshapeTransform((4,), (2, 2)).forward_shape((3, 4))
        torch.Size([3, 2, 2])
        """
        return Size(shape)

    def inverse_shape(self, shape: Sequence[int]) -> Size:
        """Return the shape of the input for a result of a given shape.

        Parameters
        ----------
        shape : sequence of int
            The shape of the result.

        Returns
        -------
        Size

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> tg.distributions.ReshapeTransform((4,), (2, 2)).inverse_shape((3, 2, 2))
        torch.Size([3, 4])
        """
        return Size(shape)

    def __eq__(self, other: object) -> bool:
        return self is other or (
            type(self) is type(other) and self._settings() == other._settings()
        )

    __hash__ = object.__hash__

    def _settings(self) -> Any:
        return ()

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class _Inverse(Transform):
    def __init__(self, transform: Transform) -> None:
        super().__init__()
        self._transform = transform
        self.bijective = transform.bijective
        self.domain, self.codomain = transform.codomain, transform.domain

    @property
    def sign(self) -> Any:
        return self._transform.sign

    @property
    def inv(self) -> Any:
        return self._transform

    def _call(self, x: Any) -> Any:
        return self._transform._inv_call(x)

    def _inverse(self, y: Any) -> Any:
        return self._transform(y)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return -self._transform.log_abs_det_jacobian(y, x)

    def forward_shape(self, shape: Sequence[int]) -> Size:
        return self._transform.inverse_shape(shape)

    def inverse_shape(self, shape: Sequence[int]) -> Size:
        return self._transform.forward_shape(shape)

    def _settings(self) -> Any:
        return (self._transform,)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._transform!r})"


class ComposeTransform(Transform):
    """Composition of transforms: y = f_n(... f_2(f_1(x))).

    Parameters
    ----------
    parts : list of Transform
        The transforms, f_1 first.
    cache_size : {0, 1}, default 0
        1 keeps the last input and result, which a call with the same input returns; for the inverse
        the settings of the parts count.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> t = tg.distributions.transforms
    >>> half = t.AffineTransform(0.0, 0.5)
    >>> t.ComposeTransform([t.ExpTransform(), half])(tg.tensor(0.0))
    tensor(0.5000)
    """

    def __init__(self, parts: list[Transform], cache_size: int = 0) -> None:
        super().__init__(cache_size)
        self.parts = parts
        self.bijective = all(part.bijective for part in parts)

    @property
    def domain(self) -> Any:
        """The inputs, with as many event dimensions as any of the transforms needs."""
        if not self.parts:
            return constraints.real
        domain = self.parts[0].domain
        dims = self.parts[-1].codomain.event_dim
        for part in reversed(self.parts):
            dims = max(
                dims + part.domain.event_dim - part.codomain.event_dim, part.domain.event_dim
            )
        extra = dims - domain.event_dim
        return constraints.independent(domain, extra) if extra else domain

    @property
    def codomain(self) -> Any:
        """The results, with as many event dimensions as any of the transforms needs."""
        if not self.parts:
            return constraints.real
        codomain = self.parts[-1].codomain
        dims = self.parts[0].domain.event_dim
        for part in self.parts:
            dims += part.codomain.event_dim - part.domain.event_dim
            dims = max(dims, part.codomain.event_dim)
        extra = dims - codomain.event_dim
        return constraints.independent(codomain, extra) if extra else codomain

    @property
    def sign(self) -> Any:
        return math.prod(part.sign for part in self.parts)

    @property
    def inv(self) -> Any:
        return ComposeTransform([part.inv for part in reversed(self.parts)])

    def _call(self, x: Any) -> Any:
        for part in self.parts:
            x = part(x)
        return x

    def _inverse(self, y: Any) -> Any:
        for part in reversed(self.parts):
            y = part._inv_call(y)
        return y

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        if not self.parts:
            return ops.multiply(x, 0)
        total, dims = 0.0, self.domain.event_dim
        for i, part in enumerate(self.parts):
            result = y if i == len(self.parts) - 1 else part(x)
            slope = part.log_abs_det_jacobian(x, result)
            total = total + sum_rightmost(slope, dims - part.domain.event_dim)
            dims += part.codomain.event_dim - part.domain.event_dim
            x = result
        return total

    def forward_shape(self, shape: Sequence[int]) -> Size:
        for part in self.parts:
            shape = part.forward_shape(shape)
        return Size(shape)

    def inverse_shape(self, shape: Sequence[int]) -> Size:
        for part in reversed(self.parts):
            shape = part.inverse_shape(shape)
        return Size(shape)

    def _settings(self) -> Any:
        return self.parts

    def __repr__(self) -> str:
        return f"ComposeTransform({self.parts})"


identity_transform = ComposeTransform([])


class IndependentTransform(Transform):
    """Transform of elements as one of vectors or matrices: log |det| is summed over their elements.

    Parameters
    ----------
    base_transform : Transform
        The transform of the elements.
    reinterpreted_batch_ndims : int
        The number of last dimensions that belong to one vector or matrix.
    cache_size : {0, 1}, default 0
        1 keeps the last input and result, so that the inverse of the result is the input itself.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> t = tg.distributions.transforms
    >>> x = tg.ones(3, 2)
    >>> t.IndependentTransform(t.ExpTransform(), 1).log_abs_det_jacobian(x, x.exp())
    tensor([2., 2., 2.])
    """

    def __init__(
        self, base_transform: Transform, reinterpreted_batch_ndims: int, cache_size: int = 0
    ) -> None:
        super().__init__(cache_size)
        self.base_transform, count = base_transform, reinterpreted_batch_ndims
        self.reinterpreted_batch_ndims, self.bijective = count, base_transform.bijective
        self.domain = constraints.independent(base_transform.domain, count)
        self.codomain = constraints.independent(base_transform.codomain, count)

    @property
    def sign(self) -> Any:
        return self.base_transform.sign

    def _call(self, x: Any) -> Any:
        return self.base_transform(x)

    def _inverse(self, y: Any) -> Any:
        return self.base_transform._inv_call(y)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        slope = self.base_transform.log_abs_det_jacobian(x, y)
        return sum_rightmost(slope, self.reinterpreted_batch_ndims)

    def _settings(self) -> Any:
        return (self.base_transform, self.reinterpreted_batch_ndims)


class ReshapeTransform(Transform):
    """Reshape the last dimensions; log |det| is 0.

    Parameters
    ----------
    in_shape, out_shape : sequence of int
        The last dimensions of the input and of the result.
    cache_size : {0, 1}, default 0
        1 keeps the last input and result, so that the inverse of the result is the input itself.

    Raises
    ------
    ValueError
        If the two have different numbers of elements; at a call, if the input's shape does not end
        with `in_shape`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> t = tg.distributions.transforms
    >>> t.ReshapeTransform((4,), (2, 2))(tg.ones(3, 4)).shape
    torch.Size([3, 2, 2])
    """

    bijective = True

    def __init__(
        self, in_shape: Sequence[int], out_shape: Sequence[int], cache_size: int = 0
    ) -> None:
        super().__init__(cache_size)
        self.in_shape, self.out_shape = Size(in_shape), Size(out_shape)
        if math.prod(in_shape) != math.prod(out_shape):
            raise ValueError(f"ReshapeTransform: {in_shape} and {out_shape} differ in size")
        self.domain = constraints.independent(constraints.real, len(in_shape))
        self.codomain = constraints.independent(constraints.real, len(out_shape))

    def _call(self, x: Any) -> Any:
        return x.reshape(self.forward_shape(x.shape))

    def _inverse(self, y: Any) -> Any:
        return y.reshape(self.inverse_shape(y.shape))

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        batch = x.shape[: x.ndim - len(self.in_shape)]
        return Tensor(np.zeros(tuple(batch), x.dtype))

    def forward_shape(self, shape: Sequence[int]) -> Size:
        return self._swapped(shape, self.in_shape, self.out_shape)

    def inverse_shape(self, shape: Sequence[int]) -> Size:
        return self._swapped(shape, self.out_shape, self.in_shape)

    def _swapped(self, shape: Sequence[int], old: Size, new: Size) -> Size:
        cut = len(shape) - len(old)
        if cut < 0 or tuple(shape[cut:]) != tuple(old):
            what = f"the shape ends with {tuple(old)}, but it is {tuple(shape)}"
            raise ValueError(f"ReshapeTransform: {what}")
        return Size((*shape[:cut], *new))

    def _settings(self) -> Any:
        return (self.in_shape, self.out_shape)
