"""The Tensor as users meet it: making, printing, indexing, writing, converting, misusing it.

Where PyTorch has the same thing, it is the oracle.
"""

import copy
import math
import operator
import pickle

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tinygrad_edu as tg
from tinygrad_edu.testing import gradcheck

DTYPES = ["bool", "uint8", "int32", "int64", "float16", "float32", "float64"]


def leaf(data, lib=tg):
    return lib.tensor(data, dtype=lib.float64, requires_grad=True)


def name_of(dtype):
    return str(dtype).removeprefix("torch.")


def described(t):
    return name_of(t.dtype), tuple(t.shape), t.tolist()


# ---------------------------------------------------------------- making tensors


def test_tensors_in_a_list_are_joined():
    assert tg.tensor([tg.tensor(1.0), tg.tensor(2.0)]).tolist() == [1.0, 2.0]
    nested = tg.tensor([[tg.tensor(1), 2], [3, tg.tensor(4)]])
    assert (nested.dtype, nested.tolist()) == (tg.int64, [[1, 2], [3, 4]])


def test_tensor_copies_and_from_numpy_shares():
    array = np.zeros(2)
    copied, shared, also = tg.tensor(array), tg.from_numpy(array), tg.as_tensor(array)
    array[0] = 5.0
    assert copied.tolist() == [0.0, 0.0]
    assert shared.tolist() == also.tolist() == [5.0, 0.0]
    shared[1] = 7.0
    assert array.tolist() == [5.0, 7.0]


@pytest.mark.parametrize(
    ("data", "error", "words"),
    [
        ([[1.0], [1.0, 2.0]], ValueError, "same length"),
        ([1.0, [2.0]], ValueError, "same length"),
        (1j, TypeError, "complex"),
        (np.ones(2, complex), TypeError, "complex"),
        ("abc", TypeError, "not <U3"),
        (["abc"], TypeError, "not <U3"),
        (None, TypeError, "object"),
        ([None], TypeError, "object"),
        ({}, TypeError, "object"),
        (np.array(["2020"], "datetime64"), TypeError, "datetime64"),
    ],
    ids=repr,
)
def test_what_is_no_number_is_refused(data, error, words):
    for make in (tg.tensor, tg.as_tensor):
        with pytest.raises(error, match=words):
            make(data)


@pytest.mark.parametrize("kind", ["bool", "uint8", "int32", "int64"])
def test_only_floating_tensors_require_grad(kind):
    with pytest.raises(RuntimeError, match=f"not {kind}"):
        tg.tensor([1], dtype=kind, requires_grad=True)
    t = tg.ones(2, dtype=kind)
    with pytest.raises(RuntimeError, match=f"not {kind}"):
        t.requires_grad = True
    assert not t.requires_grad


def test_the_class_makes_floats_of_numbers_and_never_takes_a_size_for_a_node():
    assert tg.Tensor([1, 2]).dtype == tg.float32
    try:
        t = tg.Tensor(2, 3)
    except TypeError:
        return
    assert tuple(t.shape) == (2, 3)
    assert not t.requires_grad


# ---------------------------------------------------------------- dtypes


@pytest.mark.parametrize("scalar", [np.float64(2.5), np.float32(2.5), np.int64(2)], ids=repr)
def test_numpy_scalars_on_the_left_are_weak_too(scalar):
    x = tg.ones(2, requires_grad=True)
    for y in (scalar + x, scalar * x, scalar - x, scalar / x, scalar**x):
        assert (y.dtype, y.requires_grad) == (tg.float32, True)


@pytest.mark.parametrize("kind", ["uint8", "int32", "int64", "bool"])
def test_division_of_integers_gives_the_default_float(kind):
    a = tg.ones(2, dtype=kind)
    assert (a / a).dtype == (a / 2).dtype == (1 / a).dtype == tg.float32
    tg.set_default_dtype(tg.float64)
    assert (a / a).dtype == (a / 2).dtype == tg.float64


@pytest.mark.parametrize("source", DTYPES)
@pytest.mark.parametrize("target", DTYPES)
def test_conversion_gives_the_dtype_that_it_names(source, target):
    wanted = np.dtype(target)
    for recorded in {False, source.startswith("float")}:
        t = tg.tensor([0, 1], dtype=source, requires_grad=recorded)
        assert t.to(wanted).dtype == wanted
        assert t.to(dtype=wanted).tolist() == [0, 1]
        assert t.type_as(tg.zeros(1, dtype=wanted)).dtype == wanted
        assert t.to(wanted).requires_grad == (recorded and wanted.kind == "f")


def test_conversion_by_name_and_its_gradient():
    x = tg.tensor([1.5, -2.5], requires_grad=True)
    names = {"half": "float16", "float": "float32", "double": "float64", "int": "int32"}
    for name, kind in (names | {"long": "int64", "bool": "bool"}).items():
        assert getattr(x, name)().dtype == getattr(x.detach(), name)().dtype == np.dtype(kind)
    x.double().sum().backward()
    assert (x.grad.dtype, x.grad.tolist()) == (tg.float32, [1.0, 1.0])
    assert x.float() is x


def test_float64_stays_float64_wherever_the_array_came_from():
    """Not every float64 dtype is the one object np.dtype("float64")."""
    for array in (
        np.ones(2),
        pickle.loads(pickle.dumps(np.ones(2))),
        np.ones(2).astype(np.dtype("f8", copy=True)),
        np.ones(2, ">f8"),
    ):
        t = tg.tensor(array)
        for y in (t + 1, t.exp(), t @ t, tg.stack([t, t]), t.sum(), t[0]):
            assert y.dtype == tg.float64, array.dtype.byteorder


# ---------------------------------------------------------------- printing


def test_a_result_prints_what_made_it():
    assert "grad_fn=<ExpBackward0>" in repr(leaf([1.0]).exp())


def test_a_number_is_formatted_as_one(lib):
    assert f"{leaf(2.5, lib):.3f}" == "2.500"
    assert f"{lib.tensor(3)}" == "3"
    assert f"{lib.tensor([1.5])}" == "tensor([1.5000])"
    with pytest.raises((TypeError, ValueError)):
        f"{lib.tensor([1.5]):.3f}"


# ---------------------------------------------------------------- indexing


