"""Datasets, samplers and loaders do what PyTorch's do: the same listing run with both."""

import inspect
import warnings
from collections import OrderedDict, defaultdict, namedtuple
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import torch.utils.data

import nn
import tinygrad_edu as tg

OURS = SimpleNamespace(framework=tg, data=nn.data)
THEIRS = SimpleNamespace(framework=torch, data=torch.utils.data)
Point = namedtuple("Point", "x y")


def plain(x):
    """Tensors as (dtype, numbers), in structures that are what they were."""
    if isinstance(x, tg.Tensor | torch.Tensor):
        return str(x.dtype).rpartition(".")[2], tuple(x.shape), x.tolist()
    if isinstance(x, dict):
        return type(x).__name__, {key: plain(value) for key, value in x.items()}
    if isinstance(x, tuple | list):
        return type(x).__name__, [plain(part) for part in x]
    return x


def same(listing):
    ours, theirs = (plain(listing(side.framework, side.data)) for side in (OURS, THEIRS))
    assert ours == theirs


BATCHES = {
    "ints": lambda f: [1, 2],
    "floats": lambda f: [1.5, 2.5],
    "bools": lambda f: [True, False],
    "strings": lambda f: ["a", "b"],
    "bytes": lambda f: [b"a", b"b"],
    "tensors": lambda f: [f.ones(2, 3), f.zeros(2, 3)],
    "ints of 8 bits": lambda f: [f.ones(2, dtype=f.int8), f.zeros(2, dtype=f.int8)],
    "arrays": lambda f: [np.ones((2, 1)), np.zeros((2, 1))],
    "arrays of no axis": lambda f: [np.array(1.0), np.array(2.0)],
    "NumPy numbers": lambda f: [np.float32(1), np.float32(2)],
    "tuples": lambda f: [(1, "a", f.ones(2)), (2, "b", f.zeros(2))],
    "lists": lambda f: [[1, 2.0], [3, 4.0]],
    "dicts": lambda f: [{"x": 1, "y": "a"}, {"x": 2, "y": "b"}],
    "ordered dicts": lambda f: [OrderedDict(x=1), OrderedDict(x=2)],
    "dicts with a default": lambda f: [defaultdict(int, x=1), defaultdict(int, x=2)],
    "named tuples": lambda f: [Point(1, f.ones(1)), Point(2, f.ones(1))],
    "nested": lambda f: [{"x": [(1, Point(2.0, "a"))]}, {"x": [(3, Point(4.0, "b"))]}],
    "one example": lambda f: [(f.ones(2), 1)],
    "empty tuples": lambda f: [(), ()],
}


@pytest.mark.parametrize("kind", BATCHES)
def test_examples_become_the_same_batch(kind):
    same(lambda f, data: data.default_collate(BATCHES[kind](f)))
    same(lambda f, data: data.default_convert(BATCHES[kind](f)))


@pytest.mark.parametrize("batch", [[None, None], [object()], [np.array(["a"])], [{1}]])
def test_what_makes_no_batch_is_refused_by_both(batch):
    for side in (OURS, THEIRS):
        with pytest.raises(TypeError):
            side.data.default_collate(batch)


def numbers(f, data):
    return data.TensorDataset(f.arange(14.0).reshape(7, 2), f.arange(7))


LOADERS = {
    "one by one": {},
    "batches": {"batch_size": 3},
    "full batches": {"batch_size": 3, "drop_last": True},
    "larger than all": {"batch_size": 9},
    "larger than all, dropped": {"batch_size": 9, "drop_last": True},
    "no batches": {"batch_size": None},
    "a sampler": {"batch_size": 2, "sampler": [3, 3, 1]},
    "a sampler, no batches": {"batch_size": None, "sampler": [3, 1]},
    "a batch sampler": {"batch_sampler": [[0, 6], [1, 1, 1]]},
    "indices of many at once": {"batch_size": None, "sampler": [[0, 6], [1, 1, 1]]},
    "a collate function": {"batch_size": 3, "collate_fn": lambda b: (len(b), type(b).__name__)},
    "collated again": {"batch_size": 3, "collate_fn": lambda b: [y.item() for _, y in b[::-1]]},
    "no batches, a collate function": {"batch_size": None, "collate_fn": lambda b: b[1].item()},
}
DATASETS = {
    "tensors": numbers,
    "a subset": lambda f, data: data.Subset(numbers(f, data), [5, 1, 0, 3, 6, 2, 4]),
    "joined": lambda f, data: data.ConcatDataset([numbers(f, data), numbers(f, data)]),
    "added": lambda f, data: numbers(f, data) + numbers(f, data),
    "a subset of joined": lambda f, data: data.Subset(
        numbers(f, data) + numbers(f, data), range(13, -1, -2)
    ),
}


@pytest.mark.parametrize("options", LOADERS)
@pytest.mark.parametrize("dataset", DATASETS)
def test_loaders_give_the_same_batches(dataset, options):
    if options == "indices of many at once" and dataset not in ("tensors", "a subset"):
        pytest.skip("neither takes a list of indices here")

    def listing(f, data):
        loader = data.DataLoader(DATASETS[dataset](f, data), **LOADERS[options])
        return len(loader), loader.batch_size, loader.drop_last, list(loader)

    same(listing)


