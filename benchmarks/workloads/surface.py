"""A surface from points: 2-5-1, ReLU, mean squared error, SGD, batch 100."""

import numpy as np

RATE = 0.005


def problem():
    """The points of a bowl and the first parameters, each weight as (out, in)."""
    random = np.random.default_rng(0)
    x = random.uniform(-1, 1, (100, 2)).astype(np.float32)
    y = 1 - (x**2).sum(1, keepdims=True)
    start = [random.standard_normal(shape, np.float32) for shape in ((5, 2), 5, (1, 5), 1)]
    return x, y, *start


def in_pytorch(torch, compiled, x, y, *start):
    nn, F = torch.nn, torch.nn.functional
    net = nn.Sequential(nn.Linear(2, 5), nn.ReLU(), nn.Linear(5, 1))
    nn.utils.vector_to_parameters(
        torch.cat([torch.tensor(p).flatten() for p in start]), net.parameters()
    )
    optimizer = torch.optim.SGD(net.parameters(), lr=RATE)
    x, y = torch.from_numpy(x), torch.from_numpy(y)
    loss_of = compiled(lambda x, y: F.mse_loss(net(x), y))
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
    g = np.zeros_like(p)
    (w1, b1, w2, b2), (dw1, db1, dw2, db2) = parts(p), parts(g)
    h, dh = np.empty((2, 5, n), np.float32)
    mask = np.empty((5, n), bool)
    d = np.empty((1, n), np.float32)
    xt, ht, dt, w2t = x.T, h.T, d.T, w2.T
    while True:
        np.matmul(w1, x, h)
        np.add(h, b1, h)
        np.greater(h, 0, mask)
        np.maximum(h, 0, out=h)
        np.matmul(w2, h, d)
        np.add(d, b2, d)
        np.subtract(d, y, d)
        loss = np.matmul(d, dt).item() / n

        np.multiply(d, 2 / n, d)
        np.matmul(d, ht, dw2)
        np.add.reduce(d, 1, out=db2, keepdims=True)
        np.multiply(w2t, d, dh)
        np.multiply(dh, mask, dh)
        np.matmul(dh, xt, dw1)
        np.add.reduce(dh, 1, out=db1, keepdims=True)

        np.multiply(g, RATE, g)
        np.subtract(p, g, p)
        yield loss, (w1, b1, w2, b2)


def parts(p):
    """The views of a vector of all parameters."""
    return (
        p[:10].reshape(5, 2),
        p[10:15].reshape(5, 1),
        p[15:20].reshape(1, 5),
        p[20:].reshape(1, 1),
    )


def in_jax(x, y, *start):
    import jax

    def loss_of(p):
        w1, b1, w2, b2 = p
        return ((jax.nn.relu(x @ w1.T + b1) @ w2.T + b2 - y) ** 2).mean()

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
        w1, b1, w2, b2 = p
        return anp.mean((anp.maximum(x @ w1.T + b1, 0) @ w2.T + b2 - y) ** 2)

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
        w1, b1, w2, b2 = p
        h = mg.maximum(mg.matmul(x, w1.T) + b1, 0)
        loss = ((mg.matmul(h, w2.T) + b2 - y) ** 2).mean()
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
        w1, b1, w2, b2 = p
        optimizer.zero_grad()
        out = x.linear(w1.T, b1).relu().linear(w2.T, b2)
        loss = ((out - y) ** 2).mean().backward()
        return loss.realize(*optimizer.schedule_step())

    while True:
        yield step().item(), (a.numpy() for a in p)
