"""diagnose.profile: what it measures adds up, and nothing of it stays."""

import json
import threading
import time
from xml.etree import ElementTree

import numpy as np
import pytest

import nn
import nn.functional as F
import tinygrad_edu as tg
from nn import optim
from tinygrad_edu.engine import graph, hooked, packing
from tinygrad_edu.engine.hooks import of_all_modules


def trained():
    """A profile of two steps, and the nanoseconds that its block took: at least, at most."""
    net = nn.Sequential(nn.Linear(20, 30), nn.ReLU(), nn.Sequential(nn.Linear(30, 5)))
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    x, target = tg.ones(8, 20), tg.zeros(8, dtype=tg.int64)
    before = time.perf_counter_ns()
    with tg.diagnose.profile() as profile:
        start = time.perf_counter_ns()
        for _ in range(2):
            net.zero_grad()
            F.cross_entropy(net(x), target).backward()
            optimizer.step()
        end = time.perf_counter_ns()
    return profile, end - start, time.perf_counter_ns() - before


def test_every_nanosecond_is_counted_once():
    profile, least, most = trained()
    counted = profile.self_time + profile.overhead + profile.outside
    assert least <= counted <= most
    assert all(0 <= event.own <= event.total for event in profile.events)
    assert sum(row.own for row in profile.by_op()) == profile.self_time
    inside = sum(event.own for event in profile.events if event.modules)
    assert sum(row.own for row in profile.by_module()) == inside


def test_calls_and_bytes():
    profile, *_ = trained()
    rows = {row.name: row for row in profile.by_op()}
    assert rows["linear"].calls == 8  # two layers, two steps, forward and backward
    made = 8 * 30 * 4 + 8 * 5 * 4
    weights = (30 * 20 + 30 + 30 * 5 + 5) * 4
    going_back = 8 * 30 * 4  # the first layer's input needs no gradient
    assert rows["linear"].bytes == 2 * (made + weights + going_back)
    names = [(row.name, row.calls) for row in profile.by_module()]
    assert names == [
        ("Sequential", 2),
        ("Sequential > 0 Linear", 2),
        ("Sequential > 1 ReLU", 2),
        ("Sequential > 2 Sequential", 2),
        ("Sequential > 2 Sequential > 0 Linear", 2),
    ]


def test_a_slow_op_is_found():
    x = tg.ones(3, requires_grad=True)

    class Slow(tg.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            time.sleep(0.02)
            return x * 2

        @staticmethod
        def backward(ctx, g):
            time.sleep(0.03)
            return g * 2

    with tg.diagnose.profile() as profile:
        y = x.exp()
        Slow.apply(y).sum().backward()
    (slow,) = (row for row in profile.by_op() if row.name == "Slow")
    assert slow.forward >= 20e6
    assert slow.backward >= 30e6
    assert slow.own >= 50e6


def test_a_gradient_of_a_gradient_counts_what_runs_within_once():
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    with tg.diagnose.profile() as profile:
        (g,) = tg.autograd.grad((x**3).sum(), x, create_graph=True)
        g.sum().backward()
    assert all(0 <= event.own <= event.total for event in profile.events)
    assert any(event.own < event.total for event in profile.events)


def test_table_trace_and_picture(tmp_path):
    profile, *_ = trained()
    text = str(profile)
    assert "linear" in text
    assert "Sequential > 0 Linear" in text
    assert "Measuring took" in text
    assert profile.table("calls", row_limit=1).endswith("more")
    for wrong in ({"sort_by": "size"}, {"by": "line"}):
        with pytest.raises(ValueError, match="table: "):
            profile.table(**wrong)
    profile.export_chrome_trace(tmp_path / "trace.json")
    events = json.loads((tmp_path / "trace.json").read_text())["traceEvents"]
    assert len(events) == len(profile.events)
    assert {event["ph"] for event in events} == {"X"}
    assert any("test_profile.py:" in event["args"]["place"] for event in events)
    profile.flame().save(tmp_path / "flame.svg")
    svg = ElementTree.fromstring((tmp_path / "flame.svg").read_text())
    boxes = [e for e in svg.iter() if e.tag.endswith("rect")]
    assert len(boxes) > 10
    assert all(0 <= float(b.get("x")) + float(b.get("width")) <= 1000.01 for b in boxes)
    assert profile.flame()._repr_svg_() == str(profile.flame())


def test_an_empty_profile():
    with tg.diagnose.profile() as profile:
        pass
    assert profile.by_op() == profile.by_module() == []
    assert str(profile).startswith("op")
    assert str(profile.flame()).endswith("</svg>")


def test_nothing_stays_behind_also_after_an_error():
    before = hooked.watched, graph.record, graph.planned, packing.observed_node
    x = tg.ones(2, requires_grad=True)
    with pytest.raises(RuntimeError, match="no record"), tg.diagnose.profile():
        x.exp().detach().backward()
    assert before == (hooked.watched, graph.record, graph.planned, packing.observed_node)
    assert not of_all_modules


def test_another_thread_is_not_measured():
    with tg.diagnose.profile() as profile:
        thread = threading.Thread(
            target=lambda: tg.ones(2, requires_grad=True).exp().sum().backward()
        )
        thread.start()
        thread.join()
    assert profile.events == []


def test_the_innermost_of_two_measures():
    x = tg.ones(2, requires_grad=True)
    with tg.diagnose.profile() as outer:
        x.exp()
        with tg.diagnose.profile() as inner:
            x.sin().sum().backward()
        x.cos()
    assert [row.name for row in inner.by_op()] == ["sin", "sum"]
    assert [row.name for row in outer.by_op()] == ["cos", "exp"]


def test_the_numbers_are_those_without_it():
    x = tg.tensor(np.linspace(-2, 2, 9), requires_grad=True)
    x.exp().tanh().sum().backward()
    plain, x.grad = x.grad, None
    with tg.diagnose.profile():
        x.exp().tanh().sum().backward()
    assert tg.equal(plain, x.grad)
