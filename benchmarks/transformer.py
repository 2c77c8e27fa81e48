"""A causal transformer block beside PyTorch eager: forward and backward, on one thread.

    python benchmarks/transformer.py [--profile]

One nn.TransformerEncoderLayer of 128 features, 4 heads and 512 hidden units, a batch of 16
sequences of 64, float32, no dropout.  Each number is the ratio of the fastest interleaved rounds
(see run.py).  With --profile: where our time goes, op by op.
"""

import cProfile
import pstats
import sys

from run import MISSED, fastest, report  # first: it sets the number of threads

# isort: split

import numpy as np
import torch

import nn
import tinygrad_edu as tg

BATCH, LENGTH, FEATURES = 16, 64, 128


def steps_of(nn, tensor, activation):
    """The forward pass, and it with the backward one, written the same way for both."""
    layer = nn.TransformerEncoderLayer(
        d_model=FEATURES,
        nhead=4,
        dim_feedforward=512,
        dropout=0.0,
        batch_first=True,
        activation=activation,
    )
    random = np.random.default_rng(0)
    x, g = (
        tensor(random.standard_normal((BATCH, LENGTH, FEATURES)).astype(np.float32))
        for _ in range(2)
    )
    x.requires_grad_()
    mask = nn.Transformer.generate_square_subsequent_mask(LENGTH)

    def forward():
        return layer(x, src_mask=mask, is_causal=True)

    def step():
        layer.zero_grad()
        x.grad = None
        forward().backward(g)

    return forward, step


def compare(activation):
    ours, torchs = steps_of(nn, tg.tensor, activation), steps_of(torch.nn, torch.tensor, activation)
    for what, mine, theirs in zip(("forward", "forward and backward"), ours, torchs, strict=True):
        best = fastest({"ours": mine, "torch": theirs}, rounds=60)
        ms = {who: f"{us / 1000:.2f} ms" for who, us in best.items()}
        print(f"a causal block with {activation}, {what}:", ms)
    report("  ratio to PyTorch eager", best["ours"] / best["torch"], 1.1, "x")


def profile(activation, rounds=50):
    step = steps_of(nn, tg.tensor, activation)[1]
    step()
    profiler = cProfile.Profile()
    profiler.enable()
    for _ in range(rounds):
        step()
    profiler.disable()
    print(f"{activation}, {rounds} steps")
    pstats.Stats(profiler).sort_stats("tottime").print_stats(20)


def main():
    torch.set_num_threads(1)
    for activation in ("gelu", "relu"):
        if "--profile" in sys.argv:
            profile(activation)
        else:
            compare(activation)


if __name__ == "__main__":
    main()
    sys.exit(bool(MISSED))
