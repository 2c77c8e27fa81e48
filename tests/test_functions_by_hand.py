"""Function and checkpoint: what is saved, what is returned, and what is computed again."""

import numpy as np
import pytest

import nn
import nn.functional as F
import tinygrad_edu as tg
from tinygrad_edu.autograd import Function, checkpoint


def leaf(*numbers):
    return tg.tensor(numbers, requires_grad=True)


class Affine(Function):
    @staticmethod
    def forward(ctx, x, w, b):
        ctx.save_for_backward(x, w, b)
        return x * w if b is None else x * w + b

    @staticmethod
    def backward(ctx, g):
        x, w, b = ctx.saved_tensors
        return g * w, g * x, None if b is None else g


def test_none_may_be_saved():
    x, w, b = leaf(1.0, 2.0), leaf(3.0, 4.0), leaf(5.0, 6.0)
    Affine.apply(x, w, None).sum().backward()
    assert (x.grad.tolist(), w.grad.tolist()) == ([3.0, 4.0], [1.0, 2.0])
    Affine.apply(x, w, b).sum().backward()
    assert b.grad.tolist() == [1.0, 1.0]


@pytest.mark.parametrize("value", [3, 2.5, "mean", [1.0], np.ones(2)])
def test_what_is_no_tensor_is_not_saved(value):
    class Saves(Affine):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x, value)

    with pytest.raises(TypeError, match=r"number 1 is .*ctx\.name = it"):
        Saves.apply(leaf(1.0))


