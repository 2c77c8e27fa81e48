"""Reading rows at repeated places, and adding gradients back there, beside PyTorch eager.

    python benchmarks/indexing.py

One thread; each number is the ratio of the fastest interleaved rounds (see run.py).
"""

import sys

from run import MISSED, fastest, report  # first: it sets the number of threads

# isort: split

import numpy as np
import torch

import tinygrad_edu as tg

READS = 10**5


def compare(name, read, shape, limit=1.5, reads=READS, index=None):
    """Forward and backward of `read(x, index)`, as a ratio to PyTorch's."""
    random = np.random.default_rng(0)
    if index is None:
        index = random.integers(0, shape[0], reads)
    x = random.standard_normal(shape, np.float32)
    contestants = {}
    for who, framework in {"ours": tg, "torch": torch}.items():
        leaf = framework.tensor(x, requires_grad=True)
        places = framework.tensor(index)
        g = framework.tensor(random.standard_normal(read(leaf, places).shape, np.float32))

        def step(leaf=leaf, places=places, g=g):
            leaf.grad = None
            read(leaf, places).backward(g)

        contestants[who] = step
    best = fastest(contestants, rounds=20)
    report(f"{name}: ratio to PyTorch eager", best["ours"] / best["torch"], limit, "x")


def main():
    torch.set_num_threads(1)
    for shape in ((10**4,), (10**4, 16), (10**4, 64)):
        compare(f"x[i] of {shape}, 10^5 places", lambda x, i: x[i], shape)
    compare("x[i] of (27, 10), 96 places", lambda x, i: x[i], (27, 10), reads=96)
    compare("x[i] of (50000, 64), 1000 places", lambda x, i: x[i], (50_000, 64), reads=1000)
    compare("x[i] of (65, 64), 4096 places", lambda x, i: x[i], (65, 64), reads=4096)
    zipf = np.minimum(np.random.default_rng(0).zipf(1.2, READS) - 1, 9_999)
    compare("x[i] of (10000, 64), some far more often", lambda x, i: x[i], (10**4, 64), index=zipf)
    compare(
        "x[:, i] of (100, 1000), 1000 places", lambda x, i: x[:, i % 1000], (100, 1000), reads=1000
    )


if __name__ == "__main__":
    main()
    sys.exit(bool(MISSED))
