"""Growth: forward and backward against the number of nodes, and against the batch size.

    python -m benchmarks.growth         prints the seconds of each size as JSON (a minute)

Both should be linear.  A test counts Python's calls in place of time (tests/test_benchmarks.py).
"""

import gc
import json
import sys
import time

import numpy as np

import nn
import tinygrad_edu as tg

NODES = (10**2, 10**3, 10**4, 10**5, 10**6)
BATCHES = (1, 4, 16, 64, 256, 1024, 4096)


def straight(nodes):
    """A chain: each node has one input."""
    x = y = tg.tensor(1.0, requires_grad=True)
    for _ in range(nodes):
        y = y + 1.0
    y.backward()
    return x.grad


def wide(nodes):
    """Half of the nodes side by side, and their sum."""
    x = tg.tensor(1.0, requires_grad=True)
    sum((x * 2.0 for _ in range(nodes // 2)), x).backward()
    return x.grad


def step_of(batch):
    """Forward and backward of 784-32-10 at a batch size."""
    tg.manual_seed(0)
    net = nn.Sequential(nn.Linear(784, 32), nn.Sigmoid(), nn.Linear(32, 10))
    x, y = tg.rand(batch, 784), tg.randint(0, 10, (batch,))

    def step():
        net.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()

    return step


def calls(f, *args):
    """How many functions f calls, in Python and in C: no clock, so the same on any machine."""
    count = 0

    def profile(_frame, event, _argument):
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        f(*args)
    finally:
        sys.setprofile(before)
    return count


def slope(sizes, values):
    """The exponent of growth between the first size and the last: 1 is linear."""
    return float(np.log(values[-1] / values[0]) / np.log(sizes[-1] / sizes[0]))


def seconds(f, *args, repeats=3):
    """The processor's time of a call: the least of some."""
    least = float("inf")
    for _ in range(repeats):
        gc.collect()
        begin = time.process_time()
        f(*args)
        least = min(least, time.process_time() - begin)
    return least


def measure():
    """Seconds by size: {what: {size: seconds}}."""
    found = {f.__name__: {n: seconds(f, n) for n in NODES} for f in (straight, wide)}
    found["batch"] = {}
    for batch in BATCHES:
        step = step_of(batch)
        step()
        found["batch"][batch] = seconds(step, repeats=20)
    return found


if __name__ == "__main__":
    print(json.dumps(measure()))
