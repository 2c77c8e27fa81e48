"""Time and memory beside NumPy by hand and PyTorch eager, in one interleaved run on one thread.

    make bench            everything                python benchmarks/run.py steps ops

Each number is a ratio: contestants take turns in short rounds, so that what else the machine does
hits all of them, and the ratio is that of their fastest rounds.  A line ends in `missed` where it
is over its limit; the exit status then is 1.
"""

import os

os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"

import argparse
import gc
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

import nn
import tinygrad_edu as tg

MISSED = []


def report(name, value, limit=None, unit=""):
    if limit is None:
        print(f"{name:<66} {value:8.2f}{unit}  no limit")
        return
    met = value <= limit
    print(f"{name:<66} {value:8.2f}{unit}  limit {limit:g}{unit}{'' if met else '  missed'}")
    if not met:
        MISSED.append(name)


def fastest(contestants, rounds=200, seconds=0.01):
    """The fastest round of each contestant, in microseconds a call; they take turns."""
    counts = {}
    for name, run in contestants.items():
        for _ in range(20):
            run()
        start = time.perf_counter()
        for _ in range(20):
            run()
        counts[name] = max(1, int(seconds / ((time.perf_counter() - start) / 20)))
    best = dict.fromkeys(contestants, float("inf"))
    for _ in range(rounds):
        for name, run in contestants.items():
            start = time.perf_counter()
            for _ in range(counts[name]):
                run()
            best[name] = min(best[name], (time.perf_counter() - start) / counts[name] * 1e6)
    return best


# ---------------------------------------------------------------- whole training steps


def step_of(framework, layers, loss, optimizer, x, y):
    """One training step, written the same way for both: a listing with its imports changed."""
    model = framework.Sequential(*layers(framework))
    criterion = loss(framework)()
    optimiser = optimizer(model.parameters())

    def step():
        optimiser.zero_grad()
        criterion(model(x), y).backward()
        optimiser.step()

    return step


def numpy_digits_step(x, y):
    """784-32-10, sigmoid, cross-entropy, Adam, by hand: preallocated buffers, one flat vector."""
    n, rows = len(x), np.arange(len(x))
    random = np.random.default_rng(0)
    flat = random.standard_normal(784 * 32 + 32 + 32 * 10 + 10, np.float32) * np.float32(0.03)
    g, m, v, d = (np.zeros_like(flat) for _ in range(4))
    cuts = np.cumsum([784 * 32, 32, 320, 10])
    shapes = [(784, 32), (32,), (32, 10), (10,)]

    def cut(a):
        return [p.reshape(s) for p, s in zip(np.split(a, cuts[:-1]), shapes, strict=True)]

    w1, b1, w2, b2 = cut(flat)
    gw1, gb1, gw2, gb2 = cut(g)
    h, dh = np.empty((2, n, 32), np.float32)
    z, dz = np.empty((2, n, 10), np.float32)
    t = 0

    def step():
        nonlocal t
        np.matmul(x, w1, h)
        np.add(h, b1, h)
        np.negative(h, h)
        np.exp(h, h)
        np.add(h, 1, h)
        np.reciprocal(h, h)
        np.matmul(h, w2, z)
        np.add(z, b2, z)
        np.subtract(z, z.max(1, keepdims=True), z)
        np.exp(z, dz)
        total = dz.sum(1, keepdims=True)
        loss = float((np.log(total[:, 0]) - z[rows, y]).mean())
        np.divide(dz, total, dz)
        dz[rows, y] -= 1
        np.divide(dz, n, dz)
        np.matmul(h.T, dz, gw2)
        np.sum(dz, 0, out=gb2)
        np.matmul(dz, w2.T, dh)
        np.multiply(dh, h, dh)
        np.subtract(1, h, h)
        np.multiply(dh, h, dh)
        np.matmul(x.T, dh, gw1)
        np.sum(dh, 0, out=gb1)
        t += 1
        np.multiply(m, 0.9, m)
        np.multiply(g, 0.1, d)
        np.add(m, d, m)
        np.multiply(v, 0.999, v)
        np.multiply(g, g, d)
        np.multiply(d, 0.001, d)
        np.add(v, d, v)
        np.sqrt(v, d)
        np.add(d, 1e-8 * (1 - 0.999**t) ** 0.5, d)
        np.divide(m, d, d)
        np.multiply(d, 1e-3 * (1 - 0.999**t) ** 0.5 / (1 - 0.9**t), d)
        np.subtract(flat, d, flat)
        return loss

    return step


