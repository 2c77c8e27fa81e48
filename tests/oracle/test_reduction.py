"""Reductions against PyTorch: values, dtypes, gradients, second derivatives, errors."""

import math

import hypothesis
import numpy as np
import pytest
import torch
from hypothesis import strategies as st
from test_reduction import draw, inf, nan

import tinygrad_edu as tg
from tinygrad_edu import functions as f
from tinygrad_edu.testing import gradcheck


def flat(result):
    if isinstance(result, tuple | list):
        return [x for part in result for x in flat(part)]
    return [result]


def assert_same(ours, theirs, rtol=1e-6):
    ours, theirs = flat(ours), flat(theirs)
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        assert type(a) is tg.Tensor
        assert isinstance(a.array, np.ndarray)
        assert a.shape == tuple(b.shape)
        assert str(a.dtype) == str(b.dtype).removeprefix("torch.")
        np.testing.assert_allclose(a.array, b.detach().numpy(), rtol=rtol, atol=1e-7)


def leaves(arrays):
    ours = [tg.Tensor(a.copy()).requires_grad_(a.dtype.kind == "f") for a in arrays]
    theirs = [torch.from_numpy(a.copy()).requires_grad_(a.dtype.kind == "f") for a in arrays]
    return ours, theirs


def compare(case, *arrays, order=2, rtol=1e-6):
    """Do both libraries give the same results, and the same gradients of a weighted sum of them?"""
    ours, theirs = leaves(arrays)
    ys, zs = case(f, *ours), case(torch, *theirs)
    assert_same(ys, zs, rtol)
    pairs = [(y, z) for y, z in zip(flat(ys), flat(zs), strict=True) if z.requires_grad]
    for y, z in zip(flat(ys), flat(zs), strict=True):
        assert y.requires_grad == z.requires_grad
    if pairs:
        random = np.random.default_rng(0)
        weights = [random.standard_normal(y.shape).astype(y.dtype) for y, _ in pairs]
        for (y, z), w in zip(pairs, weights, strict=True):
            w = np.asarray(w)
            y.backward(tg.Tensor(w), retain_graph=True)
            z.backward(torch.from_numpy(w), retain_graph=True)
        for a, b in zip(ours, theirs, strict=True):
            if b.requires_grad:
                assert_same(a.grad, b.grad if b.grad is not None else torch.zeros_like(b), rtol)
    if order and pairs:
        gradcheck(
            lambda *xs: [y for y in flat(case(f, *xs)) if y.dtype.kind == "f"], arrays, order=order
        )


OVER_DIMS = ["sum", "mean", "nansum", "amax", "amin", "var", "std", "norm", "logsumexp"]


@pytest.mark.parametrize("name", OVER_DIMS)
@pytest.mark.parametrize("keepdim", [False, True])
@pytest.mark.parametrize("dim", [0, -1, (0, 2), [1, -1], (0, 1, 2)])
def test_over_dims(name, dim, keepdim):
    given = {"p": 2} if name == "norm" else {}
    compare(lambda lib, x: getattr(lib, name)(x, dim=dim, keepdim=keepdim, **given), draw(3, 4, 2))
    x = tg.Tensor(draw(3, 4, 2))
    torchs = getattr(f, name)(x, dim=dim, keepdim=keepdim, **given)
    numpys = getattr(f, name)(x, axis=dim, keepdims=keepdim, **given)
    np.testing.assert_array_equal(torchs.array, numpys.array)
    with pytest.raises(TypeError, match=r"not both|multiple values"):
        getattr(f, name)(x, dim=0, axis=0, **given)


@pytest.mark.parametrize("name", [*OVER_DIMS[:-1], "prod", "max", "min", "median"])
@pytest.mark.parametrize("shape", [(), (1,), (3, 4), (2, 1, 3)])
def test_of_all_numbers(name, shape):
    if name in ("var", "std") and math.prod(shape) == 1:
        return
    compare(lambda lib, x: getattr(lib, name)(x), draw(*shape))
    compare(lambda lib, x: getattr(lib, name)(x), draw(*shape).T)


@pytest.mark.parametrize(
    "name", ["prod", "max", "min", "median", "cumsum", "cumprod", "argmax", "argmin", "diff"]
)
@pytest.mark.parametrize("dim", [0, 1, -1])
def test_along_a_dim(name, dim):
    keeps = name in ("prod", "max", "min", "median", "argmax", "argmin")
    for x in (draw(3, 4), draw(4, 3).T, draw(2, 1, 3), draw(5, 2)[::-2]):
        compare(lambda lib, x: getattr(lib, name)(x, dim=dim), x)
        if keeps:
            compare(lambda lib, x: getattr(lib, name)(x, dim, True), x, order=0)


