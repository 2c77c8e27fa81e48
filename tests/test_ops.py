"""Every registered op, checked from its own declaration; and the tester itself, tested."""

from random import Random

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import tinygrad_edu as tg
from tinygrad_edu import ops
from tinygrad_edu.engine.backward import replay
from tinygrad_edu.engine.graph import OPS, op
from tinygrad_edu.testing import GradcheckError, gradcheck, op_case

DIFFERENTIABLE = sorted(name for name, call in OPS.items() if any(call.op.rules))
OTHERS = sorted(set(OPS) - set(DIFFERENTIABLE))
SOME = settings(
    max_examples=settings.default.max_examples // 3
)  # of so many ops; more: `make long`
FEW = settings(max_examples=settings.default.max_examples // 8)  # where the numbers do not matter


def several(result):
    return list(result) if isinstance(result, tuple) else [result]


def as_leaves(inputs):
    return [
        tg.Tensor(x).requires_grad_(x.dtype.kind == "f") if isinstance(x, np.ndarray) else x
        for x in inputs
    ]


def arrays_of(inputs):
    return [x for x in inputs if isinstance(x, np.ndarray)]


@pytest.mark.parametrize("name", DIFFERENTIABLE)
@SOME
@given(random=st.randoms(use_true_random=False))
def test_every_op_to_second_order(name, random):
    case = op_case(OPS[name], random)
    before = [np.copy(x) for x in case.inputs]
    assert gradcheck(case, case.inputs, order=2, atol=1e-6)
    for x, same in zip(case.inputs, before, strict=True):
        np.testing.assert_array_equal(x, same, err_msg="an input was changed")


@pytest.mark.parametrize("name", DIFFERENTIABLE)
@FEW
@given(random=st.randoms(use_true_random=False))
def test_law_1_arrays_give_arrays_and_tensors_give_recorded_tensors(name, random):
    case = op_case(OPS[name], random)
    tensors = as_leaves(case.inputs)
    results = zip(several(case(*case.inputs)), several(case(*tensors)), strict=True)
    for on_arrays, recorded in results:
        assert isinstance(on_arrays, np.ndarray | np.generic)
        assert type(recorded) is tg.Tensor
        assert isinstance(recorded.array, np.ndarray)
        np.testing.assert_array_equal(recorded.array, on_arrays)
        if recorded.dtype.kind == "f":
            assert recorded.requires_grad == any(
                t.requires_grad for t in tensors if isinstance(t, tg.Tensor)
            )


@pytest.mark.parametrize("name", DIFFERENTIABLE)
@FEW
@given(random=st.randoms(use_true_random=False))
def test_gradients_keep_dtype_and_own_their_memory(name, random):
    case = op_case(OPS[name], random)
    halves = [
        x.astype(np.float32) if isinstance(x, np.ndarray) and x.dtype.kind == "f" else x
        for x in case.inputs
    ]
    tensors = as_leaves(halves)
    before = [np.copy(x) for x in arrays_of(halves)]
    ys = [y for y in several(case(*tensors)) if y.requires_grad]
    gradients = [tg.Tensor(np.ones_like(y.array)) for y in ys]
    buffers = arrays_of(halves) + [t.array for t in gradients + ys]
    for y, gradient in zip(ys, gradients, strict=True):
        y.backward(gradient, retain_graph=True)
    for t in tensors:
        if isinstance(t, tg.Tensor) and t.grad is not None:
            assert t.grad.dtype == t.dtype
            assert t.grad.shape == t.shape
            assert not any(np.shares_memory(t.grad.array, other) for other in buffers)
            buffers.append(t.grad.array)
    for x, same in zip(arrays_of(halves), before, strict=True):
        np.testing.assert_array_equal(x, same, err_msg="an input was changed")
    assert all((g.array == 1).all() for g in gradients), "the gradient given was changed"


@pytest.mark.parametrize(("create_graph", "of_g"), [(False, True), (True, True), (True, False)])
@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_rules_write_into_nothing_that_others_read(name, create_graph, of_g):
    """g may be a Tensor that requires grad where what was saved is an array, as for `jvp`; and what
    a rule has computed of it may be saved by what it computes next."""
    case = op_case(OPS[name], Random(0))
    first, *others = as_leaves(case.inputs)
    others = others if of_g else [x.detach() if isinstance(x, tg.Tensor) else x for x in others]
    for y in several(case(first, *others)):
        if not y.requires_grad:
            continue
        g = tg.ones_like(y).requires_grad_(of_g)
        steps = list(replay({y.node: g}, create_graph))
        for part in (part for _, _, parts in steps for part in parts):
            if isinstance(part, tg.Tensor) and part.requires_grad:
                part.sum().backward(retain_graph=True)


@pytest.mark.parametrize("name", OTHERS)
def test_ops_without_a_derivative_leave_no_record(name):
    call = OPS[name]
    of_bits = name.startswith(("bitwise", "left", "right")) or name == "invert"
    kind = bool if of_bits else int if name in ("gcd", "lcm") else float
    inputs = [tg.ones(2, 3).to(kind) for _ in range(call.op.arity)]
    if kind is float:
        inputs = [x.requires_grad_() for x in inputs]
    assert not call(*inputs).requires_grad


def test_an_op_without_a_declaration_fails_the_check():
    """It is drawn shapes for an elementwise op, and this one does not."""

    def undeclared(x, y):
        return np.concatenate([x, y.reshape(-1)])

    new = op(lambda g, _y, x, _b: g[: len(x)], lambda g, _y, x, _b: g[len(x) :])(undeclared)
    del OPS["undeclared"]

    def check():
        for seed in range(20):
            case = op_case(new, Random(seed))
            gradcheck(case, case.inputs, order=2)

    with pytest.raises((GradcheckError, ValueError, IndexError, TypeError)):
        check()


# ---------------------------------------------------------------- wrong rules are caught

WRONG = {
    "a factor": (lambda g, y, _x: 1.001 * g * y, np.exp),
    "a sign": (lambda g, y, _x: -g * y, np.exp),
    "one entry": (lambda g, y, _x: g * y * (1 + 1e-2 * (np.indices(y.shape)[-1] == 3)), np.exp),
    "its own second derivative": (lambda g, y, _x: g * np.exp(np.log(detached(y))), np.exp),
    "a broadcast forgotten": (lambda g, _y, x: (g * x * 2).sum(), np.square),
}


def detached(y):
    return y.detach() if isinstance(y, tg.Tensor) else y


@pytest.mark.parametrize("kind", WRONG)
def test_a_planted_wrong_rule_is_caught(kind):
    rule, function = WRONG[kind]

    def planted(x):
        return function(x)

    wrong = op(rule)(planted)
    del OPS["planted"]
    with pytest.raises((GradcheckError, ValueError), match=r"gradcheck.*worst at|rule for input 0"):
        gradcheck(wrong, np.linspace(0.5, 1.5, 5), order=2)


@pytest.mark.slow
def test_one_wrong_entry_in_a_million_is_caught():
    def planted(x):
        return x * 2

    def rule(g, _y, _x):
        part = g * 2
        if not isinstance(part, tg.Tensor):
            part[123_456] *= 1.5
        return part

    wrong = op(rule)(planted)
    del OPS["planted"]
    x = np.random.default_rng(0).standard_normal(1_000_000)
    with pytest.raises(GradcheckError, match=r"worst at \[123456\]"):
        gradcheck(wrong, x)


def test_the_message_names_input_place_and_both_numbers():
    def planted(a, b):
        return a * b

    wrong = op(lambda g, _y, _a, b: g * b, lambda g, _y, a, _b: g * a * 2)(planted)
    del OPS["planted"]
    with pytest.raises(GradcheckError, match=r"input 1, shape \(2,\).*worst at \[1\]"):
        gradcheck(lambda a, b: wrong(a, b).sum(), [np.array([1.0, 4.0]), np.array([1.0, 1.0])])


def test_gradcheck_wants_something_to_differentiate():
    with pytest.raises(ValueError, match="none of the inputs is floating"):
        gradcheck(lambda x: x, tg.tensor([1, 2]))


# ---------------------------------------------------------------- at the kinks


@pytest.mark.parametrize(
    ("function", "at", "declared"),
    [
        (ops.relu, 0.0, 0.0),
        (ops.absolute, 0.0, 0.0),
        (lambda x: ops.maximum(x, 1.0), 1.0, 0.5),
        (lambda x: ops.minimum(x, 1.0), 1.0, 0.5),
        (lambda x: ops.clip(x, min=-1.0, max=1.0), 1.0, 1.0),
        (lambda x: ops.clip(x, min=-1.0, max=1.0), -1.0, 1.0),
    ],
)
def test_the_declared_subgradient_lies_between_the_one_sided_derivatives(function, at, declared):
    x = tg.tensor(at, dtype=tg.float64, requires_grad=True)
    function(x).backward()
    left, right = (
        (function(np.float64(at + h)) - function(np.float64(at))) / h for h in (-1e-6, 1e-6)
    )
    assert x.grad.item() == declared
    assert min(left, right) - 1e-9 <= declared <= max(left, right) + 1e-9


def test_ties_of_a_reduction_share_the_gradient():
    x = tg.tensor([[1.0, 3.0, 3.0]], requires_grad=True)
    ops.amax(x, axis=1).sum().backward()
    assert x.grad.tolist() == [[0.0, 0.5, 0.5]]


def test_bce_with_logits_is_right_at_logit_zero():
    x = tg.tensor([0.0, 0.0], requires_grad=True)
    ops.bce_with_logits(x, tg.tensor([0.0, 1.0])).sum().backward()
    assert x.grad.tolist() == [0.5, -0.5]


# ---------------------------------------------------------------- numbers


def test_sigmoid_is_accurate_on_both_sides_and_never_warns():
    x = np.array([-1000, -87, -20, -1, 0, 1, 20, 1000.0])
    import math

    exact = [0.0, *(1 / (1 + math.exp(-v)) for v in x[1:])]
    for dtype, rtol in ((np.float64, 1e-15), (np.float32, 5e-7)):
        np.testing.assert_allclose(ops.sigmoid(x.astype(dtype)), exact, rtol=rtol, atol=1e-37)
    assert ops.sigmoid(np.float32([-20.0]))[0] == pytest.approx(2.0611537e-9, rel=1e-6)
    assert np.isfinite(ops.sigmoid(np.float16([-60000.0, 60000.0]))).all()
    assert np.isnan(ops.sigmoid(np.array([np.nan]))).all()


def test_softmax_and_its_kind_do_not_overflow():
    x = np.array([[1000.0, 1001.0], [-1000.0, -999.0]])
    np.testing.assert_allclose(ops.softmax(x, axis=1).sum(1), 1)
    np.testing.assert_allclose(ops.log_softmax(x, axis=1)[0], [-1.3132616875, -0.3132616875])
    np.testing.assert_allclose(ops.logsumexp(x, axis=1), [1001.3132616875, -998.6867383125])
    assert ops.logsumexp(np.array([-np.inf, 0.0]), axis=0) == 0.0


def test_the_softmax_of_one_number_is_1_and_flat():
    x = tg.tensor(3.0, requires_grad=True)
    y = x.softmax(-1)
    y.backward()
    assert (y.item(), x.grad.item()) == (1, 0)


def test_powers_of_zero_have_no_nan_gradient():
    a = tg.tensor([0.0, 0.0, 2.0], requires_grad=True)
    b = tg.tensor([0.0, 2.0, 0.0], requires_grad=True)
    (a**b).sum().backward()
    assert a.grad.tolist() == [0.0, 0.0, 0.0]
    assert b.grad.isfinite().all()
