"""Datasets and loaders; and the MNIST reader, on files that are damaged in every way."""

import contextlib
import gzip
import hashlib
import http.server
import itertools
import math
import signal
import socketserver
import struct
import subprocess
import sys
import threading
import time
import tracemalloc
from collections import Counter, defaultdict, namedtuple
from importlib.resources import files

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tinygrad_edu as tg
from nn.data import (
    KMNIST,
    MNIST,
    BatchSampler,
    ConcatDataset,
    DataLoader,
    Dataset,
    Digits,
    FashionMNIST,
    IterableDataset,
    RandomSampler,
    Sampler,
    SequentialSampler,
    Subset,
    SubsetRandomSampler,
    TensorDataset,
    WeightedRandomSampler,
    default_collate,
    default_convert,
    get_worker_info,
    make_blobs,
    make_moons,
    make_spirals,
    make_xor,
    mnist,
    random_split,
)
from nn.data.transforms import (
    Compose,
    Lambda,
    Normalize,
    RandomCrop,
    RandomHorizontalFlip,
    RandomVerticalFlip,
    ToTensor,
)
from tests.waiting import wait_until

# ---------------------------------------------------------------- TensorDataset and DataLoader


def numbered(count):
    """Example i is ((i, -i), i)."""
    k = tg.arange(count)
    return TensorDataset(tg.stack([k, -k], 1).float(), k)


class OneByOne(Dataset):
    """The same examples, without a way to take a whole batch."""

    def __init__(self, dataset):
        self.dataset = dataset

    def __getitem__(self, index):
        return self.dataset[index]

    def __len__(self):
        return len(self.dataset)


def labels_of(loader):
    return [batch[1].tolist() for batch in loader]


def flat(lists):
    return [x for each in lists for x in each]


@given(count=st.integers(1, 20), batch_size=st.integers(1, 25), drop_last=st.booleans())
def test_batches_are_the_examples_in_order(count, batch_size, drop_last):
    loader = DataLoader(numbered(count), batch_size, drop_last=drop_last)
    batches = list(loader)
    assert len(batches) == len(loader)
    assert len(loader) == (math.floor if drop_last else math.ceil)(count / batch_size)
    labels = flat(labels_of(loader))
    assert labels == list(range(len(loader) * batch_size if drop_last else count))
    for x, y in batches:
        assert x.tolist() == [[k, -k] for k in y.tolist()]
        assert (x.dtype, y.dtype) == (tg.float32, tg.int64)


@given(count=st.integers(1, 20), batch_size=st.integers(1, 8), seed=st.integers(0, 99))
def test_whole_batches_equal_examples_collated_one_by_one(count, batch_size, seed):
    whole, single = (
        DataLoader(dataset, batch_size, shuffle=True, generator=tg.Generator().manual_seed(seed))
        for dataset in (numbered(count), OneByOne(numbered(count)))
    )
    for ours, theirs in zip(whole, single, strict=True):
        assert type(ours) is type(theirs)
        for a, b in zip(ours, theirs, strict=True):
            assert a.dtype == b.dtype
            assert tg.equal(a, b)


def test_a_batch_of_tensors_that_require_grad_leads_back_to_them():
    table = tg.randn(6, 2, requires_grad=True)
    for dataset in (TensorDataset(table), OneByOne(TensorDataset(table))):
        table.grad = None
        for (rows,) in DataLoader(dataset, batch_size=4):
            rows.sum().backward()
        assert table.grad is not None, type(dataset)
        assert table.grad.tolist() == [[1.0, 1.0]] * 6


@given(count=st.integers(1, 30), batch_size=st.integers(1, 8))
def test_a_shuffled_epoch_holds_every_example_once(count, batch_size):
    labels = flat(labels_of(DataLoader(numbered(count), batch_size, shuffle=True)))
    assert sorted(labels) == list(range(count))


def test_each_epoch_has_an_order_of_its_own_and_manual_seed_repeats_them():
    loader = DataLoader(numbered(50), 8, shuffle=True)
    tg.manual_seed(4)
    first, second = labels_of(loader), labels_of(loader)
    tg.manual_seed(4)
    assert [labels_of(loader), labels_of(loader)] == [first, second]
    assert first != second
    assert flat(first) != list(range(50))


def test_a_generator_fixes_the_order_and_leaves_the_default_one_alone():
    loaders = [
        DataLoader(numbered(50), 8, shuffle=True, generator=tg.Generator().manual_seed(seed))
        for seed in (1, 1, 2)
    ]
    tg.manual_seed(0)
    expected = tg.rand(3)
    tg.manual_seed(0)
    first, same, other = map(labels_of, loaders)
    assert tg.equal(tg.rand(3), expected)
    assert first == same
    assert first != other


def test_loading_in_order_draws_no_random_numbers():
    tg.manual_seed(0)
    expected = tg.rand(3)
    tg.manual_seed(0)
    labels_of(DataLoader(numbered(5), 2))
    assert tg.equal(tg.rand(3), expected)


def test_two_iterators_of_one_loader_do_not_disturb_each_other():
    loader = DataLoader(numbered(4), 2)
    pairs = [(a[1].tolist(), b[1].tolist()) for a in loader for b in loader]
    assert len(pairs) == 4
    assert pairs[1] == ([0, 1], [2, 3])


def test_a_batch_is_a_copy():
    dataset = numbered(4)
    (x, _), *_ = DataLoader(dataset, 2)
    x.zero_()
    assert dataset[1][0].tolist() == [1.0, -1.0]


def test_a_subclass_that_changes_examples_is_heard_in_batches():
    class Negated(TensorDataset):
        def __getitem__(self, index):
            x, y = super().__getitem__(index)
            return -x, y

    dataset = Negated(tg.arange(4), tg.arange(4))
    (x, y), *_ = DataLoader(dataset, batch_size=4)
    assert dataset[3][0].item() == -3
    assert x.tolist() == [0, -1, -2, -3]
    assert y.tolist() == [0, 1, 2, 3]


def test_a_collate_function_gets_the_list_of_examples():
    loader = DataLoader(numbered(5), 2, collate_fn=lambda examples: [int(y) for _, y in examples])
    assert list(loader) == [[0, 1], [2, 3], [4]]


def test_a_list_is_a_dataset():
    assert [b.tolist() for b in DataLoader([1.5, 2.5, 3.5], 2)] == [[1.5, 2.5], [3.5]]
    assert list(DataLoader(["a", "b", "c"], 2)) == [["a", "b"], ["c"]]
    assert list(DataLoader([], 2)) == []
    with pytest.raises(ValueError, match="num_samples is a whole number from 1, not 0"):
        DataLoader([], 2, shuffle=True)


@pytest.mark.parametrize("size", [0, -1, 2.0, "2", True])
def test_a_batch_size_is_a_whole_number_from_1(size):
    with pytest.raises(ValueError, match=f"batch_size is a whole number from 1, not {size!r}"):
        DataLoader(numbered(4), size)


def test_tensors_of_a_dataset_have_one_length():
    with pytest.raises(ValueError, match=r"\[3, 2\]"):
        TensorDataset(tg.ones(3), tg.ones(2, 2))
    with pytest.raises(ValueError, match=r"\[\]"):
        TensorDataset()


def test_arrays_are_refused_where_the_dataset_is_made():
    with pytest.raises(TypeError, match=r"ndarray"):
        TensorDataset(np.ones(3), tg.ones(3))


