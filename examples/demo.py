"""Train a small network on handwritten digits, and draw its compute graph and its gradients.

    make demo                                       on the digits that the package ships
    TINYGRAD_EDU_DATA=/path/to/data make demo       on MNIST, found in /path/to/data/mnist

The network maps the pixels x to ten numbers, one for each digit:

    h = sigmoid(W1 x + b1)        logits = W2 h + b2        loss = cross-entropy(logits, digit)

Each step computes the loss of 128 digits, replays the record to get dloss/dW and dloss/db, and lets
Adam move the weights a little against them.  Pictures go to out/.
"""

import argparse
import sys
import time
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from tqdm import tqdm

import nn
import tinygrad_edu as tg


def accuracy(model: nn.Module, data: nn.data.TensorDataset) -> float:
    """The share of digits for which the largest of the ten numbers is the right one."""
    with tg.no_grad():
        return (model(data.images).argmax(1) == data.labels).float().mean().item()


def plot_training(losses: list[float], accuracies: list[float], path: Path) -> None:
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.2), layout="constrained")
    left.plot(losses, color="#0072b2", linewidth=0.8)
    left.set(
        xlabel="step", ylabel="cross-entropy of the batch", yscale="log", title="Training loss"
    )
    right.plot(range(1, len(accuracies) + 1), accuracies, color="#d55e00", marker="o", markersize=3)
    right.set(xlabel="epoch", ylabel="share of test digits right", title="Test accuracy")
    right.xaxis.get_major_locator().set_params(integer=True)
    for axes in (left, right):
        axes.grid(alpha=0.3)
    figure.savefig(path, dpi=120)
    plt.close(figure)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=20, help="passes over the data (default: 20)")
    parser.add_argument(
        "--seed", type=int, default=0, help="of the weights and the order (default: 0)"
    )
    parser.add_argument("--out", type=Path, default=Path("out"), help="folder of the pictures")
    options = parser.parse_args()

    if nn.data.MNIST.is_available():
        name, target, rate = "MNIST", 0.955, 1e-3
        train, test = nn.data.MNIST(), nn.data.MNIST(train=False)
    else:
        name, target, rate = "Digits", 0.96, 5e-2
        train, test = nn.data.Digits(), nn.data.Digits(train=False)
        print("MNIST was not found ($TINYGRAD_EDU_DATA/mnist), so this runs on the digits shipped.")

    tg.manual_seed(options.seed)
    pixels = train.images.shape[1]
    model = nn.Sequential(nn.Linear(pixels, 32), nn.Sigmoid(), nn.Linear(32, 10))
    loss_of = nn.CrossEntropyLoss()
    optimizer = nn.optim.Adam(model.parameters(), lr=rate)
    loader = nn.data.DataLoader(train, batch_size=128, shuffle=True)
    print(f"{name}: {len(train):,} digits to train on, {len(test):,} to test on.\n{model}")

    losses, accuracies = [], []
    start = time.perf_counter()
    with tqdm(total=options.epochs * len(loader), unit="step", desc="training") as progress:
        for _ in range(options.epochs):
            for images, labels in loader:
                optimizer.zero_grad()
                loss = loss_of(model(images), labels)
                loss.backward()
                optimizer.step()
                losses.append(loss.item())
                progress.update()
            accuracies.append(accuracy(model, test))
            progress.set_postfix(accuracy=f"{accuracies[-1]:.4f}")
    seconds = time.perf_counter() - start

    images, labels = next(iter(loader))
    with tg.viz.observe():  # the record keeps all values, and who called what
        loss = loss_of(model(images), labels)
    names = dict(model.named_parameters()) | {"images": images, "labels": labels}
    options.out.mkdir(parents=True, exist_ok=True)
    tg.viz.draw(loss, names).save(options.out / "graph.svg")
    tg.viz.draw(loss, names, gradients=True).save(options.out / "gradient_flow.svg")
    plot_training(losses, accuracies, options.out / "training.png")

    print(
        f"Test accuracy {accuracies[-1]:.4f} (target {target}) after {seconds:.2f} s of training."
    )
    print(
        "Pictures:", *(options.out / p for p in ("graph.svg", "gradient_flow.svg", "training.png"))
    )
    if accuracies[-1] < target:
        print(f"The accuracy is under its target of {target}.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
