"""What all tests share: seeds, and grad mode as it was; and what runs only beside PyTorch."""

import importlib.util
import os
import random
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

import tinygrad_edu as tg

settings.register_profile(
    "default", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
settings.register_profile("thorough", max_examples=1000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


HERE = Path(__file__).parent
TORCH_IS_HERE = importlib.util.find_spec("torch") is not None
BESIDE_TORCH = [
    str(path.relative_to(HERE))
    for path in sorted(HERE.rglob("test_*.py"))
    if path.parent.name == "oracle" or re.search(r"^import torch$", path.read_text(), re.MULTILINE)
]
collect_ignore = [] if TORCH_IS_HERE else BESIDE_TORCH


def pytest_terminal_summary(terminalreporter):
    if not TORCH_IS_HERE:
        terminalreporter.write_line(
            f"PyTorch is not installed, so {len(BESIDE_TORCH)} files that compare with it were "
            "left out; `make oracle` installs it and runs them."
        )


@pytest.fixture(autouse=True)
def _fresh_state():
    random.seed(0)
    tg.manual_seed(0)
    tg.set_default_dtype(tg.float32)
    with np.errstate(divide="warn", over="warn", invalid="warn"):
        yield
    assert tg.is_grad_enabled(), "the test left recording off"
