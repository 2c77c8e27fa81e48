"""The benchmarks: the engines compute the same, and the page says what was measured."""

import sys

import numpy as np
import pytest

from benchmarks import __main__ as command, page
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
