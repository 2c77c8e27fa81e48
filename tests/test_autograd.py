"""PyTorch's spellings of derivatives: grad, Function, checkpoint, functional; modes and hooks."""

import gc
import threading
import tracemalloc

import numpy as np
import pytest

import nn
import tinygrad_edu as tg
from nn import functional as F
from tinygrad_edu.autograd import Function, checkpoint, functional
from tinygrad_edu.testing import gradcheck


class Product(Function):
    """a b k, which saves arguments."""

    @staticmethod
    def forward(ctx, a, b, k=1.0):
        ctx.save_for_backward(a, b)
        ctx.k = k
        return a * b * k

    @staticmethod
    def backward(ctx, g):
        a, b = ctx.saved_tensors
        return g * b * ctx.k, g * a * ctx.k, None


class SinExp(Function):
    """Two results, one of which it saves."""

    @staticmethod
    def forward(ctx, x):
        y = x.exp()
        ctx.save_for_backward(x, y)
        return x.sin(), y

    @staticmethod
    def backward(ctx, g_sin, g_exp):
        x, y = ctx.saved_tensors
        return g_sin * x.cos() + g_exp * y


def test_a_function_is_a_step_of_the_record():
    a, b = tg.tensor([1.0, 2.0], requires_grad=True), tg.tensor([3.0, 4.0], requires_grad=True)
    y = Product.apply(a, b, 2.0)
    assert repr(y) == "tensor([ 6., 16.], grad_fn=<ProductBackward0>)"
    y.sum().backward()
    assert (a.grad.tolist(), b.grad.tolist()) == ([6, 8], [2, 4])
    with tg.no_grad():
        assert not Product.apply(a, b, 2.0).requires_grad
    assert not Product.apply(a.detach(), b.detach(), 2.0).requires_grad


def test_a_function_can_be_differentiated_again():
    assert gradcheck(lambda a, b: Product.apply(a, b, 2.0), [tg.randn(3), tg.randn(3)], order=3)
    assert gradcheck(SinExp.apply, tg.randn(3), order=3)


def test_a_function_knows_what_is_needed():
    seen = []

    class Watching(Product):
        @staticmethod
        def backward(ctx, g):
            seen.append(ctx.needs_input_grad)
            return Product.backward(ctx, g)

    x = tg.ones(2, requires_grad=True)
    Watching.apply(tg.ones(2), x, 1.0).sum().backward()
    assert seen == [(False, True, False)]
    assert x.grad.tolist() == [1, 1]


def test_what_a_function_saved_is_freed_and_watched_by_the_clock():
    x, z = tg.ones(2, requires_grad=True), tg.ones(2)
    y = Product.apply(x, z, 1.0).sum()
    y.backward()
    with pytest.raises(RuntimeError, match=r"Product \(2,\) had saved was freed"):
        y.backward()
    y = Product.apply(x, z, 1.0).sum()
    z += 1
    with pytest.raises(RuntimeError, match=r"Product .* in-place write at .*test_autograd"):
        y.backward()


def test_a_function_holds_no_result_that_it_did_not_save():
    x = tg.ones(2, requires_grad=True)
    y, z = Product.apply(x, tg.ones(2), 1.0), checkpoint(lambda x: x * 2, x)
    assert all(node.saved[0] == (2,) for node in (y.node, z.node))
    with tg.no_grad():
        y += 1  # nothing that a rule reads
        z += 1
    (y + z).sum().backward()
    assert x.grad.tolist() == [3, 3]


@pytest.mark.parametrize(
    ("returned", "words"),
    [
        (lambda g: (g, g), "Wrong.backward returned 2 gradients for the 1 arguments"),
        (lambda g: g.sum(), r"Wrong.backward .* shape \(\) for argument 0 .* shape \(2,\)"),
    ],
)
def test_a_wrong_backward_is_named(returned, words):
    class Wrong(Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, g):
            return returned(g)

    x = tg.ones(2, requires_grad=True)
    with pytest.raises(RuntimeError, match=words):
        Wrong.apply(x).sum().backward()
    assert x.grad is None


# ---------------------------------------------------------------- checkpoint


