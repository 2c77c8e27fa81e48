"""The Tensor as users meet it: making, printing, indexing, writing, converting, misusing it."""

import itertools
import math
import operator

import numpy as np
import pytest
import torch
from test_tensor import AT_TWICE, DTYPES, KEYS, TWICE, WRITTEN, described, leaf, overwrite

import tinygrad_edu as tg
from tinygrad_edu.testing import gradcheck


def on_both(f):
    """f's answers from both libraries, described so that they can be compared."""
    return described(f(tg)), described(f(torch))


# ---------------------------------------------------------------- making tensors


@pytest.mark.parametrize(
    "data",
    [
        2.5,
        3,
        True,
        [1.0, 2],
        [1, 2],
        [True, False],
        [True, 2, 3.5],
        (1, (2.0, 3.0)[0]),
        [[1, 2], [3, 4]],
        [],
        [[]],
        range(3),
        np.float64(2.5),
        np.float32(2.5),
        np.int32(3),
        np.bool_(True),
        np.ones(2),
        np.ones((2, 1), np.float16),
        np.ones(2, np.uint8),
        np.zeros((0, 2), np.int32),
    ],
    ids=repr,
)
def test_numbers_become_the_dtype_that_pytorch_gives_them(data):
    ours, theirs = on_both(lambda lib: lib.tensor(data))
    assert ours == theirs


@pytest.mark.parametrize("wanted", DTYPES)
@pytest.mark.parametrize("data", [[0, 1], [0.0, 2.5], [True, False], np.arange(3.0)], ids=repr)
def test_a_dtype_that_is_asked_for_is_given(data, wanted):
    ours, theirs = on_both(lambda lib: lib.tensor(data, dtype=getattr(lib, wanted)))
    assert ours == theirs


@pytest.mark.parametrize(
    "make",
    [
        lambda lib: lib.zeros(2, 3),
        lambda lib: lib.zeros((2, 3), dtype=lib.int64),
        lambda lib: lib.ones([2]),
        lambda lib: lib.ones(()),
        lambda lib: lib.zeros(0, 3),
        lambda lib: lib.full((2,), 7),
        lambda lib: lib.full((2,), 7.5),
        lambda lib: lib.full((), True),
        lambda lib: lib.arange(3),
        lambda lib: lib.arange(1, 4),
        lambda lib: lib.arange(0, 1, 0.25),
        lambda lib: lib.arange(5, 0, -2),
        lambda lib: lib.arange(3.0),
        lambda lib: lib.arange(3, dtype=lib.float64),
        lambda lib: lib.linspace(0, 1, 5),
        lambda lib: lib.eye(2),
        lambda lib: lib.eye(2, 3),
        lambda lib: lib.zeros_like(lib.ones(2, dtype=lib.float64)),
        lambda lib: lib.ones_like(lib.arange(2)),
        lambda lib: lib.ones_like(lib.arange(2), dtype=lib.float32),
        lambda lib: lib.full_like(lib.ones(2), 3),
    ],
)
def test_filled_tensors(make):
    ours, theirs = on_both(make)
    assert ours == theirs


# ---------------------------------------------------------------- dtypes


@pytest.mark.parametrize("combine", [operator.add, operator.mul], ids=["+", "*"])
@pytest.mark.parametrize(("one", "other"), list(itertools.product(DTYPES, DTYPES)))
def test_tensors_meet_in_pytorch_s_dtype(one, other, combine):
    for shape, shape_of_other in itertools.product([(), (2,)], [(), (2,)]):
        a, b = np.ones(shape, one), np.ones(shape_of_other, other)
        ours, theirs = on_both(lambda lib, a=a, b=b: combine(lib.tensor(a), lib.tensor(b)))
        assert ours == theirs, (shape, shape_of_other)


@pytest.mark.parametrize("kind", DTYPES)
@pytest.mark.parametrize("scalar", [True, 2, 2.5, np.float64(2.5), np.float32(2.5), np.int64(2)])
@pytest.mark.parametrize(
    "combine", [operator.add, operator.mul, operator.truediv], ids=["+", "*", "/"]
)
def test_scalars_are_weak(kind, scalar, combine):
    for shape in [(), (2,)]:
        a = np.ones(shape, kind)
        assert operator.eq(*on_both(lambda lib, a=a: combine(lib.tensor(a), scalar)))
        if not isinstance(scalar, np.generic):
            assert operator.eq(*on_both(lambda lib, a=a: combine(scalar, lib.tensor(a))))


