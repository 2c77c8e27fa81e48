"""MNIST and similar data sets: 70,000 images of 28 x 28 pixels, read from disk or downloaded."""

from __future__ import annotations

import math
import os
import struct
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from tinygrad_edu import Tensor
from tinygrad_edu.dtypes import Array
from tinygrad_edu.io import replacing

from .dataset import TensorDataset
from .sampler import check_flag

if TYPE_CHECKING:
    from pathlib import Path  # importing it takes longer than all of nn.data: at first use

FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)


AHEAD = 1 << 16  # bytes that are read to see whether a file is too long
MOST = 1 << 26  # bytes: no archive of these sets is as large; one that unpacks to more than
RATIO = 100  # times its own size, and to more than MOST, is a bomb


class MNIST(TensorDataset):
    """MNIST: 70,000 handwritten digits of 28 x 28 pixels.

    An example is a pair of an image, (784,) of float32 in [0, 1], and a label, () of int64.  With
    `transform`, the image is transform(array) of an array (28, 28) of uint8, as in torchvision:
    `transform=ToTensor()` gives a tensor (1, 28, 28).  `images`, of shape (N, 784), and `labels`,
    (N,), are all of them.

    The files are searched for in `root` and `root/MNIST/raw`, or without `root` in
    `$TINYGRAD_EDU_DATA/mnist` and in the cache folder `~/.cache/tinygrad_edu/mnist`; missing files
    are downloaded into the last of these folders.  The attribute `raw_folder` is the folder of the
    files.  A digest of each file is checked.

    Parameters
    ----------
    root : path, optional
        Folder of the files.
    train : bool, default True
        Take the 60,000 digits for training; if False, the 10,000 for testing.
    transform : callable, optional
        Function of an image, an array (28, 28) of uint8, which replaces the image.
    target_transform : callable, optional
        Function of a label, an int, which replaces the label.
    download : bool, default True
        Download files that are missing.

    Raises
    ------
    FileNotFoundError
        If a file is not found, and is not or cannot be downloaded.
    ValueError
        If a file is damaged.

    References
    ----------
    LeCun, Cortes and Burges, "The MNIST database of handwritten digits", 1998.

    Examples
    --------
    >>> from nn.data import MNIST
    >>> MNIST.is_available(root="/no/such/folder")
    False
    >>> data = MNIST(train=False) if MNIST.is_available() else None
    """

    side = 28
    classes: tuple[str, ...] = tuple("0123456789")
    mirrors: tuple[str, ...] = (
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    )
    # SHA-256 of the uncompressed files: compressing again changes the archive, not the digits.
    digests: tuple[str, ...] = (
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    )

    def __init__(
        self,
        root: str | os.PathLike[str] | None = None,
        train: bool = True,
        transform: Callable[[Any], Any] | None = None,
        target_transform: Callable[[Any], Any] | None = None,
        download: bool = True,
    ) -> None:
        check_flag(type(self).__name__, "train", train)
        paths = [self._find(i, root, download) for i in ((0, 1) if train else (2, 3))]
        images, labels = (read_idx(path, digest) for path, digest in paths)
        if images.shape != (*labels.shape[:1], 28, 28) or labels.ndim != 1:
            raise ValueError(
                f"{paths[0][0]}: images of shape {images.shape}, and {paths[1][0]}: labels of "
                f"shape {labels.shape}; they should be (N, 28, 28) and (N,)"
            )
        self.raw_folder = str(paths[0][0].parent)
        self.transform, self.target_transform = transform, target_transform
        self.images = Tensor(images.reshape(-1, 784).astype(np.float32) / np.float32(255))
        self.labels = Tensor(labels.astype(np.int64))
        self.data, self.targets = Tensor(images.copy()), self.labels  # as torchvision calls them
        super().__init__(self.images, self.labels)

    def __getitem__(self, index: Any) -> tuple[Any, ...]:
        if self.transform is None and self.target_transform is None:
            return super().__getitem__(index)
        label = self.labels[index].item()
        image = self.transform(self.data.array[index]) if self.transform else self.images[index]
        return image, self.target_transform(label) if self.target_transform else label

    def __getitems__(self, indices: Sequence[int]) -> Sequence[tuple[Any, ...]]:
        if self.transform is None and self.target_transform is None:
            return super().__getitems__(indices)
        return [self[i] for i in indices]

    @classmethod
    def is_available(cls, root: str | os.PathLike[str] | None = None) -> bool:
        """Return whether all four files are on disk, so that nothing is downloaded.

        Parameters
        ----------
        root : path, optional
            Folder of the files.

        Returns
        -------
        bool
            True if they are.

        Examples
        --------
        >>> import tempfile
        >>> from nn.data import MNIST
        >>> MNIST.is_available(tempfile.mkdtemp())
        False
        """
        return all(
            any(place.exists() for place in cls._candidate_paths(name, root)) for name in FILES
        )

    @classmethod
    def _candidate_paths(cls, name: str, root: Any) -> list[Path]:
        from pathlib import Path

        if root is not None:
            folders = [Path(root), Path(root) / cls.__name__ / "raw"]
        else:
            data = os.environ.get("TINYGRAD_EDU_DATA")
            folders = [Path(data) / cls.__name__.lower()] if data else []
            folders.append(cache_folder(cls.__name__))
        return [folder / file for folder in folders for file in (name, f"{name}.gz")]

    @classmethod
    def _find(cls, number: int, root: Any, download: bool) -> tuple[Path, str]:
        """The path of a file, which is downloaded if it is missing, and its right digest."""
        name, digest = FILES[number], cls.digests[number]
        places = cls._candidate_paths(name, root)
        path = next((place for place in places if place.exists()), None)
        if path is None and not download:
            raise FileNotFoundError(
                f"{cls.__name__}: {name}.gz is in none of "
                f"{', '.join(str(p.parent) for p in places[1::2])}; put it there, set "
                f"TINYGRAD_EDU_DATA to the folder that holds {cls.__name__.lower()}/, or say "
                f"download=True"
            )
        if path is None:
            path = places[-1]
            fetch(name, path, cls.mirrors, digest)
        return path, digest


