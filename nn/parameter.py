"""Parameter: a tensor that a module trains; Buffer: one that it keeps."""

from __future__ import annotations

from typing import Any

import tinygrad_edu as tg
from tinygrad_edu import views
from tinygrad_edu.engine import cuts
from tinygrad_edu.tensor import Tensor

__all__ = ["Buffer", "Parameter"]


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
        if given.node is not None:
            cuts.leave(given.node, "nn.Parameter", self)
        self.requires_grad_(requires_grad)


class Buffer(Tensor):
    """Tensor that a module keeps, and does not train: assigning it to a module registers it.

    `module.mean = nn.Buffer(x)` is `module.register_buffer("mean", x)`.  A Tensor that is assigned
    to the attribute later takes its place as the buffer.

    Parameters
    ----------
    data : Tensor, default None
        The values, whose memory is shared; None is an empty tensor.
    persistent : bool, default True
        Make it part of the `state_dict()` of the module.

    Raises
    ------
    KeyError
        At the assignment, if the module has another attribute of that name.

    Examples
    --------
    >>> import nn, tinygrad_edu as tg
    >>> layer = nn.Module()
    >>> layer.mean = nn.Buffer(tg.zeros(2))
    >>> layer.cache = nn.Buffer(tg.zeros(9), persistent=False)
    >>> [name for name, _ in layer.named_buffers()], [*layer.state_dict()]
    (['mean', 'cache'], ['mean'])
    """

    __slots__ = ()
    persistent: bool

    def __init__(self, data: Tensor | None = None, *, persistent: bool = True) -> None:
        given = tg.as_tensor(() if data is None else data)
        super().__init__(given.array)
        views.borrow(self, given)
        self.requires_grad_(given.requires_grad)
        self.persistent = persistent
