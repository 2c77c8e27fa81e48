"""`x.shape` is a Size: a tuple that gives the number of elements, and prints as PyTorch's.

The right values are PyTorch 2.13's.
"""

import copy
import operator
import pickle

import numpy as np
import pytest

import tinygrad_edu as tg


def test_a_shape_prints_and_counts_as_in_pytorch():
    shape = tg.zeros(5, 2).shape
    assert repr(shape) == str(shape) == f"{shape}" == "torch.Size([5, 2])"
    assert repr(tg.tensor(1.0).shape) == "torch.Size([])"
    assert (shape.numel(), tg.Size().numel(), tg.zeros(0, 3).shape.numel()) == (10, 1, 0)
    assert type(tg.zeros(5, 2).size()) is tg.Size
    assert tg.zeros(5, 2).size(-1) == 2


def test_a_shape_is_a_tuple():
    shape = tg.zeros(5, 2).shape
    assert shape == (5, 2)
    assert {(5, 2): "found"}[shape] == "found"
    assert isinstance(shape, tuple)
    rows, columns = shape
    assert (rows, columns, *shape) == (5, 2, 5, 2)
    assert np.zeros(shape).shape == np.broadcast_shapes(shape, (1, 2)) == (5, 2)
    assert np.prod(shape) == 10
    assert type(shape[0]) is int


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (lambda s: s[:1], "torch.Size([5])"),
        (lambda s: s[::-1], "torch.Size([2, 5])"),
        (lambda s: operator.add(s, (1,)), "torch.Size([5, 2, 1])"),
        (lambda s: operator.add((1,), s), "torch.Size([1, 5, 2])"),
        (lambda s: s + s, "torch.Size([5, 2, 5, 2])"),
        (lambda s: s * 2, "torch.Size([5, 2, 5, 2])"),
        (lambda s: 2 * s, "torch.Size([5, 2, 5, 2])"),
        (lambda s: pickle.loads(pickle.dumps(s)), "torch.Size([5, 2])"),
        (copy.deepcopy, "torch.Size([5, 2])"),
        (lambda s: tg.Size([tg.tensor(3), np.int64(2), True]), "torch.Size([3, 2, 1])"),
        (lambda s: tg.broadcast_shapes(s, (3, 1, 1)), "torch.Size([3, 5, 2])"),
        (lambda s: tg.distributions.Normal(tg.zeros(3), 1.0).batch_shape, "torch.Size([3])"),
    ],
)
def test_what_is_made_of_a_shape_is_a_shape(made, text):
    assert repr(made(tg.zeros(5, 2).shape)) == text


@pytest.mark.parametrize("sizes", [(1.5,), ("a",), (None,)])
def test_a_size_is_a_whole_number(sizes):
    with pytest.raises(TypeError, match="whole number"):
        tg.Size(sizes)


def test_a_shape_and_a_list_do_not_add():
    with pytest.raises(TypeError):
        operator.add(tg.zeros(2).shape, [1])


def test_a_dtype_is_a_dtype():
    assert isinstance(tg.float32, tg.dtype)
    assert isinstance(tg.zeros(1).dtype, tg.dtype)
    assert not isinstance("float32", tg.dtype)


# ---------------------------------------------------------------- shapes and numbers told apart


@pytest.mark.parametrize("kind", ["Tensor", "FloatTensor"])
def test_a_shape_makes_a_tensor_of_that_shape_and_a_tuple_one_of_these_numbers(kind):
    make, std = getattr(tg, kind), tg.ones(5, 2)
    assert make(std.size()).shape == make(std.shape).shape == (5, 2)
    assert make(std.size()).normal_().shape == (5, 2)
    assert make(std.shape[:1]).shape == (5,)
    assert make(tg.tensor(1.0).shape).shape == ()
    assert make((5, 2)).tolist() == make([5, 2]).tolist() == [5.0, 2.0]
    assert make(5, 2).shape == (5, 2)
    assert make().shape == (0,)
    assert make(np.int64(5), 2).shape == (5, 2)
    assert make(range(3)).tolist() == [0.0, 1.0, 2.0]
    assert make([True, False]).tolist() == [1.0, 0.0]
    assert make([tg.tensor(1), tg.tensor(2.0)]).tolist() == [1.0, 2.0]
    assert make([np.float64(1.0)]).dtype == tg.float32


def test_tensors_by_their_kind():
    assert tg.LongTensor([1.5, 2]).tolist() == [1, 2]
    assert tg.IntTensor(tg.zeros(3, 2).size()).shape == (3, 2)
    assert tg.FloatTensor(np.ones(2)).dtype == tg.float32
    same = tg.ones(2)
    tg.FloatTensor(same)[0] = 7.0
    assert same.tolist() == [7.0, 1.0]


@pytest.mark.parametrize(
    "attempt",
    [
        lambda: tg.FloatTensor(2.5),
        lambda: tg.FloatTensor(True),
        lambda: tg.FloatTensor(None),
        lambda: tg.FloatTensor("ab"),
        lambda: tg.FloatTensor(tg.zeros(2).shape, 3),
        lambda: tg.FloatTensor(tg.ones(2, dtype=tg.int64)),
        lambda: tg.LongTensor(tg.ones(2)),
        lambda: tg.Tensor(2.5),
        lambda: tg.Tensor(True),
        lambda: tg.Tensor(None),
        lambda: tg.Tensor("ab"),
    ],
)
def test_what_is_neither_sizes_nor_numbers_is_refused(attempt):
    with pytest.raises(TypeError):
        attempt()