@pytest.mark.parametrize(
    "compare",
    [
        lambda lib: lib.tensor([0.1]) == np.float64(0.1),
        lambda lib: lib.tensor([0.1]) == 0.1,
        lambda lib: lib.tensor([0.1]) == lib.tensor(0.1, dtype=lib.float64),
        lambda lib: lib.tensor([0.1]) == lib.tensor([0.1], dtype=lib.float64),
        lambda lib: lib.tensor([16777217]) == lib.tensor([16777216.0]),
        lambda lib: lib.tensor([1, 2]) < 1.5,
    ],
)
def test_comparisons_meet_in_the_same_dtype(compare):
    assert operator.eq(*on_both(compare))


@pytest.mark.parametrize(
    "compute",
    [
        lambda lib: lib.tensor([7]) // lib.tensor([2.0]),
        lambda lib: lib.tensor([7.0]) // np.float64(2),
        lambda lib: lib.tensor([-7, 7]) // 2,
        lambda lib: lib.tensor([-7, 7]) % 3,
        lambda lib: lib.tensor([4, 9]) ** 0.5,
        lambda lib: 2 ** lib.tensor([1, 2]),
        lambda lib: lib.tensor([1, 2]).exp(),
        lambda lib: lib.tensor([0, 1]).sigmoid(),
        lambda lib: lib.tensor([True, False]).sqrt(),
        lambda lib: lib.tensor([1, 3], dtype=lib.uint8).sum(),
        lambda lib: lib.tensor([1, 3], dtype=lib.int32).sum(),
        lambda lib: lib.tensor([True, True]).sum(),
        lambda lib: lib.tensor([1, 3]).sum(dtype=lib.float64),
        lambda lib: lib.ones(2, dtype=lib.float16).mean(),
        lambda lib: lib.tensor([1.0, 2.0]).clamp(min=np.float64(1.5)),
        lambda lib: lib.tensor([1, 2]).clamp(1.5),
        lambda lib: lib.where(lib.tensor([True, False]), 1.0, 0.0),
        lambda lib: lib.where(lib.tensor([True, False]), lib.tensor([1, 2]), 2.5),
        lambda lib: lib.cat([lib.zeros(1), lib.zeros(1, dtype=lib.int64)]),
        lambda lib: lib.cat([lib.zeros(1), lib.zeros(1, dtype=lib.float64)]),
        lambda lib: lib.stack([lib.tensor(1), lib.tensor(2)]),
        lambda lib: abs(lib.tensor([-1, 2])),
        lambda lib: ~lib.tensor([True, False]),
        lambda lib: lib.zeros(0).all(),
        lambda lib: lib.zeros(0, 2).any(0),
        lambda lib: lib.zeros(0).sum(),
    ],
)
def test_results_have_pytorch_s_dtype(compute):
    ours, theirs = on_both(compute)
    assert ours[:2] == theirs[:2]
    np.testing.assert_allclose(ours[2], theirs[2], rtol=1e-6)


# ---------------------------------------------------------------- printing


@pytest.mark.parametrize(
    ("data", "kwargs"),
    [
        (3.0, {}),
        (3, {}),
        (True, {}),
        (0.1234567, {}),
        (1e-9, {}),
        (123456789.0, {}),
        (math.nan, {}),
        ([], {}),
        ([1.0, 2.5], {}),
        ([1, -20, 300], {}),
        ([-1.0, 1.0], {}),
        ([0.5, -100.25], {}),
        ([True, False], {}),
        ([[1.0, 2.0], [3.0, 4.5]], {}),
        ([[[1.0, 2.0]], [[3.0, 4.0]]], {}),
        ([1e-5, 1.0], {}),
        ([1e10, 1.0], {}),
        ([1.0, 0.001], {}),
        ([1.0, 0.0009], {}),
        ([1.0, 2000.0], {}),
        ([math.inf, -1.0], {}),
        ([math.inf, 1.5], {}),
        ([math.nan, 1.0], {}),
        ([-0.0, 1.5], {}),
        ([0.0, 0.0], {}),
        (np.zeros((3, 0), np.float32), {}),
        (list(range(50)), {}),
        ([1.5 * k for k in range(40)], {}),
        (list(range(1001)), {}),
        ([float(k) for k in range(1001)], {}),
        (np.arange(2000).reshape(20, 100), {}),
        ([1.0, 2.5], {"requires_grad": True}),
        (2.0, {"requires_grad": True}),
        ([1.5], {"dtype": "float64", "requires_grad": True}),
        ([1.5], {"dtype": "float16"}),
        ([1, 2], {"dtype": "int32"}),
        ([1, 2], {"dtype": "uint8"}),
        ([], {"dtype": "int64"}),
    ],
    ids=lambda x: repr(x)[:30],
)
def test_a_tensor_prints_as_in_pytorch(data, kwargs):
    """But for the module name in front of a dtype."""
    theirs = {k: getattr(torch, v) if k == "dtype" else v for k, v in kwargs.items()}
    wanted = repr(torch.tensor(data, **theirs)).replace("dtype=torch.", "dtype=")
    assert repr(tg.tensor(data, **kwargs)) == wanted
    assert str(tg.tensor(data, **kwargs)) == wanted