def numpy_surface_step(x, y):
    """2-5-1, ReLU, mean squared error, SGD, by hand."""
    random = np.random.default_rng(0)
    w1, w2 = random.standard_normal((2, 5), np.float32), random.standard_normal((5, 1), np.float32)
    b1, b2 = np.zeros(5, np.float32), np.zeros(1, np.float32)
    n = len(x)

    def step():
        h = x @ w1
        h += b1
        np.maximum(h, 0, out=h)
        d = h @ w2
        d += b2
        d -= y
        loss = float(np.vdot(d, d)) / n
        d *= 2 / n
        dh = d @ w2.T
        dh *= h > 0
        for p, g in ((w2, h.T @ d), (b2, d.sum(0)), (w1, x.T @ dh), (b1, dh.sum(0))):
            g *= 0.005
            p -= g
        return loss

    return step


def steps():
    import torch

    torch.set_num_threads(1)
    random = np.random.default_rng(0)
    x, y = random.random((128, 784), np.float32), random.integers(0, 10, 128)

    def digits(f):
        return f.Linear(784, 32), f.Sigmoid(), f.Linear(32, 10)

    best = fastest(
        {
            "ours": step_of(
                nn, digits, lambda f: f.CrossEntropyLoss, nn.optim.Adam, tg.tensor(x), tg.tensor(y)
            ),
            "torch": step_of(
                torch.nn,
                digits,
                lambda f: f.CrossEntropyLoss,
                torch.optim.Adam,
                torch.tensor(x),
                torch.tensor(y),
            ),
            "numpy": numpy_digits_step(x, y),
        }
    )
    print("784-32-10, batch 128, Adam:", {name: f"{us:.1f} us" for name, us in best.items()})
    report("  ratio to a hand-written NumPy step", best["ours"] / best["numpy"], 1.3, "x")
    report("  ratio to PyTorch eager", best["ours"] / best["torch"], 0.6, "x")

    x = random.random((100, 2), np.float32)
    y = 1 - (x**2).sum(1, keepdims=True)

    def surface(f):
        return f.Linear(2, 5), f.ReLU(), f.Linear(5, 1)

    def sgd(module):
        return lambda params: module.SGD(params, lr=0.005)

    best = fastest(
        {
            "ours": step_of(
                nn, surface, lambda f: f.MSELoss, sgd(nn.optim), tg.tensor(x), tg.tensor(y)
            ),
            "torch": step_of(
                torch.nn,
                surface,
                lambda f: f.MSELoss,
                sgd(torch.optim),
                torch.tensor(x),
                torch.tensor(y),
            ),
            "numpy": numpy_surface_step(x, y),
        }
    )
    print("2-5-1, batch 100, SGD:", {name: f"{us:.1f} us" for name, us in best.items()})
    report("  ratio to a hand-written NumPy step", best["ours"] / best["numpy"], unit="x")
    report("  ratio to PyTorch eager", best["ours"] / best["torch"], 0.25, "x")


# ---------------------------------------------------------------- one op


def ops():
    a = np.linspace(0.5, 1.5, 8, dtype=np.float32)
    t, u = tg.tensor(a, requires_grad=True), tg.tensor(a, requires_grad=True)
    pairs = {
        "exp": (lambda: np.exp(a), t.exp),
        "sigmoid of": (lambda: tg.ops.sigmoid(a), t.sigmoid),
        "add": (lambda: np.add(a, a), lambda: t + u),
        "multiply": (lambda: np.multiply(a, a), lambda: t * u),
        "divide": (lambda: np.divide(a, a), lambda: t / u),
    }
    for name, (raw, ours) in pairs.items():
        best = fastest({"raw": raw, "ours": ours}, seconds=0.003)
        over = best["ours"] - best["raw"]
        report(f"{name} 8 floats, recorded: above the raw NumPy call", over, 1.2, " us")


def views():
    """What a recorded view of (4, 2) costs above NumPy's own, and what an op does that is none."""
    t = tg.rand(4, 2, requires_grad=True)
    a = t.detach().numpy()
    pairs = {
        "-x, no view": (lambda: -a, lambda: -t),
        "x.T": (lambda: a.T, lambda: t.T),
        "x.reshape(2, 4)": (lambda: a.reshape(2, 4), lambda: t.reshape(2, 4)),
        "x.view(-1)": (lambda: a.reshape(-1), lambda: t.view(-1)),
        "x.transpose(0, 1)": (lambda: a.transpose(1, 0), lambda: t.transpose(0, 1)),
        "x.unsqueeze(0)": (lambda: a[None], lambda: t.unsqueeze(0)),
        "x.flatten()": (lambda: a.reshape(-1), lambda: t.flatten()),
        "x[0]": (lambda: a[0], lambda: t[0]),
        "x.expand(3, 4, 2)": (lambda: np.broadcast_to(a, (3, 4, 2)), lambda: t.expand(3, 4, 2)),
        "x.detach()": (lambda: a.view(), lambda: t.detach()),
    }
    for name, (raw, ours) in pairs.items():
        best = fastest({"raw": raw, "ours": ours}, seconds=0.003)
        report(f"{name}: ratio to NumPy", best["ours"] / best["raw"], unit="x")
        report("  above the raw NumPy call", best["ours"] - best["raw"], unit=" us")


