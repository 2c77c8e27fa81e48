"""Neurons: an activation after an affine map, and the two regressions that are one neuron each.

A neuron computes y = f(w . x + b).  With the identity for f, and half the mean squared error to
make small, it is linear regression; with the sigmoid f(z) = 1 / (1 + e^-z), and cross-entropy, it
is logistic regression.  Both are fitted here by `backward()`, beside scikit-learn's coefficients.
"""

import matplotlib.pyplot as plt
import numpy as np
import story
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.preprocessing import StandardScaler

import nn
import nn.functional as F
import tinygrad_edu as tg

story.begin(__doc__)

# ---------------------------------------------------------------- activations, with derivatives

activations = {  # name: (f, its derivative in the sourcebook, where f bends)
    "identity": (lambda z: z * 1, lambda z: z * 0 + 1),
    "sigmoid": (tg.sigmoid, lambda z: tg.sigmoid(z) * (1 - tg.sigmoid(z))),
    "tanh": (tg.tanh, lambda z: 1 - tg.tanh(z) ** 2),
    "ReLU": (F.relu, lambda z: (z > 0).double()),
    "leaky ReLU": (lambda z: F.leaky_relu(z, 0.1), lambda z: 0.1 + 0.9 * (z > 0).double()),
}
z = tg.linspace(-4, 4, 401, dtype=tg.float64)
figure, axes = plt.subplots(1, 5, figsize=(14, 3), sharex=True)
for axis, (name, (f, textbook)) in zip(axes, activations.items(), strict=True):
    derivative = tg.func.grad(lambda z, f=f: f(z).sum())(z)  # of each f(z_i) by its own z_i
    story.equal(f"{name}, its derivative and the textbook's", derivative, textbook(z), 1e-12)
    axis.plot(z, f(z), label="f(z)")
    axis.plot(z, derivative, label="f'(z)")
    axis.set(title=name, xlabel="z")
    axis.legend()
story.picture(figure, "activations")

# ---------------------------------------------------------------- a neuron


class Neuron(nn.Module):
    """y = activation(w . x + b) for each row x of X, weights and bias 0 at first."""

    def __init__(self, inputs, activation):
        super().__init__()
        self.activation = activation
        self.w = nn.Parameter(tg.zeros(inputs, dtype=tg.float64))
        self.b = nn.Parameter(tg.zeros((), dtype=tg.float64))

    def forward(self, X):
        return self.activation(X @ self.w + self.b)


def fit(neuron, loss):
    """Lower loss() until its gradient is 0, by L-BFGS: no learning rate to choose."""
    optimizer = nn.optim.LBFGS(
        neuron.parameters(),
        max_iter=1000,
        tolerance_grad=1e-10,
        tolerance_change=1e-14,
        line_search_fn="strong_wolfe",
    )

    def closure():
        optimizer.zero_grad()
        value = loss()
        value.backward()
        return value

    optimizer.step(closure)
    return neuron.w.detach(), neuron.b.detach()


# ---------------------------------------------------------------- identity: linear regression

X, t = load_diabetes(return_X_y=True)  # ten measurements of 442 patients, and how ill they became
X = StandardScaler().fit_transform(X)
theirs = LinearRegression().fit(X, t)
X, t = tg.tensor(X), tg.tensor(t)
neuron = Neuron(10, nn.Identity())
w, b = fit(neuron, lambda: F.half_mse_loss(neuron(X), t))
print("\nlinear regression, w:", w.numpy().round(2))
print("scikit-learn's coef_:", theirs.coef_.round(2))
story.equal("linear regression and scikit-learn, w", w, theirs.coef_, 1e-4)
story.equal("linear regression and scikit-learn, b", b, theirs.intercept_, 1e-4)
pairs = [("linear regression", w.numpy(), theirs.coef_)]

# ---------------------------------------------------------------- sigmoid: logistic regression

X, t = load_breast_cancer(return_X_y=True)  # thirty measurements of 569 tumours; 1 is benign
X = StandardScaler().fit_transform(X)
theirs = LogisticRegression(tol=1e-10, max_iter=10_000).fit(X, t)
X, t = tg.tensor(X), tg.tensor(t.astype(np.float64))
neuron = Neuron(30, nn.Sigmoid())


def penalised():
    """Cross-entropy and |w|^2 / 2, which scikit-learn adds by default: without it, classes that a
    line can part would make w grow for ever."""
    return F.binary_cross_entropy(neuron(X), t, reduction="sum") + (neuron.w**2).sum() / 2


w, b = fit(neuron, penalised)
right = ((neuron(X) > 0.5).double() == t).double().mean().item()
print()
story.equal("logistic regression and scikit-learn, w", w, theirs.coef_[0], 1e-4)
story.equal("logistic regression and scikit-learn, b", b, theirs.intercept_[0], 1e-4)
story.number("its accuracy", right, source=f"scikit-learn {theirs.score(X, t):.4f}", at_least=0.98)
pairs.append(("logistic regression", w.numpy(), theirs.coef_[0]))

figure, axes = plt.subplots(1, 2, figsize=(10, 3.6))
for axis, (name, ours, coefficients) in zip(axes, pairs, strict=True):
    places = np.arange(len(ours))
    axis.bar(places, coefficients, color="#56b4e9", label="scikit-learn's coef_")
    axis.plot(places, ours, "o", color="black", label="the neuron's w")
    axis.set(title=name, xlabel="input", ylabel="weight of the standardised input")
figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
story.picture(figure, "coefficients")
story.end()
