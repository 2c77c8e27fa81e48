"""At nan, infinity, kinks and ties: gradients are selected, not multiplied by 0 or 1."""

import math

import numpy as np
import pytest

import nn
import nn.functional as F
import tinygrad_edu as tg
from tinygrad_edu import ops
from tinygrad_edu.testing import gradcheck

NAN, INF = math.nan, math.inf


def gradient(f, *numbers, upstream=None):
    """df(x)/dx at these numbers."""
    x = tg.tensor(numbers, dtype=tg.float64, requires_grad=True)
    y = f(x)
    y.backward(None if upstream is None and y.ndim == 0 else tg.full_like(y, upstream or 1.0))
    return x.grad.tolist()


def equal(a, b):
    return np.array_equal(a, b, equal_nan=True)


# ---------------------------------------------------------------- selected


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_selected_is_exact_whatever_stands_where_the_mask_is_false(dtype):
    g = np.array([[1.5, INF, NAN], [-INF, -0.0, 65504.0]], dtype)
    mask = np.array([[True, False, False], [True, True, False]])
    y = ops.selected(g, mask)
    assert y.dtype == dtype
    assert equal(y, np.where(mask, g, dtype(0)))
    assert equal(ops.selected(g.T, mask.T), y.T)
    assert equal(ops.selected(np.broadcast_to(g[0], (2, 3)), mask), np.where(mask, g[0], 0))
    assert equal(ops.selected(g[:, :1], mask), np.where(mask, g[:, :1], 0))


def test_selected_of_tensors_is_recorded():
    g = tg.tensor([1.0, INF, 3.0], requires_grad=True)
    ops.selected(g, tg.tensor([True, False, True])).sum().backward()
    assert g.grad.tolist() == [1.0, 0.0, 1.0]
    assert ops.selected(np.float32(INF), np.bool_(False)) == 0


# ---------------------------------------------------------------- zero times infinity

FLAT = {
    "relu": (tg.relu, -1.0),
    "relu6 below": (F.relu6, -1.0),
    "clamp(min)": (lambda x: x.clamp(min=0), -1.0),
    "clamp by tensors": (lambda x: x.clamp(tg.zeros(1).double(), tg.ones(1).double()), -1.0),
    "hardtanh": (lambda x: F.hardtanh(x, 0.0, 1.0), -1.0),
    "hardsigmoid": (F.hardsigmoid, -4.0),
    "hardswish": (F.hardswish, -4.0),
    "hardshrink": (F.hardshrink, 0.25),
    "softshrink": (F.softshrink, 0.25),
    "threshold": (lambda x: F.threshold(x, 0.5, 0.0), 0.25),
    "leaky_relu": (lambda x: F.leaky_relu(x - 1, 0.5) + 0.5, 0.0),
    "maximum": (lambda x: tg.maximum(x, tg.zeros(1).double()), -1.0),
    "minimum": (lambda x: tg.minimum(x, tg.zeros(1).double()), 1.0),
    "where": (lambda x: tg.where(x > 0, x, 0.0), -1.0),
    "masked_fill": (lambda x: x.masked_fill(x < 0, 0.0), -1.0),
    "nan_to_num": (tg.nan_to_num, NAN),
    "tril": (lambda x: tg.tril(x.reshape(1, 1), -1), 1.0),
    "hinge": (lambda x: F.hinge_embedding_loss(x, -tg.ones(1).double(), reduction="none"), 2.0),
    "margin": (
        lambda x: F.margin_ranking_loss(x, 0 * x, tg.ones(1).double(), reduction="none"),
        2.0,
    ),
}


@pytest.mark.parametrize("name", [name for name in FLAT if name != "leaky_relu"])
def test_the_root_of_a_flat_function_has_gradient_0(name):
    function, x = FLAT[name]
    with np.errstate(all="ignore"):
        assert gradient(lambda x: function(x).sqrt(), x) == [0.0]


def test_the_case_of_relu():
    with np.errstate(all="ignore"):
        assert gradient(lambda x: tg.relu(x).sqrt(), -1.0, 0.25) == [0.0, 1.0]


@pytest.mark.parametrize("reduced", [tg.max, tg.amax, lambda x: x.max(0).values, tg.median])
def test_an_infinite_gradient_of_an_extreme_reaches_that_only(reduced):
    with np.errstate(all="ignore"):
        found = gradient(lambda x: (reduced(x) * 0).sqrt(), 1.0, 1.0 / 3, -2.0)
    assert [g for g in found if g] == [pytest.approx(NAN, nan_ok=True)]


