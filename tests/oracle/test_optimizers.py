"""Optimisers walk PyTorch's trajectory element by element, and go on from PyTorch's state."""

import inspect
import itertools

import hypothesis
import numpy as np
import pytest
import torch
import written_for_torch
from hypothesis import given, strategies as st

import nn
import tinygrad_edu as tg
from nn import optim, utils as nn_utils

OURS, TORCH = (optim, tg.tensor), (torch.optim, torch.tensor)
STEPS = 50
DECOUPLED = {"decoupled_weight_decay": True, "weight_decay": 0.3}
SETTINGS = [
    ("SGD", {}),
    ("SGD", {"lr": 0.1}),
    ("SGD", {"lr": 0.1, "weight_decay": 0.1}),
    ("SGD", {"lr": 0.1, "maximize": True, "weight_decay": 0.3}),
    ("SGD", {"lr": 0.05, "momentum": 0.9}),
    ("SGD", {"lr": 0.05, "momentum": 0.9, "dampening": 0.3}),
    ("SGD", {"lr": 0.05, "momentum": 0.9, "nesterov": True}),
    ("SGD", {"lr": 0.05, "momentum": 0.8, "nesterov": True, "weight_decay": 0.05}),
    ("SGD", {"lr": 0.05, "momentum": 0.8, "maximize": True, "weight_decay": 0.3}),
    ("SGD", {"lr": 0.0, "momentum": 0.8}),
    ("Rprop", {}),
    ("Rprop", {"lr": 0.1, "etas": (0.3, 1.5), "step_sizes": (1e-3, 0.2)}),
    ("Rprop", {"maximize": True}),
    ("Adagrad", {}),
    ("Adagrad", {"lr": 0.1, "lr_decay": 0.1, "initial_accumulator_value": 0.5}),
    ("Adagrad", {"lr": 0.1, "eps": 0.1, "weight_decay": 0.1, "maximize": True}),
    ("RMSprop", {}),
    ("RMSprop", {"alpha": 0.5, "momentum": 0.7, "eps": 1e-3}),
    ("RMSprop", {"centered": True, "weight_decay": 0.1}),
    ("RMSprop", {"centered": True, "momentum": 0.5, "maximize": True}),
    ("Adadelta", {}),
    ("Adadelta", {"lr": 10, "rho": 0.5, "eps": 1e-4, "weight_decay": 0.1, "maximize": True}),
    ("Adam", {}),
    ("Adam", {"lr": 0.05}),
    ("Adam", {"lr": 0.05, "betas": (0.5, 0.7)}),
    ("Adam", {"lr": 0.05, "betas": (0.0, 0.0), "eps": 0.1}),
    ("Adam", {"lr": 0.05, "eps": 1e-3, "weight_decay": 0.1}),
    ("Adam", {"lr": 0.05, "maximize": True}),
    ("Adam", {"lr": 0.05, "maximize": True, "weight_decay": 0.1}),
    ("Adam", {"lr": 0.05, "betas": (0.5, 0.5), "amsgrad": True}),
    ("Adam", {"lr": 0.05, **DECOUPLED}),
    ("AdamW", {}),
    ("AdamW", {"lr": 0.05, "weight_decay": 0.5, "amsgrad": True, "maximize": True}),
    ("Adamax", {}),
    ("Adamax", {"lr": 0.05, "betas": (0.5, 0.7), "eps": 0.01, "weight_decay": 0.1}),
    ("NAdam", {}),
    ("NAdam", {"lr": 0.05, "betas": (0.5, 0.7), "momentum_decay": 0.1, "weight_decay": 0.1}),
    ("NAdam", {"lr": 0.05, "maximize": True, **DECOUPLED}),
    ("RAdam", {}),
    ("RAdam", {"lr": 0.05, "betas": (0.5, 0.9), "eps": 1e-3, "weight_decay": 0.1}),
    ("RAdam", {"lr": 0.05, "maximize": True, **DECOUPLED}),
    ("ASGD", {}),
    ("ASGD", {"lr": 0.1, "lambd": 0.01, "alpha": 0.5, "t0": 10, "weight_decay": 0.1}),
    ("ASGD", {"lr": 0.1, "t0": 0, "maximize": True}),
    ("Adafactor", {}),
    ("Adafactor", {"lr": 0.3, "beta2_decay": -0.5, "eps": (1e-3, 1e-2), "weight_decay": 0.1}),
    ("Adafactor", {"lr": 0.3, "d": 2.0, "maximize": True}),
]
IDS = [f"{name}-{settings}" for name, settings in SETTINGS]
ALL = pytest.mark.parametrize(("name", "settings"), SETTINGS, ids=IDS)
ONE_OF_EACH = pytest.mark.parametrize(
    ("name", "settings"),
    list({name: (name, settings) for name, settings in [*SETTINGS, SETTINGS[4]]}.values()),
    ids=lambda x: x if isinstance(x, str) else "",
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


def assert_same_path(ours, theirs, tolerance=1e-8):  # PyTorch keeps NAdam's mu_product in float32
    for step, (a, b) in enumerate(zip(ours, theirs, strict=True)):
        for k, (p, q) in enumerate(zip(a, b, strict=True)):
            np.testing.assert_allclose(
                p, q, rtol=0, atol=tolerance, strict=True, err_msg=f"parameter {k}, step {step}"
            )


@ALL
def test_fifty_steps_are_torchs(name, settings):
    ours, theirs = (trajectory(library, name, settings) for library in (OURS, TORCH))
    assert_same_path(ours, theirs)
    if settings.get("lr", 1):
        assert not np.allclose(ours[0][0], ours[-1][0], atol=1e-4)


@ONE_OF_EACH
@pytest.mark.parametrize("size", [1, 5, 9, 20])
def test_blocks_of_any_size_make_the_same_steps(name, settings, size, monkeypatch):
    """Small parameters share a block, a large one is cut: that is seen nowhere, nor in the
    state."""

    def walk():
        params = weights(tg.tensor)
        optimizer = getattr(optim, name)(params, **settings)
        for k in range(6):
            optimizer.zero_grad()
            moving = params if k % 3 else params[:2]
            sum((p * p).sum() for p in moving).backward()
            optimizer.step()
        return [p.tolist() for p in params], str(optimizer.state_dict())

    expected = walk()
    monkeypatch.setattr(optim.optimizer, "BLOCK", size)
    assert walk() == expected


@ALL
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


@ONE_OF_EACH
@hypothesis.settings(max_examples=30)
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


@ONE_OF_EACH
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
        tolerance = 1e-8 if b.dtype == np.float64 else 1e-6
        np.testing.assert_allclose(a, b, rtol=tolerance, strict=True)


@ONE_OF_EACH
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
    np.testing.assert_allclose(*paths, rtol=0, atol=1e-8)


@ONE_OF_EACH
def test_groups_have_settings_of_their_own_that_can_change_on_the_way(name, settings):
    def walk(optim, tensor):
        params = weights(tensor)
        groups = [{"params": params[:1], "lr": 0.01}, {"params": iter(params[1:2])}]
        optimizer = getattr(optim, name)(groups, **settings)
        path = []
        for k in range(20):
            if k == 5:
                more = {} if name == "Rprop" else {"weight_decay": 0.2}
                optimizer.add_param_group({"params": params[2], **more})
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


@ONE_OF_EACH
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
    np.testing.assert_allclose(*walks, rtol=1e-5)


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


# ---------------------------------------------------------------- a search along a line


def quadratic(tensor):
    rng = np.random.default_rng(0)
    half = rng.standard_normal((8, 8))
    a, b = tensor(half @ half.T + 0.1 * np.eye(8)), tensor(rng.standard_normal(8))
    w, c = tensor(np.ones(8), requires_grad=True), tensor(np.array(0.5), requires_grad=True)
    return [w, c], lambda: 0.5 * (w @ (a @ w)) - b @ w + (c - 1) ** 2 + 0.1 * c * w.sum()


def rosenbrock(tensor):
    w = tensor(np.array([[-1.2, 1.0], [0.5, 2.0]]), requires_grad=True)

    def loss():
        a, b = w.reshape(-1)[:-1], w.reshape(-1)[1:]
        return (100 * (b - a**2) ** 2 + (1 - a) ** 2).sum()

    return [w], loss


def network(tensor):
    params = weights(tensor)
    return params, lambda: loss_of(params, tensor) + 0.1 * sum((p * p).sum() for p in params)


def straight(tensor):
    """Down without an end: every cubic is a line."""
    w = tensor(np.array([1.0, 2.0]), requires_grad=True)
    return [w], lambda: (w * tensor(np.array([1.0, -0.5]))).sum()


SEARCHES = [
    {},
    {"line_search_fn": "strong_wolfe"},
    {"lr": 0.1, "history_size": 3, "max_iter": 4},
    {"line_search_fn": "strong_wolfe", "lr": 0.1, "history_size": 2, "max_iter": 7, "max_eval": 6},
    {"line_search_fn": "strong_wolfe", "lr": 30.0, "max_iter": 5},
    {"line_search_fn": "strong_wolfe", "max_eval": 1},
]


def search(library, problem, settings, steps=12, handed_over=None):
    """Where the parameters are, and what was counted, after each step; after `handed_over` steps
    another optimiser takes over by the state dict."""
    module, tensor = library
    params, loss = problem(tensor)
    optimizer = module.LBFGS(params, **settings)

    def closure():
        optimizer.zero_grad()
        value = loss()
        value.backward()
        return value

    path = []
    for k in range(steps):
        if k == handed_over:
            state = optimizer.state_dict()
            optimizer = module.LBFGS(params, lr=9.0)
            optimizer.load_state_dict(state)
        value = optimizer.step(closure)
        state = optimizer.state[params[0]]
        counts = [value.item(), state["func_evals"], state["n_iter"]]
        path.append(np.hstack([counts, *(p.detach().numpy().ravel() for p in params)]))
    return np.array(path), optimizer


@pytest.mark.parametrize(
    ("problem", "settings"),
    [
        *itertools.product([quadratic, rosenbrock, network], SEARCHES),
        (straight, {"line_search_fn": "strong_wolfe", "max_eval": 6}),
    ],
)
def test_lbfgs_is_torchs(problem, settings):
    (ours, _), (theirs, _) = (search(library, problem, settings) for library in (OURS, TORCH))
    np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-6)
    assert not np.allclose(ours[0], ours[-1], atol=1e-3)
    again, _ = search(OURS, problem, settings, handed_over=5)
    np.testing.assert_array_equal(again, ours)