MASK = np.array([[True, False, True], [False, True, True]])
KEYS = {
    "0": lambda t: 0,
    "-1": lambda t: -1,
    "np.int64": lambda t: np.int64(1),
    "0-d tensor": lambda t: t(1),
    "two 0-d tensors": lambda t: (t(1), t(2)),
    "three ints": lambda t: (1, 2, 3),
    "1:": lambda t: slice(1, None),
    "::2": lambda t: (slice(None), slice(0, 3, 2)),
    "slice of tensors": lambda t: slice(t(0), t(1)),
    "empty slice": lambda t: slice(2, 1),
    "None": lambda t: None,
    "...": lambda t: ...,
    "..., 0": lambda t: (..., 0),
    "0, ..., None": lambda t: (0, ..., None),
    "()": lambda t: (),
    "mask": lambda t: t(MASK),
    "array mask": lambda t: MASK,
    "mask, 0": lambda t: (t(MASK), 0),
    ":, mask": lambda t: (slice(None), t([True, False, True])),
    "0, mask, 1:3": lambda t: (0, t([True, False, True]), slice(1, 3)),
    "bool list": lambda t: [True, False],
    "mask of nothing": lambda t: t(np.zeros((2, 3), bool)),
    "True": lambda t: True,
    "list": lambda t: [1, 0, 0],
    "empty list": lambda t: [],
    "negative list": lambda t: [-1, 0],
    "range": lambda t: range(2),
    "array": lambda t: np.array([0, 1]),
    "int32 tensor": lambda t: t(np.array([0, 1], np.int32)),
    "matrix of places": lambda t: t([[0, 1], [1, 0]]),
    "0, list": lambda t: (0, [0, 2]),
    "list, list": lambda t: ([0, 1], [0, 2]),
    "the same place twice": lambda t: ([0, 0, 1], [1, 1, 1]),
    "range, tensor": lambda t: (range(2), t([0, 2])),
    ":, list": lambda t: (slice(None), [2, 0, 0]),
    "..., list": lambda t: (..., [3, 0]),
    "list, :, list": lambda t: ([0, 1], slice(None), [0, 2]),
    "None, list, None": lambda t: (None, [0, 1], None),
    "column of places, places": lambda t: (t([[0], [1]]), t([0, 2])),
    "int, :, list": lambda t: (0, slice(None), [0, 2]),
}
TWICE = ["list", "matrix of places", "the same place twice", ":, list"]  # a place more than once
AT_TWICE = pytest.mark.parametrize("key", [KEYS[n] for n in TWICE], ids=TWICE)


def overwrite(x, v, key):
    y = x * 1.0
    y[key] = v * 2
    return y


@AT_TWICE
def test_of_several_values_written_to_a_place_the_last_one_has_the_gradient(key):
    x = np.arange(24.0).reshape(2, 3, 4)
    values = np.random.default_rng(0).standard_normal(x[key(np.array)].shape)
    assert gradcheck(lambda x, v: overwrite(x, v, key(tg.tensor)), [x, values], order=2)
    y, z = x.copy(), overwrite(tg.tensor(x), tg.tensor(values), key(tg.tensor))
    y[key(np.array)] = values * 2
    np.testing.assert_array_equal(z.array, y)


def test_a_row_may_be_written_from_a_matrix_of_one_row(lib):
    y, v = lib.zeros(2, 3, dtype=lib.float64), leaf([[1.0, 2.0, 3.0]], lib)
    y[0] = v
    (y * y).sum().backward()
    assert v.grad.tolist() == [[2.0, 4.0, 6.0]]


@pytest.mark.parametrize("recorded", [False, True])
@pytest.mark.parametrize("value", [np.float64(2.5), np.float32(2.5), np.int64(2)], ids=repr)
@pytest.mark.parametrize("kind", ["float32", "float16"])
def test_writing_does_not_change_the_dtype(kind, value, recorded):
    t = tg.zeros(3, dtype=kind, requires_grad=recorded) * 1
    t[0] = value
    t[1:] = tg.tensor([value, value], dtype=tg.float64)
    t += tg.tensor(np.ones(3))
    assert t.dtype == np.dtype(kind)
    assert t.tolist() == [float(value) + 1] * 3
    assert t.requires_grad == recorded


def test_writing_a_float_with_a_gradient_into_integers_keeps_integers(lib):
    t = lib.zeros(2, dtype=lib.int64)
    try:
        t[0] = leaf(2.5, lib)
    except (RuntimeError, TypeError, ValueError):
        assert t.tolist() == [0, 0]
    assert t.dtype == lib.int64


def test_the_gradient_of_what_was_written_over_is_zero():
    x = leaf([1.0, 2.0, 3.0])
    y = x * 1
    y[1] = 5
    y.fill_(1)
    y[0] = x[2] * 2
    y.sum().backward()
    assert x.grad.tolist() == [0.0, 0.0, 2.0]


def test_shifting_within_one_tensor():
    x = leaf([1.0, 2.0, 3.0])
    y = x.clone()
    y[1:] = y[:-1] * 2
    y.sum().backward()
    assert (y.tolist(), x.grad.tolist()) == ([1.0, 2.0, 4.0], [3.0, 2.0, 0.0])


@pytest.mark.parametrize(
    ("key", "error", "words"),
    [
        (5, IndexError, r"\[5\].*\(2, 3\).*out of bounds"),
        ((0, -4), IndexError, r"\[0, -4\].*\(2, 3\)"),
        ([0, 5], IndexError, r"\(2, 3\).*out of bounds"),
        ((0, 0, 0), IndexError, r"\[0, 0, 0\].*\(2, 3\).*too many"),
        (1.0, IndexError, r"\[1.0\].*\(2, 3\)"),
        (tg.tensor([0.0]), IndexError, r"\(2, 3\).*integer"),
        ([True, False, True], IndexError, r"\(2, 3\).*boolean"),
        (slice(None, None, 0), ValueError, "zero"),
        ("a", (IndexError, TypeError), r"\(2, 3\)"),
    ],
    ids=repr,
)
@pytest.mark.parametrize("recorded", [False, True])
def test_a_key_that_does_not_fit_is_refused_and_nothing_written(key, error, words, recorded):
    t = tg.ones(2, 3, requires_grad=recorded) * 1
    array, node = t.array, t.node
    with pytest.raises(error, match=f"getitem.*{words}"):
        t[key]
    with pytest.raises(error, match=f"setitem.*{words}"):
        t[key] = 7.0
    assert t.array is array
    assert t.node is node
    assert (array == 1).all()