@pytest.mark.parametrize("name", ["max", "min", "median", "cumsum", "cumprod"])
def test_a_number_has_a_dimension_for_these(name):
    compare(lambda lib, x: getattr(lib, name)(x, 0), draw())
    compare(lambda lib, x: getattr(lib, name)(x, -1), draw())


# ---------------------------------------------------------------- products and zeros


@pytest.mark.parametrize(
    "x",
    [[2.0, 0, 3], [0.0, 2, 0], [0.0, 0, 0], [0.0], [1.0, 2, 3, 0], [0.0, 5, 6, 7, 8], [-1.0, 0, 2]],
)
def test_products_are_right_through_zeros(x):
    x = np.array(x)
    compare(lambda lib, x: lib.prod(x), x)
    compare(lambda lib, x: lib.prod(x, 0), x)
    compare(lambda lib, x: lib.cumprod(x, 0), x)
    compare(lambda lib, x: lib.prod(x, 1, keepdim=True), np.stack([x, x[::-1], x + 1]))
    compare(lambda lib, x: lib.cumprod(x, 1), np.stack([x, x[::-1], x + 1]))
    compare(lambda lib, x: lib.prod(x), np.stack([x, x + 1]))


@hypothesis.given(st.lists(st.sampled_from([0.0, -2.0, 0.5, 3.0]), max_size=9))
def test_products_of_any_numbers(x):
    x = np.array(x)
    compare(lambda lib, x: lib.prod(x), x, order=0)
    compare(lambda lib, x: lib.cumprod(x, 0), x, order=0)
    gradcheck(lambda x: [f.prod(x), f.cumprod(x, 0)], x, order=2)


# ---------------------------------------------------------------- spread


@pytest.mark.parametrize("name", ["var", "std"])
def test_every_way_to_say_the_correction(name):
    x = draw(4, 3)
    for args, given in [
        ((), {}), ((False,), {}), ((True,), {}), ((0,), {}), ((0, False), {}),
        ((0, True, True), {}),
        ((), {"correction": 0}), ((), {"correction": 2, "dim": 1}), ((), {"unbiased": False}),
        ((1,), {"unbiased": False, "keepdim": True}), ((), {"dim": (0, 1), "keepdim": True}),
        (((0, 1),), {"correction": 3}), ((), {"axis": 0, "keepdims": True}),
    ]:  # fmt: skip
        theirs = dict(given)
        compare(lambda lib, x, a=args, k=theirs: getattr(lib, name)(x, *a, **k), x, order=1)


@pytest.mark.filterwarnings("ignore:.*degrees of freedom")
@pytest.mark.parametrize("name", ["var", "std"])
def test_of_too_few_numbers(name):
    for x, correction in (([2.0], 1), ([], 1), ([1.0, 2.0], 5), ([1.0, 1.0], 2), ([], 0)):
        x = np.array(x)
        a, b = leaves([x])
        ours, theirs = getattr(f, name)(*a, correction=correction), None
        theirs = getattr(torch, name)(*b, correction=correction)
        assert_same(ours, theirs)
        ours.backward()
        assert a[0].grad.isnan().all()


def test_the_spread_of_equal_numbers_has_gradient_zero():
    for name in ("std", "var"):
        compare(lambda lib, x, name=name: getattr(lib, name)(x), np.full((3,), 2.0), order=0)


# ---------------------------------------------------------------- norms


@pytest.mark.parametrize("p", [0, 1, 2, 3, 4, 0.5, 1.5, inf, -inf, -1, "fro"])
@pytest.mark.parametrize("x", [[3.0, -4.0], [0.0, 3.0], [0.0, 0.0], [1.0, -2.0, 2.0, 0.0]])
def test_norms(p, x):
    if p in (-1, -inf) and 0.0 in x:
        compare(lambda lib, x: lib.norm(x.detach(), p), np.array(x), order=0)
        return
    ours, theirs = leaves([np.array(x)])
    y, z = f.norm(*ours, p), torch.norm(*theirs, p)
    assert_same(y, z)
    if p != 0:
        y.backward()
        z.backward()
        assert_same(ours[0].grad, theirs[0].grad)


