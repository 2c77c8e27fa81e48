"""DataLoader: batches of a dataset, in order or shuffled, fetched ahead by threads if asked."""

from __future__ import annotations

import itertools
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from tinygrad_edu import Generator
from tinygrad_edu.rng import manual_seed, numpy_generator

from .collate import default_collate, default_convert
from .dataset import Examples, IterableDataset, examples_at
from .sampler import BatchSampler, RandomSampler, SequentialSampler, check_count, count_batches

SETTLED = ("batch_size", "sampler", "batch_sampler", "drop_last", "dataset", "generator")


class DataLoader:
    """Iterates over batches of `dataset`, each epoch anew.

    Which examples, in which order: `shuffle` draws an order for each epoch from `generator` (or
    from the default one, so that `manual_seed` fixes it); a `sampler` gives indices, a
    `batch_sampler` lists of them. `drop_last` leaves out a last batch that is not full;
    `batch_size=None` gives the examples themselves. `collate_fn` makes a batch of a list of
    examples; without one, a TensorDataset is indexed once for each batch.

    With `num_workers`, so many threads fetch batches, at most `prefetch_factor` (2) ahead for each;
    they come in the same order. `worker_init_fn(i)` is called first in worker i. What the dataset
    draws from the default generator depends on the number of the batch, not on its worker. An
    exception in a worker is raised here; `timeout` is how many seconds to wait for a batch.

    Differs from PyTorch: workers are threads, so nothing is pickled and they share the dataset.
    `pin_memory`, `multiprocessing_context`, `persistent_workers`, `pin_memory_device` and
    `in_order` are accepted and change nothing.

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
        given = {
            "batch_size": batch_size != 1,
            "shuffle": bool(shuffle),
            "sampler": sampler is not None,
            "batch_sampler": batch_sampler is not None,
            "drop_last": drop_last,
        }
        self._streams = isinstance(dataset, IterableDataset)
        if self._streams:
            _refuse(given, "an IterableDataset", "shuffle", "sampler", "batch_sampler")
        elif batch_sampler is not None:
            _refuse(given, "a batch_sampler", "batch_size", "shuffle", "sampler", "drop_last")
        elif sampler is not None:
            _refuse(given, "a sampler", "shuffle")
        if batch_size is None:
            _refuse(given, "batch_size=None", "drop_last")
        else:
            check_count("DataLoader", "batch_size", batch_size)
        if num_workers:
            check_count("DataLoader", "num_workers", num_workers)
        if prefetch_factor is not None:
            check_count("DataLoader", "prefetch_factor", prefetch_factor)
        if timeout < 0:
            raise ValueError(f"DataLoader: timeout is at least 0 seconds, not {timeout}")
        self.dataset, self.drop_last = dataset, drop_last
        self.num_workers, self.prefetch_factor = num_workers, prefetch_factor
        self.timeout, self.worker_init_fn, self.generator = timeout, worker_init_fn, generator
        self.pin_memory, self.persistent_workers = pin_memory, persistent_workers
        if sampler is None and not self._streams:
            if batch_sampler is None and not hasattr(dataset, "__len__"):
                raise TypeError(
                    f"DataLoader: a {type(dataset).__name__} has no len(); give it `__len__()`, or "
                    "make it a list, or an IterableDataset, which has none"
                )
            sampler = RandomSampler(dataset, generator=generator) if shuffle else None
            sampler = sampler or SequentialSampler(dataset)
        if batch_size is not None and batch_sampler is None and sampler is not None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        self.batch_size = batch_size if not given["batch_sampler"] else None
        self.sampler, self.batch_sampler = sampler, batch_sampler
        batches = batch_sampler is not None or batch_size is not None
        self.collate_fn = collate_fn or (default_collate if batches else default_convert)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in SETTLED and "collate_fn" in vars(self):
            raise ValueError(
                f"DataLoader: {name} is settled when the loader is made; make another loader"
            )
        super().__setattr__(name, value)

    def __len__(self) -> int:
        """How many batches an epoch has."""
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
        """What `fetch` makes of each order, in order, made by threads that run a little ahead."""
        from concurrent.futures import Future  # here: slow to import
        from queue import SimpleQueue

        todo: SimpleQueue[Any] = SimpleQueue()

        def work(info: WorkerInfo) -> None:
            _this_thread.info = info
            begin = self.worker_init_fn
            while (job := todo.get()) is not None:
                number, order, batch = job
                if not batch.set_running_or_notify_cancel():
                    continue
                try:
                    if begin is not None:
                        begin(info.id)
                        begin = None
                    manual_seed(seed + number)
                    batch.set_result(fetch(order))
                except BaseException as error:
                    error.add_note(f"(in worker {info.id} of a DataLoader, at batch {number})")
                    batch.set_exception(error)

        count = 1 if self._streams else self.num_workers  # two would race for a stream
        for i in range(count):
            info = WorkerInfo(i, count, seed, self.dataset)
            name = f"DataLoader worker {i}"  # daemon: one that hangs lets the program end
            threading.Thread(target=work, args=(info,), name=name, daemon=True).start()
        waiting: deque[Future[Any]] = deque()
        try:
            for number, order in enumerate(orders):
                waiting.append(Future())
                todo.put((number, order, waiting[-1]))
                if len(waiting) >= count * (self.prefetch_factor or 2):
                    yield waiting.popleft().result(self.timeout or None)
            while waiting:
                yield waiting.popleft().result(self.timeout or None)
        finally:
            for batch in waiting:
                batch.cancel()
            for _ in range(count):
                todo.put(None)


END: Any = object()  # in place of a batch: the stream has ended


def _refuse(given: dict[str, bool], beside: str, *names: str) -> None:
    """Raise ValueError for arguments that would contradict one another."""
    if wrong := [name for name in names if given[name]]:
        raise ValueError(
            f"DataLoader: {beside} leaves no choice of {', '.join(wrong)}; leave it out"
        )


# ---------------------------------------------------------------- what a worker knows of itself


class WorkerInfo(NamedTuple):
    """The worker that runs this: number `id` of `num_workers`, the epoch's `seed`, its dataset."""

    id: int
    num_workers: int
    seed: int
    dataset: Any


class _ThisThread(threading.local):
    info: WorkerInfo | None = None


_this_thread = _ThisThread()


def get_worker_info() -> WorkerInfo | None:
    """Which worker of a DataLoader runs this; None in the thread that iterates over it."""
    return _this_thread.info
