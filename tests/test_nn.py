"""Module, Parameter, layers and their first numbers, held against PyTorch's own."""

import copy
import inspect
import math
import pickle
from collections import OrderedDict
from types import ModuleType

import numpy as np
import pytest

import nn
import nn.functional as F
import tinygrad_edu as tg


def nested_net(nn, tg):
    """The same listing for both libraries: only its imports differ."""

    class Block(nn.Module):
        def __init__(self, width):
            super().__init__()
            self.second = nn.Linear(width, width)
            self.register_buffer("mean", tg.zeros(width))
            self.scale = nn.Parameter(tg.ones(width))
            self.register_buffer("scratch", tg.ones(1), persistent=False)
            self.first = nn.Linear(width, width, bias=False)
            self.act = nn.Tanh()

        def forward(self, x):
            return self.second(self.act(self.first(x - self.mean))) * self.scale

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.body = nn.Sequential(Block(4), nn.ReLU(), Block(4))
            self.register_parameter("nothing", None)
            self.head = nn.Linear(4, 3)
            self.note = "an attribute like any other"
            self.shift = nn.Parameter(tg.ones(3))
            self.register_buffer("empty", None)
            self.drop = nn.Dropout(0.5)

        def forward(self, x):
            return self.head(self.drop(self.body(x))) + self.shift

    return Net()


def tied_net(nn, tg):
    layer = nn.Linear(3, 3)
    return nn.Sequential(layer, nn.Tanh(), layer)


class Empty(nn.Module):
    pass


def names(pairs):
    return [name for name, _ in pairs]


# ---------------------------------------------------------------- the tree


def test_train_and_eval_reach_every_module():
    net = nested_net(nn, tg)
    assert all(m.training for m in net.modules())
    assert net.eval() is net
    assert not any(m.training for m in net.modules())
    assert net.train() is net
    assert all(m.training for m in net.modules())
    net.body.eval()
    assert net.head.training
    assert not net.body[2].act.training


def test_requires_grad_freezes_and_thaws():
    net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1))
    net[0].requires_grad_(False)
    net(tg.ones(1, 2)).sum().backward()
    assert [p.grad is None for p in net.parameters()] == [True, True, False, False]
    assert net.requires_grad_() is net
    assert all(p.requires_grad for p in net.parameters())


def test_a_module_without_forward_says_what_to_define():
    with pytest.raises(NotImplementedError, match=r"Empty has no forward.*def forward"):
        Empty()(tg.ones(1))


def test_call_hands_on_several_inputs_and_options():
    class Affine(nn.Module):
        def forward(self, x, y, *, scale=1):
            return x + y * scale

    assert Affine()(tg.tensor(1.0), tg.tensor(2.0), scale=3).item() == 7


# ---------------------------------------------------------------- assigning


@pytest.mark.parametrize("value", [nn.Parameter(tg.ones(2)), nn.Tanh()], ids=["parameter", "layer"])
def test_assigning_before_super_init_says_what_is_missing(value):
    class Hasty(nn.Module):
        def __init__(self):
            self.part = value

    with pytest.raises(AttributeError, match=r"Hasty: call super\(\)\.__init__\(\).*part"):
        Hasty()


def test_a_buffer_before_super_init_is_the_same_error():
    class Hasty(nn.Module):
        def __init__(self):
            self.register_buffer("part", tg.ones(2))

    with pytest.raises(AttributeError, match=r"super\(\)\.__init__\(\)"):
        Hasty()


@pytest.mark.parametrize("value", [tg.ones(2, 2), 3.0])
def test_a_parameter_is_not_replaced_by_what_would_not_train(value):
    layer = nn.Linear(2, 2)
    before = layer.weight
    with pytest.raises(TypeError, match=r"Linear\.weight is a Parameter"):
        layer.weight = value
    assert layer.weight is before


def test_a_parameter_is_replaced_by_a_parameter_or_none():
    layer = nn.Linear(2, 2)
    new = nn.Parameter(tg.zeros(2, 2))
    layer.weight, layer.bias = new, None
    assert list(layer.parameters()) == [new]
    assert layer(tg.ones(1, 2)).tolist() == [[0.0, 0.0]]


