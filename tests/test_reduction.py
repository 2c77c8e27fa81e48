"""Reductions against PyTorch: values, dtypes, gradients, second derivatives, errors."""

import math

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.functions import reduction as f
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
    with pytest.raises(ValueError, match="matrix_norm"):
        f.norm(tg.ones(2, 2), "nuc")
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
