"""DataLoader: the batches of a dataset, in order or shuffled, optionally prefetched by threads."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any

from tinygrad_edu import Generator
from tinygrad_edu.printing import Shown
from tinygrad_edu.rng import numpy_generator

from .collate import default_collate as default_collate, default_convert as default_convert
from .dataset import Examples, IterableDataset, examples_at
from .sampler import BatchSampler, RandomSampler, SequentialSampler, check_count, count_batches
from .workers import WorkerInfo, fetched_ahead, get_worker_info as get_worker_info

SETTLED = ("batch_size", "sampler", "batch_sampler", "drop_last", "dataset", "generator")


class DataLoader(Shown):
    """Iterate over the batches of a dataset; each iteration is one epoch.

    With `num_workers` > 0, threads prefetch the batches, and their order stays the same.  Random
    numbers that the dataset draws from the default generator depend on the number of the batch, not
    on the worker that fetches it.  An exception in a worker is raised in the loop over the batches.

    Differs from PyTorch: workers are threads, so nothing is pickled and they share the dataset.

    Parameters
    ----------
    dataset : Dataset
        Anything with `__getitem__(index)` and `__len__()`, or an IterableDataset.
    batch_size : int or None, default 1
        Number of examples in a batch; None gives single examples instead of batches.
    shuffle : bool or None, default None
        Read the examples in a random order, drawn anew for each epoch.
    sampler : iterable of int, optional
        The indices of the examples, in the order in which they are read.
    batch_sampler : iterable of list of int, optional
        The indices of each batch.
    num_workers : int, default 0
        Number of threads that prefetch batches; 0 reads each batch when it is asked for.
    collate_fn : callable, optional
        Function that makes a batch of a list of examples; by default `default_collate`, or
        `default_convert` where `batch_size` is None.
    pin_memory : bool, default False
        Accepted without effect: it is about GPUs.
    drop_last : bool, default False
        Leave out the last batch if it is smaller.
    timeout : float, default 0
        Seconds to wait for a batch of a worker; 0 waits without limit.
    worker_init_fn : callable, optional
        Worker i calls `worker_init_fn(i)` before it fetches its first batch.
    multiprocessing_context : optional
        Accepted without effect: workers are threads.
    generator : Generator, optional
        Where the random orders are drawn from; by default the generator of this thread, which
        `manual_seed` seeds.
    prefetch_factor : int, optional
        Number of batches that each worker prefetches, by default 2.
    persistent_workers : bool, default False
        Accepted without effect: threads start quickly.
    pin_memory_device : str, default ""
        Accepted without effect: it is about GPUs.
    in_order : bool, default True
        Accepted without effect: batches always come in order.

    Raises
    ------
    ValueError
        If settings contradict one another, or a number is out of range.
    TypeError
        If the dataset has no length, and no sampler is given.
    TimeoutError
        During the iteration, if a batch takes longer than `timeout`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> from nn.data import DataLoader, TensorDataset
    >>> [y.tolist() for (y,) in DataLoader(TensorDataset(tg.arange(5)), batch_size=2)]
    [[0, 1], [2, 3], [4]]
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Iterable[Any] | None = None,
        batch_sampler: Iterable[Any] | None = None,
        num_workers: int = 0,
        collate_fn: Callable[[Any], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Callable[[int], None] | None = None,
        multiprocessing_context: Any = None,
        generator: Generator | None = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        pin_memory_device: str = "",
        in_order: bool = True,
    ) -> None:
        self._streams = isinstance(dataset, IterableDataset)
        _check_choices(self._streams, batch_size, shuffle, sampler, batch_sampler, drop_last)
        _check_workers(num_workers, prefetch_factor, timeout)
        self.dataset, self.drop_last = dataset, drop_last
        self.num_workers, self.prefetch_factor = num_workers, prefetch_factor
        self.timeout, self.worker_init_fn, self.generator = timeout, worker_init_fn, generator
        self.pin_memory, self.persistent_workers = pin_memory, persistent_workers
        self.batch_size = None if batch_sampler is not None else batch_size
        if sampler is None and not self._streams:
            sampler = _default_sampler(dataset, shuffle, generator, batch_sampler is None)
        if self.batch_size is not None and sampler is not None:
            batch_sampler = BatchSampler(sampler, self.batch_size, drop_last)
        self.sampler, self.batch_sampler = sampler, batch_sampler
        batches = batch_sampler is not None or batch_size is not None
        self.collate_fn = collate_fn or (default_collate if batches else default_convert)

    def _shown(self) -> dict[str, Any]:
        """The settings as they were given, and how many batches they make."""
        own = type(self.sampler) in (SequentialSampler, RandomSampler)
        shown: dict[str, Any] = {
            "shuffle": type(self.sampler) is RandomSampler or None,
            "sampler": None if own else self.sampler,
            "batch_sampler": None if self.batch_size is not None else self.batch_sampler,
            "collate_fn": None
            if self.collate_fn in (default_collate, default_convert)
            else self.collate_fn,
        }
        with suppress(Exception):  # it may be endless
            shown["batches"] = len(self)
        return shown

    def __setattr__(self, name: str, value: Any) -> None:
        if name in SETTLED and "collate_fn" in vars(self):
            raise ValueError(
                f"DataLoader: {name} is settled when the loader is made; make another loader"
            )
        super().__setattr__(name, value)

    def __len__(self) -> int:
        """Return the number of batches in an epoch."""
        if self._streams and self.batch_size is not None:
            return count_batches(self.dataset, self.batch_size, self.drop_last)
        orders: Any = self.sampler if self.batch_sampler is None else self.batch_sampler
        return len(self.dataset if self._streams else orders)

    def __iter__(self) -> Iterator[Any]:
        fetch: Callable[[Any], Any]
        orders: Iterable[Any]
        if self._streams:
            orders, fetch = itertools.repeat(iter(self.dataset)), self._next_of
        elif self.batch_sampler is not None:
            orders, fetch = self.batch_sampler, self._batch_at
        else:
            orders, fetch = self.sampler or (), self._example_at
        seed = 0
        if self.num_workers or not isinstance(self.sampler, SequentialSampler | None):
            # Drawn without workers too, so that the order does not depend on their number.
            seed = int(numpy_generator(self.generator).integers(2**62))
        batches = self._ahead(fetch, orders, seed) if self.num_workers else map(fetch, orders)
        for batch in batches:
            if batch is END:
                break
            yield batch

    def _batch_at(self, indices: Any) -> Any:
        examples = examples_at(self.dataset, indices)
        if isinstance(examples, Examples) and self.collate_fn is not default_collate:
            examples = list(examples)
        return self.collate_fn(examples)

    def _example_at(self, index: Any) -> Any:
        return self.collate_fn(self.dataset[index])

    def _next_of(self, stream: Iterator[Any]) -> Any:
        if self.batch_size is None:
            example = next(stream, END)
            return END if example is END else self.collate_fn(example)
        examples = list(itertools.islice(stream, self.batch_size))
        if not examples or (self.drop_last and len(examples) < self.batch_size):
            return END
        return self.collate_fn(examples)

    def _ahead(
        self, fetch: Callable[[Any], Any], orders: Iterable[Any], seed: int
    ) -> Iterator[Any]:
        count = 1 if self._streams else self.num_workers  # two would race for a stream
        infos = [WorkerInfo(i, count, seed, self.dataset) for i in range(count)]
        most = count * (self.prefetch_factor or 2)
        return fetched_ahead(fetch, orders, self.worker_init_fn, infos, most, self.timeout)