def test_a_layer_is_not_replaced_by_something_else(both):
    nn, tg = both
    net = nested_net(nn, tg)
    with pytest.raises(TypeError, match="head"):
        net.head = tg.ones(3)
    assert "head.weight" in net.state_dict()


def test_a_deleted_layer_is_gone():
    net = nested_net(nn, tg)
    del net.head
    assert not any(name.startswith("head") for name, _ in net.named_parameters())


# ---------------------------------------------------------------- buffers


def test_buffers_are_state_but_not_trained():
    block = nested_net(nn, tg).body[0]
    assert names(block.named_buffers()) == ["mean", "scratch"]
    assert "scratch" not in block.state_dict()
    assert not any(b.requires_grad for b in block.buffers())
    block.mean = tg.ones(4) * 3
    assert block.state_dict()["mean"].tolist() == [3.0] * 4


def test_a_deleted_buffer_is_gone(both):
    nn, tg = both
    module = nn.Module()
    module.register_buffer("mean", tg.ones(2))
    del module.mean
    assert list(module.buffers()) == []
    assert len(module.state_dict()) == 0


def test_a_buffer_is_a_tensor_or_none(both):
    nn, tg = both
    module = nn.Module()
    with pytest.raises(TypeError, match="mean"):
        module.register_buffer("mean", 3.0)
    module.register_buffer("mean", tg.ones(2))
    with pytest.raises(TypeError, match="mean"):
        module.mean = 3.0
    assert list(module.state_dict()) == ["mean"]


# ---------------------------------------------------------------- state


def test_state_shares_memory_and_has_no_record():
    layer = nn.Linear(2, 2)
    state = layer.state_dict()
    assert not any(x.requires_grad for x in state.values())
    with tg.no_grad():
        layer.weight.zero_()
    assert not state["weight"].any()


def test_loading_copies_the_numbers_and_keeps_the_parameters():
    source, target = nn.Linear(2, 2), nn.Linear(2, 2)
    parameters = list(target.parameters())
    target.load_state_dict(source.state_dict())
    assert all(a is b for a, b in zip(target.parameters(), parameters, strict=True))
    assert tg.equal(source.weight, target.weight)
    with tg.no_grad():
        source.weight.zero_()
    assert target.weight.any()


def test_loading_keeps_the_dtype_that_the_module_has():
    layer = nn.Linear(2, 2)
    layer.load_state_dict(nn.Linear(2, 2).double().state_dict())
    assert layer.weight.dtype == tg.float32


def test_everything_that_does_not_fit_is_in_one_message_and_nothing_is_changed():
    net = nested_net(nn, tg)
    state = {path: x.clone() * 0 + 7 for path, x in net.state_dict().items()}
    before = {path: x.array.copy() for path, x in net.state_dict().items()}
    del state["head.bias"]
    state["tail.weight"] = tg.ones(1)
    state["shift"] = tg.ones(4)
    with pytest.raises(RuntimeError, match="load_state_dict into Net") as caught:
        net.load_state_dict(state)
    message = str(caught.value)
    for part in ("head.bias", "tail.weight", "shift", "(4,)", "(3,)"):
        assert part in message
    for path, x in net.state_dict().items():
        np.testing.assert_array_equal(x.array, before[path])


def test_what_is_no_tensor_in_a_state_is_refused_and_nothing_is_changed():
    layer = nn.Linear(2, 2)
    before = layer.weight.array.copy()
    with pytest.raises((RuntimeError, TypeError)):
        layer.load_state_dict({"weight": tg.zeros(2, 2), "bias": "zero"})
    np.testing.assert_array_equal(layer.weight.array, before)


def test_loading_what_is_there_when_not_strict():
    layer = nn.Linear(2, 2)
    layer.load_state_dict({"bias": tg.tensor([5.0, 6.0]), "other": tg.ones(1)}, strict=False)
    assert layer.bias.tolist() == [5.0, 6.0]
    with pytest.raises(RuntimeError, match=r"shape of bias"):
        layer.load_state_dict({"bias": tg.ones(3)}, strict=False)


def test_loading_between_forward_and_backward_is_seen_by_the_clock():
    net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1))
    loss = net(tg.ones(1, 2)).sum()
    net.load_state_dict(net.state_dict())
    with pytest.raises(RuntimeError, match="in-place write"):
        loss.backward()


