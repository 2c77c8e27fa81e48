"""Reading and writing at places, beside PyTorch: values, dtypes, gradients, errors."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings, strategies as st
from test_indexing import I24, NAN, R2, REFUSED, S24, X, array, call

import tinygrad_edu as tg
from tinygrad_edu import functions


def same(name, *args, gradients=True, **kwargs):
    """Are outputs, dtypes and gradients PyTorch's?"""
    ours, our_gradients = call(tg, name, args, kwargs)
    theirs, their_gradients = call(torch, name, args, kwargs)
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        assert type(a) is tg.Tensor
        assert str(a.dtype) == str(b.dtype).removeprefix("torch.")
        assert a.shape == tuple(b.shape)
        np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), rtol=1e-6)
    for a, b in zip(our_gradients, their_gradients, strict=True) if gradients else ():
        if b is not None or a is not None:
            np.testing.assert_allclose(a or np.zeros(np.shape(b)), b or np.zeros(np.shape(a)))


# ---------------------------------------------------------------- beside PyTorch

DISTINCT = array([0, 2, 1, 0], [2, 0, 0, 1])

SAME = [
    ("gather", X, 0, I24),
    ("gather", X, -1, array([3, 0, 0], [1, 1, 2])),
    ("gather", X, 1, array([0], [2], [1], dtype=np.int32)),
    ("gather", X, 0, np.zeros((0, 4), int)),
    ("gather", np.array(3.0), 0, np.array(0)),
    ("gather", np.arange(6), 0, array(5, 0, 0)),
    ("scatter", X, 0, DISTINCT, S24),
    ("scatter", X, 1, array([3, 0]), S24[:1, :2]),
    ("scatter", X, 0, I24, 5.0),
    ("scatter", np.arange(4), 0, array(1, 2), 7),
    ("scatter", np.zeros(3, bool), 0, array(1), True),
    ("scatter", np.array(3.0), 0, np.array(0), np.array(4.0)),
    ("scatter_add", X, 0, I24, S24),
    ("scatter_add", X, 1, array([3, 3, 3], [0, 1, 0]), S24[:, :3]),
    ("scatter_add", np.arange(4), 0, array(1, 1), array(5, 6)),
    ("scatter_add", X, 0, np.zeros((0, 4), int), S24[:0]),
    ("index_select", X, 0, array(2, 0, 2)),
    ("index_select", X, -1, array(3, 3)),
    ("index_select", X, 1, np.array(2)),
    ("index_select", X, 1, np.zeros(0, int)),
    ("index_add", X, 0, array(2, 2), R2),
    ("index_add", X, 1, array(1, 0, 1), np.ones((3, 3)), ),
    ("index_add", np.arange(3), 0, array(1, 1), array(5, 6)),
    ("take", X, array([0, -1], [5, 5])),
    ("take_along_dim", X, array([3], [-4], [1]), 1),
    ("take_along_dim", X, array([1, 2]), 1),
    ("take_along_dim", X[:1], array([1, 2], [0, 0]), 1),
    ("take_along_dim", X, array(4, 4)),
    ("masked_select", X, X > 1),
    ("masked_select", X, array(True, False, False, True)),
    ("masked_select", X[0], X > 1),
    ("masked_select", X, X > 100),
    ("masked_select", np.array(3.0), np.array(True)),
    ("one_hot", array([0, 2], [1, 0])),
    ("one_hot", array(0, 2), 4),
    ("one_hot", np.array(1), 3),
    ("one_hot", np.zeros((0, 2), int), 3),
    ("sort", X),
    ("sort", X, 0, True),
    ("sort", array(1.0, NAN, 3.0, NAN, 2.0)),
    ("sort", array(1.0, NAN, 3.0, NAN, 2.0), 0, True),
    ("sort", array(3, 1, 2, 1, 3), -1, True),
    ("sort", array(True, False)),
    ("sort", np.array(3.0)),
    ("sort", np.zeros((0, 3)), 0),
    ("argsort", X, 0),
    ("argsort", X, -1, True),
    ("topk", X, 2),
    ("topk", X, 3, 0, False),
    ("topk", array(1.0, NAN, 3.0), 2),
    ("topk", array(1.0, NAN, 3.0), 2, -1, False),
    ("topk", np.array(3.0), 1),
    ("topk", X, 0),
    ("searchsorted", array(1.0, 3.0, 5.0), array([3.0, 9.0], [0.0, NAN])),
    ("searchsorted", array(1.0, 3.0, 5.0), 3.0),
    ("searchsorted", array([1, 3], [2, 2]), array([0, 1, 3], [1, 2, 3])),
    ("searchsorted", np.zeros((2, 0)), np.zeros((2, 3))),
    ("searchsorted", np.zeros((0, 2)), np.zeros((0, 3))),
    ("bucketize", array([3.0, 4.0]), array(1.0, 3.0, 5.0)),
    ("bucketize", 3, array(1, 3, 5)),
    ("bincount", array(0, 3, 3)),
    ("bincount", array(1, 2, dtype=np.uint8)),
    ("bincount", array(0, 3, 3), None, 6),
    ("bincount", np.zeros(0, int), None, 2),
    ("bincount", array(0, 3, 3), array(1, 1, 2)),
    ("nonzero", X > 1),
    ("nonzero", np.array(3)),
    ("argwhere", X),
]  # fmt: skip