@pytest.mark.parametrize("options", [{}, {"batch_size": 3}, {"batch_size": 3, "drop_last": True}])
def test_streams_give_the_same_batches(options):
    def listing(f, data):
        class Stream(data.IterableDataset):
            def __iter__(self):
                return iter(range(7))

            def __len__(self):
                return 7

        loader = data.DataLoader(Stream(), **options)
        return len(loader), list(loader)

    same(listing)


@pytest.mark.parametrize("lengths", [[5, 2], [7], [0.5, 0.5], [0.2, 0.3, 0.5], [0.9, 0.1], [1.0]])
def test_splits_have_the_same_lengths(lengths):
    def listing(f, data):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # PyTorch warns about an empty part
            return [len(part) for part in data.random_split(numbers(f, data), lengths)]

    same(listing)


@pytest.mark.parametrize(
    "name",
    [
        "BatchSampler",
        "ConcatDataset",
        "DataLoader",
        "RandomSampler",
        "SequentialSampler",
        "Subset",
        "SubsetRandomSampler",
        "TensorDataset",
        "WeightedRandomSampler",
        "default_collate",
        "default_convert",
        "get_worker_info",
    ],
)
def test_signatures_are_pytorchs(name):
    ours, theirs = (
        {
            p.name: (p.kind, p.default)
            for p in inspect.signature(getattr(side.data, name)).parameters.values()
        }
        for side in (OURS, THEIRS)
    )
    assert ours == theirs


WRONG = {
    "a sampler and shuffle": {"sampler": [0], "shuffle": True},
    "a batch sampler and a size": {"batch_sampler": [[0]], "batch_size": 2},
    "a batch sampler and shuffle": {"batch_sampler": [[0]], "shuffle": True},
    "no batches to drop": {"batch_size": None, "drop_last": True},
    "no batch": {"batch_size": 0},
    "less than no worker": {"num_workers": -1},
    "less than no time": {"timeout": -1},
}


@pytest.mark.parametrize("options", WRONG)
def test_both_refuse_what_makes_no_sense(options):
    for side in (OURS, THEIRS):
        with pytest.raises(ValueError):  # noqa: PT011 (the words differ)
            side.data.DataLoader(numbers(side.framework, side.data), **WRONG[options])


# ---------------------------------------------------------------- datasets side by side, in a chain


def test_stacked_and_chained_datasets_are_pytorchs():
    for tensors, data in ((tg, nn.data), (torch, torch.utils.data)):
        x = data.TensorDataset(tensors.arange(6).reshape(3, 2))
        stack = data.StackDataset(x, [5, 6, 7])
        assert stack[1][0][0].tolist() == [2, 3]
        assert stack[1][1] == 6
        loader = data.DataLoader(stack, batch_size=2)
        first = next(iter(loader))
        assert first[0][0].tolist() == [[0, 1], [2, 3]]
        assert first[1].tolist() == [5, 6]
        named = data.StackDataset(x=[1, 2], y="ab")
        assert len(named) == 2
        assert next(iter(data.DataLoader(named, batch_size=2)))["y"] == ["a", "b"]
        for wrong in (lambda d=data: d.StackDataset(), lambda d=data: d.StackDataset("a", b="a")):
            with pytest.raises((ValueError, IndexError)):
                wrong()
        with pytest.raises(ValueError, match=r"length|[Ss]ize"):
            data.StackDataset("ab", "abc")

        class Stream(data.IterableDataset):
            def __iter__(self):
                return iter(range(3))

            def __len__(self):
                return 3

        both = Stream() + Stream()
        assert type(both).__name__ == "ChainDataset"
        assert list(both) == [0, 1, 2, 0, 1, 2]
        assert len(both) == 6
        assert len(data.DataLoader(both, batch_size=4)) == 2


@pytest.mark.parametrize("count", [0, 1, 5, 9])
@pytest.mark.parametrize("replicas", [1, 2, 4])
@pytest.mark.parametrize("drop_last", [False, True])
def test_the_parts_of_processes_are_pytorchs(count, replicas, drop_last):
    if count == 0 and not drop_last:
        return
    for rank in range(replicas):
        ours, theirs = (
            data.DistributedSampler(
                dataset=range(count),
                num_replicas=replicas,
                rank=rank,
                shuffle=False,
                drop_last=drop_last,
            )
            for data in (nn.data, torch.utils.data)
        )
        if count >= replicas or not drop_last:
            assert list(ours) == list(theirs)
            assert (len(ours), ours.total_size) == (len(theirs), theirs.total_size)


def test_shuffled_parts_hold_everything_and_change_with_the_epoch():
    for data in (nn.data, torch.utils.data):
        parts = [data.DistributedSampler(range(10), 3, rank, seed=4) for rank in range(3)]
        drawn = [list(part) for part in parts]
        assert {i for part in drawn for i in part} == set(range(10))
        assert drawn == [list(part) for part in parts]
        for part in parts:
            part.set_epoch(1)
        assert drawn != [list(part) for part in parts]
        with pytest.raises(ValueError, match="rank"):
            data.DistributedSampler(range(3), 2, 2)
        with pytest.raises((ValueError, RuntimeError)):
            data.DistributedSampler(range(3))
