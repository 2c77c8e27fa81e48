"""No live gradient shares a byte with another one, with what a node saved, or with the user's."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import nn
import tinygrad_edu as tg
from tinygrad_edu.autograd import Function
from tinygrad_edu.engine.graph import Node


def leaf(*numbers):
    return tg.tensor(numbers, requires_grad=True)


class Weighted(Function):
    """The sum of w x, whose derivative with respect to x is w itself."""

    @staticmethod
    def forward(ctx, x, w):
        ctx.save_for_backward(w)
        return (x * w).sum()

    @staticmethod
    def backward(ctx, g):
        return ctx.saved_tensors[0], None


class Keeping(Function):
    """y = x, keeping each gradient that passes in a list, and then spoiling it."""

    @staticmethod
    def forward(ctx, x, kept):
        ctx.kept = kept
        return x.clone()

    @staticmethod
    def backward(ctx, g):
        ctx.kept.append(g)
        return g, None


def test_what_a_function_saved_does_not_grow():
    x, w = leaf(1.0, 2.0), tg.tensor([3.0, 4.0])
    for _ in range(3):
        Weighted.apply(x, w).backward()
    assert w.tolist() == [3.0, 4.0]
    assert x.grad.tolist() == [9.0, 12.0]


@pytest.mark.parametrize("create_graph", [False, True])
def test_a_hook_keeps_what_it_saw(create_graph):
    a, b, kept = leaf(1.0, 2.0), leaf(3.0, 4.0), []
    a.register_hook(kept.append)
    ((a + b) * 2.0).sum().backward(create_graph=create_graph)
    with tg.no_grad():
        b.grad.zero_()
        a.grad.zero_()
    assert kept[0].tolist() == [2.0, 2.0]


def test_a_hook_that_writes_to_its_gradient_changes_it_there_only():
    a, b = leaf(1.0, 2.0), leaf(3.0, 4.0)
    a.register_hook(lambda g: g.mul_(10.0))
    b.register_hook(lambda g: [g.zero_()][:0] or None)
    c = a + b
    c.retain_grad()
    (c * 2.0).sum().backward()
    assert a.grad.tolist() == [20.0, 20.0]
    assert b.grad.tolist() == [0.0, 0.0]
    assert c.grad.tolist() == [2.0, 2.0]


def test_a_function_that_writes_to_its_gradient_changes_it_there_only():
    class Spoiling(Keeping):
        @staticmethod
        def backward(ctx, g):
            return g.zero_(), None

    a, b = leaf(1.0, 2.0), leaf(3.0, 4.0)
    ((Spoiling.apply(a, None) + b) * 2.0).sum().backward()
    assert a.grad.tolist() == [0.0, 0.0]
    assert b.grad.tolist() == [2.0, 2.0]


@pytest.mark.parametrize("create_graph", [False, True])
def test_two_leaves_are_clipped_once(create_graph):
    x, z, c = leaf(1.0, 2.0), leaf(3.0, 4.0), tg.tensor([3.0, 4.0])
    ((x + z) * c).sum().backward(create_graph=create_graph)
    norm = nn.utils.clip_grad_norm_([x, z], 1)
    assert norm.item() == pytest.approx(50**0.5)
    for t in (x, z):
        np.testing.assert_allclose(t.grad.detach().array, [3 / 50**0.5, 4 / 50**0.5], rtol=1e-5)


@pytest.mark.parametrize("create_graph", [False, True])
def test_a_gradient_may_be_written_to(create_graph):
    x = leaf(5.0)
    (x + 1).backward(create_graph=create_graph)
    x.grad.zero_()
    y = leaf(5.0)
    (y + 1).backward(create_graph=create_graph)
    assert y.grad.tolist() == [1.0]
    (g,) = tg.autograd.grad(y + 1, y, create_graph=create_graph)
    g.zero_()
    assert tg.autograd.grad(y + 1, y)[0].tolist() == [1.0]


@pytest.mark.parametrize("create_graph", [False, True])
def test_results_of_grad_are_apart(create_graph):
    x, z, u = leaf(1.0, 2.0), leaf(3.0, 4.0), tg.ones(2)
    gx, gz = tg.autograd.grad(x + z, [x, z], u, create_graph=create_graph)
    with tg.no_grad():
        gx.zero_()
    assert gz.tolist() == u.tolist() == [1.0, 1.0]


@pytest.mark.parametrize("create_graph", [False, True])
def test_the_gradient_that_backward_starts_from_stays_the_users(create_graph):
    x, z = leaf(1.0, 2.0), leaf(3.0, 4.0)
    y = x + z
    y.retain_grad()
    u = tg.ones(2)
    y.backward(gradient=u, create_graph=create_graph)
    u.zero_()
    y.grad.mul_(3.0)
    x.grad.mul_(2.0)
    assert [t.grad.tolist() for t in (x, z, y)] == [[2.0, 2.0], [1.0, 1.0], [3.0, 3.0]]
    assert u.tolist() == [0.0, 0.0]


def test_backward_from_the_gradient_of_one_of_the_leaves():
    """x.grad grows by itself, and z gets what it was before."""
    x, z = leaf(1.0, 2.0), leaf(3.0, 4.0)
    x.grad = tg.ones(2)
    (x + z).backward(gradient=x.grad)
    assert x.grad.tolist() == [2.0, 2.0]
    assert z.grad.tolist() == [1.0, 1.0]


def test_a_retained_gradient_that_is_held_does_not_grow():
    x = leaf(1.0, 2.0)
    y = x * 2
    y.retain_grad()
    y.sum().backward(retain_graph=True)
    held = y.grad
    y.sum().backward()
    assert held.tolist() == [1.0, 1.0]
    assert y.grad.tolist() == [2.0, 2.0]


# ---------------------------------------------------------------- at random

STEPS = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "clone": lambda a, b: a.clone(),
    "turn": lambda a, b: a.t(),
    "view": lambda a, b: a.reshape(-1).reshape(a.shape),
    "cat": lambda a, b: tg.cat([a, b])[1:3],
    "stack": lambda a, b: tg.stack([a, b]).sum(0),
    "row": lambda a, b: a[0].expand(2, 2) + b[:, :1],
    "product": lambda a, b: a @ b,
    "where": lambda a, b: tg.where(a > b, a, b),
    "weighted": lambda a, b: Weighted.apply(a, b.detach()).expand(2, 2),
    "double": lambda a, b: (a.double() + b).float(),
    "mean": lambda a, b: a - a.mean(1, keepdim=True),
}


def saved_arrays(saved):
    for x in saved if isinstance(saved, tuple) else ():
        yield from [x] if isinstance(x, np.ndarray) else saved_arrays(x)


def recorded(roots):
    seen, stack = set(), [node for node in roots if node is not None]
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            stack += [parent for parent in node.inputs if isinstance(parent, Node)]
    return seen


def check_apart(tensors, kept):
    """Each gradient of a tensor, and each one that was kept, against all else."""
    tensors = list({id(t): t for t in tensors}.values())
    grads = [t.node.grad for t in tensors if t.node and t.node.grad is not None]
    nodes = recorded([t.node for t in (*tensors, *grads, *kept)])
    saved = [x for node in nodes for x in saved_arrays(node.saved)]
    users = [t.array for t in tensors]
    own = [t.array for t in grads]
    for i, g in enumerate(own):
        assert g.flags.writeable
        others = [*own[:i], *own[i + 1 :], *[t.array for t in kept], *users]
        if grads[i].node is None:  # with a record of its own, it may be saved there
            others += saved
        assert not any(np.shares_memory(g, x) for x in others)


@settings(max_examples=60)
@given(st.data())
def test_gradients_of_random_programs_own_their_memory(data):
    draw = data.draw
    values = [tg.tensor(np.arange(4.0, dtype="f").reshape(2, 2) + k) for k in range(3)]
    for x in values[:2]:
        x.requires_grad_()
    kept = []
    for _ in range(draw(st.integers(1, 6))):
        a, b = (draw(st.sampled_from(values)) for _ in range(2))
        step = draw(st.sampled_from([*STEPS, "keeping"]))
        y = Keeping.apply(a, kept) if step == "keeping" else STEPS[step](a, b)
        values.append(y)
        if y.requires_grad:
            for what in draw(st.sets(st.sampled_from(["retain", "keep", "change", "spoil"]))):
                if what == "retain":
                    y.retain_grad()
                else:
                    hooks = {"keep": kept.append, "change": lambda g: g, "spoil": _spoil}
                    y.register_hook(hooks[what])
    u = tg.ones(2, 2)
    values.append(u)
    for _ in range(2):
        last = sum([t for t in values if t.requires_grad], tg.zeros(2, 2))
        if draw(st.booleans()):
            last = values[-2] if values[-2].requires_grad else last
        inputs = [values[0], last] if draw(st.booleans()) else None
        last.retain_grad()
        create_graph = draw(st.booleans())
        last.backward(u, retain_graph=True, create_graph=create_graph, inputs=inputs)
        check_apart([*values, last], kept)
    assert u.tolist() == [[1.0, 1.0], [1.0, 1.0]]


def _spoil(g):
    with tg.no_grad():
        g.mul_(1.0)
