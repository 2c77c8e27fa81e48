"""Vanishing and exploding gradients: seen layer by layer, and cured.

In a network of layers h_i = f(W_i h_{i-1} + b_i), backpropagation multiplies one matrix a layer:

    dL/dh_{i-1} = W_i' diag(f'(z_i)) dL/dh_i.

From the last of twelve layers to the first it passes eleven such factors.  If each is a seventh,
the first layer gets 7^-11 = 5e-10 of it and learns nothing; if each is 1.5, it gets 86 times as
much.  The sigmoid shrinks gradients, for its slope is at most 1/4.  The cures bring the factor back
to about 1: ReLU, of slope 1 or 0, with weights of variance 2/n to make up for the zeros (He et al.,
2015); normalisation of z (Ioffe and Szegedy, 2015); residual connections h + f(h), whose factor is
the identity and a little more (He et al., 2016).  Against gradients that explode, their norm is
clipped before each step (Pascanu, Mikolov and Bengio, 2013).
"""

from itertools import chain, islice, repeat

import matplotlib.pyplot as plt
import numpy as np
import story
from tqdm import tqdm

import nn
import nn.functional as F
import tinygrad_edu as tg

options = story.begin(__doc__)
DEPTH, WIDTH, STEPS = 12, 64, 400 if options.quick else 600
train, test = nn.data.Digits(), nn.data.Digits(train=False)
mean, std = train.images.mean(), train.images.std()
some, their_labels = (train.images[:256] - mean) / std, train.labels[:256]


class Residual(nn.Module):
    """h + f(h)."""

    def __init__(self, f):
        super().__init__()
        self.f = f

    def forward(self, h):
        return h + self.f(h)


def linear(spread=None):
    """W h + b of 64 numbers; W normal with variance spread^2 / 64, or as PyTorch starts it."""
    layer = nn.Linear(WIDTH, WIDTH)
    if spread is not None:
        nn.init.normal_(layer.weight, std=spread / WIDTH**0.5)
        nn.init.zeros_(layer.bias)
    return layer


BLOCKS = {
    "sigmoid": lambda: nn.Sequential(linear(), nn.Sigmoid()),
    "ReLU, He": lambda: nn.Sequential(linear(2**0.5), nn.ReLU()),
    "sigmoid, normalised": lambda: nn.Sequential(linear(), nn.BatchNorm1d(WIDTH), nn.Sigmoid()),
    "sigmoid, residual": lambda: Residual(nn.Sequential(linear(), nn.Sigmoid())),
    "ReLU, weights too large": lambda: nn.Sequential(linear(1.5 * 2**0.5), nn.ReLU()),
}


def network(name, depth=DEPTH):
    tg.manual_seed(0)
    return nn.Sequential(*[BLOCKS[name]() for _ in range(depth)], nn.Linear(WIDTH, 10))


def gradient_by_layer(net):
    """The norm of dL/dh_i for i = 1, ..., 12, where L is the loss of 256 digits."""
    h, outputs = some, []
    for block in net[:-1]:
        h = block(h)
        h.retain_grad()
        outputs.append(h)
    F.cross_entropy(net[-1](h), their_labels).backward()
    return np.array([h.grad.norm().item() for h in outputs])


def fit(net, clip=None):
    """Plain gradient descent, until the loss blows up: the losses, and the accuracy on the test."""
    optimizer = nn.optim.SGD(net.parameters(), lr=0.05)
    loader = nn.data.DataLoader(train, batch_size=64, shuffle=True)
    losses = []
    for images, labels in islice(chain.from_iterable(repeat(loader)), STEPS):
        optimizer.zero_grad()
        loss = F.cross_entropy(net((images - mean) / std), labels)
        losses.append(loss.item())
        if loss.item() > 1e4:
            break
        loss.backward()
        if clip is not None:
            nn.utils.clip_grad_norm_(net.parameters(), clip)
        optimizer.step()
        progress.update()
    net.eval()
    with tg.no_grad():
        right = net((test.images - mean) / std).argmax(1) == test.labels
    return losses, right.float().mean().item()


# ---------------------------------------------------------------- the gradient of each layer

norms = {name: gradient_by_layer(network(name)) for name in BLOCKS}
shares = {name: norm[0] / norm[-1] for name, norm in norms.items()}
print("Before training, the norm of dL/dh_1 over that of dL/dh_12:")
story.number("sigmoid", shares["sigmoid"], at_most=1e-7)
for name in ("ReLU, He", "sigmoid, normalised", "sigmoid, residual"):
    story.number(name, shares[name], at_least=0.2, at_most=5)
story.number("ReLU, weights half as large again", shares["ReLU, weights too large"], at_least=30)

for name in ("sigmoid", "ReLU, He"):
    net = network(name, depth=5)
    with tg.viz.observe():
        loss = F.cross_entropy(net(some), their_labels)
    story.picture(tg.viz.draw(loss, net, gradients=True), f"flow_{name[:4].lower()}")

# ---------------------------------------------------------------- what the first layer can learn

results = {}
with tqdm(desc="training", unit="step") as progress:
    for name in BLOCKS:
        results[name] = fit(network(name))
    results["the same, clipped"] = fit(network("ReLU, weights too large"), clip=5)

print(f"\nThe accuracy on the test after {STEPS} steps of gradient descent, rate 0.05:")
story.number("sigmoid: it guesses", results["sigmoid"][1], at_most=0.2)
for name in ("ReLU, He", "sigmoid, normalised", "sigmoid, residual"):
    story.number(name, results[name][1], at_least=0.9)
steps = len(results["ReLU, weights too large"][0])
story.number("ReLU, weights too large: the loss blows up at step", steps, at_most=10)
clipped = results["the same, clipped"][1]
story.number("the same, gradients clipped to a norm of 5", clipped, at_least=0.85)

figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4))
layers = range(1, DEPTH + 1)
for name, (losses, _) in results.items():
    left.plot(layers, norms.get(name, [np.nan] * DEPTH), marker="o", markersize=3)
    smooth = [np.mean(losses[max(0, k - 15) : k + 1]) for k in range(len(losses))]
    right.plot(smooth, label=name)
left.set(
    title="Before training",
    xlabel="layer i (1 is the first)",
    ylabel="norm of dL/dh_i",
    yscale="log",
)
right.set(title="Training", xlabel="step", ylabel="cross-entropy, mean of 16 steps")
right.set(yscale="log", ylim=(1e-4, 1e4))
figure.legend(*right.get_legend_handles_labels(), loc="outside lower center", ncols=3)
story.picture(figure, "gradients_by_layer")
story.end()
