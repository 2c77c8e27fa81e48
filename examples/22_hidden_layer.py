"""A hidden layer on the digits, with the recurrence that carries the error back through it.

Layer l maps a_{l-1} to z_l = W_l a_{l-1} + b_l and bends it, a_l = sigma(z_l), sigma the sigmoid.
The cost of one digit is the mean squared error of the outputs, C = 1/10 |a_L - t|^2, where t is 1
at the digit and 0 elsewhere.  The error of a layer is the row delta_l = dC/dz_l:

    delta_L = 2/10 (a_L - t)' diag(sigma'(z_L))               in the last layer
    delta_l = delta_{l+1} W_{l+1} diag(sigma'(z_l))           in each one before it
    dC/dW_l = delta_l' a_{l-1}'        dC/db_l = delta_l      which is all that learning needs

Those few lines are backpropagation, and `backward()` is the same for any record of operations.
"""

from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import story
from tqdm import tqdm

import nn
import tinygrad_edu as tg

options = story.begin(__doc__)
name, train, test = story.digits()
pixels = train.images.shape[1]


def network(hidden):
    return nn.Sequential(
        nn.Linear(pixels, hidden), nn.Sigmoid(), nn.Linear(hidden, 10), nn.Sigmoid()
    )


def one_hot(digits):
    return nn.functional.one_hot(digits, 10).float()


# ---------------------------------------------------------------- the recurrence, in NumPy


def sigma(z):
    return 1 / (1 + np.exp(-z))


def gradients(Ws, bs, a, t):
    """dC/dW_l and dC/db_l of all layers, for a batch: its digits are the rows of a and t."""
    zs, activations = [], [a]
    for W, b in zip(Ws, bs, strict=True):
        zs.append(activations[-1] @ W.T + b)
        activations.append(sigma(zs[-1]))
    slopes = [sigma(z) * (1 - sigma(z)) for z in zs]  # sigma'(z_l); diag(v) scales the columns
    delta = 2 * (activations[-1] - t) / t.size * slopes[-1]
    rows = []
    for layer in reversed(range(len(Ws))):
        rows.append((delta.T @ activations[layer], delta.sum(0)))
        if layer > 0:
            delta = delta @ Ws[layer] * slopes[layer - 1]
    return rows[::-1]


# With one hidden layer and with three, from the same numbers, in float64.
x, t = train.images[:100].double(), one_hot(train.labels[:100]).double()
for sizes in ([pixels, 30, 10], [pixels, 40, 30, 20, 10]):
    layers = [nn.Linear(n, m, dtype=tg.float64) for n, m in pairwise(sizes)]
    net = nn.Sequential(*[part for layer in layers for part in (layer, nn.Sigmoid())])
    nn.functional.mse_loss(net(x), t).backward()
    Ws = [layer.weight.detach().numpy() for layer in layers]
    bs = [layer.bias.detach().numpy() for layer in layers]
    by_hand = gradients(Ws, bs, x.numpy(), t.numpy())
    furthest = max(
        np.abs(ours - parameter.grad.numpy()).max() / np.abs(ours).max()
        for layer, pair in zip(layers, by_hand, strict=True)
        for ours, parameter in zip(pair, (layer.weight, layer.bias), strict=True)
    )
    what = "-".join(map(str, sizes))
    story.number(f"{what}: recurrence and backward(), difference", furthest, at_most=1e-12)

# ---------------------------------------------------------------- learning

net = network(hidden=100)
optimizer = nn.optim.Adam(net.parameters(), lr=1e-2)
epochs = 10 if name == "MNIST" else 60
loader = nn.data.DataLoader(train, batch_size=64, shuffle=True)
schedule = nn.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs * len(loader))
costs, right = [], []
progress = tqdm(total=epochs * len(loader), unit="step", desc="training")
for _ in range(epochs):
    total = 0.0
    for images, digits in loader:
        optimizer.zero_grad()
        cost = nn.functional.mse_loss(net(images), one_hot(digits))
        cost.backward()
        optimizer.step()
        schedule.step()
        total += cost.item() * len(images)
        progress.update()
    costs.append(total / len(train))
    with tg.no_grad():
        right.append((net(test.images).argmax(1) == test.labels).float().mean().item())
progress.close()
story.number(f"mean squared error on {name}, last epoch", costs[-1], at_most=0.006)
least = 0.97 if name == "MNIST" else 0.95
story.number("accuracy on the test set", right[-1], at_least=least)

figure, (left, right_of_it) = plt.subplots(1, 2, figsize=(9, 3.3))
rounds = range(1, epochs + 1)
left.plot(rounds, costs)
left.set(xlabel="epoch", ylabel="mean squared error", yscale="log", title="Cost, in training")
right_of_it.plot(rounds, right)
right_of_it.set(xlabel="epoch", ylabel="share that is right", title="Accuracy on the test set")
story.picture(figure, "learning")

# ---------------------------------------------------------------- what the hidden neurons look for

figure, axes = plt.subplots(4, 8, figsize=(8, 4.2))
weights = net[0].weight.detach().numpy().reshape(-1, train.side, train.side)
most = np.quantile(np.abs(weights[:32]), 0.995)  # a few are larger
for ax, picture in zip(axes.flat, weights, strict=False):
    shown = ax.imshow(picture, cmap="cividis", vmin=-most, vmax=most)
    ax.set_axis_off()
figure.colorbar(shown, ax=axes, label="weight of the pixel", extend="both")
figure.suptitle("The first 32 of 100 hidden neurons")
story.picture(figure, "hidden_neurons")
story.end()