def test_a_checkpoint_has_the_same_gradients():
    W = tg.randn(3, 3, dtype=tg.float64, requires_grad=True)

    def run(call):
        tg.manual_seed(0)
        W.grad = None
        x = tg.arange(3, dtype=tg.float64).requires_grad_()
        doubled = W * 2  # closed over, and computed from W, which is closed over too

        def block(h):
            return F.dropout((h @ W).tanh(), 0.5) + (doubled @ W).sum(0)

        h = x * 2
        for _ in range(3):
            h = call(block, h)
        tail = tg.rand(1).item()  # the random numbers go on as they would
        (h * h).sum().backward()
        return x.grad.tolist(), W.grad.tolist(), tail, tg.rand(1).item()

    assert run(checkpoint) == run(lambda f, *args: f(*args))


def test_a_checkpoint_in_every_order():
    def f(w, x):
        return checkpoint(lambda x, k: (x @ w).sin() * w.sum() * k, x, 2.0)

    assert gradcheck(f, [tg.randn(2, 2), tg.randn(2, 2)], order=2)
    assert gradcheck(lambda x: checkpoint(lambda x: (x.sin(), x.exp()), x), tg.randn(3), order=2)
    x = tg.ones(2)
    assert checkpoint(lambda x: x * 2, x).tolist() == [2, 2]  # nothing to record
    assert not checkpoint(lambda x: x * 2, x).requires_grad


def test_a_checkpoint_keeps_less():
    layers = [tg.randn(32, 32) / 6 for _ in range(20)]

    def block(h, w):
        for _ in range(8):
            h = (h @ w).tanh()
        return h

    def peak(call):
        x = tg.ones(512, 32, requires_grad=True)
        gc.collect()
        tracemalloc.start()
        h = x
        for w in layers:
            h = call(block, h, w)
        h.sum().backward()
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found, x.grad

    (plain, g), (less, h) = peak(lambda f, *args: f(*args)), peak(checkpoint)
    np.testing.assert_array_equal(g.array, h.array)
    assert less < 0.35 * plain, f"{less / plain:.2f} of the memory"


def test_no_cycle_arises_from_functions_checkpoints_and_hooks():
    x = tg.ones(3, requires_grad=True)
    layer = nn.Linear(3, 3)
    layer.register_full_backward_hook(lambda module, grads, outputs: None)

    def step():
        y = Product.apply(x, x, 1.0) + checkpoint(lambda x: x.exp(), x) + layer(x)
        (g,) = tg.autograd.grad((y * y).sum(), x, create_graph=True)
        tg.autograd.grad(g.sum(), x)

    step()
    gc.collect()
    gc.disable()
    try:
        step()
        assert gc.collect() == 0
    finally:
        gc.enable()


# ---------------------------------------------------------------- functional, grad


def test_functional_in_its_own_spelling():
    x, v = tg.tensor([1.0, 2.0]), tg.tensor([3.0, -1.0])

    def cube(x):
        return (x**3).sum()

    assert functional.jacobian(cube, x).tolist() == [3, 12]
    assert functional.jacobian(cube, x, strategy="forward-mode").tolist() == [3, 12]
    assert functional.hessian(cube, x).tolist() == [[6, 0], [0, 12]]
    assert [t.tolist() for t in functional.vjp(cube, x)] == [9, [3, 12]]
    assert [t.tolist() for t in functional.jvp(cube, x, v)] == [9, -3]
    assert [t.tolist() for t in functional.hvp(cube, x, v)] == [9, [18, -12]]
    (aa, ab), (ba, bb) = functional.hessian(lambda a, b: (a * a * b).sum(), (x, v))
    assert aa.tolist() == [[6, 0], [0, -2]]
    assert ab.tolist() == ba.tolist() == [[2, 0], [0, 4]]
    assert bb.tolist() == [[0, 0], [0, 0]]
    w = x.clone().requires_grad_()
    assert not functional.jacobian(cube, w).requires_grad
    J = functional.jacobian(cube, w, create_graph=True)
    J.sum().backward()
    assert w.grad.tolist() == [6, 12]