class FashionMNIST(MNIST):
    """FashionMNIST: 70,000 images of clothes, 28 x 28 pixels, in ten classes.

    The files have the format of `MNIST`, and are read in the same way.  MIT licence.

    Parameters
    ----------
    root : path, optional
        Folder of the files.
    train : bool, default True
        Take the 60,000 images for training; if False, the 10,000 for testing.
    transform : callable, optional
        Function of an image, an array (28, 28) of uint8, which replaces the image.
    target_transform : callable, optional
        Function of a label, an int, which replaces the label.
    download : bool, default True
        Download files that are missing.

    Raises
    ------
    FileNotFoundError
        If a file is not found, and is not or cannot be downloaded.
    ValueError
        If a file is damaged.

    References
    ----------
    Xiao, Rasul and Vollgraf, "Fashion-MNIST: a novel image dataset for benchmarking machine
    learning algorithms", arXiv:1708.07747, 2017.

    Examples
    --------
    >>> from nn.data import FashionMNIST
    >>> FashionMNIST.classes[9]
    'Ankle boot'
    """

    classes = (
        *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
        *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
    )
    mirrors = (
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
        "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
    )
    digests = (  # MD5 of the archives, as their authors published them; so is KMNIST's
        "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
        "25c81989df183df01b3e8a0aad5dffbe",
        "bef4ecab320f06d8554ea6380940ec79",
        "bb300cfdad3c16e7a12a480ee83cd310",
    )


