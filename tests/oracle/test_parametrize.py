"""Weight norm, spectral norm and one's own parametrizations compute what PyTorch's do."""

import copy
import pickle

import numpy as np
import pytest
import torch
from torch.nn.utils import parametrizations as their_norms, parametrize as theirs

import nn
import tinygrad_edu as tg
from nn.utils import parametrizations as our_norms, parametrize as ours

LAYERS = [
    (lambda lib: lib.Linear(3, 4), (5, 3)),
    (lambda lib: lib.Conv1d(3, 4, 2), (2, 3, 6)),
    (lambda lib: lib.Conv2d(2, 3, (2, 3)), (2, 2, 5, 4)),
    (lambda lib: lib.ConvTranspose2d(2, 3, 2, stride=2), (2, 2, 3, 3)),
]
NORMS = [
    ("weight_norm", {}),
    ("weight_norm", {"dim": 1}),
    ("weight_norm", {"dim": -2}),
    ("weight_norm", {"dim": -1}),
    ("weight_norm", {"dim": None}),
    ("weight_norm", {"name": "bias"}),
    ("spectral_norm", {}),
    ("spectral_norm", {"n_power_iterations": 3, "dim": 1}),
    ("spectral_norm", {"name": "bias", "dim": 0}),
]


def pair(layer, norm, settings):
    """The same layer with the same norm in both libraries: PyTorch's state, loaded unchanged."""
    torch.manual_seed(0)
    their = getattr(their_norms, norm)(layer(torch.nn).double(), **settings)
    our = getattr(our_norms, norm)(layer(nn).double(), **settings)
    state = their.state_dict()
    assert list(our.state_dict()) == list(state)
    assert {k: tuple(x.shape) for k, x in our.state_dict().items()} == {
        k: tuple(x.shape) for k, x in state.items()
    }
    our.load_state_dict({name: x.numpy() for name, x in state.items()})
    return our, their


def close(a, b):
    np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(("layer", "shape"), LAYERS)
@pytest.mark.parametrize(("norm", "settings"), NORMS)
def test_norms_of_weights_are_torchs(layer, shape, norm, settings):
    our, their = pair(layer, norm, settings)
    x = np.random.default_rng(0).standard_normal(shape)
    optimizers = [
        lib.SGD(net.parameters(), lr=0.1) for lib, net in ((nn.optim, our), (torch.optim, their))
    ]
    for training in (True, True, False, True):
        our.train(training)
        their.train(training)
        for net, lib, optimizer in zip((our, their), (tg, torch), optimizers, strict=True):
            optimizer.zero_grad()
            (net(lib.tensor(x)).tanh() + net(lib.tensor(2 * x)) ** 2).mean().backward()
        for (name, p), (their_name, q) in zip(
            our.named_parameters(), their.named_parameters(), strict=True
        ):
            assert name == their_name
            close(p.grad, q.grad)
            close(p, q)
        for (name, p), (their_name, q) in zip(
            our.named_buffers(), their.named_buffers(), strict=True
        ):
            assert name == their_name
            close(p, q)
        for optimizer in optimizers:
            optimizer.step()
    assert repr(our) == repr(their)


@pytest.mark.parametrize(("norm", "settings"), NORMS)
def test_a_norm_is_removed_as_torchs(norm, settings):
    our, their = pair(LAYERS[0][0], norm, settings)
    name = settings.get("name", "weight")
    for net, lib in ((our, ours), (their, theirs)):
        net.eval()
        assert lib.is_parametrized(net)
        lib.remove_parametrizations(net, name)
        assert not lib.is_parametrized(net)
    assert type(our) is nn.Linear
    assert list(our.state_dict()) == list(their.state_dict())
    assert isinstance(getattr(our, name), nn.Parameter)
    close(getattr(our, name), getattr(their, name))


def test_a_new_spectral_norm_has_found_the_largest_singular_value():
    tg.manual_seed(0)
    for layer, _ in LAYERS:
        net = layer(nn)
        weight = net.weight.detach().numpy().copy()
        nn.utils.spectral_norm(net).eval()
        rows = weight.swapaxes(0, 1) if isinstance(net, nn.ConvTranspose2d) else weight
        largest = np.linalg.norm(rows.reshape(len(rows), -1), 2)
        np.testing.assert_allclose(net.weight.detach().numpy(), weight / largest, rtol=0.05)
        weight_now = net.weight.detach()
        assert tg.equal(nn.utils.remove_spectral_norm(net).weight, weight_now)


def test_a_new_weight_norm_leaves_the_weight_as_it_was():
    net = nn.Linear(3, 4)
    weight = net.weight.detach().clone()
    nn.utils.weight_norm(net)
    np.testing.assert_allclose(net.weight.detach().numpy(), weight.numpy(), rtol=1e-6)
    net.weight = weight * 3
    np.testing.assert_allclose(net.weight.detach().numpy(), 3 * weight.numpy(), rtol=1e-6)
    nn.utils.remove_weight_norm(net)
    np.testing.assert_allclose(net.weight.detach().numpy(), 3 * weight.numpy(), rtol=1e-6)
    for remove in (nn.utils.remove_weight_norm, nn.utils.remove_spectral_norm):
        with pytest.raises(ValueError, match="'weight' has no "):
            remove(net)


