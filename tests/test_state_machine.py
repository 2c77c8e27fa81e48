"""The engine against a naive one (naive.py): create, combine, view, write, detach, hook, backward,
let go, in any order; values and gradients are compared after each step.

hypothesis chooses the steps, and when they disagree, it looks for the fewest that still do.
"""

import inspect
import textwrap
from contextlib import nullcontext
from typing import Any, NamedTuple

import naive
import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, settings, strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

import tinygrad_edu as tg
from tinygrad_edu import views
from tinygrad_edu.engine import backward, clock, leaf

LIMIT = 100.0  # numbers stay below: then rounding is no difference


class Pair(NamedTuple):
    """A tensor, and what the naive engine has in its place."""

    ours: Any
    naive: Any


VIEWS = {
    "t[0]": lambda t: t[0],
    "t[1:]": lambda t: t[1:],
    "t[..., -1]": lambda t: t[..., -1],
    "t.swapaxes(0, -1)": lambda t: t.swapaxes(0, -1),
    "t.reshape(-1)": lambda t: t.reshape(-1),
}
HOOKS = {"half": lambda g: g * 0.5, "square": lambda g: g * g}
NUMBERS = st.integers(-8, 8).map(lambda k: k / 4)
FEW, SOME = st.sampled_from([False] * 7 + [True]), st.sampled_from([False, False, True])


class Engine(RuleBasedStateMachine):
    tensors = Bundle("tensors")

    def __init__(self):
        super().__init__()
        self.pairs = []
        naive.Tensor.everyone = []

    # ------------------------------------------------------------ what both are told

    def both(self, ours, theirs, no_grad=False):
        """Run a step in each; what one refuses the other refuses."""
        naive.Tensor.recording = not no_grad
        expected = result(theirs, naive.Refused)
        naive.Tensor.recording = True
        with tg.no_grad() if no_grad else nullcontext():
            found = result(ours, RuntimeError)
        assert (found is REFUSED) == (expected is REFUSED), (found, expected)
        return found, expected

    def made(self, ours, theirs, no_grad=False):
        """The new pair, of which later steps may make more."""
        pair = Pair(*self.both(ours, theirs, no_grad))
        self.pairs.append(pair)
        return pair

    @precondition(lambda self: len(self.pairs) < 3)
    @rule(target=tensors, values=st.lists(NUMBERS, min_size=4, max_size=4), constant=FEW)
    def create(self, values, constant):
        values = np.reshape(values, (2, 2))
        if constant:
            return self.made(
                lambda: tg.tensor(values), lambda: naive.Tensor(naive.new((2, 2), values.flat))
            )
        return self.made(lambda: tg.tensor(values, requires_grad=True), lambda: naive.leaf(values))

    @rule(target=tensors, name=st.sampled_from(["add", "mul"]), a=tensors, b=tensors, no_grad=FEW)
    def combine(self, name, a, b, no_grad):
        if a.ours.shape != b.ours.shape and () not in (a.ours.shape, b.ours.shape):
            return multiple()
        if largest(a) * largest(b) > LIMIT or largest(a) + largest(b) > LIMIT:
            return multiple()
        return self.made(
            lambda: getattr(tg, name)(a.ours, b.ours),
            lambda: getattr(naive, name)(a.naive, b.naive),
            no_grad,
        )

    @rule(target=tensors, name=st.sampled_from(["sin", "tanh", "sum"]), a=tensors, no_grad=FEW)
    def function(self, name, a, no_grad):
        theirs = naive.total if name == "sum" else getattr(naive, name)
        return self.made(lambda: getattr(tg, name)(a.ours), lambda: theirs(a.naive), no_grad)

    @rule(target=tensors, name=st.sampled_from(sorted(VIEWS)), a=tensors, no_grad=FEW)
    def view(self, name, a, no_grad):
        part = VIEWS[name]
        if a.ours.ndim == 0 or np.size(part(a.naive.cells)) == 0:
            return multiple()
        is_result = a.naive.root is a.naive and not a.naive.borrowed
        if "reshape" in name and not (is_result or a.ours.is_contiguous()):
            return multiple()  # a copy
        return self.made(lambda: part(a.ours), lambda: naive.view(a.naive, part), no_grad)

    @rule(target=tensors, a=tensors)
    def detach(self, a):
        return self.made(lambda: a.ours.detach(), lambda: naive.detach(a.naive))

    @rule(name=st.sampled_from(["add", "mul"]), a=tensors, b=tensors, no_grad=SOME)
    def write(self, name, a, b, no_grad):
        if b.ours.shape not in (a.ours.shape, ()) or largest(a) * largest(b) > LIMIT / 2:
            return

        def theirs():
            old = naive.apart(a.naive) if a.naive.root.borrowed else a.naive
            naive.write(a.naive, getattr(naive, name)(old, b.naive))

        self.both(lambda: getattr(a.ours, f"{name}_")(b.ours), theirs, no_grad)

    @rule(name=st.sampled_from(["t[0]", "t[1:]"]), a=tensors, b=tensors, no_grad=SOME)
    def write_part(self, name, a, b, no_grad):
        if a.ours.ndim == 0 or a.naive.root is b.naive.root:
            return
        part, key = VIEWS[name], {"t[0]": 0, "t[1:]": slice(1, None)}[name]
        shape = np.shape(part(a.naive.cells))
        if b.ours.shape not in (shape, ()) or 0 in shape:
            return

        def theirs():
            value = naive.view(b.naive, lambda x: np.broadcast_to(x, shape))
            naive.write(naive.view(a.naive, part), value)

        self.both(lambda: a.ours.__setitem__(key, b.ours), theirs, no_grad)

    @rule(a=tensors, name=st.sampled_from([*HOOKS, "retain_grad", "retain_grad"]))
    def hook(self, a, name):
        if not a.ours.requires_grad:
            return
        if name == "retain_grad":
            a.ours.retain_grad()
            a.naive.step.keeps_grad = True
        else:
            a.ours.register_hook(HOOKS[name])
            a.naive.step.hooks.append(HOOKS[name])

    @rule(a=tensors, retain_graph=st.booleans())
    def backward(self, a, retain_graph):
        if a.ours.requires_grad:
            gradient = 1.0 + 0.5 * np.arange(a.ours.numel()).reshape(a.ours.shape)
            self.both(
                lambda: a.ours.backward(tg.tensor(gradient), retain_graph),
                lambda: naive.backward(a.naive, gradient.flat, retain_graph),
            )

    @rule(a=tensors)
    def zero_grad(self, a):
        if a.ours.is_leaf and a.ours.requires_grad:
            a.ours.grad = a.naive.step.grad = None

    @precondition(lambda self: len(self.pairs) > 4)
    @rule(a=consumes(tensors))
    def let_go(self, a):
        self.pairs = [pair for pair in self.pairs if pair is not a]

    # ------------------------------------------------------------ what has to hold

    @invariant()
    def values_and_gradients_agree(self):
        for ours, theirs in self.pairs:
            assert ours.shape == theirs.cells.shape
            assert ours.requires_grad == (theirs.step is not None)
            close(ours.array, theirs.values)
            gradient = theirs.step and theirs.step.grad
            kept = None if ours.node is None else ours.node.grad
            assert (kept is None) == (gradient is None)
            if kept is not None:
                close(kept.array, gradient)


