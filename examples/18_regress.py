"""Regression on 200 points: hidden layers of 128 and 64 ReLUs, beside scikit-learn's MLPRegressor.

100 inputs, of which 10 matter; 150 points train, 50 test.  Adam lowers half the mean squared error
for 1,000 iterations.  What is reported is

    R^2 = 1 - sum (t - y)^2 / sum (t - mean t)^2,

1 for a perfect fit, 0 for one no better than the mean.  A net of 21,000 parameters learns 150
points by heart; the data are linear in truth, so that one neuron with the identity finds them.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np
import story
from sklearn.datasets import make_regression
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LinearRegression
from sklearn.metrics import r2_score
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPRegressor
from tqdm import tqdm

import nn
import nn.functional as F
import tinygrad_edu as tg

options = story.begin(__doc__)
seeds = 2 if options.quick else 10

X, t = make_regression(n_samples=200, random_state=1)
X_train, X_test, t_train, t_test = train_test_split(X, t, random_state=1)
x, x_test = (tg.tensor(part, dtype=tg.float32) for part in (X_train, X_test))
target = tg.tensor(t_train, dtype=tg.float32).unsqueeze(1)


def fit(seed):
    """The net after 1,000 iterations from Glorot's weights, and R^2 on both parts on the way."""
    tg.manual_seed(seed)
    net = nn.Sequential(
        nn.Linear(100, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 1)
    )
    for path, p in net.named_parameters():
        nn.init.zeros_(p) if path.endswith("bias") else nn.init.xavier_uniform_(p)
    optimizer, history = nn.optim.Adam(net.parameters(), lr=1e-3), []
    for i in range(1001):
        y = net(x)
        if i % 20 == 0:
            history.append([i, r2_score(t_train, y.detach()), r2_score(t_test, predict(net))])
        optimizer.zero_grad()
        F.half_mse_loss(y, target).backward()
        optimizer.step()
    return net, np.array(history)


def predict(net):
    with tg.no_grad():
        return net(x_test).squeeze(1).numpy()


# ---------------------------------------------------------------- seed by seed, one table

rows = []
for seed in tqdm(range(seeds), unit="seed", leave=False):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        theirs = MLPRegressor(hidden_layer_sizes=(128, 64), max_iter=1000, random_state=seed)
        theirs.fit(X_train, t_train)
    net, history = fit(seed)
    rows.append([theirs.score(X_test, t_test), r2_score(t_test, predict(net))])
print("seed   scikit-learn     ours")
for seed, row in enumerate(rows):
    print("{:4}   {:12.4f}   {:6.4f}".format(seed, *row))
sklearn_mean, ours_mean = np.mean(rows, axis=0)
print()
story.number(
    f"R^2 on the test set, mean of {seeds} seeds", ours_mean, source=0.5456, at_least=0.5456
)
story.number(
    "the same, beside scikit-learn's",
    ours_mean,
    source=f"scikit-learn {sklearn_mean:.4f}",
    at_least=sklearn_mean - 0.03,
)
story.number("R^2 on the test set, lowest seed", np.min(rows, axis=0)[1])
story.number("R^2 on the points it trained on", history[-1, 1], at_least=0.999)
line = LinearRegression().fit(X_train, t_train)
story.number("R^2 of one neuron with the identity", line.score(X_test, t_test), at_least=0.999)

# ---------------------------------------------------------------- on the way, and in the end

figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.8))
left.plot(history[:, 0], history[:, 1], label="the 150 it trains on")
left.plot(history[:, 0], history[:, 2], label="the 50 of the test")
left.axhline(0.5456, color="black", linestyle=":", label="the source's 0.5456")
left.set(xlabel="iteration", ylabel="R^2", ylim=(-0.1, 1.05))
left.legend()
right.axline((0, 0), slope=1, color="black", label="y = t")
right.plot(t_test, predict(net), "o", label="net")
right.plot(t_test, line.predict(X_test), "x", label="one neuron")
right.set(xlabel="target t", ylabel="prediction y")
right.legend()
story.picture(figure, "fit")
story.end()
