"""PyTorch's `torch.version`: the version of this package, and those of what it does not use.

>>> import tinygrad_edu as torch
>>> torch.version.cuda is None, torch.version.__version__ == torch.__version__
(True, True)
"""

from . import __version__ as __version__

__all__ = ["__version__", "cuda", "hip", "xpu"]

cuda: str | None = None
hip: str | None = None
xpu: str | None = None
