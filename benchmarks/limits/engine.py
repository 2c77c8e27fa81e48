"""The engine: what recording adds to NumPy's own call, and what other derivatives cost."""

from functools import cache

import numpy as np

import nn
import tinygrad_edu as tg
from tinygrad_edu.ops import selected

from . import Limit, fastest, ratio

# ---------------------------------------------------------------- one recorded op


def above(raw, ours):
    """Microseconds that one call takes beyond another."""
    best = fastest({"raw": raw, "ours": ours}, rounds=40, seconds=0.003)
    return best["ours"] - best["raw"]


def recorded(name, raw, ours):
    a = np.linspace(0.5, 1.5, 8, dtype=np.float32)
    t = tg.tensor(a, requires_grad=True)
    name = f"record {name} of 8 numbers, above the raw call"
    return Limit(name, lambda: above(lambda: raw(a), lambda: ours(t)), 1.2, " us")


RECORDED = [
    recorded("exp", np.exp, lambda t: t.exp()),
    recorded("sigmoid", tg.ops.sigmoid, lambda t: t.sigmoid()),
    recorded("add", lambda a: np.add(a, a), lambda t: t + t),
    recorded("multiply", lambda a: np.multiply(a, a), lambda t: t * t),
    recorded("divide", lambda a: np.divide(a, a), lambda t: t / t),
]


def view(name, raw, ours):
    t = tg.ones(4, 2, requires_grad=True)
    a = t.detach().numpy()
    name = f"record {name} of (4, 2), above NumPy's"
    return Limit(name, lambda: above(lambda: raw(a), lambda: ours(t)), unit=" us")


VIEWS = [
    view("-x, no view,", lambda a: -a, lambda t: -t),
    view("x.T", lambda a: a.T, lambda t: t.T),
    view("x.reshape(2, 4)", lambda a: a.reshape(2, 4), lambda t: t.reshape(2, 4)),
    view("x.view(-1)", lambda a: a.reshape(-1), lambda t: t.view(-1)),
    view("x.transpose(0, 1)", lambda a: a.transpose(1, 0), lambda t: t.transpose(0, 1)),
    view("x.unsqueeze(0)", lambda a: a[None], lambda t: t.unsqueeze(0)),
    view("x.flatten()", lambda a: a.reshape(-1), lambda t: t.flatten()),
    view("x[0]", lambda a: a[0], lambda t: t[0]),
    view("x.expand(3, 4, 2)", lambda a: np.broadcast_to(a, (3, 4, 2)), lambda t: t.expand(3, 4, 2)),
    view("x.detach()", lambda a: a.view(), lambda t: t.detach()),
]


# ---------------------------------------------------------------- keeping what a mask chooses

WAYS = {
    "g * mask, wrong where g is infinite": lambda g, mask: g * mask,
    "np.where(mask, g, 0)": lambda g, mask: np.where(mask, g, 0),
    "multiply(where=)": lambda g, mask: np.multiply(g, mask, where=mask, out=np.zeros_like(g)),
    "copyto(where=)": lambda g, mask: np.copyto(np.zeros_like(g), g, where=mask),
}


def masked(way):
    def measure():
        random = np.random.default_rng(0)
        g, mask = random.standard_normal((1000, 100), np.float32), random.random((1000, 100)) < 0.5
        return ratio(lambda: selected(g, mask), lambda: WAYS[way](g, mask))

    return Limit(f"ops.selected(g, mask) / {way}", measure)


# ---------------------------------------------------------------- derivatives in other modes


@cache
def derivatives():
    """Microseconds of a gradient and of products with J and the Hessian, 784-256-10, batch 128."""
    random = np.random.default_rng(0)
    net = nn.Sequential(nn.Linear(784, 256), nn.Sigmoid(), nn.Linear(256, 10))
    params = {name: p.detach() for name, p in net.named_parameters()}
    v = {name: tg.randn(*p.shape) for name, p in params.items()}
    x = tg.from_numpy(random.random((128, 784), np.float32))
    y = tg.from_numpy(random.integers(0, 10, 128))

    def loss(params):
        return nn.functional.cross_entropy(tg.func.functional_call(net, params, (x,)), y)

    push = tg.func.linearize(loss, params)[1]
    return fastest(
        {
            "grad": lambda: tg.func.grad(loss)(params),
            "hvp": lambda: tg.func.hvp(loss, (params,), (v,)),
            "jvp": lambda: tg.func.jvp(loss, (params,), (v,)),
            "push": lambda: push(v),
        },
        rounds=20,
        seconds=0.02,
    )


def derivative(name, which, limit=None):
    return Limit(
        f"{name} / a gradient", lambda: derivatives()[which] / derivatives()["grad"], limit
    )


# ---------------------------------------------------------------- the recorder of gradient flow


def gradient_flow(kind, by_optimizer):
    """A step of 784-256-128-10 with the recorder of gradient flow, and without it."""

    def step_of(attach):
        tg.manual_seed(0)
        net = nn.Sequential(
            nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10)
        )
        optimizer = getattr(nn.optim, kind)(net.parameters(), lr=1e-3)
        x, y = tg.randn(128, 784), tg.randint(0, 10, (128,))
        flow = attach and tg.viz.gradient_flow(net, *[optimizer] * by_optimizer)

        def step(flow=flow):
            optimizer.zero_grad()
            nn.functional.cross_entropy(net(x), y).backward()
            optimizer.step()

        return step

    name = f"viz.gradient_flow by {'the optimizer' if by_optimizer else 'hooks'}, {kind}: a step"
    return Limit(
        f"{name} with it / without", lambda: ratio(step_of(True), step_of(False), 40), 1.05
    )


LIMITS = [
    *RECORDED,
    *VIEWS,
    *map(masked, WAYS),
    derivative("a Hessian-vector product", "hvp", 4),
    derivative("J v, with all that it needs,", "jvp"),
    derivative("J v once linearized", "push"),
    *(gradient_flow(kind, by) for kind in ("SGD", "Adam") for by in (False, True)),
]