@pytest.mark.parametrize("p", [1, 2, 3, 1.5, inf])
def test_norms_over_dims(p):
    for dim in (0, 1, (0, 1), -1):
        compare(lambda lib, x, d=dim: lib.norm(x, p=p, dim=d, keepdim=True), draw(3, 4), order=2)


# ---------------------------------------------------------------- ties, nan, nothing


def test_ties():
    for x in ([1.0, 3, 3, 2, 1, 1], [2.0, 2, 2]):
        for name in ("max", "min", "amax", "amin", "median"):
            compare(lambda lib, x, n=name: getattr(lib, n)(x), np.array(x), order=0)
        for name in ("max", "min"):
            compare(lambda lib, x, n=name: getattr(lib, n)(x, 0), np.array(x), order=0)


@hypothesis.given(st.lists(st.sampled_from([1.0, 2.0, nan, inf, -inf]), min_size=1, max_size=7))
def test_nan_goes_through(x):
    x = np.array(x)
    for name in ("max", "min", "median"):
        compare(lambda lib, x, n=name: getattr(lib, n)(x), x, order=0)
    for name in ("max", "min"):
        compare(lambda lib, x, n=name: getattr(lib, n)(x, 0), x, order=0)
    ours, theirs = f.median(tg.Tensor(x), 0), torch.median(torch.from_numpy(x), 0)
    assert_same(ours.values, theirs.values)
    np.testing.assert_array_equal(x[ours.indices.array], ours.values.array)


def test_of_no_numbers():
    empty = np.zeros((0, 3))
    for name in ("sum", "prod", "mean", "nansum", "norm", "median"):
        compare(lambda lib, x, n=name: getattr(lib, n)(x), empty, order=0)
    for name in ("sum", "prod", "mean", "nansum", "cumsum", "cumprod"):
        for dim in (0, 1):
            compare(lambda lib, x, n=name, d=dim: getattr(lib, n)(x, d), empty, order=0)
    for name in ("max", "min", "median", "argmax", "amax"):
        compare(lambda lib, x, n=name: getattr(lib, n)(x, 1), empty, order=0)
    assert f.all(tg.Tensor(empty)).item() is True
    assert f.any(tg.Tensor(empty)).item() is False
    for name in ("max", "min", "median", "argmax", "argmin", "amax", "amin"):
        with pytest.raises(IndexError, match=r"\(0, 3\).*no numbers"):
            getattr(f, name)(tg.Tensor(empty), dim=0)
    for name, kind in (("max", RuntimeError), ("amin", RuntimeError), ("argmax", IndexError)):
        with pytest.raises(kind, match=r"\(0, 3\).*no numbers"):
            getattr(f, name)(tg.Tensor(empty))


# ---------------------------------------------------------------- dtypes


@pytest.mark.parametrize(
    "dtype", ["float16", "float32", "float64", "int8", "uint8", "int32", "bool"]
)
def test_dtypes(dtype):
    x = np.array([[1, 0, 1], [1, 1, 0]]).astype(dtype)
    names = ["sum", "prod", "nansum", "count_nonzero"]
    if dtype != "bool":
        names += ["max", "min", "argmax", "argmin"]
    if dtype[0] == "f":
        names += ["mean", "var", "std", "norm"]
    for name in names:
        compare(lambda lib, x, n=name: getattr(lib, n)(x), x, order=0, rtol=1e-3)
    for name in ("cumsum", "cumprod", "diff", "amax"):
        if (name, dtype) != ("diff", "uint8"):
            compare(lambda lib, x, n=name: getattr(lib, n)(x, dim=-1), x, order=0, rtol=1e-3)


# ---------------------------------------------------------------- differences, counts


def test_differences():
    x = draw(3, 4)
    for given in ({}, {"n": 2}, {"n": 9}, {"dim": 0}, {"n": 0}):
        compare(lambda lib, x, k=given: lib.diff(x, **k), x)
    compare(lambda lib, x, a, b: lib.diff(x, prepend=a, append=b), x, draw(3, 1), draw(3, 2))
    assert f.diff(tg.tensor([True, False, False])).tolist() == [True, False]
    with pytest.raises(RuntimeError, match="one number"):
        f.diff(tg.tensor(1.0))


def test_questions():
    x = np.array([[True, False], [True, True]])
    for name in ("all", "any", "count_nonzero"):
        for dim in (None, 0, -1, (0, 1)):
            compare(lambda lib, x, n=name, d=dim: getattr(lib, n)(x, dim=d), x)
