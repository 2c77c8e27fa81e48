"""Universal approximation: one hidden layer fits any smooth curve, the better the wider it is.

A net with one input, n hidden neurons and one output draws

    f(x) = c + sum_k v_k sigma(w_k x + b_k),

a sum of n bumps or bends.  Enough of them come as near to a continuous function as one likes
(Cybenko, 1989).  Two ways to see it, for one curve g on [-1, 1]:

    built     n ReLUs, one bend at each of n equal steps, through the right points: f is a chain of
              straight lines, and off by at most h^2 / 8 max |g''| with steps of h = 2 / n
    trained   n tanh, moved by LBFGS until the mean squared error is as low as it gets
"""

import matplotlib.pyplot as plt
import story
from tqdm import tqdm

import nn
import tinygrad_edu as tg

options = story.begin(__doc__)
tg.set_default_dtype(tg.float64)


def g(x):
    """The curve: a wave that grows to the left, and a quicker one on it."""
    return tg.exp(-x) * tg.sin(2 * tg.pi * x) + 0.5 * tg.cos(5 * tg.pi * x)


x = tg.linspace(-1, 1, 200).reshape(-1, 1)  # to learn from
fine = tg.linspace(-1, 1, 1001).reshape(-1, 1)  # to look at, and to measure on


def error(net):
    """The root of the mean squared distance from g."""
    with tg.no_grad():
        return (net(fine) - g(fine)).square().mean().sqrt().item()


def network(width, bend):
    return nn.Sequential(nn.Linear(1, width), bend, nn.Linear(width, 1))


def built(width):
    """A ReLU net through g at width + 1 points: each ReLU adds the change of slope at its bend."""
    points = tg.linspace(-1, 1, width + 1)
    slopes = g(points).diff() / points.diff()
    net = network(width, nn.ReLU())
    with tg.no_grad():
        net[0].weight.fill_(1.0)
        net[0].bias.copy_(-points[:-1])
        net[2].weight.copy_(tg.cat([slopes[:1], slopes.diff()]).reshape(1, width))
        net[2].bias.copy_(g(points[:1]))
    return net


def trained(width, seed):
    """A tanh net whose steps begin spread over the interval, fitted to g."""
    tg.manual_seed(seed)
    net = network(width, nn.Tanh())
    with tg.no_grad():
        net[0].weight.uniform_(-8, 8)
        net[0].bias.copy_(-net[0].weight[:, 0] * tg.empty(width).uniform_(-1, 1))
    optimizer = nn.optim.LBFGS(
        net.parameters(), max_iter=300, history_size=50, tolerance_change=1e-14,
        line_search_fn="strong_wolfe",
    )  # fmt: skip

    def closure():
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(net(x), g(x))
        loss.backward()
        return loss

    optimizer.step(closure)
    return net


# ---------------------------------------------------------------- wider and wider

widths = [1, 2, 4, 8, 16, 32, 64]
seeds = range(2 if options.quick else 5)
lines = {width: built(width) for width in widths}
curves = {  # of several starts the one that ended lowest: some get stuck
    width: min((trained(width, seed) for seed in seeds), key=error)
    for width in tqdm(widths, desc="training")
}
print("width   built (ReLU)   trained (tanh)    root of the mean squared error")
for width in widths:
    print(f"{width:5d}   {error(lines[width]):12.5f}   {error(curves[width]):14.5f}")

for what, nets in (("built", lines), ("trained", curves)):
    factor = error(nets[4]) / error(nets[64])
    story.number(f"{what}: the error at 4 neurons over that at 64", factor, at_least=50)
story.number(
    "trained: the most that an error grew at a doubling",
    max(error(curves[2 * n]) / error(curves[n]) for n in widths[:-1]),
    at_most=1.0,
)

# The bound on the chain of lines, with g'' from the derivative of the derivative of g.
curvature = tg.func.vmap(tg.func.grad(tg.func.grad(g)))(fine[:, 0]).abs().max().item()
for width in (16, 64):
    with tg.no_grad():
        furthest = (lines[width](fine) - g(fine)).abs().max().item()
    bound = (2 / width) ** 2 / 8 * curvature
    story.number(
        f"built of {width}: largest distance, within h^2/8 max|g''|", furthest, at_most=bound
    )

# ---------------------------------------------------------------- pictures

figure, ax = plt.subplots(figsize=(6, 4))
ax.loglog(widths, [error(lines[n]) for n in widths], marker="o", label="built, ReLU")
ax.loglog(widths, [error(curves[n]) for n in widths], marker="s", label="trained, tanh")
ax.loglog(widths[3:], [20 / n**2 for n in widths[3:]], color="0.5", label="slope of 1 / width$^2$")
ax.set(xlabel="width (hidden neurons)", ylabel="root of the mean squared error")
ax.set_xticks(widths, widths)
ax.minorticks_off()
ax.legend()
story.picture(figure, "error_against_width")

figure, axes = plt.subplots(2, 4, figsize=(12, 5), sharex=True, sharey=True)
for row, (what, nets) in zip(axes, (("built", lines), ("trained", curves)), strict=True):
    for ax, width in zip(row, (2, 4, 8, 32), strict=True):
        ax.plot(fine[:, 0], g(fine)[:, 0], color="0.6", linestyle="-", linewidth=3, label="g")
        with tg.no_grad():
            ax.plot(fine[:, 0], nets[width](fine)[:, 0], "--", color="#d55e00", label="f, the net")
        ax.set_title(f"{what}, {width} neurons")
for ax in axes[1]:
    ax.set_xlabel("x")
for ax in axes[:, 0]:
    ax.set_ylabel("g(x), f(x)")
axes[0, 0].legend()
story.picture(figure, "fits")
story.end()
