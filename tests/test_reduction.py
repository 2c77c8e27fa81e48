"""Reductions against PyTorch: values, dtypes, gradients, second derivatives, errors."""

import math

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import functions as f, ops
from tinygrad_edu.testing import gradcheck

nan, inf = math.nan, math.inf


def draw(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def test_the_pairs_have_names():
    x = tg.tensor([[1.0, 3.0, 2.0]])
    for name in ("max", "min", "median"):
        pair = getattr(f, name)(x, 1)
        assert pair.values is pair[0]
        assert pair.indices is pair[1]
        assert repr(pair).startswith(f"{name}(values=tensor(")


# ---------------------------------------------------------------- products and zeros


def test_third_derivative_of_a_product_at_zero():
    x = np.array([0.0, 2.0, 0.0, 3.0])
    gradcheck(f.prod, x, order=3, atol=1e-3)  # beside 0 it divides: numeric slopes are rough
    gradcheck(lambda x: f.cumprod(x, 0), x, order=3, atol=1e-3)


def test_prod_over_several_axes_for_numpy():
    x = np.array([[0.0, 2, 3], [4, 5, 0]])
    assert np.prod(tg.Tensor(x), axis=(0, 1)).item() == 0
    gradcheck(lambda x: np.prod(x, axis=(0, 1)), x, order=2)
    gradcheck(lambda x: np.prod(x, axis=(0, 1)), x + 1, order=2)


# ---------------------------------------------------------------- spread


def test_numpys_own_correction_is_zero():
    x = draw(3, 4)
    for function in (np.var, np.std):
        for given in ({}, {"axis": 0}, {"ddof": 1}, {"axis": 1, "keepdims": True}):
            ours = function(tg.Tensor(x), **given)
            np.testing.assert_allclose(ours.array, function(x, **given))


def test_a_sum_of_squares_does_not_cancel():
    x = np.float32([1e4, 1e4 + 1, 1e4 + 2])
    assert f.var(tg.Tensor(x)).item() == 1.0


# ---------------------------------------------------------------- norms


def test_second_derivative_of_the_2_norm_where_a_number_is_zero():
    gradcheck(f.norm, np.array([0.0, 3.0, -1.0]), order=2)


def test_norm_says_what_it_takes():
    with pytest.raises(RuntimeError, match="int64"):
        f.norm(tg.tensor([1, 2]))
    assert f.norm(tg.ones(2, 2), "nuc").item() == pytest.approx(2)
    assert f.norm(tg.tensor([3.0, 4.0]), dtype=tg.float64).dtype == tg.float64


# ---------------------------------------------------------------- dtypes


def test_dtype_is_taken_before_summing():
    x = tg.tensor([1.5, 1.5])
    assert f.sum(x, dtype=tg.int64).item() == 2
    assert f.prod(tg.tensor([1, 2]), dtype=tg.float32).dtype == tg.float32
    assert f.cumsum(tg.tensor([1, 2]), 0, dtype=tg.float64).dtype == tg.float64
    assert f.softmax(tg.tensor([1, 2]), 0, dtype=tg.float32).dtype == tg.float32
    for name in ("mean", "var", "std"):
        with pytest.raises(RuntimeError, match="int64"):
            getattr(f, name)(tg.tensor([1, 2]))


def test_float16_is_summed_in_float32():
    x = tg.ones(3000).half()
    assert f.sum(x).item() == 3000
    assert f.cumsum(x, 0)[-1].item() == 3000
    assert f.norm(tg.full((4,), 300.0).half()).item() == 600
    assert f.var(tg.tensor([300.0, -300.0]).half(), correction=0).item() == inf
    assert f.std(tg.tensor([200.0, -200.0]).half(), correction=0).item() == 200
    assert f.sum(tg.full((2,), 60000.0).half()).item() == inf
    assert f.mean(tg.full((2,), 60000.0).half()).item() == 60000


# ---------------------------------------------------------------- differences, counts


@pytest.mark.parametrize(
    "name", ["sum", "max", "argmax", "prod", "cumsum", "var", "median", "norm"]
)
def test_a_dimension_out_of_range(name):
    given = {"p": 2} if name == "norm" else {}
    with pytest.raises(IndexError, match="out of range"):
        getattr(f, name)(tg.ones(2, 3), dim=2, **given)
    with pytest.raises(TypeError, match="int"):
        getattr(f, name)(tg.ones(2, 3), dim="a", **given)


# ---------------------------------------------------------------- what NumPy calls


def test_numpy_calls_these():
    x = np.abs(draw(3, 4)) + 0.5
    t = tg.Tensor(x)
    for function in (
        np.sum,
        np.prod,
        np.mean,
        np.var,
        np.std,
        np.max,
        np.min,
        np.cumsum,
        np.cumprod,
    ):
        for given in ({}, {"axis": 0}, {"axis": -1}):
            np.testing.assert_allclose(function(t, **given).array, function(x, **given))


@pytest.mark.parametrize("axis", [None, 0, 1])
@pytest.mark.parametrize("function", [np.cumsum, np.cumprod])
def test_numpys_running_sums_have_gradients(function, axis):
    gradcheck(lambda x: function(x, axis=axis), draw(2, 3), order=2)


# ---------------------------------------------------------------- along a dimension


@pytest.mark.parametrize(
    "function",
    [
        lambda x: f.logcumsumexp(x, 1),
        lambda x: f.logcumsumexp(100 * x, 0),
        lambda x: f.cummax(x, 1).values ** 3,
        lambda x: f.cummin(x, -2).values ** 3,
        lambda x: f.aminmax(x, dim=1).max ** 3,
        lambda x: f.nanmean(x**2, 1),
        lambda x: f.std_mean(x, 1)[0],
        lambda x: f.gradient(x, edge_order=2)[0] ** 2,
        lambda x: f.gradient(x, spacing=[tg.tensor([0.0, 1.0, 4.0, 5.0])], dim=1)[0] ** 2,
        lambda x: f.trapezoid(x**2, x + 1),
        lambda x: f.cumulative_trapezoid(x**2, dx=3, dim=0),
    ],
)
def test_second_derivatives_along_a_dimension(function):
    gradcheck(function, draw(3, 4), order=2)


def test_slopes_and_integrals_are_numpys():
    x, y = draw(5, 4), np.array([0.0, 1.0, 4.0, 4.5, 7.0])
    ours = f.gradient(tg.Tensor(x), spacing=[tg.Tensor(y), tg.arange(4) * 0.5], edge_order=2)
    for a, b in zip(ours, np.gradient(x, y, 0.5, edge_order=2), strict=True):
        np.testing.assert_allclose(a.array, b)
    np.testing.assert_allclose(
        tg.trapz(tg.Tensor(x), tg.Tensor(y), dim=0), np.trapezoid(x, y, axis=0)
    )


def test_logcumsumexp_neither_overflows_nor_divides_by_zero():
    x = tg.tensor([-inf, -inf, 1000.0, 1000.0], requires_grad=True)
    y = f.logcumsumexp(x, 0)
    y[2:].sum().backward()
    assert y.tolist() == pytest.approx([-inf, -inf, 1000.0, 1000.0 + math.log(2)])
    assert x.grad.tolist() == pytest.approx([0.0, 0.0, 1.5, 0.5], abs=1e-4)


def test_cummax_knows_the_last_of_equal_numbers_and_the_last_nan():
    pair = f.cummax(tg.tensor([1.0, 3.0, 3.0, nan, 2.0, nan]), 0)
    assert pair.indices.tolist() == [0, 1, 2, 3, 3, 5]
    assert f.cummin(tg.tensor([[2, 1], [1, 3]]), 0).values.tolist() == [[2, 1], [1, 1]]
    assert f.cummax(tg.tensor(3.0), 0).values.item() == 3


def test_out_takes_what_fits_and_refuses_what_would_be_lost():
    x, out = tg.tensor([[1.0, 5.0], [4.0, 2.0]]), tg.empty(())
    assert tg.max(x, out=out) is out
    assert out.item() == 5
    pair = tg.empty(2), tg.empty(2, dtype=tg.int64)
    assert tg.max(x, 1, out=pair).indices is pair[1]
    assert pair[0].tolist() == [5.0, 4.0]
    grown = tg.empty(0)
    assert tg.min(x, other=tg.tensor(3.0), out=grown).tolist() == [[1.0, 3.0], [3.0, 2.0]]
    with pytest.warns(UserWarning, match=r"it had shape \[3\].*output shape \[\]") as warned:
        tg.max(x, out=tg.empty(3))
    assert warned[0].filename == __file__
    with pytest.raises(RuntimeError, match="automatic differentiation"):
        tg.max(x.requires_grad_(), out=out)
    with pytest.raises(
        RuntimeError, match="float32 can't be cast to the desired output type int64"
    ):
        tg.max(x.detach(), out=tg.empty((), dtype=tg.int64))


def test_unbiased_and_correction_contradict_each_other():
    for name in ("var", "std", "var_mean", "std_mean"):
        with pytest.raises(TypeError, match="give one of them"):
            getattr(tg, name)(tg.ones(3), unbiased=True, correction=0)
    with pytest.raises(TypeError, match="elementwise"):
        tg.max(tg.ones(3), dim=0, other=tg.ones(3))


def test_warnings_name_the_callers_line():
    for call in (lambda: tg.ones(1).var(), lambda: tg.std(tg.ones(1), axis=0)):
        with pytest.warns(UserWarning, match="degrees of freedom") as warned:
            call()
        assert warned[0].filename == __file__
    with pytest.warns(UserWarning, match="uint8") as warned:
        tg.where(tg.ones(2, dtype=tg.uint8), tg.ones(2), tg.zeros(2))
    assert warned[0].filename == __file__


# ---------------------------------------------------------------- norms of many numbers


MANY = np.random.default_rng(0).standard_normal((4, 5000)).astype(np.float32)


@pytest.mark.parametrize("p", [2, 3, 0.5, 2.3, 20, -1])
@pytest.mark.parametrize("scale", [1e-42, 1e-30, 1e-16, 1e-8, 1, 1e8, 1e16, 1e30])
@pytest.mark.parametrize("axis", [None, 0, 1])
def test_norms_of_many_numbers_of_any_size(p, scale, axis):
    x = (MANY * scale).astype(np.float32)
    exact = x.astype(np.longdouble)
    with np.errstate(all="ignore"):
        right = ((np.abs(exact) ** p).sum(axis) ** (np.longdouble(1) / p)).astype(np.float64)
        given = ops.p_norm(x, p=p, axis=axis)
        at_most = 8 * np.spacing(right.astype(np.float32))
    assert given.dtype == np.float32
    held = np.abs(right) < np.finfo(np.float32).max
    assert (np.abs(given.astype(np.float64) - right) <= at_most)[held].all()
    assert np.isinf(given[~held]).all()
    assert ops.p_norm(x, p=p, axis=axis, keepdims=True).ndim == 2


@pytest.mark.parametrize("p", [2, 3])
def test_norms_of_many_numbers_that_are_zero_or_not_finite(p):
    x = MANY.copy()
    x[0], x[1, 7], x[2, 7] = 0, np.inf, np.nan
    given = ops.p_norm(x, p=p, axis=1)
    np.testing.assert_array_equal(given[:3], [0, np.inf, np.nan])
    assert given[3] == pytest.approx((np.abs(MANY[3].astype(float)) ** p).sum() ** (1 / p))


def test_a_compiled_norm_of_many_numbers_whose_size_changes():
    norm = tg.compile(lambda x: x.norm())
    for scale in (1, 1e-30, 1, 0, 1e30):
        x = tg.tensor(MANY * np.float32(scale))
        assert norm(x).item() == x.norm().item()
