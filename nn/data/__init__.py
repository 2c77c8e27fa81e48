"""Data: sets of examples, loaders that batch them, and the sets that people learn on.

>>> import tinygrad_edu as tg
>>> from nn.data import DataLoader, TensorDataset
>>> data = TensorDataset(tg.arange(6.0).reshape(3, 2), tg.arange(3))
>>> [y.tolist() for x, y in DataLoader(data, batch_size=2)]
[[0, 1], [2]]
"""

from typing import TYPE_CHECKING, Any

from tinygrad_edu.absent import refuse as _refuse

from .collate import default_collate as default_collate, default_convert as default_convert
from .dataloader import DataLoader as DataLoader
from .dataset import (
    ChainDataset as ChainDataset,
    ConcatDataset as ConcatDataset,
    Dataset as Dataset,
    IterableDataset as IterableDataset,
    StackDataset as StackDataset,
    Subset as Subset,
    TensorDataset as TensorDataset,
    random_split as random_split,
)
from .digits import Digits as Digits
from .distributed import DistributedSampler as DistributedSampler
from .mnist import KMNIST as KMNIST, MNIST as MNIST, FashionMNIST as FashionMNIST
from .sampler import (
    BatchSampler as BatchSampler,
    RandomSampler as RandomSampler,
    Sampler as Sampler,
    SequentialSampler as SequentialSampler,
    SubsetRandomSampler as SubsetRandomSampler,
    WeightedRandomSampler as WeightedRandomSampler,
)
from .toy import (
    make_blobs as make_blobs,
    make_moons as make_moons,
    make_spirals as make_spirals,
    make_xor as make_xor,
)
from .workers import WorkerInfo as WorkerInfo, get_worker_info as get_worker_info

if TYPE_CHECKING:
    from . import transforms as transforms

__all__ = [
    "BatchSampler", "ChainDataset", "ConcatDataset", "DataLoader", "Dataset", "Digits",
    "DistributedSampler", "FashionMNIST", "IterableDataset", "KMNIST", "MNIST", "RandomSampler",
    "Sampler", "SequentialSampler", "StackDataset", "Subset", "SubsetRandomSampler",
    "TensorDataset", "WeightedRandomSampler", "WorkerInfo", "default_collate", "default_convert",
    "get_worker_info", "make_blobs", "make_moons", "make_spirals", "make_xor", "random_split",
    "transforms",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Import `nn.data.transforms` when it is first asked for: importing nn stays quick.  Of another
    name, say why it is left out."""
    if name == "transforms":
        from importlib import import_module

        return import_module("nn.data.transforms")
    _refuse("datasets", name, __name__)


def __dir__() -> list[str]:
    return sorted(__all__)