@pytest.mark.parametrize("recorded", [False, True])
@pytest.mark.parametrize(
    "value", [np.ones(2), np.ones((3, 1)), [1.0, 2.0], "a", tg.ones(4)], ids=repr
)
def test_a_value_that_does_not_fit_is_refused_and_nothing_written(value, recorded):
    t = tg.ones(2, 3, requires_grad=recorded) * 1
    with pytest.raises((ValueError, TypeError), match="setitem"):
        t[0] = value
    assert t.tolist() == [[1.0] * 3] * 2


# ---------------------------------------------------------------- writing in place


WRITES = {
    "+=": lambda x, y: operator.iadd(x, y),
    "-=": lambda x, y: operator.isub(x, y),
    "*=": lambda x, y: operator.imul(x, y),
    "/=": lambda x, y: operator.itruediv(x, y),
    "**=": lambda x, y: operator.ipow(x, y),
    "add_": lambda x, y: x.add_(y),
    "add_ alpha": lambda x, y: x.add_(y, alpha=3),
    "sub_ alpha": lambda x, y: x.sub_(y, alpha=0.5),
    "mul_": lambda x, y: x.mul_(y),
    "div_": lambda x, y: x.div_(y),
    "copy_": lambda x, y: x.copy_(y),
    "zero_": lambda x, y: x.zero_(),
    "fill_": lambda x, y: x.fill_(4),
    "clamp_": lambda x, y: x.clamp_(1.5, 2.5),
}
WRITTEN = pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)


@WRITTEN
def test_under_no_grad_a_write_goes_into_the_buffer_of_a_leaf(write):
    x, y = leaf([1.0, 2.0, 3.0]), leaf([2.0, 3.0, 4.0])
    array, node = x.array, x.node
    with tg.no_grad():
        write(x, y)
    assert x.array is array
    assert x.node is node


@WRITTEN
def test_a_leaf_that_requires_grad_is_not_written_while_ops_are_recorded(write, lib):
    x = leaf([1.0, 2.0, 3.0], lib)
    with pytest.raises(RuntimeError, match="leaf"):
        write(x, lib.tensor([2.0, 3.0, 4.0]))
    with pytest.raises(RuntimeError, match="leaf"):
        x[0] = 5.0
    assert x.tolist() == [1.0, 2.0, 3.0]
    assert x.is_leaf


def test_a_constant_takes_the_gradient_of_what_is_written_into_it(lib):
    w, x = leaf([1.0, 2.0], lib), lib.zeros(2, dtype=lib.float64)
    x += w
    x[0] = w[1] * 3
    x.sum().backward()
    assert w.grad.tolist() == [0.0, 4.0]


def test_one_number_of_a_vector_is_a_view_too(lib):
    x = lib.tensor([1.0, 2.0, 3.0])
    one = x[1]
    one += 10
    assert x.tolist() == [1.0, 12.0, 3.0]
    x[1] = 5.0
    assert one.item() == 5.0
    for number in x:
        number.zero_()
    assert x.tolist() == [0.0, 0.0, 0.0]


def test_also_with_a_slice_written_out(lib):
    """Python 3.12 compiles it to an instruction of its own."""
    w = leaf(3.0, lib)
    x = lib.ones(3, dtype=lib.float64) * w
    x[1:] += w
    x[:2] *= w
    x.sum().backward()
    assert x.tolist() == [9.0, 18.0, 6.0]
    assert w.grad.item() == 2 * 3.0 + 4 * 3.0 + 2


@pytest.mark.parametrize(
    ("write", "words"),
    [
        (lambda x: operator.iadd(x, tg.ones(2, 3)), r"\(2, 3\).*\(3,\)"),
        (lambda x: operator.imul(x, tg.ones(3, 3)), r"\(3, 3\).*\(3,\)"),
        (lambda x: x.add_(tg.ones(3, 1)), r"\(3, 3\).*\(3,\)"),
        (lambda x: operator.iadd(x, tg.ones(2)), r"\(3,\).*\(2,\)"),
    ],
)
def test_a_write_that_does_not_fit_is_refused_and_nothing_written(write, words):
    for x in (tg.ones(3), tg.ones(3, requires_grad=True) * 1):
        node = x.node
        with pytest.raises((RuntimeError, ValueError), match=words):
            write(x)
        assert x.tolist() == [1.0, 1.0, 1.0]
        assert x.node is node


@pytest.mark.parametrize(
    ("data", "write"),
    [
        ([1], lambda x: operator.iadd(x, 1.5)),
        ([1], lambda x: operator.itruediv(x, 2)),
        ([True], lambda x: operator.iadd(x, 1)),
    ],
)
def test_a_write_that_would_lose_the_kind_of_number_is_refused(lib, data, write):
    x = lib.tensor(data)
    with pytest.raises(RuntimeError):
        write(x)
    assert x.tolist() == data


def test_an_expanded_tensor_is_not_written(lib):
    x = lib.ones(1).expand(3)
    with pytest.raises((RuntimeError, ValueError)):
        x += 1
    assert x.tolist() == [1.0, 1.0, 1.0]


def test_a_dimension_in_reverse_is_a_view():
    x = tg.tensor([1.0, 2.0, 3.0])
    x[::-1].mul_(tg.tensor([1.0, 10.0, 100.0]))
    assert x.tolist() == [100.0, 20.0, 3.0]


# ---------------------------------------------------------------- data, grad, detach, numpy


def test_data_shares_the_memory_and_has_no_record(lib):
    x = leaf([1.0, 2.0], lib)
    assert not x.data.requires_grad
    x.data[0] = 5.0
    x.data -= 1
    x.data *= lib.tensor([2.0, 3.0], dtype=lib.float64)
    assert x.tolist() == [8.0, 3.0]
    assert x.requires_grad
    assert x.is_leaf


def test_data_can_be_replaced(lib):
    x = leaf([1.0, 2.0], lib)
    x.data = lib.tensor([5.0, 6.0, 7.0], dtype=lib.float64)
    (x * x).sum().backward()
    assert x.grad.tolist() == [10.0, 12.0, 14.0]
    with pytest.raises(TypeError, match="list"):
        x.data = [1.0]
    with pytest.raises(RuntimeError, match="float"):
        x.data = lib.tensor([1])
    assert x.tolist() == [5.0, 6.0, 7.0]
    assert x.requires_grad


