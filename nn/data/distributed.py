"""DistributedSampler: the part of a dataset that one of several processes reads."""

from __future__ import annotations

from collections.abc import Iterator, Sized

from tinygrad_edu import Generator
from tinygrad_edu.rng import numpy_generator

from .sampler import Sampler


class DistributedSampler(Sampler[int]):
    """Every `num_replicas`-th index, from `rank` on: the part for one of several processes.

    All processes draw the same order, with the seed `seed + epoch`; call `set_epoch(epoch)` before
    each epoch.  If the dataset does not divide evenly, the first indices are repeated, or with
    `drop_last` the last ones are left out.

    Parameters
    ----------
    dataset : Sized
        The dataset.
    num_replicas : int
        Number of processes.
    rank : int
        Number of this process, from 0.
    shuffle : bool, default True
        Read the examples in random order.
    seed : int, default 0
        The seed, the same in all processes.
    drop_last : bool, default False
        Leave out the last indices instead of repeating the first.

    Raises
    ------
    ValueError
        If `num_replicas` or `rank` is not given, as there are no process groups to take them from,
        or if `rank` is not in [0, num_replicas).

    Examples
    --------
    >>> from nn.data import DistributedSampler
    >>> [list(DistributedSampler(range(5), 2, rank, shuffle=False)) for rank in (0, 1)]
    [[0, 2, 4], [1, 3, 0]]
    """

    def __init__(
        self,
        dataset: Sized,
        num_replicas: int | None = None,
        rank: int | None = None,
        shuffle: bool = True,
        seed: int = 0,
        drop_last: bool = False,
    ) -> None:
        if num_replicas is None or rank is None:
            raise ValueError(
                "DistributedSampler: give num_replicas and rank; there are no process groups to "
                "take them from"
            )
        if not 0 <= rank < num_replicas:
            raise ValueError(
                f"DistributedSampler: rank is from 0 to {num_replicas - 1}, not {rank}"
            )
        self.dataset, self.num_replicas, self.rank = dataset, num_replicas, rank
        self.shuffle, self.seed, self.drop_last = shuffle, seed, drop_last
        self.epoch = 0
        count = len(dataset)
        self.num_samples = count // num_replicas if drop_last else -(-count // num_replicas)
        self.total_size = self.num_samples * num_replicas

    def __iter__(self) -> Iterator[int]:
        count = len(self.dataset)
        if self.shuffle:
            generator = Generator().manual_seed(self.seed + self.epoch)
            indices = numpy_generator(generator).permutation(count).tolist()
        else:
            indices = list(range(count))
        places = range(self.rank, self.total_size, self.num_replicas)
        return iter([indices[place % count] for place in places])

    def __len__(self) -> int:
        return self.num_samples

    def set_epoch(self, epoch: int) -> None:
        """Set the number of the epoch, so that each epoch has a different order.

        Parameters
        ----------
        epoch : int
            Number of the epoch, which is added to the seed.

        Examples
        --------
        >>> from nn.data import DistributedSampler
        >>> sampler = DistributedSampler(range(100), num_replicas=2, rank=0)
        >>> first = list(sampler)
        >>> sampler.set_epoch(1)
        >>> list(sampler) == first
        False
        """
        self.epoch = epoch
