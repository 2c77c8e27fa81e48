"""A digit classifier: 784-32-10, sigmoid, cross-entropy, Adam, batch 128."""

import numpy as np


def problem():
    """A batch and the first parameters, each weight as (out, in)."""
    random = np.random.default_rng(0)
    x, y = random.random((128, 784), np.float32), random.integers(0, 10, 128)
    shapes = {"w1": (32, 784), "b1": 32, "w2": (10, 32), "b2": 10}
    start = {name: random.uniform(-0.1, 0.1, shape) for name, shape in shapes.items()}
    return x, y, *(p.astype(np.float32) for p in start.values())


def in_pytorch(torch, compiled, x, y, *start):
    nn, F = torch.nn, torch.nn.functional
    net = nn.Sequential(nn.Linear(784, 32), nn.Sigmoid(), nn.Linear(32, 10))
    nn.utils.vector_to_parameters(
        torch.cat([torch.tensor(p).flatten() for p in start]), net.parameters()
    )
    optimizer = torch.optim.Adam(net.parameters())
    x, y = torch.from_numpy(x), torch.from_numpy(y)
    loss_of = compiled(lambda x, y: F.cross_entropy(net(x), y))
    while True:
        optimizer.zero_grad()
        loss = loss_of(x, y)
        loss.backward()
        optimizer.step()
        yield loss, net.parameters()


def in_numpy(x, y, *start):
    """Every array is (features, batch): sums over classes then go down columns, which is fast.

    The parameters are parts of one vector p, their gradients of g, for Adam to update in one go.
    m and v are its running sums of g and of g^2: the means times 10 and times 1000.
    """
    n = len(x)
    p = np.concatenate([a.ravel() for a in start])
    g, m, v, d = (np.zeros_like(p) for _ in range(4))
    (w1, b1, w2, b2), (dw1, db1, dw2, db2) = parts(p), parts(g)
    h, dh = np.empty((2, 32, n), np.float32)
    z, dz = np.empty((2, 10, n), np.float32)
    top, total, chosen = np.empty((3, n), np.float32)
    place = y * n + np.arange(n)  # of each image's own class in z
    t = 0
    while True:
        np.matmul(w1, x.T, h)  # h = sigmoid(w1 x + b1)
        np.add(h, b1, h)
        np.negative(h, h)
        np.exp(h, h)
        np.add(h, 1, h)
        np.reciprocal(h, h)

        np.matmul(w2, h, z)  # z = w2 h + b2, less the largest of each column
        np.add(z, b2, z)
        np.maximum.reduce(z, 0, out=top)
        np.subtract(z, top, z)
        np.exp(z, dz)
        np.add.reduce(dz, 0, out=total)
        np.divide(dz, total, dz)
        np.log(total, total)  # loss = mean of log(sum exp(z)) - z[class]
        z.ravel().take(place, out=chosen, mode="clip")
        np.subtract(total, chosen, total)
        loss = np.add.reduce(total) / n

        dz.ravel()[place] -= 1  # dz = (softmax(z) - one-hot) / n
        np.divide(dz, n, dz)
        np.matmul(dz, h.T, dw2)
        np.add.reduce(dz, 1, out=db2, keepdims=True)
        np.matmul(w2.T, dz, dh)  # dh = w2' dz h (1 - h)
        np.multiply(dh, h, dh)
        np.subtract(1, h, h)
        np.multiply(dh, h, dh)
        np.matmul(dh, x, dw1)
        np.add.reduce(dh, 1, out=db1, keepdims=True)

        t += 1
        np.multiply(m, 0.9, m)
        np.add(m, g, m)
        np.multiply(v, 0.999, v)
        np.multiply(g, g, d)
        np.add(v, d, v)
        np.sqrt(v, d)
        scale = (1000 * (1 - 0.999**t)) ** 0.5
        np.add(d, 1e-8 * scale, d)
        np.divide(m, d, d)
        np.multiply(d, 1e-3 * scale * 0.1 / (1 - 0.9**t), d)
        np.subtract(p, d, p)
        yield loss, (w1, b1, w2, b2)


def parts(p):
    """The views of a vector of all parameters."""
    w1, b1, w2, b2 = np.split(p, np.cumsum([32 * 784, 32, 10 * 32]))
    return w1.reshape(32, 784), b1.reshape(32, 1), w2.reshape(10, 32), b2.reshape(10, 1)


def in_jax(x, y, *start):
    import jax
    import jax.numpy as jnp

    def loss_of(p):
        w1, b1, w2, b2 = p
        z = jax.nn.sigmoid(x @ w1.T + b1) @ w2.T + b2
        return -jax.nn.log_softmax(z)[jnp.arange(len(y)), y].mean()

    @jax.jit
    def step(p, m, v, t):
        loss, g = jax.value_and_grad(loss_of)(p)
        m = [0.9 * m + 0.1 * g for m, g in zip(m, g, strict=True)]
        v = [0.999 * v + 0.001 * g * g for v, g in zip(v, g, strict=True)]
        p = [
            p - 1e-3 * (m / (1 - 0.9**t)) / (jnp.sqrt(v / (1 - 0.999**t)) + 1e-8)
            for p, m, v in zip(p, m, v, strict=True)
        ]
        return loss, p, m, v

    p = [jnp.asarray(a) for a in start]
    m = v = [jnp.zeros_like(a) for a in start]
    t = 0
    while True:
        t += 1
        loss, p, m, v = jax.block_until_ready(step(p, m, v, float(t)))
        yield loss, p


def in_tinygrad(x, y, *start):
    from tinygrad import Tensor, TinyJit, nn

    p = [Tensor(a).realize() for a in start]
    optimizer = nn.optim.Adam(p)
    x, y = Tensor(x).realize(), Tensor(y).realize()

    @TinyJit
    def step():
        w1, b1, w2, b2 = p
        optimizer.zero_grad()
        z = x.linear(w1.T, b1).sigmoid().linear(w2.T, b2)
        loss = z.sparse_categorical_crossentropy(y).backward()
        return loss.realize(*optimizer.schedule_step())

    while True:
        yield step().item(), (a.numpy() for a in p)
