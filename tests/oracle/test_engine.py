"""The engine, law by law (see docs/design): what is recorded, how it is replayed, who owns what."""

import numpy as np
import torch
from hypothesis import given, strategies as st
from hypothesis.extra.numpy import mutually_broadcastable_shapes
from test_engine import leaf, numbers

import tinygrad_edu as tg


def assert_same(ours, theirs):
    """Two gradients, None standing for zeros."""
    a = None if ours is None else ours.detach().numpy()
    b = None if theirs is None else theirs.detach().numpy()
    if a is None or b is None:
        assert a is b is None or not np.any(b if a is None else a)
        return
    assert a.shape == b.shape
    np.testing.assert_allclose(a, b, rtol=1e-8, atol=1e-10 * max(1.0, np.abs(b).max(initial=0)))


# ---------------------------------------------------------------- derivatives are right


@given(
    mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=3, min_side=0),
    st.sampled_from(["add", "sub", "mul", "div", "maximum"]),
    st.integers(0, 9),
)
def test_broadcasting_is_undone(shapes, name, seed):
    arrays = [numbers(shape, seed + i) for i, shape in enumerate(shapes.input_shapes)]
    weights = numbers(shapes.result_shape, seed + 2)
    grads = []
    for lib in (tg, torch):
        leaves = [leaf(array, lib) for array in arrays]
        (getattr(lib, name)(*leaves) * lib.tensor(weights)).sum().backward()
        grads.append([t.grad for t in leaves])
    for ours, theirs in zip(*grads, strict=True):
        assert_same(ours, theirs)


def written_in_place(a, b):
    c = a + b
    c *= b.tanh()
    if c.ndim:
        c[..., :1] = b.sum() * 2
        c[..., -1] += a.mean()
    return c


MOVES = {
    "add": lambda lib, a, b: a + b,
    "sub": lambda lib, a, b: a - b,
    "mul": lambda lib, a, b: a * b,
    "div": lambda lib, a, b: a / (b * b + 1),
    "cube": lambda lib, a, b: a.tanh() ** 3,
    "bell": lambda lib, a, b: (-(a * a)).exp(),
    "log": lambda lib, a, b: (a * a + 1).log(),
    "sqrt": lambda lib, a, b: (a * a + 1).sqrt(),
    "sigmoid": lambda lib, a, b: a.sigmoid(),
    "relu": lambda lib, a, b: a.relu(),
    "maximum": lambda lib, a, b: lib.maximum(a, b),
    "where": lambda lib, a, b: lib.where(a > b, a, b * 2),
    "clamp": lambda lib, a, b: a.clamp(-1, 1) * b,
    "sum": lambda lib, a, b: a.sum(-1, keepdim=True),
    "mean": lambda lib, a, b: a.mean(0, keepdim=True),
    "max": lambda lib, a, b: a.max(-1, keepdim=True)[0],
    "softmax": lambda lib, a, b: a.softmax(-1),
    "logsumexp": lambda lib, a, b: a.logsumexp(-1, keepdim=True),
    "slice": lambda lib, a, b: a[..., :1],
    "pick": lambda lib, a, b: a[..., [0, -1, 0]],
    "matmul": lambda lib, a, b: (a @ a.mT) @ a if a.ndim == 2 else a @ a,
    "cat": lambda lib, a, b: lib.cat([a, a * b.sum()])[-len(a) :],
    "reshape": lambda lib, a, b: a.reshape(-1).reshape(a.shape),
    "expand": lambda lib, a, b: a.expand(2, *a.shape).mean(0),
    "in place": lambda lib, a, b: written_in_place(a, b),
}
PROGRAMS = st.lists(
    st.tuples(st.sampled_from(sorted(MOVES)), st.integers(0, 20), st.integers(0, 20)),
    min_size=2,
    max_size=8,
)


def derivatives(lib, program, arrays):
    """Of a random expression: dL/dleaf, and the derivative of their squares."""
    leaves = [leaf(array, lib) for array in arrays]
    values = list(leaves)
    for name, i, j in program:
        a, b = values[-1 - i % len(values)], values[-1 - j % len(values)]
        if a.ndim or name in ("add", "sub", "mul", "div", "in place", "bell"):
            values.append(MOVES[name](lib, a, b))
    loss = values[-1].sum() + (values[-1] * values[-2]).mean()
    first = lib.autograd.grad(loss, leaves, create_graph=True, allow_unused=True)
    squares = sum((g * g).sum() for g in first if g is not None)
    second = [None] * len(leaves)
    if squares.requires_grad:
        second = lib.autograd.grad(squares, leaves, allow_unused=True)
    return [*first, *second]


@given(PROGRAMS, st.integers(0, 99))
def test_random_programs_to_second_order(program, seed):
    arrays = [numbers(shape, seed + k) for k, shape in enumerate([(2, 3), (3,), (2, 1), ()])]
    ours, theirs = (derivatives(lib, program, arrays) for lib in (tg, torch))
    for a, b in zip(ours, theirs, strict=True):
        assert_same(a, b)
