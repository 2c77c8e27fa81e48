"""Hooks of optimisers, parameters with names, and the settings that PyTorch alone needs."""

import copy
import pickle

import pytest

import nn
import tinygrad_edu as tg
from nn import optim
from nn.optim.optimizer import register_optimizer_step_post_hook, register_optimizer_step_pre_hook

CHOICES = ("foreach", "fused", "capturable", "differentiable")


def made(kind=optim.SGD, **settings):
    w = tg.tensor([1.0, 2.0], requires_grad=True)
    w.grad = tg.tensor([1.0, 1.0])
    return w, kind([w], lr=0.5, **settings)


# ---------------------------------------------------------------- around step()


def test_hooks_are_called_around_each_step_in_order():
    _, optimizer = made()
    seen = []
    for name in ("a", "b"):
        optimizer.register_step_pre_hook(lambda o, args, kwargs, n=name: seen.append(("pre", n)))
        optimizer.register_step_post_hook(lambda o, args, kwargs, n=name: seen.append(("post", n)))
    everywhere = [
        register_optimizer_step_pre_hook(lambda *_: seen.append(("pre", "all"))),
        register_optimizer_step_post_hook(lambda *_: seen.append(("post", "all"))),
    ]
    try:
        optimizer.step()
    finally:
        for handle in everywhere:
            handle.remove()
    assert seen == [
        (when, n)
        for when, n in zip(
            ["pre"] * 3 + ["post"] * 3, ["all", "a", "b", "a", "b", "all"], strict=True
        )
    ]
    seen.clear()
    optimizer.step()
    assert ("pre", "all") not in seen


def test_a_hook_gets_the_optimiser_and_the_arguments_and_may_replace_them():
    w, optimizer = made()
    given = []

    def other_closure(optimizer, args, kwargs):
        given.append((args, kwargs))
        return (args[0], lambda: "another"), {}

    handle = optimizer.register_step_pre_hook(other_closure)
    optimizer.register_step_post_hook(lambda o, args, kwargs: given.append(len(args)))
    closure = lambda: "a loss"  # noqa: E731
    assert optimizer.step(closure=closure) == "another"
    assert given == [((optimizer,), {"closure": closure}), 2]
    assert w.tolist() == [0.5, 1.5]
    handle.remove()
    assert optimizer.step(closure=closure) == "a loss"


def test_a_hook_that_returns_anything_else_is_refused():
    w, optimizer = made()
    optimizer.register_step_pre_hook(lambda *_: 3)
    with pytest.raises(RuntimeError, match=r"SGD: a hook before step\(\) returns None or a pair"):
        optimizer.step()
    assert w.tolist() == [1.0, 2.0]


def test_the_hooks_of_a_step_that_calls_super_run_once():
    class Twice(optim.SGD):
        def step(self, closure=None):
            super().step()
            return super().step(closure)

    w, optimizer = made(Twice)
    seen = []
    optimizer.register_step_pre_hook(lambda *_: seen.append("pre"))
    optimizer.register_step_post_hook(lambda *_: seen.append("post"))
    optimizer.step()
    assert seen == ["pre", "post"]
    assert w.tolist() == [0.0, 1.0]


def test_hooks_of_an_optimiser_without_super_init():
    class Bare(optim.Optimizer):
        def __init__(self, params):
            self.param_groups = [{"params": list(params)}]

        def step(self, closure=None):
            return "stepped"

    optimizer, seen = Bare([]), []
    optimizer.register_step_post_hook(lambda *_: seen.append("post"))
    assert optimizer.step() == "stepped"
    assert seen == ["post"]


def test_copies_have_no_hooks():
    """As in PyTorch: a hook may be a function that cannot be pickled."""
    _, optimizer = made()
    optimizer.register_step_pre_hook(lambda *_: 1 / 0)
    for twin in (copy.deepcopy(optimizer), pickle.loads(pickle.dumps(optimizer))):
        twin.step()


# ---------------------------------------------------------------- around state dicts


def test_the_hooks_of_state_dict_may_change_it_or_return_another():
    _, optimizer = made(momentum=0.9)
    optimizer.step()
    seen = []
    optimizer.register_state_dict_pre_hook(lambda o: seen.append(o))
    optimizer.register_state_dict_post_hook(lambda o, d: {**d, "note": d["note"] + " twice"})
    optimizer.register_state_dict_post_hook(lambda o, d: d.update(note="once"), prepend=True)
    assert optimizer.state_dict()["note"] == "once twice"
    assert seen == [optimizer]


def test_the_hooks_of_load_state_dict_see_a_copy():
    _, optimizer = made(momentum=0.9)
    optimizer.step()
    state, seen = optimizer.state_dict(), []
    given = dict(state)
    _, other = made()

    def with_another_rate(optimizer, state_dict):
        groups = [{**group, "lr": 0.25} for group in state_dict["param_groups"]]
        return {**state_dict, "param_groups": groups}

    other.register_load_state_dict_pre_hook(with_another_rate)
    other.register_load_state_dict_pre_hook(lambda o, d: d.pop("extra"), prepend=True)
    other.register_load_state_dict_post_hook(lambda o: seen.append(o.param_groups[0]["lr"]))
    given["extra"] = 1
    with pytest.raises(TypeError):  # what pop() returns is 1, which is taken for a state dict
        other.load_state_dict(given)
    other._hooks["before load_state_dict"].popitem(last=False)
    other.load_state_dict(given)
    assert seen == [0.25]
    assert given == {**state, "extra": 1}