def test_a_dataset_is_read_by_index_slice_and_iteration():
    dataset = numbered(3)
    assert len(dataset) == 3
    assert dataset[-1][1].item() == 2
    assert dataset[1:][1].tolist() == [1, 2]
    assert [y.item() for _, y in dataset] == [0, 1, 2]
    with pytest.raises(IndexError):
        dataset[3]


def test_a_dataset_without_its_methods_says_which():
    with pytest.raises(TypeError, match=r"Dataset' has no len\(\)"):
        len(Dataset())
    with pytest.raises(NotImplementedError, match=r"Dataset has no __getitem__"):
        Dataset()[0]
    with pytest.raises(NotImplementedError, match=r"IterableDataset has no __iter__"):
        iter(IterableDataset())
    with pytest.raises(NotImplementedError, match=r"Sampler has no __iter__"):
        iter(Sampler())


def test_a_dataset_without_a_length_is_refused_where_the_loader_is_made():
    for dataset in (iter([1, 2]), 5, None):
        for shuffle in (False, True):
            with pytest.raises(TypeError, match=rf"a {type(dataset).__name__} has no len\(\)"):
                DataLoader(dataset, 2, shuffle)
    squares = Doing(9, lambda i: i * i)
    batches = DataLoader(squares, batch_sampler=[[3], [1, 2]])
    assert [b.tolist() for b in batches] == [[9], [1, 4]]


def test_what_a_loader_was_made_with_stays():
    loader = DataLoader(numbered(4), 2)
    for name in ("batch_size", "sampler", "batch_sampler", "drop_last", "dataset", "generator"):
        with pytest.raises(ValueError, match=f"DataLoader: {name} is settled"):
            setattr(loader, name, None)
    loader.collate_fn = len
    assert list(loader) == [2, 2]


@pytest.mark.parametrize("wrong", [0, 42, np.random.default_rng(0)])
def test_a_seed_is_no_generator(wrong):
    for draw in (
        lambda: random_split(range(5), [2, 3], generator=wrong),
        lambda: list(DataLoader(numbered(4), 2, shuffle=True, generator=wrong)),
        lambda: list(RandomSampler(range(3), generator=wrong)),
        lambda: list(SubsetRandomSampler(range(3), generator=wrong)),
        lambda: list(WeightedRandomSampler([1.0, 2.0], 2, generator=wrong)),
        lambda: make_moons(10, generator=wrong),
    ):
        with pytest.raises(
            TypeError, match=r"a generator is a Generator\(\).manual_seed\(0\), not"
        ):
            draw()


# ---------------------------------------------------------------- datasets made of datasets


def test_a_subset_is_the_examples_at_its_indices():
    part = Subset(numbered(6), [5, 0, 2])
    assert len(part) == 3
    assert [y.item() for _, y in part] == [5, 0, 2]
    assert labels_of(DataLoader(part, 2)) == [[5, 0], [2]]
    again = Subset(part, range(1, 3))
    assert labels_of(DataLoader(again, 2)) == [[0, 2]]
    assert list(DataLoader(Subset([10, 20, 30], [2, 1]), None)) == [30, 20]


def test_concatenated_datasets_come_one_after_the_other():
    both = numbered(2) + OneByOne(numbered(3))
    assert isinstance(both, ConcatDataset)
    assert len(both) == 5
    assert labels_of(DataLoader(both, 5)) == [[0, 1, 0, 1, 2]]
    assert both[-1][1].item() == 2
    assert both[-5][1].item() == 0
    for index in (5, -6):
        with pytest.raises(IndexError, match=f"index {index} in a dataset of 5"):
            both[index]


def test_what_cannot_be_concatenated():
    with pytest.raises(ValueError, match="at least one"):
        ConcatDataset([])
    with pytest.raises(TypeError, match=r"Stream has no examples at an index"):
        ConcatDataset([numbered(1), Stream(2)])


@given(count=st.integers(0, 40), cuts=st.lists(st.integers(1, 10), min_size=1, max_size=5))
def test_a_random_split_has_every_example_in_one_part(count, cuts):
    parts = random_split(range(count), [c / sum(cuts) * (1 - 1e-12) for c in cuts])
    assert sorted(x for part in parts for x in part) == list(range(count))
    for part, cut in zip(parts, cuts, strict=True):
        assert abs(len(part) - count * cut / sum(cuts)) <= 1 + 1e-6


def test_a_split_by_lengths_follows_its_generator():
    splits = [
        [list(part) for part in random_split(range(20), [15, 5], tg.Generator().manual_seed(seed))]
        for seed in (1, 1, 2)
    ]
    assert [len(part) for part in splits[0]] == [15, 5]
    assert splits[0] == splits[1] != splits[2]
    with pytest.raises(ValueError, match=r"\[15, 6\] add up to 21, the dataset has 20"):
        random_split(range(20), [15, 6])
    with pytest.raises(ValueError, match="shares are between 0 and 1"):
        random_split(range(20), [1.5, -0.5])
    with pytest.raises(ValueError, match="whole lengths"):
        random_split(range(20), [21, -1])


# ---------------------------------------------------------------- samplers


def test_samplers_have_the_lengths_that_they_say():
    for sampler, length in [
        (SequentialSampler("abc"), 3),
        (RandomSampler("abc"), 3),
        (RandomSampler("abc", num_samples=2), 2),
        (RandomSampler("abc", num_samples=8), 8),
        (RandomSampler("abc", replacement=True, num_samples=8), 8),
        (SubsetRandomSampler([7, 8]), 2),
        (WeightedRandomSampler([1, 2, 0], 9), 9),
        (WeightedRandomSampler([1, 2, 3], 2, replacement=False), 2),
        (BatchSampler(range(7), 3, False), 3),
        (BatchSampler(range(7), 3, True), 2),
    ]:
        assert len(list(sampler)) == len(sampler) == length, type(sampler)


def test_without_replacement_indices_come_again_only_when_all_have_come():
    drawn = list(RandomSampler(range(4), num_samples=10))
    assert sorted(drawn[:4]) == sorted(drawn[4:8]) == [0, 1, 2, 3]
    assert len(set(drawn[8:])) == 2
    assert sorted(SubsetRandomSampler([3, 9, 7])) == [3, 7, 9]
    assert sorted(WeightedRandomSampler([1.0, 5.0, 2.0], 3, replacement=False)) == [0, 1, 2]


def test_weights_say_how_often_an_index_comes():
    generator = tg.Generator().manual_seed(0)
    counts = Counter(WeightedRandomSampler([1.0, 0.0, 3.0], 4000, generator=generator))
    assert counts[1] == 0
    assert 0.7 < counts[2] / 4000 < 0.8


def test_random_samplers_follow_their_generator():
    for make in (
        lambda g: RandomSampler(range(30), generator=g),
        lambda g: RandomSampler(range(30), True, 30, g),
        lambda g: SubsetRandomSampler(range(30), g),
        lambda g: WeightedRandomSampler([1.0] * 30, 30, generator=g),
    ):
        one, same, other = (list(make(tg.Generator().manual_seed(s))) for s in (1, 1, 2))
        assert one == same != other


def test_bad_samplers_say_what_is_wrong():
    with pytest.raises(ValueError, match="num_samples is a whole number from 1, not -1"):
        RandomSampler(range(3), num_samples=-1)
    with pytest.raises(TypeError, match="replacement is True or False, not 1"):
        RandomSampler(range(3), replacement=1)
    with pytest.raises(ValueError, match="num_samples is a whole number from 1, not 0"):
        WeightedRandomSampler([1.0], 0)
    with pytest.raises(ValueError, match=r"not of shape \(1, 2\)"):
        WeightedRandomSampler([[1.0, 2.0]], 1)
    with pytest.raises(ValueError, match="batch_size is a whole number from 1, not 0"):
        BatchSampler(range(3), 0, False)
    with pytest.raises(TypeError, match="drop_last is True or False, not None"):
        BatchSampler(range(3), 1, None)


