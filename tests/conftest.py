"""What all tests share: seeds, grad mode as it was, and the library under test."""

import gc
import os
import random

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

import nn
import tinygrad_edu as tg

collect_ignore = ["scripts"]  # they import torch: tests/test_command_line.py runs them

settings.register_profile(
    "default", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
settings.register_profile("long", settings.get_profile("default"), max_examples=300)
settings.register_profile("thorough", max_examples=1000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


def pytest_collection_finish():
    """The garbage collector, and who asks it for what is alive, need not look at thousands of tests
    again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def lib():
    """The library under test; in tests/oracle it is PyTorch, which runs these tests again."""
    return tg


@pytest.fixture(scope="session")
def both():
    """The library of layers, and that of tensors."""
    return nn, tg


@pytest.fixture(autouse=True)
def _fresh_state():
    random.seed(0)
    tg.manual_seed(0)
    tg.set_default_dtype(tg.float32)
    with np.errstate(divide="warn", over="warn", invalid="warn"):
        yield
    assert tg.is_grad_enabled(), "the test left recording off"
