"""The perceptron: ten neurons with a step, and a rule to teach them that is older than gradients.

Neuron k is for digit k.  It weighs the pixels, z_k = w_k . x + b_k, and fires if that is positive:

    o_k = H(z_k)          Heaviside's step: H(z) = 1 where z > 0, else 0

It should fire, t_k = 1, for its own digit only.  After each digit (Rosenblatt, 1958):

    w_k <- w_k + rate (t_k - o_k) x          b_k <- b_k + rate (t_k - o_k)

A neuron that is right learns nothing; one that was silent and should not have been moves towards x,
one that fired and should not have moves away.  Asked for a digit, the largest z_k wins.

The step has the derivative zero, so the rule is no gradient of a loss of o.  It is that of another:
the perceptron's criterion, sum_k max(0, -(2 t_k - 1) z_k), by how much z is on the wrong side.
"""

import time

import matplotlib.pyplot as plt
import numpy as np
import story
from sklearn.linear_model import Perceptron
from tqdm import tqdm

import tinygrad_edu as tg

options = story.begin(__doc__)
name, train, test = story.digits()
X, digits = train.images.numpy(), train.labels.numpy()
T = np.eye(10, dtype=np.float32)[digits]  # one row each: 1 at the digit, 0 elsewhere


def heaviside(z):
    return (z > 0).astype(np.float32)


def teach(X, T, epochs, rate):
    """The rule, digit after digit in a new order each epoch, at a rate that falls to 0."""
    rng = np.random.default_rng(0)
    W, b = np.zeros((10, X.shape[1]), np.float32), np.zeros(10, np.float32)
    rates = iter(np.linspace(rate, 0, epochs * len(X), dtype=np.float32))
    for epoch in range(epochs):
        for i in tqdm(rng.permutation(len(X)), desc=f"epoch {epoch + 1} of {epochs}"):
            step = next(rates) * (T[i] - heaviside(W @ X[i] + b))
            W += np.outer(step, X[i])
            b += step
    return W, b


def accuracy(W, b, data):
    """The share of digits for which the largest z is that of the right neuron."""
    z = data.images.numpy() @ W.T + b
    return (z.argmax(1) == data.labels.numpy()).mean()


# ---------------------------------------------------------------- the rule is a gradient, after all

W, b = tg.randn(10, X.shape[1], requires_grad=True), tg.randn(10, requires_grad=True)
x, t = tg.tensor(X[:100]), tg.tensor(T[:100])
z = x @ W.T + b
(-(2 * t - 1) * z).relu().sum().backward()
by_rule = (T[:100] - heaviside(z.detach().numpy())).T @ X[:100]
story.equal("the rule's step and minus the gradient of the criterion", -W.grad, by_rule, 1e-4)

# ---------------------------------------------------------------- ten neurons learn ten digits

start = time.perf_counter()
W, b = teach(X, T, epochs=10 if name == "Digits" else 3, rate=1.0)
seconds = time.perf_counter() - start
source = 0.89 if name == "MNIST" else None
ours = accuracy(W, b, train)
story.number(f"accuracy on the training set of {name}", ours, source=source, at_least=0.89)
story.number("accuracy on the test set", accuracy(W, b, test), at_least=0.89)

# scikit-learn's has the same rule, at one rate, and ten passes over the data.
start = time.perf_counter()
other = Perceptron(max_iter=10, tol=None, random_state=0).fit(X, digits)
print(f"\nours took {seconds:.1f} s, scikit-learn's {time.perf_counter() - start:.1f} s")
theirs = accuracy(other.coef_, other.intercept_, train)
story.number("scikit-learn's on the training set", theirs)
story.number("scikit-learn's on the test set", accuracy(other.coef_, other.intercept_, test))
story.number("ours above scikit-learn's, on the training set", ours - theirs, at_least=0)

# ---------------------------------------------------------------- what a neuron looks for

figure, axes = plt.subplots(1, 2, figsize=(7, 3.4))
for ax, digit in zip(axes, (0, 9), strict=True):
    most = np.abs(W[digit]).max()
    weights = W[digit].reshape(train.side, train.side)
    shown = ax.imshow(weights, cmap="cividis", vmin=-most, vmax=most)
    ax.set(title=f'The weights of "{digit}"', xticks=[], yticks=[])
    figure.colorbar(shown, ax=ax, shrink=0.8, label="weight of the pixel")
story.picture(figure, "weights")
story.end()
