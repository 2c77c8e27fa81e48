"""PyTorch's path to the optimisers: `tinygrad_edu.optim` is `nn.optim`.

>>> import tinygrad_edu as torch
>>> import nn
>>> torch.optim.lr_scheduler.StepLR is nn.optim.lr_scheduler.StepLR
True
"""

from nn.optim import *

from .utils import stand_for

stand_for(__name__, "nn.optim")
