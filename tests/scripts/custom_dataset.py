"""A dataset class, transforms, a split, samplers, a collate function, loaders with workers."""

import torch
from torch.utils.data import (
    DataLoader,
    Dataset,
    RandomSampler,
    Subset,
    WeightedRandomSampler,
    random_split,
)
from torch.utils.data.dataloader import default_collate
from torch.utils.data.dataset import ConcatDataset


class Squares(Dataset):
    """Numbers and their squares."""

    def __init__(self, n, transform=None, target_transform=None):
        self.n = n
        self.transform = transform
        self.target_transform = target_transform

    def __len__(self):
        return self.n

    def __getitem__(self, idx):
        if torch.is_tensor(idx):
            idx = idx.tolist()
        sample = {"x": torch.tensor([idx], dtype=torch.float32), "y": idx**2, "name": f"n{idx}"}
        if self.transform:
            sample = self.transform(sample)
        return sample


class Scale(object):
    def __init__(self, factor):
        self.factor = factor

    def __call__(self, sample):
        return {**sample, "x": sample["x"] * self.factor}


def collate_fn(batch):
    xs = [b["x"] for b in batch]
    return torch.nn.utils.rnn.pad_sequence(xs, batch_first=True), [b["name"] for b in batch]


if __name__ == "__main__":
    data = Squares(10, transform=Scale(0.5))
    print(len(data), data[3])
    train, test = random_split(data, [7, 3], generator=torch.Generator().manual_seed(42))
    print(len(train), len(test), sorted([*train.indices, *test.indices]))
    for i, batch in enumerate(DataLoader(data, batch_size=4, num_workers=2, drop_last=False)):
        print(i, batch["x"].view(-1), batch["y"], batch["name"], batch["y"].dtype)
    for xs, names in DataLoader(data, batch_size=5, collate_fn=collate_fn):
        print(xs.shape, names)
    print(len(list(DataLoader(data, sampler=RandomSampler(data, num_samples=4, replacement=True)))))
    weights = WeightedRandomSampler([0.0] * 9 + [1.0], 3)
    print([b["y"].item() for b in DataLoader(data, sampler=weights)])
    both = ConcatDataset([Subset(data, [0, 1]), data])
    print(len(both), default_collate([1, 2, 3]), next(iter(DataLoader(both, 2)))["y"])
    print(len(DataLoader(data, batch_size=4)), len(DataLoader(data, batch_size=4, drop_last=True)))
