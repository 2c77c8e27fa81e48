"""Optimisers walk PyTorch's trajectory number by number, and their steps are seen by the clock."""

import copy

import numpy as np
import pytest
import torch
from hypothesis import given, strategies as st

import nn
import tinygrad_edu as tg
from nn import optim

OURS, TORCH = (optim, tg.tensor), (torch.optim, torch.tensor)
STEPS = 50
SETTINGS = [
    ("SGD", {"lr": 0.1}),
    ("SGD", {"lr": 0.1, "weight_decay": 0.1}),
    ("SGD", {"lr": 0.1, "maximize": True, "weight_decay": 0.3}),
    ("SGD", {"lr": 0.05, "momentum": 0.9}),
    ("SGD", {"lr": 0.05, "momentum": 0.9, "dampening": 0.3}),
    ("SGD", {"lr": 0.05, "momentum": 0.9, "nesterov": True}),
    ("SGD", {"lr": 0.05, "momentum": 0.8, "nesterov": True, "weight_decay": 0.05}),
    ("SGD", {"lr": 0.05, "momentum": 0.8, "maximize": True, "weight_decay": 0.3}),
    ("SGD", {"lr": 0.0, "momentum": 0.8}),
    ("SGD", {}),
    ("Adam", {}),
    ("Adam", {"lr": 0.05}),
    ("Adam", {"lr": 0.05, "betas": (0.5, 0.7)}),
    ("Adam", {"lr": 0.05, "betas": (0.0, 0.0), "eps": 0.1}),
    ("Adam", {"lr": 0.05, "eps": 1e-3, "weight_decay": 0.1}),
    ("Adam", {"lr": 0.05, "maximize": True}),
    ("Adam", {"lr": 0.05, "maximize": True, "weight_decay": 0.1}),
]
IDS = [f"{name}-{settings}" for name, settings in SETTINGS]
BOTH_KINDS = pytest.mark.parametrize(
    ("name", "settings"), [SETTINGS[3], SETTINGS[11]], ids=["SGD", "Adam"]
)


def weights(tensor, seed=0):
    rng = np.random.default_rng(seed)
    shapes = [(3, 4), (4,), (4, 2), (2,)]
    return [tensor(rng.standard_normal(shape), requires_grad=True) for shape in shapes]


def loss_of(params, tensor, sign=1, seed=7):
    rng = np.random.default_rng(seed)
    x, y = tensor(rng.standard_normal((8, 3))), tensor(rng.standard_normal((8, 2)))
    w1, b1, w2, b2 = params
    error = ((x @ w1 + b1).tanh() @ w2 + b2).tanh() - y
    return sign * (error * error).mean()


def trajectory(library, name, settings, steps=STEPS):
    optim, tensor = library
    params = weights(tensor)
    optimizer = getattr(optim, name)(params, **settings)
    path = []
    for k in range(steps):
        optimizer.zero_grad()
        loss_of(params, tensor, -1 if settings.get("maximize") else 1, seed=k % 5).backward()
        optimizer.step()
        path.append([p.detach().numpy().copy() for p in params])
    return path


def assert_same_path(ours, theirs):
    for step, (a, b) in enumerate(zip(ours, theirs, strict=True)):
        for k, (p, q) in enumerate(zip(a, b, strict=True)):
            np.testing.assert_allclose(
                p, q, rtol=0, atol=1e-10, strict=True, err_msg=f"parameter {k}, step {step}"
            )


# ---------------------------------------------------------------- PyTorch's trajectory


@pytest.mark.parametrize(("name", "settings"), SETTINGS, ids=IDS)
def test_fifty_steps_are_torchs(name, settings):
    ours, theirs = (trajectory(library, name, settings) for library in (OURS, TORCH))
    assert_same_path(ours, theirs)
    if settings.get("lr", 1):
        assert not np.allclose(ours[0][0], ours[-1][0], atol=1e-4)


@pytest.mark.parametrize(("name", "settings"), SETTINGS, ids=IDS)
def test_a_single_number_is_trained_as_torchs(name, settings):
    paths = []
    for library, tensor in (OURS, TORCH):
        w = tensor(1.5, requires_grad=True)
        optimizer = getattr(library, name)([w], **settings)
        path = []
        for k in range(10):
            optimizer.zero_grad()
            ((w * k - 1) ** 2 * (-0.01 if settings.get("maximize") else 0.01)).backward()
            optimizer.step()
            path.append(w.item())
        assert w.shape == ()
        paths.append(path)
    np.testing.assert_allclose(*paths, rtol=1e-5)