@pytest.mark.parametrize("settings", SEARCHES[:4], ids=str)
def test_lbfgs_goes_on_from_torchs_state_and_torch_from_ours(settings):
    starts = [search(library, rosenbrock, settings, steps=2) for library in (OURS, TORCH)]
    for _, giver in starts:
        given = giver.state_dict()
        ends = []
        for module, tensor in (OURS, TORCH):

            def copied(x, tensor=tensor):
                if isinstance(x, list):
                    return [copied(one) for one in x]
                return tensor(x.numpy().copy()) if hasattr(x, "numpy") else x

            params, loss = rosenbrock(tensor)
            params[0].data = tensor(giver.param_groups[0]["params"][0].detach().numpy().copy())
            optimizer = module.LBFGS(params)
            state = {key: copied(x) for key, x in given["state"][0].items()}
            optimizer.load_state_dict({**given, "state": {0: state}})

            def closure(optimizer=optimizer, loss=loss):
                optimizer.zero_grad()
                value = loss()
                value.backward()
                return value

            for _ in range(4):
                optimizer.step(closure)
            ends.append(params[0].detach().numpy())
        np.testing.assert_allclose(*ends, rtol=1e-6, atol=1e-6)


def test_the_state_of_lbfgs_has_torchs_names():
    ours, theirs = (
        search(library, quadratic, {}, steps=1)[1].state_dict() for library in (OURS, TORCH)
    )
    assert set(ours["state"][0]) == set(theirs["state"][0]) - {"al"}
    assert ours["param_groups"] == theirs["param_groups"]