# ---------------------------------------------------------------- indexing

AT = pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
AT_ONCE = pytest.mark.parametrize(
    "key", [k for n, k in KEYS.items() if n not in TWICE], ids=[n for n in KEYS if n not in TWICE]
)


def read(lib, key):
    x = leaf(np.arange(24.0).reshape(2, 3, 4), lib)
    y = x[key(lib.tensor)]
    (y * y).sum().backward()
    return tuple(y.shape), y.tolist(), x.grad.tolist()


def update(x, w, key):
    y = x * 1.0
    y[key] *= w
    y[key] += w * w
    return y


def with_gradients(f, lib, key):
    x, v = leaf(np.arange(24.0).reshape(2, 3, 4), lib), leaf(3.0, lib)
    y = f(x, v, key(lib.tensor))
    (y * y).sum().backward()
    return y.tolist(), x.grad.tolist(), v.grad.item()


def write_without_a_gradient(lib, key):
    y = lib.tensor(np.arange(24.0).reshape(2, 3, 4))
    key = key(lib.tensor)
    y[key] = 7
    y[key] += 1
    y[key] *= y[key]
    return y.tolist()


@AT
def test_reading_and_its_gradient(key):
    assert read(tg, key) == read(torch, key)


@AT_ONCE
@pytest.mark.parametrize("f", [overwrite, update])
def test_writing_and_its_gradients(f, key):
    assert with_gradients(f, tg, key) == with_gradients(f, torch, key)


@AT_TWICE
@pytest.mark.parametrize("f", [overwrite, update])
def test_writing_to_a_place_twice_has_the_gradient_of_the_value_that_stays(f, key):
    """PyTorch gives one to every value written there."""
    x, v = np.arange(24.0).reshape(2, 3, 4), np.array(3.0)
    theirs = f(torch.tensor(x), torch.tensor(v), key(torch.tensor))
    assert f(tg.tensor(x), tg.tensor(v), key(tg.tensor)).tolist() == theirs.tolist()
    assert gradcheck(lambda x, v: f(x, v, key(tg.tensor)), [x, v], order=2)


@AT
def test_writing_into_the_buffer(key):
    assert write_without_a_gradient(tg, key) == write_without_a_gradient(torch, key)


@pytest.mark.parametrize("recorded", [False, True])
@pytest.mark.parametrize("value_shape", [(), (1,), (3,), (1, 3), (1, 1, 3), (2, 1), (1, 2, 3)])
def test_what_is_written_is_broadcast_to_the_places(value_shape, recorded):
    def written(lib):
        v = lib.tensor(np.random.default_rng(0).random(value_shape), requires_grad=recorded)
        y = lib.zeros(2, 3, dtype=lib.float64)
        y[...] = v
        if not recorded:
            return y.tolist(), None
        (y * y).sum().backward()
        return y.tolist(), v.grad.tolist()

    assert written(tg) == written(torch)


# ---------------------------------------------------------------- writing in place


@WRITTEN
def test_without_a_gradient_a_write_goes_into_the_buffer(write):
    def written(lib):
        x, y = lib.tensor([1.0, 2.0, 3.0]), lib.tensor([2.0, 3.0, 4.0])
        view, alias = x[1:], x.detach()
        same = write(x, y)
        assert same is x
        return x.tolist(), view.tolist(), alias.tolist()

    assert written(tg) == written(torch)


