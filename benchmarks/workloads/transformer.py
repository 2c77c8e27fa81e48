"""A transformer block written out: 128 features, 4 heads, a causal mask, 16 texts of 64, SGD."""

import numpy as np

TEXTS, LENGTH, WIDTH, HEADS, RATE = 16, 64, 128, 4, 0.5
EACH = WIDTH // HEADS  # features of a head
TOKENS = TEXTS * LENGTH
SHAPES = (
    *(WIDTH, WIDTH, (3 * WIDTH, WIDTH), 3 * WIDTH, (WIDTH, WIDTH), WIDTH),
    *(WIDTH, WIDTH, (4 * WIDTH, WIDTH), 4 * WIDTH, (WIDTH, 4 * WIDTH), WIDTH),
)  # a norm, the Linear of q, k and v, that of the heads' results; a norm, two Linears


def problem():
    """Inputs, the outputs that are wanted, and the first parameters, weights as (out, in)."""
    random = np.random.default_rng(0)
    x, y = random.standard_normal((2, TEXTS, LENGTH, WIDTH), np.float32)
    start = [random.uniform(-0.09, 0.09, shape).astype(np.float32) for shape in SHAPES]
    start[0] += 1
    start[6] += 1
    return x, y, *start


def in_pytorch(torch, compiled, x, y, *start):
    nn, F = torch.nn, torch.nn.functional

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm1, self.norm2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
            self.to_qkv, self.mix = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
            self.up, self.down = nn.Linear(WIDTH, 4 * WIDTH), nn.Linear(4 * WIDTH, WIDTH)
            self.mask = torch.full((LENGTH, LENGTH), float("-inf")).triu(1)

        def attend(self, x):
            qkv = self.to_qkv(x).reshape(TEXTS, LENGTH, 3, HEADS, EACH)
            q, k, v = qkv.permute(2, 0, 3, 1, 4)
            weights = (q @ k.transpose(-2, -1) * EACH**-0.5 + self.mask).softmax(-1)
            return self.mix((weights @ v).transpose(1, 2).reshape(TEXTS, LENGTH, WIDTH))

        def forward(self, x):
            x = x + self.attend(self.norm1(x))
            return x + self.down(F.gelu(self.up(self.norm2(x)), approximate="tanh"))

    net = Block()
    norm1, norm2, to_qkv, mix, up, down = net.children()
    parameters = [p for m in (norm1, to_qkv, mix, norm2, up, down) for p in m.parameters()]
    nn.utils.vector_to_parameters(torch.cat([torch.tensor(p).flatten() for p in start]), parameters)
    optimizer = torch.optim.SGD(parameters, lr=RATE)
    x, y = torch.from_numpy(x), torch.from_numpy(y)
    loss_of = compiled(lambda x, y: F.mse_loss(net(x), y))
    while True:
        optimizer.zero_grad()
        loss = loss_of(x, y)
        loss.backward()
        optimizer.step()
        yield loss, parameters