# ---------------------------------------------------------------- matrices made orthogonal


MUONS = [
    {},
    {"lr": 0.02, "momentum": 0.5, "nesterov": False, "weight_decay": 0.0},
    {"lr": 0.02, "adjust_lr_fn": "match_rms_adamw", "ns_steps": 3},
    {"lr": 0.02, "adjust_lr_fn": "original", "ns_coefficients": (1.5, -0.5, 0.0), "ns_steps": 9},
]


def paper_of_muon(shapes, gradients, lr=1e-3, weight_decay=0.1, momentum=0.95, **settings):
    """Jordan's lines in float64: momentum, Nesterov's, Newton and Schulz's iteration, the step."""
    a, b, c = settings.get("ns_coefficients", (3.4445, -4.775, 2.0315))
    params, buffers = ([f(s) for s in shapes] for f in (np.ones, np.zeros))
    for k in range(50):
        for p, m, g in zip(params, buffers, gradients(k), strict=True):
            m += (1 - momentum) * (g - m)
            x = (1 - momentum) * g + momentum * m if settings.get("nesterov", True) else m
            x = x / np.sqrt((x * x).sum())
            for _ in range(settings.get("ns_steps", 5)):
                x = a * x + b * x @ x.T @ x + c * x @ x.T @ x @ x.T @ x
            rows, columns = p.shape
            scale = max(1, rows / columns) ** 0.5
            if settings.get("adjust_lr_fn") == "match_rms_adamw":
                scale = 0.2 * max(rows, columns) ** 0.5
            p -= lr * weight_decay * p + lr * scale * x
    return params


