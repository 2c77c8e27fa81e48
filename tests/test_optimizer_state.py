"""What is written into an optimiser's state counts, and optimisers written for PyTorch run."""

import copy
import pickle
from collections import defaultdict

import numpy as np
import pytest
from written_for_torch import MADE, walk

import nn
import tinygrad_edu as tg
from nn import optim

# Steps on one gradient are what these tests compare.
pytestmark = pytest.mark.filterwarnings("ignore:.* uses the gradient that the last one used")

# Where PyTorch 2.13 ends.
WALKS = {
    "SAM": [-0.218451, -1.972641, 0.489941, 2.913577, 2.262464, -0.002827],
    "SAM, adaptive": [0.473742, -1.399749, 0.639461, 2.399403, 0.871146, 0.50093],
    "Lookahead": [0.65783, -1.626065, 0.652725, 2.626289, 0.656516, 0.272227],
    "LAMB": [0.112699, -0.998664, 0.285766, 1.970536, 0.451419, 0.060052],
    "AdaBound": [0.48283, -1.399204, 0.568136, 2.395748, 0.833398, 0.493929],
    "AdaBound, amsbound": [0.500667, -1.407321, 0.665054, 2.408007, 0.841923, 0.488433],
}
STATES = {
    "SGD": ({"momentum": 0.9}, ["momentum_buffer"]),
    "Rprop": ({}, ["step", "prev", "step_size"]),
    "Adagrad": ({}, ["step", "sum"]),
    "RMSprop": (
        {"momentum": 0.9, "centered": True},
        ["step", "square_avg", "momentum_buffer", "grad_avg"],
    ),
    "Adadelta": ({}, ["step", "square_avg", "acc_delta"]),
    "Adam": ({"amsgrad": True}, ["step", "exp_avg", "exp_avg_sq", "max_exp_avg_sq"]),
    "AdamW": ({}, ["step", "exp_avg", "exp_avg_sq"]),
    "Adamax": ({}, ["step", "exp_avg", "exp_inf"]),
    "NAdam": ({}, ["step", "mu_product", "exp_avg", "exp_avg_sq"]),
    "RAdam": ({}, ["step", "exp_avg", "exp_avg_sq"]),
    "Lion": ({}, ["exp_avg"]),
    "Muon": ({}, ["momentum_buffer"]),
}
EVERY_KIND = pytest.mark.parametrize("name", STATES)


@pytest.mark.parametrize("name", MADE)
def test_an_optimiser_written_for_pytorch_runs(name):
    np.testing.assert_allclose(np.concatenate(walk(tg, optim, name)), WALKS[name], atol=2e-6)


def made(name, count=3, **settings):
    params = [tg.tensor([[1.0, -2.0], [0.5, k]], requires_grad=True) for k in range(count)]
    return params, getattr(optim, name)(params, lr=0.1, **{**STATES[name][0], **settings})


def stepped(params, optimizer, count=1):
    for _ in range(count):
        optimizer.zero_grad()
        sum(((p - 3) ** 2).sum() for p in params).backward()
        optimizer.step()


def values(params):
    return [p.tolist() for p in params]


def momentum_of_issue():
    w = tg.tensor([1.0], requires_grad=True)
    optimizer = optim.SGD([w], lr=0.5, momentum=0.9)
    w.sum().backward()
    optimizer.step()
    return w, optimizer