# ---------------------------------------------------------------- all of it at once


def test_zero_grad_forgets_or_fills_with_zeros():
    net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1))
    net[1].requires_grad_(False)
    net(tg.ones(1, 2)).sum().backward()
    net.zero_grad(set_to_none=False)
    assert net[0].weight.grad.tolist() == [[0.0, 0.0], [0.0, 0.0]]
    assert net[1].weight.grad is None
    net.zero_grad()
    assert all(p.grad is None for p in net.parameters())


def test_double_converts_parameters_and_buffers_and_still_trains():
    net = nested_net(nn, tg)
    net.register_buffer("count", tg.tensor([1, 2]))
    net.head.requires_grad_(False)
    parameters = list(net.parameters())
    assert net.double() is net
    assert all(a is b for a, b in zip(net.parameters(), parameters, strict=True))
    assert {p.dtype for p in net.parameters()} == {tg.float64}
    assert {b.dtype for b in net.buffers()} == {tg.float64, tg.int64}
    assert not net.head.weight.requires_grad
    net(tg.ones(2, 4, dtype=tg.float64)).sum().backward()
    assert net.shift.grad.dtype == tg.float64
    assert {p.dtype for p in net.float().parameters()} == {tg.float32}


def test_a_converted_parameter_keeps_its_gradient(both):
    nn, tg = both
    layer = nn.Linear(2, 1)
    layer(tg.ones(1, 2)).sum().backward()
    layer.double()
    assert layer.weight.grad.dtype == tg.float64
    assert layer.weight.grad.tolist() == [[1.0, 1.0]]


def test_a_module_is_not_converted_to_integers_and_nothing_is_changed(both):
    nn, tg = both
    net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    before = net[0].weight.tolist()
    with pytest.raises((TypeError, RuntimeError)):
        net.to(tg.int64)
    assert {p.dtype for p in net.parameters()} == {tg.float32}
    assert net[0].weight.tolist() == before


def test_the_only_device_is_the_cpu():
    layer = nn.Linear(2, 2)
    assert layer.to("cpu") is layer
    assert layer.to(device="cpu") is layer
    with pytest.raises(RuntimeError, match=r"no device 'cuda'"):
        layer.to("cuda")


def copies():
    return {"deepcopy": copy.deepcopy, "pickle": lambda net: pickle.loads(pickle.dumps(net))}


@pytest.mark.parametrize("way", ["deepcopy", "pickle"])
def test_a_copy_computes_the_same_and_shares_nothing(way):
    net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
    net.register_buffer("mean", tg.ones(2))
    net[0].requires_grad_(False)
    x = tg.randn(2, 3)
    expected = net(x)
    twin = copies()[way](net)
    assert tg.equal(twin(x), expected)
    assert names(twin.named_parameters()) == names(net.named_parameters())
    assert [p.requires_grad for p in twin.parameters()] == [False, False, True, True]
    assert all(type(p) is nn.Parameter for p in twin.parameters())
    for ours, theirs in zip(net.state_dict().values(), twin.state_dict().values(), strict=True):
        assert not np.shares_memory(ours.array, theirs.array)
    twin(x).sum().backward()
    assert all(p.grad is None for p in net.parameters())
    twin.add_module("1", nn.ReLU())
    assert tg.equal(net(x), expected)


@pytest.mark.parametrize("way", ["deepcopy", "pickle"])
def test_a_copy_of_a_tied_net_is_tied(way):
    twin = copies()[way](tied_net(nn, tg))
    assert twin[0] is twin[2]
    assert len(list(twin.parameters())) == 2


# ---------------------------------------------------------------- Parameter


@pytest.mark.parametrize(
    "compute",
    [
        lambda p: p * 2,
        lambda p: 2 - p,
        lambda p: -p,
        lambda p: p @ p,
        lambda p: p[0],
        lambda p: p.T,
        lambda p: p.sum(),
        lambda p: p.reshape(-1),
        lambda p: p.detach(),
        lambda p: p.data,
        lambda p: p.clone(),
        lambda p: p.double(),
        lambda p: np.exp(p),
        lambda p: p > 0,
        lambda p: tg.cat([p, p]),
        lambda p: tg.zeros_like(p),
    ],
)
def test_what_is_computed_from_a_parameter_is_a_plain_tensor(compute):
    p = nn.Parameter(tg.ones(2, 2))
    assert type(compute(p)) is tg.Tensor
    with tg.no_grad():
        assert type(compute(p)) is tg.Tensor


