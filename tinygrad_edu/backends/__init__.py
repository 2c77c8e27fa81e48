"""PyTorch's `torch.backends`: switches of libraries that NumPy does not use.

>>> import tinygrad_edu.backends.cudnn as cudnn
>>> cudnn.deterministic, cudnn.benchmark = True, False  # accepted, without effect
>>> import tinygrad_edu as torch
>>> torch.backends.mps.is_available()
False
"""

from types import SimpleNamespace

from . import cudnn as cudnn, mps as mps

__all__ = ["cuda", "cudnn", "mkldnn", "mps"]


def __dir__() -> list[str]:
    return __all__


cuda = SimpleNamespace(
    matmul=SimpleNamespace(allow_tf32=False, fp32_precision="none"), is_built=lambda: False
)
mkldnn = SimpleNamespace(enabled=False, is_available=lambda: False)