@pytest.mark.parametrize("settings", MUONS, ids=str)
def test_muon_is_the_papers_and_torchs_but_for_its_rounding(settings, monkeypatch):
    """PyTorch rounds to bfloat16, three digits, inside the iteration: a step differs by about a
    hundredth of its length.  From PyTorch's lines without that rounding, and from the paper's in
    float64, it differs by nothing."""
    shapes = [(3, 4), (4, 2), (6, 6)]

    def gradients(k):
        rng = np.random.default_rng(k % 7)
        return [rng.standard_normal(shape) for shape in shapes]

    def end(module, tensor):
        params = [tensor(np.ones(shape), requires_grad=True) for shape in shapes]
        optimizer = module.Muon(params, **settings)
        for k in range(50):
            for p, g in zip(params, gradients(k), strict=True):
                p.grad = tensor(g)
            optimizer.step()
        return [p.detach().numpy() for p in params]

    lr = settings.get("lr", 1e-3)
    ours, rounded = end(*OURS), end(*TORCH)
    monkeypatch.setattr(torch.Tensor, "bfloat16", lambda x: x.clone())
    exact = end(*TORCH)
    papers = paper_of_muon(shapes, gradients, **settings)
    for mine, theirs, near, paper in zip(ours, exact, rounded, papers, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=0, atol=1e-9)
        np.testing.assert_allclose(mine, paper, rtol=0, atol=1e-9)
        np.testing.assert_allclose(mine, near, rtol=0, atol=50 * lr * 0.02)
        assert np.abs(mine - 1).max() > 5 * lr


