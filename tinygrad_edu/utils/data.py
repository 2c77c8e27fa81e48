"""PyTorch's path to datasets and loaders: `tinygrad_edu.utils.data` is `nn.data`.

>>> from tinygrad_edu.utils.data import DataLoader
>>> import nn
>>> DataLoader is nn.data.DataLoader
True
"""

from nn.data import *

from . import stand_for

stand_for(__name__, "nn.data")
