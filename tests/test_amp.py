"""Mixed precision by name: the scaler scales and adapts as PyTorch's does, and float32 stays."""

import numpy as np
import pytest

import nn
import tinygrad_edu as tg
from nn import optim


def trained(steps, scaler=None):
    """The weights after some steps, with or without a scaler."""
    tg.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 1))
    optimizer = optim.Adam(model.parameters(), lr=0.01)
    x = tg.randn(20, 3)
    for _ in range(steps):
        optimizer.zero_grad()
        with tg.autocast(device_type="cuda", dtype=tg.float16, enabled=True):
            loss = (model(x) - x.sum(1, keepdim=True)).square().mean()
        assert loss.dtype == tg.float32
        if scaler is None:
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 0.5)
            optimizer.step()
        else:
            scaler.scale(loss).backward()
            scaler.unscale_(optimizer)
            nn.utils.clip_grad_norm_(model.parameters(), 0.5)
            scaler.step(optimizer)
            scaler.update()
    return np.concatenate([p.detach().numpy().ravel() for p in model.parameters()])


@pytest.mark.parametrize("make", [tg.amp.GradScaler, tg.cuda.amp.GradScaler])
@pytest.mark.parametrize("enabled", [True, False])
def test_training_with_a_scaler_is_training_without_one(make, enabled):
    assert np.array_equal(trained(5, make(enabled=enabled)), trained(5))


def test_autocast_is_a_block_and_a_decorator():
    @tg.amp.autocast("cpu")
    def product(a, b):
        return a @ b

    assert product(tg.ones(2, 2), tg.ones(2, 2)).dtype == tg.float32
    with tg.cuda.amp.autocast(enabled=False, dtype=tg.float16, cache_enabled=True):
        assert tg.ones(2).dtype == tg.float32
    with pytest.raises(ValueError, match="device_type is a string"):
        tg.autocast(3)


def scaled_step(scaler, w, optimizer, gradient):
    w.grad = None
    scaler.scale((w * gradient).sum()).backward()
    scaler.step(optimizer)
    scaler.update()


def test_the_scale_grows_after_good_steps_and_shrinks_after_an_infinite_gradient():
    w = tg.tensor([1.0], requires_grad=True)
    optimizer = optim.SGD([w], lr=1.0)
    scaler = tg.amp.GradScaler(init_scale=4.0, growth_interval=2)
    scaled_step(scaler, w, optimizer, 0.5)
    assert (w.item(), scaler.get_scale(), scaler.state_dict()["_growth_tracker"]) == (0.5, 4, 1)
    scaled_step(scaler, w, optimizer, 0.25)
    assert (w.item(), scaler.get_scale(), scaler.state_dict()["_growth_tracker"]) == (0.25, 8, 0)
    for wrong in (np.inf, np.nan):
        scaled_step(scaler, w, optimizer, wrong)
        assert w.item() == 0.25  # the step was left out
    assert scaler.get_scale() == 2.0
    scaler.update(16.0)
    assert scaler.get_scale() == 16.0


def test_the_state_of_a_scaler_goes_on():
    scaler = tg.amp.GradScaler(init_scale=4.0, growth_factor=3.0)
    scaler.load_state_dict(tg.amp.GradScaler(init_scale=32.0, growth_interval=7).state_dict())
    assert scaler.state_dict() == {
        "scale": 32.0,
        "growth_factor": 2.0,
        "backoff_factor": 0.5,
        "growth_interval": 7,
        "_growth_tracker": 0,
    }
    off = tg.amp.GradScaler(enabled=False)
    assert (off.state_dict(), off.get_scale(), off.is_enabled()) == ({}, 1.0, False)
    with pytest.raises(RuntimeError, match="the state is empty"):
        scaler.load_state_dict(off.state_dict())


def test_misuse_says_what_was_called_before():
    w = tg.tensor([1.0], requires_grad=True)
    optimizer, scaler = optim.SGD([w], lr=1.0), tg.amp.GradScaler()
    for call in (scaler.unscale_, scaler.step, lambda _: scaler.update()):
        with pytest.raises(AssertionError, match="no loss was scaled"):
            call(optimizer)
    losses = scaler.scale([w.sum(), (w.sum(),)])
    assert losses[1][0].item() == 2**16
    with pytest.raises(AssertionError, match="no gradient"):
        scaler.update()
    with pytest.raises(AssertionError, match="no parameter of this optimizer has a gradient"):
        scaler.step(optimizer)
    losses[0].backward()
    scaler.unscale_(optimizer)
    with pytest.raises(RuntimeError, match="unscale_ was called already"):
        scaler.unscale_(optimizer)
    with pytest.raises(RuntimeError, match="closure"):
        scaler.step(optimizer, closure=lambda: None)
    scaler.step(optimizer)
    with pytest.raises(RuntimeError, match="it was called already"):
        scaler.step(optimizer)
    with pytest.raises(RuntimeError, match="step was called"):
        scaler.unscale_(optimizer)
    with pytest.raises(ValueError, match="a Tensor or an iterable of Tensors, not 3"):
        scaler.scale(3)
    with pytest.raises(AssertionError, match="growth_factor is above 1"):
        tg.amp.GradScaler(growth_factor=1.0)
    half = tg.tensor([1.0], dtype=tg.float16, requires_grad=True)
    scaler.update(4.0)
    scaler.scale(half.sum()).backward()
    with pytest.raises(ValueError, match="float16"):
        scaler.unscale_(optim.SGD([half], lr=1.0))


def test_the_marks_of_a_function_of_ones_own_change_nothing():
    class Square(tg.autograd.Function):
        @staticmethod
        @tg.amp.custom_fwd(device_type="cuda", cast_inputs=tg.float16)
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        @tg.cuda.amp.custom_bwd
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return 2 * x * g

    x = tg.tensor(3.0, requires_grad=True)
    Square.apply(x).backward()
    assert x.grad.item() == 6.0