class KMNIST(MNIST):
    """KMNIST: 70,000 old Japanese letters, 28 x 28 pixels, in ten classes.

    The files have the format of `MNIST`, and are read in the same way.  Licence CC BY-SA 4.0.

    Parameters
    ----------
    root : path, optional
        Folder of the files.
    train : bool, default True
        Take the 60,000 letters for training; if False, the 10,000 for testing.
    transform : callable, optional
        Function of an image, an array (28, 28) of uint8, which replaces the image.
    target_transform : callable, optional
        Function of a label, an int, which replaces the label.
    download : bool, default True
        Download files that are missing.

    Raises
    ------
    FileNotFoundError
        If a file is not found, and is not or cannot be downloaded.
    ValueError
        If a file is damaged.

    References
    ----------
    Clanuwat et al., "Deep learning for classical Japanese literature", arXiv:1812.01718, 2018.

    Examples
    --------
    >>> from nn.data import KMNIST
    >>> KMNIST.classes[:3]
    ('o', 'ki', 'su')
    """

    classes = ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo")
    mirrors = ("https://codh.rois.ac.jp/kmnist/dataset/kmnist/",)
    digests = (
        "bdb82020997e1d708af4cf47b453dcf7",
        "e144d726b3acfaa3e44228e80efcd344",
        "5c965bf0a639b31b8f53240b1b52f4d7",
        "7320c461ea6c1c855c0b718fb2a4b134",
    )


def cache_folder(name: str = "MNIST") -> Path:
    from pathlib import Path

    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "tinygrad_edu" / name.lower()


# ---------------------------------------------------------------- reading


def read_idx(path: str | os.PathLike[str], digest: str = "") -> Array:
    """The array in an IDX file, gzipped or not: two zero bytes, a type byte (8: unsigned bytes),
    the number of dimensions, their sizes as big-endian 32-bit numbers, then the numbers.

    Raises ValueError, naming the file, if it is truncated, not IDX, has another digest, or unpacks
    to so much more than it holds that it was made to fill the memory.
    """
    from pathlib import Path

    path = Path(path)
    check_archive(path, digest)
    header, shape, numbers = _content(path)
    if len(digest) == 64:
        import hashlib  # here, as is gzip below: slow to import, and only for those who read MNIST

        found = hashlib.sha256(header)
        found.update(numbers)
        _compare(path, found.hexdigest(), digest)
    try:
        return np.frombuffer(numbers, np.uint8).reshape(shape)
    except ValueError as error:
        raise ValueError(f"{path}: no array has its shape: {error}") from None


def check_archive(path: Path, digest: str) -> None:
    """Raise ValueError, before it is unpacked, if a digest of 32 digits is not the archive's MD5;
    one of 64 is of what is in it, and an unpacked file is not what the MD5 is of."""
    if len(digest) == 32 and path.suffix:
        import hashlib

        with path.open("rb") as file:
            found = hashlib.file_digest(file, partial(hashlib.md5, usedforsecurity=False))
        _compare(path, found.hexdigest(), digest)


def _compare(path: Path, found: str, digest: str) -> None:
    if found != digest:
        raise ValueError(
            f"{path}: its content is not the published one (the digest differs: not {digest[:8]}..."
            f"); delete it to download it again"
        )


def _content(path: Path) -> tuple[bytes, tuple[int, ...], bytearray]:
    """The header of an IDX file, its shape, and its content, of which no more than the shape needs
    is decompressed."""
    import gzip
    import zlib

    with path.open("rb") as file:
        is_packed = file.read(2) == b"\x1f\x8b"
    try:
        with gzip.open(path) if is_packed else path.open("rb") as file:
            header, shape = _header(path, file)
            expected = math.prod(shape)
            if is_packed:
                _refuse_bomb(path, expected)
            numbers = _read(file, expected)
            given = len(numbers) + len(_read(file, AHEAD))
            if given != expected:
                kind = "truncated" if given < expected else "too long"
                has = f"{given:,}{' or more' if given == expected + AHEAD else ''}"
                raise ValueError(
                    f"{path}: {kind}: shape {shape} needs {expected:,} bytes, it has {has}"
                )
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(f"{path}: truncated or damaged: {error}") from None
    return header, shape, numbers


