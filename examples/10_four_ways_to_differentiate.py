"""Four ways to differentiate: numerical, symbolic, forward mode, reverse mode.

The function f(x) = sin(x1 x2 ... xn) has n inputs and takes n operations.  Its gradient, four ways:

numerical   (f(x + h e_i) - f(x - h e_i)) / 2h for each i: 2n calls of f, and never exact: a large
            h cuts the curve short (an error like h^2), a small one the digits (like 1e-16 / h).
symbolic    rewrite the expression by rules, (a b)' = a' b + a b' and (sin a)' = cos(a) a'.  Exact,
            but there are n derivatives, and each is an expression about as long as f.
forward     each operation hands on its value and its slope in one direction.  Exact, but once for
            each input.  (tg.func.jvp gets these numbers by reversing the reverse pass.)
reverse     record the operations, then replay them from the last to the first: backward().  Exact,
            for about three times the operations of f, once for all inputs together.

The first three cost about n times n, the last one n.  A network has millions of inputs, its
weights: this is why networks can be trained.  Here each x_i is a column of 300 examples.
"""

import time
import timeit

import matplotlib.pyplot as plt
import numpy as np
import story
from tqdm import tqdm

import tinygrad_edu as tg

options = story.begin(__doc__)


def f(x):
    """sin(x1 x2 ... xn), of arrays, expressions or tensors."""
    product = x[0]
    for factor in x[1:]:
        product = product * factor
    return np.sin(product)


def numerical(x, h=1e-5):
    def moved(i, step):
        return f([*x[:i], x[i] + step, *x[i + 1 :]])

    return [(moved(i, h) - moved(i, -h)) / (2 * h) for i in range(len(x))]


class Expression:
    """A product, a sum, a sine, a cosine, or (without parts) an input or a number."""

    def __init__(self, name, *parts):
        self.name, self.parts = name, parts

    def __mul__(self, other):
        if ZERO in (self, other):
            return ZERO
        return other if self is ONE else self if other is ONE else Expression("*", self, other)

    def __add__(self, other):
        return other if self is ZERO else self if other is ZERO else Expression("+", self, other)

    def sin(self):  # what np.sin(expression) calls
        return Expression("sin", self)

    def derivative(self, x):
        if not self.parts:
            return ONE if self is x else ZERO
        a, b = self.parts[0], self.parts[-1]
        if self.name == "sin":
            return Expression("cos", a) * a.derivative(x)
        return a.derivative(x) * b + a * b.derivative(x)

    def value(self, given):
        parts = [part.value(given) for part in self.parts]
        return COMPUTE[self.name](*parts) if parts else given[self]

    def __str__(self):
        a, b = (*self.parts, "", "")[:2]
        return f"{a} {self.name} {b}" if b else f"{self.name}({a})" if a else self.name


ZERO, ONE = Expression("0"), Expression("1")
COMPUTE = {"*": np.multiply, "+": np.add, "sin": np.sin, "cos": np.cos}


def symbolic(x):
    names = [Expression(f"x{i + 1}") for i in range(len(x))]
    y, given = f(names), dict(zip(names, x, strict=True))
    return [y.derivative(name).value(given) for name in names]


def forward(x):
    directions = [[np.full_like(x[0], one) for one in row] for row in np.eye(len(x))]
    return [tg.func.jvp(lambda *x: f(x), x, direction)[1] for direction in directions]


def reverse(x):
    x = [tg.tensor(column, requires_grad=True) for column in x]
    f(x).sum().backward()
    return [column.grad.numpy() for column in x]


# ---------------------------------------------------------------- their errors

a, b, c = (Expression(name) for name in ("x1", "x2", "x3"))
print(f"symbolic: d/dx2 {f([a, b, c])} = {f([a, b, c]).derivative(b)}\n")


def relative_error(gradient, x):
    product = np.prod(x, 0)
    exact = np.cos(product) * product / x  # df/dx_i
    return float(np.abs(np.asarray(gradient) - exact).max() / np.abs(exact).max())


X = list(np.random.default_rng(0).uniform(0.8, 1.25, (128, 300)))
x = X[:10]
exact = {way.__name__: relative_error(way(x), x) for way in (symbolic, forward, reverse)}
for name, error in exact.items():
    story.number(f"{name}, relative error", error, at_most=1e-14)
steps = np.logspace(-14, -1, 53)
errors = [relative_error(numerical(x, h), x) for h in steps]
best, h = min(zip(errors, steps, strict=True))
story.number(f"numerical, at the best step h = {h:.0e}", best, at_most=1e-9)

# ---------------------------------------------------------------- their costs


sizes = [4, 8, 16, 32, 64] if options.quick else [4, 8, 16, 32, 64, 128]
costs = {way: [] for way in (f, numerical, symbolic, forward, reverse)}
for n in tqdm(sizes, unit="size"):
    for way, cost in costs.items():
        times = timeit.Timer("way(x)", timer=time.process_time, globals={"way": way, "x": X[:n]})
        cost.append(1000 * min(times.repeat(number=1, repeat=3)))
print(f"\nA gradient for {sizes[-1]} inputs takes {costs[reverse][-1]:.2f} ms in reverse mode;")
for way in (numerical, symbolic, forward):
    ratio = costs[way][-1] / costs[reverse][-1]
    story.number(f"{way.__name__} takes so many times as long", ratio, at_least=sizes[-1] / 40)

figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.8))
for (way, cost), marker in zip(costs.items(), ".sD^o", strict=True):
    left.loglog(sizes, cost, marker=marker, markersize=5, label=way.__name__)
left.set(xlabel="number of inputs n", ylabel="milliseconds", title="The cost of a gradient")
left.set_xticks(sizes, sizes)
left.set_xticks([], minor=True)
right.loglog(steps, errors, marker="s", markersize=3, label="numerical")
right.axhline(max(exact.values()), color="black", linestyle=":", label=", ".join(exact))
right.set(xlabel="step h", ylabel="relative error", title="The error of a gradient, n = 10")
left.legend()
right.legend()
story.picture(figure, "ways")
story.end()