def test_max_pool_sends_an_infinite_gradient_to_the_largest_only():
    with np.errstate(all="ignore"):
        found = gradient(lambda x: F.max_pool1d(x[None, None], 2).sqrt(), -1.0, 0.0, 4.0, 1.0)
    assert found == [0.0, INF, 0.25, 0.0]


def test_of_a_window_with_nan_the_last_nan_gets_the_gradient():
    x = (1.0, NAN, NAN, 2.0, NAN, 3.0)
    assert gradient(lambda x: F.max_pool1d(x[None, None], 3).sum(), *x) == [0, 0, 1, 0, 1, 0]
    places = F.max_pool1d(tg.tensor([[x]]), 3, return_indices=True)[1]
    assert places.tolist() == [[[2, 4]]]
    padded = gradient(lambda x: F.max_pool1d(x[None, None], 3, 2, 1).sum(), 1.0, NAN, 2.0)
    assert padded == [0.0, 2.0, 0.0]


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x.std().sqrt(),
        lambda x: tg.norm(x - 5).sqrt(),
        lambda x: tg.norm(x - 5, 3).sqrt(),
        lambda x: (x - 5).prod().sqrt(),
        lambda x: F.lp_pool1d((x - 5)[None, None], 2.0, 2).sum(),
        lambda x: F.lp_pool1d((x - 5)[None, None], 3.0, 2).sum(),
    ],
)
def test_at_0_the_roots_of_std_norm_and_prod_have_gradient_0(f):
    with np.errstate(all="ignore"):
        assert gradient(f, 5.0, 5.0) == [0.0, 0.0]


def test_a_product_of_two_zeros_still_has_second_derivatives():
    assert gradcheck(lambda x: x.prod(), tg.tensor([0.0, 0.0, 2.0]), order=2)
    x = tg.tensor([0.0, 0.0, 2.0], requires_grad=True)
    (g,) = tg.autograd.grad(x.prod(), x, create_graph=True)
    assert tg.autograd.grad(g[0], x)[0].tolist() == [0.0, 2.0, 0.0]


def test_slopes_beyond_what_is_selected_do_no_harm():
    """A slope that is infinite, or an error that is, on the side that does not count."""
    assert gradient(lambda x: F.prelu(x, tg.tensor([INF]).double()), 2.0) == [1.0]
    zero = tg.zeros(1).double()
    for loss in (F.smooth_l1_loss, F.huber_loss):
        assert gradient(lambda x, loss=loss: loss(x, zero), INF) == [1.0]
    assert gradient(F.hardswish, INF) == [1.0]
    with np.errstate(invalid="ignore"):
        assert gradient(F.hardswish, -INF) == [0.0]


# ---------------------------------------------------------------- at nan

AT_NAN = {
    F.relu: 1.0,
    F.relu6: 1.0,
    F.hardtanh: 1.0,
    F.leaky_relu: 0.01,
    F.elu: 1.0,
    F.celu: 1.0,
    F.selu: 1.0507009873554805,
    F.hardsigmoid: 0.0,
    F.hardswish: 1.0,
    F.hardshrink: 1.0,
    F.softshrink: 1.0,
    tg.abs: 0.0,
}


@pytest.mark.parametrize("function", AT_NAN, ids=lambda f: f.__name__)
def test_the_gradient_at_nan_is_pytorchs(function):
    assert gradient(function, NAN) == [AT_NAN[function]]
    assert function(tg.tensor([NAN])).isnan().all()


def test_clamp_at_nan_passes_nothing_and_nan_bounds_give_nan():
    assert gradient(lambda x: x.clamp(-1, 1), NAN) == [0.0]
    y = tg.clamp(tg.tensor([3.0, 3.0]), max=tg.tensor([NAN, 1.0]))
    assert equal(y.array, [NAN, 1.0])
    x = tg.tensor([NAN, 1.0, 3.0], requires_grad=True)
    low = tg.tensor([0.0, NAN, 4.0], requires_grad=True)
    x.clamp(min=low).sum().backward()
    assert (x.grad.tolist(), low.grad.tolist()) == ([0.0, 0.0, 0.0], [0.0, 0.0, 1.0])


# ---------------------------------------------------------------- single values


def pair_of_gradients(f, a, b):
    a, b = (tg.tensor(x, dtype=tg.float64, requires_grad=True) for x in (a, b))
    f(a, b).backward()
    return a.grad.item(), b.grad.item()


