"""Optimisers: their groups, their state, what they refuse; their steps are seen by the clock."""

import copy

import numpy as np
import pytest

import nn
import tinygrad_edu as tg
from nn import optim, utils

SETTINGS = {
    "SGD": {"lr": 0.05, "weight_decay": 0.1, "momentum": 0.9},
    "Rprop": {"lr": 0.05},
    "Adagrad": {"lr": 0.05, "weight_decay": 0.1},
    "RMSprop": {"lr": 0.05, "weight_decay": 0.1, "momentum": 0.9, "centered": True},
    "Adadelta": {"lr": 10, "weight_decay": 0.1},
    "Adam": {"lr": 0.05, "weight_decay": 0.1},
    "AdamW": {"lr": 0.05, "weight_decay": 0.1, "amsgrad": True},
    "Adamax": {"lr": 0.05, "weight_decay": 0.1},
    "NAdam": {"lr": 0.05, "weight_decay": 0.1},
    "RAdam": {"lr": 0.05, "weight_decay": 0.1},
    "Lion": {"lr": 0.05, "weight_decay": 0.1},
    "ASGD": {"lr": 0.05, "weight_decay": 0.1},
    "Adafactor": {"lr": 0.05, "weight_decay": 0.1},
}
EVERY_KIND = pytest.mark.parametrize(("name", "settings"), SETTINGS.items(), ids=SETTINGS)


@EVERY_KIND
def test_a_step_changes_neither_dtype_nor_memory_nor_gradient(name, settings):
    for maximize in (False, True):
        w = tg.tensor([1.0, 2.0], requires_grad=True)
        view, before = w.data, w.array
        optimizer = getattr(optim, name)([w], **settings, maximize=maximize)
        for _ in range(3):
            (w * w).sum().backward()
            gradient = w.grad.array.copy()
            optimizer.step()
            assert w.grad.array.tolist() == gradient.tolist()
        assert w.array is before
        assert w.dtype == w.grad.dtype == tg.float32
        assert tg.equal(view, w.detach())
        assert w.is_leaf


@EVERY_KIND
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


def test_lion_steps_by_the_sign_of_a_mean():
    """PyTorch has no Lion: these are the paper's lines (Chen et al., 2023, algorithm 2)."""
    rng = np.random.default_rng(0)
    p, m = rng.standard_normal(5), np.zeros(5)
    w = tg.tensor(p, requires_grad=True)
    optimizer = optim.Lion([w], lr=0.01, betas=(0.8, 0.95), weight_decay=0.3)
    for _ in range(20):
        g = rng.standard_normal(5)
        w.grad = tg.tensor(g)
        optimizer.step()
        p = p - 0.01 * (np.sign(0.8 * m + 0.2 * g) + 0.3 * p)
        m = 0.95 * m + 0.05 * g
        np.testing.assert_allclose(w.tolist(), p, rtol=1e-12)


# ---------------------------------------------------------------- groups


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


@EVERY_KIND
def test_without_a_gradient_nothing_moves_not_even_by_weight_decay(name, settings):
    idle, busy = (tg.tensor([1.0, 2.0], requires_grad=True) for _ in range(2))
    optimizer = getattr(optim, name)([idle, busy], **settings)
    (busy * busy).sum().backward()
    optimizer.step()
    assert idle.tolist() == [1.0, 2.0]
    assert busy.tolist() != [1.0, 2.0]


@EVERY_KIND
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


@EVERY_KIND
def test_zero_grad_forgets_or_fills_with_zeros(name, settings):
    w, idle = tg.ones(2, requires_grad=True), tg.ones(2, requires_grad=True)
    optimizer = getattr(optim, name)([{"params": [w]}, {"params": [idle]}], **settings)
    (w * w).sum().backward()
    held = w.grad
    optimizer.zero_grad(set_to_none=False)
    assert w.grad.tolist() == [0.0, 0.0]
    assert idle.grad is None
    assert held is w.grad  # in place, as in PyTorch
    optimizer.zero_grad()
    assert w.grad is None


@EVERY_KIND
def test_a_gradient_with_a_record_of_its_own_is_used(name, settings):
    w, plain = (tg.tensor([1.0, -2.0], requires_grad=True) for _ in range(2))
    for p, create_graph in ((w, True), (plain, False)):
        optimizer = getattr(optim, name)([p], **settings)
        (p * p).sum().backward(create_graph=create_graph)
        optimizer.step()
    assert tg.equal(w, plain)


