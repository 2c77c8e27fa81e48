"""The engine, law by law (see docs/design): what is recorded, how it is replayed, who owns what.

PyTorch is the oracle wherever it has an opinion.
"""

import contextlib
import gc
import inspect
import math
import threading
import weakref
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tinygrad_edu as tg
from tinygrad_edu import ops
from tinygrad_edu.engine import clock
from tinygrad_edu.engine.backward import replay
from tinygrad_edu.engine.graph import OPS, Node, op
from tinygrad_edu.tensor import Tensor


def leaf(data, lib=tg):
    return lib.tensor(data, dtype=lib.float64, requires_grad=True)


def numbers(shape, seed=0):
    return np.random.default_rng(seed).uniform(-2, 2, shape)


def here():
    """`file.py:12` of the line that calls this."""
    return f"{Path(__file__).name}:{inspect.currentframe().f_back.f_lineno}"


# ---------------------------------------------------------------- law 2: a tensor and its node


def test_a_tensor_requires_grad_exactly_if_it_has_a_node():
    x, c = leaf([1.0, 2.0]), tg.ones(2, dtype=tg.float64)
    with tg.no_grad():
        unrecorded = x * 2
    for t in (x, x * c, x[0], x.double(), tg.stack([c, x]), x.clone()):
        assert t.requires_grad
        assert isinstance(t.node, Node)
    for t in (c, c * c, unrecorded, x.detach(), x.data, x > 0, x.argmax(), x.long()):
        assert not t.requires_grad
        assert t.node is None


def test_requires_grad_is_switched_by_giving_and_taking_the_node():
    x = tg.ones(2)
    x.requires_grad = True
    assert x.node.plan is None
    assert x.is_leaf
    assert x.grad_fn is None
    x.requires_grad_(False)
    assert x.node is None
    with pytest.raises(RuntimeError, match="MultiplyBackward0"):
        (leaf([1.0]) * 2).requires_grad_(False)


def a_bit_of_everything():
    x, c = leaf(numbers((3, 4))), tg.ones(4, dtype=tg.float64)
    y = tg.where(x > 0, x, c).clamp(max=1.5) @ tg.ones(4, 2, dtype=tg.float64)
    y[0, 1:] = x[0, :1] * 2
    y[tg.tensor([1, 2])] += x.sum()
    y *= 0.5
    z = tg.cat([y, x[:, [0, 1]]]).max(0).values + x[tg.tensor(1), 2] + x[x > 1].sum()
    return x, tg.stack([z.softmax(0), z.logsumexp(0).expand(2)]).mean()


def everything_reached_from(node):
    seen, found, stack = set(), [], [node]
    while stack:
        thing = stack.pop()
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        found.append(thing)
        if isinstance(thing, Node | tuple | list | dict):
            stack += gc.get_referents(thing)
    return found


def test_a_node_never_holds_a_tensor_but_its_gradient():
    x, loss = a_bit_of_everything()
    reached = everything_reached_from(loss.node)
    assert x.node in [thing for thing in reached if isinstance(thing, Node)]
    assert any(isinstance(thing, np.ndarray) for thing in reached)
    assert not any(isinstance(thing, Tensor) for thing in reached)
    loss.backward()
    held = [thing for thing in everything_reached_from(loss.node) if isinstance(thing, Tensor)]
    assert held == [x.grad]
    assert x.grad.node is None  # so there is no cycle


@pytest.fixture
def _no_collector():
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("_no_collector")
@pytest.mark.parametrize("after", ["forward", "backward", "grad", "an error"])
def test_memory_goes_at_once_with_the_collector_off(after):
    x = leaf([1.0, 2.0])
    y = x.exp()
    y.register_hook(lambda g: g * 2)
    loss = (y * y + y[0]).sum()
    watched = [weakref.ref(t) for t in (y, y.array, y.node, loss.node)]
    if after == "backward":
        loss.backward()
    if after == "grad":
        first = tg.autograd.grad(loss, x, create_graph=True)[0]
        watched.append(weakref.ref(first.node))
        del first
    if after == "an error":
        with pytest.raises(RuntimeError):
            loss.backward(tg.ones(7))
    del y, loss
    assert [ref() for ref in watched] == [None] * len(watched)


@pytest.mark.usefixtures("_no_collector")
def test_training_leaves_nothing_for_the_collector():
    def nodes():
        return sum(type(thing) is Node for thing in gc.get_objects())

    w = leaf(numbers((4, 4)))
    before = nodes()
    for _ in range(3):
        loss = (w @ w).tanh().sum()
        loss.backward()
        with tg.no_grad():
            w -= 0.1 * w.grad
        w.grad = None
    del loss
    assert nodes() == before


# ---------------------------------------------------------------- laws 3 and 4: what is saved


def saved(t):
    """What the record kept, in letters: y and the inputs by position, shapes as dots."""
    return "".join(
        name if isinstance(kept, np.ndarray) else "."
        for name, kept in zip("yabc", t.node.saved, strict=False)
    )


