"""Writing at places: scatter_reduce, the index_* functions, index_put, parts replaced."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import tinygrad_edu as tg
from tinygrad_edu.testing import gradcheck

X = np.random.default_rng(0).standard_normal((3, 4))
S = np.random.default_rng(1).standard_normal((2, 4))
INDEX = tg.tensor([[0, 2, 1, 0], [0, 2, 2, 0]])
REDUCTIONS = {"sum": np.sum, "prod": np.prod, "mean": np.mean, "amax": np.max, "amin": np.min}


@pytest.mark.parametrize("include_self", [True, False])
@pytest.mark.parametrize("reduce", REDUCTIONS)
@settings(max_examples=20)
@given(data=st.data())
def test_scatter_reduce_is_the_reduction_of_what_goes_to_each_place(reduce, include_self, data):
    index = np.array(data.draw(st.lists(st.integers(0, 3), min_size=6, max_size=6)))
    x, src = np.random.default_rng(2).integers(-3, 4, (2, 6)).astype(float)
    ours = tg.Tensor(x[:4]).scatter_reduce(
        0, tg.tensor(index), tg.Tensor(src), reduce, include_self=include_self
    )
    for place in range(4):
        found = src[index == place].tolist()
        found = [x[place], *found] if include_self or not found else found
        assert ours[place].item() == pytest.approx(REDUCTIONS[reduce](found))


@pytest.mark.parametrize(
    "function",
    [
        lambda x, s: tg.scatter_reduce(x, 0, INDEX, s, "sum") ** 2,
        lambda x, s: tg.scatter_reduce(x, 0, INDEX, s, "prod"),
        lambda x, s: tg.scatter_reduce(x, 0, INDEX, s, "mean", include_self=False) ** 2,
        lambda x, s: tg.scatter_reduce(x, 0, INDEX, s, "amax") ** 3,
        lambda x, s: tg.scatter_reduce(x, 0, INDEX, s, "amin", include_self=False) ** 3,
        lambda x, s: tg.index_fill(x, 0, tg.tensor([0, -1]), s[0, 0]) ** 3,
        lambda x, s: tg.index_copy(x, 0, tg.tensor([2, 0]), s) ** 3,
        lambda x, s: tg.index_reduce(x, 0, tg.tensor([2, 2]), s, "prod"),
        lambda x, s: tg.index_reduce(x, 0, tg.tensor([2, 2]), s, "amax") ** 3,
        lambda x, s: tg.index_put(x, (tg.tensor([1, 1]),), s, accumulate=True) ** 3,
        lambda x, s: tg.put(x, tg.tensor([0, 5, -1]), s[0, :3]) ** 3,
        lambda x, s: tg.masked_scatter(x, tg.tensor(X[0] > 0), s.repeat(2, 1)) ** 3,
        lambda x, s: tg.select_scatter(x, s[0], 0, -1) ** 3,
        lambda x, s: tg.slice_scatter(x, s, 0, 1) ** 3,
        lambda x, s: tg.diagonal_scatter(x, s[0, :3], 1) ** 3,
        lambda x, s: tg.as_strided_scatter(x, s[:, :2], (2, 2), (1, 6)) ** 3,
    ],
)
def test_derivatives_to_second_order(function):
    gradcheck(function, [X, S], order=2)


def test_a_product_has_right_gradients_at_zeros():
    x = tg.tensor([2.0, 3.0], requires_grad=True)
    src = tg.tensor([0.0, 5.0, 0.0], requires_grad=True)
    tg.scatter_reduce(x, 0, tg.tensor([0, 0, 1]), src, "prod").sum().backward()
    assert (x.grad.tolist(), src.grad.tolist()) == ([0.0, 0.0], [10.0, 0.0, 3.0])


def test_extremes_that_tie_share_the_gradient():
    x = tg.tensor([1.0, 0.0], requires_grad=True)
    src = tg.tensor([1.0, 1.0, -1.0, 1.0], requires_grad=True)
    tg.scatter_reduce(x, 0, tg.tensor([0, 0, 0, 0]), src, "amax").sum().backward()
    assert (x.grad.tolist(), src.grad.tolist()) == ([0.25, 1.0], [0.25, 0.25, 0.0, 0.25])


def test_whole_numbers_have_whole_means():
    x, index = tg.tensor([1, 0]), tg.tensor([0, 0])
    assert x.scatter_reduce(0, index, tg.tensor([-4, -4]), "mean").tolist() == [-3, 0]
    mask = tg.tensor([True, False])
    assert mask.scatter_reduce(0, index, tg.tensor([False, True]), "prod").tolist() == [False] * 2


def test_methods_write_into_the_tensor():
    x = tg.zeros(2, 3)
    view, index = x[0], tg.tensor([0, 2])
    assert x.index_fill_(1, index, 5.0) is x
    x.index_put_((tg.tensor([0]), tg.tensor([1])), tg.tensor(7.0))
    x.put_(tg.tensor([-1]), tg.tensor([9.0]))
    assert (x.tolist(), view.tolist()) == ([[5, 7, 5], [5, 0, 9]], [5, 7, 5])
    x.masked_scatter_(x > 6, tg.tensor([1.0, 2.0, 3.0]))
    x.index_copy_(1, tg.tensor([1]), tg.tensor([[8.0], [8.0]]))
    x.index_reduce_(1, tg.tensor([0]), tg.tensor([[6.0], [4.0]]), "amax")
    x.scatter_reduce_(0, tg.tensor([[0, 0, 0]]), tg.ones(1, 3), "sum")
    assert x.tolist() == [[7, 9, 6], [5, 8, 2]]
    weight = tg.zeros(3, 3, requires_grad=True)
    with pytest.raises(RuntimeError):
        weight.fill_diagonal_(1.0)
    with tg.no_grad():
        assert weight.fill_diagonal_(1.0) is weight
    assert weight.tolist() == np.eye(3).tolist()


def test_diagonals_of_tall_matrices_and_cubes():
    tall = tg.zeros(7, 3).fill_diagonal_(1, wrap=True)
    assert tall.nonzero()[:, 0].tolist() == [0, 1, 2, 4, 5, 6]
    assert tg.zeros(3, 3, 3).fill_diagonal_(1).nonzero().tolist() == [[k] * 3 for k in range(3)]
    x = tg.ones(2, 2, requires_grad=True)
    (y := x * 2).fill_diagonal_(5.0)
    y.sum().backward()
    assert x.grad.tolist() == [[0, 2], [2, 0]]


def test_what_lies_in_another_order_in_memory_is_written_where_it_lies():
    x = tg.zeros(2, 3).t()
    y = tg.as_strided_scatter(x, tg.ones(3), (3,), (1,))
    assert y.tolist() == [[1, 0], [1, 0], [1, 0]]


@pytest.mark.parametrize(
    ("kind", "words", "attempt"),
    [
        (RuntimeError, "not 'median'", lambda x: x.scatter_reduce(0, INDEX, x[:2], "median")),
        (RuntimeError, "not 'sum'", lambda x: x.index_reduce(0, INDEX[0], x, "sum")),
        (RuntimeError, "vector of indices", lambda x: x.index_fill(0, INDEX, 1.0)),
        (RuntimeError, r"\(4,\)", lambda x: x.index_fill(0, INDEX[0], x[0])),
        (IndexError, "integers", lambda x: x.index_fill(0, x[0], 1.0)),
        (IndexError, "index 3 is out of range", lambda x: x.index_copy(0, INDEX[0] + 3, x)),
        (RuntimeError, "do not fit", lambda x: x.index_reduce(0, INDEX[0], x[0], "prod")),
        (TypeError, "a tuple of tensors", lambda x: x.index_put(INDEX, x[0])),
        (TypeError, "values are a tensor", lambda x: x.index_put((INDEX,), 1.0)),
        (RuntimeError, "int64 values", lambda x: x.index_put((INDEX,), INDEX)),
        (IndexError, "8 places, and source has 12", lambda x: x.put(INDEX, x)),
        (RuntimeError, "of bools", lambda x: x.masked_scatter(INDEX, x)),
        (RuntimeError, "4 elements, for 12", lambda x: x.masked_scatter(x == x, x[0])),
        (RuntimeError, r"part is \(4,\)", lambda x: x.select_scatter(x, 0, 0)),
        (IndexError, "no slice 3 of 3", lambda x: x.select_scatter(x[0], 0, 3)),
        (IndexError, "no dimension 0", lambda x: x[0, 0].select_scatter(x[0, 0], 0, 0)),
        (RuntimeError, "above 0, not -1", lambda x: x.slice_scatter(x, step=-1)),
        (RuntimeError, "two dimensions", lambda x: x.diagonal_scatter(x[0, :3], 0, 1, 1)),
        (RuntimeError, "0 to 24, of 12", lambda x: x.as_strided_scatter(x[0, :3], (3,), (12,))),
        (RuntimeError, r"not \(4,\)", lambda x: x[0].fill_diagonal_(1)),
    ],
)
def test_misuse_is_refused(kind, words, attempt):
    with pytest.raises(kind, match=words):
        attempt(tg.Tensor(X))
