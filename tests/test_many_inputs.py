"""Ops of many inputs: a loop runs them, in linear time, as the functions for one to three do."""

import sys
import tracemalloc

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import ops
from tinygrad_edu.engine import caller, graph, outputs
from tinygrad_edu.testing import gradcheck

JOINS = {
    "cat": lambda xs: tg.cat(xs),
    "cat of dim 1": lambda xs: tg.cat(xs, 1),
    "stack": lambda xs: tg.stack(xs),
    "stack of dim -1": lambda xs: tg.stack(xs, -1),
    "einsum": lambda xs: tg.einsum(",".join(["ij"] * len(xs)) + "->ij", *xs),
    "np.concatenate": lambda xs: np.concatenate(xs, axis=-1),
}


def several(count):
    rng = np.random.default_rng(count)
    return [tg.tensor(rng.normal(size=(2, 3)), requires_grad=k % 3 > 0) for k in range(count)]


def computed(join, xs):
    """The value, the gradients and the second derivatives, or the error."""
    try:
        y = join(xs)
        leaves = [x for x in xs if x.requires_grad]
        if not leaves:
            return y.tolist(), repr(y.dtype), y.node
        weights = tg.tensor(np.arange(1.0, y.numel() + 1).reshape(y.shape))
        first = tg.autograd.grad((y**3 * weights).sum(), leaves, create_graph=True)
        second = tg.autograd.grad(sum((g * g).sum() for g in first), leaves)
        return y.tolist(), [g.tolist() for g in first + second], repr(y.node), repr(y.dtype)
    except Exception as error:
        return type(error), str(error)


@pytest.mark.parametrize("name", JOINS)
@pytest.mark.parametrize("count", [1, 2, 3, 6])
def test_the_loop_says_what_the_functions_for_a_few_inputs_say(name, count, monkeypatch):
    cases = [several(count)]
    cases += [[x.detach() for x in cases[0]], [x.detach().int() for x in cases[0]]]
    cases += [[*cases[0][1:], cases[0][0].float().detach()], [*cases[0], tg.ones(4, 4)]]
    cases += [[x.detach() > 0 for x in cases[0]], [*cases[0], "no tensor"]]
    for xs in cases:
        with monkeypatch.context() as patch:
            few = computed(JOINS[name], xs)
            patch.setattr(caller, "WITHOUT_LOOP", 0)
            assert computed(JOINS[name], xs) == few
            patch.setattr(caller, "LOOKED_UP", 0)
            assert computed(JOINS[name], xs) == few


def test_an_op_of_ones_own_keeps_and_sees_the_same_in_the_loop(monkeypatch):
    def rule(g, y, *xs, i, scale):
        assert scale == 2.0
        return g * y / xs[i]

    with monkeypatch.context() as patch:
        patch.setattr(graph, "OPS", {})

        @graph.op(rule)
        def product(*xs, scale=2.0):
            return scale * np.prod(np.stack(xs), 0)

        xs = [tg.tensor([1.0 + k, 2.0], requires_grad=True, dtype=tg.float64) for k in range(12)]
        assert gradcheck(lambda *xs: product(*xs), xs, order=2)
        y = product(*xs)
        assert len(y.node.saved) == 13
        assert all(isinstance(kept, np.ndarray) for kept in y.node.saved)
        assert product(*[x.detach() for x in xs]).node is None
        with tg.no_grad():
            assert product(*xs).node is None
        assert isinstance(product(*[x.detach().numpy() for x in xs]), np.ndarray)
        xs[3].data[0] = 7.0
        with pytest.raises(RuntimeError, match="in-place write at"):
            y.sum().backward()


def test_integers_and_floats_meet_among_many():
    xs = [tg.tensor([k]) for k in range(20)] + [tg.tensor([0.5])]
    y = tg.cat(xs)
    assert y.dtype == tg.float32
    assert y.tolist() == [*range(20), 0.5]
    assert tg.cat([x > 3 for x in xs]).dtype == tg.bool


@pytest.mark.parametrize("join", [tg.cat, tg.stack])
def test_ten_thousand_tensors_are_joined_and_differentiated_in_one_pass(join):
    xs = [tg.ones(2, requires_grad=True) for _ in range(10_000)]
    y = join(xs)
    assert len(y.node.plan.rules) == 1  # one rule finds the parts of all
    (parts,) = y.node.inputs
    assert len(parts.inputs) == len(parts.plan.rules) == 10_000
    assert len(y.node.saved) == 2  # what each rule call is handed does not grow with their number
    assert len(parts.saved) == 1
    (y * 3).sum().backward()
    assert all(x.grad.tolist() == [3.0, 3.0] for x in xs)


def test_for_each_count_of_inputs_nothing_is_compiled_and_nothing_is_kept():
    xs = [tg.ones(1, requires_grad=k % 2 > 0) for k in range(400)]
    for count in range(2, 20):  # callers of a few inputs are compiled, once
        tg.cat(xs[:count]).sum().backward()
    listening, compiled = True, []

    def listen(event, arguments):
        if listening and event == "compile":
            compiled.append(arguments)

    sys.addaudithook(listen)
    tracemalloc.start()
    for count in range(20, 400, 7):
        tg.cat(xs[:count]).sum().backward()
    listening = False
    kept = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert compiled == []
    assert kept < 2e6


def test_what_does_not_fit_among_many_is_named_shortly():
    xs = [tg.ones(2, 3)] * 5000 + [tg.ones(2, 4)]
    with pytest.raises(
        ValueError, match=r"stack: cannot join \(2, 3\) and \(2, 4\) along"
    ) as error:
        tg.stack(xs)
    assert len(str(error.value)) < 200
    for count in (1, 20):
        with pytest.raises(ValueError, match=r"stack: cannot join \(2, 3\) and None along"):
            tg.stack([*xs[:count], None])


def test_many_inputs_are_drawn_with_their_constants():
    from tinygrad_edu.viz.graph.picture import picture_of

    xs = several(12)
    kinds = [box.kind for box in picture_of(tg.cat(xs).sum()).boxes]
    assert kinds.count("constant") == 4


def test_a_function_of_many_arguments_is_linear_too():
    assert outputs.inputs_node(tuple([None] * 3), ((),) * 3, None).plan.rules == ()
    xs = [tg.ones(1, requires_grad=True) for _ in range(12)]
    y = ops.concatenate(*xs)
    assert len(y.node.inputs[0].inputs) == 12
