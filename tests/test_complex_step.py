"""The complex step of gradcheck: right for each op that is listed, taken nowhere else, exact."""

from random import Random

import numpy as np
import pytest

import nn
import nn.functional as F
import tinygrad_edu as tg
from tinygrad_edu import ops
from tinygrad_edu.engine.graph import OPS, op
from tinygrad_edu.testing import GradcheckError, gradcheck, op_case
from tinygrad_edu.testing.checked_function import checked_function, validate_results
from tinygrad_edu.testing.complex_step import ANALYTIC, ComplexStep, complex_step
from tinygrad_edu.testing.numeric import FiniteDifferences

LISTED = sorted(name for name, call in OPS.items() if call.op.forward in ANALYTIC)
POINT = np.array([1.0, 2.0, 3.0, 0.5])


def prepared(f, *inputs):
    checked = checked_function(f, inputs)
    validate_results(checked)
    return checked


def planted(forward, *rules):
    """An op that runs a forward of the table, with other rules."""
    table = OPS.copy()
    try:
        return op(*rules)(forward)
    finally:
        OPS.update(table)


def failure(f, *inputs, **settings):
    with pytest.raises(GradcheckError) as caught:
        gradcheck(f, inputs, **settings)
    return caught.value


# ---------------------------------------------------------------- the table


def test_every_forward_of_the_table_is_an_op():
    assert len(LISTED) == len(ANALYTIC)


@pytest.mark.parametrize("name", LISTED)
def test_the_complex_step_of_an_op_is_the_slope_by_differences(name):
    compared = 0
    for seed in range(4):
        case = op_case(OPS[name], Random(seed))
        checked = prepared(case, *case.inputs)
        if checked.x.size and checked.y.size:
            random = np.random.default_rng(seed)
            v, u = random.standard_normal(checked.x.size), random.standard_normal(checked.y.size)
            slope = complex_step(checked)(v)
            differences = FiniteDifferences(checked.value, checked.x, v)
            size = np.abs(differences.value).max()
            np.testing.assert_allclose(slope, differences.value, rtol=1e-7, atol=1e-9 * size)
            assert checked.vjp(u) @ v == pytest.approx(u @ slope, rel=1e-9, abs=1e-12 * size)
            compared += 1
    assert compared


SILENTLY_WRONG = {  # on complex arrays: an imaginary part is lost, or a comparison chooses
    "abs": lambda x: x.abs() * 2,
    "relu": lambda x: (x - 1.5).relu(),
    "max": lambda x: x.max(),
    "amax": lambda x: x.amax(),
    "clip": lambda x: x.clamp(0.7, 2.5),
    "sort": lambda x: x.abs().sort()[0],
    "norm": lambda x: x.norm(),
    "erf": lambda x: x.erf(),
    "softplus": lambda x: F.softplus(x),
    "logsigmoid": lambda x: F.logsigmoid(x),
    "gelu": lambda x: F.gelu(x),
    "sign": lambda x: x * x.abs().sign(),
    "float": lambda x: x.float().double(),
    "detach": lambda x: x * x.detach(),
    "numpy": lambda x: x * tg.tensor(np.sin(x.detach().numpy())),
    "item": lambda x: x * x.sum().item(),
    "float32 of x": lambda x: x * tg.tensor(x.detach().numpy().astype(np.float32)).double(),
    "a branch at x": lambda x: x * 2 if float(x.sum()) >= 6.5 else x * 3,
    "where at x": lambda x: tg.where(x >= 2.0, x * 2, x * 2 + 1),
    "round": lambda x: x + (x.round() - x).detach(),
}


@pytest.mark.parametrize("name", SILENTLY_WRONG)
def test_no_complex_step_is_taken_where_it_could_be_wrong(name):
    assert complex_step(prepared(SILENTLY_WRONG[name], POINT)) is None


def test_a_complex_step_at_a_singular_point_does_not_count():
    at_0 = np.array([0.0, 1.0])
    assert gradcheck(lambda x: x**1.5 + 3 * x, at_0)
    checked = prepared(lambda x: x.sqrt(), at_0)
    assert ComplexStep(checked).steady(np.ones(2)).tolist() == [False, True]
    assert complex_step(checked) is None  # f does not exist on both sides


# ---------------------------------------------------------------- what it is good for


def inplace(x):
    y = x * 1
    y[0] = y[1] * 2
    return y.mul_(3)


