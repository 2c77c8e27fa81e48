"""The clock compares elements: a write is an error exactly if an element that was saved changed."""

import gc
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import tinygrad_edu as tg
from tinygrad_edu.engine import clock


def weights(*shape):
    return tg.ones(*shape, requires_grad=True)


def refused(y):
    """Does the clock refuse this backward pass?"""
    try:
        y.backward()
    except RuntimeError as error:
        return "in-place write at" in str(error)
    return False


def test_a_write_to_another_column_changes_nothing_that_was_read():
    k, w = tg.ones(3, 4), weights(1)
    y = (k[:, :1] * w).sum()
    k.data[:, 1] = 5
    y.backward()
    assert w.grad.tolist() == [3.0]


def test_any_number_of_other_columns_may_be_written():
    k, w = tg.ones(3, 201), weights(1)
    y, z = (k[:, :1] * w).sum(), (k[:, 77:78] * w).sum()
    for i in range(1, 201):
        k.data[:, i] = i
    y.backward()
    assert w.grad.tolist() == [3.0]
    assert refused(z)


def test_an_early_write_is_found_after_many_others():
    k, w = tg.ones(1000), weights(1)
    y = (k[3:4] * w).sum()
    k[3] = 2.0
    for i in range(10, 1000):
        k[i] = 2.0
    assert refused(y)
    z = (k[3:4] * w).sum()
    for i in range(10, 1000):
        k[i] = 3.0
    assert not refused(z)


