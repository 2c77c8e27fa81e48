"""A step over 60 tensors of 10^6 numbers in all, and over one of 10^7, beside PyTorch's.

    python benchmarks/optimizers.py

One thread, PyTorch's default settings; each number is the ratio of the fastest interleaved rounds
(see run.py).
"""

import sys

from run import MISSED, fastest, report  # first: it sets the number of threads

# isort: split

import numpy as np
import torch

import nn
import tinygrad_edu as tg


def step_of(framework, module, name, sizes, **settings):
    """A step of the optimiser over parameters of these sizes; their gradients stay as they are."""
    random = np.random.default_rng(0)
    params = []
    for size in sizes:
        p, gradient = (
            framework.from_numpy(random.standard_normal(size, np.float32)) for _ in range(2)
        )
        p.requires_grad_()
        p.grad = gradient
        params.append(p)
    return getattr(module, name)(params, **settings).step


def compare(what, sizes, limits, rounds=40):
    for name, limit in limits.items():
        best = fastest(
            {
                "ours": step_of(tg, nn.optim, name, sizes),
                "torch": step_of(torch, torch.optim, name, sizes),
            },
            rounds=rounds,
            seconds=0.02,
        )
        print(f"{name}, {what}:", {who: f"{us / 1000:.2f} ms" for who, us in best.items()})
        report("  ratio to PyTorch", best["ours"] / best["torch"], limit, "x")


def main():
    torch.set_num_threads(1)
    random = np.random.default_rng(0)
    cuts = np.sort(random.choice(np.arange(1, 10**6), 59, replace=False))
    sizes = np.diff([0, *cuts, 10**6])
    limits = {"Adam": 0.6, "AdamW": None, "RMSprop": None, "SGD": None}
    compare("60 tensors of 10^6 numbers", sizes, limits)
    compare("one tensor of 10^7 numbers", [10**7], {"Adam": 0.6}, rounds=5)


if __name__ == "__main__":
    main()
    sys.exit(bool(MISSED))
