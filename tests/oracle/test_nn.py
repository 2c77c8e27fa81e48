"""Module, Parameter, layers and their first numbers, held against PyTorch's own."""

import math
from collections import OrderedDict

import numpy as np
import pytest
import torch
from hypothesis import given, strategies as st
from test_nn import names, nested_net, tied_net

import nn
import nn.functional as F
import tinygrad_edu as tg

BOTH = [(nn, tg), (torch.nn, torch)]
SEEDS = st.integers(0, 2**32 - 1)


def to_torch(state):
    return {path: torch.from_numpy(np.array(x.array)) for path, x in state.items()}


def agree(ours, theirs, atol=1e-9):
    assert ours.shape == tuple(theirs.shape)
    np.testing.assert_allclose(ours.array, theirs.detach().numpy(), rtol=atol, atol=atol)


def same_in_both(f, *arrays, atol=1e-9):
    """f(library of layers, tensors...), its result and the gradient of each input."""
    rng = np.random.default_rng(1)
    ours = [tg.Tensor(x.copy()).requires_grad_() for x in arrays]
    theirs = [torch.from_numpy(x.copy()).requires_grad_() for x in arrays]
    y, z = f(nn, *ours), f(torch.nn, *theirs)
    agree(y, z, atol)
    g = rng.standard_normal(y.shape)
    y.backward(tg.Tensor(g))
    z.backward(torch.from_numpy(g))
    for a, b in zip(ours, theirs, strict=True):
        agree(a.grad, b.grad, atol)


# ---------------------------------------------------------------- the tree


def test_names_and_their_order_are_torchs():
    net, oracle = (nested_net(*both) for both in BOTH)
    for query in ("named_parameters", "named_buffers", "named_modules", "named_children"):
        assert names(getattr(net, query)()) == names(getattr(oracle, query)()), query
    for query in ("named_parameters", "named_buffers"):
        for options in ({"recurse": False}, {"prefix": "net"}):
            ours, theirs = (names(getattr(m, query)(**options)) for m in (net, oracle))
            assert ours == theirs
    assert list(net.state_dict()) == list(oracle.state_dict())
    assert len(list(net.parameters())) == len(list(net.named_parameters()))


def test_numbers_go_from_torch_and_back_and_give_the_same_function():
    net, oracle = (nested_net(*both).double().eval() for both in BOTH)
    x = np.random.default_rng(0).standard_normal((5, 4))
    net.load_state_dict(oracle.state_dict())
    agree(net(tg.Tensor(x)), oracle(torch.from_numpy(x)))
    nn.init.uniform_(net.body[0].first.weight, -1, 1)
    oracle.load_state_dict(to_torch(net.state_dict()))
    agree(net(tg.Tensor(x)), oracle(torch.from_numpy(x)))


def test_gradients_of_a_nested_net_are_torchs():
    net, oracle = (nested_net(*both).double().eval() for both in BOTH)
    net.load_state_dict(oracle.state_dict())
    x = np.random.default_rng(0).standard_normal((5, 4))
    net(tg.Tensor(x)).sum().backward()
    oracle(torch.from_numpy(x)).sum().backward()
    for (name, ours), theirs in zip(net.named_parameters(), oracle.parameters(), strict=True):
        assert ours.grad is not None, name
        agree(ours.grad, theirs.grad)


def test_a_shared_layer_has_its_parameters_once_and_gradients_from_both_uses():
    net, oracle = (tied_net(*both).double() for both in BOTH)
    assert names(net.named_parameters()) == names(oracle.named_parameters())
    assert names(net.named_modules()) == names(oracle.named_modules())
    net[0].load_state_dict(oracle[0].state_dict())
    x = np.random.default_rng(0).standard_normal((2, 3))
    net(tg.Tensor(x)).sum().backward()
    oracle(torch.from_numpy(x)).sum().backward()
    agree(net[2].weight.grad, oracle[0].weight.grad)


def test_the_state_of_a_shared_layer_has_all_its_paths_as_torchs():
    net, oracle = (tied_net(*both) for both in BOTH)
    assert list(net.state_dict()) == list(oracle.state_dict())
    net.load_state_dict(oracle.state_dict())
    agree(net[0].weight, oracle[0].weight)


def test_a_shared_parameter_is_listed_once_and_stored_under_both_paths():
    def build(nn, tg):
        net = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
        net[1].weight = net[0].weight
        return net

    net, oracle = (build(*both) for both in BOTH)
    assert names(net.named_parameters()) == names(oracle.named_parameters())
    assert list(net.state_dict()) == list(oracle.state_dict())