@pytest.mark.parametrize("many", [False, True], ids=["few", "many"])
def test_every_other_element_and_the_diagonal(many):
    k = tg.zeros(6, 6)
    if many:
        for i in range(100):
            k[i % 6, i // 6 % 6] = 1.0
    w = weights(1)
    even, odd, corner = ((part * w).sum() for part in (k[::2], k[1::2], k[:2, 4:]))
    k[::2, ::-2] = 2.0
    k.diagonal().add_(0.0)
    assert refused(even)
    assert refused(odd)  # its diagonal
    assert refused(corner)  # [0, 5]
    odd = (k[1::2, ::2] * w).sum()
    k[::-2] = 3.0
    assert refused(odd)
    odd = (k[1::2, ::2] * w).sum()
    k[::2] = 3.0
    k[:, 1::2] = 3.0
    k.diagonal().mul_(1.0)
    assert not refused(odd)


KEYS = {
    "a mask": lambda r, c, shape: np.arange(12)[: shape[0] * shape[1]].reshape(shape) == c,
    "a mask of rows and an int": lambda r, c, shape: (np.arange(shape[0]) == r, c),
    "a list and an int": lambda r, c, shape: ([r], c),
    "two lists": lambda r, c, shape: ([r, r], [c, -1]),
    "a slice and a list": lambda r, c, shape: (slice(r, r + 1), [c - shape[1]]),
    "an ellipsis": lambda r, c, shape: (r, ..., tg.tensor([c])),
    "a new axis": lambda r, c, shape: (..., None, [r], c),
}
VIEWS = {"whole": lambda k: k, "turned": lambda k: k.t(), "rows": lambda k: k[:2]}


@pytest.mark.parametrize("name", KEYS)
@pytest.mark.parametrize("view", VIEWS)
def test_a_key_with_arrays_writes_only_what_it_names(name, view):
    shown = VIEWS[view](tg.arange(12).reshape(3, 4))
    for r, c in [(0, 0), (1, 2), (shown.shape[0] - 1, 1)]:
        key = KEYS[name](r, c, shown.shape)
        written = set(shown[key].reshape(-1).tolist())
        for read in range(12):
            k, w = tg.zeros(3, 4), weights(1)
            y = (k.reshape(-1)[read] * w).sum()
            VIEWS[view](k)[key] = 1.0
            assert refused(y) == (read in written), (r, c, read, written)


@given(st.randoms(use_true_random=False), st.integers(1, 80))
@settings(max_examples=150, deadline=None)
def test_it_raises_exactly_if_an_element_that_was_saved_was_written(random, length):
    """Random views and writes, with masks and places among them, against sets of elements."""
    rng = np.random.default_rng(random.randrange(2**32))
    shape = tuple(rng.integers(1, 6, rng.integers(1, 5)))
    owner, numbers = np.zeros(shape), np.arange(np.prod(shape)).reshape(shape)
    writes, reads = [], []
    for _ in range(length):
        seen, cells = part_of(rng, owner, numbers)
        kind = rng.integers(5)
        if kind == 0:
            reads.append((next(clock.clock), seen, set(cells.flat)))
        elif kind == 1:
            mask = rng.random(seen.shape) < 0.3
            key = (mask,) if rng.random() < 0.5 or not seen.ndim else np.nonzero(mask)
            clock.stamp(seen, key=key)
            writes.append((clock.newest_write, set(cells[mask].flat)))
        else:
            clock.stamp(seen)
            writes.append((clock.newest_write, set(cells.flat)))
    for tick, seen, read in reads:
        expected = any(later > tick and read & cells for later, cells in writes)
        found = clock._writes[id(owner)].newest(owner, seen, tick) if writes else None
        assert bool(found) == expected


def part_of(rng, array, numbers):
    """A random view, and which elements of the whole it shows."""
    for _ in range(rng.integers(4)):
        kind, n = rng.integers(5), array.ndim
        if kind == 0 and n:
            ends = [(*rng.integers(0, size + 1, 2), rng.integers(1, 4)) for size in array.shape]
            key = tuple(slice(*map(int, end)) for end in ends)
            array, numbers = array[key], numbers[key]
        elif kind == 1:
            order = rng.permutation(n)
            array, numbers = array.transpose(order), numbers.transpose(order)
        elif kind == 2 and n:
            axis = int(rng.integers(n))
            array, numbers = np.flip(array, axis), np.flip(numbers, axis)
        elif kind == 3 and n > 1 and len(array):
            row = int(rng.integers(len(array)))
            array, numbers = array[row], numbers[row]
        elif kind == 4:
            wide = (2, *array.shape)
            array, numbers = np.broadcast_to(array, wide), np.broadcast_to(numbers, wide)
    return array, numbers


def test_views_in_other_dtypes_and_buffers_that_run_backwards():
    owner = np.zeros(6)
    halves = owner.view(np.int32)
    for many in (False, True):
        for i in range(40 * many):
            clock.stamp(owner[i % 6 : i % 6 + 1])
        tick = next(clock.clock)
        clock.stamp(halves[3:4], key=([0],) if many else None)
        writes = clock._writes[id(owner)]
        assert [bool(writes.newest(owner, owner[i : i + 1], tick)) for i in range(6)] == [
            i == 1 for i in range(6)
        ]
        assert not writes.newest(owner, halves[2:3], tick)
    raw = np.zeros(32, np.uint8).tobytes()
    backwards = np.ndarray((4,), np.float64, raw, 24, (-8,))
    clock.stamp(backwards, key=([1],))
    writes = clock._writes[id(backwards)]
    assert [bool(writes.newest(backwards, backwards[i : i + 1], 0)) for i in range(4)] == [
        False,
        True,
        False,
        False,
    ]


def test_the_newest_place_is_named():
    k, w = tg.zeros(4), weights(1)
    y = (k * w).sum()
    k[[0, 1]] = 1.0
    k[[False, True, False, False]] = 1.0  # the newest
    with pytest.raises(RuntimeError, match=r"test_clock\.py:") as error:
        y.backward()
    line = int(str(error.value).split("test_clock.py:")[1].split()[0])
    with open(__file__) as source:
        assert "the newest" in source.readlines()[line - 1]


def test_memory_stays_flat():
    k = tg.zeros(1000)
    mask = np.arange(1000) % 2 == 0
    for i in range(100):
        k[i] = 1.0
        k[mask] = 1.0
    gc.collect()
    tracemalloc.start()
    for i in range(3000):
        k[7] = 1.0
        k[i % 1000] = 1.0
        k[mask] = 1.0
        k.mul_(1.0)
    gc.collect()
    kept = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert kept < 50_000
    assert len(clock._writes[id(k.array)].regions) <= clock.MAX_REGIONS


def test_empty_writes_and_reads_meet_nothing():
    k, w = tg.zeros(0, 3), weights(3)
    y = (k * w).sum()
    k[:] = 1.0
    k[np.zeros((0, 3), bool)] = 1.0
    k.mul_(2.0)
    assert not refused(y)
    k = tg.zeros(2, 3)
    y = (k * w).sum()
    k[2:] = 1.0
    k[[]] = 1.0
    k[np.zeros((2, 3), bool)] = 1.0
    assert not refused(y)
