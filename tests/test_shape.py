"""Shapes against PyTorch: values, first and second derivatives, what is a view, errors."""

import math

import hypothesis
import numpy as np
import pytest
import torch
from hypothesis import strategies as st

import tinygrad_edu as tg
from nn import windows
from tinygrad_edu.functions import shape as f
from tinygrad_edu.testing import gradcheck

torch.pad, f.pad = torch.nn.functional.pad, windows.pad
for name in ("view", "view_as", "reshape_as", "expand", "expand_as", "repeat"):
    setattr(torch, name, getattr(torch.Tensor, name))


def flat(result):
    if isinstance(result, tuple | list):
        return [x for part in result for x in flat(part)]
    return [result]


def compare(case, *arrays, order=2):
    """Do both libraries give the same results, and the same gradients of a weighted sum of them?"""
    ours = [tg.Tensor(a.copy()).requires_grad_(a.dtype.kind == "f") for a in arrays]
    theirs = [torch.from_numpy(a.copy()).requires_grad_(a.dtype.kind == "f") for a in arrays]
    ys, zs = case(f, *ours), case(torch, *theirs)
    assert isinstance(ys, tuple) == isinstance(zs, tuple | list)
    ys, zs = flat(ys), flat(zs)
    assert len(ys) == len(zs)
    random = np.random.default_rng(0)
    for y, z in zip(ys, zs, strict=True):
        assert type(y) is tg.Tensor
        assert y.shape == tuple(z.shape)
        assert str(y.dtype) == str(z.dtype).removeprefix("torch.")
        np.testing.assert_array_equal(y.array, z.detach().numpy())
        assert y.requires_grad == z.requires_grad
        if z.requires_grad:
            weight = np.asarray(random.standard_normal(y.shape)).astype(y.dtype)
            y.backward(tg.Tensor(weight), retain_graph=True)
            z.backward(torch.from_numpy(weight), retain_graph=True)
    for a, b in zip(ours, theirs, strict=True):
        if b.numel() and b.grad is not None:
            np.testing.assert_allclose(a.grad.array, b.grad.numpy(), rtol=1e-5, atol=1e-6)
    if order and any(z.requires_grad for z in zs):
        gradcheck(lambda *xs: flat(case(f, *xs)), arrays, order=order)


