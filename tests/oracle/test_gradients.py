"""Gradients, leaves that change, Function and checkpoint: the same listing, run by both."""

import numpy as np
import pytest
import torch

import nn
import tinygrad_edu as tg
from nn import optim

PROGRAMS = {}


def program(function):
    PROGRAMS[function.__name__] = function
    return function


def numbers(x):
    """What a program returned, as lists."""
    if isinstance(x, list | tuple):
        return [numbers(one) for one in x]
    return x.detach().tolist() if hasattr(x, "detach") else x


def leaf(lib, *values):
    return lib.tensor(list(values), requires_grad=True)


@program
def data_of_a_gradient(lib, optim, nn):
    p = leaf(lib, 1.0, 2.0)
    opt = optim.SGD([p], lr=1.0)
    (p * p).sum().backward()
    p.grad.data = 0.5 * p.grad.data
    opt.step()
    return p, p.grad is p.grad


@program
def added_up(lib, optim, nn):
    p = leaf(lib, 1.0, 2.0)
    (p * p).sum().backward()
    g = p.grad
    (p**3).sum().backward()
    return g, p.grad is g


@program
def added_up_with_a_graph(lib, optim, nn):
    p = leaf(lib, 1.0, 2.0)
    (p**3).sum().backward(create_graph=True)
    g = p.grad
    (p * p).sum().backward()
    found = [p.grad is g, numbers(p.grad)]
    (p * p).sum().backward(create_graph=True)
    (second,) = lib.autograd.grad(p.grad.sum(), p)
    return *found, p.grad is g, p.grad, second


@program
def a_gradient_takes_a_gradient(lib, optim, nn):
    x = leaf(lib, 1.0, 2.0)
    (x * x).sum().backward()
    x.grad.add_(0.5 * x)
    return x.grad, lib.autograd.grad(x.grad.sum(), x)[0]


@program
def a_gradient_requires_grad(lib, optim, nn):
    x = leaf(lib, 1.0, 2.0)
    (x * x).sum().backward()
    x.grad.requires_grad_()
    g = x.grad
    (x * x).sum().backward()
    return g.requires_grad, x.grad is g, g


@program
def a_gradient_that_is_set(lib, optim, nn):
    x, t = leaf(lib, 1.0, 2.0), lib.ones(2)
    x.grad = t
    (x * x).sum().backward()
    return x.grad is t, t


@program
def a_gradient_of_a_constant(lib, optim, nn):
    x = lib.tensor([1.0, 2.0])
    x.grad = lib.ones(2)
    opt = optim.SGD([x], lr=1.0)
    opt.step()
    opt.zero_grad()
    return x, x.grad, x.requires_grad


@program
def filled_with_zeros(lib, optim, nn):
    x = leaf(lib, 1.0, 2.0)
    (x * x).sum().backward()
    g = x.grad
    optim.SGD([x], lr=1.0).zero_grad(set_to_none=False)
    return x.grad is g, g


@program
def rested(lib, optim, nn):
    w = leaf(lib, 1.0, 2.0)
    (w * w).sum().backward()
    g, y = w.grad, (w**3).sum()
    w.requires_grad_(False)
    found = [w.grad is g]
    w.requires_grad_(True)
    y.backward()
    return *found, w.grad is g, g


@program
def resting(lib, optim, nn):
    w, v = leaf(lib, 1.0, 2.0), leaf(lib, 3.0, 4.0)
    y = (w * v).sum()
    w.requires_grad_(False)
    y.backward()
    return w.grad, v.grad


@program
def frozen_and_moved(lib, optim, nn):
    w = leaf(lib, 1.0, 2.0)
    opt = optim.SGD([w], lr=1.0)
    (w * w).sum().backward()
    w.requires_grad_(False)
    opt.step()
    return w


@program
def hooks_of_a_leaf(lib, optim, nn):
    w, seen = leaf(lib, 1.0, 2.0), []
    w.register_hook(lambda g: seen.append(numbers(g)))
    w.requires_grad_(False)
    w.requires_grad_(True)
    (w * w).sum().backward()
    w.data = w.data.double()
    w.grad = None
    (w * w).sum().backward()
    return seen, w.grad


@program
def made_double(lib, optim, nn):
    layer = nn.Linear(2, 1)
    layer(lib.ones(1, 2)).sum().backward()
    g, y = layer.weight.grad, layer(lib.ones(1, 2)).sum()
    layer.double()
    found = [layer.weight.grad is g, str(g.dtype)[-7:]]
    y.backward()
    layer(lib.ones(1, 2).double()).sum().backward()
    return *found, layer.weight.grad


@program
def made_double_in_between(lib, optim, nn):
    layer = nn.Linear(2, 1)
    y = layer(lib.ones(1, 2)).sum()
    layer.double()
    y.backward()
    return layer.weight.grad


@program
def detached_in_place(lib, optim, nn):
    x = leaf(lib, 1.0, 2.0)
    v = x * 2
    v.retain_grad()
    v.sum().backward()
    v.detach_()
    x.detach_()
    return v.grad, x.grad, v.requires_grad, x.requires_grad


@program
def retained_twice(lib, optim, nn):
    x = leaf(lib, 1.0, 2.0)
    y = x * 2
    y.retain_grad()
    y.sum().backward(retain_graph=True)
    held = y.grad
    y.sum().backward()
    return held, y.grad, held is y.grad


