"""Derivatives of functions: any order, any mode, any form of arguments, any nesting."""

import math

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import nn
import tinygrad_edu as tg
from nn import functional as F
from tinygrad_edu import func
from tinygrad_edu.engine.graph import OPS
from tinygrad_edu.testing import gradcheck, op_case, strategies

# ---------------------------------------------------------------- closed forms


def _fifth_of_tanh(t):
    return 8 * (1 - t**2) * (15 * t**4 - 15 * t**2 + 2)


FIVEFOLD = {
    "exp": (np.exp, np.exp),
    "sin": (np.sin, np.cos),
    "reciprocal": (lambda x: 1 / x, lambda x: -math.factorial(5) / x**6),
    "tanh": (np.tanh, lambda x: _fifth_of_tanh(np.tanh(x))),
    "x^7": (lambda x: x**7, lambda x: 7 * 6 * 5 * 4 * 3 * x**2),
    "x^2.5": (lambda x: x**2.5, lambda x: 2.5 * 1.5 * 0.5 * -0.5 * -1.5 * x**-2.5),
}


@pytest.mark.parametrize("name", FIVEFOLD)
def test_five_fold_derivatives_are_the_closed_forms(name):
    f, expected = FIVEFOLD[name]
    by_grad = by_jvp = f
    for _ in range(5):
        by_grad = func.grad(by_grad)
        by_jvp = (lambda g: lambda x: func.jvp(g, (x,), (np.ones(()),))[1])(by_jvp)
    for x in (0.4, 1.3):
        x = np.array(x)
        np.testing.assert_allclose(by_grad(x), expected(x), rtol=1e-10)
        np.testing.assert_allclose(by_jvp(x), expected(x), rtol=1e-10)


# ---------------------------------------------------------------- nesting


def test_derivatives_that_meet_are_not_confused():
    """The cases of Siskind and Pearlmutter, "Perturbation confusion and referential transparency"
    (2005), and its kin: in reverse mode, forward mode and both."""
    one = np.ones(())

    def forward(f):
        return lambda x: func.jvp(f, (x,), (one,))[1]

    def check(outer, inner):
        assert outer(lambda x: x * inner(lambda y: x + y)(one))(one) == 1
        assert outer(lambda x: x * inner(lambda y: x * y)(x))(one * 3) == 6
        assert outer(lambda x: inner(lambda y: x * y * y)(x))(one * 3) == 12
        assert outer(lambda x: inner(lambda x: x * x)(x) * x)(one * 3) == 12

    for outer in (func.grad, forward):
        for inner in (func.grad, forward):
            check(outer, inner)


def test_gradients_reach_what_the_function_closes_over():
    w = tg.tensor([1.0, 2.0], requires_grad=True)
    slope = func.grad(lambda x: (w * x * x).sum())(tg.tensor([3.0, 4.0]))
    assert slope.requires_grad
    slope.sum().backward()
    assert w.grad.tolist() == [6, 8]
    with tg.no_grad():
        assert not func.grad(lambda x: (w * x).sum())(tg.ones(2)).requires_grad


def test_gradients_flow_to_tangents_and_cotangents():
    A = np.array([[1.0, 2.0], [3.0, 4.0]])
    x = np.ones(2)
    by_tangent = func.grad(lambda v: func.jvp(lambda x: A @ x, (x,), (v,))[1].sum())(x)
    by_cotangent = func.grad(lambda u: func.vjp(lambda x: A @ x, x)[1](u)[0].sum())(x)
    np.testing.assert_array_equal(by_tangent, A.sum(0))
    np.testing.assert_array_equal(by_cotangent, A.sum(1))


# ---------------------------------------------------------------- forms


