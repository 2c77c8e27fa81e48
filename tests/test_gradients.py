"""Gradients: one Tensor for each leaf, found again by what was computed before, its bytes its
own."""

import copy

import numpy as np
import pytest

import nn
import tinygrad_edu as tg
from nn import optim


def leaf(*numbers):
    return tg.tensor(numbers, requires_grad=True)


def squared(x):
    return (x * x).sum()


# ---------------------------------------------------------------- one Tensor, at each look


def test_a_gradient_is_one_tensor():
    p = leaf(1.0, 2.0)
    squared(p).backward()
    g = p.grad
    assert p.grad is g
    squared(p).backward()  # added in place
    assert p.grad is g
    assert g.tolist() == [4.0, 8.0]


def test_what_is_written_to_the_data_of_a_gradient_is_used():
    p = leaf(1.0, 2.0)
    optimizer = optim.SGD([p], lr=1)
    squared(p).backward()
    p.grad.data = 0.5 * p.grad.data
    optimizer.step()
    assert p.tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    "write",
    [
        lambda p: p.grad.mul_(0.5),
        lambda p: p.grad.data.mul_(0.5),
        lambda p: p.grad.__setitem__(0, 1.0),
        lambda p: setattr(p, "grad", p.grad / 2),
        lambda p: setattr(p.grad, "data", p.grad.data / 2),
    ],
)
def test_every_way_to_halve_a_gradient_reaches_the_optimizer(write):
    p = leaf(1.0, 0.0)
    optimizer = optim.SGD([p], lr=1)
    squared(p).backward()
    write(p)
    assert p.grad.tolist() == [1.0, 0.0]
    optimizer.step()
    assert p.tolist() == [0.0, 0.0]


def test_a_gradient_may_require_grad_itself():
    p = leaf(1.0, 2.0)
    squared(p).backward()
    p.grad.requires_grad_()
    assert p.grad.requires_grad
    squared(p.grad).backward()
    assert p.grad.grad.tolist() == [4.0, 8.0]
    squared(p).backward()
    assert p.grad.requires_grad
    assert p.grad.tolist() == [4.0, 8.0]


def test_a_gradient_takes_a_write_that_carries_one():
    x = leaf(1.0, 2.0)
    squared(x).backward()
    x.grad.add_(0.1 * x)
    np.testing.assert_allclose(x.grad.detach().array, [2.1, 4.2], rtol=1e-6)
    (slope,) = tg.autograd.grad(x.grad.sum(), x)
    np.testing.assert_allclose(slope.array, [0.1, 0.1])


def test_a_gradient_that_the_user_sets_is_that_tensor():
    p, t = leaf(1.0, 2.0), tg.ones(2)
    p.grad = t
    assert p.grad is t
    squared(p).backward()
    assert p.grad is t
    assert t.tolist() == [3.0, 5.0]


def test_a_gradient_that_cannot_be_written_to_is_replaced():
    p, t = leaf(1.0, 2.0), tg.ones(1).expand(2)
    p.grad = t
    squared(p).backward()
    assert p.grad.tolist() == [3.0, 5.0]
    assert t.tolist() == [1.0, 1.0]


def test_a_gradient_with_a_graph_is_added_to_as_in_pytorch():
    x = leaf(1.0, 2.0)
    (x**3).sum().backward(create_graph=True)
    g = x.grad
    squared(x).backward()  # into the same tensor, outside the record
    assert x.grad is g
    assert g.tolist() == [5.0, 16.0]
    assert g.requires_grad
    squared(x).backward(create_graph=True)  # a new one, in the record
    assert x.grad is not g
    assert x.grad.tolist() == [7.0, 20.0]


@pytest.mark.parametrize("to_none", [True, False])
def test_forgetting_a_gradient(to_none):
    layer = nn.Linear(2, 1)
    for forget in (optim.SGD(layer.parameters(), lr=1).zero_grad, layer.zero_grad):
        layer(tg.ones(2)).sum().backward()
        g = layer.weight.grad
        forget(set_to_none=to_none)
        assert layer.weight.grad is (None if to_none else g)
        assert g.tolist() == ([[1.0, 1.0]] if to_none else [[0.0, 0.0]])


def test_copies_have_their_own_gradient():
    layer = nn.Linear(2, 1)
    layer(tg.ones(2)).sum().backward()
    layer.bias.requires_grad_(False)
    twin = copy.deepcopy(layer)
    assert twin.weight.grad is not layer.weight.grad
    twin.weight.grad.zero_()
    assert layer.weight.grad.tolist() == [[1.0, 1.0]]
    assert twin.bias.grad.tolist() == [1.0]
    assert not twin.bias.requires_grad


def test_a_constant_may_be_given_a_gradient():
    x = tg.tensor([1.0, 2.0])
    assert x.grad is None
    x.grad = tg.ones(2)
    assert not x.requires_grad
    optim.SGD([x], lr=1).step()
    assert x.tolist() == [0.0, 1.0]


# ---------------------------------------------------------------- a leaf is found again


def test_a_leaf_that_rested_in_between_gets_its_gradient():
    w = leaf(1.0, 2.0)
    y = squared(w)
    w.requires_grad_(False)
    w.requires_grad_(True)
    y.backward()
    assert w.grad.tolist() == [2.0, 4.0]