@given(
    lr=st.floats(1e-4, 0.1),
    momentum=st.floats(0, 0.95),
    weight_decay=st.floats(0, 0.5),
    dampening=st.floats(0, 1),
    nesterov=st.booleans(),
)
def test_any_settings_of_sgd_are_torchs(lr, momentum, weight_decay, dampening, nesterov):
    nesterov = nesterov and momentum > 0
    settings = {"lr": lr, "momentum": momentum, "weight_decay": weight_decay, "nesterov": nesterov}
    settings["dampening"] = 0 if nesterov else dampening
    assert_same_path(*(trajectory(library, "SGD", settings, 5) for library in (OURS, TORCH)))


@given(
    lr=st.floats(1e-4, 0.1),
    betas=st.tuples(st.floats(0, 0.99), st.floats(0, 0.999)),
    eps=st.floats(1e-8, 1),
    weight_decay=st.floats(0, 0.5),
)
def test_any_settings_of_adam_are_torchs(lr, betas, eps, weight_decay):
    settings = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay}
    assert_same_path(*(trajectory(library, "Adam", settings, 5) for library in (OURS, TORCH)))


@BOTH_KINDS
def test_a_step_changes_neither_dtype_nor_memory_nor_gradient(name, settings):
    for maximize in (False, True):
        w = tg.tensor([1.0, 2.0], requires_grad=True)
        view, before = w.data, w.array
        optimizer = getattr(optim, name)([w], **settings, weight_decay=0.1, maximize=maximize)
        for _ in range(3):
            (w * w).sum().backward()
            gradient = w.grad.array.copy()
            optimizer.step()
            assert w.grad.array.tolist() == gradient.tolist()
        assert w.array is before
        assert w.dtype == w.grad.dtype == tg.float32
        assert tg.equal(view, w.detach())
        assert w.is_leaf


@BOTH_KINDS
def test_parameters_of_equal_value_have_a_memory_of_their_own(name, settings):
    a, b = (tg.tensor([1.0, 1.0], requires_grad=True) for _ in range(2))
    alone = tg.tensor([1.0, 1.0], requires_grad=True)
    pair, single = (getattr(optim, name)(ps, **settings) for ps in ([a, b], [alone]))
    for _ in range(5):
        pair.zero_grad()
        single.zero_grad()
        ((a * a).sum() - (b * 3).sum()).backward()
        (alone * alone).sum().backward()
        pair.step()
        single.step()
    assert tg.equal(a, alone)
    assert not tg.equal(a, b)


@pytest.mark.parametrize(
    ("name", "settings"), [*SETTINGS[2:8], *SETTINGS[11:]], ids=[*IDS[2:8], *IDS[11:]]
)
@given(walk=st.lists(st.sets(st.integers(0, 2)), min_size=2, max_size=8))
def test_parameters_that_have_gradients_now_and_then_are_torchs(name, settings, walk):
    paths = []
    for library, tensor in (OURS, TORCH):
        values = np.array([[1.0, 2.0]]), np.array([-3.0, 0.5, 1.0]), np.array(4.0)
        params = [tensor(x, requires_grad=True) for x in values]
        optimizer = getattr(library, name)(params, **settings)
        path = []
        for moving in walk:
            optimizer.zero_grad()
            for k in moving:
                ((params[k] - k) ** 2).sum().backward()
            optimizer.step()
            path.append([p.detach().numpy().copy() for p in params])
        paths.append(path)
    assert_same_path(*paths)


@BOTH_KINDS
def test_parameters_of_two_dtypes_keep_theirs(name, settings):
    def walk(library, tensor, dtypes):
        params = [tensor(np.array([1.0, -2.0], dtype), requires_grad=True) for dtype in dtypes]
        optimizer = getattr(library, name)(params, **settings)
        for _ in range(5):
            optimizer.zero_grad()
            for p in params:
                (p * p).sum().backward()
            optimizer.step()
        return [p.detach().numpy() for p in params]

    dtypes = ("float64", "float32", "float64")
    for a, b in zip(walk(*OURS, dtypes), walk(*TORCH, dtypes), strict=True):
        tolerance = 1e-10 if b.dtype == np.float64 else 1e-6
        np.testing.assert_allclose(a, b, rtol=tolerance, strict=True)