# ---------------------------------------------------------------- depth, memory, size


# ---------------------------------------------------------------- derivatives in other modes


def derivatives():
    """What a Hessian-vector product, and a product with J, cost beside one gradient."""
    rng = np.random.default_rng(0)
    net = nn.Sequential(nn.Linear(784, 256), nn.Sigmoid(), nn.Linear(256, 10))
    params = {name: p.detach() for name, p in net.named_parameters()}
    v = {name: tg.randn(*p.shape) for name, p in params.items()}
    x = tg.from_numpy(rng.random((128, 784), np.float32))
    y = tg.from_numpy(rng.integers(0, 10, 128))

    def loss(params):
        return nn.functional.cross_entropy(tg.func.functional_call(net, params, (x,)), y)

    push = tg.func.linearize(loss, params)[1]
    best = fastest(
        {
            "forward": lambda: loss(params),
            "grad": lambda: tg.func.grad(loss)(params),
            "hvp": lambda: tg.func.hvp(loss, (params,), (v,)),
            "jvp": lambda: tg.func.jvp(loss, (params,), (v,)),
            "push": lambda: push(v),
        },
        rounds=60,
        seconds=0.02,
    )
    print(f"784-256-10, batch 128: { {name: f'{t / 1000:.2f} ms' for name, t in best.items()} }")
    report("  Hessian-vector product, ratio to one gradient", best["hvp"] / best["grad"], 4, "x")
    for name, meaning in (("jvp", "J v, with all that it needs"), ("push", "J v once linearized")):
        report(f"  {meaning}, ratio to one gradient", best[name] / best["grad"], unit="x")


def resident():
    """This process's resident memory, in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def chain():
    gc.collect()
    before = resident()
    start = time.perf_counter()
    x = tg.tensor(0.0, requires_grad=True)
    y = x
    for _ in range(1_000_000):
        y = y + 1.0
    y.backward()
    peak = resident()
    assert x.grad.item() == 1.0
    assert y.item() == 1_000_000
    del y
    gc.collect()
    seconds = time.perf_counter() - start
    report("a chain of 10^6 adds, forward, backward and freed", seconds, 10, " s")
    report("  of its memory, not returned", (resident() - before) / (peak - before), 0.1, "x")


def memory():
    tg.manual_seed(0)
    model = nn.Sequential(nn.Linear(784, 32), nn.Sigmoid(), nn.Linear(32, 10))
    optimizer = nn.optim.Adam(model.parameters())
    x, y = tg.rand(128, 784), tg.randint(0, 10, (128,))
    gc.disable()
    try:
        for i in range(2000):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(x), y).backward()
            optimizer.step()
            if i == 100:
                before = resident()
    finally:
        gc.enable()
    grown = resident() - before
    report("2,000 steps without the garbage collector: memory grown", grown, 2, " MB")


def startup():
    code = (
        "import numpy, time; start = time.perf_counter(); import tinygrad_edu, nn; "
        "print(time.perf_counter() - start)"
    )
    env = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}
    env.pop("PYTHONDONTWRITEBYTECODE", None)  # as installed: compiled once

    def seconds():
        run = [sys.executable, "-c", code]
        return float(subprocess.run(run, env=env, capture_output=True, check=True).stdout)

    fastest_start = 1000 * min(seconds() for _ in range(20))
    report("import tinygrad_edu, nn: above import numpy", fastest_start, 30, " ms")


def size():
    """What the core and its dependencies add to NumPy's installed size."""
    from importlib.metadata import distribution

    def installed(name):
        files = distribution(name).files or []
        paths = [Path(f.locate()) for f in files if "__pycache__" not in str(f)]
        return sum(p.stat().st_size for p in paths if p.exists())

    root = Path(__file__).parents[1]
    own = sum(
        p.stat().st_size
        for folder in ("tinygrad_edu", "nn")
        for p in (root / folder).rglob("*")
        if p.is_file() and "__pycache__" not in str(p)
    )
    total = own + sum(map(installed, ("graphviz", "safetensors")))
    report("the core and its dependencies, beyond NumPy", total / 2**20, 10, " MB")


PARTS = {f.__name__: f for f in (steps, ops, views, derivatives, chain, memory, startup, size)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", help=f"any of: {', '.join(PARTS)} (default: all)")
    for name in parser.parse_args().parts or PARTS:
        if name not in PARTS:
            parser.error(f"there is no part {name!r}; the parts are {', '.join(PARTS)}")
        PARTS[name]()
    if MISSED:
        print(f"{len(MISSED)} missed")
    return bool(MISSED)


if __name__ == "__main__":
    sys.exit(main())
