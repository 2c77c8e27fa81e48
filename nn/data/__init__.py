"""Data: sets of examples, loaders that batch them, and the sets that people learn on."""

from .dataset import Dataset, TensorDataset
from .digits import Digits
from .loader import DataLoader, default_collate
from .mnist import MNIST

__all__ = ["MNIST", "DataLoader", "Dataset", "Digits", "TensorDataset", "default_collate"]
