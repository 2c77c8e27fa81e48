"""Fit a surface: a net of five neurons learns 1 - |x|^2 on the unit square, as a folded sheet.

The net maps (x1, x2) to W2 relu(W1 x + b1) + b2, 2-5-1.  `train` minimises the mean of |y - t|^2 by
stochastic gradient descent: at each iteration it draws a batch of the observations, with
replacement, and takes one step, W <- W - rate dC/dW, against the batch's mean gradient.

Weights start standard normal, so what is reached depends on the seed.  A neuron that is zero on the
whole square at the start has no gradient, and stays dead.  The text shows one run; here are ten.
"""

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
    for inputs, outputs in zip(architecture[:-1], architecture[1:], strict=True):
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

rates = [0.005, 0.05]
reached = {rate: [] for rate in rates}
nets = []
for seed in tqdm(range(SEEDS), unit="seed"):
    for rate in rates:
        tg.manual_seed(seed)
        x = tg.rand(1000, 2)
        net = train([2, 5, 1], nn.ReLU, (x, surface(x)), 100, rate, ITERATIONS)
        reached[rate].append(distance(net, x, surface(x)))
        nets.append(net)
flat = surface(x).var(correction=0).item()  # of the best constant, which learns nothing

for rate in rates:
    print(f"rate {rate}, by seed:", *(f"{d:.5f}" for d in sorted(reached[rate])))
best, median = min(reached[0.005]), np.median(reached[0.005]).item()
if options.quick:
    story.number("mean squared distance, median at rate 0.05", np.median(reached[0.05]), at_most=0.01)
else:
    goal = 0.00343
    share = np.mean([d <= goal for d in reached[0.005]]).item()
    story.number("mean squared distance at the text's rate 0.005, best of 10 seeds", best,
                 text=goal, at_most=goal)  # fmt: skip
    story.number("  the median seed", median, text=goal)
    story.number("  the share of seeds that reach the text's", share, text="one seed")
    story.number("mean squared distance at rate 0.05, median of 10 seeds",
                 np.median(reached[0.05]).item(), text=goal, at_most=goal)  # fmt: skip
story.number("mean squared distance of the best constant", flat, at_least=0.1)
