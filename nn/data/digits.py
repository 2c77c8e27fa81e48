"""Digits: 1,797 handwritten digits of 8 x 8 pixels, shipped in the package."""

from __future__ import annotations

import os

import numpy as np

from tinygrad_edu import Tensor

from .dataset import TensorDataset

TRAINING = 1437  # four fifths; the order was shuffled when the file was made


class Digits(TensorDataset):
    """1,797 handwritten digits of 8 x 8 pixels, which come with the package.

    Images are (N, 64) of float32 in [0, 1], labels (N,) of int64.  They are the test part of the
    UCI data set, licensed CC BY 4.0; the file is made by `nn/data/make_digits.py`.

    Parameters
    ----------
    train : bool, default True
        Take the 1,437 digits for training; if False, the other 360 for testing.

    References
    ----------
    Alpaydin and Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning
    Repository, 1998, doi 10.24432/C50P49.

    Examples
    --------
    >>> from nn.data import Digits
    >>> digits = Digits(train=False)
    >>> len(digits), digits.images.shape, digits.labels[:5]
    (360, torch.Size([360, 64]), tensor([5, 7, 9, 9, 4]))
    """

    side = 8

    def __init__(self, train: bool = True) -> None:
        with np.load(os.path.join(os.path.dirname(__file__), "digits.npz")) as arrays:
            images, labels = arrays["images"], arrays["labels"]
        part = slice(None, TRAINING) if train else slice(TRAINING, None)
        self.images = Tensor(images[part].reshape(-1, 64).astype(np.float32) / np.float32(16))
        self.labels = Tensor(labels[part].astype(np.int64))
        super().__init__(self.images, self.labels)