def test_trees_in_trees_out():
    params = {"w": np.array([1.0, 2.0]), "layers": (np.array(3.0), [np.array([4.0])])}

    def loss(p, scale):
        w, (b, (c,)) = p["w"], p["layers"]
        return (w * w).sum() * b * scale + c.sum()

    value, g = func.value_and_grad(loss)(params, 2.0)
    assert value == 34
    assert g["w"].tolist() == [12, 24]
    assert isinstance(g["layers"], tuple)
    assert [float(g["layers"][0]), g["layers"][1][0].tolist()] == [10, [1]]
    g0, g1 = func.grad(loss, argnums=(0, 1))(params, 2.0)
    assert (g0["w"].tolist(), float(g1)) == ([12, 24], 15)


def test_arrays_give_arrays_and_tensors_tensors():
    f = np.sin
    assert type(func.grad(f)(np.array(0.0))) is np.ndarray
    assert type(func.grad(f)(tg.tensor(0.0))) is tg.Tensor
    assert func.grad(f)(np.zeros((), np.float32)).dtype == np.float32
    g, aux = func.grad(lambda x: (x * x, "aux"), has_aux=True)(tg.tensor(2.0))
    assert (g.item(), aux) == (4, "aux")
    (value, aux), g = func.value_and_grad(lambda x: (x * x, "aux"), has_aux=True)(2.0)
    assert (value, aux, g) == (4, "aux", 4)
    assert not func.value_and_grad(lambda x: x * x)(tg.tensor(2.0))[0].requires_grad
    y, back, aux = func.vjp(lambda x: (2 * x, 7), np.ones(2), has_aux=True)
    assert (y.tolist(), back(y)[0].tolist(), aux) == ([2, 2], [4, 4], 7)


def test_what_does_not_depend_on_the_argument_has_derivative_0():
    x = tg.ones(2)
    assert func.grad(lambda x: tg.tensor(1.0))(x).tolist() == [0, 0]
    assert func.jacrev(lambda x: tg.ones(3))(x).tolist() == [[0, 0]] * 3
    assert func.jacfwd(lambda x: tg.ones(3))(x).tolist() == [[0, 0]] * 3
    assert func.jacrev(lambda x: x[:0])(x).shape == (0, 2)


def test_jacobians_of_trees():
    def f(p, x):
        return {"y": p["a"] * x, "z": x.sum()}

    args = {"a": np.array([2.0, 3.0])}, np.array([5.0, 7.0])
    for jacobian in (func.jacrev, func.jacfwd):
        J = jacobian(f, argnums=(0, 1))(*args)
        np.testing.assert_array_equal(J["y"][0]["a"], np.diag([5.0, 7.0]))
        np.testing.assert_array_equal(J["y"][1], np.diag([2.0, 3.0]))
        np.testing.assert_array_equal(J["z"][0]["a"], [0, 0])
        np.testing.assert_array_equal(J["z"][1], [1, 1])


def test_the_jacobian_blocks_of_a_layer_are_those_of_backward():
    """Story C: p_i = A_i' q_(i+1), q_i = B_i' q_(i+1), with A_i and B_i from `jacrev`."""
    net = nn.Sequential(nn.Linear(4, 3), nn.Sigmoid(), nn.Linear(3, 2)).double()
    z, blocks = tg.randn(4, dtype=tg.float64), []
    x = z
    for layer in net:
        weights = {name: p.detach() for name, p in layer.named_parameters()}

        def run(p, z, layer=layer):
            return func.functional_call(layer, p, (z,))

        blocks.append(func.jacrev(run, argnums=(0, 1))(weights, z))
        z = layer(z).detach()
    q, parts = tg.ones(2, dtype=tg.float64), []
    for A, B in reversed(blocks):
        parts += [{name: tg.tensordot(q, block, 1) for name, block in A.items()}]
        q = q @ B
    net(x).sum().backward()
    for layer, found in zip(net, reversed(parts), strict=True):
        for name, p in layer.named_parameters():
            np.testing.assert_allclose(found[name].array, p.grad.array, rtol=1e-12)