class Reversed(Function):
    """y = x, dL/dx = -g x: what it returns and saves is its argument."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return -g * x


def test_an_argument_that_is_returned_is_saved_as_the_argument():
    x = leaf(1.0, 2.0)
    y = Reversed.apply(x)
    assert y is not x
    (g,) = tg.autograd.grad(y.sum(), x, create_graph=True)
    assert g.tolist() == [-1.0, -2.0]
    (second,) = tg.autograd.grad(g.sum(), x)
    assert second.tolist() == [-1.0, -1.0]


def test_what_a_function_wrote_to_and_returns_is_the_same_tensor():
    class Tripled(Function):
        @staticmethod
        def forward(ctx, x):
            x.mul_(3)
            ctx.mark_dirty(x)
            return x

        @staticmethod
        def backward(ctx, g):
            return g * 3

    x = leaf(1.0, 2.0)
    v = x * 1
    y = Tripled.apply(v)
    assert y is v
    y.sum().backward()
    assert (v.tolist(), x.grad.tolist()) == ([3.0, 6.0], [3.0, 3.0])
    with pytest.raises(RuntimeError, match="a leaf that requires grad is written in place"):
        Tripled.apply(x)


def test_results_that_are_constants_or_no_tensors():
    class Several(Function):
        @staticmethod
        def forward(ctx, x):
            first = (x > 1).float()
            ctx.mark_non_differentiable(first)
            return x * 2, first, 5, None

        @staticmethod
        def backward(ctx, g, *others):
            assert others[1:] == (None, None)
            return g * 2

    x = leaf(1.0, 2.0)
    y, first, five, none = Several.apply(x)
    assert (first.tolist(), five, none) == ([0.0, 1.0], 5, None)
    assert not first.requires_grad
    y.sum().backward()
    assert x.grad.tolist() == [2.0, 2.0]


def test_setup_context_as_in_pytorch():
    class Product(Function):
        @staticmethod
        def forward(x, factor):
            return x * factor

        @staticmethod
        def setup_context(ctx, inputs, output):
            ctx.factor = inputs[1]
            ctx.save_for_backward(inputs[0], output)

        @staticmethod
        def backward(ctx, g):
            x, y = ctx.saved_tensors
            assert tg.equal(y, x * ctx.factor)
            return g * ctx.factor, None

    x = leaf(1.0, 2.0)
    Product.apply(x, 3.0).sum().backward()
    assert x.grad.tolist() == [3.0, 3.0]


# ---------------------------------------------------------------- computed again

KINDS = {
    "default": lambda x, g: F.dropout(x, 0.5, training=True),
    "explicit": lambda x, g: x * tg.bernoulli(tg.full(x.shape, 0.5), generator=g),
    "both": lambda x, g: F.dropout(x, 0.5, training=True) * tg.rand(x.shape, generator=g),
    "seeded inside": lambda x, g: [g.manual_seed(1)] and x * tg.rand(x.shape, generator=g),
    "by NumPy": lambda x, g: x * tg.tensor(g.numpy.random(x.shape)).float(),
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_random_numbers_are_drawn_again(kind):
    x, g = tg.ones(40, requires_grad=True), tg.Generator().manual_seed(0)
    for _ in range(2):  # the second goes on where the first one ended
        x.grad = None
        y = checkpoint(KINDS[kind], x, g)
        after = g.get_state(), tg.get_rng_state()
        y.sum().backward()
        assert x.grad.tolist() == y.tolist()
        assert (g.get_state(), tg.get_rng_state()) == after


def test_checkpoints_within_one_another_draw_the_same():
    g = tg.Generator().manual_seed(0)

    def inner(x):
        return x * tg.rand(x.shape, generator=g)

    def outer(x):
        return checkpoint(inner, checkpoint(inner, x)) * tg.rand(x.shape, generator=g)

    x = tg.ones(10, requires_grad=True)
    y = checkpoint(outer, x)
    y.sum().backward()
    np.testing.assert_allclose(x.grad.array, y.detach().array, rtol=1e-6)


def test_random_numbers_may_be_drawn_anew():
    x = tg.ones(40, requires_grad=True)
    y = checkpoint(F.dropout, x, 0.5, preserve_rng_state=False)
    y.sum().backward()
    assert x.grad.tolist() != y.tolist()


@pytest.mark.parametrize(
    "layer", [nn.Dropout(), nn.BatchNorm1d(3), nn.Sequential(nn.Linear(3, 3), nn.Dropout())]
)
def test_a_layer_that_does_something_else_by_then_is_an_error(layer):
    x = tg.randn(4, 3).requires_grad_()
    y = checkpoint(layer.train(), x).sum()
    layer.eval()
    with pytest.raises(RuntimeError, match=r"(?s)checkpoint: .*other steps.*model\.eval\(\)"):
        y.backward(retain_graph=True)
    assert x.grad is None
    layer.train()
    y.backward()
    assert x.grad is not None


def test_the_check_may_be_left_out():
    x = tg.ones(4, requires_grad=True)
    layer = nn.Dropout()
    y = checkpoint(layer, x, determinism_check="none", use_reentrant=False).sum()
    layer.eval()
    y.backward()
    assert x.grad.tolist() == [1.0] * 4


def test_a_parameter_of_another_dtype_by_then_is_an_error():
    layer, x = nn.Linear(2, 2), leaf(1.0, 2.0)
    y = checkpoint(layer, x).sum()
    layer.double()
    with pytest.raises(RuntimeError, match=r"other steps.*linear \(2,\) float32.*float64"):
        y.backward()


def test_a_parameter_that_rested_in_between():
    layer, x = nn.Linear(2, 2), leaf(1.0, 2.0)
    y = checkpoint(layer, x).sum()
    layer.requires_grad_(False).requires_grad_(True)
    y.backward()
    assert layer.bias.grad.tolist() == [1.0, 1.0]


def test_a_checkpoint_with_results_of_every_kind():
    x = leaf(1.0, 2.0)
    y, none, count, mask = checkpoint(lambda x: (x * x, None, 3, x > 1), x)
    assert (none, count, mask.tolist()) == (None, 3, [False, True])
    y.sum().backward()
    assert x.grad.tolist() == [2.0, 4.0]


# ---------------------------------------------------------------- memory


class Twice(Function):
    @staticmethod
    def forward(ctx, x, w):
        ctx.mark_dirty(x)
        x.mul_(2).add_(w)
        ctx.save_for_backward(x)
        return x

    @staticmethod
    def backward(ctx, g):
        return 2 * g, g.sum()


@pytest.mark.parametrize("recorded", [True, False], ids=["recorded", "constant"])
@pytest.mark.parametrize("part", ["the base", "a view"])
def test_what_shares_memory_with_a_dirty_argument_sees_it(part, recorded):
    w = tg.tensor(1.0, requires_grad=True)
    x = tg.ones(3, requires_grad=recorded) * 1
    v = x[1:]
    written = v if part == "a view" else x
    assert Twice.apply(written, w) is written
    assert x.tolist() == ([1, 3, 3] if part == "a view" else [3, 3, 3])
    assert v.tolist() == [3, 3]
    assert v.requires_grad
    (v * v).sum().backward()
    assert w.grad.item() == 12


def test_a_dirty_argument_whose_memory_is_an_arrays():
    array, w = np.zeros(2, np.float32), tg.tensor(1.0, requires_grad=True)
    y = Twice.apply(tg.from_numpy(array), w)
    assert array.tolist() == [1, 1]
    y.sum().backward()
    assert w.grad.item() == 2


class Mirrored(Function):
    @staticmethod
    def forward(ctx, x):
        return x.view_as(x)

    @staticmethod
    def backward(ctx, g):
        return -g


def test_a_result_has_memory_of_its_own():
    x = leaf(1.0, 2.0)
    h = x * 1
    y = Mirrored.apply(h)
    y.mul_(3)
    with tg.no_grad():
        h.fill_(7.0)
    assert y.tolist() == [3, 6]
    (y.sum() + h.sum()).backward()
    assert x.grad.tolist() == [-2, -2]


class Scaled(Function):
    @staticmethod
    def forward(ctx, x, by=None):
        ctx.save_for_backward(x, by)
        return x * 2 if by is None else x * by

    @staticmethod
    def backward(ctx, g):
        x, by = ctx.saved_tensors
        return (g * 2, None) if by is None else (g * by, (g * x).sum())


def test_an_argument_that_was_left_out_may_have_none_for_a_gradient():
    x, by = leaf(1.0, 2.0), tg.tensor(3.0, requires_grad=True)
    Scaled.apply(x).sum().backward()
    assert x.grad.tolist() == [2, 2]
    Scaled.apply(x, by).sum().backward()
    assert x.grad.tolist() == [5, 5]
    assert by.grad.item() == 3


def test_a_checkpoint_that_writes_to_its_argument_computes_from_what_was_there():
    w, x = leaf(3.0), leaf(1.0, 2.0)
    h = x * 1

    def block(h):
        h.mul_(w)
        return h * h

    y = checkpoint(block, h)
    (y.sum() + h.sum()).backward()
    assert h.tolist() == [3, 6]
    assert x.grad.tolist() == [2 * 9 * 1 + 3, 2 * 9 * 2 + 3]
    assert w.grad.tolist() == [2 * 3 * (1 + 4) + 3]


@pytest.mark.parametrize(
    "block", [lambda h: h, lambda h: h.view(-1), lambda h: h.mul_(1.0), lambda h: (h.t(), 1)[0]]
)
def test_a_checkpoint_that_returns_its_argument_or_a_view_of_it_shares_its_memory(block):
    x = tg.ones(2, 2, requires_grad=True)
    h = x * 1
    y = checkpoint(block, h)
    y.mul_(3)
    assert h.tolist() == [[3, 3], [3, 3]]
    (h.sum() + y.sum()).backward()
    assert x.grad.tolist() == [[6, 6], [6, 6]]