def test_grad_can_be_read_written_replaced_and_removed(lib):
    x = leaf([1.0, 2.0], lib)
    assert x.grad is None
    (x * x).sum().backward()
    x.grad *= 10
    x.grad[0] = 1.0
    x.grad.clamp_(max=30)
    assert x.grad.tolist() == [1.0, 30.0]
    x.grad = lib.zeros(2, dtype=lib.float64)
    (x * x).sum().backward()
    assert x.grad.tolist() == [2.0, 4.0]
    x.grad = None
    assert x.grad is None


@pytest.mark.parametrize("wrong", ["a shape", "a list", "a dtype"])
def test_grad_must_be_a_tensor_like_its_owner(lib, wrong):
    x = leaf([1.0, 2.0], lib)
    value = {
        "a shape": lib.ones(3, dtype=lib.float64),
        "a list": [1.0, 2.0],
        "a dtype": lib.tensor([1, 2]),
    }[wrong]
    with pytest.raises((RuntimeError, ValueError, TypeError)):
        x.grad = value
    assert x.grad is None


def test_detach_shares_the_memory_and_stops_the_gradient(lib):
    x = leaf([1.0, 2.0], lib)
    y = x * 3
    (y.detach() * x).sum().backward()
    assert x.grad.tolist() == [3.0, 6.0]
    assert np.shares_memory(y.detach().numpy(), y.detach().numpy())
    assert y.requires_grad


def test_numpy_shares_the_memory_and_refuses_what_requires_grad():
    c = tg.tensor([1.0, 2.0])
    c.numpy()[0] = 5.0
    assert c.tolist() == [5.0, 2.0]
    assert np.shares_memory(np.asarray(c), c.numpy())
    assert not np.shares_memory(np.array(c), c.numpy())
    assert np.array(c, dtype=np.float64).dtype == np.float64
    for convert in (lambda t: t.numpy(), np.asarray, np.array):
        with pytest.raises(RuntimeError, match="detach"):
            convert(leaf([1.0]))


def test_a_leaf_that_is_frozen_gets_no_gradient(lib):
    x, w = leaf([1.0], lib), leaf([2.0], lib)
    x.requires_grad_(False)
    (x * w).sum().backward()
    assert x.grad is None
    x.requires_grad = True
    (x * w).sum().backward()
    assert x.grad.tolist() == [2.0]


def test_the_array_is_never_a_numpy_scalar():
    x, v = leaf(2.0), leaf([1.0, 2.0])
    m = leaf([[1.0]])
    results = [x * 2, x**3, x.exp(), x > 1, v.sum(), v[0], v @ v, v.max(), v.argmax(), m[0, 0]]
    results += [
        v.mean(0),
        m.squeeze(),
        tg.where(x > 1, x, 0.0),
        v.detach()[1],
        v.sum().detach() + 1,
    ]
    for t in results:
        assert type(t.array) is np.ndarray


# ---------------------------------------------------------------- Python's own protocols


def test_numbers_of_one_element(lib):
    x = leaf([[2.75]], lib)
    assert x.item() == 2.75
    assert int(lib.tensor(2.75)) == 2
    assert float(lib.tensor([3])) == 3.0
    assert type(lib.tensor(3).item()) is int
    assert type(lib.tensor(True).item()) is bool
    assert math.sqrt(lib.tensor(4.0)) == 2.0
    assert [10, 11, 12][lib.tensor(1)] == 11
    assert list(range(lib.tensor(3))) == [0, 1, 2]


@pytest.mark.parametrize("count", [0, 2])
def test_several_numbers_are_not_one(lib, count):
    t = lib.zeros(count)
    for convert in (float, int, bool, t.__class__.item):
        with pytest.raises((RuntimeError, ValueError, TypeError)):
            convert(t)


def test_a_fraction_is_no_index(lib):
    with pytest.raises(TypeError):
        [1, 2, 3][lib.tensor(1.5)]


def test_truth_is_that_of_one_number(lib):
    assert lib.tensor([[3.0]])
    assert not lib.tensor(0)
    with pytest.raises(RuntimeError, match="ambiguous"):
        bool(lib.tensor([0.0, 1.0]) > 0)


def test_length_and_iteration(lib):
    x = leaf([[1.0, 2.0], [3.0, 4.0]], lib)
    assert len(x) == 2
    a, b = x
    (a * b).sum().backward()
    assert x.grad.tolist() == [[3.0, 4.0], [1.0, 2.0]]
    assert [row.tolist() for row in x] == x.tolist()
    for of in (len, iter, list):
        with pytest.raises(TypeError, match="0-d"):
            of(lib.tensor(1.0))


def test_contains_looks_at_values(lib):
    x = leaf([1.0, 2.0], lib)
    assert 2.0 in x
    assert lib.tensor(1.0) in x
    assert 3 not in x


def test_equality_is_of_values_and_hashing_of_identity(lib):
    a, b = lib.tensor([1.0, 2.0]), lib.tensor([1.0, 5.0])
    assert (a == b).tolist() == [True, False]
    assert (a != b).tolist() == [False, True]
    assert {a: "a", b: "b"}[b] == "b"
    assert hash(a) != hash(b)


@pytest.mark.parametrize("strange", [None, "a", ...], ids=repr)
def test_equality_with_what_is_no_number_is_false(lib, strange):
    assert (lib.tensor([1.0]) == strange) is False
    assert (lib.tensor([1.0]) != strange) is True


def test_sum_and_max_of_python_work(lib):
    parts = [leaf(1.0, lib), leaf(2.0, lib)]
    sum(parts).backward()
    assert parts[0].grad.item() == 1.0
    assert max(parts).item() == 2.0
    assert [t.item() for t in sorted(lib.tensor([3.0, 1.0]))] == [1.0, 3.0]


# ---------------------------------------------------------------- copying


def test_deepcopy_copies_leaves_with_their_gradient(lib):
    x = leaf([1.0, 2.0], lib)
    (x * x).sum().backward()
    one, other = copy.deepcopy([x, x])
    assert one is other
    one.data[0] = 9.0
    one.grad[0] = 9.0
    (one * 2).sum().backward()
    assert (x.tolist(), x.grad.tolist()) == ([1.0, 2.0], [2.0, 4.0])
    assert (one.tolist(), one.grad.tolist()) == ([9.0, 2.0], [11.0, 6.0])
    assert one.is_leaf
    assert copy.deepcopy(lib.tensor([1, 2])).dtype == lib.int64


