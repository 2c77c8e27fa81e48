"""Threads and processes: each trains as if it were alone, and nothing of one leaks into another."""

import multiprocessing
import sys
import threading

import pytest

import nn
import nn.functional as F
import tinygrad_edu as tg
from nn import optim


def trained(seed, compiled=False, steps=15):
    """The parameters of a small network after some steps, as bytes."""
    tg.manual_seed(seed)
    net = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Tanh(), nn.Dropout(0.2))
    net.append(nn.Linear(8, 3))
    optimizer = optim.Adam(net.parameters(), lr=0.01)
    x, target = tg.randn(16, 4), tg.randint(3, (16,))
    call = tg.compile(lambda x: net(x)) if compiled else net
    for _ in range(steps):
        optimizer.zero_grad()
        F.cross_entropy(call(x), target).backward()
        optimizer.step()
        with tg.no_grad():
            net(x)
    return b"".join(t.array.tobytes() for t in net.state_dict().values())


def in_threads(*functions):
    """What each returns, run at the same time, with as many changes of thread as Python allows."""
    results = [None] * len(functions)
    start = threading.Barrier(len(functions))

    def run(i, function):
        start.wait()
        try:
            results[i] = function()
        except BaseException as error:
            results[i] = error

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        threads = [threading.Thread(target=run, args=pair) for pair in enumerate(functions)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(before)
    return results


@pytest.mark.parametrize("compiled", [False, True])
def test_two_threads_give_what_one_after_the_other_gives(compiled):
    alone = [trained(seed, compiled) for seed in range(3)]
    together = in_threads(*(lambda s=seed: trained(s, compiled) for seed in range(3)))
    assert together == alone


def test_grad_mode_is_of_a_thread():
    def off():
        with tg.no_grad():
            return [tg.is_grad_enabled() for _ in range(1000)]

    def on():
        return [(tg.ones(1, requires_grad=True) * 2).requires_grad for _ in range(1000)]

    paused, recorded = in_threads(off, on)
    assert set(paused) == {False}
    assert set(recorded) == {True}


def test_the_default_dtype_is_of_a_thread():
    def double():
        tg.set_default_dtype(tg.float64)
        return {str(tg.tensor(0.5).dtype) for _ in range(500)}

    def single():
        return {str(tg.tensor(0.5).dtype) for _ in range(500)}

    assert in_threads(double, single) == [{"float64"}, {"float32"}]
    assert tg.get_default_dtype() == tg.float32


def test_a_thread_begins_with_the_default_dtype_of_the_main_one():
    tg.set_default_dtype(tg.float64)
    try:
        assert in_threads(tg.get_default_dtype) == [tg.float64]
    finally:
        tg.set_default_dtype(tg.float32)
    assert in_threads(tg.get_default_dtype) == [tg.float32]


def test_who_observes_sees_its_own_thread():
    def watched():
        with tg.viz.observe():
            return [hasattr((tg.ones(1, requires_grad=True) * 2).node, "call") for _ in range(200)]

    def unwatched():
        return [hasattr((tg.ones(1, requires_grad=True) * 2).node, "call") for _ in range(200)]

    seen, unseen = in_threads(watched, unwatched)
    assert all(seen)
    assert not any(unseen)


def test_random_numbers_are_of_a_thread():
    def drawn():
        tg.manual_seed(3)
        return [tg.rand(2).tolist() for _ in range(100)]

    first, second = in_threads(drawn, drawn)
    assert first == second == drawn()


def test_saved_tensors_hooks_are_of_a_thread():
    hooks = tg.autograd.graph.saved_tensors_hooks

    def packing():
        packed = []
        with hooks(lambda x: packed.append(1) or x, lambda x: x):
            for _ in range(100):
                (tg.ones(2, requires_grad=True).exp()).sum().backward()
        return len(packed)

    def plain():
        for _ in range(100):
            (tg.ones(2, requires_grad=True).exp()).sum().backward()

    assert in_threads(packing, plain) == [100, None]


def test_one_compiled_function_in_two_threads():
    w = tg.tensor([1.0, 2.0], requires_grad=True)
    f = tg.compile(lambda x: (x * w).exp().sum())

    def many(k):
        x = tg.full((2,), float(k))
        return {f(x).item() for _ in range(100)}

    one, two = in_threads(lambda: many(1), lambda: many(2))
    expected = [(tg.full((2,), float(k)) * w).exp().sum().item() for k in (1, 2)]
    assert [one, two] == [{expected[0]}, {expected[1]}]


# ---------------------------------------------------------------- processes


def to_parent(connection, seed):
    connection.send((trained(seed), tg.get_default_dtype().name, tg.is_grad_enabled()))
    connection.close()


def draws(connection):
    connection.send(tg.rand(3).tolist())
    connection.close()


def of_child(method, function, *args):
    """What a child process sends."""
    context = multiprocessing.get_context(method)
    ours, theirs = context.Pipe()
    child = context.Process(target=function, args=(theirs, *args))
    child.start()
    try:
        assert ours.poll(60), "the child sent nothing"
        return ours.recv()
    finally:
        child.join(10)


METHODS = [name for name in ("fork", "spawn") if name in multiprocessing.get_all_start_methods()]


@pytest.mark.filterwarnings("ignore:This process.*is multi-threaded:DeprecationWarning")
@pytest.mark.parametrize("method", METHODS)
def test_a_child_trains_as_its_parent_does(method):
    assert of_child(method, to_parent, 5) == (trained(5), "float32", True)


@pytest.mark.filterwarnings("ignore:This process.*is multi-threaded:DeprecationWarning")
@pytest.mark.skipif("fork" not in METHODS, reason="this system cannot fork")
def test_a_forked_child_goes_on_with_the_random_numbers_of_its_parent():
    tg.manual_seed(4)
    assert of_child("fork", draws) == of_child("fork", draws) == tg.rand(3).tolist()