def test_the_gradient_of_a_parameter_is_a_plain_tensor():
    p = nn.Parameter(tg.ones(2, 2))
    (p * p).sum().backward()
    assert type(p.grad) is tg.Tensor


def test_a_result_assigned_to_a_module_is_not_a_parameter_of_it():
    module = nn.Module()
    module.scale = nn.Parameter(tg.ones(2))
    module.twice = module.scale * 2
    assert names(module.named_parameters()) == ["scale"]


def test_a_parameter_is_a_leaf_that_shares_memory_with_its_data():
    data = tg.ones(2)
    p = nn.Parameter(data)
    assert p.is_leaf
    assert p.requires_grad
    assert np.shares_memory(p.array, data.array)
    assert not data.requires_grad
    assert not nn.Parameter(data, requires_grad=False).requires_grad


def test_integers_are_no_parameters():
    with pytest.raises(RuntimeError, match="only floating"):
        nn.Parameter(tg.tensor([1, 2]))


# ---------------------------------------------------------------- layers


def test_linear_names_both_sizes_when_they_do_not_fit():
    with pytest.raises(ValueError, match=r"\(4, 3\) has 3 features.*\(5, 2\) takes 2"):
        nn.Linear(2, 5)(tg.ones(4, 3))


def test_flatten_refuses_dimensions_that_are_not_there():
    with pytest.raises(IndexError, match=r"dimension 3 is out of range.*\(2, 3\)"):
        nn.Flatten(3)(tg.ones(2, 3))


@pytest.mark.parametrize(("shape", "dim"), [((), 0), ((3,), 0), ((2, 3), 1), ((2, 3, 2), 0)])
@pytest.mark.parametrize("name", ["softmax", "log_softmax", "softmin"])
def test_softmax_without_a_dimension_takes_pytorchs_old_choice_and_warns(name, shape, dim):
    x = tg.arange(12.0)[: int(np.prod(shape))].reshape(shape)
    layer = {"softmax": nn.Softmax, "log_softmax": nn.LogSoftmax, "softmin": nn.Softmin}[name]
    right = getattr(F, name)(x, dim=dim)
    hooked = layer()
    hooked.register_forward_hook(lambda *_: None)
    for call in (getattr(F, name), layer(), hooked):
        with pytest.warns(UserWarning, match=f"{name}.*write dim={dim}") as warned:
            assert call(x).tolist() == right.tolist()
        assert warned[0].filename == __file__


def test_softmax_of_the_package_takes_a_dimension():
    for attempt in (tg.softmax, tg.log_softmax, tg.Tensor.softmax):
        with pytest.raises(TypeError, match="dim"):
            attempt(tg.ones(2, 2))


# ---------------------------------------------------------------- dropout


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_dropout_drops_that_share_and_scales_the_rest(p):
    x = tg.rand(400, 250) + 1
    x.requires_grad_()
    y = nn.Dropout(p)(x)
    dropped = y.array == 0
    sigma = math.sqrt(p * (1 - p) / x.numel())
    assert abs(dropped.mean() - p) < 5 * sigma
    assert abs(dropped.mean(0) - p).max() < 6 * sigma * math.sqrt(250)
    np.testing.assert_allclose(y.array[~dropped], x.array[~dropped] / (1 - p), rtol=1e-6)
    y.sum().backward()
    np.testing.assert_allclose(x.grad.array, np.where(dropped, 0, 1 / (1 - p)), rtol=1e-6)


def test_dropout_in_evaluation_changes_nothing():
    x = tg.randn(50)
    layer = nn.Dropout(0.9)
    assert not tg.equal(layer(x), x)
    assert tg.equal(layer.eval()(x), x)
    assert tg.equal(F.dropout(x, 0.9, training=False), x)


def test_dropout_of_nothing_and_of_everything():
    x = tg.randn(50, requires_grad=True)
    assert tg.equal(nn.Dropout(0)(x), x)
    y = nn.Dropout(1)(x)
    y.sum().backward()
    assert not y.any()
    assert x.grad.tolist() == [0.0] * 50


