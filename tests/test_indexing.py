"""Reading and writing at places, beside PyTorch: values, dtypes, gradients, errors."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import nn.functional
import tinygrad_edu as tg
from tinygrad_edu import functions, ops
from tinygrad_edu.testing import gradcheck

X = np.array([[0.5, -1.0, 2.0, 7.0], [3.0, 0.25, 2.0, -4.0], [1.5, 6.0, 2.0, 0.0]])
NAN = float("nan")


def array(*numbers, dtype=None):
    return np.array(numbers, dtype)


def to(lib, x):
    if isinstance(x, np.ndarray):
        return lib.tensor(x, requires_grad=x.dtype.kind == "f")
    return tuple(to(lib, y) for y in x) if isinstance(x, tuple) else x


def several(y):
    return list(y) if isinstance(y, tuple) else [y]


def call(lib, name, args, kwargs):
    """The outputs of a function of that library, and the gradient of each input."""
    inputs = [to(lib, x) for x in args]
    kwargs = {key: to(lib, x) for key, x in kwargs.items()}
    where = functions if lib is tg else lib
    if name == "one_hot":
        where = nn.functional if lib is tg else lib.nn.functional
    function = getattr(where, name)
    outputs = several(function(*inputs, **kwargs))
    flowing = [y for y in outputs if y.requires_grad and y.numel()]
    for k, y in enumerate(flowing):
        g = np.random.default_rng(k).standard_normal(tuple(y.shape))
        y.backward(lib.tensor(g).to(y.dtype), retain_graph=True)
    gradients = [x.grad for x in inputs if getattr(x, "requires_grad", False)]
    return outputs, [None if g is None else g.tolist() for g in gradients]


def refuses(error, words, name, *args, **kwargs):
    with pytest.raises(error, match=words):
        call(tg, name, args, kwargs)


# ---------------------------------------------------------------- beside PyTorch


I24 = array([0, 2, 1, 0], [2, 2, 0, 0])
S24 = np.arange(8.0).reshape(2, 4) / 4 - 0.6
R2 = np.arange(8.0).reshape(2, 4) + 0.5
KEPT_DTYPES = [np.float16, np.float32, np.float64]


def test_src_larger_than_the_index_has_a_gradient_where_it_was_read():
    """PyTorch's raises, or is wrong, here."""
    x, s = tg.tensor(X), tg.tensor(S24, requires_grad=True)
    functions.scatter_add(x, 1, tg.tensor([[3, 2, 3]]), s).sum().backward()
    assert s.grad.array[1:].any() == s.grad.array[:, 3:].any() == False  # noqa: E712


def test_numbers_that_are_nan_are_each_unique():
    x = tg.tensor([NAN, 1.0, NAN])
    assert functions.unique(x, return_counts=True)[1].tolist() == [1, 1, 1]


@pytest.mark.parametrize("dtype", KEPT_DTYPES)
def test_dtypes_are_kept(dtype):
    x, s = X.astype(dtype), S24.astype(dtype)
    for case in (("gather", x, 0, I24), ("scatter_add", x, 0, I24, s), ("sort", x)):
        assert call(tg, case[0], case[1:], {})[0][0].dtype == dtype