def test_the_state_of_muon_is_torchs_and_goes_on_in_the_other_library():
    ends = []
    for giver in (OURS, TORCH):
        for module, tensor in (OURS, TORCH):
            w = giver[1](np.eye(3, 2), requires_grad=True)
            first = giver[0].Muon([w], lr=0.1)
            w.grad = giver[1](np.arange(6.0).reshape(3, 2))
            first.step()
            state = first.state_dict()
            assert list(state["state"][0]) == ["momentum_buffer"]
            buffer = tensor(state["state"][0]["momentum_buffer"].numpy().copy())
            v = tensor(np.eye(3, 2), requires_grad=True)
            second = module.Muon([v])
            second.load_state_dict({**state, "state": {0: {"momentum_buffer": buffer}}})
            assert second.param_groups[0]["lr"] == 0.1
            v.grad = tensor(np.eye(3, 2))
            second.step()
            ends.append(v.detach().numpy())
    for end in ends[1:]:
        np.testing.assert_allclose(end, ends[0], rtol=0, atol=0.01)


# ---------------------------------------------------------------- state


def walked(library, name, settings, optimizer=None, params=None, steps=5):
    module, tensor = library
    params = params or weights(tensor)
    optimizer = optimizer or getattr(module, name)(
        [{"params": params[:2], "lr": 0.02}, {"params": params[2:]}], **settings
    )
    for k in range(steps):
        optimizer.zero_grad()
        loss_of(params, tensor, seed=k).backward()
        optimizer.step()
    return optimizer, params


def plain(x):
    if isinstance(x, dict):
        return {key: plain(value) for key, value in x.items()}
    return x.tolist() if isinstance(x, torch.Tensor | tg.Tensor) else x


@ALL
def test_the_state_dict_is_torchs(name, settings):
    ours, theirs = (walked(lib, name, settings)[0].state_dict() for lib in (OURS, TORCH))
    assert list(ours["state"]) == list(theirs["state"])
    for i, state in theirs["state"].items():
        assert set(ours["state"][i]) == set(state)
        for key, value in state.items():
            found = ours["state"][i][key]
            assert tuple(found.shape) == tuple(value.shape)
            np.testing.assert_allclose(found.numpy(), value.numpy(), rtol=1e-6, atol=1e-9)
    for ours_of, theirs_of in zip(ours["param_groups"], theirs["param_groups"], strict=True):
        assert ours_of == theirs_of


@ALL
@pytest.mark.parametrize("giver", ["ours", "torch"])
def test_a_state_dict_goes_on_in_the_other_library(name, settings, giver):
    libraries = {"ours": OURS, "torch": TORCH}
    start, params = walked(libraries[giver], name, settings)
    state = start.state_dict()
    ends = []
    for library in (OURS, TORCH):
        module, tensor = library
        own = [tensor(p.detach().numpy().copy(), requires_grad=True) for p in params]
        groups = [{"params": own[:2]}, {"params": own[2:]}]
        optimizer = getattr(module, name)(groups, lr=9.0)
        copied = {
            "state": {
                i: {key: tensor(x.numpy().copy()) for key, x in s.items()}
                for i, s in state["state"].items()
            },
            "param_groups": state["param_groups"],
        }
        optimizer.load_state_dict(copied)
        assert optimizer.param_groups[0]["lr"] == 0.02
        walked(library, name, settings, optimizer, own)
        ends.append([p.detach().numpy() for p in own])
    assert_same_path([ends[0]], [ends[1]], 1e-7)


@pytest.mark.parametrize("name", sorted({name for name, _ in SETTINGS} | {"LBFGS", "Muon"}))
def test_names_and_defaults_are_torchs(name):
    def arguments(cls):
        return inspect.signature(cls).parameters

    ours, theirs = arguments(getattr(optim, name)), arguments(getattr(torch.optim, name))
    assert list(ours) == list(theirs)
    for key, parameter in ours.items():
        assert (parameter.default, parameter.kind) == (theirs[key].default, theirs[key].kind), key


@pytest.mark.parametrize(
    ("name", "settings"), [*SETTINGS, ("LBFGS", SEARCHES[3]), ("Muon", MUONS[2])]
)
def test_an_optimizer_prints_as_torchs(name, settings):
    ours, theirs = (
        repr(getattr(library, name)([("w", tensor([[1.0]], requires_grad=True))], **settings))
        for library, tensor in (OURS, TORCH)
    )
    assert ours == theirs