def test_a_loader_takes_a_sampler_of_indices_or_of_batches():
    data = numbered(6)
    assert labels_of(DataLoader(data, 2, sampler=[5, 3, 1])) == [[5, 3], [1]]
    assert labels_of(DataLoader(data, 2, sampler=tg.tensor([4, 2]))) == [[4, 2]]
    loader = DataLoader(data, batch_sampler=[[0], [1, 2, 3]])
    assert labels_of(loader) == [[0], [1, 2, 3]]
    assert (len(loader), loader.batch_size) == (2, None)
    assert len(DataLoader(data, 4, sampler=RandomSampler(data, num_samples=9))) == 3


def test_arguments_that_contradict_one_another_are_refused():
    for options, names in [
        ({"sampler": [0], "shuffle": True}, "a sampler leaves no choice of shuffle"),
        ({"batch_sampler": [[0]], "batch_size": 2, "drop_last": True}, "batch_size, drop_last"),
        ({"batch_size": None, "drop_last": True}, "batch_size=None leaves no choice of drop_last"),
        ({"num_workers": -1}, "num_workers is a whole number from 1, not -1"),
        ({"num_workers": 1, "prefetch_factor": 0}, "prefetch_factor is a whole number from 1"),
        ({"timeout": -1}, "timeout is at least 0 seconds, not -1"),
    ]:
        with pytest.raises(ValueError, match=names):
            DataLoader(numbered(3), **options)
    with pytest.raises(ValueError, match="an IterableDataset leaves no choice of shuffle"):
        DataLoader(Stream(3), shuffle=True)


# ---------------------------------------------------------------- streams


class Stream(IterableDataset):
    """0, 1, 2, ... count - 1, without a length."""

    def __init__(self, count):
        self.count = count

    def __iter__(self):
        yield from range(self.count)


@pytest.mark.parametrize("workers", [0, 1, 3])
def test_a_stream_is_read_once_from_start_to_end(workers):
    loader = DataLoader(Stream(5), 2, num_workers=workers)
    assert [b.tolist() for b in loader] == [[0, 1], [2, 3], [4]]
    assert [b.tolist() for b in loader] == [[0, 1], [2, 3], [4]]
    loader = DataLoader(Stream(5), 2, drop_last=True, num_workers=workers)
    assert [b.tolist() for b in loader] == [[0, 1], [2, 3]]
    assert list(DataLoader(Stream(3), None, num_workers=workers)) == [0, 1, 2]
    with pytest.raises(TypeError, match="Stream"):
        len(loader)


def test_an_endless_stream_can_be_left():
    class Endless(IterableDataset):
        def __iter__(self):
            return itertools.count()

    batches = itertools.islice(DataLoader(Endless(), 2, num_workers=2), 2)
    assert [b.tolist() for b in batches] == [[0, 1], [2, 3]]


# ---------------------------------------------------------------- workers


class Doing(Dataset):
    """Example i is what `action(i)` returns."""

    def __init__(self, count, action):
        self.count, self.action = count, action

    def __getitem__(self, index):
        return self.action(index)

    def __len__(self):
        return self.count


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_workers_keep_the_order(workers):
    def slow(i):
        time.sleep(0.002 * (i % 3 == 0))
        return i

    for shuffle in (False, True):
        epochs = []
        for count in (0, workers):
            loader = DataLoader(
                Doing(20, slow),
                3,
                shuffle,
                num_workers=count,
                generator=tg.Generator().manual_seed(7),
            )
            epochs.append([[b.tolist() for b in loader] for _ in range(2)])
        assert epochs[0] == epochs[1]


def test_workers_fetch_no_more_than_a_little_ahead():
    asked = []
    batches = iter(DataLoader(Doing(100, asked.append), 1, num_workers=2, collate_fn=len))
    next(batches)
    wait_until(lambda: len(asked) >= 4)
    assert len(asked) <= 5  # two for each worker, and the one that was taken
    batches.close()


def test_workers_end_with_the_loop():
    for _ in DataLoader(Doing(50, int), 1, num_workers=3):
        break
    wait_until(lambda: not any(t.name.startswith("DataLoader") for t in threading.enumerate()))


@pytest.mark.parametrize("workers", [1, 3])
def test_an_exception_in_a_worker_is_raised_here_with_its_traceback(workers):
    def fail_at_7(i):
        if i == 7:
            raise LookupError("no example 7")
        return i

    seen = []
    with pytest.raises(LookupError, match="no example 7") as caught:
        seen.extend(DataLoader(Doing(20, fail_at_7), 2, num_workers=workers))
    assert len(seen) == 3, "the batches before it were lost"
    assert "fail_at_7" in [entry.name for entry in caught.traceback]
    (note,) = caught.value.__notes__
    assert "of a DataLoader, at batch 3" in note


def test_an_exception_in_a_stream_or_in_worker_init_fn_too():
    class Broken(IterableDataset):
        def __iter__(self):
            yield 1
            raise OSError("the stream broke")

    with pytest.raises(OSError, match="the stream broke"):
        list(DataLoader(Broken(), 1, num_workers=2))

    def refuse(worker):
        raise PermissionError(f"worker {worker} may not")

    with pytest.raises(PermissionError, match="worker 0 may not"):
        list(DataLoader(numbered(3), num_workers=1, worker_init_fn=refuse))


@pytest.fixture
def _ctrl_c_interrupts():
    """Also where whoever started the tests ignores it: nohup, or a script's `&`."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_ctrl_c_interrupts")
def test_ctrl_c_stops_a_loader_whose_workers_hang():
    end, freed = threading.Event(), []

    def hang(i):
        if i == 0:
            time.sleep(0.1)  # so that the loop most likely waits for it; it is right if not, too
            signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        freed.append(end.wait(60))

    with pytest.raises(KeyboardInterrupt):
        list(DataLoader(Doing(5, hang), 1, num_workers=2, collate_fn=len))
    end.set()
    wait_until(lambda: freed)
    assert all(freed), "it stopped when the workers did"


def test_a_program_whose_workers_hang_ends_at_ctrl_c():
    code = """
import signal, threading, time, nn
signal.signal(signal.SIGINT, signal.default_int_handler)
class Hanging(nn.data.Dataset):
    def __getitem__(self, i):
        if i == 0:
            time.sleep(0.1)  # so that the loop most likely waits for it
            signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        threading.Event().wait()
    def __len__(self):
        return 5
list(nn.data.DataLoader(Hanging(), num_workers=2))
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300)
    assert run.stderr.endswith("KeyboardInterrupt\n"), run.stderr


def test_a_batch_that_takes_too_long_is_a_timeout():
    end = threading.Event()
    with pytest.raises(TimeoutError, match=r"next batch within timeout=0\.01 seconds"):
        list(DataLoader(Doing(1, lambda i: end.wait(60)), num_workers=1, timeout=0.01))
    end.set()


def test_a_worker_knows_which_it_is():
    assert get_worker_info() is None
    begun, data = [], Doing(8, lambda i: get_worker_info())
    loader = DataLoader(data, 1, num_workers=2, worker_init_fn=begun.append, collate_fn=list)
    infos = {info for (info,) in loader}
    assert {info.id for info in infos} <= {0, 1}
    assert sorted(begun) == sorted({info.id for info in infos})
    assert {(info.num_workers, info.dataset) for info in infos} == {(2, data)}
    assert get_worker_info() is None


