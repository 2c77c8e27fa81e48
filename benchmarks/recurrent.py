"""Recurrent layers, forward and backward, beside PyTorch eager.

    python benchmarks/recurrent.py

One thread; each number is the ratio of the fastest interleaved rounds (see run.py).
"""

import sys

from run import MISSED, fastest, report  # first: it sets the number of threads

# isort: split

import numpy as np
import torch

import nn
import tinygrad_edu as tg

STEPS, BATCH, SIZE = 32, 32, 128


def passes(framework, layers, kind, with_input):
    """A forward and a backward pass of a layer, from the parameters and perhaps from the input."""
    layer = getattr(layers, kind)(SIZE, SIZE)
    x = np.random.default_rng(0).standard_normal((STEPS, BATCH, SIZE), np.float32)
    x = framework.from_numpy(x).requires_grad_(with_input)

    def run():
        output, _ = layer(x)
        output.sum().backward()
        layer.zero_grad()
        x.grad = None

    return run


def compare(kind, limit, with_input):
    contestants = {
        "ours": passes(tg, nn, kind, with_input),
        "torch": passes(torch, torch.nn, kind, with_input),
    }
    best = fastest(contestants, rounds=60, seconds=0.02)
    print(
        f"{kind}{' and its input' * with_input}", {k: f"{v / 1e3:.2f} ms" for k, v in best.items()}
    )
    report("  ratio to PyTorch eager", best["ours"] / best["torch"], limit, "x")


def main():
    torch.set_num_threads(1)
    for kind in ("LSTM", "GRU", "RNN"):
        for with_input in (False, True):
            compare(kind, 1.1 if kind == "LSTM" and not with_input else None, with_input)


if __name__ == "__main__":
    main()
    sys.exit(bool(MISSED))