def test_apply_visits_children_first_in_torchs_order():
    visits = []
    for both in BOTH:
        seen = []
        net = nested_net(*both)
        assert net.apply(lambda m, seen=seen: seen.append(type(m).__name__)) is net
        visits.append(seen)
    assert visits[0] == visits[1]


# ---------------------------------------------------------------- how it prints


def printed_nets(nn, tg):
    return [
        nn.Sequential(nn.Linear(2, 5), nn.ReLU(), nn.Linear(5, 1, bias=False)),
        nn.Sequential(),
        nn.Sequential(nn.Sequential(nn.Tanh(), nn.Sigmoid()), nn.Identity(), nn.Flatten()),
        nn.Sequential(OrderedDict(one=nn.Softmax(dim=1), two=nn.LogSoftmax(dim=-1))),
        nested_net(nn, tg).body[0],
        tied_net(nn, tg),
        nn.Linear(3, 4),
        nn.Softmax(),
        nn.MSELoss(),
        nn.CrossEntropyLoss(reduction="sum"),
        nn.BCEWithLogitsLoss(),
    ]


@pytest.mark.parametrize("k", range(11))
def test_modules_print_as_torchs(k):
    ours, theirs = (repr(printed_nets(*both)[k]) for both in BOTH)
    assert ours == theirs


def with_settings(nn):
    class Odd(nn.Module):
        def __init__(self, lines, child):
            super().__init__()
            self.lines = lines
            if child:
                self.child = nn.Tanh()

        def extra_repr(self):
            return self.lines

    return Odd


@pytest.mark.parametrize("child", [False, True])
@pytest.mark.parametrize("lines", ["", "width=3", "width=3\ndepth=2"])
def test_the_settings_of_a_module_print_as_torchs(lines, child):
    ours, theirs = (repr(with_settings(library)(lines, child)) for library, _ in BOTH)
    assert ours == theirs


def test_a_parameter_prints_as_torchs():
    values = [[1.0, 2.5], [-3.0, 4.0]]
    assert repr(nn.Parameter(tg.tensor(values))) == repr(torch.nn.Parameter(torch.tensor(values)))


# ---------------------------------------------------------------- layers


@given(
    seed=SEEDS,
    batch=st.lists(st.integers(1, 4), max_size=3),
    n=st.integers(1, 5),
    bias=st.booleans(),
)
def test_linear_is_torchs(seed, batch, n, bias):
    rng = np.random.default_rng(seed)

    def layer(nn, x, weight, b):
        linear = nn.functional.linear
        return linear(x, weight, b) if bias else linear(x, weight) + 0 * b

    same_in_both(
        layer, rng.standard_normal((*batch, n)), rng.standard_normal((3, n)), rng.standard_normal(3)
    )


@pytest.mark.parametrize("batch", [(), (3,), (2, 3)])
def test_linear_of_a_row_of_weights_is_torchs(batch):
    rng = np.random.default_rng(0)
    arrays = rng.standard_normal((*batch, 4)), rng.standard_normal(4)
    same_in_both(lambda nn, x, weight: nn.functional.linear(x, weight), *arrays)
    assert F.linear(tg.ones(3, 4), tg.ones(4), tg.tensor(0.5)).tolist() == [4.5] * 3
    with pytest.raises(RuntimeError, match=r"^linear: the weight is .*\(1, 5, 4\)"):
        F.linear(tg.ones(3, 4), tg.ones(1, 5, 4))


@pytest.mark.parametrize(("low", "high"), [(-1, 1), (-1.7, 2.9), (0, 6.0), (-0.5, 0.5)])
def test_hardtanh_of_whole_numbers_is_torchs(low, high):
    x = np.arange(-4, 9)
    ours = F.hardtanh(tg.tensor(x), low, high)
    theirs = torch.nn.functional.hardtanh(torch.tensor(x), low, high)
    np.testing.assert_array_equal(ours.array, theirs.numpy(), strict=True)
    with pytest.raises(ValueError, match=r"^hardtanh: min_val=2 is above max_val=1"):
        F.hardtanh(tg.tensor(x), 2, 1)