@BOTH_KINDS
def test_a_column_of_a_matrix_in_fortran_order_is_trained(name, settings):
    paths = []
    for (library, tensor), from_numpy in ((OURS, tg.from_numpy), (TORCH, torch.from_numpy)):
        w = from_numpy(np.arange(6.0).reshape(2, 3).T).requires_grad_()
        optimizer = getattr(library, name)([w], **settings)
        for _ in range(5):
            optimizer.zero_grad()
            (w * w * tensor(np.arange(6.0).reshape(3, 2))).sum().backward()
            optimizer.step()
        paths.append(w.detach().numpy())
    np.testing.assert_allclose(*paths, rtol=0, atol=1e-10)


# ---------------------------------------------------------------- groups


@BOTH_KINDS
def test_groups_have_settings_of_their_own_that_can_change_on_the_way(name, settings):
    def walk(optim, tensor):
        params = weights(tensor)
        groups = [{"params": params[:1], "lr": 0.01}, {"params": iter(params[1:2])}]
        optimizer = getattr(optim, name)(groups, **settings)
        path = []
        for k in range(20):
            if k == 5:
                optimizer.add_param_group({"params": params[2], "weight_decay": 0.2})
            if k == 10:
                for group in optimizer.param_groups:
                    group["lr"] *= 0.5
            optimizer.zero_grad()
            loss_of(params, tensor).backward()
            optimizer.step()
            path.append([p.detach().numpy().copy() for p in params])
        return path

    ours = walk(*OURS)
    assert_same_path(ours, walk(*TORCH))
    assert (ours[0][3] == ours[-1][3]).all(), "the parameter in no group was moved"


def test_a_group_keeps_the_settings_that_it_does_not_name():
    a, b = (tg.ones(1, requires_grad=True) for _ in range(2))
    optimizer = optim.SGD([{"params": [a], "lr": 0.5}, {"params": [b]}], lr=0.1, momentum=0.9)
    assert [group["lr"] for group in optimizer.param_groups] == [0.5, 0.1]
    assert [group["momentum"] for group in optimizer.param_groups] == [0.9, 0.9]


def test_the_dicts_of_the_caller_are_left_as_they_are():
    group = {"params": [tg.ones(1, requires_grad=True)]}
    optim.SGD([group], lr=0.1)
    assert list(group) == ["params"]


# ---------------------------------------------------------------- gradients


@BOTH_KINDS
def test_without_a_gradient_nothing_moves_not_even_by_weight_decay(name, settings):
    idle, busy = (tg.tensor([1.0, 2.0], requires_grad=True) for _ in range(2))
    optimizer = getattr(optim, name)([idle, busy], **settings, weight_decay=0.5)
    (busy * busy).sum().backward()
    optimizer.step()
    assert idle.tolist() == [1.0, 2.0]
    assert busy.tolist() != [1.0, 2.0]


@BOTH_KINDS
def test_a_frozen_parameter_stays_and_thaws(name, settings):
    net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1))
    net[0].requires_grad_(False)
    before = net[0].weight.tolist()
    optimizer = getattr(optim, name)(net.parameters(), **settings)
    for frozen in (True, False):
        optimizer.zero_grad()
        net(tg.ones(3, 2)).sum().backward()
        optimizer.step()
        assert (net[0].weight.tolist() == before) == frozen
        net[0].requires_grad_()


@BOTH_KINDS
def test_zero_grad_forgets_or_fills_with_zeros(name, settings):
    w, idle = tg.ones(2, requires_grad=True), tg.ones(2, requires_grad=True)
    optimizer = getattr(optim, name)([{"params": [w]}, {"params": [idle]}], **settings)
    (w * w).sum().backward()
    held = w.grad
    optimizer.zero_grad(set_to_none=False)
    assert w.grad.tolist() == [0.0, 0.0]
    assert idle.grad is None
    assert held is not w.grad
    optimizer.zero_grad()
    assert w.grad is None


@BOTH_KINDS
def test_gradients_of_zero_still_step_by_momentum(name, settings):
    walks = []
    for library, tensor in (OURS, TORCH):
        w = tensor([1.0, -2.0], requires_grad=True)
        optimizer = getattr(library, name)([w], **settings)
        (w * w).sum().backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=False)
        optimizer.step()
        walks.append(w.detach().numpy())
    np.testing.assert_allclose(*walks, rtol=1e-6)


@BOTH_KINDS
def test_a_gradient_with_a_record_of_its_own_is_used(name, settings):
    w, plain = (tg.tensor([1.0, -2.0], requires_grad=True) for _ in range(2))
    for p, create_graph in ((w, True), (plain, False)):
        optimizer = getattr(optim, name)([p], **settings)
        (p * p).sum().backward(create_graph=create_graph)
        optimizer.step()
    assert tg.equal(w, plain)


