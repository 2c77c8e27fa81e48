"""One neuron learns to tell 1 from 7: its gradient by hand, and by backward().

A neuron weighs the pixels of a digit and squashes the sum: a = sigmoid(X w), one row of X for each
digit.  a is how sure it is of a 7.  With y = 0 for a 1 and y = 1 for a 7 its loss is the binary
cross-entropy, and the chain rule takes three steps from there back to w:

    L = -mean(y log a + (1 - y) log(1 - a))
    dL/da = (a - y) / (a (1 - a)) / N        da/dz = a (1 - a)        dz/dw = X, with z = X w

In their product a (1 - a) cancels, and what is left is dL/dw = X' (a - y) / N.
"""

import matplotlib.pyplot as plt
import story

import tinygrad_edu as tg

story.begin(__doc__)

# ---------------------------------------------------------------- the digits, half to train on

source, digits, _ = story.digits()
chosen = (digits.labels == 1) | (digits.labels == 7)
X = digits.images[chosen].double()  # 16 digits, so that 1 - a is not 0 where a is almost 1
y = (digits.labels[chosen] == 7).double().reshape(-1, 1)
X = (X - 0.1307) / 0.3081  # the mean and the standard deviation of MNIST's pixels
half = len(X) // 2
X, X_valid, y, y_valid = X[:half], X[half:], y[:half], y[half:]
print(f"{source}: {half:,} ones and sevens to train on, {len(X_valid):,} to validate.\n")
N, pixels = X.shape
on_mnist = source == "MNIST"
rate, epochs = (0.01, 4) if on_mnist else (0.1, 40)


def accuracy(X, w, y):
    """The share of digits on the right side, for each column of w."""
    return ((X @ w > 0) == (y > 0)).double().mean(0)


def cross_entropy(a, y):
    return -(y * a.log() + (1 - y) * (1 - a).log()).mean(0)


# ---------------------------------------------------------------- one neuron, two gradients

w = (0.01 * tg.randn(pixels, 1, dtype=tg.float64)).requires_grad_()
losses, largest = [], 0.0
for _ in range(epochs):
    a = (X @ w).sigmoid()
    loss = cross_entropy(a, y).sum()
    loss.backward()
    with tg.no_grad():
        by_hand = X.T @ (a - y) / N
        largest = max(largest, (w.grad - by_hand).abs().max().item())
        w -= rate * w.grad
    w.grad = None
    losses.append(loss.item())
story.number("gradients by hand and by backward(), largest difference", largest, at_most=1e-12)
print("loss before each epoch:", *[f"{loss:.3f}" for loss in losses[:: max(1, epochs // 4)]])

# ---------------------------------------------------------------- how much is luck: 20 neurons

# One start has luck, good or bad.  The columns of W are 20 neurons, each with a start of its own;
# they do not know of one another, so the gradient of the summed losses is the gradient of each.
W = (0.01 * tg.randn(pixels, 20, dtype=tg.float64)).requires_grad_()
table = []  # the losses of all 20, before each epoch and after the last
for epoch in range(epochs + 1):
    each = cross_entropy((X @ W).sigmoid(), y)
    table.append(each.detach())
    if epoch < epochs:
        (gradient,) = tg.autograd.grad(each.sum(), W)
        with tg.no_grad():
            W -= rate * gradient
reached = accuracy(X_valid, W.detach(), y_valid)
if not on_mnist:
    story.number("loss after training, mean of 20 starts", table[-1].mean().item(), at_most=0.05)
    story.number("accuracy, validation half, mean of 20", reached.mean().item(), at_least=0.96)
else:
    print("\nThe source has the losses 0.7, 0.5, 0.4, 0.3 and an accuracy of 0.96 to 0.97:")
    for epoch, source in {0: 0.7, 1: 0.5, 2: 0.4, 4: 0.3}.items():
        mean = table[epoch].mean().item()
        story.number(
            f"loss after {epoch} epochs, mean of 20", mean, source=source, at_most=source + 0.05
        )
    print(f"(after 3 epochs: {table[3].mean().item():.4f}, if the source means that one)")
    shown = [[f"{loss[k].item():.1f}" for loss in table[:4]] for k in range(20)]
    same = shown.count(["0.7", "0.5", "0.4", "0.3"])
    story.number("of 20 starts, how many show the source's very digits", same, at_least=1)
    best, mean, least = reached.max().item(), reached.mean().item(), reached.min().item()
    story.number(
        "accuracy, validation half, mean of 20", mean, source="0.96 to 0.97", at_least=0.96
    )
    print(f"(from {least:.4f} to {best:.4f})")

# ---------------------------------------------------------------- what it has learned

figure, (left, middle, right) = plt.subplots(1, 3, figsize=(10, 3.2))
side = int(pixels**0.5)
left.plot([losses.mean().item() for losses in table], "o-", markersize=4, label="mean of 20 starts")
left.fill_between(
    range(epochs + 1),
    [losses.min().item() for losses in table],
    [losses.max().item() for losses in table],
    alpha=0.2,
    label="from the best to the worst",
)
left.set(xlabel="epochs", ylabel="cross-entropy", title="Loss on the training half", ylim=(0, None))
left.xaxis.get_major_locator().set_params(integer=True)
left.legend()
middle.imshow(X[0].reshape(side, side).numpy())
middle.set(title=f"A {'seven' if y[0].item() else 'one'} to train on", xticks=[], yticks=[])
weights = W.detach().mean(1).reshape(side, side)
limit = weights.abs().max().item()
shade = right.imshow(weights.numpy(), cmap="PuOr", vmin=-limit, vmax=limit)
right.set(title="The weights, mean of the 20", xticks=[], yticks=[])
figure.colorbar(shade, ax=right, label="speaks for a 1          speaks for a 7")
story.picture(figure, "neuron")
story.end()