def test_random_examples_do_not_depend_on_the_number_of_workers():
    def epochs(workers, seed):
        tg.manual_seed(seed)
        loader = DataLoader(Doing(12, lambda i: tg.rand(2)), 2, num_workers=workers)
        return [[batch.tolist() for batch in loader] for _ in range(2)]

    first, second = epochs(1, seed=3)
    assert first != second
    assert epochs(4, seed=3) == [first, second]
    assert epochs(1, seed=4) != [first, second]
    assert len({str(batch) for batch in first}) == 6


def test_arguments_for_other_machines_are_accepted():
    options = {"pin_memory": True, "persistent_workers": True, "prefetch_factor": 4}
    loader = DataLoader(numbered(4), 2, num_workers=1, **options, in_order=True)
    assert labels_of(loader) == [[0, 1], [2, 3]]


# ---------------------------------------------------------------- default_collate

Point = namedtuple("Point", "x y")


def test_numbers_become_tensors():
    for examples, dtype in [
        ([1, 2], tg.int64),
        ([1.5, 2.0], tg.float64),  # as in PyTorch
        ([True, False], tg.bool),
        ([np.float32(1.5), np.float32(2)], tg.float32),
        ([np.ones(2, "int8"), np.zeros(2, "int8")], tg.int8),
        ([tg.ones(2), tg.zeros(2)], tg.float32),
    ]:
        batch = default_collate(examples)
        assert type(batch) is tg.Tensor
        assert batch.dtype == dtype
        assert batch.tolist() == [np.asarray(x).tolist() for x in examples]


def test_structures_are_kept():
    examples = [{"x": (k, [float(k), "name"])} for k in range(2)]
    batch = default_collate(examples)
    assert list(batch) == ["x"]
    numbers, (floats, words) = batch["x"]
    assert numbers.tolist() == [0, 1]
    assert floats.tolist() == [0.0, 1.0]
    assert words == ("name", "name")


def test_a_named_tuple_stays_one():
    batch = default_collate([Point(1, 2), Point(3, 4)])
    assert type(batch) is Point
    assert batch.x.tolist() == [1, 3]
    assert batch.y.tolist() == [2, 4]


def test_examples_of_different_form_are_an_error():
    with pytest.raises(ValueError, match=r"\(2,\).*\(3,\)"):
        default_collate([tg.ones(2), tg.ones(3)])
    with pytest.raises(ValueError, match=r"one length, not \[2, 1\]"):
        default_collate([(1, 2), (3,)])


def test_a_mapping_keeps_its_type():
    batch = default_collate([defaultdict(list, a=1), defaultdict(list, a=2)])
    assert batch["a"].tolist() == [1, 2]
    assert batch["b"] == []


@pytest.mark.parametrize("example", [None, object(), np.array(["a"]), {1}, [None]])
def test_what_makes_no_batch_is_named(example):
    kind = type(example[0] if isinstance(example, list) else example).__name__
    with pytest.raises(TypeError, match=rf"not of {kind}.* collate_fn of your own"):
        default_collate([example, example])


def test_without_batches_arrays_become_tensors():
    example = {"x": [np.ones(2), Point(np.float32(1.5), "name")], "n": 3}
    converted = default_convert(example)
    assert converted["x"][0].tolist() == [1.0, 1.0]
    assert converted["x"][1].x.dtype == tg.float32
    assert (converted["x"][1].y, converted["n"]) == ("name", 3)
    assert list(DataLoader(["a", "b"], batch_size=None)) == ["a", "b"]
    assert [x.tolist() for x in DataLoader(np.arange(3), None)] == [0, 1, 2]


# ---------------------------------------------------------------- transforms

IMAGE = tg.arange(12.0).reshape(1, 3, 4)


def test_pictures_become_tensors():
    picture = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    tensor = ToTensor()(picture)
    assert (tensor.shape, tensor.dtype) == ((3, 2, 4), tg.float32)
    np.testing.assert_array_equal(tensor.array, picture.transpose(2, 0, 1) / np.float32(255))
    assert ToTensor()(np.ones((2, 3))).dtype == tg.float64
    assert ToTensor()(np.ones((2, 3))).shape == (1, 2, 3)
    with pytest.raises(ValueError, match=r"not \(3,\)"):
        ToTensor()(np.ones(3))


def test_normalized_channels_have_mean_0_and_deviation_1():
    x = tg.randn(2, 50, 50, generator=tg.Generator().manual_seed(0)) * 3 + 2
    mean, std = (f(x.array, axis=(1, 2)).tolist() for f in (np.mean, np.std))
    y = Normalize(mean, std)(x)
    np.testing.assert_allclose(y.array.mean((1, 2)), 0, atol=1e-5)
    np.testing.assert_allclose(y.array.std((1, 2)), 1, atol=1e-5)
    assert Normalize((0.5,), (0.5,), inplace=True)(x) is x
    with pytest.raises(ValueError, match="no std may be 0"):
        Normalize((0.5,), (0,))
    with pytest.raises(ValueError, match=r"mean has 3 numbers, .* has 2 channels"):
        Normalize((1, 2, 3), (1, 2, 3))(x)
    with pytest.raises(TypeError, match=r"floats, not .*int64"):
        Normalize((0.5,), (0.5,))(tg.ones(1, 2, 2, dtype=tg.int64))
    with pytest.raises(TypeError, match=r"ndarray; put ToTensor\(\)"):
        Normalize((0.5,), (0.5,))(x.array)


def test_transforms_are_checked_where_they_are_made():
    for wrong, kind, message in [
        (lambda: Compose([ToTensor]), TypeError, r"ToTensor.* is no transform.* as ToTensor\(\)"),
        (lambda: Compose([3]), TypeError, "3 is no transform"),
        (lambda: Compose(ToTensor()), TypeError, r"a list of transforms, not ToTensor\(\)"),
        (lambda: RandomCrop(0), ValueError, "size is of whole numbers from 1, not 0"),
        (lambda: RandomCrop((2, -1)), ValueError, r"size is .* from 1, not \(2, -1\)"),
        (lambda: RandomCrop(2.5), ValueError, r"size is .* not 2\.5"),
        (lambda: RandomCrop(2, padding=-1), ValueError, "padding is .* from 0, not -1"),
        (lambda: RandomCrop(2, padding="1"), ValueError, "padding is .* from 0, not '1'"),
        (lambda: Normalize((0.5,), (math.nan,)), ValueError, "no std may be 0 .* nor nan"),
        (lambda: Normalize((math.nan,), (0.5,)), ValueError, "a mean is a number, not"),
    ]:
        with pytest.raises(kind, match=message):
            wrong()
    assert RandomCrop(np.int64(2))(IMAGE).shape == (1, 2, 2)


def test_flips_turn_their_axis_as_often_as_they_say():
    for kind, axis in ((RandomHorizontalFlip, 2), (RandomVerticalFlip, 1)):
        assert tg.equal(kind(p=1)(IMAGE), tg.flip(IMAGE, [axis]))
        assert kind(p=0)(IMAGE) is IMAGE
        tg.manual_seed(0)
        turned = sum(kind(p=0.25)(IMAGE) is not IMAGE for _ in range(1000))
        assert 190 < turned < 310
        with pytest.raises(ValueError, match=f"{kind.__name__}: p is .* not 2"):
            kind(2)


