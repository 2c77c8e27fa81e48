"""Ctrl-C at any moment leaves recording as it was, and each commit done or not begun."""

import signal
import sys
import threading

import pytest

import nn
import tinygrad_edu as tg
from nn import optim
from tinygrad_edu.autograd import Function, checkpoint
from tinygrad_edu.engine import clock, grad_mode


def blocks():
    with tg.no_grad():
        with tg.enable_grad():
            assert tg.is_grad_enabled()
            with tg.no_grad():
                assert not tg.is_grad_enabled()
        assert not tg.is_grad_enabled()
    with tg.inference_mode():
        assert not tg.is_grad_enabled()


@tg.no_grad()
def decorated():
    assert not tg.is_grad_enabled()
    with tg.enable_grad():
        assert tg.is_grad_enabled()


@tg.no_grad()
def steps():
    for k in range(2):
        assert not tg.is_grad_enabled()
        yield k


def generators():
    for _ in steps():
        assert tg.is_grad_enabled()


class Doubled(Function):
    @staticmethod
    def forward(ctx, x):
        return x * 2

    @staticmethod
    def backward(ctx, g):
        return g * 2


def gradients():
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    y = x * x
    y.register_hook(lambda g: g * 1)
    x.register_hook(lambda g: None)
    y.retain_grad()
    y.sum().backward(retain_graph=True)
    y.sum().backward(create_graph=True)
    tg.autograd.grad(Doubled.apply(x).sum(), x, create_graph=True)


def recomputed():
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    checkpoint(lambda x: x * x, x).sum().backward()
    tg.func.grad(lambda x: (x * x).sum())(x)


def training():
    w = nn.Parameter(tg.ones(2))
    optimizer = optim.SGD([w], lr=0.1)
    optimizer.step(lambda: (w * w).sum().backward())
    nn.utils.clip_grad_norm_([w], 1.0)
    optimizer.zero_grad(set_to_none=False)


LAYER = nn.Linear(2, 2)
WEIGHT = LAYER.weight.array


def exchanged():
    """A call with other parameters, which leaves the module's own in place."""
    tg.func.functional_call(LAYER, {"weight": tg.zeros(2, 2), "bias": tg.ones(2)}, tg.ones(2))


PROGRAMS = [blocks, decorated, generators, gradients, recomputed, training]


def interrupted(program, moment):
    """Run the program until that moment, counted over those at which Python looks for signals:
    where a function begins, and where one written in C has ended.  False if it ends before.
    (What is raised while something is being deleted, Python swallows.)"""
    count = 0

    def look(frame, event, _):
        nonlocal count
        count += event in ("call", "c_return")
        if count == moment:
            raise KeyboardInterrupt

    sys.setprofile(look)
    try:
        program()
    except KeyboardInterrupt:
        pass
    finally:
        sys.setprofile(None)
    return count >= moment


@pytest.mark.parametrize("program", PROGRAMS)
def test_at_every_moment(program, monkeypatch):
    monkeypatch.setattr(sys, "unraisablehook", lambda _: None)
    program()  # what is made at first use is there
    moment = 0
    while interrupted(program, moment := moment + 1):
        assert tg.is_grad_enabled(), moment
        assert grad_mode.mode.mark not in grad_mode.paused
    assert moment > 20


def test_a_call_with_other_parameters_gives_them_back():
    moment = 0
    while interrupted(exchanged, moment := moment + 1):
        assert LAYER.weight.array is WEIGHT, moment
        assert LAYER.weight.requires_grad
    assert moment > 20


def written():
    """Arrays that are written in place, and end."""
    for n in (2, 3):
        x = tg.zeros(n)
        x += 1
        x[0] = 2
        del x


def test_the_clock_forgets_the_writes_to_what_ended(monkeypatch):
    """An entry left behind would speak of the next array at that address."""
    monkeypatch.setattr(sys, "unraisablehook", lambda _: None)
    moment = 0
    while interrupted(written, moment := moment + 1):
        assert all(writes.owner() is not None for writes in clock._writes.values()), moment
    assert moment > 20


@pytest.mark.parametrize("program", [blocks, decorated])
def test_at_every_moment_within_no_grad(program):
    moment = 0
    with tg.no_grad():
        while interrupted(program, moment := moment + 1):
            assert not tg.is_grad_enabled(), moment
    assert moment > 5


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no such timer")
def test_by_a_signal():
    def interrupt(*_):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        for k in range(200):
            try:
                signal.setitimer(signal.ITIMER_REAL, 1e-5 + k * 1e-6)
                while True:
                    with tg.no_grad():
                        pass
                    with tg.no_grad(), tg.enable_grad():
                        pass
            except KeyboardInterrupt:
                pass
            assert tg.is_grad_enabled()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


# ---------------------------------------------------------------- commits: all of it, or nothing


def parameters():
    """Two small ones, which lie in one block, with gradients."""
    params = [tg.ones(2, 3).requires_grad_(), tg.full((3, 1), 2.0).requires_grad_()]
    for k, p in enumerate(params, 1):
        p.grad = tg.arange(p.numel()).reshape(p.shape) * 0.1 * k - 0.15
    return params


def numbers(x):
    """A state dict, or a list of tensors, as something that == compares."""
    if isinstance(x, tg.Tensor):
        return x.detach().tolist()
    if isinstance(x, dict):
        return {key: numbers(value) for key, value in x.items()}
    return [numbers(one) for one in x] if isinstance(x, list | tuple) else x