def test_dropout_repeats_with_its_seed_and_differs_without():
    x, layer = tg.ones(1000), nn.Dropout(0.5)
    tg.manual_seed(3)
    first, second = layer(x), layer(x)
    tg.manual_seed(3)
    assert tg.equal(layer(x), first)
    assert not tg.equal(first, second)
    drawn = [F.dropout(x, generator=tg.Generator().manual_seed(5)) for _ in range(2)]
    assert tg.equal(*drawn)


@pytest.mark.parametrize("dtype", [tg.float16, tg.float32, tg.float64])
def test_dropout_keeps_the_dtype(dtype):
    assert nn.Dropout(0.5)(tg.ones(5, dtype=dtype)).dtype == dtype


@pytest.mark.parametrize("p", [-0.1, 1.1, float("nan")])
def test_a_probability_lies_between_0_and_1(p):
    with pytest.raises(ValueError, match=f"not {p}"):
        nn.Dropout(p)
    with pytest.raises(ValueError, match=f"not {p}"):
        F.dropout(tg.ones(2), p)


# ---------------------------------------------------------------- how parameters start


def test_initial_numbers_repeat_with_their_generator():
    drawn = [
        nn.init.xavier_normal_(tg.empty(3, 4), generator=tg.Generator().manual_seed(2))
        for _ in range(2)
    ]
    assert tg.equal(*drawn)


def test_a_vector_has_no_fans():
    with pytest.raises(ValueError, match=r"shape \(3,\) has no fan_in"):
        nn.init.xavier_uniform_(tg.empty(3))


def test_an_unknown_mode_or_nonlinearity_is_refused():
    with pytest.raises(ValueError, match="'sideways'"):
        nn.init.kaiming_normal_(tg.empty(2, 2), mode="sideways")
    with pytest.raises(ValueError, match="'soft'"):
        nn.init.calculate_gain("soft")


# ---------------------------------------------------------------- Sequential


def test_sequential_is_indexed_sliced_and_iterated():
    layers = [nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1)]
    net = nn.Sequential(*layers)
    assert len(net) == 3
    assert all(a is b for a, b in zip(net, layers, strict=True))
    assert net[0] is layers[0]
    assert net[-1] is layers[2]
    tail = net[1:]
    assert type(tail) is nn.Sequential
    assert [name for name, _ in tail.named_children()] == ["1", "2"]
    assert tail[1] is layers[2]
    x = tg.randn(2, 2)
    assert tg.equal(tail(net[:1](x)), net(x))
    for k in (3, -4):
        with pytest.raises(IndexError, match=f"step {k} of 3"):
            net[k]


def test_no_steps_are_the_identity():
    x = tg.randn(3)
    empties = [nn.Sequential(), nn.Sequential(nn.Tanh())[1:], nn.Sequential(OrderedDict())]
    for net in empties:
        assert len(net) == 0
        assert tg.equal(net(x), x)


def test_steps_are_named_by_an_ordered_dict():
    net = nn.Sequential(OrderedDict(hidden=nn.Linear(2, 3), act=nn.Tanh()))
    assert net.hidden is net[0]
    assert list(net.state_dict()) == ["hidden.weight", "hidden.bias"]


def test_an_appended_step_takes_part():
    net = nn.Sequential(nn.Identity())
    x = tg.randn(3)
    net(x)
    assert net.append(nn.Tanh()) is net
    assert tg.equal(net(x), x.tanh())
    assert names(net.named_children()) == ["0", "1"]


def test_a_replaced_step_takes_part():
    net = nn.Sequential(OrderedDict(act=nn.Identity()))
    x = tg.randn(3)
    net(x)
    net.act = nn.Tanh()
    assert tg.equal(net(x), x.tanh())


def test_a_deleted_step_takes_no_part():
    net = nn.Sequential(OrderedDict(act=nn.Tanh(), more=nn.Tanh()))
    x = tg.randn(3)
    net(x)
    del net.more
    assert len(net) == 1
    assert tg.equal(net(x), x.tanh())


def test_steps_are_set_and_deleted_by_index(both):
    nn, tg = both
    net = nn.Sequential(nn.Identity(), nn.Identity())
    net[0] = nn.Tanh()
    del net[1]
    x = tg.ones(3)
    assert len(net) == 1
    assert net(x).tolist() == x.tanh().tolist()


