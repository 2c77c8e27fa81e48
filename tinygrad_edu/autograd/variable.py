"""Variable: the name that tensors with a gradient had before PyTorch 0.4."""

from __future__ import annotations

import warnings
from typing import Any

from ..engine.clock import caller_level
from ..engine.graph import TensorBase
from ..tensor import Tensor


class _AnyTensor(type):
    def __instancecheck__(cls, other: Any) -> bool:
        return isinstance(other, TensorBase)


class Variable(metaclass=_AnyTensor):
    """Make a leaf that shares the memory of a tensor.

    Every Tensor is a Variable today: `isinstance(x, Variable)` holds for all of them, and what this
    returns is a plain Tensor.

    Parameters
    ----------
    data : Tensor, default None
        Outside of its record; None makes an empty tensor.
    requires_grad : bool, default False
    volatile : bool, default False
        Without effect; True warns.

    Raises
    ------
    TypeError
        If `data` is not a Tensor.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> from tinygrad_edu.autograd import Variable
    >>> x = Variable(tg.ones(2), requires_grad=True)
    >>> isinstance(x, Variable), x
    (True, tensor([1., 1.], requires_grad=True))
    """

    def __new__(  # type: ignore[misc]
        cls, data: Tensor | None = None, requires_grad: bool = False, volatile: bool = False
    ) -> Tensor:
        if volatile:
            words = "Variable: volatile has no effect; write `with no_grad():` instead"
            warnings.warn(words, stacklevel=caller_level())
        if data is None:
            data = Tensor([])
        if not isinstance(data, Tensor):
            raise TypeError(f"Variable: it takes a Tensor, not a {type(data).__name__}")
        return data.detach().requires_grad_(requires_grad)
