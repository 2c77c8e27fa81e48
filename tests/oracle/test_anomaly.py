"""Where PyTorch's `detect_anomaly` raises, ours does; what passes there by intent passes here."""

import warnings

import pytest
import torch

import nn.functional as ours
import tinygrad_edu as tg

INF = float("inf")


def x(lib):
    return lib.tensor([0.0, 1.0], requires_grad=True)


# Name, the program, and whether PyTorch stops.
PROGRAMS = [
    ("where", lambda t, F: t.where(x(t) > 0, x(t).sqrt() / x(t), 0.0), True),
    ("a norm", lambda t, F: t.where(x(t) > 0, x(t).sqrt(), 0.0), True),
    ("0 / 0", lambda t, F: x(t) / x(t), True),
    ("a row of -inf", lambda t, F: F.softmax(x(t).masked_fill(x(t) > -1, -INF), 0), True),
    ("log", lambda t, F: x(t).log() * 0, True),
    ("acos", lambda t, F: (x(t) + 1).acos(), True),
    ("a mask", lambda t, F: F.softmax(x(t).masked_fill(x(t) > 0, -INF), 0), False),
    ("an added mask", lambda t, F: F.softmax(x(t) + t.tensor([0.0, -INF]), 0), False),
    ("a norm that is safe", lambda t, F: (x(t) * 0).norm(), False),
    ("maximum", lambda t, F: t.maximum(x(t), t.tensor(-INF)), False),
    ("std", lambda t, F: (x(t) * 0).std(), False),
    ("clamp", lambda t, F: x(t).clamp(max=INF), False),
]


def stops(lib, functional, f):
    try:
        with lib.autograd.detect_anomaly():
            f(lib, functional).sum().backward()
    except RuntimeError:
        return True
    return False


@pytest.mark.parametrize(("name", "f", "raises"), PROGRAMS, ids=[row[0] for row in PROGRAMS])
def test_it_raises_where_pytorch_does(name, f, raises):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert stops(torch, torch.nn.functional, f) is raises
    assert stops(tg, ours, f) is raises


def test_the_state_is_set_and_restored_as_in_pytorch():
    for lib in (torch, tg):
        states = []

        def note(lib=lib, states=states):
            states.append((lib.is_anomaly_enabled(), lib.is_anomaly_check_nan_enabled()))

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            note()
            with lib.autograd.detect_anomaly(check_nan=False):
                note()
                with lib.autograd.set_detect_anomaly(True):
                    note()
                note()
                lib.autograd.set_detect_anomaly(False)
                note()
            note()
            lib.set_anomaly_enabled(True, False)
            note()
            lib.set_anomaly_enabled(False)
            note()
        assert states == [
            *[(False, True), (True, False), (True, True), (True, False), (False, True)],
            *[(False, True), (True, False), (False, True)],
        ]