def test_a_leaf_that_rests_gets_none():
    w, v = leaf(1.0, 2.0), leaf(3.0, 4.0)
    y = (w * v).sum()
    w.requires_grad_(False)
    y.backward()
    assert w.grad is None
    assert v.grad.tolist() == [1.0, 2.0]


def test_a_leaf_that_rests_keeps_gradient_and_hooks():
    w, seen = leaf(1.0, 2.0), []
    w.register_hook(lambda g: seen.append(g.tolist()))
    squared(w).backward()
    g = w.grad
    w.requires_grad_(False)
    assert w.grad is g
    w.requires_grad_(True)
    assert w.grad is g
    squared(w).backward()
    assert seen == [[2.0, 4.0]] * 2


def test_a_frozen_parameter_with_a_gradient_moves_as_in_pytorch():
    w = leaf(1.0, 2.0)
    optimizer = optim.SGD([w], lr=1)
    squared(w).backward()
    w.requires_grad_(False)
    optimizer.step()
    assert w.tolist() == [-1.0, -2.0]
    optimizer.zero_grad()
    optimizer.step()
    assert w.tolist() == [-1.0, -2.0]


def test_a_module_made_double_between_the_passes():
    layer = nn.Linear(2, 1)
    y = layer(tg.ones(1, 2)).sum()
    layer.double()
    y.backward()
    assert layer.weight.grad.tolist() == [[1.0, 1.0]]
    assert layer.weight.grad.dtype == tg.float64
    layer(tg.ones(1, 2).double()).sum().backward()
    assert layer.weight.grad.tolist() == [[2.0, 2.0]]


def test_a_module_made_double_keeps_its_gradients():
    layer = nn.Linear(2, 1)
    layer(tg.ones(1, 2)).sum().backward()
    g = layer.weight.grad
    layer.double()
    assert layer.weight.grad is g
    assert g.dtype == tg.float64
    layer.requires_grad_(False).float().requires_grad_()
    assert layer.weight.grad is g
    assert g.dtype == tg.float32


def test_an_optimizer_follows_parameters_to_another_dtype():
    layer = nn.Linear(2, 1)
    optimizer = optim.SGD(layer.parameters(), lr=1, momentum=0.5)
    for dtype in (tg.float32, tg.float64, tg.float32):
        layer.to(dtype)
        before = layer.weight.detach().clone()
        optimizer.zero_grad()
        layer(tg.ones(1, 2, dtype=dtype)).sum().backward()
        optimizer.step()
        assert layer.weight.dtype == dtype
        assert not tg.equal(layer.weight, before)


def test_data_replaced_between_the_passes():
    """The gradient is that of what was computed, and arrives."""
    w = leaf(1.0, 2.0)
    y = squared(w)
    w.data = tg.tensor([5.0, 6.0])
    y.backward()
    assert w.grad.tolist() == [2.0, 4.0]


def test_a_hook_goes_with_its_leaf_to_another_dtype():
    w, seen = leaf(1.0, 2.0), []
    w.register_hook(lambda g: seen.append(g.dtype))
    y = squared(w)
    w.data = w.data.double()
    (y + squared(w)).backward()
    assert seen == [tg.float64]  # once, for the sum
    assert w.grad.tolist() == [4.0, 8.0]


def test_data_of_another_shape_between_the_passes_is_an_error():
    w = leaf(1.0, 2.0)
    y = squared(w)
    w.data = tg.ones(3)
    with pytest.raises(RuntimeError, match=r"shape \(2,\) when .* shape \(3,\) since"):
        y.backward()
    squared(w).backward()
    assert w.grad.tolist() == [2.0, 2.0, 2.0]


def test_a_gradient_of_another_shape_is_not_broadcast_into():
    w = leaf(1.0, 2.0)
    squared(w).backward()
    w.data = tg.ones(1)
    with pytest.raises(RuntimeError, match=r"\.grad to which it is added has shape \(2,\)"):
        squared(w).backward()
    assert w.grad.tolist() == [2.0, 4.0]


def test_data_of_a_result():
    x = leaf(1.0, 2.0)
    v = x * 2
    v.data = v.data.double()
    assert v.requires_grad
    v.sum().backward()
    assert x.grad.tolist() == [2.0, 2.0]


def test_a_result_that_is_detached_in_place_keeps_its_gradient():
    x = leaf(1.0, 2.0)
    v = x * 2
    v.retain_grad()
    v.sum().backward()
    v.detach_()
    assert v.grad.tolist() == [1.0, 1.0]
    assert not v.requires_grad
    x.detach_()
    assert x.grad.tolist() == [2.0, 2.0]


def test_a_gradient_of_another_shape_moves_nothing():
    w = tg.ones(2, 3, requires_grad=True)
    optimizer = optim.SGD([w], lr=1)
    squared(w).backward()
    w.data = tg.ones(3, 2)
    with pytest.raises(ValueError, match=r"shape \(3, 2\) now, and its \.grad \(2, 3\)"):
        optimizer.step()
    optimizer.zero_grad()
    squared(w).backward()
    optimizer.step()
    assert w.tolist() == [[-1.0, -1.0]] * 3
