"""Logistic regression: all 13,007 images of two digits at once, 784 pixels, SGD."""

import numpy as np

RATE = 0.01


def problem():
    """Images, their classes (0 or 1), the weight as (1, 784) and the bias."""
    random = np.random.default_rng(0)
    x = random.random((13_007, 784), np.float32)
    y = random.integers(0, 2, (13_007, 1)).astype(np.float32)
    return x, y, random.uniform(-0.03, 0.03, (1, 784)).astype(np.float32), np.zeros(1, np.float32)


def in_pytorch(torch, compiled, x, y, w, b):
    nn, F = torch.nn, torch.nn.functional
    net = nn.Linear(784, 1)
    nn.utils.vector_to_parameters(
        torch.cat([torch.tensor(p).flatten() for p in (w, b)]), net.parameters()
    )
    optimizer = torch.optim.SGD(net.parameters(), lr=RATE)
    x, y = torch.from_numpy(x), torch.from_numpy(y)
    loss_of = compiled(lambda x, y: F.binary_cross_entropy_with_logits(net(x), y))
    while True:
        optimizer.zero_grad()
        loss = loss_of(x, y)
        loss.backward()
        optimizer.step()
        yield loss, net.parameters()


def in_numpy(x, y, w, b):
    """loss = mean of log(1 + exp(-|z|)) + max(z, 0) - y z; dloss/dz = (sigmoid(z) - y) / n."""
    n, w, y = len(x), w.ravel().copy(), y.ravel().copy()
    g = np.empty_like(w)
    z, d, e = np.empty((3, n), np.float32)
    while True:
        np.matmul(x, w, z)
        np.add(z, b, z)
        np.abs(z, e)
        np.negative(e, e)
        np.exp(e, e)
        np.log1p(e, e)
        np.maximum(z, 0, out=d)
        np.add(e, d, e)
        np.multiply(z, y, d)
        np.subtract(e, d, e)
        loss = np.add.reduce(e) / n

        np.negative(z, d)
        np.exp(d, d)
        np.add(d, 1, d)
        np.reciprocal(d, d)
        np.subtract(d, y, d)
        np.divide(d, n, d)
        np.matmul(d, x, g)
        np.multiply(g, RATE, g)
        np.subtract(w, g, w)
        b -= RATE * np.add.reduce(d)
        yield loss, (w, b)


def in_jax(x, y, w, b):
    import jax
    import jax.numpy as jnp

    x, y = jnp.asarray(x), jnp.asarray(y)

    def loss_of(p, x, y):
        w, b = p
        z = x @ w.T + b
        return (jnp.log1p(jnp.exp(-abs(z))) + jnp.maximum(z, 0) - y * z).mean()

    @jax.jit
    def step(p, x, y):
        loss, g = jax.value_and_grad(loss_of)(p, x, y)
        return loss, [p - RATE * g for p, g in zip(p, g, strict=True)]

    p = [jnp.asarray(w), jnp.asarray(b)]
    while True:
        loss, p = jax.block_until_ready(step(p, x, y))
        yield loss, p


def in_autograd(x, y, w, b):
    import autograd.numpy as anp
    from autograd import value_and_grad

    def loss_of(p):
        w, b = p
        z = x @ w.T + b
        return anp.mean(anp.log1p(anp.exp(-anp.abs(z))) + anp.maximum(z, 0) - y * z)

    step = value_and_grad(loss_of)
    p = [w, b]
    while True:
        loss, g = step(p)
        p = [p - RATE * g for p, g in zip(p, g, strict=True)]
        yield loss, p


def in_mygrad(x, y, w, b):
    import mygrad as mg

    w, b = mg.tensor(w), mg.tensor(b)
    while True:
        z = mg.matmul(x, w.T) + b
        loss = (mg.log1p(mg.exp(-mg.abs(z))) + mg.maximum(z, 0) - y * z).mean()
        loss.backward()
        for p in (w, b):
            p.data -= RATE * p.grad
        yield loss, (w, b)
