"""A LeNet beside PyTorch eager: time and memory of forward and backward, on one thread.

    python benchmarks/lenet.py

Two 5x5 convolutions with pooling, three linear layers, cross-entropy, 64 images of 28x28.  Time is
compared in interleaved rounds (see `run.fastest`); memory is how far a process of each kind grows
at its peak beyond what it holds before the first step, in the middle one of five processes.
"""

import os

os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"

import subprocess
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

ROUNDS, BATCH, STEPS, PROCESSES = 25, 64, 5, 5
KINDS = [(act, pool) for act in ("ReLU", "Sigmoid") for pool in ("Avg", "Max")]


def ours(act, pool):
    import nn
    import tinygrad_edu as tg
    from nn import conv, pooling

    layers = {"Conv2d": conv.Conv2d, "Pool": getattr(pooling, f"{pool}Pool2d")}
    return step_of(nn, nn.functional, tg.tensor, layers, act)


def torchs(act, pool):
    import torch

    torch.set_num_threads(1)
    layers = {"Conv2d": torch.nn.Conv2d, "Pool": getattr(torch.nn, f"{pool}Pool2d")}
    return step_of(torch.nn, torch.nn.functional, torch.tensor, layers, act)


def step_of(nn, functional, tensor, layers, act):
    """Forward and backward for `batch` images, written the same way for both."""
    conv, pool, act = layers["Conv2d"], layers["Pool"], getattr(nn, act)
    model = nn.Sequential(
        *(conv(1, 6, 5, padding=2), act(), pool(2), conv(6, 16, 5), act(), pool(2)),
        *(nn.Flatten(), nn.Linear(400, 120), act(), nn.Linear(120, 84), act(), nn.Linear(84, 10)),
    )
    random = np.random.default_rng(0)
    x = tensor(random.random((BATCH, 1, 28, 28), np.float32))
    y = tensor(random.integers(0, 10, BATCH))

    def step(batch=BATCH):
        model.zero_grad()
        functional.cross_entropy(model(x[:batch]), y[:batch]).backward()

    return step


def kilobytes(name):
    """A number of this process's memory, as Linux counts it: VmRSS now, VmHWM at its peak."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(name)).split()[1])


def growth(which, act, pool):
    """How far this process grows over some steps; one of a single image has loaded the code."""
    step = {"ours": ours, "torch": torchs}[which](act, pool)
    step(1)
    Path("/proc/self/clear_refs").write_text("5")  # the peak is counted from here
    before = kilobytes("VmRSS")
    for _ in range(STEPS):
        step()
    return kilobytes("VmHWM") - before


def growth_apart(*which):
    def grown():
        run = [sys.executable, __file__, *which]
        return int(subprocess.run(run, capture_output=True, check=True).stdout)

    return sorted(grown() for _ in range(PROCESSES))[PROCESSES // 2] / 1024


def main():
    from benchmarks.run import MISSED, fastest, report

    for kind in KINDS:
        best = fastest({"ours": ours(*kind), "torch": torchs(*kind)}, ROUNDS, 0.05)
        grown = {which: growth_apart(which, *kind) for which in ("ours", "torch")}
        print(
            f"LeNet, {kind[0]}, {kind[1]}Pool, batch {BATCH}:",
            ", ".join(f"{w} {best[w] / 1000:.2f} ms, {grown[w]:.1f} MB" for w in best),
        )
        report("  time, ratio to PyTorch eager", best["ours"] / best["torch"], 1.0, "x")
        report("  peak memory, ratio to PyTorch eager", grown["ours"] / grown["torch"], 1.5, "x")
    return bool(MISSED)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(growth(*sys.argv[1:]))
    else:
        sys.exit(main())
