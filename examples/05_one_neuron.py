"""One neuron, three ways, and four ways to say how wrong it is.

A neuron multiplies each input by a weight, adds everything up and a bias, and bends the result:

    z = sum_j w_j x_j + b,    a = sigmoid(z) = 1 / (1 + e^-z)

The sum is a dot product, w . x; for all N examples at once it is a matrix product, X w.  How far
the outputs a are from the targets t, a loss says in one number (each the mean over the examples):

    mean difference          a - t             differences of both signs cancel: useless
    mean absolute error      |a - t|           the same slope, however wrong
    half mean squared error  (a - t)^2 / 2     slope a - t: the 1/2 is there for that
    binary cross-entropy     -t log a - (1 - t) log(1 - a)    no bound where sure and wrong
"""

import matplotlib.pyplot as plt
import story

import nn
import tinygrad_edu as tg

options = story.begin(__doc__)

# ---------------------------------------------------------------- the neuron, three ways

name, training, _ = story.digits()
X = training.images[:1000].double()
N, features = X.shape
w, b = 0.1 * tg.randn(features).double(), 0.5


def by_a_sum(x):
    """One input after the other."""
    z = b
    for w_j, x_j in zip(w.tolist(), x.tolist(), strict=True):
        z += w_j * x_j
    return z


z_sum = tg.tensor([by_a_sum(x) for x in X], dtype=tg.float64)
z_dot = tg.stack([tg.dot(w, x) + b for x in X])
z_product = X @ w + b
print(f"{N} pictures of {name}, {features} inputs each: z has the shape {z_product.shape}.")
story.equal("a sum and a dot product", z_sum, z_dot, 1e-12)
story.equal("a dot product and a matrix product", z_dot, z_product, 1e-12)

# ---------------------------------------------------------------- the losses


def mean_difference(a, t):
    return (a - t).mean()


losses = {
    "mean difference": mean_difference,
    "MAE": nn.L1Loss(),
    "half MSE": nn.HalfMSELoss(),
    "BCE": nn.BCELoss(),
}


def table(rows):
    """One line for each pair of outputs and targets, one column for each loss."""
    print(f"{'targets':20} {'outputs':20}", *(f"{name:>15}" for name in losses))
    for t, a in rows:
        numbers = (
            round(loss(tg.tensor(a), tg.tensor(t)).item(), 4) + 0.0 for loss in losses.values()
        )
        print(f"{t!s:20} {a!s:20}", *(f"{number:15.4f}" for number in numbers))


print("\nOne example, whose target is 1: from wrong to right.")
table(([1.0], [a]) for a in (0.001, 0.1, 0.5, 0.9, 0.999))
print("\nFour examples: nearly right, undecided, all wrong, two of them wrong.")
targets, wrong = [0.0, 1.0, 0.0, 1.0], [0.9, 0.1, 0.9, 0.1]
table(
    (targets, outputs)
    for outputs in ([0.1, 0.9, 0.1, 0.9], [0.5, 0.5, 0.5, 0.5], wrong, [0.9, 0.9, 0.1, 0.1])
)
print()
a, t = tg.tensor(wrong), tg.tensor(targets)
story.equal("mean difference where all are wrong, and 0", mean_difference(a, t), 0)
story.equal("MAE, and the formula", losses["MAE"](a, t), (a - t).abs().mean())
story.equal("half MSE, and the formula", losses["half MSE"](a, t), ((a - t) ** 2 / 2).mean())
formula = (-t * a.log() - (1 - t) * (1 - a).log()).mean()
story.equal("BCE, and the formula", losses["BCE"](a, t), formula)

# ---------------------------------------------------------------- their slopes

z = tg.linspace(-6, 6, 121).double().requires_grad_()
a, t = z.sigmoid(), tg.ones(121).double()
(slope,) = tg.autograd.grad(nn.HalfMSELoss(reduction="sum")(a, t), a, retain_graph=True)
story.equal("d half MSE / da, and a - t", slope, (a - t).detach())
(slope,) = tg.autograd.grad(nn.BCELoss(reduction="sum")(a, t), z)
story.equal("d BCE / dz behind a sigmoid, and a - t too", slope, (a - t).detach())

outputs = tg.linspace(0.005, 0.995, 199)
figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.8), sharey=True)
for axes, target in ((left, 0.0), (right, 1.0)):
    for name, loss in losses.items():
        axes.plot(outputs, [loss(a, tg.tensor(target)).item() for a in outputs], label=name)
    axes.set(title=f"target {target:.0f}", xlabel="output a of the neuron", ylim=(-1.1, 4))
left.set_ylabel("loss")
left.legend()
story.picture(figure, "losses")
story.end()
