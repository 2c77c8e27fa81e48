"""Tests of tests/ that take the library as `lib`, or `both` of its parts, run here with PyTorch.

So what they assert is known to be true of PyTorch, and they themselves never import it.
"""

import importlib
import inspect
import re
from pathlib import Path

import pytest
import torch

TAKES_A_LIBRARY = re.compile(r"^def test_\w+\((?:\w+, )*(lib|both)\b", re.MULTILINE)


def takes_a_library(test):
    return {"lib", "both"} & {*inspect.signature(test).parameters}


def library_tests():
    for path in sorted(Path(__file__).parents[1].glob("test_*.py")):
        if TAKES_A_LIBRARY.search(path.read_text()):
            for name, test in vars(importlib.import_module(path.stem)).items():
                if name.startswith("test_") and {"lib", "both"} & {
                    *inspect.signature(test).parameters
                }:
                    yield name, test


for _name, _test in library_tests():
    assert _name not in globals(), f"two tests have the name {_name}"
    globals()[_name] = _test


@pytest.fixture(autouse=True)
def _recording_comes_back():
    yield
    torch.set_grad_enabled(True)
