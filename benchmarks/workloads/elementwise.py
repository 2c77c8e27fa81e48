"""Elementwise functions: sum(sigmoid(x) x + tanh(x)) of 10^6 numbers, and its gradient."""

import numpy as np


def problem():
    return (np.random.default_rng(0).standard_normal(10**6, np.float32),)


def in_pytorch(torch, compiled, x):
    x = torch.from_numpy(x).requires_grad_()
    f = compiled(lambda x: (torch.sigmoid(x) * x + torch.tanh(x)).sum())
    while True:
        x.grad = None
        y = f(x)
        y.backward()
        yield y, (x.grad,)


def in_numpy(x):
    """dy/dx = s + s (1 - s) x + 1 - t^2, where s = sigmoid(x) and t = tanh(x)."""
    s, t, g = (np.empty_like(x) for _ in range(3))
    while True:
        y = forward_and_backward(x, s, t, g)
        yield y, (g,)


def in_numpy_blocks(x, size=16_384):
    """The same, block by block: what is written stays in the cache until it is read."""
    s, t, g = np.empty(size, np.float32), np.empty(size, np.float32), np.empty_like(x)
    blocks = []
    for start in range(0, len(x), size):
        part = x[start : start + size]
        n = len(part)
        blocks.append((part, s[:n], t[:n], g[start : start + n]))
    while True:
        y = sum(forward_and_backward(*block) for block in blocks)
        yield y, (g,)


def forward_and_backward(x, s, t, g):
    np.negative(x, s)
    np.exp(s, s)
    np.add(s, 1, s)
    np.reciprocal(s, s)
    np.tanh(x, t)
    np.multiply(s, x, g)
    np.add(g, t, g)
    y = np.add.reduce(g)

    np.subtract(1, s, g)
    np.multiply(g, x, g)
    np.add(g, 1, g)
    np.multiply(g, s, g)
    np.multiply(t, t, t)
    np.subtract(g, t, g)
    np.add(g, 1, g)
    return y


def in_jax(x):
    import jax
    import jax.numpy as jnp

    step = jax.jit(jax.value_and_grad(lambda x: (jax.nn.sigmoid(x) * x + jnp.tanh(x)).sum()))
    x = jnp.asarray(x)
    while True:
        y, g = jax.block_until_ready(step(x))
        yield y, (g,)


def in_autograd(x):
    import autograd.numpy as anp
    from autograd import value_and_grad

    step = value_and_grad(lambda x: anp.sum(x / (1 + anp.exp(-x)) + anp.tanh(x)))
    while True:
        y, g = step(x)
        yield y, (g,)


def in_mygrad(x):
    import mygrad as mg
    from mygrad.nnet import sigmoid

    x = mg.tensor(x)
    while True:
        y = (sigmoid(x) * x + mg.tanh(x)).sum()
        y.backward()
        yield y, (x.grad,)


def in_tinygrad(x):
    from tinygrad import Tensor, TinyJit

    x = Tensor(x).realize()

    @TinyJit
    def step():
        y = (x.sigmoid() * x + x.tanh()).sum()
        (g,) = y.gradient(x)
        return y.realize(g), g

    while True:
        y, g = step()
        yield y.item(), (a.numpy() for a in (g,))
