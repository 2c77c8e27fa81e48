"""Which dtype sums and counts end in, as measured on PyTorch 2.13."""

import pytest

import tinygrad_edu as tg
from tinygrad_edu import float32, float64, int8, int16, int32, int64, uint8

WHOLE = (int8, int16, int32, int64, uint8)


@pytest.mark.parametrize("dtype", WHOLE)
@pytest.mark.parametrize("own", [*WHOLE, float32, tg.bool])
def test_a_reduction_ends_in_the_dtype_that_is_asked_for(own, dtype):
    x = tg.tensor([[1, 0, 1], [1, 1, 1]], dtype=own)
    for f in (tg.sum, tg.prod, tg.nansum):
        y = f(x, dtype=dtype)
        assert y.dtype == dtype
        assert y.item() == {"sum": 5, "prod": 0, "nansum": 5}[f.__name__]
        assert f(x, 0, dtype=dtype).dtype == dtype
    assert tg.cumsum(x, 0, dtype=dtype).tolist() == [[1, 0, 1], [2, 1, 2]]
    assert tg.cumsum(x, 0, dtype=dtype).dtype == tg.cumprod(x, 0, dtype=dtype).dtype == dtype
    assert tg.sum(x, dtype=tg.bool).item() is True


def test_numbers_are_cast_before_they_are_added():
    assert tg.tensor([1.9, 1.9]).sum(dtype=int64).item() == 2
    assert tg.tensor([100, 100, 100], dtype=uint8).sum(dtype=uint8).item() == 44
    assert tg.tensor([1.0, float("nan")]).nansum(dtype=int64).item() == 1
    assert tg.tensor([1, 2], dtype=int32).sum().dtype == int64


def test_arange_counts_in_whole_numbers():
    assert tg.arange(0, 3.5, dtype=int64).tolist() == [0, 1, 2]
    assert tg.arange(0, 5, 1.5, dtype=int64).tolist() == [0, 1, 2, 3, 4]
    assert tg.arange(5, 0, -1.5, dtype=int64).tolist() == [5, 4, 3, 2, 1]
    assert tg.arange(0, 5, 1.5, dtype=int32).tolist() == [0, 1, 2, 3]
    assert tg.arange(-0.5, 3, dtype=int8).tolist() == [0, 1, 2, 3]
    with pytest.raises(RuntimeError, match="steps of 0"):
        tg.arange(0, 1, 0.5, dtype=int64)
    with pytest.raises(TypeError, match="bool"):
        tg.arange(3, dtype=tg.bool)


def test_linspace_and_logspace_of_whole_numbers_and_of_tensors():
    assert tg.linspace(-3, 3.5, 4, dtype=int64).tolist() == [-3, -1, 1, 3]
    assert tg.linspace(0.7, 3.9, 5, dtype=int32).tolist() == [0, 0, 1, 2, 3]
    assert tg.linspace(10, 0, 4, dtype=int64).tolist() == [10, 6, 3, 0]
    assert tg.logspace(0, 2, 4, dtype=int64).tolist() == [1, 4, 21, 100]
    a, b = tg.tensor(0.1), tg.tensor(0.7)
    y = tg.linspace(a, b, 4, dtype=float64).tolist()
    assert y == [0.10000000149011612, 0.29999999701976776, 0.4999999925494194, 0.699999988079071]
    assert tg.logspace(a, b, 4, dtype=float64)[1].item() == pytest.approx(1.9952623012769142, 1e-14)
    assert tg.linspace(1, 1, 1).tolist() == [1]
    assert tg.linspace(1, 3, 0).shape == (0,)


def test_no_differences_leave_the_input_alone():
    x = tg.tensor([1, 2, 4])
    assert tg.diff(x, n=0, prepend=tg.tensor([9])).tolist() == [1, 2, 4]
    with pytest.raises(RuntimeError, match="-1"):
        tg.diff(x, n=-1)


def test_a_bound_that_is_nan_makes_nan():
    nan = float("nan")
    x = tg.tensor([1.0, 2.0])
    assert tg.isnan(tg.clamp(x, max=tg.tensor([nan, 1.0]))).tolist() == [True, False]
    assert tg.isnan(tg.clamp(x, tg.tensor([3.0, 3.0]), tg.tensor([1.0, nan]))).tolist() == [
        False,
        True,
    ]
