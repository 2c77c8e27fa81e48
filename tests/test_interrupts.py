"""Ctrl-C at any moment leaves recording as it was."""

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