# ---------------------------------------------------------------- parametrizations of one's own


def kinds(lib):
    """Parametrizations, written the same way for both."""

    class Symmetric(lib.Module):
        def forward(self, x):
            return x.triu() + x.triu(1).mT

        def right_inverse(self, x):
            return x.triu()

    class Double(lib.Module):
        def forward(self, x):
            return x * 2

        def right_inverse(self, x):
            return x / 2

    class Square(lib.Module):
        def forward(self, x):
            return x * x

    class Sum(lib.Module):
        def forward(self, a, b):
            return a + b

        def right_inverse(self, x):
            return x / 4, x * 3 / 4

    return Symmetric, Double, Square, Sum


@pytest.mark.parametrize("chosen", [[0], [1], [2], [3], [0, 1], [1, 0], [3, 1], [1, 2]])
@pytest.mark.parametrize("leave", [True, False])
def test_parametrizations_are_torchs(chosen, leave):
    w = np.random.default_rng(0).standard_normal((3, 3))
    nets = []
    for lib, framework, parametrize in ((nn, tg, ours), (torch.nn, torch, theirs)):
        net = lib.Linear(3, 3, bias=False).double()
        net.weight.data = framework.tensor(w)
        before = net.weight
        for k in chosen:
            assert parametrize.register_parametrization(net, "weight", kinds(lib)[k]()) is net
        if chosen[0] != 3:
            assert net.parametrizations.weight.original is before
        nets.append(net)
        (net(framework.tensor(w)) ** 2).sum().backward()
    for a, b in zip(nets[0].parameters(), nets[1].parameters(), strict=True):
        close(a, b)
        close(a.grad, b.grad)
    close(nets[0].weight, nets[1].weight)
    assert list(nets[0].state_dict()) == list(nets[1].state_dict())
    if 2 not in chosen:
        for net, framework in zip(nets, (tg, torch), strict=True):
            net.weight = framework.tensor(w.T * 3)
        close(nets[0].weight, nets[1].weight)
    if chosen[0] == 3 and not leave:
        with pytest.raises(ValueError, match="computed from 2 tensors"):
            ours.remove_parametrizations(nets[0], "weight", leave)
        return
    for net, parametrize in zip(nets, (ours, theirs), strict=True):
        parametrize.remove_parametrizations(net, "weight", leave)
    close(nets[0].weight, nets[1].weight)


def test_a_buffer_is_parametrized_too():
    Double = kinds(nn)[1]
    net = nn.BatchNorm1d(3)
    ours.register_parametrization(net, "running_mean", Double())
    assert "parametrizations.running_mean.original" in net.state_dict()
    assert [name for name, _ in net.named_parameters()] == ["weight", "bias"]
    ours.remove_parametrizations(net, "running_mean")
    assert [name for name, _ in net.named_buffers()][-1] == "running_mean"


def test_two_of_a_module_are_computed_and_copied():
    net = nn.utils.weight_norm(nn.utils.weight_norm(nn.Linear(2, 3)), "bias", None)
    for twin in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        assert tg.equal(net(tg.ones(1, 2)), twin(tg.ones(1, 2)))
        with tg.no_grad():
            twin.parametrizations.weight.original0.mul_(2)
        assert not tg.equal(net.weight, twin.weight)
        ours.remove_parametrizations(twin, "weight")
        assert ours.is_parametrized(twin, "bias")
        assert ours.is_parametrized(net, "weight")
        assert not ours.is_parametrized(twin, "weight")


def test_what_cannot_be_parametrized_is_refused_and_changes_nothing():
    class Flat(nn.Module):
        def forward(self, x):
            return x.reshape(-1)

    net = nn.Linear(2, 3)
    before = net.weight.tolist()
    with pytest.raises(ValueError, match=r"Linear has no parameter or buffer 'w', only \['weight'"):
        ours.register_parametrization(net, "w", Flat())
    with pytest.raises(ValueError, match=r"Flat: the shape is \(6,\), and \(3, 2\) before"):
        ours.register_parametrization(net, "weight", Flat())
    with pytest.raises(ValueError, match="'weight' is not parametrized"):
        ours.remove_parametrizations(net, "weight")
    assert net.weight.tolist() == before
    assert type(net) is nn.Linear
    ours.register_parametrization(net, "weight", Flat(), unsafe=True)
    assert net.weight.shape == (6,)
    with pytest.raises(RuntimeError, match=r"Flat has no right_inverse\(\)"):
        net.weight = tg.ones(6)
    with pytest.raises(IndexError, match="dim=2 is no dimension"):
        our_norms.spectral_norm(nn.Linear(2, 2), dim=2)
    with pytest.raises(ValueError, match="n_power_iterations is above 0, not 0"):
        our_norms.spectral_norm(nn.Linear(2, 2), n_power_iterations=0)
    with pytest.raises(ValueError, match="has no tensor 'w'"):
        our_norms.spectral_norm(nn.Linear(2, 2), "w")