X, C, M = leaf([1.0, 2.0]), tg.tensor([3.0, 4.0], dtype=tg.float64), tg.tensor([True, False])


@pytest.mark.parametrize(
    ("compute", "kept"),
    [
        (lambda: X.exp(), "y."),
        (lambda: X.tanh(), "y."),
        (lambda: X.relu(), "y."),
        (lambda: X.log(), ".a"),
        (lambda: X * C, "..b"),
        (lambda: C * X, ".a."),
        (lambda: X * X, ".ab"),
        (lambda: X * 2.0, "..."),
        (lambda: X + C, "..."),
        (lambda: X - X, "..."),
        (lambda: X / C, "..b"),
        (lambda: C / X, "y.b"),
        (lambda: X @ C, "..b"),
        (lambda: X.sum(), ".."),
        (lambda: X.mean(0), ".."),
        (lambda: X[1:], ".."),
        (lambda: X.reshape(2, 1), ".."),
        (lambda: tg.cat([X, X]), "..."),
        (lambda: tg.where(M, X, C), ".a.."),
        (lambda: X[M], "..b"),
    ],
)
def test_the_record_saves_what_the_rules_read_and_no_more(compute, kept):
    y = compute()
    assert saved(y) == kept
    shapes = [s for s in y.node.saved if not isinstance(s, np.ndarray)]
    assert all(isinstance(s, tuple | float) for s in shapes)
    for array in y.node.saved:
        if isinstance(array, np.ndarray):
            assert any(array is t.array for t in (X, C, M, y)), "a copy was saved"


def test_a_residual_is_computed_once_and_kept_for_rules_on_arrays():
    ran = []

    def root(x):
        ran.append(type(x))
        return ops.sqrt(x)

    @op(lambda g, _y, x, r: 3 * g * r / 2, residual=root)
    def three_halves_of_record(x, r):
        """y = x^(3/2)."""
        return x * r

    try:
        x = leaf([4.0, 9.0])
        y = three_halves_of_record(x)
        assert y.tolist() == [8.0, 27.0]
        assert three_halves_of_record(x.array).tolist() == [8.0, 27.0]
        (first,) = tg.autograd.grad(y.sum(), [x], retain_graph=True)
        assert first.tolist() == [3.0, 4.5]
        assert ran == [np.ndarray] * 2  # the rule found it in the record
        (first,) = tg.autograd.grad(y.sum(), [x], create_graph=True)
        assert ran == [np.ndarray] * 2 + [tg.Tensor]  # a kept one would be a constant here
        (second,) = tg.autograd.grad(first.sum(), [x])
        assert second.tolist() == [0.375, 0.25]
    finally:
        del OPS["three_halves_of_record"]


def test_the_clock_sees_through_strided_views():
    """Between such a view and its base NumPy puts an object that is no array."""
    base = tg.zeros(5, dtype=tg.float64)
    windows = tg.Tensor(np.lib.stride_tricks.sliding_window_view(base.array, 2))
    y = (leaf([1.0, 2.0]) * windows).sum()
    base += 1
    with pytest.raises(RuntimeError, match=r"in-place write at .*test_engine"):
        y.backward()


def test_a_rule_sees_shapes_for_names_with_an_underscore_also_if_another_rule_keeps_them():
    seen = []

    def second(g, _y, _a, b):
        seen.append((_y, _a))
        return g * b

    def spied(a, b):
        return a * b

    new = op(lambda g, _y, a, _b: g * a, second)(spied)
    del OPS["spied"]
    a, b = leaf(numbers(3)), leaf(numbers(3, 1))
    new(a, b).sum().backward()
    y = new(a, b).sum()
    tg.autograd.grad(y, b, create_graph=True)
    assert seen == [((3,), (3,))] * 2


def test_rules_run_only_for_inputs_that_need_a_gradient():
    def picky(a, b):
        return a + b

    def never(g, _y, _a, _b):
        raise AssertionError("this input needs no gradient")

    new = op(lambda g, _y, _a, _b: g, never)(picky)
    del OPS["picky"]
    a, b = leaf([1.0]), leaf([2.0])
    new(a, tg.ones(1, dtype=tg.float64)).sum().backward()
    tg.autograd.grad(new(a, b * 2).sum(), a)
    assert a.grad.tolist() == [1.0]


@pytest.mark.parametrize("returned", [(3,), (5, 2), (2, 1), ()])
def test_a_rule_that_returns_a_wrong_shape_is_refused_by_name(returned):
    def crooked(a, b):
        return a + b

    new = op(lambda g, _y, _a, _b: g, lambda g, _y, _a, _b: np.ones(returned))(crooked)
    del OPS["crooked"]
    a, b = leaf(numbers((2, 3, 2))), leaf(numbers((3, 2)))
    with pytest.raises(ValueError, match=r"crooked: the rule for input 1 .*\(3, 2\)"):
        new(a, b).sum().backward()
    assert a.grad is b.grad is None


