"""nn.utils: pruning, orthogonal weights, fused layers, clipped gradients."""

import copy

import numpy as np
import pytest

import nn
import tinygrad_edu as tg
from nn.utils import parametrizations, parametrize, prune
from tinygrad_edu.testing import gradcheck

MODULES = [nn.utils, prune, parametrize, parametrizations, nn.utils.rnn, nn.utils.stateless]
MODULES += [nn.utils.clip_grad, nn.utils.convert_parameters]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_a_look_into_the_module_shows_what_it_exports(module):
    assert dir(module) == sorted(module.__all__)
    for name in module.__all__:
        assert hasattr(module, name)


# ---------------------------------------------------------------- pruning


def a_layer():
    layer = nn.Linear(3, 2)
    layer.weight.data = tg.tensor([[1.0, -2.0, 3.0], [-4.0, 5.0, -6.0]])
    return layer


def test_the_smallest_elements_become_0_and_stay_0():
    layer = prune.l1_unstructured(a_layer(), "weight", amount=2)
    assert layer.weight_mask.tolist() == [[0, 0, 1], [1, 1, 1]]
    assert layer.weight.tolist() == [[0, 0, 3], [-4, 5, -6]]
    assert [name for name, _ in layer.named_parameters()] == ["bias", "weight_orig"]
    layer(tg.ones(1, 3)).sum().backward()
    assert layer.weight_orig.grad.tolist() == [[0, 0, 1], [1, 1, 1]]
    layer.weight_orig.data += 1
    layer(tg.ones(1, 3))
    assert layer.weight.tolist() == [[0, 0, 4], [-3, 6, -5]]
    prune.ln_structured(layer, "weight", amount=1, n=1, dim=0)
    assert layer.weight_mask.tolist() == [[0, 0, 0], [1, 1, 1]]
    prune.remove(layer, "weight")
    assert layer.weight.tolist() == [[0, 0, 0], [-3, 6, -5]]
    assert isinstance(layer.weight, nn.Parameter)
    assert not prune.is_pruned(layer)


def test_a_pruned_layer_is_copied_and_loaded():
    layer = prune.l1_unstructured(a_layer(), "weight", amount=2)
    other = prune.identity(nn.Linear(3, 2), "weight")
    other.load_state_dict(layer.state_dict())
    x = tg.ones(1, 3)
    assert other(x).tolist() == layer(x).tolist()
    with tg.no_grad():
        layer(x)  # the copy is of a weight that is no result of operations
    twin = copy.deepcopy(layer)
    prune.l1_unstructured(twin, "weight", amount=1)
    assert twin.weight_mask.sum().item() == 3
    assert layer.weight_mask.sum().item() == 4


def test_several_layers_are_pruned_as_one_vector():
    a, b = a_layer(), a_layer()
    b.weight.data *= 10
    prune.global_unstructured([(a, "weight"), (b, "weight")], prune.L1Unstructured, amount=6)
    assert a.weight.tolist() == [[0, 0, 0], [0, 0, 0]]
    assert b.weight_mask.tolist() == [[1, 1, 1], [1, 1, 1]]


def test_what_cannot_be_pruned_says_why():
    layer = a_layer()
    for error, message, act in [
        (ValueError, "7 is more than the 6", lambda: prune.l1_unstructured(layer, "weight", 7)),
        (ValueError, "amount=-1 is neither", lambda: prune.L1Unstructured(-1)),
        (TypeError, "amount is a whole number or a share", lambda: prune.L1Unstructured("1")),
        (ValueError, "needs two dimensions", lambda: prune.ln_structured(layer, "bias", 1, 2, 0)),
        (IndexError, "dim=2 is no dim", lambda: prune.ln_structured(layer, "weight", 1, 2, 2)),
        (ValueError, "Linear: 'weight' is not pruned", lambda: prune.remove(layer, "weight")),
        (ValueError, "'bias' is None", lambda: prune.identity(nn.Linear(1, 1, False), "bias")),
        (ValueError, "applied to no module", lambda: prune.Identity().apply_mask(layer)),
    ]:  # fmt: skip
        with pytest.raises(error, match=message):
            act()
    assert sorted(layer.state_dict()) == ["bias", "weight"]


# ---------------------------------------------------------------- orthogonal weights


@pytest.mark.parametrize("sizes", [(4, 4), (5, 3), (3, 5), (2, 4, 3)])
@pytest.mark.parametrize("orthogonal_map", ["matrix_exp", "cayley", "householder"])
def test_an_orthogonal_weight_is_one_and_its_derivatives_are_right(orthogonal_map, sizes):
    layer = nn.Module()
    layer.w = nn.Parameter(tg.randn(*sizes, dtype=tg.float64))
    parametrizations.orthogonal(layer, "w", orthogonal_map)
    part = layer.parametrizations.w
    random = np.random.default_rng(0)
    x = random.standard_normal(sizes)
    k = min(sizes[-2:])
    x[..., np.arange(k), np.arange(k)] = 1.5  # whose whole part, 1, is the sign of a column
    part.original.data = tg.tensor(x)
    w = layer.w.detach()
    product = w.mT @ w if w.shape[-2] >= w.shape[-1] else w @ w.mT
    np.testing.assert_allclose(product.numpy(), np.eye(k) + 0 * product.numpy(), atol=1e-9)
    gradcheck(lambda x: part[0](x), (tg.tensor(x, requires_grad=True),), order=2)


def test_an_orthogonal_weight_stays_what_it_was():
    q = tg.linalg.qr(tg.randn(3, 3))[0]
    layer = nn.Linear(3, 3)
    layer.weight.data = q
    parametrizations.orthogonal(layer)
    np.testing.assert_allclose(layer.weight.tolist(), q.tolist(), atol=1e-6)


# ---------------------------------------------------------------- the rest


def test_a_cache_keeps_a_weight_within_its_thread():
    layer = parametrizations.weight_norm(nn.Linear(2, 2))
    with parametrize.cached():
        assert layer.weight is layer.weight
        layer(tg.ones(1, 2)).sum().backward()
    assert layer.parametrizations.weight.original0.grad is not None
    assert layer.weight is not layer.weight


def test_an_empty_generator_of_parameters_is_warned_about():
    with pytest.warns(UserWarning, match="generator of parameters is empty"):
        assert nn.utils.clip_grad_norm_((p for p in ()), 1.0).item() == 0


def test_layers_in_training_are_not_fused():
    linear, bn = nn.Linear(3, 4), nn.BatchNorm1d(4)
    with pytest.raises(ValueError, match="call eval"):
        nn.utils.fuse_linear_bn_eval(linear, bn)
    bn = nn.BatchNorm1d(4, track_running_stats=False)
    with pytest.raises(ValueError, match="no running mean"):
        nn.utils.fuse_linear_bn_eval(linear.eval(), bn.eval())
    with pytest.raises(ValueError, match="4 outputs, the normalization 3"):
        nn.utils.fuse_linear_bn_eval(linear.eval(), nn.BatchNorm1d(3).eval())
