"""gather, scatter and their like: numbers without dimensions, reductions, and odd indices."""

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.testing import gradcheck


def ints(*numbers):
    return tg.tensor(numbers)


NUMBER, ROW = tg.tensor(5.0), tg.tensor([5.0, 6.0])
SCATTERED = [  # of x, index, src: what is there afterwards
    (NUMBER, tg.tensor(0), tg.tensor(2.0), 2.0),
    (NUMBER, tg.tensor(0), 2.0, 2.0),
    (NUMBER, ints(0), tg.tensor([2.0]), 2.0),
    (NUMBER, ints(0), tg.tensor(2.0), 2.0),
    (NUMBER, tg.tensor(0), tg.tensor([2.0]), 2.0),
    (ROW, tg.tensor(1), tg.tensor(2.0), [5.0, 2.0]),
    (ROW, tg.tensor(1), tg.tensor([2.0, 3.0]), [5.0, 2.0]),
    (tg.zeros(2, 2), tg.zeros(0, dtype=tg.int64), tg.zeros(0), [[0.0, 0.0], [0.0, 0.0]]),
]


@pytest.mark.parametrize(("x", "index", "src", "expected"), SCATTERED)
def test_a_number_is_a_row_of_one_to_scatter(x, index, src, expected):
    assert x.scatter(0, index, src).tolist() == expected
    assert x.clone().scatter_(0, index, src).tolist() == expected


def test_a_number_is_a_row_of_one_to_gather_and_index_select():
    assert NUMBER.gather(0, tg.tensor(0)).tolist() == 5
    assert NUMBER.gather(-1, ints(0, 0)).tolist() == [5, 5]
    assert ROW.gather(0, tg.tensor(1)).tolist() == 6
    assert tg.ones(2, 3).gather(1, tg.zeros(0, dtype=tg.int64)).shape == (0,)
    assert NUMBER.index_select(0, tg.tensor(0)).shape == ()
    assert NUMBER.index_select(0, ints(0)).tolist() == 5
    assert ROW.index_select(0, tg.tensor(1)).tolist() == [6]
    assert ROW.index_select(0, ints(1).int()).tolist() == [6]
    assert NUMBER.scatter_add(0, ints(0, 0), tg.tensor([2.0, 3.0])).tolist() == 10
    assert NUMBER.unfold(0, 1, 1).tolist() == [5]
    assert tg.ones(2, 3).unfold(1, 0, 8).shape == (2, 1, 0)
    x = tg.tensor(5.0, requires_grad=True)
    (x.gather(0, ints(0, 0)) * tg.tensor([1.0, 2.0])).sum().backward()
    assert x.grad.tolist() == 3
    with pytest.raises(RuntimeError, match="index_select: of one number one is selected, not 2"):
        NUMBER.index_select(0, ints(0, 0))
    for wrong in (tg.tensor(1), tg.tensor(-1), ints(0, 1)):
        with pytest.raises(RuntimeError, match="out of range"):
            NUMBER.gather(0, wrong)
        with pytest.raises(RuntimeError, match="out of range"):
            NUMBER.scatter(0, wrong, 1.0)
    with pytest.raises(RuntimeError, match="does not fit"):
        tg.ones(2, 3).gather(0, tg.tensor(1))


# ---------------------------------------------------------------- scatter with reduce


def test_scatter_adds_and_multiplies():
    index, src = tg.tensor([[0, 1, 1], [0, 0, 1]]), tg.arange(6.0).reshape(2, 3)
    x = tg.ones(2, 3).scatter_(0, index, src, reduce="add")
    assert x.tolist() == [[4, 5, 1], [1, 2, 8]]
    x = tg.full((2, 3), 2.0).scatter_(0, index, src + 1, reduce="multiply")
    assert x.tolist() == [[8, 10, 2], [2, 4, 36]]
    two, at = tg.tensor([2.0, 2.0, 2.0]), ints(0, 0, 1)
    assert tg.scatter(two, 0, at, 5.0, reduce="add").tolist() == [12, 7, 2]
    assert tg.scatter(two, 0, at, value=5, reduce="multiply").tolist() == [50, 10, 2]
    assert tg.scatter(two.int(), 0, at, 5, reduce="multiply").dtype == tg.int32
    assert tg.scatter(tg.tensor(3.0), 0, ints(0, 0), 5.0, reduce="multiply").tolist() == 75
    with pytest.raises(RuntimeError, match="'add', 'multiply' or None, not 'mean'"):
        tg.scatter(two, 0, at, 5.0, reduce="mean")


