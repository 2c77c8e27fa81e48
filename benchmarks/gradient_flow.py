"""What does `viz.gradient_flow` cost?  A training step with and without it, by turns.

The net is 784-256-128-10 at batch 128.  Times are of the processor, in microseconds, the best of
many; the ratio is to stay under 1.05 on a machine that does nothing else.

    OPENBLAS_NUM_THREADS=1 python benchmarks/gradient_flow.py
"""

import time

import nn
import nn.functional as F
import tinygrad_edu as tg
from nn import optim

ROUNDS, STEPS = 60, 5
WAYS = ("without", "by its own hooks", "by the optimizer")


def stepping(way, kind):
    """A function that takes one step, and the recorder, which must be kept."""
    tg.manual_seed(0)
    net = nn.Sequential(
        nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10)
    )
    optimizer = kind(net.parameters(), lr=1e-3)
    x, y = tg.randn(128, 784), tg.randint(0, 10, (128,))
    attached = {"by its own hooks": (net,), "by the optimizer": (net, optimizer)}.get(way)
    flow = tg.viz.gradient_flow(*attached) if attached else None

    def step():
        optimizer.zero_grad()
        F.cross_entropy(net(x), y).backward()
        optimizer.step()

    return step, flow


def time_of(step):
    start = time.thread_time()
    for _ in range(STEPS):
        step()
    return (time.thread_time() - start) / STEPS * 1e6


def main():
    print(f"{'':10}" + "".join(f"{way:>20}" for way in WAYS))
    for kind in (optim.SGD, optim.Adam):
        steps = {way: stepping(way, kind) for way in WAYS}
        best = dict.fromkeys(WAYS, float("inf"))
        for _ in range(ROUNDS):
            for way, (step, _) in steps.items():
                best[way] = min(best[way], time_of(step))
        least = best["without"]
        words = (f"{best[way]:12.0f}, {best[way] / least:5.3f}" for way in WAYS)
        print(f"{kind.__name__:10}" + " ".join(words))


if __name__ == "__main__":
    main()
