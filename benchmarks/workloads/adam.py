"""Adam alone: 60 parameters of 10^6 numbers in all, whose gradients stay as they are."""

import numpy as np

BLOCK = 16_384


def problem():
    """Parameters of random sizes, and a gradient for each."""
    random = np.random.default_rng(0)
    cuts = np.sort(random.choice(np.arange(1, 10**6), 59, replace=False))
    sizes = np.diff([0, *cuts, 10**6])
    return [[random.standard_normal(n, np.float32) for n in sizes] for _ in range(2)]


def in_pytorch(torch, compiled, start, gradients):
    parameters = [torch.from_numpy(p).requires_grad_() for p in start]
    for p, g in zip(parameters, gradients, strict=True):
        p.grad = torch.from_numpy(g)
    optimizer = torch.optim.Adam(parameters)
    while True:
        optimizer.step()
        yield 0.0, parameters


def in_numpy(start, gradients):
    """The parameters are parts of one vector p; what belongs to p is updated block by block, which
    stays in the cache.  m and v are running sums: the means of g and g^2, times 10 and 1000."""
    p, g = np.concatenate(start), np.concatenate(gradients)
    m, v = np.zeros_like(p), np.zeros_like(p)
    cuts = range(BLOCK, len(p), BLOCK)
    blocks = list(zip(*(np.split(a, cuts) for a in (p, g, m, v)), strict=True))
    buffer = np.empty(BLOCK, np.float32)
    parts = np.split(p, np.cumsum([len(a) for a in start])[:-1])
    t = 0
    while True:
        t += 1
        scale = (1000 * (1 - 0.999**t)) ** 0.5
        rate = 1e-3 * scale * 0.1 / (1 - 0.9**t)
        for p, g, m, v in blocks:
            d = buffer[: len(p)]
            np.multiply(m, 0.9, m)
            np.add(m, g, m)
            np.multiply(v, 0.999, v)
            np.multiply(g, g, d)
            np.add(v, d, v)
            np.sqrt(v, d)
            np.add(d, 1e-8 * scale, d)
            np.divide(m, d, d)
            np.multiply(d, rate, d)
            np.subtract(p, d, p)
        yield 0.0, parts


def in_jax(start, gradients):
    import jax
    import jax.numpy as jnp

    @jax.jit
    def step(p, g, m, v, t):
        m = [0.9 * m + 0.1 * g for m, g in zip(m, g, strict=True)]
        v = [0.999 * v + 0.001 * g * g for v, g in zip(v, g, strict=True)]
        p = [
            p - 1e-3 * (m / (1 - 0.9**t)) / (jnp.sqrt(v / (1 - 0.999**t)) + 1e-8)
            for p, m, v in zip(p, m, v, strict=True)
        ]
        return p, m, v

    p, g = [jnp.asarray(a) for a in start], [jnp.asarray(a) for a in gradients]
    m = v = [jnp.zeros_like(a) for a in p]
    t = 0
    while True:
        t += 1
        p, m, v = jax.block_until_ready(step(p, g, m, v, float(t)))
        yield 0.0, p