REFUSED = [
    (RuntimeError, "index -1 is out of range", "gather", X, 0, array([-1, 0])),
    (RuntimeError, "index 9 is out of range", "gather", X, 0, array([9, 0])),
    (RuntimeError, "as many dimensions", "gather", X, 0, array(1, 0)),
    (RuntimeError, "no larger ones", "gather", X, 0, np.zeros((2, 9), int)),
    (RuntimeError, "holds integers", "gather", X, 0, np.zeros((2, 2))),
    (IndexError, "dimension 2 is out of range", "gather", X, 2, np.zeros((2, 2), int)),
    (RuntimeError, "index -1", "scatter", X, 0, array([-1, 0]), 1.0),
    (RuntimeError, "float32 values go into", "scatter", X, 0, array([1]), np.float32([[1]])),
    (RuntimeError, "brings only", "scatter", X, 0, array([1, 0]), np.ones((1, 1))),
    (RuntimeError, "brings only", "scatter", X, 0, array([1, 0]), np.array(1.0)),
    (TypeError, "give what to write", "scatter", X, 0, array([1, 0])),
    (IndexError, "index -1", "index_select", X, 0, array(-1)),
    (IndexError, "row of places", "index_select", X, 1, array([2])),
    (RuntimeError, "holds integers", "index_select", X, 1, array(2.0)),
    (RuntimeError, "index 9", "index_add", X, 0, array(0, 9), R2),
    (RuntimeError, "take", "index_add", X, 0, array(0, 1), np.ones((2, 1))),
    (RuntimeError, "take", "index_add", X, 0, array(0, 1), np.ones((3, 4))),
    (RuntimeError, "values go into", "index_add", X, 0, array(0, 1), R2.astype(np.float32)),
    (IndexError, "out of bounds", "take", X, array(99)),
    (RuntimeError, "holds integers", "take", X, array(1.0)),
    (RuntimeError, "dimensions do not fit", "take_along_dim", X, array(1, 2), 1),
    (RuntimeError, "of bools", "masked_select", X, array(1, 0, 1, 0)),
    (RuntimeError, "-1 to -1 are not", "one_hot", array(-1)),
    (RuntimeError, "5 to 5 are not in 0 to 2", "one_hot", array(5), 3),
    (RuntimeError, "int64", "one_hot", array(1.0)),
    (RuntimeError, "no class", "one_hot", np.zeros(0, int)),
    (RuntimeError, "no class", "one_hot", np.zeros(0, int), 0),
    (RuntimeError, "k = 5 is out", "topk", X, 5),
    (RuntimeError, "out of range", "topk", X, -1),
    (IndexError, "dimension 4", "sort", X, 4),
    (RuntimeError, "neither one row nor", "searchsorted", np.ones((2, 3)), np.ones((3, 1))),
    (RuntimeError, "neither one row nor", "searchsorted", np.ones((2, 3)), 1.0),
    (RuntimeError, "one row", "bucketize", array(3.0), np.ones((2, 2))),
    (RuntimeError, "from 0 on", "bincount", array(0, -3)),
    (RuntimeError, "integers from 0 on", "bincount", array([1])),
    (RuntimeError, "weights", "bincount", array(0, 3), np.ones(3)),
    (RuntimeError, "up to -1", "bincount", array(0, 3), None, -1),
]  # fmt: skip


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case[2])
def test_misuse_is_refused(case):
    refuses(*case)


def test_misuse_of_keywords():
    refuses(RuntimeError, "opposite", "searchsorted", X[0], 1.0, right=True, side="left")


# ---------------------------------------------------------------- second derivatives


@pytest.mark.parametrize(
    ("function", "inputs"),
    [
        (lambda x: functions.gather(x, 0, tg.tensor(I24)) ** 3, [X]),
        (lambda x, s: functions.scatter(x, 0, tg.tensor(I24), s) ** 3, [X, S24]),
        (lambda x, s: functions.scatter_add(x**2, 0, tg.tensor(I24), s**2) ** 2, [X, S24]),
        (lambda x, s: functions.index_add(x, 0, tg.tensor([1, 1]), s) ** 3, [X, R2]),
        (lambda x: functions.take(x, tg.tensor([0, 0, -1])) ** 3, [X]),
        (lambda x: functions.take_along_dim(x, tg.tensor([[1, 1]]), 1) ** 3, [X]),
        (lambda x: functions.masked_select(x, tg.tensor(X > 1)) ** 3, [X]),
        (lambda x: functions.topk(x, 2).values ** 3, [X]),
        (lambda x: functions.sort(x, 0).values ** 3, [X + np.arange(12).reshape(3, 4) / 50]),
        (lambda w: functions.bincount(tg.tensor([0, 2, 2]), w) ** 3, [R2[0, :3]]),
    ],
)
def test_derivatives_to_second_order(function, inputs):
    assert gradcheck(function, inputs, order=2, atol=1e-5)


# ---------------------------------------------------------------- repeated places


@pytest.mark.parametrize("layout", ["C", "F"])
@given(data=st.data())
def test_of_values_written_to_one_place_the_one_that_stays_has_the_gradient(layout, data):
    shape = data.draw(st.sampled_from([(5,), (2, 3), (3, 1, 2)]))
    index = np.array(
        data.draw(st.lists(st.integers(-4, 3), min_size=6, max_size=6))[: np.prod(shape)]
    )
    index = np.asarray(index.reshape(shape), order=layout)
    width = data.draw(st.sampled_from([(), (2,)]))
    values = np.arange(1.0, np.prod(shape + width) + 1).reshape(shape + width)
    v = tg.tensor(np.asarray(values, order=data.draw(st.sampled_from("CF"))), requires_grad=True)
    x = tg.zeros(4, *width, dtype=tg.float64).requires_grad_()
    y = x.clone()
    y[tg.tensor(index)] = v
    y.sum().backward()
    written = y.array[y.array > 0]
    assert sorted(v.array[v.grad.array == 1].tolist()) == sorted(written.tolist())
    assert v.grad.array.sum() == written.size
    np.testing.assert_array_equal(x.grad.array, y.array == 0)