# ---------------------------------------------------------------- names


def test_parameters_with_names_are_trained_and_named_in_the_state():
    net = nn.Linear(2, 1)
    optimizer = optim.Adam(net.named_parameters(), lr=0.1)
    assert optimizer.param_groups[0]["param_names"] == ["weight", "bias"]
    assert optimizer.param_groups[0]["params"][0] is net.weight
    net(tg.ones(1, 2)).sum().backward()
    optimizer.step()
    state = optimizer.state_dict()
    assert state["param_groups"][0]["param_names"] == ["weight", "bias"]
    other = optim.Adam(net.parameters())
    other.load_state_dict(state)  # names are taken over
    assert other.param_groups[0]["param_names"] == ["weight", "bias"]
    del state["param_groups"][0]["param_names"]
    optimizer.load_state_dict(state)  # and stay where the state has none
    assert optimizer.param_groups[0]["param_names"] == ["weight", "bias"]


def test_names_are_for_all_or_for_none():
    a, b = (tg.ones(1, requires_grad=True) for _ in range(2))
    with pytest.raises(ValueError, match="SGD: parameter 1 has no name"):
        optim.SGD([("a", a), b])
    optimizer = optim.SGD([("a", a)])
    with pytest.raises(ValueError, match="SGD: some groups of parameters have names"):
        optimizer.add_param_group({"params": [b]})
    optimizer.add_param_group({"params": [("b", b)], "lr": 1.0})
    assert [group["param_names"] for group in optimizer.param_groups] == [["a"], ["b"]]


def test_a_group_is_a_dict():
    _, optimizer = made()
    with pytest.raises(TypeError, match="SGD: a group is a dict with 'params', not a list"):
        optimizer.add_param_group(param_group=[tg.ones(1, requires_grad=True)])


# ---------------------------------------------------------------- settings without effect


@pytest.mark.parametrize("name", sorted(set(optim.__all__) - {"lr_scheduler", "swa_utils"}))
def test_settings_that_choose_an_implementation_change_nothing(name):
    kind = getattr(optim, name)
    taken = [x for x in CHOICES if x in kind.__init__.__annotations__ and x != "differentiable"]
    for choice in taken:
        ends = []
        for value in (False, True):
            w = tg.tensor([[1.0, 2.0]], requires_grad=True)
            optimizer = kind([w], **{choice: value})
            assert optimizer.param_groups[0][choice] is value
            (w * w).sum().backward()
            optimizer.step()
            ends.append(w.tolist())
        assert ends[0] == ends[1]


def test_a_step_that_would_have_to_be_recorded_is_refused():
    """As in PyTorch, where the write to the leaf is refused."""
    for kind in (optim.SGD, optim.Adam, optim.ASGD):
        w, optimizer = made(kind, differentiable=True)
        with pytest.raises(RuntimeError, match=f"{kind.__name__}: differentiable=True records"):
            optimizer.step()
        assert w.tolist() == [1.0, 2.0]


@pytest.mark.parametrize("other", ["foreach", "differentiable"])
def test_choices_that_exclude_each_other_are_refused(other):
    with pytest.raises(RuntimeError, match=f"Adam: fused and {other} exclude each other"):
        made(optim.Adam, fused=True, **{other: True})


def test_the_rates_of_new_optimisers_in_numbers():
    """Worked by hand: ASGD averages from t0 on, Adafactor clips to the rate of its first step."""
    w = tg.tensor([1.0], requires_grad=True)
    optimizer = optim.ASGD([w], lr=0.5, lambd=0.0, t0=0)
    path = []
    for g in (1.0, 1.0, 1.0):
        w.grad = tg.tensor([g])
        optimizer.step()
        path.append(w.item())
    assert path == [0.5, 0.0, -0.5]
    assert optimizer.state[w]["ax"].item() == (0.0 - 0.5) / 2
    assert optimizer.state[w]["mu"].item() == pytest.approx(1 / 3)

    w = tg.tensor([3.0, 4.0], requires_grad=True)  # its root mean square is 5 / sqrt 2
    w.grad = tg.tensor([10.0, -10.0])
    optim.Adafactor([w], lr=0.01).step()  # g / sqrt(g^2) is (1, -1), of root mean square 1
    rate = 0.01 * 5 / 2**0.5
    assert w.tolist() == pytest.approx([3 - rate, 4 + rate])


# ---------------------------------------------------------------- what is exported


@pytest.mark.parametrize("module", [optim, optim.lr_scheduler, optim.swa_utils])
def test_a_look_into_the_module_shows_what_it_exports(module):
    assert dir(module) == sorted(module.__all__)
    for name in module.__all__:
        assert hasattr(module, name)
    with pytest.raises(AttributeError):
        module.Nothing  # noqa: B018
