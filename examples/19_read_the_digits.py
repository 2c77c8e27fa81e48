"""Read the digits: what an idx.gz file is, in a few lines, and what its numbers look like.

MNIST comes in four gzipped files.  Unpacked, each is a header and then bytes:

    00 00          always
    08             the type of the numbers: unsigned bytes
    03             how many dimensions there are
    00 00 ea 60    their sizes, big-endian 32-bit numbers: 60,000 ...
    00 00 00 1c    ... pictures of 28 ...
    00 00 00 1c    ... by 28 pixels
    00 00 12 ...   the numbers, row by row: 0 is white paper, 255 is ink

A network takes numbers near 1, so the pixels are divided by 255 and each picture becomes one row.
"""

import gzip
import struct
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import story

options = story.begin(__doc__)


def read_idx(path):
    """The array in an idx file of bytes, gzipped or not."""
    with (gzip.open if path.suffix == ".gz" else open)(path, "rb") as file:
        _, _, kind, ndim = file.read(4)
        assert kind == 8, f"{path} holds numbers of type {kind}, not bytes (8)"
        shape = struct.unpack(f">{ndim}I", file.read(4 * ndim))
        return np.frombuffer(file.read(), np.uint8).reshape(shape)


def write_idx(path, array):
    """The other way round."""
    with gzip.open(path, "wb") as file:
        file.write(struct.pack(f">4B{array.ndim}I", 0, 0, 8, array.ndim, *array.shape))
        file.write(array.tobytes())


# ---------------------------------------------------------------- read, and compare

name, train, _ = story.digits()
if name == "MNIST":
    folder = Path(train.raw_folder)
    pictures = read_idx(min(folder.glob("train-images-idx3-ubyte*")))
    labels = read_idx(min(folder.glob("train-labels-idx1-ubyte*")))
    most = 255
else:  # no MNIST here: make such files of the digits that the package ships, and read those
    most = 16  # their pixels are 0 to 16
    rows = (train.images.numpy() * most).astype(np.uint8)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        write_idx(folder / "images.gz", rows.reshape(-1, train.side, train.side))
        write_idx(folder / "labels.gz", train.labels.numpy().astype(np.uint8))
        pictures = read_idx(folder / "images.gz")
        labels = read_idx(folder / "labels.gz")

n, height, width = pictures.shape
print(f"{name}: {n:,} pictures of {height} x {width} pixels, {pictures.dtype}, 0 to {most}")
X = pictures.reshape(n, height * width).astype(np.float32) / most  # one picture a row
different = (train.images.numpy() != X).sum() + (train.labels.numpy() != labels).sum()
story.number("pixels and labels that differ from those of nn.data", different, at_most=0)
counts = np.bincount(labels)
print("how many there are of 0, 1 ... 9:", *counts)
story.number("the rarest digit's share of all", counts.min() / n, at_least=0.09)

# ---------------------------------------------------------------- look

figure, axes = plt.subplots(4, 10, figsize=(8, 3.7))
for digit in range(10):
    for ax, i in zip(axes[:, digit], np.flatnonzero(labels == digit)[:4], strict=True):
        ax.imshow(pictures[i], vmin=0, vmax=most)
        ax.set_axis_off()
    axes[0, digit].set_title(digit)
figure.suptitle(f"The first four of each digit in {name}")
story.picture(figure, "digits")

# One digit close up, with its numbers: there is nothing else in the file.
i = int(np.flatnonzero(labels == 3)[0])
figure, ax = plt.subplots(figsize=(8, 8) if width > 8 else (4.5, 4.5))
ax.imshow(pictures[i], vmin=0, vmax=most)
for row, column in np.argwhere(pictures[i] > 0):
    shade = pictures[i, row, column]
    colour = "white" if shade > most / 2 else "black"
    ax.text(column, row, shade, ha="center", va="center", fontsize=6.5, color=colour)
ax.set(xlabel="column", ylabel="row", title=f"Picture {i} is a {labels[i]}: its pixels above 0")
ax.grid(False)
story.picture(figure, "numbers")
story.end()