@WRITTEN
def test_a_write_through_a_view_reaches_the_base(write):
    def written(lib):
        x = lib.arange(6.0).reshape(2, 3) + 1
        write(x[0], lib.tensor([2.0, 3.0, 4.0]))
        write(x.T[1], lib.tensor([2.0, 3.0]))
        write(x.view(6)[4:5], lib.tensor([3.0]))
        return x.tolist()

    assert written(tg) == written(torch)


@WRITTEN
def test_with_a_gradient_a_write_is_differentiable(write):
    def written(lib):
        a, b = leaf([1.0, 2.0, 3.0], lib), leaf([2.0, 3.0, 4.0], lib)
        x, y = a * 1, b * 1
        same = write(x, y)
        assert same is x
        (x * x).sum().backward()
        return [t.tolist() if t is not None else [0.0] * 3 for t in (x, a.grad, b.grad)]

    for ours, theirs in zip(written(tg), written(torch), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12)


@pytest.mark.parametrize("key", [0, (0, 0), np.s_[1:], np.s_[:, 1], np.s_[0:2], [0, 1]], ids=repr)
def test_but_the_form_that_works_does(key):
    def written(lib):
        w = leaf(3.0, lib)
        x = lib.ones(2, 3, dtype=lib.float64) * w
        x[key] += w
        x[key] *= 2
        (x * x).sum().backward()
        return x.tolist(), w.grad.item()

    assert written(tg) == written(torch)


NO_VIEWS = {
    "columns by a list": lambda x: x[:, [0, 2]],
    "rows by a list": lambda x: x[[0, 1]],
    "a mask": lambda x: x[x > 0],
    "max": lambda x: x.max(1).values,
    "logsumexp": lambda x: x.detach().logsumexp(1),
    "sum": lambda x: x.sum(1),
    "clone": lambda x: x.T.clone(),
    "matmul": lambda x: x @ x.T,
}


@pytest.mark.parametrize("recorded", [False, True])
@pytest.mark.parametrize("compute", NO_VIEWS.values(), ids=NO_VIEWS)
def test_a_result_that_is_no_view_is_written_with_a_gradient(compute, recorded):
    def written(lib):
        a = lib.tensor(np.arange(1.0, 7.0).reshape(2, 3), requires_grad=recorded)
        w = leaf(2.0, lib)
        y = compute(a * 1)
        y *= w
        y[0] = w
        (y * y).sum().backward()
        return [t for t in (y.detach(), w.grad, a.grad) if t is not None]

    for ours, theirs in zip(written(tg), written(torch), strict=True):
        np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-12)


# ---------------------------------------------------------------- shapes


SHAPES = {
    "reshape": lambda x: x.reshape(3, -1),
    "reshape list": lambda x: x.reshape([4, 3, 2]),
    "view": lambda x: x.view(24),
    "flatten": lambda x: x.flatten(),
    "flatten 1": lambda x: x.flatten(1),
    "flatten 0 1": lambda x: x.flatten(0, 1),
    "transpose": lambda x: x.transpose(0, -1),
    "swapaxes": lambda x: x.swapaxes(1, 2),
    "permute": lambda x: x.permute(2, 0, 1),
    "permute negative": lambda x: x.permute(-1, 0, -2),
    "permute tuple": lambda x: x.permute((1, 0, 2)),
    "mT": lambda x: x.mT,
    "t": lambda x: x[0].t(),
    "T": lambda x: x[0].T,
    "squeeze": lambda x: x[:1, :, :1].squeeze(),
    "squeeze 0": lambda x: x[:1].squeeze(0),
    "squeeze nothing": lambda x: x.squeeze(1),
    "squeeze tuple": lambda x: x[:1, :, :1].squeeze((0, 2)),
    "unsqueeze": lambda x: x.unsqueeze(1),
    "unsqueeze -1": lambda x: x.unsqueeze(-1),
    "expand": lambda x: x[:1].expand(5, -1, -1),
    "expand more": lambda x: x.expand(2, 2, 3, 4),
    "expand_as": lambda x: x[0].expand_as(x),
    "broadcast_to": lambda x: x[:, :1].broadcast_to((2, 3, 4)),
    "contiguous": lambda x: x.mT.contiguous(),
}


@pytest.mark.parametrize("move", SHAPES.values(), ids=SHAPES)
def test_shapes_and_their_gradients(move):
    def moved(lib):
        x = leaf(np.arange(24.0).reshape(2, 3, 4), lib)
        y = move(x)
        (y * y).sum().backward()
        return tuple(y.shape), y.tolist(), x.grad.tolist()

    assert moved(tg) == moved(torch)