# ---------------------------------------------------------------- closures


@BOTH_KINDS
def test_a_closure_is_run_first_with_recording_on_and_its_loss_returned(name, settings):
    w = tg.tensor([3.0], requires_grad=True)
    optimizer = getattr(optim, name)([w], **settings)
    calls = []

    def closure():
        calls.append(w.item())
        optimizer.zero_grad()
        loss = (w * w).sum()
        loss.backward()
        return loss

    with tg.no_grad():
        loss = optimizer.step(closure)
        assert not tg.is_grad_enabled()
    assert loss.item() == 9
    assert calls == [3.0]
    assert w.item() < 3
    assert optimizer.step() is None


def test_an_error_in_a_closure_moves_nothing():
    w = tg.tensor([3.0], requires_grad=True)
    (w * w).sum().backward()
    optimizer = optim.SGD([w], lr=0.1)
    with pytest.raises(ZeroDivisionError):
        optimizer.step(lambda: 1 / 0)
    assert w.item() == 3


# ---------------------------------------------------------------- what is refused


def refused(error, message, make):
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize("name", ["SGD", "Adam"])
def test_what_cannot_be_trained_is_refused(name):
    make = getattr(optim, name)
    w = tg.ones(2, 3, requires_grad=True)
    for nothing in ([], iter(()), nn.Tanh().parameters()):
        refused(ValueError, f"{name}: there are no parameters", lambda n=nothing: make(n))
    refused(TypeError, rf"{name}: give a list of parameters, as \[w\]", lambda: make(w))
    refused(TypeError, f"{name}: parameter 1 is a float", lambda: make([w, 2.0]))
    refused(TypeError, f"{name}: parameter 0 is a ndarray", lambda: make([np.ones(2)]))
    refused(ValueError, r"parameter 1, of shape \(2, 3\), is given twice", lambda: make([w, w]))
    refused(ValueError, "given twice", lambda: make([{"params": [w]}, {"params": w}]))
    refused(ValueError, "result of <MultiplyBackward0>.*leaves", lambda: make([w * 2]))


@BOTH_KINDS
def test_a_refused_group_leaves_the_optimiser_as_it_was(name, settings):
    w, new = (tg.ones(2, requires_grad=True) for _ in range(2))
    optimizer = getattr(optim, name)([w], **settings)
    with pytest.raises(ValueError, match="given twice"):
        optimizer.add_param_group({"params": [new, w]})
    assert len(optimizer.param_groups) == 1
    optimizer.add_param_group({"params": [new]})


NAN = float("nan")
BAD_SETTINGS = [
    *[
        (name, {"lr": lr}, rf"lr is at least 0, not {lr}")
        for name in ("SGD", "Adam")
        for lr in (-0.1, NAN)
    ],
    ("SGD", {"momentum": -0.9}, "momentum is at least 0, not -0.9"),
    ("SGD", {"weight_decay": -1}, "weight_decay is at least 0, not -1"),
    ("SGD", {"nesterov": True}, "nesterov needs a momentum"),
    ("SGD", {"nesterov": True, "momentum": 0.9, "dampening": 0.1}, "no dampening"),
    ("Adam", {"betas": (1.0, 0.9)}, r"beta1 is in \[0, 1\), not 1.0"),
    ("Adam", {"betas": (0.9, -0.1)}, r"beta2 is in \[0, 1\), not -0.1"),
    ("Adam", {"eps": -1e-8}, "eps is at least 0, not -1e-08"),
    ("Adam", {"weight_decay": -1}, "weight_decay is at least 0, not -1"),
]


@pytest.mark.parametrize(("name", "settings", "message"), BAD_SETTINGS)
def test_a_setting_out_of_range_is_refused_by_name_and_value(name, settings, message):
    with pytest.raises(ValueError, match=f"^{name}: .*{message}"):
        getattr(optim, name)([tg.ones(1, requires_grad=True)], **settings)


def test_an_optimiser_without_an_update_says_what_to_define():
    w = tg.ones(1, requires_grad=True)
    w.sum().backward()
    with pytest.raises(NotImplementedError, match=r"Optimizer has no update\("):
        optim.Optimizer([w], {}).step()