def test_tensor_follows_the_default_dtype():
    tg.set_default_dtype(tg.float64)
    try:
        made = tg.Tensor([1, 2]), tg.Tensor(2, 3), tg.Tensor(tg.zeros(2).shape), tg.Tensor()
        assert {x.dtype for x in made} == {tg.float64}
        assert tg.FloatTensor([1]).dtype == tg.float32
    finally:
        tg.set_default_dtype(tg.float32)


# ---------------------------------------------------------------- lists that hold more than numbers

t, f16, f32, f64, i32, i64 = tg.tensor, "float16", "float32", "float64", "int32", "int64"


@pytest.mark.parametrize(
    ("data", "shape", "dtype"),
    [
        ([t(1), t(1)], (2,), i64),
        ([t([1]), t([1])], (2,), i64),
        ([t([[1.0]]), t([[2.0]])], (2,), f32),
        ([[t(1.0), 2], [3, t(4)]], (2, 2), f32),
        ([t(1.0), 2.0], (2,), f32),
        ([2.0, t(1)], (2,), f32),
        ([1, t(2.0)], (2,), f32),
        ([t(True), 2], (2,), i64),
        ([t(True), False], (2,), "bool"),
        ([t(1, dtype=tg.int32), t(2, dtype=tg.int32)], (2,), i32),
        ([t(1, dtype=tg.int32), t(2)], (2,), i64),
        ([t(1.0, dtype=tg.float64), 2.0], (2,), f64),
        ([t(1.0, dtype=tg.float16), t(1.0, dtype=tg.float16)], (2,), f16),
        ([t(1.0, dtype=tg.float16), t(1.0)], (2,), f32),
        ([t([1.0, 2.0]), t([1, 3])], (2, 2), f32),
        ((t(1.0), (t(2.0))), (2,), f32),
        ([np.float32(1), 2.0], (2,), f32),
        ([2.0, np.float32(1)], (2,), f32),
        ([2.0, np.float64(1)], (2,), f64),
        ([np.float64(1), np.float64(2)], (2,), f64),
        ([np.float16(1), 2], (2,), f16),
        ([np.float16(1), np.int16(2)], (2,), f16),
        ([np.int32(1), 2], (2,), i64),
        ([np.int32(1), np.int32(2)], (2,), i32),
        ([np.int8(1), 2.5], (2,), f32),
        ([True, 2.5], (2,), f32),
        ([np.array([1.0, 2.0], "f4"), [3.0, 4.0]], (2, 2), f32),
        ([[3.0, 4.0], np.array([1.0, 2.0], "f4")], (2, 2), f32),
        ([np.array([1, 2], "i4"), [3, 4]], (2, 2), i64),
        ([np.arange(3), t([1.0, 2.0, 3.0])], (2, 3), f32),
        ([], (0,), f32),
        ([[], []], (2, 0), f32),
        (range(3), (3,), i64),
        ([range(3), range(3)], (2, 3), i64),
        ([2**63, 1.5], (2,), f32),
        (tg.zeros(3, 2).shape, (2,), i64),
    ],
)
def test_lists_of_all_sorts_meet_as_tensors_do(data, shape, dtype):
    for made in (tg.tensor(data), tg.as_tensor(data)):
        assert (made.shape, made.dtype) == (shape, dtype)
    assert tg.zeros(1, dtype=tg.float64).new_tensor(data).shape == shape


@pytest.mark.parametrize("data", [2**63, [2**63], -(2**63) - 1, [2**64]])
def test_what_no_int64_holds_is_refused(data):
    with pytest.raises((ValueError, TypeError)):
        tg.tensor(data)


@pytest.mark.parametrize("data", [None, [None], "1.5", ["1.5"], [1.5, "2"]])
@pytest.mark.parametrize("dtype", [None, tg.float32])
def test_what_is_no_number_is_refused_whatever_the_dtype(data, dtype):
    with pytest.raises(TypeError, match="floats, integers or bools"):
        tg.tensor(data, dtype=dtype)


def test_tensors_in_a_list_give_their_numbers_and_no_gradient():
    leaf = tg.tensor(1.0, requires_grad=True)
    assert not tg.tensor([leaf, 2.0]).requires_grad
    assert tg.tensor([leaf, 2.0]).tolist() == [1.0, 2.0]


# ---------------------------------------------------------------- one number to fill with


@pytest.mark.parametrize("value", [[1, 2], (1.0,), None, "a", 1j, np.ones(2), tg.ones(2)])
def test_it_fills_with_one_number(value):
    for fill in (
        lambda v: tg.full((2,), v),
        lambda v: tg.full_like(tg.zeros(2), v),
        lambda v: tg.zeros(2).new_full((2,), v),
    ):
        with pytest.raises(TypeError):
            fill(value)


def test_no_gradient_would_flow_back_from_what_is_filled():
    with pytest.raises(TypeError, match="a constant"):
        tg.full((2,), tg.tensor(1.0, requires_grad=True))


def test_the_kind_of_the_number_decides_the_dtype():
    assert tg.full((2,), np.float64(1.0)).dtype == tg.float32
    assert tg.full((2,), np.int32(1)).dtype == tg.int64
    assert tg.full((2,), tg.tensor(3.0, dtype=tg.float64)).dtype == tg.float32
    assert tg.full((2,), True).dtype == tg.bool
    assert tg.full((2,), 3, dtype=tg.float16).dtype == tg.float16