def test_logaddexp_with_an_infinity():
    assert pair_of_gradients(tg.logaddexp, INF, 0.0) == (1.0, 0.0)
    assert pair_of_gradients(tg.logaddexp, 0.0, INF) == (0.0, 1.0)
    assert pair_of_gradients(tg.logaddexp, 0.0, -INF) == (1.0, 0.0)
    assert pair_of_gradients(tg.logaddexp, 1e30, 1e30) == (0.5, 0.5)
    with np.errstate(invalid="ignore"):
        assert equal(pair_of_gradients(tg.logaddexp, INF, INF), (NAN, NAN))


def test_xlogy():
    x = tg.tensor([0.0, 0.0, 0.0, 2.0, 2.0], requires_grad=True)
    y = tg.tensor([0.0, INF, NAN, 0.0, 3.0], requires_grad=True)
    with np.errstate(all="ignore"):
        z = tg.xlogy(x, y)
        z[[0, 1, 3, 4]].sum().backward()
    np.testing.assert_allclose(z.detach(), [0, 0, NAN, -INF, 2 * math.log(3)], rtol=1e-6)
    np.testing.assert_allclose(x.grad, [0, INF, NAN, -INF, math.log(3)], rtol=1e-6)
    np.testing.assert_allclose(y.grad, [NAN, 0, NAN, INF, 2 / 3], rtol=1e-6)
    assert tg.xlogy(tg.tensor([2.0]), 3.0).dtype == tg.float32
    assert tg.xlogy(2.0, tg.tensor([3.0])).dtype == tg.float32


def test_kl_div_at_a_target_of_0_says_that_it_has_no_derivative():
    target = tg.tensor([0.0, 0.5], requires_grad=True)
    loss = F.kl_div(tg.tensor([-1.0, -1.0]), target, reduction="sum")
    assert loss.item() == pytest.approx(0.5 * math.log(0.5) + 0.5)
    with np.errstate(invalid="ignore"):
        loss.backward()
    np.testing.assert_allclose(target.grad, [NAN, math.log(0.5) + 2], rtol=1e-6)


def test_a_division_cut_to_whole_numbers_is_flat_at_0_too():
    def cut(a, b):
        return tg.div(a, b, rounding_mode="trunc")

    with np.errstate(all="ignore"):
        assert pair_of_gradients(cut, 1.0, 0.0) == (0.0, 0.0)
        assert pair_of_gradients(cut, 7.0, 2.0) == (0.0, 0.0)
    assert cut(tg.tensor([-7.0]), 2.0).tolist() == [-3.0]


def test_powers_with_exponent_0_are_flat_whatever_g_is():
    assert gradient(lambda x: x**0, 0.0, 3.0, INF, upstream=INF) == [0.0, 0.0, 0.0]


def test_multilabel_margins_leave_out_what_is_not_compared():
    x = tg.tensor([[-INF, 0.0, 1.0]])
    with np.errstate(invalid="ignore"):
        assert F.multilabel_margin_loss(x, tg.tensor([[0, 1, -1]])).item() == INF


# ---------------------------------------------------------------- one number has a dimension 0

ALONG_0 = [
    *(tg.sum, tg.mean, tg.prod, tg.amax, tg.amin, tg.nansum, tg.logsumexp, tg.norm),
    *(lambda x, d, _f=f, **k: _f(x, d, unbiased=False, **k) for f in (tg.var, tg.std)),
]


@pytest.mark.parametrize("dim", [0, -1, (0,), (-1,), [0]])
@pytest.mark.parametrize("keep", [False, True])
@pytest.mark.parametrize("value", [0.0, 2.0])
def test_a_number_is_reduced_along_its_dimension_0(dim, keep, value):
    for f in ALONG_0:
        if f is tg.norm:
            reduced = f(tg.tensor(value), 2, dim, keep)
        elif f is tg.prod and not isinstance(dim, int):
            continue
        else:
            x = tg.tensor(value, requires_grad=True)
            reduced = f(x, dim, keepdim=keep)
            reduced.backward()
            assert x.grad.shape == ()
            assert x.grad.item() == (0.0 if f in ALONG_0[-2:] else 1.0)
        assert reduced.shape == ()