def test_deepcopy_refuses_what_has_a_record(lib):
    with pytest.raises(RuntimeError):
        copy.deepcopy(leaf([1.0], lib) * 2)


def test_copy_shares_the_memory(lib):
    x = leaf([1.0, 2.0], lib)
    y = copy.copy(x)
    y.data[0] = 9.0
    assert x.tolist() == [9.0, 2.0]
    assert y.requires_grad


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_pickle_keeps_values_dtype_and_whether_it_is_a_leaf(lib, protocol):
    for t in (leaf([1.0, 2.0], lib), lib.tensor([1, 2]), lib.zeros(2, 0), lib.tensor(2.5)):
        back = pickle.loads(pickle.dumps(t, protocol))
        assert described(back) == described(t)
        assert back.requires_grad == t.requires_grad
        assert not np.shares_memory(back.data.numpy(), t.data.numpy())
    back = pickle.loads(pickle.dumps(leaf([1.0, 2.0], lib), protocol))
    (back * back).sum().backward()
    assert back.grad.tolist() == [2.0, 4.0]
    back.data.zero_()
    back.data += leaf([1.0, 2.0], lib)


def test_pickle_refuses_what_has_a_record():
    with pytest.raises(RuntimeError, match="detach"):
        pickle.dumps(leaf([1.0]) * 2)


# ---------------------------------------------------------------- devices


def test_everything_is_on_the_cpu():
    x = leaf([1.0])
    assert x.to("cpu") is x.cpu() is x.to(device="cpu") is x.to("cpu:0") is x
    assert str(x.device) == "cpu"
    assert x.to("cpu", tg.float32).dtype == tg.float32
    assert x.to(tg.zeros(1)).dtype == tg.float32
    assert tg.zeros(1, device="cpu").device == tg.tensor(1.0, device=x.device).device


@pytest.mark.parametrize("device", ["cuda", "cuda:1", "mps"])
@pytest.mark.parametrize(
    "go",
    [
        lambda device: tg.ones(1).to(device),
        lambda device: tg.ones(1).to(device=device),
        lambda device: tg.tensor(1.0, device=device),
        lambda device: tg.zeros(2, device=device),
        lambda device: tg.arange(2, device=device),
    ],
)
def test_another_device_is_refused_by_name(go, device):
    with pytest.raises(RuntimeError, match=f"{device}.*cpu"):
        go(device)


def test_what_is_neither_a_device_nor_a_dtype_is_refused():
    with pytest.raises((TypeError, RuntimeError), match="junk"):
        tg.ones(1).to("junk")
    with pytest.raises(TypeError, match="complex"):
        tg.ones(1).to(np.complex64)


# ---------------------------------------------------------------- shapes


def test_cat_starts_from_an_empty_tensor(lib):
    """`seen = torch.tensor([])`, then `seen = torch.cat([seen, batch])`, is a common idiom."""
    assert tuple(lib.cat([lib.tensor([]), lib.ones(2, 3)]).shape) == (2, 3)


Y = tg.ones(2, 3)
BAD_SHAPES = {
    "sum": (lambda: Y.sum(2), IndexError, r"sum: dimension 2 .*\(2, 3\).* -2 to 1"),
    "mean": (lambda: Y.mean(-3), IndexError, r"mean: dimension -3 .*\(2, 3\)"),
    "sum of two": (lambda: Y.sum((0, 5)), IndexError, r"sum: dimension 5 .*\(2, 3\)"),
    "sum twice": (lambda: Y.sum((0, 0)), (ValueError, RuntimeError), r"sum.*\(2, 3\)"),
    "sum by name": (lambda: Y.sum("a"), TypeError, "'a'"),
    "sum by float": (lambda: Y.sum(1.0), TypeError, "1.0"),
    "dim and axis": (lambda: Y.sum(0, axis=1), TypeError, "dim=0, axis=1"),
    "max": (lambda: Y.max(2), IndexError, r"dimension 2 .*\(2, 3\)"),
    "argmax": (lambda: Y.argmax(2), IndexError, r"argmax: dimension 2 .*\(2, 3\)"),
    "amin": (lambda: Y.amin(2), IndexError, r"amin: dimension 2 .*\(2, 3\)"),
    "all": (lambda: Y.all(2), IndexError, r"all: dimension 2 .*\(2, 3\)"),
    "softmax": (lambda: Y.softmax(2), IndexError, r"softmax: dimension 2 .*\(2, 3\)"),
    "softmax of what": (lambda: Y.softmax(), TypeError, "missing 1 required .*'dim'"),
    "size": (lambda: Y.size(2), IndexError, r"size: dimension 2 .*\(2, 3\)"),
    "transpose": (lambda: Y.transpose(0, 2), IndexError, r"transpose: dimension 2 .*\(2, 3\)"),
    "permute twice": (lambda: Y.permute(0, 0), RuntimeError, r"permute: \(0, 0\) .*\(2, 3\)"),
    "permute few": (lambda: Y.permute(0), RuntimeError, r"permute: \(0,\) .*\(2, 3\)"),
    "permute beyond": (lambda: Y.permute(0, 3), (IndexError, RuntimeError), r"permute.*\(2, 3\)"),
    "squeeze": (lambda: Y.squeeze(2), IndexError, r"squeeze: dimension 2 .*\(2, 3\)"),
    "unsqueeze": (lambda: Y.unsqueeze(3), IndexError, "unsqueeze: dimension 3 .* -3 to 2"),
    "flatten": (lambda: Y.flatten(2), IndexError, r"flatten: dimension 2 .*\(2, 3\)"),
    "flatten back": (lambda: Y.flatten(1, 0), RuntimeError, "flatten: start_dim 1 .* 0"),
    "t": (lambda: tg.ones(1, 2, 3).t(), RuntimeError, r"t: \(1, 2, 3\)"),
    "reshape": (lambda: Y.reshape(4, -1), (ValueError, RuntimeError), r"\(2, 3\) as \(4, -1\)"),
    "reshape -1 -1": (lambda: Y.view(-1, -1), (ValueError, RuntimeError), r"\(-1, -1\)"),
    "expand": (lambda: Y.expand(4, 3), (ValueError, RuntimeError), r"\(2, 3\) to \(4, 3\)"),
    "expand few": (lambda: Y.expand(3), RuntimeError, r"\(2, 3\) .* \(3,\)"),
    "cat": (lambda: tg.cat([Y, tg.ones(2, 4)]), ValueError, r"\(2, 3\) and \(2, 4\) .* 0"),
    "cat dims": (lambda: tg.cat([Y, tg.ones(2)]), ValueError, r"\(2, 3\) and \(2,\)"),
    "cat beyond": (lambda: tg.cat([Y], 2), IndexError, "cat: dimension 2 .* -2 to 1"),
    "cat nothing": (lambda: tg.cat([]), ValueError, "cat: there is no tensor"),
    "cat numbers": (lambda: tg.cat([Y.sum(), Y.sum()]), (ValueError, RuntimeError), r"\(\)"),
    "stack": (lambda: tg.stack([Y, Y.T]), ValueError, r"\(2, 3\) and \(3, 2\)"),
    "stack beyond": (lambda: tg.stack([Y], 3), IndexError, "stack: dimension 3 .* -3 to 2"),
    "matmul": (lambda: Y @ Y, ValueError, r"\(2, 3\) @ \(2, 3\).*W.T"),
    "matmul number": (lambda: Y @ Y.sum(), ValueError, r"\(2, 3\) @ \(\)"),
    "matmul batch": (lambda: tg.ones(2, 1, 1) @ tg.ones(3, 1, 1), ValueError, r"\(2, 1, 1\)"),
    "mean of ints": (lambda: Y.long().mean(), RuntimeError, "int64.*float"),
    "item": (lambda: Y.item(), RuntimeError, r"\(2, 3\) holds 6"),
    "clamp": (lambda: Y.clamp(), ValueError, "min, max or both"),
    "bool": (lambda: bool(Y), RuntimeError, "6 numbers"),
}