def in_numpy(x, y, *start):
    """Tokens are rows.  Attention reads q, k and v where the Linear has left them."""
    x, y = x.reshape(TOKENS, WIDTH), y.reshape(TOKENS, WIDTH)
    p = np.concatenate([a.ravel() for a in start])
    g = np.zeros_like(p)
    s1, b1, wqkv, bqkv, wmix, bmix, s2, b2, wup, bup, wdown, bdown = parts(p)
    ds1, db1, dwqkv, dbqkv, dwmix, dbmix, ds2, db2, dwup, dbup, dwdown, dbdown = parts(g)
    norm1, attention, norm2, gelu = Norm(), Attention(), Norm(), Gelu()
    middle, out = np.empty((2, TOKENS, WIDTH), np.float32)
    d = np.empty_like(out)
    while True:
        norm1.forward(x, s1, b1)
        np.matmul(norm1.y, wqkv.T, attention.qkv)
        np.add(attention.qkv, bqkv, attention.qkv)
        attention.forward()
        np.matmul(attention.y, wmix.T, middle)
        np.add(middle, bmix, middle)
        np.add(middle, x, middle)
        norm2.forward(middle, s2, b2)
        np.matmul(norm2.y, wup.T, gelu.x)
        np.add(gelu.x, bup, gelu.x)
        gelu.forward()
        np.matmul(gelu.y, wdown.T, out)
        np.add(out, bdown, out)
        np.add(out, middle, out)
        np.subtract(out, y, out)
        loss = np.vdot(out, out) / out.size

        np.multiply(out, 2 / out.size, out)  # from here on the gradient of the loss
        np.matmul(out.T, gelu.y, dwdown)
        np.add.reduce(out, 0, out=dbdown)
        np.matmul(out, wdown, gelu.dy)
        gelu.backward()
        np.matmul(gelu.dy.T, norm2.y, dwup)
        np.add.reduce(gelu.dy, 0, out=dbup)
        np.matmul(gelu.dy, wup, d)
        norm2.backward(d, s2, ds2, db2)
        np.add(out, d, out)
        np.matmul(out.T, attention.y, dwmix)
        np.add.reduce(out, 0, out=dbmix)
        np.matmul(out, wmix, attention.dy)
        attention.backward()
        np.matmul(attention.dqkv.T, norm1.y, dwqkv)
        np.add.reduce(attention.dqkv, 0, out=dbqkv)
        np.matmul(attention.dqkv, wqkv, d)
        norm1.backward(d, s1, ds1, db1, to_input=False)

        np.multiply(g, RATE, g)
        np.subtract(p, g, p)
        yield loss, parts(p)


def parts(p):
    """The views of a vector of all parameters."""
    pieces = np.split(p, np.cumsum([np.prod(s) for s in SHAPES])[:-1])
    return [a.reshape(s) for a, s in zip(pieces, SHAPES, strict=True)]


class Norm:
    """y = scale n + shift, where n = (x - mean) / sqrt(variance + 1e-5), of each row."""

    def __init__(self):
        self.n, self.y = np.empty((2, TOKENS, WIDTH), np.float32)
        self.buffer = np.empty_like(self.n)
        self.mean, self.root = np.empty((2, TOKENS, 1), np.float32)

    def forward(self, x, scale, shift):
        n, root = self.n, self.root
        np.mean(x, 1, out=self.mean, keepdims=True)
        np.subtract(x, self.mean, n)
        np.einsum("ij,ij->i", n, n, out=root[:, 0])
        np.divide(root, WIDTH, root)
        np.add(root, 1e-5, root)
        np.sqrt(root, root)
        np.divide(n, root, n)
        np.multiply(n, scale, self.y)
        np.add(self.y, shift, self.y)

    def backward(self, d, scale, dscale, dshift, to_input=True):
        """d becomes dx = (dn - mean(dn) - n mean(dn n)) / root, where dn = d scale."""
        n, mean, buffer = self.n, self.mean, self.buffer
        np.add.reduce(d, 0, out=dshift)
        np.einsum("ij,ij->j", d, n, out=dscale)
        if not to_input:
            return
        np.multiply(d, scale, d)
        np.einsum("ij,ij->i", d, n, out=mean[:, 0])
        np.divide(mean, WIDTH, mean)
        np.multiply(n, mean, buffer)
        np.mean(d, 1, out=mean, keepdims=True)
        np.subtract(d, mean, d)
        np.subtract(d, buffer, d)
        np.divide(d, self.root, d)