@pytest.mark.parametrize("value", [0.0, 2.0])
@pytest.mark.parametrize("f", [tg.cumsum, tg.cumprod, lambda x, d: tg.flip(x, (d,))])
def test_a_number_is_run_through_along_its_dimension_0(f, value):
    for dim in (0, -1):
        x = tg.tensor(value, requires_grad=True)
        f(x, dim).backward()
        assert x.grad.item() == 1.0
    with pytest.raises(IndexError):
        f(tg.tensor(value), 1)
    with pytest.raises(RuntimeError, match="names it again"):
        tg.sum(tg.tensor(value), (0, -1))


# ---------------------------------------------------------------- the gamma function

LGAMMA = {
    0.5: 0.5723649429247001,
    1.5: -0.1207822376352452,
    2.5: 0.2846828704729192,
    3.5: 1.2009736023470743,
    4.5: 2.4537365708424423,
    7.5: 7.534364236758733,
    8.5: 9.549267257300997,
    -0.5: 1.2655121234846454,
    -1.5: 0.8600470153764809,
    -2.5: -0.05624371649767405,
    -3.5: -1.3090066849930421,
    -4.5: -2.813084081769319,
    1.0: 0.0,
    2.0: 0.0,
    3.0: 0.6931471805599453,
    -INF: INF,
    INF: INF,
    0.0: INF,
    -1.0: INF,
    -2.0: INF,
}


def test_lgamma_at_halves_whole_numbers_and_infinity():
    x = np.array(list(LGAMMA))
    np.testing.assert_allclose(ops.lgamma(x), list(LGAMMA.values()), rtol=1e-13, atol=1e-15)
    np.testing.assert_allclose(
        ops.lgamma(x.astype(np.float32)), list(LGAMMA.values()), rtol=3e-7, atol=1e-7
    )


def test_lgamma_is_that_of_the_standard_library():
    """On a grid with every multiple of 1/8, and the neighbours of where the formula changes."""
    grid = [k / 8 for k in range(-200, 400) if k > 0 or k % 8]
    for edge in (0.5, 1.5, 2.5, 3.5, 8.0):
        grid += [math.nextafter(edge, 0), math.nextafter(edge, 9), -math.nextafter(edge, 0)]
    exact = [math.lgamma(x) for x in grid]
    np.testing.assert_allclose(ops.lgamma(np.array(grid)), exact, rtol=1e-13, atol=2e-14)


def test_digamma_is_the_slope_of_lgamma_at_the_halves():
    gamma = np.euler_gamma
    two = 2 * math.log(2)
    halves = {0.5: -gamma - two, 1.5: -gamma - two + 2, -0.5: -gamma - two + 2}
    halves |= {2.5: -gamma - two + 2 + 2 / 3, -1.5: -gamma - two + 2 + 2 / 3, 1.0: -gamma}
    np.testing.assert_allclose(
        ops.digamma(np.array(list(halves))), list(halves.values()), rtol=1e-13
    )
    trigamma = {0.5: math.pi**2 / 2, 1.0: math.pi**2 / 6, -0.5: math.pi**2 / 2 + 4, -1.0: INF}
    x = tg.tensor(list(trigamma), dtype=tg.float64, requires_grad=True)
    tg.digamma(x).sum().backward()
    np.testing.assert_allclose(x.grad, list(trigamma.values()), rtol=1e-13)


def test_erf_and_its_kind_are_those_of_the_standard_library():
    grid = np.array([*np.arange(-64, 65) / 8, 0.0, -0.0, INF, -INF, 30.0, -30.0, 1e-300])
    np.testing.assert_allclose(ops.erf(grid), [math.erf(x) for x in grid], rtol=1e-13)
    ndtr = [math.erfc(-x / math.sqrt(2)) / 2 for x in grid]
    np.testing.assert_allclose(ops.ndtr(grid), ndtr, rtol=1e-12)


# ---------------------------------------------------------------- layers


def test_a_recurrent_relu_selects_too():
    rnn = nn.RNN(1, 1, nonlinearity="relu").double()
    for p in rnn.parameters():
        p.data.fill_(1.0)
    with np.errstate(all="ignore"):
        assert gradient(lambda x: rnn(x[:, None])[0].sqrt().sum(), -3.0) == [0.0]
        assert gradient(lambda x: rnn(x[:, None])[0].sum(), NAN) == [1.0]


def test_layers_of_these_functions_agree():
    x = tg.linspace(-4, 4, 17)
    pairs = [(nn.Hardswish(), F.hardswish), (nn.Mish(), F.mish), (nn.Hardshrink(), F.hardshrink)]
    for layer, function in pairs:
        assert layer(x).tolist() == function(x).tolist()