@pytest.mark.parametrize("seed", range(8))
def test_a_place_that_is_named_many_times_is_multiplied_with_each(seed):
    rng = np.random.default_rng(seed)
    x, src = rng.normal(size=(3, 4)), rng.normal(size=(9, 4))
    index = rng.integers(0, 3, (9, 4))
    expected = x.copy()
    np.multiply.at(expected, (index, np.arange(4)), src)
    found = tg.tensor(x).scatter(0, tg.tensor(index), tg.tensor(src), reduce="multiply")
    np.testing.assert_allclose(found.numpy(), expected, 1e-12)


@pytest.mark.parametrize("reduce", ["add", "multiply"])
def test_a_reduced_scatter_is_differentiable_also_at_zero(reduce):
    index = tg.tensor([[0, 1], [0, 0], [0, 1]])

    def f(x, src):
        return (x.scatter(0, index, src, reduce=reduce) ** 2).sum()

    x = tg.tensor([[1.5, -2.0], [0.5, 0.0]], dtype=tg.float64, requires_grad=True)
    src = tg.tensor([[0.5, 2.0], [0.0, 1.5], [-1.0, 0.0]], dtype=tg.float64, requires_grad=True)
    assert gradcheck(f, (x, src), order=2)


@pytest.mark.parametrize("reduce", [None, "add", "multiply"])
@pytest.mark.parametrize("shape", [(0,), (0, 2), (2, 0), (0, 0, 0)])
def test_no_places_at_all_change_nothing_and_have_a_gradient_of_zeros(reduce, shape):
    index = tg.zeros(shape, dtype=tg.int64)
    for src in (tg.ones(2, 2, requires_grad=True), tg.ones(shape, requires_grad=True)):
        x = tg.ones(2, 2, requires_grad=True)
        x.scatter(0, index, src, reduce=reduce).sum().backward()
        assert x.grad.tolist() == [[1, 1], [1, 1]]
        assert src.grad.tolist() == tg.zeros_like(src).tolist()
    assert tg.ones(2, 2).scatter(1, index, 5.0, reduce=reduce).tolist() == [[1, 1], [1, 1]]


# ---------------------------------------------------------------- masks and order


def test_a_mask_of_uint8_chooses_in_where():
    mask = tg.tensor([1, 0, 2], dtype=tg.uint8)
    x = tg.ones(3, requires_grad=True)
    with pytest.warns(UserWarning, match="uint8 is deprecated"):
        y = x.where(mask, tg.zeros(3))
    y.sum().backward()
    assert y.tolist() == [1, 0, 1]
    assert x.grad.tolist() == [1, 0, 1]
    with pytest.raises(RuntimeError, match="the mask is bool, not int64"):
        tg.where(tg.tensor([1, 0, 2]), tg.ones(3), tg.zeros(3))


def test_searchsorted_with_a_sorter():
    x, y = tg.tensor([3.0, 1.0, 2.0]), tg.tensor([1.5, 2.5])
    assert tg.searchsorted(x, y, sorter=ints(1, 2, 0)).tolist() == [1, 2]
    rows = tg.tensor([[3.0, 1.0, 2.0], [1.0, 2.0, 3.0]])
    found = tg.searchsorted(rows, tg.tensor([[1.5], [2.0]]), right=True, sorter=rows.argsort())
    assert found.tolist() == [[1], [2]]
    for sorter in (ints(1, 2), ints(1, 2, 0).int(), ints(1, 2, 3), ints(-1, 0, 1)):
        with pytest.raises(RuntimeError, match="searchsorted: sorter"):
            tg.searchsorted(x, y, sorter=sorter)
    with pytest.raises(RuntimeError, match="side is 'left' or 'right', not 'middle'"):
        tg.searchsorted(x, y, side="middle")
