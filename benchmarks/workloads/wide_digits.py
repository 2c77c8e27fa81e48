"""A wider digit classifier: 784-256-128-10, ReLU, cross-entropy, SGD with momentum, batch 128."""

import numpy as np

RATE, MOMENTUM = 0.01, 0.9
SHAPES = ((256, 784), 256, (128, 256), 128, (10, 128), 10)


def problem():
    """A batch and the first parameters, each weight as (out, in)."""
    random = np.random.default_rng(0)
    x, y = random.random((128, 784), np.float32), random.integers(0, 10, 128)
    return x, y, *(random.uniform(-0.05, 0.05, s).astype(np.float32) for s in SHAPES)


def in_pytorch(torch, compiled, x, y, *start):
    nn, F = torch.nn, torch.nn.functional
    net = nn.Sequential(
        nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10)
    )
    nn.utils.vector_to_parameters(
        torch.cat([torch.tensor(p).flatten() for p in start]), net.parameters()
    )
    optimizer = torch.optim.SGD(net.parameters(), lr=RATE, momentum=MOMENTUM)
    x, y = torch.from_numpy(x), torch.from_numpy(y)
    loss_of = compiled(lambda x, y: F.cross_entropy(net(x), y))
    while True:
        optimizer.zero_grad()
        loss = loss_of(x, y)
        loss.backward()
        optimizer.step()
        yield loss, net.parameters()


def in_numpy(x, y, *start):
    """Every array is (features, batch).  The parameters are parts of one vector p, their gradients
    of g; m is the running sum of g."""
    n = len(x)
    p = np.concatenate([a.ravel() for a in start])
    g, m = np.zeros_like(p), np.zeros_like(p)
    (w1, b1, w2, b2, w3, b3), (dw1, db1, dw2, db2, dw3, db3) = parts(p), parts(g)
    h1, dh1 = np.empty((2, 256, n), np.float32)
    h2, dh2 = np.empty((2, 128, n), np.float32)
    z, dz = np.empty((2, 10, n), np.float32)
    on1, on2 = np.empty((256, n), bool), np.empty((128, n), bool)
    top, total, chosen = np.empty((3, n), np.float32)
    place = y * n + np.arange(n)  # of each image's own class in z
    while True:
        np.matmul(w1, x.T, h1)
        np.add(h1, b1, h1)
        np.greater(h1, 0, on1)
        np.maximum(h1, 0, out=h1)
        np.matmul(w2, h1, h2)
        np.add(h2, b2, h2)
        np.greater(h2, 0, on2)
        np.maximum(h2, 0, out=h2)
        np.matmul(w3, h2, z)
        np.add(z, b3, z)
        np.maximum.reduce(z, 0, out=top)
        np.subtract(z, top, z)
        np.exp(z, dz)
        np.add.reduce(dz, 0, out=total)
        np.divide(dz, total, dz)
        np.log(total, total)
        z.ravel().take(place, out=chosen, mode="clip")
        np.subtract(total, chosen, total)
        loss = np.add.reduce(total) / n

        dz.ravel()[place] -= 1  # dz = (softmax(z) - one-hot) / n
        np.divide(dz, n, dz)
        np.matmul(dz, h2.T, dw3)
        np.add.reduce(dz, 1, out=db3, keepdims=True)
        np.matmul(w3.T, dz, dh2)
        np.multiply(dh2, on2, dh2)
        np.matmul(dh2, h1.T, dw2)
        np.add.reduce(dh2, 1, out=db2, keepdims=True)
        np.matmul(w2.T, dh2, dh1)
        np.multiply(dh1, on1, dh1)
        np.matmul(dh1, x, dw1)
        np.add.reduce(dh1, 1, out=db1, keepdims=True)

        np.multiply(m, MOMENTUM, m)
        np.add(m, g, m)
        np.multiply(m, RATE, g)
        np.subtract(p, g, p)
        yield loss, (w1, b1, w2, b2, w3, b3)


def parts(p):
    """The views of a vector of all parameters."""
    pieces = np.split(p, np.cumsum([np.prod(s) for s in SHAPES])[:-1])
    columns = [s if isinstance(s, tuple) else (s, 1) for s in SHAPES]
    return [a.reshape(s) for a, s in zip(pieces, columns, strict=True)]


def in_jax(x, y, *start):
    import jax
    import jax.numpy as jnp

    def loss_of(p):
        w1, b1, w2, b2, w3, b3 = p
        h = jax.nn.relu(jax.nn.relu(x @ w1.T + b1) @ w2.T + b2)
        return -jax.nn.log_softmax(h @ w3.T + b3)[jnp.arange(len(y)), y].mean()

    @jax.jit
    def step(p, m):
        loss, g = jax.value_and_grad(loss_of)(p)
        m = [MOMENTUM * m + g for m, g in zip(m, g, strict=True)]
        return loss, [p - RATE * m for p, m in zip(p, m, strict=True)], m

    p = [jnp.asarray(a) for a in start]
    m = [jnp.zeros_like(a) for a in start]
    while True:
        loss, p, m = jax.block_until_ready(step(p, m))
        yield loss, p


def in_tinygrad(x, y, *start):
    from tinygrad import Tensor, TinyJit, nn

    p = [Tensor(a).realize() for a in start]
    optimizer = nn.optim.SGD(p, lr=RATE, momentum=MOMENTUM)
    x, y = Tensor(x).realize(), Tensor(y).realize()

    @TinyJit
    def step():
        w1, b1, w2, b2, w3, b3 = p
        optimizer.zero_grad()
        z = x.linear(w1.T, b1).relu().linear(w2.T, b2).relu().linear(w3.T, b3)
        loss = z.sparse_categorical_crossentropy(y).backward()
        return loss.realize(*optimizer.schedule_step())

    while True:
        yield step().item(), (a.numpy() for a in p)