def _refuse_bomb(path: Path, expected: int) -> None:
    """Raise ValueError if an archive is far too small for what it says it holds."""
    size = path.stat().st_size
    if expected > max(MOST, RATIO * size):
        raise ValueError(
            f"{path}: refused: {size:,} packed bytes say that they hold {expected:,}, more than "
            f"{RATIO} times as many; if you trust them, unpack them with gunzip first"
        )


def _header(path: Path, file: Any) -> tuple[bytes, tuple[int, ...]]:
    """The header of an IDX file, and the shape that it gives."""
    header = file.read(4)
    if len(header) < 4 or header[:3] != b"\0\0\x08":
        raise ValueError(
            f"{path}: not an IDX file of bytes: it starts with {header.hex(' ') or 'nothing'}, "
            "not 00 00 08"
        )
    ndim = header[3]
    header += file.read(4 * ndim)
    if len(header) < 4 + 4 * ndim:
        raise ValueError(f"{path}: truncated in its header: {len(header)} bytes")
    shape = struct.unpack(f">{ndim}I", header[4:])
    return header, shape


def _read(file: Any, count: int) -> bytearray:
    """Read `count` bytes, or fewer at the end, in pieces, without a buffer of `count` bytes."""
    content = bytearray()
    while len(content) < count and (piece := file.read(min(count - len(content), 1 << 20))):
        content += piece
    return content


# ---------------------------------------------------------------- downloading


def fetch(name: str, destination: Path, mirrors: Sequence[str], digest: str) -> None:
    """Download a file from the first mirror with the right content; it appears when it is complete.

    Raises FileNotFoundError, with the answer of each mirror, if none has it.
    """
    from http.client import HTTPException  # here, as it is slow to import and seldom needed

    destination.parent.mkdir(parents=True, exist_ok=True)
    answers = []
    for mirror in mirrors:
        try:
            with replacing(str(destination)) as file:
                _download(f"{mirror}{name}.gz", file)
                file.flush()
                _check(file.name, digest)
            return
        except (OSError, ValueError, HTTPException) as error:
            answers.append(f"{mirror}{name}.gz: {error}")
    raise FileNotFoundError(
        f"{name}.gz could not be downloaded:\n  "
        + "\n  ".join(answers)
        + f"\nPut it into {destination.parent} by hand, or use nn.data.Digits, which needs no "
        f"download."
    )


def _check(path: str, digest: str) -> None:
    try:
        read_idx(path, digest)
    except ValueError as error:
        why = str(error).removeprefix(f"{path}: ")
        raise ValueError(f"it is not the file that the digest is of: {why}") from None


def _download(url: str, file: IO[bytes]) -> None:
    from urllib.request import urlopen

    _refuse_open_line(url)
    with urlopen(url, timeout=30) as answer:
        _refuse_open_line(answer.url)  # after it was sent elsewhere
        total = int(answer.headers.get("Content-Length") or 0)
        done = 0
        while chunk := answer.read(1 << 16):
            file.write(chunk)
            done += len(chunk)
            if done > MOST:
                raise ValueError(f"refused: it is longer than any such file, {MOST:,} bytes")
            _show_progress(url, done, total)
    if total and done != total:
        raise ValueError(f"the connection ended after {done:,} of {total:,} bytes")


def _refuse_open_line(url: str) -> None:
    """Raise ValueError unless nobody on the way can change what is sent: https, or this machine."""
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    if parts.scheme != "https" and (parts.scheme, parts.hostname) != ("http", "127.0.0.1"):
        raise ValueError(f"refused: {url} is not https, so that anybody on the way could change it")


def _show_progress(url: str, done: int, total: int) -> None:
    if not sys.stderr.isatty():
        return
    share = done / total if total else 1.0
    bar = "#" * round(30 * share)
    end = "\n" if done >= total else ""
    print(
        f"\r{url.rpartition('/')[2]} [{bar:<30}] {share:4.0%}", end=end, file=sys.stderr, flush=True
    )