# ---------------------------------------------------------------- closures


@EVERY_KIND
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


@EVERY_KIND
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
    ("AdamW", {"lr": -1}, "lr is at least 0, not -1"),
    ("Adamax", {"betas": (0.9, 1)}, r"beta2 is in \[0, 1\), not 1"),
    ("NAdam", {"momentum_decay": -1}, "momentum_decay is at least 0, not -1"),
    ("Adagrad", {"lr_decay": -1}, "lr_decay is at least 0, not -1"),
    ("RMSprop", {"alpha": -1}, "alpha is at least 0, not -1"),
    ("Adadelta", {"rho": 1.5}, "rho is at most 1, not 1.5"),
    ("Rprop", {"etas": (1.2, 0.5)}, r"etas are .* not \(1.2, 0.5\)"),
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
    assert repr(optimizer).startswith("SGD (\nParameter Group 0\n    dampening: 0\n")
    for part in ("lr", "0.1", "momentum", "0.9", "nesterov"):
        assert part in repr(optimizer)


@EVERY_KIND
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


# ---------------------------------------------------------------- state


def a_walk(optimizer, params, count, start=0):
    for k in range(start, start + count):
        optimizer.zero_grad()
        for i, p in enumerate(params):
            ((p - k - i) ** 2).sum().backward()
        optimizer.step()


@EVERY_KIND
def test_a_loaded_state_goes_on_bit_for_bit(name, settings):
    params = [tg.tensor([[1.0, 2.0]], requires_grad=True), tg.tensor(3.0, requires_grad=True)]
    optimizer = getattr(optim, name)(params, **settings)
    a_walk(optimizer, params, 5)
    state = optimizer.state_dict()
    twins = [p.detach().clone().requires_grad_() for p in params]
    a_walk(optimizer, params, 5, start=5)  # the state dict is a copy: this leaves it as it was
    other = getattr(optim, name)(twins, lr=1.0)
    for _ in range(2):
        other.load_state_dict(state)
        assert other.param_groups[0]["lr"] == settings["lr"]
        assert str(other.state_dict()) == str(state)
    a_walk(other, twins, 5, start=5)
    for p, twin in zip(params, twins, strict=True):
        assert p.tolist() == twin.tolist()
    assert str(other.state_dict()) == str(optimizer.state_dict())


def test_the_state_is_of_tensors_in_the_shapes_of_the_parameters():
    w, idle = (tg.ones(2, 3, requires_grad=True) for _ in range(2))
    optimizer = optim.Adam([idle, w])
    assert optimizer.state_dict()["state"] == {}
    a_walk(optimizer, [w], 2)
    assert optimizer.state[w]["exp_avg"].shape == (2, 3)
    assert optimizer.state[w]["step"].item() == 2
    state = optimizer.state_dict()
    assert list(state["state"]) == [1]
    assert state["param_groups"][0]["params"] == [0, 1]


def test_a_state_of_other_groups_or_shapes_is_refused_and_changes_nothing():
    def adam(*shapes):
        params = [tg.ones(*shape, requires_grad=True) for shape in shapes]
        optimizer = optim.Adam(params, lr=0.1 * len(shapes))
        a_walk(optimizer, params, 1)
        return optimizer

    optimizer = adam((2,), (3,))
    before = str(optimizer.state_dict())
    refused(
        ValueError,
        r"Adam: the state is of groups of \[1\] parameters, here are \[2\]",
        lambda: optimizer.load_state_dict(adam((2,)).state_dict()),
    )
    refused(
        ValueError,
        r"exp_avg of parameter 1 has shape \(4,\) in the state, the parameter here \(3,\)",
        lambda: optimizer.load_state_dict(adam((2,), (4,)).state_dict()),
    )
    assert str(optimizer.state_dict()) == before


def test_parameters_whose_momenta_differ_are_kept_apart():
    """NAdam's product of momenta differs where settings changed between two first steps."""
    a, b = (tg.tensor([1.0], requires_grad=True) for _ in range(2))
    optimizer = optim.NAdam([a, b])
    a_walk(optimizer, [a], 1)
    optimizer.zero_grad()
    optimizer.param_groups[0]["betas"] = (0.5, 0.9)
    a_walk(optimizer, [b], 1)
    a_walk(optimizer, [a, b], 1)
    products = [optimizer.state[p]["mu_product"].item() for p in (a, b)]
    assert products[0] != products[1]


