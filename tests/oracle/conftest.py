"""PyTorch is the oracle: without it, nothing here is collected.

`open_differences.txt` lists the tests that fail today, one in a line.  They are run all the same,
and one that passes fails the run until its line is deleted: the list can only shrink.
"""

from importlib.util import find_spec
from pathlib import Path

import pytest

collect_ignore_glob = [] if find_spec("torch") else ["*.py"]
HERE = Path(__file__).parent
OPEN = set(HERE.joinpath("open_differences.txt").read_text().splitlines())


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.parent == HERE and item.name in OPEN:
            item.add_marker(pytest.mark.xfail(reason="an open difference", strict=True))
