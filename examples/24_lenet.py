"""LeNet: filters that slide over the picture, so that a stroke is found wherever it stands.

A convolution has a small filter W and lays it on every place of the picture x:

    y[i, j] = b + sum_{u, v} W[u, v] x[i + u, j + v]

One filter has 25 weights here, however large the picture; pooling then keeps the largest number of
each 2 x 2 places.  LeNet (LeCun et al., 1998) does both twice, then has three linear layers:

    1 x 28 x 28  -conv-> 6 x 28 x 28  -pool-> 6 x 14 x 14  -conv-> 16 x 10 x 10  -pool-> 16 x 5 x 5
                 -> 400 -> 120 -> 84 -> 10
"""

import matplotlib.pyplot as plt
import numpy as np
import story
from tqdm import tqdm

import nn
import tinygrad_edu as tg

options = story.begin(__doc__)
name, train, test = story.digits()
side = train.side
small = side == 8  # on Digits the second filter is 3 x 3 within a border: 16 x 2 x 2 are left

features = nn.Sequential(
    nn.Unflatten(1, (1, side, side)),
    nn.Conv2d(1, 6, 5, padding=2),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Conv2d(6, 16, 3, padding=1) if small else nn.Conv2d(6, 16, 5),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Flatten(),
)
head = nn.Sequential(
    nn.Linear(64 if small else 400, 120),
    nn.ReLU(),
    nn.Linear(120, 84),
    nn.ReLU(),
    nn.Linear(84, 10),
)
net = nn.Sequential(features, head)
print(nn.summary(net, train.images[:1]))

# ---------------------------------------------------------------- two epochs, at a rate that rises
# and falls (on Digits, which are few, more epochs)

epochs = 25 if small else 2
loader = nn.data.DataLoader(train, batch_size=64, shuffle=True)
optimizer = nn.optim.Adam(net.parameters())
schedule = nn.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=epochs * len(loader))
losses = []
with tqdm(total=epochs * len(loader), unit="step", desc="training") as progress:
    for _ in range(epochs):
        for images, labels in loader:
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(net(images), labels)
            loss.backward()
            optimizer.step()
            schedule.step()
            losses.append(loss.item())
            progress.update()

net.eval()
with tg.no_grad():
    batches = nn.data.DataLoader(test, batch_size=500)
    guesses = tg.cat([net(images).argmax(1) for images, _ in batches]).numpy()
truth = test.labels.numpy()
least = 0.96 if small else 0.985
what = f"accuracy on the test set of {name} after {epochs} epochs"
story.number(what, (guesses == truth).mean(), at_least=least)

# ---------------------------------------------------------------- what it learnt to look for

filters = features[1].weight.detach().numpy()[:, 0]
picture = test.images[int(np.flatnonzero(truth == 4)[0])].reshape(1, -1)
with tg.no_grad():
    maps = features[:3](picture)[0].numpy()  # after the first convolution and its ReLU
    deep = features[:6](picture)[0].numpy()  # after the second
figure, axes = plt.subplots(4, 8, figsize=(9, 4.9))
for ax in axes.flat:
    ax.set_axis_off()
most = np.abs(filters).max()
axes[0, 0].imshow(picture.numpy().reshape(side, side))
axes[0, 0].set_title("a digit", fontsize=9)
for k in range(6):
    shown = axes[0, k + 2].imshow(filters[k], cmap="cividis", vmin=-most, vmax=most)
    axes[0, k + 2].set_title(f"filter {k + 1}", fontsize=9)
    axes[1, k + 2].imshow(maps[k], vmin=0, vmax=maps.max())
    axes[1, k + 2].set_title(f"its map {k + 1}", fontsize=9)
for k in range(16):
    ax = axes[2 + k // 8, k % 8]
    ax.imshow(deep[k], vmin=0, vmax=deep.max())
    ax.set_title(f"2nd layer, {k + 1}", fontsize=9)
figure.colorbar(shown, ax=axes[:2], label="weight", shrink=0.9)
story.picture(figure, "filters_and_maps")

# ---------------------------------------------------------------- where it errs

confusion = np.zeros((10, 10), int)
np.add.at(confusion, (truth, guesses), 1)
errors = confusion * (1 - np.eye(10, dtype=int))
story.number("digits it got wrong", errors.sum(), at_most=round((1 - least) * len(test)))
figure = plt.figure(figsize=(10, 4.6))
table, some = figure.subfigures(1, 2, width_ratios=[1.2, 1])
ax = table.subplots()
ax.imshow(np.where(errors, errors, np.nan), cmap="cividis_r", vmin=0)
for i, j in np.argwhere(errors):
    colour = "white" if errors[i, j] > errors.max() / 2 else "black"
    ax.text(j, i, errors[i, j], ha="center", va="center", color=colour, fontsize=9)
ax.grid(False)
ax.set(xlabel="read as", ylabel="digit", xticks=range(10), yticks=range(10))
table.suptitle(f"The {errors.sum()} errors of {len(test):,}")
wrong = np.flatnonzero(guesses != truth)[:12]
some.suptitle(f"The first {len(wrong)}: digit, and what it was read as")
for k, i in enumerate(wrong):
    ax = some.add_subplot(3, 4, k + 1)
    ax.imshow(test.images[int(i)].numpy().reshape(side, side))
    ax.set_title(f"{truth[i]}, {guesses[i]}", fontsize=9)
    ax.set_axis_off()
story.picture(figure, "errors")
story.end()