def test_a_crop_is_a_part_at_every_place():
    tg.manual_seed(0)
    parts = {str(RandomCrop(2)(IMAGE).tolist()) for _ in range(200)}
    windows = [IMAGE[:, i : i + 2, j : j + 2].tolist() for i in range(2) for j in range(3)]
    assert parts == set(map(str, windows))
    assert RandomCrop((3, 2))(IMAGE).shape == (1, 3, 2)


@pytest.mark.parametrize(
    ("padding", "shape"), [(1, (5, 6)), ((1, 2), (7, 6)), ((1, 2, 3, 4), (9, 8))]
)
def test_a_crop_pads_first(padding, shape):
    whole = RandomCrop(shape, padding=padding, fill=9)(IMAGE)
    assert whole.shape == (1, *shape)
    assert (whole == 9).sum().item() == whole.numel() - 12 + 1
    top, left = (padding, padding) if isinstance(padding, int) else (padding[1], padding[0])
    assert tg.equal(whole[:, top : top + 3, left : left + 4], IMAGE)
    with pytest.raises(ValueError, match="does not fit into an image of"):
        RandomCrop((shape[0] + 1, shape[1]), padding=padding)(IMAGE)


def test_a_crop_pads_as_far_as_needed():
    assert RandomCrop(6, pad_if_needed=True)(IMAGE).shape == (1, 6, 6)
    assert RandomCrop(9, padding=3, padding_mode="edge")(IMAGE).array.min() == 0
    for bad, message in [
        ({"size": (1, 2, 3)}, "size is"),
        ({"size": 2, "padding_mode": "none"}, "padding_mode is one of"),
    ]:
        with pytest.raises(ValueError, match=message):
            RandomCrop(**bad)


def test_transforms_are_composed_and_show_themselves():
    both = Compose([ToTensor(), Lambda(lambda x: x * 2), Normalize((0.5,), (0.5,))])
    assert both(np.array([[0, 255]], np.uint8)).tolist() == [[[-1.0, 3.0]]]
    lines = ["Compose(", "    ToTensor()", "    Lambda()", "    Normalize(mean=(0.5,), std=(0.5,))"]
    assert repr(both) == "\n".join([*lines, ")"])
    assert repr(RandomCrop(32, padding=4)) == "RandomCrop(size=(32, 32), padding=4)"
    assert repr(RandomVerticalFlip()) == "RandomVerticalFlip(p=0.5)"
    with pytest.raises(TypeError, match="a function, not int"):
        Lambda(3)


# ---------------------------------------------------------------- toy sets


@pytest.mark.parametrize("make", [make_moons, make_spirals, make_blobs, make_xor])
def test_toy_sets_are_points_with_classes_in_random_order(make):
    tg.manual_seed(0)
    x, y = make(60)
    assert (x.shape, x.dtype, y.shape, y.dtype) == ((60, 2), tg.float32, (60,), tg.int64)
    counts = Counter(y.tolist())
    assert len(set(counts.values())) == 1, counts
    assert y.tolist() != sorted(y.tolist())
    assert len(TensorDataset(x, y)) == 60
    one, same, other = (make(60, generator=tg.Generator().manual_seed(s)) for s in (1, 1, 2))
    assert tg.equal(one[0], same[0])
    assert not tg.equal(one[0], other[0])
    with pytest.raises(ValueError, match="at least 0, not -1"):
        make(60, noise=-1)
    with pytest.raises(ValueError, match="not nan"):
        make(60, noise=math.nan)
    for count in (0, -1, 10.5, "10", None):
        with pytest.raises(ValueError, match=f"n_samples is a whole number from 1, not {count!r}"):
            make(count)
    assert len(make(np.int64(3))[0]) == 3


def test_classes_and_centers_are_counted_from_1():
    for count in (0, -1, 2.5):
        with pytest.raises(ValueError, match=f"classes is a whole number from 1, not {count}"):
            make_spirals(10, count)
        with pytest.raises(ValueError, match=f"centers is a whole number from 1, not {count}"):
            make_blobs(10, count)
    with pytest.raises(ValueError, match=r"not \(0, 2\)"):
        make_blobs(10, np.zeros((0, 2)))


def test_without_noise_points_lie_where_the_formula_says():
    x, y = make_xor(40, noise=0)
    assert (x[:, 0].long() ^ x[:, 1].long()).tolist() == y.tolist()
    x, y = make_moons(40, noise=0)
    centre = tg.stack([y.float(), y * 0.5], 1)
    np.testing.assert_allclose(((x - centre) ** 2).sum(1).array, 1, rtol=1e-6)
    assert ((x[:, 1] - centre[:, 1]) * (1 - 2 * y)).array.min() > -1e-6
    x, y = make_spirals(30, 3, noise=0, turns=1)
    r = (x**2).sum(1).sqrt().array
    angle = np.arctan2(x.array[:, 1], x.array[:, 0]) - 2 * np.pi * (r + y.array / 3)
    np.testing.assert_allclose(np.cos(angle[r > 0]), 1, atol=1e-6)
    centers = tg.tensor([[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]])
    x, y = make_blobs(10, centers, noise=0)
    assert tg.equal(x, centers[y])
    with pytest.raises(ValueError, match=r"\(K, D\), not \(2,\)"):
        make_blobs(10, [1.0, 2.0])


# ---------------------------------------------------------------- Digits


def test_digits_are_split_into_1437_and_360():
    for train, count in ((True, 1437), (False, 360)):
        digits = Digits(train=train)
        assert len(digits) == count
        assert digits.images.shape == (count, 64)
        assert digits.labels.shape == (count,)
        assert (digits.images.dtype, digits.labels.dtype) == (tg.float32, tg.int64)
        assert (digits.images.array.min(), digits.images.array.max()) == (0, 1)
        assert set(np.unique(digits.images.array * 16)) == set(range(17))


@pytest.mark.parametrize("train", [True, False])
def test_every_digit_makes_up_about_a_tenth(train):
    labels = Digits(train=train).labels.tolist()
    shares = {digit: count / len(labels) for digit, count in Counter(labels).items()}
    assert sorted(shares) == list(range(10))
    assert all(0.07 < share < 0.13 for share in shares.values())


def rows(images, labels):
    return [
        (*np.rint(x * 16).astype(int).tolist(), int(y)) for x, y in zip(images, labels, strict=True)
    ]


def test_digits_are_scikit_learns_each_once_in_one_part():
    from sklearn.datasets import load_digits

    bunch = load_digits()
    train, test = (rows(d.images.array, d.labels.array) for d in (Digits(), Digits(train=False)))
    assert Counter(train + test) == Counter(rows(bunch.data / 16, bunch.target))
    assert not set(train) & set(test)


def test_the_file_of_digits_is_small():
    assert len(files("nn.data").joinpath("digits.npz").read_bytes()) < 100_000


def test_a_net_can_write_on_its_own_digits_only():
    Digits(train=False).images.zero_()
    assert Digits(train=False).images.any()


# ---------------------------------------------------------------- IDX files