def test_an_optimiser_of_ones_own_is_an_update():
    class SignDescent(optim.Optimizer):
        def update(self, d, g, state, group):
            np.multiply(np.sign(g), group["lr"], out=d)

    w = tg.tensor([3.0, -3.0], requires_grad=True)
    (w * w).sum().backward()
    SignDescent([w], {"lr": 1}).step()
    assert w.tolist() == [2.0, -2.0]


def test_an_optimiser_prints_its_settings():
    optimizer = optim.SGD([tg.ones(1, requires_grad=True)], lr=0.1, momentum=0.9)
    assert repr(optimizer).startswith("SGD")
    for part in ("lr", "0.1", "momentum", "0.9", "nesterov"):
        assert part in repr(optimizer)


@BOTH_KINDS
def test_a_copied_model_and_optimiser_go_on_alike(name, settings):
    net = nn.Linear(2, 1)
    optimizer = getattr(optim, name)(net.parameters(), **settings)

    def steps(net, optimizer, count):
        for _ in range(count):
            optimizer.zero_grad()
            net(tg.ones(1, 2)).sum().backward()
            optimizer.step()

    steps(net, optimizer, 3)
    twin, twin_optimizer = copy.deepcopy((net, optimizer))
    steps(net, optimizer, 3)
    assert not tg.equal(net.weight, twin.weight)
    steps(twin, twin_optimizer, 3)
    assert tg.equal(net.weight, twin.weight)


# ---------------------------------------------------------------- the clock


@BOTH_KINDS
def test_a_step_between_forward_and_a_second_backward_is_caught_and_named(name, settings):
    net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
    optimizer = getattr(optim, name)(net.parameters(), **settings)
    loss = net(tg.ones(2, 3)).sum()
    loss.backward(retain_graph=True)
    loss.backward(retain_graph=True)
    optimizer.step()
    before = [p.grad.tolist() for p in net.parameters()]
    with pytest.raises(RuntimeError, match=rf"linear.*{name}\.step\(\) at .*test_optim\.py:\d+"):
        loss.backward()
    assert [p.grad.tolist() for p in net.parameters()] == before
    optimizer.zero_grad()
    net(tg.ones(2, 3)).sum().backward()


@BOTH_KINDS
def test_a_step_on_what_no_rule_reads_is_no_error(name, settings):
    x, bias = tg.ones(3, requires_grad=True), tg.ones(3, requires_grad=True)
    optimizer = getattr(optim, name)([bias], **settings)
    loss = (x * 2 + bias).sum()
    loss.backward(retain_graph=True)
    optimizer.step()
    loss.backward()
    assert x.grad.tolist() == [4.0, 4.0, 4.0]


@BOTH_KINDS
def test_a_step_without_gradients_writes_nothing(name, settings):
    net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1))
    optimizer = getattr(optim, name)(net.parameters(), **settings)
    loss = net(tg.ones(1, 2)).sum()
    optimizer.step()
    loss.backward()
    assert net[0].weight.grad is not None


def test_parameters_that_change_dtype_between_steps_are_followed():
    def losses(lib, layers, optimisers):
        layer = layers.Linear(2, 1)
        with lib.no_grad():
            layer.weight[...] = 0.5
            layer.bias[...] = 0.25
        optimiser = optimisers.SGD(layer.parameters(), lr=0.1, momentum=0.9)
        found = []
        for step in range(4):
            if step == 2:
                layer.double()
            x = lib.ones(1, 2, dtype=lib.float32 if step < 2 else lib.float64)
            optimiser.zero_grad()
            loss = (layer(x) ** 2).sum()
            loss.backward()
            optimiser.step()
            found.append(loss.item())
        return found

    np.testing.assert_allclose(losses(tg, nn, nn.optim), losses(torch, torch.nn, torch.optim), 1e-6)


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_a_parameter_may_change_its_shape_between_steps(momentum):
    w, v = tg.ones(1, requires_grad=True), tg.ones(3, requires_grad=True)
    optimiser = nn.optim.SGD([w, v], lr=0.1, momentum=momentum)
    (w.sum() + v.sum()).backward()
    optimiser.step()
    optimiser.zero_grad()
    w.data, v.data = tg.ones(3), tg.ones(4)
    ((w * tg.tensor([1.0, 2.0, 3.0])).sum() + v.sum()).backward()
    optimiser.step()
    np.testing.assert_allclose(w.detach().numpy(), [0.9, 0.8, 0.7], 1e-6)
    np.testing.assert_allclose(v.detach().numpy(), [0.9] * 4, 1e-6)
