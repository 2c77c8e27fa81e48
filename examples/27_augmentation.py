"""Data augmentation: of a hundred digits, many more.

A 3 moved by two pixels is still a 3.  Who trains on few examples can say so to the network, by
showing each of them a little different every time (here nn.data.transforms.RandomCrop: the picture
gets a margin, and a part of the old size is cut out at a random place).  What is told must be true:
a mirrored 3 is no 3, and a network that is shown mirrored digits learns them worse, not better.

The same network, the same ten examples of each digit, the same number of steps; only what is done
to the pictures differs.  Mean and range over several draws of the examples, on digits never seen.
"""

import matplotlib.pyplot as plt
import numpy as np
import story
from tqdm import tqdm

import nn
import nn.functional as F
import tinygrad_edu as tg
from nn.data.transforms import Compose, RandomCrop, RandomHorizontalFlip

options = story.begin(__doc__)
name, train, test = story.digits()
SEEDS, EPOCHS, EACH = (2, 80, 10) if options.quick else (5, 200, 10)


def pictures(data):
    """The digits as pictures.  Those shipped fill their 8 x 8 pixels to the edge, so that no shift
    of one is like another: they are first put at a random place of 10 x 10."""
    side = data.side
    images = data.images.reshape(-1, side, side)
    if side > 8:
        return images
    put = RandomCrop(10, padding=2)
    return tg.stack([put(image) for image in images])


train_images, test_images = pictures(train), pictures(test)
SIDE = train_images.shape[-1]
shift = RandomCrop(SIDE, padding=SIDE // 9)  # by up to three pixels, or one of ten
WAYS = {
    "as they are": lambda picture: picture,
    "shifted": shift,
    "shifted and mirrored": Compose([shift, RandomHorizontalFlip()]),
}


class Pictures(nn.data.Dataset):
    """Examples of which each picture is transformed anew whenever it is asked for."""

    def __init__(self, images, labels, transform):
        self.images, self.labels, self.transform = images, labels, transform

    def __len__(self):
        return len(self.images)

    def __getitem__(self, i):
        return self.transform(self.images[i]), self.labels[i]


def few(seed):
    """Ten examples of each digit, drawn at random: pictures and labels."""
    rng, labels = np.random.default_rng(seed), train.labels.numpy()
    chosen = [rng.choice(np.flatnonzero(labels == d), EACH, replace=False) for d in range(10)]
    places = tg.tensor(np.concatenate(chosen))
    return train_images[places], train.labels[places]


def accuracy_after_training(seed, transform):
    images, labels = few(seed)
    tg.manual_seed(seed)
    model = nn.Sequential(
        nn.Flatten(), nn.Linear(SIDE**2, 128), nn.ReLU(), nn.Dropout(0.2), nn.Linear(128, 10)
    )
    optimizer = nn.optim.Adam(model.parameters(), lr=2e-3)
    loader = nn.data.DataLoader(Pictures(images, labels, transform), batch_size=25, shuffle=True)
    for _ in range(EPOCHS):
        for x, y in loader:
            optimizer.zero_grad()
            F.cross_entropy(model(x), y).backward()
            optimizer.step()
        progress.update()
    model.eval()
    with tg.no_grad():
        return (model(test_images).argmax(1) == test.labels).float().mean().item()


# ---------------------------------------------------------------- what the network is shown

images, labels = few(seed=0)
figure, grid = plt.subplots(len(WAYS), 8, figsize=(8, 3.6))
for row, (way, transform) in zip(grid, WAYS.items(), strict=True):
    for axes in row:
        axes.imshow(transform(images[3 * EACH]).numpy(), vmin=0, vmax=1)
        axes.set(xticks=[], yticks=[])
    row[0].set_title(way, loc="left", fontsize=10)
figure.suptitle("One picture, as the network sees it in eight epochs")
story.picture(figure, "pictures")

# ---------------------------------------------------------------- what it learns from it

accuracies = {}
with tqdm(total=len(WAYS) * SEEDS * EPOCHS, unit="epoch") as progress:
    for way, transform in WAYS.items():
        accuracies[way] = np.array([accuracy_after_training(s, transform) for s in range(SEEDS)])
print(f"{name}: {10 * EACH} digits to train on, {len(test):,} to test on, {SEEDS} draws of them.")
plain, shifted, mirrored = (values.mean() for values in accuracies.values())
story.number("accuracy, the pictures as they are", plain)
story.number("accuracy, shifted", shifted)
story.number("accuracy, shifted and mirrored", mirrored)
story.number("what shifts bring", shifted - plain, at_least=0.08 if SIDE == 10 else 0.03)
story.number("what mirrors cost", shifted - mirrored, at_least=0.03)

figure, axes = plt.subplots(figsize=(6, 2.4))
for way, values in accuracies.items():
    axes.plot(values, [way] * SEEDS, "o", color="0.5", markersize=5)
    axes.plot(values.mean(), way, "|", color="black", markersize=20, markeredgewidth=2)
axes.set(xlabel="share of test digits right (dots: draws; bar: mean)", ylim=(2.5, -0.5))
axes.set_title(f"{name}, ten examples of each digit")
story.picture(figure, "accuracy")
story.end()
