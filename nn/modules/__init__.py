"""PyTorch's path to the classes of `nn`: `nn.modules.module`."""

from . import module

__all__ = ["module"]
