"""Distinct elements, membership, histograms: values by hand and NumPy's."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tinygrad_edu as tg

NAN = float("nan")


@given(st.lists(st.integers(0, 2), max_size=9))
def test_runs_of_equal_elements(numbers):
    x = tg.tensor(numbers, dtype=tg.int64)
    values, inverse, counts = tg.unique_consecutive(x, True, True)
    assert values.repeat_interleave(counts).tolist() == numbers
    assert values[inverse].tolist() == numbers
    assert (values.numpy()[1:] != values.numpy()[:-1]).all()


def test_runs_of_equal_rows():
    x = tg.tensor([[1, 1], [1, 1], [2, 1]])
    values, inverse, counts = x.unique_consecutive(True, True, dim=0)
    assert values.tolist() == [[1, 1], [2, 1]]
    assert (inverse.tolist(), counts.tolist()) == ([0, 0, 1], [2, 1])
    assert x.unique_consecutive(dim=1).tolist() == [[1, 1], [1, 1], [2, 1]]
    assert tg.unique_consecutive(tg.tensor([NAN, NAN])).numel() == 2
    with pytest.raises(RuntimeError, match="empty"):
        tg.unique_consecutive(tg.zeros(2, 0), dim=0)


def test_membership():
    x = tg.tensor([[1.0, 2.0], [NAN, 4.0]])
    assert tg.isin(x, tg.tensor([2.0, NAN])).tolist() == [[False, True], [False, False]]
    assert tg.isin(x, 4, invert=True).tolist() == [[True, True], [True, False]]
    assert tg.isin(2, x).item() is True
    with pytest.raises(TypeError, match="1 and 2"):
        tg.isin(1, 2)


def test_coordinates_of_indices():
    rows, columns = tg.unravel_index(tg.tensor([[0, 5], [2, 3]]), (2, 3))
    assert (rows.tolist(), columns.tolist()) == ([[0, 1], [0, 1]], [[0, 2], [2, 0]])
    assert tg.unravel_index(tg.tensor(5), 6)[0].item() == 5
    with pytest.raises(ValueError, match="indices 0 to 5, not 0 to 6"):
        tg.unravel_index(tg.tensor([0, 6]), (2, 3))
    with pytest.raises(TypeError, match="integers, not float32"):
        tg.unravel_index(tg.ones(2), (2, 3))


@pytest.mark.parametrize("density", [False, True])
def test_histograms_are_numpys(density):
    x, w = np.random.default_rng(0).standard_normal((2, 50))
    for bins, limits in ((7, None), (5, (-1.0, 1.0)), (np.array([-1.0, 0.2, 0.3, 2.0]), None)):
        ours = tg.histogram(
            tg.Tensor(x),
            bins if isinstance(bins, int) else tg.Tensor(bins),
            range=limits,
            weight=tg.Tensor(w),
            density=density,
        )
        right = np.histogram(x, bins, limits, density, w)
        for a, b in zip(ours, right, strict=True):
            np.testing.assert_allclose(a.array, b)
    points = np.random.default_rng(1).standard_normal((40, 2))
    hist, edges = tg.histogramdd(tg.Tensor(points), [3, 4], density=density)
    right, right_edges = np.histogramdd(points, [3, 4], density=density)
    np.testing.assert_allclose(hist.array, right)
    np.testing.assert_allclose(edges[1].array, right_edges[1])


def test_a_histogram_leaves_out_what_is_outside():
    x = tg.tensor([0.0, 0.5, 1.0, 2.0, NAN])
    assert tg.histc(x, 2, 0, 1).tolist() == [1.0, 2.0]
    assert tg.histc(tg.ones(3), 3).tolist() == [0.0, 3.0, 0.0]
    assert tg.histc(tg.zeros(0), 2).tolist() == [0.0, 0.0]
    assert tg.histogram(tg.ones(2), 3).hist.tolist() == [0.0, 2.0, 0.0]


@pytest.mark.parametrize(
    ("words", "attempt"),
    [
        ("at least 1 bin, not 0", lambda x: tg.histc(x, 0)),
        ("range 1 to 0", lambda x: tg.histc(x, 2, 1, 0)),
        ("nan", lambda x: tg.histc(x * NAN, 2)),
        ("int64", lambda x: tg.histc(x.long(), 2)),
        ("vector of float32, not .* float64", lambda x: tg.histogram(x, tg.ones(2).double())),
        ("for each of 1", lambda x: tg.histogram(x, 2, range=(0.0, 1.0, 2.0))),
        (r"weight is \(3,\) float32", lambda x: tg.histogram(x, 2, weight=tg.ones(2))),
        (r"not \(3,\)", lambda x: tg.histogramdd(x, 2)),
        ("for 2 coordinates, not for 1", lambda x: tg.histogramdd(x.expand(2, 3)[:, :2], [2])),
    ],
)
def test_misuse_is_refused(words, attempt):
    with pytest.raises(RuntimeError, match=words):
        attempt(tg.tensor([0.0, 1.0, 2.0]))
