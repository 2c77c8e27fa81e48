"""Beside PyTorch eager: ops, indexing, layers, optimisers and loaders, forward and backward."""

from collections import deque
from functools import partial

import numpy as np
import torch

import tinygrad_edu as tg

from . import Limit, ratio

BOTH = (tg, torch)
A_LOOP = "a loop in C of PyTorch's own; NumPy has no function that does it in one pass"
HALF = "NumPy computes float16 through float32, one number at a time"


# ---------------------------------------------------------------- one op


def passes(framework, f, arrays, needs=None):
    """A call that runs f forward and, where a gradient is needed, backward."""
    inputs = [framework.tensor(a) for a in arrays]
    for i, x in enumerate(inputs):
        if framework.is_floating_point(x) and (needs is None or i in needs):
            x.requires_grad_()
    y = f(framework, *inputs)
    y = y if framework.is_tensor(y) else y[0]
    g = framework.ones_like(y)

    def call():
        for x in inputs:
            x.grad = None
        y = f(framework, *inputs)
        (y if framework.is_tensor(y) else y[0]).backward(g)

    return call


def op(name, f, *arrays, limit=3.0, why=""):
    """The limit of a function: f(torch, *inputs), of which the floating ones need a gradient."""

    def measure():
        made = [a() if callable(a) else a for a in arrays]
        return ratio(*(passes(framework, f, made) for framework in BOTH))

    return Limit(name, measure, limit, why=why)


def numbers(*shape, dtype=np.float32):
    return lambda: np.random.default_rng(0).standard_normal(shape, np.float32).astype(dtype)


def places(n, *shape):
    return lambda: np.random.default_rng(1).integers(0, n, shape)


def often():
    """Places of which some come far more often than others."""
    return np.minimum(np.random.default_rng(0).zipf(1.2, 10**5) - 1, 9_999)


def depthwise(torch, x, w):
    return torch.nn.functional.conv2d(x, w, padding=1, groups=64)


def batch_norm(torch, x):
    return torch.nn.functional.batch_norm(x, None, None, training=True)


OPS = [
    op("topk(10) of (1000, 1000)", lambda t, x: t.topk(x, 10), numbers(1000, 1000), why=A_LOOP),
    op(
        "scatter_add of 10^6 into 10^4",
        lambda t, x, i, v: t.scatter_add(x, 0, i, v),
        *(numbers(10**4), places(10**4, 10**6), numbers(10**6)),
        why=A_LOOP,
    ),
    op("x % 1.0 of 10^6", lambda t, x: x % 1.0, numbers(10**6)),
    op(
        "depthwise conv2d: (8, 64, 28, 28), 3x3",
        depthwise,
        *(numbers(8, 64, 28, 28), numbers(64, 1, 3, 3)),
        why="a product of one row for each channel leaves BLAS nothing to do",
    ),
    op("float16 add of 10^6", lambda t, x: x + x, numbers(10**6, dtype=np.float16), why=HALF),
    op("float16 exp of 10^6", lambda t, x: x.exp(), numbers(10**6, dtype=np.float16), why=HALF),
    op(
        "float16 matmul of 256 x 256",
        lambda t, x: x @ x,
        numbers(256, 256, dtype=np.float16),
        why=HALF,
    ),
    op("batch_norm of (64, 32, 14, 14)", batch_norm, numbers(64, 32, 14, 14)),
    op("max(1) of (1000, 1000)", lambda t, x: x.max(1), numbers(1000, 1000)),
    op(
        "gather of (1000, 1000)",
        lambda t, x, i: x.gather(1, i),
        *(numbers(1000, 1000), places(1000, 1000, 1000)),
    ),
    op("erf of 10^6", lambda t, x: t.erf(x), numbers(10**6)),
    op("gelu of 10^6", lambda t, x: t.nn.functional.gelu(x), numbers(10**6)),
]


# ---------------------------------------------------------------- reading rows, adding back there


def read(name, shape, where, f=lambda t, x, i: x[i]):
    return op(f"{name} of {shape}", f, numbers(*shape), where, limit=1.5)


INDEXING = [
    *(read("x[i], 10^5 places", s, places(10**4, 10**5)) for s in ((10**4,), (10**4, 16))),
    read("x[i], 10^5 places", (10**4, 64), places(10**4, 10**5)),
    read("x[i], 96 places", (27, 10), places(27, 96)),
    read("x[i], 1000 places", (50_000, 64), places(50_000, 1000)),
    read("x[i], 4096 places", (65, 64), places(65, 4096)),
    read("x[i], some places far more often", (10**4, 64), often),
    read("x[:, i], 1000 places", (100, 1000), places(1000, 1000), lambda t, x, i: x[:, i]),
]


