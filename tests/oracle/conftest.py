"""PyTorch is the oracle: without it, nothing here is collected, and the last line says so."""

from importlib.util import find_spec

import pytest

TORCH_IS_HERE = find_spec("torch") is not None
collect_ignore_glob = [] if TORCH_IS_HERE else ["*.py"]


@pytest.fixture(scope="session")
def lib():
    """A test that is imported from tests/ runs here with PyTorch: is what it asserts true there?"""
    import torch

    return torch


@pytest.fixture(scope="session")
def both(lib):
    return lib.nn, lib


def pytest_terminal_summary(terminalreporter):
    if not TORCH_IS_HERE:
        terminalreporter.write_line(
            "PyTorch is not installed, so tests/oracle was left out; `make oracle` runs it."
        )


@pytest.fixture(autouse=True)
def settings_as_at_the_start():
    """What a test or an example has set for the whole process is put back; and PyTorch's compiler,
    once it is imported, turns the checks of distributions off."""
    import torch

    import tinygrad_edu as tg

    torch.distributions.Distribution.set_default_validate_args(True)
    yield
    for library in (torch, tg):
        library.use_deterministic_algorithms(False)
