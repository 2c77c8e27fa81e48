"""What all tests share: seeds, and grad mode as it was."""

import os
import random

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

import tinygrad_edu as tg

settings.register_profile(
    "default", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
settings.register_profile("thorough", max_examples=1000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


@pytest.fixture(autouse=True)
def _fresh_state():
    random.seed(0)
    tg.manual_seed(0)
    tg.set_default_dtype(tg.float32)
    with np.errstate(divide="warn", over="warn", invalid="warn"):
        yield
    assert tg.is_grad_enabled(), "the test left recording off"
