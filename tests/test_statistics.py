"""Quantiles, ranks, covariance, distances: values by hand, NumPy's, and derivatives."""

import math

import numpy as np
import pytest

import nn.functional as F
import tinygrad_edu as tg
from tinygrad_edu.testing import gradcheck

NAN = math.nan


def draw(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


POINTS, OTHERS = draw(4, 3), draw(5, 3, seed=1)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: tg.quantile(x**2, tg.tensor([0.2, 0.7], dtype=tg.float64), dim=1),
        lambda x: tg.nanquantile(x**3, 0.4, keepdim=True),
        lambda x: tg.kthvalue(x, 2, 0).values ** 3,
        lambda x: tg.cov(x),
        lambda x: tg.cov(x, fweights=tg.tensor([1, 3, 2]), aweights=tg.tensor([0.5, 1.0, 2.0])),
        lambda x: tg.corrcoef(x)[0],
        lambda x: tg.cdist(x, tg.Tensor(OTHERS)),
        lambda x: tg.cdist(x, tg.Tensor(OTHERS), compute_mode="use_mm_for_euclid_dist"),
        lambda x: tg.cdist(x, tg.Tensor(OTHERS), p=3),
        lambda x: tg.pdist(x, 1.5),
        lambda x: tg.dist(x, tg.Tensor(OTHERS[:4])),
        lambda x: tg.renorm(x, 2, 0, 1.0),
    ],
)
def test_derivatives_to_second_order(function):
    gradcheck(function, POINTS, order=2)


def test_a_quantile_has_a_gradient_in_q():
    q = tg.tensor(0.4, requires_grad=True)
    tg.quantile(tg.tensor([1.0, 2.0, 4.0, 8.0]), q).backward()
    assert q.grad.item() == 6.0  # between 2 and 4, at 3 places for each unit of q


@pytest.mark.parametrize("method", ["linear", "lower", "higher", "nearest", "midpoint"])
def test_quantiles_are_numpys(method):
    x, q = draw(7, 4), np.array([0.0, 0.13, 0.5, 0.77, 1.0])
    x[2, 1] = NAN
    for name, numpys in (("quantile", np.quantile), ("nanquantile", np.nanquantile)):
        for axis, keep in ((None, True), (0, False), (1, True)):
            ours = getattr(tg, name)(tg.Tensor(x), tg.Tensor(q), axis, keep, interpolation=method)
            right = numpys(x, q, axis=axis, keepdims=keep, method=method)
            np.testing.assert_allclose(ours.array, right)


@pytest.mark.parametrize(
    ("attempt", "words"),
    [
        (lambda: tg.quantile(tg.arange(3), 0.5), "float32 or float64, not int64"),
        (lambda: tg.quantile(tg.ones(3), 1.5), r"q is in \[0, 1\], not 1.5"),
        (lambda: tg.quantile(tg.ones(3), tg.tensor([0.5]).double()), r"not \(1,\) float64"),
        (lambda: tg.quantile(tg.ones(0), 0.5), "no elements"),
        (lambda: tg.quantile(tg.ones(3), 0.5, interpolation="cubic"), "not 'cubic'"),
        (lambda: tg.kthvalue(tg.ones(3), 4), "k = 4 is not in 1 to 3"),
        (lambda: tg.cov(tg.ones(2, 3, 4)), r"\(2, 3, 4\)"),
        (lambda: tg.cov(tg.ones(2, 3), fweights=tg.ones(3)), "fweights are integers"),
        (lambda: tg.cov(tg.ones(2, 3), aweights=tg.ones(2)), "one for each of 3 observations"),
        (lambda: tg.cov(tg.ones(2, 2), fweights=tg.tensor([1, -1])), "not negative, as is -1"),
        (lambda: tg.cov(tg.ones(2, 2), fweights=tg.tensor([0, 0])), "sum to 0"),
        (lambda: tg.cdist(tg.ones(2, 3), tg.ones(2, 4)), r"\(2, 3\) and \(2, 4\)"),
        (lambda: tg.cdist(tg.ones(2, 3), tg.ones(2, 3), p=-1), "at least 0, not -1"),
        (lambda: tg.pdist(tg.ones(3)), r"not \(3,\)"),
        (lambda: tg.renorm(tg.ones(3), 2, 0, 1), "two dimensions"),
        (lambda: tg.renorm(tg.ones(3, 2), 0, 0, 1), "p = 0"),
    ],
)
def test_misuse_is_refused(attempt, words):
    with pytest.raises(RuntimeError, match=words):
        attempt()


def test_the_mode_is_the_smallest_of_the_most_frequent():
    assert tg.mode(tg.tensor([3, 1, 3, 1, 2])).values.item() == 1
    pair = tg.mode(tg.tensor([[0, 2, 2], [1, 0, 0]]), 1, keepdim=True)
    assert (pair.values.tolist(), pair.indices.tolist()) == ([[2], [0]], [[2], [2]])


def test_covariance_is_numpys():
    x, often, much = draw(3, 6), np.array([1, 2, 3, 1, 1, 2]), np.arange(1.0, 7.0)
    ours = tg.cov(tg.Tensor(x), fweights=tg.Tensor(often), aweights=tg.Tensor(much))
    np.testing.assert_allclose(ours.array, np.cov(x, fweights=often, aweights=much))
    np.testing.assert_allclose(tg.corrcoef(tg.Tensor(x)).array, np.corrcoef(x))
    with pytest.warns(UserWarning, match="degrees of freedom") as warned:
        assert math.isnan(tg.cov(tg.ones(1, 1)).item())
    assert warned[0].filename == __file__


def test_distances_of_many_points_need_no_array_of_all_differences():
    x, y = draw(60, 3), draw(40, 3, seed=2)
    exact = np.sqrt(((x[:, None] - y) ** 2).sum(-1))
    np.testing.assert_allclose(tg.cdist(tg.Tensor(x), tg.Tensor(y)).array, exact, atol=1e-7)
    twice = tg.Tensor(x).requires_grad_()
    tg.cdist(twice, twice, compute_mode="use_mm_for_euclid_dist").sum().backward()
    assert np.isfinite(twice.grad.array).all()  # each point is at distance 0 of itself
    assert F.pdist(tg.Tensor(x)).shape == (60 * 59 // 2,)


def test_rows_become_short_enough():
    x = tg.tensor([[3.0, 4.0], [0.3, 0.4]])
    assert x.renorm_(2, 0, 1.0) is x
    np.testing.assert_allclose(x.array, [[0.6, 0.8], [0.3, 0.4]], rtol=1e-6)
