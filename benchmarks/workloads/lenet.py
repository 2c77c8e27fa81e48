"""LeNet on images of 28x28: two convolutions, max pooling, three linear layers, SGD, batch 64."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

RATE = 0.05
SHAPES = (6, 1, 5, 5), 6, (16, 6, 5, 5), 16, (120, 400), 120, (84, 120), 84, (10, 84), 10


def problem():
    """A batch and the first parameters, each weight as (out, in, ...)."""
    random = np.random.default_rng(0)
    x, y = random.random((64, 1, 28, 28), np.float32), random.integers(0, 10, 64)
    start = []
    for shape in SHAPES:
        inputs = np.prod(shape[1:]) if isinstance(shape, tuple) else 100
        start.append(random.uniform(-1, 1, shape).astype(np.float32) / np.float32(inputs**0.5))
    return x, y, *start


def in_pytorch(torch, compiled, x, y, *start):
    nn, F = torch.nn, torch.nn.functional
    net = nn.Sequential(
        *(nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()),
        *(nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10)),
    )
    nn.utils.vector_to_parameters(
        torch.cat([torch.tensor(p).flatten() for p in start]), net.parameters()
    )
    optimizer = torch.optim.SGD(net.parameters(), lr=RATE)
    x, y = torch.from_numpy(x), torch.from_numpy(y)
    loss_of = compiled(lambda x, y: F.cross_entropy(net(x), y))
    while True:
        optimizer.zero_grad()
        loss = loss_of(x, y)
        loss.backward()
        optimizer.step()
        yield loss, net.parameters()


def in_numpy(x, y, *start):
    """Every array ends with the batch: (channels, height, width, batch) and (features, batch)."""
    n = len(x)
    p = np.concatenate([a.ravel() for a in start])
    g = np.zeros_like(p)
    k1, b1, k2, b2, w3, b3, w4, b4, w5, b5 = parts(p)
    dk1, db1, dk2, db2, dw3, db3, dw4, db4, dw5, db5 = parts(g)
    padded = np.pad(x.transpose(1, 2, 3, 0), ((0, 0), (2, 2), (2, 2), (0, 0)))
    conv1, conv2 = Convolution(padded, 6), Convolution(np.empty((6, 14, 14, n), np.float32), 16)
    pool1, pool2 = Pooling(conv1.y, conv1.dy, conv2.x), Pooling(conv2.y, conv2.dy)
    h2 = pool2.y.reshape(400, n)
    h3, dh3 = np.empty((2, 120, n), np.float32)
    h4, dh4 = np.empty((2, 84, n), np.float32)
    z, dz = np.empty((2, 10, n), np.float32)
    top, total, chosen = np.empty((3, n), np.float32)
    place = y * n + np.arange(n)  # of each image's own class in z
    while True:
        conv1.forward(k1, b1)
        pool1.forward()
        conv2.forward(k2, b2)
        pool2.forward()
        np.matmul(w3, h2, h3)
        np.add(h3, b3, h3)
        np.maximum(h3, 0, out=h3)
        np.matmul(w4, h3, h4)
        np.add(h4, b4, h4)
        np.maximum(h4, 0, out=h4)
        np.matmul(w5, h4, z)
        np.add(z, b5, z)
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
        np.matmul(dz, h4.T, dw5)
        np.add.reduce(dz, 1, out=db5, keepdims=True)
        np.matmul(w5.T, dz, dh4)
        np.multiply(dh4, h4 > 0, dh4)
        np.matmul(dh4, h3.T, dw4)
        np.add.reduce(dh4, 1, out=db4, keepdims=True)
        np.matmul(w4.T, dh4, dh3)
        np.multiply(dh3, h3 > 0, dh3)
        np.matmul(dh3, h2.T, dw3)
        np.add.reduce(dh3, 1, out=db3, keepdims=True)
        np.matmul(w3.T, dh3, pool2.dy.reshape(400, n))
        pool2.backward()
        conv2.backward(dk2, db2)
        conv2.backward_to_input(k2, pool1.dy)
        pool1.backward()
        conv1.backward(dk1, db1)

        np.multiply(g, RATE, g)
        np.subtract(p, g, p)
        yield loss, (k1, b1, k2, b2, w3, b3, w4, b4, w5, b5)


def parts(p):
    """The views of a vector of all parameters: every weight a matrix, every bias a column."""
    pieces = np.split(p, np.cumsum([np.prod(s) for s in SHAPES])[:-1])
    rows = [s[0] if isinstance(s, tuple) else s for s in SHAPES]
    return [a.reshape(n, -1) for a, n in zip(pieces, rows, strict=True)]


class Convolution:
    """5x5 windows of x, copied as columns, then one matrix product; a ReLU follows."""

    def __init__(self, x, outputs):
        channels, height, width, n = x.shape
        counts = height - 4, width - 4
        self.x, self.windows = x, sliding_window_view(x, (5, 5), (1, 2))
        self.windows = self.windows.transpose(0, 4, 5, 1, 2, 3)  # (channels, 5, 5, *counts, n)
        self.columns = np.empty(self.windows.shape, x.dtype)
        self.matrix = self.columns.reshape(channels * 25, -1)
        self.y, self.dy = np.empty((2, outputs, *counts, n), x.dtype)
        self.rows, self.drows = self.y.reshape(outputs, -1), self.dy.reshape(outputs, -1)

    def forward(self, kernels, bias):
        np.copyto(self.columns, self.windows)
        np.matmul(kernels, self.matrix, self.rows)
        np.add(self.rows, bias, self.rows)
        np.maximum(self.rows, 0, out=self.rows)

    def backward(self, dkernels, dbias):
        np.multiply(self.drows, self.rows > 0, self.drows)
        np.matmul(self.drows, self.matrix.T, dkernels)
        np.add.reduce(self.drows, 1, out=dbias, keepdims=True)

    def backward_to_input(self, kernels, dx):
        """Add each column's gradient to where it was copied from; it takes the columns' place."""
        np.matmul(kernels.T, self.drows, self.matrix)
        height, width = self.y.shape[1:3]
        dx[...] = 0
        for i in range(5):
            for j in range(5):
                part = dx[:, i : i + height, j : j + width]
                np.add(part, self.columns[:, i, j], part)


class Pooling:
    """The largest of each 2x2 square.  The gradient goes to all that are equal to it: numbers
    that tie are 0, where the ReLU before stops it."""

    def __init__(self, x, dx, y=None):
        corners = [
            (slice(None), slice(i, None, 2), slice(j, None, 2)) for i in (0, 1) for j in (0, 1)
        ]
        self.x, self.dx = [x[c] for c in corners], [dx[c] for c in corners]
        self.y = np.empty(self.x[0].shape, x.dtype) if y is None else y
        self.dy, self.largest = np.empty_like(self.y), np.empty(self.y.shape, bool)

    def forward(self):
        a, b, c, d = self.x
        np.maximum(a, b, out=self.y)
        np.maximum(self.y, c, out=self.y)
        np.maximum(self.y, d, out=self.y)

    def backward(self):
        for x, dx in zip(self.x, self.dx, strict=True):
            np.equal(x, self.y, self.largest)
            np.multiply(self.dy, self.largest, dx)


def in_jax(x, y, *start):
    import jax
    import jax.numpy as jnp

    def block(x, kernels, bias, padding):
        x = jax.lax.conv(x, kernels, (1, 1), padding) + bias[:, None, None]
        return jax.lax.reduce_window(
            jax.nn.relu(x), -jnp.inf, jax.lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID"
        )

    def loss_of(p):
        k1, b1, k2, b2, w3, b3, w4, b4, w5, b5 = p
        h = block(block(x, k1, b1, "SAME"), k2, b2, "VALID").reshape(len(x), 400)
        h = jax.nn.relu(jax.nn.relu(h @ w3.T + b3) @ w4.T + b4)
        return -jax.nn.log_softmax(h @ w5.T + b5)[jnp.arange(len(y)), y].mean()

    @jax.jit
    def step(p):
        loss, g = jax.value_and_grad(loss_of)(p)
        return loss, [p - RATE * g for p, g in zip(p, g, strict=True)]

    p = [jnp.asarray(a) for a in start]
    while True:
        loss, p = jax.block_until_ready(step(p))
        yield loss, p


def in_tinygrad(x, y, *start):
    from tinygrad import Tensor, TinyJit, nn

    p = [Tensor(a).realize() for a in start]
    optimizer = nn.optim.SGD(p, lr=RATE)
    x, y = Tensor(x).realize(), Tensor(y).realize()

    @TinyJit
    def step():
        k1, b1, k2, b2, w3, b3, w4, b4, w5, b5 = p
        optimizer.zero_grad()
        h = x.conv2d(k1, b1, padding=2).relu().max_pool2d()
        h = h.conv2d(k2, b2).relu().max_pool2d().flatten(1)
        z = h.linear(w3.T, b3).relu().linear(w4.T, b4).relu().linear(w5.T, b5)
        loss = z.sparse_categorical_crossentropy(y).backward()
        return loss.realize(*optimizer.schedule_step())

    while True:
        yield step().item(), (a.numpy() for a in p)