def test_an_input_without_a_rule_may_have_a_record_of_its_own():
    x, mask = leaf([1.0, 2.0]), leaf([1.0, 0.0])
    ops.masked_scale(x, mask * 1, p=0.5).sum().backward()
    assert x.grad.tolist() == [2.0, 0.0]
    assert mask.grad is None


# ---------------------------------------------------------------- law 6: the steps


def test_replay_yields_newest_first_and_leaves_last():
    x, w = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    y = ((x * w).exp() + x).sum()
    steps = list(replay({y.node: np.ones((), y.dtype)}))
    assert [node.name for node, _, _ in steps] == ["sum", "add", "exp", "multiply", "leaf", "leaf"]
    ticks = [node.tick for node, _, _ in steps if node.plan]
    assert ticks == sorted(ticks, reverse=True)
    by_node = {node: (g, parts) for node, g, parts in steps}
    np.testing.assert_array_equal(by_node[w.node][0], np.exp([3.0, 8.0]) * [1.0, 2.0])
    for node, (g, parts) in by_node.items():
        assert g.shape == node.shape
        assert len(parts) == len(node.inputs)
        for parent, part in zip(node.inputs, parts, strict=True):
            assert part.shape == parent.shape


def test_replay_leaves_out_what_needs_no_gradient():
    x = leaf([1.0])
    y = (x * tg.ones(1)).sum()
    parts = {node.name: parts for node, _, parts in replay({y.node: np.ones(())})}
    assert parts["multiply"][1] is None
    assert x.grad is None, "replay alone commits nothing"


def test_replay_applies_hooks_before_the_rules():
    x = leaf([1.0, 2.0])
    y = x * 3
    y.register_hook(lambda g: g * 10)
    x.register_hook(lambda g: g + 1)
    (mul, g, parts), (last, at_leaf, _) = replay({y.node: np.ones(2)})
    assert (mul, last) == (y.node, x.node)
    assert (g.tolist(), parts[0].tolist()) == ([10, 10], [30, 30])
    assert at_leaf.tolist() == [31, 31]


# ---------------------------------------------------------------- derivatives are right


def orders(f, at, count):
    """f'(at), f''(at), ..., by differentiating the derivative."""
    x = leaf(at)
    y, found = f(x), []
    for _ in range(count):
        (y,) = tg.autograd.grad(y, x, create_graph=True)
        found.append(y.item())
    return found


T = math.tanh(0.7)
S = 1 - T * T


@pytest.mark.parametrize(
    ("f", "exact"),
    [
        (lambda x: x**5, [5 * 0.7**4, 20 * 0.7**3, 60 * 0.7**2, 120 * 0.7]),
        (lambda x: x * x * x * x * x, [5 * 0.7**4, 20 * 0.7**3, 60 * 0.7**2, 120 * 0.7]),
        (lambda x: x.exp(), [math.exp(0.7)] * 4),
        (lambda x: 1 / x, [-(0.7**-2), 2 * 0.7**-3, -6 * 0.7**-4, 24 * 0.7**-5]),
        (lambda x: x.log(), [1 / 0.7, -(0.7**-2), 2 * 0.7**-3, -6 * 0.7**-4]),
        (lambda x: x.tanh(), [S, -2 * T * S, S * (6 * T * T - 2), S * (16 * T - 24 * T**3)]),
    ],
    ids=["x^5", "xxxxx", "exp", "1/x", "log", "tanh"],
)
def test_four_derivatives_of_closed_forms(f, exact):
    assert orders(f, 0.7, 4) == pytest.approx(exact, rel=1e-12)


def test_all_uses_of_a_tensor_add_up():
    x = leaf([1.0, 2.0])
    y = x * x
    (y + y * x + x + x.sum()).sum().backward()
    assert x.grad.tolist() == [2 + 3 + 1 + 2, 4 + 12 + 1 + 2]


def test_backward_adds_to_the_gradient_that_is_there():
    x = leaf([1.0, 2.0])
    (x * 2).sum().backward()
    held = x.grad
    for _ in range(2):
        (x * 2).sum().backward()
    assert x.grad.tolist() == [6.0, 6.0]
    assert held.tolist() == [6.0, 6.0], "the buffer of the gradient is added into, as in PyTorch"


# ---------------------------------------------------------------- backward and its arguments


def test_a_second_backward_says_what_was_freed_by_which_line_and_the_ways_out():
    x = leaf([1.0, 2.0])
    y = x.exp().sum()
    place, _ = here(), y.backward()
    with pytest.raises(RuntimeError, match="retain_graph=True") as caught:
        y.backward()
    for word in (place, "exp (2,)", "freed", "forward pass again"):
        assert word in str(caught.value)
    assert x.grad.tolist() == np.exp([1.0, 2.0]).tolist()


def test_after_backward_the_structure_stays():
    x = leaf([1.0])
    y = x.exp()
    y.backward()
    assert y.node.inputs == (x.node,)
    assert y.node.saved is None


def test_a_graph_that_saved_nothing_may_go_backward_again():
    x = leaf([1.0])
    y = (x + 1).sum()
    y.backward()
    y.backward()
    assert x.grad.tolist() == [2.0]


