"""Toy data sets: points with their classes, `(x, y)` for a TensorDataset."""

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
    """Make the XOR problem: corners of the unit square, class 1 where exactly one coordinate is 1.

    No straight line separates the classes, so that a network needs a hidden layer.

    Parameters
    ----------
    n_samples : int, default 200
        Number of points.
    noise : float, default 0.1
        Standard deviation of the Gaussian noise that is added to each coordinate.
    generator : Generator, optional
        Where the random numbers are drawn from; by default the generator of this thread.

    Returns
    -------
    (Tensor, Tensor)
        The points, (n_samples, 2) of float32, and their classes, (n_samples,) of int64, in random
        order.

    Raises
    ------
    ValueError
        If a number of points is less than 1, or the noise negative.

    References
    ----------
    Minsky and Papert, "Perceptrons", MIT Press, 1969.

    Examples
    --------
    >>> from nn.data import make_xor
    >>> x, y = make_xor(4, noise=0.0)
    >>> bool((y == (x[:, 0] != x[:, 1])).all())
    True
    """
    check_count("make_xor", "n_samples", n_samples)
    corner = np.arange(n_samples) % 4
    x = np.stack([corner // 2, corner % 2], 1).astype(float)
    return _shuffled(x, (corner // 2) ^ (corner % 2), noise, generator)


def make_moons(
    n_samples: int = 200, noise: float = 0.1, *, generator: Generator | None = None
) -> Points:
    """Make two interleaving half circles, one for each class.

        (cos t, sin t)  and  (1 - cos t, 1/2 - sin t)  for t in [0, pi]

    Parameters
    ----------
    n_samples : int, default 200
        Number of points.
    noise : float, default 0.1
        Standard deviation of the Gaussian noise that is added to each coordinate.
    generator : Generator, optional
        Where the random numbers are drawn from; by default the generator of this thread.

    Returns
    -------
    (Tensor, Tensor)
        The points, (n_samples, 2) of float32, and their classes, (n_samples,) of int64, in random
        order.

    Raises
    ------
    ValueError
        If a number of points is less than 1, or the noise negative.

    Examples
    --------
    >>> from nn.data import make_moons
    >>> x, y = make_moons(100)
    >>> x.shape, y.sum()
    (torch.Size([100, 2]), tensor(50))
    """
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
    """Make a spiral arm for each class.

        r (cos t, sin t)  for r in [0, 1],  t = 2 pi (turns r + class / classes)

    Parameters
    ----------
    n_samples : int, default 300
        Number of points.
    classes : int, default 3
        Number of classes, one arm for each.
    turns : float, default 0.75
        Number of turns of an arm around the center.
    noise : float, default 0.02
        Standard deviation of the Gaussian noise that is added to each coordinate.
    generator : Generator, optional
        Where the random numbers are drawn from; by default the generator of this thread.

    Returns
    -------
    (Tensor, Tensor)
        The points, (n_samples, 2) of float32, and their classes, (n_samples,) of int64, in random
        order.

    Raises
    ------
    ValueError
        If a number of points or classes is less than 1, or the noise negative.

    Examples
    --------
    >>> from nn.data import make_spirals
    >>> x, y = make_spirals(90)
    >>> y.unique()
    tensor([0, 1, 2])
    """
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
    """Make Gaussian clusters of points, one for each class.

    Parameters
    ----------
    n_samples : int, default 300
        Number of points.
    centers : int or array, default 3
        The centers, of shape (K, D), or the number K of centers that are drawn uniformly in a
        square (D = 2).
    noise : float, default 1.0
        Standard deviation of the points around their center.
    box : (float, float), default (-10.0, 10.0)
        The smallest and the largest coordinate of the square.
    generator : Generator, optional
        Where the random numbers are drawn from; by default the generator of this thread.

    Returns
    -------
    (Tensor, Tensor)
        The points, (n_samples, D) of float32, and their classes, (n_samples,) of int64, in random
        order.

    Raises
    ------
    ValueError
        If a number of points or centers is less than 1, or the noise negative.

    Examples
    --------
    >>> from nn.data import make_blobs
    >>> x, y = make_blobs(6, centers=[[0.0, 0.0, 0.0], [9.0, 9.0, 9.0]], noise=0.0)
    >>> x.shape, x.sum()
    (torch.Size([6, 3]), tensor(81.))
    """
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
    """Evenly spaced numbers from 0 to 1 for each class; the classes take turns."""
    step = np.arange(n_samples) // classes
    return step / max(1, (n_samples - 1) // classes)


def _shuffled(x: Any, y: Any, noise: float, generator: Generator | None) -> Points:
    """The points in random order, with Gaussian noise of standard deviation `noise`."""
    if not 0 <= noise < math.inf:
        raise ValueError(f"noise is a standard deviation, at least 0, not {noise}")
    random = numpy_generator(generator)
    order = random.permutation(len(x))
    x = x[order] + noise * random.standard_normal(x.shape)
    return tg.tensor(x.astype(np.float32)), tg.tensor(y[order].astype(np.int64))
