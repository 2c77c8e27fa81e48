"""The benchmarks: the engines compute the same, and the page says what was measured."""

import sys
from contextlib import contextmanager
from unittest.mock import MagicMock

import numpy as np
import pytest

from benchmarks import __main__ as command, growth, page
from benchmarks.limits import alone, engine
from benchmarks.measure import check_same, time_of
from benchmarks.workloads import WORKLOADS

QUICK = [name for name, workload in WORKLOADS.items() if not workload.slow]


@pytest.mark.parametrize("name", QUICK)
def test_ours_and_numpy_by_hand_compute_the_same(name):
    check_same(WORKLOADS[name], ["NumPy by hand", "ours"], threads=1)


@pytest.mark.parametrize("name", WORKLOADS)
def test_every_workload_has_a_title_and_three_spellings(name):
    spellings = WORKLOADS[name].spellings
    assert WORKLOADS[name].title
    assert all(hasattr(spellings, f) for f in ("problem", "in_pytorch", "in_numpy"))


def test_engines_that_differ_are_named(monkeypatch):
    spellings = WORKLOADS["W3"].spellings
    right = spellings.in_numpy

    def wrong(*problem):
        for loss, parameters in right(*problem):
            yield loss * 1.001, parameters

    monkeypatch.setattr(spellings, "in_numpy", wrong)
    with pytest.raises(AssertionError, match="W3: ours against NumPy by hand, losses"):
        check_same(WORKLOADS["W3"], ["NumPy by hand", "ours"], threads=1)


def test_the_time_is_that_of_a_step():
    now = iter(np.arange(0, 1000, 0.5))
    assert time_of(iter(lambda: 0, 1), 10, lambda: next(now)) == pytest.approx(0.5 / 20 * 1e6)


def times(ours):
    return {"W3": {"NumPy by hand": [10.0, 11], "PyTorch": [300.0, 330], "ours": [ours, ours]}}


def test_a_step_is_too_slow_where_it_is_so_beside_both_peers():
    known = {"W3": {"ours": {"PyTorch": 0.2, "NumPy by hand": 6}}}
    assert command.too_slow(times(60.0), known) == set()
    assert command.too_slow(times(149.0), known) == set()
    assert command.too_slow(times(151.0), known) == {("W3", "ours")}
    known["W3"]["ours"]["PyTorch"] = 0.3  # a machine on which PyTorch is quicker
    assert command.too_slow(times(151.0), known) == set()


def test_a_suspect_is_measured_again(monkeypatch, capsys):
    known = {"W3": {"ours": {"PyTorch": 0.2, "NumPy by hand": 6}}}
    monkeypatch.setattr(command, "measure", lambda *_: times(60.0))
    assert command.check(times(200.0), known) == 0
    monkeypatch.setattr(command, "measure", lambda *_: times(200.0))
    assert command.check(times(200.0), known) == 1
    assert "W3, ours: over 2.5 times" in capsys.readouterr().out


def test_the_page_marks_a_missed_goal():
    words = page.ratio_table(times(64.0))
    assert "| **W3** | 0.20 (0.20 to 0.21), goal 0.2 |" in words
    assert "| 6.11 (5.96 to 6.25), goal 6 **missed** |" in words
    memory = {"W3": {"PyTorch": {"peak": 300, "grown": 5}, "ours": {"peak": 45, "grown": 9}}}
    assert "| **W3** | 300 (5) | 45 (9) | 0.15 |" in page.memory_table(memory)


def test_an_unknown_workload_is_named(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["benchmarks", "W99"])
    with pytest.raises(SystemExit):
        command.main()
    assert "there is no workload 'W99'; there are W1, W2" in capsys.readouterr().err


# ---------------------------------------------------------------- growth, counted and not timed


@pytest.mark.parametrize("graph", [growth.straight, growth.wide])
def test_forward_and_backward_grow_linearly_with_the_number_of_nodes(graph):
    """Each node costs the same number of calls, in a record of any length."""
    sizes = (100, 1_000, 5_000)
    counts = [growth.calls(graph, n) for n in sizes]
    each = np.diff(counts) / np.diff(sizes)
    assert each[1] == pytest.approx(each[0], rel=0.02)
    assert growth.slope(sizes, counts) < 1.01


def test_a_larger_batch_calls_nothing_more():
    """But for a few where numbers no longer fit a block: the work is one of NumPy's, per number."""
    counts = []
    for batch in (2, 64, 1024):
        step = growth.step_of(batch)
        step()  # the first one imports what it needs
        counts.append(growth.calls(step))
    assert max(counts) < 1.05 * min(counts)


def test_calls_are_counted():
    assert growth.calls(lambda: [len("a") for _ in range(7)]) in (9, 10)  # itself, 7, the end
    assert growth.slope((10, 1000), (5, 50_000)) == pytest.approx(2)


@contextmanager
def drawing_nothing(_path, columns):
    yield [MagicMock() for _ in range(columns)]


def test_the_page_names_limits_that_are_missed_and_why(tmp_path, monkeypatch):
    row = {"name": "topk", "measure": 4.0, "limit": 3.0, "unit": "x", "why": "a loop in C"}
    growth_found = {"straight": {"10": 0.1}, "wide": {"10": 0.1}, "batch": {"1": 0.1}}
    words = page.more_text(growth_found, [row, row | {"name": "exp", "measure": 2.999}])
    assert "| topk | 4.00x | 3x **missed** | a loop in C |" in words
    assert "| exp | 3.00x | 3x |  |" in words
    for name in ("PAGE", "PLOT", "PLOT_OF_GROWTH", "RECORDED"):
        monkeypatch.setattr(page, name, tmp_path / name)
    monkeypatch.setattr(page, "drawing", drawing_nothing)
    page.write(words, times(60.0), growth_found)
    assert page.recorded() == {"W3": {"ours": {"PyTorch": 0.2, "NumPy by hand": 6.0}}}


def test_every_limit_has_a_name_of_its_own():
    names = [limit.name for limit in (*engine.LIMITS, *alone.LIMITS)]
    assert len(set(names)) == len(names)