def test_vmap_is_a_loop_over_slices():
    xs, ys = tg.randn(3, 4), tg.randn(4, 3)
    dots = func.vmap(tg.dot, in_dims=(0, 1))(xs, ys)
    np.testing.assert_allclose(dots.array, (xs.array * ys.array.T).sum(1), rtol=1e-6)
    assert func.vmap(lambda x, k: x * k, in_dims=(0, None), out_dims=1)(xs, 2).shape == (4, 3)
    per_example = func.vmap(func.grad(lambda w, x: (w * x).sum() ** 2), in_dims=(None, 0))
    w = tg.ones(4)
    expected = [(2 * x.sum() * x).tolist() for x in xs]
    np.testing.assert_allclose(per_example(w, xs).array, expected, rtol=1e-5)


def test_functional_call_leaves_the_module_as_it_was():
    layer = nn.Linear(2, 1)
    before = [p.array for p in layer.parameters()]
    given = {"weight": tg.ones(1, 2), "bias": tg.zeros(1)}
    assert func.functional_call(layer, given, tg.ones(2)).tolist() == [2]
    assert func.functional_call(layer, ({"bias": tg.ones(1)}, given), (tg.ones(2),)).tolist() == [2]
    assert all(p.array is array for p, array in zip(layer.parameters(), before, strict=True))
    with pytest.raises(ValueError, match=r"the module has no \['wait'\]"):
        func.functional_call(layer, {"wait": tg.ones(1)}, tg.ones(2))
    with pytest.raises(ValueError, match="linear"):
        func.functional_call(layer, given, tg.ones(5))
    assert all(p.array is array for p, array in zip(layer.parameters(), before, strict=True))


# ---------------------------------------------------------------- Hessians

EXPRESSIONS = {
    "matmul": lambda x: ((x.reshape(2, 3) @ x.reshape(3, 2)) ** 2).sum(),
    "softmax": lambda x: (x.softmax(0) * tg.arange(6, dtype=tg.float64)).sum(),
    "logsumexp": lambda x: x.logsumexp(0),
    "conv": lambda x: (F.conv1d(x.reshape(1, 1, 6), x[:2].reshape(1, 1, 2)) ** 2).sum(),
    "norm": lambda x: x.norm() ** 3,
}


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_hessians_are_differences_of_gradients(name):
    f = EXPRESSIONS[name]
    x = tg.Tensor(np.random.default_rng(1).standard_normal(6))
    H, h = func.hessian(f)(x).array, 1e-5
    gradient = func.grad(f)
    steps = np.eye(6) * h
    numeric = [(gradient(x + s).array - gradient(x - s).array) / (2 * h) for s in steps]
    np.testing.assert_allclose(H, numeric, atol=1e-7)
    np.testing.assert_allclose(func.jacfwd(func.jacrev(f))(x).array, H, atol=1e-10)
    np.testing.assert_allclose(func.jacrev(func.jacfwd(f))(x).array, H, atol=1e-10)
    v = tg.Tensor(np.arange(6.0))
    np.testing.assert_allclose(func.hvp(f, (x,), (v,))[0].array, H @ v.array, atol=1e-9)


# ---------------------------------------------------------------- every op, in both modes

SMOOTH = sorted(name for name, call in OPS.items() if any(call.op.rules))


def floats(case):
    """The case as a function of its floating inputs alone, and these."""
    places = [k for k, x in enumerate(case.inputs) if np.asarray(x).dtype.kind == "f"]

    def f(*xs):
        inputs = list(case.inputs)
        for k, x in zip(places, xs, strict=True):
            inputs[k] = x
        ys = case(*inputs)
        return [y for y in (ys if isinstance(ys, tuple) else [ys]) if y.dtype.kind == "f"]

    return f, [tg.Tensor(np.array(case.inputs[k])) for k in places]