@pytest.mark.parametrize("step", [tg.relu, [nn.Tanh()], None, nn.Tanh])
def test_a_step_is_a_module(step):
    with pytest.raises(TypeError, match=r"Sequential: step 1 is .*not a Module"):
        nn.Sequential(nn.Tanh(), step)


def test_a_shared_step_is_taken_twice():
    double = nn.Linear(1, 1, bias=False)
    nn.init.constant_(double.weight, 2)
    assert nn.Sequential(double, double)(tg.ones(1, 1)).item() == 4


# ---------------------------------------------------------------- what the tree does not hold


def test_modules_in_plain_containers_are_warned_about_by_name():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.first = nn.Linear(2, 2)
            self.blocks = [nn.Linear(2, 2)]
            self.heads = {"a": nn.Linear(2, 1)}
            self.known = [self.first, self.first.weight]  # in the tree already
            self.sizes = [2, 3]

    net = nn.Sequential(Net())
    with pytest.warns(UserWarning, match="so what it holds is not trained") as seen:
        assert len(list(net.parameters())) == 2
    words = [str(warning.message) for warning in seen]
    assert len(words) == 2
    assert words[0].startswith("0.blocks of Net is a plain list")
    assert "nn.ModuleDict" in words[1]
    list(net.parameters())  # once is enough: another warning would be an error


def test_get_submodule_walks_a_path():
    net = nn.Sequential(nn.Sequential(nn.Linear(2, 2)))
    assert net.get_submodule("") is net
    assert net.get_submodule("0.0") is net[0][0]
    with pytest.raises(
        AttributeError, match=r"get_submodule\('0.1'\): Sequential has no module '1'"
    ):
        net.get_submodule("0.1")
    keys = net.load_state_dict(net.state_dict())
    assert repr(keys) == "<All keys matched successfully>"
    assert "missing_keys=['0.0.bias']" in repr(
        net.load_state_dict({"0.0.weight": net[0][0].weight}, strict=False)
    )
    assert net.cpu() is net


@pytest.mark.parametrize(
    ("misuse", "error", "words"),
    [
        (lambda m: m.register_parameter("w", tg.ones(2)), TypeError, "nn.Parameter"),
        (lambda m: m.add_module("w", 3), TypeError, "int, not a Module"),
        (lambda m: m.register_buffer("a.b", tg.ones(2)), KeyError, "'a.b' is no name"),
        (lambda m: m.add_module("", nn.ReLU()), KeyError, "'' is no name"),
        (lambda m: m.register_buffer("forward", tg.ones(2)), KeyError, "has a forward already"),
        (lambda m: m.load_state_dict(m), TypeError, "state_dict.* not Linear"),
        (lambda m: m.cuda(), RuntimeError, "only .cpu."),
        (lambda m: nn.optim.SGD(m, lr=0.1), TypeError, r"model\.parameters\(\)"),
        (lambda m: m([1.0, 2.0, 3.0]), TypeError, r"linear: .* given \[1.0, 2.0, 3.0\]"),
        (
            lambda m: nn.GRU(3, 4)(tg.ones(5, 2, 3), (tg.ones(1, 2, 4),) * 2),
            RuntimeError,
            "is h of",
        ),
    ],
)
def test_a_misuse_says_what_to_do(misuse, error, words):
    layer = nn.Linear(3, 4)
    with pytest.raises(error, match=words):
        misuse(layer)
    assert [name for name, _ in layer.named_parameters()] == ["weight", "bias"]
    assert not list(layer.buffers())
    assert not list(layer.children())


@pytest.mark.parametrize("make", [nn.RNNCell, nn.GRUCell, nn.LSTMCell])
def test_a_state_that_is_written_after_its_step_is_an_error(make):
    """What a cell returns is what its derivative reads: the clock sees writes to it."""
    cell = make(3, 4)
    state = cell(tg.randn(2, 3))
    h = state[0] if isinstance(state, tuple) else state
    loss = (h * tg.ones(2, 4)).sum()
    with tg.no_grad():
        h.zero_()
    with pytest.raises(RuntimeError, match=r"recurrent .* in-place write at .*test_nn.py"):
        loss.backward()
    assert cell.weight_ih.grad is None