# ---------------------------------------------------------------- whole vectors, whole matrices


def bowl(w, optimizer):
    def closure():
        optimizer.zero_grad()
        loss = ((w - 3) ** 2).sum()
        loss.backward()
        return loss

    return closure


@pytest.mark.parametrize("line_search_fn", [None, "strong_wolfe"])
def test_lbfgs_finds_the_bottom_of_a_bowl_in_one_step_and_is_seen_by_the_clock(line_search_fn):
    w = tg.zeros(2, 2, requires_grad=True)
    optimizer = optim.LBFGS([w], line_search_fn=line_search_fn)
    late = (w * w).sum()
    with tg.no_grad():
        assert optimizer.step(bowl(w, optimizer)).item() == 36
    np.testing.assert_allclose(w.tolist(), 3, rtol=1e-5)
    assert optimizer.step(bowl(w, optimizer)).item() < 1e-8
    with pytest.raises(RuntimeError, match=r"LBFGS\.step\(\) at .*test_optim\.py:\d+"):
        late.backward()


def test_a_copied_lbfgs_goes_on_alike_and_a_frozen_part_stays():
    w, frozen = tg.zeros(3, requires_grad=True), tg.ones(2)
    optimizer = optim.LBFGS([w, frozen], lr=0.1, max_iter=3)
    optimizer.step(bowl(w, optimizer))
    twin, twin_optimizer = copy.deepcopy((w, optimizer))
    for p, o in ((w, optimizer), (twin, twin_optimizer)):
        o.step(bowl(p, o))
    assert w.tolist() == twin.tolist()
    assert frozen.tolist() == [1, 1]


def test_an_error_in_the_middle_of_a_search_leaves_the_parameters_where_it_began():
    w = tg.zeros(2, requires_grad=True)
    optimizer = optim.LBFGS([w], line_search_fn="strong_wolfe")
    closure, calls = bowl(w, optimizer), []

    def failing():
        calls.append(w.tolist())
        if len(calls) == 2:
            raise ZeroDivisionError
        return closure()

    with pytest.raises(ZeroDivisionError):
        optimizer.step(failing)
    assert calls[1] != [0, 0]
    assert w.tolist() == [0, 0]


def test_what_lbfgs_and_muon_cannot_do_is_refused():
    w, v = tg.ones(2, 3, requires_grad=True), tg.ones(3, requires_grad=True)
    lbfgs, muon = optim.LBFGS([w]), optim.Muon([w])
    refused(TypeError, r"LBFGS: step\(closure\) needs the loss at several places", lbfgs.step)
    refused(ValueError, "LBFGS: there is one group", lambda: lbfgs.add_param_group({"params": [v]}))
    refused(ValueError, "None or 'strong_wolfe'", lambda: optim.LBFGS([w], line_search_fn="wolfe"))
    refused(ValueError, "LBFGS: lr is at least 0", lambda: optim.LBFGS([w], lr=-1))
    lbfgs.step(bowl(w, lbfgs))
    state = lbfgs.state_dict()
    refused(
        ValueError,
        "LBFGS: the state is of 6 numbers, the parameters here hold 3",
        lambda: optim.LBFGS([v]).load_state_dict(state),
    )
    refused(
        ValueError,
        r"Muon: parameter 1 has shape \(3,\); it trains matrices",
        lambda: optim.Muon([w, v]),
    )
    refused(ValueError, "it trains matrices", lambda: muon.add_param_group({"params": [v]}))
    assert len(muon.param_groups) == 1
    refused(ValueError, "not 'adam'", lambda: optim.Muon([w], adjust_lr_fn="adam"))
    refused(ValueError, "three numbers", lambda: optim.Muon([w], ns_coefficients=(1, 2)))
    refused(ValueError, "momentum is at least 0", lambda: optim.Muon([w], momentum=-1))


