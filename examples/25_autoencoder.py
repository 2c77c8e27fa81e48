"""An autoencoder: a net that must say again what it was told, through a narrow middle.

The encoder squeezes a picture x into a few numbers, its code; the decoder makes a picture of them:

    code = encoder(x)        x' = decoder(code)        loss = mean (x' - x)^2

No label is used.  With linear maps only, the best that can be done is known: principal component
analysis (PCA), the projection on the k directions in which the pictures differ most,

    x' = m + V_k V_k' (x - m),     V_k the first k columns of V in X - m = U S V'.

With layers that bend, the code need not be a plane through the pictures: it can follow them.
"""

import matplotlib.pyplot as plt
import story
from tqdm import tqdm

import nn
import tinygrad_edu as tg

options = story.begin(__doc__)
name, train, test = story.digits()
pixels, side = train.images.shape[1], train.side
epochs = 12 if name == "MNIST" else 60


class Autoencoder(nn.Module):
    """Down to a code of so many numbers, and back."""

    def __init__(self, code, hidden=(128, 64)):
        super().__init__()
        wide, middle = hidden
        self.encoder = nn.Sequential(
            nn.Linear(pixels, wide), nn.ReLU(), nn.Linear(wide, middle), nn.ReLU(),
            nn.Linear(middle, code), nn.Tanh(),  # so that codes lie between -1 and 1
        )  # fmt: skip
        self.decoder = nn.Sequential(
            nn.Linear(code, middle), nn.ReLU(), nn.Linear(middle, wide), nn.ReLU(),
            nn.Linear(wide, pixels),
        )  # fmt: skip

    def forward(self, x):
        return self.decoder(self.encoder(x))


def trained(code):
    """An autoencoder that has seen the training set `epochs` times."""
    net = Autoencoder(code)
    optimizer = nn.optim.Adam(net.parameters())
    loader = nn.data.DataLoader(train, batch_size=256 if name == "MNIST" else 32, shuffle=True)
    schedule = nn.optim.lr_scheduler.OneCycleLR(optimizer, 5e-3, total_steps=epochs * len(loader))
    with tqdm(total=epochs * len(loader), unit="step", desc=f"code of {code}") as progress:
        for _ in range(epochs):
            for images, _ in loader:
                optimizer.zero_grad()
                nn.functional.mse_loss(net(images), images).backward()
                optimizer.step()
                schedule.step()
                progress.update()
    return net


mean = train.images.mean(0)
centred = train.images - mean
# The columns of V are the eigenvectors of (X - m)'(X - m), the largest eigenvalue last.
V = tg.linalg.eigh(centred.T @ centred)[1].flip(1)


def pca(x, k):
    """The pictures from their first k principal components."""
    return mean + (x - mean) @ V[:, :k] @ V[:, :k].T


# ---------------------------------------------------------------- errors, on the test set

again = {"original": test.images}
for code in (2, 16):
    net = trained(code).eval()
    with tg.no_grad():
        again[f"PCA, {code}"] = pca(test.images, code)
        again[f"autoencoder, {code}"] = net(test.images)
    error, linear = (
        nn.functional.mse_loss(again[f"{how}, {code}"], test.images).item()
        for how in ("autoencoder", "PCA")
    )
    print()
    story.number(f"squared error on {name}, PCA with {code} components", linear)
    story.number(f"squared error, autoencoder with a code of {code}", error, at_most=linear)
    story.number("the autoencoder's error as a share of PCA's", error / linear, at_most=0.8)
    if code == 2:
        with tg.no_grad():
            plane = net.encoder(test.images).numpy()

# ---------------------------------------------------------------- pictures

figure, axes = plt.subplots(5, 10, figsize=(9.5, 5), gridspec_kw={"wspace": 0})
for row, (how, pictures) in zip(axes, again.items(), strict=True):
    for digit, ax in enumerate(row):
        first = int((test.labels == digit).numpy().argmax())
        ax.imshow(pictures[first].numpy().reshape(side, side), vmin=0, vmax=1)
        ax.set(xticks=[], yticks=[])
        ax.grid(False)
    row[0].set_ylabel(how, rotation=0, ha="right", va="center")
figure.suptitle("Test digits, and what is left of them after 2 or 16 numbers")
story.picture(figure, "reconstructions")

figure, (left, right) = plt.subplots(1, 2, figsize=(12, 5.6))
on_axes = ((test.images - mean) @ V[:, :2]).numpy()
for ax, points, title in (
    (left, on_axes, "Two principal components"),
    (right, plane, "The autoencoder's code of two numbers"),
):
    for digit in range(10):
        these = points[test.labels.numpy() == digit][:150]
        colour = story.COLOURS[digit % 6]
        ax.scatter(*these.T, s=26, marker=f"${digit}$", color=colour, linewidths=0.3)
    ax.set(xlabel="first number", ylabel="second number", title=title)
figure.suptitle("Each mark is a digit of the test set, at most 150 of each")
story.picture(figure, "plane")
story.end()