def draw(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


X = draw(2, 3, 4)
ONE = [
    ("view", (3, -1)), ("view", ((4, 6),)), ("reshape", ([-1],)), ("ravel", ()), ("flatten", (1,)),
    ("flatten", (0, 1)), ("flatten", ()), ("unflatten", (-1, (2, 2))), ("unflatten", (1, (3, -1))),
    ("squeeze", ()), ("squeeze", (1,)), ("squeeze", ((0, 1),)), ("unsqueeze", (-1,)),
    ("unsqueeze", (1,)), ("transpose", (0, -1)), ("swapaxes", (0, 1)), ("swapdims", (1, 2)),
    ("permute", ((2, 0, 1),)), ("permute", ((0, -1, 1),)), ("movedim", (0, 2)),
    ("movedim", ((0, 1), (-1, 0))), ("moveaxis", (-1, 0)), ("moveaxis", ((2, 0), (0, 1))),
    ("movedim", ((), ())), ("flip", ((0,),)), ("flip", ((0, -1),)),
    ("flip", ((),)), *(("rot90", (k,)) for k in range(-2, 5)),
    ("rot90", (1, (1, 2))), ("rot90", (1, (2, 0))), ("rot90", (3, [0, -1])), ("roll", (1,)),
    ("roll", (-2, 1)), ("roll", ((1, 2), (0, 2))), ("roll", (7, -1)), ("roll", ((1,), (0,))),
    ("expand", (2, -1, 4)), ("expand", (5, 2, 3, 4)), ("repeat", (2, 1, 3)),
    ("repeat", (2, 1, 0, 1)), ("tile", ((2,),)), ("tile", ((2, 1, 1, 2),)),
    ("repeat_interleave", (2,)), ("repeat_interleave", (3, 1)), ("repeat_interleave", (0, -1)),
    ("narrow", (1, 1, 2)),
    ("narrow", (-1, -3, 2)), ("narrow", (0, 2, 0)),
    ("unbind", ()), ("unbind", (-1,)), ("split", (2, 1)), ("split", ([1, 0, 3], 2)),
    ("split", (7,)), ("chunk", (2, 1)), ("chunk", (3, -1)), ("chunk", (9, 2)),
    ("tril", ()),
    ("tril", (1,)), ("tril", (-1,)), ("triu", ()), ("triu", (2,)), ("triu", (-9,)),
    ("diagonal", ()), ("diagonal", (1, 0, 2)), ("diagonal", (-1, -1, 1)), ("diagonal", (9,)),
    ("diag_embed", ()), ("diag_embed", (1,)), ("diag_embed", (-2, 0, 2)),
    ("diag_embed", (1, -1, 0)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "args"), ONE, ids=str)
def test_of_one_tensor(name, args):
    compare(lambda lib, x: getattr(lib, name)(x, *args), X)
    for x in (X.astype(np.float32), (X * 9).astype(np.int64), X > 0):
        compare(lambda lib, x: getattr(lib, name)(x, *args), x, order=0)
    if name not in ("view", "expand"):
        turned = draw(4, 3, 2).T
        compare(lambda lib, x: getattr(lib, name)(x, *args), turned, order=0)
        compare(lambda lib, x: getattr(lib, name)(x, *args), draw(2, 3, 8)[..., ::2], order=0)


@pytest.mark.parametrize("shape", [(), (1,), (3,), (1, 1), (2, 3), (0,), (0, 2), (2, 1, 3)])
def test_of_any_shape(shape):
    x = draw(*shape)
    for name in ("ravel", "flatten", "squeeze"):
        compare(lambda lib, x, n=name: getattr(lib, n)(x), x)
    for name in ("repeat_interleave", "tile", "repeat"):
        args = {"repeat_interleave": (2,), "tile": ((2, 1),), "repeat": (2, 1, 1)}[name]
        compare(lambda lib, x, n=name, a=args: getattr(lib, n)(x, *a), x)
    compare(lambda lib, x: lib.unsqueeze(x, 0), x)
    compare(lambda lib, x: lib.roll(x, 1), x)
    compare(lambda lib, x: lib.squeeze(x, -1), x)
    compare(lambda lib, x: lib.flip(x, ()), x)
    compare(lambda lib, x: lib.reshape(x, x.shape), x)
    if x.ndim:
        for name, args in (("flip", ((0,),)), ("roll", (1, 0)), ("unbind", ()), ("chunk", (2,))):
            compare(lambda lib, x, n=name, a=args: getattr(lib, n)(x, *a), x)
        compare(lambda lib, x: lib.split(x, 2), x)
        compare(lambda lib, x: lib.diag_embed(x), x)
    if x.ndim in (1, 2):
        for k in (0, 1, -2):
            compare(lambda lib, x, k=k: lib.diag(x, k), x)
    if x.ndim <= 2:
        compare(lambda lib, x: lib.t(x), x)
    if x.ndim >= 2:
        compare(lambda lib, x: lib.tril(x), x)
        compare(lambda lib, x: lib.triu(x, 1), x)


JOINS = [
    ("cat", [(2, 3), (1, 3)], (0,)), ("cat", [(2, 3), (2, 1)], (-1,)), ("concat", [(2,), (3,)], ()),
    ("concatenate", [(2,), (0,)], (0,)), ("stack", [(2, 3), (2, 3)], (-1,)), ("stack", [()], ()),
    ("hstack", [(), ()], ()), ("hstack", [(2,), (3,)], ()), ("hstack", [(2, 3), (2, 1)], ()),
    ("vstack", [(), ()], ()), ("vstack", [(3,), (2, 3)], ()),
]  # fmt: skip


@pytest.mark.parametrize(("name", "shapes", "args"), JOINS, ids=str)
def test_joins(name, shapes, args):
    arrays = [draw(*shape, seed=k) for k, shape in enumerate(shapes)]
    compare(lambda lib, *xs: getattr(lib, name)(xs, *args), *arrays)
    compare(lambda lib, *xs: getattr(lib, name)(list(xs), *args), *arrays, order=0)
    mixed = [arrays[0].astype(np.float32), *[np.asarray(a * 9, np.int64) for a in arrays[1:]]]
    compare(lambda lib, *xs: getattr(lib, name)(xs, *args), *mixed, order=0)


@pytest.mark.parametrize(
    ("name", "shapes"),
    [
        ("broadcast_tensors", [(2, 1), (3,), ()]), ("meshgrid", [(2,), (3,), (1,)]),
        ("meshgrid", [(2,), ()]),
    ],
)  # fmt: skip
def test_of_several(name, shapes):
    arrays = [draw(*shape, seed=k) for k, shape in enumerate(shapes)]
    how = {"indexing": "ij"} if name == "meshgrid" else {}
    compare(lambda lib, *xs: getattr(lib, name)(*xs, **how), *arrays)
    if name == "meshgrid":
        compare(lambda lib, *xs: lib.meshgrid(list(xs), indexing="xy"), *arrays)
        assert f.meshgrid(*map(tg.Tensor, arrays))[0].shape[0] == 2


def test_repeat_interleave_by_a_tensor():
    def case(lib, x, dim):
        counts = (tg if lib is f else torch).tensor([2, 0, 1])
        return lib.repeat_interleave(x, counts, dim=dim)

    compare(lambda lib, x: case(lib, x, 1), X)
    compare(lambda lib, x: case(lib, x, None), draw(3))
    with pytest.raises(ValueError, match="broadcast"):
        case(f, tg.Tensor(X), 0)


# ---------------------------------------------------------------- borders

PADS = [
    (2, 1), (0, 0), (), (1, 0, 2, 3), (-1, 2), (-1, -1), (0, 0, -1, 1), (1, 1, 1, 1, 1, 1),
    (-4, 0), (0, 0, 0, 0, -1, 5),
]  # fmt: skip


@pytest.mark.parametrize("pad", PADS, ids=str)
def test_borders_of_a_value(pad):
    for value in (None, 0, 2.5, -math.inf):
        if value in (None, 0) or min(pad, default=0) >= 0:
            given = {} if value is None else {"value": value}
            infinite = value == -math.inf
            compare(lambda lib, x, k=given: lib.pad(x, pad, **k), X, order=0 if infinite else 2)
    compare(lambda lib, x: lib.pad(x, pad, value=2.0), (X * 9).astype(np.int64))


@pytest.mark.parametrize("mode", ["reflect", "replicate", "circular"])
@pytest.mark.parametrize("pad", [(2, 1), (0, 3), (1, 2, 2, 0), (-1, 2), (1, -2), (0, 0), (3, 3)])
def test_borders_that_continue(mode, pad):
    compare(lambda lib, x: lib.pad(x, pad, mode=mode), X)
    compare(lambda lib, x: lib.pad(x, pad, mode=mode), X.astype(np.float32), order=0)


def test_borders_that_do_not_fit():
    x = tg.ones(2, 3)
    for pad, mode, kind, words in [
        ((1,), "constant", RuntimeError, "pair"),
        ((1,) * 6, "constant", RuntimeError, "pair"),
        ((-2, -2), "constant", RuntimeError, "narrow"),
        ((3, 0), "reflect", RuntimeError, "more than the 3"),
        ((4, 0), "circular", RuntimeError, "more than the 3"),
        ((1, 0), "mirror", NotImplementedError, "'mirror'"),
    ]:
        with pytest.raises(kind, match=words):
            f.pad(x, pad, mode=mode)


# ---------------------------------------------------------------- views and copies

VIEWS = [
    lambda x: f.view(x, 6, 4), lambda x: f.reshape(x, -1), f.ravel, f.flatten,
    lambda x: f.unflatten(x, 2, (2, 2)), lambda x: f.squeeze(x, 0), f.squeeze,
    lambda x: f.unsqueeze(x, 1), lambda x: f.transpose(x, 0, 1),
    lambda x: f.permute(x, 2, 1, 0), lambda x: f.movedim(x, 0, 1),
    lambda x: f.narrow(x, 1, 1, 1),
    lambda x: f.unbind(x)[1], lambda x: f.unbind(f.ravel(x))[1], lambda x: f.split(x, 1, 1)[2],
    lambda x: f.chunk(x, 2, -1)[0],
    f.diagonal, lambda x: f.diagonal(x, 1, 1, 2), lambda x: x.T,
    lambda x: x[..., 0], lambda x: f.expand(x, 2, 3, 4),
]  # fmt: skip


@pytest.mark.parametrize("look", VIEWS)
def test_a_write_through_a_view_reaches_the_base(look):
    x = tg.zeros(2, 3, 4).requires_grad_()
    with tg.no_grad():
        part = look(x)
        if part.array.flags.writeable:
            part += 5
        else:  # what was expanded looks at one number from several places
            x += 5
    assert (x == 5).sum().item() >= part.numel()
    assert (part == 5).all()


@pytest.mark.parametrize(
    "look",
    [
        lambda x: f.flip(x, 0), lambda x: f.flip(x, ()), f.rot90, lambda x: f.roll(x, 1), f.tril,
        f.triu, lambda x: f.repeat(x, 1, 1), lambda x: f.tile(x, (1, 1)),
        lambda x: f.pad(x, (1, 1)), lambda x: f.cat([x]), lambda x: f.stack([x]),
        lambda x: f.repeat_interleave(x, 2), lambda x: f.repeat_interleave(x, 1),
    ],
)  # fmt: skip
def test_copies_are_apart(look):
    x = tg.ones(3, 3)
    part = look(x)
    part *= 7
    assert (x == 1).all()


def test_diag_of_a_matrix_is_a_copy():
    x = tg.eye(2)
    f.diag(x).fill_(9)
    assert x.tolist() == [[1, 0], [0, 1]]


def test_view_needs_strides_that_allow_it():
    x = tg.Tensor(draw(3, 4))
    with pytest.raises(RuntimeError, match=r"view.*\(4, 3\).*without a copy.*contiguous"):
        f.view(f.t(x), -1)
    assert f.view(f.t(x).contiguous(), -1).shape == (12,)
    assert f.view(f.t(x), 2, 2, 3).shape == (2, 2, 3)
    assert f.reshape(f.t(x), -1).shape == (12,)
    assert f.view(tg.Tensor(np.asfortranarray(draw(3, 4))), -1).shape == (12,)  # owns its memory
    assert f.view(f.t(tg.zeros(0, 3)), -1).shape == (0,)
    assert f.view_as(x, tg.zeros(2, 6)).shape == (2, 6)
    assert f.reshape_as(f.t(x), tg.zeros(2, 6)).shape == (2, 6)
    for dtype in (tg.int32, np.int32):
        with pytest.raises(TypeError, match="to\\(dtype\\)"):
            f.view(x, dtype)
    with pytest.raises(ValueError, match=r"\(5,\)"):
        f.view(x, 5)


# ---------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("call", "kind", "words"),
    [
        (lambda x: f.unflatten(x, 1, (2, 2)), ValueError, "multiply"),
        (lambda x: f.unflatten(x, 5, (2, 2)), IndexError, "out of range"),
        (lambda x: f.flatten(x, 1, 0), RuntimeError, "comes after"),
        (lambda x: f.movedim(x, (0, 0), (0, 1)), RuntimeError, "once"),
        (lambda x: f.movedim(x, (0, 1), (0,)), RuntimeError, "once"),
        (lambda x: f.movedim(x, 0, 5), IndexError, "out of range"),
        (lambda x: f.permute(x, 0, 0), RuntimeError, "once"),
        (lambda x: f.flip(x, (0, 0)), (RuntimeError, ValueError), "repeated"),
        (lambda x: f.flip(x, 2), IndexError, "out of range"),
        (lambda x: f.roll(x, (1, 2)), RuntimeError, "as many"),
        (lambda x: f.roll(x, 1, (0, 1)), RuntimeError, "as many"),
        (lambda x: f.expand(x, 3), RuntimeError, "each new size"),
        (lambda x: f.expand(x, 2, 4), ValueError, "sides of 1"),
        (lambda x: f.repeat(x, 2), RuntimeError, "how often"),
        (lambda x: f.repeat(x, 2, -1), RuntimeError, "how often"),
        (lambda x: f.repeat_interleave(x, -1), RuntimeError, "how often"),
        (lambda x: f.repeat_interleave(x, 2, 2), IndexError, "out of range"),
        (lambda x: f.broadcast_tensors(x, x[0, :2]), ValueError, "mismatch"),
        (lambda x: f.cat([]), ValueError, "no tensor"),
        (lambda x: f.cat(x, x), TypeError, r"stand in a list, as in cat\(\[a, b\]\)"),
        (lambda x: f.stack(x, x), TypeError, r"as in stack\(\[a, b\]\)"),
        (lambda x: f.stack([]), ValueError, "no tensor"),
        (lambda x: f.hstack([]), ValueError, "no tensor"),
        (lambda x: f.cat([x, x[0]]), ValueError, "cannot join"),
        (lambda x: f.narrow(x, 1, 2, 2), RuntimeError, "within 3"),
        (lambda x: f.narrow(x, 1, 0, -1), RuntimeError, "within 3"),
        (lambda x: f.narrow(x, 2, 0, 1), IndexError, "out of range"),
        (lambda x: f.unbind(x[0, 0]), IndexError, "a number has no dimension"),
        (lambda x: f.split(x, 0), RuntimeError, "parts of 0"),
        (lambda x: f.split(x, [1, 1], 1), RuntimeError, "add up"),
        (lambda x: f.split(x, [4, -1], 1), RuntimeError, "add up"),
        (lambda x: f.chunk(x, 0), RuntimeError, "not 0"),
        (lambda x: f.tril(x[0]), IndexError, "out of range"),
        (lambda x: f.diag(x[0, 0]), RuntimeError, "vector or a matrix"),
        (lambda x: f.diag(f.unsqueeze(x, 0)), RuntimeError, "vector or a matrix"),
        (lambda x: f.diagonal(x, 0, 1, -1), RuntimeError, "two dimensions"),
        (lambda x: f.diagonal(x[0]), IndexError, "out of range"),
        (lambda x: f.diag_embed(x, 0, 1, 1), RuntimeError, "two dimensions"),
        (lambda x: f.meshgrid(x[0], indexing="yx"), RuntimeError, "'yx'"),
        (lambda x: f.t(f.unsqueeze(x, 0)), RuntimeError, "not a matrix"),
        (lambda x: f.reshape(x, -2, 3), RuntimeError, "below -1"),
        (lambda x: f.unflatten(x, 1, (3, -2)), RuntimeError, "below -1"),
        (lambda x: f.unflatten(x.sum(), 0, (1, 1)), IndexError, "a number has no dimension"),
        (lambda x: f.rot90(x, 1, (0, 0)), RuntimeError, "two dimensions"),
        (lambda x: f.meshgrid(x), RuntimeError, "it takes vectors"),
    ],
)
def test_errors_teach(call, kind, words):
    with pytest.raises(kind, match=words):
        call(tg.ones(2, 3))