def test_a_number_written_to_repeated_places_has_one_gradient_for_each_place():
    x = tg.zeros(4, requires_grad=True)
    v = tg.tensor(3.0, requires_grad=True)
    y = x.clone()
    y[[1, 1, 2]] = v
    y.sum().backward()
    assert (v.grad.item(), x.grad.tolist()) == (2.0, [1.0, 0.0, 0.0, 1.0])


@settings(max_examples=60)
@given(data=st.data())
def test_sums_at_repeated_places_are_right_whatever_their_size_and_dtype(data):
    count = data.draw(st.sampled_from([1, 3, 40, 3000, 70_000]))
    n = data.draw(st.sampled_from([0, 1, 5, 100, 5000]))
    width = data.draw(st.sampled_from([(), (0,), (1,), (3,), (17,), (4, 6)]))
    dtype = np.dtype(data.draw(st.sampled_from(["f2", "f4", "f8", "i8", "i4"])))
    random = np.random.default_rng(data.draw(st.integers(0, 9)))
    index = random.integers(-count, count, n)
    if data.draw(st.booleans()):
        index[: n // 2] = 0
    values = (random.standard_normal((n, *width)) * 8).astype(dtype)
    y = ops.put(values, index, key=(ops.ARRAY,), shape=(count, *width))
    exact = np.zeros((count, *width))
    np.add.at(exact, index, values.astype(float))
    assert y.dtype == dtype
    size = np.zeros((count, *width))
    np.add.at(size, index, abs(values.astype(float)))
    eps = np.finfo(dtype).eps if dtype.kind == "f" else 0
    assert np.all(abs(y - exact) <= 4 * eps * size)


def test_a_gradient_summed_in_float16_is_as_good_as_the_dtype():
    for width in ((), (20,)):
        x = tg.zeros(2, *width, dtype=tg.float16).requires_grad_()
        x[tg.zeros(4000).long()].sum().backward()
        assert x.grad[0].tolist() == np.full(width, 4000).tolist()


# ---------------------------------------------------------------- x[key] and x[key] = v


def test_a_list_of_lists_names_places_and_negative_steps_and_uint8_keys_differ_too():
    assert tg.arange(12).reshape(3, 4)[[[0, 1], [1, 2]]].shape == (2, 2, 4)
    x = tg.tensor([1.0, 2.0, 3.0], requires_grad=True)
    (x[::-1] * tg.tensor([1.0, 10.0, 100.0])).sum().backward()
    assert x.grad.tolist() == [100.0, 10.0, 1.0]
    with pytest.raises(IndexError, match=r"uint8.*\.bool\(\) or \.long\(\)"):
        x[tg.tensor([1, 0, 1], dtype=tg.uint8)]


def test_one_place_of_a_vector_is_written_by_an_index_without_dimensions():
    """As the tutorials make one-hot targets: zeros(10).scatter_(0, torch.tensor(y), value=1)."""
    for src in ({"value": 1}, {"src": tg.tensor(1.0)}):
        assert tg.zeros(3).scatter_(0, tg.tensor(1), **src).tolist() == [0, 1, 0]


@pytest.mark.parametrize("largest", [True, False])
@pytest.mark.parametrize("kind", ["distinct", "ties", "nan"])
def test_topk_is_the_start_of_the_sorted_row(kind, largest):
    """Also where it does not sort them all: equal numbers stay in order, nan is the largest."""
    random = np.random.default_rng(0)
    x = random.standard_normal((6, 40, 3)).astype(np.float32)
    x = np.round(x * 3) if kind == "ties" else x
    if kind == "nan":
        x[random.random(x.shape) < 0.03] = np.nan
    for k in (0, 1, 3, 10, 11):
        top = tg.topk(tg.tensor(x), k, dim=1, largest=largest)
        whole = tg.sort(tg.tensor(x), dim=1, descending=largest, stable=True)
        np.testing.assert_array_equal(top.indices.array, whole.indices.array[:, :k])
        np.testing.assert_array_equal(top.values.array, whole.values.array[:, :k])