def test_retain_graph_keeps_it():
    x = leaf([1.0])
    y = (x * x).sum()
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad.tolist() == [4.0]
    with pytest.raises(RuntimeError, match="freed"):
        y.backward()


def test_one_freed_part_of_a_graph_stops_the_other_before_anything_runs():
    x, w = leaf([2.0]), leaf([3.0])
    shared = x.exp()
    shared.sum().backward()
    x.grad = None
    with pytest.raises(RuntimeError, match="freed"):
        (shared * w).sum().backward()
    assert x.grad is w.grad is None


def test_backward_needs_a_record():
    with pytest.raises(RuntimeError, match=r"no record.*requires_grad=True"):
        tg.ones(1).sum().backward()
    with tg.no_grad():
        y = leaf([1.0]) * 2
    with pytest.raises(RuntimeError, match="no record"):
        y.backward()


def test_backward_of_several_numbers_needs_a_gradient_of_their_shape():
    x = leaf([1.0, 2.0])
    with pytest.raises(RuntimeError, match=r"\(2,\).*sum\(\) or mean\(\)"):
        (x * 2).backward()
    with pytest.raises(RuntimeError, match=r"\(3,\).*\(2,\)"):
        (x * 2).backward(tg.ones(3))
    with pytest.raises(RuntimeError, match=r"\(1,\).*\(2,\)"):
        (x * 2).backward(tg.ones(1))
    assert x.grad is None
    (x * 2).backward(gradient=tg.tensor([1.0, 10.0]))
    assert x.grad.tolist() == [2.0, 20.0]
    x.sum().reshape(1, 1).backward()
    assert x.grad.tolist() == [3.0, 21.0]


def test_backward_of_a_leaf_is_its_gradient():
    x = leaf([1.0, 2.0])
    x.backward(tg.tensor([3.0, 4.0]))
    assert x.grad.tolist() == [3.0, 4.0]


def test_inputs_get_a_gradient_and_nobody_else(lib):
    x, w, b = leaf([1.0, 2.0], lib), leaf([3.0, 4.0], lib), leaf([5.0, 6.0], lib)
    y = x * w
    ((y + b) * y).sum().backward(inputs=[x, b])
    assert x.grad.tolist() == [(2 * 3 + 5) * 3.0, (2 * 8 + 6) * 4.0]
    assert b.grad.tolist() == [3.0, 8.0]
    assert w.grad is None


def test_inputs_may_be_one_tensor_and_must_require_grad():
    x = leaf([1.0])
    (x * x).sum().backward(inputs=x)
    assert x.grad.tolist() == [2.0]
    with pytest.raises(RuntimeError, match="does not require grad"):
        (x * x).sum().backward(inputs=[tg.ones(1)])


def test_create_graph_makes_the_gradient_differentiable():
    x = leaf([2.0, 3.0])
    (x**3).sum().backward(create_graph=True)
    assert x.grad.requires_grad
    first, x.grad = x.grad, None
    first.sum().backward()
    assert first.tolist() == [12.0, 27.0]
    assert x.grad.tolist() == [12.0, 18.0]


def test_gradients_keep_their_leaf_s_dtype():
    half, single = (tg.ones(2, dtype=d, requires_grad=True) for d in (tg.float16, tg.float32))
    (half * single * leaf([1.0, 2.0])).sum().backward()
    assert (half.grad.dtype, single.grad.dtype) == (tg.float16, tg.float32)


# ---------------------------------------------------------------- autograd.grad


def test_grad_touches_no_grad(lib):
    x, y = leaf([1.0, 2.0], lib), leaf([3.0], lib)
    gx, gy = lib.autograd.grad((x * y).sum(), [x, y])
    assert (gx.tolist(), gy.tolist()) == ([3.0, 3.0], [3.0])
    assert not gx.requires_grad
    assert x.grad is y.grad is None


def test_grad_with_respect_to_something_in_the_middle(lib):
    x = leaf([1.0, 2.0], lib)
    y = x * 2
    (g,) = lib.autograd.grad((y * y).sum(), y)
    assert g.tolist() == [4.0, 8.0]


def test_grad_of_several_outputs(lib):
    x = leaf([1.0, 2.0], lib)
    weights = [lib.tensor([1.0, 10.0], dtype=lib.float64), None]
    (g,) = lib.autograd.grad([x * x, x.sum()], [x], weights)
    assert g.tolist() == [3.0, 41.0]


def test_grad_refuses_what_the_outputs_do_not_depend_on(lib):
    x, other = leaf([1.0], lib), leaf([2.0], lib)
    y = (x * x).sum()
    with pytest.raises(RuntimeError, match="allow_unused"):
        lib.autograd.grad(y, [x, other], retain_graph=True)
    assert lib.autograd.grad(y, [x, other], allow_unused=True)[1] is None


def test_grad_penalty_under_no_grad_outside(lib):
    """What is recorded under create_graph does not depend on the mode that surrounds it."""
    x = leaf([2.0], lib)
    y = (x**3).sum()
    with lib.no_grad():
        (g,) = lib.autograd.grad(y, x, create_graph=True)
        assert not lib.is_grad_enabled()
    assert g.requires_grad
    assert lib.autograd.grad(g, x)[0].tolist() == [12.0]