class Attention:
    """y = softmax(q k' / sqrt(features) + mask) v for each text and head."""

    def __init__(self):
        self.qkv, self.dqkv = np.empty((2, TOKENS, 3 * WIDTH), np.float32)
        self.y, self.dy = np.empty((2, TOKENS, WIDTH), np.float32)
        self.weights, self.d = np.empty((2, TEXTS, HEADS, LENGTH, LENGTH), np.float32)
        self.row = np.empty((TEXTS, HEADS, LENGTH, 1), np.float32)
        self.mask = np.triu(np.full((LENGTH, LENGTH), -np.inf, np.float32), 1)

    def heads(self, a):
        """The parts of (tokens, parts x width), each as (texts, heads, length, features)."""
        a = a.reshape(TEXTS, LENGTH, -1, HEADS, EACH)
        return [part.transpose(0, 2, 1, 3) for part in np.moveaxis(a, 2, 0)]

    def forward(self):
        (q, k, v), (y,), w, row = self.heads(self.qkv), self.heads(self.y), self.weights, self.row
        np.matmul(q, k.swapaxes(2, 3), w)
        np.multiply(w, EACH**-0.5, w)
        np.add(w, self.mask, w)
        np.maximum.reduce(w, 3, out=row, keepdims=True)
        np.subtract(w, row, w)
        np.exp(w, w)
        np.add.reduce(w, 3, out=row, keepdims=True)
        np.divide(w, row, w)
        np.matmul(w, v, y)

    def backward(self):
        """ds = w (dw - sum(dw w)), where w is the softmax of the scores s."""
        (q, k, v), (dq, dk, dv) = self.heads(self.qkv), self.heads(self.dqkv)
        (dy,), w, d, row = self.heads(self.dy), self.weights, self.d, self.row
        np.matmul(w.swapaxes(2, 3), dy, dv)
        np.matmul(dy, v.swapaxes(2, 3), d)
        np.einsum("thij,thij->thi", d, w, out=row[..., 0])
        np.subtract(d, row, d)
        np.multiply(d, w, d)
        np.multiply(d, EACH**-0.5, d)
        np.matmul(d, k, dq)
        np.matmul(d.swapaxes(2, 3), q, dk)


class Gelu:
    """y = x (1 + t) / 2, where t = tanh(c (x + a x^3)); dy/dx = (1 + t) / 2 + x (1 - t^2) u / 2,
    where u = c (1 + 3 a x^2)."""

    c, a = (2 / np.pi) ** 0.5, 0.044715

    def __init__(self):
        self.x, self.t, self.y, self.dy, self.d = np.empty((5, TOKENS, 4 * WIDTH), np.float32)

    def forward(self):
        x, t = self.x, self.t
        np.multiply(x, x, t)
        np.multiply(t, self.a * self.c, t)
        np.add(t, self.c, t)
        np.multiply(t, x, t)
        np.tanh(t, t)
        np.add(t, 1, self.y)
        np.multiply(self.y, x, self.y)
        np.multiply(self.y, 0.5, self.y)

    def backward(self):
        """dy is multiplied by dy/dx."""
        x, t, d = self.x, self.t, self.d
        np.multiply(x, x, d)
        np.multiply(d, 3 * self.a * self.c, d)
        np.add(d, self.c, d)
        np.multiply(d, x, d)  # x u
        np.multiply(t, t, x)
        np.subtract(1, x, x)
        np.multiply(d, x, d)
        np.add(d, t, d)
        np.add(d, 1, d)
        np.multiply(d, 0.5, d)
        np.multiply(self.dy, d, self.dy)


def in_jax(x, y, *start):
    import jax
    import jax.numpy as jnp

    mask = jnp.triu(jnp.full((LENGTH, LENGTH), -jnp.inf), 1)

    def norm(x, scale, shift):
        x = x - x.mean(-1, keepdims=True)
        return x / jnp.sqrt((x * x).mean(-1, keepdims=True) + 1e-5) * scale + shift

    def loss_of(p):
        s1, b1, wqkv, bqkv, wmix, bmix, s2, b2, wup, bup, wdown, bdown = p
        qkv = norm(x, s1, b1) @ wqkv.T + bqkv
        q, k, v = qkv.reshape(TEXTS, LENGTH, 3, HEADS, EACH).transpose(2, 0, 3, 1, 4)
        weights = jax.nn.softmax(q @ k.swapaxes(2, 3) * EACH**-0.5 + mask)
        heads = (weights @ v).swapaxes(1, 2).reshape(TEXTS, LENGTH, WIDTH)
        h = x + heads @ wmix.T + bmix
        up = jax.nn.gelu(norm(h, s2, b2) @ wup.T + bup, approximate=True)
        return ((h + up @ wdown.T + bdown - y) ** 2).mean()

    @jax.jit
    def step(p):
        loss, g = jax.value_and_grad(loss_of)(p)
        return loss, [p - RATE * g for p, g in zip(p, g, strict=True)]

    p = [jnp.asarray(a) for a in start]
    while True:
        loss, p = jax.block_until_ready(step(p))
        yield loss, p
