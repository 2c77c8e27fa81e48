"""MNIST: 70,000 handwritten digits of 28 x 28 pixels, found on disk or downloaded."""

from __future__ import annotations

import math
import os
import struct
import sys
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tinygrad_edu import Tensor
from tinygrad_edu.dtypes import Array

from .dataset import TensorDataset

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)

# SHA-256 of the uncompressed files: compressing again changes the archive, not the digits.
SHA256 = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}


class MNIST(TensorDataset):
    """The digits of LeCun, Cortes and Burges, as images (N, 784) of float32 in [0, 1] and labels
    (N,) of int64: 60,000 to train on, and with `train=False` 10,000 to test on.

    Looked for in `root`, or else in `$TINYGRAD_EDU_DATA/mnist`, then in the cache folder
    `~/.cache/tinygrad_edu/mnist`, then downloaded into it, unless `download=False`.  Every file is
    checked by SHA-256.  Raises FileNotFoundError if it is nowhere, ValueError naming the file if
    one is damaged.
    """

    side = 28

    def __init__(
        self, root: str | os.PathLike[str] | None = None, train: bool = True, download: bool = True
    ) -> None:
        name = "train" if train else "t10k"
        images = _find(f"{name}-images-idx3-ubyte", root, download)
        labels = _find(f"{name}-labels-idx1-ubyte", root, download)
        self.images = Tensor(read_idx(images).reshape(-1, 784).astype(np.float32) / np.float32(255))
        self.labels = Tensor(read_idx(labels).astype(np.int64))
        super().__init__(self.images, self.labels)

    @staticmethod
    def is_available(root: str | os.PathLike[str] | None = None) -> bool:
        """Are all four files on disk, so that nothing has to be downloaded?"""
        return all(any(place.exists() for place in _places(name, root)) for name in SHA256)


def cache_folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "tinygrad_edu" / "mnist"


def _places(name: str, root: Any) -> list[Path]:
    if root is not None:
        return [Path(root) / f"{name}.gz", Path(root) / name]
    data = os.environ.get("TINYGRAD_EDU_DATA")
    folders = [Path(data) / "mnist"] if data else []
    packed = [folder / f"{name}.gz" for folder in [*folders, cache_folder()]]
    return [place for path in packed for place in (path.with_suffix(""), path)]


def _find(name: str, root: Any, download: bool) -> Path:
    places = _places(name, root)
    for place in places:
        if place.exists():
            return place
    if not download:
        raise FileNotFoundError(
            f"MNIST: {name}.gz is in none of {', '.join(str(p.parent) for p in places)}; put it "
            "there, set TINYGRAD_EDU_DATA to the folder that holds mnist/, or say download=True"
        )
    fetch(name, places[-1])
    return places[-1]


# ---------------------------------------------------------------- reading


def read_idx(path: str | os.PathLike[str]) -> Array:
    """The array in an IDX file, gzipped or not: two zero bytes, a type byte (8: unsigned bytes),
    the number of dimensions, their sizes as big-endian 32-bit numbers, then the numbers.

    Raises ValueError, naming the file, if it is truncated, not IDX, or not what MNIST's file of
    that name should be (by SHA-256).
    """
    path = Path(path)
    content = _unpacked(path)
    name = path.name.removesuffix(".gz")
    if len(content) < 4 or content[:3] != b"\0\0\x08":
        raise ValueError(
            f"{path}: not an IDX file of bytes: it starts with "
            f"{content[:4].hex(' ') or 'nothing'}, not 00 00 08"
        )
    ndim = content[3]
    if len(content) < 4 + 4 * ndim:
        raise ValueError(f"{path}: truncated in its header: {len(content)} bytes")
    shape = struct.unpack(f">{ndim}I", content[4 : 4 + 4 * ndim])
    expected, given = math.prod(shape), len(content) - 4 - 4 * ndim
    if expected != given:
        kind = "truncated" if given < expected else "too long"
        raise ValueError(
            f"{path}: {kind}: shape {shape} needs {expected:,} bytes, it has {given:,}"
        )
    if name in SHA256 and sha256(content) != SHA256[name]:
        raise ValueError(
            f"{path}: its content is not MNIST's (the SHA-256 differs); delete it to download it "
            f"again"
        )
    return np.frombuffer(content, np.uint8, offset=4 + 4 * ndim).reshape(shape)


def sha256(content: bytes) -> str:
    import hashlib  # here, as is gzip below: slow to import, and only for those who read MNIST

    return hashlib.sha256(content).hexdigest()


def _unpacked(path: Path) -> bytes:
    import gzip

    content = path.read_bytes()
    if content[:2] != b"\x1f\x8b":
        return content
    try:
        return gzip.decompress(content)
    except (EOFError, OSError, zlib.error) as error:
        raise ValueError(f"{path}: truncated or damaged: {error}") from None


# ---------------------------------------------------------------- downloading


def fetch(name: str, destination: Path, mirrors: Sequence[str] | None = None) -> None:
    """Download a file from the first mirror that has it right, and put it in place when it is
    whole.

    Raises FileNotFoundError, with what each mirror answered, if none has.
    """
    from http.client import HTTPException  # here, as it is slow to import and seldom needed

    destination.parent.mkdir(parents=True, exist_ok=True)
    partial = destination.with_name(f"{destination.name}.{os.getpid()}.part")
    answers = []
    for mirror in MIRRORS if mirrors is None else mirrors:
        try:
            _download(f"{mirror}{name}.gz", partial)
            if sha256(_unpacked(partial)) != SHA256[name]:
                raise ValueError("the SHA-256 of its content is wrong")
            partial.replace(destination)
            return
        except (OSError, ValueError, HTTPException) as error:
            answers.append(f"{mirror}{name}.gz: {error}")
        finally:
            partial.unlink(missing_ok=True)
    raise FileNotFoundError(
        f"MNIST: {name}.gz could not be downloaded:\n  "
        + "\n  ".join(answers)
        + f"\nPut it into {destination.parent} by hand, or use nn.data.Digits, which needs no "
        f"download."
    )


def _download(url: str, path: Path) -> None:
    from urllib.request import urlopen

    with urlopen(url, timeout=30) as answer, path.open("wb") as file:
        total = int(answer.headers.get("Content-Length") or 0)
        done = 0
        while chunk := answer.read(1 << 16):
            file.write(chunk)
            done += len(chunk)
            _show_progress(url, done, total)
    if total and done != total:
        raise ValueError(f"the connection ended after {done:,} of {total:,} bytes")


def _show_progress(url: str, done: int, total: int) -> None:
    if not sys.stderr.isatty():
        return
    share = done / total if total else 1.0
    bar = "#" * round(30 * share)
    end = "\n" if done >= total else ""
    print(
        f"\r{url.rpartition('/')[2]} [{bar:<30}] {share:4.0%}", end=end, file=sys.stderr, flush=True
    )
