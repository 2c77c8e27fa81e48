"""MNIST with 32 hidden neurons, beside PyTorch: the same lines, the same start, the same batches.

    s = softmax(W2 sigmoid(W1 x + b1) + b2),      loss = -log s_label

784-32-10, trained by Adam on shuffled batches of 128 for 20 epochs, with a report every 2 seconds.
`train` is handed its library: tinygrad_edu with nn, or torch with torch.nn.  Both compute in
float32; each rounds in its own order, so their losses are equal to round-off at first and drift
apart slowly, as two runs on different machines do.
"""

import time

import matplotlib.pyplot as plt
import numpy as np
import story
from tqdm import tqdm

import nn
import tinygrad_edu as tg

try:
    import torch

    torch.set_num_threads(1)
except ImportError:
    torch = None

options = story.begin(__doc__)
name, training, testing = story.digits()
small = name != "MNIST"
epochs, batch, rate, seeds = (10, 16, 5e-3, 2) if small else (20, 128, 1e-3, 5)
(X, Y), (X_test, Y_test) = (  # pixels (N, 784) in float32, labels (N,)
    (data.images.numpy(), data.labels.numpy()) for data in (training, testing)
)


def network(nn):
    """784-32-10; softmax is part of the loss."""
    return nn.Sequential(nn.Linear(X.shape[1], 32), nn.Sigmoid(), nn.Linear(32, 10))


def starting_parameters(seed):
    """As in the source: weights uniform in +-sqrt(6 / (inputs + outputs)) (Glorot), biases 0."""
    tg.manual_seed(seed)
    net = network(nn)
    for layer in (net[0], net[2]):
        nn.init.xavier_uniform_(layer.weight)
        nn.init.zeros_(layer.bias)
    return {path: p.numpy() for path, p in net.state_dict().items()}


def train(lib, nn, optim, start, seed):
    """Losses of all batches, test accuracy before and after, seconds."""
    net = network(nn)
    net.load_state_dict({path: lib.from_numpy(p.copy()) for path, p in start.items()})
    optimizer = optim.Adam(net.parameters(), lr=rate)
    x, y, x_test, y_test = map(lib.from_numpy, (X, Y, X_test, Y_test))

    def accuracy():
        with lib.no_grad():
            return (net(x_test).argmax(1) == y_test).float().mean().item()

    rng, losses, before = np.random.default_rng(seed), [], accuracy()
    begin = report = time.perf_counter()
    for epoch in tqdm(range(epochs), unit="epoch", leave=False):
        order = lib.from_numpy(rng.permutation(len(x)))
        for rows in order.split(batch):
            loss = nn.functional.cross_entropy(net(x[rows]), y[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
            if (now := time.perf_counter()) > report + 2:
                tqdm.write(f"  {now - begin:5.1f} s, epoch {epoch + 1:2}: {accuracy():.4f}")
                report = now
    return losses, before, accuracy(), time.perf_counter() - begin


# ---------------------------------------------------------------- ours, seed by seed

runs = []
for seed in range(seeds):
    print(f"tinygrad_edu, seed {seed}:")
    runs.append(train(tg, nn, nn.optim, starting_parameters(seed), seed))
    print(f"  accuracy {runs[-1][1]:.4f} before, {runs[-1][2]:.4f} after {runs[-1][3]:.2f} s")
losses, before, after, seconds = runs[0]
source = (None, None, None) if small else (0.1247, 0.9613, 25.97)
print()
story.number("test accuracy before training, seed 0", before, source=source[0], at_most=0.3)
story.number(
    f"test accuracy on {name} after {epochs} epochs, mean of {seeds} seeds",
    np.mean([run[2] for run in runs]),
    source=source[1],
    at_least=0.93 if small else 0.958,
)
story.number("lowest of them", min(run[2] for run in runs))
story.number("highest of them", max(run[2] for run in runs))
story.number("seconds, mean", np.mean([run[3] for run in runs]), source=source[2])

# ---------------------------------------------------------------- PyTorch, from the same start

if torch is None:
    print("PyTorch is not installed: pip install 'tinygrad_edu[oracle]'")
    story.end()
print("\nPyTorch, seed 0:")
theirs = train(torch, torch.nn, torch.optim, starting_parameters(0), 0)
print(f"  accuracy {theirs[1]:.4f} before, {theirs[2]:.4f} after {theirs[3]:.2f} s\n")
gap = np.abs(np.array(losses) - theirs[0]) / theirs[0]
same = int(np.argmax(gap > 1e-5)) if (gap > 1e-5).any() else len(gap)
story.number("test accuracy, seed 0", after, source=f"PyTorch {theirs[2]:.4f}")
story.number("seconds, seed 0", seconds, source=f"PyTorch {theirs[3]:.2f}")
story.number(
    f"steps of {len(gap)} with losses equal to 1e-5 (at least an epoch)",
    same,
    at_least=len(gap) // epochs,
)
story.number("accuracy apart from PyTorch's", abs(after - theirs[2]), at_most=0.01)


def by_epoch_of(values):
    """A row for each epoch."""
    return np.reshape(values, (epochs, -1))


figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.8))
for label, run, time_taken in [
    ("tinygrad_edu", losses, seconds),
    ("PyTorch", theirs[0], theirs[3]),
]:
    left.plot(time_taken * np.arange(1, epochs + 1) / epochs, by_epoch_of(run).mean(1), label=label)
left.set(xlabel="time (s)", ylabel="cross-entropy, mean of an epoch", yscale="log")
left.legend()
by_epoch = by_epoch_of(gap)
right.plot(range(1, epochs + 1), by_epoch.max(1), label="largest of an epoch")
right.plot(range(1, epochs + 1), np.median(by_epoch, 1), label="median of an epoch")
right.axhline(np.finfo(np.float32).eps, color="black", linestyle=":", label="float32's epsilon")
right.set(xlabel="epoch", ylabel="|loss - PyTorch's| / PyTorch's", yscale="log")
right.xaxis.get_major_locator().set_params(integer=True)
right.legend()
story.picture(figure, "beside_pytorch")
story.end()