def test_several_groups_print_as_torchs():
    ours, theirs = (
        repr(library.SGD([{"params": [tensor([1.0])], "lr": lr} for lr in (0.5, 0.25)]))
        for library, tensor in (OURS, TORCH)
    )
    assert ours == theirs


# ---------------------------------------------------------------- schedules


def half(t):
    return 0.5**t


SCHEDULES = [
    ("LambdaLR", {"lr_lambda": half}),
    ("LambdaLR", {"lr_lambda": [half, lambda t: 1 / (t + 1)]}),
    ("MultiplicativeLR", {"lr_lambda": lambda t: 0.9}),
    ("StepLR", {"step_size": 7}),
    ("StepLR", {"step_size": 1, "gamma": 0.9}),
    ("MultiStepLR", {"milestones": [3, 11, 11, 30]}),
    ("MultiStepLR", {"milestones": (5,), "gamma": 0.5}),
    ("ConstantLR", {}),
    ("ConstantLR", {"factor": 0.2, "total_iters": 20}),
    ("LinearLR", {}),
    ("LinearLR", {"start_factor": 0.1, "end_factor": 0.5, "total_iters": 20}),
    ("LinearLR", {"start_factor": 1.0, "end_factor": 0.0, "total_iters": 20}),
    ("ExponentialLR", {"gamma": 0.9}),
    ("PolynomialLR", {}),
    ("PolynomialLR", {"total_iters": 30, "power": 2.0}),
    ("CosineAnnealingLR", {"T_max": 10}),
    ("CosineAnnealingLR", {"T_max": 50, "eta_min": 0.01}),
    ("CosineAnnealingWarmRestarts", {"T_0": 7}),
    ("CosineAnnealingWarmRestarts", {"T_0": 3, "T_mult": 2, "eta_min": 0.01}),
    ("OneCycleLR", {"max_lr": 0.5, "total_steps": 51}),
    ("OneCycleLR", {"max_lr": [0.5, 0.1], "epochs": 10, "steps_per_epoch": 6}),
    ("OneCycleLR", {"max_lr": 0.5, "total_steps": 60, "three_phase": True, "pct_start": 0.2}),
    ("OneCycleLR", {"max_lr": 0.5, "total_steps": 60, "anneal_strategy": "linear"}),
    ("OneCycleLR", {"max_lr": 0.5, "total_steps": 60, "cycle_momentum": False}),
    ("CyclicLR", {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 5}),
    ("CyclicLR", {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 5, "step_size_down": 9}),
    ("CyclicLR", {"base_lr": [0.01, 0.0], "max_lr": 0.1, "step_size_up": 4, "mode": "triangular2"}),
    (
        "CyclicLR",
        {"base_lr": 0.0, "max_lr": 1, "step_size_up": 4, "mode": "exp_range", "gamma": 0.9},
    ),
    ("CyclicLR", {"base_lr": 0.0, "max_lr": 1, "step_size_up": 4, "scale_fn": half}),
    (
        "CyclicLR",
        {
            "base_lr": 0.0,
            "max_lr": 1,
            "step_size_up": 4,
            "scale_fn": half,
            "scale_mode": "iterations",
            "cycle_momentum": False,
        },
    ),
    ("ReduceLROnPlateau", {"patience": 2}),
    ("ReduceLROnPlateau", {"mode": "max", "factor": 0.5, "patience": 1, "cooldown": 3}),
    ("ReduceLROnPlateau", {"threshold": 0.3, "threshold_mode": "abs", "patience": 0}),
    ("ReduceLROnPlateau", {"mode": "max", "threshold_mode": "abs", "min_lr": [0.01, 0.1]}),
]


def one(name, **settings):
    return lambda sched, optimizer: getattr(sched, name)(optimizer, **settings)


