"""An LSTM written out, with gates as slices of one product: 128 units, 32 steps, batch 32, SGD."""

import numpy as np

STEPS, BATCH, SIZE, RATE = 32, 32, 128, 0.5


def problem():
    """Inputs over time, the last state that is wanted, and the first parameters."""
    random = np.random.default_rng(0)
    x = random.standard_normal((STEPS, BATCH, SIZE), np.float32)
    y = random.uniform(-1, 1, (BATCH, SIZE)).astype(np.float32)
    shapes = (4 * SIZE, SIZE), (4 * SIZE, SIZE), 4 * SIZE
    return x, y, *(random.uniform(-0.08, 0.08, s).astype(np.float32) for s in shapes)


def in_pytorch(torch, compiled, x, y, *start):
    F = torch.nn.functional
    wx, wh, b = parameters = [torch.from_numpy(p).requires_grad_() for p in start]
    optimizer = torch.optim.SGD(parameters, lr=RATE)
    x, y = torch.from_numpy(x), torch.from_numpy(y)

    def unrolled(x, y):
        h = c = torch.zeros(BATCH, SIZE)
        for t in range(STEPS):
            gates = x[t] @ wx.T + h @ wh.T + b
            i = torch.sigmoid(gates[:, :SIZE])
            f = torch.sigmoid(gates[:, SIZE : 2 * SIZE])
            g = torch.tanh(gates[:, 2 * SIZE : 3 * SIZE])
            o = torch.sigmoid(gates[:, 3 * SIZE :])
            c = f * c + i * g
            h = o * torch.tanh(c)
        return F.mse_loss(h, y)

    loss_of = compiled(unrolled)
    while True:
        optimizer.zero_grad()
        loss = loss_of(x, y)
        loss.backward()
        optimizer.step()
        yield loss, parameters


def in_numpy(x, y, wx, wh, b):
    """Every array is (features, batch).  What does not depend on the state, the products with x and
    with its gradients, is computed for all steps at once."""
    x = x.transpose(2, 0, 1).reshape(SIZE, STEPS * BATCH)
    y, b = y.T.copy(), b.reshape(-1, 1)
    wx, wh = wx.copy(), wh.copy()
    dwx, dwh, db = np.empty_like(wx), np.empty_like(wh), np.empty_like(b)
    inputs = np.empty((4 * SIZE, STEPS * BATCH), np.float32)
    gates, dgates = np.empty((2, STEPS, 4 * SIZE, BATCH), np.float32)
    joined = np.empty((4 * SIZE, STEPS, BATCH), np.float32)
    h, c = np.zeros((2, STEPS + 1, SIZE, BATCH), np.float32)
    before = np.empty((SIZE, STEPS, BATCH), np.float32)
    squashed = np.empty((STEPS, SIZE, BATCH), np.float32)
    dh, dc, d = np.empty((3, SIZE, BATCH), np.float32)
    while True:
        np.matmul(wx, x, inputs)
        np.add(inputs, b, inputs)
        by_step = inputs.reshape(4 * SIZE, STEPS, BATCH).transpose(1, 0, 2)
        for t in range(STEPS):
            a = gates[t]
            np.matmul(wh, h[t], a)
            np.add(a, by_step[t], a)
            i, f, g, o = np.split(a, 4)
            sigmoid(a[: 2 * SIZE])
            np.tanh(g, g)
            sigmoid(o)
            np.multiply(f, c[t], c[t + 1])
            np.multiply(i, g, d)
            np.add(c[t + 1], d, c[t + 1])
            np.tanh(c[t + 1], squashed[t])
            np.multiply(o, squashed[t], h[t + 1])
        np.subtract(h[STEPS], y, dh)
        loss = np.vdot(dh, dh) / dh.size

        np.multiply(dh, 2 / dh.size, dh)
        dc[...] = 0
        for t in reversed(range(STEPS)):
            i, f, g, o = np.split(gates[t], 4)
            di, df, dg, do = np.split(dgates[t], 4)
            np.multiply(squashed[t], squashed[t], d)  # dc += dh o (1 - tanh(c)^2)
            np.subtract(1, d, d)
            np.multiply(d, o, d)
            np.multiply(d, dh, d)
            np.add(dc, d, dc)
            np.multiply(dc, g, di)
            np.multiply(dc, c[t], df)
            np.multiply(dc, i, dg)
            np.multiply(dc, f, dc)
            np.multiply(dh, squashed[t], do)
            sigmoid_backward(gates[t, : 2 * SIZE], dgates[t, : 2 * SIZE])
            np.multiply(g, g, d)
            np.subtract(1, d, d)
            np.multiply(dg, d, dg)
            sigmoid_backward(o, do)
            np.matmul(wh.T, dgates[t], dh)
        np.copyto(joined, dgates.transpose(1, 0, 2))
        np.copyto(before, h[:-1].transpose(1, 0, 2))
        flat = joined.reshape(4 * SIZE, STEPS * BATCH)
        np.matmul(flat, x.T, dwx)
        np.matmul(flat, before.reshape(SIZE, -1).T, dwh)
        np.add.reduce(flat, 1, out=db, keepdims=True)

        for p, dp in ((wx, dwx), (wh, dwh), (b, db)):
            np.multiply(dp, RATE, dp)
            np.subtract(p, dp, p)
        yield loss, (wx, wh, b)


def sigmoid(a):
    np.negative(a, a)
    np.exp(a, a)
    np.add(a, 1, a)
    np.reciprocal(a, a)


def sigmoid_backward(s, ds):
    """ds *= s (1 - s); s is not needed after it."""
    np.multiply(ds, s, ds)
    np.subtract(1, s, s)
    np.multiply(ds, s, ds)


def in_jax(x, y, *start):
    import jax
    import jax.numpy as jnp

    def loss_of(p):
        wx, wh, b = p

        def step(state, x):
            h, c = state
            i, f, g, o = jnp.split(x @ wx.T + h @ wh.T + b, 4, 1)
            c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
            return (jax.nn.sigmoid(o) * jnp.tanh(c), c), None

        zeros = jnp.zeros((BATCH, SIZE))
        (h, _), _ = jax.lax.scan(step, (zeros, zeros), x)
        return ((h - y) ** 2).mean()

    @jax.jit
    def step(p):
        loss, g = jax.value_and_grad(loss_of)(p)
        return loss, [p - RATE * g for p, g in zip(p, g, strict=True)]

    p = [jnp.asarray(a) for a in start]
    while True:
        loss, p = jax.block_until_ready(step(p))
        yield loss, p


def in_autograd(x, y, *start):
    import autograd.numpy as anp
    from autograd import value_and_grad

    def sigmoid(a):
        return 1 / (1 + anp.exp(-a))

    def loss_of(p):
        wx, wh, b = p
        h = c = np.zeros((BATCH, SIZE), np.float32)
        for t in range(STEPS):
            i, f, g, o = anp.split(x[t] @ wx.T + anp.dot(h, wh.T) + b, 4, 1)
            c = sigmoid(f) * c + sigmoid(i) * anp.tanh(g)
            h = sigmoid(o) * anp.tanh(c)
        return anp.mean((h - y) ** 2)

    step = value_and_grad(loss_of)
    p = list(start)
    while True:
        loss, g = step(p)
        p = [p - RATE * g for p, g in zip(p, g, strict=True)]
        yield loss, p