@pytest.mark.parametrize("name", SMOOTH)
@given(random=st.randoms(use_true_random=False))
@settings(max_examples=8)
def test_forward_and_reverse_mode_are_dual(name, random):
    """<u, J v> = <J' u, v>, where J v comes out of the transposed record."""
    f, xs = floats(op_case(OPS[name], random))
    numbers = np.random.default_rng(random.getrandbits(32))
    vs = [tg.Tensor(numbers.standard_normal(x.shape)) for x in xs]
    ys, forward = func.linearize(f, *xs)
    us = [tg.Tensor(numbers.standard_normal(y.shape)) for y in ys]
    back = func.vjp(f, *xs)[1](us)
    left = sum(float((u * y).sum()) for u, y in zip(us, forward(*vs), strict=True))
    right = sum(float((g * v).sum()) for g, v in zip(back, vs, strict=True))
    assert left == pytest.approx(right, rel=1e-8, abs=1e-8)


@given(program=strategies.programs(), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=60)
def test_forward_and_reverse_mode_are_dual_for_programs(program, seed):
    """Programs of any ops, with views and writes in place, whose results meet."""
    numbers = np.random.default_rng(seed)

    def several(*inputs):
        results = program(*inputs)
        return results if isinstance(results, tuple) else (results,)

    def directions(tensors):
        return tuple(tg.Tensor(numbers.standard_normal(x.shape)) for x in tensors)

    primals = tuple(x.detach() for x in program.inputs)
    vs = directions(primals)
    ys, tangents = func.jvp(several, primals, vs)
    us = directions(ys)
    gradients = func.vjp(several, *primals)[1](us)
    left = [(u * t).sum().item() for u, t in zip(us, tangents, strict=True)]
    right = [(g * v).sum().item() for g, v in zip(gradients, vs, strict=True)]
    size = sum(map(abs, left + right))
    assert sum(left) == pytest.approx(sum(right), rel=1e-7, abs=1e-9 * (1 + size))


def test_a_planted_wrong_rule_is_seen_in_forward_mode_too():
    from tinygrad_edu.engine.graph import op

    @op(lambda g, _y, x: g * np.cos(x) * 1.01)
    def almost_sin(x):
        """y = sin x;  dL/dx = g cos x, but for 1 %."""
        return np.sin(x)

    try:
        x = np.array(0.3)
        assert func.jvp(almost_sin, (x,), (np.ones(()),))[1] != pytest.approx(np.cos(0.3))
    finally:
        del OPS["almost_sin"]


# ---------------------------------------------------------------- errors


def named(x):
    return x * 2


@pytest.mark.parametrize(
    ("call", "kind", "words"),
    [
        (lambda: func.grad(named)(tg.ones(3)), RuntimeError, r"grad of named: .*\[\(3,\)\].*sum"),
        (lambda: func.grad(named)(tg.ones(2, dtype=tg.int64)), TypeError, "argument 0 holds int64"),
        (lambda: func.grad(named)(2), TypeError, "grad of named: argument 0 holds int64"),
        (lambda: func.grad(named, 1)(tg.ones(())), IndexError, "no argument 1 among 1"),
        (lambda: func.jvp(named, (tg.ones(2),), (tg.ones(3),)), ValueError, r"tangents.*\(3,\)"),
        (lambda: func.jvp(named, (tg.ones(2),), ()), ValueError, r"tangents have the shapes \[\]"),
        (lambda: func.vjp(named, tg.ones(2))[1](tg.ones(1)), ValueError, r"cotangents.*\(1,\)"),
        (lambda: func.vmap(tg.dot)(tg.ones(2, 3), tg.ones(3, 3)), ValueError, r"\{2, 3\}|equally"),
        (lambda: func.jacrev(named)("a"), (TypeError, ValueError), "str|a"),
    ],
)
def test_errors_name_the_function_and_the_argument(call, kind, words):
    with pytest.raises(kind, match=words):
        call()


def test_derivatives_of_derivatives_are_checked_like_any_other():
    def slope(x):
        return func.grad(lambda z: (z.exp() * z).sum())(x)

    assert gradcheck(slope, tg.randn(3, dtype=tg.float64), order=2)
    assert gradcheck(lambda x: func.jvp(np.sin, (x,), (x,))[1], tg.randn(3), order=2)