def test_muon_steps_alike_in_all_directions():
    """Whatever the gradient's singular values, those of a step are near lr."""
    rng = np.random.default_rng(0)
    u, v = (np.linalg.qr(rng.standard_normal((n, 4)))[0] for n in (9, 5))
    w = tg.zeros(9, 5, dtype=tg.float64, requires_grad=True)
    optimizer = optim.Muon([w], lr=1.0, adjust_lr_fn="original")
    w.grad = tg.from_numpy(u * [100.0, 10.0, 5.0, 1.0] @ v.T)
    optimizer.step()
    steps = np.linalg.svd(w.detach().numpy() / (9 / 5) ** 0.5)[1]
    assert (abs(steps[:4] - 1) < 0.4).all()
    assert steps[4] < 1e-12


# ---------------------------------------------------------------- the clock


@EVERY_KIND
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


@EVERY_KIND
def test_a_step_on_what_no_rule_reads_is_no_error(name, settings):
    x, bias = tg.ones(3, requires_grad=True), tg.ones(3, requires_grad=True)
    optimizer = getattr(optim, name)([bias], **settings)
    loss = (x * 2 + bias).sum()
    loss.backward(retain_graph=True)
    optimizer.step()
    loss.backward()
    assert x.grad.tolist() == [4.0, 4.0, 4.0]


@EVERY_KIND
def test_a_step_without_gradients_writes_nothing(name, settings):
    net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1))
    optimizer = getattr(optim, name)(net.parameters(), **settings)
    loss = net(tg.ones(1, 2)).sum()
    optimizer.step()
    loss.backward()
    assert net[0].weight.grad is not None


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


# ---------------------------------------------------------------- nn.utils


def test_a_clipped_norm_is_at_most_the_limit_and_the_direction_stays():
    a, b, idle = (tg.zeros(2, requires_grad=True) for _ in range(3))
    a.grad, b.grad = tg.tensor([3.0, 0.0]), tg.tensor([0.0, 4.0])
    assert utils.clip_grad_norm_([a, b, idle], 10).item() == 5
    assert (a.grad.tolist(), b.grad.tolist()) == ([3, 0], [0, 4])
    assert utils.clip_grad_norm_(iter([a, b, idle]), 1).item() == 5
    np.testing.assert_allclose([a.grad.tolist(), b.grad.tolist()], [[0.6, 0], [0, 0.8]], 1e-5)
    utils.clip_grad_value_([a, b, idle], 0.7)
    np.testing.assert_allclose([a.grad.tolist(), b.grad.tolist()], [[0.6, 0], [0, 0.7]], 1e-5)
    assert idle.grad is None
    assert utils.clip_grad_norm_(idle, 1).item() == 0


def test_a_total_norm_is_that_of_one_vector_and_clips_in_a_second_call():
    w = tg.zeros(2, requires_grad=True)
    w.grad = tg.tensor([3.0, 4.0])
    norm = utils.get_total_norm([w.grad, tg.tensor([12.0])])
    assert norm.item() == 13
    assert utils.get_total_norm([]).item() == 0
    assert utils.get_total_norm(w.grad, float("inf"), foreach=True).item() == 4
    utils.clip_grads_with_norm_(w, 1.3, norm)
    np.testing.assert_allclose(w.grad.tolist(), [0.3, 0.4], 1e-6)
    with pytest.raises(RuntimeError, match="is nan"):
        utils.get_total_norm([tg.tensor([float("nan")])], error_if_nonfinite=True)


def test_a_gradient_that_is_not_finite_is_an_error_if_asked():
    w = tg.zeros(2, requires_grad=True)
    w.grad = tg.tensor([1.0, float("inf")])
    with pytest.raises(RuntimeError, match="the norm of the gradients is inf"):
        utils.clip_grad_norm_([w], 1.0, error_if_nonfinite=True)
    assert w.grad.tolist() == [1.0, float("inf")]


def test_parameters_are_a_vector_and_back():
    net = nn.Linear(2, 3)
    vector = utils.parameters_to_vector(net.parameters())
    assert vector.shape == (9,)
    assert vector.requires_grad
    utils.vector_to_parameters(vector * 2, net.parameters())
    assert tg.equal(utils.parameters_to_vector(net.parameters()), vector * 2)
    assert net.weight.is_leaf
    before = net.weight.tolist()
    for wrong in (tg.ones(10), tg.ones(8), tg.ones(3, 3)):
        with pytest.raises(ValueError, match="have 9 elements, the vector has shape"):
            utils.vector_to_parameters(wrong, net.parameters())
    assert net.weight.tolist() == before