@pytest.mark.parametrize("case", SAME, ids=lambda case: case[0])
def test_same_as_pytorch(case):
    same(*case)


def test_what_else_pytorch_accepts():
    same("index_add", X, 0, array(2, 2), R2, alpha=-2)
    same("scatter", X, 0, I24, value=2.0)
    for kwargs in ({"right": True}, {"side": "right"}, {"out_int32": True}):
        same("searchsorted", array(1.0, 3.0, 5.0), array(3.0, 4.0), **kwargs)
    same("bucketize", array(3.0), array(1.0, 3.0), right=True, out_int32=True)
    same("nonzero", X > 1, as_tuple=True)
    same("nonzero", np.array(3), as_tuple=True)
    same("sort", X, stable=True, dim=0)
    for dtype in (tg.float16, tg.float32, tg.float64):
        y = functions.bincount(tg.tensor([0, 3, 3]), tg.tensor([0.5, 1, 2], dtype=dtype))
        assert (y.tolist(), y.dtype) == (
            [0.5, 0, 0, 3],
            max(dtype, tg.float32),
        ) or dtype.itemsize == 2


@pytest.mark.parametrize("name", ["unique"])
@pytest.mark.parametrize("dim", [None, 0, 1, -1])
def test_unique_is_pytorch_s(name, dim):
    rows = array([3, 3, 1], [3, 3, 1], [1, 2, 1], [3, 3, 1])
    for asked in ({}, {"return_inverse": True}, {"return_counts": True}):
        same(name, rows, dim=dim, **asked)
    same(name, rows, return_inverse=True, return_counts=True, dim=dim)
    if dim is None:
        for x in (np.zeros(0), np.array(3), array(1, 3, 3, 1), array(True, False)):
            same(name, x, return_inverse=True, return_counts=True)


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case[2])
def test_misuse_is_refused_as_in_pytorch(case):
    error, _, name, *args = case
    with pytest.raises(error):
        call(torch, name, args, {})


# ---------------------------------------------------------------- x[key] and x[key] = v


PARTS = [
    0, -1, np.int64(1), None, Ellipsis, slice(None), slice(1, None), slice(0, 3, 2), slice(0, 0),
    [0, 1], [1, -1, 1], [], range(2), np.array([1, 0]), np.array([[0, 1], [1, 1]]),
    np.array(1), np.zeros(0, int), [True, False, True], [True, False], True, False,
]  # fmt: skip


def key_for(lib, key):
    return tuple(lib.tensor(part) if isinstance(part, np.ndarray) else part for part in key)


def outcome(lib, shape, key, value):
    """What x[key] and x[key] = value give in that library, with gradients; or the error."""
    x = lib.tensor(np.arange(float(np.prod(shape))).reshape(shape), requires_grad=True)
    key = key_for(lib, key)
    key = key[0] if len(key) == 1 else key
    try:
        y = x[key]
        (y * y).sum().backward()
        read = (tuple(y.shape), y.tolist(), x.grad.tolist())
        z = x * 1
        v = lib.tensor(value, requires_grad=True)
        z[key] = v
        x.grad = None
        (z * z).sum().backward()
        grad = v.grad.tolist() if v.grad is not None else 0.0
        x_grad = x.grad.tolist() if x.grad is not None else np.zeros(shape).tolist()
        return read, z.tolist(), grad, x_grad
    except (IndexError, ValueError, TypeError, RuntimeError) as error:
        return type(error)


@settings(max_examples=400)
@given(data=st.data())
def test_keys_read_and_write_as_in_pytorch(data):
    shape = data.draw(st.sampled_from([(3,), (3, 2), (2, 3), (2, 3, 2), (0, 3), ()]))
    key = data.draw(st.lists(st.sampled_from(PARTS), min_size=1, max_size=4))
    if shape and data.draw(st.integers(0, 3)) == 0:
        rows = np.arange(int(np.prod(shape[:2]))).reshape(shape[:2]) % 2 == 0
        key = [rows, *key[: max(0, len(shape) - 2)]]
    if sum(part is Ellipsis for part in key) > 1:  # NumPy takes one
        return
    key = tuple(key)
    value = np.array(2.5)
    ours, theirs = outcome(tg, shape, key, value), outcome(torch, shape, key, value)
    if isinstance(theirs, type) or isinstance(ours, type):
        assert isinstance(theirs, type), (shape, key, ours, theirs)
        assert isinstance(ours, type), (shape, key, ours, theirs)
        assert issubclass(ours, IndexError | TypeError | ValueError | RuntimeError)
        return
    repeated = any(isinstance(part, list | np.ndarray) for part in key)
    (read, z, grad, x_grad), (their_read, their_z, their_grad, their_x_grad) = ours, theirs
    assert read == their_read
    assert z == their_z
    assert x_grad == their_x_grad
    if not repeated:
        assert grad == their_grad
