"""Layers that learn the size of their input from the first one they see."""

import numpy as np
import pytest

import nn
import tinygrad_edu as tg
from nn import lazy

CASES = {
    "LazyLinear": (lambda: lazy.LazyLinear(3, bias=False), (5, 4), "Linear(in_features=4"),
    "LazyConv1d": (lambda: lazy.LazyConv1d(6, 3, groups=2), (2, 4, 8), "Conv1d(4, 6"),
    "LazyConv2d": (lambda: lazy.LazyConv2d(3, 3, padding=1), (2, 4, 8, 8), "Conv2d(4, 3"),
    "LazyConv3d": (lambda: lazy.LazyConv3d(3, 2), (2, 4, 3, 3, 3), "Conv3d(4, 3"),
    "LazyConvTranspose2d": (
        lambda: lazy.LazyConvTranspose2d(3, 2, stride=2),
        (2, 4, 3, 3),
        "ConvTranspose2d(4, 3",
    ),
    "LazyBatchNorm1d": (lambda: lazy.LazyBatchNorm1d(), (5, 4), "BatchNorm1d(4"),
    "LazyInstanceNorm1d": (lambda: lazy.LazyInstanceNorm1d(), (5, 4, 3), "InstanceNorm1d(4"),
    "LazyInstanceNorm2d": (lambda: lazy.LazyInstanceNorm2d(), (5, 4, 2, 2), "InstanceNorm2d(4"),
    "LazyInstanceNorm3d": (lambda: lazy.LazyInstanceNorm3d(), (4, 2, 2, 2), "InstanceNorm3d(4"),
    "LazyBatchNorm2d": (lambda: lazy.LazyBatchNorm2d(eps=0.1), (5, 4, 2, 2), "BatchNorm2d(4"),
}


@pytest.mark.parametrize("name", CASES)
def test_the_first_input_says_the_size(name):
    make, shape, text = CASES[name]
    layer = make().double()
    assert repr(layer).startswith(name)
    held = list(layer.parameters())
    optimizer = nn.optim.SGD(held, lr=0.1)
    y = layer(tg.randn(*shape, dtype=tg.float64))
    assert repr(layer).startswith(text)
    assert type(layer).__name__ == name.removeprefix("Lazy")
    assert all(p is own for p, own in zip(held, layer.parameters(), strict=True))
    assert all(p.dtype == tg.float64 for p in held)
    before = [p.array.copy() for p in held]
    (y * y).sum().backward()
    optimizer.step()
    assert any(not np.array_equal(p.array, old) for p, old in zip(held, before, strict=True))
    assert layer(tg.randn(*shape, dtype=tg.float64)).shape == y.shape
    state = layer.state_dict()
    other = make().double()
    other(tg.randn(*shape, dtype=tg.float64))
    other.load_state_dict(state)


def test_lazy_layers_in_a_network():
    net = nn.Sequential(lazy.LazyConv2d(4, 3), nn.ReLU(), nn.Flatten(), lazy.LazyLinear(2))
    assert net(tg.randn(3, 1, 6, 6)).shape == (3, 2)
    assert net[3].in_features == 4 * 4 * 4
    net.eval()
    assert not net[3].training


@pytest.mark.parametrize("name", CASES)
def test_a_state_says_the_size_before_the_first_input(name):
    make, shape, text = CASES[name]
    made = make()
    y = made.eval()(x := tg.randn(*shape))
    other = nn.Sequential(make().eval())
    other.load_state_dict(nn.Sequential(made).state_dict())
    assert repr(other[0]).startswith(text)
    assert tg.equal(other(x), y)


def test_what_does_not_fit_a_lazy_layer_leaves_it_lazy():
    layer = lazy.LazyConv2d(4, 3, groups=2)
    with pytest.raises(ValueError, match="groups=2 must divide in_channels=3"):
        layer(tg.ones(1, 3, 5, 5))
    with pytest.raises(RuntimeError, match=r"dimension -3, and the input \(3,\) has none"):
        layer(tg.ones(3))
    with pytest.raises(RuntimeError, match="missing: weight"):
        layer.load_state_dict({})
    assert layer(tg.ones(1, 2, 5, 5)).shape == (1, 4, 3, 3)
    with pytest.raises(RuntimeError, match="dimension -1"):
        lazy.LazyLinear(3)(tg.tensor(1.0))


def test_a_lazy_layer_says_what_it_is_and_what_it_becomes():
    layer = nn.LazyConv2d(4, 3)
    assert layer.cls_to_become is nn.Conv2d
    assert layer.has_uninitialized_params()
    with pytest.raises(RuntimeError, match="dimension -3"):
        layer.initialize_parameters(tg.ones(3))
    layer.initialize_parameters(tg.ones(1, 2, 5, 5))
    assert type(layer) is nn.Conv2d
    assert layer.in_channels == 2
    assert not hasattr(layer, "has_uninitialized_params")