def test_an_error_in_the_middle_leaves_the_mode_as_it_was():
    x = leaf([1.0])
    x.register_hook(lambda g: 1 / 0)
    for go in (lambda y: y.backward(), lambda y: tg.autograd.grad(y, x)):
        with pytest.raises(ZeroDivisionError):
            go((x * x).sum())
        assert tg.is_grad_enabled()


# ---------------------------------------------------------------- hooks


def test_hooks_see_change_and_leave(lib):
    x = leaf([1.0, 2.0], lib)
    y = x * 3
    seen = []
    handle = y.register_hook(lambda g: seen.append(g.tolist()))
    y.register_hook(lambda g: g * 2)
    x.register_hook(lambda g: g + 1)
    y.sum().backward(retain_graph=True)
    handle.remove()
    handle.remove()
    y.sum().backward()
    assert seen == [[1.0, 1.0]]
    assert x.grad.tolist() == [14.0, 14.0]


def test_a_hook_sees_the_whole_gradient_once(lib):
    x = leaf([1.0], lib)
    y = x * 1
    seen = []
    y.register_hook(lambda g: seen.append(g.item()))
    (y * 2 + y * 3 + y).sum().backward()
    assert seen == [6.0]


@pytest.mark.parametrize("wrong", [tg.ones(3), 2.0, np.ones(2)], ids=["shape", "float", "array"])
def test_a_hook_returns_none_or_a_tensor_of_the_shape(wrong):
    x = leaf([1.0, 2.0])
    x.register_hook(lambda g: wrong)
    with pytest.raises(ValueError, match=r"register_hook.*\(2,\)"):
        (x * x).sum().backward()
    assert x.grad is None


def test_a_hook_does_not_change_the_dtype_of_a_gradient():
    x = tg.ones(2, requires_grad=True)
    x.register_hook(lambda g: tg.tensor(np.ones(2)))
    with contextlib.suppress(RuntimeError, TypeError, ValueError):
        (x * 2).sum().backward()
    assert x.grad is None or x.grad.dtype == tg.float32


def test_a_constant_has_no_gradient_to_hook():
    for register in (lambda t: t.register_hook(print), lambda t: t.retain_grad()):
        with pytest.raises(RuntimeError, match="does not require grad"):
            register(tg.ones(2))


def test_under_create_graph_what_a_hook_does_is_differentiated():
    x = leaf([3.0])
    x.register_hook(lambda g: g * g)
    (g,) = tg.autograd.grad((x * x).sum(), x, create_graph=True)
    assert g.tolist() == [36.0]
    assert g.requires_grad
    y = leaf([3.0])
    y.register_hook(lambda g: None if g.requires_grad else 1 / 0)
    tg.autograd.grad((y * y).sum(), y, create_graph=True)


def test_retain_grad_keeps_the_gradient_of_a_result(lib):
    x = leaf([1.0, 2.0], lib)
    y = x * 3
    y.retain_grad()
    x.retain_grad()
    (y * y).sum().backward()
    assert y.grad.tolist() == [6.0, 12.0]
    assert x.grad.tolist() == [18.0, 36.0]


def test_without_retain_grad_a_result_keeps_none():
    x = leaf([1.0])
    y = x * 3
    y.register_hook(lambda g: g * 2)
    y.sum().backward()
    with pytest.warns(UserWarning, match="retain_grad"):
        assert y.grad is None


def test_gradients_are_committed_after_the_last_step():
    x, w = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    (x * w).sum().backward()
    before = [(t.grad.array, t.grad.tolist()) for t in (x, w)]
    for raising in (x, w):
        handle = raising.register_hook(lambda g: 1 / 0)
        middle = x * w
        with pytest.raises(ZeroDivisionError):
            (middle + x + w).sum().backward()
        handle.remove()
        for t, (buffer, values) in zip((x, w), before, strict=True):
            assert t.grad.array is buffer
            assert buffer.tolist() == values


# ---------------------------------------------------------------- each gradient owns its buffer


def shared_by_hook(p, q):
    g = tg.ones(2, dtype=tg.float64)
    p.register_hook(lambda _: g)
    q.register_hook(lambda _: g)
    (p + q).sum().backward()
    return [g]


def shared_by_keeping(p, q):
    kept = []
    p.register_hook(kept.append)
    q.register_hook(kept.append)
    (p + q * 2).sum().backward()
    return kept


def shared_by_keeping_in_the_middle(p, q):
    kept = []
    y = p + q
    y.register_hook(kept.append)
    (y * 2).sum().backward()
    return kept


def shared_by_retaining(p, q):
    y = p + q
    z = y.clone()
    y.retain_grad()
    z.retain_grad()
    z.sum().backward()
    return [y.grad, z.grad]


def shared_by_the_caller(p, q):
    g = tg.ones(2, dtype=tg.float64)
    (p + q).backward(gradient=g)
    return [g]


