"""Size: the shape of a tensor, a tuple whose `numel()` is the number of elements.

>>> import tinygrad_edu as tg
>>> x = tg.zeros(5, 2)
>>> x.shape, x.shape.numel(), x.shape == (5, 2)
(torch.Size([5, 2]), 10, True)
"""

from collections.abc import Iterable
from math import prod
from operator import index
from typing import Any, SupportsIndex

import numpy as np

from .registry import public


@public()
class Size(tuple[int, ...]):
    """The sizes of a tensor's dimensions: what `x.shape` and `x.size()` return.

    It is a tuple in all that it does, and prints as PyTorch's does.  Slices, sums and multiples are
    Sizes again.  A function that takes numbers or a shape tells by this class that it was given a
    shape: `FloatTensor(x.size())` has the shape of x, `FloatTensor((5, 2))` the elements 5 and 2.

    Parameters
    ----------
    sizes : iterable of int, default ()
        The sizes.

    Raises
    ------
    TypeError
        If a size is not a whole number.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.Size([5, 2]) + (3,), tg.Size((5, 2))[:1], tg.ones(5, 2).shape.numel()
    (torch.Size([5, 2, 3]), torch.Size([5]), 10)
    """

    __slots__ = ()

    def __new__(cls, sizes: Iterable[SupportsIndex] = ()) -> "Size":
        items = tuple(sizes)
        for i, item in enumerate(items):
            if not hasattr(item, "__index__"):
                raise TypeError(f"Size: a size is a whole number, not {item!r} (item {i})")
        return as_size(cls, [int(index(item)) for item in items])

    def numel(self) -> int:
        """Return the number of elements of a tensor of this shape: the product of the sizes.

        Returns
        -------
        int
            1 for no dimensions.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> tg.Size([5, 2]).numel()
        10
        """
        return prod(self)

    def __repr__(self) -> str:
        return f"torch.Size({list(self)})"

    def __getitem__(self, key: Any) -> Any:
        found = tuple.__getitem__(self, key)
        return as_size(Size, found) if found.__class__ is tuple else found

    def __add__(self, other: Any) -> Any:
        found = tuple.__add__(self, other)
        return as_size(Size, found)

    def __radd__(self, other: Any) -> Any:
        return as_size(Size, (*other, *self)) if isinstance(other, tuple) else NotImplemented

    def __mul__(self, times: SupportsIndex) -> "Size":
        return as_size(Size, tuple.__mul__(self, times))

    __rmul__ = __mul__


as_size = tuple.__new__  # as_size(Size, shape), where the shape is known to hold ints


@public()
def broadcast_shapes(*shapes: int | Iterable[int]) -> Size:
    """Return the shape that these shapes broadcast to.

    Parameters
    ----------
    *shapes : tuple of int, or int
        The shapes; an int stands for one dimension.

    Returns
    -------
    Size
        The common shape.

    Raises
    ------
    RuntimeError
        If they do not broadcast.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.broadcast_shapes((5, 1), (2,), 1)
    torch.Size([5, 2])
    """
    try:
        return Size(np.broadcast_shapes(*shapes))  # type: ignore[arg-type]
    except ValueError as error:
        raise RuntimeError(f"broadcast_shapes: {error}") from None
