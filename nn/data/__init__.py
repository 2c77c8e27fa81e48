"""Data: sets of examples, loaders that batch them, and the sets that people learn on."""

from typing import TYPE_CHECKING, Any

from .collate import default_collate, default_convert
from .dataset import ConcatDataset, Dataset, IterableDataset, Subset, TensorDataset, random_split
from .digits import Digits
from .loader import DataLoader, WorkerInfo, get_worker_info
from .mnist import KMNIST, MNIST, FashionMNIST
from .sampler import (
    BatchSampler,
    RandomSampler,
    Sampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)
from .toy import make_blobs, make_moons, make_spirals, make_xor

if TYPE_CHECKING:
    from . import transforms

__all__ = [
    "KMNIST",
    "MNIST",
    "BatchSampler",
    "ConcatDataset",
    "DataLoader",
    "Dataset",
    "Digits",
    "FashionMNIST",
    "IterableDataset",
    "RandomSampler",
    "Sampler",
    "SequentialSampler",
    "Subset",
    "SubsetRandomSampler",
    "TensorDataset",
    "WeightedRandomSampler",
    "WorkerInfo",
    "default_collate",
    "default_convert",
    "get_worker_info",
    "make_blobs",
    "make_moons",
    "make_spirals",
    "make_xor",
    "random_split",
    "transforms",
]


def __getattr__(name: str) -> Any:
    """`nn.data.transforms`, imported when it is first asked for: importing nn stays quick."""
    if name == "transforms":
        from importlib import import_module

        return import_module("nn.data.transforms")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