def test_the_last_state_of_a_layer_may_be_written():
    lstm = nn.LSTM(3, 4)
    x = tg.randn(5, 2, 3)
    output, (h, c) = lstm(x)
    with tg.no_grad():
        h.zero_()
        c.zero_()
    output.sum().backward()
    written = lstm.weight_hh_l0.grad.clone()
    lstm.zero_grad()
    lstm(x)[0].sum().backward()
    assert tg.equal(written, lstm.weight_hh_l0.grad)


# ---------------------------------------------------------------- what is exported


EXPORTED_MODULES = {
    "nn": {"data", "functional", "init", "optim", "parallel", "utils"},
    "nn.data": {"transforms"},
    "nn.functional": set(),
    "nn.init": set(),
}


@pytest.mark.parametrize("module", [nn, nn.data, F, nn.init], ids=lambda module: module.__name__)
def test_dir_shows_what_is_exported_and_nothing_else(module):
    """No TypeVar, no helper, no module that stands behind: `import *` and completion agree."""
    shown = {name for name in dir(module) if not name.startswith("__")}
    assert shown == set(module.__all__)
    star = {}
    exec(f"from {module.__name__} import *", star)
    assert set(star) - {"__builtins__"} == shown
    modules = {name for name in shown if isinstance(getattr(module, name), ModuleType)}
    assert modules == EXPORTED_MODULES[module.__name__]
    for name in shown - modules:
        home = getattr(module, name).__module__
        assert home.split(".")[0] in ("nn", "tinygrad_edu"), name


def test_a_normalized_tensor_may_be_written_to_out():
    x, out = tg.tensor([[3.0, 4.0]]), tg.zeros(1, 2)
    assert F.normalize(x, out=out) is out
    np.testing.assert_allclose(out.array, [[0.6, 0.8]], rtol=1e-6)
    with pytest.raises(RuntimeError, match="out= takes no gradient"):
        F.normalize(x.requires_grad_(), out=out)


# What forward() returns depends on a setting or on the input there.
RETURNS_ANY = {f"{kind}{n}d" for kind in ("MaxPool", "AdaptiveMaxPool") for n in (1, 2, 3)}
RETURNS_ANY |= {
    "DataParallel",
    "Sequential",
    "Identity",
    "FractionalMaxPool2d",
    "FractionalMaxPool3d",
}


def test_what_a_forward_takes_and_returns_is_typed():
    """An editor shows `input: Tensor` and `-> Tensor`, not Any."""
    for name in nn.__all__:
        layer = getattr(nn, name)
        if isinstance(layer, type) and "forward" in dir(layer):
            if layer.forward is nn.Module.forward:
                continue
            typed = inspect.signature(layer.forward)
            first = list(typed.parameters.values())[1]
            if name not in RETURNS_ANY:
                assert "Any" not in (first.annotation, typed.return_annotation), name


# ---------------------------------------------------------------- attributes that are not there


@pytest.mark.parametrize("call", [tg.permute, tg.zeros_like, tg.trace, lambda x, *_: x.shape])
def test_a_layer_that_is_taken_for_a_tensor_says_what_it_is(call):
    with pytest.raises((AttributeError, TypeError), match=r"layer.*; call .*first, as layer\(x\)"):
        call(nn.Linear(2, 3), *([(0, 1)] if call is tg.permute else []))


def test_another_attribute_is_simply_not_there():
    with pytest.raises(AttributeError, match=r"^'Linear' object has no attribute 'wieght'$"):
        _ = nn.Linear(2, 3).wieght
    assert getattr(nn.Linear(2, 3), "shape", None) is None


def test_a_property_that_fails_says_itself_why():
    class Layer(nn.Module):
        @property
        def width(self):
            return [].columns

    with pytest.raises(AttributeError, match="'list' object has no attribute 'columns'"):
        _ = Layer().width


def test_an_attribute_may_be_looked_up_elsewhere():
    """As wrappers written for PyTorch do."""

    class Wrapper(nn.Module):
        def __init__(self, inner):
            super().__init__()
            self.inner = inner

        def __getattr__(self, name):
            try:
                return super().__getattr__(name)
            except AttributeError:
                return getattr(self.inner, name)

    assert Wrapper(nn.Linear(2, 3)).out_features == 3