@pytest.mark.parametrize("ends", [(1, -1), (0, -1), (2, 3), (-2, -1), (1, 1)])
def test_flatten_is_torchs(ends):
    x = np.random.default_rng(0).standard_normal((2, 3, 4, 5))
    same_in_both(lambda nn, x: nn.Flatten(*ends)(x), x)


@pytest.mark.parametrize("name", ["ReLU", "Sigmoid", "Tanh", "Identity"])
@given(seed=SEEDS, shape=st.lists(st.integers(0, 4), max_size=3))
def test_activations_are_torchs(name, seed, shape):
    x = np.asarray(np.random.default_rng(seed).standard_normal(shape) * 5)
    same_in_both(lambda nn, x: getattr(nn, name)()(x), x)


@pytest.mark.parametrize("name", ["Softmax", "LogSoftmax"])
@given(seed=SEEDS, dim=st.integers(-3, 2), scale=st.sampled_from([1, 100, 1e4]))
def test_softmax_layers_are_torchs(name, seed, dim, scale):
    x = np.random.default_rng(seed).standard_normal((2, 3, 4)) * scale
    same_in_both(lambda nn, x: getattr(nn, name)(dim=dim)(x), x)


# ---------------------------------------------------------------- how parameters start


def assert_same_distribution(ours, theirs):
    """Kolmogorov and Smirnov's distance, where chance would exceed the limit once in 10^5."""
    a, b = np.sort(ours.array.ravel()), np.sort(theirs.detach().numpy().ravel())
    both = np.concatenate([a, b])
    shares = [np.searchsorted(x, both, "right") / x.size for x in (a, b)]
    assert np.abs(shares[0] - shares[1]).max() < 2.47 * math.sqrt(1 / a.size + 1 / b.size)
    for power in (1, 2, 4):
        unit = np.abs(b).max() ** power or 1
        assert abs((a**power).mean() - (b**power).mean()) / unit < 5 / math.sqrt(a.size)


def test_linear_starts_as_torchs():
    torch.manual_seed(0)
    ours, theirs = nn.Linear(100, 500), torch.nn.Linear(100, 500)
    assert_same_distribution(ours.weight, theirs.weight)
    assert_same_distribution(ours.bias, theirs.bias)
    assert 0.0999 < np.abs(ours.weight.array).max() <= 0.1
    assert ours.weight.dtype == tg.float32
    assert nn.Linear(2, 2, dtype=tg.float64).bias.dtype == tg.float64


@pytest.mark.parametrize(
    "start",
    [
        lambda init, w: init.uniform_(w, -2, 3),
        lambda init, w: init.normal_(w, 1, 2),
        lambda init, w: init.xavier_uniform_(w),
        lambda init, w: init.xavier_uniform_(w, gain=3.0),
        lambda init, w: init.xavier_normal_(w, gain=0.5),
        lambda init, w: init.kaiming_uniform_(w),
        lambda init, w: init.kaiming_uniform_(w, a=math.sqrt(5)),
        lambda init, w: init.kaiming_uniform_(w, mode="fan_out", nonlinearity="relu"),
        lambda init, w: init.kaiming_normal_(w, nonlinearity="tanh"),
        lambda init, w: init.kaiming_normal_(w, mode="fan_out"),
        lambda init, w: init.constant_(w, 2.5),
        lambda init, w: init.zeros_(w),
        lambda init, w: init.ones_(w),
    ],
)
@pytest.mark.parametrize("shape", [(300, 120), (60, 20, 5, 5)])
def test_initial_numbers_are_distributed_as_torchs(start, shape):
    torch.manual_seed(0)
    weight, oracle = nn.Parameter(tg.zeros(*shape)), torch.nn.Parameter(torch.zeros(*shape))
    assert start(nn.init, weight) is weight
    assert weight.is_leaf
    assert weight.requires_grad
    start(torch.nn.init, oracle)
    assert_same_distribution(weight, oracle)


@pytest.mark.parametrize(
    "name",
    ["linear", "sigmoid", "tanh", "relu", "selu", "leaky_relu"]
    + [f"{kind}{n}d" for kind in ("conv", "conv_transpose") for n in (1, 2, 3)],
)
def test_gains_are_torchs(name):
    assert nn.init.calculate_gain(name) == torch.nn.init.calculate_gain(name)


@given(slope=st.floats(-10, 10))
def test_the_gain_of_leaky_relu_is_torchs(slope):
    ours = nn.init.calculate_gain("leaky_relu", slope)
    assert ours == torch.nn.init.calculate_gain("leaky_relu", slope)
