"""Batch, stochastic and mini-batch gradient descent, on the same data from the same start.

Gradient descent takes w - rate * dL/dw for the new w.  L is the mean loss of all N examples, but
the mean over a few of them points about the same way, and costs less:

batch         all N examples for each step: one step an epoch, in exactly the right direction
stochastic    one example for each step: N steps an epoch, each in a rough direction
mini-batch    64 examples for each step: N / 64 steps an epoch

An epoch reads every example once.  Counted in epochs, many rough steps beat one exact step.
Counted in seconds, each step has its price, whatever its size: one product of 64 rows takes far
less time than 64 products of one row.  So mini-batches win where there are many examples.  Each
method has a rate that suits it: a rough direction is not to be followed far.
"""

import time

import matplotlib.pyplot as plt
import numpy as np
import story
from tqdm import tqdm

import nn
import nn.functional as F
import tinygrad_edu as tg

options = story.begin(__doc__)
source, digits, _ = story.digits()
X, y = digits.images[:10_000], digits.labels[:10_000]
N, pixels = X.shape
NAMES = ("batch", "stochastic", "mini-batch")
rates = (0.5, 0.01, 0.1) if source == "MNIST" else (0.5, 0.05, 0.5)
sizes = (N, 1, 64)
METHODS = dict(zip(NAMES, zip(sizes, rates, strict=True), strict=True))
seconds = 0.8 if options.quick else 6.0
print(f"{source}: {N:,} digits, softmax regression from {pixels} pixels to 10 classes.\n")


def batches(size, rng):
    """One epoch: the examples in a new order, so many at a time."""
    if size == N:
        yield X, y
        return
    order = rng.permutation(N)
    for start in range(0, N, size):
        rows = order[start : start + size]
        yield X[rows], y[rows]


def descend(size, rate, seconds):
    """Train for this time, reports not counted: an array of (epochs, seconds, loss of all N)."""
    model = nn.Linear(pixels, 10)
    nn.init.zeros_(model.weight)
    nn.init.zeros_(model.bias)
    optimizer = nn.optim.SGD(model.parameters(), lr=rate)
    rng = np.random.default_rng(0)
    path, seen, spent, report = [(0.0, 0.0, np.log(10))], 0, 0.0, 0
    while spent < seconds:
        start = time.perf_counter()
        for images, labels in batches(size, rng):
            optimizer.zero_grad()
            F.cross_entropy(model(images), labels).backward()
            optimizer.step()
            seen += len(images)
            if seen >= report:  # ever more rarely: the axes of the plot are logarithmic
                spent += time.perf_counter() - start
                with tg.no_grad():
                    path.append((seen / N, spent, F.cross_entropy(model(X), y).item()))
                report = max(1.15 * seen, seen + 10)
                start = time.perf_counter()
                if spent > seconds:
                    break
        spent += time.perf_counter() - start
    with tg.no_grad():
        path.append((seen / N, spent, F.cross_entropy(model(X), y).item()))
    return np.array(path)


# ---------------------------------------------------------------- the same time for each

paths = {name: descend(*how, seconds) for name, how in tqdm(METHODS.items(), unit="method")}
after_one = {name: float(np.interp(1.0, path[:, 0], path[:, 2])) for name, path in paths.items()}
print("               epochs   loss after 1 epoch   after the time is up")
for name, path in paths.items():
    print(f"{name:14} {path[-1, 0]:6.1f}   {after_one[name]:18.3f}   {path[-1, 2]:20.3f}")

final = {name: path[-1, 2] for name, path in paths.items()}
print()
for name in ("stochastic", "mini-batch"):
    ratio = after_one[name] / after_one["batch"]
    story.number(f"after one epoch: loss, {name} / batch", ratio, at_most=0.8)
path = paths["mini-batch"]
for name in ("batch", "stochastic"):
    reached = path[path[:, 2] <= final[name], 1]
    ratio = paths[name][-1, 1] / reached[0] if len(reached) else 0.0
    few = name == "batch" and source != "MNIST"  # so few that one step with all of them is cheap
    limit = {} if few else {"at_least": 1}
    story.number(f"mini-batches reach the last loss of {name} so much faster", ratio, **limit)

figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.8), sharey=True)
for name, path in paths.items():
    label = f"{name} ({METHODS[name][0]:,})"
    left.semilogx(path[1:, 0], path[1:, 2], label=label)
    right.semilogx(path[1:, 1], path[1:, 2], label=label)
left.axvline(1, color="black", linewidth=0.8, linestyle="-")
left.set(xlabel="epochs", ylabel="cross-entropy, all examples", title="Loss per epoch")
right.set(xlabel="seconds", title="Loss per second")
left.legend(title="examples for each step")
story.picture(figure, "batches")
story.end()