@pytest.mark.parametrize(("attempt", "error", "words"), BAD_SHAPES.values(), ids=BAD_SHAPES)
def test_misuse_is_told_with_the_values_at_hand(attempt, error, words):
    with pytest.raises(error, match=words):
        attempt()
    assert Y.tolist() == [[1.0] * 3] * 2


OPERATORS = {
    **{name: getattr(operator, name) for name in ("add", "sub", "mul", "truediv", "pow", "mod")},
    **{name: getattr(operator, name) for name in ("floordiv", "eq", "ne", "lt", "le", "gt", "ge")},
    "maximum": tg.maximum,
    "minimum": tg.minimum,
    "where": lambda a, b: tg.where(a > 0, a, b),
}


@pytest.mark.parametrize("combine", OPERATORS.values(), ids=OPERATORS)
@pytest.mark.parametrize("recorded", [False, True])
@given(left=st.lists(st.integers(2, 4), max_size=2), extra=st.integers(1, 3))
def test_shapes_that_do_not_broadcast_are_named(combine, recorded, left, extra):
    a, b = tg.ones(*left, 3, requires_grad=recorded), tg.ones(3 + extra, requires_grad=recorded)
    shapes = rf"{tuple(a.shape)} and .*{tuple(b.shape)}.* \[3, {3 + extra}\]"
    with pytest.raises(ValueError, match=shapes.replace("(", r"\(").replace(")", r"\)")):
        combine(a, b)
    assert a.numpy().min() == 1 if not recorded else a.grad is b.grad is None


@pytest.mark.parametrize("strange", [None, "a", {}], ids=repr)
@pytest.mark.parametrize(
    "combine",
    [operator.add, operator.mul, operator.sub, operator.truediv, operator.lt, operator.iadd],
)
def test_what_is_no_number_does_not_combine(combine, strange):
    """The message shows what was given, and not a failure of NumPy's to explain itself."""
    for t in (tg.tensor([1.0]), leaf([1.0]) * 1):
        with pytest.raises(TypeError, match=rf"\(1,\) float.*{strange!r}"):
            combine(t, strange)
        assert t.tolist() == [1.0]


# ---------------------------------------------------------------- NumPy speaks it


V, A = leaf([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 3.0])
N = leaf([[1.0, 2.0], [3.0, 4.0]])
SPOKEN = {
    "exp": (lambda np_: np_.exp(V), lambda: V.exp()),
    "log": (lambda np_: np_.log(V), lambda: V.log()),
    "abs": (lambda np_: np_.abs(V), lambda: V.abs()),
    "sum": (lambda np_: np_.sum(N), lambda: N.sum()),
    "sum axis": (lambda np_: np_.sum(N, axis=1), lambda: N.sum(1)),
    "sum 0": (lambda np_: np_.sum(N, 0), lambda: N.sum(0)),
    "sum keepdims": (lambda np_: np_.sum(N, axis=0, keepdims=True), lambda: N.sum(0, True)),
    "mean": (lambda np_: np_.mean(N, axis=(0, 1)), lambda: N.mean()),
    "max": (lambda np_: np_.max(N, axis=1), lambda: N.amax(1)),
    "amin": (lambda np_: np_.amin(N), lambda: N.min()),
    "concatenate": (lambda np_: np_.concatenate([V, A]), lambda: tg.cat([V, tg.tensor(A)])),
    "concatenate axis": (lambda np_: np_.concatenate((N, N), axis=1), lambda: tg.cat([N, N], 1)),
    "concatenate 1": (lambda np_: np_.concatenate((N, N), 1), lambda: tg.cat([N, N], 1)),
    "stack": (lambda np_: np_.stack([V, V], axis=1), lambda: tg.stack([V, V], 1)),
    "where": (lambda np_: np_.where(A > 1, V, 0.0), lambda: tg.where(V > 1, V, 0.0)),
    "clip": (lambda np_: np_.clip(V, 1.5, 2.5), lambda: V.clamp(1.5, 2.5)),
    "reshape": (lambda np_: np_.reshape(N, (4,)), lambda: N.reshape(4)),
    "transpose": (lambda np_: np_.transpose(N), lambda: N.T),
    "squeeze": (lambda np_: np_.squeeze(V[None]), lambda: V),
    "expand_dims": (lambda np_: np_.expand_dims(V, 0), lambda: V.unsqueeze(0)),
    "broadcast_to": (lambda np_: np_.broadcast_to(V, (2, 3)), lambda: V.expand(2, 3)),
    "matmul": (lambda np_: np_.matmul(N, N), lambda: N @ N),
    "power": (lambda np_: np_.power(V, 2), lambda: V**2),
    "maximum": (lambda np_: np_.maximum(V, 2.0), lambda: tg.maximum(V, 2.0)),
    "array * t": (lambda np_: A * V, lambda: V * tg.tensor(A)),
    "array - t": (lambda np_: A - V, lambda: tg.tensor(A) - V),
    "array / t": (lambda np_: A / V, lambda: tg.tensor(A) / V),
    "array ** t": (lambda np_: A**V, lambda: tg.tensor(A) ** V),
    "array @ t": (lambda np_: A @ V, lambda: tg.tensor(A) @ V),
    "t * array": (lambda np_: V * A, lambda: V * tg.tensor(A)),
    "scalar * t": (lambda np_: np_.float64(2) * V, lambda: V * 2),
}


