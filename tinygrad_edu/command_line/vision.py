"""What `torchvision` means while a script written for PyTorch runs: MNIST, and a few transforms."""

from nn import data as datasets
from nn.data import transforms as transforms

from ..absent import refuse

__all__ = ["datasets", "transforms"]
__path__: list[str] = []  # so that Python asks for `torchvision.datasets`


def __dir__() -> list[str]:
    return __all__


def __getattr__(name: str) -> object:
    """Say why a name of torchvision is left out."""
    refuse("torchvision", name, __name__)
