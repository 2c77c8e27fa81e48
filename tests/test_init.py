"""How parameters start: each initialiser beside PyTorch's and as its formula says, and each layer
with the distribution that PyTorch's has."""

import math

import numpy as np
import pytest
from hypothesis import given, strategies as st

import nn
import tinygrad_edu as tg
from nn import init

SEEDS = st.integers(0, 2**32 - 1)


def same_distribution(ours, theirs):
    """No more apart than two samples of one distribution are (Kolmogorov and Smirnov; one pair in
    a thousand is), and nearly of the same range where it has an end."""
    ours, theirs = np.sort(ours.ravel()), np.sort(theirs.ravel())
    if theirs[0] == theirs[-1]:
        np.testing.assert_array_equal(ours, theirs)
        return
    at = np.concatenate([ours, theirs])
    below = [np.searchsorted(x, at, side="right") / x.size for x in (ours, theirs)]
    farthest = np.abs(below[0] - below[1]).max()
    assert farthest < 1.95 * math.sqrt(1 / ours.size + 1 / theirs.size)
    if theirs.size > 1000 and np.abs(theirs).max() < 2 * theirs.std():  # uniform
        for mine, theirs_one in ((ours[0], theirs[0]), (ours[-1], theirs[-1])):
            assert mine == pytest.approx(theirs_one, rel=0.01)


# ---------------------------------------------------------------- layers


def test_the_comparison_finds_a_wrong_start():
    rng = np.random.default_rng(0)
    right = rng.uniform(-1, 1, 5000)
    for wrong in (rng.uniform(-1.05, 1.05, 5000), rng.normal(0, 3**-0.5, 5000), right + 0.1):
        with pytest.raises(AssertionError):
            same_distribution(wrong, right)


# ---------------------------------------------------------------- initialisers


def test_a_dirac_convolution_passes_its_input_on():
    layer = nn.Conv2d(4, 4, 3, padding=1, bias=False, groups=2)
    init.dirac_(layer.weight, groups=2)
    x = tg.randn(2, 4, 5, 5)
    assert tg.equal(layer(x), x)


@pytest.mark.parametrize("shape", [(5, 5), (3, 7), (7, 3), (4, 2, 3), (2, 1, 3, 3), (1, 4)])
@given(seed=SEEDS)
def test_orthogonal_rows_or_columns_are_orthonormal(shape, seed):
    w = init.orthogonal_(tg.zeros(shape).double(), 3.0, tg.Generator().manual_seed(seed))
    w = w.array.reshape(shape[0], -1) / 3
    product = w @ w.T if shape[0] <= w.shape[1] else w.T @ w
    np.testing.assert_allclose(product, np.eye(len(product)), atol=1e-12)


def test_every_orthogonal_matrix_is_as_likely():
    """The mean of a matrix of Haar's distribution is 0, and that of its squares 1 / n."""
    ws = np.stack([init.orthogonal_(tg.empty(3, 3)).array for _ in range(4000)])
    np.testing.assert_allclose(ws.mean(0), np.zeros((3, 3)), atol=0.04)
    np.testing.assert_allclose((ws**2).mean(0), np.full((3, 3), 1 / 3), atol=0.03)


@given(seed=SEEDS, sparsity=st.floats(0, 1), rows=st.integers(1, 9))
def test_each_column_has_its_part_of_zeros(seed, sparsity, rows):
    w = init.sparse_(tg.ones(rows, 5), sparsity, generator=tg.Generator().manual_seed(seed))
    assert ((w.array == 0).sum(axis=0) == math.ceil(sparsity * rows)).all()


@given(
    seed=SEEDS,
    mean=st.floats(-5, 5),
    std=st.floats(0.1, 3),
    a=st.floats(-3, 3),
    width=st.floats(0, 4),
)
def test_truncated_numbers_are_inside(seed, mean, std, a, width):
    x = tg.zeros(50).double()
    init.trunc_normal_(x, mean, std, a, a + width, tg.Generator().manual_seed(seed))
    assert ((a <= x.array) & (x.array <= a + width)).all()


@pytest.mark.parametrize("name", ["trunc_normal_", "orthogonal_", "sparse_", "normal_"])
def test_a_seed_decides(name):
    more = (0.5,) if name == "sparse_" else ()
    one, two = [
        getattr(init, name)(tg.empty(4, 3), *more, generator=tg.Generator().manual_seed(7))
        for _ in range(2)
    ]
    assert tg.equal(one, two)


@pytest.mark.parametrize("name", ["eye_", "orthogonal_", "trunc_normal_"])
def test_a_parameter_is_filled_outside_the_record(name):
    layer = nn.Linear(3, 3)
    assert getattr(init, name)(layer.weight) is layer.weight
    assert layer.weight.is_leaf
    assert layer.weight.requires_grad


def test_a_weight_without_numbers_stays_as_it_is():
    for name in ("kaiming_uniform_", "kaiming_normal_", "xavier_uniform_", "orthogonal_"):
        assert getattr(init, name)(tg.empty(0, 0)).shape == (0, 0)


WRONG = [
    ("eye_(tg.ones(3))", r"eye_: the tensor has 2 dimensions, not the shape \(3,\)"),
    ("eye_(tg.ones(3, 2, 1))", r"not the shape \(3, 2, 1\)"),
    ("dirac_(tg.ones(3, 2))", r"3 or 4 or 5 dimensions, not the shape \(3, 2\)"),
    ("dirac_(tg.ones(3, 2, 1), 2)", r"3 output channels.*2 groups"),
    ("dirac_(tg.ones(3, 2, 1), 0)", r"0 groups"),
    ("orthogonal_(tg.ones(3))", r"shape \(3,\) is no matrix"),
    ("sparse_(tg.ones(3), 0.1)", r"2 dimensions, not the shape \(3,\)"),
    ("sparse_(tg.ones(3, 3), 1.5)", r"between 0 and 1, not 1\.5"),
    ("trunc_normal_(tg.ones(3), std=0)", r"std=0"),
    ("trunc_normal_(tg.ones(3), a=1, b=-1)", r"a=1, b=-1"),
    ("xavier_normal_(tg.ones(3))", r"needs \(out, in\)"),
    ("kaiming_normal_(tg.ones(3, 3), mode='fan')", r"'fan_in' or 'fan_out', not 'fan'"),
    ("calculate_gain('swish')", r"unknown nonlinearity 'swish'"),
    ("calculate_gain('leaky_relu', True)", r"a number, not True"),
    ("calculate_gain('leaky_relu', 'x')", r"a number, not 'x'"),
]


@pytest.mark.parametrize(("code", "message"), WRONG)
def test_what_cannot_be_filled_is_refused(code, message):
    with pytest.raises(ValueError, match=message):
        eval(f"init.{code}", {"init": init, "tg": tg})
