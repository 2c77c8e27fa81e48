"""Datasets side by side and in a chain, parts for several processes, what nn.data exports."""

import pytest

import nn
import tinygrad_edu as tg
from nn.data import (
    ChainDataset,
    ConcatDataset,
    DataLoader,
    DistributedSampler,
    IterableDataset,
    StackDataset,
    TensorDataset,
)


class Stream(IterableDataset):
    def __init__(self, *examples):
        self.examples = examples

    def __iter__(self):
        return iter(self.examples)

    def __len__(self):
        return len(self.examples)


@pytest.mark.parametrize("module", [nn.data, nn.data.transforms])
def test_a_look_into_the_module_shows_what_it_exports(module):
    assert dir(module) == sorted(module.__all__)
    for name in module.__all__:
        assert hasattr(module, name)


def test_pytorchs_paths_lead_to_the_loader():
    from nn.data.dataloader import DataLoader as same, default_collate, get_worker_info
    from nn.data.distributed import DistributedSampler as same_sampler

    assert same is DataLoader
    assert same_sampler is DistributedSampler
    assert default_collate is nn.data.default_collate
    assert get_worker_info() is None


def test_datasets_side_by_side():
    images = TensorDataset(tg.arange(6.0).reshape(3, 2))
    pairs = StackDataset(images, "abc")
    (image,), letter = pairs[2]
    assert (image.tolist(), letter, len(pairs)) == ([4, 5], "c", 3)
    (batch,), letters = next(iter(DataLoader(pairs, batch_size=2)))
    assert batch.tolist() == [[0, 1], [2, 3]]
    assert letters == ("a", "b")
    named = StackDataset(image=images, label=[7, 8, 9])
    assert named[0]["label"] == 7
    assert next(iter(DataLoader(named, batch_size=3)))["label"].tolist() == [7, 8, 9]
    for wrong, message in [
        (lambda: StackDataset("ab", "abc"), r"one length, not of \[2, 3\]"),
        (lambda: StackDataset(), r"one length, not of \[\]"),
        (lambda: StackDataset("ab", x="ab"), "names to all datasets, or to none"),
    ]:
        with pytest.raises(ValueError, match=message):
            wrong()


def test_a_dataset_that_gives_too_few_examples_is_named():
    class Short:
        def __len__(self):
            return 3

        def __getitems__(self, indices):
            return [0]

    with pytest.raises(ValueError, match="1 examples for 2 indices"):
        next(iter(DataLoader(StackDataset(Short(), "abc"), batch_size=2)))


def test_streams_in_a_chain():
    chain = Stream(1, 2) + Stream(3)
    assert isinstance(chain, ChainDataset)
    assert [x.tolist() for x in DataLoader(chain, batch_size=2)] == [[1, 2], [3]]
    assert len(chain) == 3
    with pytest.raises(TypeError, match="str is no IterableDataset"):
        list(ChainDataset(["ab"]))
    with pytest.raises(TypeError, match="chained by ChainDataset"):
        ConcatDataset([Stream(1)])


def test_each_process_has_a_part_of_its_own():
    parts = [DistributedSampler(range(7), 3, rank, seed=1) for rank in range(3)]
    assert [len(part) for part in parts] == [3, 3, 3]
    assert {i for part in parts for i in part} == set(range(7))
    even = [DistributedSampler(range(7), 3, rank, drop_last=True) for rank in range(3)]
    drawn = sorted(i for part in even for i in part)
    assert len(drawn) == len(set(drawn)) == 6
    first = list(parts[0])
    parts[0].set_epoch(1)
    assert list(parts[0]) != first
    loader = DataLoader(range(7), batch_size=2, sampler=parts[1])
    assert sum(len(x) for x in loader) == 3
    for settings in ({}, {"num_replicas": 2}, {"num_replicas": 2, "rank": 2}):
        with pytest.raises(ValueError, match="rank"):
            DistributedSampler(range(7), **settings)