def sequence(*makers, milestones):
    return lambda sched, optimizer: sched.SequentialLR(
        optimizer, [make(sched, optimizer) for make in makers], milestones
    )


def chain(*makers):
    return lambda sched, optimizer: sched.ChainedScheduler(
        [make(sched, optimizer) for make in makers]
    )


WARM_UP = one("LinearLR", start_factor=0.1, total_iters=10)
COSINE = one("CosineAnnealingLR", T_max=40)
RESTARTS = one("CosineAnnealingWarmRestarts", T_0=5)
MAKERS = {f"{k} {name}": one(name, **settings) for k, (name, settings) in enumerate(SCHEDULES)} | {
    "warm-up, cosine": sequence(WARM_UP, COSINE, milestones=[10]),
    "three in a row": sequence(WARM_UP, one("StepLR", step_size=4), RESTARTS, milestones=[5, 30]),
    "chain": chain(one("ConstantLR"), one("ExponentialLR", gamma=0.9), one("StepLR", step_size=9)),
    "chain of cosine": chain(COSINE, one("ExponentialLR", gamma=0.95)),
}


def schedule(library, make, optimizer, steps=50, at=None):
    """The settings after each step; at step `at`, a new scheduler takes over by state dicts."""
    module, tensor = library

    def both():
        optim = getattr(module, optimizer)(
            [{"params": [w]}, {"params": [v], "lr": 0.3}], lr=0.2, **settings
        )
        return optim, make(module.lr_scheduler, optim)

    settings = {"momentum": 0.9} if optimizer == "SGD" else {}
    w, v = (tensor(np.array([1.0, 2.0]), requires_grad=True) for _ in range(2))
    optim, scheduler = both()
    metrics = np.random.default_rng(0).standard_normal(steps)
    path = []
    for k in range(steps):
        if k == at:
            states = optim.state_dict(), scheduler.state_dict()
            optim, scheduler = both()
            scheduler.load_state_dict(states[1])
            optim.load_state_dict(states[0])
        optim.zero_grad()
        ((w**2).sum() + (v**4).sum() * 0.01).backward()
        optim.step()
        plateau = type(scheduler).__name__ == "ReduceLROnPlateau"
        scheduler.step(*([metrics[k]] if plateau else []))
        groups = optim.param_groups
        assert scheduler.get_last_lr() == [group["lr"] for group in groups]
        momenta = [group.get("momentum", group.get("betas", [0])) for group in groups]
        path.append(np.hstack([*scheduler.get_last_lr(), *momenta, *w.tolist(), *v.tolist()]))
    return np.array(path)


@pytest.mark.parametrize("optimizer", ["SGD", "Adam"])
@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_fifty_steps_of_a_schedule_are_torchs(make, optimizer):
    ours, theirs = (schedule(library, make, optimizer) for library in (OURS, TORCH))
    np.testing.assert_allclose(ours, theirs, rtol=1e-8, atol=1e-12)
    np.testing.assert_array_equal(schedule(OURS, make, optimizer, at=17), ours)


@pytest.mark.parametrize(
    "name", [*sorted({name for name, _ in SCHEDULES}), "SequentialLR", "ChainedScheduler"]
)
def test_names_and_defaults_of_schedulers_are_torchs(name):
    ours, theirs = (
        inspect.signature(getattr(lib.lr_scheduler, name)).parameters
        for lib in (optim, torch.optim)
    )
    assert list(ours) == list(theirs)
    assert [p.default for p in ours.values()] == [p.default for p in theirs.values()]


NOT_RESUMED = ("OneCycleLR", "ReduceLROnPlateau")
RESUMED = [(name, settings) for name, settings in SCHEDULES if name not in NOT_RESUMED]


