"""Workers: threads of a DataLoader that prefetch batches, in order."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from tinygrad_edu.rng import manual_seed

if TYPE_CHECKING:
    from concurrent.futures import Future
    from queue import SimpleQueue


class WorkerInfo(NamedTuple):
    """Information about a worker thread of a DataLoader.

    Parameters
    ----------
    id : int
        Number of the worker, from 0.
    num_workers : int
        Number of workers.
    seed : int
        The seed of this epoch.
    dataset : Dataset
        The dataset, which all workers share.

    Examples
    --------
    >>> from nn.data import WorkerInfo
    >>> WorkerInfo(id=0, num_workers=2, seed=3, dataset="abc").num_workers
    2
    """

    id: int
    num_workers: int
    seed: int
    dataset: Any


class _ThisThread(threading.local):
    info: WorkerInfo | None = None


_this_thread = _ThisThread()


def get_worker_info() -> WorkerInfo | None:
    """Return information about the DataLoader worker that runs the current thread.

    Returns
    -------
    WorkerInfo or None
        None in any thread that is not a worker.

    Examples
    --------
    >>> from nn.data import get_worker_info
    >>> get_worker_info() is None
    True
    """
    return _this_thread.info


def fetched_ahead(
    fetch: Callable[[Any], Any],
    orders: Iterable[Any],
    begin: Callable[[int], None] | None,
    infos: list[WorkerInfo],
    most: int,
    timeout: float,
) -> Iterator[Any]:
    """Iterate over fetch(order) for each order, computed ahead of time by threads.

    Thread i calls `begin(i)` first; at most `most` batches wait at a time; `timeout` is the number
    of seconds to wait for one, 0 without limit.
    """
    from concurrent.futures import Future  # here: slow to import
    from queue import SimpleQueue

    todo: SimpleQueue[Any] = SimpleQueue()
    for info in infos:
        name = f"DataLoader worker {info.id}"  # daemon: one that hangs lets the program end
        settings = (todo, fetch, begin, info)
        threading.Thread(target=_work, args=settings, name=name, daemon=True).start()
    waiting: deque[Future[Any]] = deque()
    try:
        for number, order in enumerate(orders):
            waiting.append(Future())
            todo.put((number, order, waiting[-1]))
            if len(waiting) >= most:
                yield _result(waiting.popleft(), timeout)
        while waiting:
            yield _result(waiting.popleft(), timeout)
    finally:
        for batch in waiting:
            batch.cancel()
        for _ in infos:
            todo.put(None)


def _result(batch: Future[Any], timeout: float) -> Any:
    try:
        return batch.result(timeout or None)
    except TimeoutError:
        if batch.done():  # the dataset raised it
            raise
        raise TimeoutError(
            f"DataLoader: no worker delivered the next batch within timeout={timeout} seconds; "
            f"give more time, or 0 to wait without limit"
        ) from None


def _work(
    todo: SimpleQueue[Any],
    fetch: Callable[[Any], Any],
    begin: Callable[[int], None] | None,
    info: WorkerInfo,
) -> None:
    """Fetch batches until None arrives; random numbers depend on the number of the batch alone."""
    _this_thread.info = info
    while (job := todo.get()) is not None:
        number, order, batch = job
        if not batch.set_running_or_notify_cancel():
            continue
        try:
            if begin is not None:
                begin(info.id)
                begin = None
            manual_seed(info.seed + number)
            batch.set_result(fetch(order))
        except BaseException as error:
            error.add_note(f"(in worker {info.id} of a DataLoader, at batch {number})")
            batch.set_exception(error)