@program
def kept_by_a_hook(lib, optim, nn):
    a, b, kept = leaf(lib, 1.0, 2.0), leaf(lib, 3.0, 4.0), []
    a.register_hook(kept.append)
    ((a + b) * 2.0).sum().backward()
    b.grad.zero_()
    return kept


@program
def clipped(lib, optim, nn):
    x, z, c = leaf(lib, 1.0, 2.0), leaf(lib, 3.0, 4.0), lib.tensor([3.0, 4.0])
    ((x + z) * c).sum().backward(create_graph=True)
    norm = nn.utils.clip_grad_norm_([x, z], 1)
    return norm.item(), x.grad, z.grad


@program
def a_gradient_of_one(lib, optim, nn):
    x = leaf(lib, 5.0)
    (x + 1).backward(create_graph=True)
    x.grad.zero_()
    return x.grad, lib.autograd.grad(x + 1, x)[0]


@program
def started_from_a_gradient(lib, optim, nn):
    x, z = leaf(lib, 1.0, 2.0), leaf(lib, 3.0, 4.0)
    u = lib.ones(2)
    (x + z).backward(u)
    u.zero_()
    x.grad.mul_(2.0)
    return x.grad, z.grad


@program
def the_norm_of_a_constant(lib, optim, nn):
    x = lib.tensor([[1.0, 2.0, 4.0]])
    w = leaf(lib, 1.0, 2.0, 3.0)
    y = nn.functional.layer_norm(x, (3,), w, lib.ones(3))
    (g,) = lib.autograd.grad((y * y).sum(), w, create_graph=True)
    return g, lib.autograd.grad(g.sum(), w)[0]


def functions(lib):
    class Kept(lib.autograd.Function):
        @staticmethod
        def forward(ctx, x, w):
            ctx.save_for_backward(w, None)
            return (x * w).sum()

        @staticmethod
        def backward(ctx, g):
            return ctx.saved_tensors[0], None

    class Reversed(lib.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x

        @staticmethod
        def backward(ctx, g):
            return -g * ctx.saved_tensors[0]

    class Tripled(lib.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            x.mul_(3)
            ctx.mark_dirty(x)
            return x

        @staticmethod
        def backward(ctx, g):
            return g * 3

    class Several(lib.autograd.Function):
        @staticmethod
        def forward(x):
            return x * 2, (x > 1).to(x.dtype), 5, None

        @staticmethod
        def setup_context(ctx, inputs, output):
            ctx.save_for_backward(inputs[0], output[0])
            ctx.mark_non_differentiable(output[1])

        @staticmethod
        def backward(ctx, g, *others):
            x, y = ctx.saved_tensors
            return g * y / x

    return Kept, Reversed, Tripled, Several


@program
def what_functions_save(lib, optim, nn):
    kept, *_ = functions(lib)
    x, w = leaf(lib, 1.0, 2.0), lib.tensor([3.0, 4.0])
    for _ in range(3):
        kept.apply(x, w).backward()
    return w, x.grad


@program
def what_functions_return(lib, optim, nn):
    _, reverse, triple, several = functions(lib)
    x = leaf(lib, 1.0, 2.0)
    (g,) = lib.autograd.grad(reverse.apply(x).sum(), x, create_graph=True)
    (second,) = lib.autograd.grad(g.sum(), x)
    v = x * 1
    same = triple.apply(v) is v
    y, mask, five, none = several.apply(v)
    y.sum().backward()
    return g, second, same, v, mask, mask.requires_grad, five, none, x.grad


@pytest.mark.filterwarnings("ignore:Using backward")
@pytest.mark.parametrize("name", PROGRAMS)
def test_the_same_listing(name):
    ours = numbers(PROGRAMS[name](tg, optim, nn))
    theirs = numbers(PROGRAMS[name](torch, torch.optim, torch.nn))
    assert_alike(ours, theirs)


def assert_alike(ours, theirs):
    if isinstance(theirs, list):
        assert len(ours) == len(theirs)
        for a, b in zip(ours, theirs, strict=True):
            assert_alike(a, b)
    elif isinstance(theirs, float):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)
    else:
        assert ours == theirs


REFUSED = {
    "a leaf that is marked dirty": lambda lib: functions(lib)[2].apply(leaf(lib, 1.0)),
    "retain_grad of a constant": lambda lib: lib.ones(2).retain_grad(),
    "a gradient of another shape": lambda lib: setattr(lib.ones(2), "grad", lib.ones(3)),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_by_both(name):
    for lib in (tg, torch):
        with pytest.raises((RuntimeError, ValueError)):
            REFUSED[name](lib)


def test_a_checkpoint_of_a_layer_in_another_mode_is_refused_by_both():
    for lib, layers in ((tg, nn), (torch, torch.nn)):
        if lib is tg:
            checkpoint, how = tg.autograd.checkpoint, {}
        else:
            from torch.utils.checkpoint import checkpoint

            how = {"use_reentrant": False}
        layer = layers.Sequential(layers.Linear(2, 2), layers.BatchNorm1d(2))
        y = checkpoint(layer, lib.rand(3, 2, requires_grad=True), **how).sum()
        layer.eval()
        with pytest.raises(RuntimeError):
            y.backward()