@pytest.mark.parametrize(("name", "settings"), [*RESUMED, ("StepLR", {"step_size": 5})])
def test_a_schedule_resumed_by_its_last_epoch_is_torchs(name, settings):
    if name == "CyclicLR":
        settings = {**settings, "cycle_momentum": False}
    paths = []
    for library, tensor in (OURS, TORCH):
        groups = [{"params": [tensor([1.0], requires_grad=True)]} for _ in range(2)]
        optimizer = library.SGD(groups, lr=0.5)
        for group in optimizer.param_groups:
            group["initial_lr"] = 1.0
        scheduler = getattr(library.lr_scheduler, name)(optimizer, **settings, last_epoch=4)
        path = [scheduler.get_last_lr()]
        for _ in range(6):
            optimizer.step()
            scheduler.step()
            path.append(scheduler.get_last_lr())
        paths.append(path)
    np.testing.assert_allclose(*paths, rtol=1e-9, atol=1e-12)


# ---------------------------------------------------------------- nn.utils


def gradients(tensor, utils, act):
    params = weights(tensor)
    loss_of(params, tensor).backward()
    result = act(utils, params)
    return result, [p.grad.numpy() for p in params]


@pytest.mark.parametrize("norm_type", [2.0, 1, 3, float("inf")])
@pytest.mark.parametrize("max_norm", [1e-3, 0.1, 100.0])
def test_clipped_gradients_are_torchs(norm_type, max_norm):
    (n, ours), (m, theirs) = (
        gradients(tensor, utils, lambda u, ps: u.clip_grad_norm_(ps, max_norm, norm_type))
        for tensor, utils in ((tg.tensor, nn_utils), (torch.tensor, torch.nn.utils))
    )
    np.testing.assert_allclose(n.item(), m.item(), rtol=1e-9)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)


def test_clipped_values_are_torchs():
    (_, ours), (_, theirs) = (
        gradients(tensor, utils, lambda u, ps: u.clip_grad_value_(ps, 0.01))
        for tensor, utils in ((tg.tensor, nn_utils), (torch.tensor, torch.nn.utils))
    )
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)


# ---------------------------------------------------------------- optimisers written for PyTorch


@pytest.mark.parametrize("name", written_for_torch.MADE)
def test_an_optimiser_written_for_pytorch_walks_as_there(name):
    ours = written_for_torch.walk(tg, optim, name)
    theirs = written_for_torch.walk(torch, torch.optim, name)
    for p, q in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(p, q, atol=2e-6)


@pytest.mark.parametrize(("name", "settings"), SETTINGS)
def test_what_is_written_into_the_state_counts_as_in_pytorch(name, settings):
    """Each entry of the state is changed in one of several ways between steps."""

    def walk(torch, optimisers):
        random = np.random.default_rng(1)
        start = random.standard_normal((3, 2, 2)).astype(np.float32)
        params = [torch.tensor(x, requires_grad=True) for x in start]
        optimizer = getattr(optimisers, name)(params, **settings)
        for k in range(8):
            optimizer.zero_grad()
            for p in params[: 2 + k % 2]:
                ((p - 3) ** 2).sum().backward()
            optimizer.step()
            for i, p in enumerate(params):
                for j, (key, x) in enumerate(optimizer.state[p].items()):
                    if key in ("step", "mu_product"):
                        continue
                    change = random.uniform(0.5, 1.5, x.shape).astype(np.float32)
                    if (i + j + k) % 3 == 1:
                        x.mul_(torch.tensor(change))
                    if (i + j + k) % 3 == 2:
                        optimizer.state[p][key] = x * torch.tensor(change)
            if k == 5:
                del optimizer.state[params[1]]
        state = [
            (key, x.tolist()) for p in params for key, x in optimizer.state[p].items() if p.ndim
        ]
        return [p.tolist() for p in params], state

    (ours, our_state), (theirs, their_state) = walk(tg, optim), walk(torch, torch.optim)
    np.testing.assert_allclose(ours, theirs, rtol=2e-4, atol=2e-5)
    assert [key for key, _ in our_state] == [key for key, _ in their_state]
    for (_, x), (_, y) in zip(our_state, their_state, strict=True):
        np.testing.assert_allclose(x, y, rtol=2e-4, atol=2e-5)
