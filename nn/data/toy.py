"""Toy sets: points in the plane that a line does not separate; `(x, y)` for a TensorDataset.

Each returns x, (n_samples, 2) of float32, and the classes y, (n_samples,) of int64, in random
order, drawn from `generator` (the default one, if left out).  Raises ValueError for numbers of
points, classes or centers under 1, and for a noise under 0.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import tinygrad_edu as tg
from tinygrad_edu import Generator, Tensor
from tinygrad_edu.rng import numpy_generator

from .sampler import check_count

Points = tuple[Tensor, Tensor]


def make_xor(
    n_samples: int = 200, noise: float = 0.1, *, generator: Generator | None = None
) -> Points:
    """The corners of the unit square: class 1 where exactly one coordinate is 1 (Minsky and
    Papert, 1969: no single layer learns it)."""
    check_count("make_xor", "n_samples", n_samples)
    corner = np.arange(n_samples) % 4
    x = np.stack([corner // 2, corner % 2], 1).astype(float)
    return _shuffled(x, (corner // 2) ^ (corner % 2), noise, generator)


def make_moons(
    n_samples: int = 200, noise: float = 0.1, *, generator: Generator | None = None
) -> Points:
    """Two half circles that reach into each other: (cos t, sin t) and (1 - cos t, 1/2 - sin t)."""
    check_count("make_moons", "n_samples", n_samples)
    y = np.arange(n_samples) % 2
    t = _even(n_samples, 2) * math.pi
    upper = np.stack([np.cos(t), np.sin(t)], 1)
    x = np.where(y[:, None] == 0, upper, np.array([1, 0.5]) - upper)
    return _shuffled(x, y, noise, generator)


def make_spirals(
    n_samples: int = 300,
    classes: int = 3,
    noise: float = 0.02,
    *,
    turns: float = 0.75,
    generator: Generator | None = None,
) -> Points:
    """One arm for each class, r (cos t, sin t) with r from 0 to 1 and t growing by `turns` full
    turns, each arm turned further by 1/classes of a circle."""
    check_count("make_spirals", "n_samples", n_samples)
    check_count("make_spirals", "classes", classes)
    y = np.arange(n_samples) % classes
    r = _even(n_samples, classes)
    t = 2 * math.pi * (turns * r + y / classes)
    return _shuffled(r[:, None] * np.stack([np.cos(t), np.sin(t)], 1), y, noise, generator)


def make_blobs(
    n_samples: int = 300,
    centers: Any = 3,
    noise: float = 1.0,
    *,
    box: tuple[float, float] = (-10.0, 10.0),
    generator: Generator | None = None,
) -> Points:
    """Round clouds of standard deviation `noise` about `centers`: points (K, D), or how many to
    draw, uniformly in the square from box[0] to box[1]."""
    random = numpy_generator(generator)
    check_count("make_blobs", "n_samples", n_samples)
    if np.ndim(centers) == 0:
        check_count("make_blobs", "centers", centers)
        centers = random.uniform(*box, (centers, 2))
    middles = np.asarray(centers.array if isinstance(centers, Tensor) else centers, float)
    if middles.ndim != 2 or not len(middles):
        raise ValueError(f"make_blobs: centers have the shape (K, D), not {middles.shape}")
    y = np.arange(n_samples) % len(middles)
    return _shuffled(middles[y], y, noise, generator)


def _even(n_samples: int, classes: int) -> Any:
    """From 0 to 1 in even steps for each class, whose points take turns."""
    step = np.arange(n_samples) // classes
    return step / max(1, (n_samples - 1) // classes)


def _shuffled(x: Any, y: Any, noise: float, generator: Generator | None) -> Points:
    """The points in random order, each moved by a normal step of deviation `noise`."""
    if not 0 <= noise < math.inf:
        raise ValueError(f"noise is a standard deviation, at least 0, not {noise}")
    random = numpy_generator(generator)
    order = random.permutation(len(x))
    x = x[order] + noise * random.standard_normal(x.shape)
    return tg.tensor(x.astype(np.float32)), tg.tensor(y[order].astype(np.int64))