# ---------------------------------------------------------------- properties


@hypothesis.given(st.data())
def test_split_and_cat_undo_each_other(data):
    shape = data.draw(st.lists(st.integers(0, 4), min_size=1, max_size=3))
    dim = data.draw(st.integers(-len(shape), len(shape) - 1))
    x = tg.Tensor(draw(*shape))
    pieces = data.draw(st.integers(1, 5))
    for parts in (f.split(x, pieces, dim), f.chunk(x, pieces, dim)):
        np.testing.assert_array_equal(f.cat(parts, dim).array, x.array)
    if shape[dim]:
        np.testing.assert_array_equal(f.stack(f.unbind(x, dim), dim).array, x.array)


@hypothesis.given(st.data())
def test_movedim_is_numpys_moveaxis(data):
    ndim = data.draw(st.integers(1, 4))
    count = data.draw(st.integers(0, ndim))
    froms, tos = (data.draw(st.permutations(range(-ndim, 0)))[:count] for _ in "ab")
    x = draw(*range(1, ndim + 1))
    expected = np.moveaxis(x, froms, tos)
    np.testing.assert_array_equal(f.movedim(tg.Tensor(x), froms, tos).array, expected)


def test_numpy_calls_these():
    x = draw(3, 4)
    t = tg.Tensor(x)
    for call in [
        lambda x: np.flip(x), lambda x: np.flip(x, 1), lambda x: np.flip(x, axis=(0, 1)),
        lambda x: np.roll(x, 1), lambda x: np.roll(x, (1, 2), axis=(0, 1)), np.tril, np.triu,
        lambda x: np.tril(x, -1), lambda x: np.diagonal(x), lambda x: np.diagonal(x, 1, 1, 0),
        lambda x: np.pad(x, 1), lambda x: np.pad(x, ((1, 2), (0, 1)), constant_values=3),
        lambda x: np.pad(x, (2, 1), "constant"),
    ]:  # fmt: skip
        ours = call(t)
        assert type(ours) is tg.Tensor
        np.testing.assert_array_equal(ours.array, call(x))
    with pytest.raises(ValueError, match="'edge'"):
        np.pad(t, 1, mode="edge")
