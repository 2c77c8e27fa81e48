"""Programs: a function of tensors as a straight line of NumPy calls, forward and backward.

>>> import tinygrad_edu as tg
>>> w = tg.tensor([1.0, 2.0], requires_grad=True)
>>> loss = tg.compile(lambda x: (w * x).sum())
>>> loss(tg.tensor([3.0, 4.0])).backward()
>>> w.grad
tensor([3., 4.])
"""

from .compiled import Compiled as Compiled, compile as compile
from .trace import DependsOnValues as DependsOnValues

__all__ = ["Compiled", "DependsOnValues", "compile"]
