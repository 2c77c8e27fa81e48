"""Sums: right in float32 after a million numbers, in every direction, and in float16 too."""

import numpy as np
import pytest

import nn.functional as F
import tinygrad_edu as tg
from tinygrad_edu import sums
from tinygrad_edu.sums import added

TALL = 10**6


@pytest.fixture(scope="module")
def tall():
    return np.random.default_rng(0).random((TALL, 2), np.float32) + 1


def close(y, right, rtol=1e-6):
    y = y.array if isinstance(y, tg.Tensor) else y
    np.testing.assert_allclose(np.asarray(y, np.float64), right, rtol=rtol)


def test_a_mean_down_a_column_is_right_to_float32():
    close(tg.full((TALL, 2), 0.1).mean(0), [0.1, 0.1])
    close(tg.full((TALL, 2), 0.1).t().mean(1), [0.1, 0.1])
    close(tg.full((1000, 2, 1000, 1), 0.1).mean((0, 2)), [[0.1], [0.1]])
    close(tg.full((1000, 1000, 2), 0.1)[:, :, :1].mean(), 0.1)


@pytest.mark.parametrize("name", ["sum", "mean", "var", "std", "norm", "nansum", "logsumexp"])
def test_reductions_down_columns(tall, name):
    right = getattr(tg.tensor(tall.astype(np.float64)), name)
    for x in (tg.tensor(tall), tg.tensor(np.asfortranarray(tall)), tg.tensor(tall.T.copy()).t()):
        kwargs = {"dim": 0}
        close(getattr(x, name)(**kwargs), right(**kwargs).array)
    spread = tg.tensor(tall + 100)
    exact = (tall + 100).astype(np.float64)
    if name == "std":
        close(spread.std(0), exact.std(0, ddof=1), 2e-6)


def test_running_sums_and_softmax_down_columns(tall):
    close(tg.tensor(tall).cumsum(0)[-1], tall.sum(0, np.float64))
    close(tg.full((TALL,), 0.1).cumsum(0)[-1], np.float64(np.float32(0.1)) * TALL)
    close(tg.tensor(tall).softmax(0).sum(0), [1, 1], 2e-6)
    close(tg.tensor(tall).log_softmax(0).exp().sum(0), [1, 1], 2e-5)


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize(
    "shape",
    [(5000, 3), (3, 5000), (7, 7), (0, 2), (300, 300), (3, 9, 400), (20_001, 10), (999, 83)],
)
@pytest.mark.parametrize("kind", [np.float32, np.float16])
@pytest.mark.parametrize("special", [None, np.inf, np.nan])
def test_a_running_sum_keeps_six_digits(shape, axis, kind, special):
    """Of signed numbers: six digits of the sum of their sizes, which is all that rounding loses."""
    x = np.random.default_rng(0).standard_normal(shape).astype(kind)
    if special is not None and x.size:
        x.reshape(-1)[x.size // 3] = special
    y, right = sums.running(x, axis), np.cumsum(x, axis, np.float64)
    sizes = np.cumsum(np.where(np.isfinite(x), np.absolute(x), 1), axis, np.float64)
    finite = np.isfinite(right)
    np.testing.assert_array_equal(y[~finite], right[~finite])
    assert (np.absolute(y[finite] - right[finite]) <= 5e-7 * sizes[finite]).all()


@pytest.mark.parametrize("shape", [(2,), (1000, 1, 2), (1, 1000, 2), (1, 2), ()])
def test_the_gradient_of_what_was_broadcast(shape):
    b = tg.zeros(shape, requires_grad=True)
    ((b + tg.zeros(1000, 1000, 2)) * 0.1).sum().backward()
    times = 1000 * 1000 * 2 / max(b.numel(), 1)
    close(b.grad, np.full(shape, np.float64(np.float32(0.1)) * times))


def test_losses_of_a_million_numbers(tall):
    x, t = tg.tensor(tall), tg.zeros(TALL, 2)
    exact = tall.astype(np.float64)
    close(F.mse_loss(x, t), (exact**2).mean())
    close(
        F.mse_loss(tg.full((TALL * 2,), 0.1), tg.zeros(TALL * 2)), np.float64(np.float32(0.1)) ** 2
    )
    close(F.l1_loss(x, t), exact.mean())


def test_statistics_of_a_batch():
    x = np.random.default_rng(1).random((3000, 2, 20, 20), np.float32) + 100
    mean, var = tg.zeros(2), tg.zeros(2)
    F.batch_norm(tg.tensor(x), mean, var, training=True, momentum=1.0)
    close(mean, x.mean((0, 2, 3), np.float64))
    close(var, x.astype(np.float64).var((0, 2, 3), ddof=1), 1e-5)


def test_the_bias_of_a_convolution():
    x, weight, bias = tg.zeros(10**5, 1, 2), tg.zeros(2, 1, 1), tg.zeros(2, requires_grad=True)
    (F.conv1d(x, weight, bias) * 0.1).sum().backward()
    close(bias.grad, [0.1 * 2e5] * 2)


@pytest.mark.parametrize("seed", range(8))
def test_sums_of_any_layout_are_those_of_numpy(seed):
    rng = np.random.default_rng(seed)
    for _ in range(20):
        ndim = rng.integers(0, 5)
        x = rng.random(tuple(rng.choice([1, 2, 3, 5, 70, 300], ndim)[:4]))
        if x.size > 50_000:
            continue
        x = x.transpose(rng.permutation(ndim))
        if rng.random() < 0.3:
            x = x[tuple(slice(None, None, int(rng.choice([1, 2, -1]))) for _ in range(ndim))]
        if ndim and rng.random() < 0.2:
            x = np.broadcast_to(x[..., :1], x.shape)
        several = tuple(int(k) for k in rng.permutation(ndim)[: rng.integers(0, ndim + 1)])
        for axis in (None, several, *range(-ndim, ndim)):
            for keepdims in (False, True):
                y, right = added(x, axis, keepdims), x.sum(axis=axis, keepdims=keepdims)
                assert np.shape(y) == np.shape(right)
                np.testing.assert_allclose(y, right, rtol=1e-12)


def test_many_ones_are_not_kept():
    sums._kept_ones.cache_clear()
    for count in range(4000, 4200):
        assert len(sums.row_of_ones(count, np.dtype("float64"))) == count
    kept = sums._kept_ones.cache_info()
    assert kept.currsize * sums.MOST * 8 <= 2**20


@pytest.mark.parametrize("shape", [(257,), (1000, 3), (3, 700), (2, 400, 5), (300, 40)])
def test_running_sums_along_any_axis(shape):
    x = np.random.default_rng(0).random(shape, np.float32)
    for axis in range(-x.ndim, x.ndim):
        y = tg.tensor(x).cumsum(axis)
        assert y.dtype == tg.float32
        close(y, np.cumsum(x, axis, np.float64))