def shared_by_broadcasting(p, q):
    g = tg.ones(1, dtype=tg.float64).expand(2)
    (p.clone() + q).backward(gradient=g)
    return [g]


def shared_by_a_leaf(p, q):
    g = tg.ones(2, dtype=tg.float64)
    p.backward(g)
    q.backward(g)
    return [g]


def shared_by_reshaping(p, q):
    tg.stack([p.reshape(2, 1), q.reshape(2, 1)]).squeeze().sum().backward()
    return []


def shared_with_a_view_of_it(p, q):
    tg.cat([p, q]).sum().backward()
    return []


def shared_with_grad(p, q):
    y = (p + q).sum()
    y.backward(retain_graph=True)
    return [*tg.autograd.grad(y, [p, q])]


def shared_with_what_was_saved(p, q):
    c = tg.ones(2, dtype=tg.float64)
    (p * c + q * c).sum().backward()
    return [c]


@pytest.mark.parametrize(
    "share",
    [
        shared_by_hook,
        shared_by_keeping,
        shared_by_keeping_in_the_middle,
        shared_by_retaining,
        shared_by_the_caller,
        shared_by_broadcasting,
        shared_by_a_leaf,
        shared_by_reshaping,
        shared_with_a_view_of_it,
        shared_with_grad,
        shared_with_what_was_saved,
    ],
)
def test_every_gradient_owns_its_buffer(share):
    p, q = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    others = share(p, q)
    buffers = [t.array for t in (p, q, p.grad, q.grad, *others)]
    for i, a in enumerate(buffers):
        for b in buffers[:i]:
            assert not np.shares_memory(a, b)
    p.grad += 1
    q.grad.zero_()


def test_a_gradient_that_a_hook_kept_stays_as_it_was():
    x = leaf([1.0, 2.0])
    kept = []
    x.register_hook(kept.append)
    for _ in range(2):
        (x * 2).sum().backward()
    assert kept[0].tolist() == [2.0, 2.0]


def test_a_0d_gradient_is_an_array_that_can_be_written():
    x = leaf(2.0)
    for y in (x * 1, x + 0, x):
        y.backward()
        assert type(x.grad.array) is np.ndarray
        x.grad.zero_()
    assert x.grad.item() == 0.0


# ---------------------------------------------------------------- law 7: the clock


def base_of(x):
    return x


def view_of(x):
    return x[1:]


def alias_of(x):
    return x.detach()


@pytest.mark.parametrize("through", [base_of, view_of, alias_of])
@pytest.mark.parametrize("saved_as", [base_of, view_of, alias_of])
def test_a_write_to_a_saved_buffer_is_caught_and_both_places_named(through, saved_as):
    c, x = tg.ones(3, dtype=tg.float64), leaf(2.0)
    y = (x * saved_as(c)).sum()
    w = through(c)
    place, _ = here(), w.mul_(2)
    with pytest.raises(RuntimeError, match="multiply") as caught:
        y.backward()
    assert place in str(caught.value)
    assert str(tuple(saved_as(c).shape)) in str(caught.value)
    assert x.grad is None


@pytest.mark.parametrize(
    "write",
    [
        lambda c: c.add_(1),
        lambda c: c.zero_(),
        lambda c: c.fill_(2),
        lambda c: c.copy_(tg.zeros(3)),
        lambda c: c.clamp_(0, 0.5),
        lambda c: c.__setitem__(0, 5.0),
        lambda c: c.__setitem__(tg.tensor([True, False, False]), 5.0),
        lambda c: c.__iadd__(1),
        lambda c: c.data.__imul__(3),
        lambda c: c.view(-1).__isub__(3),
    ],
)
def test_every_way_to_write_takes_a_tick(write):
    c, x = tg.ones(3, dtype=tg.float64), leaf(2.0)
    y = (x * c).sum()
    write(c)
    with pytest.raises(RuntimeError, match="in-place write"):
        y.backward()


def test_a_write_to_other_bytes_of_the_buffer_is_no_error():
    c, x = tg.ones(6, dtype=tg.float64), leaf(2.0)
    y = (x * c[:3]).sum()
    c[3:] = 7.0
    c[4] += 1
    c[5:].zero_()
    y.backward()
    assert x.grad.item() == 3.0
    y = (x * c[:4]).sum()
    c[3:] = 7.0
    with pytest.raises(RuntimeError, match="in-place write"):
        y.backward()


def test_a_write_before_saving_is_fine():
    c, x = tg.ones(3, dtype=tg.float64), leaf(2.0)
    c.mul_(5)
    (x * c).sum().backward()
    assert x.grad.item() == 15.0


def test_a_write_to_what_no_rule_reads_is_fine():
    c, x = tg.ones(3, dtype=tg.float64), leaf(2.0)
    y = (x + c).sum()
    c.mul_(5)
    y.backward()
    assert x.grad.item() == 3.0


def test_a_write_to_a_saved_result_is_caught():
    x = leaf([1.0, 2.0])
    y = x.exp()
    with tg.no_grad():
        y += 1
    with pytest.raises(RuntimeError, match="exp"):
        y.sum().backward()