def test_what_is_not_used_is_none_or_zeros_as_asked():
    x, unused = tg.ones(2, requires_grad=True), tg.ones(3, requires_grad=True)
    y = (x * x).sum()
    with pytest.raises(RuntimeError, match=r"do not depend on input 1, of shape \(3,\)"):
        tg.autograd.grad(y, [x, unused], retain_graph=True)
    assert tg.autograd.grad(y, [x, unused], retain_graph=True, allow_unused=True)[1] is None
    zeros = tg.autograd.grad(y, [x, unused], materialize_grads=True)[1]
    assert zeros.tolist() == [0, 0, 0]


# ---------------------------------------------------------------- modes


def test_inference_mode_is_no_grad():
    x = tg.ones(2, requires_grad=True)
    with tg.inference_mode():
        assert not (x * 2).requires_grad
        with tg.inference_mode(False):
            assert (x * 2).requires_grad

    @tg.inference_mode()
    def called(x):
        return x * 2

    @tg.inference_mode
    def bare(x):
        return x * 2

    assert not called(x).requires_grad
    assert not bare(x).requires_grad
    assert (x * 2).requires_grad


def test_modes_belong_to_their_thread():
    x, seen = tg.ones(2, requires_grad=True), []
    with tg.no_grad():
        thread = threading.Thread(target=lambda: seen.append((x * 2).requires_grad))
        thread.start()
        thread.join()
    assert seen == [True]


# ---------------------------------------------------------------- hooks of modules


def test_hooks_see_and_replace_what_passes_through_a_module():
    layer = nn.Linear(2, 1, bias=False)
    layer.weight.data = tg.tensor([[2.0, 3.0]])
    before = layer.register_forward_pre_hook(lambda module, inputs: inputs[0] * 10)
    after = layer.register_forward_hook(lambda module, inputs, output: output + 1)
    x = tg.ones(2, requires_grad=True)
    assert layer(x).item() == 51
    before.remove()
    assert layer(x).item() == 6
    after.remove()
    assert layer(x).item() == 5
    seen = []

    def look(module, grad_input, grad_output):
        seen.append((module, grad_input[0].tolist(), grad_output[0].tolist()))
        return (grad_input[0] * 100,)

    handle = layer.register_full_backward_hook(look)
    layer(x).sum().backward()
    assert seen == [(layer, [2, 3], [1])]
    assert x.grad.tolist() == [200, 300]
    handle.remove()
    layer(x).sum().backward()
    assert x.grad.tolist() == [202, 303]
    assert len(seen) == 1


def test_a_backward_hook_of_a_first_layer_sees_the_gradient_of_its_output():
    layer, seen = nn.Linear(2, 1), []
    layer.register_full_backward_hook(
        lambda module, inputs, outputs: seen.append((inputs, outputs))
    )
    layer(tg.ones(2)).sum().backward()
    ((inputs, outputs),) = seen
    assert inputs == (None,)
    assert outputs[0].tolist() == [1]


def test_a_hook_of_the_wrong_shape_is_an_error():
    x = tg.ones(2, requires_grad=True)
    x.register_hook(lambda g: g.sum())
    with pytest.raises(ValueError, match=r"register_hook: .* shape \(2,\)"):
        (x * 2).sum().backward()
    layer = nn.Linear(2, 1)
    layer.register_full_backward_hook(lambda module, inputs, outputs: (inputs[0].sum(),))
    with pytest.raises(RuntimeError, match=r"backward returned a gradient of shape \(\)"):
        layer(x.detach().requires_grad_()).sum().backward()


def test_checkpoint_of_a_layer_whose_outputs_are_nested():
    lstm, x = nn.LSTM(3, 4).double(), tg.randn(5, 2, 3).double().requires_grad_()
    found = []
    for run in (lstm, lambda x: tg.autograd.checkpoint(lstm, x)):
        y, (h, c) = run(x)
        (y.square().sum() + h.sum() + c.exp().sum()).backward()
        found.append([x.grad.array, *[p.grad.array for p in lstm.parameters()]])
        x.grad = None
        lstm.zero_grad()
    for kept, again in zip(*found, strict=True):
        np.testing.assert_array_equal(kept, again)