END: Any = object()  # in place of a batch: the stream has ended


def _check_choices(
    streams: bool,
    batch_size: int | None,
    shuffle: bool | None,
    sampler: Any,
    batch_sampler: Any,
    drop_last: bool,
) -> None:
    """Raise ValueError if arguments contradict one another."""
    given = {
        "batch_size": batch_size != 1,
        "shuffle": bool(shuffle),
        "sampler": sampler is not None,
        "batch_sampler": batch_sampler is not None,
        "drop_last": drop_last,
    }
    if streams:
        _refuse(given, "an IterableDataset", "shuffle", "sampler", "batch_sampler")
    elif batch_sampler is not None:
        _refuse(given, "a batch_sampler", "batch_size", "shuffle", "sampler", "drop_last")
    elif sampler is not None:
        _refuse(given, "a sampler", "shuffle")
    if batch_size is None:
        _refuse(given, "batch_size=None", "drop_last")
    else:
        check_count("DataLoader", "batch_size", batch_size)


def _refuse(given: dict[str, bool], beside: str, *names: str) -> None:
    if wrong := [name for name in names if given[name]]:
        raise ValueError(
            f"DataLoader: {beside} leaves no choice of {', '.join(wrong)}; leave it out"
        )


def _check_workers(num_workers: int, prefetch_factor: int | None, timeout: float) -> None:
    if num_workers:
        check_count("DataLoader", "num_workers", num_workers)
    if prefetch_factor is not None:
        check_count("DataLoader", "prefetch_factor", prefetch_factor)
    if timeout < 0:
        raise ValueError(f"DataLoader: timeout is at least 0 seconds, not {timeout}")


def _default_sampler(
    dataset: Any, shuffle: bool | None, generator: Generator | None, needs_length: bool
) -> RandomSampler | SequentialSampler:
    if needs_length and not hasattr(dataset, "__len__"):
        raise TypeError(
            f"DataLoader: a {type(dataset).__name__} has no len(); give it `__len__()`, or "
            "make it a list, or an IterableDataset, which has none"
        )
    if shuffle:
        return RandomSampler(dataset, generator=generator)
    return SequentialSampler(dataset)
