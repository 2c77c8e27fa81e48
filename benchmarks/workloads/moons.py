"""Two moons apart: 2-16-16-1 on 100 points, hinge loss, L2 penalty, SGD (micrograd's demo)."""

import numpy as np

RATE, PENALTY = 0.1, 1e-4


def problem():
    """The points, their sides (1 or -1) and the first parameters, each weight as (out, in)."""
    random = np.random.default_rng(0)
    angle = np.linspace(0, np.pi, 50)
    upper = np.stack([np.cos(angle), np.sin(angle)], 1)
    x = np.concatenate([upper, [1, 0.5] - upper]) + random.normal(0, 0.1, (100, 2))
    y = np.repeat([1.0, -1.0], 50).reshape(100, 1)
    start = [random.uniform(-1, 1, shape) for shape in ((16, 2), 16, (16, 16), 16, (1, 16), 1)]
    return tuple(a.astype(np.float32) for a in (x, y, *start))


def in_pytorch(torch, compiled, x, y, *start):
    nn, F = torch.nn, torch.nn.functional
    net = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 1))
    nn.utils.vector_to_parameters(
        torch.cat([torch.tensor(p).flatten() for p in start]), net.parameters()
    )
    optimizer = torch.optim.SGD(net.parameters(), lr=RATE)
    x, y = torch.from_numpy(x), torch.from_numpy(y)

    def hinge(x, y):
        penalty = sum((p * p).sum() for p in net.parameters())
        return F.relu(1 - y * net(x)).mean() + PENALTY * penalty

    loss_of = compiled(hinge)
    while True:
        optimizer.zero_grad()
        loss = loss_of(x, y)
        loss.backward()
        optimizer.step()
        yield loss, net.parameters()


def in_numpy(x, y, *start):
    """Every array is (features, batch); the parameters are parts of one vector p."""
    n, x, y = len(x), x.T.copy(), y.T.copy()
    p = np.concatenate([a.ravel() for a in start])
    g, d = np.zeros_like(p), np.zeros_like(p)
    (w1, b1, w2, b2, w3, b3), (dw1, db1, dw2, db2, dw3, db3) = parts(p), parts(g)
    h1, h2, dh1, dh2 = np.empty((4, 16, n), np.float32)
    on1, on2 = np.empty((2, 16, n), bool)
    z, dz = np.empty((2, 1, n), np.float32)
    on3 = np.empty((1, n), bool)
    xt, h1t, h2t, w2t, w3t, slope = x.T, h1.T, h2.T, w2.T, w3.T, y / -n
    while True:
        np.matmul(w1, x, h1)
        np.add(h1, b1, h1)
        np.greater(h1, 0, on1)
        np.maximum(h1, 0, out=h1)
        np.matmul(w2, h1, h2)
        np.add(h2, b2, h2)
        np.greater(h2, 0, on2)
        np.maximum(h2, 0, out=h2)
        np.matmul(w3, h2, z)
        np.add(z, b3, z)
        np.multiply(z, y, z)
        np.subtract(1, z, z)
        np.greater(z, 0, on3)
        np.maximum(z, 0, out=z)
        loss = np.add.reduce(z, None) / n + PENALTY * np.dot(p, p)

        np.multiply(slope, on3, dz)
        np.matmul(dz, h2t, dw3)
        np.add.reduce(dz, 1, out=db3, keepdims=True)
        np.multiply(w3t, dz, dh2)
        np.multiply(dh2, on2, dh2)
        np.matmul(dh2, h1t, dw2)
        np.add.reduce(dh2, 1, out=db2, keepdims=True)
        np.matmul(w2t, dh2, dh1)
        np.multiply(dh1, on1, dh1)
        np.matmul(dh1, xt, dw1)
        np.add.reduce(dh1, 1, out=db1, keepdims=True)
        np.multiply(p, 2 * PENALTY, d)
        np.add(g, d, g)

        np.multiply(g, RATE, d)
        np.subtract(p, d, p)
        yield loss, (w1, b1, w2, b2, w3, b3)


def parts(p):
    """The views of a vector of all parameters."""
    w1, b1, w2, b2, w3, b3 = np.split(p, np.cumsum([32, 16, 256, 16, 16]))
    shapes = (16, 2), (16, 1), (16, 16), (16, 1), (1, 16), (1, 1)
    return [a.reshape(s) for a, s in zip((w1, b1, w2, b2, w3, b3), shapes, strict=True)]


def in_jax(x, y, *start):
    import jax

    def loss_of(p):
        w1, b1, w2, b2, w3, b3 = p
        h = jax.nn.relu(jax.nn.relu(x @ w1.T + b1) @ w2.T + b2)
        penalty = sum((a * a).sum() for a in p)
        return jax.nn.relu(1 - y * (h @ w3.T + b3)).mean() + PENALTY * penalty

    @jax.jit
    def step(p):
        loss, g = jax.value_and_grad(loss_of)(p)
        return loss, [p - RATE * g for p, g in zip(p, g, strict=True)]

    p = [jax.numpy.asarray(a) for a in start]
    while True:
        loss, p = jax.block_until_ready(step(p))
        yield loss, p


def in_autograd(x, y, *start):
    import autograd.numpy as anp
    from autograd import value_and_grad

    def loss_of(p):
        w1, b1, w2, b2, w3, b3 = p
        h = anp.maximum(anp.maximum(x @ w1.T + b1, 0) @ w2.T + b2, 0)
        penalty = sum(anp.sum(a * a) for a in p)
        return anp.mean(anp.maximum(1 - y * (h @ w3.T + b3), 0)) + PENALTY * penalty

    step = value_and_grad(loss_of)
    p = list(start)
    while True:
        loss, g = step(p)
        p = [p - RATE * g for p, g in zip(p, g, strict=True)]
        yield loss, p


def in_mygrad(x, y, *start):
    import mygrad as mg

    p = [mg.tensor(a) for a in start]
    while True:
        w1, b1, w2, b2, w3, b3 = p
        h = mg.maximum(mg.matmul(x, w1.T) + b1, 0)
        h = mg.maximum(mg.matmul(h, w2.T) + b2, 0)
        penalty = sum((a * a).sum() for a in p)
        hinge = mg.maximum(1 - y * (mg.matmul(h, w3.T) + b3), 0)
        loss = hinge.mean() + PENALTY * penalty
        loss.backward()
        for a in p:
            a.data -= RATE * a.grad
        yield loss, p


def in_tinygrad(x, y, *start):
    from tinygrad import Tensor, TinyJit, nn

    p = [Tensor(a).realize() for a in start]
    optimizer = nn.optim.SGD(p, lr=RATE)
    x, y = Tensor(x).realize(), Tensor(y).realize()

    @TinyJit
    def step():
        w1, b1, w2, b2, w3, b3 = p
        optimizer.zero_grad()
        z = x.linear(w1.T, b1).relu().linear(w2.T, b2).relu().linear(w3.T, b3)
        penalty = sum((a * a).sum() for a in p)
        loss = ((1 - y * z).relu().mean() + PENALTY * penalty).backward()
        return loss.realize(*optimizer.schedule_step())

    while True:
        yield step().item(), (a.numpy() for a in p)
