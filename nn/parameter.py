"""Parameter: a tensor that a module trains."""

from __future__ import annotations

from typing import Any

import tinygrad_edu as tg
from tinygrad_edu import views
from tinygrad_edu.tensor import Tensor

__all__ = ["Parameter"]


class Parameter(Tensor):
    """Tensor that a module trains: assigning it to a module registers it.

    Parameters
    ----------
    data : Tensor, array or numbers, default ()
        The initial values.  The memory of a Tensor is shared.
    requires_grad : bool, default True
        False freezes the parameter.

    Examples
    --------
    >>> import nn, tinygrad_edu as tg
    >>> w = nn.Parameter(tg.ones(2))
    >>> w.group = "slow"  # a Parameter takes attributes of your own
    >>> w.requires_grad, w.group
    (True, 'slow')
    """

    __slots__ = ()

    def __init__(self, data: Any = None, requires_grad: bool = True) -> None:
        given = tg.as_tensor(() if data is None else data)
        super().__init__(given.array)
        views.borrow(self, given)
        self.requires_grad_(requires_grad)
