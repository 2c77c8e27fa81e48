"""Linear regression: solved exactly, and by gradient descent, which gets to the same place.

The model is y = X w, with a column of ones in X (N, 2) for the intercept.  The loss
L(w) = |X w - y|^2 / (2 N) is a bowl; where its gradient X' (X w - y) / N is zero lies the minimum,

    w* = (X' X)^-1 X' y.

Gradient descent, w <- w - rate dL/dw, walks down the bowl instead.  Along each eigenvector of
X' X / N the distance to w* shrinks by the factor 1 - rate lambda at each step: the smallest
eigenvalue lambda decides how long it takes.
"""

import matplotlib.pyplot as plt
import numpy as np
import story

import nn
import tinygrad_edu as tg

options = story.begin(__doc__)
N, RATE, STEPS = 100, 0.5, 400
x = 2 * tg.rand(N).double()
y = 1 + 3 * x + 0.5 * tg.randn(N).double()  # a line, with noise

# ---------------------------------------------------------------- exactly

X = tg.stack([tg.ones(N).double(), x], 1)
exact = tg.linalg.inv(X.T @ X) @ X.T @ y
print("(X' X)^-1 X' y      =", [round(w, 6) for w in exact.tolist()], " the line was [1, 3]")
story.equal("and NumPy's least squares", exact, np.linalg.lstsq(X.numpy(), y.numpy())[0], 1e-10)


def loss(w):
    """L(w) = |X w - y|^2 / (2 N)."""
    return nn.functional.half_mse_loss(X @ w, y)


story.equal("the gradient there, and 0", tg.func.grad(loss)(exact), [0, 0], 1e-12)

# ---------------------------------------------------------------- by gradient descent

w = tg.zeros(2).double().requires_grad_()
path, losses = [], []
for _ in range(STEPS):
    L = loss(w)
    path.append(w.tolist())
    losses.append(L.item())
    w.grad = None
    L.backward()
    with tg.no_grad():
        w -= RATE * w.grad
print(f"after {STEPS} steps       =", [round(w, 6) for w in w.tolist()])
story.equal("gradient descent, and the exact solution", w.detach(), exact, 1e-6)

# What is left of the loss above its minimum shrinks by (1 - rate lambda)^2 at each step.
excess = np.array(losses) - loss(exact).item()
slowest = (1 - RATE * tg.linalg.eigvalsh(X.T @ X / N).min().item()) ** 2
measured = (excess[60] / excess[20]) ** (1 / 40)
print(f"\nThe loss above its minimum, from one step to the next: x {measured:.6f}.")
story.equal("that factor, and (1 - rate lambda)^2", measured, slowest, 1e-6)

# ---------------------------------------------------------------- the same neuron as a layer

layer = nn.Linear(1, 1).double()
optimizer = nn.optim.SGD(layer.parameters(), lr=RATE)
for _ in range(STEPS):
    optimizer.zero_grad()
    nn.HalfMSELoss()(layer(x.reshape(N, 1)), y.reshape(N, 1)).backward()
    optimizer.step()
learnt = [layer.bias.item(), layer.weight.item()]
story.equal("nn.Linear trained by SGD, and the exact solution", learnt, exact, 1e-6)

figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4))
ends = np.array([0.0, 2.0])
left.plot(x, y, "o", color="0.6", markersize=4, label="data")
for steps in (1, 5, 20):
    left.plot(ends, path[steps][0] + path[steps][1] * ends, label=f"step {steps}")
left.plot(ends, exact[0].item() + exact[1].item() * ends, "k-", linewidth=2, label="exact")
left.set(xlabel="x", ylabel="y", title="the line")
left.legend()
right.semilogy(excess[:200], label="gradient descent")
right.semilogy(excess[0] * slowest ** np.arange(200), label="a factor (1 - rate λ)² each step")
right.set(xlabel="step", ylabel="loss above its minimum", title="how fast")
right.legend()
story.picture(figure, "line")
story.end()