REFUSED = object()


def result(step, refused):
    try:
        return step()
    except refused:
        return REFUSED


def largest(pair):
    return np.abs(pair.ours.array).max(initial=0.0)


def close(ours, theirs):
    theirs = np.array(theirs)
    scale = 1 + np.abs(theirs).max(initial=0.0)
    assert (np.abs(ours.ravel() - theirs) <= 1e-9 * scale).all(), (ours, theirs)


STEPS = settings(
    max_examples=60,
    stateful_step_count=30,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate, Phase.shrink],
)


class TestEngine(Engine.TestCase):
    settings = STEPS


@pytest.mark.slow
class TestEngineForLonger(Engine.TestCase):
    settings = settings(STEPS, max_examples=300)  # of 60, half miss some of the faults below


# ---------------------------------------------------------------- faults that it finds


def step_without_sums():
    """The reverse pass, but of the gradients of several uses of a tensor only the last arrives."""
    source = textwrap.dedent(inspect.getsource(backward._step))
    right = "grads[parent] + part if parent in grads else part"
    assert right in source
    scope = dict(vars(backward))
    exec(source.replace(right, "part"), scope)
    return scope["_step"]


def overwritten(node, g, taken):
    node.grad = tg.Tensor(np.array(g))


FAULTS = {
    "a gradient takes the place of the one before": (leaf, "_commit", overwritten),
    "gradients of several uses are not added": (backward, "_step", step_without_sums()),
    "a view does not see a write": (views, "_look_again", lambda root, moved=False: None),
    "a hook is not called": (backward, "before_step", lambda node, g: (g, False)),
    "a late write goes unnoticed": (clock, "check_unwritten", lambda *_: None),
    "nothing is freed": (leaf, "free", lambda *_: None),
    "no_grad records": (tg, "no_grad", nullcontext),
    "detach stays in the record": (tg.Tensor, "detach", lambda x: x.reshape(x.shape)),
    "memory that is shared is not written": (views, "borrow", lambda tensor, owner=None: tensor),
    "a leaf is written": (tg.Tensor, "_refuse_leaf", lambda *_: None),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_found(name, monkeypatch):
    monkeypatch.setattr(*FAULTS[name])
    found = settings(STEPS, max_examples=1000, phases=[Phase.generate])
    with pytest.raises((AssertionError, AttributeError)):
        run_state_machine_as_test(Engine, settings=found)


def test_a_fault_shrinks_to_the_steps_that_show_it(monkeypatch):
    """Create a tensor, use it twice, go backward."""
    monkeypatch.setattr(*FAULTS["gradients of several uses are not added"])
    with pytest.raises(AssertionError) as found:
        run_state_machine_as_test(Engine, settings=STEPS)
    lines = "\n".join(found.value.__notes__).splitlines()
    steps = [line for line in lines if "state." in line and "agree" not in line]
    assert len(steps) <= 8, steps
    assert any("state.backward(" in step for step in steps)