RIGHT = {
    "products": lambda x: x.sin() * x.exp() / (x + 2) ** 3,
    "a matrix": lambda x: (x.reshape(2, 2) @ x.reshape(2, 2)).tanh(),
    "softmax": lambda x: x.softmax(0).log(),
    "cross_entropy": lambda x: F.cross_entropy(x[None], tg.tensor([1])),
    "layer_norm": lambda x: F.layer_norm(x.reshape(2, 2), (2,)),
    "statistics": lambda x: (x - x.mean()) / x.std(),
    "indices": lambda x: tg.cat([x[[0, 0, 3]], x.flip(0)]).cumsum(0),
    "in place": inplace,
    "a branch": lambda x: x * 2 if float(x.sum()) >= 3 else x * 3,
    "a constant too": lambda x: (x.sigmoid(), tg.ones(2)),
    "einsum": lambda x: tg.einsum("i,j->ij", x, x),
    "conv": lambda x: F.conv1d(x.reshape(1, 1, 4), tg.tensor([[[1.0, 2.0]]]).double()),
}


@pytest.mark.parametrize("name", RIGHT)
def test_an_analytic_function_is_checked_to_13_digits(name):
    assert complex_step(prepared(RIGHT[name], POINT)) is not None
    assert gradcheck(RIGHT[name], POINT, rtol=1e-13)
    assert gradcheck(RIGHT[name], POINT, rtol=1e-11, order=2)


def test_a_layer_is_checked_by_complex_steps():
    layer = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
    assert gradcheck(layer, tg.randn(5, 3), rtol=1e-11)


@pytest.mark.parametrize("error", [1e-6, 1e-10])
def test_a_relative_error_of_1e_10_is_found_by_rtol_1e_12(error):
    wrong = planted(ops.sin.op.forward, lambda g, _y, x: g * np.cos(x) * (1 + error))
    for f in (wrong, lambda x: wrong(x).exp().sum()):
        assert gradcheck(f, POINT)
        found = failure(f, POINT, rtol=1e-12)
        assert found.reference == "complex step"
        assert found.analytic == pytest.approx(found.numeric * (1 + error), rel=1e-13)
        assert "by complex step" in str(found)
        assert f"a small error: the gradient is right but for {error:.0e}" in found.diagnosis
    shown = str(failure(wrong, POINT, rtol=1e-12)).split("analytic ")[1].split(" ")
    assert shown[0].strip(",") != shown[2]


def test_one_entry_of_many_that_is_wrong_by_1e_9_is_found():
    def rule(g, _y, x):
        return g * np.cos(x) * np.where(np.arange(3000) == 1234, 1 + 1e-9, 1)

    x = np.random.default_rng(0).standard_normal(3000)
    wrong = planted(ops.sin.op.forward, rule)
    assert failure(wrong, x, rtol=1e-12).index == (1234,)
    assert failure(lambda x: wrong(x).sum(), x, rtol=1e-12).index == (1234,)


CANCELLING = {
    "a large constant": lambda x: ((x + 1e13) - 1e13) * 2,
    "squares": lambda x: (1e9 + x) ** 2 - 1e18 - 2e9 * x,
    "waves": lambda x: (x * 1e17).sin() * 1e-17,
}


@pytest.mark.parametrize("name", CANCELLING)
def test_where_large_parts_cancel_the_gradient_is_judged_rightly(name):
    f = CANCELLING[name]
    assert gradcheck(f, POINT)
    twice = planted(ops.multiply.op.forward, lambda g, _y, _a, b: 2 * g * b, None)
    error = failure(lambda x: twice(f(x), 1.0), POINT)
    assert error.reference == "complex step"
    assert error.analytic == pytest.approx(2 * error.numeric)
    assert "2: counted twice" in error.diagnosis


def test_the_message_says_that_differences_were_taken():
    error = failure(lambda x: x * x.detach(), POINT)
    assert error.reference == "finite differences"
    assert ", by finite differences)" in str(error).splitlines()[0]


def test_a_tensor_that_the_record_does_not_know_is_not_a_constant():
    for size in (1.0, 1e-3, 1e-6):
        f = lambda x: x.exp() + size * (x * x).detach()  # noqa: E731, B023
        assert not gradcheck(f, POINT, rtol=1e-8, raise_exception=False)
