"""Fractional max pooling, and max pooling with indices: values by hand, derivatives, errors."""

import numpy as np
import pytest

import nn
import nn.functional as F
import tinygrad_edu as tg
from tinygrad_edu.testing import gradcheck


def test_windows_start_where_the_random_numbers_say():
    """n = 7, k = 2, m = 4: starts floor(5/3 (i + u)) - floor(5/3 u), and 5 for the last window."""
    x = tg.arange(7.0).reshape(1, 1, 1, 7)
    for u, starts in ((0.0, [0, 1, 3, 5]), (0.5, [0, 2, 4, 5]), (0.9, [0, 2, 3, 5])):
        samples = tg.tensor([[[u, 0.0]]])  # W, then H
        y, places = F.fractional_max_pool2d(x, (1, 2), (1, 4), None, True, samples)
        assert y.flatten().tolist() == [s + 1 for s in starts]
        assert places.tolist() == y.tolist()
        assert places.dtype == tg.int64


def test_each_channel_has_windows_of_its_own():
    tg.manual_seed(0)
    x = tg.arange(20.0).expand(1, 64, 20, 20)
    seen = {tuple(row) for row in F.fractional_max_pool2d(x, 2, 9)[0, :, 0].tolist()}
    assert len(seen) > 2
    assert all(row == tuple(sorted(set(row))) for row in seen)


@pytest.mark.parametrize("ndim", [2, 3])
def test_its_derivatives_to_second_order(ndim):
    rng = np.random.default_rng(0)
    x, samples = rng.permutation(2 * 5**ndim) * 0.1, tg.tensor(rng.random((1, 2, ndim)))
    pool = F.fractional_max_pool2d if ndim == 2 else F.fractional_max_pool3d
    x = x.reshape(2, *[5] * ndim)
    gradcheck(lambda t: pool(t, 2, 3, _random_samples=samples), (x,), order=2)


def test_unpooling_takes_its_indices():
    x = tg.randn(2, 3, 9, 9)
    y, places = nn.FractionalMaxPool2d(2, output_ratio=0.5, return_indices=True)(x)
    back = nn.MaxUnpool2d(2, stride=2)(y, places, output_size=(9, 9))
    assert tg.equal(back[back != 0].unique(), y.unique())


def test_the_last_nan_of_a_window_is_its_largest_element():
    x = tg.zeros(1, 1, 4, 4)
    x[0, 0, 0, 1] = x[0, 0, 1, 1] = float("nan")
    y, places = F.fractional_max_pool2d(
        x, 2, 2, _random_samples=tg.zeros(1, 1, 2), return_indices=True
    )
    assert y[0, 0, 0, 0].isnan()
    assert places[0, 0, 0, 0] == 5


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({}, ValueError, "both are None"),
        ({"output_size": 9}, RuntimeError, "needs an input of size 10 or more, and this one has 9"),
        ({"output_ratio": (0.5,) * 3}, ValueError, "2 of them"),
        ({"output_size": 2, "_random_samples": tg.ones(3)}, RuntimeError, r"\(2, 3, 2\); given"),
    ],
)
def test_what_does_not_fit_a_fractional_pool_is_refused(given, error, words):
    with pytest.raises(error, match=words):
        F.fractional_max_pool2d(tg.ones(2, 3, 9, 9), 2, **given)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"output_size": 2, "output_ratio": 0.5},
        {"output_ratio": 1.5},
        {"output_ratio": (0.5, 0)},
    ],
)
def test_a_fractional_layer_has_one_size_in_range(given):
    with pytest.raises(ValueError, match=r"^FractionalMaxPool2d: "):
        nn.FractionalMaxPool2d(2, **given)


def test_the_random_numbers_of_a_layer_are_a_buffer():
    layer = nn.FractionalMaxPool3d(2, 2, _random_samples=tg.zeros(1, 1, 3))
    assert list(layer.state_dict()) == ["_random_samples"]
    assert not nn.FractionalMaxPool3d(2, 2).state_dict()


@pytest.mark.parametrize("ndim", [1, 2, 3])
def test_max_pools_with_indices_return_both(ndim):
    x = tg.randn(2, 3, *[6] * ndim)
    for name, given in (("max_pool", 2), ("adaptive_max_pool", 3)):
        pool = getattr(F, f"{name}{ndim}d")
        y, places = getattr(F, f"{name}{ndim}d_with_indices")(x, given)
        right = pool(x, given, return_indices=True)
        assert tg.equal(y, right[0])
        assert tg.equal(places, right[1])
