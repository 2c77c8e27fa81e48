"""Fit a surface: a net of five neurons learns 1 - |x|^2 on the unit square, as a folded sheet.

The net maps (x1, x2) to W2 relu(W1 x + b1) + b2, 2-5-1.  `train` minimises the mean of |y - t|^2 by
stochastic gradient descent: at each iteration it draws a batch of the observations, with
replacement, and takes one step, W <- W - rate dC/dW, against the batch's mean gradient.

Weights start standard normal, so what is reached depends on the seed.  A neuron that is zero on the
whole square has no gradient, and stays dead.  The source shows one run; here are ten.
"""

from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import story
from tqdm import tqdm

import nn
import tinygrad_edu as tg

options = story.begin(__doc__)
SEEDS = 3 if options.quick else 10
ITERATIONS = 2_000 if options.quick else 10_000


def start(architecture, activation):
    """A network that maps between these dimensions, with standard normal weights and biases 0.1."""
    layers = []
    for inputs, outputs in pairwise(architecture):
        layer = nn.Linear(inputs, outputs)
        nn.init.normal_(layer.weight)
        nn.init.constant_(layer.bias, 0.1)
        layers += [layer, activation()]
    return nn.Sequential(*layers[:-1])  # nothing after the last map


def train(architecture, activation, observations, batch_size, learning_rate, iterations):
    """A network fitted to the observations (x, t) by stochastic gradient descent."""
    x, t = observations
    net = start(architecture, activation)
    optimizer = nn.optim.SGD(net.parameters(), lr=learning_rate)
    for _ in range(iterations):
        batch = tg.randint(len(x), (batch_size,))
        cost = nn.functional.mse_loss(net(x[batch]), t[batch])
        optimizer.zero_grad()
        cost.backward()
        optimizer.step()
    return net


def distance(net, x, t):
    """The mean squared distance between what the net says and the targets."""
    with tg.no_grad():
        return ((net(x) - t) ** 2).sum(1).mean().item()


def surface(x):
    """The function to learn: 1 - |x|^2."""
    return 1 - (x * x).sum(1, keepdim=True)


# ---------------------------------------------------------------- ten runs, at two rates

runs = {0.005: [], 0.05: []}  # by rate: (distance, net) of each seed; the source's rate is 0.005
for seed in tqdm(range(SEEDS), unit="seed"):
    for rate in runs:
        tg.manual_seed(seed)
        x = tg.rand(1000, 2)
        net = train([2, 5, 1], nn.ReLU, (x, surface(x)), 100, rate, ITERATIONS)
        runs[rate].append((distance(net, x, surface(x)), net))

reached = {rate: np.array([d for d, _ in runs[rate]]) for rate in runs}
for rate in runs:
    print(f"rate {rate}, the seeds in order:", *(f"{d:.5f}" for d in np.sort(reached[rate])))
slow, fast = reached[0.005], reached[0.05]
if options.quick:
    story.number("mean squared distance at rate 0.05, median", np.median(fast), at_most=0.01)
else:
    what, source = "mean squared distance after 10,000 iterations", 0.00343
    story.number(f"{what}, best of 10 seeds", slow.min(), source=source, at_most=source)
    story.number("  the median seed", np.median(slow), source=source)
    story.number("  the share of seeds at most at the source's", np.mean(slow <= source))
    story.number(
        "  the median seed at ten times the rate", np.median(fast), source=source, at_most=source
    )
flat = ((surface(x) - surface(x).mean()) ** 2).mean().item()
story.number("  beside it, that of the best constant", flat, at_least=0.1)

# ---------------------------------------------------------------- pictures

# The sheet is folded where a neuron's W1 x + b1 crosses 0: on at most five straight lines.
_, net = min(runs[0.005], key=lambda run: run[0])
side = np.linspace(0, 1, 81, dtype=np.float32)
x1, x2 = np.meshgrid(side, side)
square = tg.tensor(np.stack([x1.ravel(), x2.ravel()], 1))


def crease(w, b):
    """Points of the line w . x + b = 0 in the unit square."""
    if abs(w[0]) > abs(w[1]):
        return crease(w[::-1], b)[:, ::-1]
    points = np.stack([side, -(b + w[0] * side) / w[1]], 1)
    return points[(points[:, 1] >= 0) & (points[:, 1] <= 1)]


heights = {"1 - |x|²": surface(square), "the net, its creases in black": net(square).detach()}
figure = plt.figure(figsize=(10, 4.6))
for i, (title, height) in enumerate(heights.items()):
    axes = figure.add_subplot(1, 2, i + 1, projection="3d", computed_zorder=False)
    axes.plot_surface(
        x1, x2, height.numpy().reshape(x1.shape), cmap="cividis", rcount=40, ccount=40
    )
    axes.set(title=title, xlabel="x1", ylabel="x2", zlabel="height", zlim=(-1, 1))
    axes.set_box_aspect(None, zoom=0.9)
    axes.view_init(elev=32, azim=40)
for w, b in zip(net[0].weight.detach().numpy(), net[0].bias.detach().numpy(), strict=True):
    line = crease(w, b)
    if len(line):
        on_sheet = net(tg.tensor(line.copy())).detach().numpy()[:, 0]
        axes.plot(line[:, 0], line[:, 1], on_sheet + 0.01, "k-", linewidth=1.5)
story.picture(figure, "surface")

figure, axes = plt.subplots(figsize=(6, 3))
for row, (rate, marker) in enumerate(zip(runs, "os", strict=True)):
    axes.plot(reached[rate], [row] * SEEDS, marker, alpha=0.6, label=f"rate {rate}")
axes.axvline(0.00343, color="black", label="the source's run, at 0.005")
axes.set(
    xscale="log", xlabel="mean squared distance, one mark for each seed", yticks=[], ylim=(-1, 2)
)
figure.legend(loc="outside upper center", ncols=3, fontsize="small")
story.picture(figure, "seeds")
story.end()