@pytest.mark.parametrize(("spoken", "own"), SPOKEN.values(), ids=SPOKEN)
def test_numpy_functions_are_ours(spoken, own):
    ours, wanted = spoken(np), own()
    assert type(ours) is tg.Tensor
    assert described(ours) == described(wanted)
    for leaf_of in (t for t in (V, N) if t.node in ancestors(wanted.node)):
        (g,) = tg.autograd.grad(ours, leaf_of, tg.ones_like(ours), retain_graph=True)
        (h,) = tg.autograd.grad(wanted, leaf_of, tg.ones_like(wanted), retain_graph=True)
        assert g.tolist() == h.tolist()


def ancestors(node):
    found, stack = set(), [node]
    while stack:
        node = stack.pop()
        if node is not None and node not in found:
            found.add(node)
            stack += node.inputs
    return found


@pytest.mark.parametrize("compare", [operator.lt, operator.ge, operator.eq, operator.ne])
def test_arrays_compare_with_tensors_from_both_sides(compare):
    for left, right in ((A, V), (V, A[::-1].copy()), (np.float64(2), V)):
        got = compare(left, right)
        assert type(got) is tg.Tensor
        plain = [x.detach().numpy() if isinstance(x, tg.Tensor) else x for x in (left, right)]
        assert got.tolist() == compare(*plain).tolist()


@pytest.mark.parametrize(
    ("attempt", "name"),
    [
        (lambda: np.unwrap(V), "np.unwrap"),
        (lambda: np.linalg.eig(V), "np.linalg.eig"),
        (lambda: np.add.at(V, 0, V), "np.add.at"),
        (lambda: np.multiply.reduceat(V, [0]), "np.multiply.reduceat"),
        (lambda: np.add(V, V, out=np.zeros(3)), "np.add.*out"),
        (lambda: np.exp(V, where=A > 1), "np.exp.*where"),
        (lambda: np.sum(V, dtype=np.float32), "np.sum.*dtype"),
        (lambda: operator.iadd(A.copy(), V), "np.add.*out"),
    ],
)
def test_what_is_not_mapped_raises_with_the_name_of_the_numpy_function(attempt, name):
    with pytest.raises(TypeError, match=name):
        attempt()


def test_numpy_reads_shapes_and_values():
    assert (np.shape(N), np.ndim(N), np.size(N)) == ((2, 2), 2, 4)
    assert np.allclose(V, A)
    assert np.array_equal(V, A)
    for like in (np.zeros_like(V), np.ones_like(V), np.full_like(V, 3)):
        assert type(like) is tg.Tensor
        assert not like.requires_grad
    np.testing.assert_array_equal(V.detach(), A)


def test_no_object_array_arises():
    c = tg.ones(3, dtype=tg.float64)
    for array in (np.array([c, c]), np.array([c[0], 1.0]), np.asarray(c), np.stack([c.numpy()])):
        assert array.dtype == np.float64
    target = np.zeros(3)
    target[:] = c
    assert target.tolist() == [1.0, 1.0, 1.0]
    for make in (
        lambda: np.array([V, V]),
        lambda: np.array([V[0], 1.0]),
        lambda: np.add(target, [V]),
    ):
        with pytest.raises((RuntimeError, TypeError)):
            make()


def test_arrays_are_indexed_by_tensors():
    assert A[tg.tensor([0, 2])].tolist() == [1.0, 3.0]
    assert A[tg.tensor(1)] == 2.0
    assert A[tg.tensor([1.0, 2.0, 3.0]) > 1].tolist() == [2.0, 3.0]


# ---------------------------------------------------------------- nothing half-done


@pytest.mark.parametrize(
    "attempt",
    [
        lambda x, y: x + y,
        lambda x, y: x.sum(5),
        lambda x, y: x @ y,
        lambda x, y: tg.cat([x, y[None]]),
        lambda x, y: x.reshape(7),
        lambda x, y: x[9],
        lambda x, y: x.long().requires_grad_(),
        lambda x, y: (x * x).backward(y),
        lambda x, y: x.__setitem__(0, y),
        lambda x, y: x.add_(1),
    ],
)
def test_an_error_changes_nothing_and_keeps_nothing(attempt):
    x, y = leaf([1.0, 2.0]), leaf([1.0, 2.0, 3.0])
    arrays, nodes = (x.array, y.array), (x.node, y.node)
    with pytest.raises((ValueError, RuntimeError, IndexError)):
        attempt(x, y)
    assert x.array is arrays[0]
    assert y.array is arrays[1]
    assert (x.node, y.node) == nodes
    assert (x.tolist(), y.tolist()) == ([1.0, 2.0], [1.0, 2.0, 3.0])
    assert x.grad is y.grad is None
    assert tg.is_grad_enabled()
    (x.sum() * y.sum()).backward()
    assert (x.grad.tolist(), y.grad.tolist()) == ([6.0, 6.0], [3.0, 3.0, 3.0])


# ---------------------------------------------------------------- found by a reviewer


def test_an_integer_tensor_as_index_gives_a_view():
    x = tg.ones(3, 2)
    for i in tg.randperm(3):
        x[i].zero_()
    assert x.sum().item() == 0.0
    y = tg.ones(3, requires_grad=True) * 2
    row = y[tg.tensor(1)]
    row += tg.ones((), requires_grad=True)
    assert y.tolist() == [2.0, 3.0, 2.0]