def test_a_write_to_an_index_is_caught():
    x, at = leaf([1.0, 2.0]), tg.tensor([0, 0])
    y = x[at].sum()
    at += 1
    with pytest.raises(RuntimeError, match="getitem"):
        y.backward()


def test_grad_looks_at_the_clock_too():
    c, x = tg.ones(3, dtype=tg.float64), leaf(2.0)
    y = (x * c).sum()
    c += 1
    for create_graph in (False, True):
        with pytest.raises(RuntimeError, match="in-place write"):
            tg.autograd.grad(y, x, create_graph=create_graph)


def test_only_what_is_replayed_is_looked_at():
    c, x, w = tg.ones(3, dtype=tg.float64), leaf(2.0), leaf(3.0)
    y = (x * c).sum() + w
    c += 1
    assert tg.autograd.grad(y, w)[0].item() == 1.0


def test_optimisers_write_between_steps():
    w = leaf([1.0, 2.0])
    for _ in range(3):
        (w * w).sum().backward()
        with tg.no_grad():
            w -= 0.25 * w.grad
            w.grad.zero_()
    w.data -= w.data
    (w * w).sum().backward()
    assert w.tolist() == [0.0, 0.0]


def test_an_optimiser_step_between_forward_and_backward_is_caught():
    w = leaf([1.0, 2.0])
    y = (w * w).sum()
    with tg.no_grad():
        w -= 0.1
    with pytest.raises(RuntimeError, match="in-place write"):
        y.backward()


def test_a_differentiable_write_touches_no_saved_buffer():
    x = leaf([1.0, 2.0])
    y = x * 1
    z = y * y
    y += 100
    y[0] = 7.0
    z.sum().backward()
    assert x.grad.tolist() == [2.0, 4.0]
    assert y.tolist() == [7.0, 102.0]


def test_stamps_go_with_the_buffer():
    gc.collect()
    before = len(clock._writes)
    for _ in range(50):
        t = tg.zeros(8)
        t[2:] += 1
        t[::2].mul_(2)
    del t
    assert len(clock._writes) == before


def test_stamps_of_one_buffer_stay_few_and_none_is_forgotten():
    c, x = tg.ones(1000, dtype=tg.float64), leaf(1.0)
    y = (x * c[:1]).sum() + (x * c[999:]).sum()
    for i in range(999):
        c[i] = 2.0
    assert len(clock._writes[id(c.array)].regions) <= clock.MAX_REGIONS
    with pytest.raises(RuntimeError, match="in-place write"):
        y.backward()


SPANS = [slice(i, j, step) for i in range(4) for j in range(i + 1, 5) for step in (1, -1)]


@pytest.mark.parametrize("written", SPANS, ids=str)
def test_a_write_is_an_error_exactly_if_its_cells_were_saved(written):
    for kept in SPANS:
        c, x = tg.ones(4, dtype=tg.float64), leaf(1.0)
        y = (x * c[kept.start : kept.stop][:: kept.step]).sum()
        c[written.start : written.stop][:: written.step].mul_(2.0)
        if max(kept.start, written.start) < min(kept.stop, written.stop):
            with pytest.raises(RuntimeError, match="in-place write"):
                y.backward()
        else:
            y.backward()


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(1, 8), st.booleans()), max_size=12))
def test_the_clock_never_misses_a_write(events):
    """Reads and writes of random spans: a write to bytes that were saved is always an error."""
    c, x = tg.ones(8, dtype=tg.float64), leaf(1.0)
    total, saved_cells, touched = x * 0, set(), False
    for start, length, write in events:
        span = slice(start, start + length)
        cells = set(range(8)[span])
        if write:
            c[span] = 2.0
            touched = touched or bool(cells & saved_cells)
        else:
            total = total + (x * c[span]).sum()
            saved_cells |= cells
    if touched:
        with pytest.raises(RuntimeError, match="in-place write"):
            total.backward()
    else:
        total.backward()


# ---------------------------------------------------------------- grad mode


@pytest.fixture
def _recording_comes_back():
    yield
    tg.set_grad_enabled(True)


pytestmark = pytest.mark.usefixtures("_recording_comes_back")


def test_modes_nest_and_come_back(lib):
    states = [lib.is_grad_enabled()]
    with lib.no_grad():
        states.append(lib.is_grad_enabled())
        with lib.enable_grad():
            states.append(lib.is_grad_enabled())
            with lib.set_grad_enabled(False):
                states.append(lib.is_grad_enabled())
            states.append(lib.is_grad_enabled())
        states.append(lib.is_grad_enabled())
    states.append(lib.is_grad_enabled())
    assert states == [True, False, True, False, True, False, True]


def test_set_grad_enabled_is_a_statement_too(lib):
    lib.set_grad_enabled(False)
    try:
        assert not leaf([1.0], lib).sum().requires_grad
    finally:
        lib.set_grad_enabled(True)
    assert leaf([1.0], lib).sum().requires_grad