def idx(array, magic=b"\0\0\x08"):
    return (
        magic + bytes([array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()
    )


IMAGES = np.random.default_rng(0).integers(0, 256, (3, 28, 28), np.uint8)
LABELS = np.array([7, 0, 9], np.uint8)
NAMES = {
    "train-images-idx3-ubyte": IMAGES,
    "train-labels-idx1-ubyte": LABELS,
    "t10k-images-idx3-ubyte": IMAGES[:2],
    "t10k-labels-idx1-ubyte": LABELS[:2],
}
NAME = "train-images-idx3-ubyte"
SUMS = {name: hashlib.sha256(idx(array)).hexdigest() for name, array in NAMES.items()}


def fetch(name, path, mirrors):
    mnist.fetch(name, path, mirrors, SUMS[name])


@pytest.fixture
def small_mnist(monkeypatch, tmp_path):
    """MNIST is three digits now, and the user has neither data nor a cache."""
    monkeypatch.setattr(MNIST, "digests", tuple(SUMS.values()))
    monkeypatch.delenv("TINYGRAD_EDU_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


def fill(folder, names=NAMES):
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / f"{name}.gz").write_bytes(gzip.compress(idx(NAMES[name])))
    return folder


@given(shape=st.lists(st.integers(0, 4), max_size=4), packed=st.booleans(), seed=st.integers(0, 99))
def test_what_was_written_is_read(tmp_path_factory, shape, packed, seed):
    array = np.asarray(np.random.default_rng(seed).integers(0, 256, shape, np.uint8))
    path = tmp_path_factory.mktemp("idx") / "some.gz"
    path.write_bytes(gzip.compress(idx(array)) if packed else idx(array))
    np.testing.assert_array_equal(mnist.read_idx(path), array, strict=True)
    np.testing.assert_array_equal(mnist.read_idx(str(path)), array)


RIGHT, PACKED = idx(IMAGES), gzip.compress(idx(IMAGES))
DAMAGED = {
    "empty": (b"", "starts with nothing"),
    "text": (b"<html>not found</html>", "starts with 3c 68 74 6d"),
    "floats": (idx(LABELS, magic=b"\0\0\x0d"), "starts with 00 00 0d"),
    "wrong first bytes": (b"\1" + RIGHT[1:], "starts with 01 00 08"),
    "half a magic number": (RIGHT[:3], "not an IDX file"),
    "half a header": (RIGHT[:9], "truncated in its header: 9 bytes"),
    "a header alone": (RIGHT[:16], r"truncated: shape \(3, 28, 28\) needs 2,352 bytes, it has 0"),
    "one byte missing": (RIGHT[:-1], "needs 2,352 bytes, it has 2,351"),
    "one byte too many": (RIGHT + b"\0", "too long: .* needs 2,352 bytes, it has 2,353"),
    "huge": (b"\0\0\x08\3" + struct.pack(">3I", 2**31, 2**31, 4), "truncated"),
    "wider than any memory": (b"\0\0\x08\4" + b"\xff" * 16, "truncated"),
    "a packed half": (gzip.compress(RIGHT[:1000]), "needs 2,352 bytes, it has 984"),
    "half a package": (PACKED[: len(PACKED) // 2], "truncated or damaged"),
    "a package without its end": (PACKED[:-1], "truncated or damaged"),
    "a package with a wrong sum": (PACKED[:-8] + bytes(8), "truncated or damaged"),
    "a package with more behind it": (PACKED + b"more", "truncated or damaged"),
    "a package that is too long": (
        gzip.compress(RIGHT + bytes(2**20)),
        "needs 2,352 bytes, it has 67,888 or more",
    ),
    "more dimensions than arrays have": (b"\0\0\x08\xff" + b"\0\0\0\1" * 255 + b"\7", "no array"),
    "nothing, in a huge shape": (
        b"\0\0\x08\x04" + bytes(4) + b"\xff" * 12,
        "no array has its shape",
    ),
    "a package of text": (gzip.compress(b"<html>"), "not an IDX file"),
}


@pytest.mark.parametrize("kind", DAMAGED)
def test_a_damaged_file_is_named(tmp_path, kind):
    content, message = DAMAGED[kind]
    path = tmp_path / "some-images.gz"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=rf"some-images\.gz: .*{message}"):
        mnist.read_idx(path)


def test_a_package_is_unpacked_no_further_than_its_header_says(tmp_path):
    """200 MB of zeros take 200 kB packed."""
    path = tmp_path / "bomb.gz"
    zeros = bytes(1 << 20)
    for header, message in (
        (RIGHT[:16], "bomb.gz: too long"),
        (b"", "bomb.gz: not an IDX file"),
        (RIGHT[:15] + b"\x1d" + b"\7", "bomb.gz: too long"),
    ):
        with gzip.open(path, "wb", compresslevel=1) as file:
            file.write(header)
            for _ in range(200):
                file.write(zeros)
        tracemalloc.start()
        with pytest.raises(ValueError, match=message):
            mnist.read_idx(path)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert most < 4e6


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    """Zeros that fit the header: a kilobyte packed for each megabyte."""
    monkeypatch.setattr(mnist, "MOST", 1 << 16)
    path = tmp_path / "bomb.gz"
    for size, is_bomb in ((1 << 16, False), (1 << 20, True)):
        path.write_bytes(gzip.compress(b"\0\0\x08\1" + struct.pack(">I", size) + bytes(size)))
        if is_bomb:
            with pytest.raises(ValueError, match=r"bomb\.gz: refused: 1,0.. packed bytes"):
                mnist.read_idx(path)
        else:
            assert mnist.read_idx(path).shape == (size,)


@pytest.mark.parametrize("packed", [False, True])
def test_reading_needs_little_more_memory_than_the_numbers(tmp_path, packed):
    numbers = np.random.default_rng(0).integers(0, 256, 10**6, np.uint8)
    path = tmp_path / "some"
    path.write_bytes(gzip.compress(idx(numbers), 1) if packed else idx(numbers))
    digest = hashlib.sha256(idx(numbers)).hexdigest()
    tracemalloc.start()
    mnist.read_idx(path, digest)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 2.6e6  # the numbers, and a piece of 1 MiB


def test_an_archive_is_hashed_before_it_is_unpacked(tmp_path, monkeypatch):
    path = tmp_path / f"{NAME}.gz"
    path.write_bytes(PACKED)
    monkeypatch.setattr(mnist, "_content", None)
    with pytest.raises(ValueError, match="its content is not the published one"):
        mnist.read_idx(path, FashionMNIST.digests[0])


@pytest.mark.parametrize(
    ("images", "labels"), [(IMAGES[:, :27], LABELS), (IMAGES, LABELS[:2]), (LABELS, IMAGES)]
)
def test_files_that_do_not_fit_each_other_are_named(tmp_path, images, labels):
    for name, array in zip(mnist.FILES, (images, labels), strict=False):
        (tmp_path / name).write_bytes(idx(array))
    with pytest.raises(ValueError, match=rf"{mnist.FILES[0]}: images of .*{mnist.FILES[1]}"):
        FashionMNIST(tmp_path, download=False)


def test_a_folder_is_no_idx_file(tmp_path):
    with pytest.raises(OSError, match=str(tmp_path)):
        mnist.read_idx(tmp_path)


@given(place=st.integers(0, len(PACKED) - 1), change=st.integers(1, 255), cut=st.booleans())
def test_any_damage_is_noticed_or_harmless(tmp_path_factory, place, change, cut):
    content = bytearray(PACKED)
    content[place] ^= change
    path = tmp_path_factory.mktemp("idx") / "some.gz"
    path.write_bytes(PACKED[:place] if cut else bytes(content))
    try:
        array = mnist.read_idx(path)
    except ValueError as error:
        assert "some.gz" in str(error)  # noqa: PT017 (harmless damage is no error)
    else:
        np.testing.assert_array_equal(array, IMAGES)


def test_a_file_has_the_digest_that_was_published(tmp_path):
    path = tmp_path / f"{NAME}.gz"
    path.write_bytes(PACKED)
    for digest in (MNIST.digests[0], FashionMNIST.digests[0]):
        with pytest.raises(ValueError, match=rf"{NAME}\.gz: its content is not the published one"):
            mnist.read_idx(path, digest)
    packed = hashlib.md5(PACKED, usedforsecurity=False).hexdigest()
    for digest in (SUMS[NAME], packed):
        np.testing.assert_array_equal(mnist.read_idx(path, digest), IMAGES)


# ---------------------------------------------------------------- where MNIST is looked for


def test_mnist_is_images_in_rows_and_labels(small_mnist):
    folder = fill(small_mnist / "here")
    for train, count in ((True, 3), (False, 2)):
        data = MNIST(folder, train=train, download=False)
        assert len(data) == count
        assert (data.images.dtype, data.labels.dtype) == (tg.float32, tg.int64)
        expected = IMAGES[:count].reshape(count, 784) / np.float32(255)
        np.testing.assert_array_equal(data.images.array, expected)
        np.testing.assert_array_equal(data.labels.array, LABELS[:count])
        assert data.raw_folder == str(folder)
        data.labels.zero_()


def spoil(folder):
    path = folder / f"{NAME}.gz"
    path.write_bytes(b"spoilt")
    return path


def test_the_folder_that_is_given_comes_first_and_is_the_only_one(small_mnist, monkeypatch):
    monkeypatch.setenv("TINYGRAD_EDU_DATA", str(small_mnist / "data"))
    fill(small_mnist / "data" / "mnist")
    fill(mnist.cache_folder())
    with pytest.raises(FileNotFoundError, match="elsewhere") as caught:
        MNIST(small_mnist / "elsewhere", download=False)
    assert str(small_mnist / "data") not in str(caught.value)
    path = spoil(fill(small_mnist / "given"))
    with pytest.raises(ValueError, match=str(path)):
        MNIST(small_mnist / "given")


def test_the_data_folder_comes_before_the_cache(small_mnist, monkeypatch):
    monkeypatch.setenv("TINYGRAD_EDU_DATA", str(small_mnist / "data"))
    path = spoil(fill(small_mnist / "data" / "mnist"))
    fill(mnist.cache_folder())
    with pytest.raises(ValueError, match=str(path)):
        MNIST()
    path.unlink()
    assert len(MNIST(download=False)) == 3, "the cache is not looked into"


def test_without_the_data_folder_the_cache_is_used(small_mnist):
    fill(mnist.cache_folder())
    assert mnist.cache_folder() == small_mnist / "cache" / "tinygrad_edu" / "mnist"
    assert len(MNIST(download=False)) == 3


def test_the_cache_is_in_the_home_folder(monkeypatch, tmp_path):
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert mnist.cache_folder() == tmp_path / ".cache" / "tinygrad_edu" / "mnist"


def test_without_a_download_the_folders_that_were_looked_into_are_named(small_mnist, monkeypatch):
    monkeypatch.setenv("TINYGRAD_EDU_DATA", str(small_mnist / "data"))
    with pytest.raises(FileNotFoundError) as caught:
        MNIST(download=False)
    for part in (NAME, small_mnist / "data" / "mnist", mnist.cache_folder(), "download=True"):
        assert str(part) in str(caught.value)
    assert list(small_mnist.iterdir()) == []


def test_mnist_is_available_when_all_four_files_are_there(small_mnist, monkeypatch):
    assert not MNIST.is_available()
    fill(mnist.cache_folder(), list(NAMES)[:3])
    assert not MNIST.is_available()
    monkeypatch.setenv("TINYGRAD_EDU_DATA", str(small_mnist / "data"))
    fill(small_mnist / "data" / "mnist", list(NAMES)[3:])
    assert MNIST.is_available()
    assert not MNIST.is_available(small_mnist / "elsewhere")


# ---------------------------------------------------------------- downloading


class Mirrors:
    """A server on 127.0.0.1 whose answers are given path by path: `answers[path] = reply`."""

    def __init__(self):
        self.answers, self.asked = {}, []
        mirrors = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                mirrors.asked.append(self.path)
                reply = mirrors.answers.get(self.path)
                if reply is None:
                    self.send_error(404)
                elif callable(reply):
                    reply(self)
                else:
                    self.send_response(200)
                    self.send_header("Content-Length", str(len(reply)))
                    self.end_headers()
                    self.wfile.write(reply)

            def log_message(self, *_):
                pass

        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()

    def url(self, name):
        return f"http://127.0.0.1:{self.server.server_address[1]}/{name}/"

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def mirrors(monkeypatch, small_mnist):
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "127.0.0.1")
    server = Mirrors()
    yield server
    server.close()


def half_of_it(handler):
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(PACKED)))
    handler.end_headers()
    handler.wfile.write(PACKED[: len(PACKED) // 2])


def half_without_a_length(handler):
    handler.send_response(200)
    handler.end_headers()
    handler.wfile.write(PACKED[: len(PACKED) // 2])


def half_a_chunk(handler):
    handler.protocol_version = "HTTP/1.1"
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    handler.wfile.write(b"ffff\r\n" + PACKED[:100])
    handler.close_connection = True


def no_http(handler):
    handler.wfile.write(b"what?\r\n\r\n")


def nothing(handler):
    handler.close_connection = True


BROKEN = {
    "not there": None,
    "half of it": half_of_it,
    "half, of unknown length": half_without_a_length,
    "half a chunk": half_a_chunk,
    "another language": no_http,
    "silence": nothing,
    "a page": b"<html>please log in</html>",
    "other digits": gzip.compress(idx(IMAGES[::-1])),
    "a damaged package": PACKED[:-4] + b"oops",
    "nothing at all": b"",
}


@pytest.mark.parametrize("kind", BROKEN)
def test_after_a_broken_mirror_the_next_one_is_asked(mirrors, tmp_path, kind):
    if BROKEN[kind] is not None:
        mirrors.answers[f"/first/{NAME}.gz"] = BROKEN[kind]
    mirrors.answers[f"/second/{NAME}.gz"] = PACKED
    place = tmp_path / "new" / "folder" / f"{NAME}.gz"
    fetch(NAME, place, [mirrors.url("first"), mirrors.url("second")])
    assert place.read_bytes() == PACKED
    assert [path.name for path in place.parent.iterdir()] == [place.name]
    assert mirrors.asked == [f"/first/{NAME}.gz", f"/second/{NAME}.gz"]


@pytest.mark.parametrize("kind", BROKEN)
def test_half_a_file_never_stays_in_place(mirrors, tmp_path, kind):
    if BROKEN[kind] is not None:
        mirrors.answers[f"/only/{NAME}.gz"] = BROKEN[kind]
    place = tmp_path / "new" / f"{NAME}.gz"
    with pytest.raises(FileNotFoundError, match=NAME):
        fetch(NAME, place, [mirrors.url("only")])
    assert list(place.parent.iterdir()) == []


def test_an_interrupted_download_leaves_nothing_behind(mirrors, tmp_path, monkeypatch):
    mirrors.answers[f"/only/{NAME}.gz"] = PACKED

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(mnist, "_show_progress", interrupt)
    with pytest.raises(KeyboardInterrupt):
        fetch(NAME, tmp_path / "new" / f"{NAME}.gz", [mirrors.url("only")])
    assert list((tmp_path / "new").iterdir()) == []


def test_all_mirrors_broken_is_one_error_that_lists_them(mirrors, tmp_path):
    mirrors.answers[f"/page/{NAME}.gz"] = BROKEN["a page"]
    mirrors.answers[f"/half/{NAME}.gz"] = half_of_it
    urls = [*map(mirrors.url, ("none", "page", "half")), "http://127.0.0.1:1/closed/"]
    with pytest.raises(FileNotFoundError) as caught:
        fetch(NAME, tmp_path / f"{NAME}.gz", urls)
    message = str(caught.value)
    for url in urls:
        assert f"{url}{NAME}.gz" in message
    for part in ("404", "digest", f"of {len(PACKED):,} bytes", "refused", str(tmp_path), "Digits"):
        assert part in message


def elsewhere(handler):
    handler.send_response(302)
    handler.send_header("Location", f"http://localhost:{handler.server.server_address[1]}/other")
    handler.end_headers()


def without_end(handler):
    handler.send_response(200)
    handler.end_headers()
    with contextlib.suppress(ConnectionError):
        while True:
            handler.wfile.write(bytes(1 << 16))


REFUSED = {
    "http://example.org/": "refused: http://example.org/.* is not https",
    "ftp://example.org/": "is not https",
    "file:///etc/": "refused: file:///etc/.* is not https",
    elsewhere: "refused: http://localhost.*/other is not https",
    without_end: "refused: it is longer than any such file",
}


@pytest.mark.parametrize("place", REFUSED)
def test_only_https_and_no_endless_file(mirrors, tmp_path, monkeypatch, place):
    monkeypatch.setattr(mnist, "MOST", 1 << 20)
    message = REFUSED[place]
    if callable(place):
        mirrors.answers[f"/other/{NAME}.gz"], place = place, mirrors.url("other")
        mirrors.answers["/other"] = PACKED
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    monkeypatch.setenv("no_proxy", "127.0.0.1,localhost")
    with pytest.raises(FileNotFoundError, match=message):
        fetch(NAME, tmp_path / "new" / f"{NAME}.gz", [place])
    assert list((tmp_path / "new").iterdir()) == []


def test_what_is_missing_is_downloaded_once_into_the_cache(mirrors, monkeypatch):
    for name, array in NAMES.items():
        mirrors.answers[f"/good/{name}.gz"] = gzip.compress(idx(array))
    monkeypatch.setattr(MNIST, "mirrors", [mirrors.url("good")])
    assert (len(MNIST()), len(MNIST(train=False))) == (3, 2)
    assert MNIST.is_available()
    assert sorted(mirrors.asked) == sorted(f"/good/{name}.gz" for name in NAMES)
    assert len(MNIST()) == 3
    assert len(mirrors.asked) == 4, "it was downloaded again"


def test_a_download_goes_into_the_folder_that_is_given(mirrors, monkeypatch, tmp_path):
    for name, array in NAMES.items():
        mirrors.answers[f"/good/{name}.gz"] = gzip.compress(idx(array))
    monkeypatch.setattr(MNIST, "mirrors", [mirrors.url("good")])
    MNIST(tmp_path / "mine")
    assert len(list((tmp_path / "mine" / "MNIST" / "raw").iterdir())) == 2
    assert not mnist.cache_folder().exists()


def test_a_file_that_is_in_place_stays_until_the_new_one_is_right(mirrors, tmp_path):
    place = tmp_path / f"{NAME}.gz"
    place.write_bytes(b"the old one")
    with pytest.raises(FileNotFoundError):
        fetch(NAME, place, [mirrors.url("none")])
    assert place.read_bytes() == b"the old one"


@pytest.mark.parametrize(("kind", "digits"), [(MNIST, 64), (FashionMNIST, 32), (KMNIST, 32)])
def test_every_set_names_its_mirrors_digests_and_classes(kind, digits):
    assert len(kind.digests) == len(mnist.FILES) == 4
    assert all(len(digest) == digits for digest in kind.digests)
    assert all(bytes.fromhex(digest) for digest in kind.digests)
    assert all(url.startswith("https://") and url.endswith("/") for url in kind.mirrors)
    assert len(kind.classes) == 10


@pytest.mark.parametrize("kind", [FashionMNIST, KMNIST])
def test_the_sets_like_mnist_are_downloaded_and_checked_by_their_md5(mirrors, kind, monkeypatch):
    archives = {name: gzip.compress(idx(array), mtime=0) for name, array in NAMES.items()}
    sums = [hashlib.md5(archive).hexdigest() for archive in archives.values()]
    monkeypatch.setattr(kind, "mirrors", [mirrors.url("bad"), mirrors.url("good")])
    monkeypatch.setattr(kind, "digests", sums)
    for name, archive in archives.items():
        mirrors.answers[f"/bad/{name}.gz"] = gzip.compress(idx(NAMES[name]), mtime=1)
        mirrors.answers[f"/good/{name}.gz"] = archive
    assert (len(kind()), len(kind(train=False))) == (3, 2)
    assert len(mirrors.asked) == 8
    np.testing.assert_array_equal(kind().data.array, IMAGES)
    assert len(mirrors.asked) == 8, "it was downloaded again"
    assert len(list(mnist.cache_folder(kind.__name__).iterdir())) == 4


@pytest.mark.parametrize("kind", [MNIST, FashionMNIST, KMNIST])
def test_train_is_true_or_false(kind):
    with pytest.raises(TypeError, match=f"{kind.__name__}: train is True or False, not 'test'"):
        kind(train="test")


@pytest.mark.parametrize("kind", [FashionMNIST, KMNIST])
def test_the_sets_like_mnist_have_folders_of_their_own(small_mnist, kind, monkeypatch):
    sums = [hashlib.md5(gzip.compress(idx(a), mtime=0)).hexdigest() for a in NAMES.values()]
    monkeypatch.setattr(kind, "digests", sums)
    folder = mnist.cache_folder(kind.__name__)
    assert folder.name == kind.__name__.lower()
    for place, root in ((folder, None), (small_mnist / kind.__name__ / "raw", small_mnist)):
        assert not kind.is_available(root)
        with pytest.raises(FileNotFoundError, match=rf"{kind.__name__}: {NAME}.gz is in none of"):
            kind(root, download=False)
        place.mkdir(parents=True)
        for name, array in NAMES.items():
            (place / f"{name}.gz").write_bytes(gzip.compress(idx(array), mtime=0))
        assert kind.is_available(root)
        assert not MNIST.is_available(root)
        assert (len(kind(root)), len(kind(root, train=False))) == (3, 2)
        spoil(place)
        with pytest.raises(ValueError, match=NAME):
            kind(root)


def test_an_archive_with_a_wrong_md5_is_not_kept(mirrors, tmp_path):
    for content in (PACKED, RIGHT, b"<html>"):
        mirrors.answers[f"/only/{NAME}.gz"] = content
        with pytest.raises(FileNotFoundError, match="digest"):
            mnist.fetch(NAME, tmp_path / "new" / NAME, [mirrors.url("only")], KMNIST.digests[0])
        assert list((tmp_path / "new").iterdir()) == []


def test_a_transform_is_given_the_picture_and_the_label(small_mnist):
    fill(small_mnist / "here")
    data = MNIST(small_mnist / "here", transform=ToTensor(), target_transform=lambda y: -y)
    image, label = data[1]
    assert (image.shape, image.dtype, label) == ((1, 28, 28), tg.float32, 0)
    np.testing.assert_array_equal(image.array[0], IMAGES[1] / np.float32(255))
    images, labels = next(iter(DataLoader(data, batch_size=3)))
    assert images.shape == (3, 1, 28, 28)
    assert labels.tolist() == [-7, 0, -9]
    np.testing.assert_array_equal(data.data.array, IMAGES)
    assert data.targets.tolist() == LABELS.tolist()
