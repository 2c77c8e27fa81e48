"""Shapes against PyTorch: values, first and second derivatives, what is a view, errors."""

import math

import numpy as np
import pytest
import torch
from test_shape import draw

import tinygrad_edu as tg
from tinygrad_edu import functions as f
from tinygrad_edu.testing import gradcheck

f.moveaxis, f.concat, f.concatenate = tg.moveaxis, tg.concat, tg.concatenate
torch.pad = torch.nn.functional.pad
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