def test_an_error_ends_the_block(lib):
    for block in (lib.no_grad, lambda: lib.set_grad_enabled(False)):
        with pytest.raises(ZeroDivisionError), block():
            raise ZeroDivisionError
        assert lib.is_grad_enabled()


@pytest.mark.parametrize("switch", ["no_grad", "set_grad_enabled"])
def test_modes_decorate_functions_also_recursive_ones(lib, switch):
    decorate = lib.no_grad() if switch == "no_grad" else lib.set_grad_enabled(False)

    @decorate
    def depth(n):
        return lib.is_grad_enabled() if n == 0 else depth(n - 1)

    assert lib.is_grad_enabled()
    assert depth(0) is depth(3) is False
    assert lib.is_grad_enabled()


def test_enable_grad_decorates(lib):
    @lib.enable_grad()
    def f():
        return lib.is_grad_enabled()

    with lib.no_grad():
        assert f()
        assert not lib.is_grad_enabled()


def test_no_grad_decorates_without_parentheses(lib):
    @lib.no_grad
    def f():
        return lib.is_grad_enabled()

    assert f() is False
    assert lib.is_grad_enabled()


def test_no_grad_decorates_generators(lib):
    @lib.no_grad()
    def states():
        yield lib.is_grad_enabled()
        yield lib.is_grad_enabled()

    found = []
    for state in states():
        found += [state, lib.is_grad_enabled()]
    assert found == [False, True, False, True]


def test_a_block_can_be_entered_again_and_within_itself():
    block = tg.no_grad()
    for _ in range(2):
        with block, block:
            assert not tg.is_grad_enabled()
        assert tg.is_grad_enabled()


def in_a_thread(work):
    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_the_mode_is_the_thread_s_own(lib):
    inside, done, found = threading.Event(), threading.Event(), []

    def work():
        found.append(lib.is_grad_enabled())
        with lib.no_grad():
            inside.set()
            done.wait(60)
            found.append(leaf([1.0], lib).sum().requires_grad)

    thread = in_a_thread(work)
    assert inside.wait(60)
    assert leaf([1.0], lib).sum().requires_grad
    done.set()
    thread.join()
    with lib.no_grad():
        in_a_thread(lambda: found.append(lib.is_grad_enabled())).join()
    assert found == [True, False, True]


def test_two_threads_may_run_one_decorated_function(lib):
    """The first to enter is the first to leave; each must find its own mode again."""
    events = {name: threading.Event() for name in ("first in", "second in", "first out")}
    found = {}

    @lib.no_grad()
    def held(entered, leave):
        events[entered].set()
        events[leave].wait(60)

    def second():
        with lib.no_grad():
            held("second in", "first out")
            found["second"] = lib.is_grad_enabled()

    def first():
        held("first in", "second in")
        found["first"] = lib.is_grad_enabled()
        events["first out"].set()

    one = in_a_thread(first)
    assert events["first in"].wait(60)
    other = in_a_thread(second)
    one.join()
    other.join()
    assert found == {"first": True, "second": False}


def test_no_grad_in_one_thread_ends_when_the_thread_does():
    def leave_it_off():
        tg.set_grad_enabled(False)

    in_a_thread(leave_it_off).join()
    assert (leaf([1.0]) * 2).requires_grad


def test_threads_go_backward_side_by_side():
    leaves = [leaf(numbers(50, k)) for k in range(4)]

    def work(x):
        for _ in range(50):
            (x * x).sum().backward()

    threads = [in_a_thread(lambda x=x: work(x)) for x in leaves]
    for thread in threads:
        thread.join()
    for x in leaves:
        np.testing.assert_allclose(x.grad.numpy(), 100 * x.detach().numpy(), rtol=1e-12)


# ---------------------------------------------------------------- depth


@pytest.mark.usefixtures("_no_collector")
def test_a_chain_of_200_000_ops_goes_forward_backward_and_away():
    x = leaf(1.0)
    y = x * 1.0
    first = weakref.ref(y.node)
    for _ in range(100_000):
        y = (y + 1.0) * 1.0
    y.backward()
    assert (y.item(), x.grad.item()) == (100_001.0, 1.0)
    del y
    assert first() is None


def test_a_deep_chain_of_second_derivatives():
    x = leaf(1.0)
    y = x * x
    for _ in range(20_000):
        y = y * 1.0
    (g,) = tg.autograd.grad(y, x, create_graph=True)
    assert tg.autograd.grad(g, x)[0].item() == 2.0


def test_a_rule_is_told_the_defaults_of_the_forward():
    def scaled(x, *, k=2.0):
        return x * k

    made = op(lambda g, _y, _x, k: g * k)(scaled)
    del OPS["scaled"]
    x = tg.ones(2, requires_grad=True)
    made(x).sum().backward()
    assert x.grad.tolist() == [2.0, 2.0]
    y = tg.ones(2, 3, requires_grad=True)
    ops.logsumexp(y, axis=1).sum().backward()
    np.testing.assert_allclose(y.grad.numpy(), 1 / 3, 1e-6)
