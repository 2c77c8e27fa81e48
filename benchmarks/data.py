"""One epoch over 60,000 x 784 floats in shuffled batches of 128, beside PyTorch's DataLoader.

    python benchmarks/data.py

One thread; each number is the ratio of the fastest interleaved rounds (see run.py).
"""

import sys
import time
from collections import deque
from functools import partial

from run import MISSED, report  # first: it sets the number of threads

# isort: split

import numpy as np
import torch

import nn
import tinygrad_edu as tg


def compare(name, limit, wrap=lambda dataset, data: dataset, **options):
    """An epoch of a loader over a TensorDataset, as a ratio to PyTorch's."""
    random = np.random.default_rng(0)
    x, y = random.random((60_000, 784), np.float32), random.integers(0, 10, 60_000)
    contestants = {}
    for who, framework, data in (("ours", tg, nn.data), ("torch", torch, torch.utils.data)):
        dataset = data.TensorDataset(framework.from_numpy(x), framework.from_numpy(y))
        loader = data.DataLoader(wrap(dataset, data), batch_size=128, shuffle=True, **options)

        contestants[who] = partial(deque, loader, maxlen=0)  # reads it all, keeps nothing
    best = dict.fromkeys(contestants, float("inf"))
    for _ in range(5):
        for who, epoch in contestants.items():
            start = time.perf_counter()
            epoch()
            best[who] = min(best[who], time.perf_counter() - start)
    print(name, {who: f"{seconds * 1000:.0f} ms" for who, seconds in best.items()})
    report("  ratio to PyTorch's DataLoader", best["ours"] / best["torch"], limit, "x")


def main():
    torch.set_num_threads(1)
    compare("an epoch of a TensorDataset,", 0.3)
    compare("the same of a Subset of it,", 0.3, lambda d, data: data.Subset(d, range(60_000)))


if __name__ == "__main__":
    main()
    sys.exit(bool(MISSED))
