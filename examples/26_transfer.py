"""Transfer learning: who has learned some digits learns others from a few examples.

A network learns to tell the digits 0 to 4 apart, from many examples.  Its last layer (the head) is
of no use for 5 to 9, but what comes before it (the body) finds strokes, arcs and corners, and the
other digits are made of them too.  So the body is kept, a new head is put on it, and with a few
examples of each of the digits 5 to 9

    1. the body is frozen, and the head alone learns: logits = W body(x) + b, with W and b new;
    2. then everything learns, much more slowly: fine-tuning.

Beside it, the same network learns from the same few examples from scratch.  The body ends with the
convolutions: layers further up know too well that there are five digits only.
"""

from copy import deepcopy

import matplotlib.pyplot as plt
import numpy as np
import story
from tqdm import tqdm

import nn
import nn.functional as F
import tinygrad_edu as tg

options = story.begin(__doc__)
name, train, test = story.digits()
DRAWS, FEW = (3, (3, 10)) if options.quick else (4, (1, 3, 10))
rng = np.random.default_rng(0)


def pictures(data, times):
    """Images (N, 1, side, side) and labels.  The digits shipped are so small and so well centred
    that little is left to learn: each is put at `times` random places of 12 x 12 pixels."""
    images, labels = data.images.reshape(-1, 1, data.side, data.side), data.labels
    if data.side == 8:
        put = nn.data.transforms.RandomCrop(12, padding=4)
        images = tg.stack([put(image) for _ in range(times) for image in images])
        labels = tg.cat([labels] * times)
    return images, labels


train, test = pictures(train, times=8), pictures(test, times=4)
SIDE = train[0].shape[-1]
EPOCHS = 6 if SIDE == 12 else 2


def task(data, digits, most):
    """The first pictures of these digits, at most so many, and their labels from 0 on."""
    images, labels = data
    places = np.flatnonzero(np.isin(labels.numpy(), digits))[:most]
    return images[places], labels[places] - digits[0]


def body():
    """Pictures (N, 1, side, side) -> (N, 32 side^2 / 16) numbers that say what is in them."""
    return nn.Sequential(
        *(nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        nn.Flatten(),
    )


def head():
    """The last layer, for five digits."""
    return nn.Linear(32 * (SIDE // 4) ** 2, 5)


def fit(model, images, labels, rate, steps):
    """Steps of Adam, each on all of a few examples; what is frozen stays."""
    optimizer = nn.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=rate)
    for _ in range(steps):
        optimizer.zero_grad()
        F.cross_entropy(model(images), labels).backward()
        optimizer.step()
    progress.update()


def accuracy(model, images, labels):
    with tg.no_grad():
        return (model(images).argmax(1) == labels).float().mean().item()


# ---------------------------------------------------------------- many examples of 0 to 4

low, high = [0, 1, 2, 3, 4], [5, 6, 7, 8, 9]
loader = nn.data.DataLoader(nn.data.TensorDataset(*task(train, low, 20000)), 64, shuffle=True)
learned = body()
model = nn.Sequential(learned, nn.Dropout(0.5), head())
optimizer = nn.optim.Adam(model.parameters(), lr=2e-3)
for _ in range(EPOCHS):
    for images, labels in tqdm(loader, desc="0 to 4", leave=False):
        optimizer.zero_grad()
        F.cross_entropy(model(images), labels).backward()
        optimizer.step()
print(f"{name}: {len(loader.dataset):,} examples of the digits 0 to 4, few of 5 to 9.")
model.eval()
story.number("accuracy on 0 to 4", accuracy(model, *task(test, low, 1000)), at_least=0.97)

# ---------------------------------------------------------------- a few of 5 to 9

images, labels = task(train, high, 60000)
unseen = task(test, high, 1000)
WAYS = ("from scratch", "a new head", "then fine-tuned")
results = {way: np.zeros((len(FEW), DRAWS)) for way in WAYS}
with tqdm(total=3 * len(FEW) * DRAWS, desc="5 to 9", unit="fit") as progress:
    for i, draw in np.ndindex(len(FEW), DRAWS):
        of_each = [np.flatnonzero(labels.numpy() == k) for k in range(5)]
        places = np.concatenate([rng.choice(of, FEW[i], replace=False) for of in of_each])
        some = images[places], labels[places]

        scratch = nn.Sequential(body(), head())
        fit(scratch, *some, rate=2e-3, steps=60)
        results["from scratch"][i, draw] = accuracy(scratch, *unseen)

        model = nn.Sequential(deepcopy(learned), head())
        model[0].requires_grad_(False)
        fit(model, *some, rate=1e-2, steps=60)
        results["a new head"][i, draw] = accuracy(model, *unseen)

        model[0].requires_grad_(True)
        fit(model, *some, rate=2e-4, steps=30)
        results["then fine-tuned"][i, draw] = accuracy(model, *unseen)

means = {way: values.mean(1) for way, values in results.items()}
print(
    f"\nAccuracy on 5 to 9, mean of {DRAWS} draws of {', '.join(map(str, FEW))} examples of each:"
)
for way, values in means.items():
    print(f"    {way:16}", *(f"{value:.3f}" for value in values))
for i, few in enumerate(FEW):
    gain = means["then fine-tuned"][i] - means["from scratch"][i]
    story.number(f"what transfer brings with {few} of each", gain, at_least=0.03 if few > 1 else 0)

figure, axes = plt.subplots(figsize=(7, 4))
for shift, (way, values) in zip((0.97, 1, 1.03), results.items(), strict=True):
    ranges = [means[way] - values.min(1), values.max(1) - means[way]]
    axes.errorbar(np.multiply(FEW, shift), means[way], ranges, capsize=4, label=way)
axes.set(xscale="log", xticks=FEW, xticklabels=FEW, title=f"{name}: 5 to 9, after 0 to 4")
axes.set(xlabel="examples of each digit", ylabel="share of test digits right (mean and range)")
axes.minorticks_off()
axes.legend()
story.picture(figure, "transfer")
story.end()