def test_a_key_of_uint8_has_to_say_what_it_is():
    x = tg.tensor([1.0, 2.0, 3.0])
    mask = tg.tensor([1, 0, 1], dtype=tg.uint8)
    with pytest.raises(IndexError, match=r"\.bool\(\) or \.long\(\)"):
        x[mask]
    assert x[mask.bool()].tolist() == [1.0, 3.0]


def test_an_integer_tensor_never_comes_to_require_grad():
    w, x = tg.tensor(1.5, requires_grad=True), tg.zeros(3, dtype=tg.int64)
    x[0] = w
    assert x.tolist() == [1, 0, 0]
    assert not x.requires_grad


# ---------------------------------------------------------------- another shape, in place


BECOME = {"t": (), "transpose": (0, 1), "squeeze": (0,), "unsqueeze": (-1,)}


@pytest.mark.parametrize("plain", BECOME)
def test_a_tensor_becomes_a_view_of_itself(plain):
    name, dims = f"{plain}_", BECOME[plain]
    x = tg.arange(3.0).reshape(1, 3)
    memory, expected = x.array, getattr(x, plain)(*dims)

    def become(x):
        return getattr(x, name)(*dims)

    assert become(x) is x
    assert x.shape == expected.shape
    assert x.tolist() == expected.tolist()
    assert np.shares_memory(x.array, memory)
    leaf = tg.arange(3.0).reshape(1, 3).requires_grad_()
    with pytest.raises(RuntimeError, match=f"{name}: a leaf that requires grad"):
        become(leaf)
    with tg.no_grad():
        become(leaf)
    y = become(tg.ones(1, 3, requires_grad=True) * 2)
    (tg.arange(3.0).reshape(y.shape) * y).sum().backward()  # it stays in the record


def test_detach_takes_a_tensor_out_of_the_record():
    w = tg.ones(2, requires_grad=True)
    y = w * 2
    assert y.detach_() is y
    assert not y.requires_grad
    assert w.detach_() is w
    assert not w.requires_grad


def test_fill_takes_one_number():
    x = tg.zeros(2, 3)
    assert x.fill_(tg.tensor(2.0)).tolist() == [[2.0] * 3] * 2
    with pytest.raises(RuntimeError, match=r"fill_: the value is one number, not \(3,\)"):
        x.fill_(tg.ones(3))
    assert x.is_floating_point()
    assert x.itemsize == 4


def test_bools_make_whole_numbers_and_floats():
    b = tg.tensor([True, False])
    for y in (b**2, b**3, b.square()):
        assert (y.dtype, y.tolist()) == (tg.int64, [1, 0])
    assert b.sigmoid().dtype == tg.float32
    assert b.logsumexp(0).item() == pytest.approx(np.log(np.e + 1))
    assert tg.add(b, b, alpha=2).tolist() == [True, False]


@pytest.mark.parametrize(
    "call", [tg.relu, tg.sum, tg.mean, tg.flatten, lambda x: tg.reshape(x, (2,))]
)
def test_what_is_no_tensor_is_refused_by_name(call):
    for wrong in ([1.0, 2.0], "a", None):
        with pytest.raises(TypeError, match=r"(relu|sum|mean|flatten|reshape): .*"):
            call(wrong)


# ---------------------------------------------------------------- what scripts ask, and old forms


def test_a_script_that_asks_where_a_tensor_is_goes_on_on_the_cpu():
    x = tg.ones(2)
    asked = "is_cuda is_xpu is_mps is_meta is_quantized is_sparse"
    assert not any(getattr(x, name) for name in asked.split())
    assert not any(getattr(x, name)() for name in ("is_pinned", "is_shared", "is_conj", "is_neg"))
    assert (x.layout, x.output_nr, x.retains_grad, x.ndimension()) == (tg.strided, 0, False, 1)
    with pytest.raises(RuntimeError, match=r"pin_memory.*cuda\.is_available"):
        x.pin_memory()


def test_elements_are_replaced_by_a_function_of_numbers():
    x = tg.tensor([1.0, 2.0])
    view = x[:1]
    assert x.apply_(lambda a: a + 1) is x
    x.map_(tg.tensor([10.0, 20.0]), lambda a, b: a * b)
    assert (x.tolist(), view.tolist()) == ([20.0, 60.0], [20.0])
    with pytest.raises(RuntimeError, match="not recorded"):
        tg.ones(2, requires_grad=True).apply_(abs)
    with pytest.raises(TypeError, match="float32 and int64"):
        x.map_(tg.arange(2), max)


def test_a_tensor_takes_another_shape_or_memory():
    x = tg.arange(6)
    assert x.resize_(2, 2).tolist() == [[0, 1], [2, 3]]
    assert x.resize_((6,)).tolist()[:4] == [0, 1, 2, 3]
    assert tg.ones(2, 3).t().resize_(2).shape == (2,)
    turned = tg.arange(6).view(2, 3).t()
    assert turned.resize_(4).tolist() == [0, 1, 2, 3]  # in the order of the memory
    y, x = tg.zeros(3), x.float()
    assert x.set_(y) is x
    with pytest.raises(RuntimeError, match="set_: a float32 tensor does not take int64"):
        x.set_(tg.arange(2))
    x[0] = 5.0
    assert y.tolist() == [5.0, 0.0, 0.0]
    assert x.is_set_to(y)
    assert not x.is_set_to(y[:2])
    assert tg.arange(6)[2:].storage_offset() == 2
    with pytest.raises(RuntimeError, match="resize_: the tensor requires grad"):
        tg.ones(2, requires_grad=True).resize_(3)


def test_to_takes_each_argument_once():
    x = tg.ones(2)
    assert x.to("cpu", dtype=tg.float64).dtype == tg.float64
    assert x.to(other=tg.arange(2)).dtype == tg.int64
    assert not x.to(copy=True).is_set_to(x)
    assert x.to() is x
    for call in (lambda: x.to(tg.float32, dtype=tg.float32), lambda: x.to(tg.float32, 1, 2, 3, 4)):
        with pytest.raises(TypeError, match="to: it takes"):
            call()
    assert x.clone().requires_grad_().numpy(force=True).tolist() == [1.0, 1.0]