def test_gradients_are_committed_at_once():
    def made():
        params = parameters()
        return params, sum((p * p).sum() for p in params)

    params, loss = made()
    before = numbers([p.grad for p in params])
    loss.backward()
    after = numbers([p.grad for p in params])
    moment, ended = 0, False
    while not ended:
        params, loss = made()
        ended = not interrupted(loss.backward, moment := moment + 1)
        assert numbers([p.grad for p in params]) in (before, after), moment
    assert moment > 20


def test_a_module_is_loaded_as_a_whole():
    saved = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2)).state_dict()
    new = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    before, moment = numbers(new.state_dict()), 0
    while interrupted(lambda: new.load_state_dict(saved), moment := moment + 7):
        now = numbers(new.state_dict())
        assert now in (before, numbers(saved)), moment
        if now != before:
            break
    assert moment > 20


def test_running_statistics_move_together():
    x, moment, ended = tg.tensor([[1.0, 2.0], [3.0, 5.0]]), 0, False
    after = nn.BatchNorm1d(2)
    after(x)
    while not ended:
        layer = nn.BatchNorm1d(2)
        ended = not interrupted(lambda layer=layer: layer(x), moment := moment + 2)
        moved = [
            not tg.equal(layer.running_mean, tg.zeros(2)),
            not tg.equal(layer.running_var, tg.ones(2)),
        ]
        assert moved in ([False, False], [True, True]), moment
        if all(moved):
            assert tg.equal(layer.running_var, after.running_var)


def test_all_views_see_a_recorded_write():
    moment, ended = 0, False
    while not ended:
        x = tg.ones(4, requires_grad=True) * 1
        row, column = x.reshape(2, 2)[0], x.reshape(2, 2)[:, 0]
        ended = not interrupted(lambda row=row: row.mul_(3), moment := moment + 1)
        seen = x.tolist(), row.tolist(), column.tolist()
        written = seen == ([3, 3, 1, 1], [3, 3], [3, 1])
        assert written or seen == ([1, 1, 1, 1], [1, 1], [1, 1]), moment
    assert moment > 20


def test_a_write_that_was_interrupted_is_noticed():
    """A rule must not read what may be changed."""
    for moment in range(1, 60):
        x = tg.ones(2, requires_grad=True)
        y = x * 1
        z = y * y
        saved = y.detach()
        interrupted(lambda saved=saved: saved.__setitem__(0, 5.0), moment)
        interrupted(lambda saved=saved: saved.mul_(2.0), moment)
        if saved.tolist() != [1, 1]:
            with pytest.raises(RuntimeError, match="in-place write"):
                z.sum().backward()


def test_a_generator_stands_where_it_stood_or_where_it_was_put():
    other = tg.Generator().manual_seed(2)
    tg.rand(3, generator=other)
    state, moment, ended = other.get_state(), 0, False
    start = tg.Generator().manual_seed(1).get_state()
    while not ended:
        stream = tg.Generator().manual_seed(1)
        ended = not interrupted(lambda s=stream: s.set_state(state), moment := moment + 1)
        assert stream.get_state() in (start, state), moment


def test_a_compiled_step_leaves_tensors_as_they_are():
    slot = type(tg.zeros(1)).__mro__[1].__dict__.get("array") or tg.Tensor.array
    moment = 0
    while moment < 1500:
        w = tg.ones(2, requires_grad=True)
        f = tg.compile(lambda x, w=w: (x * w).exp().sum())
        moment += 1 if moment < 400 else 37  # the tracing begins and ends before
        if not interrupted(lambda f=f: f(tg.ones(2)).backward(), moment):
            break
        assert tg.Tensor.array is slot or type(tg.zeros(1)).__mro__[1].array is slot, moment
        assert (tg.ones(2) + 1).tolist() == [2, 2]
    f(tg.ones(2)).backward()


# ---------------------------------------------------------------- what else a switch promises


def test_a_switch_may_be_used_again():
    switch = tg.no_grad()
    for _ in range(2):
        with switch, switch:
            assert not tg.is_grad_enabled()
        assert tg.is_grad_enabled()


def test_a_switch_that_was_made_outside():
    switch = tg.no_grad()
    with tg.enable_grad():
        with switch:
            assert not tg.is_grad_enabled()
        assert tg.is_grad_enabled()


def test_a_statement_within_a_block_ends_with_it():
    with tg.no_grad():
        tg.set_grad_enabled(True)
        assert tg.is_grad_enabled()
    assert tg.is_grad_enabled()
    with tg.enable_grad():
        tg.set_grad_enabled(False)
        assert not tg.is_grad_enabled()
    assert tg.is_grad_enabled()
    assert grad_mode.mode.mark not in grad_mode.paused


def test_a_block_opened_after_another_one_ended():
    """Nobody asked in between."""
    with tg.no_grad():
        pass
    with tg.no_grad():
        assert not tg.is_grad_enabled()
    assert tg.is_grad_enabled()


def test_a_thread_that_ended_is_forgotten():
    def ends_within():
        tg.set_grad_enabled(False)
        assert not tg.is_grad_enabled()

    before = len(grad_mode.paused)
    thread = threading.Thread(target=ends_within)
    thread.start()
    thread.join()
    del thread
    assert len(grad_mode.paused) <= before
    assert tg.is_grad_enabled()


def test_one_switch_in_two_threads_is_an_error():
    switch, errors = tg.no_grad(), []

    def enter():
        try:
            with switch:
                pass
        except RuntimeError as error:
            errors.append(str(error))

    with switch:
        thread = threading.Thread(target=enter)
        thread.start()
        thread.join()
    assert "another thread" in errors[0]