# ---------------------------------------------------------------- layers


def recurrent(kind, with_input):
    def call(framework):
        layer = getattr(framework.nn, kind)(128, 128)
        x = framework.from_numpy(numbers(32, 32, 128)()).requires_grad_(with_input)

        def run():
            layer(x)[0].sum().backward()
            layer.zero_grad()
            x.grad = None

        return run

    name = f"nn.{kind}(128, 128), 32 steps, batch 32{', gradient of x too' * with_input}"
    limit = 1.1 if kind == "LSTM" and not with_input else None
    return Limit(name, lambda: ratio(*map(call, BOTH), seconds=0.05), limit)


def lenet(activation, pool):
    def call(framework):
        nn, F = framework.nn, framework.nn.functional
        act, shrink = getattr(nn, activation), getattr(nn, f"{pool}Pool2d")
        net = nn.Sequential(
            *(nn.Conv2d(1, 6, 5, padding=2), act(), shrink(2)),
            *(nn.Conv2d(6, 16, 5), act(), shrink(2), nn.Flatten()),
            *(nn.Linear(400, 120), act(), nn.Linear(120, 84), act(), nn.Linear(84, 10)),
        )
        x = framework.from_numpy(numbers(64, 1, 28, 28)())
        y = framework.from_numpy(places(10, 64)())

        def run():
            net.zero_grad()
            F.cross_entropy(net(x), y).backward()

        return run

    name = f"LeNet with {activation} and {pool}Pool2d, batch 64"
    return Limit(name, lambda: ratio(*map(call, BOTH), seconds=0.05), 1.0)


def transformer(activation):
    def call(framework):
        nn = framework.nn
        layer = nn.TransformerEncoderLayer(
            128, 4, 512, dropout=0.0, batch_first=True, activation=activation
        )
        x = framework.from_numpy(numbers(16, 64, 128)()).requires_grad_()
        g = framework.ones(16, 64, 128)
        mask = nn.Transformer.generate_square_subsequent_mask(64)

        def run():
            layer.zero_grad()
            x.grad = None
            layer(x, src_mask=mask, is_causal=True).backward(g)

        return run

    name = f"nn.TransformerEncoderLayer with {activation}, causal"
    return Limit(name, lambda: ratio(*map(call, BOTH), seconds=0.05), 1.1)


LAYERS = [
    *(recurrent(kind, x) for kind in ("LSTM", "GRU", "RNN") for x in (False, True)),
    *(lenet(act, pool) for act in ("ReLU", "Sigmoid") for pool in ("Avg", "Max")),
    *(transformer(act) for act in ("gelu", "relu")),
]


# ---------------------------------------------------------------- optimisers and loaders


def optimizer(name, what, sizes, limit=None):
    def call(framework):
        random, parameters = np.random.default_rng(0), []
        for size in sizes:
            p, g = (framework.from_numpy(random.standard_normal(size, np.float32)) for _ in "pg")
            p.requires_grad_()
            p.grad = g
            parameters.append(p)
        return getattr(framework.optim, name)(parameters, lr=1e-3).step

    return Limit(f"optim.{name}, {what}", lambda: ratio(*map(call, BOTH), rounds=8), limit)


MANY, ONE = [10**6 // 60] * 60, [10**7]
OPTIMIZERS = [
    optimizer("Adam", "one tensor of 10^7", ONE, 0.6),
    *(optimizer(name, "60 tensors of 10^6", MANY) for name in ("AdamW", "RMSprop", "SGD")),
]


def loader(name, wrap):
    """An epoch of 60,000 x 784 floats in shuffled batches of 128."""

    def call(framework, data):
        random = np.random.default_rng(0)
        x, y = random.random((60_000, 784), np.float32), random.integers(0, 10, 60_000)
        dataset = data.TensorDataset(framework.from_numpy(x), framework.from_numpy(y))
        batches = data.DataLoader(wrap(dataset, data), batch_size=128, shuffle=True)
        return partial(deque, batches, maxlen=0)  # reads it all, keeps nothing

    def measure():
        calls = (call(framework, framework.utils.data) for framework in BOTH)
        return ratio(*calls, rounds=3)

    return Limit(name, measure, 0.3)


LOADERS = [
    loader("DataLoader, an epoch of a TensorDataset", lambda d, data: d),
    loader("DataLoader, an epoch of a Subset", lambda d, data: data.Subset(d, range(60_000))),
]

LIMITS = [*OPS, *INDEXING, *LAYERS, *OPTIMIZERS, *LOADERS]
