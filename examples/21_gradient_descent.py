"""Gradient descent: what bends, what the bias is, and three ways down to the minimum of a cost.

A neuron computes sigma(W x + b).  Two that bend, and the bias as one more weight, of an input 1:

    sigmoid(z) = 1 / (1 + e^-z)       ReLU(z) = max(0, z)       W x + b = [W b] [x; 1]

Learning is going downhill.  The cost of a line y = w x + b through points has two parameters,

    J(w, b) = 1/(2n) sum_i (w x_i + b - y_i)^2,          (w, b) <- (w, b) - rate grad J,

so it can be drawn.  J is a bowl: along the axis of curvature lambda each step multiplies the
distance to the minimum by 1 - rate lambda.  It shrinks on all axes while rate < 2 / lambda_max;
the best one rate is 2 / (lambda_min + lambda_max).  Below, it crawls; above, it is thrown out.
"""

import matplotlib.pyplot as plt
import numpy as np
import story

import tinygrad_edu as tg

story.begin(__doc__)
tg.set_default_dtype(tg.float64)

# ---------------------------------------------------------------- what bends

z = tg.linspace(-6, 6, 241)
figure, axes = plt.subplots(1, 2, figsize=(8, 3))
for ax, bend, title in zip(axes, (tg.sigmoid, tg.relu), ("sigmoid", "ReLU"), strict=True):
    ax.plot(z, bend(z), label=f"{title}(z)")
    ax.plot(z, tg.func.vmap(tg.func.grad(bend))(z), label="its derivative")
    ax.set(xlabel="z", title=title)
    ax.legend()
story.picture(figure, "sigmoid_and_relu")
story.equal("sigmoid' = sigmoid (1 - sigmoid), at 0: 1/4", tg.func.grad(tg.sigmoid)(0.0), 0.25)

# ---------------------------------------------------------------- the bias is a weight

W, b, x = tg.randn(3, 4), tg.randn(3), tg.randn(100, 4)
one_more = tg.cat([x, tg.ones(100, 1)], 1)  # [x; 1], one example a row
W_and_b = tg.cat([W, b.reshape(3, 1)], 1)  # [W b]
story.equal("[W b] [x; 1] and W x + b", one_more @ W_and_b.T, x @ W.T + b, 1e-12)

# ---------------------------------------------------------------- a cost of two parameters

rng = np.random.default_rng(0)
x = tg.tensor(rng.uniform(0, 2, 50))
y = 1.5 * x - 0.5 + 0.2 * tg.tensor(rng.standard_normal(50))
X = tg.stack([x, tg.ones(50)], 1)


def J(p):
    """The cost at the point p = (w, b), or at each of many."""
    return ((p @ X.T - y) ** 2).mean(-1) / 2


minimum = tg.linalg.solve(X.T @ X, X.T @ y)  # where grad J = X'(X p - y) / n is 0
curvatures = tg.linalg.eigvalsh(tg.func.hessian(J)(minimum))
low, high = curvatures.tolist()
print(f"minimum at w, b = {minimum[0]:.3f}, {minimum[1]:.3f}; curvatures {low:.3f} and {high:.3f}")


def descend(rate, steps, start=(0.0, 2.8)):
    """The path, a point a row, from the start through so many steps."""
    p = tg.tensor(start, requires_grad=True)
    path = [p.detach().clone()]
    for _ in range(steps):
        p.grad = None
        J(p).backward()
        with tg.no_grad():
            p -= rate * p.grad
        path.append(p.detach().clone())
    return tg.stack(path)


def draw(ax, path, title):
    """The bowl from above, by lines of equal cost, and the path in it."""
    w, b = np.meshgrid(np.linspace(-2, 5, 141), np.linspace(-4, 3.3, 141))
    costs = J(tg.tensor(np.stack([w, b], -1)))
    lines = ax.contour(w, b, costs, np.geomspace(0.03, 30, 13), colors="0.6", linewidths=0.8)
    ax.clabel(lines, lines.levels[6::2], fmt="%.2g", fontsize=7)
    ax.plot(path[:, 0], path[:, 1], "-o", markersize=3, linewidth=1, label="path")
    ax.plot(*path[0].tolist(), "s", color="black", markersize=7, label="start")
    ax.plot(*minimum.tolist(), "*", color="#d55e00", markersize=13, label="minimum")
    ax.set(xlabel="w (slope)", ylabel="b (intercept)", xlim=(-2, 5), ylim=(-4, 3.3), title=title)
    ax.set_aspect("equal")


best = 2 / (low + high)
path = descend(best, 40)
figure, ax = plt.subplots(figsize=(5.6, 5))
draw(ax, path, f"Cost J(w, b), and 40 steps at rate {best:.2f}")
ax.legend(loc="upper right")
story.picture(figure, "path")

# ---------------------------------------------------------------- too small, right, too big

figure, axes = plt.subplots(1, 3, figsize=(12.5, 4.4))
rates = {"too small": best / 40, "right": best, "too big": 1.02 * 2 / high}
left = {}
for ax, (how, rate) in zip(axes, rates.items(), strict=True):
    path = descend(rate, 40)
    from_start, in_the_end = (tg.linalg.norm(p - minimum).item() for p in (path[0], path[-1]))
    left[how] = in_the_end / from_start
    draw(ax, path, f"{how}: rate {rate:.3f}, {left[how]:.1%} of the way left")
figure.suptitle("40 steps at three rates")
axes[0].legend(loc="lower left")
story.picture(figure, "three_rates")

print("how much of the distance to the minimum is left after 40 steps:")
story.number("rate too small", left["too small"], at_least=0.3, at_most=0.9)
story.number("rate right", left["right"], at_most=0.05)
story.number("rate too big", left["too big"], at_least=1)

# Each axis of the bowl by itself: after k steps, (1 - rate lambda)^k of the distance is left.
steps = 40
axes_of_bowl = tg.linalg.eigh(tg.func.hessian(J)(minimum))[1]
for how, rate in rates.items():
    path = (descend(rate, steps) - minimum) @ axes_of_bowl
    predicted = path[0] * (1 - rate * curvatures) ** steps
    story.equal(f"rate {how}: the end of the path and the formula", path[-1], predicted, 1e-9)
story.end()