WRITES = {
    "assign": lambda state, p: state[p].__setitem__("momentum_buffer", tg.zeros_like(p)),
    "zero_": lambda state, p: state[p]["momentum_buffer"].zero_(),
    "mul_": lambda state, p: state[p]["momentum_buffer"].mul_(0),
    "a slice": lambda state, p: state[p]["momentum_buffer"].__setitem__(slice(None), 0),
    "data": lambda state, p: setattr(state[p]["momentum_buffer"], "data", tg.zeros(1)),
    "del": lambda state, p: state[p].pop("momentum_buffer"),
    "pop": lambda state, p: state.pop(p),
    "clear": lambda state, p: state.clear(),
    "None": lambda state, p: state[p].__setitem__("momentum_buffer", None),
    "another dict": lambda state, p: state.__setitem__(p, {"momentum_buffer": tg.zeros(1)}),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_what_is_written_into_the_state_is_seen_by_the_next_step(write):
    w, optimizer = momentum_of_issue()
    write(optimizer.state, w)
    optimizer.step()
    assert w.item() == 0.0  # 1 - 0.5 - 0.5; the old momentum would make it -0.45
    optimizer.step()
    np.testing.assert_allclose(w.item(), -0.95)  # and the new one is kept


def test_the_state_may_be_replaced():
    w, optimizer = momentum_of_issue()
    optimizer.state = defaultdict(dict)
    optimizer.step()
    assert w.item() == 0.0
    assert optimizer.state[w]["momentum_buffer"].tolist() == [1.0]


@EVERY_KIND
def test_the_state_is_one_object_with_names_as_in_pytorch(name):
    params, optimizer = made(name)
    held = optimizer.state
    assert isinstance(held, defaultdict)
    assert len(held) == (3 if name == "Adagrad" else 0)
    stepped(params, optimizer)
    assert optimizer.state is held
    assert list(held) == params
    for p in params:
        assert list(held[p]) == STATES[name][1]
        assert held[p] is optimizer.state[p]
        for key, x in held[p].items():
            assert isinstance(x, tg.Tensor)
            assert tuple(x.shape) == (() if key in ("step", "mu_product") else (2, 2))
    tensors = dict(held[params[1]])
    stepped(params, optimizer, 2)
    assert all(optimizer.state[params[1]][key] is x for key, x in tensors.items())
    if "step" in tensors:
        assert tensors["step"].item() == 3


@EVERY_KIND
def test_a_look_at_the_state_changes_no_step(name):
    (plain, one), (looked, two) = made(name), made(name)
    for k in range(5):
        assert len(two.state) == (0 if k == 0 and name != "Adagrad" else 3)
        stepped(plain[: 2 + k % 2], one)
        stepped(looked[: 2 + k % 2], two)
        two.state_dict()
        if k == 0:
            two.state[looked[2]]  # makes an empty entry, as in PyTorch
    assert values(plain) == values(looked)
    for p, q in zip(plain, looked, strict=True):
        for key, x in one.state[p].items():
            assert x.tolist() == two.state[q][key].tolist()


@EVERY_KIND
def test_a_state_that_is_taken_over_goes_on_alike(name):
    """All of it written anew, tensor by tensor, into another optimiser."""
    (params, one), (others, two) = made(name), made(name)
    stepped(params, one, 3)
    for p, q in zip(params, others, strict=True):
        q.data.copy_(p)
        for key, x in one.state[p].items():
            two.state[q][key] = x.clone()
    own = two.state[others[0]][STATES[name][1][-1]]
    stepped(params, one, 3)
    stepped(others, two, 3)
    assert values(params) == values(others)
    assert two.state[others[0]][STATES[name][1][-1]] is own  # written in place, as in PyTorch
    assert own.tolist() == one.state[params[0]][STATES[name][1][-1]].tolist()


@pytest.mark.parametrize("number", [0, 0.0, tg.tensor(0.0)])
def test_a_step_may_be_counted_anew(number):
    params, optimizer = made("Adam", amsgrad=False)
    again, fresh = made("Adam", amsgrad=False)
    stepped(params, optimizer, 2)
    for p, q in zip(params, again, strict=True):
        q.data.copy_(p)
        optimizer.state[p]["exp_avg"].zero_()
        optimizer.state[p]["exp_avg_sq"].zero_()
        if isinstance(number, tg.Tensor):
            optimizer.state[p]["step"].copy_(number)
        else:
            optimizer.state[p]["step"] = number
    stepped(params, optimizer, 2)
    stepped(again, fresh, 2)
    assert values(params) == values(again)
    assert [optimizer.state[p]["step"].item() for p in params] == [2, 2, 2]


def test_a_large_parameter_is_seen_whole(monkeypatch):
    monkeypatch.setattr(optim.optimizer, "BLOCK", 3)
    (plain, one), (looked, two) = made("Adam"), made("Adam")
    for k in range(3):
        stepped(plain, one)
        stepped(looked, two)
        if k == 0:
            for optimizer, params in ((one, plain), (two, looked)):
                optimizer.state[params[0]]["exp_avg"].mul_(0.5)
        if k == 1:
            two.state[looked[1]]["exp_avg"] = two.state[looked[1]]["exp_avg"].clone()
    assert values(plain) == values(looked)


def test_a_tensor_of_another_shape_is_refused_by_name():
    params, optimizer = made("Adam")
    stepped(params, optimizer)
    optimizer.state[params[0]]["exp_avg"] = tg.zeros(3)
    with pytest.raises(ValueError, match=r"Adam: state\[p\]\['exp_avg'\] has shape \(3,\)"):
        stepped(params, optimizer)
    optimizer.state[params[0]]["exp_avg"] = 0.0
    with pytest.raises(TypeError, match=r"state\[p\]\['exp_avg'\] is a float; give a tensor"):
        stepped(params, optimizer)


def test_a_tensor_that_cannot_be_written_is_refused():
    params, optimizer = made("SGD")
    stepped(params, optimizer)
    optimizer.state[params[0]]["momentum_buffer"] = tg.zeros(1).expand(2, 2)
    with pytest.raises(RuntimeError, match="is expanded or read-only; give a clone"):
        optimizer.step()


def test_notes_of_ones_own_stay_in_the_state():
    params, optimizer = made("Adam")
    stepped(params, optimizer)
    optimizer.state[params[0]]["note"] = "warm"
    optimizer.state["of all"] = {"seed": 3}
    stepped(params[1:], optimizer)
    stepped(params, optimizer)
    assert optimizer.state[params[0]]["note"] == "warm"
    assert optimizer.state[params[0]]["step"].item() == 2
    state = optimizer.state_dict()["state"]
    assert state[0]["note"] == "warm"
    assert state["of all"] == {"seed": 3}


@EVERY_KIND
def test_a_copy_has_a_state_of_its_own(name):
    params, optimizer = made(name)
    stepped(params, optimizer, 2)
    others, twin = copy.deepcopy((params, optimizer))
    assert [x.shape for x in twin.state[others[0]].values()] == [
        x.shape for x in optimizer.state[params[0]].values()
    ]
    stepped(params, optimizer, 2)
    assert values(params) != values(others)
    stepped(others, twin, 2)
    assert values(params) == values(others)
    again, third = pickle.loads(pickle.dumps((others, twin)))
    stepped(again, third)
    stepped(params, optimizer)
    assert values(params) == values(again)


def test_lbfgs_is_continued_from_what_is_written():
    def closure():
        optimizer.zero_grad()
        loss = ((w - 3) ** 4).sum()
        loss.backward()
        return loss

    w = tg.zeros(2, requires_grad=True)
    optimizer = optim.LBFGS([w], lr=0.5, max_iter=4)
    optimizer.step(closure)
    state = optimizer.state[w]
    assert state is optimizer.state[w]
    assert isinstance(state["d"], tg.Tensor)
    assert isinstance(state["old_dirs"][0], tg.Tensor)
    optimizer.state[w]["n_iter"] = 0  # the next step begins anew
    optimizer.step(closure)
    assert optimizer.state[w]["n_iter"] == 4
    assert len(optimizer.state[w]["old_dirs"]) == 3
    optimizer.state.clear()
    optimizer.step(closure)
    assert optimizer.state[w]["n_iter"] == 4


def test_a_state_dict_of_ones_own_optimiser_comes_back():
    class Mine(optim.Optimizer):
        def __init__(self, params, lr=optim.optimizer.required):
            super().__init__(params, {"lr": lr})

        @tg.no_grad()
        def step(self, closure=None):
            for group in self.param_groups:
                for p in group["params"]:
                    state = self.state[p]
                    if len(state) == 0:
                        state["step"], state["mean"] = 0, tg.zeros(())
                        state["seen"] = [tg.zeros(3)]
                    state["step"] += 1
                    state["mean"] += p.grad.mean()
                    p.add_(p.grad, alpha=-group["lr"])

    w = tg.tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(ValueError, match="Mine: a group of parameters names no lr"):
        Mine([w])
    one = Mine([w], lr=0.5)
    scheduler = optim.lr_scheduler.StepLR(one, 1)
    stepped([w], one)
    scheduler.step()  # gives no warning: a step was taken
    two = Mine([w], lr=0.1)
    two.load_state_dict(one.state_dict())
    assert two.param_groups[0]["lr"] == pytest.approx(0.05)
    state = two.state[w]
    assert state["step"] == 1
    assert type(state["step"]) is int
    assert state["mean"].shape == ()
    assert state["seen"][0].shape == (3,)
    assert state["mean"] is not one.state[w]["mean"]


def test_a_loaded_state_a_new_rate_and_a_new_group_count():
    params, optimizer = made("SGD")
    stepped(params, optimizer)
    saved = optimizer.state_dict()
    for x in saved["state"].values():
        x["momentum_buffer"].zero_()
    optimizer.state  # noqa: B018, a look
    optimizer.load_state_dict(saved)
    optimizer.param_groups[0]["lr"] = 1.0
    new = tg.tensor([2.0], requires_grad=True)
    optimizer.add_param_group({"params": [new], "momentum": 0.0})
    before = values(params)
    stepped([*params, new], optimizer)
    for p, old in zip(params, before, strict=True):
        np.testing.assert_allclose(p.tolist(), 6 - np.array(old), rtol=1e-5)
    assert new.item() == pytest.approx(2.0 + 0.1 * 2)
    assert new not in optimizer.state


# ---------------------------------------------------------------- settings and parameters


@pytest.mark.parametrize("name", STATES)
def test_a_rate_and_a_decay_may_be_tensors(name):
    settings = {} if name in ("Rprop",) else {"weight_decay": 0.25}
    (plain, one), (others, two) = made(name, **settings), made(name)
    two.param_groups[0].update({k: tg.tensor(x) for k, x in settings.items()})
    two.param_groups[0]["lr"] = rate = tg.tensor(0.5)
    one.param_groups[0]["lr"] = 0.5
    stepped(plain, one, 2)
    stepped(others, two, 2)
    one.param_groups[0]["lr"] = 0.25
    rate.fill_(0.25)
    stepped(plain, one)
    stepped(others, two)
    assert values(plain) == values(others)


SCHEDULES = {
    "StepLR": (2, 0.5),
    "MultiStepLR": ([1, 3], 0.5),
    "ExponentialLR": (0.5,),
    "ConstantLR": (0.5, 2),
    "LinearLR": (0.5, 1.0, 3),
    "PolynomialLR": (4,),
    "CosineAnnealingLR": (3,),
    "CosineAnnealingWarmRestarts": (2,),
    "LambdaLR": (lambda t: 0.5**t,),
    "MultiplicativeLR": (lambda t: 0.5,),
    "CyclicLR": (0.1, 0.4, 2),
    "OneCycleLR": (0.4, 6),
    "ReduceLROnPlateau": ("min", 0.5, 0),
}


@pytest.mark.parametrize(("name", "settings"), SCHEDULES.items(), ids=SCHEDULES)
def test_a_schedule_moves_a_rate_that_is_a_tensor_in_place(name, settings):
    w = tg.tensor([1.0], requires_grad=True)
    w.sum().backward()
    rate = tg.tensor(0.4)
    optimizers = [optim.Adam([w], lr=0.4), optim.Adam([w], lr=rate)]
    schedules = [getattr(optim.lr_scheduler, name)(o, *settings) for o in optimizers]
    base = copy.deepcopy(schedules[1].base_lrs)
    seen = []
    for _ in range(5):
        for optimizer, schedule in zip(optimizers, schedules, strict=True):
            optimizer.step()
            schedule.step(*((1.0,) if name == "ReduceLROnPlateau" else ()))
        assert optimizers[1].param_groups[0]["lr"] is rate
        assert rate.item() == pytest.approx(optimizers[0].param_groups[0]["lr"], rel=1e-5)
        seen.append(schedules[1].get_last_lr())
    assert schedules[1].base_lrs == base
    assert len({float(lrs[0]) for lrs in seen}) > 1  # what was handed out does not change later


def test_a_tensor_of_several_rates_is_refused():
    with pytest.raises(ValueError, match=r"Adam: lr is one number, not a tensor of shape \(2,\)"):
        optim.Adam([tg.ones(1, requires_grad=True)], lr=tg.ones(2))
    w = tg.tensor([1.0], requires_grad=True)
    w.sum().backward()
    betas = (tg.tensor(0.5), tg.tensor(0.75))
    optim.Adam([w], lr=tg.tensor(0.5), betas=betas, eps=0).step()
    assert w.item() == 0.5


def test_parameters_come_in_lists_of_many_kinds():
    net = nn.Linear(2, 1)
    held = nn.ParameterList([nn.Parameter(tg.ones(2)), nn.Parameter(tg.ones(1))])
    assert len(optim.SGD(held).param_groups[0]["params"]) == 2
    assert len(optim.SGD([{"params": held}]).param_groups[0]["params"]) == 2
    group = optim.SGD(net.named_parameters()).param_groups[0]
    assert group["param_names"] == ["weight", "bias"]
    assert group["params"][1] is net.bias
    with pytest.raises(TypeError, match="SGD: a set has no order"):
        optim.SGD([{"params": {net.weight, net.bias}}])


@pytest.mark.parametrize("looked", [False, True])
def test_parameters_whose_data_or_gradients_are_replaced_are_trained(looked):
    net = nn.Linear(2, 1)
    optimizer = optim.SGD(net.parameters(), lr=1.0, momentum=0.5)
    net(tg.ones(1, 2)).sum().backward()
    optimizer.step()
    if looked:
        optimizer.state  # noqa: B018
    whole = tg.ones(2, 2)
    net.weight.data = tg.zeros(1, 2)
    net.weight.grad = whole[1:]  # a view
    optimizer.step()
    assert net.weight.tolist() == [[-1.5, -1.5]]
    net.load_state_dict({"weight": tg.ones(1, 2), "bias": tg.zeros(1)})
    optimizer.zero_grad(set_to_none=False)
    assert whole.tolist() == [[1, 1], [0, 0]]
    optimizer.step()
    assert net.weight.tolist() == [[0.25, 0.25]]
    net.double()
    net(tg.ones(1, 2, dtype=tg.float64)).sum().backward()
    optimizer.step()
    assert net.weight.dtype is tg.float64
    assert net.weight.tolist() == [[0.25 - 0.375 - 1] * 2]
    assert optimizer.state[net.weight]["momentum_buffer"].dtype is tg.float64


def test_an_optimiser_around_another_shares_its_groups():
    class Wrapper(optim.Optimizer):
        def __init__(self, params, **settings):
            super().__init__(params, settings)
            self.base = optim.SGD(self.param_groups, lr=1.0)

        def step(self, closure=None):
            return self.base.step(closure)

    w = tg.tensor([1.0], requires_grad=True)
    w.grad = tg.ones(1)
    optimizer = Wrapper([w], lr=0.5, rho=2)
    scheduler = optim.lr_scheduler.StepLR(optimizer, 1, 0.5)
    for _ in range(2):
        optimizer.step()
        scheduler.step()
    assert w.item() == 0.25
    assert optimizer.param_groups[0]["momentum"] == 0
    assert optimizer.base.param_groups[0]["rho"] == 2
