"""PyTorch's path to the package `nn`: `tinygrad_edu.nn` is `nn`, and so for its modules.

>>> import tinygrad_edu as torch
>>> import nn
>>> torch.nn.Linear is nn.Linear
True
"""

from nn import *

from .utils import stand_for

stand_for(__name__, "nn")