@pytest.mark.parametrize("join", ["cat", "stack"])
@pytest.mark.parametrize("dim", [0, 1, -1])
def test_joining_and_its_gradients(join, dim):
    def joined(lib):
        a, b = leaf(np.ones((2, 3)), lib), leaf(np.full((2, 3), 2.0), lib)
        y = getattr(lib, join)([a, b, a], dim=dim)
        (y * y * lib.arange(18.0).reshape(y.shape)).sum().backward()
        return y.tolist(), a.grad.tolist(), b.grad.tolist()

    assert joined(tg) == joined(torch)


# ---------------------------------------------------------------- largest and smallest


@pytest.mark.parametrize("name", ["max", "min"])
@pytest.mark.parametrize("keepdim", [False, True])
@pytest.mark.parametrize("dim", [0, 1, -1])
def test_extremes_along_a_dimension(name, dim, keepdim):
    def extremes(lib):
        x = leaf([[1.0, 3.0, 3.0, -1.0], [2.0, 2.0, 0.0, -1.0], [0.5, 3.0, 1.0, 4.0]], lib)
        values, indices = getattr(x, name)(dim, keepdim=keepdim)
        (values * values).sum().backward()
        again = getattr(lib, name)(x, dim=dim)
        assert (again.values == again[0]).all()
        assert again.indices.dtype == lib.int64
        assert getattr(x, f"arg{name}")(dim, keepdim).tolist() == indices.tolist()
        return values.tolist(), indices.tolist(), x.grad.tolist()

    assert extremes(tg) == extremes(torch)


@pytest.mark.parametrize("name", ["max", "min", "amax", "amin"])
def test_the_extreme_of_all_shares_the_gradient_of_ties(name):
    def extreme(lib):
        x = leaf([[1.0, 3.0], [3.0, 1.0]], lib)
        y = getattr(x, name)()
        (y * y).backward()
        return y.item(), x.grad.tolist()

    assert extreme(tg) == extreme(torch)


@pytest.mark.parametrize(
    "compute",
    [
        lambda lib: lib.max(lib.tensor([1.0, 2.0]), lib.tensor([2.0, 1.0])),
        lambda lib: lib.min(lib.tensor([1.0, 2.0]), lib.tensor([2.0, 1.0])),
        lambda lib: lib.tensor([1.0, math.nan, 2.0]).max(0).indices,
        lambda lib: lib.tensor([1, 5, 2]).max(0).values,
        lambda lib: lib.tensor(1.0).max(0).indices,
        lambda lib: lib.tensor([[1.0, 5.0], [7.0, 2.0]]).argmax(),
        lambda lib: lib.tensor([[1.0, 5.0], [7.0, 2.0]]).argmin(keepdim=True),
        lambda lib: lib.tensor([[True, False]]).any(1),
        lambda lib: lib.tensor([[True, False]]).all(1, keepdim=True),
        lambda lib: lib.tensor([1.0, 2.0, 3.0]).clamp(min=lib.tensor([1.5, 2.5, 0.0])),
    ],
)
def test_extremes_of_other_kinds(compute):
    assert operator.eq(*on_both(compute))


def test_clamp_between_tensors_has_their_gradients():
    def clamped(lib):
        x, low = leaf([1.0, 2.0, 3.0], lib), leaf([1.5, 1.5, 3.5], lib)
        (x.clamp(min=low) ** 2).sum().backward()
        return x.grad.tolist(), low.grad.tolist()

    assert clamped(tg) == clamped(torch)


# ---------------------------------------------------------------- found by a reviewer


@pytest.mark.parametrize("zero", [0, np.int64(0), tg.tensor(0), np.array(0)], ids=repr)
def test_every_kind_of_integer_is_taken_before_the_lists(zero):
    x, t = tg.arange(24).reshape(2, 3, 4), torch.arange(24).reshape(2, 3, 4)
    assert x[zero, :, [0, 1]].tolist() == t[0, :, [0, 1]].tolist()
    x[zero, :, [0, 1]] = tg.zeros(3, 2, dtype=tg.int64)
    t[0, :, [0, 1]] = torch.zeros(3, 2, dtype=torch.int64)
    assert x.tolist() == t.tolist()
