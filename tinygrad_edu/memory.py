"""Memory: the C allocator keeps the memory of large results, so that the next ones can have it.

An array of some megabytes that is freed goes back to the system, and the next one is made of pages
that the system must hand out and clear again, one by one: that takes longer than most elementwise
ops.  With the two thresholds below, which glibc has, it stays in the process instead.  A step of
sum(sigmoid(x) * x + tanh(x)) with 10^6 numbers takes 13 ms instead of 34 ms, a transformer block 40
instead of 67 ms; the peak of memory is what it was.

What a long-lived process pays: up to 256 MB that were freed at the end of the heap stay in it (what
lies behind a small block that is still in use stays in it anyway).  An array of more than 32 MB
always goes back.  The thresholds are those of the whole process, so there is a switch: with
TINYGRAD_EDU_MALLOC=0 in the environment, or one of glibc's own variables, nothing is set.

(A pool of arrays of our own would have to know when an array is free: a finalizer for each result
costs more than a small op, and a result would be a view of the pool's memory.)
"""

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

MOST_KEPT = 256 << 20  # bytes at the end of the heap that are free and stay in the process
LARGEST = 32 << 20  # bytes: larger arrays go back to the system at once; glibc knows no more
TRIM, MMAP = -1, -3  # M_TRIM_THRESHOLD and M_MMAP_THRESHOLD of malloc.h
ITS_OWN = ("MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "GLIBC_TUNABLES")


def keep_freed_memory() -> bool:
    """Set the two thresholds, if the C library is glibc and nobody else has set them.  Tells
    whether they are set."""
    said = os.environ.get("TINYGRAD_EDU_MALLOC") == "0" or any(map(os.environ.get, ITS_OWN))
    if said or sys.platform != "linux":
        return False
    try:
        import ctypes  # which NumPy has imported

        libc = ctypes.CDLL(None)
        libc.gnu_get_libc_version  # noqa: B018  other libraries do not have it
        return bool(libc.mallopt(MMAP, LARGEST) and libc.mallopt(TRIM, MOST_KEPT))
    except (ImportError, OSError, AttributeError):
        return False


@contextmanager
def uncollected(lasting: bool = False) -> Iterator[None]:
    """Switch Python's garbage collector off for a while: where many objects are made and none is
    garbage (boxes of a large picture, the functions of a package), it would look at each of them
    again and again.  With `lasting` they count as old afterwards, so that it does not look at them
    at the end either, but when it next looks at everything."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            if lasting and not gc.get_freeze_count():
                gc.freeze()
                gc.unfreeze()  # to the oldest generation
            gc.enable()
